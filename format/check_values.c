#include "format/bytes.h"
#include "format/check.h"
#include "format/check_rows.h"
#include "format/types.h"

/* What F-38 asks of a valid slot. */
typedef enum rule { RULE_NONE, RULE_BOOL, RULE_DAYS, RULE_NOT_NAT, RULE_TIME32, RULE_TIME64 } rule;

static rule rule_of(const fmt_descriptor *d)
{
    switch (d->type) {
    case FMT_BOOL8:
        return RULE_BOOL;
    case FMT_DATE64:
        return RULE_DAYS;
    case FMT_TIMESTAMP:
    case FMT_DURATION:
        return RULE_NOT_NAT;
    case FMT_TIME32:
        return RULE_TIME32;
    case FMT_TIME64:
        return RULE_TIME64;
    default:
        return RULE_NONE;
    }
}

/* Units in one day, for times. */
static uint64_t day_of(uint8_t unit)
{
    static const uint64_t units[] = {86400u, 86400000u, UINT64_C(86400000000), UINT64_C(86400000000000)};
    return units[unit & 3];
}

/* Loops over 64 values without a branch, so that neither nulls nor values have to be predicted and the compiler can use vectors. */
#define ANY64(T, CONDITION)                             \
    {                                                   \
        T any = 0;                                      \
        for (unsigned k = 0; k < 64; k++) {             \
            T v;                                        \
            memcpy(&v, p + k * sizeof(T), sizeof v);    \
            any |= (T)(CONDITION);                      \
        }                                               \
        return any != 0;                                \
    }

/* Whether any of the 64 values at p breaks the rule. Only where a null slot itself breaks it (NaT) `valid` matters. */
static bool any_breaks(rule r, uint64_t day, uint64_t valid, const uint8_t *p)
{
    switch (r) {
    case RULE_BOOL:
        ANY64(uint8_t, v > 1)
    case RULE_DAYS:
        ANY64(uint64_t, (((int64_t)v % FMT_DAY_MILLIS != 0) | ((int64_t)v == FMT_NAT)) & (valid >> k))
    case RULE_NOT_NAT:
        ANY64(uint64_t, (v == (uint64_t)FMT_NAT) & (valid >> k))
    case RULE_TIME32:
        ANY64(uint32_t, v >= (uint32_t)day)
    case RULE_TIME64:
        ANY64(uint64_t, v >= day)
    default:
        return false;
    }
}

/* Whether any of the 64 values at p breaks what null slots (bits 0 of `valid`) must hold; width at most 8 and one of a number's. */
static bool any_null_differs(uint32_t width, uint64_t null_bits, uint64_t valid, const uint8_t *p)
{
    switch (width) {
    case 1:
        ANY64(uint8_t, (v ^ null_bits) & (((valid >> k) & 1) - 1))
    case 2:
        ANY64(uint16_t, (v ^ null_bits) & (((valid >> k) & 1) - 1))
    case 4:
        ANY64(uint32_t, (v ^ null_bits) & (((valid >> k) & 1) - 1))
    default:
        ANY64(uint64_t, (v ^ null_bits) & (((valid >> k) & 1) - 1))
    }
}

/* Whether rows [0, 64) at p are fine, as far as can be told without looking at each; false asks for that. */
static bool block_is_fine(const fmt_descriptor *d, rule r, uint64_t day, uint64_t valid, const uint8_t *p)
{
    bool number = d->width == 1 || d->width == 2 || d->width == 4 || d->width == 8;
    const fmt_type_info *info = fmt_type_of(d->type);
    if (valid != UINT64_MAX && (!number || any_null_differs(d->width, info->null_bits, valid, p)))
        return false;
    return !any_breaks(r, day, valid, p);
}

static bool one_breaks(rule r, uint64_t day, const uint8_t *p)
{
    switch (r) {
    case RULE_BOOL:
        return *p > 1;
    case RULE_DAYS: {
        int64_t v = (int64_t)fmt_load64(p);
        return v == FMT_NAT || v % FMT_DAY_MILLIS != 0;
    }
    case RULE_NOT_NAT:
        return (int64_t)fmt_load64(p) == FMT_NAT;
    case RULE_TIME32:
        return fmt_load32(p) >= day;
    case RULE_TIME64:
        return fmt_load64(p) >= day;
    default:
        return false;
    }
}

static int fail(const fmt_part *part, uint64_t row, int code, fmt_fault *fault)
{
    const fmt_descriptor *d = part->descriptor;
    const fmt_type_info *info = fmt_type_of(d->type);
    uint64_t width = info->group == FMT_GROUP_OFFSETS ? 8 : d->width;
    return fmt_fail_at(fault, code, "F-38", d->slots[FMT_SLOT_VALUES].offset + row * width, part->column, (int64_t)row,
                       code == FMT_VALUE ? "a value %s does not allow" : "a null slot of type %s does not hold what it must", info->name);
}

/* Whether a null slot holds what F-24 says; `p`: its value. */
static bool null_is_canonical(const fmt_type_info *info, uint32_t width, const uint8_t *p)
{
    if (width > 8)
        return fmt_is_zero(p, width);
    uint64_t v = 0;
    memcpy(&v, p, width);
    return v == info->null_bits;
}

/* Rows [i, i + n), n at most 64, one by one. */
static int check_rows(const fmt_part *part, rule r, uint64_t day, uint64_t i, uint64_t n, uint64_t valid, fmt_fault *fault)
{
    const fmt_type_info *info = fmt_type_of(part->descriptor->type);
    uint32_t width = part->descriptor->width;
    for (uint64_t k = 0; k < n; k++) {
        const uint8_t *p = part->values + (i + k) * width;
        if (!((valid >> k) & 1)) {
            if (!null_is_canonical(info, width, p))
                return fail(part, i + k, FMT_NULL_SLOT, fault);
        } else if (one_breaks(r, day, p)) {
            return fail(part, i + k, FMT_VALUE, fault);
        }
    }
    return FMT_OK;
}

/* F-38: a null string or binary has length 0. */
static int check_null_strings(const fmt_part *part, uint64_t i, uint64_t n, uint64_t valid, fmt_fault *fault)
{
    for (uint64_t k = 0; k < n; k++) {
        const uint8_t *p = part->values + 8 * (i + k);
        if (!((valid >> k) & 1) && fmt_load64(p) != fmt_load64(p + 8))
            return fail(part, i + k, FMT_NULL_SLOT, fault);
    }
    return FMT_OK;
}

int fmt_check_values(const fmt_part *part, fmt_fault *fault)
{
    const fmt_descriptor *d = part->descriptor;
    rule r = rule_of(d);
    uint64_t day = day_of(d->unit), end = part->first + part->count;
    bool strings = fmt_type_of(d->type)->group == FMT_GROUP_OFFSETS;
    int code = FMT_OK;
    if (r == RULE_NONE && !part->validity)
        return FMT_OK;
    for (uint64_t i = part->first; i < end && !code; i += 64) {
        uint64_t n = end - i < 64 ? end - i : 64;
        uint64_t all = n == 64 ? UINT64_MAX : (UINT64_C(1) << n) - 1;
        uint64_t valid = part->validity ? fmt_valid_bits(part->validity, i, n) : all;
        if ((valid == all && r == RULE_NONE) || (!strings && n == 64 && block_is_fine(d, r, day, valid, part->values + i * d->width)))
            continue;
        code = strings ? check_null_strings(part, i, n, valid, fault) : check_rows(part, r, day, i, n, valid, fault);
    }
    return code;
}
