/* Columns and metadata as JSON. */
#include <string.h>

#include "common_value.h"
#include "info_columns.h"
#include "info_range.h"

static void json_buffers(json *j, const shmcol_column_info *info)
{
    info_buffer buffers[INFO_BUFFERS];
    info_buffers(info, buffers);
    json_object(j, "buffers");
    for (int i = 0; i < INFO_BUFFERS; i++) {
        if (buffers[i].buffer->length == 0)
            continue;
        json_object(j, buffers[i].key);
        json_text(j, "encoding", info_encoding(buffers[i].buffer));
        json_uint(j, "offset", buffers[i].buffer->offset);
        json_uint(j, "length", buffers[i].buffer->length);
        json_close(j);
    }
    json_close(j);
}

static void json_parameters(json *j, const shmcol_column_info *info)
{
    static const char *const units[] = {"s", "ms", "us", "ns"};
    const shmcol_type value = value_type_of(info).type;
    json_text(j, "logical_type", shmcol_type_name(info->type));
    json_uint(j, "width", info->width);
    if (value != info->type)
        json_text(j, "element", shmcol_type_name(value));
    if (value_has_unit(value) && info->unit <= SHMCOL_NANO)
        json_text(j, "unit", units[info->unit]);
    if (value == SHMCOL_TIMESTAMP)
        json_text(j, "zone", info->zone);
    if (value == SHMCOL_DECIMAL128) {
        json_uint(j, "precision", info->precision);
        json_uint(j, "scale", info->scale);
    }
    if (info->type == SHMCOL_TENSOR) {
        json_array(j, "shape");
        for (uint32_t d = 0; d < info->dimensions; d++)
            json_uint(j, NULL, info->shape[d]);
        json_close(j);
    }
    if (info->type == SHMCOL_DICTIONARY) {
        json_object(j, "dictionary");
        json_uint(j, "number", info->dictionary);
        json_uint(j, "length", info->dictionary_length);
        json_bool(j, "sorted", info->dictionary_sorted != 0);
        json_bool(j, "ordered", info->dictionary_ordered != 0);
        json_close(j);
    }
}

static void json_column(json *j, const shmcol_file *file, const info_column *c, bool memory)
{
    const shmcol_column_info *info = &c->info;
    char type[TEXT_TYPE];
    json_uint(j, "index", c->index);
    if (!c->readable) {
        json_error(j, "error", &c->err);
        return;
    }
    json_text_n(j, "name", info->name, info->name_length);
    json_bool(j, "supported", info->supported != 0);
    if (!info->supported)
        return;
    json_text(j, "type", column_type_text(info, type, sizeof type));
    json_parameters(j, info);
    json_bool(j, "nullable", info->nullable != 0);
    json_uint(j, "nulls", info->null_count);
    json_bool(j, "ascending", info->ascending != 0);
    json_uint(j, "nan", c->has_stats ? c->stats.nan_count : 0);
    info_range_json(j, file, c);
    json_uint(j, "stored_bytes", c->stored_bytes);
    json_buffers(j, info);
    if (memory) {
        json_uint(j, "resident", c->resident);
        json_uint(j, "resident_of", c->total);
    }
}

void info_json_columns(json *j, const shmcol_file *file, const info_column *columns, uint32_t count,
                       bool memory)
{
    json_array(j, "columns");
    for (uint32_t i = 0; i < count; i++) {
        json_object(j, NULL);
        json_column(j, file, &columns[i], memory);
        if (columns[i].readable)
            (void)info_json_metadata(
                j, file, columns[i].index,
                NULL); /* the caller, which reads it too, reports a damaged block */
        json_close(j);
    }
    json_close(j);
}

shmcol_status info_json_metadata(json *j, const shmcol_file *file, uint32_t column,
                                 shmcol_error *err)
{
    uint32_t count = 0;
    shmcol_status status = shmcol_metadata_count(file, column, &count, err);
    if (status != SHMCOL_OK) {
        json_null(j, "metadata");
        return status;
    }
    json_array(j, "metadata"); /* pairs, not an object: order and duplicates count */
    for (uint32_t i = 0; i < count && status == SHMCOL_OK; i++) {
        shmcol_text key, value;
        status = shmcol_metadata_get(file, column, i, &key, &value, err);
        if (status != SHMCOL_OK)
            break;
        json_array(j, NULL);
        json_text_n(j, NULL, key.data, (size_t)key.length);
        json_text_n(j, NULL, value.data, (size_t)value.length);
        json_close(j);
    }
    json_close(j);
    return status;
}
