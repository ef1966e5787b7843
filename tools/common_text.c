/* Text for people: sizes and numbers, terminal widths, escapes. */
#include "common_text.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "common.h"

char *text_size(uint64_t bytes, char out[TEXT_SMALL])
{
    static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
    double value = (double)bytes;
    unsigned unit = 0;
    while (value >= 1023.95 && unit < 6) {
        value /= 1024;
        unit++;
    }
    (void)snprintf(out, TEXT_SMALL, unit == 0 ? "%.0f %s" : "%.1f %s", value, units[unit]);
    return out;
}

char *text_number(uint64_t n, char out[TEXT_SMALL])
{
    char digits[32];
    int length = snprintf(digits, sizeof digits, "%" PRIu64, n);
    char *o = out;
    for (int i = 0; i < length; i++) {
        if (i > 0 && (length - i) % 3 == 0)
            *o++ = ',';
        *o++ = digits[i];
    }
    *o = 0;
    return out;
}

char *text_seconds(double seconds, char out[TEXT_SMALL])
{
    if (seconds < 10)
        (void)snprintf(out, TEXT_SMALL, seconds < 1 ? "%.3f s" : "%.1f s", seconds);
    else if (seconds < 100)
        (void)snprintf(out, TEXT_SMALL, "%.0f s", seconds);
    else if (seconds < 2 * 3600)
        (void)snprintf(out, TEXT_SMALL, "%.0f min", seconds / 60);
    else
        (void)snprintf(out, TEXT_SMALL, "%.1f h", seconds / 3600);
    return out;
}

char *text_id(const uint8_t id[16], char out[TEXT_SMALL])
{
    for (int i = 0; i < 16; i++)
        (void)snprintf(out + 2 * i, 3, "%02x", id[i]);
    return out;
}

size_t text_decode(const char *s, size_t n, uint32_t *character)
{
    const unsigned char *u = (const unsigned char *)s;
    if (u[0] < 0x80) {
        *character = u[0];
        return 1;
    }
    size_t k = u[0] >= 0xF0 ? 4 : u[0] >= 0xE0 ? 3 : 2;
    if (u[0] < 0xC2 || u[0] > 0xF4 || k > n)
        return 0;
    uint32_t c = u[0] & (0xFFu >> (k + 1));
    for (size_t i = 1; i < k; i++) {
        if ((u[i] & 0xC0) != 0x80)
            return 0;
        c = c << 6 | (u[i] & 0x3Fu);
    }
    if ((k == 3 && c < 0x800) || (k == 4 && (c < 0x10000 || c > 0x10FFFF)) ||
        (c >= 0xD800 && c < 0xE000))
        return 0;
    *character = c;
    return k;
}

/* Returns true for characters that could move the cursor or reverse the line: C0, DEL, C1, line and
 * paragraph separators, bidirectional controls. */
static bool is_control(uint32_t c)
{
    return c < 0x20 || (c >= 0x7F && c < 0xA0) || c == 0x2028 || c == 0x2029 || c == 0x061C ||
           c == 0x200E || c == 0x200F || (c >= 0x202A && c <= 0x202E) ||
           (c >= 0x2066 && c <= 0x2069);
}

char *text_escape(const char *data, size_t length)
{
    char *out = tool_alloc(4 * length + 1, 1), *o = out;
    while (length > 0) {
        uint32_t c;
        size_t k = text_decode(data, length, &c);
        if (k == 0) {
            o += snprintf(o, 5, "\\x%02x", (unsigned char)*data);
            k = 1;
        } else if (!is_control(c)) {
            memcpy(o, data, k);
            o += k;
        } else if (c == '\n' || c == '\r' || c == '\t') {
            o += snprintf(o, 3, "\\%c", c == '\n' ? 'n' : c == '\r' ? 'r' : 't');
        } else {
            o += k == 1 ? snprintf(o, 5, "\\x%02x", c) : snprintf(o, 7, "\\u%04x", c);
        }
        data += k;
        length -= k;
    }
    *o = 0;
    return out;
}

typedef struct span {
    uint32_t first, last;
} span;

static bool in_spans(uint32_t c, const span *spans, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (c >= spans[i].first && c <= spans[i].last)
            return true;
    return false;
}

/* Returns the cells of one character. The tables are our own, because wcwidth answers only in a
 * UTF-8 locale, and names are UTF-8 in any. */
static size_t character_width(uint32_t c)
{
    static const span none[] = {
        {0x300, 0x36F},   {0x483, 0x489},   {0x591, 0x5BD},   {0x610, 0x61A},
        {0x64B, 0x65F},   {0x900, 0x902},   {0x93C, 0x93C},   {0x941, 0x948},
        {0xE31, 0xE31},   {0xE34, 0xE3A},   {0xE47, 0xE4E},   {0x200B, 0x200F},
        {0x20D0, 0x20F0}, {0xFE00, 0xFE0F}, {0xFE20, 0xFE2F}, {0xE0100, 0xE01EF}};
    static const span wide[] = {{0x1100, 0x115F},   {0x231A, 0x231B},   {0x2E80, 0x303E},
                                {0x3041, 0x33FF},   {0x3400, 0x4DBF},   {0x4E00, 0x9FFF},
                                {0xA000, 0xA4CF},   {0xA960, 0xA97F},   {0xAC00, 0xD7A3},
                                {0xF900, 0xFAFF},   {0xFE30, 0xFE6F},   {0xFF00, 0xFF60},
                                {0xFFE0, 0xFFE6},   {0x1F300, 0x1F64F}, {0x1F680, 0x1F6FF},
                                {0x1F900, 0x1F9FF}, {0x20000, 0x3FFFD}};
    if (c < 0x300)
        return 1;
    if (in_spans(c, none, sizeof none / sizeof none[0]))
        return 0;
    return in_spans(c, wide, sizeof wide / sizeof wide[0]) ? 2 : 1;
}

size_t text_width(const char *text)
{
    size_t width = 0, left = strlen(text);
    while (left > 0) {
        uint32_t c = 0;
        size_t k = text_decode(text, left, &c);
        width += k != 0 ? character_width(c) : 1;
        text += k != 0 ? k : 1;
        left -= k != 0 ? k : 1;
    }
    return width;
}

size_t text_cut(const char *text, size_t width)
{
    size_t at = 0, length = strlen(text);
    while (at < length) {
        uint32_t c = 0;
        size_t k = text_decode(text + at, length - at, &c);
        size_t w = k != 0 ? character_width(c) : 1;
        if (w > width)
            break;
        width -= w;
        at += k != 0 ? k : 1;
    }
    return at;
}

unsigned terminal_width(void)
{
    struct winsize size;
    if (isatty(STDOUT_FILENO) != 1 || ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0)
        return 0;
    return size.ws_col;
}
