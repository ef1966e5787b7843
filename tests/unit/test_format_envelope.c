/* The Arrow envelope: F-50 … F-58. A small flatbuffer reader, written from Arrow's schema files and
 * not from the emitter, walks every buffer of a file. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "format/bytes.h"
#include "format/envelope.h"
#include "format/layout.h"
#include "format/ondisk.h"
#include "format_support.h"

/* ---- reading flatbuffers, every access checked ---- */

typedef struct buffer {
    const uint8_t *bytes;
    uint64_t size;
} buffer;

static uint64_t number(const buffer *b, uint64_t at, unsigned size)
{
    uint64_t v = 0;
    assert_true(fmt_within(at, size, b->size) &&
                at % size == 0); /* aligned to its size, as flatbuffers demand */
    memcpy(&v, b->bytes + at, size);
    return v;
}

/* Returns the offset of field `id` of the table, or 0 if it is absent. F-51: vtables come after
 * their tables. */
static uint64_t field(const buffer *b, uint64_t table, unsigned id)
{
    int32_t distance = (int32_t)number(b, table, 4);
    assert_true(distance < 0);
    uint64_t vtable = table + (uint64_t)-(int64_t)distance;
    uint64_t vtable_size = number(b, vtable, 2), table_size = number(b, vtable + 2, 2);
    assert_true(vtable_size >= 4 && fmt_within(vtable, vtable_size, b->size) &&
                fmt_within(table, table_size, b->size));
    if (4 + 2 * id + 2 > vtable_size)
        return 0;
    uint64_t offset = number(b, vtable + 4 + 2 * id, 2);
    assert_true(offset < table_size);
    return offset ? table + offset : 0;
}

static uint64_t scalar(const buffer *b, uint64_t table, unsigned id, unsigned size)
{
    uint64_t at = field(b, table, id);
    return at ? number(b, at, size) : 0;
}

/* Returns the target of an offset field or element, which is always forward. */
static uint64_t follow(const buffer *b, uint64_t at)
{
    assert_true(at != 0);
    uint64_t offset = number(b, at, 4);
    assert_true(offset > 0 && offset < b->size);
    return at + offset;
}

static uint64_t child(const buffer *b, uint64_t table, unsigned id)
{
    return follow(b, field(b, table, id));
}

static uint64_t vector(const buffer *b, uint64_t table, unsigned id, uint64_t *count)
{
    uint64_t at = child(b, table, id);
    *count = number(b, at, 4);
    return at + 4;
}

static void assert_text(const buffer *b, uint64_t at, const char *expected)
{
    uint64_t n = number(b, at, 4);
    assert_int_equal(n, strlen(expected));
    assert_true(fmt_within(at + 4, n + 1, b->size));
    assert_memory_equal(b->bytes + at + 4, expected, n + 1);
}

static uint64_t root(const buffer *b)
{
    return number(b, 0, 4);
}

/* ---- a file of all types ---- */

enum { ROWS = 3, COLUMNS = 19 };
#define TEXT(s) (const uint8_t *)(s)
static const uint8_t bytes[64], bitmap[1] = {5};
static const uint64_t offsets[4] = {0, 1, 1, 3}, dictionary_offsets[3] = {0, 1, 2};
static const fmt_pair pairs[2] = {{TEXT("k1"), TEXT("v1"), 2, 2}, {TEXT("k2"), TEXT(""), 2, 0}};
static const test_column columns[COLUMNS] = {
    {.name = "bool",
     .type = FMT_BOOL8,
     .nullable = true,
     .buffers = {NULL, bytes, NULL},
     .pairs = pairs,
     .n_pairs = 1},
    {.name = "u32", .type = FMT_UINT32, .buffers = {NULL, bytes, NULL}},
    {.name = "i64",
     .type = FMT_INT64,
     .nullable = true,
     .null_count = 1,
     .buffers = {bitmap, bytes, NULL},
     .pairs = pairs,
     .n_pairs = 2},
    {.name = "f32", .type = FMT_FLOAT32, .buffers = {NULL, bytes, NULL}},
    {.name = "d64", .type = FMT_DATE64, .buffers = {NULL, bytes, NULL}},
    {.name = "ts", .type = FMT_TIMESTAMP, .unit = 2, .zone = "UTC", .buffers = {NULL, bytes, NULL}},
    {.name = "naive", .type = FMT_TIMESTAMP, .unit = 3, .buffers = {NULL, bytes, NULL}},
    {.name = "t32", .type = FMT_TIME32, .unit = 1, .buffers = {NULL, bytes, NULL}},
    {.name = "dur", .type = FMT_DURATION, .unit = 1, .buffers = {NULL, bytes, NULL}},
    {.name = "s",
     .type = FMT_STRING,
     .nullable = true,
     .null_count = 1,
     .bytes_length = 3,
     .buffers = {bitmap, offsets, "abc"}},
    {.name = "fix", .type = FMT_FIXED_BINARY, .width = 7, .buffers = {NULL, bytes, NULL}},
    {.name = "dict",
     .type = FMT_DICTIONARY,
     .width = 2,
     .dictionary = 0,
     .buffers = {NULL, bytes, NULL}},
    {.name = "tensor",
     .type = FMT_TENSOR,
     .element = FMT_INT16,
     .dimensions = 2,
     .shape = {2, 3},
     .nullable = true,
     .buffers = {NULL, bytes, NULL}},
    {.name = "", .type = FMT_BINARY, .bytes_length = 3, .buffers = {NULL, offsets, "xyz"}},
    {.name = "half", .type = FMT_FLOAT16, .buffers = {NULL, bytes}},
    {.name = "money",
     .type = FMT_DECIMAL128,
     .precision = 20,
     .scale = 3,
     .buffers = {NULL, bytes}},
    {.name = "flags",
     .type = FMT_LIST,
     .element = FMT_BOOL8,
     .nullable = true,
     .null_count = 1,
     .pairs = pairs,
     .n_pairs = 1,
     .bytes_length = 3,
     .buffers = {bitmap, offsets, bytes}},
    {.name = "words",
     .type = FMT_LIST,
     .element = FMT_STRING,
     .bytes_length = 32,
     .element_bytes_length = 3,
     .buffers = {NULL, offsets, offsets, "xyz"}},
    {.name = "times",
     .type = FMT_LIST,
     .element = FMT_TIMESTAMP,
     .unit = 3,
     .zone = "Asia/Tokyo",
     .bytes_length = 24,
     .buffers = {NULL, offsets, bytes}},
};
static const test_column dictionary = {.type = FMT_STRING,
                                       .length = 2,
                                       .bytes_length = 2,
                                       .ordered = true,
                                       .buffers = {NULL, dictionary_offsets, "ab"}};

static int build(void **state)
{
    test_file *f = malloc(sizeof *f);
    test_file_build(f, ROWS, columns, COLUMNS, &dictionary, 1, pairs, 2);
    *state = f;
    return 0;
}

static int drop(void **state)
{
    test_file_free(*state);
    free(*state);
    return 0;
}

/* ---- F-54, F-55: the schema ---- */

static void assert_pair(const buffer *b, uint64_t element, const char *key, const char *value)
{
    uint64_t pair = follow(b, element);
    assert_text(b, child(b, pair, 0), key);
    assert_text(b, child(b, pair, 1), value);
}

static void assert_metadata(const buffer *b, uint64_t field_table, const test_column *c)
{
    uint64_t count, expected = c->n_pairs, at = 0;
    bool extension = c->type == FMT_BOOL8 || c->type == FMT_TENSOR;
    expected += extension ? 2 : 0;
    if (expected == 0) {
        assert_true(field(b, field_table, 6) == 0);
        return;
    }
    at = vector(b, field_table, 6, &count);
    assert_int_equal(count, expected);
    if (extension) {
        assert_pair(b, at, "ARROW:extension:name",
                    c->type == FMT_BOOL8 ? "arrow.bool8" : "arrow.fixed_shape_tensor");
        assert_pair(b, at + 4, "ARROW:extension:metadata",
                    c->type == FMT_BOOL8 ? "" : "{\"shape\":[2,3]}");
        at += 8;
    }
    for (uint32_t i = 0; i < c->n_pairs; i++)
        assert_pair(b, at + 4 * i, i ? "k2" : "k1", i ? "" : "v1");
}

/* type type of Arrow, and what its table says: up to two numbers {field, size, value} */
static const struct {
    uint8_t arrow;
    struct {
        uint8_t id, size;
        uint32_t value;
    } n[2];
} types[COLUMNS] = {
    {2, {{0, 4, 8}, {1, 1, 1}}},
    {2, {{0, 4, 32}, {1, 1, 0}}},
    {2, {{0, 4, 64}, {1, 1, 1}}},
    {3, {{0, 2, 1}}},
    {8, {{0, 2, 1}}},
    {10, {{0, 2, 2}}},
    {10, {{0, 2, 3}}},
    {9, {{0, 2, 1}, {1, 4, 32}}},
    {18, {{0, 2, 1}}},
    {20, {{0, 0, 0}}},
    {15, {{0, 4, 7}}},
    {20, {{0, 0, 0}}},
    {16, {{0, 4, 6}}},
    {19, {{0, 0, 0}}},
    {3, {{0, 2, 0}}},
    {7, {{0, 4, 20}, {1, 4, 3}}},
    {21, {{0, 0, 0}}},
    {21, {{0, 0, 0}}},
    {21, {{0, 0, 0}}},
};

/* F-55: the child of a tensor or list. */
static void assert_item(const buffer *b, uint64_t item, const test_column *c)
{
    uint64_t type = child(b, item, 3), count;
    assert_text(b, child(b, item, 0), "item");
    assert_int_equal(scalar(b, item, 1, 1), 1);
    (void)vector(b, item, 5, &count);
    assert_int_equal(count, 0);
    if (c->element != FMT_BOOL8)
        assert_true(field(b, item, 6) == 0);
    switch (c->element) {
    case FMT_INT16:
        assert_int_equal(scalar(b, item, 2, 1), 2);
        assert_int_equal(scalar(b, type, 0, 4), 16);
        break;
    case FMT_BOOL8: {
        uint64_t at = vector(b, item, 6, &count);
        assert_int_equal(scalar(b, item, 2, 1), 2);
        assert_int_equal(scalar(b, type, 0, 4), 8);
        assert_int_equal(count, 2);
        assert_pair(b, at, "ARROW:extension:name", "arrow.bool8");
        assert_pair(b, at + 4, "ARROW:extension:metadata", "");
        break;
    }
    case FMT_STRING: assert_int_equal(scalar(b, item, 2, 1), 20); break;
    default:
        assert_int_equal(scalar(b, item, 2, 1), 10);
        assert_int_equal(scalar(b, type, 0, 2), 3);
        assert_text(b, child(b, type, 1), c->zone);
    }
}

static void assert_schema(const buffer *b, uint64_t schema)
{
    uint64_t count, fields = vector(b, schema, 1, &count);
    assert_int_equal(scalar(b, schema, 0, 2), 0); /* little endian */
    assert_int_equal(count, COLUMNS);
    for (uint64_t i = 0; i < COLUMNS; i++) {
        const test_column *c = &columns[i];
        uint64_t f = follow(b, fields + 4 * i), type = child(b, f, 3), children;
        assert_text(b, child(b, f, 0), c->name);
        assert_int_equal(scalar(b, f, 1, 1), c->nullable);
        assert_int_equal(scalar(b, f, 2, 1), types[i].arrow);
        for (int k = 0; k < 2; k++) {
            if (types[i].n[k].size)
                assert_int_equal(scalar(b, type, types[i].n[k].id, types[i].n[k].size),
                                 types[i].n[k].value);
        }
        if (c->zone && types[i].arrow == 10)
            assert_text(b, child(b, type, 1), c->zone);
        else if (types[i].arrow == 10)
            assert_true(field(b, type, 1) == 0);
        uint64_t at = vector(b, f, 5, &children);
        assert_int_equal(children, c->type == FMT_TENSOR || c->type == FMT_LIST);
        if (children)
            assert_item(b, follow(b, at), c);
        if (c->type == FMT_DICTIONARY) {
            uint64_t encoding = child(b, f, 4);
            assert_int_equal(scalar(b, encoding, 0, 8), 0);
            assert_int_equal(scalar(b, child(b, encoding, 1), 0, 4), 16);
            assert_int_equal(scalar(b, child(b, encoding, 1), 1, 1), 1);
            assert_int_equal(scalar(b, encoding, 2, 1), 1); /* isOrdered */
        } else {
            assert_true(field(b, f, 4) == 0);
        }
        assert_metadata(b, f, c);
    }
    uint64_t metadata = vector(b, schema, 2, &count);
    assert_int_equal(count, 2);
    assert_pair(b, metadata, "k1", "v1");
    assert_pair(b, metadata + 4, "k2", "");
}

/* F-51, F-57: the schema message starts at byte 8 of the file, and its root offset skips our own
 * bytes. */
static void schema_message(void **state)
{
    const test_file *f = *state;
    const fmt_region *r = &f->table.header.regions[FMT_REGION_SCHEMA];
    buffer b = {f->bytes + 16, fmt_load32(f->bytes + 12)};
    assert_true(fmt_load32(f->bytes + 8) == 0xFFFFFFFF && 16 + b.size == r->offset + r->length);
    uint64_t message = root(&b);
    assert_true(16 + message == r->offset);
    assert_int_equal(scalar(&b, message, 0, 2), 4);
    assert_int_equal(scalar(&b, message, 1, 1), 1);
    assert_int_equal(scalar(&b, message, 3, 8), 0);
    assert_schema(&b, child(&b, message, 2));
}

/* ---- F-56, F-57: batches ---- */

/* A message at `offset` of the file; returns its flatbuffer and checks its frame. */
static buffer message_at(const test_file *f, uint64_t offset, uint64_t length)
{
    assert_true(fmt_load32(f->bytes + offset) == 0xFFFFFFFF &&
                fmt_load32(f->bytes + offset + 4) == length - 8);
    buffer b = {f->bytes + offset + 8, length - 8};
    assert_true(root(&b) == 8);
    return b;
}

static void assert_buffer(const buffer *b, uint64_t *at, const fmt_slot *slot, uint64_t body)
{
    uint64_t length = slot ? slot->stored_length : 0;
    assert_true(number(b, *at, 8) == (length ? slot->offset - body : 0) &&
                number(b, *at + 8, 8) == length);
    *at += 16;
}

static void assert_node(const buffer *b, uint64_t *at, uint64_t length, uint64_t nulls)
{
    assert_true(number(b, *at, 8) == length && number(b, *at + 8, 8) == nulls);
    *at += 16;
}

static void batch(void **state)
{
    const test_file *f = *state;
    const fmt_header *h = &f->table.header;
    buffer b =
        message_at(f, h->regions[FMT_REGION_BATCH].offset, h->regions[FMT_REGION_BATCH].length);
    uint64_t message = root(&b), nodes, buffers, body = h->body_offset;
    assert_int_equal(scalar(&b, message, 1, 1), 3);
    assert_true(scalar(&b, message, 3, 8) == h->body_length);
    uint64_t table = child(&b, message, 2);
    assert_true(scalar(&b, table, 0, 8) == ROWS && field(&b, table, 3) == 0);
    uint64_t node = vector(&b, table, 1, &nodes), at = vector(&b, table, 2, &buffers);
    assert_int_equal(nodes, COLUMNS + 4);
    assert_int_equal(buffers, 2 * COLUMNS + 3 + 7);
    for (int i = 0; i < COLUMNS; i++) {
        const fmt_descriptor *d = &f->table.descriptors[i];
        assert_node(&b, &node, ROWS, columns[i].null_count);
        assert_buffer(&b, &at, &d->slots[0], body);
        if (d->type == FMT_TENSOR) {
            assert_node(&b, &node, ROWS * 6, 0);
            assert_buffer(&b, &at, NULL, body);
        }
        assert_buffer(&b, &at, &d->slots[1], body);
        if (d->type == FMT_STRING || d->type == FMT_BINARY)
            assert_buffer(&b, &at, &d->slots[2], body);
        if (d->type == FMT_LIST) {
            assert_node(&b, &node, 3, 0);
            assert_buffer(&b, &at, NULL, body);
            assert_buffer(&b, &at, &d->slots[2], body);
            if (d->element == FMT_STRING)
                assert_buffer(&b, &at, &d->slots[3], body);
        }
    }
}

static void dictionary_batch(void **state)
{
    const test_file *f = *state;
    const fmt_descriptor *d = &f->table.descriptors[COLUMNS];
    buffer b = message_at(f, d->message_offset, d->message_length);
    uint64_t message = root(&b), count, body = d->message_offset + d->message_length;
    assert_int_equal(scalar(&b, message, 1, 1), 2);
    assert_true(scalar(&b, message, 3, 8) == d->body_length);
    uint64_t table = child(&b, message, 2), data = child(&b, table, 1);
    assert_true(scalar(&b, table, 0, 8) == 0 && scalar(&b, table, 2, 1) == 0 &&
                scalar(&b, data, 0, 8) == 2);
    uint64_t node = vector(&b, data, 1, &count);
    assert_int_equal(count, 1);
    assert_node(&b, &node, 2, 0);
    uint64_t at = vector(&b, data, 2, &count);
    assert_int_equal(count, 3);
    assert_buffer(&b, &at, NULL, body);
    assert_buffer(&b, &at, &d->slots[1], body);
    assert_buffer(&b, &at, &d->slots[2], body);
}

/* F-58 */
static void footer(void **state)
{
    const test_file *f = *state;
    const fmt_header *h = &f->table.header;
    const fmt_region *r = &h->regions[FMT_REGION_FOOTER];
    const uint8_t *end = f->bytes + h->file_size;
    uint32_t size = fmt_load32(end - 10);
    assert_memory_equal(end - 6, "ARROW1", 6);
    assert_memory_equal(f->bytes + r->offset, "\xFF\xFF\xFF\xFF\0\0\0\0", 8);
    assert_true(r->length == 8 + size + 10);
    buffer b = {end - 10 - size, size};
    uint64_t table = root(&b), count;
    assert_int_equal(scalar(&b, table, 0, 2), 4);
    assert_schema(&b, child(&b, table, 1));
    const fmt_descriptor *d = &f->table.descriptors[COLUMNS];
    uint64_t block = vector(&b, table, 2, &count);
    assert_int_equal(count, 1);
    assert_true(number(&b, block, 8) == d->message_offset &&
                number(&b, block + 8, 4) == d->message_length &&
                number(&b, block + 16, 8) == d->body_length);
    block = vector(&b, table, 3, &count);
    assert_int_equal(count, 1);
    assert_true(number(&b, block, 8) == h->regions[FMT_REGION_BATCH].offset &&
                number(&b, block + 8, 4) == h->regions[FMT_REGION_BATCH].length);
    assert_true(number(&b, block + 16, 8) == h->body_length);
}

/* F-50: every bit of every part is compared; F-19. */
static void checker(void **state)
{
    test_file *f = *state;
    fmt_fault fault;
    for (uint32_t part = 0; part <= FMT_PART_DICTIONARY; part++) {
        uint64_t offset, length;
        fmt_envelope_part(&f->table, part, &offset, &length);
        uint8_t *scratch = malloc(length);
        assert_int_equal(fmt_check_envelope(&f->table, part, f->bytes + offset, scratch, &fault),
                         FMT_OK);
        for (uint64_t at = 0; at < length; at++) {
            f->bytes[offset + at] ^= 0x10;
            assert_int_equal(
                fmt_check_envelope(&f->table, part, f->bytes + offset, scratch, &fault),
                FMT_ENVELOPE);
            assert_true(fault.offset == offset + at);
            f->bytes[offset + at] ^= 0x10;
        }
        f->table.header.envelope_version = 2;
        assert_int_equal(fmt_check_envelope(&f->table, part, f->bytes + offset, scratch, &fault),
                         FMT_ENVELOPE_VERSION_UNKNOWN);
        f->table.header.envelope_version = 1;
        free(scratch);
    }
}

/* F-59: the tables of the schema's flatbuffer, counted by hand: Message, Schema, 2 pairs; 19 Fields
 * and types; 1 + 2 pairs of bool, 2 of i64, 2 of the tensor, its item and that one's type; the
 * dictionary's encoding and index; the pair of flags; items of three lists and their types, and the
 * pairs of the first. */
static void tables(void **state)
{
    const test_file *f = *state;
    assert_int_equal(fmt_envelope_schema_tables(&f->table), 4 + 38 + 3 + 2 + 2 + 2 + 2 + 1 + 6 + 2);
}

/* F-53: the block stands at the end of each flatbuffer, whole. */
static void vtables(void **state)
{
    const test_file *f = *state;
    static const uint16_t last[] = {12, 24, 8, 4, 16, 20, 8, 8, 4, 5, 0};
    const fmt_header *h = &f->table.header;
    uint64_t size = fmt_envelope_batch(&f->table, NULL);
    assert_memory_equal(f->bytes + h->regions[FMT_REGION_BATCH].offset + size - sizeof last, last,
                        sizeof last);
    assert_true(size % 8 == 0);
}

int main(void)
{
    const struct CMUnitTest tests_[] = {
        cmocka_unit_test(schema_message),   cmocka_unit_test(batch),
        cmocka_unit_test(dictionary_batch), cmocka_unit_test(footer),
        cmocka_unit_test(checker),          cmocka_unit_test(tables),
        cmocka_unit_test(vtables)};
    return cmocka_run_group_tests_name("F-50 … F-59 envelope", tests_, build, drop);
}
