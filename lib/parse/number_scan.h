/* The text of a number to its digits, exactly (C-31, C-34, C-41, C-44). */
#ifndef SHMCOL_PARSE_NUMBER_SCAN_H
#define SHMCOL_PARSE_NUMBER_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "decimal.h"
#include "parse_fast.h"
#include "style.h"

/* A number that is being read: `at` is behind it when it was read. */
struct number_scan {
    const char *at, *end;
    struct decimal decimal; /* of its magnitude */
    int64_t significant;    /* digits from the first that is not zero */
    bool whole;             /* it has neither mark nor power */
    bool grouped;           /* C-41 */
};

/* Tells whether the next byte is this one. */
static inline bool number_at_byte(const struct number_scan *scan, char byte)
{
    return scan->at < scan->end && *scan->at == byte;
}

/* Reads mantissa and power, without a sign, as far as they reach. asked: zeros may stand before
 * another digit (C-44). Returns false if there is no number. */
bool parse_scan_number(struct number_scan *scan, const parse_style *style, bool asked) PARSE_HIDDEN;

/* Converts a number to a whole one. Returns false if its exact value is not whole or not below
 * 2^64. */
bool parse_scan_whole(const struct number_scan *scan, uint64_t *magnitude) PARSE_HIDDEN;

#endif
