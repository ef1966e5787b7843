/* The end of a file's making: everything to its place, then what the places are known for
 * (directory, envelope, checksums, zone maps), then the header, then the name. The order of the
 * steps is that of format/layout.h. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "format/checksum.h"
#include "format/directory.h"
#include "format/envelope.h"
#include "format/hash.h"
#include "format/header.h"
#include "format/layout.h"
#include "format/types.h"
#include "sink/sink_internal.h"

/* Every region of the table is open, whole and spoken of once. */
static shmcol_status check_regions(sink *s, const sink_target *targets, uint32_t n,
                                   shmcol_error *err)
{
    for (uint32_t i = 0; i < n; i++) {
        sink_state *st = targets[i].region < s->n_regions ? &s->regions[targets[i].region] : NULL;
        if (st == NULL || !st->open || st->used || st->written < targets[i].length)
            return shm_fail(err, SHMCOL_ERR_WRITER_STATE, "",
                            "internal: a region is missing, too short, or used twice");
        st->used = true;
        if (st->capacity > 0 && st->written > targets[i].length)
            s->dirty = true; /* its end will stand in a gap */
    }
    return SHMCOL_OK;
}

/* Writes one region whose bytes are at hand and notes its hash (F-12). */
static shmcol_status put_region(sink *s, fmt_table *table, int region, const uint8_t *bytes,
                                shmcol_error *err)
{
    fmt_region *r = &table->header.regions[region];
    r->hash = fmt_hash(bytes, (size_t)r->length);
    return r->length > 0 ? sink_pwrite(s, s->fd, bytes, (size_t)r->length, r->offset, err)
                         : SHMCOL_OK;
}

/* F-46. The table's zones are whole: fmt_layout has counted them. */
static shmcol_status put_zones(sink *s, const sink_table *table, fmt_table *out, shmcol_error *err)
{
    uint64_t count = fmt_zone_count(table->rows);
    uint8_t *bytes = shm_alloc(out->header.regions[FMT_REGION_ZONE_MAPS].length, 1);
    if (bytes == NULL)
        return shm_fail_memory(err);
    shmcol_status status = SHMCOL_OK;
    for (uint32_t i = 0; i < table->n_columns && status == SHMCOL_OK; i++) {
        const sink_column *c = &table->columns[i];
        uint64_t first = out->descriptors[i].first_zone;
        if (first == FMT_NONE64)
            continue;
        if (c->zones == NULL && count > 0)
            status = shm_fail(err, SHMCOL_ERR_WRITER_STATE, "F-46",
                              "internal: a column without its zone maps");
        for (uint64_t z = 0; z < count && status == SHMCOL_OK; z++)
            fmt_zone_encode(&c->zones[z], bytes + (first + z) * FMT_ZONE_ENTRY_SIZE);
    }
    if (status == SHMCOL_OK)
        status = put_region(s, out, FMT_REGION_ZONE_MAPS, bytes, err);
    free(bytes);
    return status;
}

/* F-40: the messages of the dictionaries; their hashes go into the descriptors. */
static shmcol_status put_dictionaries(sink *s, fmt_table *table, shmcol_error *err)
{
    shmcol_status status = SHMCOL_OK;
    for (uint32_t k = 0; k < table->header.dictionaries && status == SHMCOL_OK; k++) {
        fmt_descriptor *d = &table->descriptors[table->header.columns + k];
        uint8_t *bytes = shm_alloc_zeroed(d->message_length, 1);
        if (bytes == NULL)
            return shm_fail_memory(err);
        (void)fmt_envelope_dictionary(table, k, bytes); /* its length is in the layout */
        d->message_hash = fmt_hash(bytes, (size_t)d->message_length);
        status = sink_pwrite(s, s->fd, bytes, (size_t)d->message_length, d->message_offset, err);
        free(bytes);
    }
    return status;
}

/* One of the envelope's regions: zeroed, encoded, written. */
static shmcol_status put_envelope(sink *s, fmt_table *table, int region,
                                  uint64_t (*encode)(const fmt_table *, uint8_t *),
                                  shmcol_error *err)
{
    uint8_t *bytes = shm_alloc_zeroed(table->header.regions[region].length, 1);
    if (bytes == NULL)
        return shm_fail_memory(err);
    (void)encode(table, bytes); /* its length is in the layout */
    shmcol_status status = put_region(s, table, region, bytes, err);
    free(bytes);
    return status;
}

shmcol_status sink_put_front(sink *s, fmt_table *table, const uint64_t *checksums,
                             const uint8_t id[16], shmcol_error *err)
{
    fmt_header *h = &table->header;
    fmt_fault fault;
    uint64_t length = h->header_size + fmt_directory_length(h);
    uint8_t *bytes = shm_alloc_zeroed(length, 1);
    if (bytes == NULL)
        return shm_fail_memory(err);
    shmcol_status status = SHMCOL_OK;
    if (fmt_directory_encode(table, bytes + h->header_size, &fault) != 0)
        status = sink_fault(&fault, err);
    if (status == SHMCOL_OK) {
        fmt_header_encode(h, bytes);
        if (id != NULL)
            memcpy(h->file_id, id, sizeof h->file_id);
        else
            fmt_file_id(h, bytes, (const uint8_t *)checksums, h->file_id);
        memcpy(h->content_id, h->file_id, sizeof h->content_id); /* F-16 */
        fmt_header_encode(h, bytes);
        status = sink_pwrite(s, s->fd, bytes, length, 0, err);
    }
    free(bytes);
    return status;
}

/* All but the buffers. */
static shmcol_status put_frame(sink *s, const sink_table *table, fmt_table *out,
                               const uint64_t *checksums, shmcol_error *err)
{
    shmcol_status status =
        put_region(s, out, FMT_REGION_CHECKSUMS, (const uint8_t *)checksums, err);
    if (status == SHMCOL_OK)
        status = put_zones(s, table, out, err);
    if (status == SHMCOL_OK)
        status = put_dictionaries(s, out, err);
    if (status == SHMCOL_OK)
        status = put_envelope(s, out, FMT_REGION_SCHEMA, fmt_envelope_schema, err);
    if (status == SHMCOL_OK)
        status = put_envelope(s, out, FMT_REGION_BATCH, fmt_envelope_batch, err);
    if (status == SHMCOL_OK)
        status = put_envelope(s, out, FMT_REGION_FOOTER, fmt_envelope_footer, err);
    if (status == SHMCOL_OK)
        status = sink_put_front(s, out, checksums, NULL, err);
    int errnum = status == SHMCOL_OK ? sys_truncate(s->fd, out->header.file_size) : 0;
    return errnum != 0 ? shm_fail_sys(err, errnum, s->path, "cannot set the length of the output")
                       : status;
}

static shmcol_status assemble(sink *s, const sink_table *table, fmt_table *out,
                              shmcol_progress progress, void *progress_arg, shmcol_error *err)
{
    sink_target *targets = NULL;
    uint64_t *checksums = NULL;
    uint32_t n = 0;
    shmcol_status status = sink_table_build(table, out, err);
    if (status == SHMCOL_OK && s->path == NULL && out->header.file_size > SINK_FAR)
        status = shm_fail(err, SHMCOL_ERR_LIMIT, "", "more than 1 TiB into a descriptor");
    if (status == SHMCOL_OK)
        status = sink_table_targets(table, out, &targets, &n, err);
    if (status == SHMCOL_OK)
        status = check_regions(s, targets, n, err);
    if (status == SHMCOL_OK) {
        checksums = shm_alloc_zeroed(out->header.regions[FMT_REGION_CHECKSUMS].length, 1);
        status = checksums == NULL ? shm_fail_memory(err) : sink_move(s, targets, n, err);
    }
    if (status == SHMCOL_OK)
        status = sink_clear_gaps(s, out, err);
    if (status == SHMCOL_OK)
        status = sink_blocks(s, targets, n, checksums, progress, progress_arg, err);
    if (status == SHMCOL_OK)
        status = put_frame(s, table, out, checksums, err);
    free(checksums);
    free(targets);
    return status;
}

/* The output ends with the sink, or goes to who keeps it. */
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
