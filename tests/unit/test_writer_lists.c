/* Lists that are given to the writer: the file holds the elements of the valid rows, checked, and
 * is the same bytes in every way of giving them (F-6, F-36, F-38). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "writer_support.h"

static const shmcol_type elements[] = {
    SHMCOL_BOOL8,   SHMCOL_INT8,   SHMCOL_INT16,  SHMCOL_INT32,     SHMCOL_INT64,
    SHMCOL_UINT8,   SHMCOL_UINT16, SHMCOL_UINT32, SHMCOL_UINT64,    SHMCOL_FLOAT32,
    SHMCOL_FLOAT64, SHMCOL_DATE32, SHMCOL_DATE64, SHMCOL_TIMESTAMP, SHMCOL_DURATION,
    SHMCOL_TIME32,  SHMCOL_TIME64, SHMCOL_STRING, SHMCOL_FLOAT16,   SHMCOL_DECIMAL128};
enum { ELEMENTS = sizeof elements / sizeof *elements };

static test_table lists(uint64_t rows, uint32_t longest)
{
    test_table table = {.rows = rows};
    for (size_t i = 0; i < ELEMENTS; i++) {
        support_add_lists(&table, elements[i], longest, false);
        support_add_lists(&table, elements[i], longest, true);
    }
    return table;
}

static void test_elements(void **state)
{
    (void)state;
    static const uint64_t rows[] = {0, 1, 8, 4097, 65537};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        test_table table = lists(rows[i], 3);
        test_way way = TEST_WAY_INIT;
        support_write(&table, support_path("t"), &way);
        support_check(&table, support_path("t"));
        support_free(&table);
    }
}

/* Batches that end before, at and after a zone; offsets of 32 and 64 bits, with gaps, backwards;
 * one thread and several, which share no column. */
static void test_ways(void **state)
{
    (void)state;
    static const uint64_t batches[] = {0, 1000, 4099, 65536, 70000};
    test_table table = lists(70001, 4);
    test_way ways[20];
    for (size_t n = 0; n < sizeof ways / sizeof *ways; n++) {
        ways[n] = (test_way)TEST_WAY_INIT;
        ways[n].batch = batches[n % 5];
        ways[n].validity = (shmcol_validity_kind)(SHMCOL_VALIDITY_BITMAP + n % 3);
        ways[n].stride = (int)(n % 3) - 1;
        ways[n].layout = (shmcol_string_layout)(n % 4);
        ways[n].options.threads = n % 2 == 0 ? 1 : 4;
        ways[n].options.memory = n % 4 == 0 ? 4u << 20 : 0;
        ways[n].options.expected_rows = n % 7 == 0 ? 70001 : n % 7 == 1 ? 100000 : 0;
    }
    support_compare_ways(&table, ways, sizeof ways / sizeof *ways);
    support_free(&table);
}

/* Rows of more elements than a buffer or a segment has room for. */
static void test_long_rows(void **state)
{
    (void)state;
    test_table table = {.rows = 7};
    support_add_lists(&table, SHMCOL_INT64, 300000, true);
    support_add_lists(&table, SHMCOL_STRING, 50000, false);
    support_add_lists(&table, SHMCOL_DECIMAL128, 70000, true);
    for (uint32_t i = 0; i < table.n_columns; i += 2)
        table.columns[i].valid[3] = 0;
    test_way ways[8];
    for (size_t n = 0; n < sizeof ways / sizeof *ways; n++) {
        ways[n] = (test_way)TEST_WAY_INIT;
        ways[n].batch = n % 3;
        ways[n].layout = n % 2 ? SHMCOL_STRINGS_OFFSETS32 : SHMCOL_STRINGS_OFFSETS64;
        ways[n].options.threads = 1 + n % 4;
        ways[n].options.memory = n < 4 ? 4u << 20 : 0;
        ways[n].options.expected_rows = n % 4 == 3 ? 20 : 0;
    }
    support_compare_ways(&table, ways, sizeof ways / sizeof *ways);
    support_free(&table);
}

/* A column that is nearly the whole file, of more or fewer elements than the first batch lets
 * expect: they have all the room, and what follows them is collected. */
static void test_large_column(void **state)
{
    (void)state;
    for (int fewer = 0; fewer < 2; fewer++) {
        test_table table = {.rows = 20000};
        support_add_lists(&table, SHMCOL_INT64, 150, true);
        for (uint64_t i = 0; i < table.rows; i++)
            table.columns[0].valid[i] = i < 5000 ? fewer || i % 9 == 0 : !fewer;
        test_way ways[8];
        for (size_t n = 0; n < sizeof ways / sizeof *ways; n++) {
            ways[n] = (test_way)TEST_WAY_INIT;
            ways[n].batch = n % 2 ? 3000 : 7001;
            ways[n].options.expected_rows = n % 4 < 2 ? 0 : n < 4 ? 20000 : 30000;
        }
        support_compare_ways(&table, ways, sizeof ways / sizeof *ways);
        support_free(&table);
    }
}

/* ---- what is refused ---- */

static shmcol_field list_of(shmcol_type element)
{
    shmcol_field f = SHMCOL_FIELD_INIT;
    f.name = "list";
    f.name_length = 4;
    f.type = SHMCOL_LIST;
    f.element = element;
    f.nullable = 1;
    f.unit = element == SHMCOL_TIME64 ? SHMCOL_MICRO : SHMCOL_SECOND;
    f.precision = element == SHMCOL_DECIMAL128 ? 5 : 0;
    f.scale = element == SHMCOL_DECIMAL128 ? 2 : 0;
    return f;
}

/* Appends `rows` lists and returns what came of it. */
static shmcol_status append(const shmcol_field *f, const shmcol_column_data *data, uint64_t rows,
                            shmcol_error *err)
{
    shmcol_writer *w;
    shmcol_writer_options options = SHMCOL_WRITER_OPTIONS_INIT;
    options.overwrite = 1;
    options.no_sync = 1;
    assert_int_equal(shmcol_writer_create(support_path("t"), f, 1, &options, &w, NULL), SHMCOL_OK);
    shmcol_status status = shmcol_writer_append(w, rows, data, 1, err);
    if (status == SHMCOL_OK)
        return shmcol_writer_commit(w, err);
    shmcol_writer_abort(w);
    return status;
}

/* Element 10,001 of 3 a row is not allowed: row 3,333 is refused, or its elements are dropped with
 * it if it is null. */
static void bad_element(shmcol_type element, size_t width, const void *good, const void *bad)
{
    enum { ROWS = 5000, PLACE = 10001 };
    const shmcol_field f = list_of(element);
    int64_t *offsets = calloc(ROWS + 1, sizeof *offsets);
    uint8_t *values = malloc(ROWS * 3 * width), *valid = malloc(ROWS);
    memset(valid, 1, ROWS);
    for (size_t i = 0; i < ROWS; i++)
        offsets[i + 1] = offsets[i] + 3;
    for (size_t i = 0; i < (size_t)ROWS * 3; i++)
        memcpy(values + i * width, i == PLACE ? bad : good, width);
    shmcol_column_data data = SHMCOL_COLUMN_DATA_INIT;
    data.values = offsets;
    data.data = values;
    data.validity = valid;
    for (int round = 0; round < 2; round++) {
        shmcol_error err = SHMCOL_ERROR_INIT;
        shmcol_status status = append(&f, &data, ROWS, &err);
        if (round == 0 && (status != SHMCOL_ERR_BAD_VALUE || err.column != 0 ||
                           err.row != PLACE / 3 || strcmp(err.rule, "F-38") != 0))
            fail_msg("%s: %s %s column %d row %d: %s", shmcol_type_name(element),
                     shmcol_status_name(status), err.rule, (int)err.column, (int)err.row,
                     err.message);
        assert_true(round == 0 || status == SHMCOL_OK);
        data.validity_kind = SHMCOL_VALIDITY_BYTES;
        valid[PLACE / 3] = 0;
    }
    shmcol_file *file;
    assert_int_equal(shmcol_open(support_path("t"), NULL, &file, NULL), SHMCOL_OK);
    assert_int_equal(shmcol_verify(file, NULL, NULL), SHMCOL_OK);
    shmcol_close(file);
    free(offsets);
    free(values);
    free(valid);
}

static void test_values(void **state)
{
    (void)state;
    const int64_t zero = 0, nat = INT64_MIN, hour = 3600000, day = INT64_C(86400000000);
    const int32_t noon = 43200, day_s = 86400, minus = -1;
    const shmcol_decimal most = {99999, 0}, least = {(uint64_t)-99999, -1}, above = {100000, 0},
                         below = {(uint64_t)-100000, -1}, high = {0, 1}, lowest = {0, INT64_MIN};
    bad_element(SHMCOL_BOOL8, 1, "\1", "\2");
    bad_element(SHMCOL_DATE64, 8, &zero, &hour);
    bad_element(SHMCOL_DATE64, 8, &zero, &nat);
    bad_element(SHMCOL_TIMESTAMP, 8, &hour, &nat);
    bad_element(SHMCOL_DURATION, 8, &zero, &nat);
    bad_element(SHMCOL_TIME32, 4, &noon, &day_s);
    bad_element(SHMCOL_TIME32, 4, &noon, &minus);
    bad_element(SHMCOL_TIME64, 8, &hour, &day);
    bad_element(SHMCOL_DECIMAL128, 16, &most, &above);
    bad_element(SHMCOL_DECIMAL128, 16, &least, &below);
    bad_element(SHMCOL_DECIMAL128, 16, &least, &high);
    bad_element(SHMCOL_DECIMAL128, 16, &least, &lowest);
}

typedef struct bad_offsets {
    int64_t offsets[4]; /* of three rows */
    int64_t row;        /* -1: they are fine */
} bad_offsets;

static void test_offsets(void **state)
{
    (void)state;
    static const bad_offsets cases[] = {
        {{0, 2, 2, 4}, -1},
        {{0, 2, 1, 4}, 1},                        /* descend */
        {{-1, 2, 3, 4}, 0},                       /* begin before the elements */
        {{0, 2, 5, 4}, 1},                        /* beyond the last */
        {{0, 2, INT64_MAX, 4}, 1},                /* times 4 it does not fit 64 bits */
        {{0, 2, INT64_C(1) << 62, INT64_MAX}, 2}, /* nor does the last */
        {{0, 2, 3, -1}, 0},
    };
    static const int32_t values[4] = {1, 2, 3, 4};
    const shmcol_field f = list_of(SHMCOL_INT32);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        shmcol_error err = SHMCOL_ERROR_INIT;
        shmcol_column_data data = SHMCOL_COLUMN_DATA_INIT;
        data.values = cases[i].offsets;
        data.data = values;
        shmcol_status status = append(&f, &data, 3, &err);
        if (status != (cases[i].row < 0 ? SHMCOL_OK : SHMCOL_ERR_BAD_VALUE) ||
            (cases[i].row >= 0 && (err.row != cases[i].row || strcmp(err.rule, "F-36") != 0)))
            fail_msg("case %zu: %s row %d: %s", i, shmcol_status_name(status), (int)err.row,
                     err.message);
    }
    shmcol_error err = SHMCOL_ERROR_INIT;
    shmcol_column_data data = SHMCOL_COLUMN_DATA_INIT;
    data.values = cases[0].offsets; /* elements, but none are there */
    assert_int_equal(append(&f, &data, 3, &err), SHMCOL_ERR_BAD_VALUE);
    assert_int_equal(err.row, 0);
    /* An offset that does not fit 64 bits times the width, in rows that seem to be empty. */
    data.values = (const int64_t[4]){INT64_C(1) << 62, INT64_C(1) << 62, INT64_C(1) << 62, 4};
    assert_int_equal(append(&f, &data, 3, &err), SHMCOL_ERR_BAD_VALUE);
    assert_int_equal(err.row, 0);
    data.values = (const int64_t[4]){0}; /* no elements, and none are there */
    assert_int_equal(append(&f, &data, 3, &err), SHMCOL_OK);
    const shmcol_field strings = list_of(SHMCOL_STRING);
    assert_int_equal(append(&strings, &data, 3, &err), SHMCOL_OK);
}

/* The offsets of the strings of lists, {"a", "é"}, {}, {"z"}: the error names the row of the
 * list. */
static void test_element_offsets(void **state)
{
    (void)state;
    static const struct {
        int64_t texts[4];
        int64_t row;
        const char *rule;
    } cases[] = {
        {{0, 1, 3, 4}, -1, ""},    {{0, 1, 2, 4}, 0, "F-37"}, /* within a character */
        {{0, 1, 0, 4}, 0, "F-36"}, {{0, 3, 3, 2}, 0, "F-36"}, /* beyond the last */
        {{1, 1, 3, 3}, -1, ""},    {{-1, 1, 3, 4}, 0, "F-36"},
        {{0, 1, 3, 5}, 2, "F-37"}, {{0, 0, 0, INT64_MIN}, 0, "F-36"},
    };
    static const int64_t offsets[] = {0, 2, 2, 3};
    const shmcol_field f = list_of(SHMCOL_STRING);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        shmcol_error err = SHMCOL_ERROR_INIT;
        shmcol_column_data data = SHMCOL_COLUMN_DATA_INIT;
        data.values = offsets;
        data.data = cases[i].texts;
        data.element_data = "a\xC3\xA9z\xFF";
        shmcol_status status = append(&f, &data, 3, &err);
        if (status != (cases[i].row < 0 ? SHMCOL_OK : SHMCOL_ERR_BAD_VALUE) ||
            (cases[i].row >= 0 &&
             (err.row != cases[i].row || strcmp(err.rule, cases[i].rule) != 0)))
            fail_msg("case %zu: %s %s row %d: %s", i, shmcol_status_name(status), err.rule,
                     (int)err.row, err.message);
    }
}

static void test_entries(void **state)
{
    (void)state;
    static const int64_t zeros[4] = {0};
    const shmcol_field numbers = list_of(SHMCOL_INT32), strings = list_of(SHMCOL_STRING);
    shmcol_column_data good = SHMCOL_COLUMN_DATA_INIT, bad;
    good.values = zeros;
    good.data = zeros;
    for (int i = 0; i < 8; i++) {
        bad = good;
        bad.width = 8;
        switch (i) {
        case 0: bad.layout = SHMCOL_STRINGS_POINTERS; break;
        case 1: bad.layout = SHMCOL_STRINGS_FIXED; break;
        case 2: bad.layout = SHMCOL_STRINGS_CODES; break;
        case 3: bad.layout = (shmcol_string_layout)9; break;
        case 4: bad.element_layout = SHMCOL_STRINGS_POINTERS; break;
        case 5: bad.element_layout = (shmcol_string_layout)9; break;
        case 6: bad.values = NULL; break;
        default: bad.validity_kind = SHMCOL_VALIDITY_SENTINEL; bad.sentinel = zeros;
        }
        shmcol_error err = SHMCOL_ERROR_INIT;
        assert_int_equal(append(&strings, &bad, 3, &err), SHMCOL_ERR_INVALID_ARGUMENT);
        assert_true(err.message[0] != 0);
        assert_int_equal(append(&numbers, &bad, 3, &err),
                         i == 4 || i == 5 ? SHMCOL_OK : SHMCOL_ERR_INVALID_ARGUMENT);
    }
}

static void refuse_field(const shmcol_field *f)
{
    shmcol_writer *w = NULL;
    shmcol_error err = SHMCOL_ERROR_INIT;
    assert_int_equal(shmcol_writer_create(support_path("f"), f, 1, NULL, &w, &err),
                     SHMCOL_ERR_INVALID_ARGUMENT);
    assert_int_equal(err.column, 0);
    assert_true(err.message[0] != 0);
}

static void test_fields(void **state)
{
    (void)state;
    static const int refused[] = {
        0, SHMCOL_BINARY, SHMCOL_FIXED_BINARY, SHMCOL_DICTIONARY, SHMCOL_TENSOR, SHMCOL_LIST, 26,
        -1};
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        const shmcol_field f = list_of((shmcol_type)refused[i]);
        refuse_field(&f);
    }
    for (int list = 0; list < 2; list++) {
        static const uint32_t parameters[][2] = {{0, 0}, {39, 0}, {5, 6}, {257, 1}, {5, 256}};
        shmcol_field f = list_of(SHMCOL_DECIMAL128);
        f.type = list ? SHMCOL_LIST : SHMCOL_DECIMAL128;
        for (size_t i = 0; i < sizeof parameters / sizeof *parameters; i++) {
            f.precision = parameters[i][0];
            f.scale = parameters[i][1];
            refuse_field(&f);
        }
        f = list_of(SHMCOL_TIME32);
        f.type = list ? SHMCOL_LIST : SHMCOL_TIME32;
        f.unit = SHMCOL_NANO;
        refuse_field(&f);
        f = list_of(SHMCOL_INT64);
        f.type = list ? SHMCOL_LIST : SHMCOL_INT64;
        f.zone = "UTC";
        refuse_field(&f);
    }
    shmcol_writer *w;
    shmcol_column_info info = SHMCOL_COLUMN_INFO_INIT;
    shmcol_field f[] = {list_of(SHMCOL_TIMESTAMP), list_of(SHMCOL_DECIMAL128)};
    f[0].zone = "UTC";
    f[1].name_length = 2;
    assert_int_equal(shmcol_writer_create(support_path("f"), f, 2, NULL, &w, NULL), SHMCOL_OK);
    assert_int_equal(shmcol_writer_column(w, 0, &info, NULL), SHMCOL_OK);
    assert_true(info.type == SHMCOL_LIST && info.element == SHMCOL_TIMESTAMP && info.width == 0);
    assert_string_equal(info.zone, "UTC");
    assert_int_equal(shmcol_writer_column(w, 1, &info, NULL), SHMCOL_OK);
    assert_true(info.element == SHMCOL_DECIMAL128 && info.precision == 5 && info.scale == 2);
    shmcol_writer_abort(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_elements),        cmocka_unit_test(test_ways),
        cmocka_unit_test(test_long_rows),       cmocka_unit_test(test_large_column),
        cmocka_unit_test(test_values),          cmocka_unit_test(test_offsets),
        cmocka_unit_test(test_element_offsets), cmocka_unit_test(test_entries),
        cmocka_unit_test(test_fields),
    };
    return cmocka_run_group_tests(tests, support_begin, support_end);
}
