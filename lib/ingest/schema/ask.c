/* Gives columns the types that were asked for (C-51), and the forms for all columns (C-79). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "format/types.h"
#include "ingest/schema/schema.h"

/* Forms with plans: 8 MiB. */
#define PLANS_MOST 4096u

/* The types of a list that are being given. */
typedef struct asker {
    ing_schema *schema;
    const shmcol_csv_options *options;
    const parse_style *numbers;
    bool *assigned; /* columns that have a type from an earlier item */
} asker;

/* Returns a form that the schema owns, a copy of `form`, or NULL if there is no memory. */
static ing_form *own_form(ing_schema *schema, const ing_form *form)
{
    ing_form **list = realloc(schema->owned, (schema->n_owned + 1u) * sizeof *list);
    if (list == NULL)
        return NULL;
    schema->owned = list;
    ing_form *own = malloc(sizeof *own);
    if (own == NULL)
        return NULL;
    *own = *form;
    own->no_plans = schema->n_owned >= PLANS_MOST;
    schema->owned[schema->n_owned++] = own;
    return own;
}

static void apply(ing_column *c, const ing_type_wish *wish, ing_form *form)
{
    c->asked.forced = !wish->automatic;
    if (c->asked.from_file) { /* nothing of the file is left (C-80) */
        c->asked.from_file = c->asked.not_made = false;
        c->asked.codes_width = 0;
        if (!c->asked.mode_named)
            c->asked.dictionary_mode = c->asked.mode_for_all;
    }
    c->asked.any_unit = wish->any_unit;
    c->asked.form = form;
    if (c->asked.forced)
        c->asked.type = wish->type;
    if (wish->dictionary)
        c->asked.dictionary_mode = SHMCOL_DICTIONARY_ALWAYS;
}

static shmcol_status bad_type(shmcol_text text, const char *why, shmcol_error *err)
{
    const int shown = text.length > 200 ? 200 : (int)text.length;
    shm_fail(err, SHMCOL_ERR_TYPE_NAME, "C-51", "\"%.*s\" is no type%s%s", shown, text.data,
             why[0] != 0 ? ": " : "", why);
    if (why[0] == 0)
        shm_error_hint(err, "bool, int8 … int64, uint8 … uint64, float16, float32, float64, "
                            "decimal(18,2), date, date32, "
                            "date64, timestamp, timestamp[s|ms|us|ns] or [unit;zone;form], time, "
                            "time32[s|ms], time64[us|ns], string, dictionary, list[int32], auto");
    return SHMCOL_ERR_TYPE_NAME;
}

static shmcol_status no_such_name(const ing_schema *schema, const char *name, size_t n,
                                  shmcol_error *err)
{
    shm_fail(err, SHMCOL_ERR_NO_COLUMN, "C-51", "types names \"%.*s\", but there is no such column",
             n > 200 ? 200 : (int)n, name);
    shm_error_hint(err, "the first column is \"%.100s\"; * ? and [ ] match several",
                   schema->header[0]);
    return SHMCOL_ERR_NO_COLUMN;
}

/* Gives a type to a column. *form: the form of the item's columns, NULL before the first one.
 * Returns NO_MEMORY. */
static shmcol_status give_type(const asker *a, ing_column *c, const ing_type_wish *wish,
                               ing_form **form, shmcol_error *err)
{
    if (wish->has_form && *form == NULL && (*form = own_form(a->schema, &wish->form)) == NULL)
        return shm_fail_memory(err);
    apply(c, wish, *form);
    a->assigned[c - a->schema->columns] = true;
    return SHMCOL_OK;
}

/* Gives a type to the column called `name`, or, if there is none and the name is a glob, to all
 * that match it. An exact name wins over globs, an earlier glob over later ones. Returns TYPE_NAME,
 * NO_COLUMN. */
static shmcol_status apply_item(const asker *a, const ing_type_item *item, bool globs,
                                shmcol_error *err)
{
    ing_schema *schema = a->schema;
    ing_type_wish wish;
    char why[ING_WHY];
    ing_form *form = NULL;
    const char *name = item->name.data;
    const size_t length = (size_t)item->name.length;
    if (!ing_parse_type(item->type.data, (size_t)item->type.length, a->options, a->numbers, &wish,
                        why))
        return bad_type(item->type, why, err);
    uint32_t field =
        item->quoted ? ing_find_quoted(schema, name, length) : ing_find_field(schema, name, length);
    bool is_glob = !item->quoted && (memchr(name, '*', length) || memchr(name, '?', length) ||
                                     memchr(name, '[', length));
    if (field == UINT32_MAX && !is_glob)
        return no_such_name(schema, name, length, err);
    ing_column *one = ing_column_of_field(schema, field);
    if (one != NULL && !globs)
        return give_type(a, one, &wish, &form, err);
    shmcol_status status = SHMCOL_OK;
    for (uint32_t i = 0;
         status == SHMCOL_OK && field == UINT32_MAX && globs && i < schema->n_columns; i++) {
        ing_column *c = &schema->columns[i];
        if (!a->assigned[i] && !c->asked.from_file && ing_glob(name, length, c->asked.name))
            status = give_type(a, c, &wish, &form, err);
    }
    return status;
}

/* Gives the types of the list (C-51). Returns INVALID_ARGUMENT for an item without a type, and as
 * apply_item. */
static shmcol_status apply_list(const asker *a, bool globs, shmcol_error *err)
{
    const char *list = a->options->types;
    ing_type_item item;
    shmcol_status status = SHMCOL_OK;
    while (status == SHMCOL_OK && list != NULL && ing_next_type(&list, &item)) {
        const int shown = item.name.length > 200 ? 200 : (int)item.name.length;
        status = item.has_type
                     ? apply_item(a, &item, globs, err)
                     : shm_fail(err, SHMCOL_ERR_INVALID_ARGUMENT, "C-51",
                                "\"%.*s\" is not of the form name=type", shown, item.name.data);
    }
    return status;
}

/* Gives the types that the options name. Returns the errors of apply_list. */
static shmcol_status apply_types(const asker *a, shmcol_error *err)
{
    const shmcol_csv_options *o = a->options;
    shmcol_status status = SHMCOL_OK;
    for (int globs = 0; status == SHMCOL_OK && globs < 2; globs++) { /* exact names beat globs */
        status = apply_list(a, globs, err);
        for (uint32_t i = 0; status == SHMCOL_OK && i < o->n_type_pairs; i++) {
            const ing_type_item item = {o->type_pairs[i].key, false, true, o->type_pairs[i].value};
            status = apply_item(a, &item, globs, err);
        }
    }
    return status;
}

/* ---- forms for all columns (C-79) ---- */

static bool has_type_of(const ing_column *c, const ing_form *form)
{
    const uint16_t type = c->asked.type.type;
    if (!c->asked.forced || c->asked.form != NULL)
        return false;
    switch (form->kind) {
    case ING_DATE_FORM: return type == FMT_DATE32 || type == FMT_DATE64;
    case ING_WORDS_FORM: return type == FMT_BOOL8;
    default: return type == FMT_TIMESTAMP;
    }
}

/* Returns true if the forms are for the same types. */
static bool are_alike(const ing_form *a, const ing_form *b)
{
    const bool timestamps = (a->kind == ING_TIMESTAMP_FORM || a->kind == ING_EPOCH_FORM) &&
                            (b->kind == ING_TIMESTAMP_FORM || b->kind == ING_EPOCH_FORM);
    return a->kind == b->kind || timestamps;
}

/* Gives a form for all columns to a column whose type was asked for without one. Returns
 * INVALID_ARGUMENT if there are several to choose from. */
static shmcol_status take_form(ing_forms *forms, uint32_t *used, ing_column *c, shmcol_error *err)
{
    char type[ING_TYPE_TEXT];
    for (uint32_t i = 0; i < forms->n; i++) {
        ing_form *form = &forms->list[i];
        if (!has_type_of(c, form))
            continue;
        if (i + 1 < forms->n && are_alike(form, form + 1)) {
            shm_fail(err, SHMCOL_ERR_INVALID_ARGUMENT, "C-79",
                     "several forms for all columns, and column \"%.100s\" was asked to be %s",
                     c->asked.name, ing_type_text(&c->asked.type, type));
            shm_error_hint(err, "name the column's form in brackets, as in date[%%d/%%m/%%Y]");
            return SHMCOL_ERR_INVALID_ARGUMENT;
        }
        c->asked.form = form;
        *used |= 1u << i;
        return SHMCOL_OK;
    }
    return SHMCOL_OK;
}

/* Gives the forms for all columns to those whose types were asked for. Returns INVALID_ARGUMENT. */
static shmcol_status take_forms(ing_schema *schema, shmcol_error *err)
{
    ing_forms *forms = &schema->forms;
    uint32_t used = 0;
    char text[ING_FORM_TEXT];
    for (uint32_t i = 0; i < schema->n_columns; i++) {
        shmcol_status status = take_form(forms, &used, &schema->columns[i], err);
        if (status != SHMCOL_OK)
            return status;
    }
    for (uint32_t i = 0; i < forms->n; i++)
        if ((forms->numeric & ~used) >> i & 1) {
            shm_fail(err, SHMCOL_ERR_INVALID_ARGUMENT, "C-79",
                     "numbers can match the form \"%s\", so it holds only for columns of such a "
                     "type, and there is none",
                     ing_form_text(&forms->list[i], text));
            shm_error_hint(err, "name them, as in --types 'day=date'");
            return SHMCOL_ERR_INVALID_ARGUMENT;
        }
    return SHMCOL_OK;
}

/* Makes null tokens that a form of the column can read be looked for before values are read. */
static shmcol_status check_tokens(const ing_forms *forms, ing_column *c, shmcol_error *err)
{
    ing_tokens *tokens = &c->asked.tokens;
    for (uint32_t i = 0; i < tokens->n && !tokens->values; i++) {
        char *copy = calloc(1, tokens->list[i].length + 2 * PARSE_SLACK);
        if (copy == NULL)
            return shm_fail_memory(err);
        memcpy(copy + PARSE_SLACK, tokens->list[i].text, tokens->list[i].length);
        tokens->values =
            ing_forms_match(forms, c->asked.form, copy + PARSE_SLACK, tokens->list[i].length);
        free(copy);
    }
    return SHMCOL_OK;
}

shmcol_status ing_ask_types(ing_schema *schema, const shmcol_csv_options *o,
                            const parse_style *numbers, shmcol_error *err)
{
    asker a = {schema, o, numbers, calloc(schema->n_columns + 1u, sizeof(bool))};
    shmcol_status status = a.assigned == NULL ? shm_fail_memory(err) : apply_types(&a, err);
    free(a.assigned);
    if (status == SHMCOL_OK && schema->forms.n != 0)
        status = take_forms(schema, err);
    for (uint32_t i = 0; status == SHMCOL_OK && i < schema->n_columns; i++)
        status = check_tokens(&schema->forms, &schema->columns[i], err);
    return status;
}

const char *ing_asked_text(const ing_asked *asked, char out[ING_ASKED_TEXT])
{
    char type[ING_TYPE_TEXT], form[ING_FORM_TEXT];
    snprintf(out, ING_ASKED_TEXT, "%s%s%s",
             asked->any_unit ? "time" : ing_type_text(&asked->type, type),
             asked->form != NULL ? " of the form " : "",
             asked->form != NULL ? ing_form_text(asked->form, form) : "");
    return out;
}
