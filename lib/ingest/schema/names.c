/* Makes the names of columns unique (C-12), and finds columns by name. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ingest/schema/schema.h"
#include "secret.h"

/* A name in use, with the next number to try for its duplicates, so that a thousand columns of one
 * name do not try a million. */
typedef struct name_entry {
    const char *name;
    uint32_t next;
    bool seen; /* an earlier column has this name */
} name_entry;

typedef struct name_set {
    name_entry *entries;
    size_t mask;
    uint64_t secret;
} name_set;

static name_entry *find(const name_set *set, const char *name)
{
    size_t i = shm_keyed_hash(name, strlen(name), set->secret) & set->mask;
    while (set->entries[i].name != NULL && strcmp(set->entries[i].name, name) != 0)
        i = (i + 1) & set->mask;
    return &set->entries[i];
}

static void add(name_entry *entry, const char *name)
{
    entry->name = name;
    entry->next = 2;
}

/* Returns the first free name of base_2, base_3 …, as a new string; NULL if there is no memory. */
static char *free_name(const name_set *set, const char *base, name_entry *numbers)
{
    size_t size = strlen(base) + 16;
    char *name = malloc(size);
    if (name == NULL)
        return NULL;
    do
        snprintf(name, size, "%s_%u", base, numbers->next++);
    while (find(set, name)->name != NULL);
    return name;
}

static char *new_name(const name_set *set, const char *old, uint32_t index)
{
    char base[32];
    name_entry numbers = {base, 2, false}, *same;
    if (old[0] != 0)
        return free_name(set, old, find(set, old));
    snprintf(base, sizeof base, "column_%u", index + 1);
    same = find(set, base);
    return same->name == NULL ? strdup(base) : free_name(set, base, &numbers);
}

static bool rename_columns(ing_schema *schema, const name_set *set, bool quiet,
                           ing_control *control)
{
    for (uint32_t i = 0; i < schema->n_fields; i++) {
        char *old = schema->header[i];
        name_entry *entry = find(set, old);
        if (old[0] != 0 && !entry->seen) {
            entry->seen = true;
            continue;
        }
        char *name = new_name(set, old, i);
        if (name == NULL)
            return false;
        bool said =
            quiet ||
            (old[0] == 0
                 ? ing_warn(control, "column %u has no name: it is called \"%.200s\"", i + 1, name)
                 : ing_warn(control,
                            "column %u is called \"%.200s\", as another one "
                            "before: it is called \"%.200s\"",
                            i + 1, old, name));
        add(find(set, name), name);
        free(old);
        schema->header[i] = name;
        if (!said)
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

shmcol_status ing_name_columns(ing_schema *schema, bool quiet, const char *path,
                               ing_control *control, shmcol_error *err)
{
    name_set set = {NULL, 63, shm_secret()};
    while (set.mask < (size_t)schema->n_fields * 4)
        set.mask = set.mask * 2 + 1;
    set.entries = calloc(set.mask + 1, sizeof *set.entries);
    if (set.entries == NULL)
        return shm_fail_memory(err);
    for (uint32_t i = 0; i < schema->n_fields; i++) {
        name_entry *entry = find(&set, schema->header[i]);
        if (schema->header[i][0] != 0 && entry->name == NULL)
            add(entry, schema->header[i]);
    }
    bool done = rename_columns(schema, &set, quiet, control);
    free(set.entries);
    return done ? check_lengths(schema, path, err) : shm_fail_memory(err);
}

uint32_t ing_find_field(const ing_schema *schema, const char *name, size_t n)
{
    for (uint32_t i = 0; i < schema->n_fields; i++)
        if (strlen(schema->header[i]) == n && memcmp(schema->header[i], name, n) == 0)
            return i;
    return UINT32_MAX;
}
