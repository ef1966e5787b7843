/* A table whose values others write, straight to their final offsets, through maps of the output.
 * Everything is laid out and allocated, and header and directory are written, before the first
 * value. At the end the sink completes the file like any other: regions that turn out not to be
 * needed are left out, those after them move down, and bytes that others may have left outside the
 * regions are overwritten. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "sink/sink_internal.h"

static shmcol_status cannot_allocate(const sink *s, int errnum, uint64_t size, shmcol_error *err)
{
    shmcol_status status = shm_fail_sys(err, errnum, s->path,
                                        "cannot allocate %" PRIu64 " bytes for the output", size);
    if (errnum == EOPNOTSUPP)
        shm_error_hint(err, "this file system cannot allocate a file ahead: choose another one, or "
                            "use shmcol_writer_append");
    return status;
}

shmcol_status sink_fail_map(shmcol_error *err, int errnum, const char *path, uint64_t length)
{
    if (errnum != ENOMEM)
        return shm_fail_sys(err, errnum, path, "cannot map");
    (void)shm_fail(err, SHMCOL_ERR_ADDRESS_SPACE, "",
                   "cannot map %" PRIu64 " bytes: not enough address space", length);
    shm_error_path(err, path);
    return SHMCOL_ERR_ADDRESS_SPACE;
}

/* Allocates what an output that is used again lacks: only its end was ever given back. */
static shmcol_status allocate_again(sink *s, uint64_t size, const sink_map *map, shmcol_error *err)
{
    sys_file_info info;
    s->map = *map;
    int errnum = sys_stat_fd(s->fd, &info);
    if (errnum == 0 && info.size < size)
        errnum = sys_allocate(s->fd, info.size, size - info.size);
    return errnum == 0 ? SHMCOL_OK : cannot_allocate(s, errnum, size, err);
}

/* Maps the first `length` bytes of the output, which hold all regions, and allocates `size`. If
 * neither works, the error is that of the allocation. */
static shmcol_status map_and_allocate(sink *s, uint64_t length, uint64_t size, const sink_map *map,
                                      shmcol_error *err)
{
    if (s->reused)
        return allocate_again(s, size, map, err);
    int errnum = sys_map_shared(s->fd, length, &s->map.bytes);
    if (errnum == 0)
        s->map.length = length;
    else
        s->map.bytes = NULL;
    int failed = sink_allocate(s, size);
    if (failed != 0)
        return cannot_allocate(s, failed, size, err);
    return errnum != 0 ? sink_fail_map(err, errnum, s->path, length) : SHMCOL_OK;
}

/* Makes every region written, in the output, at its final offset. */
static void mark_written(sink *s, const sink_target *targets, uint32_t n)
{
    sys_lock(s->lock);
    for (uint32_t i = 0; i < n; i++) {
        sink_region_state *region = &s->regions[targets[i].region];
        region->guess_offset = targets[i].offset;
        region->capacity = region->written = targets[i].length;
    }
    s->dirty = true;
    sys_unlock(s->lock);
}

/* Fills the tail of an output that is used again. */
static shmcol_status fill_tail(sink *s, uint64_t at, const sink_tail *tail, shmcol_error *err)
{
    uint8_t bytes[FMT_PAGE];
    shmcol_status status = SHMCOL_OK;
    memset(bytes, tail->fill, sizeof bytes);
    for (uint64_t end = at + tail->length; at < end && status == SHMCOL_OK; at += sizeof bytes)
        status = sink_pwrite(s, s->fd, bytes,
                             end - at < sizeof bytes ? (size_t)(end - at) : sizeof bytes, at, err);
    return status;
}

uint64_t sink_tail_offset(uint64_t file_size)
{
    return (file_size + FMT_PAGE - 1) / FMT_PAGE * FMT_PAGE;
}

/* Checks that file and tail together have less than 2^63 bytes (F-59). */
static shmcol_status check_size(uint64_t file_size, uint64_t tail, shmcol_error *err)
{
    if (file_size > INT64_MAX - FMT_PAGE || tail > INT64_MAX - sink_tail_offset(file_size))
        return shm_fail(err, SHMCOL_ERR_LIMIT, "F-59", "the file would be larger than 2^63 bytes");
    return SHMCOL_OK;
}

/* Allocates and writes the table that is laid out in `out`. */
static shmcol_status reserve(sink *s, fmt_table *out, const sink_tail *tail, const uint8_t id[16],
                             const sink_map *map, shmcol_error *err)
{
    uint64_t file_size = out->header.file_size, at = sink_tail_offset(file_size);
    shmcol_status status = map_and_allocate(s, out->header.regions[FMT_REGION_CHECKSUMS].offset,
                                            at + tail->length, map, err);
    if (status == SHMCOL_OK && s->reused)
        status = fill_tail(s, at, tail, err);
    return status == SHMCOL_OK ? sink_put_front(s, out, NULL, id, err) : status;
}

shmcol_status sink_reserve(sink *s, const sink_table *table, const sink_tail *tail,
                           const uint8_t id[16], sink_map *map, shmcol_error *err)
{
    fmt_table out;
    sink_target *targets = NULL;
    uint32_t n = 0;
    shmcol_status status = sink_table_build(table, &out, err);
    if (status == SHMCOL_OK)
        status = sink_check_part(table, err);
    if (status != SHMCOL_OK)
        goto done;
    status = check_size(out.header.file_size, tail->length, err);
    if (status != SHMCOL_OK)
        goto done;
    status = sink_table_targets(table, &out, &targets, &n, err);
    if (status != SHMCOL_OK)
        goto done;
    status = reserve(s, &out, tail, id, map, err);
    if (status != SHMCOL_OK) {
        if (!s->reused)
            sys_unmap(s->map.bytes, s->map.length);
        goto done;
    }
    mark_written(s, targets, n);
    *map = s->map;
done:
    free(targets);
    sink_table_free(&out);
    return status;
}
