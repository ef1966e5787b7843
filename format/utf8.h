/* The check of UTF-8, for files and for CSV text. */
#ifndef SHMCOL_FORMAT_UTF8_H
#define SHMCOL_FORMAT_UTF8_H

#include <stddef.h>
#include <stdint.h>

/* Returns the offset of the first sequence that is not UTF-8 or not complete, SIZE_MAX if there is
 * none (RFC 3629: no surrogates, no overlong forms, nothing above U+10FFFF; NUL is valid). Whole
 * CSV files go through it: ASCII at the speed of memory. */
size_t fmt_utf8_check(const uint8_t *data, size_t length);

#endif
