/* Descriptors to their bytes. */
#include "format/bytes.h"
#include "format/descriptor.h"
#include "format/hash.h"
#include "format/ondisk.h"

void fmt_descriptor_init(fmt_descriptor *d)
{
    memset(d, 0, sizeof *d);
    d->dictionary = FMT_NONE32;
    d->first_zone = FMT_NONE64;
}

/* Encodes the parameters that a value of `type` has. */
static void put_value_parameters(const fmt_descriptor *d, uint16_t type, uint8_t *p)
{
    switch (type) {
    case FMT_TIMESTAMP:
        p[FMT_P_UNIT] = d->unit;
        fmt_store32(p + FMT_P_ZONE_LENGTH, d->zone_length);
        fmt_store64(p + FMT_P_ZONE_OFFSET, d->zone_offset);
        fmt_store64(p + FMT_P_ZONE_HASH, d->zone_hash);
        break;
    case FMT_DURATION:
    case FMT_TIME32:
    case FMT_TIME64: p[FMT_P_UNIT] = d->unit; break;
    case FMT_DECIMAL128:
        p[FMT_P_PRECISION] = d->precision;
        p[FMT_P_SCALE] = d->scale;
        break;
    default: break;
    }
}

/* Encodes the parameters (F-25). */
static void put_parameters(const fmt_descriptor *d, bool is_dictionary, uint8_t *p)
{
    if (is_dictionary) {
        fmt_store64(p + FMT_P_MESSAGE_OFFSET, d->message_offset);
        fmt_store64(p + FMT_P_MESSAGE_LENGTH, d->message_length);
        fmt_store64(p + FMT_P_BODY_LENGTH, d->body_length);
        fmt_store64(p + FMT_P_MESSAGE_HASH, d->message_hash);
        return;
    }
    switch (d->type) {
    case FMT_FIXED_BINARY: fmt_store32(p + FMT_P_WIDTH, d->width); break;
    case FMT_DICTIONARY: p[FMT_P_WIDTH] = (uint8_t)d->width; break;
    case FMT_TENSOR:
        fmt_store16(p + FMT_P_ELEMENT, d->element);
        p[FMT_P_DIMENSIONS] = d->dimensions;
        p[FMT_P_ELEMENT_UNIT] = d->unit;
        for (int i = 0; i < FMT_DIMENSIONS_MAX; i++)
            fmt_store32(p + FMT_P_SHAPE + 4 * i, d->shape[i]);
        break;
    case FMT_LIST:
        fmt_store16(p + FMT_P_ELEMENT, d->element);
        put_value_parameters(d, d->element, p + FMT_P_OF_ELEMENT);
        break;
    default: put_value_parameters(d, d->type, p);
    }
}

/* Encodes a slot. An empty one is all zero (F-26), whatever its offset is in memory. */
static void put_slot(const fmt_slot *slot, uint8_t *out)
{
    if (slot->stored_length == 0)
        return;
    fmt_store64(out + FMT_S_OFFSET, slot->offset);
    fmt_store64(out + FMT_S_STORED, slot->stored_length);
    fmt_store64(out + FMT_S_LOGICAL, slot->logical_length);
    fmt_store64(out + FMT_S_CHECKSUM, slot->first_checksum);
    fmt_store32(out + FMT_S_ENCODING, slot->encoding);
}

static void put_slots(const fmt_header *header, const fmt_descriptor *d, uint32_t index,
                      uint8_t *out)
{
    for (int i = 0; i < FMT_SLOTS; i++)
        put_slot(&d->slots[i], out + FMT_D_SLOTS + i * FMT_SLOT_SIZE);
    fmt_store64(out + FMT_D_HASH,
                fmt_hash_seed(out + 8, header->descriptor_size - 8, index)); /* F-21 */
}

void fmt_descriptor_encode(const fmt_header *header, const fmt_descriptor *d, uint32_t index,
                           uint8_t *out)
{
    memset(out, 0, header->descriptor_size);
    fmt_store16(out + FMT_D_TYPE, d->type);
    fmt_store32(out + FMT_D_FLAGS, d->flags);
    fmt_store32(out + FMT_D_CHILD_COUNT, d->child_count);
    fmt_store32(out + FMT_D_DICTIONARY, d->dictionary);
    fmt_store64(out + FMT_D_NAME_OFFSET, d->name_offset);
    fmt_store32(out + FMT_D_NAME_LENGTH, d->name_length);
    fmt_store64(out + FMT_D_NAME_HASH, d->name_hash);
    put_parameters(d, index >= header->columns, out + FMT_D_PARAMETERS);
    fmt_store64(out + FMT_D_LENGTH, d->length);
    fmt_store64(out + FMT_D_NULL_COUNT, d->null_count);
    fmt_store64(out + FMT_D_META_OFFSET, d->metadata_offset);
    fmt_store64(out + FMT_D_META_LENGTH, d->metadata_length);
    fmt_store64(out + FMT_D_META_HASH, d->metadata_hash);
    fmt_store64(out + FMT_D_FIRST_ZONE, d->first_zone);
    put_slots(header, d, index, out);
}

void fmt_descriptor_replace(const fmt_header *header, const fmt_descriptor *d, uint32_t index,
                            uint8_t *bytes)
{
    if (index >= header->columns)
        put_parameters(d, true, bytes + FMT_D_PARAMETERS);
    put_slots(header, d, index, bytes);
}
