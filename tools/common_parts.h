/* Tables in directories, and their parts. */
#ifndef TOOLS_COMMON_PARTS_H
#define TOOLS_COMMON_PARTS_H

#include <stdbool.h>

#include "shmcol.h"

/* Returns true for a table in a directory, false for a file. */
bool tool_is_table(const shmcol_file_info *info);
enum { PART_NAME_SIZE = 28 };
/* Writes the name of the part that begins at a row (F-80), and returns it. */
char *tool_part_name(uint64_t first_row, char out[PART_NAME_SIZE]);
/* Returns true if the file at `path`, which need not be there, is `input` or lies in it. */
bool tool_is_in(const char *path, const char *input);
/* Lets the pages of a part go that this process has touched: they count as its memory. They stay in
 * the page cache, and come back when they are read. */
void tool_let_go(const shmcol_file *part);

#endif
