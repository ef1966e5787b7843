/* The structures and functions that the files of lib/cache share. */
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

/* Removes what dead processes left, and then unused files, the least recently used first, until
 * `size` more bytes fit the bound. Errors: MEMORY_BOUND if they do not, IO, NO_MEMORY. */
shmcol_status cache_make_room(const cache *c, uint64_t size, shmcol_error *err);

#endif
