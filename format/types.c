/* The table of types. */
#include "format/types.h"

#include "format/bytes.h"

/* The numbers Arrow's Schema.fbs gives its types (F-52). */
enum {
    AR_INT = 2,
    AR_FLOAT = 3,
    AR_DECIMAL = 7,
    AR_DATE = 8,
    AR_TIME = 9,
    AR_TIMESTAMP = 10,
    AR_FIXED_BINARY = 15,
    AR_FIXED_LIST = 16,
    AR_DURATION = 18,
    AR_LARGE_BINARY = 19,
    AR_LARGE_UTF8 = 20,
    AR_LARGE_LIST = 21
};

#define NAT_BITS UINT64_C(0x8000000000000000)

/* The groups of slots 0, 1 and 2. */
#define FIXED {FMT_GROUP_VALIDITY, FMT_GROUP_VALUES}
#define INDEXED {FMT_GROUP_VALIDITY, FMT_GROUP_CODES}
#define VARIABLE {FMT_GROUP_VALIDITY, FMT_GROUP_OFFSETS, FMT_GROUP_BYTES}
#define LIST {FMT_GROUP_VALIDITY, FMT_GROUP_OFFSETS}

#define OF_BOTH (FMT_OF_TENSOR | FMT_OF_LIST)

/* F-24. Columns: name, width, groups, child, arrow, bounds, units, element of, null in the value,
 * null bits, extension. */
static const fmt_type_info types[FMT_TYPE_LAST + 1] = {
    [FMT_BOOL8] = {"bool8", 1, FIXED, 0, AR_INT, FMT_BOUNDS_UNSIGNED, 1, 0, FMT_OF_LIST, false, 0,
                   "arrow.bool8"},
    [FMT_INT8] = {"int8", 1, FIXED, 0, AR_INT, FMT_BOUNDS_SIGNED, 1, 0, OF_BOTH, false, 0, NULL},
    [FMT_INT16] = {"int16", 2, FIXED, 0, AR_INT, FMT_BOUNDS_SIGNED, 1, 0, OF_BOTH, false, 0, NULL},
    [FMT_INT32] = {"int32", 4, FIXED, 0, AR_INT, FMT_BOUNDS_SIGNED, 1, 0, OF_BOTH, false, 0, NULL},
    [FMT_INT64] = {"int64", 8, FIXED, 0, AR_INT, FMT_BOUNDS_SIGNED, 1, 0, OF_BOTH, false, 0, NULL},
    [FMT_UINT8] = {"uint8", 1, FIXED, 0, AR_INT, FMT_BOUNDS_UNSIGNED, 1, 0, OF_BOTH, false, 0,
                   NULL},
    [FMT_UINT16] = {"uint16", 2, FIXED, 0, AR_INT, FMT_BOUNDS_UNSIGNED, 1, 0, OF_BOTH, false, 0,
                    NULL},
    [FMT_UINT32] = {"uint32", 4, FIXED, 0, AR_INT, FMT_BOUNDS_UNSIGNED, 1, 0, OF_BOTH, false, 0,
                    NULL},
    [FMT_UINT64] = {"uint64", 8, FIXED, 0, AR_INT, FMT_BOUNDS_UNSIGNED, 1, 0, OF_BOTH, false, 0,
                    NULL},
    [FMT_FLOAT32] = {"float32", 4, FIXED, 0, AR_FLOAT, FMT_BOUNDS_FLOAT32, 1, 0, OF_BOTH, true,
                     FMT_NULL_FLOAT32, NULL},
    [FMT_FLOAT64] = {"float64", 8, FIXED, 0, AR_FLOAT, FMT_BOUNDS_FLOAT64, 1, 0, OF_BOTH, true,
                     FMT_NULL_FLOAT64, NULL},
    [FMT_DATE32] = {"date32", 4, FIXED, 0, AR_DATE, FMT_BOUNDS_SIGNED, 1, 0, OF_BOTH, false, 0,
                    NULL},
    [FMT_DATE64] = {"date64", 8, FIXED, 0, AR_DATE, FMT_BOUNDS_SIGNED, 1, 0, FMT_OF_LIST, true,
                    NAT_BITS, NULL},
    [FMT_TIMESTAMP] = {"timestamp", 8, FIXED, 0, AR_TIMESTAMP, FMT_BOUNDS_SIGNED, 0, 3, OF_BOTH,
                       true, NAT_BITS, NULL},
    [FMT_DURATION] = {"duration", 8, FIXED, 0, AR_DURATION, FMT_BOUNDS_SIGNED, 0, 3, OF_BOTH, true,
                      NAT_BITS, NULL},
    [FMT_TIME32] = {"time32", 4, FIXED, 0, AR_TIME, FMT_BOUNDS_SIGNED, 0, 1, FMT_OF_LIST, false, 0,
                    NULL},
    [FMT_TIME64] = {"time64", 8, FIXED, 0, AR_TIME, FMT_BOUNDS_SIGNED, 2, 3, FMT_OF_LIST, false, 0,
                    NULL},
    [FMT_STRING] = {"string", 0, VARIABLE, 0, AR_LARGE_UTF8, FMT_BOUNDS_STRING, 1, 0, FMT_OF_LIST,
                    false, 0, NULL},
    [FMT_BINARY] = {"binary", 0, VARIABLE, 0, AR_LARGE_BINARY, FMT_BOUNDS_NONE, 1, 0, 0, false, 0,
                    NULL},
    [FMT_FIXED_BINARY] = {"fixed_binary", 0, FIXED, 0, AR_FIXED_BINARY, FMT_BOUNDS_NONE, 1, 0, 0,
                          false, 0, NULL},
    [FMT_DICTIONARY] = {"dictionary", 0, INDEXED, 0, AR_LARGE_UTF8, FMT_BOUNDS_SIGNED, 1, 0, 0,
                        false, 0, NULL},
    [FMT_TENSOR] = {"tensor", 0, FIXED, FMT_SLOT_VALUES, AR_FIXED_LIST, FMT_BOUNDS_NONE, 1, 0, 0,
                    false, 0, "arrow.fixed_shape_tensor"},
    [FMT_FLOAT16] = {"float16", 2, FIXED, 0, AR_FLOAT, FMT_BOUNDS_FLOAT16, 1, 0, OF_BOTH, true,
                     FMT_NULL_FLOAT16, NULL},
    [FMT_DECIMAL128] = {"decimal128", 16, FIXED, 0, AR_DECIMAL, FMT_BOUNDS_DECIMAL, 1, 0,
                        FMT_OF_LIST, false, 0, NULL},
    [FMT_LIST] = {"list", 0, LIST, FMT_SLOT_ELEMENTS, AR_LARGE_LIST, FMT_BOUNDS_NONE, 1, 0, 0,
                  false, 0, NULL},
};

const fmt_type_info *fmt_type_of(uint16_t type)
{
    return type >= 1 && type <= FMT_TYPE_LAST ? &types[type] : NULL;
}

uint8_t fmt_slot_group(const fmt_descriptor *d, int slot)
{
    const fmt_type_info *info = fmt_type_of(d->type);
    if (info == NULL)
        return FMT_GROUP_NONE;
    if (d->type != FMT_LIST || slot < FMT_SLOT_ELEMENTS)
        return info->groups[slot];
    /* what an element's type has from its slot 1 on, a list has from its slot 2 on */
    const fmt_type_info *element = fmt_type_of(d->element);
    uint8_t group = element != NULL ? element->groups[slot - 1] : FMT_GROUP_NONE;
    return group == FMT_GROUP_OFFSETS ? FMT_GROUP_ELEMENT_OFFSETS : group;
}

bool fmt_has_offsets(const fmt_descriptor *d)
{
    return fmt_slot_group(d, FMT_SLOT_VALUES) == FMT_GROUP_OFFSETS;
}

bool fmt_has_child(const fmt_descriptor *d)
{
    const fmt_type_info *info = fmt_type_of(d->type);
    return info != NULL && info->child != 0;
}

uint64_t fmt_child_length(const fmt_descriptor *d)
{
    if (d->type == FMT_TENSOR)
        return d->length * fmt_tensor_elements(d->dimensions, d->shape);
    uint64_t length = d->slots[FMT_SLOT_ELEMENTS].logical_length;
    if (fmt_slot_group(d, FMT_SLOT_ELEMENTS) == FMT_GROUP_ELEMENT_OFFSETS)
        return length >= 8 ? length / 8 - 1 : 0;
    return d->element_width != 0 ? length / d->element_width : 0;
}

bool fmt_type_has_zones(uint16_t type)
{
    const fmt_type_info *info = fmt_type_of(type);
    return info != NULL && info->bounds != FMT_BOUNDS_NONE;
}

bool fmt_type_has_unit(uint16_t type)
{
    const fmt_type_info *info = fmt_type_of(type);
    return info != NULL && info->unit_first <= info->unit_last;
}

bool fmt_may_have_zone(const fmt_descriptor *d)
{
    return (d->type == FMT_LIST ? d->element : d->type) == FMT_TIMESTAMP;
}

const char *fmt_type_extension(uint16_t type)
{
    const fmt_type_info *info = fmt_type_of(type);
    return info != NULL ? info->extension : NULL;
}

const char *fmt_unit_name(uint8_t unit)
{
    static const char *const names[] = {"s", "ms", "us", "ns"};
    return unit <= FMT_UNIT_NANO ? names[unit] : "?";
}

uint32_t fmt_tensor_elements(uint8_t dimensions, const uint32_t shape[7])
{
    if (dimensions < 1 || dimensions > FMT_DIMENSIONS_MAX)
        return 0;
    uint64_t product = 1;
    for (unsigned i = 0; i < FMT_DIMENSIONS_MAX; i++) {
        if (i >= dimensions) {
            if (shape[i] != 0)
                return 0;
            continue;
        }
        product *= shape[i]; /* below 2^31 times below 2^32: no overflow */
        if (product == 0 || product > FMT_WIDTH_MAX)
            return 0;
    }
    return (uint32_t)product;
}

/* Tells whether the unit is one of the type's (F-25); a type without one has 0. */
static bool unit_fits(const fmt_type_info *info, uint8_t unit)
{
    if (info->unit_first > info->unit_last)
        return unit == 0;
    return unit >= info->unit_first && unit <= info->unit_last;
}

/* Tells whether unit, precision and scale are those of a value of the type (F-25). */
static bool parameters_fit(const fmt_type_info *info, const fmt_descriptor *d)
{
    bool decimal = info->bounds == FMT_BOUNDS_DECIMAL;
    if (decimal ? d->precision < 1 || d->precision > FMT_PRECISION_MAX || d->scale > d->precision
                : d->precision != 0 || d->scale != 0)
        return false;
    return unit_fits(info, d->unit);
}

/* Checks the element of a tensor or list, and sets its width. */
static bool derive_element(fmt_descriptor *d, uint8_t of)
{
    const fmt_type_info *element = fmt_type_of(d->element);
    if (element == NULL || !(element->element_of & of) || !parameters_fit(element, d))
        return false;
    d->element_width = element->width;
    return true;
}

static bool derive_tensor(fmt_descriptor *d)
{
    uint64_t elements = fmt_tensor_elements(d->dimensions, d->shape);
    if (!derive_element(d, FMT_OF_TENSOR) || elements == 0)
        return false;
    uint64_t width = elements * d->element_width;
    if (width > FMT_WIDTH_MAX)
        return false;
    d->width = (uint32_t)width;
    return true;
}

bool fmt_derive_width(fmt_descriptor *d)
{
    const fmt_type_info *info = fmt_type_of(d->type);
    if (info == NULL)
        return false;
    d->element_width = 0;
    if (d->type == FMT_TENSOR)
        return derive_tensor(d);
    for (unsigned i = 0; i < FMT_DIMENSIONS_MAX; i++) {
        if (d->shape[i] != 0)
            return false;
    }
    if (d->dimensions != 0)
        return false;
    if (d->type == FMT_LIST) {
        d->width = 0;
        return derive_element(d, FMT_OF_LIST);
    }
    if (d->element != 0 || !parameters_fit(info, d))
        return false;
    if (d->type == FMT_FIXED_BINARY)
        return d->width >= 1 && d->width <= FMT_WIDTH_MAX;
    if (d->type == FMT_DICTIONARY)
        return d->width == 1 || d->width == 2 || d->width == 4;
    d->width = info->width;
    return true;
}

uint64_t fmt_zone_count(uint64_t rows)
{
    return rows / FMT_ZONE_ROWS + (rows % FMT_ZONE_ROWS != 0);
}

uint64_t fmt_block_count(uint64_t length)
{
    return length / FMT_BLOCK_SIZE + (length % FMT_BLOCK_SIZE != 0);
}

bool fmt_slot_length(const fmt_descriptor *d, int slot, bool part, uint64_t given, uint64_t *out)
{
    *out = given;
    if (d->length >= UINT64_MAX / 16)
        return false;
    switch (fmt_slot_group(d, slot)) {
    case FMT_GROUP_VALIDITY:
        *out = part || d->null_count > 0 ? d->length / 8 + (d->length % 8 != 0) : 0;
        return true;
    case FMT_GROUP_OFFSETS: *out = 8 * (d->length + 1); return true;
    case FMT_GROUP_ELEMENT_OFFSETS: return given >= 8 && given % 8 == 0;
    case FMT_GROUP_BYTES: return true;
    case FMT_GROUP_VALUES:
    case FMT_GROUP_CODES:
        if (slot == FMT_SLOT_ELEMENTS)
            return d->element_width != 0 && given % d->element_width == 0;
        return !__builtin_mul_overflow(d->length, (uint64_t)d->width, out) && *out <= INT64_MAX;
    default: *out = 0; return true;
    }
}

bool fmt_set_lengths(fmt_descriptor *d, const uint64_t lengths[FMT_SLOTS], bool part)
{
    if (fmt_type_of(d->type) == NULL)
        return false;
    for (int i = 0; i < FMT_SLOTS; i++) {
        uint64_t length;
        if (!fmt_slot_length(d, i, part, lengths[i], &length))
            return false;
        d->slots[i].stored_length = d->slots[i].logical_length = length;
    }
    return true;
}
