/* Appends CSV files: shmcol_csv_append. They are converted to a temporary file, with the types of
 * the table, and its rows are appended. */
#include <stdlib.h>
#include <string.h>

#include "append/append.h"
#include "ingest/pack.h"
#include "structs.h"

/* Makes the options of the conversion. `first`: the path of the table's first part, NULL where
 * there is no table yet. */
static void choose(shmcol_csv_options *csv, const shmcol_append_options *options, const char *first)
{
    csv->overwrite = csv->dry_run = csv->zstd_level = 0;
    csv->no_sync = 1;
    csv->threads = options->threads;
    csv->memory = options->memory;
    csv->metadata = NULL;
    csv->metadata_count = 0;
    if (options->progress != NULL) {
        csv->progress = options->progress;
        csv->progress_arg = options->progress_arg;
    }
    if (first != NULL)
        csv->types_from = first;
}

/* Names the way out of an error that the table's columns cause. */
static void add_hint(shmcol_status status, shmcol_error *err)
{
    if (status == SHMCOL_ERR_CSV_VALUE)
        shm_error_hint(err, "the columns of a table keep their types; "
                            "shmcol-pack DIR --types 'NAME=TYPE' -o NEW makes a table of others");
    else if (status == SHMCOL_ERR_CSV_HEADERS_DIFFER && strcmp(err->rule, "C-80") == 0)
        shm_error_hint(err, "an append has the columns of the table, in any order; "
                            "--columns '!NAME' leaves one of the CSV out");
}

/* Converts the inputs to the temporary file, and appends its rows. */
static shmcol_status append(const char *const *inputs, uint32_t n_inputs, const char *dir,
                            const shmcol_csv_options *csv, const shmcol_append_options *options,
                            shmcol_csv_report **report, shmcol_error *err)
{
    shmcol_csv_options o = *csv;
    append_source source = {0};
    ing_destination to = {.fd = -1};
    shmcol_file *first = NULL;
    char *path = NULL;
    shmcol_status status = append_peek(dir, &first, &path, err);
    if (status == SHMCOL_OK)
        status = append_open_temporary(dir, &to.fd, err);
    if (status != SHMCOL_OK)
        goto done;
    choose(&o, options, first != NULL ? path : NULL);
    to.most_words = first != NULL ? 0 : APPEND_WORDS_AUTO;
    status = ing_pack(inputs, n_inputs, &to, &o, report, err);
    if (first != NULL)
        add_hint(status, err);
    if (status == SHMCOL_OK)
        status = append_source_fd(&source, to.fd, err);
    if (status == SHMCOL_OK)
        status = append_run(dir, &source, options, err);
done:
    if (status != SHMCOL_OK)
        shm_error_path(err, dir);
    append_source_end(&source);
    shmcol_close(first);
    free(path);
    sys_close(to.fd);
    return status;
}

shmcol_status shmcol_csv_append(const char *const *inputs, uint32_t n_inputs, const char *dir,
                                const shmcol_csv_options *csv, const shmcol_append_options *options,
                                shmcol_csv_report **report, shmcol_error *err)
{
    shmcol_append_options taken;
    shmcol_csv_options taken_csv = SHMCOL_CSV_OPTIONS_INIT;
    shmcol_csv_report *made = NULL;
    shmcol_error local = SHMCOL_ERROR_INIT;
    shmcol_status status = append_take_options(dir, options, &taken, err);
    if (status != SHMCOL_OK)
        return status;
    if (csv != NULL)
        SHM_CHECK_SIZE(csv, SHM_CSV_OPTIONS_SIZE_1_0, err);
    SHM_TAKE(taken_csv, csv);
    status =
        append(inputs, n_inputs, dir, &taken_csv, &taken, report != NULL ? &made : NULL, &local);
    if (status != SHMCOL_OK) {
        shmcol_csv_report_free(made);
        shm_error_copy(err, &local);
        return status;
    }
    if (report != NULL)
        *report = made;
    return SHMCOL_OK;
}
