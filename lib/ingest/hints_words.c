/* Texts that stand for something else than a value. */
#include <string.h>
#include <strings.h>

#include "ingest/hints.h"

bool ing_is_usual_token(const char *text, size_t n)
{
    static const char *const tokens[] = {
        "na",
        "n/a",
        "#n/a",
        "<na>",
        "#na",
        "null",
        "(null)",
        "\\n",
        "none",
        "nil",
        "nan",
        "missing",
        "-",
        "--",
        "---",
        "?",
        "??",
        ".",
        "..",
        "*",
        "x",
        "unknown",
        "#null!",
        "#div/0!",
        "#value!",
        "#ref!",
        "#name?",
        "#num!",
        "not available",
        "n.a.",
        "n.d.",
        "nd",
        "ns",
        "#",
        "....",
        "...",
        "empty",
        "undefined",
        "0000-00-00",
        "0000-00-00 00:00:00",
    };
    for (size_t i = 0; i < sizeof tokens / sizeof *tokens; i++)
        if (strlen(tokens[i]) == n && strncasecmp(text, tokens[i], n) == 0)
            return true;
    return false;
}

bool ing_is_footer_text(const char *text, size_t n)
{
    static const char *const begins[] = {
        "total",  "grand total", "sub-total", "subtotal", "sum",       "summe",
        "gesamt", "average",     "mean",      "totals",   "end of",    "source",
        "note",   "footnote",    "generated", "eof",      "copyright", "©",
    };
    if (n > 4 && text[0] == '(' && text[n - 1] == ')' &&
        (memmem(text, n, "row", 3) != NULL || memmem(text, n, "record", 6) != NULL))
        return true;
    for (size_t i = 0; i < sizeof begins / sizeof *begins; i++) {
        const size_t length = strlen(begins[i]);
        if (n >= length && strncasecmp(text, begins[i], length) == 0 &&
            (n == length || strchr(" :,.", text[length]) != NULL))
            return true;
    }
    return false;
}
