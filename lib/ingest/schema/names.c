/* Makes the names of columns unique (C-12), and finds columns by name. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text_set.h"
#include "ingest/schema/schema.h"
#include "secret.h"

/* A name in use. */
typedef struct use {
    uint32_t
        next;  /* number to try for its next duplicate, so that a thousand columns of one name do
                      not try a million */
    bool seen; /* an earlier column has this name */
} use;

typedef struct name_set {
    base_text_set *names;
    use *uses; /* by the name's code */
} name_set;

static int32_t find(const name_set *set, const char *name)
{
    return base_text_set_find(set->names, name, strlen(name));
}

/* Adds a name that is not there. Returns false if there is no memory. */
static bool add(name_set *set, const char *name)
{
    set->uses[set->names->count] = (use){2, false};
    return base_text_set_add(set->names, name, strlen(name));
}

/* Returns the first free name of base_2, base_3 …, from *number on, as a new string; NULL if there
 * is no memory. */
static char *free_name(const name_set *set, const char *base, uint32_t *number)
{
    size_t size = strlen(base) + 16;
    char *name = malloc(size);
    if (name == NULL)
        return NULL;
    do
        snprintf(name, size, "%s_%u", base, (*number)++);
    while (find(set, name) >= 0);
    return name;
}

static char *new_name(const name_set *set, const char *old, uint32_t index)
{
    char base[32];
    uint32_t number = 2;
    if (old[0] != 0)
        return free_name(set, old, &set->uses[find(set, old)].next);
    snprintf(base, sizeof base, "column_%u", index + 1);
    return find(set, base) < 0 ? strdup(base) : free_name(set, base, &number);
}

/* Warns that column `i` is not called `old` but `name`. Returns false if there is no memory. */
static bool warn(ing_control *control, uint32_t i, const char *old, const char *name)
{
    if (old[0] == 0)
        return ing_warn(control, "column %u has no name: it is called \"%.200s\"", i + 1, name);
    return ing_warn(control,
                    "column %u is called \"%.200s\", as another one before: it is called "
                    "\"%.200s\"",
                    i + 1, old, name);
}

/* Renames columns without a name of their own. Returns false if there is no memory. */
static bool rename_columns(ing_schema *schema, name_set *set, bool quiet, ing_control *control)
{
    for (uint32_t i = 0; i < schema->n_fields; i++) {
        char *old = schema->header[i];
        if (old[0] != 0) {
            use *of = &set->uses[find(set, old)];
            const bool first = !of->seen;
            of->seen = true;
            if (first)
                continue;
        }
        char *name = new_name(set, old, i);
        if (name == NULL)
            return false;
        const bool done = (quiet || warn(control, i, old, name)) && add(set, name);
        free(old);
        schema->header[i] = name;
        if (!done)
            return false;
    }
    return true;
}

/* Returns CSV_NAME if a number has made a name too long. */
static shmcol_status check_lengths(const ing_schema *schema, const char *path, shmcol_error *err)
{
    for (uint32_t i = 0; i < schema->n_fields; i++)
        if (strlen(schema->header[i]) > FMT_NAME_MAX) {
            shm_fail(err, SHMCOL_ERR_CSV_NAME, "C-12",
                     "the name of column %u, which had to be told from another one, has %zu bytes",
                     i + 1, strlen(schema->header[i]));
            shm_error_path(err, path);
            return SHMCOL_ERR_CSV_NAME;
        }
    return SHMCOL_OK;
}

/* Keeps the set of all names, for ing_find_field. Returns false if there is no memory. */
static bool keep_names(ing_schema *schema, const name_set *set)
{
    schema->fields = malloc((set->names->count + (size_t)1) * sizeof *schema->fields);
    if (schema->fields == NULL)
        return false;
    for (uint32_t i = 0; i < schema->n_fields; i++) /* every name in the set is a field's */
        schema->fields[find(set, schema->header[i])] = i;
    return true;
}

shmcol_status ing_name_columns(ing_schema *schema, bool quiet, const char *path,
                               ing_control *control, shmcol_error *err)
{
    /* Each column adds at most its name and a new one. */
    name_set set = {base_text_set_new(shm_secret()),
                    malloc((2 * (size_t)schema->n_fields + 1) * sizeof *set.uses)};
    bool done = set.names != NULL && set.uses != NULL;
    for (uint32_t i = 0; done && i < schema->n_fields; i++)
        if (schema->header[i][0] != 0 && find(&set, schema->header[i]) < 0)
            done = add(&set, schema->header[i]);
    done = done && rename_columns(schema, &set, quiet, control) && keep_names(schema, &set);
    schema->names = set.names;
    free(set.uses);
    return done ? check_lengths(schema, path, err) : shm_fail_memory(err);
}

uint32_t ing_find_field(const ing_schema *schema, const char *name, size_t n)
{
    const int32_t code = base_text_set_find(schema->names, name, n);
    return code < 0 ? UINT32_MAX : schema->fields[code];
}

ing_column *ing_column_of_field(const ing_schema *schema, uint32_t field)
{
    const uint32_t place = field != UINT32_MAX ? schema->places[field] : UINT32_MAX;
    return place != UINT32_MAX ? &schema->columns[place] : NULL;
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

uint32_t ing_find_quoted(const ing_schema *schema, const char *name, size_t n)
{
    for (uint32_t i = 0; n != 0 && name[0] == '"' && i < schema->n_fields; i++)
        if (is_quoted_name(name, n, schema->header[i]))
            return i;
    return UINT32_MAX;
}

shmcol_status ing_no_such_column(const ing_schema *schema, const char *name, size_t n,
                                 const char *what, const char *rule, shmcol_error *err)
{
    shm_fail(err, SHMCOL_ERR_NO_COLUMN, rule, "%s names \"%.*s\", but there is no such column",
             what, n > 200 ? 200 : (int)n, name);
    shm_error_hint(err, "the columns are \"%.60s\"%s%.60s%s%s", schema->header[0],
                   schema->n_fields > 1 ? ", \"" : "",
                   schema->n_fields > 1 ? schema->header[1] : "", schema->n_fields > 1 ? "\"" : "",
                   schema->n_fields > 2 ? " …" : "");
    return SHMCOL_ERR_NO_COLUMN;
}
