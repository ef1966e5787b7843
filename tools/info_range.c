/* Ranges from zone maps: no value of the column is read. */
#include "info_range.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common_value.h"

/* One bound as text. */
typedef struct bound {
    char text[VALUE_TEXT];
    const char *data; /* text, or a dictionary's value in the map */
    size_t length;
    bool cut;      /* more follows than the zone map holds */
    bool number;   /* JSON: without quotes */
    bool is_float; /* JSON: by its own rules */
    double value;
} bound;

/* Makes the bound of a string from its first 16 bytes, which may end within a character. */
static void prefix_bound(const char prefix[16], uint64_t length, bound *b)
{
    size_t n = length < 16 ? (size_t)length : 16;
    b->cut = length > 16;
    /* Back to the last character's first byte. */
    while (b->cut && n > 12 && ((unsigned char)prefix[n - 1] & 0xC0) == 0x80)
        n--;
    if (b->cut && n > 0 && (unsigned char)prefix[n - 1] >= 0xC0)
        n--;
    memcpy(b->text, prefix, n);
    b->data = b->text;
    b->length = n;
}

static void integer_bound(const info_column *c, int64_t value, uint64_t unsigned_value, bound *b)
{
    value_type type = value_type_of(&c->info);
    char *end = b->text;
    switch (c->info.type) {
    case SHMCOL_BOOL8: {
        uint8_t byte = unsigned_value != 0;
        end = put_value(b->text, &type, &byte);
        break;
    }
    case SHMCOL_UINT8:
    case SHMCOL_UINT16:
    case SHMCOL_UINT32:
    case SHMCOL_UINT64: end = put_uint(b->text, unsigned_value); break;
    case SHMCOL_DATE32: end = put_date(b->text, value); break;
    case SHMCOL_TIME32: end = put_time(b->text, value, c->info.unit); break;
    case SHMCOL_DATE64:
    case SHMCOL_TIMESTAMP:
    case SHMCOL_TIME64: end = put_value(b->text, &type, &value); break;
    default: end = put_int(b->text, value); break;
    }
    b->data = b->text;
    b->length = (size_t)(end - b->text);
    b->number = !value_is_text(c->info.type, &value);
}

/* Returns the half (its bits) that `value` is, or that is next to it toward zero. */
static uint16_t half_of(double value)
{
    float single = (float)value;
    uint32_t bits;
    memcpy(&bits, &single, sizeof bits);
    uint32_t sign = bits >> 16 & 0x8000, fraction = bits & 0x7FFFFF;
    int exponent = (int)(bits >> 23 & 0xFF) - 127;
    if (exponent > 15) /* also infinities; no bound is NaN */
        return (uint16_t)(sign | 0x7C00);
    if (exponent >= -14)
        return (uint16_t)(sign | (uint32_t)(exponent + 15) << 10 | fraction >> 13);
    int shift = -1 - exponent; /* 14 … 24 for a denormal */
    return (uint16_t)(shift > 24 ? sign : sign | (fraction | 0x800000) >> shift);
}

static void float_bound(const info_column *c, double value, bound *b)
{
    /* The sign of a zero bound comes from the rules of zone maps (F-47), not from a value. */
    if (value == 0)
        value = 0;
    char *end = b->text;
    switch (c->info.type) {
    case SHMCOL_FLOAT16: end = put_half(b->text, half_of(value)); break;
    case SHMCOL_FLOAT32: end = put_float(b->text, (float)value); break;
    default: end = put_double(b->text, value); break;
    }
    b->data = b->text;
    b->length = (size_t)(end - b->text);
    b->is_float = true;
    b->value = value;
}

/* Makes the bound of a dictionary column. In a sorted dictionary the smallest code is the smallest
 * string; in another one the order of the codes means nothing. */
static bool dictionary_bound(const shmcol_file *file, const info_column *c, int64_t code, bound *b)
{
    shmcol_dictionary dictionary = SHMCOL_DICTIONARY_INIT;
    uint64_t length;
    if (!c->info.dictionary_sorted || code < 0 ||
        shmcol_dictionary_column(file, c->index, &dictionary, NULL) != SHMCOL_OK ||
        shmcol_string_at(&dictionary.values, (uint64_t)code, &b->data, &length) != SHMCOL_OK)
        return false;
    b->length = (size_t)length;
    return true;
}

static bool get_bound(const shmcol_file *file, const info_column *c, bool largest, bound *b)
{
    const shmcol_stats *s = &c->stats;
    memset(b, 0, sizeof *b);
    if (!c->has_stats || !s->has_bounds)
        return false;
    switch (c->info.type) {
    case SHMCOL_STRING:
        if (largest)
            prefix_bound(s->max_prefix, s->max_length, b);
        else
            prefix_bound(s->min_prefix, s->min_length, b);
        return true;
    case SHMCOL_DICTIONARY: return dictionary_bound(file, c, largest ? s->max_int : s->min_int, b);
    case SHMCOL_FLOAT16:
    case SHMCOL_FLOAT32:
    case SHMCOL_FLOAT64: float_bound(c, largest ? s->max_float : s->min_float, b); return true;
    case SHMCOL_DECIMAL128:
        b->data = b->text;
        b->length = (size_t)(put_decimal(b->text, largest ? s->max_decimal : s->min_decimal,
                                         c->info.scale) -
                             b->text);
        b->number = true;
        return true;
    default:
        integer_bound(c, largest ? s->max_int : s->min_int, largest ? s->max_uint : s->min_uint, b);
        return true;
    }
}

enum { SHOWN_CELLS = 40, SHOWN_BYTES = 256 }; /* of a dictionary's value */

static void print_bound(FILE *out, const bound *b)
{
    char *safe = text_escape(b->data, b->length < SHOWN_BYTES ? b->length : SHOWN_BYTES);
    size_t n = text_cut(safe, SHOWN_CELLS);
    fprintf(out, "%.*s%s", (int)n, safe,
            b->cut || safe[n] != 0 || b->length > SHOWN_BYTES ? "..." : "");
    free(safe);
}

char *info_range_text(const shmcol_file *file, const info_column *c)
{
    char number[TEXT_SMALL];
    char *text = NULL;
    size_t length = 0;
    bound low, high;
    FILE *out = open_memstream(&text, &length);
    if (out == NULL)
        return tool_copy("", 0);
    if (c->info.supported && c->info.type == SHMCOL_DICTIONARY)
        fprintf(out, "%s distinct", text_number(c->info.dictionary_length, number));
    if (get_bound(file, c, false, &low) && get_bound(file, c, true, &high)) {
        fputs(c->info.type == SHMCOL_DICTIONARY ? ": " : "", out);
        print_bound(out, &low);
        if (low.length != high.length || memcmp(low.data, high.data, low.length) != 0 || low.cut) {
            fputs(" .. ", out);
            print_bound(out, &high);
        }
    }
    if (c->has_stats && c->stats.nan_count > 0)
        fprintf(out, "%s%s NaN", ftell(out) > 0 ? ", " : "",
                text_number(c->stats.nan_count, number));
    if (c->info.ascending)
        fprintf(out, "%sascending", ftell(out) > 0 ? ", " : "");
    return fclose(out) == 0 ? text : tool_copy("", 0);
}

static void json_bound(json *j, const char *key, const bound *b)
{
    if (b->is_float && !isfinite(b->value))
        json_double(j, key, b->value);
    else if (b->is_float || b->number)
        /* JSON already: a float32 with its own digits, an integer exact where a double is not. */
        json_raw(j, key, b->data, b->length);
    else
        json_text_n(j, key, b->data, b->length);
}

void info_range_json(json *j, const shmcol_file *file, const info_column *c)
{
    bound low, high;
    if (!get_bound(file, c, false, &low) || !get_bound(file, c, true, &high)) {
        json_null(j, "min");
        json_null(j, "max");
        return;
    }
    json_bound(j, "min", &low);
    json_bound(j, "max", &high);
    if (c->info.type == SHMCOL_STRING) {
        json_bool(j, "min_cut", low.cut);
        json_bool(j, "max_cut", high.cut);
    }
}
