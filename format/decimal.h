/* Decimals: integers of 128 bits (F-24). */
#ifndef SHMCOL_FORMAT_DECIMAL_H
#define SHMCOL_FORMAT_DECIMAL_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

__extension__ typedef __int128 fmt_decimal;
__extension__ typedef unsigned __int128 fmt_decimal_bits;

static inline fmt_decimal fmt_load_decimal(const void *p)
{
    fmt_decimal v;
    memcpy(&v, p, sizeof v);
    return v;
}

/* Returns 10^precision, for a precision of F-25: up to 38. */
static inline fmt_decimal fmt_decimal_limit(unsigned precision)
{
    fmt_decimal limit = 1;
    for (unsigned i = 0; i < precision; i++)
        limit *= 10;
    return limit;
}

/* Tells whether the magnitude of a decimal is below `limit` (F-38), which is at least 1. */
static inline bool fmt_decimal_fits(fmt_decimal v, fmt_decimal limit)
{
    const fmt_decimal_bits most = (fmt_decimal_bits)(limit - 1);
    return (fmt_decimal_bits)v + most <= 2 * most;
}

#endif
