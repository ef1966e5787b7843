/* Rows of a file as a stream of record batches. */
#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arrow/export.h"
#include "error.h"

#define NO_PART UINT64_MAX

/* The state of a running stream. */
typedef struct stream_state {
    shmcol_file *file;
    uint64_t next, end, batch_rows;
    bool empty_batch; /* still to be given, since there are no rows */
    /* Batches end where a part of the table ends: a column has one run of bytes in each part. */
    bool by_part;
    uint64_t part; /* that `sources` are of; NO_PART: none yet */
    uint32_t flags;
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
    snprintf(state->message, sizeof state->message, "%s", err->message);
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

/* Opens and checks the columns of a part, unless that was done. */
static shmcol_status open_part(stream_state *state, uint64_t part, shmcol_error *err)
{
    shmcol_error why = SHMCOL_ERROR_INIT;
    if (state->part == part)
        return SHMCOL_OK;
    state->part = NO_PART;
    for (uint32_t i = 0; i < state->n; i++) {
        shmcol_status status = arrow_source_open_part(state->file, part, state->columns[i],
                                                      state->flags, &state->sources[i], &why);
        if (status == SHMCOL_OK)
            continue;
        char message[sizeof why.message];
        memcpy(message, why.message, sizeof message);
        snprintf(why.message, sizeof why.message, "part %" PRIu64 ": %.450s", part, message);
        shm_error_copy(err, &why);
        return status;
    }
    state->part = part;
    return SHMCOL_OK;
}

/* Makes of the rows of a table those of one part. Leaves out what lies behind the part. */
static shmcol_status cut_to_part(stream_state *state, arrow_rows *slice, shmcol_error *err)
{
    uint64_t part = 0, row = 0;
    shmcol_status status = SHMCOL_OK;
    if (slice->rows != 0) /* else the first part, which every table has */
        status = shmcol_part_of_row(state->file, slice->first, &part, &row, err);
    if (status == SHMCOL_OK)
        status = open_part(state, part, err);
    if (status != SHMCOL_OK)
        return status;
    slice->first = row;
    const uint64_t left = state->sources[0].rows - row;
    slice->rows = slice->rows < left ? slice->rows : left;
    return SHMCOL_OK;
}

static int stream_next(struct ArrowArrayStream *stream, struct ArrowArray *out)
{
    stream_state *state = stream->private_data;
    shmcol_error err = SHMCOL_ERROR_INIT;
    uint64_t left = state->end - state->next;
    arrow_rows slice = {state->next, left < state->batch_rows ? left : state->batch_rows};
    if (slice.rows == 0 && !state->empty_batch) {
        memset(out, 0, sizeof *out); /* released: the end of the stream */
        return 0;
    }
    if (state->by_part && cut_to_part(state, &slice, &err) != SHMCOL_OK)
        return stream_error(state, &err);
    if (arrow_array_of_table(state->file, state->sources, state->n, slice, out, &err) != SHMCOL_OK)
        return stream_error(state, &err);
    state->next += slice.rows;
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
    state->part = NO_PART;
    state->file = shmcol_retain(file);
    return state;
}

/* Finds out whether batches end where a part ends. */
static shmcol_status choose_batches(stream_state *state, shmcol_error *err)
{
    shmcol_column_info info;
    if (!arrow_is_table(state->file))
        return SHMCOL_OK;
    for (uint32_t i = 0; i < state->n; i++) {
        shmcol_status status = arrow_source_info(state->file, state->columns[i], &info, err);
        if (status != SHMCOL_OK)
            return status;
        state->by_part |= info.width == 0;
    }
    return SHMCOL_OK;
}

/* Opens and checks all columns. All checks are done here, where the caller gets a whole
 * shmcol_error, and none once batches flow; but of a table that goes part by part only the first
 * part is. */
static shmcol_status check_columns(stream_state *state, shmcol_error *err)
{
    struct ArrowSchema schema;
    shmcol_status status = choose_batches(state, err);
    if (status != SHMCOL_OK)
        return status;
    for (uint32_t i = 0; i < state->n && !state->by_part; i++) {
        status = arrow_source_open(state->file, state->columns[i], state->flags, &state->sources[i],
                                   err);
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
    state->flags = flags;
    shmcol_status status = check_columns(state, err);
    arrow_rows slice = {first, rows};
    if (status == SHMCOL_OK && state->by_part && (rows != 0 || state->empty_batch))
        status = cut_to_part(state, &slice, err);
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
