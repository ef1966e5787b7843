/* Compiles the form of a date, a timestamp or a time of day (C-71). */
#include "parse/form.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "number.h"

/* The parts that a form can say, and the item that is a user's way to say each. */
enum part { NOTHING, YEAR, MONTH, DAY, HOUR, MINUTE, SECOND, FRACTION, NOON, OFFSET, PARTS };

static const char *const part_names[PARTS] = {
    "",        "the year", "the month",  "the day",  "the hour",
    "minutes", "seconds",  "a fraction", "AM or PM", "an offset",
};

typedef struct spelling {
    const char *text; /* without % */
    uint8_t item;
    uint8_t part;
    bool digit; /* its text begins with a digit */
} spelling;

static const spelling spellings[] = {
    {"Y", PARSE_FORM_YEAR, YEAR, true},         {"y", PARSE_FORM_SHORT_YEAR, YEAR, true},
    {"m", PARSE_FORM_MONTH, MONTH, true},       {"-m", PARSE_FORM_MONTH, MONTH, true},
    {"b", PARSE_FORM_SHORT_NAME, MONTH, false}, {"B", PARSE_FORM_NAME, MONTH, false},
    {"d", PARSE_FORM_DAY, DAY, true},           {"-d", PARSE_FORM_DAY, DAY, true},
    {"j", PARSE_FORM_YEAR_DAY, DAY, true},      {"H", PARSE_FORM_HOUR, HOUR, true},
    {"-H", PARSE_FORM_HOUR, HOUR, true},        {"I", PARSE_FORM_HALF_HOUR, HOUR, true},
    {"-I", PARSE_FORM_HALF_HOUR, HOUR, true},   {"M", PARSE_FORM_MINUTE, MINUTE, true},
    {"S", PARSE_FORM_SECOND, SECOND, true},     {"f", PARSE_FORM_FRACTION, FRACTION, true},
    {"p", PARSE_FORM_NOON, NOON, false},        {"z", PARSE_FORM_OFFSET, OFFSET, false},
};

/* Items of strftime that people try, and how a form says the same. */
static const struct {
    char letter;
    const char *advice;
} known_elsewhere[] = {
    {'F', "%Y-%m-%d"}, {'T', "%H:%M:%S"}, {'D', "%m/%d/%y"}, {'R', "%H:%M"}, {'r', "%I:%M:%S %p"},
    {'e', "%-d"},      {'h', "%b"},       {'k', "%-H"},      {'l', "%-I"},   {'N', "%f"},
    {'s', "epoch"},    {'P', "%p"},       {'Z', "%z"},
};

/* The form while it is compiled. */
typedef struct compiling {
    const char *text;
    size_t n;
    parse_form *form;
    parse_form_error *why;
    const spelling *said[PARTS]; /* NULL: the form does not say this part */
    uint8_t where[PARTS];        /* the place of the item that says it */
} compiling;

/* Returns the bytes of the item that begins with the % at `at`, or of what stands in its place. */
static size_t item_size(const compiling *c, size_t at)
{
    const size_t whole = at + 1 < c->n && c->text[at + 1] == '-' ? 3 : 2;
    return whole < c->n - at ? whole : c->n - at;
}

/* Says what is wrong with `size` bytes of the form at `at`; size 0: with all of it. Returns false.
 */
static bool refuse(const compiling *c, size_t at, size_t size, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
static bool refuse(const compiling *c, size_t at, size_t size, const char *format, ...)
{
    parse_form_error *why = c->why;
    if (why == NULL)
        return false;
    size_t length = 0;
    why->at = at;
    why->size = size;
    if (size != 0) {
        char shown[4 * 4 + 1];
        size_t used = 0;
        for (size_t i = 0; i < size && i < 4; i++) {
            const unsigned char byte = (unsigned char)c->text[at + i];
            used += (size_t)snprintf(shown + used, sizeof shown - used,
                                     byte > 0x20 && byte < 0x7f ? "%c" : "\\x%02x", byte);
        }
        size_t place = 1;
        for (size_t i = 0; i < at; i++)
            place += ((unsigned char)c->text[i] & 0xc0) != 0x80;
        length = (size_t)snprintf(why->message, sizeof why->message, "\"%s\" at character %zu ",
                                  shown, place);
    }
    va_list args;
    va_start(args, format);
    vsnprintf(why->message + length, sizeof why->message - length, format, args);
    va_end(args);
    return false;
}

static bool refuse_unknown(const compiling *c, size_t at, size_t size)
{
    if (size == 1)
        return refuse(c, at, size, "begins no item; a percent sign is %%%%");
    for (size_t i = 0; i < sizeof known_elsewhere / sizeof *known_elsewhere; i++)
        if (size == 2 && c->text[at + 1] == known_elsewhere[i].letter)
            return refuse(c, at, size, "is no item of a form; use %s", known_elsewhere[i].advice);
    return refuse(c, at, size,
                  "is no item of a form; items are %%Y %%y %%m %%-m %%b %%B %%d %%-d "
                  "%%j %%H %%-H %%I %%-I %%M %%S %%f %%p %%z");
}

/* Appends one byte of a literal. */
static void add_literal(parse_form *form, size_t at, char byte)
{
    parse_form_piece *last = form->n_pieces == 0 ? NULL : &form->pieces[form->n_pieces - 1];
    if (last == NULL || last->item != PARSE_FORM_LITERAL) {
        last = &form->pieces[form->n_pieces++];
        *last = (parse_form_piece){
            .item = PARSE_FORM_LITERAL, .at = form->n_literals, .from = (uint8_t)at};
    }
    last->size++;
    form->literals[form->n_literals++] = byte;
}

/* Appends the item in `size` bytes at `at`. */
static bool add_item(compiling *c, size_t at, size_t size)
{
    const spelling *s = NULL;
    for (size_t i = 0; s == NULL && i < sizeof spellings / sizeof *spellings; i++)
        if (strlen(spellings[i].text) == size - 1 &&
            memcmp(spellings[i].text, c->text + at + 1, size - 1) == 0)
            s = &spellings[i];
    if (s == NULL)
        return refuse_unknown(c, at, size);
    const bool year_day = c->said[DAY] != NULL && c->said[DAY]->item == PARSE_FORM_YEAR_DAY;
    const spelling *other = c->said[s->part];
    if (other == NULL && s->part == MONTH && year_day)
        other = c->said[DAY];
    if (other == NULL && s->item == PARSE_FORM_YEAR_DAY)
        other = c->said[MONTH];
    if (other == s)
        return refuse(c, at, size, "stands in the form twice");
    if (other != NULL)
        return refuse(c, at, size, "says %s, which %%%s said already",
                      s->item == PARSE_FORM_YEAR_DAY ? "month and day" : part_names[s->part],
                      other->text);
    c->said[s->part] = s;
    c->where[s->part] = (uint8_t)at;
    c->form->pieces[c->form->n_pieces++] =
        (parse_form_piece){.item = s->item, .unpadded = s->text[0] == '-', .from = (uint8_t)at};
    return true;
}

/* Takes the text apart. */
static bool take_pieces(compiling *c)
{
    for (size_t at = 0; at < c->n;) {
        const char byte = c->text[at];
        if (((unsigned char)byte < 0x20 && byte != '\t') || byte == 0x7f)
            return refuse(c, at, 1, "is a control character");
        if (byte != '%') {
            add_literal(c->form, at++, byte);
            continue;
        }
        const size_t size = item_size(c, at);
        const char next = size < 2 ? 0 : c->text[at + 1];
        if (next == '%' || next == ']' || next == ';')
            add_literal(c->form, at, next);
        else if (!add_item(c, at, size))
            return false;
        at += next == '%' || next == ']' || next == ';' ? 2 : size;
    }
    return true;
}

/* Refuses a form that says `part` without what that needs. */
static bool refuse_alone(const compiling *c, enum part part, const char *needs)
{
    const size_t at = c->where[part];
    return refuse(c, at, item_size(c, at), "needs %s beside it", needs);
}

/* Checks that the form says a day, a time or both, whole and once. */
static bool check_parts(const compiling *c)
{
    const spelling *const *said = c->said;
    const bool year_day = said[DAY] != NULL && said[DAY]->item == PARSE_FORM_YEAR_DAY;
    const bool any_day = said[YEAR] != NULL || said[MONTH] != NULL || said[DAY] != NULL;
    const bool half = said[HOUR] != NULL && said[HOUR]->item == PARSE_FORM_HALF_HOUR;
    if (any_day && said[YEAR] == NULL)
        return refuse(c, 0, 0, "the form says no year: %%Y or %%y");
    if (any_day && said[MONTH] == NULL && !year_day)
        return refuse(c, 0, 0, "the form says no month: %%m, %%-m, %%b or %%B");
    if (any_day && said[DAY] == NULL)
        return refuse(c, 0, 0, "the form says no day: %%d or %%-d");
    if (said[MINUTE] != NULL && said[HOUR] == NULL)
        return refuse_alone(c, MINUTE, "%H, or %I and %p,");
    if (said[SECOND] != NULL && said[MINUTE] == NULL)
        return refuse_alone(c, SECOND, "%M");
    if (said[FRACTION] != NULL && said[SECOND] == NULL)
        return refuse_alone(c, FRACTION, "%S");
    if (said[NOON] != NULL && !half)
        return refuse_alone(c, NOON, "%I or %-I");
    if (half && said[NOON] == NULL)
        return refuse_alone(c, HOUR, "%p");
    if (said[OFFSET] != NULL && (!any_day || said[HOUR] == NULL))
        return refuse_alone(c, OFFSET, "a day and an hour");
    if (!any_day && said[HOUR] == NULL)
        return refuse(c, 0, 0,
                      "the form says neither a day nor an hour; %%d/%%m/%%Y is one that "
                      "does");
    return true;
}

static bool is_digit(char byte)
{
    return byte >= '0' && byte <= '9';
}

/* Checks that a text can match in one way only: nothing that may be a part of an item follows it.
 */
static bool check_ends(const compiling *c)
{
    const parse_form *form = c->form;
    for (size_t i = 0; i + 1 < form->n_pieces; i++) {
        const parse_form_piece *piece = &form->pieces[i], *next = piece + 1;
        const bool offset = piece->item == PARSE_FORM_OFFSET;
        if (!piece->unpadded && !offset && piece->item != PARSE_FORM_FRACTION)
            continue;
        const char first = next->item == PARSE_FORM_LITERAL ? form->literals[next->at] : 0;
        const bool letters = next->item == PARSE_FORM_SHORT_NAME || next->item == PARSE_FORM_NAME ||
                             next->item == PARSE_FORM_NOON || next->item == PARSE_FORM_OFFSET;
        if (first != 0 ? !is_digit(first) && (first != ':' || !offset) : letters)
            continue;
        return refuse(c, piece->from, item_size(c, piece->from),
                      "has no fixed width, and what follows could be a part of it");
    }
    return true;
}

/* Tells whether a number can match the form (C-71). */
static bool is_numeric(const parse_form *form)
{
    static const uint8_t width[PARSE_FORM_ITEMS] = {
        [PARSE_FORM_YEAR] = 4,   [PARSE_FORM_SHORT_YEAR] = 2, [PARSE_FORM_MONTH] = 2,
        [PARSE_FORM_DAY] = 2,    [PARSE_FORM_YEAR_DAY] = 3,   [PARSE_FORM_HOUR] = 2,
        [PARSE_FORM_MINUTE] = 2, [PARSE_FORM_SECOND] = 2,     [PARSE_FORM_FRACTION] = 1};
    char memory[2 * PARSE_SLACK + PARSE_FORM_BYTES + 4 * PARSE_FORM_PIECES] = {0};
    char *const text = memory + PARSE_SLACK;
    size_t n = 0;
    for (size_t i = 0; i < form->n_pieces; i++) {
        const parse_form_piece *piece = &form->pieces[i];
        size_t size = piece->unpadded ? 1 : width[piece->item];
        if (piece->item == PARSE_FORM_LITERAL)
            memcpy(text + n, form->literals + piece->at, size = piece->size);
        else if (size == 0)
            return false;
        else
            memset(text + n, '1', size);
        n += size;
    }
    return parse_is_number(text, n, &parse_style_plain) ||
           parse_is_number(text, n, &parse_style_comma);
}

bool parse_form_compile(const char *text, size_t n, parse_form *form, parse_form_error *why)
{
    compiling c = {.text = text, .n = n, .form = form, .why = why};
    *form = (parse_form){0};
    if (n == 0)
        return refuse(&c, 0, 0, "the form is empty");
    if (n > PARSE_FORM_BYTES)
        return refuse(&c, 0, 0, "the form has more than %d bytes", PARSE_FORM_BYTES);
    if (!take_pieces(&c) || !check_parts(&c) || !check_ends(&c))
        return false;
    form->has_date = c.said[YEAR] != NULL;
    form->has_time = c.said[HOUR] != NULL;
    form->has_offset = c.said[OFFSET] != NULL;
    form->has_fraction = c.said[FRACTION] != NULL;
    form->numeric = is_numeric(form);
    return true;
}
