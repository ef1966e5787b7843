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

static void hint_quotes(const ing_job *job, const ing_input *input, const ing_record *record,
                        shmcol_error *err)
{
    csv_dialect escaping = input->layout->dialect, bare = escaping;
    const bool backslash = escaping.escape == 0 && memchr(record->text, '\\', record->length);
    escaping.escape = '\\';
    bare.quoting = false;
    if (backslash && reads_with(job, input, record->offset, &escaping))
        shm_error_hint(err, "a backslash is no escape here: --escape '\\' reads it as one");
    else if (!reads_with(job, input, record->offset, &bare))
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

static void hint_ragged(ing_job *job, const ing_input *input, const ing_record *record,
                        shmcol_error *err)
{
    shapes s = {0};
    const uint32_t n_fields = input->layout->n_fields;
    if (!count_shapes(job, &s))
        return;
    const uint64_t ragged = s.records - s.good;
    if (s.comments == ragged && job->text.dialect.comment == 0)
        shm_error_hint(err, "--comment '#' leaves such lines out");
    else if (s.extra == s.records)
        shm_error_hint(err, "every record ends in a delimiter: --drop-extra drops the empty field");
    else if (n_fields == 1)
        shm_error_hint(err, "--delimiter names another one; --skip-lines leaves out what stands "
                            "above the table");
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
    if (nuls * 3 >= n && n >= 6)
        shm_error_hint(err, "if this is UTF-16, name it: --encoding UTF-16LE");
    else
        shm_error_hint(err, "tr -d '\\000' takes such bytes out, in front of shmcol-pack -");
}

/* ---- values ---- */

/* Says what a date or a timestamp looks like, and how another form is declared. */
static void hint_value(const ing_job *job, const ing_input *input, const ing_record *record,
                       shmcol_error *err)
{
    if (err->column < 0 || err->column >= (int64_t)job->schema.n_columns)
        return;
    const ing_column *c = &job->schema.columns[err->column];
    const uint16_t type = c->asked.type.type;
    const uint32_t field = ing_layout_field(input->layout, c->asked.field);
    const bool time = type == FMT_TIMESTAMP;
    parse_value value;
    size_t n;
    if ((!time && type != FMT_DATE32 && type != FMT_DATE64) || c->asked.form != NULL ||
        field == ING_NO_FIELD || field >= record->n_fields)
        return;
    const char *s = ing_record_field(record, field, &n);
    parse_classify(s, n, &job->text.numbers, &value);
    if (time && (value.class_ & (PARSE_TIMESTAMP | PARSE_TIMESTAMP_OFFSET | PARSE_DATE)) != 0)
        return; /* the text is a timestamp, but not of that unit or zone */
    const char *form = ing_form_of(s, n, time);
    if (time)
        shm_error_hint(err,
                       "a timestamp is YYYY-MM-DD HH:MM:SS; another form is declared, as in "
                       "--types 'NAME=timestamp[s;;%s]'",
                       form ? form : "%d/%m/%Y %H:%M:%S");
    else
        shm_error_hint(err,
                       "a date is YYYY-MM-DD; another form is declared, as in --types "
                       "'NAME=date[%s]'",
                       form ? form : "%d/%m/%Y");
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
