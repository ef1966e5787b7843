/* The values of one column, as a writer takes them. */
#ifndef TOOLS_PACK_FLOW_H
#define TOOLS_PACK_FLOW_H

#include "pack_inputs.h"

/* A column on its way to the output. */
typedef struct pack_flow {
    shmcol_field field; /* of the output; its texts are of the inputs */
    shmcol_field own;   /* as the first input has it */
    pack_inputs *from;  /* the inputs, or the columns that went through text */
    uint32_t index;     /* the column's number there */
    bool ordered;       /* a dictionary whose order means something: codes are kept */
    char *buffer;       /* values that were converted, and texts of dictionaries */
    size_t capacity;
    int64_t *offsets; /* of those texts */
} pack_flow;

enum { PACK_BATCH = 65536 }; /* rows at a time */

/* Returns a field of a column's description; its texts are the description's. */
shmcol_field pack_field_of(const shmcol_column_info *info);
/* Returns true if values of one type are values of the other. Strings and dictionaries are. */
bool pack_same_type(const shmcol_field *a, const shmcol_field *b);

/* Returns how many of `rows` rows fit in one batch: texts of dictionaries are copied. Errors of a
 * damaged code are left to pack_flow_fill. */
uint64_t pack_flow_rows(const rows_column *from, uint64_t at, uint64_t rows);
/* Makes the writer's view of rows [at, at + rows) of a column; converts them if they need it.
 * Errors: OFFSETS, CODES; CSV_VALUE for a value that does not fit, with its row in the part. */
shmcol_status pack_flow_fill(pack_flow *flow, const rows_column *from, uint64_t at, uint64_t rows,
                             shmcol_column_data *out, shmcol_error *err);

#endif
