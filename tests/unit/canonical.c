/* The canonical JSON of a table. */
#include "canonical.h"

#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct text {
    char *data;
    size_t length, capacity;
} text;

static void put(text *t, const char *data, size_t length)
{
    if (t->length + length + 1 > t->capacity) {
        t->capacity = 2 * (t->length + length + 1);
        t->data = realloc(t->data, t->capacity);
        if (t->data == NULL)
            abort();
    }
    memcpy(t->data + t->length, data, length);
    t->length += length;
    t->data[t->length] = 0;
}

static void putf(text *t, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void putf(text *t, const char *format, ...)
{
    char buffer[400];
    va_list args;
    va_start(args, format);
    int length = vsnprintf(buffer, sizeof buffer, format, args);
    va_end(args);
    put(t, buffer, (size_t)length);
}

/* One character of valid UTF-8; returns its length. */
static size_t decode(const unsigned char *s, uint32_t *c)
{
    size_t n = s[0] < 0x80 ? 1 : s[0] < 0xE0 ? 2 : s[0] < 0xF0 ? 3 : 4;
    static const unsigned char masks[] = {0, 0x7F, 0x1F, 0x0F, 0x07};
    *c = s[0] & masks[n];
    for (size_t i = 1; i < n; i++)
        *c = *c << 6 | (s[i] & 0x3F);
    return n;
}

static void put_string(text *t, const char *data, size_t length)
{
    static const char escapes[] = "\"\\\b\f\n\r\t", names[] = "\"\\bfnrt";
    put(t, "\"", 1);
    for (size_t i = 0; i < length;) {
        uint32_t c;
        i += decode((const unsigned char *)data + i, &c);
        const char *escape = c != 0 && c < 0x80 ? strchr(escapes, (int)c) : NULL;
        if (escape != NULL)
            putf(t, "\\%c", names[escape - escapes]);
        else if (c >= 0x10000)
            putf(t, "\\u%04x\\u%04x", 0xD800 + ((c - 0x10000) >> 10),
                 0xDC00 + ((c - 0x10000) & 0x3FF));
        else if (c < 0x20 || c > 0x7E + 1)
            putf(t, "\\u%04x", c);
        else
            putf(t, "%c", (int)c);
    }
    put(t, "\"", 1);
}

static void put_hex(text *t, const uint8_t *data, size_t length)
{
    put(t, "\"", 1);
    for (size_t i = 0; i < length; i++)
        putf(t, "%02x", data[i]);
    put(t, "\"", 1);
}

/* As Python's repr: the shortest digits that read back the same, an exponent below -4 and from 16
 * on. */
static void put_float(text *t, double v)
{
    char digits[40], *exponent;
    int precision = 0;
    if (isnan(v)) {
        putf(t, "\"NaN\"");
        return;
    }
    if (isinf(v)) {
        putf(t, v < 0 ? "\"-inf\"" : "\"inf\"");
        return;
    }
    for (bool good = false; !good; precision++) {
        snprintf(digits, sizeof digits, "%.*e", precision, v);
        good = strtod(digits, NULL) == v;
        char *last = strchr(digits, 'e') - 1;
        if (!good && *last < '9') { /* above a power of two there is more room than below it */
            ++*last;
            good = strtod(digits, NULL) == v;
        }
    }
    exponent = strchr(digits, 'e');
    int e = atoi(exponent + 1);
    *exponent = 0;
    if (e < -4 || e >= 16) {
        putf(t, "%se%c%02d", digits, e < 0 ? '-' : '+', abs(e));
        return;
    }
    int decimals = precision - 1 - e;
    putf(t, "%.*f", decimals > 0 ? decimals : 1, v);
}

static double half(uint16_t bits)
{
    int exponent = bits >> 10 & 0x1F, fraction = bits & 0x3FF;
    double size = exponent == 0x1F ? (fraction != 0 ? (double)NAN : (double)INFINITY)
                  : exponent == 0  ? ldexp(fraction, -24)
                                   : ldexp(fraction | 0x400, exponent - 25);
    return bits >> 15 != 0 ? -size : size;
}

__extension__ typedef unsigned __int128 u128;

/* A decimal as a text, with as many digits after the point as the scale says. */
static void put_decimal(text *t, shmcol_decimal value, uint32_t scale)
{
    u128 size = (u128)(uint64_t)value.high << 64 | value.low;
    char digits[48];
    size_t at = sizeof digits;
    if (value.high < 0)
        size = 0 - size;
    for (uint32_t n = 0; n <= scale || size != 0; n++, size /= 10) {
        if (n != 0 && n == scale)
            digits[--at] = '.';
        digits[--at] = (char)('0' + (int)(size % 10));
    }
    putf(t, value.high < 0 ? "\"-" : "\"");
    put(t, digits + at, sizeof digits - at);
    putf(t, "\"");
}

static size_t number_width(shmcol_type type)
{
    switch (type) {
    case SHMCOL_BOOL8:
    case SHMCOL_INT8:
    case SHMCOL_UINT8: return 1;
    case SHMCOL_INT16:
    case SHMCOL_UINT16:
    case SHMCOL_FLOAT16: return 2;
    case SHMCOL_INT32:
    case SHMCOL_UINT32:
    case SHMCOL_FLOAT32:
    case SHMCOL_DATE32:
    case SHMCOL_TIME32: return 4;
    case SHMCOL_DECIMAL128: return 16;
    default: return 8;
    }
}

/* A number of a type that the column has, or its elements. */
static void put_number(text *t, const shmcol_column_info *info, shmcol_type type, const uint8_t *at)
{
    union {
        int8_t i8;
        int16_t i16;
        int32_t i32;
        int64_t i64;
        uint16_t u16;
        uint32_t u32;
        uint64_t u64;
        float f32;
        double f64;
        shmcol_decimal decimal;
    } v;
    memcpy(&v, at, number_width(type));
    switch (type) {
    case SHMCOL_BOOL8: putf(t, *at != 0 ? "true" : "false"); break;
    case SHMCOL_INT8: putf(t, "%d", v.i8); break;
    case SHMCOL_INT16: putf(t, "%d", v.i16); break;
    case SHMCOL_INT32:
    case SHMCOL_DATE32:
    case SHMCOL_TIME32: putf(t, "%" PRId32, v.i32); break;
    case SHMCOL_UINT8: putf(t, "%u", *at); break;
    case SHMCOL_UINT16: putf(t, "%u", v.u16); break;
    case SHMCOL_UINT32: putf(t, "%" PRIu32, v.u32); break;
    case SHMCOL_UINT64: putf(t, "%" PRIu64, v.u64); break;
    case SHMCOL_FLOAT16: put_float(t, half(v.u16)); break;
    case SHMCOL_FLOAT32: put_float(t, (double)v.f32); break;
    case SHMCOL_FLOAT64: put_float(t, v.f64); break;
    case SHMCOL_DECIMAL128: put_decimal(t, v.decimal, info->scale); break;
    default: putf(t, "%" PRId64, v.i64);
    }
}

static void put_type(text *t, const shmcol_column_info *info, shmcol_type type)
{
    static const char *const units[] = {"s", "ms", "us", "ns"};
    putf(t, "%s", shmcol_type_name(type));
    if (type == SHMCOL_TIMESTAMP && info->zone != NULL)
        putf(t, "[%s, %s]", units[info->unit], info->zone);
    else if (type >= SHMCOL_TIMESTAMP && type <= SHMCOL_TIME64)
        putf(t, "[%s]", units[info->unit]);
    else if (type == SHMCOL_FIXED_BINARY)
        putf(t, "[%u]", info->width);
    else if (type == SHMCOL_DICTIONARY)
        putf(t, "[int%u]", 8 * info->width);
    else if (type == SHMCOL_DECIMAL128)
        putf(t, "[%u, %u]", info->precision, info->scale);
    if (type != SHMCOL_TENSOR && type != SHMCOL_LIST)
        return;
    putf(t, "[");
    put_type(t, info, info->element);
    for (uint32_t i = 0; i < info->dimensions && type == SHMCOL_TENSOR; i++)
        putf(t, i == 0 ? ", %u" : "x%u", info->shape[i]);
    putf(t, "]");
}

static shmcol_status put_metadata(text *t, const shmcol_file *file, uint32_t column,
                                  shmcol_error *err)
{
    uint32_t count = 0;
    shmcol_status status = shmcol_metadata_count(file, column, &count, err);
    putf(t, "\"metadata\":[");
    for (uint32_t i = 0; i < count && status == SHMCOL_OK; i++) {
        shmcol_text key = {0}, value = {0};
        status = shmcol_metadata_get(file, column, i, &key, &value, err);
        if (status != SHMCOL_OK)
            break;
        putf(t, i == 0 ? "[" : ",[");
        put_string(t, key.data, key.length);
        putf(t, ",");
        put_string(t, value.data, value.length);
        putf(t, "]");
    }
    putf(t, "]");
    return status;
}

static shmcol_status put_strings(text *t, const shmcol_strings *strings, bool binary)
{
    for (uint64_t row = 0; row < strings->count; row++) {
        const char *data;
        uint64_t length;
        shmcol_status status = shmcol_string_at(strings, row, &data, &length);
        if (status != SHMCOL_OK)
            return status;
        if (row != 0)
            putf(t, ",");
        if (data == NULL)
            putf(t, "null");
        else if (binary)
            put_hex(t, (const uint8_t *)data, length);
        else
            put_string(t, data, length);
    }
    return SHMCOL_OK;
}

static shmcol_status put_dictionary_rows(text *t, const shmcol_dictionary *d)
{
    for (uint64_t row = 0; row < d->count; row++) {
        const char *data;
        uint64_t length;
        shmcol_status status = shmcol_dictionary_at(d, row, &data, &length);
        if (status != SHMCOL_OK)
            return status;
        if (row != 0)
            putf(t, ",");
        if (data == NULL)
            putf(t, "null");
        else
            put_string(t, data, length);
    }
    return SHMCOL_OK;
}

static void put_value(text *t, const shmcol_column_info *info, const uint8_t *at)
{
    if (info->type == SHMCOL_FIXED_BINARY) {
        put_hex(t, at, info->width);
    } else if (info->type == SHMCOL_TENSOR) {
        uint32_t elements = 1;
        for (uint32_t i = 0; i < info->dimensions; i++)
            elements *= info->shape[i];
        for (uint32_t i = 0; i < elements; i++) {
            putf(t, i == 0 ? "[" : ",");
            put_number(t, info, info->element, at + (size_t)i * (info->width / elements));
        }
        putf(t, "]");
    } else {
        put_number(t, info, info->type, at);
    }
}

static shmcol_status put_lists(text *t, const shmcol_column_info *info, const shmcol_list *list)
{
    for (uint64_t row = 0; row < list->count; row++) {
        uint64_t first, length;
        shmcol_status status = shmcol_list_at(list, row, &first, &length);
        if (status != SHMCOL_OK)
            return status;
        putf(t, row == 0 ? "" : ",");
        if (!shmcol_is_valid(list->validity, row)) {
            putf(t, "null");
            continue;
        }
        putf(t, "[");
        for (uint64_t i = first; i < first + length; i++) {
            const char *data;
            uint64_t bytes;
            putf(t, i == first ? "" : ",");
            if (info->element != SHMCOL_STRING)
                put_number(t, info, info->element,
                           (const uint8_t *)list->elements + i * list->element_width);
            else if ((status = shmcol_string_at(&list->strings, i, &data, &bytes)) == SHMCOL_OK)
                put_string(t, data, bytes);
            else
                return status;
        }
        putf(t, "]");
    }
    return SHMCOL_OK;
}

static shmcol_status put_values(text *t, const shmcol_file *file, const shmcol_column_info *info,
                                shmcol_error *err)
{
    if (info->type == SHMCOL_STRING || info->type == SHMCOL_BINARY) {
        shmcol_strings strings = SHMCOL_STRINGS_INIT;
        shmcol_status status = shmcol_strings_column(file, info->index, &strings, err);
        return status == SHMCOL_OK ? put_strings(t, &strings, info->type == SHMCOL_BINARY) : status;
    }
    if (info->type == SHMCOL_DICTIONARY) {
        shmcol_dictionary dictionary = SHMCOL_DICTIONARY_INIT;
        shmcol_status status = shmcol_dictionary_column(file, info->index, &dictionary, err);
        return status == SHMCOL_OK ? put_dictionary_rows(t, &dictionary) : status;
    }
    if (info->type == SHMCOL_LIST) {
        shmcol_list list = SHMCOL_LIST_INIT;
        shmcol_status status = shmcol_list_column(file, info->index, &list, err);
        return status == SHMCOL_OK ? put_lists(t, info, &list) : status;
    }
    const void *values;
    const uint8_t *validity;
    shmcol_status status = shmcol_values(file, info->index, &values, &validity, err);
    for (uint64_t row = 0; row < shmcol_rows(file) && status == SHMCOL_OK; row++) {
        if (row != 0)
            putf(t, ",");
        if (shmcol_is_valid(validity, row))
            put_value(t, info, (const uint8_t *)values + row * info->width);
        else
            putf(t, "null");
    }
    return status;
}

static shmcol_status put_column(text *t, const shmcol_file *file, const shmcol_column_info *info,
                                shmcol_error *err)
{
    putf(t, "{\"name\":");
    put_string(t, info->name, info->name_length);
    if (!info->supported) {
        putf(t, ",\"unsupported\":true}");
        return SHMCOL_OK;
    }
    putf(t, ",\"type\":\"");
    put_type(t, info, info->type);
    putf(t, "\",\"nullable\":%s,\"null_count\":%" PRIu64 ",", info->nullable ? "true" : "false",
         info->null_count);
    shmcol_status status = put_metadata(t, file, info->index, err);
    if (info->type == SHMCOL_DICTIONARY)
        putf(t, ",\"dictionary\":%u", info->dictionary);
    putf(t, ",\"values\":[");
    if (status == SHMCOL_OK)
        status = put_values(t, file, info, err);
    putf(t, "]}");
    return status;
}

/* Dictionary `k`, through the first column that uses it. */
static shmcol_status put_dictionary(text *t, const shmcol_file *file, uint32_t k, shmcol_error *err)
{
    shmcol_dictionary dictionary = SHMCOL_DICTIONARY_INIT;
    shmcol_status status = SHMCOL_OK;
    for (uint32_t i = 0; i < shmcol_columns(file); i++) {
        shmcol_column_info info = SHMCOL_COLUMN_INFO_INIT;
        status = shmcol_get_column(file, i, &info, err);
        if (status != SHMCOL_OK)
            return status;
        if (info.supported && info.type == SHMCOL_DICTIONARY && info.dictionary == k) {
            status = shmcol_dictionary_column(file, i, &dictionary, err);
            break;
        }
    }
    putf(t, "{\"sorted\":%s,\"ordered\":%s,\"values\":[", dictionary.sorted ? "true" : "false",
         dictionary.ordered ? "true" : "false");
    if (status == SHMCOL_OK)
        status = put_strings(t, &dictionary.values, false);
    putf(t, "]}");
    return status;
}

char *canonical_json(const shmcol_file *file, shmcol_error *err)
{
    text t = {0};
    shmcol_file_info info = SHMCOL_FILE_INFO_INIT;
    if (shmcol_get_info(file, &info, err) != SHMCOL_OK)
        return NULL;
    putf(&t, "{\"rows\":%" PRIu64 ",", info.rows);
    if (put_metadata(&t, file, SHMCOL_TABLE, err) != SHMCOL_OK)
        goto failed;
    putf(&t, ",\"columns\":[");
    for (uint32_t i = 0; i < info.columns; i++) {
        shmcol_column_info column = SHMCOL_COLUMN_INFO_INIT;
        putf(&t, i == 0 ? "" : ",");
        if (shmcol_get_column(file, i, &column, err) != SHMCOL_OK ||
            put_column(&t, file, &column, err) != SHMCOL_OK)
            goto failed;
    }
    putf(&t, "],\"dictionaries\":[");
    for (uint32_t k = 0; k < info.dictionaries; k++) {
        putf(&t, k == 0 ? "" : ",");
        if (put_dictionary(&t, file, k, err) != SHMCOL_OK)
            goto failed;
    }
    putf(&t, "]}");
    return t.data;
failed:
    free(t.data);
    return NULL;
}
