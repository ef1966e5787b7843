/* Values in place: every accessor against every type, strings and dictionaries, statistics; and
 * that none of them allocates. */
#include <inttypes.h>
#include <math.h>
#include <stdbool.h>

#include "read_support.h"

/* ---- every accessor against every type ---- */

typedef shmcol_status (*caller)(const shmcol_file *file, const char *name, const void **values,
                                uint64_t *n, const uint8_t **validity, bool ask, shmcol_error *err);

#define IN_VALUE(function, ctype)                                                                  \
    static shmcol_status call_##function(const shmcol_file *file, const char *name,                \
                                         const void **values, uint64_t *n,                         \
                                         const uint8_t **validity, bool ask, shmcol_error *err)    \
    {                                                                                              \
        const ctype *v = NULL;                                                                     \
        (void)ask;                                                                                 \
        (void)validity;                                                                            \
        shmcol_status status = shmcol_##function(file, name, &v, n, err);                          \
        *values = v;                                                                               \
        return status;                                                                             \
    }
#define IN_VALUE_UNIT(function, ctype)                                                             \
    static shmcol_status call_##function(const shmcol_file *file, const char *name,                \
                                         const void **values, uint64_t *n,                         \
                                         const uint8_t **validity, bool ask, shmcol_error *err)    \
    {                                                                                              \
        const ctype *v = NULL;                                                                     \
        shmcol_unit unit;                                                                          \
        (void)validity;                                                                            \
        shmcol_status status = shmcol_##function(file, name, &v, n, ask ? &unit : NULL, err);      \
        *values = v;                                                                               \
        return status;                                                                             \
    }
#define WITH_VALIDITY(function, ctype, ...)                                                        \
    static shmcol_status call_##function(const shmcol_file *file, const char *name,                \
                                         const void **values, uint64_t *n,                         \
                                         const uint8_t **validity, bool ask, shmcol_error *err)    \
    {                                                                                              \
        const ctype *v = NULL;                                                                     \
        shmcol_status status =                                                                     \
            shmcol_##function(file, name, &v, n, __VA_ARGS__ ask ? validity : NULL, err);          \
        *values = v;                                                                               \
        return status;                                                                             \
    }
#define COMMA ,
IN_VALUE(float16, uint16_t)
IN_VALUE(float32, float)
IN_VALUE(float64, double)
IN_VALUE(date64, int64_t)
IN_VALUE_UNIT(timestamp, int64_t)
IN_VALUE_UNIT(duration, int64_t)
WITH_VALIDITY(bool8, uint8_t, )
WITH_VALIDITY(int8, int8_t, )
WITH_VALIDITY(int16, int16_t, )
WITH_VALIDITY(int32, int32_t, )
WITH_VALIDITY(int64, int64_t, )
WITH_VALIDITY(uint8, uint8_t, )
WITH_VALIDITY(uint16, uint16_t, )
WITH_VALIDITY(uint32, uint32_t, )
WITH_VALIDITY(uint64, uint64_t, )
WITH_VALIDITY(date32, int32_t, )
WITH_VALIDITY(time32, int32_t, NULL COMMA)
WITH_VALIDITY(time64, int64_t, NULL COMMA)
WITH_VALIDITY(decimal128, shmcol_decimal, NULL COMMA NULL COMMA)
WITH_VALIDITY(fixed_binary, uint8_t, NULL COMMA)
WITH_VALIDITY(tensor, void, )

static const struct {
    shmcol_type type;
    caller call;
    bool in_value;
} accessors[] = {
    {SHMCOL_FLOAT32, call_float32, true},
    {SHMCOL_FLOAT64, call_float64, true},
    {SHMCOL_DATE64, call_date64, true},
    {SHMCOL_TIMESTAMP, call_timestamp, true},
    {SHMCOL_DURATION, call_duration, true},
    {SHMCOL_BOOL8, call_bool8, false},
    {SHMCOL_INT8, call_int8, false},
    {SHMCOL_INT16, call_int16, false},
    {SHMCOL_INT32, call_int32, false},
    {SHMCOL_INT64, call_int64, false},
    {SHMCOL_UINT8, call_uint8, false},
    {SHMCOL_UINT16, call_uint16, false},
    {SHMCOL_UINT32, call_uint32, false},
    {SHMCOL_UINT64, call_uint64, false},
    {SHMCOL_DATE32, call_date32, false},
    {SHMCOL_TIME32, call_time32, false},
    {SHMCOL_TIME64, call_time64, false},
    {SHMCOL_FIXED_BINARY, call_fixed_binary, false},
    {SHMCOL_TENSOR, call_tensor, false},
    {SHMCOL_FLOAT16, call_float16, true},
    {SHMCOL_DECIMAL128, call_decimal128, false},
};
enum { ACCESSORS = sizeof accessors / sizeof *accessors };

static const char *const type_files[] = {
    "type-bool8",      "type-int8",       "type-int16",   "type-int32",       "type-int64",
    "type-uint8",      "type-uint16",     "type-uint32",  "type-uint64",      "type-float32",
    "type-float64",    "type-date32",     "type-date64",  "type-timestamp-s", "type-duration-ns",
    "type-time32",     "type-time64",     "type-string",  "type-binary",      "type-fixed_binary",
    "tensor-elements", "dictionary-int8", "type-float16", "type-decimal128",
};

static void right_type(const shmcol_file *file, const shmcol_column_info *info, size_t a)
{
    shmcol_error err = SHMCOL_ERROR_INIT;
    const void *values, *by_index;
    const uint8_t *validity = NULL, *bitmap = NULL;
    uint64_t n = 0;
    shmcol_status status = accessors[a].call(file, info->name, &values, &n, &validity, false, &err);
    if (info->null_count != 0 && !accessors[a].in_value) {
        assert_int_equal(status, SHMCOL_ERR_HAS_NULLS);
        assert_non_null(strstr(err.message, info->name));
        assert_null(values);
        assert_int_equal(n, 0);
    } else {
        assert_int_equal(status, SHMCOL_OK);
    }
    assert_int_equal(accessors[a].call(file, info->name, &values, &n, &validity, true, &err),
                     SHMCOL_OK);
    assert_int_equal(n, shmcol_rows(file));
    assert_int_equal(shmcol_values(file, info->index, &by_index, &bitmap, &err), SHMCOL_OK);
    assert_ptr_equal(values, by_index);
    assert_true((bitmap != NULL) == (info->null_count != 0));
    if (!accessors[a].in_value)
        assert_ptr_equal(validity, bitmap);
    assert_int_equal((uintptr_t)values % 64, 0);
}

static void wrong_type(const shmcol_file *file, const shmcol_column_info *info, size_t a)
{
    shmcol_error err = SHMCOL_ERROR_INIT;
    const void *values = NULL;
    const uint8_t *validity = NULL;
    uint64_t n = 77;
    assert_int_equal(accessors[a].call(file, info->name, &values, &n, &validity, true, &err),
                     SHMCOL_ERR_WRONG_TYPE);
    assert_int_equal(n, 77);
    assert_int_equal(err.column, info->index);
    if (strstr(err.message, shmcol_type_name(info->type)) == NULL ||
        strstr(err.message, shmcol_type_name(accessors[a].type)) == NULL)
        fail_msg("%s", err.message);
}

static void every_accessor_every_type(void **state)
{
    (void)state;
    for (size_t f = 0; f < sizeof type_files / sizeof *type_files; f++) {
        char name[60];
        snprintf(name, sizeof name, "good/%s", type_files[f]);
        shmcol_file *file = open_corpus(name);
        for (uint32_t i = 0; i < shmcol_columns(file); i++) {
            shmcol_column_info info = SHMCOL_COLUMN_INFO_INIT;
            assert_int_equal(shmcol_get_column(file, i, &info, NULL), SHMCOL_OK);
            for (size_t a = 0; a < ACCESSORS; a++)
                (info.type == accessors[a].type ? right_type : wrong_type)(file, &info, a);
        }
        shmcol_close(file);
    }
}

static void no_such_column(void **state)
{
    (void)state;
    shmcol_file *file = open_corpus("good/type-int32");
    const void *values;
    const uint8_t *validity;
    uint64_t n;
    for (size_t a = 0; a < ACCESSORS; a++) {
        shmcol_error err = SHMCOL_ERROR_INIT;
        assert_int_equal(accessors[a].call(file, "plane", &values, &n, &validity, true, &err),
                         SHMCOL_ERR_NO_COLUMN);
        assert_string_equal(err.hint, "did you mean \"plain\"?");
    }
    assert_int_equal(shmcol_int32(file, "plain", NULL, &n, NULL, NULL),
                     SHMCOL_ERR_INVALID_ARGUMENT);
    assert_int_equal(shmcol_values(file, 0, NULL, NULL, NULL), SHMCOL_ERR_INVALID_ARGUMENT);
    assert_int_equal(shmcol_values(file, 9, &values, NULL, NULL), SHMCOL_ERR_NO_COLUMN);
    shmcol_close(file);
}

static void values_are_there(void **state)
{
    (void)state;
    shmcol_file *file = open_corpus("good/type-float64");
    const double *values;
    uint64_t n;
    assert_int_equal(shmcol_float64(file, "nulls", &values, &n, NULL), SHMCOL_OK);
    const uint8_t *validity;
    const void *same;
    uint32_t column;
    assert_int_equal(shmcol_find(file, "nulls", &column, NULL), SHMCOL_OK);
    assert_int_equal(shmcol_values(file, column, &same, &validity, NULL), SHMCOL_OK);
    for (uint64_t i = 0; i < n; i++)
        if (!shmcol_is_valid(validity, i))
            assert_true(isnan(values[i]));
    shmcol_close(file);
    file = open_corpus("good/type-time64");
    const int64_t *times;
    shmcol_unit unit = SHMCOL_SECOND;
    shmcol_column_info info = SHMCOL_COLUMN_INFO_INIT;
    assert_int_equal(shmcol_get_column(file, 0, &info, NULL), SHMCOL_OK);
    assert_int_equal(shmcol_time64(file, info.name, &times, NULL, &unit, &validity, NULL),
                     SHMCOL_OK);
    assert_int_equal(unit, info.unit);
    assert_true(unit >= SHMCOL_MICRO);
    shmcol_close(file);
    file = open_corpus("good/type-fixed_binary");
    const uint8_t *bytes;
    uint32_t width = 0;
    assert_int_equal(shmcol_get_column(file, 0, &info, NULL), SHMCOL_OK);
    assert_int_equal(shmcol_fixed_binary(file, info.name, &bytes, NULL, &width, &validity, NULL),
                     SHMCOL_OK);
    assert_int_equal(width, info.width);
    shmcol_close(file);
}

/* ---- strings and dictionaries ---- */

static void strings(void **state)
{
    (void)state;
    shmcol_file *file = open_corpus("good/string-bounds");
    shmcol_strings s = SHMCOL_STRINGS_INIT;
    shmcol_error err = SHMCOL_ERROR_INIT;
    const char *data;
    uint64_t length;
    assert_int_equal(shmcol_string(file, "cut", &s, &err), SHMCOL_OK);
    assert_int_equal(s.count, 3);
    assert_int_equal(shmcol_string_at(&s, 1, &data, &length), SHMCOL_OK);
    assert_int_equal(length, 15);
    assert_memory_equal(data, "0123456789abcde", 15);
    assert_int_equal(shmcol_string_at(&s, 2, &data, &length), SHMCOL_OK);
    assert_int_equal(length, 0);
    assert_non_null(data);
    assert_int_equal(shmcol_string_at(&s, 3, &data, &length), SHMCOL_ERR_OUT_OF_RANGE);
    assert_int_equal(shmcol_string_at(&s, UINT64_MAX, &data, &length), SHMCOL_ERR_OUT_OF_RANGE);
    assert_int_equal(shmcol_binary(file, "cut", &s, &err), SHMCOL_ERR_WRONG_TYPE);
    assert_string_equal(err.message, "column \"cut\" is string, not binary");
    s.size = 0;
    assert_int_equal(shmcol_string(file, "cut", &s, &err), SHMCOL_ERR_INVALID_ARGUMENT);
    shmcol_close(file);
    file = open_corpus("good/type-string");
    shmcol_strings nulls = SHMCOL_STRINGS_INIT;
    assert_int_equal(shmcol_string(file, "none", &nulls, &err), SHMCOL_OK);
    for (uint64_t i = 0; i < nulls.count; i++) {
        length = 1;
        assert_int_equal(shmcol_string_at(&nulls, i, &data, &length), SHMCOL_OK);
        assert_null(data);
        assert_int_equal(length, 0);
    }
    shmcol_close(file);
}

/* F-63: whatever the offsets say, no access leaves the bytes. */
static void hostile_offsets(void **state)
{
    (void)state;
    static const int64_t bad[][2] = {
        {-1, 3}, {3, 2}, {0, 11}, {INT64_MIN, 0}, {0, INT64_MAX}, {11, 12}, {INT64_MAX, INT64_MIN}};
    char bytes[10] = "0123456789";
    const char *data;
    uint64_t length;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        shmcol_strings s = SHMCOL_STRINGS_INIT;
        s.count = 1;
        s.offsets = bad[i];
        s.data = bytes;
        s.data_length = sizeof bytes;
        assert_int_equal(shmcol_string_at(&s, 0, &data, &length), SHMCOL_ERR_OFFSETS);
    }
}

static void dictionaries(void **state)
{
    (void)state;
    static const char *const files[] = {"good/dictionary-int8", "good/dictionary-int16",
                                        "good/dictionary-int32", "good/dictionary-sorted"};
    for (size_t f = 0; f < 4; f++) {
        shmcol_file *file = open_corpus(files[f]);
        shmcol_dictionary d = SHMCOL_DICTIONARY_INIT;
        shmcol_error err = SHMCOL_ERROR_INIT;
        shmcol_column_info info = SHMCOL_COLUMN_INFO_INIT;
        assert_int_equal(shmcol_get_column(file, 0, &info, &err), SHMCOL_OK);
        assert_int_equal(shmcol_dictionary_get(file, info.name, &d, &err), SHMCOL_OK);
        assert_int_equal(d.code_width, info.width);
        assert_int_equal(d.values.count, info.dictionary_length);
        assert_int_equal(d.sorted, f == 3);
        for (uint64_t i = 0; i < d.values.count; i++) {
            const char *data;
            uint64_t length;
            int64_t code = -2;
            assert_int_equal(shmcol_string_at(&d.values, i, &data, &length), SHMCOL_OK);
            assert_int_equal(shmcol_dictionary_code(&d, data, length, &code), SHMCOL_OK);
            assert_int_equal(code, i);
        }
        int64_t code = -2;
        assert_int_equal(shmcol_dictionary_code(&d, "no such value", 13, &code), SHMCOL_OK);
        assert_int_equal(code, -1);
        for (uint64_t row = 0; row < d.count; row++) {
            const char *data, *value;
            uint64_t length, value_length;
            assert_int_equal(shmcol_dictionary_at(&d, row, &data, &length), SHMCOL_OK);
            code = shmcol_code_at(&d, row);
            assert_true((code < 0) == (data == NULL));
            if (code >= 0) {
                assert_int_equal(shmcol_string_at(&d.values, (uint64_t)code, &value, &value_length),
                                 SHMCOL_OK);
                assert_ptr_equal(data, value);
            }
        }
        const char *data;
        uint64_t length;
        assert_int_equal(shmcol_dictionary_at(&d, d.count, &data, &length),
                         SHMCOL_ERR_OUT_OF_RANGE);
        shmcol_strings s = SHMCOL_STRINGS_INIT;
        assert_int_equal(shmcol_string(file, info.name, &s, &err), SHMCOL_ERR_WRONG_TYPE);
        assert_string_equal(err.hint, "use shmcol_dictionary_get");
        shmcol_close(file);
    }
    shmcol_file *file = open_corpus("bad/codes-beyond");
    int outside = 0;
    for (uint32_t i = 0; i < shmcol_columns(file); i++) {
        shmcol_dictionary d = SHMCOL_DICTIONARY_INIT;
        if (shmcol_dictionary_column(file, i, &d, NULL) != SHMCOL_OK)
            continue;
        for (uint64_t row = 0; row < d.count; row++) {
            const char *data;
            uint64_t length;
            outside += shmcol_dictionary_at(&d, row, &data, &length) == SHMCOL_ERR_CODES;
        }
    }
    assert_int_equal(outside, 1);
    shmcol_close(file);
}

/* ---- statistics ---- */

/* A column's bounds against its values. */
static void check_stats(const shmcol_file *file, uint32_t column, uint64_t first, uint64_t end,
                        const shmcol_stats *s)
{
    shmcol_column_info info = SHMCOL_COLUMN_INFO_INIT;
    const void *values;
    const uint8_t *validity;
    uint64_t nulls = 0;
    bool any = false;
    int64_t min = INT64_MAX, max = INT64_MIN;
    assert_int_equal(shmcol_get_column(file, column, &info, NULL), SHMCOL_OK);
    if (info.width == 0)
        return;
    assert_int_equal(shmcol_values(file, column, &values, &validity, NULL), SHMCOL_OK);
    for (uint64_t i = first; i < end; i++) {
        nulls += !shmcol_is_valid(validity, i);
        if (!shmcol_is_valid(validity, i) || info.type != SHMCOL_INT64)
            continue;
        int64_t v = ((const int64_t *)values)[i];
        min = v < min ? v : min;
        max = v > max ? v : max;
        any = true;
    }
    assert_int_equal(s->rows, end - first);
    assert_int_equal(s->null_count, nulls);
    if (info.type == SHMCOL_INT64) {
        assert_int_equal(s->has_bounds, any);
        assert_true(!any || (s->min_int == min && s->max_int == max));
    }
}

static void statistics(void **state)
{
    (void)state;
    static const char *const files[] = {"good/zones-3",    "good/rows-65537",
                                        "good/rows-65536", "good/columns-200",
                                        "good/rows-0",     "good/tensor-shapes"};
    for (size_t f = 0; f < sizeof files / sizeof *files; f++) {
        shmcol_file *file = open_corpus(files[f]);
        uint64_t rows = shmcol_rows(file), zones = (rows + SHMCOL_ZONE_ROWS - 1) / SHMCOL_ZONE_ROWS;
        for (uint32_t i = 0; i < shmcol_columns(file); i++) {
            shmcol_stats s = SHMCOL_STATS_INIT;
            assert_int_equal(shmcol_column_stats(file, i, &s, NULL), SHMCOL_OK);
            check_stats(file, i, 0, rows, &s);
            for (uint64_t z = 0; z < zones; z++) {
                uint64_t end = (z + 1) * SHMCOL_ZONE_ROWS;
                assert_int_equal(shmcol_zone_stats(file, i, z, &s, NULL), SHMCOL_OK);
                check_stats(file, i, z * SHMCOL_ZONE_ROWS, end < rows ? end : rows, &s);
            }
            assert_int_equal(shmcol_zone_stats(file, i, zones, &s, NULL), SHMCOL_ERR_OUT_OF_RANGE);
            assert_int_equal(shmcol_zone_stats(file, i, UINT64_MAX, &s, NULL),
                             SHMCOL_ERR_OUT_OF_RANGE);
        }
        shmcol_stats s = SHMCOL_STATS_INIT;
        assert_int_equal(shmcol_column_stats(file, 1000, &s, NULL), SHMCOL_ERR_NO_COLUMN);
        shmcol_close(file);
    }
}

static void string_statistics(void **state)
{
    (void)state;
    shmcol_file *file = open_corpus("good/string-bounds");
    shmcol_stats s = SHMCOL_STATS_INIT;
    assert_int_equal(shmcol_column_stats(file, 0, &s, NULL), SHMCOL_OK);
    assert_true(s.has_bounds);
    assert_memory_equal(s.min_prefix, "0123456789abcdef", 16);
    assert_memory_equal(s.max_prefix, "0123456789abcdef", 16);
    assert_int_equal(s.min_length, 16);
    assert_int_equal(s.max_length, 17);
    shmcol_close(file);
    file = open_corpus("good/float-nan-float64");
    uint64_t nan = 0;
    for (uint32_t i = 0; i < shmcol_columns(file); i++) {
        assert_int_equal(shmcol_column_stats(file, i, &s, NULL), SHMCOL_OK);
        nan += s.nan_count;
    }
    assert_true(nan > 0);
    shmcol_close(file);
}

/* ---- parts of a table ---- */

/* F-79: the header says where the part lies. Its bitmaps have no zero: the accessors give none. */
static void a_part(void **state)
{
    (void)state;
    shmcol_file *file = open_corpus("good/part-middle");
    shmcol_file_info info = SHMCOL_FILE_INFO_INIT, plain = SHMCOL_FILE_INFO_INIT;
    shmcol_column_info column = SHMCOL_COLUMN_INFO_INIT;
    const void *values;
    const int8_t *numbers;
    const uint8_t *validity = (const uint8_t *)"", *bitmap;
    assert_int_equal(shmcol_get_info(file, &info, NULL), SHMCOL_OK);
    assert_int_equal(info.alignment, 65536);
    assert_int_equal(info.first_row, 65536);
    assert_true(info.table_rows >= info.first_row + info.rows);
    assert_memory_equal(info.table_id, "the first part's", 16);
    assert_memory_equal(info.previous_id, "the part before.", 16);
    assert_int_equal(shmcol_get_column(file, 0, &column, NULL), SHMCOL_OK);
    assert_true(column.nullable && column.null_count == 0 && column.validity.length != 0);
    assert_int_equal(shmcol_int8(file, column.name, &numbers, NULL, NULL, NULL), SHMCOL_OK);
    assert_int_equal(shmcol_values(file, 0, &values, &validity, NULL), SHMCOL_OK);
    assert_ptr_equal(values, numbers);
    assert_null(validity);
    assert_int_equal((uintptr_t)values % 4096, 0);
    shmcol_close(file);
    file = open_corpus("good/part-last");
    assert_int_equal(shmcol_values(file, 0, &values, &bitmap, NULL), SHMCOL_OK);
    assert_non_null(bitmap);
    shmcol_close(file);
    file = open_corpus("good/rows-1");
    assert_int_equal(shmcol_get_info(file, &plain, NULL), SHMCOL_OK);
    assert_true(plain.alignment == 0 && plain.first_row == 0 && plain.table_rows == 0);
    shmcol_close(file);
}

/* ---- allocation ---- */

#if defined(__GLIBC__) && !SANITIZED
extern void *__libc_malloc(size_t size);
static unsigned allocations;
void *malloc(size_t size)
{
    allocations++;
    return __libc_malloc(size);
}

static void nothing_allocates(void **state)
{
    (void)state;
    shmcol_file *file = NULL;
    const char *path = corpus("good/columns-200");
    unsigned before = allocations;
    assert_int_equal(shmcol_open(path, NULL, &file, NULL), SHMCOL_OK);
    assert_int_equal(allocations - before, 1); /* the file itself */
    before = allocations;
    for (uint32_t i = 0; i < shmcol_columns(file); i++) {
        shmcol_column_info info = SHMCOL_COLUMN_INFO_INIT;
        shmcol_strings s = SHMCOL_STRINGS_INIT;
        shmcol_dictionary d = SHMCOL_DICTIONARY_INIT;
        shmcol_stats stats = SHMCOL_STATS_INIT;
        const void *values;
        const uint8_t *validity;
        uint32_t found;
        shmcol_get_column(file, i, &info, NULL);
        shmcol_find(file, info.name, &found, NULL);
        shmcol_values(file, i, &values, &validity, NULL);
        shmcol_strings_column(file, i, &s, NULL);
        shmcol_dictionary_column(file, i, &d, NULL);
        shmcol_column_stats(file, i, &stats, NULL);
        shmcol_metadata_count(file, i, &found, NULL);
    }
    assert_int_equal(allocations - before, 0);
    shmcol_close(file);
}
#endif

int main(void)
{
    const struct CMUnitTest tests[] = {
#if defined(__GLIBC__) && !SANITIZED
        cmocka_unit_test(nothing_allocates),
#endif
        cmocka_unit_test(every_accessor_every_type),
        cmocka_unit_test(no_such_column),
        cmocka_unit_test(values_are_there),
        cmocka_unit_test(strings),
        cmocka_unit_test(hostile_offsets),
        cmocka_unit_test(dictionaries),
        cmocka_unit_test(statistics),
        cmocka_unit_test(string_statistics),
        cmocka_unit_test(a_part),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
