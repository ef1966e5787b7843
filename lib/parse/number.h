/* Numbers and instants of any spelling: the parts of parse_classify. */
#ifndef SHMCOL_PARSE_NUMBER_H
#define SHMCOL_PARSE_NUMBER_H

#include "parse.h"

/* INT, INT_INEXACT, BIG or FLOAT into *value, or false (C-31, C-32, C-34, C-35, C-41). */
bool parse_number(const char *s, size_t n, bool decimal_comma, parse_value *value) PARSE_HIDDEN;

/* SPECIAL into *value, or false (C-40). */
bool parse_special(const char *s, size_t n, parse_value *value) PARSE_HIDDEN;

/* DATE, TIMESTAMP or TIMESTAMP_OFFSET into *value, or false (C-36 … C-39). */
bool parse_instant(const char *s, size_t n, parse_value *value) PARSE_HIDDEN;

#endif
