/* Appends an Arrow stream: shmcol_append_stream. Batches are kept as they are while the memory
 * bound allows it. From then on they go to a temporary file, whose rows are appended at the end. */
#include <stdlib.h>
#include <string.h>

#include "append/append.h"

typedef struct intake {
    const char *dir;
    const shmcol_append_options *options;
    append_source *source;
    arrow_importer *importer; /* of the schema as it came: checks and measures batches */
    uint64_t bytes;           /* of the batches that are kept */
    shmcol_writer *writer;    /* of the temporary file; NULL: none yet */
    int fd;
} intake;

/* Opens the temporary file. Unordered dictionaries get new, sorted words there. */
static shmcol_status open_writer(intake *in, shmcol_error *err)
{
    shmcol_writer_options o = SHMCOL_WRITER_OPTIONS_INIT;
    append_pairs pairs = {0};
    shmcol_field *fields = NULL;
    uint32_t n = 0;
    shmcol_status status = append_open_temporary(in->dir, &in->fd, err);
    if (status == SHMCOL_OK)
        status = append_pairs_of_schema(&pairs, &in->source->schema, err);
    if (status == SHMCOL_OK)
        status = shmcol_import_schema(&in->source->schema, &fields, &n, err);
    if (status != SHMCOL_OK)
        goto done;
    for (uint32_t i = 0; i < n; i++)
        fields[i].nullable = 1;
    o.metadata = pairs.pairs;
    o.metadata_count = pairs.n;
    o.memory = in->options->memory;
    o.threads = in->options->threads;
    status = shmcol_writer_create_fd(in->fd, fields, n, &o, &in->writer, err);
done:
    shmcol_fields_free(fields);
    free(pairs.pairs);
    return status;
}

/* Moves the batches that were kept to the temporary file. */
static shmcol_status spill(intake *in, shmcol_error *err)
{
    append_source *source = in->source;
    shmcol_status status = open_writer(in, err);
    arrow_importer_from_row(in->importer, 0);
    for (uint64_t i = 0; i < source->n_batches && status == SHMCOL_OK; i++) {
        status = arrow_importer_bind(in->importer, &source->batches[i], err);
        if (status == SHMCOL_OK)
            status = arrow_importer_append(in->importer, in->writer, err);
    }
    for (uint64_t i = 0; i < source->n_batches; i++)
        source->batches[i].release(&source->batches[i]);
    source->n_batches = 0;
    source->rows = 0;
    return status;
}

/* Takes a batch, which it releases or keeps. */
static shmcol_status take(intake *in, struct ArrowArray *batch, shmcol_error *err)
{
    shmcol_status status = arrow_importer_bind(in->importer, batch, err);
    if (status == SHMCOL_OK && in->writer != NULL)
        status = arrow_importer_append(in->importer, in->writer, err);
    if (status != SHMCOL_OK || in->writer != NULL) {
        batch->release(batch);
        return status;
    }
    in->bytes += arrow_importer_bytes(in->importer);
    status = append_source_add(in->source, batch, err);
    arrow_importer_from_row(in->importer, in->source->rows);
    return status == SHMCOL_OK && in->bytes > in->options->memory ? spill(in, err) : status;
}

static shmcol_status take_all(intake *in, struct ArrowArrayStream *stream, shmcol_error *err)
{
    for (;;) {
        struct ArrowArray batch;
        memset(&batch, 0, sizeof batch);
        shmcol_status status = append_ask(in->options, err);
        if (status != SHMCOL_OK)
            return status;
        int errnum = stream->get_next(stream, &batch);
        if (errnum != 0)
            return arrow_stream_failed(stream, errnum, "batch", err);
        if (batch.release == NULL)
            return SHMCOL_OK;
        status = take(in, &batch, err);
        if (status != SHMCOL_OK)
            return status;
    }
}

/* Completes the temporary file, and makes its rows the source. */
static shmcol_status take_file(intake *in, shmcol_error *err)
{
    append_source from_file = {0};
    shmcol_status status = shmcol_writer_commit(in->writer, err);
    in->writer = NULL;
    if (status == SHMCOL_OK)
        status = append_source_fd(&from_file, in->fd, err);
    if (status != SHMCOL_OK) {
        append_source_end(&from_file);
        return status;
    }
    /* The fields say how a first append takes the columns. */
    shmcol_fields_free(from_file.fields);
    from_file.fields = in->source->fields;
    in->source->fields = NULL;
    append_source_end(in->source);
    *in->source = from_file;
    return SHMCOL_OK;
}

/* Sets what a first append makes of columns of strings: without an entry C-60 decides. */
static shmcol_status choose_dictionaries(const append_source *source,
                                         const shmcol_append_options *options, shmcol_error *err)
{
    static const char *const automatic[] = {"auto"};
    shmcol_status status = arrow_choose_dictionaries(automatic, 1, source->fields, source->n, err);
    if (status != SHMCOL_OK)
        return status;
    return arrow_choose_dictionaries(options->dictionary, options->n_dictionary, source->fields,
                                     source->n, err);
}

shmcol_status shmcol_append_stream(const char *dir, struct ArrowArrayStream *stream,
                                   const shmcol_append_options *options, shmcol_error *err)
{
    shmcol_append_options taken;
    append_source source = {0};
    intake in = {.dir = dir, .options = &taken, .source = &source, .fd = -1};
    shmcol_status status = append_take_options(dir, options, &taken, err);
    if (status != SHMCOL_OK)
        return status;
    if (stream == NULL || stream->release == NULL || stream->get_schema == NULL ||
        stream->get_next == NULL)
        return shm_fail(err, SHMCOL_ERR_INVALID_ARGUMENT, "",
                        "shmcol_append_stream needs a stream that was not released");
    status = append_source_begin(&source, stream, err);
    if (status == SHMCOL_OK)
        status = choose_dictionaries(&source, &taken, err);
    if (status == SHMCOL_OK)
        status = arrow_importer_new(&source.schema, false, &in.importer, err);
    if (status == SHMCOL_OK)
        status = take_all(&in, stream, err);
    if (status == SHMCOL_OK && in.writer != NULL)
        status = take_file(&in, err);
    if (status != SHMCOL_OK)
        shm_error_path(err, dir);
    shmcol_writer_abort(in.writer);
    arrow_importer_free(in.importer);
    if (status == SHMCOL_OK)
        status = append_run(dir, &source, &taken, err);
    append_source_end(&source);
    sys_close(in.fd);
    return status;
}
