/* Selects the columns that are kept: by name, by place, or all but some (C-18, C-92). */
#include <stdlib.h>
#include <string.h>

#include "ingest/schema/schema.h"

#define COLUMN_MEMORY                                                                              \
    2048u /* what a column takes from its name to its place in the directory, values and threads   \
             apart */

static void init_column(ing_column *c, const char *name, uint32_t field)
{
    c->asked.name = name;
    c->asked.name_length = (uint32_t)strlen(name);
    c->asked.field = field;
    c->asked.type.type = FMT_STRING;
}

/* Returns the field at a place from 1 that is written as a whole number (C-31), or UINT32_MAX. */
static uint32_t field_at_place(const ing_schema *schema, const char *text)
{
    uint64_t place = 0;
    if (text[0] == '0')
        return UINT32_MAX;
    for (; *text >= '0' && *text <= '9' && place <= schema->n_fields; text++)
        place = place * 10 + (uint64_t)(*text - '0');
    return *text == 0 && place != 0 && place <= schema->n_fields ? (uint32_t)place - 1 : UINT32_MAX;
}

/* Returns the field that an entry of the list says; *out becomes true if it leaves it out. Returns
 * UINT32_MAX if there is none. */
static uint32_t find_entry(const ing_schema *schema, const char *entry, bool *out)
{
    *out = false;
    uint32_t field = ing_find_field(schema, entry, strlen(entry));
    if (field != UINT32_MAX)
        return field;
    *out = entry[0] == '!';
    entry += *out;
    if (*out)
        field = ing_find_field(schema, entry, strlen(entry));
    return field != UINT32_MAX ? field : field_at_place(schema, entry);
}

static shmcol_status keeps_and_leaves_out(const char *entry, shmcol_error *err)
{
    shm_fail(err, SHMCOL_ERR_INVALID_ARGUMENT, "C-92",
             "the list of columns both keeps and leaves out: \"%.200s\"", entry);
    shm_error_hint(err, "either all entries begin with !, or none does");
    return SHMCOL_ERR_INVALID_ARGUMENT;
}

/* Finds the fields of all entries, in their order; *out becomes true if they leave them out. taken:
 * of each field, becomes true. Returns NO_COLUMN, INVALID_ARGUMENT. */
static shmcol_status find_entries(const ing_schema *schema, const shmcol_csv_options *o,
                                  uint32_t *fields, bool *taken, bool *out, shmcol_error *err)
{
    for (uint32_t i = 0; i < o->n_columns; i++) {
        const char *entry = o->columns[i];
        bool leaves;
        fields[i] = find_entry(schema, entry, &leaves);
        if (fields[i] == UINT32_MAX)
            return ing_no_such_column(schema, entry, strlen(entry), "the list of columns", "C-18",
                                      err);
        if (i != 0 && leaves != *out)
            return keeps_and_leaves_out(entry, err);
        *out = leaves;
        if (taken[fields[i]])
            return shm_fail(err, SHMCOL_ERR_INVALID_ARGUMENT, "C-18",
                            "the list of columns names \"%.200s\" twice",
                            schema->header[fields[i]]);
        taken[fields[i]] = true;
    }
    return SHMCOL_OK;
}

/* Makes n columns, without a list those of all fields. fields: NULL, or the fields to keep, in
 * order; else those that are not taken are kept. Returns MEMORY_BOUND, NO_MEMORY. */
static shmcol_status keep_columns(ing_schema *schema, const uint32_t *fields, const bool *taken,
                                  uint32_t n, uint64_t memory, shmcol_error *err)
{
    schema->n_columns = 0;
    if (n > memory / COLUMN_MEMORY) {
        shm_fail(err, SHMCOL_ERR_MEMORY_BOUND, "", "%u columns do not fit the memory bound", n);
        shm_error_hint(err, "raise --memory: about 2 KiB a column, or choose columns");
        return SHMCOL_ERR_MEMORY_BOUND;
    }
    schema->columns = calloc(n + 1u, sizeof *schema->columns);
    if (schema->columns == NULL)
        return shm_fail_memory(err);
    schema->n_columns = n;
    for (uint32_t i = 0, field = 0; i < n; i++, field++) {
        while (fields == NULL && taken != NULL && taken[field])
            field++;
        const uint32_t kept = fields != NULL ? fields[i] : field;
        init_column(&schema->columns[i], schema->header[kept], kept);
    }
    return SHMCOL_OK;
}

shmcol_status ing_select_columns(ing_schema *schema, const shmcol_csv_options *o, uint64_t memory,
                                 shmcol_error *err)
{
    bool out = false;
    if (o->columns == NULL)
        return keep_columns(schema, NULL, NULL, schema->n_fields, memory, err);
    uint32_t *fields = malloc(o->n_columns * sizeof *fields);
    bool *taken = calloc(schema->n_fields + 1u, sizeof *taken);
    shmcol_status status = fields == NULL || taken == NULL
                               ? shm_fail_memory(err)
                               : find_entries(schema, o, fields, taken, &out, err);
    if (status == SHMCOL_OK && out && o->n_columns == schema->n_fields)
        status = shm_fail(err, SHMCOL_ERR_INVALID_ARGUMENT, "C-92",
                          "the list of columns leaves out all of them");
    if (status == SHMCOL_OK)
        status = keep_columns(schema, out ? NULL : fields, taken,
                              out ? schema->n_fields - o->n_columns : o->n_columns, memory, err);
    free(fields);
    free(taken);
    return status;
}
