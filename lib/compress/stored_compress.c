/* From the plain form to the compressed one. How long a buffer gets is known only when it is
 * compressed, and its place only when all lengths are (F-43): so frames go to a side file first, in
 * whatever order the threads finish them, and from there to their places. */
#include <stdlib.h>
#include <zstd.h>

#include "compress/stored_internal.h"
#include "format/bytes.h"
#include "format/checksum.h"
#include "format/header.h"
#include "format/layout.h"
#include "format/types.h"

_Static_assert(FMT_FRAME_MAX >= ZSTD_COMPRESSBOUND(FMT_BLOCK_SIZE), "F-74");

typedef struct packing {
    stored_file file;
    fmt_table packed;
    stored_blocks plain;    /* of the plain form, one frame each */
    stored_blocks stored;   /* checksum blocks of the stored form */
    uint64_t *side_file_at; /* of each frame */
    uint64_t *frame_at;     /* of each frame, from the start of its slot's stored bytes */
    uint8_t *frames;        /* the region (F-74) */
    uint8_t *checksums;     /* of the compressed form */
    int level, out, side_file;
    sys_mutex *lock;
    uint64_t side_file_end; /* under lock */
} packing;

static shmcol_status pack_block(void *arg, stored_worker *w, uint64_t index, uint64_t *bytes,
                                shmcol_error *err)
{
    packing *p = arg;
    const stored_slot *s = stored_slot_at(p->plain.slots, p->plain.n_slots, index);
    const fmt_slot *slot = &p->file.table.descriptors[s->object].slots[s->slot];
    uint64_t block = index - s->first, length = stored_block_length(slot->stored_length, block);
    int64_t column = s->object < p->packed.header.columns ? (int64_t)s->object : -1;
    fmt_fault fault;
    shmcol_status status = stored_read(&p->file.source, w->plain, (size_t)length,
                                       slot->offset + block * FMT_BLOCK_SIZE, err);
    if (status != SHMCOL_OK)
        return status;
    /* What is damaged must not become the good content of another file. */
    if (fmt_check_blocks(w->plain, length, p->file.checksums + 8 * (slot->first_checksum + block),
                         slot->offset, block, column, &fault) != FMT_OK)
        return shm_fail_fault(err, &fault, NULL, p->file.source.path);
    size_t size =
        ZSTD_compressCCtx(w->zstd, w->frame, FMT_FRAME_MAX, w->plain, (size_t)length, p->level);
    if (ZSTD_isError(size))
        return shm_fail(err, SHMCOL_ERR_NO_MEMORY, "", "zstd: %s", ZSTD_getErrorName(size));
    sys_lock(p->lock);
    uint64_t at = p->side_file_end;
    p->side_file_end += size;
    sys_unlock(p->lock);
    p->side_file_at[index] = at;
    fmt_store32(p->frames + index * FMT_FRAME_ENTRY_SIZE, (uint32_t)size);
    *bytes = length;
    return stored_pwrite(w->frame, size, at, p->side_file, err);
}

/* The lengths are known: where every frame and every buffer goes. */
static shmcol_status lay_out(packing *p, shmcol_error *err)
{
    fmt_fault fault;
    for (uint64_t i = 0, frame = 0; i < p->plain.n_slots; i++) {
        const stored_slot *s = &p->plain.slots[i];
        fmt_slot *slot = &p->packed.descriptors[s->object].slots[s->slot];
        uint64_t at = FMT_PLAIN_LENGTH_SIZE, end = frame + fmt_block_count(slot->logical_length);
        for (; frame < end; frame++) {
            p->frame_at[frame] = at;
            at += fmt_load32(p->frames + frame * FMT_FRAME_ENTRY_SIZE);
        }
        slot->stored_length = at;
        slot->encoding = FMT_ENCODING_ZSTD;
    }
    if (fmt_layout(&p->packed, &fault) != FMT_OK)
        return shm_fail_fault(err, &fault, NULL, p->file.source.path);
    /* The checksums are over stored bytes (F-45): the same slots, other blocks. */
    p->stored = p->plain;
    p->stored.n_blocks = 0;
    p->stored.slots = shm_alloc(p->plain.n_slots, sizeof *p->stored.slots);
    p->checksums = shm_alloc(p->packed.header.regions[FMT_REGION_CHECKSUMS].length, 1);
    if (p->stored.slots == NULL || p->checksums == NULL)
        return shm_fail_memory(err);
    for (uint64_t i = 0; i < p->plain.n_slots; i++) {
        const stored_slot *s = &p->plain.slots[i];
        p->stored.slots[i] = (stored_slot){p->stored.n_blocks, s->object, s->slot};
        p->stored.n_blocks +=
            fmt_block_count(p->packed.descriptors[s->object].slots[s->slot].stored_length);
    }
    return SHMCOL_OK;
}

/* The last of frames [low, high) that starts at or before `at` of its slot. */
static uint64_t frame_before(const packing *p, uint64_t low, uint64_t high, uint64_t at)
{
    while (high - low > 1) {
        uint64_t middle = low + (high - low) / 2;
        if (p->frame_at[middle] <= at)
            low = middle;
        else
            high = middle;
    }
    return low;
}

/* One block of stored bytes: gathered from the side file, hashed, written. */
static shmcol_status write_stored_block(void *arg, stored_worker *w, uint64_t index,
                                        uint64_t *bytes, shmcol_error *err)
{
    packing *p = arg;
    const stored_slot *s = stored_slot_at(p->stored.slots, p->stored.n_slots, index);
    const stored_slot *frames = &p->plain.slots[s - p->stored.slots];
    const fmt_slot *slot = &p->packed.descriptors[s->object].slots[s->slot];
    uint64_t block = index - s->first, begin = block * FMT_BLOCK_SIZE,
             length = stored_block_length(slot->stored_length, block);
    uint64_t last = frames->first + fmt_block_count(slot->logical_length), filled = 0;
    uint64_t frame = frame_before(p, frames->first, last, begin);
    const stored_source side_file = {p->side_file, NULL, p->side_file_end, p->file.source.path};
    shmcol_status status = SHMCOL_OK;
    (void)bytes; /* the progress is over plain bytes, which are through */
    if (block == 0) {
        fmt_store64(w->plain, slot->logical_length); /* Arrow's prefix (F-72) */
        filled = FMT_PLAIN_LENGTH_SIZE;
    }
    for (; frame < last && filled < length && status == SHMCOL_OK; frame++) {
        uint64_t skip = begin + filled - p->frame_at[frame],
                 left = fmt_load32(p->frames + frame * FMT_FRAME_ENTRY_SIZE) - skip;
        uint64_t n = left < length - filled ? left : length - filled;
        status = stored_read(&side_file, w->plain + filled, (size_t)n,
                             p->side_file_at[frame] + skip, err);
        filled += n;
    }
    if (status != SHMCOL_OK)
        return status;
    fmt_hash_blocks(w->plain, length, p->checksums + 8 * (slot->first_checksum + block));
    return stored_pwrite(w->plain, (size_t)length, slot->offset + begin, p->out, err);
}

static void *new_context(void)
{
    return ZSTD_createCCtx();
}

static void free_context(void *zstd)
{
    (void)ZSTD_freeCCtx(zstd);
}

bool stored_level_good(int level)
{
    return level >= 1 && level <= ZSTD_maxCLevel();
}

/* F-75: what this version does not know might speak of places, which change. */
static shmcol_status check_known(const stored_file *file, shmcol_error *err)
{
    if (!fmt_header_has_unknown(&file->table.header))
        return SHMCOL_OK;
    shm_fail(err, SHMCOL_ERR_FEATURE, "F-20",
             "the file has features this version does not know: it cannot be rewritten");
    shm_error_path(err, file->source.path);
    return SHMCOL_ERR_FEATURE;
}

static shmcol_status pack_all(packing *p, const stored_work *work, stored_result *result,
                              shmcol_error *err)
{
    const fmt_header *plain = &p->file.table.header;
    shmcol_status status = check_known(&p->file, err);
    if (status == SHMCOL_OK)
        status = stored_copy_table(&p->file, &p->packed, err);
    if (status == SHMCOL_OK)
        status = stored_blocks_of(&p->packed, &p->plain, err);
    if (status != SHMCOL_OK)
        return status;
    p->packed.header.incompat |= FMT_INCOMPAT_COMPRESSED;
    p->side_file_at = shm_alloc(p->plain.n_blocks, sizeof *p->side_file_at);
    p->frame_at = shm_alloc(p->plain.n_blocks, sizeof *p->frame_at);
    p->frames = shm_alloc(p->plain.n_blocks, FMT_FRAME_ENTRY_SIZE);
    p->lock = sys_mutex_new();
    if (p->side_file_at == NULL || p->frame_at == NULL || p->frames == NULL || p->lock == NULL)
        return shm_fail_memory(err);
    stored_crew crew = {work,       p->plain.n_blocks, p->plain.bytes, p,
                        pack_block, new_context,       free_context};
    status = stored_run(&crew, err);
    if (status == SHMCOL_OK)
        status = lay_out(p, err);
    if (status != SHMCOL_OK)
        return status;
    crew =
        (stored_crew){work, p->stored.n_blocks, p->plain.bytes, p, write_stored_block, NULL, NULL};
    status = stored_run(&crew, err);
    if (status == SHMCOL_OK)
        status = stored_write(&p->file, &p->packed, p->checksums, p->frames, plain->file_id, p->out,
                              err);
    if (status == SHMCOL_OK) {
        *result = (stored_result){p->packed.header.file_size, plain->file_size, {0}};
        memcpy(result->file_id, p->packed.header.file_id, sizeof result->file_id);
    }
    return status;
}

shmcol_status stored_compress(const stored_source *source, const stored_work *work, int out,
                              int side_file, stored_result *result, shmcol_error *err)
{
    packing p = {.level = work->level, .out = out, .side_file = side_file};
    shmcol_status status = stored_load(source, false, &p.file, err);
    if (status == SHMCOL_OK)
        status = pack_all(&p, work, result, err);
    free(p.packed.descriptors);
    free(p.plain.slots);
    free(p.stored.slots);
    free(p.side_file_at);
    free(p.frame_at);
    free(p.frames);
    free(p.checksums);
    if (p.lock != NULL)
        sys_mutex_free(p.lock);
    stored_free(&p.file);
    return status;
}
