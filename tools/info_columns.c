/* Columns as shmcol-info shows them to people. */
#include "info_columns.h"

#include <stdlib.h>
#include <string.h>

#include "info_range.h"

static uint64_t bytes_of(const shmcol_column_info *info)
{
    info_buffer buffers[INFO_BUFFERS];
    uint64_t sum = 0;
    info_buffers(info, buffers);
    for (int i = 0; i < INFO_BUFFERS; i++)
        sum += buffers[i].buffer->length;
    return sum;
}

void info_buffers(const shmcol_column_info *info, info_buffer out[INFO_BUFFERS])
{
    const char *values = "values", *elements = "elements";
    switch (info->type) {
    case SHMCOL_STRING:
    case SHMCOL_BINARY:
    case SHMCOL_LIST: values = "offsets"; break;
    case SHMCOL_DICTIONARY: values = "codes"; break;
    default: break;
    }
    if (info->element == SHMCOL_STRING)
        elements = "element_offsets";
    const info_buffer all[INFO_BUFFERS] = {
        {values, &info->values},
        {"validity", &info->validity},
        {elements, &info->elements},
        {"bytes", &info->bytes},
        {"dictionary_offsets", &info->dictionary_offsets},
        {"dictionary_bytes", &info->dictionary_bytes},
    };
    memcpy(out, all, sizeof all);
}

/* Adds the column's bytes in all parts up. */
static bool add_bytes(const shmcol_file *file, info_column *c)
{
    for (uint64_t i = 0; i < shmcol_parts(file); i++) {
        shmcol_column_info info = SHMCOL_COLUMN_INFO_INIT;
        shmcol_file *part;
        if (shmcol_part(file, i, &part, &c->err) != SHMCOL_OK ||
            shmcol_get_column(part, c->index, &info, &c->err) != SHMCOL_OK)
            return false;
        c->stored_bytes += bytes_of(&info);
    }
    return true;
}

void info_read_column(const shmcol_file *file, uint32_t index, bool memory, info_column *out)
{
    static const info_column fresh = {
        .info = SHMCOL_COLUMN_INFO_INIT, .stats = SHMCOL_STATS_INIT, .err = SHMCOL_ERROR_INIT};
    *out = fresh;
    out->index = index;
    out->readable = shmcol_get_column(file, index, &out->info, &out->err) == SHMCOL_OK;
    if (!out->readable || !out->info.supported)
        return;
    out->readable = add_bytes(file, out);
    out->has_stats = shmcol_column_stats(file, index, &out->stats, NULL) == SHMCOL_OK;
    if (memory && shmcol_resident(file, index, &out->resident, &out->total, &out->err) != SHMCOL_OK)
        out->readable = false;
}

static void add_share(text_table *table, uint64_t resident, uint64_t total)
{
    char size[TEXT_SMALL], text[2 * TEXT_SMALL];
    double part = total > 0 ? 100.0 * (double)resident / (double)total : 100;
    (void)snprintf(text, sizeof text, "%s (%.0f%%)", text_size(resident, size), part);
    table_add(table, text);
}

static void add_column(text_table *table, const shmcol_file *file, const info_column *c,
                       bool memory)
{
    char text[TEXT_SMALL], type[TEXT_TYPE];
    const shmcol_column_info *info = &c->info;
    (void)snprintf(text, sizeof text, "%u", c->index);
    table_add(table, text);
    if (!c->readable) {
        table_add(table, "?");
        table_add(table, shmcol_status_name(c->err.status));
        for (int i = 0; i < (memory ? 4 : 3); i++)
            table_add(table, "");
        return;
    }
    table_add_n(table, info->name, info->name_length);
    table_add(table, column_type_text(info, type, sizeof type));
    table_add(table, info->supported ? text_number(info->null_count, text) : "");
    char *range = info_range_text(file, c);
    table_add(table, range);
    free(range);
    table_add(table, info->supported ? text_size(c->stored_bytes, text) : "");
    if (memory && info->supported)
        add_share(table, c->resident, c->total);
    else if (memory)
        table_add(table, "");
}

void info_print_columns(const shmcol_file *file, const info_column *columns, uint32_t count,
                        bool memory)
{
    text_table table = {memory ? "rLlrLrr" : "rLlrLr", NULL, 0, 0};
    const char *const head[] = {"#", "column", "type", "nulls", "range", "size", "in page cache"};
    for (size_t i = 0; i < strlen(table.align); i++)
        table_add(&table, head[i]);
    for (uint32_t i = 0; i < count; i++)
        add_column(&table, file, &columns[i], memory);
    table_print(&table, tool_out, 2, terminal_width());
}

const char *info_encoding(const shmcol_buffer *buffer)
{
    return buffer->compressed ? "zstd" : "plain";
}

static void add_buffer(text_table *table, const info_column *c, const info_buffer *b)
{
    char text[TEXT_SMALL], name[TEXT_SMALL];
    if (b->buffer->length == 0)
        return;
    (void)snprintf(text, sizeof text, "%u", c->index);
    table_add(table, text);
    table_add_n(table, c->info.name, c->info.name_length);
    if (strncmp(b->key, "dictionary_", 11) == 0)
        (void)snprintf(name, sizeof name, "dictionary %u %s", c->info.dictionary, b->key + 11);
    else
        (void)snprintf(name, sizeof name, "%s", b->key);
    for (char *p = name; *p != 0; p++)
        *p = *p == '_' ? ' ' : *p;
    table_add(table, name);
    table_add(table, info_encoding(b->buffer));
    table_add(table, text_number(b->buffer->offset, text));
    table_add(table, text_number(b->buffer->length, text));
}

void info_print_buffers(const info_column *columns, uint32_t count)
{
    text_table table = {"rLllrr", NULL, 0, 0};
    const char *const head[] = {"#", "column", "buffer", "encoding", "file offset", "bytes"};
    for (size_t i = 0; i < sizeof head / sizeof head[0]; i++)
        table_add(&table, head[i]);
    for (uint32_t i = 0; i < count; i++) {
        const info_column *c = &columns[i];
        if (!c->readable || !c->info.supported)
            continue;
        info_buffer buffers[INFO_BUFFERS];
        info_buffers(&c->info, buffers);
        for (int b = 0; b < INFO_BUFFERS; b++)
            add_buffer(&table, c, &buffers[b]);
    }
    table_print(&table, tool_out, 2, terminal_width());
}

shmcol_status info_print_metadata(const shmcol_file *file, uint32_t column, const char *title,
                                  shmcol_error *err)
{
    uint32_t count = 0;
    shmcol_status status = shmcol_metadata_count(file, column, &count, err);
    if (status != SHMCOL_OK || count == 0)
        return status;
    text_table table = {"lL", NULL, 0, 0};
    for (uint32_t i = 0; i < count && status == SHMCOL_OK; i++) {
        shmcol_text key, value;
        status = shmcol_metadata_get(file, column, i, &key, &value, err);
        if (status != SHMCOL_OK)
            break;
        table_add_n(&table, key.data, (size_t)key.length);
        table_add_n(&table, value.data, (size_t)value.length);
    }
    char *safe = text_escape(title, strlen(title));
    tool_print("\n%s\n", safe);
    free(safe);
    table_print(&table, tool_out, 2, terminal_width());
    return status;
}
