/* The fields of one column in a batch of records, for the loops that convert them. */
#ifndef SHMCOL_INGEST_FIELDS_H
#define SHMCOL_INGEST_FIELDS_H

#include "ingest/rows/rows.h"

typedef struct field_loop {
    const char *text;
    const uint32_t *end; /* of the field in the first record */
    size_t stride;       /* entries of ends[] from one record to the next */
    bool last;  /* it is the last field of the record: a CR before the LF is not its text */
    bool plain; /* the fast paths take values only: no null token, nothing to be trimmed */
} field_loop;

/* The records have a field for the column. */
static inline field_loop field_loop_begin(const ing_column *column, const ing_record_batch *batch)
{
    const uint32_t field = ing_layout_field(batch->layout, column->asked.field),
                   n_fields = batch->layout->n_fields;
    field_loop f = {(const char *)batch->text, batch->ends + field, n_fields, field + 1 == n_fields,
                    !column->asked.tokens.values};
    return f;
}

static inline const char *field_at(const field_loop *f, size_t record, size_t *n)
{
    const uint32_t *end = f->end + record * f->stride;
    uint32_t begin = end[-1] + 1; /* ends[-1] is UINT32_MAX: wraps to 0 */
    uint32_t length = *end - begin;
    if (f->last && length != 0 && f->text[*end - 1] == '\r')
        length--;
    *n = length;
    return f->text + begin;
}

/* Marks a row of the buffer as null. */
static inline void clear_bit(ing_column_buffer *buffer, size_t row)
{
    buffer->validity[row >> 3] &= (uint8_t)~(1u << (row & 7));
    buffer->null_count++;
}

#endif
