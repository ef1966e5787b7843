/* Streams that break off, and batches for a writer of other columns: each is an error, and whatever
 * was handed over is released once. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "arrow_support.h"

/* ---- streams ---- */

/* Structures that own memory: what is not released leaks, and what is released twice is freed
 * twice. */
static int live;

static void free_schema(struct ArrowSchema *schema)
{
    for (int64_t i = 0; i < schema->n_children; i++) {
        if (schema->children[i]->release != NULL)
            schema->children[i]->release(schema->children[i]);
        free(schema->children[i]);
    }
    free(schema->children);
    schema->release = NULL;
    live--;
}

static void free_array(struct ArrowArray *array)
{
    for (int64_t i = 0; i < array->n_children; i++) {
        if (array->children[i]->release != NULL)
            array->children[i]->release(array->children[i]);
        free(array->children[i]);
    }
    for (int64_t i = 0; i < array->n_buffers; i++)
        free((void *)(uintptr_t)array->buffers[i]);
    free(array->children);
    free(array->buffers);
    array->release = NULL;
    live--;
}

static void own_schema(struct ArrowSchema *schema, const char *format, const char *name,
                       int children)
{
    memset(schema, 0, sizeof *schema);
    schema->format = format;
    schema->name = name;
    schema->n_children = children;
    schema->children = calloc((size_t)children + 1, sizeof *schema->children);
    for (int i = 0; i < children; i++) {
        schema->children[i] = malloc(sizeof **schema->children);
        own_schema(schema->children[i], "l", i == 0 ? "x" : "y", 0);
    }
    schema->release = free_schema;
    live++;
}

static void own_array(struct ArrowArray *array, int64_t rows, int children)
{
    memset(array, 0, sizeof *array);
    array->length = rows;
    array->n_children = children;
    array->n_buffers = children > 0 ? 1 : 2;
    array->buffers = calloc(2, sizeof *array->buffers);
    if (children == 0)
        array->buffers[1] = calloc((size_t)rows, 8);
    array->children = calloc((size_t)children + 1, sizeof *array->children);
    for (int i = 0; i < children; i++) {
        array->children[i] = malloc(sizeof **array->children);
        own_array(array->children[i], rows, 0);
    }
    array->release = free_array;
    live++;
}

enum {
    GOOD,
    SCHEMA_RELEASED,
    SCHEMA_FOREIGN,
    NEXT_FAILS,
    MORE_COLUMNS,
    FEWER_COLUMNS,
    OTHER_BUFFERS,
    SHORTER,
    CHILD_RELEASED,
    FAULTS
};

typedef struct own_stream {
    int fault, batches;
} own_stream;

static int own_get_schema(struct ArrowArrayStream *stream, struct ArrowSchema *out)
{
    own_stream *s = stream->private_data;
    own_schema(out, s->fault == SCHEMA_FOREIGN ? "+m" : "+s", "", 2);
    if (s->fault == SCHEMA_RELEASED)
        out->release(out);
    return 0;
}

static int own_get_next(struct ArrowArrayStream *stream, struct ArrowArray *out)
{
    own_stream *s = stream->private_data;
    memset(out, 0, sizeof *out);
    if (++s->batches > 3)
        return 0;
    if (s->batches < 3 || s->fault <= SCHEMA_FOREIGN) {
        own_array(out, 100, 2);
        return 0;
    }
    if (s->fault == NEXT_FAILS)
        return -7; /* no errno at all */
    own_array(out, 100, s->fault == MORE_COLUMNS ? 3 : s->fault == FEWER_COLUMNS ? 1 : 2);
    struct ArrowArray *child = out->children[0];
    if (s->fault == OTHER_BUFFERS)
        child->n_buffers = 1;
    if (s->fault == SHORTER)
        child->length = 99;
    if (s->fault == CHILD_RELEASED)
        child->release(child);
    if (s->fault == OTHER_BUFFERS) { /* for free_array */
        free((void *)(uintptr_t)child->buffers[1]);
        child->buffers[1] = NULL;
    }
    return 0;
}

static void own_release(struct ArrowArrayStream *stream)
{
    stream->release = NULL;
}

static void streams_that_break_off(void **state)
{
    (void)state;
    static const char *const whats[FAULTS] = {"",
                                              "missing or was released",
                                              "no struct",
                                              "the Arrow stream gave no batch: ",
                                              "as many columns",
                                              "as many columns",
                                              "number of buffers",
                                              "shorter",
                                              "missing or was released"};
    const char *path = support_path("stream.shmcol");
    for (int fault = 0; fault < FAULTS; fault++) {
        own_stream s = {fault, 0};
        struct ArrowArrayStream stream = {own_get_schema, own_get_next, NULL, own_release, &s};
        shmcol_error err = SHMCOL_ERROR_INIT;
        shmcol_writer_options options = SHMCOL_WRITER_OPTIONS_INIT;
        options.no_sync = 1;
        shmcol_status status = shmcol_write_stream(path, &stream, &options, &err);
        assert_int_equal(status, fault == GOOD         ? SHMCOL_OK
                                 : fault == NEXT_FAILS ? SHMCOL_ERR_IO
                                                       : SHMCOL_ERR_BAD_ARROW);
        if (strstr(err.message, whats[fault]) == NULL)
            fail_msg("%s", err.message);
        assert_int_equal(live, 0);
        assert_non_null(stream.release);
        assert_int_equal(remove(path), fault == GOOD ? 0 : -1);
    }
}

/* An error that was not begun with its macro, or is an older library's, is left alone. */
static void an_error_of_another_size(void **state)
{
    (void)state;
    own_stream s = {NEXT_FAILS, 2};
    struct ArrowArrayStream stream = {own_get_schema, own_get_next, NULL, own_release, &s};
    shmcol_error *small =
        arrow_exact((const size_t[]){sizeof(size_t)}, sizeof(size_t)); /* nothing but its size */
    assert_int_not_equal(shmcol_write_stream(support_path("small.shmcol"), &stream, NULL, small),
                         SHMCOL_OK);
    assert_int_equal(live, 0);
    arrow_forget();
}

static void options_without_their_arrays(void **state)
{
    (void)state;
    static const char *const missing[] = {"auto", NULL};
    char metadata[64];
    for (int i = 0; i < 3; i++) {
        const void *buffers[] = {NULL, arrow_exact(NULL, 8)};
        arrow_hand_table table;
        arrow_hand_table_make(&table, "l", 0);
        arrow_hand_metadata(metadata, 1, "a\0b\0");
        table.root.metadata = metadata;
        arrow_hand_batch(&table, 1, 0, 2, buffers);
        table.options = (shmcol_writer_options)SHMCOL_WRITER_OPTIONS_INIT;
        table.options.dictionary = i == 1 ? missing : NULL;
        table.options.n_dictionary = i == 0 ? 1 : i == 1 ? 2 : 0;
        table.options.metadata_count = i == 2;
        arrow_refused(&table, SHMCOL_ERR_INVALID_ARGUMENT,
                      i == 2   ? "options.metadata"
                      : i == 1 ? "no entry 1"
                               : "no entry 0");
    }
}

/* ---- a writer of other columns ---- */

static shmcol_writer *writer_of(const char *format, const char *shape)
{
    char metadata[256];
    arrow_hand_table table;
    shmcol_field *fields = NULL;
    uint32_t n = 0;
    shmcol_writer *writer = NULL;
    shmcol_error err = SHMCOL_ERROR_INIT;
    if (shape != NULL)
        arrow_hand_tensor(&table, metadata, shape, "+w:4", format);
    else
        arrow_hand_table_make(&table, format, 0);
    arrow_ok(shmcol_import_schema(&table.root, &fields, &n, &err), &err);
    arrow_ok(shmcol_writer_create(support_path("other.shmcol"), fields, n, NULL, &writer, &err),
             &err);
    shmcol_fields_free(fields);
    return writer;
}

static void a_batch_of_another_schema(void **state)
{
    (void)state;
    static const struct {
        const char *writer, *shape, *schema, *what;
    } cases[] = {{"l", NULL, "c", "is int8, but the writer's column 0 is int64"},
                 {"w:64", NULL, "w:1", "of another unit, zone, width or shape"},
                 {"u", NULL, "l", "is int64, but the writer's column 0 is string"},
                 {"z", NULL, "u", "is string, but the writer's column 0 is binary"},
                 {"l", NULL, "U", "is string, but the writer's column 0 is int64"},
                 {"tsn:", NULL, "tsu:", "of another unit, zone, width or shape"},
                 {"tsn:UTC", NULL, "tsn:", "of another unit, zone, width or shape"},
                 {"i", "{\"shape\":[2,2]}", "i", "is int32, but the writer's column 0 is tensor"},
                 {"tdm", NULL, "l", "is int64, but the writer's column 0 is date64"}};
    const void *buffers[] = {NULL, arrow_exact(NULL, 1), arrow_exact(NULL, 1)};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        arrow_hand_table table;
        shmcol_error err = SHMCOL_ERROR_INIT;
        shmcol_writer *writer = writer_of(cases[i].writer, cases[i].shape);
        arrow_hand_table_make(&table, cases[i].schema, 0);
        arrow_hand_batch(&table, 1, 0,
                         cases[i].schema[0] == 'u' || cases[i].schema[0] == 'U' ? 3 : 2, buffers);
        assert_int_equal(shmcol_writer_append_arrow(writer, &table.root, &table.batches[0], &err),
                         SHMCOL_ERR_WRONG_TYPE);
        if (strstr(err.message, cases[i].what) == NULL || strstr(err.message, "\"x\"") == NULL)
            fail_msg("%s", err.message);
        table.root.n_children = 0; /* too few */
        assert_int_equal(shmcol_writer_append_arrow(writer, &table.root, &table.batches[0], &err),
                         SHMCOL_ERR_BAD_ARROW);
        shmcol_writer_abort(writer);
    }
    arrow_forget();
}

/* Parameters that are the same are the same, also where the type's unit is none. */
static void a_batch_of_the_same_schema(void **state)
{
    (void)state;
    static const struct {
        const char *format, *shape;
    } cases[] = {{"tdm", NULL},
                 {"tdD", NULL},
                 {"tsm:UTC", NULL},
                 {"ttn", NULL},
                 {"w:7", NULL},
                 {"b", NULL},
                 {"n", NULL},
                 {"tdD", "{\"shape\":[2,2]}"},
                 {"tDs", "{\"shape\":[4]}"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char metadata[256];
        arrow_hand_table table;
        shmcol_error err = SHMCOL_ERROR_INIT;
        shmcol_column_info info = SHMCOL_COLUMN_INFO_INIT;
        shmcol_writer *writer = writer_of(cases[i].format, cases[i].shape);
        struct ArrowArray item, *children[1] = {&item};
        const void *none[] = {NULL}, *buffers[] = {NULL, arrow_exact(NULL, 32)};
        if (cases[i].shape != NULL) {
            arrow_hand_tensor(&table, metadata, cases[i].shape, "+w:4", cases[i].format);
            arrow_hand_array(&item, 4, 0, 2, buffers);
            struct ArrowArray *list = arrow_hand_batch(&table, 1, 0, 1, none);
            list->children = children;
            list->n_children = 1;
        } else {
            arrow_hand_table_make(&table, cases[i].format, 0);
            arrow_hand_batch(&table, 1, 0, cases[i].format[0] == 'n' ? 0 : 2, buffers);
        }
        arrow_ok(shmcol_writer_append_arrow(writer, &table.root, &table.batches[0], &err), &err);
        arrow_ok(shmcol_writer_column(writer, 0, &info, &err), &err);
        assert_string_equal(info.name, "x");
        assert_int_equal(shmcol_writer_column(writer, 1, &info, &err), SHMCOL_ERR_NO_COLUMN);
        shmcol_writer_abort(writer);
        arrow_forget();
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(streams_that_break_off),       cmocka_unit_test(an_error_of_another_size),
        cmocka_unit_test(options_without_their_arrays), cmocka_unit_test(a_batch_of_another_schema),
        cmocka_unit_test(a_batch_of_the_same_schema),
    };
    return cmocka_run_group_tests(tests, support_begin, support_end);
}
