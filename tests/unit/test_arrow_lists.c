/* Imported lists: offsets of 32 and 64 bits, views in any order, elements that are converted, and
 * arrays that lie. Memory has exactly the size that the array claims, for the sanitizers. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "arrow_support.h"

enum { ROWS = 4 };

/* A table with one list column of 4 rows: [10, 20, 30], [], null, [40]. */
typedef struct lists {
    arrow_hand_table table;
    char metadata[256];
    const void *buffers[3], *items[3];
    struct ArrowArray item, *children[1];
    struct ArrowArray *array;
} lists;

static void make(lists *l, const char *format, const char *element)
{
    static const int32_t narrow[] = {0, 3, 3, 3, 4}, starts[] = {0, 3, 0, 3},
                         sizes[] = {3, 0, 2, 1};
    static const int64_t wide[] = {0, 3, 3, 3, 4};
    static const int32_t values[] = {10, 20, 30, 40};
    static const uint8_t valid[] = {0x0b};
    const bool view = format[1] == 'v', large = format[strlen(format) - 1] == 'L';
    arrow_hand_tensor(&l->table, l->metadata, "", format, element);
    l->table.column.metadata = NULL;
    l->table.column.flags = ARROW_FLAG_NULLABLE;
    l->items[0] = NULL;
    l->items[1] = arrow_exact(values, sizeof values);
    l->buffers[0] = arrow_exact(valid, 1);
    l->buffers[1] = large  ? arrow_exact(wide, sizeof wide)
                    : view ? arrow_exact(starts, sizeof starts)
                           : arrow_exact(narrow, sizeof narrow);
    l->buffers[2] = view ? arrow_exact(sizes, sizeof sizes) : NULL;
    arrow_hand_array(&l->item, 4, 0, 2, l->items);
    l->children[0] = &l->item;
    l->array = arrow_hand_batch(&l->table, ROWS, 1, view ? 3 : 2, l->buffers);
    l->array->children = l->children;
    l->array->n_children = 1;
}

static void expect_int32(shmcol_file *file)
{
    static const int32_t values[] = {10, 20, 30, 40};
    static const uint64_t lengths[] = {3, 0, 0, 1};
    shmcol_list list = SHMCOL_LIST_INIT;
    uint64_t first = 0, length = 0, at = 0;
    assert_int_equal(shmcol_list_column(file, 0, &list, NULL), SHMCOL_OK);
    assert_true(list.count == ROWS && list.element == SHMCOL_INT32 && list.n_elements == 4);
    for (uint64_t row = 0; row < ROWS; row++) {
        assert_int_equal(shmcol_list_at(&list, row, &first, &length), SHMCOL_OK);
        assert_int_equal(length, lengths[row]);
        assert_int_equal(shmcol_is_valid(list.validity, row), row != 2);
        assert_memory_equal((const int32_t *)list.elements + first, values + at, 4 * length);
        at += length;
    }
}

static void every_form_is_the_same_table(void **state)
{
    static const char *const forms[] = {"+l", "+L", "+vl"};
    (void)state;
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        lists l;
        make(&l, forms[i], "i");
        shmcol_file *file = arrow_hand_open(&l.table);
        expect_int32(file);
        shmcol_close(file);
        arrow_forget();
    }
}

/* Batches that are appended one by one may have lists of different forms. */
static void appended_forms_may_differ(void **state)
{
    static const char *const forms[] = {"+l", "+vl", "+L"};
    const char *path = support_path("appended.shmcol");
    shmcol_writer_options options = SHMCOL_WRITER_OPTIONS_INIT;
    shmcol_error err = SHMCOL_ERROR_INIT;
    shmcol_list list = SHMCOL_LIST_INIT;
    shmcol_field *fields = NULL;
    shmcol_writer *writer = NULL;
    uint32_t n = 0;
    (void)state;
    options.overwrite = options.no_sync = 1;
    for (int i = 0; i < 3; i++) {
        lists l;
        make(&l, forms[i], "i");
        if (i == 0) {
            arrow_ok(shmcol_import_schema(&l.table.root, &fields, &n, &err), &err);
            arrow_ok(shmcol_writer_create(path, fields, n, &options, &writer, &err), &err);
            shmcol_fields_free(fields);
        }
        arrow_ok(shmcol_writer_append_arrow(writer, &l.table.root, &l.table.batches[0], &err),
                 &err);
        arrow_forget();
    }
    arrow_ok(shmcol_writer_commit(writer, &err), &err);
    shmcol_file *file = arrow_open(path);
    arrow_ok(shmcol_verify(file, NULL, &err), &err);
    arrow_ok(shmcol_list_column(file, 0, &list, &err), &err);
    assert_true(list.count == 3 * ROWS && list.n_elements == 12);
    for (int i = 0; i < 12; i++)
        assert_int_equal(((const int32_t *)list.elements)[i], 10 + i % 4 * 10);
    shmcol_close(file);
}

/* Views that overlap, and lie in another order than their rows. */
static void views_in_any_order(void **state)
{
    static const int64_t starts[] = {2, 0, 1, 0}, sizes[] = {2, 3, 1, 4};
    static const int32_t wanted[] = {30, 40, 10, 20, 30, 10, 20, 30, 40};
    shmcol_list list = SHMCOL_LIST_INIT;
    lists l;
    (void)state;
    make(&l, "+vl", "i");
    l.table.column.format = "+vL";
    l.buffers[1] = arrow_exact(starts, sizeof starts);
    l.buffers[2] = arrow_exact(sizes, sizeof sizes);
    shmcol_file *file = arrow_hand_open(&l.table);
    assert_int_equal(shmcol_list_column(file, 0, &list, NULL), SHMCOL_OK);
    assert_int_equal(list.n_elements, 9); /* those of the null row are dropped */
    assert_memory_equal(list.elements, wanted, sizeof wanted);
    shmcol_close(file);
    arrow_forget();
}

static void elements_are_converted(void **state)
{
    static const uint8_t bits[] = {0x0d};
    static const uint8_t wanted[] = {1, 0, 1, 1};
    shmcol_list list = SHMCOL_LIST_INIT;
    (void)state;
    for (int view = 0; view < 2; view++) {
        lists l;
        make(&l, view ? "+vl" : "+l", "b");
        l.items[1] = arrow_exact(bits, sizeof bits);
        shmcol_file *file = arrow_hand_open(&l.table);
        assert_int_equal(shmcol_list_column(file, 0, &list, NULL), SHMCOL_OK);
        assert_true(list.element == SHMCOL_BOOL8 && list.n_elements == 4);
        assert_memory_equal(list.elements, wanted, sizeof wanted);
        shmcol_close(file);
        arrow_forget();
    }
    lists l;
    make(&l, "+L", "d:9,2,32");
    shmcol_file *file = arrow_hand_open(&l.table);
    assert_int_equal(shmcol_list_column(file, 0, &list, NULL), SHMCOL_OK);
    const shmcol_decimal *decimals = list.elements;
    assert_true(list.n_elements == 4 && decimals[3].low == 40 && decimals[3].high == 0);
    shmcol_close(file);
    arrow_forget();
}

/* A sliced array, a sliced child, and a batch that is a slice of its columns. */
static void slices(void **state)
{
    static const int32_t offsets[] = {1, 3, 4}, values[] = {7, 7, 10, 20, 30};
    static const int32_t wanted[] = {20, 30};
    shmcol_list list = SHMCOL_LIST_INIT;
    lists l;
    (void)state;
    make(&l, "+l", "i");
    l.buffers[0] = NULL;
    l.buffers[1] = arrow_exact(offsets, sizeof offsets);
    l.items[1] = arrow_exact(values, sizeof values);
    arrow_hand_array(&l.item, 3, 0, 2, l.items);
    l.item.offset = 2;
    l.array->length = 1;
    l.array->null_count = 0;
    l.table.batches[0].length = 1;
    shmcol_file *file = arrow_hand_open(&l.table);
    assert_int_equal(shmcol_list_column(file, 0, &list, NULL), SHMCOL_OK);
    assert_true(list.count == 1 && list.n_elements == 2);
    assert_memory_equal(list.elements, wanted, sizeof wanted);
    shmcol_close(file);
    arrow_forget();
}

static void no_elements_at_all(void **state)
{
    static const char *const elements[] = {"i", "u", "b", "vu"};
    static const int32_t offsets[ROWS + 1] = {0};
    (void)state;
    for (size_t i = 0; i < sizeof elements / sizeof *elements; i++) {
        lists l;
        shmcol_list list = SHMCOL_LIST_INIT;
        make(&l, "+l", elements[i]);
        l.buffers[1] = arrow_exact(offsets, sizeof offsets);
        l.items[1] = l.items[2] = NULL;
        arrow_hand_array(&l.item, 0, 0, elements[i][0] == 'i' || elements[i][0] == 'b' ? 2 : 3,
                         l.items);
        shmcol_file *file = arrow_hand_open(&l.table);
        assert_int_equal(shmcol_list_column(file, 0, &list, NULL), SHMCOL_OK);
        assert_true(list.count == ROWS && list.n_elements == 0);
        shmcol_close(file);
        arrow_forget();
    }
}

/* Writes a list of strings with offsets of 32 bits, whose element offsets are `offsets`. */
static void strings_with(lists *l, const char *format, const int32_t offsets[5])
{
    make(l, format, "u");
    l->items[1] = arrow_exact(offsets, 5 * sizeof *offsets);
    l->items[2] = arrow_exact("abcdef", 6);
    arrow_hand_array(&l->item, 4, 0, 3, l->items);
}

static void lists_of_strings(void **state)
{
    static const int32_t offsets[] = {0, 1, 3, 3, 6};
    static const char *const wanted[] = {"a", "bc", "", "def"};
    (void)state;
    for (int view = 0; view < 2; view++) {
        lists l;
        shmcol_list list = SHMCOL_LIST_INIT;
        strings_with(&l, view ? "+vl" : "+l", offsets);
        shmcol_file *file = arrow_hand_open(&l.table);
        assert_int_equal(shmcol_list_column(file, 0, &list, NULL), SHMCOL_OK);
        assert_true(list.n_elements == 4 && list.strings.count == 4);
        for (uint64_t i = 0; i < 4; i++) {
            const char *data = NULL;
            uint64_t length = 0;
            assert_int_equal(shmcol_string_at(&list.strings, i, &data, &length), SHMCOL_OK);
            assert_int_equal(length, strlen(wanted[i]));
            assert_memory_equal(data, wanted[i], length);
        }
        shmcol_close(file);
        arrow_forget();
    }
}

static void offsets_that_lie(void **state)
{
    static const int32_t bad[][5] = {{0, 3, 3, 3, 5}, {-1, 3, 3, 3, 4}, {0, 3, 2, 3, 4},
                                     {0, 5, 5, 5, 4}, {4, 3, 2, 1, 0},  {0, 3, 3, 3, INT32_MAX}};
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        for (int converted = 0; converted < 2; converted++) {
            static const uint8_t bits[] = {0x0f};
            lists l;
            make(&l, "+l", converted ? "b" : "i");
            l.buffers[0] = NULL;
            l.array->null_count = 0;
            l.buffers[1] = arrow_exact(bad[i], sizeof bad[i]);
            if (converted)
                l.items[1] = arrow_exact(bits, sizeof bits);
            shmcol_error err = SHMCOL_ERROR_INIT;
            shmcol_status status = arrow_hand_write(&l.table, support_path("bad.shmcol"), &err);
            if (status != SHMCOL_ERR_BAD_ARROW && status != SHMCOL_ERR_BAD_VALUE)
                fail_msg("%zu: %s", i, shmcol_status_name(status));
            arrow_forget();
        }
}

static void views_that_lie(void **state)
{
    static const int32_t starts[][4] = {{0, 3, 0, 4}, {-1, 3, 0, 3}, {5, 3, 0, 3}, {0, 3, 0, 3}},
                         sizes[][4] = {{3, 0, 0, 1}, {3, 0, 0, 1}, {0, 0, 0, 1}, {3, -1, 0, 1}};
    (void)state;
    for (size_t i = 0; i < sizeof starts / sizeof *starts; i++) {
        lists l;
        make(&l, "+vl", "i");
        l.buffers[1] = arrow_exact(starts[i], sizeof starts[i]);
        l.buffers[2] = arrow_exact(sizes[i], sizeof sizes[i]);
        arrow_refused(&l.table, SHMCOL_ERR_BAD_ARROW, "beyond the elements");
    }
}

static void strings_that_lie(void **state)
{
    static const int32_t bad[][5] = {
        {0, 1, 3, 3, 7}, {-1, 1, 3, 3, 6}, {0, 4, 3, 3, 6}, {0, 7, 7, 7, 6}, {0, 1, 3, 9, 6}};
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        for (int view = 0; view < 2; view++) {
            lists l;
            shmcol_error err = SHMCOL_ERROR_INIT;
            if (i == 0) /* the last offset is what the producer says: there is no size to check */
                continue;
            strings_with(&l, view ? "+vl" : "+l", bad[i]);
            shmcol_status status = arrow_hand_write(&l.table, support_path("bad.shmcol"), &err);
            if (status != SHMCOL_ERR_BAD_ARROW && status != SHMCOL_ERR_BAD_VALUE)
                fail_msg("%zu: %s", i, shmcol_status_name(status));
            arrow_forget();
        }
}

static void nulls_inside(void **state)
{
    static const uint8_t all_but_2[] = {0x0b}, all_but_last[] = {0x07};
    static const int32_t offsets[] = {0, 2, 2, 3, 4};
    lists l;
    (void)state;
    make(&l, "+l", "i");
    l.items[0] = arrow_exact(all_but_last, 1);
    l.item.null_count = 1;
    arrow_refused(&l.table, SHMCOL_ERR_BAD_VALUE, "a null inside a list");
    make(&l, "+l", "i"); /* the null row's own element may be null */
    l.items[0] = arrow_exact(all_but_2, 1);
    l.item.null_count = 1;
    l.buffers[1] = arrow_exact(offsets, sizeof offsets);
    shmcol_file *file = arrow_hand_open(&l.table);
    shmcol_list list = SHMCOL_LIST_INIT;
    assert_int_equal(shmcol_list_column(file, 0, &list, NULL), SHMCOL_OK);
    assert_int_equal(list.n_elements, 3);
    shmcol_close(file);
    arrow_forget();
}

/* Views: those of a range that is larger than what the rows have are looked at one by one. */
static void nulls_inside_views(void **state)
{
    static const int32_t starts[] = {8, 0, 4, 0}, sizes[] = {2, 1, 2, 1};
    static const int32_t values[10] = {0};
    static const uint8_t between[] = {0x01, 0x03}, last[] = {0xff, 0x01};
    lists l;
    (void)state;
    for (int wrong = 0; wrong < 2; wrong++) {
        shmcol_error err = SHMCOL_ERROR_INIT;
        make(&l, "+vl", "i");
        l.buffers[1] = arrow_exact(starts, sizeof starts);
        l.buffers[2] = arrow_exact(sizes, sizeof sizes);
        l.items[0] = arrow_exact(wrong ? last : between, 2);
        l.items[1] = arrow_exact(values, sizeof values);
        arrow_hand_array(&l.item, 10, -1, 2, l.items);
        if (wrong) {
            assert_int_equal(arrow_hand_write(&l.table, support_path("bad.shmcol"), &err),
                             SHMCOL_ERR_BAD_VALUE);
            assert_int_equal(err.row, 0);
        } else {
            shmcol_close(arrow_hand_open(&l.table));
        }
        arrow_forget();
    }
}

/* A batch that is a slice of a large array costs what its own rows cost: of the elements' validity
 * only the bits of these are read. Behind them lies a page that nobody can read. */
static void nulls_of_others_are_not_looked_for(void **state)
{
    static const char *const forms[] = {"+l", "+vl"};
    const size_t page = (size_t)sysconf(_SC_PAGESIZE);
    lists l;
    (void)state;
    uint8_t *bits =
        mmap(NULL, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    assert_true(bits != MAP_FAILED);
    memset(bits, 0xff, page);
    assert_int_equal(mprotect(bits + page, page, PROT_NONE), 0);
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        make(&l, forms[i], "i");
        l.items[0] = bits;
        l.item.length = (int64_t)page * 16;
        l.item.null_count = -1;
        shmcol_file *file = arrow_hand_open(&l.table);
        expect_int32(file);
        shmcol_close(file);
        arrow_forget();
    }
    munmap(bits, 2 * page);
}

static void children_that_lie(void **state)
{
    static const char *const whats[] = {"children its type has",
                                        "children its type has",
                                        "children its type has",
                                        "released",
                                        "negative length",
                                        "number of buffers",
                                        "no values",
                                        "no validity bitmap",
                                        "the dictionary",
                                        "children its type has",
                                        "number of buffers",
                                        "no sizes"};
    (void)state;
    for (size_t i = 0; i < sizeof whats / sizeof *whats; i++) {
        lists l;
        make(&l, i == 11 ? "+vl" : "+l", "i");
        switch (i) {
        case 0: l.array->n_children = 0; break;
        case 1: l.array->children = NULL; break;
        case 2: l.children[0] = NULL; break;
        case 3: l.item.release = NULL; break;
        case 4: l.item.length = -4; break;
        case 5: l.item.n_buffers = 1; break;
        case 6: l.items[1] = NULL; break;
        case 7: l.item.null_count = 1; break;
        case 8: l.item.dictionary = &l.item; break;
        case 9: l.item.n_children = 1; break;
        case 10: l.array->n_buffers = 3; break;
        default: l.buffers[2] = NULL; break;
        }
        arrow_refused(&l.table, SHMCOL_ERR_BAD_ARROW, whats[i]);
    }
}

/* The message names the element's type, but reads no child that cannot be there. */
static void elements_with_children_that_lie(void **state)
{
    static struct ArrowSchema number;
    lists l;
    (void)state;
    make(&l, "+l", "+s");
    arrow_hand_schema(&number, "i", "n", 0);
    struct ArrowSchema *children[1] = {&number}, *item = l.table.column.children[0];
    item->children = arrow_exact(children, sizeof children);
    item->n_children = 1;
    arrow_refused(&l.table, SHMCOL_ERR_TYPE_UNSUPPORTED, "list<item: struct<n: int32>>");
    make(&l, "+l", "+s");
    item->children = arrow_exact(children, sizeof children);
    item->n_children = INT64_MAX;
    arrow_refused(&l.table, SHMCOL_ERR_TYPE_UNSUPPORTED, "list<item: struct>");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_form_is_the_same_table),
        cmocka_unit_test(appended_forms_may_differ),
        cmocka_unit_test(views_in_any_order),
        cmocka_unit_test(elements_are_converted),
        cmocka_unit_test(slices),
        cmocka_unit_test(no_elements_at_all),
        cmocka_unit_test(lists_of_strings),
        cmocka_unit_test(offsets_that_lie),
        cmocka_unit_test(views_that_lie),
        cmocka_unit_test(strings_that_lie),
        cmocka_unit_test(nulls_inside),
        cmocka_unit_test(nulls_inside_views),
        cmocka_unit_test(nulls_of_others_are_not_looked_for),
        cmocka_unit_test(children_that_lie),
        cmocka_unit_test(elements_with_children_that_lie),
    };
    return cmocka_run_group_tests(tests, support_begin, support_end);
}
