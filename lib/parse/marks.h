/* Numbers of a type that was asked for (C-44), also with the marks that its brackets name (C-77,
 * C-78). Texts are given as in parse.h. */
#ifndef SHMCOL_PARSE_MARKS_H
#define SHMCOL_PARSE_MARKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "parse/style.h"

/* The spelling that a column of numbers takes. */
typedef struct parse_marks {
    parse_style style;
    bool percent;          /* '%' divides by 100 */
    bool hex;              /* 0x… and nothing else */
    uint8_t currency_size; /* bytes of the currency sign; 0: none */
    char currency[3];
} parse_marks;

/* Makes the spelling of a type without brackets. style: of the options. */
static inline parse_marks parse_marks_none(const parse_style *style)
{
    return (parse_marks){.style = *style};
}

/* Reads what stands in the brackets of a type, text[0, n), into *marks. style: of the options;
 * quote: the quote of the CSV, 0 for none; integer: the type is one. Returns NULL, or why it is no
 * list of marks: one line that follows the text, as in "names the decimal mark". */
const char *parse_marks_read(const char *text, size_t n, const parse_style *style, char quote,
                             bool integer, parse_marks *marks);

/* Sets the group mark of the style to the character text[0, n), given as itself or by its name
 * (C-41). quote: as above. Returns NULL, or why it is none. */
const char *parse_group_read(const char *text, size_t n, char quote, parse_style *style);

/* Returns the name of the style's group mark for a message: itself or as in C-41. */
const char *parse_group_name(const parse_style *style);

/* Converts text to an integer in -low … high. *bits: its two's complement. Returns false if the
 * text does not fit. */
bool parse_asked_integer(const char *s, size_t n, const parse_marks *marks, uint64_t low,
                         uint64_t high, uint64_t *bits);

/* Converts text to the nearest float, ties to even, also whole numbers that the classes refuse to
 * round. Returns false if the text does not fit, or the number is too large. float32 and float16
 * (its bits) are rounded once, not by way of a double. */
bool parse_asked_float64(const char *s, size_t n, const parse_marks *marks, double *out);
bool parse_asked_float32(const char *s, size_t n, const parse_marks *marks, float *out);
bool parse_asked_float16(const char *s, size_t n, const parse_marks *marks, uint16_t *bits);

/* Converts text to the decimal's integer, which is the number times 10^scale, in two's complement,
 * out[0] its low half (C-81). precision: 1 … 38; scale: 0 … precision. Returns false if the text
 * does not fit: it is no number, has a power, or its exact value needs more digits. */
bool parse_asked_decimal(const char *s, size_t n, const parse_marks *marks, uint32_t precision,
                         uint32_t scale, uint64_t out[2]);

#endif
