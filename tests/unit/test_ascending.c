/* The flag ascending (F-23) of the writer and of tables that are filled in place: found across
 * segments, zones, batches, ranges and threads; kept by the compressed form. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "populate_support.h"

/* A sanitizer looks for something else than wrong answers: some of the places show it. */
#ifdef SHMCOL_FEWER_VALUES
enum { STEP = 3 };
#else
enum { STEP = 1 };
#endif
enum { ZONE = 65536, ROWS = 9 * ZONE + 5, COLUMNS = 4 };

/* Checks the file's values, and the flags of its columns. */
static void expect(const char *path, const int *ascending, uint32_t n)
{
    shmcol_file *file;
    shmcol_error err = SHMCOL_ERROR_INIT;
    assert_int_equal(shmcol_open(path, NULL, &file, &err), SHMCOL_OK);
    if (shmcol_verify(file, NULL, &err) != SHMCOL_OK)
        fail_msg("%s: %s", shmcol_status_name(err.status), err.message);
    for (uint32_t i = 0; i < n; i++) {
        shmcol_column_info info = SHMCOL_COLUMN_INFO_INIT;
        assert_int_equal(shmcol_get_column(file, i, &info, NULL), SHMCOL_OK);
        if (info.ascending != ascending[i])
            fail_msg("column %u: %d", i, info.ascending);
    }
    shmcol_close(file);
}

/* ---- the writer ---- */

/* Writes columns of `rows` rows in batches. */
static void write_columns(const shmcol_field *fields, const shmcol_column_data *columns, uint32_t n,
                          uint64_t rows, uint64_t batch, uint32_t threads,
                          const shmcol_strings *given)
{
    shmcol_writer_options options = SHMCOL_WRITER_OPTIONS_INIT;
    shmcol_error err = SHMCOL_ERROR_INIT;
    shmcol_writer *w;
    options.threads = threads;
    options.no_sync = options.overwrite = 1;
    assert_int_equal(shmcol_writer_create(support_path("t"), fields, n, &options, &w, &err),
                     SHMCOL_OK);
    if (given != NULL)
        assert_int_equal(shmcol_writer_dictionary(w, 0, given, 0, &err), SHMCOL_OK);
    for (uint64_t first = 0; first < rows; first += batch) {
        uint64_t count = rows - first < batch ? rows - first : batch;
        shmcol_column_data part[COLUMNS];
        for (uint32_t i = 0; i < n; i++) {
            bool fixed = columns[i].width == 0;
            part[i] = columns[i];
            part[i].width = fixed ? 0 : columns[i].width;
            part[i].values = (const uint8_t *)columns[i].values +
                             first * (uint64_t)(fixed ? columns[i].stride : columns[i].width);
        }
        if (shmcol_writer_append(w, count, part, n, &err) != SHMCOL_OK)
            fail_msg("%s", err.message);
    }
    assert_int_equal(shmcol_writer_commit(w, &err), SHMCOL_OK);
}

/* Numbers: in order; with one that is less, at every boundary of segments, zones, batches. */
static void numbers(void **state)
{
    (void)state;
    static const uint64_t at[] = {1, 4095, 4096, 4097, ZONE - 1, ZONE, ZONE + 1, 100000, 130000};
    enum { N = 130001 };
    int64_t *values = support_need(malloc(N * sizeof *values));
    float *floats = support_need(malloc(N * sizeof *floats));
    shmcol_field fields[2] = {populate_field(SHMCOL_INT64, "a", 0),
                              populate_field(SHMCOL_FLOAT32, "b", 1)};
    shmcol_column_data data[2] = {SHMCOL_COLUMN_DATA_INIT, SHMCOL_COLUMN_DATA_INIT};
    data[0].values = values;
    data[0].stride = sizeof *values;
    data[1].values = floats;
    data[1].stride = sizeof *floats;
    for (uint64_t i = 0; i < N; i++) {
        values[i] = (int64_t)i / 2 - 1000;
        floats[i] = i < 7 ? (i % 2 ? -0.0f : 0.0f) : (float)i;
    }
    for (size_t k = 0; k < sizeof at / sizeof *at; k += STEP) {
        int64_t kept = values[at[k]];
        write_columns(fields, data, 2, N, k % 2 ? N : 10000, 1 + k % 3, NULL);
        expect(support_path("t"), (const int[]){1, 1}, 2);
        values[at[k]] = -1001;
        write_columns(fields, data, 2, N, k % 2 ? N : 10000, 1 + k % 3, NULL);
        expect(support_path("t"), (const int[]){0, 1}, 2);
        values[at[k]] = kept;
    }
    floats[N - 1] = (float)strtod("nan", NULL);
    data[1].validity_kind = SHMCOL_VALIDITY_SENTINEL; /* NaN: a null */
    write_columns(fields, data, 2, N, N, 2, NULL);
    expect(support_path("t"), (const int[]){1, 0}, 2);
    data[1].validity_kind = SHMCOL_ALL_VALID;
    write_columns(fields, data, 2, N, N, 2, NULL);
    expect(support_path("t"), (const int[]){1, 0}, 2);
    write_columns(fields, data, 2, 0, N, 2, NULL); /* no rows */
    expect(support_path("t"), (const int[]){1, 1}, 2);
    free(values);
    free(floats);
    unlink(support_path("t"));
}

/* Strings, and dictionaries that the writer makes or decides upon. */
static void strings(void **state)
{
    (void)state;
    static const uint32_t distinct[] = {3, 70000, 140000};
    static const uint64_t at[] = {1, 4096, ZONE - 1, ZONE, ZONE + 1, 139999};
    enum { N = 140000, LENGTH = 32 };
    char *texts = support_need(calloc(N, LENGTH));
    shmcol_field fields[3] = {populate_field(SHMCOL_STRING, "s", 0),
                              populate_field(SHMCOL_DICTIONARY, "d", 0),
                              populate_field(SHMCOL_STRING, "auto", 0)};
    fields[2].auto_dictionary = 1;
    shmcol_column_data data[3];
    for (int i = 0; i < 3; i++) {
        data[i] = (shmcol_column_data)SHMCOL_COLUMN_DATA_INIT;
        data[i].layout = SHMCOL_STRINGS_FIXED;
        data[i].values = texts;
        data[i].width = LENGTH;
    }
    for (size_t k = 0; k < sizeof distinct / sizeof *distinct; k += STEP) {
        for (uint64_t i = 0; i < N; i++)
            snprintf(texts + i * LENGTH, LENGTH, "a long prefix %08u",
                     (unsigned)(i * distinct[k] / N + 1));
        write_columns(fields, data, 3, N, 7001, 1 + k % 2, NULL);
        expect(support_path("t"), (const int[]){1, 1, 1}, 3);
        for (size_t j = 0; j < sizeof at / sizeof *at; j += STEP) {
            char *text = texts + at[j] * LENGTH, kept[LENGTH];
            memcpy(kept, text, LENGTH);
            snprintf(text, LENGTH, "a long prefix %08u", 0);
            write_columns(fields, data, 3, N, j % 2 ? N : 7001, 1 + k % 2, NULL);
            expect(support_path("t"), (const int[]){0, 0, 0}, 3);
            memcpy(text, kept, LENGTH);
        }
    }
    free(texts);
    unlink(support_path("t"));
}

/* A dictionary that was given: its strings decide, not its codes. */
static void given(void **state)
{
    (void)state;
    enum { N = 70000 };
    static const int64_t offsets[] = {0, 1, 2, 3, 4};
    static const int32_t orders[][4] = {{3, 1, 0, 2}, {3, 0, 1, 2}, {0, 1, 2, 3}, {3, 1, 2, 0}};
    shmcol_strings dictionary = SHMCOL_STRINGS_INIT;
    dictionary.count = 4;
    dictionary.offsets = offsets;
    dictionary.data = "cbda"; /* in order: 3, 1, 0, 2 */
    dictionary.data_length = 4;
    shmcol_field field = populate_field(SHMCOL_DICTIONARY, "d", 1);
    int32_t *codes = support_need(malloc(N * sizeof *codes));
    shmcol_column_data data = SHMCOL_COLUMN_DATA_INIT;
    data.layout = SHMCOL_STRINGS_CODES;
    data.values = codes;
    data.width = sizeof *codes;
    for (size_t k = 0; k < 4; k++) {
        for (uint64_t i = 0; i < N; i++)
            codes[i] = orders[k][i * 4 / N];
        write_columns(&field, &data, 1, N, k % 2 ? N : 999, 1, &dictionary);
        expect(support_path("t"), (const int[]){k == 0}, 1);
    }
    for (uint64_t i = 0; i < N; i++) /* between two segments, and two zones */
        codes[i] = i < ZONE ? 0 : 1;
    write_columns(&field, &data, 1, N, N, 1, &dictionary);
    expect(support_path("t"), (const int[]){0}, 1);
    free(codes);
    unlink(support_path("t"));
}

/* ---- tables that are filled in place ---- */

static void fill(const int64_t *values, uint64_t null)
{
    shmcol_field fields[3] = {populate_field(SHMCOL_INT64, "a", 0),
                              populate_field(SHMCOL_INT64, "b", 1),
                              populate_field(SHMCOL_UINT8, "c", 0)};
    shmcol_populate *p = populate_begin_fields(fields, 3, ROWS);
    shmcol_range *range;
    void *to;
    uint8_t *validity;
    assert_int_equal(shmcol_populate_claim(p, 0, ROWS, &range, NULL), SHMCOL_OK);
    for (uint32_t i = 0; i < 2; i++) {
        assert_int_equal(shmcol_range_values(range, i, &to, &validity, NULL), SHMCOL_OK);
        memcpy(to, values, ROWS * sizeof *values);
        if (validity != NULL) {
            memset(validity, 0xFF, ROWS / 8 + 1);
            if (null < ROWS)
                validity[null / 8] &= (uint8_t)~(1u << (null % 8));
        }
    }
    assert_int_equal(shmcol_range_values(range, 2, &to, &validity, NULL), SHMCOL_OK);
    for (uint64_t i = 0; i < ROWS; i++)
        ((uint8_t *)to)[i] = (uint8_t)(i / (8 * ZONE));
    assert_int_equal(shmcol_range_fill(range, NULL), SHMCOL_OK);
    assert_int_equal(shmcol_populate_commit(p, 0, NULL), SHMCOL_OK);
}

/* Several zones, and two ranges of eight zones. */
static void populated(void **state)
{
    (void)state;
    static const uint64_t at[] = {1,        4096,         ZONE,         3 * ZONE + 1,
                                  8 * ZONE, 8 * ZONE + 1, 9 * ZONE - 1, ROWS - 1};
    int64_t *values = support_need(malloc(ROWS * sizeof *values));
    for (int64_t i = 0; i < ROWS; i++)
        values[i] = i / 5;
    fill(values, ROWS);
    expect(support_path("u"), (const int[]){1, 1, 1}, 3);
    unlink(support_path("u"));
    for (size_t k = 0; k < sizeof at / sizeof *at; k += STEP) {
        int64_t kept = values[at[k]];
        fill(values, at[k]);
        expect(support_path("u"), (const int[]){1, 0, 1}, 3);
        unlink(support_path("u"));
        values[at[k]] = -1;
        fill(values, ROWS);
        expect(support_path("u"), (const int[]){0, 0, 1}, 3);
        unlink(support_path("u"));
        values[at[k]] = kept;
    }
    free(values);
}

/* ---- the compressed form ---- */

static void compressed(void **state)
{
    (void)state;
    enum { N = 70000 };
    int32_t *values = support_need(malloc(N * sizeof *values));
    shmcol_field fields[2] = {populate_field(SHMCOL_INT32, "a", 0),
                              populate_field(SHMCOL_INT32, "b", 0)};
    shmcol_column_data data[2] = {SHMCOL_COLUMN_DATA_INIT, SHMCOL_COLUMN_DATA_INIT};
    for (int32_t i = 0; i < N; i++)
        values[i] = i;
    data[0].values = values;
    data[1].values = values + N - 1;
    data[0].stride = sizeof *values;
    shmcol_writer *w;
    data[1].stride = -(int64_t)sizeof *values;
    assert_int_equal(shmcol_writer_create(support_path("t"), fields, 2, NULL, &w, NULL), SHMCOL_OK);
    assert_int_equal(shmcol_writer_append(w, N, data, 2, NULL), SHMCOL_OK);
    assert_int_equal(shmcol_writer_commit(w, NULL), SHMCOL_OK);
    expect(support_path("t"), (const int[]){1, 0}, 2);
    assert_int_equal(shmcol_compress(support_path("t"), support_path("z"), NULL, NULL), SHMCOL_OK);
    assert_int_equal(shmcol_decompress(support_path("z"), support_path("u"), NULL, NULL),
                     SHMCOL_OK);
    support_same_files(support_path("t"), support_path("u"));
    shmcol_open_options stored = SHMCOL_OPEN_OPTIONS_INIT;
    shmcol_column_info info = SHMCOL_COLUMN_INFO_INIT;
    shmcol_file *file;
    stored.flags = SHMCOL_OPEN_STORED;
    assert_int_equal(shmcol_open(support_path("z"), &stored, &file, NULL), SHMCOL_OK);
    assert_int_equal(shmcol_verify(file, NULL, NULL), SHMCOL_OK);
    assert_int_equal(shmcol_get_column(file, 0, &info, NULL), SHMCOL_OK);
    assert_true(info.ascending);
    shmcol_close(file);
    free(values);
    unlink(support_path("t"));
    unlink(support_path("u"));
    unlink(support_path("z"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers),   cmocka_unit_test(strings),    cmocka_unit_test(given),
        cmocka_unit_test(populated), cmocka_unit_test(compressed),
    };
    return cmocka_run_group_tests(tests, support_begin, support_end);
}
