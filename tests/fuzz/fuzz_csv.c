/* Any bytes as CSVs and as the texts of their options: pack them in two ways that must not differ
 * (one thread and one window; several threads, windows of a few bytes and another instruction set),
 * then verify what came out. File, report, refused records or the error have to be the same.
 * csv_make.c says how an input chooses the options. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "csv_make.h"
#include "fuzz.h"

enum { PATH = 96 };

typedef struct run {
    char output[PATH], rejects[PATH];
    shmcol_error err;
    shmcol_csv_report *report;
} run;

static char input_paths[CSV_INPUTS][PATH];
static const char *input_list[CSV_INPUTS];

static void fail(const char *what, const char *first, const char *second)
{
    fprintf(stderr, "%s depends on threads, window or instruction set:\n  %s\n  %s\n", what, first,
            second);
    abort();
}

/* Packs the CSVs; the status is the answer. */
static shmcol_status pack(run *r, const char *name, const csv_plan *plan,
                          const shmcol_csv_options *options)
{
    shmcol_csv_options o = *options;
    char rejects[PATH];
    r->err = (shmcol_error)SHMCOL_ERROR_INIT;
    snprintf(r->output, PATH, "%s/%s.shmcol", fuzz_folder(), name);
    snprintf(r->rejects, PATH, "%s/%s.rejects", fuzz_folder(), name);
    snprintf(rejects, PATH, "%s/rejects", fuzz_folder()); /* a message may have the path */
    if (plan->rejects)
        o.rejects = rejects;
    const shmcol_status status =
        shmcol_csv_pack(input_list, plan->n_inputs, r->output, &o, &r->report, &r->err);
    if (status == SHMCOL_OK && plan->rejects && access(rejects, F_OK) == 0)
        rename(rejects, r->rejects);
    return status;
}

static void end(run *r)
{
    shmcol_csv_report_free(r->report);
    unlink(r->output);
    unlink(r->rejects);
}

static shmcol_file *check(const char *path)
{
    shmcol_error err = SHMCOL_ERROR_INIT;
    shmcol_verify_options options = SHMCOL_VERIFY_OPTIONS_INIT;
    options.threads = 1;
    shmcol_file *file = NULL;
    if (shmcol_open(path, NULL, &file, &err) != SHMCOL_OK ||
        shmcol_verify(file, &options, &err) != SHMCOL_OK) {
        fprintf(stderr, "packed, but not valid: %s\n", err.message);
        abort();
    }
    return file;
}

static void compare_files(const char *one, const char *other)
{
    shmcol_file_info a = SHMCOL_FILE_INFO_INIT, b = SHMCOL_FILE_INFO_INIT;
    shmcol_file *first = check(one), *second = check(other);
    if (shmcol_get_info(first, &a, NULL) != SHMCOL_OK ||
        shmcol_get_info(second, &b, NULL) != SHMCOL_OK || a.file_size != b.file_size ||
        memcmp(a.map, b.map, a.file_size) != 0)
        fail("the file", "", "");
    shmcol_close(first);
    shmcol_close(second);
}

/* Compares the refused records, which are a few bytes. */
static void compare_rejects(const char *one, const char *other)
{
    static char a[1 << 17], b[1 << 17];
    const int first = open(one, O_RDONLY | O_CLOEXEC), second = open(other, O_RDONLY | O_CLOEXEC);
    const ssize_t n = first < 0 ? -1 : read(first, a, sizeof a),
                  m = second < 0 ? -1 : read(second, b, sizeof b);
    if (n != m || (n > 0 && memcmp(a, b, (size_t)n) != 0))
        fail("the file of refused records", "", "");
    if (first >= 0)
        close(first);
    if (second >= 0)
        close(second);
}

static void compare_column(const shmcol_csv_column *a, const shmcol_csv_column *b)
{
    if (a->type != b->type || a->unit != b->unit || a->nulls != b->nulls ||
        a->distinct != b->distinct || a->stored_bytes != b->stored_bytes ||
        a->element != b->element || a->forced != b->forced || a->misfits != b->misfits ||
        (a->zone == NULL) != (b->zone == NULL) ||
        (a->zone != NULL && strcmp(a->zone, b->zone) != 0) || strcmp(a->name, b->name) != 0 ||
        strcmp(a->range, b->range) != 0 || strcmp(a->reason, b->reason) != 0)
        fail("a column of the report", a->reason, b->reason);
}

static void compare_reports(const shmcol_csv_report *a, const shmcol_csv_report *b)
{
    if (a->rows != b->rows || a->rejected != b->rejected || a->n_columns != b->n_columns ||
        a->n_warnings != b->n_warnings || a->bytes_in != b->bytes_in ||
        a->bytes_out != b->bytes_out || a->delimiter != b->delimiter ||
        a->delimiter_source != b->delimiter_source || a->replaced != b->replaced ||
        a->short_records != b->short_records || a->extra_fields != b->extra_fields)
        fail("the report", "", "");
    for (uint32_t i = 0; i < a->n_columns; i++)
        compare_column(&a->columns[i], &b->columns[i]);
    for (uint32_t i = 0; i < a->n_warnings; i++)
        if (strcmp(a->warnings[i], b->warnings[i]) != 0)
            fail("a warning", a->warnings[i], b->warnings[i]);
}

static void compare_errors(const shmcol_error *a, const shmcol_error *b)
{
    if (a->status != b->status || a->line != b->line || a->line_column != b->line_column ||
        a->row != b->row || a->column != b->column || a->file_offset != b->file_offset ||
        strcmp(a->message, b->message) != 0 || strcmp(a->hint, b->hint) != 0 ||
        strcmp(a->rule, b->rule) != 0 || strcmp(a->path, b->path) != 0)
        fail("the error", a->message, b->message);
}

static void write_inputs(const csv_plan *plan)
{
    for (uint32_t i = 0; i < plan->n_inputs; i++) {
        snprintf(input_paths[i], PATH, "%s/in%u.csv", fuzz_folder(), i);
        input_list[i] = input_paths[i];
        fuzz_write(input_paths[i], plan->inputs[i], plan->sizes[i]);
    }
}

/* Packs once more with the types of the first file (C-80). */
static void pack_typed(const csv_plan *plan, const char *first)
{
    run typed = {.report = NULL};
    shmcol_csv_options options = plan->options;
    options.types_from = first;
    options.window = plan->window;
    if (pack(&typed, "typed", plan, &options) == SHMCOL_OK)
        shmcol_close(check(typed.output));
    end(&typed);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    csv_plan plan;
    run first = {.report = NULL}, second = {.report = NULL};
    if (!csv_plan_make(&plan, data, size))
        return 0;
    write_inputs(&plan);
    shmcol_csv_options options = plan.options;
    options.threads = 1;
    const shmcol_status status = pack(&first, "one", &plan, &options);
    options.threads = plan.threads;
    options.window = plan.window;
    if (plan.isa != NULL)
        setenv("SHMCOL_ISA", plan.isa, 1);
    pack(&second, "other", &plan, &options);
    unsetenv("SHMCOL_ISA");
    compare_errors(&first.err, &second.err);
    if (status == SHMCOL_OK) {
        compare_files(first.output, second.output);
        compare_reports(first.report, second.report);
        compare_rejects(first.rejects, second.rejects);
        if (plan.types_from)
            pack_typed(&plan, first.output);
        fuzz_keep(data, size);
    }
    fuzz_count(status == SHMCOL_OK);
    end(&first);
    end(&second);
    for (uint32_t i = 0; i < plan.n_inputs; i++)
        unlink(input_paths[i]);
    csv_plan_end(&plan);
    return 0;
}

/* Mutants of texts that could be packed: libFuzzer keeps every text with a new error, whose mutants
 * have the same error. */
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed)
{
    return LLVMFuzzerMutate(data, fuzz_kept(data, size, max_size, seed), max_size);
}
