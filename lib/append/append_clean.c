/* Files that an append which died has left: parts that the chain does not reach, and temporary
 * ones. */
#include <stdlib.h>

#include "append/append.h"
#include "format/chain.h"
#include "format/ondisk.h"

/* The first rows of the files that go. */
typedef struct leftovers {
    const shmcol_file *file; /* the table; NULL: none */
    uint64_t *rows;
    uint64_t n, capacity;
    bool no_memory;
} leftovers;

/* Tells whether the chain reaches the part at `row`. */
static bool reaches(const shmcol_file *file, uint64_t row)
{
    uint64_t index, part_row;
    if (file == NULL)
        return false;
    if (shmcol_rows(file) == 0)
        return row == 0;
    return shmcol_part_of_row(file, row, &index, &part_row, NULL) == SHMCOL_OK && part_row == 0;
}

/* Notes a regular file of the directory that is such a part. */
static void note(void *arg, const char *name, const sys_file_info *info)
{
    leftovers *l = arg;
    uint64_t row;
    (void)info;
    if (!fmt_part_name_row(name, &row) || row % FMT_ZONE_ROWS != 0 || reaches(l->file, row))
        return;
    if (l->n == l->capacity) {
        const uint64_t capacity = l->capacity == 0 ? 16 : 2 * l->capacity;
        uint64_t *rows = realloc(l->rows, (size_t)capacity * sizeof *rows);
        if (rows == NULL) {
            l->no_memory = true;
            return;
        }
        l->rows = rows;
        l->capacity = capacity;
    }
    l->rows[l->n++] = row;
}

/* Removes the files, so that none is left which a chain could lead to. */
static shmcol_status remove_all(append_job *job, const leftovers *l, shmcol_error *err)
{
    const int directory = job->place.at.directory;
    for (uint64_t i = 0; i < l->n; i++) {
        char name[FMT_PART_NAME_SIZE];
        fmt_part_name(l->rows[i], name);
        int errnum = sys_unlink_at(directory, name);
        if (errnum != 0)
            return shm_fail_sys(err, errnum, job->dir,
                                "cannot remove %s, which an append that died has left", name);
        job->report.removed++;
    }
    int errnum = l->n > 0 && !job->options.no_sync ? sys_sync_directory(directory) : 0;
    return errnum == 0 ? SHMCOL_OK
                       : shm_fail_sys(err, errnum, job->dir, "cannot sync the directory");
}

shmcol_status append_clean(append_job *job, shmcol_error *err)
{
    leftovers l = {.file = job->file};
    int errnum = sys_list(job->place.at.directory, note, &l);
    shmcol_status status = SHMCOL_OK;
    if (errnum != 0)
        status = shm_fail_sys(err, errnum, job->dir, "cannot list the directory of the table");
    else if (l.no_memory)
        status = shm_fail_memory(err);
    if (status == SHMCOL_OK)
        status = append_place_prove(&job->place, err);
    if (status == SHMCOL_OK)
        status = remove_all(job, &l, err);
    free(l.rows);
    if (status != SHMCOL_OK)
        return status;
    sys_sweep(job->place.at.directory);
    if (job->place.at.parent >= 0)
        sys_sweep(job->place.at.parent);
    return SHMCOL_OK;
}
