#ifndef SHMCOL_FORMAT_UTF8_H
#define SHMCOL_FORMAT_UTF8_H

#include <stddef.h>
#include <stdint.h>

/* Where `data` stops being UTF-8 (RFC 3629: no surrogates, no overlong forms, nothing above
 * U+10FFFF): the offset of the first byte of the first sequence that is wrong or incomplete;
 * SIZE_MAX if all of it is valid. NUL is valid. Runs over whole CSV files: ASCII at memory speed.
 */
size_t fmt_utf8_check(const uint8_t *data, size_t length);

#endif
