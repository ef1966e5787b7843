/* The frames of compressed buffers (F-72, F-74): how long each is, and what the first bytes of one
 * must say. What is inside a frame is not format's to know. */
#ifndef SHMCOL_FORMAT_FRAMES_H
#define SHMCOL_FORMAT_FRAMES_H

#include <stdbool.h>

#include "format/fault.h"
#include "format/table.h"

/* F-74: `frames` is the whole frames region. Every frame is possible, and those of each slot with
 * the prefix are its stored bytes. The layout must have been checked. Code: LAYOUT. */
int fmt_check_frame_lengths(const fmt_table *table, const uint8_t *frames, fmt_fault *fault);

/* F-72: whether `frame` (of `length` bytes) begins as a zstd frame that says it holds `content`
 * bytes, with neither checksum nor dictionary. */
bool fmt_frame_header_good(const uint8_t *frame, uint64_t length, uint64_t content);

#endif
