/* Checks the paths of a pack before anything is opened. */
#include <errno.h>
#include <string.h>

#include "ingest/text/text.h"

shmcol_status ing_standard_input_closed(shmcol_error *err)
{
    shm_fail_sys(err, EBADF, ING_STANDARD_INPUT, "standard input is closed");
    shm_error_hint(err, "name a file, or connect one: < FILE");
    return SHMCOL_ERR_IO;
}

/* Returns SAME_FILE if both paths are one file. `what` names the purpose of `path`, which may be
 * NULL. */
static shmcol_status refuse_same(const char *input, const char *path, const char *what,
                                 shmcol_error *err)
{
    sys_file_info in, out;
    if (path == NULL || strcmp(input, "-") == 0 || sys_stat_path(path, &out) != 0 ||
        sys_stat_path(input, &in) != 0 || out.device != in.device || out.inode != in.inode)
        return SHMCOL_OK;
    shm_fail(err, SHMCOL_ERR_SAME_FILE, "", "%s is the input", what);
    shm_error_path(err, input);
    return SHMCOL_ERR_SAME_FILE;
}

shmcol_status ing_check_paths(const ing_output *output, const char *const *inputs,
                              uint32_t n_inputs, shmcol_error *err)
{
    shmcol_status status = SHMCOL_OK;
    for (uint32_t i = 0; status == SHMCOL_OK && i < n_inputs; i++) {
        sys_file_info info;
        bool standard = strcmp(inputs[i], "-") == 0;
        int errnum = standard ? sys_stat_fd(0, &info) : sys_stat_path(inputs[i], &info);
        if (errnum == EBADF && standard) /* the next file that is opened would become it */
            return ing_standard_input_closed(err);
        if (errnum)
            return shm_fail_sys(err, errnum, standard ? ING_STANDARD_INPUT : inputs[i],
                                "cannot open the input");
        status = refuse_same(inputs[i], output->path, "the output", err);
        if (status == SHMCOL_OK)
            status =
                refuse_same(inputs[i], output->rejects_path, "the file for refused records", err);
    }
    return status;
}
