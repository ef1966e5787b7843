/* Takes names, types and their order from the schema of a shmcol file (C-80). */
#include <stdlib.h>
#include <string.h>

#include "ingest/schema/schema.h"

#define NO_COLUMN UINT32_MAX

typedef struct taker {
    const shmcol_file *file;
    const char *path;
    ing_schema *schema;
    uint32_t n;       /* columns of the file that the CSV has to have */
    uint32_t *sought; /* by column of the file: its column of the CSV, or NO_COLUMN */
} taker;

static shmcol_status differs(const taker *t, const char *name, bool in_file, shmcol_error *err)
{
    shm_fail(err, SHMCOL_ERR_CSV_HEADERS_DIFFER, "C-80",
             in_file ? "column \"%.200s\" of the file of types is not among those of the CSV"
                     : "column \"%.200s\" is not in the file of types",
             name);
    shm_error_hint(err, in_file ? "pack the CSV without --types-from, or take another file"
                                : "--columns '!NAME' leaves a column out");
    shm_error_path(err, t->path);
    return SHMCOL_ERR_CSV_HEADERS_DIFFER;
}

/* Finds the file's column of each column of the CSV. Returns CSV_HEADERS_DIFFER, the errors of a
 * damaged file. */
static shmcol_status match(const taker *t, shmcol_error *err)
{
    const ing_schema *schema = t->schema;
    const char *extra = NULL;
    for (uint32_t i = 0; i < t->n; i++)
        t->sought[i] = NO_COLUMN;
    for (uint32_t i = 0; i < schema->n_columns; i++) {
        const ing_asked *asked = &schema->columns[i].asked;
        uint32_t column;
        shmcol_status status =
            shmcol_find_n(t->file, asked->name, asked->name_length, &column, err);
        if (status != SHMCOL_OK && status != SHMCOL_ERR_NO_COLUMN)
            return status;
        if (status == SHMCOL_OK && column < t->n)
            t->sought[column] = i;
        else if (extra == NULL)
            extra = asked->name;
    }
    for (uint32_t i = 0; i < t->n; i++) {
        shmcol_column_info info = SHMCOL_COLUMN_INFO_INIT;
        if (t->sought[i] != NO_COLUMN)
            continue;
        shmcol_status status = shmcol_get_column(t->file, i, &info, err);
        return status == SHMCOL_OK ? differs(t, info.name, true, err) : status;
    }
    return extra == NULL ? SHMCOL_OK : differs(t, extra, false, err);
}

/* Returns true if a CSV may have columns of the type, or lists of it. */
static bool is_made(shmcol_type type)
{
    switch (type) {
    case SHMCOL_DURATION:
    case SHMCOL_BINARY:
    case SHMCOL_FIXED_BINARY:
    case SHMCOL_TENSOR: return false;
    default: return true;
    }
}

/* Returns true if values of the type have a unit that a CSV may ask for. */
static bool has_unit(shmcol_type type)
{
    return type == SHMCOL_TIMESTAMP || type == SHMCOL_TIME32 || type == SHMCOL_TIME64;
}

/* Gives a column of the CSV the type of a column of the file. What no CSV makes is noted: the
 * options may name another type. */
static void take_type(ing_asked *asked, const shmcol_column_info *info)
{
    asked->from_file = true;
    const bool list = info->supported && info->type == SHMCOL_LIST;
    const shmcol_type scalar = list ? info->element : info->type;
    asked->not_made = !info->supported || !is_made(scalar);
    if (asked->not_made)
        return;
    const bool dictionary = info->type == SHMCOL_DICTIONARY;
    asked->forced = true;
    asked->type = (ing_type){.type = dictionary ? FMT_STRING : (uint16_t)info->type,
                             .element = list ? (uint16_t)scalar : 0,
                             .precision = (uint8_t)info->precision,
                             .scale = (uint8_t)info->scale};
    if (has_unit(scalar))
        asked->type.unit = (uint8_t)info->unit;
    if (scalar == SHMCOL_TIMESTAMP && info->zone != NULL) {
        if (strlen(info->zone) < sizeof asked->type.zone)
            memcpy(asked->type.zone, info->zone, strlen(info->zone));
        else
            asked->not_made = true;
    }
    asked->dictionary_mode = dictionary ? SHMCOL_DICTIONARY_ALWAYS : SHMCOL_DICTIONARY_NEVER;
    asked->codes_width = dictionary ? info->width : 0;
}

/* Puts the columns in the file's order and gives them its types. Returns NO_MEMORY, the errors of a
 * damaged file. */
static shmcol_status take_types(const taker *t, shmcol_error *err)
{
    ing_schema *schema = t->schema;
    ing_column *columns = calloc(t->n + 1u, sizeof *columns);
    if (columns == NULL)
        return shm_fail_memory(err);
    for (uint32_t i = 0; i < t->n; i++) {
        shmcol_column_info info = SHMCOL_COLUMN_INFO_INIT;
        shmcol_status status = shmcol_get_column(t->file, i, &info, err);
        if (status != SHMCOL_OK) {
            free(columns);
            return status;
        }
        columns[i] = schema->columns[t->sought[i]];
        take_type(&columns[i].asked, &info);
    }
    free(schema->columns);
    schema->columns = columns;
    return SHMCOL_OK;
}

/* Takes the column of paths out of the comparison: it comes last in both (C-97). */
static shmcol_status match_paths(taker *t, const char *name, shmcol_error *err)
{
    shmcol_column_info info = SHMCOL_COLUMN_INFO_INIT;
    if (name == NULL)
        return SHMCOL_OK;
    if (t->n == 0)
        return differs(t, name, false, err);
    shmcol_status status = shmcol_get_column(t->file, t->n - 1, &info, err);
    if (status != SHMCOL_OK)
        return status;
    if (strcmp(info.name, name) != 0 || info.type != SHMCOL_DICTIONARY)
        return differs(t, name, false, err);
    t->schema->paths_width = info.width;
    t->n--;
    return SHMCOL_OK;
}

shmcol_status ing_take_types_from(ing_schema *schema, const shmcol_csv_options *o,
                                  shmcol_error *err)
{
    shmcol_open_options how = SHMCOL_OPEN_OPTIONS_INIT;
    shmcol_file_info info = SHMCOL_FILE_INFO_INIT;
    shmcol_file *file = NULL;
    taker t = {.path = o->types_from, .schema = schema};
    if (o->types_from == NULL)
        return SHMCOL_OK;
    how.flags = SHMCOL_OPEN_STORED; /* the columns' descriptions are the same */
    shmcol_status status = shmcol_open(o->types_from, &how, &file, err);
    if (status != SHMCOL_OK)
        return status;
    status = shmcol_get_info(file, &info, err);
    if (status != SHMCOL_OK)
        goto done;
    t.file = file;
    t.n = info.columns;
    status = match_paths(&t, o->file_column, err);
    if (status != SHMCOL_OK)
        goto done;
    t.sought = malloc((t.n + 1u) * sizeof *t.sought);
    status = t.sought == NULL ? shm_fail_memory(err) : match(&t, err);
    if (status == SHMCOL_OK)
        status = take_types(&t, err);
done:
    free(t.sought);
    shmcol_close(file);
    return status;
}

shmcol_status ing_check_types_from(const ing_schema *schema, const char *path, shmcol_error *err)
{
    for (uint32_t i = 0; i < schema->n_columns; i++) {
        if (!schema->columns[i].asked.not_made)
            continue;
        shm_fail(err, SHMCOL_ERR_TYPE_NAME, "C-80",
                 "column \"%.200s\" has a type in the file of types that no CSV has",
                 schema->columns[i].asked.name);
        shm_error_hint(err, "--types names another one for it, as in 'NAME=string'");
        shm_error_column(err, i);
        shm_error_path(err, path);
        return SHMCOL_ERR_TYPE_NAME;
    }
    return SHMCOL_OK;
}
