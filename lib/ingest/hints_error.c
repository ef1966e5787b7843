/* Hints of errors that need a look at the text (C-27): each option is tried before it is named. */
#include <inttypes.h>
#include <string.h>

#include "format/types.h"
#include "ingest/hints.h"

/* ---- quotes: the record is read again with another dialect ---- */

/* Returns true if the record at `offset` is valid with the dialect, and has as many fields as the
 * layout of its input. */
static bool reads_with(const ing_job *job, const ing_input *input, uint64_t offset,
                       const csv_dialect *dialect)
{
    ing_records records;
    ing_record record;
    ing_records_begin(&records, input, dialect, offset, input->end, job->limits.record);
    const bool good = ing_records_next(&records, &record, NULL) == SHMCOL_OK && !record.cut &&
                      record.wrong == SHMCOL_OK && record.n_fields == input->layout->n_fields;
    ing_records_end(&records);
    return good;
}

/* Names the quote, the escape, or --trim, with which a record is valid. Returns false if there is
 * none. */
static bool hint_dialect(const ing_job *job, const ing_input *input, const ing_record *record,
                         shmcol_error *err)
{
    csv_dialect escaping = input->layout->dialect, trimming = escaping, single = escaping;
    escaping.escape = '\\';
    trimming.trim = true;
    single.quote = '\'';
    if (input->layout->dialect.escape == 0 && memchr(record->text, '\\', record->length) &&
        reads_with(job, input, record->offset, &escaping))
        shm_error_hint(err, "a backslash is no escape here: --escape '\\' reads it as one");
    else if (!input->layout->dialect.trim && escaping.quoting &&
             reads_with(job, input, record->offset, &trimming))
        shm_error_hint(err, "a quote behind spaces opens nothing: --trim drops the spaces");
    else if (escaping.quoting && memchr(record->text, '\'', record->length) &&
             reads_with(job, input, record->offset, &single))
        shm_error_hint(err, "a single quote is no quote here: --quote \"'\" reads it as one");
    else
        return false;
    return true;
}

static void hint_quotes(const ing_job *job, const ing_input *input, const ing_record *record,
                        shmcol_error *err)
{
    csv_dialect bare = input->layout->dialect;
    bare.quoting = false;
    if (!hint_dialect(job, input, record, err) && !reads_with(job, input, record->offset, &bare))
        shm_error_hint(err, "a quote inside a quoted field is doubled");
}

/* ---- records with another number of fields: all are looked at ---- */

typedef struct shapes {
    uint64_t records, good; /* good: as many fields as the header */
    uint64_t fewer;         /* records that have fewer fields */
    uint64_t extra;         /* records with one field more, which is empty */
    uint64_t comments;      /* ragged ones that begin with # */
    uint64_t lines;         /* lines behind the last good record */
    bool ragged_end;        /* a ragged one is behind the last good record */
    bool ragged_before;     /* a ragged one stands before a good one */
} shapes;

static bool extra_is_empty(const ing_record *record)
{
    size_t n;
    (void)ing_record_field(record, record->n_fields - 1, &n);
    return n == 0;
}

static void add_shape(shapes *s, const ing_record *record, uint32_t n_fields)
{
    if (!record->skipped && record->n_fields == n_fields) {
        s->ragged_before |= s->ragged_end;
        s->ragged_end = false;
        s->lines = 0;
        s->records++;
        s->good++;
        return;
    }
    for (const uint8_t *p = record->text, *end = p + record->length;
         (p = memchr(p, '\n', (size_t)(end - p))) != NULL; p++)
        s->lines++;
    s->lines += record->text[record->length - 1] != '\n';
    if (record->skipped)
        return;
    s->ragged_end = true;
    s->records++;
    s->fewer += record->n_fields < n_fields;
    s->extra += record->n_fields == n_fields + 1u && extra_is_empty(record);
    s->comments += record->text[0] == '#';
}

/* Counts the records of all inputs by their number of fields. Returns false if they were not all
 * read. */
static bool count_shapes(ing_job *job, shapes *s)
{
    bool all = true;
    uint64_t seen = 0;
    for (uint32_t i = 0; all && i < job->text.source.n_inputs; i++) {
        const ing_input *input = &job->text.source.inputs[i];
        ing_records records;
        ing_record record;
        ing_records_begin(&records, input, &input->layout->dialect, input->begin, input->end,
                          job->limits.record);
        while ((all = ing_records_next(&records, &record, NULL) == SHMCOL_OK && !record.cut &&
                      ing_progress_record(&job->control, &seen, NULL) == SHMCOL_OK) &&
               record.length != 0)
            add_shape(s, &record, input->layout->n_fields);
        ing_records_end(&records);
    }
    return all;
}

/* Says how many lines stand above the record, which may be the header, where the first line has no
 * delimiter. */
static void hint_above(const ing_input *input, const ing_record *record, shmcol_error *err)
{
    shmcol_error place = SHMCOL_ERROR_INIT;
    ing_place_error(input, record->offset, &place);
    shm_error_hint(err,
                   "--skip-lines %" PRId64 " leaves out what stands above the table; --delimiter "
                   "names another delimiter",
                   place.line - 1);
}

static void hint_ragged(ing_job *job, const ing_input *input, const ing_record *record,
                        shmcol_error *err)
{
    shapes s = {0};
    const uint32_t n_fields = input->layout->n_fields;
    if (!count_shapes(job, &s))
        return;
    const uint64_t ragged = s.records - s.good;
    if (hint_dialect(job, input, record, err))
        return;
    if (input->layout->dialect.delimiter == ' ' &&
        memmem(record->text, record->length, "  ", 2) != NULL)
        shm_error_hint(err, "columns are aligned by spaces: tr -s ' ' < FILE | shmcol-pack "
                            "--delimiter space - makes one of several");
    else if (s.comments == ragged && job->text.dialect.comment == 0)
        shm_error_hint(err, "--comment '#' leaves such lines out");
    else if (s.extra == s.records)
        shm_error_hint(err, "every record ends in a delimiter: --drop-extra drops the empty field");
    else if (n_fields == 1)
        hint_above(input, record, err);
    else if (s.good == 0)
        shm_error_hint(err, "no record has as many fields as the header: --skip-lines leaves out "
                            "what stands above it, --delimiter names another one");
    else if (!s.ragged_before && s.lines <= 16 && s.fewer == ragged &&
             job->text.source.n_inputs == 1)
        shm_error_hint(err,
                       "only the end is so: --skip-footer %" PRIu64 " leaves it out, "
                       "--short-records null takes missing fields as nulls",
                       s.lines);
    else if (s.fewer == ragged && record->n_fields < n_fields)
        shm_error_hint(err,
                       "%" PRIu64 " of %" PRIu64 " records are so: --short-records null takes "
                       "their missing fields as nulls, --on-error skip leaves them out",
                       ragged, s.records);
    else
        shm_error_hint(err,
                       "%" PRIu64 " of %" PRIu64 " records are so: --on-error skip leaves them "
                       "out; --delimiter names another one",
                       ragged, s.records);
}

/* ---- bytes ---- */

/* Names the remedy for NULs: another encoding if every second byte around is one. */
static void hint_nul(const ing_record *record, shmcol_error *err)
{
    size_t nuls = 0, n = record->length < 64 ? record->length : 64;
    for (size_t i = 0; i < n; i++)
        nuls += record->text[i] == 0;
    if (nuls * 3 >= n && nuls * 3 <= 2 * n && n >= 6)
        shm_error_hint(err, "if this is UTF-16, name it: --encoding UTF-16LE");
    else
        shm_error_hint(err, "tr -d '\\000' takes such bytes out, in front of shmcol-pack -");
}

/* ---- values ---- */

/* Counts the fields of a record that are values, and those that are TEXT. */
static void count_texts(const ing_job *job, const ing_record *record, uint32_t *values,
                        uint32_t *texts)
{
    *values = *texts = 0;
    for (size_t i = 0; i < record->n_fields; i++) {
        char copy[3 * PARSE_SLACK] = {0};
        parse_value value;
        size_t n;
        const char *s = ing_record_field(record, i, &n);
        n = n < PARSE_SLACK ? n : PARSE_SLACK;
        memcpy(copy + PARSE_SLACK, s, n);
        parse_classify(copy + PARSE_SLACK, n, &job->text.numbers, &value);
        *values += n != 0;
        *texts += n != 0 && value.class_ == PARSE_TEXT;
    }
}

/* Returns true if all values of the first record are texts, and the next record has no error. */
static bool is_second_header(const ing_job *job, const ing_input *input, const ing_record *record)
{
    ing_records records;
    ing_record next;
    uint32_t values, texts;
    count_texts(job, record, &values, &texts);
    if (record->offset != input->begin || values < 2 || texts != values)
        return false;
    ing_records_begin(&records, input, &input->layout->dialect, record->offset + record->length,
                      input->end, job->limits.record);
    const bool good =
        ing_records_next(&records, &next, NULL) == SHMCOL_OK && next.length != 0 && !next.cut &&
        ing_check_record(&job->text, &job->schema, input, &next, input->layout, NULL) == SHMCOL_OK;
    ing_records_end(&records);
    return good;
}

/* Returns true if the record is the last line, behind another one, and begins as a footer does. */
static bool is_footer(const ing_job *job, const ing_input *input, const ing_record *record)
{
    size_t n;
    const char *s = ing_record_field(record, 0, &n);
    return job->text.source.n_inputs == 1 && record->offset != input->begin &&
           record->offset + record->length == input->end && ing_is_footer_text(s, n);
}

/* Names the remedy for a value that does not fit the type of its column. */
static void hint_value(const ing_job *job, const ing_input *input, const ing_record *record,
                       shmcol_error *err)
{
    if (err->column < 0 || err->column >= (int64_t)job->schema.n_columns)
        return;
    const ing_column *c = &job->schema.columns[err->column];
    const uint32_t field = ing_layout_field(input->layout, c->asked.field);
    size_t n;
    if (field == ING_NO_FIELD || field >= record->n_fields)
        return;
    if (!job->text.no_header && is_second_header(job, input, record)) {
        shm_error_hint(err, "the first record seems to be a second header line: "
                            "--skip-after-header 1 leaves it out");
        return;
    }
    if (is_footer(job, input, record)) {
        shm_error_hint(err, "only the last line is so: --skip-footer 1 leaves it out");
        return;
    }
    const csv_dialect *dialect = &input->layout->dialect;
    char *s = ing_record_field(record, field, &n);
    const ing_cell cell = ing_get_cell(dialect, NULL, s, ing_halve(dialect, s, n));
    ing_hint_misfit(job, c, cell.s, cell.n, err);
}

void ing_hint_error(ing_job *job, const ing_input *input, const ing_record *record,
                    shmcol_status status, shmcol_error *err)
{
    if (err == NULL || record->cut)
        return;
    switch (status) {
    case SHMCOL_ERR_CSV_AFTER_QUOTE:
    case SHMCOL_ERR_CSV_UNCLOSED_QUOTE: hint_quotes(job, input, record, err); break;
    case SHMCOL_ERR_CSV_RAGGED: hint_ragged(job, input, record, err); break;
    case SHMCOL_ERR_CSV_VALUE: hint_value(job, input, record, err); break;
    case SHMCOL_ERR_CSV_NUL: hint_nul(record, err); break;
    default: break;
    }
}
