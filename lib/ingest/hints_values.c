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
#define TEXTS_MOST 4u
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

/* Marks of numbers (C-77): each sign, also none, with each group mark, also none. */
static const char *const signs[] = {"", "%", "$", "€", "£", "¥", "₹", "₩"};
static const char *const groups[] = {"", ",", ".", "'", "space", "nbsp", "nnbsp"};
#define N_GROUPS (sizeof groups / sizeof *groups)
#define N_MARKS (sizeof signs / sizeof *signs * N_GROUPS)
_Static_assert(N_MARKS <= 64, "a bit each");

/* Types that may read a column of texts, asked for as they stand, and what their values are. */
static const struct {
    const char *type, *values;
} types[] = {
    {"uint64", "are whole numbers of 64 bits"},
    {"int64", "are whole numbers, some with a sign"},
    {"float64", "are numbers, some with a sign"},
    {"timestamp[s;UTC]", "are timestamps in UTC"},
    {"timestamp[ms;UTC]", "are timestamps in UTC"},
    {"timestamp[us;UTC]", "are timestamps in UTC"},
    {"timestamp[ns;UTC]", "are timestamps in UTC"},
    {"uint64[hex]", "are hexadecimal numbers"},
    {"time", "are times of day"},
    {"bool", "are words for true and false"},
};
#define N_TYPES (sizeof types / sizeof *types)

/* Bits of `fits` behind those of the forms. */
enum {
    FITS_UNSIGNED = N_FORMS,
    FITS_SIGNED,
    FITS_FLOAT,
    FITS_UTC, /* four units */
    FITS_HEX = FITS_UTC + 4,
    FITS_TIME,
    FITS_BOOL,
    FITS_COMMA,  /* numbers with a decimal comma */
    FITS_QUOTES, /* texts in single quotes */
    N_FITS
};
_Static_assert(N_FITS <= 64 && FITS_BOOL + 1 - FITS_UNSIGNED == N_TYPES, "a bit each");

typedef struct looker {
    parse_form form[N_FORMS];
    parse_marks mark[N_MARKS], plain, hex, comma;
    uint64_t all, all_marks; /* every bit that can be asked */
    uint64_t letters;        /* those of `all` that a text which begins with a letter can match */
    bool whole;              /* all of the text was read */
} looker;

/* The things that the values of a column have in common. */
typedef struct look {
    uint64_t fits;     /* a bit for each form that all values match */
    uint64_t marks;    /* a bit for each list of marks */
    bool two_dots;     /* a value has two dots or more */
    bool spaced_quote; /* a value begins with spaces and a quote */
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

static size_t count_of(const char *s, size_t n, char c)
{
    size_t count = 0;
    for (size_t i = 0; i < n; i++)
        count += s[i] == c;
    return count;
}

/* Returns true for an address of IPv4, which is no number in groups. */
static bool is_address(const char *s, size_t n)
{
    bool digits = n <= 15 && count_of(s, n, '.') == 3;
    for (size_t i = 0; digits && i < n; i++)
        digits = s[i] == '.' || (s[i] >= '0' && s[i] <= '9');
    return digits;
}

static bool is_utc(unsigned unit, const char *s, size_t n)
{
    parse_value value;
    int64_t units;
    if (n < 5 || memcmp(s + n - 4, " UTC", 4) != 0)
        return false;
    parse_classify(s, n - 4, &parse_style_plain, &value);
    return value.class_ == PARSE_TIMESTAMP &&
           parse_timestamp_units(value.seconds, value.nanos, (uint8_t)unit, &units);
}

/* Returns true if the value s[0, n) matches what a bit of `fits` stands for. */
static bool matches(const looker *k, unsigned bit, const char *s, size_t n)
{
    parse_value value;
    double number;
    uint64_t bits;
    if (bit < N_FORMS)
        return parse_form_value(&k->form[bit], s, n, &value);
    switch (bit) {
    case FITS_UNSIGNED:
        return s[0] >= '0' && s[0] <= '9' && !has_leading_zero(s, n) &&
               parse_asked_integer(s, n, &k->plain, 0, UINT64_MAX, &bits) &&
               memchr(s, '.', n) == NULL;
    case FITS_SIGNED:
        return !has_leading_zero(s, n) && memchr(s, '.', n) == NULL &&
               parse_asked_integer(s, n, &k->plain, UINT64_C(1) << 63, INT64_MAX, &bits);
    case FITS_FLOAT:
        return !has_leading_zero(s, n) && parse_asked_float64(s, n, &k->plain, &number);
    case FITS_HEX: return parse_asked_integer(s, n, &k->hex, 0, UINT64_MAX, &bits);
    case FITS_TIME: return is_time(s, n);
    case FITS_BOOL: return is_word(s, n);
    case FITS_COMMA:
        return !has_leading_zero(s, n) && parse_asked_float64(s, n, &k->comma, &number);
    case FITS_QUOTES: return n >= 2 && s[0] == '\'' && s[n - 1] == '\'';
    default: return is_utc(bit - FITS_UTC, s, n);
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

/* Returns those of the bits of lists of marks that the value s[0, n) matches. */
static uint64_t matching_marks(const looker *k, uint64_t bits, const char *s, size_t n)
{
    double number;
    const bool zero = has_leading_zero(s, n), address = is_address(s, n);
    uint64_t left = bits;
    for (; left != 0; left &= left - 1) {
        const unsigned bit = (unsigned)__builtin_ctzll(left);
        if (zero || !parse_asked_float64(s, n, &k->mark[bit], &number) ||
            (address && strcmp(groups[bit % N_GROUPS], ".") == 0))
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
    l->two_dots |= count_of(s, n < 64 ? n : 64, '.') >= 2;
    l->fits = matching(k, l->fits, s, n);
    l->marks = matching_marks(k, l->marks, s, n);
}

static bool is_open(const look *l)
{
    return (l->fits | l->marks) != 0 || l->n_texts <= TEXTS_MOST;
}

/* Returns true if the text begins with spaces and a quote, which opens nothing (C-90). */
static bool is_spaced_quote(const csv_dialect *dialect, const char *s, size_t n)
{
    size_t i = 0;
    while (i < n && (s[i] == ' ' || s[i] == '\t'))
        i++;
    return dialect->quoting && i != 0 && i < n && (uint8_t)s[i] == dialect->quote;
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
        if (!cell.null && !cell.quoted_empty && !dialect->trim)
            looks[i]->spaced_quote |= is_spaced_quote(dialect, cell.s, cell.n);
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
    char option[ING_OPTION_TEXT];
    ing_type_option(c, type, option);
    return ing_warn(&job->control,
                    "column \"%.200s\" is a string, but all its values %s: %s reads them",
                    c->asked.name, kind, option);
}

/* Names the option for numbers with the group mark of the first bit, or the type for those with
 * other marks. */
static bool say_marks(ing_job *job, const ing_column *c, unsigned bit)
{
    const char *sign = signs[bit / N_GROUPS], *group = groups[bit % N_GROUPS];
    char type[32];
    if (sign[0] == 0)
        return ing_warn(&job->control,
                        "column \"%.200s\" is a string, but all its values are numbers in groups: "
                        "--thousands %s reads them",
                        c->asked.name, group[0] == '\'' ? "\"'\"" : group);
    snprintf(type, sizeof type, "float64[%s%s]", sign, group);
    return say_type(job, c, "are numbers with marks", type);
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
    uint64_t fits = l->fits, marks = l->marks & ~UINT64_C(1); /* the first one has no mark */
    fits &= l->n_texts < 2 ? ~(UINT64_C(1) << FITS_BOOL) : UINT64_MAX;
    if (job->text.numbers.decimal == ',' || job->text.dialect.delimiter == ',')
        fits &= ~(UINT64_C(1) << FITS_COMMA);
    for (unsigned bit = 0; bit < N_MARKS; bit++) /* 52.123 may be a number with a decimal point */
        if (strcmp(groups[bit % N_GROUPS], ".") == 0 && bit < N_GROUPS && !l->two_dots)
            marks &= ~(UINT64_C(1) << bit);
    *said = l->values != 0 && l->texts != 0 && (fits | marks) != 0;
    if (!*said)
        return true;
    const unsigned bit = fits != 0 ? (unsigned)__builtin_ctzll(fits) : N_FITS;
    if (bit < N_FORMS)
        return say_form(job, c, fits & ((UINT64_C(1) << N_FORMS) - 1));
    if (bit < FITS_HEX)
        return say_type(job, c, types[bit - FITS_UNSIGNED].values, types[bit - FITS_UNSIGNED].type);
    if (marks != 0)
        return say_marks(job, c, (unsigned)__builtin_ctzll(marks));
    if (bit <= FITS_BOOL)
        return say_type(job, c, types[bit - FITS_UNSIGNED].values, types[bit - FITS_UNSIGNED].type);
    if (bit == FITS_COMMA)
        return ing_warn(&job->control,
                        "column \"%.200s\" is a string, but all its values are numbers with a "
                        "decimal comma: --decimal-comma reads them",
                        c->asked.name);
    return ing_warn(&job->control,
                    "column \"%.200s\": all its values stand in single quotes, which are text: "
                    "--quote \"'\" reads them as quotes",
                    c->asked.name);
}

/* Says that two texts or more look like null tokens, where all other values have a type. */
static bool say_tokens(ing_job *job, const ing_column *c, const looker *k, const look *l)
{
    char name[ING_TYPE_TEXT], option[ING_OPTION_TEXT], all[ING_OPTION_TEXT] = "";
    const ing_type type = ing_resolve(&l->facts);
    if (!k->whole || l->n_texts < 2 || l->n_texts > TEXTS_MOST || type.type == FMT_STRING ||
        l->texts * 2 > l->values + 2)
        return true;
    size_t n = 0;
    for (uint32_t i = 0; i < l->n_texts; i++) {
        const size_t length = strlen(l->text[i]);
        if (!ing_is_usual_token(l->text[i], length))
            return true;
        (void)ing_null_option(job, c, l->text[i], length, option);
        n += (size_t)snprintf(all + n, sizeof all - n, " %s", option);
        if (n >= sizeof all)
            return true;
    }
    return ing_warn(&job->control,
                    "column \"%.200s\" is a string only because of \"%s\" and \"%s\"%s:%s makes it "
                    "%s",
                    c->asked.name, l->text[0], l->text[1], l->n_texts > 2 ? " and others" : "", all,
                    ing_type_text(&type, name));
}

/* Says that quotes stand behind spaces in some values or names, where they open nothing (C-90). */
static bool say_spaced_quotes(ing_job *job, look **looks)
{
    for (uint32_t i = 0; i < job->schema.n_columns; i++) {
        const ing_column *c = &job->schema.columns[i];
        const bool in_name =
            !job->text.no_header && !job->text.dialect.trim &&
            is_spaced_quote(&job->text.dialect, c->asked.name, c->asked.name_length);
        const ing_facts *f = &c->result.facts;
        const bool in_first =
            !c->asked.forced && !job->text.dialect.trim &&
            is_spaced_quote(&job->text.dialect, f->first_text, f->first_text_length);
        if (!in_name && !in_first && (looks[i] == NULL || !looks[i]->spaced_quote))
            continue;
        return ing_warn(&job->control,
                        "column \"%.200s\": a quote behind spaces is text and opens nothing; "
                        "--trim drops the spaces",
                        c->asked.name);
    }
    return true;
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
    k->comma = parse_marks_none(&parse_style_comma);
    k->all = (UINT64_C(1) << N_FITS) - 1;
    for (size_t i = 1; i < N_MARKS; i++) {
        char text[32];
        snprintf(text, sizeof text, "%s%s", signs[i / N_GROUPS], groups[i % N_GROUPS]);
        if (parse_marks_read(text, strlen(text), style, '"', false, &k->mark[i]) == NULL)
            k->all_marks |= UINT64_C(1) << i;
    }
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
                matching(k, k->all & ~(UINT64_C(1) << FITS_QUOTES), copy + PARSE_SLACK, n) != 0 ||
                matching_marks(k, k->all_marks, copy + PARSE_SLACK, n) != 0;
    }
    for (size_t i = 0; !found && i < n && i < 3; i++) /* (5), 5-, <5, 5 kg */
        found = text[i] >= '0' && text[i] <= '9' && !ing_is_usual_token(text, n);
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
 * becomes true if the distinct texts have to be counted, for null tokens or words. l->fits and
 * l->marks get the bits that all values may match. */
static void look_at_first(const looker *k, const ing_facts *f, look *l, bool *count)
{
    char text[2 * PARSE_SLACK + sizeof f->first_text + 1];
    const size_t n = f->first_text_length;
    char *s = text + PARSE_SLACK;
    *count = true;
    *l = (look){.fits = k->all, .marks = k->all_marks};
    if (n == 0)
        return; /* it is too long to be known */
    memset(text, 0, sizeof text);
    memcpy(s, f->first_text, n);
    const bool letter = (s[0] >= 'A' && s[0] <= 'Z') || (s[0] >= 'a' && s[0] <= 'z');
    l->fits = matching(k, letter ? k->all & k->letters : k->all, s, n);
    l->marks = letter ? 0 : matching_marks(k, k->all_marks, s, n);
    *count = l->fits >> FITS_BOOL & 1 || ing_is_usual_token(s, n);
}

/* Begins the look at a column. *l stays NULL if there is nothing to find. Returns false if there is
 * no memory. */
static bool begin_look(const looker *k, const ing_facts *f, look **l)
{
    bool count;
    look first;
    look_at_first(k, f, &first, &count);
    if ((first.fits | first.marks) == 0 && !count)
        return true;
    *l = calloc(1, sizeof **l);
    if (*l == NULL)
        return false;
    **l = first;
    ing_facts_init(&(*l)->facts);
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
    if (done)
        done = say_spaced_quotes(job, looks);
end:
    for (uint32_t i = 0; looks != NULL && i < n; i++)
        free(looks[i]);
    free(looks);
    free(k);
    return done;
}
