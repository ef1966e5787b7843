/* Locks on ranges of bytes that belong to the open file (F_OFD_...) and not to the process. Locks
 * of the process would be lost when it closes any other descriptor of the same file, and two
 * threads would not see each other's. */
#include <errno.h>
#include <fcntl.h>

#include "sys/sys.h"

static int lock(int fd, int command, short type, uint64_t offset, uint64_t length, struct flock *l)
{
    if (length == 0) /* the kernel would take it for everything after offset */
        return EINVAL;
    if (offset > INT64_MAX || length > INT64_MAX - offset)
        return EOVERFLOW;
    *l = (struct flock){
        .l_type = type, .l_whence = SEEK_SET, .l_start = (off_t)offset, .l_len = (off_t)length};
    if (fcntl(fd, command, l) == 0)
        return 0;
    return errno == EAGAIN || errno == EACCES ? EBUSY : errno;
}

int sys_lock_range(int fd, uint64_t offset, uint64_t length)
{
    struct flock l;
    return lock(fd, F_OFD_SETLK, F_WRLCK, offset, length, &l);
}

int sys_lock_range_shared(int fd, uint64_t offset, uint64_t length)
{
    struct flock l;
    return lock(fd, F_OFD_SETLK, F_RDLCK, offset, length, &l);
}

int sys_unlock_range(int fd, uint64_t offset, uint64_t length)
{
    struct flock l;
    return lock(fd, F_OFD_SETLK, F_UNLCK, offset, length, &l);
}

int sys_find_lock(int fd, uint64_t offset, uint64_t length, uint64_t *first, uint64_t *held)
{
    struct flock l;
    *first = offset;
    *held = 0;
    int errnum = lock(fd, F_OFD_GETLK, F_WRLCK, offset, length, &l);
    if (errnum != 0 || l.l_type == F_UNLCK)
        return errnum;
    uint64_t begin = l.l_start < 0 ? 0 : (uint64_t)l.l_start,
             end = l.l_len == 0 ? UINT64_MAX : begin + (uint64_t)l.l_len;
    if (begin > offset)
        *first = begin;
    *held = (end < offset + length ? end : offset + length) - *first;
    return 0;
}
