/* Replaces what is no UTF-8 by U+FFFD (C-94). An input that has nothing to replace stays as it is.
 */
#include <stdlib.h>
#include <string.h>

#include "format/utf8.h"
#include "ingest/text/text.h"

#define BUFFER_SIZE (256u << 10)
#define PLACE_FOR 64u /* replacements that are written at once */

typedef struct replacer {
    const ing_output *output;
    ing_text *text;
    ing_input *input;
    ing_spool *originals; /* gets the text as it was; NULL: none does */
    bool copies;          /* something was replaced; before that, the text is what the input has */
    uint64_t read, count;
    uint8_t *buffer, *out; /* out[0, waiting) is to be written */
    size_t waiting;
    shmcol_error *err;
} replacer;

size_t ing_invalid_length(const uint8_t *s, size_t n)
{
    uint8_t low = s[0] == 0xE0   ? 0xA0
                  : s[0] == 0xF0 ? 0x90
                                 : 0x80,
            high = s[0] == 0xED   ? 0x9F
                   : s[0] == 0xF4 ? 0x8F
                                  : 0xBF;
    size_t most = s[0] < 0xC2 || s[0] > 0xF4 ? 1 : s[0] < 0xE0 ? 2 : s[0] < 0xF0 ? 3 : 4, i = 1;
    while (i < n && i < most && s[i] >= low && s[i] <= high) {
        low = 0x80;
        high = 0xBF;
        i++;
    }
    return i;
}

/* Returns true if s[0, n), which is no whole character, could be one with the bytes after it. */
static bool is_begin(const uint8_t *s, size_t n)
{
    const size_t length = s[0] < 0xE0 ? 2 : s[0] < 0xF0 ? 3 : 4;
    return s[0] >= 0xC2 && s[0] <= 0xF4 && n < length && ing_invalid_length(s, n) == n;
}

static shmcol_status flush(replacer *k)
{
    const size_t n = k->waiting;
    k->waiting = 0;
    return ing_spool_write(&k->text->spool, k->output, k->out, n, k->err);
}

/* Adds at most BUFFER_SIZE bytes to the copy, if there is one. Returns IO. */
static shmcol_status put(replacer *k, const void *data, size_t n)
{
    if (!k->copies || n == 0)
        return SHMCOL_OK;
    shmcol_status status = n > BUFFER_SIZE - k->waiting ? flush(k) : SHMCOL_OK;
    memcpy(k->out + k->waiting, data, n);
    k->waiting += n;
    return status;
}

static shmcol_status keep_original(replacer *k, const void *data, size_t n)
{
    return k->copies && k->originals != NULL
               ? ing_spool_write(k->originals, k->output, data, n, k->err)
               : SHMCOL_OK;
}

/* Begins the copy with the first `length` bytes of the input, which are valid. Returns IO, CHANGED,
 * NO_MEMORY. */
static shmcol_status begin_copy(replacer *k, uint64_t length)
{
    uint8_t *data = malloc(BUFFER_SIZE);
    shmcol_status status =
        data == NULL ? shm_fail_memory(k->err) : ing_spool_open(&k->text->spool, k->output, k->err);
    if (status == SHMCOL_OK && k->originals != NULL)
        status = ing_spool_open(k->originals, k->output, k->err);
    k->copies = true;
    for (uint64_t at = 0; status == SHMCOL_OK && at < length;) {
        const size_t n = length - at < BUFFER_SIZE ? (size_t)(length - at) : BUFFER_SIZE;
        status = ing_input_read(k->input, at, data, n, k->err);
        if (status == SHMCOL_OK)
            status = put(k, data, n);
        if (status == SHMCOL_OK)
            status = keep_original(k, data, n);
        at += n;
    }
    free(data);
    return status;
}

/* Writes one U+FFFD for each of the invalid sequences that follow each other at s[0, *n); *n
 * becomes their bytes. last: the input ends there. */
static shmcol_status put_replacements(replacer *k, const uint8_t *s, size_t *n, bool last)
{
    char text[ING_REPLACEMENT_LENGTH * PLACE_FOR];
    size_t used = 0, count = 0;
    while (count < PLACE_FOR && used < *n && (last || !is_begin(s + used, *n - used)) &&
           fmt_utf8_check(s + used, *n - used < 4 ? *n - used : 4) == 0) {
        memcpy(text + ING_REPLACEMENT_LENGTH * count++, ING_REPLACEMENT, ING_REPLACEMENT_LENGTH);
        used += ing_invalid_length(s + used, *n - used);
    }
    *n = used;
    k->count += count;
    return put(k, text, ING_REPLACEMENT_LENGTH * count);
}

/* Takes s[0, n), from position `at` of the input, up to a character whose end is not there; *rest
 * becomes the bytes of that. */
static shmcol_status take(replacer *k, const uint8_t *s, size_t n, uint64_t at, bool last,
                          size_t *rest)
{
    shmcol_status status = SHMCOL_OK;
    size_t i = 0, kept = 0; /* kept: the original has s[0, kept) */
    while (status == SHMCOL_OK) {
        size_t bad = fmt_utf8_check(s + i, n - i), good = bad == SIZE_MAX ? n - i : bad;
        status = put(k, s + i, good);
        i += good;
        if (i == n || status != SHMCOL_OK || (!last && is_begin(s + i, n - i)))
            break;
        if (!k->copies) {
            status = begin_copy(k, at + i);
            kept = i;
        }
        size_t length = n - i;
        if (status == SHMCOL_OK)
            status = put_replacements(k, s + i, &length, last);
        i += length;
    }
    *rest = n - i;
    return status == SHMCOL_OK ? keep_original(k, s + kept, i - kept) : status;
}

static shmcol_status run(replacer *k, ing_control *control)
{
    size_t rest = 0; /* bytes at the buffer's begin that were read, but not taken */
    shmcol_status status = SHMCOL_OK;
    while (status == SHMCOL_OK && k->read < k->input->size) {
        const uint64_t left = k->input->size - k->read, at = k->read - rest;
        const size_t room = BUFFER_SIZE - rest, n = left < room ? (size_t)left : room;
        status = ing_input_read(k->input, k->read, k->buffer + rest, n, k->err);
        if (status != SHMCOL_OK)
            return status;
        k->read += n;
        const size_t length = rest + n;
        status = take(k, k->buffer, length, at, k->read == k->input->size, &rest);
        memmove(k->buffer, k->buffer + length - rest, rest);
        if (status == SHMCOL_OK)
            status = ing_progress_tell(control, k->read, 0, k->err);
    }
    return status;
}

shmcol_status ing_replace_invalid(ing_text *text, const ing_output *output, ing_control *control,
                                  ing_input *input, shmcol_error *err)
{
    const uint64_t begin = text->spool.size, original_begin = text->originals.size;
    replacer k = {.output = output,
                  .text = text,
                  .input = input,
                  .originals = output->rejects != NULL ? &text->originals : NULL,
                  .buffer = malloc(2 * BUFFER_SIZE),
                  .err = err};
    k.out = k.buffer + BUFFER_SIZE;
    shmcol_status status = k.buffer == NULL ? shm_fail_memory(err) : run(&k, control);
    if (status == SHMCOL_OK && k.copies)
        status = flush(&k);
    free(k.buffer);
    if (status != SHMCOL_OK || !k.copies)
        return status;
    text->replaced += k.count;
    ing_spool_take(&text->spool, begin, input);
    if (k.originals != NULL) {
        input->original_fd = text->originals.fd;
        input->original_offset = original_begin;
        input->original_size = text->originals.size - original_begin;
    }
    return ing_find_edges(text, input, err);
}
