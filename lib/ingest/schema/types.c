/* Reads types by name, with what their brackets say (C-51, C-70). */
#include "format/types.h"

#include <stdio.h>
#include <string.h>

#include "ingest/schema/schema.h"

/* The meanings of the brackets behind a type's name. */
typedef enum brackets {
    NO_BRACKETS,
    WORDS,     /* [yes,y|no,n] */
    MARKS,     /* [$,] or, for integers, [hex] */
    DATE,      /* [FORM] */
    TIMESTAMP, /* [UNIT;ZONE;FORM] */
    TIME,      /* [UNIT;FORM], which have to be there */
    ANY_TIME,  /* [FORM] */
    LIST       /* [TYPE], which has to be there */
} brackets;

static const struct {
    const char *name;
    uint16_t type;
    uint8_t unit;
    uint8_t brackets;
} names[] = {
    {"bool", FMT_BOOL8, 0, WORDS},
    {"bool8", FMT_BOOL8, 0, WORDS},
    {"int8", FMT_INT8, 0, MARKS},
    {"int16", FMT_INT16, 0, MARKS},
    {"int32", FMT_INT32, 0, MARKS},
    {"int64", FMT_INT64, 0, MARKS},
    {"uint8", FMT_UINT8, 0, MARKS},
    {"uint16", FMT_UINT16, 0, MARKS},
    {"uint32", FMT_UINT32, 0, MARKS},
    {"uint64", FMT_UINT64, 0, MARKS},
    {"float16", FMT_FLOAT16, 0, MARKS},
    {"float32", FMT_FLOAT32, 0, MARKS},
    {"float64", FMT_FLOAT64, 0, MARKS},
    {"decimal", FMT_DECIMAL128, 0, MARKS},
    {"decimal128", FMT_DECIMAL128, 0, MARKS},
    {"date32", FMT_DATE32, 0, DATE},
    {"date64", FMT_DATE64, 0, DATE},
    {"date", FMT_DATE64, 0, DATE},
    {"timestamp", FMT_TIMESTAMP, 2, TIMESTAMP},
    {"time32", FMT_TIME32, 0, TIME},
    {"time64", FMT_TIME64, 2, TIME},
    {"time", FMT_TIME32, 0, ANY_TIME},
    {"list", FMT_LIST, 0, LIST},
    {"string", FMT_STRING, 0, NO_BRACKETS},
    {"dictionary", FMT_STRING, 0, NO_BRACKETS},
    {"auto", FMT_STRING, 0, NO_BRACKETS},
};

/* A type that is being read. */
typedef struct reader {
    const shmcol_csv_options *options;
    const parse_style *numbers;
    shmcol_text word; /* its name */
    ing_type_wish *wish;
    char *why; /* of ING_WHY */
} reader;

static bool is_text(shmcol_text text, const char *other)
{
    return text.length == strlen(other) && memcmp(text.data, other, strlen(other)) == 0;
}

static bool wrong(const reader *r, const char *reason)
{
    snprintf(r->why, ING_WHY, "%s", reason);
    return false;
}

static int shown(shmcol_text text)
{
    return text.length > 60 ? 60 : (int)text.length;
}

/* Returns the part of *rest before the next ';' outside pairs, and moves *rest behind it. Returns
 * all of it if there is none; then rest->data becomes NULL. */
static shmcol_text next_part(shmcol_text *rest)
{
    shmcol_text part = {rest->data, 0};
    while (part.length < rest->length && rest->data[part.length] != ';')
        part.length += 1u + (rest->data[part.length] == '%' && part.length + 1 < rest->length);
    const bool more = part.length < rest->length;
    *rest = more ? (shmcol_text){rest->data + part.length + 1, rest->length - part.length - 1}
                 : (shmcol_text){NULL, 0};
    return part;
}

/* Returns true if the text is a form rather than a unit or a zone. */
static bool looks_like_form(shmcol_text text)
{
    return is_text(text, "epoch") || (text.length != 0 && memchr(text.data, '%', text.length));
}

static bool read_unit(const reader *r, shmcol_text text, uint8_t first, uint8_t last)
{
    for (uint8_t i = first; i <= last; i++)
        if (is_text(text, fmt_unit_name(i))) {
            r->wish->type.unit = i;
            return true;
        }
    if (last - first == 3)
        return wrong(r, "the unit is s, ms, us or ns");
    return wrong(r, first == 0 ? "the unit is s or ms" : "the unit is us or ns");
}

static bool read_zone(const reader *r, shmcol_text text)
{
    ing_type *type = &r->wish->type;
    if (text.length >= sizeof type->zone)
        return wrong(r, "the zone has more than 63 bytes");
    for (size_t i = 0; i < text.length; i++)
        if ((uint8_t)text.data[i] < 0x20 || text.data[i] == 0x7f)
            return wrong(r, "the zone has a control character");
    memcpy(type->zone, text.data, text.length);
    return true;
}

static bool read_form(const reader *r, shmcol_text text, ing_form_kind kind)
{
    shmcol_text rest = text;
    next_part(&rest);
    if (rest.data != NULL)
        return wrong(r, "in a form, ; is written %;");
    r->wish->has_form = true;
    return ing_form_read(text.data, text.length, kind, r->options, &r->wish->form, r->why);
}

/* Reads UNIT;ZONE;FORM, where each may be empty. */
static bool read_timestamp(const reader *r, shmcol_text inside)
{
    shmcol_text rest = inside, unit = next_part(&rest), none = {NULL, 0};
    shmcol_text zone = rest.data != NULL ? next_part(&rest) : none;
    if (looks_like_form(unit) || looks_like_form(zone)) {
        const bool first = looks_like_form(unit);
        const shmcol_text form = first ? unit : zone;
        snprintf(r->why, ING_WHY, "a form is the third part: timestamp[%.*s;;%.*s]",
                 first ? 0 : shown(unit), unit.data, shown(form), form.data);
        return false;
    }
    if (unit.length != 0 && !read_unit(r, unit, 0, 3))
        return false;
    if (zone.length != 0 && !read_zone(r, zone))
        return false;
    return rest.data == NULL || rest.length == 0 || read_form(r, rest, ING_TIMESTAMP_FORM);
}

/* Reads UNIT;FORM, where the form may be empty. */
static bool read_time(const reader *r, shmcol_text inside)
{
    const bool narrow = r->wish->type.type == FMT_TIME32;
    shmcol_text rest = inside, unit = next_part(&rest);
    if (looks_like_form(unit)) {
        snprintf(r->why, ING_WHY, "a form is the second part: %.*s[%s;%.*s]", shown(r->word),
                 r->word.data, narrow ? "s" : "us", shown(unit), unit.data);
        return false;
    }
    if (!read_unit(r, unit, narrow ? 0 : 2, narrow ? 1 : 3))
        return false;
    return rest.data == NULL || rest.length == 0 || read_form(r, rest, ING_TIME_FORM);
}

static bool is_integer(uint16_t type)
{
    return type >= FMT_INT8 && type <= FMT_UINT64;
}

static bool begins_with(shmcol_text text, const char *word)
{
    return text.length >= strlen(word) && memcmp(text.data, word, strlen(word)) == 0;
}

/* Reads the type of a list's elements (C-82). */
static bool read_list(const reader *r, shmcol_text inside)
{
    ing_type_wish element;
    if (begins_with(inside, "list"))
        return wrong(r, "a list holds no lists");
    if (!ing_parse_type(inside.data, (size_t)inside.length, r->options, r->numbers, &element,
                        r->why)) {
        if (r->why[0] == 0)
            snprintf(r->why, ING_WHY, "\"%.*s\" is no type of elements, as int32 is in list[int32]",
                     shown(inside), inside.data);
        return false;
    }
    if (element.has_form)
        return wrong(r, "the elements of a list take no form");
    if (element.automatic || element.dictionary || element.any_unit) {
        snprintf(r->why, ING_WHY, "the elements of a list are not of the type %.*s%s",
                 shown(inside), inside.data,
                 element.any_unit ? ": time32[s], time32[ms], time64[us], time64[ns]" : "");
        return false;
    }
    r->wish->type = element.type;
    r->wish->type.element = element.type.type;
    r->wish->type.type = FMT_LIST;
    return true;
}

static bool read_inside(const reader *r, shmcol_text inside, uint8_t meaning)
{
    if (inside.length == 0 && meaning != TIMESTAMP)
        return wrong(r, "the brackets are empty");
    switch (meaning) {
    case DATE: return read_form(r, inside, ING_DATE_FORM);
    case TIMESTAMP: return read_timestamp(r, inside);
    case TIME: return read_time(r, inside);
    case ANY_TIME: return read_form(r, inside, ING_TIME_FORM);
    case LIST: return read_list(r, inside);
    case WORDS:
        r->wish->has_form = true;
        return ing_form_read_words(inside.data, inside.length, &r->wish->form, r->why);
    case MARKS:
        r->wish->has_form = true;
        return ing_form_read_marks(inside.data, inside.length, r->options, r->numbers,
                                   is_integer(r->wish->type.type), &r->wish->form, r->why);
    default:
        snprintf(r->why, ING_WHY, "%.*s takes no brackets", shown(r->word), r->word.data);
        return false;
    }
}

/* Splits a type in its name, the digits in its round brackets, and the inside of its square ones;
 * what it does not have gets no data. Returns false if the brackets do not end where the type does.
 */
static bool split(shmcol_text text, shmcol_text *word, shmcol_text *digits, shmcol_text *inside)
{
    const char *end = text.data + text.length, *at = text.data;
    *digits = *inside = (shmcol_text){NULL, 0};
    while (at < end && *at != '(' && *at != '[')
        at++;
    *word = (shmcol_text){text.data, (uint64_t)(at - text.data)};
    if (at < end && *at == '(') {
        const char *close = memchr(at, ')', (size_t)(end - at));
        if (close == NULL)
            return false;
        *digits = (shmcol_text){at + 1, (uint64_t)(close - at) - 1};
        at = close + 1;
    }
    if (at == end)
        return true;
    if (*at != '[')
        return false;
    const char *last = ing_end_of_brackets(word->data, (size_t)word->length, at + 1, end);
    *inside = (shmcol_text){at + 1, last != NULL ? (uint64_t)(last - at) - 1 : 0};
    return last != NULL && last + 1 == end;
}

/* Reads one to three digits at *at, and moves it behind them. */
static bool read_count(const char **at, const char *end, uint32_t *count)
{
    const char *begin = *at;
    for (*count = 0; *at < end && **at >= '0' && **at <= '9' && *at - begin < 3; ++*at)
        *count = *count * 10 + (uint32_t)(**at - '0');
    return *at != begin;
}

/* Reads the P,S of a decimal (C-51). */
static bool read_precision(const reader *r, shmcol_text digits)
{
    const char *at = digits.data, *end = at != NULL ? at + digits.length : NULL;
    uint32_t precision = 0, scale = 0;
    if (at == NULL)
        return wrong(r, "precision and scale are missing, as in decimal(18,2)");
    if (!read_count(&at, end, &precision) ||
        (at < end && (*at++ != ',' || !read_count(&at, end, &scale))) || at != end ||
        precision < 1 || precision > FMT_PRECISION_MAX || scale > precision)
        return wrong(r, "a decimal has a precision of 1 to 38 and a scale of 0 to the precision");
    r->wish->type.precision = (uint8_t)precision;
    r->wish->type.scale = (uint8_t)scale;
    return true;
}

bool ing_parse_type(const char *text, size_t n, const shmcol_csv_options *options,
                    const parse_style *numbers, ing_type_wish *wish, char why[ING_WHY])
{
    reader r = {.options = options, .numbers = numbers, .wish = wish, .why = why};
    shmcol_text digits, inside;
    memset(wish, 0, sizeof *wish);
    why[0] = 0;
    if (!split((shmcol_text){text, n}, &r.word, &digits, &inside))
        return false;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (!is_text(r.word, names[i].name))
            continue;
        wish->type.type = names[i].type;
        wish->type.unit = names[i].unit;
        wish->automatic = is_text(r.word, "auto");
        wish->dictionary = is_text(r.word, "dictionary");
        wish->any_unit = names[i].brackets == ANY_TIME;
        if (names[i].type == FMT_DECIMAL128 && !read_precision(&r, digits))
            return false;
        if (names[i].type != FMT_DECIMAL128 && digits.data != NULL)
            return wrong(&r, "only decimal takes round brackets");
        if (inside.data != NULL)
            return read_inside(&r, inside, names[i].brackets);
        if (names[i].brackets == LIST)
            return wrong(&r, "the type of the elements is missing, as in list[int32]");
        return names[i].brackets != TIME ||
               wrong(&r,
                     "a unit is missing: time32[s], time32[ms], time64[us], time64[ns]; or time");
    }
    return false;
}

static bool is_two_digits(const char *s, int most)
{
    return s[0] >= '0' && s[0] <= '9' && s[1] >= '0' && s[1] <= '9' &&
           (s[0] - '0') * 10 + (s[1] - '0') <= most;
}

bool ing_zone_offset(const char *zone, int32_t *minutes)
{
    *minutes = 0;
    if (strcmp(zone, "UTC") == 0)
        return true;
    if (strlen(zone) != 6 || (zone[0] != '+' && zone[0] != '-') || zone[3] != ':' ||
        !is_two_digits(zone + 1, 23) || !is_two_digits(zone + 4, 59))
        return false;
    *minutes = ((zone[1] - '0') * 10 + zone[2] - '0') * 60 + (zone[4] - '0') * 10 + zone[5] - '0';
    *minutes = zone[0] == '-' ? -*minutes : *minutes;
    return true;
}

const char *ing_type_text(const ing_type *type, char out[ING_TYPE_TEXT])
{
    const bool list = type->type == FMT_LIST;
    const uint16_t scalar = list ? type->element : type->type;
    const char *name = fmt_type_of(scalar)->name, *zone = type->zone, *before = list ? "list[" : "",
               *behind = list ? "]" : "";
    if (scalar == FMT_TIMESTAMP || scalar == FMT_TIME32 || scalar == FMT_TIME64)
        snprintf(out, ING_TYPE_TEXT, "%s%s[%s%s%s]%s", before, name, fmt_unit_name(type->unit),
                 zone[0] ? ";" : "", zone, behind);
    else if (scalar == FMT_DECIMAL128)
        snprintf(out, ING_TYPE_TEXT, "%s%s(%u,%u)%s", before, name, type->precision, type->scale,
                 behind);
    else
        snprintf(out, ING_TYPE_TEXT, "%s%s%s", before, name, behind);
    return out;
}
