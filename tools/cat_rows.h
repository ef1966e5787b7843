/* The output of shmcol-cat: a buffer that is emptied only where a row ends, so that whole rows are
 * written before a failure. */
#ifndef TOOLS_CAT_ROWS_H
#define TOOLS_CAT_ROWS_H

#include <string.h>

#include "common.h"

typedef struct cat_rows {
    char *data;
    size_t used, capacity;
    int fd;
    uint64_t written;
    shmcol_status status; /* of the first write that failed: IO, or CANCELLED after a signal */
    int errnum;
    bool closed;           /* the reader of the pipe has gone: end quietly */
    const char *path;      /* NULL: standard output */
    shmcol_output *output; /* NULL: standard output */
} cat_rows;

/* Opens the output: standard output if path is NULL. A regular file at `path` appears when it is
 * complete; an existing one is replaced with `force` only. Errors: those of shmcol_output_create.
 */
shmcol_status cat_rows_open(cat_rows *s, const char *path, bool force, shmcol_error *err);
/* Empties the buffer. Returns false once a write failed. */
bool cat_rows_flush(cat_rows *s);
/* Closes the output: the file appears if `keep`, otherwise nothing does. Fills err if a write
 * failed, now or before. */
shmcol_status cat_rows_close(cat_rows *s, bool keep, shmcol_error *err);

/* Makes room for `more` bytes; exits without memory. */
void cat_rows_grow(cat_rows *s, size_t more);

#define CAT_ROWS_FULL ((size_t)256 << 10) /* bytes after which a row's end empties the buffer */

/* Makes room for `n` bytes at s->data + s->used. */
static inline void cat_rows_reserve(cat_rows *s, size_t n)
{
    if (s->capacity - s->used < n)
        cat_rows_grow(s, n);
}

/* Appends `n` bytes. */
static inline void cat_rows_put(cat_rows *s, const char *data, size_t n)
{
    if (n == 0)
        return;
    cat_rows_reserve(s, n);
    memcpy(s->data + s->used, data, n);
    s->used += n;
}

/* Appends one byte. */
static inline void cat_rows_byte(cat_rows *s, char c)
{
    cat_rows_reserve(s, 1);
    s->data[s->used++] = c;
}

#endif
