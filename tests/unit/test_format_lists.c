/* F-36 … F-38: lists, their elements, decimals and half floats, in whole files. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "format/bytes.h"
#include "format/check.h"
#include "format/ondisk.h"
#include "format/types.h"
#include "format_support.h"

enum { ROWS = 5 };
enum { INTS, WORDS, TIMES, BOOLS, SUMS, DAYS, CLOCK, MONEY, HALF, COLUMNS };

static const uint8_t valid[1] = {0x1D}; /* row 1 is null */
static const uint64_t offsets[ROWS + 1] = {0, 2, 2, 2, 5, 6}, words[7] = {0, 1, 1, 4, 4, 6, 7};
static const int32_t ints[6] = {1, -2, 3, 4, 5, INT32_MIN};
static const int64_t days[6] = {0, 86400000, -86400000, 0, 0, 0};
static const uint8_t bools[6] = {0, 1, 1, 0, 1, 0};
static const int64_t sums[12] = {999, 0, -999, -1};
static const int64_t money[10] = {99999, 0, 0, 0, -99999, -1, 7, 0, -1, -1};
static const uint16_t halves[ROWS] = {0x3C00, 0x7E00, 0xFBFF, 0x7C00, 0xFE01};

#define OF(e, width) .type = FMT_LIST, .element = (e), .bytes_length = 6 * (width)

static const test_column columns[COLUMNS] = {
    {.name = "ints",
     OF(FMT_INT32, 4),
     .nullable = true,
     .null_count = 1,
     .buffers = {valid, offsets, ints}},
    {.name = "words",
     .type = FMT_LIST,
     .element = FMT_STRING,
     .bytes_length = 56,
     .element_bytes_length = 7,
     .nullable = true,
     .null_count = 1,
     .buffers = {valid, offsets, words, "a\xE2\x82\xAC\xC3\xA4z"}},
    {.name = "times",
     OF(FMT_TIMESTAMP, 8),
     .unit = 3,
     .zone = "UTC",
     .buffers = {NULL, offsets, days}},
    {.name = "bools", OF(FMT_BOOL8, 1), .buffers = {NULL, offsets, bools}},
    {.name = "sums",
     OF(FMT_DECIMAL128, 16),
     .precision = 3,
     .scale = 1,
     .buffers = {NULL, offsets, sums}},
    {.name = "days", OF(FMT_DATE64, 8), .buffers = {NULL, offsets, days}},
    {.name = "clock", OF(FMT_TIME32, 4), .unit = 1, .buffers = {NULL, offsets, words}},
    {.name = "money",
     .type = FMT_DECIMAL128,
     .precision = 5,
     .scale = 2,
     .nullable = true,
     .null_count = 1,
     .buffers = {valid, money}},
    {.name = "half",
     .type = FMT_FLOAT16,
     .nullable = true,
     .null_count = 1,
     .buffers = {valid, halves}},
};

static void build(test_file *f)
{
    test_file_build(f, ROWS, columns, COLUMNS, NULL, 0, NULL, 0);
}

/* Changes `size` bytes at `at` of a slot under right hashes, and checks the file. */
static int with(test_file *f, uint32_t column, int slot, uint64_t at, uint64_t value, size_t size,
                fmt_fault *fault)
{
    uint8_t *p = f->bytes + f->table.descriptors[column].slots[slot].offset + at, before[8];
    memcpy(before, p, size);
    memcpy(p, &value, size);
    test_reseal(&f->table, f->bytes);
    int code = test_check_file(f->bytes, f->table.header.file_size, fault);
    memcpy(p, before, size);
    return code;
}

static const struct {
    uint32_t column;
    int slot;
    uint64_t at, value;
    size_t size;
    int code;
    int64_t row;
} cases[] = {
    {INTS, 2, 0, 77, 4, FMT_OK, 0},
    /* F-36 */
    {INTS, 1, 0, 1, 8, FMT_OFFSETS, 0},
    {INTS, 1, 40, 5, 8, FMT_OFFSETS, 4},
    {INTS, 1, 40, 7, 8, FMT_OFFSETS, 4},
    {INTS, 1, 32, 1, 8, FMT_OFFSETS, 3},
    {INTS, 1, 24, UINT64_MAX, 8, FMT_OFFSETS, 2},
    {WORDS, 1, 24, UINT64_C(1) << 61, 8, FMT_OFFSETS, 2},
    {WORDS, 2, 0, 1, 8, FMT_OFFSETS, 0},
    {WORDS, 2, 24, 0, 8, FMT_OFFSETS, 3},
    {WORDS, 2, 40, UINT64_MAX, 8, FMT_OFFSETS, 3},
    {WORDS, 2, 48, 6, 8, FMT_OFFSETS, 4},
    /* F-37 */
    {WORDS, 2, 16, 2, 8, FMT_UTF8, 0},
    {WORDS, 3, 0, 0x80, 1, FMT_UTF8, 0},
    {WORDS, 3, 6, 0xFF, 1, FMT_UTF8, 4},
    {WORDS, 3, 1, 0x7A7A7A, 3, FMT_OK, 0},
    /* F-38 */
    {TIMES, 2, 32, UINT64_C(1) << 63, 8, FMT_VALUE, 3},
    {TIMES, 2, 32, (UINT64_C(1) << 63) + 1, 8, FMT_OK, 3},
    {BOOLS, 2, 5, 2, 1, FMT_VALUE, 4},
    {SUMS, 2, 0, 1000, 8, FMT_VALUE, 0},
    {SUMS, 2, 16, (uint64_t)-1000, 8, FMT_VALUE, 0},
    {SUMS, 2, 40, 1, 8, FMT_VALUE, 3},
    {DAYS, 2, 40, 1, 8, FMT_VALUE, 4},
    {DAYS, 2, 40, UINT64_C(1) << 63, 8, FMT_VALUE, 4},
    {CLOCK, 2, 4, 86400000, 4, FMT_VALUE, 0},
    {MONEY, 1, 0, 100000, 8, FMT_VALUE, 0},
    {MONEY, 1, 8, UINT64_C(1) << 63, 8, FMT_VALUE, 0},
    {MONEY, 1, 24, 1, 8, FMT_NULL_SLOT, 1},
    {HALF, 1, 2, 0x7E01, 2, FMT_NULL_SLOT, 1},
    {INTS, 1, 16, 1, 8, FMT_OFFSETS, 1},
    {INTS, 1, 8, 1, 8, FMT_NULL_SLOT, 1},
    /* F-47 */
    {MONEY, 1, 0, 99998, 8, FMT_ZONE_MAP, 0},
    {HALF, 1, 8, 0x3C00, 2, FMT_ZONE_MAP, 0},
    {HALF, 1, 4, 0xFBFE, 2, FMT_ZONE_MAP, 0},
    {HALF, 1, 6, 0, 2, FMT_ZONE_MAP, 0},
};

static void fields(void **state)
{
    (void)state;
    test_file f;
    fmt_fault fault = {0};
    build(&f);
    if (test_check_file(f.bytes, f.table.header.file_size, &fault) != FMT_OK)
        fail_msg("%s", fault.text);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int code = with(&f, cases[i].column, cases[i].slot, cases[i].at, cases[i].value,
                        cases[i].size, &fault);
        if (code != cases[i].code || (code != FMT_OK && fault.row != cases[i].row))
            fail_msg("case %zu: %d instead of %d, row %lld: %s", i, code, cases[i].code,
                     (long long)fault.row, fault.text);
        if (code != FMT_OK)
            assert_int_equal(fault.column, cases[i].column);
    }
    test_file_free(&f);
}

/* Every byte of a file counts. */
static void every_byte(void **state)
{
    (void)state;
    test_file f;
    fmt_fault fault;
    build(&f);
    for (uint64_t at = 0; at < f.table.header.file_size; at++) {
        f.bytes[at] ^= 0x04;
        assert_int_not_equal(test_check_file(f.bytes, f.table.header.file_size, &fault), FMT_OK);
        f.bytes[at] ^= 0x04;
    }
    test_file_free(&f);
}

/* Bodies of any bytes under right hashes: an answer, without a read outside (the sanitizer's part
 * of the test), also from checks that run after others have failed. */
static void any_bytes(void **state)
{
    (void)state;
    test_file f;
    uint64_t seed = 36;
    build(&f);
    for (int round = 0; round < 20000; round++) {
        uint32_t column = (uint32_t)(test_random(&seed) % COLUMNS);
        const fmt_descriptor *d = &f.table.descriptors[column];
        uint8_t *copies[FMT_SLOTS] = {NULL};
        fmt_fault fault;
        for (int s = 0; s < FMT_SLOTS; s++) {
            uint64_t length = d->slots[s].stored_length;
            copies[s] = malloc(length + 1);
            copies[s] = realloc(copies[s], length != 0 ? length : 1); /* exact, for a sanitizer */
            memcpy(copies[s], f.bytes + d->slots[s].offset, length);
            for (int k = 0; length != 0 && k < 2; k++)
                copies[s][test_random(&seed) % length] = (uint8_t)test_random(&seed);
        }
        fmt_row_range range;
        fmt_row_range_whole(&range, d, column, f.bytes);
        range.validity = range.validity != NULL ? copies[0] : NULL;
        range.values = copies[1];
        range.bytes = copies[2];
        range.element_bytes = copies[3];
        (void)fmt_check_validity(&range, &fault);
        (void)fmt_check_offsets(&range, &fault);
        (void)fmt_check_element_offsets(&range, &fault);
        (void)fmt_check_utf8(&range, &fault);
        (void)fmt_check_values(&range, &fault);
        (void)fmt_check_null_slots(&range, &fault);
        for (int s = 0; s < FMT_SLOTS; s++)
            free(copies[s]);
    }
    test_file_free(&f);
}

/* A table without rows: a list of strings has one offset and one element offset (F-27). */
static void no_rows(void **state)
{
    (void)state;
    static const uint64_t zero = 0, one = 1;
    static const test_column empty[] = {
        {.name = "w",
         .type = FMT_LIST,
         .element = FMT_STRING,
         .bytes_length = 8,
         .buffers = {NULL, &zero, &zero}},
        {.name = "i", .type = FMT_LIST, .element = FMT_INT8, .buffers = {NULL, &zero}}};
    static const test_column filled = {.name = "i",
                                       .type = FMT_LIST,
                                       .element = FMT_INT8,
                                       .bytes_length = 1,
                                       .buffers = {NULL, &zero, &one}};
    test_file f;
    fmt_fault fault;
    test_file_build(&f, 0, empty, 2, NULL, 0, NULL, 0);
    assert_int_equal(test_check_file(f.bytes, f.table.header.file_size, &fault), FMT_OK);
    assert_int_equal(with(&f, 0, 1, 0, 1, 8, &fault), FMT_OFFSETS);
    assert_int_equal(with(&f, 0, 2, 0, 1, 8, &fault), FMT_OFFSETS);
    test_file_free(&f);
    test_file_build(&f, 0, &filled, 1, NULL, 0, NULL, 0); /* an element of no row */
    assert_int_equal(test_check_file(f.bytes, f.table.header.file_size, &fault), FMT_OFFSETS);
    test_file_free(&f);
}

/* F-43: elements of fixed width lie with the values, element offsets after the offsets. */
static void order(void **state)
{
    (void)state;
    test_file f;
    build(&f);
    const fmt_descriptor *d = f.table.descriptors;
    assert_true(d[INTS].slots[2].offset == f.table.header.body_offset);
    assert_true(d[TIMES].slots[2].offset > d[INTS].slots[2].offset &&
                d[MONEY].slots[1].offset > d[CLOCK].slots[2].offset);
    assert_true(d[INTS].slots[1].offset > d[HALF].slots[1].offset &&
                d[WORDS].slots[2].offset > d[CLOCK].slots[1].offset &&
                d[INTS].slots[0].offset > d[WORDS].slots[2].offset &&
                d[WORDS].slots[3].offset > d[HALF].slots[0].offset);
    assert_int_equal(fmt_child_length(&d[INTS]), 6);
    assert_int_equal(fmt_child_length(&d[WORDS]), 6);
    test_file_free(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(fields), cmocka_unit_test(every_byte),
                                       cmocka_unit_test(any_bytes), cmocka_unit_test(no_rows),
                                       cmocka_unit_test(order)};
    return cmocka_run_group_tests_name("F-36 … F-38 lists, decimals, half floats", tests, NULL,
                                       NULL);
}
