/* Numbers with groups of digits or a decimal comma by way of a copy that has neither. */
#include "parse/grouped_fast.h"

#define COPY_MOST 48

/* A copy of a field with PARSE_SLACK around it. */
typedef struct plain_copy {
    char memory[PARSE_SLACK + COPY_MOST + PARSE_SLACK];
    size_t n;
} plain_copy;

static bool is_digit(char byte)
{
    return (unsigned char)(byte - '0') <= 9;
}

/* Copies groups of digits from s + *at on. Returns how many there are. */
static size_t copy_groups(const char *s, size_t n, const parse_style *style, size_t *at,
                          plain_copy *copy)
{
    const size_t size = style->group_size;
    size_t groups = 0, i = *at;
    char *const text = copy->memory + PARSE_SLACK;
    for (; size != 0 && n - i >= size + 3 && memcmp(s + i, style->group, size) == 0 &&
           is_digit(s[i + size]) && is_digit(s[i + size + 1]) && is_digit(s[i + size + 2]);
         groups++) {
        memcpy(text + copy->n, s + i + size, 3);
        copy->n += 3;
        i += size + 3;
    }
    *at = i;
    return groups;
}

/* Copies a text to one that is a number of the plain style where the text is one of this style.
 * Returns false if it is none, or too long. */
static bool copy_plainly(const char *s, size_t n, const parse_style *style, plain_copy *copy,
                         bool *grouped)
{
    char *const text = copy->memory + PARSE_SLACK;
    size_t i = 0, first;
    copy->n = 0;
    if (n == 0 || n > COPY_MOST) {
        return false;
    }
    if (s[0] == '-') {
        text[copy->n++] = s[i++];
    }
    for (first = i; i < n && is_digit(s[i]); i++) {
        text[copy->n++] = s[i];
    }
    const bool may_group = i - first >= 1 && i - first <= 3 && s[first] != '0';
    const size_t groups = may_group ? copy_groups(s, n, style, &i, copy) : 0;
    const bool marked = i < n && s[i] == style->decimal;
    /* A grouped whole takes nothing without a mark, and some take none at all (C-41). */
    if (groups != 0 && !marked && (i < n || style->group_fraction)) {
        return false;
    }
    if (marked) {
        text[copy->n++] = '.';
        i++;
    }
    for (; i < n; i++) {
        if (s[i] == '.') {
            return false;
        }
        text[copy->n++] = s[i];
    }
    *grouped |= groups != 0;
    return true;
}

bool parse_int64_copied(const char *s, size_t n, const parse_style *style, bool *grouped,
                        int64_t *out)
{
    plain_copy copy;
    bool groups = false;
    if (!copy_plainly(s, n, style, &copy, &groups) ||
        !parse_int64_fast(copy.memory + PARSE_SLACK, copy.n, out)) {
        return false;
    }
    *grouped |= groups;
    return true;
}

bool parse_float64_copied(const char *s, size_t n, const parse_style *style, bool *grouped,
                          double *out)
{
    plain_copy copy;
    bool groups = false;
    if (!copy_plainly(s, n, style, &copy, &groups) ||
        !parse_float64_fast(copy.memory + PARSE_SLACK, copy.n, out)) {
        return false;
    }
    *grouped |= groups;
    return true;
}
