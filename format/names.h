/* Names and their index (F-30 … F-32). */
#ifndef SHMCOL_FORMAT_NAMES_H
#define SHMCOL_FORMAT_NAMES_H

#include "format/fault.h"
#include "format/table.h"

/* Checks F-31 for a name (limit 65,535) or F-25 for a zone (limit 255): UTF-8, no NUL, not longer.
 * Returns the problem, "is not UTF-8", or NULL. */
const char *fmt_name_problem(const char *name, uint64_t length, uint64_t limit);

/* Appends a column's name and zone (NULL: none), checked by fmt_name_problem, to table->names,
 * which has room for name_length + 1 (+ zone_length + 1) bytes. Sets names_length and the
 * descriptor's name and zone fields. Columns come in order (F-30). */
void fmt_names_put(fmt_table *table, uint32_t column, const char *name, uint32_t name_length,
                   const char *zone, uint32_t zone_length);

/* Builds the index, 16 x columns bytes. Code: BAD_NAME for a name that occurs twice, with the later
 * column. */
int fmt_name_index_encode(const fmt_table *table, uint8_t *out, fmt_fault *fault);

/* Finds a column by binary search in the file whose first byte is `file`; decodes and checks the
 * descriptors of candidates. *column becomes FMT_NONE32 if there is none: the caller must check the
 * region's hash before it says so (F-32). Codes: NAME_INDEX, and those of fmt_descriptor_decode. */
int fmt_name_find(const fmt_header *header, const uint8_t *file, const char *name, uint64_t length,
                  uint32_t *column, fmt_fault *fault);

/* Checks F-61 for one column: name and zone are where the descriptor says, match its hashes, end in
 * NUL and obey F-31 and F-25. `names` are the bytes of the names part. Code: NAME. */
int fmt_check_column_name(const fmt_header *header, const fmt_descriptor *d, uint32_t column,
                          const uint8_t *names, fmt_fault *fault);

/* Checks F-30 and F-31 over the whole part, table->names. Code: NAME. */
int fmt_check_names(const fmt_table *table, fmt_fault *fault);
/* Checks F-32 over the whole index, 16 x columns bytes. The names must have been checked. Code:
 * NAME_INDEX. */
int fmt_check_name_index(const fmt_table *table, const uint8_t *index, fmt_fault *fault);

#endif
