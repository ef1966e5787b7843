/* Start and end of a tool, its errors, its signals. */
#include "common.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common_json.h"
#include "common_text.h"

volatile sig_atomic_t tool_signal;

FILE *tool_out;
static int output_errnum; /* of the first failed write to standard output; stdio forgets it */

static ssize_t write_output(void *cookie, const char *data, size_t length)
{
    size_t at = 0;
    (void)cookie;
    while (at < length) {
        ssize_t n = write(STDOUT_FILENO, data + at, length - at);
        if (n < 0 && errno != EINTR) {
            output_errnum = output_errnum != 0 ? output_errnum : errno;
            return 0;
        }
        at += n > 0 ? (size_t)n : 0;
    }
    return (ssize_t)length;
}

/* Opens standard input, output or error where it is closed: the next file that is opened would get
 * its number. The new descriptor cannot be read or written either. */
static void fill_closed(void)
{
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
        if (fcntl(fd, F_GETFD) < 0 && errno == EBADF)
            /* The lowest free number is this one. */
            (void)!open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY);
}

void tool_print(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    (void)vfprintf(tool_out, format, args);
    va_end(args);
}

void tool_begin(tool *t, int argc, char **argv)
{
    static const cookie_io_functions_t functions = {.write = write_output};
    fill_closed();
    tool_out = tool_need(fopencookie(NULL, "w", functions));
    if (isatty(STDOUT_FILENO) == 1)
        (void)setvbuf(tool_out, NULL, _IOLBF, BUFSIZ);
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN); /* a file over its limit is an error of write */
    for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++)
        if (strcmp(argv[i], "--json") == 0)
            t->json = true;
}

static void on_signal(int number)
{
    tool_signal = number;
}

static const int caught[] = {SIGINT, SIGTERM, SIGHUP};
enum { CAUGHT = sizeof caught / sizeof caught[0] };

void tool_catch_signals(void)
{
    for (size_t i = 0; i < CAUGHT; i++) {
        struct sigaction action, before;
        memset(&action, 0, sizeof action);
        action.sa_handler = on_signal;
        action.sa_flags = (int)SA_RESETHAND; /* no SA_RESTART: a waiting read ends */
        sigemptyset(&action.sa_mask);
        /* A signal that was ignored at the start (nohup, a background job) stays ignored. */
        if (sigaction(caught[i], NULL, &before) == 0 && before.sa_handler != SIG_IGN)
            sigaction(caught[i], &action, NULL);
    }
}

void tool_done(void)
{
    for (size_t i = 0; i < CAUGHT; i++) {
        struct sigaction now;
        if (sigaction(caught[i], NULL, &now) == 0 && now.sa_handler == on_signal)
            signal(caught[i], SIG_DFL);
    }
    tool_signal = 0;
}

int tool_end(tool *t, int status)
{
    (void)fflush(tool_out);
    if (output_errnum != 0 && output_errnum != EPIPE) {
        fprintf(stderr, "%s: standard output: error: cannot write: %s\n", t->name,
                strerror(output_errnum));
        if (status < SHMCOL_CLASS_SYSTEM)
            status = SHMCOL_CLASS_SYSTEM;
    }
    if (tool_signal != 0) {
        signal(tool_signal, SIG_DFL);
        raise(tool_signal);
    }
    return status;
}

void tool_error(shmcol_error *err, shmcol_status status, const char *hint, const char *format, ...)
{
    static const shmcol_error fresh = SHMCOL_ERROR_INIT;
    *err = fresh;
    err->status = status;
    va_list args;
    va_start(args, format);
    (void)vsnprintf(err->message, sizeof err->message, format, args);
    va_end(args);
    if (hint != NULL)
        (void)snprintf(err->hint, sizeof err->hint, "%s", hint);
}

void tool_hint_force(shmcol_error *err)
{
    if (err->status == SHMCOL_ERR_EXISTS && strstr(err->hint, "overwrite") != NULL)
        (void)snprintf(err->hint, sizeof err->hint, "-f replaces it");
}

void tool_print_error(const tool *t, const shmcol_error *err)
{
    char line[2048];
    size_t length = shmcol_error_format(err, line, sizeof line);
    if (length >= sizeof line)
        length = sizeof line - 1;
    char *safe = text_escape(line, length);
    fprintf(stderr, "%s: %s\n", t->name, safe);
    free(safe);
}

void tool_warn(const tool *t, const char *place, const char *text)
{
    char *safe_place = text_escape(place, strlen(place)), *safe = text_escape(text, strlen(text));
    fprintf(stderr, "%s: %s: warning: %s\n", t->name, safe_place, safe);
    free(safe_place);
    free(safe);
}

int tool_fail(tool *t, const shmcol_error *err)
{
    tool_print_error(t, err);
    if (t->json) {
        json j;
        json_begin(&j, tool_out, t->name);
        json_error(&j, "error", err);
        json_finish(&j);
    }
    return shmcol_status_class(err->status);
}

void tool_usage(tool *t, const char *format, ...)
{
    shmcol_error err;
    char hint[128];
    (void)snprintf(hint, sizeof hint, "see %s --help", t->name);
    tool_error(&err, SHMCOL_ERR_INVALID_ARGUMENT, hint, "%s", "");
    va_list args;
    va_start(args, format);
    (void)vsnprintf(err.message, sizeof err.message, format, args);
    va_end(args);
    exit(tool_end(t, tool_fail(t, &err)));
}
