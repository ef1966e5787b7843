/* Parts of a table (F-79): their layout, from the writer and from populate, and what is refused. */
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

enum { ALIGNMENT = 65536 };

/* The options of a part of `rows` rows, the last of its table, from row `first_row` on. */
static shmcol_writer_options part_of(uint64_t first_row, uint64_t rows)
{
    shmcol_writer_options o = SHMCOL_WRITER_OPTIONS_INIT;
    o.overwrite = 1;
    o.no_sync = 1;
    o.alignment = ALIGNMENT;
    o.first_row = first_row;
    o.table_rows = first_row + rows;
    memset(o.table_id, first_row != 0 ? 7 : 0, sizeof o.table_id);
    memset(o.previous_id, first_row != 0 ? 9 : 0, sizeof o.previous_id);
    return o;
}

/* Every column of a part is nullable, and its bitmap is there and aligned, as are the values. */
static void check_column(const uint8_t *bytes, const shmcol_column_info *c, uint64_t rows)
{
    bool has_width = c->type != SHMCOL_STRING && c->type != SHMCOL_BINARY && c->type != SHMCOL_LIST;
    assert_true(c->nullable);
    assert_int_equal(c->validity.length, (rows + 7) / 8);
    assert_int_equal(c->validity.offset % ALIGNMENT, 0);
    assert_true(!has_width || c->values.offset % ALIGNMENT == 0);
    assert_true(c->type != SHMCOL_DICTIONARY || c->width == 4);
    for (uint64_t i = 0; i < rows && c->null_count == 0; i++)
        assert_true(shmcol_is_valid(bytes + c->validity.offset, i));
    assert_true(rows % 8 == 0 || bytes[c->validity.offset + rows / 8] >> rows % 8 == 0);
}

static void check_part(const char *path, const shmcol_writer_options *o, uint64_t rows)
{
    shmcol_file *file;
    shmcol_file_info info = SHMCOL_FILE_INFO_INIT;
    support_bytes bytes = support_read(path);
    assert_int_equal(shmcol_open(path, NULL, &file, NULL), SHMCOL_OK);
    assert_int_equal(shmcol_verify(file, NULL, NULL), SHMCOL_OK);
    assert_int_equal(shmcol_get_info(file, &info, NULL), SHMCOL_OK);
    assert_int_equal(info.alignment, ALIGNMENT);
    assert_int_equal(info.first_row, o->first_row);
    assert_int_equal(info.table_rows, o->table_rows);
    assert_memory_equal(info.table_id, o->table_id, 16);
    assert_memory_equal(info.previous_id, o->previous_id, 16);
    for (uint32_t i = 0; i < info.columns; i++) {
        shmcol_column_info c = SHMCOL_COLUMN_INFO_INIT;
        assert_int_equal(shmcol_get_column(file, i, &c, NULL), SHMCOL_OK);
        check_column(bytes.data, &c, rows);
    }
    shmcol_close(file);
    free(bytes.data);
}

/* All types, and dictionaries in all modes. */
static test_table make(uint64_t rows)
{
    test_table table = support_table(rows);
    support_add_words(&table, SHMCOL_DICTIONARY, 0, 30, 4, 5);
    support_add_words(&table, SHMCOL_STRING, 1, 30, 4, 0);
    support_add_words(&table, SHMCOL_STRING, 1, 1000000, 9, 3);
    for (uint32_t i = 0; i < table.n_columns; i++)
        table.columns[i].field.nullable = 1;
    return table;
}

static void test_layout(void **state)
{
    (void)state;
    static const uint64_t rows[] = {0, 1, 8, 1001, 65536, 66001};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i += TEST_WAY_STEP > 5 ? 3 : 1) {
        test_table table = make(rows[i]);
        test_way way = TEST_WAY_INIT;
        way.options = part_of(i % 2 == 0 || rows[i] == 0 ? 0 : 3 * 65536, rows[i]);
        support_write(&table, support_path("t"), &way);
        support_check(&table, support_path("t"));
        check_part(support_path("t"), &way.options, rows[i]);
        support_free(&table);
    }
}

/* The same bytes in every way (F-6), also of a part that is not the last. */
static void test_ways(void **state)
{
    (void)state;
    static const uint64_t batches[] = {0, 1000, 4099, 65536};
    test_table table = make(131072);
    test_way ways[8];
    for (size_t n = 0; n < sizeof ways / sizeof *ways; n++) {
        ways[n] = (test_way)TEST_WAY_INIT;
        ways[n].options = part_of(65536, 200000);
        ways[n].batch = batches[n % 4];
        ways[n].validity = (shmcol_validity_kind)(SHMCOL_VALIDITY_BITMAP + n % 3);
        ways[n].options.threads = n % 2 == 0 ? 1 : 4;
        ways[n].options.expected_rows = n == 1 ? 131072 : 0;
    }
    support_write(&table, support_path("a"), &ways[0]);
    support_check(&table, support_path("a"));
    for (size_t n = 1; n < sizeof ways / sizeof *ways; n += TEST_WAY_STEP) {
        support_write(&table, support_path("b"), &ways[n]);
        support_same_files(support_path("a"), support_path("b"));
    }
    support_free(&table);
}

/* Fields that are not nullable become nullable; the codes of a given dictionary have 4 bytes. */
static void test_not_nullable(void **state)
{
    (void)state;
    shmcol_field f[] = {populate_field(SHMCOL_INT16, "i", 0), populate_field(SHMCOL_STRING, "s", 0),
                        populate_field(SHMCOL_DICTIONARY, "d", 0)};
    shmcol_column_data data[] = {SHMCOL_COLUMN_DATA_INIT, SHMCOL_COLUMN_DATA_INIT,
                                 SHMCOL_COLUMN_DATA_INIT};
    static const char *const texts[] = {"a", "b", "c", "a", "b", "c", "a", "b", "c", "a"};
    static const int16_t numbers[10] = {1, 2, 3};
    static const int8_t codes[10] = {0, 1, 2, 0, -1, 0, 1, 2, 0, 1};
    static const int64_t offsets[] = {0, 1, 2, 3};
    shmcol_strings words = SHMCOL_STRINGS_INIT;
    words.count = 3;
    words.offsets = offsets;
    words.data = "abc";
    words.data_length = 3;
    data[0].values = numbers;
    data[1].values = texts;
    data[1].layout = SHMCOL_STRINGS_POINTERS;
    data[2].values = codes;
    data[2].layout = SHMCOL_STRINGS_CODES;
    data[2].width = 1;
    data[2].validity_kind = SHMCOL_VALIDITY_SENTINEL;
    data[2].sentinel = "\xFF";
    const shmcol_writer_options options = part_of(0, 10);
    shmcol_writer *w;
    shmcol_column_info info = SHMCOL_COLUMN_INFO_INIT;
    assert_int_equal(shmcol_writer_create(support_path("t"), f, 3, &options, &w, NULL), SHMCOL_OK);
    assert_int_equal(shmcol_writer_column(w, 0, &info, NULL), SHMCOL_OK);
    assert_true(info.nullable);
    assert_int_equal(shmcol_writer_dictionary(w, 2, &words, 0, NULL), SHMCOL_OK);
    assert_int_equal(shmcol_writer_append(w, 10, data, 3, NULL), SHMCOL_OK);
    assert_int_equal(shmcol_writer_commit(w, NULL), SHMCOL_OK);
    check_part(support_path("t"), &options, 10);
}

static void test_populate(void **state)
{
    (void)state;
    static const uint64_t rows[] = {0, 1, 700, 65536, 66001};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i += TEST_WAY_STEP > 5 ? 2 : 1) {
        populate_example e = populate_example_make(rows[i]);
        test_way way = TEST_WAY_INIT;
        shmcol_error err = SHMCOL_ERROR_INIT;
        shmcol_populate *p;
        way.options = part_of(i < 3 ? 0 : 65536, rows[i]);
        for (uint32_t k = 0; k < e.table.n_columns; k++)
            e.table.columns[k].field.nullable = 1;
        support_write(&e.table, support_path("t"), &way);
        assert_int_equal(shmcol_populate_create(support_path("u"), e.table.fields,
                                                e.table.n_columns, rows[i], &way.options, &p, &err),
                         SHMCOL_OK);
        for (int again = 0; again < 2; again++) { /* the second in the place of the first */
            if (rows[i] > 0 && populate_write(&e, p, 0, rows[i], &err) != SHMCOL_OK)
                fail_msg("%s", err.message);
            assert_int_equal(shmcol_populate_commit(p, SHMCOL_POPULATE_KEEP, &err), SHMCOL_OK);
            support_same_files(support_path("t"), support_path("u"));
            if (again)
                break;
            unlink(support_path("u"));
            shmcol_populate *next = NULL;
            assert_int_equal(shmcol_populate_again(p, support_path("u"), 0, &next, &err),
                             SHMCOL_OK);
            shmcol_populate_close(p);
            p = next;
        }
        shmcol_populate_close(p);
        check_part(support_path("u"), &way.options, rows[i]);
        populate_example_free(&e);
        unlink(support_path("u"));
    }
}

/* ---- what is refused ---- */

/* Creates a writer, appends `rows` rows and commits; does the same with populate. */
static void refuse(const shmcol_writer_options *o, uint64_t rows)
{
    const shmcol_field f = populate_field(SHMCOL_INT8, "a", 0);
    shmcol_column_data data = SHMCOL_COLUMN_DATA_INIT;
    uint8_t *values = support_need(calloc(rows + 1, 1));
    shmcol_error err = SHMCOL_ERROR_INIT;
    shmcol_writer *w = NULL;
    shmcol_populate *p;
    data.values = values;
    shmcol_status status = shmcol_writer_create(support_path("r"), &f, 1, o, &w, &err);
    if (status == SHMCOL_OK) {
        assert_int_equal(shmcol_writer_append(w, rows, &data, 1, NULL), SHMCOL_OK);
        status = shmcol_writer_commit(w, &err);
    }
    assert_int_equal(status, SHMCOL_ERR_INVALID_ARGUMENT);
    assert_string_equal(err.rule, "F-79");
    assert_true(err.message[0] != 0);
    assert_int_equal(shmcol_populate_create(support_path("r"), &f, 1, rows, o, &p, NULL),
                     SHMCOL_ERR_INVALID_ARGUMENT);
    assert_int_equal(access(support_path("r"), F_OK), -1);
    free(values);
}

static void test_refused(void **state)
{
    (void)state;
    for (int i = 0; i < 15; i++) {
        shmcol_writer_options o = part_of(65536, 100);
        uint64_t rows = 100;
        switch (i) {
        case 0: o.alignment = 4096; break;
        case 1: o.alignment = 0; break;
        case 2: o.first_row = 65537; break;
        case 3: memset(o.table_id, 0, 16); break;
        case 4: memset(o.previous_id, 0, 16); break;
        case 5: o.first_row = 0; break; /* with a previous_id */
        case 6: o.table_rows = 65635; break;
        case 7: o.table_rows = UINT64_C(1) << 56; break;
        case 8: o.table_rows = 65637; break; /* more to come, after no whole zone */
        case 9: o.table_rows = 0; break;
        case 10: o.zstd_level = 3; break;
        case 11: rows = 0; break;
        case 12: rows = 101; break;
        case 13:
            o = part_of(0, 0);
            o.alignment = 0;
            o.table_rows = 100;
            break;
        default:
            o = part_of(0, 0);
            o.alignment = 0;
            o.table_id[15] = 1;
        }
        refuse(&o, rows);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_layout),       cmocka_unit_test(test_ways),
        cmocka_unit_test(test_not_nullable), cmocka_unit_test(test_populate),
        cmocka_unit_test(test_refused),
    };
    return cmocka_run_group_tests(tests, support_begin, support_end);
}
