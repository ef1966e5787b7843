/* A directory without a part at row 0: no table yet, or one that has lost this part (F-83). */
#include <errno.h>

#include "format/chain.h"
#include "format/ondisk.h"
#include "read/table.h"
#include "sys/sys.h"

static void note(void *arg, const char *name, const sys_file_info *info)
{
    bool *has = arg;
    uint64_t row;
    (void)info;
    *has = *has || (fmt_part_name_row(name, &row) && row % FMT_ZONE_ROWS == 0);
}

shmcol_status read_lost_first(const read_directory *directory, bool *lost, shmcol_error *err)
{
    sys_file_info info;
    *lost = false;
    int errnum = sys_list(directory->fd, note, lost);
    if (errnum != 0)
        return shm_fail_sys(err, errnum, directory->path, "cannot list the directory");
    if (!*lost)
        return SHMCOL_OK;
    /* The parts come after the marker, and it goes after them: so it is looked for last. */
    errnum = sys_stat_at(directory->fd, FMT_APPENDING, &info);
    if (errnum != 0 && errnum != ENOENT)
        return shm_fail_sys(err, errnum, directory->path, "cannot look at " FMT_APPENDING);
    *lost = errnum != 0 || !info.regular;
    return SHMCOL_OK;
}
