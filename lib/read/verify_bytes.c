/* The level `checksums` of F-62: zero gaps, then every block of every buffer. */
#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "format/bytes.h"
#include "format/checksum.h"
#include "format/layout.h"
#include "format/ondisk.h"
#include "format/types.h"
#include "read/verify.h"

/* ---- gaps (F-4) ---- */

enum { GAP_BUFFER = 16384 };

/* Opens the file itself, so that reading a gap does not fill a hole of it with pages. Returns -1 if
 * there is no way to it; then the map is read. */
static int open_itself(const shmcol_file *file)
{
    sys_file_info info;
    int fd = -1;
    if (file->in_memory)
        return -1;
    if (file->fd >= 0)
        return sys_dup(file->fd, &fd) == 0 ? fd : -1;
    if (sys_open_map(file->path, &fd) != 0)
        return -1;
    /* The name may be another file's by now. */
    if (sys_stat_fd(fd, &info) == 0 && info.device == file->device && info.inode == file->inode &&
        info.size == file->header.file_size)
        return fd;
    sys_close(fd);
    return -1;
}

typedef struct gaps {
    verify *v;
    int fd;
} gaps;

static int check_gap(void *arg, uint64_t offset, uint64_t length)
{
    gaps *g = arg;
    uint8_t buffer[GAP_BUFFER];
    fmt_fault fault;
    for (uint64_t at = 0; at < length;) {
        size_t n = length - at < sizeof buffer ? (size_t)(length - at) : sizeof buffer, got = 0;
        const uint8_t *bytes = g->v->file->map + offset + at;
        if (g->fd >= 0 && sys_pread(g->fd, buffer, n, offset + at, &got) == 0 && got == n)
            bytes = buffer;
        for (size_t i = 0; !fmt_is_zero(bytes + i, n - i); i++) {
            if (bytes[i] == 0)
                continue;
            fmt_fail(&fault, FMT_GAP, "F-4", offset + at + i,
                     "a byte between two parts is not zero");
            verify_problem(g->v, &fault);
            return FMT_OK; /* one problem for each gap */
        }
        at += n;
    }
    return FMT_OK;
}

void verify_gaps(verify *v)
{
    gaps g = {v, open_itself(v->file)};
    fmt_each_gap(&v->table, check_gap, &g);
    sys_close(g.fd);
}

/* ---- blocks (F-45) ---- */

/* A slot and the number of its first task; there is a task for each block. */
typedef struct slot_tasks {
    uint64_t first;
    uint32_t object;
    int slot;
} slot_tasks;

/* Lives in v->scratch while the step runs. */
typedef struct block_plan {
    uint64_t n;
    slot_tasks slots[];
} block_plan;

/* Finds the slot of a task: the last whose first task is not above it. */
static uint64_t slot_of(const block_plan *plan, uint64_t task)
{
    uint64_t low = 0, high = plan->n;
    while (high - low > 1) {
        uint64_t middle = low + (high - low) / 2;
        if (plan->slots[middle].first <= task)
            low = middle;
        else
            high = middle;
    }
    return low;
}

static uint64_t check_block(verify_worker *worker, uint64_t task)
{
    verify *v = worker->v;
    const block_plan *plan = v->scratch;
    uint64_t key = slot_of(plan, task);
    const slot_tasks *t = &plan->slots[key];
    const fmt_slot *slot = &v->table.descriptors[t->object].slots[t->slot];
    uint64_t block = task - t->first, start = block * FMT_BLOCK_SIZE;
    uint64_t length =
        slot->stored_length - start < FMT_BLOCK_SIZE ? slot->stored_length - start : FMT_BLOCK_SIZE;
    const uint8_t *sums = v->file->map + v->table.header.regions[FMT_REGION_CHECKSUMS].offset +
                          8 * (slot->first_checksum + block);
    int64_t column = t->object < v->table.header.columns ? (int64_t)t->object : -1;
    fmt_fault fault;
    if (fmt_check_blocks(v->file->map + slot->offset + start, length, sums, slot->offset, block,
                         column, &fault) != FMT_OK)
        verify_found(v, key, block, &fault);
    return length;
}

void verify_blocks(verify *v)
{
    uint64_t objects = (uint64_t)v->table.header.columns + v->table.header.dictionaries, tasks = 0;
    block_plan *plan = shm_alloc(sizeof *plan + objects * FMT_SLOTS * sizeof(slot_tasks), 1);
    if (plan == NULL) {
        verify_fail(v, SHMCOL_ERR_NO_MEMORY);
        return;
    }
    v->scratch = plan;
    plan->n = 0;
    for (uint64_t i = 0; i < objects; i++) {
        for (int s = 0; s < FMT_SLOTS && v->states[i] >= OBJECT_ALONE; s++) {
            uint64_t blocks = fmt_block_count(v->table.descriptors[i].slots[s].stored_length);
            if (blocks != 0)
                plan->slots[plan->n++] = (slot_tasks){tasks, (uint32_t)i, s};
            tasks += blocks;
        }
    }
    if (verify_keys(v, plan->n))
        verify_tasks(v, tasks, check_block);
    verify_report(v, 1);
    free(v->scratch);
    v->scratch = NULL;
}
