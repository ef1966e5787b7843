/* The report at the end of shmcol-pack. */
#ifndef TOOLS_PACK_REPORT_H
#define TOOLS_PACK_REPORT_H

#include "pack_options.h"

/* Prints the table of columns and the sums on standard output, warnings on standard error. `append`
 * is what became of the rows where they were added to a table. */
void pack_print_report(const tool *t, const pack_request *request, const shmcol_csv_report *report,
                       const shmcol_append_report *append);
void pack_print_json(const tool *t, const pack_request *request, const shmcol_csv_report *report,
                     const shmcol_append_report *append);

/* Prints the report of a shmcol file that was compressed or decompressed, as the options demand. */
void pack_print_form(const tool *t, const pack_request *request);

#endif
