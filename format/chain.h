/* The chain of a table's parts (F-80, F-81): names of files, and what belongs together. */
#ifndef SHMCOL_FORMAT_CHAIN_H
#define SHMCOL_FORMAT_CHAIN_H

#include "format/table.h"

/* The bytes of a part's name, with the NUL. */
#define FMT_PART_NAME_SIZE 28
/* The name that is kept for a later version. */
#define FMT_MANIFEST "_manifest"
/* The file that is there while an append names several parts (F-84). */
#define FMT_APPENDING ".shmcol-appending"

/* Writes the name of the part at row `first_row` (F-80). */
void fmt_part_name(uint64_t first_row, char out[FMT_PART_NAME_SIZE]);
/* Returns true if `name` is that of a part, and sets *first_row. */
bool fmt_part_name_row(const char *name, uint64_t *first_row);
/* Returns the 16 bytes that name the table of a part (F-81). */
const uint8_t *fmt_table_id(const fmt_header *header);
/* Tells whether another part may follow one of `rows` rows (F-80). */
bool fmt_part_is_whole(uint64_t rows);
/* Tells whether two parts, of which `a` and `b` are the bytes up to the end of the names and
 * `header` is the header of `a`, agree in all that a descriptor of a column is checked against:
 * then equal descriptors are equally good. Both headers were checked. */
bool fmt_same_frame(const uint8_t *a, const uint8_t *b, const fmt_header *header);
/* Compares a column of two parts, whose names parts are `a_names` and `b_names`. Returns NULL if
 * they agree (F-81), else the thing that differs: "name", "type" … */
const char *fmt_column_differs(const fmt_descriptor *a, const uint8_t *a_names,
                               const fmt_descriptor *b, const uint8_t *b_names);

#endif
