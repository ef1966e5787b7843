/* One value of a fixed-width type as text. */
#ifndef TOOLS_COMMON_VALUE_H
#define TOOLS_COMMON_VALUE_H

#include <stdbool.h>
#include <stdint.h>

#include "shmcol.h"

#define VALUE_TEXT 64

/* How timestamps are shown: shifted by the zone's offset, with a suffix. */
typedef struct value_zone {
    int32_t minutes; /* added to UTC */
    char suffix[8];  /* "", "Z", "+02:00" */
    bool exact;      /* the suffix says all that the zone's name says */
} value_zone;

/* NULL: no zone. "UTC" is Z, "+HH:MM" is itself; any other zone is shown as UTC (exact = false). */
value_zone value_zone_of(const char *zone);

/* Each writes at most VALUE_TEXT bytes at `out`, without a NUL, and returns the end. */
char *put_uint(char *out, uint64_t value);
char *put_int(char *out, int64_t value);
char *put_double(char *out, double value); /* as Python's repr */
char *put_float(char *out, float value);
char *put_date(char *out, int64_t days);
char *put_timestamp(char *out, int64_t value, shmcol_unit unit, const value_zone *zone);
char *put_time(char *out, int64_t value, shmcol_unit unit);

/* The value at `value`, of any type of 8 bytes or less that is no code. */
char *put_value(char *out, shmcol_type type, shmcol_unit unit, const value_zone *zone,
                const void *value);
/* Whether JSON needs quotes around what put_value writes: dates, times, and floats that are not
 * finite. */
bool value_is_text(shmcol_type type, const void *value);
/* Bytes of one value; 0 where the type does not say. */
unsigned value_width(shmcol_type type);

#endif
