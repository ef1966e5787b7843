/* Text for people: sizes, numbers, names with any bytes, tables and types. */
#ifndef TOOLS_COMMON_TEXT_H
#define TOOLS_COMMON_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "shmcol.h"

#define TEXT_SMALL 64

/* Each writes a NUL-terminated text into `out` and returns it. */
char *text_size(uint64_t bytes, char out[TEXT_SMALL]);     /* 381.5 MiB */
char *text_number(uint64_t n, char out[TEXT_SMALL]);       /* 10,000,000 */
char *text_seconds(double seconds, char out[TEXT_SMALL]);  /* 0.012 s, 3 min 12 s */
char *text_id(const uint8_t id[16], char out[TEXT_SMALL]); /* 32 hexadecimal digits */

/* Copies a text and writes control characters, and bytes that are not UTF-8, as \n, \t, \x1b, which
 * is safe on a terminal. The copy is to be freed. */
char *text_escape(const char *data, size_t length);
/* Returns the number of terminal cells that a text takes. */
size_t text_width(const char *text);
/* Returns the bytes of the longest start of `text` that takes at most `width` cells. */
size_t text_cut(const char *text, size_t width);
/* Decodes the character at `s`, of which n > 0 bytes are left. Returns its bytes, 0 if they are not
 * UTF-8. */
size_t text_decode(const char *s, size_t n, uint32_t *character);

/* A table with aligned columns. `align` has a letter for each column: l left, r right, L left, and
 * cut where the terminal is narrow. */
typedef struct text_table {
    const char *align;
    char **cells;
    size_t count, capacity;
} text_table;

void table_add(text_table *t, const char *text); /* next cell; escaped */
void table_add_n(text_table *t, const char *text, size_t length);
/* Prints the table with `indent` spaces before each line, at most `width` wide where possible (0:
 * as wide as it is), and frees the cells. */
void table_print(text_table *t, FILE *out, unsigned indent, unsigned width);
/* Returns the width of the terminal that is standard output, 0 if it is not a terminal. */
unsigned terminal_width(void);

#define TEXT_TYPE 320 /* the longest name of a type, which holds a time zone */

/* Writes the name of the type with the parameters in `info`: "timestamp[us, UTC]",
 * "decimal128(18,2)", "tensor[float32, 3x4]", "list[timestamp[ms, UTC]]", "fixed_binary[16]",
 * "dictionary[int8]" (width 0: "dictionary"). Returns `out`. */
char *type_text(const shmcol_column_info *info, char *out, size_t capacity);
/* Does the same for a column of a file, which may be "unsupported". */
char *column_type_text(const shmcol_column_info *info, char *out, size_t capacity);

#endif
