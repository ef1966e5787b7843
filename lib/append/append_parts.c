/* Writes the parts of an append, each complete and with its place on the disk before it has a name.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "append/append.h"
#include "format/chain.h"
#include "format/ondisk.h"

/* Passes the bytes of a writer on to the caller's progress function, part after part. */
typedef struct progress {
    const shmcol_append_options *options;
    uint64_t before, done;
} progress;

static int tell(void *arg, uint64_t done, uint64_t total)
{
    progress *p = arg;
    (void)total;
    p->done = done;
    return p->options->progress(p->options->progress_arg, p->before + done, 0);
}

/* Where a run of rows goes. */
typedef struct target {
    append_job *job;
    shmcol_writer *writer;
} target;

/* Appends a run of rows to the writer of a part (an append_run_fn). */
static shmcol_status put(void *arg, arrow_importer *importer, uint64_t rows, shmcol_error *err)
{
    target *to = arg;
    (void)rows;
    shmcol_status status = append_ask(&to->job->options, err);
    return status == SHMCOL_OK ? arrow_importer_append(importer, to->writer, err) : status;
}

/* Makes the row of an error that of the source, from that of a part; -1 in the rows that the table
 * has. */
static void in_source(const append_job *job, append_piece piece, shmcol_error *err)
{
    if (err == NULL || err->row < 0)
        return;
    const uint64_t row = piece.first + (uint64_t)err->row;
    shm_error_row(err, row >= job->rows.end ? (int64_t)(row - job->rows.end) : -1);
}

/* Appends all rows of a part: those of the old last part that it has, then new ones. */
static shmcol_status put_rows(append_job *job, append_piece piece, shmcol_writer *writer,
                              shmcol_error *err)
{
    target to = {job, writer};
    const uint64_t begin = job->rows.begin, end = job->rows.end;
    const uint64_t old = piece.first < end ? (piece.end < end ? piece.end : end) - piece.first : 0;
    shmcol_status status = SHMCOL_OK;
    if (old > 0) {
        arrow_importer_from_row(job->tail.importer, 0);
        status = append_source_each(&job->tail, piece.first - begin, old, put, &to, err);
    }
    if (status == SHMCOL_OK && piece.end > piece.first + old) {
        arrow_importer_from_row(job->source->importer, old);
        status = append_source_each(job->source, piece.first + old - end,
                                    piece.end - piece.first - old, put, &to, err);
    }
    if (status != SHMCOL_OK)
        in_source(job, piece, err);
    return status;
}

/* Gives the writer the dictionaries of the table. */
static shmcol_status give_words(const append_job *job, shmcol_writer *writer, shmcol_error *err)
{
    shmcol_status status = SHMCOL_OK;
    for (uint32_t i = 0; i < job->n_columns && status == SHMCOL_OK; i++) {
        const append_column *c = &job->columns[i];
        shmcol_strings words = SHMCOL_STRINGS_INIT;
        if (c->words == NULL)
            continue;
        words.count = c->words->count;
        words.offsets = c->offsets;
        words.data_length = base_text_set_bytes(c->words);
        words.data = words.data_length > 0 ? (const char *)c->words->bytes : "";
        status = shmcol_writer_dictionary(writer, i, &words, c->ordered, err);
    }
    return status;
}

/* Sets the fields of a part (F-79). */
static void describe_part(const append_job *job, uint64_t index, append_piece piece,
                          shmcol_writer_options *o)
{
    o->alignment = FMT_PART_ALIGNMENT;
    o->first_row = piece.first;
    o->table_rows = job->plan.end;
    if (job->file != NULL)
        memcpy(o->table_id, job->table_id, sizeof o->table_id);
    else if (index > 0)
        memcpy(o->table_id, job->parts[0].id, sizeof o->table_id);
    if (index > 0)
        memcpy(o->previous_id, job->parts[index - 1].id, sizeof o->previous_id);
    else if (job->file != NULL)
        memcpy(o->previous_id,
               job->plan.replaces ? job->last_info.previous_id : job->last_info.file_id,
               sizeof o->previous_id);
}

/* Opens the writer of a part. `fields`: those of all columns. */
static shmcol_status open_writer(append_job *job, uint64_t index, const shmcol_field *fields,
                                 progress *p, shmcol_writer **writer, shmcol_error *err)
{
    shmcol_writer_options o = SHMCOL_WRITER_OPTIONS_INIT;
    const append_piece piece = append_plan_piece(&job->rows, &job->plan, index);
    append_pairs *with = index == 0 ? &job->first_pairs : &job->pairs;
    o.memory = job->options.memory;
    o.threads = job->options.threads;
    o.metadata = with->pairs;
    o.metadata_count = with->n;
    o.expected_rows = piece.end - piece.first;
    if (job->options.progress != NULL) {
        o.progress = tell;
        o.progress_arg = p;
    }
    describe_part(job, index, piece, &o);
    return shmcol_writer_create_fd(sys_output_fd(job->parts[index].output), fields, job->n_columns,
                                   &o, writer, err);
}

static shmcol_status cannot_create(const append_job *job, int errnum, shmcol_error *err)
{
    shmcol_status status = shm_fail_sys(err, errnum, job->dir, "cannot create a part of the table");
    if (errnum == EMFILE) /* all parts are open until they get their names */
        shm_error_hint(err, "raise part_rows, or append in several steps");
    return status;
}

/* Creates the file of a part. */
static shmcol_status open_output(append_job *job, uint64_t index, shmcol_error *err)
{
    char name[FMT_PART_NAME_SIZE];
    const sys_output_how how = {.replace = index == 0 && job->plan.replaces,
                                .no_sync = job->options.no_sync != 0};
    fmt_part_name(append_plan_piece(&job->rows, &job->plan, index).first, name);
    int errnum = sys_output_create_part(&job->place.at, name, how, &job->parts[index].output);
    if (errnum == 0)
        return SHMCOL_OK;
    if (errnum != EEXIST && errnum != EINVAL && (errnum != ENOENT || !how.replace))
        return cannot_create(job, errnum, err);
    shm_fail(err, SHMCOL_ERR_FILE_REPLACED, "F-84",
             errnum == EEXIST ? "%s is there already"
                              : "%s was removed, or is no regular file any more",
             name);
    shm_error_path(err, job->dir);
    return SHMCOL_ERR_FILE_REPLACED;
}

/* Learns the file id of a complete part, and syncs it. */
static shmcol_status complete(append_job *job, uint64_t index, shmcol_error *err)
{
    append_part *part = &job->parts[index];
    shmcol_file_info info = SHMCOL_FILE_INFO_INIT;
    shmcol_file *file;
    shmcol_status status = shmcol_open_fd(sys_output_fd(part->output), NULL, &file, err);
    if (status != SHMCOL_OK)
        return status;
    status = shmcol_get_info(file, &info, err);
    shmcol_close(file);
    memcpy(part->id, info.file_id, sizeof part->id);
    int errnum = status == SHMCOL_OK ? sys_output_complete(part->output) : 0;
    if (errnum != 0)
        status = shm_fail_sys(err, errnum, job->dir, "cannot complete a part of the table");
    return status;
}

static shmcol_status write_part(append_job *job, uint64_t index, const shmcol_field *fields,
                                progress *p, shmcol_error *err)
{
    shmcol_writer *writer = NULL;
    shmcol_status status = open_output(job, index, err);
    if (status == SHMCOL_OK)
        status = open_writer(job, index, fields, p, &writer, err);
    if (status != SHMCOL_OK)
        return status;
    status = give_words(job, writer, err);
    if (status == SHMCOL_OK)
        status = put_rows(job, append_plan_piece(&job->rows, &job->plan, index), writer, err);
    if (status != SHMCOL_OK) {
        shmcol_writer_abort(writer);
        return status;
    }
    status = shmcol_writer_commit(writer, err);
    p->before += p->done;
    p->done = 0;
    return status == SHMCOL_OK ? complete(job, index, err) : status;
}

/* Collects the metadata of the first part: that of all, the tokens of a part that it replaces, and
 * the new token (F-85). */
static shmcol_status take_tokens(append_job *job, shmcol_error *err)
{
    append_pairs old = {0};
    const char *token = job->options.token;
    shmcol_status status = SHMCOL_OK;
    for (uint32_t i = 0; i < job->pairs.n && status == SHMCOL_OK; i++)
        status = append_pairs_add(&job->first_pairs, job->pairs.pairs[i], err);
    if (status == SHMCOL_OK && job->plan.replaces)
        status = append_pairs_of_file(&old, job->last, SHMCOL_TABLE, true, err);
    const uint32_t most = APPEND_TOKENS_MAX - (token != NULL);
    for (uint32_t i = old.n > most ? old.n - most : 0; i < old.n && status == SHMCOL_OK; i++)
        status = append_pairs_add(&job->first_pairs, old.pairs[i], err);
    free(old.pairs);
    if (status != SHMCOL_OK || token == NULL)
        return status;
    return append_pairs_add(&job->first_pairs, append_token_pair(token), err);
}

shmcol_status append_parts_write(append_job *job, shmcol_error *err)
{
    progress p = {.options = &job->options};
    shmcol_field *fields = calloc((size_t)job->n_columns + 1, sizeof *fields);
    job->parts = calloc((size_t)job->plan.n, sizeof *job->parts);
    if (fields == NULL || job->parts == NULL) {
        free(fields);
        return shm_fail_memory(err);
    }
    for (uint32_t i = 0; i < job->n_columns; i++)
        fields[i] = job->columns[i].field;
    shmcol_status status = take_tokens(job, err);
    for (uint64_t i = 0; i < job->plan.n && status == SHMCOL_OK; i++)
        status = write_part(job, i, fields, &p, err);
    free(fields);
    return status;
}

void append_parts_end(append_job *job)
{
    for (uint64_t i = 0; i < job->plan.n && job->parts != NULL; i++)
        sys_output_abort(job->parts[i].output);
    free(job->parts);
    job->parts = NULL;
}
