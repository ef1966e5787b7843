/* The side file holds the bytes of regions whose offset in the file is not known yet. */
#include <stdlib.h>
#include <string.h>

#include "sink/sink_internal.h"

#define SIDE_FILE_AHEAD (UINT64_C(16) << 20)

/* Returns the index of the first extent that ends after `pos`. */
static uint32_t extent_at(const sink_region_state *st, uint64_t pos)
{
    uint32_t low = 0, high = st->n_extents;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (st->extents[middle].pos + st->extents[middle].length <= pos)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* Notes an extent. Extents come nearly in order, so the search from the end is short. Errors:
 * NO_MEMORY. */
static shmcol_status add_extent(sink_region_state *st, uint64_t pos, uint64_t length,
                                uint64_t side_offset, shmcol_error *err)
{
    if (st->n_extents > 0) {
        sink_extent *last = &st->extents[st->n_extents - 1];
        if (last->pos + last->length == pos && last->side_offset + last->length == side_offset) {
            last->length += length;
            return SHMCOL_OK;
        }
    }
    if (st->n_extents == st->extent_capacity) {
        uint32_t capacity = st->extent_capacity < 1 ? 1 : st->extent_capacity * 2;
        sink_extent *extents = capacity < st->extent_capacity
                                   ? NULL
                                   : realloc(st->extents, capacity * sizeof *extents);
        if (extents == NULL)
            return shm_fail_memory(err);
        st->extents = extents;
        st->extent_capacity = capacity;
    }
    uint32_t at = st->n_extents;
    while (at > 0 && st->extents[at - 1].pos > pos)
        at--;
    memmove(st->extents + at + 1, st->extents + at, (st->n_extents - at) * sizeof *st->extents);
    st->extents[at] = (sink_extent){pos, length, side_offset};
    st->n_extents++;
    return SHMCOL_OK;
}

static shmcol_status open_side_file(sink *s, shmcol_error *err)
{
    if (s->side_file >= 0)
        return SHMCOL_OK;
    /* A descriptor may have no directory, and its bytes must not be left in another one: the side
     * file is the same file, far behind the output. */
    if (s->path == NULL) {
        s->side_file = s->fd;
        return SHMCOL_OK;
    }
    int errnum = sink_temporary(s, &s->side_file);
    if (errnum != 0) {
        s->side_file = -1;
        return shm_fail_sys(err, errnum, s->path,
                            "cannot create a temporary file beside the output");
    }
    return SHMCOL_OK;
}

/* Announces the bytes that the side file will get next. Called under s->lock. */
static void reserve_side_file(sink *s)
{
    if (s->side_file == s->fd || s->side_file_end <= s->side_file_reserved)
        return;
    sink_announce(s, s->side_file, s->side_file_end, SIDE_FILE_AHEAD);
    s->side_file_reserved = s->side_file_end + SIDE_FILE_AHEAD;
}

/* Begins a new window at the end of the side file and writes the full one, without the lock. Other
 * threads may change the sink in that time: the caller must check its condition again. Errors: IO,
 * NO_MEMORY. */
static shmcol_status turn_window(sink *s, shmcol_error *err)
{
    if (s->leaving.bytes != NULL) {
        sys_wait(s->left, s->lock);
        return SHMCOL_OK;
    }
    shmcol_status status = s->window.bytes != NULL ? open_side_file(s, err) : SHMCOL_OK;
    uint8_t *bytes = s->spare != NULL ? s->spare : malloc(SINK_WINDOW);
    s->spare = NULL;
    if (bytes == NULL)
        return shm_fail_memory(err);
    if (status != SHMCOL_OK) {
        s->spare = bytes;
        return status;
    }
    s->leaving = s->window;
    s->window = (sink_window){bytes, s->side_file_end, 0};
    s->side_file_end += SINK_WINDOW;
    if (s->leaving.bytes == NULL)
        return SHMCOL_OK;
    reserve_side_file(s);
    sink_window full = s->leaving;
    sys_unlock(s->lock);
    status = sink_pwrite(s, s->side_file, full.bytes, full.used, full.at, err);
    sys_lock(s->lock);
    s->spare = full.bytes;
    s->leaving.bytes = NULL;
    sys_wake_all(s->left);
    return status;
}

shmcol_status sink_side_file_put(sink *s, sink_region id, uint64_t pos, const void *data,
                                 size_t length, uint64_t *offset, shmcol_error *err)
{
    if (length >= SINK_SMALL) {
        shmcol_status status = open_side_file(s, err);
        if (status != SHMCOL_OK)
            return status;
        reserve_side_file(s);
        *offset = s->side_file_end;
        s->side_file_end += length;
        return add_extent(&s->regions[id], pos, length, *offset, err);
    }
    while (s->window.bytes == NULL || SINK_WINDOW - s->window.used < length) {
        shmcol_status status = turn_window(s, err);
        if (status != SHMCOL_OK)
            return status;
    }
    uint64_t at = s->window.at + s->window.used;
    memcpy(s->window.bytes + s->window.used, data, length);
    s->window.used += length;
    *offset = SINK_IN_WINDOW;
    return add_extent(&s->regions[id], pos, length, at, err);
}

/* Returns the next offset after `offset` at which the window begins or ends. A read stops there,
 * since an extent may lie on both sides. UINT64_MAX: there is none. */
static uint64_t border(const sink_window *w, uint64_t offset)
{
    if (w->bytes == NULL || offset >= w->at + SINK_WINDOW)
        return UINT64_MAX;
    return offset >= w->at ? w->at + SINK_WINDOW : w->at;
}

shmcol_status sink_side_file_get(sink *s, sink_region id, uint64_t pos, void *data, size_t length,
                                 size_t *got, shmcol_error *err)
{
    sys_lock(s->lock);
    const sink_region_state *st = &s->regions[id];
    uint32_t i = extent_at(st, pos);
    if (i == st->n_extents || st->extents[i].pos > pos) {
        sys_unlock(s->lock);
        return shm_fail(err, SHMCOL_ERR_WRITER_STATE, "",
                        "internal: a region was read where it was not written");
    }
    uint64_t skip = pos - st->extents[i].pos, left = st->extents[i].length - skip,
             offset = st->extents[i].side_offset + skip;
    const sink_window *windows[2] = {&s->window, &s->leaving}, *inside = NULL;
    left = left < length ? left : length;
    for (size_t k = 0; k < 2; k++) {
        const sink_window *w = windows[k];
        left = left < border(w, offset) - offset ? left : border(w, offset) - offset;
        if (w->bytes != NULL && offset >= w->at && offset < w->at + SINK_WINDOW)
            inside = w;
    }
    *got = (size_t)left;
    if (inside != NULL)
        memcpy(data, inside->bytes + (offset - inside->at), *got);
    sys_unlock(s->lock);
    return inside != NULL ? SHMCOL_OK : sink_pread(s, s->side_file, data, *got, offset, err);
}

#define KEPT_MAX (UINT64_C(256) << 20)

/* Returns true if the side file may keep its disk space until the sink ends: giving it back extent
 * by extent takes a disk longer than dropping the whole file. That needs space for the side file
 * beside the whole output. */
static bool keeps_space(sink *s)
{
    sys_lock(s->lock);
    uint64_t room = s->expected + KEPT_MAX;
    bool small = s->side_file != s->fd && s->expected != 0 && s->side_file_end <= KEPT_MAX;
    sys_unlock(s->lock);
    return small && sys_reserves(s->side_file) && sys_has_room(s->side_file, room);
}

void sink_side_file_punch(sink *s, const sink_region_state *st, uint64_t pos, uint64_t length)
{
    bool decided = false;
    for (uint32_t i = extent_at(st, pos); i < st->n_extents && st->extents[i].pos < pos + length;
         i++) {
        const sink_extent *e = &st->extents[i];
        uint64_t begin = e->pos > pos ? e->pos : pos,
                 end = e->pos + e->length < pos + length ? e->pos + e->length : pos + length;
        /* A shorter extent frees hardly a page and costs a system call. An extent in the window has
         * no disk space. */
        if (end - begin < SINK_SMALL || s->side_file < 0)
            continue;
        if (!decided && keeps_space(s))
            return;
        decided = true;
        /* Only space is lost if this fails: the file is unlinked and its bytes are not needed. */
        (void)sys_punch(s->side_file, e->side_offset + (begin - e->pos), end - begin);
    }
}
