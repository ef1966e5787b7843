/* Matches the headers of several inputs (C-95, C-96): which field of each has which place in the
 * header of the table. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text_set.h"
#include "ingest/schema/schema.h"
#include "secret.h"

#define NAME_MEMORY 64u /* what a name takes beside its text */

/* A place in the table's header, while headers are matched. */
struct ing_place {
    uint32_t input; /* the last one that has it, from 1 */
    uint32_t field; /* of that input */
};

ing_matcher ing_matcher_begin(ing_schema *schema, const shmcol_csv_options *options,
                              uint64_t memory)
{
    return (ing_matcher){.schema = schema,
                         .widens = options->union_columns || options->columns != NULL,
                         .most_memory = memory / 8};
}

void ing_matcher_first(ing_matcher *m, char **names, uint32_t n, const char *path)
{
    m->schema->header = names;
    m->schema->n_fields = m->n_first = n;
    m->first_path = path;
}

void ing_matcher_end(ing_matcher *m)
{
    base_text_set_free(m->names);
    free(m->places);
    m->names = NULL;
    m->places = NULL;
}

static bool is_first_header(const ing_matcher *m, char *const *names, size_t n)
{
    if (n != m->n_first)
        return false;
    for (size_t i = 0; i < n; i++)
        if (strcmp(names[i], m->schema->header[i]) != 0)
            return false;
    return true;
}

static int32_t find(const ing_matcher *m, const char *name)
{
    return base_text_set_find(m->names, name, strlen(name));
}

/* Adds the last name of the table's header to the set. Returns false if there is no memory. */
static bool add_place(ing_matcher *m, const char *name)
{
    const uint32_t n = m->names->count;
    if ((n & (n - 1)) == 0) { /* full at 0 and at each power of two */
        struct ing_place *places = realloc(m->places, (n * 2u + 1) * sizeof *places);
        if (places == NULL)
            return false;
        m->places = places;
    }
    m->places[n] = (struct ing_place){0, 0};
    return base_text_set_add(m->names, name, strlen(name));
}

/* Makes the set of the first input's names. *bad becomes the first name that is empty or stands
 * there twice, or NULL. Returns NO_MEMORY. */
static shmcol_status make_set(ing_matcher *m, const char **bad, shmcol_error *err)
{
    *bad = m->bad;
    if (m->names != NULL)
        return SHMCOL_OK;
    if ((m->names = base_text_set_new(shm_secret())) == NULL)
        return shm_fail_memory(err);
    for (uint32_t i = 0; i < m->n_first && m->bad == NULL; i++) {
        const char *name = m->schema->header[i];
        if (name[0] == 0 || find(m, name) >= 0)
            m->bad = name;
        else if (!add_place(m, name))
            return shm_fail_memory(err);
    }
    *bad = m->bad;
    return SHMCOL_OK;
}

/* Counts the names that the first header has, or sets *unique to false if one of them is empty or
 * stands twice. Returns false if there is no memory. */
static bool count_shared(const ing_matcher *m, char *const *names, size_t n, size_t *shared,
                         bool *unique)
{
    base_text_set *own = base_text_set_new(shm_secret());
    bool done = own != NULL;
    *shared = 0;
    *unique = true;
    for (size_t i = 0; done && *unique && i < n; i++) {
        const size_t length = strlen(names[i]);
        const int32_t place = find(m, names[i]);
        *shared += place >= 0 && (uint32_t)place < m->n_first;
        *unique = length != 0 && base_text_set_find(own, names[i], length) < 0;
        done = !*unique || base_text_set_add(own, names[i], length);
    }
    base_text_set_free(own);
    return done;
}

shmcol_status ing_header_fits(ing_matcher *m, char *const *names, size_t n, bool shares, bool *fits,
                              shmcol_error *err)
{
    const char *bad;
    size_t shared;
    bool unique;
    *fits = is_first_header(m, names, n);
    if (*fits)
        return SHMCOL_OK;
    shmcol_status status = make_set(m, &bad, err);
    if (status != SHMCOL_OK || bad != NULL)
        return status;
    if (!count_shared(m, names, n, &shared, &unique))
        return shm_fail_memory(err);
    *fits = unique && (m->widens ? !shares || shared != 0 : n == m->n_first && shared == n);
    return SHMCOL_OK;
}

/* Returns CSV_HEADERS_DIFFER for a name that cannot be matched. whose: "the header" or a path. */
static shmcol_status tell_bad(const char *bad, const char *whose, shmcol_error *err)
{
    if (bad[0] == 0)
        shm_fail(err, SHMCOL_ERR_CSV_HEADERS_DIFFER, "C-95",
                 "the headers differ, and %.200s has an empty name", whose);
    else
        shm_fail(err, SHMCOL_ERR_CSV_HEADERS_DIFFER, "C-95",
                 "the headers differ, and \"%.100s\" stands twice in %.200s", bad, whose);
    shm_error_hint(err, "columns are matched by name only where all names are unique and none is "
                        "empty; else the headers have to be the same");
    return SHMCOL_ERR_CSV_HEADERS_DIFFER;
}

/* Returns CSV_HEADERS_DIFFER for the column `name`, which the input has, or lacks. */
static shmcol_status tell_difference(const ing_matcher *m, const char *name, bool has,
                                     shmcol_error *err)
{
    if (has)
        shm_fail(err, SHMCOL_ERR_CSV_HEADERS_DIFFER, "C-95",
                 "the header has a column \"%.100s\", which that of %.200s lacks", name,
                 m->first_path);
    else
        shm_fail(err, SHMCOL_ERR_CSV_HEADERS_DIFFER, "C-95",
                 "the header lacks the column \"%.100s\" of %.200s", name, m->first_path);
    shm_error_hint(err, "--union reads what an input lacks as null; --columns keeps those that "
                        "all have");
    return SHMCOL_ERR_CSV_HEADERS_DIFFER;
}

/* Adds a name to the table's header. Returns LIMIT (F-59), MEMORY_BOUND, NO_MEMORY. */
static shmcol_status widen(ing_matcher *m, const char *name, shmcol_error *err)
{
    ing_schema *schema = m->schema;
    const uint32_t n = schema->n_fields;
    if (n == FMT_SCHEMA_TABLES_MAX)
        return shm_fail(err, SHMCOL_ERR_LIMIT, "F-59",
                        "the inputs have more than 1,000,000 columns together");
    m->memory += strlen(name) + NAME_MEMORY;
    if (m->memory > m->most_memory) {
        shm_fail(err, SHMCOL_ERR_MEMORY_BOUND, "",
                 "the names of all inputs' columns do not fit the memory bound");
        shm_error_hint(err, "raise --memory");
        return SHMCOL_ERR_MEMORY_BOUND;
    }
    if (n + 1u >= m->capacity) {
        const uint32_t capacity = n * 2 + 2;
        char **header = realloc(schema->header, capacity * sizeof *header);
        if (header == NULL)
            return shm_fail_memory(err);
        schema->header = header;
        m->capacity = capacity;
    }
    if ((schema->header[n] = strdup(name)) == NULL)
        return shm_fail_memory(err);
    schema->n_fields++;
    return add_place(m, name) ? SHMCOL_OK : shm_fail_memory(err);
}

/* Finds the place of each name. Returns CSV_HEADERS_DIFFER for a name that is empty, stands twice,
 * or has no place; LIMIT, MEMORY_BOUND, NO_MEMORY. */
static shmcol_status place_names(ing_matcher *m, char *const *names, size_t n, shmcol_error *err)
{
    const char *extra = NULL;
    m->input++;
    for (size_t i = 0; i < n; i++) {
        int32_t place = names[i][0] == 0 ? -1 : find(m, names[i]);
        if (place < 0 && names[i][0] != 0 && m->widens) {
            shmcol_status status = widen(m, names[i], err);
            if (status != SHMCOL_OK)
                return status;
            place = (int32_t)m->schema->n_fields - 1;
        }
        if (names[i][0] == 0 || (place >= 0 && m->places[place].input == m->input))
            return tell_bad(names[i], "it", err);
        if (place >= 0)
            m->places[place] = (struct ing_place){m->input, (uint32_t)i};
        else if (extra == NULL)
            extra = names[i];
    }
    for (uint32_t p = 0; !m->widens && p < m->n_first; p++)
        if (m->places[p].input != m->input)
            return tell_difference(m, m->schema->header[p], false, err);
    return extra != NULL ? tell_difference(m, extra, true, err) : SHMCOL_OK;
}

/* Gives the layout the fields that place_names found. Returns MEMORY_BOUND, NO_MEMORY. */
static shmcol_status set_fields(ing_matcher *m, ing_layout *layout, shmcol_error *err)
{
    const uint32_t n = m->schema->n_fields;
    uint32_t *fields = malloc((n + 1u) * sizeof *fields);
    if (fields == NULL)
        return shm_fail_memory(err);
    for (uint32_t p = 0; p < n; p++)
        fields[p] = m->places[p].input == m->input ? m->places[p].field : ING_NO_FIELD;
    layout->fields = fields;
    layout->n_names = n;
    return SHMCOL_OK;
}

shmcol_status ing_match_header(ing_matcher *m, char *const *names, size_t n, ing_layout *layout,
                               shmcol_error *err)
{
    const char *bad;
    layout->fields = NULL;
    layout->n_names = m->n_first;
    if (names == NULL || is_first_header(m, names, n)) /* NULL: it is the first one itself */
        return SHMCOL_OK;
    shmcol_status status = make_set(m, &bad, err);
    if (status != SHMCOL_OK)
        return status;
    if (bad != NULL)
        return tell_bad(bad, m->first_path, err);
    status = place_names(m, names, n, err);
    return status == SHMCOL_OK ? set_fields(m, layout, err) : status;
}

shmcol_status ing_check_kept(const ing_schema *schema, const ing_text_source *source,
                             shmcol_error *err)
{
    const ing_layout *good = NULL;
    for (uint32_t i = 0; i < source->n_inputs; i++) {
        const ing_input *input = &source->inputs[i];
        if (input->left_out)
            continue;
        for (uint32_t c = 0; input->layout != good && c < schema->n_columns; c++) {
            const ing_asked *asked = &schema->columns[c].asked;
            if (asked->of_file || ing_layout_field(input->layout, asked->field) != ING_NO_FIELD)
                continue;
            shm_fail(err, SHMCOL_ERR_CSV_HEADERS_DIFFER, "C-95",
                     "the header lacks the column \"%.100s\", which is to be kept", asked->name);
            shm_error_hint(err, "--union reads what an input lacks as null");
            shm_error_path(err, input->path);
            return SHMCOL_ERR_CSV_HEADERS_DIFFER;
        }
        good = input->layout;
    }
    return SHMCOL_OK;
}
