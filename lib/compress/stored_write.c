/* The regions around the buffers of the file that is made. Its directory is a copy of the source's
 * bytes, in which the fields that differ are replaced, so that reserved bytes that a later version
 * uses are kept (F-75). */
#include <stdlib.h>
#include <string.h>

#include "compress/stored_internal.h"
#include "format/checksum.h"
#include "format/descriptor.h"
#include "format/hash.h"
#include "format/header.h"
#include "regions.h"

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

/* Writes directory and header, which hold the hashes of everything else. */
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

/* Writes to the output (a shm_put_fn). */
static shmcol_status put_output(void *arg, const void *bytes, size_t length, uint64_t offset,
                                shmcol_error *err)
{
    const int *fd = arg;
    return stored_pwrite(bytes, length, offset, *fd, err);
}

shmcol_status stored_write(const stored_file *file, fmt_table *out, const uint8_t *checksums,
                           const uint8_t *frames, const uint8_t *content, int fd, shmcol_error *err)
{
    const shm_regions regions = {checksums, file->zones, frames};
    const shm_put put = {put_output, &fd};
    shmcol_status status = shm_put_regions(out, &regions, &put, err);
    if (status != SHMCOL_OK)
        return status;
    status = put_front(file, out, checksums, content, fd, err);
    if (status != SHMCOL_OK)
        return status;
    int errnum = sys_truncate(fd, out->header.file_size);
    return errnum != 0 ? shm_fail_sys(err, errnum, NULL, "cannot set the length of the output")
                       : SHMCOL_OK;
}
