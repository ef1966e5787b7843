/* Runs one command and writes its cost to a file: launch FILE COMMAND [ARGUMENT…]; FILE gets
 * {"wall": s, "cpu": s, "peak": bytes, "status": n}. A small process of its own, because a child's
 * peak memory as the kernel counts it (ru_maxrss) begins with that of its parent: below an
 * interpreter every small program would seem to need an interpreter's memory. The peak is that of
 * the largest process of the command. */
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>

extern char **environ;

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static double seconds(struct timeval t)
{
    return (double)t.tv_sec + (double)t.tv_usec * 1e-6;
}

int main(int argc, char **argv)
{
    if (argc < 3) {
        fprintf(stderr, "usage: launch FILE COMMAND [ARGUMENT...]\n");
        return 2;
    }
    FILE *out = fopen(argv[1], "we");
    if (out == NULL) {
        perror(argv[1]);
        return 3;
    }
    pid_t child;
    int status;
    struct rusage usage;
    double begin = now();
    int failed = posix_spawnp(&child, argv[2], NULL, NULL, argv + 2, environ);
    if (failed != 0) {
        fprintf(stderr, "launch: %s: %s\n", argv[2], strerror(failed));
        return 3;
    }
    if (wait4(child, &status, 0, &usage) != child) {
        perror("wait4");
        return 3;
    }
    double wall = now() - begin;
    int result = WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
    fprintf(out, "{\"wall\": %.9f, \"cpu\": %.6f, \"peak\": %ld, \"status\": %d}\n", wall,
            seconds(usage.ru_utime) + seconds(usage.ru_stime), usage.ru_maxrss * 1024, result);
    return fclose(out) == 0 ? 0 : 3;
}
