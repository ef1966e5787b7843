/* The positions of a column's fields as vectors, and the list of rows that are left, for the
 * batches with AVX-512. */
#ifndef SHMCOL_PARSE_BATCH_AVX512_H
#define SHMCOL_PARSE_BATCH_AVX512_H

#include <immintrin.h>
#include <string.h>

#include "parse/batch.h"
#include "parse/parse.h"

/* Rows whose positions are loaded at once: few enough for all intermediate results to stay in the
 * first-level cache. */
#define BATCH_STEP 128

typedef struct batch_places {
    uint32_t end[BATCH_STEP + 16] __attribute__((aligned(64)));
    uint32_t size[BATCH_STEP + 16] __attribute__((aligned(64)));
} batch_places;

/* Loads the positions of rows [first, first + n), n <= BATCH_STEP, and fills up to a multiple of 16
 * with empty fields. */
static inline void batch_take(const parse_fields *fields, size_t first, size_t n,
                              batch_places *places)
{
    /* Pairs of the end of the field before and the field's own end, as they stand in the index. */
    uint64_t pairs[BATCH_STEP + 16] __attribute__((aligned(64))) PARSE_UNSET;
    const uint32_t *end = fields->end + first * fields->stride;
    for (size_t i = 0; i < n; i++, end += fields->stride)
        memcpy(&pairs[i], end - 1, 8);
    const uint64_t nothing = (uint64_t)fields->end[0] << 32 | (uint32_t)(fields->end[0] - 1);
    for (size_t i = n; i % 16 != 0; i++)
        pairs[i] = nothing;
    if (fields->cut_cr) {
        for (size_t i = 0; i < n; i++) {
            const uint32_t before = (uint32_t)pairs[i] + 1, at = (uint32_t)(pairs[i] >> 32);
            pairs[i] -= (uint64_t)(at != before && fields->text[at - 1] == '\r') << 32;
        }
    }
    const __m512i even =
        _mm512_setr_epi32(0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30);
    const __m512i odd =
        _mm512_setr_epi32(1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31);
    for (size_t i = 0; i < n; i += 16) {
        const __m512i low = _mm512_load_si512(pairs + i), high = _mm512_load_si512(pairs + i + 8);
        const __m512i before = _mm512_permutex2var_epi32(low, even, high),
                      at = _mm512_permutex2var_epi32(low, odd, high);
        _mm512_store_si512(places->end + i, at);
        _mm512_store_si512(places->size + i,
                           _mm512_sub_epi32(_mm512_sub_epi32(at, before), _mm512_set1_epi32(1)));
    }
}

/* Returns a mask of the rows that exist among 16 from `row` on. */
static inline __mmask16 batch_live(size_t row, size_t n)
{
    return n - row >= 16 ? 0xffff : (__mmask16)((1u << (n - row)) - 1);
}

/* Appends first + i for every bit i of `rows`. */
static inline uint32_t *batch_leave(uint32_t *left, size_t first, __mmask16 rows)
{
    const __m512i numbers = _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
    _mm512_storeu_si512(left, _mm512_maskz_compress_epi32(
                                  rows, _mm512_add_epi32(numbers, _mm512_set1_epi32((int)first))));
    return left + __builtin_popcount(rows);
}

/* Loads 16 bytes from each of four addresses. */
static inline __m512i batch_load4(const char *a, const char *b, const char *c, const char *d)
{
    __m512i x = _mm512_castsi128_si512(_mm_loadu_si128((const __m128i *)(const void *)a));
    x = _mm512_inserti32x4(x, _mm_loadu_si128((const __m128i *)(const void *)b), 1);
    x = _mm512_inserti32x4(x, _mm_loadu_si128((const __m128i *)(const void *)c), 2);
    return _mm512_inserti32x4(x, _mm_loadu_si128((const __m128i *)(const void *)d), 3);
}

/* Returns entries of a table of 24. beyond: those whose index is 16 or more. */
static inline __m512d batch_table_at(const double *table, __m512i index, __mmask8 beyond)
{
    const __m512d value =
        _mm512_permutex2var_pd(_mm512_load_pd(table), index, _mm512_load_pd(table + 8));
    return _mm512_mask_permutexvar_pd(value, beyond, index, _mm512_load_pd(table + 16));
}

#endif
