/* The errors of populate; a failure leaves no file. */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "populate_support.h"

static shmcol_populate *begin_numbers(uint64_t rows)
{
    shmcol_field f = populate_field(SHMCOL_INT64, "n", 0);
    return populate_begin_fields(&f, 1, rows);
}

static void refuse_claim(shmcol_populate *p, uint64_t first, uint64_t end, shmcol_status expected,
                         int64_t row)
{
    shmcol_range *range = NULL;
    shmcol_error err = SHMCOL_ERROR_INIT;
    shmcol_status status = shmcol_populate_claim(p, first, end, &range, &err);
    if (status != expected || err.status != expected || err.row != row)
        fail_msg("%llu to %llu: %s, row %lld: %s", (unsigned long long)first,
                 (unsigned long long)end, shmcol_status_name(status), (long long)err.row,
                 err.message);
    assert_null(range);
}

static void fill(shmcol_populate *p, uint64_t first, uint64_t end)
{
    shmcol_range *range;
    assert_int_equal(shmcol_populate_claim(p, first, end, &range, NULL), SHMCOL_OK);
    assert_int_equal(shmcol_range_fill(range, NULL), SHMCOL_OK);
}

static void test_bounds(void **state)
{
    (void)state;
    shmcol_populate *p = begin_numbers(1000);
    shmcol_error err = SHMCOL_ERROR_INIT;
    shmcol_range *range;
    uint64_t first, end; /* nothing is missing after the end, though the last block is */
    assert_int_equal(shmcol_populate_missing(p, 1000, &first, &end, NULL), SHMCOL_OK);
    assert_true(first == 1000 && end == 1000);
    assert_int_equal(shmcol_populate_missing(p, 999, &first, &end, NULL), SHMCOL_OK);
    assert_true(first == 960 && end == 1000);
    refuse_claim(p, 0, 0, SHMCOL_ERR_OUT_OF_RANGE, -1);
    refuse_claim(p, 64, 0, SHMCOL_ERR_OUT_OF_RANGE, -1);
    refuse_claim(p, 0, 1001, SHMCOL_ERR_OUT_OF_RANGE, -1);
    refuse_claim(p, 1000, UINT64_MAX, SHMCOL_ERR_OUT_OF_RANGE, -1);
    refuse_claim(p, 1, 64, SHMCOL_ERR_INVALID_ARGUMENT, -1);
    refuse_claim(p, 0, 999, SHMCOL_ERR_INVALID_ARGUMENT, -1);
    assert_int_equal(shmcol_populate_claim(p, 100, 970, &range, &err), SHMCOL_ERR_INVALID_ARGUMENT);
    assert_string_equal(err.hint, "take rows 64 to 1000");
    assert_int_equal(shmcol_populate_claim(p, 0, 64, NULL, &err), SHMCOL_ERR_INVALID_ARGUMENT);
    fill(p, 0, 64);
    fill(p, 960, 1000);
    void *values;
    assert_int_equal(shmcol_populate_claim(p, 64, 128, &range, NULL), SHMCOL_OK);
    assert_int_equal(shmcol_range_values(range, 1, &values, NULL, &err), SHMCOL_ERR_NO_COLUMN);
    assert_int_equal(shmcol_range_values(range, 0, NULL, NULL, &err), SHMCOL_ERR_INVALID_ARGUMENT);
    shmcol_range_drop(range);
    shmcol_populate_close(p);
    assert_int_equal(support_entries(), 0);
}

static void test_overlap(void **state)
{
    (void)state;
    shmcol_populate *p = begin_numbers(100000), *other;
    shmcol_range *range;
    assert_int_equal(
        shmcol_populate_attach(shmcol_populate_path(p), shmcol_populate_id(p), &other, NULL),
        SHMCOL_OK);
    assert_int_equal(shmcol_populate_claim(p, 640, 1280, &range, NULL), SHMCOL_OK);
    refuse_claim(p, 640, 1280, SHMCOL_ERR_TAKEN, 640);
    refuse_claim(p, 0, 704, SHMCOL_ERR_TAKEN, 640);
    refuse_claim(other, 1216, 1344, SHMCOL_ERR_TAKEN, 1216);
    refuse_claim(other, 0, 100000, SHMCOL_ERR_TAKEN, 640);
    fill(other, 0, 640);
    fill(other, 1280, 1344);
    refuse_claim(p, 1216, 1344, SHMCOL_ERR_TAKEN, 1216);
    assert_int_equal(shmcol_range_fill(range, NULL), SHMCOL_OK);
    refuse_claim(p, 64, 128, SHMCOL_ERR_TAKEN, 64);
    refuse_claim(other, 576, 704, SHMCOL_ERR_TAKEN, 576);
    refuse_claim(other, 1280, 100000, SHMCOL_ERR_TAKEN, 1280);
    refuse_claim(p, 0, 100000, SHMCOL_ERR_TAKEN, 0);
    /* A dropped range is free again. */
    assert_int_equal(shmcol_populate_claim(p, 1344, 100000, &range, NULL), SHMCOL_OK);
    shmcol_range_drop(range);
    fill(other, 1344, 100000);
    shmcol_populate_close(other);
    assert_int_equal(shmcol_populate_commit(p, 0, NULL), SHMCOL_OK);
    assert_int_equal(unlink(support_path("u")), 0);
}

static void refuse_commit(shmcol_populate *p, uint32_t flags, shmcol_status expected, int64_t row,
                          const char *words)
{
    shmcol_error err = SHMCOL_ERROR_INIT;
    shmcol_status status = shmcol_populate_commit(p, flags, &err);
    if (status != expected || err.row != row || strstr(err.message, words) == NULL)
        fail_msg("%s, row %lld: %s", shmcol_status_name(status), (long long)err.row, err.message);
}

static void test_gaps(void **state)
{
    (void)state;
    uint64_t first, end;
    shmcol_populate *p = begin_numbers(1000000);
    shmcol_range *range;
    refuse_commit(p, 0, SHMCOL_ERR_NOT_FILLED, 0, "rows 0 to 1000000 were claimed by nobody");
    fill(p, 0, 500032);
    fill(p, 600000, 1000000);
    refuse_commit(p, 0, SHMCOL_ERR_NOT_FILLED, 500032,
                  "rows 500032 to 600000 were claimed by nobody");
    assert_int_equal(shmcol_populate_missing(p, 0, &first, &end, NULL), SHMCOL_OK);
    assert_true(first == 500032 && end == 600000);
    assert_int_equal(shmcol_populate_missing(p, 550001, &first, &end, NULL), SHMCOL_OK);
    assert_true(first == 550001 / 64 * 64 && end == 600000);
    assert_int_equal(shmcol_populate_missing(p, 600000, &first, &end, NULL), SHMCOL_OK);
    assert_true(first == 1000000 && end == 1000000);
    assert_int_equal(shmcol_populate_missing(p, UINT64_MAX, &first, &end, NULL), SHMCOL_OK);
    assert_true(first == 1000000 && end == 1000000);
    assert_int_equal(shmcol_populate_missing(p, 0, NULL, &end, NULL), SHMCOL_ERR_INVALID_ARGUMENT);
    refuse_commit(p, SHMCOL_POPULATE_NULLS, SHMCOL_ERR_NOT_FILLED, 500032, "not nullable");
    refuse_commit(p, 8, SHMCOL_ERR_INVALID_ARGUMENT, -1, "unknown flags");
    fill(p, 500032, 590016);
    assert_int_equal(shmcol_populate_claim(p, 590016, 600000, &range, NULL), SHMCOL_OK);
    refuse_commit(p, 0, SHMCOL_ERR_TAKEN, 590016, "rows 590016 to 600000 are held");
    refuse_commit(p, SHMCOL_POPULATE_NULLS, SHMCOL_ERR_TAKEN, 590016,
                  "rows 590016 to 600000 are held");
    shmcol_range_drop(range);
    refuse_commit(p, 0, SHMCOL_ERR_NOT_FILLED, 590016,
                  "rows 590016 to 600000 were begun and not finished");
    assert_int_equal(support_entries(), 1);
    fill(p, 590016, 600000);
    assert_int_equal(shmcol_populate_commit(p, 0, NULL), SHMCOL_OK);
    assert_int_equal(support_entries(), 1);
    unlink(support_path("u"));
}

/* Rows that nobody filled, as nulls: the same file as the writer makes of these nulls. */
static void test_nulls(void **state)
{
    (void)state;
    populate_example e = populate_example_make(1000), expected;
    shmcol_range *range;
    for (uint32_t i = 0; i < e.table.n_columns; i++) {
        test_column *c = &e.table.columns[i];
        if (c->valid == NULL) {
            c->valid = support_need(malloc(1000));
            memset(c->valid, 1, 1000);
        }
        c->field.nullable = 1;
    }
    test_way way = TEST_WAY_INIT;
    expected = e;
    for (uint32_t i = 0; i < e.table.n_columns; i++) {
        memset(expected.table.columns[i].valid + 64, 0, 128);
        memset(expected.table.columns[i].valid + 960, 0, 40);
    }
    support_write(&expected.table, support_path("t"), &way);
    free(e.expected.data);
    e.expected = support_read(support_path("t"));
    shmcol_populate *p = populate_begin(&e);
    assert_int_equal(populate_write(&e, p, 0, 64, NULL), SHMCOL_OK);
    assert_int_equal(populate_write(&e, p, 192, 960, NULL), SHMCOL_OK);
    /* One of the gaps was begun, and holds values that must not come out. */
    assert_int_equal(shmcol_populate_claim(p, 64, 192, &range, NULL), SHMCOL_OK);
    populate_copy(&e, range, 64, 192);
    shmcol_range_drop(range);
    assert_int_equal(shmcol_populate_commit(p, SHMCOL_POPULATE_NULLS, NULL), SHMCOL_OK);
    support_bytes got = support_read(support_path("u"));
    assert_true(support_same(e.expected, got));
    free(got.data);
    unlink(support_path("u"));
    populate_example_free(&e);
}

/* One value that its type does not allow, in the second column. */
static void bad_value(shmcol_field field, const void *bad, size_t width)
{
    enum { ROWS = 9000, PLACE = 5000 };
    shmcol_field fields[2] = {populate_field(SHMCOL_INT8, "first", 1), field};
    shmcol_error err = SHMCOL_ERROR_INIT;
    shmcol_range *range;
    void *values;
    for (int null = 0; null < 2; null++) {
        fields[1].nullable = 1;
        shmcol_populate *p = populate_begin_fields(fields, 2, ROWS), *other;
        uint8_t *validity;
        assert_int_equal(
            shmcol_populate_attach(shmcol_populate_path(p), shmcol_populate_id(p), &other, NULL),
            SHMCOL_OK);
        assert_int_equal(shmcol_populate_claim(p, 0, ROWS, &range, NULL), SHMCOL_OK);
        assert_int_equal(shmcol_range_values(range, 1, &values, &validity, NULL), SHMCOL_OK);
        memcpy((uint8_t *)values + PLACE * width, bad, width);
        if (null)
            validity[PLACE / 8] &= (uint8_t)~(1u << (PLACE % 8));
        assert_int_equal(shmcol_range_fill(range, NULL), SHMCOL_OK);
        shmcol_status status = shmcol_populate_commit(p, 0, &err);
        if (null) { /* the slot of a null may hold anything */
            assert_int_equal(status, SHMCOL_OK);
            shmcol_file *file;
            assert_int_equal(shmcol_open(support_path("u"), NULL, &file, NULL), SHMCOL_OK);
            assert_int_equal(shmcol_verify(file, NULL, NULL), SHMCOL_OK);
            shmcol_close(file);
            unlink(support_path("u"));
        } else {
            if (status != SHMCOL_ERR_BAD_VALUE || err.column != 1 || err.row != PLACE ||
                strcmp(err.rule, "F-38") != 0)
                fail_msg("%s %s column %d row %d", shmcol_status_name(status), err.rule,
                         (int)err.column, (int)err.row);
            assert_int_equal(support_entries(), 0);
            refuse_commit(p, 0, SHMCOL_ERR_WRITER_STATE, -1, "failed before");
            refuse_claim(p, 0, 64, SHMCOL_ERR_GONE, -1);
            shmcol_populate_close(p);
        }
        refuse_claim(other, 0, 64, SHMCOL_ERR_GONE, -1);
        shmcol_populate_close(other);
    }
}

/* Threads take parts of a column. The error does not depend on their order. */
static void test_first_of_many(void **state)
{
    (void)state;
    enum { ROWS = 3 << 20 };
    static const uint32_t bad[] = {ROWS - 1, 1500000, 1500001, 700000};
    shmcol_field field = populate_field(SHMCOL_BOOL8, "b", 0);
    shmcol_populate *p = populate_begin_fields(&field, 1, ROWS);
    shmcol_range *range;
    void *values;
    assert_int_equal(shmcol_populate_claim(p, 0, ROWS, &range, NULL), SHMCOL_OK);
    assert_int_equal(shmcol_range_values(range, 0, &values, NULL, NULL), SHMCOL_OK);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        ((uint8_t *)values)[bad[i]] = 2;
    assert_int_equal(shmcol_range_fill(range, NULL), SHMCOL_OK);
    refuse_commit(p, 0, SHMCOL_ERR_BAD_VALUE, 700000, "a bool is neither 0 nor 1");
    shmcol_populate_close(p);
    assert_int_equal(support_entries(), 0);
}

static void test_values(void **state)
{
    (void)state;
    int64_t nat = INT64_MIN, hour = 3600000, minus = -1, day_us = INT64_C(86400000000);
    int32_t day_s = 86400;
    bad_value(populate_field(SHMCOL_BOOL8, "bool", 1), "\2", 1);
    bad_value(populate_field(SHMCOL_DATE64, "date", 1), &hour, 8);
    bad_value(populate_field(SHMCOL_DATE64, "date", 1), &nat, 8);
    bad_value(populate_field(SHMCOL_TIMESTAMP, "timestamp", 1), &nat, 8);
    bad_value(populate_field(SHMCOL_DURATION, "duration", 1), &nat, 8);
    bad_value(populate_field(SHMCOL_TIME32, "time", 1), &day_s, 4);
    shmcol_field f = populate_field(SHMCOL_TIME64, "time", 1);
    f.unit = SHMCOL_MICRO;
    bad_value(f, &day_us, 8);
    bad_value(f, &minus, 8);
}

static void refuse_create(const char *path, const shmcol_field *fields, uint32_t n, uint64_t rows,
                          shmcol_status expected, int errnum)
{
    shmcol_populate *p = NULL;
    shmcol_error err = SHMCOL_ERROR_INIT;
    shmcol_status status = shmcol_populate_create(path, fields, n, rows, NULL, &p, &err);
    if (status != expected || (errnum != 0 && err.sys_errno != errnum))
        fail_msg("%s: %s", shmcol_status_name(status), err.message);
    assert_null(p);
    assert_true(err.message[0] != 0);
}

static void test_create(void **state)
{
    (void)state;
    static const shmcol_type none[] = {SHMCOL_STRING, SHMCOL_BINARY, SHMCOL_DICTIONARY};
    shmcol_field f[2] = {populate_field(SHMCOL_INT8, "a", 0), populate_field(SHMCOL_INT8, "a", 0)};
    const char *path = support_path("u");
    refuse_create(path, f, 2, 10, SHMCOL_ERR_BAD_NAME, 0);
    for (int i = 0; i < 3; i++) {
        f[1] = populate_field(none[i], "b", 0);
        refuse_create(path, f, 2, 10, SHMCOL_ERR_INVALID_ARGUMENT, 0);
    }
    refuse_create(path, f, 1, UINT64_MAX, SHMCOL_ERR_LIMIT, 0);
    f[0].type = SHMCOL_INT64;
    refuse_create(path, f, 1, UINT64_C(1) << 61, SHMCOL_ERR_LIMIT, 0);
    refuse_create(NULL, f, 1, 10, SHMCOL_ERR_INVALID_ARGUMENT, 0);
    refuse_create("/nonexistent/x.shmcol", f, 1, 10, SHMCOL_ERR_IO, ENOENT);
    refuse_create(path, f, 1, UINT64_C(1) << 50, SHMCOL_ERR_IO, 0); /* EFBIG or ENOSPC: 8 PiB */
    shmcol_populate *compressed = NULL;
    shmcol_writer_options options = SHMCOL_WRITER_OPTIONS_INIT;
    options.zstd_level = 3;
    assert_int_equal(shmcol_populate_create(path, f, 1, 10, &options, &compressed, NULL),
                     SHMCOL_ERR_INVALID_ARGUMENT);
    assert_null(compressed);
    assert_int_equal(support_entries(), 0);
    /* The name is taken: at once, or at the end. */
    shmcol_populate *p = begin_numbers(0);
    int fd = open(path, O_CREAT | O_WRONLY, 0600);
    assert_true(fd >= 0);
    close(fd);
    refuse_create(path, f, 1, 10, SHMCOL_ERR_EXISTS, 0);
    refuse_commit(p, 0, SHMCOL_ERR_EXISTS, -1, "");
    refuse_commit(p, 0, SHMCOL_ERR_WRITER_STATE, -1, "");
    shmcol_populate_close(p);
    assert_int_equal(support_entries(), 1);
    assert_int_equal(unlink(path), 0);
}

/* A limit on the size of files, as a full disk. */
static void test_limit(void **state)
{
    (void)state;
    struct rlimit old, limit;
    shmcol_field f = populate_field(SHMCOL_INT64, "n", 0);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
    signal(SIGXFSZ, SIG_IGN);
    limit = (struct rlimit){1 << 20, old.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
    refuse_create(support_path("u"), &f, 1, 200000, SHMCOL_ERR_IO, EFBIG);
    assert_int_equal(support_entries(), 0);
    shmcol_populate *p = begin_numbers(100000);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
    shmcol_populate_close(p);
    assert_int_equal(support_entries(), 0);
}

enum { NOT_MOUNTED = 77, TMPFS_SIZE = 1 << 20 };

/* In a child with a mount namespace of its own: a file system of kind `arg` where the test's
 * directory was, and a table of 2 MiB in it. */
static int in_small_file_system(void *arg)
{
    const char *kind = arg;
    bool full = strcmp(kind, "tmpfs") == 0;
    char *directory = strdup(support_path("."));
    if ((unshare(CLONE_NEWNS) != 0 && unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0) ||
        mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
        mount("none", directory, kind, 0, full ? "size=1m" : NULL) != 0)
        return NOT_MOUNTED;
    free(directory);
    shmcol_field f = populate_field(SHMCOL_INT64, "n", 0);
    shmcol_error err = SHMCOL_ERROR_INIT;
    shmcol_populate *p = NULL;
    if (shmcol_populate_create(support_path("u"), &f, 1, TMPFS_SIZE / 4, NULL, &p, &err) !=
        SHMCOL_ERR_IO)
        return 1;
    if (err.sys_errno != (full ? ENOSPC : EOPNOTSUPP) || (err.hint[0] != 0) == full ||
        support_entries() != 0)
        return 2;
    if (!full)
        return 0;
    /* The space is allocated: if the disk fills up afterwards, nobody gets SIGBUS, and the file can
     * be completed. */
    shmcol_range *range;
    void *values;
    if (shmcol_populate_create(support_path("u"), &f, 1, TMPFS_SIZE / 16, NULL, &p, &err) !=
        SHMCOL_OK)
        return 3;
    int fd = open(support_path("rubbish"), O_CREAT | O_WRONLY, 0600);
    static const char block[4096];
    while (write(fd, block, sizeof block) == sizeof block)
        ;
    if (errno != ENOSPC ||
        shmcol_populate_claim(p, 0, TMPFS_SIZE / 16, &range, &err) != SHMCOL_OK ||
        shmcol_range_values(range, 0, &values, NULL, &err) != SHMCOL_OK)
        return 4;
    memset(values, 0x11, TMPFS_SIZE / 2);
    if (shmcol_range_fill(range, &err) != SHMCOL_OK ||
        shmcol_populate_commit(p, 0, &err) != SHMCOL_OK)
        return 5;
    return 0;
}

static void test_file_systems(void **state)
{
    (void)state;
    static const char *const kinds[] = {"tmpfs", "ramfs"};
    for (int i = 0; i < 2; i++) {
        char kind[8];
        strcpy(kind, kinds[i]);
        int result = populate_wait(populate_child(in_small_file_system, kind));
        if (result == NOT_MOUNTED)
            print_message("%s cannot be mounted here\n", kind);
        else
            assert_int_equal(result, 0);
    }
    assert_int_equal(support_entries(), 0);
}

static void refuse_attach(const char *path, const uint8_t *id, shmcol_status expected)
{
    shmcol_populate *p = NULL;
    shmcol_error err = SHMCOL_ERROR_INIT;
    shmcol_status status = shmcol_populate_attach(path, id, &p, &err);
    if (status != expected || p != NULL)
        fail_msg("%s: %s", shmcol_status_name(status), err.message);
}

static void test_attach(void **state)
{
    (void)state;
    shmcol_populate *p = begin_numbers(1000), *other;
    shmcol_column_info info = SHMCOL_COLUMN_INFO_INIT;
    uint8_t id[16];
    uint32_t index;
    memcpy(id, shmcol_populate_id(p), sizeof id);
    assert_int_equal(shmcol_populate_attach(shmcol_populate_path(p), id, &other, NULL), SHMCOL_OK);
    assert_int_equal(shmcol_populate_rows(other), 1000);
    assert_int_equal(shmcol_populate_columns(other), 1);
    assert_int_equal(shmcol_populate_column(other, 0, &info, NULL), SHMCOL_OK);
    assert_true(strcmp(info.name, "n") == 0 && info.type == SHMCOL_INT64 && info.width == 8 &&
                !info.nullable && info.supported);
    assert_int_equal(shmcol_populate_column(other, 1, &info, NULL), SHMCOL_ERR_NO_COLUMN);
    info.size = 1;
    assert_int_equal(shmcol_populate_column(other, 0, &info, NULL), SHMCOL_ERR_INVALID_ARGUMENT);
    assert_int_equal(shmcol_populate_find(other, "n", &index, NULL), SHMCOL_OK);
    assert_int_equal(index, 0);
    assert_int_equal(shmcol_populate_find(other, "m", &index, NULL), SHMCOL_ERR_NO_COLUMN);
    assert_int_equal(shmcol_populate_find(other, NULL, &index, NULL), SHMCOL_ERR_INVALID_ARGUMENT);
    refuse_commit(other, 0, SHMCOL_ERR_WRITER_STATE, -1, "only the process");
    shmcol_populate_close(other);
    id[15] ^= 1;
    refuse_attach(shmcol_populate_path(p), id, SHMCOL_ERR_GONE);
    id[15] ^= 1;
    refuse_attach(support_path("none"), id, SHMCOL_ERR_GONE);
    refuse_attach("/dev/null", id, SHMCOL_ERR_GONE);
    refuse_attach(support_path("."), id, SHMCOL_ERR_IO);
    refuse_attach(NULL, id, SHMCOL_ERR_INVALID_ARGUMENT);
    refuse_attach(support_path("u"), NULL, SHMCOL_ERR_INVALID_ARGUMENT);
    shmcol_file *file;
    assert_int_equal(shmcol_open(shmcol_populate_path(p), NULL, &file, NULL),
                     SHMCOL_ERR_TRAILING); /* no file before it is complete */
    shmcol_populate_close(p);
}

/* Anybody may write the temporary. With any bytes in it, attaching and claiming gives an answer and
 * no fault. */
static void test_hostile(void **state)
{
    (void)state;
    populate_example e = populate_example_make(200);
    shmcol_populate *p = populate_begin(&e), *other;
    shmcol_range *range;
    support_bytes good = support_read(shmcol_populate_path(p));
    int fd = open(shmcol_populate_path(p), O_RDWR | O_CLOEXEC);
    assert_true(fd >= 0);
    unsigned refused = 0, tries = 0;
    for (uint64_t at = 0; at < 20000 && at < good.length;
         at += 1 + support_random() % 40, tries++) {
        uint8_t bad = good.data[at] ^ (uint8_t)(1u << support_random() % 8);
        assert_int_equal(pwrite(fd, &bad, 1, (off_t)at), 1);
        if (shmcol_populate_attach(shmcol_populate_path(p), shmcol_populate_id(p), &other, NULL) !=
            SHMCOL_OK)
            refused++;
        else {
            if (shmcol_populate_claim(other, 0, 200, &range, NULL) == SHMCOL_OK) {
                populate_copy(&e, range, 0, 200);
                shmcol_range_drop(range);
            }
            shmcol_populate_close(other);
        }
        assert_int_equal(pwrite(fd, good.data + at, 1, (off_t)at), 1);
    }
    assert_true(refused > tries / 4);
    for (size_t length = good.length - 1; length > 0; length = length * 7 / 8) {
        assert_int_equal(ftruncate(fd, (off_t)length), 0);
        refuse_attach(shmcol_populate_path(p), shmcol_populate_id(p), SHMCOL_ERR_GONE);
    }
    close(fd);
    free(good.data);
    shmcol_populate_close(p);
    populate_example_free(&e);
}

/* Rubbish outside the values does not get into the file: all other regions are written at the
 * end. */
static void test_rubbish(void **state)
{
    (void)state;
    populate_example e = populate_example_make(140000);
    shmcol_populate *p = populate_begin(&e);
    int fd = open(shmcol_populate_path(p), O_RDWR | O_CLOEXEC);
    assert_true(fd >= 0);
    assert_int_equal(populate_write(&e, p, 0, 140000, NULL), SHMCOL_OK);
    support_bytes filled = support_read(shmcol_populate_path(p));
    uint8_t *keep = support_need(calloc(filled.length, 1));
    for (uint32_t i = 0; i < e.table.n_columns; i++) {
        shmcol_column_info info = SHMCOL_COLUMN_INFO_INIT;
        assert_int_equal(shmcol_populate_column(p, i, &info, NULL), SHMCOL_OK);
        memset(keep + info.values.offset, 1, info.values.length);
        memset(keep + info.validity.offset, 1, info.validity.length);
    }
    memset(keep + filled.length - (140000 + 63) / 64, 1, (140000 + 63) / 64); /* the marks */
    uint64_t changed = 0;
    for (size_t i = 0; i < filled.length; i++) {
        if (!keep[i])
            filled.data[i] = 0x5A;
        changed += !keep[i];
    }
    assert_true(changed > 100000);
    assert_int_equal(pwrite(fd, filled.data, filled.length, 0), filled.length);
    close(fd);
    free(keep);
    free(filled.data);
    populate_expect(&e, p);
    populate_example_free(&e);
}

/* The same where no stream is left out, and in the spare bits of a bitmap (F-35). */
static void test_more_rubbish(void **state)
{
    (void)state;
    enum { ROWS = 77 };
    for (int nullable = 0; nullable < 2; nullable++) {
        shmcol_field fields[2] = {populate_field(SHMCOL_INT8, "a", nullable),
                                  populate_field(SHMCOL_INT8, "b", nullable)};
        shmcol_populate *p = populate_begin_fields(fields, 2, ROWS);
        shmcol_column_info info = SHMCOL_COLUMN_INFO_INIT;
        shmcol_range *range;
        uint8_t *validity;
        void *values;
        assert_int_equal(shmcol_populate_claim(p, 0, ROWS, &range, NULL), SHMCOL_OK);
        for (uint32_t i = 0; i < 2; i++) {
            assert_int_equal(shmcol_range_values(range, i, &values, &validity, NULL), SHMCOL_OK);
            memset(values, 1,
                   128); /* into the gap behind it, which ends at the next multiple of 64 */
            if (nullable) {
                memset(validity, 0xFF, 64);
                validity[0] = 0xFE;
            }
        }
        assert_int_equal(shmcol_range_fill(range, NULL), SHMCOL_OK);
        assert_int_equal(shmcol_populate_column(p, 0, &info, NULL), SHMCOL_OK);
        assert_int_equal(shmcol_populate_commit(p, 0, NULL), SHMCOL_OK);
        shmcol_file *file;
        shmcol_error err = SHMCOL_ERROR_INIT;
        assert_int_equal(shmcol_open(support_path("u"), NULL, &file, NULL), SHMCOL_OK);
        if (shmcol_verify(file, NULL, &err) != SHMCOL_OK)
            fail_msg("%s: %s", shmcol_status_name(err.status), err.message);
        assert_int_equal(shmcol_get_column(file, 1, &info, NULL), SHMCOL_OK);
        assert_int_equal(info.null_count, nullable);
        shmcol_close(file);
        unlink(support_path("u"));
    }
}

/* Another table's temporary under the name: claims would go to one and values to the other. */
static void test_renamed(void **state)
{
    (void)state;
    shmcol_populate *p = begin_numbers(1000), *other = begin_numbers(1000);
    shmcol_range *range;
    assert_int_equal(rename(shmcol_populate_path(other), shmcol_populate_path(p)), 0);
    refuse_claim(p, 0, 64, SHMCOL_ERR_GONE, -1);
    refuse_claim(other, 0, 64, SHMCOL_ERR_GONE, -1);
    refuse_attach(shmcol_populate_path(p), shmcol_populate_id(p), SHMCOL_ERR_GONE);
    assert_int_equal(rename(shmcol_populate_path(p), shmcol_populate_path(other)), 0);
    assert_int_equal(shmcol_populate_claim(other, 0, 64, &range, NULL), SHMCOL_OK);
    shmcol_range_drop(range);
    refuse_commit(p, 0, SHMCOL_ERR_GONE, -1, "given up");
    shmcol_populate_close(p);
    shmcol_populate_close(other);
    assert_int_equal(support_entries(), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bounds),        cmocka_unit_test(test_overlap),
        cmocka_unit_test(test_gaps),          cmocka_unit_test(test_nulls),
        cmocka_unit_test(test_values),        cmocka_unit_test(test_create),
        cmocka_unit_test(test_first_of_many), cmocka_unit_test(test_limit),
        cmocka_unit_test(test_file_systems),  cmocka_unit_test(test_attach),
        cmocka_unit_test(test_hostile),       cmocka_unit_test(test_rubbish),
        cmocka_unit_test(test_more_rubbish),  cmocka_unit_test(test_renamed),
    };
    return cmocka_run_group_tests(tests, support_begin, support_end);
}
