/* The system calls for several processes that write one file: locks, space, an output with a
 * name. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "sys/sys.h"
#include "writer_support.h"

static int open_again(const char *name)
{
    int fd = open(support_path(name), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    return fd;
}

static void test_locks(void **state)
{
    (void)state;
    int a = open_again("f"), b = open_again("f");
    uint64_t first, held;
    assert_int_equal(sys_lock_range(a, 100, 50), 0);
    assert_int_equal(sys_lock_range(b, 149, 1), EBUSY);
    assert_int_equal(sys_lock_range(b, 0, 1000), EBUSY);
    assert_int_equal(sys_lock_range(b, 150, 50), 0);
    assert_int_equal(sys_find_lock(b, 0, 1000, &first, &held), 0);
    assert_true(first == 100 && held == 50);
    assert_int_equal(sys_find_lock(b, 120, 10, &first, &held), 0); /* the part that was asked for */
    assert_true(first == 120 && held == 10);
    assert_int_equal(sys_find_lock(a, 0, 150, &first, &held), 0);
    assert_int_equal(held, 0);
    /* Any other descriptor that is closed changes nothing. */
    close(open_again("f"));
    assert_int_equal(sys_lock_range(b, 100, 1), EBUSY);
    assert_int_equal(sys_unlock_range(a, 100, 50), 0);
    assert_int_equal(sys_lock_range(b, 100, 1), 0);
    close(b);
    assert_int_equal(sys_lock_range(a, 0, 1000), 0);
    assert_int_equal(sys_lock_range(a, 0, 0), EINVAL);
    assert_int_equal(sys_lock_range(a, UINT64_MAX, 1), EOVERFLOW);
    assert_int_equal(sys_lock_range(a, INT64_MAX, 1), EOVERFLOW);
    assert_int_equal(sys_lock_range(-1, 0, 1), EBADF);
    close(a);
    unlink(support_path("f"));
}

/* Unlocking ends a lock for the children too that have inherited its descriptor; closing does not.
 */
static void test_locks_and_fork(void **state)
{
    (void)state;
    int a = open_again("f"), b = open_again("f"), ends[2];
    assert_int_equal(sys_lock_range(a, 0, 1), 0);
    assert_int_equal(sys_lock_range(a, 1, 1), 0);
    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    if (child == 0) {
        char x;
        close(ends[1]);
        _exit(read(ends[0], &x, 1) == 0 ? 0 : 1);
    }
    assert_int_equal(sys_unlock_range(a, 0, 1), 0);
    close(a);
    assert_int_equal(sys_lock_range(b, 0, 1), 0);
    assert_int_equal(sys_lock_range(b, 1, 1), EBUSY);
    close(ends[1]);
    assert_int_equal(waitpid(child, NULL, 0), child);
    assert_int_equal(sys_lock_range(b, 1, 1), 0);
    close(ends[0]);
    close(b);
    unlink(support_path("f"));
}

static void test_allocate(void **state)
{
    (void)state;
    int fd = open_again("f");
    struct stat st;
    assert_int_equal(sys_allocate(fd, 0, 3 << 20), 0);
    assert_int_equal(fstat(fd, &st), 0);
    assert_int_equal(st.st_size, 3 << 20);
    assert_true(st.st_blocks * 512 >= 3 << 20);
    assert_int_equal(sys_allocate(fd, 0, 0), 0);
    assert_int_equal(sys_allocate(fd, UINT64_MAX, 2), EFBIG);
    assert_int_equal(sys_allocate(-1, 0, 1), EBADF);
    close(fd);
    unlink(support_path("f"));
}

static bool there(const char *name)
{
    return access(support_path(name), F_OK) == 0;
}

static void test_room(void **state)
{
    (void)state;
    int fd = open("/dev/shm", O_RDONLY | O_DIRECTORY | O_CLOEXEC),
        disk = open(support_path("f"), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    assert_true(disk >= 0);
    assert_false(sys_has_room(disk, UINT64_MAX));
    assert_false(sys_in_memory(-1) || sys_has_room(-1, 0));
    if (fd >= 0 && sys_in_memory(fd))
        assert_false(sys_has_room(fd, UINT64_MAX));
    sys_close(fd);
    assert_int_equal(sys_memory_file(&fd),
                     0); /* without a limit of its own: the available memory */
    assert_true(sys_has_room(fd, 1));
    assert_false(sys_has_room(fd, UINT64_MAX));
    sys_close(fd);
    close(disk);
    unlink(support_path("f"));
}

static void expect_zeros(const uint8_t *bytes, size_t first, size_t end)
{
    for (; first < end; first++)
        assert_int_equal(bytes[first], 0);
}

/* Where the kernel makes none, nothing has changed either. */
static void test_huge_page(void **state)
{
    (void)state;
    const size_t size = 3 * SYS_HUGE_PAGE + 100, at = SYS_HUGE_PAGE + 5000;
    const uint8_t *map;
    struct stat before, after;
    int fd;
    assert_int_equal(sys_memory_file(&fd), 0);
    assert_int_equal(sys_truncate(fd, size), 0);
    assert_int_equal(sys_pwrite(fd, "there", 5, at), 0);
    assert_int_equal(fstat(fd, &before), 0);
    int errnum = sys_huge_page(fd, SYS_HUGE_PAGE);
    assert_int_equal(fstat(fd, &after), 0);
    assert_int_equal(after.st_size, size);
    assert_true(errnum != 0 ? after.st_blocks == before.st_blocks
                            : (uint64_t)after.st_blocks * 512 >= SYS_HUGE_PAGE);
    assert_int_equal(sys_map(fd, size, false, &map), 0);
    expect_zeros(map, 0, at);
    assert_memory_equal(map + at, "there", 5);
    expect_zeros(map, at + 5, size);
    sys_unmap(map, size);
    assert_int_not_equal(sys_huge_page(fd, 100 * SYS_HUGE_PAGE), 0); /* behind the end */
    assert_int_not_equal(sys_huge_page(-1, 0), 0);
    close(fd);
}

/* Only there can a huge page be mapped as one. Most kernels map from the top down; on others the
 * place is any. */
static void test_maps_are_aligned(void **state)
{
    (void)state;
    const size_t size = 2 * SYS_HUGE_PAGE + 100;
    const uint8_t *first, *second, *copy;
    uint8_t *shared;
    int fd;
    assert_int_equal(sys_memory_file(&fd), 0);
    assert_int_equal(sys_truncate(fd, size), 0);
    assert_int_equal(sys_map(fd, size, false, &first), 0);
    assert_int_equal(sys_map(fd, size, false, &second), 0);
    assert_int_equal(sys_map(fd, size, true, &copy), 0);
    assert_int_equal(sys_map_shared(fd, size, &shared), 0);
    if (second < first) {
        assert_int_equal((uintptr_t)first % SYS_HUGE_PAGE, 0);
        assert_int_equal((uintptr_t)second % SYS_HUGE_PAGE, 0);
        assert_int_equal((uintptr_t)copy % SYS_HUGE_PAGE, 0);
        assert_int_equal((uintptr_t)shared % SYS_HUGE_PAGE, 0);
    }
    shared[size - 1] = 1;
    assert_true(first[size - 1] == 1 && second[size - 1] == 1);
    sys_unmap(first, size);
    sys_unmap(second, size);
    sys_unmap(copy, size);
    sys_unmap(shared, size);
    close(fd);
}

static void test_shared_output(void **state)
{
    (void)state;
    static const char *const others[] = {".shmcol-1.tmp", ".shmcol-1.rows",
                                         ".shmcol-0000000000000001.rowss", "x.rows"};
    const char *temp, *second, *refused;
    const sys_output_how how = {.no_sync = true};
    bool in_place;
    sys_output *out, *other;
    for (int i = 0; i < 4; i++)
        close(open_again(others[i]));
    close(open_again(".shmcol-00000000deadbeef.rows")); /* nobody holds it */
    assert_int_equal(sys_output_create_shared(support_path("t"), how, &out, &temp, &refused), 0);
    assert_false(there(".shmcol-00000000deadbeef.rows"));
    for (int i = 0; i < 4; i++)
        assert_true(there(others[i]));
    int fd;
    assert_int_equal(sys_open_shared_output(temp, &fd), 0);
    bool alive = false;
    assert_int_equal(sys_output_alive(fd, &alive), 0);
    assert_true(alive);
    assert_int_equal(sys_pwrite(fd, "text", 4, 0), 0);
    assert_int_equal(sys_output_create_shared(support_path("u"), how, &other, &second, &refused),
                     0);
    assert_string_not_equal(temp, second);
    char *gone = strdup(second);
    sys_output_abort(other);
    assert_int_equal(access(gone, F_OK), -1);
    free(gone);
    pid_t child = fork();
    if (child == 0) {
        sys_output_abort(out);
        _exit(0);
    }
    assert_int_equal(waitpid(child, NULL, 0), child);
    assert_int_equal(access(temp, F_OK), 0);
    assert_int_equal(sys_output_publish(out, &in_place), 0);
    assert_int_equal(sys_output_alive(fd, &alive), 0);
    assert_false(alive);
    assert_int_equal(sys_output_alive(-1, &alive), EBADF);
    close(fd);
    support_bytes text = support_read(support_path("t"));
    assert_true(text.length == 4 && memcmp(text.data, "text", 4) == 0);
    free(text.data);
    for (int i = 0; i < 4; i++)
        unlink(support_path(others[i]));
    unlink(support_path("t"));
    assert_int_equal(support_entries(), 0);
    assert_int_equal(sys_output_create_shared(support_path("none/t"), how, &out, &temp, &refused),
                     ENOENT);
    assert_int_equal(sys_output_create_shared("", how, &out, &temp, &refused), ENOENT);
    assert_int_equal(sys_open_shared_output(support_path("none"), &fd), ENOENT);
}

/* Two processes begin and end at once, again and again: neither removes the other's file as that of
 * a dead one. */
static void test_no_race(void **state)
{
    (void)state;
    enum { ROUNDS = 300, PROCESSES = 3 };
    pid_t children[PROCESSES];
    for (int i = 0; i < PROCESSES; i++) {
        children[i] = fork();
        if (children[i] != 0)
            continue;
        for (int k = 0; k < ROUNDS; k++) {
            sys_output *out;
            const char *temp, *refused;
            const sys_output_how how = {.replace = true, .no_sync = true};
            bool in_place;
            char name[20];
            snprintf(name, sizeof name, "t%d", i);
            if (sys_output_create_shared(support_path(name), how, &out, &temp, &refused) != 0 ||
                access(temp, F_OK) != 0 || sys_output_publish(out, &in_place) != 0)
                _exit(1);
        }
        _exit(0);
    }
    for (int i = 0; i < PROCESSES; i++) {
        int status;
        assert_int_equal(waitpid(children[i], &status, 0), children[i]);
        assert_int_equal(status, 0);
    }
    assert_int_equal(support_entries(), PROCESSES);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_locks),         cmocka_unit_test(test_locks_and_fork),
        cmocka_unit_test(test_allocate),      cmocka_unit_test(test_room),
        cmocka_unit_test(test_huge_page),     cmocka_unit_test(test_maps_are_aligned),
        cmocka_unit_test(test_shared_output), cmocka_unit_test(test_no_race)};
    return cmocka_run_group_tests(tests, support_begin, support_end);
}
