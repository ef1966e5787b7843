/* The header from its bytes, checked in the order of F-60. */
#include <inttypes.h>

#include "format/bytes.h"
#include "format/hash.h"
#include "format/header.h"
#include "format/ondisk.h"

/* Tells whether the magics match as far as the file goes (F-60 (1)). */
static bool magics_match(const uint8_t *bytes, uint64_t n)
{
    uint64_t first = n < FMT_ARROW_MAGIC_SIZE ? n : FMT_ARROW_MAGIC_SIZE;
    if (first && memcmp(bytes, FMT_ARROW_MAGIC, first) != 0)
        return false;
    if (n <= FMT_H_MAGIC)
        return true;
    uint64_t second = n - FMT_H_MAGIC < FMT_MAGIC_SIZE ? n - FMT_H_MAGIC : FMT_MAGIC_SIZE;
    return memcmp(bytes + FMT_H_MAGIC, FMT_MAGIC, second) == 0;
}

/* Hashes the header (F-10): the copied front, and the bytes after it up to header_size. */
static uint64_t header_hash(const uint8_t front[FMT_HEADER_SIZE], const uint8_t *bytes,
                            uint32_t header_size)
{
    uint8_t plain[FMT_HEADER_SIZE];
    memcpy(plain, front, sizeof plain);
    fmt_store64(plain + FMT_H_HASH, 0);
    if (header_size == FMT_HEADER_SIZE)
        return fmt_hash(plain, sizeof plain);
    return fmt_hash_two(plain, sizeof plain, bytes + FMT_HEADER_SIZE, header_size - FMT_HEADER_SIZE,
                        0);
}

static void load(const uint8_t *p, fmt_header *h)
{
    h->header_size = fmt_load32(p + FMT_H_HEADER_SIZE);
    h->descriptor_size = fmt_load32(p + FMT_H_DESCRIPTOR_SIZE);
    h->version_major = fmt_load16(p + FMT_H_VERSION_MAJOR);
    h->version_minor = fmt_load16(p + FMT_H_VERSION_MINOR);
    h->envelope_version = fmt_load32(p + FMT_H_ENVELOPE_VERSION);
    h->compat = fmt_load64(p + FMT_H_COMPAT);
    h->ro_compat = fmt_load64(p + FMT_H_RO_COMPAT);
    h->incompat = fmt_load64(p + FMT_H_INCOMPAT);
    h->writer_id = fmt_load32(p + FMT_H_WRITER_ID);
    h->writer_version = fmt_load32(p + FMT_H_WRITER_VERSION);
    h->csv_rules = fmt_load32(p + FMT_H_CSV_RULES);
    h->rows = fmt_load64(p + FMT_H_ROWS);
    h->columns = fmt_load32(p + FMT_H_COLUMNS);
    h->dictionaries = fmt_load32(p + FMT_H_DICTIONARIES);
    h->file_size = fmt_load64(p + FMT_H_FILE_SIZE);
    memcpy(h->file_id, p + FMT_H_FILE_ID, FMT_ID_SIZE);
    memcpy(h->content_id, p + FMT_H_CONTENT_ID, FMT_ID_SIZE);
    h->body_offset = fmt_load64(p + FMT_H_BODY_OFFSET);
    h->body_length = fmt_load64(p + FMT_H_BODY_LENGTH);
    h->table_metadata_offset = fmt_load64(p + FMT_H_META_OFFSET);
    h->table_metadata_length = fmt_load64(p + FMT_H_META_LENGTH);
    h->table_metadata_hash = fmt_load64(p + FMT_H_META_HASH);
    h->part.alignment = fmt_load32(p + FMT_H_ALIGNMENT);
    h->part.first_row = fmt_load64(p + FMT_H_FIRST_ROW);
    h->part.table_rows = fmt_load64(p + FMT_H_TABLE_ROWS);
    memcpy(h->part.table_id, p + FMT_H_TABLE_ID, FMT_ID_SIZE);
    memcpy(h->part.previous_id, p + FMT_H_PREVIOUS_ID, FMT_ID_SIZE);
    memset(h->regions, 0, sizeof h->regions);
    for (int i = 0; i < fmt_header_regions(h); i++) {
        const uint8_t *entry = p + FMT_H_REGIONS + i * FMT_REGION_SIZE;
        h->regions[i] =
            (fmt_region){fmt_load64(entry), fmt_load64(entry + 8), fmt_load64(entry + 16)};
    }
}

/* Checks F-60 (1) … (5): the header is one of this format, and intact. Copies its front out. */
static int check_intact(const uint8_t *bytes, uint64_t available, uint64_t file_size,
                        uint8_t front[FMT_HEADER_SIZE], fmt_fault *fault)
{
    uint64_t n = available < file_size ? available : file_size;
    if (!magics_match(bytes, n))
        return fmt_fail(fault, FMT_NOT_SHMCOL, "F-60", 0, "not a shmcol file");
    if (n < FMT_HEADER_SIZE)
        return fmt_fail(fault, FMT_TRUNCATED, "F-5", n,
                        "the file ends inside its header, after %" PRIu64 " bytes", n);
    memcpy(front, bytes, FMT_HEADER_SIZE);
    if (fmt_load32(front + FMT_H_BYTE_ORDER) == FMT_BYTE_ORDER_SWAPPED)
        return fmt_fail(fault, FMT_BIG_ENDIAN, "F-17", FMT_H_BYTE_ORDER,
                        "the file was written in big-endian byte order");
    uint32_t header_size = fmt_load32(front + FMT_H_HEADER_SIZE);
    if (header_size < FMT_HEADER_SIZE || header_size > FMT_HEADER_SIZE_MAX || header_size % 8 != 0)
        return fmt_fail(fault, FMT_HEADER_FIELD, "F-11", FMT_H_HEADER_SIZE, "header_size is %u",
                        header_size);
    if (n < header_size)
        return fmt_fail(fault, FMT_TRUNCATED, "F-5", n,
                        "the file ends inside its header of %u bytes", header_size);
    if (header_hash(front, bytes, header_size) != fmt_load64(front + FMT_H_HASH))
        return fmt_fail(fault, FMT_HEADER_HASH, "F-10", FMT_H_HASH,
                        "the header does not match its hash");
    return FMT_OK;
}

/* Checks F-60 (6) … (8): the version and features are known, and the file has its whole length.
 * `readable` are the incompat features that the caller can read. */
static int check_version(const fmt_header *h, uint64_t file_size, uint64_t readable,
                         fmt_fault *fault)
{
    if (h->version_major != FMT_VERSION_MAJOR) {
        return fmt_fail(fault, FMT_VERSION, "F-18", FMT_H_VERSION_MAJOR,
                        "the file has format version %u, this reader knows version %u",
                        h->version_major, FMT_VERSION_MAJOR);
    }
    uint64_t refused = h->incompat & ~readable;
    if (refused) {
        int bit = __builtin_ctzll(refused);
        if (refused & FMT_INCOMPAT_COMPRESSED)
            return fmt_fail(
                fault, FMT_FEATURE, "F-20", FMT_H_INCOMPAT,
                "the file's body is compressed (incompat bit %d): it cannot be mapped as it is",
                bit);
        return fmt_fail(
            fault, FMT_FEATURE, "F-20", FMT_H_INCOMPAT,
            "the file has an unknown feature (incompat bit %d), which this reader does not support",
            bit);
    }
    if (file_size < h->file_size) {
        return fmt_fail(fault, FMT_TRUNCATED, "F-5", file_size,
                        "the file has %" PRIu64 " bytes, its header says %" PRIu64, file_size,
                        h->file_size);
    }
    if (file_size > h->file_size) {
        return fmt_fail(fault, FMT_TRAILING, "F-5", h->file_size,
                        "the file has %" PRIu64 " bytes, its header says %" PRIu64, file_size,
                        h->file_size);
    }
    return FMT_OK;
}

static int bad_field(fmt_fault *fault, const char *rule, uint64_t offset, const char *field)
{
    return fmt_fail(fault, FMT_HEADER_FIELD, rule, offset,
                    "header field %s does not hold what it must", field);
}

/* Checks F-10, F-11 and F-14 for the fields that are not offsets. check_places comes before. */
static int check_numbers(const fmt_header *h, const uint8_t *front, const uint8_t *bytes,
                         fmt_fault *fault)
{
    const fmt_region *schema = &h->regions[FMT_REGION_SCHEMA];
    if (fmt_load32(front + FMT_H_CONTINUATION) != FMT_CONTINUATION)
        return bad_field(fault, "F-10", FMT_H_CONTINUATION, "continuation");
    if (fmt_load32(front + FMT_H_BYTE_ORDER) != FMT_BYTE_ORDER)
        return bad_field(fault, "F-10", FMT_H_BYTE_ORDER, "byte_order");
    if (h->descriptor_size < FMT_DESCRIPTOR_SIZE || h->descriptor_size > FMT_DESCRIPTOR_SIZE_MAX ||
        h->descriptor_size % 8 != 0)
        return bad_field(fault, "F-11", FMT_H_DESCRIPTOR_SIZE, "descriptor_size");
    if (h->rows >= FMT_ROWS_LIMIT)
        return bad_field(fault, "F-14", FMT_H_ROWS, "rows");
    if ((uint64_t)h->columns + h->dictionaries >= FMT_OBJECTS_LIMIT)
        return bad_field(fault, "F-14", FMT_H_COLUMNS, "columns");
    if (!fmt_header_has_unknown(h)) { /* F-3 */
        if (!fmt_is_zero(front + FMT_H_ZERO, FMT_H_MAGIC - FMT_H_ZERO))
            return bad_field(fault, "F-3", FMT_H_ZERO, "zero");
        if (!fmt_header_compressed(h) &&
            !fmt_is_zero(front + FMT_H_FRAMES, FMT_REGION_SIZE)) /* F-70 */
            return bad_field(fault, "F-3", FMT_H_FRAMES, "reserved");
        if (fmt_load32(front + FMT_H_ZERO2) != 0)
            return bad_field(fault, "F-3", FMT_H_ZERO2, "zero");
        if (!fmt_is_zero(front + FMT_H_RESERVED, FMT_HEADER_SIZE - FMT_H_RESERVED))
            return bad_field(fault, "F-3", FMT_H_RESERVED, "reserved");
        if (!fmt_is_zero(bytes + FMT_HEADER_SIZE, h->header_size - FMT_HEADER_SIZE))
            return bad_field(fault, "F-11", FMT_HEADER_SIZE, "beyond the known header");
    }
    /* check_places has shown that the schema lies after the header, and below 2^63 */
    uint64_t end = schema->offset + schema->length - FMT_H_SCHEMA_ROOT;
    if (end > FMT_MESSAGE_MAX || fmt_load32(front + FMT_H_SCHEMA_LENGTH) != end)
        return bad_field(fault, "F-10", FMT_H_SCHEMA_LENGTH, "schema message length");
    if (fmt_load32(front + FMT_H_SCHEMA_ROOT) != schema->offset - FMT_H_SCHEMA_ROOT)
        return bad_field(fault, "F-10", FMT_H_SCHEMA_ROOT, "schema root offset");
    return FMT_OK;
}

/* Checks F-79. */
static int check_part(const fmt_header *h, fmt_fault *fault)
{
    uint64_t field;
    const char *problem = fmt_part_problem(&h->part, h->rows, &field);
    if (problem == NULL && fmt_header_is_part(h) && fmt_header_compressed(h)) {
        field = FMT_H_ALIGNMENT;
        problem = "a part of a table is not compressed";
    }
    return problem != NULL ? fmt_fail(fault, FMT_HEADER_FIELD, "F-79", field, "%s", problem)
                           : FMT_OK;
}

static int bad_region(fmt_fault *fault, int region)
{
    return fmt_fail(
        fault, FMT_HEADER_FIELD, "F-14", FMT_H_REGIONS + (uint64_t)region * FMT_REGION_SIZE,
        "the region entry of the %s breaks the order of the parts", fmt_region_name(region));
}

/* Checks F-14: every region lies inside the file, in the order and at the offsets of F-4, as far as
 * the header alone tells. */
static int check_places(const fmt_header *h, fmt_fault *fault)
{
    const fmt_region *r = h->regions;
    static const uint64_t alignment[FMT_REGIONS] = {
        8, 8, 8, 8, FMT_ALIGN, FMT_ALIGN, FMT_ALIGN, FMT_ALIGN, FMT_ALIGN, FMT_ALIGN};
    static const uint8_t order[FMT_REGIONS] = {
        FMT_REGION_DESCRIPTORS, FMT_REGION_NAME_INDEX, FMT_REGION_NAMES,     FMT_REGION_METADATA,
        FMT_REGION_SCHEMA,      FMT_REGION_BATCH,      FMT_REGION_CHECKSUMS, FMT_REGION_ZONE_MAPS,
        FMT_REGION_FRAMES,      FMT_REGION_FOOTER};
    uint64_t end = h->header_size; /* of the part before */
    if (h->file_size > INT64_MAX)
        return bad_field(fault, "F-14", FMT_H_FILE_SIZE, "file_size");
    for (int k = 0; k < FMT_REGIONS; k++) {
        uint64_t start;
        int i = order[k];
        if (i == FMT_REGION_FRAMES && !fmt_header_compressed(h))
            continue; /* F-70 */
        if (!fmt_within(r[i].offset, r[i].length, h->file_size) ||
            !fmt_align(end, alignment[i], &start))
            return bad_region(fault, i);
        /* dictionaries may lie before the batch message, buffers before the checksums, regions of a
         * later version before the footer (F-65) */
        bool exact = i != FMT_REGION_CHECKSUMS && (i != FMT_REGION_BATCH || h->dictionaries == 0) &&
                     (i != FMT_REGION_FOOTER || !fmt_header_has_unknown(h));
        if (exact ? r[i].offset != start : r[i].offset < start || r[i].offset % alignment[i] != 0)
            return bad_region(fault, i);
        end = r[i].offset + r[i].length;
    }
    if (r[FMT_REGION_DESCRIPTORS].length !=
        ((uint64_t)h->columns + h->dictionaries) * h->descriptor_size)
        return bad_region(fault, FMT_REGION_DESCRIPTORS);
    if (r[FMT_REGION_NAME_INDEX].length != (uint64_t)h->columns * FMT_INDEX_ENTRY_SIZE)
        return bad_region(fault, FMT_REGION_NAME_INDEX);
    if (r[FMT_REGION_SCHEMA].length == 0 ||
        (r[FMT_REGION_SCHEMA].offset + r[FMT_REGION_SCHEMA].length) % FMT_PAGE != 0)
        return bad_region(fault, FMT_REGION_SCHEMA);
    if (r[FMT_REGION_CHECKSUMS].length % 8 != 0)
        return bad_region(fault, FMT_REGION_CHECKSUMS);
    if (r[FMT_REGION_ZONE_MAPS].length % FMT_ZONE_ENTRY_SIZE != 0)
        return bad_region(fault, FMT_REGION_ZONE_MAPS);
    if (r[FMT_REGION_FRAMES].length % FMT_FRAME_ENTRY_SIZE != 0)
        return bad_region(fault, FMT_REGION_FRAMES);
    if (h->body_offset != r[FMT_REGION_BATCH].offset + r[FMT_REGION_BATCH].length ||
        r[FMT_REGION_BATCH].length == 0)
        return bad_field(fault, "F-14", FMT_H_BODY_OFFSET, "body_offset");
    if (h->body_length != r[FMT_REGION_FOOTER].offset - h->body_offset)
        return bad_field(fault, "F-14", FMT_H_BODY_LENGTH, "body_length");
    if (r[FMT_REGION_FOOTER].length == 0 || end != h->file_size)
        return bad_region(fault, FMT_REGION_FOOTER);
    if (h->table_metadata_length == 0
            ? h->table_metadata_offset != 0 || h->table_metadata_hash != 0
            : !fmt_within(h->table_metadata_offset, h->table_metadata_length,
                          r[FMT_REGION_METADATA].length))
        return bad_field(fault, "F-10", FMT_H_META_OFFSET, "table_metadata");
    return FMT_OK;
}

/* Decodes a header. `readable` are the incompat features that the caller can read. */
static int decode(const uint8_t *bytes, uint64_t available, uint64_t file_size, uint64_t readable,
                  fmt_header *header, fmt_fault *fault)
{
    uint8_t front[FMT_HEADER_SIZE];
    int code = check_intact(bytes, available, file_size, front, fault);
    if (code != FMT_OK)
        return code;
    load(front, header);
    code = check_version(header, file_size, readable, fault);
    if (code != FMT_OK)
        return code;
    code = check_places(header, fault);
    if (code == FMT_OK)
        code = check_numbers(header, front, bytes, fault);
    return code != FMT_OK ? code : check_part(header, fault);
}

int fmt_header_decode(const uint8_t *bytes, uint64_t available, uint64_t file_size,
                      fmt_header *header, fmt_fault *fault)
{
    return decode(bytes, available, file_size, FMT_INCOMPAT_READABLE, header, fault);
}

int fmt_header_decode_stored(const uint8_t *bytes, uint64_t available, uint64_t file_size,
                             fmt_header *header, fmt_fault *fault)
{
    return decode(bytes, available, file_size, FMT_INCOMPAT_READABLE | FMT_INCOMPAT_COMPRESSED,
                  header, fault);
}
