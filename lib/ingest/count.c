/* The first pass: how many records there are and where. Every chunk is counted in parallel for both
 * things its first byte can be, inside or outside quotes; then one walk over the chunks picks the
 * right count. A chunk whose quotes parity does not explain is scanned in that walk, exactly. */
#include <stdlib.h>
#include <string.h>

#include "ingest/ingest.h"

#define CHUNK_LEAST (64u << 10)
#define CHUNKS_A_CLAIM 16u

typedef struct counter {
    ing_job *job;
    csv_count *counts;
    uint8_t (*edges)[3]; /* first byte, last but one, last */
} counter;

static shmcol_status cut_chunks(ing_job *job, shmcol_error *err)
{
    uint64_t n = 0, size = job->limits.window ? job->limits.window : CHUNK_LEAST,
             most = job->limits.memory / 16 / job->limits.threads;
    if (size > most)
        size = most;
    while (size <
           job->text.source.length /
               (job->limits.memory / 512)) /* what is kept of all chunks: a tenth of the memory */
        size *= 2;
    if (size > UINT32_MAX / 2)
        size = UINT32_MAX / 2;
    job->text.chunk_size = size;
    for (uint32_t i = 0; i < job->text.source.n_parts; i++)
        n += (job->text.source.parts[i].length + size - 1) / size;
    job->text.chunks = calloc(n + 1, sizeof *job->text.chunks);
    if (job->text.chunks == NULL)
        return shm_fail_memory(err);
    for (uint32_t i = 0; i < job->text.source.n_parts; i++) {
        const ing_part *p = &job->text.source.parts[i];
        for (uint64_t at = 0; at < p->length; at += size) {
            ing_chunk *c = &job->text.chunks[job->text.n_chunks++];
            c->pos = p->pos + at;
            c->length = (uint32_t)(p->length - at < size ? p->length - at : size);
        }
    }
    return SHMCOL_OK;
}

static bool begins_part(const ing_job *job, const ing_chunk *c)
{
    return ing_stream_part(&job->text.source, c->pos)->pos == c->pos;
}

static bool count_chunk(counter *k, uint8_t *buf, uint64_t index, shmcol_error *err)
{
    ing_job *job = k->job;
    const ing_chunk *c = &job->text.chunks[index];
    uint8_t *text = buf + CSV_SLACK;
    size_t before = begins_part(job, c)                                             ? 0
                    : c->pos - ing_stream_part(&job->text.source, c->pos)->pos >= 2 ? 2
                                                                                    : 1;
    memset(text - 2, '\n', 2);
    if (ing_stream_read(&job->text.source, c->pos - before, text - before, c->length + before, err))
        return false;
    k->counts[index] = job->text.isa->count(&job->text.dialect, text, c->length);
    if (csv_scan_finds_spaces(&job->text.dialect, text, c->length))
        k->counts[index].irregular[0] = k->counts[index].irregular[1] = true;
    k->edges[index][0] = text[0];
    k->edges[index][1] = text[(int64_t)c->length - 2]; /* perhaps the byte before the chunk */
    k->edges[index][2] = text[c->length - 1];
    return true;
}

static void count_worker(void *arg, uint32_t thread)
{
    counter *k = arg;
    ing_job *job = k->job;
    shmcol_error err = SHMCOL_ERROR_INIT;
    uint8_t *buf = malloc(job->text.chunk_size + 2 * CSV_SLACK);
    (void)thread;
    if (buf == NULL) {
        shm_fail_memory(&err);
        ing_stop_failed(&job->control, &err);
        return;
    }
    while (!ing_stops(&job->control)) {
        uint64_t first = ing_claim(&job->control, CHUNKS_A_CLAIM), last = first + CHUNKS_A_CLAIM,
                 bytes = 0;
        if (first >= job->text.n_chunks)
            break;
        last = last < job->text.n_chunks ? last : job->text.n_chunks;
        for (uint64_t i = first; i < last; i++) {
            if (!count_chunk(k, buf, i, &err)) {
                ing_stop_failed(&job->control, &err);
                break;
            }
            bytes += job->text.chunks[i].length;
        }
        ing_progress(&job->control, bytes / 4); /* as pack.c weighs it */
    }
    free(buf);
}

/* Counts a chunk character by character from its true state. */
static shmcol_status scan_chunk(ing_job *job, const ing_chunk *c, csv_state *state,
                                uint64_t *records, uint8_t *buf, shmcol_error *err)
{
    size_t pos = 0;
    shmcol_status status = ing_stream_read(&job->text.source, c->pos, buf, c->length, err);
    if (status)
        return status;
    for (;;) {
        csv_event event = csv_scan(&job->text.dialect, state, buf, c->length, &pos);
        if (event == CSV_MORE)
            return SHMCOL_OK;
        *records += event == CSV_RECORD;
    }
}

/* Picks the true counts, in order. */
static shmcol_status walk(ing_job *job, const counter *k, shmcol_error *err)
{
    csv_state state = CSV_RECORD_START;
    uint64_t records = 0;
    uint8_t *buf = malloc(job->text.chunk_size);
    shmcol_status status = buf == NULL ? shm_fail_memory(err) : SHMCOL_OK;
    for (uint64_t i = 0; status == SHMCOL_OK && i < job->text.n_chunks; i++) {
        ing_chunk *c = &job->text.chunks[i];
        const csv_count *count = &k->counts[i];
        int inside;
        if (begins_part(job, c)) {
            job->control.needs_diagnosis |=
                i != 0 && state != CSV_RECORD_START; /* the part before ended inside quotes */
            state = CSV_RECORD_START;
        }
        c->state = (uint8_t)state;
        c->records = records;
        if (csv_state_parity(&job->text.dialect, state, k->edges[i][0], &inside) &&
            !count->irregular[inside]) {
            records += count->records[inside];
            state = csv_state_after(&job->text.dialect, inside ^ count->odd, k->edges[i][1],
                                    k->edges[i][2]);
        } else {
            status = scan_chunk(job, c, &state, &records, buf, err);
        }
    }
    free(buf);
    job->control.needs_diagnosis |= state != CSV_RECORD_START;
    job->text.rows = records;
    return status;
}

/* A CR at the very end of a part looks like CR LF in the stream, but is an error wherever it stands
 * (C-6, C-7), unless that is in a comment. */
static shmcol_status judge_last_cr(ing_job *job, const ing_part *part, shmcol_error *err)
{
    if (!part->ends_in_cr)
        return SHMCOL_OK;
    uint64_t i = job->text.n_chunks - 1;
    while (job->text.chunks[i].pos >= part->pos + part->length)
        i--;
    const ing_chunk *c = &job->text.chunks[i];
    csv_state state = (csv_state)c->state;
    size_t pos = 0;
    uint8_t *buf = malloc(c->length);
    shmcol_status status = buf == NULL
                               ? shm_fail_memory(err)
                               : ing_stream_read(&job->text.source, c->pos, buf, c->length, err);
    while (status == SHMCOL_OK &&
           csv_scan(&job->text.dialect, &state, buf, c->length - 1, &pos) != CSV_MORE)
        continue;
    free(buf);
    job->control.needs_diagnosis |= state != CSV_COMMENT;
    return status;
}

shmcol_status ing_count(ing_job *job, shmcol_error *err)
{
    shmcol_status status = cut_chunks(job, err);
    if (status)
        return status;
    counter k = {job, calloc(job->text.n_chunks + 1, sizeof *k.counts),
                 calloc(job->text.n_chunks + 1, sizeof *k.edges)};
    if (k.counts == NULL || k.edges == NULL) {
        status = shm_fail_memory(err);
    } else {
        ing_claims_begin(&job->control);
        sys_parallel(job->limits.threads, count_worker, &k);
        status = ing_stopped(&job->control, err);
        if (status == SHMCOL_OK)
            status = walk(job, &k, err);
    }
    for (uint32_t i = 0; status == SHMCOL_OK && i < job->text.source.n_parts; i++)
        status = judge_last_cr(job, &job->text.source.parts[i], err);
    free(k.counts);
    free(k.edges);
    return status;
}

/* ---- where every block of rows begins ---- */

/* Where text is searched for a record's end. */
typedef struct searcher {
    uint8_t *text; /* a chunk, with CSV_SLACK around it */
    uint32_t *ends;
} searcher;

/* The position behind record end number `n` of text that begins a record, by the index. false: the
 * index cannot tell. */
static bool skip_records(const ing_job *job, const searcher *s, uint64_t n, size_t length,
                         size_t *pos)
{
    const uint8_t *text = s->text + *pos;
    csv_index_result index = job->text.isa->index(&job->text.dialect, text, length - *pos, s->ends);
    if ((index.seen & (CSV_SEEN_IRREGULAR | CSV_SEEN_AFTER | CSV_SEEN_CR)) || index.records < n ||
        csv_scan_finds_spaces(&job->text.dialect, text, length - *pos))
        return false;
    const uint32_t *end = s->ends;
    for (; n != 0; end++)
        n -= text[*end] == '\n';
    *pos += end[-1] + 1u;
    return true;
}

/* The position behind record end number `n` (from 1) of the chunk. The first is found character by
 * character: the chunk may begin anywhere. */
static shmcol_status find_record(ing_job *job, const ing_chunk *c, uint64_t n, const searcher *s,
                                 uint64_t *out, shmcol_error *err)
{
    csv_state state = (csv_state)c->state;
    size_t pos = 0;
    bool first = true;
    shmcol_status status = ing_stream_read(&job->text.source, c->pos, s->text, c->length, err);
    while (status == SHMCOL_OK && n != 0) {
        csv_event event = csv_scan(&job->text.dialect, &state, s->text, c->length, &pos);
        if (event == CSV_MORE) {
            shm_fail(err, SHMCOL_ERR_CHANGED, "", "the input changed while it was read");
            return SHMCOL_ERR_CHANGED;
        }
        n -= event == CSV_RECORD;
        if (event == CSV_RECORD && first && n != 0 && skip_records(job, s, n, c->length, &pos))
            n = 0;
        first = first && event != CSV_RECORD;
    }
    *out = c->pos + pos;
    return status;
}

static void locate_worker(void *arg, uint32_t thread)
{
    ing_job *job = arg;
    shmcol_error err = SHMCOL_ERROR_INIT;
    uint8_t *buf = malloc(job->text.chunk_size + 2 * CSV_SLACK);
    searcher s = {NULL, malloc((job->text.chunk_size + 8) * sizeof *s.ends)};
    (void)thread;
    if (buf == NULL || s.ends == NULL) {
        shm_fail_memory(&err);
        ing_stop_failed(&job->control, &err);
    } else {
        s.text = buf + CSV_SLACK;
    }
    while (!ing_stops(&job->control)) {
        uint64_t block = ing_claim(&job->control, 1) + 1;
        if (block >= job->text.n_blocks)
            break;
        uint64_t row = block * job->text.block_rows, low = 0, high = job->text.n_chunks - 1;
        while (low < high) { /* the last chunk with fewer than `row` records before it holds record
                                end number `row` */
            uint64_t middle = low + (high - low + 1) / 2;
            if (job->text.chunks[middle].records < row)
                low = middle;
            else
                high = middle - 1;
        }
        if (find_record(job, &job->text.chunks[low], row - job->text.chunks[low].records, &s,
                        &job->text.starts[block], &err))
            ing_stop_failed(&job->control, &err);
    }
    free(buf);
    free(s.ends);
}

/* Rows a block: 65,536 (a zone, F-46), fewer where a worker's values or, roughly, their text would
 * outgrow its share of the memory; a power of two, at least 8. */
static uint32_t choose_block_rows(const ing_job *job)
{
    uint64_t text = job->text.rows ? job->text.source.length / job->text.rows + 1 : 1,
             values = 9 * (uint64_t)job->schema.n_columns + 1,
             room = job->limits.memory / 4 / job->limits.threads;
    uint32_t rows = FMT_ZONE_ROWS;
    while (rows > 8 && (rows > room / values || rows > room / 4 * 3 / text))
        rows /= 2;
    while (job->limits.window && rows > 64 && rows > job->limits.window)
        rows /= 2;
    return rows;
}

shmcol_status ing_cut_blocks(ing_job *job, shmcol_error *err)
{
    job->text.block_rows = choose_block_rows(job);
    job->text.n_blocks = (job->text.rows + job->text.block_rows - 1) / job->text.block_rows;
    if (job->text.n_blocks == 0 && job->text.source.length != 0)
        job->text.n_blocks =
            1; /* nothing but comments and blank lines: they are read all the same (C-4) */
    job->text.starts = calloc(job->text.n_blocks + 1, sizeof *job->text.starts);
    if (job->text.starts == NULL)
        return shm_fail_memory(err);
    job->text.starts[job->text.n_blocks] = job->text.source.length;
    if (job->text.n_blocks < 2)
        return SHMCOL_OK;
    ing_claims_begin(&job->control);
    sys_parallel(job->limits.threads, locate_worker, job);
    return ing_stopped(&job->control, err);
}
