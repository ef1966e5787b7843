/* The table for the sink: guessed before the passes, final after them. */
#include <stdlib.h>
#include <string.h>

#include "format/types.h"
#include "ingest/ingest.h"

#define CSV_RULES 1u /* the version of spec/csv.md */

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
    out->precision = c->target.type.precision;
    out->scale = c->target.type.scale;
    out->width = c->target.kind == ING_DICTIONARY ? c->result.codes_width : 0;
    out->null_count = c->result.null_count;
    out->zones = fmt_type_has_zones(out->type) ? c->result.zones : NULL;
    out->dictionary = c->target.kind == ING_DICTIONARY ? c->result.dictionary : UINT32_MAX;
    out->regions[0] = c->result.null_count ? c->result.validity : SINK_NONE;
    out->regions[1] = c->target.kind == ING_DICTIONARY ? c->result.codes : c->result.values;
    out->element = c->target.type.element;
    for (uint32_t i = 0; i < ING_STREAMS; i++) {
        out->regions[2 + i] = i < ing_streams(&c->target) ? c->result.streams[i] : SINK_NONE;
        out->lengths[2 + i] = ing_stream_length(c, i);
    }
    out->lengths[0] = c->result.null_count ? (job->text.rows + 7) / 8 : 0;
    out->lengths[1] = c->target.kind == ING_DICTIONARY ? job->text.rows * c->result.codes_width
                      : ing_streams(&c->target) != 0   ? (job->text.rows + 1) * 8
                                                       : job->text.rows * c->target.width;
}

/* Tells whether a column that is done is ascending (F-23): of strings the passes have found it out.
 * The codes of a dictionary are the ranks of its strings. */
static bool ascends(const ing_job *job, const ing_column *c)
{
    const uint16_t type = c->target.kind == ING_DICTIONARY ? FMT_DICTIONARY : c->target.type.type;
    if (atomic_load(&c->result.descends))
        return false;
    return c->target.kind == ING_STRING ||
           (fmt_type_has_zones(type) &&
            fmt_zones_ascend(c->result.zones, fmt_zone_count(job->text.rows), type));
}

/* Describes the table to the sink, but for the dictionaries, which the caller fills in. Returns
 * false if there is no memory. Free it with free_table. */
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

/* Guesses the elements of a list column and opens the regions for them. */
static shmcol_status guess_list(const ing_job *job, ing_column *c, shmcol_error *err)
{
    const double values = c->sample.values != 0 ? (double)c->sample.values : 1;
    const double elements = (double)c->sample.elements / values * (double)job->text.rows;
    shmcol_status status = SHMCOL_OK;
    c->result.next[0] = (uint64_t)elements * ing_offset_unit(&c->target);
    if (ing_streams(&c->target) == 2 && c->sample.distinct != 0)
        c->result.next[1] = c->sample.bytes / c->sample.distinct * job->text.rows;
    for (uint32_t i = 0; status == SHMCOL_OK && i < ing_streams(&c->target); i++)
        status = sink_region_new(job->output.sink, &c->result.streams[i], err);
    return status;
}

/* Guesses one column for sink_guess_offsets and opens the regions that it will probably have. */
static shmcol_status guess_column(ing_job *job, ing_column *c, sink_table *t, shmcol_error *err)
{
    sink *to = job->output.sink;
    shmcol_status status = SHMCOL_OK;
    c->result.null_count = c->sample.nulls;
    if (c->sample.nulls)
        status = sink_region_new(to, &c->result.validity, err);
    if (status != SHMCOL_OK)
        return status;
    if (c->target.kind == ING_DICTIONARY) {
        sink_dictionary *d = &t->dictionaries[c->result.dictionary];
        d->length = ing_expected_distinct(&c->sample, job->text.rows);
        c->result.codes_width = ing_codes_width(c, d->length);
        d->sorted = true;
        d->offsets = d->bytes = SINK_NONE;
        d->offsets_length = (d->length + 1) * 8;
        d->bytes_length = c->sample.distinct != 0
                              ? (uint64_t)((double)c->sample.bytes / (double)c->sample.distinct *
                                           (double)d->length)
                              : 0;
        return sink_region_new(to, &c->result.codes, err);
    }
    if (c->target.kind == ING_LIST) {
        status = guess_list(job, c, err);
        if (status != SHMCOL_OK)
            return status;
    }
    if (c->target.kind == ING_STRING && c->sample.distinct != 0) {
        /* Only the bytes of the first string column begin at the guessed offset whatever their
         * length. With one string column that is all of them. */
        c->result.next[0] = c->sample.bytes / c->sample.distinct * job->text.rows;
        status = sink_region_new(to, &c->result.streams[0], err);
        if (status != SHMCOL_OK)
            return status;
    }
    return sink_region_new(to, &c->result.values, err);
}

shmcol_status ing_guess_offsets(ing_job *job, shmcol_error *err)
{
    sink_table t;
    shmcol_status status = SHMCOL_OK;
    if (!make_table(job, &t)) {
        status = shm_fail_memory(err);
        goto done;
    }
    for (uint32_t i = 0; i < job->schema.n_columns; i++) {
        status = guess_column(job, &job->schema.columns[i], &t, err);
        if (status != SHMCOL_OK)
            goto done;
        describe_column(job, &job->schema.columns[i], &t.columns[i]);
    }
    status = sink_guess_offsets(job->output.sink, &t, err);
done:
    free_table(&t);
    return status;
}

/* Reports all bytes as done: all text is read. The remaining work (checksums, compression) is not
 * counted, but it can be cancelled. */
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
    shmcol_status status = SHMCOL_OK;
    if (!make_table(job, &t)) {
        status = shm_fail_memory(err);
        goto done;
    }
    for (uint32_t i = 0; i < job->schema.n_columns; i++) {
        ing_column *c = &job->schema.columns[i];
        if (c->target.kind == ING_DICTIONARY)
            t.dictionaries[c->result.dictionary] = c->result.made;
        describe_column(job, c, &t.columns[i]);
        t.columns[i].ascending = ascends(job, c);
    }
    status = sink_complete(job->output.sink, &t, job->control.progress != NULL ? go_on : NULL,
                           &job->control, result, err);
    if (status != SHMCOL_OK)
        job->output.sink = NULL;
done:
    free_table(&t);
    return status;
}
