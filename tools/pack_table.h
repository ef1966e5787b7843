/* The ways of shmcol-pack that read shmcol files, or end in a table in a directory. */
#ifndef TOOLS_PACK_TABLE_H
#define TOOLS_PACK_TABLE_H

#include "pack_options.h"

/* The outcome for the report. */
typedef struct pack_outcome {
    shmcol_append_report table; /* where the rows went to a table */
    uint64_t rows, parts;       /* of the inputs */
    uint64_t bytes_in;
    double seconds;
} pack_outcome;

/* Copies the rows of shmcol files and tables to a new file, a new table, or behind a table. The
 * request's progress functions are called. Errors: those of the inputs and of the output; EXISTS,
 * SAME_FILE; CSV_VALUE for a value that does not fit the type asked for. */
shmcol_status pack_rows_run(pack_request *request, pack_outcome *outcome, shmcol_error *err);
/* Appends CSV files to a table. *report is the caller's. A dry run only decides the types. */
shmcol_status pack_append_run(pack_request *request, pack_outcome *outcome,
                              shmcol_csv_report **report, shmcol_error *err);

#endif
