/* Descriptors: F-21 … F-29, F-61. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "format/bytes.h"
#include "format/descriptor.h"
#include "format/hash.h"
#include "format/layout.h"
#include "format/ondisk.h"
#include "format/types.h"
#include "format_support.h"

enum { ROWS = 10, COLUMNS = 30 };

static const fmt_pair pair = {(const uint8_t *)"k", (const uint8_t *)"v", 1, 1};
static const test_column columns[COLUMNS] = {
    {.name = "bool", .type = FMT_BOOL8, .nullable = true, .null_count = 2},
    {.name = "i8", .type = FMT_INT8},
    {.name = "i16", .type = FMT_INT16, .nullable = true},
    {.name = "i32", .type = FMT_INT32, .pairs = &pair, .n_pairs = 1},
    {.name = "i64", .type = FMT_INT64},
    {.name = "u8", .type = FMT_UINT8},
    {.name = "u16", .type = FMT_UINT16},
    {.name = "u32", .type = FMT_UINT32},
    {.name = "u64", .type = FMT_UINT64},
    {.name = "f32", .type = FMT_FLOAT32},
    {.name = "f64", .type = FMT_FLOAT64, .nullable = true, .null_count = 10},
    {.name = "d32", .type = FMT_DATE32},
    {.name = "d64", .type = FMT_DATE64},
    {.name = "ts", .type = FMT_TIMESTAMP, .unit = 2, .zone = "Europe/Paris"},
    {.name = "ts naive", .type = FMT_TIMESTAMP, .unit = 3},
    {.name = "dur", .type = FMT_DURATION, .unit = 1},
    {.name = "t32", .type = FMT_TIME32, .unit = 1},
    {.name = "t64", .type = FMT_TIME64, .unit = 2},
    {.name = "s", .type = FMT_STRING, .bytes_length = 100},
    {.name = "bin", .type = FMT_BINARY, .bytes_length = 0},
    {.name = "fix", .type = FMT_FIXED_BINARY, .width = 5},
    {.name = "dict", .type = FMT_DICTIONARY, .width = 2, .dictionary = 0},
    {.name = "dict2", .type = FMT_DICTIONARY, .width = 1, .dictionary = 1},
    {.name = "tensor",
     .type = FMT_TENSOR,
     .element = FMT_FLOAT32,
     .dimensions = 3,
     .shape = {2, 3, 4}},
    {.name = "half", .type = FMT_FLOAT16, .nullable = true, .null_count = 3},
    {.name = "money", .type = FMT_DECIMAL128, .precision = 38, .scale = 2, .ascending = true},
    {.name = "ints", .type = FMT_LIST, .element = FMT_INT32, .bytes_length = 40},
    {.name = "words",
     .type = FMT_LIST,
     .element = FMT_STRING,
     .bytes_length = 24,
     .element_bytes_length = 5,
     .nullable = true,
     .null_count = 1},
    {.name = "times",
     .type = FMT_LIST,
     .element = FMT_TIMESTAMP,
     .unit = 3,
     .zone = "Asia/Tokyo",
     .bytes_length = 0},
    {.name = "sums",
     .type = FMT_LIST,
     .element = FMT_DECIMAL128,
     .precision = 9,
     .scale = 9,
     .bytes_length = 160},
};
static const test_column dictionaries[2] = {
    {.type = FMT_STRING, .length = 300, .bytes_length = 1000, .sorted = true},
    {.type = FMT_STRING, .length = 3, .bytes_length = 9, .ordered = true},
};

static int build(void **state)
{
    fmt_table *t = malloc(sizeof *t);
    fmt_fault fault;
    test_table_init(t, ROWS, columns, COLUMNS, dictionaries, 2, NULL, 0);
    for (uint32_t i = 0; i < 2; i++)
        t->descriptors[COLUMNS + i].message_hash = 77 + i;
    *state = t;
    return fmt_layout(t, &fault);
}

static int drop(void **state)
{
    test_table_free(*state);
    free(*state);
    return 0;
}

/* Encodes descriptor `index` of the table into an exact allocation. */
static uint8_t *encode(const fmt_table *t, uint32_t index)
{
    uint8_t *bytes = malloc(t->header.descriptor_size);
    fmt_descriptor_encode(&t->header, &t->descriptors[index], index, bytes);
    return bytes;
}

static void rehash(uint8_t *bytes, uint32_t index)
{
    fmt_store64(bytes, fmt_hash_seed(bytes + 8, FMT_DESCRIPTOR_SIZE - 8, index));
}

/* All types come back as they went in (F-21, F-24 … F-27). */
static void round_trip(void **state)
{
    const fmt_table *t = *state;
    for (uint32_t i = 0; i < COLUMNS + 2; i++) {
        uint8_t *bytes = encode(t, i);
        fmt_descriptor d;
        fmt_fault fault = {0};
        int code = fmt_descriptor_decode(bytes, &t->header, i, &d, &fault);
        if (code)
            fail_msg("%u: %s", i, fault.text);
        uint8_t again[FMT_DESCRIPTOR_SIZE];
        fmt_descriptor_encode(&t->header, &d, i, again);
        assert_memory_equal(again, bytes, sizeof again);
        assert_true(d.width == t->descriptors[i].width &&
                    d.name_length == t->descriptors[i].name_length);
        assert_int_equal(fmt_descriptor_bounds(&t->header, &d, i, &fault), FMT_OK);
        free(bytes);
    }
    fmt_fault fault;
    assert_int_equal(fmt_check_dictionary_use(t, &fault), FMT_OK);
}

/* F-21: one flipped bit, or the place of another descriptor, is damage. */
static void hash(void **state)
{
    const fmt_table *t = *state;
    uint8_t *bytes = encode(t, 13);
    fmt_descriptor d;
    fmt_fault fault;
    for (int bit = 0; bit < FMT_DESCRIPTOR_SIZE * 8; bit++) {
        bytes[bit / 8] ^= (uint8_t)(1u << (bit % 8));
        assert_int_equal(fmt_descriptor_decode(bytes, &t->header, 13, &d, &fault),
                         FMT_DESCRIPTOR_HASH);
        bytes[bit / 8] ^= (uint8_t)(1u << (bit % 8));
    }
    assert_int_equal(fmt_descriptor_decode(bytes, &t->header, 14, &d, &fault), FMT_DESCRIPTOR_HASH);
    assert_int_equal(fault.column, 14);
    free(bytes);
}

/* Every bit of every descriptor, with the hash repaired. A descriptor that passes is encoded again
 * and gives the same bytes, so no bit is ignored (F-3). */
static void every_bit(void **state)
{
    const fmt_table *t = *state;
    for (uint32_t i = 0; i < COLUMNS + 2; i++) {
        uint8_t *bytes = encode(t, i), again[FMT_DESCRIPTOR_SIZE];
        for (int bit = 64; bit < FMT_DESCRIPTOR_SIZE * 8; bit++) {
            fmt_descriptor d;
            fmt_fault fault;
            bytes[bit / 8] ^= (uint8_t)(1u << (bit % 8));
            rehash(bytes, i);
            int code = fmt_descriptor_decode(bytes, &t->header, i, &d, &fault), at = bit / 8;
            if (code == FMT_OK) {
                fmt_descriptor_encode(&t->header, &d, i, again);
                assert_memory_equal(again, bytes, sizeof again);
                (void)fmt_descriptor_bounds(&t->header, &d, i, &fault);
            } else if (code != FMT_DESCRIPTOR_FIELD && code != FMT_COLUMN_UNSUPPORTED &&
                       code != FMT_NAME && code != FMT_METADATA) {
                fail_msg("descriptor %u byte %d: %d", i, at, code);
            }
            bool zeros = (at >= 10 && at < 12) || (at >= 36 && at < 40) ||
                         (at >= 128 && at < 136) || at >= 296;
            if (zeros)
                assert_int_equal(code, FMT_DESCRIPTOR_FIELD);
            bytes[bit / 8] ^= (uint8_t)(1u << (bit % 8));
        }
        free(bytes);
    }
}

/* Sets `size` bytes at `field` of descriptor `index`, repairs the hash, decodes. */
static int with(const fmt_table *t, uint32_t index, int field, uint64_t value, int size,
                fmt_fault *fault)
{
    uint8_t *bytes = encode(t, index);
    fmt_descriptor d;
    memcpy(bytes + field, &value, (size_t)size);
    rehash(bytes, index);
    int code = fmt_descriptor_decode(bytes, &t->header, index, &d, fault);
    if (code == FMT_OK)
        code = fmt_descriptor_bounds(&t->header, &d, index, fault);
    free(bytes);
    return code;
}

/* The answer to one changed field. The descriptors are those of `columns`; 30 and 31 are the
 * dictionaries. */
enum { V = FMT_D_SLOTS + FMT_SLOT_SIZE, B = V + FMT_SLOT_SIZE, P = FMT_D_PARAMETERS };
static const struct {
    uint32_t index;
    int field;
    uint64_t value;
    int size, code;
} cases[] = {
    /* F-28 */
    {1, FMT_D_TYPE, 0, 2, FMT_COLUMN_UNSUPPORTED},
    {1, FMT_D_TYPE, 26, 2, FMT_COLUMN_UNSUPPORTED},
    {1, FMT_D_FLAGS, 16, 4, FMT_COLUMN_UNSUPPORTED},
    {1, FMT_D_CHILD_COUNT, 1, 4, FMT_COLUMN_UNSUPPORTED},
    {1, V + FMT_S_ENCODING, 1, 4, FMT_COLUMN_UNSUPPORTED},
    {30, V + FMT_S_ENCODING, 1, 4, FMT_COLUMN_UNSUPPORTED},
    /* F-23 */
    {1, FMT_D_FLAGS, 2, 4, FMT_DESCRIPTOR_FIELD},
    {1, FMT_D_FLAGS, 4, 4, FMT_DESCRIPTOR_FIELD},
    {30, FMT_D_FLAGS, 1, 4, FMT_DESCRIPTOR_FIELD},
    {30, FMT_D_FLAGS, 6, 4, FMT_OK},
    {1, FMT_D_NULL_COUNT, 1, 8, FMT_DESCRIPTOR_FIELD},
    {0, FMT_D_NULL_COUNT, 11, 8, FMT_DESCRIPTOR_FIELD},
    {0, FMT_D_NULL_COUNT, 3, 8, FMT_OK},
    {0, FMT_D_NULL_COUNT, 0, 8, FMT_DESCRIPTOR_FIELD}, /* F-27: a bitmap without nulls */
    {2, FMT_D_NULL_COUNT, 1, 8, FMT_DESCRIPTOR_FIELD},
    /* F-21 */
    {1, FMT_D_LENGTH, 11, 8, FMT_DESCRIPTOR_FIELD},
    {1, FMT_D_DICTIONARY, 0, 4, FMT_DESCRIPTOR_FIELD},
    {21, FMT_D_DICTIONARY, 2, 4, FMT_DESCRIPTOR_FIELD},
    {21, FMT_D_DICTIONARY, 1, 4, FMT_OK},
    {30, FMT_D_DICTIONARY, 0, 4, FMT_DESCRIPTOR_FIELD},
    /* F-23: the flag ascending */
    {1, FMT_D_FLAGS, 8, 4, FMT_OK},
    {2, FMT_D_FLAGS, 9, 4, FMT_OK},
    {18, FMT_D_FLAGS, 8, 4, FMT_OK},
    {21, FMT_D_FLAGS, 8, 4, FMT_OK},
    {0, FMT_D_FLAGS, 9, 4, FMT_DESCRIPTOR_FIELD},
    {19, FMT_D_FLAGS, 8, 4, FMT_DESCRIPTOR_FIELD},
    {20, FMT_D_FLAGS, 8, 4, FMT_DESCRIPTOR_FIELD},
    {23, FMT_D_FLAGS, 8, 4, FMT_DESCRIPTOR_FIELD},
    {24, FMT_D_FLAGS, 9, 4, FMT_DESCRIPTOR_FIELD},
    {26, FMT_D_FLAGS, 8, 4, FMT_DESCRIPTOR_FIELD},
    {30, FMT_D_FLAGS, 10, 4, FMT_DESCRIPTOR_FIELD},
    /* F-22 */
    {30, FMT_D_TYPE, FMT_BINARY, 2, FMT_DESCRIPTOR_FIELD},
    {30, FMT_D_NAME_HASH, 1, 8, FMT_DESCRIPTOR_FIELD},
    {30, FMT_D_NULL_COUNT, 1, 8, FMT_DESCRIPTOR_FIELD},
    {30, FMT_D_FIRST_ZONE, 0, 8, FMT_DESCRIPTOR_FIELD},
    /* F-25 */
    {13, P, 4, 1, FMT_DESCRIPTOR_FIELD},
    {13, P + 1, 1, 1, FMT_DESCRIPTOR_FIELD},
    {13, P + 4, 0, 4, FMT_DESCRIPTOR_FIELD},
    {13, P + 4, 256, 4, FMT_NAME},
    {13, P + 8, 1u << 20, 8, FMT_NAME},
    {13, P + 8, UINT64_MAX - 3, 8, FMT_NAME},
    {14, P + 8, 1, 8, FMT_DESCRIPTOR_FIELD},
    {14, P + 16, 1, 8, FMT_DESCRIPTOR_FIELD},
    {15, P, 3, 1, FMT_OK},
    {15, P, 4, 1, FMT_DESCRIPTOR_FIELD},
    {16, P, 2, 1, FMT_DESCRIPTOR_FIELD},
    {16, P, 0, 1, FMT_OK},
    {17, P, 1, 1, FMT_DESCRIPTOR_FIELD},
    {17, P, 3, 1, FMT_OK},
    {20, P, 0, 4, FMT_DESCRIPTOR_FIELD},
    {20, P, UINT32_C(1) << 31, 4, FMT_DESCRIPTOR_FIELD},
    {20, P, 6, 4, FMT_DESCRIPTOR_FIELD},
    {21, P, 3, 1, FMT_DESCRIPTOR_FIELD},
    {21, P, 8, 1, FMT_DESCRIPTOR_FIELD},
    {21, P, 0, 1, FMT_DESCRIPTOR_FIELD},
    {21, P, 0x102, 2, FMT_DESCRIPTOR_FIELD},
    {23, P, FMT_BOOL8, 2, FMT_DESCRIPTOR_FIELD},
    {23, P, FMT_STRING, 2, FMT_DESCRIPTOR_FIELD},
    {23, P, FMT_INT32, 2, FMT_OK},
    {23, P, FMT_UINT32, 2, FMT_OK},
    {23, P, FMT_TIMESTAMP, 2, FMT_DESCRIPTOR_FIELD},
    {23, P, FMT_TIME32, 2, FMT_DESCRIPTOR_FIELD},
    {23, P, FMT_DATE64, 2, FMT_DESCRIPTOR_FIELD},
    {23, P, FMT_DATE32, 2, FMT_OK},
    {23, P + 2, 0, 1, FMT_DESCRIPTOR_FIELD},
    {23, P + 2, 8, 1, FMT_DESCRIPTOR_FIELD},
    {23, P + 2, 2, 1, FMT_DESCRIPTOR_FIELD},
    {23, P + 3, 1, 1, FMT_DESCRIPTOR_FIELD},
    {23, P + 4, 0, 4, FMT_DESCRIPTOR_FIELD},
    {23, P + 4, 0x60000000, 4, FMT_DESCRIPTOR_FIELD},
    {23, P + 4, UINT64_C(0x8000000080000000), 8, FMT_DESCRIPTOR_FIELD},
    {1, P + 31, 1, 1, FMT_DESCRIPTOR_FIELD},
    {23, P, FMT_DECIMAL128, 2, FMT_DESCRIPTOR_FIELD},
    {23, P, FMT_LIST, 2, FMT_DESCRIPTOR_FIELD},
    {24, P, 1, 1, FMT_DESCRIPTOR_FIELD},
    {25, P, 0, 1, FMT_DESCRIPTOR_FIELD},
    {25, P, 39, 1, FMT_DESCRIPTOR_FIELD},
    {25, P, 1, 1, FMT_DESCRIPTOR_FIELD},
    {25, P, 2, 1, FMT_OK},
    {25, P + 1, 38, 1, FMT_OK},
    {25, P + 1, 39, 1, FMT_DESCRIPTOR_FIELD},
    {25, P + 2, 1, 1, FMT_DESCRIPTOR_FIELD},
    {26, P, 0, 2, FMT_DESCRIPTOR_FIELD},
    {26, P, FMT_BINARY, 2, FMT_DESCRIPTOR_FIELD},
    {26, P, FMT_FIXED_BINARY, 2, FMT_DESCRIPTOR_FIELD},
    {26, P, FMT_DICTIONARY, 2, FMT_DESCRIPTOR_FIELD},
    {26, P, FMT_TENSOR, 2, FMT_DESCRIPTOR_FIELD},
    {26, P, FMT_LIST, 2, FMT_DESCRIPTOR_FIELD},
    {26, P, 26, 2, FMT_DESCRIPTOR_FIELD},
    {26, P, 65535, 2, FMT_DESCRIPTOR_FIELD},
    {26, P, FMT_INT64, 2, FMT_OK},
    {26, P, FMT_FLOAT16, 2, FMT_OK},
    {26, P, FMT_BOOL8, 2, FMT_OK},
    {26, P, FMT_DATE64, 2, FMT_OK},
    {26, P, FMT_TIME32, 2, FMT_OK},
    {26, P, FMT_TIME64, 2, FMT_DESCRIPTOR_FIELD}, /* unit 0 */
    {26, P, FMT_DECIMAL128, 2, FMT_DESCRIPTOR_FIELD},
    {26, P + 2, 1, 1, FMT_DESCRIPTOR_FIELD},
    {26, P + 7, 1, 1, FMT_DESCRIPTOR_FIELD},
    {26, P + 8, 1, 1, FMT_DESCRIPTOR_FIELD},
    {28, P + 8, 4, 1, FMT_DESCRIPTOR_FIELD},
    {28, P + 12, 0, 4, FMT_DESCRIPTOR_FIELD},
    {28, P + 12, 256, 4, FMT_NAME},
    {28, P + 16, UINT64_MAX - 3, 8, FMT_NAME},
    {29, P + 8, 0, 1, FMT_DESCRIPTOR_FIELD},
    {29, P + 9, 10, 1, FMT_DESCRIPTOR_FIELD},
    {29, P + 9, 0, 1, FMT_OK},
    /* F-26, F-27 */
    {1, V + FMT_S_STORED, 11, 8, FMT_DESCRIPTOR_FIELD},
    {1, V + FMT_S_LOGICAL, 11, 8, FMT_DESCRIPTOR_FIELD},
    {1, FMT_D_SLOTS, 64, 8, FMT_DESCRIPTOR_FIELD},
    {1, V + FMT_S_ZERO, 1, 4, FMT_DESCRIPTOR_FIELD},
    {19, B + FMT_S_CHECKSUM, 1, 8, FMT_DESCRIPTOR_FIELD},
    {1, B + FMT_S_STORED, 8, 8, FMT_DESCRIPTOR_FIELD},
    {30, FMT_D_LENGTH, (UINT64_C(1) << 61) - 1, 8, FMT_DESCRIPTOR_FIELD},
    {30, FMT_D_LENGTH, UINT64_MAX, 8, FMT_DESCRIPTOR_FIELD},
    {27, B + FMT_S_STORED, 0, 8, FMT_DESCRIPTOR_FIELD},
    /* F-61 */
    {1, V, 0, 8, FMT_LAYOUT},
    {1, V, UINT64_MAX - 63, 8, FMT_LAYOUT},
    {1, V, 512, 8, FMT_LAYOUT},
    {1, V + FMT_S_CHECKSUM, 1u << 30, 8, FMT_LAYOUT},
    {1, V + FMT_S_CHECKSUM, UINT64_MAX, 8, FMT_LAYOUT},
    {1, FMT_D_FIRST_ZONE, 1u << 20, 8, FMT_LAYOUT},
    {1, FMT_D_FIRST_ZONE, UINT64_MAX, 8, FMT_LAYOUT},
    {23, FMT_D_FIRST_ZONE, 0, 8, FMT_LAYOUT},
    {30, P, 0, 8, FMT_LAYOUT},
    {30, P + 8, UINT64_MAX, 8, FMT_LAYOUT},
    {30, P + 16, UINT64_MAX, 8, FMT_LAYOUT},
    {30, P + 16, 0, 8, FMT_LAYOUT},
    /* F-31, F-33 */
    {1, FMT_D_NAME_LENGTH, 65536, 4, FMT_NAME},
    {1, FMT_D_NAME_OFFSET, UINT64_MAX, 8, FMT_NAME},
    {1, FMT_D_NAME_LENGTH, UINT32_MAX, 4, FMT_NAME},
    {3, FMT_D_META_OFFSET, UINT64_MAX, 8, FMT_METADATA},
    {3, FMT_D_META_LENGTH, UINT64_MAX, 8, FMT_METADATA},
    {3, FMT_D_META_LENGTH, 0, 8, FMT_DESCRIPTOR_FIELD},
};

static void fields(void **state)
{
    const fmt_table *t = *state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        fmt_fault fault = {0};
        int code = with(t, cases[i].index, cases[i].field, cases[i].value, cases[i].size, &fault);
        if (code != cases[i].code)
            fail_msg("case %zu (descriptor %u, field %d, value %llu): %d instead of %d: %s", i,
                     cases[i].index, cases[i].field, (unsigned long long)cases[i].value, code,
                     cases[i].code, fault.text);
    }
}

/* F-27: the lengths of a list's elements that no number of elements gives. */
static void elements(void **state)
{
    const fmt_table *t = *state;
    static const struct {
        uint32_t index;
        uint64_t length;
        int code;
    } lengths[] = {{26, 39, FMT_DESCRIPTOR_FIELD},
                   {26, 36, FMT_OK},
                   {26, UINT64_MAX - 3, FMT_LAYOUT},
                   {26, UINT64_MAX, FMT_DESCRIPTOR_FIELD},
                   {27, 8, FMT_OK},
                   {27, 7, FMT_DESCRIPTOR_FIELD},
                   {27, 23, FMT_DESCRIPTOR_FIELD},
                   {27, UINT64_MAX - 7, FMT_LAYOUT},
                   {29, 144, FMT_OK},
                   {29, 152, FMT_DESCRIPTOR_FIELD}};
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        uint8_t *bytes = encode(t, lengths[i].index);
        fmt_descriptor d;
        fmt_fault fault;
        fmt_store64(bytes + B + FMT_S_STORED, lengths[i].length);
        fmt_store64(bytes + B + FMT_S_LOGICAL, lengths[i].length);
        rehash(bytes, lengths[i].index);
        int code = fmt_descriptor_decode(bytes, &t->header, lengths[i].index, &d, &fault);
        if (code == FMT_OK)
            code = fmt_descriptor_bounds(&t->header, &d, lengths[i].index, &fault);
        assert_int_equal(code, lengths[i].code);
        free(bytes);
    }
}

/* A buffer that is inside the body but not at a multiple of 64 must not become a pointer (F-42,
 * F-61). */
static void alignment(void **state)
{
    const fmt_table *t = *state;
    fmt_fault fault;
    for (uint64_t shift = 1; shift < 64; shift++)
        assert_int_equal(with(t, 4, FMT_D_SLOTS + FMT_SLOT_SIZE,
                              t->descriptors[4].slots[1].offset + shift, 8, &fault),
                         FMT_LAYOUT);
}

/* F-28: an unknown type can still be listed. */
static void listed(void **state)
{
    const fmt_table *t = *state;
    uint8_t *bytes = encode(t, 3);
    fmt_descriptor d;
    fmt_fault fault;
    fmt_store16(bytes + FMT_D_TYPE, 1000);
    memset(bytes + FMT_D_PARAMETERS, 0xAA, FMT_PARAMETERS_SIZE);
    memset(bytes + FMT_D_RESERVED, 0xAA, 24);
    rehash(bytes, 3);
    assert_int_equal(fmt_descriptor_decode(bytes, &t->header, 3, &d, &fault),
                     FMT_COLUMN_UNSUPPORTED);
    assert_string_equal(fault.rule, "F-28");
    assert_int_equal(fault.column, 3);
    assert_true(d.name_offset == t->descriptors[3].name_offset && d.name_length == 3 &&
                d.metadata_length == t->descriptors[3].metadata_length);
    free(bytes);
}

/* F-29 */
static void numbering(void **state)
{
    fmt_table *t = *state;
    fmt_fault fault;
    t->descriptors[21].dictionary = 1;
    assert_int_equal(fmt_check_dictionary_use(t, &fault),
                     FMT_DESCRIPTOR_FIELD); /* 1 before 0, 0 not used */
    t->descriptors[22].dictionary = 0;
    assert_int_equal(fmt_check_dictionary_use(t, &fault), FMT_DESCRIPTOR_FIELD);
    assert_non_null(strstr(fault.text, "F-29"));
    t->descriptors[21].dictionary = 0;
    assert_int_equal(fmt_check_dictionary_use(t, &fault), FMT_DESCRIPTOR_FIELD); /* 1 not used */
    t->descriptors[22].dictionary = 1;
    assert_int_equal(fmt_check_dictionary_use(t, &fault), FMT_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(round_trip), cmocka_unit_test(hash),
                                       cmocka_unit_test(every_bit),  cmocka_unit_test(fields),
                                       cmocka_unit_test(elements),   cmocka_unit_test(alignment),
                                       cmocka_unit_test(listed),     cmocka_unit_test(numbering)};
    return cmocka_run_group_tests_name("F-21 … F-29, F-61 descriptors", tests, build, drop);
}
