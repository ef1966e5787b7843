/* Runs scenarios in one process, each of whose calls fails in turn, and looks after each for what
 * stayed behind: a descriptor, a map, a file, a byte of memory (where LeakSanitizer is built in).
 *
 *     faults_inprocess list
 *     faults_inprocess once SCENARIO INPUTS WORK
 *     faults_inprocess all|ends SCENARIO INPUTS WORK FAULT...
 *     faults_inprocess K SCENARIO INPUTS WORK FAULT
 *
 * FAULT is KIND:ERRNO or KIND:ERRNO+ (from the k-th on); ERRNO 0 stands for half of the bytes.
 * "once" runs it undisturbed, as a tool: the exit status is the class, the error goes to stderr.
 * "all" tries k = 1 and so on until no call fails, "ends" the first and the last, K only that one.
 * Each fault gets a line "ran FAULT RUNS SURVIVED FAILED UNEXPLAINED", and each problem a line
 * "unexplained FAULT K what". */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "inject.h"
#include "scenarios.h"
#include "workdir.h"

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/lsan_interface.h>
#define LEAKS() (__lsan_do_recoverable_leak_check() != 0)
#else
#define LEAKS() false
#endif

enum { WHAT = 1400 };

/* A child runs the scenario, so that a crash or a leak harms no later run. It tells this. */
typedef struct outcome {
    shmcol_status status;
    uint64_t calls, failed;
    bool problem;
    char what[WHAT];
} outcome;

static const scenario *which;
static scenario_place place;
static workdir_snapshot before, after; /* of a run that nothing disturbs */
static outcome *told;

/* How the fault changes what is expected: */
static bool any_mode;     /* a file system that knows no modes */
static bool lock_is_held; /* another process holds a lock and will remove it */

static bool holds(const workdir_snapshot *s, const workdir_entry *e)
{
    return workdir_holds(s, e, any_mode);
}

static bool in_cache(const workdir_entry *e)
{
    return strncmp(e->name, "cache/", 6) == 0;
}

/* The rejects come before the output: where only the output fails they are there, and right. */
static bool comes_first(const workdir_entry *e)
{
    return strcmp(e->name, "out/rejects.csv") == 0;
}

/* ---- other things that a process can leave behind ---- */

static unsigned count_descriptors(void)
{
    unsigned n = 0;
    DIR *d = opendir("/proc/self/fd");
    while (d != NULL && readdir(d) != NULL)
        n++;
    if (d != NULL)
        closedir(d);
    return n;
}

/* Maps of files of ours, of files without a name and of memory files. */
static unsigned count_maps(void)
{
    unsigned n = 0;
    char line[1024];
    FILE *f = fopen("/proc/self/maps", "r");
    while (f != NULL && fgets(line, sizeof line, f) != NULL)
        n += strstr(line, place.work) != NULL || strstr(line, place.inputs) != NULL ||
             strstr(line, "(deleted)") != NULL || strstr(line, "memfd:") != NULL;
    if (f != NULL)
        fclose(f);
    return n;
}

/* ---- judging one run ---- */

static void problem(const char *format, ...) __attribute__((format(printf, 1, 2)));
static void problem(const char *format, ...)
{
    size_t used = strlen(told->what);
    va_list more;
    va_start(more, format);
    (void)snprintf(told->what + used, WHAT - used, "%s", told->problem ? ", " : "");
    used = strlen(told->what);
    (void)vsnprintf(told->what + used, WHAT - used, format, more);
    va_end(more);
    told->problem = true;
}

/* The name is taken, the table is gone (or was not there when a CSV was read without its types),
 * another process holds the rows. */
static bool is_an_answer(shmcol_status status, const injection *injected)
{
    int errnum = injected->errnum;
    return (errnum == EEXIST && status == SHMCOL_ERR_EXISTS) ||
           (errnum == ENOENT && (status == SHMCOL_ERR_GONE || status == SHMCOL_ERR_WRONG_TYPE)) ||
           ((errnum == EACCES || errnum == EAGAIN) && strcmp(injected->kind, "fcntl") == 0 &&
            status == SHMCOL_ERR_TAKEN);
}

static void judge_error(shmcol_status status, const injection *injected, const shmcol_error *err)
{
    if (shmcol_status_class(status) != SHMCOL_CLASS_SYSTEM && !is_an_answer(status, injected))
        problem("status %s", shmcol_status_name(status));
    if (err->status != status)
        problem("the error says %s and the function %s", shmcol_status_name(err->status),
                shmcol_status_name(status));
    if (err->message[0] == 0)
        problem("no message");
    if (status != SHMCOL_ERR_NO_MEMORY && strstr(err->path, place.work) == NULL &&
        strstr(err->path, place.inputs) == NULL)
        problem("the message names no file");
}

static void judge_files(shmcol_status status, const shmcol_error *err)
{
    static workdir_snapshot now;
    bool in_place = strstr(err->message, "in place") != NULL;
    if (status == SHMCOL_ERR_APPENDED_NOT_SYNCED)
        status = SHMCOL_OK; /* all of it is in the table */
    workdir_look(&place, &now);
    for (unsigned i = 0; i < now.n; i++) {
        const workdir_entry *e = &now.all[i];
        bool good = status == SHMCOL_OK ? holds(&after, e) : holds(&before, e);
        bool new = holds(&after, e) && (in_place || in_cache(e) || comes_first(e));
        const char *end = strrchr(e->name, '.');
        if (lock_is_held && end != NULL && strcmp(end, ".lock") == 0)
            continue;
        if (!good && !new)
            problem("%s of %lld bytes, mode %03o", e->name, (long long)e->size,
                    (unsigned)e->mode & 0777);
    }
    if (in_place)
        return;
    const workdir_snapshot *needed = status == SHMCOL_OK ? &after : &before;
    for (unsigned i = 0; i < needed->n; i++)
        if (!holds(&now, &needed->all[i]) && !(which->may_skip_cache && in_cache(&needed->all[i])))
            problem("%s is missing or another", needed->all[i].name);
}

/* In the child. */
static void disturbed(const injection *injected)
{
    shmcol_error err = SHMCOL_ERROR_INIT;
    unsigned descriptors = count_descriptors(), maps = count_maps();
    inject_begin(injected);
    shmcol_status status = which->run(&place, &err);
    inject_end(&told->calls, &told->failed);
    told->status = status;
    if (status != SHMCOL_OK)
        judge_error(status, injected, &err);
    any_mode =
        status == SHMCOL_OK && injected->errnum == EPERM && strcmp(injected->kind, "fchmod") == 0;
    lock_is_held = injected->errnum == EAGAIN && strcmp(injected->kind, "flock") == 0;
    judge_files(status, &err);
    if (count_descriptors() != descriptors)
        problem("%u descriptors, not %u", count_descriptors(), descriptors);
    if (count_maps() != maps)
        problem("%u maps, not %u", count_maps(), maps);
    if (LEAKS())
        problem("a leak");
    if (told->problem && status != SHMCOL_OK)
        problem("after: %s: %s", shmcol_status_name(status), err.message);
}

/* Returns true if a call failed. */
static bool run_once(const injection *injected)
{
    int status;
    workdir_reset(&place, which);
    memset(told, 0, sizeof *told);
    fflush(stdout);
    pid_t child = fork();
    if (child < 0)
        broken("fork");
    if (child == 0) {
        alarm(60);
        disturbed(injected);
        _exit(0);
    }
    if (waitpid(child, &status, 0) != child)
        broken("waitpid");
    if (WIFSIGNALED(status))
        problem("ended by signal %d", WTERMSIG(status));
    else if (WEXITSTATUS(status) != 0)
        problem("ended with %d", WEXITSTATUS(status));
    return told->failed != 0 || !WIFEXITED(status) || WEXITSTATUS(status) != 0;
}

/* ---- all of them ---- */

static void parse_fault(const char *text, injection *injected)
{
    static char kind[40];
    const char *colon = strchr(text, ':');
    if (colon == NULL || colon - text >= (long)sizeof kind)
        broken(text);
    (void)snprintf(kind, sizeof kind, "%.*s", (int)(colon - text), text);
    *injected = (injection){
        .kind = kind, .errnum = atoi(colon + 1), .from_then_on = text[strlen(text) - 1] == '+'};
    if (!inject_known(kind))
        broken(kind);
}

static void try_fault(const char *text, const char *mode)
{
    injection injected;
    uint64_t last = UINT64_MAX, step = 1, runs = 0, survived = 0, unexplained = 0;
    parse_fault(text, &injected);
    injected.first =
        strcmp(mode, "all") == 0 || strcmp(mode, "ends") == 0 ? 1 : strtoull(mode, NULL, 10);
    if (strcmp(mode, "ends") == 0) {
        injected.first = 0;
        (void)run_once(&injected);
        injected.first = 1;
        last = told->calls;
        step = last > 1 ? last - 1 : 1;
    } else if (strcmp(mode, "all") != 0) {
        last = injected.first;
    }
    for (; injected.first <= last && run_once(&injected); injected.first += step) {
        runs++;
        survived += told->status == SHMCOL_OK && !told->problem;
        unexplained += told->problem;
        if (told->problem)
            printf("unexplained %s %llu %s\n", text, (unsigned long long)injected.first,
                   told->what);
    }
    printf("ran %s %llu %llu %llu %llu\n", text, (unsigned long long)runs,
           (unsigned long long)survived, (unsigned long long)(runs - survived - unexplained),
           (unsigned long long)unexplained);
}

static int as_a_tool(void)
{
    char text[1600];
    shmcol_error err = SHMCOL_ERROR_INIT;
    place.sync = true;
    shmcol_status status = which->run(&place, &err);
    if (status != SHMCOL_OK) {
        (void)shmcol_error_format(&err, text, sizeof text);
        fprintf(stderr, "faults_inprocess: %s\n", text);
    }
    return shmcol_status_class(status);
}

/* A run that nothing disturbs, whose files the others are held against. */
static void prepare(void)
{
    const injection nothing = {.kind = "memory"};
    told = mmap(NULL, sizeof *told, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (told == MAP_FAILED)
        broken("mmap");
    workdir_reset(&place, which);
    workdir_look(&place, &before);
    (void)run_once(&nothing);
    if (told->status != SHMCOL_OK) {
        errno = 0;
        broken(told->what);
    }
    workdir_look(&place, &after);
}

int main(int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], "list") == 0) {
        for (unsigned i = 0; i < n_scenarios; i++)
            puts(scenarios[i].name);
        return 0;
    }
    which = argc >= 5 ? scenario_find(argv[2]) : NULL;
    if (which == NULL) {
        fputs("usage: faults_inprocess list|once|all|ends|K SCENARIO INPUTS WORK [FAULT...]\n",
              stderr);
        return 125;
    }
    place = (scenario_place){.inputs = argv[3], .work = argv[4], .replace = which->replace};
    if (strcmp(argv[1], "once") == 0)
        return as_a_tool();
    prepare();
    for (int i = 5; i < argc; i++)
        try_fault(argv[i], argv[1]);
    return 0;
}
