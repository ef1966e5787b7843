/* All inputs' records as one run of bytes: headers left out, every part ending in LF (one is added
 * where the last line lacks it). Positions in it are what the passes speak of; only errors are
 * turned back into files and lines. */
#ifndef SHMCOL_INGEST_STREAM_H
#define SHMCOL_INGEST_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "shmcol.h"

/* One input, ready to be read at any place as often as needed. */
typedef struct ing_part {
    const char *path; /* as the caller named it, for messages */
    int fd;
    bool borrowed;   /* standard input, before it is copied: not ours to close */
    uint64_t size;   /* of the text in fd */
    int original_fd; /* the text in its own encoding, for refused records; -1: none */
    uint64_t original_size;
    uint64_t begin;       /* of the first record after the header */
    uint64_t pos, length; /* in the stream; length counts the added LF */
    bool add_lf;
    bool ends_in_cr; /* an error but in a comment (C-6, C-7) */
} ing_part;

typedef struct ing_stream {
    ing_part *parts;
    uint32_t n_parts;
    uint64_t length;
} ing_stream;

/* Sets pos, length, add_lf of every part from begin and size. */
shmcol_status ing_stream_join(ing_stream *stream, shmcol_error *err);
/* Reads stream bytes [pos, pos + length), which lie inside the stream. CHANGED if an input got
 * shorter. Thread-safe. */
shmcol_status ing_stream_read(const ing_stream *stream, uint64_t pos, void *data, size_t length,
                              shmcol_error *err);
/* The part that holds position `pos`. */
const ing_part *ing_stream_part(const ing_stream *stream, uint64_t pos);

#endif
