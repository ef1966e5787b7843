/* Each way to append, to a table in each state (F-84). */
#include "appends.h"

#include <stdio.h>

#include "rows.h"

/* Rows of the tables that targets.py makes: a tail, a tail that is nearly a zone, a whole part. */
enum { ZONE = 65536, TAIL = 1000, NEAR = 65000, WHOLE = ZONE, FEW = 500, PATH = 600 };

static const char *path_of(const char *folder, const char *name)
{
    static char paths[3][PATH];
    static unsigned next;
    char *path = paths[next++ % 3];
    (void)snprintf(path, PATH, "%s/%s", folder, name);
    return path;
}

static const char *table_of(const scenario_place *place)
{
    return path_of(place->work, "out/table");
}

static shmcol_append_options options_of(const scenario_place *place)
{
    shmcol_append_options options = SHMCOL_APPEND_OPTIONS_INIT;
    options.no_sync = !place->sync;
    options.threads = 1;
    options.memory = 16 << 20;
    return options;
}

/* Appends rows [first, first + n) by a writer. */
static shmcol_status write_rows(const scenario_place *place, int32_t first, uint64_t n,
                                const shmcol_append_options *options, shmcol_error *err)
{
    shmcol_field fields[ROWS_COLUMNS];
    shmcol_writer *writer;
    rows_fields(fields);
    shmcol_status status =
        shmcol_append_create(table_of(place), fields, ROWS_COLUMNS, options, &writer, err);
    if (status != SHMCOL_OK)
        return status;
    status = rows_put(writer, first, n, err);
    if (status == SHMCOL_OK)
        return shmcol_writer_commit(writer, err);
    shmcol_writer_abort(writer);
    return status;
}

/* Appends the rows of an input file. */
static shmcol_status append_input(const scenario_place *place, const char *name,
                                  const shmcol_append_options *options, shmcol_error *err)
{
    shmcol_file *file;
    shmcol_status status = shmcol_open(path_of(place->inputs, name), NULL, &file, err);
    if (status != SHMCOL_OK)
        return status;
    status = shmcol_append_file(table_of(place), file, options, err);
    shmcol_close(file);
    return status;
}

/* Appends the rows of an input file as an Arrow stream, in batches of so many rows. */
static shmcol_status append_input_stream(const scenario_place *place, const char *name,
                                         uint64_t batch, const shmcol_append_options *options,
                                         shmcol_error *err)
{
    shmcol_file *file;
    struct ArrowArrayStream stream;
    shmcol_status status = shmcol_open(path_of(place->inputs, name), NULL, &file, err);
    if (status != SHMCOL_OK)
        return status;
    status = shmcol_export_stream(file, NULL, 0, batch, 0, &stream, err);
    shmcol_close(file);
    if (status != SHMCOL_OK)
        return status;
    status = shmcol_append_stream(table_of(place), &stream, options, err);
    stream.release(&stream);
    return status;
}

shmcol_status append_first(const scenario_place *place, shmcol_error *err)
{
    const shmcol_append_options options = options_of(place);
    return write_rows(place, 0, TAIL, &options, err);
}

shmcol_status append_first_parts(const scenario_place *place, shmcol_error *err)
{
    shmcol_append_options options = options_of(place);
    options.part_rows = ZONE;
    return write_rows(place, 0, 2 * ZONE + 100, &options, err);
}

/* C <= A: one file replaces the tail. */
shmcol_status append_tail(const scenario_place *place, shmcol_error *err)
{
    const shmcol_append_options options = options_of(place);
    return write_rows(place, TAIL, FEW, &options, err);
}

/* C > A: the tail is replaced by a whole part, which leads to a new tail. */
shmcol_status append_new_tail(const scenario_place *place, shmcol_error *err)
{
    const shmcol_append_options options = options_of(place);
    return append_input(place, "near-few.shmcol", &options, err);
}

/* The last part stays as it is. */
shmcol_status append_whole(const scenario_place *place, shmcol_error *err)
{
    const shmcol_append_options options = options_of(place);
    return append_input_stream(place, "whole-few.shmcol", 200, &options, err);
}

/* The last part is whole, but smaller than the appender wants. */
shmcol_status append_whole_open(const scenario_place *place, shmcol_error *err)
{
    shmcol_append_options options = options_of(place);
    options.min_part_rows = 2 * ZONE;
    options.part_rows = ZONE;
    options.token = "second";
    return append_input(place, "whole-few.shmcol", &options, err);
}

/* A tail is replaced, and a whole part and a tail follow. */
shmcol_status append_parts(const scenario_place *place, shmcol_error *err)
{
    shmcol_append_options options = options_of(place);
    options.part_rows = ZONE;
    return append_input(place, "near-more.shmcol", &options, err);
}

/* Batches that do not fit the memory bound wait in a temporary file. */
shmcol_status append_spilled(const scenario_place *place, shmcol_error *err)
{
    shmcol_append_options options = options_of(place);
    options.memory = 4 << 20;
    return append_input_stream(place, "near-many.shmcol", 10000, &options, err);
}

shmcol_status append_token(const scenario_place *place, shmcol_error *err)
{
    shmcol_append_options options = options_of(place);
    options.token = "second";
    return append_input(place, "near-few.shmcol", &options, err);
}

shmcol_status append_csv(const scenario_place *place, shmcol_error *err)
{
    const shmcol_append_options options = options_of(place);
    shmcol_csv_report *report;
    const char *inputs[] = {path_of(place->inputs, "tail-few.csv")};
    shmcol_status status =
        shmcol_csv_append(inputs, 1, table_of(place), NULL, &options, &report, err);
    if (status == SHMCOL_OK)
        shmcol_csv_report_free(report);
    return status;
}

/* Changes nothing, but removes what others have left. */
shmcol_status append_nothing(const scenario_place *place, shmcol_error *err)
{
    const shmcol_append_options options = options_of(place);
    return write_rows(place, 0, 0, &options, err);
}
