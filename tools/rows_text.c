/* Texts by the rules of CSV and JSON. */
#include "common_text.h"
#include "rows_table.h"

enum { PLAIN = 0, QUOTE = 1, NUL = 2 };

/* Classes of characters. A CSV cell is quoted for every delimiter that shmcol-pack looks for,
 * whatever the one in use, and for quotes and line ends. */
static const unsigned char csv_class[256] = {
    [0] = NUL,     ['\t'] = QUOTE, ['\n'] = QUOTE, ['\r'] = QUOTE,
    ['"'] = QUOTE, [','] = QUOTE,  [';'] = QUOTE,  ['|'] = QUOTE,
};

static void csv_text(rows_out *out, const char *data, size_t n, bool *has_nul)
{
    unsigned seen = n == 0 ? QUOTE : PLAIN; /* "" is the empty text, nothing at all is null */
    for (size_t i = 0; i < n; i++)
        seen |= csv_class[(unsigned char)data[i]];
    if ((seen & NUL) != 0 && has_nul != NULL)
        *has_nul = true;
    if ((seen & QUOTE) == 0) {
        rows_put(out, data, n);
        return;
    }
    rows_reserve(out, 2 * n + 2);
    char *o = out->data + out->used;
    *o++ = '"';
    for (size_t i = 0; i < n; i++) {
        if (data[i] == '"')
            *o++ = '"';
        *o++ = data[i];
    }
    *o++ = '"';
    out->used = (size_t)(o - out->data);
}

void rows_quote(rows_out *out, rows_format format, size_t start)
{
    size_t n = out->used - start, quotes = 0;
    unsigned seen = PLAIN;
    if (format == ROWS_JSONL || format == ROWS_JSON)
        return;
    for (size_t i = start; i < out->used; i++) {
        seen |= csv_class[(unsigned char)out->data[i]];
        quotes += out->data[i] == '"';
    }
    if ((seen & QUOTE) == 0)
        return;
    rows_reserve(out, quotes + 2);
    char *from = out->data + start + n, *to = from + quotes + 2;
    out->used += quotes + 2;
    *--to = '"';
    while (from > out->data + start) { /* backwards: the cell grows over its own end */
        *--to = *--from;
        if (*to == '"')
            *--to = '"';
    }
    *--to = '"';
}

static char *json_escape(char *o, unsigned char c)
{
    static const char hex[] = "0123456789abcdef";
    static const char letters[] = {['\b'] = 'b', ['\f'] = 'f', ['\n'] = 'n', ['\r'] = 'r',
                                   ['\t'] = 't', ['"'] = '"',  ['\\'] = '\\'};
    *o++ = '\\';
    if (c < sizeof letters && letters[c] != 0) {
        *o++ = letters[c];
        return o;
    }
    memcpy(o, "u00", 3);
    o[3] = hex[c >> 4];
    o[4] = hex[c & 15];
    return o + 5;
}

/* Bytes that are escaped at a time. An escape makes six bytes of one, and room is made for these
 * only, not for a whole long text. */
enum { AT_ONCE = 4096 };

static bool json_text_of(rows_out *out, const char *data, size_t n)
{
    rows_byte(out, '"');
    for (size_t i = 0; i < n;) {
        size_t end = n - i < AT_ONCE ? n : i + AT_ONCE;
        rows_reserve(out, 6 * AT_ONCE + 4);
        char *o = out->data + out->used;
        while (i < end) {
            unsigned char c = (unsigned char)data[i];
            uint32_t character;
            size_t k = 1;
            if (c < 0x20 || c == '"' || c == '\\' || c == 0x7F) {
                o = json_escape(o, c);
            } else if (c < 0x80) {
                *o++ = (char)c;
            } else if ((k = text_decode(data + i, n - i, &character)) != 0) {
                memcpy(o, data + i, k);
                o += k;
            } else {
                return false;
            }
            i += k;
        }
        out->used = (size_t)(o - out->data);
    }
    rows_byte(out, '"');
    return true;
}

bool rows_text(rows_out *out, rows_format format, const char *data, size_t length, bool *has_nul)
{
    if (format == ROWS_JSONL || format == ROWS_JSON)
        return json_text_of(out, data, length);
    csv_text(out, data, length, has_nul);
    return true;
}
