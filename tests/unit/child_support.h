/* Tests that need a process of their own, since handlers and limits are the process's. */
#ifndef SHMCOL_TESTS_CHILD_SUPPORT_H
#define SHMCOL_TESTS_CHILD_SUPPORT_H

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "read_support.h"

/* Runs fn in a process of its own and returns its exit status, or minus the signal. What it writes
 * to stderr goes to `out`. */
static inline int in_child(int (*fn)(void), char *out, size_t capacity)
{
    int ends[2], status = 0;
    assert_int_equal(pipe(ends), 0);
    pid_t pid = fork();
    if (pid == 0) {
        signal(SIGBUS, SIG_DFL); /* cmocka's own */
        dup2(ends[1], 2);
        _exit(fn());
    }
    close(ends[1]);
    size_t length = 0;
    for (ssize_t n = 1; n > 0 && length + 1 < capacity; length += n > 0 ? (size_t)n : 0)
        n = read(ends[0], out + length, capacity - 1 - length);
    out[length] = 0;
    close(ends[0]);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
}

static inline void expect_child(int (*fn)(void), int expected)
{
    char out[4000];
    int got = in_child(fn, out, sizeof out);
    if (got != expected)
        fail_msg("%d, not %d: %s", got, expected, out);
}

/* In a child: the line that failed is its exit status. */
#define CHECK(condition)                                                                           \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            fprintf(stderr, "line %d: %s\n", __LINE__, #condition);                                \
            return 99;                                                                             \
        }                                                                                          \
    } while (0)

#endif
