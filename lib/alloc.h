/* Memory by sizes of 64 bits. A process of 32 bits may not have as much: it gets NULL then, and
 * never less than it asked for. */
#ifndef SHMCOL_ALLOC_H
#define SHMCOL_ALLOC_H

#include <stdint.h>
#include <stdlib.h>

/* Allocates `n` zeroed elements of `size` bytes, at least one. Returns NULL if there is no
 * memory. */
static inline void *shm_alloc_zeroed(uint64_t n, size_t size)
{
    return n <= SIZE_MAX / size ? calloc(n != 0 ? (size_t)n : 1, size) : NULL;
}

/* Does the same without zeroing them. */
static inline void *shm_alloc(uint64_t n, size_t size)
{
    return n <= SIZE_MAX / size ? malloc(n != 0 ? (size_t)n * size : size) : NULL;
}

#endif
