/* The output of a pack: the table in the making, temporary files beside it, refused records. */
#ifndef SHMCOL_INGEST_OUTPUT_H
#define SHMCOL_INGEST_OUTPUT_H

#include <stddef.h>
#include <stdint.h>

#include "ingest/control.h"
#include "shmcol.h"
#include "sink/sink.h"
#include "sys/sys.h"

typedef struct ing_output {
    sink *sink;       /* NULL: a dry run */
    const char *path; /* NULL: the table goes to `fd`, an empty file of the caller's */
    int fd;
    const shmcol_pair *metadata; /* of the table */
    uint32_t metadata_count;
    sys_output *rejects; /* NULL: refused records are only counted */
    const char *rejects_path;
    uint64_t rejected; /* records */
} ing_output;

/* Opens the sink and the file for refused records; in a dry run neither. This happens before the
 * input is read, so that an existing output is reported early. A FIFO for refused records waits for
 * its reader until the progress function cancels. Returns EXISTS, IO, CANCELLED, INVALID_ARGUMENT
 * if both are the same file. The caller ends it with ing_output_end, also after a failure. */
shmcol_status ing_output_begin(ing_output *output, const shmcol_csv_options *options,
                               const ing_limits *limits, ing_control *control, shmcol_error *err);
/* Removes what was not published. */
void ing_output_end(ing_output *output);
/* Publishes the file for refused records, if one was opened. Returns IO. */
shmcol_status ing_publish_rejects(ing_output *output, shmcol_error *err);

/* Opens a region of the sink. In a dry run it does nothing. */
shmcol_status ing_open_region(const ing_output *output, sink_region *region, shmcol_error *err);
/* Writes to a region. In a dry run it does nothing. */
shmcol_status ing_put(const ing_output *output, sink_region region, uint64_t pos, const void *data,
                      size_t length, shmcol_error *err);

/* Opens an unlinked file for text, beside the output, or in a dry run in the directory for
 * temporary files. Returns IO; the caller closes *fd. */
shmcol_status ing_open_temporary(const ing_output *output, int *fd, shmcol_error *err);
/* Returns the error of a failed write to such a file. */
shmcol_status ing_temporary_failed(const ing_output *output, int errnum, shmcol_error *err);

#endif
