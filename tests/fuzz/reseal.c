#include "reseal.h"

#include "format/bytes.h"
#include "format/checksum.h"
#include "format/header.h"
#include "format/ondisk.h"

static uint64_t region_field(const uint8_t *file, int region, size_t field)
{
    return fmt_load64(file + FMT_H_REGIONS + (size_t)region * FMT_REGION_SIZE + field);
}

/* F-45: the blocks of one slot, at their place in the checksums region. */
static void seal_slot(uint8_t *file, size_t size, const uint8_t *slot)
{
    uint64_t offset = fmt_load64(slot + FMT_S_OFFSET), length = fmt_load64(slot + FMT_S_STORED), first = fmt_load64(slot + FMT_S_CHECKSUM);
    uint64_t sums = region_field(file, FMT_REGION_CHECKSUMS, 0), sums_length = region_field(file, FMT_REGION_CHECKSUMS, 8);
    if (!fmt_within(offset, length, size) || !fmt_within(sums, sums_length, size) || first > sums_length / 8)
        return;
    uint64_t blocks = length / FMT_BLOCK_SIZE + (length % FMT_BLOCK_SIZE != 0);
    if (blocks <= sums_length / 8 - first)
        fmt_hash_blocks(file + offset, length, file + sums + 8 * first);
}

/* F-21: descriptors, and before each what its fields name. */
static void seal_descriptors(uint8_t *file, size_t size)
{
    uint64_t offset = region_field(file, FMT_REGION_DESCRIPTORS, 0), step = fmt_load32(file + FMT_H_DESCRIPTOR_SIZE);
    uint64_t count = (uint64_t)fmt_load32(file + FMT_H_COLUMNS) + fmt_load32(file + FMT_H_DICTIONARIES);
    uint64_t names = region_field(file, FMT_REGION_NAMES, 0);
    if (step < FMT_DESCRIPTOR_SIZE || count > size / step || !fmt_within(offset, count * step, size))
        return;
    for (uint64_t i = 0; i < count; i++) {
        uint8_t *d = file + offset + i * step;
        for (size_t s = 0; s < FMT_SLOTS; s++)
            seal_slot(file, size, d + FMT_D_SLOTS + s * FMT_SLOT_SIZE);
        uint64_t name = fmt_load64(d + FMT_D_NAME_OFFSET), length = fmt_load32(d + FMT_D_NAME_LENGTH);
        if (i < fmt_load32(file + FMT_H_COLUMNS) && names <= size && fmt_within(name, length, size - names))
            fmt_store64(d + FMT_D_NAME_HASH, fmt_hash(file + names + name, length));
        uint8_t *message = d + FMT_D_PARAMETERS;
        uint64_t at = fmt_load64(message + FMT_P_MESSAGE_OFFSET), bytes = fmt_load64(message + FMT_P_MESSAGE_LENGTH);
        if (i >= fmt_load32(file + FMT_H_COLUMNS) && fmt_within(at, bytes, size))
            fmt_store64(message + FMT_P_MESSAGE_HASH, fmt_hash(file + at, bytes));
        fmt_store64(d + FMT_D_HASH, fmt_hash_seed(d + 8, step - 8, i));
    }
}

static void seal_header(uint8_t *file, uint64_t header_size)
{
    fmt_store64(file + FMT_H_HASH, 0);
    fmt_store64(file + FMT_H_HASH, fmt_hash(file, header_size));
}

void fuzz_reseal(uint8_t *file, size_t size)
{
    if (size < FMT_HEADER_SIZE)
        return;
    uint64_t header_size = fmt_load32(file + FMT_H_HEADER_SIZE);
    if (header_size < FMT_HEADER_SIZE || header_size > FMT_HEADER_SIZE_MAX || header_size > size)
        return;
    seal_descriptors(file, size);
    bool compressed = (fmt_load64(file + FMT_H_INCOMPAT) & FMT_INCOMPAT_COMPRESSED) != 0;
    for (int r = 0; r < (compressed ? FMT_REGIONS : FMT_REGION_COUNT); r++) {
        uint64_t offset = region_field(file, r, 0), length = region_field(file, r, 8);
        if (fmt_within(offset, length, size))
            fmt_store64(file + FMT_H_REGIONS + (size_t)r * FMT_REGION_SIZE + 16, fmt_hash(file + offset, length));
    }
    seal_header(file, header_size);
    fmt_header header;
    fmt_fault fault;
    if (fmt_header_decode_stored(file, size, size, &header, &fault) != 0)
        return;
    fmt_file_id(&header, file, file + header_size, file + header.regions[FMT_REGION_CHECKSUMS].offset, file + FMT_H_FILE_ID);
    if (!compressed) /* F-16 */
        memcpy(file + FMT_H_CONTENT_ID, file + FMT_H_FILE_ID, FMT_ID_SIZE);
    seal_header(file, header_size);
}
