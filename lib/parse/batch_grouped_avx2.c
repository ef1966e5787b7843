/* Numbers with groups of digits, a decimal comma or marks to int64_t and double, four at a time:
 * fields of up to 16 bytes with a group mark of one byte or none. Signs, currency signs and percent
 * signs are taken off first. Longer group marks take the ways of grouped_fast.h, one field after
 * the other.
 *
 * A field stands right-aligned in 16 bytes. Group marks stand at fixed places in front of the
 * decimal mark. One shuffle, which depends on the place of that mark alone, drops all marks, so
 * that the digits are adjacent. There are 15 at most, and so no more than 10^15 / 10^15: both exact
 * in a double, and one division rounds right (Clinger 1990). */
#if defined(__x86_64__)
#include "parse/batch_avx2.h"
#include "parse/batch_float.h"
#include "parse/batch_grouped.h"

#define SIZE_MOST 16

/* The properties of one field beside its digits. */
typedef struct grouped_field {
    uint32_t places, minus, left; /* left: not 0 if the field is left */
} grouped_field;

/* The style for all fields. */
typedef struct grouped_style {
    __m128i decimal, group;
    bool no_group, group_fraction;
} grouped_style;

/* A field's digits, each as its number, right-aligned in 16 bytes. integer: it has no mark. */
static inline __m128i read_field(const char *text, uint32_t end, uint32_t size,
                                 const grouped_style *style, bool integer, bool *grouped,
                                 grouped_field *f)
{
    const __m128i numbers = _mm_setr_epi8(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
    const uint32_t unfit = size - 1 >= SIZE_MOST;
    const uint32_t first = unfit ? SIZE_MOST - 1 : SIZE_MOST - size;
    const char *s = text + end - SIZE_MOST;
    const __m128i x = _mm_loadu_si128((const __m128i *)(const void *)s);
    const uint32_t own = 0xffffu << first & 0xffffu;
    const uint32_t points =
        integer ? 0 : (uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(x, style->decimal)) & own;
    const uint32_t groups = (uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(x, style->group)) & own;
    const uint32_t marked = points != 0;
    const uint32_t mark = (uint32_t)__builtin_ctz(points | 0x10000);
    const uint32_t minus = s[first] == '-';
    const uint32_t digit = first + minus;
    const uint32_t expected = 0x1111u >> (16 - mark) & 0xffffu << digit;
    /* C-34: a leading zero before another digit; C-31: "-0" has no integer. */
    const uint32_t zero =
        (uint32_t)(s[digit & 15] == '0') & ((uint32_t)(mark != digit + 1) | (minus & (marked ^ 1)));
    /* Sixteen digits are not exact in a double. */
    const uint32_t large = (uint32_t)(size == SIZE_MOST) & (marked ^ 1) & (uint32_t)!integer;
    const uint32_t bad_groups = (uint32_t)(groups != expected) | (expected >> digit & 1) |
                                (uint32_t)style->no_group |
                                ((uint32_t)style->group_fraction & (marked ^ 1));
    const int8_t *const distance =
        batch_distances[2 * marked + (groups != 0)] + 16 - mark + (mark >> 4);
    const __m128i places =
        _mm_sub_epi8(numbers, _mm_loadu_si128((const __m128i *)(const void *)distance));
    const __m128i after = _mm_cmpgt_epi8(numbers, _mm_set1_epi8((char)(digit - 1)));
    const __m128i y =
        _mm_shuffle_epi8(_mm_and_si128(_mm_sub_epi8(x, _mm_set1_epi8('0')), after), places);
    const __m128i wrong = _mm_subs_epu8(y, _mm_set1_epi8(9));
    *grouped |= groups != 0;
    f->places = 15 - mark + (mark >> 4);
    f->minus = minus;
    f->left = unfit | zero | large | (uint32_t)(mark <= digit) |
              ((uint32_t)(groups != 0) & bad_groups) | (uint32_t)!_mm_testz_si128(wrong, wrong);
    return y;
}

/* Reads rows i to i + 3. Returns their digits as numbers. *slow becomes those that are left. */
static inline __m256i read_four(const char *text, const batch_places *places,
                                const batch_taken *taken, size_t i, const grouped_style *style,
                                bool integer, bool *grouped, grouped_field f[4])
{
    __m128i v[4];
    for (size_t j = 0; j < 4; j++) {
        bool any = false;
        v[j] =
            read_field(text, places->end[i + j], places->size[i + j], style, integer, &any, &f[j]);
        *grouped |= any && f[j].left == 0;
    }
    for (size_t j = 0; taken != NULL && j < 4; j++) {
        f[j].minus |= taken->minus[i + j];
        f[j].places += taken->shift[i + j];
    }
    const __m256i a = _mm256_set_m128i(v[1], v[0]), b = _mm256_set_m128i(v[3], v[2]);
    const __m256i by10 = _mm256_set1_epi16(0x010a), by100 = _mm256_set1_epi32(0x00010064),
                  by10000 = _mm256_set1_epi32(0x00012710);
    const __m256i fours =
        _mm256_packus_epi32(_mm256_madd_epi16(_mm256_maddubs_epi16(a, by10), by100),
                            _mm256_madd_epi16(_mm256_maddubs_epi16(b, by10), by100));
    /* In each 64 bits the upper eight digits below the lower eight; rows 0, 2, 1, 3. */
    const __m256i eights = _mm256_madd_epi16(fours, by10000);
    const __m256i number = _mm256_add_epi64(_mm256_mul_epu32(eights, _mm256_set1_epi64x(100000000)),
                                            _mm256_srli_epi64(eights, 32));
    return _mm256_permute4x64_epi64(number, 0xd8);
}

static inline __m256i convert_floats(const char *text, const batch_places *places,
                                     const batch_taken *taken, size_t i, const grouped_style *style,
                                     bool *grouped, uint32_t *slow)
{
    grouped_field f[4];
    const __m256i number = read_four(text, places, taken, i, style, false, grouped, f);
    /* Below 2^52: it becomes the mantissa of 2^52 + number. */
    const __m256d exact = _mm256_sub_pd(
        _mm256_castsi256_pd(_mm256_or_si256(number, _mm256_set1_epi64x(0x4330000000000000))),
        _mm256_set1_pd(0x1p52));
    const __m256d tens = _mm256_setr_pd(float_tens[f[0].places], float_tens[f[1].places],
                                        float_tens[f[2].places], float_tens[f[3].places]);
    const __m256i sign = _mm256_setr_epi64x(f[0].minus, f[1].minus, f[2].minus, f[3].minus);
    *slow = f[0].left | f[1].left << 1 | f[2].left << 2 | f[3].left << 3;
    return _mm256_or_si256(_mm256_castpd_si256(_mm256_div_pd(exact, tens)),
                           _mm256_slli_epi64(sign, 63));
}

static inline __m256i convert_integers(const char *text, const batch_places *places,
                                       const batch_taken *taken, size_t i,
                                       const grouped_style *style, bool *grouped, uint32_t *slow)
{
    grouped_field f[4];
    const __m256i number = read_four(text, places, taken, i, style, true, grouped, f);
    const __m256i minus = _mm256_setr_epi64x(f[0].minus, f[1].minus, f[2].minus, f[3].minus);
    *slow = f[0].left | f[1].left << 1 | f[2].left << 2 | f[3].left << 3;
    const __m256i flip = _mm256_sub_epi64(_mm256_setzero_si256(), minus);
    return _mm256_add_epi64(_mm256_xor_si256(number, flip), minus);
}

/* Defines a batch: CONVERT for four fields at a time, or FAST for one. */
#define MARKED_BATCH(name, ctype, INTEGER, CONVERT, FAST)                                          \
    static size_t name##_each(const parse_fields *fields, size_t count, const parse_marks *marks,  \
                              bool *grouped, ctype *values, uint32_t *left)                        \
    {                                                                                              \
        uint32_t *next = left;                                                                     \
        batch_places places PARSE_UNSET;                                                           \
        for (size_t row = 0; row < count; row += BATCH_STEP) {                                     \
            const size_t n = count - row < BATCH_STEP ? count - row : BATCH_STEP;                  \
            batch_take(fields, row, n, &places);                                                   \
            for (size_t i = 0; i < n; i++) {                                                       \
                const size_t size = places.size[i];                                                \
                *next = (uint32_t)(row + i);                                                       \
                next += !FAST(fields->text + places.end[i] - size, size, marks, grouped,           \
                              &values[row + i]);                                                   \
            }                                                                                      \
        }                                                                                          \
        return (size_t)(next - left);                                                              \
    }                                                                                              \
    static inline __attribute__((always_inline)) size_t name##_four(                               \
        const parse_fields *fields, size_t count, const parse_marks *marks, bool take,             \
        bool *grouped, ctype *values, uint32_t *left)                                              \
    {                                                                                              \
        const grouped_style style = {_mm_set1_epi8(marks->style.decimal),                          \
                                     _mm_set1_epi8(marks->style.group[0]),                         \
                                     marks->style.group_size == 0, marks->style.group_fraction};   \
        uint32_t *next = left;                                                                     \
        batch_places places PARSE_UNSET;                                                           \
        batch_taken taken PARSE_UNSET;                                                             \
        for (size_t row = 0; row < count; row += BATCH_STEP) {                                     \
            const size_t n = count - row < BATCH_STEP ? count - row : BATCH_STEP;                  \
            batch_take(fields, row, n, &places);                                                   \
            const batch_taken *const off = take                                                    \
                                               ? batch_take_marks(fields->text, marks, INTEGER, n, \
                                                                  places.end, places.size, &taken) \
                                               : NULL;                                             \
            for (size_t i = 0; i < n; i += 8) {                                                    \
                uint32_t slow[2];                                                                  \
                const __m256i low =                                                                \
                    CONVERT(fields->text, &places, off, i, &style, grouped, &slow[0]);             \
                const __m256i high =                                                               \
                    CONVERT(fields->text, &places, off, i + 4, &style, grouped, &slow[1]);         \
                batch_store(values + row + i, low, high, n - i);                                   \
                next = batch_leave(next, row + i, (slow[0] | slow[1] << 4) & batch_live(i, n));    \
            }                                                                                      \
        }                                                                                          \
        return (size_t)(next - left);                                                              \
    }                                                                                              \
    parse_batch_marked_fn name;                                                                    \
    size_t name(const parse_fields *fields, size_t count, const parse_marks *marks, bool *grouped, \
                void *out, uint32_t *left)                                                         \
    {                                                                                              \
        if (marks->style.group_size > 1)                                                           \
            return name##_each(fields, count, marks, grouped, out, left);                          \
        return marks->currency_size != 0 || marks->percent                                         \
                   ? name##_four(fields, count, marks, true, grouped, out, left)                   \
                   : name##_four(fields, count, marks, false, grouped, out, left);                 \
    }

MARKED_BATCH(parse_batch_int64_marked_avx2, int64_t, true, convert_integers, parse_int64_marked)
MARKED_BATCH(parse_batch_float64_marked_avx2, double, false, convert_floats, parse_float64_marked)
#else
typedef int parse_batch_grouped_avx2_is_x86_only;
#endif
