/* The checks of what valid and null slots hold (F-38). */
#include "format/bytes.h"
#include "format/check.h"
#include "format/check_rows.h"
#include "format/decimal.h"
#include "format/types.h"

/* Returns the units in one day, for times. */
static uint64_t day_of(uint8_t unit)
{
    static const uint64_t units[] = {86400u, 86400000u, UINT64_C(86400000000),
                                     UINT64_C(86400000000000)};
    return units[unit & 3];
}

/* The rule of F-38 for a valid slot, or for an element of a list. */
typedef struct rule {
    enum {
        RULE_NONE,
        RULE_BOOL,
        RULE_DAYS,
        RULE_NOT_NAT,
        RULE_TIME32,
        RULE_TIME64,
        RULE_DECIMAL
    } kind;
    uint64_t day;      /* of times: the units in one day */
    fmt_decimal limit; /* of decimals: 10^precision */
} rule;

static rule rule_of(const fmt_descriptor *d)
{
    switch (d->type == FMT_LIST ? d->element : d->type) {
    case FMT_BOOL8: return (rule){.kind = RULE_BOOL};
    case FMT_DATE64: return (rule){.kind = RULE_DAYS};
    case FMT_TIMESTAMP:
    case FMT_DURATION: return (rule){.kind = RULE_NOT_NAT};
    case FMT_TIME32: return (rule){.kind = RULE_TIME32, .day = day_of(d->unit)};
    case FMT_TIME64: return (rule){.kind = RULE_TIME64, .day = day_of(d->unit)};
    case FMT_DECIMAL128:
        return (rule){.kind = RULE_DECIMAL, .limit = fmt_decimal_limit(d->precision)};
    default: return (rule){.kind = RULE_NONE};
    }
}

/* Tests 64 values without a branch, so that neither nulls nor values have to be predicted and the
 * compiler can use vectors. */
#define ANY64(T, CONDITION)                                                                        \
    {                                                                                              \
        T any = 0;                                                                                 \
        for (unsigned k = 0; k < 64; k++) {                                                        \
            T v;                                                                                   \
            memcpy(&v, p + k * sizeof(T), sizeof v);                                               \
            any |= (T)(CONDITION);                                                                 \
        }                                                                                          \
        return any != 0;                                                                           \
    }

/* Tells whether any of the 64 values at p breaks the rule. A null slot may make it true as well;
 * one that obeys F-38 does so only if it holds NaT. */
static bool any_breaks(const rule *r, uint64_t valid, const uint8_t *p)
{
    switch (r->kind) {
    case RULE_BOOL: ANY64(uint8_t, v > 1)
    case RULE_DAYS:
        ANY64(uint64_t,
              (((int64_t)v % FMT_DAY_MILLIS != 0) | ((int64_t)v == FMT_NAT)) & (valid >> k))
    case RULE_NOT_NAT: ANY64(uint64_t, (v == (uint64_t)FMT_NAT) & (valid >> k))
    case RULE_TIME32: ANY64(uint32_t, v >= (uint32_t)r->day)
    case RULE_TIME64: ANY64(uint64_t, v >= r->day)
    case RULE_DECIMAL: ANY64(fmt_decimal, !fmt_decimal_fits(v, r->limit))
    default: return false;
    }
}

/* Tells whether any null slot (bit 0 of `valid`) of the 64 values at p does not hold null_bits. The
 * width is 1, 2, 4 or 8. */
static bool any_null_differs(uint32_t width, uint64_t null_bits, uint64_t valid, const uint8_t *p)
{
    switch (width) {
    case 1: ANY64(uint8_t, (v ^ null_bits) & (((valid >> k) & 1) - 1))
    case 2: ANY64(uint16_t, (v ^ null_bits) & (((valid >> k) & 1) - 1))
    case 4: ANY64(uint32_t, (v ^ null_bits) & (((valid >> k) & 1) - 1))
    default: ANY64(uint64_t, (v ^ null_bits) & (((valid >> k) & 1) - 1))
    }
}

static bool one_breaks(const rule *r, const uint8_t *p)
{
    switch (r->kind) {
    case RULE_BOOL: return *p > 1;
    case RULE_DAYS: {
        int64_t v = (int64_t)fmt_load64(p);
        return v == FMT_NAT || v % FMT_DAY_MILLIS != 0;
    }
    case RULE_NOT_NAT: return (int64_t)fmt_load64(p) == FMT_NAT;
    case RULE_TIME32: return fmt_load32(p) >= r->day;
    case RULE_TIME64: return fmt_load64(p) >= r->day;
    case RULE_DECIMAL: return !fmt_decimal_fits(fmt_load_decimal(p), r->limit);
    default: return false;
    }
}

/* Tells whether a null slot, whose value is at `p`, holds what F-24 says. */
static bool null_is_canonical(const fmt_type_info *info, uint32_t width, const uint8_t *p)
{
    if (width > 8)
        return fmt_is_zero(p, width);
    uint64_t v = 0;
    memcpy(&v, p, width);
    return v == info->null_bits;
}

/* Returns the validity of `n` rows, 1 to 64, that are all valid. */
static uint64_t all_of(uint64_t n)
{
    return n == 64 ? UINT64_MAX : (UINT64_C(1) << n) - 1;
}

/* Returns the first of the values [first, end) of `width` bytes that breaks the rule; `end` if none
 * does. `validity` is their bitmap, first then a multiple of 8; NULL: all are valid. */
static uint64_t first_break(const rule *r, const uint8_t *values, uint32_t width,
                            const uint8_t *validity, uint64_t first, uint64_t end)
{
    for (uint64_t i = first; i < end; i += 64) {
        uint64_t n = end - i < 64 ? end - i : 64;
        uint64_t valid = validity != NULL ? fmt_valid_bits(validity, i, n) : all_of(n);
        const uint8_t *p = values + i * width;
        if (n == 64 && !any_breaks(r, valid, p))
            continue;
        for (uint64_t k = 0; k < n; k++) {
            if (((valid >> k) & 1) && one_breaks(r, p + k * width))
                return i + k;
        }
    }
    return end;
}

static int bad_value(const fmt_row_range *range, uint16_t type, uint64_t at, int64_t row,
                     fmt_fault *fault)
{
    return fmt_fail_at(fault, FMT_VALUE, "F-38", at, range->column, row,
                       "a value %s does not allow", fmt_type_of(type)->name);
}

/* Checks the elements of lists, whatever the offsets inside the range are. */
static int check_elements(const fmt_row_range *range, const rule *r, fmt_fault *fault)
{
    const fmt_descriptor *d = range->descriptor;
    uint64_t first, end;
    if (!fmt_elements_of(range, &first, &end))
        return fmt_bad_offsets(range, range->first, fault);
    uint64_t i = first_break(r, range->bytes, d->element_width, NULL, first, end);
    if (i == end)
        return FMT_OK;
    return bad_value(range, d->element, d->slots[FMT_SLOT_ELEMENTS].offset + i * d->element_width,
                     fmt_row_of_element(range, i), fault);
}

int fmt_check_values(const fmt_row_range *range, fmt_fault *fault)
{
    const fmt_descriptor *d = range->descriptor;
    const rule r = rule_of(d);
    uint64_t end = range->first + range->count;
    if (r.kind == RULE_NONE)
        return FMT_OK;
    if (d->type == FMT_LIST)
        return check_elements(range, &r, fault);
    uint64_t i = first_break(&r, range->values, d->width, range->validity, range->first, end);
    if (i == end)
        return FMT_OK;
    return bad_value(range, d->type, d->slots[FMT_SLOT_VALUES].offset + i * d->width, (int64_t)i,
                     fault);
}

/* Tells whether the slot of row `i`, which is null, holds what F-38 says. */
static bool null_slot_is_good(const fmt_row_range *range, const fmt_type_info *info, uint64_t i)
{
    if (fmt_has_offsets(range->descriptor)) /* length 0 */
        return fmt_load64(range->values + 8 * i) == fmt_load64(range->values + 8 * (i + 1));
    return null_is_canonical(info, range->descriptor->width,
                             range->values + i * range->descriptor->width);
}

static int bad_null_slot(const fmt_row_range *range, uint64_t row, fmt_fault *fault)
{
    const fmt_descriptor *d = range->descriptor;
    uint64_t width = fmt_has_offsets(d) ? 8 : d->width;
    return fmt_fail_at(fault, FMT_NULL_SLOT, "F-38", d->slots[FMT_SLOT_VALUES].offset + row * width,
                       range->column, (int64_t)row,
                       "a null slot of type %s does not hold what it must",
                       fmt_type_of(d->type)->name);
}

int fmt_check_null_slots(const fmt_row_range *range, fmt_fault *fault)
{
    const fmt_descriptor *d = range->descriptor;
    const fmt_type_info *info = fmt_type_of(d->type);
    uint64_t end = range->first + range->count;
    bool number =
        !fmt_has_offsets(d) && (d->width == 1 || d->width == 2 || d->width == 4 || d->width == 8);
    if (range->validity == NULL)
        return FMT_OK;
    for (uint64_t i = range->first; i < end; i += 64) {
        uint64_t n = end - i < 64 ? end - i : 64;
        uint64_t valid = fmt_valid_bits(range->validity, i, n), nulls = ~valid & all_of(n);
        if (number && n == 64 && nulls &&
            !any_null_differs(d->width, info->null_bits, valid, range->values + i * d->width))
            continue;
        for (; nulls; nulls &= nulls - 1) {
            uint64_t row = i + (uint64_t)__builtin_ctzll(nulls);
            if (!null_slot_is_good(range, info, row))
                return bad_null_slot(range, row, fault);
        }
    }
    return FMT_OK;
}
