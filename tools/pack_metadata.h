/* Metadata that shmcol-pack carries from shmcol files to its output. */
#ifndef TOOLS_PACK_METADATA_H
#define TOOLS_PACK_METADATA_H

#include "rows_table.h"

/* Gives a field the metadata of a column; the array is to be freed, its texts are the file's.
 * Errors: those of a damaged directory. */
shmcol_status pack_metadata_of_column(const rows_table *input, uint32_t column, shmcol_field *field,
                                      shmcol_error *err);
/* Gives the metadata of the table: that of the input but its tokens (F-85), then that of the
 * options. *pairs is to be freed. */
shmcol_status pack_metadata_of_table(const rows_table *input, const shmcol_csv_options *options,
                                     shmcol_pair **pairs, uint32_t *n, shmcol_error *err);

#endif
