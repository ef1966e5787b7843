/* shmcol-pack: CSV files to one shmcol file. */
#include "pack.h"

#include "pack_report.h"

tool pack_tool = {
    .name = "shmcol-pack",
    .usage = "[options] INPUT [OUTPUT.shmcol]\n[options] INPUT... -o OUTPUT\n--zstd | --plain "
             "[options] FILE.shmcol -o OUTPUT",
    .summary =
        "Converts CSV files to one memory-mapped table. Several inputs are parts of one\n"
        "table: columns are matched by name. INPUT - is standard input; .gz and .zst are\n"
        "decompressed. The output appears complete or not at all. --zstd compresses a shmcol\n"
        "file, --plain decompresses it.\n",
    .options = pack_options,
    .epilogue = "Examples:\n"
                "  shmcol-pack data.csv                         makes data.shmcol\n"
                "  shmcol-pack --null NA --types 'id=string' survey.csv out.shmcol\n"
                "  shmcol-pack part-*.csv.gz -o year.shmcol     parts become one table\n"
                "  zcat big.csv.gz | shmcol-pack - -o big.shmcol\n"
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

int pack_run(tool *t, pack_request *request, int argc, char **argv)
{
    shmcol_csv_report *report = NULL;
    shmcol_error err = SHMCOL_ERROR_INIT;
    progress bar;

    tool_begin(t, argc, argv);
    pack_read_options(t, argc, argv, request);
    tool_catch_signals();
    progress_begin(&bar, "pack", request->progress, request->quiet);
    request->csv.progress = progress_step;
    request->csv.progress_arg = &bar;
    shmcol_status status = request->kind != PACK_CSV
                               ? recompress(request, &bar, &err)
                               : shmcol_csv_pack(request->inputs, request->n_inputs,
                                                 request->output, &request->csv, &report, &err);
    progress_end(&bar);
    if (status != SHMCOL_OK && tool_signal != 0)
        return tool_end(t, SHMCOL_CLASS_SYSTEM);
    tool_hint_force(&err);
    if (status != SHMCOL_OK)
        return tool_end(t, tool_fail(t, &err));
    tool_done(); /* the output is there */
    if (request->kind != PACK_CSV)
        pack_print_form(t, request);
    else if (t->json)
        pack_print_json(t, request, report);
    else if (!request->quiet)
        pack_print_report(t, request, report);
    shmcol_csv_report_free(report);
    return tool_end(t, SHMCOL_CLASS_OK);
}

int main(int argc, char **argv)
{
    static pack_request request; /* static: it keeps pointers to the end of the process */
    return pack_run(&pack_tool, &request, argc, argv);
}
