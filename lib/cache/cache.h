/* The plain forms of compressed files, made once per machine and shared by every process that asks
 * (spec/format.md section 14).
 *
 * A directory of the user's own holds them, each under its content id in hexadecimal. A file gets
 * its name only when it is complete, on the disk, and proved by that id (F-76), so that whatever
 * has a name may be trusted as far as the user's own files may. Who uses one holds a shared lock on
 * it; what nobody holds may be removed to keep the directory within its bound. */
#ifndef SHMCOL_CACHE_H
#define SHMCOL_CACHE_H

#include "compress/stored.h"
#include "sys/sys.h"

/* The bound that holds where a caller wants `wanted` bytes; 0: $SHMCOL_CACHE_LIMIT, else 10 GiB. */
uint64_t cache_limit_of(uint64_t wanted);

/* Whether the cache has a file under the content id: if so, *fd is it, locked for as long as it is
 * open. The short way, for a file that was made before: the caller proves by its header that it is
 * the one, and else, or where there is none, asks cache_open, which finds out why and puts it
 * right. */
bool cache_find(const uint8_t id[16], const char *directory, int *fd, sys_file_info *info);

/* Opens the plain form of the compressed file `source`, whose content id is `id`: *fd is locked for
 * as long as it is open, and *size its length. `work`: how it is made where it is missing; with 0
 * of 0 its progress is asked while another process makes it. `directory` NULL: $SHMCOL_CACHE, else
 * the user's cache directory; `limit` 0: $SHMCOL_CACHE_LIMIT, else 10 GiB. Errors: IO (no
 * directory, or one that is not the user's alone), MEMORY_BOUND (does not fit the bound),
 * CANCELLED, and those of stored_decompress. */
shmcol_status cache_open(const stored_source *source, const uint8_t id[16], const char *directory,
                         uint64_t limit, const stored_work *work, int *fd, sys_file_info *info,
                         shmcol_error *err);

#endif
