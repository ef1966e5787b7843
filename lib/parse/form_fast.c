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

static inline int64_t day_of(const parse_plan *plan, const parts *p, uint64_t *wrong)
{
    const uint32_t century = plan->short_year ? 19 + (p->year < 69) : p->century;
    if (plan->year_day)
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
static inline bool count_of(const parse_plan *plan, const parts *p, int64_t *out)
{
    uint64_t wrong = p->wrong;
    int64_t days = 0, seconds = 0;
    if (plan->has_date)
        days = day_of(plan, p, &wrong);
    if (plan->has_time)
        seconds = clock_of(plan, p, &wrong);
    if (PARSE_RARE(wrong != 0 || days < plan->first_day || days > plan->last_day))
        return false;
    *out = (days * plan->day_seconds + seconds) * plan->per_second +
           (int64_t)((uint64_t)p->fraction * plan->fraction_scale);
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

static inline uint32_t take_month(const char **at, bool whole, uint64_t *wrong)
{
    size_t more = 0;
    const uint32_t month = parse_name_month(*at);
    if (whole)
        *wrong |= (uint64_t)!parse_name_whole(*at, &more);
    *at += 3 + more;
    return month;
}

/* Reads a text in steps. */
static bool read_steps(const parse_plan *plan, const char *s, size_t n, int64_t *out)
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
        case PARSE_FORM_SHORT_NAME: p.month = take_month(&at, false, &p.wrong); break;
        case PARSE_FORM_NAME: p.month = take_month(&at, true, &p.wrong); break;
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
        default: return at == s + n && count_of(plan, &p, out);
        }
}

/* Reads a text all of whose items have a fixed width. */
static inline bool read_layout(const parse_plan *plan, const char *s, size_t n, int64_t *out)
{
    const parse_plan_layout *layout = &plan->layout;
    uint64_t words[PARSE_PLAN_WORDS + 1] PARSE_UNSET, seen = 0;
    if (PARSE_RARE(plan->size != n))
        return false;
    for (size_t i = 0; i < layout->n_words; i++) {
        const parse_plan_word *w = &layout->words[i];
        const uint64_t x = (parse_load8(s + w->at) ^ w->pattern) & w->care;
        seen |= x | (x + w->limit);
        words[i] = x * 10 + (x >> 8);
    }
    words[PARSE_PLAN_WORDS] = 0;
    const uint8_t *const pairs = (const uint8_t *)words, *const at = layout->pairs;
    parts p = {.wrong = seen & PARSE_TOPS};
    if (plan->has_date) {
        p.century = pairs[at[PARSE_PLAN_CENTURY]];
        p.year = pairs[at[PARSE_PLAN_YEAR]];
        p.month = plan->has_name ? parse_name_month(s + layout->name) : pairs[at[PARSE_PLAN_MONTH]];
        p.day = pairs[at[PARSE_PLAN_DAY]] + 100u * pairs[at[PARSE_PLAN_HUNDREDS]];
    }
    if (plan->has_time) {
        p.hour = pairs[at[PARSE_PLAN_HOUR]];
        p.minute = pairs[at[PARSE_PLAN_MINUTE]];
        p.second = pairs[at[PARSE_PLAN_SECOND]];
        p.noon = letters_at(s + layout->noon);
    }
    if (plan->digits != 0)
        p.fraction = fraction_of(s + layout->fraction_end, plan->digits, &p.wrong);
    return count_of(plan, &p, out);
}

bool parse_plan_value(const parse_plan *plan, const char *s, size_t n, int64_t *out)
{
    if (PARSE_RARE(!plan->usable))
        return false;
    return plan->steps_only ? read_steps(plan, s, n, out) : read_layout(plan, s, n, out);
}
