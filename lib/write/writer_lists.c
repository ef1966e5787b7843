/* Lists: offsets as strings have them, counted in elements, and the elements, which are a column
 * of their own, without nulls. */
#include <stdlib.h>

#include "write/writer_internal.h"

/* Appends `n` elements of a fixed width from the caller's memory. They are not copied but for the
 * beginning and the end of what a buffer passes on at once: as much is checked at a time, so that
 * it is still in the cache when it is written. Errors: BAD_VALUE (F-38), NO_MEMORY, and those of
 * sink_write. */
static shmcol_status take_fixed(shmcol_writer *w, column *e, const uint8_t *values, uint64_t n,
                                shmcol_error *err)
{
    while (n > 0) {
        size_t room = (w->limit - e->values.used) / e->width;
        size_t count = n < room ? (size_t)n : room < 1 ? 1 : room;
        shmcol_status status = writer_check_values(e, values, count, NULL, err);
        if (status == SHMCOL_OK)
            status = writer_buffer_append(w, &e->values, values, count * e->width, err);
        if (status != SHMCOL_OK)
            return status;
        e->rows += count;
        values += count * e->width;
        n -= count;
    }
    return SHMCOL_OK;
}

/* Appends `n` elements that are strings, from seg->first on. Errors: BAD_VALUE (F-36, F-37),
 * NO_MEMORY, and those of sink_write. */
static shmcol_status take_strings(shmcol_writer *w, column *e, const shmcol_column_data *strings,
                                  segment *seg, uint64_t n, shmcol_error *err)
{
    while (n > 0) {
        size_t room = writer_rows_room(w, e);
        seg->rows = n < room ? (size_t)n : room;
        seg->nulls = 0;
        shmcol_status status = writer_find_strings(e, strings, seg, err);
        if (status == SHMCOL_OK)
            status = writer_put_strings(w, e, seg, false, err);
        if (status != SHMCOL_OK)
            return status;
        e->rows += seg->rows;
        seg->first += seg->rows;
        n -= seg->rows;
    }
    return SHMCOL_OK;
}

/* Appends the elements of one run of lists. Errors: those of take_fixed and take_strings. */
static shmcol_status take_run(shmcol_writer *w, column *c, const shmcol_column_data *data,
                              segment *seg, const run *r, shmcol_error *err)
{
    column *e = c->elements;
    if (e->mode == MODE_FIXED)
        return take_fixed(w, e, r->data, r->length, err);
    shmcol_column_data strings = SHMCOL_COLUMN_DATA_INIT;
    strings.layout = data->element_layout;
    strings.values = data->data;
    strings.data = data->element_data;
    segment *inner = seg->inner;
    if (inner == NULL)
        inner = seg->inner = malloc(sizeof *inner);
    if (inner == NULL)
        return shm_fail_memory(err);
    inner->first = (uint64_t)(r->data - (const uint8_t *)data->data) / writer_offset_unit(c, data);
    inner->last = seg->end;
    return take_strings(w, e, &strings, inner, r->length, err);
}

/* Returns the row of the table whose list holds element `element`, which is one of the segment's.
 * `first` is the number of the segment's first element. */
static int64_t row_of(const column *c, const segment *seg, uint64_t first, uint64_t element)
{
    size_t i = 0;
    for (uint64_t end = first; i + 1 < seg->rows; i++) {
        end += seg->lengths[i];
        if (element < end)
            break;
    }
    return (int64_t)(c->rows + i);
}

shmcol_status writer_put_lists(shmcol_writer *w, column *c, const shmcol_column_data *data,
                               segment *seg, shmcol_error *err)
{
    uint64_t first = c->elements->rows, end = first;
    uint32_t unit = writer_offset_unit(c, data);
    shmcol_status status = writer_put_offsets(w, c, seg, &end, err);
    for (run r = {0}; status == SHMCOL_OK && writer_next_run(seg, unit, &r);)
        status = take_run(w, c, data, seg, &r, err);
    if (status == SHMCOL_ERR_BAD_VALUE && err != NULL)
        shm_error_row(err, row_of(c, seg, first, (uint64_t)err->row));
    return status;
}
