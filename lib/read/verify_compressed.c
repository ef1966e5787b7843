/* The level `full` of a compressed file (F-76, F-77): it is decompressed, and the result is checked
 * as the plain file that it is. It goes to an unlinked file, so that memory stays bounded and any
 * value can be read at any time. */
#include <stdio.h>
#include <string.h>

#include "compress/stored.h"
#include "read/verify.h"

typedef struct inner {
    verify *v;
    uint64_t before; /* progress of the steps before, in bytes */
} inner;

static int forward_progress(void *arg, uint64_t done, uint64_t total)
{
    const inner *i = arg;
    (void)total;
    return i->v->options.progress != NULL
               ? i->v->options.progress(i->v->options.progress_arg, i->before + done,
                                        i->v->progress.total)
               : 0;
}

/* Passes on a problem of the plain form, without its offset, which is not one of the caller's
 * file. */
static void forward_problem(void *arg, const shmcol_error *problem)
{
    verify *v = ((inner *)arg)->v;
    shmcol_error adjusted = *problem;
    size_t used = strlen(adjusted.message);
    snprintf(adjusted.message + used, sizeof adjusted.message - used, ", in the plain form");
    adjusted.file_offset = -1;
    if (v->first == SHMCOL_OK) {
        v->first = adjusted.status;
        shm_error_copy(v->err, &adjusted);
    }
    if (v->options.problem != NULL)
        v->options.problem(v->options.problem_arg, &adjusted);
}

/* Ends the check with the error that ended the work: a problem of the file, or of the system. */
static void end_with(verify *v, const shmcol_error *error)
{
    fmt_fault fault = {.code = (int)error->status,
                       .rule = shm_status_rule(error->status),
                       .column = error->column,
                       .row = -1};
    if (fault.rule[0] != 0) {
        fault.offset = error->file_offset < 0 ? FMT_NO_OFFSET : (uint64_t)error->file_offset;
        snprintf(fault.text, sizeof fault.text, "%.*s", (int)sizeof fault.text - 1, error->message);
        verify_problem(v, &fault);
        return;
    }
    shm_error_copy(v->err, error);
    shm_error_path(v->err, v->file->path);
    v->said = true;
    verify_fail(v, error->status);
}

static shmcol_status check_plain(inner *i, int fd, shmcol_error *err)
{
    verify *v = i->v;
    shmcol_verify_options options = SHMCOL_VERIFY_OPTIONS_INIT;
    shmcol_file *plain = NULL;
    sys_file_info info;
    int errnum = sys_stat_fd(fd, &info);
    if (errnum != 0)
        return shm_fail_sys(err, errnum, NULL, "cannot use a temporary file");
    shmcol_status status = read_open_mapped(fd, &info, v->file->path, 0, &plain, err);
    if (status != SHMCOL_OK)
        return status;
    options.threads = v->threads;
    options.progress = forward_progress;
    options.progress_arg = i;
    options.problem = forward_problem;
    options.problem_arg = i;
    status = verify_file(plain, &options, NULL, err); /* it is plain */
    shmcol_close(plain);
    return status == v->first ? SHMCOL_OK : status; /* a problem has been told already */
}

/* Decompresses the file into a temporary one, *fd, which the caller closes. */
static shmcol_status decompress(inner *i, int *fd, shmcol_error *err)
{
    const verify *v = i->v;
    const shmcol_file *file = v->file;
    const stored_source source = {file->fd, file->map, file->header.file_size, file->path};
    const uint64_t limit = v->options.temporary_limit;
    const stored_work work = {v->threads, 0, limit != 0 ? limit : STORED_LIMIT_DEFAULT,
                              forward_progress, i};
    stored_result result;
    shmcol_status status;
    int errnum = sys_temp_create(file->path[0] != 0 ? file->path : NULL, fd);
    if (errnum != 0)
        status = shm_fail_sys(err, errnum, NULL, "cannot create a temporary file");
    else
        status = stored_decompress(&source, &work, *fd, &result, err);
    if (status == SHMCOL_ERR_IO)
        shm_error_hint(err,
                       "the whole check decompresses into a temporary file; TMPDIR says where");
    if (status == SHMCOL_ERR_MEMORY_BOUND)
        shm_error_hint(
            err,
            "raise temporary_limit (shmcol-check --temporary-limit), or check its checksums only");
    return status;
}

void verify_plain_form(verify *v)
{
    shmcol_error error = SHMCOL_ERROR_INIT;
    inner i = {v, atomic_load(&v->progress.done)};
    int plain = -1;
    if (v->first != SHMCOL_OK || fmt_header_has_later_region(&v->file->header))
        return; /* a damaged file is not decompressed; F-75 */
    shmcol_status status = decompress(&i, &plain, &error);
    i.before += (v->progress.total - i.before) / 3;
    if (status == SHMCOL_OK)
        status = check_plain(&i, plain, &error);
    if (status != SHMCOL_OK)
        end_with(v, &error);
    sys_close(plain);
}
