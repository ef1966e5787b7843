/* Texts and lists by the runs of bytes that they lie in: one of a file, one of each part of a
 * table, or the words of a dictionary. */
#ifndef SHMCOL_READ_PIECES_H
#define SHMCOL_READ_PIECES_H

#include "read/table.h"

typedef struct text_run {
    const int64_t *offsets; /* NULL: of a part that no row met yet */
    const uint8_t *bytes;   /* or elements of lists */
    uint64_t limit;         /* bytes, or elements */
} text_run;

typedef struct text_piece {
    text_run rows;
    text_run elements; /* of lists of strings */
    const uint8_t *validity;
    uint64_t first_row;
} text_piece;

typedef struct text_pieces {
    const read_column *column;
    text_piece *all; /* by part */
    text_piece only; /* of a file, or the words of a dictionary */
} text_pieces;

/* Begins with the column of a file, of a table, or with the words of a dictionary column. `pieces`
 * is not to be moved. Error: NO_MEMORY, and then there is nothing to end. */
shmcol_status text_pieces_begin(const read_column *column, text_pieces *pieces, shmcol_error *err);
void text_pieces_end(text_pieces *pieces);
/* Tells whether memory is held. */
bool text_pieces_hold(const text_pieces *pieces);
/* Loads the piece of a part that no row met yet. Errors: those of a damaged part. */
shmcol_status text_pieces_load(text_pieces *pieces, uint64_t part, shmcol_error *err);

/* Finds the piece of a row of a column that is no dictionary, and the row's number in it. */
static inline shmcol_status text_pieces_find(text_pieces *pieces, uint64_t row, text_piece **piece,
                                             uint64_t *at, shmcol_error *err)
{
    const read_table *t = pieces->column->file->table;
    const uint64_t part = t != NULL ? read_part_of_row(t, row) : 0;
    *piece = &pieces->all[part];
    shmcol_status status =
        (*piece)->rows.offsets != NULL ? SHMCOL_OK : text_pieces_load(pieces, part, err);
    *at = row - (*piece)->first_row;
    return status;
}

/* Reads one pair of offsets, each once (F-63). Returns false if they are damaged. */
static inline bool text_run_row(const text_run *run, uint64_t row, uint64_t *begin,
                                uint64_t *length)
{
    const volatile int64_t *offsets = run->offsets;
    /* As unsigned numbers negative offsets are too large. */
    const uint64_t from = (uint64_t)offsets[row], to = (uint64_t)offsets[row + 1];
    *begin = from;
    *length = to - from;
    return from <= to && to <= run->limit;
}

/* Returns the code of a row of a dictionary column. */
static inline int64_t text_code(const uint8_t *codes, uint32_t width, uint64_t row)
{
    switch (width) {
    case 1: return ((const int8_t *)codes)[row];
    case 2: return ((const int16_t *)(const void *)codes)[row];
    default: return ((const int32_t *)(const void *)codes)[row];
    }
}

#endif
