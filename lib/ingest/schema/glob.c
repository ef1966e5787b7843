/* Matches names with globs (C-51). */
#include "ingest/schema/schema.h"

/* Returns the length of the character at s, 1 if it is not UTF-8. *c gets its bytes as a number,
 * which orders as code points do. */
static size_t character(const char *s, size_t n, uint32_t *c)
{
    uint8_t first = (uint8_t)s[0];
    size_t length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : first >= 0xC0 ? 2 : 1;
    *c = first;
    if (length > n)
        return 1;
    for (size_t i = 1; i < length; i++)
        *c = *c << 8 | (uint8_t)s[i];
    return length;
}

/* Returns true if `c` is in the set that begins behind the '[' at pattern[0]. *used: its length
 * with brackets. A set that is not closed is a literal '['. */
static bool in_set(const char *pattern, size_t n, uint32_t c, size_t *used)
{
    size_t i = 1;
    bool negated = i < n && pattern[i] == '!', found = false;
    i += negated;
    for (size_t first = i; i < n && (pattern[i] != ']' || i == first);) {
        uint32_t low, high;
        i += character(pattern + i, n - i, &low);
        high = low;
        if (i + 1 < n && pattern[i] == '-' && pattern[i + 1] != ']')
            i += 1 + character(pattern + i + 1, n - i - 1, &high);
        found |= c >= low && c <= high;
    }
    if (i >= n) {
        *used = 1;
        return c == '[';
    }
    *used = i + 1;
    return found != negated;
}

/* Matches one element of the pattern with one character. *used: the length of the element. */
static bool matches_one(const char *pattern, size_t n, uint32_t c, size_t *used)
{
    uint32_t wanted;
    *used = 1;
    if (pattern[0] == '?')
        return true;
    if (pattern[0] == '[')
        return in_set(pattern, n, c, used);
    size_t escape = pattern[0] == '\\' && n > 1;
    *used = escape + character(pattern + escape, n - escape, &wanted);
    return wanted == c;
}

bool ing_glob(const char *pattern, size_t n, const char *name)
{
    size_t p = 0, used, star = SIZE_MAX;
    const char *back = NULL, *end = name + strlen(name);
    while (name != end) {
        uint32_t c, skipped;
        size_t length = character(name, (size_t)(end - name), &c);
        if (p < n && pattern[p] == '*') {
            star = p++;
            back = name;
        } else if (p < n && matches_one(pattern + p, n - p, c, &used)) {
            p += used;
            name += length;
        } else if (star != SIZE_MAX) { /* let the last star take one character more */
            p = star + 1;
            back += character(back, (size_t)(end - back), &skipped);
            name = back;
        } else {
            return false;
        }
    }
    while (p < n && pattern[p] == '*')
        p++;
    return p == n;
}
