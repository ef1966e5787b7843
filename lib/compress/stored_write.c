/* What goes around the buffers of a file's other form. The directory is the source's own bytes with
 * the fields over them that differ, so that what a later version keeps in reserved places goes
 * through (F-75). */
#include <stdlib.h>
#include <string.h>

#include "compress/stored_internal.h"
#include "format/checksum.h"
#include "format/descriptor.h"
#include "format/envelope.h"
#include "format/hash.h"
#include "format/header.h"
#include "format/layout.h"

shmcol_status stored_copy_table(const stored_file *file, fmt_table *out, shmcol_error *err)
{
    const fmt_table *t = &file->table;
    size_t objects = (size_t)t->header.columns + t->header.dictionaries;
    *out = *t;
    out->descriptors = shm_alloc_zeroed(objects, sizeof *out->descriptors);
    if (out->descriptors == NULL)
        return shm_fail_memory(err);
    memcpy(out->descriptors, t->descriptors, objects * sizeof *out->descriptors);
    return SHMCOL_OK;
}

shmcol_status stored_pwrite(const void *data, size_t length, uint64_t offset, int fd,
                            shmcol_error *err)
{
    int errnum = length != 0 ? sys_pwrite(fd, data, length, offset) : 0;
    return errnum != 0 ? shm_fail_sys(err, errnum, NULL, "cannot write %zu bytes", length)
                       : SHMCOL_OK;
}

static shmcol_status put_region(fmt_table *out, int region, const uint8_t *bytes, int fd,
                                shmcol_error *err)
{
    fmt_region *r = &out->header.regions[region];
    r->hash = fmt_hash(bytes, (size_t)r->length);
    return stored_pwrite(bytes, (size_t)r->length, r->offset, fd, err);
}

static shmcol_status put_envelope(fmt_table *out, int region,
                                  uint64_t (*encode)(const fmt_table *, uint8_t *), int fd,
                                  shmcol_error *err)
{
    uint8_t *bytes = shm_alloc_zeroed(out->header.regions[region].length, 1);
    if (bytes == NULL)
        return shm_fail_memory(err);
    (void)encode(out, bytes); /* its length is in the layout */
    shmcol_status status = put_region(out, region, bytes, fd, err);
    free(bytes);
    return status;
}

/* F-40 */
static shmcol_status put_dictionaries(fmt_table *out, int fd, shmcol_error *err)
{
    shmcol_status status = SHMCOL_OK;
    for (uint32_t k = 0; k < out->header.dictionaries && status == SHMCOL_OK; k++) {
        fmt_descriptor *d = &out->descriptors[(uint64_t)out->header.columns + k];
        uint8_t *bytes = shm_alloc_zeroed(d->message_length, 1);
        if (bytes == NULL)
            return shm_fail_memory(err);
        (void)fmt_envelope_dictionary(out, k, bytes); /* its length is in the layout */
        d->message_hash = fmt_hash(bytes, (size_t)d->message_length);
        status = stored_pwrite(bytes, (size_t)d->message_length, d->message_offset, fd, err);
        free(bytes);
    }
    return status;
}

/* Directory and header, which hold the hashes of all the rest. */
static shmcol_status put_front(const stored_file *file, fmt_table *out, const uint8_t *checksums,
                               const uint8_t *content, int fd, shmcol_error *err)
{
    fmt_header *h = &out->header;
    fmt_region *descriptors = &h->regions[FMT_REGION_DESCRIPTORS];
    uint8_t *front = shm_alloc(file->front_length, 1);
    if (front == NULL)
        return shm_fail_memory(err);
    memcpy(front, file->front, (size_t)file->front_length);
    for (uint64_t i = 0; i < (uint64_t)h->columns + h->dictionaries; i++)
        fmt_descriptor_replace(h, &out->descriptors[i], (uint32_t)i,
                               front + descriptors->offset + i * h->descriptor_size);
    descriptors->hash = fmt_hash(front + descriptors->offset, (size_t)descriptors->length);
    fmt_header_replace(h, front);
    fmt_file_id(h, front, checksums, h->file_id);
    memcpy(h->content_id, content != NULL ? content : h->file_id, sizeof h->content_id); /* F-16 */
    fmt_header_replace(h, front);
    shmcol_status status = stored_pwrite(front, (size_t)file->front_length, 0, fd, err);
    free(front);
    return status;
}

shmcol_status stored_write(const stored_file *file, fmt_table *out, const uint8_t *checksums,
                           const uint8_t *frames, const uint8_t *content, int fd, shmcol_error *err)
{
    shmcol_status status = put_region(out, FMT_REGION_CHECKSUMS, checksums, fd, err);
    if (status == SHMCOL_OK)
        status = put_region(out, FMT_REGION_ZONE_MAPS, file->zones, fd, err);
    if (status == SHMCOL_OK && frames != NULL)
        status = put_region(out, FMT_REGION_FRAMES, frames, fd, err);
    if (status == SHMCOL_OK)
        status = put_dictionaries(out, fd, err);
    if (status == SHMCOL_OK)
        status = put_envelope(out, FMT_REGION_SCHEMA, fmt_envelope_schema, fd, err);
    if (status == SHMCOL_OK)
        status = put_envelope(out, FMT_REGION_BATCH, fmt_envelope_batch, fd, err);
    if (status == SHMCOL_OK)
        status = put_envelope(out, FMT_REGION_FOOTER, fmt_envelope_footer, fd, err);
    if (status == SHMCOL_OK)
        status = put_front(file, out, checksums, content, fd, err);
    int errnum = status == SHMCOL_OK ? sys_truncate(fd, out->header.file_size) : 0;
    return errnum != 0 ? shm_fail_sys(err, errnum, NULL, "cannot set the length of the output")
                       : status;
}
