/* An Arrow stream to a file: shmcol_write_stream. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "arrow/import.h"
#include "arrow/metadata.h"
#include "dictionary_mode.h"
#include "error.h"
#include "structs.h"

shmcol_status arrow_stream_failed(struct ArrowArrayStream *stream, int errnum, const char *what,
                                  shmcol_error *err)
{
    const char *why = stream->get_last_error != NULL ? stream->get_last_error(stream) : NULL;
    if (why == NULL)
        why = strerror(errnum);
    shmcol_status status = errnum == ENOMEM ? SHMCOL_ERR_NO_MEMORY : SHMCOL_ERR_IO;
    shm_fail(err, status, "", "the Arrow stream gave no %s: %s", what, why);
    shm_error_errno(err, errnum);
    return status;
}

/* Joins the table's metadata in `options`: the schema's pairs, then the caller's. *pairs is to be
 * freed. */
static shmcol_status join_metadata(const struct ArrowSchema *schema, shmcol_writer_options *options,
                                   shmcol_pair **pairs, shmcol_error *err)
{
    arrow_metadata_reader reader;
    *pairs = NULL;
    shmcol_status status = arrow_metadata_begin(&reader, schema->metadata, err);
    if (status != SHMCOL_OK || reader.left == 0)
        return status;
    uint32_t own = (uint32_t)reader.left, given = options->metadata_count, n = 0;
    if (options->metadata == NULL && given > 0)
        return shm_fail(err, SHMCOL_ERR_INVALID_ARGUMENT, "",
                        "options.metadata is NULL, but it has a count");
    if (given > UINT32_MAX - own)
        return shm_fail(err, SHMCOL_ERR_LIMIT, "F-59", "too many pairs of metadata");
    shmcol_pair *joined = calloc((size_t)own + given, sizeof *joined);
    if (joined == NULL)
        return shm_fail_memory(err);
    while (reader.left > 0) {
        status = arrow_metadata_next(&reader, &joined[n++], err);
        if (status != SHMCOL_OK) {
            free(joined);
            return status;
        }
    }
    if (given > 0)
        memcpy(joined + own, options->metadata, given * sizeof *joined);
    options->metadata = joined;
    options->metadata_count = own + given;
    *pairs = joined;
    return SHMCOL_OK;
}

/* One conversion. A later batch may bring values that the dictionaries given to the writer lack. As
 * long as that can happen, all batches are kept, so that they can be written anew with a dictionary
 * that the writer makes itself. Kept batches are the producer's memory; they count against the
 * memory bound. */
typedef struct conversion {
    const char *path; /* NULL: into fd */
    int fd;
    const struct ArrowSchema *schema;
    shmcol_writer_options options;
    arrow_importer *importer;
    shmcol_writer *writer;
    struct ArrowArray *kept;
    size_t n_kept, capacity;
    uint64_t kept_bytes;
    bool forgot; /* the bound was reached: the first batches are gone */
} conversion;

static const uint64_t default_memory = UINT64_C(256) << 20;

shmcol_status arrow_choose_dictionaries(const char *const *entries, uint32_t n_entries,
                                        shmcol_field *fields, uint32_t n, shmcol_error *err)
{
    for (uint64_t k = 0; k < n_entries; k++)
        if (entries == NULL || entries[k] == NULL)
            return shm_fail(err, SHMCOL_ERR_INVALID_ARGUMENT, "",
                            "options.dictionary has no entry %" PRIu64, k);
    for (uint64_t k = 0; k < 2 * (uint64_t)n_entries; k++) {
        bool by_name = k >= n_entries, found = false;
        const char *text = entries[k % n_entries], *name;
        shmcol_dictionary_mode mode;
        size_t length;
        if (!shm_dictionary_mode(text, &mode, &name, &length))
            return shm_fail(err, SHMCOL_ERR_INVALID_ARGUMENT, "",
                            "\"%.200s\" is not auto, always, never or NAME=one of them", text);
        for (uint32_t i = 0; i < n && (name != NULL) == by_name; i++) {
            shmcol_field *f = &fields[i];
            if (by_name && (length != f->name_length || memcmp(name, f->name, length) != 0))
                continue;
            found = true;
            if (f->type == SHMCOL_STRING || f->auto_dictionary) {
                f->type = mode == SHMCOL_DICTIONARY_ALWAYS ? SHMCOL_DICTIONARY : SHMCOL_STRING;
                f->auto_dictionary = mode != SHMCOL_DICTIONARY_NEVER;
            }
        }
        if (name != NULL && by_name && !found)
            return shm_fail(err, SHMCOL_ERR_NO_COLUMN, "",
                            "there is no column of the name in \"%.200s\"", text);
    }
    for (uint32_t i = 0; i < n; i++)
        fields[i].auto_dictionary = fields[i].auto_dictionary && fields[i].type == SHMCOL_STRING;
    return SHMCOL_OK;
}

/* Opens a writer with the schema's fields and metadata. */
static shmcol_status open_writer(conversion *c, shmcol_error *err)
{
    shmcol_writer_options options = c->options;
    shmcol_field *fields = NULL;
    shmcol_pair *pairs = NULL;
    uint32_t n = 0;
    shmcol_status status = shmcol_import_schema(c->schema, &fields, &n, err);
    if (status != SHMCOL_OK)
        return status;
    status = arrow_choose_dictionaries(options.dictionary, options.n_dictionary, fields, n, err);
    if (status != SHMCOL_OK)
        goto done;
    status = join_metadata(c->schema, &options, &pairs, err);
    if (status != SHMCOL_OK)
        goto done;
    status = c->path != NULL ? shmcol_writer_create(c->path, fields, n, &options, &c->writer, err)
                             : shmcol_writer_create_fd(c->fd, fields, n, &options, &c->writer, err);
done:
    free(pairs);
    shmcol_fields_free(fields);
    return status;
}

static void drop_kept(conversion *c)
{
    for (size_t i = 0; i < c->n_kept; i++)
        c->kept[i].release(&c->kept[i]);
    c->n_kept = 0;
}

/* Keeps the batch that was just appended, or releases it. */
static shmcol_status keep(conversion *c, struct ArrowArray *batch, shmcol_error *err)
{
    c->kept_bytes += arrow_importer_bytes(c->importer);
    c->forgot = c->forgot || c->kept_bytes > c->options.memory;
    if (c->forgot || !arrow_importer_can_conflict(c->importer)) {
        batch->release(batch);
        drop_kept(c);
        return SHMCOL_OK;
    }
    if (c->n_kept == c->capacity) {
        size_t capacity = c->capacity == 0 ? 16 : 2 * c->capacity;
        struct ArrowArray *kept = realloc(c->kept, capacity * sizeof *kept);
        if (kept == NULL) {
            batch->release(batch);
            return shm_fail_memory(err);
        }
        c->kept = kept;
        c->capacity = capacity;
    }
    c->kept[c->n_kept++] = *batch; /* moved */
    return SHMCOL_OK;
}

/* Begins anew with the batches that were kept. */
static shmcol_status write_anew(conversion *c, shmcol_error *err)
{
    if (c->forgot) {
        shm_fail(
            err, SHMCOL_ERR_MEMORY_BOUND, "",
            "a dictionary gets new values after more batches than the memory bound allows to keep");
        shm_error_hint(err, "unify the dictionaries of all batches first, or raise the bound");
        return SHMCOL_ERR_MEMORY_BOUND;
    }
    shmcol_writer_abort(c->writer);
    c->writer = NULL;
    arrow_importer_restart(c->importer);
    shmcol_status status = open_writer(c, err);
    if (status != SHMCOL_OK)
        return status;
    for (size_t i = 0; i < c->n_kept; i++) {
        status = arrow_importer_bind(c->importer, &c->kept[i], err);
        if (status != SHMCOL_OK)
            return status;
        status = arrow_importer_append(c->importer, c->writer, err);
        if (status != SHMCOL_OK)
            return status;
    }
    return SHMCOL_OK;
}

static shmcol_status append(conversion *c, const struct ArrowArray *batch, shmcol_error *err)
{
    bool conflict = false;
    shmcol_status status = arrow_importer_bind(c->importer, batch, err);
    if (status != SHMCOL_OK)
        return status;
    status = arrow_importer_conflict(c->importer, &conflict, err);
    if (status != SHMCOL_OK)
        return status;
    if (conflict) {
        status = write_anew(c, err);
        if (status != SHMCOL_OK)
            return status;
        status = arrow_importer_bind(c->importer, batch, err);
        if (status != SHMCOL_OK)
            return status;
    }
    return arrow_importer_append(c->importer, c->writer, err);
}

/* Appends all batches, up to the end of the stream. */
static shmcol_status append_all(conversion *c, struct ArrowArrayStream *stream, shmcol_error *err)
{
    for (;;) {
        struct ArrowArray batch;
        memset(&batch, 0, sizeof batch);
        if (c->options.progress != NULL && c->options.progress(c->options.progress_arg, 0, 0) != 0)
            return shm_fail(err, SHMCOL_ERR_CANCELLED, "", "cancelled");
        int errnum = stream->get_next(stream, &batch);
        if (errnum != 0)
            return arrow_stream_failed(stream, errnum, "batch", err);
        if (batch.release == NULL)
            return SHMCOL_OK;
        shmcol_status status = append(c, &batch, err);
        if (status != SHMCOL_OK) {
            batch.release(&batch);
            return status;
        }
        status = keep(c, &batch, err);
        if (status != SHMCOL_OK)
            return status;
    }
}

static shmcol_status convert(conversion *c, struct ArrowArrayStream *stream, shmcol_error *err)
{
    shmcol_status status = arrow_importer_new(c->schema, true, &c->importer, err);
    if (status != SHMCOL_OK)
        return status;
    status = open_writer(c, err);
    if (status == SHMCOL_OK)
        status = append_all(c, stream, err);
    drop_kept(c);
    free(c->kept);
    arrow_importer_free(c->importer);
    if (status == SHMCOL_OK)
        return shmcol_writer_commit(c->writer, err);
    shmcol_writer_abort(c->writer);
    return status;
}

static shmcol_status write_stream(const char *path, int fd, struct ArrowArrayStream *stream,
                                  const shmcol_writer_options *options, shmcol_error *err)
{
    if (stream == NULL || stream->release == NULL || stream->get_schema == NULL ||
        stream->get_next == NULL)
        return shm_fail(err, SHMCOL_ERR_INVALID_ARGUMENT, "",
                        "shmcol_write_stream needs a stream that was not released");
    if (options != NULL)
        SHM_CHECK_SIZE(options, SHM_WRITER_OPTIONS_SIZE_1_0, err);
    struct ArrowSchema schema;
    memset(&schema, 0, sizeof schema);
    int errnum = stream->get_schema(stream, &schema);
    if (errnum != 0)
        return arrow_stream_failed(stream, errnum, "schema", err);
    conversion c = {
        .path = path, .fd = fd, .schema = &schema, .options = SHMCOL_WRITER_OPTIONS_INIT};
    SHM_TAKE(c.options, options);
    if (c.options.memory == 0)
        c.options.memory = default_memory;
    shmcol_status status = convert(&c, stream, err);
    if (schema.release != NULL)
        schema.release(&schema);
    return status;
}

shmcol_status shmcol_write_stream(const char *path, struct ArrowArrayStream *stream,
                                  const shmcol_writer_options *options, shmcol_error *err)
{
    if (path == NULL)
        return shm_fail(err, SHMCOL_ERR_INVALID_ARGUMENT, "", "shmcol_write_stream needs a path");
    return write_stream(path, -1, stream, options, err);
}

shmcol_status shmcol_write_stream_fd(int fd, struct ArrowArrayStream *stream,
                                     const shmcol_writer_options *options, shmcol_error *err)
{
    return write_stream(NULL, fd, stream, options, err);
}
