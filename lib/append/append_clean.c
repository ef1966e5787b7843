/* Files that an append which died has left: parts that the chain does not reach, the marker that
 * says so, and temporary files. Without the marker such parts are those of a table that has lost
 * one, and stay. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#include "append/append.h"
#include "format/chain.h"
#include "format/ondisk.h"

/* The first rows of the files that go. */
typedef struct leftovers {
    const shmcol_file *file; /* the table; NULL: none */
    uint64_t *rows;
    uint64_t n, capacity;
    bool marked; /* an append that named several parts has died */
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

/* Sets *rows to the table_rows of the part at `row`. Returns false for what is no part. */
static bool table_rows(const append_job *job, uint64_t row, uint64_t *rows)
{
    char name[FMT_PART_NAME_SIZE];
    shmcol_file_info info = SHMCOL_FILE_INFO_INIT;
    shmcol_file *file;
    int fd;
    fmt_part_name(row, name);
    if (sys_open_map_at(job->place.at.directory, name, &fd) != 0)
        return false;
    bool good = shmcol_open_fd(fd, NULL, &file, NULL) == SHMCOL_OK;
    sys_close(fd);
    if (!good)
        return false;
    good = shmcol_get_info(file, &info, NULL) == SHMCOL_OK && info.alignment != 0;
    shmcol_close(file);
    *rows = info.table_rows;
    return good;
}

/* Finds out whether the marker is there. What is no regular file is none. */
static shmcol_status find_marker(const append_job *job, leftovers *l, shmcol_error *err)
{
    sys_file_info info;
    int errnum = sys_stat_at(job->place.at.directory, FMT_APPENDING, &info);
    if (errnum != 0 && errnum != ENOENT)
        return shm_fail_sys(err, errnum, job->dir, "cannot look at " FMT_APPENDING);
    l->marked = errnum == 0 && info.regular;
    return SHMCOL_OK;
}

/* Fails for parts that no append has left. */
static shmcol_status lost(const append_job *job, const leftovers *l, const char *which,
                          shmcol_error *err)
{
    const uint64_t rows = job->rows.end;
    bool leads = rows % FMT_ZONE_ROWS == 0;
    for (uint64_t i = 0; i < l->n; i++)
        leads = leads && l->rows[i] != rows;
    if (leads) {
        shm_fail(err, SHMCOL_ERR_PARTS_MISSING, "F-84",
                 "the part at row %" PRIu64 " is missing, and others behind it are there%s", rows,
                 which);
        shm_error_hint(err, "bring it back, or take the others away, and append then");
    } else {
        shm_fail(err, SHMCOL_ERR_PARTS_MISSING, "F-84",
                 "parts are there to which the last one, at row %" PRIu64 ", does not lead: it is "
                 "perhaps an older one%s",
                 job->rows.begin, which);
        shm_error_hint(err, "bring back the newer one, or take those parts away, and append then");
    }
    shm_error_path(err, job->dir);
    return SHMCOL_ERR_PARTS_MISSING;
}

/* Checks that the parts which the chain does not reach are of one append: one that died, and has
 * left the marker. Each append removes those of an earlier one, so that parts of several appends
 * are a table that has lost a part. */
static shmcol_status check_one_append(const append_job *job, const leftovers *l, shmcol_error *err)
{
    uint64_t rows = 0, first = 0;
    if (l->n > 0 && !l->marked)
        return lost(job, l, "", err);
    for (uint64_t i = 0; i < l->n; i++) {
        if (!table_rows(job, l->rows[i], &rows))
            continue;
        first = first == 0 ? rows : first;
        if (rows != first)
            return lost(job, l, ", of several appends", err);
    }
    return SHMCOL_OK;
}

/* Removes the files, so that none is left which a chain could lead to, and then the marker. */
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
    if (errnum == 0 && l->marked) {
        errnum = sys_unlink_at(directory, FMT_APPENDING);
        if (errnum != 0)
            return shm_fail_sys(err, errnum, job->dir, "cannot remove " FMT_APPENDING);
        errnum = !job->options.no_sync ? sys_sync_directory(directory) : 0;
    }
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
        status = find_marker(job, &l, err);
    if (status == SHMCOL_OK)
        status = check_one_append(job, &l, err);
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
