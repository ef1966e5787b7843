/* The pass over all blocks at the end. It copies what is in the side file to its offset in the
 * output, and hashes every block that was not hashed on the way in (F-45). Threads take units of at
 * most one block; a unit is one block of a region, or several short regions that lie one behind the
 * other. Everything is read into buffers and nothing is mapped, since pages of a map would count as
 * this process's memory; but a map that the caller has anyway is used. */
#include <stdlib.h>
#include <string.h>

#include "format/hash.h"
#include "sink/sink_internal.h"

typedef struct pass {
    sink *s;
    const sink_target *targets;
    uint32_t n;
    uint64_t *checksums; /* 0: not known yet */
    /* under s->lock */
    uint32_t target; /* the next unit starts in this one */
    uint64_t pos;    /* at this position of it */
    uint64_t done, total;
    shmcol_progress progress;
    void *progress_arg;
    shmcol_status status;
    shmcol_error *err;
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

/* Takes the next unit that needs work. Returns false at the end, or after an error. Called under
 * s->lock. */
static bool next_unit(pass *p, unit *u)
{
    while (p->target < p->n && p->status == SHMCOL_OK) {
        const sink_target *t = &p->targets[p->target];
        *u = (unit){p->target, p->target + 1, p->pos, t->length - p->pos};
        if (is_short(p, p->target)) {
            while (u->end < p->n && is_short(p, u->end) &&
                   p->targets[u->end].offset + p->targets[u->end].length - t->offset <=
                       FMT_BLOCK_SIZE)
                u->length += p->targets[u->end++].length;
            p->target = u->end;
            p->done += u->length;
            return true;
        }
        if (u->length > FMT_BLOCK_SIZE)
            u->length = FMT_BLOCK_SIZE;
        p->pos += u->length;
        p->done += u->length;
        if (p->pos == t->length) {
            p->target++;
            p->pos = 0;
        }
        const sink_region_state *st = &p->s->regions[t->region];
        uint64_t block = u->pos / FMT_BLOCK_SIZE, hash = known_hash(st, block, u->length);
        p->checksums[t->first_checksum + block] = hash;
        if (hash == 0 || u->pos + u->length > st->capacity)
            return true;
    }
    return false;
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
    uint64_t *hash = &p->checksums[t->first_checksum + u->pos / FMT_BLOCK_SIZE];
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

static void work(void *arg, uint32_t index)
{
    pass *p = arg;
    shmcol_error error = SHMCOL_ERROR_INIT;
    (void)index;
    uint8_t *buffer = malloc(FMT_BLOCK_SIZE);
    shmcol_status status = buffer != NULL ? SHMCOL_OK : shm_fail_memory(&error);
    for (;;) {
        unit u;
        sys_lock(p->s->lock);
        if (status == SHMCOL_OK && p->progress != NULL && p->status == SHMCOL_OK &&
            p->progress(p->progress_arg, p->done, p->total) != 0)
            status = shm_fail(&error, SHMCOL_ERR_CANCELLED, "", "cancelled");
        if (status != SHMCOL_OK && p->status == SHMCOL_OK) {
            p->status = status;
            if (p->err != NULL)
                *p->err = error;
        }
        bool more = next_unit(p, &u);
        sys_unlock(p->s->lock);
        if (!more)
            break;
        status = is_short(p, u.first) ? do_short(p, &u, buffer, &error)
                                      : do_block(p, &u, buffer, &error);
    }
    free(buffer);
}

shmcol_status sink_blocks(sink *s, const sink_target *targets, uint32_t n, uint64_t *checksums,
                          shmcol_progress progress, void *progress_arg, shmcol_error *err)
{
    pass p = {.s = s,
              .targets = targets,
              .n = n,
              .checksums = checksums,
              .progress = progress,
              .progress_arg = progress_arg,
              .err = err};
    for (uint32_t i = 0; i < n; i++)
        p.total += targets[i].length;
    uint64_t threads = s->options.threads, useful = p.total / (4 * FMT_BLOCK_SIZE),
             affordable = s->options.memory / FMT_BLOCK_SIZE;
    threads = threads < useful ? threads : useful;
    threads = threads < affordable ? threads : affordable;
    sys_parallel(threads < 1 ? 1 : (uint32_t)threads, work, &p);
    return p.status;
}
