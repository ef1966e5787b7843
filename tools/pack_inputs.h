/* Shmcol files and tables in directories as inputs of shmcol-pack. */
#ifndef TOOLS_PACK_INPUTS_H
#define TOOLS_PACK_INPUTS_H

#include "rows_table.h"

/* The rows of all inputs, one behind the other. */
typedef struct pack_inputs {
    rows_table *all;
    uint64_t *first; /* by input: the row of all rows that is its row 0 */
    uint32_t n;
    uint64_t rows, size, parts;
} pack_inputs;

/* Opens all inputs; compressed files by way of the cache. The caller ends it with pack_inputs_end,
 * also after an error. Errors: those of shmcol_open. */
shmcol_status pack_inputs_open(pack_inputs *inputs, const char *const *paths, uint32_t n,
                               shmcol_error *err);
/* Chooses columns by name, the same of all inputs; the names must live as long. Errors: NO_COLUMN,
 * COLUMN_UNSUPPORTED, those of a damaged directory. */
shmcol_status pack_inputs_choose(pack_inputs *inputs, char **names, uint32_t n, shmcol_error *err);
/* Points the columns of an input at the part that holds row `row` of all rows. *input becomes it,
 * *at the row's number in the part, and *rows how many rows follow in the part, that one included.
 */
shmcol_status pack_inputs_at(pack_inputs *inputs, uint64_t row, rows_table **input, uint64_t *at,
                             uint64_t *rows, shmcol_error *err);
/* Closes all inputs. */
void pack_inputs_end(pack_inputs *inputs);

/* Copies an error of a table's functions, with the table's path. Returns its status. */
shmcol_status pack_input_failed(const rows_table *input, shmcol_error *err);

#endif
