/* Counts the records and finds where they are. All chunks are counted in parallel, each for both
 * cases: its first byte is inside or outside quotes. Then one walk over the chunks picks the right
 * count. A chunk whose quotes parity does not explain is scanned in that walk, exactly. */
#include <stdlib.h>
#include <string.h>

#include "base/crew.h"
#include "format/ondisk.h"
#include "ingest/text/text.h"

#define CHUNK_LEAST (64u << 10)
#define CHUNKS_A_CLAIM 16u

typedef struct counter {
    ing_text *text;
    ing_control *control;
    csv_count *counts;
    uint8_t (*edges)[3]; /* of each chunk: first byte, last but one, last */
} counter;

static shmcol_status cut_chunks(ing_text *text, const ing_limits *limits, shmcol_error *err)
{
    uint64_t n = 0, size = limits->window ? limits->window : CHUNK_LEAST,
             most = limits->memory / 16 / limits->threads;
    if (size > most)
        size = most;
    while (size < text->source.length /
                      (limits->memory / 512)) /* the list of chunks takes a tenth of the memory */
        size *= 2;
    if (size > UINT32_MAX / 2)
        size = UINT32_MAX / 2;
    text->chunk_size = size;
    for (uint32_t i = 0; i < text->source.n_inputs; i++)
        n += (text->source.inputs[i].length + size - 1) / size;
    text->chunks = calloc(n + 1, sizeof *text->chunks);
    if (text->chunks == NULL)
        return shm_fail_memory(err);
    for (uint32_t i = 0; i < text->source.n_inputs; i++) {
        const ing_input *p = &text->source.inputs[i];
        for (uint64_t at = 0; at < p->length; at += size) {
            ing_chunk *c = &text->chunks[text->n_chunks++];
            c->pos = p->pos + at;
            c->length = (uint32_t)(p->length - at < size ? p->length - at : size);
        }
    }
    return SHMCOL_OK;
}

/* Returns the dialect of the input that has the chunk. */
static const csv_dialect *dialect_of(const ing_text *text, const ing_chunk *c)
{
    return &ing_source_input(&text->source, c->pos)->layout->dialect;
}

static bool count_chunk(counter *k, uint8_t *buf, uint64_t index, shmcol_error *err)
{
    const ing_text *text = k->text;
    const ing_chunk *c = &text->chunks[index];
    uint8_t *bytes = buf + CSV_SLACK;
    const ing_input *input = ing_source_input(&text->source, c->pos);
    const csv_dialect *dialect = &input->layout->dialect;
    const size_t before = c->pos - input->pos < 2 ? (size_t)(c->pos - input->pos) : 2;
    memset(bytes - 2, '\n', 2);
    if (ing_source_read(&text->source, c->pos - before, bytes - before, c->length + before, err))
        return false;
    k->counts[index] = text->isa->count(dialect, bytes, c->length);
    if (csv_scan_needed(dialect, bytes, c->length) || csv_scan_open_end(dialect, bytes, c->length))
        k->counts[index].irregular[0] = k->counts[index].irregular[1] = true;
    k->edges[index][0] = bytes[0];
    k->edges[index][1] =
        bytes[(int64_t)c->length - 2]; /* in a chunk of one byte, the byte before it */
    k->edges[index][2] = bytes[c->length - 1];
    return true;
}

static void count_worker(void *arg, uint32_t thread)
{
    counter *k = arg;
    ing_text *text = k->text;
    ing_control *control = k->control;
    shmcol_error err = SHMCOL_ERROR_INIT;
    uint8_t *buf = malloc(text->chunk_size + 2 * CSV_SLACK);
    (void)thread;
    if (buf == NULL) {
        shm_fail_memory(&err);
        ing_stop_failed(control, &err);
        return;
    }
    while (!ing_stops(control)) {
        uint64_t first = ing_claim(control, CHUNKS_A_CLAIM), last = first + CHUNKS_A_CLAIM,
                 bytes = 0;
        if (first >= text->n_chunks)
            break;
        last = last < text->n_chunks ? last : text->n_chunks;
        for (uint64_t i = first; i < last; i++) {
            if (!count_chunk(k, buf, i, &err)) {
                ing_stop_failed(control, &err);
                break;
            }
            bytes += text->chunks[i].length;
        }
        ing_progress(control,
                     bytes / 4); /* counting is one fifth of the work (ing_progress_expect) */
    }
    free(buf);
}

/* Counts a chunk character by character from its true state. */
static shmcol_status scan_chunk(const ing_text *text, const ing_chunk *c, csv_state *state,
                                uint64_t *records, uint8_t *buf, shmcol_error *err)
{
    const csv_dialect *dialect = dialect_of(text, c);
    size_t pos = 0;
    shmcol_status status = ing_source_read(&text->source, c->pos, buf, c->length, err);
    if (status != SHMCOL_OK)
        return status;
    for (;;) {
        csv_event event = csv_scan(dialect, state, buf, c->length, &pos);
        if (event == CSV_MORE)
            return SHMCOL_OK;
        *records += event == CSV_RECORD;
    }
}

/* Picks the right count of each chunk, in order. Returns IO, CHANGED, NO_MEMORY. */
static shmcol_status walk(const counter *k, shmcol_error *err)
{
    ing_text *text = k->text;
    ing_control *control = k->control;
    csv_state state = CSV_RECORD_START;
    uint64_t records = 0;
    uint8_t *buf = malloc(text->chunk_size);
    shmcol_status status = buf == NULL ? shm_fail_memory(err) : SHMCOL_OK;
    for (uint64_t i = 0; status == SHMCOL_OK && i < text->n_chunks; i++) {
        ing_chunk *c = &text->chunks[i];
        const csv_count *count = &k->counts[i];
        const ing_input *input = ing_source_input(&text->source, c->pos);
        const csv_dialect *dialect = &input->layout->dialect;
        int inside;
        if (input->pos == c->pos) {
            control->needs_diagnosis |=
                i != 0 && state != CSV_RECORD_START; /* the previous input ended inside quotes */
            state = CSV_RECORD_START;
        }
        c->state = (uint8_t)state;
        c->records = records;
        if (csv_state_parity(dialect, state, k->edges[i][0], &inside) &&
            !count->irregular[inside]) {
            records += count->records[inside];
            state = csv_state_after(dialect, inside ^ count->odd, k->edges[i][1], k->edges[i][2],
                                    count->tail);
        } else {
            status = scan_chunk(text, c, &state, &records, buf, err);
        }
    }
    free(buf);
    control->needs_diagnosis |= state != CSV_RECORD_START;
    text->rows = records;
    return status;
}

/* Asks for a diagnosis if an input ends in a CR that is not in a comment. In the joined text it
 * looks like CR LF, but it is an error (C-6, C-7). Returns IO, CHANGED, NO_MEMORY. */
static shmcol_status check_last_cr(const ing_text *text, const ing_input *input,
                                   ing_control *control, shmcol_error *err)
{
    if (!input->ends_in_cr)
        return SHMCOL_OK;
    const uint64_t last = input->pos + input->length - 1;
    uint64_t low = 0, high = text->n_chunks - 1;
    while (low < high) {
        uint64_t middle = low + (high - low + 1) / 2;
        if (text->chunks[middle].pos <= last)
            low = middle;
        else
            high = middle - 1;
    }
    const ing_chunk *c = &text->chunks[low];
    csv_state state = (csv_state)c->state;
    size_t pos = 0;
    uint8_t *buf = malloc(c->length);
    shmcol_status status = buf == NULL
                               ? shm_fail_memory(err)
                               : ing_source_read(&text->source, c->pos, buf, c->length, err);
    while (status == SHMCOL_OK &&
           csv_scan(&input->layout->dialect, &state, buf, c->length - 1, &pos) != CSV_MORE)
        continue;
    free(buf);
    control->needs_diagnosis |= state != CSV_COMMENT;
    return status;
}

shmcol_status ing_count(ing_text *text, const ing_limits *limits, ing_control *control,
                        shmcol_error *err)
{
    shmcol_status status = cut_chunks(text, limits, err);
    if (status != SHMCOL_OK)
        return status;
    counter k = {text, control, calloc(text->n_chunks + 1, sizeof *k.counts),
                 calloc(text->n_chunks + 1, sizeof *k.edges)};
    if (k.counts == NULL || k.edges == NULL) {
        status = shm_fail_memory(err);
        goto done;
    }
    ing_claims_begin(control);
    sys_parallel(limits->threads, count_worker, &k);
    status = ing_stopped(control, err);
    if (status != SHMCOL_OK)
        goto done;
    status = walk(&k, err);
    for (uint32_t i = 0;
         status == SHMCOL_OK && !control->needs_diagnosis && i < text->source.n_inputs; i++)
        status = check_last_cr(text, &text->source.inputs[i], control, err);
done:
    free(k.counts);
    free(k.edges);
    return status;
}

/* ---- where every block of rows begins ---- */

/* The buffers of a search for a record's end. */
typedef struct searcher {
    uint8_t *memory;
    uint8_t *text; /* memory + CSV_SLACK: a chunk, with CSV_SLACK around it */
    uint32_t *ends;
} searcher;

/* Moves *pos behind record end number `n` of text that begins with a record, by the index. Returns
 * false if the index cannot tell. */
static bool skip_records(const csv_isa *isa, const csv_dialect *dialect, const searcher *s,
                         uint64_t n, size_t length, size_t *pos)
{
    const uint8_t *bytes = s->text + *pos;
    csv_index_result index = isa->index(dialect, bytes, length - *pos, s->ends);
    if ((index.seen & (CSV_SEEN_IRREGULAR | CSV_SEEN_AFTER | CSV_SEEN_CR)) || index.records < n ||
        csv_scan_needed(dialect, bytes, length - *pos))
        return false;
    const uint32_t *end = s->ends;
    for (; n != 0; end++)
        n -= bytes[*end] == '\n';
    *pos += end[-1] + 1u;
    return true;
}

/* Finds the position behind record end number `n` (from 1) of the chunk. The first end is found
 * character by character, since the chunk may begin anywhere. Returns IO, CHANGED. */
static shmcol_status find_record(const ing_text *text, const ing_chunk *c, uint64_t n,
                                 const searcher *s, uint64_t *out, shmcol_error *err)
{
    const csv_dialect *dialect = dialect_of(text, c);
    csv_state state = (csv_state)c->state;
    size_t pos = 0;
    bool first = true;
    shmcol_status status = ing_source_read(&text->source, c->pos, s->text, c->length, err);
    while (status == SHMCOL_OK && n != 0) {
        csv_event event = csv_scan(dialect, &state, s->text, c->length, &pos);
        if (event == CSV_MORE) {
            shm_fail(err, SHMCOL_ERR_CHANGED, "", "the input changed while it was read");
            shm_error_path(err, ing_source_input(&text->source, c->pos)->path);
            return SHMCOL_ERR_CHANGED;
        }
        n -= event == CSV_RECORD;
        if (event == CSV_RECORD && first && n != 0 &&
            skip_records(text->isa, dialect, s, n, c->length, &pos))
            n = 0;
        first = first && event != CSV_RECORD;
    }
    *out = c->pos + pos;
    return status;
}

static shmcol_status begin_search(void *arg, uint32_t thread, void **worker, shmcol_error *err)
{
    const ing_text *text = arg;
    searcher *s = malloc(sizeof *s);
    (void)thread;
    *worker = s;
    if (s == NULL)
        return shm_fail_memory(err);
    s->memory = malloc(text->chunk_size + 2 * CSV_SLACK);
    s->ends = malloc((text->chunk_size + 8) * sizeof *s->ends);
    if (s->memory == NULL || s->ends == NULL)
        return shm_fail_memory(err);
    s->text = s->memory + CSV_SLACK;
    return SHMCOL_OK;
}

static void end_search(void *arg, void *worker)
{
    searcher *s = worker;
    (void)arg;
    if (s == NULL)
        return;
    free(s->memory);
    free(s->ends);
    free(s);
}

/* Finds where block number `index` + 1 begins. Returns IO, CHANGED. */
static shmcol_status locate_block(void *arg, void *worker, uint64_t index, uint64_t *done,
                                  shmcol_error *err)
{
    ing_text *text = arg;
    const uint64_t block = index + 1, row = block * text->block_rows;
    uint64_t low = 0, high = text->n_chunks - 1;
    (void)done;
    /* Record end number `row` is in the last chunk with fewer records before it. */
    while (low < high) {
        uint64_t middle = low + (high - low + 1) / 2;
        if (text->chunks[middle].records < row)
            low = middle;
        else
            high = middle - 1;
    }
    return find_record(text, &text->chunks[low], row - text->chunks[low].records, worker,
                       &text->starts[block], err);
}

/* Returns the rows of a block: 65,536 (a zone, F-46), or fewer if a worker's values or, roughly,
 * their text would exceed its share of the memory. It is a power of two, at least 8. */
static uint32_t choose_block_rows(const ing_text *text, uint32_t n_columns,
                                  const ing_limits *limits)
{
    uint64_t length = text->rows ? text->source.length / text->rows + 1 : 1,
             values = 9 * (uint64_t)n_columns + 1, room = limits->memory / 4 / limits->threads;
    uint32_t rows = FMT_ZONE_ROWS;
    while (rows > 8 && (rows > room / values || rows > room / 4 * 3 / length))
        rows /= 2;
    while (limits->window && rows > 64 && rows > limits->window)
        rows /= 2;
    return rows;
}

shmcol_status ing_cut_blocks(ing_text *text, uint32_t n_columns, const ing_limits *limits,
                             shmcol_error *err)
{
    text->block_rows = choose_block_rows(text, n_columns, limits);
    text->n_blocks = (text->rows + text->block_rows - 1) / text->block_rows;
    if (text->n_blocks == 0 && text->source.length != 0)
        text->n_blocks = 1; /* a text of comments and blank lines is read too (C-4) */
    text->starts = calloc(text->n_blocks + 1, sizeof *text->starts);
    if (text->starts == NULL)
        return shm_fail_memory(err);
    text->starts[text->n_blocks] = text->source.length;
    if (text->n_blocks < 2)
        return SHMCOL_OK;
    const base_crew crew = {.threads = limits->threads,
                            .tasks = text->n_blocks - 1,
                            .arg = text,
                            .task = locate_block,
                            .begin = begin_search,
                            .end = end_search};
    return base_crew_run(&crew, err);
}

void ing_count_again(ing_text *text)
{
    free(text->chunks);
    free(text->starts);
    text->chunks = NULL;
    text->starts = NULL;
    text->n_chunks = 0;
}
