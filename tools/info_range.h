/* Smallest and largest value of a column, from its zone maps. */
#ifndef TOOLS_INFO_RANGE_H
#define TOOLS_INFO_RANGE_H

#include "info_columns.h"

/* Returns "2020-01-01 .. 2024-12-31", "3 distinct: a .. z", or "" where nothing is known; to be
 * freed. */
char *info_range_text(const shmcol_file *file, const info_column *column);
/* Writes "min" and "max" (null where there is none), for strings also "min_cut" and "max_cut". */
void info_range_json(json *j, const shmcol_file *file, const info_column *column);

#endif
