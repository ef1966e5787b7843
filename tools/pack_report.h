/* What shmcol-pack says at its end. */
#ifndef TOOLS_PACK_REPORT_H
#define TOOLS_PACK_REPORT_H

#include "pack_options.h"

/* The table of columns and the sums on standard output, warnings on standard error. */
void pack_print_report(const tool *t, const pack_request *request, const shmcol_csv_report *report);
void pack_print_json(const tool *t, const pack_request *request, const shmcol_csv_report *report);

/* What became of a shmcol file that got its other form, as the options say. */
void pack_print_form(const tool *t, const pack_request *request);

#endif
