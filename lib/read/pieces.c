/* The runs of bytes of texts and lists. */
#include "read/pieces.h"

#include <stdlib.h>

#include "alloc.h"
#include "format/ondisk.h"
#include "format/types.h"

static text_run run_of(const shmcol_file *file, const fmt_descriptor *d, int offsets, int bytes)
{
    return (text_run){read_slot(file, d, offsets), read_slot(file, d, bytes),
                      d->slots[bytes].stored_length};
}

static void fill(const read_column *c, text_piece *piece)
{
    const fmt_descriptor *d = &c->descriptor;
    piece->rows = run_of(c->file, d, FMT_SLOT_VALUES, FMT_SLOT_BYTES);
    piece->validity = read_validity(c);
    if (d->type != FMT_LIST)
        return;
    piece->rows.limit = fmt_child_length(d);
    if (d->element == FMT_STRING)
        piece->elements = run_of(c->file, d, FMT_SLOT_ELEMENTS, FMT_SLOT_ELEMENT_BYTES);
}

shmcol_status text_pieces_begin(const read_column *column, text_pieces *pieces, shmcol_error *err)
{
    const read_table *t = column->file->table;
    *pieces = (text_pieces){.column = column};
    pieces->all = &pieces->only;
    if (column->descriptor.type == FMT_DICTIONARY) {
        pieces->only.rows =
            run_of(column->dictionary_file, &column->dictionary, FMT_SLOT_VALUES, FMT_SLOT_BYTES);
    } else if (t == NULL) {
        fill(column, &pieces->only);
    } else {
        pieces->all = shm_alloc_zeroed(t->n_parts, sizeof *pieces->all);
        if (pieces->all == NULL)
            return shm_fail_memory(err);
    }
    return SHMCOL_OK;
}

bool text_pieces_hold(const text_pieces *pieces)
{
    return pieces->all != &pieces->only;
}

void text_pieces_end(text_pieces *pieces)
{
    if (text_pieces_hold(pieces))
        free(pieces->all);
}

shmcol_status text_pieces_load(text_pieces *pieces, uint64_t part, shmcol_error *err)
{
    shmcol_file *file;
    read_column c;
    const shmcol_file *table = pieces->column->file;
    shmcol_status status = shmcol_part(table, part, &file, err);
    if (status == SHMCOL_OK)
        status = read_column_plain(file, pieces->column->index, &c, err);
    if (status != SHMCOL_OK)
        return status;
    pieces->all[part].first_row = table->table->parts[part]->first_row;
    fill(&c, &pieces->all[part]);
    return SHMCOL_OK;
}
