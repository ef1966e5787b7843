/* Numbers that are words: infinities and NaN (C-40). */
#include <math.h>

#include "number.h"

/* C-40: inf and infinity with or without a minus, nan without. */
bool parse_special(const char *s, size_t n, parse_value *value)
{
    const size_t minus = n > 0 && s[0] == '-';
    if (parse_is_word(s + minus, n - minus, "inf") ||
        parse_is_word(s + minus, n - minus, "infinity")) {
        value->number = minus ? -INFINITY : INFINITY;
    } else if (parse_is_word(s, n, "nan")) {
        const uint64_t canonical = 0x7ff8000000000000u;
        memcpy(&value->number, &canonical, sizeof canonical);
    } else {
        return false;
    }
    value->class_ = PARSE_SPECIAL;
    return true;
}
