/* The distinct strings of one dictionary column, numbered in the order they came. For one thread;
 * the CSV ingest has its own. */
#ifndef SHMCOL_WRITE_WORD_TABLE_H
#define SHMCOL_WRITE_WORD_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct word_table word_table;

/* Makes an empty table whose hash is keyed by `secret` (see secret.h); the codes do not depend on
 * it. NULL: no memory. */
word_table *word_table_new(uint64_t secret);
void word_table_free(word_table *table); /* NULL is allowed */

/* The code of a string, -1 if it is not there. */
int32_t word_table_find(const word_table *table, const uint8_t *data, uint64_t length);
/* Adds a string that word_table_find has just not found (F-39: values are unique); its code is
 * word_table_count - 1. False: no memory. */
bool word_table_add(word_table *table, const uint8_t *data, uint64_t length);

uint32_t word_table_count(const word_table *table);
/* The lengths of all strings together: B of C-60. */
uint64_t word_table_bytes(const word_table *table);
/* What the table takes in memory. */
uint64_t word_table_memory(const word_table *table);
/* The string with that code; the pointer holds until the next add. */
const uint8_t *word_table_at(const word_table *table, uint32_t code, uint64_t *length);
/* Whether the strings ascend bytewise in the order of their codes (F-23). */
bool word_table_ascend(const word_table *table);
/* Writes the codes in bytewise ascending order of their strings to `order` (word_table_count of
 * them). False: no memory. */
bool word_table_order(const word_table *table, uint32_t *order);

#endif
