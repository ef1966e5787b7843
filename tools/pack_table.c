/* Rows of shmcol files, and appends to tables in directories. */
#include "pack_table.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "common_parts.h"
#include "pack_rows.h"

static double seconds_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

/* ---- the wait for another append ---- */

#define NOTICE_AFTER 0.5 /* seconds */

/* The progress of an append: it has 0 of 0 while another process holds the table. */
typedef struct waiting {
    const pack_request *request;
    double since; /* 0: it does not wait */
    bool told;
} waiting;

/* Returns true if another process holds the directory. */
static bool is_held(const char *directory)
{
    int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    const bool held = fd >= 0 && flock(fd, LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK;
    if (fd >= 0)
        (void)close(fd);
    return held;
}

static int watch(void *arg, uint64_t done, uint64_t total)
{
    waiting *w = arg;
    const pack_request *r = w->request;
    const double now = done == 0 && total == 0 ? seconds_now() : 0;
    if (now == 0 || w->since == 0) {
        w->since = now;
    } else if (!w->told && now - w->since >= NOTICE_AFTER && is_held(r->append)) {
        w->told = true;
        if (!r->quiet)
            fprintf(stderr, "%s: waiting for another append to \"%s\"\n", "shmcol-pack", r->append);
    }
    return r->csv.progress(r->csv.progress_arg, done, total);
}

/* Makes the options of an append to `directory`. */
static shmcol_append_options append_options(const pack_request *r, waiting *w,
                                            pack_outcome *outcome)
{
    shmcol_append_options o = r->table;
    outcome->table = (shmcol_append_report)SHMCOL_APPEND_REPORT_INIT;
    *w = (waiting){.request = r};
    o.no_sync = r->csv.no_sync;
    o.memory = r->csv.memory;
    o.threads = r->csv.threads;
    o.metadata = r->csv.metadata;
    o.metadata_count = r->csv.metadata_count;
    o.dictionary = r->csv.dictionary;
    o.n_dictionary = r->csv.n_dictionary;
    o.progress = r->append != NULL ? watch : r->csv.progress;
    o.progress_arg = r->append != NULL ? (void *)w : r->csv.progress_arg;
    o.report = &outcome->table;
    return o;
}

/* ---- the output ---- */

/* Refuses an output that is one of the inputs, or lies in the directory of one. */
static shmcol_status check_output(const pack_request *r, shmcol_error *err)
{
    const char *name = r->append != NULL ? r->append : r->output;
    for (uint32_t i = 0; i < r->n_inputs && name != NULL; i++) {
        if (!tool_is_in(name, r->inputs[i]))
            continue;
        tool_error(err, SHMCOL_ERR_SAME_FILE, NULL, "the output is an input, or lies in it");
        (void)snprintf(err->path, sizeof err->path, "%s", name);
        return err->status;
    }
    return SHMCOL_OK;
}

/* Refuses a new table where there is one. */
static shmcol_status check_new_table(const char *directory, shmcol_error *err)
{
    shmcol_file *table = NULL;
    shmcol_error why = SHMCOL_ERROR_INIT;
    shmcol_status status = shmcol_open(directory, NULL, &table, &why);
    shmcol_close(table);
    if (status == SHMCOL_ERR_NO_TABLE || why.sys_errno == ENOENT)
        return SHMCOL_OK;
    if (shmcol_status_class(status) == SHMCOL_CLASS_SYSTEM) {
        *err = why;
        return status;
    }
    tool_error(err, SHMCOL_ERR_EXISTS, "--append adds rows to a table",
               "there is a table in this directory already");
    (void)snprintf(err->path, sizeof err->path, "%s", directory);
    return err->status;
}

/* ---- rows of shmcol files ---- */

/* Begins the output: an append, or a file. */
static shmcol_status create(const pack_rows *rows, const shmcol_append_options *table,
                            shmcol_writer **writer, shmcol_error *err)
{
    const pack_request *r = rows->request;
    shmcol_field *fields = tool_alloc(rows->n, sizeof *fields);
    shmcol_status status;
    for (uint32_t i = 0; i < rows->n; i++)
        fields[i] = rows->flows[i].field;
    if (r->to_table) {
        shmcol_append_options o = *table;
        o.metadata = rows->metadata;
        o.metadata_count = rows->n_metadata;
        status = shmcol_append_create(r->append != NULL ? r->append : r->output, fields, rows->n,
                                      &o, writer, err);
    } else {
        shmcol_writer_options o = SHMCOL_WRITER_OPTIONS_INIT;
        o.overwrite = r->csv.overwrite;
        o.no_sync = r->csv.no_sync;
        o.memory = r->csv.memory;
        o.threads = r->csv.threads;
        o.metadata = rows->metadata;
        o.metadata_count = rows->n_metadata;
        o.zstd_level = r->csv.zstd_level;
        o.expected_rows = rows->inputs.rows;
        o.progress = r->csv.progress;
        o.progress_arg = r->csv.progress_arg;
        status = shmcol_writer_create(r->output, fields, rows->n, &o, writer, err);
    }
    free(fields);
    return status;
}

static shmcol_status move_rows(pack_request *r, const shmcol_append_options *table,
                               pack_outcome *outcome, shmcol_error *err)
{
    pack_rows rows = {0};
    shmcol_writer *writer = NULL;
    shmcol_status status = pack_rows_begin(&rows, r, err);
    outcome->rows = rows.inputs.rows;
    outcome->parts = rows.inputs.parts;
    outcome->bytes_in = rows.inputs.size;
    if (status == SHMCOL_OK && !r->csv.dry_run)
        status = create(&rows, table, &writer, err);
    if (status == SHMCOL_OK)
        status = pack_rows_move(&rows, writer, err);
    if (status == SHMCOL_OK && writer != NULL) {
        status = shmcol_writer_commit(writer, err);
        writer = NULL;
    }
    shmcol_writer_abort(writer);
    pack_rows_end(&rows);
    return status;
}

/* Appends one input as it is: its rows go from map to part. */
static shmcol_status move_whole(const pack_request *r, const shmcol_append_options *table,
                                pack_outcome *outcome, shmcol_error *err)
{
    pack_inputs inputs = {0};
    shmcol_status status = pack_inputs_open(&inputs, r->inputs, 1, err);
    outcome->rows = inputs.rows;
    outcome->parts = inputs.parts;
    outcome->bytes_in = inputs.size;
    if (status == SHMCOL_OK)
        status = shmcol_append_file(r->append != NULL ? r->append : r->output, inputs.all[0].file,
                                    table, err);
    pack_inputs_end(&inputs);
    return status;
}

shmcol_status pack_rows_run(pack_request *r, pack_outcome *outcome, shmcol_error *err)
{
    const shmcol_csv_options *csv = &r->csv;
    const double begin = seconds_now();
    waiting wait;
    const shmcol_append_options table = append_options(r, &wait, outcome);
    const bool whole = r->to_table && !csv->dry_run && r->n_inputs == 1 && csv->types == NULL &&
                       csv->n_columns == 0 && csv->n_dictionary == 0;
    (void)shmcol_fault_report(NULL); /* an input that is cut short while it is read is named */
    shmcol_status status = check_output(r, err);
    if (status == SHMCOL_OK && r->to_table && r->append == NULL)
        status = check_new_table(r->output, err);
    if (status == SHMCOL_OK)
        status = whole ? move_whole(r, &table, outcome, err) : move_rows(r, &table, outcome, err);
    outcome->seconds = seconds_now() - begin;
    return status;
}

/* ---- appends of CSV files ---- */

static bool is_table(const char *directory)
{
    shmcol_file *table = NULL;
    const bool is = shmcol_open(directory, NULL, &table, NULL) == SHMCOL_OK;
    shmcol_close(table);
    return is;
}

shmcol_status pack_append_run(pack_request *r, pack_outcome *outcome, shmcol_csv_report **report,
                              shmcol_error *err)
{
    waiting wait;
    const shmcol_append_options table = append_options(r, &wait, outcome);
    if (!r->csv.dry_run)
        return shmcol_csv_append(r->inputs, r->n_inputs, r->append, &r->csv, &table, report, err);
    if (is_table(r->append))
        r->csv.types_from = r->append;
    return shmcol_csv_pack(r->inputs, r->n_inputs, NULL, &r->csv, report, err);
}
