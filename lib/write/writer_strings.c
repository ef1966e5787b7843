/* Strings and binaries in any layout, which become offsets and bytes (F-36, F-37). */
#include <stdlib.h>

#include "format/bytes.h"
#include "format/text.h"
#include "format/utf8.h"
#include "write/writer_internal.h"

static int64_t load_offset(const uint8_t *at, uint32_t width)
{
    return width == 4 ? (int32_t)fmt_load32(at) : (int64_t)fmt_load64(at);
}

uint32_t writer_offset_unit(const column *c, const shmcol_column_data *data)
{
    const column *e = c->elements;
    if (e == NULL)
        return 1;
    if (e->mode == MODE_FIXED)
        return e->width;
    return data->element_layout == SHMCOL_STRINGS_OFFSETS32 ? sizeof(int32_t) : sizeof(int64_t);
}

static shmcol_status refuse_offsets(const column *c, size_t i, shmcol_error *err)
{
    return writer_fail(c, SHMCOL_ERR_BAD_VALUE, "F-36", (int64_t)(c->rows + i),
                       c->mode == MODE_LISTS ? "the offsets descend, or lead to no elements"
                                             : "the offsets descend, or lead to no bytes",
                       err);
}

/* Finds strings or lists by signed offsets of 4 or 8 bytes. Each offset is read once. The batch's
 * last offset is the end of the bytes: an offset beyond it would only be found to descend in a
 * later segment, after its bytes were read, so it is refused here. Errors: BAD_VALUE (F-36). */
static shmcol_status from_offsets(const column *c, const shmcol_column_data *data, uint32_t width,
                                  segment *seg, shmcol_error *err)
{
    int64_t stride = data->stride != 0 ? data->stride : width;
    const uint8_t *at = (const uint8_t *)data->values + (int64_t)seg->first * stride;
    const uint8_t *bytes = data->data != NULL ? data->data : (const uint8_t *)"";
    uint32_t unit = writer_offset_unit(c, data);
    int64_t begin = load_offset(at, width),
            last = load_offset(at + (int64_t)(seg->last - seg->first) * stride, width);
    if (last > INT64_MAX / unit) /* the others are not above it */
        return refuse_offsets(c, seg->rows - 1, err);
    if (begin < 0 || begin > last)
        return refuse_offsets(c, 0, err);
    const int64_t most = data->data != NULL ? last : begin;
    for (size_t i = 0; i < seg->rows; i++) {
        at += stride;
        int64_t end = load_offset(at, width);
        if (end < begin || end > most)
            return refuse_offsets(c, i, err);
        seg->data[i] = bytes + begin * unit;
        seg->lengths[i] = (uint64_t)(end - begin);
        begin = end;
    }
    seg->end = (uint64_t)last;
    seg->together = seg->nulls == 0;
    return SHMCOL_OK;
}

static void from_pointers(const shmcol_column_data *data, segment *seg)
{
    int64_t stride = data->stride != 0 ? data->stride : (int64_t)sizeof(char *);
    const uint8_t *at = (const uint8_t *)data->values + (int64_t)seg->first * stride;
    for (size_t i = 0; i < seg->rows; i++, at += stride) {
        const char *text;
        memcpy(&text, at, sizeof text);
        if (text == NULL)
            writer_mark_null(seg, i);
        seg->data[i] = (const uint8_t *)text;
        seg->lengths[i] = text != NULL && segment_valid(seg, i) ? strlen(text) : 0;
    }
}

static void from_fixed(const shmcol_column_data *data, segment *seg)
{
    int64_t stride = data->stride != 0 ? data->stride : data->width;
    const uint8_t *at = (const uint8_t *)data->values + (int64_t)seg->first * stride;
    for (size_t i = 0; i < seg->rows; i++, at += stride) {
        uint64_t length = data->width;
        while (length > 0 && at[length - 1] == 0)
            length--;
        seg->data[i] = at;
        seg->lengths[i] = length;
    }
}

shmcol_status writer_find_strings(const column *c, const shmcol_column_data *data, segment *seg,
                                  shmcol_error *err)
{
    shmcol_status status = SHMCOL_OK;
    seg->together = false;
    if (data->layout == SHMCOL_STRINGS_POINTERS)
        from_pointers(data, seg);
    else if (data->layout == SHMCOL_STRINGS_FIXED)
        from_fixed(data, seg);
    else
        status = from_offsets(c, data, data->layout == SHMCOL_STRINGS_OFFSETS32 ? 4 : 8, seg, err);
    for (size_t i = 0; seg->nulls > 0 && i < seg->rows; i++)
        if (!segment_valid(seg, i))
            seg->lengths[i] = 0; /* F-24 */
    return status;
}

bool writer_string_good(const column *c, const uint8_t *data, uint64_t length)
{
    return c->out.type == FMT_BINARY || length == 0 ||
           fmt_utf8_check(data, (size_t)length) == SIZE_MAX;
}

/* Checks that each value by itself is UTF-8 (F-37). Values that lie together are checked at once:
 * if all their bytes are UTF-8 and no value begins inside a character, each value is. */
static shmcol_status check_utf8(const column *c, const segment *seg, shmcol_error *err)
{
    if (c->out.type == FMT_BINARY)
        return SHMCOL_OK;
    if (seg->together) {
        uint64_t all = 0;
        bool inside = false;
        for (size_t i = 0; i < seg->rows; i++) {
            all += seg->lengths[i];
            inside = inside || (seg->lengths[i] > 0 && (seg->data[i][0] & 0xC0) == 0x80);
        }
        if (!inside && writer_string_good(c, seg->data[0], all))
            return SHMCOL_OK;
    }
    for (size_t i = 0; i < seg->rows; i++)
        if (!writer_string_good(c, seg->data[i], seg->lengths[i]))
            return writer_fail(c, SHMCOL_ERR_BAD_VALUE, "F-37", (int64_t)(c->rows + i),
                               "a string is not valid UTF-8", err);
    return SHMCOL_OK;
}

/* Copies a bound of the zone, which must outlive the caller's bytes. Errors: NO_MEMORY. */
static shmcol_status keep(const uint8_t **bound, uint64_t length, uint8_t **own, uint64_t *capacity,
                          shmcol_error *err)
{
    if (*bound == *own && *own != NULL)
        return SHMCOL_OK;
    if (length + 1 > *capacity) {
        uint8_t *larger = malloc((size_t)length + 1); /* not realloc: the bound may point into it */
        if (larger == NULL)
            return shm_fail_memory(err);
        if (length > 0)
            memcpy(larger, *bound, (size_t)length);
        free(*own);
        *own = larger;
        *capacity = length + 1;
    } else if (length > 0)
        memmove(*own, *bound, (size_t)length);
    *bound = *own;
    return SHMCOL_OK;
}

/* Begins a zone with the segment. As long as the column ascends, the largest string of the zone
 * before is its last. */
static void begin_zone(column *c, const segment *seg)
{
    c->descends |= seg->nulls > 0 || (c->rows > 0 && !c->descends &&
                                      fmt_text_order(seg->data[0], seg->lengths[0], c->bounds.max,
                                                     c->bounds.max_length) < 0);
    c->bounds = (fmt_string_bounds){.descends = c->descends};
}

/* Extends the zone map by the segment's strings (F-47). Keeps the smallest and the largest whole,
 * since prefixes alone cannot be compared. Errors: NO_MEMORY. */
static shmcol_status put_zone(column *c, const segment *seg, shmcol_error *err)
{
    fmt_zone *zone;
    shmcol_status status = writer_zone(c, &zone, err);
    if (status != SHMCOL_OK)
        return status;
    if (c->rows % FMT_ZONE_ROWS == 0)
        begin_zone(c, seg);
    uint32_t nulls = zone->null_count + (uint32_t)seg->nulls;
    for (size_t i = 0; i < seg->rows; i++)
        if (segment_valid(seg, i))
            fmt_bounds_add(&c->bounds, seg->data[i], seg->lengths[i]);
    fmt_zone_strings(zone, &c->bounds, nulls);
    c->descends |= zone->descends;
    if (!c->bounds.any)
        return SHMCOL_OK;
    status = keep(&c->bounds.min, c->bounds.min_length, &c->low, &c->low_capacity, err);
    return status != SHMCOL_OK
               ? status
               : keep(&c->bounds.max, c->bounds.max_length, &c->high, &c->high_capacity, err);
}

shmcol_status writer_put_offsets(shmcol_writer *w, column *c, const segment *seg, uint64_t *end,
                                 shmcol_error *err)
{
    uint8_t *offsets;
    shmcol_status status = writer_buffer_room(&c->values, 8 * seg->rows + 8, &offsets, err);
    if (status != SHMCOL_OK)
        return status;
    if (c->rows == 0) { /* F-36: the first offset is 0 */
        fmt_store64(offsets, 0);
        offsets += 8;
    }
    uint64_t at = *end;
    for (size_t i = 0; i < seg->rows; i++) {
        at += seg->lengths[i];
        fmt_store64(offsets + 8 * i, at);
    }
    *end = at;
    return writer_buffer_added(w, &c->values, 8 * (seg->rows + (c->rows == 0)), err);
}

bool writer_next_run(const segment *seg, uint32_t unit, run *r)
{
    size_t i = r->next;
    if (seg->together && i == 0) { /* one run: no row needs to be looked at */
        i = seg->rows - 1;
        r->next = seg->rows;
        r->data = seg->data[0];
        r->length = (uint64_t)(seg->data[i] - seg->data[0]) / unit + seg->lengths[i];
        return r->length > 0;
    }
    while (i < seg->rows && seg->lengths[i] == 0)
        i++;
    r->next = i;
    if (i == seg->rows)
        return false;
    const uint8_t *end = r->data = seg->data[i];
    r->length = 0;
    for (; i < seg->rows && (seg->lengths[i] == 0 || seg->data[i] == end); i++) {
        r->length += seg->lengths[i];
        end += seg->lengths[i] * unit;
    }
    r->next = i;
    return true;
}

shmcol_status writer_put_strings(shmcol_writer *w, column *c, const segment *seg, bool checked,
                                 shmcol_error *err)
{
    shmcol_status status = checked ? SHMCOL_OK : check_utf8(c, seg, err);
    if (status != SHMCOL_OK)
        return status;
    status = c->zoned ? put_zone(c, seg, err) : SHMCOL_OK;
    if (status != SHMCOL_OK)
        return status;
    status = writer_put_offsets(w, c, seg, &c->string_bytes, err);
    for (run r = {0}; status == SHMCOL_OK && writer_next_run(seg, 1, &r);)
        status = writer_buffer_append(w, &c->bytes, r.data, r.length, err);
    return status;
}
