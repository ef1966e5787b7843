/* A directory that one process at a time changes: the lock, and what is asked and done there. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sys/output_internal.h"

int sys_open_parent(int directory, int *fd)
{
    int got = openat(directory, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (got < 0)
        return errno;
    *fd = got;
    return 0;
}

int sys_make_directory(const char *path)
{
    return mkdir(path, 0777) == 0 ? 0 : errno;
}

int sys_remove_directory(const char *path)
{
    return rmdir(path) == 0 ? 0 : errno;
}

int sys_hold_directory(int fd)
{
    int result;
    do
        result = flock(fd, LOCK_EX | LOCK_NB);
    while (result != 0 && errno == EINTR);
    return result != 0 ? errno : 0;
}

void sys_release_directory(int fd)
{
    (void)flock(fd, LOCK_UN);
}

int sys_sync_directory(int fd)
{
    return output_sync(fd);
}

int sys_stat_at(int directory, const char *name, sys_file_info *info)
{
    struct stat st;
    if (fstatat(directory, name, &st, AT_SYMLINK_NOFOLLOW) != 0)
        return errno;
    *info = (sys_file_info){.size = st.st_size < 0 ? 0 : (uint64_t)st.st_size,
                            .regular = S_ISREG(st.st_mode),
                            .directory = S_ISDIR(st.st_mode),
                            .device = (uint64_t)st.st_dev,
                            .inode = (uint64_t)st.st_ino};
    return 0;
}

int sys_unlink_at(int directory, const char *name)
{
    return unlinkat(directory, name, 0) == 0 ? 0 : errno;
}

int sys_create_empty_at(int directory, const char *name)
{
    sys_file_info info;
    int fd = openat(directory, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0444);
    if (fd >= 0) {
        close(fd);
        return 0;
    }
    if (errno != EEXIST)
        return errno;
    return sys_stat_at(directory, name, &info) == 0 && info.regular ? 0 : EEXIST;
}
