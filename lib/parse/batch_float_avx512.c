/* Decimal fields, [-]digits.digits, to doubles, eight at a time. Fields of 3 to 31 bytes with
 * exactly one mark, at most 22 places and a significand below 10^17 (PARSE_DOUBLE_DIGITS); all
 * others are left.
 *
 * A field stands right-aligned in 32 bytes. The bytes up to the mark move up by one, over the mark,
 * so that the digits are adjacent; multiplications add them up to four groups of eight. That gives
 * the significand M and the number of places k: the value is V = M / D, D = 10^k, which a double
 *   holds exactly.
 *
 * With u = 2^-53, RN rounding to the nearest double, I = RN(1 / D), and x = RN(y) meaning |x - y|
 * <= u |y|:
 *   h = RN(M), l = M - h        exactly: both are integers, |l| <= u M, and l has at most 11 bits
 *   q = RN(h I)                 |h / D - q| <= 2.01 u h / D
 *   r = RN(h - q D)             one fused multiply-add: |r| <= 2.02 u h
 *   e = RN(RN(r + l) I)         V = q + (h - q D + l) / D
 * |e| <= 3.1 u V. Roundings lose: of r 2.02 u^2 V, of r + l 3.03 u^2 V, of I 3.04 u^2 V, of the
 * product 3.05 u^2 V; together less than 12 u^2 V. With t = 2^-100 q = 64 u^2 q, e - t and e + t
 * lose less than 4 u^2 V more by their own rounding, so that V lies between q + RN(e - t) and q +
 * RN(e + t). Rounding is monotonic: where both sums round to the same double, that is RN(V). Where
 * they do not, V is half-way between two doubles or within 2^-46 ulp of it: left. V is 0 or between
 * 10^-22 and 2^64: nothing overflows or becomes subnormal. (Two doubles for one number: Dekker,
 * Numer. Math. 18, 1971. The test: Ziv, ACM TOMS 17, 1991.) The default rounding mode is assumed,
 * as all floating-point code in C may. */
#if defined(__x86_64__)
#include "parse/batch_avx512.h"
#include "parse/batch_float.h"

/* The bytes of BATCH_STEP fields by kind: for each row one bit of 32 for each byte of its
 * window. */
typedef struct float_digits {
    uint32_t first[BATCH_STEP + 16] __attribute__((aligned(64))); /* the field's first byte */
    uint32_t minus[BATCH_STEP + 16] __attribute__((aligned(64))); /* that byte, if it is '-' */
    uint32_t mark[BATCH_STEP + 16] __attribute__((aligned(64)));  /* the first '.' */
    uint32_t wrong[BATCH_STEP + 16] __attribute__((aligned(64)));
    __m512i groups[BATCH_STEP / 4];   /* of four rows: see read_four */
    __mmask16 unfit[BATCH_STEP / 16]; /* rows whose size is out of bounds */
} float_digits;

/* Returns, for each byte, the one before it. */
static const uint8_t one_before[64] __attribute__((aligned(64))) = {
    0,  0,  1,  2,  3,  4,  5,  6,  7,  8,  9,  10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20,
    21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40, 41, 42,
    43, 44, 45, 46, 47, 48, 49, 50, 51, 52, 53, 54, 55, 56, 57, 58, 59, 60, 61, 62};

/* Replaces sizes that do not fit by one that does, so that the arithmetic of their neighbours on
 * pairs of masks stays right. */
static inline void find_first(const batch_places *places, size_t n, float_digits *d)
{
    const __m512i one = _mm512_set1_epi32(1), window = _mm512_set1_epi32(32),
                  least = _mm512_set1_epi32(FLOAT_SIZE_LEAST);
    for (size_t i = 0; i < n; i += 16) {
        const __m512i size = _mm512_load_si512(places->size + i);
        const __mmask16 unfit = _mm512_cmpgt_epu32_mask(
            _mm512_sub_epi32(size, least), _mm512_set1_epi32(FLOAT_SIZE_MOST - FLOAT_SIZE_LEAST));
        d->unfit[i / 16] = unfit;
        _mm512_store_si512(
            d->first + i,
            _mm512_sllv_epi32(one, _mm512_mask_sub_epi32(least, (__mmask16)~unfit, window, size)));
    }
}

/* Two rows from row `i` on, in one vector and in the halves of 64-bit masks: digits, each as its
 * number, those of a row right-aligned in 32 bytes. */
static inline __m512i read_two(const char *text, const batch_places *places, size_t i,
                               float_digits *d)
{
    const uint64_t ones = UINT64_C(0x0000000100000001), tops = UINT64_C(0x8000000080000000);
    const __m512i zeros = _mm512_set1_epi8('0');
    const __m256i low =
        _mm256_loadu_si256((const __m256i *)(const void *)(text + places->end[i] - 32));
    const __m256i high =
        _mm256_loadu_si256((const __m256i *)(const void *)(text + places->end[i + 1] - 32));
    const __m512i x = _mm512_inserti64x4(_mm512_castsi256_si512(low), high, 1);
    uint64_t first;
    memcpy(&first, d->first + i, 8);
    /* first - ones: in each half the bits below the field. No half of first is 0, so none borrows
     * from the other. */
    const uint64_t marks = _mm512_cmpeq_epi8_mask(x, _mm512_set1_epi8('.')) & ~(first - ones);
    const uint64_t minus = _mm512_cmpeq_epi8_mask(x, _mm512_set1_epi8('-')) & first;
    /* Each half's bits up to its lowest mark; up to the last byte if it has none, which is found
     * out later. */
    const uint64_t to_mark = (marks | tops) ^ ((marks | tops) - ones);
    const uint64_t mark = marks & to_mark;
    const uint64_t digit = first + minus;
    /* One digit less than bytes, for the mark. FLOAT_SIZE_LEAST keeps the shift within each half.
     */
    const uint64_t digits = ~((digit << 1) - ones);
    /* C-34: a leading zero before another digit. */
    const uint64_t zero = _mm512_cmpeq_epi8_mask(x, zeros) & digit & ~(mark >> 1);
    const __m512i adjacent =
        _mm512_mask_permutexvar_epi8(x, to_mark, _mm512_load_si512(one_before), x);
    const __m512i y = _mm512_maskz_sub_epi8(digits, adjacent, zeros);
    const uint64_t wrong = _mm512_cmpgt_epu8_mask(y, _mm512_set1_epi8(9)) | zero;
    memcpy(d->minus + i, &minus, 8);
    memcpy(d->mark + i, &mark, 8);
    memcpy(d->wrong + i, &wrong, 8);
    return y;
}

/* Four rows to a vector of 32-bit numbers of eight digits each: their pairs are the upper groups
 * (0, 2), the lower (0, 2), the upper (1, 3), the lower (1, 3). */
static inline __m512i read_four(const char *text, const batch_places *places, size_t i,
                                float_digits *d)
{
    const __m512i by10 = _mm512_set1_epi16(0x010a), by100 = _mm512_set1_epi32(0x00010064),
                  by10000 = _mm512_set1_epi32(0x00012710);
    const __m512i a =
        _mm512_madd_epi16(_mm512_maddubs_epi16(read_two(text, places, i, d), by10), by100);
    const __m512i b =
        _mm512_madd_epi16(_mm512_maddubs_epi16(read_two(text, places, i + 2, d), by10), by100);
    return _mm512_madd_epi16(_mm512_packus_epi32(a, b), by10000);
}

/* Computes significand / 10^places by the proof above. *unsure becomes the rows that fail the
 * test. */
static inline __m512d divide(__m512i significand, __m512i places, __mmask8 *unsure)
{
    const __mmask8 beyond = _mm512_test_epi64_mask(places, _mm512_set1_epi64(16));
    const __m512d ten = batch_table_at(float_tens, places, beyond),
                  tenth = batch_table_at(float_tenths, places, beyond);
    const __m512d h = _mm512_cvtepu64_pd(significand);
    const __m512d l = _mm512_cvtepi64_pd(_mm512_sub_epi64(significand, _mm512_cvttpd_epu64(h)));
    const __m512d q = _mm512_mul_pd(h, tenth);
    const __m512d r = _mm512_fnmadd_pd(q, ten, h);
    const __m512d e = _mm512_mul_pd(_mm512_add_pd(r, l), tenth);
    const __m512d t = _mm512_mul_pd(q, _mm512_set1_pd(0x1p-100));
    const __m512d below = _mm512_add_pd(q, _mm512_sub_pd(e, t)),
                  above = _mm512_add_pd(q, _mm512_add_pd(e, t));
    *unsure = _mm512_cmp_pd_mask(below, above, _CMP_NEQ_UQ);
    return below;
}

/* Eight rows, whose groups are at d->groups[i / 4] and the one after it: their magnitudes. *unsure:
 * those it cannot claim. */
static inline __m512d convert_eight(const float_digits *d, size_t i, __m512i places,
                                    __mmask8 *unsure)
{
    const __m512i low = d->groups[i / 4], high = d->groups[i / 4 + 1];
    const __m512i upper =
        _mm512_permutex2var_epi64(low, _mm512_setr_epi64(0, 4, 1, 5, 8, 12, 9, 13), high);
    const __m512i lower =
        _mm512_permutex2var_epi64(low, _mm512_setr_epi64(2, 6, 3, 7, 10, 14, 11, 15), high);
    /* Of the upper sixteen digits the first eight have to be zeros, and the others below 10. */
    const __mmask8 large = _mm512_cmpneq_epi64_mask(
        upper, _mm512_min_epu32(upper, _mm512_set1_epi64((long long)9 << 32)));
    const __m512i top =
        _mm512_mullo_epi64(_mm512_srli_epi64(upper, 32), _mm512_set1_epi64(10000000000000000));
    const __m512i bottom = _mm512_add_epi64(_mm512_mul_epu32(lower, _mm512_set1_epi64(100000000)),
                                            _mm512_srli_epi64(lower, 32));
    const __m512d value = divide(_mm512_add_epi64(top, bottom), places, unsure);
    *unsure |= large;
    return value;
}

parse_batch_fn parse_batch_float64_avx512;
size_t parse_batch_float64_avx512(const parse_fields *fields, size_t count, void *out,
                                  uint32_t *left)
{
    double *values = out;
    uint32_t *next = left;
    batch_places places PARSE_UNSET;
    float_digits d PARSE_UNSET;
    const __m512d sign = _mm512_set1_pd(-0.0);
    for (size_t row = 0; row < count; row += BATCH_STEP) {
        const size_t n = count - row < BATCH_STEP ? count - row : BATCH_STEP;
        batch_take(fields, row, n, &places);
        find_first(&places, n, &d);
        for (size_t i = 0; i < (n + 15) / 16 * 16; i += 4)
            d.groups[i / 4] = read_four(fields->text, &places, i, &d);
        for (size_t i = 0; i < n; i += 16) {
            const __m512i wrong = _mm512_load_si512(d.wrong + i),
                          minus = _mm512_load_si512(d.minus + i);
            const __m512i digits =
                _mm512_lzcnt_epi32(_mm512_load_si512(d.mark + i)); /* 32 if there is no mark */
            const __mmask16 live = batch_live(i, n),
                            negative = _mm512_test_epi32_mask(minus, minus);
            __mmask8 unsure[2];
            __m512d low = convert_eight(
                &d, i, _mm512_cvtepu32_epi64(_mm512_castsi512_si256(digits)), &unsure[0]);
            __m512d high = convert_eight(
                &d, i + 8, _mm512_cvtepu32_epi64(_mm512_extracti64x4_epi64(digits, 1)), &unsure[1]);
            low = _mm512_mask_or_pd(low, (__mmask8)negative, low, sign);
            high = _mm512_mask_or_pd(high, (__mmask8)(negative >> 8), high, sign);
            _mm512_mask_storeu_pd(values + row + i, (__mmask8)live, low);
            _mm512_mask_storeu_pd(values + row + i + 8, (__mmask8)(live >> 8), high);
            const unsigned slow =
                _mm512_test_epi32_mask(wrong, wrong) |
                _mm512_cmpgt_epu32_mask(digits, _mm512_set1_epi32(FLOAT_PLACES_MOST)) |
                d.unfit[i / 16] | unsure[0] | (unsigned)unsure[1] << 8;
            next = batch_leave(next, row + i, (__mmask16)(slow & live));
        }
    }
    return (size_t)(next - left);
}
#else
typedef int parse_batch_float_avx512_is_x86_only;
#endif
