/* The fast way of one text of a declared form (C-72, C-73). */
#include <string.h>

#include "parse/form_names.h"
#include "parse/form_plan.h"

/* The numbers of a text. */
typedef struct parts {
    uint32_t century, year, month, day;
    uint32_t hour, minute, second, fraction;
    uint32_t noon;  /* the two letters, small */
    uint64_t wrong; /* not 0: the text is none of the form */
} parts;

enum { AM = 'a' | 'm' << 8, PM = 'p' | 'm' << 8 };

static inline uint32_t letters_at(const char *s)
{
    uint16_t letters;
    memcpy(&letters, s, sizeof letters);
    return letters | 0x2020u;
}

/* Reads the `digits` digits before `end`. */
static inline uint32_t fraction_of(const char *end, uint32_t digits, uint64_t *wrong)
{
    const uint64_t tail =
        (parse_load8(end - 8) ^ PARSE_ZEROS) & (UINT64_MAX << (digits >= 8 ? 0 : 64 - 8 * digits));
    *wrong |= parse_nondigits(tail);
    uint32_t fraction = (uint32_t)parse_eight(tail);
    if (digits == 9) {
        const uint32_t first = (uint32_t)(unsigned char)end[-9] - '0';
        *wrong |= (uint64_t)(first > 9);
        fraction += first * 100000000;
    }
    return fraction;
}

static inline int64_t day_of(const parse_plan *plan, const parts *p, bool named, uint64_t *wrong)
{
    /* 20 below year 69, else 19: by a shift, as the years of a column follow no pattern. */
    const uint32_t century = plan->short_year ? 19 + ((p->year - 69) >> 31) : p->century;
    if (plan->year_day && !named)
        return parse_year_day_number(century, p->year, p->day, wrong);
    return parse_day_number(century, p->year, p->month, p->day, wrong);
}

static inline uint32_t clock_of(const parse_plan *plan, const parts *p, uint64_t *wrong)
{
    uint32_t hour = p->hour;
    if (plan->half_day) {
        *wrong |= (uint64_t)((hour - 1 > 11) | ((p->noon != AM) & (p->noon != PM)));
        hour = (hour == 12 ? 0 : hour) + (p->noon == PM ? 12 : 0);
    }
    *wrong |= (uint64_t)((hour > 23) | (p->minute > 59) | (p->second > 59));
    return hour * 3600 + p->minute * 60 + p->second;
}

/* Gives the count of units. Returns false if there is no such day or time. */
static inline bool count_of(const parse_plan *plan, const parts *p, bool has_date, bool has_time,
                            bool named, int64_t *out)
{
    uint64_t wrong = p->wrong;
    int64_t count = 0;
    if (has_date) {
        const int64_t days = day_of(plan, p, named, &wrong);
        wrong |= (uint64_t)((days < plan->first_day) | (days > plan->last_day));
        count = days * plan->day_seconds;
    }
    if (has_time)
        count += clock_of(plan, p, &wrong);
    if (PARSE_RARE(wrong != 0))
        return false;
    *out = count * plan->per_second +
           (has_time ? (int64_t)((uint64_t)p->fraction * plan->fraction_scale) : 0);
    return true;
}

static inline uint32_t take_pair(const char **at, uint64_t *wrong)
{
    const uint32_t tens = (uint32_t)(unsigned char)(*at)[0] - '0',
                   ones = (uint32_t)(unsigned char)(*at)[1] - '0';
    *wrong |= (uint64_t)((tens > 9) | (ones > 9));
    *at += 2;
    return tens * 10 + ones;
}

/* Takes a number of two digits, of which an unpadded one below 10 has one. */
static inline uint32_t take_number(const parse_plan_step *step, const char **at, uint64_t *wrong)
{
    if (!step->unpadded)
        return take_pair(at, wrong);
    const uint32_t first = (uint32_t)(unsigned char)(*at)[0] - '0',
                   then = (uint32_t)(unsigned char)(*at)[1] - '0';
    const uint32_t two = (then - 10) >> 31 & ~then >> 31; /* 1 where then is 0 … 9 */
    *wrong |= (uint64_t)(first > 9) | (two & (uint32_t)(first == 0));
    *at += 1 + two;
    return first + (first * 9 + then) * two;
}

static inline uint32_t take_month(const char **at, bool whole)
{
    size_t more = 0;
    const uint32_t month = whole ? parse_name_whole(*at, &more) : parse_name_month(*at);
    *at += 3 + more;
    return month;
}

/* Reads a text in steps. */
static __attribute__((noinline)) bool read_steps(const parse_plan *plan, const char *s, size_t n,
                                                 int64_t *out)
{
    const char *at = s;
    parts p = {0};
    for (const parse_plan_step *step = plan->steps;; step++)
        switch (step->item) {
        case PARSE_FORM_LITERAL:
            p.wrong |= (parse_load8(at) ^ step->bytes) & step->keep;
            at += step->size;
            break;
        case PARSE_FORM_YEAR:
            p.century = take_pair(&at, &p.wrong);
            p.year = take_pair(&at, &p.wrong);
            break;
        case PARSE_FORM_SHORT_YEAR: p.year = take_pair(&at, &p.wrong); break;
        case PARSE_FORM_MONTH: p.month = take_number(step, &at, &p.wrong); break;
        case PARSE_FORM_SHORT_NAME: p.month = take_month(&at, false); break;
        case PARSE_FORM_NAME: p.month = take_month(&at, true); break;
        case PARSE_FORM_DAY: p.day = take_number(step, &at, &p.wrong); break;
        case PARSE_FORM_YEAR_DAY:
            p.day = (uint32_t)(unsigned char)*at++ - '0';
            p.wrong |= (uint64_t)(p.day > 9);
            p.day = p.day * 100 + take_pair(&at, &p.wrong);
            break;
        case PARSE_FORM_HOUR:
        case PARSE_FORM_HALF_HOUR: p.hour = take_number(step, &at, &p.wrong); break;
        case PARSE_FORM_MINUTE: p.minute = take_pair(&at, &p.wrong); break;
        case PARSE_FORM_SECOND: p.second = take_pair(&at, &p.wrong); break;
        case PARSE_FORM_FRACTION:
            at += plan->digits;
            p.fraction = fraction_of(at, plan->digits, &p.wrong);
            break;
        case PARSE_FORM_NOON:
            p.noon = letters_at(at);
            at += 2;
            break;
        default:
            return at == s + n && count_of(plan, &p, plan->has_date, plan->has_time, false, out);
        }
}

/* Returns the place of a part. more: the letters of a whole name beyond three. */
static inline const char *part_of(const parse_plan_layout *layout, const char *s, size_t more,
                                  enum parse_plan_part part)
{
    return s + layout->places[part] + (more & layout->behind[part]);
}

/* Reads three or four pairs of digits, from `first` on. Returns the digits in the order of the
 * pairs, 0 where the form has none. */
static inline __attribute__((always_inline)) uint64_t read_pairs(const parse_plan_layout *layout,
                                                                 const char *s, size_t more,
                                                                 enum parse_plan_part first,
                                                                 unsigned n, uint64_t *wrong)
{
    uint64_t pairs = 0;
    for (unsigned i = 0; i < n; i++) {
        uint16_t pair;
        memcpy(&pair, part_of(layout, s, more, first + i), sizeof pair);
        pairs |= (uint64_t)pair << (16 * i);
    }
    const uint64_t digits = (pairs ^ PARSE_ZEROS) & layout->keep[first / 4];
    *wrong |= parse_nondigits(digits);
    return digits;
}

/* Returns number i of read_pairs. */
static inline uint32_t pair_at(uint64_t digits, unsigned i)
{
    return (uint32_t)((digits * 10 + (digits >> 8)) >> (16 * i)) & 0xff;
}

/* Reads a text all of whose items have a fixed width, but for a whole name if it is `named`. */
static inline __attribute__((always_inline)) bool read_layout(const parse_plan *plan, const char *s,
                                                              size_t n, bool has_date,
                                                              bool has_time, bool named,
                                                              int64_t *out)
{
    const parse_plan_layout *layout = &plan->layout;
    const size_t more = named ? n - plan->size : 0; /* what the name must have */
    parts p = {0};
    if (PARSE_RARE(named ? more > PARSE_NAME_MORE : n != plan->size))
        return false;
    for (size_t i = 0; i < layout->n_words; i++) {
        const parse_plan_word *w = &layout->words[i];
        p.wrong |= (parse_load8(s + w->at + (more & w->behind)) ^ w->pattern) & w->care;
    }
    if (has_date) {
        const uint64_t digits =
            read_pairs(layout, s, more, PARSE_PLAN_CENTURY, named ? 3 : 4, &p.wrong);
        p.century = pair_at(digits, 0);
        p.year = pair_at(digits, 1);
        p.day = pair_at(digits, 2);
        p.month = pair_at(digits, 3);
        if (plan->year_day && !named)
            p.day += ((uint32_t)(digits >> 48) & 0xff) * 100;
        if (named) {
            size_t beyond;
            p.month = parse_name_whole(s + layout->places[PARSE_PLAN_NAME], &beyond);
            p.wrong |= beyond ^ more;
        } else if (plan->has_name) {
            p.month = parse_name_month(s + layout->places[PARSE_PLAN_NAME]);
        }
    }
    if (has_time) {
        const uint64_t digits = read_pairs(layout, s, more, PARSE_PLAN_HOUR, 3, &p.wrong);
        p.hour = pair_at(digits, 0);
        p.minute = pair_at(digits, 1);
        p.second = pair_at(digits, 2);
        if (plan->half_day)
            p.noon = letters_at(part_of(layout, s, more, PARSE_PLAN_NOON));
        if (plan->digits != 0)
            p.fraction =
                fraction_of(part_of(layout, s, more, PARSE_PLAN_FRACTION), plan->digits, &p.wrong);
    }
    return count_of(plan, &p, has_date, has_time, named, out);
}

/* The same for each kind of form: functions of their own, so that each saves few registers. */
#define READ_LAYOUT(name, has_date, has_time, named)                                               \
    static __attribute__((noinline)) bool name(const parse_plan *plan, const char *s, size_t n,    \
                                               int64_t *out)                                       \
    {                                                                                              \
        return read_layout(plan, s, n, has_date, has_time, named, out);                            \
    }
READ_LAYOUT(read_date, true, false, false)
READ_LAYOUT(read_named_date, true, false, true)
READ_LAYOUT(read_clock, false, true, false)
READ_LAYOUT(read_timestamp, true, true, false)
READ_LAYOUT(read_named_timestamp, true, true, true)

bool parse_plan_value(const parse_plan *plan, const char *s, size_t n, int64_t *out)
{
    if (PARSE_RARE(!plan->usable))
        return false;
    if (plan->steps_only)
        return read_steps(plan, s, n, out);
    if (!plan->has_time)
        return plan->full_name ? read_named_date(plan, s, n, out) : read_date(plan, s, n, out);
    if (!plan->has_date)
        return read_clock(plan, s, n, out);
    return plan->full_name ? read_named_timestamp(plan, s, n, out)
                           : read_timestamp(plan, s, n, out);
}
