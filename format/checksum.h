/* Checksums of regions (F-12) and blocks (F-45), and the file's identity (F-15). */
#ifndef SHMCOL_FORMAT_CHECKSUM_H
#define SHMCOL_FORMAT_CHECKSUM_H

#include "format/fault.h"
#include "format/table.h"

/* Hashes blocks (F-45): `length` bytes from a block's start, of which the last block may be
 * shorter. Writes 8 bytes a block to `out`. */
void fmt_hash_blocks(const uint8_t *data, uint64_t length, uint8_t *out);
/* Compares blocks with their stored hashes. `data` starts at block `first_block` of a slot whose
 * file offset is `slot_offset`. Code: BLOCK_HASH, with the offset of the block. */
int fmt_check_blocks(const uint8_t *data, uint64_t length, const uint8_t *stored,
                     uint64_t slot_offset, uint64_t first_block, int64_t column, fmt_fault *fault);

/* Computes file_id (F-15). `front` are the bytes [0, end of metadata), header and directory, whose
 * hash and ids are taken as 0; `checksums` the checksums region. */
void fmt_file_id(const fmt_header *header, const uint8_t *front, const uint8_t *checksums,
                 uint8_t out[16]);
/* Checks F-15, and F-16 as far as the file itself tells, which a compressed one does not. Code:
 * FILE_ID. */
int fmt_check_file_id(const fmt_header *header, const uint8_t *front, const uint8_t *checksums,
                      fmt_fault *fault);

/* Checks F-12 for one region of a file whose first byte is `file`. Code: REGION_HASH. */
int fmt_check_region(const fmt_header *header, int region, const uint8_t *file, fmt_fault *fault);
/* Checks the hash of the message of dictionary `k` (F-25, F-62), whose descriptor `d` has passed
 * fmt_descriptor_bounds. Code: REGION_HASH. */
int fmt_check_message_hash(const fmt_descriptor *d, uint32_t k, const uint8_t *file,
                           fmt_fault *fault);

#endif
