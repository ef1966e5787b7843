/* shmcol_output: any bytes, published as tables are. */
#include <stdlib.h>
#include <string.h>

#include "error.h"
#include "sys/sys.h"

struct shmcol_output {
    sys_output *file;
    char path[];
};

shmcol_status shmcol_output_create(const char *path, uint32_t flags, shmcol_output **output,
                                   shmcol_error *err)
{
    const sys_output_how how = {.replace = (flags & SHMCOL_OUTPUT_REPLACE) != 0,
                                .no_sync = (flags & SHMCOL_OUTPUT_NO_SYNC) != 0,
                                .text = true};
    const char *refused = NULL;
    if (path == NULL || output == NULL ||
        (flags & ~(uint32_t)(SHMCOL_OUTPUT_REPLACE | SHMCOL_OUTPUT_NO_SYNC)) != 0)
        return shm_fail(err, SHMCOL_ERR_INVALID_ARGUMENT, "",
                        "path or output is NULL, or unknown flags 0x%x", flags);
    shmcol_output *o = malloc(sizeof *o + strlen(path) + 1);
    if (o == NULL)
        return shm_fail_memory(err);
    memcpy(o->path, path, strlen(path) + 1);
    int errnum = sys_output_create(path, how, &o->file, &refused);
    if (errnum != 0) {
        free(o);
        return shm_fail_output(err, errnum, refused, path, "the output");
    }
    *output = o;
    return SHMCOL_OK;
}

int shmcol_output_fd(const shmcol_output *output)
{
    return sys_output_fd(output->file);
}

shmcol_status shmcol_output_publish(shmcol_output *output, shmcol_error *err)
{
    bool in_place;
    shmcol_status status = SHMCOL_OK;
    if (!sys_output_own(output->file)) {
        shmcol_output_abort(output);
        return shm_fail(err, SHMCOL_ERR_WRITER_STATE, "",
                        "only the process that created the output publishes it");
    }
    int errnum = sys_output_publish(output->file, &in_place);
    if (errnum != 0)
        status = shm_fail_publish(err, errnum, in_place, output->path, "the output");
    free(output);
    return status;
}

void shmcol_output_abort(shmcol_output *output)
{
    if (output == NULL)
        return;
    sys_output_abort(output->file);
    free(output);
}
