/* Runs shmcol-pack many times for one parent, in one process: starting one for each run would be
 * most of the time of the suites that run it some hundred thousand times. The code is the tool's
 * own, but for main.
 *
 * A request on standard input is a line with a number N and then N strings that end in NUL: the
 * value of SHMCOL_ISA (empty: not set) and the tool's arguments. The answer on standard output is a
 * line "STATUS OUT ERR" and then OUT bytes of the tool's standard output and ERR bytes of its
 * standard error. A wrong command line, or a crash, ends this process without an answer. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "pack.h"

#define SECONDS_MOST 300 /* SIGALRM ends this process in a run that takes longer */
#define STRINGS_MOST 1000

static FILE *requests, *answers;

static _Noreturn void stop(const char *what)
{
    perror(what);
    exit(1);
}

/* Reads the next request into strings[] (each is malloc'd). Returns their number, 0 at the end. */
static int read_request(char **strings)
{
    int n = 0;
    if (fscanf(requests, "%d", &n) != 1)
        return 0;
    if (n < 1 || n > STRINGS_MOST || fgetc(requests) != '\n')
        stop("a request");
    for (int i = 0; i < n; i++) {
        size_t room = 0;
        strings[i] = NULL;
        if (getdelim(&strings[i], &room, 0, requests) < 0)
            stop("a string of a request");
    }
    return n;
}

/* Runs the tool. Returns its exit status. */
static int run(const char *isa, int argc, char **argv)
{
    tool t = pack_tool;
    pack_request request = {0};
    if (isa[0] != 0)
        setenv("SHMCOL_ISA", isa, 1);
    else
        unsetenv("SHMCOL_ISA");
    optind = 0; /* getopt begins anew */
    alarm(SECONDS_MOST);
    int status = pack_run(&t, &request, argc, argv);
    alarm(0);
    (void)fclose(tool_out);
    (void)fflush(stderr);
    return status;
}

static off_t size_of(int fd)
{
    struct stat st;
    if (fstat(fd, &st) != 0)
        stop("fstat");
    return st.st_size;
}

/* Copies the file to standard output and empties it for the next run. */
static void hand_over(int fd, off_t length)
{
    char piece[4096];
    for (off_t at = 0; at < length;) {
        ssize_t got = pread(fd, piece, sizeof piece, at);
        if (got <= 0 || fwrite(piece, 1, (size_t)got, answers) != (size_t)got)
            stop("an answer");
        at += got;
    }
    if (ftruncate(fd, 0) != 0 || lseek(fd, 0, SEEK_SET) != 0)
        stop("ftruncate");
}

static FILE *keep(int fd, const char *mode)
{
    const int kept = dup(fd);
    FILE *file = kept < 0 ? NULL : fdopen(kept, mode);
    if (file == NULL)
        stop("dup");
    return file;
}

int main(void)
{
    static char *strings[STRINGS_MOST + 1], *arguments[STRINGS_MOST + 1];
    int out = memfd_create("out", MFD_CLOEXEC), err = memfd_create("err", MFD_CLOEXEC), n;
    requests = keep(STDIN_FILENO, "r");
    answers = keep(STDOUT_FILENO, "w");
    if (out < 0 || err < 0 || dup2(out, STDOUT_FILENO) < 0 || dup2(err, STDERR_FILENO) < 0)
        stop("memfd_create");
    while ((n = read_request(strings)) > 0) {
        arguments[0] = "shmcol-pack";
        for (int i = 1; i < n; i++)
            arguments[i] = strings[i];
        arguments[n] = NULL;
        int status = run(strings[0], n, arguments);
        off_t out_length = size_of(out), err_length = size_of(err);
        fprintf(answers, "%d %lld %lld\n", status, (long long)out_length, (long long)err_length);
        hand_over(out, out_length);
        hand_over(err, err_length);
        if (fflush(answers) != 0)
            stop("an answer");
        for (int i = 0; i < n; i++)
            free(strings[i]);
    }
    return 0;
}
