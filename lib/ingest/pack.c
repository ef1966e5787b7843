/* shmcol_csv_pack: the stages in their order, and again what has to be done again. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "format/types.h"
#include "ingest/header.h"
#include "ingest/ingest.h"
#include "secret.h"
#include "structs.h"

#define MEMORY_DEFAULT (UINT64_C(256) << 20)
#define RECORD_MOST (UINT64_C(1) << 31) /* positions in a record have 32 bits */
#define THREADS_MOST 256u
#define PIECES_SHARE 16u /* all pieces together take this part of the memory */
#define PIECE_LEAST (128u << 10)
#define PIECE_MOST (256u << 20)
#define PIECE_FEW 4096u
#define PIECE_SMALLEST 16u
#define LANE_MEMORY 760u /* a lane, the least it takes of values, validity and text, its bounds */

/* ---- the job ---- */

static shmcol_status choose_isa(ing_job *job, shmcol_error *err)
{
    const char *forced = sys_getenv("SHMCOL_ISA");
    job->text.isa = csv_isa_choose(forced, sys_hidden);
    if (job->text.isa != NULL) {
        job->batch = parse_batch_of(job->text.isa->name);
        return SHMCOL_OK;
    }
    shm_fail(err, SHMCOL_ERR_INVALID_ARGUMENT, "",
             "SHMCOL_ISA=%.50s is not to be had on this machine", forced);
    shm_error_hint(
        err, "scalar is everywhere, neon on aarch64; avx2 and avx512 on an x86-64 that has them");
    return SHMCOL_ERR_INVALID_ARGUMENT;
}

static void limit_threads(ing_job *job, uint64_t most)
{
    if (job->limits.threads > most)
        job->limits.threads = most ? (uint32_t)most : 1;
}

static shmcol_status begin_job(ing_job *job, const char *output, const shmcol_csv_options *options,
                               shmcol_error *err)
{
    shmcol_csv_options defaults = SHMCOL_CSV_OPTIONS_INIT;
    job->options = defaults;
    if (options != NULL)
        SHM_CHECK_SIZE(options, SHM_CSV_OPTIONS_SIZE_1_0, err);
    SHM_TAKE(job->options, options);
    shmcol_status status = ing_check_options(&job->options, output, err);
    if (status == SHMCOL_OK)
        status = choose_isa(job, err);
    if (status)
        return status;
    job->output.path = output;
    job->started = sys_seconds();
    job->output.metadata = job->options.metadata;
    job->output.metadata_count = job->options.metadata_count;
    job->output.rejects_path = job->options.rejects;
    job->text.encoding = job->options.encoding;
    job->text.skip_lines = job->options.skip_lines;
    job->text.no_header = job->options.no_header != 0;
    job->text.sniffed = job->options.delimiter == 0;
    job->text.decimal_comma = job->options.decimal_comma != 0;
    job->text.dialect = (csv_dialect){(uint8_t)job->options.delimiter,
                                      job->options.quote ? (uint8_t)job->options.quote : '"',
                                      !job->options.no_quote,
                                      (uint8_t)job->options.comment,
                                      true,
                                      job->options.trim != 0};
    job->limits.window = job->options.window;
    job->limits.memory = job->options.memory ? job->options.memory : MEMORY_DEFAULT;
    job->limits.threads = job->options.threads ? job->options.threads : sys_cpu_count();
    /* With so many that the pieces get small, each waits for its turn more often than it works. */
    limit_threads(job, job->limits.memory / PIECES_SHARE / PIECE_LEAST);
    limit_threads(job, THREADS_MOST);
    job->limits.record =
        job->limits.memory / 2 < RECORD_MOST ? job->limits.memory / 2 : RECORD_MOST;
    job->limits.dictionaries = job->limits.memory / 4 > ING_DISTINCT_AUTO_MEMORY
                                   ? job->limits.memory / 4
                                   : ING_DISTINCT_AUTO_MEMORY;
    return ing_control_begin(&job->control, job->options.progress, job->options.progress_arg, err);
}

void ing_job_free(ing_job *job)
{
    sink_abort(job->output.sink);
    sys_output_abort(job->output.rejects);
    ing_close_sources(job);
    ing_free_columns(job);
    for (uint32_t i = 0; job->schema.header != NULL && i < job->text.n_fields; i++)
        free(job->schema.header[i]);
    free(job->schema.header);
    free(job->text.chunks);
    free(job->text.starts);
    ing_control_end(&job->control);
}

/* ---- passes ---- */

/* As many threads as have room for their lanes: each worker has one a column. */
static void choose_threads(ing_job *job)
{
    limit_threads(job, job->limits.memory / 4 / ((uint64_t)job->schema.n_columns * LANE_MEMORY));
    job->limits.strings = job->limits.memory / 4 / job->limits.threads;
}

/* The size of a piece: several records (columns are converted one after the other inside it),
 * within the workers' share. A window that was asked for is taken as it is. */
static void choose_piece(ing_job *job)
{
    uint64_t average = job->text.rows ? job->text.source.length / job->text.rows : 0,
             piece = PIECE_LEAST, most = job->limits.memory / PIECES_SHARE / job->limits.threads;
    if (most > PIECE_MOST)
        most = PIECE_MOST;
    while (piece < 32 * average && piece * 2 <= most)
        piece *= 2;
    while (piece > most && piece > PIECE_FEW)
        piece /= 2;
    if (job->limits.window != 0)
        piece = job->limits.window < PIECE_SMALLEST ? PIECE_SMALLEST
                : job->limits.window < most         ? job->limits.window
                                                    : most;
    job->limits.piece = (size_t)piece;
}

/* A dictionary is in question, but it would be a surprise. */
static bool needs_tally_only(const ing_job *job, const ing_column *c)
{
    return c->target.kind == ING_STRING && c->asked.dictionary_mode == SHMCOL_DICTIONARY_AUTO &&
           !c->target.tallied && c->sample.distinct != 0 &&
           job->text.rows > FMT_DICTIONARY_VALUES_MAX;
}

static shmcol_status open_sets(ing_job *job, shmcol_error *err)
{
    const uint64_t secret = shm_secret();
    for (uint32_t i = 0; i < job->schema.n_columns; i++) {
        ing_column *c = &job->schema.columns[i];
        bool always = c->asked.dictionary_mode == SHMCOL_DICTIONARY_ALWAYS;
        if (!c->target.active || c->target.type.type != FMT_STRING ||
            c->asked.dictionary_mode == SHMCOL_DICTIONARY_NEVER)
            continue;
        if (needs_tally_only(job, c)) {
            if ((c->target.tally = ing_tally_new(job->text.rows, job->limits.threads)) == NULL)
                return shm_fail_memory(err);
            continue;
        }
        c->target.set = ing_distinct_new(always ? INT32_MAX : FMT_DICTIONARY_VALUES_MAX,
                                         always ? UINT64_MAX : FMT_DICTIONARY_BYTES_MAX,
                                         &job->schema.set_memory, job->limits.dictionaries, secret);
        if (c->target.set == NULL)
            return shm_fail_memory(err);
    }
    return SHMCOL_OK;
}

static void drop_streams(ing_job *job, ing_column *c)
{
    sink_region *streams[] = {&c->result.values, &c->result.validity, &c->result.bytes,
                              &c->result.codes};
    for (size_t i = 0; i < 4; i++)
        if (*streams[i] != SINK_NONE) {
            if (job->output.sink != NULL)
                sink_drop(job->output.sink, *streams[i]);
            *streams[i] = SINK_NONE;
        }
    c->result.codes_width = 0;
}

/* Whether the column has to be read again, as what: its final type (C-50), or the other form of a
 * string column (C-60). */
static bool judge_type(ing_job *job, ing_column *c)
{
    ing_type type = ing_resolve(&c->result.facts);
    if (c->asked.forced)
        return false;
    if (ing_same_type(&type, &c->target.type)) {
        c->target.type = type; /* the zone may have become UTC */
        return false;
    }
    c->target.type = type;
    ing_choose_kind(job, c);
    return true;
}

/* What the tally counts is too little at worst: a dictionary that would not pay by it does not pay.
 * One that would: the column is read again as such. */
static bool judge_tally(ing_job *job, ing_column *c)
{
    const ing_tally *t = c->target.tally;
    if (ing_tally_full(t) || !fmt_dictionary_pays(job->text.rows, atomic_load(&t->count),
                                                  atomic_load(&t->bytes), c->result.text_bytes))
        return false;
    c->target.tallied = true;
    c->target.kind = ING_DICTIONARY;
    c->target.width = 2;
    return true;
}

/* *starved: the set got no memory, so that nothing can be said of it. */
static bool judge_dictionary(ing_job *job, ing_column *c, bool *starved)
{
    if (c->target.tally != NULL)
        return judge_tally(job, c);
    *starved = c->target.set != NULL && ing_distinct_starved(c->target.set);
    if (c->target.set == NULL || *starved || c->asked.dictionary_mode != SHMCOL_DICTIONARY_AUTO)
        return *starved;
    bool pays = !ing_distinct_full(c->target.set) &&
                fmt_dictionary_pays(job->text.rows, ing_distinct_count(c->target.set),
                                    ing_distinct_bytes(c->target.set), c->result.text_bytes);
    if (pays == (c->target.kind == ING_DICTIONARY))
        return false;
    c->target.kind = pays ? ING_DICTIONARY : ING_STRING;
    c->target.width = pays ? 2 : 8;
    return true;
}

/* After a pass: which of the columns it read are done. Returns how many of them lacked memory for
 * their dictionaries. */
static uint32_t judge(ing_job *job)
{
    uint32_t hungry = 0;
    for (uint32_t i = 0; i < job->schema.n_columns; i++) {
        ing_column *c = &job->schema.columns[i];
        bool starved = false;
        if (!c->target.active)
            continue;
        c->target.placed = true;
        c->target.pending = judge_type(job, c) || judge_dictionary(job, c, &starved);
        hungry += starved;
        if (c->target.pending)
            drop_streams(job, c);
        c->result.distinct = c->target.kind == ING_DICTIONARY && c->target.set != NULL
                                 ? ing_distinct_count(c->target.set)
                                 : 0;
        c->result.distinct_bytes = c->result.distinct ? ing_distinct_bytes(c->target.set) : 0;
        free(c->target.tally);
        c->target.tally = NULL;
        if (c->target.pending || c->target.kind != ING_DICTIONARY) {
            ing_distinct_free(c->target.set);
            c->target.set = NULL;
        }
    }
    return hungry;
}

static shmcol_status too_many_values(ing_job *job, shmcol_error *err)
{
    uint32_t i = 0;
    while (!job->schema.columns[i].target.active)
        i++;
    shm_fail(err, SHMCOL_ERR_MEMORY_BOUND, "C-60",
             "the dictionary of column \"%.200s\" does not fit the memory bound",
             job->schema.columns[i].asked.name);
    shm_error_hint(err, "raise --memory, or let the dictionary be automatic");
    shm_error_column(err, i);
    return SHMCOL_ERR_MEMORY_BOUND;
}

/* What the column's set will take, as far as the sample tells. */
static uint64_t guess_set(const ing_job *job, const ing_column *c)
{
    if (c->target.type.type != FMT_STRING || c->asked.dictionary_mode == SHMCOL_DICTIONARY_NEVER ||
        c->sample.distinct == 0)
        return 0;
    if (needs_tally_only(job, c))
        return ING_TALLY_MEMORY;
    bool always = c->asked.dictionary_mode == SHMCOL_DICTIONARY_ALWAYS,
         many = c->sample.distinct * 2 > c->sample.values;
    uint64_t values = many ? job->text.rows : c->sample.distinct * 2;
    if (!always && values > FMT_DICTIONARY_VALUES_MAX)
        values = FMT_DICTIONARY_VALUES_MAX;
    uint64_t bytes = c->sample.bytes / c->sample.distinct * values;
    return values * ING_DISTINCT_KEY_MEMORY +
           (always || bytes < FMT_DICTIONARY_BYTES_MAX ? bytes : FMT_DICTIONARY_BYTES_MAX);
}

/* Makes the first pending columns active: as many as have room for their sets, but one at least and
 * `most` at most. Returns how many that are. */
static uint32_t activate(ing_job *job, uint32_t most)
{
    uint32_t n = 0;
    uint64_t room =
        job->limits.dictionaries -
        job->limits.dictionaries / 8; /* sets may take that much more than they need (distinct.c) */
    for (uint32_t i = 0; i < job->schema.n_columns; i++) {
        ing_column *c = &job->schema.columns[i];
        uint64_t need = c->target.pending ? guess_set(job, c) : 0;
        c->target.active = c->target.pending && n < most && (need <= room || n == 0);
        if (!c->target.active)
            continue;
        room -= need < room ? need : room;
        n++;
    }
    return n;
}

/* Reads all columns, then again those whose guess was wrong, until every one is right. Where
 * dictionaries in the making lack memory, fewer columns are read at a time. */
static shmcol_status run_passes(ing_job *job, shmcol_error *err)
{
    uint32_t most = UINT32_MAX, active;
    for (uint32_t i = 0; i < job->schema.n_columns; i++)
        job->schema.columns[i].target.pending = true;
    while ((active = activate(job, most)) != 0) {
        shmcol_status status = open_sets(job, err);
        if (status == SHMCOL_OK)
            status = ing_pass(job, err);
        if (status != SHMCOL_OK || job->control.needs_diagnosis)
            return status;
        uint32_t starved = judge(job);
        if (starved != 0 && active == 1)
            return too_many_values(job, err);
        if (starved != 0)
            most = starved > 1 ? starved / 2 : 1;
        status = ing_settle_dictionaries(job, err);
        if (status)
            return status;
    }
    return SHMCOL_OK;
}

/* From text to streams. job->control.needs_diagnosis: the text has an error, or was changed. */
static shmcol_status convert(ing_job *job, shmcol_error *err)
{
    ing_progress_expect(&job->control, job->text.source.length);
    choose_threads(job);
    choose_piece(job);
    shmcol_status status = ing_count(job, err);
    ing_progress_set(&job->control, job->text.source.length / 4);
    if (status == SHMCOL_OK && !job->control.needs_diagnosis) {
        choose_piece(job);
        status = ing_cut_blocks(job, err);
    }
    if (status == SHMCOL_OK && !job->control.needs_diagnosis)
        status = ing_sample(job, err);
    if (status == SHMCOL_OK && !job->control.needs_diagnosis && job->output.sink != NULL)
        status = ing_place(job, err);
    if (status == SHMCOL_OK && !job->control.needs_diagnosis)
        status = run_passes(job, err);
    return status;
}

static shmcol_status make_sink(ing_job *job, shmcol_error *err)
{
    sink_options options = {.overwrite = job->options.overwrite != 0,
                            .no_sync = job->options.no_sync != 0,
                            .threads = job->limits.threads,
                            .memory = job->limits.memory / 8,
                            .zstd_level = job->options.zstd_level};
    return job->options.dry_run
               ? SHMCOL_OK
               : sink_create(job->output.path, -1, &options, &job->output.sink, err);
}

/* Makes the job as it was before convert, over the text that is left. */
static shmcol_status start_over(ing_job *job, shmcol_error *err)
{
    free(job->text.chunks);
    free(job->text.starts);
    job->text.chunks = NULL;
    job->text.starts = NULL;
    job->text.n_chunks = 0;
    ing_control_again(&job->control);
    ing_reset_columns(job);
    return job->output.sink != NULL ? sink_renew(&job->output.sink, err) : SHMCOL_OK;
}

/* The passes found the text suspect: the error, or with C-17 another round without the records that
 * have one. */
static shmcol_status handle_suspect(ing_job *job, shmcol_error *err)
{
    shmcol_status status;
    if (job->options.on_error == SHMCOL_ON_ERROR_SKIP) {
        status = ing_clean(job, err);
        if (status == SHMCOL_OK)
            status = start_over(job, err);
        if (status == SHMCOL_OK)
            status = convert(job, err);
        if (status != SHMCOL_OK || !job->control.needs_diagnosis)
            return status;
    }
    status = ing_diagnose(job, err);
    if (status != SHMCOL_OK)
        return status;
    shm_fail(err, SHMCOL_ERR_CHANGED, "", "the input changed while it was read");
    shm_error_path(err, job->text.source.parts[0].path);
    return SHMCOL_ERR_CHANGED;
}

/* Opened before the input. A FIFO waits for its reader, as long as the progress function lets it.
 */
static shmcol_status open_rejects(ing_job *job, shmcol_error *err)
{
    static const char what[] = "the file for refused records";
    const shmcol_csv_options *o = &job->options;
    const sys_output_how how = {
        .replace = o->overwrite != 0, .no_sync = o->no_sync != 0, .text = true, .through = true};
    const char *refused = NULL;
    int failed;
    if (o->rejects == NULL || o->dry_run)
        return SHMCOL_OK;
    while ((failed = sys_output_create(o->rejects, how, &job->output.rejects, &refused)) == EINTR) {
        shmcol_status status = ing_progress_tell(&job->control, 0, 0, err);
        if (status)
            return status;
    }
    if (failed)
        return shm_fail_output(err, failed, refused, o->rejects, what);
    if (sys_output_same(job->output.rejects, sink_output(job->output.sink)))
        return shm_fail(err, SHMCOL_ERR_INVALID_ARGUMENT, "",
                        "the output and the file for refused records have to differ");
    return SHMCOL_OK;
}

static shmcol_status publish_rejects(ing_job *job, shmcol_error *err)
{
    bool in_place;
    sys_output *rejects = job->output.rejects;
    if (rejects == NULL)
        return SHMCOL_OK;
    job->output.rejects = NULL;
    int failed = sys_output_publish(rejects, &in_place);
    return failed ? shm_fail_publish(err, failed, in_place, job->output.rejects_path,
                                     "the file for refused records")
                  : SHMCOL_OK;
}

/* The output comes last: what fails before it leaves what was there. */
static shmcol_status publish(ing_job *job, shmcol_csv_report **report, shmcol_error *err)
{
    sink_result result = {0};
    shmcol_status status = job->output.sink != NULL ? ing_complete(job, &result, err) : SHMCOL_OK;
    shmcol_csv_report *made = NULL;
    if (status == SHMCOL_OK && report != NULL)
        status = ing_report(job, &result, &made, err);
    if (status == SHMCOL_OK)
        status = publish_rejects(job, err);
    if (status == SHMCOL_OK && job->output.sink != NULL) {
        status = sink_publish(job->output.sink, err);
        job->output.sink = NULL;
    }
    if (status != SHMCOL_OK) {
        shmcol_csv_report_free(made);
        return status;
    }
    if (report != NULL) {
        made->seconds = sys_seconds() - job->started;
        *report = made;
    }
    return SHMCOL_OK;
}

static shmcol_status run(ing_job *job, const char *const *inputs, uint32_t n_inputs,
                         shmcol_csv_report **report, shmcol_error *err)
{
    shmcol_status status = ing_check_paths(job, inputs, n_inputs, err);
    if (status == SHMCOL_OK)
        status = make_sink(
            job, err); /* early, so that an output that exists is told before a long read */
    if (status == SHMCOL_OK)
        status = open_rejects(job, err);
    if (status == SHMCOL_OK)
        status = ing_open_sources(job, inputs, n_inputs, err);
    if (status == SHMCOL_OK)
        status = ing_read_header(job, err);
    if (status == SHMCOL_OK)
        status = convert(job, err);
    if (status == SHMCOL_OK && job->control.needs_diagnosis)
        status = handle_suspect(job, err);
    return status == SHMCOL_OK ? publish(job, report, err) : status;
}

shmcol_status shmcol_csv_pack(const char *const *inputs, uint32_t n_inputs, const char *output,
                              const shmcol_csv_options *options, shmcol_csv_report **report,
                              shmcol_error *err)
{
    shmcol_error local = SHMCOL_ERROR_INIT;
    if (inputs == NULL || n_inputs == 0)
        return shm_fail(err, SHMCOL_ERR_INVALID_ARGUMENT, "", "no input is named");
    ing_job *job = calloc(1, sizeof *job);
    if (job == NULL)
        return shm_fail_memory(err);
    shmcol_status status = begin_job(job, output, options, &local);
    if (status == SHMCOL_OK)
        status = run(job, inputs, n_inputs, report, &local);
    ing_job_free(job);
    free(job);
    if (status != SHMCOL_OK)
        shm_error_copy(err, &local);
    return status;
}
