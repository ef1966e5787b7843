/* The table that shmcol-cat writes: its columns, rows and format. */
#ifndef TOOLS_CAT_TABLE_H
#define TOOLS_CAT_TABLE_H

#include "cat_rows.h"
#include "common_value.h"

typedef enum cat_format {
    CAT_CSV,
    CAT_TSV,
    CAT_JSONL,
    CAT_JSON /* rows of the object of --json */
} cat_format;

typedef struct cat_column {
    shmcol_column_info info;
    const uint8_t *values, *validity; /* of fixed-width types */
    shmcol_strings strings;
    shmcol_dictionary dictionary;
    shmcol_list list;
    value_type type; /* of values, or of elements */
    char *lead;      /* the text before each cell: a delimiter, perhaps with the name */
    size_t lead_length;
    bool has_nul; /* a string with a NUL was written as CSV */
} cat_column;

typedef struct cat_table {
    const char *path;
    shmcol_file *file;
    char **names; /* columns asked for; n_names 0: all */
    uint32_t n_names;
    cat_format format;
    cat_column *columns;
    uint32_t n_columns;
    uint64_t first, last; /* rows [first, last) */
    shmcol_file *part;    /* the columns point into it: the file, or a part of a table */
    uint64_t part_first;  /* the table's row that is its row 0 */
    cat_rows out;
    /* Start in `out` of the row that is being written. volatile: a fault on the map leaves by
     * longjmp. */
    volatile size_t row_start;
    uint64_t rows_written;
    shmcol_error err;
} cat_table;

/* Looks the columns up, makes their leads, and opens the first part. Returns false with t->err set.
 */
bool cat_plan(cat_table *t);
/* Writes the header row of CSV and TSV. */
void cat_header(cat_table *t);
/* Writes the rows part by part, whole rows only. Pages of a part that is done are let go. If it
 * ends early, t->err or the status of t->out is set. */
void cat_write_rows(cat_table *t);

/* Writes one cell, of a row of the part, without its lead. On failure the caller drops the row. */
shmcol_status cat_cell(cat_table *t, cat_column *c, uint64_t row);
/* Makes a cell of the text that was written from `start` on: CSV quotes it where that is needed. */
void cat_quote(cat_rows *out, cat_format format, size_t start);
/* Writes a text by the format's rules. Returns false if it is not UTF-8, which JSON cannot hold.
 * *has_nul (may be NULL) is set if CSV got a NUL. */
bool cat_text(cat_rows *out, cat_format format, const char *data, size_t length, bool *has_nul);

#endif
