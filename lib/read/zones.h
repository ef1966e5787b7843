/* Entries of the zone maps. */
#ifndef SHMCOL_READ_ZONES_H
#define SHMCOL_READ_ZONES_H

#include "format/zone.h"
#include "read/table.h"

/* Returns the offset in the file of an entry of a file's column. */
uint64_t read_zones_offset(const read_column *column, uint64_t zone);
/* Reads entry `zone` of a column of a file or a part, which has that zone. Error: ZONE_MAP. */
shmcol_status read_own_zone(const read_column *column, uint64_t zone, fmt_zone *out,
                            shmcol_error *err);
/* Does the same for a column that ascends: an entry without bounds is ZONE_MAP, too. */
shmcol_status read_own_bounds(const read_column *column, uint64_t zone, fmt_zone *out,
                              shmcol_error *err);
/* Does the same for a column of a file or over all parts of a table. Errors: ZONE_MAP, and those of
 * a damaged part. */
shmcol_status read_bounds(const read_column *column, uint64_t zone, fmt_zone *out,
                          shmcol_error *err);
/* Loads the column of a part, as read_column_plain does. */
shmcol_status read_part_column(const read_column *column, uint64_t part, read_column *own,
                               shmcol_error *err);

#endif
