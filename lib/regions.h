/* Writing of the regions of a file that are not buffers. The sink and lib/compress both do it;
 * where the bytes go is up to them. */
#ifndef SHMCOL_REGIONS_H
#define SHMCOL_REGIONS_H

#include "format/table.h"
#include "shmcol.h"

/* Writes `length` bytes, at least 1, at `offset` of the file. Returns SHMCOL_OK or fills `err`. */
typedef shmcol_status shm_put_fn(void *arg, const void *bytes, size_t length, uint64_t offset,
                                 shmcol_error *err);

typedef struct shm_put {
    shm_put_fn *fn;
    void *arg;
} shm_put;

/* The regions whose bytes the caller has; the others are made of the table. */
typedef struct shm_regions {
    const uint8_t *checksums, *zones;
    const uint8_t *frames; /* NULL: a plain file */
} shm_regions;

/* Writes the checksums, the zone maps, the frames, the messages of the dictionaries (F-40) and the
 * rest of the envelope of a table that is laid out. Sets their hashes in its header (F-12) and in
 * the descriptors of the dictionaries. Errors: those of `put`, NO_MEMORY. */
shmcol_status shm_put_regions(fmt_table *table, const shm_regions *regions, const shm_put *put,
                              shmcol_error *err);

#endif
