/* What the files of lib/cache share. */
#ifndef SHMCOL_CACHE_INTERNAL_H
#define SHMCOL_CACHE_INTERNAL_H

#include "cache/cache.h"

enum { CACHE_NAME = 32 }; /* a content id in hexadecimal */

typedef struct cache {
    char *path;
    int directory;
    uint64_t limit;
    uint8_t id[16];
    char name[CACHE_NAME + 1], lock[CACHE_NAME + 8];
} cache;

/* evict.c: takes away what dead processes left, and then what was used least recently and is used
 * by nobody, until `size` more bytes fit the bound. MEMORY_BOUND if they do not. */
shmcol_status cache_make_room(const cache *c, uint64_t size, shmcol_error *err);

#endif
