/* How fast each instruction set indexes and counts three kinds of text: GB/s, the best of several
 * rounds over pieces of 128 KiB (as much as the converter indexes at a time; several, so that no
 * branch predictor learns them), the sets in turn within each round. Usage: index_bench [ROUNDS] */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "csv/index.h"
#include "sys/sys.h"

enum {
    SIZE = 128 << 10,
    PIECES = 8,
    REPEATS = 64,
    STEP = SIZE + 2 * CSV_SLACK,
    KINDS = 3,
    SETS = 4
};

static const char *const set_names[SETS] = {"scalar", "avx2", "avx512", "neon"};
static const char *const kind_names[KINDS] = {"seed", "orders", "quoted"};
static uint64_t random_state = 42;

static unsigned next(unsigned below)
{
    random_state = random_state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (unsigned)((random_state >> 33) % below);
}

static int put_record(int kind, char *out, size_t room)
{
    switch (kind) {
    case 0:
        return snprintf(out, room, "%04u-%02u-%02u,%u.%08u%06u,site-%u\n", 1990 + next(33),
                        1 + next(12), 1 + next(28), next(1000), next(100000000), next(1000000),
                        next(1000));
    case 1:
        return snprintf(out, room, "2024-%02u-%02uT%02u:%02u:%02u,SYM%u,%u.%02u,%u,order-%08u,%s\n",
                        1 + next(12), 1 + next(28), next(24), next(60), next(60), next(500),
                        next(2000), next(100), next(10000), next(100000000),
                        next(2) ? "true" : "false");
    default:
        return snprintf(out, room, "%u,\"He said \"\"no\"\", and left\nat %u\",\"%u\",plain %u\n",
                        next(100000), next(24), next(1000), next(10));
    }
}

static void fill(int kind, char *text)
{
    size_t at = 0;
    char record[128];
    while (at < SIZE) {
        size_t n = (size_t)put_record(kind, record, sizeof record);
        memcpy(text + at, record, n < SIZE - at ? n : SIZE - at);
        at += n;
    }
}

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

/* Returns the seconds for REPEATS pieces, and adds the number of found characters to *found. */
static double run(const csv_isa *isa, int index, const uint8_t *text, uint32_t *ends,
                  uint64_t *found)
{
    const csv_dialect dialect = {
        .delimiter = ',', .quote = '"', .quoting = true, .skip_blank = true};
    double start = now();
    for (int i = 0; i < REPEATS; i++)
        *found += index ? isa->index(&dialect, text + i % PIECES * STEP, SIZE, ends).ends
                        : isa->count(&dialect, text + i % PIECES * STEP, SIZE).records[0];
    return now() - start;
}

int main(int argc, char **argv)
{
    int rounds = argc > 1 ? atoi(argv[1]) : 25;
    char *memory = calloc(PIECES, STEP);
    uint32_t *ends = calloc(SIZE + 16, sizeof *ends);
    if (memory == NULL || ends == NULL)
        return 1;
    for (int kind = 0; kind < KINDS; kind++) {
        double best[SETS][2];
        uint64_t found[SETS][2] = {{0}};
        for (int i = 0; i < PIECES; i++)
            fill(kind, memory + CSV_SLACK + i * STEP);
        for (int round = 0; round < rounds; round++)
            for (int set = 0; set < SETS; set++)
                for (int index = 0; index < 2 && csv_isa_choose(set_names[set], sys_hidden) != NULL;
                     index++) {
                    double t = run(csv_isa_choose(set_names[set], sys_hidden), index,
                                   (uint8_t *)memory + CSV_SLACK, ends, &found[set][index]);
                    if (round == 0 || t < best[set][index])
                        best[set][index] = t;
                }
        for (int set = 0; set < SETS; set++) {
            if (csv_isa_choose(set_names[set], sys_hidden) == NULL)
                continue;
            double bytes = (double)SIZE * REPEATS;
            printf("%-7s %-7s index %6.2f GB/s %7.4f ns/byte %6.2f ns/field   count %6.2f GB/s\n",
                   kind_names[kind], set_names[set], bytes / best[set][1] * 1e-9,
                   best[set][1] / bytes * 1e9, best[set][1] * rounds / (double)found[set][1] * 1e9,
                   bytes / best[set][0] * 1e-9);
        }
    }
    free(ends);
    free(memory);
    return 0;
}
