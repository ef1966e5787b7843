/* shmcol_verify: the check of a file as it is stored, and for a compressed one of what comes of it
 * (F-62, F-77). */
#include "read/verify.h"

#include "read/table.h"

shmcol_status shmcol_verify(const shmcol_file *file, const shmcol_verify_options *options,
                            shmcol_error *err)
{
    shmcol_status status = SHMCOL_OK;
    if (file == NULL || file->table == NULL)
        return verify_file(file, options, verify_plain_form, err);
    for (uint64_t i = 0; i < file->table->n_parts && status == SHMCOL_OK; i++) {
        shmcol_file *part;
        status = shmcol_part(file, i, &part, err);
        if (status == SHMCOL_OK)
            status = verify_file(part, options, verify_plain_form, err);
    }
    return status;
}
