/* The JSON writer: commas, escapes, and the fields of an error. */
#include "common_json.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "common_text.h"
#include "common_value.h"

static void put_quoted(FILE *out, const char *s, size_t n)
{
    putc('"', out);
    while (n > 0) {
        uint32_t c;
        size_t k = text_decode(s, n, &c);
        if (k == 0) { /* a path may hold any bytes; JSON may not */
            fputs("\xEF\xBF\xBD", out);
            k = 1;
        } else if (c == '"' || c == '\\') {
            fprintf(out, "\\%c", (char)c);
        } else if (c < 0x20 || c == 0x7F) {
            fprintf(out, "\\u%04x", c);
        } else {
            fwrite(s, 1, k, out);
        }
        s += k;
        n -= k;
    }
    putc('"', out);
}

static void element(json *j, const char *key)
{
    if (j->some[j->depth])
        fputs(", ", j->out);
    j->some[j->depth] = true;
    if (key != NULL) {
        put_quoted(j->out, key, strlen(key));
        fputs(": ", j->out);
    }
}

static void push(json *j, const char *key, char open, char close)
{
    element(j, key);
    putc(open, j->out);
    j->depth++;
    j->closing[j->depth] = close;
    j->some[j->depth] = false;
}

void json_begin(json *j, FILE *out, const char *tool)
{
    uint32_t v = shmcol_version();
    char version[TEXT_SMALL];
    (void)snprintf(version, sizeof version, "%u.%u.%u", v / 1000000, v / 1000 % 1000, v % 1000);
    memset(j, 0, sizeof *j);
    j->out = out;
    json_object(j, NULL);
    json_uint(j, "schema", JSON_SCHEMA);
    json_text(j, "tool", tool);
    json_text(j, "version", version);
}

void json_finish(json *j)
{
    while (j->depth > 0)
        json_close(j);
    putc('\n', j->out);
}

void json_object(json *j, const char *key)
{
    push(j, key, '{', '}');
}

void json_array(json *j, const char *key)
{
    push(j, key, '[', ']');
}

void json_close(json *j)
{
    putc(j->closing[j->depth], j->out);
    j->depth--;
}

void json_text_n(json *j, const char *key, const char *text, size_t length)
{
    element(j, key);
    put_quoted(j->out, text, length);
}

void json_text(json *j, const char *key, const char *text)
{
    if (text == NULL)
        json_null(j, key);
    else
        json_text_n(j, key, text, strlen(text));
}

void json_raw(json *j, const char *key, const char *text, size_t length)
{
    element(j, key);
    fwrite(text, 1, length, j->out);
}

void json_uint(json *j, const char *key, uint64_t value)
{
    element(j, key);
    fprintf(j->out, "%" PRIu64, value);
}

void json_int(json *j, const char *key, int64_t value)
{
    element(j, key);
    fprintf(j->out, "%" PRId64, value);
}

void json_double(json *j, const char *key, double value)
{
    char text[VALUE_TEXT];
    if (!isfinite(value)) {
        json_text(j, key, isnan(value) ? "NaN" : value > 0 ? "Infinity" : "-Infinity");
        return;
    }
    json_raw(j, key, text, (size_t)(put_double(text, value) - text));
}

void json_bool(json *j, const char *key, bool value)
{
    element(j, key);
    fputs(value ? "true" : "false", j->out);
}

void json_null(json *j, const char *key)
{
    element(j, key);
    fputs("null", j->out);
}

static void number_or_null(json *j, const char *key, int64_t value)
{
    if (value < 0)
        json_null(j, key);
    else
        json_int(j, key, value);
}

void json_error(json *j, const char *key, const shmcol_error *err)
{
    json_object(j, key);
    json_text(j, "status", shmcol_status_name(err->status));
    json_int(j, "code", err->status);
    json_int(j, "exit_status", shmcol_status_class(err->status));
    json_text(j, "path", err->path);
    json_text(j, "message", err->message);
    json_text(j, "hint", err->hint);
    json_text(j, "rule", err->rule);
    json_int(j, "sys_errno", err->sys_errno);
    number_or_null(j, "file_offset", err->file_offset);
    number_or_null(j, "column", err->column);
    number_or_null(j, "row", err->row);
    number_or_null(j, "line", err->line);
    number_or_null(j, "line_column", err->line_column);
    json_close(j);
}
