/* The errors of the writer; a failure leaves no file. */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "writer_support.h"

static shmcol_field field_of(shmcol_type type, const char *name)
{
    shmcol_field f = SHMCOL_FIELD_INIT;
    f.type = type;
    f.name = name;
    f.name_length = (uint32_t)strlen(name);
    return f;
}

static void refuse_fields(const shmcol_field *fields, uint32_t n,
                          const shmcol_writer_options *options, shmcol_status expected,
                          int64_t column, const char *rule)
{
    shmcol_writer *w = NULL;
    shmcol_error err = SHMCOL_ERROR_INIT;
    shmcol_status status = shmcol_writer_create(support_path("t"), fields, n, options, &w, &err);
    if (status != expected || err.status != expected || err.column != column ||
        (rule != NULL && strcmp(rule, err.rule) != 0))
        fail_msg("%s %s column %d: %s", shmcol_status_name(status), err.rule, (int)err.column,
                 err.message);
    assert_null(w);
    assert_true(err.message[0] != 0);
    assert_int_equal(support_entries(), 0);
}

static void test_names(void **state)
{
    (void)state;
    char *lengthy = calloc(70000, 1);
    memset(lengthy, 'x', 69999);
    shmcol_field f[3] = {field_of(SHMCOL_INT8, "a"), field_of(SHMCOL_INT8, "b"),
                         field_of(SHMCOL_INT8, "a")};
    refuse_fields(f, 3, NULL, SHMCOL_ERR_BAD_NAME, 2, "F-31");
    f[2] = field_of(SHMCOL_INT8, "\xC3");
    refuse_fields(f, 3, NULL, SHMCOL_ERR_BAD_NAME, 2, "F-31");
    f[2] = field_of(SHMCOL_INT8, "cc");
    f[2].name = "c\0c";
    f[2].name_length = 3;
    refuse_fields(f, 3, NULL, SHMCOL_ERR_BAD_NAME, 2, "F-31");
    f[2] = field_of(SHMCOL_INT8, lengthy);
    refuse_fields(f, 3, NULL, SHMCOL_ERR_BAD_NAME, 2, "F-31");
    f[2] = field_of(SHMCOL_TIMESTAMP, "c");
    f[2].zone = "\xFF";
    refuse_fields(f, 3, NULL, SHMCOL_ERR_BAD_NAME, 2, "F-25");
    lengthy[256] = 0;
    f[2].zone = lengthy;
    refuse_fields(f, 3, NULL, SHMCOL_ERR_BAD_NAME, 2, "F-25");
    shmcol_pair pair = {{"k", 1}, {"\xFF", 1}}, reserved = {{"ARROW:extension:name", 20}, {"x", 1}};
    f[2] = field_of(SHMCOL_BOOL8, "c");
    f[2].metadata = &pair;
    f[2].metadata_count = 1;
    refuse_fields(f, 3, NULL, SHMCOL_ERR_BAD_NAME, 2, NULL);
    f[2].metadata = &reserved;
    refuse_fields(f, 3, NULL, SHMCOL_ERR_BAD_NAME, 2, "F-34");
    shmcol_writer_options options = SHMCOL_WRITER_OPTIONS_INIT;
    options.metadata = &pair;
    options.metadata_count = 1;
    refuse_fields(f, 2, &options, SHMCOL_ERR_BAD_NAME, -1, "F-33");
    free(lengthy);
}

static void test_fields(void **state)
{
    (void)state;
    shmcol_field f = field_of((shmcol_type)0, "a");
    refuse_fields(&f, 1, NULL, SHMCOL_ERR_INVALID_ARGUMENT, 0, NULL);
    f.type = (shmcol_type)26;
    refuse_fields(&f, 1, NULL, SHMCOL_ERR_INVALID_ARGUMENT, 0, NULL);
    f = field_of(SHMCOL_FIXED_BINARY, "a");
    refuse_fields(&f, 1, NULL, SHMCOL_ERR_INVALID_ARGUMENT, 0, "F-25"); /* no width */
    f.width = UINT32_C(1) << 31;
    refuse_fields(&f, 1, NULL, SHMCOL_ERR_INVALID_ARGUMENT, 0, "F-25");
    f.width = INT32_MAX;
    refuse_fields(&f, 1, NULL, SHMCOL_ERR_MEMORY_BOUND, 0, NULL);
    f = field_of(SHMCOL_TIME32, "a");
    f.unit = SHMCOL_NANO;
    refuse_fields(&f, 1, NULL, SHMCOL_ERR_INVALID_ARGUMENT, 0, "F-25");
    f = field_of(SHMCOL_TIME64, "a");
    refuse_fields(&f, 1, NULL, SHMCOL_ERR_INVALID_ARGUMENT, 0, "F-25");
    f = field_of(SHMCOL_TIMESTAMP, "a");
    f.unit = (shmcol_unit)4;
    refuse_fields(&f, 1, NULL, SHMCOL_ERR_INVALID_ARGUMENT, 0, NULL);
    f = field_of(SHMCOL_DURATION, "a");
    f.zone = "UTC";
    refuse_fields(&f, 1, NULL, SHMCOL_ERR_INVALID_ARGUMENT, 0, NULL);
    f = field_of(SHMCOL_TENSOR, "a");
    f.element = SHMCOL_FLOAT64;
    refuse_fields(&f, 1, NULL, SHMCOL_ERR_INVALID_ARGUMENT, 0, NULL); /* no dimensions */
    f.dimensions = 8;
    refuse_fields(&f, 1, NULL, SHMCOL_ERR_INVALID_ARGUMENT, 0, NULL);
    f.dimensions = 2;
    f.shape[0] = 3;
    refuse_fields(&f, 1, NULL, SHMCOL_ERR_INVALID_ARGUMENT, 0, "F-25");
    f.shape[1] = 2;
    f.element = SHMCOL_STRING;
    refuse_fields(&f, 1, NULL, SHMCOL_ERR_INVALID_ARGUMENT, 0, "F-25");
    f = field_of(SHMCOL_INT8, "a");
    f.size = 8;
    refuse_fields(&f, 1, NULL, SHMCOL_ERR_INVALID_ARGUMENT, -1, NULL);
    f = field_of(SHMCOL_INT8, "a");
    f.name = NULL;
    refuse_fields(&f, 1, NULL, SHMCOL_ERR_INVALID_ARGUMENT, 0, NULL);
    f = field_of(SHMCOL_INT8, "a");
    f.metadata_count = 1;
    refuse_fields(&f, 1, NULL, SHMCOL_ERR_INVALID_ARGUMENT, 0, NULL);
    refuse_fields(NULL, 1, NULL, SHMCOL_ERR_INVALID_ARGUMENT, -1, NULL);
    shmcol_writer_options options = {.size = 1};
    refuse_fields(NULL, 0, &options, SHMCOL_ERR_INVALID_ARGUMENT, -1, NULL);
    assert_int_equal(shmcol_writer_create(NULL, NULL, 0, NULL, &(shmcol_writer *){NULL}, NULL),
                     SHMCOL_ERR_INVALID_ARGUMENT);
    assert_int_equal(shmcol_writer_create(support_path("t"), NULL, 0, NULL, NULL, NULL),
                     SHMCOL_ERR_INVALID_ARGUMENT);
}

/* A program that was built when the options ended before zstd_level: the memory after them is not
 * read. */
static void test_shorter_options(void **state)
{
    (void)state;
    shmcol_error err = SHMCOL_ERROR_INIT;
    shmcol_writer *writer;
    shmcol_writer_options options;
    shmcol_field f = field_of(SHMCOL_INT8, "a");
    memset(&options, 0x55, sizeof options);
    memset(&options, 0, offsetof(shmcol_writer_options, zstd_level));
    options.size = offsetof(shmcol_writer_options, zstd_level);
    options.overwrite = 1;
    assert_int_equal(shmcol_writer_create(support_path("shorter"), &f, 1, &options, &writer, &err),
                     SHMCOL_OK);
    assert_int_equal(shmcol_writer_commit(writer, &err), SHMCOL_OK);
    unlink(support_path("shorter"));
    options.size--;
    assert_int_equal(shmcol_writer_create(support_path("shorter"), &f, 1, &options, &writer, &err),
                     SHMCOL_ERR_INVALID_ARGUMENT);
}

/* F-59: a schema of more than 1,000,000 tables. */
static void test_limit(void **state)
{
    (void)state;
    enum { MANY = 500001 };
    shmcol_field *f = calloc(MANY, sizeof *f);
    char(*names)[8] = calloc(MANY, sizeof *names);
    if (f == NULL || names == NULL)
        abort();
    for (uint32_t i = 0; i < MANY; i++) {
        sprintf(names[i], "%u", i);
        f[i] = field_of(SHMCOL_INT8, names[i]);
    }
    refuse_fields(f, MANY, NULL, SHMCOL_ERR_LIMIT, -1, "F-59");
    free(f);
    free(names);
}

/* One value that its type does not allow, in row 5,000 of the second column, given in batches of
 * 4,500. */
static void bad_value(shmcol_field field, const void *good, const void *bad, size_t width,
                      const char *rule)
{
    enum { ROWS = 9000, PLACE = 5000, BATCH = 4500 };
    shmcol_field fields[] = {field_of(SHMCOL_INT8, "first"), field};
    shmcol_column_data data[] = {SHMCOL_COLUMN_DATA_INIT, SHMCOL_COLUMN_DATA_INIT};
    shmcol_writer *w;
    uint8_t *values = malloc(ROWS * width), *ones = calloc(ROWS, 1);
    for (int round = 0; round < 3; round++) { /* refused; the same as a null; without it */
        for (size_t i = 0; i < ROWS; i++)
            memcpy(values + i * width, i == PLACE && round < 2 ? bad : good, width);
        fields[1].nullable = round == 1;
        assert_int_equal(shmcol_writer_create(support_path("t"), fields, 2, NULL, &w, NULL),
                         SHMCOL_OK);
        shmcol_status status = SHMCOL_OK;
        shmcol_error err = SHMCOL_ERROR_INIT;
        for (size_t first = 0; first < ROWS && status == SHMCOL_OK; first += BATCH) {
            data[0].values = ones;
            data[1].values = values + first * width;
            data[1].layout = SHMCOL_STRINGS_FIXED;
            data[1].width = (uint32_t)width;
            data[1].validity_kind = round == 1 ? SHMCOL_VALIDITY_MASK : SHMCOL_ALL_VALID;
            ones[PLACE] = 1;
            data[1].validity = ones + first;
            status = shmcol_writer_append(w, BATCH, data, 2, &err);
        }
        if (round == 0) {
            if (status != SHMCOL_ERR_BAD_VALUE || err.column != 1 || err.row != PLACE ||
                strcmp(err.rule, rule) != 0)
                fail_msg("%s %s column %d row %d: %s", shmcol_status_name(status), err.rule,
                         (int)err.column, (int)err.row, err.message);
            assert_int_equal(shmcol_writer_append(w, 1, data, 2, &err), SHMCOL_ERR_WRITER_STATE);
            assert_int_equal(shmcol_writer_commit(w, &err), SHMCOL_ERR_WRITER_STATE);
            assert_int_equal(support_entries(), 0);
            continue;
        }
        assert_int_equal(status, SHMCOL_OK);
        assert_int_equal(shmcol_writer_commit(w, NULL), SHMCOL_OK);
        shmcol_file *file;
        assert_int_equal(shmcol_open(support_path("t"), NULL, &file, NULL), SHMCOL_OK);
        assert_int_equal(shmcol_verify(file, NULL, NULL), SHMCOL_OK);
        shmcol_close(file);
        assert_int_equal(unlink(support_path("t")), 0);
    }
    free(values);
    free(ones);
}

static void test_values(void **state)
{
    (void)state;
    int64_t zero = 0, nat = INT64_MIN, hour = 3600000, minus = -1, day_us = INT64_C(86400000000);
    int32_t day_s = 86400, day_ms = 86400000, minus32 = -1;
    shmcol_field f = field_of(SHMCOL_BOOL8, "bool");
    bad_value(f, "\1", "\2", 1, "F-38");
    bad_value(f, "\0", "\xFF", 1, "F-38");
    f = field_of(SHMCOL_DATE64, "date");
    bad_value(f, &zero, &hour, 8, "F-38");
    bad_value(f, &zero, &nat, 8, "F-38");
    f = field_of(SHMCOL_TIMESTAMP, "timestamp");
    bad_value(f, &hour, &nat, 8, "F-38");
    f = field_of(SHMCOL_DURATION, "duration");
    bad_value(f, &minus, &nat, 8, "F-38");
    f = field_of(SHMCOL_TIME32, "time");
    bad_value(f, &zero, &day_s, 4, "F-38");
    bad_value(f, &zero, &minus32, 4, "F-38");
    f.unit = SHMCOL_MILLI;
    bad_value(f, &day_s, &day_ms, 4, "F-38");
    f = field_of(SHMCOL_TIME64, "time");
    f.unit = SHMCOL_MICRO;
    bad_value(f, &hour, &day_us, 8, "F-38");
    f.unit = SHMCOL_NANO;
    bad_value(f, &day_us, &minus, 8, "F-38");
    f = field_of(SHMCOL_STRING, "string");
    bad_value(f, "ab", "a\xFF", 2, "F-37");
    bad_value(f, "ab", "\x80", 2, "F-37");
    f.auto_dictionary = 1;
    bad_value(f, "ab", "a\xFF", 2, "F-37");
    f = field_of(SHMCOL_DICTIONARY, "dictionary");
    bad_value(f, "ab", "a\xFF", 2, "F-37");
}

/* Strings that are only UTF-8 together are none (F-37), and offsets that descend (F-36). */
static void test_offsets(void **state)
{
    (void)state;
    static const int64_t split[] = {0, 1, 2}, descending[] = {0, 2, 1}, negative[] = {-1, 0, 1},
                         good[] = {0, 2, 2};
    static const int64_t *const cases[] = {split, descending, negative, good};
    static const char *const rules[] = {"F-37", "F-36", "F-36", ""};
    for (int i = 0; i < 4; i++) {
        shmcol_field f = field_of(SHMCOL_STRING, "s");
        shmcol_column_data data = SHMCOL_COLUMN_DATA_INIT;
        shmcol_writer *w;
        shmcol_error err = SHMCOL_ERROR_INIT;
        data.values = cases[i];
        data.data = "\xC3\xA9";
        assert_int_equal(shmcol_writer_create(support_path("t"), &f, 1, NULL, &w, NULL), SHMCOL_OK);
        assert_int_equal(shmcol_writer_append(w, 2, &data, 1, &err),
                         i < 3 ? SHMCOL_ERR_BAD_VALUE : SHMCOL_OK);
        assert_string_equal(err.rule, rules[i]);
        shmcol_writer_abort(w);
    }
    assert_int_equal(support_entries(), 0);
}

static void test_null_refused(void **state)
{
    (void)state;
    shmcol_field f = field_of(SHMCOL_STRING, "s");
    static const char *const texts[] = {"a", "b", NULL};
    shmcol_column_data data = SHMCOL_COLUMN_DATA_INIT;
    shmcol_writer *w;
    shmcol_error err = SHMCOL_ERROR_INIT;
    data.values = texts;
    data.layout = SHMCOL_STRINGS_POINTERS;
    assert_int_equal(shmcol_writer_create(support_path("t"), &f, 1, NULL, &w, NULL), SHMCOL_OK);
    assert_int_equal(shmcol_writer_append(w, 3, &data, 1, &err), SHMCOL_ERR_BAD_VALUE);
    assert_int_equal(err.row, 2);
    assert_string_equal(err.rule, "F-23");
    shmcol_writer_abort(w);
}

static void test_batches(void **state)
{
    (void)state;
    shmcol_field f[] = {field_of(SHMCOL_INT64, "i"), field_of(SHMCOL_STRING, "s")};
    static const int64_t zeros[8] = {0};
    for (int i = 0; i < 11; i++) {
        shmcol_column_data data[] = {SHMCOL_COLUMN_DATA_INIT, SHMCOL_COLUMN_DATA_INIT};
        shmcol_writer *w;
        shmcol_error err = SHMCOL_ERROR_INIT;
        uint32_t n = 2;
        shmcol_status expected = SHMCOL_ERR_INVALID_ARGUMENT;
        data[0].values = data[1].values = zeros;
        switch (i) {
        case 0:
            n = 1;
            expected = SHMCOL_ERR_WRITER_STATE;
            break;
        case 1: data[1].values = NULL; break;
        case 2: data[0].validity_kind = SHMCOL_VALIDITY_BITMAP; break;
        case 3: data[0].validity_kind = SHMCOL_VALIDITY_SENTINEL; break; /* an integer has no NaN */
        case 4:
            data[1].validity_kind = SHMCOL_VALIDITY_SENTINEL;
            data[1].sentinel = zeros;
            break;
        case 5:
            data[1].layout = SHMCOL_STRINGS_CODES;
            data[1].width = 4;
            break;
        case 6: data[1].layout = SHMCOL_STRINGS_FIXED; break; /* of no width */
        case 7: data[1].layout = (shmcol_string_layout)9; break;
        case 8: data[0].validity_kind = (shmcol_validity_kind)9; break;
        case 9: data[1].size = 0; break;
        default: data[0].size = 0; break;
        }
        assert_int_equal(shmcol_writer_create(support_path("t"), f, 2, NULL, &w, NULL), SHMCOL_OK);
        assert_int_equal(shmcol_writer_append(w, 3, data, n, &err), expected);
        assert_true(err.message[0] != 0);
        assert_int_equal(shmcol_writer_commit(w, NULL), SHMCOL_ERR_WRITER_STATE);
        assert_int_equal(support_entries(), 0);
    }
    shmcol_writer_abort(NULL);
}

/* In several threads, the error is that of the first column by index. */
static void test_first_error(void **state)
{
    (void)state;
    enum { COLUMNS = 40, ROWS = 60000 };
    shmcol_field f[COLUMNS];
    shmcol_column_data data[COLUMNS];
    char names[COLUMNS][4];
    uint8_t *values = calloc(ROWS, 1);
    values[ROWS - 1] = 9;
    for (uint32_t i = 0; i < COLUMNS; i++) {
        sprintf(names[i], "%u", i);
        f[i] = field_of(i < 7 ? SHMCOL_UINT8 : SHMCOL_BOOL8, names[i]);
        data[i] = (shmcol_column_data)SHMCOL_COLUMN_DATA_INIT;
        data[i].values = values;
    }
    for (int round = 0; round < 20; round++) {
        shmcol_writer *w;
        shmcol_error err = SHMCOL_ERROR_INIT;
        shmcol_writer_options options = SHMCOL_WRITER_OPTIONS_INIT;
        options.threads = 4;
        assert_int_equal(shmcol_writer_create(support_path("t"), f, COLUMNS, &options, &w, NULL),
                         SHMCOL_OK);
        assert_int_equal(shmcol_writer_append(w, ROWS, data, COLUMNS, &err), SHMCOL_ERR_BAD_VALUE);
        assert_int_equal(err.column, 7);
        assert_int_equal(err.row, ROWS - 1);
        shmcol_writer_abort(w);
    }
    free(values);
}

static shmcol_status write_one(const char *path, int64_t value, int overwrite, int sync,
                               shmcol_error *err)
{
    shmcol_field f = field_of(SHMCOL_INT64, "i");
    shmcol_column_data data = SHMCOL_COLUMN_DATA_INIT;
    shmcol_writer_options options = SHMCOL_WRITER_OPTIONS_INIT;
    shmcol_writer *w;
    options.overwrite = overwrite;
    options.no_sync = !sync;
    data.values = &value;
    shmcol_status status = shmcol_writer_create(path, &f, 1, &options, &w, err);
    if (status != SHMCOL_OK)
        return status;
    assert_int_equal(shmcol_writer_append(w, 1, &data, 1, err), SHMCOL_OK);
    return shmcol_writer_commit(w, err);
}

static int64_t read_one(const shmcol_file *file)
{
    const int64_t *value;
    assert_int_equal(shmcol_int64(file, "i", &value, NULL, NULL, NULL), SHMCOL_OK);
    return *value;
}

static void test_overwrite(void **state)
{
    (void)state;
    shmcol_error err = SHMCOL_ERROR_INIT;
    const char *path = support_path("t");
    struct stat st;
    mode_t mask = umask(022);
    assert_int_equal(write_one(path, 1, 0, 1, &err), SHMCOL_OK);
    umask(mask);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0444);
    assert_int_equal(write_one(path, 2, 0, 1, &err), SHMCOL_ERR_EXISTS);
    assert_string_equal(err.path, path);
    shmcol_file *old, *file;
    assert_int_equal(shmcol_open(path, NULL, &old, NULL), SHMCOL_OK);
    assert_int_equal(write_one(path, 2, 1, 1, &err), SHMCOL_OK);
    assert_int_equal(support_entries(), 1);
    assert_int_equal(shmcol_open(path, NULL, &file, NULL), SHMCOL_OK);
    assert_int_equal(read_one(old), 1); /* a process that has the old file open keeps it whole */
    assert_int_equal(read_one(file), 2);
    shmcol_close(old);
    shmcol_close(file);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(write_one(support_path("none/t"), 1, 0, 0, &err), SHMCOL_ERR_IO);
    assert_int_equal(err.sys_errno, ENOENT);
    assert_string_equal(err.path, support_path("none/t"));
    assert_int_equal(support_entries(), 0);
}

/* The disk is full at any point: an error with the path, nothing left, an old file whole. */
static void test_full_disk(void **state)
{
    (void)state;
    struct rlimit old;
    enum { ROWS = 200000 };
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(write_one(support_path("t"), 7, 1, 1, NULL), SHMCOL_OK);
    shmcol_field f[] = {field_of(SHMCOL_INT64, "i"), field_of(SHMCOL_STRING, "s")};
    f[1].auto_dictionary = 1;
    int64_t *numbers = calloc(ROWS, sizeof *numbers);
    char(*texts)[8] = calloc(ROWS, sizeof *texts);
    for (uint32_t i = 0; i < ROWS; i++)
        memcpy(texts[i],
               &(uint64_t){UINT64_C(0x3030303030303030) + i % 7 + (uint64_t)(i / 7 % 10) * 256 +
                           (uint64_t)(i / 70 % 10) * 65536},
               8);
    unsigned failed = 0, done = 0;
    for (rlim_t size = 0; size < 6u << 20; size += TEST_WAY_STEP > 1 ? 700000 : 250000) {
        shmcol_writer *w;
        shmcol_error err = SHMCOL_ERROR_INIT;
        shmcol_writer_options options = SHMCOL_WRITER_OPTIONS_INIT;
        shmcol_column_data data[] = {SHMCOL_COLUMN_DATA_INIT, SHMCOL_COLUMN_DATA_INIT};
        options.overwrite = 1;
        data[1].layout = SHMCOL_STRINGS_FIXED;
        data[1].width = 8;
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &(struct rlimit){size, old.rlim_max}), 0);
        assert_int_equal(shmcol_writer_create(support_path("t"), f, 2, &options, &w, NULL),
                         SHMCOL_OK);
        shmcol_status status = SHMCOL_OK;
        for (uint32_t first = 0; first < ROWS && status == SHMCOL_OK; first += ROWS / 4) {
            data[0].values = numbers + first;
            data[1].values = texts + first;
            status = shmcol_writer_append(w, ROWS / 4, data, 2, &err);
        }
        if (status == SHMCOL_OK)
            status = shmcol_writer_commit(w, &err);
        else
            shmcol_writer_abort(w);
        assert_int_equal(support_entries(), 1);
        if (status == SHMCOL_OK) {
            done++;
            continue;
        }
        failed++;
        assert_int_equal(status, SHMCOL_ERR_IO);
        assert_int_equal(err.sys_errno, EFBIG);
        assert_string_equal(err.path, support_path("t"));
        shmcol_file *file;
        assert_int_equal(shmcol_open(support_path("t"), NULL, &file, NULL), SHMCOL_OK);
        assert_int_equal(read_one(file), 7);
        shmcol_close(file);
    }
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
    assert_true(failed > 3 && done > 0);
    assert_int_equal(unlink(support_path("t")), 0);
    free(numbers);
    free(texts);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names),           cmocka_unit_test(test_fields),
        cmocka_unit_test(test_shorter_options), cmocka_unit_test(test_limit),
        cmocka_unit_test(test_values),          cmocka_unit_test(test_offsets),
        cmocka_unit_test(test_batches),         cmocka_unit_test(test_first_error),
        cmocka_unit_test(test_overwrite),       cmocka_unit_test(test_null_refused),
        cmocka_unit_test(test_full_disk),
    };
    int failed = cmocka_run_group_tests(tests, support_begin, support_end);
    static const char *const ways[] = {"tmpfile", "link", "link,rename"};
    for (int i = 0; i < 3; i++) { /* without unnamed files, and without links: the same promises */
        const struct CMUnitTest publishing[] = {cmocka_unit_test(test_overwrite),
                                                cmocka_unit_test(test_values),
                                                cmocka_unit_test(test_full_disk)};
        setenv("SHMCOL_HIDE", ways[i], 1);
        failed += cmocka_run_group_tests_name(ways[i], publishing, support_begin, support_end);
        unsetenv("SHMCOL_HIDE");
    }
    return failed;
}
