/* The report at the end of shmcol-pack. */
#ifndef TOOLS_PACK_REPORT_H
#define TOOLS_PACK_REPORT_H

#include "pack_options.h"

/* Prints the table of columns and the sums on standard output, warnings on standard error. */
void pack_print_report(const tool *t, const pack_request *request, const shmcol_csv_report *report);
void pack_print_json(const tool *t, const pack_request *request, const shmcol_csv_report *report);

/* Prints the report of a shmcol file that was compressed or decompressed, as the options demand. */
void pack_print_form(const tool *t, const pack_request *request);

#endif
