/* The sink of a pack, the file for its refused records, and temporary files beside them. */
#include "ingest/output.h"

#include <errno.h>

#include "error.h"

static shmcol_status open_sink(ing_output *output, const shmcol_csv_options *options,
                               const ing_limits *limits, shmcol_error *err)
{
    const sink_options how = {.overwrite = options->overwrite != 0,
                              .no_sync = options->no_sync != 0,
                              .threads = limits->threads,
                              .memory = limits->memory / 8,
                              .zstd_level = options->zstd_level};
    return sink_create(output->path, output->fd, &how, &output->sink, err);
}

static shmcol_status open_rejects(ing_output *output, const shmcol_csv_options *options,
                                  ing_control *control, shmcol_error *err)
{
    static const char what[] = "the file for refused records";
    const sys_output_how how = {.replace = options->overwrite != 0,
                                .no_sync = options->no_sync != 0,
                                .text = true,
                                .through = true};
    const char *refused = NULL;
    int errnum;
    while ((errnum = sys_output_create(output->rejects_path, how, &output->rejects, &refused)) ==
           EINTR) {
        shmcol_status status = ing_progress_tell(control, 0, 0, err);
        if (status != SHMCOL_OK)
            return status;
    }
    if (errnum != 0)
        return shm_fail_output(err, errnum, refused, output->rejects_path, what);
    if (output->path != NULL && sys_output_same(output->rejects, sink_output(output->sink)))
        return shm_fail(err, SHMCOL_ERR_INVALID_ARGUMENT, "",
                        "the output and the file for refused records have to differ");
    return SHMCOL_OK;
}

shmcol_status ing_output_begin(ing_output *output, const shmcol_csv_options *options,
                               const ing_limits *limits, ing_control *control, shmcol_error *err)
{
    if (options->dry_run)
        return SHMCOL_OK;
    shmcol_status status = open_sink(output, options, limits, err);
    if (status != SHMCOL_OK || output->rejects_path == NULL)
        return status;
    return open_rejects(output, options, control, err);
}

void ing_output_end(ing_output *output)
{
    sink_abort(output->sink);
    sys_output_abort(output->rejects);
}

shmcol_status ing_publish_rejects(ing_output *output, shmcol_error *err)
{
    bool in_place;
    sys_output *rejects = output->rejects;
    if (rejects == NULL)
        return SHMCOL_OK;
    output->rejects = NULL;
    int errnum = sys_output_publish(rejects, &in_place);
    if (errnum == 0)
        return SHMCOL_OK;
    return shm_fail_publish(err, errnum, in_place, output->rejects_path,
                            "the file for refused records");
}

shmcol_status ing_open_region(const ing_output *output, sink_region *region, shmcol_error *err)
{
    return output->sink == NULL ? SHMCOL_OK : sink_region_new(output->sink, region, err);
}

shmcol_status ing_put(const ing_output *output, sink_region region, uint64_t pos, const void *data,
                      size_t length, shmcol_error *err)
{
    if (output->sink == NULL || length == 0)
        return SHMCOL_OK;
    return sink_write(output->sink, region, pos, data, length, err);
}

shmcol_status ing_open_temporary(const ing_output *output, int *fd, shmcol_error *err)
{
    if (output->sink != NULL && output->path != NULL) {
        int errnum = sink_temporary(output->sink, fd);
        if (errnum == 0)
            return SHMCOL_OK;
        return shm_fail_sys(err, errnum, output->path,
                            "cannot create a temporary file beside the output");
    }
    int errnum = sys_temp_create(NULL, fd);
    if (errnum == 0)
        return SHMCOL_OK;
    shmcol_status status = shm_fail_sys(err, errnum, NULL, "cannot create a temporary file");
    shm_error_hint(err, "TMPDIR says where");
    return status;
}

shmcol_status ing_temporary_failed(const ing_output *output, int errnum, shmcol_error *err)
{
    if (output->sink != NULL && output->path != NULL)
        return shm_fail_sys(err, errnum, output->path, "cannot write beside the output");
    shmcol_status status = shm_fail_sys(err, errnum, NULL, "cannot write a temporary file");
    shm_error_hint(err, "TMPDIR says where there is room");
    return status;
}
