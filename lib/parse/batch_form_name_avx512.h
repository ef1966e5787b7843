/* Dates by names of months, for the batch of declared forms with AVX-512, as
 * batch_form_name_avx2.h reads them. */
#ifndef SHMCOL_PARSE_BATCH_FORM_NAME_AVX512_H
#define SHMCOL_PARSE_BATCH_FORM_NAME_AVX512_H

#include "parse/batch_form.h"
#include "parse/batch_time_avx512.h"

/* The constants of a column of dates by whole names. */
typedef struct batch_named {
    __m512i head[2], tail[2], letters, test, pattern, most;
} batch_named;

static inline batch_named batch_named_make(const parse_plan *plan)
{
    const parse_plan_named *n = &plan->named;
    return (batch_named){{batch_all_lanes(n->head[0]), batch_all_lanes(n->head[1])},
                         {batch_all_lanes(n->tail[0]), batch_all_lanes(n->tail[1])},
                         batch_all_lanes(n->letters),
                         _mm512_set1_epi8((char)n->test),
                         batch_all_lanes(plan->lanes[PARSE_PLAN_DATE].pattern),
                         batch_all_lanes(plan->lanes[PARSE_PLAN_DATE].most)};
}

/* Returns the bytes of the rows whose byte at the test, after the xor with '0', is a digit. */
static inline __mmask64 batch_two_digits(const batch_named *n, __m512i bytes)
{
    return _mm512_cmple_epu8_mask(_mm512_shuffle_epi8(bytes, n->test), _mm512_set1_epi8(9));
}

/* Reads the dates of four rows, which begin at `first` and end at `last`, to the numbers of a lane:
 * year, 0, day and those of fill_numbers in form_lanes.c. *letters become those of the name. Bytes
 * that may not be make *wrong not 0. */
static inline __m512i batch_read_named(const parse_plan_named *plan, const batch_named *n,
                                       const char *const first[4], const char *const last[4],
                                       __m512i *letters, __m512i *wrong)
{
    const __m512i zeros = _mm512_set1_epi8('0');
    const __m512i text = batch_load4(first[0], first[1], first[2], first[3]);
    __m512i front = text,
            back = batch_load4(last[0] - 16, last[1] - 16, last[2] - 16, last[3] - 16);
    __m512i head = n->head[0], tail = n->tail[0], name = n->letters, numbers = tail;
    if (plan->day_ahead) {
        front = _mm512_xor_si512(front, zeros);
        const __mmask64 two = batch_two_digits(n, front);
        numbers = head = _mm512_mask_mov_epi8(head, two, n->head[1]);
        name = _mm512_mask_add_epi8(name, two, name, _mm512_set1_epi8(1));
    } else if (plan->day_behind) {
        back = _mm512_xor_si512(back, zeros);
        numbers = tail = _mm512_mask_mov_epi8(tail, batch_two_digits(n, back), n->tail[1]);
    }
    *letters = _mm512_shuffle_epi8(text, name);
    const __m512i bytes = _mm512_xor_si512(
        _mm512_or_si512(_mm512_shuffle_epi8(front, head), _mm512_shuffle_epi8(back, tail)),
        n->pattern);
    *wrong = _mm512_or_si512(*wrong, _mm512_subs_epu8(bytes, n->most));
    const __m512i parts = _mm512_madd_epi16(_mm512_maddubs_epi16(bytes, _mm512_set1_epi16(0x010a)),
                                            _mm512_set1_epi32(0x00010064));
    return _mm512_mask_mov_epi32(parts, 0x8888, numbers);
}

/* Returns the months whose names begin with the letters, and their places in the tables. *wrong
 * gets the rows that have none. */
static inline __m512i batch_months(__m512i letters, __m512i *place, __mmask16 *wrong)
{
    const __m512i small = _mm512_or_si512(letters, _mm512_set1_epi32(PARSE_NAME_CASE));
    *place = _mm512_srli_epi32(_mm512_mullo_epi32(small, _mm512_set1_epi32(PARSE_NAME_FACTOR)), 28);
    const __m512i name = _mm512_permutexvar_epi32(*place, _mm512_loadu_si512(batch_names));
    *wrong |= _mm512_cmpneq_epi32_mask(_mm512_and_si512(name, _mm512_set1_epi32(0xffffff)), small);
    return _mm512_srli_epi32(name, 24);
}

/* Returns the rows whose letters do not begin with those of the name, which are 0 behind its end.
 */
static inline __mmask16 batch_other_letters(__m512i letters, __m512i name)
{
    const __m512i small = _mm512_or_si512(letters, _mm512_set1_epi8(0x20));
    const __mmask64 within = _mm512_test_epi8_mask(name, name);
    return _mm512_cmpneq_epi32_mask(_mm512_maskz_mov_epi8(within, small), name);
}

/* Returns the months of whole names. Subtracts the letters beyond three from *size. *wrong gets the
 * rows whose name is none. */
static inline __m512i batch_months_named(const __m512i letters[4], __m512i *size, __mmask16 *wrong)
{
    __m512i place PARSE_UNSET;
    const __m512i months = batch_months(letters[0], &place, wrong);
    const __m512i rest = _mm512_permutexvar_epi32(place, _mm512_loadu_si512(batch_rests));
    const __m512i tail = _mm512_permutexvar_epi32(place, _mm512_loadu_si512(batch_tails));
    const __m512i last = _mm512_and_si512(tail, _mm512_set1_epi32(0xffff));
    *size = _mm512_sub_epi32(*size, _mm512_srli_epi32(tail, 24));
    *wrong |= batch_other_letters(letters[1], rest) | batch_other_letters(letters[2], last);
    return months;
}

/* Subtracts the width of the date but for the name's letters beyond three from *size. *wrong gets
 * the rows in which %-d begins with a zero. numbers: those of fill_numbers in form_lanes.c. */
static inline void batch_named_width(const parse_plan *plan, __m512i numbers, __m512i day,
                                     __m512i *size, __mmask16 *wrong)
{
    const parse_plan_lane *lane = &plan->lanes[PARSE_PLAN_DATE];
    if (lane->n_varied == 0) {
        *size = _mm512_sub_epi32(*size, _mm512_set1_epi32(lane->width));
        return;
    }
    const __m512i low = _mm512_set1_epi32(0x7f);
    const __m512i least = _mm512_and_si512(_mm512_srli_epi32(numbers, 16), low);
    *size = _mm512_sub_epi32(*size, _mm512_and_si512(numbers, low));
    *wrong |= _mm512_cmpgt_epi32_mask(least, day);
}

#endif
