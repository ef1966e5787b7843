/* The fast way of one text of a declared form (C-72, C-73). */
#include <string.h>

#include "parse/form_names.h"
#include "parse/form_plan.h"

/* Chooses the layout of a text. *moved becomes the bytes by which the whole name of its month is
 * longer than three. *wrong becomes not 0 where a number is padded. */
static inline const parse_plan_layout *choose(const parse_plan *plan, const char *s, size_t *moved,
                                              uint64_t *wrong)
{
    uint32_t two = 0, wider = 0, k = 0;
    *moved = 0;
    for (; k < plan->unpadded_before_name; k++)
        two |= parse_plan_width(s + plan->second_digit[k], k, &wider, wrong);
    if (plan->full_name)
        *wrong |= !parse_name_whole(s + plan->layouts[two].name, moved);
    for (; k < plan->n_unpadded; k++)
        two |= parse_plan_width(s + plan->second_digit[k] + *moved, k, &wider, wrong);
    return &plan->layouts[two];
}

/* Reads the clock in seconds. */
static inline uint32_t clock_of(const parse_plan *plan, const parse_plan_layout *layout,
                                const uint8_t *pairs, const char *noon, uint64_t *wrong)
{
    uint32_t hour = pairs[layout->pairs[PARSE_PLAN_HOUR]];
    const uint32_t minute = pairs[layout->pairs[PARSE_PLAN_MINUTE]],
                   second = pairs[layout->pairs[PARSE_PLAN_SECOND]];
    if (plan->half_day) {
        uint16_t letters;
        memcpy(&letters, noon, sizeof letters);
        letters |= 0x2020;
        *wrong |= (uint64_t)((hour - 1 > 11) | ((letters != 0x6d61) & (letters != 0x6d70)));
        hour = (hour == 12 ? 0 : hour) + (letters == 0x6d70 ? 12 : 0); /* "am", "pm" */
    }
    *wrong |= (uint64_t)((hour > 23) | (minute > 59) | (second > 59));
    return hour * 3600 + minute * 60 + second;
}

static inline int64_t day_of(const parse_plan *plan, const parse_plan_layout *layout,
                             const uint8_t *pairs, const char *name, uint64_t *wrong)
{
    const uint32_t year = pairs[layout->pairs[PARSE_PLAN_YEAR]];
    const uint32_t century =
        plan->short_year ? 19 + (year < 69) : pairs[layout->pairs[PARSE_PLAN_CENTURY]];
    uint32_t month = pairs[layout->pairs[PARSE_PLAN_MONTH]],
             day = pairs[layout->pairs[PARSE_PLAN_DAY]];
    if (plan->year_day) {
        day += 100 * pairs[layout->pairs[PARSE_PLAN_HUNDREDS]];
        *wrong |= day - 1 >= 365u + (((year != 0 ? year : century) & 3) == 0);
        return parse_day_number(century, year, 1, 1, wrong) + day - 1;
    }
    if (plan->has_name)
        month = parse_name_month(name);
    return parse_day_number(century, year, month, day, wrong);
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

bool parse_plan_value(const parse_plan *plan, const char *s, size_t n, int64_t *out)
{
    const parse_plan_layout *layout = plan->layouts;
    size_t moved = 0;
    uint64_t wrong = 0;
    if (PARSE_RARE(!plan->usable))
        return false;
    if (plan->n_unpadded != 0 || plan->full_name)
        layout = choose(plan, s, &moved, &wrong);
    if (PARSE_RARE(layout->size + moved != n))
        return false;
    uint64_t words[PARSE_PLAN_WORDS + 1] PARSE_UNSET, seen = 0;
    for (size_t i = 0; i < plan->n_words; i++) {
        const parse_plan_word *w = &layout->words[i];
        const uint64_t x = (parse_load8(s + w->at + (moved & w->after)) ^ w->pattern) & w->care;
        seen |= x | (x + w->limit);
        words[i] = x * 10 + (x >> 8);
    }
    words[PARSE_PLAN_WORDS] = 0;
    wrong |= seen & PARSE_TOPS;
    const uint8_t *pairs = (const uint8_t *)words;
    int64_t days = 0, seconds = 0;
    uint32_t fraction = 0;
    if (plan->has_date)
        days = day_of(plan, layout, pairs, s + layout->name, &wrong);
    if (plan->has_time)
        seconds = clock_of(plan, layout, pairs,
                           s + layout->noon + (plan->name_moves_noon ? moved : 0), &wrong);
    if (plan->digits != 0)
        fraction = fraction_of(s + layout->fraction_end + (plan->name_moves_fraction ? moved : 0),
                               plan->digits, &wrong);
    if (PARSE_RARE(wrong != 0 || days < plan->first_day || days > plan->last_day))
        return false;
    *out = (days * plan->day_seconds + seconds) * plan->per_second +
           (int64_t)((uint64_t)fraction * plan->fraction_scale);
    return true;
}
