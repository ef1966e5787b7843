/* Ranges of rows: claimed, written in place, given back. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "populate/populate_internal.h"

struct shmcol_range {
    shmcol_populate *table;
    int fd; /* holds the lock on the range's marks */
    int64_t process;
    uint64_t first, end; /* rows */
};

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

shmcol_status populate_find_marks(const shmcol_populate *p, int fd, populate_search *search,
                                  shmcol_error *err)
{
    uint8_t marks[4096];
    bool inside = false, filled = search->filled;
    uint64_t limit = search->limit;
    search->first = limit;
    search->seen = 0;
    for (uint64_t at = search->from; at < limit;) {
        size_t n = limit - at < sizeof marks ? (size_t)(limit - at) : sizeof marks, i = 0;
        shmcol_status status = read_marks(p, fd, at, marks, n, err);
        if (status != SHMCOL_OK)
            return status;
        for (; i < n && !(inside && (marks[i] == MARK_FILLED) != filled); i++) {
            if ((marks[i] == MARK_FILLED) != filled)
                continue;
            search->first = inside ? search->first : at + i;
            inside = true;
            search->seen |= 1u << (marks[i] <= MARK_LEFT ? marks[i] : MARK_BEGUN);
        }
        at += i;
        if (i < n) {
            limit = at;
            break;
        }
    }
    search->end = limit;
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
    (void)shm_fail(err, SHMCOL_ERR_TAKEN, "", "rows %" PRIu64 " to %" PRIu64 " are %s",
                   row_of_mark(p, first), row_of_mark(p, end), how);
    shm_error_row(err, (int64_t)row_of_mark(p, first));
    shm_error_path(err, p->path);
    return SHMCOL_ERR_TAKEN;
}

shmcol_status populate_held(const shmcol_populate *p, int fd, uint64_t first, uint64_t count,
                            shmcol_error *err)
{
    uint64_t at = p->marks + first, held = 0;
    /* The holder may have let go by now: then report all that was asked for. */
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
    if (first == NULL || end == NULL)
        return shm_fail(err, SHMCOL_ERR_INVALID_ARGUMENT, "", "no place for the rows");
    shmcol_status status = populate_open(p, &fd, err);
    if (status != SHMCOL_OK)
        return status;
    populate_search empty = {.from = from / MARK_ROWS, .limit = p->n_marks};
    if (from >= shmcol_populate_rows(p)) /* so that asking from *end on comes to an end */
        empty.from = p->n_marks;
    status = populate_find_marks(p, fd, &empty, err);
    sys_close(fd);
    if (status != SHMCOL_OK)
        return status;
    *first = row_of_mark(p, empty.first);
    *end = row_of_mark(p, empty.end);
    return SHMCOL_OK;
}

/* ---- claim ---- */

static shmcol_status check_bounds(const shmcol_populate *p, uint64_t first, uint64_t end,
                                  shmcol_error *err)
{
    uint64_t rows = p->header.rows;
    if (first >= end || end > rows)
        return shm_fail(err, SHMCOL_ERR_OUT_OF_RANGE, "",
                        "rows %" PRIu64 " to %" PRIu64 " of a table of %" PRIu64 " rows", first,
                        end, rows);
    if (first % MARK_ROWS == 0 && (end % MARK_ROWS == 0 || end == rows))
        return SHMCOL_OK;
    (void)shm_fail(err, SHMCOL_ERR_INVALID_ARGUMENT, "",
                   "rows %" PRIu64 " to %" PRIu64
                   ": the bounds of a range are multiples of 64, or the table's end",
                   first, end);
    shm_error_hint(err, "take rows %" PRIu64 " to %" PRIu64, (first / MARK_ROWS * MARK_ROWS),
                   row_of_mark(p, populate_mark_of(end)));
    return SHMCOL_ERR_INVALID_ARGUMENT;
}

/* Makes all values of the range valid zeros. Newly allocated bytes are zero already; rows that were
 * begun before, or that an earlier table left (`used`), are not. */
static void reset(const shmcol_range *r, bool used)
{
    const shmcol_populate *p = r->table;
    for (uint32_t i = 0; i < p->header.columns; i++) {
        uint8_t *validity = writer_validity_at(&p->values, i, 0);
        if (validity != NULL)
            populate_set_bits(validity, r->first, r->end, true);
        if (used)
            memset(writer_values_at(&p->values, i, r->first), 0,
                   (size_t)((r->end - r->first) * p->values.columns[i].width));
    }
}

/* Maps the pages of a range in memory all at once, for a third of the cost of one fault for each.
 * The creator has mapped them already. */
static void map_pages(const shmcol_range *r)
{
    const shmcol_populate *p = r->table;
    bool wanted = p->in_memory && (!p->created || p->process != sys_process());
    for (uint32_t i = 0; i < p->header.columns && wanted; i++)
        (void)sys_advise(writer_values_at(&p->values, i, r->first),
                         (r->end - r->first) * p->values.columns[i].width, SYS_PREFAULT);
}

/* Marks a range as begun and resets its rows. Its lock is held, so nobody else changes its marks.
 * Errors: TAKEN (rows are filled already), IO, GONE. */
static shmcol_status begin(const shmcol_range *r, shmcol_error *err)
{
    const shmcol_populate *p = r->table;
    populate_search filled = {
        .filled = true, .from = r->first / MARK_ROWS, .limit = populate_mark_of(r->end)};
    populate_search rest = {.from = filled.from, .limit = filled.limit};
    shmcol_status status = populate_find_marks(p, r->fd, &filled, err);
    if (status != SHMCOL_OK)
        return status;
    if (filled.first < filled.end)
        return fail_in_use(p, filled.first, filled.end, "filled already", err);
    status = populate_find_marks(p, r->fd, &rest, err);
    if (status != SHMCOL_OK)
        return status;
    status = write_marks(r, MARK_BEGUN, err);
    if (status != SHMCOL_OK)
        return status;
    map_pages(r);
    reset(r, (rest.seen & ~(1u << MARK_EMPTY)) != 0);
    return SHMCOL_OK;
}

/* Releases the lock on the marks and frees the range. A child of fork leaves its parent's locks
 * alone. */
static void end_range(shmcol_range *r)
{
    uint64_t mark = r->first / MARK_ROWS;
    /* Children may have inherited the descriptor: closing it would not be enough. */
    if (r->process == sys_process())
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
    *values = writer_values_at(&p->values, index, r->first);
    if (validity != NULL)
        *validity = writer_validity_at(&p->values, index, r->first);
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
