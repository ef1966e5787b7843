/* The writer: the file holds the values that were given to it, and is the same bytes in every way
 * of giving them (F-6). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "writer_support.h"

static void round_trip(uint64_t rows)
{
    test_table table = support_table(rows);
    test_way way = TEST_WAY_INIT;
    support_write(&table, support_path("t"), &way);
    support_check(&table, support_path("t"));
    support_free(&table);
}

static void test_round_trip(void **state)
{
    (void)state;
    static const uint64_t rows[] = {0,  1,    7,    8,    9,    63,    64,
                                    65, 1000, 4095, 4096, 4097, 65536, 65537};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        round_trip(rows[i]);
}

static void test_ways(void **state)
{
    (void)state;
    test_table table = support_table(70001);
    static const uint64_t batches[] = {0, 1000, 4096, 4099, 65536, 70000};
    test_way ways[12]; /* each validity with each stride, each layout with each of both in turn */
    size_t n = 0;
    for (int validity = SHMCOL_VALIDITY_BITMAP; validity <= SHMCOL_VALIDITY_SENTINEL; validity++)
        for (int stride = -1; stride <= 1; stride++) {
            ways[n] = (test_way)TEST_WAY_INIT;
            ways[n].batch = batches[n % (sizeof batches / sizeof *batches)];
            ways[n].validity = (shmcol_validity_kind)validity;
            ways[n].stride = stride;
            ways[n].layout = (shmcol_string_layout)((validity + stride + 4) % 4);
            ways[n].options.threads = 1 + (uint32_t)n % 3;
            ways[n].options.memory = n % 4 == 0 ? 4u << 20 : 0;
            n++;
        }
    support_compare_ways(&table, ways, n);
    support_free(&table);
}

/* Rows one by one, and a few at a time, across bytes of the bitmap. */
static void test_small_batches(void **state)
{
    (void)state;
    test_table table = support_table(333);
    test_way ways[40];
    size_t n = 0;
    for (uint64_t batch = 1; batch < 10; batch++)
        for (int validity = SHMCOL_VALIDITY_BITMAP; validity <= SHMCOL_VALIDITY_SENTINEL;
             validity++) {
            ways[n] = (test_way)TEST_WAY_INIT;
            ways[n].batch = batch;
            ways[n++].validity = (shmcol_validity_kind)validity;
        }
    support_compare_ways(&table, ways, n);
    support_free(&table);
}

/* The expected number of rows changes where rows go at first, and nothing else. */
static void test_expected_rows(void **state)
{
    (void)state;
    static const uint64_t expected[] = {0, 1, 69999, 70001, 70002, 200000},
                          batches[] = {1000, 7001, 30011};
    test_table table = support_table(70001);
    for (uint64_t i = 0; i < table.rows; i++) /* longer strings to come: there is less room than the
                                                 first batch lets expect, and more */
        for (uint32_t k = 0; k < table.n_columns; k++)
            if (table.columns[k].valid != NULL)
                table.columns[k].valid[i] = k % 2 ? i % 1000 == 999 : i < 40000;
    support_add_words(&table, SHMCOL_STRING, 1, 300, 5, 0);
    test_way ways[18];
    for (size_t n = 0; n < sizeof ways / sizeof *ways; n++) {
        ways[n] = (test_way)TEST_WAY_INIT;
        ways[n].batch = batches[n / 6];
        ways[n].options.expected_rows = expected[n % 6];
        ways[n].options.threads = 1 + (uint32_t)n % 2;
    }
    support_compare_ways(&table, ways, sizeof ways / sizeof *ways);
    shmcol_writer_options options = SHMCOL_WRITER_OPTIONS_INIT; /* no file has so many */
    options.expected_rows = UINT64_MAX;
    options.overwrite = 1;
    shmcol_field f = SHMCOL_FIELD_INIT;
    f.name = "n";
    f.name_length = 1;
    shmcol_column_data data = SHMCOL_COLUMN_DATA_INIT;
    data.values = &(int64_t){1};
    shmcol_writer *w;
    assert_int_equal(shmcol_writer_create(support_path("t"), &f, 1, &options, &w, NULL), SHMCOL_OK);
    assert_int_equal(shmcol_writer_append(w, 1, &data, 1, NULL), SHMCOL_ERR_LIMIT);
    shmcol_writer_abort(w);
    support_free(&table);
}

/* The first null late, or only one: the bitmap is made up for the rows before. */
static void test_late_nulls(void **state)
{
    (void)state;
    static const uint64_t where[] = {0, 1, 4096, 65535, 65536, 70000};
    test_table table = support_table(70001);
    for (size_t k = 0; k < sizeof where / sizeof *where; k += TEST_WAY_STEP > 5 ? 3 : 1) {
        for (uint32_t i = 0; i < table.n_columns; i++)
            for (uint64_t j = 0; table.columns[i].valid != NULL && j < table.rows; j++)
                table.columns[i].valid[j] = j != where[k];
        test_way way = TEST_WAY_INIT;
        way.batch = 30011;
        way.validity = k % 2 ? SHMCOL_VALIDITY_BITMAP : SHMCOL_VALIDITY_MASK;
        support_write(&table, support_path("t"), &way);
        support_check(&table, support_path("t"));
    }
    for (uint32_t i = 0; i < table.n_columns; i++) /* and none: no bitmap in the file */
        for (uint64_t j = 0; table.columns[i].valid != NULL && j < table.rows; j++)
            table.columns[i].valid[j] = 1;
    test_way way = TEST_WAY_INIT;
    support_write(&table, support_path("t"), &way);
    support_check(&table, support_path("t"));
    shmcol_file *file;
    assert_int_equal(shmcol_open(support_path("t"), NULL, &file, NULL), SHMCOL_OK);
    for (uint32_t i = 0; i < table.n_columns; i++) {
        shmcol_column_info info = SHMCOL_COLUMN_INFO_INIT;
        assert_int_equal(shmcol_get_column(file, i, &info, NULL), SHMCOL_OK);
        assert_int_equal(info.null_count, 0);
        assert_int_equal(info.validity.length, 0);
    }
    shmcol_close(file);
    support_free(&table);
}

static void test_no_columns(void **state)
{
    (void)state;
    static const uint64_t rows[] = {0, 5, 100000};
    for (size_t i = 0; i < 3; i++) {
        shmcol_writer *w;
        shmcol_file *file;
        shmcol_writer_options options = SHMCOL_WRITER_OPTIONS_INIT;
        options.overwrite = 1;
        assert_int_equal(shmcol_writer_create(support_path("t"), NULL, 0, &options, &w, NULL),
                         SHMCOL_OK);
        assert_int_equal(shmcol_writer_append(w, rows[i] / 2, NULL, 0, NULL), SHMCOL_OK);
        assert_int_equal(shmcol_writer_append(w, rows[i] - rows[i] / 2, NULL, 0, NULL), SHMCOL_OK);
        assert_int_equal(shmcol_writer_commit(w, NULL), SHMCOL_OK);
        assert_int_equal(shmcol_open(support_path("t"), NULL, &file, NULL), SHMCOL_OK);
        assert_int_equal(shmcol_verify(file, NULL, NULL), SHMCOL_OK);
        shmcol_file_info info = SHMCOL_FILE_INFO_INIT;
        assert_int_equal(shmcol_get_info(file, &info, NULL), SHMCOL_OK);
        assert_int_equal(info.rows, rows[i]);
        shmcol_close(file);
    }
}

static void test_wide(void **state)
{
    (void)state;
    enum { WIDE = 10000 };
    shmcol_field *fields = calloc(WIDE, sizeof *fields);
    shmcol_column_data *data = calloc(WIDE, sizeof *data);
    char(*names)[8] = calloc(WIDE, sizeof *names);
    double values[20];
    for (int i = 0; i < 20; i++)
        values[i] = i / 8.0;
    for (uint32_t i = 0; i < WIDE; i++) {
        fields[i] = (shmcol_field)SHMCOL_FIELD_INIT;
        fields[i].type = SHMCOL_FLOAT64;
        fields[i].name_length = (uint32_t)sprintf(names[i], "%u", i);
        fields[i].name = names[i];
        data[i] = (shmcol_column_data)SHMCOL_COLUMN_DATA_INIT;
        data[i].values = values + i % 10;
    }
    shmcol_writer *w;
    shmcol_writer_options options = SHMCOL_WRITER_OPTIONS_INIT;
    options.overwrite = 1;
    assert_int_equal(shmcol_writer_create(support_path("t"), fields, WIDE, &options, &w, NULL),
                     SHMCOL_OK);
    for (int i = 0; i < 12; i++)
        assert_int_equal(shmcol_writer_append(w, 10, data, WIDE, NULL), SHMCOL_OK);
    assert_int_equal(shmcol_writer_commit(w, NULL), SHMCOL_OK);
    shmcol_file *file;
    const double *got;
    uint64_t n;
    assert_int_equal(shmcol_open(support_path("t"), NULL, &file, NULL), SHMCOL_OK);
    assert_int_equal(shmcol_verify(file, NULL, NULL), SHMCOL_OK);
    assert_int_equal(shmcol_float64(file, "9999", &got, &n, NULL), SHMCOL_OK);
    assert_int_equal(n, 120);
    assert_true(got[119] == values[9 + 9]);
    shmcol_close(file);
    free(fields);
    free(data);
    free(names);
}

/* Rows larger than any buffer. */
static void test_long_rows(void **state)
{
    (void)state;
    enum { WIDTH = 700001, ROWS = 9 };
    uint8_t *rows = malloc((size_t)WIDTH * ROWS), valid[ROWS] = {1, 0, 1, 1, 1, 0, 1, 1, 1};
    for (size_t i = 0; i < (size_t)WIDTH * ROWS; i++)
        rows[i] = (uint8_t)support_random();
    shmcol_field field = SHMCOL_FIELD_INIT;
    field.type = SHMCOL_FIXED_BINARY;
    field.width = WIDTH;
    field.nullable = 1;
    support_bytes files[2];
    for (int round = 0; round < 2; round++) {
        shmcol_writer *w;
        shmcol_writer_options options = SHMCOL_WRITER_OPTIONS_INIT;
        options.overwrite = 1;
        shmcol_column_data data = SHMCOL_COLUMN_DATA_INIT;
        assert_int_equal(shmcol_writer_create(support_path("t"), &field, 1, &options, &w, NULL),
                         SHMCOL_OK);
        for (uint64_t first = 0; first < ROWS; first += round ? 1 : ROWS) {
            data.values = rows + first * WIDTH;
            data.validity_kind = SHMCOL_VALIDITY_BYTES;
            data.validity = valid + first;
            assert_int_equal(shmcol_writer_append(w, round ? 1 : ROWS, &data, 1, NULL), SHMCOL_OK);
        }
        assert_int_equal(shmcol_writer_commit(w, NULL), SHMCOL_OK);
        files[round] = support_read(support_path("t"));
    }
    assert_true(support_same(files[0], files[1]));
    shmcol_file *file;
    const uint8_t *values, *validity;
    assert_int_equal(shmcol_open(support_path("t"), NULL, &file, NULL), SHMCOL_OK);
    assert_int_equal(shmcol_verify(file, NULL, NULL), SHMCOL_OK);
    assert_int_equal(shmcol_fixed_binary(file, "", &values, NULL, NULL, &validity, NULL),
                     SHMCOL_OK);
    for (uint64_t i = 0; i < ROWS; i++)
        assert_true(valid[i] ? memcmp(values + i * WIDTH, rows + i * WIDTH, WIDTH) == 0
                             : values[i * WIDTH + WIDTH - 1] == 0);
    shmcol_close(file);
    free(files[0].data);
    free(files[1].data);
    free(rows);
}

/* Floats: with no sentinel given every NaN is a null; otherwise NaN is a value and keeps its bits.
 */
static void test_nan(void **state)
{
    (void)state;
    static const uint64_t bits[] = {UINT64_C(0xFFF8000000000001), UINT64_C(0x3FF0000000000000),
                                    UINT64_C(0x7FF0000000000001), UINT64_C(0x7FF0000000000000)};
    shmcol_field fields[] = {SHMCOL_FIELD_INIT, SHMCOL_FIELD_INIT};
    shmcol_column_data data[] = {SHMCOL_COLUMN_DATA_INIT, SHMCOL_COLUMN_DATA_INIT};
    for (int i = 0; i < 2; i++) {
        fields[i].type = SHMCOL_FLOAT64;
        fields[i].name = i ? "b" : "a";
        fields[i].name_length = 1;
        fields[i].nullable = 1;
        data[i].values = bits;
    }
    data[0].validity_kind = SHMCOL_VALIDITY_SENTINEL;
    shmcol_writer *w;
    shmcol_writer_options options = SHMCOL_WRITER_OPTIONS_INIT;
    options.overwrite = 1;
    assert_int_equal(shmcol_writer_create(support_path("t"), fields, 2, &options, &w, NULL),
                     SHMCOL_OK);
    assert_int_equal(shmcol_writer_append(w, 4, data, 2, NULL), SHMCOL_OK);
    assert_int_equal(shmcol_writer_commit(w, NULL), SHMCOL_OK);
    shmcol_file *file;
    const double *a, *b;
    assert_int_equal(shmcol_open(support_path("t"), NULL, &file, NULL), SHMCOL_OK);
    assert_int_equal(shmcol_verify(file, NULL, NULL), SHMCOL_OK);
    assert_int_equal(shmcol_float64(file, "a", &a, NULL, NULL), SHMCOL_OK);
    assert_int_equal(shmcol_float64(file, "b", &b, NULL, NULL), SHMCOL_OK);
    assert_memory_equal(b, bits, sizeof bits);
    assert_true(memcmp(a, &(uint64_t){UINT64_C(0x7FF8000000000000)}, 8) == 0 &&
                memcmp(a + 2, a, 8) == 0 && a[1] == 1.0);
    shmcol_stats stats = SHMCOL_STATS_INIT;
    assert_int_equal(shmcol_column_stats(file, 0, &stats, NULL), SHMCOL_OK);
    assert_int_equal(stats.null_count, 2);
    assert_int_equal(shmcol_column_stats(file, 1, &stats, NULL), SHMCOL_OK);
    assert_int_equal(stats.nan_count, 2);
    shmcol_close(file);
}

/* Into a memfd: the same bytes; commit publishes nothing, abort leaves the descriptor empty. */
static void test_descriptor(void **state)
{
    (void)state;
    test_table table =
        support_table(100000); /* some MB: huge pages are made, where the kernel has them */
    test_way way = TEST_WAY_INIT;
    support_write(&table, support_path("t"), &way);
    int fd = memfd_create("test", MFD_CLOEXEC);
    char path[40];
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    shmcol_column_data *data = calloc(table.n_columns, sizeof *data);
    for (uint32_t i = 0; i < table.n_columns; i++) {
        data[i] = (shmcol_column_data)SHMCOL_COLUMN_DATA_INIT;
        const test_column *c = &table.columns[i];
        data[i].values = c->width > 0 ? (const void *)c->values : c->offsets;
        bool list = c->field.type == SHMCOL_LIST;
        data[i].data = !list              ? (const void *)c->data
                       : c->texts != NULL ? (const void *)c->texts
                                          : c->values;
        data[i].element_data = c->data;
        data[i].validity_kind = c->valid != NULL ? SHMCOL_VALIDITY_BYTES : SHMCOL_ALL_VALID;
        data[i].validity = c->valid;
    }
    for (int round = 0; round < 2; round++) {
        shmcol_writer *w;
        assert_int_equal(shmcol_writer_create_fd(fd, table.fields, table.n_columns, NULL, &w, NULL),
                         SHMCOL_OK);
        assert_int_equal(shmcol_writer_append(w, table.rows, data, table.n_columns, NULL),
                         SHMCOL_OK);
        if (round == 0)
            shmcol_writer_abort(w);
        else
            assert_int_equal(shmcol_writer_commit(w, NULL), SHMCOL_OK);
        support_bytes got = support_read(path), expected = support_read(support_path("t"));
        if (round == 0)
            assert_int_equal(got.length, 0);
        else
            assert_true(support_same(expected, got));
        free(got.data);
        free(expected.data);
    }
    close(fd);
    free(data);
    support_free(&table);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trip),    cmocka_unit_test(test_ways),
        cmocka_unit_test(test_small_batches), cmocka_unit_test(test_expected_rows),
        cmocka_unit_test(test_late_nulls),    cmocka_unit_test(test_no_columns),
        cmocka_unit_test(test_wide),          cmocka_unit_test(test_long_rows),
        cmocka_unit_test(test_nan),           cmocka_unit_test(test_descriptor),
    };
    return cmocka_run_group_tests(tests, support_begin, support_end);
}
