/* Files: system calls that are repeated until they are done (EINTR, short counts), and that refuse
 * offsets beyond off_t. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "sys/sys.h"

static bool beyond_off_t(uint64_t offset, uint64_t length)
{
    return offset > INT64_MAX || length > INT64_MAX - offset;
}

static int open_flags(const char *path, int flags, int *fd)
{
    int got = open(path, flags | O_RDONLY | O_CLOEXEC);
    if (got < 0)
        return errno;
    *fd = got;
    return 0;
}

int sys_open_read(const char *path, int *fd)
{
    return open_flags(path, 0, fd);
}

int sys_open_map(const char *path, int *fd)
{
    int errnum;
    do
        errnum = open_flags(path, O_NONBLOCK | O_NOCTTY, fd);
    while (errnum == EINTR); /* nothing here waits, but a network file system may return it */
    return errnum;
}

int sys_open_directory(const char *path, int *fd)
{
    return open_flags(path, O_DIRECTORY, fd);
}

int sys_open_map_at(int directory, const char *name, int *fd)
{
    int got;
    do
        got = openat(directory, name, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    while (got < 0 && errno == EINTR);
    if (got < 0)
        return errno;
    *fd = got;
    return 0;
}

int sys_has_name(int directory, const char *name, bool *has)
{
    struct stat st;
    *has = fstatat(directory, name, &st, AT_SYMLINK_NOFOLLOW) == 0;
    return *has || errno == ENOENT ? 0 : errno;
}

char *sys_absolute(const char *path)
{
    char *here, *whole = NULL;
    if (path[0] == '/')
        return strdup(path);
    here = getcwd(NULL, 0);
    if (here != NULL && asprintf(&whole, "%s/%s", here, path) < 0)
        whole = NULL;
    free(here);
    return whole;
}

int sys_dup(int fd, int *out)
{
    int got = fcntl(fd, F_DUPFD_CLOEXEC, 0);
    if (got < 0)
        return errno;
    *out = got;
    return 0;
}

void sys_close(int fd)
{
    if (fd >= 0)
        close(fd);
}

static void fill_info(const struct stat *st, sys_file_info *info)
{
    *info = (sys_file_info){
        .size = st->st_size < 0 ? 0 : (uint64_t)st->st_size,
        .regular = S_ISREG(st->st_mode),
        .directory = S_ISDIR(st->st_mode),
        .device = (uint64_t)st->st_dev,
        .inode = (uint64_t)st->st_ino,
        .mtime_ns = (int64_t)st->st_mtim.tv_sec * 1000000000 + st->st_mtim.tv_nsec,
    };
}

int sys_stat_fd(int fd, sys_file_info *info)
{
    struct stat st;
    if (fstat(fd, &st) != 0)
        return errno;
    fill_info(&st, info);
    return 0;
}

int sys_stat_path(const char *path, sys_file_info *info)
{
    struct stat st;
    if (stat(path, &st) != 0)
        return errno;
    fill_info(&st, info);
    return 0;
}

int sys_pread(int fd, void *data, size_t length, uint64_t offset, size_t *got)
{
    if (beyond_off_t(offset, length))
        return EOVERFLOW;
    size_t done = 0;
    while (done < length) {
        ssize_t n = pread(fd, (char *)data + done, length - done, (off_t)(offset + done));
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return errno;
        if (n == 0)
            break;
        done += (size_t)n;
    }
    *got = done;
    return 0;
}

int sys_read(int fd, void *data, size_t length, size_t *got)
{
    ssize_t n = read(fd, data, length);
    if (n < 0)
        return errno;
    *got = (size_t)n;
    return 0;
}

int sys_pwrite(int fd, const void *data, size_t length, uint64_t offset)
{
    if (beyond_off_t(offset, length))
        return EOVERFLOW;
    for (size_t done = 0; done < length;) {
        ssize_t n = pwrite(fd, (const char *)data + done, length - done, (off_t)(offset + done));
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return errno;
        if (n == 0)
            return EIO; /* no progress and no reason: do not loop */
        done += (size_t)n;
    }
    return 0;
}

int sys_write(int fd, const void *data, size_t length)
{
    for (size_t done = 0; done < length;) {
        ssize_t n = write(fd, (const char *)data + done, length - done);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return errno;
        if (n == 0)
            return EIO;
        done += (size_t)n;
    }
    return 0;
}

int sys_truncate(int fd, uint64_t size)
{
    if (size > INT64_MAX)
        return EOVERFLOW;
    int result;
    do
        result = ftruncate(fd, (off_t)size);
    while (result != 0 && errno == EINTR);
    return result != 0 ? errno : 0;
}

int sys_punch(int fd, uint64_t offset, uint64_t length)
{
    if (length == 0)
        return 0;
    if (beyond_off_t(offset, length))
        return EOVERFLOW;
    int result;
    do
        result =
            fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, (off_t)offset, (off_t)length);
    while (result != 0 && errno == EINTR);
    if (result == 0 || errno == EOPNOTSUPP || errno == ENOSYS)
        return 0;
    return errno;
}

int sys_allocate(int fd, uint64_t offset, uint64_t length)
{
    if (length == 0)
        return 0;
    if (beyond_off_t(offset, length))
        return EFBIG;
    int result;
    /* Not posix_fallocate: it would write zeros where the file system cannot allocate, and still
     * guarantee nothing. */
    do
        result = fallocate(fd, 0, (off_t)offset, (off_t)length);
    while (result != 0 && errno == EINTR);
    if (result == 0)
        return 0;
    return errno == ENOSYS ? EOPNOTSUPP : errno;
}

#define TMPFS 0x01021994 /* TMPFS_MAGIC of linux/magic.h */
#define BTRFS 0x9123683E /* BTRFS_SUPER_MAGIC */

bool sys_reserves(int fd)
{
    struct statfs st;
    return fstatfs(fd, &st) == 0 && st.f_type != TMPFS && st.f_type != BTRFS;
}

bool sys_in_memory(int fd)
{
    struct statfs st;
    return fstatfs(fd, &st) == 0 && st.f_type == TMPFS;
}

/* Returns the memory that is available without swapping; 0: unknown. */
static uint64_t available_memory(void)
{
    static const char name[] = "MemAvailable:";
    char text[4096];
    size_t got = 0;
    int fd = -1;
    if (sys_open_read("/proc/meminfo", &fd) != 0)
        return 0;
    int errnum = sys_pread(fd, text, sizeof text - 1, 0, &got);
    sys_close(fd);
    text[errnum == 0 ? got : 0] = 0;
    const char *line = strstr(text, name);
    return line != NULL ? strtoull(line + strlen(name), NULL, 10) * 1024 : 0;
}

bool sys_has_room(int fd, uint64_t length)
{
    struct statfs st;
    if (fstatfs(fd, &st) != 0 || st.f_bsize <= 0)
        return false;
    if (st.f_blocks == 0 && st.f_type == TMPFS) /* limited by memory only */
        return length < available_memory();
    return length / (uint64_t)st.f_bsize < st.f_bavail;
}

void sys_read_only_asked(int fd, bool only)
{
    (void)posix_fadvise(fd, 0, 0, only ? POSIX_FADV_RANDOM : POSIX_FADV_NORMAL);
}

#ifndef MFD_NOEXEC_SEAL
#define MFD_NOEXEC_SEAL 8u /* Linux 6.3; older headers do not name it */
#endif

int sys_memory_file(int *fd)
{
    if (sys_hidden("memfd"))
        return ENOSYS;
    int got = memfd_create("shmcol", MFD_CLOEXEC | MFD_ALLOW_SEALING | MFD_NOEXEC_SEAL);
    if (got < 0 && errno == EINVAL)
        got = memfd_create("shmcol", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (got < 0)
        return errno;
    *fd = got;
    return 0;
}

int sys_seal(int fd)
{
    int wanted = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL,
        seals = fcntl(fd, F_GET_SEALS);
    if (seals < 0)
        return errno;
    if ((seals & wanted) == wanted)
        return 0;
    return fcntl(fd, F_ADD_SEALS, wanted) == 0 ? 0 : errno;
}
