/* shmcol_verify: the check of a file as it is stored, and for a compressed one of what comes of it
 * (F-62, F-77), or of a table. */
#include "read/verify.h"

shmcol_status shmcol_verify(const shmcol_file *file, const shmcol_verify_options *options,
                            shmcol_error *err)
{
    return file != NULL && file->table != NULL ? verify_table(file, options, err)
                                               : verify_file(file, options, verify_plain_form, err);
}
