/* Errors: what their text looks like, and that it is one line of UTF-8 whatever went in. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "error.h"

static void expect_format(const shmcol_error *err, const char *expected)
{
    char text[1500];
    assert_int_equal(shmcol_error_format(err, text, sizeof text), strlen(expected));
    assert_string_equal(text, expected);
}

static void formats(void **state)
{
    (void)state;
    shmcol_error err = SHMCOL_ERROR_INIT;
    assert_int_equal(
        shm_fail(&err, SHMCOL_ERR_OFFSETS, "F-36", "offsets descend in column \"%s\"", "name"),
        SHMCOL_ERR_OFFSETS);
    expect_format(&err, "error: offsets descend in column \"name\" (OFFSETS, F-36)");
    shm_error_path(&err, "x.shmcol");
    shm_error_path(&err, "other.shmcol"); /* the first one stays */
    shm_error_column(&err, 3);
    expect_format(&err,
                  "x.shmcol: column 3: error: offsets descend in column \"name\" (OFFSETS, F-36)");
    shm_error_row(&err, 12);
    expect_format(&err,
                  "x.shmcol: row 12: error: offsets descend in column \"name\" (OFFSETS, F-36)");
    shm_error_offset(&err, 4711);
    shm_error_hint(&err, "write it again");
    expect_format(&err, "x.shmcol: byte 4711, row 12: error: offsets descend in column \"name\" "
                        "(OFFSETS, F-36); write it again");
    shm_fail(&err, SHMCOL_ERR_CSV_RAGGED, "C-12", "2 fields");
    assert_int_equal(err.row, -1);
    assert_int_equal(err.hint[0], 0);
    shm_error_path(&err, "x.csv");
    shm_error_line(&err, 17, 3);
    shm_error_offset(&err, 99);
    expect_format(&err, "x.csv:17:3: error: 2 fields (CSV_RAGGED, C-12)");
    shm_error_line(&err, 17, -1);
    expect_format(&err, "x.csv:17: error: 2 fields (CSV_RAGGED, C-12)");
    assert_int_equal(shm_fail_sys(&err, ENOENT, "x", "cannot open"), SHMCOL_ERR_IO);
    assert_int_equal(err.sys_errno, ENOENT);
    expect_format(&err, "x: error: cannot open: No such file or directory");
    assert_int_equal(shm_fail_sys(&err, ENOMEM, NULL, "x"), SHMCOL_ERR_NO_MEMORY);
    assert_int_equal(shm_fail_sys(&err, EEXIST, NULL, "x"), SHMCOL_ERR_EXISTS);
    assert_int_equal(shm_fail_memory(&err), SHMCOL_ERR_NO_MEMORY);
    expect_format(&err, "error: out of memory");
    char small[8];
    assert_int_equal(shmcol_error_format(&err, small, sizeof small),
                     strlen("error: out of memory"));
    assert_string_equal(small, "error: ");
}

static void nobody_listens(void **state)
{
    (void)state;
    assert_int_equal(shm_fail(NULL, SHMCOL_ERR_GAP, "F-4", "x"), SHMCOL_ERR_GAP);
    assert_int_equal(shm_fail_sys(NULL, EIO, "x", "x"), SHMCOL_ERR_IO);
    shm_error_hint(NULL, "x");
    shm_error_path(NULL, "x");
    shm_error_column(NULL, 1);
    shm_error_row(NULL, 1);
    shm_error_offset(NULL, 1);
    shm_error_line(NULL, 1, 1);
    shmcol_error old = {.size = 8, .row = 5}; /* not initialised, or of a smaller library */
    assert_int_equal(shm_fail(&old, SHMCOL_ERR_GAP, "F-4", "x"), SHMCOL_ERR_GAP);
    assert_int_equal(old.status, SHMCOL_OK);
    assert_int_equal(old.row, 5);
}

static void one_line_of_utf8(void **state)
{
    (void)state;
    shmcol_error err = SHMCOL_ERROR_INIT;
    shm_fail(&err, SHMCOL_ERR_NAME, "",
             "a\nb\x7f"
             "c\xff"
             "d\xed\xa0\x80"
             "e\xf4\x90\x80\x80 \xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80");
    assert_string_equal(err.message,
                        "a\\u000ab\\u007fc?d???e???? \xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80");
    char big[2001];
    for (size_t shift = 0; shift < 3; shift++) { /* cut between characters, wherever they lie */
        memset(big, 'x', sizeof big);
        for (size_t i = shift; i + 3 < sizeof big; i += 3)
            memcpy(big + i, "\xe2\x82\xac", 3);
        big[2000] = 0;
        shm_fail(&err, SHMCOL_ERR_NAME, "", "%s", big);
        size_t length = strlen(err.message);
        assert_true(length < sizeof err.message && length > 500);
        assert_string_equal(err.message + length - 3, "...");
        assert_int_equal((unsigned char)err.message[length - 4], 0xac);
        assert_null(strchr(err.message, '?'));
        shm_error_path(&err, big);
        length = strlen(err.path);
        assert_true(length < sizeof err.path && length > 500);
        assert_memory_equal(err.path, "...", 3);
    }
    shm_fail(&err, SHMCOL_ERR_NAME, "", "%s", err.message); /* its own text as an argument */
    assert_true(strlen(err.message) > 500);
}

static void names(void **state)
{
    (void)state;
    assert_string_equal(shmcol_status_name(SHMCOL_OK), "OK");
    assert_string_equal(shmcol_status_name(SHMCOL_ERR_OFFSETS), "OFFSETS");
    assert_string_equal(shmcol_status_name(SHMCOL_ERR_NOT_FILLED), "NOT_FILLED");
    assert_string_equal(shmcol_status_name((shmcol_status)19), "UNKNOWN");
    assert_string_equal(shmcol_status_name((shmcol_status)-1), "UNKNOWN");
    assert_string_equal(shmcol_status_name((shmcol_status)1000), "UNKNOWN");
    assert_int_equal(shmcol_status_class(SHMCOL_OK), SHMCOL_CLASS_OK);
    assert_int_equal(shmcol_status_class(SHMCOL_ERR_EXISTS), SHMCOL_CLASS_USAGE);
    assert_int_equal(shmcol_status_class(SHMCOL_ERR_IO), SHMCOL_CLASS_SYSTEM);
    assert_int_equal(shmcol_status_class(SHMCOL_ERR_GAP), SHMCOL_CLASS_DATA);
    assert_int_equal(shmcol_status_class(SHMCOL_ERR_FEATURE), SHMCOL_CLASS_UNSUPPORTED);
    assert_string_equal(shmcol_type_name(SHMCOL_TENSOR), "tensor");
    assert_null(shmcol_type_name((shmcol_type)0));
    assert_null(shmcol_type_name((shmcol_type)26));
    assert_int_equal(shmcol_version(), SHMCOL_VERSION);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(formats),
        cmocka_unit_test(nobody_listens),
        cmocka_unit_test(one_line_of_utf8),
        cmocka_unit_test(names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
