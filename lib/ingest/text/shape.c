/* Records that do not have the fields of their layout, where the options allow it: missing last
 * fields (C-88), and an extra empty one (C-89). */
#include <stdlib.h>
#include <string.h>

#include "ingest/text/text.h"

#define FILLER ',' /* stands in place of the delimiters before missing fields; nobody reads it */

size_t ing_shape_ends(ing_reader *r, const uint8_t *text, size_t n_ends, size_t records)
{
    const ing_layout *layout = r->layout;
    size_t at = 0;
    for (size_t i = 0; i < records; i++) {
        const size_t first = at;
        while (at < n_ends && text[r->ends[at]] != '\n')
            at++;
        const size_t fields = ++at - first;
        if (at > n_ends || fields > layout->n_fields)
            return 0;
        r->n_short += fields < layout->n_fields - layout->extra;
        r->n_extra += layout->extra && fields == layout->n_fields;
    }
    return at;
}

size_t ing_pad_record(uint8_t *out, const uint8_t *text, const uint32_t *ends, size_t n,
                      size_t fields, uint32_t *out_ends)
{
    const size_t begin = (uint32_t)(ends[-1] + 1);
    size_t bytes = ends[n - 1] - begin;
    for (size_t i = 0; i + 1 < n; i++)
        out_ends[i] = (uint32_t)(ends[i] - begin);
    if (n < fields && bytes != 0 && text[begin + bytes - 1] == '\r')
        bytes--;
    memmove(out, text + begin, bytes);
    memset(out + bytes, FILLER, fields - n);
    for (size_t i = n - 1; i < fields; i++, bytes++)
        out_ends[i] = (uint32_t)bytes;
    out[bytes - 1] = '\n';
    return bytes;
}

/* Makes room for the records of an extent. Returns false if there is no memory. */
static bool make_room(ing_padding *p, size_t extent, size_t fields)
{
    const size_t capacity = fields > extent ? fields : extent;
    if (p->ends_capacity >= capacity)
        return true;
    free(p->memory);
    free(p->ends_memory);
    p->memory = calloc(1, extent + capacity + 2 * CSV_SLACK);
    p->ends_memory = malloc((capacity + 16) * sizeof *p->ends_memory);
    p->ends_capacity = p->memory != NULL && p->ends_memory != NULL ? capacity : 0;
    return p->ends_capacity != 0;
}

ing_result ing_pad_next(ing_reader *r, ing_record_batch *batch)
{
    ing_padding *p = &r->padding;
    const size_t fields = r->layout->n_fields;
    if (!make_room(p, r->limits->extent, fields))
        return ING_NO_MEMORY;
    uint8_t *text = p->memory + CSV_SLACK;
    uint32_t *ends = p->ends_memory + 8;
    size_t length = 0, n = 0;
    ends[-1] = UINT32_MAX;
    batch->text = text;
    batch->ends = ends;
    batch->records = 0;
    for (; p->left != 0 && p->ends_capacity - n >= fields; p->left--) {
        size_t own = 1;
        while (p->text[r->ends[p->at + own - 1]] != '\n')
            own++;
        const size_t bytes =
            ing_pad_record(text + length, p->text, r->ends + p->at, own, fields, ends + n);
        for (size_t i = 0; i < fields; i++)
            ends[n + i] += (uint32_t)length;
        length += bytes;
        n += fields;
        p->at += own;
        batch->records++;
    }
    batch->layout = r->layout;
    batch->input = r->input;
    return ING_DONE;
}

void ing_padding_end(ing_padding *p)
{
    free(p->memory);
    free(p->ends_memory);
}

bool ing_extras_are_empty(const ing_record_batch *batch)
{
    const ing_layout *layout = batch->layout;
    const uint32_t *end = batch->ends + layout->n_fields - 1;
    for (size_t i = 0; i < batch->records; i++, end += layout->n_fields) {
        const uint32_t begin = end[-1] + 1;
        uint32_t n = *end - begin;
        n -= n != 0 && batch->text[*end - 1] == '\r';
        if (n != 0 && !ing_get_cell(&layout->dialect, NULL, (char *)batch->text + begin, n).null)
            return false;
    }
    return true;
}

bool ing_shape_is_right(const ing_text *text, const ing_layout *layout, const ing_record *record)
{
    size_t n;
    if (record->n_fields != layout->n_fields)
        return text->null_short && record->n_fields < layout->n_fields;
    if (!layout->extra)
        return true;
    const char *s = ing_record_field(record, record->n_fields - 1, &n);
    return ing_get_cell(&layout->dialect, NULL, s, n).null;
}
