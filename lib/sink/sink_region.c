/* The regions of a file in the making: opened, written, read back, dropped. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "format/hash.h"
#include "sink/sink_internal.h"

shmcol_status sink_region_new(sink *s, sink_region *out, shmcol_error *err)
{
    sys_lock(s->lock);
    if (s->n_regions == s->region_capacity) {
        uint32_t capacity = s->region_capacity < 16 ? 16 : s->region_capacity * 2;
        sink_region_state *regions =
            capacity < s->region_capacity ? NULL : realloc(s->regions, capacity * sizeof *regions);
        if (regions == NULL) {
            sys_unlock(s->lock);
            return shm_fail_memory(err);
        }
        s->regions = regions;
        s->region_capacity = capacity;
    }
    s->regions[s->n_regions] = (sink_region_state){.open = true};
    *out = s->n_regions++;
    sys_unlock(s->lock);
    return SHMCOL_OK;
}

void sink_region_free(sink_region_state *st)
{
    free(st->extents);
    free(st->hashes);
    *st = (sink_region_state){0};
}

/* Makes room for the hashes of the first `blocks` blocks. Called under s->lock. Errors: LIMIT
 * (F-45), NO_MEMORY. */
static shmcol_status hash_room(sink_region_state *st, uint64_t blocks, shmcol_error *err)
{
    if (blocks <= st->n_hashes)
        return SHMCOL_OK;
    if (blocks > UINT32_MAX / 2)
        return shm_fail(err, SHMCOL_ERR_LIMIT, "F-45", "a buffer of more than %" PRIu64 " blocks",
                        (uint64_t)UINT32_MAX / 2);
    uint64_t capacity = st->n_hashes * 2ull > blocks ? st->n_hashes * 2ull : blocks;
    uint64_t *hashes = realloc(st->hashes, capacity * sizeof *hashes);
    if (hashes == NULL)
        return shm_fail_memory(err);
    memset(hashes + st->n_hashes, 0, (capacity - st->n_hashes) * sizeof *hashes);
    st->hashes = hashes;
    st->n_hashes = (uint32_t)capacity;
    return SHMCOL_OK;
}

shmcol_status sink_hash(sink *s, sink_region id, uint64_t pos, const void *data, size_t length,
                        shmcol_error *err)
{
    const uint8_t *bytes = data;
    /* A short head may be all there is, as in a table of few rows. */
    if (pos == 0 && length < FMT_BLOCK_SIZE) {
        uint64_t hash = fmt_hash(bytes, length);
        sys_lock(s->lock);
        s->regions[id].head_hash = hash;
        s->regions[id].head_length = (uint32_t)length;
        sys_unlock(s->lock);
        return SHMCOL_OK;
    }
    shmcol_status status = SHMCOL_OK;
    uint64_t block = (pos + FMT_BLOCK_SIZE - 1) / FMT_BLOCK_SIZE,
             end = (pos + length) / FMT_BLOCK_SIZE;
    while (block < end && status == SHMCOL_OK) {
        uint64_t hashes[16], first = block;
        for (; block < end && block - first < 16; block++)
            hashes[block - first] =
                fmt_hash(bytes + (block * FMT_BLOCK_SIZE - pos), FMT_BLOCK_SIZE);
        sys_lock(s->lock);
        status = hash_room(&s->regions[id], block, err);
        if (status == SHMCOL_OK)
            memcpy(s->regions[id].hashes + first, hashes, (block - first) * sizeof *hashes);
        sys_unlock(s->lock);
    }
    return status;
}

/* Writes an extent to the output or the side file. With `counts`, adds its length to the bytes that
 * were written. */
static shmcol_status put_extent(sink *s, sink_region id, uint64_t pos, const void *data,
                                size_t length, bool counts, shmcol_error *err)
{
    const uint8_t *from = data;
    while (length > 0) {
        size_t n = length;
        uint64_t offset = 0;
        sys_lock(s->lock);
        if (id >= s->n_regions || !s->regions[id].open) {
            sys_unlock(s->lock);
            return shm_fail(err, SHMCOL_ERR_WRITER_STATE, "",
                            "internal: write to a region that is not open");
        }
        const uint64_t capacity = s->regions[id].capacity;
        const bool in_place = pos < capacity;
        shmcol_status status = SHMCOL_OK;
        s->regions[id].written += counts ? length : 0;
        counts = false;
        if (in_place) {
            n = length < capacity - pos ? length : (size_t)(capacity - pos);
            offset = s->regions[id].guess_offset + pos;
        } else
            status = sink_side_file_put(s, id, pos, from, n, &offset, err);
        int fd = in_place ? s->fd : s->side_file;
        sys_unlock(s->lock);
        if (status == SHMCOL_OK && offset != SINK_IN_WINDOW)
            status = sink_pwrite(s, fd, from, n, offset, err);
        if (status != SHMCOL_OK)
            return status;
        pos += n;
        from += n;
        length -= n;
    }
    return SHMCOL_OK;
}

shmcol_status sink_put(sink *s, sink_region id, uint64_t pos, const void *data, size_t length,
                       shmcol_error *err)
{
    return put_extent(s, id, pos, data, length, false, err);
}

shmcol_status sink_write(sink *s, sink_region region, uint64_t pos, const void *data, size_t length,
                         shmcol_error *err)
{
    if (length == 0)
        return SHMCOL_OK;
    shmcol_status status = put_extent(s, region, pos, data, length, true, err);
    return status != SHMCOL_OK ? status : sink_hash(s, region, pos, data, length, err);
}

shmcol_status sink_read(sink *s, sink_region region, uint64_t pos, void *data, size_t length,
                        shmcol_error *err)
{
    uint8_t *to = data;
    while (length > 0) {
        sys_lock(s->lock);
        bool open = region < s->n_regions && s->regions[region].open;
        uint64_t guess_offset = open ? s->regions[region].guess_offset : 0,
                 capacity = open ? s->regions[region].capacity : 0;
        sys_unlock(s->lock);
        if (!open)
            return shm_fail(err, SHMCOL_ERR_WRITER_STATE, "",
                            "internal: read of a region that is not open");
        size_t n = length;
        shmcol_status status;
        if (pos < capacity) {
            n = length < capacity - pos ? length : (size_t)(capacity - pos);
            status = sink_pread(s, s->fd, to, n, guess_offset + pos, err);
        } else
            status = sink_side_file_get(s, region, pos, to, length, &n, err);
        if (status != SHMCOL_OK)
            return status;
        pos += n;
        to += n;
        length -= n;
    }
    return SHMCOL_OK;
}

void sink_drop(sink *s, sink_region region)
{
    sys_lock(s->lock);
    sink_region_state gone = {0};
    if (region < s->n_regions && s->regions[region].open) {
        gone = s->regions[region];
        s->regions[region] = (sink_region_state){0};
        s->dirty = s->dirty || (gone.capacity > 0 && gone.written > 0);
    }
    sys_unlock(s->lock);
    uint64_t in_place = gone.capacity < gone.written ? gone.capacity : gone.written;
    /* A file system that cannot do it keeps the bytes until the gaps are zeroed (dirty). */
    if (in_place > 0)
        (void)sys_punch(s->fd, gone.guess_offset, in_place);
    sink_side_file_punch(s, &gone, 0, UINT64_MAX);
    sink_region_free(&gone);
}
