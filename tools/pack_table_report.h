/* The reports of shmcol-pack about tables in directories, and about rows of shmcol files. */
#ifndef TOOLS_PACK_TABLE_REPORT_H
#define TOOLS_PACK_TABLE_REPORT_H

#include "common_json.h"
#include "pack_table.h"

/* Prints what became of the rows of shmcol files: the columns, the sums, warnings. */
void pack_print_rows(tool *t, const pack_request *request, const pack_outcome *outcome);
/* Prints the line about an append, and its warnings. */
void pack_print_append(const tool *t, const pack_request *request,
                       const shmcol_append_report *report);
/* Writes the JSON object "append", null where nothing was appended. */
void pack_json_append(json *j, const pack_request *request, const shmcol_append_report *report);

#endif
