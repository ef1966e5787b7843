/* Gives the parts their names, so that a reader sees all rows of the append or none (F-84). */
#include <errno.h>

#include "append/append.h"

static shmcol_status cannot_name(const append_job *job, int errnum, shmcol_error *err)
{
    if (errnum != EEXIST)
        return shm_fail_sys(err, errnum, job->dir, "cannot name a part of the table");
    shm_fail(err, SHMCOL_ERR_FILE_REPLACED, "F-84",
             "somebody else appended to the table meanwhile");
    shm_error_path(err, job->dir);
    return SHMCOL_ERR_FILE_REPLACED;
}

static shmcol_status sync_directory(const append_job *job, int fd, shmcol_error *err)
{
    int errnum = job->options.no_sync ? 0 : sys_sync_directory(fd);
    return errnum == 0
               ? SHMCOL_OK
               : shm_fail_sys(err, errnum, job->dir, "cannot sync the directory of the table");
}

/* Names all parts but the one that leads to them, from the last to the first. *linked is the first
 * one that has its name. */
static shmcol_status name_rest(const append_job *job, uint64_t *linked, shmcol_error *err)
{
    for (*linked = job->plan.n; *linked > 1; --*linked) {
        int errnum = sys_output_link(job->parts[*linked - 1].output);
        if (errnum != 0)
            return cannot_name(job, errnum, err);
    }
    shmcol_status status = SHMCOL_OK;
    if (job->plan.n > 1)
        status = sync_directory(job, job->place.at.directory, err);
    /* The process that made the directory may have died before it synced it. */
    if (status == SHMCOL_OK && job->file == NULL && job->place.at.parent >= 0)
        status = sync_directory(job, job->place.at.parent, err);
    return status;
}

/* Takes the last step: the rename over the open part, or the name of the next part. */
static shmcol_status name_first(const append_job *job, bool *happened, shmcol_error *err)
{
    sys_output *first = job->parts[0].output;
    int errnum = job->plan.replaces ? sys_output_rename(first) : sys_output_link(first);
    /* A server may have done it and its answer may be lost. */
    *happened = errnum == 0 || sys_output_named(first);
    return *happened ? SHMCOL_OK : cannot_name(job, errnum, err);
}

shmcol_status append_publish(append_job *job, bool *happened, shmcol_error *err)
{
    uint64_t linked = job->plan.n;
    *happened = false;
    shmcol_status status = append_table_prove(job, false, err);
    if (status == SHMCOL_OK)
        status = name_rest(job, &linked, err);
    if (status == SHMCOL_OK && job->plan.n > 1)
        status = append_table_prove(job, true, err);
    if (status == SHMCOL_OK)
        status = name_first(job, happened, err);
    if (!*happened) {
        for (uint64_t i = linked; i < job->plan.n; i++)
            sys_output_unlink(job->parts[i].output);
        return status;
    }
    int errnum = job->options.no_sync ? 0 : sys_sync_directory(job->place.at.directory);
    if (errnum == 0)
        return SHMCOL_OK;
    shm_fail(err, SHMCOL_ERR_APPENDED_NOT_SYNCED, "F-84",
             "the rows are in the table, but perhaps not durable: the directory cannot be synced");
    shm_error_hint(err, "do not append them again");
    shm_error_errno(err, errnum);
    shm_error_path(err, job->dir);
    return SHMCOL_ERR_APPENDED_NOT_SYNCED;
}
