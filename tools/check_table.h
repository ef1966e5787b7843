/* The files in the directory of a table that are no part of it. */
#ifndef TOOLS_CHECK_TABLE_H
#define TOOLS_CHECK_TABLE_H

#include "common.h"
#include "common_json.h"

/* Says which files no part of the table leads to: on standard error unless `quiet`, and as the JSON
 * array "orphans" where `out` is not NULL. `file` may be NULL where the table at `path` could not
 * be opened because of `why`; then the parts are counted up to the first that is missing or cannot
 * be read. Gives nothing for a file, nor where the system failed, and keeps quiet about what it
 * cannot look at. */
void check_orphans(const tool *t, const char *path, shmcol_file *file, shmcol_status why,
                   bool quiet, json *out);

#endif
