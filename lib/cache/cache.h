/* The plain forms of compressed files, made once per machine and shared by every process that opens
 * them (spec/format.md section 14).
 *
 * They are in a directory of the user's own, each under its content id in hexadecimal. A file gets
 * its name only when it is complete, on the disk, and verified by that id (F-76), so that a file
 * with a name can be trusted as far as the user's own files can. A process that uses one holds a
 * shared lock on it. Files without a lock may be removed to keep the directory within its bound. */
#ifndef SHMCOL_CACHE_H
#define SHMCOL_CACHE_H

#include "compress/stored.h"
#include "sys/sys.h"

/* Returns the bound of the cache: `wanted` bytes, or, if that is 0, $SHMCOL_CACHE_LIMIT, else
 * 10 GiB. */
uint64_t cache_limit_of(uint64_t wanted);

/* Returns true if the cache has a file under the content id, and sets *fd to it, locked for as long
 * as it is open. This is the short way, for a file that was made before. The caller verifies it by
 * its header; if that fails, or there is no file, cache_open finds out why and repairs it. */
bool cache_find(const uint8_t id[16], const char *directory, int *fd, sys_file_info *info);

/* The cache of a caller. */
typedef struct cache_options {
    const char *directory; /* NULL: $SHMCOL_CACHE, else the user's cache directory */
    uint64_t limit;        /* 0: $SHMCOL_CACHE_LIMIT, else 10 GiB */
} cache_options;

/* Opens the plain form of the compressed file `source`, whose content id is `id`. Sets *fd, which
 * is locked for as long as it is open, and *info. `work` says how to make the plain form if it is
 * missing; while another process makes it, the progress is called with 0 of 0. Errors: IO (no
 * directory, or one that is not the user's alone), MEMORY_BOUND (does not fit the bound),
 * CANCELLED, and those of stored_decompress. */
shmcol_status cache_open(const stored_source *source, const uint8_t id[16],
                         const cache_options *options, const stored_work *work, int *fd,
                         sys_file_info *info, shmcol_error *err);

#endif
