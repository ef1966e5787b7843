/* Writes one cell. */
#include "rows_table.h"

static bool is_json(const rows_table *t)
{
    return t->format == ROWS_JSONL || t->format == ROWS_JSON;
}

/* Writes a value, between `quotes` where JSON needs them. JSON has no NaN and no infinities, so
 * these are texts too. */
static char *put_json(char *o, const value_type *type, const uint8_t *value, const char *quotes)
{
    size_t n = strlen(quotes);
    if (!value_is_text(type->type, value))
        return put_value(o, type, value);
    memcpy(o, quotes, n);
    char *text = o + n;
    o = put_value(text, type, value);
    if (type->type == SHMCOL_FLOAT16 || type->type == SHMCOL_FLOAT32 ||
        type->type == SHMCOL_FLOAT64) {
        const char *name = *text == 'n' ? "NaN" : *text == 'i' ? "Infinity" : "-Infinity";
        size_t length = strlen(name);
        memcpy(text, name, length);
        o = text + length;
    }
    memcpy(o, quotes, n);
    return o + n;
}

static void fixed_cell(rows_table *t, const rows_column *c, const uint8_t *value)
{
    rows_reserve(&t->out, VALUE_TEXT + 2);
    char *o = t->out.data + t->out.used;
    char *end = is_json(t) ? put_json(o, &c->type, value, "\"") : put_value(o, &c->type, value);
    t->out.used += (size_t)(end - o);
}

static void hex_cell(rows_table *t, const uint8_t *data, size_t n)
{
    static const char hex[] = "0123456789abcdef";
    rows_reserve(&t->out, 2 * n + 2);
    char *o = t->out.data + t->out.used;
    bool quotes = is_json(t) || n == 0;
    if (quotes)
        *o++ = '"';
    for (size_t i = 0; i < n; i++) {
        *o++ = hex[data[i] >> 4];
        *o++ = hex[data[i] & 15];
    }
    if (quotes)
        *o++ = '"';
    t->out.used = (size_t)(o - t->out.data);
}

/* Writes a tensor as a JSON array. Within a quoted CSV cell its own quotes are doubled. */
static void tensor_cell(rows_table *t, const rows_column *c, const uint8_t *data)
{
    const shmcol_column_info *info = &c->info;
    unsigned width = c->type.width;
    /* Numbers of elements when the first d indices are fixed. */
    uint64_t block[SHMCOL_MAX_DIMENSIONS + 1];
    block[info->dimensions] = 1;
    for (uint32_t d = info->dimensions; d > 0; d--)
        block[d - 1] = block[d] * info->shape[d - 1];
    bool quoted = !is_json(t) && (block[0] > 1 || value_is_text(info->element, data));
    if (quoted)
        rows_byte(&t->out, '"');
    for (uint64_t i = 0; i < block[0]; i++) {
        rows_reserve(&t->out, VALUE_TEXT + 8 + 2 * SHMCOL_MAX_DIMENSIONS);
        char *o = t->out.data + t->out.used;
        if (i > 0)
            *o++ = ',';
        for (uint32_t d = 0; d < info->dimensions; d++)
            if (i % block[d] == 0)
                *o++ = '[';
        o = put_json(o, &c->type, data + i * width, quoted ? "\"\"" : "\"");
        for (uint32_t d = 0; d < info->dimensions; d++)
            if ((i + 1) % block[d] == 0)
                *o++ = ']';
        t->out.used = (size_t)(o - t->out.data);
    }
    if (quoted)
        rows_byte(&t->out, '"');
}

/* Writes elements [first, first + length) of a list, with commas between them. Returns OFFSETS or
 * UTF8 for a text that cannot be written. */
static shmcol_status list_elements(rows_table *t, const rows_column *c, uint64_t first,
                                   uint64_t length)
{
    const uint8_t *elements = c->list.elements;
    for (uint64_t i = first; i < first + length; i++) {
        if (i > first)
            rows_byte(&t->out, ',');
        if (c->list.element != SHMCOL_STRING) {
            rows_reserve(&t->out, VALUE_TEXT + 2);
            char *o = t->out.data + t->out.used;
            char *end = put_json(o, &c->type, elements + i * c->type.width, "\"");
            t->out.used += (size_t)(end - o);
            continue;
        }
        const char *data;
        uint64_t n;
        shmcol_status status = shmcol_string_at(&c->list.strings, i, &data, &n);
        if (status != SHMCOL_OK)
            return status;
        if (!rows_text(&t->out, ROWS_JSON, data, (size_t)n, NULL))
            return SHMCOL_ERR_UTF8;
    }
    return SHMCOL_OK;
}

/* Writes a list as a JSON array. */
static shmcol_status list_cell(rows_table *t, const rows_column *c, uint64_t row)
{
    uint64_t first, length;
    size_t start = t->out.used;
    shmcol_status status = shmcol_list_at(&c->list, row, &first, &length);
    if (status != SHMCOL_OK)
        return status;
    rows_byte(&t->out, '[');
    status = list_elements(t, c, first, length);
    if (status != SHMCOL_OK)
        return status;
    rows_byte(&t->out, ']');
    rows_quote(&t->out, t->format, start);
    return SHMCOL_OK;
}

static shmcol_status text_cell(rows_table *t, rows_column *c, const char *data, uint64_t length)
{
    if (c->info.type == SHMCOL_BINARY)
        hex_cell(t, (const uint8_t *)data, (size_t)length);
    else if (!rows_text(&t->out, t->format, data, (size_t)length, &c->has_nul))
        return SHMCOL_ERR_UTF8;
    return SHMCOL_OK;
}

static void null_cell(rows_table *t)
{
    if (is_json(t))
        rows_put(&t->out, "null", 4);
}

shmcol_status rows_cell(rows_table *t, rows_column *c, uint64_t row)
{
    const char *data = NULL;
    uint64_t length = 0;
    shmcol_status status = SHMCOL_OK;
    switch (c->info.type) {
    case SHMCOL_STRING:
    case SHMCOL_BINARY: status = shmcol_string_at(&c->strings, row, &data, &length); break;
    case SHMCOL_DICTIONARY:
        status = shmcol_dictionary_at(&c->dictionary, row, &data, &length);
        break;
    case SHMCOL_LIST:
        if (shmcol_is_valid(c->list.validity, row))
            return list_cell(t, c, row);
        break;
    default: {
        const uint8_t *value = c->values + row * c->info.width;
        if (!shmcol_is_valid(c->validity, row))
            null_cell(t);
        else if (c->info.type == SHMCOL_FIXED_BINARY)
            hex_cell(t, value, c->info.width);
        else if (c->info.type == SHMCOL_TENSOR)
            tensor_cell(t, c, value);
        else
            fixed_cell(t, c, value);
        return SHMCOL_OK;
    }
    }
    if (status != SHMCOL_OK)
        return status;
    if (data == NULL) {
        null_cell(t);
        return SHMCOL_OK;
    }
    return text_cell(t, c, data, length);
}
