/* The check of the flag ascending (F-23) against the values. */
#include "format/ascending.h"
#include "format/bytes.h"
#include "format/check.h"
#include "format/check_rows.h"
#include "format/ondisk.h"
#include "format/text.h"
#include "format/types.h"

#define NOWHERE UINT64_MAX

/* Returns the first row of [first, end) whose string is less than the one before it; NOWHERE: there
 * is none. Sets *judged to false, if the offsets of a row lead outside slot 2. */
static uint64_t string_descent(const fmt_row_range *range, uint64_t first, uint64_t end,
                               bool *judged)
{
    fmt_span before = {0}, s; /* no string is less than the empty one */
    for (uint64_t i = first; i < end; i++, before = s) {
        *judged = fmt_string_of(range, i, &s);
        if (!*judged)
            return NOWHERE;
        if (fmt_text_order(s.data, s.length, before.data, before.length) < 0)
            return i;
    }
    return NOWHERE;
}

static int64_t load_code(const uint8_t *p, uint32_t width)
{
    return width == 1 ? (int8_t)*p : width == 2 ? (int16_t)fmt_load16(p) : (int32_t)fmt_load32(p);
}

/* Does the same for codes, by the strings of their dictionary. Each string of a column that ascends
 * is one run of rows, so what is compared is at most the dictionary. Sets *judged to false, if a
 * code is not in it, or if two strings are equal: other checks tell of that. */
static uint64_t code_descent(const fmt_row_range *range, const fmt_row_range *dictionary,
                             uint64_t first, uint64_t end, bool *judged)
{
    const uint32_t width = range->descriptor->width;
    int64_t last = INT64_MIN; /* no code */
    fmt_span before = {0}, s;
    for (uint64_t i = first; i < end; i++) {
        int64_t code = load_code(range->values + i * width, width);
        if (code == last)
            continue;
        *judged = code >= 0 && (uint64_t)code < dictionary->descriptor->length &&
                  fmt_string_of(dictionary, (uint64_t)code, &s);
        if (!*judged)
            return NOWHERE;
        int order =
            last == INT64_MIN ? 1 : fmt_text_order(s.data, s.length, before.data, before.length);
        *judged = order != 0;
        if (order <= 0)
            return order < 0 ? i : NOWHERE;
        last = code;
        before = s;
    }
    return NOWHERE;
}

static uint64_t value_descent(const fmt_row_range *range, uint8_t bounds, uint64_t first,
                              uint64_t end)
{
    const uint32_t width = range->descriptor->width;
    uint64_t n = end - first;
    size_t at = fmt_first_descent(bounds, width, range->values + first * width, (size_t)n);
    return at < n ? first + at : NOWHERE;
}

int fmt_check_ascending(const fmt_row_range *range, const fmt_row_range *dictionary, bool *descends,
                        fmt_fault *fault)
{
    const fmt_descriptor *d = range->descriptor;
    uint8_t bounds = fmt_type_of(d->type)->bounds;
    /* The row before the range is compared with its first, too. */
    uint64_t first = range->first > 0 ? range->first - 1 : 0, end = range->first + range->count,
             row;
    bool judged = true;
    if (d->type == FMT_DICTIONARY)
        row = code_descent(range, dictionary, first, end, &judged);
    else if (bounds == FMT_BOUNDS_STRING)
        row = string_descent(range, first, end, &judged);
    else
        row = value_descent(range, bounds, first, end);
    *descends = row != NOWHERE || !judged;
    if (row == NOWHERE || !(d->flags & FMT_FLAG_ASCENDING))
        return FMT_OK;
    uint32_t width = bounds == FMT_BOUNDS_STRING ? 8 : d->width;
    return fmt_fail_at(fault, FMT_ASCENDING, "F-23", d->slots[FMT_SLOT_VALUES].offset + row * width,
                       range->column, (int64_t)row,
                       "a value of an ascending column is NaN, or less than the one before it");
}

int fmt_check_ascends(const fmt_row_range *range, fmt_fault *fault)
{
    if (range->descriptor->flags & FMT_FLAG_ASCENDING)
        return FMT_OK;
    return fmt_fail_at(fault, FMT_ASCENDING, "F-23", FMT_NO_OFFSET, range->column, -1,
                       "the values ascend, but the column's flag does not say so");
}
