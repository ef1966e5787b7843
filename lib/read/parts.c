/* A table by its parts, and the rows of columns that are no one run of bytes. */
#include <inttypes.h>

#include "format/ondisk.h"
#include "format/types.h"
#include "read/table.h"

uint64_t shmcol_parts(const shmcol_file *file)
{
    return file->table != NULL ? file->table->n_parts : 1;
}

shmcol_status shmcol_part(const shmcol_file *file, uint64_t index, shmcol_file **part,
                          shmcol_error *err)
{
    if (file == NULL || part == NULL)
        return shm_fail(err, SHMCOL_ERR_INVALID_ARGUMENT, "", "file or part is NULL");
    if (index >= shmcol_parts(file)) {
        shm_fail(err, SHMCOL_ERR_OUT_OF_RANGE, "",
                 "there is no part %" PRIu64 ": there are %" PRIu64, index, shmcol_parts(file));
        shm_error_path(err, file->path);
        return SHMCOL_ERR_OUT_OF_RANGE;
    }
    if (file->table != NULL)
        return read_part_file(file->table->parts[index], -1, part, err);
    *part = (shmcol_file *)(uintptr_t)file;
    return SHMCOL_OK;
}

shmcol_status shmcol_part_of_row(const shmcol_file *file, uint64_t row, uint64_t *index,
                                 uint64_t *part_row, shmcol_error *err)
{
    if (file == NULL || index == NULL || part_row == NULL)
        return shm_fail(err, SHMCOL_ERR_INVALID_ARGUMENT, "", "file, index or part_row is NULL");
    if (row >= file->header.rows) {
        shm_fail(err, SHMCOL_ERR_OUT_OF_RANGE, "",
                 "there is no row %" PRIu64 ": there are %" PRIu64, row, file->header.rows);
        shm_error_path(err, file->path);
        return SHMCOL_ERR_OUT_OF_RANGE;
    }
    const read_table *t = file->table;
    *index = t != NULL ? read_part_of_row(t, row) : 0;
    *part_row = t != NULL ? row - t->parts[*index]->first_row : row;
    return SHMCOL_OK;
}

/* Finds the part of a row as a file. */
static shmcol_status part_at(const shmcol_file *file, uint64_t row, shmcol_file **part,
                             uint64_t *part_row, shmcol_error *err)
{
    uint64_t index;
    shmcol_status status = shmcol_part_of_row(file, row, &index, part_row, err);
    return status == SHMCOL_OK ? shmcol_part(file, index, part, err) : status;
}

shmcol_status shmcol_string_row(const shmcol_file *file, uint32_t column, uint64_t row,
                                const char **data, uint64_t *length, shmcol_error *err)
{
    shmcol_file *part;
    uint64_t at;
    read_column c;
    if (data == NULL || length == NULL)
        return shm_fail(err, SHMCOL_ERR_INVALID_ARGUMENT, "", "data or length is NULL");
    shmcol_status status = part_at(file, row, &part, &at, err);
    if (status == SHMCOL_OK)
        status = read_column_plain(part, column, &c, err);
    if (status != SHMCOL_OK)
        return status;
    if (c.descriptor.type == FMT_DICTIONARY) {
        shmcol_dictionary dictionary = SHMCOL_DICTIONARY_INIT;
        status = shmcol_dictionary_column(part, column, &dictionary, err);
        if (status != SHMCOL_OK)
            return status;
        status = shmcol_dictionary_at(&dictionary, at, data, length);
    } else {
        shmcol_strings strings = SHMCOL_STRINGS_INIT;
        status = shmcol_strings_column(part, column, &strings, err);
        if (status != SHMCOL_OK)
            return status;
        status = shmcol_string_at(&strings, at, data, length);
    }
    return status == SHMCOL_OK ? SHMCOL_OK : read_damaged_row(part, column, row, status, err);
}

shmcol_status shmcol_list_row(const shmcol_file *file, uint32_t column, uint64_t row,
                              shmcol_list *list, uint64_t *first, uint64_t *length,
                              shmcol_error *err)
{
    shmcol_file *part;
    uint64_t at;
    shmcol_list found = SHMCOL_LIST_INIT;
    SHM_CHECK_SIZE(list, SHM_LIST_SIZE_1_0, err);
    if (first == NULL || length == NULL)
        return shm_fail(err, SHMCOL_ERR_INVALID_ARGUMENT, "", "first or length is NULL");
    shmcol_status status = part_at(file, row, &part, &at, err);
    if (status == SHMCOL_OK)
        status = shmcol_list_column(part, column, &found, err);
    if (status != SHMCOL_OK)
        return status;
    status = shmcol_list_at(&found, at, first, length);
    if (status != SHMCOL_OK)
        return read_damaged_row(part, column, row, status, err);
    SHM_GIVE(list, found);
    return SHMCOL_OK;
}
