/* Declared forms of dates, timestamps and times, sixteen at a time, as batch_form_avx2.c does
 * eight. */
#if defined(__x86_64__)
#include "parse/batch_form_name_avx512.h"

typedef struct lane {
    __m512i pattern, most, fold, shuffle, more[PARSE_PLAN_VARIED], tests[PARSE_PLAN_VARIED], turn;
} lane;

/* The places of some rows. */
typedef struct rows {
    batch_places places;
    uint32_t begin[BATCH_STEP] __attribute__((aligned(64)));
    const uint32_t *at[2]; /* those from which the lanes' bytes are counted */
} rows;

/* The numbers of sixteen rows: year, month and day; the clock; the rows that are left. */
typedef struct sixteen {
    __m512i date[3], seconds, fraction;
    __mmask16 wrong;
} sixteen;

/* The constants of a column. */
typedef struct form {
    const parse_plan *plan;
    lane lanes[2];
    const char *text[2]; /* the places of lanes count from here */
    batch_named named;   /* of a date by a whole name */
    __m512i day_units, day_seconds, per_second, fraction_scale, first_day, last_day;
} form;

/* Returns the shuffles of four rows of a varied lane, which their digits choose. */
static inline __m512i choose(const lane *l, unsigned which, __m512i bytes)
{
    const __m512i nine = _mm512_set1_epi8(9);
    const __mmask64 first = _mm512_cmple_epu8_mask(_mm512_shuffle_epi8(bytes, l->tests[0]), nine);
    const __m512i shuffle = _mm512_mask_add_epi8(l->shuffle, first, l->shuffle, l->more[0]);
    if (which == PARSE_PLAN_CLOCK) /* in which only the hour varies */
        return shuffle;
    const __m512i at = _mm512_mask_add_epi8(l->tests[1], first, l->tests[1], l->turn);
    const __mmask64 second = _mm512_cmple_epu8_mask(_mm512_shuffle_epi8(bytes, at), nine);
    return _mm512_mask_add_epi8(shuffle, second, shuffle, l->more[1]);
}

/* Reads a lane of four rows, whose bytes are at `at` and each fourth place behind it, to four
 * numbers each, 32 bits. Bytes that may not be make *wrong not 0.
 * The second number of a date by name is the name's three bytes. */
static inline __m512i read_lanes(const form *f, const uint32_t *at, unsigned which, bool varied,
                                 __m512i *wrong)
{
    const char *s = f->text[which];
    __m512i bytes = batch_load4(s + at[0], s + at[4], s + at[8], s + at[12]);
    bytes = _mm512_xor_si512(bytes, _mm512_set1_epi8('0'));
    __m512i shuffle = f->lanes[which].shuffle;
    if (varied)
        shuffle = choose(&f->lanes[which], which, bytes);
    bytes = _mm512_shuffle_epi8(bytes, shuffle);
    if (which == PARSE_PLAN_CLOCK && f->plan->half_day)
        bytes = _mm512_or_si512(bytes, f->lanes[which].fold);
    bytes = _mm512_xor_si512(bytes, f->lanes[which].pattern);
    *wrong = _mm512_or_si512(*wrong, _mm512_subs_epu8(bytes, f->lanes[which].most));
    __m512i numbers = _mm512_madd_epi16(_mm512_maddubs_epi16(bytes, _mm512_set1_epi16(0x010a)),
                                        _mm512_set1_epi32(0x00010064));
    if (which == PARSE_PLAN_DATE && f->plan->has_name)
        numbers = _mm512_mask_mov_epi32(numbers, 0x2222, bytes);
    if (varied && which == PARSE_PLAN_DATE)
        numbers = _mm512_mask_mov_epi32(numbers, 0x8888, shuffle);
    if (varied && which == PARSE_PLAN_CLOCK && f->plan->lanes[which].n_varied != 0)
        numbers = _mm512_mask_mov_epi32(numbers, 0x4444, shuffle);
    return numbers;
}

/* Returns days since 1970-01-01 from a date's numbers. */
static inline __m512i days_of_date(const parse_plan *plan, const __m512i part[3], __mmask16 *wrong)
{
    const __m512i one = _mm512_set1_epi32(1), day = part[2];
    __m512i year = part[0];
    __mmask16 also = 0;
    if (plan->short_year) {
        const __mmask16 late = _mm512_cmplt_epi32_mask(year, _mm512_set1_epi32(69));
        year = _mm512_add_epi32(year, _mm512_set1_epi32(1900));
        year = _mm512_mask_add_epi32(year, late, year, _mm512_set1_epi32(100));
    }
    if (plan->year_day) {
        const __m512i days = batch_days(year, one, one, &also);
        const __m512i next = batch_days(_mm512_add_epi32(year, one), one, one, &also);
        const __m512i after = _mm512_sub_epi32(day, one);
        *wrong |= _mm512_cmpge_epu32_mask(after, _mm512_sub_epi32(next, days));
        return _mm512_add_epi32(days, after);
    }
    const __m512i days = batch_days(year, part[1], day, &also);
    *wrong |= also;
    return days;
}

/* Returns seconds since midnight from a clock's numbers. *shown becomes the hour as it is written.
 */
static inline __m512i seconds_of(const parse_plan *plan, const __m512i part[4], __m512i *shown,
                                 __mmask16 *wrong)
{
    __m512i hour = part[0];
    *shown = hour;
    if (plan->half_day) {
        const __m512i twelve = _mm512_set1_epi32(12);
        const __mmask16 late = _mm512_cmpgt_epi32_mask(hour, _mm512_set1_epi32(1699));
        hour = _mm512_mask_sub_epi32(hour, late, hour, _mm512_set1_epi32(1700));
        *shown = hour;
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

/* Subtracts from *size the width of a lane's part of the text, and adds to *wrong the rows in which
 * a number of two digits begins with a zero. numbers: as fill_numbers in form_lanes.c wrote them;
 * first, second: the month or hour, and the day. */
static inline void take_width(const parse_plan_lane *l, __m512i numbers, __m512i first,
                              __m512i second, __m512i *size, __mmask16 *wrong)
{
    const __m512i low = _mm512_set1_epi32(0x7f);
    if (l->n_varied == 0) {
        *size = _mm512_sub_epi32(*size, _mm512_set1_epi32(l->width));
        return;
    }
    *size = _mm512_sub_epi32(*size, _mm512_and_si512(numbers, low));
    const __m512i least = _mm512_and_si512(_mm512_srli_epi32(numbers, 8), low),
                  least2 = _mm512_and_si512(_mm512_srli_epi32(numbers, 16), low);
    *wrong |= _mm512_cmpgt_epi32_mask(least, first) | _mm512_cmpgt_epi32_mask(least2, second);
}

/* Reads the date by a whole name of four rows: the first one at `row`, the others each fourth one
 * behind it. */
static inline __m512i read_named(const form *f, const rows *r, size_t row, bool has_time,
                                 __m512i *name, __m512i *wrong)
{
    const char *first[4] PARSE_UNSET, *end[4] PARSE_UNSET;
    for (size_t k = 0; k < 4; k++) {
        first[k] = f->text[0] + r->begin[row + 4 * k];
        end[k] = f->text[0] + r->places.end[row + 4 * k];
        if (has_time) {
            first[k] += f->plan->named.clock_ahead;
            end[k] -= f->plan->named.clock_behind;
        }
        if (has_time && f->plan->named.clock_varied)
            batch_pass_hour(&f->plan->named, &first[k], &end[k]);
    }
    return batch_read_named(&f->plan->named, &f->named, first, end, name, wrong);
}

/* Reads the lanes of the rows from place i on: v is the date, w the clock, name the letters of a
 * whole name. parts: of batch_form_parts. */
static inline __attribute__((always_inline)) void read_rows(const form *f, const rows *r, size_t i,
                                                            unsigned parts, __m512i v[4],
                                                            __m512i w[4], __m512i name[4])
{
    const bool has_date = (parts & BATCH_DATE) != 0, has_time = (parts & BATCH_CLOCK) != 0,
               varied = (parts & BATCH_VARIED) != 0, named = (parts & BATCH_NAMED) != 0;
    const uint32_t *date_at = r->at[0] + i, *clock_at = r->at[1] + i;
    for (size_t j = 0; j < 4; j++) {
        __m512i bytes = _mm512_setzero_si512();
        if (named)
            v[j] = read_named(f, r, i + j, has_time, &name[j], &bytes);
        else if (has_date)
            v[j] = read_lanes(f, date_at + j, PARSE_PLAN_DATE, varied, &bytes);
        if (has_time)
            w[j] = read_lanes(f, clock_at + j, PARSE_PLAN_CLOCK, varied, &bytes);
        if (has_date)
            v[j] = batch_mark_wrong(v[j], bytes);
        else
            w[j] = batch_mark_wrong(
                w[j], _mm512_or_si512(bytes, _mm512_shuffle_epi32(bytes, _MM_PERM_BADC)));
    }
}

/* Reads the numbers of sixteen rows, the first one at place i. */
static inline __attribute__((always_inline)) void read_numbers(const form *f, const rows *r,
                                                               size_t i, unsigned parts,
                                                               sixteen *out)
{
    const bool has_date = (parts & BATCH_DATE) != 0, has_time = (parts & BATCH_CLOCK) != 0,
               varied = (parts & BATCH_VARIED) != 0, named = (parts & BATCH_NAMED) != 0;
    const parse_plan_lane *lanes = f->plan->lanes;
    __m512i v[4] PARSE_UNSET, w[4] PARSE_UNSET, u[4] PARSE_UNSET;
    __m512i date[4] PARSE_UNSET, clock[4] PARSE_UNSET, name[4] PARSE_UNSET, shown PARSE_UNSET;
    __m512i rest = _mm512_load_si512(r->places.size + i);
    __mmask16 wrong = 0;
    if (!varied)
        rest = _mm512_sub_epi32(rest, _mm512_set1_epi32(f->plan->size));
    read_rows(f, r, i, parts, v, w, u);
    if (has_date) {
        batch_by_part(v, date);
        wrong = batch_marked_wrong(date);
        if (named) {
            batch_by_part(u, name);
            date[1] = batch_months_named(name, &rest, &wrong);
            batch_named_width(f->plan, date[3], date[2], &rest, &wrong);
        } else if (f->plan->has_name) {
            date[1] = batch_months(date[1], &shown, &wrong);
        }
        if (varied && !named)
            take_width(&lanes[0], date[3], date[1], date[2], &rest, &wrong);
        for (int k = 0; k < 3; k++) /* memcpy would take a way by the stack */
            out->date[k] = date[k];
    }
    if (has_time) {
        batch_by_part(w, clock);
        out->seconds = seconds_of(f->plan, clock, &shown, &wrong);
        out->fraction = clock[3];
        if (varied)
            take_width(&lanes[1], clock[2], shown, _mm512_setzero_si512(), &rest, &wrong);
        if (!varied || lanes[1].n_varied == 0)
            out->fraction =
                _mm512_add_epi32(clock[3], _mm512_madd_epi16(clock[2], _mm512_set1_epi32(10000)));
        if (!has_date)
            wrong |= _mm512_cmpgt_epu32_mask(clock[0], _mm512_set1_epi32(0xffff));
    }
    out->wrong = wrong | _mm512_test_epi32_mask(rest, rest);
}

/* Counts the units of sixteen rows, of which `live` exist. Returns the rows that are left. */
static inline __attribute__((always_inline)) __mmask16 count_rows(const form *f, const sixteen *in,
                                                                  unsigned parts, int64_t *out,
                                                                  __mmask16 live)
{
    const bool has_date = (parts & BATCH_DATE) != 0, has_time = (parts & BATCH_CLOCK) != 0;
    const __m512i zero = _mm512_setzero_si512();
    const __m512i seconds = has_time ? in->seconds : zero,
                  fraction = has_time ? in->fraction : zero;
    __m512i days = zero, low, high;
    __mmask16 wrong = in->wrong;
    if (has_date) {
        days = days_of_date(f->plan, in->date, &wrong);
        if (f->plan->bounded)
            wrong |= _mm512_cmpgt_epi32_mask(days, f->last_day) |
                     _mm512_cmpgt_epi32_mask(f->first_day, days);
    }
    if (!has_time && f->plan->day_units != 0) {
        low = _mm512_mul_epi32(_mm512_cvtepi32_epi64(low_half(days)), f->day_units);
        high = _mm512_mul_epi32(_mm512_cvtepi32_epi64(high_half(days)), f->day_units);
    } else {
        low = count_units(f, low_half(days), low_half(seconds), low_half(fraction));
        high = count_units(f, high_half(days), high_half(seconds), high_half(fraction));
    }
    _mm512_mask_storeu_epi64(out, (__mmask8)live, low);
    _mm512_mask_storeu_epi64(out + 8, (__mmask8)(live >> 8), high);
    return wrong & live;
}

static inline lane all_lanes(const parse_plan_lane *l)
{
    return (lane){
        .pattern = batch_all_lanes(l->pattern),
        .most = batch_all_lanes(l->most),
        .fold = batch_all_lanes(l->fold),
        .shuffle = batch_all_lanes(l->shuffle),
        .more = {batch_all_lanes(l->more[0]), batch_all_lanes(l->more[1])},
        .tests = {_mm512_set1_epi8((char)l->tests[0]), _mm512_set1_epi8((char)l->tests[1])},
        .turn = _mm512_set1_epi8((char)l->turn)};
}

/* Returns the text from which a lane's places count: those of texts' ends, or if the lane is in
 * front and widths vary, those of their first bytes. A date by a whole name counts from both. */
static inline const char *text_of(const parse_fields *fields, const parse_plan *plan,
                                  unsigned which, bool varied)
{
    if (which == PARSE_PLAN_DATE && plan->full_name)
        return fields->text;
    if (plan->lanes[which].last)
        return fields->text - 16;
    return fields->text - (varied ? 0 : plan->size);
}

/* Loads the places of rows [first, first + n). */
static inline void take_rows(const parse_fields *fields, const parse_plan *plan, size_t first,
                             size_t n, bool varied, rows *r)
{
    batch_take(fields, first, n, &r->places);
    if (varied)
        for (size_t i = 0; i < n; i += 16)
            _mm512_store_si512(r->begin + i,
                               _mm512_sub_epi32(_mm512_load_si512(r->places.end + i),
                                                _mm512_load_si512(r->places.size + i)));
    for (int which = 0; which < 2; which++)
        r->at[which] = varied && !plan->lanes[which].last ? r->begin : r->places.end;
}

static inline __attribute__((always_inline)) size_t convert(const parse_fields *fields,
                                                            size_t count, const parse_plan *plan,
                                                            unsigned parts, int64_t *out,
                                                            uint32_t *left)
{
    const bool varied = (parts & BATCH_VARIED) != 0;
    /* Not to be filled with zeros: with gaps in it, GCC 12 then clears bytes that are no gap. */
    const form f PARSE_UNSET = {
        plan,
        {all_lanes(&plan->lanes[0]), all_lanes(&plan->lanes[1])},
        {text_of(fields, plan, 0, varied), text_of(fields, plan, 1, varied)},
        batch_named_make(plan),
        _mm512_set1_epi64(plan->day_units),
        _mm512_set1_epi64(plan->day_seconds),
        _mm512_set1_epi64(plan->per_second),
        _mm512_set1_epi64(plan->fraction_scale),
        _mm512_set1_epi32(plan->first_day),
        _mm512_set1_epi32(plan->last_day)};
    uint32_t *next = left;
    rows r PARSE_UNSET;
    sixteen numbers[BATCH_STEP / 16] PARSE_UNSET;
    for (size_t row = 0; row < count; row += BATCH_STEP) {
        const size_t n = count - row < BATCH_STEP ? count - row : BATCH_STEP;
        take_rows(fields, plan, row, n, varied, &r);
        for (size_t i = 0; i < n; i += 16)
            read_numbers(&f, &r, i, parts, &numbers[i / 16]);
        for (size_t i = 0; i < n; i += 16)
            next = batch_leave(
                next, row + i,
                count_rows(&f, &numbers[i / 16], parts, out + row + i, batch_live(i, n)));
    }
    return (size_t)(next - left);
}

parse_batch_form_fn parse_batch_form_avx512;
size_t parse_batch_form_avx512(const parse_fields *fields, size_t count, const parse_plan *plan,
                               int64_t *out, uint32_t *left)
{
    if (!plan->batch)
        return parse_batch_leave_all(count, left);
    const unsigned date = BATCH_DATE, clock = BATCH_CLOCK, varied = BATCH_VARIED;
    const unsigned named = date | varied | BATCH_NAMED;
    if (plan->full_name)
        return plan->has_time ? convert(fields, count, plan, named | clock, out, left)
                              : convert(fields, count, plan, named, out, left);
    if (plan->n_unpadded != 0) {
        if (!plan->has_time)
            return convert(fields, count, plan, date | varied, out, left);
        return plan->has_date ? convert(fields, count, plan, date | clock | varied, out, left)
                              : convert(fields, count, plan, clock | varied, out, left);
    }
    if (!plan->has_time)
        return convert(fields, count, plan, date, out, left);
    return plan->has_date ? convert(fields, count, plan, date | clock, out, left)
                          : convert(fields, count, plan, clock, out, left);
}
#else
typedef int parse_batch_form_avx512_is_x86_only;
#endif
