/* The values of one column, as a writer takes them: in the map, or converted. */
#include "pack_flow.h"

#include <stdlib.h>

#include "common_text.h"
#include "pack_numbers.h"

enum { MOST_TEXT = 64 << 20 }; /* bytes of a dictionary's texts in a batch */

shmcol_field pack_field_of(const shmcol_column_info *info)
{
    shmcol_field field = SHMCOL_FIELD_INIT;
    field.name = info->name;
    field.name_length = info->name_length;
    field.type = info->type;
    field.nullable = info->null_count > 0;
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

static bool is_text(shmcol_type type)
{
    return type == SHMCOL_STRING || type == SHMCOL_DICTIONARY;
}

bool pack_same_type(const shmcol_field *a, const shmcol_field *b)
{
    const bool nested = a->type == SHMCOL_LIST || a->type == SHMCOL_TENSOR;
    const shmcol_type value = nested ? a->element : a->type;
    if (is_text(a->type) || is_text(b->type))
        return is_text(a->type) && is_text(b->type);
    if (a->type != b->type || (nested && a->element != b->element))
        return false;
    if (value_has_unit(value) && a->unit != b->unit)
        return false;
    if (value == SHMCOL_TIMESTAMP &&
        strcmp(a->zone != NULL ? a->zone : "", b->zone != NULL ? b->zone : "") != 0)
        return false;
    if (value == SHMCOL_DECIMAL128 && (a->precision != b->precision || a->scale != b->scale))
        return false;
    if (a->type == SHMCOL_FIXED_BINARY)
        return a->width == b->width;
    return a->type != SHMCOL_TENSOR ||
           (a->dimensions == b->dimensions &&
            memcmp(a->shape, b->shape, a->dimensions * sizeof *a->shape) == 0);
}

static shmcol_status damaged(const rows_column *from, shmcol_status status, shmcol_error *err)
{
    const bool codes = status == SHMCOL_ERR_CODES;
    const int shown = from->info.name_length < 100 ? (int)from->info.name_length : 100;
    tool_error(err, status, "shmcol-check shows every problem", "column \"%.*s\": %s", shown,
               from->info.name,
               codes ? "a code is outside the dictionary" : "a value lies outside its buffer");
    (void)snprintf(err->rule, sizeof err->rule, "%s", codes ? "F-39" : "F-36");
    err->column = from->info.index;
    return status;
}

/* Checks offsets [at, at + n]: they ascend, and the last is no more than `end`. */
static bool offsets_fit(const int64_t *offsets, uint64_t at, uint64_t n, uint64_t end)
{
    bool good = offsets[at] >= 0 && (uint64_t)offsets[at + n] <= end;
    for (uint64_t i = at; i < at + n; i++)
        good &= offsets[i] <= offsets[i + 1];
    return good;
}

static shmcol_status fill_strings(const rows_column *from, uint64_t at, uint64_t rows,
                                  shmcol_column_data *out, shmcol_error *err)
{
    const shmcol_strings *s = &from->strings;
    if (!offsets_fit(s->offsets, at, rows, s->data_length))
        return damaged(from, SHMCOL_ERR_OFFSETS, err);
    out->layout = SHMCOL_STRINGS_OFFSETS64;
    out->values = s->offsets + at;
    out->data = s->data;
    out->validity = s->validity;
    return SHMCOL_OK;
}

static shmcol_status fill_list(const rows_column *from, uint64_t at, uint64_t rows,
                               shmcol_column_data *out, shmcol_error *err)
{
    const shmcol_list *l = &from->list;
    if (!offsets_fit(l->offsets, at, rows, l->n_elements))
        return damaged(from, SHMCOL_ERR_OFFSETS, err);
    out->layout = SHMCOL_STRINGS_OFFSETS64;
    out->values = l->offsets + at;
    out->data = l->elements;
    out->validity = l->validity;
    if (l->element != SHMCOL_STRING)
        return SHMCOL_OK;
    const uint64_t first = (uint64_t)l->offsets[at], end = (uint64_t)l->offsets[at + rows];
    if (!offsets_fit(l->strings.offsets, first, end - first, l->strings.data_length))
        return damaged(from, SHMCOL_ERR_OFFSETS, err);
    out->data = l->strings.offsets;
    out->element_layout = SHMCOL_STRINGS_OFFSETS64;
    out->element_data = l->strings.data;
    return SHMCOL_OK;
}

uint64_t pack_flow_rows(const rows_column *from, uint64_t at, uint64_t rows)
{
    uint64_t bytes = 0;
    if (from->info.type != SHMCOL_DICTIONARY)
        return rows;
    for (uint64_t i = 0; i < rows; i++) {
        const char *data;
        uint64_t length;
        if (shmcol_dictionary_at(&from->dictionary, at + i, &data, &length) == SHMCOL_OK)
            bytes += length;
        if (bytes > MOST_TEXT && i > 0)
            return i;
    }
    return rows;
}

static char *reserve(pack_flow *flow, size_t size)
{
    if (size > flow->capacity) {
        flow->buffer = tool_realloc(flow->buffer, size, 1);
        flow->capacity = size;
    }
    return flow->buffer;
}

/* Copies the texts of a dictionary column. */
static shmcol_status fill_texts(pack_flow *flow, const rows_column *from, uint64_t at,
                                uint64_t rows, shmcol_column_data *out, shmcol_error *err)
{
    const char *data;
    uint64_t length, used = 0;
    if (flow->offsets == NULL)
        flow->offsets = tool_alloc(PACK_BATCH + 1, sizeof *flow->offsets);
    for (uint64_t i = 0; i < rows; i++) {
        shmcol_status status = shmcol_dictionary_at(&from->dictionary, at + i, &data, &length);
        if (status != SHMCOL_OK) {
            damaged(from, status, err);
            err->row = (int64_t)(at + i);
            return status;
        }
        if (data == NULL)
            length = 0;
        if (used + length > flow->capacity)
            (void)reserve(flow, 2 * (used + length));
        if (length > 0)
            memcpy(flow->buffer + used, data, length);
        flow->offsets[i] = (int64_t)used;
        used += length;
    }
    flow->offsets[rows] = (int64_t)used;
    out->layout = SHMCOL_STRINGS_OFFSETS64;
    out->values = flow->offsets;
    out->data = reserve(flow, 1);
    out->validity = from->dictionary.validity;
    return SHMCOL_OK;
}

/* Makes the error of a value that does not fit. */
static shmcol_status misfit(const rows_column *from, const uint8_t *value, shmcol_type to,
                            uint64_t row, shmcol_error *err)
{
    char text[VALUE_TEXT + 1];
    const int shown = from->info.name_length < 100 ? (int)from->info.name_length : 100;
    *put_value(text, &from->type, value) = 0;
    tool_error(err, SHMCOL_ERR_CSV_VALUE, NULL, "\"%s\" in column \"%.*s\" is no %s", text, shown,
               from->info.name, shmcol_type_name(to));
    (void)snprintf(err->rule, sizeof err->rule, "C-52");
    err->column = from->info.index;
    err->row = (int64_t)row;
    return err->status;
}

/* Converts numbers. A null has a value, too, which may be anything in a damaged file. */
static shmcol_status fill_numbers(pack_flow *flow, const rows_column *from, uint64_t at,
                                  uint64_t rows, shmcol_column_data *out, shmcol_error *err)
{
    static const uint64_t zero;
    const shmcol_type type = from->info.type, to = flow->field.type;
    const unsigned width = from->info.width;
    uint8_t *values = (uint8_t *)reserve(flow, (size_t)PACK_BATCH * 8);
    const uint8_t *in = from->values + at * width;
    const unsigned step = to == SHMCOL_FLOAT32   ? 4
                          : to == SHMCOL_FLOAT64 ? 8
                                                 : 1u << ((to - SHMCOL_INT8) % 4);
    for (uint64_t done = 0; done < rows; done++) {
        done += pack_numbers(type, to, in + done * width, values + done * step, rows - done);
        if (done == rows)
            break;
        if (shmcol_is_valid(from->validity, at + done))
            return misfit(from, in + done * width, to, at + done, err);
        (void)pack_numbers(type, to, &zero, values + done * step, 1);
    }
    out->values = values;
    out->validity = from->validity;
    return SHMCOL_OK;
}

shmcol_status pack_flow_fill(pack_flow *flow, const rows_column *from, uint64_t at, uint64_t rows,
                             shmcol_column_data *out, shmcol_error *err)
{
    shmcol_status status = SHMCOL_OK;
    *out = (shmcol_column_data)SHMCOL_COLUMN_DATA_INIT;
    switch (from->info.type) {
    case SHMCOL_STRING:
    case SHMCOL_BINARY: status = fill_strings(from, at, rows, out, err); break;
    case SHMCOL_LIST: status = fill_list(from, at, rows, out, err); break;
    case SHMCOL_DICTIONARY:
        if (!flow->ordered) {
            status = fill_texts(flow, from, at, rows, out, err);
            break;
        }
        out->layout = SHMCOL_STRINGS_CODES;
        out->width = from->dictionary.code_width;
        out->values = (const uint8_t *)from->dictionary.codes + at * out->width;
        out->validity = from->dictionary.validity;
        break;
    default:
        if (from->info.type != flow->field.type) {
            status = fill_numbers(flow, from, at, rows, out, err);
            break;
        }
        out->values = from->values + at * from->info.width;
        out->validity = from->validity;
    }
    if (out->validity != NULL) {
        out->validity_kind = SHMCOL_VALIDITY_BITMAP;
        out->validity_offset = at;
    }
    return status;
}
