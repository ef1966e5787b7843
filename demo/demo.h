/* The parts of the demo. */
#ifndef DEMO_H
#define DEMO_H

#include <shmcol.h>
#include <stdbool.h>
#include <stdint.h>

#define DEMO_MAX_PROCESSES 64

/* The result of one process, and its cost. */
typedef struct demo_result {
    double open_seconds, read_seconds, sum;
    uint64_t rows, missing, names, most;
    int64_t min_date;
    char name[32];
    uint64_t column_bytes;  /* of the values, codes and dictionary that were read */
    uint64_t private_bytes; /* of the whole process */
    uint64_t pss_bytes; /* of the file's map: each page's share, so that the sum over all processes
                           counts every page once */
} demo_result;

/* Fills private_bytes and pss_bytes for this process, whose file is mapped at `map`. */
bool demo_memory(const void *map, demo_result *result);

#endif
