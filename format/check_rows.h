/* Safe access to a row's validity and string, for the value checks. Private to check*.c. */
#ifndef SHMCOL_FORMAT_CHECK_ROWS_H
#define SHMCOL_FORMAT_CHECK_ROWS_H

#include "format/bytes.h"
#include "format/check.h"

/* Returns the validity of rows [i, i + n), n from 1 to 64, i a multiple of 8; bits from n on are 0.
 * Reads no byte beyond theirs. */
static inline uint64_t fmt_valid_bits(const uint8_t *bitmap, uint64_t i, uint64_t n)
{
    uint64_t word = 0;
    if (n >= 64)
        return fmt_load64(bitmap + i / 8);
    memcpy(&word, bitmap + i / 8, (n + 7) / 8);
    return word & ((UINT64_C(1) << n) - 1);
}

typedef struct fmt_span {
    const uint8_t *data;
    uint64_t length;
    uint64_t start; /* its offset in slot 2 */
} fmt_span;

/* Finds row `i` of a string or binary column. Both offsets are read once, then checked (F-63).
 * Returns false if they lead outside slot 2. */
bool fmt_string_of(const fmt_row_range *range, uint64_t i, fmt_span *out);
/* Fills in the fault for such a row. Code: OFFSETS. */
int fmt_bad_offsets(const fmt_row_range *range, uint64_t i, fmt_fault *fault);

#endif
