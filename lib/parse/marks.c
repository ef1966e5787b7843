/* The marks that options and types name (C-41, C-77). */
#include "marks.h"

#include <string.h>

/* The group marks, and names for some of them. A mark's own name comes before other names. */
static const struct {
    const char *mark, *name;
    bool bracket; /* the name may stand in the brackets of a type */
} groups[] = {
    {",", "comma", false}, {".", "dot", false},      {"'", "apostrophe", false},
    {" ", "space", true},  {"\u00a0", "nbsp", true}, {"\u202f", "nnbsp", true},
    {"_", NULL, false},    {"\u2009", NULL, false},  {"\u2019", NULL, false},
};
#define GROUPS (sizeof groups / sizeof groups[0])

/* Ranges of currency signs (C-77). */
static const uint32_t currencies[][2] = {
    {0x24, 0x24},     {0xA2, 0xA5},     {0x58F, 0x58F},   {0x60B, 0x60B},   {0x7FE, 0x7FF},
    {0x9F2, 0x9F3},   {0x9FB, 0x9FB},   {0xAF1, 0xAF1},   {0xBF9, 0xBF9},   {0xE3F, 0xE3F},
    {0x17DB, 0x17DB}, {0x20A0, 0x20CF}, {0xA838, 0xA838}, {0xFDFC, 0xFDFC}, {0xFE69, 0xFE69},
    {0xFF04, 0xFF04}, {0xFFE0, 0xFFE1}, {0xFFE5, 0xFFE6},
};

static bool begins_with(const char *text, size_t n, const char *word)
{
    return word != NULL && n >= strlen(word) && memcmp(text, word, strlen(word)) == 0;
}

/* Sets the group mark. Returns NULL, or why it cannot be. */
static const char *set_group(const char *mark, char quote, parse_style *style)
{
    if (mark[0] == style->decimal) {
        return "names the decimal mark";
    }
    if (mark[0] == quote) {
        return "names the quote";
    }
    style->group_size = (uint8_t)strlen(mark);
    style->group_fraction = false;
    memcpy(style->group, mark, strlen(mark));
    return NULL;
}

const char *parse_group_read(const char *text, size_t n, char quote, parse_style *style)
{
    for (size_t i = 0; i < GROUPS; i++) {
        const char *const mark = groups[i].mark, *const name = groups[i].name;
        if ((n == strlen(mark) && begins_with(text, n, mark)) ||
            (name != NULL && n == strlen(name) && begins_with(text, n, name))) {
            return set_group(mark, quote, style);
        }
    }
    return "is no mark between groups of digits";
}

const char *parse_group_name(const parse_style *style)
{
    for (size_t i = 0; i < GROUPS; i++) {
        const char *const mark = groups[i].mark;
        if (strlen(mark) == style->group_size &&
            memcmp(mark, style->group, style->group_size) == 0) {
            return groups[i].bracket ? groups[i].name : mark;
        }
    }
    return "";
}

/* Reads a group mark at the beginning of text. Returns its length, 0 if there is none. *mark: it.
 */
static size_t find_group(const char *text, size_t n, const char **mark)
{
    for (size_t i = 0; i < GROUPS; i++) {
        *mark = groups[i].mark;
        if (begins_with(text, n, *mark)) {
            return strlen(*mark);
        }
        if (groups[i].bracket && begins_with(text, n, groups[i].name)) {
            return strlen(groups[i].name);
        }
    }
    return 0;
}

/* Returns the bytes of the currency sign that text begins with, 0 if it begins with none. */
static size_t currency_length(const char *text, size_t n)
{
    const uint8_t *const s = (const uint8_t *)text;
    const size_t length = s[0] < 0x80 ? 1 : s[0] >> 5 == 6 ? 2 : s[0] >> 4 == 14 ? 3 : 0;
    uint32_t code = length == 1 ? s[0] : length == 2 ? s[0] & 31u : s[0] & 15u;
    if (length == 0 || length > n) {
        return 0;
    }
    for (size_t i = 1; i < length; i++) {
        if (s[i] >> 6 != 2) {
            return 0;
        }
        code = code << 6 | (s[i] & 63u);
    }
    for (size_t i = 0; i < sizeof currencies / sizeof currencies[0]; i++) {
        if (code >= currencies[i][0] && code <= currencies[i][1]) {
            return length;
        }
    }
    return 0;
}

const char *parse_marks_read(const char *text, size_t n, const parse_style *style, char quote,
                             bool integer, parse_marks *marks)
{
    bool grouped = false;
    *marks = parse_marks_none(style);
    if (n == 3 && memcmp(text, "hex", 3) == 0) {
        marks->hex = true;
        return integer ? NULL : "is for integers";
    }
    if (n == 0) {
        return "names no mark";
    }
    for (size_t i = 0, length; i < n; i += length) {
        const char *mark, *wrong = NULL;
        if (text[i] == '%' && !marks->percent) {
            marks->percent = true;
            length = 1;
            wrong = quote == '%' ? "names the quote" : NULL;
        } else if (!grouped && (length = find_group(text + i, n - i, &mark)) != 0) {
            grouped = true;
            wrong = set_group(mark, quote, &marks->style);
        } else if (marks->currency_size == 0 && (length = currency_length(text + i, n - i)) != 0) {
            marks->currency_size = (uint8_t)length;
            memcpy(marks->currency, text + i, length);
            wrong = quote == text[i] ? "names the quote" : NULL;
        } else {
            return "is no list of marks: one of , . ' space, nbsp, nnbsp between groups of digits, "
                   "%, a currency sign";
        }
        if (wrong != NULL) {
            return wrong;
        }
    }
    return NULL;
}
