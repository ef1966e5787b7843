/* The streams of a column buffer: bytes whose place in the file is known when all blocks before
 * this one have joined. What a block adds to a stream is gathered here until then. */
#ifndef SHMCOL_INGEST_STREAM_H
#define SHMCOL_INGEST_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

typedef struct ing_stream {
    char *bytes; /* not yet written */
    size_t length, capacity;
    uint64_t flushed; /* bytes of this block that are in the sink already */
} ing_stream;

#define ING_SHORT_COPY                                                                             \
    64 /* what is copied at once, whatever the length: no loop whose end nobody predicts. At most  \
          CSV_SLACK */

/* Returns the bytes that the block has added to the stream so far. */
static inline uint64_t ing_stream_end(const ing_stream *stream)
{
    return stream->flushed + stream->length;
}

/* Makes room for `n` bytes more, and ING_SHORT_COPY behind them (column_buffer.c). Returns false if
 * there is no memory. */
bool ing_stream_grow(ing_stream *stream, size_t n);

static inline bool ing_stream_room(ing_stream *stream, size_t n)
{
    return __builtin_expect(stream->capacity - stream->length >= n + ING_SHORT_COPY, 1) ||
           ing_stream_grow(stream, n);
}

/* Appends s[0, n), a text with CSV_SLACK behind it. Returns false if there is no memory. */
static inline bool ing_stream_append(ing_stream *stream, const char *s, size_t n)
{
    if (!ing_stream_room(stream, n))
        return false;
    memcpy(stream->bytes + stream->length, s, ING_SHORT_COPY);
    if (n > ING_SHORT_COPY)
        memcpy(stream->bytes + stream->length + ING_SHORT_COPY, s + ING_SHORT_COPY,
               n - ING_SHORT_COPY);
    stream->length += n;
    return true;
}

#endif
