/* Where the first error is (C-16), and the input without the records that have one (C-17). Both
 * read one record after the other, exactly.
 */
#include <stdlib.h>
#include <string.h>

#include "format/types.h"
#include "format/utf8.h"
#include "ingest/ingest.h"
#include "ingest/types.h"

/* Characters of s[0, n): bytes that do not continue one. */
static uint64_t characters(const uint8_t *s, size_t n)
{
    uint64_t count = 0;
    for (size_t i = 0; i < n; i++)
        count += (s[i] & 0xC0) != 0x80;
    return count;
}

void ing_place_error(const ing_part *part, uint64_t at, shmcol_error *err)
{
    uint8_t buf[65536];
    uint64_t line = 1, column = 1, pos = 0;
    if (err == NULL)
        return;
    while (pos < at) {
        size_t want = at - pos < sizeof buf ? (size_t)(at - pos) : sizeof buf, got = 0, begin = 0;
        if (sys_pread(part->fd, buf, want, pos, &got) != 0 || got == 0)
            break;
        if (pos == 0 && got >= 3 && memcmp(buf, "\xEF\xBB\xBF", 3) == 0)
            column = 0; /* C-3: the mark is no character of the text */
        uint32_t lines = 0;
        for (size_t i = 0; i < got; i++)
            lines += buf[i] == '\n';
        if (lines != 0) { /* the column counts from behind the last of them */
            const uint8_t *last = memrchr(buf, '\n', got);
            begin = (size_t)(last - buf) + 1;
            column = 1;
        }
        line += lines;
        column += characters(buf + begin, got - begin);
        pos += got;
    }
    shm_error_offset(err, (int64_t)at);
    shm_error_line(err, (int64_t)line, (int64_t)column);
    shm_error_path(err, part->path);
}

/* A piece of text for a message: at most 40 bytes of one line, control characters as dots, nothing
 * that is not UTF-8. */
static void quote_text(const char *s, size_t n, char out[64])
{
    const char *line = memchr(s, '\n', n);
    n = line == NULL                   ? n
        : line > s && line[-1] == '\r' ? (size_t)(line - s) - 1
                                       : (size_t)(line - s);
    size_t shown = n < 40 ? n : 40, bad = fmt_utf8_check((const uint8_t *)s, shown);
    if (bad != SIZE_MAX)
        shown = bad;
    for (size_t i = 0; i < shown; i++)
        out[i] = (uint8_t)s[i] < 0x20 || s[i] == 0x7f ? '.' : s[i];
    memcpy(out + shown, shown < n ? "..." : "", shown < n ? 4 : 1);
}

static void tell(shmcol_status status, const ing_record *record, size_t at, uint32_t n_fields,
                 shmcol_error *err)
{
    char text[64];
    quote_text((char *)record->text + at, record->length - at, text);
    switch (status) {
    case SHMCOL_ERR_CSV_NUL:
        shm_fail(err, status, "C-4", "a NUL byte in the text");
        shm_error_hint(err, "CSV is text; if this is UTF-16, name it with --encoding");
        break;
    case SHMCOL_ERR_CSV_UTF8:
        shm_fail(err, status, "C-2", "byte 0x%02X is not UTF-8 here", record->text[at]);
        shm_error_hint(err,
                       "name the encoding, as in --encoding latin1 or --encoding windows-1252");
        break;
    case SHMCOL_ERR_CSV_CARRIAGE_RETURN:
        shm_fail(err, status, "C-6", "a carriage return that is not followed by a line feed");
        shm_error_hint(
            err,
            "lines end in LF or CR LF; tr '\\r' '\\n' makes such of lines that end in CR alone");
        break;
    case SHMCOL_ERR_CSV_AFTER_QUOTE:
        shm_fail(err, status, "C-7", "text after a closing quote: \"%s\"", text);
        shm_error_hint(
            err, "a quote inside a quoted field is doubled; --quote none takes quotes as they are");
        break;
    case SHMCOL_ERR_CSV_UNCLOSED_QUOTE:
        shm_fail(err, status, "C-7", "a quote that is never closed: \"%s\"", text);
        shm_error_hint(err, "--quote none takes quotes as they are");
        break;
    case SHMCOL_ERR_CSV_FIELD_SIZE:
        shm_fail(err, status, "C-15", "a record longer than the memory bound allows: \"%s\"", text);
        shm_error_hint(err, "is a quote left open? else raise --memory");
        break;
    default:
        shm_fail(err, status, "C-11", "%zu fields where %u are expected: \"%s\"", record->n_fields,
                 n_fields, text);
        if (record->length != 0 && record->text[0] == '#')
            shm_error_hint(err, "--comment '#' leaves such lines out");
        else if (n_fields == 1)
            shm_error_hint(err, "--delimiter names another one; --skip-lines leaves out what "
                                "stands above the table");
        else
            shm_error_hint(
                err, "--on-error skip leaves such records out; --delimiter names another one");
        break;
    }
}

/* The first byte of the record that breaks C-2 or C-4; SIZE_MAX: none does. */
static size_t first_bad_byte(const ing_record *record, shmcol_status *status)
{
    const uint8_t *nul = memchr(record->text, 0, record->length);
    size_t at_nul = nul ? (size_t)(nul - record->text) : SIZE_MAX;
    size_t at_utf8 = record->skipped ? SIZE_MAX : fmt_utf8_check(record->text, record->length);
    *status = at_nul < at_utf8 ? SHMCOL_ERR_CSV_NUL : SHMCOL_ERR_CSV_UTF8;
    return at_nul < at_utf8 ? at_nul : at_utf8;
}

/* Whether a field fits the type that was asked for; if not, its value is in text. The record stays
 * as it is: doubled quotes are undone in a copy. */
static shmcol_status check_cell(const ing_job *job, const ing_column *c, const char *s, size_t n,
                                bool *fits, char text[64], shmcol_error *err)
{
    char small[256] = {0}, value[8], *copy = small;
    if (n + 2 * PARSE_SLACK > sizeof small && (copy = calloc(1, n + 2 * PARSE_SLACK)) == NULL)
        return shm_fail_memory(err);
    memcpy(copy + PARSE_SLACK, s, n);
    ing_cell cell = ing_get_cell(job, c, copy + PARSE_SLACK, ing_halve(job, copy + PARSE_SLACK, n));
    *fits = cell.null || cell.quoted_empty ||
            ing_forced_value(job, &c->target.type, cell.s, cell.n, value);
    if (!*fits)
        quote_text(cell.s, cell.n, text);
    if (copy != small)
        free(copy);
    return SHMCOL_OK;
}

/* C-50 line 1: the leftmost value that does not fit the type that was asked for. */
static shmcol_status check_forced(ing_job *job, const ing_part *part, const ing_record *record,
                                  shmcol_error *err)
{
    const ing_column *worst = NULL;
    uint64_t at = 0;
    char text[64], type[ING_TYPE_TEXT];
    for (uint32_t i = 0; i < job->schema.n_columns; i++) {
        const ing_column *c = &job->schema.columns[i];
        size_t n;
        bool fits = true;
        if (!c->asked.forced || c->target.type.type == FMT_STRING ||
            (worst != NULL && worst->asked.field < c->asked.field))
            continue;
        const char *s = ing_record_field(record, c->asked.field, &n);
        shmcol_status status = check_cell(job, c, s, n, &fits, text, err);
        if (status)
            return status;
        if (fits)
            continue;
        worst = c;
        at = record->offset + (uint64_t)(s - (const char *)record->text);
    }
    if (worst == NULL)
        return SHMCOL_OK;
    shm_fail(err, SHMCOL_ERR_CSV_VALUE, "C-52", "\"%s\" in column \"%.100s\" is no %s", text,
             worst->asked.name, ing_type_text(&worst->target.type, type));
    shm_error_hint(
        err, "--null TOKEN if it stands for a missing value, another type, or --on-error skip");
    shm_error_column(err, (int64_t)(worst - job->schema.columns));
    ing_place_error(part, at, err);
    return SHMCOL_ERR_CSV_VALUE;
}

shmcol_status ing_check_record(ing_job *job, const ing_part *part, const ing_record *record,
                               uint32_t n_fields, bool check_values, shmcol_error *err)
{
    shmcol_status status;
    size_t at = first_bad_byte(record, &status);
    if (record->wrong != SHMCOL_OK && record->wrong_at < at) {
        status = record->wrong;
        at = record->wrong_at;
    } else if (at == SIZE_MAX && !record->skipped && n_fields != 0 &&
               record->n_fields != n_fields) {
        status = SHMCOL_ERR_CSV_RAGGED;
        at = 0;
    }
    if (at == SIZE_MAX)
        return check_values && !record->skipped ? check_forced(job, part, record, err) : SHMCOL_OK;
    tell(status, record, at, n_fields, err);
    ing_place_error(part, record->offset + at, err);
    return status;
}

shmcol_status ing_diagnose(ing_job *job, shmcol_error *err)
{
    shmcol_status status = SHMCOL_OK;
    uint64_t seen = 0;
    for (uint32_t i = 0; status == SHMCOL_OK && i < job->text.source.n_parts; i++) {
        const ing_part *part = &job->text.source.parts[i];
        ing_records records;
        ing_record record;
        ing_records_begin(&records, part, &job->text.dialect, part->begin, UINT64_MAX,
                          job->limits.record);
        while ((status = ing_records_next(&records, &record, err)) == SHMCOL_OK &&
               record.length != 0)
            if ((status = ing_check_record(job, part, &record, job->text.n_fields, true, err)) !=
                    SHMCOL_OK ||
                (status = ing_progress_record(&job->control, &seen, err)) != SHMCOL_OK)
                break;
        ing_records_end(&records);
    }
    return status;
}

/* ---- C-17 ---- */

#define CLEAN_BUFFER (256u << 10)

typedef struct cleaner {
    ing_job *job;
    int clean;
    uint64_t kept; /* bytes of clean: written, and waiting in the buffer */
    uint8_t *buffer;
    size_t waiting;
    uint64_t seen;
    ing_verbatim verbatim; /* where the part has another encoding and refused records are kept */
} cleaner;

static shmcol_status refuse(cleaner *k, const ing_record *record, shmcol_error *err)
{
    ing_job *job = k->job;
    job->output.rejected++;
    if (job->output.rejects != NULL && k->verbatim.part != NULL)
        return ing_verbatim_write(&k->verbatim, record->offset, record->offset + record->length,
                                  sys_output_fd(job->output.rejects), err);
    int failed = job->output.rejects
                     ? sys_write(sys_output_fd(job->output.rejects), record->text, record->length)
                     : 0;
    return failed ? shm_fail_sys(err, failed, job->output.rejects_path, "cannot write") : SHMCOL_OK;
}

static shmcol_status write_clean(cleaner *k, const uint8_t *data, size_t n, shmcol_error *err)
{
    int failed = n ? sys_pwrite(k->clean, data, n, k->kept) : 0;
    k->kept += n;
    return failed ? ing_spool_failed(k->job, failed, err) : SHMCOL_OK;
}

static shmcol_status flush_clean(cleaner *k, shmcol_error *err)
{
    size_t n = k->waiting;
    k->waiting = 0;
    return write_clean(k, k->buffer, n, err);
}

static shmcol_status keep_record(cleaner *k, const ing_record *record, shmcol_error *err)
{
    shmcol_status status =
        record->length > CLEAN_BUFFER - k->waiting ? flush_clean(k, err) : SHMCOL_OK;
    if (status != SHMCOL_OK || record->length > CLEAN_BUFFER)
        return status ? status : write_clean(k, record->text, record->length, err);
    memcpy(k->buffer + k->waiting, record->text, record->length);
    k->waiting += record->length;
    return SHMCOL_OK;
}

static shmcol_status clean_record(cleaner *k, const ing_part *part, const ing_record *record,
                                  shmcol_error *err)
{
    if (record->cut) { /* it cannot be kept verbatim, and where the next one begins is not known */
        tell(SHMCOL_ERR_CSV_FIELD_SIZE, record, 0, 0, err);
        ing_place_error(part, record->offset, err);
        return SHMCOL_ERR_CSV_FIELD_SIZE;
    }
    shmcol_status status =
        ing_check_record(k->job, part, record, k->job->text.n_fields, true, NULL);
    if (status == SHMCOL_ERR_NO_MEMORY)
        return shm_fail_memory(err);
    if (status != SHMCOL_OK)
        status = refuse(k, record, err);
    else if (!record->skipped)
        status = keep_record(k, record, err);
    return status == SHMCOL_OK ? ing_progress_record(&k->job->control, &k->seen, err) : status;
}

static shmcol_status clean_part(cleaner *k, ing_part *part, shmcol_error *err)
{
    ing_job *job = k->job;
    ing_records records;
    ing_record record;
    shmcol_status status =
        part->original_fd < 0 ? SHMCOL_OK : ing_verbatim_begin(&k->verbatim, job, part, err);
    ing_records_begin(&records, part, &job->text.dialect, part->begin, UINT64_MAX,
                      job->limits.record);
    while (status == SHMCOL_OK &&
           (status = ing_records_next(&records, &record, err)) == SHMCOL_OK && record.length != 0)
        status = clean_record(k, part, &record, err);
    ing_records_end(&records);
    ing_verbatim_end(&k->verbatim);
    if (status == SHMCOL_OK)
        status = flush_clean(k, err);
    if (status == SHMCOL_OK) {
        sys_close(part->fd);
        part->fd = k->clean;
        part->begin = 0;
        part->size = k->kept;
    }
    return status;
}

shmcol_status ing_clean(ing_job *job, shmcol_error *err)
{
    cleaner k = {.job = job, .buffer = malloc(CLEAN_BUFFER)};
    shmcol_status status = k.buffer == NULL ? shm_fail_memory(err) : SHMCOL_OK;
    for (uint32_t i = 0; status == SHMCOL_OK && i < job->text.source.n_parts; i++) {
        status = ing_open_spool(job, &k.clean, err);
        if (status)
            break;
        k.kept = k.waiting = 0;
        status = clean_part(&k, &job->text.source.parts[i], err);
        if (status)
            sys_close(k.clean);
    }
    free(k.buffer);
    job->text.cleaned = true;
    return status == SHMCOL_OK ? ing_stream_join(&job->text.source, err) : status;
}
