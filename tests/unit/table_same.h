/* Helpers of the tests of appending: compares the rows of two tables, each a file or a directory,
 * through the accessors. */
#ifndef SHMCOL_TESTS_TABLE_SAME_H
#define SHMCOL_TESTS_TABLE_SAME_H

#include <stdint.h>

#include "shmcol.h"

/* Fails the test unless rows [0, rows) of both are equal in every column. Names the column and the
 * row. */
void table_same_rows(const shmcol_file *a, const shmcol_file *b, uint64_t rows);
/* Fails the test unless both have the same rows, nulls and statistics. */
void table_same(const shmcol_file *a, const shmcol_file *b);

#endif
