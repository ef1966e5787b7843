/* The command line of shmcol-pack, read into a request. */
#ifndef TOOLS_PACK_OPTIONS_H
#define TOOLS_PACK_OPTIONS_H

#include "common.h"

/* The input and the output: CSV to shmcol, plain to compressed, compressed to plain, rows of shmcol
 * files and tables to a new file or table. */
typedef enum pack_kind { PACK_CSV, PACK_ZSTD, PACK_PLAIN, PACK_ROWS } pack_kind;

typedef struct pack_request {
    pack_kind kind;
    const char *csv_only;  /* a given option that has a meaning for CSV alone; NULL: none */
    const char *rows_only; /* one that has no meaning where a file is just compressed */
    const char **inputs;
    uint32_t n_inputs;
    const char *output; /* NULL for a dry run and an append */
    const char *append; /* the table that rows are added to; NULL: none */
    bool to_table;      /* the rows go to a table in a directory, `append` or `output` */
    shmcol_append_options table;
    shmcol_csv_options csv;
    bool quiet, progress, zstd, plain;
} pack_request;

/* Reads the command line; a wrong one ends the process with 2. The memory that the request points
 * at lives as long as the process. */
void pack_read_options(tool *t, int argc, char **argv, pack_request *request);

extern const tool_option pack_options[];

#endif
