/* Copies some columns of a table to another one by way of Arrow's C stream interface, which every
 * Arrow library speaks; none is needed here. Usage: stream FILE OUTPUT COLUMN... */
#include <errno.h>
#include <inttypes.h>
#include <shmcol.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Walks a stream as any consumer does: counts its batches and rows. A consumer releases what it was
 * given. Returns 0, or the errno value that the stream's callback returned. */
static int count_rows(struct ArrowArrayStream *stream, uint64_t *batches, uint64_t *rows)
{
    struct ArrowArray batch;
    int errnum;
    *batches = *rows = 0;
    while ((errnum = stream->get_next(stream, &batch)) == 0 && batch.release != NULL) {
        *batches += 1;
        *rows += (uint64_t)batch.length;
        batch.release(&batch);
    }
    return errnum;
}

/* Exports the columns twice: once to count, once to write them to `output`. */
static shmcol_status copy_columns(shmcol_file *file, const uint32_t *columns, uint32_t n_columns,
                                  const char *output, shmcol_error *err)
{
    struct ArrowArrayStream stream;
    uint64_t batches, rows;
    shmcol_status status =
        shmcol_export_stream(file, columns, n_columns, 500, 0, &stream, err); /* 500 rows a batch */
    if (status != SHMCOL_OK)
        return status;
    int errnum = count_rows(&stream, &batches, &rows);
    if (errnum != 0) {
        const char *text = stream.get_last_error(&stream);
        snprintf(err->message, sizeof err->message, "%s", text != NULL ? text : strerror(errnum));
    }
    stream.release(&stream);
    if (errnum != 0)
        return SHMCOL_ERR_IO;
    printf("%" PRIu64 " rows in %" PRIu64 " batches, none of them copied\n", rows, batches);

    status = shmcol_export_stream(file, columns, n_columns, 0, 0, &stream, err);
    if (status != SHMCOL_OK)
        return status;
    status = shmcol_write_stream(output, &stream, NULL, err); /* does not release the stream */
    stream.release(&stream);
    return status;
}

static shmcol_status copy_names(const char *input, const char *output, char **names,
                                uint32_t n_names, shmcol_error *err)
{
    shmcol_file *file = NULL;
    uint32_t *columns = malloc(n_names * sizeof *columns);
    shmcol_status status = SHMCOL_ERR_NO_MEMORY;
    if (columns == NULL) {
        snprintf(err->message, sizeof err->message, "%s", strerror(ENOMEM));
        goto done;
    }
    status = shmcol_open(input, NULL, &file, err);
    if (status != SHMCOL_OK)
        goto done;
    for (uint32_t i = 0; i < n_names; i++) {
        status = shmcol_find(file, names[i], &columns[i], err);
        if (status != SHMCOL_OK)
            goto done;
    }
    status = copy_columns(file, columns, n_names, output, err);
done:
    shmcol_close(file); /* NULL is allowed; an export that still lives keeps the map */
    free(columns);
    return status;
}

int main(int argc, char **argv)
{
    shmcol_error err = SHMCOL_ERROR_INIT;
    if (argc < 4) {
        fprintf(stderr, "usage: stream FILE OUTPUT COLUMN...\n");
        return 2;
    }
    if (copy_names(argv[1], argv[2], argv + 3, (uint32_t)(argc - 3), &err) != SHMCOL_OK) {
        char text[1400];
        shmcol_error_format(&err, text,
                            sizeof text); /* file, place, message and hint in one line */
        fprintf(stderr, "stream: %s\n", text);
        return 1;
    }
    return 0;
}
