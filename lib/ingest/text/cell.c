/* Makes a cell of one field, exactly: quotes, spaces, null tokens (C-20 … C-23). */
#include <string.h>

#include "ingest/text/text.h"

static bool is_token(const ing_tokens *tokens, const char *s, size_t n)
{
    for (uint32_t i = 0; i < tokens->n; i++)
        if (tokens->list[i].length == n && memcmp(tokens->list[i].text, s, n) == 0)
            return true;
    return false;
}

size_t ing_halve(const csv_dialect *dialect, char *s, size_t n)
{
    return csv_halve_field(dialect, s, n);
}

ing_cell ing_get_cell(const csv_dialect *dialect, const ing_tokens *tokens, const char *s, size_t n)
{
    ing_cell cell = {s, n, false, false};
    if (n >= 2 && dialect->quoting && (uint8_t)s[0] == csv_opening(dialect)) {
        cell.s = s + 1;
        cell.n = n - 2;
        cell.quoted_empty = cell.n == 0;
    } else {
        if (dialect->trim) {
            while (cell.n != 0 && (cell.s[0] == ' ' || cell.s[0] == '\t'))
                cell.s++, cell.n--;
            while (cell.n != 0 && (cell.s[cell.n - 1] == ' ' || cell.s[cell.n - 1] == '\t'))
                cell.n--;
        }
        cell.null = cell.n == 0;
    }
    if (tokens != NULL && tokens->n != 0 && is_token(tokens, cell.s, cell.n)) {
        cell.null = true;
        cell.quoted_empty = false;
    }
    return cell;
}
