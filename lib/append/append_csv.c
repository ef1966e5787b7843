/* Appends CSV files: shmcol_csv_append. They are converted to a temporary file, with the types of
 * the table, and its rows are appended. */
#include <errno.h>

#include "append/append.h"
#include "ingest/pack.h"
#include "structs.h"

/* Finds out whether there is a table. */
static shmcol_status has_table(const char *dir, bool *has, shmcol_error *err)
{
    shmcol_file *table = NULL;
    shmcol_error why = SHMCOL_ERROR_INIT;
    shmcol_status status = shmcol_open(dir, NULL, &table, &why);
    *has = status == SHMCOL_OK;
    shmcol_close(table);
    if (status == SHMCOL_OK || status == SHMCOL_ERR_NO_TABLE || why.sys_errno == ENOENT)
        return SHMCOL_OK;
    shm_error_copy(err, &why);
    return status;
}

/* Makes the options of the conversion. */
static void choose(shmcol_csv_options *csv, const shmcol_append_options *options, const char *dir,
                   bool has)
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
    if (has)
        csv->types_from = dir;
}

/* Converts the inputs to the temporary file, and appends its rows. */
static shmcol_status append(const char *const *inputs, uint32_t n_inputs, const char *dir,
                            const shmcol_csv_options *csv, const shmcol_append_options *options,
                            shmcol_csv_report **report, shmcol_error *err)
{
    shmcol_csv_options o = *csv;
    append_source source = {0};
    ing_destination to = {.fd = -1};
    bool has;
    shmcol_status status = has_table(dir, &has, err);
    if (status == SHMCOL_OK)
        status = append_open_temporary(dir, &to.fd, err);
    if (status != SHMCOL_OK)
        return status;
    choose(&o, options, dir, has);
    to.most_words = has ? 0 : APPEND_WORDS_AUTO;
    status = ing_pack(inputs, n_inputs, &to, &o, report, err);
    if (status == SHMCOL_ERR_CSV_VALUE && has)
        shm_error_hint(err, "the columns of a table keep their types; "
                            "shmcol-pack DIR --types 'NAME=TYPE' -o NEW makes a table of others");
    if (status == SHMCOL_OK)
        status = append_source_fd(&source, to.fd, err);
    if (status == SHMCOL_OK)
        status = append_run(dir, &source, options, err);
    if (status != SHMCOL_OK)
        shm_error_path(err, dir);
    append_source_end(&source);
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
