/* Where shmcol-cat writes: a buffer that is emptied at ends of rows only, so that what is written
 * before a failure is whole rows. */
#ifndef TOOLS_CAT_SINK_H
#define TOOLS_CAT_SINK_H

#include <string.h>

#include "common.h"

typedef struct sink {
    char *data;
    size_t used, capacity;
    int fd;
    uint64_t written;
    shmcol_status status; /* of the first write that failed: IO, or CANCELLED after a signal */
    int errnum;
    bool closed;           /* the reader of our pipe has gone: end quietly */
    const char *path;      /* NULL: standard output */
    shmcol_output *output; /* NULL: standard output */
} sink;

/* path NULL: standard output. A regular file at `path` appears when it is complete; an existing one
 * is replaced with `force` only. */
shmcol_status sink_open(sink *s, const char *path, bool force, shmcol_error *err);
/* Empties the buffer; false once a write failed. */
bool sink_flush(sink *s);
/* The file appears, or, if not `keep`, nothing does. Fills err if the sink failed, now or before.
 */
shmcol_status sink_close(sink *s, bool keep, shmcol_error *err);

void sink_grow(sink *s, size_t more);

#define SINK_FULL ((size_t)256 << 10) /* bytes after which a row's end empties the buffer */

/* Room for `n` bytes at s->data + s->used. */
static inline void sink_reserve(sink *s, size_t n)
{
    if (s->capacity - s->used < n)
        sink_grow(s, n);
}

static inline void sink_put(sink *s, const char *data, size_t n)
{
    if (n == 0)
        return;
    sink_reserve(s, n);
    memcpy(s->data + s->used, data, n);
    s->used += n;
}

static inline void sink_byte(sink *s, char c)
{
    sink_reserve(s, 1);
    s->data[s->used++] = c;
}

#endif
