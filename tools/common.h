/* What the four tools share: options, messages, exit statuses, signals, progress. The tools know
 * the library by shmcol.h alone. */
#ifndef TOOLS_COMMON_H
#define TOOLS_COMMON_H

#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <time.h>

#include "shmcol.h"

/* One option. The table is the one place that knows a tool's options: getopt_long's arrays and the
 * text of --help are made from it. name NULL: a heading. key: the short letter, or TOOL_KEY + n
 * where there is none. argument NULL: takes none; "=X": may take one. */
typedef struct tool_option {
    const char *name;
    int key;
    const char *argument;
    const char *help; /* lines after the first are indented as the first */
} tool_option;

enum { TOOL_KEY = 256, TOOL_JSON, TOOL_PROGRESS, TOOL_OWN };

#define TOOL_OPTION_JSON                                                                           \
    {"json", TOOL_JSON, NULL, "print one JSON object on standard output instead of text"}
#define TOOL_OPTIONS_HELP                                                                          \
    {"help", 'h', NULL, "print this text"}, {"version", 'V', NULL, "print the version"},           \
    {                                                                                              \
        NULL, 0, NULL, NULL                                                                        \
    }

typedef struct tool {
    const char *name;
    const char *usage; /* one line a form, without the name */
    const char *summary;
    const tool_option *options; /* ends with an entry of which everything is NULL */
    const char *epilogue;       /* examples and exit statuses */
    bool json;                  /* --json was given */
} tool;

#define TOOL_EXIT_STATUSES                                                                         \
    "Exit status: 0 done, 1 the data is not valid, 2 wrong usage, 3 the system refused (input "    \
    "or\n"                                                                                         \
    "output, memory), 4 not supported by this version.\n"

/* ---- start and end ---- */

/* SIGPIPE and SIGXFSZ off: a closed pipe ends a tool quietly, a file over its limit is an error
 * of write. Descriptors 0 to 2 that are closed are filled, so that no file gets their number.
 * --json is looked for ahead, so that a usage error can obey it. */
void tool_begin(tool *t, int argc, char **argv);
/* The next option's key with optarg set, -1 after the last. Answers --help, --version and wrong
 * options itself and exits. */
int tool_next_option(tool *t, int argc, char **argv);
/* Standard output. All text goes through it, and not through stdout: it keeps the reason of the
 * first failure. */
extern FILE *tool_out;
/* printf to tool_out. */
void tool_print(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* Completes standard output and returns the exit status: `status`, or 3 where standard output could
 * not be written. If a signal asked the tool to end, it is raised again here. */
int tool_end(tool *t, int status);
/* SIGINT, SIGTERM and SIGHUP from now on set tool_signal; a second one ends the process at once. */
void tool_catch_signals(void);
extern volatile sig_atomic_t tool_signal;
/* What a signal could have stopped is done: one that came too late is forgotten, later ones act as
 * usual. */
void tool_done(void);

/* ---- errors ---- */

/* Fills `err` as the library would. */
void tool_error(shmcol_error *err, shmcol_status status, const char *hint, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
/* Says -f where the library's hint speaks of overwriting. */
void tool_hint_force(shmcol_error *err);
/* Prints "tool: place: error: what; hint" to stderr. */
void tool_print_error(const tool *t, const shmcol_error *err);
/* "tool: place: warning: text" to stderr. */
void tool_warn(const tool *t, const char *place, const char *text);
/* tool_print_error, with --json the object that holds the error alone, and the exit status of the
 * error. */
int tool_fail(tool *t, const shmcol_error *err);
/* A usage error: prints it with a hint to --help and exits with 2. */
_Noreturn void tool_usage(tool *t, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Out of memory in the tool itself: exits with 3. */
void *tool_alloc(size_t count, size_t size);
void *tool_realloc(void *p, size_t count, size_t size);
char *tool_copy(const char *text, size_t length); /* NUL-terminated */

/* ---- arguments ---- */

/* A number of bytes: digits and perhaps K, M, G or T (powers of 1024), perhaps followed by B or iB.
 */
bool parse_size(const char *text, uint64_t *out);
bool parse_count(const char *text, uint64_t *out);
/* The same, or a usage error that names the option. */
uint64_t option_size(tool *t, const char *option, const char *text);
uint32_t option_threads(tool *t, const char *text);
/* Names separated by commas; one that holds a comma stands in double quotes. They are appended to
 * *list, which grows. */
void option_names(tool *t, const char *option, const char *text, char ***list, uint32_t *count);

/* ---- progress ---- */

typedef struct progress {
    bool show, terminal, drawn;
    const char *label;
    struct timespec begin, last;
} progress;

/* Shown if stderr is a terminal or `forced`, and never if `quiet` and not forced. */
void progress_begin(progress *p, const char *label, bool forced, bool quiet);
/* A shmcol_progress: draws now and then; non-zero once a signal came. */
int progress_step(void *arg, uint64_t done, uint64_t total);
/* Takes the drawn line away. */
void progress_end(progress *p);

#endif
