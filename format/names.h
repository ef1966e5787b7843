/* Names and their index (F-30 … F-32). */
#ifndef SHMCOL_FORMAT_NAMES_H
#define SHMCOL_FORMAT_NAMES_H

#include "format/fault.h"
#include "format/table.h"

/* F-31 for a name (limit 65,535), F-25 for a zone (limit 255): UTF-8, no NUL, not longer. NULL if
 * fine, else what is wrong ("is not UTF-8"). */
const char *fmt_name_problem(const char *name, uint64_t length, uint64_t limit);

/* Appends a column's name and zone (NULL: none) to table->names, which has room for name_length + 1
 * (+ zone_length + 1) bytes, and sets the descriptor's name and zone fields and names_length.
 * Columns in order (F-30). The text must have been checked with fmt_name_problem.
 */
void fmt_names_put(fmt_table *table, uint32_t column, const char *name, uint32_t name_length,
                   const char *zone, uint32_t zone_length);

/* Builds the index: 16 x columns bytes. A name that occurs twice is BAD_NAME, with the later
 * column. */
int fmt_name_index_encode(const fmt_table *table, uint8_t *out, fmt_fault *fault);

/* Finds a column in the file whose first byte is `file` (header->file_size bytes, mapped or not) by
 * binary search; candidates' descriptors are decoded and checked. *column becomes FMT_NONE32 where
 * there is none: the caller then checks the region's hash before it says so (F-32). Codes:
 * NAME_INDEX, and those of the descriptors it meets. */
int fmt_name_find(const fmt_header *header, const uint8_t *file, const char *name, uint64_t length,
                  uint32_t *column, fmt_fault *fault);

/* F-61 for one column: name (and zone) are where the descriptor says, are the ones it was hashed
 * with, end in NUL and obey F-31 and F-25. `names` are the bytes of the names part. Code: NAME. */
int fmt_check_column_name(const fmt_header *header, const fmt_descriptor *d, uint32_t column,
                          const uint8_t *names, fmt_fault *fault);

/* F-30, F-31 over the whole part (table->names). Code: NAME. */
int fmt_check_names(const fmt_table *table, fmt_fault *fault);
/* F-32 over the whole index, 16 x columns bytes; names have been checked. Code: NAME_INDEX. */
int fmt_check_name_index(const fmt_table *table, const uint8_t *index, fmt_fault *fault);

#endif
