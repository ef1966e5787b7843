/* Strings and binaries in any layout, which become offsets and bytes (F-36, F-37). */
#include <stdlib.h>

#include "format/bytes.h"
#include "format/utf8.h"
#include "write/writer_internal.h"

static int64_t load_offset(const uint8_t *at, uint32_t width)
{
    return width == 4 ? (int32_t)fmt_load32(at) : (int64_t)fmt_load64(at);
}

static shmcol_status refuse_offsets(const column *c, size_t i, shmcol_error *err)
{
    return writer_fail(c, SHMCOL_ERR_BAD_VALUE, "F-36", (int64_t)(c->rows + i),
                       "the offsets descend, or lead to no bytes", err);
}

/* Finds strings by signed offsets of 4 or 8 bytes. Each offset is read once. The batch's last
 * offset is the end of the bytes: an offset beyond it would only be found to descend in a later
 * segment, after its bytes were read, so it is refused here. Errors: BAD_VALUE (F-36). */
static shmcol_status from_offsets(const column *c, const shmcol_column_data *data, uint32_t width,
                                  segment *seg, shmcol_error *err)
{
    int64_t stride = data->stride != 0 ? data->stride : width;
    const uint8_t *at = (const uint8_t *)data->values + (int64_t)seg->first * stride;
    const uint8_t *bytes = data->data != NULL ? data->data : (const uint8_t *)"";
    int64_t begin = load_offset(at, width),
            last = load_offset(at + (int64_t)(seg->last - seg->first) * stride, width);
    for (size_t i = 0; i < seg->rows; i++) {
        at += stride;
        int64_t end = load_offset(at, width);
        if (begin < 0 || end < begin || (data->data == NULL && end > begin))
            return refuse_offsets(c, i, err);
        seg->data[i] = bytes + begin;
        seg->lengths[i] = (uint64_t)(end - begin);
        begin = end;
    }
    if (begin > last)
        return refuse_offsets(c, seg->rows - 1, err);
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

/* Extends the zone map by the segment's strings (F-47). Keeps the smallest and the largest whole,
 * since prefixes alone cannot be compared. Errors: NO_MEMORY. */
static shmcol_status put_zone(column *c, const segment *seg, shmcol_error *err)
{
    fmt_zone *zone;
    shmcol_status status = writer_zone(c, &zone, err);
    if (status != SHMCOL_OK)
        return status;
    if (c->rows % FMT_ZONE_ROWS == 0)
        c->bounds = (fmt_string_bounds){0};
    uint32_t nulls = zone->null_count + (uint32_t)seg->nulls;
    for (size_t i = 0; i < seg->rows; i++)
        if (segment_valid(seg, i))
            fmt_bounds_add(&c->bounds, seg->data[i], seg->lengths[i]);
    fmt_zone_strings(zone, &c->bounds, nulls);
    if (!c->bounds.any)
        return SHMCOL_OK;
    status = keep(&c->bounds.min, c->bounds.min_length, &c->low, &c->low_capacity, err);
    return status != SHMCOL_OK
               ? status
               : keep(&c->bounds.max, c->bounds.max_length, &c->high, &c->high_capacity, err);
}

shmcol_status writer_put_strings(shmcol_writer *w, column *c, const segment *seg, bool checked,
                                 shmcol_error *err)
{
    uint8_t *offsets;
    shmcol_status status = checked ? SHMCOL_OK : check_utf8(c, seg, err);
    if (status != SHMCOL_OK)
        return status;
    status = c->out.type != FMT_BINARY ? put_zone(c, seg, err) : SHMCOL_OK;
    if (status != SHMCOL_OK)
        return status;
    status = writer_buffer_room(&c->values, 8 * seg->rows + 8, &offsets, err);
    if (status != SHMCOL_OK)
        return status;
    if (c->rows == 0) { /* F-36: the first offset is 0 */
        fmt_store64(offsets, 0);
        offsets += 8;
    }
    uint64_t before = c->string_bytes;
    for (size_t i = 0; i < seg->rows; i++) {
        c->string_bytes += seg->lengths[i];
        fmt_store64(offsets + 8 * i, c->string_bytes);
    }
    status = writer_buffer_added(w, &c->values, 8 * (seg->rows + (c->rows == 0)), err);
    if (seg->together && status == SHMCOL_OK)
        return writer_buffer_append(w, &c->bytes, seg->data[0], c->string_bytes - before, err);
    for (size_t i = 0; i < seg->rows && status == SHMCOL_OK; i++)
        status = writer_buffer_append(w, &c->bytes, seg->data[i], seg->lengths[i], err);
    return status;
}
