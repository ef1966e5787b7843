/* Opening a compressed file in its plain form (spec/format.md section 14). */
#include "read/file.h"

#include "compress/form.h"

/* Into memory of this process alone: nothing is shared, but nothing is needed either. */
static shmcol_status open_copy(const form_source *source, shmcol_file **out, uint32_t flags, shmcol_error *err)
{
    const form_work work = {.threads = sys_cpu_count()};
    form_result result;
    sys_file_info info;
    int fd = -1;
    int errnum = sys_memory_file(&fd);
    if (errnum != 0)
        return shm_fail_sys(err, errnum, source->path, "cannot make a file in memory");
    shmcol_status status = form_unpack(source, &work, fd, &result, err);
    if (status == SHMCOL_OK && (errnum = sys_stat_fd(fd, &info)) != 0)
        status = shm_fail_sys(err, errnum, source->path, "cannot use a file in memory");
    if (status == SHMCOL_OK)
        status = read_open_mapped(fd, &info, source->path, flags, out, err);
    if (status == SHMCOL_OK)
        (*out)->fd = fd; /* its path leads elsewhere */
    else
        sys_close(fd);
    return status;
}

shmcol_status read_open_plain_form(int fd, const sys_file_info *info, const char *path, const shmcol_open_options *options,
                                   shmcol_file **out, shmcol_error *err)
{
    const form_source source = {fd, NULL, info->size, path};
    shmcol_status status = open_copy(&source, out, options->flags, err);
    if (status == SHMCOL_OK) {
        (*out)->compressed = true;
        (*out)->stored_size = info->size;
    }
    return status;
}

uint64_t read_plain_size(const shmcol_file *file)
{
    const form_source source = {file->fd, file->map, file->header.file_size, file->path};
    uint64_t size = 0;
    return form_plain_size(&source, &size, NULL) == SHMCOL_OK ? size : 0;
}
