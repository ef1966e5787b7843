/* The reports of shmcol-pack about tables in directories, and about rows of shmcol files. */
#include "pack_table_report.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "common_text.h"

/* More parts than that, of fewer rows on average, make a table slow to open. */
enum { MANY_PARTS = 1024, FEW_ROWS = 1 << 20 };

static const char *table_of(const pack_request *r)
{
    return r->append != NULL ? r->append : r->output;
}

static const char *rows_word(uint64_t n)
{
    return n == 1 ? "row" : "rows";
}

static const char *parts_word(uint64_t n)
{
    return n == 1 ? "part" : "parts";
}

static void warn_append(const tool *t, const pack_request *r, const shmcol_append_report *a)
{
    char text[1024], parts[TEXT_SMALL], rows[TEXT_SMALL];
    const char *table = table_of(r);
    size_t length = strlen(table);
    while (length > 1 && table[length - 1] == '/')
        length--;
    if (a->table_parts >= MANY_PARTS && a->table_rows / a->table_parts < FEW_ROWS) {
        (void)snprintf(
            text, sizeof text,
            "%s parts of %s rows on average make it slow to open: shmcol-pack \"%.*s\" "
            "-o \"%.*s-new/\" makes a table of few parts",
            text_number(a->table_parts, parts), text_number(a->table_rows / a->table_parts, rows),
            length < 300 ? (int)length : 300, table, length < 300 ? (int)length : 300, table);
        tool_warn(t, table, text);
    }
    if (a->metadata_dropped > 0) {
        (void)snprintf(text, sizeof text,
                       "%u %s of metadata not taken: a table has those of its first append",
                       a->metadata_dropped, a->metadata_dropped == 1 ? "pair was" : "pairs were");
        tool_warn(t, table, text);
    }
}

void pack_print_append(const tool *t, const pack_request *r, const shmcol_append_report *a)
{
    char rows[TEXT_SMALL], all[TEXT_SMALL], parts[TEXT_SMALL], written[TEXT_SMALL];
    char *table = text_escape(table_of(r), strlen(table_of(r)));
    if (a->already_there)
        tool_print("%s: the append is already there, nothing was added; %s %s\n", table,
                   text_number(a->table_rows, all), rows_word(a->table_rows));
    else
        tool_print("%s: %s %s added, %s in all; %s %s written, %s in all\n", table,
                   text_number(a->rows, rows), rows_word(a->rows), text_number(a->table_rows, all),
                   text_number(a->parts, written), parts_word(a->parts),
                   text_number(a->table_parts, parts));
    if (a->created)
        tool_print("%s is a new table: later appends have these columns and types\n", table);
    if (a->removed > 0)
        tool_print("%s %s of an append that had died removed\n", text_number(a->removed, rows),
                   a->removed == 1 ? "file was" : "files were");
    free(table);
    fflush(tool_out);
    warn_append(t, r, a);
}

void pack_json_append(json *j, const pack_request *r, const shmcol_append_report *a)
{
    char id[TEXT_SMALL];
    if (!r->to_table || r->csv.dry_run) {
        json_null(j, "append");
        return;
    }
    json_object(j, "append");
    json_text(j, "table", table_of(r));
    json_text(j, "table_id", text_id(a->table_id, id));
    json_uint(j, "first_row", a->first_row);
    json_uint(j, "rows", a->rows);
    json_uint(j, "table_rows", a->table_rows);
    json_uint(j, "parts", a->parts);
    json_uint(j, "table_parts", a->table_parts);
    json_uint(j, "removed", a->removed);
    json_bool(j, "created", a->created != 0);
    json_bool(j, "already_there", a->already_there != 0);
    json_uint(j, "metadata_dropped", a->metadata_dropped);
    json_close(j);
}

/* ---- rows of shmcol files ---- */

/* Returns the size of a file, or of all files in a table. */
static uint64_t size_of(const pack_request *r)
{
    shmcol_open_options how = SHMCOL_OPEN_OPTIONS_INIT;
    shmcol_file_info info = SHMCOL_FILE_INFO_INIT;
    shmcol_file *file = NULL;
    how.flags = SHMCOL_OPEN_STORED;
    const bool good = shmcol_open(table_of(r), &how, &file, NULL) == SHMCOL_OK &&
                      shmcol_get_info(file, &info, NULL) == SHMCOL_OK;
    shmcol_close(file);
    return good ? info.file_size : 0;
}

static void print_sums(const pack_request *r, const pack_outcome *o)
{
    char rows[TEXT_SMALL], parts[TEXT_SMALL], seconds[TEXT_SMALL], in[TEXT_SMALL], out[TEXT_SMALL];
    const double rate = o->seconds > 0 ? (double)o->bytes_in / 1e6 / o->seconds : 0;
    tool_print("%s %s of %s %s in %s (%.0f MB/s)\n", text_number(o->rows, rows), rows_word(o->rows),
               text_number(o->parts, parts),
               r->n_inputs == o->parts ? (o->parts == 1 ? "file" : "files") : parts_word(o->parts),
               text_seconds(o->seconds, seconds), rate);
    if (r->csv.dry_run) {
        tool_print("a dry run: every value fits, and nothing was written\n");
        return;
    }
    char *safe = text_escape(table_of(r), strlen(table_of(r)));
    if (!r->to_table)
        tool_print("%s -> %s in %s\n", text_size(o->bytes_in, in), text_size(size_of(r), out),
                   safe);
    free(safe);
}

void pack_print_rows(tool *t, const pack_request *r, const pack_outcome *o)
{
    json j;
    if (!t->json) {
        if (!r->quiet)
            print_sums(r, o);
        if (!r->quiet && r->to_table && !r->csv.dry_run)
            pack_print_append(t, r, &o->table);
        return;
    }
    json_begin(&j, tool_out, t->name);
    json_array(&j, "inputs");
    for (uint32_t i = 0; i < r->n_inputs; i++)
        json_text(&j, NULL, r->inputs[i]);
    json_close(&j);
    json_text(&j, "output", r->output);
    json_bool(&j, "dry_run", r->csv.dry_run != 0);
    json_uint(&j, "rows", o->rows);
    json_uint(&j, "parts", o->parts);
    json_uint(&j, "bytes_in", o->bytes_in);
    json_uint(&j, "bytes_out", r->csv.dry_run ? 0 : size_of(r));
    json_double(&j, "seconds", o->seconds);
    pack_json_append(&j, r, &o->table);
    json_finish(&j);
}
