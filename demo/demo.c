/* Opens one shmcol file from several processes at once. Each sums `val` without its nulls, finds
 * the smallest `date` and counts the rows of each `name`, all in place; then, while all of them
 * still hold the file open, each reads the kernel's numbers for its memory. Usage: shmcol-demo
 * FILE [PROCESSES]. Exit status 1 if the processes disagree or memory is not shared as promised. */
#include "demo.h"

#include <inttypes.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MIB 1048576.0
#define PRIVATE_LIMIT_MIB 2.0
#define PSS_TOLERANCE 0.02

typedef struct table {
    shmcol_file *file;
    uint64_t rows;
    const double *val;
    const int64_t *date;
    shmcol_dictionary names;
} table;

static double seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static shmcol_status count_names(const shmcol_dictionary *names, demo_result *result)
{
    uint64_t *counts = calloc(names->values.count + 1, sizeof *counts);
    if (counts == NULL)
        return SHMCOL_ERR_NO_MEMORY;
    for (uint64_t row = 0; row < names->count; row++) {
        int64_t code = shmcol_code_at(names, row);
        if (code >= 0 && (uint64_t)code < names->values.count)
            counts[code]++;
    }
    uint64_t best = 0;
    for (uint64_t i = 0; i < names->values.count; i++) {
        result->names += counts[i] != 0;
        best = counts[i] > counts[best] ? i : best;
    }
    result->most = counts[best];
    free(counts);
    const char *data = NULL;
    uint64_t length = 0;
    shmcol_status status = shmcol_string_at(&names->values, best, &data, &length);
    if (status == SHMCOL_OK)
        snprintf(result->name, sizeof result->name, "%.*s", (int)length, data);
    return status;
}

static shmcol_status open_table(const char *path, table *t, demo_result *result, shmcol_error *err)
{
    double begin = seconds();
    shmcol_status status;
    t->names = (shmcol_dictionary)SHMCOL_DICTIONARY_INIT;
    if ((status = shmcol_open(path, NULL, &t->file, err)) != SHMCOL_OK ||
        (status = shmcol_float64(t->file, "val", &t->val, &t->rows, err)) != SHMCOL_OK ||
        (status = shmcol_date64(t->file, "date", &t->date, NULL, err)) != SHMCOL_OK ||
        (status = shmcol_dictionary_get(t->file, "name", &t->names, err)) != SHMCOL_OK)
        return status;
    result->open_seconds = seconds() - begin;
    return SHMCOL_OK;
}

/* Three columns read where they lie. */
static shmcol_status read_table(const table *t, demo_result *result)
{
    double begin = seconds();
    result->min_date = INT64_MAX;
    for (uint64_t row = 0; row < t->rows; row++) {
        result->missing += isnan(t->val[row]) != 0;
        result->sum += isnan(t->val[row]) ? 0 : t->val[row];
    }
    for (uint64_t row = 0; row < t->rows; row++) {
        if (t->date[row] != SHMCOL_NAT && t->date[row] < result->min_date)
            result->min_date = t->date[row];
    }
    shmcol_status status = count_names(&t->names, result);
    result->rows = t->rows;
    result->read_seconds = seconds() - begin;
    result->column_bytes = t->rows * (sizeof *t->val + sizeof *t->date + t->names.code_width) +
                           (t->names.values.count + 1) * 8 + t->names.values.data_length;
    return status;
}

/* A process's side of a step: says that it is done with the one before and waits until the parent
 * calls the next. */
static bool next_step(int fd)
{
    char c = 0;
    return write(fd, &c, 1) == 1 && read(fd, &c, 1) == 1;
}

static int process(const char *path, int fd)
{
    demo_result result = {0};
    shmcol_error err = SHMCOL_ERROR_INIT;
    table t = {0};
    if (!next_step(fd))
        return 1;
    if (open_table(path, &t, &result, &err) != SHMCOL_OK) {
        char text[1400];
        shmcol_error_format(&err, text, sizeof text);
        fprintf(stderr, "shmcol-demo: %s\n", text);
        return 1;
    }
    if (!next_step(fd) || read_table(&t, &result) != SHMCOL_OK || !next_step(fd))
        return 1;
    shmcol_file_info info = SHMCOL_FILE_INFO_INIT;
    if (shmcol_get_info(t.file, &info, &err) != SHMCOL_OK || !demo_memory(info.map, &result))
        return 1;
    if (write(fd, &result, sizeof result) != sizeof result || !next_step(fd))
        return 1;
    shmcol_close(t.file);
    return 0;
}

/* Starts up to `count` processes and returns their number; fds gets the parent's ends. */
static int start(const char *path, int count, int *fds)
{
    for (int i = 0; i < count; i++) {
        int pair[2];
        if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) != 0)
            return i;
        pid_t pid = fork();
        if (pid < 0)
            return i;
        if (pid == 0) {
            for (int k = 0; k < i; k++)
                close(fds[k]); /* or the end of the parent's side would never be seen */
            close(pair[0]);
            _exit(process(path, pair[1]));
        }
        close(pair[1]);
        fds[i] = pair[0];
    }
    return count;
}

static bool await_one(int fd)
{
    char c;
    return read(fd, &c, 1) == 1;
}

/* The parent's side: the processes open one after the other, so that each open is timed alone; read
 * all at once; and measure while all still hold the file. */
static bool meet(int count, const int *fds, demo_result *results)
{
    bool good = true;
    for (int i = 0; i < count; i++)
        good = good && await_one(fds[i]);
    for (int i = 0; i < count; i++)
        good = good && write(fds[i], "o", 1) == 1 && await_one(fds[i]);
    for (int i = 0; i < count; i++)
        good = good && write(fds[i], "r", 1) == 1;
    for (int i = 0; i < count; i++)
        good = good && await_one(fds[i]);
    for (int i = 0; i < count; i++)
        good = good && write(fds[i], "m", 1) == 1;
    for (int i = 0; i < count; i++)
        good = good &&
               recv(fds[i], &results[i], sizeof results[i], MSG_WAITALL) == sizeof results[i] &&
               await_one(fds[i]);
    for (int i = 0; i < count; i++)
        good = good && write(fds[i], "e", 1) == 1;
    return good;
}

static bool report(int count, const demo_result *results)
{
    double pss = 0, most_private = 0, columns = (double)results[0].column_bytes / MIB;
    bool same = true;
    printf("%7s  %8s  %7s  %14s  %10s  %16s  %11s  %9s\n", "process", "open us", "read ms",
           "sum of val", "first date", "most rows", "private MiB", "PSS MiB");
    for (int i = 0; i < count; i++) {
        const demo_result *r = &results[i];
        time_t day = (time_t)(r->min_date / 1000);
        struct tm tm;
        char date[16] = "-", most[64];
        if (r->min_date != INT64_MAX && gmtime_r(&day, &tm) != NULL)
            strftime(date, sizeof date, "%Y-%m-%d", &tm);
        snprintf(most, sizeof most, "%s %" PRIu64, r->name, r->most);
        printf("%7d  %8.0f  %7.0f  %14.6f  %10s  %16s  %11.2f  %9.2f\n", i + 1,
               r->open_seconds * 1e6, r->read_seconds * 1e3, r->sum, date, most,
               (double)r->private_bytes / MIB, (double)r->pss_bytes / MIB);
        pss += (double)r->pss_bytes / MIB;
        most_private = fmax(most_private, (double)r->private_bytes / MIB);
        same = same && r->sum == results[0].sum && r->min_date == results[0].min_date &&
               r->most == results[0].most && r->names == results[0].names;
    }
    printf("\n%" PRIu64 " rows, %" PRIu64 " values of val missing, %" PRIu64
           " names; the columns read have %.2f MiB.\n",
           results[0].rows, results[0].missing, results[0].names, columns);
    printf("Memory of the map in all %d processes together: %.2f MiB = %.3f x the columns "
           "(promised: 0.98 to 1.02).\n",
           count, pss, pss / columns);
    printf("Most private memory of one process: %.2f MiB (promised: at most %.0f).\n", most_private,
           PRIVATE_LIMIT_MIB);
    if (!same)
        printf("The processes disagree.\n");
    return same && most_private <= PRIVATE_LIMIT_MIB && fabs(pss / columns - 1) <= PSS_TOLERANCE;
}

int main(int argc, char **argv)
{
    int count = argc > 2 ? atoi(argv[2]) : 4;
    if (argc < 2 || argc > 3 || count < 1 || count > DEMO_MAX_PROCESSES) {
        fprintf(stderr, "usage: shmcol-demo FILE [PROCESSES]\n");
        return 2;
    }
    int fds[DEMO_MAX_PROCESSES];
    demo_result results[DEMO_MAX_PROCESSES];
    signal(SIGPIPE, SIG_IGN);
    int started = start(argv[1], count, fds);
    bool good = started == count && meet(count, fds, results);
    if (!good)
        fprintf(stderr, "shmcol-demo: a process ended early\n");
    else
        good = report(count, results);
    for (int i = 0; i < started; i++)
        close(fds[i]);
    while (wait(NULL) > 0)
        ;
    return good ? 0 : 1;
}
