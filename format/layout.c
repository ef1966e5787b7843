/* The layout, computed from lengths. */
#include "format/layout.h"

#include <inttypes.h>

#include "format/bytes.h"
#include "format/envelope.h"
#include "format/frames.h"
#include "format/ondisk.h"
#include "format/types.h"

/* A position that only grows. Overflow of 63 bits is remembered, so that not every step has to
 * check it. */
typedef struct cursor {
    uint64_t at;
    bool overflow;
} cursor;

static void advance(cursor *c, uint64_t length)
{
    if (__builtin_add_overflow(c->at, length, &c->at) || c->at > INT64_MAX) {
        c->overflow = true;
        c->at = 0;
    }
}

static void align_to(cursor *c, uint64_t alignment)
{
    advance(c, (alignment - c->at % alignment) % alignment);
}

static uint64_t product(cursor *c, uint64_t a, uint64_t b)
{
    uint64_t result;
    if (!__builtin_mul_overflow(a, b, &result))
        return result;
    c->overflow = true;
    return 0;
}

static void place_region(fmt_header *h, int region, cursor *c, uint64_t length)
{
    h->regions[region].offset = c->at;
    h->regions[region].length = length;
    advance(c, length);
}

/* Places a buffer (F-42). `on_page`: it begins on a big page whatever its length is. */
static void place_slot(fmt_slot *slot, cursor *c, bool on_page)
{
    if (slot->stored_length == 0) {
        slot->offset = 0;
        return;
    }
    align_to(c, on_page || slot->stored_length >= FMT_BIG ? FMT_BIG_PAGE : FMT_ALIGN);
    slot->offset = c->at;
    advance(c, slot->stored_length);
}

/* Places the parts of F-4 up to the schema, which ends on a page: what follows is aligned to at
 * least 64. */
static int place_front(fmt_table *t, cursor *c, fmt_fault *fault)
{
    fmt_header *h = &t->header;
    uint64_t objects = (uint64_t)h->columns + h->dictionaries;
    if (objects >= FMT_OBJECTS_LIMIT || h->rows >= FMT_ROWS_LIMIT)
        return fmt_fail(fault, FMT_LIMIT, "F-14", FMT_NO_OFFSET, "too many columns or rows");
    uint64_t tables = fmt_envelope_schema_tables(t);
    if (tables > FMT_SCHEMA_TABLES_MAX) {
        return fmt_fail(fault, FMT_LIMIT, "F-59", FMT_NO_OFFSET,
                        "the schema needs %" PRIu64 " Arrow tables, %" PRIu64 " is the limit",
                        tables, FMT_SCHEMA_TABLES_MAX);
    }
    advance(c, h->header_size);
    place_region(h, FMT_REGION_DESCRIPTORS, c, product(c, objects, h->descriptor_size));
    align_to(c, 8);
    place_region(h, FMT_REGION_NAME_INDEX, c, (uint64_t)h->columns * FMT_INDEX_ENTRY_SIZE);
    align_to(c, 8);
    place_region(h, FMT_REGION_NAMES, c, t->names_length);
    align_to(c, 8);
    place_region(h, FMT_REGION_METADATA, c, t->metadata_length);
    align_to(c, FMT_ALIGN);
    fmt_region *schema = &h->regions[FMT_REGION_SCHEMA];
    schema->offset = c->at;
    if (c->overflow || c->at > FMT_MESSAGE_MAX)
        return fmt_fail(fault, FMT_LIMIT, "F-59", FMT_NO_OFFSET,
                        "names and metadata are larger than an Arrow message may be");
    advance(c, fmt_envelope_schema(t, NULL));
    align_to(c, FMT_PAGE);
    schema->length = c->at - schema->offset;
    if (c->overflow || c->at - FMT_H_CONTINUATION > FMT_MESSAGE_MAX)
        return fmt_fail(fault, FMT_LIMIT, "F-59", FMT_NO_OFFSET,
                        "the schema is larger than an Arrow message may be");
    return FMT_OK;
}

static bool is_big(const fmt_descriptor *d)
{
    for (int s = 0; s < FMT_SLOTS; s++) {
        if (d->slots[s].stored_length >= FMT_BIG)
            return true;
    }
    return false;
}

/* Places a dictionary's message and body (F-40). */
static int place_dictionary(fmt_table *t, uint32_t k, cursor *c, fmt_fault *fault)
{
    fmt_descriptor *d = &t->descriptors[(uint64_t)t->header.columns + k];
    uint64_t message = fmt_envelope_dictionary(t, k, NULL);
    d->message_offset = c->at;
    advance(c, message);
    align_to(c, is_big(d) ? FMT_BIG_PAGE : FMT_ALIGN);
    d->message_length = c->at - d->message_offset;
    if (d->message_length > FMT_MESSAGE_MAX)
        return fmt_fail(fault, FMT_LIMIT, "F-59", FMT_NO_OFFSET,
                        "the message of dictionary %u is larger than an Arrow message may be", k);
    uint64_t body = c->at;
    for (int s = 0; s < FMT_SLOTS; s++)
        place_slot(&d->slots[s], c, false);
    align_to(c, FMT_ALIGN);
    d->body_length = c->at - body;
    return FMT_OK;
}

static bool any_big(const fmt_table *t)
{
    for (uint32_t i = 0; i < t->header.columns; i++) {
        if (is_big(&t->descriptors[i]))
            return true;
    }
    return false;
}

/* Tells whether F-42 places a slot on a big page because the file is a part of a table. */
static bool on_page(const fmt_table *t, const fmt_descriptor *d, int slot)
{
    return fmt_header_is_part(&t->header) &&
           (slot == FMT_SLOT_VALIDITY || (slot == FMT_SLOT_VALUES && !fmt_has_offsets(d)));
}

/* Places the buffers of all columns (F-43): those whose lengths are known early come first. */
static void place_buffers(fmt_table *t, cursor *c)
{
    for (uint8_t group = FMT_GROUP_VALUES; group < FMT_GROUPS; group++) {
        for (uint32_t i = 0; i < t->header.columns; i++) {
            fmt_descriptor *d = &t->descriptors[i];
            for (int s = 0; s < FMT_SLOTS; s++) {
                if (d->slots[s].stored_length == 0 || fmt_slot_group(d, s) == group)
                    place_slot(&d->slots[s], c, on_page(t, d, s));
            }
        }
    }
}

/* Numbers the blocks and the zones (F-45, F-46, F-74), and computes the lengths of the three
 * regions. */
static void number_blocks(fmt_table *t, cursor *c, uint64_t *checksums, uint64_t *zone_maps,
                          uint64_t *frames)
{
    uint64_t blocks = 0, zones = 0, n_frames = 0;
    uint64_t objects = (uint64_t)t->header.columns + t->header.dictionaries;
    uint64_t zones_each = fmt_zone_count(t->header.rows);
    for (uint64_t i = 0; i < objects; i++) {
        fmt_descriptor *d = &t->descriptors[i];
        for (int s = 0; s < FMT_SLOTS; s++) {
            fmt_slot *slot = &d->slots[s];
            slot->first_checksum = slot->stored_length ? blocks : 0;
            blocks += fmt_block_count(slot->stored_length);
            n_frames += fmt_frame_count(slot);
        }
        bool has = i < t->header.columns && fmt_type_has_zones(d->type);
        d->first_zone = has ? zones : FMT_NONE64;
        zones += has ? zones_each : 0;
    }
    *checksums = product(c, blocks, 8);
    *zone_maps = product(c, zones, FMT_ZONE_ENTRY_SIZE);
    *frames = product(c, n_frames, FMT_FRAME_ENTRY_SIZE);
}

int fmt_layout(fmt_table *t, fmt_fault *fault)
{
    fmt_header *h = &t->header;
    cursor c = {0, false};
    uint64_t checksums, zone_maps, frames;
    int code = place_front(t, &c, fault);
    for (uint32_t k = 0; code == FMT_OK && k < h->dictionaries; k++)
        code = place_dictionary(t, k, &c, fault);
    if (code != FMT_OK)
        return code;
    h->regions[FMT_REGION_BATCH].offset = c.at;
    advance(&c, fmt_envelope_batch(t, NULL));
    bool big = any_big(t) || fmt_header_is_part(h);
    align_to(&c, big ? FMT_BIG_PAGE : FMT_PAGE); /* F-41 */
    h->body_offset = c.at;
    h->regions[FMT_REGION_BATCH].length = c.at - h->regions[FMT_REGION_BATCH].offset;
    if (h->regions[FMT_REGION_BATCH].length > FMT_MESSAGE_MAX)
        return fmt_fail(fault, FMT_LIMIT, "F-59", FMT_NO_OFFSET,
                        "the batch message is larger than an Arrow message may be");
    place_buffers(t, &c);
    align_to(&c, FMT_ALIGN);
    number_blocks(t, &c, &checksums, &zone_maps, &frames);
    place_region(h, FMT_REGION_CHECKSUMS, &c, checksums);
    align_to(&c, FMT_ALIGN);
    place_region(h, FMT_REGION_ZONE_MAPS, &c, zone_maps);
    align_to(&c, FMT_ALIGN); /* F-44 */
    if (fmt_header_compressed(h)) {
        place_region(h, FMT_REGION_FRAMES, &c, frames); /* F-74 */
        align_to(&c, FMT_ALIGN);
    }
    h->body_length = c.at - h->body_offset;
    place_region(h, FMT_REGION_FOOTER, &c, fmt_envelope_footer(t, NULL));
    h->file_size = c.at;
    if (c.overflow)
        return fmt_fail(fault, FMT_LIMIT, "F-59", FMT_NO_OFFSET,
                        "the file would be larger than 2^63 bytes");
    return FMT_OK;
}
