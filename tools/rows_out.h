/* The output of rows as text: a buffer that is emptied only where a row ends, so that whole rows
 * are written before a failure. */
#ifndef TOOLS_ROWS_OUT_H
#define TOOLS_ROWS_OUT_H

#include <string.h>

#include "common.h"

typedef struct rows_out {
    char *data;
    size_t used, capacity;
    int fd;
    uint64_t written;
    shmcol_status status; /* of the first write that failed: IO, or CANCELLED after a signal */
    int errnum;
    bool closed;           /* the reader of the pipe has gone: end quietly */
    const char *path;      /* NULL: standard output */
    shmcol_output *output; /* NULL: standard output */
} rows_out;

/* Opens the output: standard output if path is NULL. A regular file at `path` appears when it is
 * complete; an existing one is replaced with `force` only. Errors: those of shmcol_output_create.
 */
shmcol_status rows_open(rows_out *s, const char *path, bool force, shmcol_error *err);
/* Empties the buffer. Returns false once a write failed. */
bool rows_flush(rows_out *s);
/* Closes the output: the file appears if `keep`, otherwise nothing does. Fills err if a write
 * failed, now or before. */
shmcol_status rows_close(rows_out *s, bool keep, shmcol_error *err);

/* Makes room for `more` bytes; exits without memory. */
void rows_grow(rows_out *s, size_t more);

#define ROWS_FULL ((size_t)256 << 10) /* bytes after which a row's end empties the buffer */

/* Makes room for `n` bytes at s->data + s->used. */
static inline void rows_reserve(rows_out *s, size_t n)
{
    if (s->capacity - s->used < n)
        rows_grow(s, n);
}

/* Appends `n` bytes. */
static inline void rows_put(rows_out *s, const char *data, size_t n)
{
    if (n == 0)
        return;
    rows_reserve(s, n);
    memcpy(s->data + s->used, data, n);
    s->used += n;
}

/* Appends one byte. */
static inline void rows_byte(rows_out *s, char c)
{
    rows_reserve(s, 1);
    s->data[s->used++] = c;
}

#endif
