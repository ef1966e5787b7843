/* Appends the rows of a file: shmcol_append_file. */
#include "append/append.h"

shmcol_status shmcol_append_file(const char *dir, shmcol_file *file,
                                 const shmcol_append_options *options, shmcol_error *err)
{
    shmcol_append_options taken;
    append_source source = {0};
    shmcol_status status = append_take_options(dir, options, &taken, err);
    if (status != SHMCOL_OK)
        return status;
    if (file == NULL)
        return shm_fail(err, SHMCOL_ERR_INVALID_ARGUMENT, "", "there is no file to append");
    status = append_source_file(&source, file, 0, err);
    if (status == SHMCOL_OK)
        status = append_run(dir, &source, &taken, err);
    append_source_end(&source);
    return status;
}
