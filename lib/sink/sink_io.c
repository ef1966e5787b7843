/* Reads and writes of the output and of the side file. */
#include <errno.h>

#include "sink/sink_internal.h"

int sink_temporary(const sink *s, int *fd)
{
    return sys_output_side_file(s->output, fd);
}

shmcol_status sink_pwrite(sink *s, int fd, const void *data, size_t length, uint64_t offset,
                          shmcol_error *err)
{
    sys_mutex *io = s->io[fd == s->fd ? 0 : 1];
    sys_lock(io);
    int errnum = sys_pwrite(fd, data, length, offset);
    sys_unlock(io);
    if (errnum != 0)
        return shm_fail_sys(err, errnum, s->path, "cannot write %zu bytes%s", length,
                            fd == s->side_file ? " to the temporary file" : "");
    return SHMCOL_OK;
}

shmcol_status sink_pread(sink *s, int fd, void *data, size_t length, uint64_t offset,
                         shmcol_error *err)
{
    size_t got = 0;
    int errnum = sys_pread(fd, data, length, offset, &got);
    if (errnum != 0)
        return shm_fail_sys(err, errnum, s->path, "cannot read back %zu bytes", length);
    if (got != length)
        return shm_fail_sys(err, EIO, s->path, "cannot read back %zu bytes", length);
    return SHMCOL_OK;
}
