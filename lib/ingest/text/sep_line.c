/* Reads the sep= line of an input (C-24). */
#include <string.h>

#include "ingest/text/text.h"

#define SEP_LINE 9u /* bytes of the longest: "sep=;" in quotes, CR LF */

/* Returns the character that the sep= line text[0, n) names, and *length, with its end; 0 if it is
 * none. `whole`: the input ends behind the text. */
static uint8_t read_sep_line(const csv_dialect *dialect, const uint8_t *text, size_t n, bool whole,
                             size_t *length)
{
    const bool quoted = dialect->quoting && n != 0 && text[0] == dialect->quote;
    size_t at = quoted;
    if (n < at + 5 || (memcmp(text + at, "sep=", 4) != 0 && memcmp(text + at, "SEP=", 4) != 0))
        return 0;
    const uint8_t named = text[at + 4];
    at += 5;
    if (named == 0 || strchr(",\t;| :^", named) == NULL || ing_has_a_meaning(dialect, named))
        return 0;
    if (quoted && (at == n || text[at++] != dialect->quote))
        return 0;
    at += at < n && text[at] == '\r';
    if (at < n ? text[at] != '\n' : !whole || text[at - 1] == '\r')
        return 0;
    *length = at + (at < n);
    return named;
}

shmcol_status ing_skip_sep_line(const ing_text *text, ing_input *input, shmcol_error *err)
{
    uint8_t line[SEP_LINE + 1];
    const uint64_t left = input->size - input->begin;
    const size_t n = left < sizeof line ? (size_t)left : sizeof line;
    size_t length = 0;
    shmcol_status status = ing_input_read(input, input->begin, line, n, err);
    if (status != SHMCOL_OK)
        return status;
    input->sep = read_sep_line(&text->dialect, line, n, n == left, &length);
    input->begin += length;
    return SHMCOL_OK;
}
