/* shmcol-check: checks that files are as they were written. */
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "check_table.h"
#include "common.h"
#include "common_json.h"
#include "common_text.h"

enum { LEVEL = TOOL_OWN, THREADS, TEMPORARY_LIMIT };

static const tool_option options[] = {
    {NULL, 0, NULL, "Options"},
    {"level", LEVEL, "LEVEL",
     "structure: header, directory and layout, no value is read;\n"
     "checksums: also that every byte is the one written;\n"
     "full: also every value and the Arrow view (default: full)"},
    {"threads", THREADS, "N", "use N threads (default: as many as the process may use)"},
    {"temporary-limit", TEMPORARY_LIMIT, "SIZE",
     "decompress at most SIZE, as 64M or 2G, of a compressed file\n"
     "into a temporary file (default: 10G)"},
    {"quiet", 'q', NULL, "print problems only"},
    {"progress", TOOL_PROGRESS, NULL, "progress on standard error even if it is no terminal"},
    TOOL_OPTION_JSON,
    TOOL_OPTIONS_HELP,
};

static tool check = {
    .name = "shmcol-check",
    .usage = "[options] FILE|DIRECTORY...",
    .summary = "Checks shmcol files, and tables in directories: prints \"FILE: ok\", or every\n"
               "problem with its place.\n",
    .options = options,
    .epilogue = "Examples:\n"
                "  shmcol-check data.shmcol && ./job data.shmcol\n"
                "  shmcol-check --level structure *.shmcol\n"
                "  shmcol-check ticks/                          a table, all its parts\n",
};

static const char *const level_names[] = {"structure", "checksums", "full"};

typedef struct request {
    shmcol_verify_options verify;
    bool quiet, progress;
} request;

/* One file while it is checked. */
typedef struct findings {
    const char *path;
    json *out;     /* NULL without --json */
    progress *bar; /* erased before a line is printed */
    uint64_t problems;
    shmcol_status first; /* the file's answer (F-62) */
} findings;

static void on_problem(void *arg, const shmcol_error *problem)
{
    findings *f = arg;
    shmcol_error shown = *problem;
    if (shown.path[0] == 0)
        (void)snprintf(shown.path, sizeof shown.path, "%s", f->path);
    if (f->bar != NULL)
        progress_end(f->bar);
    tool_print_error(&check, &shown);
    if (f->out != NULL)
        json_error(f->out, NULL, &shown);
    if (f->problems++ == 0)
        f->first = shown.status;
}

typedef struct verification {
    const shmcol_file *file;
    const shmcol_verify_options *options;
    shmcol_status status;
    shmcol_error err;
} verification;

static void run_verify(void *arg)
{
    verification *v = arg;
    v->status = shmcol_verify(v->file, v->options, &v->err);
}

/* Checks the file. Returns it, to be closed, or NULL if it cannot be opened. */
static shmcol_file *verify(request *r, findings *f)
{
    verification v = {.options = &r->verify, .err = SHMCOL_ERROR_INIT};
    shmcol_file *file = NULL;
    progress bar;
    shmcol_open_options how = SHMCOL_OPEN_OPTIONS_INIT;
    how.flags = SHMCOL_OPEN_STORED; /* a compressed file is checked as it is, then decompressed */
    if (shmcol_open(f->path, &how, &file, &v.err) != SHMCOL_OK) {
        on_problem(f, &v.err);
        return NULL;
    }
    progress_begin(&bar, f->path, r->progress, r->quiet);
    f->bar = &bar;
    v.file = file;
    r->verify.progress = progress_step;
    r->verify.progress_arg = &bar;
    r->verify.problem = on_problem;
    r->verify.problem_arg = f;
    /* Guarded: a file that is cut short while it is checked is an answer, not a crash. */
    shmcol_status status = shmcol_guard(file, run_verify, &v, &v.err);
    if (status == SHMCOL_OK)
        status = v.status;
    progress_end(&bar);
    f->bar = NULL;
    /* A failure of the check itself (memory, input or output) is not a problem of the file, and was
     * not reported as one. */
    if (status != SHMCOL_OK && tool_signal == 0 && f->problems == 0)
        on_problem(f, &v.err);
    return file;
}

/* Returns the file's exit status. */
static int check_file(request *r, const char *path, json *out)
{
    findings f = {path, out, NULL, 0, SHMCOL_OK};
    if (out != NULL) {
        json_object(out, NULL);
        json_text(out, "path", path);
        json_array(out, "problems");
    }
    shmcol_file *file = verify(r, &f);
    if (out != NULL)
        json_close(out);
    if (tool_signal == 0)
        check_orphans(&check, path, file, f.first, r->quiet, out);
    shmcol_close(file);
    if (out != NULL) {
        json_bool(out, "ok", f.problems == 0 && tool_signal == 0);
        json_text(out, "first", f.problems != 0 ? shmcol_status_name(f.first) : NULL);
        json_int(out, "exit_status", shmcol_status_class(f.first));
        json_close(out);
    } else if (tool_signal == 0) {
        char *safe = text_escape(path, strlen(path));
        if (f.problems > 0)
            tool_print("%s: %s\n", safe, shmcol_status_name(f.first));
        else if (!r->quiet)
            tool_print("%s: ok\n", safe);
        free(safe);
        fflush(tool_out);
    }
    return shmcol_status_class(f.first);
}

static void read_options(int argc, char **argv, request *r)
{
    static const shmcol_verify_options fresh = SHMCOL_VERIFY_OPTIONS_INIT;
    *r = (request){fresh, false, false};
    for (int key; (key = tool_next_option(&check, argc, argv)) != -1;) {
        switch (key) {
        case LEVEL: {
            int level = 0;
            while (level < 3 && strcmp(optarg, level_names[level]) != 0)
                level++;
            if (level == 3)
                tool_usage(&check, "--level \"%s\" is not structure, checksums or full", optarg);
            r->verify.level = (shmcol_level)level;
            break;
        }
        case THREADS: r->verify.threads = option_threads(&check, optarg); break;
        case TEMPORARY_LIMIT:
            r->verify.temporary_limit = option_size(&check, "temporary-limit", optarg);
            break;
        case 'q': r->quiet = true; break;
        case TOOL_PROGRESS: r->progress = true; break;
        default: break;
        }
    }
    if (optind == argc)
        tool_usage(&check, "no file is named");
}

int main(int argc, char **argv)
{
    request r;
    json j, *out = NULL;
    int worst = SHMCOL_CLASS_OK;
    tool_begin(&check, argc, argv);
    read_options(argc, argv, &r);
    tool_catch_signals();
    if (check.json) {
        out = &j;
        json_begin(out, tool_out, check.name);
        json_text(out, "level", level_names[r.verify.level]);
        json_array(out, "files");
    }
    for (int i = optind; i < argc && tool_signal == 0; i++) {
        int status = check_file(&r, argv[i], out);
        if (status > worst)
            worst = status;
    }
    if (out != NULL) {
        json_close(out);
        json_int(out, "exit_status", worst);
        json_finish(out);
    }
    return tool_end(&check, worst);
}
