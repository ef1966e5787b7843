/* shmcol-pack: CSV files to one shmcol file. */
#include "pack_options.h"
#include "pack_report.h"

static tool pack = {
    .name = "shmcol-pack",
    .usage = "[options] INPUT [OUTPUT.shmcol]\n[options] INPUT... -o OUTPUT",
    .summary = "Converts CSV files to one memory-mapped table. Several inputs are parts of one\n"
               "table and have the same header. INPUT - is standard input; .gz and .zst are\n"
               "unpacked. The output appears complete or not at all.\n",
    .options = pack_options,
    .epilogue = "Examples:\n"
                "  shmcol-pack data.csv                         makes data.shmcol\n"
                "  shmcol-pack --null NA --types 'id=string' survey.csv out.shmcol\n"
                "  shmcol-pack part-*.csv.gz -o year.shmcol     parts become one table\n"
                "  zcat big.csv.gz | shmcol-pack - -o big.shmcol\n"
                "  shmcol-pack --dry-run data.csv               shows types and reasons\n",
};

int main(int argc, char **argv)
{
    static pack_request request; /* static: what it points at is the process's, to its end */
    shmcol_csv_report *report = NULL;
    shmcol_error err = SHMCOL_ERROR_INIT;
    progress bar;

    tool_begin(&pack, argc, argv);
    pack_read_options(&pack, argc, argv, &request);
    tool_catch_signals();
    progress_begin(&bar, "pack", request.progress, request.quiet);
    request.csv.progress = progress_step;
    request.csv.progress_arg = &bar;
    shmcol_status status = shmcol_csv_pack(request.inputs, request.n_inputs, request.output, &request.csv, &report, &err);
    progress_end(&bar);
    if (status != SHMCOL_OK && tool_signal != 0)
        return tool_end(&pack, SHMCOL_CLASS_SYSTEM);
    if (status == SHMCOL_ERR_EXISTS)
        (void)snprintf(err.hint, sizeof err.hint, "-f replaces it");
    if (status != SHMCOL_OK)
        return tool_end(&pack, tool_fail(&pack, &err));
    tool_done(); /* the output is there */
    if (pack.json)
        pack_print_json(&pack, &request, report);
    else if (!request.quiet)
        pack_print_report(&pack, &request, report);
    shmcol_csv_report_free(report);
    return tool_end(&pack, SHMCOL_CLASS_OK);
}
