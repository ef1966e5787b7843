/* The positions of a column's fields, and the list of rows that are left, for the batches with
 * AVX2.
 * */
#ifndef SHMCOL_PARSE_BATCH_AVX2_H
#define SHMCOL_PARSE_BATCH_AVX2_H

#include <immintrin.h>
#include <string.h>

#include "parse/batch.h"
#include "parse/parse.h"

/* Rows whose positions are loaded at once; a multiple of 8. */
#define BATCH_STEP 64

typedef struct batch_places {
    uint32_t end[BATCH_STEP] __attribute__((aligned(32)));
    uint32_t size[BATCH_STEP] __attribute__((aligned(32)));
} batch_places;

/* Loads the positions of rows [first, first + n), n <= BATCH_STEP, and fills up to a multiple of 8
 * with empty fields. */
static inline void batch_take(const parse_fields *fields, size_t first, size_t n,
                              batch_places *places)
{
    const uint32_t *end = fields->end + first * fields->stride;
    for (size_t i = 0; i < n; i++, end += fields->stride) {
        places->end[i] = end[0];
        places->size[i] = end[0] - end[-1] - 1;
    }
    for (size_t i = n; i % 8 != 0; i++) {
        places->end[i] = fields->end[0];
        places->size[i] = 0;
    }
    if (!fields->cut_cr)
        return;
    for (size_t i = 0; i < n; i++) {
        const uint32_t cut = places->size[i] != 0 && fields->text[places->end[i] - 1] == '\r';
        places->end[i] -= cut;
        places->size[i] -= cut;
    }
}

/* Returns a mask of the rows that exist among 8 from `row` on. */
static inline uint32_t batch_live(size_t row, size_t n)
{
    return n - row >= 8 ? 0xff : (1u << (n - row)) - 1;
}

/* Appends first + i for every bit i of `rows`. */
static inline uint32_t *batch_leave(uint32_t *left, size_t first, uint32_t rows)
{
    for (; rows != 0; rows &= rows - 1)
        *left++ = (uint32_t)first + (uint32_t)__builtin_ctz(rows);
    return left;
}

/* Stores eight numbers, or as many as there are. */
static inline void batch_store(void *out, __m256i low, __m256i high, size_t n)
{
    if (n >= 8) {
        _mm256_storeu_si256((__m256i *)out, low);
        _mm256_storeu_si256((__m256i *)out + 1, high);
    } else {
        __m256i both[2] = {low, high};
        memcpy(out, both, n * 8);
    }
}

/* Returns a bit for each of eight 32-bit numbers that is not 0. */
static inline uint32_t batch_set(__m256i numbers)
{
    const __m256i zero = _mm256_cmpeq_epi32(numbers, _mm256_setzero_si256());
    return (uint32_t)_mm256_movemask_ps(_mm256_castsi256_ps(zero)) ^ 0xff;
}

#endif
