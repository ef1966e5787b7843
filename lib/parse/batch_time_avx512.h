/* The parts of dates and clocks in vectors, and days of the calendar, for the batches with AVX-512
 * that read ISO dates and declared forms. */
#ifndef SHMCOL_PARSE_BATCH_TIME_AVX512_H
#define SHMCOL_PARSE_BATCH_TIME_AVX512_H

#include "parse/batch_avx512.h"

static inline __m512i batch_all_lanes(const void *lane)
{
    return _mm512_broadcast_i32x4(_mm_loadu_si128((const __m128i *)lane));
}

/* Rows 4 * lane + j of part p from vectors j: four vectors of four parts a lane to one vector a
 * part. */
static inline void batch_by_part(const __m512i v[4], __m512i part[4])
{
    const __m512i ab = _mm512_unpacklo_epi32(v[0], v[1]), cd = _mm512_unpacklo_epi32(v[2], v[3]);
    const __m512i ab2 = _mm512_unpackhi_epi32(v[0], v[1]), cd2 = _mm512_unpackhi_epi32(v[2], v[3]);
    part[0] = _mm512_unpacklo_epi64(ab, cd);
    part[1] = _mm512_unpackhi_epi64(ab, cd);
    part[2] = _mm512_unpacklo_epi64(ab2, cd2);
    part[3] = _mm512_unpackhi_epi64(ab2, cd2);
}

/* Returns days since 1970-01-01, as parse_civil does. *wrong becomes the rows that have no such
 * day. */
static inline __m512i batch_days(__m512i year, __m512i month, __m512i day, __mmask16 *wrong)
{
    const __m512i one = _mm512_set1_epi32(1), three = _mm512_set1_epi32(3);
    const __m512i century = _mm512_srli_epi32(_mm512_mulhi_epu16(year, _mm512_set1_epi32(5243)),
                                              3); /* year / 100 below 43,699 */
    const __m512i rest = _mm512_sub_epi32(year, _mm512_madd_epi16(century, _mm512_set1_epi32(100)));
    const __mmask16 within = _mm512_test_epi32_mask(rest, rest);
    const __m512i divided = _mm512_mask_mov_epi32(century, within, rest);
    const __mmask16 leap = _mm512_testn_epi32_mask(divided, three);
    const __m512i index = _mm512_mask_or_epi32(month, leap, month, _mm512_set1_epi32(16));
    const __m512i entry = _mm512_permutex2var_epi32(_mm512_loadu_si512(parse_months[0]), index,
                                                    _mm512_loadu_si512(parse_months[1]));
    *wrong = _mm512_cmpgt_epu32_mask(month, _mm512_set1_epi32(12)) |
             _mm512_cmpge_epu32_mask(_mm512_sub_epi32(day, one),
                                     _mm512_and_si512(entry, _mm512_set1_epi32(0xff)));
    const __m512i hundreds = _mm512_mask_add_epi32(century, within, century, one);
    __m512i days = _mm512_madd_epi16(year, _mm512_set1_epi32(365));
    days = _mm512_add_epi32(days, _mm512_srli_epi32(_mm512_add_epi32(year, three), 2));
    days = _mm512_add_epi32(_mm512_sub_epi32(days, hundreds),
                            _mm512_srli_epi32(_mm512_add_epi32(hundreds, three), 2));
    days = _mm512_add_epi32(_mm512_add_epi32(days, _mm512_srli_epi32(entry, 8)), day);
    return _mm512_sub_epi32(days, _mm512_set1_epi32(719529));
}

/* Adds to year and day (the low words of a lane's halves) 65,536 or more where their half has wrong
 * bytes: more than either can be. */
static inline __m512i batch_mark_wrong(__m512i parts, __m512i wrong)
{
    return _mm512_add_epi32(parts,
                            _mm512_slli_epi64(_mm512_sad_epu8(wrong, _mm512_setzero_si512()), 16));
}

static inline __mmask16 batch_marked_wrong(const __m512i part[4])
{
    return _mm512_test_epi32_mask(_mm512_or_si512(part[0], part[2]),
                                  _mm512_set1_epi32((int)0xffff0000));
}

#endif
