/* Options as hints write them: for one column, quoted for a shell. */
#include <stdio.h>
#include <string.h>

#include "ingest/hints.h"

/* Appends text with each `special` character replaced by `escaped`. Returns the end. */
static char *append(char *out, const char *text, size_t n, char special, const char *escaped)
{
    size_t length = strlen(escaped);
    for (size_t i = 0; i < n; i++) {
        if (text[i] == special) {
            memcpy(out, escaped, length);
            out += length;
        } else {
            *out++ = text[i];
        }
    }
    return out;
}

static bool has_control(const char *text, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if ((uint8_t)text[i] < 0x20 || text[i] == 0x7f)
            return true;
    return false;
}

/* Writes an option and its value in single quotes. */
static void write_option(const char *option, const char *value, char out[ING_OPTION_TEXT])
{
    char *end = append(out, option, strlen(option), 0, "");
    memcpy(end, " '", 2);
    end = append(end + 2, value, strlen(value), '\'', "'\\''");
    memcpy(end, "'", 2);
}

/* Returns true if the option is read as this text being null in this column (C-22). */
static bool means(const ing_job *job, const ing_column *c, const char *option, const char *text,
                  size_t n)
{
    const char *token;
    bool named;
    return ing_null_column(&job->schema, option, &token, &named) == c && strlen(token) == n &&
           memcmp(token, text, n) == 0;
}

bool ing_null_option(const ing_job *job, const ing_column *c, const char *text, size_t n,
                     char out[ING_OPTION_TEXT])
{
    char option[3 * ING_OPTION_NAME], *end;
    memcpy(out, "--null", 7);
    if (c->asked.name_length > ING_OPTION_NAME || n > 40 ||
        has_control(c->asked.name, c->asked.name_length) || has_control(text, n))
        return false;
    for (int quoted = 0; quoted < 2; quoted++) {
        option[0] = '"';
        end = append(option + quoted, c->asked.name, c->asked.name_length, '"',
                     quoted ? "\"\"" : "\"");
        if (quoted)
            *end++ = '"';
        *end++ = '=';
        memcpy(end, text, n);
        end[n] = 0;
        if (!means(job, c, option, text, n))
            continue;
        write_option("--null", option, out);
        return true;
    }
    return false;
}

void ing_type_option(const ing_column *c, const char *type, char out[ING_OPTION_TEXT])
{
    char option[3 * ING_OPTION_NAME], *end = option;
    const char *name = c->asked.name;
    const size_t n = c->asked.name_length;
    const bool shown = n <= 100 && n != 0 && !has_control(name, n);
    const bool quoted = shown && strpbrk(name, ",=\"*?[]\\") != NULL;
    if (quoted)
        *end++ = '"';
    end = shown ? append(end, name, n, '"', "\"\"") : append(end, "NAME", 4, 0, "");
    if (quoted)
        *end++ = '"';
    snprintf(end, sizeof option - (size_t)(end - option), "=%.*s", 160, type);
    write_option("--types", option, out);
}
