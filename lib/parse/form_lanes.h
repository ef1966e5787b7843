/* The making of a plan's lanes, which the batches read. */
#ifndef SHMCOL_PARSE_FORM_LANES_H
#define SHMCOL_PARSE_FORM_LANES_H

#include "parse/form_plan.h"

/* A literal belongs to the lane in whose part of the text it stands. */
enum { PARSE_USE_LITERAL = 2 };

/* The use of one byte of a text in a lane; `pattern` is without the xor with '0'. */
typedef struct parse_use {
    uint8_t pattern, most, fold;
    uint8_t lane; /* PARSE_PLAN_DATE, PARSE_PLAN_CLOCK, PARSE_USE_LITERAL */
    uint8_t slot; /* the place after the shuffle; 16: any that is free */
} parse_use;

/* A text of one layout, byte by byte. */
typedef struct parse_uses {
    size_t n;
    size_t starts[PARSE_PLAN_UNPADDED]; /* of the unpadded items */
    size_t name;                        /* the place of the month's name, if there is one */
    parse_use of[PARSE_PLAN_BYTES];
} parse_uses;

/* The shuffles of both lanes, one for each choice of widths, and for each the places in the lane's
 * bytes of the digits that tell the widths of its items. */
typedef struct parse_lane_choices {
    uint8_t shuffles[2][1 << PARSE_PLAN_VARIED][16];
    uint8_t tests[2][1 << PARSE_PLAN_VARIED][PARSE_PLAN_VARIED];
} parse_lane_choices;

/* Fills the lanes and the choices for the layout `two`. Clears plan->batch if the text cannot be
 * read so. */
void parse_lanes_fill(parse_plan *plan, const parse_uses *uses, unsigned two,
                      parse_lane_choices *choices) PARSE_HIDDEN;

/* Fills the shuffles of the lanes, when all layouts are known. Clears plan->batch if the digit that
 * tells a width is not in the lane's bytes. */
void parse_lanes_choose(parse_plan *plan, const parse_lane_choices *choices) PARSE_HIDDEN;

#endif
