/* The clock, the environment, random bytes, the process. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include "sys/sys.h"

double sys_seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

void sys_sleep_ms(uint32_t milliseconds)
{
    const struct timespec pause = {milliseconds / 1000, (long)(milliseconds % 1000) * 1000000};
    (void)nanosleep(&pause, NULL); /* a signal ends it sooner */
}

int64_t sys_process(void)
{
    return getpid();
}

int sys_random(void *out, size_t length)
{
    /* Up to 256 bytes come whole or not at all. */
    return getrandom(out, length, 0) == (ssize_t)length ? 0 : EIO;
}

const char *sys_getenv(const char *name)
{
    return secure_getenv(name);
}

bool sys_hidden(const char *feature)
{
    const char *at = secure_getenv("SHMCOL_HIDE");
    size_t length = strlen(feature);
    while (at != NULL) {
        if (strncmp(at, feature, length) == 0 && (at[length] == ',' || at[length] == 0))
            return true;
        at = strchr(at, ',');
        at += at != NULL;
    }
    return false;
}
