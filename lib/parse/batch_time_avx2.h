/* The parts of dates and clocks in vectors, and days of the calendar, for the batches with AVX2
 * that read ISO dates and declared forms. */
#ifndef SHMCOL_PARSE_BATCH_TIME_AVX2_H
#define SHMCOL_PARSE_BATCH_TIME_AVX2_H

#include "parse/batch_avx2.h"

static inline __m256i batch_both_lanes(const void *lane)
{
    return _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)lane));
}

/* Loads 16 bytes from each of two addresses. */
static inline __m256i batch_load2(const char *a, const char *b)
{
    const __m256i x = _mm256_castsi128_si256(_mm_loadu_si128((const __m128i *)(const void *)a));
    return _mm256_inserti128_si256(x, _mm_loadu_si128((const __m128i *)(const void *)b), 1);
}

/* Rows 4 * lane + j of part p from vectors j: four vectors of four parts a lane to one vector a
 * part. */
static inline void batch_by_part(const __m256i v[4], __m256i part[4])
{
    const __m256i ab = _mm256_unpacklo_epi32(v[0], v[1]), cd = _mm256_unpacklo_epi32(v[2], v[3]);
    const __m256i ab2 = _mm256_unpackhi_epi32(v[0], v[1]), cd2 = _mm256_unpackhi_epi32(v[2], v[3]);
    part[0] = _mm256_unpacklo_epi64(ab, cd);
    part[1] = _mm256_unpackhi_epi64(ab, cd);
    part[2] = _mm256_unpacklo_epi64(ab2, cd2);
    part[3] = _mm256_unpackhi_epi64(ab2, cd2);
}

/* Adds to year and day (the low words of a lane's halves) 65,536 or more where their half has wrong
 * bytes: more than either can be. */
static inline __m256i batch_mark_wrong(__m256i parts, __m256i wrong)
{
    return _mm256_add_epi32(parts,
                            _mm256_slli_epi64(_mm256_sad_epu8(wrong, _mm256_setzero_si256()), 16));
}

/* Returns the marks that batch_mark_wrong left in either half; 0: none. */
static inline __m256i batch_marked_wrong(const __m256i part[4])
{
    return _mm256_srli_epi32(_mm256_or_si256(part[0], part[2]), 16);
}

/* Returns all ones where a is at least b, both unsigned. */
static inline __m256i batch_at_least(__m256i a, __m256i b)
{
    return _mm256_cmpeq_epi32(_mm256_max_epu32(a, b), a);
}

/* Returns days since 1970-01-01, as parse_civil does. *wrong is not 0 where there is no such
 * day. */
static inline __m256i batch_days(__m256i year, __m256i month, __m256i day, __m256i *wrong)
{
    const __m256i one = _mm256_set1_epi32(1), two = _mm256_set1_epi32(2),
                  three = _mm256_set1_epi32(3), zero = _mm256_setzero_si256();
    const __m256i century = _mm256_srli_epi32(_mm256_mulhi_epu16(year, _mm256_set1_epi32(5243)),
                                              3); /* year / 100 below 43,699 */
    const __m256i rest = _mm256_sub_epi32(year, _mm256_madd_epi16(century, _mm256_set1_epi32(100)));
    const __m256i whole = _mm256_cmpeq_epi32(rest, zero); /* a year that ends in 00 */
    const __m256i divided = _mm256_blendv_epi8(rest, century, whole);
    const __m256i leap = _mm256_cmpeq_epi32(_mm256_and_si256(divided, three), zero);
    const __m256i *months = (const __m256i *)(const void *)parse_months[0];
    __m256i entry =
        _mm256_blendv_epi8(_mm256_permutevar8x32_epi32(_mm256_loadu_si256(months), month),
                           _mm256_permutevar8x32_epi32(_mm256_loadu_si256(months + 1), month),
                           _mm256_cmpgt_epi32(month, _mm256_set1_epi32(7)));
    /* In a leap year February has a day more, and so have those before each later month. */
    const __m256i more =
        _mm256_or_si256(_mm256_and_si256(_mm256_cmpeq_epi32(month, two), one),
                        _mm256_and_si256(_mm256_cmpgt_epi32(month, two), _mm256_set1_epi32(256)));
    entry = _mm256_add_epi32(entry, _mm256_and_si256(more, leap));
    *wrong = _mm256_or_si256(batch_at_least(month, _mm256_set1_epi32(13)),
                             batch_at_least(_mm256_sub_epi32(day, one),
                                            _mm256_and_si256(entry, _mm256_set1_epi32(0xff))));
    const __m256i hundreds = _mm256_add_epi32(_mm256_add_epi32(century, one), whole);
    __m256i days = _mm256_madd_epi16(year, _mm256_set1_epi32(365));
    days = _mm256_add_epi32(days, _mm256_srli_epi32(_mm256_add_epi32(year, three), 2));
    days = _mm256_add_epi32(_mm256_sub_epi32(days, hundreds),
                            _mm256_srli_epi32(_mm256_add_epi32(hundreds, three), 2));
    days = _mm256_add_epi32(_mm256_add_epi32(days, _mm256_srli_epi32(entry, 8)), day);
    return _mm256_sub_epi32(days, _mm256_set1_epi32(719529));
}

static inline __m256i batch_low_half(__m256i numbers)
{
    return _mm256_cvtepi32_epi64(_mm256_castsi256_si128(numbers));
}

static inline __m256i batch_high_half(__m256i numbers)
{
    return _mm256_cvtepi32_epi64(_mm256_extracti128_si256(numbers, 1));
}

/* Not 0 where a field's size is another. */
static inline __m256i batch_other_size(const batch_places *places, size_t i, uint32_t size)
{
    return _mm256_xor_si256(_mm256_load_si256((const __m256i *)(const void *)(places->size + i)),
                            _mm256_set1_epi32((int)size));
}

/* Returns a times b, of which b is below 2^32. */
static inline __m256i batch_times(__m256i a, __m256i b)
{
    return _mm256_add_epi64(_mm256_mul_epu32(a, b),
                            _mm256_slli_epi64(_mm256_mul_epu32(_mm256_srli_epi64(a, 32), b), 32));
}

#endif
