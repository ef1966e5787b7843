/* Entries of the zone maps (F-46): of a file, or of the part of a table that has the zone. */
#include "read/zones.h"

#include <inttypes.h>
#include <string.h>

#include "format/ondisk.h"

uint64_t read_zones_offset(const read_column *c, uint64_t zone)
{
    return c->file->header.regions[FMT_REGION_ZONE_MAPS].offset +
           (c->descriptor.first_zone + zone) * FMT_ZONE_ENTRY_SIZE;
}

static shmcol_status damaged_entry(const read_column *c, uint64_t zone, shmcol_error *err)
{
    shm_fail(err, SHMCOL_ERR_ZONE_MAP, "F-47",
             "column \"%.200s\": zone entry %" PRIu64 " is damaged", c->name, zone);
    shm_error_offset(err, (int64_t)read_zones_offset(c, zone));
    return read_column_error(c, SHMCOL_ERR_ZONE_MAP, err);
}

shmcol_status read_own_zone(const read_column *c, uint64_t zone, fmt_zone *out, shmcol_error *err)
{
    uint8_t entry[FMT_ZONE_ENTRY_SIZE];
    /* Inside the region: fmt_descriptor_bounds. */
    memcpy(entry, c->file->map + read_zones_offset(c, zone), sizeof entry);
    return fmt_zone_decode(entry, out) ? SHMCOL_OK : damaged_entry(c, zone, err);
}

shmcol_status read_own_bounds(const read_column *c, uint64_t zone, fmt_zone *out, shmcol_error *err)
{
    shmcol_status status = read_own_zone(c, zone, out, err);
    return status != SHMCOL_OK || (out->flags & FMT_ZONE_NO_BOUNDS) == 0
               ? status
               : damaged_entry(c, zone, err);
}

shmcol_status read_part_column(const read_column *c, uint64_t part, read_column *own,
                               shmcol_error *err)
{
    shmcol_file *file;
    shmcol_status status = shmcol_part(c->file, part, &file, err);
    return status == SHMCOL_OK ? read_column_plain(file, c->index, own, err) : status;
}

shmcol_status read_bounds(const read_column *c, uint64_t zone, fmt_zone *out, shmcol_error *err)
{
    read_column own;
    const read_table *t = c->file->table;
    if (t == NULL)
        return read_own_bounds(c, zone, out, err);
    const uint64_t part = read_part_of_row(t, zone * FMT_ZONE_ROWS);
    shmcol_status status = read_part_column(c, part, &own, err);
    zone -= t->parts[part]->first_row / FMT_ZONE_ROWS;
    return status == SHMCOL_OK ? read_own_bounds(&own, zone, out, err) : status;
}
