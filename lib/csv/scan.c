/* The exact reading of a CSV (scan.h). */
#include "csv/scan.h"

#include <string.h>

#include "csv/index.h"

static bool is_space(uint8_t byte)
{
    return byte == ' ' || byte == '\t';
}

static csv_state state_at_start(const csv_dialect *d, csv_state state, uint8_t byte)
{
    if (state == CSV_RECORD_START && d->comment != 0 && byte == d->comment)
        return CSV_COMMENT;
    if (d->quoting && byte == d->quote)
        return CSV_QUOTED;
    if (d->trim && is_space(byte))
        return state == CSV_RECORD_START ? CSV_SPACES : CSV_FIELD_SPACES;
    return CSV_UNQUOTED;
}

/* The state after a byte that ends no field. */
static csv_state state_in_field(const csv_dialect *d, csv_state state, uint8_t byte)
{
    if (d->escape != 0 && byte == d->escape)
        return CSV_ESCAPE;
    if (state == CSV_RECORD_START || state == CSV_FIELD_START)
        return state_at_start(d, state, byte);
    if (state != CSV_SPACES && state != CSV_FIELD_SPACES)
        return state;
    if (d->quoting && byte == d->quote) /* C-90 */
        return CSV_QUOTED;
    return is_space(byte) ? state : CSV_UNQUOTED;
}

/* The event of a byte that ends a field, or CSV_MORE. A blank line is one that has nothing
 * before its LF but a CR and, where values are trimmed, spaces before that. */
static csv_event end_of_field(const csv_dialect *d, csv_state *state, uint8_t byte)
{
    if (byte == '\n') {
        bool blank = *state == CSV_RECORD_START || *state == CSV_SPACES || *state == CSV_RECORD_CR;
        *state = CSV_RECORD_START;
        return blank && d->skip_blank ? CSV_SKIPPED : CSV_RECORD;
    }
    if (byte == d->delimiter) {
        *state = CSV_FIELD_START;
        return CSV_DELIMITER;
    }
    if (byte == '\r') {
        *state = *state == CSV_RECORD_START || *state == CSV_SPACES ? CSV_RECORD_CR : CSV_FIELD_CR;
        return CSV_MORE;
    }
    return CSV_MORE;
}

csv_event csv_scan(const csv_dialect *d, csv_state *state, const uint8_t *buf, size_t length,
                   size_t *pos)
{
    for (size_t i = *pos; i < length; i++) {
        uint8_t byte = buf[i];
        csv_event event = CSV_MORE;
        *pos = i;
        switch (*state) {
        case CSV_QUOTED:
            if (byte == d->quote)
                *state = CSV_QUOTE;
            else if (d->escape != 0 && byte == d->escape)
                *state = CSV_QUOTED_ESCAPE;
            continue;
        case CSV_QUOTED_ESCAPE: *state = CSV_QUOTED; continue;
        case CSV_ESCAPE: *state = byte == '\r' ? CSV_ESCAPE_CR : CSV_UNQUOTED; continue;
        case CSV_ESCAPE_CR:
            *state = CSV_UNQUOTED;
            if (byte != '\n')
                return CSV_BAD_CR;
            continue;
        case CSV_COMMENT:
            if (byte != '\n')
                continue;
            *state = CSV_RECORD_START;
            event = CSV_SKIPPED;
            break;
        case CSV_RECORD_CR:
        case CSV_FIELD_CR:
            if (byte != '\n') {
                *state = CSV_UNQUOTED; /* if the caller goes on, the CR was text */
                return CSV_BAD_CR;
            }
            event = end_of_field(d, state, byte);
            break;
        case CSV_QUOTE:
            if (byte == d->quote) {
                *state = CSV_QUOTED;
                continue;
            }
            if (byte != d->delimiter && byte != '\n' && byte != '\r') {
                *state = CSV_AFTER;
                return CSV_BAD_AFTER;
            }
            event = end_of_field(d, state, byte);
            break;
        default: /* RECORD_START, SPACES, FIELD_START, FIELD_SPACES, UNQUOTED, AFTER */
            if (byte == d->delimiter || byte == '\n' || byte == '\r')
                event = end_of_field(d, state, byte);
            else
                *state = state_in_field(d, *state, byte);
            break;
        }
        if (event != CSV_MORE) {
            *pos = i + 1;
            return event;
        }
    }
    *pos = length;
    return CSV_MORE;
}

csv_state csv_state_after(const csv_dialect *d, int inside, uint8_t last_but_one, uint8_t last,
                          csv_tail tail)
{
    if (tail == CSV_TAIL_ESCAPE)
        return inside ? CSV_QUOTED_ESCAPE : CSV_ESCAPE;
    if (inside)
        return CSV_QUOTED;
    if (tail != CSV_TAIL_PLAIN)
        return tail == CSV_TAIL_CR         ? CSV_ESCAPE_CR
               : tail == CSV_TAIL_FIELD_CR ? CSV_FIELD_CR
                                           : CSV_UNQUOTED;
    if (last == '\n')
        return CSV_RECORD_START;
    if (last == d->delimiter)
        return CSV_FIELD_START;
    if (d->quoting && last == d->quote)
        return CSV_QUOTE;
    if (last == '\r')
        return last_but_one == '\n' ? CSV_RECORD_CR : CSV_FIELD_CR;
    return CSV_UNQUOTED;
}

int csv_state_parity(const csv_dialect *d, csv_state state, uint8_t first, int *inside)
{
    *inside = state == CSV_QUOTED;
    switch (state) {
    case CSV_UNQUOTED:
        /* The quote is literal, whatever stood before it. An LF before may be text (C-85): then it
         * begins no line. */
        return !(d->quoting && first == d->quote) &&
               !(d->escape != 0 && (first == '\n' || first == '\r' || first == d->comment));
    case CSV_FIELD_CR: return d->escape == 0; /* the same */
    case CSV_RECORD_CR: return !d->trim;      /* there may be spaces before it */
    case CSV_SPACES:
    case CSV_FIELD_SPACES:
    case CSV_AFTER:
    case CSV_COMMENT:
    case CSV_ESCAPE:
    case CSV_ESCAPE_CR:
    case CSV_QUOTED_ESCAPE: return 0;
    default: return 1;
    }
}

bool csv_scan_needed(const csv_dialect *d, const uint8_t *text, size_t length)
{
    const uint8_t *const end = text + length;
    for (const uint8_t *line = d->trim && d->skip_blank ? text : NULL;
         line != NULL && line < end;) {
        const uint8_t *p = line;
        while (p < end && is_space(*p))
            p++;
        bool spaces = p != line;
        p += p < end && *p == '\r';
        if (spaces && (p == end || *p == '\n'))
            return true;
        line = memchr(p, '\n', (size_t)(end - p));
        line += line != NULL;
    }
    return false;
}

bool csv_scan_open_end(const csv_dialect *d, const uint8_t *text, size_t length)
{
    if (!d->trim || length == 0 || !is_space(text[length - 1]))
        return false;
    while (length != 0 && is_space(text[length - 1]) && text[length - 1] != d->delimiter)
        length--;
    return length == 0 || text[length - 1] == d->delimiter || text[length - 1] == '\n';
}

size_t csv_escaped(const csv_dialect *d, const uint8_t *behind, size_t left)
{
    if (left == 0)
        return 0;
    if (behind[0] == '\r')
        return left > 1 && behind[1] == '\n' ? 2 : 0;
    return behind[0] == d->delimiter || behind[0] == '\n' || behind[0] == d->escape ||
           (d->quoting && behind[0] == d->quote);
}

uint32_t csv_scan_index(const csv_dialect *d, uint8_t *buf, size_t *length, uint32_t *ends,
                        size_t *n_ends, size_t *records)
{
    csv_state state = CSV_RECORD_START;
    size_t pos = 0, record = 0, cut = 0, n = 0,
           r = 0; /* record: where the current one begins; cut: bytes taken out so far */
    uint32_t seen = 0;
    for (;;) {
        csv_event event = csv_scan(d, &state, buf, *length, &pos);
        if (event == CSV_MORE)
            break;
        if (event == CSV_BAD_CR || event == CSV_BAD_AFTER) {
            seen |= event == CSV_BAD_CR ? CSV_SEEN_CR : CSV_SEEN_AFTER;
        } else if (event == CSV_SKIPPED) {
            cut += pos - record;
            record = pos;
        } else {
            ends[n++] = (uint32_t)(pos - 1 - cut);
            if (event == CSV_RECORD) {
                if (cut != 0)
                    memmove(buf + record - cut, buf + record, pos - record);
                record = pos;
                r++;
            }
        }
    }
    if (cut != 0)
        memmove(buf + record - cut, buf + record, *length - record);
    *length -= cut;
    *n_ends = n;
    *records = r;
    return seen;
}

/* Removes the escapes of an unquoted field, in place. Returns the new length. */
static size_t unescape(const csv_dialect *d, uint8_t *s, size_t n)
{
    const uint8_t *first = d->escape != 0 ? memchr(s, d->escape, n) : NULL;
    if (first == NULL)
        return n;
    size_t length = (size_t)(first - s);
    for (size_t i = length; i < n;) {
        size_t text = s[i] == d->escape ? csv_escaped(d, s + i + 1, n - i - 1) : 0;
        i += text != 0;
        for (text += text == 0; text != 0; text--)
            s[length++] = s[i++];
    }
    return length;
}

size_t csv_halve_field(const csv_dialect *d, char *field, size_t n)
{
    uint8_t *s = (uint8_t *)field;
    size_t begin = 0, length = 1;
    while (d->trim && begin < n && is_space(s[begin]) && s[begin] != d->quote &&
           s[begin] != d->escape)
        begin++;
    if (!d->quoting || begin == n || s[begin] != d->quote)
        return unescape(d, s, n);
    s[0] = csv_opening(d);
    for (size_t i = begin + 1; i < n; i++) {
        size_t text =
            d->escape != 0 && s[i] == d->escape ? csv_escaped(d, s + i + 1, n - i - 1) : 0;
        if (text != 0) {
            memmove(s + length, s + i + 1, text);
            length += text;
            i += text;
            continue;
        }
        s[length++] = s[i];
        if (s[i] == d->quote) {
            if (i + 1 >= n || s[i + 1] != d->quote)
                break; /* the closing one: the field ends here */
            i++;
        }
    }
    return length;
}

size_t csv_scan_halve(const csv_dialect *d, uint8_t *buf, size_t length, uint32_t *ends,
                      size_t n_ends)
{
    size_t begin = 0, out = 0;
    for (size_t i = 0; i < n_ends; i++) {
        size_t n = ends[i] + 1u - begin; /* with the byte that ends it */
        bool cr = n >= 2 && buf[ends[i]] == '\n' && buf[ends[i] - 1] == '\r';
        memmove(buf + out, buf + begin, n);
        begin += n;
        if (d->quoting || d->escape != 0) {
            size_t tail = 1u + cr, text = csv_halve_field(d, (char *)buf + out, n - tail);
            memmove(buf + out + text, buf + out + n - tail, tail);
            n = text + tail;
        }
        out += n;
        ends[i] = (uint32_t)(out - 1);
    }
    return out + (length - begin);
}
