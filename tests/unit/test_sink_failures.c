/* Where the sink fails: an error that says why, and nothing left behind. */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cmocka.h>

#include "sink_support.h"

static int count_calls(void *arg, uint64_t done, uint64_t total)
{
    uint64_t *calls = arg;
    assert_true(done <= total);
    return ++*calls == 3;
}

/* Every failure of finish leaves nothing, and an old file as it was. */
static void test_failures(void **state)
{
    (void)state;
    sink_example e = sink_example_make(200000, 8);
    sink_example_write(&e, (sink_way){NO_GUESS, 65536, false, true, 1}, NULL);
    support_bytes old = support_read(support_path("t"));
    for (int way = 0; way < 5; way++) {
        sink *s = sink_begin(true, 1);
        sink_plan p;
        sink_plan_make(s, &e, &p);
        sink_pieces all = sink_pieces_cut(s, &e, &p, 100000);
        all.threads = 1;
        sink_pieces_write(&all, 0);
        free(all.list);
        uint64_t calls = 0;
        shmcol_error err = SHMCOL_ERROR_INIT;
        static const shmcol_status expected[] = {SHMCOL_ERR_CANCELLED, SHMCOL_ERR_BAD_NAME,
                                                 SHMCOL_ERR_WRITER_STATE, SHMCOL_ERR_WRITER_STATE,
                                                 SHMCOL_ERR_BAD_NAME};
        if (way == 1)
            p.columns[1].name = p.columns[0].name;
        if (way == 2)
            p.columns[1].regions[1] = p.columns[0].regions[1];
        if (way == 3)
            p.columns[2].lengths[2]++;
        if (way == 4)
            p.columns[2].name = "\xFF";
        assert_int_equal(
            sink_finish(s, &p.table, way == 0 ? count_calls : NULL, &calls, NULL, &err),
            expected[way]);
        assert_int_equal(err.status, expected[way]);
        assert_int_equal(support_entries(), 1);
        support_bytes now = support_read(support_path("t"));
        assert_true(support_same(old, now));
        free(now.data);
    }
    free(old.data);
    sink_example_free(&e);
    assert_int_equal(unlink(support_path("t")), 0);
}

static void test_paths(void **state)
{
    (void)state;
    sink_options options = {.no_sync = true, .threads = 1, .memory = 1u << 20};
    sink *s = NULL;
    shmcol_error err = SHMCOL_ERROR_INIT;
    assert_int_equal(sink_create("/nonexistent/x.shmcol", -1, &options, &s, &err), SHMCOL_ERR_IO);
    assert_string_equal(err.path, "/nonexistent/x.shmcol");
    assert_int_equal(sink_create(support_path("."), -1, &options, &s, &err), SHMCOL_ERR_IO);
    assert_int_equal(
        sink_create("/dev/null", -1, &(sink_options){.overwrite = true, .threads = 1}, &s, &err),
        SHMCOL_ERR_IO);
    assert_int_equal(sink_create("", -1, &options, &s, &err), SHMCOL_ERR_IO);
    sink_example e = sink_example_make(10, 5);
    sink_example_write(&e, (sink_way){NO_GUESS, 65536, false, false, 1}, NULL);
    assert_int_equal(sink_create(support_path("t"), -1, &options, &s, &err), SHMCOL_ERR_EXISTS);
    assert_string_equal(err.path, support_path("t"));
    assert_null(s);
    assert_int_equal(unlink(support_path("t")), 0);
    /* The name is taken while the file is made: it stays whose it is. */
    s = sink_begin(false, 1);
    FILE *f = support_need(fopen(support_path("t"), "w"));
    fputs("mine", f);
    fclose(f);
    assert_int_equal(sink_finish(s, &(sink_table){0}, NULL, NULL, NULL, &err), SHMCOL_ERR_EXISTS);
    support_bytes now = support_read(support_path("t"));
    assert_true(support_same(now, (support_bytes){(uint8_t *)"mine", 4}));
    free(now.data);
    sink_example_free(&e);
    assert_int_equal(unlink(support_path("t")), 0);
    assert_int_equal(support_entries(), 0);
}

static void test_descriptor(void **state)
{
    (void)state;
    sink_example e = sink_example_make(100000, 8);
    sink_example_write(&e, (sink_way){NO_GUESS, 65536, false, true, 1}, NULL);
    support_bytes expected = support_read(support_path("t"));
    int fd = memfd_create("test", MFD_CLOEXEC);
    assert_true(fd >= 0);
    sink_options options = {.threads = 1, .memory = 1u << 20};
    for (int round = 0; round < 2; round++) {
        sink *s = NULL;
        sink_plan p;
        assert_int_equal(sink_create(NULL, fd, &options, &s, NULL), SHMCOL_OK);
        sink_plan_make(s, &e, &p);
        sink_pieces all = sink_pieces_cut(s, &e, &p, 100000);
        all.threads = 1;
        sink_pieces_write(&all, 0);
        free(all.list);
        if (round == 0) {
            sink_abort(s);
            assert_int_equal(lseek(fd, 0, SEEK_END), 0);
        } else
            assert_int_equal(sink_finish(s, &p.table, NULL, NULL, NULL, NULL), SHMCOL_OK);
    }
    char path[64];
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    support_bytes got = support_read(path);
    assert_true(support_same(expected, got));
    sink *s = NULL;
    assert_int_equal(sink_create(NULL, fd, &options, &s, NULL), SHMCOL_ERR_INVALID_ARGUMENT);
    assert_int_equal(sink_create(NULL, -1, &options, &s, NULL), SHMCOL_ERR_IO);
    close(fd);
    free(expected.data);
    free(got.data);
    sink_example_free(&e);
    assert_int_equal(unlink(support_path("t")), 0);
}

/* A disk that is full at any point is an error, and nothing stays. */
static void test_full_disk(void **state)
{
    (void)state;
    struct rlimit old, limit;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
    signal(SIGXFSZ, SIG_IGN);
    sink_example e = sink_example_make(150000, 8);
    unsigned failed = 0, done = 0;
    for (rlim_t size = 0; size < 8u << 20; size += 400000) {
        limit = (struct rlimit){size, old.rlim_max};
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
        sink *s = sink_begin(true, 1);
        sink_plan p;
        sink_plan_make(s, &e, &p);
        if (size % 800000 == 0)
            sink_guess(s, &p, TOO_MANY);
        sink_pieces all = sink_pieces_cut(s, &e, &p, 100000);
        shmcol_status status = SHMCOL_OK;
        shmcol_error err = SHMCOL_ERROR_INIT;
        for (uint32_t i = 0; i < all.n && status == SHMCOL_OK; i++)
            status = sink_write(s, all.list[i].region, all.list[i].pos, all.list[i].data,
                                all.list[i].length, &err);
        free(all.list);
        if (status != SHMCOL_OK)
            sink_abort(s);
        else
            status = sink_finish(s, &p.table, NULL, NULL, NULL, &err);
        if (status != SHMCOL_OK) {
            assert_int_equal(status, SHMCOL_ERR_IO);
            assert_int_equal(err.sys_errno, EFBIG);
            assert_string_equal(err.path, support_path("t"));
            assert_int_equal(support_entries(), 0);
            failed++;
        } else {
            assert_int_equal(unlink(support_path("t")), 0);
            done++;
        }
    }
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
    assert_true(failed > 3 && done > 0);
    sink_example_free(&e);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_failures), cmocka_unit_test(test_paths),
        cmocka_unit_test(test_descriptor), cmocka_unit_test(test_full_disk)};
    int failed = cmocka_run_group_tests(tests, support_begin, support_end);
    setenv("SHMCOL_HIDE", "tmpfile", 1);
    const struct CMUnitTest named[] = {cmocka_unit_test(test_failures),
                                       cmocka_unit_test(test_paths),
                                       cmocka_unit_test(test_full_disk)};
    return failed +
           cmocka_run_group_tests_name("named temporary", named, support_begin, support_end);
}
