/* Declared forms of dates, timestamps and times of day, such as %d/%m/%Y (C-71 … C-73). A form is
 * compiled once. A field is n bytes at s as in parse.h: up to PARSE_SLACK bytes around it may be
 * read, and the answer depends on [s, s + n) alone. */
#ifndef SHMCOL_PARSE_FORM_H
#define SHMCOL_PARSE_FORM_H

#include "parse/parse.h"

/* The longest form, in bytes. */
#define PARSE_FORM_BYTES 128
/* The most pieces: nine items, and a literal before, between and after them. */
#define PARSE_FORM_PIECES 20

enum parse_form_item {
    PARSE_FORM_LITERAL,
    PARSE_FORM_YEAR,       /* %Y */
    PARSE_FORM_SHORT_YEAR, /* %y */
    PARSE_FORM_MONTH,      /* %m, %-m */
    PARSE_FORM_SHORT_NAME, /* %b */
    PARSE_FORM_NAME,       /* %B */
    PARSE_FORM_DAY,        /* %d, %-d */
    PARSE_FORM_YEAR_DAY,   /* %j */
    PARSE_FORM_HOUR,       /* %H, %-H */
    PARSE_FORM_HALF_HOUR,  /* %I, %-I */
    PARSE_FORM_MINUTE,     /* %M */
    PARSE_FORM_SECOND,     /* %S */
    PARSE_FORM_FRACTION,   /* %f */
    PARSE_FORM_NOON,       /* %p */
    PARSE_FORM_OFFSET,     /* %z */
    PARSE_FORM_ITEMS
};

typedef struct parse_form_piece {
    uint8_t item;     /* of parse_form_item */
    bool unpadded;    /* %-m and the like */
    uint8_t at, size; /* a literal: its bytes in `literals` */
    uint8_t from;     /* the place of the item in the text of the form */
} parse_form_piece;

typedef struct parse_form {
    bool has_date, has_time, has_offset;
    bool has_fraction; /* %f */
    bool numeric;      /* a number can match (C-71), as for %Y%m%d */
    uint8_t n_pieces, n_literals;
    parse_form_piece pieces[PARSE_FORM_PIECES];
    char literals[PARSE_FORM_BYTES];
} parse_form;

/* The reason why a text is no form: the item or byte, its place, and what is wrong with it. */
typedef struct parse_form_error {
    size_t at, size;   /* the bytes of the form that it is about; size 0: the whole form */
    char message[160]; /* one line of printable ASCII */
} parse_form_error;

/* Compiles the form in n bytes at text, which need no slack. Returns false if it is none by C-71;
 * then *why, unless NULL, says what is wrong. */
bool parse_form_compile(const char *text, size_t n, parse_form *form, parse_form_error *why);

/* Reads a text that must match the form (C-72, C-73). Returns false if it does not. Else *value has
 * PARSE_DATE and days for a date form; PARSE_TIMESTAMP or, with %z, PARSE_TIMESTAMP_OFFSET and
 * seconds, nanos, digits and offset for a timestamp form; class 0 and seconds since midnight, nanos
 * and digits for a time form. */
bool parse_form_value(const parse_form *form, const char *s, size_t n, parse_value *value);

#endif
