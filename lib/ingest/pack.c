/* shmcol_csv_pack: the stages in their order, and a second round without refused records. */
#include "ingest/pack.h"

#include <stdlib.h>

#include "ingest/ingest.h"
#include "structs.h"

/* Converts the text: count, sample, passes. Returns OK before the end if the text needs a
 * diagnosis, because it has an error or was changed. */
static shmcol_status convert(ing_job *job, shmcol_error *err)
{
    const uint64_t length = job->text.source.length;
    ing_progress_expect(&job->control, length);
    ing_limit_buffers(&job->limits, job->schema.n_columns);
    ing_choose_extent(&job->limits, &job->text);
    shmcol_status status = ing_count(&job->text, &job->limits, &job->control, err);
    ing_progress_set(&job->control, length / 4);
    if (status != SHMCOL_OK || job->control.needs_diagnosis)
        return status;
    ing_choose_extent(&job->limits, &job->text);
    status = ing_cut_blocks(&job->text, job->schema.n_columns, &job->limits, err);
    if (status != SHMCOL_OK || job->control.needs_diagnosis)
        return status;
    status = ing_sample(&job->schema, &job->text, &job->limits, &job->control, err);
    if (status != SHMCOL_OK || job->control.needs_diagnosis)
        return status;
    if (job->output.sink != NULL)
        status = ing_guess_offsets(job, err);
    return status == SHMCOL_OK ? ing_run_passes(job, err) : status;
}

/* Makes the job what it was before convert, for the text without refused records (C-17). */
static shmcol_status start_over(ing_job *job, shmcol_error *err)
{
    ing_free_results(&job->schema, job->text.rows);
    ing_reset_columns(&job->schema);
    ing_count_again(&job->text);
    ing_control_again(&job->control);
    return job->output.sink != NULL ? sink_renew(&job->output.sink, err) : SHMCOL_OK;
}

/* Removes the records that have an error from the text, and converts it again. */
static shmcol_status convert_without_refused(ing_job *job, shmcol_error *err)
{
    shmcol_status status = ing_skip_refused(job, err);
    if (status != SHMCOL_OK)
        return status;
    status = start_over(job, err);
    return status == SHMCOL_OK ? convert(job, err) : status;
}

/* Finds the error that stopped the passes. Returns CHANGED if there is none now. */
static shmcol_status diagnose(ing_job *job, shmcol_error *err)
{
    shmcol_status status = ing_diagnose(job, err);
    if (status != SHMCOL_OK)
        return status;
    shm_fail(err, SHMCOL_ERR_CHANGED, "", "the input changed while it was read");
    shm_error_path(err, ing_source_changed(&job->text.source)->path);
    return SHMCOL_ERR_CHANGED;
}

/* Completes the file, makes the report, publishes. The output is published last: if anything before
 * it fails, an old output stays. */
static shmcol_status publish(ing_job *job, shmcol_csv_report **report, shmcol_error *err)
{
    sink_result result = {0};
    shmcol_csv_report *made = NULL;
    shmcol_status status = SHMCOL_OK;
    if (job->output.sink != NULL && (status = ing_complete(job, &result, err)) != SHMCOL_OK)
        return status;
    if (report != NULL && (status = ing_report(job, &result, &made, err)) != SHMCOL_OK)
        return status;
    status = ing_publish_rejects(&job->output, err);
    if (status == SHMCOL_OK && job->output.sink != NULL) {
        status = sink_publish(job->output.sink, err);
        job->output.sink = NULL;
    }
    if (status != SHMCOL_OK) {
        shmcol_csv_report_free(made);
        return status;
    }
    if (report != NULL) {
        made->seconds = sys_seconds() - job->started;
        *report = made;
    }
    return SHMCOL_OK;
}

/* Runs the stages. */
static shmcol_status run(ing_job *job, const char *const *inputs, uint32_t n_inputs,
                         const ing_destination *target, const shmcol_csv_options *options,
                         shmcol_csv_report **report, shmcol_error *err)
{
    ing_control *control = &job->control;
    job->most_words = target->most_words != 0 ? target->most_words : UINT32_MAX;
    job->output.fd = target->fd;
    shmcol_status status = ing_take_options(job, options, target->path, err);
    if (status != SHMCOL_OK)
        return status;
    status = ing_check_paths(&job->output, inputs, n_inputs, err);
    if (status != SHMCOL_OK)
        return status;
    status = ing_output_begin(&job->output, options, &job->limits, control, err);
    if (status != SHMCOL_OK)
        return status;
    status = ing_open_inputs(&job->text, &job->output, control, inputs, n_inputs, err);
    if (status != SHMCOL_OK)
        return status;
    status = ing_read_header(job, options, err);
    if (status != SHMCOL_OK)
        return status;
    status = ing_choose_rows(job, options, err);
    if (status != SHMCOL_OK)
        return status;
    status = convert(job, err);
    if (status != SHMCOL_OK)
        return status;
    if (control->needs_diagnosis && (options->on_error & SHMCOL_ON_ERROR_SKIP))
        status = convert_without_refused(job, err);
    if (status != SHMCOL_OK)
        return status;
    if (control->needs_diagnosis)
        return diagnose(job, err);
    if (job->text.rows == 0 && job->output.rejected != 0)
        return ing_all_refused(job, err);
    return publish(job, report, err);
}

static void end_job(ing_job *job)
{
    ing_output_end(&job->output);
    ing_free_results(&job->schema, job->text.rows);
    ing_schema_end(&job->schema);
    ing_text_end(&job->text);
    ing_control_end(&job->control);
    free(job);
}

shmcol_status ing_pack(const char *const *inputs, uint32_t n_inputs, const ing_destination *target,
                       const shmcol_csv_options *options, shmcol_csv_report **report,
                       shmcol_error *err)
{
    shmcol_error local = SHMCOL_ERROR_INIT;
    if (inputs == NULL || n_inputs == 0)
        return shm_fail(err, SHMCOL_ERR_INVALID_ARGUMENT, "", "no input is named");
    ing_job *job = calloc(1, sizeof *job);
    if (job == NULL)
        return shm_fail_memory(err);
    job->started = sys_seconds();
    shmcol_status status = run(job, inputs, n_inputs, target, options, report, &local);
    end_job(job);
    if (status != SHMCOL_OK)
        shm_error_copy(err, &local);
    return status;
}

shmcol_status shmcol_csv_pack(const char *const *inputs, uint32_t n_inputs, const char *output,
                              const shmcol_csv_options *options, shmcol_csv_report **report,
                              shmcol_error *err)
{
    const ing_destination target = {.path = output, .fd = -1};
    shmcol_csv_options taken = SHMCOL_CSV_OPTIONS_INIT;
    if (options != NULL)
        SHM_CHECK_SIZE(options, SHM_CSV_OPTIONS_SIZE_1_0, err);
    SHM_TAKE(taken, options);
    return ing_pack(inputs, n_inputs, &target, &taken, report, err);
}
