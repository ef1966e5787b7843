/* Opening a compressed file: bounds that hold, reads that fail, locks of other users. */
#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "cache_support.h"

static int failing_reads; /* this many of the next reads of a file fail with EIO */

/* Replaces the C library's: the library under test is linked statically. */
ssize_t pread(int fd, void *data, size_t length, off_t offset)
{
    if (failing_reads > 0) {
        failing_reads--;
        errno = EIO;
        return -1;
    }
    return syscall(SYS_pread64, fd, data, length, offset);
}

/* A file that is larger than the bound does not go into memory instead, and the error names the
 * bound. */
static void a_bound_is_a_bound(void **state)
{
    (void)state;
    shmcol_file *file = NULL;
    const uint32_t both = SHMCOL_OPEN_COPY;
    shmcol_error err = SHMCOL_ERROR_INIT;
    assert_int_equal(open_cached(corpus("good/zstd-blocks"), 1000, both, &file, &err),
                     SHMCOL_ERR_MEMORY_BOUND);
    assert_non_null(strstr(err.message, "bound of 1000"));
    assert_non_null(strstr(err.hint, "SHMCOL_CACHE_LIMIT"));
    setenv("SHMCOL_CACHE_LIMIT", "2K", 1);
    assert_int_equal(open_cached(corpus("good/zstd-blocks"), 0, both, &file, &err),
                     SHMCOL_ERR_MEMORY_BOUND);
    assert_non_null(strstr(err.message, "bound of 2048"));
    /* Without a cache the bound is the caller's, if there is one. */
    shmcol_open_options how = SHMCOL_OPEN_OPTIONS_INIT;
    how.flags = SHMCOL_OPEN_COPY;
    assert_int_equal(shmcol_open(corpus("good/zstd-blocks"), &how, &file, &err), SHMCOL_OK);
    shmcol_close(file);
    unsetenv("SHMCOL_CACHE_LIMIT");
    how.cache_limit = 3000;
    assert_int_equal(shmcol_open(corpus("good/zstd-blocks"), &how, &file, &err),
                     SHMCOL_ERR_MEMORY_BOUND);
    assert_non_null(strstr(err.message, "bound of 3000"));
    assert_non_null(strstr(err.hint, "cache_limit"));
    /* A cache that cannot be used is no way around the bound. */
    snprintf(directory, sizeof directory, "/proc/none");
    assert_int_equal(open_cached(corpus("good/zstd-blocks"), 3000, both, &file, &err),
                     SHMCOL_ERR_MEMORY_BOUND);
    assert_int_equal(open_cached(corpus("good/zstd-blocks"), 0, both, &file, &err), SHMCOL_OK);
    shmcol_close(file);
}

/* The whole check's temporary file has a bound, too. */
static void a_check_has_a_bound(void **state)
{
    (void)state;
    shmcol_file *file = NULL;
    shmcol_error err = SHMCOL_ERROR_INIT;
    shmcol_open_options how = SHMCOL_OPEN_OPTIONS_INIT;
    shmcol_verify_options options = SHMCOL_VERIFY_OPTIONS_INIT;
    how.flags = SHMCOL_OPEN_STORED;
    assert_int_equal(shmcol_open(corpus("good/zstd-blocks"), &how, &file, NULL), SHMCOL_OK);
    options.temporary_limit = 5000;
    assert_int_equal(shmcol_verify(file, &options, &err), SHMCOL_ERR_MEMORY_BOUND);
    assert_non_null(strstr(err.message, "bound of 5000"));
    assert_non_null(strstr(err.hint, "temporary_limit"));
    options.level = SHMCOL_VERIFY_CHECKSUMS;
    assert_int_equal(shmcol_verify(file, &options, NULL), SHMCOL_OK);
    options.level = SHMCOL_VERIFY_FULL;
    options.temporary_limit = UINT64_MAX;
    assert_int_equal(shmcol_verify(file, &options, NULL), SHMCOL_OK);
    shmcol_close(file);
}

/* A file that cannot be read is not reported as one of an unknown kind. */
static void a_failing_read_is_told(void **state)
{
    (void)state;
    static const char *const names[] = {"good/zstd-mixed", "good/rows-1"};
    static const uint32_t flags[] = {0, SHMCOL_OPEN_CACHE, SHMCOL_OPEN_COPY, SHMCOL_OPEN_STORED,
                                     SHMCOL_OPEN_CACHE | SHMCOL_OPEN_COPY};
    for (size_t i = 0; i < 10; i++) {
        shmcol_open_options how = SHMCOL_OPEN_OPTIONS_INIT;
        shmcol_error err = SHMCOL_ERROR_INIT;
        shmcol_file *file = NULL;
        how.flags = flags[i / 2];
        how.cache_dir = directory;
        failing_reads = 1;
        assert_int_equal(shmcol_open(corpus(names[i % 2]), &how, &file, &err), SHMCOL_ERR_IO);
        assert_int_equal(err.sys_errno, EIO);
        assert_non_null(strstr(err.path, names[i % 2]));
        assert_int_equal(failing_reads, 0);
    }
}

/* In a cache of mode 0755 another user might open an entry and lock it against everybody. */
static void another_users_lock(void **state)
{
    (void)state;
    char path[400];
    shmcol_file *file = must_open(corpus("good/zstd-mixed"), 0);
    struct stat st, after;
    snprintf(path, sizeof path, "%s", cached_path(file));
    shmcol_close(file);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0400); /* who cannot open it cannot lock it */
    /* An entry by an older version. Nobody waits for its lock: the entry is made anew. */
    assert_int_equal(chmod(path, 0444), 0);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    /* As another user's lock: it belongs to another open file. */
    assert_int_equal(flock(fd, LOCK_EX | LOCK_NB), 0);
    alarm(20);
    file = must_open(corpus("good/zstd-mixed"), 0);
    alarm(0);
    assert_int_equal(stat(path, &after), 0);
    assert_int_not_equal(after.st_ino, st.st_ino);
    assert_int_equal(after.st_mode & 0777, 0400);
    assert_int_equal(entries(), 1);
    shmcol_close(file);
    close(fd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_bound_is_a_bound, fresh),
        cmocka_unit_test_setup(a_check_has_a_bound, fresh),
        cmocka_unit_test_setup(a_failing_read_is_told, fresh),
        cmocka_unit_test_setup(another_users_lock, fresh),
    };
    return cmocka_run_group_tests_name("cache limits", tests, support_begin, support_end);
}
