/* What the files of lib/compress share. */
#ifndef SHMCOL_COMPRESS_STORED_INTERNAL_H
#define SHMCOL_COMPRESS_STORED_INTERNAL_H

#include "alloc.h"
#include "compress/stored.h"
#include "format/fault.h"
#include "format/ondisk.h"
#include "sys/sys.h"

/* ---- stored_load.c: a file's directory, checked as the level `structure` does (F-62), the first
 * failure ends it ---- */

typedef struct stored_file {
    stored_source source;
    fmt_table table; /* names and metadata point into `front` */
    uint8_t *front;  /* [0, end of metadata), as it is in the file */
    uint64_t front_length;
    uint8_t *checksums, *zones, *frames; /* these regions; frames of a compressed file only */
} stored_file;

/* To be freed by stored_free whatever it returns. compressed: which of the two forms is wanted. */
shmcol_status stored_load(const stored_source *source, bool compressed, stored_file *out,
                          shmcol_error *err);
void stored_free(stored_file *file);
/* Exactly `length` bytes at `offset`. TRUNCATED if the file ends before (it did not when it was
 * opened). */
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

/* A slot that is not empty, the number of its first block over plain bytes, and which frame that
 * is. */
typedef struct stored_slot {
    uint64_t first;
    uint32_t object;
    uint8_t slot;
} stored_slot;

typedef struct stored_blocks {
    stored_slot *slots;
    uint64_t n_slots, n_blocks, bytes; /* bytes: of the plain form */
} stored_blocks;

shmcol_status stored_blocks_of(const fmt_table *table, stored_blocks *out, shmcol_error *err);
/* The slot that block (or any number counted as `first` is) belongs to. */
const stored_slot *stored_slot_at(const stored_slot *slots, uint64_t n, uint64_t number);
static inline uint64_t stored_block_length(uint64_t length, uint64_t block)
{
    uint64_t left = length - block * FMT_BLOCK_SIZE;
    return left < FMT_BLOCK_SIZE ? left : FMT_BLOCK_SIZE;
}

/* ---- stored_write.c: all of the other form but its buffers ---- */

/* A copy of the source's table that is to become the other form's; names and metadata stay the
 * source's. descriptors to be freed. */
shmcol_status stored_copy_table(const stored_file *file, fmt_table *out, shmcol_error *err);
/* Envelope, checksums, zone maps, frames, directory and header, and the file's length; sets file_id
 * in out's header. content_id is `content` or, if NULL, file_id. `frames` NULL: a plain file. */
shmcol_status stored_write(const stored_file *file, fmt_table *out, const uint8_t *checksums,
                           const uint8_t *frames, const uint8_t *content, int fd,
                           shmcol_error *err);
shmcol_status stored_pwrite(const void *data, size_t length, uint64_t offset, int fd,
                            shmcol_error *err);

#endif
