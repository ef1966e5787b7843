/* The table as it is under the lock, and the proof that it has stayed so. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "append/append.h"
#include "format/chain.h"
#include "format/ondisk.h"

shmcol_status append_peek(const char *dir, shmcol_file **first, char **path, shmcol_error *err)
{
    shmcol_error why = SHMCOL_ERROR_INIT;
    char name[FMT_PART_NAME_SIZE];
    fmt_part_name(0, name);
    if (asprintf(path, "%s/%s", dir, name) < 0) {
        *path = NULL;
        return shm_fail_memory(err);
    }
    shmcol_status status = shmcol_open(*path, NULL, first, &why);
    if (status == SHMCOL_OK)
        return SHMCOL_OK;
    const bool missing = why.sys_errno == ENOENT;
    why = (shmcol_error)SHMCOL_ERROR_INIT;
    status = shmcol_open(dir, NULL, first, &why); /* says what is wrong with the table */
    if (missing && (status == SHMCOL_ERR_NO_TABLE || why.sys_errno == ENOENT))
        return SHMCOL_OK;
    if (status != SHMCOL_OK)
        shm_error_copy(err, &why);
    return status;
}

static shmcol_status replaced(const append_job *job, const char *what, shmcol_error *err)
{
    shm_fail(err, SHMCOL_ERR_FILE_REPLACED, "F-84", "%s", what);
    shm_error_path(err, job->dir);
    return SHMCOL_ERR_FILE_REPLACED;
}

/* Opens the last part by its name in the directory that is held. The descriptor is kept, so that no
 * other file can get its inode. */
static shmcol_status open_last(append_job *job, shmcol_error *err)
{
    char name[FMT_PART_NAME_SIZE];
    shmcol_file *part;
    shmcol_file_info again = SHMCOL_FILE_INFO_INIT;
    shmcol_status status = shmcol_part(job->file, job->table_parts - 1, &part, err);
    if (status == SHMCOL_OK)
        status = shmcol_get_info(part, &job->last_info, err);
    if (status != SHMCOL_OK)
        return status;
    fmt_part_name(job->last_info.first_row, name);
    int errnum = sys_open_map_at(job->place.at.directory, name, &job->last_fd);
    if (errnum != 0)
        return shm_fail_sys(err, errnum, job->dir, "cannot open the last part, %s", name);
    status = shmcol_open_fd(job->last_fd, NULL, &job->last, err);
    if (status == SHMCOL_OK)
        status = shmcol_get_info(job->last, &again, err);
    if (status != SHMCOL_OK)
        return status;
    if (memcmp(again.file_id, job->last_info.file_id, sizeof again.file_id) != 0)
        return replaced(job, "the last part of the table was replaced meanwhile", err);
    return SHMCOL_OK;
}

shmcol_status append_table_open(append_job *job, shmcol_error *err)
{
    shmcol_error why = SHMCOL_ERROR_INIT;
    shmcol_file_info info = SHMCOL_FILE_INFO_INIT;
    append_rows *rows = &job->rows;
    const shmcol_append_options *o = &job->options;
    *rows = (append_rows){.empty = true,
                          .added = job->source->rows,
                          .part_rows = o->part_rows,
                          .min_part_rows = o->min_part_rows,
                          .zone = FMT_ZONE_ROWS};
    job->last_info = (shmcol_file_info)SHMCOL_FILE_INFO_INIT;
    shmcol_status status = shmcol_open(job->dir, NULL, &job->file, &why);
    if (status == SHMCOL_ERR_NO_TABLE)
        return SHMCOL_OK;
    if (status != SHMCOL_OK) {
        shm_error_copy(err, &why);
        return status;
    }
    job->table_parts = shmcol_parts(job->file);
    status = shmcol_get_info(job->file, &info, err);
    if (status == SHMCOL_OK)
        status = open_last(job, err);
    if (status != SHMCOL_OK)
        return status;
    memcpy(job->table_id, info.table_id, sizeof job->table_id);
    rows->empty = false;
    rows->begin = job->last_info.first_row;
    rows->end = info.rows;
    return SHMCOL_OK;
}

/* Looks for the token among those of a part, the last of them first. *left is the number of tokens
 * that still count. */
static shmcol_status find_token(const append_job *job, const shmcol_file *part, uint64_t *left,
                                bool *has, shmcol_error *err)
{
    const char *token = job->options.token;
    append_pairs tokens = {0};
    shmcol_status status = append_pairs_of_file(&tokens, part, SHMCOL_TABLE, true, err);
    for (uint32_t i = tokens.n; i > 0 && *left > 0 && !*has; i--, --*left) {
        const shmcol_text value = tokens.pairs[i - 1].value;
        *has = value.length == strlen(token) && memcmp(value.data, token, value.length) == 0;
    }
    free(tokens.pairs);
    return status;
}

shmcol_status append_table_token(append_job *job, bool *has, shmcol_error *err)
{
    uint64_t left = APPEND_TOKENS_MAX;
    shmcol_status status = SHMCOL_OK;
    *has = false;
    if (job->options.token == NULL || job->file == NULL)
        return SHMCOL_OK;
    for (uint64_t i = job->table_parts; i > 0 && left > 0 && !*has && status == SHMCOL_OK; i--) {
        shmcol_file *part;
        status = shmcol_part(job->file, i - 1, &part, err);
        if (status == SHMCOL_OK)
            status = find_token(job, part, &left, has, err);
    }
    return status;
}

/* Checks that the last part's name is that of the file that was read. */
static shmcol_status prove_last(const append_job *job, shmcol_error *err)
{
    char name[FMT_PART_NAME_SIZE];
    sys_file_info named, open;
    fmt_part_name(job->rows.begin, name);
    if (sys_stat_at(job->place.at.directory, name, &named) != 0 ||
        sys_stat_fd(job->last_fd, &open) != 0 || !named.regular || named.device != open.device ||
        named.inode != open.inode)
        return replaced(job, "the last part of the table was removed or replaced meanwhile", err);
    return SHMCOL_OK;
}

/* Checks that nothing has the name of a part at `row`. */
static shmcol_status prove_absent(const append_job *job, uint64_t row, shmcol_error *err)
{
    char name[FMT_PART_NAME_SIZE];
    bool has;
    fmt_part_name(row, name);
    int errnum = sys_has_name(job->place.at.directory, name, &has);
    if (errnum != 0)
        return shm_fail_sys(err, errnum, job->dir, "cannot look at %s", name);
    return has ? replaced(job, "somebody else appended to the table meanwhile", err) : SHMCOL_OK;
}

shmcol_status append_table_prove(const append_job *job, bool named, shmcol_error *err)
{
    const append_rows *rows = &job->rows;
    shmcol_status status = append_place_prove(&job->place, err);
    if (status == SHMCOL_OK && job->file != NULL)
        status = prove_last(job, err);
    /* The name behind the last part, which one of the new parts may have by now. */
    if (status == SHMCOL_OK && rows->end % rows->zone == 0 &&
        (job->file == NULL || rows->end > rows->begin) && !(named && job->plan.replaces))
        status = prove_absent(job, rows->end, err);
    /* The name behind the new parts. */
    if (status == SHMCOL_OK && job->plan.end % rows->zone == 0 && job->plan.end > 0)
        status = prove_absent(job, job->plan.end, err);
    return status;
}
