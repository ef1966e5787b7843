/* The Schema of the envelope: fields, types, metadata. */
#include "format/bytes.h"
#include "format/emitter.h"
#include "format/metadata.h"
#include "format/types.h"

/* The type numbers of F-52 that are needed by name; the others stand in the table of types. */
enum { AR_LARGE_UTF8 = 20 };

static uint64_t emit_int(fmt_emitter *e, uint32_t bits, bool is_signed)
{
    uint64_t at = fmt_emit_table(e, FMT_VT_INT, 16);
    fmt_put32(e, at + 4, bits);
    fmt_put8(e, at + 8, is_signed);
    return at;
}

/* Emits a table with one number, in the 16 or 32 bits at 4. */
static uint64_t emit_number(fmt_emitter *e, uint32_t number)
{
    uint64_t at = fmt_emit_table(e, FMT_VT_ONE_SHORT, 8);
    fmt_put32(e, at + 4, number);
    return at;
}

static uint64_t emit_timestamp(fmt_emitter *e, uint8_t unit, const uint8_t *zone,
                               uint32_t zone_length)
{
    if (zone_length == 0)
        return emit_number(e, unit);
    uint64_t at = fmt_emit_table(e, FMT_VT_TIMESTAMP_ZONE, 16);
    fmt_put16(e, at + 8, unit);
    fmt_put_offset(e, at + 4, fmt_emit_string(e, zone, zone_length));
    return at;
}

static uint64_t emit_time(fmt_emitter *e, uint8_t unit, uint32_t bits)
{
    uint64_t at = fmt_emit_table(e, FMT_VT_TIME, 16);
    fmt_put32(e, at + 4, bits);
    fmt_put16(e, at + 8, unit);
    return at;
}

static uint64_t emit_decimal(fmt_emitter *e, uint8_t precision, uint8_t scale)
{
    uint64_t at = fmt_emit_table(e, FMT_VT_DECIMAL, 16);
    fmt_put32(e, at + 4, precision);
    fmt_put32(e, at + 8, scale);
    return at;
}

/* Emits the type table of a column, or of the element of a tensor or list. */
static uint64_t emit_type(fmt_emitter *e, const fmt_table *t, const fmt_descriptor *d,
                          uint16_t type)
{
    switch (type) {
    case FMT_BOOL8: return emit_int(e, 8, true);
    case FMT_INT8:
    case FMT_INT16:
    case FMT_INT32:
    case FMT_INT64: return emit_int(e, 8u << (type - FMT_INT8), true);
    case FMT_UINT8:
    case FMT_UINT16:
    case FMT_UINT32:
    case FMT_UINT64: return emit_int(e, 8u << (type - FMT_UINT8), false);
    case FMT_FLOAT16: return emit_number(e, 0);
    case FMT_FLOAT32: return emit_number(e, 1);
    case FMT_FLOAT64: return emit_number(e, 2);
    case FMT_DATE32: return emit_number(e, 0);
    case FMT_DATE64: return emit_number(e, 1);
    case FMT_TIMESTAMP:
        return emit_timestamp(e, d->unit, d->zone_length ? t->names + d->zone_offset : NULL,
                              d->zone_length);
    case FMT_DURATION: return emit_number(e, d->unit);
    case FMT_TIME32: return emit_time(e, d->unit, 32);
    case FMT_TIME64: return emit_time(e, d->unit, 64);
    case FMT_DECIMAL128: return emit_decimal(e, d->precision, d->scale);
    case FMT_FIXED_BINARY: return emit_number(e, d->width);
    case FMT_TENSOR: return emit_number(e, fmt_tensor_elements(d->dimensions, d->shape));
    default: /* string, binary, dictionary, list */ return fmt_emit_table(e, FMT_VT_EMPTY, 8);
    }
}

static uint64_t emit_pair(fmt_emitter *e, const void *key, uint64_t key_length, const void *value,
                          uint64_t value_length)
{
    uint64_t at = fmt_emit_table(e, FMT_VT_KEY_VALUE, 16);
    fmt_put_offset(e, at + 4, fmt_emit_string(e, key, key_length));
    fmt_put_offset(e, at + 8, fmt_emit_string(e, value, value_length));
    return at;
}

/* Writes the metadata of a tensor (F-55), {"shape":[d1,d2]}, with at most 7 numbers of 10 digits.
 * Returns its length. */
static uint32_t tensor_text(const fmt_descriptor *d, char out[128])
{
    uint32_t n = 0;
    memcpy(out, "{\"shape\":[", 10);
    n = 10;
    for (unsigned i = 0; i < d->dimensions; i++) {
        char digits[10];
        unsigned count = 0;
        uint32_t v = d->shape[i];
        do {
            digits[count++] = (char)('0' + v % 10);
        } while ((v /= 10) != 0);
        if (i)
            out[n++] = ',';
        while (count)
            out[n++] = digits[--count];
    }
    memcpy(out + n, "]}", 2);
    return n + 2;
}

/* Emits the vector of metadata, then its pairs: those of the extension first (F-55), if it is not
 * NULL, then those of the `length` bytes at `block`. `d` has the shape of a tensor. */
static uint64_t emit_metadata(fmt_emitter *e, const char *extension, const fmt_descriptor *d,
                              const uint8_t *block, uint64_t length)
{
    fmt_metadata_iter it;
    fmt_pair pair;
    uint64_t own = fmt_metadata_begin(&it, length ? block : NULL, length);
    uint64_t vector = fmt_emit_offsets(e, own + (extension != NULL ? 2 : 0));
    uint64_t slot = vector + 4;
    if (extension != NULL) {
        char text[128];
        uint32_t text_length = d->dimensions != 0 ? tensor_text(d, text) : 0;
        fmt_put_offset(e, slot,
                       emit_pair(e, FMT_KEY_EXTENSION_NAME, strlen(FMT_KEY_EXTENSION_NAME),
                                 extension, strlen(extension)));
        slot += 4;
        fmt_put_offset(e, slot,
                       emit_pair(e, FMT_KEY_EXTENSION_METADATA, strlen(FMT_KEY_EXTENSION_METADATA),
                                 text, text_length));
        slot += 4;
    }
    for (; fmt_metadata_next(&it, &pair); slot += 4)
        fmt_put_offset(e, slot,
                       emit_pair(e, pair.key, pair.key_length, pair.value, pair.value_length));
    return vector;
}

/* Emits the child of a tensor or list: `item`, nullable, of the element type (F-55). */
static uint64_t emit_item(fmt_emitter *e, const fmt_table *t, const fmt_descriptor *d)
{
    const fmt_type_info *info = fmt_type_of(d->element);
    const char *extension = fmt_type_extension(d->element);
    uint64_t at = fmt_emit_table(e, FMT_VT_FIELD + (extension != NULL ? 2 : 0), 32);
    fmt_put8(e, at + 24, 1);
    fmt_put8(e, at + 25, info != NULL ? info->arrow : 0);
    fmt_put_offset(e, at + 4, fmt_emit_string(e, (const uint8_t *)"item", 4));
    fmt_put_offset(e, at + 8, emit_type(e, t, d, d->element));
    fmt_put_offset(e, at + 12, fmt_emit_offsets(e, 0));
    if (extension != NULL)
        fmt_put_offset(e, at + 16, emit_metadata(e, extension, d, NULL, 0));
    return at;
}

static uint64_t emit_dictionary_encoding(fmt_emitter *e, const fmt_table *t,
                                         const fmt_descriptor *d)
{
    const fmt_descriptor *dictionary = &t->descriptors[(uint64_t)t->header.columns + d->dictionary];
    uint64_t at = fmt_emit_table(e, FMT_VT_DICTIONARY_ENCODING, 24);
    fmt_put64(e, at + 8, d->dictionary);
    fmt_put8(e, at + 16, (dictionary->flags & FMT_FLAG_ORDERED) != 0);
    fmt_put_offset(e, at + 4, emit_int(e, 8 * d->width, true));
    return at;
}

/* Emits a Field (F-54): name, type, dictionary, children, custom_metadata. */
static uint64_t emit_field(fmt_emitter *e, const fmt_table *t, const fmt_descriptor *d)
{
    const fmt_type_info *info = fmt_type_of(d->type);
    bool has_dictionary = d->type == FMT_DICTIONARY;
    bool has_metadata = d->metadata_length != 0 || fmt_type_extension(d->type) != NULL;
    uint64_t at =
        fmt_emit_table(e, FMT_VT_FIELD + (has_dictionary ? 1 : 0) + (has_metadata ? 2 : 0), 32);
    fmt_put8(e, at + 24, (d->flags & FMT_FLAG_NULLABLE) != 0);
    fmt_put8(e, at + 25, info != NULL ? info->arrow : AR_LARGE_UTF8);
    fmt_put_offset(e, at + 4, fmt_emit_string(e, t->names + d->name_offset, d->name_length));
    fmt_put_offset(e, at + 8, emit_type(e, t, d, d->type));
    if (has_dictionary)
        fmt_put_offset(e, at + 20, emit_dictionary_encoding(e, t, d));
    uint64_t children = fmt_emit_offsets(e, fmt_has_child(d));
    fmt_put_offset(e, at + 12, children);
    if (fmt_has_child(d))
        fmt_put_offset(e, children + 4, emit_item(e, t, d));
    if (has_metadata)
        fmt_put_offset(e, at + 16,
                       emit_metadata(e, fmt_type_extension(d->type), d,
                                     t->metadata + d->metadata_offset, d->metadata_length));
    return at;
}

uint64_t fmt_emit_schema(fmt_emitter *e, const fmt_table *t)
{
    const fmt_header *h = &t->header;
    bool has_metadata = h->table_metadata_length != 0;
    uint64_t at = fmt_emit_table(e, has_metadata ? FMT_VT_SCHEMA_METADATA : FMT_VT_SCHEMA, 16);
    uint64_t fields = fmt_emit_offsets(e, h->columns);
    fmt_put_offset(e, at + 4, fields);
    for (uint32_t i = 0; i < h->columns; i++)
        fmt_put_offset(e, fields + 4 + 4 * (uint64_t)i, emit_field(e, t, &t->descriptors[i]));
    if (has_metadata)
        fmt_put_offset(e, at + 8,
                       emit_metadata(e, NULL, NULL, t->metadata + h->table_metadata_offset,
                                     h->table_metadata_length));
    return at;
}
