/* Finds out whether a handle is of the file, or of all rows of the table, that its path leads to
 * now. */
#include <errno.h>

#include "format/chain.h"
#include "format/ondisk.h"
#include "read/table.h"

static shmcol_status cannot_look(const char *path, int errnum, shmcol_error *err)
{
    return shm_fail_sys(err, errnum, path, "cannot look at the file");
}

/* A file that is replaced has another inode. One that was written over in place has another size or
 * time. */
static shmcol_status is_file_current(const shmcol_file *file, bool *current, shmcol_error *err)
{
    sys_file_info now;
    const sys_file_info *then = &file->named;
    int errnum = sys_stat_path(file->path, &now);
    if (file->part != NULL)
        *current = errnum == 0 && now.device == file->device && now.inode == file->inode;
    else
        *current = errnum == 0 && now.device == then->device && now.inode == then->inode &&
                   now.size == then->size && now.mtime_ns == then->mtime_ns;
    return errnum == 0 || errnum == ENOENT || errnum == ENOTDIR
               ? SHMCOL_OK
               : cannot_look(file->path, errnum, err);
}

/* Tells whether the name of the last part still leads to it. */
static shmcol_status is_last_part(const read_table *t, bool *current, shmcol_error *err)
{
    const read_part *last = t->parts[t->n_parts - 1];
    char name[FMT_PART_NAME_SIZE];
    sys_file_info now;
    int fd;
    fmt_part_name(last->first_row, name);
    int errnum = sys_open_map_at(t->directory->fd, name, &fd);
    if (errnum == 0) {
        errnum = sys_stat_fd(fd, &now);
        sys_close(fd);
    }
    *current = errnum == 0 && now.device == last->device && now.inode == last->inode;
    return errnum == 0 || errnum == ENOENT ? SHMCOL_OK
                                           : cannot_look(t->directory->path, errnum, err);
}

/* Tells whether a file has the name of the next part. */
static shmcol_status has_next_name(const shmcol_file *file, bool *has, shmcol_error *err)
{
    char name[FMT_PART_NAME_SIZE];
    const uint64_t rows = file->header.rows;
    *has = false;
    if (rows == 0 || rows % FMT_ZONE_ROWS != 0)
        return SHMCOL_OK;
    fmt_part_name(rows, name);
    int errnum = sys_has_name(file->table->directory->fd, name, has);
    return errnum == 0 ? SHMCOL_OK : cannot_look(file->table->directory->path, errnum, err);
}

static shmcol_status is_table_current(shmcol_file *file, bool *current, shmcol_error *err)
{
    bool more = false;
    shmcol_file *newer;
    shmcol_status status = read_is_directory(file->table->directory, current, err);
    if (status == SHMCOL_OK && *current)
        status = is_last_part(file->table, current, err);
    if (status == SHMCOL_OK && *current)
        status = has_next_name(file, &more, err);
    if (status != SHMCOL_OK || !more)
        return status;
    /* It may be a part of an append that died: to know, the chain must be followed. */
    status = shmcol_refresh(file, &newer, err);
    if (status != SHMCOL_OK)
        return status;
    *current = newer == file;
    shmcol_close(newer);
    return SHMCOL_OK;
}

shmcol_status shmcol_is_current(shmcol_file *file, int *current, shmcol_error *err)
{
    bool is = false;
    shmcol_status status;
    if (file == NULL || current == NULL)
        return shm_fail(err, SHMCOL_ERR_INVALID_ARGUMENT, "", "file or current is NULL");
    if (file->table != NULL)
        status = is_table_current(file, &is, err);
    else if (file->path[0] != 0)
        status = is_file_current(file, &is, err);
    else
        return shm_fail(err, SHMCOL_ERR_INVALID_ARGUMENT, "",
                        "the file was opened without a path, so it cannot be looked for");
    if (status == SHMCOL_OK)
        *current = is;
    return status;
}
