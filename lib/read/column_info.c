/* The description of a column for callers. */
#include <inttypes.h>

#include "describe.h"
#include "format/ondisk.h"
#include "read/search.h"

shmcol_status shmcol_get_column(const shmcol_file *file, uint32_t column, shmcol_column_info *info,
                                shmcol_error *err)
{
    read_column c;
    SHM_CHECK_SIZE(info, SHM_COLUMN_INFO_SIZE_1_0, err);
    shmcol_status status = read_column_load(file, column, &c, err);
    if (status != SHMCOL_OK)
        return status;
    const fmt_descriptor *d = &c.descriptor, *dictionary = &c.dictionary;
    shmcol_column_info all = {
        .index = column,
        .name = c.name,
        .name_length = d->name_length,
        .type = (shmcol_type)d->type,
        .supported = c.supported,
    };
    if (c.supported)
        shm_describe(d, (const char *)file->front + file->header.regions[FMT_REGION_NAMES].offset,
                     &all);
    if (c.supported && d->type == FMT_DICTIONARY) {
        all.dictionary = d->dictionary;
        all.dictionary_length = dictionary->length;
        all.dictionary_sorted = (dictionary->flags & FMT_FLAG_SORTED) != 0;
        all.dictionary_ordered = (dictionary->flags & FMT_FLAG_ORDERED) != 0;
    }
    if (c.supported && d->type == FMT_DICTIONARY && file->table == NULL) {
        all.dictionary_offsets = shm_buffer(&dictionary->slots[FMT_SLOT_VALUES]);
        all.dictionary_bytes = shm_buffer(&dictionary->slots[FMT_SLOT_BYTES]);
    }
    if (c.supported && file->table != NULL) {
        bool ascends; /* a damaged part is no error here */
        all.ascending = read_ascends(&c, &ascends, NULL) == SHMCOL_OK && ascends;
    }
    SHM_GIVE(info, all);
    return SHMCOL_OK;
}
