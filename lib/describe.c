#include "describe.h"

#include <string.h>

#include "format/ondisk.h"

shmcol_buffer shm_buffer(const fmt_slot *slot)
{
    return (shmcol_buffer){slot->offset, slot->stored_length};
}

void shm_describe(const fmt_descriptor *d, const char *names, shmcol_column_info *info)
{
    info->nullable = (d->flags & FMT_FLAG_NULLABLE) != 0;
    info->null_count = d->null_count;
    info->width = d->width;
    info->unit = (shmcol_unit)d->unit;
    if (d->zone_length != 0)
        info->zone = names + d->zone_offset;
    if (d->type == FMT_TENSOR) {
        info->element = (shmcol_type)d->element;
        info->dimensions = d->dimensions;
        memcpy(info->shape, d->shape, sizeof info->shape);
    }
    info->validity = shm_buffer(&d->slots[FMT_SLOT_VALIDITY]);
    info->values = shm_buffer(&d->slots[FMT_SLOT_VALUES]);
    info->bytes = shm_buffer(&d->slots[FMT_SLOT_BYTES]);
}
