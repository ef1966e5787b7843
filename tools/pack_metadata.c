/* Metadata that shmcol-pack carries from shmcol files to its output. */
#include "pack_metadata.h"

static bool is_token(const shmcol_text *key)
{
    static const char token[] = "shmcol:token"; /* F-85 */
    return key->length == sizeof token - 1 && memcmp(key->data, token, sizeof token - 1) == 0;
}

/* Reads the pairs of a column or of the table; *pairs has room for `more` others. */
static shmcol_status read_pairs(const rows_table *input, uint32_t column, uint32_t more,
                                shmcol_pair **pairs, uint32_t *n, shmcol_error *err)
{
    uint32_t count = 0;
    shmcol_status status = shmcol_metadata_count(input->file, column, &count, err);
    *n = 0;
    *pairs = tool_alloc((size_t)count + more, sizeof **pairs);
    for (uint32_t i = 0; i < count && status == SHMCOL_OK; i++) {
        shmcol_pair pair = {0};
        status = shmcol_metadata_get(input->file, column, i, &pair.key, &pair.value, err);
        if (status == SHMCOL_OK && (column != SHMCOL_TABLE || !is_token(&pair.key)))
            (*pairs)[(*n)++] = pair;
    }
    if (status != SHMCOL_OK && err->path[0] == 0)
        (void)snprintf(err->path, sizeof err->path, "%s", input->path);
    return status;
}

shmcol_status pack_metadata_of_column(const rows_table *input, uint32_t column, shmcol_field *field,
                                      shmcol_error *err)
{
    shmcol_pair *pairs = NULL;
    shmcol_status status = read_pairs(input, input->columns[column].info.index, 0, &pairs,
                                      &field->metadata_count, err);
    field->metadata = pairs;
    return status;
}

shmcol_status pack_metadata_of_table(const rows_table *input, const shmcol_csv_options *options,
                                     shmcol_pair **pairs, uint32_t *n, shmcol_error *err)
{
    shmcol_status status = read_pairs(input, SHMCOL_TABLE, options->metadata_count, pairs, n, err);
    for (uint32_t i = 0; i < options->metadata_count; i++)
        (*pairs)[(*n)++] = options->metadata[i];
    return status;
}
