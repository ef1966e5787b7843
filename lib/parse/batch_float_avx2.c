/* Decimal fields, [-]digits.digits, to doubles, four at a time, as batch_float_avx512.c does,
 * within its bounds and by its proof. */
#if defined(__x86_64__)
#include "parse/batch_avx2.h"
#include "parse/batch_float.h"

/* The properties of one field beside its digits. */
typedef struct float_field {
    uint32_t places;      /* digits after the mark */
    uint32_t minus, left; /* 0 or 1 */
} float_field;

/* A field's digits, each as its number, right-aligned: 16-bit numbers of four digits each in the
 * low halves of 32 bits. */
static inline __m256i read_field(const char *text, uint32_t end, uint32_t size, float_field *f)
{
    const __m256i numbers =
        _mm256_setr_epi8(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20,
                         21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31);
    const char *s = text + end - 32;
    const uint32_t unfit = size - FLOAT_SIZE_LEAST > FLOAT_SIZE_MOST - FLOAT_SIZE_LEAST;
    const uint32_t first = unfit ? 32 - FLOAT_SIZE_LEAST : 32 - size;
    const __m256i x = _mm256_loadu_si256((const __m256i *)(const void *)s);
    const __m256i before = _mm256_loadu_si256((const __m256i *)(const void *)(s - 1));
    const uint32_t marks =
        (uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(x, _mm256_set1_epi8('.'))) &
        (UINT32_MAX << first);
    const uint32_t mark = (uint32_t)__builtin_ctz(marks | 0x80000000);
    f->minus = s[first] == '-';
    f->places = 31 - mark;
    /* The bytes up to the mark move up by one, over the mark, so that the digits are adjacent; they
     * begin behind `digit`. */
    const uint32_t digit = first + f->minus;
    const __m256i behind_mark = _mm256_cmpgt_epi8(numbers, _mm256_set1_epi8((char)mark));
    const __m256i adjacent = _mm256_blendv_epi8(before, x, behind_mark);
    const __m256i own = _mm256_cmpgt_epi8(numbers, _mm256_set1_epi8((char)digit));
    const __m256i y = _mm256_and_si256(_mm256_sub_epi8(adjacent, _mm256_set1_epi8('0')), own);
    const __m256i wrong = _mm256_subs_epu8(y, _mm256_set1_epi8(9));
    /* C-34: a leading zero before another digit. */
    const uint32_t zero = (uint32_t)(s[digit] == '0') & (uint32_t)(mark != digit + 1);
    f->left = unfit | zero | (uint32_t)(marks == 0) | (uint32_t)(f->places > FLOAT_PLACES_MOST) |
              (uint32_t)!_mm256_testz_si256(wrong, wrong);
    return _mm256_madd_epi16(_mm256_maddubs_epi16(y, _mm256_set1_epi16(0x010a)),
                             _mm256_set1_epi32(0x00010064));
}

/* significand / 10^places. *unsure: the rows that the test does not pass. The significand's halves
 * are exact as doubles, so h is their sum rounded, and l what the rounding took (Dekker's sum of
 * two, the first being the larger or 0). */
static inline __m256d divide(__m256i significand, const float_field f[4], uint32_t *unsure)
{
    const __m256i magic_high = _mm256_set1_epi64x(0x4530000000000000),
                  magic_low = _mm256_set1_epi64x(0x4330000000000000);
    const __m256d from_high = _mm256_castsi256_pd(
        _mm256_or_si256(_mm256_srli_epi64(significand, 32), magic_high)); /* 2^84 + … */
    const __m256d from_low =
        _mm256_castsi256_pd(_mm256_blend_epi32(magic_low, significand, 0x55)); /* 2^52 + … */
    const __m256d high = _mm256_sub_pd(from_high, _mm256_set1_pd(0x1p84)),
                  low = _mm256_sub_pd(from_low, _mm256_set1_pd(0x1p52));
    const __m256d h = _mm256_add_pd(high, low);
    const __m256d l = _mm256_sub_pd(low, _mm256_sub_pd(h, high));
    const __m256d ten = _mm256_setr_pd(float_tens[f[0].places], float_tens[f[1].places],
                                       float_tens[f[2].places], float_tens[f[3].places]);
    const __m256d tenth = _mm256_setr_pd(float_tenths[f[0].places], float_tenths[f[1].places],
                                         float_tenths[f[2].places], float_tenths[f[3].places]);
    const __m256d q = _mm256_mul_pd(h, tenth);
    const __m256d r = _mm256_fnmadd_pd(q, ten, h);
    const __m256d e = _mm256_mul_pd(_mm256_add_pd(r, l), tenth);
    const __m256d t = _mm256_mul_pd(q, _mm256_set1_pd(0x1p-100));
    const __m256d below = _mm256_add_pd(q, _mm256_sub_pd(e, t)),
                  above = _mm256_add_pd(q, _mm256_add_pd(e, t));
    *unsure = (uint32_t)_mm256_movemask_pd(_mm256_cmp_pd(below, above, _CMP_NEQ_UQ));
    return below;
}

/* Converts rows i to i + 3. *slow becomes those that are left. */
static inline __m256i convert_four(const char *text, const batch_places *places, size_t i,
                                   uint32_t *slow)
{
    const __m256i by10000 = _mm256_set1_epi32(0x00012710),
                  hundred_million = _mm256_set1_epi64x(100000000);
    float_field f[4];
    __m256i v[4];
    for (size_t j = 0; j < 4; j++) {
        v[j] = read_field(text, places->end[i + j], places->size[i + j], &f[j]);
        f[j].places = f[j].places > FLOAT_PLACES_MOST ? 0 : f[j].places;
    }
    /* 32-bit numbers of eight digits: of each row the upper two in the low lane, the lower two in
     * the high lane. */
    const __m256i ab = _mm256_madd_epi16(_mm256_packus_epi32(v[0], v[1]), by10000);
    const __m256i cd = _mm256_madd_epi16(_mm256_packus_epi32(v[2], v[3]), by10000);
    const __m256i upper = _mm256_permute2x128_si256(ab, cd, 0x20),
                  lower = _mm256_permute2x128_si256(ab, cd, 0x31);
    /* Of the upper sixteen digits the first eight have to be zeros, and the others below 10. */
    const __m256i small = _mm256_min_epu32(upper, _mm256_set1_epi64x((long long)9 << 32));
    const __m256i fits = _mm256_cmpeq_epi64(upper, small);
    const __m256i group = _mm256_blend_epi32(_mm256_setzero_si256(), lower, 0x55);
    const __m256i top = _mm256_add_epi64(
        _mm256_mul_epu32(_mm256_srli_epi64(upper, 32), hundred_million), group); /* below 2^37 */
    const __m256i product = _mm256_add_epi64(
        _mm256_mul_epu32(top, hundred_million),
        _mm256_slli_epi64(_mm256_mul_epu32(_mm256_srli_epi64(top, 32), hundred_million), 32));
    uint32_t unsure;
    const __m256d value =
        divide(_mm256_add_epi64(product, _mm256_srli_epi64(lower, 32)), f, &unsure);
    *slow = unsure | ((uint32_t)_mm256_movemask_pd(_mm256_castsi256_pd(fits)) ^ 15) | f[0].left |
            f[1].left << 1 | f[2].left << 2 | f[3].left << 3;
    const __m256i sign = _mm256_setr_epi64x(f[0].minus, f[1].minus, f[2].minus, f[3].minus);
    return _mm256_or_si256(_mm256_castpd_si256(value), _mm256_slli_epi64(sign, 63));
}

parse_batch_fn parse_batch_float64_avx2;
size_t parse_batch_float64_avx2(const parse_fields *fields, size_t count, void *out, uint32_t *left)
{
    double *values = out;
    uint32_t *next = left;
    batch_places places PARSE_UNSET;
    for (size_t row = 0; row < count; row += BATCH_STEP) {
        const size_t n = count - row < BATCH_STEP ? count - row : BATCH_STEP;
        batch_take(fields, row, n, &places);
        for (size_t i = 0; i < n; i += 8) {
            uint32_t slow[2];
            const __m256i low = convert_four(fields->text, &places, i, &slow[0]);
            const __m256i high = convert_four(fields->text, &places, i + 4, &slow[1]);
            batch_store(values + row + i, low, high, n - i);
            next = batch_leave(next, row + i, (slow[0] | slow[1] << 4) & batch_live(i, n));
        }
    }
    return (size_t)(next - left);
}
#else
typedef int parse_batch_float_avx2_is_x86_only;
#endif
