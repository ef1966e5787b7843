/* Takes rows, searches keys and gives memory back, in a column of any bytes. */
#ifndef SHMCOL_TESTS_FUZZ_ROWS_H
#define SHMCOL_TESTS_FUZZ_ROWS_H

#include <stdbool.h>

#include "shmcol.h"

/* Nothing may crash. With `verified` rows can be taken. A search ends in a row of the table. */
void rows_use(shmcol_file *file, const shmcol_column_info *column, bool verified);

#endif
