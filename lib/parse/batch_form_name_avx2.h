/* Dates by names of months, for the batch of declared forms with AVX2. */
#ifndef SHMCOL_PARSE_BATCH_FORM_NAME_AVX2_H
#define SHMCOL_PARSE_BATCH_FORM_NAME_AVX2_H

#include "parse/batch_form.h"
#include "parse/batch_time_avx2.h"

/* The constants of a column of dates by whole names. */
typedef struct batch_named {
    __m256i head[2], tail[2], letters, test, pattern, most;
    __m256i zeros, nines; /* loaded, as GCC otherwise makes them for every few rows */
} batch_named;

static inline batch_named batch_named_make(const parse_plan *plan)
{
    const parse_plan_named *n = &plan->named;
    return (batch_named){{batch_both_lanes(n->head[0]), batch_both_lanes(n->head[1])},
                         {batch_both_lanes(n->tail[0]), batch_both_lanes(n->tail[1])},
                         batch_both_lanes(n->letters),
                         _mm256_set1_epi8((char)n->test),
                         batch_both_lanes(plan->lanes[PARSE_PLAN_DATE].pattern),
                         batch_both_lanes(plan->lanes[PARSE_PLAN_DATE].most),
                         _mm256_set1_epi8('0'),
                         _mm256_set1_epi8(9)};
}

/* Returns all ones in the rows whose byte at the test, after the xor with '0', is a digit. */
static inline __m256i batch_two_digits(const batch_named *n, __m256i bytes)
{
    const __m256i byte = _mm256_shuffle_epi8(bytes, n->test);
    return _mm256_cmpeq_epi8(_mm256_min_epu8(byte, n->nines), byte);
}

/* Reads the dates of two rows, which begin at `first` and end at `last`, to the numbers of a lane:
 * year, 0, day and those of fill_numbers in form_lanes.c. *letters become those of the name. Bytes
 * that may not be make *wrong not 0. */
static inline __m256i batch_read_named(const parse_plan_named *plan, const batch_named *n,
                                       const char *const first[2], const char *const last[2],
                                       __m256i *letters, __m256i *wrong)
{
    const __m256i text = batch_load2(first[0], first[1]);
    __m256i front = text, back = batch_load2(last[0] - 16, last[1] - 16);
    __m256i head = n->head[0], tail = n->tail[0], name = n->letters, numbers = tail;
    if (plan->day_ahead) {
        front = _mm256_xor_si256(front, n->zeros);
        const __m256i two = batch_two_digits(n, front);
        numbers = head = _mm256_blendv_epi8(head, n->head[1], two);
        name = _mm256_sub_epi8(name, two); /* one place further, where there are two digits */
    } else if (plan->day_behind) {
        back = _mm256_xor_si256(back, n->zeros);
        numbers = tail = _mm256_blendv_epi8(tail, n->tail[1], batch_two_digits(n, back));
    }
    *letters = _mm256_shuffle_epi8(text, name);
    const __m256i bytes = _mm256_xor_si256(
        _mm256_or_si256(_mm256_shuffle_epi8(front, head), _mm256_shuffle_epi8(back, tail)),
        n->pattern);
    *wrong = _mm256_or_si256(*wrong, _mm256_subs_epu8(bytes, n->most));
    const __m256i parts = _mm256_madd_epi16(_mm256_maddubs_epi16(bytes, _mm256_set1_epi16(0x010a)),
                                            _mm256_set1_epi32(0x00010064));
    return _mm256_blend_epi32(parts, numbers, 0x88);
}

/* Returns a table's entries at the top four bits of the places. */
static inline __m256i batch_entries(const uint32_t table[16], __m256i place)
{
    const __m256i *half = (const __m256i *)(const void *)table;
    const __m256i index = _mm256_srli_epi32(place, 28);
    return _mm256_castps_si256(_mm256_blendv_ps(
        _mm256_castsi256_ps(_mm256_permutevar8x32_epi32(_mm256_loadu_si256(half), index)),
        _mm256_castsi256_ps(_mm256_permutevar8x32_epi32(_mm256_loadu_si256(half + 1), index)),
        _mm256_castsi256_ps(place)));
}

/* Returns the months whose names begin with the letters, and their places in the tables; *wrong is
 * not 0 where there is none. */
static inline __m256i batch_months(__m256i letters, __m256i *place, __m256i *wrong)
{
    const __m256i small = _mm256_or_si256(letters, _mm256_set1_epi32(PARSE_NAME_CASE));
    *place = _mm256_mullo_epi32(small, _mm256_set1_epi32(PARSE_NAME_FACTOR));
    const __m256i name = batch_entries(batch_names, *place);
    *wrong = _mm256_or_si256(
        *wrong, _mm256_xor_si256(_mm256_and_si256(name, _mm256_set1_epi32(0xffffff)), small));
    return _mm256_srli_epi32(name, 24);
}

/* Returns 0 where the letters begin with those of the name, which are 0 behind its end. */
static inline __m256i batch_other_letters(__m256i letters, __m256i name)
{
    const __m256i small = _mm256_or_si256(letters, _mm256_set1_epi8(0x20));
    const __m256i within = _mm256_cmpgt_epi8(name, _mm256_setzero_si256());
    return _mm256_xor_si256(_mm256_and_si256(small, within), name);
}

/* Returns the months of whole names. Subtracts the letters beyond three from *size. *wrong is not 0
 * where a name is none. */
static inline __m256i batch_months_named(const __m256i letters[4], __m256i *size, __m256i *wrong)
{
    __m256i place PARSE_UNSET;
    const __m256i months = batch_months(letters[0], &place, wrong);
    const __m256i rest = batch_entries(batch_rests, place);
    const __m256i tail = batch_entries(batch_tails, place);
    const __m256i last = _mm256_and_si256(tail, _mm256_set1_epi32(0xffff));
    *size = _mm256_sub_epi32(*size, _mm256_srli_epi32(tail, 24));
    *wrong = _mm256_or_si256(*wrong, _mm256_or_si256(batch_other_letters(letters[1], rest),
                                                     batch_other_letters(letters[2], last)));
    return months;
}

/* Subtracts the width of the date but for the name's letters beyond three from *size. *wrong is not
 * 0 where %-d begins with a zero. numbers: those of fill_numbers in form_lanes.c. */
static inline void batch_named_width(const parse_plan *plan, __m256i numbers, __m256i day,
                                     __m256i *size, __m256i *wrong)
{
    const parse_plan_lane *lane = &plan->lanes[PARSE_PLAN_DATE];
    if (lane->n_varied == 0) {
        *size = _mm256_sub_epi32(*size, _mm256_set1_epi32(lane->width));
        return;
    }
    const __m256i low = _mm256_set1_epi32(0x7f);
    const __m256i least = _mm256_and_si256(_mm256_srli_epi32(numbers, 16), low);
    *size = _mm256_sub_epi32(*size, _mm256_and_si256(numbers, low));
    *wrong = _mm256_or_si256(*wrong, _mm256_cmpgt_epi32(least, day));
}

#endif
