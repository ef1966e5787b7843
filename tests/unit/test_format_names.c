/* Names and their index: F-30 … F-32, F-61. Metadata: F-33, F-34. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "format/bytes.h"
#include "format/descriptor.h"
#include "format/hash.h"
#include "format/layout.h"
#include "format/metadata.h"
#include "format/names.h"
#include "format/ondisk.h"
#include "format_support.h"

/* A file of `n` columns without rows, called c0, c1 … */
static void build(test_file *f, uint32_t n)
{
    test_column *columns = calloc(n, sizeof *columns);
    char(*names)[12] = malloc(n * sizeof *names);
    static const uint64_t zero;
    for (uint32_t i = 0; i < n; i++) {
        snprintf(names[i], sizeof *names, "c%u", i);
        columns[i] = (test_column){.name = names[i],
                                   .type = i % 2 ? FMT_INT32 : FMT_STRING,
                                   .ascending = true,
                                   .buffers = {NULL, &zero, NULL}};
    }
    test_file_build(f, 0, columns, n, NULL, 0, NULL, 0);
    free(names);
    free(columns);
}

/* Every name is found, at its column; others are not (F-32). */
static void find(void **state)
{
    (void)state;
    static const uint32_t sizes[] = {0, 1, 2, 3, 7, 100, 10000};
    for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
        test_file f;
        fmt_fault fault;
        uint32_t column;
        build(&f, sizes[s]);
        for (uint32_t i = 0; i < sizes[s]; i++) {
            char name[12];
            size_t n = (size_t)snprintf(name, sizeof name, "c%u", i);
            assert_int_equal(fmt_name_find(&f.table.header, f.bytes, name, n, &column, &fault),
                             FMT_OK);
            assert_int_equal(column, i);
            assert_int_equal(fmt_name_find(&f.table.header, f.bytes, name, n - 1, &column, &fault),
                             FMT_OK);
            assert_true(column == FMT_NONE32 || i >= 10);
        }
        assert_int_equal(fmt_name_find(&f.table.header, f.bytes, "", 0, &column, &fault), FMT_OK);
        assert_true(column == FMT_NONE32);
        assert_int_equal(test_check_file(f.bytes, f.table.header.file_size, &fault), FMT_OK);
        test_file_free(&f);
    }
}

/* An index or descriptor of any bytes: a right answer, none, or a fault, never another column. */
static void find_in_damage(void **state)
{
    (void)state;
    test_file f;
    fmt_fault fault;
    uint64_t seed = 32;
    build(&f, 50);
    const fmt_region *index = &f.table.header.regions[FMT_REGION_NAME_INDEX];
    uint8_t *original = malloc(f.table.header.file_size);
    memcpy(original, f.bytes, f.table.header.file_size);
    for (int round = 0; round < 5000; round++) {
        char name[12];
        uint32_t wanted = (uint32_t)(test_random(&seed) % 50), column = 7777;
        size_t n = (size_t)snprintf(name, sizeof name, "c%u", wanted);
        for (int k = 0; k < 1 + round % 4; k++) {
            uint64_t at = round % 3 ? index->offset + test_random(&seed) % index->length
                                    : 512 + test_random(&seed) % (50 * 320);
            f.bytes[at] = round % 5 ? (uint8_t)test_random(&seed) : 0xFF;
        }
        int code = fmt_name_find(&f.table.header, f.bytes, name, n, &column, &fault);
        if (code == FMT_OK)
            assert_true(column == wanted || column == FMT_NONE32);
        else
            assert_true(code == FMT_NAME_INDEX || code == FMT_DESCRIPTOR_HASH);
        memcpy(f.bytes, original, f.table.header.file_size);
    }
    /* an index that points beyond the columns */
    fmt_store32(f.bytes + index->offset + 8, 50);
    uint32_t column;
    uint32_t first = fmt_load32(original + index->offset + 8);
    char name[12];
    size_t n = (size_t)snprintf(name, sizeof name, "c%u", first);
    assert_int_equal(fmt_name_find(&f.table.header, f.bytes, name, n, &column, &fault),
                     FMT_NAME_INDEX);
    free(original);
    test_file_free(&f);
}

/* F-31: names are unique; the writer hears which column repeats one. */
static void duplicates(void **state)
{
    (void)state;
    test_column columns[] = {{.name = "a", .type = FMT_INT8},
                             {.name = "b", .type = FMT_INT8},
                             {.name = "", .type = FMT_INT8},
                             {.name = "a", .type = FMT_INT8},
                             {.name = "ab", .type = FMT_INT8}};
    fmt_table t;
    fmt_fault fault;
    uint8_t index[5 * 16];
    test_table_init(&t, 0, columns, 5, NULL, 0, NULL, 0);
    assert_int_equal(fmt_name_index_encode(&t, index, &fault), FMT_BAD_NAME);
    assert_int_equal(fault.column, 3);
    assert_string_equal(fault.rule, "F-31");
    test_table_free(&t);
    columns[3].name = "c";
    test_table_init(&t, 0, columns, 5, NULL, 0, NULL, 0);
    assert_int_equal(fmt_name_index_encode(&t, index, &fault), FMT_OK);
    assert_int_equal(fmt_check_name_index(&t, index, &fault), FMT_OK);
    for (int bit = 0; bit < 5 * 16 * 8; bit++) {
        index[bit / 8] ^= (uint8_t)(1u << (bit % 8));
        assert_int_equal(fmt_check_name_index(&t, index, &fault), FMT_NAME_INDEX);
        index[bit / 8] ^= (uint8_t)(1u << (bit % 8));
    }
    /* two entries exchanged; one twice */
    uint8_t entry[16];
    memcpy(entry, index, 16);
    memmove(index, index + 16, 16);
    assert_int_equal(fmt_check_name_index(&t, index, &fault), FMT_NAME_INDEX);
    memcpy(index + 16, entry, 16);
    assert_int_equal(fmt_check_name_index(&t, index, &fault), FMT_NAME_INDEX);
    test_table_free(&t);
}

static void problems(void **state)
{
    (void)state;
    assert_null(fmt_name_problem("", 0, FMT_NAME_MAX));
    assert_null(fmt_name_problem("na\xC3\xAFve", 6, FMT_NAME_MAX));
    assert_non_null(fmt_name_problem("a\0b", 3, FMT_NAME_MAX));
    assert_non_null(fmt_name_problem("\xFF", 1, FMT_NAME_MAX));
    char *text = malloc(65537);
    memset(text, 'x', 65537);
    assert_null(fmt_name_problem(text, 65535, FMT_NAME_MAX));
    assert_non_null(fmt_name_problem(text, 65536, FMT_NAME_MAX));
    assert_null(fmt_name_problem(text, 255, FMT_ZONE_NAME_MAX));
    assert_non_null(fmt_name_problem(text, 256, FMT_ZONE_NAME_MAX));
    free(text);
}

/* F-30, F-31, F-25 over the whole part: every byte of it counts. */
static void names_part(void **state)
{
    (void)state;
    static const test_column columns[] = {{.name = "time", .type = FMT_TIMESTAMP, .zone = "UTC"},
                                          {.name = "", .type = FMT_INT8},
                                          {.name = "x", .type = FMT_TIMESTAMP}};
    fmt_table t;
    fmt_fault fault;
    test_table_init(&t, 0, columns, 3, NULL, 0, NULL, 0);
    assert_int_equal(fmt_layout(&t, &fault), FMT_OK);
    assert_int_equal(t.names_length, 12);
    assert_memory_equal(t.names, "time\0UTC\0\0x\0", 12);
    assert_int_equal(fmt_check_names(&t, &fault), FMT_OK);
    for (int bit = 0; bit < 12 * 8; bit++) {
        t.names[bit / 8] ^= (uint8_t)(1u << (bit % 8));
        assert_int_equal(fmt_check_names(&t, &fault), FMT_NAME);
        t.names[bit / 8] ^= (uint8_t)(1u << (bit % 8));
    }
    for (int i = 0; i < 3; i++) { /* out of place, though inside the part */
        t.descriptors[i].name_offset++;
        assert_int_equal(fmt_check_names(&t, &fault), FMT_NAME);
        t.descriptors[i].name_offset--;
    }
    /* hashed, but not a name: NUL inside, not UTF-8 */
    t.names[1] = 0;
    t.descriptors[0].name_hash = fmt_hash(t.names, 4);
    assert_int_equal(fmt_check_column_name(&t.header, &t.descriptors[0], 0, t.names, &fault),
                     FMT_NAME);
    t.names[1] = 0xFF;
    t.descriptors[0].name_hash = fmt_hash(t.names, 4);
    assert_int_equal(fmt_check_column_name(&t.header, &t.descriptors[0], 0, t.names, &fault),
                     FMT_NAME);
    t.names[1] = 'i';
    t.descriptors[0].name_hash = fmt_hash(t.names, 4);
    assert_int_equal(fmt_check_names(&t, &fault), FMT_OK);
    t.names[5] = 0x80;
    t.descriptors[0].zone_hash = fmt_hash(t.names + 5, 3);
    assert_int_equal(fmt_check_names(&t, &fault), FMT_NAME);
    assert_non_null(strstr(fault.text, "F-25"));
    test_table_free(&t);
}

#define TEXT(s) (const uint8_t *)(s)

/* F-33: order and duplicates are kept; a block of any bytes is walked safely. */
static void metadata(void **state)
{
    (void)state;
    static const fmt_pair pairs[] = {{TEXT("b"), TEXT("1"), 1, 1},
                                     {TEXT("a"), TEXT(""), 1, 0},
                                     {TEXT("b"), TEXT("22"), 1, 2},
                                     {TEXT(""), TEXT("x"), 0, 1}};
    static const test_column columns[] = {
        {.name = "p", .type = FMT_INT8, .pairs = pairs, .n_pairs = 2},
        {.name = "q", .type = FMT_INT8},
        {.name = "r", .type = FMT_STRING, .pairs = pairs + 1, .n_pairs = 3}};
    fmt_table t;
    fmt_fault fault;
    fmt_metadata_iter it;
    fmt_pair pair;
    test_table_init(&t, 0, columns, 3, NULL, 0, pairs, 4);
    assert_int_equal(fmt_layout(&t, &fault), FMT_OK);
    assert_int_equal(fmt_check_metadata(&t, &fault), FMT_OK);
    assert_int_equal(fmt_metadata_begin(&it, t.metadata, t.header.table_metadata_length), 4);
    for (int i = 0; i < 4; i++) {
        assert_true(fmt_metadata_next(&it, &pair));
        assert_int_equal(pair.key_length, pairs[i].key_length);
        assert_int_equal(pair.value_length, pairs[i].value_length);
        assert_memory_equal(pair.value, pairs[i].value, pair.value_length);
    }
    assert_false(fmt_metadata_next(&it, &pair));
    assert_true(it.left == 0 && it.remaining == 0);
    for (uint64_t bit = 0; bit < t.metadata_length * 8; bit++) {
        t.metadata[bit / 8] ^= (uint8_t)(1u << (bit % 8));
        assert_int_equal(fmt_check_metadata(&t, &fault), FMT_METADATA);
        t.metadata[bit / 8] ^= (uint8_t)(1u << (bit % 8));
    }
    t.descriptors[2].metadata_offset -= 4; /* two blocks that share bytes */
    assert_int_equal(fmt_check_metadata(&t, &fault), FMT_METADATA);
    t.descriptors[2].metadata_offset += 4;
    t.metadata_length++; /* bytes at the end that are nobody's */
    assert_int_equal(fmt_check_metadata(&t, &fault), FMT_METADATA);
    test_table_free(&t);
}

static void metadata_blocks(void **state)
{
    (void)state;
    uint64_t seed = 33;
    fmt_fault fault;
    for (int round = 0; round < 50000; round++) { /* hashed, but of any content */
        size_t n = test_random(&seed) % 40;
        uint8_t *block = malloc(n + 1);
        for (size_t i = 0; i < n; i++)
            block[i] =
                test_random(&seed) % 3 ? 0 : (uint8_t)(test_random(&seed) % (round % 2 ? 6 : 256));
        fmt_metadata_iter it;
        fmt_pair pair;
        uint32_t count = fmt_metadata_begin(&it, block, n), seen = 0;
        while (fmt_metadata_next(&it, &pair)) {
            seen++;
            assert_true(pair.key >= block && pair.value + pair.value_length <= block + n);
        }
        int code = fmt_check_metadata_block(block, n, fmt_hash(block, n), false, 0, 0, &fault);
        if (code == FMT_OK)
            assert_true(count == seen && count > 0 && it.left == 0);
        else
            assert_int_equal(code, FMT_METADATA);
        free(block);
    }
}

/* F-34 */
static void reserved_keys(void **state)
{
    (void)state;
    static const fmt_pair bad[] = {{TEXT("ARROW:extension:name"), TEXT("x"), 20, 1},
                                   {TEXT("ARROW:extension:metadata"), TEXT("x"), 24, 1},
                                   {TEXT("ARROW:extension:names"), TEXT("x"), 21, 1}};
    uint32_t index;
    fmt_fault fault;
    uint8_t bytes[100];
    for (int i = 0; i < 3; i++) {
        fmt_table t = {.metadata = bytes};
        fmt_metadata_put(&t, FMT_TABLE_METADATA, &bad[i], 1);
        assert_int_equal(t.metadata_length, fmt_metadata_size(&bad[i], 1));
        assert_true((fmt_pairs_problem(&bad[i], 1, true, &index) == NULL) == (i == 2));
        assert_null(fmt_pairs_problem(&bad[i], 1, false, &index));
        uint64_t hash = t.header.table_metadata_hash;
        assert_int_equal(
            fmt_check_metadata_block(bytes, t.metadata_length, hash, true, 0, 0, &fault),
            i == 2 ? FMT_OK : FMT_METADATA);
        assert_int_equal(
            fmt_check_metadata_block(bytes, t.metadata_length, hash, false, 0, 0, &fault), FMT_OK);
    }
    static const fmt_pair not_text = {TEXT("k"), TEXT("\xC0"), 1, 1};
    assert_non_null(fmt_pairs_problem(&not_text, 1, false, &index));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(find),
        cmocka_unit_test(find_in_damage),
        cmocka_unit_test(duplicates),
        cmocka_unit_test(problems),
        cmocka_unit_test(names_part),
        cmocka_unit_test(metadata),
        cmocka_unit_test(metadata_blocks),
        cmocka_unit_test(reserved_keys),
    };
    return cmocka_run_group_tests_name("F-30 … F-34 names and metadata", tests, NULL, NULL);
}
