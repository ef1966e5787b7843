/* What a pack writes: the table in the making, temporary files beside it, refused records. */
#ifndef SHMCOL_INGEST_OUTPUT_H
#define SHMCOL_INGEST_OUTPUT_H

#include <stddef.h>
#include <stdint.h>

#include "ingest/control.h"
#include "shmcol.h"
#include "sink/sink.h"
#include "sys/sys.h"

typedef struct ing_output {
    sink *sink; /* NULL: a dry run */
    const char *path;
    const shmcol_pair *metadata; /* of the table */
    uint32_t metadata_count;
    sys_output *rejects; /* NULL: refused records are only counted */
    const char *rejects_path;
    uint64_t rejected; /* records */
} ing_output;

/* Opens the sink, before a long read, so that an output that exists is told early, and then the
 * file for refused records; neither in a dry run. A FIFO waits for its reader, as long as the
 * progress function lets it. EXISTS, IO, CANCELLED, INVALID_ARGUMENT if both are one file. End it
 * with ing_output_end whatever this returns. */
shmcol_status ing_output_begin(ing_output *output, const shmcol_csv_options *options,
                               const ing_limits *limits, ing_control *control, shmcol_error *err);
/* Drops what was not published. */
void ing_output_end(ing_output *output);
/* Publishes the refused records, if a file was opened for them. */
shmcol_status ing_publish_rejects(ing_output *output, shmcol_error *err);

/* Opens a region of the sink. In a dry run it does nothing. */
shmcol_status ing_open_region(const ing_output *output, sink_region *region, shmcol_error *err);
/* Writes to a region. In a dry run it does nothing. */
shmcol_status ing_put(const ing_output *output, sink_region region, uint64_t pos, const void *data,
                      size_t length, shmcol_error *err);

/* Opens an unlinked file for text: beside the output, or, in a dry run, where temporary files go.
 * IO. */
shmcol_status ing_open_temporary(const ing_output *output, int *fd, shmcol_error *err);
/* Returns the error of writing to it. */
shmcol_status ing_temporary_failed(const ing_output *output, int errnum, shmcol_error *err);

#endif
