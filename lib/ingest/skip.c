/* Copies the inputs without the records that have an error (C-17). */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ingest/ingest.h"

#define CLEAN_BUFFER (256u << 10)

typedef struct cleaner {
    ing_job *job;
    uint8_t last; /* byte that was written */
    uint8_t *buffer;
    size_t waiting;
    uint64_t seen;
    ing_verbatim verbatim; /* where the input has another encoding and refused records are kept */
} cleaner;

shmcol_status ing_refuse(ing_job *job, ing_verbatim *verbatim, const ing_record *record,
                         const shmcol_error *why, shmcol_error *err)
{
    if (why != NULL && job->output.rejected == 0)
        job->first_refused = *why;
    job->output.rejected++;
    if (job->output.rejects != NULL && verbatim->input != NULL)
        return ing_verbatim_write(verbatim, record->offset, record->offset + record->length,
                                  sys_output_fd(job->output.rejects), err);
    int errnum = job->output.rejects
                     ? sys_write(sys_output_fd(job->output.rejects), record->text, record->length)
                     : 0;
    return errnum ? shm_fail_sys(err, errnum, job->output.rejects_path, "cannot write") : SHMCOL_OK;
}

shmcol_status ing_all_refused(ing_job *job, shmcol_error *err)
{
    shmcol_error *first = &job->first_refused;
    char *message = first->message;
    const size_t length = strlen(message), room = sizeof first->message - length;
    if (job->left_out != 0)
        snprintf(message + length, room, "; no record is left: %" PRIu64 " %s refused",
                 job->output.rejected, job->output.rejected == 1 ? "was" : "were");
    else if (job->output.rejected == 1)
        snprintf(message + length, room, "; it is the only record, and was refused");
    else
        snprintf(message + length, room, "; all %" PRIu64 " records were refused",
                 job->output.rejected);
    if (strstr(first->hint, "--on-error skip") != NULL)
        shm_error_hint(first, "another --delimiter or type, or --skip-lines, perhaps");
    shm_error_copy(err, first);
    return first->status;
}

static shmcol_status write_clean(cleaner *k, const uint8_t *data, size_t n, shmcol_error *err)
{
    if (n != 0)
        k->last = data[n - 1];
    return ing_spool_write(&k->job->text.spool, &k->job->output, data, n, err);
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

static shmcol_status clean_record(cleaner *k, const ing_input *input, const ing_record *record,
                                  shmcol_error *err)
{
    if (record
            ->cut) { /* it cannot be kept verbatim, and the begin of the next record is not known */
        ing_tell_record(SHMCOL_ERR_CSV_FIELD_SIZE, record, 0, NULL, err);
        ing_place_error(input, record->offset, err);
        return SHMCOL_ERR_CSV_FIELD_SIZE;
    }
    shmcol_status status =
        ing_check_record(&k->job->text, &k->job->schema, input, record, input->layout,
                         k->job->output.rejected == 0 ? &k->job->first_refused : NULL);
    if (status == SHMCOL_ERR_NO_MEMORY)
        return shm_fail_memory(err);
    if (status != SHMCOL_OK)
        status = ing_refuse(k->job, &k->verbatim, record, NULL, err);
    else if (!record->skipped)
        status = keep_record(k, record, err);
    return status == SHMCOL_OK ? ing_progress_record(&k->job->control, &k->seen, err) : status;
}

static shmcol_status clean_input(cleaner *k, ing_input *input, shmcol_error *err)
{
    ing_job *job = k->job;
    const uint64_t offset = job->text.spool.size;
    ing_records records;
    ing_record record;
    shmcol_status status = input->original_fd < 0
                               ? SHMCOL_OK
                               : ing_verbatim_begin(&k->verbatim, &job->text, input, err);
    ing_records_begin(&records, input, &input->layout->dialect, input->begin, input->end,
                      job->limits.record);
    while (status == SHMCOL_OK &&
           (status = ing_records_next(&records, &record, err)) == SHMCOL_OK && record.length != 0)
        status = clean_record(k, input, &record, err);
    ing_records_end(&records);
    ing_verbatim_end(&k->verbatim);
    if (status != SHMCOL_OK)
        return status;
    status = flush_clean(k, err);
    if (status != SHMCOL_OK)
        return status;
    ing_spool_take(&job->text.spool, offset, input);
    input->begin = 0;
    input->end = input->size;
    input->last = k->last;
    return SHMCOL_OK;
}

shmcol_status ing_skip_refused(ing_job *job, shmcol_error *err)
{
    cleaner k = {.job = job, .buffer = malloc(CLEAN_BUFFER)};
    if (job->output.rejected == 0)
        job->first_refused = (shmcol_error)SHMCOL_ERROR_INIT;
    shmcol_status status = k.buffer == NULL ? shm_fail_memory(err)
                                            : ing_spool_open(&job->text.spool, &job->output, err);
    for (uint32_t i = 0; status == SHMCOL_OK && i < job->text.source.n_inputs; i++)
        status = clean_input(&k, &job->text.source.inputs[i], err);
    free(k.buffer);
    job->text.cleaned = true;
    return status == SHMCOL_OK ? ing_source_join(&job->text.source, err) : status;
}
