/* Outputs of all kinds, for the tests of publishing. */
#ifndef SHMCOL_TESTS_SYS_SUPPORT_H
#define SHMCOL_TESTS_SYS_SUPPORT_H

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "support.h"
#include "sys/sys.h"

enum { NOBODY = 65534 };

static inline int set_up(void **state)
{
    return support_begin(state) == 0 && chmod(support_directory(), 0777) == 0 ? 0 : -1;
}

static inline int tear_down(void **state)
{
    unsetenv("SHMCOL_HIDE");
    return support_remove(state);
}

static inline bool there(const char *name)
{
    struct stat st;
    return lstat(support_path(name), &st) == 0;
}

static inline mode_t mode_of(const char *name)
{
    struct stat st;
    assert_int_equal(stat(support_path(name), &st), 0);
    return st.st_mode & 07777;
}

static inline void new_file(const char *name, mode_t mode)
{
    int fd = open(support_path(name), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    assert_true(fd >= 0 && fchmod(fd, mode) == 0);
    assert_int_equal(sys_write(fd, "old", 3), 0);
    close(fd);
}

static inline void expect_content(const char *name, const char *text)
{
    char buffer[20] = "";
    size_t got = 0;
    int fd;
    assert_int_equal(sys_open_read(support_path(name), &fd), 0);
    assert_int_equal(sys_pread(fd, buffer, sizeof buffer - 1, 0, &got), 0);
    sys_close(fd);
    assert_string_equal(buffer, text);
}

static inline void new_link(const char *to, const char *name)
{
    assert_int_equal(symlink(to, support_path(name)), 0);
}

static const sys_output_how fresh = {0}, replacing = {.replace = true},
                            quick = {.replace = true, .no_sync = true};

static inline sys_output *output_with(const char *name, sys_output_how how, const char *text)
{
    sys_output *out = NULL;
    const char *refused = "not set";
    assert_int_equal(sys_output_create(support_path(name), how, &out, &refused), 0);
    assert_null(refused);
    assert_int_equal(sys_pwrite(sys_output_fd(out), text, strlen(text), 0), 0);
    return out;
}

static inline void publish(const char *name, sys_output_how how, const char *text)
{
    bool in_place = true;
    assert_int_equal(sys_output_publish(output_with(name, how, text), &in_place), 0);
    assert_false(in_place);
    expect_content(name, text);
}

static inline void expect_refused(const char *name, sys_output_how how, int errnum,
                                  const char *what)
{
    sys_output *out = NULL;
    const char *refused = "not set";
    assert_int_equal(sys_output_create(support_path(name), how, &out, &refused), errnum);
    assert_null(out);
    if (what == NULL)
        assert_null(refused);
    else
        assert_string_equal(refused, what);
}

static inline void use_way(unsigned way)
{
    static const char *const hidden[] = {"", "tmpfile", "link", "link,rename"};
    setenv("SHMCOL_HIDE", hidden[way], 1);
}

enum { WAYS = 4 };

#endif
