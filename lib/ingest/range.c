/* Finds the records that are kept, if some at the beginning or the end are not (C-93), and cuts the
 * inputs to them. */
#include "ingest/ingest.h"

typedef struct ranger {
    ing_job *job;
    uint64_t skip, limit; /* records still to be left out; still to be kept */
    uint64_t seen;
    bool refuses; /* records with an error are left out and do not count (C-17) */
} ranger;

/* Checks a left-out record by sections 1 and 2. Returns its error, and IO, CHANGED, NO_MEMORY. */
static shmcol_status leave_out_record(ranger *r, const ing_input *input, ing_verbatim *verbatim,
                                      const ing_record *record, shmcol_error *err)
{
    ing_job *job = r->job;
    shmcol_error local = SHMCOL_ERROR_INIT;
    shmcol_status status = ing_check_record(&job->text, NULL, input, record, input->layout, &local);
    if (status != SHMCOL_OK && r->refuses && status != SHMCOL_ERR_NO_MEMORY && !record->cut) {
        status = ing_refuse(job, verbatim, record, &local, err);
        return status == SHMCOL_OK ? ing_progress_record(&job->control, &r->seen, err) : status;
    }
    if (status != SHMCOL_OK) {
        shm_error_copy(err, &local);
        return status;
    }
    if (!record->skipped) {
        r->skip--;
        job->left_out++;
    }
    return ing_progress_record(&job->control, &r->seen, err);
}

/* Moves the begin of an input behind the records that are left out. */
static shmcol_status leave_out(ranger *r, ing_input *input, shmcol_error *err)
{
    ing_job *job = r->job;
    ing_verbatim verbatim = {0};
    ing_records records;
    ing_record record;
    shmcol_status status = r->refuses && input->original_fd >= 0
                               ? ing_verbatim_begin(&verbatim, &job->text, input, err)
                               : SHMCOL_OK;
    ing_records_begin(&records, input, &input->layout->dialect, input->begin, input->end,
                      job->limits.record);
    while (status == SHMCOL_OK && r->skip != 0 &&
           (status = ing_records_next(&records, &record, err)) == SHMCOL_OK && record.length != 0) {
        status = leave_out_record(r, input, &verbatim, &record, err);
        input->begin = record.offset + record.length;
    }
    ing_records_end(&records);
    ing_verbatim_end(&verbatim);
    return status;
}

/* Returns true if a record counts for the limit. A record that is cut by the memory bound ends the
 * conversion later. */
static bool counts(const ranger *r, const ing_input *input, const ing_record *record)
{
    const ing_job *job = r->job;
    return !record->skipped &&
           (!r->refuses || ing_check_record(&job->text, &job->schema, input, record, input->layout,
                                            NULL) == SHMCOL_OK);
}

/* Moves the end of an input behind the last record that is kept. */
static shmcol_status limit(ranger *r, ing_input *input, shmcol_error *err)
{
    ing_job *job = r->job;
    ing_records records;
    ing_record record;
    shmcol_status status = SHMCOL_OK;
    if (r->limit == 0)
        input->end = input->begin;
    ing_records_begin(&records, input, &input->layout->dialect, input->begin, input->end,
                      job->limits.record);
    while (status == SHMCOL_OK && r->limit != 0 &&
           (status = ing_records_next(&records, &record, err)) == SHMCOL_OK && record.length != 0) {
        if (record.cut)
            r->limit = 1; /* the rest is not looked at */
        r->limit -= record.cut || counts(r, input, &record);
        if (r->limit == 0 && !record.cut) {
            input->end = record.offset + record.length;
            input->last = record.text[record.length - 1];
        }
        if (status == SHMCOL_OK)
            status = ing_progress_record(&job->control, &r->seen, err);
    }
    ing_records_end(&records);
    return status;
}

shmcol_status ing_choose_rows(ing_job *job, const shmcol_csv_options *options, shmcol_error *err)
{
    ing_text_source *source = &job->text.source;
    const bool limited = options->has_limit || options->limit != 0;
    ranger r = {.job = job,
                .skip = options->skip_rows,
                .limit = options->limit,
                .refuses = (options->on_error & SHMCOL_ON_ERROR_SKIP) != 0};
    shmcol_status status = SHMCOL_OK;
    if (r.skip == 0 && !limited)
        return SHMCOL_OK;
    job->text.narrowed = limited;
    for (uint32_t i = 0; status == SHMCOL_OK && i < source->n_inputs; i++) {
        ing_input *input = &source->inputs[i];
        if (r.skip != 0)
            status = leave_out(&r, input, err);
        if (status == SHMCOL_OK && limited)
            status = limit(&r, input, err);
    }
    if (status != SHMCOL_OK)
        return status;
    return ing_source_join(source, err);
}
