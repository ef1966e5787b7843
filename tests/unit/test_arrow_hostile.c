/* Arrow structures that lie, or are merely unusual: every one is refused with an error that names
 * the column, or taken as what it is. The buffers are exactly as large as they may be read, so that
 * the address sanitizer sees every byte too many. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "arrow_support.h"

/* ---- schemas ---- */

static void a_schema_that_points_at_nothing(void **state)
{
    (void)state;
    static const struct {
        const char *what;
        int tensor;
    } cases[] = {{"dictionary was released", 0}, {"dictionary was released or has no format", 0},
                 {"no children, but 1", 0},      {"no children, but 1", 0},
                 {"no children, but -1", 0},     {"elements is missing, was released", 1},
                 {"elements is missing", 1},     {"elements is missing", 1},
                 {"elements is missing", 1},     {"elements is missing", 1},
                 {"no children, but 3", 1}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char metadata[256];
        arrow_hand_table table;
        struct ArrowSchema values, *child;
        shmcol_field *fields = NULL;
        uint32_t n = 0;
        shmcol_error err = SHMCOL_ERROR_INIT;
        if (cases[i].tensor)
            arrow_hand_tensor(&table, metadata, "{\"shape\":[2,2]}", "+w:4", "s");
        else
            arrow_hand_table_make(&table, "i", 0);
        arrow_hand_schema(&values, "u", "", 0);
        struct ArrowSchema *column = &table.column;
        child = cases[i].tensor ? column->children[0] : &values;
        struct ArrowSchema *children[1] = {child}, *nobody[1] = {NULL};
        if (i < 4 && i != 2)
            column->dictionary = &values;
        switch (i) {
        case 0: values.release = NULL; break;
        case 1: values.format = NULL; break;
        case 2:
            column->n_children = 1;
            column->children = children;
            break;
        case 3: values.n_children = 1; break;
        case 4: column->n_children = -1; break;
        case 5: child->release = NULL; break;
        case 6: child->format = NULL; break;
        case 7: column->children = nobody; break;
        case 8: column->children = NULL; break;
        case 9: column->n_children = 2; break;
        default: child->n_children = 3; break;
        }
        shmcol_status status = shmcol_import_schema(&table.root, &fields, &n, &err);
        if (status != SHMCOL_ERR_BAD_ARROW || strstr(err.message, cases[i].what) == NULL ||
            err.column != 0)
            fail_msg("case %d: %s, %s", (int)i, shmcol_status_name(status), err.message);
        assert_null(fields);
    }
}

static void a_schema_without_end(void **state)
{
    (void)state;
    enum { DEPTH = 100000 };
    arrow_hand_table table;
    arrow_hand_table_make(&table, "i", 0);
    table.column.dictionary = &table.column; /* itself */
    arrow_refused(&table, SHMCOL_ERR_TYPE_UNSUPPORTED,
                  "\"x\" has the Arrow type dictionary<values=");
    struct ArrowSchema *deep = arrow_exact(NULL, DEPTH * sizeof *deep),
                       **children = arrow_exact(NULL, DEPTH * sizeof(void *));
    for (int i = 0; i < DEPTH; i++) {
        arrow_hand_schema(&deep[i], i + 1 < DEPTH ? "+l" : "i", "item", 0);
        children[i] = &deep[i];
        if (i > 0) {
            deep[i - 1].n_children = 1;
            deep[i - 1].children = &children[i];
        }
    }
    arrow_hand_table_make(&table, "i", 0);
    table.children[0] = deep;
    arrow_refused(&table, SHMCOL_ERR_TYPE_UNSUPPORTED, "\"item\" has the Arrow type list");
    arrow_hand_table_make(&table, "i", 0);
    table.root.n_children = UINT32_MAX; /* one is there: none is looked at */
    arrow_refused(&table, SHMCOL_ERR_LIMIT, "4294967295 columns");
    table.root.n_children = INT64_MAX;
    arrow_refused(&table, SHMCOL_ERR_LIMIT, "columns");
}

/* ---- arrays ---- */

/* Offsets whose place in the buffer wraps around to one before it, or in it. */
static void an_offset_beyond_all_memory(void **state)
{
    (void)state;
    static const struct {
        const char *format;
        int log; /* of the offset */
        int buffers;
    } cases[] = {{"l", 61, 2},  {"l", 60, 2},    {"i", 62, 2},         {"i", 61, 2},
                 {"s", 62, 2},  {"w:16", 60, 2}, {"w:1048576", 43, 2}, {"u", 62, 3},
                 {"u", 61, 3},  {"U", 61, 3},    {"U", 60, 3},         {"vu", 60, 3},
                 {"vu", 59, 3}, {"tsn:", 61, 2}, {"z", 62, 3},         {"vz", 60, 3},
                 {"g", 61, 2},  {"tdD", 62, 2}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        for (int minus = 0; minus < 2; minus++) {
            const void *buffers[] = {NULL, arrow_exact(NULL, 32), arrow_exact("a", 1)};
            arrow_hand_table table;
            arrow_hand_table_make(&table, cases[i].format, 0);
            arrow_hand_batch(&table, 1, 0, cases[i].buffers, buffers)->offset =
                (INT64_C(1) << cases[i].log) - minus;
            arrow_refused(&table, SHMCOL_ERR_BAD_ARROW,
                          "\"x\": its offset and length lead beyond all memory");
        }
    }
}

/* The same for what another array points at, and for the parent's offset. */
static void an_offset_of_others_beyond_all_memory(void **state)
{
    (void)state;
    char metadata[256];
    arrow_hand_table table;
    struct ArrowSchema values;
    struct ArrowArray array, *children[1] = {&array};
    for (int log = 59; log < 63; log++) {
        const int64_t offset = INT64_C(1) << log;
        const void *buffers[] = {NULL, arrow_exact("\0", 1)},
                   *words[] = {NULL, arrow_exact(NULL, 8), arrow_exact("a", 1)};
        arrow_hand_table_make(&table, "C", 0);
        arrow_hand_schema(&values, "U", "", 0);
        arrow_hand_array(&array, 1, 0, 3, words);
        array.offset = offset;
        table.column.dictionary = &values;
        arrow_hand_batch(&table, 1, 0, 2, buffers)->dictionary = &array;
        if (offset >= INT64_C(1) << 60)
            arrow_refused(&table, SHMCOL_ERR_BAD_ARROW,
                          "\"x\": dictionary: its offset and length lead beyond all memory");
        const void *none[] = {NULL}, *items[] = {NULL, arrow_exact(NULL, 8)};
        arrow_hand_tensor(&table, metadata, "{\"shape\":[4]}", "+w:4", "i");
        arrow_hand_array(&array, 4, 0, 2, items);
        array.offset = offset;
        struct ArrowArray *list = arrow_hand_batch(&table, 1, 0, 1, none);
        list->children = children;
        list->n_children = 1;
        if (offset >= INT64_C(1) << 61)
            arrow_refused(&table, SHMCOL_ERR_BAD_ARROW,
                          "\"x\": its offset and length lead beyond all memory");
        array.offset = 0;
        list->offset = offset; /* as many elements are nowhere */
        list->length = 1;
        arrow_refused(&table, SHMCOL_ERR_BAD_ARROW, "\"x\": ");
        list->offset = 0;
        table.batches[0].offset = offset;
        arrow_refused(&table, SHMCOL_ERR_BAD_ARROW, "\"x\": the array is shorter than the table");
    }
}

/* The bitmap of the table is as long as the table says; that length is compared with the columns'
 * first. */
static void a_batch_longer_than_its_columns(void **state)
{
    (void)state;
    static const int64_t lengths[] = {9, 1 << 20, INT64_C(1) << 40, INT64_MAX};
    for (int i = 0; i < 4; i++) {
        const void *root[] = {arrow_exact("\xFF", 1)}, *buffers[] = {NULL, arrow_exact(NULL, 64)};
        arrow_hand_table table;
        arrow_hand_table_make(&table, "l", 0);
        arrow_hand_batch(&table, 8, 0, 2, buffers);
        table.batches[0].buffers = root;
        table.batches[0].null_count = -1;
        table.batches[0].length = lengths[i];
        arrow_refused(&table, SHMCOL_ERR_BAD_ARROW, "\"x\": the array is shorter than the table");
    }
    const void *root[] = {arrow_exact("\xFF\x01", 2)}, *buffers[] = {NULL, arrow_exact(NULL, 72)};
    arrow_hand_table table;
    arrow_hand_table_make(&table, "l", 0);
    arrow_hand_batch(&table, 9, 0, 2, buffers);
    table.batches[0].buffers = root;
    table.batches[0].null_count = -1;
    shmcol_close(arrow_hand_open(&table));
    arrow_forget();
}

/* Polars counts one buffer for an array of the null type: the bitmap that it does not have. */
static void null_arrays_of_one_buffer(void **state)
{
    (void)state;
    for (int64_t buffers = -1; buffers <= 3; buffers++) {
        for (int given = 0; given < 2; given++) {
            const void *pointers[] = {given ? arrow_exact("", 1) : NULL, NULL, NULL};
            arrow_hand_table table;
            arrow_hand_table_make(&table, "n", ARROW_FLAG_NULLABLE);
            arrow_hand_batch(&table, 3, given ? 3 : 0, buffers, pointers)->offset = 10;
            if (buffers < 0 || buffers > 1) {
                arrow_refused(&table, SHMCOL_ERR_BAD_ARROW, "\"x\": not the number of buffers");
                continue;
            }
            shmcol_file *file = arrow_hand_open(&table);
            assert_string_equal(arrow_text_of(file), "(null) (null) (null)");
            shmcol_close(file);
            remove(support_path("hand.shmcol"));
            arrow_forget();
        }
    }
}

static void views_of_buffers_that_are_not_there(void **state)
{
    (void)state;
    static const struct {
        int64_t buffers, size;
        const char *what;
    } cases[] = {{INT64_MAX, 20, "number of buffers"},
                 {INT64_MIN, 20, "number of buffers"},
                 {2, 20, "number of buffers"},
                 {(INT64_C(1) << 31) + 3, 20, "number of buffers"},
                 {4, -1, "a buffer of a negative size"},
                 {4, INT64_MIN, "a buffer of a negative size"},
                 {4, 20, "bytes in a buffer that is missing"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const int32_t view[4] = {20, 0, 0, 0};
        const void *buffers[] = {NULL, arrow_exact(view, 16), i == 6 ? NULL : arrow_exact(NULL, 20),
                                 arrow_exact(&cases[i].size, 8)};
        arrow_hand_table table;
        arrow_hand_table_make(&table, "vu", 0);
        arrow_hand_batch(&table, 1, 0, cases[i].buffers, buffers);
        arrow_refused(&table, SHMCOL_ERR_BAD_ARROW, cases[i].what);
    }
    const int64_t none = 0; /* an empty buffer may be missing */
    const void *buffers[] = {NULL, arrow_exact("\3\0\0\0abc\0\0\0\0\0\0\0\0\0", 16), NULL,
                             arrow_exact(&none, 8)};
    arrow_hand_table table;
    arrow_hand_table_make(&table, "vu", 0);
    arrow_hand_batch(&table, 1, 0, 4, buffers);
    shmcol_file *file = arrow_hand_open(&table);
    assert_string_equal(arrow_text_of(file), "abc");
    shmcol_close(file);
    remove(support_path("hand.shmcol"));
    arrow_forget();
}

/* Offsets that ascend far beyond the bytes and come back to them rows later, when the writer would
 * have read them. `bits`: beside a column that makes the import go in pieces. */
static void offsets_that_come_back(void **state)
{
    (void)state;
    enum { ROWS = 70000 };
    static const int high[] = {1, 100, 4096, 4097, 8192, 65535, 65536, 65537, 69999};
    for (size_t i = 0; i < 4 * sizeof high / sizeof *high; i++) {
        bool wide = i % 2 == 0, bits = i / 2 % 2 == 0;
        int64_t *offsets = arrow_exact(NULL, (ROWS + 1) * sizeof *offsets);
        int32_t *narrow = arrow_exact(NULL, (ROWS + 1) * sizeof *narrow);
        for (int k = 0; k <= ROWS; k++) {
            offsets[k] = k >= high[i / 4] && k < ROWS ? (wide ? INT64_C(1) << 40 : INT32_MAX)
                         : k > 0                      ? 3
                                                      : 0;
            narrow[k] = (int32_t)offsets[k];
        }
        const void *buffers[] = {NULL, wide ? (const void *)offsets : (const void *)narrow,
                                 arrow_exact("abc", 3)};
        const void *bools[] = {NULL, arrow_exact(NULL, (ROWS + 7) / 8)};
        arrow_hand_table table;
        arrow_hand_table_make(&table, wide ? "U" : "u", 0);
        arrow_hand_batch(&table, ROWS, 0, 3, buffers);
        struct ArrowSchema flag, *columns[2] = {&table.column, &flag};
        struct ArrowArray flags, *arrays[2] = {&table.arrays[0], &flags};
        arrow_hand_schema(&flag, "b", "flag", 0);
        arrow_hand_array(&flags, ROWS, 0, 2, bools);
        if (bits) {
            table.root.children = columns;
            table.root.n_children = 2;
            table.batches[0].children = arrays;
            table.batches[0].n_children = 2;
        }
        shmcol_error err = SHMCOL_ERROR_INIT;
        shmcol_status status = arrow_hand_write(&table, support_path("no.shmcol"), &err);
        assert_int_equal(shmcol_status_class(status), SHMCOL_CLASS_DATA);
        assert_int_equal(err.column, 0);
        assert_true(err.row >= 0 && err.row < ROWS);
        arrow_forget();
    }
}

/* The same at the table's last row, where the array has more rows than the table. */
static void offsets_that_come_back_behind_the_table(void **state)
{
    (void)state;
    for (int wide = 0; wide < 2; wide++) {
        const int64_t large[] = {0, 1, 4096, 3};
        const int32_t small[] = {0, 1, 4096, 3};
        const void *offsets =
            wide ? arrow_exact(large, sizeof large) : arrow_exact(small, sizeof small);
        const void *buffers[] = {NULL, offsets, arrow_exact("abc", 3)};
        arrow_hand_table table;
        arrow_hand_table_make(&table, wide ? "U" : "u", 0);
        arrow_hand_batch(&table, 3, 0, 3, buffers);
        table.batches[0].length = 2;
        arrow_refused(&table, SHMCOL_ERR_BAD_ARROW, "its offsets do not ascend");
    }
}

/* ---- dictionaries ---- */

static void dictionaries_that_lie(void **state)
{
    (void)state;
    static const struct {
        const char *what;
    } cases[] = {{"the array is missing or was released"},
                 {"negative length"},
                 {"negative length"},
                 {"negative length"},
                 {"not the number of buffers"},
                 {"not the number of buffers"},
                 {"no values"},
                 {"nulls, but no validity bitmap"},
                 {"more nulls than values"},
                 {"not the dictionary its type has"},
                 {"not the children its type has"},
                 {"its offsets do not ascend, or there are no bytes"},
                 {"its offsets do not ascend, or there are no bytes"},
                 {"lies outside the dictionary's bytes"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int32_t *offsets = arrow_exact((const int32_t[]){0, 1, 2}, 12);
        const void *buffers[] = {NULL, arrow_exact("\0\1", 2)},
                   *words[] = {NULL, offsets, arrow_exact("ab", 2)};
        struct ArrowSchema values;
        struct ArrowArray array, *children[1] = {&array};
        arrow_hand_table table;
        arrow_hand_table_make(&table, "C", 0);
        arrow_hand_schema(&values, "u", "", 0);
        arrow_hand_array(&array, 2, 0, 3, words);
        table.column.dictionary = &values;
        arrow_hand_batch(&table, 2, 0, 2, buffers)->dictionary = &array;
        switch (i) {
        case 0: array.release = NULL; break;
        case 1: array.length = -1; break;
        case 2: array.offset = INT64_MIN; break;
        case 3: array.null_count = -2; break;
        case 4: array.n_buffers = 2; break;
        case 5: array.buffers = NULL; break;
        case 6: words[1] = NULL; break;
        case 7: array.null_count = 1; break;
        case 8: array.null_count = 3; break;
        case 9: array.dictionary = &array; break;
        case 10:
            array.n_children = 1;
            array.children = children;
            break;
        case 11: words[2] = NULL; break;
        case 12: offsets[2] = -1; break;
        default: offsets[1] = 3; break;
        }
        arrow_refused(&table, SHMCOL_ERR_BAD_ARROW, cases[i].what);
    }
}

/* ---- tensors ---- */

static void tensors_whose_elements_lie(void **state)
{
    (void)state;
    static const char *const whats[] = {"children its type has",
                                        "children its type has",
                                        "children its type has",
                                        "missing or was released",
                                        "shorter than the table",
                                        "number of buffers",
                                        "no values",
                                        "nulls, but no validity",
                                        "dictionary its type has",
                                        "children its type has",
                                        "shorter than the table"};
    for (size_t i = 0; i < sizeof whats / sizeof *whats; i++) {
        char metadata[256];
        const void *none[] = {NULL}, *items[] = {NULL, arrow_exact(NULL, 16)};
        struct ArrowArray item, *children[1] = {&item};
        arrow_hand_table table;
        arrow_hand_tensor(&table, metadata, "{\"shape\":[2,2]}", "+w:4", "s");
        arrow_hand_array(&item, 8, 0, 2, items);
        struct ArrowArray *list = arrow_hand_batch(&table, 2, 0, 1, none);
        list->children = children;
        list->n_children = 1;
        switch (i) {
        case 0: list->n_children = 0; break;
        case 1: list->children = NULL; break;
        case 2: children[0] = NULL; break;
        case 3: item.release = NULL; break;
        case 4: item.length = 7; break;
        case 5: item.n_buffers = 1; break;
        case 6: items[1] = NULL; break;
        case 7: item.null_count = 1; break;
        case 8: item.dictionary = &item; break;
        case 9: item.n_children = 1; break;
        default: list->offset = 1; break;
        }
        arrow_refused(&table, SHMCOL_ERR_BAD_ARROW, whats[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_schema_that_points_at_nothing),
        cmocka_unit_test(a_schema_without_end),
        cmocka_unit_test(an_offset_beyond_all_memory),
        cmocka_unit_test(an_offset_of_others_beyond_all_memory),
        cmocka_unit_test(a_batch_longer_than_its_columns),
        cmocka_unit_test(null_arrays_of_one_buffer),
        cmocka_unit_test(views_of_buffers_that_are_not_there),
        cmocka_unit_test(offsets_that_come_back),
        cmocka_unit_test(offsets_that_come_back_behind_the_table),
        cmocka_unit_test(dictionaries_that_lie),
        cmocka_unit_test(tensors_whose_elements_lie),
    };
    return cmocka_run_group_tests(tests, support_begin, support_end);
}
