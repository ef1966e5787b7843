/* The checks of an imported array, and its parts. */
#include "arrow/import_array.h"

const uint8_t *arrow_array_validity(const struct ArrowArray *array, arrow_form form)
{
    return form != ARROW_NULL && array->null_count != 0 ? array->buffers[0] : NULL;
}

/* Buffers each form has; views have one more for each variadic buffer. */
static int64_t buffers_of(arrow_form form)
{
    switch (form) {
    case ARROW_NULL: return 0; /* Polars counts a validity bitmap, which it does not give */
    case ARROW_TENSOR: return 1;
    case ARROW_LIST_VIEWS32:
    case ARROW_LIST_VIEWS64:
    case ARROW_STRINGS32:
    case ARROW_STRINGS64:
    case ARROW_VIEWS: return 3;
    default: return 2;
    }
}

/* Returns true if the array has as many buffers as its form. A view names its buffer by an int32.
 */
static bool check_buffers(const struct ArrowArray *array, arrow_form form, const char **problem)
{
    int64_t buffers = buffers_of(form), more = array->n_buffers - buffers;
    int64_t most = form == ARROW_VIEWS ? INT32_MAX : form == ARROW_NULL;
    *problem = "not the number of buffers its type has";
    return array->n_buffers >= buffers && more <= most &&
           (array->n_buffers == 0 || array->buffers != NULL);
}

/* Returns true if the buffers that views name are there, each with its size. */
static bool check_views(const struct ArrowArray *array, const char **problem)
{
    const arrow_texts texts = {.sizes = array->buffers[array->n_buffers - 1]};
    int64_t variadic = array->n_buffers - 3;
    *problem = "an array of views has no sizes of its buffers";
    if (variadic > 0 && texts.sizes == NULL)
        return false;
    for (int64_t i = 0; i < variadic; i++) {
        int64_t size = arrow_texts_size(&texts, i);
        *problem = "an array of views has a buffer of a negative size";
        if (size < 0)
            return false;
        *problem = "an array of views has bytes in a buffer that is missing";
        if (size > 0 && array->buffers[2 + i] == NULL)
            return false;
    }
    return true;
}

/* Returns true if no byte of the values lies where no memory can be: nothing is larger than
 * PTRDIFF_MAX, so that the products of places and widths do not wrap. Offsets are one more than the
 * rows. */
static bool check_extent(const struct ArrowArray *array, arrow_form form, uint32_t width)
{
    const bool narrow =
                   form == ARROW_STRINGS32 || form == ARROW_LISTS32 || form == ARROW_LIST_VIEWS32,
               wide =
                   form == ARROW_STRINGS64 || form == ARROW_LISTS64 || form == ARROW_LIST_VIEWS64;
    uint64_t each = narrow ? sizeof(int32_t) : wide ? sizeof(int64_t) : width;
    each = form == ARROW_VIEWS ? ARROW_VIEW_SIZE : each;
    uint64_t values = (uint64_t)array->offset + (uint64_t)array->length + 1;
    return form == ARROW_BITS || each == 0 || values <= PTRDIFF_MAX / each;
}

bool arrow_array_check(const struct ArrowArray *array, arrow_form form, uint32_t width,
                       uint64_t first, uint64_t rows, const char **problem)
{
    *problem = "the array is missing or was released";
    if (array == NULL || array->release == NULL)
        return false;
    *problem = "negative length, offset or null count, or a sum beyond 2^63";
    if (array->length < 0 || array->offset < 0 || array->null_count < -1 ||
        array->length > INT64_MAX - array->offset)
        return false;
    *problem = "the array is shorter than the table";
    if (first > (uint64_t)array->length || rows > (uint64_t)array->length - first)
        return false;
    *problem = "more nulls than values";
    if (array->null_count > array->length)
        return false;
    *problem = "its offset and length lead beyond all memory";
    if (!check_extent(array, form, width))
        return false;
    if (!check_buffers(array, form, problem))
        return false;
    *problem = "not the children its type has";
    if (array->n_children != (form == ARROW_TENSOR || arrow_form_is_list(form)) ||
        (array->n_children > 0 && (array->children == NULL || array->children[0] == NULL)))
        return false;
    *problem = "not the dictionary its type has";
    if ((array->dictionary != NULL) != (form == ARROW_DICTIONARY))
        return false;
    *problem = "nulls, but no validity bitmap";
    if (form != ARROW_NULL && array->null_count > 0 && array->buffers[0] == NULL)
        return false;
    *problem = "no values";
    if (rows > 0 && buffers_of(form) > 1 && array->buffers[1] == NULL)
        return false;
    *problem = "no sizes of its lists";
    if (rows > 0 && (form == ARROW_LIST_VIEWS32 || form == ARROW_LIST_VIEWS64) &&
        array->buffers[2] == NULL)
        return false;
    return form != ARROW_VIEWS || check_views(array, problem);
}

bool arrow_array_texts(const struct ArrowArray *array, arrow_form form, uint64_t first,
                       uint64_t rows, arrow_texts *texts)
{
    *texts = (arrow_texts){.form = form, .first = (uint64_t)array->offset + first, .count = rows};
    texts->validity = arrow_array_validity(array, form);
    texts->values = array->buffers[1];
    if (form == ARROW_VIEWS) {
        texts->n_variadic = array->n_buffers - 3;
        texts->variadic = array->buffers + 2;
        texts->sizes = array->buffers[array->n_buffers - 1];
        return true;
    }
    if (rows == 0)
        return true;
    /* The array's last offset says how many bytes there are, also where only some of its rows are
     * asked for. Without bytes every value must be empty. */
    texts->data = array->buffers[2] != NULL ? array->buffers[2] : "";
    texts->end = arrow_texts_offset(texts, (uint64_t)array->length - first);
    int64_t begin = arrow_texts_offset(texts, 0), end = arrow_texts_offset(texts, rows);
    return begin >= 0 && end >= begin && end <= texts->end &&
           (array->buffers[2] != NULL || texts->end == 0);
}
