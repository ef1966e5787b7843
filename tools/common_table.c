/* Aligned tables, and the names of types. */
#include <stdlib.h>
#include <string.h>

#include "common.h"
#include "common_text.h"
#include "common_value.h"

#define GAP 2     /* spaces between columns */
#define CUT_MIN 8 /* a column is not cut below this */

void table_add_n(text_table *t, const char *text, size_t length)
{
    if (t->count == t->capacity) {
        t->capacity = t->capacity != 0 ? 2 * t->capacity : 64;
        t->cells = tool_realloc(t->cells, t->capacity, sizeof *t->cells);
    }
    t->cells[t->count++] = text_escape(text, length);
}

void table_add(text_table *t, const char *text)
{
    table_add_n(t, text, strlen(text));
}

/* Narrows the widest column that may be cut until all fit. */
static void fit(const text_table *t, size_t *widths, size_t columns, size_t over)
{
    while (over > 0) {
        size_t widest = columns;
        for (size_t c = 0; c < columns; c++)
            if (t->align[c] == 'L' && widths[c] > CUT_MIN &&
                (widest == columns || widths[c] > widths[widest]))
                widest = c;
        if (widest == columns)
            return;
        widths[widest]--;
        over--;
    }
}

static void print_cell(FILE *out, const char *text, size_t width, char align, bool last)
{
    size_t has = text_width(text);
    if (has > width) { /* only where fit() has cut the column */
        size_t cut = text_cut(text, width - 2);
        fprintf(out, "%.*s..%*s", (int)cut, text, last ? 0 : GAP, "");
        return;
    }
    int pad = (int)(width - has);
    if (align == 'r')
        fprintf(out, "%*s%s%*s", pad, "", text, last ? 0 : GAP, "");
    else
        fprintf(out, "%s%*s", text, last ? 0 : pad + GAP, "");
}

void table_print(text_table *t, FILE *out, unsigned indent, unsigned width)
{
    size_t columns = strlen(t->align);
    size_t *widths = tool_alloc(columns, sizeof *widths);
    size_t all = indent + (columns - 1) * GAP;
    for (size_t i = 0; i < t->count; i++) {
        size_t w = text_width(t->cells[i]);
        if (w > widths[i % columns])
            widths[i % columns] = w;
    }
    for (size_t c = 0; c < columns; c++)
        all += widths[c];
    if (width > 0 && all > width)
        fit(t, widths, columns, all - width);
    for (size_t i = 0; i < t->count; i++) {
        size_t c = i % columns;
        if (c == 0)
            fprintf(out, "%*s", (int)indent, "");
        print_cell(out, t->cells[i], widths[c], t->align[c], c == columns - 1);
        if (c == columns - 1)
            putc('\n', out);
        free(t->cells[i]);
    }
    free(widths);
    free(t->cells);
    t->cells = NULL;
    t->count = t->capacity = 0;
}

static const char *unit_name(shmcol_unit unit)
{
    static const char *const names[] = {"s", "ms", "us", "ns"};
    return unit <= SHMCOL_NANO ? names[unit] : "?";
}

static const char *type_name(shmcol_type type)
{
    const char *name = shmcol_type_name(type);
    return name != NULL ? name : "unknown";
}

/* Writes the name of a type whose values have no elements. */
static void scalar_text(const shmcol_column_info *info, shmcol_type type, char *out,
                        size_t capacity)
{
    const char *name = type_name(type);
    if (type == SHMCOL_TIMESTAMP && info->zone != NULL)
        (void)snprintf(out, capacity, "%s[%s, %s]", name, unit_name(info->unit), info->zone);
    else if (value_has_unit(type))
        (void)snprintf(out, capacity, "%s[%s]", name, unit_name(info->unit));
    else if (type == SHMCOL_DECIMAL128)
        (void)snprintf(out, capacity, "%s(%u,%u)", name, info->precision, info->scale);
    else if (type == SHMCOL_DICTIONARY && info->width != 0)
        (void)snprintf(out, capacity, "%s[int%u]", name, 8 * info->width);
    else if (type == SHMCOL_FIXED_BINARY)
        (void)snprintf(out, capacity, "%s[%u]", name, info->width);
    else
        (void)snprintf(out, capacity, "%s", name);
}

char *type_text(const shmcol_column_info *info, char *out, size_t capacity)
{
    char element[TEXT_TYPE];
    if (info->type != SHMCOL_TENSOR && info->type != SHMCOL_LIST) {
        scalar_text(info, info->type, out, capacity);
        return out;
    }
    scalar_text(info, info->element, element, sizeof element);
    if (info->type == SHMCOL_LIST) {
        (void)snprintf(out, capacity, "list[%s]", element);
        return out;
    }
    int n = snprintf(out, capacity, "tensor[%s, ", element);
    for (uint32_t d = 0; d < info->dimensions && n > 0 && (size_t)n < capacity; d++)
        n += snprintf(out + n, capacity - (size_t)n, "%s%u", d > 0 ? "x" : "", info->shape[d]);
    if (n > 0 && (size_t)n < capacity)
        (void)snprintf(out + n, capacity - (size_t)n, "]");
    return out;
}

char *column_type_text(const shmcol_column_info *info, char *out, size_t capacity)
{
    if (!info->supported)
        (void)snprintf(out, capacity, "unsupported");
    else
        type_text(info, out, capacity);
    return out;
}
