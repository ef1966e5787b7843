/* Makes the columns from the options: which ones (select.c), their null tokens (C-22), dictionaries
 * (C-60) and types (C-51). */
#include <stdlib.h>
#include <string.h>

#include "dictionary_mode.h"
#include "format/types.h"
#include "ingest/schema/schema.h"

/* Notes which column each field has. Returns NO_MEMORY. */
static shmcol_status place_fields(ing_schema *schema, shmcol_error *err)
{
    schema->places = malloc((schema->n_fields + (size_t)1) * sizeof *schema->places);
    if (schema->places == NULL)
        return shm_fail_memory(err);
    for (uint32_t i = 0; i < schema->n_fields; i++)
        schema->places[i] = UINT32_MAX;
    for (uint32_t i = 0; i < schema->n_columns; i++)
        schema->places[schema->columns[i].asked.field] = i;
    return SHMCOL_OK;
}

ing_column *ing_null_column(const ing_schema *schema, const char *option, const char **token,
                            bool *named)
{
    *token = option;
    *named = false;
    for (int quoted = 1; quoted >= 0; quoted--)
        for (const char *sign = option; (sign = strchr(sign, '=')) != NULL; sign++) {
            const size_t n = (size_t)(sign - option);
            uint32_t field = quoted != 0 ? ing_find_quoted(schema, option, n)
                                         : ing_find_field(schema, option, n);
            if (field != UINT32_MAX) {
                *token = sign + 1;
                *named = true;
                return ing_column_of_field(schema, field);
            }
        }
    return NULL;
}

/* Sets *value if a token is also a spelling of a value: then it has to be looked for before the
 * value is read. Returns false if there is no memory. */
static bool is_value(const char *text, size_t length, bool *value)
{
    char *copy = calloc(1, length + 2 * PARSE_SLACK);
    if (copy == NULL)
        return false;
    memcpy(copy + PARSE_SLACK, text, length);
    parse_value parsed;
    parse_classify(copy + PARSE_SLACK, length, &parse_style_plain, &parsed);
    *value = parsed.class_ != PARSE_TEXT;
    for (size_t i = 0; i < length; i++) /* numbers of any style */
        *value |= text[i] >= '0' && text[i] <= '9';
    free(copy);
    return true;
}

static bool add_token(ing_tokens *tokens, const char *text, size_t length, bool value)
{
    ing_token *list =
        realloc((void *)(uintptr_t)tokens->list, (tokens->n + 1) * sizeof *tokens->list);
    if (list == NULL)
        return false;
    list[tokens->n].text = text;
    list[tokens->n].length = length;
    tokens->list = list;
    tokens->n++;
    tokens->lengths |= ing_length_bit(length);
    tokens->firsts |= length == 0 ? UINT64_MAX : ing_first_bit(text[0]);
    tokens->values |= value;
    return true;
}

/* Adds a token to the column `one`, or to all columns if `everywhere`. `one` is NULL for a column
 * that is not kept. Returns NO_MEMORY. */
static shmcol_status take_token(ing_schema *schema, ing_column *one, bool everywhere,
                                const char *token, size_t n, shmcol_error *err)
{
    bool value;
    if (!is_value(token, n, &value))
        return shm_fail_memory(err);
    bool done = one == NULL || add_token(&one->asked.tokens, token, n, value);
    for (uint32_t c = 0; done && everywhere && c < schema->n_columns; c++)
        done = add_token(&schema->columns[c].asked.tokens, token, n, value);
    return done ? SHMCOL_OK : shm_fail_memory(err);
}

/* Takes the null tokens from the options (C-22). Returns NO_COLUMN, NO_MEMORY. */
static shmcol_status take_tokens(ing_schema *schema, const shmcol_csv_options *o, shmcol_error *err)
{
    shmcol_status status = SHMCOL_OK;
    for (uint32_t i = 0; status == SHMCOL_OK && i < o->n_nulls; i++) {
        const char *token;
        bool named;
        ing_column *one = ing_null_column(schema, o->nulls[i], &token, &named);
        status = take_token(schema, one, !named, token, strlen(token), err);
    }
    for (uint32_t i = 0; status == SHMCOL_OK && i < o->n_null_pairs; i++) {
        const shmcol_text *name = &o->null_pairs[i].key, *token = &o->null_pairs[i].value;
        uint32_t field = ing_find_field(schema, name->data, (size_t)name->length);
        status = field == UINT32_MAX ? ing_no_such_column(schema, name->data, (size_t)name->length,
                                                          "the null option", "C-22", err)
                                     : take_token(schema, ing_column_of_field(schema, field), false,
                                                  token->data, (size_t)token->length, err);
    }
    return status;
}

/* Reads a dictionary option (C-60): MODE, or NAME=MODE; no mode has a sign. *one becomes the column
 * that is named, or NULL for none, or for one that is left out. Returns INVALID_ARGUMENT,
 * NO_COLUMN. */
static shmcol_status split_mode(const ing_schema *schema, const char *option,
                                shmcol_dictionary_mode *mode, bool *named, ing_column **one,
                                shmcol_error *err)
{
    const char *name;
    size_t length;
    bool good = shm_dictionary_mode(option, mode, &name, &length);
    *named = name != NULL;
    *one = NULL;
    if (!good) {
        shm_fail(err, SHMCOL_ERR_INVALID_ARGUMENT, "C-60", "\"%.200s\" is no dictionary mode",
                 *named ? name + length + 1 : option);
        shm_error_hint(err, "auto, always or never");
        return SHMCOL_ERR_INVALID_ARGUMENT;
    }
    if (!*named)
        return SHMCOL_OK;
    uint32_t field = ing_find_field(schema, name, length);
    if (field == UINT32_MAX)
        return ing_no_such_column(schema, name, length, "the dictionary option", "C-60", err);
    *one = ing_column_of_field(schema, field);
    return SHMCOL_OK;
}

/* Gives a column a mode, for all columns or by its name. What a file says of the column (C-80)
 * beats a mode for all. */
static void take_mode(ing_asked *asked, shmcol_dictionary_mode mode, bool by_name)
{
    if (!by_name)
        asked->mode_for_all = mode;
    if (by_name || !asked->from_file)
        asked->dictionary_mode = mode;
    asked->mode_named |= by_name;
}

/* Takes the dictionary modes (C-60): first those for all columns, then those for one. */
static shmcol_status take_modes(ing_schema *schema, const shmcol_csv_options *o, shmcol_error *err)
{
    for (int pass = 0; pass < 2; pass++)
        for (uint32_t i = 0; i < o->n_dictionary; i++) {
            ing_column *one;
            bool named;
            shmcol_dictionary_mode mode = SHMCOL_DICTIONARY_AUTO;
            shmcol_status status = split_mode(schema, o->dictionary[i], &mode, &named, &one, err);
            if (status != SHMCOL_OK)
                return status;
            if (pass == 1 && one != NULL)
                take_mode(&one->asked, mode, true);
            for (uint32_t c = 0; pass == 0 && !named && c < schema->n_columns; c++)
                take_mode(&schema->columns[c].asked, mode, false);
        }
    return SHMCOL_OK;
}

shmcol_status ing_make_columns(ing_schema *schema, const shmcol_csv_options *options,
                               const parse_style *numbers, uint64_t memory, shmcol_error *err)
{
    shmcol_status status = ing_select_columns(schema, options, memory, err);
    if (status != SHMCOL_OK)
        return status;
    for (uint32_t i = 0; i < schema->n_columns; i++)
        schema->columns[i].asked.lenient = (options->on_error & SHMCOL_ON_ERROR_NULL) != 0;
    status = ing_take_types_from(schema, options, err);
    if (status != SHMCOL_OK)
        return status;
    status = place_fields(schema, err);
    if (status != SHMCOL_OK)
        return status;
    status = take_tokens(schema, options, err);
    if (status != SHMCOL_OK)
        return status;
    status = take_modes(schema, options, err);
    if (status != SHMCOL_OK)
        return status;
    status = ing_ask_types(schema, options, numbers, err);
    if (status != SHMCOL_OK)
        return status;
    status = ing_check_types_from(schema, options->types_from, err);
    if (status != SHMCOL_OK)
        return status;
    ing_reset_columns(schema);
    return SHMCOL_OK;
}

void ing_reset_columns(ing_schema *schema)
{
    for (uint32_t i = 0; i < schema->n_columns; i++) {
        ing_column *c = &schema->columns[i];
        memset(&c->sample, 0, sizeof c->sample);
        memset(&c->target, 0, sizeof c->target);
        memset(&c->result, 0, sizeof c->result);
        c->target.type = c->asked.type;
        c->target.form = c->asked.form;
        c->result.values = c->result.validity = SINK_NONE;
        c->result.streams[0] = c->result.streams[1] = c->result.codes = SINK_NONE;
        ing_facts_init(&c->result.facts);
        ing_facts_init(&c->result.form_facts);
        c->result.facts.failed_forms = schema->forms.numeric;
    }
}

void ing_schema_end(ing_schema *schema)
{
    for (uint32_t i = 0; schema->columns != NULL && i < schema->n_columns; i++)
        free((void *)(uintptr_t)schema->columns[i].asked.tokens.list);
    free(schema->columns);
    free(schema->places);
    free(schema->fields);
    base_text_set_free(schema->names);
    for (uint32_t i = 0; i < schema->n_owned; i++) {
        ing_form_end(schema->owned[i]);
        free(schema->owned[i]);
    }
    ing_forms_end(&schema->forms);
    free(schema->owned);
    for (uint32_t i = 0; schema->header != NULL && i < schema->n_fields; i++)
        free(schema->header[i]);
    free(schema->header);
}
