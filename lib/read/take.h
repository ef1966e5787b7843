/* Rows by number: what all ways of taking them share. */
#ifndef SHMCOL_READ_TAKE_H
#define SHMCOL_READ_TAKE_H

#include "read/table.h"

enum {
    TAKE_BLOCK = 256, /* rows whose misses overlap */
    TAKE_MISSING = -1 /* the row that gives a null */
};

/* The rows of a call, all checked. */
typedef struct take_rows {
    const int64_t *rows;
    uint64_t n;
    bool missing; /* some may be TAKE_MISSING */
} take_rows;

/* Asks for a cache line that will be read: into the second cache, since a core can wait for more
 * lines there than in the first one (measured: 167 M random rows/s against 103). */
static inline void take_soon(const void *address)
{
    __builtin_prefetch(address, 0, 2);
}

/* Reads the caller's options, and checks every row. Errors: INVALID_ARGUMENT, OUT_OF_RANGE. */
shmcol_status take_check(const shmcol_file *file, const shmcol_take_options *options,
                         take_rows *rows, shmcol_error *err);
/* Takes `n` bits of a bitmap (NULL: all are set); those of TAKE_MISSING, and the bits behind the
 * last, are 0. Bit 0 of the result is that of rows[0]. */
void take_bits(const uint8_t *bits, const take_rows *rows, uint8_t *out);
/* Checks that a bitmap is asked for where rows may be null. */
shmcol_status take_check_nulls(const read_column *column, const take_rows *rows,
                               const uint8_t *validity, shmcol_error *err);

#endif
