/* Whole numbers of up to 16 bytes, [-]digits, to int64_t, and true and false. */
#if defined(__x86_64__)
#include "parse/batch_avx512.h"

#define SIZE_MOST 16

/* Index vectors that bring entry 0, 2, 4, 6 of a list of 32-bit numbers to all bytes of one lane
 * each. */
static inline __m512i even_entries(void)
{
    return _mm512_setr_epi64(0, 0, 0x0808080808080808, 0x0808080808080808, 0x1010101010101010,
                             0x1010101010101010, 0x1818181818181818, 0x1818181818181818);
}

/* Four fields, each right-aligned in a lane whose first `before` bytes are not its own: eight
 * digits to a number, 32 bits each, in 16 bits pairs of four. *flags: for each half of a lane, in
 * its lowest byte whether it has the minus sign, above that whether it has anything else that is no
 * digit. */
static inline __m512i read_four(__m512i x, __m512i before, __m512i *flags)
{
    const __m512i places =
        _mm512_broadcast_i32x4(_mm_setr_epi8(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15));
    const __mmask64 own = _mm512_cmpge_epu8_mask(places, before);
    const __mmask64 minus = _mm512_mask_cmpeq_epi8_mask(_mm512_cmpeq_epi8_mask(places, before), x,
                                                        _mm512_set1_epi8('-'));
    const __m512i digits = _mm512_maskz_sub_epi8(own & ~minus, x, _mm512_set1_epi8('0'));
    const __m512i wrong =
        _mm512_sad_epu8(_mm512_subs_epu8(digits, _mm512_set1_epi8(9)), _mm512_setzero_si512());
    const __m512i sign = _mm512_sad_epu8(_mm512_maskz_set1_epi8(minus, 1), _mm512_setzero_si512());
    *flags = _mm512_or_si512(_mm512_slli_epi64(wrong, 8), sign);
    return _mm512_madd_epi16(_mm512_maddubs_epi16(digits, _mm512_set1_epi16(0x010a)),
                             _mm512_set1_epi32(0x00010064));
}

/* Converts rows i to i + 7. Returns those that are left, without a check of their sizes. */
static inline __mmask8 convert_eight(const char *text, const batch_places *places, size_t i,
                                     __mmask8 live, int64_t *out)
{
    /* At [digits - 1] the least number that is no other with a leading zero. No digits at all come
     * to the last entry, and their 0 is below it. */
    static const int64_t least[16] __attribute__((aligned(64))) = {0,
                                                                   10,
                                                                   100,
                                                                   1000,
                                                                   10000,
                                                                   100000,
                                                                   1000000,
                                                                   10000000,
                                                                   100000000,
                                                                   1000000000,
                                                                   10000000000,
                                                                   100000000000,
                                                                   1000000000000,
                                                                   10000000000000,
                                                                   100000000000000,
                                                                   1000000000000000};
    const uint32_t *end = places->end + i;
    const char *s = text - 16;
    const __m512i size = _mm512_loadu_si512(places->size + i);
    const __m512i before = _mm512_subs_epu8(_mm512_set1_epi8(SIZE_MOST), size);
    const __m512i even = even_entries(), odd = _mm512_add_epi8(even, _mm512_set1_epi8(4));
    __m512i even_flags, odd_flags;
    const __m512i x = batch_load4(s + end[0], s + end[2], s + end[4], s + end[6]);
    const __m512i y = batch_load4(s + end[1], s + end[3], s + end[5], s + end[7]);
    const __m512i a = read_four(x, _mm512_permutexvar_epi8(even, before), &even_flags);
    const __m512i b = read_four(y, _mm512_permutexvar_epi8(odd, before), &odd_flags);
    /* Eight digits to a number: in each 64 bits the upper eight below the lower eight. */
    const __m512i halves =
        _mm512_madd_epi16(_mm512_packus_epi32(a, b), _mm512_set1_epi32(0x00012710));
    const __m512i value = _mm512_add_epi64(_mm512_mul_epu32(halves, _mm512_set1_epi64(100000000)),
                                           _mm512_srli_epi64(halves, 32));
    const __m512i flags = _mm512_or_si512(_mm512_unpacklo_epi64(even_flags, odd_flags),
                                          _mm512_unpackhi_epi64(even_flags, odd_flags));
    const __mmask8 minus = _mm512_test_epi64_mask(flags, _mm512_set1_epi64(1));
    const __m512i last =
        _mm512_sub_epi64(_mm512_cvtepu32_epi64(_mm512_castsi512_si256(size)), _mm512_set1_epi64(1));
    const __m512i digits = _mm512_mask_sub_epi64(last, minus, last, _mm512_set1_epi64(1));
    const __m512i floor =
        _mm512_permutex2var_epi64(_mm512_load_si512(least), digits, _mm512_load_si512(least + 8));
    _mm512_mask_storeu_epi64(out, live,
                             _mm512_mask_sub_epi64(value, minus, _mm512_setzero_si512(), value));
    return _mm512_test_epi64_mask(flags, _mm512_set1_epi64(~0xff)) |
           _mm512_cmplt_epi64_mask(value, floor) |
           (minus & _mm512_testn_epi64_mask(value, value)); /* -0 is no integer (C-32) */
}

parse_batch_fn parse_batch_int64_avx512;
size_t parse_batch_int64_avx512(const parse_fields *fields, size_t count, void *out, uint32_t *left)
{
    int64_t *values = out;
    uint32_t *next = left;
    batch_places places PARSE_UNSET;
    for (size_t row = 0; row < count; row += BATCH_STEP) {
        const size_t n = count - row < BATCH_STEP ? count - row : BATCH_STEP;
        batch_take(fields, row, n, &places);
        for (size_t i = 0; i < n; i += 16) {
            const __m512i size = _mm512_load_si512(places.size + i);
            const __mmask16 live = batch_live(i, n);
            /* 0 becomes the largest. */
            unsigned slow = _mm512_cmpgt_epu32_mask(_mm512_sub_epi32(size, _mm512_set1_epi32(1)),
                                                    _mm512_set1_epi32(SIZE_MOST - 1));
            slow |= convert_eight(fields->text, &places, i, (__mmask8)live, values + row + i);
            slow |= (unsigned)convert_eight(fields->text, &places, i + 8, (__mmask8)(live >> 8),
                                            values + row + i + 8)
                    << 8;
            next = batch_leave(next, row + i, (__mmask16)(slow & live));
        }
    }
    return (size_t)(next - left);
}

/* C-33: the last four bytes make "true" or "alse", which wants its first too. */
parse_batch_fn parse_batch_bool_avx512;
size_t parse_batch_bool_avx512(const parse_fields *fields, size_t count, void *out, uint32_t *left)
{
    uint8_t *values = out;
    uint32_t *next = left;
    batch_places places PARSE_UNSET;
    uint32_t tails[BATCH_STEP + 16] __attribute__((aligned(64))) PARSE_UNSET,
        heads[BATCH_STEP + 16] __attribute__((aligned(64))) PARSE_UNSET;
    const __m512i small = _mm512_set1_epi32(
        0x20202020); /* a letter in either case and nothing else becomes the small letter */
    for (size_t row = 0; row < count; row += BATCH_STEP) {
        const size_t n = count - row < BATCH_STEP ? count - row : BATCH_STEP;
        batch_take(fields, row, n, &places);
        for (size_t i = 0; i < n; i++) {
            memcpy(&tails[i], fields->text + places.end[i] - 4, 4);
            memcpy(&heads[i], fields->text + places.end[i] - 5, 4);
        }
        for (size_t i = 0; i < n; i += 16) {
            const __m512i size = _mm512_load_si512(places.size + i);
            const __m512i tail = _mm512_or_si512(_mm512_load_si512(tails + i), small);
            const __m512i head = _mm512_or_si512(_mm512_load_si512(heads + i), small);
            const __mmask16 live = batch_live(i, n);
            const __mmask16 four = _mm512_cmpeq_epi32_mask(size, _mm512_set1_epi32(4));
            const __mmask16 five = _mm512_cmpeq_epi32_mask(size, _mm512_set1_epi32(5));
            const __mmask16 yes = _mm512_mask_cmpeq_epi32_mask(
                four, tail, _mm512_set1_epi32(0x65757274)); /* "true" */
            const __mmask16 no =
                _mm512_mask_cmpeq_epi32_mask(five, head,
                                             _mm512_set1_epi32(0x736c6166)) & /* "fals" */
                _mm512_cmpeq_epi32_mask(tail, _mm512_set1_epi32(0x65736c61)); /* "alse" */
            _mm_mask_storeu_epi8(values + row + i, live, _mm_maskz_set1_epi8(yes, 1));
            next = batch_leave(next, row + i, (__mmask16)(live & ~(yes | no)));
        }
    }
    return (size_t)(next - left);
}
#else
typedef int parse_batch_int_avx512_is_x86_only;
#endif
