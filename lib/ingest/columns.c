/* What the options say of columns: which ones (C-18), their null tokens (C-22), dictionaries (C-60)
 * and types (C-51). */
#include <stdlib.h>
#include <string.h>

#include "dictionary_mode.h"
#include "format/types.h"
#include "ingest/header.h"
#include "ingest/types.h"

#define COLUMN_MEMORY                                                                              \
    2048u /* what a column takes from its name to its place in the directory, values and threads   \
             apart */

uint32_t ing_find_field(const ing_job *job, const char *name, size_t n)
{
    for (uint32_t i = 0; i < job->text.n_fields; i++)
        if (strlen(job->schema.header[i]) == n && memcmp(job->schema.header[i], name, n) == 0)
            return i;
    return UINT32_MAX;
}

static shmcol_status no_such_column(const ing_job *job, const char *name, size_t n,
                                    const char *what, const char *rule, shmcol_error *err)
{
    shm_fail(err, SHMCOL_ERR_NO_COLUMN, rule, "%s names \"%.*s\", but there is no such column",
             what, n > 200 ? 200 : (int)n, name);
    shm_error_hint(err, "the columns are \"%.60s\"%s%.60s%s%s", job->schema.header[0],
                   job->text.n_fields > 1 ? ", \"" : "",
                   job->text.n_fields > 1 ? job->schema.header[1] : "",
                   job->text.n_fields > 1 ? "\"" : "", job->text.n_fields > 2 ? " …" : "");
    return SHMCOL_ERR_NO_COLUMN;
}

static void init_column(ing_column *c, const char *name, uint32_t field)
{
    c->asked.name = name;
    c->asked.name_length = (uint32_t)strlen(name);
    c->asked.field = field;
    c->asked.type.type = FMT_STRING;
}

/* C-18 */
static shmcol_status select_columns(ing_job *job, shmcol_error *err)
{
    const shmcol_csv_options *o = &job->options;
    job->schema.n_columns = o->columns ? o->n_columns : job->text.n_fields;
    if (job->schema.n_columns > job->limits.memory / COLUMN_MEMORY) {
        shm_fail(err, SHMCOL_ERR_MEMORY_BOUND, "", "%u columns do not fit the memory bound",
                 job->schema.n_columns);
        shm_error_hint(err, "raise --memory: about 2 KiB a column, or choose columns");
        return SHMCOL_ERR_MEMORY_BOUND;
    }
    job->schema.columns = calloc(job->schema.n_columns + 1u, sizeof *job->schema.columns);
    bool *taken = calloc(job->text.n_fields + 1u, sizeof *taken);
    shmcol_status status =
        job->schema.columns == NULL || taken == NULL ? shm_fail_memory(err) : SHMCOL_OK;
    for (uint32_t i = 0; status == SHMCOL_OK && i < job->schema.n_columns; i++) {
        uint32_t field = o->columns ? ing_find_field(job, o->columns[i], strlen(o->columns[i])) : i;
        if (field == UINT32_MAX) {
            status = no_such_column(job, o->columns[i], strlen(o->columns[i]),
                                    "the list of columns", "C-18", err);
        } else if (taken[field]) {
            status = shm_fail(err, SHMCOL_ERR_INVALID_ARGUMENT, "C-18",
                              "the list of columns names \"%.200s\" twice", o->columns[i]);
        } else {
            taken[field] = true;
            init_column(&job->schema.columns[i], job->schema.header[field], field);
        }
    }
    free(taken);
    return status;
}

static ing_column *column_of_field(const ing_job *job, uint32_t field)
{
    for (uint32_t i = 0; field != UINT32_MAX && i < job->schema.n_columns; i++)
        if (job->schema.columns[i].asked.field == field)
            return &job->schema.columns[i];
    return NULL;
}

/* Returns true if quoted[0, n) is `name` in quotes, with each quote in it doubled. */
static bool is_quoted_name(const char *quoted, size_t n, const char *name)
{
    if (n < 2 || quoted[0] != '"' || quoted[n - 1] != '"')
        return false;
    const char *end = quoted + n - 1;
    for (quoted++; quoted < end; quoted++, name++) {
        if (*quoted != *name)
            return false;
        if (*quoted == '"' && (++quoted == end || *quoted != '"'))
            return false;
    }
    return *name == 0;
}

/* C-22: the field of a name in front of a sign, quoted as in CSV or as it is. */
static uint32_t find_named(const ing_job *job, const char *name, size_t n, bool quoted)
{
    if (!quoted)
        return ing_find_field(job, name, n);
    for (uint32_t i = 0; name[0] == '"' && i < job->text.n_fields; i++)
        if (is_quoted_name(name, n, job->schema.header[i]))
            return i;
    return UINT32_MAX;
}

const ing_column *ing_null_column(const ing_job *job, const char *option, const char **token,
                                  bool *named)
{
    *token = option;
    *named = false;
    for (int quoted = 1; quoted >= 0; quoted--)
        for (const char *sign = option; (sign = strchr(sign, '=')) != NULL; sign++) {
            uint32_t field = find_named(job, option, (size_t)(sign - option), quoted != 0);
            if (field != UINT32_MAX) {
                *token = sign + 1;
                *named = true;
                return column_of_field(job, field);
            }
        }
    return NULL;
}

/* Whether a token is also a spelling of a value, so that it has to be looked for before the value
 * is read. */
static bool is_value(const char *text, size_t length, bool *value)
{
    char *copy = calloc(1, length + 2 * PARSE_SLACK);
    if (copy == NULL)
        return false;
    memcpy(copy + PARSE_SLACK, text, length);
    *value = false;
    for (int comma = 0; comma < 2; comma++) {
        parse_value parsed;
        parse_classify(copy + PARSE_SLACK, length, comma != 0, &parsed);
        *value |= parsed.class_ != PARSE_TEXT;
    }
    free(copy);
    return true;
}

static bool add_token(ing_column *c, const char *text, size_t length, bool value)
{
    ing_token *tokens =
        realloc((void *)(uintptr_t)c->asked.tokens.list, (c->asked.tokens.n + 1) * sizeof *tokens);
    if (tokens == NULL)
        return false;
    tokens[c->asked.tokens.n].text = text;
    tokens[c->asked.tokens.n].length = length;
    c->asked.tokens.list = tokens;
    c->asked.tokens.n++;
    c->asked.tokens.lengths |= ing_length_bit(length);
    c->asked.tokens.firsts |= length == 0 ? UINT64_MAX : ing_first_bit(text[0]);
    c->asked.tokens.values |= value;
    return true;
}

/* Adds a token to one column, or to all if `everywhere`. `one` may be NULL: a column that is not
 * kept. */
static shmcol_status take_token(ing_job *job, const ing_column *one, bool everywhere,
                                const char *token, size_t n, shmcol_error *err)
{
    bool value;
    if (!is_value(token, n, &value))
        return shm_fail_memory(err);
    for (uint32_t c = 0; c < job->schema.n_columns; c++)
        if ((everywhere || one == &job->schema.columns[c]) &&
            !add_token(&job->schema.columns[c], token, n, value))
            return shm_fail_memory(err);
    return SHMCOL_OK;
}

/* C-22 */
static shmcol_status take_tokens(ing_job *job, shmcol_error *err)
{
    const shmcol_csv_options *o = &job->options;
    shmcol_status status = SHMCOL_OK;
    for (uint32_t i = 0; status == SHMCOL_OK && i < o->n_nulls; i++) {
        const char *token;
        bool named;
        const ing_column *one = ing_null_column(job, o->nulls[i], &token, &named);
        status = take_token(job, one, !named, token, strlen(token), err);
    }
    for (uint32_t i = 0; status == SHMCOL_OK && i < o->n_null_pairs; i++) {
        const shmcol_text *name = &o->null_pairs[i].key, *token = &o->null_pairs[i].value;
        uint32_t field = ing_find_field(job, name->data, (size_t)name->length);
        status = field == UINT32_MAX ? no_such_column(job, name->data, (size_t)name->length,
                                                      "the null option", "C-22", err)
                                     : take_token(job, column_of_field(job, field), false,
                                                  token->data, (size_t)token->length, err);
    }
    return status;
}

/* C-60: MODE, or NAME=MODE; no mode holds a sign. *one becomes the column that is named, NULL:
 * none, or one that is left out. */
static shmcol_status split_mode(const ing_job *job, const char *option,
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
    uint32_t field = ing_find_field(job, name, length);
    if (field == UINT32_MAX)
        return no_such_column(job, name, length, "the dictionary option", "C-60", err);
    *one = column_of_field(job, field);
    return SHMCOL_OK;
}

/* C-60: what is said of all columns, then what is said of one. */
static shmcol_status take_modes(ing_job *job, shmcol_error *err)
{
    for (int pass = 0; pass < 2; pass++)
        for (uint32_t i = 0; i < job->options.n_dictionary; i++) {
            ing_column *one;
            bool named;
            shmcol_dictionary_mode mode = SHMCOL_DICTIONARY_AUTO;
            shmcol_status status =
                split_mode(job, job->options.dictionary[i], &mode, &named, &one, err);
            if (status)
                return status;
            for (uint32_t c = 0; c < job->schema.n_columns; c++)
                if (pass == 1 ? one == &job->schema.columns[c] : !named)
                    job->schema.columns[c].asked.dictionary_mode = mode;
        }
    return SHMCOL_OK;
}

/* Frees what was made of a column after the header. */
static void drop_results(ing_job *job, ing_column *c)
{
    free(c->result.null_blocks);
    free(c->result.zones);
    ing_free_parts(job, c);
    ing_distinct_free(c->target.set);
    free(c->target.tally);
}

void ing_reset_columns(ing_job *job)
{
    for (uint32_t i = 0; i < job->schema.n_columns; i++) {
        ing_column *c = &job->schema.columns[i];
        drop_results(job, c);
        memset(&c->sample, 0, sizeof c->sample);
        memset(&c->target, 0, sizeof c->target);
        memset(&c->result, 0, sizeof c->result);
        c->target.type = c->asked.type;
        c->result.values = c->result.validity = SINK_NONE;
        c->result.bytes = c->result.codes = SINK_NONE;
        ing_facts_init(&c->result.facts);
    }
}

void ing_free_columns(ing_job *job)
{
    for (uint32_t i = 0; job->schema.columns != NULL && i < job->schema.n_columns; i++) {
        drop_results(job, &job->schema.columns[i]);
        free((void *)(uintptr_t)job->schema.columns[i].asked.tokens.list);
    }
    free(job->schema.columns);
}

shmcol_status ing_make_columns(ing_job *job, shmcol_error *err)
{
    shmcol_status status = select_columns(job, err);
    if (status == SHMCOL_OK)
        status = take_tokens(job, err);
    if (status == SHMCOL_OK)
        status = take_modes(job, err);
    if (status == SHMCOL_OK)
        status = ing_force_types(job, err);
    if (status == SHMCOL_OK)
        ing_reset_columns(job);
    return status;
}
