/* The header (F-10 … F-20). */
#ifndef SHMCOL_FORMAT_HEADER_H
#define SHMCOL_FORMAT_HEADER_H

#include "format/fault.h"
#include "format/table.h"

/* Makes a header of this version: sets sizes, versions and writer_id, zeroes the rest. The writer
 * sets writer_version and the fields of the table. */
void fmt_header_init(fmt_header *header);

/* Encodes the header: writes header_size bytes, the header's hash included. For F-15 it is encoded
 * twice: first for fmt_file_id, which takes both ids as 0, then with the ids set. */
void fmt_header_encode(const fmt_header *header, uint8_t *out);

/* Checks a file's header in the order of F-60 and decodes it. `bytes` are the first `available`
 * bytes of a file of `file_size` bytes; available is at least min(file_size, 65,536), or the
 * header's size, if the caller knows it. Afterwards all regions lie inside the file, in the order
 * of F-4, and at its offsets as far as the header tells. After a failure `header` is undefined.
 * Codes: NOT_SHMCOL, TRUNCATED, BIG_ENDIAN, HEADER_HASH, VERSION, FEATURE, TRAILING,
 * HEADER_FIELD. */
int fmt_header_decode(const uint8_t *bytes, uint64_t available, uint64_t file_size,
                      fmt_header *header, fmt_fault *fault);

/* Does the same for a reader that takes a compressed body as it lies in the file (F-70): it is not
 * FEATURE then. */
int fmt_header_decode_stored(const uint8_t *bytes, uint64_t available, uint64_t file_size,
                             fmt_header *header, fmt_fault *fault);

/* Overwrites the header's fields in the bytes of the same file in its other form (F-75), and
 * computes the hash again. Bytes that this version does not know stay as they are. */
void fmt_header_replace(const fmt_header *header, uint8_t *bytes);

#endif
