/* The places of fields of declared forms, for the batches of each instruction set. */
#ifndef SHMCOL_PARSE_BATCH_FORM_H
#define SHMCOL_PARSE_BATCH_FORM_H

#include "parse/form_names.h"
#include "parse/form_plan.h"

/* The names of months as numbers: three small letters, and the month in the byte above. */
#define BATCH_NAME(a, b, c, month)                                                                 \
    ((uint32_t)(a) | (uint32_t)(b) << 8 | (uint32_t)(c) << 16 | (uint32_t)(month) << 24)

/* The names at the places of PARSE_NAME_FACTOR; a place without a name has 0, which no letters are.
 */
static const uint32_t batch_names[16] = {
    [0] = BATCH_NAME('s', 'e', 'p', 9),   [2] = BATCH_NAME('j', 'u', 'n', 6),
    [5] = BATCH_NAME('j', 'u', 'l', 7),   [6] = BATCH_NAME('j', 'a', 'n', 1),
    [7] = BATCH_NAME('a', 'p', 'r', 4),   [8] = BATCH_NAME('f', 'e', 'b', 2),
    [9] = BATCH_NAME('n', 'o', 'v', 11),  [11] = BATCH_NAME('m', 'a', 'r', 3),
    [12] = BATCH_NAME('a', 'u', 'g', 8),  [13] = BATCH_NAME('o', 'c', 't', 10),
    [14] = BATCH_NAME('d', 'e', 'c', 12), [15] = BATCH_NAME('m', 'a', 'y', 5),
};

/* Beside these, the letters of whole names behind the first three: four, … */
static const uint32_t batch_rests[16] = {
    [0] = BATCH_NAME('t', 'e', 'm', 'b'),  [2] = BATCH_NAME('e', 0, 0, 0),
    [5] = BATCH_NAME('y', 0, 0, 0),        [6] = BATCH_NAME('u', 'a', 'r', 'y'),
    [7] = BATCH_NAME('i', 'l', 0, 0),      [8] = BATCH_NAME('r', 'u', 'a', 'r'),
    [9] = BATCH_NAME('e', 'm', 'b', 'e'),  [11] = BATCH_NAME('c', 'h', 0, 0),
    [12] = BATCH_NAME('u', 's', 't', 0),   [13] = BATCH_NAME('o', 'b', 'e', 'r'),
    [14] = BATCH_NAME('e', 'm', 'b', 'e'),
};
/* … and the last two. In the byte above stands how many letters all these are. */
static const uint32_t batch_tails[16] = {
    [0] = BATCH_NAME('e', 'r', 0, 6), [2] = BATCH_NAME(0, 0, 0, 1),
    [5] = BATCH_NAME(0, 0, 0, 1),     [6] = BATCH_NAME(0, 0, 0, 4),
    [7] = BATCH_NAME(0, 0, 0, 2),     [8] = BATCH_NAME('y', 0, 0, 5),
    [9] = BATCH_NAME('r', 0, 0, 5),   [11] = BATCH_NAME(0, 0, 0, 2),
    [12] = BATCH_NAME(0, 0, 0, 3),    [13] = BATCH_NAME(0, 0, 0, 4),
    [14] = BATCH_NAME('r', 0, 0, 5),
};

/* The parts of a batch, known when it is compiled. */
enum batch_form_parts {
    BATCH_DATE = 1,
    BATCH_CLOCK = 2,
    BATCH_VARIED = 4, /* some numbers have one digit or two */
    BATCH_NAMED = 8,  /* a month by its whole name; always with BATCH_VARIED */
};

/* Moves the ends of a date by a whole name, beside which is a clock, past the second digit that the
 * hour may have. They are where they would be with one digit. */
static inline void batch_pass_hour(const parse_plan_named *named, const char **first,
                                   const char **end)
{
    if (named->clock_first)
        *first += (unsigned char)((*first)[named->clock_test] - '0') <= 9;
    else
        *end -= (unsigned char)((*end)[named->clock_test] - '0') <= 9;
}

#endif
