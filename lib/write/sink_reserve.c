/* A table whose values others write, straight to where they belong, through maps of the output: everything is laid out, allocated and
 * told in header and directory before the first value is there. At the end the sink finishes it like any other: streams that turn out
 * not to be needed are left out, those behind them move down, and what others may have left outside the streams is written over. */
#include "write/sink_internal.h"
#include <errno.h>
#include <stdlib.h>

static shmcol_status allocate(sink *s, uint64_t size, shmcol_error *err)
{
    int errnum = sys_allocate(s->fd, 0, size);
    if (errnum == 0)
        return SHMCOL_OK;
    shmcol_status status = shm_fail_sys(err, errnum, s->path, "cannot allocate %llu bytes for the output", (unsigned long long)size);
    if (errnum == EOPNOTSUPP)
        shm_error_hint(err, "this file system cannot allocate a file ahead: choose another one, or use shmcol_writer_append");
    return status;
}

/* Every stream where it belongs, and whole. */
static void place_all(sink *s, const sink_target *targets, uint32_t n)
{
    sys_lock(s->lock);
    for (uint32_t i = 0; i < n; i++) {
        sink_state *st = &s->streams[targets[i].stream];
        st->place = targets[i].offset;
        st->room = st->written = targets[i].length;
    }
    s->dirty = true;
    sys_unlock(s->lock);
}

uint64_t sink_reserved(uint64_t file_size)
{
    return (file_size + FMT_PAGE - 1) / FMT_PAGE * FMT_PAGE;
}

shmcol_status sink_reserve(sink *s, const sink_table *table, uint64_t behind, const uint8_t id[16], shmcol_error *err)
{
    fmt_table out;
    sink_target *targets = NULL;
    uint32_t n = 0;
    shmcol_status status = sink_table_build(table, &out, err);
    if (status == SHMCOL_OK && (out.header.file_size > INT64_MAX - FMT_PAGE || behind > INT64_MAX - sink_reserved(out.header.file_size)))
        status = shm_fail(err, SHMCOL_ERR_LIMIT, "F-59", "the file would be larger than 2^63 bytes");
    if (status == SHMCOL_OK)
        status = sink_table_targets(table, &out, &targets, &n, err);
    if (status == SHMCOL_OK)
        status = allocate(s, sink_reserved(out.header.file_size) + behind, err);
    if (status == SHMCOL_OK)
        status = sink_put_front(s, &out, NULL, id, err);
    if (status == SHMCOL_OK)
        place_all(s, targets, n);
    free(targets);
    sink_table_free(&out);
    return status;
}
