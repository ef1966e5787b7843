/* Clock and environment. */
#include "sys/sys.h"

#include <stdlib.h>
#include <time.h>

double sys_seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

const char *sys_getenv(const char *name)
{
    return secure_getenv(name);
}
