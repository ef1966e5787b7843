/* Imported lists: list, large_list, list_view, large_list_view. */
#include "arrow/import_list.h"

#include <stdlib.h>
#include <string.h>

#include "arrow/import_array.h"
#include "error.h"

static const char outside[] = "its offsets do not ascend, or lead beyond the elements";

static bool is_view(const arrow_column *column)
{
    return column->type.form == ARROW_LIST_VIEWS32 || column->type.form == ARROW_LIST_VIEWS64;
}

static bool is_narrow(const arrow_column *column)
{
    return column->type.form == ARROW_LISTS32 || column->type.form == ARROW_LIST_VIEWS32;
}

/* Reads number `i` of a buffer of int32 or int64. */
static int64_t number_at(const arrow_column *column, int buffer, uint64_t i)
{
    const char *at = column->array->buffers[buffer];
    int32_t narrow;
    int64_t wide;
    if (is_narrow(column)) {
        memcpy(&narrow, at + i * sizeof narrow, sizeof narrow);
        return narrow;
    }
    memcpy(&wide, at + i * sizeof wide, sizeof wide);
    return wide;
}

/* Finds the elements of row `row`: [*begin, *begin + *length) of column->item. Returns false if
 * they are not there. Ignores the validity. */
static bool elements_of(const arrow_column *column, uint64_t row, uint64_t *begin, uint64_t *length)
{
    const uint64_t i = column->first + row;
    const int64_t from = number_at(column, 1, i);
    int64_t size;
    if (is_view(column))
        size = number_at(column, 2, i);
    else if (__builtin_sub_overflow(number_at(column, 1, i + 1), from, &size))
        return false;
    if (from < 0 || size < 0 || (uint64_t)from > column->item->rows ||
        (uint64_t)size > column->item->rows - (uint64_t)from)
        return false;
    *begin = (uint64_t)from;
    *length = (uint64_t)size;
    return true;
}

static bool is_valid(const arrow_column *column, uint64_t row)
{
    return shmcol_is_valid(column->validity, column->first + row);
}

shmcol_status arrow_list_begin(arrow_column *column, shmcol_error *err)
{
    const arrow_type *type = &column->type;
    arrow_column *item = calloc(1, sizeof *item);
    if (item == NULL)
        return shm_fail_memory(err);
    item->name = column->name;
    item->index = column->index;
    item->type = (arrow_type){.form = type->values,
                              .type = type->element,
                              .unit = type->unit,
                              .zone = type->zone,
                              .width = type->element_width,
                              .precision = type->precision,
                              .scale = type->scale};
    column->item = item;
    return SHMCOL_OK;
}

/* Returns true if lists are copied: they lie in any order, or their elements are converted. */
static bool is_copied(const arrow_column *column)
{
    const arrow_form form = column->type.values;
    return is_view(column) ||
           (form != ARROW_FIXED && form != ARROW_STRINGS32 && form != ARROW_STRINGS64);
}

/* Returns true if one of the elements [begin, begin + length) is null. */
static bool any_null(const arrow_column *item, uint64_t begin, uint64_t length)
{
    const uint64_t first = item->first + begin;
    for (uint64_t i = 0; i < length; i++) {
        const uint64_t bit = first + i;
        if (bit % 8 == 0 && length - i >= 8 && item->validity[bit / 8] == 0xff)
            i += 7;
        else if (!shmcol_is_valid(item->validity, bit))
            return true;
    }
    return false;
}

/* Returns the first element of the batch's valid rows, and one behind the last; and in *count how
 * many elements the rows have, each as often as a row has it. Fails if a row's are not there. */
static shmcol_status range_of_elements(const arrow_column *column, uint64_t *first, uint64_t *end,
                                       uint64_t *count, shmcol_error *err)
{
    *first = UINT64_MAX;
    *end = *count = 0;
    for (uint64_t row = 0; row < column->rows; row++) {
        uint64_t begin, length;
        if (!is_valid(column, row))
            continue;
        if (!elements_of(column, row, &begin, &length))
            return arrow_column_malformed(column, (int64_t)row, outside, err);
        if (length == 0)
            continue;
        *first = begin < *first ? begin : *first;
        *end = begin + length > *end ? begin + length : *end;
        if (__builtin_add_overflow(*count, length, count))
            return arrow_column_malformed(column, (int64_t)row, outside, err);
    }
    return SHMCOL_OK;
}

/* Refuses a null inside a list. What a null row leads to may be anything. A batch may be a slice of
 * a large array, so this looks at no more elements than the batch has: at their whole range if it
 * is no larger, and else, or where that has a null, at those of one row after the other. */
static shmcol_status check_nulls(const arrow_column *column, shmcol_error *err)
{
    uint64_t begin, end, length;
    if (column->item->validity == NULL)
        return SHMCOL_OK;
    shmcol_status status = range_of_elements(column, &begin, &end, &length, err);
    if (status != SHMCOL_OK || length == 0)
        return status;
    if (end - begin <= length && !any_null(column->item, begin, end - begin))
        return SHMCOL_OK;
    for (uint64_t row = 0; row < column->rows; row++) {
        if (!is_valid(column, row) || !elements_of(column, row, &begin, &length) ||
            !any_null(column->item, begin, length))
            continue;
        shm_fail(err, SHMCOL_ERR_BAD_VALUE, "F-24", "column \"%s\": a null inside a list",
                 column->name);
        shm_error_hint(err, "a list is null as a whole; its elements are not");
        shm_error_column(err, column->index);
        shm_error_row(err, (int64_t)row);
        return SHMCOL_ERR_BAD_VALUE;
    }
    return SHMCOL_OK;
}

shmcol_status arrow_list_bind(arrow_column *column, const struct ArrowArray *array, uint64_t offset,
                              uint64_t rows, shmcol_error *err)
{
    shmcol_status status = arrow_column_bind(column, array, offset, rows, err);
    if (status != SHMCOL_OK || column->item == NULL)
        return status;
    const struct ArrowArray *child = array->children[0];
    if (child->release == NULL || child->length < 0)
        return arrow_column_malformed(column, -1,
                                      "its elements were released, or have a negative length", err);
    status = arrow_column_bind(column->item, child, 0, (uint64_t)child->length, err);
    return status == SHMCOL_OK ? check_nulls(column, err) : status;
}

uint32_t arrow_list_scratch(const arrow_column *column)
{
    if (column->item == NULL)
        return arrow_column_scratch(column);
    return is_copied(column) ? sizeof(int64_t) : 0;
}

uint64_t arrow_list_bytes(const arrow_column *column)
{
    uint64_t bytes = arrow_column_bytes(column);
    if (column->item != NULL)
        bytes += column->rows * sizeof(int64_t) + arrow_column_bytes(column->item);
    return bytes;
}

void arrow_list_free(arrow_column *column)
{
    if (column->item != NULL)
        arrow_column_free(column->item);
    free(column->item);
    arrow_column_free(column);
}

/* Returns the bytes that an element takes when it is copied, but for those of its text. */
static uint64_t bytes_of_element(const arrow_column *item)
{
    const uint64_t scratch = arrow_column_scratch(item);
    return scratch > item->type.width ? scratch : item->type.width < 1 ? 8 : item->type.width;
}

shmcol_status arrow_list_fit(const arrow_column *column, uint64_t row, uint64_t *rows,
                             uint64_t budget, shmcol_error *err)
{
    const arrow_column *item = column->item;
    uint64_t bytes = 0;
    if (item == NULL)
        return arrow_column_fit(column, row, rows, budget, err);
    if (!is_copied(column))
        return SHMCOL_OK;
    for (uint64_t i = 0; i < *rows; i++) {
        uint64_t begin, length;
        if (!is_valid(column, row + i))
            continue;
        if (!elements_of(column, row + i, &begin, &length))
            return arrow_column_malformed(column, (int64_t)(row + i), outside, err);
        bytes += length * bytes_of_element(item);
        for (uint64_t k = 0; item->type.type == SHMCOL_STRING && k < length; k++) {
            shmcol_text text;
            bool valid;
            if (!arrow_column_text(item, begin + k, &text, &valid))
                return arrow_column_malformed(column, (int64_t)(row + i),
                                              "an element lies outside the array's buffers", err);
            bytes += text.length;
        }
        if (bytes > budget && i > 0) {
            *rows = i;
            return SHMCOL_OK;
        }
    }
    return SHMCOL_OK;
}

/* Gives the elements to the writer where they lie. The writer trusts the last offset of lists and
 * of elements. */
static shmcol_status in_place(arrow_column *column, uint64_t row, uint64_t rows,
                              shmcol_column_data *data, shmcol_error *err)
{
    static const int64_t no_strings[1];
    const arrow_column *item = column->item;
    const size_t unit = is_narrow(column) ? sizeof(int32_t) : sizeof(int64_t);
    uint64_t begin, length;
    shmcol_text text;
    if (!elements_of(column, row + rows - 1, &begin, &length))
        return arrow_column_malformed(column, (int64_t)(row + rows - 1), outside, err);
    const uint64_t end = begin + length;
    data->layout = is_narrow(column) ? SHMCOL_STRINGS_OFFSETS32 : SHMCOL_STRINGS_OFFSETS64;
    data->values = (const char *)column->array->buffers[1] + (column->first + row) * unit;
    arrow_column_validity(column, row, data);
    if (item->rows == 0) {
        data->data = no_strings;
        data->element_data = "";
        return SHMCOL_OK;
    }
    const char *elements = item->array->buffers[1];
    if (item->type.form == ARROW_FIXED) {
        data->data = elements + item->first * item->type.width;
        return SHMCOL_OK;
    }
    if (end > 0 && !arrow_texts_at(&item->texts, end - 1, &text))
        return arrow_column_malformed(column, (int64_t)(row + rows - 1),
                                      "the offsets of its elements do not ascend", err);
    const bool narrow = item->type.form == ARROW_STRINGS32;
    data->element_layout = narrow ? SHMCOL_STRINGS_OFFSETS32 : SHMCOL_STRINGS_OFFSETS64;
    data->data = elements + item->first * (narrow ? sizeof(int32_t) : sizeof(int64_t));
    data->element_data = item->texts.data;
    return SHMCOL_OK;
}

/* Makes the offsets of rows, from 0 on. *begin becomes the first element if the elements of all
 * rows lie one behind the other, else UINT64_MAX. */
static shmcol_status make_offsets(arrow_column *column, uint64_t row, uint64_t rows,
                                  int64_t **offsets, uint64_t *begin, shmcol_error *err)
{
    uint64_t next = UINT64_MAX;
    bool together = true;
    int64_t *made = arrow_scratch_take(&column->values, (rows + 1) * sizeof *made);
    if (made == NULL)
        return shm_fail_memory(err);
    made[0] = 0;
    *begin = 0;
    for (uint64_t i = 0; i < rows; i++) {
        uint64_t from = 0, length = 0;
        if (is_valid(column, row + i) && !elements_of(column, row + i, &from, &length))
            return arrow_column_malformed(column, (int64_t)(row + i), outside, err);
        if (__builtin_add_overflow(made[i], (int64_t)length, &made[i + 1]))
            return arrow_column_malformed(column, (int64_t)(row + i), outside, err);
        if (length == 0)
            continue;
        if (next == UINT64_MAX)
            *begin = from;
        else
            together = together && from == next;
        next = from + length;
    }
    if (!together)
        *begin = UINT64_MAX;
    *offsets = made;
    return SHMCOL_OK;
}

/* Copies elements of a fixed width from all over the child. */
static shmcol_status gather_fixed(arrow_column *column, uint64_t row, uint64_t rows, uint64_t count,
                                  shmcol_column_data *data, shmcol_error *err)
{
    shmcol_column_data some;
    uint64_t width = 0, at = 0;
    char *out = NULL;
    for (uint64_t i = 0; i < rows; i++) {
        uint64_t begin, length;
        if (!is_valid(column, row + i) || !elements_of(column, row + i, &begin, &length) ||
            length == 0 || length > count - at)
            continue;
        shmcol_status status = arrow_column_prepare(column->item, begin, length, &some, err);
        if (status != SHMCOL_OK)
            return status;
        if (out == NULL) {
            width = column->item->type.form == ARROW_NARROW ? sizeof(shmcol_decimal)
                                                            : column->item->type.width;
            width = width < 1 ? 1 : width; /* bools */
            out = arrow_scratch_take(&column->data, count * width);
            if (out == NULL)
                return shm_fail_memory(err);
        }
        memcpy(out + at * width, some.values, length * width);
        at += length;
    }
    data->data = out;
    return SHMCOL_OK;
}

/* Copies strings from all over the child: first their lengths, then their bytes. */
static shmcol_status gather_strings(arrow_column *column, uint64_t row, uint64_t rows,
                                    uint64_t count, shmcol_column_data *data, shmcol_error *err)
{
    int64_t *offsets = arrow_scratch_take(&column->data, (count + 1) * sizeof *offsets);
    char *bytes = NULL;
    if (offsets == NULL)
        return shm_fail_memory(err);
    offsets[0] = 0;
    for (int pass = 0; pass < 2; pass++) {
        uint64_t at = 0;
        for (uint64_t i = 0; i < rows; i++) {
            uint64_t begin, length = 0;
            if (is_valid(column, row + i) && !elements_of(column, row + i, &begin, &length))
                return arrow_column_malformed(column, (int64_t)(row + i), outside, err);
            for (uint64_t k = 0; k < length && at < count; k++, at++) {
                shmcol_text text;
                bool valid;
                if (!arrow_column_text(column->item, begin + k, &text, &valid))
                    return arrow_column_malformed(column, (int64_t)(row + i),
                                                  "an element lies outside the array's buffers",
                                                  err);
                if (pass == 0)
                    offsets[at + 1] = offsets[at] + (int64_t)text.length;
                else if (text.length == (uint64_t)(offsets[at + 1] - offsets[at]))
                    memcpy(bytes + offsets[at], text.data, text.length);
            }
        }
        if (pass == 0)
            bytes = arrow_scratch_take(&column->valid, (uint64_t)offsets[at]);
        if (bytes == NULL)
            return shm_fail_memory(err);
    }
    data->data = offsets;
    data->element_layout = SHMCOL_STRINGS_OFFSETS64;
    data->element_data = bytes;
    return SHMCOL_OK;
}

/* Copies lists and their elements. */
static shmcol_status copied(arrow_column *column, uint64_t row, uint64_t rows,
                            shmcol_column_data *data, shmcol_error *err)
{
    static const int64_t no_strings[1];
    arrow_column *item = column->item;
    shmcol_column_data elements = SHMCOL_COLUMN_DATA_INIT;
    int64_t *offsets = NULL; /* a build with sanitizers does not see that it is set */
    uint64_t begin = 0;
    shmcol_status status = make_offsets(column, row, rows, &offsets, &begin, err);
    if (status != SHMCOL_OK)
        return status;
    const uint64_t count = (uint64_t)offsets[rows];
    data->layout = SHMCOL_STRINGS_OFFSETS64;
    data->values = offsets;
    data->data = no_strings;
    data->element_data = "";
    arrow_column_validity(column, row, data);
    if (count == 0)
        return SHMCOL_OK;
    if (begin == UINT64_MAX && item->type.type == SHMCOL_STRING)
        return gather_strings(column, row, rows, count, data, err);
    if (begin == UINT64_MAX)
        return gather_fixed(column, row, rows, count, data, err);
    status = arrow_column_prepare(item, begin, count, &elements, err);
    if (status != SHMCOL_OK)
        return status;
    data->data = elements.values;
    data->element_layout = elements.layout;
    data->element_data = elements.data;
    return SHMCOL_OK;
}

shmcol_status arrow_list_prepare(arrow_column *column, uint64_t row, uint64_t rows,
                                 shmcol_column_data *data, shmcol_error *err)
{
    if (column->item == NULL)
        return arrow_column_prepare(column, row, rows, data, err);
    *data = (shmcol_column_data)SHMCOL_COLUMN_DATA_INIT;
    return is_copied(column) ? copied(column, row, rows, data, err)
                             : in_place(column, row, rows, data, err);
}
