/* Tables in memory: sealed for good, whole, and gone with their last user. */
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "writer_support.h"

/* A table of one int64 column, 0 … rows - 1, in memory and not sealed yet. */
static int make_numbers(uint64_t rows)
{
    int fd = -1;
    shmcol_writer *w;
    shmcol_field f = SHMCOL_FIELD_INIT;
    shmcol_column_data data = SHMCOL_COLUMN_DATA_INIT;
    int64_t *values = support_need(malloc((rows + 1) * sizeof *values));
    for (uint64_t i = 0; i < rows; i++)
        values[i] = (int64_t)i;
    f.name = "n";
    f.name_length = 1;
    data.values = values;
    assert_int_equal(shmcol_memory_create(&fd, NULL), SHMCOL_OK);
    assert_int_equal(fcntl(fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
    assert_int_equal(shmcol_writer_create_fd(fd, &f, 1, NULL, &w, NULL), SHMCOL_OK);
    assert_int_equal(shmcol_writer_append(w, rows, &data, 1, NULL), SHMCOL_OK);
    assert_int_equal(shmcol_writer_commit(w, NULL), SHMCOL_OK);
    free(values);
    return fd;
}

static void check_numbers(int fd, uint64_t rows)
{
    shmcol_file *file;
    const int64_t *values;
    uint64_t n;
    assert_int_equal(shmcol_open_fd(fd, NULL, &file, NULL), SHMCOL_OK);
    assert_int_equal(shmcol_verify(file, NULL, NULL), SHMCOL_OK);
    assert_int_equal(shmcol_int64(file, "n", &values, &n, NULL, NULL), SHMCOL_OK);
    assert_int_equal(n, rows);
    assert_true(values[0] == 0 && values[rows / 2] == (int64_t)(rows / 2) &&
                values[rows - 1] == (int64_t)rows - 1);
    shmcol_close(file);
}

static void assert_refused(int result)
{
    assert_int_equal(result, -1);
    assert_int_equal(errno, EPERM);
}

static void test_sealed(void **state)
{
    (void)state;
    enum { ROWS = 200000 };
    int fd = make_numbers(ROWS);
    shmcol_error err = SHMCOL_ERROR_INIT;
    void *map = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    assert_true(map != MAP_FAILED);
    assert_int_equal(shmcol_memory_seal(fd, &err), SHMCOL_ERR_IO);
    assert_int_equal(err.sys_errno, EBUSY);
    assert_true(err.hint[0] != 0);
    munmap(map, 4096);
    assert_int_equal(pwrite(fd, "A", 1, 0), 1); /* not sealed by half */
    assert_int_equal(shmcol_memory_seal(fd, NULL), SHMCOL_OK);
    off_t size = lseek(fd, 0, SEEK_END);
    assert_refused((int)pwrite(fd, "x", 1, 600));
    assert_refused(ftruncate(fd, 0));
    assert_refused(ftruncate(fd, size - 1));
    assert_refused(ftruncate(fd, size + 1));
    assert_refused(fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, 4096));
    assert_refused(mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0) == MAP_FAILED ? -1
                                                                                             : 0);
    assert_refused(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE));
    assert_int_equal(shmcol_memory_seal(fd, NULL), SHMCOL_OK); /* asked for again */
    check_numbers(fd, ROWS);
    /* Values may still be changed for one process alone. */
    shmcol_open_options options = SHMCOL_OPEN_OPTIONS_INIT;
    options.flags = SHMCOL_OPEN_PRIVATE;
    shmcol_file *file;
    const int64_t *values;
    assert_int_equal(shmcol_open_fd(fd, &options, &file, NULL), SHMCOL_OK);
    assert_int_equal(shmcol_int64(file, "n", &values, NULL, NULL, NULL), SHMCOL_OK);
    ((int64_t *)(uintptr_t)values)[1] = -1;
    check_numbers(fd, ROWS);
    shmcol_close(file);
    close(fd);
}

/* Another user of the same description or of a read-only one of its own sees the same pages. */
static void test_by_path(void **state)
{
    (void)state;
    int fd = make_numbers(1000);
    assert_int_equal(shmcol_memory_seal(fd, NULL), SHMCOL_OK);
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/fd/%d", (int)getpid(), fd);
    int other = open(path, O_RDONLY | O_CLOEXEC);
    assert_true(other >= 0);
    close(fd);
    check_numbers(other, 1000);
    close(other);
}

static void test_not_sealable(void **state)
{
    (void)state;
    shmcol_error err = SHMCOL_ERROR_INIT;
    int fd = open(support_path("plain"), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(shmcol_memory_seal(fd, &err), SHMCOL_ERR_IO);
    assert_true(err.sys_errno == EINVAL ||
                err.sys_errno ==
                    EPERM); /* EPERM on tmpfs, whose files have seals that are sealed */
    close(fd);
    unlink(support_path("plain"));
    assert_int_equal(shmcol_memory_seal(-1, &err), SHMCOL_ERR_IO);
    assert_int_equal(err.sys_errno, EBADF);
    fd = memfd_create("plain", MFD_CLOEXEC);
    assert_int_equal(shmcol_memory_seal(fd, &err), SHMCOL_ERR_IO);
    assert_int_equal(err.sys_errno, EPERM);
    close(fd);
    assert_int_equal(shmcol_memory_create(NULL, &err), SHMCOL_ERR_INVALID_ARGUMENT);
}

/* An Arrow stream into memory: the same bytes as into a file. */
static void test_stream(void **state)
{
    (void)state;
    test_table table = support_table(3000);
    support_add_words(&table, SHMCOL_STRING, 1, 50, 5, 7);
    test_way way = TEST_WAY_INIT;
    support_write(&table, support_path("t"), &way);
    shmcol_file *file;
    struct ArrowArrayStream stream;
    shmcol_writer_options options = SHMCOL_WRITER_OPTIONS_INIT;
    options.no_sync = 1;
    int fd = -1;
    assert_int_equal(shmcol_memory_create(&fd, NULL), SHMCOL_OK);
    assert_int_equal(shmcol_open(support_path("t"), NULL, &file, NULL), SHMCOL_OK);
    assert_int_equal(shmcol_write_stream_fd(fd, NULL, NULL, NULL), SHMCOL_ERR_INVALID_ARGUMENT);
    assert_int_equal(shmcol_export_stream(file, NULL, 0, 1000, 0, &stream, NULL), SHMCOL_OK);
    assert_int_equal(shmcol_write_stream_fd(fd, &stream, &options, NULL), SHMCOL_OK);
    stream.release(&stream);
    assert_int_equal(shmcol_export_stream(file, NULL, 0, 1000, 0, &stream, NULL), SHMCOL_OK);
    assert_int_equal(shmcol_write_stream(support_path("u"), &stream, &options, NULL), SHMCOL_OK);
    stream.release(&stream);
    shmcol_close(file);
    assert_int_equal(shmcol_memory_seal(fd, NULL), SHMCOL_OK);
    char path[64];
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    support_bytes got = support_read(path), expected = support_read(support_path("u"));
    assert_true(support_same(expected, got));
    support_check(&table, path);
    free(got.data);
    free(expected.data);
    close(fd);
    unlink(support_path("t"));
    unlink(support_path("u"));
    support_free(&table);
}

static uint64_t shared_memory(void)
{
    FILE *f = support_need(fopen("/proc/meminfo", "r"));
    char line[200];
    unsigned long long kib = 0;
    while (fgets(line, sizeof line, f) != NULL && sscanf(line, "Shmem: %llu kB", &kib) != 1)
        ;
    fclose(f);
    return kib * 1024;
}

/* From now on the kernel is an old one: it has no MFD_NOEXEC_SEAL, and maps no sealed file
 * shared. */
static int become_old(void)
{
#define LOW_ARGUMENT(n)                                                                            \
    (unsigned)(offsetof(struct seccomp_data, args) + 8 * (n)) /* little-endian */
    struct sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_memfd_create, 0, 3),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, LOW_ARGUMENT(1)),
        BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, 8, 0, 5),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EINVAL),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_mmap, 0, 3),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, LOW_ARGUMENT(3)),
        BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, MAP_SHARED, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog program = {sizeof code / sizeof *code, code};
    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
           prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0;
}

static void test_old_kernel(void **state)
{
    (void)state;
    enum { NO_FILTER = 77 };
    pid_t child = fork();
    if (child == 0) {
        if (become_old())
            _exit(NO_FILTER);
        if (memfd_create("x", 8) >= 0 || errno != EINVAL)
            _exit(1);
        int fd = make_numbers(100000);
        if (shmcol_memory_seal(fd, NULL) != SHMCOL_OK ||
            mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0) != MAP_FAILED)
            _exit(2);
        check_numbers(fd, 100000);
        _exit(0);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    if (WIFEXITED(status) && WEXITSTATUS(status) == NO_FILTER)
        skip();
    assert_int_equal(status, 0);
}

/* A child makes a table and is killed; the parent, who opened it through /proc before, still reads
 * it; then it is gone. */
static void one_life(uint64_t rows)
{
    int ready[2];
    assert_int_equal(pipe(ready), 0);
    pid_t child = fork();
    if (child == 0) {
        int fd = make_numbers(rows);
        if (shmcol_memory_seal(fd, NULL) != SHMCOL_OK ||
            write(ready[1], &fd, sizeof fd) != sizeof fd)
            _exit(1);
        for (;;)
            pause();
    }
    int fd = -1;
    char path[64];
    assert_int_equal(read(ready[0], &fd, sizeof fd), sizeof fd);
    snprintf(path, sizeof path, "/proc/%d/fd/%d", (int)child, fd);
    int own = open(path, O_RDONLY | O_CLOEXEC);
    assert_true(own >= 0);
    assert_int_equal(kill(child, SIGKILL), 0);
    assert_int_equal(waitpid(child, NULL, 0), child);
    check_numbers(own, rows);
    close(own);
    close(ready[0]);
    close(ready[1]);
}

static void test_vanishes(void **state)
{
    (void)state;
    enum { LIVES = TEST_WAY_STEP > 1 ? 10 : 40, ROWS = 2 << 20 }; /* 640 MiB if they stayed */
    /* Half, and again: others use shared memory too, but not in every round. */
    for (int round = 0; round < 5; round++) {
        uint64_t before = shared_memory();
        for (int i = 0; i < LIVES; i++)
            one_life(ROWS);
        if (shared_memory() < before + (uint64_t)LIVES * ROWS * 8 / 2)
            return;
    }
    fail_msg("tables in memory stay when their last user is gone");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sealed),       cmocka_unit_test(test_by_path),
        cmocka_unit_test(test_not_sealable), cmocka_unit_test(test_stream),
        cmocka_unit_test(test_vanishes),     cmocka_unit_test(test_old_kernel)};
    return cmocka_run_group_tests(tests, support_begin, support_end);
}
