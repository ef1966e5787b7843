/* Files in the making: unnamed ones where the file system has them, else temporary names that nobody guesses. */
#include "sys/output_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TEMP_NAME ".shmcol-%016llx.tmp"

int temp_split(const char *path, char **directory, const char **name)
{
    const char *slash = strrchr(path, '/');
    *name = slash != NULL ? slash + 1 : path;
    if (path[0] == 0)
        return ENOENT;
    if ((*name)[0] == 0 || strcmp(*name, ".") == 0 || strcmp(*name, "..") == 0)
        return EISDIR;
    if (strlen(*name) > NAME_MAX)
        return ENAMETOOLONG;
    *directory = slash == NULL ? strdup(".") : slash == path ? strdup("/") : strndup(path, (size_t)(slash - path));
    return *directory != NULL ? 0 : ENOMEM;
}

int temp_open_directory(const char *path, int *fd, bool *can_sync)
{
    *fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    *can_sync = *fd >= 0;
    if (*fd < 0 && errno == EACCES) /* we may write there but not list it: good enough, except for the sync */
        *fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
    return *fd >= 0 ? 0 : errno;
}

int temp_open_unnamed(int directory, bool linkable, mode_t mode, int *fd)
{
    if (sys_hidden("tmpfile") || sys_hidden("link"))
        return EOPNOTSUPP;
    int got = openat(directory, ".", O_TMPFILE | O_RDWR | O_CLOEXEC | (linkable ? 0 : O_EXCL), mode);
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

int temp_new_name(bool shared, char out[40])
{
    uint64_t number;
    int error = sys_random(&number, sizeof number);
    if (error == 0)
        snprintf(out, 40, shared ? SHARED_NAME : TEMP_NAME, (unsigned long long)number);
    return error;
}

int temp_open_named(int directory, bool shared, mode_t mode, char temp[40], int *fd)
{
    int error = EEXIST;
    for (int i = 0; i < TEMP_TRIES && error == EEXIST; i++) {
        error = temp_new_name(shared, temp);
        if (error != 0)
            break;
        *fd = openat(directory, temp, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);
        if (*fd >= 0)
            return 0;
        error = errno;
    }
    temp[0] = 0;
    return error;
}

bool temp_not_supported(int error)
{
    return error == EOPNOTSUPP || error == EISDIR || error == EINVAL || error == ENOSYS || error == ENOENT;
}

int sys_spool_create(const char *path, int *fd)
{
    char *parent = NULL, temp[40] = "";
    const char *name;
    int directory = -1;
    bool can_sync;
    int error = temp_split(path != NULL ? path : "spool", &parent, &name);
    if (error != 0)
        return error;
    error = temp_open_directory(parent, &directory, &can_sync);
    free(parent);
    if (error != 0)
        return error;
    error = temp_open_unnamed(directory, false, 0600, fd);
    if (temp_not_supported(error)) {
        error = temp_open_named(directory, false, 0600, temp, fd);
        if (error == 0)
            unlinkat(directory, temp, 0);
    }
    close(directory);
    return error;
}

int sys_temp_create(const char *path, int *fd)
{
    static const char *const shared[] = {"/var/tmp/spool", "/tmp/spool"};
    const char *wanted = sys_getenv("TMPDIR");
    int error = ENOENT;
    if (wanted != NULL && wanted[0] != 0) {
        char *inside = NULL;
        if (asprintf(&inside, "%s/spool", wanted) < 0)
            return ENOMEM;
        error = sys_spool_create(inside, fd);
        free(inside);
    }
    if (error != 0 && path != NULL)
        error = sys_spool_create(path, fd);
    for (size_t i = 0; i < sizeof shared / sizeof *shared && error != 0; i++)
        error = sys_spool_create(shared[i], fd);
    return error;
}
