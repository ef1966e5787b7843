/* The lanes of a plan: the bytes of a text in the order in which the batches read them. */
#include "parse/form_lanes.h"

#include <string.h>

enum { ZERO = 0x80 }; /* in a shuffle: no byte, but 0 */

/* Returns the part of the text in which the lane stands, [*from, *end). Returns false if bytes of
 * the two lanes stand between each other. */
static bool part_of(const parse_plan *plan, const parse_uses *uses, unsigned which, size_t *from,
                    size_t *end)
{
    size_t first[2] = {uses->n, uses->n}, last[2] = {0, 0};
    for (size_t i = 0; i < uses->n; i++) {
        const uint8_t lane = uses->of[i].lane;
        if (lane == PARSE_USE_LITERAL)
            continue;
        first[lane] = i < first[lane] ? i : first[lane];
        last[lane] = i;
    }
    const unsigned other = 1 - which;
    const bool alone = !plan->has_date || !plan->has_time;
    const bool second = !alone && first[other] < first[which];
    *from = second ? first[which] : 0;
    *end = alone || second ? uses->n : first[other];
    return alone || (second ? last[other] < *from : last[which] < *end);
}

/* Returns the number of the lane's shuffle for the layout: a bit for each of its unpadded items
 * that has two digits. *n becomes how many items there are, *others what the other lane has. */
static unsigned shuffle_of(const parse_plan *plan, unsigned which, unsigned two, unsigned *n,
                           unsigned *others)
{
    unsigned shuffle = 0;
    *n = *others = 0;
    for (unsigned k = 0; k < plan->n_unpadded; k++) {
        const unsigned wide = (two >> k) & 1;
        if (plan->lanes_of[k] == which)
            shuffle |= wide << (*n)++;
        else
            *others |= wide;
    }
    return shuffle;
}

/* Marks the places of the lane that the digits and letters in [from, end) take, and all those of
 * digits that there may be. Returns false if the numbers of a varied lane have no room. */
static bool take_places(const parse_plan *plan, const parse_uses *uses, unsigned which, size_t from,
                        size_t end, uint8_t *taken)
{
    /* Groups of four bytes: the numbers of a varied lane are one of them. */
    const bool varied = plan->lanes[which].n_varied != 0;
    const unsigned numbers = which == PARSE_PLAN_DATE ? 3 : 2;
    for (size_t i = from; i < end; i++)
        if (uses->of[i].lane == which && uses->of[i].slot < 16)
            taken[uses->of[i].slot] = 1;
    for (size_t i = 0; i < 16; i++) {
        const bool month = i / 2 == 3 && !plan->full_name;
        const bool digits = which == PARSE_PLAN_DATE ? month || i / 2 == 5 : i / 2 == 1;
        if (varied && i / 4 == numbers && taken[i])
            return false; /* a long fraction */
        taken[i] |= digits || (varied && i / 4 == numbers);
    }
    return true;
}

/* Fills pattern, fold, limits and one shuffle. window: the place of the lane's first byte, which
 * may be before the text; zero: the xor before the shuffle, '0' or 0. Literals take places that are
 * free. Returns false if they have no room. */
static bool fill_bytes(parse_plan_lane *lane, const parse_uses *uses, size_t from, size_t end,
                       int window, uint8_t zero, uint8_t *taken, uint8_t *shuffle)
{
    size_t slot = 0;
    for (size_t i = from; i < end; i++) {
        const parse_use *use = &uses->of[i];
        size_t to = use->slot;
        if (to >= 16) {
            while (slot < 16 && taken[slot])
                slot++;
            to = slot++;
        }
        if (to >= 16)
            return false;
        taken[to] = 1;
        shuffle[to] = (uint8_t)((int)i - window);
        lane->pattern[to] = (uint8_t)((use->pattern ^ zero) | use->fold);
        lane->most[to] = use->most;
        lane->fold[to] = use->fold;
    }
    return true;
}

/* Fills the numbers that stand in a varied lane's shuffle, and notes where its tests are. */
static void fill_numbers(const parse_plan *plan, const parse_uses *uses, unsigned which,
                         unsigned two, size_t width, int window, uint8_t *shuffle, uint8_t *tests)
{
    const bool last = plan->lanes[which].last;
    uint8_t *const numbers = shuffle + (which == PARSE_PLAN_DATE ? 12 : 8);
    size_t n = 0;
    numbers[0] = (uint8_t)(ZERO | width);
    for (unsigned k = 0; k < plan->n_unpadded; k++) {
        if (plan->lanes_of[k] != which)
            continue;
        const bool wide = ((two >> k) & 1) != 0;
        const int start = (int)uses->starts[k] - window;
        numbers[plan->days[k] ? 2 : 1] = wide ? ZERO | 10 : ZERO;
        /* The digit that is not there moves with the others, so that shuffles can be added. */
        if (!wide)
            shuffle[uses->of[uses->starts[k]].slot - 1] = (uint8_t)(ZERO | start);
        /* Counted from the end, the digit that there may be is the one before the item's last. */
        tests[n++] = (uint8_t)(!last ? start + 1 : wide ? start : start - 1);
    }
}

/* Notes the width of the clock, which is at one end of a text with a whole name. */
static void note_clock(parse_plan *plan, const parse_uses *uses, size_t width)
{
    parse_plan_named *const named = &plan->named;
    const bool last = plan->lanes[PARSE_PLAN_CLOCK].last;
    named->clock_first = !last;
    named->clock_ahead = last ? 0 : (uint8_t)width;
    named->clock_behind = last ? (uint8_t)width : 0;
    for (unsigned k = 0; k < plan->n_unpadded; k++)
        if (plan->lanes_of[k] == PARSE_PLAN_CLOCK) {
            const int start = (int)uses->starts[k];
            named->clock_varied = true;
            named->clock_test =
                (int8_t)(last ? start - 1 - ((int)uses->n - (int)width) : start + 1 - (int)width);
        }
}

/* Fills the date by a whole name for one layout, which has three letters of it. Returns false if
 * the text cannot be read so. */
static bool fill_named(parse_plan *plan, const parse_uses *uses, unsigned two,
                       parse_lane_choices *choices)
{
    parse_plan_lane *const lane = &plan->lanes[PARSE_PLAN_DATE];
    parse_plan_named *const named = &plan->named;
    const size_t name = uses->name, behind = name + 3;
    unsigned n_items, others;
    const unsigned wide = shuffle_of(plan, PARSE_PLAN_DATE, two, &n_items, &others);
    size_t from, end, day = 0;
    if (!part_of(plan, uses, PARSE_PLAN_DATE, &from, &end) || name - from > 16 - 9 ||
        end - behind > 16)
        return false;
    if (others != 0)
        return true; /* the date is the same as with one digit there */
    const int window = (int)end - 16;
    uint8_t taken[16] = {0}, *const head = named->head[wide], *const tail = named->tail[wide];
    memset(head, ZERO, 16);
    memset(tail, ZERO, 16);
    lane->n_varied = (uint8_t)n_items;
    lane->width = (uint8_t)(end - from);
    while (n_items != 0 && plan->lanes_of[day] != PARSE_PLAN_DATE)
        day++;
    named->day_ahead = n_items != 0 && uses->starts[day] < name;
    named->day_behind = lane->last = n_items != 0 && uses->starts[day] > name;
    if (!take_places(plan, uses, PARSE_PLAN_DATE, from, end, taken) ||
        !fill_bytes(lane, uses, from, name, (int)from, named->day_ahead ? '0' : 0, taken, head) ||
        !fill_bytes(lane, uses, behind, end, window, named->day_behind ? '0' : 0, taken, tail))
        return false;
    for (uint8_t i = 0; i < 16 && wide == 0; i++) {
        const bool letter = i < 3 || (i >= 4 && i < 10);
        named->letters[i] = letter ? (uint8_t)(name - from + i - (i > 3)) : ZERO;
    }
    if (n_items == 0)
        return true;
    fill_numbers(plan, uses, PARSE_PLAN_DATE, two, end - from,
                 named->day_behind ? window : (int)from, named->day_behind ? tail : head,
                 choices->tests[PARSE_PLAN_DATE][wide]);
    named->test = choices->tests[PARSE_PLAN_DATE][wide][0];
    return true;
}

/* Fills one lane for one layout. Returns false if the text cannot be read so. */
static bool fill_lane(parse_plan *plan, const parse_uses *uses, unsigned which, unsigned two,
                      parse_lane_choices *choices)
{
    parse_plan_lane *const lane = &plan->lanes[which];
    unsigned n_items, others;
    const unsigned number = shuffle_of(plan, which, two, &n_items, &others);
    size_t from, end;
    if (!part_of(plan, uses, which, &from, &end) || end - from > 16 || n_items > PARSE_PLAN_VARIED)
        return false;
    if (others != 0)
        return true; /* the lane is the same as with one digit there */
    lane->n_varied = (uint8_t)n_items;
    lane->last = from != 0;
    lane->width = (uint8_t)(end - from);
    if (plan->full_name && two == 0)
        note_clock(plan, uses, end - from);
    uint8_t taken[16] = {0};
    if (!take_places(plan, uses, which, from, end, taken))
        return false;
    uint8_t *const shuffle = choices->shuffles[which][number];
    memset(shuffle, ZERO, 16);
    const int window = lane->last ? (int)end - 16 : 0;
    if (!fill_bytes(lane, uses, from, end, window, '0', taken, shuffle))
        return false;
    if (n_items != 0)
        fill_numbers(plan, uses, which, two, end - from, window, shuffle,
                     choices->tests[which][number]);
    return true;
}

void parse_lanes_fill(parse_plan *plan, const parse_uses *uses, unsigned two,
                      parse_lane_choices *choices)
{
    if (plan->has_date)
        plan->batch =
            plan->batch && (plan->full_name ? fill_named(plan, uses, two, choices)
                                            : fill_lane(plan, uses, PARSE_PLAN_DATE, two, choices));
    if (plan->has_time)
        plan->batch = plan->batch && fill_lane(plan, uses, PARSE_PLAN_CLOCK, two, choices);
}

void parse_lanes_choose(parse_plan *plan, const parse_lane_choices *choices)
{
    for (unsigned which = 0; which < 2 && plan->batch; which++) {
        parse_plan_lane *const lane = &plan->lanes[which];
        const uint8_t(*const shuffles)[16] = choices->shuffles[which];
        const uint8_t(*const tests)[PARSE_PLAN_VARIED] = choices->tests[which];
        if (which == PARSE_PLAN_DATE && plan->full_name)
            continue;
        memcpy(lane->shuffle, shuffles[0], 16);
        for (unsigned i = 0; i < lane->n_varied; i++) {
            /* An item's place depends on those between it and the end that is counted from. */
            const unsigned k = lane->last ? lane->n_varied - 1u - i : i;
            for (unsigned byte = 0; byte < 16; byte++)
                lane->more[i][byte] = (uint8_t)(shuffles[1u << k][byte] - shuffles[0][byte]);
            lane->tests[i] = tests[0][k];
            if (i == 0)
                lane->turn = (uint8_t)(tests[1u << k][1 - k] - tests[0][1 - k]);
            for (unsigned v = 0; v < 1u << lane->n_varied; v++)
                plan->batch = plan->batch && tests[v][k] < 16;
        }
    }
}
