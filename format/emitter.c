/* The emitter of flatbuffers (emitter.h). */
#include "format/emitter.h"

#include "format/bytes.h"

/* All vtables of the envelope, always whole and in this order (F-53). */
static const uint16_t vtable_words[] = {
    12, 24, 16, 18, 4,  8,              /* 0 */
    8,  16, 12, 4,                      /* 1 */
    10, 16, 12, 4,  8,                  /* 2 */
    16, 32, 4,  24, 25, 8,  0,  12,     /* 3 */
    16, 32, 4,  24, 25, 8,  20, 12,     /* 4 */
    18, 32, 4,  24, 25, 8,  0,  12, 16, /* 5 */
    18, 32, 4,  24, 25, 8,  20, 12, 16, /* 6 */
    8,  16, 4,  8,                      /* 7 */
    6,  8,  4,                          /* 8 */
    8,  16, 8,  4,                      /* 9 */
    4,  8,                              /* 10 */
    10, 24, 8,  4,  16,                 /* 11 */
    12, 24, 16, 4,  8,  12,             /* 12 */
    12, 24, 8,  4,  16, 20,             /* 13 */
    8,  8,  4,  5,                      /* 14 */
};
/* The start of each of them, in words. */
static const uint8_t vtable_starts[] = {0, 6, 10, 15, 23, 31, 40, 49, 53, 56, 60, 62, 67, 73, 79};
_Static_assert(sizeof vtable_words == (79 + 4) * 2, "F-53");

static uint64_t pad8(uint64_t n)
{
    return (n + 7) & ~UINT64_C(7);
}

/* Returns the address of position `at`. */
static uint8_t *here(const fmt_emitter *e, uint64_t at)
{
    return e->out + (at - e->base);
}

/* Makes room for an object of `size` bytes, zeroed, and returns its position. */
static uint64_t object(fmt_emitter *e, uint64_t size)
{
    uint64_t at = e->at;
    if (e->out != NULL)
        memset(here(e, at), 0, pad8(size));
    e->at += pad8(size);
    return at;
}

uint64_t fmt_emit_table(fmt_emitter *e, int vtable, uint32_t size)
{
    uint64_t at = object(e, size);
    e->tables++;
    uint64_t target = e->vtables + 2u * vtable_starts[vtable];
    fmt_put32(e, at, (uint32_t)(at - target)); /* negative: the block lies after all tables */
    return at;
}

uint64_t fmt_emit_string(fmt_emitter *e, const uint8_t *data, uint64_t length)
{
    uint64_t at = object(e, 4 + length + 1);
    fmt_put32(e, at, (uint32_t)length);
    if (e->out != NULL && length)
        memcpy(here(e, at + 4), data, length);
    return at;
}

uint64_t fmt_emit_offsets(fmt_emitter *e, uint64_t count)
{
    uint64_t at = object(e, 4 + 4 * count);
    fmt_put32(e, at, (uint32_t)count);
    return at;
}

uint64_t fmt_emit_structs(fmt_emitter *e, uint64_t count, uint32_t size)
{
    uint64_t at = object(e, 8 + count * size);
    fmt_put32(e, at + 4, (uint32_t)count);
    return at + 8;
}

void fmt_emit_vtables(fmt_emitter *e)
{
    uint64_t at = object(e, sizeof vtable_words);
    e->vtables = at;
    if (e->out != NULL)
        memcpy(here(e, at), vtable_words, sizeof vtable_words);
}

void fmt_put8(const fmt_emitter *e, uint64_t place, uint8_t v)
{
    if (e->out != NULL)
        *here(e, place) = v;
}

void fmt_put16(const fmt_emitter *e, uint64_t place, uint16_t v)
{
    if (e->out != NULL)
        fmt_store16(here(e, place), v);
}

void fmt_put32(const fmt_emitter *e, uint64_t place, uint32_t v)
{
    if (e->out != NULL)
        fmt_store32(here(e, place), v);
}

void fmt_put64(const fmt_emitter *e, uint64_t place, uint64_t v)
{
    if (e->out != NULL)
        fmt_store64(here(e, place), v);
}

void fmt_put_offset(const fmt_emitter *e, uint64_t place, uint64_t target)
{
    fmt_put32(e, place, (uint32_t)(target - place));
}
