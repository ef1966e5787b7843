/* The end of a table that was populated: who has filled what, then every value checked and put in
 * order where it lies, then the rest of the file as of any other. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "populate/populate_internal.h"

/* Rows [first, end) are not filled. */
static shmcol_status not_filled(const shmcol_populate *p, uint64_t first, uint64_t end, bool begun,
                                shmcol_error *err)
{
    uint64_t rows = p->header.rows, last = end * MARK_ROWS < rows ? end * MARK_ROWS : rows;
    (void)shm_fail(
        err, SHMCOL_ERR_NOT_FILLED, "", "rows %llu to %llu %s",
        (unsigned long long)(first * MARK_ROWS), (unsigned long long)last,
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
        if (populate_validity(p, i, 0) != NULL)
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
        populate_set_bits(populate_validity(p, i, 0), first * MARK_ROWS, last, false);
}

/* All marks are held: nobody is at work, nobody can begin. */
static shmcol_status check_filled(const shmcol_populate *p, int fd, bool nulls, shmcol_error *err)
{
    uint64_t first, end = 0;
    unsigned seen;
    while (end < p->n_marks) {
        shmcol_status status =
            populate_run(p, fd, false, end, p->n_marks, &first, &end, &seen, err);
        if (status == SHMCOL_OK && first < end)
            status = nulls ? check_nullable(p, first, err)
                           : not_filled(p, first, end, (seen & 1u << MARK_BEGUN) != 0, err);
        if (status != SHMCOL_OK)
            return status;
        if (first < end)
            make_nulls(p, first, end);
    }
    return SHMCOL_OK;
}

/* ---- the values ---- */

#define RANGE_ROWS                                                                                 \
    (8u * FMT_ZONE_ROWS) /* whole zones, and whole checksum blocks whatever the width */
#define RANGES_MAX 64u

/* Threads take parts: part i is of column i / parts. */
typedef struct finishing {
    const shmcol_populate *p;
    uint64_t range_rows;
    uint32_t ranges;
    _Atomic uint64_t *nulls; /* of each column */
} finishing;

/* Whether there is anything to do for a column's values but to hash them: what has rules (F-38) has
 * zone maps, too. */
static bool is_looked_at(const column *c, const uint8_t *validity)
{
    return validity != NULL || fmt_type_has_zones(c->out.type);
}

/* Rows [c->rows, end), as writer_take does it with a batch, but where the values lie, and hashed
 * while they are at hand. */
static shmcol_status finish_rows(shmcol_writer *w, uint32_t index, column *c, uint64_t end,
                                 const shmcol_populate *p, segment *seg, shmcol_error *err)
{
    bool zones = fmt_type_has_zones(
        c->out.type); /* else its parts may be all too few: the sink hashes block by block */
    uint64_t hashed = c->rows * c->width;
    shmcol_column_data data = SHMCOL_COLUMN_DATA_INIT;
    data.validity = populate_validity(p, index, 0);
    data.validity_kind = data.validity != NULL ? SHMCOL_VALIDITY_BITMAP : SHMCOL_ALL_VALID;
    while (c->rows < end) {
        seg->first = c->rows;
        seg->rows = end - c->rows < SEGMENT ? (size_t)(end - c->rows) : SEGMENT;
        writer_find_nulls(c, &data, c->width, c->width, seg);
        shmcol_status status =
            writer_finish_values(w, index, c, populate_values(p, index, c->rows), seg, err);
        c->nulls += seg->nulls;
        c->rows += seg->rows;
        uint64_t length = (c->rows * c->width - hashed) / FMT_BLOCK_SIZE * FMT_BLOCK_SIZE;
        if (status == SHMCOL_OK && zones && length > 0)
            status = sink_hash(w->sink, c->values.region, hashed,
                               populate_values(p, index, 0) + hashed, (size_t)length, err);
        if (status != SHMCOL_OK)
            return status;
        hashed += length;
    }
    return SHMCOL_OK;
}

static shmcol_status finish_row_range(shmcol_writer *w, uint32_t index, segment *seg,
                                      const void *arg, shmcol_error *err)
{
    const finishing *s = arg;
    uint32_t column_index = index / s->ranges;
    uint64_t first = index % s->ranges * s->range_rows,
             end = w->rows - first < s->range_rows ? w->rows : first + s->range_rows;
    column part = w->columns[column_index]; /* its zones are all there */
    if (!is_looked_at(&part, populate_validity(s->p, column_index, 0)))
        return SHMCOL_OK;
    part.rows = first;
    part.nulls = 0;
    part.n_zones = first / FMT_ZONE_ROWS;
    shmcol_status status = finish_rows(w, column_index, &part, end, s->p, seg, err);
    atomic_fetch_add_explicit(&s->nulls[column_index], part.nulls, memory_order_relaxed);
    return status;
}

/* Room for all zone maps, so that each part has its place. */
static shmcol_status make_zones(shmcol_writer *w, shmcol_error *err)
{
    uint64_t count = fmt_zone_count(w->rows);
    for (uint32_t i = 0; i < w->n_columns; i++) {
        column *c = &w->columns[i];
        if (!fmt_type_has_zones(c->out.type))
            continue;
        free(c->zones);
        c->zones = calloc((size_t)count + 1, sizeof *c->zones);
        if (c->zones == NULL)
            return shm_fail_memory(err);
        c->n_zones = c->zone_capacity = count;
    }
    return SHMCOL_OK;
}

/* What is known of a column when all its parts are done. */
static void finish_column(shmcol_writer *w, uint32_t index, const finishing *s)
{
    column *c = &w->columns[index];
    uint8_t *validity = populate_validity(s->p, index, 0);
    if (validity != NULL && w->rows % 8 != 0)
        validity[w->rows / 8] &= (uint8_t)((1u << (w->rows % 8)) - 1); /* F-35: spare bits */
    c->rows = w->rows;
    c->nulls = s->nulls[index];
    c->values.flushed = w->rows * c->width;
    c->validity.flushed = c->nulls > 0 ? (w->rows + 7) / 8 : 0;
}

static shmcol_status finish_values(shmcol_populate *p, shmcol_error *err)
{
    shmcol_writer *w = p->writer;
    finishing s = {.p = p, .range_rows = RANGE_ROWS};
    while (s.range_rows < FMT_ROWS_LIMIT && w->rows / s.range_rows >= RANGES_MAX)
        s.range_rows *= 2;
    s.ranges = (uint32_t)((w->rows + s.range_rows - 1) / s.range_rows);
    s.nulls = calloc(w->n_columns + 1ull, sizeof *s.nulls);
    shmcol_status status = s.nulls != NULL ? make_zones(w, err) : shm_fail_memory(err);
    if (status == SHMCOL_OK)
        status = writer_each(w, w->n_columns * s.ranges, finish_row_range, &s,
                             w->rows * (w->n_columns + 1ull), err);
    for (uint32_t i = 0; i < w->n_columns && status == SHMCOL_OK; i++)
        finish_column(w, i, &s);
    free(s.nulls);
    return status;
}

/* From here on there is no way back: values are put in order, and the sink ends. */
static shmcol_status finish(shmcol_populate *p, bool keep, shmcol_error *err)
{
    shmcol_writer *w = p->writer;
    shmcol_status status = finish_values(p, err);
    if (keep)
        sink_keep(w->sink, &p->kept);
    if (status == SHMCOL_OK)
        status = writer_finish(w, err);
    else
        sink_abort(w->sink);
    w->sink = NULL;
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
    if (p->writer->sink == NULL)
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
    /* A child that fork made meanwhile shares the lock with us: it ends here for both. */
    if (p->n_marks > 0)
        (void)sys_unlock_range(fd, p->marks, p->n_marks);
    sys_close(fd);
    if (status == SHMCOL_OK && !keep)
        shmcol_populate_close(p);
    return status;
}
