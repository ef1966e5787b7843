/* Frames of compressed buffers (frames.h). */
#include "format/frames.h"

#include <inttypes.h>

#include "format/bytes.h"
#include "format/ondisk.h"
#include "format/types.h"

uint64_t fmt_frame_count(const fmt_slot *slot)
{
    return slot->encoding == FMT_ENCODING_ZSTD ? fmt_block_count(slot->logical_length) : 0;
}

/* Checks one slot's frames, from *frames on; advances *frames and *at to those of the next slot. */
static int check_slot(const fmt_slot *slot, int64_t column, const uint8_t **frames, uint64_t *at,
                      fmt_fault *fault)
{
    uint64_t sum = FMT_PLAIN_LENGTH_SIZE, blocks = fmt_frame_count(slot);
    for (uint64_t b = 0; b < blocks;
         b++, *frames += FMT_FRAME_ENTRY_SIZE, *at += FMT_FRAME_ENTRY_SIZE) {
        uint32_t length = fmt_load32(*frames);
        if (length == 0 || length > FMT_FRAME_MAX)
            return fmt_fail_at(fault, FMT_LAYOUT, "F-74", *at, column, -1,
                               "a frame of %u bytes, where a block has at most %u", length,
                               FMT_FRAME_MAX);
        sum += length;
    }
    if (blocks && sum != slot->stored_length) {
        return fmt_fail_at(fault, FMT_LAYOUT, "F-74", slot->offset, column, -1,
                           "a buffer's frames are %" PRIu64 " bytes, its slot says %" PRIu64, sum,
                           slot->stored_length);
    }
    return FMT_OK;
}

int fmt_check_frame_lengths(const fmt_table *t, const uint8_t *frames, fmt_fault *fault)
{
    uint64_t objects = (uint64_t)t->header.columns + t->header.dictionaries,
             at = t->header.regions[FMT_REGION_FRAMES].offset;
    for (uint64_t i = 0; i < objects; i++) {
        int64_t column = i < t->header.columns ? (int64_t)i : -1;
        for (int s = 0; s < FMT_SLOTS; s++) {
            int code = check_slot(&t->descriptors[i].slots[s], column, &frames, &at, fault);
            if (code != FMT_OK)
                return code;
        }
    }
    return FMT_OK;
}
