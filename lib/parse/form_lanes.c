/* The lanes of a plan: the bytes of a text in the order in which the batches read them. */
#include "parse/form_lanes.h"

#include <string.h>

enum { ZERO = 0x80 }; /* in a shuffle: no byte, but 0 */

/* Returns the part of the text in which the lane stands, [*from, *end). Returns false if it is
 * longer than 16 bytes, or bytes of the two lanes stand between each other. */
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
    return *end - *from <= 16 && (alone || (second ? last[other] < *from : last[which] < *end));
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

/* Fills pattern, fold, limits and one shuffle. window: the place of the lane's first byte, which
 * may be before the text. Returns false if literals have no room. */
static bool fill_bytes(parse_plan_lane *lane, const parse_uses *uses, size_t from, size_t end,
                       int window, const uint8_t *taken, uint8_t *shuffle)
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
        shuffle[to] = (uint8_t)((int)i - window);
        lane->pattern[to] = (uint8_t)((use->pattern ^ '0') | use->fold);
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

/* Fills one lane for one layout. Returns false if the text cannot be read so. */
static bool fill_lane(parse_plan *plan, const parse_uses *uses, unsigned which, unsigned two,
                      parse_lane_choices *choices)
{
    parse_plan_lane *const lane = &plan->lanes[which];
    unsigned n_items, others;
    const unsigned number = shuffle_of(plan, which, two, &n_items, &others);
    size_t from, end;
    if (!part_of(plan, uses, which, &from, &end) || n_items > PARSE_PLAN_VARIED)
        return false;
    if (others != 0)
        return true; /* the lane is the same as with one digit there */
    lane->n_varied = (uint8_t)n_items;
    lane->last = from != 0;
    lane->width = (uint8_t)(end - from);
    /* Groups of four bytes: the numbers of a varied lane are one of them, and all digits that there
     * may be have their places even if they are missing. */
    uint8_t taken[16] = {0};
    const unsigned numbers = which == PARSE_PLAN_DATE ? 3 : 2;
    for (size_t i = from; i < end; i++)
        if (uses->of[i].lane == which && uses->of[i].slot < 16)
            taken[uses->of[i].slot] = 1;
    for (size_t i = 0; i < 16; i++) {
        const bool digits = which == PARSE_PLAN_DATE ? i / 2 == 3 || i / 2 == 5 : i / 2 == 1;
        if (n_items != 0 && i / 4 == numbers && taken[i])
            return false; /* a long fraction */
        taken[i] |= digits || (n_items != 0 && i / 4 == numbers);
    }
    uint8_t *const shuffle = choices->shuffles[which][number];
    memset(shuffle, ZERO, 16);
    const int window = lane->last ? (int)end - 16 : 0;
    if (!fill_bytes(lane, uses, from, end, window, taken, shuffle))
        return false;
    if (n_items != 0)
        fill_numbers(plan, uses, which, two, end - from, window, shuffle,
                     choices->tests[which][number]);
    return true;
}

void parse_lanes_fill(parse_plan *plan, const parse_uses *uses, unsigned two,
                      parse_lane_choices *choices)
{
    for (unsigned which = 0; which < 2 && plan->batch; which++)
        if (which == PARSE_PLAN_DATE ? plan->has_date : plan->has_time)
            plan->batch = fill_lane(plan, uses, which, two, choices);
}

void parse_lanes_choose(parse_plan *plan, const parse_lane_choices *choices)
{
    for (unsigned which = 0; which < 2 && plan->batch; which++) {
        parse_plan_lane *const lane = &plan->lanes[which];
        const uint8_t(*const shuffles)[16] = choices->shuffles[which];
        const uint8_t(*const tests)[PARSE_PLAN_VARIED] = choices->tests[which];
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
