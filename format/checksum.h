/* Hashes (F-2): of regions (F-12), blocks (F-45) and the file's identity (F-15). */
#ifndef SHMCOL_FORMAT_CHECKSUM_H
#define SHMCOL_FORMAT_CHECKSUM_H

#include <stddef.h>

#include "format/fault.h"
#include "format/table.h"

/* XXH3(data) and XXH3(data, seed) of F-2. */
uint64_t fmt_hash(const void *data, size_t length);
uint64_t fmt_hash_seed(const void *data, size_t length, uint64_t seed);
/* XXH3(data and, behind it, more; seed). */
uint64_t fmt_hash_two(const void *data, size_t length, const void *more, size_t more_length,
                      uint64_t seed);

/* F-45: writes the hashes of the blocks of `length` bytes, 8 bytes each, to `out`. `data` starts at
 * a block's start; the last block may be shorter. */
void fmt_hash_blocks(const uint8_t *data, uint64_t length, uint8_t *out);
/* Compares blocks with their stored hashes. `data` starts at block `first_block` of a slot that
 * lies at file offset `slot_offset`. Code: BLOCK_HASH, with the offset of the block. */
int fmt_check_blocks(const uint8_t *data, uint64_t length, const uint8_t *stored,
                     uint64_t slot_offset, uint64_t first_block, int64_t column, fmt_fault *fault);

/* F-15: `header_bytes` are the encoded header (header_size bytes; hash and ids are taken as 0),
 * `directory` the bytes [header_size, end of metadata), `checksums` the checksums region. */
void fmt_file_id(const fmt_header *header, const uint8_t *header_bytes, const uint8_t *directory,
                 const uint8_t *checksums, uint8_t out[16]);
/* F-15, and F-16 as far as the file itself tells, which a compressed one does not, for a file whose
 * first byte is `file`. Code: FILE_ID. */
int fmt_check_file_id(const fmt_header *header, const uint8_t *file, fmt_fault *fault);

/* "schema", "zone maps" …: the name of a region of F-12. */
const char *fmt_region_name(int region);
/* F-12 for one region of a file whose first byte is `file`. Code: REGION_HASH. */
int fmt_check_region(const fmt_header *header, int region, const uint8_t *file, fmt_fault *fault);
/* F-25, F-62: the hash of dictionary `k`'s message; `d` has passed fmt_descriptor_bounds. Code:
 * REGION_HASH. */
int fmt_check_message_hash(const fmt_descriptor *d, uint32_t k, const uint8_t *file,
                           fmt_fault *fault);

#endif
