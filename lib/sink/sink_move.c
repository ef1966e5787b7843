/* Offsets of regions: guessed before anything is written, corrected at the end. */
#include <stdlib.h>

#include "format/layout.h"
#include "sink/sink_internal.h"

/* Guesses the offset of a region. Errors: WRITER_STATE. Called under s->lock. */
static shmcol_status guess_offset(sink_region_state *region, const sink_target *target,
                                  shmcol_error *err)
{
    if (!region->open || region->written > 0)
        return shm_fail(err, SHMCOL_ERR_WRITER_STATE, "",
                        "internal: a region was written before its offset was guessed");
    region->guess_offset = target->offset;
    region->capacity = target->length;
    return SHMCOL_OK;
}

/* Returns how many of the targets get an offset: all, or those up to the elements of a list, if
 * what follows is less than a sixteenth of all bytes. As there is always an element more or less
 * than was guessed, those elements then get all the room, and the little that follows is collected
 * in the side file: 16 batches of a list column take a third of the time. */
static uint32_t guessed(const sink_target *targets, uint32_t n)
{
    uint64_t all = 0, after = 0;
    uint32_t end = n;
    for (uint32_t i = 0; i < n; i++)
        all += targets[i].length;
    for (uint32_t i = n; i-- > 0 && after < all / 16; after += targets[i].length)
        if (targets[i].of_list)
            end = i + 1;
    return end;
}

/* Guesses the offsets of all targets. Sets *any if one got an offset. Errors: WRITER_STATE. */
static shmcol_status guess_all(sink *s, const fmt_table *table, const sink_target *targets,
                               uint32_t n, bool *any, shmcol_error *err)
{
    shmcol_status status = SHMCOL_OK;
    sink_region_state *last = NULL;
    uint64_t end = s->path == NULL ? SINK_FAR : UINT64_MAX;
    n = guessed(targets, n);
    sys_lock(s->lock);
    for (uint32_t i = 0; i < n && status == SHMCOL_OK; i++) {
        const sink_target *t = &targets[i];
        /* Dictionaries lie before the body and are short; short regions are cheaper to collect. */
        bool beyond = t->length > end || t->offset > end - t->length;
        if (t->region >= s->n_regions || t->length < SINK_SMALL ||
            t->offset < table->header.body_offset || beyond)
            continue;
        status = guess_offset(&s->regions[t->region], t, err);
        if (status == SHMCOL_OK)
            last = &s->regions[t->region];
    }
    if (last != NULL) /* no region follows that it could overwrite */
        last->capacity = end - last->guess_offset;
    s->expected = status == SHMCOL_OK ? table->header.file_size : 0;
    sys_unlock(s->lock);
    *any = last != NULL;
    return status;
}

shmcol_status sink_guess_offsets(sink *s, const sink_table *guess, shmcol_error *err)
{
    fmt_table table;
    sink_target *targets = NULL;
    uint32_t n = 0;
    bool any;
    shmcol_status status = sink_table_build(guess, &table, err);
    if (status != SHMCOL_OK)
        goto done;
    status = sink_table_targets(guess, &table, &targets, &n, err);
    if (status != SHMCOL_OK)
        goto done;
    status = guess_all(s, &table, targets, n, &any, err);
    if (any)
        sink_announce(s, s->fd, 0, table.header.file_size);
done:
    free(targets);
    sink_table_free(&table);
    return status;
}

/* Copies [from, from + length) of the output to `to`; the ranges may overlap. */
static shmcol_status move_range(sink *s, uint64_t from, uint64_t to, uint64_t length,
                                uint8_t *buffer, size_t capacity, shmcol_error *err)
{
    shmcol_status status = SHMCOL_OK;
    for (uint64_t done = 0; done < length && status == SHMCOL_OK;) {
        size_t n = length - done < capacity ? (size_t)(length - done) : capacity;
        uint64_t at = to > from ? length - done - n : done;
        status = sink_pread(s, s->fd, buffer, n, from + at, err);
        if (status == SHMCOL_OK)
            status = sink_pwrite(s, s->fd, buffer, n, to + at, err);
        done += n;
    }
    return status;
}

/* Returns how many bytes of the region lie in the output. */
static uint64_t in_place(const sink_region_state *st, const sink_target *target)
{
    return st->capacity < target->length ? st->capacity : target->length;
}

/* Moves the bytes of a region from the output to the side file, because a move inside the output
 * could overwrite another region. Errors: IO, NO_MEMORY. */
static shmcol_status move_aside(sink *s, const sink_target *target, uint8_t *buffer,
                                size_t capacity, shmcol_error *err)
{
    sink_region_state *st = &s->regions[target->region];
    uint64_t length = in_place(st, target), from = st->guess_offset;
    st->capacity = 0;
    shmcol_status status = SHMCOL_OK;
    for (uint64_t pos = 0; pos < length && status == SHMCOL_OK;) {
        size_t n = length - pos < capacity ? (size_t)(length - pos) : capacity;
        status = sink_pread(s, s->fd, buffer, n, from + pos, err);
        if (status == SHMCOL_OK)
            status = sink_put(s, target->region, pos, buffer, n, err);
        pos += n;
    }
    if (status == SHMCOL_OK)
        (void)sys_punch(s->fd, from, length); /* only space is lost if it fails */
    return status;
}

/* Finds out whether the regions with a guess_offset keep their order, and whether one of them is
 * not at its final offset. */
static void survey(const sink *s, const sink_target *targets, uint32_t n, bool *ordered,
                   bool *misplaced)
{
    uint64_t end = 0;
    *ordered = true;
    *misplaced = false;
    for (uint32_t i = 0; i < n; i++) {
        const sink_region_state *st = &s->regions[targets[i].region];
        if (st->capacity == 0)
            continue;
        *ordered = *ordered && st->guess_offset >= end;
        *misplaced = *misplaced || st->guess_offset != targets[i].offset;
        end = st->guess_offset + in_place(st, &targets[i]);
    }
}

/* Moves one region to its final offset, if that is in the wanted direction. */
static shmcol_status move_one(sink *s, const sink_target *target, bool up, uint8_t *buffer,
                              size_t capacity, shmcol_error *err)
{
    sink_region_state *st = &s->regions[target->region];
    if (st->capacity == 0 || st->guess_offset == target->offset ||
        (target->offset > st->guess_offset) != up)
        return SHMCOL_OK;
    shmcol_status status = move_range(s, st->guess_offset, target->offset, in_place(st, target),
                                      buffer, capacity, err);
    st->guess_offset = target->offset;
    return status;
}

shmcol_status sink_move(sink *s, const sink_target *targets, uint32_t n, shmcol_error *err)
{
    bool ordered, misplaced;
    survey(s, targets, n, &ordered, &misplaced);
    if (!misplaced)
        return SHMCOL_OK;
    s->dirty = true;
    size_t capacity = 2 * FMT_BLOCK_SIZE;
    uint8_t *buffer = malloc(capacity);
    if (buffer == NULL)
        return shm_fail_memory(err);
    shmcol_status status = SHMCOL_OK;
    for (uint32_t i = 0; i < n && status == SHMCOL_OK && !ordered; i++) {
        const sink_region_state *st = &s->regions[targets[i].region];
        if (st->capacity > 0 && st->guess_offset != targets[i].offset)
            status = move_aside(s, &targets[i], buffer, capacity, err);
    }
    /* If the regions keep their order, moving the upward ones last to first and then the downward
     * ones first to last never overwrites a region that has not moved yet. */
    for (uint32_t i = n; i-- > 0 && status == SHMCOL_OK;)
        status = move_one(s, &targets[i], true, buffer, capacity, err);
    for (uint32_t i = 0; i < n && status == SHMCOL_OK; i++)
        status = move_one(s, &targets[i], false, buffer, capacity, err);
    free(buffer);
    return status;
}

typedef struct gap_arg {
    sink *s;
    uint64_t end;
    shmcol_status status;
    shmcol_error *err;
} gap_arg;

static int clear_gap(void *arg, uint64_t offset, uint64_t length)
{
    static const uint8_t zeros[FMT_PAGE];
    gap_arg *g = arg;
    for (uint64_t end = offset + length < g->end ? offset + length : g->end;
         offset < end && g->status == SHMCOL_OK;) {
        size_t n = end - offset < sizeof zeros ? (size_t)(end - offset) : sizeof zeros;
        g->status = sink_pwrite(g->s, g->s->fd, zeros, n, offset, g->err);
        offset += n;
    }
    return g->status != SHMCOL_OK;
}

shmcol_status sink_clear_gaps(sink *s, const fmt_table *table, shmcol_error *err)
{
    for (uint32_t i = 0; i < s->n_regions && !s->dirty; i++)
        s->dirty = s->regions[i].capacity > 0 && s->regions[i].written > 0 && !s->regions[i].used;
    if (!s->dirty)
        return SHMCOL_OK;
    sys_file_info info;
    int errnum = sys_stat_fd(s->fd, &info);
    if (errnum != 0)
        return shm_fail_sys(err, errnum, s->path, "cannot use the output");
    gap_arg g = {s, info.size, SHMCOL_OK, err};
    (void)fmt_each_gap(table, clear_gap, &g); /* its result is g.status */
    return g.status;
}
