/* Dates and timestamps, eight at a time, as batch_time_avx512.c does sixteen: a field's bytes stand
 * in 16-byte lanes, the date in one, what follows the 'T' in another. */
#if defined(__x86_64__)
#include "parse/batch_time_avx2.h"

#include "parse/batch_shape.h"

typedef struct shape {
    __m256i pattern, most, tens, hundreds;
} shape;

static inline shape shape_of(batch_shape s)
{
    return (shape){batch_both_lanes(s.pattern), batch_both_lanes(s.most), batch_both_lanes(s.tens),
                   batch_both_lanes(s.hundreds)};
}

/* Two lanes to their parts, 32 bits each. Bytes that may not be make *wrong not 0 in their half of
 * the lane. */
static inline __m256i read_two(__m256i x, const shape *s, __m256i *wrong)
{
    const __m256i y = _mm256_xor_si256(x, s->pattern);
    *wrong = _mm256_or_si256(*wrong, _mm256_subs_epu8(y, s->most));
    return _mm256_madd_epi16(_mm256_maddubs_epi16(y, s->tens), s->hundreds);
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
            __m256i v[4] PARSE_UNSET, part[4] PARSE_UNSET, wrong PARSE_UNSET;
            for (int j = 0; j < 4; j++) {
                wrong = _mm256_setzero_si256();
                v[j] = read_two(batch_load2(s + end[j], s + end[j + 4]), &date, &wrong);
                v[j] = batch_mark_wrong(v[j], wrong);
            }
            batch_by_part(v, part);
            const __m256i days = batch_days(part[0], part[1], part[2], &wrong);
            wrong = _mm256_or_si256(
                wrong, _mm256_or_si256(batch_marked_wrong(part), batch_other_size(&places, i, 10)));
            batch_store(out + row + i, _mm256_mul_epi32(batch_low_half(days), scales),
                        _mm256_mul_epi32(batch_high_half(days), scales), n - i);
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

/* Four rows' count of units, from 64-bit numbers. */
static inline __m256i count_units(const instants *t, __m256i days, __m256i clock, __m256i upper,
                                  __m256i lower)
{
    const __m256i seconds =
        _mm256_add_epi64(_mm256_mul_epi32(days, _mm256_set1_epi64x(86400)), clock);
    const __m256i fraction = _mm256_add_epi64(_mm256_mul_epu32(upper, t->thousand), lower);
    return _mm256_add_epi64(batch_times(seconds, t->unit), fraction);
}

/* Converts rows i to i + 7, n of them. Returns those that are left. */
static inline uint32_t convert_instants(const char *text, const batch_places *places, size_t i,
                                        const instants *t, int64_t *out, size_t n)
{
    const uint32_t *end = places->end + i;
    const char *s = text - t->size, *after = s + 11;
    const __m256i T = _mm256_set1_epi8('T'), change = _mm256_set1_epi8('T' ^ ' ');
    __m256i v[4] PARSE_UNSET, w[4] PARSE_UNSET, date[4] PARSE_UNSET, clock[4] PARSE_UNSET;
    __m256i wrong PARSE_UNSET;
    for (int j = 0; j < 4; j++) {
        wrong = _mm256_setzero_si256();
        __m256i x = batch_load2(s + end[j], s + end[j + 4]);
        x = _mm256_xor_si256(
            x, _mm256_and_si256(_mm256_cmpeq_epi8(x, T),
                                change)); /* to a space; anywhere else both are wrong */
        v[j] = read_two(x, &t->date, &wrong);
        w[j] = read_two(batch_load2(after + end[j], after + end[j + 4]), &t->clock, &wrong);
        v[j] = batch_mark_wrong(v[j], wrong);
    }
    batch_by_part(v, date);
    batch_by_part(w, clock);
    const __m256i days = batch_days(date[0], date[1], date[2], &wrong),
                  seconds = _mm256_add_epi32(clock[0], clock[1]);
    wrong = _mm256_or_si256(
        wrong, batch_at_least(
                   seconds, _mm256_set1_epi32(86400))); /* only hours can be too many yet (C-37) */
    wrong = _mm256_or_si256(
        wrong, _mm256_or_si256(batch_marked_wrong(date), batch_other_size(places, i, t->size)));
    batch_store(out,
                count_units(t, batch_low_half(days), batch_low_half(seconds),
                            batch_low_half(clock[2]), batch_low_half(clock[3])),
                count_units(t, batch_high_half(days), batch_high_half(seconds),
                            batch_high_half(clock[2]), batch_high_half(clock[3])),
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
