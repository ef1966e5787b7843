/* Metadata pairs of the table and of columns (F-33), in place. */
#include "format/metadata.h"

#include "format/bytes.h"
#include "format/types.h"
#include "read/file.h"

/* Finds a block and checks it, that of the table once: without its hash the pairs in it would mean
 * nothing. *length 0: there is none. */
static shmcol_status load_block(const shmcol_file *file, uint32_t column, const uint8_t **block,
                                uint64_t *length, shmcol_error *err)
{
    const fmt_header *h = &file->header;
    const fmt_region *part = &h->regions[FMT_REGION_METADATA];
    uint64_t start = h->table_metadata_offset, hash = h->table_metadata_hash;
    *length = h->table_metadata_length;
    read_column c;
    fmt_fault fault;
    bool reserved = false;
    c.name = NULL;
    if (column != SHMCOL_TABLE) {
        shmcol_status status = read_column_load(file, column, &c, err);
        if (status != SHMCOL_OK)
            return status;
        start = c.descriptor.metadata_offset;
        *length = c.descriptor.metadata_length;
        hash = c.descriptor.metadata_hash;
        reserved = fmt_type_extension(c.descriptor.type) != NULL;
    }
    if (*length == 0)
        return SHMCOL_OK;
    /* It lies inside the part: header and descriptor were checked for it. */
    *block = file->front + part->offset + start;
    if (column == SHMCOL_TABLE && atomic_load(&file->metadata_place) != 0)
        return SHMCOL_OK;
    int64_t index = column == SHMCOL_TABLE ? -1 : (int64_t)column;
    if (fmt_check_metadata_block(*block, *length, hash, reserved, part->offset + start, index,
                                 &fault) != FMT_OK)
        return read_fault(file, &fault, c.name, err);
    return SHMCOL_OK;
}

shmcol_status shmcol_metadata_count(const shmcol_file *file, uint32_t column, uint32_t *count,
                                    shmcol_error *err)
{
    const uint8_t *block = NULL;
    uint64_t length;
    fmt_metadata_iter it;
    if (count == NULL)
        return shm_fail(err, SHMCOL_ERR_INVALID_ARGUMENT, "", "count is NULL");
    shmcol_status status = load_block(file, column, &block, &length, err);
    if (status == SHMCOL_OK)
        *count = length == 0 ? 0 : fmt_metadata_begin(&it, block, length);
    return status;
}

/* Begins to read a block of `count` pairs, at pair 0 or, of the table's, at one that was read last
 * and is not behind `index`: a table of many tokens (F-85) is asked for one after the other.
 * Returns the number of the pair. */
static uint32_t begin_near(const shmcol_file *file, uint32_t column, uint32_t index,
                           fmt_metadata_iter *it)
{
    const uint64_t place = column == SHMCOL_TABLE ? atomic_load(&file->metadata_place) : 0;
    const uint32_t near = (uint32_t)(place >> 32), skip = (uint32_t)place;
    if (near == 0 || near > index)
        return 0;
    it->at += skip;
    it->left -= skip;
    it->remaining -= near;
    return near;
}

shmcol_status shmcol_metadata_get(const shmcol_file *file, uint32_t column, uint32_t index,
                                  shmcol_text *key, shmcol_text *value, shmcol_error *err)
{
    const uint8_t *block = NULL;
    uint64_t length;
    fmt_metadata_iter it = {0};
    fmt_pair pair;
    if (key == NULL || value == NULL)
        return shm_fail(err, SHMCOL_ERR_INVALID_ARGUMENT, "", "key or value is NULL");
    shmcol_status status = load_block(file, column, &block, &length, err);
    if (status != SHMCOL_OK)
        return status;
    uint32_t count = length == 0 ? 0 : fmt_metadata_begin(&it, block, length);
    const uint8_t *first = it.at, *at = first;
    for (uint32_t i = begin_near(file, column, index, &it);
         i < count && (at = it.at, fmt_metadata_next(&it, &pair)); i++) {
        if (i == index) {
            if (column == SHMCOL_TABLE && at - first <= UINT32_MAX)
                atomic_store(&((shmcol_file *)file)->metadata_place,
                             (uint64_t)i << 32 | (uint64_t)(at - first));
            *key = (shmcol_text){(const char *)pair.key, pair.key_length};
            *value = (shmcol_text){(const char *)pair.value, pair.value_length};
            return SHMCOL_OK;
        }
    }
    shm_fail(err, SHMCOL_ERR_OUT_OF_RANGE, "", "there is no metadata pair %u: there are %u", index,
             count);
    shm_error_path(err, file->path);
    return SHMCOL_ERR_OUT_OF_RANGE;
}
