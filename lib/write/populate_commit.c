/* The end of a table that was populated: who has filled what, then every value checked and put in order where it lies, then the rest of
 * the file as of any other. */
#include "write/populate.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Rows [first, end) are not filled. */
static shmcol_status not_filled(const shmcol_populate *p, uint64_t first, uint64_t end, bool begun, shmcol_error *err)
{
    uint64_t rows = p->header.rows, last = end * MARK_ROWS < rows ? end * MARK_ROWS : rows;
    (void)shm_fail(err, SHMCOL_ERR_NOT_FILLED, "", "rows %llu to %llu %s", (unsigned long long)(first * MARK_ROWS),
                   (unsigned long long)last,
                   begun ? "were begun and not finished: the process that claimed them has died or given them up"
                         : "were claimed by nobody");
    shm_error_hint(err, "claim and fill them, then commit again");
    shm_error_row(err, (int64_t)(first * MARK_ROWS));
    shm_error_path(err, p->path);
    return SHMCOL_ERR_NOT_FILLED;
}

static shmcol_status check_nullable(const shmcol_populate *p, uint64_t first, shmcol_error *err)
{
    for (uint32_t i = 0; i < p->header.columns; i++) {
        if (populate_validity(p, i, 0) != NULL)
            continue;
        (void)writer_fail_at(p->writer, SHMCOL_ERR_NOT_FILLED, "F-23", i, (int64_t)(first * MARK_ROWS),
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
        populate_set_bits(populate_validity(p, i, 0), first * MARK_ROWS, last, false);
}

/* All marks are held: nobody is at work, nobody can begin. */
static shmcol_status check_filled(const shmcol_populate *p, int fd, bool nulls, shmcol_error *err)
{
    uint64_t first, end = 0;
    bool begun;
    while (end < p->n_marks) {
        shmcol_status status = populate_run(p, fd, false, end, p->n_marks, &first, &end, &begun, err);
        if (status == SHMCOL_OK && first < end)
            status = nulls ? check_nullable(p, first, err) : not_filled(p, first, end, begun, err);
        if (status != SHMCOL_OK)
            return status;
        if (first < end)
            make_nulls(p, first, end);
    }
    return SHMCOL_OK;
}

/* One column, as writer_take does it with a batch, but where the values lie (a writer_column_fn). */
static shmcol_status settle_column(shmcol_writer *w, uint32_t index, segment *seg, const void *arg, shmcol_error *err)
{
    const shmcol_populate *p = arg;
    column *c = &w->columns[index];
    uint8_t *validity = populate_validity(p, index, 0);
    shmcol_column_data data = SHMCOL_COLUMN_DATA_INIT;
    if (validity != NULL) {
        data.validity_kind = SHMCOL_VALIDITY_BITMAP;
        data.validity = validity;
    }
    for (; c->rows < w->rows; c->rows += seg->rows) {
        seg->first = c->rows;
        seg->rows = w->rows - c->rows < SEGMENT ? (size_t)(w->rows - c->rows) : SEGMENT;
        writer_find_nulls(c, &data, c->width, c->width, seg);
        shmcol_status status = writer_settle_values(w, index, populate_values(p, index, c->rows), seg, err);
        if (status != SHMCOL_OK)
            return status;
        c->nulls += seg->nulls;
    }
    if (validity != NULL && w->rows % 8 != 0)
        validity[w->rows / 8] &= (uint8_t)((1u << (w->rows % 8)) - 1); /* F-35: spare bits */
    c->values.flushed = w->rows * c->width;
    c->validity.flushed = c->nulls > 0 ? (w->rows + 7) / 8 : 0;
    return SHMCOL_OK;
}

/* From here on there is no way back: values are put in order, and the sink ends. */
static shmcol_status finish(shmcol_populate *p, shmcol_error *err)
{
    shmcol_writer *w = p->writer;
    shmcol_status status = writer_each_column(w, settle_column, p, w->rows * (w->n_columns + 1ull), err);
    if (status == SHMCOL_OK)
        status = writer_finish(w, err);
    else
        sink_abort(w->sink);
    w->sink = NULL;
    return status;
}

shmcol_status shmcol_populate_commit(shmcol_populate *p, uint32_t flags, shmcol_error *err)
{
    int fd;
    if ((flags & ~(uint32_t)SHMCOL_POPULATE_NULLS) != 0)
        return shm_fail(err, SHMCOL_ERR_INVALID_ARGUMENT, "", "unknown flags 0x%x", flags & ~(uint32_t)SHMCOL_POPULATE_NULLS);
    if (p->writer == NULL || p->process != sys_process())
        return shm_fail(err, SHMCOL_ERR_WRITER_STATE, "", "only the process that created the table commits it");
    if (p->writer->sink == NULL)
        return shm_fail(err, SHMCOL_ERR_WRITER_STATE, "", "the commit has failed before");
    shmcol_status status = populate_open(p, &fd, err);
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
        status = finish(p, err);
    /* A child that fork made meanwhile shares the lock with us: it ends here for both. */
    if (p->n_marks > 0)
        (void)sys_unlock_range(fd, p->marks, p->n_marks);
    sys_close(fd);
    if (status == SHMCOL_OK)
        shmcol_populate_close(p);
    return status;
}
