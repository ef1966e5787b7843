/* A list as the text of one field: a JSON array (RFC 8259) of numbers, words and strings (C-82).
 * Texts are given as in parse.h. */
#ifndef SHMCOL_PARSE_ARRAY_H
#define SHMCOL_PARSE_ARRAY_H

#include "parse/parse.h"

typedef enum parse_array_kind {
    PARSE_ARRAY_END,    /* the array and the text have ended */
    PARSE_ARRAY_BARE,   /* an element without quotes */
    PARSE_ARRAY_STRING, /* an element in quotes */
    PARSE_ARRAY_WRONG   /* the text is no such array, or not from here on */
} parse_array_kind;

/* A walk along the elements of an array. */
typedef struct parse_array {
    const char *at;  /* behind '[' or a comma; if closed, behind ']' */
    const char *end; /* of the text */
    bool any;        /* an element was taken */
    bool closed;
    /* The element that was taken last, or the place of an error. */
    const char *s; /* its text; of a string without the quotes, escapes as they are */
    size_t n;
    bool escaped;    /* the string has escapes, which are right */
    bool of_element; /* the error is that of an element, else of the array */
    const char *why; /* the error, to follow the text, as in "is null, and lists hold no nulls" */
} parse_array;

/* Begins a walk along the array s[0, n). A text that begins none is wrong at the first step. */
parse_array parse_array_begin(const char *s, size_t n);
/* Takes the next element, and what separates it from the one behind it. After END and WRONG the
 * walk is over. */
parse_array_kind parse_array_next(parse_array *array);

/* Takes the next piece of a string that was taken, from *at on, which moves behind it: text as it
 * lies there, or one character that was escaped, which is written to `character`. *piece points to
 * it. Returns its length, 0 at the end of the string. */
size_t parse_array_piece(const char **at, const char *end, char character[4], const char **piece);

/* Goes to the element behind `next`, which ends one, if that is a comma or a bracket. */
static inline bool parse_array_step(parse_array *array, const char *next)
{
    if (next >= array->end || (*next != ',' && *next != ']')) {
        return false;
    }
    array->closed = *next == ']';
    array->any = true;
    array->at = next + 1;
    return true;
}

/* Takes the next element, which has eight digits or more from s on, as parse_array_int does. */
static inline bool parse_array_long_int(parse_array *array, const char *s, int64_t *out)
{
    const char *next = s + 8 + (*s == '-');
    while (next < array->end && *next >= '0' && *next <= '9') {
        next++;
    }
    return next <= array->end && parse_int64_fast(s, (size_t)(next - s), out) &&
           parse_array_step(array, next);
}

/* Takes the next element if it is a whole number, plainly spelled, with at most one space in front.
 * Returns false if parse_array_next has to look. */
static inline bool parse_array_int(parse_array *array, int64_t *out)
{
    const char *s = array->at;
    s += *s == ' ';
    const uint64_t minus = *s == '-';
    s += minus;
    const uint64_t digits = parse_load8(s) ^ PARSE_ZEROS, wrong = parse_nondigits(digits);
    if (PARSE_RARE(wrong == 0)) {
        return parse_array_long_int(array, s - minus, out);
    }
    const unsigned bits = (unsigned)__builtin_ctzll(wrong) & ~7u; /* of the digits */
    if (PARSE_RARE(bits == 0) || PARSE_RARE(bits > 8 && (digits & 0xff) == 0) ||
        !parse_array_step(array, s + bits / 8)) {
        return false;
    }
    const int64_t number = (int64_t)parse_eight(digits << (64 - bits));
    *out = minus != 0 ? -number : number;
    return true;
}

/* Takes the next element if it is a number for which parse_float64_fast answers, with at most one
 * space in front. Returns false if parse_array_next has to look. */
static inline bool parse_array_float(parse_array *array, double *out)
{
    enum { WORDS = 4 };
    const char *s = array->at;
    s += *s == ' ';
    for (size_t i = 0; i < WORDS; i++) {
        const uint64_t word = parse_load8(s + 8 * i), ones = PARSE_TOPS >> 7,
                       comma = word ^ (ones * ','), bracket = word ^ (ones * ']');
        /* The lowest byte that is marked is one of the two; those above may be wrong. */
        const uint64_t found =
            (((comma - ones) & ~comma) | ((bracket - ones) & ~bracket)) & PARSE_TOPS;
        if (found == 0) {
            continue;
        }
        const char *next = s + 8 * i + (unsigned)__builtin_ctzll(found) / 8;
        return next < array->end && next != s && parse_float64_fast(s, (size_t)(next - s), out) &&
               parse_array_step(array, next);
    }
    return false;
}

#endif
