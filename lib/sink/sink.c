/* The life of a sink, from create to abort. Its end in a file is in sink_finish.c. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "compress/stored.h"
#include "sink/sink_internal.h"

static shmcol_status check_fd(int fd, shmcol_error *err)
{
    sys_file_info info;
    int errnum = sys_stat_fd(fd, &info);
    if (errnum != 0)
        return shm_fail_sys(err, errnum, NULL, "cannot use the output descriptor");
    if (!info.regular || info.size != 0)
        return shm_fail(err, SHMCOL_ERR_INVALID_ARGUMENT, "",
                        "the output descriptor is not an empty file");
    return SHMCOL_OK;
}

/* Opens a shared output: options.kept if it can be used again, else a new one, and options.kept is
 * given up. If the path is refused, options.kept stays the caller's. Returns 0 or an errno value.
 */
static int open_shared(sink *s, const char *path, sys_output_how how, const char **refused)
{
    sys_output *kept = s->options.kept != NULL ? *s->options.kept : NULL;
    int errnum = kept != NULL ? sys_output_reuse(kept, path, how, refused) : EXDEV;
    if (errnum == EEXIST || *refused != NULL)
        return errnum;
    if (s->options.kept != NULL)
        *s->options.kept = NULL;
    s->reused = errnum == 0;
    if (!s->reused) {
        sys_output_abort(kept);
        return sys_output_create_shared(path, how, &s->output, &s->shared, refused);
    }
    s->output = kept;
    s->shared = sys_output_shared_path(kept);
    return 0;
}

static shmcol_status open_output(sink *s, int fd, shmcol_error *err)
{
    const char *refused = NULL;
    sys_output_how how = {.replace = s->options.overwrite, .no_sync = s->options.no_sync};
    if (s->path == NULL) {
        s->fd = fd;
        s->side_file_end = SINK_FAR;
        return check_fd(fd, err);
    }
    int errnum = s->options.shared ? open_shared(s, s->path, how, &refused)
                                   : sys_output_create(s->path, how, &s->output, &refused);
    if (errnum != 0)
        return shm_fail_output(err, errnum, refused, s->path, "the output");
    s->fd = sys_output_fd(s->output);
    return SHMCOL_OK;
}

/* Creates a sink without an output. Errors: NO_MEMORY. */
static shmcol_status new_sink(const char *path, const sink_options *options, sink **out,
                              shmcol_error *err)
{
    sink *s = calloc(1, sizeof *s);
    if (s == NULL)
        return shm_fail_memory(err);
    s->side_file = s->fd = -1;
    s->process = sys_process();
    s->options = *options;
    s->lock = sys_mutex_new();
    s->io[0] = sys_mutex_new();
    s->io[1] = sys_mutex_new();
    s->left = sys_cond_new();
    s->path = path != NULL ? strdup(path) : NULL;
    if (s->lock == NULL || s->io[0] == NULL || s->io[1] == NULL || s->left == NULL ||
        (path != NULL && s->path == NULL)) {
        sink_free(s);
        return shm_fail_memory(err);
    }
    *out = s;
    return SHMCOL_OK;
}

shmcol_status sink_create(const char *path, int fd, const sink_options *options, sink **out,
                          shmcol_error *err)
{
    sink *s = NULL;
    if (options->zstd_level != 0 && (path == NULL || options->shared))
        return shm_fail(err, SHMCOL_ERR_INVALID_ARGUMENT, "",
                        "only a file with a name that one process writes can be compressed");
    if (options->zstd_level != 0 && !stored_level_good(options->zstd_level))
        return shm_fail(err, SHMCOL_ERR_INVALID_ARGUMENT, "", "zstd has no level %d",
                        options->zstd_level);
    shmcol_status status = new_sink(path, options, &s, err);
    if (status == SHMCOL_OK && (status = open_output(s, fd, err)) != SHMCOL_OK)
        sink_free(s);
    if (status == SHMCOL_OK)
        *out = s;
    return status;
}

shmcol_status sink_renew(sink **replaced, shmcol_error *err)
{
    sink *s = NULL;
    shmcol_status status = new_sink((*replaced)->path, &(*replaced)->options, &s, err);
    if (status != SHMCOL_OK)
        return status;
    if (s->path == NULL) {
        s->fd = (*replaced)->fd;
        s->side_file_end = SINK_FAR;
        sink_abort(*replaced); /* empties the descriptor */
        *replaced = s;
        return SHMCOL_OK;
    }
    int errnum = sys_output_twin((*replaced)->output, &s->output);
    if (errnum != 0) {
        status = shm_fail_output(err, errnum, NULL, s->path, "the output");
        sink_free(s);
        return status;
    }
    s->fd = sys_output_fd(s->output);
    sink_abort(*replaced);
    *replaced = s;
    return SHMCOL_OK;
}

void sink_free(sink *s)
{
    for (uint32_t i = 0; i < s->n_regions; i++)
        sink_region_free(&s->regions[i]);
    free(s->regions);
    free(s->window.bytes);
    free(s->leaving.bytes);
    free(s->spare);
    free(s->path);
    if (s->side_file != s->fd)
        sys_close(s->side_file);
    sys_output_abort(s->output);
    if (s->lock != NULL)
        sys_mutex_free(s->lock);
    for (size_t i = 0; i < 2; i++)
        if (s->io[i] != NULL)
            sys_mutex_free(s->io[i]);
    if (s->left != NULL)
        sys_cond_free(s->left);
    free(s);
}

void sink_abort(sink *s)
{
    if (s == NULL)
        return;
    /* The descriptor was empty. If this fails, there is no one left to report it to. */
    if (s->path == NULL && s->process == sys_process())
        (void)sys_truncate(s->fd, 0);
    sink_free(s);
}

bool sink_own(const sink *s)
{
    return s->process == sys_process();
}

sys_output *sink_output(const sink *s)
{
    return s->output;
}

const char *sink_shared_path(const sink *s)
{
    return s->shared;
}

bool sink_reused(const sink *s)
{
    return s->reused;
}

void sink_keep(sink *s, sys_output **kept)
{
    *kept = NULL;
    s->keep = kept;
}
