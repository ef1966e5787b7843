/* Numbers with groups of digits, a decimal comma or marks to int64_t and double, sixteen at a time,
 * as batch_grouped_avx2.c does, within its bounds and by its proof. */
#if defined(__x86_64__)
#include "parse/batch_avx512.h"
#include "parse/batch_float.h"
#include "parse/batch_grouped.h"

#define SIZE_MOST 16
#define ROWS 16

/* A mask of sixteen bytes for each of sixteen rows, four rows to a word. */
typedef struct row_masks {
    uint64_t of[4] __attribute__((aligned(32)));
} row_masks;

/* The style for all fields. */
typedef struct grouped_style {
    __m512i decimal, group;
    bool no_group, group_fraction, integer;
} grouped_style;

/* The properties of sixteen rows. after: the bytes behind a sign; offset: of the distances. */
typedef struct grouped_rows {
    row_masks after;
    uint32_t offset[ROWS] __attribute__((aligned(64)));
    __m512i places;
    __mmask16 minus, left, grouped;
} grouped_rows;

/* Returns a number for each row, the mask of its bytes. */
static inline __m512i each_row(const row_masks *masks)
{
    return _mm512_cvtepu16_epi32(_mm256_load_si256((const __m256i *)(const void *)masks->of));
}

/* Returns the bit of each row's mask at a place, 0 or 1. */
static inline __m512i bit_at(__m512i mask, __m512i place)
{
    return _mm512_and_si512(_mm512_srlv_epi32(mask, place), _mm512_set1_epi32(1));
}

/* Finds the marks of sixteen rows, of these sizes, whose bytes are x. */
static inline void find_marks(const __m512i x[4], __m512i size, const grouped_style *style,
                              grouped_rows *r)
{
    const __m512i one = _mm512_set1_epi32(1), most = _mm512_set1_epi32(SIZE_MOST),
                  bytes = _mm512_set1_epi32(0xffff);
    row_masks points, groups, minus, zeros;
    for (size_t k = 0; k < 4; k++) {
        points.of[k] = style->integer ? 0 : _mm512_cmpeq_epi8_mask(x[k], style->decimal);
        groups.of[k] = _mm512_cmpeq_epi8_mask(x[k], style->group);
        minus.of[k] = _mm512_cmpeq_epi8_mask(x[k], _mm512_set1_epi8('-'));
        zeros.of[k] = _mm512_cmpeq_epi8_mask(x[k], _mm512_set1_epi8('0'));
    }
    const __mmask16 unfit =
        _mm512_cmpge_epu32_mask(_mm512_sub_epi32(size, one), most); /* 0 becomes the largest */
    const __m512i first =
        _mm512_mask_mov_epi32(_mm512_sub_epi32(most, size), unfit, _mm512_sub_epi32(most, one));
    const __m512i own = _mm512_and_si512(_mm512_sllv_epi32(bytes, first), bytes);
    const __m512i point = _mm512_and_si512(each_row(&points), own),
                  group = _mm512_and_si512(each_row(&groups), own);
    const __mmask16 marked = _mm512_test_epi32_mask(point, point);
    const __m512i stop = _mm512_or_si512(point, _mm512_set1_epi32(0x10000));
    const __m512i mark = _mm512_sub_epi32(
        _mm512_set1_epi32(31),
        _mm512_lzcnt_epi32(_mm512_and_si512(stop, _mm512_sub_epi32(_mm512_setzero_si512(), stop))));
    const __m512i sign = bit_at(each_row(&minus), first), digit = _mm512_add_epi32(first, sign);
    const __m512i behind = _mm512_sllv_epi32(bytes, digit);
    const __m512i expected = _mm512_and_si512(
        _mm512_srlv_epi32(_mm512_set1_epi32(0x1111), _mm512_sub_epi32(most, mark)), behind);
    r->minus = _mm512_test_epi32_mask(sign, sign);
    r->grouped = _mm512_test_epi32_mask(group, group);
    /* C-34: a leading zero before another digit; C-31: "-0" has no integer. */
    const __m512i zero = bit_at(each_row(&zeros), _mm512_and_si512(digit, _mm512_set1_epi32(15)));
    const __mmask16 bad_zero =
        _mm512_test_epi32_mask(zero, zero) &
        (_mm512_cmpneq_epi32_mask(mark, _mm512_add_epi32(digit, one)) | (r->minus & ~marked));
    /* Sixteen digits are not exact in a double. */
    const __mmask16 large =
        style->integer ? 0 : _mm512_cmpeq_epi32_mask(size, most) & (__mmask16)~marked;
    const __m512i leading = bit_at(expected, digit);
    const __mmask16 bad_groups =
        _mm512_cmpneq_epi32_mask(group, expected) | _mm512_test_epi32_mask(leading, leading) |
        (style->no_group ? 0xffff : 0) | (style->group_fraction ? (__mmask16)~marked : 0);
    r->left =
        unfit | bad_zero | large | _mm512_cmple_epu32_mask(mark, digit) | (r->grouped & bad_groups);
    /* 15 less the mark's place, 0 without one. */
    r->places = _mm512_maskz_sub_epi32(marked, _mm512_set1_epi32(15), mark);
    __m512i offset = _mm512_mask_sub_epi32(one, marked, most, mark);
    offset = _mm512_mask_add_epi32(offset, marked, offset, _mm512_set1_epi32(64));
    offset = _mm512_mask_add_epi32(offset, r->grouped, offset, _mm512_set1_epi32(32));
    _mm512_store_si512(r->offset, offset);
    _mm256_store_si256((__m256i *)(void *)r->after.of, _mm512_cvtepi32_epi16(behind));
}

/* Returns numbers of four digits each, four for a row, from the bytes of four rows. *wrong becomes
 * those that are no digits. */
static inline __m512i read_four(__m512i x, const uint32_t *offset, uint64_t after, uint64_t *wrong)
{
    const __m512i numbers =
        _mm512_broadcast_i32x4(_mm_setr_epi8(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15));
    const char *d = (const char *)batch_distances[0];
    const __m512i places = _mm512_sub_epi8(
        numbers, batch_load4(d + offset[0], d + offset[1], d + offset[2], d + offset[3]));
    const __m512i y =
        _mm512_shuffle_epi8(_mm512_maskz_sub_epi8(after, x, _mm512_set1_epi8('0')), places);
    *wrong = _mm512_cmpgt_epu8_mask(y, _mm512_set1_epi8(9));
    return _mm512_madd_epi16(_mm512_maddubs_epi16(y, _mm512_set1_epi16(0x010a)),
                             _mm512_set1_epi32(0x00010064));
}

/* Returns the numbers of eight rows from two results of read_four. */
static inline __m512i number_of(__m512i a, __m512i b)
{
    const __m512i eights =
        _mm512_madd_epi16(_mm512_packus_epi32(a, b), _mm512_set1_epi32(0x00012710));
    const __m512i number = _mm512_add_epi64(_mm512_mul_epu32(eights, _mm512_set1_epi64(100000000)),
                                            _mm512_srli_epi64(eights, 32));
    return _mm512_permutexvar_epi64(_mm512_setr_epi64(0, 2, 4, 6, 1, 3, 5, 7), number);
}

/* Reads rows i to i + 15. number: their digits. */
static inline void read_rows(const char *text, const batch_places *places, const batch_taken *taken,
                             size_t i, const grouped_style *style, grouped_rows *r,
                             __m512i number[2])
{
    const uint32_t *end = places->end + i;
    const char *s = text - SIZE_MOST;
    __m512i x[4], v[4];
    row_masks wrong;
    for (size_t k = 0; k < 4; k++)
        x[k] =
            batch_load4(s + end[4 * k], s + end[4 * k + 1], s + end[4 * k + 2], s + end[4 * k + 3]);
    find_marks(x, _mm512_load_si512(places->size + i), style, r);
    for (size_t k = 0; k < 4; k++)
        v[k] = read_four(x[k], r->offset + 4 * k, r->after.of[k], &wrong.of[k]);
    number[0] = number_of(v[0], v[1]);
    number[1] = number_of(v[2], v[3]);
    const __m512i bad = each_row(&wrong);
    r->left |= _mm512_test_epi32_mask(bad, bad);
    if (taken != NULL) {
        const __m128i minus = _mm_loadu_si128((const __m128i *)(const void *)(taken->minus + i)),
                      shift = _mm_loadu_si128((const __m128i *)(const void *)(taken->shift + i));
        r->minus |= _mm_test_epi8_mask(minus, minus);
        r->places = _mm512_add_epi32(r->places, _mm512_cvtepu8_epi32(shift));
    }
}

/* Divides eight numbers below 2^52 by 10^places. */
static inline __m512i scale(__m512i number, __m512i places, __mmask8 minus)
{
    const __mmask8 beyond = _mm512_test_epi64_mask(places, _mm512_set1_epi64(16));
    const __m512d quotient =
        _mm512_div_pd(_mm512_cvtepu64_pd(number), batch_table_at(float_tens, places, beyond));
    return _mm512_castpd_si512(_mm512_mask_or_pd(quotient, minus, quotient, _mm512_set1_pd(-0.0)));
}

static inline __m512i negate(__m512i number, __mmask8 minus)
{
    return _mm512_mask_sub_epi64(number, minus, _mm512_setzero_si512(), number);
}

static inline __attribute__((always_inline)) size_t convert(const parse_fields *fields,
                                                            size_t count, const parse_marks *marks,
                                                            bool integer, bool *grouped,
                                                            int64_t *values, uint32_t *left)
{
    const grouped_style style = {
        _mm512_set1_epi8(marks->style.decimal), _mm512_set1_epi8(marks->style.group[0]),
        marks->style.group_size == 0, marks->style.group_fraction, integer};
    const bool take = marks->currency_size != 0 || marks->percent;
    uint32_t *next = left;
    batch_places places PARSE_UNSET;
    batch_taken taken PARSE_UNSET;
    for (size_t row = 0; row < count; row += BATCH_STEP) {
        const size_t n = count - row < BATCH_STEP ? count - row : BATCH_STEP;
        batch_take(fields, row, n, &places);
        const batch_taken *const off = take ? batch_take_marks(fields->text, marks, integer, n,
                                                               places.end, places.size, &taken)
                                            : NULL;
        for (size_t i = 0; i < n; i += ROWS) {
            grouped_rows r PARSE_UNSET;
            __m512i number[2] PARSE_UNSET;
            const __mmask16 live = batch_live(i, n);
            read_rows(fields->text, &places, off, i, &style, &r, number);
            const __mmask8 low = (__mmask8)r.minus, high = (__mmask8)(r.minus >> 8);
            number[0] = integer
                            ? negate(number[0], low)
                            : scale(number[0],
                                    _mm512_cvtepu32_epi64(_mm512_castsi512_si256(r.places)), low);
            number[1] =
                integer
                    ? negate(number[1], high)
                    : scale(number[1],
                            _mm512_cvtepu32_epi64(_mm512_extracti64x4_epi64(r.places, 1)), high);
            _mm512_mask_storeu_epi64(values + row + i, (__mmask8)live, number[0]);
            _mm512_mask_storeu_epi64(values + row + i + 8, (__mmask8)(live >> 8), number[1]);
            *grouped |= (r.grouped & live & ~r.left) != 0;
            next = batch_leave(next, row + i, (__mmask16)(r.left & live));
        }
    }
    return (size_t)(next - left);
}

/* Group marks of several bytes take the ways of grouped_fast.h. */
parse_batch_marked_fn parse_batch_int64_marked_avx512, parse_batch_float64_marked_avx512,
    parse_batch_int64_marked_avx2, parse_batch_float64_marked_avx2;
size_t parse_batch_int64_marked_avx512(const parse_fields *fields, size_t count,
                                       const parse_marks *marks, bool *grouped, void *out,
                                       uint32_t *left)
{
    return marks->style.group_size > 1
               ? parse_batch_int64_marked_avx2(fields, count, marks, grouped, out, left)
               : convert(fields, count, marks, true, grouped, out, left);
}

size_t parse_batch_float64_marked_avx512(const parse_fields *fields, size_t count,
                                         const parse_marks *marks, bool *grouped, void *out,
                                         uint32_t *left)
{
    return marks->style.group_size > 1
               ? parse_batch_float64_marked_avx2(fields, count, marks, grouped, out, left)
               : convert(fields, count, marks, false, grouped, out, left);
}
#else
typedef int parse_batch_grouped_avx512_is_x86_only;
#endif
