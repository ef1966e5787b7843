/* Reads the text as batches of whole records: reads an extent, indexes it, hands out the complete
 * records, keeps the rest for the next extent. A record longer than an extent is read alone to its
 * end. */
#include <stdlib.h>
#include <string.h>

#include "format/utf8.h"
#include "ingest/text/text.h"

static bool resize_text(ing_reader *r, size_t capacity)
{
    uint8_t *memory = realloc(r->memory, capacity + 2 * CSV_SLACK);
    if (memory == NULL)
        return false;
    memset(memory, '\n', CSV_SLACK);
    memset(memory + CSV_SLACK + capacity, 0, CSV_SLACK);
    r->memory = memory;
    r->text = memory + CSV_SLACK;
    r->capacity = capacity;
    return true;
}

static bool resize_ends(ing_reader *r, size_t capacity)
{
    uint32_t *memory = realloc(r->ends_memory, (capacity + 16) * sizeof *memory);
    if (memory == NULL)
        return false;
    r->ends_memory = memory;
    r->ends = memory + 8;
    r->ends[-1] = UINT32_MAX;
    r->ends_capacity = capacity;
    return true;
}

bool ing_reader_init(ing_reader *r, const ing_text *text, const ing_limits *limits,
                     ing_control *control)
{
    memset(r, 0, sizeof *r);
    r->source = text;
    r->limits = limits;
    r->control = control;
    return resize_text(r, limits->extent) && resize_ends(r, limits->extent);
}

void ing_reader_free(ing_reader *r)
{
    free(r->memory);
    free(r->halved_memory);
    free(r->ends_memory);
    ing_padding_end(&r->padding);
    memset(r, 0, sizeof *r);
}

/* Sets layout and end to those of the run that begins at, or goes on after, r->next. */
static void begin_run(ing_reader *r)
{
    const ing_input *input = ing_source_input(&r->source->source, r->next);
    r->layout = input->layout;
    r->input = input;
    r->end = input->run_end < r->stop ? input->run_end : r->stop;
}

void ing_reader_seek(ing_reader *r, uint64_t pos, uint64_t end, uint64_t block)
{
    r->next = pos;
    r->stop = end;
    r->block = block;
    r->length = r->used = 0;
    r->padding.left = 0;
    begin_run(r);
}

/* Drops the bytes of the last batch and fills the text up to its capacity. Returns DONE, FAILED. */
static ing_result fill(ing_reader *r, shmcol_error *err)
{
    r->length -= r->used;
    if (r->length != 0 && r->used != 0)
        memmove(r->text, r->text + r->used, r->length);
    r->used = 0;
    size_t want = r->capacity - r->length;
    if (want > r->end - r->next)
        want = (size_t)(r->end - r->next);
    if (want == 0)
        return ING_DONE;
    if (ing_source_read(&r->source->source, r->next, r->text + r->length, want, err))
        return ING_FAILED;
    r->next += want;
    r->length += want;
    return ING_DONE;
}

/* Returns true if every n_fields-th end is an LF and no other is: then each record has n_fields
 * fields (C-11). */
static bool well_shaped(const ing_reader *r, const uint8_t *text, size_t n_ends, size_t records)
{
    size_t fields = r->layout->n_fields;
    if (n_ends / fields < records)
        return false;
    for (size_t i = 0, at = fields - 1; i < records; i++, at += fields)
        if (text[r->ends[at]] != '\n')
            return false;
    return true;
}

static bool is_utf8(const csv_isa *isa, const uint8_t *text, size_t length)
{
    return isa->utf8 != NULL ? isa->utf8(text, length) : fmt_utf8_check(text, length) == SIZE_MAX;
}

/* Gives the quoted fields of `records` regular records the opening byte that cells know (C-85). */
static void mark_quoted(const csv_dialect *d, uint8_t *text, const uint32_t *ends, size_t n_ends)
{
    for (size_t i = 0; d->quoting && i < n_ends; i++) {
        uint8_t *first = text + (uint32_t)(ends[(ptrdiff_t)i - 1] + 1);
        if (*first == d->quote)
            *first = csv_opening(d);
    }
}

/* Hands out records of which some lack fields, beginning with the first of r->padding. The only
 * record in the text is padded where it is: it may be large. Returns DONE, NEEDS_DIAGNOSIS,
 * NO_MEMORY. */
static ing_result hand_out_padded(ing_reader *r, ing_record_batch *batch, size_t n_ends)
{
    const size_t fields = r->layout->n_fields, room = r->used + fields;
    if (r->capacity <= r->limits->extent)
        return ing_pad_next(r, batch);
    if ((room > r->capacity && !resize_text(r, room)) ||
        (fields > r->ends_capacity && !resize_ends(r, fields)))
        return ING_NO_MEMORY;
    ing_pad_record(r->text, r->text, r->ends, n_ends, fields, r->ends);
    r->padding.left = 0;
    batch->text = r->text;
    batch->ends = r->ends;
    return ING_DONE;
}

/* Hands out indexed records. text: the text of the positions in ends[], r->text or r->halved (then
 * r->used is set). seen: flags of the index. Returns DONE, NEEDS_DIAGNOSIS. */
static ing_result hand_out(ing_reader *r, ing_record_batch *batch, uint8_t *text, size_t n_ends,
                           size_t records, uint32_t seen)
{
    const bool whole = well_shaped(r, text, n_ends, records);
    size_t n = records * r->layout->n_fields;
    if (whole)
        r->n_extra += r->layout->extra ? records : 0;
    else if (!r->source->null_short || (n = ing_shape_ends(r, text, n_ends, records)) == 0)
        return ING_NEEDS_DIAGNOSIS;
    if (text == r->text)
        r->used = r->ends[n - 1] + 1;
    if ((seen & CSV_SEEN_HIGH) && !is_utf8(r->source->isa, r->text, r->used))
        return ING_NEEDS_DIAGNOSIS;
    if (seen & CSV_SEEN_IRREGULAR) /* rare: parity does not explain the text */
        csv_scan_halve(&r->layout->dialect, text, r->used, r->ends, n);
    else if (r->layout->dialect.escape != 0)
        mark_quoted(&r->layout->dialect, text, r->ends, n);
    batch->text = text;
    batch->ends = r->ends;
    batch->records = records;
    batch->layout = r->layout;
    batch->input = r->input;
    if (!whole) {
        r->padding.text = text;
        r->padding.at = 0;
        r->padding.left = records;
        ing_result result = hand_out_padded(r, batch, n);
        if (result != ING_DONE)
            return result;
    }
    return r->layout->extra && !ing_extras_are_empty(batch) ? ING_NEEDS_DIAGNOSIS : ING_DONE;
}

/* Indexes r->text, with doubled quotes halved into r->halved if the extents before had some.
 * Returns false if there is no memory. */
static bool index_extent(ing_reader *r, csv_index_result *index, uint8_t **text)
{
    const csv_isa *isa = r->source->isa;
    const csv_dialect *dialect = &r->layout->dialect;
    if (r->halving) {
        *index = isa->index_halved(dialect, r->text, r->length, r->halved, r->ends, &r->used);
        *text = r->halved;
        r->halving = (index->seen & CSV_SEEN_DOUBLED) != 0;
        return true;
    }
    *index = isa->index(dialect, r->text, r->length, r->ends);
    *text = r->text;
    if ((index->seen & (CSV_SEEN_DOUBLED | CSV_SEEN_IRREGULAR)) != CSV_SEEN_DOUBLED)
        return true;
    if (r->halved_memory == NULL) {
        if ((r->halved_memory = calloc(1, r->limits->extent + 2 * CSV_SLACK)) == NULL)
            return false;
        r->halved = r->halved_memory + CSV_SLACK;
    }
    r->halving = true;
    return index_extent(r, index, text);
}

/* Makes room for one long record, and reads on. Beyond a worker's own share only the block whose
 * turn it is may grow (C-15: the bound does not depend on threads). Returns DONE, NEEDS_DIAGNOSIS,
 * END, NO_MEMORY, FAILED. */
static ing_result grow(ing_reader *r, shmcol_error *err)
{
    const ing_limits *limits = r->limits;
    uint64_t capacity = (uint64_t)r->capacity * 2;
    if (r->capacity >= limits->record)
        return ING_NEEDS_DIAGNOSIS;
    if (capacity > limits->record)
        capacity = limits->record;
    if (capacity > limits->strings && r->block != UINT64_MAX &&
        !ing_take_turn(r->control, r->block))
        return ING_END;
    return resize_text(r, (size_t)capacity) ? fill(r, err) : ING_NO_MEMORY;
}

/* Forgets the bytes behind text[0, length), which are read again later. So a buffer that has grown
 * holds one record only, and is not moved for each further extent. */
static void give_back(ing_reader *r, size_t length)
{
    r->next -= r->length - length;
    r->length = length;
}

/* Reads on until the text, which has no whole record, has one. Returns DONE, with no record after a
 * skipped line; NEEDS_DIAGNOSIS, END, NO_MEMORY, FAILED. */
static ing_result long_record(ing_reader *r, ing_record_batch *batch, shmcol_error *err)
{
    csv_state state = CSV_RECORD_START;
    size_t pos = 0, n = 0;
    for (;;) {
        csv_event event = csv_scan(&r->layout->dialect, &state, r->text, r->length, &pos);
        if (event == CSV_MORE) {
            if (r->next == r->end)
                return ING_NEEDS_DIAGNOSIS; /* the block ends inside a record */
            ing_result result = grow(r, err);
            if (result != ING_DONE)
                return result;
        } else if (event == CSV_DELIMITER || event == CSV_RECORD) {
            if (n + 1 >= r->ends_capacity && !resize_ends(r, r->ends_capacity * 2))
                return ING_NO_MEMORY;
            r->ends[n++] = (uint32_t)(pos - 1);
            if (event == CSV_RECORD)
                break;
            if (n >= r->layout->n_fields)
                return ING_NEEDS_DIAGNOSIS;
        } else if (event == CSV_SKIPPED) {
            if (memchr(r->text, 0, pos) != NULL)
                return ING_NEEDS_DIAGNOSIS;
            give_back(r, pos);
            r->used = pos;
            return ING_DONE; /* a skipped line: batch->records stays 0 */
        } else {
            return ING_NEEDS_DIAGNOSIS;
        }
    }
    if (memchr(r->text, 0, pos) != NULL)
        return ING_NEEDS_DIAGNOSIS;
    give_back(r, pos);
    return hand_out(r, batch, r->text, n, 1, CSV_SEEN_HIGH | CSV_SEEN_IRREGULAR);
}

ing_result ing_reader_next(ing_reader *r, ing_record_batch *batch, shmcol_error *err)
{
    const size_t extent = r->limits->extent;
    if (r->padding.left != 0) {
        ing_result result = ing_pad_next(r, batch);
        return result == ING_DONE && r->layout->extra && !ing_extras_are_empty(batch)
                   ? ING_NEEDS_DIAGNOSIS
                   : result;
    }
    for (;;) {
        if (r->capacity > extent) { /* the long record is done: release its memory */
            r->length = r->used = 0;
            if (!resize_text(r, extent) || !resize_ends(r, extent))
                return ING_NO_MEMORY;
        }
        ing_result result = fill(r, err);
        if (result != ING_DONE)
            return result;
        if (r->length == 0) {
            if (r->end == r->stop)
                return ING_END;
            begin_run(r);
            continue;
        }
        const csv_dialect *dialect = &r->layout->dialect;
        batch->records = 0;
        csv_index_result index;
        uint8_t *text;
        if (!index_extent(r, &index, &text))
            return ING_NO_MEMORY;
        if (csv_scan_needed(dialect, r->text, r->length))
            index.seen |= CSV_SEEN_IRREGULAR;
        if (index.seen & CSV_SEEN_IRREGULAR) {
            text = r->text;
            r->used = 0; /* the result of the index is dropped */
            uint32_t seen =
                csv_scan_index(dialect, r->text, &r->length, r->ends, &index.ends, &index.records);
            index.seen = (index.seen & (CSV_SEEN_NUL | CSV_SEEN_HIGH | CSV_SEEN_IRREGULAR)) | seen;
        }
        if (index.seen & (CSV_SEEN_CR | CSV_SEEN_AFTER | CSV_SEEN_NUL))
            return ING_NEEDS_DIAGNOSIS;
        if (index.records != 0)
            return hand_out(r, batch, text, index.ends, index.records, index.seen);
        if (r->length == 0 || (r->length < r->capacity && r->next < r->end))
            continue; /* there were only skipped lines, or dropping them made room */
        result = long_record(r, batch, err);
        if (result != ING_DONE || batch->records != 0)
            return result;
    }
}
