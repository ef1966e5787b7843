/* Imported lists. Their elements are a column of their own, so that elements of any form become
 * what the writer takes in the way in which values of that form do. A column that is no list goes
 * to the function of import_column.h that has the same last word in its name. */
#ifndef SHMCOL_ARROW_IMPORT_LIST_H
#define SHMCOL_ARROW_IMPORT_LIST_H

#include "arrow/import_column.h"

/* Makes the column of the elements of a list column. Errors: NO_MEMORY. */
shmcol_status arrow_list_begin(arrow_column *column, shmcol_error *err);
/* Returns the bytes of scratch that a row needs, whatever its elements need. 0: none, offsets and
 * elements go to the writer where they lie. */
uint32_t arrow_list_scratch(const arrow_column *column);
/* Checks the column's array and its elements, and remembers them. Errors: BAD_ARROW; BAD_VALUE
 * (F-24) for a null inside a list that is not null. */
shmcol_status arrow_list_bind(arrow_column *column, const struct ArrowArray *array, uint64_t offset,
                              uint64_t rows, shmcol_error *err);
/* Lowers *rows to the number of rows from `row` on whose elements, where they are to be copied, fit
 * into `budget` bytes: at least 1. Errors: BAD_ARROW. */
shmcol_status arrow_list_fit(const arrow_column *column, uint64_t row, uint64_t *rows,
                             uint64_t budget, shmcol_error *err);
/* Prepares rows [row, row + rows) of the batch for the writer. The memory that `data` points at
 * lives until the next call for this column. Errors: BAD_ARROW, NO_MEMORY. */
shmcol_status arrow_list_prepare(arrow_column *column, uint64_t row, uint64_t rows,
                                 shmcol_column_data *data, shmcol_error *err);
/* Returns the bytes that the batch's array keeps in memory, about. */
uint64_t arrow_list_bytes(const arrow_column *column);
/* Frees the parts of the column, with its elements. */
void arrow_list_free(arrow_column *column);

#endif
