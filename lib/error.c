/* Errors: one struct that the caller owns. It is filled in here and nowhere else. */
#include "error.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "structs.h"

/* Tells whether an error was begun with SHMCOL_ERROR_INIT. Fields that are added after 1.0 are not
 * in every error: code that sets one must look at its size. */
static bool usable(const shmcol_error *err)
{
    return err != NULL && err->size >= SHM_ERROR_SIZE_1_0;
}

/* Returns the length of the UTF-8 sequence at `s`, 0 if it is none (cut, overlong, surrogate).
 * Reads nothing beyond the NUL. */
static size_t sequence(const unsigned char *s)
{
    static const unsigned char low[] = {0xA0, 0x80, 0x80, 0x90, 0x80};
    static const unsigned char high[] = {0xBF, 0x9F, 0xBF, 0xBF, 0x8F};
    if (s[0] < 0x80)
        return 1;
    if (s[0] < 0xC2 || s[0] > 0xF4)
        return 0;
    size_t n = s[0] < 0xE0 ? 2 : s[0] < 0xF0 ? 3 : 4;
    size_t special = s[0] == 0xE0 ? 0 : s[0] == 0xED ? 1 : s[0] == 0xF0 ? 3 : s[0] == 0xF4 ? 4 : 2;
    if (n > 2 && (s[1] < low[special] || s[1] > high[special]))
        return 0;
    for (size_t i = 1; i < n; i++)
        if ((s[i] & 0xC0) != 0x80)
            return 0;
    return n;
}

/* Returns the character of a sequence of n bytes, which is UTF-8. */
static uint32_t character(const unsigned char *s, size_t n)
{
    uint32_t c = n == 1 ? s[0] : s[0] & (0xFFu >> (n + 1));
    for (size_t i = 1; i < n; i++)
        c = c << 6 | (s[i] & 0x3Fu);
    return c;
}

/* Returns true for characters that nobody sees, or that act on a terminal: controls, the byte order
 * mark, spaces that do not break, and what has no width (C-27). */
static bool is_invisible(uint32_t c)
{
    return c < 0x20 || (c >= 0x7F && c <= 0xA0) || c == 0xAD || c == 0x2007 ||
           (c >= 0x200B && c <= 0x200F) || (c >= 0x2028 && c <= 0x202F) ||
           (c >= 0x2060 && c <= 0x2069) || c == 0xFEFF;
}

/* Writes one character of a message to out, NUL-terminated: '?' for a byte that is not UTF-8,
 * \uXXXX for a character that nobody sees. Returns the bytes of the text that it took. */
static size_t show(const char *text, char out[8])
{
    const unsigned char *s = (const unsigned char *)text;
    const size_t n = sequence(s);
    const uint32_t c = n == 0 ? '?' : character(s, n);
    if (n == 0 || !is_invisible(c)) {
        memcpy(out, n == 0 ? "?" : text, n + (n == 0));
        out[n + (n == 0)] = 0;
    } else {
        snprintf(out, 8, "\\u%04x", c);
    }
    return n + (n == 0);
}

/* Messages quote names from damaged files and texts from CSVs, and must stay one line of UTF-8
 * whatever they quote. */
void shm_print_line(char *out, size_t capacity, const char *format, va_list args)
{
    char raw[1200], shown[8];
    int length = vsnprintf(raw, sizeof raw, format, args);
    size_t used = 0, fits = 0; /* fits: as far as "..." fits behind it */
    if (length < 0)
        raw[0] = 0;
    bool whole = (size_t)length < sizeof raw;
    const char *s = raw;
    if (whole && (size_t)length < capacity) {
        while (*s > 0x1F && *s < 0x7F) /* as it is */
            out[used++] = *s++;
        fits = used + 4 <= capacity ? used : capacity - 4;
    }
    while (*s != 0) {
        s += show(s, shown);
        const size_t n = strlen(shown);
        if (used + n + 1 > capacity) {
            whole = false;
            break;
        }
        memcpy(out + used, shown, n);
        used += n;
        if (used + 4 <= capacity)
            fits = used;
    }
    if (length >= 0 && !whole)
        memcpy(out + fits, "...", 4);
    else
        out[used] = 0;
}

static void start(shmcol_error *err, shmcol_status status, const char *rule)
{
    shmcol_error fresh = SHMCOL_ERROR_INIT;
    SHM_GIVE(err, fresh);
    err->status = status;
    snprintf(err->rule, sizeof err->rule, "%s", rule);
}

shmcol_status shm_fail(shmcol_error *err, shmcol_status status, const char *rule,
                       const char *format, ...)
{
    if (usable(err)) {
        va_list args;
        /* The message is made first: its arguments may point into the error that is replaced. */
        char message[sizeof err->message];
        va_start(args, format);
        shm_print_line(message, sizeof message, format, args);
        va_end(args);
        start(err, status, rule);
        memcpy(err->message, message, strlen(message) + 1);
    }
    return status;
}

shmcol_status shm_fail_sys(shmcol_error *err, int errnum, const char *path, const char *format, ...)
{
    shmcol_status status = errnum == ENOMEM   ? SHMCOL_ERR_NO_MEMORY
                           : errnum == EEXIST ? SHMCOL_ERR_EXISTS
                                              : SHMCOL_ERR_IO;
    if (usable(err)) {
        va_list args;
        char message[sizeof err->message];
        va_start(args, format);
        shm_print_line(message, sizeof message, format, args);
        va_end(args);
        shm_fail(err, status, "", "%s: %s", message, strerror(errnum));
        err->sys_errno = errnum;
        shm_error_path(err, path);
    }
    return status;
}

shmcol_status shm_fail_output(shmcol_error *err, int errnum, const char *refused, const char *path,
                              const char *what)
{
    if (errnum != EEXIST && refused == NULL)
        return shm_fail_sys(err, errnum, path, "cannot create %s", what);
    shmcol_status status = errnum == EEXIST ? SHMCOL_ERR_EXISTS : SHMCOL_ERR_IO;
    if (status == SHMCOL_ERR_IO) {
        shm_fail(err, status, "", "%s is %s", what, refused);
        shm_error_hint(err, "only a regular file is replaced");
        if (usable(err))
            err->sys_errno = errnum;
    } else {
        shm_fail(err, status, "", "%s exists", what);
        shm_error_hint(err, "choose another name%s",
                       refused == NULL ? ", or ask to overwrite it" : "");
    }
    shm_error_path(err, path);
    return status;
}

shmcol_status shm_fail_publish(shmcol_error *err, int errnum, bool in_place, const char *path,
                               const char *what)
{
    if (in_place) {
        shmcol_status status =
            shm_fail_sys(err, errnum, path, "%s is in place, but perhaps not durable", what);
        shm_error_hint(err, "the directory could not be synced, and a power cut may undo it");
        return status;
    }
    if (errnum == EEXIST)
        return shm_fail_output(err, errnum, NULL, path, what);
    return shm_fail_sys(err, errnum, path, "cannot complete %s", what);
}

void shm_error_copy(shmcol_error *err, const shmcol_error *from)
{
    if (!usable(err))
        return;
    shmcol_error all = *from;
    SHM_GIVE(err, all);
}

shmcol_status shm_fail_memory(shmcol_error *err)
{
    return shm_fail(err, SHMCOL_ERR_NO_MEMORY, "", "out of memory");
}

shmcol_status shm_fail_fault(shmcol_error *err, const fmt_fault *fault, const char *what,
                             const char *path)
{
    shmcol_status status = (shmcol_status)fault->code;
    shm_fail(err, status, fault->rule, "%s%s%s", what != NULL ? what : "", what != NULL ? ": " : "",
             fault->text);
    shm_error_column(err, fault->column);
    shm_error_row(err, fault->row);
    shm_error_offset(err, fault->offset == FMT_NO_OFFSET ? -1 : (int64_t)fault->offset);
    shm_error_path(err, path);
    return status;
}

void shm_error_hint(shmcol_error *err, const char *format, ...)
{
    if (!usable(err))
        return;
    va_list args;
    va_start(args, format);
    shm_print_line(err->hint, sizeof err->hint, format, args);
    va_end(args);
}

void shm_error_path(shmcol_error *err, const char *path)
{
    if (!usable(err) || path == NULL || err->path[0] != 0)
        return;
    size_t length = strlen(path), room = sizeof err->path - 1;
    if (length <= room) {
        memcpy(err->path, path, length + 1);
        return;
    }
    const char *end = path + (length - room + 3);
    while (((unsigned char)*end & 0xC0) == 0x80)
        end++;
    snprintf(err->path, sizeof err->path, "...%s", end);
}

void shm_error_column(shmcol_error *err, int64_t column)
{
    if (usable(err))
        err->column = column;
}

void shm_error_row(shmcol_error *err, int64_t row)
{
    if (usable(err))
        err->row = row;
}

void shm_error_errno(shmcol_error *err, int errnum)
{
    if (usable(err))
        err->sys_errno = errnum;
}

void shm_error_offset(shmcol_error *err, int64_t file_offset)
{
    if (usable(err))
        err->file_offset = file_offset;
}

void shm_error_line(shmcol_error *err, int64_t line, int64_t line_column)
{
    if (usable(err)) {
        err->line = line;
        err->line_column = line_column;
    }
}

/* Writes "17:3" for a CSV, else byte and row. Where neither is known the column's number, unless
 * the message begins with it. */
static void place(const shmcol_error *err, char *out, size_t capacity)
{
    out[0] = 0;
    if (err->line >= 0 && err->line_column >= 0)
        snprintf(out, capacity, "%" PRId64 ":%" PRId64, err->line, err->line_column);
    else if (err->line >= 0)
        snprintf(out, capacity, "%" PRId64, err->line);
    else if (err->file_offset >= 0 && err->row >= 0)
        snprintf(out, capacity, "byte %" PRId64 ", row %" PRId64, err->file_offset, err->row);
    else if (err->file_offset >= 0)
        snprintf(out, capacity, "byte %" PRId64, err->file_offset);
    else if (err->row >= 0)
        snprintf(out, capacity, "row %" PRId64, err->row);
    else if (err->column >= 0 && strncmp(err->message, "column", 6) != 0)
        snprintf(out, capacity, "column %" PRId64, err->column);
}

size_t shmcol_error_format(const shmcol_error *err, char *out, size_t capacity)
{
    char where[80], rule[48] = "";
    place(err, where, sizeof where);
    if (err->rule[0] != 0)
        snprintf(rule, sizeof rule, " (%s, %s)", shmcol_status_name(err->status), err->rule);
    const char *message = err->message[0] != 0 ? err->message : shmcol_status_name(err->status);
    /* file:line:column, as editors read it; every other place stands apart from the path. */
    const char *after_path = err->path[0] == 0 ? "" : err->line >= 0 ? ":" : ": ";
    int length = snprintf(out, capacity, "%s%s%s%serror: %s%s%s%s", err->path, after_path, where,
                          where[0] != 0 ? ": " : "", message, rule, err->hint[0] != 0 ? "; " : "",
                          err->hint);
    return length < 0 ? 0 : (size_t)length;
}
