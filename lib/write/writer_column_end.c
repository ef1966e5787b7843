/* The end of a column: it gets the form in which the file has it. */
#include <stdlib.h>

#include "format/bytes.h"
#include "write/writer_internal.h"

/* Writes the offsets and bytes of the dictionary, in the order of `order` (NULL: of the codes).
 * Errors: NO_MEMORY and those of sink_write. */
static shmcol_status put_dictionary(shmcol_writer *w, column *c, const uint32_t *order,
                                    shmcol_error *err)
{
    uint32_t count = c->distinct->count;
    uint64_t end = 0;
    shmcol_status status = writer_buffer_append(w, &c->dictionary_offsets, &end, sizeof end, err);
    for (uint32_t i = 0; i < count && status == SHMCOL_OK; i++) {
        uint64_t length;
        const uint8_t *data = base_text_set_at(c->distinct, order != NULL ? order[i] : i, &length);
        end += length;
        status = writer_buffer_append(w, &c->dictionary_bytes, data, length, err);
        if (status != SHMCOL_OK)
            return status;
        status = writer_buffer_append(w, &c->dictionary_offsets, &end, sizeof end, err);
    }
    if (status != SHMCOL_OK)
        return status;
    status = writer_buffer_flush(w, &c->dictionary_offsets, err);
    return status == SHMCOL_OK ? writer_buffer_flush(w, &c->dictionary_bytes, err) : status;
}

/* Replaces the column's numbers by codes: number n becomes rank[n]. Errors: NO_MEMORY, and those
 * of sink_read and sink_write. */
static shmcol_status renumber(shmcol_writer *w, column *c, const uint32_t *rank, segment *seg,
                              shmcol_error *err)
{
    uint64_t rows = c->rows;
    out_buffer codes = {.region = SINK_NONE};
    shmcol_status status = writer_buffer_flush(w, &c->values, err);
    c->width = writer_code_width(w, c->distinct->count);
    c->n_zones = 0;
    c->descends = false;
    for (c->rows = 0; c->rows < rows && status == SHMCOL_OK; c->rows += seg->rows) {
        int32_t numbers[SEGMENT];
        size_t n = rows - c->rows < SEGMENT ? (size_t)(rows - c->rows) : SEGMENT;
        seg->rows = n;
        status = sink_read(w->sink, c->values.region, c->rows * sizeof *numbers, numbers,
                           n * sizeof *numbers, err);
        if (status != SHMCOL_OK)
            break;
        writer_nulls_of_codes(numbers, n, seg);
        for (size_t i = 0; i < n; i++)
            numbers[i] = numbers[i] < 0 ? 0 : (int32_t)rank[numbers[i]];
        status = writer_put_codes(w, c, &codes, c->width, numbers, seg, err);
    }
    c->rows = rows;
    writer_buffer_drop(w, &c->values);
    c->values = codes;
    return status;
}

/* Sorts the dictionary bytewise (F-23) and renumbers the column. Errors: NO_MEMORY, and those of
 * sink_read and sink_write. */
static shmcol_status finish_dictionary(shmcol_writer *w, column *c, segment *seg, shmcol_error *err)
{
    uint32_t count = c->distinct->count;
    uint32_t *order = malloc((count + 1ull) * sizeof *order),
             *rank = malloc((count + 1ull) * sizeof *rank);
    shmcol_status status;
    c->out.type = FMT_DICTIONARY;
    c->sorted = true;
    if (order == NULL || rank == NULL || !base_text_set_order(c->distinct, order)) {
        status = shm_fail_memory(err);
        goto done;
    }
    for (uint32_t i = 0; i < count; i++)
        rank[order[i]] = i;
    status = put_dictionary(w, c, order, err);
    if (status == SHMCOL_OK)
        status = renumber(w, c, rank, seg, err);
done:
    free(order);
    free(rank);
    return status;
}

/* Writes the offset 0 of a column without rows (F-27), whose type has offsets. Errors: NO_MEMORY
 * and those of sink_write. */
static shmcol_status put_first_offset(shmcol_writer *w, column *c, shmcol_error *err)
{
    const uint64_t zero = 0;
    if (c->rows > 0 || (c->mode != MODE_STRINGS && c->mode != MODE_LISTS))
        return SHMCOL_OK;
    return writer_buffer_append(w, &c->values, &zero, sizeof zero, err);
}

/* Flushes all buffers of a column but the dictionary's. Errors: NO_MEMORY and those of sink_write.
 */
static shmcol_status flush_all(shmcol_writer *w, column *c, shmcol_error *err)
{
    shmcol_status status = put_first_offset(w, c, err);
    if (status == SHMCOL_OK && c->elements != NULL)
        status = put_first_offset(w, c->elements, err);
    if (status == SHMCOL_OK && c->bits % 8 != 0)
        status = writer_buffer_append(w, &c->validity, &c->partial, 1, err);
    if (status != SHMCOL_OK)
        return status;
    c->bits = 0; /* the bitmap is whole */
    for (int slot = 0; slot < FMT_SLOTS && status == SHMCOL_OK; slot++)
        if (writer_slot(c, slot) != NULL)
            status = writer_buffer_flush(w, writer_slot(c, slot), err);
    return status;
}

/* Writes the dictionary of a column that has one. Errors: those of put_dictionary. */
static shmcol_status end_dictionary(shmcol_writer *w, column *c, segment *seg, shmcol_error *err)
{
    if (c->mode == MODE_NUMBERED)
        return finish_dictionary(w, c, seg, err);
    if (c->mode != MODE_CODES)
        return SHMCOL_OK;
    c->sorted = base_text_set_ascends(c->distinct);
    return put_dictionary(w, c, NULL, err);
}

shmcol_status writer_finish_column(shmcol_writer *w, uint32_t index, segment *seg, const void *arg,
                                   shmcol_error *err)
{
    column *c = &w->columns[index];
    (void)arg;
    if (c->mode == MODE_NUMBERED && c->automatic && !writer_dictionary_pays(c, c->distinct)) {
        shmcol_status status = writer_undo_dictionary(w, c, c->rows, err);
        if (status != SHMCOL_OK)
            return status;
    }
    shmcol_status status = flush_all(w, c, err);
    if (status == SHMCOL_OK && c->mode == MODE_STRINGS && c->undecided)
        status = writer_decide_late(w, c, seg, err);
    if (status == SHMCOL_OK)
        status = end_dictionary(w, c, seg, err);
    writer_drop_values(w, c);
    return status == SHMCOL_OK ? writer_buffer_flush(w, &c->values, err) : status;
}
