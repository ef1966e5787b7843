/* Questions that a header answers alone. */
#include "format/table.h"

#include "format/ondisk.h"

bool fmt_header_compressed(const fmt_header *h)
{
    return (h->incompat & FMT_INCOMPAT_COMPRESSED) != 0;
}

int fmt_header_regions(const fmt_header *h)
{
    return fmt_header_compressed(h) ? FMT_REGIONS : FMT_REGION_COUNT;
}

bool fmt_header_has_unknown(const fmt_header *h)
{
    return (h->compat & ~FMT_COMPAT_KNOWN) != 0 || (h->ro_compat & ~FMT_RO_COMPAT_KNOWN) != 0 ||
           (h->incompat & ~FMT_INCOMPAT_KNOWN) != 0;
}

uint64_t fmt_header_known_end(const fmt_header *h)
{
    const fmt_region *last =
        &h->regions[fmt_header_compressed(h) ? FMT_REGION_FRAMES : FMT_REGION_ZONE_MAPS];
    uint64_t end = last->offset + last->length;
    return end + (FMT_ALIGN - end % FMT_ALIGN) % FMT_ALIGN;
}

bool fmt_header_has_later_region(const fmt_header *h)
{
    return fmt_header_has_unknown(h) && h->body_offset + h->body_length > fmt_header_known_end(h);
}

uint64_t fmt_directory_length(const fmt_header *h)
{
    const fmt_region *last = &h->regions[FMT_REGION_METADATA];
    return last->offset + last->length - h->header_size;
}

uint64_t fmt_descriptor_offset(const fmt_header *h, uint32_t index)
{
    return h->regions[FMT_REGION_DESCRIPTORS].offset + (uint64_t)index * h->descriptor_size;
}

const char *fmt_region_name(int region)
{
    static const char *const names[FMT_REGIONS] = {
        "descriptors",   "name index", "names",     "metadata", "schema",
        "batch message", "checksums",  "zone maps", "footer",   "frame lengths",
    };
    return region >= 0 && region < FMT_REGIONS ? names[region] : "?";
}
