/* Questions that a header answers alone. */
#include "format/table.h"

#include "format/bytes.h"
#include "format/ondisk.h"

bool fmt_header_compressed(const fmt_header *h)
{
    return (h->incompat & FMT_INCOMPAT_COMPRESSED) != 0;
}

bool fmt_header_is_part(const fmt_header *h)
{
    return h->part.alignment != 0;
}

static bool is_zero_id(const uint8_t id[FMT_ID_SIZE])
{
    return fmt_is_zero(id, FMT_ID_SIZE);
}

/* Does the same for what depends on the number of rows. */
static const char *rows_problem(const fmt_part *p, uint64_t rows, uint64_t *field)
{
    *field = FMT_H_TABLE_ROWS;
    if (p->first_row > p->table_rows || rows > p->table_rows - p->first_row)
        return "table_rows is less than first_row and the rows of the part";
    *field = FMT_H_FIRST_ROW;
    if (rows == 0 && p->table_rows != 0)
        return "a part without rows is not the only one of an empty table";
    *field = FMT_H_TABLE_ROWS;
    if (rows < p->table_rows - p->first_row && rows % FMT_ZONE_ROWS != 0)
        return "a part that is not the last has a number of rows that is no multiple of 65,536";
    return NULL;
}

const char *fmt_part_problem(const fmt_part *p, uint64_t rows, uint64_t *field)
{
    *field = FMT_H_ALIGNMENT;
    if (p->alignment == 0) {
        bool any = p->first_row != 0 || p->table_rows != 0 || !is_zero_id(p->table_id) ||
                   !is_zero_id(p->previous_id);
        return any ? "alignment is 0, but other fields of a part are not" : NULL;
    }
    if (p->alignment != FMT_PART_ALIGNMENT)
        return "alignment is neither 0 nor 65,536";
    *field = FMT_H_FIRST_ROW;
    if (p->first_row % FMT_ZONE_ROWS != 0)
        return "first_row is no multiple of 65,536";
    *field = FMT_H_TABLE_ROWS;
    if (p->table_rows >= FMT_ROWS_LIMIT)
        return "table_rows is not below 2^56";
    *field = FMT_H_TABLE_ID;
    if (p->first_row != 0 && is_zero_id(p->table_id))
        return "table_id is zero in a part that is not the first";
    *field = FMT_H_PREVIOUS_ID;
    if ((p->first_row != 0) == is_zero_id(p->previous_id))
        return p->first_row != 0 ? "previous_id is zero in a part that is not the first"
                                 : "previous_id is not zero in the first part";
    return rows != UINT64_MAX ? rows_problem(p, rows, field) : NULL;
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
