/* Appends batches from memory: shmcol_append_create. The writer is one of a temporary file, whose
 * rows are appended when it is committed. */
#include <stdlib.h>
#include <string.h>

#include "append/append.h"
#include "structs.h"
#include "write/writer.h"

/* An append whose rows are still written. */
typedef struct waiting {
    char *dir, *token;
    shmcol_append_options options;
    int fd;
    uint32_t n;
    shmcol_field *fields; /* of the temporary file */
    bool *automatic;      /* by field: C-60 decides, for a first append */
} waiting;

/* Appends the rows of the temporary file. */
static shmcol_status commit(void *arg, shmcol_error *err)
{
    waiting *w = arg;
    append_source source = {0};
    shmcol_status status = append_source_fd(&source, w->fd, err);
    for (uint32_t i = 0; i < w->n && status == SHMCOL_OK; i++)
        source.fields[i].auto_dictionary = w->automatic[i];
    if (status == SHMCOL_OK)
        status = append_run(w->dir, &source, &w->options, err);
    append_source_end(&source);
    return status;
}

static void end(void *arg)
{
    waiting *w = arg;
    sys_close(w->fd);
    free(w->dir);
    free(w->token);
    free(w->fields);
    free(w->automatic);
    free(w);
}

static shmcol_status allocate(waiting *w, uint32_t n, shmcol_error *err)
{
    w->n = n;
    w->fields = calloc((size_t)n + 1, sizeof *w->fields);
    w->automatic = calloc((size_t)n + 1, sizeof *w->automatic);
    return w->fields != NULL && w->automatic != NULL ? SHMCOL_OK : shm_fail_memory(err);
}

/* Takes the caller's fields. */
static shmcol_status take_fields(waiting *w, const shmcol_field *fields, uint32_t n,
                                 shmcol_error *err)
{
    const size_t step = n > 0 ? fields->size : SHM_FIELD_SIZE_1_0;
    shmcol_status status = allocate(w, n, err);
    for (uint32_t i = 0; i < n && status == SHMCOL_OK; i++) {
        const shmcol_field *f =
            (const shmcol_field *)(const void *)((const char *)fields + step * i);
        if (step < SHM_FIELD_SIZE_1_0 || f->size != step)
            return shm_fail(err, SHMCOL_ERR_INVALID_ARGUMENT, "",
                            "size is not that of shmcol_field");
        w->fields[i] = (shmcol_field)SHMCOL_FIELD_INIT;
        SHM_TAKE(w->fields[i], f);
        w->automatic[i] = w->fields[i].auto_dictionary && w->fields[i].type == SHMCOL_STRING;
        w->fields[i].auto_dictionary = 0;
    }
    return status;
}

/* Makes the fields, or checks them against those of a table that there is. */
static shmcol_status choose_fields(waiting *w, const shmcol_file *table, const shmcol_field *fields,
                                   uint32_t n_fields, shmcol_error *err)
{
    append_column *columns = NULL;
    uint32_t n = 0;
    if (table == NULL)
        return take_fields(w, fields, n_fields, err);
    shmcol_status status = append_columns_of(table, &columns, &n, err);
    if (status == SHMCOL_OK)
        status = fields != NULL ? take_fields(w, fields, n_fields, err) : allocate(w, n, err);
    if (status == SHMCOL_OK && fields != NULL) {
        uint32_t *order = malloc(((size_t)n + 1) * sizeof *order);
        status = order != NULL ? append_match(columns, n, w->fields, n_fields, order, err)
                               : shm_fail_memory(err);
        free(order);
    }
    for (uint32_t i = 0; i < n && status == SHMCOL_OK && fields == NULL; i++)
        w->fields[i] = columns[i].field;
    append_columns_free(columns, n);
    return status;
}

/* Opens the temporary file and its writer. */
static shmcol_status open_writer(waiting *w, shmcol_writer **writer, shmcol_error *err)
{
    shmcol_writer_options o = SHMCOL_WRITER_OPTIONS_INIT;
    shmcol_status status = append_open_temporary(w->dir, &w->fd, err);
    if (status != SHMCOL_OK)
        return status;
    o.no_sync = 1;
    o.memory = w->options.memory;
    o.threads = w->options.threads;
    o.metadata = w->options.metadata;
    o.metadata_count = w->options.metadata_count;
    o.progress = w->options.progress;
    o.progress_arg = w->options.progress_arg;
    /* The writer has copied them, and the first append finds them in the file. */
    w->options.metadata = NULL;
    w->options.metadata_count = 0;
    return shmcol_writer_create_fd(w->fd, w->fields, w->n, &o, writer, err);
}

/* Begins the append with the options that were taken. */
static shmcol_status begin(waiting *w, const char *dir, const shmcol_field *fields,
                           uint32_t n_fields, shmcol_writer **writer, shmcol_error *err)
{
    shmcol_file *table = NULL;
    w->dir = strdup(dir);
    w->token = w->options.token != NULL ? strdup(w->options.token) : NULL;
    if (w->dir == NULL || (w->options.token != NULL && w->token == NULL))
        return shm_fail_memory(err);
    w->options.token = w->token;
    char *path = NULL;
    shmcol_status status = append_peek(dir, &table, &path, err);
    free(path);
    if (status != SHMCOL_OK)
        return status;
    if (fields == NULL && table == NULL) {
        shm_fail(err, SHMCOL_ERR_NO_TABLE, "F-83", "there is no table, and no fields are given");
        shm_error_path(err, dir);
        return SHMCOL_ERR_NO_TABLE;
    }
    status = choose_fields(w, table, fields, n_fields, err);
    if (status == SHMCOL_OK)
        status = open_writer(w, writer, err);
    shmcol_close(table);
    return status;
}

shmcol_status shmcol_append_create(const char *dir, const shmcol_field *fields, uint32_t n_fields,
                                   const shmcol_append_options *options, shmcol_writer **writer,
                                   shmcol_error *err)
{
    shmcol_append_options taken;
    shmcol_writer *made = NULL;
    shmcol_status status = append_take_options(dir, options, &taken, err);
    if (status != SHMCOL_OK)
        return status;
    if (writer == NULL)
        return shm_fail(err, SHMCOL_ERR_INVALID_ARGUMENT, "", "no place for the writer");
    waiting *w = calloc(1, sizeof *w);
    if (w == NULL)
        return shm_fail_memory(err);
    w->fd = -1;
    w->options = taken;
    status = begin(w, dir, fields, n_fields, &made, err);
    if (status != SHMCOL_OK) {
        shm_error_path(err, dir);
        end(w);
        return status;
    }
    writer_at_end(made, (writer_end){commit, end, w, w->dir});
    *writer = made;
    return SHMCOL_OK;
}
