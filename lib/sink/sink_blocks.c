/* The pass over all blocks at the end. It copies what is in the side file to its offset in the
 * output, and hashes every block that was not hashed on the way in (F-45). Threads take units of at
 * most one block; a unit is one block of a region, or several short regions that lie one behind the
 * other. Everything is read into buffers and nothing is mapped, since pages of a map would count as
 * this process's memory; but a map that the caller has anyway is used. */
#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "base/crew.h"
#include "format/hash.h"
#include "format/types.h"
#include "sink/sink_internal.h"

/* The units of targets [first, end), numbered from first_unit on: the blocks of one region, or one
 * unit of several short regions. */
typedef struct group {
    uint64_t first_unit;
    uint32_t first, end;
} group;

typedef struct pass {
    sink *s;
    const sink_target *targets;
    uint32_t n;
    uint64_t *checksums; /* 0: not known yet */
    group *groups;
    uint64_t n_groups, n_units, length; /* length: bytes of all targets */
} pass;

/* Targets [first, end), or, of one target alone, bytes [pos, pos + length). */
typedef struct unit {
    uint32_t first, end;
    uint64_t pos, length;
} unit;

static uint64_t known_hash(const sink_region_state *st, uint64_t block, uint64_t length)
{
    if (length == FMT_BLOCK_SIZE)
        return block < st->n_hashes ? st->hashes[block] : 0;
    return block == 0 && st->head_length == length ? st->head_hash : 0;
}

/* Returns true for a short region in the side file. It is copied together with its neighbours. */
static bool is_short(const pass *p, uint32_t target)
{
    return p->targets[target].length < FMT_BLOCK_SIZE &&
           p->s->regions[p->targets[target].region].capacity == 0;
}

/* Returns one past the last target of the group that begins with `first`. */
static uint32_t group_end(const pass *p, uint32_t first)
{
    uint32_t end = first + 1;
    if (!is_short(p, first))
        return end;
    uint64_t limit = p->targets[first].offset + FMT_BLOCK_SIZE;
    while (end < p->n && is_short(p, end) &&
           p->targets[end].offset + p->targets[end].length <= limit)
        end++;
    return end;
}

/* Numbers the units. Errors: NO_MEMORY. */
static shmcol_status number_units(pass *p, shmcol_error *err)
{
    p->groups = shm_alloc(p->n, sizeof *p->groups);
    if (p->groups == NULL)
        return shm_fail_memory(err);
    for (uint32_t first = 0, end; first < p->n; first = end) {
        end = group_end(p, first);
        p->groups[p->n_groups++] = (group){p->n_units, first, end};
        p->n_units += is_short(p, first) ? 1 : fmt_block_count(p->targets[first].length);
        for (uint32_t i = first; i < end; i++)
            p->length += p->targets[i].length;
    }
    return SHMCOL_OK;
}

static unit unit_at(const pass *p, uint64_t index)
{
    uint64_t low = 0, high = p->n_groups;
    while (high - low > 1) {
        uint64_t middle = low + (high - low) / 2;
        if (p->groups[middle].first_unit <= index)
            low = middle;
        else
            high = middle;
    }
    const group *g = &p->groups[low];
    unit u = {g->first, g->end, (index - g->first_unit) * FMT_BLOCK_SIZE, 0};
    for (uint32_t i = u.first; i < u.end; i++)
        u.length += p->targets[i].length;
    u.length -= u.pos;
    if (!is_short(p, u.first) && u.length > FMT_BLOCK_SIZE)
        u.length = FMT_BLOCK_SIZE;
    return u;
}

static shmcol_status read_side_file(sink *s, sink_region region, uint64_t pos, uint8_t *data,
                                    uint64_t length, shmcol_error *err)
{
    shmcol_status status = SHMCOL_OK;
    for (size_t got = 0; length > 0 && status == SHMCOL_OK; pos += got, data += got, length -= got)
        status = sink_side_file_get(s, region, pos, data, (size_t)length, &got, err);
    return status;
}

static bool is_mapped(const sink *s, uint64_t offset, uint64_t length)
{
    return offset <= s->map.length && length <= s->map.length - offset;
}

/* Hashes one block, of which [pos, split) is in the output already, and copies the rest from the
 * side file. */
static shmcol_status do_block(pass *p, const unit *u, uint8_t *buffer, shmcol_error *err)
{
    sink *s = p->s;
    const sink_target *t = &p->targets[u->first];
    const sink_region_state *st = &s->regions[t->region];
    uint64_t block = u->pos / FMT_BLOCK_SIZE, *hash = &p->checksums[t->first_checksum + block];
    *hash = known_hash(st, block, u->length);
    if (*hash != 0 && u->pos + u->length <= st->capacity)
        return SHMCOL_OK;
    if (*hash == 0 && u->pos + u->length <= st->capacity &&
        is_mapped(s, t->offset + u->pos, u->length)) {
        *hash = fmt_hash(s->map.bytes + t->offset + u->pos, (size_t)u->length);
        return SHMCOL_OK;
    }
    uint64_t split = st->capacity <= u->pos              ? 0
                     : st->capacity - u->pos < u->length ? st->capacity - u->pos
                                                         : u->length;
    shmcol_status status = SHMCOL_OK;
    if (split > 0 && *hash == 0)
        status = sink_pread(s, s->fd, buffer, (size_t)split, t->offset + u->pos, err);
    if (status == SHMCOL_OK)
        status =
            read_side_file(s, t->region, u->pos + split, buffer + split, u->length - split, err);
    if (status != SHMCOL_OK)
        return status;
    if (*hash == 0)
        *hash = fmt_hash(buffer, (size_t)u->length);
    if (split == u->length)
        return SHMCOL_OK;
    status = sink_pwrite(s, s->fd, buffer + split, (size_t)(u->length - split),
                         t->offset + u->pos + split, err);
    if (status == SHMCOL_OK)
        sink_side_file_punch(s, st, u->pos + split, u->length - split);
    return status;
}

/* Copies short regions, with the zero gaps between them, in one write. */
static shmcol_status do_short(pass *p, const unit *u, uint8_t *buffer, shmcol_error *err)
{
    uint64_t base = p->targets[u->first].offset, end = base;
    for (uint32_t i = u->first; i < u->end; i++) {
        const sink_target *t = &p->targets[i];
        const sink_region_state *st = &p->s->regions[t->region];
        memset(buffer + (end - base), 0, t->offset - end);
        shmcol_status status =
            read_side_file(p->s, t->region, 0, buffer + (t->offset - base), t->length, err);
        if (status != SHMCOL_OK)
            return status;
        uint64_t hash = known_hash(st, 0, t->length);
        p->checksums[t->first_checksum] =
            hash != 0 ? hash : fmt_hash(buffer + (t->offset - base), (size_t)t->length);
        end = t->offset + t->length;
    }
    return sink_pwrite(p->s, p->s->fd, buffer, (size_t)(end - base), base, err);
}

static shmcol_status new_buffer(void *arg, uint32_t thread, void **buffer, shmcol_error *err)
{
    (void)arg;
    (void)thread;
    *buffer = malloc(FMT_BLOCK_SIZE);
    return *buffer != NULL ? SHMCOL_OK : shm_fail_memory(err);
}

static void free_buffer(void *arg, void *buffer)
{
    (void)arg;
    free(buffer);
}

static shmcol_status do_unit(void *arg, void *buffer, uint64_t index, uint64_t *done,
                             shmcol_error *err)
{
    pass *p = arg;
    unit u = unit_at(p, index);
    *done = u.length;
    return is_short(p, u.first) ? do_short(p, &u, buffer, err) : do_block(p, &u, buffer, err);
}

shmcol_status sink_blocks(sink *s, const sink_target *targets, uint32_t n, uint64_t *checksums,
                          shmcol_progress call, void *arg, shmcol_error *err)
{
    pass p = {.s = s, .targets = targets, .n = n, .checksums = checksums};
    base_progress progress;
    shmcol_status status = number_units(&p, err);
    if (status != SHMCOL_OK)
        return status;
    uint64_t threads = s->options.threads, useful = p.length / (4 * FMT_BLOCK_SIZE),
             affordable = s->options.memory / FMT_BLOCK_SIZE;
    threads = threads < useful ? threads : useful;
    threads = threads < affordable ? threads : affordable;
    const base_crew crew = {.threads = threads < 1 ? 1 : (uint32_t)threads,
                            .tasks = p.n_units,
                            .arg = &p,
                            .task = do_unit,
                            .begin = new_buffer,
                            .end = free_buffer,
                            .progress = &progress};
    base_progress_init(&progress, call, arg, p.length, 0);
    if (base_progress_call(&progress))
        status = base_crew_run(&crew, err);
    else
        status = shm_fail(err, SHMCOL_ERR_CANCELLED, "", "cancelled");
    free(p.groups);
    return status;
}
