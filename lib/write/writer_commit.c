/* The end of a table: the writer's columns become the sink's. */
#include <stdlib.h>

#include "write/writer_internal.h"

/* Tells whether a finished column is ascending (F-23). The codes that the writer made are those of
 * a sorted dictionary. */
static bool ascends(const column *c)
{
    if (c->descends || !fmt_type_has_zones(c->out.type))
        return false;
    return c->mode == MODE_STRINGS || c->mode == MODE_CODES ||
           fmt_zones_ascend(c->zones, c->n_zones, c->out.type);
}

/* Completes the description of a finished column and of its dictionary. */
static void fill(column *c, sink_table *table)
{
    sink_column *out = &c->out;
    if (out->type == FMT_DICTIONARY) {
        uint64_t offsets = writer_buffer_length(&c->dictionary_offsets);
        out->dictionary = table->n_dictionaries;
        out->width = c->width;
        table->dictionaries[table->n_dictionaries++] =
            (sink_dictionary){.length = offsets / sizeof(int64_t) - 1,
                              .sorted = c->sorted,
                              .ordered = c->ordered,
                              .offsets = c->dictionary_offsets.region,
                              .bytes = c->dictionary_bytes.region,
                              .offsets_length = offsets,
                              .bytes_length = writer_buffer_length(&c->dictionary_bytes)};
    }
    for (int slot = 0; slot < FMT_SLOTS; slot++) {
        const out_buffer *buffer = writer_slot(c, slot);
        if (buffer == NULL)
            continue;
        out->regions[slot] = buffer->region;
        out->lengths[slot] = writer_buffer_length(buffer);
    }
    out->null_count = c->nulls;
    out->zones = c->zones;
    out->ascending = ascends(c);
}

/* Finishes all columns and describes them in `table`. Errors: those of writer_finish_column. */
static shmcol_status finish_columns(shmcol_writer *w, sink_table *table, shmcol_error *err)
{
    shmcol_status status =
        writer_each_column(w, writer_finish_column, NULL, w->rows * (w->n_columns + 1ull), err);
    for (uint32_t i = 0; i < w->n_columns && status == SHMCOL_OK; i++) {
        fill(&w->columns[i], table);
        table->columns[i] = w->columns[i].out;
    }
    return status;
}

shmcol_status writer_finish(shmcol_writer *w, shmcol_error *err)
{
    sink_table table;
    shmcol_status status = writer_table(w, w->rows, &table, err);
    if (status == SHMCOL_OK)
        status = finish_columns(w, &table, err);
    if (status == SHMCOL_OK)
        status = sink_finish(w->sink, &table, w->progress, w->progress_arg, NULL, err);
    else
        sink_abort(w->sink);
    free(table.columns);
    free(table.dictionaries);
    return status;
}
