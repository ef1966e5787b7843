/* The dialect of a CSV: the characters that have a meaning (C-6 … C-9). */
#ifndef SHMCOL_CSV_DIALECT_H
#define SHMCOL_CSV_DIALECT_H

#include <stdbool.h>
#include <stdint.h>

typedef struct csv_dialect {
    uint8_t delimiter;
    uint8_t quote; /* used only if `quoting` */
    bool quoting;
    uint8_t comment; /* 0: none */
    bool skip_blank; /* C-8: two or more columns */
    bool trim;       /* C-23: spaces and tabs alone are a blank line too */
} csv_dialect;

#endif
