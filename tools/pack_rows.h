/* Rows of shmcol files and tables into a new file or table. */
#ifndef TOOLS_PACK_ROWS_H
#define TOOLS_PACK_ROWS_H

#include "pack_flow.h"
#include "pack_wanted.h"

typedef struct pack_rows {
    const pack_request *request;
    pack_inputs inputs, converted; /* converted: by way of their text */
    pack_wanted wanted;
    pack_flow *flows;
    uint32_t n;
    shmcol_pair *metadata; /* of the table: the first input's without tokens, and --meta */
    uint32_t n_metadata;
} pack_rows;

/* Opens the inputs and decides the columns; converts those that need it by way of their text. The
 * caller ends it with pack_rows_end, also after an error. Errors: those of the inputs; WRONG_TYPE
 * where inputs differ; CSV_VALUE for a value that does not fit its type. */
shmcol_status pack_rows_begin(pack_rows *rows, const pack_request *request, shmcol_error *err);
/* Appends all rows to the writer (NULL: only converts them). Errors: those of a writer, and
 * CSV_VALUE, OFFSETS, CODES, CANCELLED. */
shmcol_status pack_rows_move(pack_rows *rows, shmcol_writer *writer, shmcol_error *err);
void pack_rows_end(pack_rows *rows);

#endif
