/* The command line of shmcol-pack, read into a request. */
#ifndef TOOLS_PACK_OPTIONS_H
#define TOOLS_PACK_OPTIONS_H

#include "common.h"

/* The input and the output: CSV to shmcol, plain to compressed, compressed to plain. */
typedef enum pack_kind { PACK_CSV, PACK_ZSTD, PACK_PLAIN } pack_kind;

typedef struct pack_request {
    pack_kind kind; /* not PACK_CSV: the one input is a shmcol file */
    /* A given option that has no meaning for a shmcol file; NULL: none. */
    const char *csv_only;
    const char **inputs;
    uint32_t n_inputs;
    const char *output; /* NULL for a dry run without one */
    shmcol_csv_options csv;
    bool quiet, progress, zstd, plain;
} pack_request;

/* Reads the command line; a wrong one ends the process with 2. The memory that the request points
 * at lives as long as the process. */
void pack_read_options(tool *t, int argc, char **argv, pack_request *request);

extern const tool_option pack_options[];

#endif
