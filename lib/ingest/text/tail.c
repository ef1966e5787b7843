/* Finds what has to be added to an input with escapes, so that its last record ends (C-85). */
#include <stdlib.h>

#include "ingest/text/text.h"

#define TAIL_BYTES 4096u

/* Counts the escapes that end in front of text offset `at`. *n becomes their number. Returns IO,
 * CHANGED. */
static shmcol_status count_escapes(const ing_input *input, uint64_t at, uint64_t *n,
                                   shmcol_error *err)
{
    const uint8_t escape = input->layout->dialect.escape;
    uint8_t buf[TAIL_BYTES];
    *n = 0;
    while (at > input->begin) {
        const uint64_t before = at - input->begin;
        const size_t want = before < sizeof buf ? (size_t)before : sizeof buf;
        shmcol_status status = ing_input_read(input, at - want, buf, want, err);
        if (status != SHMCOL_OK)
            return status;
        size_t left = want;
        while (left != 0 && buf[left - 1] == escape)
            left--;
        *n += want - left;
        if (left != 0)
            break;
        at -= want;
    }
    return SHMCOL_OK;
}

/* Sets *ended if the input's last LF ends a record or a comment. Reads the whole input: an escape
 * before that LF means nothing in a comment. Returns IO, CHANGED, NO_MEMORY. */
static shmcol_status find_end(const ing_input *input, bool *ended, shmcol_error *err)
{
    const size_t size = 64u << 10;
    csv_state state = CSV_RECORD_START;
    shmcol_status status = SHMCOL_OK;
    uint8_t *buf = malloc(size);
    if (buf == NULL)
        return shm_fail_memory(err);
    for (uint64_t at = input->begin; status == SHMCOL_OK && at < input->end;) {
        const size_t want = input->end - at < size ? (size_t)(input->end - at) : size;
        size_t pos = 0;
        status = ing_input_read(input, at, buf, want, err);
        while (status == SHMCOL_OK &&
               csv_scan(&input->layout->dialect, &state, buf, want, &pos) != CSV_MORE)
            continue;
        at += want;
    }
    free(buf);
    *ended = state == CSV_RECORD_START;
    return status;
}

shmcol_status ing_find_tail(ing_input *input, shmcol_error *err)
{
    const bool lf = input->last == '\n';
    uint64_t escapes, text = input->end - lf;
    shmcol_status status = SHMCOL_OK;
    if (lf && text > input->begin) { /* a CR before it */
        uint8_t byte = 0;
        status = ing_input_read(input, text - 1, &byte, 1, err);
        text -= byte == '\r';
    }
    if (status == SHMCOL_OK)
        status = count_escapes(input, text, &escapes, err);
    if (status != SHMCOL_OK || escapes % 2 == 0)
        return status;
    if (!lf) { /* the last escape is text: it is doubled */
        input->added = 2;
        return SHMCOL_OK;
    }
    bool ended = false;
    status = find_end(input, &ended, err);
    input->added = !ended;
    return status;
}
