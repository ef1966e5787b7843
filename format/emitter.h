/* Writes flatbuffers (F-51 … F-53): one object after the other, and each offset once the position
 * of its target is known. The same calls measure (out == NULL) and write. Private to
 * envelope*.c. */
#ifndef SHMCOL_FORMAT_EMITTER_H
#define SHMCOL_FORMAT_EMITTER_H

#include <stdbool.h>

#include "format/table.h"

typedef struct fmt_emitter {
    uint8_t *out;     /* address of position `base`; NULL: measure only */
    uint64_t base;    /* first position that is written */
    uint64_t at;      /* position of the next object, from the start of the flatbuffer */
    uint64_t vtables; /* start of the block of vtables; known once it was measured */
    uint64_t tables;  /* number of tables so far (F-59) */
} fmt_emitter;

/* The vtables of F-53 by number. */
enum fmt_vtable {
    FMT_VT_MESSAGE = 0,
    FMT_VT_SCHEMA = 1,
    FMT_VT_SCHEMA_METADATA = 2,
    FMT_VT_FIELD = 3, /* + 1 with dictionary, + 2 with metadata */
    FMT_VT_KEY_VALUE = 7,
    FMT_VT_INT = 7,
    FMT_VT_DECIMAL = 7,
    FMT_VT_ONE_SHORT = 8, /* FloatingPoint, Date, Duration, FixedSizeBinary, FixedSizeList,
                             Timestamp without zone */
    FMT_VT_TIMESTAMP_ZONE = 9,
    FMT_VT_TIME = 9,
    FMT_VT_EMPTY = 10,
    FMT_VT_DICTIONARY_ENCODING = 11,
    FMT_VT_BATCH = 11, /* DictionaryBatch and RecordBatch */
    FMT_VT_FOOTER = 12,
    FMT_VT_BATCH_COMPRESSED = 13,
    FMT_VT_BODY_COMPRESSION = 14
};

/* Emit an object at e->at and return its position. Sizes are multiples of 8; a table is zero but
 * for its vtable. */
uint64_t fmt_emit_table(fmt_emitter *e, int vtable, uint32_t size);
uint64_t fmt_emit_string(fmt_emitter *e, const uint8_t *data, uint64_t length);
/* Emits a vector of `count` offsets, still zero; element `i` is at the position returned + 4 + 4
 * i. */
uint64_t fmt_emit_offsets(fmt_emitter *e, uint64_t count);
/* Emits a vector of structs and returns the position of the first. An offset to the vector points 4
 * bytes before it. */
uint64_t fmt_emit_structs(fmt_emitter *e, uint64_t count, uint32_t size);
/* Emits the block of vtables, at the end. */
void fmt_emit_vtables(fmt_emitter *e);

/* Write a field at position `place`; while measuring they do nothing. fmt_put_offset makes an
 * offset field point at `target`. */
void fmt_put8(const fmt_emitter *e, uint64_t place, uint8_t v);
void fmt_put16(const fmt_emitter *e, uint64_t place, uint16_t v);
void fmt_put32(const fmt_emitter *e, uint64_t place, uint32_t v);
void fmt_put64(const fmt_emitter *e, uint64_t place, uint64_t v);
void fmt_put_offset(const fmt_emitter *e, uint64_t place, uint64_t target);

/* Emits the Schema table and all below it, which are the same in the schema message and the footer
 * (envelope_schema.c). Returns the table's position. */
uint64_t fmt_emit_schema(fmt_emitter *e, const fmt_table *table);

#endif
