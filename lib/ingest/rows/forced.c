/* Values of the types that were asked for, cell by cell (C-52). */
#include <string.h>

#include "format/types.h"
#include "ingest/rows/rows.h"
#include "parse/marks.h"

void ing_null_slot(uint16_t type, uint32_t width, void *out)
{
    uint64_t bits = fmt_type_of(type)->null_bits;
    memcpy(out, &bits, width); /* little-endian: the low bytes */
}

static bool forced_integer(const parse_style *style, const ing_type *type, const char *s, size_t n,
                           void *out)
{
    static const struct {
        uint64_t low, high; /* -low … high */
    } range[] = {
        [FMT_INT8] = {1u << 7, 127},
        [FMT_INT16] = {1u << 15, 32767},
        [FMT_INT32] = {UINT64_C(1) << 31, INT32_MAX},
        [FMT_INT64] = {UINT64_C(1) << 63, INT64_MAX},
        [FMT_UINT8] = {0, 255},
        [FMT_UINT16] = {0, 65535},
        [FMT_UINT32] = {0, UINT32_MAX},
        [FMT_UINT64] = {0, UINT64_MAX},
    };
    const parse_marks marks = parse_marks_none(style);
    uint64_t bits;
    if (!parse_asked_integer(s, n, &marks, range[type->type].low, range[type->type].high, &bits))
        return false;
    memcpy(out, &bits, ing_type_width(type));
    return true;
}

static bool forced_float(const parse_style *style, const ing_type *type, const char *s, size_t n,
                         void *out)
{
    const parse_marks marks = parse_marks_none(style);
    if (type->type == FMT_FLOAT32) {
        float number; /* rounded once, directly from the text */
        if (!parse_asked_float32(s, n, &marks, &number))
            return false;
        memcpy(out, &number, 4);
        return true;
    }
    double number;
    if (!parse_asked_float64(s, n, &marks, &number))
        return false;
    memcpy(out, &number, 8);
    return true;
}

static bool forced_bool(const char *s, size_t n, void *out)
{
    uint8_t value = 0;
    if (n == 1 && (s[0] == '0' || s[0] == '1'))
        value = (uint8_t)(s[0] - '0');
    else if (!parse_bool_fast(s, n, &value))
        return false;
    memcpy(out, &value, 1);
    return true;
}

static bool forced_timestamp(const ing_type *type, const parse_value *value, void *out)
{
    int64_t seconds = value->seconds, units;
    uint32_t nanos = value->nanos;
    if (value->class_ == PARSE_DATE) {
        seconds = value->days * 86400;
        nanos = 0;
    } else if (value->class_ != PARSE_TIMESTAMP &&
               (value->class_ != PARSE_TIMESTAMP_OFFSET || type->zone[0] == 0)) {
        return false;
    }
    if (!parse_timestamp_units(seconds, nanos, type->unit, &units))
        return false;
    memcpy(out, &units, 8);
    return true;
}

static bool forced_time(const ing_type *type, const char *s, size_t n, void *out)
{
    int64_t seconds, units;
    uint32_t nanos;
    if (!parse_time_of_day(s, n, &seconds, &nanos) ||
        !parse_timestamp_units(seconds, nanos, type->unit, &units))
        return false;
    memcpy(out, &units, ing_type_width(type)); /* below one day: fits the narrow type */
    return true;
}

bool ing_forced_value(const parse_style *style, const ing_type *type, const char *s, size_t n,
                      void *out)
{
    parse_value value;
    switch (type->type) {
    case FMT_BOOL8: return forced_bool(s, n, out);
    case FMT_FLOAT32:
    case FMT_FLOAT64: return forced_float(style, type, s, n, out);
    case FMT_TIME32:
    case FMT_TIME64: return forced_time(type, s, n, out);
    case FMT_DATE32:
    case FMT_DATE64:
    case FMT_TIMESTAMP:
        parse_classify(s, n, style, &value);
        if (type->type == FMT_TIMESTAMP)
            return forced_timestamp(type, &value, out);
        if (value.class_ != PARSE_DATE)
            return false;
        value.days = type->type == FMT_DATE64 ? value.days * FMT_DAY_MILLIS : value.days;
        memcpy(out, &value.days, ing_type_width(type));
        return true;
    default: return forced_integer(style, type, s, n, out);
    }
}
