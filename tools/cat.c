/* shmcol-cat: a table as text. */
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>

#include "common_json.h"
#include "common_parts.h"
#include "common_text.h"
#include "rows_table.h"

enum { COLUMNS = TOOL_OWN, ROWS, HEAD, FORMAT, NO_CACHE };

static const tool_option options[] = {
    {NULL, 0, NULL, "Options"},
    {"columns", COLUMNS, "A,B", "write these columns, in this order (default: all)"},
    {"rows", ROWS, "A:B",
     "write rows A up to, but without, B, counted from 0; either may\nbe left out, negative ones "
     "count from the end"},
    {"head", HEAD, "N", "write N rows at most"},
    {"format", FORMAT, "FORMAT", "csv, tsv or jsonl (default: csv)"},
    {"output", 'o', "FILE", "write to FILE (default: standard output)"},
    {"force", 'f', NULL, "replace FILE if it exists"},
    {"no-cache", NO_CACHE, NULL, "decompress a compressed file into memory, not into the cache"},
    TOOL_OPTION_JSON,
    TOOL_OPTIONS_HELP,
};

static tool cat = {
    .name = "shmcol-cat",
    .usage = "[options] FILE|DIRECTORY",
    .summary = "Writes a shmcol file, or a table in a directory, as text: CSV by RFC 4180, quoted\n"
               "only where needed. A null is an empty field, an empty text is \"\". With default\n"
               "options, shmcol-pack makes the same file of it again.\n",
    .options = options,
    .epilogue = "Examples:\n"
                "  shmcol-cat data.shmcol | head\n"
                "  shmcol-cat --columns id,price --rows 1000:2000 data.shmcol\n"
                "  shmcol-cat --rows -10: data.shmcol           the last ten\n"
                "  shmcol-cat --format jsonl -o data.jsonl data.shmcol\n",
};

/* One end of --rows: digits, perhaps negative. */
typedef struct row_bound {
    bool given, from_end;
    uint64_t value;
} row_bound;

typedef struct request {
    rows_table table;
    const char *output;
    bool force, no_cache;
    row_bound first, last;
    uint64_t head;
} request;

static row_bound read_bound(const char *text, const char *whole)
{
    row_bound b = {*text != 0, *text == '-', 0};
    if (b.given && !option_count(text + b.from_end, &b.value))
        tool_usage(&cat, "--rows \"%s\" is not A:B with whole numbers", whole);
    return b;
}

static void read_rows(request *r, const char *text)
{
    const char *colon = strchr(text, ':');
    if (colon == NULL)
        tool_usage(&cat, "--rows \"%s\" is not A:B with whole numbers", text);
    char *first = tool_copy(text, (size_t)(colon - text));
    r->first = read_bound(first, text);
    r->last = read_bound(colon + 1, text);
    free(first);
}

static void read_format(request *r, const char *text)
{
    static const char *const names[] = {"csv", "tsv", "jsonl"};
    for (int i = 0; i < 3; i++) {
        if (strcmp(text, names[i]) == 0) {
            r->table.format = (rows_format)i;
            return;
        }
    }
    tool_usage(&cat, "--format \"%s\" is not csv, tsv or jsonl", text);
}

static void read_options(int argc, char **argv, request *r)
{
    memset(r, 0, sizeof *r);
    r->head = UINT64_MAX;
    bool format = false;
    for (int key; (key = tool_next_option(&cat, argc, argv)) != -1;) {
        switch (key) {
        case COLUMNS:
            option_names(&cat, "columns", optarg, &r->table.names, &r->table.n_names);
            break;
        case ROWS: read_rows(r, optarg); break;
        case HEAD:
            if (!option_count(optarg, &r->head))
                tool_usage(&cat, "--head \"%s\" is not a number", optarg);
            break;
        case FORMAT:
            read_format(r, optarg);
            format = true;
            break;
        case 'o': r->output = optarg; break;
        case 'f': r->force = true; break;
        case NO_CACHE: r->no_cache = true; break;
        default: break;
        }
    }
    if (argc - optind != 1)
        tool_usage(&cat, optind == argc ? "no file is named" : "one file at a time");
    if (r->output != NULL && strcmp(r->output, "-") == 0)
        r->output = NULL;
    if (cat.json && r->output == NULL && format)
        tool_usage(
            &cat,
            "--json and --format exclude each other without -o FILE: the object holds the rows");
    if (cat.json && r->output == NULL)
        r->table.format = ROWS_JSON;
    r->table.path = argv[optind];
}

static uint64_t resolve(const row_bound *b, uint64_t rows, uint64_t otherwise)
{
    if (!b->given)
        return otherwise;
    if (b->from_end)
        return b->value < rows ? rows - b->value : 0;
    return b->value < rows ? b->value : rows;
}

static void plan(void *arg)
{
    request *r = arg;
    rows_table *t = &r->table;
    uint64_t rows = shmcol_rows(t->file);
    if (!rows_plan(t))
        return;
    t->first = resolve(&r->first, rows, 0);
    t->last = resolve(&r->last, rows, rows);
    if (t->last < t->first)
        t->last = t->first;
    if (t->last - t->first > r->head)
        t->last = t->first + r->head;
}

static void write_all(void *arg)
{
    rows_table *t = arg;
    t->row_start = 0;
    rows_header(t);
    rows_write(t);
}

/* Warns once, for all columns of which `is_true` holds, of a thing that the output does not say. */
static void warn_about(const rows_table *t, bool (*is_true)(const rows_column *c), const char *what)
{
    const rows_column *first = NULL;
    uint32_t count = 0;
    for (uint32_t i = 0; i < t->n_columns; i++) {
        if (!is_true(&t->columns[i]))
            continue;
        first = count++ == 0 ? &t->columns[i] : first;
    }
    if (first == NULL)
        return;
    char text[512], more[64] = "";
    if (count > 1)
        (void)snprintf(more, sizeof more, " and %u more", count - 1);
    (void)snprintf(text, sizeof text, "column \"%.*s\"%s: %s",
                   first->info.name_length < 100 ? (int)first->info.name_length : 100,
                   first->info.name, more, what);
    tool_warn(&cat, t->path, text);
}

static bool zone_is_lost(const rows_column *c)
{
    return !c->type.zone.exact;
}

static bool nul_was_written(const rows_column *c)
{
    return c->has_nul;
}

static void json_head(json *j, const request *r)
{
    static const char *const names[] = {"csv", "tsv", "jsonl", "rows"};
    const rows_table *t = &r->table;
    char type[TEXT_TYPE];
    json_text(j, "path", t->path);
    json_text(j, "output", r->output);
    json_text(j, "format", names[t->format]);
    json_array(j, "columns");
    for (uint32_t i = 0; i < t->n_columns; i++) {
        json_object(j, NULL);
        json_text_n(j, "name", t->columns[i].info.name, t->columns[i].info.name_length);
        json_text(j, "type", column_type_text(&t->columns[i].info, type, sizeof type));
        json_close(j);
    }
    json_close(j);
    if (r->output == NULL)
        json_array(j, "rows");
    fflush(tool_out); /* rows go to the descriptor below it */
}

/* Writes the table, keeps whole rows only, and makes the output appear. Returns the bytes written;
 * t->err has the failure. */
static uint64_t write_table(request *r)
{
    rows_table *t = &r->table;
    shmcol_status status = shmcol_guard(t->file, write_all, t, &t->err);
    if (status != SHMCOL_OK || t->err.status != SHMCOL_OK)
        t->out.used = t->row_start;
    if (!t->out.closed && t->out.status == SHMCOL_OK)
        (void)rows_flush(&t->out); /* rows_close reports a failure */
    uint64_t written = t->out.written;
    shmcol_error err = SHMCOL_ERROR_INIT;
    if (rows_close(&t->out, t->err.status == SHMCOL_OK, &err) != SHMCOL_OK &&
        t->err.status == SHMCOL_OK)
        t->err = err;
    return written;
}

static int fail(shmcol_error *err, const char *path)
{
    if (err->path[0] == 0)
        (void)snprintf(err->path, sizeof err->path, "%s", path);
    return tool_fail(&cat, err);
}

static int run(request *r)
{
    rows_table *t = &r->table;
    json j;
    shmcol_open_options how = SHMCOL_OPEN_OPTIONS_INIT;
    how.flags = SHMCOL_OPEN_COPY | (r->no_cache ? 0 : SHMCOL_OPEN_CACHE); /* if it is compressed */
    if (shmcol_open(t->path, &how, &t->file, &t->err) != SHMCOL_OK ||
        shmcol_guard(t->file, plan, r, &t->err) != SHMCOL_OK || t->err.status != SHMCOL_OK)
        return fail(&t->err, t->path);
    if (r->output != NULL && tool_is_in(r->output, t->path)) {
        tool_error(&t->err, SHMCOL_ERR_SAME_FILE, NULL, "the output is the input, or lies in it");
        return fail(&t->err, r->output);
    }
    if (rows_open(&t->out, r->output, r->force, &t->err) != SHMCOL_OK) {
        tool_hint_force(&t->err);
        return fail(&t->err, r->output);
    }
    if (cat.json) {
        json_begin(&j, tool_out, cat.name);
        json_head(&j, r);
    }
    warn_about(t, zone_is_lost, "the zone's name is not written, times are in UTC");
    uint64_t written = write_table(r);
    warn_about(t, nul_was_written, "there are NUL characters, which readers of CSV refuse");
    if (tool_signal != 0)
        return SHMCOL_CLASS_SYSTEM;
    if (t->err.status != SHMCOL_OK) {
        if (t->err.path[0] == 0)
            (void)snprintf(t->err.path, sizeof t->err.path, "%s", t->path);
        tool_print_error(&cat, &t->err);
    }
    if (cat.json) {
        if (r->output == NULL)
            json_close(&j);
        json_uint(&j, "row_count", t->rows_written);
        json_uint(&j, "bytes", written);
        if (t->err.status != SHMCOL_OK)
            json_error(&j, "error", &t->err);
        json_finish(&j);
    }
    return shmcol_status_class(t->err.status);
}

int main(int argc, char **argv)
{
    static const shmcol_error no_error = SHMCOL_ERROR_INIT;
    static request r; /* static: it keeps pointers to the end of the process */
    tool_begin(&cat, argc, argv);
    read_options(argc, argv, &r);
    r.table.err = no_error;
    if (r.output != NULL)
        tool_catch_signals(); /* standard output has nothing to clean up */
    int status = run(&r);
    shmcol_close(r.table.file);
    return tool_end(&cat, status);
}
