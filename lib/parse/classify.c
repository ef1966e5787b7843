/* The exact answer for any text, which all that is faster must give too. */
#include "number.h"

void parse_classify(const char *s, size_t n, const parse_style *style, parse_value *value)
{
    *value = (parse_value){.class_ = PARSE_TEXT};
    /* C-33 */
    if (parse_is_word(s, n, "true") || parse_is_word(s, n, "false")) {
        value->class_ = PARSE_BOOL;
        value->boolean = n == 4;
        return;
    }
    if (parse_instant(s, n, value) || parse_number(s, n, style, value) ||
        parse_special(s, n, value)) {
        return;
    }
    *value = (parse_value){.class_ = PARSE_TEXT};
}
