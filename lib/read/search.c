/* The search for keys in a column whose rows ascend. */
#include "read/search.h"

#include <inttypes.h>

#include "format/types.h"
#include "structs.h"

static shmcol_status not_ascending(const read_column *c, shmcol_error *err)
{
    shm_fail(err, SHMCOL_ERR_NOT_ASCENDING, "F-23",
             "column \"%.200s\" is not ascending, so it cannot be searched", c->name);
    shm_error_hint(err, "sort the rows by it, and pack them anew");
    return read_column_error(c, SHMCOL_ERR_NOT_ASCENDING, err);
}

/* Checks that the column can be searched. */
static shmcol_status check_column(const read_column *c, shmcol_error *err)
{
    bool ascends;
    if (fmt_type_of(c->descriptor.type)->bounds == FMT_BOUNDS_NONE)
        return read_wrong_type(c, "a type that is searched", err);
    shmcol_status status = read_ascends(c, &ascends, err);
    return status != SHMCOL_OK || ascends ? status : not_ascending(c, err);
}

shmcol_status shmcol_search(const shmcol_file *file, uint32_t column, const void *keys, uint64_t n,
                            shmcol_side side, int64_t *rows, shmcol_error *err)
{
    read_column c;
    const uint8_t *values;
    if (file == NULL || (n != 0 && (keys == NULL || rows == NULL)))
        return shm_fail(err, SHMCOL_ERR_INVALID_ARGUMENT, "", "file, keys or rows is NULL");
    if (side != SHMCOL_LEFT && side != SHMCOL_RIGHT)
        return shm_fail(err, SHMCOL_ERR_INVALID_ARGUMENT, "", "side is %d", (int)side);
    const searching s = {&c, side, n, rows};
    shmcol_status status = read_column_plain(file, column, &c, err);
    if (status == SHMCOL_OK)
        status = check_column(&c, err);
    if (status != SHMCOL_OK || n == 0)
        return status;
    if (c.descriptor.type == FMT_STRING || c.descriptor.type == FMT_DICTIONARY) {
        const shmcol_strings *texts = keys;
        if (texts->size < SHM_STRINGS_SIZE_1_0 || texts->count != n)
            return shm_fail(err, SHMCOL_ERR_INVALID_ARGUMENT, "",
                            "keys of texts are a shmcol_strings of n values");
        return search_texts(&s, texts, err);
    }
    if (c.descriptor.length == 0)
        return search_numbers(&s, NULL, keys, err);
    status = read_values_of(&c, &values, NULL, err);
    return status == SHMCOL_OK ? search_numbers(&s, values, keys, err) : status;
}
