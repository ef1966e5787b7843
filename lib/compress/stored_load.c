/* The directory of a file, read and checked before its buffers are. */
#include <stdlib.h>

#include "compress/stored_internal.h"
#include "format/bytes.h"
#include "format/checksum.h"
#include "format/descriptor.h"
#include "format/directory.h"
#include "format/frames.h"
#include "format/hash.h"
#include "format/header.h"
#include "format/layout.h"

shmcol_status stored_read(const stored_source *source, void *data, size_t length, uint64_t offset,
                          shmcol_error *err)
{
    size_t got = 0;
    if (!fmt_within(offset, length, source->size)) {
        shm_fail(err, SHMCOL_ERR_TRUNCATED, "F-5", "the file has no such bytes");
        shm_error_path(err, source->path);
        return SHMCOL_ERR_TRUNCATED;
    }
    if (source->fd < 0) {
        memcpy(data, source->memory + offset, length);
        return SHMCOL_OK;
    }
    int errnum = sys_pread(source->fd, data, length, offset, &got);
    if (errnum != 0)
        return shm_fail_sys(err, errnum, source->path, "cannot read");
    if (got == length)
        return SHMCOL_OK;
    shm_fail(err, SHMCOL_ERR_TRUNCATED, "F-5", "the file was cut short while it was read");
    shm_error_offset(err, (int64_t)(offset + got));
    shm_error_path(err, source->path);
    return SHMCOL_ERR_TRUNCATED;
}

static shmcol_status read_new(const stored_source *source, uint64_t offset, uint64_t length,
                              uint8_t **out, shmcol_error *err)
{
    *out = shm_alloc(length, 1);
    if (*out == NULL)
        return shm_fail_memory(err);
    return stored_read(source, *out, (size_t)length, offset, err);
}

/* Reads a region outside the front and checks its hash (F-12). Errors: REGION_HASH, TRUNCATED, IO,
 * NO_MEMORY. */
static shmcol_status read_region(stored_file *f, int region, uint8_t **out, shmcol_error *err)
{
    const fmt_region *r = &f->table.header.regions[region];
    fmt_fault fault;
    shmcol_status status = read_new(&f->source, r->offset, r->length, out, err);
    if (status != SHMCOL_OK || fmt_hash(*out, (size_t)r->length) == r->hash)
        return status;
    fmt_fail(&fault, FMT_REGION_HASH, "F-12", r->offset,
             "the %s do not match the hash in the header", fmt_region_name(region));
    return shm_fail_fault(err, &fault, NULL, f->source.path);
}

/* Turns TRUNCATED into OK: for stored_peek a file that ends too early has no valid header, which is
 * no error. */
static shmcol_status cut_is_no_error(shmcol_status status)
{
    return status == SHMCOL_ERR_TRUNCATED ? SHMCOL_OK : status;
}

shmcol_status stored_peek(const stored_source *source, fmt_header *header, bool *good,
                          shmcol_error *err)
{
    uint8_t front[FMT_HEADER_SIZE], *bytes = NULL;
    shmcol_error error = SHMCOL_ERROR_INIT;
    *good = false;
    if (source->size < sizeof front)
        return SHMCOL_OK;
    shmcol_status status = stored_read(source, front, sizeof front, 0, &error);
    if (status == SHMCOL_OK && fmt_load32(front + FMT_H_HEADER_SIZE) <= sizeof front) {
        *good = fmt_header_decode_stored(front, sizeof front, source->size, header, NULL) == FMT_OK;
    } else if (status == SHMCOL_OK) { /* a header of a later version */
        uint64_t size = source->size < FMT_HEADER_SIZE_MAX ? source->size : FMT_HEADER_SIZE_MAX;
        status = read_new(source, 0, size, &bytes, &error);
        *good = status == SHMCOL_OK &&
                fmt_header_decode_stored(bytes, size, source->size, header, NULL) == FMT_OK;
        free(bytes);
    }
    status = cut_is_no_error(status);
    if (status != SHMCOL_OK)
        shm_error_copy(err, &error);
    return status;
}

static shmcol_status wrong_form(const stored_source *source, bool compressed, shmcol_error *err)
{
    shm_fail(err, SHMCOL_ERR_INVALID_ARGUMENT, "", "the file is %s already",
             compressed ? "plain" : "compressed");
    shm_error_path(err, source->path);
    return SHMCOL_ERR_INVALID_ARGUMENT;
}

static shmcol_status load_header(stored_file *f, bool compressed, shmcol_error *err)
{
    const stored_source *s = &f->source;
    fmt_header *h = &f->table.header;
    fmt_fault fault;
    uint8_t *bytes;
    uint64_t available = s->size < FMT_HEADER_SIZE_MAX ? s->size : FMT_HEADER_SIZE_MAX;
    shmcol_status status = read_new(s, 0, available, &bytes, err);
    if (status == SHMCOL_OK &&
        fmt_header_decode_stored(bytes, available, s->size, h, &fault) != FMT_OK)
        status = shm_fail_fault(err, &fault, NULL, s->path);
    free(bytes);
    if (status != SHMCOL_OK)
        return status;
    if (fmt_header_compressed(h) != compressed)
        return wrong_form(s, compressed, err);
    if (h->envelope_version != FMT_ENVELOPE_VERSION) {
        fmt_fail(&fault, FMT_ENVELOPE_VERSION_UNKNOWN, "F-19", FMT_H_ENVELOPE_VERSION,
                 "the envelope's version is %u, only %u is known", h->envelope_version,
                 FMT_ENVELOPE_VERSION);
        return shm_fail_fault(err, &fault, NULL, s->path);
    }
    if (compressed && fmt_check_later_region(h, &fault) != FMT_OK) /* F-75 */
        return shm_fail_fault(err, &fault, NULL, s->path);
    f->front_length = h->header_size + fmt_directory_length(h);
    return read_new(s, 0, f->front_length, &f->front, err);
}

shmcol_status stored_load(const stored_source *source, bool compressed, stored_file *f,
                          shmcol_error *err)
{
    *f = (stored_file){.source = *source};
    fmt_table *t = &f->table;
    fmt_fault fault;
    shmcol_status status = load_header(f, compressed, err);
    if (status != SHMCOL_OK)
        return status;
    t->descriptors = shm_alloc_zeroed((uint64_t)t->header.columns + t->header.dictionaries,
                                      sizeof *t->descriptors);
    if (t->descriptors == NULL)
        return shm_fail_memory(err);
    if (fmt_directory_decode(t, f->front, &fault) != FMT_OK)
        return shm_fail_fault(err, &fault, NULL, source->path);
    status = read_region(f, FMT_REGION_CHECKSUMS, &f->checksums, err);
    if (status == SHMCOL_OK)
        status = read_region(f, FMT_REGION_ZONE_MAPS, &f->zones, err);
    if (status == SHMCOL_OK && compressed)
        status = read_region(f, FMT_REGION_FRAMES, &f->frames, err);
    if (status != SHMCOL_OK)
        return status;
    if ((compressed && fmt_check_frame_lengths(t, f->frames, &fault) != FMT_OK) ||
        fmt_check_file_id(&t->header, f->front, f->checksums, &fault) != FMT_OK)
        status = shm_fail_fault(err, &fault, NULL, source->path);
    return status;
}

void stored_free(stored_file *f)
{
    free(f->table.descriptors);
    free(f->front);
    free(f->checksums);
    free(f->zones);
    free(f->frames);
    *f = (stored_file){0};
}
