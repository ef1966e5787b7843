/* The fast ways of a declared form: where each part of a text lies, worked out once for a column.
 * They give the values of parse_form_value, or leave a text to it. */
#ifndef SHMCOL_PARSE_FORM_PLAN_H
#define SHMCOL_PARSE_FORM_PLAN_H

#include "parse/form.h"

/* The longest text, the items that may have one digit or two, and their choices of widths. */
#define PARSE_PLAN_BYTES 32
#define PARSE_PLAN_UNPADDED 3
#define PARSE_PLAN_LAYOUTS (1 << PARSE_PLAN_UNPADDED)
#define PARSE_PLAN_WORDS 7 /* 29 bytes in four parts */
#define PARSE_PLAN_STEPS (PARSE_FORM_PIECES + PARSE_PLAN_BYTES / 8)

/* The unit that a column counts: one of parse_timestamp_units, or days. */
enum parse_plan_unit { PARSE_PLAN_DAYS = 4 };

/* The parts of a text that a layout places: pairs of digits, four for the date and up to four for
 * the clock, … */
enum parse_plan_part {
    PARSE_PLAN_CENTURY,
    PARSE_PLAN_YEAR,
    PARSE_PLAN_DAY,
    PARSE_PLAN_MONTH, /* or, with %j, the first of the day's three digits */
    PARSE_PLAN_HOUR,
    PARSE_PLAN_MINUTE,
    PARSE_PLAN_SECOND,
    PARSE_PLAN_PAIRS,
    /* … and others. */
    PARSE_PLAN_NAME = PARSE_PLAN_PAIRS,
    PARSE_PLAN_NOON,
    PARSE_PLAN_FRACTION, /* its end */
    PARSE_PLAN_PARTS
};

/* Up to eight bytes of the text in which literals stand: those that `care` keeps are `pattern`. */
typedef struct parse_plan_word {
    uint64_t pattern, care;
    int8_t at;      /* the place of its first byte */
    uint8_t behind; /* 0xff: it stands behind a whole name, which has `at` for three letters */
} parse_plan_word;

/* The most unpadded items of a lane. */
#define PARSE_PLAN_VARIED 2

/* The date or the clock of a text as the batches read it: sixteen bytes, which are the first or the
 * last ones of the text. After an xor with '0', `shuffle` gives four numbers of four digits: year,
 * month (or the letters of its name), day, 0; or hour (and 1700 for PM), minute and second, and the
 * fraction in two parts. Literals stand in the places between. With the bits of `fold` set, a byte
 * is at most `most` after the xor with `pattern`.
 *
 * In a varied lane `shuffle` is for one digit in each unpadded item. A digit at tests[0] means that
 * an item has two: more[0] is added to the shuffle, and `turn` to tests[1], which has more[1]. One
 * of the four numbers is no digits but bytes of which the top bit is set: the width of the lane's
 * part of the text, and the least values of the month (or hour) and the day. */
typedef struct parse_plan_lane {
    uint8_t pattern[16], most[16], fold[16], shuffle[16];
    uint8_t more[PARSE_PLAN_VARIED][16];
    uint8_t tests[PARSE_PLAN_VARIED], turn;
    uint8_t n_varied; /* its unpadded items */
    bool last;        /* the last bytes of the text */
    uint8_t width;    /* of a lane that is not varied */
} parse_plan_lane;

enum { PARSE_PLAN_DATE, PARSE_PLAN_CLOCK };

/* The date of a text by the month's whole name, as the batches read it: `head` gives what the lane
 * of the date has of the part before the name, from the sixteen bytes on with which the date
 * begins; `tail` gives what it has of the part behind the name, from the sixteen bytes with which
 * the date ends. The second ones are for a day of two digits in a form with %-d. */
typedef struct parse_plan_named {
    uint8_t head[2][16], tail[2][16];
    uint8_t letters[16];        /* the name in the first bytes: three letters, 0, four, two */
    uint8_t test;               /* the place of the digit that a day may have, in head or tail */
    bool day_ahead, day_behind; /* %-d is in head or tail, of which the bytes get an xor with '0' */
    bool clock_first;           /* a clock stands before the date */
    bool clock_varied;          /* its hour has one digit or two */
    uint8_t clock_ahead, clock_behind; /* the clock's width there, with an hour of one digit, … */
    int8_t clock_test; /* … and from the date's end there to the digit that its hour may have */
} parse_plan_named;

/* The places in a text all of whose items have a fixed width, but for a whole name: those behind it
 * are beside one of three letters. */
typedef struct parse_plan_layout {
    uint64_t keep[2]; /* the digits that date and clock have, 16 bits for each pair */
    int8_t places[PARSE_PLAN_PARTS];
    uint8_t behind[PARSE_PLAN_PARTS]; /* as in the words */
    uint8_t n_words;
    parse_plan_word words[PARSE_PLAN_WORDS];
} parse_plan_layout;

/* Unpadded items by the way to their widths: a digit tells that of the first and, if there are two
 * or three, that of the last; then the size of the text tells that of the one between. */
enum { PARSE_PLAN_FIRST, PARSE_PLAN_LAST, PARSE_PLAN_BETWEEN };

/* The places in a text with unpadded items, as bytes of two numbers: the first has the pairs and
 * %p, the other the words and at its end %b and %f. They are counted from two bytes before the
 * text. A pair of one digit begins at the byte before it. */
typedef struct parse_plan_widths {
    uint64_t all[2];                       /* if each item has one digit */
    uint64_t more[2][PARSE_PLAN_UNPADDED]; /* added where an item has two */
    uint64_t tens[2][PARSE_PLAN_UNPADDED]; /* the first digits of items, as in `keep` */
    uint64_t has_last;                     /* all ones: there is a last item beside the first */
    uint64_t between;                      /* 1: there is one between, else 0 */
    int8_t first, last; /* the digits, from the beginning and from the end of the text */
} parse_plan_widths;

/* One step through a text: an item, or up to eight bytes of a literal. */
typedef struct parse_plan_step {
    uint64_t bytes, keep; /* the literal, and where it is in the word */
    uint8_t item;         /* of parse_form_item; PARSE_FORM_ITEMS: the end */
    bool unpadded;
    uint8_t size; /* of the literal */
} parse_plan_step;

/* Returns where parse_plan_widths have a part: a bit of the first number, or, from 64 on, of the
 * other. */
static inline unsigned parse_plan_bit(enum parse_plan_part part)
{
    if (part < PARSE_PLAN_PAIRS)
        return 8 * part;
    return part == PARSE_PLAN_NOON ? 56 : part == PARSE_PLAN_NAME ? 112 : 120;
}

/* The ways of one text: one of the last three, with what the form has. */
enum parse_plan_reader {
    PARSE_PLAN_NONE,
    PARSE_PLAN_STEPWISE,
    PARSE_PLAN_DATE_ONLY = 0,
    PARSE_PLAN_TIME_ONLY,
    PARSE_PLAN_BOTH,
    PARSE_PLAN_FIXED = 2,      /* all widths are fixed, … */
    PARSE_PLAN_WHOLE_NAME = 5, /* … but for a whole name, … */
    PARSE_PLAN_UNEVEN = 8      /* … but for unpadded items */
};

typedef struct parse_plan {
    bool usable;    /* false: no text is taken */
    bool batch;     /* the lanes hold all of the text */
    uint8_t reader; /* of parse_plan_reader */
    bool has_date, has_time, short_year, year_day, has_name, full_name, half_day;
    uint8_t size;   /* of a text, its unpadded items with one digit and its %B with three letters */
    uint8_t digits; /* of each fraction */
    uint8_t n_unpadded;
    uint8_t lanes_of[PARSE_PLAN_UNPADDED]; /* the lanes of unpadded items */
    bool days[PARSE_PLAN_UNPADDED];        /* those that are days */
    uint32_t day_seconds, per_second;      /* what a day and a second count */
    uint32_t fraction_scale;               /* units in the last digit of a fraction */
    uint32_t day_units;                    /* what a day counts, 0: more than 31 bits */
    bool bounded;                          /* some days do not fit */
    int32_t first_day, last_day;           /* all times of these days fit int64 */
    parse_plan_step steps[PARSE_PLAN_STEPS];
    parse_plan_layout layout;
    parse_plan_widths widths;
    parse_plan_lane lanes[2];
    parse_plan_named named; /* with full_name */
} parse_plan;

/* Makes the plan of a form for a column that counts `unit`. Texts with a fraction are taken if it
 * has exactly `digits` digits, and texts with an offset if it is Z. Some forms and units have no
 * fast way; then the plan takes no text. */
void parse_plan_make(const parse_form *form, uint32_t digits, unsigned unit, parse_plan *plan);

/* Reads a text. Returns true and sets *out to the count of units of the value of parse_form_value,
 * or false: the caller has to ask that. PARSE_SLACK holds. A digit behind the text, which no CSV
 * has, may make it false; the count depends on the text alone. */
bool parse_plan_value(const parse_plan *plan, const char *s, size_t n, int64_t *out);

#endif
