/* Metadata blocks (F-33, F-34). */
#ifndef SHMCOL_FORMAT_METADATA_H
#define SHMCOL_FORMAT_METADATA_H

#include <stdbool.h>

#include "format/fault.h"
#include "format/table.h"

typedef struct fmt_pair {
    const uint8_t *key, *value;
    uint32_t key_length, value_length;
} fmt_pair;

#define FMT_TABLE_METADATA UINT32_MAX /* "column" of the table's own block */

/* Bytes of a block of `count` pairs; 0 for none. */
uint64_t fmt_metadata_size(const fmt_pair *pairs, uint32_t count);
/* What is wrong with pairs a writer was given (F-33: UTF-8; F-34 if `reserved`: the column is bool8
 * or tensor), NULL if fine. *index: the pair. */
const char *fmt_pairs_problem(const fmt_pair *pairs, uint32_t count, bool reserved,
                              uint32_t *index);
/* Appends a block to table->metadata, which has room for fmt_metadata_size bytes, and sets offset,
 * length and hash in the descriptor (or the header, for FMT_TABLE_METADATA) and metadata_length.
 * The table's block comes first, then the columns' in order. Nothing happens for count 0. */
void fmt_metadata_put(fmt_table *table, uint32_t column, const fmt_pair *pairs, uint32_t count);

/* Walks a block of any bytes safely: the pairs point into it. */
typedef struct fmt_metadata_iter {
    const uint8_t *at;
    uint64_t left;      /* bytes */
    uint32_t remaining; /* pairs */
} fmt_metadata_iter;
/* Returns the number of pairs the block claims (0 for a block shorter than 4 bytes). */
uint32_t fmt_metadata_begin(fmt_metadata_iter *it, const uint8_t *block, uint64_t length);
/* False at the end, or where the next pair does not fit the block (then it->remaining is not 0). */
bool fmt_metadata_next(fmt_metadata_iter *it, fmt_pair *pair);

/* One block: hash, structure, UTF-8, reserved keys. `block` has `length` bytes and lies at file
 * offset `offset`; `column` -1: the table's. Code: METADATA. */
int fmt_check_metadata_block(const uint8_t *block, uint64_t length, uint64_t hash, bool reserved,
                             uint64_t offset, int64_t column, fmt_fault *fault);
/* F-33, F-34 over the whole part (table->metadata): every block, no gaps, nothing else. Code:
 * METADATA. */
int fmt_check_metadata(const fmt_table *table, fmt_fault *fault);

#endif
