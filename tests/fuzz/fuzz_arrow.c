/* Any bytes as Arrow structures (arrow_make.c says how), which are imported by stream or batch by
 * batch. What becomes a file must verify, and each base structure must be released once. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "arrow_make.h"
#include "fuzz.h"

/* ---- the import ---- */

typedef struct source {
    arrow_plan plan;
    unsigned batches, given;
    int fails; /* get_schema or get_next returns that */
    uint64_t rows;
} source;

static int get_schema(struct ArrowArrayStream *stream, struct ArrowSchema *out)
{
    source *s = stream->private_data;
    if (s->fails < 0)
        return -s->fails;
    arrow_make_schema(out, &s->plan, false);
    return 0;
}

static int get_next(struct ArrowArrayStream *stream, struct ArrowArray *out)
{
    source *s = stream->private_data;
    memset(out, 0, sizeof *out);
    if (s->given == s->batches)
        return s->fails;
    s->given++;
    arrow_make_batch(out, &s->plan);
    s->rows += (uint64_t)out->length;
    return 0;
}

static const char *get_last_error(struct ArrowArrayStream *stream)
{
    (void)stream;
    return arrow_below(2) == 0 ? NULL : "\xFF broken";
}

static void release_stream(struct ArrowArrayStream *stream)
{
    stream->release = NULL;
}

static void choose(shmcol_writer_options *options)
{
    static const char *const modes[] = {"auto", "a=always", "b=never"};
    options->no_sync = 1;
    options->threads = 1;
    options->memory = 4 << 20;
    options->dictionary = modes;
    options->n_dictionary = arrow_below(2) == 0 ? 0 : 1 + arrow_below(2);
}

/* Whatever was imported is a file. */
static void check(int fd, uint64_t rows)
{
    char path[32];
    shmcol_file *file = NULL;
    shmcol_error err = SHMCOL_ERROR_INIT;
    shmcol_verify_options options = SHMCOL_VERIFY_OPTIONS_INIT;
    options.threads = 1;
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    if (shmcol_open(path, NULL, &file, &err) != SHMCOL_OK ||
        shmcol_verify(file, &options, &err) != SHMCOL_OK) {
        fprintf(stderr, "imported, but not valid: %s\n", err.message);
        abort();
    }
    if (shmcol_rows(file) != rows)
        abort();
    shmcol_close(file);
}

static shmcol_status import_stream(int fd, source *s, shmcol_error *err)
{
    shmcol_writer_options options = SHMCOL_WRITER_OPTIONS_INIT;
    struct ArrowArrayStream stream = {get_schema, get_next, get_last_error, release_stream, s};
    choose(&options);
    return shmcol_write_stream_fd(fd, &stream, &options, err);
}

/* Batch by batch, each with a schema of its own, which is mostly like the first. */
static shmcol_status import_batches(int fd, source *s, shmcol_error *err)
{
    shmcol_writer_options options = SHMCOL_WRITER_OPTIONS_INIT;
    shmcol_field *fields = NULL;
    uint32_t n = 0;
    shmcol_writer *writer = NULL;
    struct ArrowSchema schema;
    arrow_make_schema(&schema, &s->plan, false);
    shmcol_status status = shmcol_import_schema(&schema, &fields, &n, err);
    if (schema.release != NULL)
        schema.release(&schema);
    choose(&options);
    if (status == SHMCOL_OK)
        status = shmcol_writer_create_fd(fd, fields, n, &options, &writer, err);
    shmcol_fields_free(fields);
    for (; status == SHMCOL_OK && s->given < s->batches; s->given++) {
        struct ArrowArray batch;
        arrow_plan other = s->plan;
        arrow_make_schema(&schema, &other, arrow_below(8) != 7);
        arrow_make_batch(&batch, &other);
        s->rows += (uint64_t)batch.length;
        status = shmcol_writer_append_arrow(writer, &schema, &batch, err);
        if (schema.release != NULL)
            schema.release(&schema);
        if (batch.release != NULL)
            batch.release(&batch);
    }
    if (status == SHMCOL_OK)
        return shmcol_writer_commit(writer, err);
    shmcol_writer_abort(writer);
    return status;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    arrow_begin(data, size);
    int fd = memfd_create("fuzz", MFD_CLOEXEC);
    if (fd < 0)
        abort();
    shmcol_error err = SHMCOL_ERROR_INIT;
    unsigned mode = arrow_below(256);
    source s = {.batches = mode % (MAX_BATCHES + 1),
                .fails = mode / 16 == 15 ? (mode % 2 == 0 ? 5 : -12) : 0};
    shmcol_status status = mode & 8 ? import_batches(fd, &s, &err) : import_stream(fd, &s, &err);
    if (status == SHMCOL_OK)
        check(fd, s.rows);
    else if (err.message[0] == 0)
        abort();
    if (arrow_live != 0) {
        fprintf(stderr, "%d structures were not released: %s\n", arrow_live, err.message);
        abort();
    }
    fuzz_count(status == SHMCOL_OK);
    close(fd);
    return 0;
}
