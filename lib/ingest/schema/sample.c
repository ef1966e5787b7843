/* Guesses every column's type from a few records at several places of the text. A wrong guess costs
 * time, never a value: passes.c has the column read again. */
#include <stdlib.h>
#include <string.h>

#include "format/hash.h"
#include "format/types.h"
#include "ingest/schema/schema.h"

#define SAMPLE_FIELDS (1u << 18)
#define SAMPLE_RECORDS 4096u
#define SAMPLE_LEAST 48u
#define SAMPLE_PLACES 16u
#define SAMPLE_AT_A_PLACE 12u /* records at least; each place costs reading an extent */

/* A larger sample for dictionaries that may have many more values. If the guess of their size is
 * too far off, the whole table has to be moved when they are known (sink_guess_offsets). It is
 * taken only for tables so large that it costs a fraction of that move. */
#define CLOSER_RECORDS 65536u
#define CLOSER_PLACES 64u
#define CLOSER_ROWS (16u * CLOSER_RECORDS)
#define CLOSER_COLUMNS 8u
#define CLOSER_BYTES 4096u

#define FIELDS_A_THREAD 4096u

typedef struct sampler {
    ing_schema *schema;
    const ing_text *text;
    const ing_limits *limits;
    ing_control *control;
    const uint32_t *columns; /* only their distinct values are counted; NULL: all of all columns */
    uint32_t n_columns;      /* of the columns */
    uint32_t *seen;          /* a set of hashes for each column, of `slots` slots */
    size_t slots;
    const ing_record_batch *batch; /* the first `records` of it are sampled */
    size_t records;
    uint64_t row;     /* of the first record */
    uint32_t threads; /* threads of this batch */
} sampler;

/* Returns true if values repeat, and a dictionary pays if the whole column is like the sample. */
static bool looks_like_dictionary(const ing_sampled *sample, uint64_t rows)
{
    if (sample->distinct == 0 || sample->distinct * 2 > sample->values)
        return false;
    uint64_t average = sample->bytes / sample->distinct;
    return fmt_dictionary_pays(rows, sample->distinct, sample->bytes, rows * average);
}

/* Returns the plan of a fast way for the column's target, or NULL. */
static const parse_plan *plan_of(ing_forms *forms, const ing_column *c)
{
    const ing_type *type = &c->target.type;
    ing_form *form = c->target.form;
    int32_t minutes = 0;
    if (form == NULL && (type->type == FMT_TIME32 || type->type == FMT_TIME64))
        form = &forms->iso_time[type->unit != 0];
    if (form == NULL && type->type == FMT_DATE32)
        form = &forms->iso_date;
    if (form == NULL || form->kind > ING_TIME_FORM)
        return NULL;
    if (type->type == FMT_TIMESTAMP) {
        const bool zone = type->zone[0] != 0, offset = form->parts.has_offset;
        if (offset ? !zone : zone && (!ing_zone_offset(type->zone, &minutes) || minutes != 0))
            return NULL; /* no value fits, or the zone is not 0 from UTC */
        return ing_form_plan(form, type->unit);
    }
    return ing_form_plan(form, type->type == FMT_DATE64   ? 1
                               : type->type == FMT_DATE32 ? PARSE_PLAN_DAYS
                                                          : type->unit);
}

static ing_kind kind_of(const ing_column *c)
{
    const ing_form *form = c->target.form;
    if (c->target.plan != NULL)
        return ING_FORM;
    if (form != NULL && form->kind == ING_EPOCH_FORM)
        return ING_EPOCH;
    /* A number with marks may be written without. */
    if (form != NULL && (form->kind != ING_MARKS_FORM || form->marks.hex))
        return ING_CELLS;
    switch (c->target.type.type) {
    case FMT_LIST: return ING_LIST;
    case FMT_INT64: return ING_INT64;
    case FMT_FLOAT64: return ING_FLOAT64;
    case FMT_BOOL8: return ING_BOOL;
    case FMT_DATE64: return ING_DATE;
    case FMT_TIMESTAMP: return ING_TIMESTAMP;
    default: return ING_CELLS;
    }
}

void ing_choose_kind(ing_forms *forms, ing_column *c, uint64_t rows)
{
    c->target.classify_all = false;
    c->target.grouped = c->result.facts.grouped;
    c->target.plan = plan_of(forms, c);
    if (c->target.type.type != FMT_STRING) {
        c->target.kind = kind_of(c);
        c->target.width = c->target.kind == ING_LIST ? 8 : ing_type_width(&c->target.type);
        return;
    }
    bool dictionary = c->asked.dictionary_mode == SHMCOL_DICTIONARY_ALWAYS ||
                      (c->asked.dictionary_mode == SHMCOL_DICTIONARY_AUTO &&
                       looks_like_dictionary(&c->sample, rows));
    c->target.kind = dictionary ? ING_DICTIONARY : ING_STRING;
    c->target.width = !dictionary                                            ? 8
                      : c->asked.dictionary_mode == SHMCOL_DICTIONARY_ALWAYS ? 4
                                                                             : 2;
    c->target.classify_all = !c->asked.forced && (!ing_string_for_good(&c->result.facts) ||
                                                  ing_hint_possible(&c->result.facts));
}

/* Adds a hash to the set of a column. Returns how often it was added so far: 1, 2, 3, or 4 for
 * more. */
static uint32_t times_seen(const sampler *s, uint32_t index, uint32_t hash)
{
    uint32_t *set = s->seen + (size_t)index * s->slots;
    for (size_t i = hash >> 2 & (s->slots - 1);; i = (i + 1) & (s->slots - 1)) {
        if (set[i] != 0 && ((set[i] ^ hash) & ~3u) != 0)
            continue;
        uint32_t times = set[i] & 3;
        set[i] = (hash & ~3u) | (times < 3 ? times + 1 : 3);
        return times + 1;
    }
}

/* Chao's estimate (1984) of the values that were not seen, from those that were seen once and
 * twice. */
uint64_t ing_expected_distinct(const ing_sampled *sample, uint64_t rows)
{
    double unseen =
        (double)sample->once * (double)sample->once / (2.0 * ((double)sample->twice + 1));
    uint64_t left = rows > sample->values ? rows - sample->values : 0;
    return sample->distinct + (unseen < (double)left ? (uint64_t)unseen : left);
}

/* Returns the cell of a column in a record of the batch. */
static ing_cell cell_of(const sampler *s, const ing_column *c, size_t record)
{
    const ing_record_batch *batch = s->batch;
    const uint32_t field = ing_layout_field(batch->layout, c->asked.field),
                   n_fields = batch->layout->n_fields;
    if (c->asked.of_file)
        return (ing_cell){batch->input->given, strlen(batch->input->given), false, false};
    if (field == ING_NO_FIELD)
        return (ing_cell){"", 0, true, false};
    const uint32_t *end = batch->ends + record * n_fields + field;
    uint32_t begin = end[-1] + 1, length = *end - begin;
    const char *field_text = (const char *)batch->text + begin;
    if (field + 1 == n_fields && length != 0 && field_text[length - 1] == '\r')
        length--;
    return ing_get_cell(&s->text->dialect, &c->asked.tokens, field_text, length);
}

/* Adds a value to what is known of the forms for all columns. The facts by the form that a pass may
 * try first are for its guess only. */
static void sample_forms(ing_forms *forms, ing_column *c, const ing_cell *cell, uint64_t row)
{
    const ing_form *before = ing_next_form(forms, &c->result.facts), *form;
    parse_value value;
    ing_note_forms(forms, &c->result.facts, cell->s, cell->n);
    form = ing_next_form(forms, &c->result.facts);
    if (form != before)
        ing_facts_init(&c->result.form_facts);
    if (form != NULL && ing_form_value(form, cell->s, cell->n, &value))
        ing_facts_add(&c->result.form_facts, &value, cell->s, cell->n, row);
}

/* Classifies a value. Most are whole numbers, for which there is a fast way. */
static void classify(const ing_cell *cell, const parse_style *style, parse_value *value)
{
    int64_t integer;
    if (cell->n > PARSE_DOUBLE_DIGITS || !parse_int64_fast(cell->s, cell->n, &integer)) {
        parse_classify(cell->s, cell->n, style, value);
        return;
    }
    const uint64_t magnitude = integer < 0 ? 0 - (uint64_t)integer : (uint64_t)integer;
    *value = (parse_value){.class_ = parse_double_holds(magnitude) ? PARSE_INT : PARSE_INT_INEXACT,
                           .integer = integer,
                           .number = (double)integer};
}

/* Returns how many elements the text of a list seems to have. */
static uint64_t count_elements(const ing_cell *cell)
{
    uint64_t n = cell->n > 2;
    for (size_t i = 0; i < cell->n; i++)
        n += cell->s[i] == ',';
    return n;
}

static void sample_field(const sampler *s, uint32_t index, size_t record)
{
    ing_column *c = &s->schema->columns[s->columns != NULL ? s->columns[index] : index];
    const ing_cell cell = cell_of(s, c, record);
    if (cell.null || cell.quoted_empty) {
        c->sample.nulls = true;
        return;
    }
    if (s->columns == NULL && !c->asked.of_file) {
        parse_value value;
        classify(&cell, &s->text->numbers, &value);
        ing_facts_add(&c->result.facts, &value, cell.s, cell.n, s->row + record);
        if (s->schema->forms.n != 0 && !c->asked.forced)
            sample_forms(&s->schema->forms, c, &cell, s->row + record);
    }
    c->sample.values++;
    if (c->asked.type.type == FMT_LIST)
        c->sample.elements += count_elements(&cell);
    uint32_t times = times_seen(s, index, (uint32_t)fmt_hash(cell.s, cell.n));
    c->sample.once += (times == 1) - (uint64_t)(times == 2);
    c->sample.twice += (times == 2) - (uint64_t)(times == 3);
    if (times == 1) {
        c->sample.distinct++;
        c->sample.bytes += cell.n;
    }
}

/* Samples a thread's share of the columns, one column after the other: the sets of all may be too
 * large for a cache. */
static void sample_columns(void *arg, uint32_t thread)
{
    const sampler *s = arg;
    const uint64_t n = s->n_columns;
    for (uint64_t c = n * thread / s->threads; c < n * (thread + 1) / s->threads; c++)
        for (size_t r = 0; r < s->records; r++)
            sample_field(s, (uint32_t)c, r);
}

static void sample_batch(sampler *s, const ing_record_batch *batch, size_t records)
{
    const uint64_t useful = records * s->n_columns / FIELDS_A_THREAD + 1;
    s->batch = batch;
    s->records = records;
    s->threads = s->limits->threads < useful ? s->limits->threads : (uint32_t)useful;
    sys_parallel(s->threads, sample_columns, s);
}

static shmcol_status sample_places(sampler *s, size_t records, uint64_t places, shmcol_error *err)
{
    const ing_text *text = s->text;
    ing_reader reader;
    ing_result result =
        ing_reader_init(&reader, text, s->limits, s->control) ? ING_DONE : ING_NO_MEMORY;
    for (uint64_t p = 0; p < places && result == ING_DONE; p++) {
        uint64_t block = p * text->n_blocks / places;
        size_t left = records / (size_t)places + 1;
        s->row = block * text->block_rows;
        ing_reader_seek(&reader, text->starts[block], text->starts[block + 1], UINT64_MAX);
        while (left != 0 && result == ING_DONE) {
            ing_record_batch batch;
            result = ing_reader_next(&reader, &batch, err);
            const size_t some = result != ING_DONE     ? 0
                                : batch.records < left ? batch.records
                                                       : left;
            if (some != 0)
                sample_batch(s, &batch, some);
            s->row += some;
            left -= some;
        }
        if (result == ING_END)
            result = ING_DONE;
    }
    ing_reader_free(&reader);
    s->control->needs_diagnosis |= result == ING_NEEDS_DIAGNOSIS;
    if (result == ING_NO_MEMORY)
        return shm_fail_memory(err);
    return result == ING_FAILED ? err ? err->status : SHMCOL_ERR_IO : SHMCOL_OK;
}

/* Samples `records` records at `places` places. Returns IO, CHANGED, NO_MEMORY. */
static shmcol_status sample_records(sampler *s, size_t records, uint64_t places, shmcol_error *err)
{
    places = s->text->n_blocks < places ? s->text->n_blocks : places;
    for (s->slots = 16; s->slots < (records + places) * 2;)
        s->slots *= 2;
    const size_t size = ((size_t)s->n_columns * s->slots + 1) * sizeof *s->seen;
    s->seen = malloc(size);
    if (s->seen == NULL)
        return shm_fail_memory(err);
    /* Not calloc: a page that is read before it is written costs a second fault, and an interrupt
     * of the other threads. */
    memset(s->seen, 0, size);
    shmcol_status status = sample_places(s, records, places, err);
    free(s->seen);
    return status;
}

/* Returns true if the dictionary may be larger than in the sample by more than CLOSER_BYTES. */
static bool is_uncertain(const ing_column *c, uint64_t rows)
{
    uint64_t unseen = ing_expected_distinct(&c->sample, rows) - c->sample.distinct;
    return c->target.kind == ING_DICTIONARY &&
           unseen * (8 + c->sample.bytes / (c->sample.distinct + 1)) > CLOSER_BYTES;
}

static shmcol_status sample_closer(const sampler *first, shmcol_error *err)
{
    uint32_t columns[CLOSER_COLUMNS];
    ing_schema *schema = first->schema;
    const uint64_t rows = first->text->rows;
    sampler s = {.schema = schema,
                 .text = first->text,
                 .limits = first->limits,
                 .control = first->control,
                 .columns = columns};
    for (uint32_t i = 0; i < schema->n_columns && rows >= CLOSER_ROWS; i++) {
        if (!is_uncertain(&schema->columns[i], rows))
            continue;
        if (s.n_columns == CLOSER_COLUMNS)
            return SHMCOL_OK;
        columns[s.n_columns++] = i;
    }
    if (s.n_columns == 0 ||
        (uint64_t)CLOSER_RECORDS * 4 * sizeof *s.seen * s.n_columns > first->limits->memory / 16)
        return SHMCOL_OK;
    for (uint32_t i = 0; i < s.n_columns; i++) {
        ing_column *c = &schema->columns[columns[i]];
        c->sample.values = c->sample.distinct = c->sample.bytes = c->sample.once = c->sample.twice =
            0;
    }
    return sample_records(&s, CLOSER_RECORDS, CLOSER_PLACES, err);
}

shmcol_status ing_sample(ing_schema *schema, const ing_text *text, const ing_limits *limits,
                         ing_control *control, shmcol_error *err)
{
    sampler s = {.schema = schema,
                 .text = text,
                 .limits = limits,
                 .control = control,
                 .n_columns = schema->n_columns};
    size_t records = SAMPLE_FIELDS / schema->n_fields;
    records = records < SAMPLE_LEAST     ? SAMPLE_LEAST
              : records > SAMPLE_RECORDS ? SAMPLE_RECORDS
                                         : records;
    uint64_t places =
        records / SAMPLE_AT_A_PLACE < SAMPLE_PLACES ? records / SAMPLE_AT_A_PLACE : SAMPLE_PLACES;
    while (records > 8 &&
           (records + places) * 4 * sizeof *s.seen * schema->n_columns > limits->memory / 16)
        records /= 2;
    shmcol_status status = sample_records(&s, records, places, err);
    for (uint32_t i = 0; status == SHMCOL_OK && i < schema->n_columns; i++) {
        ing_column *c = &schema->columns[i];
        if (!c->asked.forced && !ing_choose_form(&schema->forms, c))
            c->target.type = ing_resolve(&c->result.facts);
        ing_choose_kind(&schema->forms, c, text->rows);
        ing_facts_recount(&c->result.facts); /* the sample's records are read again */
    }
    return status == SHMCOL_OK ? sample_closer(&s, err) : status;
}
