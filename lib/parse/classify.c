#include <math.h>

#include "number.h"

/* Whether the text is the word, given in small letters, in any case. */
static bool is_word(const char *s, size_t n, const char *word)
{
    if (n != strlen(word)) {
        return false;
    }
    for (size_t i = 0; i < n; i++) {
        const char c = s[i] >= 'A' && s[i] <= 'Z' ? (char)(s[i] + ('a' - 'A')) : s[i];
        if (c != word[i]) {
            return false;
        }
    }
    return true;
}

/* C-40: inf and infinity with or without a minus, nan without. */
bool parse_special(const char *s, size_t n, parse_value *value)
{
    const size_t minus = n > 0 && s[0] == '-';
    if (is_word(s + minus, n - minus, "inf") || is_word(s + minus, n - minus, "infinity")) {
        value->number = minus ? -INFINITY : INFINITY;
    } else if (is_word(s, n, "nan")) {
        const uint64_t canonical = 0x7ff8000000000000u;
        memcpy(&value->number, &canonical, sizeof canonical);
    } else {
        return false;
    }
    value->class_ = PARSE_SPECIAL;
    return true;
}

void parse_classify(const char *s, size_t n, bool decimal_comma, parse_value *value)
{
    *value = (parse_value){.class_ = PARSE_TEXT};
    /* C-33 */
    if (is_word(s, n, "true") || is_word(s, n, "false")) {
        value->class_ = PARSE_BOOL;
        value->boolean = n == 4;
        return;
    }
    if (parse_instant(s, n, value) || parse_number(s, n, decimal_comma, value) ||
        parse_special(s, n, value)) {
        return;
    }
    *value = (parse_value){.class_ = PARSE_TEXT};
}
