/* Compression of a file in the making. It is made plain first, since its values are written in any
 * order, and gets no name; its compressed form gets the name. */
#include <string.h>

#include "compress/stored.h"
#include "sink/sink_internal.h"

/* Compresses the output into `compressed`. Errors: those of stored_compress. */
static shmcol_status convert(sink *s, sys_output *compressed, shmcol_progress progress,
                             void *progress_arg, sink_result *result, shmcol_error *err)
{
    const stored_work work = {s->options.threads, s->options.zstd_level, 0, progress, progress_arg};
    stored_source source = {.fd = s->fd, .path = s->path};
    stored_result made;
    sys_file_info info;
    int side_file = -1;
    int errnum = sys_stat_fd(s->fd, &info);
    if (errnum == 0)
        errnum = sink_temporary(s, &side_file);
    if (errnum != 0)
        return shm_fail_sys(err, errnum, s->path,
                            "cannot create a temporary file beside the output");
    source.size = info.size;
    shmcol_status status =
        stored_compress(&source, &work, sys_output_fd(compressed), side_file, &made, err);
    sys_close(side_file);
    if (status == SHMCOL_OK) {
        result->file_size = made.file_size;
        memcpy(result->file_id, made.file_id, sizeof result->file_id);
    }
    shm_error_path(status != SHMCOL_OK ? err : NULL, s->path);
    return status;
}

shmcol_status sink_compress(sink *s, shmcol_progress progress, void *progress_arg,
                            sink_result *result, shmcol_error *err)
{
    sys_output *compressed = NULL;
    int errnum = sys_output_twin(s->output, &compressed);
    if (errnum != 0)
        return shm_fail_output(err, errnum, NULL, s->path, "the output");
    shmcol_status status = convert(s, compressed, progress, progress_arg, result, err);
    if (status != SHMCOL_OK) {
        sys_output_abort(compressed);
        return status;
    }
    sys_output_abort(s->output);
    s->output = compressed;
    s->fd = sys_output_fd(compressed);
    return SHMCOL_OK;
}
