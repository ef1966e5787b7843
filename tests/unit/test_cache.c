/* The cache of plain forms. The first user makes an entry, all others share it. An incomplete entry
 * is never used, and the cache stays within its bound. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "cache_support.h"
#include "compress/stored.h"
#include "sys/sys.h"
#include "writer_support.h"

static void once_and_shared(void **state)
{
    (void)state;
    struct stat a, b;
    shmcol_file *first = must_open(corpus("good/zstd-mixed"), 0);
    const char *path = cached_path(first);
    const int32_t *id;
    uint64_t n;
    assert_int_equal(stat(directory, &a), 0);
    assert_int_equal(a.st_mode & 0777, 0700);
    assert_int_equal(stat(path, &a), 0);
    assert_int_equal(a.st_mode & 0222, 0);
    assert_int_equal(entries(), 1);
    assert_int_equal(shmcol_int32(first, "id", &id, &n, NULL, NULL), SHMCOL_OK);
    assert_true(n == 5 && id[4] == 9);
    assert_int_equal(shmcol_verify(first, NULL, NULL), SHMCOL_OK);
    /* Another file that holds the same table is the same content. */
    shmcol_file *second = must_open(corpus("good/zstd-level-19"), 0);
    assert_int_equal(stat(cached_path(second), &b), 0);
    assert_true(a.st_ino == b.st_ino);
    assert_int_equal(entries(), 1);
    shmcol_close(first);
    shmcol_close(second);
}

/* ---- many at once ---- */

static void copy_of_blocks(char out[400])
{
    size_t size;
    uint8_t *data = read_corpus("good/zstd-blocks", &size);
    snprintf(out, 400, "%s", support_path("blocks.shmcol"));
    FILE *f = fopen(out, "wb");
    assert_int_equal(fwrite(data, 1, size, f), size);
    fclose(f);
    free(data);
}

/* Each child reports which inode it maps. Later ones wait until the first is done, so that there is
 * one inode. */
static void many_processes_do_the_work_once(void **state)
{
    (void)state;
    enum { CHILDREN = 8 };
    int ready[2], said[2];
    char path[400];
    copy_of_blocks(path);
    assert_int_equal(pipe(ready) | pipe(said), 0);
    for (int i = 0; i < CHILDREN; i++) {
        pid_t pid = fork();
        assert_true(pid >= 0);
        if (pid == 0) {
            char go;
            struct stat st = {0};
            shmcol_file *file = NULL;
            close(ready[1]);
            if (read(ready[0], &go, 1) != 0 || open_cached(path, 0, 0, &file, NULL) != SHMCOL_OK ||
                stat(cached_path(file), &st) != 0)
                st.st_ino = 0;
            ino_t inode = shmcol_verify(file, NULL, NULL) == SHMCOL_OK ? st.st_ino : 0;
            _exit(write(said[1], &inode, sizeof inode) == (ssize_t)sizeof inode ? 0 : 1);
        }
    }
    close(ready[0]);
    close(ready[1]); /* all at once */
    ino_t inode[CHILDREN];
    for (int i = 0; i < CHILDREN; i++) {
        int status;
        assert_int_equal(read(said[0], &inode[i], sizeof inode[i]), sizeof inode[i]);
        assert_true(inode[i] != 0 && inode[i] == inode[0]);
        assert_true(wait(&status) > 0 && status == 0);
    }
    close(said[0]);
    close(said[1]);
    assert_int_equal(entries(), 1); /* and no lock stays behind */
}

/* While another process makes an entry, an open waits and then takes that entry. */
static void waits_for_who_does_the_work(void **state)
{
    (void)state;
    shmcol_file *file = must_open(corpus("good/zstd-mixed"), 0);
    char path[400], aside[400], lock[420];
    snprintf(path, sizeof path, "%s", cached_path(file));
    snprintf(aside, sizeof aside, "%s", support_path("aside"));
    snprintf(lock, sizeof lock, "%s.lock", path);
    shmcol_close(file);
    assert_int_equal(rename(path, aside), 0);
    int fd = open(lock, O_RDWR | O_CREAT, 0600);
    assert_int_equal(flock(fd, LOCK_EX), 0);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        close(fd);
        alarm(60);
        _exit(open_cached(corpus("good/zstd-mixed"), 0, 0, &file, NULL) == SHMCOL_OK ? 0 : 1);
    }
    struct stat before, after;
    assert_int_equal(stat(aside, &before), 0);
    struct timespec moment = {0, 100000000};
    nanosleep(&moment, NULL);
    assert_int_equal(waitpid(pid, NULL, WNOHANG), 0);
    assert_int_equal(rename(aside, path), 0);
    assert_int_equal(unlink(lock), 0);
    close(fd);
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
    assert_int_equal(stat(path, &after), 0);
    assert_true(before.st_ino == after.st_ino);
}

typedef struct told {
    uint64_t calls, done, total, waits, stop_at; /* stop_at: the call that cancels */
} told;

static int tell(void *arg, uint64_t done, uint64_t total)
{
    told *t = arg;
    t->done = done;
    t->total = total;
    t->waits += total == 0;
    return ++t->calls == t->stop_at;
}

static shmcol_status open_told(uint32_t flags, uint64_t stop_at, told *t, shmcol_file **file)
{
    shmcol_open_options how = SHMCOL_OPEN_OPTIONS_INIT;
    *t = (told){.stop_at = stop_at};
    how.flags = flags;
    how.cache_dir = directory;
    how.progress = tell;
    how.progress_arg = t;
    return shmcol_open(corpus("good/zstd-blocks"), &how, file, NULL);
}

/* Progress is reported to the end. A cancelled call leaves nothing. An entry that exists already
 * takes no work. */
static void tells_and_can_be_cancelled(void **state)
{
    (void)state;
    static const uint32_t ways[] = {SHMCOL_OPEN_COPY, SHMCOL_OPEN_CACHE,
                                    SHMCOL_OPEN_CACHE | SHMCOL_OPEN_COPY};
    shmcol_file *file;
    told t;
    for (int i = 0; i < 3; i++) {
        assert_int_equal(open_told(ways[i], 1, &t, &file),
                         SHMCOL_ERR_CANCELLED); /* not even as a copy */
        assert_int_equal(t.calls, 1);
    }
    assert_int_equal(entries(), 0);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(open_told(ways[i], 0, &t, &file), SHMCOL_OK);
        assert_true(t.calls > 1 && t.done == t.total && t.total != 0 && t.waits == 0);
        shmcol_close(file);
    }
    assert_int_equal(open_told(ways[1], 0, &t, &file), SHMCOL_OK);
    assert_int_equal(t.calls, 0);
    assert_int_equal(unlink(cached_path(file)), 0);
    char lock[440];
    snprintf(lock, sizeof lock, "%s.lock", cached_path(file));
    shmcol_close(file);
    int fd = open(lock, O_RDWR | O_CREAT, 0600); /* another process works on it and does not end */
    assert_int_equal(flock(fd, LOCK_EX), 0);
    assert_int_equal(open_told(ways[1], 3, &t, &file), SHMCOL_ERR_CANCELLED);
    assert_true(t.calls == 3 && t.waits == 3);
    close(fd);
    assert_int_equal(unlink(lock), 0);
}

/* ---- crash and damage ---- */

/* A process dies at any moment of the work. Its leftovers are never taken for the entry, and the
 * next process makes it. */
static void killed_half_way(void **state)
{
    (void)state;
    char path[400];
    copy_of_blocks(path);
    for (int i = 0; i < (SANITIZED ? 4 : 25); i++) {
        pid_t pid = fork();
        assert_true(pid >= 0);
        if (pid == 0) {
            shmcol_file *file;
            _exit(open_cached(path, 0, 0, &file, NULL) == SHMCOL_OK ? 0 : 1);
        }
        struct timespec moment = {0, 150000L * i};
        nanosleep(&moment, NULL);
        kill(pid, SIGKILL);
        waitpid(pid, NULL, 0);
        shmcol_file *file = must_open(path, 0);
        assert_int_equal(shmcol_verify(file, NULL, NULL), SHMCOL_OK);
        unlink(cached_path(file));
        shmcol_close(file);
    }
}

/* An entry of the right name with another file's content, or that is no shmcol file, is
 * replaced. */
static void a_wrong_file_is_not_trusted(void **state)
{
    (void)state;
    static const char *const wrong[] = {"good/rows-64", "bad/header-hash", "good/zstd-texts"};
    shmcol_file *file = must_open(corpus("good/zstd-mixed"), 0);
    char path[400];
    snprintf(path, sizeof path, "%s", cached_path(file));
    shmcol_close(file);
    for (size_t i = 0; i < 3; i++) {
        size_t size;
        uint8_t *data = read_corpus(wrong[i], &size);
        unlink(path);
        FILE *f = fopen(path, "wb");
        assert_int_equal(fwrite(data, 1, size, f), size);
        fclose(f);
        free(data);
        file = must_open(corpus("good/zstd-mixed"), 0);
        assert_string_equal(cached_path(file), path);
        assert_int_equal(shmcol_verify(file, NULL, NULL), SHMCOL_OK);
        shmcol_close(file);
    }
    unlink(path);
    assert_int_equal(symlink("/dev/null", path), 0); /* nor is a link followed */
    shmcol_error err = SHMCOL_ERROR_INIT;
    assert_int_equal(open_cached(corpus("good/zstd-mixed"), 0, 0, &file, &err), SHMCOL_ERR_IO);
}

static void damaged_files_are_never_cached(void **state)
{
    (void)state;
    static const char *const bad[] = {"bad/zstd-frame-cut", "bad/zstd-content-id",
                                      "bad/zstd-length-more", "bad/zstd-prefix"};
    for (size_t i = 0; i < 4; i++) {
        shmcol_file *file = NULL;
        shmcol_status status = open_cached(corpus(bad[i]), 0, SHMCOL_OPEN_COPY, &file, NULL);
        assert_int_equal(shmcol_status_class(status), SHMCOL_CLASS_DATA);
        assert_int_equal(entries(), 0);
    }
}

/* ---- the bound ---- */

static void set_used(const char *path, time_t when)
{
    struct timespec times[2] = {{when, 0}, {when, 0}};
    assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
}

static uint64_t size_of(const char *path)
{
    struct stat st;
    assert_int_equal(stat(path, &st), 0);
    return (uint64_t)st.st_size;
}

static bool there(const char *path)
{
    return access(path, F_OK) == 0;
}

static void the_least_recently_used_goes_first(void **state)
{
    (void)state;
    char a[400], b[400];
    shmcol_file *file = must_open(corpus("good/zstd-mixed"), 0);
    snprintf(a, sizeof a, "%s", cached_path(file));
    shmcol_close(file);
    file = must_open(corpus("good/zstd-header-larger"), 0);
    snprintf(b, sizeof b, "%s", cached_path(file));
    shmcol_close(file);
    uint64_t limit = size_of(a) + size_of(b) + 1000;
    set_used(a, 1000);
    set_used(b, 2000);
    shmcol_close(
        must_open(corpus("good/zstd-mixed"), limit)); /* touches it: now the other one is older */
    file = must_open(corpus("good/zstd-rows-0"), limit);
    assert_true(there(a) && !there(b) && there(cached_path(file)));
    shmcol_close(file);
}

static void what_is_open_stays(void **state)
{
    (void)state;
    shmcol_error err = SHMCOL_ERROR_INIT;
    shmcol_file *held = must_open(corpus("good/zstd-mixed"), 0), *file = NULL;
    char path[400];
    snprintf(path, sizeof path, "%s", cached_path(held));
    set_used(path, 1000);
    uint64_t limit = size_of(path) + 10;
    assert_int_equal(open_cached(corpus("good/zstd-rows-0"), limit, 0, &file, &err),
                     SHMCOL_ERR_MEMORY_BOUND);
    assert_non_null(strstr(err.hint, "SHMCOL_CACHE_LIMIT"));
    assert_true(there(path));
    assert_int_equal(open_cached(corpus("good/zstd-rows-0"), limit, SHMCOL_OPEN_COPY, &file, &err),
                     SHMCOL_OK); /* without the cache, then */
    assert_int_equal(entries(), 1);
    shmcol_close(file);
    shmcol_file *again = shmcol_retain(held);
    shmcol_close(held); /* one reference is left */
    assert_int_equal(open_cached(corpus("good/zstd-rows-0"), limit, 0, &file, &err),
                     SHMCOL_ERR_MEMORY_BOUND);
    shmcol_close(again);
    file = must_open(corpus("good/zstd-rows-0"), limit);
    assert_true(!there(path));
    shmcol_close(file);
    assert_int_equal(open_cached(corpus("good/zstd-blocks"), 1000, 0, &file, &err),
                     SHMCOL_ERR_MEMORY_BOUND); /* larger than all of it */
}

/* An unfinished entry counts as long as its process lives. Afterwards it is removed, and its lock,
 * too. */
static void what_the_dead_left_goes(void **state)
{
    (void)state;
    enum { SIZE = 1 << 20 };
    int ready[2];
    char name[400], c;
    shmcol_error err = SHMCOL_ERROR_INIT;
    shmcol_file *file = must_open(corpus("good/zstd-mixed"), 0);
    uint64_t limit = size_of(cached_path(file)) + SIZE + 20000;
    snprintf(name, sizeof name, "%s/0123456789abcdef0123456789abcdef", directory);
    assert_int_equal(pipe(ready), 0);
    pid_t pid = fork();
    if (pid == 0) {
        sys_output *out;
        const char *refused;
        char lock[420];
        snprintf(lock, sizeof lock, "%s.lock", name);
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        setenv("SHMCOL_HIDE", "tmpfile", 1);
        int fd = open(lock, O_RDWR | O_CREAT, 0600);
        if (flock(fd, LOCK_EX) != 0 ||
            sys_output_create(name, (sys_output_how){0}, &out, &refused) != 0 ||
            sys_truncate(sys_output_fd(out), SIZE) != 0 || write(ready[1], "x", 1) != 1)
            _exit(1);
        pause();
    }
    assert_int_equal(read(ready[0], &c, 1), 1);
    close(ready[0]);
    close(ready[1]);
    assert_int_equal(entries(), 3);
    assert_int_equal(open_cached(corpus("good/zstd-rows-0"), SIZE, 0, &file, &err),
                     SHMCOL_ERR_MEMORY_BOUND);
    shmcol_close(must_open(corpus("good/zstd-header-larger"), limit)); /* there is room for it */
    assert_int_equal(entries(), 4);
    kill(pid, SIGKILL);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
    assert_int_equal(entries(), 4);
    shmcol_file *other = must_open(corpus("good/zstd-rows-0"), SIZE);
    assert_int_equal(entries(), 3);
    shmcol_close(other);
    shmcol_close(file);
}

/* ---- the directory ---- */

static void a_directory_of_others_is_refused(void **state)
{
    (void)state;
    shmcol_error err = SHMCOL_ERROR_INIT;
    shmcol_file *file = must_open(corpus("good/zstd-mixed"), 0);
    shmcol_close(file);
    static const mode_t open_to_others[] = {0777, 0720, 0702};
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(chmod(directory, open_to_others[i]), 0);
        assert_int_equal(open_cached(corpus("good/zstd-mixed"), 0, 0, &file, &err), SHMCOL_ERR_IO);
        assert_non_null(strstr(err.message, "others may write"));
        assert_string_equal(err.path, directory);
        shmcol_error untouched =
            SHMCOL_ERROR_INIT; /* a failure in between is no error of the call */
        assert_int_equal(
            open_cached(corpus("good/zstd-mixed"), 0, SHMCOL_OPEN_COPY, &file, &untouched),
            SHMCOL_OK);
        assert_int_equal(untouched.status, SHMCOL_OK);
        shmcol_close(file);
    }
    assert_int_equal(chmod(directory, 0755), 0); /* others may read it */
    shmcol_close(must_open(corpus("good/zstd-mixed"), 0));
    if (geteuid() == 0) {
        assert_int_equal(chown(directory, 12345, 12345), 0);
        assert_int_equal(open_cached(corpus("good/zstd-mixed"), 0, 0, &file, &err), SHMCOL_ERR_IO);
        assert_int_equal(chown(directory, 0, 0), 0);
    }
    snprintf(directory, sizeof directory, "%s", corpus("good/rows-1")); /* a file is no directory */
    assert_int_equal(open_cached(corpus("good/zstd-mixed"), 0, 0, &file, &err), SHMCOL_ERR_IO);
}

/* The short way to an entry: only to a regular file of the user that others cannot write, in a
 * directory of the same kind. */
static void what_others_may_write_is_not_taken(void **state)
{
    (void)state;
    shmcol_file *file = must_open(corpus("good/zstd-mixed"), 0);
    char path[400], link[420];
    snprintf(path, sizeof path, "%s", cached_path(file));
    shmcol_close(file);
    const char *name = strrchr(path, '/') + 1;
    sys_file_info info;
    int fd = -1;
    assert_int_equal(sys_open_private(directory, name, &fd, &info), 0);
    assert_true(info.regular && info.size != 0);
    sys_close(fd);
    static const mode_t open_to_others[] = {0666, 0620, 0602};
    for (int i = 0; i < 3; i++) {
        assert_int_equal(chmod(path, open_to_others[i]), 0);
        assert_int_equal(sys_open_private(directory, name, &fd, &info), EPERM);
    }
    assert_int_equal(chmod(path, 0600), 0);
    if (geteuid() == 0) {
        assert_int_equal(chown(path, 12345, 12345), 0);
        assert_int_equal(sys_open_private(directory, name, &fd, &info), EPERM);
        assert_int_equal(chown(path, 0, 0), 0);
    }
    snprintf(link, sizeof link, "%s-link", path);
    assert_int_equal(symlink(path, link), 0);
    assert_int_equal(sys_open_private(directory, strrchr(link, '/') + 1, &fd, &info), ELOOP);
    assert_int_equal(sys_open_private(directory, "none", &fd, &info), ENOENT);
    assert_int_equal(chmod(directory, 0777), 0);
    assert_int_equal(sys_open_private(directory, name, &fd, &info), EPERM);
    assert_int_equal(chmod(directory, 0700), 0);
}

/* SHMCOL_CACHE, then XDG_CACHE_HOME, then HOME; SHMCOL_CACHE_LIMIT. */
static void what_the_environment_says(void **state)
{
    (void)state;
    static const char *const names[] = {"SHMCOL_CACHE", "XDG_CACHE_HOME", "HOME"},
                             *const below[] = {"", "/shmcol", "/.cache/shmcol"};
    shmcol_open_options how = SHMCOL_OPEN_OPTIONS_INIT;
    shmcol_error err = SHMCOL_ERROR_INIT;
    shmcol_file *file = NULL;
    char *home = strdup(getenv("HOME") != NULL ? getenv("HOME") : "/");
    how.flags = SHMCOL_OPEN_CACHE;
    for (int i = 0; i < 3; i++) {
        for (int k = 0; k < 3; k++)
            unsetenv(names[k]);
        fresh(NULL);
        char at[300];
        snprintf(at, sizeof at, "%s", directory);
        setenv(names[i], at, 1);
        snprintf(directory, sizeof directory, "%s%s", at, below[i]);
        assert_int_equal(shmcol_open(corpus("good/zstd-mixed"), &how, &file, &err), SHMCOL_OK);
        assert_true(there(cached_path(file)));
        shmcol_close(file);
    }
    static const struct {
        const char *text;
        shmcol_status status;
    } limits[] = {{"1", SHMCOL_ERR_MEMORY_BOUND},
                  {"1K", SHMCOL_ERR_MEMORY_BOUND},
                  {"1M", SHMCOL_OK},
                  {"1G", SHMCOL_OK},
                  {"nonsense", SHMCOL_OK}};
    for (size_t i = 0; i < sizeof limits / sizeof *limits; i++) {
        setenv("SHMCOL_CACHE_LIMIT", limits[i].text, 1);
        assert_int_equal(shmcol_open(corpus("good/zstd-header-larger"), &how, &file, &err),
                         limits[i].status);
        if (limits[i].status == SHMCOL_OK) {
            unlink(cached_path(file));
            shmcol_close(file);
        }
    }
    unsetenv("SHMCOL_CACHE_LIMIT");
    unsetenv("HOME");
    assert_int_equal(shmcol_open(corpus("good/zstd-mixed"), &how, &file, &err), SHMCOL_ERR_IO);
    setenv("HOME", home, 1);
    free(home);
}

/* A program built with the first version has no fields after the flags. */
static void options_of_the_first_version(void **state)
{
    (void)state;
    shmcol_open_options how = SHMCOL_OPEN_OPTIONS_INIT;
    shmcol_file *file = NULL;
    how.size = offsetof(shmcol_open_options, cache_dir);
    how.cache_dir = (const char *)1; /* the memory after the old struct is not read */
    assert_int_equal(shmcol_open(corpus("good/rows-1"), &how, &file, NULL), SHMCOL_OK);
    shmcol_close(file);
    how.flags = SHMCOL_OPEN_COPY;
    assert_int_equal(shmcol_open(corpus("good/zstd-mixed"), &how, &file, NULL), SHMCOL_OK);
    struct {
        size_t size;
        char bytes[sizeof(shmcol_file_info)];
    } old = {offsetof(shmcol_file_info, compressed), {0}};
    memset(old.bytes, 0x55, sizeof old.bytes);
    assert_int_equal(shmcol_get_info(file, (shmcol_file_info *)(void *)&old, NULL), SHMCOL_OK);
    for (size_t i = offsetof(shmcol_file_info, compressed); i < sizeof(shmcol_file_info); i++)
        assert_int_equal(((char *)&old)[i], 0x55);
    shmcol_close(file);
    how.size--;
    assert_int_equal(shmcol_open(corpus("good/rows-1"), &how, &file, NULL),
                     SHMCOL_ERR_INVALID_ARGUMENT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(once_and_shared, fresh),
        cmocka_unit_test_setup(many_processes_do_the_work_once, fresh),
        cmocka_unit_test_setup(waits_for_who_does_the_work, fresh),
        cmocka_unit_test_setup(killed_half_way, fresh),
        cmocka_unit_test_setup(a_wrong_file_is_not_trusted, fresh),
        cmocka_unit_test_setup(damaged_files_are_never_cached, fresh),
        cmocka_unit_test_setup(the_least_recently_used_goes_first, fresh),
        cmocka_unit_test_setup(what_is_open_stays, fresh),
        cmocka_unit_test_setup(what_the_dead_left_goes, fresh),
        cmocka_unit_test_setup(a_directory_of_others_is_refused, fresh),
        cmocka_unit_test_setup(what_the_environment_says, fresh),
        cmocka_unit_test_setup(what_others_may_write_is_not_taken, fresh),
        cmocka_unit_test_setup(tells_and_can_be_cancelled, fresh),
        cmocka_unit_test_setup(options_of_the_first_version, fresh),
    };
    return cmocka_run_group_tests_name("cache", tests, support_begin, support_end);
}
