/* The commit of a populated table: check that all rows are filled, then let the writer finish the
 * values where they are, and publish. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "populate/populate_internal.h"

/* Fills `err` with NOT_FILLED for marks [first, end), and returns it. */
static shmcol_status not_filled(const shmcol_populate *p, uint64_t first, uint64_t end, bool begun,
                                shmcol_error *err)
{
    uint64_t rows = p->header.rows, last = end * MARK_ROWS < rows ? end * MARK_ROWS : rows;
    (void)shm_fail(
        err, SHMCOL_ERR_NOT_FILLED, "", "rows %" PRIu64 " to %" PRIu64 " %s", (first * MARK_ROWS),
        last,
        begun
            ? "were begun and not finished: the process that claimed them has died or given them up"
            : "were claimed by nobody");
    shm_error_hint(err, "claim and fill them, then commit again");
    shm_error_row(err, (int64_t)(first * MARK_ROWS));
    shm_error_path(err, p->path);
    return SHMCOL_ERR_NOT_FILLED;
}

static shmcol_status check_nullable(const shmcol_populate *p, uint64_t first, shmcol_error *err)
{
    for (uint32_t i = 0; i < p->header.columns; i++) {
        if (writer_validity_at(&p->values, i, 0) != NULL)
            continue;
        (void)writer_fail_at(
            p->writer, SHMCOL_ERR_NOT_FILLED, "F-23", i, (int64_t)(first * MARK_ROWS),
            "rows that are not filled cannot be nulls in a column that is not nullable", err);
        shm_error_path(err, p->path);
        return SHMCOL_ERR_NOT_FILLED;
    }
    return SHMCOL_OK;
}

static void make_nulls(const shmcol_populate *p, uint64_t first, uint64_t end)
{
    uint64_t rows = p->header.rows, last = end * MARK_ROWS < rows ? end * MARK_ROWS : rows;
    for (uint32_t i = 0; i < p->header.columns; i++)
        populate_set_bits(writer_validity_at(&p->values, i, 0), first * MARK_ROWS, last, false);
}

/* Checks that all rows are filled, or, with `nulls`, makes those that are not null. All marks are
 * locked: nobody is at work, and nobody can begin. Errors: NOT_FILLED, IO, GONE. */
static shmcol_status check_filled(const shmcol_populate *p, int fd, bool nulls, shmcol_error *err)
{
    populate_search rest = {.limit = p->n_marks};
    for (; rest.from < p->n_marks; rest.from = rest.end) {
        shmcol_status status = populate_find_marks(p, fd, &rest, err);
        if (status != SHMCOL_OK)
            return status;
        if (rest.first == rest.end)
            continue;
        if (!nulls)
            return not_filled(p, rest.first, rest.end, (rest.seen & 1u << MARK_BEGUN) != 0, err);
        status = check_nullable(p, rest.first, err);
        if (status != SHMCOL_OK)
            return status;
        make_nulls(p, rest.first, rest.end);
    }
    return SHMCOL_OK;
}

/* Finishes and publishes the table. There is no way back from here: values are changed in place,
 * and the sink ends. */
static shmcol_status finish(shmcol_populate *p, bool keep, shmcol_error *err)
{
    shmcol_status status =
        writer_finish_in_place(p->writer, &p->values, keep ? &p->kept : NULL, err);
    p->committed = status == SHMCOL_OK;
    return status;
}

shmcol_status shmcol_populate_commit(shmcol_populate *p, uint32_t flags, shmcol_error *err)
{
    int fd;
    uint32_t unknown = flags & ~(uint32_t)(SHMCOL_POPULATE_NULLS | SHMCOL_POPULATE_KEEP);
    bool keep = (flags & SHMCOL_POPULATE_KEEP) != 0;
    if (unknown != 0)
        return shm_fail(err, SHMCOL_ERR_INVALID_ARGUMENT, "", "unknown flags 0x%x", unknown);
    if (p->writer == NULL || p->process != sys_process())
        return shm_fail(err, SHMCOL_ERR_WRITER_STATE, "",
                        "only the process that created the table commits it");
    if (writer_sink(p->writer) == NULL)
        return shm_fail(err, SHMCOL_ERR_WRITER_STATE, "",
                        p->committed ? "it was committed before" : "the commit has failed before");
    shmcol_status status = populate_open_own(p, &fd, err);
    if (status != SHMCOL_OK)
        return status;
    int errnum = p->n_marks > 0 ? sys_lock_range(fd, p->marks, p->n_marks) : 0;
    if (errnum == EBUSY)
        status = populate_held(p, fd, 0, p->n_marks, err);
    else if (errnum != 0)
        status = shm_fail_sys(err, errnum, p->path, "cannot lock rows");
    else
        status = check_filled(p, fd, (flags & SHMCOL_POPULATE_NULLS) != 0, err);
    if (status == SHMCOL_OK)
        status = finish(p, keep, err);
    /* A child of fork shares the lock: it ends here for both. */
    if (p->n_marks > 0)
        (void)sys_unlock_range(fd, p->marks, p->n_marks);
    sys_close(fd);
    if (status == SHMCOL_OK && !keep)
        shmcol_populate_close(p);
    return status;
}
