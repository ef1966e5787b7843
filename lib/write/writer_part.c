/* Parts of a table (F-79): every column has a bitmap, and codes have 4 bytes. */
#include <string.h>

#include "write/writer_internal.h"

shmcol_status writer_check_part(const shmcol_writer *w, uint64_t rows, shmcol_error *err)
{
    uint64_t field;
    const char *problem = fmt_part_problem(&w->part, rows, &field);
    return problem == NULL ? SHMCOL_OK
                           : shm_fail(err, SHMCOL_ERR_INVALID_ARGUMENT, "F-79", "%s", problem);
}

shmcol_status writer_set_part(shmcol_writer *w, const shmcol_writer_options *options,
                              shmcol_error *err)
{
    w->part = (fmt_part){.alignment = options->alignment,
                         .first_row = options->first_row,
                         .table_rows = options->table_rows};
    memcpy(w->part.table_id, options->table_id, sizeof w->part.table_id);
    memcpy(w->part.previous_id, options->previous_id, sizeof w->part.previous_id);
    shmcol_status status = writer_check_part(w, UINT64_MAX, err);
    if (status == SHMCOL_OK && writer_is_part(w) && options->zstd_level != 0)
        return shm_fail(err, SHMCOL_ERR_INVALID_ARGUMENT, "F-79",
                        "a part of a table is not compressed: alignment and zstd_level are both "
                        "set");
    return status;
}
