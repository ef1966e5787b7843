/* Repairs the hashes of a mutated file. */
#include <stdlib.h>

#include "format/bytes.h"
#include "format/checksum.h"
#include "format/hash.h"
#include "format/header.h"
#include "format/ondisk.h"
#include "fuzz.h"

/* The file that is sealed, and what of it is asked for often. */
typedef struct sealing {
    uint8_t *file;
    size_t size;
    uint64_t header_size, columns, objects, descriptors,
        step; /* `objects` descriptors lie inside the file */
} sealing;

static uint64_t region_field(const uint8_t *file, int region, size_t field)
{
    return fmt_load64(file + FMT_H_REGIONS + (size_t)region * FMT_REGION_SIZE + field);
}

/* `length` bytes at `start` of a region; NULL where they do not lie inside the file. */
static uint8_t *part_of(const sealing *s, int region, uint64_t start, uint64_t length)
{
    uint64_t offset = region_field(s->file, region, 0);
    if (offset > s->size || !fmt_within(start, length, s->size - offset))
        return NULL;
    return s->file + offset + start;
}

static bool is_compressed(const uint8_t *file)
{
    return (fmt_load64(file + FMT_H_INCOMPAT) & FMT_INCOMPAT_COMPRESSED) != 0;
}

/* F-45: the blocks of one slot, at their place in the checksums region. */
static void seal_slot(const sealing *s, const uint8_t *slot)
{
    uint64_t offset = fmt_load64(slot + FMT_S_OFFSET), length = fmt_load64(slot + FMT_S_STORED);
    uint64_t first = fmt_load64(slot + FMT_S_CHECKSUM);
    uint64_t blocks = length / FMT_BLOCK_SIZE + (length % FMT_BLOCK_SIZE != 0);
    uint64_t room = region_field(s->file, FMT_REGION_CHECKSUMS, 8) / 8;
    if (!fmt_within(offset, length, s->size) || !fmt_within(first, blocks, room))
        return;
    uint8_t *sums = part_of(s, FMT_REGION_CHECKSUMS, 8 * first, 8 * blocks);
    if (sums != NULL)
        fmt_hash_blocks(s->file + offset, length, sums);
}

/* One hash of a part of a region: of a name, a zone or a block of metadata. */
static void seal_part(const sealing *s, int region, uint64_t start, uint64_t length, uint8_t *hash)
{
    const uint8_t *bytes = length != 0 ? part_of(s, region, start, length) : NULL;
    if (bytes != NULL)
        fmt_store64(hash, fmt_hash(bytes, length));
}

static void seal_column(const sealing *s, uint8_t *d)
{
    uint8_t *p = d + FMT_D_PARAMETERS;
    uint16_t type = fmt_load16(d + FMT_D_TYPE);
    uint64_t name = fmt_load64(d + FMT_D_NAME_OFFSET), length = fmt_load32(d + FMT_D_NAME_LENGTH);
    const uint8_t *text = part_of(s, FMT_REGION_NAMES, name, length);
    if (text != NULL)
        fmt_store64(d + FMT_D_NAME_HASH, fmt_hash(text, length));
    if (type == FMT_LIST) { /* the parameters of its elements */
        type = fmt_load16(p + FMT_P_ELEMENT);
        p += FMT_P_OF_ELEMENT;
    }
    if (type == FMT_TIMESTAMP)
        seal_part(s, FMT_REGION_NAMES, fmt_load64(p + FMT_P_ZONE_OFFSET),
                  fmt_load32(p + FMT_P_ZONE_LENGTH), p + FMT_P_ZONE_HASH);
    seal_part(s, FMT_REGION_METADATA, fmt_load64(d + FMT_D_META_OFFSET),
              fmt_load64(d + FMT_D_META_LENGTH), d + FMT_D_META_HASH);
}

static void seal_dictionary(const sealing *s, uint8_t *d)
{
    uint8_t *p = d + FMT_D_PARAMETERS;
    uint64_t at = fmt_load64(p + FMT_P_MESSAGE_OFFSET);
    uint64_t length = fmt_load64(p + FMT_P_MESSAGE_LENGTH);
    if (fmt_within(at, length, s->size))
        fmt_store64(p + FMT_P_MESSAGE_HASH, fmt_hash(s->file + at, length));
}

/* F-21: descriptors, and before each what its fields name. */
static void seal_descriptors(const sealing *s)
{
    for (uint64_t i = 0; i < s->objects; i++) {
        uint8_t *d = s->file + s->descriptors + i * s->step;
        for (size_t slot = 0; slot < FMT_SLOTS; slot++)
            seal_slot(s, d + FMT_D_SLOTS + slot * FMT_SLOT_SIZE);
        if (i < s->columns)
            seal_column(s, d);
        else
            seal_dictionary(s, d);
        fmt_store64(d + FMT_D_HASH, fmt_hash_seed(d + 8, s->step - 8, i));
    }
}

/* ---- the name index (F-32) ---- */

static const sealing *sorted; /* for the order of the entries, which qsort gives no argument */

static const uint8_t *name_of(const uint8_t *entry, uint64_t *length)
{
    uint64_t column = fmt_load32(entry + FMT_I_COLUMN);
    *length = 0;
    if (column >= sorted->columns)
        return NULL;
    const uint8_t *d = sorted->file + sorted->descriptors + column * sorted->step;
    *length = fmt_load32(d + FMT_D_NAME_LENGTH);
    const uint8_t *name =
        part_of(sorted, FMT_REGION_NAMES, fmt_load64(d + FMT_D_NAME_OFFSET), *length);
    if (name == NULL)
        *length = 0;
    return name;
}

static int order_entries(const void *a, const void *b)
{
    uint64_t one = fmt_load64(a), other = fmt_load64(b), length, size;
    if (one != other)
        return one < other ? -1 : 1;
    const uint8_t *name = name_of(a, &length), *next = name_of(b, &size);
    size_t common = (size_t)(length < size ? length : size);
    int order = common != 0 ? memcmp(name, next, common) : 0;
    return order != 0 ? order : (length > size) - (length < size);
}

/* Each entry gets the hash of the column that it names, and its place among the others. */
static void seal_name_index(const sealing *s)
{
    uint64_t length;
    uint8_t *index = part_of(s, FMT_REGION_NAME_INDEX, 0, s->columns * FMT_INDEX_ENTRY_SIZE);
    if (index == NULL || s->objects < s->columns)
        return;
    sorted = s;
    for (uint64_t i = 0; i < s->columns; i++) {
        uint8_t *entry = index + i * FMT_INDEX_ENTRY_SIZE;
        const uint8_t *name = name_of(entry, &length);
        if (name != NULL)
            fmt_store64(entry + FMT_I_HASH, fmt_hash(name, length));
    }
    qsort(index, s->columns, FMT_INDEX_ENTRY_SIZE, order_entries);
}

/* ---- the whole ---- */

/* `size` was read before anything was sealed, which may have been written over the header. */
static void seal_header(uint8_t *file, uint64_t size)
{
    fmt_store64(file + FMT_H_HASH, 0);
    fmt_store64(file + FMT_H_HASH, fmt_hash(file, size));
}

static bool find_descriptors(sealing *s)
{
    s->header_size = fmt_load32(s->file + FMT_H_HEADER_SIZE);
    if (s->header_size < FMT_HEADER_SIZE || s->header_size > FMT_HEADER_SIZE_MAX ||
        s->header_size > s->size)
        return false;
    s->columns = fmt_load32(s->file + FMT_H_COLUMNS);
    s->objects = s->columns + fmt_load32(s->file + FMT_H_DICTIONARIES);
    s->step = fmt_load32(s->file + FMT_H_DESCRIPTOR_SIZE);
    s->descriptors = region_field(s->file, FMT_REGION_DESCRIPTORS, 0);
    if (s->step < FMT_DESCRIPTOR_SIZE || s->objects > s->size / s->step ||
        !fmt_within(s->descriptors, s->objects * s->step, s->size))
        s->objects = s->columns = 0;
    return true;
}

void fuzz_reseal_front(uint8_t *file, size_t size)
{
    sealing s = {.file = file, .size = size};
    if (size < FMT_HEADER_SIZE || !find_descriptors(&s))
        return;
    seal_descriptors(&s);
    seal_name_index(&s);
    seal_part(&s, FMT_REGION_METADATA, fmt_load64(file + FMT_H_META_OFFSET),
              fmt_load64(file + FMT_H_META_LENGTH), file + FMT_H_META_HASH);
    for (int r = 0; r < (is_compressed(file) ? FMT_REGIONS : FMT_REGION_COUNT); r++) {
        uint64_t length = region_field(file, r, 8);
        const uint8_t *bytes = part_of(&s, r, 0, length);
        if (bytes != NULL)
            fmt_store64(file + FMT_H_REGIONS + (size_t)r * FMT_REGION_SIZE + 16,
                        fmt_hash(bytes, length));
    }
    seal_header(file, s.header_size);
}

void fuzz_reseal(uint8_t *file, size_t size)
{
    fmt_header header;
    uint8_t id[FMT_ID_SIZE];
    fuzz_reseal_front(file, size);
    if (fmt_header_decode_stored(file, size, size, &header, NULL) != 0)
        return;
    fmt_file_id(&header, file, file + header.regions[FMT_REGION_CHECKSUMS].offset,
                file + FMT_H_FILE_ID);
    seal_header(file, header.header_size);
    if (!is_compressed(file)) /* F-16 */
        memcpy(file + FMT_H_CONTENT_ID, file + FMT_H_FILE_ID, FMT_ID_SIZE);
    else if (fuzz_content_id(file, size, id))
        memcpy(file + FMT_H_CONTENT_ID, id, FMT_ID_SIZE);
    seal_header(file, header.header_size);
}
