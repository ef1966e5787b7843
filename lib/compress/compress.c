/* shmcol_compress and shmcol_decompress: they make one file of another, which appears whole or not
 * at all. */
#include <string.h>

#include "compress/stored_internal.h"
#include "structs.h"

/* One direction: reads the source and fills the output. */
typedef shmcol_status direction(const stored_source *source, const stored_work *work,
                                const char *path, const sys_output *out, stored_result *result,
                                shmcol_error *err);

static shmcol_status compress(const stored_source *source, const stored_work *work,
                              const char *path, const sys_output *out, stored_result *result,
                              shmcol_error *err)
{
    int side_file = -1;
    int errnum = sys_output_side_file(out, &side_file);
    if (errnum != 0)
        return shm_fail_sys(err, errnum, path, "cannot create a temporary file beside the output");
    shmcol_status status =
        stored_compress(source, work, sys_output_fd(out), side_file, result, err);
    sys_close(side_file);
    return status;
}

static shmcol_status decompress(const stored_source *source, const stored_work *work,
                                const char *path, const sys_output *out, stored_result *result,
                                shmcol_error *err)
{
    (void)path;
    return stored_decompress(source, work, sys_output_fd(out), result, err);
}

/* Refuses an output that is the input, also through links. */
static shmcol_status refuse_same(const char *path, const sys_file_info *input, shmcol_error *err)
{
    sys_file_info info;
    if (sys_stat_path(path, &info) != 0 || info.device != input->device ||
        info.inode != input->inode)
        return SHMCOL_OK;
    shm_fail(err, SHMCOL_ERR_SAME_FILE, "", "the output is the input");
    shm_error_path(err, path);
    return SHMCOL_ERR_SAME_FILE;
}

static shmcol_status write_output(const stored_source *source, const char *path,
                                  const shmcol_compress_options *o, direction *convert,
                                  shmcol_error *err)
{
    sys_output *output = NULL;
    stored_result result;
    bool in_place;
    const char *refused = NULL;
    stored_work work = {o->threads != 0 ? o->threads : sys_cpu_count(), o->level, 0, o->progress,
                        o->progress_arg};
    sys_output_how how = {.replace = o->overwrite != 0, .no_sync = o->no_sync != 0};
    int errnum = sys_output_create(path, how, &output, &refused);
    if (errnum != 0)
        return shm_fail_output(err, errnum, refused, path, "the output");
    shmcol_status status = convert(source, &work, path, output, &result, err);
    if (status != SHMCOL_OK) {
        sys_output_abort(output);
        shm_error_path(err, path); /* an error of the input has its path already */
        return status;
    }
    errnum = sys_output_publish(output, &in_place);
    return errnum != 0 ? shm_fail_publish(err, errnum, in_place, path, "the output") : SHMCOL_OK;
}

/* Checks that the input is a regular file. Errors: IO. */
static shmcol_status check_kind(const char *input, const sys_file_info *info, shmcol_error *err)
{
    if (info->regular)
        return SHMCOL_OK;
    shm_fail(err, SHMCOL_ERR_IO, "",
             info->directory ? "a directory, not a file" : "not a regular file");
    shm_error_path(err, input);
    return SHMCOL_ERR_IO;
}

static shmcol_status convert_path(const char *input, const char *output,
                                  const shmcol_compress_options *options, direction *convert,
                                  shmcol_error *err)
{
    shmcol_compress_options o = SHMCOL_COMPRESS_OPTIONS_INIT;
    int fd = -1;
    sys_file_info info;
    if (input == NULL || output == NULL)
        return shm_fail(err, SHMCOL_ERR_INVALID_ARGUMENT, "", "input or output is NULL");
    if (options != NULL)
        SHM_CHECK_SIZE(options, SHM_COMPRESS_OPTIONS_SIZE_1_0, err);
    SHM_TAKE(o, options);
    if (o.level == 0)
        o.level = SHMCOL_COMPRESS_LEVEL;
    if (!stored_level_good(o.level))
        return shm_fail(err, SHMCOL_ERR_INVALID_ARGUMENT, "", "zstd has no level %d", o.level);
    int errnum = sys_open_map(input, &fd);
    if (errnum == 0)
        errnum = sys_stat_fd(fd, &info);
    shmcol_status status = errnum != 0 ? shm_fail_sys(err, errnum, input, "cannot open")
                                       : check_kind(input, &info, err);
    if (status == SHMCOL_OK)
        status = refuse_same(output, &info, err);
    if (status == SHMCOL_OK) {
        stored_source source = {fd, NULL, info.size, input};
        status = write_output(&source, output, &o, convert, err);
    }
    sys_close(fd);
    return status;
}

shmcol_status shmcol_compress(const char *input, const char *output,
                              const shmcol_compress_options *options, shmcol_error *err)
{
    return convert_path(input, output, options, compress, err);
}

shmcol_status shmcol_decompress(const char *input, const char *output,
                                const shmcol_compress_options *options, shmcol_error *err)
{
    return convert_path(input, output, options, decompress, err);
}
