/* The value checks of level `full` (F-35 … F-39, F-46, F-47). They read bytes that may be anything,
 * and may change while they are read: every offset is read once and checked against the slot's
 * length before it is used. No check takes another's result for granted for its own safety.
 *
 * Each works on a part of one column, so that threads can share a column: rows [first, first +
 * count), first a multiple of 65,536. The first failing row is reported; a caller who runs parts in
 * parallel keeps the lowest part's fault. Slot lengths must be those of F-27
 * (fmt_descriptor_decode) and the pointers good for them (fmt_descriptor_bounds). */
#ifndef SHMCOL_FORMAT_CHECK_H
#define SHMCOL_FORMAT_CHECK_H

#include <stdbool.h>
#include <stddef.h>

#include "format/fault.h"
#include "format/table.h"

typedef struct fmt_row_range {
    const fmt_descriptor *descriptor;
    int64_t column;          /* for faults; -1: a dictionary */
    const uint8_t *validity; /* slot 0 from row 0, NULL: no nulls */
    const uint8_t *values;   /* slot 1 from row 0 */
    const uint8_t *bytes;    /* slot 2 from its start */
    uint64_t first, count;   /* rows (or values of a dictionary) to look at */
    bool unknown_features;   /* fmt_header_has_unknown: then reserved bytes of zone entries may hold
                                something (F-3) */
} fmt_row_range;

/* The part that is all of a column or dictionary, without unknown features; `file` is the file's
 * first byte. */
void fmt_row_range_whole(fmt_row_range *range, const fmt_descriptor *d, int64_t column,
                         const uint8_t *file);

/* F-35 for the whole bitmap, whatever first and count say: spare bits, null_count. Code: VALIDITY.
 */
int fmt_check_validity(const fmt_row_range *range, fmt_fault *fault);
/* The zero bits among rows [first, first + count) of a bitmap; first is a multiple of 8. */
uint64_t fmt_count_nulls(const uint8_t *bitmap, uint64_t first, uint64_t count);
/* F-36 for strings, binaries and dictionaries. Code: OFFSETS. */
int fmt_check_offsets(const fmt_row_range *range, fmt_fault *fault);
/* F-37 for the values of the part (string columns and dictionaries). Code: UTF8 (or OFFSETS, where
 * the offsets would lead outside slot 2). */
int fmt_check_utf8(const fmt_row_range *range, fmt_fault *fault);
/* F-39 for a dictionary column: valid codes in [0, dictionary_length). Code: CODES. */
int fmt_check_codes(const fmt_row_range *range, uint64_t dictionary_length, fmt_fault *fault);
/* F-38, any type: what valid slots hold, then (a step of its own in F-62) what null slots hold.
 * Codes: VALUE; NULL_SLOT. */
int fmt_check_values(const fmt_row_range *range, fmt_fault *fault);
int fmt_check_null_slots(const fmt_row_range *range, fmt_fault *fault);
/* F-46, F-47: `entries` are the column's zone entries from its first, 64 bytes each; those of the
 * part's zones are compared with the values. Code: ZONE_MAP. For strings offsets that lead outside
 * slot 2 are OFFSETS. */
int fmt_check_zones(const fmt_row_range *range, const uint8_t *entries, fmt_fault *fault);

/* F-39 for a whole dictionary: unique; if `sorted` ascending bytewise. Unsorted ones need `scratch`
 * of fmt_dictionary_scratch bytes, aligned to 8 (contents do not matter; NULL if that is 0); `seed`
 * is any number the file's maker cannot know. Codes: DICTIONARY_VALUES, OFFSETS (where they would
 * lead outside slot 2). */
size_t fmt_dictionary_scratch(const fmt_descriptor *d);
int fmt_check_dictionary(const fmt_row_range *range, void *scratch, uint64_t seed,
                         fmt_fault *fault);

#endif
