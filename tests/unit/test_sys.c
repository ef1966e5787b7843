/* The boundary to the operating system: files, maps, threads, guards. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "support.h"
#include "sys/sys.h"

static int tear_down(void **state)
{
    unsetenv("SHMCOL_HIDE");
    return support_remove(state);
}

static int new_file(const char *name, const void *data, size_t length)
{
    int fd = open(support_path(name), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(sys_pwrite(fd, data, length, 0), 0);
    return fd;
}

static void reading(void **state)
{
    (void)state;
    int fd = new_file("a", "0123456789", 10), other = -1;
    char buffer[20] = "";
    size_t got;
    assert_int_equal(sys_pread(fd, buffer, 20, 4, &got), 0);
    assert_int_equal(got, 6);
    assert_memory_equal(buffer, "456789", 6);
    assert_int_equal(sys_pread(fd, buffer, 1, UINT64_MAX, &got), EOVERFLOW);
    assert_int_equal(sys_pread(-1, buffer, 1, 0, &got), EBADF);
    assert_int_equal(sys_pwrite(fd, "x", 1, INT64_MAX), EOVERFLOW);
    assert_int_equal(sys_truncate(fd, 3), 0);
    sys_file_info info = {0}, by_path = {0};
    assert_int_equal(sys_stat_fd(fd, &info), 0);
    assert_int_equal(sys_stat_path(support_path("a"), &by_path), 0);
    assert_true(info.device == by_path.device && info.inode == by_path.inode &&
                info.mtime_ns == by_path.mtime_ns);
    assert_int_equal(info.size, 3);
    assert_int_equal(by_path.size, 3);
    assert_true(info.regular && !info.directory);
    assert_int_equal(sys_stat_path(support_path("none"), &info), ENOENT);
    assert_int_equal(sys_open_read(support_path("a"), &other), 0);
    assert_int_equal(fcntl(other, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
    assert_int_equal(sys_read(other, buffer, 20, &got), 0);
    assert_int_equal(got, 3);
    assert_int_equal(sys_read(other, buffer, 20, &got), 0);
    assert_int_equal(got, 0);
    sys_close(other);
    assert_int_equal(sys_open_read(support_path("none"), &other), ENOENT);
    assert_int_equal(mkfifo(support_path("fifo"), 0600), 0);
    assert_int_equal(sys_open_map(support_path("fifo"), &other),
                     0); /* does not wait for a writer */
    assert_int_equal(sys_dup(fd, &other), 0);
    assert_int_equal(fcntl(other, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
    sys_close(other);
    sys_close(-1);
    sys_close(fd);
}

static void holes(void **state)
{
    (void)state;
    static char data[65536];
    memset(data, 'x', sizeof data);
    int fd = new_file("sparse", data, sizeof data);
    const uint64_t at = 1 << 20, size = 1 << 21;
    assert_int_equal(sys_pwrite(fd, data, sizeof data, at), 0);
    assert_int_equal(sys_truncate(fd, size), 0);
    assert_int_equal(sys_punch(fd, 0, sizeof data), 0);
    sys_file_info info;
    size_t got;
    assert_int_equal(sys_stat_fd(fd, &info), 0);
    assert_int_equal(info.size, size);
    assert_int_equal(sys_pread(fd, data, sizeof data, at, &got), 0);
    assert_int_equal(data[0], 'x');
    sys_close(fd);
}

static void maps(void **state)
{
    (void)state;
    uint64_t size = 5 * sys_page_size() + 100, resident = 0;
    char *data = malloc(size);
    memset(data, 'm', size);
    int fd = new_file("map", data, size);
    const uint8_t *map;
    assert_int_equal(sys_map(fd, size, false, &map), 0);
    assert_memory_equal(map, data, size);
    assert_int_equal(sys_advise(map, size, SYS_PREFAULT), 0);
    assert_int_equal(sys_advise(map + 64, size - 64, SYS_SEQUENTIAL), 0);
    assert_int_equal(sys_advise(map + size - 1, 1, SYS_RANDOM), 0);
    assert_int_equal(sys_advise(map, 0, SYS_RANDOM), 0);
    assert_int_equal(sys_resident(map, size, &resident), 0);
    assert_int_equal(resident, 6 * sys_page_size());
    sys_unmap(map, size);
    sys_unmap(NULL, 0);
    assert_int_equal(sys_map(fd, size, true, &map), 0);
    *(uint8_t *)(uintptr_t)map = 'w'; /* for us alone */
    char first;
    size_t got;
    assert_int_equal(sys_pread(fd, &first, 1, 0, &got), 0);
    assert_int_equal(first, 'm');
    sys_unmap(map, size);
    assert_int_equal(sys_map(fd, UINT64_C(1) << 60, false, &map), ENOMEM);
    sys_close(fd);
    free(data);
}

static atomic_uint ran[1000];

static void count_run(void *arg, uint32_t index)
{
    assert_ptr_equal(arg, ran);
    atomic_fetch_add(&ran[index], 1);
}

typedef struct meeting {
    sys_mutex *mutex;
    sys_cond *cond;
    uint32_t here, expected;
} meeting;

/* Only ends if all run at the same time. */
static void meet(void *arg, uint32_t index)
{
    (void)index;
    meeting *m = arg;
    sys_lock(m->mutex);
    m->here++;
    sys_wake_all(m->cond);
    while (m->here < m->expected)
        sys_wait(m->cond, m->mutex);
    sys_unlock(m->mutex);
}

static void parallel(void **state)
{
    (void)state;
    sys_parallel(0, count_run, ran);
    sys_parallel(1, count_run, ran);
    sys_parallel(40, count_run, ran);
    assert_int_equal(ran[0], 2);
    assert_int_equal(ran[39], 1);
    assert_int_equal(ran[40], 0);
    meeting m = {sys_mutex_new(), sys_cond_new(), 0, 5};
    assert_non_null(m.mutex);
    assert_non_null(m.cond);
    sys_parallel(5, meet, &m);
    assert_int_equal(m.here, 5);
    sys_cond_free(m.cond);
    sys_mutex_free(m.mutex);
    sys_cond_free(NULL);
    sys_mutex_free(NULL);
    assert_true(sys_cpu_count() >= 1);
}

static void rest(void **state)
{
    (void)state;
    double a = sys_seconds(), b = sys_seconds();
    assert_true(b >= a);
    setenv("SHMCOL_TEST_VARIABLE", "value", 1);
    assert_string_equal(sys_getenv("SHMCOL_TEST_VARIABLE"), "value");
    assert_null(sys_getenv("SHMCOL_TEST_NO_VARIABLE"));
}

static void hidden(void **state)
{
    (void)state;
    static const struct {
        const char *list;
        bool link, tmpfile;
    } cases[] = {{NULL, false, false},
                 {"", false, false},
                 {"link", true, false},
                 {"link,tmpfile", true, true},
                 {"avx512,tmpfile", false, true},
                 {"links", false, false},
                 {"hardlink", false, false},
                 {",,link", true, false},
                 {"tmpfile,", false, true}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        if (cases[i].list != NULL)
            setenv("SHMCOL_HIDE", cases[i].list, 1);
        assert_int_equal(sys_hidden("link"), cases[i].link);
        assert_int_equal(sys_hidden("tmpfile"), cases[i].tmpfile);
    }
    int fd = -1;
    setenv("SHMCOL_HIDE", "memfd,collapse", 1);
    assert_int_equal(sys_memory_file(&fd), ENOSYS);
    assert_int_equal(sys_huge_page(fd, 0), EINVAL);
}

/* A map whose file is cut to one page: every byte after it is a SIGBUS. */
typedef struct cut {
    const uint8_t *map;
    uint64_t size;
    uint64_t at;
    uint8_t seen;
    struct cut *inner;
} cut;

static void cut_new(cut *c, const char *name)
{
    static uint8_t data[8 * 65536];
    int fd = new_file(name, data, sizeof data);
    c->size = sizeof data;
    c->at = 5 * sys_page_size();
    assert_int_equal(sys_map(fd, c->size, false, &c->map), 0);
    assert_int_equal(sys_truncate(fd, sys_page_size()), 0);
    sys_close(fd);
}

static void touch(void *arg)
{
    cut *c = arg;
    c->seen = *(const volatile uint8_t *)(c->map + c->at);
}

static void touch_inner_guarded(void *arg)
{
    cut *c = arg;
    const uint8_t *address = NULL;
    assert_true(sys_guarded(c->map));
    assert_false(sys_guarded(c->inner->map));
    assert_int_equal(sys_guard(c->inner->map, c->inner->size, touch, c->inner, &address), EFAULT);
    assert_ptr_equal(address, c->inner->map + c->inner->at);
    assert_true(sys_guarded(c->map));
    /* A fault on the outer map inside a guard of the inner one ends both. */
    sys_guard(c->inner->map, c->inner->size, touch, c, &address);
    fail();
}

static void guard_in_threads(void);

/* One test of cmocka's, because it sets a SIGBUS handler of its own before each: ours is installed
 * once. */
static void guards(void **state)
{
    (void)state;
    cut a = {0}, b = {0};
    const uint8_t *address = NULL;
    cut_new(&a, "a");
    cut_new(&b, "b");
    for (int i = 0; i < 3; i++) {
        assert_int_equal(sys_guard(a.map, a.size, touch, &a, &address), EFAULT);
        assert_ptr_equal(address, a.map + a.at);
        assert_false(sys_guarded(a.map));
    }
    a.inner = &b;
    assert_int_equal(sys_guard(a.map, a.size, touch_inner_guarded, &a, &address), EFAULT);
    assert_ptr_equal(address, a.map + a.at);
    a.at = 10;
    assert_int_equal(sys_guard(a.map, a.size, touch, &a, &address), 0);
    sys_unmap(a.map, a.size);
    sys_unmap(b.map, b.size);
    guard_in_threads();
}

static void *guard_often(void *arg)
{
    cut *c = arg;
    const uint8_t *address = NULL;
    for (int i = 0; i < 200; i++)
        assert_int_equal(sys_guard(c->map, c->size, touch, c, &address), EFAULT);
    return NULL;
}

static void guard_in_threads(void)
{
    cut c[4] = {{0}};
    pthread_t threads[4];
    for (int i = 0; i < 4; i++) {
        char name[] = {'x', (char)('0' + i), 0};
        cut_new(&c[i], name);
        assert_int_equal(pthread_create(&threads[i], NULL, guard_often, &c[i]), 0);
    }
    for (int i = 0; i < 4; i++) {
        pthread_join(threads[i], NULL);
        sys_unmap(c[i].map, c[i].size);
    }
}

static void old_handler(int number, siginfo_t *info, void *context)
{
    (void)number;
    (void)info;
    (void)context;
    _exit(77);
}

static void report_owner(void *owner, const uint8_t *address)
{
    const cut *c = owner;
    if (address == c->map + c->at)
        _exit(78);
}

/* Each in a process of its own, since handlers are the process's. */
static void child(int scenario)
{
    struct sigaction old = {.sa_sigaction = old_handler, .sa_flags = SA_SIGINFO};
    cut a = {0}, b = {0};
    const uint8_t *address = NULL;
    cut_new(&a, "a");
    cut_new(&b, "b");
    struct sigaction standard = {.sa_handler = SIG_DFL};
    sigaction(SIGBUS, scenario == 1 ? &old : &standard, NULL);
    sys_fault_slot *slots[300];
    if (scenario == 2) {
        for (int i = 0; i < 299; i++)
            slots[i] = sys_fault_register(b.map + (size_t)i, 1, &b);
        slots[299] = sys_fault_register(a.map, a.size, &a);
        for (int i = 0; i < 299; i++)
            sys_fault_unregister(slots[i]);
        sys_fault_report(report_owner);
    }
    if (sys_guard(a.map, a.size, touch, &a, &address) != EFAULT)
        _exit(1);
    if (scenario == 3)
        raise(SIGBUS);                             /* sent, not a fault: default action */
    sys_guard(b.map, b.size, touch, &a, &address); /* not b's page */
    _exit(2);
}

static int run_child(int scenario)
{
    int status = 0;
    pid_t pid = fork();
    if (pid == 0)
        child(scenario);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
}

/* The handler that was there before the first guard still gets the faults that are not guarded.
 * Must run before any test installs ours in this process. */
static void chained(void **state)
{
    (void)state;
    assert_int_equal(run_child(0), -SIGBUS);
    assert_int_equal(run_child(1), 77);
    assert_int_equal(run_child(2), 78);
    assert_int_equal(run_child(3), -SIGBUS);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, support_begin, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(chained),  TEST(reading), TEST(holes),  TEST(maps),
        TEST(parallel), TEST(rest),    TEST(hidden), TEST(guards),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
