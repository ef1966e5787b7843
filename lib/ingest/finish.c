/* Dictionaries with their final codes, the table, the file. */
#include <stdlib.h>
#include <string.h>

#include "format/types.h"
#include "ingest/ingest.h"

#define CSV_RULES 1u /* the version of spec/csv.md */

/* ---- a dictionary column ---- */

typedef struct recoder {
    ing_job *job;
    ing_column *column;
    const uint32_t *rank; /* of a provisional code */
    uint32_t width;
    _Atomic uint64_t next; /* zone */
} recoder;

static void recode(const recoder *k, const void *provisional, const uint8_t *validity, size_t rows,
                   void *out)
{
    for (size_t i = 0; i < rows; i++) {
        uint32_t code = k->column->target.width == 2 ? ((const uint16_t *)provisional)[i]
                                                     : ((const uint32_t *)provisional)[i];
        uint32_t rank = validity == NULL || (validity[i >> 3] >> (i & 7) & 1)
                            ? k->rank[code]
                            : 0; /* F-24: a null's code is 0 */
        if (k->width == 1)
            ((int8_t *)out)[i] = (int8_t)rank;
        else if (k->width == 2)
            ((int16_t *)out)[i] = (int16_t)rank;
        else
            ((int32_t *)out)[i] = (int32_t)rank;
    }
}

/* One zone a column: then threads take columns instead of zones. */
static bool is_short(const ing_job *job)
{
    return job->text.rows <= FMT_ZONE_ROWS;
}

static bool zone_has_nulls(const ing_job *job, const ing_column *c, uint64_t zone)
{
    uint64_t per_zone = FMT_ZONE_ROWS / job->text.block_rows;
    for (uint64_t b = zone * per_zone; b < (zone + 1) * per_zone && b < job->text.n_blocks; b++)
        if (c->result.null_blocks[b])
            return true;
    return false;
}

/* Workers take zones: provisional codes in, final ones out. */
static void recode_worker(void *arg, uint32_t thread)
{
    recoder *k = arg;
    ing_job *job = k->job;
    ing_column *c = k->column;
    shmcol_error err = SHMCOL_ERROR_INIT;
    const size_t most = job->text.rows < FMT_ZONE_ROWS ? (size_t)job->text.rows + 1 : FMT_ZONE_ROWS;
    uint8_t *in = malloc(most * 4), *out = malloc(most * 4), *validity = malloc(most / 8 + 1);
    (void)thread;
    if (in == NULL || out == NULL || validity == NULL) {
        shm_fail_memory(&err);
        ing_stop_failed(&job->control, &err);
    }
    while (!ing_stops(&job->control)) {
        uint64_t zone = atomic_fetch_add(&k->next, 1), row = zone * FMT_ZONE_ROWS;
        if (row >= job->text.rows)
            break;
        size_t rows =
            job->text.rows - row < FMT_ZONE_ROWS ? (size_t)(job->text.rows - row) : FMT_ZONE_ROWS;
        const uint8_t *bits = zone_has_nulls(job, c, zone) ? validity : NULL;
        shmcol_status status = sink_read(job->output.sink, c->result.values, row * c->target.width,
                                         in, rows * c->target.width, &err);
        if (status == SHMCOL_OK && bits != NULL)
            status = sink_read(job->output.sink, c->result.validity, row / 8, validity,
                               (rows + 7) / 8, &err);
        if (status == SHMCOL_OK) {
            recode(k, in, bits, rows, out);
            fmt_zone_init(&c->result.zones[zone]);
            fmt_zone_values(&c->result.zones[zone], FMT_DICTIONARY, k->width, out, rows, bits);
            status = sink_write(job->output.sink, c->result.codes, row * k->width, out,
                                rows * k->width, &err);
        }
        if (status)
            ing_stop_failed(&job->control, &err);
    }
    free(in);
    free(out);
    free(validity);
}

static shmcol_status write_dictionary(ing_job *job, const ing_key *const *keys, uint64_t n,
                                      sink_dictionary *d, shmcol_error *err)
{
    uint64_t bytes = 0;
    int64_t *offsets = malloc((n + 1) * sizeof *offsets);
    if (offsets == NULL)
        return shm_fail_memory(err);
    offsets[0] = 0;
    for (uint64_t i = 0; i < n; i++)
        offsets[i + 1] = (int64_t)(bytes += keys[i]->length);
    char *text = malloc(bytes + 1);
    shmcol_status status = text == NULL ? shm_fail_memory(err) : SHMCOL_OK;
    for (uint64_t i = 0; status == SHMCOL_OK && i < n; i++)
        memcpy(text + offsets[i], keys[i]->text, keys[i]->length);
    if (status == SHMCOL_OK)
        status = sink_region_new(job->output.sink, &d->offsets, err);
    if (status == SHMCOL_OK)
        status = sink_region_new(job->output.sink, &d->bytes, err);
    if (status == SHMCOL_OK)
        status = sink_write(job->output.sink, d->offsets, 0, offsets, (n + 1) * 8, err);
    if (status == SHMCOL_OK && bytes != 0)
        status = sink_write(job->output.sink, d->bytes, 0, text, bytes, err);
    d->length = n;
    d->sorted = true;
    d->offsets_length = (n + 1) * 8;
    d->bytes_length = bytes;
    free(offsets);
    free(text);
    return status;
}

static shmcol_status finish_dictionary(ing_job *job, ing_column *c, shmcol_error *err)
{
    uint64_t n = ing_distinct_count(c->target.set);
    const ing_key *const *keys = ing_distinct_sort(c->target.set);
    uint32_t *rank = calloc(n + 1, sizeof *rank);
    shmcol_status status = rank == NULL ? shm_fail_memory(err) : SHMCOL_OK;
    for (uint64_t i = 0; status == SHMCOL_OK && i < n; i++)
        rank[keys[i]->code] = (uint32_t)i;
    recoder k = {job, c, rank, fmt_code_width(n), 0};
    if (status == SHMCOL_OK && c->result.codes_width != k.width) {
        if (c->result.codes != SINK_NONE)
            sink_drop(job->output.sink, c->result.codes);
        c->result.codes_width = k.width;
        status = sink_region_new(job->output.sink, &c->result.codes, err);
    }
    if (status == SHMCOL_OK) {
        sys_parallel(is_short(job) ? 1 : job->limits.threads, recode_worker, &k);
        status = ing_stopped(&job->control, err);
    }
    free(rank);
    if (status == SHMCOL_OK)
        status = write_dictionary(job, keys, n, &c->result.made, err);
    sink_drop(job->output.sink, c->result.values);
    c->result.values = SINK_NONE;
    return status;
}

static void settle_worker(void *arg, uint32_t thread)
{
    ing_job *job = arg;
    shmcol_error err = SHMCOL_ERROR_INIT;
    (void)thread;
    while (!ing_stops(&job->control)) {
        uint64_t i = ing_claim(&job->control, 1);
        if (i >= job->schema.n_columns)
            break;
        ing_column *c = &job->schema.columns[i];
        if (c->target.kind != ING_DICTIONARY || c->target.pending || c->target.set == NULL)
            continue;
        if (job->output.sink != NULL && finish_dictionary(job, c, &err) != SHMCOL_OK)
            ing_stop_failed(&job->control, &err);
        ing_distinct_free(c->target.set);
        c->target.set = NULL;
    }
}

shmcol_status ing_settle_dictionaries(ing_job *job, shmcol_error *err)
{
    ing_claims_begin(&job->control);
    sys_parallel(is_short(job) ? job->limits.threads : 1, settle_worker, job);
    return ing_stopped(&job->control, err);
}

/* ---- the table ---- */

static void describe_column(const ing_job *job, const ing_column *c, sink_column *out)
{
    memset(out, 0, sizeof *out);
    out->name = c->asked.name;
    out->name_length = c->asked.name_length;
    out->type = c->target.kind == ING_DICTIONARY ? FMT_DICTIONARY : c->target.type.type;
    out->nullable = true; /* C-53 */
    out->unit = c->target.type.unit;
    out->zone = c->target.type.zone[0] ? c->target.type.zone : NULL;
    out->width = c->target.kind == ING_DICTIONARY ? c->result.codes_width : 0;
    out->null_count = c->result.null_count;
    out->zones = c->result.zones;
    out->dictionary = c->target.kind == ING_DICTIONARY ? c->result.dictionary : UINT32_MAX;
    out->regions[0] = c->result.null_count ? c->result.validity : SINK_NONE;
    out->regions[1] = c->target.kind == ING_DICTIONARY ? c->result.codes : c->result.values;
    out->regions[2] = c->target.kind == ING_STRING ? c->result.bytes : SINK_NONE;
    out->lengths[0] = c->result.null_count ? (job->text.rows + 7) / 8 : 0;
    out->lengths[1] = c->target.kind == ING_DICTIONARY ? job->text.rows * c->result.codes_width
                      : c->target.kind == ING_STRING   ? (job->text.rows + 1) * 8
                                                       : job->text.rows * c->target.width;
    out->lengths[2] = c->target.kind == ING_STRING ? c->result.next_byte : 0;
}

/* The table as the columns say it is; dictionaries are filled in by the caller. To be freed by
 * free_table. */
static bool make_table(ing_job *job, sink_table *t)
{
    memset(t, 0, sizeof *t);
    t->rows = job->text.rows;
    t->n_columns = job->schema.n_columns;
    t->metadata = job->output.metadata;
    t->metadata_count = job->output.metadata_count;
    t->csv_rules = CSV_RULES;
    for (uint32_t i = 0; i < job->schema.n_columns; i++)
        if (job->schema.columns[i].target.kind == ING_DICTIONARY)
            job->schema.columns[i].result.dictionary = t->n_dictionaries++;
    t->columns = calloc(t->n_columns + 1u, sizeof *t->columns);
    t->dictionaries = calloc(t->n_dictionaries + 1u, sizeof *t->dictionaries);
    return t->columns != NULL && t->dictionaries != NULL;
}

static void free_table(sink_table *t)
{
    free(t->columns);
    free(t->dictionaries);
}

/* The guess of one column for sink_guess_offsets: opens the streams it will probably have. */
static shmcol_status guess_column(ing_job *job, ing_column *c, sink_table *t, shmcol_error *err)
{
    shmcol_status status = SHMCOL_OK;
    c->result.null_count = c->sample.nulls;
    if (c->sample.nulls)
        status = sink_region_new(job->output.sink, &c->result.validity, err);
    if (status == SHMCOL_OK && c->target.kind == ING_DICTIONARY) {
        sink_dictionary *d = &t->dictionaries[c->result.dictionary];
        d->length = ing_expected_distinct(job, c);
        c->result.codes_width = fmt_code_width(d->length);
        d->sorted = true;
        d->offsets = d->bytes = SINK_NONE;
        d->offsets_length = (d->length + 1) * 8;
        d->bytes_length = c->sample.distinct != 0
                              ? (uint64_t)((double)c->sample.bytes / (double)c->sample.distinct *
                                           (double)d->length)
                              : 0;
        return sink_region_new(job->output.sink, &c->result.codes, err);
    }
    if (status == SHMCOL_OK && c->target.kind == ING_STRING && c->sample.distinct != 0) {
        /* Only the first string column's bytes begin where the guess says whatever their length:
         * with one such column that is all of them.
         */
        c->result.next_byte = c->sample.bytes / c->sample.distinct * job->text.rows;
        status = sink_region_new(job->output.sink, &c->result.bytes, err);
    }
    return status == SHMCOL_OK ? sink_region_new(job->output.sink, &c->result.values, err) : status;
}

shmcol_status ing_place(ing_job *job, shmcol_error *err)
{
    sink_table t;
    shmcol_status status = make_table(job, &t) ? SHMCOL_OK : shm_fail_memory(err);
    for (uint32_t i = 0; status == SHMCOL_OK && i < job->schema.n_columns; i++) {
        status = guess_column(job, &job->schema.columns[i], &t, err);
        describe_column(job, &job->schema.columns[i], &t.columns[i]);
    }
    if (status == SHMCOL_OK)
        status = sink_guess_offsets(job->output.sink, &t, err);
    free_table(&t);
    return status;
}

/* All text is read: what is left (checksums, compression) has no part in the bytes that are told,
 * but can be cancelled. */
static int go_on(void *arg, uint64_t done, uint64_t total)
{
    ing_control *control = arg;
    (void)done;
    (void)total;
    return control->progress(control->progress_arg, control->text_bytes, control->text_bytes);
}

shmcol_status ing_complete(ing_job *job, sink_result *result, shmcol_error *err)
{
    sink_table t;
    shmcol_status status = make_table(job, &t) ? SHMCOL_OK : shm_fail_memory(err);
    for (uint32_t i = 0; status == SHMCOL_OK && i < job->schema.n_columns; i++) {
        ing_column *c = &job->schema.columns[i];
        if (c->target.kind == ING_DICTIONARY)
            t.dictionaries[c->result.dictionary] = c->result.made;
        describe_column(job, c, &t.columns[i]);
    }
    if (status == SHMCOL_OK) {
        status = sink_complete(job->output.sink, &t, job->control.progress != NULL ? go_on : NULL,
                               &job->control, result, err);
        if (status != SHMCOL_OK)
            job->output.sink = NULL;
    }
    free_table(&t);
    return status;
}
