/* The check of zone entries (F-46, F-47) against the values. It does not compute them again as
 * zone.c does: an entry is right if no value lies outside its bounds and some value meets each
 * bound. */
#include <inttypes.h>

#include "format/bytes.h"
#include "format/check.h"
#include "format/check_rows.h"
#include "format/decimal.h"
#include "format/half.h"
#include "format/text.h"
#include "format/types.h"
#include "format/zone.h"

/* The findings over a zone's valid values: one is outside the bounds, one meets each bound, the
 * number of NaNs, one is not NaN. */
typedef struct seen {
    uint64_t outside, met_min, met_max, nans, numbers;
} seen;

/* Looks at 64 values; MASK(k) is 1 where value k is valid. No branch, so that neither nulls nor
 * values have to be predicted. */
#define ALL_VALID(k) 1
#define SOME_VALID(k) ((valid >> (k)) & 1)
#define LOOK64(T, I, MASK)                                                                         \
    {                                                                                              \
        I outside = 0, min = 0, max = 0, nans = 0, numbers = 0;                                    \
        for (unsigned k = 0; k < 64; k++) {                                                        \
            T v;                                                                                   \
            memcpy(&v, p + k * sizeof(T), sizeof v);                                               \
            I mask = (I)MASK(k);                                                                   \
            outside |= (I)((I)((v < low) | (v > high)) & mask);                                    \
            min |= (I)((I)(v == low) & mask);                                                      \
            max |= (I)((I)(v == high) & mask);                                                     \
            numbers |= (I)((I)(v == v) & mask);                                                    \
            nans = (I)(nans + ((I)(v != v) & mask));                                               \
        }                                                                                          \
        s->outside |= outside;                                                                     \
        s->met_min |= min;                                                                         \
        s->met_max |= max;                                                                         \
        s->numbers |= numbers;                                                                     \
        s->nans += nans;                                                                           \
    }

/* Defines a function that looks at n values, up to 64. T: the type in the file; I: the unsigned
 * integer of its size. */
#define LOOK(NAME, T, I)                                                                           \
    static void NAME(const uint8_t *p, uint64_t n, uint64_t valid, const void *minimum,            \
                     const void *maximum, seen *s)                                                 \
    {                                                                                              \
        T low, high;                                                                               \
        memcpy(&low, minimum, sizeof low);                                                         \
        memcpy(&high, maximum, sizeof high);                                                       \
        if (n == 64 && valid == UINT64_MAX) {                                                      \
            LOOK64(T, I, ALL_VALID)                                                                \
        } else if (n == 64) {                                                                      \
            LOOK64(T, I, SOME_VALID)                                                               \
        } else {                                                                                   \
            for (uint64_t k = 0; k < n; k++) {                                                     \
                T v;                                                                               \
                memcpy(&v, p + k * sizeof(T), sizeof v);                                           \
                uint64_t mask = SOME_VALID(k);                                                     \
                s->outside |= (uint64_t)(v < low || v > high) & mask;                              \
                s->met_min |= (uint64_t)(v == low) & mask;                                         \
                s->met_max |= (uint64_t)(v == high) & mask;                                        \
                s->numbers |= (uint64_t)(v == v) & mask;                                           \
                s->nans += (uint64_t)(v != v) & mask;                                              \
            }                                                                                      \
        }                                                                                          \
    }

LOOK(look_i8, int8_t, uint8_t)
LOOK(look_i16, int16_t, uint16_t)
LOOK(look_i32, int32_t, uint32_t)
LOOK(look_i64, int64_t, uint64_t)
LOOK(look_u8, uint8_t, uint8_t)
LOOK(look_u16, uint16_t, uint16_t)
LOOK(look_u32, uint32_t, uint32_t)
LOOK(look_u64, uint64_t, uint64_t)
LOOK(look_f32, float, uint32_t)
LOOK(look_f64, double, uint64_t)
LOOK(look_decimal, fmt_decimal, fmt_decimal_bits)

static void look_f16(const uint8_t *p, uint64_t n, uint64_t valid, const void *minimum,
                     const void *maximum, seen *s)
{
    float values[64];
    for (uint64_t k = 0; k < n; k++)
        values[k] = fmt_half_value(fmt_load16(p + k * sizeof(uint16_t)));
    look_f32((const uint8_t *)values, n, valid, minimum, maximum, s);
}

typedef void look_function(const uint8_t *p, uint64_t n, uint64_t valid, const void *min,
                           const void *max, seen *s);

static look_function *function_of(uint8_t bounds, uint32_t width)
{
    static look_function *const of_signed[] = {NULL, look_i8, look_i16, NULL,    look_i32,
                                               NULL, NULL,    NULL,     look_i64};
    static look_function *const of_unsigned[] = {NULL, look_u8, look_u16, NULL,    look_u32,
                                                 NULL, NULL,    NULL,     look_u64};
    if (bounds == FMT_BOUNDS_FLOAT16)
        return look_f16;
    if (bounds == FMT_BOUNDS_DECIMAL)
        return look_decimal;
    if (bounds == FMT_BOUNDS_FLOAT32)
        return look_f32;
    if (bounds == FMT_BOUNDS_FLOAT64)
        return look_f64;
    return bounds == FMT_BOUNDS_SIGNED ? of_signed[width] : of_unsigned[width];
}

/* Converts a stored bound to the column's own type. Returns false if it has no such value, or is
 * not stored as F-47 says. */
static bool narrow(const uint8_t stored[16], uint8_t bounds, uint32_t width, bool is_min,
                   uint8_t out[16])
{
    uint64_t bits = fmt_load64(stored);
    if (bounds == FMT_BOUNDS_DECIMAL) {
        memcpy(out, stored, 16);
        return true;
    }
    if (!fmt_is_zero(stored + 8, 8))
        return false;
    if (bounds == FMT_BOUNDS_SIGNED) {
        unsigned spare = 64 - 8 * width;
        int64_t v = (int64_t)bits;
        if ((int64_t)(bits << spare) >> spare != v)
            return false;
    } else if (bounds == FMT_BOUNDS_UNSIGNED) {
        if (width < 8 && bits >> (8 * width))
            return false;
    } else {
        double d;
        memcpy(&d, &bits, sizeof d);
        if (d != d ||
            (d == 0 && (bits != 0) != is_min)) /* a zero minimum is -0.0, a zero maximum +0.0 */
            return false;
        if (bounds != FMT_BOUNDS_FLOAT64) {
            float f = (float)d;
            uint32_t f_bits;
            memcpy(&f_bits, &f, sizeof f_bits);
            bits = (double)f == d ? f_bits : 0;
            if ((double)f != d)
                return false;
        }
    }
    memcpy(out, &bits, 8);
    return true;
}

static int wrong(const fmt_row_range *range, uint64_t row, uint64_t entry, const char *what,
                 fmt_fault *fault)
{
    return fmt_fail_at(fault, FMT_ZONE_MAP, "F-47", FMT_NO_OFFSET, range->column, (int64_t)row,
                       "zone entry %" PRIu64 ": %s", entry, what);
}

static const char *check_fixed(const fmt_row_range *range, const fmt_zone *zone, uint64_t first,
                               uint64_t end)
{
    const fmt_descriptor *d = range->descriptor;
    uint8_t bounds = fmt_type_of(d->type)->bounds;
    look_function *look = function_of(bounds, d->width);
    uint8_t min[16] = {0}, max[16] = {0};
    seen s = {0};
    bool bounded = !(zone->flags & FMT_ZONE_NO_BOUNDS);
    if (bounded && (!narrow(zone->min, bounds, d->width, true, min) ||
                    !narrow(zone->max, bounds, d->width, false, max)))
        return "a bound is not a value of the column's type";
    if (zone->min_length || zone->max_length)
        return "lengths where there are none";
    for (uint64_t i = first; i < end; i += 64) {
        uint64_t n = end - i < 64 ? end - i : 64;
        uint64_t valid =
            range->validity != NULL ? fmt_valid_bits(range->validity, i, n) : UINT64_MAX;
        if (valid)
            look(range->values + i * d->width, n, valid, min, max, &s);
    }
    if (zone->nan_count != s.nans)
        return "nan_count is wrong";
    if (bounded != (s.numbers != 0))
        return bounded ? "bounds where there is no value" : "no bounds where there are values";
    if (bounded && (s.outside || !s.met_min || !s.met_max))
        return "min or max is wrong";
    return NULL;
}

static bool string_less(const fmt_span *a, const fmt_span *b)
{
    return fmt_text_order(a->data, a->length, b->data, b->length) < 0;
}

static bool prefix_is(const uint8_t stored[16], uint64_t stored_length, const fmt_span *s)
{
    uint64_t n = s->length < 16 ? s->length : 16;
    return stored_length == s->length && memcmp(stored, s->data, n) == 0 &&
           fmt_is_zero(stored + n, 16 - n);
}

/* Checks the entry of a zone of strings. Returns the problem, or NULL. *outside becomes the row
 * whose offsets lead outside slot 2. */
static const char *check_strings(const fmt_row_range *range, const fmt_zone *zone, uint64_t first,
                                 uint64_t end, uint64_t *outside)
{
    fmt_span min = {0}, max = {0}, s;
    uint64_t min_key = 0, max_key = 0;
    bool any = false;
    if (zone->nan_count)
        return "nan_count of strings";
    for (uint64_t i = first; i < end; i++) {
        if (range->validity != NULL && !fmt_bit(range->validity, i))
            continue;
        if (!fmt_string_of(range, i, &s)) {
            *outside = i;
            return "offsets";
        }
        uint64_t key = fmt_text_key(s.data, s.length);
        if (any && min_key < key && key < max_key)
            continue;
        if (!any || string_less(&s, &min)) {
            min = s;
            min_key = key;
        }
        if (!any || string_less(&max, &s)) {
            max = s;
            max_key = key;
        }
        any = true;
    }
    if (any == ((zone->flags & FMT_ZONE_NO_BOUNDS) != 0))
        return any ? "no bounds where there are values" : "bounds where there is no value";
    if (any && !prefix_is(zone->min, zone->min_length, &min))
        return "min is wrong";
    if (any && !prefix_is(zone->max, zone->max_length, &max))
        return "max is wrong";
    return NULL;
}

int fmt_check_zones(const fmt_row_range *range, const uint8_t *entries, fmt_fault *fault)
{
    uint8_t bounds = fmt_type_of(range->descriptor->type)->bounds;
    uint64_t last = range->first + range->count;
    if (bounds == FMT_BOUNDS_NONE)
        return FMT_OK;
    for (uint64_t first = range->first; first < last; first += FMT_ZONE_ROWS) {
        uint64_t end = last - first < FMT_ZONE_ROWS ? last : first + FMT_ZONE_ROWS,
                 entry = first / FMT_ZONE_ROWS;
        uint64_t nulls = range->validity != NULL
                             ? fmt_count_nulls(range->validity, first, end - first)
                             : 0,
                 outside = UINT64_MAX;
        const char *what;
        fmt_zone zone;
        uint8_t raw[FMT_ZONE_ENTRY_SIZE];
        memcpy(raw, entries + entry * FMT_ZONE_ENTRY_SIZE, sizeof raw);
        if (!fmt_zone_decode(raw, &zone) ||
            (!range->unknown_features && fmt_load32(raw + FMT_Z_ZERO) != 0))
            what = "flags or reserved bytes";
        else if (zone.null_count != nulls)
            what = "null_count is wrong";
        else if (bounds == FMT_BOUNDS_STRING)
            what = check_strings(range, &zone, first, end, &outside);
        else
            what = check_fixed(range, &zone, first, end);
        if (outside != UINT64_MAX)
            return fmt_bad_offsets(range, outside, fault);
        if (what != NULL)
            return wrong(range, first, entry, what, fault);
    }
    return FMT_OK;
}
