/* The common promises of all ways to publish: the writer, plain and compressed, populate, pack, the
 * two forms of a file, and shmcol_output. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "read_support.h"
#include "writer_support.h"

/* ---- the system, which fails on request: these replace the C library's ---- */

static struct faults {
    unsigned syncs, files; /* how many have been asked for */
    unsigned sync_fails;   /* which one fails; 0: none */
    unsigned file_fails;   /* the same of the files that are made */
    bool directory_fails;  /* every fsync of a directory does */
} faults;

int fsync(int fd)
{
    struct stat st;
    bool directory = fstat(fd, &st) == 0 && S_ISDIR(st.st_mode);
    if (++faults.syncs == faults.sync_fails || (directory && faults.directory_fails)) {
        errno = EIO;
        return -1;
    }
    return (int)syscall(SYS_fsync, fd);
}

int openat(int directory, const char *name, int flags, ...)
{
    mode_t mode = 0;
    bool makes = (flags & O_CREAT) != 0 || (flags & O_TMPFILE) == O_TMPFILE;
    if (makes) {
        va_list args;
        va_start(args, flags);
        mode = va_arg(args, mode_t);
        va_end(args);
    }
    if (makes && ++faults.files == faults.file_fails) {
        errno = ENOSPC;
        return -1;
    }
    return (int)syscall(SYS_openat, directory, name, flags, mode);
}

/* ---- all that publish ---- */

typedef shmcol_status publisher(const char *path, bool overwrite, shmcol_error *err);

static shmcol_status write_table(const char *path, bool overwrite, int level, shmcol_error *err)
{
    static int32_t values[100000];
    shmcol_writer *w;
    shmcol_field f = SHMCOL_FIELD_INIT;
    shmcol_column_data data = SHMCOL_COLUMN_DATA_INIT;
    shmcol_writer_options options = SHMCOL_WRITER_OPTIONS_INIT;
    options.overwrite = overwrite;
    options.zstd_level = level;
    options.threads = 1;
    f.type = SHMCOL_INT32;
    f.name = "x";
    f.name_length = 1;
    data.values = values;
    shmcol_status status = shmcol_writer_create(path, &f, 1, &options, &w, err);
    if (status != SHMCOL_OK)
        return status;
    /* more than was guessed: into the side file */
    for (int i = 0; i < 10 && status == SHMCOL_OK; i++)
        status = shmcol_writer_append(w, 100000, &data, 1, err);
    if (status == SHMCOL_OK)
        return shmcol_writer_commit(w, err);
    shmcol_writer_abort(w);
    return status;
}

static shmcol_status write_plain(const char *path, bool overwrite, shmcol_error *err)
{
    return write_table(path, overwrite, 0, err);
}

static shmcol_status write_compressed(const char *path, bool overwrite, shmcol_error *err)
{
    return write_table(path, overwrite, 3, err);
}

static shmcol_status populate_with(const char *path, bool overwrite, uint32_t flags,
                                   shmcol_error *err)
{
    shmcol_populate *p = NULL;
    shmcol_field f = SHMCOL_FIELD_INIT;
    shmcol_writer_options options = SHMCOL_WRITER_OPTIONS_INIT;
    options.overwrite = overwrite;
    f.type = SHMCOL_INT32;
    f.nullable = 1;
    f.name = "x";
    f.name_length = 1;
    shmcol_status status = shmcol_populate_create(path, &f, 1, 100, &options, &p, err);
    if (status == SHMCOL_OK)
        status = shmcol_populate_commit(p, flags | SHMCOL_POPULATE_NULLS, err);
    if (p != NULL && (status != SHMCOL_OK || (flags & SHMCOL_POPULATE_KEEP) != 0))
        shmcol_populate_close(p);
    return status;
}

static shmcol_status populate(const char *path, bool overwrite, shmcol_error *err)
{
    return populate_with(path, overwrite, 0, err);
}

static shmcol_status populate_kept(const char *path, bool overwrite, shmcol_error *err)
{
    return populate_with(path, overwrite, SHMCOL_POPULATE_KEEP, err);
}

static shmcol_status pack_with(const char *path, bool overwrite, const char *rejects,
                               shmcol_csv_report **report, shmcol_error *err)
{
    char input[320];
    snprintf(input, sizeof input, "%s", support_path("in.csv"));
    const char *const inputs[] = {input};
    shmcol_csv_options options = SHMCOL_CSV_OPTIONS_INIT;
    options.overwrite = overwrite;
    options.threads = 1;
    options.rejects = rejects;
    options.on_error = rejects != NULL ? SHMCOL_ON_ERROR_SKIP : SHMCOL_ON_ERROR_STOP;
    return shmcol_csv_pack(inputs, 1, path, &options, report, err);
}

static shmcol_status pack(const char *path, bool overwrite, shmcol_error *err)
{
    return pack_with(path, overwrite, NULL, NULL, err);
}

static shmcol_status compress(const char *path, bool overwrite, shmcol_error *err)
{
    shmcol_compress_options options = SHMCOL_COMPRESS_OPTIONS_INIT;
    options.overwrite = overwrite;
    return shmcol_compress(corpus("good/rows-1"), path, &options, err);
}

static shmcol_status decompress(const char *path, bool overwrite, shmcol_error *err)
{
    shmcol_compress_options options = SHMCOL_COMPRESS_OPTIONS_INIT;
    options.overwrite = overwrite;
    return shmcol_decompress(corpus("good/zstd-mixed"), path, &options, err);
}

static shmcol_status output(const char *path, bool overwrite, shmcol_error *err)
{
    shmcol_output *out;
    shmcol_status status =
        shmcol_output_create(path, overwrite ? SHMCOL_OUTPUT_REPLACE : 0, &out, err);
    if (status != SHMCOL_OK)
        return status;
    assert_int_equal(write(shmcol_output_fd(out), "text", 4), 4);
    return shmcol_output_publish(out, err);
}

static const struct {
    const char *name;
    publisher *fn;
    bool text;
} publishers[] = {
    {"write", write_plain, false},
    {"write --zstd", write_compressed, false},
    {"populate", populate, false},
    {"populate, kept", populate_kept, false},
    {"pack", pack, false},
    {"compress", compress, false},
    {"decompress", decompress, false},
    {"output", output, true},
};
enum { PUBLISHERS = sizeof publishers / sizeof *publishers };

static unsigned descriptors(void)
{
    unsigned n = 0;
    DIR *d = opendir("/proc/self/fd");
    while (readdir(d) != NULL)
        n++;
    closedir(d);
    return n;
}

static void new_file(const char *name, const char *text)
{
    FILE *f = support_need(fopen(support_path(name), "w"));
    fputs(text, f);
    fclose(f);
    assert_int_equal(chmod(support_path(name), 0600), 0);
}

static bool is_old(const char *name)
{
    support_bytes now = support_read(support_path(name));
    bool old = now.length == 3 && memcmp(now.data, "old", 3) == 0;
    free(now.data);
    return old;
}

static bool is_whole(const char *name, bool text)
{
    shmcol_file *file = NULL;
    shmcol_open_options how = SHMCOL_OPEN_OPTIONS_INIT;
    struct stat st;
    if (text)
        return stat(support_path(name), &st) == 0 && st.st_size == 4;
    how.flags = SHMCOL_OPEN_COPY; /* of a compressed one */
    bool whole = shmcol_open(support_path(name), &how, &file, NULL) == SHMCOL_OK &&
                 shmcol_verify(file, NULL, NULL) == SHMCOL_OK;
    shmcol_close(file);
    return whole;
}

static void expect(size_t i, const char *name, bool overwrite, shmcol_status expected,
                   const char *message)
{
    shmcol_error err = SHMCOL_ERROR_INIT;
    shmcol_status status = publishers[i].fn(support_path(name), overwrite, &err);
    if (status != expected || (message != NULL && strstr(err.message, message) == NULL))
        fail_msg("%s to %s: %s: %s", publishers[i].name, name, shmcol_status_name(status),
                 err.message);
    if (status != SHMCOL_OK)
        assert_string_equal(err.path, support_path(name));
}

/* ---- the tests ---- */

static int set_up(void **state)
{
    int failed = support_begin(state);
    faults = (struct faults){0};
    if (failed == 0)
        new_file("in.csv", "a,b\n1,2\n3\n4,5\n");
    return failed;
}

static int tear_down(void **state)
{
    faults = (struct faults){0};
    unsetenv("SHMCOL_HIDE");
    return support_end(state);
}

static void clean_input(void)
{
    new_file("in.csv", "a,b\n1,2\n4,5\n");
}

static void links_and_modes(void **state)
{
    (void)state;
    clean_input();
    for (size_t i = 0; i < PUBLISHERS; i++) {
        struct stat st;
        new_file("file", "old");
        assert_int_equal(
            symlink("file", support_path("link")) | symlink("none", support_path("dangling")), 0);
        expect(i, "link", false, SHMCOL_ERR_EXISTS, "exists");
        expect(i, "dangling", false, SHMCOL_ERR_EXISTS, "exists");
        assert_true(is_old("file"));
        expect(i, "link", true, SHMCOL_OK, NULL);
        assert_true(is_whole("file", publishers[i].text));
        assert_int_equal(lstat(support_path("file"), &st), 0);
        assert_true(S_ISREG(st.st_mode));
        assert_int_equal(st.st_mode & 07777, publishers[i].text ? 0600 : 0400);
        expect(i, "dangling", true, SHMCOL_OK, NULL);
        assert_true(is_whole("none", publishers[i].text));
        assert_int_equal(lstat(support_path("link"), &st), 0);
        assert_true(S_ISLNK(st.st_mode));
        assert_int_equal(support_entries(), 5);
        static const char *const made[] = {"file", "none", "link", "dangling"};
        for (int k = 0; k < 4; k++)
            assert_int_equal(unlink(support_path(made[k])), 0);
    }
    unlink(support_path("in.csv"));
}

static void no_regular_files(void **state)
{
    (void)state;
    clean_input();
    new_file("file", "old");
    int fd = open(support_path("file"), O_RDWR | O_CLOEXEC);
    char proc[40];
    snprintf(proc, sizeof proc, "/proc/self/fd/%d", fd);
    assert_int_equal(mkfifo(support_path("fifo"), 0600) | mkdir(support_path("dir"), 0700), 0);
    assert_int_equal(
        symlink("/dev/null", support_path("null")) | symlink(proc, support_path("stdout")), 0);
    static const char *const names[] = {"fifo", "dir", "null", "stdout"};
    static const char *const says[] = {"a FIFO", "a directory", "a device",
                                       "a link to an open file"};
    for (size_t i = 0; i < PUBLISHERS; i++)
        for (int k = 0; k < 4; k++) {
            expect(i, names[k], true, SHMCOL_ERR_IO, says[k]);
            assert_int_equal(support_entries(), 6);
        }
    close(fd);
    assert_true(is_old("file"));
    assert_int_equal(rmdir(support_path("dir")), 0);
    for (int k = 0; k < 4; k++)
        unlink(support_path(names[k]));
    unlink(support_path("file"));
    unlink(support_path("in.csv"));
}

/* The new file is in place, and the error says so. */
static void not_durable(void **state)
{
    (void)state;
    clean_input();
    for (size_t i = 0; i < PUBLISHERS; i++) {
        new_file("t", "old");
        faults.directory_fails = true;
        expect(i, "t", true, SHMCOL_ERR_IO, "in place, but perhaps not durable");
        faults.directory_fails = false;
        assert_true(is_whole("t", publishers[i].text));
        assert_int_equal(support_entries(), 2);
        unlink(support_path("t"));
    }
    unlink(support_path("in.csv"));
}

/* A publisher that cannot make one of its files leaves nothing, no descriptor and no name, and the
 * old file is whole. */
static void files_cannot_be_made(void **state)
{
    (void)state;
    clean_input();
    for (int way = 0; way < 2; way++) {
        setenv("SHMCOL_HIDE", way == 0 ? "" : "tmpfile", 1);
        for (size_t i = 0; i < PUBLISHERS; i++) {
            shmcol_status status = SHMCOL_ERR_IO;
            unsigned k = 0;
            new_file("t", "old");
            while (status != SHMCOL_OK) {
                unsigned before = descriptors();
                shmcol_error err = SHMCOL_ERROR_INIT;
                faults = (struct faults){.file_fails = ++k};
                status = publishers[i].fn(support_path("t"), true, &err);
                faults = (struct faults){0};
                if (descriptors() != before || support_entries() != 2 ||
                    (status != SHMCOL_OK && !is_old("t")))
                    fail_msg("%s, file %u: %s, %u descriptors more, %u entries", publishers[i].name,
                             k, err.message, descriptors() - before, support_entries());
                assert_true(status == SHMCOL_OK ||
                            (status == SHMCOL_ERR_IO && err.sys_errno == ENOSPC));
            }
            assert_true(k >= 2);
            unlink(support_path("t"));
        }
    }
    unlink(support_path("in.csv"));
}

/* With any file that pack cannot sync, the old output is there until the new one is in place. */
static void the_output_comes_last(void **state)
{
    (void)state;
    shmcol_status status = SHMCOL_ERR_IO;
    char rejects[320], path[320];
    snprintf(rejects, sizeof rejects, "%s", support_path("rejects"));
    snprintf(path, sizeof path, "%s", support_path("t"));
    unsigned k = 0, in_place = 0;
    while (status != SHMCOL_OK) {
        shmcol_error err = SHMCOL_ERROR_INIT;
        shmcol_csv_report *report = NULL;
        new_file("t", "old");
        faults = (struct faults){.sync_fails = ++k};
        status = pack_with(path, true, rejects, &report, &err);
        faults = (struct faults){0};
        bool said = status != SHMCOL_OK && strcmp(err.path, path) == 0 &&
                    strstr(err.message, "in place") != NULL;
        in_place += said;
        if (status == SHMCOL_OK)
            assert_true(report->rows == 2 && report->rejected == 1 && report->seconds > 0);
        else
            assert_null(report);
        if (is_old("t") != (status != SHMCOL_OK && !said))
            fail_msg("sync %u: %s", k, err.message);
        shmcol_csv_report_free(report);
        unlink(path);
    }
    /* Two files, their directory twice; then nothing fails. */
    assert_true(k == 5 && in_place == 1);
    support_bytes refused = support_read(rejects);
    assert_true(refused.length == 2 && memcmp(refused.data, "3\n", 2) == 0);
    free(refused.data);
    unlink(rejects);
    unlink(support_path("in.csv"));
}

static void rejects_of_their_own(void **state)
{
    (void)state;
    shmcol_error err = SHMCOL_ERROR_INIT;
    char text[10] = "", path[320], rejects[320];
    struct stat st;
    snprintf(path, sizeof path, "%s", support_path("t"));
    snprintf(rejects, sizeof rejects, "%s", support_path("fifo"));
    assert_int_equal(mkfifo(rejects, 0600) | symlink("t", support_path("link")), 0);
    int reader = open(rejects, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    /* It needs no overwrite. */
    assert_int_equal(pack_with(path, false, rejects, NULL, &err), SHMCOL_OK);
    assert_int_equal(read(reader, text, sizeof text), 2);
    assert_string_equal(text, "3\n");
    close(reader);
    assert_int_equal(stat(rejects, &st), 0);
    assert_true(S_ISFIFO(st.st_mode));
    /* The output by another name. */
    assert_int_equal(pack_with(path, true, support_path("link"), NULL, &err),
                     SHMCOL_ERR_INVALID_ARGUMENT);
    assert_non_null(strstr(err.message, "have to differ"));
    mode_t mask = umask(022);
    assert_int_equal(pack_with(path, true, support_path("r"), NULL, &err), SHMCOL_OK);
    umask(mask);
    assert_int_equal(stat(support_path("r"), &st), 0);
    assert_int_equal(st.st_mode & 07777, 0644);
    static const char *const made[] = {"t", "fifo", "link", "r", "in.csv"};
    for (int k = 0; k < 5; k++)
        assert_int_equal(unlink(support_path(made[k])), 0);
}

/* ---- a child of fork has a copy, and changes nothing of its parent's ---- */

enum { ROWS = 500000 }; /* more than waits in memory */

static shmcol_writer *begin_writer(const char *path, int fd, const int64_t *values)
{
    shmcol_writer *w;
    shmcol_field f = SHMCOL_FIELD_INIT;
    shmcol_column_data data = SHMCOL_COLUMN_DATA_INIT;
    f.name = "x";
    f.name_length = 1;
    data.values = values;
    shmcol_status status = path != NULL ? shmcol_writer_create(path, &f, 1, NULL, &w, NULL)
                                        : shmcol_writer_create_fd(fd, &f, 1, NULL, &w, NULL);
    assert_int_equal(status, SHMCOL_OK);
    assert_int_equal(shmcol_writer_append(w, ROWS, &data, 1, NULL), SHMCOL_OK);
    return w;
}

static int as_a_child(int what, shmcol_writer *w, const int64_t *values)
{
    shmcol_column_data data = SHMCOL_COLUMN_DATA_INIT;
    shmcol_error err = SHMCOL_ERROR_INIT;
    data.values = values;
    if (what == 1 && shmcol_writer_append(w, ROWS, &data, 1, &err) != SHMCOL_ERR_WRITER_STATE)
        return 1;
    if (what == 2) {
        shmcol_status status = shmcol_writer_commit(w, &err);
        return status != SHMCOL_ERR_WRITER_STATE ||
               strstr(err.message, "process that created") == NULL;
    }
    shmcol_writer_abort(w);
    return 0;
}

static void a_child_changes_nothing(void **state)
{
    (void)state;
    static int64_t values[ROWS];
    for (int i = 0; i < ROWS; i++)
        values[i] = i;
    setenv("SHMCOL_HIDE", "tmpfile", 1);
    for (int round = 0; round < 6; round++) {
        bool named = round < 3;
        int status, fd = memfd_create("test", MFD_CLOEXEC);
        shmcol_writer *w = begin_writer(named ? support_path("t") : NULL, fd, values);
        pid_t pid = fork();
        if (pid == 0)
            _exit(as_a_child(round % 3, w, values));
        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_int_equal(status, 0);
        assert_int_equal(support_entries(), named ? 2 : 1);
        assert_int_equal(shmcol_writer_commit(w, NULL), SHMCOL_OK);
        shmcol_file *file;
        const int64_t *read;
        uint64_t n;
        assert_int_equal(named ? shmcol_open(support_path("t"), NULL, &file, NULL)
                               : shmcol_open_fd(fd, NULL, &file, NULL),
                         SHMCOL_OK);
        assert_int_equal(shmcol_int64(file, "x", &read, &n, NULL, NULL), SHMCOL_OK);
        assert_true(n == ROWS && memcmp(read, values, sizeof values) == 0);
        shmcol_close(file);
        close(fd);
        unlink(support_path("t"));
    }
    unlink(support_path("in.csv"));
}

static void outputs(void **state)
{
    (void)state;
    shmcol_output *out;
    shmcol_error err = SHMCOL_ERROR_INIT;
    int status;
    assert_int_equal(shmcol_output_create(NULL, 0, &out, &err), SHMCOL_ERR_INVALID_ARGUMENT);
    assert_int_equal(shmcol_output_create("t", 8, &out, &err), SHMCOL_ERR_INVALID_ARGUMENT);
    assert_int_equal(shmcol_output_create(support_path("none/t"), 0, &out, &err), SHMCOL_ERR_IO);
    setenv("SHMCOL_HIDE", "tmpfile", 1);
    assert_int_equal(shmcol_output_create(support_path("t"), SHMCOL_OUTPUT_NO_SYNC, &out, &err),
                     SHMCOL_OK);
    pid_t pid = fork();
    if (pid == 0)
        _exit(shmcol_output_publish(out, NULL) != SHMCOL_ERR_WRITER_STATE);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
    assert_int_equal(support_entries(), 2);
    shmcol_output_abort(out);
    shmcol_output_abort(NULL);
    assert_int_equal(support_entries(), 1);
    unlink(support_path("in.csv"));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(links_and_modes),
        TEST(no_regular_files),
        TEST(not_durable),
        TEST(files_cannot_be_made),
        TEST(the_output_comes_last),
        TEST(rejects_of_their_own),
        TEST(a_child_changes_nothing),
        TEST(outputs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
