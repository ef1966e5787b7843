/* The output of rows as text. */
#include "rows_out.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

static shmcol_status fail(shmcol_error *err, int errnum, const char *path, const char *what)
{
    tool_error(err, SHMCOL_ERR_IO, NULL, "%s: %s", what, strerror(errnum));
    err->sys_errno = errnum;
    (void)snprintf(err->path, sizeof err->path, "%s", path);
    return err->status;
}

shmcol_status rows_open(rows_out *s, const char *path, bool force, shmcol_error *err)
{
    memset(s, 0, sizeof *s);
    s->path = path;
    s->fd = STDOUT_FILENO;
    if (path == NULL)
        return SHMCOL_OK;
    shmcol_status status =
        shmcol_output_create(path, force ? SHMCOL_OUTPUT_REPLACE : 0, &s->output, err);
    if (status == SHMCOL_OK)
        s->fd = shmcol_output_fd(s->output);
    return status;
}

void rows_grow(rows_out *s, size_t more)
{
    size_t capacity = s->capacity != 0 ? s->capacity : ROWS_FULL + (ROWS_FULL >> 2);
    while (capacity - s->used < more)
        capacity *= 2;
    s->data = tool_realloc(s->data, capacity, 1);
    s->capacity = capacity;
}

bool rows_flush(rows_out *s)
{
    size_t at = 0;
    while (at < s->used && s->status == SHMCOL_OK && !s->closed) {
        if (tool_signal != 0) {
            s->status = SHMCOL_ERR_CANCELLED;
            break;
        }
        ssize_t n = write(s->fd, s->data + at, s->used - at);
        if (n >= 0) {
            at += (size_t)n;
        } else if (errno == EPIPE) {
            s->closed = true;
        } else if (errno != EINTR) {
            s->status = SHMCOL_ERR_IO;
            s->errnum = errno;
        }
    }
    s->written += at;
    s->used = 0;
    return s->status == SHMCOL_OK && !s->closed;
}

shmcol_status rows_close(rows_out *s, bool keep, shmcol_error *err)
{
    shmcol_status status = s->status;
    if (status == SHMCOL_ERR_IO)
        fail(err, s->errnum, s->path != NULL ? s->path : "standard output", "cannot write");
    if (s->output != NULL && status == SHMCOL_OK && keep)
        status = shmcol_output_publish(s->output, err);
    else
        shmcol_output_abort(s->output);
    free(s->data);
    memset(s, 0, sizeof *s);
    s->fd = -1;
    return status;
}
