/* shmcol-pack: CSV files, or rows of shmcol files, to one table. */
#include "pack.h"

#include "pack_report.h"
#include "pack_table.h"
#include "pack_table_report.h"

tool pack_tool = {
    .name = "shmcol-pack",
    .usage = "[options] INPUT [OUTPUT.shmcol]\n[options] INPUT... -o OUTPUT\n"
             "[options] --append DIRECTORY INPUT...\n"
             "[options] FILE.shmcol|DIRECTORY... -o OUTPUT.shmcol|DIRECTORY/\n"
             "--zstd | --plain [options] FILE.shmcol -o OUTPUT",
    .summary =
        "Converts CSV files to one memory-mapped table. Several inputs are parts of one\n"
        "table: columns are matched by name. INPUT - is standard input; .gz and .zst are\n"
        "decompressed. The output appears complete or not at all. --append adds the rows to a\n"
        "table in a directory. Shmcol files and such tables are inputs, too: their rows become\n"
        "one new file or table. --zstd compresses a shmcol file, --plain decompresses it.\n",
    .options = pack_options,
    .epilogue = "Examples:\n"
                "  shmcol-pack data.csv                         makes data.shmcol\n"
                "  shmcol-pack --null NA --types 'id=string' survey.csv out.shmcol\n"
                "  shmcol-pack part-*.csv.gz -o year.shmcol     parts become one table\n"
                "  zcat big.csv.gz | shmcol-pack - -o big.shmcol\n"
                "  shmcol-pack --append ticks/ monday.csv       adds rows to a table that grows\n"
                "  shmcol-pack ticks/ -o ticks.shmcol           the table as one file\n"
                "  shmcol-pack ticks/ --types 'id=int64' -o new/   another type, every value kept\n"
                "  shmcol-pack --dry-run data.csv               shows types and reasons\n"
                "  shmcol-pack --zstd=9 data.shmcol -o small.shmcol\n",
};

/* Compresses a shmcol file, or decompresses it. */
static shmcol_status recompress(const pack_request *r, progress *bar, shmcol_error *err)
{
    shmcol_compress_options o = SHMCOL_COMPRESS_OPTIONS_INIT;
    o.level = r->csv.zstd_level;
    o.overwrite = r->csv.overwrite;
    o.no_sync = r->csv.no_sync;
    o.threads = r->csv.threads;
    o.progress = progress_step;
    o.progress_arg = bar;
    return r->kind == PACK_ZSTD ? shmcol_compress(r->inputs[0], r->output, &o, err)
                                : shmcol_decompress(r->inputs[0], r->output, &o, err);
}

/* Does the work that the request names. */
static shmcol_status work(pack_request *r, progress *bar, pack_outcome *outcome,
                          shmcol_csv_report **report, shmcol_error *err)
{
    if (r->kind == PACK_ROWS)
        return pack_rows_run(r, outcome, err);
    if (r->kind != PACK_CSV)
        return recompress(r, bar, err);
    if (r->append != NULL)
        return pack_append_run(r, outcome, report, err);
    return shmcol_csv_pack(r->inputs, r->n_inputs, r->output, &r->csv, report, err);
}

static void print(tool *t, const pack_request *r, const pack_outcome *outcome,
                  const shmcol_csv_report *report)
{
    if (r->kind == PACK_ROWS)
        pack_print_rows(t, r, outcome);
    else if (r->kind != PACK_CSV)
        pack_print_form(t, r);
    else if (t->json)
        pack_print_json(t, r, report, &outcome->table);
    else if (!r->quiet)
        pack_print_report(t, r, report, &outcome->table);
}

int pack_run(tool *t, pack_request *request, int argc, char **argv)
{
    shmcol_csv_report *report = NULL;
    pack_outcome outcome = {0};
    shmcol_error err = SHMCOL_ERROR_INIT;
    progress bar;

    tool_begin(t, argc, argv);
    pack_read_options(t, argc, argv, request);
    tool_catch_signals();
    progress_begin(&bar, "pack", request->progress, request->quiet);
    request->csv.progress = progress_step;
    request->csv.progress_arg = &bar;
    shmcol_status status = work(request, &bar, &outcome, &report, &err);
    progress_end(&bar);
    if (status != SHMCOL_OK && status != SHMCOL_ERR_APPENDED_NOT_SYNCED && tool_signal != 0)
        return tool_end(t, SHMCOL_CLASS_SYSTEM);
    tool_hint_force(&err);
    if (status != SHMCOL_OK)
        return tool_end(t, tool_fail(t, &err));
    tool_done(); /* the output is there */
    print(t, request, &outcome, report);
    shmcol_csv_report_free(report);
    return tool_end(t, SHMCOL_CLASS_OK);
}

int main(int argc, char **argv)
{
    static pack_request request; /* static: it keeps pointers to the end of the process */
    return pack_run(&pack_tool, &request, argc, argv);
}
