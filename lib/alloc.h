/* Memory by sizes of 64 bits, which a process of 32 bits may not have: then there is none, and
 * never less than was asked for. */
#ifndef SHMCOL_ALLOC_H
#define SHMCOL_ALLOC_H

#include <stdint.h>
#include <stdlib.h>

/* Makes zeroed room for `n` things of `size` bytes, and for one where n is 0. NULL: no memory. */
static inline void *shm_alloc_zeroed(uint64_t n, size_t size)
{
    return n <= SIZE_MAX / size ? calloc(n != 0 ? (size_t)n : 1, size) : NULL;
}

/* The same without zeroing it. */
static inline void *shm_alloc(uint64_t n, size_t size)
{
    return n <= SIZE_MAX / size ? malloc(n != 0 ? (size_t)n * size : size) : NULL;
}

#endif
