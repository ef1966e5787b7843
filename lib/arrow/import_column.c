/* One column of the importer: its batch checked, and rows of it prepared for the writer. */
#include "arrow/import_column.h"

#include <stdlib.h>
#include <string.h>

#include "arrow/import_array.h"
#include "error.h"

shmcol_status arrow_column_malformed(const arrow_column *column, int64_t row, const char *what,
                                     shmcol_error *err)
{
    shm_fail(err, SHMCOL_ERR_BAD_ARROW, "", "column \"%s\": %s", column->name, what);
    shm_error_column(err, column->index);
    shm_error_row(err, row);
    return SHMCOL_ERR_BAD_ARROW;
}

void *arrow_scratch_take(arrow_scratch *scratch, uint64_t size)
{
    if (size == 0)
        size = 1;
    if (size > scratch->capacity) {
        free(scratch->bytes);
        scratch->capacity = 0;
        scratch->bytes = malloc((size_t)size);
        if (scratch->bytes != NULL)
            scratch->capacity = (size_t)size;
    }
    return scratch->bytes;
}

void arrow_column_free(arrow_column *column)
{
    arrow_dictionary_free(&column->dictionary);
    free(column->values.bytes);
    free(column->data.bytes);
    free(column->valid.bytes);
}

/* It is one of views, or its dictionary has values that the writer was not given. */
bool arrow_column_by_strings(const arrow_column *column)
{
    return column->type.form == ARROW_VIEWS ||
           (column->type.form == ARROW_DICTIONARY &&
            (!column->dictionary.given || column->dictionary.unknown));
}

uint64_t arrow_column_bytes(const arrow_column *column)
{
    uint64_t bytes = column->rows * column->type.width;
    const arrow_texts *texts =
        column->type.form == ARROW_DICTIONARY ? &column->dictionary.texts : &column->texts;
    if (texts->values == NULL)
        return bytes;
    if (texts->form != ARROW_VIEWS)
        return bytes + (uint64_t)texts->end + texts->count * sizeof(int64_t);
    for (int64_t i = 0; i < texts->n_variadic; i++)
        bytes += (uint64_t)arrow_texts_size(texts, i);
    return bytes + texts->count * ARROW_VIEW_SIZE;
}

uint32_t arrow_column_scratch(const arrow_column *column)
{
    switch (column->type.form) {
    case ARROW_BITS:
    case ARROW_BOOL8: return 1;
    case ARROW_NARROW: return sizeof(shmcol_decimal);
    case ARROW_VIEWS: return 8;
    case ARROW_NULL:
    case ARROW_DICTIONARY: return 9;
    default: return 0;
    }
}

/* Checks that no element of a tensor is null (F-56). Those of a null row may be anything. */
static shmcol_status check_tensor_nulls(const arrow_column *column, const struct ArrowArray *item,
                                        shmcol_error *err)
{
    const uint8_t *validity = arrow_array_validity(item, ARROW_FIXED);
    if (validity == NULL)
        return SHMCOL_OK;
    for (uint64_t row = 0; row < column->rows; row++) {
        if (!shmcol_is_valid(column->validity, column->first + row))
            continue;
        uint64_t begin = (uint64_t)item->offset + (column->first + row) * column->type.elements;
        for (uint64_t i = begin; i < begin + column->type.elements; i++) {
            if (shmcol_is_valid(validity, i))
                continue;
            shm_fail(err, SHMCOL_ERR_BAD_VALUE, "F-56", "column \"%s\": a null inside a tensor",
                     column->name);
            shm_error_column(err, column->index);
            shm_error_row(err, (int64_t)row);
            return SHMCOL_ERR_BAD_VALUE;
        }
    }
    return SHMCOL_OK;
}

static shmcol_status bind_tensor(const arrow_column *column, shmcol_error *err)
{
    const struct ArrowArray *item = column->array->children[0];
    uint64_t begin = 0, count = 0, elements = column->type.elements;
    const char *problem = "the elements of the tensors are too many";
    bool fits = !__builtin_mul_overflow(column->first, elements, &begin) &&
                !__builtin_mul_overflow(column->rows, elements, &count);
    uint32_t width = column->type.width / column->type.elements;
    if (!fits || !arrow_array_check(item, ARROW_FIXED, width, begin, count, &problem))
        return arrow_column_malformed(column, -1, problem, err);
    return check_tensor_nulls(column, item, err);
}

shmcol_status arrow_column_bind(arrow_column *column, const struct ArrowArray *array,
                                uint64_t offset, uint64_t rows, shmcol_error *err)
{
    const char *problem = NULL;
    arrow_form form = column->type.form;
    uint32_t width = form == ARROW_TENSOR ? 0 : column->type.width;
    if (!arrow_array_check(array, form, width, offset, rows, &problem))
        return arrow_column_malformed(column, -1, problem, err);
    column->array = array;
    column->first = (uint64_t)array->offset + offset;
    column->rows = rows;
    column->validity = arrow_array_validity(array, form);
    if (form == ARROW_TENSOR)
        return bind_tensor(column, err);
    if (form == ARROW_STRINGS32 || form == ARROW_STRINGS64 || form == ARROW_VIEWS) {
        if (!arrow_array_texts(array, form, offset, rows, &column->texts))
            return arrow_column_malformed(column, -1,
                                          "its offsets do not ascend, or there are no bytes", err);
    }
    return SHMCOL_OK;
}

/* Gives the dictionary index of a valid row. Returns false for one outside the dictionary. */
static bool index_at(const arrow_column *column, uint64_t row, uint64_t *index)
{
    const uint8_t *at =
        (const uint8_t *)column->array->buffers[1] + (column->first + row) * column->type.width;
    const uint32_t width = column->type.width;
    uint64_t value = 0;
    /* Copies of a known length need no call. Little-endian: shmcol runs on no other machine. */
    switch (width) {
    case 1: value = *at; break;
    case 2: memcpy(&value, at, 2); break;
    case 4: memcpy(&value, at, 4); break;
    default: memcpy(&value, at, 8); break;
    }
    *index = value;
    if (!column->type.index_unsigned && (value >> (8 * width - 1)) != 0)
        return false;
    return value < column->dictionary.texts.count;
}

bool arrow_column_text(const arrow_column *column, uint64_t row, shmcol_text *text, bool *valid)
{
    const arrow_texts *texts = &column->texts;
    uint64_t i = row;
    *text = (shmcol_text){"", 0};
    *valid = shmcol_is_valid(column->validity, column->first + row);
    if (!*valid)
        return true;
    if (column->type.form == ARROW_DICTIONARY) {
        texts = &column->dictionary.texts;
        if (!index_at(column, row, &i))
            return false;
        *valid = arrow_texts_valid(texts, i);
        if (!*valid)
            return true;
    }
    return arrow_texts_at(texts, i, text);
}

shmcol_status arrow_column_fit(const arrow_column *column, uint64_t row, uint64_t *rows,
                               uint64_t budget, shmcol_error *err)
{
    if (!arrow_column_by_strings(column))
        return SHMCOL_OK;
    uint64_t bytes = 0;
    for (uint64_t i = 0; i < *rows; i++) {
        shmcol_text text;
        bool valid;
        if (!arrow_column_text(column, row + i, &text, &valid))
            return arrow_column_malformed(column, (int64_t)(row + i),
                                          "a value lies outside the array's buffers", err);
        bytes += text.length;
        if (bytes > budget && i > 0) {
            *rows = i;
            return SHMCOL_OK;
        }
    }
    return SHMCOL_OK;
}

void arrow_column_validity(const arrow_column *column, uint64_t row, shmcol_column_data *data)
{
    if (column->validity == NULL)
        return;
    data->validity_kind = SHMCOL_VALIDITY_BITMAP;
    data->validity = column->validity;
    data->validity_offset = column->first + row;
}

/* Gathers the strings of rows in one place; the caller bounded their sum by arrow_column_fit. A
 * single row, of any length, is not copied. */
static shmcol_status gather(arrow_column *column, uint64_t row, uint64_t rows,
                            shmcol_column_data *data, shmcol_error *err)
{
    int64_t *offsets = arrow_scratch_take(&column->values, (rows + 1) * sizeof *offsets);
    uint8_t *valid_bytes = arrow_scratch_take(&column->valid, rows);
    if (offsets == NULL || valid_bytes == NULL)
        return shm_fail_memory(err);
    shmcol_text text = {"", 0};
    bool valid = true, any_null = false;
    offsets[0] = 0;
    for (uint64_t i = 0; i < rows; i++) {
        if (!arrow_column_text(column, row + i, &text, &valid))
            return arrow_column_malformed(column, (int64_t)(row + i),
                                          "a value lies outside the array's buffers", err);
        offsets[i + 1] = offsets[i] + (int64_t)text.length;
        valid_bytes[i] = valid;
        any_null = any_null || !valid;
    }
    char *bytes = rows == 1 ? NULL : arrow_scratch_take(&column->data, (uint64_t)offsets[rows]);
    if (rows > 1 && bytes == NULL)
        return shm_fail_memory(err);
    for (uint64_t i = 0; rows > 1 && i < rows; i++)
        if (arrow_column_text(column, row + i, &text, &valid) &&
            text.length == (uint64_t)(offsets[i + 1] - offsets[i]) && text.length > 0)
            memcpy(bytes + offsets[i], text.data, (size_t)text.length);
    data->layout = SHMCOL_STRINGS_OFFSETS64;
    data->values = offsets;
    data->data = rows == 1 ? text.data : bytes;
    data->validity_kind = any_null ? SHMCOL_VALIDITY_BYTES : SHMCOL_ALL_VALID;
    data->validity = any_null ? valid_bytes : NULL;
    return SHMCOL_OK;
}

/* Converts the batch's indices to codes of the dictionary that the writer was given. */
static shmcol_status recode(arrow_column *column, uint64_t row, uint64_t rows,
                            shmcol_column_data *data, shmcol_error *err)
{
    int32_t *codes = arrow_scratch_take(&column->values, rows * sizeof *codes);
    uint8_t *valid_bytes = arrow_scratch_take(&column->valid, rows);
    if (codes == NULL || valid_bytes == NULL)
        return shm_fail_memory(err);
    for (uint64_t i = 0; i < rows; i++) {
        uint64_t index;
        int32_t code = -1;
        if (shmcol_is_valid(column->validity, column->first + row + i)) {
            if (!index_at(column, row + i, &index))
                return arrow_column_malformed(column, (int64_t)(row + i),
                                              "an index lies outside its dictionary", err);
            code = column->dictionary.codes[index];
        }
        codes[i] = code < 0 ? 0 : code;
        valid_bytes[i] = code >= 0;
    }
    data->layout = SHMCOL_STRINGS_CODES;
    data->width = sizeof *codes;
    data->values = codes;
    bool nulls = column->validity != NULL || column->dictionary.has_null;
    data->validity_kind = nulls ? SHMCOL_VALIDITY_BYTES : SHMCOL_ALL_VALID;
    data->validity = nulls ? valid_bytes : NULL;
    return SHMCOL_OK;
}

/* Converts booleans to bytes of 0 and 1. */
static shmcol_status expand(arrow_column *column, uint64_t row, uint64_t rows,
                            shmcol_column_data *data, shmcol_error *err)
{
    const uint8_t *in = column->array->buffers[1];
    uint8_t *out = arrow_scratch_take(&column->values, rows);
    if (out == NULL)
        return shm_fail_memory(err);
    uint64_t first = column->first + row;
    if (column->type.form == ARROW_BITS) {
        for (uint64_t i = 0; i < rows; i++)
            out[i] = (in[(first + i) >> 3] >> ((first + i) & 7)) & 1;
    } else {
        for (uint64_t i = 0; i < rows; i++)
            out[i] = in[first + i] != 0;
    }
    data->values = out;
    arrow_column_validity(column, row, data);
    return SHMCOL_OK;
}

/* Makes decimals of 4 or 8 bytes wider. */
static shmcol_status widen(arrow_column *column, uint64_t row, uint64_t rows,
                           shmcol_column_data *data, shmcol_error *err)
{
    const uint32_t width = column->type.width;
    const char *in = (const char *)column->array->buffers[1] + (column->first + row) * width;
    shmcol_decimal *out = arrow_scratch_take(&column->values, rows * sizeof *out);
    if (out == NULL)
        return shm_fail_memory(err);
    for (uint64_t i = 0; i < rows; i++, in += width) {
        int32_t narrow;
        int64_t value;
        memcpy(&narrow, in, sizeof narrow);
        if (width == sizeof value)
            memcpy(&value, in, sizeof value);
        else
            value = narrow;
        out[i] = (shmcol_decimal){(uint64_t)value, value < 0 ? -1 : 0};
    }
    data->values = out;
    arrow_column_validity(column, row, data);
    return SHMCOL_OK;
}

/* Makes rows of a column of the null type: empty strings, all of them null. */
static shmcol_status all_null(arrow_column *column, uint64_t rows, shmcol_column_data *data,
                              shmcol_error *err)
{
    void *offsets = arrow_scratch_take(&column->values, (rows + 1) * sizeof(int64_t));
    void *valid = arrow_scratch_take(&column->valid, rows);
    if (offsets == NULL || valid == NULL)
        return shm_fail_memory(err);
    memset(offsets, 0, (size_t)(rows + 1) * sizeof(int64_t));
    memset(valid, 0, (size_t)rows);
    data->values = offsets;
    data->data = "";
    data->validity_kind = SHMCOL_VALIDITY_BYTES;
    data->validity = valid;
    return SHMCOL_OK;
}

shmcol_status arrow_column_prepare(arrow_column *column, uint64_t row, uint64_t rows,
                                   shmcol_column_data *data, shmcol_error *err)
{
    const struct ArrowArray *array = column->array;
    uint64_t first = column->first + row;
    shmcol_text text;
    *data = (shmcol_column_data)SHMCOL_COLUMN_DATA_INIT;
    switch (column->type.form) {
    case ARROW_BITS:
    case ARROW_BOOL8: return expand(column, row, rows, data, err);
    case ARROW_NARROW: return widen(column, row, rows, data, err);
    case ARROW_NULL: return all_null(column, rows, data, err);
    case ARROW_VIEWS: return gather(column, row, rows, data, err);
    case ARROW_DICTIONARY:
        return arrow_column_by_strings(column) ? gather(column, row, rows, data, err)
                                               : recode(column, row, rows, data, err);
    case ARROW_STRINGS32:
    case ARROW_STRINGS64:
        /* The writer trusts the last offset. */
        if (!arrow_texts_at(&column->texts, row + rows - 1, &text))
            return arrow_column_malformed(column, (int64_t)(row + rows - 1),
                                          "its offsets do not ascend", err);
        data->layout = column->type.form == ARROW_STRINGS32 ? SHMCOL_STRINGS_OFFSETS32
                                                            : SHMCOL_STRINGS_OFFSETS64;
        data->values =
            (const char *)array->buffers[1] +
            first * (column->type.form == ARROW_STRINGS32 ? sizeof(int32_t) : sizeof(int64_t));
        data->data = column->texts.data;
        break;
    case ARROW_TENSOR:
        data->values = (const char *)array->children[0]->buffers[1] +
                       ((uint64_t)array->children[0]->offset + first * column->type.elements) *
                           (column->type.width / column->type.elements);
        break;
    default: data->values = (const char *)array->buffers[1] + first * column->type.width; break;
    }
    arrow_column_validity(column, row, data);
    return SHMCOL_OK;
}
