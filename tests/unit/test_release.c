/* Memory that is given back while a file or a table is read. */
#include <stdbool.h>

#include "table_support.h"

enum { PARTS = 32, ROOM = 6 << 20 };

/* Returns the bytes of files that this process has in its memory. */
static uint64_t resident_of_files(void)
{
    char line[200];
    unsigned long long kib = 0;
    FILE *f = fopen("/proc/self/status", "r");
    assert_non_null(f);
    while (fgets(line, sizeof line, f) != NULL)
        if (sscanf(line, "RssFile: %llu", &kib) == 1)
            break;
    fclose(f);
    return kib * 1024;
}

static shmcol_file *open_path(const char *path, uint32_t flags)
{
    shmcol_open_options how = SHMCOL_OPEN_OPTIONS_INIT;
    shmcol_error err = SHMCOL_ERROR_INIT;
    shmcol_file *file;
    how.flags = flags;
    if (shmcol_open(path, &how, &file, &err) != SHMCOL_OK)
        fail_msg("%s: %s", err.path, err.message);
    return file;
}

/* Reads zone by zone and gives back what was read. Returns the most bytes of files in memory beyond
 * those of the beginning. */
static uint64_t scan(shmcol_file *file, bool releases)
{
    const uint64_t before = resident_of_files();
    uint64_t n, most = 0, length;
    const char *data;
    const int64_t *a;
    const float *b;
    const uint8_t *validity;
    assert_int_equal(shmcol_int64(file, "a", &a, &n, &validity, NULL), SHMCOL_OK);
    assert_int_equal(shmcol_float32(file, "b", &b, &n, NULL), SHMCOL_OK);
    for (uint64_t from = 0; from < n; from += ZONE) {
        for (uint64_t i = from; i < from + ZONE; i++)
            if (b[i] != (float)i * 0.5f || (shmcol_is_valid(validity, i) && a[i] != (int64_t)i))
                fail_msg("row %" PRIu64 " is wrong", i);
        for (uint64_t i = from; i < from + ZONE; i += 100) {
            char text[24];
            snprintf(text, sizeof text, "%" PRIu64, i);
            assert_int_equal(shmcol_string_row(file, 2, i, &data, &length, NULL), SHMCOL_OK);
            assert_true(data == NULL ? i % 7 == 3
                                     : length == strlen(text) && memcmp(data, text, length) == 0);
        }
        if (releases)
            assert_int_equal(shmcol_release(file, SHMCOL_TABLE, from, ZONE, NULL), SHMCOL_OK);
        const uint64_t now = resident_of_files();
        most = now > before && now - before > most ? now - before : most;
    }
    return most;
}

static void a_scan_of_a_table(void **state)
{
    (void)state;
    growing g = table_new("parts");
    g.null = 5;
    for (uint64_t i = 0; i < PARTS; i++)
        table_add(&g, i * ZONE, ZONE);
    shmcol_file *table = table_open(&g);
    assert_true(scan(table, true) < ROOM);
    assert_true(scan(table, false) > 3 * ROOM); /* the measure is right */
    /* Rows of several parts. */
    assert_int_equal(shmcol_release(table, 0, 100, 5 * ZONE, NULL), SHMCOL_OK);
    assert_int_equal(shmcol_release(table, 2, 100, 5 * ZONE, NULL), SHMCOL_OK);
    assert_int_equal(shmcol_release(table, SHMCOL_TABLE, 0, PARTS * ZONE, NULL), SHMCOL_OK);
    table_check(table, PARTS * ZONE, 5);
    shmcol_close(table);
}

static void a_scan_of_a_file(void **state)
{
    (void)state;
    growing g = table_new("file");
    table_add(&g, 0, PARTS * ZONE);
    shmcol_file *file = open_path(table_part(&g, 0), 0);
    assert_true(scan(file, true) < ROOM);
    assert_true(scan(file, false) > 3 * ROOM);
    table_check(file, PARTS * ZONE, -1);
    shmcol_close(file);
}

static void use_good(shmcol_file *file, void *arg)
{
    (void)arg;
    const uint64_t rows = shmcol_rows(file);
    for (uint64_t from = 0; from <= rows; from += 1 + rows / 3) {
        const uint64_t n = (rows - from) / 2 + rows % 2;
        assert_int_equal(shmcol_release(file, SHMCOL_TABLE, from, n, NULL),
                         from + n <= rows ? SHMCOL_OK : SHMCOL_ERR_OUT_OF_RANGE);
    }
    assert_int_equal(shmcol_release(file, SHMCOL_TABLE, 0, rows, NULL), SHMCOL_OK);
    assert_int_equal(shmcol_release(file, SHMCOL_TABLE, 0, rows + 1, NULL),
                     SHMCOL_ERR_OUT_OF_RANGE);
    assert_int_equal(shmcol_release(file, SHMCOL_TABLE, UINT64_MAX, 2, NULL),
                     SHMCOL_ERR_OUT_OF_RANGE);
    assert_int_equal(shmcol_release(file, shmcol_columns(file), 0, 0, NULL), SHMCOL_ERR_NO_COLUMN);
    assert_int_equal(shmcol_verify(file, NULL, NULL), SHMCOL_OK);
}

/* Every good file is the same afterwards, and wrong rows are refused. */
static void every_type(void **state)
{
    (void)state;
    assert_true(each_corpus("good", use_good, NULL) > 100);
}

/* Values that only this process has are not lost. */
static void a_private_handle(void **state)
{
    (void)state;
    shmcol_error err = SHMCOL_ERROR_INIT;
    growing g = table_new("private");
    table_add(&g, 0, 4 * ZONE);
    table_add(&g, 4 * ZONE, ZONE);
    const char *paths[] = {g.directory, table_part(&g, 0)};
    for (size_t k = 0; k < 2; k++) {
        shmcol_file *file = open_path(paths[k], SHMCOL_OPEN_PRIVATE);
        const int64_t *values;
        uint64_t n;
        assert_int_equal(shmcol_int64(file, "a", &values, &n, NULL, NULL), SHMCOL_OK);
        int64_t *a = (int64_t *)(uintptr_t)values;
        assert_int_equal(a[3], 3);
        assert_int_equal(shmcol_release(file, 0, 0, n, &err), SHMCOL_OK); /* only read so far */
        a[ZONE] = -7;
        assert_int_equal(shmcol_release(file, 0, 0, n, &err), SHMCOL_ERR_INVALID_ARGUMENT);
        assert_non_null(strstr(err.message, "written"));
        assert_int_equal(a[ZONE], -7);
        assert_int_equal(shmcol_release(file, 0, 0, ZONE / 2, &err), SHMCOL_OK);
        assert_int_equal(shmcol_release(file, 1, 0, n, &err), SHMCOL_OK);
        assert_int_equal(a[ZONE], -7);
        assert_int_equal(a[ZONE - 1], ZONE - 1);
        shmcol_close(file);
    }
}

/* Memory of the caller stays what it is. */
static void memory_of_the_caller(void **state)
{
    (void)state;
    size_t size;
    uint8_t *bytes = read_corpus("good/list-string", &size);
    shmcol_file *file;
    assert_int_equal(shmcol_open_memory(bytes, size, &file, NULL), SHMCOL_OK);
    assert_int_equal(shmcol_release(file, SHMCOL_TABLE, 0, shmcol_rows(file), NULL), SHMCOL_OK);
    assert_int_equal(shmcol_verify(file, NULL, NULL), SHMCOL_OK);
    shmcol_close(file);
    free(bytes);
}

/* Offsets that lead out of the file are not followed. */
static void hostile_offsets(void **state)
{
    (void)state;
    static const char *const names[] = {
        "offsets-beyond",      "offsets-binary",   "offsets-decreasing",  "offsets-element-beyond",
        "offsets-element-min", "offsets-last",     "offsets-list-beyond", "offsets-list-negative",
        "offsets-min",         "offsets-negative", "offsets-top",
    };
    unsigned refused = 0;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char name[100];
        snprintf(name, sizeof name, "bad/%s", names[i]);
        shmcol_file *file = open_corpus(name);
        for (uint64_t row = 0; row < shmcol_rows(file); row++) {
            shmcol_status status = shmcol_release(file, SHMCOL_TABLE, row, 1, NULL);
            assert_true(status == SHMCOL_OK || status == SHMCOL_ERR_OFFSETS);
            refused += status != SHMCOL_OK;
        }
        shmcol_close(file);
    }
    assert_true(refused > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_scan_of_a_table),    cmocka_unit_test(a_scan_of_a_file),
        cmocka_unit_test(every_type),           cmocka_unit_test(a_private_handle),
        cmocka_unit_test(memory_of_the_caller), cmocka_unit_test(hostile_offsets),
    };
    return cmocka_run_group_tests(tests, support_begin, support_end);
}
