/* Tables in memory: the file for a writer, and its seal. */
#include <errno.h>

#include "error.h"
#include "sys/sys.h"

shmcol_status shmcol_memory_create(int *fd, shmcol_error *err)
{
    if (fd == NULL)
        return shm_fail(err, SHMCOL_ERR_INVALID_ARGUMENT, "", "no place for the descriptor");
    int errnum = sys_memory_file(fd);
    return errnum != 0 ? shm_fail_sys(err, errnum, NULL, "cannot create a file in memory")
                       : SHMCOL_OK;
}

shmcol_status shmcol_memory_seal(int fd, shmcol_error *err)
{
    int errnum = sys_seal(fd);
    if (errnum == 0)
        return SHMCOL_OK;
    shmcol_status status = shm_fail_sys(err, errnum, NULL, "cannot seal descriptor %d", fd);
    if (errnum == EBUSY)
        shm_error_hint(err, "it is still mapped writable by somebody");
    else if (errnum == EINVAL)
        shm_error_hint(err, "only files of shmcol_memory_create (memfd_create with "
                            "MFD_ALLOW_SEALING) can be sealed");
    return status;
}
