/* Lists, decimals and halves in place: what the accessors give, descriptions, statistics, and that
 * no offset of a file leads outside its buffers. */
#include <fcntl.h>
#include <unistd.h>

#include "format/ondisk.h"
#include "format_support.h"
#include "read_support.h"

static shmcol_file *open_built(const test_file *f)
{
    shmcol_error err = SHMCOL_ERROR_INIT;
    shmcol_file *file = NULL;
    if (shmcol_open_memory(f->bytes, f->table.header.file_size, &file, &err) != SHMCOL_OK)
        fail_msg("%s", err.message);
    return file;
}

/* Five rows: [10, 11, 12], null, [], [13], [14, 15]; once of numbers and once of strings. */
enum { ROWS = 5, ELEMENTS = 6 };
static const uint8_t valid[] = {0x1D};
static const int64_t offsets[ROWS + 1] = {0, 3, 3, 3, 4, 6};
static const int32_t numbers[ELEMENTS] = {10, 11, 12, 13, 14, 15};
static const int64_t text_offsets[ELEMENTS + 1] = {0, 1, 1, 3, 6, 6, 8};
static const char texts[] = "abcdef\xC3\xA9";

static const test_column columns[] = {
    {.name = "numbers",
     .type = FMT_LIST,
     .nullable = true,
     .null_count = 1,
     .element = FMT_INT32,
     .buffers = {valid, offsets, numbers},
     .bytes_length = sizeof numbers},
    {.name = "texts",
     .type = FMT_LIST,
     .nullable = true,
     .null_count = 1,
     .element = FMT_STRING,
     .buffers = {valid, offsets, text_offsets, texts},
     .bytes_length = sizeof text_offsets,
     .element_bytes_length = 8},
    {.name = "plain", .type = FMT_INT32, .buffers = {NULL, numbers}},
};

static void lists_of_numbers(void **state)
{
    (void)state;
    test_file f;
    test_file_build(&f, ROWS, columns, 3, NULL, 0, NULL, 0);
    shmcol_file *file = open_built(&f);
    shmcol_list list = SHMCOL_LIST_INIT, same = SHMCOL_LIST_INIT;
    shmcol_column_info info = SHMCOL_COLUMN_INFO_INIT;
    assert_int_equal(shmcol_list_get(file, "numbers", &list, NULL), SHMCOL_OK);
    assert_int_equal(shmcol_list_column(file, 0, &same, NULL), SHMCOL_OK);
    assert_memory_equal(&list, &same, sizeof list);
    assert_int_equal(list.count, ROWS);
    assert_int_equal(list.element, SHMCOL_INT32);
    assert_int_equal(list.element_width, 4);
    assert_int_equal(list.n_elements, ELEMENTS);
    assert_int_equal(list.strings.size, sizeof list.strings);
    assert_int_equal(list.strings.count, 0);
    assert_int_equal(shmcol_get_column(file, 0, &info, NULL), SHMCOL_OK);
    assert_int_equal(info.type, SHMCOL_LIST);
    assert_int_equal(info.element, SHMCOL_INT32);
    assert_int_equal(info.width, 0);
    assert_int_equal(info.elements.length, sizeof numbers);
    assert_int_equal(info.bytes.length, 0);
    assert_ptr_equal(list.elements, f.bytes + info.elements.offset);
    assert_ptr_equal(list.offsets, f.bytes + info.values.offset);
    assert_ptr_equal(list.validity, f.bytes + info.validity.offset);
    assert_int_equal((uintptr_t)list.elements % 64, 0);
    for (uint64_t row = 0; row < ROWS; row++) {
        uint64_t first = 77, length = 77;
        bool is_valid = row != 1;
        assert_int_equal(shmcol_list_at(&list, row, &first, &length), SHMCOL_OK);
        assert_int_equal(shmcol_is_valid(list.validity, row), is_valid);
        assert_int_equal(first, is_valid ? offsets[row] : 0);
        assert_int_equal(length, is_valid ? offsets[row + 1] - offsets[row] : 0);
        for (uint64_t i = 0; i < length; i++)
            assert_int_equal(((const int32_t *)list.elements)[first + i], numbers[first + i]);
    }
    uint64_t first = 77, length = 78;
    assert_int_equal(shmcol_list_at(&list, ROWS, &first, &length), SHMCOL_ERR_OUT_OF_RANGE);
    assert_int_equal(shmcol_list_at(&list, UINT64_MAX, &first, &length), SHMCOL_ERR_OUT_OF_RANGE);
    assert_true(first == 77 && length == 78);
    shmcol_close(file);
    test_file_free(&f);
}

static void lists_of_strings(void **state)
{
    (void)state;
    test_file f;
    test_file_build(&f, ROWS, columns, 3, NULL, 0, NULL, 0);
    shmcol_file *file = open_built(&f);
    shmcol_list list = SHMCOL_LIST_INIT;
    shmcol_column_info info = SHMCOL_COLUMN_INFO_INIT;
    assert_int_equal(shmcol_list_get(file, "texts", &list, NULL), SHMCOL_OK);
    assert_int_equal(shmcol_get_column(file, 1, &info, NULL), SHMCOL_OK);
    assert_int_equal(info.element, SHMCOL_STRING);
    assert_int_equal(info.elements.length, sizeof text_offsets);
    assert_int_equal(info.bytes.length, 8);
    assert_int_equal(list.element, SHMCOL_STRING);
    assert_int_equal(list.element_width, 0);
    assert_null(list.elements);
    assert_int_equal(list.n_elements, ELEMENTS);
    assert_int_equal(list.strings.count, ELEMENTS);
    assert_int_equal(list.strings.data_length, 8);
    assert_null(list.strings.validity);
    assert_ptr_equal(list.strings.offsets, f.bytes + info.elements.offset);
    assert_ptr_equal(list.strings.data, f.bytes + info.bytes.offset);
    for (uint64_t i = 0; i < ELEMENTS; i++) {
        const char *data;
        uint64_t length;
        assert_int_equal(shmcol_string_at(&list.strings, i, &data, &length), SHMCOL_OK);
        assert_int_equal(length, text_offsets[i + 1] - text_offsets[i]);
        assert_memory_equal(data, texts + text_offsets[i], length);
    }
    shmcol_close(file);
    test_file_free(&f);
}

/* No rows at all, and rows without an element. */
static void empty_lists(void **state)
{
    (void)state;
    static const int64_t zeros[4];
    for (uint64_t rows = 0; rows <= 3; rows += 3) {
        const test_column empty[] = {
            {.name = "n", .type = FMT_LIST, .element = FMT_FLOAT64, .buffers = {NULL, zeros}},
            {.name = "t",
             .type = FMT_LIST,
             .element = FMT_STRING,
             .buffers = {NULL, zeros, zeros},
             .bytes_length = 8},
        };
        test_file f;
        test_file_build(&f, rows, empty, 2, NULL, 0, NULL, 0);
        shmcol_file *file = open_built(&f);
        for (uint32_t i = 0; i < 2; i++) {
            shmcol_list list = SHMCOL_LIST_INIT;
            uint64_t first, length;
            assert_int_equal(shmcol_list_column(file, i, &list, NULL), SHMCOL_OK);
            assert_true(list.count == rows && list.n_elements == 0 && list.strings.count == 0);
            assert_null(list.validity);
            assert_true((list.elements != NULL) == (i == 0));
            for (uint64_t row = 0; row < rows; row++) {
                assert_int_equal(shmcol_list_at(&list, row, &first, &length), SHMCOL_OK);
                assert_int_equal(length, 0);
            }
        }
        shmcol_close(file);
        test_file_free(&f);
    }
}

/* F-63: whatever the offsets say, no row leads outside the elements. */
static void hostile_offsets(void **state)
{
    (void)state;
    static const int64_t bad[][2] = {
        {-1, 3}, {3, 2}, {0, 7}, {INT64_MIN, 0}, {0, INT64_MAX}, {7, 8}, {INT64_MAX, INT64_MIN}};
    test_file f;
    test_file_build(&f, ROWS, columns, 3, NULL, 0, NULL, 0);
    for (uint32_t i = 0; i < 2; i++) {
        int64_t *at = (int64_t *)(f.bytes + f.table.descriptors[i].slots[FMT_SLOT_VALUES].offset);
        shmcol_file *file = open_built(&f);
        shmcol_list list = SHMCOL_LIST_INIT;
        assert_int_equal(shmcol_list_column(file, i, &list, NULL), SHMCOL_OK);
        for (size_t b = 0; b < sizeof bad / sizeof *bad; b++) {
            uint64_t first = 77, length = 78;
            memcpy(at + 4, bad[b], sizeof bad[b]);
            assert_int_equal(shmcol_list_at(&list, 4, &first, &length), SHMCOL_ERR_OFFSETS);
            assert_true(first == 77 && length == 78);
        }
        memcpy(at, offsets, sizeof offsets);
        shmcol_close(file);
    }
    test_file_free(&f);
}

static void wrong_types(void **state)
{
    (void)state;
    test_file f;
    test_file_build(&f, ROWS, columns, 3, NULL, 0, NULL, 0);
    shmcol_file *file = open_built(&f);
    shmcol_error err = SHMCOL_ERROR_INIT;
    shmcol_list list = SHMCOL_LIST_INIT;
    shmcol_strings strings = SHMCOL_STRINGS_INIT;
    const void *values;
    const uint8_t *validity;
    assert_int_equal(shmcol_list_get(file, "plain", &list, &err), SHMCOL_ERR_WRONG_TYPE);
    assert_string_equal(err.message, "column \"plain\" is int32, not list");
    assert_int_equal(list.count, 0);
    assert_int_equal(shmcol_list_get(file, "none", &list, &err), SHMCOL_ERR_NO_COLUMN);
    assert_int_equal(shmcol_list_column(file, 3, &list, &err), SHMCOL_ERR_NO_COLUMN);
    assert_int_equal(shmcol_values(file, 0, &values, &validity, &err), SHMCOL_ERR_WRONG_TYPE);
    assert_string_equal(err.message, "column \"numbers\" is list[int32], not of a fixed width");
    assert_string_equal(err.hint, "use shmcol_list_get");
    assert_int_equal(shmcol_string(file, "texts", &strings, &err), SHMCOL_ERR_WRONG_TYPE);
    assert_string_equal(err.message, "column \"texts\" is list[string], not string");
    list.size = sizeof list - 1;
    assert_int_equal(shmcol_list_get(file, "numbers", &list, &err), SHMCOL_ERR_INVALID_ARGUMENT);
    shmcol_close(file);
    test_file_free(&f);
}

/* ---- descriptions ---- */

/* Every type that a list may have, with its parameters as shmcol_get_column gives them (F-25). */
static void elements_of_every_type(void **state)
{
    (void)state;
    static const int64_t zeros[2];
    for (uint16_t type = FMT_BOOL8; type <= FMT_TYPE_LAST; type++) {
        if (type >= FMT_BINARY && type <= FMT_TENSOR)
            continue;
        if (type == FMT_LIST)
            continue;
        bool has_unit = type >= FMT_TIMESTAMP && type <= FMT_TIME64;
        const test_column c = {
            .name = "x",
            .type = FMT_LIST,
            .element = type,
            .unit = type == FMT_TIME64 ? FMT_UNIT_NANO
                    : has_unit         ? FMT_UNIT_MILLI
                                       : 0,
            .zone = type == FMT_TIMESTAMP ? "Europe/Paris" : NULL,
            .precision = type == FMT_DECIMAL128 ? 18 : 0,
            .scale = type == FMT_DECIMAL128 ? 2 : 0,
            .buffers = {NULL, zeros, zeros},
            .bytes_length = type == FMT_STRING ? 8 : 0,
        };
        test_file f;
        test_file_build(&f, 1, &c, 1, NULL, 0, NULL, 0);
        shmcol_file *file = open_built(&f);
        shmcol_column_info info = SHMCOL_COLUMN_INFO_INIT;
        shmcol_list list = SHMCOL_LIST_INIT;
        assert_int_equal(shmcol_get_column(file, 0, &info, NULL), SHMCOL_OK);
        assert_int_equal(info.element, type);
        assert_int_equal(info.unit, c.unit);
        assert_int_equal(info.precision, c.precision);
        assert_int_equal(info.scale, c.scale);
        if (type == FMT_TIMESTAMP)
            assert_string_equal(info.zone, "Europe/Paris");
        else
            assert_null(info.zone);
        assert_int_equal(shmcol_list_column(file, 0, &list, NULL), SHMCOL_OK);
        assert_int_equal(list.element, type);
        shmcol_error err = SHMCOL_ERROR_INIT;
        const void *values;
        assert_int_equal(shmcol_values(file, 0, &values, NULL, &err), SHMCOL_ERR_WRONG_TYPE);
        if (type == FMT_DECIMAL128)
            assert_non_null(strstr(err.message, "list[decimal128(18,2)]"));
        if (type == FMT_TIMESTAMP)
            assert_non_null(strstr(err.message, "list[timestamp[ms, Europe/Paris]]"));
        shmcol_close(file);
        test_file_free(&f);
    }
}

/* A list has no zone entries; its nulls are counted in the bitmap (F-46). */
static void lists_have_no_bounds(void **state)
{
    (void)state;
    test_file f;
    test_file_build(&f, ROWS, columns, 3, NULL, 0, NULL, 0);
    shmcol_file *file = open_built(&f);
    shmcol_stats stats = SHMCOL_STATS_INIT;
    assert_int_equal(shmcol_column_stats(file, 0, &stats, NULL), SHMCOL_OK);
    assert_true(stats.rows == ROWS && stats.null_count == 1 && !stats.has_bounds);
    assert_int_equal(shmcol_zone_stats(file, 1, 0, &stats, NULL), SHMCOL_OK);
    assert_true(stats.rows == ROWS && stats.null_count == 1 && !stats.has_bounds);
    shmcol_close(file);
    test_file_free(&f);
}

/* ---- files on the disk: pages, faults, compressed files ---- */

static const char *put_on_disk(const test_file *f, const char *name)
{
    return support_make_file(name, f->bytes, f->table.header.file_size);
}

/* Bytes of a list that begin on pages of their own: 100,000 rows of one element. */
enum { MANY = 100000 };
static void build_large(test_file *f)
{
    static int64_t many_offsets[MANY + 1];
    static char many_bytes[MANY];
    for (int64_t i = 0; i <= MANY; i++)
        many_offsets[i] = i;
    memset(many_bytes, 'x', sizeof many_bytes);
    const test_column large = {.name = "large",
                               .type = FMT_LIST,
                               .element = FMT_STRING,
                               .buffers = {NULL, many_offsets, many_offsets, many_bytes},
                               .bytes_length = sizeof many_offsets,
                               .element_bytes_length = MANY};
    test_file_build(f, MANY, &large, 1, NULL, 0, NULL, 0);
}

static void pages_of_all_slots(void **state)
{
    (void)state;
    test_file f;
    build_large(&f);
    shmcol_file *file = NULL;
    uint64_t resident = 0, total = 0, page = (uint64_t)sysconf(_SC_PAGESIZE);
    assert_int_equal(shmcol_open(put_on_disk(&f, "large.shmcol"), NULL, &file, NULL), SHMCOL_OK);
    assert_int_equal(shmcol_prefault(file, 0, NULL), SHMCOL_OK);
    assert_int_equal(shmcol_resident(file, 0, &resident, &total, NULL), SHMCOL_OK);
    uint64_t bytes = 2 * 8 * (MANY + 1) + MANY;
    assert_true(total >= bytes && total <= bytes + 4 * page);
    assert_int_equal(resident, total);
    shmcol_close(file);
    test_file_free(&f);
}

static void touch_last_byte(void *arg)
{
    const shmcol_list *list = arg;
    const volatile char *data = list->strings.data;
    (void)data[list->strings.data_length - 1];
}

/* The column is named also where the fault is in slot 3, the bytes of its strings. */
static void a_fault_names_the_column(void **state)
{
    (void)state;
    test_file f;
    build_large(&f);
    shmcol_file *file = NULL;
    shmcol_error err = SHMCOL_ERROR_INIT;
    shmcol_list list = SHMCOL_LIST_INIT;
    const fmt_slot *slot = &f.table.descriptors[0].slots[FMT_SLOT_ELEMENT_BYTES];
    const char *path = put_on_disk(&f, "cut.shmcol");
    assert_int_equal(shmcol_open(path, NULL, &file, NULL), SHMCOL_OK);
    assert_int_equal(shmcol_list_get(file, "large", &list, NULL), SHMCOL_OK);
    assert_int_equal(truncate(path, (off_t)slot->offset), 0);
    assert_int_equal(shmcol_guard(file, touch_last_byte, &list, &err), SHMCOL_ERR_FAULT);
    assert_int_equal(err.column, 0);
    assert_non_null(strstr(err.message, "\"large\""));
    shmcol_close(file);
    test_file_free(&f);
}

/* A compressed file gives the same lists, from memory or from the cache. */
static void compressed_lists(void **state)
{
    (void)state;
    test_file f;
    build_large(&f);
    shmcol_open_options how = SHMCOL_OPEN_OPTIONS_INIT;
    shmcol_error err = SHMCOL_ERROR_INIT;
    const char *plain = put_on_disk(&f, "plain.shmcol");
    const char *packed = support_path("packed.shmcol");
    if (shmcol_compress(plain, packed, NULL, &err) != SHMCOL_OK)
        fail_msg("%s", err.message);
    how.cache_dir = support_directory();
    for (uint32_t flag = SHMCOL_OPEN_STORED; flag <= SHMCOL_OPEN_COPY; flag *= 2) {
        shmcol_file *file = NULL;
        shmcol_list list = SHMCOL_LIST_INIT;
        how.flags = flag;
        assert_int_equal(shmcol_open(packed, &how, &file, &err), SHMCOL_OK);
        shmcol_status status = shmcol_list_get(file, "large", &list, &err);
        if (flag == SHMCOL_OPEN_STORED) {
            assert_int_equal(status, SHMCOL_ERR_FEATURE);
        } else {
            assert_int_equal(status, SHMCOL_OK);
            assert_int_equal(list.n_elements, MANY);
            assert_int_equal(list.offsets[MANY], MANY);
            assert_int_equal(list.strings.data[MANY - 1], 'x');
        }
        shmcol_close(file);
    }
    test_file_free(&f);
}

/* ---- halves and decimals ---- */

static void halves_and_decimals(void **state)
{
    (void)state;
    static const uint8_t four[] = {0x0D};
    static const uint16_t halves[] = {0x3C00, FMT_NULL_FLOAT16, 0xC000, 0x7C00};
    static const shmcol_decimal decimals[] = {
        {1250, 0}, {0, 0}, {(uint64_t)-5, -1}, {0, INT64_C(1) << 40}};
    const test_column both[] = {
        {.name = "h",
         .type = FMT_FLOAT16,
         .nullable = true,
         .null_count = 1,
         .buffers = {four, halves}},
        {.name = "d",
         .type = FMT_DECIMAL128,
         .nullable = true,
         .null_count = 1,
         .precision = 38,
         .scale = 2,
         .buffers = {four, decimals}},
    };
    test_file f;
    test_file_build(&f, 4, both, 2, NULL, 0, NULL, 0);
    shmcol_file *file = open_built(&f);
    const uint16_t *h;
    const shmcol_decimal *d;
    const void *values;
    const uint8_t *validity;
    uint32_t precision = 0, scale = 0;
    uint64_t n = 0;
    shmcol_stats s = SHMCOL_STATS_INIT;
    shmcol_error err = SHMCOL_ERROR_INIT;
    assert_int_equal(shmcol_float16(file, "h", &h, &n, NULL), SHMCOL_OK);
    assert_int_equal(n, 4);
    assert_memory_equal(h, halves, sizeof halves);
    assert_int_equal(shmcol_values(file, 0, &values, &validity, NULL), SHMCOL_OK);
    assert_ptr_equal(values, h);
    assert_int_equal(shmcol_decimal128(file, "d", &d, &n, &precision, &scale, NULL, &err),
                     SHMCOL_ERR_HAS_NULLS);
    assert_int_equal(shmcol_decimal128(file, "d", &d, &n, &precision, &scale, &validity, NULL),
                     SHMCOL_OK);
    assert_true(n == 4 && precision == 38 && scale == 2 && validity != NULL);
    assert_memory_equal(d, decimals, sizeof decimals);
    assert_int_equal(shmcol_values(file, 1, &values, NULL, &err), SHMCOL_ERR_HAS_NULLS);
    assert_int_equal(shmcol_values(file, 1, &values, &validity, NULL), SHMCOL_OK);
    assert_ptr_equal(values, d);
    assert_int_equal(shmcol_column_stats(file, 0, &s, NULL), SHMCOL_OK);
    assert_true(s.has_bounds && s.nan_count == 0 && s.min_float == -2 && s.max_float > 1e300);
    assert_int_equal(shmcol_column_stats(file, 1, &s, NULL), SHMCOL_OK);
    assert_true(s.has_bounds && s.min_decimal.high == -1 && s.min_decimal.low == (uint64_t)-5);
    assert_true(s.max_decimal.high == INT64_C(1) << 40 && s.max_decimal.low == 0);
    assert_int_equal(shmcol_int64(file, "d", NULL, NULL, NULL, &err), SHMCOL_ERR_INVALID_ARGUMENT);
    const int64_t *wrong;
    assert_int_equal(shmcol_int64(file, "d", &wrong, NULL, &validity, &err), SHMCOL_ERR_WRONG_TYPE);
    assert_string_equal(err.message, "column \"d\" is decimal128(38,2), not int64");
    shmcol_close(file);
    test_file_free(&f);
}

/* Bounds of several zones: the comparison has 128 bits and a sign. */
static void decimals_of_two_zones(void **state)
{
    (void)state;
    enum { N = 2 * FMT_ZONE_ROWS };
    static const shmcol_decimal first[] = {{3, -1}, {9, 1}}, second[] = {{2, -1}, {1, 2}};
    shmcol_decimal *values = support_need(calloc(N, sizeof *values));
    memcpy(values + 10, first, sizeof first);
    memcpy(values + FMT_ZONE_ROWS + 10, second, sizeof second);
    const test_column c = {
        .name = "d", .type = FMT_DECIMAL128, .precision = 38, .buffers = {NULL, values}};
    test_file f;
    test_file_build(&f, N, &c, 1, NULL, 0, NULL, 0);
    shmcol_file *file = open_built(&f);
    shmcol_stats s = SHMCOL_STATS_INIT;
    for (uint64_t zone = 0; zone < 2; zone++) {
        const shmcol_decimal *expected = zone == 0 ? first : second;
        assert_int_equal(shmcol_zone_stats(file, 0, zone, &s, NULL), SHMCOL_OK);
        assert_memory_equal(&s.min_decimal, &expected[0], sizeof expected[0]);
        assert_memory_equal(&s.max_decimal, &expected[1], sizeof expected[1]);
    }
    assert_int_equal(shmcol_column_stats(file, 0, &s, NULL), SHMCOL_OK);
    assert_memory_equal(&s.min_decimal, &second[0], sizeof second[0]);
    assert_memory_equal(&s.max_decimal, &second[1], sizeof second[1]);
    shmcol_close(file);
    test_file_free(&f);
    free(values);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lists_of_numbers),
        cmocka_unit_test(lists_of_strings),
        cmocka_unit_test(empty_lists),
        cmocka_unit_test(hostile_offsets),
        cmocka_unit_test(wrong_types),
        cmocka_unit_test(elements_of_every_type),
        cmocka_unit_test(lists_have_no_bounds),
        cmocka_unit_test(pages_of_all_slots),
        cmocka_unit_test(a_fault_names_the_column),
        cmocka_unit_test(compressed_lists),
        cmocka_unit_test(halves_and_decimals),
        cmocka_unit_test(decimals_of_two_zones),
    };
    return cmocka_run_group_tests(tests, support_begin, support_end);
}
