/* Gives types to the columns that they were asked for (C-51). */
#include <stdlib.h>
#include <string.h>

#include "format/types.h"
#include "ingest/schema/schema.h"

static void apply(ing_column *c, const ing_type_wish *wish)
{
    c->asked.forced = !wish->automatic;
    if (c->asked.forced)
        c->asked.type = wish->type;
    if (wish->dictionary)
        c->asked.dictionary_mode = SHMCOL_DICTIONARY_ALWAYS;
}

static shmcol_status bad_type(const char *text, size_t n, shmcol_error *err)
{
    shm_fail(err, SHMCOL_ERR_TYPE_NAME, "C-51", "\"%.*s\" is no type", n > 200 ? 200 : (int)n,
             text);
    shm_error_hint(err, "bool, int8 … int64, uint8 … uint64, float32, float64, date32, date64, "
                        "timestamp[s|ms|us|ns] or [unit;zone], time32[s|ms], time64[us|ns], "
                        "string, dictionary, auto");
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

/* Gives a type to the column called `name`, or, if there is none and the name is a glob, to all
 * that match it. An exact name wins over globs, an earlier glob over later ones: `assigned` has the
 * columns that have a type. Returns TYPE_NAME, NO_COLUMN. */
static shmcol_status apply_item(ing_schema *schema, const ing_type_item *item, bool globs,
                                bool *assigned, shmcol_error *err)
{
    ing_type_wish wish;
    const char *name = item->name.data;
    const size_t length = (size_t)item->name.length;
    if (!ing_parse_type(item->type.data, (size_t)item->type.length, &wish))
        return bad_type(item->type.data, (size_t)item->type.length, err);
    uint32_t field =
        item->quoted ? ing_find_quoted(schema, name, length) : ing_find_field(schema, name, length);
    bool is_glob = !item->quoted && (memchr(name, '*', length) || memchr(name, '?', length) ||
                                     memchr(name, '[', length));
    if (field == UINT32_MAX && !is_glob)
        return no_such_name(schema, name, length, err);
    for (uint32_t i = 0; i < schema->n_columns; i++) {
        ing_column *c = &schema->columns[i];
        bool hit = field != UINT32_MAX
                       ? !globs && c->asked.field == field
                       : globs && !assigned[i] && ing_glob(name, length, c->asked.name);
        if (hit) {
            apply(c, &wish);
            assigned[i] = true;
        }
    }
    return SHMCOL_OK;
}

/* Gives the types of the list (C-51). Returns INVALID_ARGUMENT for an item without a type, and as
 * apply_item. */
static shmcol_status apply_list(ing_schema *schema, const char *list, bool globs, bool *assigned,
                                shmcol_error *err)
{
    ing_type_item item;
    shmcol_status status = SHMCOL_OK;
    while (status == SHMCOL_OK && list != NULL && ing_next_type(&list, &item)) {
        const int shown = item.name.length > 200 ? 200 : (int)item.name.length;
        status = item.has_type
                     ? apply_item(schema, &item, globs, assigned, err)
                     : shm_fail(err, SHMCOL_ERR_INVALID_ARGUMENT, "C-51",
                                "\"%.*s\" is not of the form name=type", shown, item.name.data);
    }
    return status;
}

shmcol_status ing_force_types(ing_schema *schema, const shmcol_csv_options *o, shmcol_error *err)
{
    if (o->types == NULL && o->n_type_pairs == 0)
        return SHMCOL_OK;
    bool *assigned = calloc(schema->n_columns + 1u, sizeof *assigned);
    shmcol_status status = assigned == NULL ? shm_fail_memory(err) : SHMCOL_OK;
    for (int globs = 0; status == SHMCOL_OK && globs < 2; globs++) { /* exact names beat globs */
        status = apply_list(schema, o->types, globs, assigned, err);
        for (uint32_t i = 0; status == SHMCOL_OK && i < o->n_type_pairs; i++) {
            const ing_type_item item = {o->type_pairs[i].key, false, true, o->type_pairs[i].value};
            status = apply_item(schema, &item, globs, assigned, err);
        }
    }
    free(assigned);
    return status;
}
