/* One value of a fixed-width type as text. */
#ifndef TOOLS_COMMON_VALUE_H
#define TOOLS_COMMON_VALUE_H

#include <stdbool.h>
#include <stdint.h>

#include "shmcol.h"

#define VALUE_TEXT 64 /* a decimal128 of 39 digits is the longest */

/* The display of timestamps: shifted by the zone's offset, with a suffix. */
typedef struct value_zone {
    int32_t minutes; /* added to UTC */
    char suffix[8];  /* "", "Z", "+02:00" */
    bool exact;      /* the suffix has all that the zone's name says */
} value_zone;

/* Returns the display for a zone (NULL: none). "UTC" is Z, "+HH:MM" is itself. Any other zone is
 * shown as UTC, with exact = false. */
value_zone value_zone_of(const char *zone);

/* The type of a value: a column's, or that of the elements of a tensor or list. */
typedef struct value_type {
    shmcol_type type;
    shmcol_unit unit;
    uint32_t scale; /* decimal128 */
    unsigned width; /* bytes of a value; 0 where the type does not determine them */
    value_zone zone;
} value_type;

/* Returns the type of a column's values, or of the elements of a tensor or list. */
value_type value_type_of(const shmcol_column_info *info);
/* Tells whether values of that type have a unit: times, timestamps, durations. */
bool value_has_unit(shmcol_type type);

/* Each writes at most VALUE_TEXT bytes at `out`, without a NUL, and returns the end. */
char *put_uint(char *out, uint64_t value);
char *put_int(char *out, int64_t value);
char *put_double(char *out, double value); /* as Python's repr */
char *put_float(char *out, float value);
char *put_half(char *out, uint16_t bits);                           /* a float16 by its bits */
char *put_decimal(char *out, shmcol_decimal value, uint32_t scale); /* all digits: -12.50 */
char *put_date(char *out, int64_t days);
char *put_time(char *out, int64_t value, shmcol_unit unit);

/* Writes the value at `value`, of any type with a width that is not a code. */
char *put_value(char *out, const value_type *type, const void *value);
/* Returns true if JSON needs quotes around the text of put_value: for dates, times, and floats that
 * are not finite. */
bool value_is_text(shmcol_type type, const void *value);

#endif
