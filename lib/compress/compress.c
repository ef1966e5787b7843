/* shmcol_compress and shmcol_decompress: one file becomes another, which appears whole or not at all. */
#include "compress/form_internal.h"

#include <string.h>

/* One direction: what reads the source and fills the output. */
typedef shmcol_status direction(const form_source *source, const form_work *work, const char *path, int out, form_result *result,
                                shmcol_error *err);

static shmcol_status pack(const form_source *source, const form_work *work, const char *path, int out, form_result *result,
                          shmcol_error *err)
{
    int spool = -1;
    int errnum = sys_spool_create(path, &spool);
    if (errnum != 0)
        return shm_fail_sys(err, errnum, path, "cannot create a temporary file beside the output");
    shmcol_status status = form_pack(source, work, out, spool, result, err);
    sys_close(spool);
    return status;
}

static shmcol_status unpack(const form_source *source, const form_work *work, const char *path, int out, form_result *result,
                            shmcol_error *err)
{
    (void)path;
    return form_unpack(source, work, out, result, err);
}

static shmcol_status check_output(const char *path, const sys_file_info *input, bool overwrite, shmcol_error *err)
{
    sys_file_info info;
    if (sys_stat_path(path, &info) != 0)
        return SHMCOL_OK; /* free, or creating the file will say what is wrong */
    shmcol_status status = SHMCOL_OK;
    if (info.device == input->device && info.inode == input->inode) {
        status = shm_fail(err, SHMCOL_ERR_SAME_FILE, "", "the output is the input");
    } else if (info.directory) {
        status = shm_fail(err, SHMCOL_ERR_IO, "", "the output is a directory");
    } else if (!overwrite) {
        status = shm_fail(err, SHMCOL_ERR_EXISTS, "", "the output exists");
        shm_error_hint(err, "choose another name, or ask to overwrite it");
    }
    if (status != SHMCOL_OK)
        shm_error_path(err, path);
    return status;
}

static shmcol_status write_output(const form_source *source, const char *path, const shmcol_compress_options *o, direction *convert,
                                  shmcol_error *err)
{
    sys_output *output = NULL;
    form_result result;
    form_work work = {o->threads != 0 ? o->threads : sys_cpu_count(), o->level, o->progress, o->progress_arg};
    int errnum = sys_output_create(path, &output);
    if (errnum != 0)
        return shm_fail_sys(err, errnum, path, "cannot create the output");
    shmcol_status status = convert(source, &work, path, sys_output_fd(output), &result, err);
    if (status != SHMCOL_OK) {
        sys_output_abort(output);
        shm_error_path(err, path); /* what is wrong with the input has its path already */
        return status;
    }
    errnum = sys_output_publish(output, o->overwrite != 0, o->no_sync != 0);
    return errnum != 0 ? shm_fail_sys(err, errnum, path, "cannot put the file in its place") : SHMCOL_OK;
}

static shmcol_status convert_path(const char *input, const char *output, const shmcol_compress_options *options, direction *convert,
                                  shmcol_error *err)
{
    shmcol_compress_options o = SHMCOL_COMPRESS_OPTIONS_INIT;
    int fd = -1;
    sys_file_info info;
    if (input == NULL || output == NULL)
        return shm_fail(err, SHMCOL_ERR_INVALID_ARGUMENT, "", "input or output is NULL");
    if (options != NULL && options->size < sizeof o)
        return shm_fail(err, SHMCOL_ERR_INVALID_ARGUMENT, "", "options were not begun with SHMCOL_COMPRESS_OPTIONS_INIT");
    if (options != NULL)
        o = *options;
    if (o.level == 0)
        o.level = SHMCOL_COMPRESS_LEVEL;
    if (!form_level_good(o.level))
        return shm_fail(err, SHMCOL_ERR_INVALID_ARGUMENT, "", "zstd has no level %d", o.level);
    int errnum = sys_open_map(input, &fd);
    if (errnum == 0)
        errnum = sys_stat_fd(fd, &info);
    shmcol_status status = SHMCOL_OK;
    if (errnum != 0) {
        status = shm_fail_sys(err, errnum, input, "cannot open");
    } else if (!info.regular) {
        status = shm_fail(err, SHMCOL_ERR_IO, "", info.directory ? "a directory, not a file" : "not a regular file");
        shm_error_path(err, input);
    }
    if (status == SHMCOL_OK)
        status = check_output(output, &info, o.overwrite != 0, err);
    if (status == SHMCOL_OK) {
        form_source source = {fd, NULL, info.size, input};
        status = write_output(&source, output, &o, convert, err);
    }
    sys_close(fd);
    return status;
}

shmcol_status shmcol_compress(const char *input, const char *output, const shmcol_compress_options *options, shmcol_error *err)
{
    return convert_path(input, output, options, pack, err);
}

shmcol_status shmcol_decompress(const char *input, const char *output, const shmcol_compress_options *options, shmcol_error *err)
{
    return convert_path(input, output, options, unpack, err);
}
