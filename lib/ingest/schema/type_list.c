/* Reads a list of types, NAME=TYPE,… (C-51). */
#include <string.h>

#include "ingest/schema/schema.h"

static bool is_word_character(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

static bool is_word(const char *word, size_t n, const char *name)
{
    return strlen(name) == n && memcmp(name, word, n) == 0;
}

/* Returns true if '%' takes the next character along in the brackets of the type. */
static bool has_pairs(const char *word, size_t n)
{
    static const char *const names[] = {"date", "date32", "date64", "timestamp",
                                        "time", "time32", "time64"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (is_word(word, n, names[i]))
            return true;
    return false;
}

/* Returns the end of the brackets of a type that is no list, as ing_end_of_brackets does. */
static const char *end_of_inside(const char *word, size_t n, const char *s, const char *end)
{
    if (!has_pairs(word, n))
        return memchr(s, ']', (size_t)(end - s));
    for (; s < end && *s != ']'; s++)
        s += *s == '%' && s + 1 < end;
    return s < end ? s : NULL;
}

const char *ing_end_of_brackets(const char *word, size_t n, const char *s, const char *end)
{
    if (!is_word(word, n, "list"))
        return end_of_inside(word, n, s, end);
    const char *element = s;
    while (s < end && is_word_character(*s))
        s++;
    if (s < end && *s == '[') {
        const char *close = end_of_inside(element, (size_t)(s - element), s + 1, end);
        if (close == NULL)
            return NULL;
        s = close + 1;
    }
    return memchr(s, ']', (size_t)(end - s));
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Returns the length of the round brackets at `s` with one or two counts of one to three digits, or
 * 0. */
static size_t counts_length(const char *s)
{
    size_t n = 0;
    do {
        const size_t begin = ++n; /* behind the bracket or the comma */
        while (n - begin < 3 && is_digit(s[n]))
            n++;
        if (n == begin)
            return 0;
    } while (s[n] == ',' && memchr(s, ',', n) == NULL);
    return s[n] == ')' ? n + 1 : 0;
}

/* Returns the length of the type that stands at `s`: a word, perhaps brackets, then a comma or the
 * end. Returns 0 if none does. */
static size_t type_length(const char *s)
{
    size_t n = 0;
    while (is_word_character(s[n]))
        n++;
    const size_t word = n;
    if (n != 0 && s[n] == '(') {
        const size_t counts = counts_length(s + n);
        n = counts != 0 ? n + counts : 0;
    }
    if (n != 0 && s[n] == '[') {
        const char *end = ing_end_of_brackets(s, word, s + n + 1, s + strlen(s));
        n = end != NULL ? (size_t)(end + 1 - s) : 0;
    }
    return n != 0 && (s[n] == ',' || s[n] == 0) ? n : 0;
}

/* Returns the '=' that ends the quoted name at `s`, or NULL. */
static const char *end_of_quoted(const char *s)
{
    for (s++; *s != 0 && (*s != '"' || s[1] == '"'); s++)
        s += *s == '"'; /* two quotes are one */
    return *s == '"' && s[1] == '=' ? s + 1 : NULL;
}

/* Returns the first '=' of the pattern at `s` behind which a type stands, or NULL. */
static const char *end_of_pattern(const char *s)
{
    const char *set = s; /* commas before it are part of a glob's set */
    for (; *s != 0 && (*s != ',' || s < set); s++) {
        if (*s == '=' && type_length(s + 1) != 0)
            return s;
        if (*s == '[' && s >= set) {
            const char *end = strchr(s, ']');
            set = end != NULL ? end : s;
        }
    }
    return NULL;
}

/* Returns the end of an item without a type: the next comma, but for one in round brackets that are
 * closed, as in decimal(10,2). */
static const char *end_of_wrong(const char *s)
{
    const char *comma = s + strcspn(s, ","), *open = memchr(s, '(', (size_t)(comma - s));
    const char *close = open != NULL ? strchr(open, ')') : NULL;
    return close != NULL && close > comma ? close + strcspn(close, ",") : comma;
}

bool ing_next_type(const char **list, ing_type_item *item)
{
    const char *s = *list + strspn(*list, ",");
    if (*s == 0)
        return false;
    const char *comma = end_of_wrong(s), *sign;
    memset(item, 0, sizeof *item);
    item->quoted = *s == '"';
    sign = item->quoted ? end_of_quoted(s) : end_of_pattern(s);
    size_t length = sign != NULL ? type_length(sign + 1) : 0;
    if (sign == NULL && !item->quoted)
        for (const char *at = s; at < comma; at++)
            sign = *at == '=' ? at : sign;
    if (sign != NULL && length == 0) { /* no type: it is told up to the comma */
        comma = end_of_wrong(sign);
        length = (size_t)(comma - sign) - 1;
    }
    *list = sign != NULL ? sign + 1 + length : comma;
    item->has_type = sign != NULL && sign != s;
    item->name = (shmcol_text){s, (uint64_t)((item->has_type ? sign : *list) - s)};
    if (item->has_type)
        item->type = (shmcol_text){sign + 1, length};
    return true;
}
