/* Columns of the writer in any mode: their errors, zone maps and memory. */
#include <stdlib.h>

#include "write/writer_internal.h"

shmcol_status writer_fail(const column *c, shmcol_status status, const char *rule, int64_t row,
                          const char *what, shmcol_error *err)
{
    int length = (int)(c->out.name_length < 200 ? c->out.name_length : 200);
    (void)shm_fail(err, status, rule, "column \"%.*s\": %s", length, c->out.name, what);
    shm_error_column(err, c->index);
    shm_error_row(err, row);
    return status;
}

shmcol_status writer_fail_at(const shmcol_writer *w, shmcol_status status, const char *rule,
                             uint32_t index, int64_t row, const char *what, shmcol_error *err)
{
    return writer_fail(&w->columns[index], status, rule, row, what, err);
}

shmcol_status writer_zone(column *c, fmt_zone **zone, shmcol_error *err)
{
    uint64_t index = c->rows / FMT_ZONE_ROWS;
    if (index == c->zone_capacity) {
        uint64_t capacity = c->zone_capacity < 1 ? 1 : c->zone_capacity * 2;
        fmt_zone *zones = realloc(c->zones, (size_t)capacity * sizeof *zones);
        if (zones == NULL)
            return shm_fail_memory(err);
        c->zones = zones;
        c->zone_capacity = capacity;
    }
    if (index == c->n_zones)
        fmt_zone_init(&c->zones[c->n_zones++]);
    *zone = &c->zones[index];
    return SHMCOL_OK;
}

size_t writer_rows_room(const shmcol_writer *w, const column *c)
{
    size_t room = w->limit / (c->width > 8 ? c->width : 8);
    return room > SEGMENT ? SEGMENT : room < 1 ? 1 : room;
}

out_buffer *writer_slot(column *c, int slot)
{
    switch (slot) {
    case FMT_SLOT_VALIDITY: return &c->validity;
    case FMT_SLOT_VALUES: return &c->values;
    default: break;
    }
    if (c->elements != NULL)
        return writer_slot(c->elements, slot - 1);
    return slot == FMT_SLOT_BYTES ? &c->bytes : NULL;
}

static void free_column(column *c)
{
    for (int slot = 0; slot < FMT_SLOTS; slot++)
        if (writer_slot(c, slot) != NULL)
            free(writer_slot(c, slot)->data);
    free(c->dictionary_offsets.data);
    free(c->dictionary_bytes.data);
    free(c->zones);
    free(c->low);
    free(c->high);
    base_text_set_free(c->distinct);
    free(c->elements);
}

void writer_free(shmcol_writer *w)
{
    for (uint32_t i = 0; i < w->n_columns; i++)
        free_column(&w->columns[i]);
    for (uint32_t i = 0; w->segments != NULL && i < w->threads; i++) {
        if (w->segments[i] != NULL) {
            free(w->segments[i]->inner);
            for (int k = 0; k < SPARES; k++)
                free(w->segments[i]->spare[k].data);
        }
        free(w->segments[i]);
    }
    free(w->segments);
    free(w->columns);
    free(w->text);
    free(w->pairs);
    free(w);
}
