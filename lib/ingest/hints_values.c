/* Hints of the report about string columns whose values are written in a form that could be
 * declared, or are null tokens (C-27). The values are read once more, up to a bound. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "format/types.h"
#include "ingest/hints.h"
#include "parse/form.h"
#include "parse/marks.h"

#define LOOK_BYTES (UINT64_C(64) << 20)
#define TEXTS_MOST 2u
#define COLUMNS_MOST 10000u

static const char *const forms[] = {
    "%d/%m/%Y",
    "%m/%d/%Y",
    "%d.%m.%Y",
    "%d-%m-%Y",
    "%m-%d-%Y",
    "%Y/%m/%d",
    "%Y.%m.%d",
    "%-d/%-m/%Y",
    "%-m/%-d/%Y",
    "%-d.%-m.%Y",
    "%Y-%-m-%-d",
    "%Y/%-m/%-d",
    "%d/%m/%y",
    "%m/%d/%y",
    "%d.%m.%y",
    "%-d/%-m/%y",
    "%-m/%-d/%y",
    "%d-%b-%Y",
    "%d %b %Y",
    "%-d %b %Y",
    "%b %d, %Y",
    "%b %-d, %Y",
    "%B %-d, %Y",
    "%-d %B %Y",
    "%d-%b-%y",
    "%d/%m/%Y %H:%M",
    "%d/%m/%Y %H:%M:%S",
    "%m/%d/%Y %H:%M",
    "%m/%d/%Y %H:%M:%S",
    "%d.%m.%Y %H:%M",
    "%d.%m.%Y %H:%M:%S",
    "%Y/%m/%d %H:%M",
    "%Y/%m/%d %H:%M:%S",
    "%-d/%-m/%Y %H:%M",
    "%-m/%-d/%Y %H:%M",
    "%-m/%-d/%Y %-H:%M",
    "%m/%d/%Y %I:%M %p",
    "%m/%d/%Y %I:%M:%S %p",
    "%-m/%-d/%Y %-I:%M:%S %p",
    "%d-%m-%Y %H:%M",
    "%d-%m-%Y %H:%M:%S",
};
#define N_FORMS (sizeof forms / sizeof *forms)

/* Marks of numbers, and the type that is declared with them. */
static const char *const marks[] = {",", "'", "%", "$", "€", "£", "$,", "€,", "£,"};
#define N_MARKS (sizeof marks / sizeof *marks)

/* Bits of `fits` behind those of the forms and the marks. */
enum { FITS_HEX = N_FORMS + N_MARKS, FITS_UNSIGNED, FITS_SIGNED, FITS_TIME, FITS_BOOL, N_FITS };
_Static_assert(N_FITS <= 64, "a bit each");

typedef struct looker {
    parse_form form[N_FORMS];
    parse_marks mark[N_MARKS], plain, hex;
    uint64_t all;     /* every bit that can be asked */
    uint64_t letters; /* those that a text which begins with a letter can match */
    bool whole;       /* all of the text was read */
} looker;

/* The things that the values of a column have in common. */
typedef struct look {
    uint64_t fits; /* a bit for each form that all values match */
    uint64_t values, texts;
    uint32_t classes; /* of the values that are no TEXT */
    uint32_t n_texts; /* distinct ones; more than TEXTS_MOST: too many */
    char text[TEXTS_MOST][32];
    ing_facts facts; /* of the values that are no TEXT */
} look;

static bool has_leading_zero(const char *s, size_t n)
{
    size_t i = n != 0 && (s[0] == '+' || s[0] == '-');
    return i + 1 < n && s[i] == '0' && s[i + 1] >= '0' && s[i + 1] <= '9';
}

static bool is_word(const char *s, size_t n)
{
    static const char *const words[] = {"yes", "no", "y", "n", "t", "f", "true", "false"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strlen(words[i]) == n && strncasecmp(words[i], s, n) == 0)
            return true;
    return false;
}

static bool is_time(const char *s, size_t n)
{
    if (n != 5 && n != 8)
        return false;
    for (size_t i = 0; i < n; i++)
        if (i % 3 == 2 ? s[i] != ':' : s[i] < '0' || s[i] > '9')
            return false;
    return s[0] < '2' || (s[0] == '2' && s[1] < '4');
}

/* Returns true for a text by which many tools mean that a value is missing. */
static bool is_usual_token(const char *text)
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
    };
    for (size_t i = 0; i < sizeof tokens / sizeof *tokens; i++)
        if ((text[0] | 0x20) == (tokens[i][0] | 0x20) && strcasecmp(text, tokens[i]) == 0)
            return true;
    return false;
}

/* Returns true if the value s[0, n) matches what a bit stands for. */
static bool matches(const looker *k, unsigned bit, const char *s, size_t n)
{
    parse_value value;
    double number;
    uint64_t bits;
    if (bit < N_FORMS)
        return parse_form_value(&k->form[bit], s, n, &value);
    if (bit < FITS_HEX)
        return !has_leading_zero(s, n) &&
               parse_asked_float64(s, n, &k->mark[bit - N_FORMS], &number);
    switch (bit) {
    case FITS_HEX: return parse_asked_integer(s, n, &k->hex, 0, UINT64_MAX, &bits);
    case FITS_UNSIGNED:
        return s[0] >= '0' && s[0] <= '9' && !has_leading_zero(s, n) &&
               parse_asked_integer(s, n, &k->plain, 0, UINT64_MAX, &bits) &&
               memchr(s, '.', n) == NULL;
    case FITS_SIGNED:
        return !has_leading_zero(s, n) && memchr(s, '.', n) == NULL &&
               parse_asked_integer(s, n, &k->plain, UINT64_C(1) << 63, INT64_MAX, &bits);
    case FITS_TIME: return is_time(s, n);
    default: return is_word(s, n);
    }
}

/* Returns those of the bits whose things the value s[0, n) matches. */
static uint64_t matching(const looker *k, uint64_t bits, const char *s, size_t n)
{
    uint64_t left = bits;
    for (; left != 0; left &= left - 1) {
        const unsigned bit = (unsigned)__builtin_ctzll(left);
        if (!matches(k, bit, s, n))
            bits &= ~(UINT64_C(1) << bit);
    }
    return bits;
}

static void add_text(look *l, const char *s, size_t n)
{
    l->texts++;
    if (l->n_texts > TEXTS_MOST)
        return;
    for (uint32_t i = 0; i < l->n_texts; i++)
        if (strlen(l->text[i]) == n && memcmp(l->text[i], s, n) == 0)
            return;
    if (l->n_texts < TEXTS_MOST && n < sizeof l->text[0] && n != 0 && memchr(s, 0, n) == NULL) {
        memcpy(l->text[l->n_texts], s, n);
        l->text[l->n_texts++][n] = 0;
    } else {
        l->n_texts = TEXTS_MOST + 1;
    }
}

static void add_value(const looker *k, look *l, const parse_style *style, const char *s, size_t n)
{
    parse_value value;
    parse_classify(s, n, style, &value);
    l->values++;
    if (value.class_ == PARSE_TEXT)
        add_text(l, s, n);
    else
        ing_facts_add(&l->facts, &value, s, n, l->values);
    l->fits = matching(k, l->fits, s, n);
}

static bool is_open(const look *l)
{
    return l->fits != 0 || l->n_texts <= TEXTS_MOST;
}

/* Adds the fields of a record. Returns false if no column has anything left to find. */
static bool add_record(const looker *k, const ing_job *job, const ing_input *input,
                       ing_record *record, look **looks)
{
    bool open = false;
    for (uint32_t i = 0; i < job->schema.n_columns; i++) {
        const ing_column *c = &job->schema.columns[i];
        const csv_dialect *dialect = &input->layout->dialect;
        size_t n;
        if (looks[i] == NULL || !is_open(looks[i]))
            continue;
        open = true;
        const uint32_t field = ing_layout_field(input->layout, c->asked.field);
        if (field == ING_NO_FIELD || field >= record->n_fields)
            continue;
        char *s = ing_record_field(record, field, &n);
        n = ing_halve(dialect, s, n);
        const ing_cell cell = ing_get_cell(dialect, &c->asked.tokens, s, n);
        if (!cell.null && !cell.quoted_empty)
            add_value(k, looks[i], &job->text.numbers, cell.s, cell.n);
    }
    return open;
}

/* Reads the records, up to the bound. */
static void read_values(looker *k, const ing_job *job, look **looks)
{
    uint64_t left = LOOK_BYTES;
    bool open = true;
    k->whole = true;
    for (uint32_t i = 0; open && i < job->text.source.n_inputs; i++) {
        const ing_input *input = &job->text.source.inputs[i];
        ing_records records;
        ing_record record;
        ing_records_begin(&records, input, &input->layout->dialect, input->begin, input->end,
                          job->limits.record);
        while (open && ing_records_next(&records, &record, NULL) == SHMCOL_OK &&
               record.length != 0 && !record.cut) {
            if (record.length > left) {
                open = k->whole = false;
                break;
            }
            left -= record.length;
            if (!record.skipped)
                open = add_record(k, job, input, &record, looks);
        }
        ing_records_end(&records);
    }
}

/* ---- what is said ---- */

/* Names the type that reads a column. Returns false if there is no memory. */
static bool say_type(ing_job *job, const ing_column *c, const char *kind, const char *type)
{
    const bool plain = strpbrk(c->asked.name, ",='\"*?[]\\") == NULL && c->asked.name_length < 200;
    return ing_warn(&job->control,
                    "column \"%.200s\" is a string, but all its values %s: --types "
                    "'%s=%s' reads them",
                    c->asked.name, kind, plain ? c->asked.name : "NAME", type);
}

static bool say_form(ing_job *job, const ing_column *c, uint64_t fits)
{
    unsigned first = (unsigned)__builtin_ctzll(fits);
    const bool time = strstr(forms[first], "%M") != NULL;
    fits &= fits - 1;
    const unsigned second = fits ? (unsigned)__builtin_ctzll(fits) : N_FITS;
    return ing_warn(&job->control,
                    "column \"%.200s\" is a string, but all its values are %s of another form: "
                    "--%s %c%s%c reads them%s%s%s",
                    c->asked.name, time ? "timestamps" : "dates",
                    time ? "timestamp-format" : "date-format", '\'', forms[first], '\'',
                    second < N_FORMS ? ", and so does '" : "",
                    second < N_FORMS ? forms[second] : "", second < N_FORMS ? "'" : "");
}

/* Says which form all values of a column match. *said becomes true if there is one. */
static bool say_fit(ing_job *job, const ing_column *c, const look *l, bool *said)
{
    char type[32];
    const uint64_t fits = l->n_texts < 2 ? l->fits & ~(UINT64_C(1) << FITS_BOOL) : l->fits;
    *said = l->values != 0 && l->texts != 0 && fits != 0;
    if (!*said)
        return true;
    const unsigned bit = (unsigned)__builtin_ctzll(fits);
    if (bit < N_FORMS)
        return say_form(job, c, fits & ((UINT64_C(1) << N_FORMS) - 1));
    if (fits >> FITS_UNSIGNED & 1)
        return say_type(job, c, "are whole numbers of 64 bits", "uint64");
    if (fits >> FITS_SIGNED & 1)
        return say_type(job, c, "are whole numbers, some with a sign", "int64");
    if (bit == N_FORMS || bit == N_FORMS + 1)
        return ing_warn(&job->control,
                        "column \"%.200s\" is a string, but all its values are numbers in groups: "
                        "--thousands %s reads them",
                        c->asked.name, bit == N_FORMS ? "," : "\"'\"");
    if (bit < FITS_HEX) {
        snprintf(type, sizeof type, "float64[%s]", marks[bit - N_FORMS]);
        return say_type(job, c, "are numbers with marks", type);
    }
    return bit == FITS_HEX    ? say_type(job, c, "are hexadecimal numbers", "uint64[hex]")
           : bit == FITS_TIME ? say_type(job, c, "are times of day", "time")
                              : say_type(job, c, "are words for true and false", "bool");
}

/* Says that two texts look like null tokens, where all other values have a type. */
static bool say_tokens(ing_job *job, const ing_column *c, const looker *k, const look *l)
{
    char name[ING_TYPE_TEXT];
    const ing_type type = ing_resolve(&l->facts);
    if (!k->whole || l->n_texts != 2 || type.type == FMT_STRING || l->texts * 2 > l->values + 2 ||
        !is_usual_token(l->text[0]) || !is_usual_token(l->text[1]))
        return true;
    const bool plain = strpbrk(c->asked.name, "='\"") == NULL && c->asked.name_length < 200;
    const char *column = plain ? c->asked.name : "", *sign = plain ? "=" : "";
    return ing_warn(&job->control,
                    "column \"%.200s\" is a string only because of \"%s\" and \"%s\": --null "
                    "'%s%s%s' --null '%s%s%s' makes it %s",
                    c->asked.name, l->text[0], l->text[1], column, sign, l->text[0], column, sign,
                    l->text[1], ing_type_text(&type, name));
}

static bool is_candidate(const ing_column *c)
{
    return !c->asked.forced && !c->asked.of_file && c->target.form == NULL &&
           c->target.type.type == FMT_STRING && c->result.facts.first_text_row != UINT64_MAX;
}

static bool prepare(looker *k, const parse_style *style)
{
    for (size_t i = 0; i < N_FORMS; i++) {
        if (!parse_form_compile(forms[i], strlen(forms[i]), &k->form[i], NULL))
            return false;
        k->letters |= (uint64_t)(forms[i][1] == 'b' || forms[i][1] == 'B') << i;
    }
    k->letters |= UINT64_C(1) << FITS_BOOL;
    k->plain = k->hex = parse_marks_none(style);
    k->hex.hex = true;
    k->all = (UINT64_C(1) << N_FITS) - 1;
    for (size_t i = 0; i < N_MARKS; i++)
        if (parse_marks_read(marks[i], strlen(marks[i]), style, '"', false, &k->mark[i]) != NULL)
            k->all &= ~(UINT64_C(1) << (N_FORMS + i));
    return true;
}

bool ing_is_another_form(const ing_job *job, const char *text, size_t n)
{
    char copy[3 * PARSE_SLACK] = {0};
    looker *k = calloc(1, sizeof *k);
    bool found = k == NULL || n > PARSE_SLACK || !prepare(k, &job->text.numbers);
    if (!found) {
        double number;
        memcpy(copy + PARSE_SLACK, text, n);
        found = parse_asked_float64(copy + PARSE_SLACK, n, &k->plain, &number) || /* 007 */
                matching(k, k->all, copy + PARSE_SLACK, n) != 0;
    }
    free(k);
    return found;
}

const char *ing_form_of(const char *text, size_t n, bool time)
{
    char copy[3 * PARSE_SLACK] = {0};
    parse_form form;
    parse_value value;
    if (n > PARSE_SLACK)
        return NULL;
    memcpy(copy + PARSE_SLACK, text, n);
    for (size_t i = 0; i < N_FORMS; i++)
        if (parse_form_compile(forms[i], strlen(forms[i]), &form, NULL) && form.has_time == time &&
            parse_form_value(&form, copy + PARSE_SLACK, n, &value))
            return forms[i];
    return NULL;
}

/* Looks at the first TEXT value of a column: what it does not match is not looked for. *count
 * becomes true if the distinct texts have to be counted, for null tokens or words. Returns the bits
 * that all values may match. */
static uint64_t look_at_first(const looker *k, const ing_facts *f, bool *count)
{
    char text[2 * PARSE_SLACK + sizeof f->first_text + 1];
    const size_t n = f->first_text_length;
    char *s = text + PARSE_SLACK;
    *count = true;
    if (n == 0)
        return k->all; /* it is too long to be known */
    memset(text, 0, sizeof text);
    memcpy(s, f->first_text, n);
    const bool letter = (s[0] >= 'A' && s[0] <= 'Z') || (s[0] >= 'a' && s[0] <= 'z');
    const uint64_t fits = matching(k, letter ? k->all & k->letters : k->all, s, n);
    *count = fits >> FITS_BOOL & 1 || is_usual_token(s);
    return fits;
}

/* Begins the look at a column. *l stays NULL if there is nothing to find. Returns false if there is
 * no memory. */
static bool begin_look(const looker *k, const ing_facts *f, look **l)
{
    bool count;
    const uint64_t fits = look_at_first(k, f, &count);
    if (fits == 0 && !count)
        return true;
    *l = calloc(1, sizeof **l);
    if (*l == NULL)
        return false;
    ing_facts_init(&(*l)->facts);
    (*l)->fits = fits;
    (*l)->n_texts = count ? 0 : TEXTS_MOST + 1;
    return true;
}

bool ing_look_at_values(ing_job *job, bool *said)
{
    const uint32_t n = job->schema.n_columns;
    if (n > COLUMNS_MOST)
        return true;
    looker *k = calloc(1, sizeof *k);
    look **looks = calloc(n + 1u, sizeof *looks);
    bool done = k != NULL && looks != NULL, any = false;
    if (done && !prepare(k, &job->text.numbers))
        goto end;
    for (uint32_t i = 0; done && i < n; i++)
        if (is_candidate(&job->schema.columns[i])) {
            done = begin_look(k, &job->schema.columns[i].result.facts, &looks[i]);
            any |= looks[i] != NULL;
        }
    if (done && any)
        read_values(k, job, looks);
    for (uint32_t i = 0; done && i < n; i++)
        if (looks[i] != NULL) {
            done = say_fit(job, &job->schema.columns[i], looks[i], &said[i]);
            if (done && !said[i])
                done = say_tokens(job, &job->schema.columns[i], k, looks[i]);
        }
end:
    for (uint32_t i = 0; looks != NULL && i < n; i++)
        free(looks[i]);
    free(looks);
    free(k);
    return done;
}
