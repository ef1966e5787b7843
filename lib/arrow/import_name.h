/* Arrow's names of types, for messages. */
#ifndef SHMCOL_ARROW_IMPORT_NAME_H
#define SHMCOL_ARROW_IMPORT_NAME_H

#include <stdbool.h>

#include "shmcol.h"

#define ARROW_TYPE_NAME 160

/* Writes the type of a field as Arrow's own libraries name it, "list<item: struct<...>>" say, to
 * `out`, and returns it. A long name is cut. The schema may be malformed below its format. */
const char *arrow_type_name(const struct ArrowSchema *schema, char out[ARROW_TYPE_NAME]);

/* Reads the format of a decimal: "d:", precision, scale, perhaps the width in bits, 128 where it is
 * left out. Numbers have up to 4 digits. Returns false for any other text. */
bool arrow_decimal_read(const char *format, int *precision, int *scale, int *bits);

#endif
