/* The structures and functions that the files of lib/compress share. */
#ifndef SHMCOL_COMPRESS_STORED_INTERNAL_H
#define SHMCOL_COMPRESS_STORED_INTERNAL_H

#include "alloc.h"
#include "compress/stored.h"
#include "format/fault.h"
#include "format/ondisk.h"
#include "sys/sys.h"

/* ---- stored_load.c ---- */

/* A file whose directory was read. */ typedef struct stored_file {
    stored_source source;
    fmt_table table; /* names and metadata point into `front` */
    uint8_t *front;  /* [0, end of metadata), as it is in the file */
    uint64_t front_length;
    uint8_t *checksums, *zones, *frames; /* these regions; frames of a compressed file only */
} stored_file;

/* Reads the directory of a file and checks it as the level `structure` does (F-62), up to the first
 * failure. `compressed`: the form that the file must have. The caller frees *out with stored_free,
 * whatever is returned. Errors: those of a damaged source, INVALID_ARGUMENT (the other form),
 * ENVELOPE_VERSION, IO, NO_MEMORY. */
shmcol_status stored_load(const stored_source *source, bool compressed, stored_file *out,
                          shmcol_error *err);
void stored_free(stored_file *file);
/* Reads exactly `length` bytes at `offset`. Errors: TRUNCATED (the file ends before, though it did
 * not when it was opened), IO. */
shmcol_status stored_read(const stored_source *source, void *data, size_t length, uint64_t offset,
                          shmcol_error *err);

/* ---- stored_crew.c ---- */

/* The memory of one thread. */
typedef struct stored_worker {
    uint8_t *plain, *frame; /* FMT_BLOCK_SIZE and FMT_FRAME_MAX bytes */
    void *zstd;             /* a context for one direction; NULL: none */
} stored_worker;

typedef struct stored_crew {
    const stored_work *work;
    uint64_t tasks, total; /* total: bytes, for the progress */
    void *arg;
    /* Does task `index`; sets *done to the bytes that count as progress, if any. */
    shmcol_status (*task)(void *arg, stored_worker *worker, uint64_t index, uint64_t *done,
                          shmcol_error *err);
    void *(*begin)(void); /* makes a thread's zstd context; NULL: none is needed */
    void (*end)(void *zstd);
} stored_crew;

/* Does all tasks with work->threads threads. Errors: that of the failed task with the lowest index,
 * CANCELLED, NO_MEMORY. */
shmcol_status stored_run(const stored_crew *crew, shmcol_error *err);

/* ---- stored_blocks.c: the blocks of all buffers, in the order of F-45 ---- */

/* A slot that is not empty, and the number of its first block, which is that of its first frame if
 * the blocks are of plain bytes. */
typedef struct stored_slot {
    uint64_t first;
    uint32_t object;
    uint8_t slot;
} stored_slot;

typedef struct stored_blocks {
    stored_slot *slots;
    uint64_t n_slots, n_blocks, bytes; /* bytes: of the plain form */
} stored_blocks;

/* Numbers the blocks of all buffers of a table. The caller frees out->slots. Errors: NO_MEMORY. */
shmcol_status stored_blocks_of(const fmt_table *table, stored_blocks *out, shmcol_error *err);
/* Returns the slot of the block with that number. */
const stored_slot *stored_slot_at(const stored_slot *slots, uint64_t n, uint64_t number);
/* Returns the length of block `block` of `length` bytes. */
static inline uint64_t stored_block_length(uint64_t length, uint64_t block)
{
    uint64_t left = length - block * FMT_BLOCK_SIZE;
    return left < FMT_BLOCK_SIZE ? left : FMT_BLOCK_SIZE;
}

/* ---- stored_write.c: everything of the other form but its buffers ---- */

/* Copies the source's table, to be changed into that of the other form. Names and metadata stay the
 * source's; the caller frees out->descriptors. Errors: NO_MEMORY. */
shmcol_status stored_copy_table(const stored_file *file, fmt_table *out, shmcol_error *err);
/* Writes checksums, zone maps, frames, envelope, directory and header, and sets the file's length
 * and the file_id in out's header. content_id is `content` or, if that is NULL, file_id. `frames`
 * NULL: a plain file. Errors: IO, NO_MEMORY. */
shmcol_status stored_write(const stored_file *file, fmt_table *out, const uint8_t *checksums,
                           const uint8_t *frames, const uint8_t *content, int fd,
                           shmcol_error *err);
/* Writes all bytes. Errors: IO. */
shmcol_status stored_pwrite(const void *data, size_t length, uint64_t offset, int fd,
                            shmcol_error *err);

#endif
