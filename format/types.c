/* The table of types. */
#include "format/types.h"

#include "format/bytes.h"

/* The numbers Arrow's Schema.fbs gives its types (F-52). */
enum {
    AR_INT = 2,
    AR_FLOAT = 3,
    AR_DATE = 8,
    AR_TIME = 9,
    AR_TIMESTAMP = 10,
    AR_FIXED_BINARY = 15,
    AR_FIXED_LIST = 16,
    AR_DURATION = 18,
    AR_LARGE_BINARY = 19,
    AR_LARGE_UTF8 = 20
};

#define NAT_BITS UINT64_C(0x8000000000000000)

/* The groups of slots 0, 1 and 2. */
#define FIXED {FMT_GROUP_VALIDITY, FMT_GROUP_VALUES}
#define INDEXED {FMT_GROUP_VALIDITY, FMT_GROUP_CODES}
#define VARIABLE {FMT_GROUP_VALIDITY, FMT_GROUP_OFFSETS, FMT_GROUP_BYTES}

/* F-24. Columns: name, width, groups, child, arrow, bounds, units, element of a tensor, null in the
 * value, null bits, extension. */
static const fmt_type_info types[FMT_TYPE_LAST + 1] = {
    [FMT_BOOL8] = {"bool8", 1, FIXED, 0, AR_INT, FMT_BOUNDS_UNSIGNED, 1, 0, false, false, 0,
                   "arrow.bool8"},
    [FMT_INT8] = {"int8", 1, FIXED, 0, AR_INT, FMT_BOUNDS_SIGNED, 1, 0, true, false, 0, NULL},
    [FMT_INT16] = {"int16", 2, FIXED, 0, AR_INT, FMT_BOUNDS_SIGNED, 1, 0, true, false, 0, NULL},
    [FMT_INT32] = {"int32", 4, FIXED, 0, AR_INT, FMT_BOUNDS_SIGNED, 1, 0, true, false, 0, NULL},
    [FMT_INT64] = {"int64", 8, FIXED, 0, AR_INT, FMT_BOUNDS_SIGNED, 1, 0, true, false, 0, NULL},
    [FMT_UINT8] = {"uint8", 1, FIXED, 0, AR_INT, FMT_BOUNDS_UNSIGNED, 1, 0, true, false, 0, NULL},
    [FMT_UINT16] = {"uint16", 2, FIXED, 0, AR_INT, FMT_BOUNDS_UNSIGNED, 1, 0, true, false, 0, NULL},
    [FMT_UINT32] = {"uint32", 4, FIXED, 0, AR_INT, FMT_BOUNDS_UNSIGNED, 1, 0, true, false, 0, NULL},
    [FMT_UINT64] = {"uint64", 8, FIXED, 0, AR_INT, FMT_BOUNDS_UNSIGNED, 1, 0, true, false, 0, NULL},
    [FMT_FLOAT32] = {"float32", 4, FIXED, 0, AR_FLOAT, FMT_BOUNDS_FLOAT32, 1, 0, true, true,
                     FMT_NULL_FLOAT32, NULL},
    [FMT_FLOAT64] = {"float64", 8, FIXED, 0, AR_FLOAT, FMT_BOUNDS_FLOAT64, 1, 0, true, true,
                     FMT_NULL_FLOAT64, NULL},
    [FMT_DATE32] = {"date32", 4, FIXED, 0, AR_DATE, FMT_BOUNDS_SIGNED, 1, 0, true, false, 0, NULL},
    [FMT_DATE64] = {"date64", 8, FIXED, 0, AR_DATE, FMT_BOUNDS_SIGNED, 1, 0, false, true, NAT_BITS,
                    NULL},
    [FMT_TIMESTAMP] = {"timestamp", 8, FIXED, 0, AR_TIMESTAMP, FMT_BOUNDS_SIGNED, 0, 3, true, true,
                       NAT_BITS, NULL},
    [FMT_DURATION] = {"duration", 8, FIXED, 0, AR_DURATION, FMT_BOUNDS_SIGNED, 0, 3, true, true,
                      NAT_BITS, NULL},
    [FMT_TIME32] = {"time32", 4, FIXED, 0, AR_TIME, FMT_BOUNDS_SIGNED, 0, 1, false, false, 0, NULL},
    [FMT_TIME64] = {"time64", 8, FIXED, 0, AR_TIME, FMT_BOUNDS_SIGNED, 2, 3, false, false, 0, NULL},
    [FMT_STRING] = {"string", 0, VARIABLE, 0, AR_LARGE_UTF8, FMT_BOUNDS_STRING, 1, 0, false, false,
                    0, NULL},
    [FMT_BINARY] = {"binary", 0, VARIABLE, 0, AR_LARGE_BINARY, FMT_BOUNDS_NONE, 1, 0, false, false,
                    0, NULL},
    [FMT_FIXED_BINARY] = {"fixed_binary", 0, FIXED, 0, AR_FIXED_BINARY, FMT_BOUNDS_NONE, 1, 0,
                          false, false, 0, NULL},
    [FMT_DICTIONARY] = {"dictionary", 0, INDEXED, 0, AR_LARGE_UTF8, FMT_BOUNDS_SIGNED, 1, 0, false,
                        false, 0, NULL},
    [FMT_TENSOR] = {"tensor", 0, FIXED, FMT_SLOT_VALUES, AR_FIXED_LIST, FMT_BOUNDS_NONE, 1, 0,
                    false, false, 0, "arrow.fixed_shape_tensor"},
};

const fmt_type_info *fmt_type_of(uint16_t type)
{
    return type >= 1 && type <= FMT_TYPE_LAST ? &types[type] : NULL;
}

uint8_t fmt_slot_group(const fmt_descriptor *d, int slot)
{
    const fmt_type_info *info = fmt_type_of(d->type);
    return info != NULL ? info->groups[slot] : FMT_GROUP_NONE;
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
    return d->length * fmt_tensor_elements(d->dimensions, d->shape);
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

static bool derive_tensor(fmt_descriptor *d)
{
    const fmt_type_info *element = fmt_type_of(d->element);
    uint64_t elements = fmt_tensor_elements(d->dimensions, d->shape);
    if (element == NULL || !element->element || !unit_fits(element, d->unit) || elements == 0)
        return false;
    uint64_t width = elements * element->width;
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
    if (d->type == FMT_TENSOR)
        return derive_tensor(d);
    if (d->element != 0 || d->dimensions != 0 || !unit_fits(info, d->unit))
        return false;
    for (unsigned i = 0; i < FMT_DIMENSIONS_MAX; i++) {
        if (d->shape[i] != 0)
            return false;
    }
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

bool fmt_set_lengths(fmt_descriptor *d, const uint64_t lengths[FMT_SLOTS])
{
    if (d->length >= UINT64_MAX / 16)
        return false;
    for (int i = 0; i < FMT_SLOTS; i++) {
        uint64_t length = 0;
        switch (fmt_slot_group(d, i)) {
        case FMT_GROUP_VALIDITY:
            length = d->null_count > 0 ? d->length / 8 + (d->length % 8 != 0) : 0;
            break;
        case FMT_GROUP_OFFSETS: length = 8 * (d->length + 1); break;
        case FMT_GROUP_VALUES:
        case FMT_GROUP_CODES:
            if (__builtin_mul_overflow(d->length, (uint64_t)d->width, &length) ||
                length > INT64_MAX)
                return false;
            break;
        case FMT_GROUP_BYTES: length = lengths[i]; break;
        default: break;
        }
        d->slots[i].stored_length = d->slots[i].logical_length = length;
    }
    return fmt_type_of(d->type) != NULL;
}
