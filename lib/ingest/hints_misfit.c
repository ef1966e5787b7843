/* The hint of a value that does not fit the type that was asked for (C-27): the types are tried
 * that might read it. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "format/types.h"
#include "ingest/hints.h"
#include "parse/marks.h"

/* A value that does not fit, and where it stands. */
typedef struct misfit {
    const ing_job *job;
    const ing_column *column;
    const char *s; /* PARSE_SLACK bytes around it are readable */
    size_t n;
    char type[ING_TYPE_TEXT]; /* the one that was asked for, without a form */
    char found[2 * ING_TYPE_TEXT];
} misfit;

/* Returns true if the value fits the type of that name, which m->found gets. */
static bool fits(misfit *m, const char *type)
{
    shmcol_csv_options options = SHMCOL_CSV_OPTIONS_INIT;
    const ing_text *text = &m->job->text;
    ing_type_wish wish;
    char why[ING_WHY], value[ING_WIDTH_MAX];
    options.no_quote = !text->dialect.quoting;
    options.quote = text->dialect.quoting ? (char)text->dialect.quote : 0;
    options.decimal_comma = text->numbers.decimal == ',';
    snprintf(m->found, sizeof m->found, "%s", type);
    if (!ing_parse_type(m->found, strlen(m->found), &options, &text->numbers, &wish, why))
        return false;
    const ing_asked asked = {.forced = true,
                             .any_unit = wish.any_unit,
                             .type = wish.type,
                             .form = wish.has_form ? &wish.form : NULL};
    return wish.type.type == FMT_STRING || ing_asked_value(text, &asked, m->s, m->n, value);
}

static bool fits_one_of(misfit *m, const char *const *types, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (fits(m, types[i]))
            return true;
    return false;
}
#define FITS_ONE_OF(m, types) fits_one_of(m, types, sizeof(types) / sizeof *(types))

static bool is_integer(uint16_t type)
{
    return (type >= FMT_INT8 && type <= FMT_INT64) || (type >= FMT_UINT8 && type <= FMT_UINT64);
}

static bool is_float(uint16_t type)
{
    return type == FMT_FLOAT16 || type == FMT_FLOAT32 || type == FMT_FLOAT64;
}

/* Returns true if the value fits the type with the marks that it has (C-77). */
static bool fits_with_marks(misfit *m, const char *type)
{
    static const char *const signs[] = {"$", "€", "£", "¥", "₹", "₽", "₩", "₺", "¢", "฿"};
    static const char *const groups[] = {"", ",", ".", "'", "space", "nbsp", "nnbsp"};
    char name[ING_TYPE_TEXT];
    const char *sign = "";
    for (size_t i = 0; i < sizeof signs / sizeof *signs; i++)
        if (memmem(m->s, m->n, signs[i], strlen(signs[i])) != NULL)
            sign = signs[i];
    const char *percent = memchr(m->s, '%', m->n) != NULL ? "%" : "";
    for (size_t i = 0; i < sizeof groups / sizeof *groups; i++) {
        snprintf(name, sizeof name, "%.20s[%s%s%s]", type, sign, groups[i], percent);
        if (fits(m, name))
            return true;
    }
    return false;
}

/* A whole number that no integer type holds is a string, which keeps all its digits. */
static bool fits_a_number(misfit *m)
{
    static const char *const wider[] = {"int8", "int16", "int32", "int64", "uint64"};
    char hex[ING_TYPE_TEXT];
    if (!is_integer(m->column->asked.type.type))
        return fits(m, "float64") || fits_with_marks(m, "float64");
    snprintf(hex, sizeof hex, "%.20s[hex]", m->type);
    if (FITS_ONE_OF(m, wider) || fits(m, hex) || fits(m, "uint64[hex]"))
        return true;
    if (fits(m, "float64")) {
        bool whole = true;
        for (size_t i = 0; i < m->n; i++)
            whole &= (m->s[i] >= '0' && m->s[i] <= '9') || m->s[i] == '-' || m->s[i] == '+';
        return !whole || fits(m, "string");
    }
    return fits_with_marks(m, m->type) || fits_with_marks(m, "int64") ||
           fits_with_marks(m, "float64");
}

/* Returns true if a decimal of more digits reads the value. It has as many digits before the mark
 * as the one that was asked for, or more where they are needed. */
static bool fits_a_decimal(misfit *m)
{
    const ing_type *type = &m->column->asked.type;
    char name[ING_TYPE_TEXT];
    for (uint32_t scale = type->scale; scale <= FMT_PRECISION_MAX; scale++)
        for (uint32_t precision = type->precision + scale - type->scale;
             precision <= FMT_PRECISION_MAX; precision++) {
            snprintf(name, sizeof name, "decimal(%u,%u)", precision, scale);
            if (fits(m, name))
                return true;
        }
    return fits_with_marks(m, m->type) || fits(m, "float64");
}

/* ---- dates and times ---- */

static bool fits_a_timestamp(misfit *m, const char *zone)
{
    static const char *const units[] = {"s", "ms", "us", "ns"};
    static const char *const zones[] = {"", ";UTC"};
    char name[ING_TYPE_TEXT];
    for (size_t z = 0; z < 3; z++)
        for (size_t i = 0; i < 4; i++) {
            snprintf(name, sizeof name, "timestamp[%s%s%.64s]", units[i],
                     z == 0 && zone[0] != 0 ? ";" : "", z == 0 ? zone : zones[z - 1]);
            if (fits(m, name))
                return true;
        }
    return false;
}

/* Returns true if the value matches a form of timestamps; a number is a count since 1970. */
static bool fits_a_timestamp_form(misfit *m, const ing_type *type)
{
    char name[2 * ING_TYPE_TEXT];
    const char *form = ing_form_of(m->s, m->n, true);
    form = form != NULL ? form : ing_form_of(m->s, m->n, false);
    const char *unit = form != NULL ? fmt_unit_name(type->unit)
                       : m->n < 12  ? "s"
                       : m->n < 15  ? "ms"
                       : m->n < 18  ? "us"
                                    : "ns";
    snprintf(name, sizeof name, "timestamp[%s;%.63s;%s]", unit, type->zone,
             form != NULL ? form : "epoch");
    return fits(m, name);
}

static bool fits_a_date_form(misfit *m)
{
    char name[ING_TYPE_TEXT];
    const char *form = ing_form_of(m->s, m->n, false);
    snprintf(name, sizeof name, "%.20s[%s]", m->type, form != NULL ? form : "%Y%m%d");
    return fits(m, name);
}

static bool fits_a_time(misfit *m)
{
    static const char *const plain[] = {"time32[s]", "time32[ms]", "time64[us]", "time64[ns]"};
    static const char *const forms[] = {
        "%-H:%M",   "%-H:%M:%S", "%I:%M %p", "%I:%M:%S %p", "%-I:%M %p", "%-I:%M:%S %p", "%I:%M%p",
        "%-I:%M%p", "%H.%M",     "%H.%M.%S", "%H%M",        "%H%M%S",    "%-H:%M:%S.%f"};
    char name[ING_TYPE_TEXT];
    if (FITS_ONE_OF(m, plain))
        return true;
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        if (m->column->asked.any_unit)
            snprintf(name, sizeof name, "time[%s]", forms[i]);
        else
            snprintf(name, sizeof name, "%.*s;%s]", (int)strcspn(m->type, "]"), m->type, forms[i]);
        if (fits(m, name))
            return true;
    }
    return false;
}

/* Returns true if the value is one of two words that stand for true and false. */
static bool fits_words(misfit *m)
{
    static const char *const pairs[] = {
        "on|off",
        "ja|nein",
        "oui|non",
        "si|no",
        "sí|no",
        "sim|não",
        "да|нет",
        "active|inactive",
        "enabled|disabled",
        "pass|fail",
        "x|-",
        "1.0|0.0",
        "ok|error",
        "✓|✗",
    };
    char name[ING_TYPE_TEXT];
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        snprintf(name, sizeof name, "bool[%s]", pairs[i]);
        if (fits(m, name))
            return true;
    }
    return false;
}

/* Returns true if another type, which m->found gets, reads the value. */
static bool find_type(misfit *m)
{
    const ing_type *type = &m->column->asked.type;
    const bool form = m->column->asked.form != NULL;
    switch (type->type) {
    case FMT_BOOL8: return (form && fits(m, "bool")) || fits_words(m);
    case FMT_DATE32:
    case FMT_DATE64:
        return (form && fits(m, m->type)) || fits_a_timestamp(m, "") || fits_a_date_form(m) ||
               fits_a_timestamp_form(m, type);
    case FMT_TIMESTAMP: return fits_a_timestamp(m, type->zone) || fits_a_timestamp_form(m, type);
    case FMT_TIME32:
    case FMT_TIME64: return fits_a_time(m);
    case FMT_DECIMAL128: return fits_a_decimal(m);
    default: return fits_a_number(m);
    }
}

/* Returns what values of the type look like, "" where that is known to all. */
static const char *looks(const ing_column *c)
{
    if (c->asked.form != NULL)
        return "";
    switch (c->asked.type.type) {
    case FMT_BOOL8:
        return "bool reads true, t, yes, y, 1 and false, f, no, n, 0; other words are declared, as "
               "in bool[on|off]; ";
    case FMT_DATE32:
    case FMT_DATE64:
        return "a date is YYYY-MM-DD; another form is declared, as in date[%d/%m/%Y]; ";
    case FMT_TIMESTAMP:
        return "a timestamp is YYYY-MM-DD HH:MM:SS; another form is declared, as in "
               "timestamp[s;;%d/%m/%Y %H:%M:%S]; ";
    case FMT_TIME32:
    case FMT_TIME64:
        return "a time is HH:MM, HH:MM:SS or HH:MM:SS.ffffff; another form is declared, as in "
               "time[%I:%M %p]; ";
    default: return "";
    }
}

/* Returns true for a timestamp without an offset where a zone needs one: the error says so. */
static bool lacks_offset(const misfit *m)
{
    const ing_asked *asked = &m->column->asked;
    parse_value value;
    int32_t minutes;
    if (asked->type.type != FMT_TIMESTAMP || asked->type.zone[0] == 0 ||
        ing_zone_offset(asked->type.zone, &minutes))
        return false;
    if (asked->form != NULL)
        return !asked->form->parts.has_offset && asked->form->kind != ING_EPOCH_FORM;
    parse_classify(m->s, m->n, &m->job->text.numbers, &value);
    return (value.class_ & (PARSE_DATE | PARSE_TIMESTAMP)) != 0;
}

static void hint_no_type(misfit *m, shmcol_error *err)
{
    char option[ING_OPTION_TEXT];
    parse_value value;
    double number;
    const parse_marks comma = parse_marks_none(&parse_style_comma);
    const bool is_number =
        is_integer(m->column->asked.type.type) || is_float(m->column->asked.type.type);
    parse_classify(m->s, m->n, &m->job->text.numbers, &value);
    if (is_number && m->job->text.numbers.decimal == '.' && m->job->text.dialect.delimiter != ',' &&
        parse_asked_float64(m->s, m->n, &comma, &number))
        shm_error_hint(err, "--decimal-comma reads numbers that are written so");
    else if (ing_is_usual_token(m->s, m->n) &&
             ing_null_option(m->job, m->column, m->s, m->n, option))
        shm_error_hint(err,
                       "%s reads it as null; --on-error null does so for each value that does "
                       "not fit",
                       option);
    else if (value.class_ != PARSE_TEXT)
        shm_error_hint(err, "another type, as string; --on-error null reads values that do not fit "
                            "as null, --on-error skip leaves their records out");
    else
        shm_error_hint(err,
                       "%s--null TOKEN if it stands for a missing value, another type, --on-error "
                       "null for all that does not fit, or --on-error skip",
                       looks(m->column));
}

/* Says what else may be made of a text that is no list (C-82). */
static void hint_list(const ing_column *c, shmcol_error *err)
{
    char option[ING_OPTION_TEXT];
    ing_type_option(c, "string", option);
    shm_error_hint(err,
                   "a list is a JSON array of values, as in [1,2,3] or [\"a\",\"b\"]; %s keeps the "
                   "text, --on-error null makes such a list null as a whole",
                   option);
}

/* Returns true if the value fits without the spaces around it, which --trim removes. */
static bool fits_trimmed(const misfit *m)
{
    const char *s = m->s, *end = m->s + m->n;
    char value[ING_WIDTH_MAX];
    while (s < end && (*s == ' ' || *s == '\t'))
        s++;
    while (end > s && (end[-1] == ' ' || end[-1] == '\t'))
        end--;
    return !m->job->text.dialect.trim && (size_t)(end - s) != m->n &&
           (s == end ||
            ing_asked_value(&m->job->text, &m->column->asked, s, (size_t)(end - s), value));
}

void ing_hint_misfit(const ing_job *job, const ing_column *c, const char *s, size_t n,
                     shmcol_error *err)
{
    char copy[3 * PARSE_SLACK] = {0}, option[ING_OPTION_TEXT];
    misfit m = {.job = job, .column = c, .s = copy + PARSE_SLACK, .n = n};
    if (c->asked.type.type == FMT_LIST) {
        hint_list(c, err);
        return;
    }
    if (n > PARSE_SLACK)
        return;
    memcpy(copy + PARSE_SLACK, s, n);
    ing_type_text(&c->asked.type, m.type);
    if (fits_trimmed(&m)) {
        shm_error_hint(err, "--trim removes the spaces around values");
        return;
    }
    if (lacks_offset(&m))
        return;
    if (!find_type(&m)) {
        hint_no_type(&m, err);
        return;
    }
    ing_type_option(c, m.found, option);
    shm_error_hint(err, "%s%s reads this one", looks(c), option);
}
