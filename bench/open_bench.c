/* The cost of opening a file and reading a first value, against the bare system calls, in turn: the
 * bare calls, shmcol, and, where a compressed form is given, shmcol through the cache that has its
 * plain form already; and the cost of a lookup by name. Usage: open_bench FILE COLUMN [COMPRESSED];
 * COLUMN is float64. For each line on standard input one round: the seconds of each, as JSON. */
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

#define OPENS 50
#define LOOKUPS 20000

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

/* Where the first value lies, so that the bare calls touch the same byte. */
static uint64_t first_value_offset(const char *path, const char *name)
{
    shmcol_error err = SHMCOL_ERROR_INIT;
    shmcol_file *file;
    const double *values;
    shmcol_file_info info = SHMCOL_FILE_INFO_INIT;
    if (shmcol_open(path, NULL, &file, &err) != SHMCOL_OK ||
        shmcol_float64(file, name, &values, NULL, &err) != SHMCOL_OK ||
        shmcol_get_info(file, &info, &err) != SHMCOL_OK)
        die(path, &err);
    uint64_t offset = (uint64_t)((const uint8_t *)values - (const uint8_t *)info.map);
    shmcol_close(file);
    return offset;
}

static double time_ours(const char *path, const char *name, uint32_t flags)
{
    volatile double first;
    shmcol_open_options options = SHMCOL_OPEN_OPTIONS_INIT;
    options.flags = flags;
    double begin = seconds();
    for (int i = 0; i < OPENS; i++) {
        shmcol_error err = SHMCOL_ERROR_INIT;
        shmcol_file *file;
        const double *values;
        if (shmcol_open(path, &options, &file, &err) != SHMCOL_OK ||
            shmcol_float64(file, name, &values, NULL, &err) != SHMCOL_OK)
            die(path, &err);
        first = values[0];
        shmcol_close(file);
    }
    (void)first;
    return (seconds() - begin) / OPENS;
}

static double time_bare(const char *path, uint64_t offset)
{
    volatile double first;
    double begin = seconds();
    for (int i = 0; i < OPENS; i++) {
        struct stat st;
        int fd = open(path, O_RDONLY | O_CLOEXEC);
        if (fd < 0 || fstat(fd, &st) != 0)
            die(path, NULL);
        const uint8_t *map = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_SHARED, fd, 0);
        if (map == MAP_FAILED)
            die(path, NULL);
        double value;
        memcpy(&value, map + offset, sizeof value);
        first = value;
        munmap((void *)(uintptr_t)map, (size_t)st.st_size);
        close(fd);
    }
    (void)first;
    return (seconds() - begin) / OPENS;
}

/* Columns are asked for by name in an order that no cache foresees. */
static double time_lookups(const char *path)
{
    shmcol_error err = SHMCOL_ERROR_INIT;
    shmcol_file *file;
    if (shmcol_open(path, NULL, &file, &err) != SHMCOL_OK)
        die(path, &err);
    uint32_t columns = shmcol_columns(file);
    static const char *names[LOOKUPS];
    for (uint32_t i = 0; i < LOOKUPS; i++) {
        shmcol_column_info info = SHMCOL_COLUMN_INFO_INIT;
        if (shmcol_get_column(file, i * 7919u % columns, &info, &err) != SHMCOL_OK)
            die(path, &err);
        names[i] = info.name;
    }
    double begin = seconds();
    for (uint32_t i = 0; i < LOOKUPS; i++) {
        uint32_t column;
        if (shmcol_find(file, names[i], &column, &err) != SHMCOL_OK)
            die(path, &err);
    }
    double each = (seconds() - begin) / LOOKUPS;
    shmcol_close(file);
    return each;
}

int main(int argc, char **argv)
{
    char line[16];
    if (argc != 3 && argc != 4) {
        fprintf(stderr, "usage: open_bench FILE COLUMN [COMPRESSED]\n");
        return 2;
    }
    uint64_t offset = first_value_offset(argv[1], argv[2]);
    if (argc == 4)
        time_ours(argv[3], argv[2], SHMCOL_OPEN_CACHE); /* the first one decompresses */
    while (fgets(line, sizeof line, stdin) != NULL) {
        double bare = time_bare(argv[1], offset);
        printf("{\"bare\": %.9f, \"shmcol\": %.9f", bare, time_ours(argv[1], argv[2], 0));
        if (argc == 4)
            printf(", \"cached\": %.9f", time_ours(argv[3], argv[2], SHMCOL_OPEN_CACHE));
        printf(", \"lookup\": %.9f}\n", time_lookups(argv[1]));
        fflush(stdout);
    }
    return 0;
}
