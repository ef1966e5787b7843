/* Rows of a file as a stream of record batches. */
#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "arrow/export.h"
#include "error.h"

/* The state of a running stream. */
typedef struct stream_state {
    shmcol_file *file;
    uint64_t next, end, batch_rows;
    bool empty_batch; /* still to be given, since there are no rows */
    uint32_t n;
    uint32_t *columns;
    /* Message of the last failure; "" if there was none. */
    char message[sizeof((shmcol_error *)0)->message];
    arrow_source sources[];
} stream_state;

/* Returns the errno for an error, as the interface demands, and keeps its text for get_last_error.
 */
static int stream_error(stream_state *state, const shmcol_error *err)
{
    memcpy(state->message, err->message, sizeof state->message);
    return err->status == SHMCOL_ERR_NO_MEMORY ? ENOMEM : EIO;
}

static int stream_schema(struct ArrowArrayStream *stream, struct ArrowSchema *out)
{
    stream_state *state = stream->private_data;
    shmcol_error err = SHMCOL_ERROR_INIT;
    if (arrow_schema_of_table(state->file, state->columns, state->n, out, &err) != SHMCOL_OK)
        return stream_error(state, &err);
    return 0;
}

static int stream_next(struct ArrowArrayStream *stream, struct ArrowArray *out)
{
    stream_state *state = stream->private_data;
    shmcol_error err = SHMCOL_ERROR_INIT;
    uint64_t left = state->end - state->next;
    uint64_t rows = left < state->batch_rows ? left : state->batch_rows;
    if (rows == 0 && !state->empty_batch) {
        memset(out, 0, sizeof *out); /* released: the end of the stream */
        return 0;
    }
    arrow_rows slice = {state->next, rows};
    if (arrow_array_of_table(state->file, state->sources, state->n, slice, out, &err) != SHMCOL_OK)
        return stream_error(state, &err);
    state->next += rows;
    state->empty_batch = false;
    return 0;
}

static const char *stream_last_error(struct ArrowArrayStream *stream)
{
    stream_state *state = stream->private_data;
    return state->message[0] != '\0' ? state->message : NULL;
}

static void free_state(stream_state *state)
{
    shmcol_close(state->file);
    free(state->columns);
    free(state);
}

static void stream_release(struct ArrowArrayStream *stream)
{
    free_state(stream->private_data);
    stream->release = NULL;
}

static stream_state *new_state(shmcol_file *file, const uint32_t *columns, uint32_t n)
{
    stream_state *state = calloc(1, sizeof *state + n * sizeof *state->sources);
    if (state == NULL)
        return NULL;
    state->columns = malloc((n > 0 ? n : 1) * sizeof *state->columns);
    if (state->columns == NULL) {
        free(state);
        return NULL;
    }
    for (uint32_t i = 0; i < n; i++)
        state->columns[i] = columns != NULL ? columns[i] : i;
    state->n = n;
    state->file = shmcol_retain(file);
    return state;
}

/* Opens and checks all columns. All checks are done here, where the caller gets a whole
 * shmcol_error, and none once batches flow. */
static shmcol_status check_columns(stream_state *state, uint32_t flags, shmcol_error *err)
{
    struct ArrowSchema schema;
    shmcol_status status;
    for (uint32_t i = 0; i < state->n; i++) {
        status = arrow_source_open(state->file, state->columns[i], flags, &state->sources[i], err);
        if (status != SHMCOL_OK)
            return status;
    }
    status = arrow_schema_of_table(state->file, state->columns, state->n, &schema, err);
    if (status == SHMCOL_OK)
        schema.release(&schema);
    return status;
}

shmcol_status shmcol_export_rows(shmcol_file *file, const uint32_t *columns, uint32_t n_columns,
                                 uint64_t first, uint64_t rows, uint64_t batch_rows, uint32_t flags,
                                 struct ArrowArrayStream *stream, shmcol_error *err)
{
    if (file == NULL || stream == NULL)
        return shm_fail(err, SHMCOL_ERR_INVALID_ARGUMENT, "",
                        "an exported stream needs a file and a place for the stream");
    uint64_t total = shmcol_rows(file);
    if (first > total || rows > total - first)
        return shm_fail(err, SHMCOL_ERR_OUT_OF_RANGE, "",
                        "rows %" PRIu64 " to %" PRIu64 " of a table that has %" PRIu64, first,
                        first + rows, total);
    uint32_t n = columns != NULL ? n_columns : shmcol_columns(file);
    stream_state *state = new_state(file, columns, n);
    if (state == NULL)
        return shm_fail_memory(err);
    state->next = first;
    state->end = first + rows;
    state->batch_rows = batch_rows == 0 || batch_rows > rows ? rows : batch_rows;
    state->empty_batch = rows == 0 && (flags & SHMCOL_ARROW_EMPTY_BATCH) != 0;
    shmcol_status status = check_columns(state, flags, err);
    if (status != SHMCOL_OK) {
        free_state(state);
        return status;
    }
    *stream = (struct ArrowArrayStream){stream_schema, stream_next, stream_last_error,
                                        stream_release, state};
    return SHMCOL_OK;
}

shmcol_status shmcol_export_stream(shmcol_file *file, const uint32_t *columns, uint32_t n_columns,
                                   uint64_t batch_rows, uint32_t flags,
                                   struct ArrowArrayStream *stream, shmcol_error *err)
{
    uint64_t rows = file != NULL ? shmcol_rows(file) : 0;
    return shmcol_export_rows(file, columns, n_columns, 0, rows, batch_rows, flags, stream, err);
}
