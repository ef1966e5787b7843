/* The canonical JSON of a table, as tests/reference/canonical.py describes it, through the public
 * functions alone. */
#ifndef SHMCOL_TESTS_CANONICAL_H
#define SHMCOL_TESTS_CANONICAL_H

#include "shmcol.h"

/* NUL-terminated, to be freed; NULL where a function failed, with *err. */
char *canonical_json(const shmcol_file *file, shmcol_error *err);

/* SHA-256 of a text, as 64 lower-case hexadecimal digits and a NUL. */
void sha256_hex(const char *text, char out[65]);

#endif
