/* The value checks of level `full` (F-35 … F-39, F-46, F-47). The bytes they read may be anything,
 * and may change while they are read: every offset is read once and checked against the slot's
 * length before it is used. For its own safety no check relies on the result of another.
 *
 * Each works on a range of rows of one column, [first, first + count), so that threads can share a
 * column; first is a multiple of 65,536. The first failing row is reported. A caller who checks
 * ranges in parallel keeps the fault of the lowest one. Slot lengths must be those of F-27
 * (fmt_descriptor_decode), and the pointers good for them (fmt_descriptor_bounds). */
#ifndef SHMCOL_FORMAT_CHECK_H
#define SHMCOL_FORMAT_CHECK_H

#include <stdbool.h>
#include <stddef.h>

#include "format/fault.h"
#include "format/table.h"

typedef struct fmt_row_range {
    const fmt_descriptor *descriptor;
    int64_t column;               /* its number, for faults; -1: a dictionary */
    const uint8_t *validity;      /* slot 0 from row 0; NULL: no nulls */
    const uint8_t *values;        /* slot 1 from row 0 */
    const uint8_t *bytes;         /* slot 2 from its start: bytes, or a list's elements */
    const uint8_t *element_bytes; /* slot 3 from its start: of a list of strings */
    uint64_t first, count;        /* rows (or values of a dictionary) to check */
    bool unknown_features; /* fmt_header_has_unknown; if so, reserved bytes of zone entries need
                                not be zero (F-3) */
} fmt_row_range;

/* Sets the range to all of a column or dictionary, without unknown features; `file` is the file's
 * first byte. */
void fmt_row_range_whole(fmt_row_range *range, const fmt_descriptor *d, int64_t column,
                         const uint8_t *file);

/* Checks F-35 for the whole bitmap, whatever first and count are: spare bits and null_count. Code:
 * VALIDITY. */
int fmt_check_validity(const fmt_row_range *range, fmt_fault *fault);
/* Counts the zero bits among rows [first, first + count) of a bitmap; first is a multiple of 8. */
uint64_t fmt_count_nulls(const uint8_t *bitmap, uint64_t first, uint64_t count);
/* Checks F-36 for strings, binaries, dictionaries and lists; does nothing for other types. Code:
 * OFFSETS. */
int fmt_check_offsets(const fmt_row_range *range, fmt_fault *fault);
/* Checks F-36 for the element offsets of a list of strings; does nothing for other types. Code:
 * OFFSETS. */
int fmt_check_element_offsets(const fmt_row_range *range, fmt_fault *fault);
/* Checks F-37 for string columns, dictionaries and lists of strings; does nothing for other types.
 * Codes: UTF8; OFFSETS where the offsets would lead outside the bytes. */
int fmt_check_utf8(const fmt_row_range *range, fmt_fault *fault);
/* Checks F-39 for a dictionary column: valid codes are in [0, dictionary_length). Code: CODES. */
int fmt_check_codes(const fmt_row_range *range, uint64_t dictionary_length, fmt_fault *fault);
/* Check F-38 for any type: the first the valid slots, and the elements of lists; the second, a step
 * of its own in F-62, the null slots. Codes: VALUE; OFFSETS where those of lists lead outside the
 * elements; NULL_SLOT. */
int fmt_check_values(const fmt_row_range *range, fmt_fault *fault);
int fmt_check_null_slots(const fmt_row_range *range, fmt_fault *fault);
/* Checks F-46 and F-47: compares the zone entries of the range with its values. `entries` are those
 * of the column from its first, 64 bytes each. Codes: ZONE_MAP; OFFSETS where those of strings lead
 * outside slot 2. */
int fmt_check_zones(const fmt_row_range *range, const uint8_t *entries, fmt_fault *fault);
/* Checks one half of F-23 for a column without nulls, of a type that has zone maps: if its flag
 * says that it is ascending, no value of the range is NaN or less than the one before it. For the
 * first one that may lie before the range. `dictionary` is that of a dictionary column, whole; no
 * other needs it. Sets *descends to false if all values of the range ascend, whatever the flag
 * says; also true if that cannot be told, for which other checks give the reason. Code: ASCENDING.
 */
int fmt_check_ascending(const fmt_row_range *range, const fmt_row_range *dictionary, bool *descends,
                        fmt_fault *fault);
/* Checks the other half of F-23 for such a column, all of whose ranges ascend: its flag says so.
 * Code: ASCENDING. */
int fmt_check_ascends(const fmt_row_range *range, fmt_fault *fault);

/* Returns how many bytes of scratch the check of a dictionary needs; 0 for a sorted one. */
size_t fmt_dictionary_scratch(const fmt_descriptor *d);
/* Checks F-39 for a whole dictionary: values are unique and, if it is sorted, ascend bytewise.
 * `scratch`, aligned to 8, may hold anything; NULL if none is needed. `seed` is a number that the
 * file's maker cannot know. It keeps a set of its own, since format/ knows no library. Codes:
 * DICTIONARY_VALUES; OFFSETS where they would lead outside slot 2. */
int fmt_check_dictionary(const fmt_row_range *range, void *scratch, uint64_t seed,
                         fmt_fault *fault);

#endif
