#define XXH_STATIC_LINKING_ONLY /* XXH3_state_t as an automatic variable: no allocation */
#include "format/checksum.h"

#include <xxhash.h>

#include "format/bytes.h"
#include "format/header.h"
#include "format/layout.h"
#include "format/ondisk.h"

uint64_t fmt_hash(const void *data, size_t length)
{
    return XXH3_64bits(data, length);
}

uint64_t fmt_hash_seed(const void *data, size_t length, uint64_t seed)
{
    return XXH3_64bits_withSeed(data, length, seed);
}

uint64_t fmt_hash_two(const void *data, size_t length, const void *more, size_t more_length,
                      uint64_t seed)
{
    XXH3_state_t state;
    XXH3_INITSTATE(&state);
    (void)XXH3_64bits_reset_withSeed(&state, seed);
    (void)XXH3_64bits_update(&state, data, length);
    (void)XXH3_64bits_update(&state, more, more_length);
    return XXH3_64bits_digest(&state);
}

void fmt_hash_blocks(const uint8_t *data, uint64_t length, uint8_t *out)
{
    for (uint64_t at = 0; at < length; at += FMT_BLOCK_SIZE, out += 8) {
        uint64_t n = length - at < FMT_BLOCK_SIZE ? length - at : FMT_BLOCK_SIZE;
        fmt_store64(out, XXH3_64bits(data + at, n));
    }
}

int fmt_check_blocks(const uint8_t *data, uint64_t length, const uint8_t *stored,
                     uint64_t slot_offset, uint64_t first_block, int64_t column, fmt_fault *fault)
{
    for (uint64_t at = 0, block = 0; at < length; at += FMT_BLOCK_SIZE, block++) {
        uint64_t n = length - at < FMT_BLOCK_SIZE ? length - at : FMT_BLOCK_SIZE;
        if (XXH3_64bits(data + at, n) != fmt_load64(stored + 8 * block)) {
            uint64_t offset = slot_offset + (first_block + block) * FMT_BLOCK_SIZE;
            return fmt_fail_at(fault, FMT_BLOCK_HASH, "F-45", offset, column, -1,
                               "%llu bytes do not match their checksum", (unsigned long long)n);
        }
    }
    return FMT_OK;
}

void fmt_file_id(const fmt_header *header, const uint8_t *header_bytes, const uint8_t *directory,
                 const uint8_t *checksums, uint8_t out[16])
{
    /* F-15: [48, 56), the hash, and [128, 160), both ids, count as zero */
    static const uint8_t zeros[2 * FMT_ID_SIZE];
    XXH3_state_t state;
    XXH3_INITSTATE(&state);
    (void)XXH3_128bits_reset(&state);
    (void)XXH3_128bits_update(&state, header_bytes, FMT_H_HASH);
    (void)XXH3_128bits_update(&state, zeros, 8);
    (void)XXH3_128bits_update(&state, header_bytes + FMT_H_HASH + 8,
                              FMT_H_FILE_ID - (FMT_H_HASH + 8));
    (void)XXH3_128bits_update(&state, zeros, 2 * FMT_ID_SIZE);
    (void)XXH3_128bits_update(&state, header_bytes + FMT_H_BODY_OFFSET,
                              header->header_size - FMT_H_BODY_OFFSET);
    (void)XXH3_128bits_update(&state, directory, fmt_directory_length(header));
    (void)XXH3_128bits_update(&state, checksums, header->regions[FMT_REGION_CHECKSUMS].length);
    XXH128_hash_t hash = XXH3_128bits_digest(&state);
    fmt_store64(out, hash.low64);
    fmt_store64(out + 8, hash.high64);
}

int fmt_check_file_id(const fmt_header *header, const uint8_t *file, fmt_fault *fault)
{
    uint8_t id[FMT_ID_SIZE];
    fmt_file_id(header, file, file + header->header_size,
                file + header->regions[FMT_REGION_CHECKSUMS].offset, id);
    if (memcmp(id, header->file_id, sizeof id) != 0)
        return fmt_fail(fault, FMT_FILE_ID, "F-15", FMT_H_FILE_ID,
                        "file_id is not the one of the bytes");
    if (!fmt_header_compressed(header) &&
        memcmp(header->content_id, header->file_id, sizeof id) != 0)
        return fmt_fail(fault, FMT_FILE_ID, "F-16", FMT_H_CONTENT_ID,
                        "content_id is not file_id in a plain file");
    return FMT_OK;
}

const char *fmt_region_name(int region)
{
    static const char *const names[FMT_REGIONS] = {
        "descriptors",   "name index", "names",     "metadata", "schema",
        "batch message", "checksums",  "zone maps", "footer",   "frame lengths",
    };
    return region >= 0 && region < FMT_REGIONS ? names[region] : "?";
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
