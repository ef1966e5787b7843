/* The value checks: F-35 … F-39, F-45, F-15, F-63, row by row against the words of the spec, over
 * data with one fault and with many. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "format/bytes.h"
#include "format/check.h"
#include "format/checksum.h"
#include "format/decimal.h"
#include "format/descriptor.h"
#include "format/hash.h"
#include "format/ondisk.h"
#include "format/types.h"
#include "format/utf8.h"
#include "format_support.h"

/* A column in exact allocations, so that a sanitizer sees any read beyond. */
typedef struct column {
    fmt_descriptor d;
    fmt_row_range part;
    uint8_t *validity, *values, *bytes;
} column;

static void make(column *c, uint16_t type, uint32_t width, uint64_t rows, uint64_t bytes_length,
                 bool nulls)
{
    fmt_descriptor_init(&c->d);
    c->d.type = type;
    c->d.width = width;
    c->d.unit = type == FMT_TIME64   ? FMT_UNIT_NANO
                : type == FMT_TIME32 ? FMT_UNIT_MILLI
                                     : FMT_UNIT_SECOND;
    c->d.precision = type == FMT_DECIMAL128 ? 20 : 0;
    c->d.length = rows;
    c->d.null_count = nulls;
    const uint64_t lengths[FMT_SLOTS] = {[FMT_SLOT_BYTES] = bytes_length};
    assert_true(fmt_derive_width(&c->d) && fmt_set_lengths(&c->d, lengths, false));
    c->validity = nulls ? malloc(c->d.slots[0].stored_length + (rows == 0)) : NULL;
    c->values = malloc(c->d.slots[1].stored_length + 1);
    c->bytes = malloc(bytes_length + 1);
    c->values = realloc(c->values, c->d.slots[1].stored_length ? c->d.slots[1].stored_length : 1);
    c->bytes = realloc(c->bytes, bytes_length ? bytes_length : 1);
    if (nulls)
        memset(c->validity, 0, c->d.slots[0].stored_length);
    c->part = (fmt_row_range){.descriptor = &c->d,
                              .column = 3,
                              .validity = c->validity,
                              .values = c->values,
                              .bytes = c->bytes,
                              .count = rows};
}

static void drop(column *c)
{
    free(c->validity);
    free(c->values);
    free(c->bytes);
}

static bool is_valid(const column *c, uint64_t i)
{
    return !c->validity || (c->validity[i / 8] >> (i % 8) & 1);
}

static void random_validity(column *c, uint64_t *seed)
{
    unsigned mode = (unsigned)(test_random(seed) % 3);
    if (!c->validity)
        return;
    c->d.null_count = 0;
    memset(c->validity, 0, c->d.slots[0].stored_length);
    for (uint64_t i = 0; i < c->d.length; i++) {
        bool valid = mode == 0   ? test_random(seed) % 2
                     : mode == 1 ? test_random(seed) % 100 != 0
                                 : i / 64 % 2;
        c->d.null_count += !valid;
        if (valid)
            c->validity[i / 8] |= (uint8_t)(1u << (i % 8));
    }
}

/* F-38, as the table of F-24 and the text say it. */
static bool value_is_good(const column *c, uint64_t i)
{
    static const int64_t days[] = {86400, 86400000, INT64_C(86400000000), INT64_C(86400000000000)};
    int64_t v = 0;
    memcpy(&v, c->values + i * c->d.width, c->d.width < 8 ? c->d.width : 8);
    switch (c->d.type) {
    case FMT_BOOL8: return v == 0 || v == 1;
    case FMT_DATE64: return v != INT64_MIN && v % 86400000 == 0;
    case FMT_TIMESTAMP:
    case FMT_DURATION: return v != INT64_MIN;
    case FMT_TIME32: return (int32_t)v >= 0 && (int32_t)v < days[c->d.unit];
    case FMT_TIME64: return v >= 0 && v < days[c->d.unit];
    case FMT_DECIMAL128: {
        fmt_decimal x = fmt_load_decimal(c->values + i * c->d.width), limit = 1;
        for (int k = 0; k < 20; k++)
            limit *= 10;
        return x < limit && x > -limit;
    }
    default: return true;
    }
}

static bool null_is_good(const column *c, uint64_t i)
{
    uint64_t v = 0;
    memcpy(&v, c->values + i * c->d.width, c->d.width < 8 ? c->d.width : 8);
    switch (c->d.type) {
    case FMT_FLOAT16: return v == 0x7E00;
    case FMT_FLOAT32: return v == 0x7FC00000;
    case FMT_FLOAT64: return v == UINT64_C(0x7FF8000000000000);
    case FMT_DATE64:
    case FMT_TIMESTAMP:
    case FMT_DURATION: return v == UINT64_C(1) << 63;
    default: return fmt_is_zero(c->values + i * c->d.width, c->d.width);
    }
}

static void good_value(column *c, uint64_t i, uint64_t r)
{
    uint64_t v = c->d.type == FMT_BOOL8    ? r % 2
                 : c->d.type == FMT_DATE64 ? (r % 1000) * 86400000 - UINT64_C(500) * 86400000
                                           : r % 80000;
    const fmt_type_info *info = fmt_type_of(c->d.type);
    uint8_t *p = c->values + i * c->d.width;
    memset(p, 0, c->d.width);
    if (!is_valid(c, i))
        v = info->null_bits;
    memcpy(p, &v, c->d.width < 8 ? c->d.width : 8);
}

/* Puts a decimal near the limit of 20 digits, or anything. */
static void bad_decimal(uint8_t *out, uint64_t r)
{
    fmt_decimal v = fmt_decimal_limit(20) + (fmt_decimal)(r % 3) - 1;
    v = r & 8 ? -v : v;
    if (r % 5 == 0)
        v = (fmt_decimal)((fmt_decimal_bits)r << (r % 70));
    memcpy(out, &v, sizeof v);
}

/* All fixed-width types, good columns and columns with one or more bad slots: the first bad row is
 * the answer. */
static void values(void **state)
{
    (void)state;
    uint64_t seed = 38;
    for (int round = 0; round < 20000; round++) {
        uint16_t type = (uint16_t)(1 + round % FMT_TYPE_LAST);
        if (type == FMT_STRING || type == FMT_BINARY || type == FMT_TENSOR || type == FMT_LIST)
            continue;
        column c;
        fmt_fault fault = {0};
        uint32_t width = type == FMT_FIXED_BINARY ? (uint32_t)(1 + test_random(&seed) % 20)
                         : type == FMT_DICTIONARY ? 2
                                                  : 0;
        make(&c, type, width, test_random(&seed) % 300, 0, test_random(&seed) % 2);
        random_validity(&c, &seed);
        for (uint64_t i = 0; i < c.d.length; i++)
            good_value(&c, i, test_random(&seed));
        assert_int_equal(fmt_check_values(&c.part, &fault), FMT_OK);
        assert_int_equal(fmt_check_null_slots(&c.part, &fault), FMT_OK);
        for (uint64_t k = 0; c.d.length && k < 1 + test_random(&seed) % 3; k++) {
            static const uint64_t bad[] = {
                2, 255, UINT64_C(1) << 63, 86400000, UINT64_C(86400000000000), UINT64_MAX, 1, 0};
            uint64_t v = bad[test_random(&seed) % 8], row = test_random(&seed) % c.d.length;
            memcpy(c.values + row * c.d.width, &v, c.d.width < 8 ? c.d.width : 8);
            if (type == FMT_DECIMAL128) /* around 10^20 and -10^20 */
                bad_decimal(c.values + row * 16, test_random(&seed));
        }
        int64_t first_value = -1, first_null = -1;
        for (uint64_t i = c.d.length; i-- > 0;) {
            if (is_valid(&c, i) && !value_is_good(&c, i))
                first_value = (int64_t)i;
            if (!is_valid(&c, i) && !null_is_good(&c, i))
                first_null = (int64_t)i;
        }
        int code = fmt_check_values(&c.part, &fault);
        assert_int_equal(code, first_value < 0 ? FMT_OK : FMT_VALUE);
        assert_true(code == FMT_OK || (fault.row == first_value && fault.column == 3));
        code = fmt_check_null_slots(&c.part, &fault);
        assert_int_equal(code, first_null < 0 ? FMT_OK : FMT_NULL_SLOT);
        assert_true(code == FMT_OK || fault.row == first_null);
        drop(&c);
    }
}

/* F-35 */
static void validity(void **state)
{
    (void)state;
    uint64_t seed = 35;
    for (int round = 0; round < 3000; round++) {
        column c;
        fmt_fault fault;
        make(&c, FMT_INT8, 0, 1 + test_random(&seed) % 500, 0, true);
        random_validity(&c, &seed);
        uint64_t first = test_random(&seed) % c.d.length / 8 * 8, nulls = 0;
        for (uint64_t i = first; i < c.d.length; i++)
            nulls += !is_valid(&c, i);
        assert_true(fmt_count_nulls(c.validity, first, c.d.length - first) == nulls);
        assert_int_equal(fmt_check_validity(&c.part, &fault), FMT_OK);
        uint64_t bit =
            test_random(&seed) % (c.d.slots[0].stored_length * 8); /* a row's, or a spare one */
        c.validity[bit / 8] ^= (uint8_t)(1u << (bit % 8));
        assert_int_equal(fmt_check_validity(&c.part, &fault), FMT_VALIDITY);
        assert_string_equal(fault.rule, "F-35");
        drop(&c);
    }
}

/* Good offsets for `rows` strings over `size` bytes; nulls have length 0. */
static void random_offsets(column *c, uint64_t *seed)
{
    uint64_t at = 0, size = c->d.slots[2].stored_length;
    for (uint64_t i = 0; i < c->d.length; i++) {
        fmt_store64(c->values + 8 * i, at);
        if (is_valid(c, i) && test_random(seed) % 4)
            at += test_random(seed) % (2 * size / (c->d.length + 1) + 2);
        at = at > size ? size : at;
    }
    fmt_store64(c->values + 8 * c->d.length, at);
    c->d.slots[2].stored_length = c->d.slots[2].logical_length = at;
    c->bytes = realloc(c->bytes, at ? at : 1);
    c->part.bytes = c->bytes;
}

/* F-36, F-38, F-63: any bytes as offsets give a fault or are right; nothing is followed outside. */
static void offsets(void **state)
{
    (void)state;
    uint64_t seed = 36;
    for (int round = 0; round < 10000; round++) {
        column c;
        fmt_fault fault;
        make(&c, round % 2 ? FMT_STRING : FMT_BINARY, 0, test_random(&seed) % 100,
             test_random(&seed) % 400, test_random(&seed) % 2);
        random_validity(&c, &seed);
        random_offsets(&c, &seed);
        memset(c.bytes, 'x', c.d.slots[2].stored_length);
        assert_int_equal(fmt_check_offsets(&c.part, &fault), FMT_OK);
        assert_int_equal(fmt_check_null_slots(&c.part, &fault), FMT_OK);
        assert_int_equal(fmt_check_utf8(&c.part, &fault), FMT_OK);
        uint64_t at = test_random(&seed) % (c.d.length + 1), before = fmt_load64(c.values + 8 * at),
                 now = before;
        static const uint64_t any[] = {0, 1, 7, UINT64_MAX, UINT64_C(1) << 63, UINT64_C(1) << 32};
        now += any[test_random(&seed) % 6] * (test_random(&seed) % 2 ? 1 : UINT64_MAX);
        fmt_store64(c.values + 8 * at, now);
        uint64_t low = at ? fmt_load64(c.values + 8 * (at - 1)) : 0,
                 size = c.d.slots[2].stored_length;
        uint64_t high = at < c.d.length ? fmt_load64(c.values + 8 * (at + 1)) : size;
        bool good = at == 0            ? now == 0 && now <= high
                    : at == c.d.length ? now == size
                                       : now >= low && now <= high;
        int code = fmt_check_offsets(&c.part, &fault);
        if ((code == FMT_OK) != good)
            fail_msg("offset %llu of %llu: %llu, code %d", (unsigned long long)at,
                     (unsigned long long)c.d.length, (unsigned long long)now, code);
        (void)fmt_check_utf8(&c.part, &fault);
        if (good && fmt_check_null_slots(&c.part, &fault) != FMT_OK)
            assert_true(c.d.null_count > 0);
        drop(&c);
    }
}

/* F-37: each value by itself; the whole may be valid where the parts are not. */
static void utf8(void **state)
{
    (void)state;
    uint64_t seed = 37;
    for (int round = 0; round < 10000; round++) {
        column c;
        fmt_fault fault;
        make(&c, FMT_STRING, 0, 1 + test_random(&seed) % 60, test_random(&seed) % 300, false);
        random_offsets(&c, &seed);
        uint64_t size = c.d.slots[2].stored_length;
        for (uint64_t i = 0; i < size; i++)
            c.bytes[i] = 'a';
        for (uint64_t i = 0; i + 3 <= size; i += 3 + test_random(&seed) % 90)
            memcpy(c.bytes + i, test_random(&seed) % 20 ? "\xE4\xB8\xAD" : "\xE4\xB8\x2D", 3);
        int64_t first = -1;
        for (uint64_t i = c.d.length; i-- > 0;) {
            uint64_t a = fmt_load64(c.values + 8 * i), b = fmt_load64(c.values + 8 * i + 8);
            if (fmt_utf8_check(c.bytes + a, b - a) != SIZE_MAX)
                first = (int64_t)i;
        }
        int code = fmt_check_utf8(&c.part, &fault);
        assert_int_equal(code, first < 0 ? FMT_OK : FMT_UTF8);
        assert_true(code == FMT_OK || fault.row == first);
        drop(&c);
    }
}

/* F-39: valid codes only, all widths, negative ones too. */
static void codes(void **state)
{
    (void)state;
    uint64_t seed = 39;
    for (int round = 0; round < 20000; round++) {
        static const uint64_t lengths[] = {
            0, 1, 5, 127, 128, 200, 32768, 40000, UINT64_C(1) << 31, UINT64_C(1) << 40};
        column c;
        fmt_fault fault;
        uint32_t width = 1u << (round % 3);
        uint64_t length = lengths[test_random(&seed) % 10];
        make(&c, FMT_DICTIONARY, width, test_random(&seed) % 300, 0, test_random(&seed) % 2);
        random_validity(&c, &seed);
        int64_t first = -1, most = (INT64_C(1) << (8 * width - 1)) - 1;
        for (uint64_t i = c.d.length; i-- > 0;) {
            uint64_t top = length < (uint64_t)most + 1 ? length : (uint64_t)most + 1;
            uint64_t v = top ? test_random(&seed) % top : 0;
            if (test_random(&seed) % 300 == 0)
                v = test_random(&seed);
            memcpy(c.values + i * width, &v, width);
            int64_t code = 0;
            memcpy(&code, c.values + i * width, width);
            if (code > most)
                code = -1;
            if (is_valid(&c, i) && (code < 0 || (uint64_t)code >= length))
                first = (int64_t)i;
        }
        int code = fmt_check_codes(&c.part, length, &fault);
        assert_int_equal(code, first < 0 ? FMT_OK : FMT_CODES);
        assert_true(code == FMT_OK || fault.row == first);
        drop(&c);
    }
}

/* F-39: unique, sorted where it says so. */
static void dictionaries(void **state)
{
    (void)state;
    uint64_t seed = 3939;
    for (int round = 0; round < 20000; round++) {
        column c;
        fmt_fault fault;
        uint64_t n = test_random(&seed) % (round % 50 ? 12 : 400), at = 0;
        make(&c, FMT_STRING, 0, n, n * 4, false);
        for (uint64_t i = 0; i < n; i++) {
            uint64_t length = test_random(&seed) % 4;
            fmt_store64(c.values + 8 * i, at);
            for (uint64_t k = 0; k < length; k++)
                c.bytes[at + k] = (uint8_t)('a' + test_random(&seed) % 26);
            at += length;
        }
        fmt_store64(c.values + 8 * n, at);
        c.d.slots[2].stored_length = at;
        bool unique = true, ascending = true;
        for (uint64_t i = 0; i < n; i++) {
            const uint8_t *a = c.bytes + fmt_load64(c.values + 8 * i);
            uint64_t a_length = fmt_load64(c.values + 8 * i + 8) - fmt_load64(c.values + 8 * i);
            for (uint64_t k = i + 1; k < n; k++) {
                const uint8_t *b = c.bytes + fmt_load64(c.values + 8 * k);
                uint64_t b_length = fmt_load64(c.values + 8 * k + 8) - fmt_load64(c.values + 8 * k);
                int order = memcmp(a, b, a_length < b_length ? a_length : b_length);
                unique &= order != 0 || a_length != b_length;
                if (k == i + 1)
                    ascending &= order < 0 || (order == 0 && a_length < b_length);
            }
        }
        void *scratch = malloc(fmt_dictionary_scratch(&c.d));
        assert_int_equal(fmt_check_dictionary(&c.part, scratch, test_random(&seed), &fault),
                         unique ? FMT_OK : FMT_DICTIONARY_VALUES);
        c.d.flags = FMT_FLAG_SORTED;
        assert_int_equal(fmt_dictionary_scratch(&c.d), 0);
        assert_int_equal(fmt_check_dictionary(&c.part, NULL, 0, &fault),
                         ascending ? FMT_OK : FMT_DICTIONARY_VALUES);
        if (n) { /* F-63 */
            fmt_store64(c.values + 8 * (test_random(&seed) % n), UINT64_C(1) << 50);
            int code = fmt_check_dictionary(&c.part, NULL, 0, &fault);
            assert_true(code == FMT_OFFSETS || code == FMT_DICTIONARY_VALUES);
            c.d.flags = 0;
            code = fmt_check_dictionary(&c.part, scratch, 1, &fault);
            assert_true(code == FMT_OFFSETS || code == FMT_DICTIONARY_VALUES);
        }
        free(scratch);
        drop(&c);
    }
}

/* F-45 */
static void blocks(void **state)
{
    (void)state;
    uint64_t size = 2 * (uint64_t)FMT_BLOCK_SIZE + 5;
    uint8_t *data = calloc(1, size), hashes[24];
    fmt_fault fault;
    assert_true(fmt_block_count(size) == 3 && fmt_block_count(0) == 0 &&
                fmt_block_count(FMT_BLOCK_SIZE) == 1);
    fmt_hash_blocks(data, size, hashes);
    assert_true(fmt_load64(hashes) == fmt_hash(data, FMT_BLOCK_SIZE) &&
                fmt_load64(hashes + 16) == fmt_hash(data, 5));
    assert_int_equal(fmt_check_blocks(data, size, hashes, 64, 0, 1, &fault), FMT_OK);
    static const uint64_t places[] = {0, FMT_BLOCK_SIZE - 1, FMT_BLOCK_SIZE,
                                      2 * FMT_BLOCK_SIZE + 4};
    for (int i = 0; i < 4; i++) {
        data[places[i]] = 1;
        assert_int_equal(fmt_check_blocks(data, size, hashes, 64, 0, 1, &fault), FMT_BLOCK_HASH);
        assert_true(fault.offset == 64 + places[i] / FMT_BLOCK_SIZE * FMT_BLOCK_SIZE &&
                    fault.column == 1);
        data[places[i]] = 0;
    }
    assert_int_equal(fmt_check_blocks(data + FMT_BLOCK_SIZE, size - FMT_BLOCK_SIZE, hashes + 8, 64,
                                      1, 1, &fault),
                     FMT_OK);
    free(data);
}

/* ---- whole files ---- */

static void build_mixed(test_file *f)
{
    static const uint8_t valid[2] = {0xF7, 1}, zeros[200];
    static const uint64_t offsets_[10] = {0, 1, 3, 6, 6, 8, 8, 9, 10, 12}, words[3] = {0, 1, 3};
    static int64_t stamps[9] = {5, 4, 3, INT64_MIN, 1, 0, -1, -2, -3};
    static const fmt_pair pair = {(const uint8_t *)"k", (const uint8_t *)"v", 1, 1};
    static const test_column columns[] = {
        {.name = "s",
         .type = FMT_STRING,
         .nullable = true,
         .null_count = 1,
         .bytes_length = 12,
         .buffers = {valid, offsets_, "hell\xC3\xA4 world"}},
        {.name = "t",
         .type = FMT_TIMESTAMP,
         .zone = "UTC",
         .nullable = true,
         .null_count = 1,
         .buffers = {valid, stamps, NULL}},
        {.name = "c",
         .type = FMT_DICTIONARY,
         .width = 1,
         .dictionary = 0,
         .ascending = true,
         .buffers = {NULL, zeros, NULL}},
        {.name = "b",
         .type = FMT_BOOL8,
         .ascending = true,
         .buffers = {NULL, zeros, NULL},
         .pairs = &pair,
         .n_pairs = 1},
        {.name = "x",
         .type = FMT_TENSOR,
         .element = FMT_UINT8,
         .dimensions = 1,
         .shape = {3},
         .buffers = {NULL, zeros, NULL}},
    };
    static const test_column dictionary = {
        .type = FMT_STRING, .length = 2, .bytes_length = 3, .buffers = {NULL, words, "abc"}};
    test_file_build(f, 9, columns, 5, &dictionary, 1, &pair, 1);
}

/* Every byte of a file counts: changed, some check of F-62 says so (F-5, F-12, F-45, F-4). */
static void every_byte(void **state)
{
    (void)state;
    test_file f;
    fmt_fault fault = {0};
    build_mixed(&f);
    int code = test_check_file(f.bytes, f.table.header.file_size, &fault);
    if (code)
        fail_msg("%s", fault.text);
    for (uint64_t at = 0; at < f.table.header.file_size; at++) {
        f.bytes[at] ^= 0x04;
        assert_int_not_equal(test_check_file(f.bytes, f.table.header.file_size, &fault), FMT_OK);
        f.bytes[at] ^= 0x04;
    }
    test_file_free(&f);
}

/* Bodies of any bytes under right hashes: an answer, without a read outside (the sanitizer's part
 * of the test). */
static void resealed(void **state)
{
    (void)state;
    test_file f;
    uint64_t seed = 61, found = 0;
    build_mixed(&f);
    uint64_t size = f.table.header.file_size, body = f.table.header.body_offset,
             length = f.table.header.body_length;
    uint8_t *original = malloc(size);
    memcpy(original, f.bytes, size);
    for (int round = 0; round < 3000; round++) {
        fmt_fault fault = {0};
        for (int k = 0; k < 1 + round % 3; k++)
            f.bytes[body + test_random(&seed) % length] = (uint8_t)test_random(&seed);
        test_reseal(&f.table, f.bytes);
        int code = test_check_file(f.bytes, size, &fault);
        assert_true(code == FMT_OK || code == FMT_GAP || code >= FMT_VALIDITY);
        found += code != FMT_OK;
        memcpy(f.bytes, original, size);
    }
    assert_true(found > 1000);
    free(original);
    test_file_free(&f);
}

static int check_id(const test_file *f, fmt_fault *fault)
{
    const fmt_header *h = &f->table.header;
    return fmt_check_file_id(h, f->bytes, f->bytes + h->regions[FMT_REGION_CHECKSUMS].offset,
                             fault);
}

/* F-15, F-16: the id is over the bytes, both ids are checked. */
static void ids(void **state)
{
    (void)state;
    test_file f, g;
    fmt_fault fault;
    build_mixed(&f);
    build_mixed(&g);
    assert_memory_equal(f.bytes, g.bytes, f.table.header.file_size); /* F-6 */
    assert_int_equal(check_id(&f, &fault), FMT_OK);
    f.table.header.content_id[3] ^= 1;
    assert_int_equal(check_id(&f, &fault), FMT_FILE_ID);
    assert_non_null(strstr(fault.text, "F-16"));
    f.table.header.file_id[3] ^= 1;
    assert_int_equal(check_id(&f, &fault), FMT_FILE_ID);
    test_file_free(&f);
    test_file_free(&g);
}

/* A fault's text keeps its end and its particular rule; NULL is allowed. */
static void faults(void **state)
{
    (void)state;
    fmt_fault fault;
    assert_int_equal(fmt_fail(NULL, FMT_LAYOUT, "F-4", 1, "x"), FMT_LAYOUT);
    assert_int_equal(fmt_fail(&fault, FMT_LAYOUT, "F-4", 1, "%0300d", 7), FMT_LAYOUT);
    assert_int_equal(strlen(fault.text), sizeof fault.text - 1);
    assert_true(fault.column == -1 && fault.row == -1 && fault.offset == 1);
    (void)fmt_fail_at(&fault, FMT_LIMIT, "F-59", FMT_NO_OFFSET, 4, 5, "too large");
    assert_string_equal(fault.text, "too large");
    assert_string_equal(fault.rule, "F-59");
    assert_string_equal(fmt_region_name(FMT_REGION_ZONE_MAPS), "zone maps");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values), cmocka_unit_test(validity),   cmocka_unit_test(offsets),
        cmocka_unit_test(utf8),   cmocka_unit_test(codes),      cmocka_unit_test(dictionaries),
        cmocka_unit_test(blocks), cmocka_unit_test(every_byte), cmocka_unit_test(resealed),
        cmocka_unit_test(ids),    cmocka_unit_test(faults),
    };
    return cmocka_run_group_tests_name("F-35 … F-39, F-45 values", tests, NULL, NULL);
}
