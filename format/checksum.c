/* Checksums of regions and blocks, and the file's identity. */
#include "format/checksum.h"

#include <inttypes.h>

#include "format/bytes.h"
#include "format/hash.h"
#include "format/ondisk.h"

void fmt_hash_blocks(const uint8_t *data, uint64_t length, uint8_t *out)
{
    for (uint64_t at = 0; at < length; at += FMT_BLOCK_SIZE, out += 8) {
        uint64_t n = length - at < FMT_BLOCK_SIZE ? length - at : FMT_BLOCK_SIZE;
        fmt_store64(out, fmt_hash(data + at, n));
    }
}

int fmt_check_blocks(const uint8_t *data, uint64_t length, const uint8_t *stored,
                     uint64_t slot_offset, uint64_t first_block, int64_t column, fmt_fault *fault)
{
    for (uint64_t at = 0, block = 0; at < length; at += FMT_BLOCK_SIZE, block++) {
        uint64_t n = length - at < FMT_BLOCK_SIZE ? length - at : FMT_BLOCK_SIZE;
        if (fmt_hash(data + at, n) != fmt_load64(stored + 8 * block)) {
            uint64_t offset = slot_offset + (first_block + block) * FMT_BLOCK_SIZE;
            return fmt_fail_at(fault, FMT_BLOCK_HASH, "F-45", offset, column, -1,
                               "%" PRIu64 " bytes do not match their checksum", n);
        }
    }
    return FMT_OK;
}

void fmt_file_id(const fmt_header *header, const uint8_t *front, const uint8_t *checksums,
                 uint8_t out[16])
{
    /* F-15: [48, 56), the hash, and [128, 160), both ids, count as zero */
    static const uint8_t zeros[2 * FMT_ID_SIZE];
    const uint64_t after_hash = FMT_H_HASH + 8,
                   end = header->header_size + fmt_directory_length(header);
    const fmt_hash_part parts[] = {
        {front, FMT_H_HASH},
        {zeros, 8},
        {front + after_hash, FMT_H_FILE_ID - after_hash},
        {zeros, 2 * FMT_ID_SIZE},
        {front + FMT_H_BODY_OFFSET, end - FMT_H_BODY_OFFSET},
        {checksums, header->regions[FMT_REGION_CHECKSUMS].length},
    };
    fmt_hash_128(parts, sizeof parts / sizeof *parts, out);
}

int fmt_check_file_id(const fmt_header *header, const uint8_t *front, const uint8_t *checksums,
                      fmt_fault *fault)
{
    uint8_t id[FMT_ID_SIZE];
    fmt_file_id(header, front, checksums, id);
    if (memcmp(id, header->file_id, sizeof id) != 0)
        return fmt_fail(fault, FMT_FILE_ID, "F-15", FMT_H_FILE_ID,
                        "file_id is not the one of the bytes");
    if (!fmt_header_compressed(header) &&
        memcmp(header->content_id, header->file_id, sizeof id) != 0)
        return fmt_fail(fault, FMT_FILE_ID, "F-16", FMT_H_CONTENT_ID,
                        "content_id is not file_id in a plain file");
    return FMT_OK;
}

int fmt_check_region(const fmt_header *header, int region, const uint8_t *file, fmt_fault *fault)
{
    const fmt_region *r = &header->regions[region];
    if (fmt_hash(file + r->offset, r->length) == r->hash)
        return FMT_OK;
    return fmt_fail(fault, FMT_REGION_HASH, "F-12", r->offset,
                    "the %s do not match the hash in the header", fmt_region_name(region));
}

int fmt_check_message_hash(const fmt_descriptor *d, uint32_t k, const uint8_t *file,
                           fmt_fault *fault)
{
    if (fmt_hash(file + d->message_offset, d->message_length) == d->message_hash)
        return FMT_OK;
    return fmt_fail(fault, FMT_REGION_HASH, "F-12", d->message_offset,
                    "the message of dictionary %u does not match its hash", k);
}
