/* Arrow's names of types. */
#include "arrow/import_name.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

enum { DEEPEST = 4 }; /* levels of nesting that a name shows */

/* The names of formats without a parameter, and of nested ones. */
static const struct {
    const char *format, *name;
} names[] = {
    {"n", "null"},
    {"b", "bool"},
    {"c", "int8"},
    {"C", "uint8"},
    {"s", "int16"},
    {"S", "uint16"},
    {"i", "int32"},
    {"I", "uint32"},
    {"l", "int64"},
    {"L", "uint64"},
    {"e", "halffloat"},
    {"f", "float"},
    {"g", "double"},
    {"u", "string"},
    {"U", "large_string"},
    {"vu", "string_view"},
    {"z", "binary"},
    {"Z", "large_binary"},
    {"vz", "binary_view"},
    {"tdD", "date32[day]"},
    {"tdm", "date64[ms]"},
    {"tts", "time32[s]"},
    {"ttm", "time32[ms]"},
    {"ttu", "time64[us]"},
    {"ttn", "time64[ns]"},
    {"tDs", "duration[s]"},
    {"tDm", "duration[ms]"},
    {"tDu", "duration[us]"},
    {"tDn", "duration[ns]"},
    {"tiM", "month_interval"},
    {"tiD", "day_time_interval"},
    {"tin", "month_day_nano_interval"},
    {"+l", "list"},
    {"+L", "large_list"},
    {"+vl", "list_view"},
    {"+vL", "large_list_view"},
    {"+s", "struct"},
    {"+m", "map"},
    {"+r", "run_end_encoded"},
};

/* A name that is being written. */
typedef struct text {
    char *out;
    size_t used;
} text;

/* Adds three texts; of the second one at most 60 bytes. */
static void add(text *t, const char *before, const char *middle, const char *after)
{
    const int n =
        snprintf(t->out + t->used, ARROW_TYPE_NAME - t->used, "%s%.60s%s", before, middle, after);
    t->used += n > 0 ? (size_t)n : 0;
    if (t->used >= ARROW_TYPE_NAME)
        t->used = ARROW_TYPE_NAME - 1;
}

/* Reads an integer of up to 4 digits at *at, and moves it behind them. */
static bool read_integer(const char **at, int *number)
{
    const bool minus = **at == '-';
    *at += minus;
    const char *begin = *at;
    for (*number = 0; **at >= '0' && **at <= '9' && *at - begin < 4; ++*at)
        *number = *number * 10 + (**at - '0');
    *number = minus ? -*number : *number;
    return *at != begin;
}

bool arrow_decimal_read(const char *format, int *precision, int *scale, int *bits)
{
    *bits = 128;
    if (strncmp(format, "d:", 2) != 0)
        return false;
    format += 2;
    if (!read_integer(&format, precision) || *format++ != ',' || !read_integer(&format, scale))
        return false;
    if (*format == ',') {
        format++;
        if (!read_integer(&format, bits))
            return false;
    }
    return *format == 0;
}

/* Adds the name of a format with a parameter. */
static void add_parametric(text *t, const char *format)
{
    static const struct {
        char letter;
        const char *unit;
    } units[] = {{'s', "s"}, {'m', "ms"}, {'u', "us"}, {'n', "ns"}};
    int precision, scale, bits;
    char made[64];
    if (arrow_decimal_read(format, &precision, &scale, &bits)) {
        snprintf(made, sizeof made, "decimal%d(%d, %d)", bits, precision, scale);
        add(t, "", made, "");
        return;
    }
    if (strncmp(format, "w:", 2) == 0) {
        add(t, "fixed_size_binary[", format + 2, "]");
        return;
    }
    for (size_t i = 0; i < sizeof units / sizeof *units; i++)
        if (strncmp(format, "ts", 2) == 0 && format[2] == units[i].letter && format[3] == ':') {
            add(t, "timestamp[", units[i].unit, format[4] != 0 ? ", tz=" : "");
            add(t, "", format + 4, "]");
            return;
        }
    if (strncmp(format, "+ud:", 4) == 0 || strncmp(format, "+us:", 4) == 0)
        add(t, "", format[2] == 'd' ? "dense_union" : "sparse_union", "");
    else
        add(t, "with the unknown format \"", format, "\"");
}

static void add_format(text *t, const char *format)
{
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(format, names[i].format) == 0) {
            add(t, "", names[i].name, "");
            return;
        }
    add_parametric(t, format);
}

static void add_type(text *t, const struct ArrowSchema *schema, int depth)
{
    if (schema == NULL || schema->release == NULL || schema->format == NULL || depth > DEEPEST) {
        add(t, "", "...", "");
        return;
    }
    if (schema->dictionary != NULL) {
        add(t, "", "dictionary<values=", "");
        add_type(t, schema->dictionary, depth + 1);
        add(t, "", ", indices=", "");
        add_format(t, schema->format);
        add(t, "", ">", "");
        return;
    }
    const bool fixed = strncmp(schema->format, "+w:", 3) == 0;
    if (fixed)
        add(t, "", "fixed_size_list", "");
    else
        add_format(t, schema->format);
    /* More children than there is memory for their pointers are a lie. */
    if (schema->format[0] != '+' || schema->n_children < 1 || schema->children == NULL ||
        schema->n_children > (int64_t)(PTRDIFF_MAX / sizeof(void *)))
        return;
    for (int64_t i = 0; i < schema->n_children && t->used < ARROW_TYPE_NAME - 40; i++) {
        const struct ArrowSchema *child = schema->children[i];
        add(t, "", i == 0 ? "<" : ", ", "");
        if (child != NULL && child->release != NULL && child->name != NULL)
            add(t, "", child->name, ": ");
        add_type(t, child, depth + 1);
    }
    add(t, "", ">", "");
    if (fixed)
        add(t, "[", schema->format + 3, "]");
}

const char *arrow_type_name(const struct ArrowSchema *schema, char out[ARROW_TYPE_NAME])
{
    text t = {out, 0};
    out[0] = 0;
    add_type(&t, schema, 0);
    return out;
}
