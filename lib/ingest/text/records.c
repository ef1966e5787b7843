/* Reads one record after the other, exactly. */
#include <stdlib.h>
#include <string.h>

#include "ingest/text/text.h"

#define RECORDS_LEAST (256u << 10)

void ing_records_begin(ing_records *r, const ing_input *input, const csv_dialect *dialect,
                       uint64_t offset, uint64_t end, uint64_t limit)
{
    memset(r, 0, sizeof *r);
    r->input = input;
    r->dialect = *dialect;
    r->next = offset;
    r->end = end < input->size ? end : input->size;
    r->limit = limit;
}

void ing_records_end(ing_records *r)
{
    free(r->memory);
    free(r->ends);
    memset(r, 0, sizeof *r);
}

/* Grows the buffer, to at most one byte more than the longest record, which is enough to see that a
 * record is longer. Returns false if there is no memory. */
static bool more_room(ing_records *r)
{
    size_t capacity = r->capacity ? r->capacity * 2 : RECORDS_LEAST;
    if (capacity > r->limit + 1)
        capacity = r->capacity < RECORDS_LEAST ? RECORDS_LEAST : (size_t)r->limit + 1;
    uint8_t *memory = realloc(r->memory, capacity + 2 * CSV_SLACK);
    if (memory == NULL)
        return false;
    memset(memory, 0, CSV_SLACK);
    memset(memory + CSV_SLACK + capacity, 0, CSV_SLACK);
    r->memory = memory;
    r->text = memory + CSV_SLACK;
    r->capacity = capacity;
    return true;
}

/* Reads more text; first drops the records that were handed out. Returns IO, NO_MEMORY. */
static shmcol_status fill(ing_records *r, shmcol_error *err)
{
    size_t want;
    if (r->used != 0) {
        memmove(r->text, r->text + r->used, r->length - r->used);
        r->length -= r->used;
        r->used = 0;
    }
    if (r->length == r->capacity && !more_room(r))
        return shm_fail_memory(err);
    want = r->capacity - r->length;
    if (want > r->end - r->next)
        want = (size_t)(r->end - r->next);
    if (want == 0)
        return SHMCOL_OK;
    shmcol_status status = ing_input_read(r->input, r->next, r->text + r->length, want, err);
    if (status != SHMCOL_OK)
        return status;
    r->next += want;
    r->length += want;
    return SHMCOL_OK;
}

static bool add_end(ing_records *r, size_t n, size_t at)
{
    if (n + 2 >= r->ends_capacity) {
        size_t capacity = r->ends_capacity ? r->ends_capacity * 2 : 64;
        uint32_t *ends = realloc(r->ends, (capacity + 1) * sizeof *ends);
        if (ends == NULL)
            return false;
        r->ends = ends;
        r->ends_capacity = capacity;
    }
    r->ends[0] = UINT32_MAX;
    r->ends[n + 1] = (uint32_t)at;
    return true;
}

static void note_wrong(ing_record *record, shmcol_status wrong, size_t at)
{
    if (record->wrong == SHMCOL_OK) {
        record->wrong = wrong;
        record->wrong_at = at;
    }
}

/* Checks a record text[0, length) that ends without a line end. */
static void end_of_text(const csv_dialect *d, ing_record *record, csv_state state,
                        const uint8_t *text, size_t field_start, size_t length)
{
    if (state == CSV_QUOTED || state == CSV_QUOTED_ESCAPE) {
        while (text[field_start] != d->quote) /* spaces may stand before it (C-90) */
            field_start++;
        note_wrong(record, SHMCOL_ERR_CSV_UNCLOSED_QUOTE, field_start);
    } else if (state == CSV_FIELD_CR || state == CSV_RECORD_CR || state == CSV_ESCAPE_CR)
        note_wrong(record, SHMCOL_ERR_CSV_CARRIAGE_RETURN, length - 1);
    record->skipped = state == CSV_COMMENT || (state == CSV_SPACES && d->skip_blank);
}

/* Marks a record that exceeds the limit (C-15): only its beginning is here, and the next call would
 * begin in its middle. */
static void cut_record(ing_record *record, size_t field_start)
{
    note_wrong(record, SHMCOL_ERR_CSV_FIELD_SIZE, field_start);
    record->cut = true;
}

/* Follows the record that begins at text[used] to its end. *length: its bytes. Returns IO,
 * NO_MEMORY. */
static shmcol_status follow(ing_records *r, ing_record *record, size_t *length, shmcol_error *err)
{
    csv_state state = CSV_RECORD_START;
    size_t pos = 0, field_start = 0, added = 0;
    shmcol_status status = SHMCOL_OK;
    for (bool complete = false; status == SHMCOL_OK && !complete;) {
        csv_event event =
            csv_scan(&r->dialect, &state, r->text + r->used, r->length - r->used, &pos);
        switch (event) {
        case CSV_BAD_CR: note_wrong(record, SHMCOL_ERR_CSV_CARRIAGE_RETURN, pos - 1); break;
        case CSV_BAD_AFTER: note_wrong(record, SHMCOL_ERR_CSV_AFTER_QUOTE, pos); break;
        case CSV_SKIPPED: record->skipped = complete = true; break;
        case CSV_DELIMITER:
        case CSV_RECORD:
            complete = event == CSV_RECORD;
            if (!add_end(r, record->n_fields++, pos - 1))
                status = shm_fail_memory(err);
            if (!complete)
                field_start = pos;
            break;
        case CSV_MORE:
            if (r->next != r->end && pos <= r->limit) {
                status = fill(r, err);
                break;
            }
            if (r->next == r->end)
                end_of_text(&r->dialect, record, state, r->text + r->used, field_start, pos);
            complete = true;
            added = 1u + (state == CSV_ESCAPE || state == CSV_QUOTED_ESCAPE);
            if (!add_end(r, record->n_fields++, pos))
                status = shm_fail_memory(err);
            break;
        }
    }
    /* Counted as the passes do, with what is added at the end (text.h). */
    if (pos + added > r->limit)
        cut_record(record, field_start);
    *length = pos;
    return status;
}

shmcol_status ing_records_next(ing_records *r, ing_record *record, shmcol_error *err)
{
    shmcol_status status = SHMCOL_OK;
    memset(record, 0, sizeof *record);
    if (r->used == r->length)
        status = fill(r, err);
    if (status == SHMCOL_OK && r->length != 0)
        status = follow(r, record, &record->length, err);
    record->offset = r->next - (r->length - r->used);
    record->text = r->text + r->used;
    record->ends = r->ends == NULL ? NULL : r->ends + 1;
    r->used += record->length;
    return status;
}

char *ing_record_field(const ing_record *record, size_t field, size_t *n)
{
    uint32_t begin = record->ends[field - 1] + 1, end = record->ends[field];
    if (field == 0)
        begin = 0;
    if (field + 1 == record->n_fields && end > begin && record->text[end - 1] == '\r' &&
        end < record->length)
        end--;
    *n = end - begin;
    return (char *)record->text + begin;
}
