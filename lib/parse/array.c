/* A list as the text of one field: a JSON array of numbers, words and strings (C-82). */
#include "array.h"

#include <string.h>

enum {
    BARE = 1,     /* letters, digits, + - . */
    SPACE = 2,    /* JSON's white space */
    IN_STRING = 4 /* ends a run of plain text in a string: quote, backslash, control characters */
};

static const uint8_t classes[256] = {
    [0] = IN_STRING,
    [1 ... 8] = IN_STRING,
    ['\t'] = SPACE | IN_STRING,
    ['\n'] = SPACE | IN_STRING,
    [11 ... 12] = IN_STRING,
    ['\r'] = SPACE | IN_STRING,
    [14 ... 31] = IN_STRING,
    [' '] = SPACE,
    ['"'] = IN_STRING,
    ['\\'] = IN_STRING,
    ['+'] = BARE,
    ['-' ... '.'] = BARE,
    ['0' ... '9'] = BARE,
    ['A' ... 'Z'] = BARE,
    ['a' ... 'z'] = BARE,
};

static const char *skip(const char *s, const char *end, uint8_t class_)
{
    while (s < end && (classes[(uint8_t)*s] & class_) != 0) {
        s++;
    }
    return s;
}

/* Notes an error of the text from s on: of an element, or of the array. */
static parse_array_kind wrong(parse_array *array, const char *s, bool of_element, const char *why)
{
    array->s = s;
    array->n = (size_t)(array->end - s);
    array->of_element = of_element;
    array->why = why;
    array->closed = true;
    array->at = array->end;
    return PARSE_ARRAY_WRONG;
}

parse_array parse_array_begin(const char *s, size_t n)
{
    parse_array array = {.at = s, .end = s + n};
    array.at = skip(s, array.end, SPACE);
    if (array.at < array.end && *array.at == '[') {
        array.at++;
        array.why = NULL;
    } else {
        (void)wrong(&array, s, false, "it does not begin with [");
    }
    return array;
}

/* Returns the value of four hexadecimal digits, or -1. */
static int32_t hex4(const char *s, const char *end)
{
    int32_t value = 0;
    if (end - s < 4) {
        return -1;
    }
    for (size_t i = 0; i < 4; i++) {
        const unsigned decimal = (uint8_t)s[i] - (unsigned)'0',
                       letter = ((uint8_t)s[i] | 0x20u) - (unsigned)'a';
        if (decimal > 9 && letter > 5) {
            return -1;
        }
        value = value << 4 | (int32_t)(decimal <= 9 ? decimal : letter + 10);
    }
    return value;
}

/* Returns the length of the escape at s, a backslash, or 0 with *why if it is none. */
static size_t escape_length(const char *s, const char *end, const char **why)
{
    *why = "has an escape that JSON does not have";
    if (end - s < 2) {
        return 0;
    }
    if (s[1] != 'u') {
        return s[1] != 0 && strchr("\"\\/bfnrt", s[1]) != NULL ? 2 : 0;
    }
    const int32_t first = hex4(s + 2, end);
    if (first < 0) {
        return 0;
    }
    if (first < 0xd800 || first > 0xdfff) {
        return 6;
    }
    *why = "has half of a surrogate pair, which is no character";
    if (first > 0xdbff || end - s < 8 || s[6] != '\\' || s[7] != 'u') {
        return 0;
    }
    const int32_t second = hex4(s + 8, end);
    return second >= 0xdc00 && second <= 0xdfff ? 12 : 0;
}

/* Takes the string whose quote is at s. */
static parse_array_kind take_string(parse_array *array, const char *s)
{
    const char *at = s + 1, *why;
    array->escaped = false;
    for (;;) {
        while (at < array->end && (classes[(uint8_t)*at] & IN_STRING) == 0) {
            at++;
        }
        if (at == array->end) {
            return wrong(array, s, true, "has no closing quote");
        }
        if (*at == '"') {
            break;
        }
        if (*at != '\\') {
            return wrong(array, s, true, "has a control character, which JSON writes as \\u00XX");
        }
        const size_t n = escape_length(at, array->end, &why);
        if (n == 0) {
            return wrong(array, s, true, why);
        }
        array->escaped = true;
        at += n;
    }
    array->s = s + 1;
    array->n = (size_t)(at - array->s);
    array->at = at + 1;
    return PARSE_ARRAY_STRING;
}

/* Notes an error of an element that is no string: its text goes up to a comma or bracket. */
static parse_array_kind wrong_element(parse_array *array, const char *s, const char *why)
{
    const char *end = s;
    while (end < array->end && *end != ',' && *end != ']') {
        end++;
    }
    (void)wrong(array, s, true, why);
    array->n = (size_t)(end - s);
    return PARSE_ARRAY_WRONG;
}

static parse_array_kind take_bare(parse_array *array, const char *s)
{
    const char *end = skip(s, array->end, BARE);
    const size_t n = (size_t)(end - s);
    if (n == 4 && memcmp(s, "null", 4) == 0) {
        return wrong_element(array, s, "is null, and lists hold no nulls");
    }
    array->s = s;
    array->n = n;
    array->at = end;
    return PARSE_ARRAY_BARE;
}

/* Takes the element at s. */
static parse_array_kind take_element(parse_array *array, const char *s)
{
    if (s == array->end) {
        return wrong_element(array, s, "is missing: the array has no ]");
    }
    switch (*s) {
    case '"': return take_string(array, s);
    case '[': return wrong_element(array, s, "is an array, and lists hold no lists");
    case '{': return wrong_element(array, s, "is an object, and lists hold no objects");
    case ',':
    case ']': return wrong_element(array, s, "is missing");
    default: break;
    }
    if ((classes[(uint8_t)*s] & BARE) == 0) {
        return wrong_element(array, s, "is no number, no word and no text in double quotes");
    }
    return take_bare(array, s);
}

parse_array_kind parse_array_next(parse_array *array)
{
    if (array->why != NULL) {
        return PARSE_ARRAY_WRONG;
    }
    const char *s = skip(array->at, array->end, SPACE);
    if (!array->closed && !array->any && s < array->end && *s == ']') {
        array->closed = true;
        array->at = s + 1;
        s = skip(array->at, array->end, SPACE);
    }
    if (array->closed) {
        return s == array->end ? PARSE_ARRAY_END
                               : wrong(array, s, false, "there is text behind the ]");
    }
    const parse_array_kind kind = take_element(array, s);
    if (kind == PARSE_ARRAY_WRONG) {
        return kind;
    }
    const char *next = skip(array->at, array->end, SPACE);
    if (!parse_array_step(array, next)) {
        return wrong(array, array->s - (kind == PARSE_ARRAY_STRING), true,
                     next == array->end ? "is the last one, and no ] follows"
                                        : "is followed by neither a comma nor ]");
    }
    return kind;
}

/* Writes a character as UTF-8. Returns its length. */
static size_t put_utf8(uint32_t c, char out[4])
{
    if (c < 0x80) {
        out[0] = (char)c;
        return 1;
    }
    const size_t n = c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    static const uint8_t first[] = {0, 0, 0xc0, 0xe0, 0xf0};
    for (size_t i = n - 1; i > 0; i--, c >>= 6) {
        out[i] = (char)(0x80 | (c & 0x3f));
    }
    out[0] = (char)(first[n] | c);
    return n;
}

size_t parse_array_piece(const char **at, const char *end, char character[4], const char **piece)
{
    static const char letters[] = "bfnrt", meanings[] = "\b\f\n\r\t";
    const char *s = *at;
    if (s == end || *s != '\\') {
        const char *backslash = s == end ? NULL : memchr(s, '\\', (size_t)(end - s));
        *piece = s;
        *at = backslash != NULL ? backslash : end;
        return (size_t)(*at - s);
    }
    *piece = character;
    if (s[1] != 'u') {
        const char *letter = strchr(letters, s[1]);
        character[0] = letter != NULL ? meanings[letter - letters] : s[1];
        *at = s + 2;
        return 1;
    }
    uint32_t c = (uint32_t)hex4(s + 2, end);
    *at = s + 6;
    if (c >= 0xd800 && c <= 0xdfff) {
        c = 0x10000 + ((c - 0xd800) << 10) + ((uint32_t)hex4(s + 8, end) - 0xdc00);
        *at = s + 12;
    }
    return put_utf8(c, character);
}
