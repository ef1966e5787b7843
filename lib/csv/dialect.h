/* The dialect of a CSV: the characters that have a meaning (C-6 … C-9, C-85). */
#ifndef SHMCOL_CSV_DIALECT_H
#define SHMCOL_CSV_DIALECT_H

#include <stdbool.h>
#include <stdint.h>

typedef struct csv_dialect {
    uint8_t delimiter; /* LF: none, every record is one field (C-10) */
    uint8_t quote;     /* used only if `quoting` */
    bool quoting;
    uint8_t comment; /* 0: none */
    bool skip_blank; /* C-8: two or more columns */
    bool trim;       /* C-23, C-90: spaces and tabs alone are a blank line too */
    uint8_t escape;  /* C-85; 0: none */
} csv_dialect;

/* Returns the first byte of a quoted field whose quotes are halved. With an escape an unquoted
 * field may begin with the quote, so a byte stands there that no text has (C-2). */
static inline uint8_t csv_opening(const csv_dialect *dialect)
{
    return dialect->escape != 0 ? 0xff : dialect->quote;
}

#endif
