/* Opening a compressed file in its plain form (spec/format.md section 14). */
#include <string.h>

#include "cache/cache.h"
#include "compress/stored.h"
#include "format/header.h"
#include "read/file.h"

/* Decompresses into memory of this process alone: it is not shared, but needs nothing beyond room
 * below the work's limit. */
static shmcol_status open_copy(const stored_source *source, const stored_work *work,
                               shmcol_file **out, uint32_t flags, shmcol_error *err)
{
    stored_result result;
    sys_file_info info;
    int fd = -1;
    int errnum = sys_memory_file(&fd);
    if (errnum != 0)
        return shm_fail_sys(err, errnum, source->path, "cannot make a file in memory");
    shmcol_status status = stored_decompress(source, work, fd, &result, err);
    if (status == SHMCOL_ERR_MEMORY_BOUND)
        shm_error_hint(err, "raise cache_limit where the file is opened%s",
                       (flags & SHMCOL_OPEN_CACHE) != 0 ? ", or SHMCOL_CACHE_LIMIT" : "");
    if (status != SHMCOL_OK) {
        shm_error_path(err, source->path); /* the file in memory has no name of its own */
        goto failed;
    }
    errnum = sys_stat_fd(fd, &info);
    if (errnum != 0) {
        status = shm_fail_sys(err, errnum, source->path, "cannot use a file in memory");
        goto failed;
    }
    status = read_open_mapped(fd, &info, source->path, flags, out, err);
    if (status != SHMCOL_OK)
        goto failed;
    (*out)->fd = fd; /* its path leads elsewhere */
    return SHMCOL_OK;
failed:
    sys_close(fd);
    return status;
}

/* Opens the plain form that the cache has already, if it is the one that its name says. */
static bool open_known(const fmt_header *stored, const char *path,
                       const shmcol_open_options *options, shmcol_file **out)
{
    sys_file_info info;
    shmcol_file *file;
    int fd = -1;
    if (!cache_find(stored->content_id, options->cache_dir, &fd, &info))
        return false;
    if (read_open_mapped(fd, &info, path, options->flags, &file, NULL) != SHMCOL_OK) {
        sys_close(fd);
        return false;
    }
    file->fd = fd;
    if (memcmp(file->header.content_id, stored->content_id, sizeof stored->content_id) == 0) {
        *out = file;
        return true;
    }
    shmcol_close(file);
    return false;
}

/* Opens the plain form that all processes of the machine share, and makes it first if needed. */
static shmcol_status open_cached(const stored_source *source, const fmt_header *stored,
                                 const stored_work *work, const shmcol_open_options *options,
                                 shmcol_file **out, shmcol_error *err)
{
    sys_file_info info;
    int fd = -1;
    const cache_options cache = {options->cache_dir, options->cache_limit};
    shmcol_status status = cache_open(source, stored->content_id, &cache, work, &fd, &info, err);
    if (status != SHMCOL_OK) {
        shm_error_path(err, source->path);
        return status;
    }
    status = read_open_mapped(fd, &info, source->path, options->flags, out, err);
    if (status == SHMCOL_OK)
        (*out)->fd = fd; /* held for as long as the file is open: so it stays in the cache */
    else
        sys_close(fd);
    return status;
}

/* Decompresses, into the cache or into memory. */
static shmcol_status open_new(const stored_source *source, const fmt_header *stored,
                              const shmcol_open_options *options, shmcol_file **out,
                              shmcol_error *err)
{
    bool cache = (options->flags & SHMCOL_OPEN_CACHE) != 0,
         copy = (options->flags & SHMCOL_OPEN_COPY) != 0;
    const stored_work work = {
        .threads = sys_cpu_count(),
        .limit = cache ? cache_limit_of(options->cache_limit) : options->cache_limit,
        .progress = options->progress,
        .progress_arg = options->progress_arg,
    };
    shmcol_error error = SHMCOL_ERROR_INIT; /* the caller's gets only the last answer */
    shmcol_status status =
        cache ? open_cached(source, stored, &work, options, out, &error) : SHMCOL_OK;
    bool refused =
        shmcol_status_class(status) == SHMCOL_CLASS_SYSTEM && status != SHMCOL_ERR_CANCELLED;
    /* A file that is damaged or unknown is no better as a copy. One that is larger than the cache
     * may be is not let into memory either: `work` has the same bound. */
    if (!cache || (copy && refused))
        return open_copy(source, &work, out, options->flags, err);
    if (status != SHMCOL_OK) {
        shm_error_copy(err, &error);
        if (refused && error.hint[0] == 0)
            shm_error_hint(err, "SHMCOL_OPEN_COPY opens it without a cache");
    }
    return status;
}

shmcol_status read_peek_compressed(int fd, const sys_file_info *info, const char *path,
                                   fmt_header *stored, bool *compressed, shmcol_error *err)
{
    const stored_source source = {fd, NULL, info->size, path};
    bool good = false;
    shmcol_status status = stored_peek(&source, stored, &good, err);
    *compressed = good && fmt_header_compressed(stored);
    return status;
}

shmcol_status read_open_plain_form(int fd, const sys_file_info *info, const char *path,
                                   const shmcol_open_options *options, const fmt_header *stored,
                                   shmcol_file **out, shmcol_error *err)
{
    const stored_source source = {fd, NULL, info->size, path};
    if ((options->flags & SHMCOL_OPEN_CACHE) == 0 || !open_known(stored, path, options, out)) {
        shmcol_status status = open_new(&source, stored, options, out, err);
        if (status != SHMCOL_OK)
            return status;
    }
    (*out)->compressed = true;
    (*out)->stored_size = info->size;
    return SHMCOL_OK;
}

uint64_t read_plain_size(const shmcol_file *file)
{
    const stored_source source = {file->fd, file->map, file->header.file_size, file->path};
    uint64_t size = 0;
    return stored_plain_size(&source, &size, NULL) == SHMCOL_OK ? size : 0;
}
