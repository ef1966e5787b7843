/* Common parts of the four tools: options, messages, exit statuses, signals, progress. The tools
 * know the library by shmcol.h alone. */
#ifndef TOOLS_COMMON_H
#define TOOLS_COMMON_H

#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <time.h>

#include "common_memory.h"
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

/* Begins a tool. Ignores SIGPIPE and SIGXFSZ: a closed pipe ends a tool quietly, and a file over
 * its limit is an error of write. Fills descriptors 0 to 2 that are closed, so that no file gets
 * their number. Looks ahead for --json, so that a usage error can obey it. */
void tool_begin(tool *t, int argc, char **argv);
/* Returns the key of the next option, with optarg set, or -1 after the last one. Answers --help,
 * --version and wrong options itself and exits. */
int tool_next_option(tool *t, int argc, char **argv);
/* Standard output. All text goes through it and not through stdout, because it keeps the reason of
 * the first failure. */
extern FILE *tool_out;
/* Prints to tool_out, as printf does. */
void tool_print(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* Completes standard output and returns the exit status: `status`, or 3 where standard output could
 * not be written. If a signal asked the tool to end, it is raised again here. */
int tool_end(tool *t, int status);
/* Makes SIGINT, SIGTERM and SIGHUP set tool_signal from now on. A second one ends the process. */
void tool_catch_signals(void);
extern volatile sig_atomic_t tool_signal;
/* Ends the part that a signal may stop: a signal that came too late is forgotten, later ones act as
 * usual. */
void tool_done(void);

/* ---- errors ---- */

/* Fills `err` as the library would. */
void tool_error(shmcol_error *err, shmcol_status status, const char *hint, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
/* Replaces the library's hint about overwriting by one that names -f. */
void tool_hint_force(shmcol_error *err);
/* Prints "tool: place: error: what; hint" to stderr. */
void tool_print_error(const tool *t, const shmcol_error *err);
/* Prints "tool: place: warning: text" to stderr. */
void tool_warn(const tool *t, const char *place, const char *text);
/* Prints the error to stderr, and with --json also an object that holds only the error. Returns the
 * error's exit status. */
int tool_fail(tool *t, const shmcol_error *err);
/* Prints a usage error with a hint to --help and exits with 2. */
_Noreturn void tool_usage(tool *t, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* ---- arguments ---- */

/* Reads a number of decimal digits. Returns false for any other text, and for more than 64 bits. */
bool option_count(const char *text, uint64_t *out);
/* Reads a number of bytes, not 0: digits and perhaps K, M, G or T (powers of 1024), perhaps
 * followed by B or iB. Any other text is a usage error that names the option. */
uint64_t option_size(tool *t, const char *option, const char *text);
/* Reads a number of threads, 0 to 1024, or makes a usage error. */
uint32_t option_threads(tool *t, const char *text);
/* Reads names separated by commas and appends them to *list, which grows. A name that holds a comma
 * stands in double quotes. */
void option_names(tool *t, const char *option, const char *text, char ***list, uint32_t *count);

/* ---- progress ---- */

typedef struct progress {
    bool show, terminal, drawn;
    const char *label;
    struct timespec begin, last;
} progress;

/* Begins a progress line. It is shown if `forced`, or if stderr is a terminal and not `quiet`. */
void progress_begin(progress *p, const char *label, bool forced, bool quiet);
/* Draws the line now and then. It is a shmcol_progress: returns non-zero once a signal came. */
int progress_step(void *arg, uint64_t done, uint64_t total);
/* Erases the line. */
void progress_end(progress *p);

#endif
