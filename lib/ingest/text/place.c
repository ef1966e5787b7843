/* Finds line and column of a position in an input, for messages. */
#include <string.h>

#include "ingest/text/text.h"

/* Counts the characters of s[0, n): the bytes that do not continue one. */
static uint64_t characters(const uint8_t *s, size_t n)
{
    uint64_t count = 0;
    for (size_t i = 0; i < n; i++)
        count += (s[i] & 0xC0) != 0x80;
    return count;
}

void ing_place_error(const ing_input *input, uint64_t at, shmcol_error *err)
{
    uint8_t buf[65536];
    uint64_t line = 1, column = 1, pos = 0;
    if (err == NULL)
        return;
    while (pos < at) {
        size_t got = at - pos < sizeof buf ? (size_t)(at - pos) : sizeof buf, begin = 0;
        if (ing_input_read(input, pos, buf, got, NULL) != SHMCOL_OK)
            break;
        if (pos == 0 && got >= 3 && memcmp(buf, "\xEF\xBB\xBF", 3) == 0)
            column = 0; /* the byte order mark is no character of the text (C-3) */
        uint32_t lines = 0;
        for (size_t i = 0; i < got; i++)
            lines += buf[i] == '\n';
        if (lines != 0) { /* the column counts from the last line end */
            const uint8_t *last = memrchr(buf, '\n', got);
            begin = (size_t)(last - buf) + 1;
            column = 1;
        }
        line += lines;
        column += characters(buf + begin, got - begin);
        pos += got;
    }
    shm_error_offset(err, (int64_t)at);
    shm_error_line(err, (int64_t)line, (int64_t)column);
    shm_error_path(err, input->path);
}
