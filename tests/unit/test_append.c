/* Appending to a table in a directory (F-84, F-85): what is in the table afterwards. */
#include "append_support.h"

static uint64_t part_rows_of(const shmcol_file *table, uint64_t index)
{
    shmcol_file *part;
    assert_int_equal(shmcol_part(table, index, &part, NULL), SHMCOL_OK);
    return shmcol_rows(part);
}

/* Parts of one table in sizes that meet every way of F-84. */
static void grows(void **state)
{
    (void)state;
    static const uint64_t steps[] = {1, 10, 65524, 1, 65535, 70000, 200000, 65536, 3};
    const char *dir = append_directory("grows");
    uint64_t rows = 0;
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        shmcol_append_report report;
        const shmcol_append_options o = append_options(&report);
        shmcol_error err = SHMCOL_ERROR_INIT;
        append_good(append_rows_to(dir, rows, steps[i], 40, &o, &err), &err);
        assert_int_equal(report.first_row, rows);
        assert_int_equal(report.rows, steps[i]);
        rows += steps[i];
        assert_int_equal(report.table_rows, rows);
        assert_int_equal(report.created, i == 0);
        shmcol_file *table = append_check(dir, rows, 40);
        assert_int_equal(report.table_parts, shmcol_parts(table));
        assert_int_equal(append_names(dir), shmcol_parts(table));
        shmcol_close(table);
    }
}

static void grows_in_small_parts(void **state)
{
    (void)state;
    const char *dir = append_directory("small");
    shmcol_append_report report;
    shmcol_append_options o = append_options(&report);
    shmcol_error err = SHMCOL_ERROR_INIT;
    o.part_rows = 65536;
    append_good(append_rows_to(dir, 0, 4 * 65536 + 9, 9, &o, &err), &err);
    assert_int_equal(report.parts, 5);
    o.part_rows = 2 * 65536;
    append_good(append_rows_to(dir, 4 * 65536 + 9, 65536, 9, &o, &err), &err);
    shmcol_file *table = append_check(dir, 5 * 65536 + 9, 9);
    assert_int_equal(shmcol_parts(table), 6);
    shmcol_close(table);
    /* A last part of fewer rows than wanted is written anew. */
    o.min_part_rows = 100000;
    append_good(append_rows_to(dir, 5 * 65536 + 9, 65536 - 9, 9, &o, &err), &err);
    append_good(append_rows_to(dir, 6 * 65536, 65536, 9, &o, &err), &err);
    table = append_check(dir, 7 * 65536, 9);
    assert_int_equal(shmcol_parts(table), 6);
    assert_int_equal(part_rows_of(table, 5), 2 * 65536);
    shmcol_close(table);
}

static void no_rows(void **state)
{
    (void)state;
    const char *dir = append_directory("none");
    shmcol_append_report report;
    const shmcol_append_options o = append_options(&report);
    shmcol_error err = SHMCOL_ERROR_INIT;
    append_good(append_rows_to(dir, 0, 0, 1, &o, &err), &err);
    assert_true(report.created && report.parts == 1 && report.table_rows == 0);
    shmcol_close(append_check(dir, 0, 1));
    append_good(append_rows_to(dir, 0, 0, 1, &o, &err), &err);
    assert_true(!report.created && report.parts == 0 && report.table_parts == 1);
    append_good(append_rows_to(dir, 0, 100, 5, &o, &err), &err);
    assert_true(!report.created && report.parts == 1 && report.table_parts == 1);
    uint8_t id[16];
    memcpy(id, report.table_id, 16);
    shmcol_file *table = append_check(dir, 100, 5);
    shmcol_file_info info = SHMCOL_FILE_INFO_INIT;
    assert_int_equal(shmcol_get_info(table, &info, NULL), SHMCOL_OK);
    assert_memory_equal(info.table_id, id, 16);
    shmcol_close(table);
    append_good(append_rows_to(dir, 100, 0, 1, &o, &err), &err);
    assert_int_equal(report.table_rows, 100);
}

/* A reader sees the rows at its next refresh, and its arrays stay. */
static void reader_refreshes(void **state)
{
    (void)state;
    const char *dir = append_directory("reader");
    shmcol_append_report report;
    const shmcol_append_options o = append_options(&report);
    shmcol_error err = SHMCOL_ERROR_INIT;
    append_good(append_rows_to(dir, 0, 1000, 7, &o, &err), &err);
    shmcol_file *old = append_check(dir, 1000, 7), *table;
    append_good(append_rows_to(dir, 1000, 150000, 7, &o, &err), &err);
    append_check_rows(old, 0, 0, 1000, 7);
    append_good(shmcol_refresh(old, &table, &err), &err);
    assert_int_equal(shmcol_rows(table), 151000);
    append_check_rows(table, 0, 0, 151000, 7);
    append_check_rows(old, 0, 0, 1000, 7);
    shmcol_close(table);
    shmcol_close(old);
}

static void tokens(void **state)
{
    (void)state;
    const char *dir = append_directory("tokens");
    shmcol_append_report report;
    shmcol_append_options o = append_options(&report);
    shmcol_error err = SHMCOL_ERROR_INIT;
    static const char *const names[] = {"monday", "tuesday", "wednesday"};
    for (int i = 0; i < 3; i++) {
        o.token = names[i];
        append_good(append_rows_to(dir, (uint64_t)i * 50000, 50000, 3, &o, &err), &err);
        assert_int_equal(report.already_there, 0);
        for (int k = 0; k <= i; k++) {
            o.token = names[k];
            append_good(append_rows_to(dir, 0, 5, 3, &o, &err), &err);
            assert_true(report.already_there && report.rows == 0 && report.parts == 0);
            assert_int_equal(report.table_rows, (i + 1) * 50000);
        }
    }
    shmcol_close(append_check(dir, 150000, 3));
    o.token = "";
    assert_int_equal(append_rows_to(dir, 0, 5, 3, &o, &err), SHMCOL_ERR_INVALID_ARGUMENT);
    o.token = "\xff";
    assert_int_equal(append_rows_to(dir, 0, 5, 3, &o, &err), SHMCOL_ERR_INVALID_ARGUMENT);
    assert_string_equal(err.rule, "F-85");
}

#ifndef SHMCOL_FEWER_VALUES
/* The last 1,000 tokens of a table count, and so many are carried over. */
static void many_tokens(void **state)
{
    (void)state;
    const char *dir = append_directory("many");
    shmcol_append_report report;
    shmcol_append_options o = append_options(&report);
    shmcol_error err = SHMCOL_ERROR_INIT;
    char token[16];
    o.token = token;
    for (unsigned i = 0; i < 1003; i++) {
        snprintf(token, sizeof token, "t%u", i);
        append_good(append_rows_to(dir, i, 1, 2, &o, &err), &err);
    }
    uint32_t count;
    shmcol_file *table = append_check(dir, 1003, 2);
    assert_int_equal(shmcol_metadata_count(table, SHMCOL_TABLE, &count, NULL), SHMCOL_OK);
    assert_int_equal(count, 1000);
    shmcol_close(table);
    snprintf(token, sizeof token, "t3");
    append_good(append_rows_to(dir, 0, 1, 2, &o, &err), &err);
    assert_int_equal(report.already_there, 1);
    snprintf(token, sizeof token, "t2");
    append_good(append_rows_to(dir, 1003, 1, 2, &o, &err), &err);
    assert_int_equal(report.already_there, 0);
}

#endif

static shmcol_pair pair(const char *key, const char *value)
{
    return (shmcol_pair){{key, strlen(key)}, {value, strlen(value)}};
}

static void metadata_is_the_first_parts(void **state)
{
    (void)state;
    const char *dir = append_directory("metadata");
    shmcol_append_report report;
    shmcol_append_options o = append_options(&report);
    shmcol_error err = SHMCOL_ERROR_INIT;
    shmcol_pair pairs[] = {pair("who", "me"), pair("what", "rows")};
    shmcol_text key, value;
    o.metadata = pairs;
    o.metadata_count = 2;
    o.token = "one";
    append_good(append_rows_to(dir, 0, 65536, 3, &o, &err), &err);
    assert_int_equal(report.metadata_dropped, 0);
    pairs[1] = pair("what", "others");
    o.token = "two";
    append_good(append_rows_to(dir, 65536, 10, 3, &o, &err), &err);
    assert_int_equal(report.metadata_dropped, 1);
    shmcol_file *table = append_check(dir, 65546, 3), *part;
    uint32_t count;
    assert_int_equal(shmcol_part(table, 1, &part, NULL), SHMCOL_OK);
    assert_int_equal(shmcol_metadata_count(part, SHMCOL_TABLE, &count, NULL), SHMCOL_OK);
    assert_int_equal(count, 3);
    assert_int_equal(shmcol_metadata_get(part, SHMCOL_TABLE, 1, &key, &value, NULL), SHMCOL_OK);
    assert_memory_equal(value.data, "rows", 4);
    assert_int_equal(shmcol_metadata_get(part, SHMCOL_TABLE, 2, &key, &value, NULL), SHMCOL_OK);
    assert_memory_equal(key.data, "shmcol:token", key.length);
    assert_memory_equal(value.data, "two", value.length);
    shmcol_close(table);
    pairs[0] = pair("shmcol:token", "x");
    assert_int_equal(append_rows_to(dir, 0, 1, 3, &o, &err), SHMCOL_ERR_INVALID_ARGUMENT);
}

/* A file and a whole table are appended; columns are matched by name. */
static void append_a_file(void **state)
{
    (void)state;
    const char *dir = append_directory("source"), *copy = append_directory("copy");
    shmcol_append_report report;
    shmcol_append_options o = append_options(&report);
    shmcol_error err = SHMCOL_ERROR_INIT;
    append_good(append_rows_to(dir, 0, 170000, 30, &o, &err), &err);
    shmcol_file *source = append_check(dir, 170000, 30);
    append_good(shmcol_append_file(copy, source, &o, &err), &err);
    assert_int_equal(report.created, 1);
    shmcol_close(append_check(copy, 170000, 30));
    append_good(shmcol_append_file(copy, source, &o, &err), &err);
    shmcol_file *table;
    append_good(shmcol_open(copy, NULL, &table, &err), &err);
    append_check_rows(table, 170000, 0, 170000, 30);
    append_verify_parts(table);
    shmcol_close(table);
    /* A table onto itself: the source is a snapshot. */
    append_good(shmcol_append_file(dir, source, &o, &err), &err);
    shmcol_close(source);
    append_good(shmcol_open(dir, NULL, &table, &err), &err);
    assert_int_equal(shmcol_rows(table), 340000);
    append_check_rows(table, 170000, 0, 170000, 30);
    shmcol_close(table);
}

/* Fields may be the table's own. */
static void fields_of_the_table(void **state)
{
    (void)state;
    const char *dir = append_directory("fields");
    shmcol_append_report report;
    shmcol_append_options o = append_options(&report);
    shmcol_error err = SHMCOL_ERROR_INIT;
    shmcol_writer *w;
    assert_int_equal(shmcol_append_create(dir, NULL, 0, &o, &w, &err), SHMCOL_ERR_NO_TABLE);
    append_good(append_rows_to(dir, 0, 10, 3, &o, &err), &err);
    append_good(shmcol_append_create(dir, NULL, 0, &o, &w, &err), &err);
    append_put(w, 10, 100, 3);
    append_good(shmcol_writer_commit(w, &err), &err);
    append_good(shmcol_append_create(dir, NULL, 0, &o, &w, &err), &err);
    append_put(w, 0, 7, 3);
    shmcol_writer_abort(w);
    shmcol_close(append_check(dir, 110, 3));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(grows),
        cmocka_unit_test(grows_in_small_parts),
        cmocka_unit_test(no_rows),
        cmocka_unit_test(reader_refreshes),
        cmocka_unit_test(tokens),
#ifndef SHMCOL_FEWER_VALUES
        cmocka_unit_test(many_tokens),
#endif
        cmocka_unit_test(metadata_is_the_first_parts),
        cmocka_unit_test(append_a_file),
        cmocka_unit_test(fields_of_the_table),
    };
    return cmocka_run_group_tests(tests, support_begin, support_remove);
}
