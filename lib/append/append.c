/* One append, from the lock to the last name. */
#include "append/append.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "format/ondisk.h"
#include "structs.h"

static const uint64_t default_memory = UINT64_C(256) << 20, default_part_rows = UINT64_C(1) << 24;

/* Refuses a name that something else than a directory has. A missing one is the first append's to
 * make; what cannot be looked at is found by those who open it. */
static shmcol_status check_directory(const char *dir, shmcol_error *err)
{
    sys_file_info info;
    if (sys_stat_path(dir, &info) != 0 || info.directory)
        return SHMCOL_OK;
    shm_fail_sys(err, ENOTDIR, dir, "cannot append");
    shm_error_hint(err, "a table that grows is a directory of its own: name a new one");
    return SHMCOL_ERR_IO;
}

shmcol_status append_take_options(const char *dir, const shmcol_append_options *given,
                                  shmcol_append_options *options, shmcol_error *err)
{
    *options = (shmcol_append_options)SHMCOL_APPEND_OPTIONS_INIT;
    if (dir == NULL)
        return shm_fail(err, SHMCOL_ERR_INVALID_ARGUMENT, "", "no directory is named");
    if (given != NULL)
        SHM_CHECK_SIZE(given, SHM_APPEND_OPTIONS_SIZE_1_0, err);
    SHM_TAKE(*options, given);
    if (options->report != NULL)
        SHM_CHECK_SIZE(options->report, SHM_APPEND_REPORT_SIZE_1_0, err);
    if (options->part_rows % FMT_ZONE_ROWS != 0)
        return shm_fail(err, SHMCOL_ERR_INVALID_ARGUMENT, "F-84",
                        "part_rows is no multiple of 65,536");
    if (options->metadata == NULL && options->metadata_count > 0)
        return shm_fail(err, SHMCOL_ERR_INVALID_ARGUMENT, "",
                        "options.metadata is NULL, but it has a count");
    for (uint32_t i = 0; i < options->metadata_count; i++)
        if (append_is_token(options->metadata[i].key))
            return shm_fail(err, SHMCOL_ERR_INVALID_ARGUMENT, "F-85",
                            "the key shmcol:token is kept for options.token");
    if (options->memory == 0)
        options->memory = default_memory;
    if (options->part_rows == 0)
        options->part_rows = default_part_rows;
    if (options->min_part_rows == 0)
        options->min_part_rows = FMT_ZONE_ROWS;
    shmcol_status status = append_check_token(options->token, err);
    return status == SHMCOL_OK ? check_directory(dir, err) : status;
}

shmcol_status append_open_temporary(const char *dir, int *fd, shmcol_error *err)
{
    size_t length = strlen(dir);
    while (length > 1 && dir[length - 1] == '/')
        length--;
    char *path = strndup(dir, length);
    if (path == NULL)
        return shm_fail_memory(err);
    int errnum = sys_temp_create(path, fd);
    free(path);
    if (errnum == 0)
        return SHMCOL_OK;
    shmcol_status status = shm_fail_sys(err, errnum, dir, "cannot create a temporary file");
    shm_error_hint(err, "TMPDIR says where");
    return status;
}

/* Looks at the table, and removes what was left behind. *done: there is nothing to append. */
static shmcol_status look(append_job *job, bool *done, shmcol_error *err)
{
    bool has = false;
    *done = false;
    shmcol_status status = append_table_open(job, err);
    if (status == SHMCOL_OK)
        status = append_clean(job, err);
    if (status == SHMCOL_OK)
        status = append_table_token(job, &has, err);
    if (status == SHMCOL_OK && !has)
        status = append_columns(job, err);
    job->report.already_there = has;
    *done = has || (job->file != NULL && job->source->rows == 0);
    return status;
}

/* Decides about the parts, and prepares what all of them have. */
static shmcol_status plan(append_job *job, shmcol_error *err)
{
    if (job->rows.added >= FMT_ROWS_LIMIT - job->rows.end)
        return shm_fail(err, SHMCOL_ERR_LIMIT, "F-79", "the table would have too many rows");
    job->plan = append_plan_make(&job->rows);
    shmcol_status status = SHMCOL_OK;
    if (job->plan.replaces && job->rows.end > job->rows.begin) {
        uint32_t *order = malloc(((size_t)job->n_columns + 1) * sizeof *order);
        if (order == NULL)
            return shm_fail_memory(err);
        for (uint32_t i = 0; i < job->n_columns; i++)
            order[i] = i;
        status = append_source_file(&job->tail, job->last, 0, err);
        if (status == SHMCOL_OK)
            status = append_source_arrange(&job->tail, order, job->n_columns, err);
        free(order);
    }
    return status == SHMCOL_OK ? append_words(job, err) : status;
}

/* Completes the report of what is in the table now. */
static void describe(append_job *job, bool appended)
{
    shmcol_append_report *r = &job->report;
    r->first_row = job->rows.end;
    r->table_rows = job->rows.end;
    r->table_parts = job->table_parts;
    memcpy(r->table_id, job->table_id, sizeof r->table_id);
    if (!appended)
        return;
    r->created = job->file == NULL;
    r->rows = job->source->rows;
    r->table_rows = job->plan.end;
    r->parts = job->plan.n;
    r->table_parts += job->plan.n - job->plan.replaces;
    if (r->created)
        memcpy(r->table_id, job->parts[0].id, sizeof r->table_id);
}

static void end(append_job *job, bool keep)
{
    append_parts_end(job);
    append_place_end(&job->place, keep);
    append_source_end(&job->tail);
    append_columns_free(job->columns, job->n_columns);
    free(job->pairs.pairs);
    free(job->first_pairs.pairs);
    shmcol_close(job->last);
    shmcol_close(job->file);
    sys_close(job->last_fd);
    free(job);
}

shmcol_status append_run(const char *dir, append_source *source,
                         const shmcol_append_options *options, shmcol_error *err)
{
    bool done = false, happened = false;
    append_job *job = calloc(1, sizeof *job);
    if (job == NULL)
        return shm_fail_memory(err);
    job->dir = dir;
    job->options = *options;
    job->source = source;
    job->last_fd = -1;
    shmcol_status status = append_place_hold(&job->place, dir, options, err);
    if (status == SHMCOL_OK)
        status = look(job, &done, err);
    if (status == SHMCOL_OK && !done)
        status = plan(job, err);
    if (status == SHMCOL_OK && !done)
        status = append_parts_write(job, err);
    if (status == SHMCOL_OK && !done)
        status = append_publish(job, &happened, err);
    if (options->report != NULL && (status == SHMCOL_OK || happened)) {
        describe(job, happened);
        SHM_GIVE(options->report, job->report);
    }
    if (status != SHMCOL_OK)
        shm_error_path(err, dir);
    end(job, status == SHMCOL_OK || happened);
    return status;
}
