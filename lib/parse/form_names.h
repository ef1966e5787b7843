/* English names of months by their first three letters, in either case. */
#ifndef SHMCOL_PARSE_FORM_NAMES_H
#define SHMCOL_PARSE_FORM_NAMES_H

#include "parse/parse.h"

/* This product's top four bits differ for the twelve names, as little-endian numbers of three small
 * letters. */
#define PARSE_NAME_FACTOR 0x3b6fe507u
#define PARSE_NAME_MORE 6         /* the most letters beyond three */
#define PARSE_NAME_CASE 0x202020u /* A letter in either case, and nothing else, becomes small. */

typedef struct parse_name {
    uint32_t letters;    /* 0: no name has this place */
    uint8_t month, more; /* the letters behind the first three: how many, … */
    uint64_t rest, keep; /* … which, and their bytes in a word */
} parse_name;

/* form_names.c: the names at their products. */
extern const parse_name parse_names[16] PARSE_HIDDEN;

static inline const parse_name *parse_name_at(const char *s, uint32_t *letters)
{
    uint32_t word;
    memcpy(&word, s, sizeof word);
    *letters = (word | PARSE_NAME_CASE) & 0xffffff;
    return &parse_names[(*letters * PARSE_NAME_FACTOR) >> 28];
}

/* Returns the month whose name's first three letters stand at s, 255 if there is none. */
static inline uint32_t parse_name_month(const char *s)
{
    uint32_t letters;
    const parse_name *name = parse_name_at(s, &letters);
    return name->letters == letters ? name->month : 255;
}

/* Returns the month whose whole name stands at s, 255 if there is none. *more becomes the letters
 * beyond three of the name that its first three are of. */
static inline uint32_t parse_name_whole(const char *s, size_t *more)
{
    uint32_t letters;
    const parse_name *name = parse_name_at(s, &letters);
    const uint64_t rest = (parse_load8(s + 3) | 0x2020202020202020u) & name->keep;
    *more = name->more;
    return name->letters == letters && rest == name->rest ? name->month : 255;
}

#endif
