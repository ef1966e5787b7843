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

/* Returns the size of a block of `count` pairs; 0 for none. */
uint64_t fmt_metadata_size(const fmt_pair *pairs, uint32_t count);
/* Checks pairs that a writer was given: UTF-8 (F-33) and, if `reserved` (fmt_type_extension), no
 * key of the extension (F-34). Returns the problem of pair *index, NULL if there is none. */
const char *fmt_pairs_problem(const fmt_pair *pairs, uint32_t count, bool reserved,
                              uint32_t *index);
/* Appends a block to table->metadata, which has room for fmt_metadata_size bytes. Sets
 * metadata_length, and offset, length and hash in the descriptor or, for FMT_TABLE_METADATA, in the
 * header. The table's block comes first, then those of the columns in order. Does nothing for no
 * pairs. */
void fmt_metadata_put(fmt_table *table, uint32_t column, const fmt_pair *pairs, uint32_t count);

/* An iterator over the pairs of a block, which may hold any bytes; the pairs point into it. */
typedef struct fmt_metadata_iter {
    const uint8_t *at;
    uint64_t left;      /* bytes */
    uint32_t remaining; /* pairs */
} fmt_metadata_iter;
/* Begins, and returns the number of pairs that the block claims; 0 if it is shorter than 4
 * bytes. */
uint32_t fmt_metadata_begin(fmt_metadata_iter *it, const uint8_t *block, uint64_t length);
/* Returns false at the end, and where the next pair does not fit the block: then it->remaining is
 * not 0. */
bool fmt_metadata_next(fmt_metadata_iter *it, fmt_pair *pair);

/* Checks one block: hash, structure, UTF-8, reserved keys. `block` has `length` bytes and lies at
 * file offset `offset`; column -1: it is the table's. Code: METADATA. */
int fmt_check_metadata_block(const uint8_t *block, uint64_t length, uint64_t hash, bool reserved,
                             uint64_t offset, int64_t column, fmt_fault *fault);
/* Checks F-33 and F-34 over the whole part, table->metadata: every block, without gaps, and nothing
 * else. Code: METADATA. */
int fmt_check_metadata(const fmt_table *table, fmt_fault *fault);

#endif
