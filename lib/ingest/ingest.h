/* CSV to a table: the parts of a pack, and its stages. The data goes one way:
 *   text/    inputs to records         schema/  names and types of the columns
 *   rows/    records to values         pack.c   the plan: open text, read schema, count, sample,
 *                                               passes, finish, report
 *   passes.c reads a column whose guess was wrong again, alone; the guess never shows in the file.
 * control.h and output.h know none of these; text/ knows them, schema/ knows text/, rows/ knows
 * both. */
#ifndef SHMCOL_INGEST_H
#define SHMCOL_INGEST_H

#include "ingest/control.h"
#include "ingest/output.h"
#include "ingest/rows/rows.h"
#include "ingest/schema/schema.h"
#include "ingest/text/text.h"

typedef struct ing_job {
    ing_limits limits; /* const after the count */
    ing_control control;
    ing_text text;
    ing_schema schema;
    ing_output output;
    uint32_t most_words; /* of a dictionary that C-60 wants (pack.h) */
    uint64_t left_out;   /* valid records that skip_rows left out (C-93) */
    double started;
    shmcol_error first_refused; /* of the first record that was refused */
} ing_job;

/* Checks the options and converts them to limits, control, text and output of a job of zeros
 * (options.c). Returns INVALID_ARGUMENT, with a hint, for options that are wrong whatever the input
 * is; NO_MEMORY. */
shmcol_status ing_take_options(ing_job *job, const shmcol_csv_options *options, const char *output,
                               shmcol_error *err);
/* Sets the limits from the options (limits.c). */
void ing_limits_begin(ing_limits *limits, const shmcol_csv_options *options);
/* Limits the threads to as many as have room for their buffers: each worker has one a column. */
void ing_limit_buffers(ing_limits *limits, uint32_t n_columns);
/* Chooses the size of an extent, before the count and after it. An extent holds several records,
 * because columns are converted one after the other inside it, and stays within the worker's share
 * of the memory. A window that the caller gave is taken as it is. */
void ing_choose_extent(ing_limits *limits, const ing_text *text);

/* Finds dialect, names, where each input's records begin; makes the columns (header.c). */
shmcol_status ing_read_header(ing_job *job, const shmcol_csv_options *options, shmcol_error *err);
/* Marks the inputs that have no record, where there is no header (C-98; left_out.c). */
void ing_leave_out(ing_text *text, uint32_t n_fields, uint64_t limit);
/* Warns of the inputs that are left out, of all at once. Returns NO_MEMORY. */
shmcol_status ing_warn_left_out(const ing_text_source *source, ing_control *control,
                                shmcol_error *err);

/* Reads all columns, then again those whose guess was wrong, until every one is right (passes.c).
 */
shmcol_status ing_run_passes(ing_job *job, shmcol_error *err);

/* Gives the sink a guess of the table, so that regions get their final offsets (finish.c). */
shmcol_status ing_guess_offsets(ing_job *job, shmcol_error *err);
/* Completes the file without publishing it (finish.c). On failure the sink is gone. */
shmcol_status ing_complete(ing_job *job, sink_result *result, shmcol_error *err);

/* Finds the first error of the input, exactly (C-16); OK if there is none (diagnose.c). */
shmcol_status ing_diagnose(ing_job *job, shmcol_error *err);
/* Leaves the records out that the options do not want, at the beginning and the end (C-93;
 * range.c). Returns the errors of the records that it reads; IO, CHANGED, CANCELLED, NO_MEMORY. */
shmcol_status ing_choose_rows(ing_job *job, const shmcol_csv_options *options, shmcol_error *err);
/* Counts a refused record, and keeps it if there is a file for these (skip.c). verbatim: a walk
 * along its input, or all zeros if that has no original. why: its error, or NULL if
 * job->first_refused has it already. Returns IO, CHANGED. */
shmcol_status ing_refuse(ing_job *job, ing_verbatim *verbatim, const ing_record *record,
                         const shmcol_error *why, shmcol_error *err);
/* Fails with the error of the first refused record, for a text of which no record is left (C-17;
 * skip.c). */
shmcol_status ing_all_refused(ing_job *job, shmcol_error *err);
/* Replaces every input by an unlinked copy without the refused records (C-17; skip.c). Returns the
 * error of the first one if no record is left. */
shmcol_status ing_skip_refused(ing_job *job, shmcol_error *err);

/* Adds warnings that say what other options would make of the input (hints.c). Returns false if
 * there is no memory. */
bool ing_add_hints(ing_job *job);
/* Makes the report, except for the seconds (report.c). Free it with shmcol_csv_report_free. Returns
 * NO_MEMORY. */
shmcol_status ing_report(ing_job *job, const sink_result *result, shmcol_csv_report **report,
                         shmcol_error *err);

#endif
