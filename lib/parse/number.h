/* Numbers and instants of any spelling: the parts of parse_classify. */
#ifndef SHMCOL_PARSE_NUMBER_H
#define SHMCOL_PARSE_NUMBER_H

#include <string.h>

#include "parse.h"

/* Tells whether the text is the word, given in small letters, in any case. */
static inline bool parse_is_word(const char *s, size_t n, const char *word)
{
    if (n != strlen(word))
        return false;
    for (size_t i = 0; i < n; i++) {
        const char c = s[i] >= 'A' && s[i] <= 'Z' ? (char)(s[i] + ('a' - 'A')) : s[i];
        if (c != word[i])
            return false;
    }
    return true;
}

/* Reads INT, INT_INEXACT, BIG or FLOAT into *value. Returns false if the text is none of them
 * (C-31, C-32, C-34, C-35, C-41). */
bool parse_number(const char *s, size_t n, const parse_style *style,
                  parse_value *value) PARSE_HIDDEN;

/* Tells whether the text is spelled as a number of C-31 or C-34, however large. */
bool parse_is_number(const char *s, size_t n, const parse_style *style) PARSE_HIDDEN;

/* Reads SPECIAL into *value. Returns false if the text is not (C-40). */
bool parse_special(const char *s, size_t n, parse_value *value) PARSE_HIDDEN;

/* Reads DATE, TIMESTAMP or TIMESTAMP_OFFSET into *value. Returns false if the text is none of them
 * (C-36 … C-39). */
bool parse_instant(const char *s, size_t n, parse_value *value) PARSE_HIDDEN;

#endif
