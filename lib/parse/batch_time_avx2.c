/* Dates and timestamps, eight at a time, as batch_time_avx512.c does sixteen: a field's bytes stand
 * in 16-byte lanes, the date in one, what follows the 'T' in another. */
#if defined(__x86_64__)
#include "parse/batch_avx2.h"
#include "parse/batch_shape.h"

typedef struct shape {
    __m256i pattern, most, tens, hundreds;
} shape;

static inline __m256i both_lanes(const void *lane)
{
    return _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)lane));
}

static inline shape shape_of(batch_shape s)
{
    return (shape){both_lanes(s.pattern), both_lanes(s.most), both_lanes(s.tens),
                   both_lanes(s.hundreds)};
}

/* Loads 16 bytes from each of two addresses. */
static inline __m256i load_two(const char *a, const char *b)
{
    const __m256i x = _mm256_castsi128_si256(_mm_loadu_si128((const __m128i *)(const void *)a));
    return _mm256_inserti128_si256(x, _mm_loadu_si128((const __m128i *)(const void *)b), 1);
}

/* Two lanes to their parts, 32 bits each. Bytes that may not be make *wrong not 0 in their half of
 * the lane. */
static inline __m256i read_two(__m256i x, const shape *s, __m256i *wrong)
{
    const __m256i y = _mm256_xor_si256(x, s->pattern);
    *wrong = _mm256_or_si256(*wrong, _mm256_subs_epu8(y, s->most));
    return _mm256_madd_epi16(_mm256_maddubs_epi16(y, s->tens), s->hundreds);
}

/* Rows 4 * lane + j of part p from vectors j: four vectors of four parts a lane to one vector a
 * part. */
static inline void by_part(const __m256i v[4], __m256i part[4])
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
static inline __m256i mark_wrong(__m256i parts, __m256i wrong)
{
    return _mm256_add_epi32(parts,
                            _mm256_slli_epi64(_mm256_sad_epu8(wrong, _mm256_setzero_si256()), 16));
}

/* Returns the marks that mark_wrong left in either half; 0: none. */
static inline __m256i marked_wrong(const __m256i part[4])
{
    return _mm256_srli_epi32(_mm256_or_si256(part[0], part[2]), 16);
}

/* Returns all ones where a is at least b, both unsigned. */
static inline __m256i at_least(__m256i a, __m256i b)
{
    return _mm256_cmpeq_epi32(_mm256_max_epu32(a, b), a);
}

/* Returns days since 1970-01-01, as parse_civil does. *wrong is not 0 where there is no such
 * day. */
static inline __m256i days_of(__m256i year, __m256i month, __m256i day, __m256i *wrong)
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
    *wrong = _mm256_or_si256(
        at_least(month, _mm256_set1_epi32(13)),
        at_least(_mm256_sub_epi32(day, one), _mm256_and_si256(entry, _mm256_set1_epi32(0xff))));
    const __m256i hundreds = _mm256_add_epi32(_mm256_add_epi32(century, one), whole);
    __m256i days = _mm256_madd_epi16(year, _mm256_set1_epi32(365));
    days = _mm256_add_epi32(days, _mm256_srli_epi32(_mm256_add_epi32(year, three), 2));
    days = _mm256_add_epi32(_mm256_sub_epi32(days, hundreds),
                            _mm256_srli_epi32(_mm256_add_epi32(hundreds, three), 2));
    days = _mm256_add_epi32(_mm256_add_epi32(days, _mm256_srli_epi32(entry, 8)), day);
    return _mm256_sub_epi32(days, _mm256_set1_epi32(719529));
}

static inline __m256i low_half(__m256i numbers)
{
    return _mm256_cvtepi32_epi64(_mm256_castsi256_si128(numbers));
}

static inline __m256i high_half(__m256i numbers)
{
    return _mm256_cvtepi32_epi64(_mm256_extracti128_si256(numbers, 1));
}

/* Not 0 where a field's size is another. */
static inline __m256i other_size(const batch_places *places, size_t i, uint32_t size)
{
    return _mm256_xor_si256(_mm256_load_si256((const __m256i *)(const void *)(places->size + i)),
                            _mm256_set1_epi32((int)size));
}

parse_batch_date_fn parse_batch_date_avx2;
size_t parse_batch_date_avx2(const parse_fields *fields, size_t count, uint32_t scale, int64_t *out,
                             uint32_t *left)
{
    const shape date = shape_of(batch_shape_of_date(0));
    const __m256i scales = _mm256_set1_epi64x(scale);
    uint32_t *next = left;
    batch_places places PARSE_UNSET;
    for (size_t row = 0; row < count; row += BATCH_STEP) {
        const size_t n = count - row < BATCH_STEP ? count - row : BATCH_STEP;
        batch_take(fields, row, n, &places);
        for (size_t i = 0; i < n; i += 8) {
            const uint32_t *end = places.end + i;
            const char *s = fields->text - 10;
            __m256i v[4], part[4], wrong;
            for (int j = 0; j < 4; j++) {
                wrong = _mm256_setzero_si256();
                v[j] = read_two(load_two(s + end[j], s + end[j + 4]), &date, &wrong);
                v[j] = mark_wrong(v[j], wrong);
            }
            by_part(v, part);
            const __m256i days = days_of(part[0], part[1], part[2], &wrong);
            wrong = _mm256_or_si256(
                wrong, _mm256_or_si256(marked_wrong(part), other_size(&places, i, 10)));
            batch_store(out + row + i, _mm256_mul_epi32(low_half(days), scales),
                        _mm256_mul_epi32(high_half(days), scales), n - i);
            next = batch_leave(next, row + i, batch_set(wrong) & batch_live(i, n));
        }
    }
    return (size_t)(next - left);
}

/* The common form of a column's timestamps. */
typedef struct instants {
    shape date, clock;
    uint32_t size;
    __m256i unit, thousand; /* units in a second, and in the first three digits of a fraction */
} instants;

/* a times b, of which b is below 2^32. */
static inline __m256i times(__m256i a, __m256i b)
{
    return _mm256_add_epi64(_mm256_mul_epu32(a, b),
                            _mm256_slli_epi64(_mm256_mul_epu32(_mm256_srli_epi64(a, 32), b), 32));
}

/* Four rows' count of units, from 64-bit numbers. */
static inline __m256i count_units(const instants *t, __m256i days, __m256i clock, __m256i upper,
                                  __m256i lower)
{
    const __m256i seconds =
        _mm256_add_epi64(_mm256_mul_epi32(days, _mm256_set1_epi64x(86400)), clock);
    const __m256i fraction = _mm256_add_epi64(_mm256_mul_epu32(upper, t->thousand), lower);
    return _mm256_add_epi64(times(seconds, t->unit), fraction);
}

/* Converts rows i to i + 7, n of them. Returns those that are left. */
static inline uint32_t convert_instants(const char *text, const batch_places *places, size_t i,
                                        const instants *t, int64_t *out, size_t n)
{
    const uint32_t *end = places->end + i;
    const char *s = text - t->size, *after = s + 11;
    const __m256i T = _mm256_set1_epi8('T'), change = _mm256_set1_epi8('T' ^ ' ');
    __m256i v[4], w[4], date[4], clock[4], wrong;
    for (int j = 0; j < 4; j++) {
        wrong = _mm256_setzero_si256();
        __m256i x = load_two(s + end[j], s + end[j + 4]);
        x = _mm256_xor_si256(
            x, _mm256_and_si256(_mm256_cmpeq_epi8(x, T),
                                change)); /* to a space; anywhere else both are wrong */
        v[j] = read_two(x, &t->date, &wrong);
        w[j] = read_two(load_two(after + end[j], after + end[j + 4]), &t->clock, &wrong);
        v[j] = mark_wrong(v[j], wrong);
    }
    by_part(v, date);
    by_part(w, clock);
    const __m256i days = days_of(date[0], date[1], date[2], &wrong),
                  seconds = _mm256_add_epi32(clock[0], clock[1]);
    wrong = _mm256_or_si256(
        wrong,
        at_least(seconds, _mm256_set1_epi32(86400))); /* only hours can be too many yet (C-37) */
    wrong =
        _mm256_or_si256(wrong, _mm256_or_si256(marked_wrong(date), other_size(places, i, t->size)));
    batch_store(
        out,
        count_units(t, low_half(days), low_half(seconds), low_half(clock[2]), low_half(clock[3])),
        count_units(t, high_half(days), high_half(seconds), high_half(clock[2]),
                    high_half(clock[3])),
        n);
    return batch_set(wrong);
}

parse_batch_timestamp_fn parse_batch_timestamp_avx2;
size_t parse_batch_timestamp_avx2(const parse_fields *fields, size_t count, uint32_t digits,
                                  bool utc, int64_t *out, uint32_t *left)
{
    static const int32_t units[7] = {1, 0, 0, 1000, 0, 0, 1000000};
    if (digits > 6 || units[digits] == 0)
        return parse_batch_leave_all(count, left); /* a fraction of nine digits does not fit beside
                                                      the clock, and its column can overflow */
    instants t = {.date = shape_of(batch_shape_of_date(' ')),
                  .clock = shape_of(batch_shape_of_clock(digits, utc)),
                  .size = (digits == 0 ? 19 : 20 + digits) + utc};
    t.unit = _mm256_set1_epi64x(units[digits]);
    t.thousand = _mm256_set1_epi64x(digits == 6 ? 1000 : 1);
    uint32_t *next = left;
    batch_places places PARSE_UNSET;
    for (size_t row = 0; row < count; row += BATCH_STEP) {
        const size_t n = count - row < BATCH_STEP ? count - row : BATCH_STEP;
        batch_take(fields, row, n, &places);
        for (size_t i = 0; i < n; i += 8) {
            const uint32_t slow =
                convert_instants(fields->text, &places, i, &t, out + row + i, n - i);
            next = batch_leave(next, row + i, slow & batch_live(i, n));
        }
    }
    return (size_t)(next - left);
}
#else
typedef int parse_batch_time_avx2_is_x86_only;
#endif
