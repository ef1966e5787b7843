/* Counts how many inputs get deep. */
#include <stdio.h>
#include <stdlib.h>

#include "fuzz.h"

static unsigned long long executions, reached;

static void print_count(void)
{
    double share = executions != 0 ? 100.0 * (double)reached / (double)executions : 0;
    fprintf(stderr, "reached %llu of %llu executions (%.1f%%)\n", reached, executions, share);
}

void fuzz_count(bool deep)
{
    if (executions++ == 0 && atexit(print_count) != 0)
        abort();
    reached += deep;
}
