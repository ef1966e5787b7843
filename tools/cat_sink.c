/* The output of shmcol-cat. */
#include "cat_sink.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static shmcol_status fail(shmcol_error *err, int errnum, const char *path, const char *what)
{
    tool_error(err, errnum == EEXIST ? SHMCOL_ERR_EXISTS : SHMCOL_ERR_IO, errnum == EEXIST ? "-f replaces it" : NULL, "%s: %s", what,
               strerror(errnum));
    err->sys_errno = errnum;
    (void)snprintf(err->path, sizeof err->path, "%s", path);
    return err->status;
}

/* A file beside `path`, so that the rename stays within one file system. */
static shmcol_status open_temporary(sink *s, const char *path, shmcol_error *err)
{
    size_t n = strlen(path);
    s->temporary = tool_alloc(n + sizeof ".XXXXXX", 1);
    memcpy(s->temporary, path, n);
    memcpy(s->temporary + n, ".XXXXXX", sizeof ".XXXXXX");
    s->fd = mkstemp(s->temporary);
    if (s->fd < 0) {
        int errnum = errno;
        free(s->temporary);
        s->temporary = NULL;
        return fail(err, errnum, path, "cannot create");
    }
    mode_t mask = umask(0);
    umask(mask);
    if (fchmod(s->fd, 0666 & ~mask) != 0) { /* mkstemp makes 0600; some file systems know no modes */
        if (errno != EPERM && errno != ENOTSUP)
            return fail(err, errno, path, "cannot set the mode");
    }
    return SHMCOL_OK;
}

shmcol_status sink_open(sink *s, const char *path, bool force, shmcol_error *err)
{
    struct stat st;
    memset(s, 0, sizeof *s);
    s->path = path;
    s->force = force;
    s->fd = STDOUT_FILENO;
    if (path == NULL)
        return SHMCOL_OK;
    bool exists = stat(path, &st) == 0;
    if (exists && !S_ISREG(st.st_mode)) { /* a FIFO, a terminal: nothing to replace */
        s->fd = open(path, O_WRONLY | O_CLOEXEC);
        return s->fd < 0 ? fail(err, errno, path, "cannot open") : SHMCOL_OK;
    }
    if (exists && !force)
        return fail(err, EEXIST, path, "the output exists");
    return open_temporary(s, path, err);
}

void sink_grow(sink *s, size_t more)
{
    size_t capacity = s->capacity != 0 ? s->capacity : SINK_FULL + (SINK_FULL >> 2);
    while (capacity - s->used < more)
        capacity *= 2;
    s->data = tool_realloc(s->data, capacity, 1);
    s->capacity = capacity;
}

bool sink_flush(sink *s)
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

/* link fails where the name exists, which rename does not; file systems without links get the weaker promise. */
static int publish(const sink *s)
{
    if (!s->force) {
        if (link(s->temporary, s->path) == 0)
            return unlink(s->temporary);
        if (errno == EEXIST)
            return -1;
    }
    return rename(s->temporary, s->path);
}

shmcol_status sink_close(sink *s, bool keep, shmcol_error *err)
{
    shmcol_status status = s->status;
    const char *path = s->path != NULL ? s->path : "standard output";
    if (status == SHMCOL_ERR_IO)
        fail(err, s->errnum, path, "cannot write");
    if (s->path != NULL && s->fd >= 0 && close(s->fd) != 0 && status == SHMCOL_OK)
        status = fail(err, errno, path, "cannot write");
    if (s->temporary != NULL) {
        if (status == SHMCOL_OK && keep && publish(s) != 0)
            status = fail(err, errno, path, errno == EEXIST ? "the output exists" : "cannot name the output");
        if (status != SHMCOL_OK || !keep)
            (void)unlink(s->temporary); /* nothing more can be done */
    }
    free(s->temporary);
    free(s->data);
    memset(s, 0, sizeof *s);
    s->fd = -1;
    return status;
}
