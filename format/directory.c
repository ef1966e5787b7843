/* The directory as a whole (directory.h). */
#include "format/directory.h"

#include <string.h>

#include "format/checksum.h"
#include "format/descriptor.h"
#include "format/hash.h"
#include "format/layout.h"
#include "format/metadata.h"
#include "format/names.h"

int fmt_directory_encode(fmt_table *t, uint8_t *out, fmt_fault *fault)
{
    fmt_header *h = &t->header;
    uint8_t *part[FMT_REGION_METADATA + 1];
    memset(out, 0, fmt_directory_length(h));
    for (int i = FMT_REGION_DESCRIPTORS; i <= FMT_REGION_METADATA; i++)
        part[i] = out + (h->regions[i].offset - h->header_size);
    for (uint32_t i = 0; i < h->columns + h->dictionaries; i++)
        fmt_descriptor_encode(h, &t->descriptors[i], i,
                              part[FMT_REGION_DESCRIPTORS] + (uint64_t)i * h->descriptor_size);
    int code = fmt_name_index_encode(t, part[FMT_REGION_NAME_INDEX], fault);
    if (code != FMT_OK)
        return code;
    if (t->names_length)
        memcpy(part[FMT_REGION_NAMES], t->names, t->names_length);
    if (t->metadata_length)
        memcpy(part[FMT_REGION_METADATA], t->metadata, t->metadata_length);
    for (int i = FMT_REGION_DESCRIPTORS; i <= FMT_REGION_METADATA; i++)
        h->regions[i].hash = fmt_hash(part[i], h->regions[i].length);
    return FMT_OK;
}

/* Decodes all descriptors, checks the bounds of dictionaries, and then their use, in the order of
 * F-62. The hash of a dictionary's message is left out: the caller makes it anew. */
static int decode_descriptors(fmt_table *t, const uint8_t *front, fmt_fault *fault)
{
    const fmt_header *h = &t->header;
    for (uint64_t i = 0; i < (uint64_t)h->columns + h->dictionaries; i++) {
        uint32_t index = (uint32_t)i;
        fmt_descriptor *d = &t->descriptors[i];
        int code =
            fmt_descriptor_fields(front + fmt_descriptor_offset(h, index), h, index, d, fault);
        if (code == FMT_OK && index >= h->columns)
            code = fmt_descriptor_bounds(h, d, index, fault);
        if (code != FMT_OK)
            return code;
    }
    return fmt_check_dictionary_use(t, fault);
}

/* Checks the bounds of all columns, then where everything lies, in the order of F-62. */
static int check_places(const fmt_table *t, fmt_fault *fault)
{
    for (uint32_t i = 0; i < t->header.columns; i++) {
        int code = fmt_descriptor_bounds(&t->header, &t->descriptors[i], i, fault);
        if (code != FMT_OK)
            return code;
    }
    return fmt_check_layout(t, fault);
}

int fmt_directory_decode(fmt_table *t, uint8_t *front, fmt_fault *fault)
{
    const fmt_header *h = &t->header;
    t->names = front + h->regions[FMT_REGION_NAMES].offset;
    t->names_length = h->regions[FMT_REGION_NAMES].length;
    t->metadata = front + h->regions[FMT_REGION_METADATA].offset;
    t->metadata_length = h->regions[FMT_REGION_METADATA].length;
    for (int region = FMT_REGION_DESCRIPTORS; region <= FMT_REGION_METADATA; region++) {
        int code = fmt_check_region(h, region, front, fault);
        if (code != FMT_OK)
            return code;
    }
    int code = decode_descriptors(t, front, fault);
    if (code != FMT_OK)
        return code;
    code = fmt_check_names(t, fault);
    if (code != FMT_OK)
        return code;
    code = fmt_check_metadata(t, fault);
    if (code != FMT_OK)
        return code;
    code = fmt_check_name_index(t, front + h->regions[FMT_REGION_NAME_INDEX].offset, fault);
    return code != FMT_OK ? code : check_places(t, fault);
}

int fmt_directory_column(const fmt_header *h, const uint8_t *front, uint32_t index,
                         fmt_descriptor *d, fmt_fault *fault)
{
    const uint8_t *names = front + h->regions[FMT_REGION_NAMES].offset;
    fmt_fault unsupported;
    int code =
        fmt_descriptor_decode(front + fmt_descriptor_offset(h, index), h, index, d, &unsupported);
    if (code == FMT_COLUMN_UNSUPPORTED)
        d->zone_length = 0;
    if (code == FMT_OK || code == FMT_COLUMN_UNSUPPORTED) {
        int name = fmt_check_column_name(h, d, index, names, fault);
        if (name != FMT_OK)
            return name;
    }
    if (code == FMT_OK)
        return fmt_descriptor_bounds(h, d, index, fault);
    *fault = unsupported;
    return code;
}

int fmt_directory_dictionary(const fmt_header *h, const uint8_t *front, uint32_t k,
                             fmt_descriptor *d, fmt_fault *fault)
{
    uint32_t index = h->columns + k;
    int code = fmt_descriptor_decode(front + fmt_descriptor_offset(h, index), h, index, d, fault);
    return code != FMT_OK ? code : fmt_descriptor_bounds(h, d, index, fault);
}
