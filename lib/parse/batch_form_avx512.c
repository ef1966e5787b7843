/* Declared forms of dates, timestamps and times, sixteen at a time, as batch_form_avx2.c does
 * eight. */
#if defined(__x86_64__)
#include "parse/batch_form.h"
#include "parse/batch_time_avx512.h"

typedef struct lane {
    __m512i pattern, most, fold, shuffle;
} lane;

/* The fields of up to sixteen rows. */
typedef struct rows {
    const char *text[16];                /* where their lanes are counted from */
    const parse_plan_layout *layout[16]; /* where widths vary */
} rows;

/* The constants of a column. */
typedef struct form {
    const parse_plan *plan;
    lane lanes[2]; /* of the first layout */
    __m512i day_seconds, per_second, fraction_scale, first_day, last_day;
} form;

/* Returns the 16 bytes that begin `offset` bytes behind the lanes of four layouts. */
static inline __m512i lanes_part(const rows *r, int j, unsigned which, size_t offset)
{
    const size_t at = offsetof(parse_plan_layout, lanes) + which * sizeof(parse_plan_lane) + offset;
    return batch_load4((const char *)r->layout[j] + at, (const char *)r->layout[j + 4] + at,
                       (const char *)r->layout[j + 8] + at, (const char *)r->layout[j + 12] + at);
}

/* Reads lane `which` of rows j, j + 4, j + 8 and j + 12 to four numbers each, 32 bits. Bytes that
 * may not be make *wrong not 0. letters: the second number is the three bytes as they are. */
static inline __m512i read_lanes(const form *f, const rows *r, int j, unsigned which, bool varied,
                                 bool letters, __m512i *wrong)
{
    const bool folds = which == PARSE_PLAN_CLOCK && f->plan->half_day;
    lane l = f->lanes[which];
    const char *at[4];
    for (int k = 0; k < 4; k++)
        at[k] =
            r->text[j + 4 * k] + (varied ? r->layout[j + 4 * k] : f->plan->layouts)->lane_at[which];
    if (varied) {
        l.pattern = lanes_part(r, j, which, offsetof(parse_plan_lane, pattern));
        l.most = lanes_part(r, j, which, offsetof(parse_plan_lane, most));
        l.shuffle = lanes_part(r, j, which, offsetof(parse_plan_lane, shuffle));
        if (folds)
            l.fold = lanes_part(r, j, which, offsetof(parse_plan_lane, fold));
    }
    __m512i bytes = batch_load4(at[0], at[1], at[2], at[3]);
    if (folds)
        bytes = _mm512_or_si512(bytes, l.fold);
    bytes = _mm512_xor_si512(bytes, l.pattern);
    *wrong = _mm512_or_si512(*wrong, _mm512_subs_epu8(bytes, l.most));
    bytes = _mm512_shuffle_epi8(bytes, l.shuffle);
    const __m512i numbers = _mm512_madd_epi16(
        _mm512_maddubs_epi16(bytes, _mm512_set1_epi16(0x010a)), _mm512_set1_epi32(0x00010064));
    return letters ? _mm512_mask_mov_epi32(numbers, 0x2222, bytes) : numbers;
}

/* Returns the months whose names begin with the letters. *wrong becomes the rows that have none. */
static inline __m512i months_of(__m512i letters, __mmask16 *wrong)
{
    const __m512i small = _mm512_or_si512(letters, _mm512_set1_epi32(PARSE_NAME_CASE));
    const __m512i place = _mm512_mullo_epi32(small, _mm512_set1_epi32(PARSE_NAME_FACTOR));
    const __m512i name =
        _mm512_permutexvar_epi32(_mm512_srli_epi32(place, 28), _mm512_loadu_si512(batch_names));
    *wrong = _mm512_cmpneq_epi32_mask(_mm512_and_si512(name, _mm512_set1_epi32(0xffffff)), small);
    return _mm512_srli_epi32(name, 24);
}

/* Returns days since 1970-01-01 from a date's numbers. */
static inline __m512i days_of_date(const parse_plan *plan, const __m512i part[4], __mmask16 *wrong)
{
    const __m512i one = _mm512_set1_epi32(1);
    __m512i year = part[0], month = part[1], day = part[2];
    __mmask16 also = 0;
    *wrong = 0;
    if (plan->short_year) {
        const __mmask16 late = _mm512_cmplt_epi32_mask(year, _mm512_set1_epi32(69));
        year = _mm512_add_epi32(year, _mm512_set1_epi32(1900));
        year = _mm512_mask_add_epi32(year, late, year, _mm512_set1_epi32(100));
    }
    if (plan->year_day) {
        const __m512i days = batch_days(year, one, one, &also);
        const __m512i next = batch_days(_mm512_add_epi32(year, one), one, one, &also);
        const __m512i after = _mm512_sub_epi32(day, one);
        *wrong = _mm512_cmpge_epu32_mask(after, _mm512_sub_epi32(next, days));
        return _mm512_add_epi32(days, after);
    }
    if (plan->has_name)
        month = months_of(month, wrong);
    const __m512i days = batch_days(year, month, day, &also);
    *wrong |= also;
    return days;
}

/* Returns seconds since midnight from a clock's numbers. */
static inline __m512i seconds_of(const parse_plan *plan, const __m512i part[4], __mmask16 *wrong)
{
    __m512i hour = part[0];
    if (plan->half_day) {
        const __m512i twelve = _mm512_set1_epi32(12);
        const __mmask16 late = _mm512_cmpgt_epi32_mask(hour, _mm512_set1_epi32(1699));
        hour = _mm512_mask_sub_epi32(hour, late, hour, _mm512_set1_epi32(1700));
        *wrong |= _mm512_cmpge_epu32_mask(_mm512_sub_epi32(hour, _mm512_set1_epi32(1)), twelve);
        hour = _mm512_maskz_mov_epi32(_mm512_cmpneq_epi32_mask(hour, twelve), hour);
        hour = _mm512_mask_add_epi32(hour, late, hour, twelve);
    }
    /* MMSS as one number of four digits. */
    const __m512i minute =
        _mm512_srli_epi32(_mm512_mulhi_epu16(part[1], _mm512_set1_epi32(5243)), 3);
    const __m512i below =
        _mm512_sub_epi32(part[1], _mm512_madd_epi16(minute, _mm512_set1_epi32(40)));
    const __m512i seconds =
        _mm512_add_epi32(_mm512_mullo_epi32(hour, _mm512_set1_epi32(3600)), below);
    *wrong |= _mm512_cmpge_epu32_mask(seconds, _mm512_set1_epi32(86400));
    return seconds;
}

/* Eight rows' counts of units, from 32-bit numbers. */
static inline __m512i count_units(const form *f, __m256i days, __m256i seconds, __m256i fraction)
{
    const __m512i midnight = _mm512_mul_epi32(_mm512_cvtepi32_epi64(days), f->day_seconds);
    const __m512i all = _mm512_add_epi64(midnight, _mm512_cvtepu32_epi64(seconds));
    return _mm512_add_epi64(_mm512_mullo_epi64(all, f->per_second),
                            _mm512_mul_epu32(_mm512_cvtepu32_epi64(fraction), f->fraction_scale));
}

static inline __m256i low_half(__m512i numbers)
{
    return _mm512_castsi512_si256(numbers);
}

static inline __m256i high_half(__m512i numbers)
{
    return _mm512_extracti64x4_epi64(numbers, 1);
}

/* Converts sixteen rows, of which `live` exist. Returns those that are left, but for sizes. */
static inline __attribute__((always_inline)) __mmask16 convert_rows(const form *f, const rows *r,
                                                                    bool has_date, bool has_time,
                                                                    bool varied, int64_t *out,
                                                                    __mmask16 live)
{
    const __m512i zero = _mm512_setzero_si512();
    __m512i v[4], w[4], date[4], clock[4], days = zero, seconds = zero, fraction = zero;
    __mmask16 wrong = 0;
    for (int j = 0; j < 4; j++) {
        __m512i bytes = zero;
        if (has_date)
            v[j] = read_lanes(f, r, j, PARSE_PLAN_DATE, varied, f->plan->has_name, &bytes);
        if (has_time)
            w[j] = read_lanes(f, r, j, PARSE_PLAN_CLOCK, varied, false, &bytes);
        if (has_date)
            v[j] = batch_mark_wrong(v[j], bytes);
        else
            w[j] = batch_mark_wrong(w[j], bytes);
    }
    if (has_date) {
        batch_by_part(v, date);
        days = days_of_date(f->plan, date, &wrong);
        wrong |= _mm512_cmpgt_epi32_mask(days, f->last_day) |
                 _mm512_cmpgt_epi32_mask(f->first_day, days);
    }
    if (has_time) {
        batch_by_part(w, clock);
        seconds = seconds_of(f->plan, clock, &wrong);
        fraction =
            _mm512_add_epi32(_mm512_madd_epi16(clock[2], _mm512_set1_epi32(10000)), clock[3]);
    }
    _mm512_mask_storeu_epi64(out, (__mmask8)live,
                             count_units(f, low_half(days), low_half(seconds), low_half(fraction)));
    _mm512_mask_storeu_epi64(
        out + 8, (__mmask8)(live >> 8),
        count_units(f, high_half(days), high_half(seconds), high_half(fraction)));
    return wrong | batch_marked_wrong(has_date ? date : clock);
}

static inline lane all_lanes(const parse_plan_lane *l)
{
    return (lane){batch_all_lanes(l->pattern), batch_all_lanes(l->most), batch_all_lanes(l->fold),
                  batch_all_lanes(l->shuffle)};
}

/* Says where rows i to i + 15 are. Those whose widths vary have the sizes that batch_layout leaves,
 * in places. */
static inline void take_rows(const form *f, const char *text, batch_places *places, size_t i,
                             bool varied, rows *r)
{
    for (size_t j = 0; j < 16; j++) {
        const uint32_t end = places->end[i + j];
        if (varied) {
            r->text[j] = text + end - places->size[i + j];
            r->layout[j] = batch_layout(f->plan, r->text[j], &places->size[i + j]);
        } else {
            r->text[j] = text + end - f->plan->layouts[0].size;
        }
    }
}

static inline __attribute__((always_inline)) size_t convert(const parse_fields *fields,
                                                            size_t count, const parse_plan *plan,
                                                            bool has_date, bool has_time,
                                                            bool varied, int64_t *out,
                                                            uint32_t *left)
{
    const form f = {plan,
                    {all_lanes(&plan->layouts[0].lanes[0]), all_lanes(&plan->layouts[0].lanes[1])},
                    _mm512_set1_epi64(plan->day_seconds),
                    _mm512_set1_epi64(plan->per_second),
                    _mm512_set1_epi64(plan->fraction_scale),
                    _mm512_set1_epi32(plan->first_day),
                    _mm512_set1_epi32(plan->last_day)};
    const __m512i size = _mm512_set1_epi32(varied ? 0 : plan->layouts[0].size);
    uint32_t *next = left;
    batch_places places PARSE_UNSET;
    rows r PARSE_UNSET;
    for (size_t row = 0; row < count; row += BATCH_STEP) {
        const size_t n = count - row < BATCH_STEP ? count - row : BATCH_STEP;
        batch_take(fields, row, n, &places);
        for (size_t i = 0; i < n; i += 16) {
            const __mmask16 live = batch_live(i, n);
            take_rows(&f, fields->text, &places, i, varied, &r);
            __mmask16 wrong = convert_rows(&f, &r, has_date, has_time, varied, out + row + i, live);
            wrong |= _mm512_cmpneq_epi32_mask(_mm512_load_si512(places.size + i), size);
            next = batch_leave(next, row + i, wrong & live);
        }
    }
    return (size_t)(next - left);
}

parse_batch_form_fn parse_batch_form_avx512;
size_t parse_batch_form_avx512(const parse_fields *fields, size_t count, const parse_plan *plan,
                               int64_t *out, uint32_t *left)
{
    if (!plan->batch)
        return parse_batch_leave_all(count, left);
    if (plan->n_unpadded != 0) {
        if (!plan->has_time)
            return convert(fields, count, plan, true, false, true, out, left);
        return plan->has_date ? convert(fields, count, plan, true, true, true, out, left)
                              : convert(fields, count, plan, false, true, true, out, left);
    }
    if (!plan->has_time)
        return convert(fields, count, plan, true, false, false, out, left);
    return plan->has_date ? convert(fields, count, plan, true, true, false, out, left)
                          : convert(fields, count, plan, false, true, false, out, left);
}
#else
typedef int parse_batch_form_avx512_is_x86_only;
#endif
