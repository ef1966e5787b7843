/* The blocks of all buffers, by number. */
#include <stdlib.h>

#include "compress/stored_internal.h"
#include "format/types.h"

shmcol_status stored_blocks_of(const fmt_table *table, stored_blocks *out, shmcol_error *err)
{
    uint64_t objects = (uint64_t)table->header.columns + table->header.dictionaries;
    *out = (stored_blocks){0};
    out->slots = shm_alloc_zeroed(objects * FMT_SLOTS, sizeof *out->slots);
    if (out->slots == NULL)
        return shm_fail_memory(err);
    for (uint64_t i = 0; i < objects; i++) {
        for (uint8_t s = 0; s < FMT_SLOTS; s++) {
            uint64_t length = table->descriptors[i].slots[s].logical_length;
            if (length == 0)
                continue;
            out->slots[out->n_slots++] = (stored_slot){out->n_blocks, (uint32_t)i, s};
            out->n_blocks += fmt_block_count(length);
            out->bytes += length;
        }
    }
    return SHMCOL_OK;
}

const stored_slot *stored_slot_at(const stored_slot *slots, uint64_t n, uint64_t number)
{
    uint64_t low = 0, high = n;
    while (high - low > 1) {
        uint64_t middle = low + (high - low) / 2;
        if (slots[middle].first <= number)
            low = middle;
        else
            high = middle;
    }
    return &slots[low];
}
