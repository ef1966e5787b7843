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

/* Strings or lists that lie one after the other, and the offsets that say where each begins. */
typedef struct fmt_run {
    const uint8_t *offsets;
    uint64_t first, count, length; /* those to look at; how many there are */
    const uint8_t *bytes;          /* of strings */
    uint64_t size;                 /* of the bytes or elements that the offsets lead into */
    uint64_t offsets_at, bytes_at; /* their places in the file */
    bool elements;                 /* the strings are elements of lists */
} fmt_run;

/* Describes the offsets in slot 1 of a range. */
fmt_run fmt_row_run(const fmt_row_range *range);
/* Finds the elements [*first, *end) of the lists of a range. Both offsets are read once, then
 * checked. Returns false if they lead outside the elements. */
bool fmt_elements_of(const fmt_row_range *range, uint64_t *first, uint64_t *end);
/* Returns the row of the range whose list holds an element, for faults. */
int64_t fmt_row_of_element(const fmt_row_range *range, uint64_t element);

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
