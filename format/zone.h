/* Zone maps (F-46, F-47): one entry for 65,536 rows of a column. */
#ifndef SHMCOL_FORMAT_ZONE_H
#define SHMCOL_FORMAT_ZONE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The fields of F-46; min and max hold the bytes that go to the file. */
typedef struct fmt_zone {
    uint32_t null_count, nan_count, flags;
    uint8_t min[16], max[16];
    uint64_t min_length, max_length;
    /* In memory only: among the rows is a null, a NaN, or a value that is less than one before it
     * (F-23). The functions below do not look for one where it is true beforehand. */
    bool descends;
} fmt_zone;

/* Sets an entry without rows, which has no bounds and does not descend. */
void fmt_zone_init(fmt_zone *zone);
/* Extends `zone` by the next `n` values of a fixed-width type (F-24; codes, for a dictionary),
 * packed, of `width` bytes each. `validity` is a bitmap whose first bit is that of the first value;
 * NULL: all are valid. Every value that is written goes through it, so it is fast. */
void fmt_zone_values(fmt_zone *zone, uint16_t type, uint32_t width, const void *values, size_t n,
                     const uint8_t *validity);
/* Joins `from` into another entry of the same fixed-width type. Its rows come after those of
 * `into`, or nobody reads `descends`. */
void fmt_zone_merge(fmt_zone *into, const fmt_zone *from, uint16_t type);
/* Tells whether a column of a fixed-width type, or of the codes of a sorted dictionary, is
 * ascending (F-23), by the entries of all its zones in order. No entries: it is. */
bool fmt_zones_ascend(const fmt_zone *zones, uint64_t n, uint16_t type);

/* The smallest and the largest string so far. They point into the caller's bytes: prefixes alone
 * cannot be compared. */
typedef struct fmt_string_bounds {
    const uint8_t *min, *max;
    uint64_t min_length, max_length;
    bool any;
    bool descends; /* a string is less than one before it */
} fmt_string_bounds;
/* Extends the bounds by the next string. */
void fmt_bounds_add(fmt_string_bounds *bounds, const uint8_t *data, uint64_t length);
/* Makes the entry of a zone of strings. */
void fmt_zone_strings(fmt_zone *zone, const fmt_string_bounds *bounds, uint32_t null_count);

/* Encodes an entry. */
void fmt_zone_encode(const fmt_zone *zone, uint8_t out[64]);
/* Decodes an entry. Returns false if its flags break F-46, or if it has bounds that its flags deny.
 * fmt_check_zones checks the reserved bytes (F-3). */
bool fmt_zone_decode(const uint8_t in[64], fmt_zone *zone);

#endif
