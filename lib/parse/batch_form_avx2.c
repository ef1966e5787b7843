/* Declared forms of dates, timestamps and times, eight at a time: the bytes of each field are put
 * into the order of year, month and day, and of the clock; then they are read as batch_time_avx2.c
 * reads its own. */
#if defined(__x86_64__)
#include "parse/batch_form_name_avx2.h"

typedef struct lane {
    __m256i pattern, most, fold, shuffle, more[PARSE_PLAN_VARIED], tests[PARSE_PLAN_VARIED], turn;
} lane;

/* The places of some rows. */
typedef struct rows {
    batch_places places;
    uint32_t begin[BATCH_STEP] __attribute__((aligned(32)));
    const uint32_t *at[2]; /* those from which the lanes' bytes are counted */
} rows;

/* The numbers of eight rows: year, month and day; the clock; not 0 where a row is left. */
typedef struct eight {
    __m256i date[3], seconds, fraction, wrong;
} eight;

/* The constants of a column. */
typedef struct form {
    const parse_plan *plan;
    lane lanes[2];
    const char *text[2]; /* the places of lanes count from here */
    batch_named named;   /* of a date by a whole name */
    __m256i day_units, day_seconds, per_second, fraction_scale, first_day, last_day;
} form;

/* Returns the shuffles of two rows of a varied lane, which their digits choose. */
static inline __m256i choose(const lane *l, unsigned which, __m256i bytes)
{
    const __m256i digits = _mm256_cmpeq_epi8(_mm256_min_epu8(bytes, _mm256_set1_epi8(9)), bytes);
    const __m256i first = _mm256_shuffle_epi8(digits, l->tests[0]);
    const __m256i shuffle = _mm256_add_epi8(l->shuffle, _mm256_and_si256(first, l->more[0]));
    if (which == PARSE_PLAN_CLOCK) /* in which only the hour varies */
        return shuffle;
    const __m256i at = _mm256_add_epi8(l->tests[1], _mm256_and_si256(first, l->turn));
    const __m256i second = _mm256_shuffle_epi8(digits, at);
    return _mm256_add_epi8(shuffle, _mm256_and_si256(second, l->more[1]));
}

/* Reads a lane of two rows, whose bytes are at a and b, to four numbers each, 32 bits. Bytes that
 * may not be make *wrong not 0. The second number of a date by name is the name's three bytes. */
static inline __m256i read_lanes(const form *f, const char *a, const char *b, unsigned which,
                                 bool varied, __m256i *wrong)
{
    __m256i bytes = _mm256_xor_si256(batch_load2(a, b), _mm256_set1_epi8('0'));
    __m256i shuffle = f->lanes[which].shuffle;
    if (varied)
        shuffle = choose(&f->lanes[which], which, bytes);
    bytes = _mm256_shuffle_epi8(bytes, shuffle);
    if (which == PARSE_PLAN_CLOCK && f->plan->half_day)
        bytes = _mm256_or_si256(bytes, f->lanes[which].fold);
    bytes = _mm256_xor_si256(bytes, f->lanes[which].pattern);
    *wrong = _mm256_or_si256(*wrong, _mm256_subs_epu8(bytes, f->lanes[which].most));
    __m256i numbers = _mm256_madd_epi16(_mm256_maddubs_epi16(bytes, _mm256_set1_epi16(0x010a)),
                                        _mm256_set1_epi32(0x00010064));
    if (which == PARSE_PLAN_DATE && f->plan->has_name)
        numbers = _mm256_blend_epi32(numbers, bytes, 0x22);
    if (varied && which == PARSE_PLAN_DATE)
        numbers = _mm256_blend_epi32(numbers, shuffle, 0x88);
    if (varied && which == PARSE_PLAN_CLOCK && f->plan->lanes[which].n_varied != 0)
        numbers = _mm256_blend_epi32(numbers, shuffle, 0x44);
    return numbers;
}

/* Returns days since 1970-01-01 from a date's numbers. */
static inline __m256i days_of_date(const parse_plan *plan, const __m256i part[3], __m256i *wrong)
{
    const __m256i day = part[2];
    __m256i year = part[0], also;
    if (plan->short_year) {
        const __m256i late = _mm256_cmpgt_epi32(_mm256_set1_epi32(69), year);
        year = _mm256_add_epi32(year,
                                _mm256_sub_epi32(_mm256_set1_epi32(1900),
                                                 _mm256_and_si256(late, _mm256_set1_epi32(-100))));
    }
    if (plan->year_day) {
        const __m256i one = _mm256_set1_epi32(1);
        const __m256i days = batch_days(year, one, one, &also);
        const __m256i next = batch_days(_mm256_add_epi32(year, one), one, one, &also);
        const __m256i after = _mm256_sub_epi32(day, one);
        *wrong = _mm256_or_si256(*wrong, batch_at_least(after, _mm256_sub_epi32(next, days)));
        return _mm256_add_epi32(days, after);
    }
    const __m256i days = batch_days(year, part[1], day, &also);
    *wrong = _mm256_or_si256(*wrong, also);
    return days;
}

/* Returns seconds since midnight from a clock's numbers. *shown becomes the hour as it is written.
 */
static inline __m256i seconds_of(const parse_plan *plan, const __m256i part[4], __m256i *shown,
                                 __m256i *wrong)
{
    __m256i hour = part[0];
    *shown = hour;
    if (plan->half_day) {
        const __m256i twelve = _mm256_set1_epi32(12);
        const __m256i late = _mm256_cmpgt_epi32(hour, _mm256_set1_epi32(1699));
        hour = _mm256_sub_epi32(hour, _mm256_and_si256(late, _mm256_set1_epi32(1700)));
        *shown = hour;
        *wrong = _mm256_or_si256(
            *wrong, batch_at_least(_mm256_sub_epi32(hour, _mm256_set1_epi32(1)), twelve));
        hour = _mm256_andnot_si256(_mm256_cmpeq_epi32(hour, twelve), hour);
        hour = _mm256_add_epi32(hour, _mm256_and_si256(late, twelve));
    }
    /* MMSS as one number of four digits. */
    const __m256i minute =
        _mm256_srli_epi32(_mm256_mulhi_epu16(part[1], _mm256_set1_epi32(5243)), 3);
    const __m256i below =
        _mm256_sub_epi32(part[1], _mm256_madd_epi16(minute, _mm256_set1_epi32(40)));
    const __m256i seconds =
        _mm256_add_epi32(_mm256_mullo_epi32(hour, _mm256_set1_epi32(3600)), below);
    *wrong = _mm256_or_si256(*wrong, batch_at_least(seconds, _mm256_set1_epi32(86400)));
    return seconds;
}

/* Four rows' counts of units, from 64-bit numbers. */
static inline __m256i count_units(const form *f, __m256i days, __m256i seconds, __m256i fraction)
{
    const __m256i all = _mm256_add_epi64(_mm256_mul_epi32(days, f->day_seconds), seconds);
    return _mm256_add_epi64(batch_times(all, f->per_second),
                            _mm256_mul_epu32(fraction, f->fraction_scale));
}

/* Subtracts from *size the width of a lane's part of the text, and marks in *wrong the rows in
 * which a number of two digits begins with a zero. numbers: as fill_numbers in form_lanes.c wrote
 * them; first, second: the month or hour, and the day. */
static inline void take_width(const parse_plan_lane *l, __m256i numbers, __m256i first,
                              __m256i second, __m256i *size, __m256i *wrong)
{
    const __m256i low = _mm256_set1_epi32(0x7f);
    if (l->n_varied == 0) {
        *size = _mm256_sub_epi32(*size, _mm256_set1_epi32(l->width));
        return;
    }
    *size = _mm256_sub_epi32(*size, _mm256_and_si256(numbers, low));
    const __m256i least = _mm256_and_si256(_mm256_srli_epi32(numbers, 8), low),
                  least2 = _mm256_and_si256(_mm256_srli_epi32(numbers, 16), low);
    *wrong = _mm256_or_si256(*wrong, _mm256_or_si256(_mm256_cmpgt_epi32(least, first),
                                                     _mm256_cmpgt_epi32(least2, second)));
}

/* Reads the date by a whole name of two rows: the first one at `row`, the others each fourth one
 * behind it. */
static inline __m256i read_named(const form *f, const rows *r, size_t row, bool has_time,
                                 __m256i *name, __m256i *wrong)
{
    const char *first[2] PARSE_UNSET, *end[2] PARSE_UNSET;
    for (size_t k = 0; k < 2; k++) {
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
                                                            unsigned parts, __m256i v[4],
                                                            __m256i w[4], __m256i name[4])
{
    const bool has_date = (parts & BATCH_DATE) != 0, has_time = (parts & BATCH_CLOCK) != 0,
               varied = (parts & BATCH_VARIED) != 0, named = (parts & BATCH_NAMED) != 0;
    const uint32_t *date_at = r->at[0] + i, *clock_at = r->at[1] + i;
    for (size_t j = 0; j < 4; j++) {
        __m256i bytes = _mm256_setzero_si256();
        if (named)
            v[j] = read_named(f, r, i + j, has_time, &name[j], &bytes);
        else if (has_date)
            v[j] = read_lanes(f, f->text[0] + date_at[j], f->text[0] + date_at[j + 4],
                              PARSE_PLAN_DATE, varied, &bytes);
        if (has_time)
            w[j] = read_lanes(f, f->text[1] + clock_at[j], f->text[1] + clock_at[j + 4],
                              PARSE_PLAN_CLOCK, varied, &bytes);
        if (has_date)
            v[j] = batch_mark_wrong(v[j], bytes);
        else
            w[j] =
                batch_mark_wrong(w[j], _mm256_or_si256(bytes, _mm256_shuffle_epi32(bytes, 0x4e)));
    }
}

/* Reads the numbers of eight rows, the first one at place i. */
static inline __attribute__((always_inline)) void read_numbers(const form *f, const rows *r,
                                                               size_t i, unsigned parts, eight *out)
{
    const bool has_date = (parts & BATCH_DATE) != 0, has_time = (parts & BATCH_CLOCK) != 0,
               varied = (parts & BATCH_VARIED) != 0, named = (parts & BATCH_NAMED) != 0;
    const __m256i zero = _mm256_setzero_si256();
    const parse_plan_lane *lanes = f->plan->lanes;
    __m256i v[4] PARSE_UNSET, w[4] PARSE_UNSET, u[4] PARSE_UNSET;
    __m256i date[4] PARSE_UNSET, clock[4] PARSE_UNSET, name[4] PARSE_UNSET, shown PARSE_UNSET;
    __m256i wrong = zero,
            rest = _mm256_load_si256((const __m256i *)(const void *)(r->places.size + i));
    if (!varied)
        rest = _mm256_sub_epi32(rest, _mm256_set1_epi32(f->plan->size));
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
            take_width(&lanes[1], clock[2], shown, zero, &rest, &wrong);
        if (!varied || lanes[1].n_varied == 0)
            out->fraction =
                _mm256_add_epi32(clock[3], _mm256_madd_epi16(clock[2], _mm256_set1_epi32(10000)));
        if (!has_date)
            wrong = _mm256_or_si256(wrong, _mm256_srli_epi32(clock[0], 16));
    }
    out->wrong = _mm256_or_si256(wrong, rest);
}

/* Counts the units of eight rows, n of which exist. Returns the rows that are left. */
static inline __attribute__((always_inline)) __m256i count_rows(const form *f, const eight *in,
                                                                unsigned parts, int64_t *out,
                                                                size_t n)
{
    const bool has_date = (parts & BATCH_DATE) != 0, has_time = (parts & BATCH_CLOCK) != 0;
    const __m256i zero = _mm256_setzero_si256();
    __m256i days = zero, wrong = in->wrong;
    if (has_date) {
        days = days_of_date(f->plan, in->date, &wrong);
        if (f->plan->bounded)
            wrong = _mm256_or_si256(wrong, _mm256_or_si256(_mm256_cmpgt_epi32(days, f->last_day),
                                                           _mm256_cmpgt_epi32(f->first_day, days)));
    }
    const __m256i seconds = has_time ? in->seconds : zero,
                  fraction = has_time ? in->fraction : zero;
    if (!has_time && f->plan->day_units != 0)
        batch_store(out, _mm256_mul_epi32(batch_low_half(days), f->day_units),
                    _mm256_mul_epi32(batch_high_half(days), f->day_units), n);
    else
        batch_store(
            out,
            count_units(f, batch_low_half(days), batch_low_half(seconds), batch_low_half(fraction)),
            count_units(f, batch_high_half(days), batch_high_half(seconds),
                        batch_high_half(fraction)),
            n);
    return wrong;
}

static inline lane both_lanes(const parse_plan_lane *l)
{
    return (lane){
        .pattern = batch_both_lanes(l->pattern),
        .most = batch_both_lanes(l->most),
        .fold = batch_both_lanes(l->fold),
        .shuffle = batch_both_lanes(l->shuffle),
        .more = {batch_both_lanes(l->more[0]), batch_both_lanes(l->more[1])},
        .tests = {_mm256_set1_epi8((char)l->tests[0]), _mm256_set1_epi8((char)l->tests[1])},
        .turn = _mm256_set1_epi8((char)l->turn)};
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
        for (size_t i = 0; i < n; i += 8)
            _mm256_store_si256(
                (__m256i *)(void *)(r->begin + i),
                _mm256_sub_epi32(
                    _mm256_load_si256((const __m256i *)(const void *)(r->places.end + i)),
                    _mm256_load_si256((const __m256i *)(const void *)(r->places.size + i))));
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
        {both_lanes(&plan->lanes[0]), both_lanes(&plan->lanes[1])},
        {text_of(fields, plan, 0, varied), text_of(fields, plan, 1, varied)},
        batch_named_make(plan),
        _mm256_set1_epi64x(plan->day_units),
        _mm256_set1_epi64x(plan->day_seconds),
        _mm256_set1_epi64x(plan->per_second),
        _mm256_set1_epi64x(plan->fraction_scale),
        _mm256_set1_epi32(plan->first_day),
        _mm256_set1_epi32(plan->last_day)};
    uint32_t *next = left;
    rows r PARSE_UNSET;
    eight numbers[BATCH_STEP / 8] PARSE_UNSET;
    for (size_t row = 0; row < count; row += BATCH_STEP) {
        const size_t n = count - row < BATCH_STEP ? count - row : BATCH_STEP;
        take_rows(fields, plan, row, n, varied, &r);
        for (size_t i = 0; i < n; i += 8)
            read_numbers(&f, &r, i, parts, &numbers[i / 8]);
        for (size_t i = 0; i < n; i += 8) {
            const __m256i wrong = count_rows(&f, &numbers[i / 8], parts, out + row + i, n - i);
            next = batch_leave(next, row + i, batch_set(wrong) & batch_live(i, n));
        }
    }
    return (size_t)(next - left);
}

parse_batch_form_fn parse_batch_form_avx2;
size_t parse_batch_form_avx2(const parse_fields *fields, size_t count, const parse_plan *plan,
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
typedef int parse_batch_form_avx2_is_x86_only;
#endif
