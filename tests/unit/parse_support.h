/* Helpers of the tests of lib/parse: random numbers, fields with foreign bytes around them, and the
 * comparison of the fast ways with the exact one. */
#ifndef SHMCOL_TESTS_PARSE_SUPPORT_H
#define SHMCOL_TESTS_PARSE_SUPPORT_H

#include "parse/parse.h"

/* The number of tries of n random values. A sanitizer or an emulator looks for something else than
 * the rarest of them. */
#ifdef SHMCOL_FEWER_VALUES
#define PARSE_TRIES(n) ((n) / 20)
#else
#define PARSE_TRIES(n) (n)
#endif

uint64_t parse_random(void);

/* Copies a field into memory with exactly PARSE_SLACK bytes of junk before and after it, so that a
 * sanitizer sees any read beyond. */
struct parse_field {
    char *memory;
    const char *s;
    size_t n;
};
struct parse_field parse_field_make(const char *text, size_t n);
void parse_field_drop(struct parse_field *field);

/* Classifies the text twice with different junk around it. Both answers must be the same, and every
 * fast way gives that answer or none. */
parse_value parse_check(const char *text, size_t n, const parse_style *style);

/* Does the same for a text that ends with NUL, with or without comma as decimal mark. */
parse_value parse_check_text(const char *text);
parse_value parse_check_comma(const char *text);

uint64_t parse_double_bits(double number);
double parse_bits_double(uint64_t bits);

#endif
