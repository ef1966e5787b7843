/* Names of columns from the options, for a text without a header (C-91). */
#include <stdlib.h>
#include <string.h>

#include "base/text_set.h"
#include "format/utf8.h"
#include "ingest/schema/schema.h"
#include "secret.h"

static shmcol_status bad_name(uint32_t i, const char *what, shmcol_error *err)
{
    return shm_fail(err, SHMCOL_ERR_INVALID_ARGUMENT, "C-91", "name %u of the columns %s", i + 1,
                    what);
}

static shmcol_status check_name(const char *name, uint32_t i, shmcol_error *err)
{
    const size_t length = strlen(name);
    if (length == 0)
        return bad_name(i, "is empty", err);
    if (length > FMT_NAME_MAX)
        return bad_name(i, "has over 65,535 bytes", err);
    if (fmt_utf8_check((const uint8_t *)name, length) != SIZE_MAX)
        return bad_name(i, "is not UTF-8", err);
    return SHMCOL_OK;
}

shmcol_status ing_check_names(const char *const *names, uint32_t n, shmcol_error *err)
{
    if (names != NULL && n == 0)
        return shm_fail(err, SHMCOL_ERR_INVALID_ARGUMENT, "C-91", "the list of names is empty");
    base_text_set *set = base_text_set_new(shm_secret());
    shmcol_status status = set == NULL ? shm_fail_memory(err) : SHMCOL_OK;
    for (uint32_t i = 0; status == SHMCOL_OK && i < n; i++) {
        status = check_name(names[i], i, err);
        if (status != SHMCOL_OK)
            break;
        if (base_text_set_find(set, names[i], strlen(names[i])) >= 0)
            status = shm_fail(err, SHMCOL_ERR_INVALID_ARGUMENT, "C-91",
                              "the list of names has \"%.200s\" twice", names[i]);
        else if (!base_text_set_add(set, names[i], strlen(names[i])))
            status = shm_fail_memory(err);
    }
    base_text_set_free(set);
    return status;
}

shmcol_status ing_give_names(ing_schema *schema, const char *const *names, uint32_t n,
                             const char *path, shmcol_error *err)
{
    if (n != 0 && n != schema->n_fields) {
        shm_fail(err, SHMCOL_ERR_INVALID_ARGUMENT, "C-91",
                 "%u names are given, but the first record has %u fields", n, schema->n_fields);
        shm_error_hint(err, "is the delimiter right?");
        shm_error_path(err, path);
        return SHMCOL_ERR_INVALID_ARGUMENT;
    }
    schema->header = calloc(schema->n_fields + 1u, sizeof *schema->header);
    for (uint32_t i = 0; schema->header != NULL && i < schema->n_fields; i++)
        if ((schema->header[i] = n != 0 ? strdup(names[i]) : calloc(1, 32)) == NULL)
            return shm_fail_memory(err);
    return schema->header == NULL ? shm_fail_memory(err) : SHMCOL_OK;
}

bool ing_record_is_names(const csv_dialect *dialect, const ing_record *record,
                         const char *const *names, uint32_t n)
{
    if (n == 0 || record->n_fields != n || record->wrong != SHMCOL_OK)
        return false;
    for (uint32_t i = 0; i < n; i++) {
        size_t length;
        char *s = ing_record_field(record, i, &length);
        const ing_cell cell = ing_get_cell(dialect, NULL, s, ing_halve(dialect, s, length));
        if (cell.n != strlen(names[i]) || memcmp(cell.s, names[i], cell.n) != 0)
            return false;
    }
    return true;
}
