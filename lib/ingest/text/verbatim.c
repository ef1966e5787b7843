/* Writes refused records in the input's own bytes, if these are in another encoding (C-17) or have
 * sequences that were replaced (C-94). The original position of a converted byte is found by
 * converting the text once more, along with the records. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "format/utf8.h"
#include "ingest/text/text.h"

#define BUFFER_SIZE (64u << 10)
#define NEAR 16u    /* the last bytes of text before a position are converted byte by byte */
#define LONGEST 64u /* most original bytes of one character, with escapes before it */

shmcol_status ing_verbatim_begin(ing_verbatim *v, const ing_text *text, const ing_input *input,
                                 shmcol_error *err)
{
    memset(v, 0, sizeof *v);
    v->input = input;
    v->unit = text->replaced_unit;
    v->converter = (iconv_t)-1;
    shmcol_status status =
        ing_converts(text) ? ing_open_converter(text->encoding, &v->converter, err) : SHMCOL_OK;
    if (status != SHMCOL_OK)
        return status;
    v->buffer = malloc(BUFFER_SIZE);
    return v->buffer == NULL ? shm_fail_memory(err) : SHMCOL_OK;
}

void ing_verbatim_end(ing_verbatim *v)
{
    if (v->input != NULL && v->converter != (iconv_t)-1)
        iconv_close(v->converter);
    free(v->buffer);
    memset(v, 0, sizeof *v);
}

static shmcol_status read_original(const ing_input *input, void *data, size_t length, uint64_t at,
                                   shmcol_error *err)
{
    size_t got = 0;
    int errnum = sys_pread(input->original_fd, data, length, input->original_offset + at, &got);
    return errnum || got < length ? shm_fail_sys(err, errnum ? errnum : EIO, input->path,
                                                 "cannot read the copy of the input")
                                  : SHMCOL_OK;
}

/* Reads on until the buffer has LONGEST unused bytes, or all that are left. Returns IO. */
static shmcol_status fill(ing_verbatim *v, shmcol_error *err)
{
    uint64_t next = v->original + (v->length - v->used), left = v->input->original_size - next;
    if (v->length - v->used >= LONGEST || left == 0)
        return SHMCOL_OK;
    memmove(v->buffer, v->buffer + v->used, v->length - v->used);
    v->length -= v->used;
    v->used = 0;
    size_t want = BUFFER_SIZE - v->length < left ? BUFFER_SIZE - v->length : (size_t)left;
    shmcol_status status = read_original(v->input, v->buffer + v->length, want, next, err);
    v->length += status == SHMCOL_OK ? want : 0;
    return status;
}

/* Converts up to n bytes of the original into at most `room` bytes of text. */
static void step(ing_verbatim *v, size_t n, size_t room)
{
    char out[BUFFER_SIZE], *from = v->buffer + v->used, *to = out;
    size_t before = n, left = room < sizeof out ? room : sizeof out, all = left;
    /* The text was converted before: either room or the end of a character is missing, or what
     * stands there was replaced. */
    size_t result = iconv(v->converter, &from, &n, &to, &left);
    if (result == (size_t)-1 && errno == EILSEQ && v->unit != 0) {
        n -= v->unit < n ? v->unit : n;
        v->text += ING_REPLACEMENT_LENGTH;
    }
    v->used += before - n;
    v->original += before - n;
    v->text += all - left;
}

/* Moves over valid text, not beyond `to`, or over one sequence that was replaced. */
static void step_utf8(ing_verbatim *v, uint64_t to)
{
    const uint8_t *s = (const uint8_t *)v->buffer + v->used;
    const size_t n = v->length - v->used, most = to - v->text < n ? (size_t)(to - v->text) : n,
                 bad = fmt_utf8_check(s, most),
                 length = bad == SIZE_MAX ? most
                          : bad != 0      ? bad
                                          : ing_invalid_length(s, n);
    v->used += length;
    v->original += length;
    v->text += bad != 0 ? length : ING_REPLACEMENT_LENGTH;
}

/* Moves to the end of the shortest original that gives the text up to `to`: an escape or a mark
 * before a record belongs to that record. Returns IO, CHANGED. */
static shmcol_status go_to(ing_verbatim *v, uint64_t to, shmcol_error *err)
{
    shmcol_status status = SHMCOL_OK;
    if (to == v->input->size) { /* also the last bytes that give no text */
        v->text = to;
        v->original = v->input->original_size;
        v->length = v->used = 0;
        return SHMCOL_OK;
    }
    while (status == SHMCOL_OK && v->text < to) {
        const uint64_t text = v->text, original = v->original;
        status = fill(v, err);
        if (status != SHMCOL_OK)
            return status;
        if (v->converter == (iconv_t)-1)
            step_utf8(v, to);
        else if (to - v->text > NEAR)
            step(v, v->length - v->used, to - v->text - NEAR / 2);
        for (size_t n = 1; v->converter != (iconv_t)-1 && v->original == original &&
                           v->text == text && n <= v->length - v->used;
             n++)
            step(v, n, NEAR * 2);
        if (v->original == original && v->text == text) {
            shm_fail(err, SHMCOL_ERR_CHANGED, "", "the input cannot be converted twice");
            shm_error_path(err, v->input->path);
            return SHMCOL_ERR_CHANGED;
        }
    }
    return status;
}

shmcol_status ing_verbatim_write(ing_verbatim *v, uint64_t from, uint64_t to, int fd,
                                 shmcol_error *err)
{
    shmcol_status status = go_to(v, from, err);
    if (status != SHMCOL_OK)
        return status;
    uint64_t at = v->original;
    status = go_to(v, to, err);
    if (status != SHMCOL_OK)
        return status;
    char buf[4096];
    while (at < v->original) {
        size_t want = v->original - at < sizeof buf ? (size_t)(v->original - at) : sizeof buf;
        status = read_original(v->input, buf, want, at, err);
        if (status != SHMCOL_OK)
            return status;
        at += want;
        int errnum = sys_write(fd, buf, want);
        if (errnum != 0)
            return shm_fail_sys(err, errnum, NULL, "cannot write the refused records");
    }
    return SHMCOL_OK;
}
