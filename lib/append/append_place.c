/* The directory of a table, held against other appenders from beginning to end. flock of a
 * directory may succeed and exclude nobody, and may be of a directory that has lost its path: so
 * what matters is proved again before each step that others can see. */
#include <errno.h>

#include "append/append.h"

enum { MOST_TRIES = 100, LONGEST_WAIT_MS = 50 };

shmcol_status append_ask(const shmcol_append_options *options, shmcol_error *err)
{
    if (options->progress != NULL && options->progress(options->progress_arg, 0, 0) != 0)
        return shm_fail(err, SHMCOL_ERR_CANCELLED, "", "cancelled");
    return SHMCOL_OK;
}

/* Removes the directory if it was made here and cannot be used, so that no trace of it stays. */
static void unmake(append_place *place)
{
    if (place->made)
        (void)sys_remove_directory(place->path);
    place->made = false;
}

static shmcol_status no_lock(append_place *place, int errnum, shmcol_error *err)
{
    unmake(place);
    shmcol_status status =
        shm_fail_sys(err, errnum, place->path, "the directory of the table cannot be locked");
    if (errnum == ENOLCK || errnum == EOPNOTSUPP || errnum == ENOSYS || errnum == EINVAL ||
        errnum == EBADF)
        shm_error_hint(err, "this file system does not lock directories: append where the table "
                            "lies on another one, and copy it");
    return status;
}

/* Locks the open directory. Asks the progress function while it waits. */
static shmcol_status lock(append_place *place, const shmcol_append_options *options,
                          shmcol_error *err)
{
    int errnum;
    for (uint32_t wait = 1; (errnum = sys_hold_directory(place->at.directory)) == EWOULDBLOCK;) {
        if (options->no_wait) {
            shm_fail(err, SHMCOL_ERR_LOCKED, "F-84", "another process appends to the table");
            shm_error_path(err, place->path);
            return SHMCOL_ERR_LOCKED;
        }
        shmcol_status status = append_ask(options, err);
        if (status != SHMCOL_OK)
            return status;
        sys_sleep_ms(wait);
        wait = wait * 2 < LONGEST_WAIT_MS ? wait * 2 : LONGEST_WAIT_MS;
    }
    place->held = errnum == 0;
    return errnum == 0 ? SHMCOL_OK : no_lock(place, errnum, err);
}

/* Opens the directory; makes it if it is missing. Returns 0, or an errno value: EAGAIN if another
 * process was faster. */
static int open_or_make(append_place *place)
{
    int errnum = sys_open_directory(place->path, &place->at.directory);
    if (errnum != ENOENT)
        return errnum;
    errnum = sys_make_directory(place->path);
    if (errnum != 0)
        return errnum == EEXIST ? EAGAIN : errnum;
    place->made = true;
    errnum = sys_open_directory(place->path, &place->at.directory);
    return errnum == ENOENT ? EAGAIN : errnum;
}

/* Tells whether the path is that of the open directory. Returns 0 or an errno value. */
static int is_same(const append_place *place, bool *same)
{
    sys_file_info info;
    int errnum = sys_stat_path(place->path, &info);
    *same = errnum == 0 && info.device == place->device && info.inode == place->inode;
    return errnum == ENOENT || errnum == ENOTDIR ? 0 : errnum;
}

static void close_place(append_place *place)
{
    if (place->held && place->process == sys_process())
        sys_release_directory(place->at.directory);
    sys_close(place->at.directory);
    sys_close(place->at.parent);
    place->at = (sys_part_place){-1, -1};
    place->held = false;
}

/* Opens and locks the directory once. *same is false if it is no longer that of the path. */
static shmcol_status hold_once(append_place *place, const shmcol_append_options *options,
                               bool *same, shmcol_error *err)
{
    sys_file_info info;
    *same = false;
    int errnum = open_or_make(place);
    if (errnum == EAGAIN)
        return SHMCOL_OK;
    if (errnum != 0) {
        unmake(place);
        return shm_fail_sys(err, errnum, place->path, "cannot open or make the table's directory");
    }
    shmcol_status status = lock(place, options, err);
    if (status != SHMCOL_OK)
        return status;
    errnum = sys_stat_fd(place->at.directory, &info);
    place->device = info.device;
    place->inode = info.inode;
    if (errnum == 0)
        errnum = is_same(place, same);
    if (errnum == 0)
        return SHMCOL_OK;
    unmake(place);
    return shm_fail_sys(err, errnum, place->path, "cannot look at the directory of the table");
}

/* Opens the directory above. Only the sync of a new name in it needs that, and where this user may
 * not read it there is no sync. */
static shmcol_status open_parent(append_place *place, const shmcol_append_options *options,
                                 shmcol_error *err)
{
    int errnum = sys_open_parent(place->at.directory, &place->at.parent);
    if (errnum == 0)
        return SHMCOL_OK;
    place->at.parent = -1;
    if (options->no_sync || errnum == EACCES)
        return SHMCOL_OK;
    return shm_fail_sys(err, errnum, place->path,
                        "cannot open the directory above that of the table");
}

shmcol_status append_place_hold(append_place *place, const char *path,
                                const shmcol_append_options *options, shmcol_error *err)
{
    *place = (append_place){.path = path, .at = {-1, -1}, .process = sys_process()};
    for (int i = 0; i < MOST_TRIES; i++) {
        bool same;
        shmcol_status status = hold_once(place, options, &same, err);
        if (status != SHMCOL_OK)
            return status;
        if (!same) { /* another appender that failed has removed it, or somebody moved it */
            close_place(place);
            place->made = false;
            continue;
        }
        return open_parent(place, options, err);
    }
    shm_fail(err, SHMCOL_ERR_FILE_REPLACED, "F-84",
             "the directory of the table is made and removed again and again, or cannot be made");
    shm_error_path(err, path);
    return SHMCOL_ERR_FILE_REPLACED;
}

shmcol_status append_place_prove(const append_place *place, shmcol_error *err)
{
    bool same;
    if (place->process != sys_process())
        return shm_fail(err, SHMCOL_ERR_WRITER_STATE, "",
                        "only the process that began the append completes it");
    int errnum = is_same(place, &same);
    if (errnum != 0)
        return shm_fail_sys(err, errnum, place->path, "cannot look at the directory of the table");
    if (same)
        return SHMCOL_OK;
    shm_fail(err, SHMCOL_ERR_FILE_REPLACED, "F-84",
             "the directory of the table was moved, removed or replaced meanwhile");
    shm_error_path(err, place->path);
    return SHMCOL_ERR_FILE_REPLACED;
}

void append_place_end(append_place *place, bool keep)
{
    bool same = false;
    /* Nobody else removes it while it is held, and a directory with a file in it stays. */
    if (!keep && place->made && place->held && place->process == sys_process() &&
        is_same(place, &same) == 0 && same)
        (void)sys_remove_directory(place->path);
    close_place(place);
}
