/* The public writer, from create to commit or abort. */
#include <stdlib.h>
#include <string.h>

#include "secret.h"
#include "write/writer_internal.h"

#define DEFAULT_MEMORY (UINT64_C(256) << 20)
/* The window and the block of the sink, the segment of a thread, and as much again for buffers. */
#define LEAST_MEMORY (UINT64_C(4) << 20)
#define MOST_THREADS 256u /* each has a segment pointer, started or not */

/* Returns the bytes that a buffer passes on at once. A column has up to three buffers, a list up
 * to four; they take a quarter of the memory when each holds `limit`, half when each is about to
 * be flushed. */
static size_t buffer_limit(const shmcol_writer *w)
{
    uint64_t buffers = 3, limit = 64;
    for (uint32_t i = 0; i < w->n_columns; i++)
        buffers += w->columns[i].mode == MODE_LISTS ? 4 : 3;
    uint64_t share = w->memory / 4 / buffers;
    while (limit * 2 <= share && limit < FMT_BLOCK_SIZE)
        limit *= 2;
    return (size_t)limit;
}

shmcol_status writer_new(const writer_output *to, const shmcol_field *fields, uint32_t n_fields,
                         const shmcol_writer_options *options, shmcol_writer **writer,
                         shmcol_error *err)
{
    shmcol_writer_options known = SHMCOL_WRITER_OPTIONS_INIT, *o = &known;
    if (writer == NULL || (fields == NULL && n_fields > 0) ||
        (options != NULL && options->size < SHM_WRITER_OPTIONS_SIZE_1_0))
        return shm_fail(err, SHMCOL_ERR_INVALID_ARGUMENT, "",
                        writer == NULL ? "no place for the writer"
                                       : "no fields, or options of a size that is not theirs");
    SHM_TAKE(*o, options);
    if (o->memory != 0 && o->memory < LEAST_MEMORY)
        return shm_fail(err, SHMCOL_ERR_MEMORY_BOUND, "",
                        "a writer needs 4 MiB of memory at least");
    shmcol_writer *w = calloc(1, sizeof *w);
    if (w == NULL)
        return shm_fail_memory(err);
    w->threads = o->threads != 0 ? o->threads : sys_cpu_count();
    w->threads = w->threads < MOST_THREADS ? w->threads : MOST_THREADS;
    w->memory = o->memory != 0 ? o->memory : DEFAULT_MEMORY;
    w->csv_rules = o->csv_rules;
    w->secret = shm_secret();
    w->progress = o->progress;
    w->progress_arg = o->progress_arg;
    w->expected_rows = o->expected_rows;
    w->segments = calloc(w->threads, sizeof *w->segments);
    shmcol_status status = w->segments != NULL ? writer_set_part(w, o, err) : shm_fail_memory(err);
    if (status == SHMCOL_OK)
        status = writer_fields(w, fields, n_fields, o, err);
    w->limit = buffer_limit(w);
    w->to = (sink_options){.overwrite = o->overwrite != 0,
                           .no_sync = o->no_sync != 0,
                           .threads = w->threads,
                           .memory = w->memory / 4,
                           .zstd_level = o->zstd_level,
                           .shared = to->shared};
    if (status == SHMCOL_OK)
        status = sink_create(to->path, to->fd, &w->to, &w->sink, err);
    if (status != SHMCOL_OK) {
        writer_free(w);
        return status;
    }
    *writer = w;
    return SHMCOL_OK;
}

shmcol_status shmcol_writer_create(const char *path, const shmcol_field *fields, uint32_t n_fields,
                                   const shmcol_writer_options *options, shmcol_writer **writer,
                                   shmcol_error *err)
{
    if (path == NULL)
        return shm_fail(err, SHMCOL_ERR_INVALID_ARGUMENT, "", "no path");
    const writer_output to = {.path = path, .fd = -1};
    return writer_new(&to, fields, n_fields, options, writer, err);
}

shmcol_status shmcol_writer_create_fd(int fd, const shmcol_field *fields, uint32_t n_fields,
                                      const shmcol_writer_options *options, shmcol_writer **writer,
                                      shmcol_error *err)
{
    const writer_output to = {.fd = fd};
    return writer_new(&to, fields, n_fields, options, writer, err);
}

/* Refuses a call in the wrong order, after a failure, or with invalid arguments. The writer fails
 * for good. */
static shmcol_status refuse(shmcol_writer *w, shmcol_status status, const char *what,
                            shmcol_error *err)
{
    w->failed = true;
    return shm_fail(err, status, "", "%s", what);
}

/* Checks that the writer may be used: it has not failed, and this is the process that created it.
 * A child of fork would write to its parent's file. Errors: WRITER_STATE. */
static shmcol_status check_state(shmcol_writer *w, shmcol_error *err)
{
    if (w->failed)
        return refuse(w, SHMCOL_ERR_WRITER_STATE, "the writer has failed before", err);
    if (!sink_own(w->sink))
        return refuse(w, SHMCOL_ERR_WRITER_STATE,
                      "only the process that created the writer uses it", err);
    return SHMCOL_OK;
}

static shmcol_status add_all_values(column *c, const shmcol_strings *values, shmcol_error *err)
{
    for (uint64_t i = 0; i < values->count; i++) {
        int64_t begin = values->offsets[i], end = values->offsets[i + 1];
        if (begin < 0 || end < begin || (uint64_t)end > values->data_length)
            return writer_fail(c, SHMCOL_ERR_BAD_VALUE, "F-36", -1,
                               "the dictionary's offsets descend or leave its bytes", err);
        const uint8_t *data = (const uint8_t *)(end > begin ? values->data + begin : "");
        if (values->validity != NULL && !shmcol_is_valid(values->validity, i))
            return writer_fail(c, SHMCOL_ERR_BAD_VALUE, "F-39", -1,
                               "a value of the dictionary is null", err);
        if (!writer_string_good(c, data, (uint64_t)(end - begin)))
            return writer_fail(c, SHMCOL_ERR_BAD_VALUE, "F-37", -1,
                               "a value of the dictionary is not valid UTF-8", err);
        if (base_text_set_find(c->distinct, data, (uint64_t)(end - begin)) >= 0)
            return writer_fail(c, SHMCOL_ERR_BAD_VALUE, "F-39", -1,
                               "a value occurs twice in the dictionary", err);
        if (!base_text_set_add(c->distinct, data, (uint64_t)(end - begin)))
            return shm_fail_memory(err);
    }
    return SHMCOL_OK;
}

shmcol_status shmcol_writer_dictionary(shmcol_writer *w, uint32_t index,
                                       const shmcol_strings *values, int ordered, shmcol_error *err)
{
    shmcol_status status = check_state(w, err);
    if (status != SHMCOL_OK)
        return status;
    if (index >= w->n_columns)
        return refuse(w, SHMCOL_ERR_NO_COLUMN, "no column with that index", err);
    column *c = &w->columns[index];
    if (values == NULL || values->size < SHM_STRINGS_SIZE_1_0 ||
        (values->count > 0 && values->offsets == NULL))
        return refuse(w, SHMCOL_ERR_INVALID_ARGUMENT, "no values", err);
    if (c->out.type != FMT_DICTIONARY)
        return refuse(w, SHMCOL_ERR_WRONG_TYPE, "the column is not a dictionary column", err);
    if (w->started || c->mode == MODE_CODES)
        return shm_fail(
            err, SHMCOL_ERR_WRITER_STATE, "",
            "a dictionary is given once, before the first batch"); /* and nothing has changed */
    if (values->count > INT32_MAX)
        return refuse(w, SHMCOL_ERR_LIMIT, "a dictionary of more than 2,147,483,647 values", err);
    status = add_all_values(c, values, err);
    w->failed = status != SHMCOL_OK;
    c->mode = MODE_CODES;
    c->ordered = ordered != 0;
    c->width = writer_code_width(w, c->distinct->count);
    return status;
}

shmcol_status shmcol_writer_column(const shmcol_writer *w, uint32_t index, shmcol_column_info *info,
                                   shmcol_error *err)
{
    SHM_CHECK_SIZE(info, SHM_COLUMN_INFO_SIZE_1_0, err);
    if (index >= w->n_columns)
        return shm_fail(err, SHMCOL_ERR_NO_COLUMN, "", "there is no column %u: the writer has %u",
                        index, w->n_columns);
    const column *c = &w->columns[index];
    shmcol_column_info all = {.index = index,
                              .name = c->out.name,
                              .name_length = c->out.name_length,
                              .type = (shmcol_type)c->out.type,
                              .supported = 1,
                              .nullable = c->out.nullable,
                              .width = c->mode == MODE_FIXED ? c->width : 0,
                              .unit = (shmcol_unit)c->out.unit,
                              .zone = c->out.zone,
                              .element = (shmcol_type)c->out.element,
                              .dimensions = c->out.dimensions,
                              .precision = c->out.precision,
                              .scale = c->out.scale};
    memcpy(all.shape, c->out.shape, sizeof all.shape);
    SHM_GIVE(info, all);
    return SHMCOL_OK;
}

shmcol_status shmcol_writer_append(shmcol_writer *w, uint64_t rows,
                                   const shmcol_column_data *columns, uint32_t n_columns,
                                   shmcol_error *err)
{
    shmcol_status status = check_state(w, err);
    if (status != SHMCOL_OK)
        return status;
    if (n_columns != w->n_columns)
        return refuse(w, SHMCOL_ERR_WRITER_STATE,
                      "the batch has another number of columns than the writer", err);
    if (columns == NULL && n_columns > 0)
        return refuse(w, SHMCOL_ERR_INVALID_ARGUMENT, "no columns", err);
    if (rows == 0)
        return SHMCOL_OK;
    if (rows >= FMT_ROWS_LIMIT - w->rows)
        return refuse(w, SHMCOL_ERR_LIMIT, "too many rows", err);
    batch b = {rows, columns, n_columns > 0 ? columns[0].size : sizeof *columns};
    if (b.step < SHM_COLUMN_DATA_SIZE_1_0)
        return refuse(w, SHMCOL_ERR_INVALID_ARGUMENT, "size is not that of shmcol_column_data",
                      err);
    status = writer_check_batch(w, &b, err);
    if (status == SHMCOL_OK && !w->started)
        status = writer_guess(w, &b, err);
    w->started = true;
    if (status == SHMCOL_OK)
        status = writer_each_column(w, writer_take, &b, rows * (n_columns + 1ull), err);
    w->rows += rows;
    w->failed = status != SHMCOL_OK;
    if (w->failed)
        shm_error_path(err, w->at_end.path);
    return status;
}

void writer_at_end(shmcol_writer *w, writer_end end)
{
    w->at_end = end;
}

/* Completes the file, and hands it on. The sink has ended afterwards. */
static shmcol_status complete(shmcol_writer *w, shmcol_error *err)
{
    shmcol_status status = writer_finish(w, err);
    w->sink = NULL;
    return status == SHMCOL_OK && w->at_end.commit != NULL ? w->at_end.commit(w->at_end.arg, err)
                                                           : status;
}

shmcol_status shmcol_writer_commit(shmcol_writer *w, shmcol_error *err)
{
    shmcol_status status = check_state(w, err);
    if (status == SHMCOL_OK)
        status = writer_check_part(w, w->rows, err);
    if (status == SHMCOL_OK)
        status = complete(w, err);
    if (status != SHMCOL_OK)
        shm_error_path(err, w->at_end.path);
    shmcol_writer_abort(w);
    return status;
}

void shmcol_writer_abort(shmcol_writer *w)
{
    if (w == NULL)
        return;
    const writer_end last = w->at_end;
    sink_abort(w->sink);
    writer_free(w);
    if (last.end != NULL)
        last.end(last.arg);
}
