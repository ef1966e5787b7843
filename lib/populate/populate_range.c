/* Ranges of rows: claimed, written in place, given back. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "populate/populate_internal.h"

struct shmcol_range {
    shmcol_populate *table;
    int fd; /* holds the lock on the range's marks */
    int64_t process;
    uint64_t first, end; /* rows */
};

uint8_t *populate_values(const shmcol_populate *p, uint32_t index, uint64_t row)
{
    return p->map + p->columns[index].slots[FMT_SLOT_VALUES].offset + row * p->columns[index].width;
}

uint8_t *populate_validity(const shmcol_populate *p, uint32_t index, uint64_t row)
{
    const fmt_slot *slot = &p->columns[index].slots[FMT_SLOT_VALIDITY];
    return slot->stored_length > 0 ? p->map + slot->offset + row / 8 : NULL;
}

void populate_set_bits(uint8_t *validity, uint64_t first, uint64_t end, bool valid)
{
    memset(validity + first / 8, valid ? 0xFF : 0, (size_t)(end / 8 - first / 8));
    if (end % 8 != 0)
        validity[end / 8] = valid ? (uint8_t)((1u << (end % 8)) - 1) : 0;
}

static uint64_t row_of_mark(const shmcol_populate *p, uint64_t mark)
{
    return mark < p->n_marks ? mark * MARK_ROWS : p->header.rows;
}

/* ---- marks ---- */

static shmcol_status read_marks(const shmcol_populate *p, int fd, uint64_t first, uint8_t *marks,
                                size_t n, shmcol_error *err)
{
    size_t got = 0;
    int errnum = sys_pread(fd, marks, n, p->marks + first, &got);
    if (errnum != 0)
        return shm_fail_sys(err, errnum, p->path, "cannot read which rows are filled");
    return got == n ? SHMCOL_OK : populate_gone(p->path, "it was committed", err);
}

shmcol_status populate_run(const shmcol_populate *p, int fd, bool filled, uint64_t from,
                           uint64_t limit, uint64_t *first, uint64_t *end, unsigned *seen,
                           shmcol_error *err)
{
    uint8_t marks[4096];
    bool inside = false;
    unsigned met = 0;
    uint64_t run = limit;
    for (uint64_t at = from; at < limit;) {
        size_t n = limit - at < sizeof marks ? (size_t)(limit - at) : sizeof marks, i = 0;
        shmcol_status status = read_marks(p, fd, at, marks, n, err);
        if (status != SHMCOL_OK)
            return status;
        for (; i < n && !(inside && (marks[i] == MARK_FILLED) != filled); i++) {
            if ((marks[i] == MARK_FILLED) != filled)
                continue;
            run = inside ? run : at + i;
            inside = true;
            met |= 1u << (marks[i] <= MARK_LEFT ? marks[i] : MARK_BEGUN);
        }
        at += i;
        if (i < n) {
            limit = at;
            break;
        }
    }
    *first = run;
    *end = limit;
    if (seen != NULL)
        *seen = met;
    return SHMCOL_OK;
}

static shmcol_status write_marks(const shmcol_range *r, enum populate_mark mark, shmcol_error *err)
{
    uint8_t marks[4096];
    uint64_t at = r->first / MARK_ROWS, end = populate_mark_of(r->end);
    memset(marks, (int)mark, sizeof marks);
    while (at < end) {
        size_t n = end - at < sizeof marks ? (size_t)(end - at) : sizeof marks;
        int errnum = sys_pwrite(r->fd, marks, n, r->table->marks + at);
        if (errnum != 0)
            return shm_fail_sys(err, errnum, r->table->path, "cannot mark rows");
        at += n;
    }
    return SHMCOL_OK;
}

static shmcol_status fail_in_use(const shmcol_populate *p, uint64_t first, uint64_t end,
                                 const char *how, shmcol_error *err)
{
    (void)shm_fail(err, SHMCOL_ERR_TAKEN, "", "rows %llu to %llu are %s",
                   (unsigned long long)row_of_mark(p, first),
                   (unsigned long long)row_of_mark(p, end), how);
    shm_error_row(err, (int64_t)row_of_mark(p, first));
    shm_error_path(err, p->path);
    return SHMCOL_ERR_TAKEN;
}

shmcol_status populate_held(const shmcol_populate *p, int fd, uint64_t first, uint64_t count,
                            shmcol_error *err)
{
    uint64_t at = p->marks + first, held = 0;
    /* Whoever held it may be gone by now: then it was the whole that was asked for that could not
     * be had. */
    if (sys_find_lock(fd, p->marks + first, count, &at, &held) != 0 || held == 0) {
        at = p->marks + first;
        held = count;
    }
    return fail_in_use(p, at - p->marks, at - p->marks + held,
                       "held by another claim, or by the commit", err);
}

shmcol_status shmcol_populate_missing(const shmcol_populate *p, uint64_t from, uint64_t *first,
                                      uint64_t *end, shmcol_error *err)
{
    int fd;
    uint64_t begin = 0, stop = 0;
    if (first == NULL || end == NULL)
        return shm_fail(err, SHMCOL_ERR_INVALID_ARGUMENT, "", "no place for the rows");
    shmcol_status status = populate_open(p, &fd, err);
    if (status != SHMCOL_OK)
        return status;
    uint64_t mark = from < shmcol_populate_rows(p)
                        ? from / MARK_ROWS
                        : p->n_marks; /* so that asking from *end on comes to an end */
    status = populate_run(p, fd, false, mark, p->n_marks, &begin, &stop, NULL, err);
    sys_close(fd);
    if (status == SHMCOL_OK) {
        *first = row_of_mark(p, begin);
        *end = row_of_mark(p, stop);
    }
    return status;
}

/* ---- claim ---- */

static shmcol_status check_bounds(const shmcol_populate *p, uint64_t first, uint64_t end,
                                  shmcol_error *err)
{
    uint64_t rows = p->header.rows;
    if (first >= end || end > rows)
        return shm_fail(err, SHMCOL_ERR_OUT_OF_RANGE, "",
                        "rows %llu to %llu of a table of %llu rows", (unsigned long long)first,
                        (unsigned long long)end, (unsigned long long)rows);
    if (first % MARK_ROWS == 0 && (end % MARK_ROWS == 0 || end == rows))
        return SHMCOL_OK;
    (void)shm_fail(
        err, SHMCOL_ERR_INVALID_ARGUMENT, "",
        "rows %llu to %llu: the bounds of a range are multiples of 64, or the table's end",
        (unsigned long long)first, (unsigned long long)end);
    shm_error_hint(err, "take rows %llu to %llu",
                   (unsigned long long)(first / MARK_ROWS * MARK_ROWS),
                   (unsigned long long)row_of_mark(p, populate_mark_of(end)));
    return SHMCOL_ERR_INVALID_ARGUMENT;
}

/* Rows begin as zeros that are valid. What the file system allocated is zero; what somebody began,
 * or another table left, is not. */
static void reset(const shmcol_range *r, bool used)
{
    const shmcol_populate *p = r->table;
    for (uint32_t i = 0; i < p->header.columns; i++) {
        uint8_t *validity = populate_validity(p, i, 0);
        if (validity != NULL)
            populate_set_bits(validity, r->first, r->end, true);
        if (used)
            memset(populate_values(p, i, r->first), 0,
                   (size_t)((r->end - r->first) * p->columns[i].width));
    }
}

/* In memory the pages are there: to map them all at once costs a third of what it costs to find
 * them one by one. The creator has. */
static void map_pages(const shmcol_range *r)
{
    const shmcol_populate *p = r->table;
    bool wanted = p->in_memory && (!p->created || p->process != sys_process());
    for (uint32_t i = 0; i < p->header.columns && wanted; i++)
        (void)sys_advise(populate_values(p, i, r->first), (r->end - r->first) * p->columns[i].width,
                         SYS_PREFAULT);
}

/* The lock is held: nobody else changes these marks. */
static shmcol_status begin(const shmcol_range *r, shmcol_error *err)
{
    const shmcol_populate *p = r->table;
    uint64_t from = r->first / MARK_ROWS, limit = populate_mark_of(r->end), first, end;
    unsigned seen = 0;
    shmcol_status status = populate_run(p, r->fd, true, from, limit, &first, &end, NULL, err);
    if (status == SHMCOL_OK && first < end)
        status = fail_in_use(p, first, end, "filled already", err);
    if (status == SHMCOL_OK)
        status = populate_run(p, r->fd, false, from, limit, &first, &end, &seen, err);
    if (status == SHMCOL_OK)
        status = write_marks(r, MARK_BEGUN, err);
    if (status != SHMCOL_OK)
        return status;
    map_pages(r);
    reset(r, (seen & ~(1u << MARK_EMPTY)) != 0);
    return SHMCOL_OK;
}

/* Lets the marks go and frees the range. A child that fork made has no part in its parent's locks.
 */
static void end_range(shmcol_range *r)
{
    uint64_t mark = r->first / MARK_ROWS;
    if (r->process == sys_process()) /* children may have inherited the descriptor: closing it would
                                        not be enough */
        (void)sys_unlock_range(r->fd, r->table->marks + mark, populate_mark_of(r->end) - mark);
    sys_close(r->fd);
    populate_release(r->table);
    free(r);
}

shmcol_status shmcol_populate_claim(shmcol_populate *p, uint64_t first, uint64_t end,
                                    shmcol_range **range, shmcol_error *err)
{
    int fd;
    if (range == NULL)
        return shm_fail(err, SHMCOL_ERR_INVALID_ARGUMENT, "", "no place for the range");
    shmcol_status status = check_bounds(p, first, end, err);
    if (status == SHMCOL_OK)
        status = populate_open(p, &fd, err);
    if (status != SHMCOL_OK)
        return status;
    uint64_t mark = first / MARK_ROWS, count = populate_mark_of(end) - mark;
    shmcol_range *r = malloc(sizeof *r);
    int errnum = r != NULL ? sys_lock_range(fd, p->marks + mark, count) : 0;
    if (r == NULL)
        status = shm_fail_memory(err);
    else if (errnum == EBUSY)
        status = populate_held(p, fd, mark, count, err);
    else if (errnum != 0)
        status = shm_fail_sys(err, errnum, p->path, "cannot lock rows");
    if (status != SHMCOL_OK) {
        sys_close(fd);
        free(r);
        return status;
    }
    atomic_fetch_add_explicit(&p->references, 1, memory_order_relaxed);
    *r = (shmcol_range){.table = p, .fd = fd, .process = sys_process(), .first = first, .end = end};
    status = begin(r, err);
    if (status != SHMCOL_OK) {
        end_range(r);
        return status;
    }
    *range = r;
    return SHMCOL_OK;
}

shmcol_status shmcol_range_values(const shmcol_range *r, uint32_t index, void **values,
                                  uint8_t **validity, shmcol_error *err)
{
    const shmcol_populate *p = r->table;
    if (values == NULL)
        return shm_fail(err, SHMCOL_ERR_INVALID_ARGUMENT, "", "no place for the values");
    if (index >= p->header.columns)
        return shm_fail(err, SHMCOL_ERR_NO_COLUMN, "", "there is no column %u: the table has %u",
                        index, p->header.columns);
    *values = populate_values(p, index, r->first);
    if (validity != NULL)
        *validity = populate_validity(p, index, r->first);
    return SHMCOL_OK;
}

shmcol_status shmcol_range_fill(shmcol_range *r, shmcol_error *err)
{
    shmcol_status status = SHMCOL_OK;
    if (r->process != sys_process())
        status =
            shm_fail(err, SHMCOL_ERR_WRITER_STATE, "", "the range was claimed by another process");
    else
        status = write_marks(r, MARK_FILLED, err);
    end_range(r);
    return status;
}

void shmcol_range_drop(shmcol_range *r)
{
    if (r != NULL)
        end_range(r);
}
