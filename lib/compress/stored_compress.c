/* From the plain form to the compressed one. The length of a buffer is known only when it is
 * compressed, and its offset only when all lengths are (F-43). So the threads first write frames to
 * a side file, in any order, and then copy them to their offsets. */
#include <stdlib.h>
#include <zstd.h>

#include "compress/stored_internal.h"
#include "format/bytes.h"
#include "format/checksum.h"
#include "format/header.h"
#include "format/layout.h"
#include "format/types.h"

_Static_assert(FMT_FRAME_MAX >= ZSTD_COMPRESSBOUND(FMT_BLOCK_SIZE), "F-74");

typedef struct compression {
    stored_file file;
    fmt_table compressed;
    stored_blocks plain;    /* of the plain form, one frame each */
    stored_blocks stored;   /* checksum blocks of the stored form */
    uint64_t *side_file_at; /* of each frame */
    uint64_t *frame_at;     /* of each frame, from the start of its slot's stored bytes */
    uint8_t *frames;        /* the region (F-74) */
    uint8_t *checksums;     /* of the compressed form */
    int level, out, side_file;
    sys_mutex *lock;
    uint64_t side_file_end; /* under lock */
} compression;

static shmcol_status compress_block(void *arg, stored_worker *w, uint64_t index, uint64_t *bytes,
                                    shmcol_error *err)
{
    compression *p = arg;
    const stored_slot *s = stored_slot_at(p->plain.slots, p->plain.n_slots, index);
    const fmt_slot *slot = &p->file.table.descriptors[s->object].slots[s->slot];
    uint64_t block = index - s->first, length = stored_block_length(slot->stored_length, block);
    int64_t column = s->object < p->compressed.header.columns ? (int64_t)s->object : -1;
    fmt_fault fault;
    shmcol_status status = stored_read(&p->file.source, w->plain, (size_t)length,
                                       slot->offset + block * FMT_BLOCK_SIZE, err);
    if (status != SHMCOL_OK)
        return status;
    /* Damaged bytes must not become the valid content of another file. */
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

/* Finds the offset of every frame and every buffer, now that the lengths are known. Errors: those
 * of fmt_layout, NO_MEMORY. */
static shmcol_status lay_out(compression *p, shmcol_error *err)
{
    fmt_fault fault;
    for (uint64_t i = 0, frame = 0; i < p->plain.n_slots; i++) {
        const stored_slot *s = &p->plain.slots[i];
        fmt_slot *slot = &p->compressed.descriptors[s->object].slots[s->slot];
        uint64_t at = FMT_PLAIN_LENGTH_SIZE, end = frame + fmt_block_count(slot->logical_length);
        for (; frame < end; frame++) {
            p->frame_at[frame] = at;
            at += fmt_load32(p->frames + frame * FMT_FRAME_ENTRY_SIZE);
        }
        slot->stored_length = at;
        slot->encoding = FMT_ENCODING_ZSTD;
    }
    if (fmt_layout(&p->compressed, &fault) != FMT_OK)
        return shm_fail_fault(err, &fault, NULL, p->file.source.path);
    /* The checksums are over stored bytes (F-45): the same slots, other blocks. */
    p->stored = p->plain;
    p->stored.n_blocks = 0;
    p->stored.slots = shm_alloc(p->plain.n_slots, sizeof *p->stored.slots);
    p->checksums = shm_alloc(p->compressed.header.regions[FMT_REGION_CHECKSUMS].length, 1);
    if (p->stored.slots == NULL || p->checksums == NULL)
        return shm_fail_memory(err);
    for (uint64_t i = 0; i < p->plain.n_slots; i++) {
        const stored_slot *s = &p->plain.slots[i];
        p->stored.slots[i] = (stored_slot){p->stored.n_blocks, s->object, s->slot};
        p->stored.n_blocks +=
            fmt_block_count(p->compressed.descriptors[s->object].slots[s->slot].stored_length);
    }
    return SHMCOL_OK;
}

/* Returns the last of frames [low, high) that starts at or before `at` of its slot. */
static uint64_t frame_before(const compression *p, uint64_t low, uint64_t high, uint64_t at)
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

/* Collects one block of stored bytes from the side file, hashes and writes it. */
static shmcol_status write_stored_block(void *arg, stored_worker *w, uint64_t index,
                                        uint64_t *bytes, shmcol_error *err)
{
    compression *p = arg;
    const stored_slot *s = stored_slot_at(p->stored.slots, p->stored.n_slots, index);
    const stored_slot *frames = &p->plain.slots[s - p->stored.slots];
    const fmt_slot *slot = &p->compressed.descriptors[s->object].slots[s->slot];
    uint64_t block = index - s->first, begin = block * FMT_BLOCK_SIZE,
             length = stored_block_length(slot->stored_length, block);
    uint64_t last = frames->first + fmt_block_count(slot->logical_length), filled = 0;
    uint64_t frame = frame_before(p, frames->first, last, begin);
    const stored_source side_file = {p->side_file, NULL, p->side_file_end, p->file.source.path};
    shmcol_status status = SHMCOL_OK;
    (void)bytes; /* the progress counts plain bytes, which are done */
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

/* Refuses a part of a table, and features that this version does not know: they may contain
 * offsets, which change (F-75). Errors: INVALID_ARGUMENT, FEATURE. */
static shmcol_status check_known(const stored_file *file, shmcol_error *err)
{
    if (fmt_header_is_part(&file->table.header)) {
        shm_fail(err, SHMCOL_ERR_INVALID_ARGUMENT, "F-79",
                 "the file is a part of a table, which is never compressed");
        shm_error_path(err, file->source.path);
        return SHMCOL_ERR_INVALID_ARGUMENT;
    }
    if (!fmt_header_has_unknown(&file->table.header))
        return SHMCOL_OK;
    shm_fail(err, SHMCOL_ERR_FEATURE, "F-20",
             "the file has features this version does not know: it cannot be rewritten");
    shm_error_path(err, file->source.path);
    return SHMCOL_ERR_FEATURE;
}

/* Prepares the tables and arrays of a compression. Errors: those of check_known, NO_MEMORY. */
static shmcol_status prepare(compression *p, shmcol_error *err)
{
    shmcol_status status = check_known(&p->file, err);
    if (status != SHMCOL_OK)
        return status;
    status = stored_copy_table(&p->file, &p->compressed, err);
    if (status != SHMCOL_OK)
        return status;
    status = stored_blocks_of(&p->compressed, &p->plain, err);
    if (status != SHMCOL_OK)
        return status;
    p->compressed.header.incompat |= FMT_INCOMPAT_COMPRESSED;
    p->side_file_at = shm_alloc(p->plain.n_blocks, sizeof *p->side_file_at);
    p->frame_at = shm_alloc(p->plain.n_blocks, sizeof *p->frame_at);
    p->frames = shm_alloc(p->plain.n_blocks, FMT_FRAME_ENTRY_SIZE);
    p->lock = sys_mutex_new();
    if (p->side_file_at == NULL || p->frame_at == NULL || p->frames == NULL || p->lock == NULL)
        return shm_fail_memory(err);
    return SHMCOL_OK;
}

static shmcol_status compress_all(compression *p, const stored_work *work, stored_result *result,
                                  shmcol_error *err)
{
    const fmt_header *plain = &p->file.table.header;
    shmcol_status status = prepare(p, err);
    if (status != SHMCOL_OK)
        return status;
    stored_crew crew = {.work = work,
                        .tasks = p->plain.n_blocks,
                        .total = p->plain.bytes,
                        .arg = p,
                        .task = compress_block,
                        .begin = new_context,
                        .end = free_context};
    status = stored_run(&crew, err);
    if (status != SHMCOL_OK)
        return status;
    status = lay_out(p, err);
    if (status != SHMCOL_OK)
        return status;
    crew = (stored_crew){.work = work,
                         .tasks = p->stored.n_blocks,
                         .total = p->plain.bytes,
                         .arg = p,
                         .task = write_stored_block};
    status = stored_run(&crew, err);
    if (status != SHMCOL_OK)
        return status;
    status = stored_write(&p->file, &p->compressed, p->checksums, p->frames, plain->file_id, p->out,
                          err);
    if (status != SHMCOL_OK)
        return status;
    *result = (stored_result){p->compressed.header.file_size, plain->file_size, {0}};
    memcpy(result->file_id, p->compressed.header.file_id, sizeof result->file_id);
    return SHMCOL_OK;
}

shmcol_status stored_compress(const stored_source *source, const stored_work *work, int out,
                              int side_file, stored_result *result, shmcol_error *err)
{
    compression p = {.level = work->level, .out = out, .side_file = side_file};
    shmcol_status status = stored_load(source, false, &p.file, err);
    if (status == SHMCOL_OK)
        status = compress_all(&p, work, result, err);
    free(p.compressed.descriptors);
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
