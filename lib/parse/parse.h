/* Text of one field to a value. Knows nothing of CSV: a field is `n` bytes at `s`, already without
 * quotes. Rules: spec/csv.md (C-30 …). Every function may read up to PARSE_SLACK bytes before s and
 * after s + n (the callers' buffers are padded), but its answer depends on [s, s + n) alone. */
#ifndef SHMCOL_PARSE_H
#define SHMCOL_PARSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "parse/style.h"

#define PARSE_SLACK 64

/* An attribute for arrays that are written before they are read: filling them with zeros first, as
 * the compiler is told to do, costs as much as parsing some rows. */
#if defined(__has_attribute)
#if __has_attribute(uninitialized)
#define PARSE_UNSET __attribute__((uninitialized))
#endif
#endif
#ifndef PARSE_UNSET
#define PARSE_UNSET
#endif

/* The classes of a field's text, which has exactly one (INT_INEXACT instead of INT). A column's set
 * of classes decides its type (lib/ingest). */
enum parse_class {
    PARSE_BOOL = 1 << 0,        /* true, false in any case */
    PARSE_INT = 1 << 1,         /* 0|-?[1-9][0-9]* in int64, and a double holds it exactly */
    PARSE_INT_INEXACT = 1 << 2, /* the same, but no double holds it exactly */
    PARSE_BIG = 1 << 3,   /* 0|-?[1-9][0-9]* outside int64, finite, and a double holds it exactly */
    PARSE_FLOAT = 1 << 4, /* decimal or exponent form, finite; -0 */
    PARSE_SPECIAL =
        1 << 5, /* inf, infinity, nan in any case, with or without '-' before inf, infinity */
    PARSE_DATE = 1 << 6,             /* YYYY-MM-DD, a day that exists */
    PARSE_TIMESTAMP = 1 << 7,        /* date and time, no offset */
    PARSE_TIMESTAMP_OFFSET = 1 << 8, /* with Z or an offset */
    PARSE_TEXT = 1 << 9              /* anything else, the empty text too */
};

typedef struct parse_value {
    uint32_t class_;
    int64_t integer; /* INT, INT_INEXACT */
    double number;   /* INT, BIG, FLOAT, SPECIAL: the nearest double */
    int64_t days;    /* DATE: since 1970-01-01 */
    int64_t seconds; /* TIMESTAMP…: since 1970-01-01T00:00:00, floor; in UTC if it has an offset */
    uint32_t nanos;  /* TIMESTAMP…: 0 … 999,999,999, to be added to seconds */
    uint32_t digits; /* TIMESTAMP…: digits of the fraction, 0 … 9 */
    int32_t offset;  /* TIMESTAMP_OFFSET: minutes east of UTC */
    bool boolean;
    bool grouped;     /* a number: its digits were grouped (C-41) */
    bool many_digits; /* a number: parse_many_digits */
} parse_value;

/* Classifies any text exactly: the reference for everything that is faster. Numbers are
 * written in the style. */
void parse_classify(const char *s, size_t n, const parse_style *style, parse_value *value);

/* The digits that a double tells apart, and for which the fast ways answer. */
#define PARSE_DOUBLE_DIGITS 17
/* Tells whether the text of a number has more of them, from the first that is not zero to the last
 * (C-55). */
bool parse_many_digits(const char *s, size_t n);

/* Fast ways, one for each kind of column. They return true and set *out, which is then the answer
 * of parse_classify, or false: the caller has to ask parse_classify. */
static inline bool parse_int64_fast(const char *s, size_t n, int64_t *out); /* INT or INT_INEXACT */
static inline bool parse_float64_fast(const char *s, size_t n,
                                      double *out); /* FLOAT, or INT (exact) as a double, but
                                                       for many digits */
static inline bool parse_date_fast(const char *s, size_t n, int64_t *days); /* DATE */
/* TIMESTAMP without offset whose fraction has exactly `digits` (0, 3, 6, 9) digits: the count in
 * that unit */
static inline bool parse_timestamp_fast(const char *s, size_t n, uint32_t digits, int64_t *out);
static inline bool parse_bool_fast(const char *s, size_t n, uint8_t *out); /* BOOL */

/* Converts seconds and nanos to a count of units (0 s, 1 ms, 2 us, 3 ns). Returns false if int64
 * cannot hold it, if it is INT64_MIN, or if nanos are finer than the unit (C-42). */
bool parse_timestamp_units(int64_t seconds, uint32_t nanos, unsigned unit, int64_t *out);

/* Converts a time of day, HH:MM[:SS[.fraction]], to seconds since midnight and nanos (C-75).
 * Returns false if it is none. */
bool parse_time_of_day(const char *s, size_t n, int64_t *seconds, uint32_t *nanos);

#include "parse_fast.h" /* the inline bodies */

#endif
