/* Files in the making: unnamed ones where the file system has them, else temporary names that
 * nobody guesses. A process holds what it has given such a name by a lock, so that whoever finds
 * one that nobody holds knows that its process has died, and takes it away. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sys/output_internal.h"

#define TEMP_NAME ".shmcol-%016llx.tmp"
#define SHARED_NAME ".shmcol-%016llx.rows"
#define HELD_BYTE ((uint64_t)INT64_MAX - 1) /* what is locked of a file; none is that long */

int temp_open_directory(const char *path, int *fd, bool *can_sync)
{
    *fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    *can_sync = *fd >= 0;
    if (*fd < 0 &&
        errno == EACCES) /* we may write there but not list it: good enough, except for the sync */
        *fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
    return *fd >= 0 ? 0 : errno;
}

int temp_open_unnamed(int directory, bool linkable, mode_t mode, int *fd)
{
    if (sys_hidden("tmpfile") || sys_hidden("link"))
        return EOPNOTSUPP;
    int got =
        openat(directory, ".", O_TMPFILE | O_RDWR | O_CLOEXEC | (linkable ? 0 : O_EXCL), mode);
    if (got < 0)
        return errno;
    char proc[40];
    snprintf(proc, sizeof proc, "/proc/self/fd/%d", got);
    if (linkable && access(proc, F_OK) != 0) {
        close(got);
        return EOPNOTSUPP;
    }
    *fd = got;
    return 0;
}

bool temp_not_supported(int error)
{
    return error == EOPNOTSUPP || error == EISDIR || error == EINVAL || error == ENOSYS ||
           error == ENOENT;
}

int temp_set_mode(int fd, mode_t mode)
{
    return fchmod(fd, mode) == 0 || errno == EPERM || temp_not_supported(errno) ? 0 : errno;
}

/* ---- names ---- */

int temp_new_name(bool shared, char out[TEMP_NAME_SIZE])
{
    uint64_t number;
    int error = sys_random(&number, sizeof number);
    if (error == 0)
        snprintf(out, TEMP_NAME_SIZE, shared ? SHARED_NAME : TEMP_NAME, (unsigned long long)number);
    return error;
}

bool sys_is_temporary(const char *name)
{
    unsigned long long number;
    char tmp[TEMP_NAME_SIZE], rows[TEMP_NAME_SIZE];
    /* A directory may have many names, and most are none of ours. */
    if (name[0] != '.' || sscanf(name, ".shmcol-%16llx", &number) != 1)
        return false;
    snprintf(tmp, sizeof tmp, TEMP_NAME, number);
    snprintf(rows, sizeof rows, SHARED_NAME, number);
    return strcmp(name, tmp) == 0 || strcmp(name, rows) == 0;
}

int temp_hold(int fd)
{
    return sys_lock_range(fd, HELD_BYTE, 1);
}

int temp_is_held(int fd, bool *held)
{
    uint64_t first, length;
    int error = sys_find_lock(fd, HELD_BYTE, 1, &first, &length);
    *held = error == 0 && length > 0;
    return error;
}

/* Where there are no locks no sweep can take one either, so that it leaves the file alone. A shared
 * output is of no use there: its rows are claimed by locks. */
static int hold_new(int fd, bool shared)
{
    int error = temp_hold(fd);
    return !shared && (error == ENOLCK || temp_not_supported(error)) ? 0 : error;
}

/* One try. EEXIST: the name was taken, or a sweep took the file for a dead process's between its
 * making and its lock. */
static int open_once(int directory, bool shared, mode_t mode, char temp[TEMP_NAME_SIZE], int *fd,
                     mode_t *made)
{
    struct stat st;
    int error = temp_new_name(shared, temp);
    if (error != 0)
        return error;
    int got = openat(directory, temp, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);
    if (got < 0)
        return errno;
    error = hold_new(got, shared);
    if (error == 0 && fstat(got, &st) != 0)
        error = errno;
    if (error == EBUSY || (error == 0 && st.st_nlink == 0))
        error = EEXIST;
    if (error == 0)
        error = temp_set_mode(got, 0600);
    if (error != 0) {
        unlinkat(directory, temp, 0);
        close(got);
        return error;
    }
    *made = st.st_mode & 0777;
    *fd = got;
    return 0;
}

int temp_open_named(int directory, bool shared, mode_t mode, char temp[TEMP_NAME_SIZE], int *fd,
                    mode_t *made)
{
    int error = EEXIST;
    for (int i = 0; i < TEMP_TRIES && error == EEXIST; i++)
        error = open_once(directory, shared, mode, temp, fd, made);
    if (error != 0)
        temp[0] = 0;
    return error;
}

/* ---- what the dead have left ---- */

/* A lock for reading is enough: it meets the one of who lives, which is for writing, and is to be
 * had of a file that even its owner may only read. It is held while the name goes, so that whoever
 * has just made the file, and is about to lock it, finds either this lock or the name gone. What
 * does not work leaves the file to somebody who may. */
static void remove_dead(int directory, const char *name)
{
    struct stat st;
    int fd = openat(directory, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (fd < 0)
        return;
    if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && sys_lock_range_shared(fd, HELD_BYTE, 1) == 0)
        unlinkat(directory, name, 0);
    close(fd);
}

void sys_sweep(int directory)
{
    int fd = openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *d = fd >= 0 ? fdopendir(fd) : NULL;
    if (d == NULL) {
        sys_close(fd);
        return;
    }
    for (const struct dirent *e; (e = readdir(d)) != NULL;)
        if (sys_is_temporary(e->d_name))
            remove_dead(directory, e->d_name);
    closedir(d);
}

/* ---- side files ---- */

int temp_side_file(int directory, int *fd)
{
    mode_t made;
    char temp[TEMP_NAME_SIZE];
    int error = temp_open_unnamed(directory, false, 0600, fd);
    if (!temp_not_supported(error))
        return error;
    sys_sweep(directory);
    error = temp_open_named(directory, false, 0600, temp, fd, &made);
    if (error == 0)
        unlinkat(directory, temp, 0);
    return error;
}

static int side_file_in(const char *path, int *fd)
{
    int directory;
    bool can_sync;
    int error = temp_open_directory(path, &directory, &can_sync);
    if (error != 0)
        return error;
    error = temp_side_file(directory, fd);
    close(directory);
    return error;
}

/* In the directory of the file at `path`. */
static int side_file_beside(const char *path, int *fd)
{
    const char *slash = strrchr(path, '/');
    size_t length = slash == path ? 1 : slash != NULL ? (size_t)(slash - path) : 0;
    char *parent = slash != NULL ? strndup(path, length) : strdup(".");
    int error = parent != NULL ? side_file_in(parent, fd) : ENOMEM;
    free(parent);
    return error;
}

int sys_temp_create(const char *path, int *fd)
{
    const char *wanted = sys_getenv("TMPDIR");
    int error = wanted != NULL && wanted[0] != 0 ? side_file_in(wanted, fd) : ENOENT;
    if (error != 0 && path != NULL)
        error = side_file_beside(path, fd);
    if (error != 0)
        error = side_file_in("/var/tmp", fd);
    return error != 0 ? side_file_in("/tmp", fd) : 0;
}
