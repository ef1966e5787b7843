/* Publishing: its three ways, the kinds of path, modes. */
#include "sys_support.h"

static int failing_sync; /* the errno value of an fsync of a directory; 0: it works */

/* Replaces the C library's. */
int fsync(int fd)
{
    struct stat st;
    if (failing_sync != 0 && fstat(fd, &st) == 0 && S_ISDIR(st.st_mode)) {
        errno = failing_sync;
        return -1;
    }
    return (int)syscall(SYS_fsync, fd);
}

/* ---- promises of every way of publishing ---- */

static void publish_all(bool unnamed)
{
    bool in_place;
    mode_t mask = umask(027);
    sys_output *first = output_with("t", fresh, "first");
    assert_false(there("t"));
    assert_int_equal(support_entries(), unnamed ? 0 : 1);
    assert_int_equal(sys_output_publish(first, &in_place), 0);
    umask(mask);
    struct stat st;
    assert_int_equal(stat(support_path("t"), &st), 0);
    assert_int_equal(st.st_mode & 07777, 0440);
    assert_int_equal(st.st_nlink, 1);
    expect_content("t", "first");

    expect_refused("t", fresh, EEXIST, NULL);
    publish("t", replacing, "third");
    publish("u", quick, "fourth");
    sys_output_abort(output_with("v", fresh, "fifth"));
    sys_output_abort(NULL);
    /* Others take the name between the check and the end. */
    sys_output *late = output_with("w", fresh, "late"), *over = output_with("d", replacing, "over");
    new_file("w", 0600);
    assert_int_equal(mkdir(support_path("d"), 0700), 0);
    assert_int_equal(sys_output_publish(late, &in_place), EEXIST);
    assert_int_equal(sys_output_publish(over, &in_place), EISDIR);
    expect_content("w", "old");
    assert_int_equal(support_entries(), 4); /* t u w d, and no temporary file */
}

static void every_way(void **state)
{
    (void)state;
    for (unsigned way = 0; way < WAYS; way++) {
        use_way(way);
        publish_all(way == 0);
        assert_int_equal(tear_down(NULL) | set_up(NULL), 0);
    }
}

static void bad_targets(void **state)
{
    (void)state;
    char name[301];
    bool in_place;
    sys_output *out = NULL;
    const char *refused;
    assert_int_equal(sys_output_create("", fresh, &out, &refused), ENOENT);
    assert_int_equal(sys_output_create("/", fresh, &out, &refused), EISDIR);
    expect_refused(".", replacing, EISDIR, "a directory");
    expect_refused("none/x", fresh, ENOENT, NULL);
    memset(name, 'n', 300);
    name[300] = 0;
    assert_int_equal(sys_output_create(name, fresh, &out, &refused), ENAMETOOLONG);
    assert_null(out);
    new_file("file", 0600);
    expect_refused("file/x", fresh, ENOTDIR, NULL);
    /* The directory goes away before the file gets its name. */
    assert_int_equal(mkdir(support_path("gone"), 0700), 0);
    out = output_with("gone/x", fresh, "text");
    assert_int_equal(rmdir(support_path("gone")), 0);
    assert_int_equal(sys_output_publish(out, &in_place), ENOENT);
}

/* ---- no regular file ---- */

/* Each is refused, directly and through a link, and is afterwards what it was. */
static void refusals(void **state)
{
    (void)state;
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(address.sun_path, sizeof address.sun_path, "%s", support_path("socket"));
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(mkfifo(support_path("fifo"), 0600) | mkdir(support_path("dir"), 0700), 0);
    bool device = mknod(support_path("device"), S_IFCHR | 0600, makedev(1, 3)) == 0;
    static const char *const names[] = {"socket", "fifo", "dir", "device"};
    static const char *const kinds[] = {"a socket", "a FIFO", "a directory", "a device"};
    for (unsigned i = 0; i < (device ? 4u : 3u); i++) {
        struct stat before, after;
        int error = i == 2 ? EISDIR : EINVAL;
        char link[20];
        snprintf(link, sizeof link, "to-%s", names[i]);
        new_link(names[i], link);
        assert_int_equal(lstat(support_path(names[i]), &before), 0);
        expect_refused(names[i], fresh, error, kinds[i]);
        expect_refused(names[i], replacing, error, kinds[i]);
        expect_refused(link, fresh, EEXIST, kinds[i]);
        expect_refused(link, replacing, error, kinds[i]);
        assert_int_equal(lstat(support_path(names[i]), &after), 0);
        assert_int_equal(before.st_ino, after.st_ino);
    }
    close(fd);
}

/* /dev/stdout is such a link: its target is no name that could be replaced. */
static void open_files(void **state)
{
    (void)state;
    char proc[40];
    new_file("open", 0644);
    int fd = open(support_path("open"), O_RDWR | O_CLOEXEC);
    snprintf(proc, sizeof proc, "/proc/self/fd/%d", fd);
    new_link(proc, "a");
    new_link("a", "b");
    expect_refused("b", replacing, EINVAL, "a link to an open file");
    expect_refused("b", fresh, EEXIST, "a link to an open file");
    snprintf(proc, sizeof proc, "/dev/fd/%d", fd);
    sys_output *out = NULL;
    const char *refused;
    assert_int_equal(sys_output_create(proc, replacing, &out, &refused), EINVAL);
    assert_string_equal(refused, "a link to an open file");
    close(fd);
    expect_content("open", "old");
}

/* The link stays. Its target is replaced by a temporary in the same directory. */
static void links(void **state)
{
    (void)state;
    for (unsigned way = 0; way < WAYS; way++) {
        use_way(way);
        assert_int_equal(mkdir(support_path("far"), 0700), 0);
        new_file("far/file", 0644);
        new_link("file", "far/one");
        new_link("far/one", "two");
        new_link("far/none", "dangling");
        new_link("two", "three");
        new_link("loop", "loop");
        expect_refused("three", fresh, EEXIST, NULL);
        expect_refused("dangling", fresh, EEXIST, NULL);
        expect_refused("loop", fresh, EEXIST, NULL);
        expect_refused("loop", replacing, ELOOP, NULL);
        sys_output *out = output_with("three", replacing, "new");
        int before = support_entries();
        bool in_place;
        assert_int_equal(before, 5); /* far two three dangling loop */
        assert_int_equal(sys_output_publish(out, &in_place), 0);
        expect_content("far/file", "new");
        publish("dangling", replacing, "made");
        expect_content("far/none", "made");
        char text[200] = "";
        assert_true(readlink(support_path("three"), text, sizeof text - 1) == 3 &&
                    strcmp(text, "two") == 0);
        new_link("nowhere/x", "astray");
        expect_refused("astray", replacing, ENOENT, NULL);
        assert_int_equal(tear_down(NULL) | set_up(NULL), 0);
    }
}

/* Another's link in a directory for all is not followed, where the kernel does not follow it
 * either. */
static void planted_link(void **state)
{
    (void)state;
    char protects = '0';
    int fd = open("/proc/sys/fs/protected_symlinks", O_RDONLY | O_CLOEXEC);
    if (geteuid() != 0 || fd < 0 || read(fd, &protects, 1) != 1 || protects == '0') {
        sys_close(fd);
        skip();
    }
    sys_close(fd);
    assert_int_equal(chmod(support_directory(), 01777), 0);
    new_file("precious", 0600);
    new_link("precious", "trap");
    assert_int_equal(lchown(support_path("trap"), NOBODY, NOBODY), 0);
    expect_refused("trap", replacing, EACCES, NULL);
}

static void written_through(void **state)
{
    (void)state;
    const sys_output_how through = {.text = true, .through = true};
    bool in_place;
    char text[10] = "";
    assert_int_equal(mkfifo(support_path("fifo"), 0600), 0);
    new_link("fifo", "link");
    int reader = open(support_path("fifo"), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    sys_output *out = NULL, *file = output_with("file", through, "x");
    const char *refused;
    assert_int_equal(sys_output_create(support_path("link"), through, &out, &refused), 0);
    assert_false(sys_output_same(out, file));
    assert_int_equal(sys_write(sys_output_fd(out), "text", 4), 0);
    assert_int_equal(sys_output_publish(out, &in_place), 0);
    assert_int_equal(read(reader, text, sizeof text), 4);
    assert_string_equal(text, "text");
    close(reader);
    assert_int_equal(sys_output_publish(file, &in_place), 0);
    expect_refused("file", through, EEXIST, NULL);
    if (mknod(support_path("device"), S_IFCHR | 0600, makedev(1, 3)) == 0) {
        assert_int_equal(sys_output_create(support_path("device"), through, &out, &refused), 0);
        sys_output_abort(out);
    }
    if (mknod(support_path("disk"), S_IFBLK | 0600, makedev(7, 200)) == 0)
        expect_refused("disk", through, EINVAL, "a device");
    assert_int_equal(mkdir(support_path("dir"), 0700), 0);
    expect_refused("dir", through, EISDIR, "a directory");
}

static void same(void **state)
{
    (void)state;
    new_link("t", "link");
    sys_output *a = output_with("t", replacing, "a"), *b = output_with("link", replacing, "b"),
               *c = output_with("u", fresh, "c");
    assert_true(sys_output_same(a, b));
    assert_false(sys_output_same(a, c));
    sys_output_abort(a);
    sys_output_abort(b);
    sys_output_abort(c);
}

/* ---- modes ---- */

static void modes(void **state)
{
    (void)state;
    static const struct {
        mode_t old, table, text;
    } cases[] = {{0600, 0400, 0600},
                 {0644, 0444, 0644},
                 {0755, 0555, 0755},
                 {0400, 0400, 0400},
                 {0660, 0440, 0660}};
    mode_t mask = umask(022);
    for (unsigned way = 0; way < WAYS; way++) {
        use_way(way);
        for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++)
            for (int text = 0; text < 2; text++) {
                sys_output_how how = {.replace = true, .no_sync = true, .text = text};
                new_file("t", cases[i].old);
                publish("t", how, "new");
                assert_int_equal(mode_of("t"), text ? cases[i].text : cases[i].table);
                assert_int_equal(unlink(support_path("t")), 0);
                publish("t", how, "new");
                assert_int_equal(mode_of("t"), text ? 0644 : 0444);
                assert_int_equal(unlink(support_path("t")), 0);
            }
    }
    umask(mask);
}

/* Nobody else can open an unfinished file, whatever its mode will be. */
static void half_made(void **state)
{
    (void)state;
    use_way(1);
    sys_output *out = output_with("t", fresh, "half");
    DIR *d = opendir(support_directory());
    int seen = 0;
    for (struct dirent *e; (e = readdir(d)) != NULL;)
        if (sys_is_temporary(e->d_name)) {
            assert_int_equal(mode_of(e->d_name), 0600);
            seen++;
        }
    closedir(d);
    assert_int_equal(seen, 1);
    sys_output_abort(out);
}

/* ---- the directory's sync ---- */

static void not_durable(void **state)
{
    (void)state;
    bool in_place;
    for (unsigned way = 0; way < WAYS; way++) {
        use_way(way);
        failing_sync = EIO;
        assert_int_equal(sys_output_publish(output_with("t", replacing, "new"), &in_place), EIO);
        assert_true(in_place);
        expect_content("t", "new");
        assert_int_equal(sys_output_publish(output_with("u", fresh, "new"), &in_place), EIO);
        assert_false(in_place || there("u")); /* nothing was lost: it goes away again */
        assert_int_equal(sys_output_publish(output_with("t", quick, "again"), &in_place), 0);
        failing_sync = EINVAL; /* a file system that cannot */
        publish("u", fresh, "fine");
        assert_int_equal(unlink(support_path("u")), 0);
        assert_int_equal(support_entries(), 1);
        failing_sync = 0;
    }
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(every_way), TEST(bad_targets),  TEST(refusals),        TEST(open_files),
        TEST(links),     TEST(planted_link), TEST(written_through), TEST(same),
        TEST(modes),     TEST(half_made),    TEST(not_durable),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
