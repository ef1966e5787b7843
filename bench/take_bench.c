/* Random rows of a column of 8 bytes: shmcol_take beside a plain loop and the best loop that was
 * found, which asks for rows ahead and checks nothing. Medians of 41 rounds in turns, new rows in
 * each, on pages that are mapped. Usage: take_bench FILE (its first column is int64 or float64) */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "shmcol.h"

enum { N = 100000, ROUNDS = 41, AHEAD = 128, WAYS = 3 };

static const char *const names[WAYS] = {"plain loop", "best loop", "shmcol_take"};
static int64_t rows[N];
static uint64_t out[N];

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static void die(const shmcol_error *err)
{
    fprintf(stderr, "take_bench: %s\n", err->message);
    exit(3);
}

static void plain_loop(const uint64_t *values)
{
    for (int i = 0; i < N; i++)
        out[i] = values[rows[i]];
}

static void best_loop(const uint64_t *values)
{
    for (int i = 0; i < N - AHEAD; i++) {
        __builtin_prefetch(values + rows[i + AHEAD], 0, 1);
        out[i] = values[rows[i]];
    }
    for (int i = N - AHEAD; i < N; i++)
        out[i] = values[rows[i]];
}

static void choose(uint64_t all)
{
    static uint64_t state = 42;
    for (int i = 0; i < N; i++) {
        state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        rows[i] = (int64_t)((state >> 20) % all);
    }
}

static double run(int way, const shmcol_file *file, const void *values)
{
    shmcol_error err = SHMCOL_ERROR_INIT;
    choose(shmcol_rows(file));
    const double begin = now();
    if (way == 0)
        plain_loop(values);
    else if (way == 1)
        best_loop(values);
    else if (shmcol_take(file, 0, rows, N, out, NULL, &err) != SHMCOL_OK)
        die(&err);
    return now() - begin;
}

static int compare(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

int main(int argc, char **argv)
{
    shmcol_error err = SHMCOL_ERROR_INIT;
    shmcol_column_info info = SHMCOL_COLUMN_INFO_INIT;
    shmcol_file *file;
    const void *values;
    static double seconds[WAYS][ROUNDS];
    if (argc != 2) {
        fprintf(stderr, "usage: take_bench FILE\n");
        return 2;
    }
    if (shmcol_open(argv[1], NULL, &file, &err) != SHMCOL_OK ||
        shmcol_get_column(file, 0, &info, &err) != SHMCOL_OK ||
        shmcol_values(file, 0, &values, NULL, &err) != SHMCOL_OK ||
        shmcol_prefault(file, 0, &err) != SHMCOL_OK)
        die(&err);
    if (info.width != 8 || shmcol_rows(file) == 0) {
        fprintf(stderr, "take_bench: the first column has no rows, or not 8 bytes a value\n");
        return 2;
    }
    for (int round = 0; round < ROUNDS; round++)
        for (int way = 0; way < WAYS; way++)
            seconds[way][round] = run(way, file, values);
    for (int way = 0; way < WAYS; way++) {
        qsort(seconds[way], ROUNDS, sizeof(double), compare);
        const double median = seconds[way][ROUNDS / 2];
        printf("%-12s %6.1f us, %5.1f M rows/s\n", names[way], median * 1e6, N / median / 1e6);
    }
    printf("shmcol_take has %.2f of the rate of the best loop\n",
           seconds[1][ROUNDS / 2] / seconds[2][ROUNDS / 2]);
    shmcol_close(file);
    return 0;
}
