/* Searches in ascending columns: every type, against a count of the rows that come before. */
#include <math.h>
#include <stdbool.h>

#include "format/decimal.h"
#include "format/half.h"
#include "table_support.h"

static uint64_t seed = 99;

static uint64_t dice(uint64_t below)
{
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return (seed >> 33) % below;
}

/* ---- numbers and times ---- */

static long double number_of(const shmcol_column_info *info, const void *at)
{
    switch (info->type) {
    case SHMCOL_UINT8:
    case SHMCOL_BOOL8: return *(const uint8_t *)at;
    case SHMCOL_UINT16: return *(const uint16_t *)at;
    case SHMCOL_UINT32: return *(const uint32_t *)at;
    case SHMCOL_UINT64: return *(const uint64_t *)at;
    case SHMCOL_FLOAT16: return fmt_half_value(*(const uint16_t *)at);
    case SHMCOL_FLOAT32: return *(const float *)at;
    case SHMCOL_FLOAT64: return *(const double *)at;
    case SHMCOL_DECIMAL128: return 0;
    default:
        switch (info->width) {
        case 1: return *(const int8_t *)at;
        case 2: return *(const int16_t *)at;
        case 4: return *(const int32_t *)at;
        default: return *(const int64_t *)at;
        }
    }
}

static int order_of(const shmcol_column_info *info, const void *a, const void *b)
{
    if (info->type == SHMCOL_DECIMAL128) {
        const fmt_decimal x = fmt_load_decimal(a), y = fmt_load_decimal(b);
        return (x > y) - (x < y);
    }
    const long double x = number_of(info, a), y = number_of(info, b);
    return (x > y) - (x < y);
}

static int64_t count_before(const shmcol_column_info *info, const uint8_t *values, uint64_t n,
                            const void *key, shmcol_side side)
{
    int64_t before = 0;
    for (uint64_t i = 0; i < n; i++) {
        const int order = order_of(info, values + i * info->width, key);
        before += side == SHMCOL_LEFT ? order < 0 : order <= 0;
    }
    return before;
}

/* Makes keys: values of the column, neighbours of them in their lowest bits, and any bytes. */
static void make_key(const shmcol_column_info *info, const uint8_t *values, uint64_t n,
                     uint8_t *key)
{
    const uint64_t how = n == 0 ? 3 : dice(4);
    if (how < 3)
        memcpy(key, values + dice(n) * info->width, info->width);
    if (how == 3)
        for (uint32_t i = 0; i < info->width; i++)
            key[i] = (uint8_t)dice(256);
    else if (how > 0)
        key[0] = (uint8_t)(how == 1 ? key[0] + 1 : key[0] - 1);
    if (info->type == SHMCOL_BOOL8)
        key[0] &= 1;
}

static void check_numbers(shmcol_file *file, uint32_t column, const shmcol_column_info *info)
{
    enum { KEYS = 75 };
    const uint8_t *values;
    const uint64_t n = shmcol_rows(file);
    _Alignas(16) uint8_t keys[KEYS * 16];
    int64_t rows[KEYS];
    assert_int_equal(shmcol_values(file, column, (const void **)&values, NULL, NULL), SHMCOL_OK);
    for (int side = SHMCOL_LEFT; side <= SHMCOL_RIGHT; side++) {
        for (uint64_t i = 0; i < KEYS; i++)
            do
                make_key(info, values, n, keys + i * info->width);
            while (isnan(number_of(info, keys + i * info->width)));
        assert_int_equal(shmcol_search(file, column, keys, KEYS, (shmcol_side)side, rows, NULL),
                         SHMCOL_OK);
        for (uint64_t i = 0; i < KEYS; i++)
            if (n < 5000 || i < 10)
                assert_int_equal(rows[i], count_before(info, values, n, keys + i * info->width,
                                                       (shmcol_side)side));
    }
}

/* ---- texts ---- */

static int compare(const char *a, uint64_t a_length, const char *b, uint64_t b_length)
{
    const uint64_t n = a_length < b_length ? a_length : b_length;
    const int order = n != 0 ? memcmp(a, b, n) : 0;
    return order != 0 ? order : (a_length > b_length) - (a_length < b_length);
}

static int64_t count_texts(shmcol_file *file, uint32_t column, const char *key, uint64_t length,
                           shmcol_side side)
{
    int64_t before = 0;
    for (uint64_t i = 0; i < shmcol_rows(file); i++) {
        const char *data;
        uint64_t size;
        assert_int_equal(shmcol_string_row(file, column, i, &data, &size, NULL), SHMCOL_OK);
        const int order = compare(data, size, key, length);
        before += side == SHMCOL_LEFT ? order < 0 : order <= 0;
    }
    return before;
}

/* Makes a key of a row's text: itself, cut, longer, or with another byte. */
static uint64_t make_text(shmcol_file *file, uint32_t column, char *key)
{
    const char *data = "";
    uint64_t length = 0;
    if (shmcol_rows(file) != 0)
        assert_int_equal(
            shmcol_string_row(file, column, dice(shmcol_rows(file)), &data, &length, NULL),
            SHMCOL_OK);
    length = length > 60 ? 60 : length;
    memcpy(key, data, length);
    switch (dice(4)) {
    case 0: return dice(length + 1);
    case 1: key[length] = (char)dice(256); return length + 1;
    case 2:
        if (length != 0)
            key[dice(length)]++;
        return length;
    default: return length;
    }
}

static void check_texts(shmcol_file *file, uint32_t column)
{
    enum { KEYS = 40 };
    char data[KEYS * 64];
    int64_t offsets[KEYS + 1] = {0}, rows[KEYS];
    shmcol_strings keys = SHMCOL_STRINGS_INIT;
    for (uint64_t i = 0; i < KEYS; i++)
        offsets[i + 1] = offsets[i] + (int64_t)make_text(file, column, data + offsets[i]);
    keys.count = KEYS;
    keys.offsets = offsets;
    keys.data = data;
    keys.data_length = (uint64_t)offsets[KEYS];
    for (int side = SHMCOL_LEFT; side <= SHMCOL_RIGHT; side++) {
        assert_int_equal(shmcol_search(file, column, &keys, KEYS, (shmcol_side)side, rows, NULL),
                         SHMCOL_OK);
        for (uint64_t i = 0; i < KEYS && (shmcol_rows(file) < 5000 || i < 4); i++)
            assert_int_equal(rows[i], count_texts(file, column, data + offsets[i],
                                                  (uint64_t)(offsets[i + 1] - offsets[i]),
                                                  (shmcol_side)side));
    }
}

static bool check_column(shmcol_file *file, uint32_t column)
{
    shmcol_column_info info = SHMCOL_COLUMN_INFO_INIT;
    shmcol_error err = SHMCOL_ERROR_INIT;
    shmcol_strings none = SHMCOL_STRINGS_INIT;
    assert_int_equal(shmcol_get_column(file, column, &info, NULL), SHMCOL_OK);
    if (info.ascending && (info.type == SHMCOL_STRING || info.type == SHMCOL_DICTIONARY)) {
        check_texts(file, column);
    } else if (info.ascending) {
        check_numbers(file, column, &info);
    } else {
        const shmcol_status status = shmcol_search(file, column, &none, 0, SHMCOL_LEFT, NULL, &err);
        assert_true(status == SHMCOL_ERR_NOT_ASCENDING || status == SHMCOL_ERR_WRONG_TYPE);
        if (status == SHMCOL_ERR_NOT_ASCENDING)
            assert_non_null(strstr(err.hint, "sort"));
    }
    return info.ascending != 0;
}

static void use_good(shmcol_file *file, void *arg)
{
    unsigned *ascending = arg;
    for (uint32_t c = 0; c < shmcol_columns(file) && shmcol_columns(file) < 100; c++)
        *ascending += check_column(file, c);
}

static void every_type(void **state)
{
    (void)state;
    unsigned ascending = 0;
    each_corpus("good", use_good, &ascending);
    assert_true(ascending > 50);
}

/* ---- tables ---- */

static void a_table_of_parts(void **state)
{
    (void)state;
    growing g = table_new("parts");
    table_add(&g, 0, ZONE);
    table_add(&g, ZONE, 2 * ZONE);
    table_add(&g, 3 * ZONE, 1000);
    shmcol_file *table = table_open(&g);
    assert_true(check_column(table, 0));
    assert_true(check_column(table, 1));
    assert_false(check_column(table, 2)); /* it has nulls */
    shmcol_close(table);
}

/* Appends rows of one column of a type, which ascend or not, and asks if the table does. */
static void append_column(const char *dir, shmcol_type type, const void *values, uint64_t rows)
{
    shmcol_field field = SHMCOL_FIELD_INIT;
    shmcol_column_data data = SHMCOL_COLUMN_DATA_INIT;
    shmcol_append_options options = SHMCOL_APPEND_OPTIONS_INIT;
    shmcol_error err = SHMCOL_ERROR_INIT;
    shmcol_writer *w;
    field.name = "x";
    field.name_length = 1;
    field.type = type;
    data.values = values;
    data.layout = SHMCOL_STRINGS_POINTERS;
    if (type != SHMCOL_STRING && type != SHMCOL_DICTIONARY)
        data.layout = 0;
    options.no_sync = 1;
    if (shmcol_append_create(dir, &field, 1, &options, &w, &err) != SHMCOL_OK)
        fail_msg("%s", err.message);
    assert_int_equal(shmcol_writer_append(w, rows, &data, 1, &err), SHMCOL_OK);
    if (shmcol_writer_commit(w, &err) != SHMCOL_OK)
        fail_msg("%s", err.message);
}

static int ascends(const char *dir)
{
    shmcol_column_info info = SHMCOL_COLUMN_INFO_INIT;
    shmcol_file *table;
    assert_int_equal(shmcol_open(dir, NULL, &table, NULL), SHMCOL_OK);
    assert_true(shmcol_parts(table) > 1);
    assert_int_equal(shmcol_get_column(table, 0, &info, NULL), SHMCOL_OK);
    assert_int_equal(check_column(table, 0), info.ascending);
    shmcol_close(table);
    return info.ascending;
}

static void where_parts_meet(void **state)
{
    (void)state;
    static const shmcol_type types[] = {SHMCOL_INT64, SHMCOL_UINT64, SHMCOL_FLOAT64, SHMCOL_STRING,
                                        SHMCOL_DICTIONARY};
    enum { ROWS = ZONE + 10 };
    for (size_t t = 0; t < sizeof types / sizeof *types; t++)
        for (int descends = 0; descends < 2; descends++) {
            char name[40], dir[300];
            int64_t *ints = malloc(ROWS * sizeof *ints);
            double *floats = malloc(ROWS * sizeof *floats);
            const char **texts = malloc(ROWS * sizeof(*texts));
            char(*text)[40] = malloc(ROWS * sizeof *text);
            snprintf(name, sizeof name, "meet-%zu-%d", t, descends);
            snprintf(dir, sizeof dir, "%s", support_path(name));
            for (int part = 0; part < 2; part++) {
                for (int64_t i = 0; i < ROWS; i++) {
                    /* In the second append the words of a dictionary are new ones. */
                    const int64_t v = part * ROWS + i - (part == 1 && descends ? 11 : 0);
                    ints[i] = v;
                    floats[i] = (double)v;
                    snprintf(text[i], sizeof *text, "a text with a long prefix %08d",
                             (int)(types[t] == SHMCOL_DICTIONARY ? v / 1000 : v));
                    texts[i] = text[i];
                }
                if (part == 1 && descends && types[t] == SHMCOL_DICTIONARY)
                    snprintf(text[0], sizeof *text, "a");
                append_column(dir, types[t],
                              types[t] == SHMCOL_FLOAT64 ? (void *)floats
                              : types[t] == SHMCOL_STRING || types[t] == SHMCOL_DICTIONARY
                                  ? (void *)texts
                                  : (void *)ints,
                              ROWS);
            }
            free(ints);
            free(floats);
            free(texts);
            free(text);
            assert_int_equal(ascends(dir), !descends);
        }
}

/* ---- wrong keys ---- */

static void wrong_calls(void **state)
{
    (void)state;
    growing g = table_new("wrong");
    table_add(&g, 0, 100);
    shmcol_file *table = table_open(&g);
    shmcol_error err = SHMCOL_ERROR_INIT;
    int64_t rows[3], key = 5;
    const float keys[] = {1, NAN, 2};
    assert_int_equal(shmcol_search(table, 1, keys, 3, SHMCOL_LEFT, rows, &err),
                     SHMCOL_ERR_BAD_VALUE);
    assert_non_null(strstr(err.message, "key 1 "));
    /* A bad key behind many good ones: the rows are as they were. */
    float many[100] = {0};
    int64_t found[100];
    memset(found, 77, sizeof found);
    many[90] = NAN;
    assert_int_equal(shmcol_search(table, 1, many, 100, SHMCOL_LEFT, found, &err),
                     SHMCOL_ERR_BAD_VALUE);
    for (size_t i = 0; i < sizeof found; i++)
        assert_int_equal(((uint8_t *)found)[i], 77);
    assert_int_equal(shmcol_search(table, 2, &key, 1, SHMCOL_LEFT, rows, &err),
                     SHMCOL_ERR_NOT_ASCENDING);
    assert_non_null(strstr(err.message, "\"s\""));
    assert_int_equal(shmcol_search(table, 3, &key, 1, SHMCOL_LEFT, rows, &err),
                     SHMCOL_ERR_NO_COLUMN);
    assert_int_equal(shmcol_search(table, 0, NULL, 1, SHMCOL_LEFT, rows, &err),
                     SHMCOL_ERR_INVALID_ARGUMENT);
    assert_int_equal(shmcol_search(table, 0, &key, 1, (shmcol_side)2, rows, &err),
                     SHMCOL_ERR_INVALID_ARGUMENT);
    assert_int_equal(shmcol_search(table, 0, NULL, 0, SHMCOL_LEFT, NULL, &err), SHMCOL_OK);
    shmcol_close(table);
    /* A null among texts. */
    shmcol_file *file = open_corpus("good/ascending-strings");
    const int64_t offsets[] = {0, 1, 2};
    const uint8_t validity = 1;
    shmcol_strings texts = SHMCOL_STRINGS_INIT;
    texts.count = 2;
    texts.offsets = offsets;
    texts.data = "ab";
    texts.data_length = 2;
    texts.validity = &validity;
    shmcol_column_info info = SHMCOL_COLUMN_INFO_INIT;
    unsigned tried = 0;
    for (uint32_t c = 0; c < shmcol_columns(file); c++) {
        assert_int_equal(shmcol_get_column(file, c, &info, NULL), SHMCOL_OK);
        if (!info.ascending || info.type != SHMCOL_STRING)
            continue;
        assert_int_equal(shmcol_search(file, c, &texts, 2, SHMCOL_LEFT, rows, &err),
                         SHMCOL_ERR_BAD_VALUE);
        assert_int_equal(shmcol_search(file, c, &texts, 1, SHMCOL_LEFT, rows, &err),
                         SHMCOL_ERR_INVALID_ARGUMENT); /* it has two values */
        tried++;
    }
    assert_true(tried > 0);
    shmcol_close(file);
}

/* ---- damaged files: a status or some row, and no access outside ---- */

static void search_damaged(shmcol_file *file, uint32_t column, unsigned *searched)
{
    enum { KEYS = 50 };
    _Alignas(16) uint8_t bytes[KEYS * 16] = {0};
    int64_t offsets[KEYS + 1], rows[KEYS];
    shmcol_strings texts = SHMCOL_STRINGS_INIT;
    shmcol_column_info info = SHMCOL_COLUMN_INFO_INIT;
    if (shmcol_get_column(file, column, &info, NULL) != SHMCOL_OK)
        return;
    for (uint32_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)dice(256);
    for (uint32_t i = 0; i <= KEYS; i++)
        offsets[i] = 10 * i;
    texts.count = KEYS;
    texts.offsets = offsets;
    texts.data = (const char *)bytes;
    texts.data_length = sizeof bytes;
    const bool is_text = info.type == SHMCOL_STRING || info.type == SHMCOL_DICTIONARY;
    const void *keys = is_text ? (void *)&texts : bytes;
    for (int side = SHMCOL_LEFT; side <= SHMCOL_RIGHT; side++)
        if (shmcol_search(file, column, keys, KEYS, (shmcol_side)side, rows, NULL) == SHMCOL_OK) {
            for (uint32_t i = 0; i < KEYS; i++)
                assert_true(rows[i] >= 0 && (uint64_t)rows[i] <= shmcol_rows(file));
            ++*searched;
        }
}

static void use_bad(shmcol_file *file, void *searched)
{
    for (uint32_t c = 0; c < shmcol_columns(file); c++)
        search_damaged(file, c, searched);
}

static void damaged_files(void **state)
{
    (void)state;
    unsigned searched = 0;
    each_corpus("bad", use_bad, &searched);
    assert_true(searched > 50);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_type),       cmocka_unit_test(a_table_of_parts),
        cmocka_unit_test(where_parts_meet), cmocka_unit_test(wrong_calls),
        cmocka_unit_test(damaged_files),
    };
    return cmocka_run_group_tests(tests, support_begin, support_end);
}
