/* Makes, grows and reads tables whose rows are those of rows.h:
 *
 *     faults_table file FILE FIRST ROWS            makes an ordinary file of rows FIRST and on
 *     faults_table append DIR FIRST ROWS TIMES [OPTION...]
 *     faults_table read DIR [PROCESSES ROWS]
 *
 * "append" appends ROWS rows each time, and says each status. OPTION is "no-wait", "token" (the
 * append has the name "first"), "ask" (it says "asked" at the first question for progress, and goes
 * on after a line from stdin), "cancel" (it ends there), or "fork" (there a child process goes on,
 * then the parent).
 *
 * "read" checks the whole table and says "rows N parts N", "none", or the name of a status. Row r
 * has the number r; or PROCESSES have appended ROWS rows each, process p from p million on, each in
 * its order. The exit status is 0, or 1 where something is wrong. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <unistd.h>

#include "rows.h"

enum { MOST_PROCESSES = 16 };

static int failed(const char *what, shmcol_status status, const shmcol_error *err)
{
    char text[1600];
    (void)shmcol_error_format(err, text, sizeof text);
    printf("%s\n", shmcol_status_name(status));
    fprintf(stderr, "faults_table: %s: %s\n", what, text);
    return (int)shmcol_status_class(status);
}

static int make_file(const char *path, int32_t first, uint64_t n)
{
    shmcol_field fields[ROWS_COLUMNS];
    shmcol_writer_options options = SHMCOL_WRITER_OPTIONS_INIT;
    shmcol_error err = SHMCOL_ERROR_INIT;
    shmcol_writer *writer;
    options.no_sync = 1;
    rows_fields(fields);
    shmcol_status status =
        shmcol_writer_create(path, fields, ROWS_COLUMNS, &options, &writer, &err);
    if (status == SHMCOL_OK)
        status = rows_put(writer, first, n, &err);
    if (status == SHMCOL_OK)
        status = shmcol_writer_commit(writer, &err);
    return status == SHMCOL_OK ? 0 : failed(path, status, &err);
}

/* ---- appending ---- */

typedef struct appender {
    const char *dir;
    int asks, cancels, forks;
} appender;

static int is_locked(const char *dir)
{
    int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    const int locked = flock(fd, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK;
    close(fd);
    return locked;
}

/* The child goes on as if it were the appender. The parent then finds its lock as it was. */
static int go_on_in_child(const appender *a)
{
    int status;
    fflush(stdout);
    pid_t child = fork();
    if (child == 0)
        return 0;
    if (child < 0 || waitpid(child, &status, 0) != child)
        return 1;
    printf("child %d, %s\n", WEXITSTATUS(status), is_locked(a->dir) ? "locked" : "not locked");
    return 0;
}

static int progress(void *arg, uint64_t done, uint64_t total)
{
    appender *a = arg;
    (void)done, (void)total;
    if (a->asks) {
        a->asks = 0;
        puts("asked");
        fflush(stdout);
        while (getchar() != '\n' && !feof(stdin))
            ;
    }
    if (!a->forks)
        return a->cancels;
    a->forks = 0;
    return go_on_in_child(a);
}

/* The rows come from a file: then the first question comes under the lock, or while it waits. */
static shmcol_status append_once(const appender *a, const char *path,
                                 const shmcol_append_options *options, shmcol_error *err)
{
    shmcol_file *file;
    shmcol_status status = shmcol_open(path, NULL, &file, err);
    if (status != SHMCOL_OK)
        return status;
    status = shmcol_append_file(a->dir, file, options, err);
    shmcol_close(file);
    return status;
}

static shmcol_append_options take(appender *a, int n, char **words)
{
    shmcol_append_options options = SHMCOL_APPEND_OPTIONS_INIT;
    options.no_sync = 1;
    options.threads = 1;
    for (int i = 0; i < n; i++) {
        options.no_wait |= strcmp(words[i], "no-wait") == 0;
        a->asks |= strcmp(words[i], "ask") == 0;
        a->cancels |= strcmp(words[i], "cancel") == 0;
        a->forks |= strcmp(words[i], "fork") == 0;
        if (strcmp(words[i], "token") == 0)
            options.token = "first";
    }
    if (a->asks || a->cancels || a->forks) {
        options.progress = progress;
        options.progress_arg = a;
    }
    return options;
}

static int append(const char *dir, int32_t first, uint64_t n, long times, int n_words, char **words)
{
    appender a = {.dir = dir};
    const shmcol_append_options options = take(&a, n_words, words);
    int result = 0;
    for (long i = 0; i < times && result == 0; i++) {
        char path[600];
        shmcol_error err = SHMCOL_ERROR_INIT;
        (void)snprintf(path, sizeof path, "%s.%d.rows", dir, (int)getpid());
        result = make_file(path, first + (int32_t)((uint64_t)i * n), n);
        if (result != 0)
            break;
        shmcol_status status = append_once(&a, path, &options, &err);
        (void)unlink(path);
        if (status != SHMCOL_OK)
            result = failed(dir, status, &err);
        else
            puts("OK");
    }
    return result;
}

/* ---- reading ---- */

/* The next number of each process; one of 0 processes: the row is the number. */
typedef struct expected {
    uint64_t processes, rows;
    int32_t next[MOST_PROCESSES];
} expected;

static int is_right(void *arg, uint64_t row, int32_t number)
{
    expected *e = arg;
    if (e->processes == 0)
        return number >= 0 && (uint64_t)number == row;
    const uint64_t process = (uint64_t)number / ROWS_PROCESS;
    return number >= 0 && process < e->processes && number % ROWS_PROCESS == e->next[process]++;
}

static int are_all(const expected *e)
{
    int all = 1;
    for (uint64_t i = 0; i < e->processes; i++)
        all &= (uint64_t)e->next[i] == e->rows;
    return all;
}

static int read_open(const char *dir, shmcol_file *table, expected *e)
{
    shmcol_error err = SHMCOL_ERROR_INIT;
    int64_t wrong = -1;
    shmcol_status status = shmcol_verify(table, NULL, &err);
    if (status == SHMCOL_OK && shmcol_rows(table) > 0)
        status = rows_check(table, is_right, e, &wrong, &err);
    if (status != SHMCOL_OK) {
        (void)failed(dir, status, &err);
        return 1;
    }
    if (wrong >= 0 || !are_all(e)) {
        printf("row %" PRId64 " is wrong\n", wrong);
        return 1;
    }
    printf("rows %" PRIu64 " parts %" PRIu64 "\n", shmcol_rows(table), shmcol_parts(table));
    return 0;
}

static int read_table(const char *dir, expected *e)
{
    shmcol_file *table;
    shmcol_error err = SHMCOL_ERROR_INIT;
    shmcol_status status = shmcol_open(dir, NULL, &table, &err);
    if (status == SHMCOL_ERR_NO_TABLE || (status == SHMCOL_ERR_IO && err.sys_errno == ENOENT)) {
        puts("none");
        return 0;
    }
    if (status != SHMCOL_OK) {
        (void)failed(dir, status, &err);
        return status != SHMCOL_ERR_PARTS_MISSING;
    }
    int result = read_open(dir, table, e);
    shmcol_close(table);
    return result;
}

int main(int argc, char **argv)
{
    if (argc == 5 && strcmp(argv[1], "file") == 0)
        return make_file(argv[2], atoi(argv[3]), strtoull(argv[4], NULL, 10));
    if (argc >= 6 && strcmp(argv[1], "append") == 0)
        return append(argv[2], atoi(argv[3]), strtoull(argv[4], NULL, 10), atol(argv[5]), argc - 6,
                      argv + 6);
    if ((argc == 3 || argc == 5) && strcmp(argv[1], "read") == 0) {
        expected e = {0};
        if (argc == 5) {
            e.processes = strtoull(argv[3], NULL, 10);
            e.rows = strtoull(argv[4], NULL, 10);
        }
        if (e.processes <= MOST_PROCESSES)
            return read_table(argv[2], &e);
    }
    fputs("usage: faults_table file FILE FIRST ROWS | append DIR FIRST ROWS TIMES [OPTION...] | "
          "read DIR [PROCESSES ROWS]\n",
          stderr);
    return 125;
}
