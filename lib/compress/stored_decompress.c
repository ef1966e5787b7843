/* From the compressed form to the plain one. Nothing in the source is trusted: each frame is read
 * into a buffer of its own, must state the length of its contents, and is decompressed into exactly
 * that much memory. At the end the whole plain form is verified by its id (F-75 … F-77). */
#include <inttypes.h>
#include <stdlib.h>
#include <zstd.h>

#include "compress/stored_internal.h"
#include "format/bytes.h"
#include "format/checksum.h"
#include "format/frames.h"
#include "format/header.h"
#include "format/layout.h"
#include "format/types.h"

/* Where a block lies in a compressed file. */
typedef struct stored_place {
    uint64_t offset;
    uint32_t length;
} stored_place;

typedef struct decompression {
    stored_file file;
    fmt_table plain; /* laid out */
    stored_blocks blocks;
    stored_place *places; /* of each block, in the source */
    uint8_t *checksums;   /* of the plain form */
    int out;
} decompression;

static shmcol_status bad_frame(const decompression *u, const stored_slot *s, uint64_t offset,
                               const char *what, shmcol_error *err)
{
    fmt_fault fault;
    int64_t column = s->object < u->plain.header.columns ? (int64_t)s->object : -1;
    fmt_fail_at(&fault, FMT_FRAME, "F-76", offset, column, -1, "%s", what);
    return shm_fail_fault(err, &fault, NULL, u->file.source.path);
}

/* Decompresses a frame, which must hold exactly one block (F-72). Describes what is wrong with it;
 * NULL: nothing. */
static const char *decompress(stored_worker *w, size_t length, size_t content)
{
    if (!fmt_frame_good(w->frame, length, content))
        return "a block's bytes are not one zstd frame that holds it";
    if (ZSTD_decompressDCtx(w->zstd, w->plain, content, w->frame, length) != content)
        return "a frame cannot be decompressed";
    return NULL;
}

/* Checks the prefix of a slot's stored bytes (F-72). Errors: FRAME, those of stored_read. */
static shmcol_status check_prefix(const decompression *u, const stored_slot *s, shmcol_error *err)
{
    const fmt_slot *from = &u->file.table.descriptors[s->object].slots[s->slot];
    const bool zstd = from->encoding == FMT_ENCODING_ZSTD;
    uint8_t prefix[FMT_PLAIN_LENGTH_SIZE];
    shmcol_status status = stored_read(&u->file.source, prefix, sizeof prefix, from->offset, err);
    if (status != SHMCOL_OK ||
        fmt_load64(prefix) == (zstd ? from->logical_length : FMT_NOT_COMPRESSED))
        return status;
    return bad_frame(u, s, from->offset,
                     zstd ? "the length before a buffer's frames is not its own"
                          : "the mark before a buffer that is not compressed is not -1",
                     err);
}

/* Reads one block of a buffer into w->plain. Errors: FRAME, those of stored_read. */
static shmcol_status read_block(const decompression *u, stored_worker *w, uint64_t index,
                                size_t length, shmcol_error *err)
{
    const stored_slot *s = stored_slot_at(u->blocks.slots, u->blocks.n_slots, index);
    const stored_place *from = &u->places[index];
    if (u->file.table.descriptors[s->object].slots[s->slot].encoding == FMT_ENCODING_PLAIN)
        return stored_read(&u->file.source, w->plain, length, from->offset, err);
    shmcol_status status = stored_read(&u->file.source, w->frame, from->length, from->offset, err);
    if (status != SHMCOL_OK)
        return status;
    const char *problem = decompress(w, from->length, length);
    return problem != NULL ? bad_frame(u, s, from->offset, problem, err) : SHMCOL_OK;
}

static shmcol_status decompress_block(void *arg, stored_worker *w, uint64_t index, uint64_t *bytes,
                                      shmcol_error *err)
{
    decompression *u = arg;
    const stored_slot *s = stored_slot_at(u->blocks.slots, u->blocks.n_slots, index);
    const fmt_slot *to = &u->plain.descriptors[s->object].slots[s->slot];
    uint64_t block = index - s->first, length = stored_block_length(to->stored_length, block);
    shmcol_status status = block == 0 ? check_prefix(u, s, err) : SHMCOL_OK;
    if (status != SHMCOL_OK)
        return status;
    status = read_block(u, w, index, (size_t)length, err);
    if (status != SHMCOL_OK)
        return status;
    fmt_hash_blocks(w->plain, length, u->checksums + 8 * (to->first_checksum + block));
    *bytes = length;
    return stored_pwrite(w->plain, (size_t)length, to->offset + block * FMT_BLOCK_SIZE, u->out,
                         err);
}

/* Makes the table of the plain form. By F-16 it is the one that the same writer would have written,
 * so its layout follows from the lengths. Errors: those of fmt_layout, NO_MEMORY. */
static shmcol_status plain_table(const stored_file *file, fmt_table *out, shmcol_error *err)
{
    fmt_fault fault;
    shmcol_status status = stored_copy_table(file, out, err);
    if (status != SHMCOL_OK)
        return status;
    out->header.incompat &= ~FMT_INCOMPAT_COMPRESSED;
    for (uint64_t i = 0; i < (uint64_t)out->header.columns + out->header.dictionaries; i++) {
        for (int s = 0; s < FMT_SLOTS; s++) {
            fmt_slot *slot = &out->descriptors[i].slots[s];
            slot->stored_length = slot->logical_length;
            slot->encoding = FMT_ENCODING_PLAIN;
        }
    }
    if (fmt_layout(out, &fault) != FMT_OK)
        status = shm_fail_fault(err, &fault, NULL, file->source.path);
    return status;
}

/* Finds where each block lies in the source: its frame, or its plain bytes. */
static shmcol_status find_places(decompression *u, shmcol_error *err)
{
    uint64_t block = 0;
    const uint8_t *frame = u->file.frames; /* the length of the next one */
    u->places = shm_alloc(u->blocks.n_blocks, sizeof *u->places);
    u->checksums = shm_alloc(u->plain.header.regions[FMT_REGION_CHECKSUMS].length, 1);
    if (u->places == NULL || u->checksums == NULL)
        return shm_fail_memory(err);
    for (uint64_t i = 0; i < u->blocks.n_slots; i++) {
        const stored_slot *s = &u->blocks.slots[i];
        const fmt_slot *slot = &u->file.table.descriptors[s->object].slots[s->slot];
        uint64_t at = slot->offset + FMT_PLAIN_LENGTH_SIZE,
                 end = block + fmt_block_count(slot->logical_length);
        for (; block < end; block++) {
            uint32_t length = FMT_BLOCK_SIZE; /* the last may be shorter */
            if (slot->encoding == FMT_ENCODING_ZSTD) {
                length = fmt_load32(frame);
                frame += FMT_FRAME_ENTRY_SIZE;
            }
            u->places[block] = (stored_place){at, length};
            at += length;
        }
    }
    return SHMCOL_OK;
}

static void *new_context(void)
{
    return ZSTD_createDCtx();
}

static void free_context(void *zstd)
{
    (void)ZSTD_freeDCtx(zstd);
}

static shmcol_status beyond_limit(const decompression *u, uint64_t limit, shmcol_error *err)
{
    shm_fail(err, SHMCOL_ERR_MEMORY_BOUND, "",
             "the plain form takes %" PRIu64 " bytes, more than the bound of %" PRIu64,
             u->plain.header.file_size, limit);
    shm_error_path(err, u->file.source.path);
    return SHMCOL_ERR_MEMORY_BOUND;
}

/* Checks that the plain form is the one whose id the source has (F-16). Errors: FILE_ID. */
static shmcol_status check_content(const decompression *u, shmcol_error *err)
{
    fmt_fault fault;
    if (memcmp(u->plain.header.file_id, u->file.table.header.content_id, FMT_ID_SIZE) == 0)
        return SHMCOL_OK;
    fmt_fail(&fault, FMT_FILE_ID, "F-16", FMT_H_CONTENT_ID,
             "content_id is not the file_id of the plain form");
    return shm_fail_fault(err, &fault, NULL, u->file.source.path);
}

static shmcol_status decompress_all(decompression *u, const stored_work *work,
                                    stored_result *result, shmcol_error *err)
{
    const fmt_header *stored = &u->file.table.header;
    shmcol_status status = plain_table(&u->file, &u->plain, err);
    if (status != SHMCOL_OK)
        return status;
    if (work->limit != 0 && u->plain.header.file_size > work->limit)
        return beyond_limit(u, work->limit, err);
    status = stored_blocks_of(&u->plain, &u->blocks, err);
    if (status != SHMCOL_OK)
        return status;
    status = find_places(u, err);
    if (status != SHMCOL_OK)
        return status;
    const stored_crew crew = {.work = work,
                              .tasks = u->blocks.n_blocks,
                              .total = u->blocks.bytes,
                              .arg = u,
                              .task = decompress_block,
                              .begin = new_context,
                              .end = free_context};
    status = stored_run(&crew, err);
    if (status != SHMCOL_OK)
        return status;
    status = stored_write(&u->file, &u->plain, u->checksums, NULL, NULL, u->out, err);
    if (status != SHMCOL_OK)
        return status;
    status = check_content(u, err);
    if (status != SHMCOL_OK)
        return status;
    *result = (stored_result){stored->file_size, u->plain.header.file_size, {0}};
    memcpy(result->file_id, stored->file_id, sizeof result->file_id);
    return SHMCOL_OK;
}

shmcol_status stored_decompress(const stored_source *source, const stored_work *work, int out,
                                stored_result *result, shmcol_error *err)
{
    decompression u = {.out = out};
    shmcol_status status = stored_load(source, true, &u.file, err);
    if (status == SHMCOL_OK)
        status = decompress_all(&u, work, result, err);
    free(u.plain.descriptors);
    free(u.blocks.slots);
    free(u.places);
    free(u.checksums);
    stored_free(&u.file);
    return status;
}

shmcol_status stored_plain_size(const stored_source *source, uint64_t *size, shmcol_error *err)
{
    stored_file file;
    fmt_table plain = {0};
    shmcol_status status = stored_load(source, true, &file, err);
    if (status == SHMCOL_OK)
        status = plain_table(&file, &plain, err);
    if (status == SHMCOL_OK)
        *size = plain.header.file_size;
    free(plain.descriptors);
    stored_free(&file);
    return status;
}
