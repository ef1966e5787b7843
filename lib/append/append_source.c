/* Rows that are appended, as Arrow batches. Batches are used where they lie: a run of rows of one
 * batch is a view of it, with the columns in the order of the table. */
#include <stdlib.h>
#include <string.h>

#include "append/append.h"

/* A view owns nothing. */
static void release_view(struct ArrowArray *array)
{
    array->release = NULL;
}

static void release_schema_view(struct ArrowSchema *schema)
{
    schema->release = NULL;
}

shmcol_status append_source_begin(append_source *source, struct ArrowArrayStream *stream,
                                  shmcol_error *err)
{
    int errnum = stream->get_schema(stream, &source->schema);
    if (errnum != 0) {
        source->schema.release = NULL;
        return arrow_stream_failed(stream, errnum, "schema", err);
    }
    return shmcol_import_schema(&source->schema, &source->fields, &source->n, err);
}

shmcol_status append_source_add(append_source *source, struct ArrowArray *batch, shmcol_error *err)
{
    const char *problem = NULL;
    /* The rest is checked when the importer binds the batch. */
    if (batch->length < 0 || batch->offset < 0 || batch->n_children != (int64_t)source->n ||
        (source->n > 0 && batch->children == NULL))
        problem = "it has a negative length or offset, or not as many columns as its schema";
    if (problem == NULL && source->n_batches == source->capacity) {
        const uint64_t capacity = source->capacity == 0 ? 16 : 2 * source->capacity;
        struct ArrowArray *batches = realloc(source->batches, (size_t)capacity * sizeof *batches);
        if (batches == NULL) {
            batch->release(batch);
            return shm_fail_memory(err);
        }
        source->batches = batches;
        source->capacity = capacity;
    }
    if (problem != NULL || (uint64_t)batch->length > UINT64_MAX / 2 - source->rows) {
        batch->release(batch);
        return shm_fail(err, SHMCOL_ERR_BAD_ARROW, "", "the Arrow array of a batch: %s",
                        problem != NULL ? problem : "there are too many rows");
    }
    source->rows += (uint64_t)batch->length;
    source->batches[source->n_batches++] = *batch; /* moved */
    return SHMCOL_OK;
}

/* Adds all batches of a stream. */
static shmcol_status add_all(append_source *source, struct ArrowArrayStream *stream,
                             shmcol_error *err)
{
    for (;;) {
        struct ArrowArray batch;
        memset(&batch, 0, sizeof batch);
        int errnum = stream->get_next(stream, &batch);
        if (errnum != 0)
            return arrow_stream_failed(stream, errnum, "batch", err);
        if (batch.release == NULL)
            return SHMCOL_OK;
        shmcol_status status = append_source_add(source, &batch, err);
        if (status != SHMCOL_OK)
            return status;
    }
}

shmcol_status append_source_file(append_source *source, shmcol_file *file, uint32_t flags,
                                 shmcol_error *err)
{
    shmcol_status status = SHMCOL_OK;
    for (uint64_t i = 0; i < shmcol_parts(file) && status == SHMCOL_OK; i++) {
        struct ArrowArrayStream stream;
        shmcol_file *part;
        status = shmcol_part(file, i, &part, err);
        if (status == SHMCOL_OK)
            status = shmcol_export_stream(part, NULL, 0, 0, flags, &stream, err);
        if (status != SHMCOL_OK)
            return status;
        if (i == 0)
            status = append_source_begin(source, &stream, err);
        if (status == SHMCOL_OK)
            status = add_all(source, &stream, err);
        stream.release(&stream);
    }
    return status;
}

shmcol_status append_source_fd(append_source *source, int fd, shmcol_error *err)
{
    shmcol_file *file;
    shmcol_status status = shmcol_open_fd(fd, NULL, &file, err);
    if (status != SHMCOL_OK)
        return status;
    /* This process has written it, and it has no name. */
    status = append_source_file(source, file, SHMCOL_ARROW_TRUSTED, err);
    shmcol_close(file);
    return status;
}

shmcol_status append_source_arrange(append_source *source, const uint32_t *order, uint32_t n,
                                    shmcol_error *err)
{
    source->order = malloc(((size_t)n + 1) * sizeof *source->order);
    source->children = calloc((size_t)n + 1, sizeof(*source->children));
    source->columns = calloc((size_t)n + 1, sizeof(*source->columns));
    if (source->order == NULL || source->children == NULL || source->columns == NULL)
        return shm_fail_memory(err);
    for (uint32_t i = 0; i < n; i++) {
        source->order[i] = order[i];
        source->children[i] = source->schema.children[order[i]];
    }
    source->view = source->schema;
    source->view.n_children = n;
    source->view.children = source->children;
    source->view.release = release_schema_view;
    source->view.private_data = NULL;
    return arrow_importer_new(&source->view, false, &source->importer, err);
}

shmcol_status append_source_each(append_source *source, uint64_t first, uint64_t rows,
                                 append_run_fn *fn, void *arg, shmcol_error *err)
{
    const uint32_t n = (uint32_t)source->view.n_children;
    uint64_t begin = 0;
    for (uint64_t b = 0; b < source->n_batches && rows > 0; b++) {
        struct ArrowArray view = source->batches[b];
        const uint64_t length = (uint64_t)view.length, from = first > begin ? first - begin : 0;
        begin += length;
        if (from >= length)
            continue;
        const uint64_t here = length - from < rows ? length - from : rows;
        for (uint32_t i = 0; i < n; i++)
            source->columns[i] = view.children[source->order[i]];
        view.n_children = n;
        view.children = source->columns;
        view.length = (int64_t)here;
        view.offset += (int64_t)from;
        view.release = release_view;
        shmcol_status status = arrow_importer_bind(source->importer, &view, err);
        if (status == SHMCOL_OK)
            status = fn(arg, source->importer, here, err);
        if (status != SHMCOL_OK)
            return status;
        first += here;
        rows -= here;
    }
    return SHMCOL_OK;
}

void append_source_end(append_source *source)
{
    arrow_importer_free(source->importer);
    for (uint64_t b = 0; b < source->n_batches; b++)
        source->batches[b].release(&source->batches[b]);
    free(source->batches);
    shmcol_fields_free(source->fields);
    if (source->schema.release != NULL)
        source->schema.release(&source->schema);
    free(source->children);
    free(source->columns);
    free(source->order);
    *source = (append_source){0};
}
