/* Each scenario is one use of the library that faults disturb. */
#include "scenarios.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "appends.h"

enum { PATH = 600, PATHS = 8, BATCH = 3000, BATCHES = 3, FILLED = 1000 };

/* A path that is good for PATHS calls more. It allocates nothing: allocations are counted. */
static const char *in_folder(const char *folder, const char *name)
{
    static char paths[PATHS][PATH];
    static unsigned next;
    char *path = paths[next++ % PATHS];
    (void)snprintf(path, PATH, "%s/%s", folder, name);
    return path;
}

static const char *input(const scenario_place *place, const char *name)
{
    return in_folder(place->inputs, name);
}

static const char *output(const scenario_place *place)
{
    return in_folder(place->work, "out/out.shmcol");
}

/* ---- reading ---- */

static shmcol_status look(shmcol_file *file, shmcol_error *err)
{
    for (uint32_t i = 0; i < shmcol_columns(file); i++) {
        shmcol_column_info info = SHMCOL_COLUMN_INFO_INIT;
        shmcol_stats stats = SHMCOL_STATS_INIT;
        uint32_t found;
        shmcol_status status = shmcol_get_column(file, i, &info, err);
        if (status != SHMCOL_OK)
            return status;
        status = shmcol_find(file, info.name, &found, err);
        if (status != SHMCOL_OK)
            return status;
        status = shmcol_column_stats(file, i, &stats, err);
        if (status != SHMCOL_OK)
            return status;
    }
    return SHMCOL_OK;
}

static shmcol_status open_and_look(const scenario_place *place, const char *name, uint32_t flags,
                                   shmcol_error *err)
{
    shmcol_file *file;
    shmcol_open_options options = SHMCOL_OPEN_OPTIONS_INIT;
    options.flags = flags;
    options.cache_dir = in_folder(place->work, "cache");
    shmcol_status status = shmcol_open(input(place, name), &options, &file, err);
    if (status != SHMCOL_OK)
        return status;
    status = look(file, err);
    shmcol_close(file);
    return status;
}

static shmcol_status open_plain(const scenario_place *place, shmcol_error *err)
{
    return open_and_look(place, "plain.shmcol", SHMCOL_OPEN_PREFAULT, err);
}

static shmcol_status open_copy(const scenario_place *place, shmcol_error *err)
{
    return open_and_look(place, "small.shmcol", SHMCOL_OPEN_COPY, err);
}

static shmcol_status open_cache(const scenario_place *place, shmcol_error *err)
{
    return open_and_look(place, "small.shmcol", SHMCOL_OPEN_CACHE, err);
}

static shmcol_status open_cache_or_copy(const scenario_place *place, shmcol_error *err)
{
    return open_and_look(place, "small.shmcol", SHMCOL_OPEN_CACHE | SHMCOL_OPEN_COPY, err);
}

static shmcol_status verify(const scenario_place *place, const char *name, uint32_t flags,
                            uint32_t threads, shmcol_error *err)
{
    shmcol_file *file;
    shmcol_open_options options = SHMCOL_OPEN_OPTIONS_INIT;
    shmcol_verify_options verify_options = SHMCOL_VERIFY_OPTIONS_INIT;
    options.flags = flags;
    verify_options.threads = threads;
    shmcol_status status = shmcol_open(input(place, name), &options, &file, err);
    if (status != SHMCOL_OK)
        return status;
    status = shmcol_verify(file, &verify_options, err);
    shmcol_close(file);
    return status;
}

static shmcol_status verify_one(const scenario_place *place, shmcol_error *err)
{
    return verify(place, "plain.shmcol", 0, 1, err);
}

static shmcol_status verify_two(const scenario_place *place, shmcol_error *err)
{
    return verify(place, "plain.shmcol", 0, 2, err);
}

static shmcol_status verify_stored(const scenario_place *place, shmcol_error *err)
{
    return verify(place, "small.shmcol", SHMCOL_OPEN_STORED, 2, err);
}

/* A table of two parts, through one pointer each and by rows. */
static shmcol_status read_table(const scenario_place *place, shmcol_error *err)
{
    shmcol_file *file, *newer = NULL;
    shmcol_dictionary words = SHMCOL_DICTIONARY_INIT;
    const int32_t *numbers;
    const uint8_t *validity;
    const char *data;
    uint64_t n;
    shmcol_status status = shmcol_open(input(place, "grown"), NULL, &file, err);
    if (status != SHMCOL_OK)
        return status;
    status = shmcol_int32(file, "half", &numbers, &n, &validity, err);
    if (status == SHMCOL_OK)
        status = shmcol_dictionary_get(file, "word", &words, err);
    if (status == SHMCOL_OK)
        status = shmcol_string_row(file, 3, shmcol_rows(file) - 1, &data, &n, err);
    if (status == SHMCOL_OK)
        status = look(file, err);
    if (status == SHMCOL_OK)
        status = shmcol_refresh(file, &newer, err);
    shmcol_close(newer);
    shmcol_close(file);
    return status;
}

/* ---- packing ---- */

static shmcol_status pack(const scenario_place *place, const char *name, int level,
                          uint32_t threads, shmcol_error *err)
{
    shmcol_csv_options options = SHMCOL_CSV_OPTIONS_INIT;
    shmcol_csv_report *report;
    const char *inputs[] = {input(place, name)};
    options.threads = threads;
    options.no_sync = !place->sync;
    options.overwrite = place->replace;
    options.zstd_level = level;
    if (strcmp(name, "bad.csv") == 0) {
        options.on_error = SHMCOL_ON_ERROR_SKIP;
        options.rejects = in_folder(place->work, "out/rejects.csv");
    }
    if (strcmp(name, "lists.csv") == 0) {
        options.on_error = SHMCOL_ON_ERROR_NULL;
        options.types = "n=list[int32],t=list[date],s=list[string]";
    }
    shmcol_status status = shmcol_csv_pack(inputs, 1, output(place), &options, &report, err);
    if (status == SHMCOL_OK)
        shmcol_csv_report_free(report);
    return status;
}

static shmcol_status pack_one(const scenario_place *place, shmcol_error *err)
{
    return pack(place, "in.csv", 0, 1, err);
}

static shmcol_status pack_two(const scenario_place *place, shmcol_error *err)
{
    return pack(place, "in.csv", 0, 2, err);
}

static shmcol_status pack_gz(const scenario_place *place, shmcol_error *err)
{
    return pack(place, "in.csv.gz", 0, 1, err);
}

static shmcol_status pack_small(const scenario_place *place, shmcol_error *err)
{
    return pack(place, "in.csv", 3, 1, err);
}

static shmcol_status pack_rejects(const scenario_place *place, shmcol_error *err)
{
    return pack(place, "bad.csv", 0, 1, err);
}

static shmcol_status pack_lists(const scenario_place *place, shmcol_error *err)
{
    return pack(place, "lists.csv", 0, 1, err);
}

/* Packs two inputs that are spooled, with what the options declare. */
static shmcol_status pack_parts(const scenario_place *place, shmcol_csv_options *options,
                                shmcol_error *err)
{
    shmcol_csv_report *report;
    const char *inputs[] = {input(place, "first.csv.gz"), input(place, "second.csv.gz")};
    options->threads = 1;
    options->no_sync = !place->sync;
    options->overwrite = place->replace;
    options->skip_footer = 2;
    options->rejects = in_folder(place->work, "out/rejects.csv");
    options->on_error = SHMCOL_ON_ERROR_SKIP | SHMCOL_ON_ERROR_NULL | SHMCOL_ON_ERROR_REPLACE;
    shmcol_status status = shmcol_csv_pack(inputs, 2, output(place), options, &report, err);
    if (status == SHMCOL_OK)
        shmcol_csv_report_free(report);
    return status;
}

static shmcol_status pack_declared(const scenario_place *place, shmcol_error *err)
{
    shmcol_csv_options options = SHMCOL_CSV_OPTIONS_INIT;
    options.types_from = input(place, "plain.shmcol");
    options.types = "date=date[%Y-%m-%d],w*=dictionary";
    return pack_parts(place, &options, err);
}

static shmcol_status pack_union(const scenario_place *place, shmcol_error *err)
{
    static const char *const columns[] = {"!wind"}, *const yes[] = {"sun"}, *const no[] = {"rain"},
                             *const dates[] = {"%d/%m/%Y", "%Y-%m-%d"};
    shmcol_csv_options options = SHMCOL_CSV_OPTIONS_INIT;
    options.union_columns = 1;
    options.columns = columns;
    options.n_columns = 1;
    options.file_column = "file";
    options.date_formats = dates;
    options.n_date_formats = 2;
    options.true_words = yes;
    options.false_words = no;
    options.n_true_words = options.n_false_words = 1;
    options.short_records = SHMCOL_SHORT_NULL;
    options.drop_extra = 1;
    options.escape = '\\';
    options.skip_rows = 1;
    options.limit = 70;
    return pack_parts(place, &options, err);
}

static shmcol_compress_options compress_options(const scenario_place *place)
{
    shmcol_compress_options options = SHMCOL_COMPRESS_OPTIONS_INIT;
    options.no_sync = !place->sync;
    options.overwrite = place->replace;
    options.threads = 2;
    return options;
}

static shmcol_status compress(const scenario_place *place, shmcol_error *err)
{
    shmcol_compress_options options = compress_options(place);
    return shmcol_compress(input(place, "plain.shmcol"), output(place), &options, err);
}

static shmcol_status decompress(const scenario_place *place, shmcol_error *err)
{
    shmcol_compress_options options = compress_options(place);
    return shmcol_decompress(input(place, "small.shmcol"), output(place), &options, err);
}

/* ---- Arrow ---- */

static shmcol_status arrow_import(const scenario_place *place, shmcol_error *err)
{
    static const char *const dictionary[] = {"auto"};
    shmcol_file *file;
    struct ArrowArrayStream stream;
    shmcol_status status = shmcol_open(input(place, "plain.shmcol"), NULL, &file, err);
    if (status != SHMCOL_OK)
        return status;
    status = shmcol_export_stream(file, NULL, 0, 500, 0, &stream, err);
    shmcol_close(file);
    if (status != SHMCOL_OK)
        return status;
    shmcol_writer_options options = SHMCOL_WRITER_OPTIONS_INIT;
    options.no_sync = !place->sync;
    options.overwrite = place->replace;
    options.threads = 1;
    options.dictionary = dictionary;
    options.n_dictionary = 1;
    status = shmcol_write_stream(output(place), &stream, &options, err);
    stream.release(&stream);
    return status;
}

static shmcol_status arrow_export(const scenario_place *place, shmcol_error *err)
{
    shmcol_file *file;
    struct ArrowSchema schema;
    struct ArrowArray array;
    shmcol_status status = shmcol_open(input(place, "plain.shmcol"), NULL, &file, err);
    if (status != SHMCOL_OK)
        return status;
    status = shmcol_export_schema(file, &schema, err);
    if (status != SHMCOL_OK)
        goto done;
    status = shmcol_export_table(file, 0, &array, err);
    schema.release(&schema);
    if (status != SHMCOL_OK)
        goto done;
    array.release(&array);
    status = shmcol_export_column(file, 1, 0, &schema, &array, err);
    if (status != SHMCOL_OK)
        goto done;
    shmcol_close(file); /* the structures live on without it */
    schema.release(&schema);
    array.release(&array);
    return SHMCOL_OK;
done:
    shmcol_close(file);
    return status;
}

/* ---- writer ---- */

static shmcol_field field(const char *name, shmcol_type type, int nullable)
{
    shmcol_field f = SHMCOL_FIELD_INIT;
    f.name = name;
    f.name_length = (uint32_t)strlen(name);
    f.type = type;
    f.nullable = nullable;
    return f;
}

static shmcol_writer_options writer_options(const scenario_place *place)
{
    shmcol_writer_options options = SHMCOL_WRITER_OPTIONS_INIT;
    options.no_sync = !place->sync;
    options.overwrite = place->replace;
    options.memory = 8 << 20;
    options.threads = 1;
    return options;
}

static shmcol_status append_all(shmcol_writer *writer, shmcol_error *err)
{
    static double numbers[BATCH];
    static int64_t offsets[BATCH + 1];
    static char words[8 * BATCH];
    for (int i = 0; i < BATCH; i++) {
        numbers[i] = i / 3.0;
        memcpy(words + 8 * i, "abcdefgh", 8);
        words[8 * i] = (char)('a' + i % 26);
        offsets[i + 1] = 8 * (i + 1);
    }
    shmcol_status status = SHMCOL_OK;
    for (int b = 0; status == SHMCOL_OK && b < BATCHES; b++) {
        shmcol_column_data data[3] = {SHMCOL_COLUMN_DATA_INIT, SHMCOL_COLUMN_DATA_INIT,
                                      SHMCOL_COLUMN_DATA_INIT};
        data[0].values = numbers;
        data[1].values = data[2].values = offsets;
        data[1].data = data[2].data = words;
        status = shmcol_writer_append(writer, BATCH, data, 3, err);
    }
    return status;
}

static shmcol_status write_table(const scenario_place *place, int level, shmcol_error *err)
{
    shmcol_field fields[] = {field("number", SHMCOL_FLOAT64, 1), field("text", SHMCOL_STRING, 0),
                             field("word", SHMCOL_STRING, 0)};
    shmcol_writer_options options = writer_options(place);
    shmcol_writer *writer;
    fields[2].auto_dictionary = 1;
    options.zstd_level = level;
    shmcol_status status = shmcol_writer_create(output(place), fields, 3, &options, &writer, err);
    if (status != SHMCOL_OK)
        return status;
    status = append_all(writer, err);
    if (status == SHMCOL_OK)
        return shmcol_writer_commit(writer, err);
    shmcol_writer_abort(writer);
    return status;
}

/* Lists of numbers and of words: each of the batch's rows has eight letters and one word. */
static shmcol_status append_lists(shmcol_writer *writer, shmcol_error *err)
{
    static int64_t eights[BATCH + 1], ones[BATCH + 1];
    static char letters[8 * BATCH];
    memset(letters, 'a', sizeof letters);
    for (int i = 0; i < BATCH; i++) {
        eights[i + 1] = 8 * (i + 1);
        ones[i + 1] = i + 1;
    }
    shmcol_status status = SHMCOL_OK;
    for (int b = 0; status == SHMCOL_OK && b < BATCHES; b++) {
        shmcol_column_data data[2] = {SHMCOL_COLUMN_DATA_INIT, SHMCOL_COLUMN_DATA_INIT};
        data[0].values = eights;
        data[0].data = letters;
        data[1].values = ones;
        data[1].data = eights;
        data[1].element_data = letters;
        status = shmcol_writer_append(writer, BATCH, data, 2, err);
    }
    return status;
}

/* Writes a part of a table: each column has a bitmap. */
static shmcol_status write_lists(const scenario_place *place, shmcol_error *err)
{
    shmcol_field fields[] = {field("numbers", SHMCOL_LIST, 0), field("words", SHMCOL_LIST, 0)};
    shmcol_writer_options options = writer_options(place);
    shmcol_writer *writer;
    fields[0].element = SHMCOL_INT8;
    fields[1].element = SHMCOL_STRING;
    options.alignment = 65536;
    options.table_rows = BATCH * BATCHES;
    shmcol_status status = shmcol_writer_create(output(place), fields, 2, &options, &writer, err);
    if (status != SHMCOL_OK)
        return status;
    status = append_lists(writer, err);
    if (status == SHMCOL_OK)
        return shmcol_writer_commit(writer, err);
    shmcol_writer_abort(writer);
    return status;
}

static shmcol_status write_plain(const scenario_place *place, shmcol_error *err)
{
    return write_table(place, 0, err);
}

static shmcol_status write_small(const scenario_place *place, shmcol_error *err)
{
    return write_table(place, 3, err);
}

/* ---- populate ---- */

static shmcol_status fill_all(shmcol_populate *populate, shmcol_error *err)
{
    shmcol_range *range;
    void *values;
    shmcol_status status = shmcol_populate_claim(populate, 0, FILLED, &range, err);
    if (status != SHMCOL_OK)
        return status;
    status = shmcol_range_values(range, 0, &values, NULL, err);
    for (int i = 0; status == SHMCOL_OK && i < FILLED; i++)
        ((double *)values)[i] = i;
    if (status == SHMCOL_OK)
        return shmcol_range_fill(range, err);
    shmcol_range_drop(range);
    return status;
}

static shmcol_status begin_table(const scenario_place *place, shmcol_populate **populate,
                                 shmcol_error *err)
{
    shmcol_field fields[] = {field("number", SHMCOL_FLOAT64, 1), field("whole", SHMCOL_INT32, 0)};
    shmcol_writer_options options = writer_options(place);
    return shmcol_populate_create(output(place), fields, 2, FILLED, &options, populate, err);
}

/* After a failed commit the handle is still ours to be closed. */
static shmcol_status commit_or_close(shmcol_populate *populate, shmcol_status status,
                                     shmcol_error *err)
{
    if (status == SHMCOL_OK)
        status = shmcol_populate_commit(populate, 0, err);
    if (status != SHMCOL_OK)
        shmcol_populate_close(populate);
    return status;
}

/* One handle makes the table, another fills it, as a second process would. */
static shmcol_status populate(const scenario_place *place, shmcol_error *err)
{
    shmcol_populate *made, *attached;
    shmcol_status status = begin_table(place, &made, err);
    if (status != SHMCOL_OK)
        return status;
    status = shmcol_populate_attach(shmcol_populate_path(made), shmcol_populate_id(made), &attached,
                                    err);
    if (status == SHMCOL_OK) {
        status = fill_all(attached, err);
        shmcol_populate_close(attached);
    }
    return commit_or_close(made, status, err);
}

/* A table that is used again once its file has lost its name. */
static shmcol_status populate_again(const scenario_place *place, shmcol_error *err)
{
    shmcol_populate *first, *second;
    shmcol_status status = begin_table(place, &first, err);
    if (status != SHMCOL_OK)
        return status;
    status = fill_all(first, err);
    if (status == SHMCOL_OK)
        status = shmcol_populate_commit(first, SHMCOL_POPULATE_KEEP, err);
    if (status != SHMCOL_OK) {
        shmcol_populate_close(first);
        return status;
    }
    (void)unlink(output(place));
    status = shmcol_populate_again(first, output(place), 0, &second, err);
    if (status == SHMCOL_OK)
        status = commit_or_close(second, fill_all(second, err), err);
    shmcol_populate_close(first);
    return status;
}

const scenario scenarios[] = {
    {.name = "open", .run = open_plain},
    {.name = "open.copy", .run = open_copy},
    {.name = "open.cache", .run = open_cache},
    {.name = "open.cache-or-copy", .run = open_cache_or_copy, .may_skip_cache = true},
    {.name = "verify", .run = verify_one},
    {.name = "verify.threads", .run = verify_two},
    {.name = "verify.stored", .run = verify_stored},
    {.name = "pack", .run = pack_one},
    {.name = "pack.threads", .run = pack_two},
    {.name = "pack.gz", .run = pack_gz},
    {.name = "pack.zstd", .run = pack_small},
    {.name = "pack.rejects", .run = pack_rejects},
    {.name = "pack.lists", .run = pack_lists},
    {.name = "pack.declared", .run = pack_declared},
    {.name = "pack.union", .run = pack_union},
    {.name = "pack.force", .run = pack_one, .replace = true},
    {.name = "compress", .run = compress},
    {.name = "decompress", .run = decompress},
    {.name = "arrow.import", .run = arrow_import},
    {.name = "arrow.export", .run = arrow_export},
    {.name = "writer", .run = write_plain},
    {.name = "writer.zstd", .run = write_small},
    {.name = "writer.lists", .run = write_lists},
    {.name = "writer.force", .run = write_plain, .replace = true},
    {.name = "populate", .run = populate},
    {.name = "populate.again", .run = populate_again},
    {.name = "populate.force", .run = populate, .replace = true},
    {.name = "table.read", .run = read_table},
    {.name = "append.first", .run = append_first},
    {.name = "append.first-parts", .run = append_first_parts},
    {.name = "append.tail", .run = append_tail, .table = "tail"},
    {.name = "append.new-tail", .run = append_new_tail, .table = "near"},
    {.name = "append.whole", .run = append_whole, .table = "whole"},
    {.name = "append.whole-open", .run = append_whole_open, .table = "whole"},
    {.name = "append.parts", .run = append_parts, .table = "near"},
    {.name = "append.spilled", .run = append_spilled, .table = "near"},
    {.name = "append.token", .run = append_token, .table = "near-token"},
    {.name = "append.csv", .run = append_csv, .table = "tail"},
    {.name = "append.nothing", .run = append_nothing, .table = "tail"},
};
const unsigned n_scenarios = sizeof scenarios / sizeof *scenarios;

const scenario *scenario_find(const char *name)
{
    for (unsigned i = 0; i < n_scenarios; i++)
        if (strcmp(scenarios[i].name, name) == 0)
            return &scenarios[i];
    return NULL;
}
