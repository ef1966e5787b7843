/* Columns as structures of the Arrow C data interface. */
#ifndef SHMCOL_ARROW_EXPORT_H
#define SHMCOL_ARROW_EXPORT_H

#include "arrow/source.h"

/* Makes the schema of one column. On success *out is the caller's, to be released. Errors: those of
 * arrow_source_info and arrow_metadata_encode. */
shmcol_status arrow_schema_of_column(shmcol_file *file, uint32_t column, struct ArrowSchema *out,
                                     shmcol_error *err);
/* Makes the schema of a struct of `n` columns (columns NULL: the first n), likewise. */
shmcol_status arrow_schema_of_table(shmcol_file *file, const uint32_t *columns, uint32_t n,
                                    struct ArrowSchema *out, shmcol_error *err);

/* Rows [first, first + rows). */
typedef struct arrow_rows {
    uint64_t first, rows;
} arrow_rows;

/* Makes the array of a struct of `n` columns. Nothing is copied: a slice is an offset. On success
 * *out is the caller's, to be released. Errors: NO_MEMORY. */
shmcol_status arrow_array_of_table(shmcol_file *file, const arrow_source *sources, uint32_t n,
                                   arrow_rows rows, struct ArrowArray *out, shmcol_error *err);

#endif
