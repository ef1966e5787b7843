/* A table whose rows are written as text: its columns, rows and format. */
#ifndef TOOLS_ROWS_TABLE_H
#define TOOLS_ROWS_TABLE_H

#include "common_value.h"
#include "rows_out.h"

typedef enum rows_format {
    ROWS_CSV,
    ROWS_TSV,
    ROWS_JSONL,
    ROWS_JSON /* rows of the object of --json */
} rows_format;

typedef struct rows_column {
    shmcol_column_info info;
    const uint8_t *values, *validity; /* of fixed-width types */
    shmcol_strings strings;
    shmcol_dictionary dictionary;
    shmcol_list list;
    value_type type; /* of values, or of elements */
    char *lead;      /* the text before each cell: a delimiter, perhaps with the name */
    size_t lead_length;
    bool has_nul; /* a string with a NUL was written as CSV */
} rows_column;

typedef struct rows_table {
    const char *path;
    shmcol_file *file;
    char **names; /* columns asked for; n_names 0: all */
    uint32_t n_names;
    rows_format format;
    rows_column *columns;
    uint32_t n_columns;
    uint64_t first, last; /* rows [first, last) */
    shmcol_file *part;    /* the columns point into it: the file, or a part of a table */
    uint64_t part_first;  /* the table's row that is its row 0 */
    rows_out out;
    /* Start in `out` of the row that is being written. volatile: a fault on the map leaves by
     * longjmp. */
    volatile size_t row_start;
    uint64_t rows_written;
    shmcol_error err;
} rows_table;

/* Looks the columns up, makes their leads, and opens the first part. Returns false with t->err set.
 */
bool rows_plan(rows_table *t);
/* Points the columns at their values in the part that holds a row. *part_row becomes the row's
 * number in it. Returns false with t->err set. */
bool rows_open_part(rows_table *t, uint64_t row, uint64_t *part_row);
/* Writes the header row of CSV and TSV. */
void rows_header(rows_table *t);
/* Writes the rows part by part, whole rows only. Pages of a part that is done are let go. If it
 * ends early, t->err or the status of t->out is set. */
void rows_write(rows_table *t);

/* Writes one cell, of a row of the part, without its lead. On failure the caller drops the row. */
shmcol_status rows_cell(rows_table *t, rows_column *c, uint64_t row);
/* Makes a cell of the text that was written from `start` on: CSV quotes it where that is needed. */
void rows_quote(rows_out *out, rows_format format, size_t start);
/* Writes a text by the format's rules. Returns false if it is not UTF-8, which JSON cannot hold.
 * *has_nul (may be NULL) is set if CSV got a NUL. */
bool rows_text(rows_out *out, rows_format format, const char *data, size_t length, bool *has_nul);

#endif
