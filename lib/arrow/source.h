/* The places of one exported column's values. They are taken from the reader once and checked once;
 * every batch is made from them. */
#ifndef SHMCOL_ARROW_SOURCE_H
#define SHMCOL_ARROW_SOURCE_H

#include <stdbool.h>

#include "shmcol.h"

typedef struct arrow_source {
    shmcol_column_info info;
    uint64_t rows;
    const uint8_t *validity;   /* NULL: no nulls */
    const void *values;        /* values, offsets or codes */
    const void *bytes;         /* string, binary */
    shmcol_strings dictionary; /* dictionary: the distinct values */
    shmcol_list list;          /* list: its elements */
} arrow_source;

/* Describes column `column`. Unlike shmcol_get_column, a column that this library cannot read is
 * the error COLUMN_UNSUPPORTED. */
shmcol_status arrow_source_info(const shmcol_file *file, uint32_t column, shmcol_column_info *info,
                                shmcol_error *err);

/* Finds the column's values and, unless flags has SHMCOL_ARROW_TRUSTED, checks what consumers rely
 * on without looking: offsets (F-36), codes (F-39) and the number of nulls (F-35). It does
 * not check that strings are UTF-8, because that costs a pass over all text and no bounds depend on
 * it. Consumers that rely on it (Rust's str) need shmcol_verify at level full first. Errors:
 * COLUMN_UNSUPPORTED, OFFSETS, CODES, VALIDITY, and those of a damaged directory. */
shmcol_status arrow_source_open(const shmcol_file *file, uint32_t column, uint32_t flags,
                                arrow_source *source, shmcol_error *err);

/* Returns true for a table in a directory. */
bool arrow_is_table(const shmcol_file *file);
/* Finds and checks the values that the column has in one part of a table, likewise. A dictionary is
 * the table's. Values that the process may have written to are those of the table's array, where it
 * wrote them. Errors: as above, and ADDRESS_SPACE. */
shmcol_status arrow_source_open_part(const shmcol_file *table, uint64_t part, uint32_t column,
                                     uint32_t flags, arrow_source *source, shmcol_error *err);

#endif
