/* A reading process, led through standard input, so that it can take turns with others. Usage:
 *   reader_bench sum FILE COLUMN   COLUMN is float64. For each line "mapped": sums it through a map
 *                                  that stays; "opened": opens, sums, closes; prints the seconds
 *                                  and the sum
 *   reader_bench hold FILE         opens, reads every byte of every column, prints their number,
 *                                  and waits for the end of its input
 *   reader_bench load FILE FLAGS   opens once with these SHMCOL_OPEN_ flags and prints {"wall": …,
 *                                  "cpu": …} of that; then reads every byte, so that its peak
 *                                  memory has them all */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "shmcol.h"

static double now(clockid_t clock)
{
    struct timespec t;
    clock_gettime(clock, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static void check(shmcol_status status, const shmcol_error *err)
{
    if (status == SHMCOL_OK)
        return;
    fprintf(stderr, "reader_bench: %s\n", err->message);
    exit(1);
}

static shmcol_file *open_file(const char *path, uint32_t flags)
{
    shmcol_error err = SHMCOL_ERROR_INIT;
    shmcol_open_options options = SHMCOL_OPEN_OPTIONS_INIT;
    shmcol_file *file;
    options.flags = flags;
    check(shmcol_open(path, &options, &file, &err), &err);
    return file;
}

/* As a C program would: some sums side by side, because one addition waits for the one before it.
 */
static double sum(const shmcol_file *file, const char *column)
{
    enum { WAYS = 16 };
    shmcol_error err = SHMCOL_ERROR_INIT;
    const double *values;
    double sums[WAYS] = {0}, total = 0;
    uint64_t n, i = 0;
    check(shmcol_float64(file, column, &values, &n, &err), &err);
    for (; i + WAYS <= n; i += WAYS)
        for (int k = 0; k < WAYS; k++)
            sums[k] += values[i + (uint64_t)k];
    for (; i < n; i++)
        total += values[i];
    for (int k = 0; k < WAYS; k++)
        total += sums[k];
    return total;
}

static int sum_turns(const char *path, const char *column)
{
    char line[16];
    shmcol_file *file = open_file(path, 0);
    sum(file, column); /* every page is mapped from here on */
    while (fgets(line, sizeof line, stdin) != NULL) {
        double begin = now(CLOCK_MONOTONIC), total;
        if (strcmp(line, "opened\n") == 0) {
            shmcol_file *again = open_file(path, 0);
            total = sum(again, column);
            shmcol_close(again);
        } else {
            total = sum(file, column);
        }
        printf("%.9f %.17g\n", now(CLOCK_MONOTONIC) - begin, total);
        fflush(stdout);
    }
    shmcol_close(file);
    return 0;
}

/* Every 64-byte line of the buffer. */
static uint64_t touch(const shmcol_file_info *info, shmcol_buffer buffer, uint64_t *bytes)
{
    const uint8_t *data = (const uint8_t *)info->map + buffer.offset;
    uint64_t total = 0;
    for (uint64_t i = 0; i < buffer.length; i += 64)
        total += data[i];
    *bytes += buffer.length;
    return total;
}

/* Reads all there is; returns a sum of it and counts its bytes. */
static uint64_t touch_all(const shmcol_file *file, uint64_t *bytes)
{
    shmcol_error err = SHMCOL_ERROR_INIT;
    shmcol_file_info info = SHMCOL_FILE_INFO_INIT;
    uint64_t total = 0;
    check(shmcol_get_info(file, &info, &err), &err);
    for (uint32_t i = 0; i < info.columns; i++) {
        shmcol_column_info column = SHMCOL_COLUMN_INFO_INIT;
        check(shmcol_get_column(file, i, &column, &err), &err);
        const shmcol_buffer buffers[] = {
            column.validity,           column.values,          column.bytes, column.elements,
            column.dictionary_offsets, column.dictionary_bytes};
        for (size_t b = 0; b < sizeof buffers / sizeof *buffers; b++)
            total += touch(&info, buffers[b], bytes);
    }
    return total;
}

static int hold(const char *path)
{
    shmcol_file *file = open_file(path, 0);
    uint64_t bytes = 0, total = touch_all(file, &bytes);
    printf("%" PRIu64 " %" PRIu64 "\n", bytes, total);
    fflush(stdout);
    while (getchar() != EOF)
        continue;
    shmcol_close(file);
    return 0;
}

static int load(const char *path, uint32_t flags)
{
    double wall = now(CLOCK_MONOTONIC), cpu = now(CLOCK_PROCESS_CPUTIME_ID);
    shmcol_file *file = open_file(path, flags);
    wall = now(CLOCK_MONOTONIC) - wall;
    cpu = now(CLOCK_PROCESS_CPUTIME_ID) - cpu;
    uint64_t bytes = 0, total = touch_all(file, &bytes);
    printf("{\"wall\": %.9f, \"cpu\": %.9f, \"sum\": %" PRIu64 "}\n", wall, cpu, total);
    shmcol_close(file);
    return 0;
}

int main(int argc, char **argv)
{
    if (argc == 4 && strcmp(argv[1], "sum") == 0)
        return sum_turns(argv[2], argv[3]);
    if (argc == 3 && strcmp(argv[1], "hold") == 0)
        return hold(argv[2]);
    if (argc == 4 && strcmp(argv[1], "load") == 0)
        return load(argv[2], (uint32_t)strtoul(argv[3], NULL, 10));
    fprintf(stderr, "usage: reader_bench sum FILE COLUMN, hold FILE, load FILE FLAGS\n");
    return 2;
}
