/* The column of the inputs' paths (C-97). */
#include <stdlib.h>
#include <string.h>

#include "format/utf8.h"
#include "ingest/schema/schema.h"

/* Returns INVALID_ARGUMENT if a path cannot be a value of a column. */
static shmcol_status check_paths(const ing_text_source *source, shmcol_error *err)
{
    for (uint32_t i = 0; i < source->n_inputs; i++) {
        const char *path = source->inputs[i].given;
        if (fmt_utf8_check((const uint8_t *)path, strlen(path)) == SIZE_MAX)
            continue;
        shm_fail(err, SHMCOL_ERR_INVALID_ARGUMENT, "C-97",
                 "the path is not UTF-8, so no column can hold it");
        shm_error_path(err, source->inputs[i].path);
        return SHMCOL_ERR_INVALID_ARGUMENT;
    }
    return SHMCOL_OK;
}

shmcol_status ing_add_file_column(ing_schema *schema, const shmcol_csv_options *options,
                                  const ing_text_source *source, shmcol_error *err)
{
    const char *name = options->file_column;
    const uint32_t n = schema->n_columns;
    if (name == NULL)
        return SHMCOL_OK;
    for (uint32_t i = 0; i < n; i++)
        if (strcmp(schema->columns[i].asked.name, name) == 0) {
            shm_fail(err, SHMCOL_ERR_INVALID_ARGUMENT, "C-97",
                     "the column of paths shall be called \"%.200s\", as another column is", name);
            shm_error_hint(err, "--file-column takes a name that no column has");
            return SHMCOL_ERR_INVALID_ARGUMENT;
        }
    shmcol_status status = check_paths(source, err);
    if (status != SHMCOL_OK)
        return status;
    if (n >= FMT_SCHEMA_TABLES_MAX)
        return shm_fail(err, SHMCOL_ERR_LIMIT, "F-59", "a table has at most 1,000,000 columns");
    ing_column *columns = realloc(schema->columns, (n + 2u) * sizeof *columns);
    if (columns == NULL)
        return shm_fail_memory(err);
    schema->columns = columns;
    memset(&columns[n], 0, sizeof columns[n]);
    columns[n].asked = (ing_asked){.name = name,
                                   .name_length = (uint32_t)strlen(name),
                                   .field = ING_NO_FIELD,
                                   .of_file = true,
                                   .codes_width = schema->paths_width,
                                   .forced = true,
                                   .type = {.type = FMT_STRING},
                                   .dictionary_mode = SHMCOL_DICTIONARY_ALWAYS};
    schema->n_columns++;
    ing_reset_columns(schema);
    return SHMCOL_OK;
}
