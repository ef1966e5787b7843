/* A table whose values others write, straight to where they belong, through maps of the output:
 * everything is laid out, allocated and told in header and directory before the first value is
 * there. At the end the sink finishes it like any other: regions that turn out not to be needed are
 * left out, those behind them move down, and what others may have left outside the regions is
 * written over. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "sink/sink_internal.h"

static shmcol_status cannot_allocate(const sink *s, int errnum, uint64_t size, shmcol_error *err)
{
    shmcol_status status =
        shm_fail_sys(err, errnum, s->path, "cannot allocate %llu bytes for the output",
                     (unsigned long long)size);
    if (errnum == EOPNOTSUPP)
        shm_error_hint(err, "this file system cannot allocate a file ahead: choose another one, or "
                            "use shmcol_writer_append");
    return status;
}

static shmcol_status check_map(const sink *s, int errnum, uint64_t length, shmcol_error *err)
{
    if (errnum == 0)
        return SHMCOL_OK;
    if (errnum != ENOMEM)
        return shm_fail_sys(err, errnum, s->path, "cannot map");
    (void)shm_fail(err, SHMCOL_ERR_ADDRESS_SPACE, "",
                   "cannot map %llu bytes: not enough address space", (unsigned long long)length);
    shm_error_path(err, s->path);
    return SHMCOL_ERR_ADDRESS_SPACE;
}

/* Of what is used again only the end was ever given back. */
static shmcol_status allocate_again(sink *s, uint64_t size, const sink_map *map, shmcol_error *err)
{
    sys_file_info info;
    s->map = *map;
    int errnum = sys_stat_fd(s->fd, &info);
    if (errnum == 0 && info.size < size)
        errnum = sys_allocate(s->fd, info.size, size - info.size);
    return errnum == 0 ? SHMCOL_OK : cannot_allocate(s, errnum, size, err);
}

/* A map of what lies before the checksums, which is all regions, and every byte of the file in its
 * place. That there is no room for the map is said where there is room for the file. */
static shmcol_status map_and_allocate(sink *s, uint64_t regions, uint64_t size, const sink_map *map,
                                      shmcol_error *err)
{
    if (s->reused)
        return allocate_again(s, size, map, err);
    int errnum = sys_map_shared(s->fd, regions, &s->map.bytes);
    if (errnum == 0)
        s->map.length = regions;
    else
        s->map.bytes = NULL;
    int failed = sink_allocate(s, size);
    return failed != 0 ? cannot_allocate(s, failed, size, err) : check_map(s, errnum, regions, err);
}

/* Every region where it belongs, and whole. */
static void place_all(sink *s, const sink_target *targets, uint32_t n)
{
    sys_lock(s->lock);
    for (uint32_t i = 0; i < n; i++) {
        sink_state *st = &s->regions[targets[i].region];
        st->guess_offset = targets[i].offset;
        st->capacity = st->written = targets[i].length;
    }
    s->dirty = true;
    sys_unlock(s->lock);
}

static shmcol_status put_marks(sink *s, uint64_t at, uint64_t count, uint8_t mark,
                               shmcol_error *err)
{
    uint8_t marks[FMT_PAGE];
    shmcol_status status = SHMCOL_OK;
    memset(marks, mark, sizeof marks);
    for (uint64_t end = at + count; at < end && status == SHMCOL_OK; at += sizeof marks)
        status = sink_pwrite(s, s->fd, marks,
                             end - at < sizeof marks ? (size_t)(end - at) : sizeof marks, at, err);
    return status;
}

uint64_t sink_reserved(uint64_t file_size)
{
    return (file_size + FMT_PAGE - 1) / FMT_PAGE * FMT_PAGE;
}

shmcol_status sink_reserve(sink *s, const sink_table *table, uint64_t behind, uint8_t mark,
                           const uint8_t id[16], sink_map *map, shmcol_error *err)
{
    fmt_table out;
    sink_target *targets = NULL;
    uint32_t n = 0;
    shmcol_status status = sink_table_build(table, &out, err);
    if (status == SHMCOL_OK && (out.header.file_size > INT64_MAX - FMT_PAGE ||
                                behind > INT64_MAX - sink_reserved(out.header.file_size)))
        status =
            shm_fail(err, SHMCOL_ERR_LIMIT, "F-59", "the file would be larger than 2^63 bytes");
    if (status == SHMCOL_OK)
        status = sink_table_targets(table, &out, &targets, &n, err);
    if (status == SHMCOL_OK)
        status = map_and_allocate(s, out.header.regions[FMT_REGION_CHECKSUMS].offset,
                                  sink_reserved(out.header.file_size) + behind, map, err);
    if (status == SHMCOL_OK && s->reused)
        status = put_marks(s, sink_reserved(out.header.file_size), behind, mark, err);
    if (status == SHMCOL_OK)
        status = sink_put_front(s, &out, NULL, id, err);
    if (status == SHMCOL_OK)
        place_all(s, targets, n);
    if (status == SHMCOL_OK)
        *map = s->map;
    else if (!s->reused)
        sys_unmap(s->map.bytes, s->map.length);
    free(targets);
    sink_table_free(&out);
    return status;
}
