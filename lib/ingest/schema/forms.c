/* Reads forms (C-70, C-76, C-79), and values by them. */
#include "ingest/schema/forms.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool no_form(char why[ING_WHY], const char *reason)
{
    snprintf(why, ING_WHY, "%s", reason);
    return false;
}

/* Checks that the parts of a form are those of its kind (C-70). */
static bool check_parts(const parse_form *parts, ing_form_kind kind, char why[ING_WHY])
{
    if (kind == ING_TIME_FORM)
        return parts->has_time && !parts->has_date
                   ? true
                   : no_form(why, "a form of a time has hours and no date");
    if (!parts->has_date)
        return no_form(why, "the form has no date: year, month and day");
    return kind != ING_DATE_FORM || !parts->has_offset ? true
                                                       : no_form(why, "a date has no offset: %z");
}

/* Returns true if a field that begins or ends with the byte may be changed before it is read: by
 * its quotes (C-7), or spaces around it (C-23). */
static bool is_changed(char byte, const shmcol_csv_options *o)
{
    return (!o->no_quote && byte == (o->quote ? o->quote : '"')) || byte == ' ' || byte == '\t';
}

bool ing_form_read(const char *text, size_t n, ing_form_kind kind, const shmcol_csv_options *o,
                   ing_form *form, char why[ING_WHY])
{
    parse_form_error wrong;
    *form = (ing_form){.kind = kind, .text = {text, n}, .plain = true};
    if (kind == ING_TIMESTAMP_FORM && n == 5 && memcmp(text, "epoch", 5) == 0) {
        form->kind = ING_EPOCH_FORM;
        return true;
    }
    if (!parse_form_compile(text, n, &form->parts, &wrong)) {
        snprintf(why, ING_WHY, "%s", wrong.message);
        return false;
    }
    form->plain = !is_changed(text[0], o) && !is_changed(text[n - 1], o);
    return check_parts(&form->parts, kind, why);
}

/* ---- words ---- */

/* Moves *at to the next word of `side`. Returns false if there is none. *at is 0 for the first
 * word; it becomes the place behind the word. */
static bool next_word(const ing_form *form, int side, uint64_t *at, shmcol_text *word)
{
    const shmcol_text *all = &form->words[side];
    if (form->list[side] != NULL) {
        if (*at >= form->n_list[side])
            return false;
        const char *one = form->list[side][(*at)++];
        *word = (shmcol_text){one, strlen(one)};
        return true;
    }
    if (*at > all->length)
        return false;
    const char *begin = all->data + *at;
    const size_t left = (size_t)(all->length - *at);
    const char *comma = left != 0 ? memchr(begin, ',', left) : NULL;
    *word = (shmcol_text){begin, comma != NULL ? (uint64_t)(comma - begin) : left};
    *at += word->length + 1;
    return true;
}

static char small(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

static bool is_same_word(const char *a, const char *b, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (small(a[i]) != small(b[i]))
            return false;
    return true;
}

static bool has_word(const ing_form *form, int side, const char *s, size_t n)
{
    shmcol_text word;
    for (uint64_t at = 0; next_word(form, side, &at, &word);)
        if (word.length == n && is_same_word(word.data, s, n))
            return true;
    return false;
}

/* Checks the words of C-76. */
static bool check_words(const ing_form *form, char why[ING_WHY])
{
    shmcol_text word;
    for (int side = 0; side < 2; side++)
        for (uint64_t at = 0; next_word(form, side, &at, &word);) {
            if (word.length == 0)
                return no_form(why, "a word for true or false is empty");
            if (side == 0 && has_word(form, 1, word.data, (size_t)word.length)) {
                snprintf(why, ING_WHY, "\"%.*s\" means both true and false",
                         word.length > 60 ? 60 : (int)word.length, word.data);
                return false;
            }
        }
    return true;
}

bool ing_form_read_words(const char *text, size_t n, ing_form *form, char why[ING_WHY])
{
    const char *bar = n != 0 ? memchr(text, '|', n) : NULL;
    const char *end = text + n;
    *form = (ing_form){.kind = ING_WORDS_FORM, .text = {text, n}};
    if (bar == NULL || memchr(bar + 1, '|', (size_t)(end - bar - 1)) != NULL)
        return no_form(why, "the words are written bool[yes,y|no,n]: true, one |, false");
    form->words[1] = (shmcol_text){text, (uint64_t)(bar - text)};
    form->words[0] = (shmcol_text){bar + 1, (uint64_t)(end - bar - 1)};
    return check_words(form, why);
}

bool ing_form_list_words(const shmcol_csv_options *o, ing_form *form, char why[ING_WHY])
{
    *form = (ing_form){.kind = ING_WORDS_FORM,
                       .list = {o->false_words, o->true_words},
                       .n_list = {o->n_false_words, o->n_true_words}};
    if (o->n_true_words == 0 || o->n_false_words == 0)
        return no_form(
            why,
            "words for true need words for false, and the other way round: --true yes --false no");
    return check_words(form, why);
}

bool ing_form_read_marks(const char *text, size_t n, const shmcol_csv_options *o,
                         const parse_style *numbers, bool integer, ing_form *form,
                         char why[ING_WHY])
{
    const char quote = o->no_quote ? 0 : o->quote ? o->quote : '"';
    *form = (ing_form){.kind = ING_MARKS_FORM, .text = {text, n}};
    const char *reason = parse_marks_read(text, n, numbers, quote, integer, &form->marks);
    if (reason != NULL)
        snprintf(why, ING_WHY, "\"%.*s\" %s", n > 60 ? 60 : (int)n, text, reason);
    return reason == NULL;
}

/* ---- values ---- */

bool ing_form_is_numeric(const ing_form *form)
{
    return form->kind == ING_EPOCH_FORM || form->parts.numeric;
}

static bool word_value(const ing_form *form, const char *s, size_t n, parse_value *value)
{
    value->boolean = has_word(form, 1, s, n);
    value->class_ = PARSE_BOOL;
    return value->boolean || has_word(form, 0, s, n);
}

bool ing_form_value(const ing_form *form, const char *s, size_t n, parse_value *value)
{
    *value = (parse_value){0};
    if (form->kind == ING_WORDS_FORM)
        return word_value(form, s, n, value);
    if (!parse_form_value(&form->parts, s, n, value))
        return false;
    if (form->kind == ING_DATE_FORM && value->class_ == PARSE_TIMESTAMP) {
        const int64_t days = value->seconds / 86400; /* whole days: floor is no matter */
        if (days * 86400 != value->seconds || value->nanos != 0)
            return false;
        *value = (parse_value){.class_ = PARSE_DATE, .days = days};
    } else if (form->kind == ING_TIMESTAMP_FORM && value->class_ == PARSE_DATE) {
        *value = (parse_value){.class_ = PARSE_TIMESTAMP, .seconds = value->days * 86400};
    }
    return true;
}

const char *ing_form_text(const ing_form *form, char out[ING_FORM_TEXT])
{
    size_t n = 0;
    if (form->kind != ING_WORDS_FORM || form->list[0] == NULL) {
        snprintf(out, ING_FORM_TEXT, "%.*s",
                 form->text.length >= ING_FORM_TEXT ? ING_FORM_TEXT - 1 : (int)form->text.length,
                 form->text.data);
        return out;
    }
    out[0] = 0;
    for (int side = 1; side >= 0; side--) {
        shmcol_text word;
        for (uint64_t at = 0; n + 1 < ING_FORM_TEXT && next_word(form, side, &at, &word);)
            n += (size_t)snprintf(out + n, ING_FORM_TEXT - n, "%s%.*s",
                                  at > 1      ? ","
                                  : side == 0 ? "|"
                                              : "",
                                  word.length > 40 ? 40 : (int)word.length, word.data);
    }
    return out;
}

/* ---- forms for all columns ---- */

static shmcol_status bad_form(const char *option, const char *text, const char *why,
                              shmcol_error *err)
{
    shm_fail(err, SHMCOL_ERR_INVALID_ARGUMENT, "C-79", "%s \"%.150s\": %s", option, text, why);
    shm_error_hint(err, "as in %%d/%%m/%%Y or %%Y-%%m-%%d %%H:%%M:%%S; the manual of shmcol-pack "
                        "lists the items of forms");
    return SHMCOL_ERR_INVALID_ARGUMENT;
}

static shmcol_status read_formats(const char *const *texts, uint32_t n, ing_form_kind kind,
                                  const shmcol_csv_options *o, ing_forms *forms, shmcol_error *err)
{
    const char *option = kind == ING_DATE_FORM ? "the date format" : "the timestamp format";
    char why[ING_WHY];
    if (n > ING_FORMS_A_KIND)
        return shm_fail(err, SHMCOL_ERR_INVALID_ARGUMENT, "C-79",
                        "%u forms of a kind, and 8 are the most", n);
    for (uint32_t i = 0; i < n; i++)
        if (!ing_form_read(texts[i], strlen(texts[i]), kind, o, &forms->list[forms->n++], why))
            return bad_form(option, texts[i], why, err);
    return SHMCOL_OK;
}

/* Reads the words for all columns, if there are any. Returns INVALID_ARGUMENT. */
static shmcol_status read_words(const shmcol_csv_options *o, ing_forms *forms, shmcol_error *err)
{
    char why[ING_WHY];
    if ((o->n_true_words == 0 && o->n_false_words == 0) ||
        ing_form_list_words(o, &forms->list[forms->n++], why))
        return SHMCOL_OK;
    shm_fail(err, SHMCOL_ERR_INVALID_ARGUMENT, "C-79", "the words for all columns: %s", why);
    return SHMCOL_ERR_INVALID_ARGUMENT;
}

shmcol_status ing_forms_read(const shmcol_csv_options *o, ing_forms *forms, shmcol_error *err)
{
    char why[ING_WHY];
    forms->n = forms->numeric = 0;
    shmcol_status status =
        read_formats(o->date_formats, o->n_date_formats, ING_DATE_FORM, o, forms, err);
    if (status == SHMCOL_OK)
        status = read_formats(o->timestamp_formats, o->n_timestamp_formats, ING_TIMESTAMP_FORM, o,
                              forms, err);
    if (status == SHMCOL_OK)
        status = read_words(o, forms, err);
    ing_form_read("%Y-%m-%d", 8, ING_DATE_FORM, o, &forms->iso_date, why);
    ing_form_read("%H:%M:%S", 8, ING_TIME_FORM, o, &forms->iso_time[0], why);
    ing_form_read("%H:%M:%S.%f", 11, ING_TIME_FORM, o, &forms->iso_time[1], why);
    for (uint32_t i = 0; status == SHMCOL_OK && i < forms->n; i++)
        forms->numeric |= (uint32_t)ing_form_is_numeric(&forms->list[i]) << i;
    return status;
}

static bool matches(const ing_form *form, const char *s, size_t n)
{
    parse_value value;
    return form->kind == ING_EPOCH_FORM || form->kind == ING_MARKS_FORM ||
           ing_form_value(form, s, n, &value);
}

bool ing_forms_match(const ing_forms *forms, const ing_form *form, const char *s, size_t n)
{
    bool match = form != NULL && matches(form, s, n);
    for (uint32_t i = 0; !match && i < forms->n; i++)
        match = matches(&forms->list[i], s, n);
    return match;
}

/* ---- the fast ways ---- */

const parse_plan *ing_form_plan(ing_form *form, unsigned unit)
{
    /* A date that has a time matches only at midnight, which a plan does not look for. */
    if (!form->plain || form->no_plans || (form->kind == ING_DATE_FORM && form->parts.has_time))
        return NULL;
    if (form->plans[unit] == NULL && (form->plans[unit] = malloc(sizeof(parse_plan))) != NULL)
        parse_plan_make(&form->parts, unit < 4 ? unit * 3 : 0, unit, form->plans[unit]);
    return form->plans[unit] != NULL && form->plans[unit]->usable ? form->plans[unit] : NULL;
}

void ing_form_end(ing_form *form)
{
    for (size_t i = 0; i <= PARSE_PLAN_DAYS; i++)
        free(form->plans[i]);
}

void ing_forms_end(ing_forms *forms)
{
    for (uint32_t i = 0; i < forms->n; i++)
        ing_form_end(&forms->list[i]);
    ing_form_end(&forms->iso_date);
    ing_form_end(&forms->iso_time[0]);
    ing_form_end(&forms->iso_time[1]);
}
