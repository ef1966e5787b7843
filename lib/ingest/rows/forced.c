/* Values of the types that were asked for, cell by cell (C-52). */
#include <string.h>

#include "format/types.h"
#include "ingest/rows/rows.h"
#include "parse/marks.h"
#include "parse/number.h"

void ing_null_slot(uint16_t type, uint32_t width, void *out)
{
    const uint64_t bits[2] = {fmt_type_of(type)->null_bits, 0};
    memcpy(out, bits, width); /* little-endian: the low bytes */
}

static bool read_integer(const parse_marks *marks, const ing_type *type, const char *s, size_t n,
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
    uint64_t bits;
    if (!parse_asked_integer(s, n, marks, range[type->type].low, range[type->type].high, &bits))
        return false;
    memcpy(out, &bits, ing_type_width(type));
    return true;
}

static bool read_float(const parse_marks *marks, const ing_type *type, const char *s, size_t n,
                       void *out)
{
    if (type->type == FMT_FLOAT32) {
        float number; /* rounded once, directly from the text */
        if (!parse_asked_float32(s, n, marks, &number))
            return false;
        memcpy(out, &number, 4);
        return true;
    }
    if (type->type == FMT_FLOAT16) {
        uint16_t half;
        if (!parse_asked_float16(s, n, marks, &half))
            return false;
        memcpy(out, &half, 2);
        return true;
    }
    double number;
    if (!parse_asked_float64(s, n, marks, &number))
        return false;
    memcpy(out, &number, 8);
    return true;
}

static bool read_decimal(const parse_marks *marks, const ing_type *type, const char *s, size_t n,
                         void *out)
{
    uint64_t halves[2];
    if (!parse_asked_decimal(s, n, marks, type->precision, type->scale, halves))
        return false;
    memcpy(out, halves, sizeof halves);
    return true;
}

/* Reads the words that plain bool takes (C-52). */
static bool read_bool(const char *s, size_t n, parse_value *value)
{
    static const char *const words[2][5] = {{"false", "f", "no", "n", "0"},
                                            {"true", "t", "yes", "y", "1"}};
    value->class_ = PARSE_BOOL;
    for (int side = 0; side < 2; side++)
        for (size_t i = 0; i < 5; i++)
            if (parse_is_word(s, n, words[side][i])) {
                value->boolean = side != 0;
                return true;
            }
    return false;
}

static bool store_timestamp(const ing_type *type, const parse_value *value, void *out)
{
    const bool has_offset = value->class_ == PARSE_TIMESTAMP_OFFSET, has_zone = type->zone[0] != 0;
    int64_t units;
    int32_t minutes = 0;
    if (has_offset ? !has_zone : has_zone && !ing_zone_offset(type->zone, &minutes))
        return false;
    if (!parse_timestamp_units(value->seconds - (int64_t)minutes * 60, value->nanos, type->unit,
                               &units))
        return false;
    memcpy(out, &units, 8);
    return true;
}

/* Reads a text as DATE or a timestamp, without a form. */
static bool read_instant(const ing_type *type, const char *s, size_t n, parse_value *value)
{
    const bool utc = type->type == FMT_TIMESTAMP && n > 4 && memcmp(s + n - 4, " UTC", 4) == 0;
    parse_classify(s, utc ? n - 4 : n, &parse_style_plain, value);
    if (utc)
        value->class_ = value->class_ == PARSE_TIMESTAMP ? PARSE_TIMESTAMP_OFFSET : PARSE_TEXT;
    if (type->type == FMT_TIMESTAMP && value->class_ == PARSE_DATE)
        *value = (parse_value){.class_ = PARSE_TIMESTAMP, .seconds = value->days * 86400};
    if (type->type != FMT_TIMESTAMP && value->class_ == PARSE_TIMESTAMP && value->nanos == 0 &&
        value->seconds % 86400 == 0)
        *value = (parse_value){.class_ = PARSE_DATE, .days = value->seconds / 86400};
    return (value->class_ & (PARSE_DATE | PARSE_TIMESTAMP | PARSE_TIMESTAMP_OFFSET)) != 0;
}

bool ing_read_time(const ing_form *form, const char *s, size_t n, parse_value *value)
{
    *value = (parse_value){0};
    return form != NULL ? ing_form_value(form, s, n, value)
                        : parse_time_of_day(s, n, &value->seconds, &value->nanos);
}

static bool store_date(const ing_type *type, const parse_value *value, void *out)
{
    const int64_t days = type->type == FMT_DATE64 ? value->days * FMT_DAY_MILLIS : value->days;
    memcpy(out, &days, ing_type_width(type));
    return value->class_ == PARSE_DATE;
}

static bool read_epoch(const parse_style *numbers, const char *s, size_t n, void *out)
{
    static const ing_type count = {.type = FMT_INT64};
    int64_t units;
    const parse_marks marks = parse_marks_none(numbers);
    if (!read_integer(&marks, &count, s, n, &units) || units == INT64_MIN)
        return false; /* INT64_MIN is the null slot's (C-42) */
    memcpy(out, &units, 8);
    return true;
}

bool ing_typed_value(const parse_style *numbers, const ing_type *type, const ing_form *form,
                     const char *s, size_t n, void *out)
{
    const parse_marks marks =
        form != NULL && form->kind == ING_MARKS_FORM ? form->marks : parse_marks_none(numbers);
    parse_value value;
    int64_t units;
    switch (type->type) {
    case FMT_BOOL8:
        if (!(form != NULL ? ing_form_value(form, s, n, &value) : read_bool(s, n, &value)))
            return false;
        memcpy(out, &value.boolean, 1);
        return true;
    case FMT_DECIMAL128: return read_decimal(&marks, type, s, n, out);
    case FMT_FLOAT16:
    case FMT_FLOAT32:
    case FMT_FLOAT64: return read_float(&marks, type, s, n, out);
    case FMT_TIME32:
    case FMT_TIME64:
        if (!ing_read_time(form, s, n, &value) ||
            !parse_timestamp_units(value.seconds, value.nanos, type->unit, &units))
            return false;
        memcpy(out, &units, ing_type_width(type)); /* below one day: fits the narrow type */
        return true;
    case FMT_DATE32:
    case FMT_DATE64:
    case FMT_TIMESTAMP:
        if (form != NULL && form->kind == ING_EPOCH_FORM)
            return read_epoch(numbers, s, n, out);
        if (!(form != NULL ? ing_form_value(form, s, n, &value) : read_instant(type, s, n, &value)))
            return false;
        return type->type == FMT_TIMESTAMP ? store_timestamp(type, &value, out)
                                           : store_date(type, &value, out);
    default: return read_integer(&marks, type, s, n, out);
    }
}

bool ing_asked_value(const ing_text *text, const ing_asked *asked, const char *s, size_t n,
                     void *out)
{
    static const ing_type finest = {.type = FMT_TIME64, .unit = 3};
    return ing_typed_value(&text->numbers, asked->any_unit ? &finest : &asked->type, asked->form, s,
                           n, out);
}
