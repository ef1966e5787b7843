/* Gives the parts their names, so that a reader sees all rows of the append or none (F-84). */
#include <errno.h>

#include "append/append.h"
#include "format/chain.h"

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

/* Makes the marker, so that the next append removes the parts if this one dies. It is durable
 * before any of them has its name: without it they are a table that has lost a part. Sets *marked
 * as soon as the file is there. */
static shmcol_status mark(const append_job *job, bool *marked, shmcol_error *err)
{
    int errnum = sys_create_empty_at(job->place.at.directory, FMT_APPENDING);
    if (errnum == EEXIST) {
        shm_fail(err, SHMCOL_ERR_IO, "F-84",
                 "\"" FMT_APPENDING "\" in the directory of the table is no regular file");
        shm_error_hint(err, "shmcol needs this name: take away what has it");
        shm_error_path(err, job->dir);
        return SHMCOL_ERR_IO;
    }
    if (errnum != 0)
        return shm_fail_sys(err, errnum, job->dir, "cannot create " FMT_APPENDING);
    *marked = true;
    return sync_directory(job, job->place.at.directory, err);
}

/* Takes the names of the parts away again, then the marker. The marker stays where a name stays. */
static void undo(const append_job *job)
{
    const int directory = job->place.at.directory;
    bool gone = true;
    for (uint64_t i = 1; i < job->plan.n; i++) {
        sys_output_unlink(job->parts[i].output);
        gone = gone && !sys_output_named(job->parts[i].output);
    }
    if (!gone)
        return;
    if (!job->options.no_sync)
        (void)sys_sync_directory(directory);
    (void)sys_unlink_at(directory, FMT_APPENDING);
}

/* Makes the last name durable, and then removes the marker, also durably: one that came back would
 * say of a table that loses a part later that an append has died. A marker that cannot be removed
 * is left to the next append. */
static shmcol_status settle(const append_job *job, bool marked, shmcol_error *err)
{
    const int directory = job->place.at.directory;
    int errnum = job->options.no_sync ? 0 : sys_sync_directory(directory);
    if (errnum == 0 && marked) {
        (void)sys_unlink_at(directory, FMT_APPENDING);
        errnum = job->options.no_sync ? 0 : sys_sync_directory(directory);
    }
    if (errnum == 0)
        return SHMCOL_OK;
    shm_fail(err, SHMCOL_ERR_APPENDED_NOT_SYNCED, "F-84",
             "the rows are in the table, but perhaps not durable: the directory cannot be synced");
    shm_error_hint(err, "do not append them again");
    shm_error_errno(err, errnum);
    shm_error_path(err, job->dir);
    return SHMCOL_ERR_APPENDED_NOT_SYNCED;
}

/* Names all parts but the one that leads to them, from the last to the first. */
static shmcol_status name_rest(const append_job *job, shmcol_error *err)
{
    for (uint64_t i = job->plan.n; i > 1; i--) {
        int errnum = sys_output_link(job->parts[i - 1].output);
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
    const bool several = job->plan.n > 1;
    bool marked = false;
    *happened = false;
    shmcol_status status = append_table_prove(job, false, err);
    if (status == SHMCOL_OK && several)
        status = mark(job, &marked, err);
    if (status == SHMCOL_OK)
        status = name_rest(job, err);
    if (status == SHMCOL_OK && several)
        status = append_table_prove(job, true, err);
    if (status == SHMCOL_OK)
        status = name_first(job, happened, err);
    if (*happened)
        return settle(job, marked, err);
    if (marked)
        undo(job);
    return status;
}
