/* From the numbers of format/ to those of the public header, which are the same. */
#include "describe.h"

#include <string.h>

#include "format/types.h"

_Static_assert((int)FMT_BOOL8 == (int)SHMCOL_BOOL8 && (int)FMT_INT64 == (int)SHMCOL_INT64 &&
                   (int)FMT_UINT64 == (int)SHMCOL_UINT64 &&
                   (int)FMT_FLOAT64 == (int)SHMCOL_FLOAT64 &&
                   (int)FMT_DATE64 == (int)SHMCOL_DATE64 && (int)FMT_TIME64 == (int)SHMCOL_TIME64 &&
                   (int)FMT_STRING == (int)SHMCOL_STRING &&
                   (int)FMT_DICTIONARY == (int)SHMCOL_DICTIONARY &&
                   (int)FMT_TENSOR == (int)SHMCOL_TENSOR &&
                   (int)FMT_FLOAT16 == (int)SHMCOL_FLOAT16 && (int)FMT_LIST == (int)SHMCOL_LIST,
               "a type has two numbers");

const char *shmcol_type_name(shmcol_type type)
{
    const fmt_type_info *info =
        (unsigned)type <= FMT_TYPE_LAST ? fmt_type_of((uint16_t)type) : NULL;
    return info != NULL ? info->name : NULL;
}

shmcol_buffer shm_buffer(const fmt_slot *slot)
{
    return (shmcol_buffer){slot->offset, slot->stored_length, slot->encoding == FMT_ENCODING_ZSTD};
}

void shm_describe(const fmt_descriptor *d, const char *names, shmcol_column_info *info)
{
    info->nullable = (d->flags & FMT_FLAG_NULLABLE) != 0;
    info->null_count = d->null_count;
    info->width = d->width;
    info->unit = (shmcol_unit)d->unit;
    if (d->zone_length != 0)
        info->zone = names + d->zone_offset;
    info->precision = d->precision;
    info->scale = d->scale;
    info->ascending = (d->flags & FMT_FLAG_ASCENDING) != 0;
    info->element = (shmcol_type)d->element;
    if (d->type == FMT_TENSOR) {
        info->dimensions = d->dimensions;
        memcpy(info->shape, d->shape, sizeof info->shape);
    }
    info->validity = shm_buffer(&d->slots[FMT_SLOT_VALIDITY]);
    info->values = shm_buffer(&d->slots[FMT_SLOT_VALUES]);
    const bool list = d->type == FMT_LIST;
    if (list)
        info->elements = shm_buffer(&d->slots[FMT_SLOT_ELEMENTS]);
    info->bytes = shm_buffer(&d->slots[list ? FMT_SLOT_ELEMENT_BYTES : FMT_SLOT_BYTES]);
}
