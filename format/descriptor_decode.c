/* Descriptors from their bytes, and the checks of every field. */
#include "format/bytes.h"
#include "format/descriptor.h"
#include "format/hash.h"
#include "format/header.h"
#include "format/ondisk.h"
#include "format/types.h"

/* The descriptor that is being checked, for the faults. */
typedef struct place {
    uint64_t offset; /* in the file */
    int64_t column;  /* -1: a dictionary */
    fmt_fault *fault;
} place;

static place place_of(const fmt_header *h, uint32_t index, fmt_fault *fault)
{
    return (place){fmt_descriptor_offset(h, index), index < h->columns ? (int64_t)index : -1,
                   fault};
}

static int bad(const place *at, const char *rule, uint64_t field, const char *what)
{
    return fmt_fail_at(
        at->fault, FMT_DESCRIPTOR_FIELD, rule, at->offset + field, at->column, -1, "%s: %s",
        at->column < 0 ? "a dictionary's descriptor" : "the column's descriptor", what);
}

static int unsupported(const place *at, uint64_t field, const char *what, uint32_t number)
{
    return fmt_fail_at(at->fault, FMT_COLUMN_UNSUPPORTED, "F-28", at->offset + field, at->column,
                       -1, "unknown %s %u", what, number);
}

/* Hashes a descriptor (F-21): the copy, and the bytes that a later version appended. */
static uint64_t descriptor_hash(const uint8_t raw[FMT_DESCRIPTOR_SIZE], const uint8_t *bytes,
                                uint32_t size, uint32_t index)
{
    if (size == FMT_DESCRIPTOR_SIZE)
        return fmt_hash_seed(raw + FMT_D_TYPE, FMT_DESCRIPTOR_SIZE - FMT_D_TYPE, index);
    return fmt_hash_two(raw + FMT_D_TYPE, FMT_DESCRIPTOR_SIZE - FMT_D_TYPE,
                        bytes + FMT_DESCRIPTOR_SIZE, size - FMT_DESCRIPTOR_SIZE, index);
}

static void load(const uint8_t *p, fmt_descriptor *d)
{
    d->type = fmt_load16(p + FMT_D_TYPE);
    d->flags = fmt_load32(p + FMT_D_FLAGS);
    d->child_count = fmt_load32(p + FMT_D_CHILD_COUNT);
    d->dictionary = fmt_load32(p + FMT_D_DICTIONARY);
    d->name_offset = fmt_load64(p + FMT_D_NAME_OFFSET);
    d->name_length = fmt_load32(p + FMT_D_NAME_LENGTH);
    d->name_hash = fmt_load64(p + FMT_D_NAME_HASH);
    d->length = fmt_load64(p + FMT_D_LENGTH);
    d->null_count = fmt_load64(p + FMT_D_NULL_COUNT);
    d->metadata_offset = fmt_load64(p + FMT_D_META_OFFSET);
    d->metadata_length = fmt_load64(p + FMT_D_META_LENGTH);
    d->metadata_hash = fmt_load64(p + FMT_D_META_HASH);
    d->first_zone = fmt_load64(p + FMT_D_FIRST_ZONE);
    for (int i = 0; i < FMT_SLOTS; i++) {
        const uint8_t *s = p + FMT_D_SLOTS + i * FMT_SLOT_SIZE;
        d->slots[i] = (fmt_slot){fmt_load64(s + FMT_S_OFFSET), fmt_load64(s + FMT_S_STORED),
                                 fmt_load64(s + FMT_S_LOGICAL), fmt_load64(s + FMT_S_CHECKSUM),
                                 fmt_load32(s + FMT_S_ENCODING)};
    }
}

/* Checks F-22, that a dictionary has no name, metadata or zones, and F-21, that no metadata have no
 * offset. */
static int check_absent(const fmt_descriptor *d, const place *at)
{
    if (at->column < 0 && (d->name_offset || d->name_length || d->name_hash || d->metadata_length ||
                           d->first_zone != FMT_NONE64))
        return bad(at, "F-22", FMT_D_NAME_OFFSET,
                   "a dictionary has no name, no metadata and no zones");
    if (d->metadata_length == 0 && (d->metadata_offset || d->metadata_hash))
        return bad(at, "F-21", FMT_D_META_OFFSET, "no metadata, but a place or hash of it");
    return FMT_OK;
}

/* Checks F-28: type, flags, children and encodings are known. */
static int check_known(const fmt_header *h, const fmt_descriptor *d, const place *at)
{
    uint32_t last = fmt_header_compressed(h) ? FMT_ENCODING_ZSTD : FMT_ENCODING_PLAIN;
    if (fmt_type_of(d->type) == NULL)
        return unsupported(at, FMT_D_TYPE, "type", d->type);
    if (d->flags & ~FMT_FLAGS_KNOWN)
        return unsupported(at, FMT_D_FLAGS, "flags", d->flags & ~FMT_FLAGS_KNOWN);
    if (d->child_count)
        return unsupported(at, FMT_D_CHILD_COUNT, "child count", d->child_count);
    for (int i = 0; i < FMT_SLOTS; i++) {
        if (d->slots[i].encoding > last)
            return unsupported(at, FMT_D_SLOTS + (uint64_t)i * FMT_SLOT_SIZE + FMT_S_ENCODING,
                               "encoding", d->slots[i].encoding);
    }
    return FMT_OK;
}

/* Checks F-3 and F-11: reserved bytes are zero. */
static int check_reserved(const fmt_header *h, const uint8_t *raw, const uint8_t *bytes,
                          const place *at)
{
    static const struct {
        uint16_t start, length;
    } zeros[] = {{FMT_D_ZERO1, 2},
                 {FMT_D_ZERO2, 4},
                 {FMT_D_ZERO3, 8},
                 {FMT_D_RESERVED, FMT_DESCRIPTOR_SIZE - FMT_D_RESERVED},
                 {FMT_D_SLOTS + FMT_S_ZERO, 4},
                 {FMT_D_SLOTS + FMT_SLOT_SIZE + FMT_S_ZERO, 4},
                 {FMT_D_SLOTS + 2 * FMT_SLOT_SIZE + FMT_S_ZERO, 4},
                 {FMT_D_SLOTS + 3 * FMT_SLOT_SIZE + FMT_S_ZERO, 4}};
    for (size_t i = 0; i < sizeof zeros / sizeof *zeros; i++) {
        if (!fmt_is_zero(raw + zeros[i].start, zeros[i].length))
            return bad(at, "F-3", zeros[i].start, "reserved bytes are not zero");
    }
    if (!fmt_is_zero(bytes + FMT_DESCRIPTOR_SIZE, h->descriptor_size - FMT_DESCRIPTOR_SIZE))
        return bad(at, "F-11", FMT_DESCRIPTOR_SIZE,
                   "bytes beyond the known descriptor are not zero");
    return FMT_OK;
}

/* Checks F-22, F-23 and F-24: type, flags, dictionary, length and null_count agree. */
static int check_facts(const fmt_header *h, const fmt_descriptor *d, const place *at)
{
    bool dictionary = at->column < 0;
    bool refers = !dictionary && d->type == FMT_DICTIONARY;
    if (dictionary && d->type != FMT_STRING)
        return bad(at, "F-22", FMT_D_TYPE, "the values of a dictionary are strings");
    uint32_t of_columns = FMT_FLAG_NULLABLE | FMT_FLAG_ASCENDING;
    if (dictionary ? d->flags & of_columns : d->flags & ~of_columns)
        return bad(at, "F-23", FMT_D_FLAGS, "a flag that has no place here");
    if ((d->flags & FMT_FLAG_ASCENDING) && (d->null_count || !fmt_type_has_zones(d->type)))
        return bad(at, "F-23", FMT_D_FLAGS, "a column that cannot be ascending says that it is");
    if (refers ? d->dictionary >= h->dictionaries : d->dictionary != FMT_NONE32)
        return bad(at, "F-21", FMT_D_DICTIONARY, "there is no such dictionary");
    if (!dictionary && d->length != h->rows)
        return bad(at, "F-21", FMT_D_LENGTH, "length is not the number of rows");
    if (d->null_count > (dictionary ? 0 : d->length))
        return bad(at, "F-23", FMT_D_NULL_COUNT, "more nulls than there may be");
    if (d->null_count && !(d->flags & FMT_FLAG_NULLABLE))
        return bad(at, "F-23", FMT_D_NULL_COUNT, "nulls in a column that is not nullable");
    if (fmt_header_is_part(h) && !dictionary && !(d->flags & FMT_FLAG_NULLABLE))
        return bad(at, "F-79", FMT_D_FLAGS, "a column of a part that is not nullable");
    return FMT_OK;
}

/* Takes a field out of `left`, a copy of the parameters (F-25): what remains at the end must be
 * zero. */
static uint64_t take(uint8_t *left, int offset, int size)
{
    uint64_t v = 0;
    memcpy(&v, left + offset, (size_t)size);
    memset(left + offset, 0, (size_t)size);
    return v;
}

/* Loads the parameters that a value of `type` has from the start of `left` on. */
static void load_value_parameters(fmt_descriptor *d, uint16_t type, uint8_t *left)
{
    switch (type) {
    case FMT_TIMESTAMP:
        d->zone_length = (uint32_t)take(left, FMT_P_ZONE_LENGTH, 4);
        d->zone_offset = take(left, FMT_P_ZONE_OFFSET, 8);
        d->zone_hash = take(left, FMT_P_ZONE_HASH, 8);
        d->unit = (uint8_t)take(left, FMT_P_UNIT, 1);
        break;
    case FMT_DURATION:
    case FMT_TIME32:
    case FMT_TIME64: d->unit = (uint8_t)take(left, FMT_P_UNIT, 1); break;
    case FMT_DECIMAL128:
        d->precision = (uint8_t)take(left, FMT_P_PRECISION, 1);
        d->scale = (uint8_t)take(left, FMT_P_SCALE, 1);
        break;
    default: break;
    }
}

static void load_list_parameters(fmt_descriptor *d, uint8_t left[FMT_PARAMETERS_SIZE])
{
    d->element = (uint16_t)take(left, FMT_P_ELEMENT, 2);
    load_value_parameters(d, d->element, left + FMT_P_OF_ELEMENT);
}

static void load_tensor_parameters(fmt_descriptor *d, uint8_t left[FMT_PARAMETERS_SIZE])
{
    d->element = (uint16_t)take(left, FMT_P_ELEMENT, 2);
    d->dimensions = (uint8_t)take(left, FMT_P_DIMENSIONS, 1);
    d->unit = (uint8_t)take(left, FMT_P_ELEMENT_UNIT, 1);
    for (int i = 0; i < FMT_DIMENSIONS_MAX; i++)
        d->shape[i] = (uint32_t)take(left, FMT_P_SHAPE + 4 * i, 4);
}

static void load_dictionary_parameters(fmt_descriptor *d, uint8_t left[FMT_PARAMETERS_SIZE])
{
    d->message_offset = take(left, FMT_P_MESSAGE_OFFSET, 8);
    d->message_length = take(left, FMT_P_MESSAGE_LENGTH, 8);
    d->body_length = take(left, FMT_P_BODY_LENGTH, 8);
    d->message_hash = take(left, FMT_P_MESSAGE_HASH, 8);
}

static void load_parameters(fmt_descriptor *d, bool dictionary, uint8_t left[FMT_PARAMETERS_SIZE])
{
    if (dictionary) {
        load_dictionary_parameters(d, left);
        return;
    }
    switch (d->type) {
    case FMT_FIXED_BINARY: d->width = (uint32_t)take(left, FMT_P_WIDTH, 4); break;
    case FMT_DICTIONARY: d->width = (uint32_t)take(left, FMT_P_WIDTH, 1); break;
    case FMT_TENSOR: load_tensor_parameters(d, left); break;
    case FMT_LIST: load_list_parameters(d, left); break;
    default: load_value_parameters(d, d->type, left);
    }
}

/* Returns the field of a descriptor with the offset of a zone. */
static uint64_t zone_field(const fmt_descriptor *d)
{
    return FMT_D_PARAMETERS + FMT_P_ZONE_OFFSET + (d->type == FMT_LIST ? FMT_P_OF_ELEMENT : 0);
}

/* Checks F-25. `part`: the file is a part of a table (F-79). */
static int check_parameters(fmt_descriptor *d, const uint8_t *raw, bool part, const place *at)
{
    uint8_t left[FMT_PARAMETERS_SIZE];
    memcpy(left, raw + FMT_D_PARAMETERS, sizeof left);
    load_parameters(d, at->column < 0, left);
    if (!fmt_is_zero(left, sizeof left) || !fmt_derive_width(d))
        return bad(at, "F-25", FMT_D_PARAMETERS, "parameters the type does not allow");
    if (d->zone_length == 0 && (d->zone_offset || d->zone_hash))
        return bad(at, "F-25", zone_field(d), "no zone, but a place or hash of it");
    if (part && d->type == FMT_DICTIONARY && d->width != 4)
        return bad(at, "F-79", FMT_D_PARAMETERS, "codes of another width than 4 in a part");
    return FMT_OK;
}

/* Tells whether a slot's lengths and encoding are possible for a compressed buffer (F-71). */
static bool compressed_fits(const fmt_slot *slot)
{
    uint64_t blocks = fmt_block_count(slot->logical_length), least = FMT_PLAIN_LENGTH_SIZE + blocks;
    uint64_t most = blocks > INT64_MAX / FMT_FRAME_MAX
                        ? INT64_MAX
                        : FMT_PLAIN_LENGTH_SIZE + blocks * FMT_FRAME_MAX;
    if (slot->logical_length == 0)
        return slot->stored_length == 0;
    if (slot->encoding == FMT_ENCODING_PLAIN)
        return slot->logical_length <= INT64_MAX - FMT_PLAIN_LENGTH_SIZE &&
               slot->stored_length == FMT_PLAIN_LENGTH_SIZE + slot->logical_length;
    return slot->encoding == FMT_ENCODING_ZSTD && slot->stored_length >= least &&
           slot->stored_length <= most;
}

/* Checks F-26, F-27 and F-71: the slots' lengths and encodings. */
static int check_slots(const fmt_header *h, const fmt_descriptor *d, const uint8_t *raw,
                       const place *at)
{
    const bool compressed = fmt_header_compressed(h),
               part = fmt_header_is_part(h) && at->column >= 0;
    for (int i = 0; i < FMT_SLOTS; i++) {
        const fmt_slot *slot = &d->slots[i];
        uint64_t field = FMT_D_SLOTS + (uint64_t)i * FMT_SLOT_SIZE, expected,
                 length = compressed ? slot->logical_length : slot->stored_length;
        if (!fmt_slot_length(d, i, part, length, &expected) || length != expected)
            return bad(at, "F-27", field + FMT_S_STORED,
                       "a buffer has another length than its type and the rows say");
        if (compressed && !compressed_fits(slot))
            return bad(at, "F-71", field + FMT_S_STORED,
                       "a compressed buffer's lengths or encoding are not possible");
        if (!compressed && slot->logical_length != slot->stored_length)
            return bad(at, "F-26", field + FMT_S_LOGICAL,
                       "stored and logical length differ in a plain buffer");
        if (slot->stored_length == 0 &&
            !fmt_is_zero(raw + field, FMT_SLOT_SIZE)) /* whatever features there are (F-3) */
            return bad(at, "F-26", field, "an empty buffer's slot is not zero");
    }
    return FMT_OK;
}

int fmt_descriptor_fields(const uint8_t *bytes, const fmt_header *header, uint32_t index,
                          fmt_descriptor *d, fmt_fault *fault)
{
    uint8_t raw[FMT_DESCRIPTOR_SIZE];
    place at = place_of(header, index, fault);
    memcpy(raw, bytes, sizeof raw);
    if (descriptor_hash(raw, bytes, header->descriptor_size, index) !=
        fmt_load64(raw + FMT_D_HASH)) {
        return fmt_fail_at(fault, FMT_DESCRIPTOR_HASH, "F-21", at.offset, at.column, -1,
                           "descriptor %u does not match its hash", index);
    }
    memset(d, 0, sizeof *d);
    load(raw, d);
    int code = check_known(header, d, &at);
    if (code != FMT_OK)
        return code;
    code = check_absent(d, &at);
    if (code != FMT_OK)
        return code;
    if (!fmt_header_has_unknown(header))
        code = check_reserved(header, raw, bytes, &at);
    if (code != FMT_OK)
        return code;
    code = check_facts(header, d, &at);
    if (code != FMT_OK)
        return code;
    code = check_parameters(d, raw, fmt_header_is_part(header), &at);
    return code != FMT_OK ? code : check_slots(header, d, raw, &at);
}

/* Tells whether a text and its NUL lie inside the names part (F-30) and within `limit`. */
static bool text_fits(const fmt_header *h, uint64_t offset, uint32_t length, uint32_t limit)
{
    return length <= limit &&
           fmt_within(offset, (uint64_t)length + 1, h->regions[FMT_REGION_NAMES].length);
}

/* Checks that name, zone and metadata lie inside their parts. fmt_check_names and
 * fmt_check_metadata check that too, so fmt_descriptor_fields does not. */
static int check_texts(const fmt_header *h, const fmt_descriptor *d, uint32_t index,
                       fmt_fault *fault)
{
    place at = place_of(h, index, fault);
    if (at.column < 0)
        return FMT_OK;
    if (!text_fits(h, d->name_offset, d->name_length, FMT_NAME_MAX)) {
        return fmt_fail_at(fault, FMT_NAME, "F-31", at.offset + FMT_D_NAME_OFFSET, at.column, -1,
                           "the column's name is too long or outside the names");
    }
    if (d->zone_length && !text_fits(h, d->zone_offset, d->zone_length, FMT_ZONE_NAME_MAX)) {
        return fmt_fail_at(fault, FMT_NAME, "F-25", at.offset + zone_field(d), at.column, -1,
                           "the column's time zone is too long or outside the names");
    }
    if (!fmt_within(d->metadata_offset, d->metadata_length,
                    h->regions[FMT_REGION_METADATA].length)) {
        return fmt_fail_at(fault, FMT_METADATA, "F-33", at.offset + FMT_D_META_OFFSET, at.column,
                           -1, "the column's metadata lie outside their part");
    }
    return FMT_OK;
}

int fmt_descriptor_decode(const uint8_t *bytes, const fmt_header *header, uint32_t index,
                          fmt_descriptor *d, fmt_fault *fault)
{
    int code = fmt_descriptor_fields(bytes, header, index, d, fault);
    if (code && code != FMT_COLUMN_UNSUPPORTED)
        return code;
    int texts = check_texts(header, d, index, fault);
    return texts ? texts : code;
}

static int misplaced(const place *at, uint64_t field, const char *rule, const char *what)
{
    return fmt_fail_at(at->fault, FMT_LAYOUT, rule, at->offset + field, at->column, -1, "%s", what);
}

int fmt_descriptor_bounds(const fmt_header *h, const fmt_descriptor *d, uint32_t index,
                          fmt_fault *fault)
{
    place at = place_of(h, index, fault);
    uint64_t start = h->body_offset, end = h->regions[FMT_REGION_CHECKSUMS].offset;
    if (at.column < 0) {
        start = h->regions[FMT_REGION_SCHEMA].offset + h->regions[FMT_REGION_SCHEMA].length;
        end = h->regions[FMT_REGION_BATCH].offset;
        /* F-40: start <= message, message before body, both before the batch message */
        if (d->message_offset < start || !fmt_within(d->message_offset, d->message_length, end) ||
            !fmt_within(d->message_offset + d->message_length, d->body_length, end))
            return misplaced(&at, FMT_D_PARAMETERS, "F-40",
                             "the dictionary lies outside its part of the file");
        start = d->message_offset + d->message_length;
        end = start + d->body_length;
    }
    for (int i = 0; i < FMT_SLOTS; i++) {
        const fmt_slot *slot = &d->slots[i];
        uint64_t field = FMT_D_SLOTS + (uint64_t)i * FMT_SLOT_SIZE;
        if (slot->stored_length == 0)
            continue;
        if (slot->offset < start || !fmt_within(slot->offset, slot->stored_length, end))
            return misplaced(&at, field, "F-61", "a buffer lies outside the body");
        if (slot->offset % FMT_ALIGN != 0)
            return misplaced(&at, field, "F-42", "a buffer is not aligned");
        if (!fmt_within(slot->first_checksum, fmt_block_count(slot->stored_length),
                        h->regions[FMT_REGION_CHECKSUMS].length / 8))
            return misplaced(&at, field + FMT_S_CHECKSUM, "F-45", "checksums outside their part");
    }
    uint64_t entries = h->regions[FMT_REGION_ZONE_MAPS].length / FMT_ZONE_ENTRY_SIZE;
    bool zones = at.column >= 0 && fmt_type_has_zones(d->type);
    if (zones != (d->first_zone != FMT_NONE64))
        return misplaced(&at, FMT_D_FIRST_ZONE, "F-46",
                         "zone maps where there are none, or none where there are");
    if (d->first_zone != FMT_NONE64 && !fmt_within(d->first_zone, fmt_zone_count(h->rows), entries))
        return misplaced(&at, FMT_D_FIRST_ZONE, "F-46", "zone entries outside their part");
    return FMT_OK;
}

int fmt_check_dictionary_use(const fmt_table *t, fmt_fault *fault)
{
    const fmt_header *h = &t->header;
    uint32_t next = 0; /* the dictionary whose first use comes next */
    for (uint32_t i = 0; i < h->columns; i++) {
        const fmt_descriptor *d = &t->descriptors[i];
        place at = place_of(h, i, fault);
        if (d->type != FMT_DICTIONARY || d->dictionary < next)
            continue;
        if (d->dictionary > next)
            return bad(&at, "F-29", FMT_D_DICTIONARY, "dictionaries are not numbered by first use");
        next++;
    }
    place at = place_of(h, h->columns + next, fault);
    if (next != h->dictionaries)
        return bad(&at, "F-29", 0, "no column uses the dictionary");
    return FMT_OK;
}
