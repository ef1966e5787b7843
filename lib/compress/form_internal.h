/* What the files of lib/compress share. */
#ifndef SHMCOL_COMPRESS_FORM_INTERNAL_H
#define SHMCOL_COMPRESS_FORM_INTERNAL_H

#include "alloc.h"
#include "compress/form.h"
#include "format/fault.h"
#include "format/ondisk.h"
#include "sys/sys.h"

/* ---- form_load.c: a file's directory, checked as the level `structure` does (F-62), the first
 * failure ends it ---- */

typedef struct form_file {
    form_source source;
    fmt_table table; /* names and metadata point into `front` */
    uint8_t *front;  /* [0, end of metadata), as it is in the file */
    uint64_t front_length;
    uint8_t *checksums, *zones, *frames; /* these regions; frames of a compressed file only */
} form_file;

/* To be freed by form_free whatever it returns. compressed: which of the two forms is wanted. */
shmcol_status form_load(const form_source *source, bool compressed, form_file *out,
                        shmcol_error *err);
void form_free(form_file *file);
/* Exactly `length` bytes at `offset`. TRUNCATED if the file ends before (it did not when it was
 * opened). */
shmcol_status form_read(const form_source *source, void *data, size_t length, uint64_t offset,
                        shmcol_error *err);
/* A fault of format/ as an error. */
shmcol_status form_fault(const form_source *source, const fmt_fault *fault, shmcol_error *err);

/* ---- form_crew.c: many threads over many small tasks ---- */

typedef struct form_worker {
    uint8_t *plain, *packed; /* FMT_BLOCK_SIZE, FMT_FRAME_MAX */
    void *zstd;              /* its context, of the kind the work takes */
} form_worker;

typedef struct form_crew {
    const form_work *work;
    uint64_t tasks, total; /* total: bytes, for the progress */
    void *arg;
    /* Does task `index`; *bytes says how much progress that was. */
    shmcol_status (*task)(void *arg, form_worker *worker, uint64_t index, uint64_t *bytes,
                          shmcol_error *err);
    void *(*begin)(void); /* a thread's zstd context; NULL: none is needed */
    void (*end)(void *zstd);
} form_crew;

/* Of several failures the task with the lowest index counts, so that the answer does not depend on
 * who was first. */
shmcol_status form_run(const form_crew *crew, shmcol_error *err);

/* ---- form_blocks.c: the blocks of all buffers, in the order of F-45 ---- */

/* A slot that is not empty, the number of its first block over plain bytes, and which frame that
 * is. */
typedef struct form_slot {
    uint64_t first;
    uint32_t object;
    uint8_t slot;
} form_slot;

typedef struct form_blocks {
    form_slot *slots;
    uint64_t n_slots, n_blocks, bytes; /* bytes: of the plain form */
} form_blocks;

shmcol_status form_blocks_of(const fmt_table *table, form_blocks *out, shmcol_error *err);
/* The slot that block (or any number counted as `first` is) belongs to. */
const form_slot *form_slot_at(const form_slot *slots, uint64_t n, uint64_t number);
static inline uint64_t form_block_length(uint64_t length, uint64_t block)
{
    uint64_t left = length - block * FMT_BLOCK_SIZE;
    return left < FMT_BLOCK_SIZE ? left : FMT_BLOCK_SIZE;
}

/* ---- form_write.c: all of the other form but its buffers ---- */

/* A copy of the source's table that is to become the other form's; names and metadata stay the
 * source's. descriptors to be freed. */
shmcol_status form_copy_table(const form_file *file, fmt_table *out, shmcol_error *err);
/* Envelope, checksums, zone maps, frames, directory and header, and the file's length; sets file_id
 * in out's header. content_id is `content` or, if NULL, file_id. `frames` NULL: a plain file. */
shmcol_status form_write(const form_file *file, fmt_table *out, const uint8_t *checksums,
                         const uint8_t *frames, const uint8_t *content, int fd, shmcol_error *err);
shmcol_status form_pwrite(const void *data, size_t length, uint64_t offset, int fd,
                          shmcol_error *err);

#endif
