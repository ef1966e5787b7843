/* Temporary files: unnamed where the file system has them, else with names that cannot be guessed.
 * A process holds a lock on a file with such a name. If nobody holds it, the process has died, and
 * the next sweep removes the name. */
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
#define HELD_BYTE                                                                                  \
    ((uint64_t)INT64_MAX - 1) /* the byte of a file that is locked; no file is that long */

int temp_open_directory(const char *path, int *fd, bool *can_sync)
{
    *fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    *can_sync = *fd >= 0;
    /* A directory that can be written but not listed is good enough, except for the sync. */
    if (*fd < 0 && errno == EACCES)
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

bool temp_not_supported(int errnum)
{
    return errnum == EOPNOTSUPP || errnum == EISDIR || errnum == EINVAL || errnum == ENOSYS ||
           errnum == ENOENT;
}

int temp_set_mode(int fd, mode_t mode)
{
    return fchmod(fd, mode) == 0 || errno == EPERM || temp_not_supported(errno) ? 0 : errno;
}

/* ---- names ---- */

int temp_new_name(bool shared, char out[TEMP_NAME_SIZE])
{
    uint64_t number;
    int errnum = sys_random(&number, sizeof number);
    if (errnum == 0)
        snprintf(out, TEMP_NAME_SIZE, shared ? SHARED_NAME : TEMP_NAME, (unsigned long long)number);
    return errnum;
}

bool sys_is_temporary(const char *name)
{
    unsigned long long number;
    char tmp[TEMP_NAME_SIZE], rows[TEMP_NAME_SIZE];
    /* Most names of a directory are not ours: a quick test first. */
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
    int errnum = sys_find_lock(fd, HELD_BYTE, 1, &first, &length);
    *held = errnum == 0 && length > 0;
    return errnum;
}

/* Holds a new file. Without locks a sweep cannot lock it either and leaves it alone; but a shared
 * output is useless then, since its rows are claimed by locks. */
static int hold_new(int fd, bool shared)
{
    int errnum = temp_hold(fd);
    return !shared && (errnum == ENOLCK || temp_not_supported(errnum)) ? 0 : errnum;
}

/* Tries one name. EEXIST: it exists, or a sweep removed the file between its creation and its
 * lock. */
static int open_once(int directory, bool shared, mode_t mode, char temp[TEMP_NAME_SIZE], int *fd,
                     mode_t *made)
{
    struct stat st;
    int errnum = temp_new_name(shared, temp);
    if (errnum != 0)
        return errnum;
    int got = openat(directory, temp, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);
    if (got < 0)
        return errno;
    errnum = hold_new(got, shared);
    if (errnum == 0 && fstat(got, &st) != 0)
        errnum = errno;
    if (errnum == EBUSY || (errnum == 0 && st.st_nlink == 0))
        errnum = EEXIST;
    if (errnum == 0)
        errnum = temp_set_mode(got, 0600);
    if (errnum != 0) {
        unlinkat(directory, temp, 0);
        close(got);
        return errnum;
    }
    *made = st.st_mode & 0777;
    *fd = got;
    return 0;
}

int temp_open_named(int directory, bool shared, mode_t mode, char temp[TEMP_NAME_SIZE], int *fd,
                    mode_t *made)
{
    int errnum = EEXIST;
    for (int i = 0; i < TEMP_TRIES && errnum == EEXIST; i++)
        errnum = open_once(directory, shared, mode, temp, fd, made);
    if (errnum != 0)
        temp[0] = 0;
    return errnum;
}

/* ---- the sweep ---- */

/* Opens and locks a temporary file that nobody holds. Returns -1 for all others. A read lock is
 * enough: it conflicts with the write lock of a living process, and it is possible even for a file
 * that its owner may only read. */
static int lock_dead(int directory, const char *name)
{
    struct stat st;
    int fd = openat(directory, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (fd < 0)
        return -1;
    if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && sys_lock_range_shared(fd, HELD_BYTE, 1) == 0)
        return fd;
    close(fd);
    return -1;
}

bool sys_temporary_is_dead(int directory, const char *name)
{
    const int fd = lock_dead(directory, name);
    sys_close(fd);
    return fd >= 0;
}

/* Removes a temporary name if nobody holds its file. The lock is held while the name is removed, so
 * that a process that has just created the file, and locks it next, finds either this lock or no
 * name. On any failure the file is left for another sweep. */
static void remove_dead(int directory, const char *name)
{
    const int fd = lock_dead(directory, name);
    if (fd >= 0)
        unlinkat(directory, name, 0);
    sys_close(fd);
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
    int errnum = temp_open_unnamed(directory, false, 0600, fd);
    if (!temp_not_supported(errnum))
        return errnum;
    sys_sweep(directory);
    errnum = temp_open_named(directory, false, 0600, temp, fd, &made);
    if (errnum == 0)
        unlinkat(directory, temp, 0);
    return errnum;
}

static int side_file_in(const char *path, int *fd)
{
    int directory;
    bool can_sync;
    int errnum = temp_open_directory(path, &directory, &can_sync);
    if (errnum != 0)
        return errnum;
    errnum = temp_side_file(directory, fd);
    close(directory);
    return errnum;
}

/* In the directory of the file at `path`. */
static int side_file_beside(const char *path, int *fd)
{
    const char *slash = strrchr(path, '/');
    size_t length = slash == path ? 1 : slash != NULL ? (size_t)(slash - path) : 0;
    char *parent = slash != NULL ? strndup(path, length) : strdup(".");
    int errnum = parent != NULL ? side_file_in(parent, fd) : ENOMEM;
    free(parent);
    return errnum;
}

int sys_temp_create(const char *path, int *fd)
{
    const char *wanted = sys_getenv("TMPDIR");
    int errnum = wanted != NULL && wanted[0] != 0 ? side_file_in(wanted, fd) : ENOENT;
    if (errnum != 0 && path != NULL)
        errnum = side_file_beside(path, fd);
    if (errnum != 0)
        errnum = side_file_in("/var/tmp", fd);
    return errnum != 0 ? side_file_in("/tmp", fd) : 0;
}
