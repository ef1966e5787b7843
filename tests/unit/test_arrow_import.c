/* The import from the Arrow C data interface: what becomes of every form of array, sliced or not,
 * and that no malformed one is believed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "arrow_support.h"

/* ---- values ---- */

static void bits_become_bytes(void **state)
{
    (void)state;
    static uint8_t bits[30000], validity[30000];
    const void *buffers[] = {validity, bits};
    const int64_t length = 200001;
    for (size_t i = 0; i < sizeof bits; i++) {
        bits[i] = (uint8_t)(i * 37);
        validity[i] = (uint8_t)(i * 11 + 1);
    }
    for (int64_t offset = 0; offset < 9; offset += 4) {
        arrow_hand_table table;
        arrow_hand_table_make(&table, "b", ARROW_FLAG_NULLABLE);
        arrow_hand_batch(&table, length, -1, 2, buffers)->offset = offset;
        shmcol_file *file = arrow_hand_open(&table);
        const uint8_t *values, *valid;
        uint64_t n;
        arrow_ok(shmcol_bool8(file, "x", &values, &n, &valid, NULL), NULL);
        assert_int_equal(n, length);
        for (uint64_t i = 0; i < n; i++) {
            uint64_t at = i + (uint64_t)offset;
            assert_int_equal(shmcol_is_valid(valid, i), shmcol_is_valid(validity, at));
            assert_int_equal(values[i], shmcol_is_valid(validity, at) && shmcol_is_valid(bits, at));
        }
        shmcol_close(file);
    }
}

static void slices_of_the_parent_and_of_the_child_add_up(void **state)
{
    (void)state;
    int32_t numbers[100];
    const uint8_t validity[13] = {0xFF, 0xF7, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF,
                                  0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF}; /* 11 is null */
    const void *buffers[] = {validity, numbers};
    const int32_t *values;
    const uint8_t *valid;
    uint64_t n;
    arrow_hand_table table;
    for (int i = 0; i < 100; i++)
        numbers[i] = i;
    arrow_hand_table_make(&table, "i", ARROW_FLAG_NULLABLE);
    arrow_hand_batch(&table, 50, -1, 2, buffers)->offset = 3;
    table.batches[0].offset = 5;
    table.batches[0].length = 40;
    shmcol_file *file = arrow_hand_open(&table);
    arrow_ok(shmcol_int32(file, "x", &values, &n, &valid, NULL), NULL);
    assert_int_equal(n, 40);
    for (int i = 0; i < 40; i++)
        assert_int_equal(values[i], i == 3 ? 0 : i + 8);
    assert_int_equal(shmcol_is_valid(valid, 3), 0);
    shmcol_close(file);
}

static void small_and_large_strings_are_one(void **state)
{
    (void)state;
    const int32_t small[] = {0, 1, 1, 3, 6};
    const int64_t large[] = {0, 1, 1, 3, 6};
    const uint8_t validity[] = {0x0D}; /* the second is null */
    for (int wide = 0; wide < 2; wide++) {
        const void *buffers[] = {validity, wide ? (const void *)large : (const void *)small,
                                 "abbccc"};
        arrow_hand_table table;
        arrow_hand_table_make(&table, wide ? "U" : "u", ARROW_FLAG_NULLABLE);
        arrow_hand_batch(&table, 4, 1, 3, buffers);
        arrow_hand_batch(&table, 2, -1, 3, buffers)->offset = 2;
        shmcol_file *file = arrow_hand_open(&table);
        assert_string_equal(arrow_text_of(file), "a (null) bb ccc bb ccc");
        shmcol_close(file);
    }
}

typedef struct view {
    int32_t length;
    char text[4];
    int32_t buffer, offset;
} view;

static view inlined(const char *text)
{
    view v;
    memset(&v, 0, sizeof v);
    v.length = (int32_t)strlen(text);
    memcpy((char *)&v + 4, text, strlen(text));
    return v;
}

static view elsewhere(int32_t length, int32_t buffer, int32_t offset)
{
    view v = {length, "abcd", buffer, offset};
    return v;
}

static void views_are_followed(void **state)
{
    (void)state;
    const char first[] = "a string that is long", second[] = "xxanother one, as long";
    const int64_t sizes[] = {sizeof first - 1, sizeof second - 1};
    const uint8_t validity[] = {0x2F};
    const view views[] = {inlined("short"),    elsewhere(21, 0, 0), inlined(""),
                          elsewhere(20, 1, 2), elsewhere(99, 9, 9), inlined("twelve chars")};
    const void *buffers[] = {validity, views, first, second, sizes};
    arrow_hand_table table;
    arrow_hand_table_make(&table, "vu", ARROW_FLAG_NULLABLE);
    arrow_hand_batch(&table, 6, 1, 5, buffers);
    arrow_hand_batch(&table, 1, -1, 5, buffers)->offset = 3;
    shmcol_file *file = arrow_hand_open(&table);
    assert_string_equal(arrow_text_of(file), "short a string that is long  another one, as long "
                                             "(null) twelve chars another one, as long");
    shmcol_close(file);
}

static void views_outside_their_buffers_are_refused(void **state)
{
    (void)state;
    const char bytes[] = "a string that is long";
    const int64_t sizes[] = {sizeof bytes - 1};
    const view wrong[] = {elsewhere(-1, 0, 0),
                          elsewhere(13, 1, 0),
                          elsewhere(13, -1, 0),
                          elsewhere(13, 0, -1),
                          elsewhere(13, 0, 10),
                          elsewhere(22, 0, 0),
                          elsewhere(INT32_MAX, 0, INT32_MAX),
                          elsewhere(INT32_MIN, 0, 0)};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        const view views[] = {inlined("a"), wrong[i]};
        const void *buffers[] = {NULL, views, bytes, sizes};
        shmcol_error err = SHMCOL_ERROR_INIT;
        arrow_hand_table table;
        arrow_hand_table_make(&table, "vz", 0);
        arrow_hand_batch(&table, 2, 0, 4, buffers);
        assert_int_equal(arrow_hand_write(&table, support_path("no.shmcol"), &err),
                         SHMCOL_ERR_BAD_ARROW);
        assert_int_equal(err.row, 1);
        assert_int_equal(err.column, 0);
        assert_non_null(strstr(err.message, "\"x\""));
    }
}

static void many_long_views_go_in_pieces(void **state)
{
    (void)state;
    enum { N = 70000, LONG = 1 << 20 };
    char *text = malloc(LONG);
    view *views = malloc(N * sizeof *views);
    assert_true(text != NULL && views != NULL);
    memset(text, 'y', LONG);
    const int64_t sizes[] = {LONG};
    for (int i = 0; i < N; i++)
        views[i] = i % 3500 == 0 ? elsewhere(LONG - i, 0, i) : inlined("z");
    const void *buffers[] = {NULL, views, text, sizes};
    arrow_hand_table table;
    arrow_hand_table_make(&table, "vz", 0);
    arrow_hand_batch(&table, N, 0, 4, buffers);
    shmcol_file *file = arrow_hand_open(&table);
    shmcol_strings strings = SHMCOL_STRINGS_INIT;
    arrow_ok(shmcol_binary(file, "x", &strings, NULL), NULL);
    for (int64_t i = 0; i < N; i++)
        assert_int_equal(strings.offsets[i + 1] - strings.offsets[i], i % 3500 == 0 ? LONG - i : 1);
    shmcol_close(file);
    free(text);
    free(views);
}

static void the_null_type_is_a_string_column(void **state)
{
    (void)state;
    arrow_hand_table table;
    arrow_hand_table_make(&table, "n", ARROW_FLAG_NULLABLE);
    arrow_hand_batch(&table, 3, 3, 0, NULL);
    shmcol_file *file = arrow_hand_open(&table);
    assert_string_equal(arrow_text_of(file), "(null) (null) (null)");
    shmcol_close(file);
}

/* ---- extensions ---- */

static void bool8_is_brought_to_0_and_1(void **state)
{
    (void)state;
    char metadata[128];
    const int8_t values[] = {0, 1, -1, 5, 2};
    const void *buffers[] = {NULL, values};
    const uint8_t *got;
    uint32_t count;
    arrow_hand_table table;
    arrow_hand_metadata(metadata, 3,
                        "k\0v\0ARROW:extension:name\0arrow.bool8\0ARROW:extension:metadata\0\0");
    arrow_hand_table_make(&table, "c", 0);
    table.column.metadata = metadata;
    arrow_hand_batch(&table, 5, 0, 2, buffers);
    shmcol_file *file = arrow_hand_open(&table);
    arrow_ok(shmcol_bool8(file, "x", &got, NULL, NULL, NULL), NULL);
    assert_memory_equal(got, "\0\1\1\1\1", 5);
    arrow_ok(shmcol_metadata_count(file, 0, &count, NULL), NULL);
    assert_int_equal(count, 1);
    shmcol_close(file);
}

static void unknown_extensions_pass(void **state)
{
    (void)state;
    char metadata[128];
    const uint8_t values[32] = {1, 2, 3};
    const void *buffers[] = {NULL, values};
    shmcol_text key, value;
    arrow_hand_table table;
    arrow_hand_metadata(metadata, 2,
                        "ARROW:extension:name\0arrow.uuid\0ARROW:extension:metadata\0\0");
    arrow_hand_table_make(&table, "w:16", 0);
    table.column.metadata = metadata;
    arrow_hand_batch(&table, 2, 0, 2, buffers);
    shmcol_file *file = arrow_hand_open(&table);
    arrow_ok(shmcol_metadata_get(file, 0, 0, &key, &value, NULL), NULL);
    assert_int_equal(value.length, strlen("arrow.uuid"));
    assert_memory_equal(value.data, "arrow.uuid", value.length);
    shmcol_close(file);
    /* … but not where the storage would become another. */
    shmcol_field *fields = NULL;
    uint32_t n = 0;
    shmcol_error err = SHMCOL_ERROR_INIT;
    table.column.format = "b";
    assert_int_equal(shmcol_import_schema(&table.root, &fields, &n, &err),
                     SHMCOL_ERR_TYPE_UNSUPPORTED);
    assert_non_null(strstr(err.message, "arrow.uuid"));
}

static void tensors_are_taken_where_they_lie(void **state)
{
    (void)state;
    char metadata[256];
    int16_t numbers[30];
    for (int16_t i = 0; i < 30; i++)
        numbers[i] = i;
    const uint8_t validity[] = {0x0B}; /* row 2 is null */
    const void *buffers[] = {validity}, *item_buffers[] = {NULL, numbers};
    struct ArrowArray item, *children[1] = {&item};
    const void *values;
    const uint8_t *valid;
    arrow_hand_table table;
    arrow_hand_tensor(&table, metadata,
                      " { \"shape\" : [ 2 , 2 ], \"permutation\": [0,1], \"dim_names\": null }",
                      "+w:4", "s");
    arrow_hand_array(&item, 20, 0, 2, item_buffers);
    item.offset = 6;
    struct ArrowArray *list = arrow_hand_batch(&table, 3, -1, 1, buffers);
    list->offset = 1;
    list->children = children;
    list->n_children = 1;
    shmcol_file *file = arrow_hand_open(&table);
    arrow_ok(shmcol_tensor(file, "x", &values, NULL, &valid, NULL), NULL);
    for (int i = 0; i < 12; i++)
        assert_int_equal(((const int16_t *)values)[i], i / 4 == 1 ? 0 : 10 + i);
    assert_int_equal(shmcol_is_valid(valid, 1), 0);
    shmcol_close(file);
    /* A null element has no place, unless its row is null as a whole. */
    uint8_t elements[] = {0xFF, 0xFF, 0xFB, 0xFF}; /* 18: the first of row 2 */
    item_buffers[0] = elements;
    item.null_count = -1;
    shmcol_error err = SHMCOL_ERROR_INIT;
    assert_int_equal(arrow_hand_write(&table, support_path("no.shmcol"), &err),
                     SHMCOL_ERR_BAD_VALUE);
    assert_int_equal(err.row, 2);
    elements[2] = 0xFF;
    elements[1] = 0x3F; /* 14 and 15: in row 1 */
    shmcol_close(arrow_hand_open(&table));
}

/* ---- malformed arrays ---- */

static void malformed_arrays_are_refused(void **state)
{
    (void)state;
    static const int64_t numbers[8];
    static const uint8_t bits[1] = {0x7F};
    static const int64_t beyond[9] = {0, 0, 0, 0, 0, 0, 0, 0, 5}; /* 5 bytes that are not there */
    static const int64_t negative[9] = {-1}, descending[9] = {3, 3, 3, 3, 3, 3, 3, 3, 0};
    for (int i = 0; i < 22; i++) {
        const void *buffers[] = {NULL, numbers, NULL};
        const void *root_buffers[] = {bits};
        shmcol_error err = SHMCOL_ERROR_INIT;
        arrow_hand_table table;
        arrow_hand_table_make(&table, i >= 18 ? "U" : "l", ARROW_FLAG_NULLABLE);
        struct ArrowArray *array = arrow_hand_batch(&table, 8, 0, i >= 18 ? 3 : 2, buffers),
                          *root = &table.batches[0];
        switch (i) {
        case 0: array->release = NULL; break;
        case 1: array->length = -1; break;
        case 2: array->length = 7; break;
        case 3: array->offset = -1; break;
        case 4: array->offset = INT64_MAX; break;
        case 5: array->null_count = -2; break;
        case 6: array->null_count = 9; break;
        case 7: array->null_count = 1; break; /* without a bitmap */
        case 8: array->n_buffers = 1; break;
        case 9: array->n_buffers = 3; break;
        case 10: array->buffers = NULL; break;
        case 11: buffers[1] = NULL; break;
        case 12: array->n_children = 1; break;
        case 13: array->dictionary = array; break;
        case 14: root->length = 9; break;
        case 15: root->n_children = 2; break;
        case 16: table.batch_children[0] = NULL; break;
        case 17:
            root->buffers = root_buffers;
            root->null_count = -1; /* row 7 of the table is null */
            break;
        case 18: buffers[1] = beyond; break;
        case 19: buffers[1] = negative; break;
        case 20: buffers[1] = descending; break;
        default: array->n_buffers = 2; break;
        }
        shmcol_status status = arrow_hand_write(&table, support_path("no.shmcol"), &err);
        if (status != SHMCOL_ERR_BAD_ARROW)
            fail_msg("case %d: %s", i, shmcol_status_name(status));
    }
}

/* Offsets that only the writer can judge: it reads each of them anyway. */
static void offsets_that_descend_are_refused(void **state)
{
    (void)state;
    const int64_t wide[] = {0, 3, 2, 4};
    const int32_t narrow[] = {0, INT32_MAX, 2, 4};
    for (int i = 0; i < 2; i++) {
        const void *buffers[] = {NULL, i == 0 ? (const void *)wide : (const void *)narrow, "abcd"};
        shmcol_error err = SHMCOL_ERROR_INIT;
        arrow_hand_table table;
        arrow_hand_table_make(&table, i == 0 ? "U" : "u", 0);
        arrow_hand_batch(&table, 3, 0, 3, buffers);
        assert_int_not_equal(arrow_hand_write(&table, support_path("no.shmcol"), &err), SHMCOL_OK);
        assert_int_equal(err.column, 0);
        assert_int_equal(shmcol_status_class(err.status), SHMCOL_CLASS_DATA);
    }
}

static void errors_count_rows_of_the_whole_table(void **state)
{
    (void)state;
    const int64_t good[] = {0, 86400000}, bad[] = {86400000, 86400001};
    const void *first[] = {NULL, good}, *second[] = {NULL, bad};
    shmcol_error err = SHMCOL_ERROR_INIT;
    arrow_hand_table table;
    arrow_hand_table_make(&table, "tdm", 0);
    arrow_hand_batch(&table, 2, 0, 2, first);
    arrow_hand_batch(&table, 2, 0, 2, second);
    assert_int_equal(arrow_hand_write(&table, support_path("no.shmcol"), &err),
                     SHMCOL_ERR_BAD_VALUE);
    assert_int_equal(err.row, 3);
    assert_int_equal(err.column, 0);
}

/* ---- streams ---- */

static int fail_schema(struct ArrowArrayStream *stream, struct ArrowSchema *out)
{
    (void)stream;
    (void)out;
    return 12; /* ENOMEM */
}

static int fail_next(struct ArrowArrayStream *stream, struct ArrowArray *out)
{
    (void)stream;
    (void)out;
    return 5;
}

static int give_schema(struct ArrowArrayStream *stream, struct ArrowSchema *out)
{
    *out = *(struct ArrowSchema *)stream->private_data;
    return 0;
}

static const char *last_error(struct ArrowArrayStream *stream)
{
    (void)stream;
    return "the cable is out";
}

static void end_stream(struct ArrowArrayStream *stream)
{
    stream->release = NULL;
}

static void a_failing_stream_speaks(void **state)
{
    (void)state;
    arrow_hand_table table;
    arrow_hand_table_make(&table, "l", 0);
    shmcol_error err = SHMCOL_ERROR_INIT;
    struct ArrowArrayStream stream = {give_schema, fail_next, last_error, end_stream, &table.root};
    const char *path = support_path("never.shmcol");
    assert_int_equal(shmcol_write_stream(path, &stream, NULL, &err), SHMCOL_ERR_IO);
    assert_non_null(strstr(err.message, "the cable is out"));
    assert_int_equal(err.sys_errno, 5);
    stream.get_schema = fail_schema;
    assert_int_equal(shmcol_write_stream(path, &stream, NULL, NULL), SHMCOL_ERR_NO_MEMORY);
    stream.release = NULL;
    assert_int_equal(shmcol_write_stream(path, &stream, NULL, NULL), SHMCOL_ERR_INVALID_ARGUMENT);
    assert_int_equal(shmcol_write_stream(path, NULL, NULL, NULL), SHMCOL_ERR_INVALID_ARGUMENT);
    FILE *f = fopen(path, "rb");
    assert_null(f);
}

static void metadata_of_schema_and_caller_are_joined(void **state)
{
    (void)state;
    char metadata[128];
    static const int64_t numbers[2] = {4, 5};
    const void *buffers[] = {NULL, numbers};
    static const shmcol_pair own = {{"who", 3}, {"me", 2}};
    shmcol_writer_options options = SHMCOL_WRITER_OPTIONS_INIT;
    shmcol_error err = SHMCOL_ERROR_INIT;
    shmcol_writer *writer = NULL;
    shmcol_field *fields = NULL;
    uint32_t n = 0, count = 0;
    arrow_hand_table table;
    arrow_hand_metadata(metadata, 2, "a\0b\0a\0c\0");
    arrow_hand_table_make(&table, "l", 0);
    table.root.metadata = metadata;
    arrow_hand_batch(&table, 2, 0, 2, buffers);
    shmcol_file *file = arrow_hand_open(&table);
    arrow_ok(shmcol_metadata_count(file, SHMCOL_TABLE, &count, &err), &err);
    assert_int_equal(count, 2);
    shmcol_close(file);
    /* Field by field: the way of a caller who wants a writer of their own. */
    const char *path = support_path("own.shmcol");
    options.metadata = &own;
    options.metadata_count = 1;
    arrow_ok(shmcol_import_schema(&table.root, &fields, &n, &err), &err);
    arrow_ok(shmcol_writer_create(path, fields, n, &options, &writer, &err), &err);
    shmcol_fields_free(fields);
    arrow_ok(shmcol_writer_append_arrow(writer, &table.root, &table.batches[0], &err), &err);
    arrow_ok(shmcol_writer_append_arrow(writer, &table.root, &table.batches[0], &err), &err);
    assert_non_null(table.batches[0].release); /* stays the caller's */
    arrow_ok(shmcol_writer_commit(writer, &err), &err);
    file = arrow_open(path);
    const int64_t *values;
    uint64_t rows;
    arrow_ok(shmcol_int64(file, "x", &values, &rows, NULL, &err), &err);
    assert_int_equal(rows, 4);
    assert_int_equal(values[3], 5);
    shmcol_close(file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bits_become_bytes),
        cmocka_unit_test(slices_of_the_parent_and_of_the_child_add_up),
        cmocka_unit_test(small_and_large_strings_are_one),
        cmocka_unit_test(views_are_followed),
        cmocka_unit_test(views_outside_their_buffers_are_refused),
        cmocka_unit_test(many_long_views_go_in_pieces),
        cmocka_unit_test(the_null_type_is_a_string_column),
        cmocka_unit_test(bool8_is_brought_to_0_and_1),
        cmocka_unit_test(unknown_extensions_pass),
        cmocka_unit_test(tensors_are_taken_where_they_lie),
        cmocka_unit_test(malformed_arrays_are_refused),
        cmocka_unit_test(offsets_that_descend_are_refused),
        cmocka_unit_test(errors_count_rows_of_the_whole_table),
        cmocka_unit_test(a_failing_stream_speaks),
        cmocka_unit_test(metadata_of_schema_and_caller_are_joined),
    };
    return cmocka_run_group_tests(tests, support_begin, support_end);
}
