/* Searches in ascending columns: what those of numbers and those of texts share. */
#ifndef SHMCOL_READ_SEARCH_H
#define SHMCOL_READ_SEARCH_H

#include "read/table.h"

enum { SEARCH_LANES = 32 /* searches whose misses overlap */ };

/* A search in a column whose rows ascend. */
typedef struct searching {
    const read_column *column;
    shmcol_side side;
    uint64_t n; /* keys */
    int64_t *rows;
} searching;

/* Finds out whether a column ascends, of a table over all its parts; the answer is kept there.
 * Errors: those of a damaged part. */
shmcol_status read_ascends(const read_column *column, bool *ascends, shmcol_error *err);
/* Searches for numbers or times: `keys` has values of the column's type, or codes. `values` are the
 * column's. Errors: BAD_VALUE for NaN, ZONE_MAP, NO_MEMORY. */
shmcol_status search_numbers(const searching *s, const uint8_t *values, const void *keys,
                             shmcol_error *err);
/* Searches for codes of a dictionary that is sorted. */
shmcol_status search_code_numbers(const searching *s, const uint8_t *codes, const int64_t *keys,
                                  shmcol_error *err);
/* Searches for texts, in strings or in a dictionary column. Errors: BAD_VALUE for a null, OFFSETS,
 * CODES, ZONE_MAP, NO_MEMORY. */
shmcol_status search_texts(const searching *s, const shmcol_strings *keys, shmcol_error *err);

#endif
