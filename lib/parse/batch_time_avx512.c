/* Dates and timestamps, sixteen at a time. A field's bytes stand in 16-byte lanes: the date in one,
 * what follows the 'T' in another. */
#if defined(__x86_64__)
#include "parse/batch_time_avx512.h"

#include "parse/batch_shape.h"

typedef struct shape {
    __m512i pattern, most, tens, hundreds;
} shape;

static inline shape shape_of(batch_shape s)
{
    return (shape){batch_all_lanes(s.pattern), batch_all_lanes(s.most), batch_all_lanes(s.tens),
                   batch_all_lanes(s.hundreds)};
}

/* Four lanes to their parts, 32 bits each. Bytes that may not be make *wrong not 0 in their half of
 * the lane. */
static inline __m512i read_four(__m512i x, const shape *s, __m512i *wrong)
{
    const __m512i y = _mm512_xor_si512(x, s->pattern);
    *wrong = _mm512_or_si512(*wrong, _mm512_subs_epu8(y, s->most));
    return _mm512_madd_epi16(_mm512_maddubs_epi16(y, s->tens), s->hundreds);
}

parse_batch_date_fn parse_batch_date_avx512;
size_t parse_batch_date_avx512(const parse_fields *fields, size_t count, uint32_t scale,
                               int64_t *out, uint32_t *left)
{
    const shape date = shape_of(batch_shape_of_date(0));
    const __m512i scales = _mm512_set1_epi64(scale);
    uint32_t *next = left;
    batch_places places PARSE_UNSET;
    for (size_t row = 0; row < count; row += BATCH_STEP) {
        const size_t n = count - row < BATCH_STEP ? count - row : BATCH_STEP;
        batch_take(fields, row, n, &places);
        for (size_t i = 0; i < n; i += 16) {
            const uint32_t *end = places.end + i;
            const char *s = fields->text - 10;
            __m512i v[4] PARSE_UNSET, part[4] PARSE_UNSET;
            for (int j = 0; j < 4; j++) {
                __m512i wrong = _mm512_setzero_si512();
                v[j] = read_four(
                    batch_load4(s + end[j], s + end[j + 4], s + end[j + 8], s + end[j + 12]), &date,
                    &wrong);
                v[j] = batch_mark_wrong(v[j], wrong);
            }
            batch_by_part(v, part);
            const __mmask16 live = batch_live(i, n);
            __mmask16 wrong;
            const __m512i days = batch_days(part[0], part[1], part[2], &wrong);
            const __m512i low =
                _mm512_mul_epi32(_mm512_cvtepi32_epi64(_mm512_castsi512_si256(days)), scales);
            const __m512i high =
                _mm512_mul_epi32(_mm512_cvtepi32_epi64(_mm512_extracti64x4_epi64(days, 1)), scales);
            _mm512_mask_storeu_epi64(out + row + i, (__mmask8)live, low);
            _mm512_mask_storeu_epi64(out + row + i + 8, (__mmask8)(live >> 8), high);
            wrong |=
                batch_marked_wrong(part) |
                _mm512_cmpneq_epi32_mask(_mm512_load_si512(places.size + i), _mm512_set1_epi32(10));
            next = batch_leave(next, row + i, wrong & live);
        }
    }
    return (size_t)(next - left);
}

/* The common form of a column's timestamps. */
typedef struct instants {
    shape date, clock;
    uint32_t size;
    __m512i unit, thousand; /* units in a second, and in the first three digits of a fraction */
} instants;

/* Eight rows' count of units. */
static inline __m512i count_units(const instants *t, __m256i days, __m256i clock, __m256i upper,
                                  __m256i lower)
{
    const __m512i midnight =
        _mm512_mul_epi32(_mm512_cvtepi32_epi64(days), _mm512_set1_epi64(86400));
    const __m512i seconds = _mm512_add_epi64(midnight, _mm512_cvtepu32_epi64(clock));
    const __m512i fraction = _mm512_add_epi64(
        _mm512_mul_epu32(_mm512_cvtepu32_epi64(upper), t->thousand), _mm512_cvtepu32_epi64(lower));
    return _mm512_add_epi64(_mm512_mullo_epi64(seconds, t->unit), fraction);
}

/* Converts rows i to i + 15. Returns those that are left. */
static inline __mmask16 convert_instants(const char *text, const batch_places *places, size_t i,
                                         const instants *t, __mmask16 live, int64_t *out)
{
    const uint32_t *end = places->end + i;
    const char *s = text - t->size, *after = s + 11;
    const __m512i T = _mm512_set1_epi8('T'), space = _mm512_set1_epi8(' ');
    __m512i v[4] PARSE_UNSET, w[4] PARSE_UNSET, date[4] PARSE_UNSET, clock[4] PARSE_UNSET;
    for (int j = 0; j < 4; j++) {
        __m512i wrong = _mm512_setzero_si512();
        __m512i x = batch_load4(s + end[j], s + end[j + 4], s + end[j + 8], s + end[j + 12]);
        x = _mm512_mask_mov_epi8(x, _mm512_cmpeq_epi8_mask(x, T),
                                 space); /* anywhere else both are wrong */
        v[j] = read_four(x, &t->date, &wrong);
        w[j] = read_four(batch_load4(after + end[j], after + end[j + 4], after + end[j + 8],
                                     after + end[j + 12]),
                         &t->clock, &wrong);
        v[j] = batch_mark_wrong(v[j], wrong);
    }
    batch_by_part(v, date);
    batch_by_part(w, clock);
    __mmask16 wrong;
    const __m512i days = batch_days(date[0], date[1], date[2], &wrong),
                  seconds = _mm512_add_epi32(clock[0], clock[1]);
    wrong |= batch_marked_wrong(date) |
             _mm512_cmpge_epu32_mask(
                 seconds, _mm512_set1_epi32(86400)); /* only hours can be too many yet (C-37) */
    wrong |= _mm512_cmpneq_epi32_mask(_mm512_load_si512(places->size + i),
                                      _mm512_set1_epi32((int)t->size));
    const __m512i low =
        count_units(t, _mm512_castsi512_si256(days), _mm512_castsi512_si256(seconds),
                    _mm512_castsi512_si256(clock[2]), _mm512_castsi512_si256(clock[3]));
    const __m512i high =
        count_units(t, _mm512_extracti64x4_epi64(days, 1), _mm512_extracti64x4_epi64(seconds, 1),
                    _mm512_extracti64x4_epi64(clock[2], 1), _mm512_extracti64x4_epi64(clock[3], 1));
    _mm512_mask_storeu_epi64(out, (__mmask8)live, low);
    _mm512_mask_storeu_epi64(out + 8, (__mmask8)(live >> 8), high);
    return wrong & live;
}

parse_batch_timestamp_fn parse_batch_timestamp_avx512;
size_t parse_batch_timestamp_avx512(const parse_fields *fields, size_t count, uint32_t digits,
                                    bool utc, int64_t *out, uint32_t *left)
{
    static const int32_t units[7] = {1, 0, 0, 1000, 0, 0, 1000000};
    if (digits > 6 || units[digits] == 0)
        return parse_batch_leave_all(count, left); /* a fraction of nine digits does not fit beside
                                                      the clock, and its column can overflow */
    instants t = {.date = shape_of(batch_shape_of_date(' ')),
                  .clock = shape_of(batch_shape_of_clock(digits, utc)),
                  .size = (digits == 0 ? 19 : 20 + digits) + utc};
    t.unit = _mm512_set1_epi64(units[digits]);
    t.thousand = _mm512_set1_epi64(digits == 6 ? 1000 : 1);
    uint32_t *next = left;
    batch_places places PARSE_UNSET;
    for (size_t row = 0; row < count; row += BATCH_STEP) {
        const size_t n = count - row < BATCH_STEP ? count - row : BATCH_STEP;
        batch_take(fields, row, n, &places);
        for (size_t i = 0; i < n; i += 16)
            next = batch_leave(
                next, row + i,
                convert_instants(fields->text, &places, i, &t, batch_live(i, n), out + row + i));
    }
    return (size_t)(next - left);
}
#else
typedef int parse_batch_time_avx512_is_x86_only;
#endif
