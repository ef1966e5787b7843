/* Values of fixed-width types as text, without printf, strftime or a locale: shmcol-cat spends its
 * time here. */
#include "common_value.h"

#include <math.h>
#include <string.h>

#include "shortest.h"

static const char two_digits[201] = "00010203040506070809101112131415161718192021222324252627282930"
                                    "31323334353637383940414243444546474849"
                                    "50515253545556575859606162636465666768697071727374757677787980"
                                    "81828384858687888990919293949596979899";

static inline char *put2(char *out, unsigned value)
{
    memcpy(out, two_digits + 2 * (size_t)value, 2);
    return out + 2;
}

/* Writes `value` with exactly `digits` digits. */
static inline char *put_fixed(char *out, uint64_t value, unsigned digits)
{
    for (unsigned i = digits; i > 0; i--) {
        out[i - 1] = (char)('0' + value % 10);
        value /= 10;
    }
    return out + digits;
}

char *put_uint(char *out, uint64_t value)
{
    char digits[20];
    unsigned at = sizeof digits;
    while (value >= 100) {
        at -= 2;
        put2(digits + at, (unsigned)(value % 100));
        value /= 100;
    }
    if (value >= 10) {
        at -= 2;
        put2(digits + at, (unsigned)value);
    } else {
        digits[--at] = (char)('0' + value);
    }
    memcpy(out, digits + at, sizeof digits - at);
    return out + (sizeof digits - at);
}

char *put_int(char *out, int64_t value)
{
    if (value >= 0)
        return put_uint(out, (uint64_t)value);
    *out++ = '-';
    return put_uint(out, 0 - (uint64_t)value);
}

char *put_double(char *out, double value)
{
    return out + shortest_double(value, out);
}

char *put_float(char *out, float value)
{
    return out + shortest_float(value, out);
}

char *put_half(char *out, uint16_t bits)
{
    return out + shortest_half(bits, out);
}

/* Divides *value by ten and returns the remainder. */
static inline unsigned next_digit(shmcol_decimal *value)
{
    uint64_t high = (uint64_t)value->high, rest = high % 10;
    uint64_t middle = rest << 32 | value->low >> 32;
    uint64_t low = (middle % 10) << 32 | (value->low & UINT32_MAX);
    value->high = (int64_t)(high / 10);
    value->low = (middle / 10) << 32 | low / 10;
    return (unsigned)(low % 10);
}

char *put_decimal(char *out, shmcol_decimal value, uint32_t scale)
{
    char digits[VALUE_TEXT];
    size_t at = sizeof digits;
    uint32_t written = 0;
    if (value.high < 0) {
        *out++ = '-';
        value.low = 0 - value.low; /* the size, which of -2^127 is 2^127 */
        value.high = (int64_t)(~(uint64_t)value.high + (value.low == 0));
    }
    do {
        if (written != 0 && written == scale)
            digits[--at] = '.';
        digits[--at] = (char)('0' + next_digit(&value));
    } while (++written <= scale || value.high != 0 || value.low != 0);
    memcpy(out, digits + at, sizeof digits - at);
    return out + (sizeof digits - at);
}

static inline int64_t floor_div(int64_t a, int64_t b)
{
    return a / b - (a % b < 0);
}

/* Writes the date `days` after 1970-01-01 in the proleptic Gregorian calendar. Counts in eras of
 * 400 years that begin on a first of March. */
char *put_date(char *out, int64_t days)
{
    int64_t shifted = days + 719468;
    int64_t era = floor_div(shifted, 146097);
    uint32_t day_of_era = (uint32_t)(shifted - era * 146097);
    uint32_t year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    uint32_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    uint32_t march_month = (5 * day_of_year + 2) / 153;
    uint32_t day = day_of_year - (153 * march_month + 2) / 5 + 1;
    uint32_t month = march_month < 10 ? march_month + 3 : march_month - 9;
    int64_t year = (int64_t)year_of_era + era * 400 + (month <= 2);
    if (year >= 0 && year <= 9999) {
        out = put2(out, (unsigned)year / 100);
        out = put2(out, (unsigned)year % 100);
    } else {
        /* Beyond four digits: -0044, 12345. */
        uint64_t size = year < 0 ? 0 - (uint64_t)year : (uint64_t)year;
        if (year < 0)
            *out++ = '-';
        out = size <= 9999 ? put_fixed(out, size, 4) : put_uint(out, size);
    }
    *out++ = '-';
    out = put2(out, month);
    *out++ = '-';
    return put2(out, day);
}

static const int64_t unit_per_second[] = {1, 1000, 1000000, 1000000000};
static const unsigned unit_digits[] = {0, 3, 6, 9};

static char *put_clock(char *out, uint32_t seconds, uint64_t fraction, shmcol_unit unit)
{
    out = put2(out, seconds / 3600);
    *out++ = ':';
    out = put2(out, seconds / 60 % 60);
    *out++ = ':';
    out = put2(out, seconds % 60);
    if (unit != SHMCOL_SECOND) {
        *out++ = '.';
        out = put_fixed(out, fraction, unit_digits[unit]);
    }
    return out;
}

static char *put_timestamp(char *out, int64_t value, shmcol_unit unit, const value_zone *zone)
{
    int64_t per_second = unit_per_second[unit];
    int64_t seconds = floor_div(value, per_second), fraction = value % per_second;
    if (fraction < 0) /* not value - seconds * per_second: that overflows at the far end */
        fraction += per_second;
    int64_t days = floor_div(seconds, 86400);
    int64_t of_day = seconds - days * 86400 + (int64_t)zone->minutes * 60;
    if (of_day < 0 || of_day >= 86400) { /* moved to the zone's own day; offsets are below a day */
        int64_t over = of_day < 0 ? -1 : 1;
        days += over;
        of_day -= over * 86400;
    }
    out = put_date(out, days);
    *out++ = 'T';
    out = put_clock(out, (uint32_t)of_day, (uint64_t)fraction, unit);
    size_t n = strlen(zone->suffix);
    memcpy(out, zone->suffix, n);
    return out + n;
}

char *put_time(char *out, int64_t value, shmcol_unit unit)
{
    int64_t seconds = floor_div(value, unit_per_second[unit]);
    /* Not a time of day: only in a file that fails its check. */
    if (seconds < 0 || seconds >= 86400)
        return put_int(out, value);
    return put_clock(out, (uint32_t)seconds, (uint64_t)(value - seconds * unit_per_second[unit]),
                     unit);
}

value_zone value_zone_of(const char *zone)
{
    value_zone out = {0, "", true};
    if (zone == NULL)
        return out;
    if (strlen(zone) == 6 && (zone[0] == '+' || zone[0] == '-') && zone[3] == ':') {
        unsigned d[4] = {(unsigned)zone[1] - '0', (unsigned)zone[2] - '0', (unsigned)zone[4] - '0',
                         (unsigned)zone[5] - '0'};
        if (d[0] <= 9 && d[1] <= 9 && d[2] <= 5 && d[3] <= 9 && d[0] * 10 + d[1] < 24) {
            int32_t minutes = (int32_t)(d[0] * 600 + d[1] * 60 + d[2] * 10 + d[3]);
            out.minutes = zone[0] == '-' ? -minutes : minutes;
            memcpy(out.suffix, zone, 7);
            return out;
        }
    }
    memcpy(out.suffix, "Z", 2);
    out.exact = strcmp(zone, "UTC") == 0;
    return out;
}

/* Reads a value of the map with memcpy, which needs no alignment and breaks no rule of aliasing. */
#define LOADER(name, type)                                                                         \
    static inline type name(const void *at)                                                        \
    {                                                                                              \
        type value;                                                                                \
        memcpy(&value, at, sizeof value);                                                          \
        return value;                                                                              \
    }
LOADER(load_i8, int8_t)
LOADER(load_i16, int16_t)
LOADER(load_i32, int32_t)
LOADER(load_i64, int64_t)
LOADER(load_u8, uint8_t)
LOADER(load_u16, uint16_t)
LOADER(load_u32, uint32_t)
LOADER(load_u64, uint64_t)
LOADER(load_float, float)
LOADER(load_double, double)
LOADER(load_decimal, shmcol_decimal)

static char *put_bool(char *out, bool value)
{
    size_t n = value ? 4 : 5;
    memcpy(out, value ? "true" : "false", n);
    return out + n;
}

char *put_value(char *out, const value_type *type, const void *value)
{
    switch (type->type) {
    case SHMCOL_BOOL8: return put_bool(out, load_u8(value) != 0);
    case SHMCOL_INT8: return put_int(out, load_i8(value));
    case SHMCOL_INT16: return put_int(out, load_i16(value));
    case SHMCOL_INT32: return put_int(out, load_i32(value));
    case SHMCOL_UINT8: return put_uint(out, load_u8(value));
    case SHMCOL_UINT16: return put_uint(out, load_u16(value));
    case SHMCOL_UINT32: return put_uint(out, load_u32(value));
    case SHMCOL_UINT64: return put_uint(out, load_u64(value));
    case SHMCOL_FLOAT16: return put_half(out, load_u16(value));
    case SHMCOL_FLOAT32: return put_float(out, load_float(value));
    case SHMCOL_FLOAT64: return put_double(out, load_double(value));
    case SHMCOL_DATE32: return put_date(out, load_i32(value));
    case SHMCOL_DATE64: return put_date(out, floor_div(load_i64(value), 86400000));
    case SHMCOL_TIMESTAMP: return put_timestamp(out, load_i64(value), type->unit, &type->zone);
    case SHMCOL_TIME32: return put_time(out, load_i32(value), type->unit);
    case SHMCOL_TIME64: return put_time(out, load_i64(value), type->unit);
    case SHMCOL_DECIMAL128: return put_decimal(out, load_decimal(value), type->scale);
    default: return put_int(out, load_i64(value)); /* int64, duration */
    }
}

bool value_is_text(shmcol_type type, const void *value)
{
    switch (type) {
    case SHMCOL_FLOAT16: return (load_u16(value) & 0x7C00) == 0x7C00;
    case SHMCOL_FLOAT32: return !isfinite(load_float(value));
    case SHMCOL_FLOAT64: return !isfinite(load_double(value));
    case SHMCOL_DATE32:
    case SHMCOL_DATE64:
    case SHMCOL_TIMESTAMP:
    case SHMCOL_TIME32:
    case SHMCOL_TIME64: return true;
    default: return false;
    }
}

bool value_has_unit(shmcol_type type)
{
    return type == SHMCOL_TIMESTAMP || type == SHMCOL_DURATION || type == SHMCOL_TIME32 ||
           type == SHMCOL_TIME64;
}

static unsigned width_of(shmcol_type type)
{
    switch (type) {
    case SHMCOL_BOOL8:
    case SHMCOL_INT8:
    case SHMCOL_UINT8: return 1;
    case SHMCOL_INT16:
    case SHMCOL_UINT16:
    case SHMCOL_FLOAT16: return 2;
    case SHMCOL_INT32:
    case SHMCOL_UINT32:
    case SHMCOL_FLOAT32:
    case SHMCOL_DATE32:
    case SHMCOL_TIME32: return 4;
    case SHMCOL_INT64:
    case SHMCOL_UINT64:
    case SHMCOL_FLOAT64:
    case SHMCOL_DATE64:
    case SHMCOL_TIMESTAMP:
    case SHMCOL_DURATION:
    case SHMCOL_TIME64: return 8;
    case SHMCOL_DECIMAL128: return 16;
    default: return 0;
    }
}

value_type value_type_of(const shmcol_column_info *info)
{
    bool elements = info->type == SHMCOL_TENSOR || info->type == SHMCOL_LIST;
    value_type type = {.type = elements ? info->element : info->type,
                       .unit = info->unit,
                       .scale = info->scale,
                       .zone = value_zone_of(info->zone)};
    type.width = width_of(type.type);
    return type;
}
