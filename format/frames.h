/* The frames of compressed buffers (F-72, F-74): their lengths and their headers. format/
 * decompresses nothing. */
#ifndef SHMCOL_FORMAT_FRAMES_H
#define SHMCOL_FORMAT_FRAMES_H

#include <stdbool.h>

#include "format/fault.h"
#include "format/table.h"

/* Returns the number of frames of a slot of a compressed file: one for each block, none where its
 * bytes are stored uncompressed (F-71). */
uint64_t fmt_frame_count(const fmt_slot *slot);

/* Checks F-74: every frame has a possible length, and the frames of each slot, with the prefix, are
 * as long as its stored bytes. `frames` is the whole frames region; the layout must have been
 * checked. Code: LAYOUT. */
int fmt_check_frame_lengths(const fmt_table *table, const uint8_t *frames, fmt_fault *fault);

/* Tells whether `frame`, of `length` bytes, is a zstd frame as F-72 asks for a block of `content`
 * bytes, 1 … 524,288, as far as its headers tell: frame_check.c. */
bool fmt_frame_good(const uint8_t *frame, uint64_t length, uint64_t content);

#endif
