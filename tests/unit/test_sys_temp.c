/* Temporaries: leftovers of processes that died, the rights of a child of fork, side files. */
#include "sys_support.h"

/* ---- leftovers of dead processes ---- */

static void become_nobody(void)
{
    if (geteuid() == 0 && (setegid(NOBODY) != 0 || seteuid(NOBODY) != 0))
        _exit(99);
}

/* Runs fn in a child, as another user than root, which may then be killed. */
static pid_t start(void (*fn)(void))
{
    int ready[2];
    char c;
    assert_int_equal(pipe2(ready, O_CLOEXEC), 0);
    pid_t pid = fork();
    if (pid == 0) {
        become_nobody();
        prctl(PR_SET_PDEATHSIG, SIGKILL); /* after the change of the user, which resets it */
        fn();
        if (write(ready[1], "x", 1) != 1)
            _exit(98);
        pause();
        _exit(0);
    }
    close(ready[1]);
    assert_int_equal(read(ready[0], &c, 1), 1);
    close(ready[0]);
    return pid;
}

static void kill_child(pid_t pid)
{
    kill(pid, SIGKILL);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
}

static void make_named(void)
{
    sys_output *out;
    const char *refused;
    if (sys_output_create(support_path("t"), fresh, &out, &refused) != 0)
        _exit(1);
}

static void make_shared(void)
{
    sys_output *out;
    const char *temp, *refused;
    if (sys_output_create_shared(support_path("t"), fresh, &out, &temp, &refused) != 0)
        _exit(1);
}

/* Published and kept: it is read-only then, even to its owner. */
static void make_kept(void)
{
    sys_output *out;
    const char *temp, *refused;
    bool in_place;
    if (sys_output_create_shared(support_path("kept"), quick, &out, &temp, &refused) != 0 ||
        sys_output_publish_kept(out, &in_place) != 0)
        _exit(1);
}

static void sweep(void)
{
    int fd = open(support_directory(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    sys_sweep(fd);
    close(fd);
}

/* Publishing removes the temporaries of dead processes, of both kinds, and none of a living one. A
 * user who is not root does the same, though he cannot open a read-only file of his own to
 * write. */
static void the_dead(void **state)
{
    (void)state;
    static void (*const makers[])(void) = {make_named, make_shared, make_kept};
    use_way(1);
    for (int i = 0; i < 3; i++) {
        pid_t child = start(makers[i]);
        int before = support_entries();
        kill_child(start(sweep));
        publish("other", quick, "x");
        assert_int_equal(support_entries(), before + 1);
        kill_child(child);
        assert_int_equal(support_entries(), before + 1);
        if (i == 1)
            publish("other", quick, "x");
        else
            kill_child(start(sweep));
        assert_int_equal(support_entries(), before);
        unlink(support_path("other"));
        unlink(support_path("kept"));
        assert_int_equal(support_entries(), 0);
    }
}

/* Only names of ours, and only files, are looked at. */
static void others_names(void **state)
{
    (void)state;
    static const char *const others[] = {".shmcol-1.tmp",
                                         ".shmcol-0000000000000001.tmpx",
                                         "x.tmp",
                                         ".shmcol-00000000000000zz.tmp",
                                         ".shmcol-0000000000000001.ROWS",
                                         ".shmcol-0000000000000001"};
    for (unsigned i = 0; i < sizeof others / sizeof *others; i++) {
        assert_false(sys_is_temporary(others[i]));
        new_file(others[i], 0600);
    }
    assert_int_equal(mkfifo(support_path(".shmcol-0000000000000002.tmp"), 0600), 0);
    assert_int_equal(mkdir(support_path(".shmcol-0000000000000003.tmp"), 0700), 0);
    new_link("x.tmp", ".shmcol-0000000000000004.tmp");
    int before = support_entries();
    new_file(".shmcol-0000000000000005.tmp", 0444);
    new_file(".shmcol-00000000deadbeef.rows", 0444);
    publish("t", fresh, "x");
    assert_int_equal(support_entries(), before + 1);
}

static unsigned taken_away, could_be_held;

/* Replaces the C library's, and checks that its maker could not lock the file now: the maker would
 * find the name still there, and lose the file. */
int unlinkat(int at, const char *name, int flags)
{
    int fd = sys_is_temporary(name) ? openat(at, name, O_RDWR | O_NOFOLLOW | O_CLOEXEC) : -1;
    if (fd >= 0) {
        taken_away++;
        could_be_held += sys_lock_range(fd, 0, INT64_MAX) == 0;
        close(fd);
    }
    return (int)syscall(SYS_unlinkat, at, name, flags);
}

static void no_lock_while_it_goes(void **state)
{
    (void)state;
    new_file(".shmcol-0000000000000005.tmp", 0600);
    taken_away = could_be_held = 0;
    sweep();
    assert_int_equal(taken_away, 1);
    assert_int_equal(could_be_held, 0);
    assert_int_equal(support_entries(), 0);
}

/* Some threads create and publish, others only remove leftovers: no file is lost while it is
 * made. */
static void sweeping_races(void **state)
{
    (void)state;
    enum { ROUNDS = 400, MAKERS = 2, SWEEPERS = 2 };
    pid_t children[MAKERS + SWEEPERS];
    use_way(1);
    for (int i = 0; i < MAKERS + SWEEPERS; i++) {
        children[i] = fork();
        if (children[i] != 0)
            continue;
        if (i >= MAKERS)
            for (;;)
                sweep();
        char name[20];
        snprintf(name, sizeof name, "t%d", i);
        for (int k = 0; k < ROUNDS; k++) {
            sys_output *out;
            const char *refused;
            bool in_place;
            if (sys_output_create(support_path(name), quick, &out, &refused) != 0 ||
                sys_output_publish(out, &in_place) != 0)
                _exit(1);
        }
        _exit(0);
    }
    for (int i = 0; i < MAKERS; i++) {
        int status;
        assert_int_equal(waitpid(children[i], &status, 0), children[i]);
        assert_int_equal(status, 0);
    }
    for (int i = MAKERS; i < MAKERS + SWEEPERS; i++)
        kill_child(children[i]);
    assert_int_equal(support_entries(), MAKERS);
}

/* ---- fork ---- */

static void a_child_takes_nothing_away(void **state)
{
    (void)state;
    bool in_place;
    int status;
    use_way(1);
    sys_output *out = output_with("t", fresh, "whole");
    assert_true(sys_output_own(out));
    pid_t pid = fork();
    if (pid == 0) {
        bool own = sys_output_own(out);
        sys_output_abort(out);
        _exit(own);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
    assert_int_equal(support_entries(), 1);
    assert_int_equal(sys_output_publish(out, &in_place), 0);
    expect_content("t", "whole");
}

/* ---- side files, twins ---- */

static void side_files(void **state)
{
    (void)state;
    int fd;
    size_t got;
    for (unsigned way = 0; way < 2; way++) {
        char text[5] = "";
        use_way(way);
        sys_output *out = output_with("t", fresh, "x"), *twin;
        int before = support_entries();
        assert_int_equal(sys_output_side_file(out, &fd), 0);
        assert_int_equal(support_entries(), before);
        assert_int_equal(sys_write(fd, "text", 4), 0);
        assert_int_equal(sys_pread(fd, text, 4, 0, &got), 0);
        assert_string_equal(text, "text");
        sys_close(fd);
        assert_int_equal(sys_output_twin(out, &twin), 0);
        assert_true(sys_output_same(out, twin));
        sys_output_abort(out);
        assert_int_equal(support_entries(), before);
        sys_output_abort(twin);
        assert_int_equal(support_entries(), 0);
        setenv("TMPDIR", support_directory(), 1);
        assert_int_equal(sys_temp_create(NULL, &fd), 0);
        sys_close(fd);
        setenv("TMPDIR", "/nonexistent", 1);
        assert_int_equal(sys_temp_create(support_path("x"), &fd), 0);
        sys_close(fd);
        assert_int_equal(support_entries(), 0);
        unsetenv("TMPDIR");
    }
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(the_dead),
        TEST(others_names),
        TEST(no_lock_while_it_goes),
        TEST(sweeping_races),
        TEST(a_child_takes_nothing_away),
        TEST(side_files),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
