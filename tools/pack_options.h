/* The command line of shmcol-pack as what it asks for. */
#ifndef TOOLS_PACK_OPTIONS_H
#define TOOLS_PACK_OPTIONS_H

#include "common.h"

typedef struct pack_request {
    const char **inputs;
    uint32_t n_inputs;
    const char *output; /* NULL for a dry run without one */
    shmcol_csv_options csv;
    bool quiet, progress;
} pack_request;

/* Reads the command line; a wrong one ends the process with 2. What the request points at lives as long as the process. */
void pack_read_options(tool *t, int argc, char **argv, pack_request *request);

extern const tool_option pack_options[];

#endif
