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

#endif
