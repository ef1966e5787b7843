/* Joins all inputs' records to one text that can be read at any position. */
#include "error.h"
#include "ingest/text/text.h"

/* Sets the run_end of every input: to the last input first. */
static void find_runs(ing_text_source *source)
{
    for (uint32_t i = source->n_inputs; i-- != 0;) {
        ing_input *p = &source->inputs[i];
        const bool last = i + 1 == source->n_inputs || source->apart || p[1].layout != p->layout;
        p->run_end = last ? p->pos + p->length : p[1].run_end;
    }
}

shmcol_status ing_source_join(ing_text_source *source, shmcol_error *err)
{
    uint64_t pos = 0;
    for (uint32_t i = 0; i < source->n_inputs; i++) {
        ing_input *p = &source->inputs[i];
        p->pos = pos;
        p->length = p->end - p->begin;
        p->added = p->length != 0 && p->last != '\n';
        p->ends_in_cr = p->length != 0 && p->last == '\r';
        if (p->length != 0 && p->layout->dialect.escape != 0) {
            shmcol_status status = ing_find_tail(p, err);
            if (status != SHMCOL_OK)
                return status;
        }
        p->length += p->added;
        pos += p->length;
    }
    source->length = pos;
    find_runs(source);
    return SHMCOL_OK;
}

const ing_input *ing_source_input(const ing_text_source *source, uint64_t pos)
{
    uint32_t low = 0, high = source->n_inputs - 1;
    while (low < high) {
        uint32_t middle = low + (high - low + 1) / 2;
        if (source->inputs[middle].pos <= pos)
            low = middle;
        else
            high = middle - 1;
    }
    /* The last input that begins at or before pos: those before it at the same pos are empty. */
    return &source->inputs[low];
}

shmcol_status ing_source_read(const ing_text_source *source, uint64_t pos, void *data,
                              size_t length, shmcol_error *err)
{
    uint8_t *out = data;
    while (length != 0) {
        const ing_input *p = ing_source_input(source, pos);
        uint64_t at = pos - p->pos, text = p->length - p->added;
        if (at >= text) {
            *out = at + 1 == p->length ? '\n' : p->layout->dialect.escape;
            out++, pos++, length--;
            continue;
        }
        size_t want = text - at < length ? (size_t)(text - at) : length;
        shmcol_status status = ing_input_read(p, p->begin + at, out, want, err);
        if (status != SHMCOL_OK)
            return status;
        out += want, pos += want, length -= want;
    }
    return SHMCOL_OK;
}

const ing_input *ing_first_input(const ing_text_source *source)
{
    for (uint32_t i = 0; i < source->n_inputs; i++)
        if (!source->inputs[i].left_out)
            return &source->inputs[i];
    return &source->inputs[0];
}

const ing_input *ing_source_changed(const ing_text_source *source)
{
    for (uint32_t i = 0; i < source->n_inputs; i++)
        if (ing_input_changed(&source->inputs[i]))
            return &source->inputs[i];
    return &source->inputs[0];
}
