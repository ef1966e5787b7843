/* The directory of a table while rows are appended (F-84): who waits, what is refused, and what
 * a failure leaves. */
#include <fcntl.h>
#include <sys/file.h>
#include <sys/wait.h>

#include "append_support.h"

static int hold(const char *dir)
{
    int fd = open(dir, O_RDONLY | O_DIRECTORY);
    assert_true(fd >= 0);
    assert_int_equal(flock(fd, LOCK_EX | LOCK_NB), 0);
    return fd;
}

static int cancel(void *arg, uint64_t done, uint64_t total)
{
    unsigned *calls = arg;
    (void)done;
    (void)total;
    return ++*calls >= 3;
}

static void lock(void **state)
{
    (void)state;
    const char *dir = append_directory("lock");
    shmcol_append_report report;
    shmcol_append_options o = append_options(&report);
    shmcol_error err = SHMCOL_ERROR_INIT;
    unsigned calls = 0;
    append_good(append_try(dir, 0, 10, &err), &err);
    int fd = hold(dir);
    o.no_wait = 1;
    assert_int_equal(append_rows_to(dir, 10, 5, 5, &o, &err), SHMCOL_ERR_LOCKED);
    assert_string_equal(err.rule, "F-84");
    o.no_wait = 0;
    o.progress = cancel;
    o.progress_arg = &calls;
    shmcol_file *file = append_check(dir, 10, 5);
    assert_int_equal(shmcol_append_file(dir, file, &o, &err), SHMCOL_ERR_CANCELLED);
    assert_int_equal(calls, 3);
    shmcol_close(file);
    close(fd);
    append_good(append_try(dir, 10, 5, &err), &err);
    shmcol_close(append_check(dir, 15, 5));
}

/* Many processes append at once: each waits for the others. */
static void many_appenders(void **state)
{
    (void)state;
    enum { PROCESSES = 6, EACH = 4 };
    const char *dir = append_directory("many");
    for (int i = 0; i < PROCESSES; i++) {
        if (fork() != 0)
            continue;
        shmcol_error err = SHMCOL_ERROR_INIT;
        int failed = 0;
        for (int k = 0; k < EACH; k++)
            failed |= append_try(dir, 0, 20000, &err) != SHMCOL_OK;
        _exit(failed);
    }
    for (int i = 0; i < PROCESSES; i++) {
        int status;
        assert_true(wait(&status) > 0);
        assert_int_equal(status, 0);
    }
    shmcol_file *table;
    shmcol_error err = SHMCOL_ERROR_INIT;
    append_good(shmcol_open(dir, NULL, &table, &err), &err);
    assert_int_equal(shmcol_rows(table), PROCESSES * EACH * 20000);
    for (uint64_t i = 0; i < PROCESSES * EACH; i++)
        append_check_rows(table, i * 20000, 0, 20000, 5);
    append_verify_parts(table);
    assert_int_equal(append_names(dir), shmcol_parts(table));
    shmcol_close(table);
}

/* A child of fork neither appends nor takes anything away. */
static void children_of_fork(void **state)
{
    (void)state;
    const char *dir = append_directory("fork");
    shmcol_append_report report;
    const shmcol_append_options o = append_options(&report);
    shmcol_error err = SHMCOL_ERROR_INIT;
    shmcol_field f[3];
    shmcol_writer *w;
    append_fields(f);
    append_good(shmcol_append_create(dir, f, 3, &o, &w, &err), &err);
    append_put(w, 0, 100, 5);
    for (int abort = 0; abort < 2; abort++) {
        int status;
        if (fork() == 0) {
            if (abort)
                shmcol_writer_abort(w);
            _exit(!abort && shmcol_writer_commit(w, NULL) != SHMCOL_ERR_WRITER_STATE);
        }
        assert_true(wait(&status) > 0);
        assert_int_equal(status, 0);
    }
    assert_int_not_equal(access(dir, F_OK), 0);
    append_put(w, 100, 100, 5);
    append_good(shmcol_writer_commit(w, &err), &err);
    shmcol_close(append_check(dir, 200, 5));
}

/* Nothing is published over what is no regular file. */
static void other_kinds(void **state)
{
    (void)state;
    shmcol_error err;
    for (int kind = 0; kind < 3; kind++) {
        const char *dir = append_directory("kinds"),
                   *first = append_in(dir, "00000000000000000000.shmcol");
        assert_int_equal(mkdir(dir, 0777), 0);
        if (kind == 0)
            assert_int_equal(mkfifo(first, 0666), 0);
        else if (kind == 1)
            assert_int_equal(symlink("/dev/null", first), 0);
        else
            assert_int_equal(symlink("nowhere", first), 0);
        shmcol_status status = append_try(dir, 0, 10, &err);
        assert_true(status == SHMCOL_ERR_WRONG_PART || status == SHMCOL_ERR_FILE_REPLACED);
        struct stat st;
        assert_int_equal(lstat(first, &st), 0);
        assert_true(S_ISFIFO(st.st_mode) || S_ISLNK(st.st_mode));
        assert_int_equal(append_names(dir), 1);
    }
    const char *dir = append_directory("file");
    append_write_file(dir, "a file");
    assert_int_not_equal(append_try(dir, 0, 10, &err), SHMCOL_OK);
    assert_int_equal(unlink(dir), 0);
    assert_int_equal(append_try("/nowhere/at/all", 0, 10, &err), SHMCOL_ERR_IO);
    dir = append_directory("manifest");
    append_good(append_try(dir, 0, 10, &err), &err);
    append_write_file(append_in(dir, "_manifest"), "");
    assert_int_equal(append_try(dir, 10, 10, &err), SHMCOL_ERR_FEATURE);
}

/* ---- somebody interferes ---- */

typedef struct meddler {
    const char *dir;
    int kind;
    bool done;
} meddler;

/* Changes the directory once, when the lock is held and the parts are being written. */
static int meddle(void *arg, uint64_t done, uint64_t total)
{
    meddler *m = arg;
    char moved[400];
    (void)total;
    snprintf(moved, sizeof moved, "%s.moved", m->dir);
    if (m->done || done == 0)
        return 0;
    m->done = true;
    switch (m->kind) {
    case 0: /* another directory */
        assert_int_equal(rename(m->dir, moved), 0);
        assert_int_equal(mkdir(m->dir, 0777), 0);
        break;
    case 1: /* none */ assert_int_equal(rename(m->dir, moved), 0); break;
    case 2: /* another last part, of the same bytes */
        snprintf(moved, sizeof moved,
                 "cd \"%s\" && cp 00000000000000000000.shmcol x && mv -f x "
                 "00000000000000000000.shmcol",
                 m->dir);
        assert_int_equal(system(moved), 0);
        break;
    case 3: /* no last part */
        assert_int_equal(unlink(append_in(m->dir, "00000000000000000000.shmcol")), 0);
        break;
    case 4: /* a part that would follow */
        append_write_file(append_in(m->dir, "00000000000000065536.shmcol"), "x");
        break;
    default: /* the last part is a link to itself elsewhere */
        snprintf(moved, sizeof moved,
                 "cd \"%s\" && mv 00000000000000000000.shmcol x && ln -s x "
                 "00000000000000000000.shmcol",
                 m->dir);
        assert_int_equal(system(moved), 0);
    }
    return 0;
}

static void meddlers(void **state)
{
    (void)state;
    for (int kind = 0; kind < 6; kind++) {
        const char *dir = append_directory("meddle");
        char moved[400];
        snprintf(moved, sizeof moved, "rm -rf \"%s.moved\"", dir);
        assert_int_equal(system(moved), 0);
        shmcol_append_report report;
        shmcol_append_options o = append_options(&report);
        shmcol_error err = SHMCOL_ERROR_INIT;
        append_good(append_try(dir, 0, 1000, &err), &err);
        shmcol_file *file = append_check(dir, 1000, 5);
        meddler m = {dir, kind, false};
        o.progress = meddle;
        o.progress_arg = &m;
        /* 1,000 rows and a file of as many as a zone lacks: one part, and a name behind it. */
        const char *more = append_directory("rest");
        append_good(append_try(more, 1000, 64536, &err), &err);
        shmcol_file *rest;
        append_good(shmcol_open(more, NULL, &rest, &err), &err);
        assert_int_equal(shmcol_append_file(dir, rest, &o, &err), SHMCOL_ERR_FILE_REPLACED);
        assert_true(m.done);
        assert_string_equal(err.rule, "F-84");
        assert_int_equal(append_names(kind == 1 ? more : dir), kind == 0   ? 0
                                                               : kind == 1 ? 1
                                                               : kind == 3 ? 0
                                                               : kind == 4 ? 2
                                                               : kind == 5 ? 2
                                                                           : 1);
        shmcol_close(rest);
        shmcol_close(file);
    }
}

/* ---- failures ---- */

static int cancel_later(void *arg, uint64_t done, uint64_t total)
{
    (void)total;
    return done > *(uint64_t *)arg;
}

/* An append that is given up leaves the table as it was, and no directory that it made. */
static void given_up(void **state)
{
    (void)state;
    const char *source = append_directory("source"), *dir = append_directory("given up");
    shmcol_append_report report;
    shmcol_append_options o = append_options(&report);
    shmcol_error err = SHMCOL_ERROR_INIT;
    append_good(append_try(source, 0, 200000, &err), &err);
    shmcol_file *file = append_check(source, 200000, 5);
    o.part_rows = 65536;
    o.progress = cancel_later;
    for (uint64_t at = 0; at < 8000000; at += 999999) {
        o.progress_arg = &at;
        shmcol_status status = shmcol_append_file(dir, file, &o, &err);
        if (status == SHMCOL_OK)
            break;
        assert_int_equal(status, SHMCOL_ERR_CANCELLED);
        assert_int_not_equal(access(dir, F_OK), 0);
    }
    o.progress = NULL;
    dir = append_directory("given up");
    append_good(shmcol_append_file(dir, file, &o, &err), &err);
    o.progress = cancel_later;
    for (uint64_t at = 0; at < 4000000; at += 999999) {
        o.progress_arg = &at;
        assert_int_equal(shmcol_append_file(dir, file, &o, &err), SHMCOL_ERR_CANCELLED);
        shmcol_file *table = append_check(dir, 200000, 5);
        assert_int_equal(append_names(dir), shmcol_parts(table));
        shmcol_close(table);
    }
    shmcol_close(file);
}

static void options(void **state)
{
    (void)state;
    const char *dir = append_directory("options");
    shmcol_append_report report;
    shmcol_append_options o = append_options(&report);
    shmcol_error err = SHMCOL_ERROR_INIT;
    o.part_rows = 65537;
    assert_int_equal(append_rows_to(dir, 0, 1, 1, &o, &err), SHMCOL_ERR_INVALID_ARGUMENT);
    o.part_rows = 0;
    o.size = 8;
    assert_int_equal(append_rows_to(dir, 0, 1, 1, &o, &err), SHMCOL_ERR_INVALID_ARGUMENT);
    assert_int_equal(append_rows_to(NULL, 0, 1, 1, NULL, &err), SHMCOL_ERR_INVALID_ARGUMENT);
    assert_int_equal(shmcol_append_file(dir, NULL, NULL, &err), SHMCOL_ERR_INVALID_ARGUMENT);
    assert_int_not_equal(access(dir, F_OK), 0);
}

/* Temporary files without O_TMPFILE, and the other ways to name a part. */
static void ways_to_name(void **state)
{
    (void)state;
    static const char *const hide[] = {"tmpfile", "tmpfile,rename", "link", "link,rename"};
    for (size_t i = 0; i < sizeof hide / sizeof(*hide); i++) {
        shmcol_error err;
        const char *dir = append_directory("ways");
        setenv("SHMCOL_HIDE", hide[i], 1);
        append_good(append_try(dir, 0, 70000, &err), &err);
        append_good(append_try(dir, 70000, 70000, &err), &err);
        unsetenv("SHMCOL_HIDE");
        shmcol_close(append_check(dir, 140000, 5));
        assert_int_equal(append_names(dir), 3);
    }
}

static void modes(void **state)
{
    (void)state;
    const char *dir = append_directory("modes"),
               *first = append_in(dir, "00000000000000000000.shmcol");
    shmcol_error err;
    struct stat st;
    const mode_t mask = umask(027);
    append_good(append_try(dir, 0, 10, &err), &err);
    umask(mask);
    assert_int_equal(stat(dir, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0750);
    assert_int_equal(stat(first, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0440);
    assert_int_equal(chmod(first, 0600), 0);
    append_good(append_try(dir, 10, 10, &err), &err);
    assert_int_equal(stat(first, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0400);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lock),
        cmocka_unit_test(many_appenders),
        cmocka_unit_test(children_of_fork),
        cmocka_unit_test(other_kinds),
        cmocka_unit_test(meddlers),
        cmocka_unit_test(given_up),
        cmocka_unit_test(options),
        cmocka_unit_test(ways_to_name),
        cmocka_unit_test(modes),
    };
    return cmocka_run_group_tests(tests, support_begin, support_end);
}
