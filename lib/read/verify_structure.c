/* The level `structure` of F-62: header, regions, descriptors, names, metadata, layout, file_id. It
 * reads no value. */
#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "format/checksum.h"
#include "format/descriptor.h"
#include "format/frames.h"
#include "format/header.h"
#include "format/layout.h"
#include "format/metadata.h"
#include "format/names.h"
#include "format/ondisk.h"
#include "read/verify.h"

/* F-12 */
static void check_regions(verify *v)
{
    fmt_fault fault;
    v->sums_good = true;
    for (int region = 0; region < fmt_header_regions(&v->file->header); region++) {
        if (fmt_check_region(&v->file->header, region, v->file->map, &fault) == FMT_OK)
            continue;
        if (region == FMT_REGION_CHECKSUMS)
            v->sums_good = false;
        verify_problem(v, &fault);
    }
}

/* Copies one part. Returns NULL if there is no memory: the check has ended then. */
static uint8_t *copy_part(verify *v, int region, uint64_t *length)
{
    const fmt_region *part = &v->file->header.regions[region];
    uint8_t *copy = shm_alloc(part->length, 1);
    if (copy == NULL) {
        verify_fail(v, SHMCOL_ERR_NO_MEMORY);
        return NULL;
    }
    memcpy(copy, v->file->map + part->offset, (size_t)part->length);
    *length = part->length;
    return copy;
}

static bool copy_directory(verify *v)
{
    const fmt_header *h = &v->file->header;
    uint64_t objects = (uint64_t)h->columns + h->dictionaries;
    v->table.header = *h;
    v->table.names = copy_part(v, FMT_REGION_NAMES, &v->table.names_length);
    v->table.metadata = copy_part(v, FMT_REGION_METADATA, &v->table.metadata_length);
    v->table.descriptors = shm_alloc_zeroed(objects, sizeof *v->table.descriptors);
    v->states = shm_alloc_zeroed(objects, sizeof *v->states);
    if (v->table.descriptors == NULL || v->states == NULL)
        verify_fail(v, SHMCOL_ERR_NO_MEMORY);
    return v->failed == SHMCOL_OK;
}

/* Checks one descriptor (F-21 … F-28), and for a dictionary the hash of its message, whose offset
 * must be good for that. */
static void check_descriptor(verify *v, uint32_t index)
{
    const fmt_header *h = &v->table.header;
    fmt_descriptor *d = &v->table.descriptors[index];
    fmt_fault fault;
    int code =
        fmt_descriptor_fields(v->file->map + fmt_descriptor_offset(h, index), h, index, d, &fault);
    if (code == FMT_OK) {
        code = fmt_descriptor_bounds(h, d, index, &fault);
        v->states[index] = code == FMT_OK ? OBJECT_USABLE : OBJECT_MISPLACED;
        if (index < h->columns)
            return; /* a column's layout is checked later, with all the rest of it */
        if (code == FMT_OK)
            code = fmt_check_message_hash(d, index - h->columns, v->file->map, &fault);
        else
            v->layout_good = false;
    } else {
        v->all_supported = false;
        d->zone_length = 0; /* an unknown type may keep something else here */
        v->states[index] = code == FMT_COLUMN_UNSUPPORTED ? OBJECT_UNSUPPORTED : OBJECT_DAMAGED;
        v->all_decoded &= code == FMT_COLUMN_UNSUPPORTED;
    }
    if (code != FMT_OK)
        verify_problem(v, &fault);
}

static void check_descriptors(verify *v)
{
    const fmt_header *h = &v->table.header;
    fmt_fault fault;
    v->all_decoded = v->all_supported = v->layout_good = true;
    for (uint64_t i = 0; i < (uint64_t)h->columns + h->dictionaries; i++)
        check_descriptor(v, (uint32_t)i);
    /* A column of an unknown kind may use a dictionary, or not what this version would ask for. */
    if (v->all_supported && fmt_check_dictionary_use(&v->table, &fault) != FMT_OK)
        verify_problem(v, &fault);
    for (uint32_t i = 0; i < h->columns; i++) {
        const fmt_descriptor *d = &v->table.descriptors[i];
        if (v->states[i] == OBJECT_USABLE && d->type == FMT_DICTIONARY &&
            v->states[h->columns + d->dictionary] != OBJECT_USABLE)
            v->states[i] = OBJECT_ALONE;
    }
}

/* Checks F-30 and F-31; if a column is of an unknown kind, only each name by itself, since that
 * column may keep more in the names. */
static void check_names(verify *v)
{
    fmt_fault fault;
    int code = FMT_OK;
    if (v->all_supported)
        code = fmt_check_names(&v->table, &fault);
    for (uint32_t i = 0; !v->all_supported && i < v->table.header.columns && code == FMT_OK; i++)
        code = fmt_check_column_name(&v->table.header, &v->table.descriptors[i], i, v->table.names,
                                     &fault);
    if (code != FMT_OK)
        verify_problem(v, &fault);
    v->names_good = code == FMT_OK;
}

/* Checks F-4, F-40 … F-46 and F-74. The lengths of the Arrow messages depend on names and metadata,
 * so the layout can only be checked if these are good. */
static void check_places(verify *v)
{
    fmt_fault fault;
    bool inside = v->layout_good;
    for (uint32_t i = 0; i < v->table.header.columns; i++) {
        if (v->states[i] != OBJECT_MISPLACED ||
            fmt_descriptor_bounds(&v->table.header, &v->table.descriptors[i], i, &fault) == FMT_OK)
            continue;
        inside = false;
        verify_problem(v, &fault);
    }
    v->layout_good = inside && v->all_supported && v->names_good && v->metadata_good;
    if (v->layout_good && fmt_check_layout(&v->table, &fault) != FMT_OK) {
        v->layout_good = false;
        verify_problem(v, &fault);
    }
    const uint8_t *frames = v->file->map + v->table.header.regions[FMT_REGION_FRAMES].offset;
    if (v->layout_good && fmt_header_compressed(&v->table.header) &&
        fmt_check_frame_lengths(&v->table, frames, &fault) != FMT_OK)
        verify_problem(v, &fault);
}

void verify_structure(verify *v)
{
    fmt_header header;
    fmt_fault fault;
    const shmcol_file *file = v->file;
    /* It may have been damaged after the file was opened. Every decision uses the copy made
     * then. */
    if (fmt_header_decode_stored(file->map, file->header.file_size, file->header.file_size, &header,
                                 &fault) != FMT_OK) {
        verify_problem(v, &fault);
        return;
    }
    check_regions(v);
    if (!copy_directory(v))
        return;
    check_descriptors(v);
    if (v->all_decoded) {
        check_names(v);
        v->metadata_good = fmt_check_metadata(&v->table, &fault) == FMT_OK;
        if (!v->metadata_good)
            verify_problem(v, &fault);
        uint64_t index = file->header.regions[FMT_REGION_NAME_INDEX].offset;
        if (v->names_good && fmt_check_name_index(&v->table, file->map + index, &fault) != FMT_OK)
            verify_problem(v, &fault);
        check_places(v);
    } else {
        v->layout_good = false;
    }
    const uint8_t *checksums = file->map + file->header.regions[FMT_REGION_CHECKSUMS].offset;
    if (fmt_check_file_id(&file->header, file->map, checksums, &fault) != FMT_OK)
        verify_problem(v, &fault);
}
