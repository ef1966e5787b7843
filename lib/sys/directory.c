/* A directory of our own, and its files, which many processes share by name: locks, use, age. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "sys/sys.h"

/* Creates every missing directory of the path, for the owner alone. Returns 0 or an errno value. */
static int make_directories(const char *path)
{
    char *copy = strdup(path);
    if (copy == NULL)
        return ENOMEM;
    int errnum = 0;
    for (char *slash = copy; errnum == 0 && slash != NULL;) {
        slash = strchr(slash + 1, '/');
        if (slash != NULL)
            *slash = 0;
        if (mkdir(copy, 0700) != 0 && errno != EEXIST)
            errnum = errno;
        if (slash != NULL)
            *slash = '/';
    }
    free(copy);
    return errnum;
}

/* Returns true if only the user can have written it. */
static bool is_private(const struct stat *st, uid_t user)
{
    return st->st_uid == user && (st->st_mode & (S_IWGRP | S_IWOTH)) == 0;
}

int sys_private_directory(const char *path, int *fd)
{
    if (path[0] == 0)
        return ENOENT;
    int got = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (got < 0 && errno == ENOENT) {
        int errnum = make_directories(path);
        if (errnum != 0)
            return errnum;
        got = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    }
    if (got < 0)
        return errno;
    struct stat st;
    int errnum = fstat(got, &st) != 0 ? errno : 0;
    if (errnum == 0 && !is_private(&st, geteuid()))
        errnum = EPERM;
    if (errnum != 0) {
        close(got);
        return errnum;
    }
    *fd = got;
    return 0;
}

static sys_file_info info_of(const struct stat *st)
{
    return (sys_file_info){
        .size = (uint64_t)st->st_size,
        .regular = S_ISREG(st->st_mode),
        .device = (uint64_t)st->st_dev,
        .inode = (uint64_t)st->st_ino,
        .mtime_ns = (int64_t)st->st_mtim.tv_sec * 1000000000 + st->st_mtim.tv_nsec,
    };
}

static int flock_wait(int fd, int operation)
{
    int result;
    do
        result = flock(fd, operation);
    while (result != 0 && errno == EINTR);
    return result != 0 ? errno : 0;
}

/* Returns true if `fd` is still the file of that name. */
static bool has_name(int directory, const char *name, int fd)
{
    struct stat a, b;
    return fstat(fd, &a) == 0 && fstatat(directory, name, &b, AT_SYMLINK_NOFOLLOW) == 0 &&
           a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

/* Opens and holds the file of that name, and sets *st. */
static int open_held(int directory, const char *name, int *fd, struct stat *st)
{
    for (;;) {
        int got = openat(directory, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
        if (got < 0)
            return errno;
        int errnum = flock_wait(got, LOCK_SH | LOCK_NB);
        if (errnum == 0 && fstat(got, st) != 0)
            errnum = errno;
        /* A file without a name was removed between the two calls: try again. */
        if (errnum == 0 && st->st_nlink > 0) {
            *fd = got;
            return 0;
        }
        close(got);
        if (errnum != 0)
            return errnum == EWOULDBLOCK ? EBUSY : errnum;
    }
}

int sys_open_shared(int directory, const char *name, int *fd, sys_file_info *info)
{
    struct stat st;
    int errnum = open_held(directory, name, fd, &st);
    if (errnum == 0)
        *info = info_of(&st);
    return errnum;
}

int sys_open_private(const char *directory, const char *name, int *fd, sys_file_info *info)
{
    struct stat st;
    char path[PATH_MAX];
    uid_t user = geteuid();
    if (snprintf(path, sizeof path, "%s/%s", directory, name) >= (int)sizeof path)
        return ENAMETOOLONG;
    if (stat(directory, &st) != 0)
        return errno;
    if (!is_private(&st, user))
        return EPERM;
    int errnum = open_held(AT_FDCWD, path, fd, &st);
    if (errnum != 0)
        return errnum;
    /* The directory may have been replaced after stat: the file itself must be the user's. */
    if (!S_ISREG(st.st_mode) || !is_private(&st, user)) {
        close(*fd);
        return EPERM;
    }
    *info = info_of(&st);
    return 0;
}

int sys_lock_name(int directory, const char *name, bool wait, int *fd)
{
    for (;;) {
        int got = openat(directory, name, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
        if (got < 0)
            return errno;
        int errnum = flock_wait(got, wait ? LOCK_EX : LOCK_EX | LOCK_NB);
        /* The holder before may have removed the name: then others lock another file by now. */
        if (errnum == 0 && has_name(directory, name, got)) {
            *fd = got;
            return 0;
        }
        /* Without locks the file is useless. */
        if (errnum != 0 && errnum != EWOULDBLOCK && errnum != EINTR)
            unlinkat(directory, name, 0);
        close(got);
        if (errnum != 0)
            return errnum;
    }
}

void sys_unlock_name(int directory, const char *name, int fd)
{
    if (has_name(directory, name, fd))
        unlinkat(directory, name, 0);
    close(fd);
}

void sys_remove_name(int directory, const char *name)
{
    (void)unlinkat(directory, name, 0);
}

int sys_remove_unused(int directory, const char *name)
{
    int fd = openat(directory, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0)
        return errno;
    int errnum = flock(fd, LOCK_EX | LOCK_NB) != 0 ? errno : 0;
    /* Without that name it was removed between the two calls, and the name may be that of a file
     * that others hold. */
    if (errnum == 0 && !has_name(directory, name, fd))
        errnum = ENOENT;
    if (errnum == 0 && unlinkat(directory, name, 0) != 0)
        errnum = errno;
    close(fd);
    return errnum == EWOULDBLOCK ? EBUSY : errnum;
}

void sys_touch(int fd, const sys_file_info *info)
{
    struct timespec now;
    enum { FRESH = 60 };
    int64_t used = info->mtime_ns / 1000000000;
    /* Once a minute is enough to find what was used last, and saves writes. */
    if (clock_gettime(CLOCK_REALTIME, &now) == 0 &&
        (used + FRESH < now.tv_sec || used > now.tv_sec))
        (void)futimens(fd, NULL);
}

int sys_list(int directory, void (*fn)(void *arg, const char *name, const sys_file_info *info),
             void *arg)
{
    int fd = openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return errno;
    DIR *d = fdopendir(fd);
    if (d == NULL) {
        int errnum = errno;
        close(fd);
        return errnum;
    }
    for (const struct dirent *e; (e = readdir(d)) != NULL;) {
        struct stat st;
        if (fstatat(directory, e->d_name, &st, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISREG(st.st_mode))
            continue;
        sys_file_info info = {.size = (uint64_t)st.st_size,
                              .regular = true,
                              .mtime_ns =
                                  (int64_t)st.st_mtim.tv_sec * 1000000000 + st.st_mtim.tv_nsec};
        fn(arg, e->d_name, &info);
    }
    closedir(d);
    return 0;
}
