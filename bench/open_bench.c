/* What it costs to open a file and read a first value, against the bare system calls, for few and many rows and columns; and what a lookup by
 * name costs. Both ways run in turn; medians of many rounds. Usage: open_bench DIRECTORY (its files are made there once). */
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "shmcol.h"

#define ROUNDS 41
#define OPENS 200
#define LOOKUPS 20000
#define BATCH 1000000

static double seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static void die(const char *what, const shmcol_error *err)
{
    fprintf(stderr, "open_bench: %s: %s\n", what, err == NULL ? "failed" : err->message);
    exit(1);
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(double *values, size_t n)
{
    qsort(values, n, sizeof *values, compare);
    return values[n / 2];
}

static void make_file(const char *path, uint64_t rows, uint32_t columns)
{
    static int8_t values[BATCH];
    shmcol_error err = SHMCOL_ERROR_INIT;
    shmcol_field *fields = calloc(columns, sizeof *fields);
    shmcol_column_data *data = calloc(columns, sizeof *data);
    char(*names)[16] = calloc(columns, sizeof *names);
    if (fields == NULL || data == NULL || names == NULL)
        die("memory", NULL);
    for (uint32_t i = 0; i < columns; i++) {
        fields[i] = (shmcol_field)SHMCOL_FIELD_INIT;
        fields[i].name = names[i];
        fields[i].name_length = (uint32_t)snprintf(names[i], sizeof names[i], "c%" PRIu32, i);
        fields[i].type = SHMCOL_INT8;
        data[i] = (shmcol_column_data)SHMCOL_COLUMN_DATA_INIT;
        data[i].values = values;
    }
    memset(values, 7, sizeof values);
    shmcol_writer *writer = NULL;
    if (shmcol_writer_create(path, fields, columns, NULL, &writer, &err) != SHMCOL_OK)
        die(path, &err);
    for (uint64_t done = 0; done < rows; done += BATCH) {
        if (shmcol_writer_append(writer, rows - done < BATCH ? rows - done : BATCH, data, columns, &err) != SHMCOL_OK)
            die(path, &err);
    }
    if (shmcol_writer_commit(writer, &err) != SHMCOL_OK)
        die(path, &err);
    free(fields);
    free(data);
    free(names);
}

/* Where the first value lies, so that the bare calls touch the same byte. */
static uint64_t first_value_offset(const char *path, const char *name)
{
    shmcol_error err = SHMCOL_ERROR_INIT;
    shmcol_file *file;
    const int8_t *values;
    shmcol_file_info info = SHMCOL_FILE_INFO_INIT;
    if (shmcol_open(path, NULL, &file, &err) != SHMCOL_OK || shmcol_int8(file, name, &values, NULL, NULL, &err) != SHMCOL_OK ||
        shmcol_get_info(file, &info, &err) != SHMCOL_OK)
        die(path, &err);
    uint64_t offset = (uint64_t)((const uint8_t *)values - (const uint8_t *)info.map);
    shmcol_close(file);
    return offset;
}

static double time_ours(const char *path, const char *name)
{
    volatile int8_t first;
    double begin = seconds();
    for (int i = 0; i < OPENS; i++) {
        shmcol_error err = SHMCOL_ERROR_INIT;
        shmcol_file *file;
        const int8_t *values;
        if (shmcol_open(path, NULL, &file, &err) != SHMCOL_OK || shmcol_int8(file, name, &values, NULL, NULL, &err) != SHMCOL_OK)
            die(path, &err);
        first = values[0];
        shmcol_close(file);
    }
    (void)first;
    return (seconds() - begin) / OPENS;
}

static double time_bare(const char *path, uint64_t offset)
{
    volatile uint8_t first;
    double begin = seconds();
    for (int i = 0; i < OPENS; i++) {
        struct stat st;
        int fd = open(path, O_RDONLY | O_CLOEXEC);
        if (fd < 0 || fstat(fd, &st) != 0)
            die(path, NULL);
        const uint8_t *map = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_SHARED, fd, 0);
        if (map == MAP_FAILED)
            die(path, NULL);
        first = map[offset];
        munmap((void *)(uintptr_t)map, (size_t)st.st_size);
        close(fd);
    }
    (void)first;
    return (seconds() - begin) / OPENS;
}

static double time_lookups(const char *path, uint32_t columns)
{
    shmcol_error err = SHMCOL_ERROR_INIT;
    shmcol_file *file;
    if (shmcol_open(path, NULL, &file, &err) != SHMCOL_OK)
        die(path, &err);
    static char names[LOOKUPS][16];
    for (uint32_t i = 0; i < LOOKUPS; i++)
        snprintf(names[i], sizeof names[i], "c%" PRIu32, i * 7919u % columns);
    double rounds[9];
    for (int r = 0; r < 9; r++) {
        double begin = seconds();
        for (uint32_t i = 0; i < LOOKUPS; i++) {
            uint32_t column;
            if (shmcol_find(file, names[i], &column, &err) != SHMCOL_OK)
                die(path, &err);
        }
        rounds[r] = (seconds() - begin) / LOOKUPS;
    }
    shmcol_close(file);
    return median(rounds, 9);
}

int main(int argc, char **argv)
{
    static const struct {
        uint64_t rows;
        uint32_t columns;
    } files[] = {{1000, 10}, {100000000, 10}, {1000, 10000}};
    if (argc != 2) {
        fprintf(stderr, "usage: open_bench DIRECTORY\n");
        return 2;
    }
    printf("\nopen, one column by name, first value, close, against bare open, fstat, mmap, touch, munmap, close; medians\n\n");
    printf("%12s %8s %10s %8s %6s %10s\n", "rows", "columns", "shmcol us", "bare us", "ratio", "lookup ns");
    for (size_t f = 0; f < sizeof files / sizeof *files; f++) {
        char path[4096];
        snprintf(path, sizeof path, "%s/open-%" PRIu64 "-%" PRIu32 ".shmcol", argv[1], files[f].rows, files[f].columns);
        if (access(path, R_OK) != 0)
            make_file(path, files[f].rows, files[f].columns);
        double ours[ROUNDS], bare[ROUNDS];
        uint64_t offset = first_value_offset(path, "c7");
        for (int r = 0; r < ROUNDS; r++) {
            ours[r] = time_ours(path, "c7");
            bare[r] = time_bare(path, offset);
        }
        double a = median(ours, ROUNDS), b = median(bare, ROUNDS);
        printf("%12" PRIu64 " %8" PRIu32 " %10.1f %8.1f %6.2f %10.0f\n", files[f].rows, files[f].columns, a * 1e6, b * 1e6, a / b,
               time_lookups(path, files[f].columns) * 1e9);
    }
    return 0;
}
