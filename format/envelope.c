/* The messages and the footer of the envelope (envelope.h). */
#include "format/envelope.h"

#include "format/bytes.h"
#include "format/emitter.h"
#include "format/header.h"
#include "format/ondisk.h"
#include "format/types.h"

/* The types of message headers, and the version (F-52). */
enum { MESSAGE_SCHEMA = 1, MESSAGE_DICTIONARY = 2, MESSAGE_BATCH = 3, METADATA_V5 = 4 };
enum { BLOCK_STRUCT = 24, NODE_STRUCT = 16, BUFFER_STRUCT = 16 };
/* Bytes before a flatbuffer, continuation and length (F-57); bytes before the first object, root
 * offset and four zeros (F-51). */
enum { MESSAGE_PREFIX = 8, ROOT_SIZE = 8 };
/* Bytes after the footer's flatbuffer: its length and the closing magic (F-58). */
enum { FOOTER_TAIL = 10 };

static uint64_t emit_message(fmt_emitter *e, uint8_t kind, uint64_t body_length)
{
    uint64_t at = fmt_emit_table(e, FMT_VT_MESSAGE, 24);
    fmt_put64(e, at + 8, body_length);
    fmt_put16(e, at + 16, METADATA_V5);
    fmt_put8(e, at + 18, kind);
    return at;
}

/* Writes {offset, length} of a slot at *place and advances *place; an empty one is {0, 0}
 * (F-56). */
static void put_buffer(fmt_emitter *e, uint64_t *place, const fmt_slot *slot, uint64_t body)
{
    if (slot != NULL && slot->stored_length) {
        fmt_put64(e, *place, slot->offset - body);
        fmt_put64(e, *place + 8, slot->stored_length);
    }
    *place += BUFFER_STRUCT;
}

/* Counts the buffers of a column or dictionary: the slots that its type uses, and its child's
 * validity. */
static uint64_t count_buffers(const fmt_descriptor *d)
{
    uint64_t count = fmt_has_child(d);
    for (int s = 0; s < FMT_SLOTS; s++)
        count += fmt_slot_group(d, s) != FMT_GROUP_NONE;
    return count;
}

static void put_buffers(fmt_emitter *e, uint64_t *place, const fmt_descriptor *d, uint64_t body)
{
    const fmt_type_info *info = fmt_type_of(d->type);
    for (int s = 0; s < FMT_SLOTS; s++) {
        if (fmt_slot_group(d, s) == FMT_GROUP_NONE)
            continue;
        if (s > 0 && s == info->child)
            put_buffer(e, place, NULL, body); /* the child's validity */
        put_buffer(e, place, &d->slots[s], body);
    }
}

static void put_node(fmt_emitter *e, uint64_t *place, uint64_t length, uint64_t null_count)
{
    fmt_put64(e, *place, length);
    fmt_put64(e, *place + 8, null_count);
    *place += NODE_STRUCT;
}

/* Emits the table of a RecordBatch, without nodes and buffers. */
static uint64_t emit_batch_table(fmt_emitter *e, const fmt_header *h, uint64_t length)
{
    uint64_t at =
        fmt_emit_table(e, fmt_header_compressed(h) ? FMT_VT_BATCH_COMPRESSED : FMT_VT_BATCH, 24);
    fmt_put64(e, at + 8, length);
    return at;
}

/* Emits the last object of a RecordBatch (F-73): codec ZSTD, method BUFFER. */
static void emit_compression(fmt_emitter *e, const fmt_header *h, uint64_t batch)
{
    if (!fmt_header_compressed(h))
        return;
    uint64_t at = fmt_emit_table(e, FMT_VT_BODY_COMPRESSION, 8);
    fmt_put8(e, at + 4, FMT_ARROW_ZSTD);
    fmt_put8(e, at + 5, 0);
    fmt_put_offset(e, batch + 20, at);
}

/* Emits the RecordBatch of a dictionary (F-56). */
static uint64_t emit_dictionary_values(fmt_emitter *e, const fmt_header *h, const fmt_descriptor *d)
{
    uint64_t body = d->message_offset + d->message_length;
    uint64_t at = emit_batch_table(e, h, d->length);
    uint64_t node = fmt_emit_structs(e, 1, NODE_STRUCT);
    fmt_put_offset(e, at + 4, node - 4);
    put_node(e, &node, d->length, 0);
    uint64_t buffer = fmt_emit_structs(e, count_buffers(d), BUFFER_STRUCT);
    fmt_put_offset(e, at + 16, buffer - 4);
    put_buffers(e, &buffer, d, body);
    emit_compression(e, h, at);
    return at;
}

/* Counts the nodes and the buffers of all columns. */
static void count_structs(const fmt_table *t, uint64_t *nodes, uint64_t *buffers)
{
    *nodes = *buffers = 0;
    for (uint32_t i = 0; i < t->header.columns; i++) {
        *nodes += fmt_has_child(&t->descriptors[i]) ? 2 : 1;
        *buffers += count_buffers(&t->descriptors[i]);
    }
}

static void put_column_nodes(fmt_emitter *e, const fmt_table *t, uint64_t node)
{
    for (uint32_t i = 0; i < t->header.columns; i++) {
        const fmt_descriptor *d = &t->descriptors[i];
        put_node(e, &node, t->header.rows, d->null_count);
        if (fmt_has_child(d))
            put_node(e, &node, fmt_child_length(d), 0);
    }
}

static void put_column_buffers(fmt_emitter *e, const fmt_table *t, uint64_t buffer)
{
    for (uint32_t i = 0; i < t->header.columns; i++)
        put_buffers(e, &buffer, &t->descriptors[i], t->header.body_offset);
}

static uint64_t emit_record_batch(fmt_emitter *e, const fmt_table *t)
{
    uint64_t nodes, buffers;
    count_structs(t, &nodes, &buffers);
    uint64_t at = emit_batch_table(e, &t->header, t->header.rows);
    uint64_t node = fmt_emit_structs(e, nodes, NODE_STRUCT);
    fmt_put_offset(e, at + 4, node - 4);
    if (e->out != NULL)
        put_column_nodes(e, t, node);
    uint64_t buffer = fmt_emit_structs(e, buffers, BUFFER_STRUCT);
    fmt_put_offset(e, at + 16, buffer - 4);
    if (e->out != NULL)
        put_column_buffers(e, t, buffer);
    emit_compression(e, &t->header, at);
    return at;
}

static void put_block(fmt_emitter *e, uint64_t place, uint64_t offset, uint64_t message_length,
                      uint64_t body_length)
{
    fmt_put64(e, place, offset);
    fmt_put32(e, place + 8, (uint32_t)message_length);
    fmt_put64(e, place + 16, body_length);
}

static void emit_footer(fmt_emitter *e, const fmt_table *t)
{
    const fmt_header *h = &t->header;
    const fmt_region *batch = &h->regions[FMT_REGION_BATCH];
    uint64_t at = fmt_emit_table(e, FMT_VT_FOOTER, 24);
    fmt_put16(e, at + 16, METADATA_V5);
    fmt_put_offset(e, at + 4, fmt_emit_schema(e, t));
    uint64_t blocks = fmt_emit_structs(e, h->dictionaries, BLOCK_STRUCT);
    fmt_put_offset(e, at + 8, blocks - 4);
    for (uint32_t k = 0; e->out != NULL && k < h->dictionaries; k++) {
        const fmt_descriptor *d = &t->descriptors[(uint64_t)h->columns + k];
        put_block(e, blocks + (uint64_t)k * BLOCK_STRUCT, d->message_offset, d->message_length,
                  d->body_length);
    }
    blocks = fmt_emit_structs(e, 1, BLOCK_STRUCT);
    fmt_put_offset(e, at + 12, blocks - 4);
    put_block(e, blocks, batch->offset, batch->length, h->body_length);
}

/* The contents of a flatbuffer. */
enum { CONTENT_SCHEMA, CONTENT_DICTIONARY, CONTENT_BATCH, CONTENT_FOOTER };

static void emit_content(fmt_emitter *e, const fmt_table *t, int content, uint32_t k)
{
    uint64_t message;
    switch (content) {
    case CONTENT_SCHEMA:
        message = emit_message(e, MESSAGE_SCHEMA, 0);
        fmt_put_offset(e, message + 4, fmt_emit_schema(e, t));
        break;
    case CONTENT_DICTIONARY: {
        const fmt_descriptor *d = &t->descriptors[(uint64_t)t->header.columns + k];
        message = emit_message(e, MESSAGE_DICTIONARY, d->body_length);
        uint64_t batch = fmt_emit_table(e, FMT_VT_BATCH, 24);
        fmt_put_offset(e, message + 4, batch);
        fmt_put64(e, batch + 8, k);
        fmt_put_offset(e, batch + 4, emit_dictionary_values(e, &t->header, d));
        break;
    }
    case CONTENT_BATCH:
        message = emit_message(e, MESSAGE_BATCH, t->header.body_length);
        fmt_put_offset(e, message + 4, emit_record_batch(e, t));
        break;
    default: emit_footer(e, t);
    }
}

/* Emits objects from position `first` on, then the vtables, and returns the flatbuffer's end. `k`
 * is the dictionary, for CONTENT_DICTIONARY. Two passes: tables must know where the vtables will
 * be. */
static uint64_t emit(const fmt_table *t, int content, uint32_t k, uint64_t first, uint8_t *out,
                     uint64_t *tables)
{
    fmt_emitter e = {NULL, first, first, 0, 0};
    emit_content(&e, t, content, k);
    fmt_emit_vtables(&e);
    if (tables != NULL)
        *tables = e.tables;
    if (out != NULL) {
        e.out = out;
        e.at = first;
        emit_content(&e, t, content, k);
        fmt_emit_vtables(&e);
    }
    return e.at;
}

uint64_t fmt_envelope_schema(const fmt_table *t, uint8_t *out)
{
    /* F-51: the flatbuffer starts at 16 and its root offset jumps over our bytes */
    uint64_t first = t->header.regions[FMT_REGION_SCHEMA].offset - FMT_H_SCHEMA_ROOT;
    return emit(t, CONTENT_SCHEMA, 0, first, out, NULL) - first;
}

uint64_t fmt_envelope_schema_tables(const fmt_table *t)
{
    uint64_t tables;
    (void)emit(t, CONTENT_SCHEMA, 0, 0, NULL, &tables);
    return tables;
}

/* Emits a message (F-57) whose part has `length` bytes. */
static uint64_t message(const fmt_table *t, int content, uint32_t k, uint64_t length, uint8_t *out)
{
    uint64_t size =
        emit(t, content, k, ROOT_SIZE, out != NULL ? out + MESSAGE_PREFIX + ROOT_SIZE : NULL, NULL);
    if (out != NULL) {
        fmt_store32(out, FMT_CONTINUATION);
        fmt_store32(out + 4, (uint32_t)(length - MESSAGE_PREFIX));
        fmt_store64(out + MESSAGE_PREFIX, ROOT_SIZE);
    }
    return MESSAGE_PREFIX + size;
}

uint64_t fmt_envelope_dictionary(const fmt_table *t, uint32_t k, uint8_t *out)
{
    return message(t, CONTENT_DICTIONARY, k,
                   t->descriptors[(uint64_t)t->header.columns + k].message_length, out);
}

uint64_t fmt_envelope_batch(const fmt_table *t, uint8_t *out)
{
    return message(t, CONTENT_BATCH, 0, t->header.regions[FMT_REGION_BATCH].length, out);
}

uint64_t fmt_envelope_footer(const fmt_table *t, uint8_t *out)
{
    uint64_t size = emit(t, CONTENT_FOOTER, 0, ROOT_SIZE,
                         out != NULL ? out + MESSAGE_PREFIX + ROOT_SIZE : NULL, NULL);
    if (out != NULL) {
        fmt_store32(out, FMT_CONTINUATION); /* F-58: end of stream */
        fmt_store32(out + 4, 0);
        fmt_store64(out + MESSAGE_PREFIX, ROOT_SIZE);
        fmt_store32(out + MESSAGE_PREFIX + size, (uint32_t)size);
        memcpy(out + MESSAGE_PREFIX + size + 4, FMT_ARROW_MAGIC, FOOTER_TAIL - 4);
    }
    return MESSAGE_PREFIX + size + FOOTER_TAIL;
}
