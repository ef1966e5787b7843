/* The two forms in which a file is stored (spec/format.md section 14): plain or compressed. Both
 * directions read a file through a descriptor or from memory into buffers of their own, so that
 * bytes that were checked cannot change, and write the other form to an empty descriptor. Values
 * are not looked at. */
#ifndef SHMCOL_COMPRESS_STORED_H
#define SHMCOL_COMPRESS_STORED_H

#include <stdbool.h>

#include "error.h"
#include "format/table.h"

/* The file that is read. */
typedef struct stored_source {
    int fd; /* -1: `memory` */
    const uint8_t *memory;
    uint64_t size;
    const char *path; /* for errors; "" if unknown */
} stored_source;

typedef struct stored_work {
    uint32_t threads; /* at least 1 */
    int level;        /* compressing only */
    uint64_t limit;   /* decompressing only: the most bytes of the plain form; 0: no bound */
    shmcol_progress progress; /* bytes of the plain form; may be NULL */
    void *progress_arg;
} stored_work;

/* The file that was made. */
typedef struct stored_result {
    uint64_t file_size, plain_size;
    uint8_t file_id[16];
} stored_result;

/* Sets *good to true if the source has a valid header (F-60), plain or compressed, and decodes it,
 * with one read. A file that is cut short meanwhile has none. Errors: IO, NO_MEMORY. */
shmcol_status stored_peek(const stored_source *source, fmt_header *header, bool *good,
                          shmcol_error *err);

/* The default bound on plain forms, in the cache and in temporary files. */
#define STORED_LIMIT_DEFAULT (UINT64_C(10) << 30)

/* Returns true if zstd has the level. */
bool stored_level_good(int level);

/* Writes the compressed form of a plain file to `out`, empty and open for reading and writing. So
 * is `side_file`, which gets the frames before their offsets are known. Checks the source's
 * structure and block checksums on the way. Errors: those of a damaged source; FEATURE,
 * ENVELOPE_VERSION and COLUMN_UNSUPPORTED if this version does not know all of it; INVALID_ARGUMENT
 * (already compressed, or a part of a table), LIMIT, IO, NO_MEMORY, CANCELLED. */
shmcol_status stored_compress(const stored_source *source, const stored_work *work, int out,
                              int side_file, stored_result *result, shmcol_error *err);

/* Writes the plain form of a compressed file to `out`, and verifies it by content_id (F-75).
 * Errors: those of a damaged source (FRAME, FILE_ID …), FEATURE, ENVELOPE_VERSION,
 * COLUMN_UNSUPPORTED, INVALID_ARGUMENT (not compressed), MEMORY_BOUND (nothing was written), IO,
 * NO_MEMORY, CANCELLED.
 */
shmcol_status stored_decompress(const stored_source *source, const stored_work *work, int out,
                                stored_result *result, shmcol_error *err);

/* Sets *size to the length of the plain form of a compressed file, from its directory alone.
 * Errors: those of a damaged source, IO, NO_MEMORY. */
shmcol_status stored_plain_size(const stored_source *source, uint64_t *size, shmcol_error *err);

#endif
