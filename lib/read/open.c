/* Opening: which file, and in which form; and what is asked of a file as a whole. */
#include <errno.h>
#include <string.h>

#include "read/table.h"

enum {
    KNOWN_FLAGS = SHMCOL_OPEN_PREFAULT | SHMCOL_OPEN_SEQUENTIAL | SHMCOL_OPEN_RANDOM |
                  SHMCOL_OPEN_PRIVATE | SHMCOL_OPEN_STORED | SHMCOL_OPEN_CACHE | SHMCOL_OPEN_COPY,
    DECOMPRESS = SHMCOL_OPEN_CACHE | SHMCOL_OPEN_COPY
};

/* Reads the caller's options, which may be those of another version, and checks them. */
static shmcol_status check_options(const shmcol_open_options *given, shmcol_open_options *all,
                                   shmcol_error *err)
{
    *all = (shmcol_open_options)SHMCOL_OPEN_OPTIONS_INIT;
    if (given == NULL)
        return SHMCOL_OK;
    if (given->size < SHM_OPEN_OPTIONS_SIZE_1_0)
        return shm_fail(err, SHMCOL_ERR_INVALID_ARGUMENT, "",
                        "options were not begun with SHMCOL_OPEN_OPTIONS_INIT");
    SHM_TAKE(*all, given);
    const uint32_t *flags = &all->flags;
    if (*flags & ~(uint32_t)KNOWN_FLAGS)
        return shm_fail(err, SHMCOL_ERR_INVALID_ARGUMENT, "", "unknown open flags 0x%x",
                        *flags & ~(uint32_t)KNOWN_FLAGS);
    if ((*flags & SHMCOL_OPEN_SEQUENTIAL) && (*flags & SHMCOL_OPEN_RANDOM))
        return shm_fail(err, SHMCOL_ERR_INVALID_ARGUMENT, "",
                        "SHMCOL_OPEN_SEQUENTIAL and SHMCOL_OPEN_RANDOM exclude each other");
    return SHMCOL_OK;
}

/* Checks the kind and size of a file before it is mapped: the errors of mmap would not be clear. */
static shmcol_status check_kind(const char *path, const sys_file_info *info, shmcol_error *err)
{
    shmcol_status status = SHMCOL_OK;
    if (!info->regular) {
        status = shm_fail(err, SHMCOL_ERR_IO, "", "not a regular file, so it cannot be mapped");
        shm_error_hint(err, "copy it to a file first");
    } else if (info->size == 0) {
        status = shm_fail(err, SHMCOL_ERR_TRUNCATED, "F-5", "the file is empty");
        shm_error_offset(err, 0);
        shm_error_hint(err, "it was cut short, or never written");
    }
    shm_error_path(status != SHMCOL_OK ? err : NULL, path);
    return status;
}

/* Opens a plain file as it is, and a compressed one in its plain form if the flags allow that.
 * `own`: nothing else uses the descriptor. */
static shmcol_status open_either(int fd, bool own, const sys_file_info *info, const char *path,
                                 const shmcol_open_options *options, shmcol_file **out,
                                 shmcol_error *err)
{
    const uint32_t flags = options->flags;
    /* Otherwise the few KiB that are read here bring in 80 of a cold file. */
    const bool few = own && (flags & (SHMCOL_OPEN_SEQUENTIAL | SHMCOL_OPEN_STORED)) == 0;
    bool compressed = false;
    fmt_header stored;
    if (few)
        sys_read_only_asked(fd, true);
    if ((flags & DECOMPRESS) != 0 && (flags & SHMCOL_OPEN_STORED) == 0) {
        shmcol_status status = read_peek_compressed(fd, info, path, &stored, &compressed, err);
        if (status != SHMCOL_OK)
            return status;
    }
    if (!compressed)
        return read_open_mapped(fd, info, path, flags, out, err);
    if (few)
        sys_read_only_asked(fd, false); /* all of it may be read */
    return read_open_plain_form(fd, info, path, options, &stored, out, err);
}

/* Opens the table in the directory of `fd`, which becomes the library's. */
static shmcol_status open_table(int fd, const sys_file_info *info, const char *path, uint32_t flags,
                                shmcol_file **out, shmcol_error *err)
{
    shmcol_file *file;
    shmcol_status status = read_open_table(fd, info, path, flags, &file, err);
    if (status != SHMCOL_OK)
        return status;
    if ((flags & SHMCOL_OPEN_PREFAULT) != 0)
        status = shmcol_prefault(file, SHMCOL_TABLE, err);
    if (status != SHMCOL_OK) {
        shmcol_close(file);
        return status;
    }
    *out = file;
    return SHMCOL_OK;
}

shmcol_status shmcol_open(const char *path, const shmcol_open_options *options, shmcol_file **file,
                          shmcol_error *err)
{
    shmcol_open_options how;
    int fd = -1;
    sys_file_info info;
    if (path == NULL || file == NULL)
        return shm_fail(err, SHMCOL_ERR_INVALID_ARGUMENT, "", "path or file is NULL");
    shmcol_status status = check_options(options, &how, err);
    if (status != SHMCOL_OK)
        return status;
    int errnum = sys_open_map(path, &fd);
    if (errnum == 0)
        errnum = sys_stat_fd(fd, &info);
    if (errnum != 0) {
        status = shm_fail_sys(err, errnum, path, "cannot open");
        goto done;
    }
    if (info.directory)
        return open_table(fd, &info, path, how.flags, file, err);
    status = check_kind(path, &info, err);
    if (status != SHMCOL_OK)
        goto done;
    status = open_either(fd, true, &info, path, &how, file, err);
    if (status == SHMCOL_OK)
        (*file)->named = info;
    if (status != SHMCOL_OK || !fmt_header_compressed(&(*file)->header))
        goto done;
    (*file)->fd = fd; /* a compressed file is not only read through the map */
    return SHMCOL_OK;
done:
    sys_close(fd);
    return status;
}

shmcol_status shmcol_open_fd(int fd, const shmcol_open_options *options, shmcol_file **file,
                             shmcol_error *err)
{
    shmcol_open_options how;
    int own = -1;
    sys_file_info info;
    if (file == NULL)
        return shm_fail(err, SHMCOL_ERR_INVALID_ARGUMENT, "", "file is NULL");
    shmcol_status status = check_options(options, &how, err);
    if (status != SHMCOL_OK)
        return status;
    /* Without a path this duplicate is the only way back to the file itself, which shmcol_verify
     * needs to look at gaps without touching them in the map. */
    int errnum = sys_dup(fd, &own);
    if (errnum == 0)
        errnum = sys_stat_fd(own, &info);
    if (errnum != 0) {
        status = shm_fail_sys(err, errnum, NULL, "cannot open descriptor %d", fd);
        goto done;
    }
    if (info.directory)
        return open_table(own, &info, "", how.flags, file, err);
    status = check_kind("", &info, err);
    if (status != SHMCOL_OK)
        goto done;
    status = open_either(own, false, &info, "", &how, file, err);
    if (status != SHMCOL_OK || (*file)->fd >= 0)
        goto done;
    (*file)->fd = own;
    return SHMCOL_OK;
done:
    sys_close(own);
    return status;
}

shmcol_status shmcol_open_memory(const void *data, size_t size, shmcol_file **file,
                                 shmcol_error *err)
{
    return read_open_memory(data, size, 0, file, err);
}

shmcol_status shmcol_get_info(const shmcol_file *file, shmcol_file_info *info, shmcol_error *err)
{
    SHM_CHECK_SIZE(info, SHM_FILE_INFO_SIZE_1_0, err);
    const fmt_header *h = &file->header;
    shmcol_file_info all = {
        .rows = h->rows,
        .columns = h->columns,
        .dictionaries = h->dictionaries,
        .file_size = h->file_size,
        .version_major = h->version_major,
        .version_minor = h->version_minor,
        .envelope_version = h->envelope_version,
        .compat = h->compat,
        .ro_compat = h->ro_compat,
        .incompat = h->incompat,
        .writer_id = h->writer_id,
        .writer_version = h->writer_version,
        .csv_rules = h->csv_rules,
        .map = file->map,
        .compressed = file->compressed,
        .stored_size = file->stored_size,
        .plain_size = h->file_size,
        .alignment = h->part.alignment,
        .first_row = h->part.first_row,
        .table_rows = h->part.table_rows,
        .private_pages = file->private_pages,
    };
    memcpy(all.file_id, h->file_id, sizeof all.file_id);
    memcpy(all.content_id, h->content_id, sizeof all.content_id);
    memcpy(all.table_id, h->part.table_id, sizeof all.table_id);
    memcpy(all.previous_id, h->part.previous_id, sizeof all.previous_id);
    if (info->size >= sizeof all && fmt_header_compressed(h))
        all.plain_size = read_plain_size(file);
    SHM_GIVE(info, all);
    return SHMCOL_OK;
}

uint64_t shmcol_rows(const shmcol_file *file)
{
    return file->header.rows;
}

uint32_t shmcol_columns(const shmcol_file *file)
{
    return file->header.columns;
}
