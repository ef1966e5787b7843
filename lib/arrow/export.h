/* Columns as structures of the Arrow C data interface. */
#ifndef SHMCOL_ARROW_EXPORT_H
#define SHMCOL_ARROW_EXPORT_H

#include "arrow/source.h"

/* The schema of one column, or of a struct of `n` columns (columns NULL: the first n). On success
 * *out owns itself. */
shmcol_status arrow_schema_of_column(shmcol_file *file, uint32_t column, struct ArrowSchema *out,
                                     shmcol_error *err);
shmcol_status arrow_schema_of_table(shmcol_file *file, const uint32_t *columns, uint32_t n,
                                    struct ArrowSchema *out, shmcol_error *err);

/* Exports rows [first, first + rows) of `n` columns as a struct. Nothing is copied: a slice is an
 * offset. Errors: NO_MEMORY. */
shmcol_status arrow_array_of_table(shmcol_file *file, const arrow_source *sources, uint32_t n,
                                   uint64_t first, uint64_t rows, struct ArrowArray *out,
                                   shmcol_error *err);

#endif
