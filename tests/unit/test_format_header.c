/* The header: F-1, F-3, F-10 … F-20 and the order of F-60. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "format/bytes.h"
#include "format/hash.h"
#include "format/header.h"
#include "format/layout.h"
#include "format/ondisk.h"
#include "format_support.h"

/* A whole file with metadata, so that every header field says something. */
static int build(void **state)
{
    static const uint64_t values[3] = {1, 2, 3};
    static const fmt_pair pair = {(const uint8_t *)"k", (const uint8_t *)"v", 1, 1};
    static const test_column column = {
        .name = "a", .type = FMT_INT64, .buffers = {NULL, values, NULL}};
    test_file *f = malloc(sizeof *f);
    test_file_build(f, 3, &column, 1, NULL, 0, &pair, 1);
    *state = f;
    return 0;
}

static int drop(void **state)
{
    test_file_free(*state);
    free(*state);
    return 0;
}

/* Decodes a header of `size` bytes of a file of `file_size`, from an exact allocation. */
static int decode(const uint8_t *bytes, size_t size, uint64_t file_size, fmt_fault *fault)
{
    fmt_header h;
    uint8_t *exact = malloc(size ? size : 1);
    memcpy(exact, bytes, size);
    int code = fmt_header_decode(exact, size, file_size, &h, fault);
    free(exact);
    return code;
}

static void rehash(uint8_t *bytes)
{
    fmt_store64(bytes + FMT_H_HASH, 0);
    fmt_store64(bytes + FMT_H_HASH, fmt_hash(bytes, fmt_load32(bytes + FMT_H_HEADER_SIZE)));
}

/* F-10: every field comes back, and stands where the spec says. */
static void round_trip(void **state)
{
    const test_file *f = *state;
    fmt_header h;
    fmt_fault fault;
    uint8_t again[FMT_HEADER_SIZE];
    assert_int_equal(fmt_header_decode(f->bytes, f->table.header.file_size,
                                       f->table.header.file_size, &h, &fault),
                     FMT_OK);
    fmt_header_encode(&h, again);
    assert_memory_equal(again, f->bytes, sizeof again);
    assert_memory_equal(f->bytes, "ARROW1\0\0\xFF\xFF\xFF\xFF", 12);
    assert_memory_equal(f->bytes + 32, "\x89SHMCOL\n", 8);
    assert_true(fmt_load32(f->bytes + 12) == h.regions[4].offset + h.regions[4].length - 16);
    assert_true(fmt_load32(f->bytes + 16) == h.regions[4].offset - 16);
    assert_true(fmt_load64(f->bytes + 104) == 3 && fmt_load32(f->bytes + 112) == 1 &&
                fmt_load64(f->bytes + 120) == h.file_size);
    assert_memory_equal(f->bytes + 128, f->bytes + 144, 16); /* F-16 */
    assert_memory_equal(f->bytes + 100, "\x0D\x0C\x0B\x0A", 4);
}

/* F-60: what is not there, not ours, cut short or too long. */
static void whole_files(void **state)
{
    const test_file *f = *state;
    uint64_t size = f->table.header.file_size;
    uint8_t copy[FMT_HEADER_SIZE];
    fmt_fault fault;
    for (size_t n = 0; n < FMT_HEADER_SIZE; n++)
        assert_int_equal(decode(f->bytes, n, n, &fault), FMT_TRUNCATED);
    assert_string_equal(fault.rule, "F-5");
    assert_int_equal(decode(f->bytes, FMT_HEADER_SIZE, FMT_HEADER_SIZE, &fault), FMT_TRUNCATED);
    assert_int_equal(decode(f->bytes, FMT_HEADER_SIZE, size - 1, &fault), FMT_TRUNCATED);
    assert_int_equal(decode(f->bytes, FMT_HEADER_SIZE, size + 1, &fault), FMT_TRAILING);
    for (size_t i = 0; i < 40; i++) {
        if (i == 8)
            i = 32;
        memcpy(copy, f->bytes, sizeof copy);
        copy[i] ^= 1;
        assert_int_equal(decode(copy, sizeof copy, size, &fault), FMT_NOT_SHMCOL);
        assert_int_equal(decode(copy, i + 1, i + 1, &fault),
                         FMT_NOT_SHMCOL); /* as far as the file goes */
        assert_int_equal(decode(copy, i, i, &fault), FMT_TRUNCATED);
    }
}

/* Every bit of the header counts (F-10). */
static void every_bit(void **state)
{
    const test_file *f = *state;
    uint8_t copy[FMT_HEADER_SIZE];
    fmt_fault fault;
    memcpy(copy, f->bytes, sizeof copy);
    for (int bit = 0; bit < FMT_HEADER_SIZE * 8; bit++) {
        copy[bit / 8] ^= (uint8_t)(1u << (bit % 8));
        int code = decode(copy, sizeof copy, f->table.header.file_size, &fault), at = bit / 8;
        if (at < 8 || (at >= 32 && at < 40))
            assert_int_equal(code, FMT_NOT_SHMCOL);
        else if (at >= 40 && at < 44)
            assert_true(code == FMT_HEADER_FIELD || code == FMT_TRUNCATED ||
                        code == FMT_HEADER_HASH);
        else
            assert_int_equal(code, FMT_HEADER_HASH);
        copy[bit / 8] ^= (uint8_t)(1u << (bit % 8));
    }
}

/* With the hash repaired: each bit is either a fact without a rule of its own, or refused by the
 * right code. */
static void every_bit_rehashed(void **state)
{
    const test_file *f = *state;
    uint8_t copy[FMT_HEADER_SIZE];
    fmt_fault fault;
    for (int bit = 8 * 8; bit < FMT_HEADER_SIZE * 8; bit++) {
        int at = bit / 8, expected = FMT_HEADER_FIELD;
        if ((at >= 32 && at < 44) || (at >= 48 && at < 56))
            continue;
        memcpy(copy, f->bytes, sizeof copy);
        copy[at] ^= (uint8_t)(1u << (bit % 8));
        rehash(copy);
        int code = decode(copy, sizeof copy, f->table.header.file_size, &fault);
        if (at == 56 || at == 57)
            expected = FMT_VERSION; /* F-18 */
        else if (at >= 80 && at < 88)
            expected = FMT_FEATURE; /* F-20 */
        else if (at >= 120 && at < 128)
            expected =
                f->table.header.file_size < fmt_load64(copy + 120) ? FMT_TRUNCATED : FMT_TRAILING;
        else if ((at >= 58 && at < 80) || (at >= 88 && at < 100) || (at >= 104 && at < 111) ||
                 (at >= 128 && at < 160) || (at >= 192 && at < 200))
            expected = FMT_OK; /* minor, envelope version, compat bits, writer, csv_rules, rows,
                                  ids, hash of the table's metadata */
        else if (at >= FMT_H_REGIONS && at < FMT_H_FRAMES && (at - FMT_H_REGIONS) % 24 >= 16)
            expected = FMT_OK; /* a region's hash: checked when the region is read */
        else if (at == 176 || at == 184 || at == 256 || at == 280 || at == 352)
            continue; /* places inside a part, and lengths that do not move the next one:
                         fmt_check_metadata, _names, _layout */
        if (code != expected)
            fail_msg("byte %d bit %d: %d instead of %d: %s", at, bit % 8, code, expected,
                     fault.text);
        if (code)
            assert_true(fault.offset != FMT_NO_OFFSET && fault.text[0] && fault.rule);
    }
}

static void set(const test_file *f, uint8_t *copy, int field, uint64_t value, int size)
{
    memcpy(copy, f->bytes, FMT_HEADER_SIZE);
    memcpy(copy + field, &value, (size_t)size);
    rehash(copy);
}

/* Fields with bounds of their own, and the codes F-60 orders. */
static void fields(void **state)
{
    const test_file *f = *state;
    const fmt_header *h = &f->table.header;
    uint64_t size = h->file_size;
    uint8_t copy[FMT_HEADER_SIZE];
    fmt_fault fault;
    memcpy(copy, f->bytes, sizeof copy);
    memcpy(copy + FMT_H_BYTE_ORDER, "\x0A\x0B\x0C\x0D", 4);
    assert_int_equal(decode(copy, sizeof copy, size, &fault),
                     FMT_BIG_ENDIAN); /* F-17, before the hash */
    static const uint32_t sizes[] = {0, 504, 508, 513, 516, 65544, 0xFFFFFFFF};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        memcpy(copy, f->bytes, sizeof copy);
        fmt_store32(copy + FMT_H_HEADER_SIZE, sizes[i]);
        assert_int_equal(decode(copy, sizeof copy, size, &fault), FMT_HEADER_FIELD); /* F-11 */
        assert_non_null(strstr(fault.text, "F-11"));
        set(f, copy, FMT_H_DESCRIPTOR_SIZE,
            sizes[i] == 504 || sizes[i] == 508 ? 316
            : sizes[i] == 516                  ? 312
                                               : sizes[i],
            4);
        assert_int_equal(decode(copy, sizeof copy, size, &fault), FMT_HEADER_FIELD);
    }
    set(f, copy, FMT_H_ROWS, UINT64_C(1) << 56, 8); /* F-14 */
    assert_int_equal(decode(copy, sizeof copy, size, &fault), FMT_HEADER_FIELD);
    set(f, copy, FMT_H_DICTIONARIES, 0xFFFFFFFE, 4);
    assert_int_equal(decode(copy, sizeof copy, size, &fault), FMT_HEADER_FIELD);
    set(f, copy, FMT_H_INCOMPAT, 1, 8);
    assert_int_equal(decode(copy, sizeof copy, size, &fault),
                     FMT_FEATURE); /* F-20: compressed body */
    assert_non_null(strstr(fault.text, "compressed"));
    set(f, copy, FMT_H_INCOMPAT, UINT64_C(1) << 63, 8);
    assert_int_equal(decode(copy, sizeof copy, size, &fault), FMT_FEATURE);
    assert_non_null(strstr(fault.text, "63"));
    for (int i = 0; i < FMT_REGION_COUNT; i++) { /* offsets and lengths that overflow */
        set(f, copy, FMT_H_REGIONS + i * FMT_REGION_SIZE, UINT64_MAX - 7, 8);
        assert_int_equal(decode(copy, sizeof copy, size, &fault), FMT_HEADER_FIELD);
        set(f, copy, FMT_H_REGIONS + i * FMT_REGION_SIZE + 8, UINT64_MAX - 7, 8);
        assert_int_equal(decode(copy, sizeof copy, size, &fault), FMT_HEADER_FIELD);
        assert_string_equal(fault.rule, "F-14");
    }
}

/* F-3: reserved bytes count only as long as every feature bit is known. */
static void reserved(void **state)
{
    const test_file *f = *state;
    uint8_t copy[FMT_HEADER_SIZE];
    fmt_fault fault;
    for (int field = FMT_H_COMPAT; field <= FMT_H_RO_COMPAT; field += 8) {
        memcpy(copy, f->bytes, sizeof copy);
        copy[FMT_HEADER_SIZE - 1] = 1;
        copy[FMT_H_ZERO] = 1;
        rehash(copy);
        assert_int_equal(decode(copy, sizeof copy, f->table.header.file_size, &fault),
                         FMT_HEADER_FIELD);
        copy[field + 7] = 0x80;
        rehash(copy);
        assert_int_equal(decode(copy, sizeof copy, f->table.header.file_size, &fault), FMT_OK);
    }
}

/* F-11: larger headers and descriptors of later versions are stepped over; what is in them is zero.
 */
static void larger(void **state)
{
    (void)state;
    static const uint8_t value = 1;
    static const test_column column = {.name = "a", .type = FMT_BOOL8};
    fmt_table t;
    fmt_fault fault;
    test_table_init(&t, 1, &column, 1, NULL, 0, NULL, 0);
    t.header.header_size = 1024;
    t.header.descriptor_size = 384;
    assert_int_equal(fmt_layout(&t, &fault), FMT_OK);
    uint8_t *header = malloc(1024);
    fmt_header h;
    fmt_header_encode(&t.header, header);
    assert_int_equal(fmt_header_decode(header, 1024, t.header.file_size, &h, &fault), FMT_OK);
    uint8_t *again = malloc(1024);
    fmt_header_encode(&h, again);
    assert_memory_equal(again, header, 1024);
    free(again);
    header[1023] = value;
    assert_int_equal(fmt_header_decode(header, 1024, t.header.file_size, &h, &fault),
                     FMT_HEADER_HASH);
    rehash(header);
    assert_int_equal(fmt_header_decode(header, 1024, t.header.file_size, &h, &fault),
                     FMT_HEADER_FIELD);
    assert_int_equal(fmt_header_decode(header, 1000, 1000, &h, &fault), FMT_TRUNCATED);
    free(header);
    test_table_free(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(round_trip), cmocka_unit_test(whole_files),
        cmocka_unit_test(every_bit),  cmocka_unit_test(every_bit_rehashed),
        cmocka_unit_test(fields),     cmocka_unit_test(reserved),
        cmocka_unit_test(larger),
    };
    return cmocka_run_group_tests_name("F-10 … F-20, F-60 header", tests, build, drop);
}
