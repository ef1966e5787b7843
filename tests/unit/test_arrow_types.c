/* Arrow schemas: which become fields, which are refused by name, which are broken. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "arrow_support.h"

static void every_format_has_its_field(void **state)
{
    (void)state;
    static const struct {
        const char *format;
        shmcol_type type;
        shmcol_unit unit;
        const char *zone;
        uint32_t width;
    } known[] = {
        {"b", SHMCOL_BOOL8, 0, NULL, 0},
        {"c", SHMCOL_INT8, 0, NULL, 0},
        {"C", SHMCOL_UINT8, 0, NULL, 0},
        {"s", SHMCOL_INT16, 0, NULL, 0},
        {"S", SHMCOL_UINT16, 0, NULL, 0},
        {"i", SHMCOL_INT32, 0, NULL, 0},
        {"I", SHMCOL_UINT32, 0, NULL, 0},
        {"l", SHMCOL_INT64, 0, NULL, 0},
        {"L", SHMCOL_UINT64, 0, NULL, 0},
        {"f", SHMCOL_FLOAT32, 0, NULL, 0},
        {"e", SHMCOL_FLOAT16, 0, NULL, 0},
        {"g", SHMCOL_FLOAT64, 0, NULL, 0},
        {"d:19,10", SHMCOL_DECIMAL128, 0, NULL, 0},
        {"d:38,38,128", SHMCOL_DECIMAL128, 0, NULL, 0},
        {"d:9,2,32", SHMCOL_DECIMAL128, 0, NULL, 0},
        {"d:18,0,64", SHMCOL_DECIMAL128, 0, NULL, 0},
        {"u", SHMCOL_STRING, 0, NULL, 0},
        {"U", SHMCOL_STRING, 0, NULL, 0},
        {"vu", SHMCOL_STRING, 0, NULL, 0},
        {"z", SHMCOL_BINARY, 0, NULL, 0},
        {"Z", SHMCOL_BINARY, 0, NULL, 0},
        {"vz", SHMCOL_BINARY, 0, NULL, 0},
        {"w:16", SHMCOL_FIXED_BINARY, 0, NULL, 16},
        {"n", SHMCOL_STRING, 0, NULL, 0},
        {"tdD", SHMCOL_DATE32, 0, NULL, 0},
        {"tdm", SHMCOL_DATE64, SHMCOL_MILLI, NULL, 0},
        {"tts", SHMCOL_TIME32, SHMCOL_SECOND, NULL, 0},
        {"ttm", SHMCOL_TIME32, SHMCOL_MILLI, NULL, 0},
        {"ttu", SHMCOL_TIME64, SHMCOL_MICRO, NULL, 0},
        {"ttn", SHMCOL_TIME64, SHMCOL_NANO, NULL, 0},
        {"tss:", SHMCOL_TIMESTAMP, SHMCOL_SECOND, NULL, 0},
        {"tsm:UTC", SHMCOL_TIMESTAMP, SHMCOL_MILLI, "UTC", 0},
        {"tsu:", SHMCOL_TIMESTAMP, SHMCOL_MICRO, NULL, 0},
        {"tsn:+01:00", SHMCOL_TIMESTAMP, SHMCOL_NANO, "+01:00", 0},
        {"tDs", SHMCOL_DURATION, SHMCOL_SECOND, NULL, 0},
        {"tDm", SHMCOL_DURATION, SHMCOL_MILLI, NULL, 0},
        {"tDu", SHMCOL_DURATION, SHMCOL_MICRO, NULL, 0},
        {"tDn", SHMCOL_DURATION, SHMCOL_NANO, NULL, 0},
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        arrow_hand_table table;
        shmcol_field *fields = NULL;
        uint32_t n = 0;
        shmcol_error err = SHMCOL_ERROR_INIT;
        arrow_hand_table_make(&table, known[i].format, i % 2 == 0 ? ARROW_FLAG_NULLABLE : 0);
        arrow_ok(shmcol_import_schema(&table.root, &fields, &n, &err), &err);
        assert_int_equal(n, 1);
        assert_string_equal(fields->name, "x");
        assert_int_equal(fields->name_length, 1);
        assert_int_equal(fields->type, known[i].type);
        assert_int_equal(fields->unit, known[i].unit);
        assert_int_equal(fields->width, known[i].width);
        assert_int_equal(fields->nullable, i % 2 == 0 || strcmp(known[i].format, "n") == 0);
        if (known[i].zone == NULL)
            assert_null(fields->zone);
        else
            assert_string_equal(fields->zone, known[i].zone);
        shmcol_fields_free(fields);
    }
}

static void foreign_types_are_refused_by_name(void **state)
{
    (void)state;
    static const struct {
        const char *format, *name;
    } foreign[] = {
        {"d:38,2,256", "decimal256(38, 2)"},
        {"d:39,2", "decimal128(39, 2)"},
        {"d:5,-2", "decimal128(5, -2)"},
        {"d:5,6", "decimal128(5, 6)"},
        {"d:0,0", "decimal128(0, 0)"},
        {"d:5,2,128x", "\"d:5,2,128x\""},
        {"d:99999999999,2", "\"d:99999999999,2\""},
        {"d:5", "\"d:5\""},
        {"d:5,2,16", "decimal16(5, 2)"},
        {"tiM", "month_interval"},
        {"tiD", "day_time_interval"},
        {"tin", "month_day_nano_interval"},
        {"+w:0", "fixed_size_list"},
        {"+s", "struct"},
        {"+m", "map"},
        {"+ud:0,1", "dense_union"},
        {"+us:0,1", "sparse_union"},
        {"+r", "run_end_encoded"},
        {"w:0", "fixed_size_binary[0]"},
        {"?", "\"?\""},
        {"", "\"\""},
        {"ts", "\"ts\""},
        {"tsx:UTC", "\"tsx:UTC\""},
        {"tdq", "\"tdq\""},
    };
    for (size_t i = 0; i < sizeof foreign / sizeof *foreign; i++) {
        arrow_hand_table table;
        shmcol_field *fields = NULL;
        uint32_t n = 7;
        shmcol_error err = SHMCOL_ERROR_INIT;
        arrow_hand_table_make(&table, foreign[i].format, 0);
        assert_int_equal(shmcol_import_schema(&table.root, &fields, &n, &err),
                         SHMCOL_ERR_TYPE_UNSUPPORTED);
        assert_non_null(strstr(err.message, foreign[i].name));
        assert_non_null(strstr(err.message, "\"x\""));
        assert_int_equal(err.column, 0);
        assert_true(fields == NULL && n == 7);
    }
}

static void broken_schemas_are_refused(void **state)
{
    (void)state;
    shmcol_field *fields = NULL;
    uint32_t n = 0;
    arrow_hand_table table;
    struct ArrowSchema *child;
    static const char negative[] = {-1, -1, -1, -1, 0, 0, 0, 0},
                      negative_key[] = {1, 0, 0, 0, -2, -1, -1, -1};
    for (int i = 0; i < 13; i++) {
        arrow_hand_table_make(&table, "l", 0);
        child = &table.column;
        struct ArrowSchema *root = &table.root;
        switch (i) {
        case 0: root->release = NULL; break;
        case 1: root->format = "l"; break;
        case 2: root->n_children = -1; break;
        case 3: root->children = NULL; break;
        case 4: table.children[0] = NULL; break;
        case 5: child->release = NULL; break;
        case 6: child->format = NULL; break;
        case 7: child->format = "w:x"; break;
        case 8: child->format = "w:4294967296"; break;
        case 9: child->metadata = negative; break;
        case 10: child->metadata = negative_key; break;
        case 11: root->format = NULL; break;
        default:
            child->dictionary = root;
            root->format = "+s";
            child->format = "g"; /* an index that is no integer */
            break;
        }
        assert_int_equal(shmcol_import_schema(root, &fields, &n, NULL), SHMCOL_ERR_BAD_ARROW);
    }
    assert_int_equal(shmcol_import_schema(NULL, &fields, &n, NULL), SHMCOL_ERR_BAD_ARROW);
    assert_int_equal(shmcol_import_schema(&table.root, NULL, &n, NULL),
                     SHMCOL_ERR_INVALID_ARGUMENT);
}

static void dictionaries_of_other_things_are_refused(void **state)
{
    (void)state;
    static const char *const formats[] = {"l", "z", "n", "+l", "b"};
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++) {
        arrow_hand_table table;
        struct ArrowSchema values;
        shmcol_field *fields = NULL;
        uint32_t n = 0;
        shmcol_error err = SHMCOL_ERROR_INIT;
        arrow_hand_table_make(&table, "i", 0);
        arrow_hand_schema(&values, formats[i], "", 0);
        table.column.dictionary = &values;
        assert_int_equal(shmcol_import_schema(&table.root, &fields, &n, &err),
                         SHMCOL_ERR_TYPE_UNSUPPORTED);
        assert_non_null(strstr(err.message, "dictionary<values="));
    }
}

static void tensors_we_do_not_have_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *json, *list, *item;
        shmcol_status status;
    } cases[] = {
        {"{\"shape\":[2,2],\"permutation\":[1,0]}", "+w:4", "s", SHMCOL_ERR_TYPE_UNSUPPORTED},
        {"{\"shape\":[2,2],\"dim_names\":[\"a\",\"b\"]}", "+w:4", "s", SHMCOL_ERR_TYPE_UNSUPPORTED},
        {"{\"shape\":[2,2],\"color\":\"red\"}", "+w:4", "s", SHMCOL_ERR_TYPE_UNSUPPORTED},
        {"{\"shape\":[1,1,1,1,1,1,1,4]}", "+w:4", "s", SHMCOL_ERR_TYPE_UNSUPPORTED},
        {"{\"shape\":[]}", "+w:1", "s", SHMCOL_ERR_TYPE_UNSUPPORTED},
        {"{\"shape\":[2,2]}", "+w:4", "b", SHMCOL_ERR_TYPE_UNSUPPORTED},
        {"{\"shape\":[2,2]}", "+w:4", "u", SHMCOL_ERR_TYPE_UNSUPPORTED},
        {"{\"shape\":[2,2]}", "+w:4", "tsu:UTC", SHMCOL_ERR_TYPE_UNSUPPORTED},
        {"{\"shape\":[2,2]}", "+w:4", "w:2", SHMCOL_ERR_TYPE_UNSUPPORTED},
        {"{\"shape\":[2,2]}", "+w:4", "tdm", SHMCOL_ERR_TYPE_UNSUPPORTED},
        {"{\"shape\":[2,2]}", "+w:4", "tts", SHMCOL_ERR_TYPE_UNSUPPORTED},
        {"{\"shape\":[2,2]}", "+w:4", "ttn", SHMCOL_ERR_TYPE_UNSUPPORTED},
        {"{\"shape\":[2147483647]}", "+w:2147483647", "s", SHMCOL_ERR_TYPE_UNSUPPORTED},
        {"{\"shape\":[2,3]}", "+w:4", "s", SHMCOL_ERR_BAD_ARROW},
        {"{\"shape\":[0,3]}", "+w:0", "s", SHMCOL_ERR_BAD_ARROW},
        {"{\"shape\":[4294967296]}", "+w:4", "s", SHMCOL_ERR_BAD_ARROW},
        {"{\"shape\":[65536,65537]}", "+w:65536", "s", SHMCOL_ERR_BAD_ARROW},
        {"{\"shape\":[2,2]", "+w:4", "s", SHMCOL_ERR_BAD_ARROW},
        {"{\"shape\":[2,2]}x", "+w:4", "s", SHMCOL_ERR_BAD_ARROW},
        {"{\"shape\":[2 2]}", "+w:4", "s", SHMCOL_ERR_BAD_ARROW},
        {"{\"shape\":[-2,2]}", "+w:4", "s", SHMCOL_ERR_BAD_ARROW},
        {"{\"shape", "+w:4", "s", SHMCOL_ERR_BAD_ARROW},
        {"{\"shape\\", "+w:4", "s", SHMCOL_ERR_BAD_ARROW},
        {"[2,2]", "+w:4", "s", SHMCOL_ERR_BAD_ARROW},
        {"", "+w:4", "s", SHMCOL_ERR_BAD_ARROW},
        {"{\"shape\":[4]}", "+l", "s", SHMCOL_ERR_BAD_ARROW},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char metadata[256];
        arrow_hand_table table;
        shmcol_field *fields = NULL;
        uint32_t n = 0;
        shmcol_error err = SHMCOL_ERROR_INIT;
        arrow_hand_tensor(&table, metadata, cases[i].json, cases[i].list, cases[i].item);
        shmcol_status status = shmcol_import_schema(&table.root, &fields, &n, &err);
        if (status != cases[i].status)
            fail_msg("%s over %s of %s: %s", cases[i].json, cases[i].list, cases[i].item,
                     shmcol_status_name(status));
    }
}

/* A fixed-size list needs no extension to be a tensor: of one dimension, if its elements are ones
 * that a tensor has. */
static void fixed_size_lists_are_tensors(void **state)
{
    (void)state;
    static const struct {
        const char *list, *item;
        shmcol_status status;
    } cases[] = {{"+w:4", "f", SHMCOL_OK},
                 {"+w:1", "tdD", SHMCOL_OK},
                 {"+w:4", "b", SHMCOL_ERR_TYPE_UNSUPPORTED},
                 {"+w:4", "U", SHMCOL_ERR_TYPE_UNSUPPORTED},
                 {"+w:4", "w:2", SHMCOL_ERR_TYPE_UNSUPPORTED},
                 {"+w:4", "+w:2", SHMCOL_ERR_TYPE_UNSUPPORTED},
                 {"+w:4", "tsu:UTC", SHMCOL_ERR_TYPE_UNSUPPORTED},
                 {"+w:0", "f", SHMCOL_ERR_TYPE_UNSUPPORTED},
                 {"+w:2147483647", "f", SHMCOL_ERR_TYPE_UNSUPPORTED},
                 {"+w:4294967300", "f", SHMCOL_ERR_BAD_ARROW},
                 {"+w:x", "f", SHMCOL_ERR_BAD_ARROW}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char metadata[256];
        arrow_hand_table table;
        shmcol_field *fields = NULL;
        uint32_t n = 0;
        shmcol_error err = SHMCOL_ERROR_INIT;
        arrow_hand_tensor(&table, metadata, "", cases[i].list, cases[i].item);
        table.column.metadata = NULL;
        shmcol_status status = shmcol_import_schema(&table.root, &fields, &n, &err);
        if (status != cases[i].status)
            fail_msg("%s of %s: %s %s", cases[i].list, cases[i].item, shmcol_status_name(status),
                     err.message);
        if (status == SHMCOL_ERR_TYPE_UNSUPPORTED)
            assert_non_null(strstr(err.message, "fixed_size_list"));
        if (status == SHMCOL_OK) {
            assert_true(n == 1 && fields->type == SHMCOL_TENSOR && fields->dimensions == 1 &&
                        fields->metadata_count == 0);
            assert_int_equal(fields->shape[0], cases[i].list[3] - '0');
        }
        shmcol_fields_free(fields);
    }
    arrow_hand_table table;
    shmcol_field *fields = NULL;
    uint32_t n = 0;
    arrow_hand_table_make(&table, "+w:3", 0); /* without a child */
    assert_int_equal(shmcol_import_schema(&table.root, &fields, &n, NULL), SHMCOL_ERR_BAD_ARROW);
}

/* Lists of any number of elements, by the format of list and element (F-24). */
static void lists_have_elements(void **state)
{
    (void)state;
    static const char *const lists[] = {"+l", "+L", "+vl", "+vL"};
    static const struct {
        const char *item, *zone, *name;
        shmcol_status status;
        shmcol_type element;
        uint32_t precision, scale;
    } cases[] = {
        {"i", NULL, NULL, SHMCOL_OK, SHMCOL_INT32, 0, 0},
        {"b", NULL, NULL, SHMCOL_OK, SHMCOL_BOOL8, 0, 0},
        {"e", NULL, NULL, SHMCOL_OK, SHMCOL_FLOAT16, 0, 0},
        {"u", NULL, NULL, SHMCOL_OK, SHMCOL_STRING, 0, 0},
        {"vu", NULL, NULL, SHMCOL_OK, SHMCOL_STRING, 0, 0},
        {"tsu:UTC", "UTC", NULL, SHMCOL_OK, SHMCOL_TIMESTAMP, 0, 0},
        {"d:18,2", NULL, NULL, SHMCOL_OK, SHMCOL_DECIMAL128, 18, 2},
        {"d:9,9,32", NULL, NULL, SHMCOL_OK, SHMCOL_DECIMAL128, 9, 9},
        {"+l", NULL, "<item: list>", SHMCOL_ERR_TYPE_UNSUPPORTED, 0, 0, 0},
        {"+s", NULL, "<item: struct>", SHMCOL_ERR_TYPE_UNSUPPORTED, 0, 0, 0},
        {"n", NULL, "<item: null>", SHMCOL_ERR_TYPE_UNSUPPORTED, 0, 0, 0},
        {"z", NULL, "<item: binary>", SHMCOL_ERR_TYPE_UNSUPPORTED, 0, 0, 0},
        {"w:4", NULL, "<item: fixed_size_binary[4]>", SHMCOL_ERR_TYPE_UNSUPPORTED, 0, 0, 0},
        {"d:50,2,256", NULL, "<item: decimal256(50, 2)>", SHMCOL_ERR_TYPE_UNSUPPORTED, 0, 0, 0}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char metadata[256];
        arrow_hand_table table;
        shmcol_field *fields = NULL;
        uint32_t n = 0;
        shmcol_error err = SHMCOL_ERROR_INIT;
        arrow_hand_tensor(&table, metadata, "", lists[i % 4], cases[i].item);
        table.column.metadata = NULL;
        shmcol_status status = shmcol_import_schema(&table.root, &fields, &n, &err);
        if (status != cases[i].status)
            fail_msg("list of %s: %s %s", cases[i].item, shmcol_status_name(status), err.message);
        if (cases[i].name != NULL)
            assert_non_null(strstr(err.message, cases[i].name));
        if (status == SHMCOL_OK) {
            assert_true(fields->type == SHMCOL_LIST && fields->element == cases[i].element);
            assert_true(fields->precision == cases[i].precision && fields->scale == cases[i].scale);
            assert_true((fields->zone != NULL) == (cases[i].zone != NULL));
        }
        shmcol_fields_free(fields);
    }
    arrow_hand_table table;
    shmcol_field *fields = NULL;
    uint32_t n = 0;
    arrow_hand_table_make(&table, "+l", 0); /* without a child */
    assert_int_equal(shmcol_import_schema(&table.root, &fields, &n, NULL), SHMCOL_ERR_BAD_ARROW);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_format_has_its_field),
        cmocka_unit_test(foreign_types_are_refused_by_name),
        cmocka_unit_test(broken_schemas_are_refused),
        cmocka_unit_test(dictionaries_of_other_things_are_refused),
        cmocka_unit_test(tensors_we_do_not_have_are_refused),
        cmocka_unit_test(fixed_size_lists_are_tensors),
        cmocka_unit_test(lists_have_elements),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
