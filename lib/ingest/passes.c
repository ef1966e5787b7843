/* Decides after each pass which columns are read again: a column whose type was guessed wrong
 * (C-50), or a string column whose other form, plain or dictionary, is smaller (C-60). */
#include <stdlib.h>

#include "ingest/ingest.h"
#include "secret.h"

/* Returns true if a dictionary is possible but unlikely, so that an estimate can rule it out. */
static bool needs_estimate_only(const ing_job *job, const ing_column *c)
{
    return c->target.kind == ING_STRING && c->asked.dictionary_mode == SHMCOL_DICTIONARY_AUTO &&
           !c->target.estimated && c->sample.distinct != 0 &&
           job->text.rows > FMT_DICTIONARY_VALUES_MAX;
}

static shmcol_status open_sets(ing_job *job, shmcol_error *err)
{
    const uint64_t secret = shm_secret();
    for (uint32_t i = 0; i < job->schema.n_columns; i++) {
        ing_column *c = &job->schema.columns[i];
        bool always = c->asked.dictionary_mode == SHMCOL_DICTIONARY_ALWAYS;
        if (!c->target.active || c->target.type.type != FMT_STRING ||
            c->asked.dictionary_mode == SHMCOL_DICTIONARY_NEVER)
            continue;
        if (needs_estimate_only(job, c)) {
            if ((c->target.estimate = ing_estimate_new(job->text.rows, job->limits.threads)) ==
                NULL)
                return shm_fail_memory(err);
            continue;
        }
        c->target.set = ing_distinct_new(always ? INT32_MAX : FMT_DICTIONARY_VALUES_MAX,
                                         always ? UINT64_MAX : FMT_DICTIONARY_BYTES_MAX,
                                         &job->schema.set_memory, job->limits.dictionaries, secret);
        if (c->target.set == NULL)
            return shm_fail_memory(err);
    }
    return SHMCOL_OK;
}

static void drop_regions(ing_job *job, ing_column *c)
{
    sink_region *regions[] = {&c->result.values, &c->result.validity, &c->result.codes,
                              &c->result.streams[0], &c->result.streams[1]};
    for (size_t i = 0; i < sizeof regions / sizeof *regions; i++)
        if (*regions[i] != SINK_NONE) {
            if (job->output.sink != NULL)
                sink_drop(job->output.sink, *regions[i]);
            *regions[i] = SINK_NONE;
        }
    c->result.codes_width = 0;
}

/* Sets the column's type by the forms for all columns (C-79) after a pass that read it by one of
 * them. If it takes none, C-50 has to decide, and the facts for that are as the sample left them.
 * Returns true if the column has to be read again. */
static bool decide_form(ing_job *job, ing_column *c)
{
    const ing_form *form = c->target.form;
    const ing_type type = c->target.type;
    const bool any = c->result.null_count != job->text.rows;
    if (any && ing_choose_form(&job->schema.forms, c) && c->target.form == form &&
        ing_same_type(&type, &c->target.type))
        return false;
    if (!any)
        c->target.form = NULL;
    if (c->target.form == NULL)
        c->target.type = ing_resolve(&c->result.facts);
    ing_choose_kind(&job->schema.forms, c, job->text.rows);
    return true;
}

/* Sets the unit of a time of any unit (C-75). Returns true if the column has to be read again. */
static bool decide_unit(ing_job *job, ing_column *c)
{
    const uint8_t unit = (uint8_t)(c->result.form_facts.digits / 3);
    const bool again = unit != c->target.type.unit;
    c->target.type = (ing_type){.type = unit < 2 ? FMT_TIME32 : FMT_TIME64, .unit = unit};
    ing_choose_kind(&job->schema.forms, c, job->text.rows);
    return again;
}

/* Sets the column's type by C-50. Returns true if the column has to be read again as that type. */
static bool decide_type(ing_job *job, ing_column *c)
{
    if (c->asked.any_unit)
        return decide_unit(job, c);
    if (c->asked.forced)
        return false;
    if (c->target.form != NULL)
        return decide_form(job, c);
    c->target.first_text_known = true;
    ing_type type = ing_resolve(&c->result.facts);
    if (ing_same_type(&type, &c->target.type)) {
        c->target.type = type; /* the time zone may have become UTC */
        return false;
    }
    c->target.type = type;
    ing_choose_kind(&job->schema.forms, c, job->text.rows);
    return true;
}

/* Decides by the estimate, which counts at most what there is: if a dictionary of so few values
 * does not pay, none does. If it would pay, the column is read again as a dictionary. Returns true
 * in that case. */
static bool decide_by_estimate(ing_job *job, ing_column *c)
{
    const ing_estimate *t = c->target.estimate;
    if (ing_estimate_full(t) || atomic_load(&t->count) > job->most_words ||
        !fmt_dictionary_pays(job->text.rows, atomic_load(&t->count), atomic_load(&t->bytes),
                             c->result.text_bytes))
        return false;
    c->target.estimated = true;
    c->target.kind = ING_DICTIONARY;
    c->target.width = 2;
    return true;
}

/* Decides by the set whether the column becomes a dictionary or plain strings (C-60). Returns true
 * if it has to be read again. *out_of_memory becomes true if the set lacked memory, so that it does
 * not answer. */
static bool decide_dictionary(ing_job *job, ing_column *c, bool *out_of_memory)
{
    if (c->target.estimate != NULL)
        return decide_by_estimate(job, c);
    *out_of_memory = c->target.set != NULL && ing_distinct_out_of_memory(c->target.set);
    if (c->target.set == NULL || *out_of_memory ||
        c->asked.dictionary_mode != SHMCOL_DICTIONARY_AUTO)
        return *out_of_memory;
    bool pays = !ing_distinct_full(c->target.set) &&
                ing_distinct_count(c->target.set) <= job->most_words &&
                fmt_dictionary_pays(job->text.rows, ing_distinct_count(c->target.set),
                                    ing_distinct_bytes(c->target.set), c->result.text_bytes);
    if (pays == (c->target.kind == ING_DICTIONARY))
        return false;
    c->target.kind = pays ? ING_DICTIONARY : ING_STRING;
    c->target.width = pays ? 2 : 8;
    return true;
}

/* Decides, after a pass, which of its columns are done. Returns how many of them lacked memory for
 * their dictionaries. */
static uint32_t decide(ing_job *job)
{
    uint32_t n_out_of_memory = 0;
    for (uint32_t i = 0; i < job->schema.n_columns; i++) {
        ing_column *c = &job->schema.columns[i];
        bool out_of_memory = false;
        if (!c->target.active)
            continue;
        c->target.needs_pass = decide_type(job, c) || decide_dictionary(job, c, &out_of_memory);
        n_out_of_memory += out_of_memory;
        if (c->target.needs_pass)
            drop_regions(job, c);
        c->result.distinct = c->target.kind == ING_DICTIONARY && c->target.set != NULL
                                 ? ing_distinct_count(c->target.set)
                                 : 0;
        c->result.distinct_bytes = c->result.distinct ? ing_distinct_bytes(c->target.set) : 0;
        free(c->target.estimate);
        c->target.estimate = NULL;
        if (c->target.needs_pass || c->target.kind != ING_DICTIONARY) {
            ing_distinct_free(c->target.set);
            c->target.set = NULL;
        }
    }
    return n_out_of_memory;
}

static shmcol_status too_many_values(ing_job *job, shmcol_error *err)
{
    uint32_t i = 0;
    while (!job->schema.columns[i].target.active)
        i++;
    shm_fail(err, SHMCOL_ERR_MEMORY_BOUND, "C-60",
             "the dictionary of column \"%.200s\" does not fit the memory bound",
             job->schema.columns[i].asked.name);
    shm_error_hint(err, "raise --memory, or let the dictionary be automatic");
    shm_error_column(err, i);
    return SHMCOL_ERR_MEMORY_BOUND;
}

/* Returns the memory that the column's set will probably take, from the sample. */
static uint64_t guess_set(const ing_job *job, const ing_column *c)
{
    if (c->target.type.type != FMT_STRING || c->asked.dictionary_mode == SHMCOL_DICTIONARY_NEVER ||
        c->sample.distinct == 0)
        return 0;
    if (needs_estimate_only(job, c))
        return ING_ESTIMATE_MEMORY;
    bool always = c->asked.dictionary_mode == SHMCOL_DICTIONARY_ALWAYS,
         many = c->sample.distinct * 2 > c->sample.values;
    uint64_t values = many ? job->text.rows : c->sample.distinct * 2;
    if (!always && values > FMT_DICTIONARY_VALUES_MAX)
        values = FMT_DICTIONARY_VALUES_MAX;
    uint64_t bytes = c->sample.bytes / c->sample.distinct * values;
    return values * ING_DISTINCT_KEY_MEMORY +
           (always || bytes < FMT_DICTIONARY_BYTES_MAX ? bytes : FMT_DICTIONARY_BYTES_MAX);
}

/* Makes the first columns that need a pass active: as many as have memory for their sets, at least
 * one, at most `most`. Returns their number. */
static uint32_t activate(ing_job *job, uint32_t most)
{
    uint32_t n = 0;
    /* Sets may take an eighth more than they need (distinct.c). */
    uint64_t room = job->limits.dictionaries - job->limits.dictionaries / 8;
    for (uint32_t i = 0; i < job->schema.n_columns; i++) {
        ing_column *c = &job->schema.columns[i];
        uint64_t need = c->target.needs_pass ? guess_set(job, c) : 0;
        c->target.active = c->target.needs_pass && n < most && (need <= room || n == 0);
        if (!c->target.active)
            continue;
        room -= need < room ? need : room;
        n++;
    }
    return n;
}

/* Reads fewer columns at a time if dictionaries in the making lack memory. */
shmcol_status ing_run_passes(ing_job *job, shmcol_error *err)
{
    uint32_t most = UINT32_MAX, active;
    for (uint32_t i = 0; i < job->schema.n_columns; i++)
        job->schema.columns[i].target.needs_pass = true;
    while ((active = activate(job, most)) != 0) {
        shmcol_status status = open_sets(job, err);
        if (status != SHMCOL_OK)
            return status;
        status =
            ing_read_rows(&job->text, &job->schema, &job->output, &job->limits, &job->control, err);
        if (status != SHMCOL_OK || job->control.needs_diagnosis)
            return status;
        uint32_t out_of_memory = decide(job);
        if (out_of_memory != 0 && active == 1)
            return too_many_values(job, err);
        if (out_of_memory != 0)
            most = out_of_memory > 1 ? out_of_memory / 2 : 1;
        status = ing_finish_dictionaries(&job->text, &job->schema, &job->output, &job->limits, err);
        if (status != SHMCOL_OK)
            return status;
    }
    return SHMCOL_OK;
}
