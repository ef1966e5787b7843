/* From an address in a table's maps to the part that has the byte. In signal context, too: nothing
 * but memory is read. */
#include "format/ondisk.h"
#include "read/table.h"

static bool in_part(const read_part *part, const uint8_t *address, read_spot *spot)
{
    const uint64_t offset = (uintptr_t)address - (uintptr_t)part->map;
    *spot = (read_spot){.part = part, .offset = offset, .column = UINT32_MAX};
    return offset < part->size;
}

/* `index` is the run's in read_runs. */
static bool in_run(const read_table *table, uint32_t index, const uint8_t *address, read_spot *spot)
{
    const read_run *run = atomic_load_explicit(&table->held[index], memory_order_acquire);
    const read_part *last = table->parts[table->n_parts - 1];
    if (run == NULL || (uintptr_t)address - (uintptr_t)run->base >= run->reserved)
        return false;
    const uint64_t at = (uintptr_t)address - (uintptr_t)run->base,
                   row = at / run->zone_size * FMT_ZONE_ROWS;
    *spot = (read_spot){.column = index / 2};
    if (row >= last->first_row + last->rows)
        return true; /* a newer handle mapped more */
    const read_part *part = table->parts[read_part_of_row(table, row)];
    const read_place *place = &part->places[spot->column];
    spot->part = part;
    spot->offset = at - part->first_row / FMT_ZONE_ROWS * run->zone_size +
                   FMT_PART_ALIGNMENT *
                       (uint64_t)(index % 2 == READ_RUN_VALUES ? place->values : place->validity);
    return true;
}

bool read_table_spot(const read_table *table, const uint8_t *address, read_spot *spot)
{
    for (uint64_t k = 0; k < table->n_parts; k++)
        if (in_part(table->parts[k], address, spot))
            return true;
    for (uint32_t i = 0; i < table->runs->n; i++)
        if (in_run(table, i, address, spot))
            return true;
    return false;
}

bool read_table_covers(const void *file, const uint8_t *address)
{
    const read_table *table = ((const shmcol_file *)file)->table;
    read_spot spot;
    return table != NULL && read_table_spot(table, address, &spot);
}
