/* The end of a file in the making: every region goes to its offset, then the rest of the file is
 * written, whose contents depend on the offsets (checksums, zone maps, envelope, directory), then
 * the header, then the file gets its name. The order of the steps is that of format/layout.h. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "format/types.h"
#include "regions.h"
#include "sink/sink_internal.h"

/* Checks that every region of the table is open, whole and listed once. */
static shmcol_status check_regions(sink *s, const sink_target *targets, uint32_t n,
                                   shmcol_error *err)
{
    for (uint32_t i = 0; i < n; i++) {
        sink_region_state *st =
            targets[i].region < s->n_regions ? &s->regions[targets[i].region] : NULL;
        if (st == NULL || !st->open || st->used || st->written < targets[i].length)
            return shm_fail(err, SHMCOL_ERR_WRITER_STATE, "",
                            "internal: a region is missing, too short, or used twice");
        st->used = true;
        if (st->capacity > 0 && st->written > targets[i].length)
            s->dirty = true; /* its end will stand in a gap */
    }
    return SHMCOL_OK;
}

/* Encodes the zone maps (F-46) into *out, which the caller frees. fmt_layout has counted them. */
static shmcol_status encode_zones(const sink_table *table, const fmt_table *laid_out, uint8_t **out,
                                  shmcol_error *err)
{
    uint64_t count = fmt_zone_count(table->rows);
    *out = shm_alloc(laid_out->header.regions[FMT_REGION_ZONE_MAPS].length, 1);
    if (*out == NULL)
        return shm_fail_memory(err);
    for (uint32_t i = 0; i < table->n_columns; i++) {
        const fmt_zone *zones = table->columns[i].zones;
        uint64_t first = laid_out->descriptors[i].first_zone;
        if (first == FMT_NONE64)
            continue;
        if (zones == NULL && count > 0)
            return shm_fail(err, SHMCOL_ERR_WRITER_STATE, "F-46",
                            "internal: a column without its zone maps");
        for (uint64_t z = 0; z < count; z++)
            fmt_zone_encode(&zones[z], *out + (first + z) * FMT_ZONE_ENTRY_SIZE);
    }
    return SHMCOL_OK;
}

/* Writes to the output (a shm_put_fn). */
static shmcol_status put_output(void *arg, const void *bytes, size_t length, uint64_t offset,
                                shmcol_error *err)
{
    sink *s = arg;
    return sink_pwrite(s, s->fd, bytes, length, offset, err);
}

/* Writes everything but the buffers, and sets the length of the file. */
static shmcol_status put_frame(sink *s, const sink_table *table, fmt_table *out,
                               const uint64_t *checksums, shmcol_error *err)
{
    const shm_put put = {put_output, s};
    uint8_t *zones;
    int errnum;
    shmcol_status status = encode_zones(table, out, &zones, err);
    if (status != SHMCOL_OK)
        goto done;
    const shm_regions regions = {.checksums = (const uint8_t *)checksums, .zones = zones};
    status = shm_put_regions(out, &regions, &put, err);
    if (status != SHMCOL_OK)
        goto done;
    status = sink_put_front(s, out, checksums, NULL, err);
    if (status != SHMCOL_OK)
        goto done;
    errnum = sys_truncate(s->fd, out->header.file_size);
    if (errnum != 0)
        status = shm_fail_sys(err, errnum, s->path, "cannot set the length of the output");
done:
    free(zones);
    return status;
}

/* Lays the table out and brings every byte of the file to its offset. The caller frees *out with
 * sink_table_free, whatever is returned. */
static shmcol_status assemble(sink *s, const sink_table *table, fmt_table *out,
                              shmcol_progress progress, void *progress_arg, shmcol_error *err)
{
    sink_target *targets = NULL;
    uint64_t *checksums = NULL;
    uint32_t n = 0;
    shmcol_status status = sink_table_build(table, out, err);
    if (status == SHMCOL_OK)
        status = sink_check_part(table, err);
    if (status != SHMCOL_OK)
        return status;
    if (s->path == NULL && out->header.file_size > SINK_FAR)
        return shm_fail(err, SHMCOL_ERR_LIMIT, "", "more than 1 TiB into a descriptor");
    status = sink_table_targets(table, out, &targets, &n, err);
    if (status != SHMCOL_OK)
        return status;
    status = check_regions(s, targets, n, err);
    if (status != SHMCOL_OK)
        goto done;
    checksums = shm_alloc_zeroed(out->header.regions[FMT_REGION_CHECKSUMS].length, 1);
    if (checksums == NULL) {
        status = shm_fail_memory(err);
        goto done;
    }
    status = sink_move(s, targets, n, err);
    if (status != SHMCOL_OK)
        goto done;
    status = sink_clear_gaps(s, out, err);
    if (status != SHMCOL_OK)
        goto done;
    status = sink_blocks(s, targets, n, checksums, progress, progress_arg, err);
    if (status != SHMCOL_OK)
        goto done;
    status = put_frame(s, table, out, checksums, err);
done:
    free(checksums);
    free(targets);
    return status;
}

/* Publishes the output; it ends with the sink, or goes to the caller of sink_keep. Returns 0 or an
 * errno value. */
static int publish(sink *s, bool *in_place)
{
    sys_output *output = s->output;
    int errnum = s->keep != NULL ? sys_output_publish_kept(output, in_place) : EOPNOTSUPP;
    s->output = NULL;
    if (errnum == EOPNOTSUPP)
        return sys_output_publish(output, in_place);
    if (errnum == 0)
        *s->keep = output;
    else
        sys_output_abort(output);
    return errnum;
}

shmcol_status sink_complete(sink *s, const sink_table *table, shmcol_progress progress,
                            void *progress_arg, sink_result *result, shmcol_error *err)
{
    fmt_table out;
    shmcol_status status = assemble(s, table, &out, progress, progress_arg, err);
    if (status == SHMCOL_OK) {
        result->file_size = out.header.file_size;
        memcpy(result->file_id, out.header.file_id, sizeof result->file_id);
    }
    sink_table_free(&out);
    if (status == SHMCOL_OK && s->output != NULL && s->options.zstd_level != 0)
        status = sink_compress(s, progress, progress_arg, result, err);
    if (status != SHMCOL_OK)
        sink_abort(s);
    return status;
}

shmcol_status sink_publish(sink *s, shmcol_error *err)
{
    bool in_place = false;
    shmcol_status status = SHMCOL_OK;
    int errnum = s->output != NULL ? publish(s, &in_place) : 0;
    if (errnum != 0)
        status = shm_fail_publish(err, errnum, in_place, s->path, "the output");
    sink_free(s);
    return status;
}

shmcol_status sink_finish(sink *s, const sink_table *table, shmcol_progress progress,
                          void *progress_arg, sink_result *result, shmcol_error *err)
{
    sink_result made;
    shmcol_status status = sink_complete(s, table, progress, progress_arg, &made, err);
    if (status == SHMCOL_OK)
        status = sink_publish(s, err);
    if (status == SHMCOL_OK && result != NULL)
        *result = made;
    return status;
}
