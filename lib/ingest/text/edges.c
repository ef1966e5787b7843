/* Finds where the records of an input begin and end (C-3, C-5, C-24, C-86, C-87), and refuses
 * UTF-16 (C-2). */
#include <string.h>

#include "ingest/text/text.h"

#define BUFFER_SIZE (64u << 10)

/* Returns CSV_UTF16 for text of two or four bytes a character, by its mark or by its NULs (C-2).
 * b[0, n): its first bytes, at most four; ones stand for missing bytes. */
static shmcol_status refuse_utf16(const ing_input *input, const uint8_t b[4], size_t n,
                                  shmcol_error *err)
{
    bool mark = (b[0] == 0xff && b[1] == 0xfe) || (b[0] == 0xfe && b[1] == 0xff);
    if (!mark && b[0] != 0 && b[1] != 0)
        return SHMCOL_OK;
    bool wide = n == 4 && ((b[0] == 0xff && b[1] == 0xfe && b[2] == 0 && b[3] == 0) ||
                           (b[0] == 0 && b[1] == 0));
    shm_fail(err, SHMCOL_ERR_CSV_UTF16, "C-2", "the input is not UTF-8 but looks like UTF-%s",
             wide ? "32" : "16");
    shm_error_hint(err, "--encoding %s reads it",
                   wide        ? "UTF-32"
                   : mark      ? "UTF-16"
                   : b[0] == 0 ? "UTF-16BE"
                               : "UTF-16LE");
    shm_error_path(err, input->path);
    shm_error_offset(err, 0);
    return SHMCOL_ERR_CSV_UTF16;
}

/* Moves *at behind `lines` LFs, or to the end of the text. Returns CHANGED, IO. */
static shmcol_status skip_lines(const ing_input *input, uint64_t *at, uint64_t lines,
                                shmcol_error *err)
{
    uint8_t buf[BUFFER_SIZE];
    while (lines != 0 && *at < input->size) {
        size_t n = input->size - *at < sizeof buf ? (size_t)(input->size - *at) : sizeof buf;
        shmcol_status status = ing_input_read(input, *at, buf, n, err);
        if (status != SHMCOL_OK)
            return status;
        const uint8_t *p = buf, *end = buf + n;
        while (lines != 0 && (p = memchr(p, '\n', (size_t)(end - p))) != NULL) {
            p++;
            lines--;
        }
        *at += lines == 0 ? (uint64_t)(p - buf) : n;
    }
    return SHMCOL_OK;
}

/* Moves input->end before the last `lines` lines of the text, but not before input->begin (C-87).
 * Looks from the end. Returns CHANGED, IO. */
static shmcol_status drop_footer(ing_input *input, uint64_t lines, shmcol_error *err)
{
    uint8_t buf[BUFFER_SIZE];
    /* An LF that is the last byte does not begin a line. */
    uint64_t at = input->last == '\n' ? input->end - 1 : input->end;
    while (at > input->begin) {
        size_t n = at - input->begin < sizeof buf ? (size_t)(at - input->begin) : sizeof buf;
        shmcol_status status = ing_input_read(input, at - n, buf, n, err);
        if (status != SHMCOL_OK)
            return status;
        for (const uint8_t *p = buf + n; (p = memrchr(buf, '\n', (size_t)(p - buf))) != NULL;)
            if (--lines == 0) {
                input->end = at - n + (uint64_t)(p - buf) + 1;
                input->last = '\n';
                return SHMCOL_OK;
            }
        at -= n;
    }
    input->end = input->begin;
    return SHMCOL_OK;
}

shmcol_status ing_find_edges(const ing_text *text, ing_input *input, shmcol_error *err)
{
    uint8_t first[4] = {1, 1, 1, 1};
    size_t n = input->size < 4 ? (size_t)input->size : 4;
    shmcol_status status = ing_input_read(input, 0, first, n, err);
    if (status == SHMCOL_OK && text->encoding == NULL)
        status = ing_refuse_binary(input, err);
    if (status == SHMCOL_OK && text->encoding == NULL)
        status = refuse_utf16(input, first, n, err);
    if (status != SHMCOL_OK)
        return status;
    input->begin = n >= 3 && memcmp(first, "\xEF\xBB\xBF", 3) == 0 ? 3 : 0;
    input->end = input->size;
    status = skip_lines(input, &input->begin, text->skip_lines, err);
    if (status == SHMCOL_OK)
        status = ing_skip_sep_line(text, input, err);
    if (status != SHMCOL_OK || input->begin == input->end)
        return status;
    status = ing_input_read(input, input->end - 1, &input->last, 1, err);
    return status == SHMCOL_OK && text->skip_footer != 0
               ? drop_footer(input, text->skip_footer, err)
               : status;
}

shmcol_status ing_begin_behind_header(const ing_text *text, ing_input *input, uint64_t at,
                                      shmcol_error *err)
{
    shmcol_status status = skip_lines(input, &at, text->skip_after_header, err);
    input->begin = at;
    if (input->end < at) /* the footer does not reach into these lines */
        input->end = at;
    return status;
}
