/* The report for people (shmcol_csv_report). */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "format/types.h"
#include "format/utf8.h"
#include "ingest/ingest.h"
#include "parse/marks.h"

#define PLACES_MOST 16u

/* The public struct, with the list of its allocations behind it. */
typedef struct report_memory {
    shmcol_csv_report report;
    uint32_t places; /* lines looked up so far; each look-up reads the file */
    /* The row that was looked up last is kept: many columns have their first text in the same row.
     */
    uint64_t row; /* UINT64_MAX: none */
    ing_records records;
    ing_record record;
    const ing_input *input;
    void **blocks;
    size_t n_blocks;
    bool out_of_memory;
} report_memory;

static void *keep(report_memory *m, void *block)
{
    void **blocks = m->blocks;
    if (block != NULL && (m->n_blocks & (m->n_blocks - 1)) ==
                             0) /* the array is full at 0 and at each power of two */
        blocks = realloc(m->blocks, (m->n_blocks * 2 + 1) * sizeof *blocks);
    if (block == NULL || blocks == NULL) {
        free(block);
        m->out_of_memory = true;
        return NULL;
    }
    m->blocks = blocks;
    blocks[m->n_blocks++] = block;
    return block;
}

static const char *keep_text(report_memory *m, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
static const char *keep_text(report_memory *m, const char *format, ...)
{
    char line[1024];
    va_list args;
    va_start(args, format);
    shm_print_line(line, sizeof line, format, args);
    va_end(args);
    const char *kept = keep(m, strdup(line));
    return kept ? kept : "";
}

/* ---- ranges ---- */

static void civil(int64_t days, int64_t *year, int *month, int *day)
{
    /* The proleptic Gregorian calendar, in eras of 400 years that begin on March 1st. */
    int64_t z = days + 719468, era = (z >= 0 ? z : z - 146096) / 146097, of_era = z - era * 146097;
    int64_t year_of_era = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    int64_t of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100),
            shifted = (5 * of_year + 2) / 153;
    *day = (int)(of_year - (153 * shifted + 2) / 5 + 1);
    *month = (int)(shifted < 10 ? shifted + 3 : shifted - 9);
    *year = year_of_era + era * 400 + (*month <= 2);
}

static void show_instant(char *out, size_t size, int64_t value, int64_t per_second, bool date_only)
{
    int64_t seconds = value / per_second - (value % per_second < 0),
            days = seconds / 86400 - (seconds % 86400 < 0), rest = seconds - days * 86400, year;
    int month, day;
    civil(days, &year, &month, &day);
    int n = snprintf(out, size, "%04" PRId64 "-%02d-%02d", year, month, day);
    if (!date_only && n > 0 && (size_t)n < size)
        snprintf(out + n, size - (size_t)n, "T%02d:%02d:%02d", (int)(rest / 3600),
                 (int)(rest / 60 % 60), (int)(rest % 60));
}

__extension__ typedef __int128 wide;
__extension__ typedef unsigned __int128 unsigned_wide;

static void show_text(char *out, size_t size, const uint8_t prefix[16], uint64_t length)
{
    size_t n = length < 16 ? (size_t)length : 16, whole = fmt_utf8_check(prefix, n), shown = 0;
    n = whole < n ? whole : n; /* do not show half a character */
    for (size_t i = 0; i < n && shown + 4 < size; i++)
        out[shown++] = prefix[i] < 0x20 ? '.' : (char)prefix[i];
    snprintf(out + shown, size - shown, "%s", length > 16 ? "..." : "");
}

/* Reads the bound of a decimal128 (F-47). */
static wide load_wide(const uint8_t bytes[16])
{
    wide v;
    memcpy(&v, bytes, sizeof v); /* little-endian (F-1) */
    return v;
}

/* Shows a decimal128: all its digits, and the point before the last `scale` of them. */
static void show_decimal(char *out, size_t size, const uint8_t bytes[16], uint32_t scale)
{
    char digits[48], *at = digits + sizeof digits;
    const wide v = load_wide(bytes);
    uint32_t n = 0;
    *--at = 0;
    for (unsigned_wide left = v < 0 ? 0 - (unsigned_wide)v : (unsigned_wide)v;
         left != 0 || n <= scale; left /= 10) {
        if (n != 0 && n == scale)
            *--at = '.';
        *--at = (char)('0' + (int)(left % 10));
        n++;
    }
    snprintf(out, size, "%s%s", v < 0 ? "-" : "", at);
}

static void show_bound(const ing_column *c, const fmt_zone *zone, int high, char *out, size_t size)
{
    static const int64_t per_second[] = {1, 1000, 1000000, 1000000000};
    const uint8_t *bytes = high ? zone->max : zone->min;
    int64_t whole;
    double number;
    memcpy(&whole, bytes, 8);
    memcpy(&number, bytes, 8);
    switch (c->target.type.type) {
    case FMT_BOOL8: snprintf(out, size, "%s", whole ? "true" : "false"); break;
    case FMT_UINT8:
    case FMT_UINT16:
    case FMT_UINT32:
    case FMT_UINT64: snprintf(out, size, "%" PRIu64, (uint64_t)whole); break;
    case FMT_DECIMAL128: show_decimal(out, size, bytes, c->target.type.scale); break;
    case FMT_FLOAT16:
    case FMT_FLOAT32:
    case FMT_FLOAT64:
        snprintf(out, size, "%.6g", number + 0.0);
        break; /* F-47 says -0.0 for a zero minimum */
    case FMT_DATE32: show_instant(out, size, whole * 86400, 1, true); break;
    case FMT_DATE64: show_instant(out, size, whole, 1000, true); break;
    case FMT_TIMESTAMP:
        show_instant(out, size, whole, per_second[c->target.type.unit], false);
        break;
    case FMT_STRING: show_text(out, size, bytes, high ? zone->max_length : zone->min_length); break;
    default: snprintf(out, size, "%" PRId64, whole); break;
    }
}

/* Returns true if the bound of zone b, the minimum or with `high` the maximum, lies beyond that of
 * zone a. */
static bool further(const ing_column *c, const fmt_zone *a, const fmt_zone *b, int high)
{
    const uint8_t *x = high ? a->max : a->min, *y = high ? b->max : b->min;
    int order;
    int64_t i, j;
    double f, g;
    memcpy(&i, x, 8);
    memcpy(&j, y, 8);
    memcpy(&f, x, 8);
    memcpy(&g, y, 8);
    if (c->target.type.type == FMT_STRING)
        order = memcmp(y, x, 16);
    else if (c->target.type.type == FMT_DECIMAL128)
        order = (load_wide(y) > load_wide(x)) - (load_wide(y) < load_wide(x));
    else if (c->target.type.type == FMT_FLOAT16 || c->target.type.type == FMT_FLOAT32 ||
             c->target.type.type == FMT_FLOAT64)
        order = (g > f) - (g < f);
    else if (c->target.type.type >= FMT_UINT8 && c->target.type.type <= FMT_UINT64)
        order = ((uint64_t)j > (uint64_t)i) - ((uint64_t)j < (uint64_t)i);
    else
        order = (j > i) - (j < i);
    return high ? order > 0 : order < 0;
}

static const char *range_of(report_memory *m, const ing_job *job, const ing_column *c)
{
    const fmt_zone *low = NULL, *high = NULL;
    char from[64], to[64];
    uint64_t zones = (job->text.rows + FMT_ZONE_ROWS - 1) / FMT_ZONE_ROWS;
    if (c->target.kind == ING_DICTIONARY)
        return "";
    for (uint64_t i = 0; i < zones; i++) {
        const fmt_zone *zone = &c->result.zones[i];
        if (zone->flags & FMT_ZONE_NO_BOUNDS)
            continue;
        if (low == NULL || further(c, low, zone, 0))
            low = zone;
        if (high == NULL || further(c, high, zone, 1))
            high = zone;
    }
    if (low == NULL)
        return "";
    show_bound(c, low, 0, from, sizeof from);
    show_bound(c, high, 1, to, sizeof to);
    return keep_text(m, "%s .. %s", from, to);
}

/* ---- reasons ---- */

/* Reads records from the beginning of the row's block up to the row. *input becomes the input that
 * has it. Returns false if the row is not found. */
static bool read_row(const ing_job *job, uint64_t row, ing_records *records, ing_record *record,
                     const ing_input **input)
{
    const uint64_t block = row / job->text.block_rows, start = job->text.starts[block];
    const ing_input *end = job->text.source.inputs + job->text.source.n_inputs;
    uint64_t left = row - block * job->text.block_rows;
    *input = ing_source_input(&job->text.source, start);
    ing_records_begin(records, *input, &(*input)->layout->dialect,
                      (*input)->begin + (start - (*input)->pos), (*input)->end, job->limits.record);
    while (ing_records_next(records, record, NULL) == SHMCOL_OK) {
        if (record->length == 0) {
            if (++*input == end)
                return false;
            ing_records_end(records);
            ing_records_begin(records, *input, &(*input)->layout->dialect, (*input)->begin,
                              (*input)->end, job->limits.record);
        } else if (!record->skipped && left-- == 0) {
            return true;
        }
    }
    return false;
}

static void forget_row(report_memory *m)
{
    if (m->row != UINT64_MAX)
        ing_records_end(&m->records);
    m->row = UINT64_MAX;
}

/* Sets m->record to the row; keeps it if it is there already. Returns false if the row is not
 * found. */
static bool find_row(report_memory *m, const ing_job *job, uint64_t row)
{
    if (m->row == row)
        return true;
    forget_row(m);
    m->row = row;
    if (read_row(job, row, &m->records, &m->record, &m->input))
        return true;
    forget_row(m);
    return false;
}

/* Writes the line of a column's value in a row, as "line N: ". Writes "" if the text is a copy
 * without refused records, whose lines are not the input's, or if enough lines have been looked up.
 */
static void show_place(report_memory *m, const ing_job *job, const ing_column *c, uint64_t row,
                       char *out, size_t size)
{
    shmcol_error place = SHMCOL_ERROR_INIT;
    size_t length;
    out[0] = 0;
    if (row >= job->text.rows || m->places == PLACES_MOST || job->text.cleaned)
        return;
    m->places++;
    if (!find_row(m, job, row))
        return;
    const uint32_t field = ing_layout_field(m->input->layout, c->asked.field);
    if (field >= m->record.n_fields)
        return;
    const uint8_t *text = (const uint8_t *)ing_record_field(&m->record, field, &length);
    ing_place_error(m->input, m->record.offset + (uint64_t)(text - m->record.text), &place);
    if (job->text.source.n_inputs == 1)
        snprintf(out, size, "line %" PRId64 ": ", place.line);
    else
        snprintf(out, size, "line %" PRId64 " of \"%.200s\": ", place.line, m->input->path);
}

/* Returns the reason of a string column (C-54). */
static const char *reason_of_text(report_memory *m, const ing_job *job, const ing_column *c)
{
    const ing_facts *f = &c->result.facts;
    char place[256];
    if (f->classes == 0)
        return "there is no value";
    if (f->first_text_row != UINT64_MAX) {
        show_place(m, job, c, f->first_text_row, place, sizeof place);
        return f->first_text_length != 0 ? keep_text(m, "%s\"%.*s\" is text", place,
                                                     (int)f->first_text_length, f->first_text)
                                         : keep_text(m, "%sthere is text", place);
    }
    if (f->classes == PARSE_TIMESTAMP || f->classes == PARSE_TIMESTAMP_OFFSET)
        return keep_text(m, "some timestamps lie outside what timestamp[%s] holds",
                         fmt_unit_name((f->digits + 2) / 3));
    return "values of several kinds";
}

/* Returns the reason of a column that takes a form for all columns (C-79). */
static const char *reason_of_form(report_memory *m, const ing_column *c)
{
    const char *kind = c->target.form->kind == ING_WORDS_FORM ? "words"
                       : c->target.type.type == FMT_DATE64    ? "date form"
                                                              : "timestamp form";
    char text[ING_FORM_TEXT];
    return keep_text(m, "all values match the %s %s%s", kind, ing_form_text(c->target.form, text),
                     c->result.form_facts.mixed_offsets ? ", with offsets that differ" : "");
}

static const char *reason_of(report_memory *m, const ing_job *job, const ing_column *c)
{
    if (c->asked.of_file)
        return "the path of each record's input";
    if (c->asked.forced)
        return "the type was asked for";
    if (c->target.form != NULL)
        return reason_of_form(m, c);
    const char *mark = c->result.facts.grouped ? parse_group_name(&job->text.numbers) : NULL;
    switch (c->target.type.type) {
    case FMT_INT64:
        return mark != NULL ? keep_text(m, "all values are whole numbers, grouped by %s", mark)
                            : "all values are whole numbers";
    case FMT_FLOAT64:
        return mark != NULL ? keep_text(m, "all values are numbers, grouped by %s", mark)
                            : "all values are numbers";
    case FMT_BOOL8: return "all values are true or false";
    case FMT_DATE64: return "all values are dates";
    case FMT_TIMESTAMP:
        return c->result.facts.mixed_offsets
                   ? "all values are timestamps with offsets, which differ"
                   : "all values are timestamps";
    default: return reason_of_text(m, job, c);
    }
}

/* ---- the report ---- */

static uint64_t stored_bytes(const ing_job *job, const ing_column *c)
{
    uint64_t bytes = c->result.null_count ? (job->text.rows + 7) / 8 : 0;
    if (c->target.kind == ING_DICTIONARY)
        return bytes + job->text.rows * ing_codes_width(c, c->result.distinct) +
               (c->result.distinct + 1) * 8 + c->result.distinct_bytes;
    if (ing_streams(&c->target) != 0)
        return bytes + (job->text.rows + 1) * 8 + ing_stream_length(c, 0) + ing_stream_length(c, 1);
    return bytes + job->text.rows * c->target.width;
}

static void report_column(report_memory *m, const ing_job *job, const ing_column *c,
                          shmcol_csv_column *out)
{
    out->size = sizeof *out;
    out->name = keep(m, strdup(c->asked.name));
    out->type =
        c->target.kind == ING_DICTIONARY ? SHMCOL_DICTIONARY : (shmcol_type)c->target.type.type;
    out->unit = (shmcol_unit)c->target.type.unit;
    out->zone = c->target.type.zone[0] ? keep_text(m, "%s", c->target.type.zone) : NULL;
    out->nulls = c->result.null_count;
    out->misfits = c->result.facts.misfits;
    out->precision = c->target.type.precision;
    out->scale = c->target.type.scale;
    out->element = (shmcol_type)c->target.type.element;
    out->distinct = c->target.kind == ING_DICTIONARY ? c->result.distinct : 0;
    out->stored_bytes = stored_bytes(job, c);
    out->forced = c->asked.forced && !c->asked.of_file;
    out->reason = reason_of(m, job, c);
    out->range = range_of(m, job, c);
}

shmcol_status ing_report(ing_job *job, const sink_result *result, shmcol_csv_report **out,
                         shmcol_error *err)
{
    report_memory *m = calloc(1, sizeof *m);
    if (m == NULL)
        return shm_fail_memory(err);
    m->row = UINT64_MAX;
    shmcol_csv_report *r = &m->report;
    r->size = sizeof *r;
    r->columns = keep(m, calloc(job->schema.n_columns + 1u, sizeof *r->columns));
    for (uint32_t i = 0; r->columns != NULL && i < job->schema.n_columns; i++)
        report_column(m, job, &job->schema.columns[i], &r->columns[i]);
    forget_row(m);
    bool warned = ing_add_hints(job);
    r->warnings = keep(m, calloc(job->control.n_warnings + 1u, sizeof *r->warnings));
    for (uint32_t i = 0; warned && r->warnings != NULL && i < job->control.n_warnings; i++)
        r->warnings[i] = keep_text(m, "%s", job->control.warnings[i]);
    if (m->out_of_memory || !warned) {
        shmcol_csv_report_free(r);
        return shm_fail_memory(err);
    }
    r->rows = job->text.rows;
    r->rejected = job->output.rejected;
    r->replaced = job->text.replaced;
    r->short_records = job->control.n_short;
    r->extra_fields = job->control.n_extra;
    r->n_columns = job->schema.n_columns;
    r->n_warnings = job->control.n_warnings;
    r->bytes_in = job->text.size;
    r->bytes_out = result->file_size;
    r->threads = job->limits.threads;
    r->delimiter = job->text.dialect.delimiter == '\n' ? 0 : (char)job->text.dialect.delimiter;
    r->delimiter_source = job->text.found.source;
    memcpy(r->file_id, result->file_id, 16);
    *out = r;
    return SHMCOL_OK;
}

void shmcol_csv_report_free(shmcol_csv_report *report)
{
    report_memory *m = (report_memory *)(void *)report; /* its first member */
    if (m == NULL)
        return;
    for (size_t i = 0; i < m->n_blocks; i++)
        free(m->blocks[i]);
    free(m->blocks);
    free(m);
}
