/* Pages given back: this process's memory has them no more until they are used again. */
#include <inttypes.h>

#include "format/types.h"
#include "read/table.h"

/* The rows [first, first + rows) of a column of a file or a part. */
typedef struct released {
    const read_column *column;
    uint64_t first, rows;
} released;

static shmcol_status was_written(const read_column *c, shmcol_error *err)
{
    shm_fail(err, SHMCOL_ERR_INVALID_ARGUMENT, "",
             "this process has written to pages of column \"%.200s\", and would lose that",
             c->name);
    return read_column_error(c, SHMCOL_ERR_INVALID_ARGUMENT, err);
}

/* A map that is being read. */
typedef struct mapped {
    const uint8_t *base;
    uint64_t size;
} mapped;

static mapped map_of(const read_column *c)
{
    return (mapped){c->file->map, c->file->header.file_size};
}

/* Makes a range larger, to the most that the kernel maps at once around a page that is read: what a
 * reader of the next rows has brought back of the rows before is let go, too. */
static void widen(const mapped *m, const uint8_t **bytes, uint64_t *size)
{
    const uintptr_t around = SYS_HUGE_PAGE, base = (uintptr_t)m->base, begin = (uintptr_t)*bytes,
                    end = begin + (uintptr_t)*size, limit = base + (uintptr_t)m->size,
                    first = begin / around * around, last = (end + around - 1) / around * around;
    *bytes = first > base ? (const uint8_t *)first : m->base;
    *size = (last < limit ? last : limit) - (uintptr_t)*bytes;
}

/* Lets bytes of a map go, with the whole pages that they touch. Those of a private handle are
 * looked at first: a page that was written to exists nowhere else. */
static shmcol_status let_go(const read_column *c, mapped m, const uint8_t *bytes, uint64_t size,
                            shmcol_error *err)
{
    bool written = false;
    if (size == 0)
        return SHMCOL_OK;
    if (!c->file->private_pages)
        widen(&m, &bytes, &size);
    int errnum = c->file->private_pages ? sys_was_written(bytes, size, &written) : 0;
    if (written)
        return was_written(c, err);
    if (errnum == 0)
        errnum = sys_advise(bytes, size, SYS_LET_GO);
    return errnum == 0 ? SHMCOL_OK : read_advice_failed(c->file, errnum, err);
}

static shmcol_status let_bits_go(const read_column *c, mapped m, const uint8_t *bits,
                                 uint64_t first, uint64_t rows, shmcol_error *err)
{
    if (bits == NULL || rows == 0)
        return SHMCOL_OK;
    return let_go(c, m, bits + first / 8, (first + rows + 7) / 8 - first / 8, err);
}

/* Lets `n` + 1 offsets go, and sets the range that they bound: [*from, *from + *length). */
static shmcol_status let_offsets_go(const read_column *c, int slot, uint64_t first, uint64_t n,
                                    uint64_t limit, uint64_t *from, uint64_t *length,
                                    shmcol_error *err)
{
    const volatile int64_t *offsets = read_slot(c->file, &c->descriptor, slot);
    const uint64_t begin = (uint64_t)offsets[first], end = (uint64_t)offsets[first + n];
    if (begin > end || end > limit) { /* as unsigned numbers negative offsets are too large */
        shm_fail(err, SHMCOL_ERR_OFFSETS, "F-63", "offsets of column \"%.200s\" are not ascending",
                 c->name);
        return read_column_error(c, SHMCOL_ERR_OFFSETS, err);
    }
    *from = begin;
    *length = end - begin;
    return let_go(c, map_of(c),
                  (const uint8_t *)read_slot(c->file, &c->descriptor, slot) + first * 8,
                  (n + 1) * 8, err);
}

static shmcol_status let_list_go(const released *r, shmcol_error *err)
{
    const read_column *c = r->column;
    const fmt_descriptor *d = &c->descriptor;
    const uint8_t *elements = read_slot(c->file, d, FMT_SLOT_ELEMENTS);
    const uint64_t limit = fmt_child_length(d);
    uint64_t first, n;
    shmcol_status status =
        let_offsets_go(c, FMT_SLOT_VALUES, r->first, r->rows, limit, &first, &n, err);
    if (status != SHMCOL_OK || n == 0)
        return status;
    if (d->element != FMT_STRING)
        return let_go(c, map_of(c), elements + first * d->element_width, n * d->element_width, err);
    status = let_offsets_go(c, FMT_SLOT_ELEMENTS, first, n,
                            d->slots[FMT_SLOT_ELEMENT_BYTES].stored_length, &first, &n, err);
    elements = read_slot(c->file, d, FMT_SLOT_ELEMENT_BYTES);
    return status == SHMCOL_OK ? let_go(c, map_of(c), elements + first, n, err) : status;
}

static shmcol_status let_strings_go(const released *r, shmcol_error *err)
{
    const read_column *c = r->column;
    const fmt_descriptor *d = &c->descriptor;
    const uint8_t *bytes = read_slot(c->file, d, FMT_SLOT_BYTES);
    uint64_t first, n;
    shmcol_status status = let_offsets_go(c, FMT_SLOT_VALUES, r->first, r->rows,
                                          d->slots[FMT_SLOT_BYTES].stored_length, &first, &n, err);
    return status == SHMCOL_OK ? let_go(c, map_of(c), bytes + first, n, err) : status;
}

/* Lets rows of a column of a file or a part go. */
static shmcol_status let_rows_go(const released *r, shmcol_error *err)
{
    const read_column *c = r->column;
    const fmt_descriptor *d = &c->descriptor;
    if (r->rows == 0)
        return SHMCOL_OK;
    shmcol_status status = let_bits_go(c, map_of(c), read_validity(c), r->first, r->rows, err);
    if (status != SHMCOL_OK)
        return status;
    if (d->type == FMT_LIST)
        return let_list_go(r, err);
    if (fmt_has_offsets(d))
        return let_strings_go(r, err);
    const uint8_t *values = read_slot(c->file, d, FMT_SLOT_VALUES);
    return let_go(c, map_of(c), values + r->first * d->width, r->rows * d->width, err);
}

/* Lets rows of the maps go in which a table's column is one array. */
static shmcol_status let_runs_go(const released *r, shmcol_error *err)
{
    const read_column *c = r->column;
    const read_table *t = c->file->table;
    const uint32_t width = c->descriptor.width;
    const read_run *values =
        atomic_load_explicit(&t->held[2 * c->index + READ_RUN_VALUES], memory_order_acquire);
    const read_run *validity =
        atomic_load_explicit(&t->held[2 * c->index + READ_RUN_VALIDITY], memory_order_acquire);
    shmcol_status status = SHMCOL_OK;
    if (values != NULL)
        status = let_go(c, (mapped){values->base, values->reserved},
                        values->base + r->first * width, r->rows * width, err);
    if (status == SHMCOL_OK && validity != NULL && !validity->copied)
        status = let_bits_go(c, (mapped){validity->base, validity->reserved}, validity->base,
                             r->first, r->rows, err);
    return status;
}

/* Lets rows of each part's own map go. */
static shmcol_status let_parts_go(const released *r, shmcol_error *err)
{
    const read_table *t = r->column->file->table;
    const uint64_t end = r->first + r->rows;
    for (uint64_t k = read_part_of_row(t, r->first); k < t->n_parts; k++) {
        const read_part *p = t->parts[k];
        shmcol_file *file;
        read_column c;
        if (p->first_row >= end)
            break;
        const uint64_t from = p->first_row < r->first ? r->first - p->first_row : 0,
                       to = end - p->first_row < p->rows ? end - p->first_row : p->rows;
        shmcol_status status = read_part_file(t->parts[k], -1, &file, err);
        if (status == SHMCOL_OK)
            status = read_column_plain(file, r->column->index, &c, err);
        if (status == SHMCOL_OK)
            status = let_rows_go(&(released){&c, from, to - from}, err);
        if (status != SHMCOL_OK)
            return status;
    }
    return SHMCOL_OK;
}

static shmcol_status let_column_go(const shmcol_file *file, uint32_t column, uint64_t first,
                                   uint64_t rows, shmcol_error *err)
{
    read_column c;
    const released r = {&c, first, rows};
    shmcol_status status = read_column_plain(file, column, &c, err);
    if (status != SHMCOL_OK || rows == 0 || file->in_memory)
        return status;
    if (file->table == NULL)
        return let_rows_go(&r, err);
    status = let_runs_go(&r, err);
    return status == SHMCOL_OK ? let_parts_go(&r, err) : status;
}

shmcol_status shmcol_release(const shmcol_file *file, uint32_t column, uint64_t first,
                             uint64_t rows, shmcol_error *err)
{
    shmcol_status status = SHMCOL_OK;
    if (file == NULL)
        return shm_fail(err, SHMCOL_ERR_INVALID_ARGUMENT, "", "file is NULL");
    if (first > file->header.rows || rows > file->header.rows - first)
        return shm_fail(err, SHMCOL_ERR_OUT_OF_RANGE, "",
                        "rows %" PRIu64 " to %" PRIu64 " are not all among the %" PRIu64
                        " rows of the table",
                        first, first + rows, file->header.rows);
    if (column != SHMCOL_TABLE)
        return let_column_go(file, column, first, rows, err);
    for (uint32_t i = 0; i < file->header.columns && status == SHMCOL_OK; i++) {
        status = let_column_go(file, i, first, rows, err);
        if (status == SHMCOL_ERR_COLUMN_UNSUPPORTED)
            status = SHMCOL_OK;
    }
    return status;
}
