/* Packs texts and shows the packed file as text. */
#include "csv_support.h"

#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "parse/parse.h"

#define SHOW_MOST 60000u /* cells */
static char *paths[64];
static size_t n_paths;

int csv_end(void **state)
{
    while (n_paths > 0)
        free(paths[--n_paths]);
    return support_remove(state);
}

unsigned csv_descriptors(void)
{
    unsigned n = 0;
    DIR *d = support_need(opendir("/proc/self/fd"));
    for (struct dirent *e; (e = readdir(d)) != NULL;)
        n += strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0;
    closedir(d);
    return n - 1; /* without the one that looks */
}

const char *csv_path(const char *name)
{
    for (size_t i = 0; i < n_paths; i++)
        if (strcmp(paths[i] + strlen(support_directory()) + 1, name) == 0)
            return paths[i];
    assert_true(n_paths < sizeof paths / sizeof *paths);
    const char *directory = support_directory();
    size_t size = strlen(directory) + strlen(name) + 2;
    paths[n_paths] = malloc(size);
    assert_non_null(paths[n_paths]);
    snprintf(paths[n_paths], size, "%s/%s", directory, name);
    return paths[n_paths++];
}

const char *csv_write(const char *name, const void *text, size_t n)
{
    const char *path = csv_path(name);
    FILE *f = fopen(path, "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(text, 1, n, f), n);
    assert_int_equal(fclose(f), 0);
    return path;
}

uint32_t csv_random(uint32_t below)
{
    static uint64_t state = 88172645463325252u;
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (uint32_t)((state >> 32) % below);
}

/* ---- a file as text ---- */

static void show_type(FILE *out, const shmcol_column_info *c)
{
    static const char *const units[] = {"s", "ms", "us", "ns"};
    fprintf(out, "%.*s:%s", (int)c->name_length, c->name, shmcol_type_name(c->type));
    if (c->type == SHMCOL_TIMESTAMP || c->type == SHMCOL_TIME32 || c->type == SHMCOL_TIME64)
        fprintf(out, "[%s%s%s]", units[c->unit], c->zone ? ";" : "", c->zone ? c->zone : "");
}

static void show_number(FILE *out, const shmcol_column_info *c, const void *values, uint64_t row)
{
    const uint8_t *at = (const uint8_t *)values + row * c->width;
    uint64_t raw = 0;
    memcpy(&raw, at, c->width);
    int64_t whole =
        c->width == 8 ? (int64_t)raw : (int64_t)(raw << (64 - 8 * c->width)) >> (64 - 8 * c->width);
    float single;
    double number;
    memcpy(&single, at, sizeof single < c->width ? sizeof single : c->width);
    memcpy(&number, at, sizeof number < c->width ? sizeof number : c->width);
    switch (c->type) {
    case SHMCOL_BOOL8: fputs(raw ? "true" : "false", out); break;
    case SHMCOL_UINT8:
    case SHMCOL_UINT16:
    case SHMCOL_UINT32:
    case SHMCOL_UINT64: fprintf(out, "%" PRIu64, raw); break;
    case SHMCOL_FLOAT32: fprintf(out, "%.9g", (double)single); break;
    case SHMCOL_FLOAT64: fprintf(out, "%.17g", number); break;
    default: fprintf(out, "%" PRId64, whole); break;
    }
}

static void show_cell(FILE *out, const shmcol_file *file, const shmcol_column_info *c, uint64_t row)
{
    shmcol_strings strings = SHMCOL_STRINGS_INIT;
    shmcol_dictionary dictionary = SHMCOL_DICTIONARY_INIT;
    const char *text = NULL;
    uint64_t length = 0;
    const void *values;
    const uint8_t *validity;
    if (c->type == SHMCOL_STRING) {
        assert_int_equal(shmcol_strings_column(file, c->index, &strings, NULL), SHMCOL_OK);
        assert_int_equal(shmcol_string_at(&strings, row, &text, &length), SHMCOL_OK);
    } else if (c->type == SHMCOL_DICTIONARY) {
        assert_int_equal(shmcol_dictionary_column(file, c->index, &dictionary, NULL), SHMCOL_OK);
        assert_int_equal(shmcol_dictionary_at(&dictionary, row, &text, &length), SHMCOL_OK);
    } else {
        assert_int_equal(shmcol_values(file, c->index, &values, &validity, NULL), SHMCOL_OK);
        if (!shmcol_is_valid(validity, row))
            fputc('~', out);
        else
            show_number(out, c, values, row);
        return;
    }
    if (text == NULL)
        fputc('~', out);
    else
        fwrite(text, 1, (size_t)length, out);
}

static shmcol_file *open_checked(const char *path)
{
    shmcol_error err = SHMCOL_ERROR_INIT;
    shmcol_verify_options full = SHMCOL_VERIFY_OPTIONS_INIT;
    shmcol_file *file = NULL;
    if (shmcol_open(path, NULL, &file, &err) != SHMCOL_OK ||
        shmcol_verify(file, &full, &err) != SHMCOL_OK)
        fail_msg("%s: %s %s", path, err.rule, err.message);
    return file;
}

static void csv_verify(const char *path)
{
    shmcol_close(open_checked(path));
}

char *csv_show(const char *path)
{
    shmcol_file *file = open_checked(path);
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    assert_non_null(out);
    uint32_t n = shmcol_columns(file);
    for (uint64_t row = 0; row <= shmcol_rows(file); row++)
        for (uint32_t i = 0; i < n; i++) {
            shmcol_column_info c = SHMCOL_COLUMN_INFO_INIT;
            assert_int_equal(shmcol_get_column(file, i, &c, NULL), SHMCOL_OK);
            assert_true(c.nullable); /* C-53 */
            if (row == 0)
                show_type(out, &c);
            else
                show_cell(out, file, &c, row - 1);
            fputc(i + 1 < n ? ',' : '\n', out);
        }
    assert_int_equal(fclose(out), 0);
    shmcol_close(file);
    return text;
}

/* ---- packing ---- */

csv_packed csv_pack_paths(const char *const *inputs, uint32_t n, const shmcol_csv_options *options)
{
    shmcol_csv_options o = SHMCOL_CSV_OPTIONS_INIT;
    csv_packed p = {SHMCOL_OK, SHMCOL_ERROR_INIT, NULL, NULL};
    const char *out = csv_path("out");
    if (options != NULL)
        o = *options;
    o.overwrite = o.no_sync = 1;
    p.status = shmcol_csv_pack(inputs, n, out, &o, &p.report, &p.err);
    if (p.status == SHMCOL_OK && !o.dry_run)
        p.rows = p.report->rows * p.report->n_columns <= SHOW_MOST ? csv_show(out)
                                                                   : (csv_verify(out), NULL);
    if (p.status != SHMCOL_OK) {
        assert_null(p.report);
        assert_int_equal(p.err.status, p.status);
    }
    return p;
}

csv_packed csv_pack_bytes(const void *text, size_t n, const shmcol_csv_options *options)
{
    const char *path = csv_write("in.csv", text, n);
    return csv_pack_paths(&path, 1, options);
}

csv_packed csv_pack(const char *text, const shmcol_csv_options *options)
{
    return csv_pack_bytes(text, strlen(text), options);
}

void csv_free(csv_packed *packed)
{
    shmcol_csv_report_free(packed->report);
    free(packed->rows);
    packed->report = NULL;
    packed->rows = NULL;
}

void csv_expect(const char *text, const shmcol_csv_options *options, const char *rows)
{
    csv_packed p = csv_pack(text, options);
    if (p.status != SHMCOL_OK)
        fail_msg("\"%s\": %s %s", text, shmcol_status_name(p.status), p.err.message);
    assert_string_equal(p.rows, rows);
    csv_free(&p);
}

void csv_expect_error(const char *text, const shmcol_csv_options *options, shmcol_status status,
                      const char *rule, const char *place)
{
    char where[64] = "";
    csv_packed p = csv_pack(text, options);
    if (p.status != status)
        fail_msg("\"%s\": %s %s, not %s", text, shmcol_status_name(p.status), p.err.message,
                 shmcol_status_name(status));
    assert_string_equal(p.err.rule, rule);
    if (p.err.line >= 0)
        snprintf(where, sizeof where, "%" PRId64 ":%" PRId64, p.err.line, p.err.line_column);
    assert_string_equal(where, place);
    csv_free(&p);
}

void csv_expect_types(const csv_packed *packed, const char *types)
{
    if (packed->status != SHMCOL_OK)
        fail_msg("%s %s", shmcol_status_name(packed->status), packed->err.message);
    size_t n = strcspn(packed->rows, "\n");
    char *header = strndup(packed->rows, n);
    assert_non_null(header);
    assert_string_equal(header, types);
    free(header);
}

shmcol_type csv_type_of(uint32_t set)
{
    const uint32_t whole = PARSE_INT | PARSE_INT_INEXACT,
                   exact = PARSE_INT | PARSE_BIG | PARSE_FLOAT, numbers = exact | PARSE_SPECIAL;
    switch (set) {
    case PARSE_BOOL: return SHMCOL_BOOL8;
    case PARSE_DATE: return SHMCOL_DATE64;
    case PARSE_TIMESTAMP:
    case PARSE_TIMESTAMP_OFFSET: return SHMCOL_TIMESTAMP;
    default: break;
    }
    if (set != 0 && (set | whole) == whole)
        return SHMCOL_INT64;
    if ((set | numbers) == numbers && (set & exact) != 0 &&
        (set & (PARSE_FLOAT | PARSE_SPECIAL)) != 0)
        return SHMCOL_FLOAT64;
    return SHMCOL_STRING;
}
