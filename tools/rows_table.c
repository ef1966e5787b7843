/* Columns and rows of a table as text. */
#include "rows_table.h"

#include <stdlib.h>

#include "common_parts.h"
#include "common_text.h"

static const shmcol_column_info no_info = SHMCOL_COLUMN_INFO_INIT;

static bool fail_at(rows_table *t, shmcol_status status, const shmcol_column_info *info,
                    int64_t row)
{
    bool list = info->type == SHMCOL_LIST;
    const char *what =
        list ? "a list or its text lies outside its buffer" : "a text lies outside its buffer";
    const char *rule = "F-36";
    if (status == SHMCOL_ERR_UTF8) {
        what = "a text is not UTF-8, which JSON needs";
        rule = "F-37";
    } else if (status == SHMCOL_ERR_CODES) {
        what = "a code is outside the dictionary";
        rule = "F-39";
    }
    int shown = info->name_length < 100 ? (int)info->name_length : 100;
    tool_error(&t->err, status, "shmcol-check shows every problem", "column \"%.*s\": %s", shown,
               info->name, what);
    (void)snprintf(t->err.rule, sizeof t->err.rule, "%s", rule);
    (void)snprintf(t->err.path, sizeof t->err.path, "%s", t->path);
    t->err.column = info->index;
    t->err.row = row;
    return false;
}

/* Points a column at its values in the part. */
static shmcol_status open_values(rows_table *t, rows_column *c)
{
    static const shmcol_strings no_strings = SHMCOL_STRINGS_INIT;
    static const shmcol_dictionary no_dictionary = SHMCOL_DICTIONARY_INIT;
    static const shmcol_list no_list = SHMCOL_LIST_INIT;
    const uint32_t index = c->info.index;
    c->strings = no_strings;
    c->dictionary = no_dictionary;
    c->list = no_list;
    switch (c->info.type) {
    case SHMCOL_STRING:
    case SHMCOL_BINARY: return shmcol_strings_column(t->part, index, &c->strings, &t->err);
    case SHMCOL_DICTIONARY:
        return shmcol_dictionary_column(t->part, index, &c->dictionary, &t->err);
    case SHMCOL_LIST: return shmcol_list_column(t->part, index, &c->list, &t->err);
    default: {
        const void *values;
        shmcol_status status = shmcol_values(t->part, index, &values, &c->validity, &t->err);
        if (status == SHMCOL_OK)
            c->values = values;
        return status;
    }
    }
}

static bool plan_column(rows_table *t, rows_column *c, uint32_t index)
{
    c->info = no_info;
    if (shmcol_get_column(t->file, index, &c->info, &t->err) != SHMCOL_OK ||
        open_values(t, c) != SHMCOL_OK) {
        if (t->err.status == SHMCOL_ERR_COLUMN_UNSUPPORTED)
            (void)snprintf(t->err.hint, sizeof t->err.hint, "--columns writes the others");
        return false;
    }
    c->type = value_type_of(&c->info);
    return true;
}

/* Makes the lead of a column: `{"name":`, `,"name":`, `[` or the delimiter. */
static bool plan_lead(rows_table *t, rows_column *c, bool first)
{
    rows_out text;
    memset(&text, 0, sizeof text);
    switch (t->format) {
    case ROWS_JSONL:
        rows_byte(&text, first ? '{' : ',');
        if (!rows_text(&text, t->format, c->info.name, c->info.name_length, NULL))
            return fail_at(t, SHMCOL_ERR_UTF8, &c->info, -1);
        rows_byte(&text, ':');
        break;
    case ROWS_JSON: rows_byte(&text, first ? '[' : ','); break;
    default:
        if (!first)
            rows_byte(&text, t->format == ROWS_TSV ? '\t' : ',');
        break;
    }
    c->lead = tool_copy(text.data != NULL ? text.data : "", text.used);
    c->lead_length = text.used;
    free(text.data);
    return true;
}

bool rows_plan(rows_table *t)
{
    if (shmcol_part(t->file, 0, &t->part, &t->err) != SHMCOL_OK)
        return false;
    t->n_columns = t->n_names != 0 ? t->n_names : shmcol_columns(t->file);
    t->columns = tool_alloc(t->n_columns, sizeof *t->columns);
    for (uint32_t i = 0; i < t->n_columns; i++) {
        uint32_t index = i;
        if (t->n_names != 0 && shmcol_find(t->file, t->names[i], &index, &t->err) != SHMCOL_OK)
            return false;
        if (!plan_column(t, &t->columns[i], index) || !plan_lead(t, &t->columns[i], i == 0))
            return false;
    }
    return true;
}

void rows_header(rows_table *t)
{
    if ((t->format != ROWS_CSV && t->format != ROWS_TSV) || t->n_columns == 0)
        return;
    for (uint32_t i = 0; i < t->n_columns; i++) {
        const shmcol_column_info *info = &t->columns[i].info;
        rows_put(&t->out, t->columns[i].lead, t->columns[i].lead_length);
        /* The first name is quoted if it begins like a byte order mark, which a reader would
         * remove, or like a zstd frame to be skipped, which it would be taken for (C-1, C-3). */
        bool quote =
            i == 0 && ((info->name_length >= 3 && memcmp(info->name, "\xEF\xBB\xBF", 3) == 0) ||
                       (info->name_length >= 4 && (info->name[0] & 0xF0) == 0x50 &&
                        memcmp(info->name + 1, "*M\x18", 3) == 0));
        size_t at = t->out.used;
        /* CSV takes any bytes. */
        (void)rows_text(&t->out, t->format, info->name, info->name_length, NULL);
        if (quote && t->out.data[at] != '"') {
            rows_reserve(&t->out, 2);
            memmove(t->out.data + at + 1, t->out.data + at, t->out.used - at);
            t->out.data[at] = '"';
            t->out.used++;
            rows_byte(&t->out, '"');
        }
    }
    rows_byte(&t->out, '\n');
}

/* Writes row `row` of the part. */
static bool write_row(rows_table *t, uint64_t row)
{
    if (t->format == ROWS_JSON && t->rows_written > 0)
        rows_put(&t->out, ",\n", 2);
    for (uint32_t i = 0; i < t->n_columns; i++) {
        rows_column *c = &t->columns[i];
        rows_put(&t->out, c->lead, c->lead_length);
        shmcol_status status = rows_cell(t, c, row);
        if (status != SHMCOL_OK)
            return fail_at(t, status, &c->info, (int64_t)(t->part_first + row));
    }
    switch (t->format) {
    case ROWS_JSONL:
        rows_put(&t->out, t->n_columns == 0 ? "{}\n" : "}\n", t->n_columns == 0 ? 3 : 2);
        break;
    case ROWS_JSON:
        rows_put(&t->out, t->n_columns == 0 ? "[]" : "]", t->n_columns == 0 ? 2 : 1);
        break;
    default:
        if (t->n_columns > 0)
            rows_byte(&t->out, '\n');
        break;
    }
    return true;
}

/* Writes rows [first, last) of the part. Returns false if it ended early. */
static bool write_part(rows_table *t, uint64_t first, uint64_t last)
{
    for (uint64_t row = first; row < last; row++) {
        t->row_start = t->out.used;
        if (!write_row(t, row))
            return false;
        t->rows_written++;
        if (t->out.used >= ROWS_FULL) {
            bool going = rows_flush(&t->out);
            t->row_start = 0;
            if (!going)
                return false;
        }
    }
    t->row_start = t->out.used;
    return true;
}

bool rows_open_part(rows_table *t, uint64_t row, uint64_t *part_row)
{
    shmcol_file *part;
    uint64_t index;
    if (shmcol_part_of_row(t->file, row, &index, part_row, &t->err) != SHMCOL_OK ||
        shmcol_part(t->file, index, &part, &t->err) != SHMCOL_OK)
        return false;
    t->part_first = row - *part_row;
    if (part == t->part)
        return true;
    t->part = part;
    for (uint32_t i = 0; i < t->n_columns; i++)
        if (open_values(t, &t->columns[i]) != SHMCOL_OK)
            return false;
    return true;
}

void rows_write(rows_table *t)
{
    for (uint64_t row = t->first; row < t->last;) {
        uint64_t first;
        if (!rows_open_part(t, row, &first))
            return;
        uint64_t rows = shmcol_rows(t->part) - first;
        rows = rows < t->last - row ? rows : t->last - row;
        if (!write_part(t, first, first + rows))
            return;
        row += rows;
        if (row < t->last)
            tool_let_go(t->part);
    }
}
