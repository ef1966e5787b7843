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

/* The forms that have functions of their own: all widths are fixed, but for a whole name, or but
 * for unpadded items. */
enum kind { FIXED, NAMED, UNPADDED };

/* A text of a layout. */
typedef struct text {
    const char *s;
    size_t more;      /* the letters of a whole name beyond three */
    uint64_t at[2];   /* the places of parse_plan_widths */
    uint64_t tens[2]; /* the first digits of unpadded items that have two, as in `keep` */
} text;

/* Returns the bytes of a part. */
static inline __attribute__((always_inline)) const char *part_of(const parse_plan_layout *layout,
                                                                 const text *t, enum kind kind,
                                                                 enum parse_plan_part part)
{
    const unsigned bit = parse_plan_bit(part);
    if (kind == UNPADDED)
        return t->s - 2 + ((t->at[bit / 64] >> (bit % 64)) & 0xff);
    return t->s + layout->places[part] + (kind == NAMED ? t->more & layout->behind[part] : 0);
}

/* Reads three or four pairs of digits, from `first` on. Returns the digits in the order of the
 * pairs, 0 where the form has none. */
static inline __attribute__((always_inline)) uint64_t read_pairs(const parse_plan *plan,
                                                                 const text *t, enum kind kind,
                                                                 enum parse_plan_part first,
                                                                 unsigned n, uint64_t *wrong)
{
    const parse_plan_layout *layout = &plan->layout;
    const unsigned which = first / 4;
    uint64_t pairs = 0;
    for (unsigned i = 0; i < n; i++) {
        uint16_t pair;
        memcpy(&pair, part_of(layout, t, kind, first + i), sizeof pair);
        pairs |= (uint64_t)pair << (16 * i);
    }
    const uint64_t tens = kind == UNPADDED ? t->tens[which] : 0;
    const uint64_t digits = (pairs ^ PARSE_ZEROS) & (layout->keep[which] | tens);
    *wrong |= parse_nondigits(digits);
    if (kind == UNPADDED) /* two digits do not begin with a zero */
        *wrong |= (digits - (tens & 0x0101010101010101u)) & PARSE_TOPS;
    return digits;
}

/* Returns number i of read_pairs. */
static inline uint32_t pair_at(uint64_t digits, unsigned i)
{
    return (uint32_t)((digits * 10 + (digits >> 8)) >> (16 * i)) & 0xff;
}

/* Returns all ones if there is a digit. */
static inline uint64_t is_digit(char byte)
{
    return 0 - (uint64_t)((unsigned char)(byte - '0') <= 9);
}

/* Finds the widths of unpadded items, and with them the places of the text. Returns false if it has
 * another size. */
static inline __attribute__((always_inline)) bool find_places(const parse_plan *plan, size_t n,
                                                              bool has_date, bool has_time, text *t)
{
    const parse_plan_widths *const w = &plan->widths;
    const bool several = has_date, three = has_date && has_time;
    /* All ones: such an item has two digits. */
    const uint64_t first = is_digit(t->s[w->first]);
    const uint64_t last = several ? is_digit(t->s[(ptrdiff_t)n + w->last]) & w->has_last : 0;
    const uint64_t rest = n - plan->size + first + last, between = 0 - rest;
    if (PARSE_RARE(three ? rest > w->between : rest != 0))
        return false;
    for (unsigned i = 0; i < 2; i++) {
        uint64_t at = w->all[i] + (first & w->more[i][PARSE_PLAN_FIRST]);
        uint64_t tens = first & w->tens[i][PARSE_PLAN_FIRST];
        if (several) {
            at += last & w->more[i][PARSE_PLAN_LAST];
            tens |= last & w->tens[i][PARSE_PLAN_LAST];
        }
        if (three) {
            at += between & w->more[i][PARSE_PLAN_BETWEEN];
            tens |= between & w->tens[i][PARSE_PLAN_BETWEEN];
        }
        /* In plain registers: the way through those of vectors is slow. */
        __asm__("" : "+r"(at), "+r"(tens));
        t->at[i] = at;
        t->tens[i] = tens;
    }
    return true;
}

/* Reads a text. Of its kind is the form of the plan. */
static inline __attribute__((always_inline)) bool read_layout(const parse_plan *plan, const char *s,
                                                              size_t n, bool has_date,
                                                              bool has_time, enum kind kind,
                                                              int64_t *out)
{
    const parse_plan_layout *layout = &plan->layout;
    const bool named = kind == NAMED;
    text t = {.s = s, .more = named ? n - plan->size : 0};
    parts p = {0};
    if (kind == UNPADDED ? !find_places(plan, n, has_date, has_time, &t)
                         : PARSE_RARE(named ? t.more > PARSE_NAME_MORE : n != plan->size))
        return false;
    for (size_t i = 0; i < layout->n_words; i++) {
        const parse_plan_word *w = &layout->words[i];
        const char *const at = kind == UNPADDED ? s - 2 + ((t.at[1] >> (8 * i)) & 0xff)
                                                : s + w->at + (named ? t.more & w->behind : 0);
        p.wrong |= (parse_load8(at) ^ w->pattern) & w->care;
    }
    if (has_date) {
        const uint64_t digits =
            read_pairs(plan, &t, kind, PARSE_PLAN_CENTURY, named ? 3 : 4, &p.wrong);
        p.century = pair_at(digits, 0);
        p.year = pair_at(digits, 1);
        p.day = pair_at(digits, 2);
        p.month = pair_at(digits, 3);
        if (plan->year_day && !named && (kind != UNPADDED || has_time))
            p.day += ((uint32_t)(digits >> 48) & 0xff) * 100;
        if (named) {
            size_t beyond;
            p.month = parse_name_whole(s + layout->places[PARSE_PLAN_NAME], &beyond);
            p.wrong |= beyond ^ t.more;
        } else if (plan->has_name) {
            p.month = parse_name_month(part_of(layout, &t, kind, PARSE_PLAN_NAME));
        }
    }
    if (has_time) {
        const uint64_t digits = read_pairs(plan, &t, kind, PARSE_PLAN_HOUR, 3, &p.wrong);
        p.hour = pair_at(digits, 0);
        p.minute = pair_at(digits, 1);
        p.second = pair_at(digits, 2);
        if (plan->half_day)
            p.noon = letters_at(part_of(layout, &t, kind, PARSE_PLAN_NOON));
        if (plan->digits != 0)
            p.fraction =
                fraction_of(part_of(layout, &t, kind, PARSE_PLAN_FRACTION), plan->digits, &p.wrong);
    }
    return count_of(plan, &p, has_date, has_time, named, out);
}

/* The same for each kind of form: functions of their own, so that each saves few registers. */
#define READ_LAYOUT(name, has_date, has_time, kind)                                                \
    static __attribute__((noinline)) bool name(const parse_plan *plan, const char *s, size_t n,    \
                                               int64_t *out)                                       \
    {                                                                                              \
        return read_layout(plan, s, n, has_date, has_time, kind, out);                             \
    }
READ_LAYOUT(read_date, true, false, FIXED)
READ_LAYOUT(read_clock, false, true, FIXED)
READ_LAYOUT(read_timestamp, true, true, FIXED)
READ_LAYOUT(read_named_date, true, false, NAMED)
READ_LAYOUT(read_named_timestamp, true, true, NAMED)
READ_LAYOUT(read_unpadded_date, true, false, UNPADDED)
READ_LAYOUT(read_unpadded_clock, false, true, UNPADDED)
READ_LAYOUT(read_unpadded_timestamp, true, true, UNPADDED)

static bool read_none(const parse_plan *plan, const char *s, size_t n, int64_t *out)
{
    (void)plan, (void)s, (void)n, (void)out;
    return false;
}

bool parse_plan_value(const parse_plan *plan, const char *s, size_t n, int64_t *out)
{
    static bool (*const readers[])(const parse_plan *, const char *, size_t, int64_t *) = {
        [PARSE_PLAN_NONE] = read_none,
        [PARSE_PLAN_STEPWISE] = read_steps,
        [PARSE_PLAN_FIXED + PARSE_PLAN_DATE_ONLY] = read_date,
        [PARSE_PLAN_FIXED + PARSE_PLAN_TIME_ONLY] = read_clock,
        [PARSE_PLAN_FIXED + PARSE_PLAN_BOTH] = read_timestamp,
        [PARSE_PLAN_WHOLE_NAME + PARSE_PLAN_DATE_ONLY] = read_named_date,
        [PARSE_PLAN_WHOLE_NAME + PARSE_PLAN_BOTH] = read_named_timestamp,
        [PARSE_PLAN_UNEVEN + PARSE_PLAN_DATE_ONLY] = read_unpadded_date,
        [PARSE_PLAN_UNEVEN + PARSE_PLAN_TIME_ONLY] = read_unpadded_clock,
        [PARSE_PLAN_UNEVEN + PARSE_PLAN_BOTH] = read_unpadded_timestamp,
    };
    return readers[plan->reader](plan, s, n, out);
}
