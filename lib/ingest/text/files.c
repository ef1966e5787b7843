/* Reads the inputs. Those of a short list stay open. The files of a long list are opened when they
 * are read, and the one that was read longest ago is closed. */
#include <errno.h>
#include <stdlib.h>

#include "ingest/text/input.h"

typedef struct open_file {
    const ing_input *input; /* NULL: the place is free */
    int fd;
    uint32_t readers;
    bool opening;
    uint64_t used; /* the larger, the later */
} open_file;

struct ing_files {
    sys_mutex *lock; /* of all fields; not held while a file is opened or read */
    sys_cond *released;
    uint32_t waiting;
    uint64_t uses;
    open_file open[ING_FILES_MOST];
};

ing_files *ing_files_new(void)
{
    ing_files *files = calloc(1, sizeof *files);
    if (files == NULL)
        return NULL;
    files->lock = sys_mutex_new();
    files->released = sys_cond_new();
    for (uint32_t i = 0; i < ING_FILES_MOST; i++)
        files->open[i].fd = -1;
    if (files->lock != NULL && files->released != NULL)
        return files;
    ing_files_free(files);
    return NULL;
}

void ing_files_free(ing_files *files)
{
    if (files == NULL)
        return;
    for (uint32_t i = 0; i < ING_FILES_MOST; i++)
        sys_close(files->open[i].fd);
    sys_cond_free(files->released);
    sys_mutex_free(files->lock);
    free(files);
}

static bool same_file(const sys_file_info *a, const sys_file_info *b)
{
    return a->device == b->device && a->inode == b->inode && a->size == b->size &&
           a->mtime_ns == b->mtime_ns;
}

bool ing_input_changed(const ing_input *input)
{
    sys_file_info now;
    if (input->spooled)
        return false;
    int errnum = input->fd >= 0 ? sys_stat_fd(input->fd, &now) : sys_stat_path(input->path, &now);
    return errnum != 0 || !same_file(&now, &input->file);
}

static shmcol_status changed(const ing_input *input, const char *what, shmcol_error *err)
{
    shm_fail(err, SHMCOL_ERR_CHANGED, "C-99", "%s", what);
    shm_error_path(err, input->path);
    return SHMCOL_ERR_CHANGED;
}

/* Opens the file of an input again. What is there now may be a FIFO, for which it does not wait.
 * Returns CHANGED, IO. */
static shmcol_status open_again(const ing_input *input, int *fd, shmcol_error *err)
{
    sys_file_info now;
    int got = -1, errnum = sys_open_map(input->path, &got);
    if (errnum == ENOENT || errnum == ENOTDIR || errnum == ESTALE)
        return changed(input, "the input is not there any more", err);
    if (errnum == 0)
        errnum = sys_stat_fd(got, &now);
    if (errnum == 0 && same_file(&now, &input->file)) {
        *fd = got;
        return SHMCOL_OK;
    }
    sys_close(got);
    return errnum != 0 ? shm_fail_sys(err, errnum, input->path, "cannot open the input again")
                       : changed(input, "the input was changed while it was read", err);
}

/* Returns the place of an input, or NULL. Call it with the lock. */
static open_file *place_of(ing_files *files, const ing_input *input)
{
    for (uint32_t i = 0; i < ING_FILES_MOST; i++)
        if (files->open[i].input == input)
            return &files->open[i];
    return NULL;
}

/* Returns the place that nobody reads and whose use is longest ago, or NULL. Call it with the lock.
 */
static open_file *oldest_place(ing_files *files)
{
    open_file *oldest = NULL;
    for (uint32_t i = 0; i < ING_FILES_MOST; i++) {
        open_file *place = &files->open[i];
        if (place->readers == 0 && (oldest == NULL || place->used < oldest->used))
            oldest = place;
    }
    return oldest;
}

/* Opens the input's file in a place that it takes over. Call it with the lock, which it releases in
 * between. */
static shmcol_status open_in(ing_files *files, open_file *place, const ing_input *input,
                             shmcol_error *err)
{
    int old = place->fd, fd = -1;
    *place =
        (open_file){.input = input, .fd = -1, .readers = 1, .opening = true, .used = ++files->uses};
    sys_unlock(files->lock);
    sys_close(old);
    shmcol_status status = open_again(input, &fd, err);
    sys_lock(files->lock);
    place->fd = fd;
    place->opening = false;
    if (status != SHMCOL_OK)
        *place = (open_file){.fd = -1};
    if (files->waiting != 0)
        sys_wake_all(files->released);
    return status;
}

/* Finds or opens the input's file; it stays open until `release`. Waits while all places are being
 * read, or while another thread opens this file. Returns CHANGED, IO. */
static shmcol_status acquire(ing_files *files, const ing_input *input, open_file **place,
                             shmcol_error *err)
{
    shmcol_status status = SHMCOL_OK;
    sys_lock(files->lock);
    for (;;) {
        open_file *found = place_of(files, input);
        *place = found != NULL ? found : oldest_place(files);
        if (found != NULL && !found->opening) {
            found->readers++;
            found->used = ++files->uses;
            break;
        }
        if (found == NULL && *place != NULL) {
            status = open_in(files, *place, input, err);
            break;
        }
        files->waiting++;
        sys_wait(files->released, files->lock);
        files->waiting--;
    }
    sys_unlock(files->lock);
    return status;
}

static void release(ing_files *files, open_file *place)
{
    sys_lock(files->lock);
    if (--place->readers == 0 && files->waiting != 0)
        sys_wake_all(files->released);
    sys_unlock(files->lock);
}

static shmcol_status read_from(const ing_input *input, int fd, uint64_t at, void *data,
                               size_t length, shmcol_error *err)
{
    size_t got = 0;
    int errnum = sys_pread(fd, data, length, input->offset + at, &got);
    if (errnum == 0 && got == length)
        return SHMCOL_OK;
    if (input->spooled)
        return shm_fail_sys(err, errnum != 0 ? errnum : EIO, input->path,
                            "cannot read the copy of the input");
    return errnum != 0 ? shm_fail_sys(err, errnum, input->path, "cannot read")
                       : changed(input, "the input became shorter while it was read", err);
}

shmcol_status ing_input_read(const ing_input *input, uint64_t at, void *data, size_t length,
                             shmcol_error *err)
{
    open_file *place;
    if (input->fd >= 0)
        return read_from(input, input->fd, at, data, length, err);
    shmcol_status status = acquire(input->files, input, &place, err);
    if (status != SHMCOL_OK)
        return status;
    status = read_from(input, place->fd, at, data, length, err);
    release(input->files, place);
    return status;
}
