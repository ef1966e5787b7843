/* Smallest and largest value of a column, from its zone maps. */
#ifndef TOOLS_INFO_RANGE_H
#define TOOLS_INFO_RANGE_H

#include "info_columns.h"

/* "2020-01-01 .. 2024-12-31", "3 distinct: a .. z", "" where nothing is known. To be freed. */
char *info_range_text(const shmcol_file *file, const info_column *column);
/* "min" and "max" (null where there is none); strings also whether they are cut. */
void info_range_json(json *j, const shmcol_file *file, const info_column *column);

#endif
