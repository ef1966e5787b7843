/* The report of shmcol-pack: for people and as JSON. */
#include "pack_report.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "common_json.h"
#include "common_text.h"
#include "pack_table_report.h"

/* Up to SHOWN_ALL columns are all listed. Of more, the first SHOWN_FIRST are: shmcol-info shows the
 * rest. */
enum { SHOWN_ALL = 100, SHOWN_FIRST = 50 };

static char *column_type(const shmcol_csv_column *column, char *out, size_t capacity)
{
    shmcol_column_info info = SHMCOL_COLUMN_INFO_INIT;
    info.type = column->type;
    info.unit = column->unit;
    info.zone = column->zone;
    info.precision = column->precision;
    info.scale = column->scale;
    info.element = column->element;
    return type_text(&info, out, capacity);
}

static void add_range(text_table *table, const shmcol_csv_column *column)
{
    char number[TEXT_SMALL], text[1024];
    const char *range = column->range != NULL ? column->range : "";
    if (column->type == SHMCOL_DICTIONARY)
        (void)snprintf(text, sizeof text, "%s distinct%s%s", text_number(column->distinct, number),
                       range[0] != 0 ? ": " : "", range);
    else
        (void)snprintf(text, sizeof text, "%s", range);
    table_add(table, text);
}

static void print_columns(const pack_request *request, const shmcol_csv_report *report)
{
    bool reasons = request->csv.dry_run;
    text_table table = {reasons ? "LlrLL" : "LlrLr", NULL, 0, 0};
    const char *const head[] = {"column", "type", "nulls", "range", reasons ? "why" : "size"};
    uint32_t shown = reasons || report->n_columns <= SHOWN_ALL ? report->n_columns : SHOWN_FIRST;
    char text[TEXT_SMALL], type[TEXT_TYPE];
    for (size_t i = 0; i < sizeof head / sizeof head[0]; i++)
        table_add(&table, head[i]);
    for (uint32_t c = 0; c < shown; c++) {
        const shmcol_csv_column *column = &report->columns[c];
        table_add(&table, column->name);
        table_add(&table, column_type(column, type, sizeof type));
        table_add(&table, text_number(column->nulls, text));
        add_range(&table, column);
        if (reasons)
            table_add(&table, column->reason != NULL ? column->reason : "");
        else
            table_add(&table, text_size(column->stored_bytes, text));
    }
    table_print(&table, tool_out, 0, terminal_width());
    if (shown < report->n_columns)
        tool_print("... and %s more columns: shmcol-info lists all\n",
                   text_number(report->n_columns - shown, text));
}

static const char *delimiter_name(char delimiter)
{
    static char one[8];
    switch (delimiter) {
    case 0: return "none";
    case '\t': return "tab";
    case ',': return "comma";
    case ';': return "semicolon";
    case '|': return "pipe";
    case ' ': return "space";
    default:
        (void)snprintf(one, sizeof one, delimiter < 0x20 || delimiter == 0x7F ? "\\x%02x" : "%c",
                       delimiter);
        return one;
    }
}

/* Names of shmcol_delimiter_source, in its order. */
static const char *const delimiter_sources[] = {"named",
                                                "sep= line",
                                                "file name",
                                                "several in each record",
                                                "one in each record",
                                                "several in most records",
                                                "default"};

/* Returns a remark about a delimiter that is not the plain case of C-10; "" for none. */
static const char *delimiter_remark(const shmcol_csv_report *report)
{
    switch (report->delimiter_source) {
    case SHMCOL_DELIMITER_SEP_LINE: return " (from the sep= line)";
    case SHMCOL_DELIMITER_FILE_NAME: return " (from the file's name)";
    case SHMCOL_DELIMITER_ONCE_IN_EACH: return " (one in each record)";
    case SHMCOL_DELIMITER_IN_MOST: return " (from most records)";
    default: return "";
    }
}

/* Prints the end of a line with a file's name, escaped as in errors. */
static void print_path(const char *before, const char *path)
{
    char *safe = text_escape(path, strlen(path));
    tool_print("%s%s\n", before, safe);
    free(safe);
}

static void print_sums(const pack_request *request, const shmcol_csv_report *report)
{
    char rows[TEXT_SMALL], columns[TEXT_SMALL], seconds[TEXT_SMALL], in[TEXT_SMALL],
        out[TEXT_SMALL];
    double rate = report->seconds > 0 ? (double)report->bytes_in / 1e6 / report->seconds : 0;
    tool_print("\n%s %s, %s %s in %s (%.0f MB/s, %u %s), delimiter %s%s\n",
               text_number(report->rows, rows), report->rows == 1 ? "row" : "rows",
               text_number(report->n_columns, columns),
               report->n_columns == 1 ? "column" : "columns",
               text_seconds(report->seconds, seconds), rate, report->threads,
               report->threads == 1 ? "thread" : "threads", delimiter_name(report->delimiter),
               delimiter_remark(report));
    if (report->short_records > 0)
        tool_print("%s short %s filled with nulls\n", text_number(report->short_records, rows),
                   report->short_records == 1 ? "record was" : "records were");
    if (report->extra_fields > 0)
        tool_print("%s extra empty %s dropped\n", text_number(report->extra_fields, rows),
                   report->extra_fields == 1 ? "field was" : "fields were");
    if (report->rejected > 0)
        tool_print("%s %s not valid and skipped", text_number(report->rejected, rows),
                   report->rejected == 1 ? "record was" : "records were");
    if (report->rejected > 0 && request->csv.rejects != NULL)
        print_path(", kept in ", request->csv.rejects);
    else if (report->rejected > 0)
        tool_print("\n");
    if (report->replaced > 0)
        tool_print("%s %s not text and became U+FFFD\n", text_number(report->replaced, rows),
                   report->replaced == 1 ? "sequence of bytes was" : "sequences of bytes were");
    if (request->csv.dry_run) {
        tool_print("%s of text; a dry run: nothing was written\n", text_size(report->bytes_in, in));
        return;
    }
    if (request->append != NULL) {
        tool_print("%s of text\n", text_size(report->bytes_in, in));
        return;
    }
    tool_print("%s of text -> %s", text_size(report->bytes_in, in),
               text_size(report->bytes_out, out));
    print_path(" in ", request->output);
}

void pack_print_report(const tool *t, const pack_request *request, const shmcol_csv_report *report,
                       const shmcol_append_report *append)
{
    const char *place = request->n_inputs == 1    ? request->inputs[0]
                        : request->output != NULL ? request->output
                                                  : "input";
    print_columns(request, report);
    print_sums(request, report);
    if (request->append != NULL && !request->csv.dry_run)
        pack_print_append(t, request, append);
    fflush(tool_out); /* so that the warnings come after the table where both go to one place */
    for (uint32_t i = 0; i < report->n_warnings; i++)
        tool_warn(t, strcmp(place, "-") == 0 ? "standard input" : place, report->warnings[i]);
}

static void json_column(json *j, const shmcol_csv_column *column)
{
    char type[TEXT_TYPE];
    json_object(j, NULL);
    json_text(j, "name", column->name);
    json_text(j, "type", column_type(column, type, sizeof type));
    json_uint(j, "nulls", column->nulls);
    json_uint(j, "misfits", column->misfits);
    if (column->type == SHMCOL_DICTIONARY)
        json_uint(j, "distinct", column->distinct);
    else
        json_null(j, "distinct");
    json_text(j, "range", column->range);
    json_uint(j, "stored_bytes", column->stored_bytes);
    json_bool(j, "forced", column->forced != 0);
    json_text(j, "reason", column->reason);
    json_close(j);
}

void pack_print_json(const tool *t, const pack_request *request, const shmcol_csv_report *report,
                     const shmcol_append_report *append)
{
    json j;
    char id[TEXT_SMALL];
    json_begin(&j, tool_out, t->name);
    json_array(&j, "inputs");
    for (uint32_t i = 0; i < request->n_inputs; i++)
        json_text(&j, NULL, request->inputs[i]);
    json_close(&j);
    json_text(&j, "output", request->output);
    json_bool(&j, "dry_run", request->csv.dry_run != 0);
    json_uint(&j, "rows", report->rows);
    json_uint(&j, "rejected", report->rejected);
    json_uint(&j, "replaced", report->replaced);
    json_uint(&j, "short_records", report->short_records);
    json_uint(&j, "extra_fields", report->extra_fields);
    json_uint(&j, "bytes_in", report->bytes_in);
    json_uint(&j, "bytes_out", report->bytes_out);
    json_double(&j, "seconds", report->seconds);
    json_uint(&j, "threads", report->threads);
    if (report->delimiter == 0)
        json_null(&j, "delimiter");
    else
        json_text_n(&j, "delimiter", &report->delimiter, 1);
    json_text(&j, "delimiter_source", delimiter_sources[report->delimiter_source]);
    pack_json_append(&j, request, append);
    json_text(&j, "file_id",
              request->csv.dry_run || request->append != NULL ? NULL
                                                              : text_id(report->file_id, id));
    json_array(&j, "columns");
    for (uint32_t c = 0; c < report->n_columns; c++)
        json_column(&j, &report->columns[c]);
    json_close(&j);
    json_array(&j, "warnings");
    for (uint32_t i = 0; i < report->n_warnings; i++)
        json_text(&j, NULL, report->warnings[i]);
    json_close(&j);
    json_finish(&j);
}

static uint64_t size_of(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 ? (uint64_t)st.st_size : 0;
}

void pack_print_form(const tool *t, const pack_request *request)
{
    uint64_t in = size_of(request->inputs[0]), out = size_of(request->output);
    char from[TEXT_SMALL], to[TEXT_SMALL];
    json j;
    if (t->json) {
        json_begin(&j, tool_out, t->name);
        json_text(&j, "input", request->inputs[0]);
        json_text(&j, "output", request->output);
        json_text(&j, "form", request->kind == PACK_ZSTD ? "zstd" : "plain");
        json_uint(&j, "bytes_in", in);
        json_uint(&j, "bytes_out", out);
        json_finish(&j);
    } else if (!request->quiet) {
        tool_print("%s -> %s (%.0f%%)", text_size(in, from), text_size(out, to),
                   in > 0 ? 100.0 * (double)out / (double)in : 0);
        print_path(" in ", request->output);
    }
}
