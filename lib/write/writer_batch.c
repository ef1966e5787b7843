/* Batches: checked, and appended column by column, in segments. */
#include <stdlib.h>

#include "write/writer_internal.h"

/* Tells whether an entry for the column has a layout: its values have no fixed width. */
static bool has_layout(const column *c)
{
    return c->mode != MODE_FIXED;
}

/* Describes what is wrong with the layout of lists; NULL: nothing. */
static const char *list_problem(const column *c, const shmcol_column_data *d)
{
    if (d->layout != SHMCOL_STRINGS_OFFSETS64 && d->layout != SHMCOL_STRINGS_OFFSETS32)
        return "lists are given by offsets of 64 or 32 bits";
    if (c->elements->mode == MODE_STRINGS && d->element_layout != SHMCOL_STRINGS_OFFSETS64 &&
        d->element_layout != SHMCOL_STRINGS_OFFSETS32)
        return "the strings of lists are given by offsets of 64 or 32 bits";
    return NULL;
}

/* Describes what is wrong with the layout of an entry; NULL: nothing. */
static const char *layout_problem(const column *c, const shmcol_column_data *d)
{
    bool given = c->mode == MODE_CODES;
    if (c->mode == MODE_LISTS)
        return list_problem(c, d);
    switch (d->layout) {
    case SHMCOL_STRINGS_OFFSETS64:
    case SHMCOL_STRINGS_OFFSETS32:
    case SHMCOL_STRINGS_POINTERS: return NULL;
    case SHMCOL_STRINGS_FIXED:
        return d->width == 0 ? "strings of a fixed width need a width" : NULL;
    case SHMCOL_STRINGS_CODES:
        if (!given)
            return "codes need a dictionary, given before the first batch";
        return d->width == 1 || d->width == 2 || d->width == 4 || d->width == 8
                   ? NULL
                   : "codes have a width of 1, 2, 4 or 8";
    default: return "no such layout of strings";
    }
}

/* Describes what is wrong with an entry; NULL: nothing. */
static const char *data_problem(const column *c, const shmcol_column_data *d)
{
    if (d->values == NULL)
        return "no values";
    bool varying =
        has_layout(c) && d->layout != SHMCOL_STRINGS_FIXED && d->layout != SHMCOL_STRINGS_CODES;
    switch (d->validity_kind) {
    case SHMCOL_ALL_VALID: break;
    case SHMCOL_VALIDITY_BITMAP:
    case SHMCOL_VALIDITY_MASK:
    case SHMCOL_VALIDITY_BYTES:
        if (d->validity == NULL)
            return "no validity";
        break;
    case SHMCOL_VALIDITY_SENTINEL:
        if (varying)
            return "a sentinel needs values of a fixed width";
        if (d->sentinel == NULL && !writer_is_float(c))
            return "no sentinel";
        break;
    default: return "no such kind of validity";
    }
    return has_layout(c) ? layout_problem(c, d) : NULL;
}

shmcol_status writer_check_batch(const shmcol_writer *w, const batch *b, shmcol_error *err)
{
    for (uint32_t i = 0; i < w->n_columns; i++) {
        const shmcol_column_data *d = batch_column(b, i);
        if (d->size != b->step)
            return writer_fail_at(w, SHMCOL_ERR_INVALID_ARGUMENT, "", i, -1,
                                  "size is not that of shmcol_column_data", err);
        const char *problem = data_problem(&w->columns[i], d);
        if (problem != NULL)
            return writer_fail_at(w, SHMCOL_ERR_INVALID_ARGUMENT, "", i, -1, problem, err);
    }
    return SHMCOL_OK;
}

/* Returns the rows of the next segment, which does not cross a zone. */
static size_t segment_rows(const shmcol_writer *w, const column *c, uint64_t left)
{
    uint64_t zone = FMT_ZONE_ROWS - c->rows % FMT_ZONE_ROWS, room = writer_rows_room(w, c);
    uint64_t rows = left < zone ? left : zone;
    return (size_t)(rows < room ? rows : room);
}

static shmcol_status refuse_null(const column *c, const segment *seg, shmcol_error *err)
{
    size_t i = 0;
    while (segment_valid(seg, i))
        i++;
    return writer_fail(c, SHMCOL_ERR_BAD_VALUE, "F-23", (int64_t)(c->rows + i),
                       "a null in a column that is not nullable", err);
}

static shmcol_status take_segment(shmcol_writer *w, column *c, const shmcol_column_data *data,
                                  segment *seg, size_t *done, shmcol_error *err)
{
    bool codes = has_layout(c) && data->layout == SHMCOL_STRINGS_CODES;
    uint32_t width = has_layout(c) ? data->width : c->width;
    writer_find_nulls(c, data, width, data->stride != 0 ? data->stride : width, seg);
    shmcol_status status =
        has_layout(c) && !codes ? writer_find_strings(c, data, seg, err) : SHMCOL_OK;
    if (status == SHMCOL_OK && seg->nulls > 0 && !c->out.nullable)
        status = refuse_null(c, seg, err);
    if (status != SHMCOL_OK)
        return status;
    *done = seg->rows;
    switch (c->mode) {
    case MODE_FIXED: return writer_take_fixed(w, c, data, seg, err);
    case MODE_STRINGS: return writer_put_strings(w, c, seg, false, err);
    case MODE_LISTS: return writer_put_lists(w, c, data, seg, err);
    case MODE_NUMBERED: return writer_number_strings(w, c, seg, done, err);
    case MODE_CODES:
    default:
        return codes ? writer_take_codes(w, c, data, seg, err) : writer_find_codes(w, c, seg, err);
    }
}

shmcol_status writer_take(shmcol_writer *w, uint32_t index, segment *seg, const void *arg,
                          shmcol_error *err)
{
    const batch *b = arg;
    const shmcol_column_data *data = batch_column(b, index);
    column *c = &w->columns[index];
    const bool kept = c->mode == MODE_FIXED || c->mode == MODE_CODES || c->mode == MODE_STRINGS;
    if (kept)
        writer_buffer_begin(&c->values, seg);
    if (c->mode == MODE_STRINGS)
        writer_buffer_begin(&c->bytes, seg);
    for (uint64_t first = 0; first < b->rows;) {
        size_t done;
        seg->first = first;
        seg->last = b->rows;
        seg->rows = segment_rows(w, c, b->rows - first);
        shmcol_status status = take_segment(w, c, data, seg, &done, err);
        if (status == SHMCOL_OK)
            status = writer_put_validity(w, c, seg, done, err);
        if (status != SHMCOL_OK)
            return status;
        c->rows += done;
        first += done;
    }
    const bool complete = c->rows == w->expected_rows;
    shmcol_status status = kept ? writer_buffer_rest(w, &c->values, complete, seg, err) : SHMCOL_OK;
    if (status == SHMCOL_OK && kept && c->mode == MODE_STRINGS)
        status = writer_buffer_rest(w, &c->bytes, complete, seg, err);
    return status;
}
