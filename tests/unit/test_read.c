/* Opening, what is in a file, finding columns, metadata: answers and errors. */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <sys/stat.h>
#include <unistd.h>

#include "read_support.h"

/* Opening `path` fails with this status, and the text (place, message, hint) contains `part`.
 * Nothing comes out. */
static void cannot_open(const char *path, shmcol_status status, const char *part)
{
    shmcol_error err = SHMCOL_ERROR_INIT;
    shmcol_file *file = NULL;
    char text[1500];
    assert_int_equal(shmcol_open(path, NULL, &file, &err), status);
    assert_int_equal(err.status, status);
    assert_null(file);
    shmcol_error_format(&err, text, sizeof text);
    if (strstr(text, part) == NULL || strstr(text, path) == NULL)
        fail_msg("%s", text);
    assert_int_equal(shmcol_open(path, NULL, &file, NULL), status);
}

static void open_errors(void **state)
{
    (void)state;
    size_t size;
    uint8_t *data = read_corpus("good/rows-1", &size);
    cannot_open(support_path("none"), SHMCOL_ERR_IO, "No such file");
    cannot_open(support_directory(), SHMCOL_ERR_NO_TABLE, "no table");
    cannot_open("/dev/null", SHMCOL_ERR_IO, "not a regular file");
    cannot_open(support_make_file("empty", "", 0), SHMCOL_ERR_TRUNCATED, "empty");
    cannot_open(support_make_file("text", "a,b\n1,2\n", 8), SHMCOL_ERR_NOT_SHMCOL,
                "not a shmcol file");
    cannot_open(support_make_file("arrow", "ARROW1\0\0", 8), SHMCOL_ERR_TRUNCATED, "8 bytes");
    cannot_open(support_make_file("short", data, size - 1), SHMCOL_ERR_TRUNCATED, "F-5");
    data[size] = 0;
    cannot_open(support_make_file("long", data, size + 1), SHMCOL_ERR_TRAILING, "F-5");
    data[300] ^= 1;
    cannot_open(support_make_file("damaged", data, size), SHMCOL_ERR_HEADER_HASH, "F-10");
    assert_int_equal(mkfifo(support_path("fifo"), 0600), 0);
    cannot_open(support_path("fifo"), SHMCOL_ERR_IO, "not a regular file");
    if (geteuid() != 0) {
        assert_int_equal(chmod(support_make_file("secret", data, size), 0), 0);
        cannot_open(support_path("secret"), SHMCOL_ERR_IO, "Permission denied");
    }
    free(data);
}

static void bad_arguments(void **state)
{
    (void)state;
    shmcol_file *file = NULL;
    shmcol_open_options options = SHMCOL_OPEN_OPTIONS_INIT;
    const char *path = corpus("good/rows-1");
    assert_int_equal(shmcol_open(NULL, NULL, &file, NULL), SHMCOL_ERR_INVALID_ARGUMENT);
    assert_int_equal(shmcol_open(path, NULL, NULL, NULL), SHMCOL_ERR_INVALID_ARGUMENT);
    options.flags = 1u << 20;
    assert_int_equal(shmcol_open(path, &options, &file, NULL), SHMCOL_ERR_INVALID_ARGUMENT);
    options.flags = SHMCOL_OPEN_SEQUENTIAL | SHMCOL_OPEN_RANDOM;
    assert_int_equal(shmcol_open(path, &options, &file, NULL), SHMCOL_ERR_INVALID_ARGUMENT);
    options.flags = 0;
    options.size = 0;
    assert_int_equal(shmcol_open(path, &options, &file, NULL), SHMCOL_ERR_INVALID_ARGUMENT);
    assert_int_equal(shmcol_open_fd(-1, NULL, &file, NULL), SHMCOL_ERR_IO);
    assert_int_equal(shmcol_open_fd(0, NULL, NULL, NULL), SHMCOL_ERR_INVALID_ARGUMENT);
    _Alignas(64) char bytes[128] = {0};
    assert_int_equal(shmcol_open_memory(NULL, 10, &file, NULL), SHMCOL_ERR_INVALID_ARGUMENT);
    assert_int_equal(shmcol_open_memory(bytes + 8, 10, &file, NULL), SHMCOL_ERR_INVALID_ARGUMENT);
    assert_int_equal(shmcol_open_memory(bytes, 128, &file, NULL), SHMCOL_ERR_NOT_SHMCOL);
    assert_int_equal(shmcol_open_memory(bytes, 0, &file, NULL), SHMCOL_ERR_TRUNCATED);
    assert_null(file);
    shmcol_close(NULL);
}

/* Each way to open gives the same file. */
static void ways_to_open(void **state)
{
    (void)state;
    size_t size;
    uint8_t *data = read_corpus("good/rows-64", &size);
    shmcol_file *files[8] = {NULL};
    size_t n = 0;
    assert_int_equal(shmcol_open_memory(data, size, &files[n++], NULL), SHMCOL_OK);
    int fd = open(corpus("good/rows-64"), O_RDONLY);
    assert_int_equal(shmcol_open_fd(fd, NULL, &files[n++], NULL), SHMCOL_OK);
    close(fd);
    static const uint32_t flags[] = {0, SHMCOL_OPEN_PREFAULT, SHMCOL_OPEN_SEQUENTIAL,
                                     SHMCOL_OPEN_RANDOM, SHMCOL_OPEN_PRIVATE};
    for (size_t i = 0; i < 5; i++) {
        shmcol_open_options options = SHMCOL_OPEN_OPTIONS_INIT;
        options.flags = flags[i];
        assert_int_equal(shmcol_open(corpus("good/rows-64"), &options, &files[n++], NULL),
                         SHMCOL_OK);
    }
    for (size_t i = 0; i < n; i++) {
        shmcol_file_info info = SHMCOL_FILE_INFO_INIT;
        assert_int_equal(shmcol_get_info(files[i], &info, NULL), SHMCOL_OK);
        assert_int_equal(info.file_size, size);
        assert_memory_equal(info.map, data, size);
        assert_int_equal(info.rows, 64);
        assert_int_equal(info.rows, shmcol_rows(files[i]));
        assert_int_equal(info.columns, shmcol_columns(files[i]));
        assert_int_equal(info.version_major, 1);
        assert_memory_equal(info.file_id, info.content_id, 16);
        assert_memory_equal(info.file_id, data + 128, 16);
        assert_int_equal(shmcol_verify(files[i], NULL, NULL), SHMCOL_OK);
        shmcol_close(files[i]);
    }
    free(data);
}

static void private_pages_are_private(void **state)
{
    (void)state;
    shmcol_open_options options = SHMCOL_OPEN_OPTIONS_INIT;
    options.flags = SHMCOL_OPEN_PRIVATE;
    shmcol_file *mine = NULL, *theirs = open_corpus("good/type-int32");
    const int32_t *a, *b;
    uint64_t n = 0;
    assert_int_equal(shmcol_open(corpus("good/type-int32"), &options, &mine, NULL), SHMCOL_OK);
    assert_int_equal(shmcol_int32(mine, "plain", &a, &n, NULL, NULL), SHMCOL_OK);
    assert_int_equal(shmcol_int32(theirs, "plain", &b, &n, NULL, NULL), SHMCOL_OK);
    int32_t before = a[0];
    ((int32_t *)(uintptr_t)a)[0] = before + 1;
    assert_int_equal(b[0], before);
    shmcol_close(mine);
    shmcol_close(theirs);
}

static void references(void **state)
{
    (void)state;
    shmcol_file *file = open_corpus("good/rows-1");
    assert_ptr_equal(shmcol_retain(file), file);
    assert_null(shmcol_retain(NULL));
    shmcol_close(file);
    assert_int_equal(shmcol_rows(file), 1); /* the second reference holds it */
    shmcol_close(file);
}

static void columns(void **state)
{
    (void)state;
    shmcol_file *file = open_corpus("good/type-timestamp-us");
    shmcol_error err = SHMCOL_ERROR_INIT;
    shmcol_column_info info = SHMCOL_COLUMN_INFO_INIT;
    bool zone = false;
    for (uint32_t i = 0; i < shmcol_columns(file); i++) {
        assert_int_equal(shmcol_get_column(file, i, &info, &err), SHMCOL_OK);
        assert_true(info.index == i && info.supported && info.type == SHMCOL_TIMESTAMP &&
                    info.unit == SHMCOL_MICRO && info.width == 8);
        assert_int_equal(strlen(info.name), info.name_length);
        assert_int_equal(info.values.length, 8 * shmcol_rows(file));
        assert_true((info.null_count != 0) == (info.validity.length != 0));
        zone |= info.zone != NULL && strcmp(info.zone, "Europe/Paris") == 0;
    }
    assert_true(zone);
    assert_int_equal(shmcol_get_column(file, 1000, &info, &err), SHMCOL_ERR_NO_COLUMN);
    info.size = 4;
    assert_int_equal(shmcol_get_column(file, 0, &info, &err), SHMCOL_ERR_INVALID_ARGUMENT);
    shmcol_close(file);

    file = open_corpus("unsupported/column-type-26");
    shmcol_column_info unknown = SHMCOL_COLUMN_INFO_INIT;
    const void *values;
    shmcol_strings strings = SHMCOL_STRINGS_INIT;
    assert_int_equal(shmcol_get_column(file, 0, &unknown, &err), SHMCOL_OK);
    assert_false(unknown.supported);
    assert_string_equal(unknown.name, "id");
    assert_int_equal(shmcol_values(file, 0, &values, NULL, &err), SHMCOL_ERR_COLUMN_UNSUPPORTED);
    assert_non_null(strstr(err.message, "\"id\""));
    assert_int_equal(shmcol_status_class(err.status), SHMCOL_CLASS_UNSUPPORTED);
    assert_int_equal(shmcol_string(file, "name", &strings, &err), SHMCOL_OK); /* the others work */
    shmcol_close(file);
}

static void not_found(const shmcol_file *file, const char *name, const char *suggestion)
{
    shmcol_error err = SHMCOL_ERROR_INIT;
    uint32_t column = 77;
    assert_int_equal(shmcol_find(file, name, &column, &err), SHMCOL_ERR_NO_COLUMN);
    assert_int_equal(column, 77);
    assert_non_null(strstr(err.message, name));
    if (suggestion == NULL)
        assert_string_equal(err.hint, "");
    else if (strstr(err.hint, suggestion) == NULL)
        fail_msg("%s: %s", name, err.hint);
    assert_int_equal(shmcol_find(file, name, &column, NULL), SHMCOL_ERR_NO_COLUMN);
}

static void finding(void **state)
{
    (void)state;
    shmcol_file *file = open_corpus("good/columns-200");
    for (uint32_t i = 0; i < shmcol_columns(file); i++) {
        shmcol_column_info info = SHMCOL_COLUMN_INFO_INIT;
        uint32_t found = UINT32_MAX;
        assert_int_equal(shmcol_get_column(file, i, &info, NULL), SHMCOL_OK);
        assert_int_equal(shmcol_find(file, info.name, &found, NULL), SHMCOL_OK);
        assert_int_equal(found, i);
        found = UINT32_MAX;
        assert_int_equal(shmcol_find_n(file, info.name, info.name_length, &found, NULL), SHMCOL_OK);
        assert_int_equal(found, i);
    }
    shmcol_close(file);
    file = open_corpus("good/type-int32"); /* plain, nulls, none */
    not_found(file, "plian", "\"plain\"");
    not_found(file, "Plain", "\"plain\"");
    not_found(file, "null", "\"nulls\"");
    not_found(file, "something else", NULL);
    uint32_t column;
    assert_int_equal(shmcol_find(file, NULL, &column, NULL), SHMCOL_ERR_INVALID_ARGUMENT);
    assert_int_equal(shmcol_find(file, "plain", NULL, NULL), SHMCOL_ERR_INVALID_ARGUMENT);
    char *endless = calloc(1, 100001);
    memset(endless, 'n', 100000);
    assert_int_equal(shmcol_find(file, endless, &column, NULL), SHMCOL_ERR_NO_COLUMN);
    free(endless);
    shmcol_close(file);
    file = open_corpus("good/name-empty");
    assert_int_equal(shmcol_find(file, "", &column, NULL), SHMCOL_OK);
    assert_int_equal(shmcol_find_n(file, NULL, 0, &column, NULL), SHMCOL_OK);
    shmcol_close(file);
    file = open_corpus("good/columns-0");
    not_found(file, "x", NULL);
    shmcol_close(file);
    file = open_corpus("good/name-long");
    shmcol_column_info info = SHMCOL_COLUMN_INFO_INIT;
    assert_int_equal(shmcol_get_column(file, 0, &info, NULL), SHMCOL_OK);
    assert_int_equal(shmcol_find(file, info.name, &column, NULL), SHMCOL_OK);
    shmcol_close(file);
}

/* F-32: a miss is only believed after the index has been checked. */
static void damaged_index(void **state)
{
    (void)state;
    size_t size;
    uint8_t *data = read_corpus("good/columns-200", &size);
    uint64_t offset;
    shmcol_file *file = NULL;
    shmcol_error err = SHMCOL_ERROR_INIT;
    uint32_t column;
    memcpy(&offset, data + 200 + 24, sizeof offset);
    memset(data + offset, 0xFF, 8);
    assert_int_equal(shmcol_open_memory(data, size, &file, NULL), SHMCOL_OK);
    for (int i = 0; i < 2; i++)
        assert_int_equal(shmcol_find(file, "no such column", &column, &err),
                         SHMCOL_ERR_REGION_HASH);
    assert_string_equal(err.rule, "F-12");
    shmcol_close(file);
    free(data);
}

static void metadata(void **state)
{
    (void)state;
    shmcol_file *file = open_corpus("unsupported/envelope-2");
    shmcol_text key, value;
    uint32_t count = 99;
    assert_int_equal(shmcol_metadata_count(file, SHMCOL_TABLE, &count, NULL), SHMCOL_OK);
    assert_int_equal(count, 1);
    assert_int_equal(shmcol_metadata_get(file, SHMCOL_TABLE, 0, &key, &value, NULL), SHMCOL_OK);
    assert_int_equal(key.length, 6);
    assert_memory_equal(key.data, "source", 6);
    assert_memory_equal(value.data, "corpus", 6);
    assert_int_equal(shmcol_metadata_get(file, SHMCOL_TABLE, 1, &key, &value, NULL),
                     SHMCOL_ERR_OUT_OF_RANGE);
    assert_int_equal(shmcol_metadata_count(file, 2, &count, NULL), SHMCOL_OK);
    assert_int_equal(count, 0);
    assert_int_equal(shmcol_metadata_get(file, 2, 0, &key, &value, NULL), SHMCOL_ERR_OUT_OF_RANGE);
    assert_int_equal(shmcol_metadata_count(file, 99, &count, NULL), SHMCOL_ERR_NO_COLUMN);
    assert_int_equal(shmcol_metadata_count(file, 0, NULL, NULL), SHMCOL_ERR_INVALID_ARGUMENT);
    assert_int_equal(shmcol_metadata_get(file, 0, 0, NULL, &value, NULL),
                     SHMCOL_ERR_INVALID_ARGUMENT);
    shmcol_close(file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(open_errors),  cmocka_unit_test(bad_arguments),
        cmocka_unit_test(ways_to_open), cmocka_unit_test(private_pages_are_private),
        cmocka_unit_test(references),   cmocka_unit_test(columns),
        cmocka_unit_test(finding),      cmocka_unit_test(damaged_index),
        cmocka_unit_test(metadata),
    };
    return cmocka_run_group_tests(tests, support_begin, support_end);
}
