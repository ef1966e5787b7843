/* Dictionaries the writer is given, builds, or decides upon (F-23, F-39, C-60). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/text_set.h"
#include "writer_support.h"

static shmcol_dictionary dictionary_of(const char *path, uint32_t column, shmcol_file **file)
{
    shmcol_dictionary d = SHMCOL_DICTIONARY_INIT;
    shmcol_error err = SHMCOL_ERROR_INIT;
    assert_int_equal(shmcol_open(path, NULL, file, NULL), SHMCOL_OK);
    if (shmcol_verify(*file, NULL, &err) != SHMCOL_OK ||
        shmcol_dictionary_column(*file, column, &d, &err) != SHMCOL_OK)
        fail_msg("%s: %s", shmcol_status_name(err.status), err.message);
    return d;
}

static shmcol_type type_of(const char *path, uint32_t column)
{
    shmcol_file *file;
    shmcol_column_info info = SHMCOL_COLUMN_INFO_INIT;
    assert_int_equal(shmcol_open(path, NULL, &file, NULL), SHMCOL_OK);
    assert_int_equal(shmcol_get_column(file, column, &info, NULL), SHMCOL_OK);
    shmcol_close(file);
    return info.type;
}

static void test_word_table(void **state)
{
    (void)state;
    base_text_set *t = base_text_set_new(5);
    char text[32];
    for (int round = 0; round < 2; round++)
        for (int i = 0; i < 50000; i++) {
            int n = sprintf(text, "%d", i * 7919 % 50000);
            int32_t code = base_text_set_find(t, (const uint8_t *)text, (uint64_t)n);
            assert_int_equal(code, round == 0 ? -1 : i);
            if (round == 0)
                assert_true(base_text_set_add(t, (const uint8_t *)text, (uint64_t)n));
        }
    assert_int_equal(base_text_set_find(t, NULL, 0), -1);
    assert_true(base_text_set_add(t, NULL, 0));
    assert_int_equal(base_text_set_find(t, NULL, 0), 50000);
    assert_int_equal(t->count, 50001);
    assert_int_equal(base_text_set_bytes(t), 10 + 2 * 90 + 3 * 900 + 4 * 9000 + 5 * 40000);
    assert_true(base_text_set_memory(t) > base_text_set_bytes(t));
    assert_false(base_text_set_ascends(t));
    uint32_t *order = malloc(50001 * sizeof *order);
    assert_true(base_text_set_order(t, order));
    base_text_set *sorted = base_text_set_new(5);
    for (int i = 0; i <= 50000; i++) {
        uint64_t length;
        const uint8_t *data = base_text_set_at(t, order[i], &length);
        assert_true(base_text_set_add(sorted, data, length));
    }
    assert_true(base_text_set_ascends(sorted));
    base_text_set_free(sorted);
    base_text_set_free(t);
    base_text_set_free(NULL);
    free(order);
}

static test_table words_table(uint64_t rows, shmcol_type type, int automatic, uint32_t distinct,
                              uint32_t length, uint32_t null_every)
{
    test_table t = {.rows = rows};
    support_add_words(&t, type, automatic, distinct, length, null_every);
    return t;
}

/* Built from strings: sorted, as narrow as can be. */
static void test_built(void **state)
{
    (void)state;
    static const struct {
        uint32_t distinct, width, null_every;
    } cases[] = {{1, 1, 0}, {128, 1, 3}, {129, 2, 0}, {32768, 2, 70}, {32769, 4, 0}, {99999, 4, 5}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        test_table t =
            words_table(140000, SHMCOL_DICTIONARY, 0, cases[i].distinct, 1, cases[i].null_every);
        test_way way = TEST_WAY_INIT;
        way.batch = i % 2 ? 10007 : 0;
        support_write(&t, support_path("t"), &way);
        support_check(&t, support_path("t"));
        shmcol_file *file;
        shmcol_dictionary d = dictionary_of(support_path("t"), 0, &file);
        assert_true(cases[i].null_every > 0 ? d.values.count <= cases[i].distinct
                                            : d.values.count == cases[i].distinct);
        assert_int_equal(d.code_width, cases[i].width);
        assert_true(d.sorted && !d.ordered);
        shmcol_close(file);
        support_free(&t);
    }
}

static void test_built_empty(void **state)
{
    (void)state;
    for (uint32_t rows = 0; rows < 3; rows++) { /* no rows; then only nulls */
        test_table t = words_table(rows, SHMCOL_DICTIONARY, 0, 1, 1, 1);
        test_way way = TEST_WAY_INIT;
        support_write(&t, support_path("t"), &way);
        support_check(&t, support_path("t"));
        shmcol_file *file;
        shmcol_dictionary d = dictionary_of(support_path("t"), 0, &file);
        assert_int_equal(d.values.count, 0);
        shmcol_close(file);
        support_free(&t);
    }
}

/* C-60, at its borders. The expected answer is computed here from its words. */
static void automatic_case(uint64_t rows, uint32_t distinct, uint32_t length, uint32_t null_every,
                           int expected)
{
    test_table t = words_table(rows, SHMCOL_STRING, 1, distinct, length, null_every);
    test_way way = TEST_WAY_INIT;
    support_write(&t, support_path("a"), &way);
    support_check(&t, support_path("a"));
    if ((type_of(support_path("a"), 0) == SHMCOL_DICTIONARY) != expected)
        fail_msg("%u values of %u bytes in %u rows", distinct, length, (unsigned)rows);
    support_bytes a = support_read(support_path("a"));
    static const uint64_t batches[] = {1000, 4096, 65536, 77777};
    for (size_t i = 0; i < 4 && rows > 1000;
         i += TEST_WAY_STEP > 1 ? 2 : 1) { /* the decision is the same at any time */
        way.batch = batches[i];
        way.layout = i == 3   ? SHMCOL_STRINGS_POINTERS
                     : i == 2 ? SHMCOL_STRINGS_OFFSETS32
                              : SHMCOL_STRINGS_OFFSETS64;
        way.options.memory =
            i == 2 ? 4u << 20 : 0; /* too little for the table: decided at the end */
        support_write(&t, support_path("b"), &way);
        support_bytes b = support_read(support_path("b"));
        assert_true(support_same(a, b));
        free(b.data);
    }
    free(a.data);
    support_free(&t);
}

static void test_automatic(void **state)
{
    (void)state;
    automatic_case(0, 1, 1, 0, 0); /* 0 + 8 + 0 < 8: no */
    automatic_case(1, 1, 1, 1, 1); /* one null: 1 + 8 < 16 */
    automatic_case(1, 1, 1, 0, 0); /* 1 + 16 + 1 < 16 + 1: no */
    automatic_case(2, 1, 1, 0, 1); /* 2 + 16 + 1 < 24 + 2 */
    automatic_case(100000, 1000, 5, 0, 1);
    automatic_case(100000, 1000, 5, 2, 1);
    automatic_case(100000, 100000, 8, 0, 0); /* nearly unique: more than 65,536 values */
    automatic_case(150000, 65536, 6, 0, 1);  /* 600,000 + 524,296 + 393,216 < 1,200,008 + 900,000 */
    automatic_case(150000, 65537, 6, 0, 0);
    automatic_case(70000, 65000, 6, 0, 0); /* 280,000 + 520,008 + 390,000 < 560,008 + 420,000: no */
    automatic_case(100000, 40000, 104, 0, 1);
    automatic_case(100000, 40330, 104, 0, 0); /* B = 4,194,320: 16 too many */
    automatic_case(100000, 1, 0, 0, 1);
}

/* Many columns at once: the tables' memory is bounded, the file does not show it. */
static void test_automatic_memory(void **state)
{
    (void)state;
    test_table t = {.rows = 30000};
    for (uint32_t i = 0; i < 24; i++)
        support_add_words(&t, SHMCOL_STRING, 1, i % 2 ? 3000 : 29000, 20 + i, i % 5);
    test_way way = TEST_WAY_INIT;
    support_write(&t, support_path("a"), &way);
    support_check(&t, support_path("a"));
    support_bytes a = support_read(support_path("a"));
    for (uint32_t threads = TEST_WAY_STEP > 5 ? 3 : 1; threads <= 3; threads++) {
        way.options.memory = 4u << 20;
        way.options.threads = threads;
        way.batch = 7000;
        support_write(&t, support_path("b"), &way);
        support_bytes b = support_read(support_path("b"));
        assert_true(support_same(a, b));
        free(b.data);
    }
    free(a.data);
    support_free(&t);
}

static const char *const colours[] = {"red", "green", "", "blue"};

static shmcol_strings colour_strings(int64_t offsets[5], char data[16])
{
    shmcol_strings s = SHMCOL_STRINGS_INIT;
    offsets[0] = 0;
    for (int i = 0; i < 4; i++) {
        memcpy(data + offsets[i], colours[i], strlen(colours[i]));
        offsets[i + 1] = offsets[i] + (int64_t)strlen(colours[i]);
    }
    s.count = 4;
    s.offsets = offsets;
    s.data = data;
    s.data_length = (uint64_t)offsets[4];
    return s;
}

static shmcol_writer *given_writer(int ordered)
{
    shmcol_field field = SHMCOL_FIELD_INIT;
    shmcol_writer_options options = SHMCOL_WRITER_OPTIONS_INIT;
    shmcol_writer *w;
    int64_t offsets[5];
    char data[16];
    field.type = SHMCOL_DICTIONARY;
    field.name = "c";
    field.name_length = 1;
    field.nullable = 1;
    options.overwrite = 1;
    assert_int_equal(shmcol_writer_create(support_path("t"), &field, 1, &options, &w, NULL),
                     SHMCOL_OK);
    shmcol_strings values = colour_strings(offsets, data);
    assert_int_equal(shmcol_writer_dictionary(w, 0, &values, ordered, NULL), SHMCOL_OK);
    return w;
}

/* Codes of every width, with a null by sentinel, and strings that are looked up. */
static void test_given(void **state)
{
    (void)state;
    static const int8_t c1[] = {0, -1, 3, 1, 2, 3};
    static const int16_t c2[] = {0, -1, 3, 1, 2, 3};
    static const int32_t c4[] = {0, -1, 3, 1, 2, 3};
    static const int64_t c8[] = {0, -1, 3, 1, 2, 3}, minus = -1;
    static const char *const texts[] = {"red", NULL, "blue", "green", "", "blue"};
    static const void *const values[] = {c1, c2, c4, c8, texts};
    support_bytes first = {0};
    for (int i = 0; i < 5; i++) {
        shmcol_writer *w = given_writer(1);
        shmcol_column_data data = SHMCOL_COLUMN_DATA_INIT;
        data.values = values[i];
        data.layout = i < 4 ? SHMCOL_STRINGS_CODES : SHMCOL_STRINGS_POINTERS;
        data.width = 1u << i;
        data.validity_kind = i < 4 ? SHMCOL_VALIDITY_SENTINEL : SHMCOL_ALL_VALID;
        data.sentinel = &minus;
        assert_int_equal(shmcol_writer_append(w, 6, &data, 1, NULL), SHMCOL_OK);
        assert_int_equal(shmcol_writer_commit(w, NULL), SHMCOL_OK);
        support_bytes got = support_read(support_path("t"));
        if (i == 0)
            first = got;
        else {
            assert_true(support_same(first, got));
            free(got.data);
        }
    }
    free(first.data);
    shmcol_file *file;
    shmcol_dictionary d = dictionary_of(support_path("t"), 0, &file);
    assert_true(d.ordered && !d.sorted);
    assert_int_equal(d.values.count, 4);
    for (uint64_t i = 0; i < 6; i++) {
        const char *text;
        uint64_t length;
        assert_int_equal(shmcol_dictionary_at(&d, i, &text, &length), SHMCOL_OK);
        assert_true(texts[i] == NULL
                        ? text == NULL
                        : length == strlen(texts[i]) && memcmp(text, texts[i], length) == 0);
    }
    shmcol_close(file);
}

static void test_given_errors(void **state)
{
    (void)state;
    static const int32_t high[] = {0, 4}, low[] = {0, 1, -1};
    static const char *const unknown[] = {"red", "pink"};
    for (int i = 0; i < 3; i++) {
        shmcol_writer *w = given_writer(0);
        shmcol_error err = SHMCOL_ERROR_INIT;
        shmcol_column_data data = SHMCOL_COLUMN_DATA_INIT;
        data.values = i == 0 ? (const void *)high : i == 1 ? (const void *)low : unknown;
        data.layout = i < 2 ? SHMCOL_STRINGS_CODES : SHMCOL_STRINGS_POINTERS;
        data.width = 4;
        assert_int_equal(shmcol_writer_append(w, i == 1 ? 3 : 2, &data, 1, &err),
                         SHMCOL_ERR_BAD_VALUE);
        assert_int_equal(err.column, 0);
        assert_int_equal(err.row, i == 1 ? 2 : 1);
        assert_string_equal(err.rule, "F-39");
        shmcol_writer_abort(w);
    }
    /* Dictionaries that are not right, and calls at the wrong time. */
    int64_t offsets[5];
    char bytes[16];
    shmcol_strings good = colour_strings(offsets, bytes);
    static const int64_t same[] = {0, 1, 2}, descending[] = {0, 2, 1}, outside[] = {0, 1, 3};
    static const uint8_t null[] = {1};
    struct {
        shmcol_strings values;
        shmcol_status expected;
    } cases[] = {{good, SHMCOL_ERR_WRITER_STATE},
                 {{sizeof good, 2, same, "aa", 2, NULL}, SHMCOL_ERR_BAD_VALUE},
                 {{sizeof good, 2, descending, "aa", 2, NULL}, SHMCOL_ERR_BAD_VALUE},
                 {{sizeof good, 2, outside, "ab", 2, NULL}, SHMCOL_ERR_BAD_VALUE},
                 {{sizeof good, 2, same, "a\xFF", 2, NULL}, SHMCOL_ERR_BAD_VALUE},
                 {{sizeof good, 2, same, "ab", 2, null}, SHMCOL_ERR_BAD_VALUE},
                 {{0, 2, same, "ab", 2, NULL}, SHMCOL_ERR_INVALID_ARGUMENT}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        shmcol_field field = SHMCOL_FIELD_INIT;
        shmcol_writer_options options = SHMCOL_WRITER_OPTIONS_INIT;
        shmcol_writer *w = NULL;
        options.overwrite = 1;
        field.type = SHMCOL_DICTIONARY;
        if (i == 0) {
            w = given_writer(0);
        } else
            assert_int_equal(shmcol_writer_create(support_path("t"), &field, 1, &options, &w, NULL),
                             SHMCOL_OK);
        assert_int_equal(shmcol_writer_dictionary(w, 0, &cases[i].values, 0, NULL),
                         cases[i].expected);
        /* A second dictionary changes nothing; what is wrong in itself fails the writer. */
        const shmcol_status after = i == 0 ? SHMCOL_ERR_INVALID_ARGUMENT : SHMCOL_ERR_WRITER_STATE;
        assert_int_equal(shmcol_writer_append(w, 0, NULL, 1, NULL), after);
        assert_int_equal(shmcol_writer_commit(w, NULL), SHMCOL_ERR_WRITER_STATE);
    }
    shmcol_field field = SHMCOL_FIELD_INIT;
    shmcol_writer *w;
    shmcol_writer_options options = SHMCOL_WRITER_OPTIONS_INIT;
    options.overwrite = 1;
    assert_int_equal(shmcol_writer_create(support_path("t"), &field, 1, &options, &w, NULL),
                     SHMCOL_OK);
    assert_int_equal(shmcol_writer_dictionary(w, 0, &good, 0, NULL), SHMCOL_ERR_WRONG_TYPE);
    shmcol_writer_abort(w);
    assert_int_equal(shmcol_writer_create(support_path("t"), &field, 1, &options, &w, NULL),
                     SHMCOL_OK);
    assert_int_equal(shmcol_writer_dictionary(w, 1, &good, 0, NULL), SHMCOL_ERR_NO_COLUMN);
    shmcol_writer_abort(w);
}

/* A dictionary column that is asked for, and does not fit the memory. */
static void test_memory_bound(void **state)
{
    (void)state;
    enum { ROWS = 60000 };
    shmcol_field field = SHMCOL_FIELD_INIT;
    shmcol_writer_options options = SHMCOL_WRITER_OPTIONS_INIT;
    shmcol_writer *w;
    shmcol_error err = SHMCOL_ERROR_INIT;
    field.type = SHMCOL_DICTIONARY;
    options.memory = 4u << 20;
    options.overwrite = 1;
    char(*cells)[40] = calloc(ROWS, sizeof *cells);
    for (uint32_t i = 0; i < ROWS; i++)
        sprintf(cells[i], "%039u", i);
    shmcol_column_data data = SHMCOL_COLUMN_DATA_INIT;
    data.values = cells;
    data.layout = SHMCOL_STRINGS_FIXED;
    data.width = sizeof *cells;
    assert_int_equal(shmcol_writer_create(support_path("t"), &field, 1, &options, &w, NULL),
                     SHMCOL_OK);
    assert_int_equal(shmcol_writer_append(w, ROWS, &data, 1, &err), SHMCOL_ERR_MEMORY_BOUND);
    assert_int_equal(err.column, 0);
    assert_true(err.row > 0);
    shmcol_writer_abort(w);
    options.memory = 1000;
    assert_int_equal(shmcol_writer_create(support_path("t"), &field, 1, &options, &w, NULL),
                     SHMCOL_ERR_MEMORY_BOUND);
    free(cells);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_word_table),       cmocka_unit_test(test_built),
        cmocka_unit_test(test_built_empty),      cmocka_unit_test(test_automatic),
        cmocka_unit_test(test_automatic_memory), cmocka_unit_test(test_given),
        cmocka_unit_test(test_given_errors),     cmocka_unit_test(test_memory_bound),
    };
    return cmocka_run_group_tests(tests, support_begin, support_end);
}
