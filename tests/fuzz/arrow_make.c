/* Each buffer has exactly the size that the interface promises for the array's length and offset,
 * each table of pointers as many as its count, so that the address sanitizer sees every read too
 * many. A lie therefore is a value that can be seen to be one: negative, missing, released, or so
 * large that no memory is. That there is less memory than a sane length promises nobody can see. */
#include "arrow_make.h"

#include <stdlib.h>
#include <string.h>

#include "arrow_input.h"

static void release_array(struct ArrowArray *array)
{
    array->release = NULL;
    arrow_free_owner(array->private_data);
}

/* A consumer releases the base structure and nothing in it. */
static void release_part(struct ArrowArray *array)
{
    (void)array;
    abort();
}

/* Fills memory: zeros, small numbers, the input's bytes or noise. */
static void fill(uint8_t *to, size_t size)
{
    unsigned how = arrow_below(8);
    for (size_t i = 0; i < size && how >= 3; i++)
        to[i] = how < 6              ? (uint8_t)(arrow_noise() % 100 == 0)
                : how == 6 && i < 64 ? (uint8_t)arrow_byte()
                                     : (uint8_t)arrow_noise();
}

static void fill_text(uint8_t *to, size_t size)
{
    bool raw = arrow_below(16) == 15;
    for (size_t i = 0; i < size; i++)
        to[i] = raw ? (uint8_t)arrow_byte() : (uint8_t)('a' + arrow_noise() % 26);
}

static void begin_array(struct ArrowArray *array, int64_t length, int64_t n_buffers)
{
    memset(array, 0, sizeof *array);
    array->length = length;
    array->offset = arrow_below(3) == 0 ? arrow_below(20) : 0;
    array->n_buffers = n_buffers;
    array->buffers = arrow_take((size_t)n_buffers * sizeof *array->buffers);
    array->release = release_part;
}

/* The values that the buffers hold. */
static size_t values_of(const struct ArrowArray *array)
{
    return (size_t)(array->length + array->offset);
}

static void make_validity(struct ArrowArray *array)
{
    size_t size = (values_of(array) + 7) / 8;
    if (arrow_below(3) == 0)
        return;
    uint8_t *bits = arrow_take(size);
    memset(bits, 0xFF, size);
    for (size_t i = 0; i < size && arrow_below(2) == 0; i++)
        bits[i] = (uint8_t)arrow_noise();
    array->buffers[0] = bits;
    array->null_count = arrow_below(4) == 0   ? 0
                        : arrow_below(4) == 0 ? (int64_t)arrow_below((unsigned)array->length + 1)
                                              : -1;
}

static void put_offset(uint8_t *to, size_t i, int64_t offset, bool large)
{
    int32_t small = (int32_t)offset;
    if (large)
        memcpy(to + 8 * i, &offset, 8);
    else
        memcpy(to + 4 * i, &small, 4);
}

/* Offsets that ascend to the end of the bytes; in between they may be anything. */
static void make_strings(struct ArrowArray *array, bool large)
{
    size_t n = values_of(array) + 1, width = large ? 8 : 4;
    uint8_t *offsets = arrow_take(n * width);
    unsigned wild = arrow_below(8);
    int64_t at = arrow_below(3) == 0 ? arrow_below(9) : 0;
    for (size_t i = 0; i < n; i++) {
        put_offset(offsets, i, at, large);
        at += i + 1 < n ? (int64_t)(arrow_noise() % 6) : 0;
    }
    if (wild == 7 && n > 2) {
        size_t from = arrow_noise() % (n - 1), to = from + arrow_noise() % (n - from);
        int64_t value = arrow_below(2) == 0 ? arrow_lie() : (int64_t)arrow_noise();
        for (size_t i = from; i < to; i++)
            put_offset(offsets, i, value, large);
    }
    array->buffers[1] = offsets;
    array->buffers[2] = arrow_take((size_t)at);
    fill_text((uint8_t *)(uintptr_t)array->buffers[2], (size_t)at);
}

static void make_view(uint8_t *to, const int64_t *sizes, unsigned variadic)
{
    int32_t length = (int32_t)(arrow_noise() % 13), buffer = 0, offset = 0;
    bool raw = arrow_noise() % 512 == 0;
    if (variadic > 0 && arrow_noise() % 2 == 0) {
        buffer = (int32_t)(arrow_noise() % variadic);
        length = sizes[buffer] > 12 ? 13 + (int32_t)(arrow_noise() % (uint64_t)(sizes[buffer] - 12))
                                    : length;
        offset =
            length > 12 ? (int32_t)(arrow_noise() % (uint64_t)(sizes[buffer] - length + 1)) : 0;
    }
    memcpy(to, &length, 4);
    for (int i = 4; i < 16 && length <= 12; i++)
        to[i] = (uint8_t)('a' + arrow_noise() % 26);
    if (length > 12) {
        memcpy(to + 8, &buffer, 4);
        memcpy(to + 12, &offset, 4);
    }
    for (int i = 0; i < 16 && raw; i++)
        to[i] = (uint8_t)arrow_noise();
}

static void make_views(struct ArrowArray *array)
{
    unsigned variadic = (unsigned)array->n_buffers - 3;
    int64_t *sizes = arrow_take(variadic * sizeof *sizes);
    for (unsigned i = 0; i < variadic; i++) {
        sizes[i] = arrow_below(60);
        array->buffers[2 + i] = arrow_take((size_t)sizes[i]);
        fill_text((uint8_t *)(uintptr_t)array->buffers[2 + i], (size_t)sizes[i]);
    }
    uint8_t *views = arrow_take(16 * values_of(array));
    for (size_t i = 0; i < values_of(array); i++)
        make_view(views + 16 * i, sizes, variadic);
    if (arrow_lies() && variadic > 0)
        sizes[0] = -1 - (int64_t)arrow_below(2) * INT64_MAX;
    array->buffers[1] = views;
    array->buffers[array->n_buffers - 1] = sizes;
}

static void make_texts(struct ArrowArray *array, arrow_form f, int64_t length)
{
    begin_array(array, length, f == VIEWS ? 3 + arrow_below(3) : 3);
    make_validity(array);
    if (f == VIEWS)
        make_views(array);
    else
        make_strings(array, f == LARGE);
}

static void make_indices(struct ArrowArray *array, unsigned width, int64_t words)
{
    uint8_t *indices = arrow_take(width * values_of(array));
    unsigned raw = arrow_below(16);
    for (size_t i = 0; i < values_of(array); i++) {
        uint64_t index = raw == 15 && arrow_noise() % 8 == 0 ? arrow_noise()
                         : words > 0                         ? arrow_noise() % (uint64_t)words
                                                             : 0;
        memcpy(indices + width * i, &index, width);
    }
    array->buffers[1] = indices;
}

/* Room for `n` children, which are there. */
static struct ArrowArray *one_child(struct ArrowArray *array)
{
    array->n_children = 1;
    array->children = arrow_take(sizeof *array->children);
    array->children[0] = arrow_take(sizeof **array->children);
    return array->children[0];
}

static void make_fixed(struct ArrowArray *array, size_t width, int64_t length)
{
    begin_array(array, length, 2);
    make_validity(array);
    array->buffers[1] =
        arrow_take(width == 0 ? (values_of(array) + 7) / 8 : width * values_of(array));
    fill((uint8_t *)(uintptr_t)array->buffers[1],
         width == 0 ? (values_of(array) + 7) / 8 : width * values_of(array));
}

/* Makes offsets that ascend to `last`, in buffer 1. Sometimes a part of them is wild. */
static void make_list_offsets(struct ArrowArray *array, bool large, int64_t *last)
{
    size_t n = values_of(array) + 1, width = large ? 8 : 4;
    uint8_t *offsets = arrow_take(n * width);
    int64_t at = arrow_below(3) == 1 ? arrow_below(9) : 0;
    for (size_t i = 0; i < n; i++) {
        put_offset(offsets, i, at, large);
        at += i + 1 < n ? (int64_t)(arrow_noise() % 4) : 0;
    }
    *last = at;
    if (arrow_below(16) == 15) {
        size_t from = arrow_noise() % n, to = from + 1 + arrow_noise() % (n - from);
        int64_t value = arrow_below(2) == 0 ? arrow_lie() : (int64_t)(arrow_noise() % 300) - 20;
        for (size_t i = from; i < to; i++)
            put_offset(offsets, i, value, large);
    }
    array->buffers[1] = offsets;
}

/* Makes offsets and sizes of views of `last` elements, in any order. Sometimes one is wild. */
static void make_list_views(struct ArrowArray *array, bool large, int64_t last)
{
    size_t n = values_of(array), width = large ? 8 : 4;
    uint8_t *offsets = arrow_take(n * width), *sizes = arrow_take(n * width);
    bool wild = arrow_below(16) == 15, ordered = arrow_below(2) == 1;
    int64_t next = 0;
    for (size_t i = 0; i < n; i++) {
        int64_t from = (int64_t)(arrow_noise() % (uint64_t)(last + 1));
        from = ordered && next <= last ? next : from;
        int64_t size = (int64_t)(arrow_noise() % 5);
        size = size > last - from ? last - from : size;
        next = from + size;
        if (wild && arrow_noise() % n == 0)
            *(arrow_below(2) == 0 ? &from : &size) =
                arrow_below(2) == 0 ? arrow_lie() : (int64_t)(arrow_noise() % 300);
        put_offset(offsets, i, from, large);
        put_offset(sizes, i, size, large);
    }
    array->buffers[1] = offsets;
    array->buffers[2] = sizes;
}

static void make_array(struct ArrowArray *array, const arrow_kind *k, const arrow_kind *item,
                       int64_t length);

static void make_list(struct ArrowArray *array, const arrow_kind *k, const arrow_kind *item,
                      int64_t length)
{
    bool views = k->form == LIST_VIEWS32 || k->form == LIST_VIEWS64;
    bool large = k->form == LISTS64 || k->form == LIST_VIEWS64;
    int64_t elements = views ? arrow_below(100) : 0;
    begin_array(array, length, views ? 3 : 2);
    make_validity(array);
    if (views)
        make_list_views(array, large, elements);
    else
        make_list_offsets(array, large, &elements);
    struct ArrowArray *child = one_child(array);
    make_array(child, item, NULL, elements + (arrow_below(4) == 3 ? arrow_below(4) : 0));
    /* nulls are refused inside lists: mostly there are none */
    if (arrow_below(8) != 7 && child->n_buffers > 0 && item->form != FOREIGN) {
        child->buffers[0] = NULL;
        child->null_count = 0;
    }
}

/* `item`: the kind of the elements of a list. */
static void make_array(struct ArrowArray *array, const arrow_kind *k, const arrow_kind *item,
                       int64_t length)
{
    switch (k->form) {
    case LISTS32:
    case LISTS64:
    case LIST_VIEWS32:
    case LIST_VIEWS64: make_list(array, k, item, length); break;
    case BITS:
    case FIXED: make_fixed(array, k->width, length); break;
    case SMALL:
    case LARGE:
    case VIEWS: make_texts(array, k->form, length); break;
    case WORDS: {
        int64_t words = arrow_below(20);
        begin_array(array, length, 2);
        make_validity(array);
        make_indices(array, k->width, words);
        array->dictionary = arrow_take(sizeof *array->dictionary);
        make_texts(array->dictionary, k->values, words);
        break;
    }
    case TENSOR: {
        begin_array(array, length, 1);
        make_validity(array);
        make_fixed(one_child(array), k->width, (int64_t)values_of(array) * k->elements);
        break;
    }
    default: begin_array(array, length, arrow_below(2));
    }
}

/* `wide`: places are multiplied by at least 4, or lead to nothing, so that a large one can be seen
 * to be a lie. */
static void lie_in_array(struct ArrowArray *array, bool wide)
{
    int64_t value = arrow_lie();
    switch (arrow_below(11)) {
    case 0: array->length = value < 0 || wide ? value : array->length; break;
    case 1: array->offset = value < 0 || wide ? value : array->offset; break;
    case 2: array->null_count = value; break;
    case 3: array->n_buffers = value; break;
    case 4:
        array->n_buffers = array->n_buffers < 3 ? array->n_buffers - 1 : (int64_t)arrow_below(3);
        break;
    case 5: array->buffers = NULL; break;
    case 6: {
        unsigned which = arrow_below(6);
        if (which < array->n_buffers && array->buffers != NULL)
            array->buffers[which] = NULL;
        break;
    }
    case 7: array->release = NULL; break;
    case 8:
        array->n_children = arrow_below(2) == 0 ? 0 : value;
        array->children = arrow_below(2) == 0 ? NULL : array->children;
        break;
    case 9:
        if (array->n_children > 0 && array->children != NULL)
            array->children[0] = NULL;
        break;
    default: array->dictionary = arrow_below(2) == 0 ? NULL : array;
    }
}

/* The table's own array may lie about its length where there are columns to compare it with. */
static void lie_in_root(struct ArrowArray *root, const arrow_plan *p)
{
    bool compared = false;
    for (unsigned i = 0; i < p->columns; i++)
        compared = compared || (p->kinds[i].form != NOTHING && p->kinds[i].form != FOREIGN);
    switch (arrow_below(3)) {
    case 0:
        root->length = compared ? (arrow_below(2) == 0 ? arrow_lie() : root->length + 1000) : -1;
        break;
    case 1:
        root->offset = compared ? (arrow_below(2) == 0 ? arrow_lie() : root->offset + 1000) : -1;
        break;
    default: lie_in_array(root, false);
    }
    if (root->release == NULL) { /* the end of a stream */
        root->length = 0;
        arrow_free_owner(root->private_data);
    }
}

/* Returns true if a value takes at least 4 bytes, or the array none. */
static bool leads_far(const arrow_kind *k)
{
    return k->form == FIXED ? k->width >= 4 : k->form != BITS && k->form != WORDS;
}

void arrow_make_batch(struct ArrowArray *root, const arrow_plan *p)
{
    static const int64_t lengths[] = {0, 1, 2, 3, 7, 8, 9, 20, 63, 64, 65, 100, 5, 4097, 17, 33};
    arrow_owner *owner = arrow_new_owner();
    arrow_begin_noise(arrow_byte() | (uint64_t)arrow_byte() << 8);
    int64_t length = lengths[arrow_below(16)];
    begin_array(root, length, 1);
    root->release = release_array;
    root->private_data = owner;
    if (p->columns > 0 && arrow_below(4) == 0) {
        root->buffers[0] =
            memset(arrow_take((values_of(root) + 7) / 8), 0xFF, (values_of(root) + 7) / 8);
        root->null_count = -(int64_t)arrow_below(2);
    }
    root->n_children = p->columns;
    root->children = arrow_take(p->columns * sizeof *root->children);
    for (unsigned i = 0; i < p->columns; i++) {
        const arrow_kind *k = &p->kinds[i];
        struct ArrowArray *array = root->children[i] = arrow_take(sizeof *array);
        int64_t rows = (int64_t)values_of(root) + (arrow_below(4) == 0 ? arrow_below(4) : 0);
        make_array(array, k, &p->items[i], arrow_lies() && rows > 0 ? rows - 1 : rows);
        if (arrow_lies() && array->dictionary != NULL)
            lie_in_array(array->dictionary, true);
        if (arrow_lies() && array->n_children == 1)
            lie_in_array(array->children[0],
                         k->form == TENSOR ? k->width >= 4 : leads_far(&p->items[i]));
        if (arrow_lies())
            lie_in_array(array, leads_far(k));
    }
    if (arrow_lies())
        lie_in_root(root, p);
}
