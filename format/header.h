/* The header (F-10 … F-20). */
#ifndef SHMCOL_FORMAT_HEADER_H
#define SHMCOL_FORMAT_HEADER_H

#include "format/fault.h"
#include "format/table.h"

/* A header of this version: sizes, versions and writer_id set, the rest 0. The writer sets
 * writer_version and the table's own fields. */
void fmt_header_init(fmt_header *header);

/* Writes header_size bytes, the header's hash included. For F-15 the header is encoded once with
 * file_id and content_id as they are (fmt_file_id takes them as 0 whatever they hold), then again
 * with the ids set. */
void fmt_header_encode(const fmt_header *header, uint8_t *out);

/* Checks a file's header in the order of F-60 and decodes it. `bytes` are the first `available`
 * bytes of a file of `file_size` bytes; available is at least min(file_size, 65,536) (or the
 * header's size, for a caller who knows it). On failure `header` is undefined. Codes: NOT_SHMCOL,
 * TRUNCATED, BIG_ENDIAN, HEADER_HASH, VERSION, FEATURE, TRAILING, HEADER_FIELD. Afterwards all
 * regions lie inside the file, in order, at the places of F-4 as far as the header tells. */
int fmt_header_decode(const uint8_t *bytes, uint64_t available, uint64_t file_size,
                      fmt_header *header, fmt_fault *fault);

/* The same for a reader that can do with a compressed body as it lies in the file (F-70): it is no
 * FEATURE. */
int fmt_header_decode_stored(const uint8_t *bytes, uint64_t available, uint64_t file_size,
                             fmt_header *header, fmt_fault *fault);

/* Puts the header's fields over the bytes of the same file in its other form (F-75): what this
 * version does not know stays as it is. The hash is computed anew. */
void fmt_header_replace(const fmt_header *header, uint8_t *bytes);

#endif
