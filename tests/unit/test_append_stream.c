/* Appending Arrow streams and files: types, names and dictionaries meet those of the table. */
#include "append_support.h"
#include "arrow_support.h"

/* ---- every type ---- */

/* Rows [first, first + rows) of `b` are those of `a`. */
static void same_rows(shmcol_file *a, shmcol_file *b, uint64_t first, uint64_t rows)
{
    struct ArrowArrayStream streams[2];
    struct ArrowSchema schemas[2];
    struct ArrowArray arrays[2];
    shmcol_error err = SHMCOL_ERROR_INIT;
    arrow_ok(shmcol_export_stream(a, NULL, 0, 0, 0, &streams[0], &err), &err);
    arrow_ok(shmcol_export_rows(b, NULL, 0, first, rows, 0, 0, &streams[1], &err), &err);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(streams[i].get_schema(&streams[i], &schemas[i]), 0);
        assert_int_equal(streams[i].get_next(&streams[i], &arrays[i]), 0);
    }
    for (int64_t i = 0; i < schemas[0].n_children; i++)
        arrow_same_array(schemas[0].children[i], arrays[0].children[i], schemas[1].children[i],
                         arrays[1].children[i]);
    for (int i = 0; i < 2; i++) {
        arrays[i].release(&arrays[i]);
        schemas[i].release(&schemas[i]);
        streams[i].release(&streams[i]);
    }
}

static shmcol_status append_as_stream(const char *dir, shmcol_file *file, uint64_t batch_rows,
                                      const shmcol_append_options *o, shmcol_error *err)
{
    struct ArrowArrayStream stream;
    arrow_ok(shmcol_export_stream(file, NULL, 0, batch_rows, 0, &stream, err), err);
    shmcol_status status = shmcol_append_stream(dir, &stream, o, err);
    stream.release(&stream);
    return status;
}

static void every_type(void **state)
{
    (void)state;
    const char *dir = append_directory("types");
    shmcol_append_report report;
    shmcol_append_options o = append_options(&report);
    shmcol_error err = SHMCOL_ERROR_INIT;
    arrow_make_table(support_path("source"), 1000, true);
    shmcol_file *source = arrow_open(support_path("source")), *table, *part;
    append_good(shmcol_append_file(dir, source, &o, &err), &err);
    append_good(shmcol_append_file(dir, source, &o, &err), &err);
    append_good(append_as_stream(dir, source, 0, &o, &err), &err);
    append_good(append_as_stream(dir, source, 77, &o, &err), &err);
    append_good(shmcol_open(dir, NULL, &table, &err), &err);
    append_verify_parts(table);
    assert_int_equal(shmcol_part(table, 0, &part, NULL), SHMCOL_OK);
    for (uint64_t i = 0; i < 4; i++)
        same_rows(source, part, i * 1000, 1000);
    shmcol_close(table);
    shmcol_close(source);
}

/* Batches beyond the memory bound go to a temporary file; the table is the same. */
static void long_streams(void **state)
{
    (void)state;
    const char *whole = append_directory("whole"), *dir = append_directory("long");
    shmcol_append_report report;
    shmcol_append_options o = append_options(&report);
    shmcol_error err = SHMCOL_ERROR_INIT;
    append_good(append_rows_to(whole, 0, 300000, 100, &o, &err), &err);
    shmcol_file *source = append_check(whole, 300000, 100);
    shmcol_file *first, *second;
    assert_int_equal(shmcol_part(source, 0, &first, NULL), SHMCOL_OK);
    assert_int_equal(shmcol_part(source, 1, &second, NULL), SHMCOL_OK);
    o.memory = 4 << 20;
    append_good(append_as_stream(dir, first, 10000, &o, &err), &err);
    append_good(append_as_stream(dir, second, 10000, &o, &err), &err);
    shmcol_close(source);
    shmcol_close(append_check(dir, 300000, 100));
}

/* ---- dictionaries ---- */

typedef struct words {
    struct ArrowSchema schema;
    struct ArrowArray array;
    int32_t offsets[16];
    const void *buffers[3];
    char bytes[200];
} words;

/* Makes an array of the words in `text`, which blanks separate. */
static struct ArrowArray *make_words(words *w, const char *text)
{
    int64_t n = 0;
    int32_t at = 0;
    for (const char *t = text; *t != 0;) {
        const size_t length = strcspn(t, " ");
        memcpy(w->bytes + at, t, length);
        w->offsets[n++] = at;
        at += (int32_t)length;
        t += length + (t[length] == ' ');
    }
    w->offsets[n] = at;
    w->buffers[0] = NULL;
    w->buffers[1] = w->offsets;
    w->buffers[2] = w->bytes;
    arrow_hand_schema(&w->schema, "u", "", 0);
    arrow_hand_array(&w->array, n, 0, 3, w->buffers);
    return &w->array;
}

/* Appends a batch of plain strings. */
static shmcol_status append_strings(const char *dir, const char *text,
                                    const shmcol_append_options *o, shmcol_error *err)
{
    words w;
    arrow_hand_table table;
    const struct ArrowArray *array = make_words(&w, text);
    arrow_hand_table_make(&table, "u", ARROW_FLAG_NULLABLE);
    arrow_hand_batch(&table, array->length, 0, 3, w.buffers);
    return arrow_hand_append(&table, dir, o, err);
}

/* Appends batches of a dictionary column, whose dictionaries are the n texts; each row of a batch
 * is one word. */
static shmcol_status append_dictionaries(const char *dir, const char *const *texts, int n,
                                         int64_t flags, const shmcol_append_options *o,
                                         shmcol_error *err)
{
    static const int8_t codes[] = {0, 1, 2, 3, 4, 5, 6, 7};
    const void *buffers[] = {NULL, codes};
    words w[4];
    arrow_hand_table table;
    arrow_hand_table_make(&table, "c", ARROW_FLAG_NULLABLE | flags);
    for (int i = 0; i < n; i++) {
        struct ArrowArray *values = make_words(&w[i], texts[i]);
        arrow_hand_batch(&table, values->length, 0, 2, buffers)->dictionary = values;
        table.column.dictionary = &w[i].schema;
    }
    return arrow_hand_append(&table, dir, o, err);
}

static void expect(const char *dir, const char *rows, const char *dictionary, int sorted)
{
    shmcol_file *table, *part;
    shmcol_error err = SHMCOL_ERROR_INIT;
    shmcol_column_info info = SHMCOL_COLUMN_INFO_INIT;
    append_good(shmcol_open(dir, NULL, &table, &err), &err);
    append_verify_parts(table);
    assert_int_equal(shmcol_part(table, 0, &part, NULL), SHMCOL_OK);
    assert_string_equal(arrow_text_of(part), rows);
    assert_int_equal(shmcol_get_column(part, 0, &info, NULL), SHMCOL_OK);
    assert_int_equal(info.type, dictionary != NULL ? SHMCOL_DICTIONARY : SHMCOL_STRING);
    if (dictionary != NULL) {
        assert_string_equal(arrow_dictionary_of(part), dictionary);
        assert_int_equal(info.dictionary_sorted, sorted);
    }
    shmcol_close(table);
}

/* F-82: the words that are there, then the new ones, sorted among themselves. */
static void dictionaries_extend(void **state)
{
    (void)state;
    static const char *const first[] = {"pear fig", "fig kiwi"}, *const second[] = {"lime"},
                             *const third[] = {"zebra kiwi apple"};
    const char *dir = append_directory("extend");
    shmcol_append_report report;
    const shmcol_append_options o = append_options(&report);
    shmcol_error err = SHMCOL_ERROR_INIT;
    append_good(append_dictionaries(dir, first, 2, 0, &o, &err), &err);
    expect(dir, "pear fig fig kiwi", "fig kiwi pear", 1);
    append_good(append_dictionaries(dir, second, 1, 0, &o, &err), &err);
    expect(dir, "pear fig fig kiwi lime", "fig kiwi pear lime", 0);
    append_good(append_dictionaries(dir, third, 1, 0, &o, &err), &err);
    expect(dir, "pear fig fig kiwi lime zebra kiwi apple", "fig kiwi pear lime apple zebra", 0);
    /* Plain strings become codes. */
    append_good(append_strings(dir, "fig bread", &o, &err), &err);
    expect(dir, "pear fig fig kiwi lime zebra kiwi apple fig bread",
           "fig kiwi pear lime apple zebra bread", 0);
}

static void dictionary_to_strings(void **state)
{
    (void)state;
    static const char *const texts[] = {"x y"}, *const never[] = {"never"};
    const char *dir = append_directory("strings");
    shmcol_append_report report;
    shmcol_append_options o = append_options(&report);
    shmcol_error err = SHMCOL_ERROR_INIT;
    o.dictionary = never;
    o.n_dictionary = 1;
    append_good(append_strings(dir, "b a", &o, &err), &err);
    expect(dir, "b a", NULL, 0);
    append_good(append_dictionaries(dir, texts, 1, 0, &o, &err), &err);
    expect(dir, "b a x y", NULL, 0);
    append_good(append_dictionaries(dir, texts, 1, ARROW_FLAG_DICTIONARY_ORDERED, &o, &err), &err);
    expect(dir, "b a x y x y", NULL, 0);
}

static void ordered_dictionaries(void **state)
{
    (void)state;
    static const char *const first[] = {"small medium large", "small large"},
                             *const known[] = {"large small"}, *const more[] = {"small huge"},
                             *const two[] = {"small", "small large"};
    const char *dir = append_directory("ordered");
    shmcol_append_report report;
    const shmcol_append_options o = append_options(&report);
    shmcol_error err = SHMCOL_ERROR_INIT;
    const int64_t ordered = ARROW_FLAG_DICTIONARY_ORDERED;
    assert_int_equal(append_dictionaries(dir, two, 2, ordered, &o, &err),
                     SHMCOL_ERR_TYPE_UNSUPPORTED);
    assert_int_not_equal(access(dir, F_OK), 0);
    append_good(append_dictionaries(dir, first, 2, ordered, &o, &err), &err);
    expect(dir, "small medium large small large", "small medium large", 0);
    append_good(append_dictionaries(dir, known, 1, 0, &o, &err), &err);
    append_good(append_strings(dir, "medium", &o, &err), &err);
    expect(dir, "small medium large small large large small medium", "small medium large", 0);
    assert_int_equal(append_dictionaries(dir, more, 1, ordered, &o, &err),
                     SHMCOL_ERR_TYPE_UNSUPPORTED);
    assert_non_null(strstr(err.message, "\"huge\""));
    assert_int_equal(append_strings(dir, "tiny", &o, &err), SHMCOL_ERR_TYPE_UNSUPPORTED);
    expect(dir, "small medium large small large large small medium", "small medium large", 0);
    assert_int_equal(append_names(dir), 1);
}

/* Makes a file of one string column: `rows` numbers below `distinct`. */
static shmcol_file *numbers_as_text(const char *name, uint64_t rows, uint64_t distinct)
{
    shmcol_field f = SHMCOL_FIELD_INIT;
    shmcol_column_data c = SHMCOL_COLUMN_DATA_INIT;
    shmcol_writer_options o = SHMCOL_WRITER_OPTIONS_INIT;
    shmcol_writer *w;
    char(*texts)[16] = calloc(rows, sizeof *texts);
    f.name = "x";
    f.name_length = 1;
    f.type = SHMCOL_STRING;
    o.no_sync = o.overwrite = 1;
    for (uint64_t i = 0; i < rows; i++)
        snprintf(texts[i], sizeof texts[i], "word%07u", (unsigned)(i * 7919 % distinct));
    c.values = texts;
    c.layout = SHMCOL_STRINGS_FIXED;
    c.width = sizeof *texts;
    assert_int_equal(shmcol_writer_create(support_path(name), &f, 1, &o, &w, NULL), SHMCOL_OK);
    assert_int_equal(shmcol_writer_append(w, rows, &c, 1, NULL), SHMCOL_OK);
    assert_int_equal(shmcol_writer_commit(w, NULL), SHMCOL_OK);
    free(texts);
    return arrow_open(support_path(name));
}

static void expect_type(const char *dir, shmcol_type type, uint64_t words)
{
    shmcol_file *table;
    shmcol_error err = SHMCOL_ERROR_INIT;
    shmcol_column_info info = SHMCOL_COLUMN_INFO_INIT;
    append_good(shmcol_open(dir, NULL, &table, &err), &err);
    assert_int_equal(shmcol_get_column(table, 0, &info, NULL), SHMCOL_OK);
    assert_int_equal(info.type, type);
    assert_int_equal(info.dictionary_length, words);
    append_verify_parts(table);
    shmcol_close(table);
}

/* Text of a first append: C-60 decides, for at most 4,096 words. */
static void automatic_dictionaries(void **state)
{
    (void)state;
    static const char *const always[] = {"x=always"};
    const char *dir = append_directory("few");
    shmcol_append_report report;
    shmcol_append_options o = append_options(&report);
    shmcol_error err = SHMCOL_ERROR_INIT;
    shmcol_file *few = numbers_as_text("f", 50000, 4096), *many = numbers_as_text("m", 50000, 4097),
                *unique = numbers_as_text("u", 100, 100);
    append_good(append_as_stream(dir, few, 999, &o, &err), &err);
    expect_type(dir, SHMCOL_DICTIONARY, 4096);
    append_good(append_as_stream(dir, many, 999, &o, &err), &err);
    expect_type(dir, SHMCOL_DICTIONARY, 4097);
    dir = append_directory("many");
    append_good(append_as_stream(dir, many, 999, &o, &err), &err);
    expect_type(dir, SHMCOL_STRING, 0);
    dir = append_directory("unique");
    append_good(append_as_stream(dir, unique, 0, &o, &err), &err);
    expect_type(dir, SHMCOL_STRING, 0);
    append_good(append_as_stream(dir, few, 0, &o, &err), &err);
    expect_type(dir, SHMCOL_STRING, 0);
    dir = append_directory("asked");
    o.dictionary = always;
    o.n_dictionary = 1;
    append_good(append_as_stream(dir, many, 999, &o, &err), &err);
    expect_type(dir, SHMCOL_DICTIONARY, 4097);
    /* A file's columns are what they are. */
    dir = append_directory("file");
    append_good(shmcol_append_file(dir, few, &o, &err), &err);
    expect_type(dir, SHMCOL_STRING, 0);
    shmcol_close(few);
    shmcol_close(many);
    shmcol_close(unique);
}

#ifndef SHMCOL_FEWER_VALUES
/* F-82: at most 1,048,576 words. */
static void too_many_words(void **state)
{
    (void)state;
    static const char *const always[] = {"always"};
    const char *dir = append_directory("limit");
    shmcol_append_report report;
    shmcol_append_options o = append_options(&report);
    shmcol_error err = SHMCOL_ERROR_INIT;
    shmcol_file *full = numbers_as_text("full", 1048576, 1048576),
                *one = numbers_as_text("one", 1, 1),
                *more = numbers_as_text("more", 1048577, 1048577);
    o.dictionary = always;
    o.n_dictionary = 1;
    assert_int_equal(append_as_stream(dir, more, 0, &o, &err), SHMCOL_ERR_LIMIT);
    append_good(append_as_stream(dir, full, 100000, &o, &err), &err);
    append_good(append_as_stream(dir, one, 0, &o, &err), &err);
    assert_int_equal(append_as_stream(dir, more, 0, &o, &err), SHMCOL_ERR_LIMIT);
    assert_string_equal(err.rule, "F-82");
    assert_non_null(strstr(err.hint, "shmcol-pack"));
    expect_type(dir, SHMCOL_DICTIONARY, 1048576);
    shmcol_close(full);
    shmcol_close(one);
    shmcol_close(more);
}

#endif

/* ---- names and types ---- */

/* Makes a file of columns "a", "b", … of the types, without rows. */
static shmcol_file *columns_of(const char *name, const char *names, const shmcol_type *types)
{
    shmcol_field f[8];
    shmcol_writer_options o = SHMCOL_WRITER_OPTIONS_INIT;
    shmcol_writer *w;
    const uint32_t n = (uint32_t)strlen(names);
    for (uint32_t i = 0; i < n; i++) {
        f[i] = (shmcol_field)SHMCOL_FIELD_INIT;
        f[i].name = names + i;
        f[i].name_length = 1;
        f[i].type = types[i];
        f[i].unit = SHMCOL_NANO;
    }
    o.no_sync = o.overwrite = 1;
    assert_int_equal(shmcol_writer_create(support_path(name), f, n, &o, &w, NULL), SHMCOL_OK);
    assert_int_equal(shmcol_writer_commit(w, NULL), SHMCOL_OK);
    return arrow_open(support_path(name));
}

static void refuse(const char *dir, const char *names, const shmcol_type *types,
                   shmcol_status status, const char *what)
{
    shmcol_append_report report;
    const shmcol_append_options o = append_options(&report);
    shmcol_error err = SHMCOL_ERROR_INIT;
    shmcol_file *file = columns_of("refused", names, types);
    assert_int_equal(shmcol_append_file(dir, file, &o, &err), status);
    assert_string_equal(err.rule, "F-81");
    if (strstr(err.message, what) == NULL)
        fail_msg("%s", err.message);
    err = (shmcol_error)SHMCOL_ERROR_INIT;
    assert_int_equal(append_as_stream(dir, file, 0, &o, &err), status);
    shmcol_close(file);
}

static void names_and_types(void **state)
{
    (void)state;
    static const shmcol_type types[] = {SHMCOL_INT64, SHMCOL_TIMESTAMP, SHMCOL_STRING},
                             turned[] = {SHMCOL_STRING, SHMCOL_INT64, SHMCOL_TIMESTAMP},
                             other[] = {SHMCOL_INT32, SHMCOL_TIMESTAMP, SHMCOL_STRING},
                             text[] = {SHMCOL_INT64, SHMCOL_STRING, SHMCOL_STRING};
    const char *dir = append_directory("names");
    shmcol_append_report report;
    const shmcol_append_options o = append_options(&report);
    shmcol_error err = SHMCOL_ERROR_INIT;
    shmcol_file *file = columns_of("first", "abc", types);
    append_good(shmcol_append_file(dir, file, &o, &err), &err);
    shmcol_close(file);
    file = columns_of("turned", "cab", turned);
    append_good(shmcol_append_file(dir, file, &o, &err), &err);
    shmcol_close(file);
    refuse(dir, "ab", types, SHMCOL_ERR_NO_COLUMN, "\"c\" of the table");
    refuse(dir, "abd", types, SHMCOL_ERR_NO_COLUMN, "\"d\" is not in the table");
    refuse(dir, "abc", other, SHMCOL_ERR_WRONG_TYPE, "int64 in the table, and int32");
    refuse(dir, "abc", text, SHMCOL_ERR_WRONG_TYPE, "timestamp[ns] in the table, and string");
    assert_int_equal(append_names(dir), 1);
}

/* The columns of what is appended may be in any order. */
static void any_order(void **state)
{
    (void)state;
    const char *dir = append_directory("order");
    static const uint32_t order[] = {2, 0, 1};
    shmcol_append_report report;
    const shmcol_append_options o = append_options(&report);
    shmcol_error err = SHMCOL_ERROR_INIT;
    append_good(append_rows_to(dir, 0, 1000, 10, &o, &err), &err);
    const char *more = append_directory("more");
    append_good(append_rows_to(more, 1000, 70000, 10, &o, &err), &err);
    shmcol_file *source, *part;
    append_good(shmcol_open(more, NULL, &source, &err), &err);
    for (uint64_t i = 0; i < shmcol_parts(source); i++) {
        struct ArrowArrayStream stream;
        assert_int_equal(shmcol_part(source, i, &part, NULL), SHMCOL_OK);
        append_good(shmcol_export_stream(part, order, 3, 7777, 0, &stream, &err), &err);
        append_good(shmcol_append_stream(dir, &stream, &o, &err), &err);
        stream.release(&stream);
    }
    shmcol_close(source);
    shmcol_close(append_check(dir, 71000, 10));
}

/* Broken batches are refused, and nothing is left. */
static void hostile_batches(void **state)
{
    (void)state;
    const char *dir = append_directory("hostile");
    shmcol_append_report report;
    const shmcol_append_options o = append_options(&report);
    shmcol_error err = SHMCOL_ERROR_INIT;
    static const int32_t offsets[] = {0, 5, 3, 9};
    const void *buffers[] = {NULL, offsets, "abcdefghi"};
    arrow_hand_table table;
    arrow_hand_table_make(&table, "u", 0);
    arrow_hand_batch(&table, 3, 0, 3, buffers);
    assert_int_equal(arrow_hand_append(&table, dir, &o, &err), SHMCOL_ERR_BAD_ARROW);
    arrow_hand_table_make(&table, "u", 0);
    arrow_hand_batch(&table, 1, 0, 3, buffers);
    table.batches[0].n_children = 0;
    assert_int_equal(arrow_hand_append(&table, dir, &o, &err), SHMCOL_ERR_BAD_ARROW);
    arrow_hand_table_make(&table, "u", 0);
    arrow_hand_batch(&table, 1, 0, 3, buffers);
    table.batches[0].length = INT64_MAX;
    assert_int_equal(arrow_hand_append(&table, dir, &o, &err), SHMCOL_ERR_BAD_ARROW);
    arrow_hand_table_make(&table, "u", 0);
    arrow_hand_batch(&table, 1, 0, 3, buffers);
    table.batches[0].length = -1;
    assert_int_equal(arrow_hand_append(&table, dir, &o, &err), SHMCOL_ERR_BAD_ARROW);
    assert_int_not_equal(access(dir, F_OK), 0);
    assert_int_equal(shmcol_append_stream(dir, NULL, &o, &err), SHMCOL_ERR_INVALID_ARGUMENT);
}

/* The row of a bad value counts from the first that is appended. */
static void bad_values(void **state)
{
    (void)state;
    const char *dir = append_directory("bad");
    shmcol_append_report report;
    const shmcol_append_options o = append_options(&report);
    shmcol_error err = SHMCOL_ERROR_INIT;
    append_good(append_strings(dir, "a b c", &o, &err), &err);
    assert_int_equal(append_strings(dir, "d \xff", &o, &err), SHMCOL_ERR_BAD_VALUE);
    assert_int_equal(err.row, 1);
    expect(dir, "a b c", NULL, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_type),           cmocka_unit_test(long_streams),
        cmocka_unit_test(dictionaries_extend),  cmocka_unit_test(dictionary_to_strings),
        cmocka_unit_test(ordered_dictionaries), cmocka_unit_test(automatic_dictionaries),
#ifndef SHMCOL_FEWER_VALUES
        cmocka_unit_test(too_many_words),
#endif
        cmocka_unit_test(names_and_types),      cmocka_unit_test(any_order),
        cmocka_unit_test(hostile_batches),      cmocka_unit_test(bad_values),
    };
    return cmocka_run_group_tests(tests, support_begin, support_remove);
}
