/* Types of columns: of a table, compared with those of what is appended. */
#include <stdio.h>
#include <string.h>

#include "append/append.h"
#include "format/types.h"

shmcol_field append_field_of(const shmcol_column_info *info)
{
    shmcol_field field = SHMCOL_FIELD_INIT;
    field.name = info->name;
    field.name_length = info->name_length;
    field.type = info->type;
    field.nullable = 1;
    field.unit = info->unit;
    field.zone = info->zone;
    field.width = info->type == SHMCOL_FIXED_BINARY ? info->width : 0;
    field.element = info->element;
    field.dimensions = info->dimensions;
    memcpy(field.shape, info->shape, sizeof field.shape);
    field.precision = info->precision;
    field.scale = info->scale;
    return field;
}

static bool same_text(const char *a, const char *b)
{
    a = a != NULL ? a : "";
    return strcmp(a, b != NULL ? b : "") == 0;
}

/* Returns the type that unit, zone, precision and scale are of. */
static shmcol_type value_type(const shmcol_field *field)
{
    return field->type == SHMCOL_TENSOR || field->type == SHMCOL_LIST ? field->element
                                                                      : field->type;
}

static bool is_text(const shmcol_field *field)
{
    return field->type == SHMCOL_STRING || field->type == SHMCOL_DICTIONARY;
}

bool append_same_type(const shmcol_field *a, const shmcol_field *b)
{
    const shmcol_type value = value_type(a);
    if (is_text(a) || is_text(b))
        return is_text(a) && is_text(b);
    if (a->type != b->type || value != value_type(b))
        return false;
    if (fmt_type_has_unit((uint16_t)value) && a->unit != b->unit)
        return false;
    if (value == SHMCOL_TIMESTAMP && !same_text(a->zone, b->zone))
        return false;
    if (value == SHMCOL_DECIMAL128 && (a->precision != b->precision || a->scale != b->scale))
        return false;
    if (a->type == SHMCOL_FIXED_BINARY && a->width != b->width)
        return false;
    return a->type != SHMCOL_TENSOR ||
           (a->dimensions == b->dimensions && a->dimensions <= SHMCOL_MAX_DIMENSIONS &&
            memcmp(a->shape, b->shape, a->dimensions * sizeof *a->shape) == 0);
}

static void scalar_text(const shmcol_field *f, shmcol_type type, char *out, size_t capacity)
{
    static const char *const units[] = {"s", "ms", "us", "ns"};
    const char *name = shmcol_type_name(type), *unit = units[(unsigned)f->unit % 4];
    name = name != NULL ? name : "unknown";
    if (type == SHMCOL_TIMESTAMP && f->zone != NULL && f->zone[0] != 0)
        snprintf(out, capacity, "%s[%s, %.80s]", name, unit, f->zone);
    else if (fmt_type_has_unit((uint16_t)type))
        snprintf(out, capacity, "%s[%s]", name, unit);
    else if (type == SHMCOL_DECIMAL128)
        snprintf(out, capacity, "%s(%u,%u)", name, f->precision, f->scale);
    else if (type == SHMCOL_FIXED_BINARY)
        snprintf(out, capacity, "%s[%u]", name, f->width);
    else
        snprintf(out, capacity, "%s", name);
}

char *append_type_text(const shmcol_field *f, char out[APPEND_TYPE_TEXT])
{
    char element[120];
    scalar_text(f, value_type(f), element, sizeof element);
    if (f->type != SHMCOL_TENSOR && f->type != SHMCOL_LIST) {
        snprintf(out, APPEND_TYPE_TEXT, "%s", element);
        return out;
    }
    int n =
        snprintf(out, APPEND_TYPE_TEXT, f->type == SHMCOL_LIST ? "list[%s" : "tensor[%s", element);
    const uint32_t dimensions = f->type == SHMCOL_LIST                  ? 0
                                : f->dimensions < SHMCOL_MAX_DIMENSIONS ? f->dimensions
                                                                        : SHMCOL_MAX_DIMENSIONS;
    for (uint32_t d = 0; d < dimensions && n > 0 && n < APPEND_TYPE_TEXT; d++)
        n += snprintf(out + n, (size_t)(APPEND_TYPE_TEXT - n), "%s%u", d > 0 ? "x" : ", ",
                      f->shape[d]);
    if (n > 0 && n < APPEND_TYPE_TEXT)
        snprintf(out + n, (size_t)(APPEND_TYPE_TEXT - n), "]");
    return out;
}
