/* The rules of the Arrow C data interface, from Arrow's documents: nothing of lib/ is used. */
#include "walk.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static volatile uint64_t sink;

void walk_touch(const void *data, uint64_t length)
{
    const uint8_t *bytes = data;
    for (uint64_t i = 0; i < length; i++)
        sink += bytes[i];
}

static void hold(bool condition, const struct ArrowSchema *schema, const char *rule)
{
    if (condition)
        return;
    fprintf(stderr, "an Arrow export breaks a rule: %s (format %s, name %s)\n", rule,
            schema->format, schema->name != NULL ? schema->name : "");
    abort();
}

static bool is_valid(const struct ArrowArray *array, int64_t row)
{
    const uint8_t *bits = array->n_buffers > 0 ? array->buffers[0] : NULL;
    int64_t at = array->offset + row;
    return bits == NULL || (bits[at / 8] >> (at % 8) & 1) != 0;
}

static void walk_validity(const struct ArrowSchema *schema, const struct ArrowArray *array)
{
    int64_t nulls = 0;
    hold(array->length >= 0 && array->offset >= 0, schema, "a length or an offset below zero");
    hold(array->n_buffers >= 1, schema, "no validity buffer");
    if (array->buffers[0] == NULL) {
        hold(array->null_count <= 0, schema, "nulls without a bitmap");
        return;
    }
    walk_touch(array->buffers[0], (uint64_t)(array->offset + array->length + 7) / 8);
    for (int64_t row = 0; row < array->length; row++)
        nulls += !is_valid(array, row);
    hold(array->null_count == -1 || array->null_count == nulls, schema,
         "null_count is not the bitmap's");
}

/* Bytes of a value; 0: of a format without values of one width. */
static uint64_t width_of(const struct ArrowSchema *schema)
{
    const char *f = schema->format;
    switch (f[0]) {
    case 'c':
    case 'C': return 1;
    case 'e':
    case 's':
    case 'S': return 2;
    case 'i':
    case 'I':
    case 'f': return 4;
    case 'l':
    case 'L':
    case 'g': return 8;
    case 'd': return 16;
    case 'w': return strtoull(f + 2, NULL, 10);
    case 't':
        return strcmp(f, "tdD") == 0 || strcmp(f, "tts") == 0 || strcmp(f, "ttm") == 0 ? 4 : 8;
    default: return 0;
    }
}

static int64_t code_at(const struct ArrowSchema *schema, const struct ArrowArray *array,
                       int64_t row)
{
    const uint8_t *codes = array->buffers[1];
    int8_t one;
    int16_t two;
    int32_t four;
    int64_t at = array->offset + row;
    switch (schema->format[0]) {
    case 'c': memcpy(&one, codes + at, sizeof one); return one;
    case 's': memcpy(&two, codes + 2 * at, sizeof two); return two;
    default:
        hold(schema->format[0] == 'i', schema, "codes of a width that is not ours");
        memcpy(&four, codes + 4 * at, sizeof four);
        return four;
    }
}

static void walk_fixed(const struct ArrowSchema *schema, const struct ArrowArray *array,
                       uint64_t width)
{
    hold(array->n_buffers == 2, schema, "not two buffers");
    hold(array->buffers[1] != NULL, schema, "no values");
    walk_touch(array->buffers[1], (uint64_t)(array->offset + array->length) * width);
    if (schema->dictionary == NULL)
        return;
    hold(array->dictionary != NULL, schema, "codes without a dictionary");
    for (int64_t row = 0; row < array->length; row++) {
        int64_t code = is_valid(array, row) ? code_at(schema, array, row) : 0;
        if (is_valid(array, row))
            hold(code >= 0 && code < array->dictionary->length, schema,
                 "a code outside the dictionary");
    }
}

/* RFC 3629. */
static bool is_utf8(const uint8_t *text, int64_t length)
{
    for (int64_t i = 0; i < length;) {
        uint8_t first = text[i];
        int more = first < 0x80   ? 0
                   : first < 0xC2 ? -1
                   : first < 0xE0 ? 1
                   : first < 0xF0 ? 2
                   : first < 0xF5 ? 3
                                  : -1;
        if (more < 0 || more >= length - i)
            return false;
        uint32_t point = more == 0 ? first : first & (0x3F >> more);
        for (int k = 1; k <= more; k++) {
            if ((text[i + k] & 0xC0) != 0x80)
                return false;
            point = point << 6 | (text[i + k] & 0x3F);
        }
        if ((more == 2 && (point < 0x800 || (point >= 0xD800 && point < 0xE000))) ||
            (more == 3 && (point < 0x10000 || point > 0x10FFFF)))
            return false;
        i += more + 1;
    }
    return true;
}

static void walk_texts(const struct ArrowSchema *schema, const struct ArrowArray *array, bool utf8)
{
    hold(array->n_buffers == 3, schema, "not three buffers");
    hold(array->buffers[1] != NULL || array->length + array->offset == 0, schema, "no offsets");
    hold(array->buffers[2] != NULL, schema, "no bytes");
    if (array->buffers[1] == NULL)
        return;
    const int64_t *offsets = (const int64_t *)array->buffers[1] + array->offset;
    const uint8_t *bytes = array->buffers[2];
    hold(offsets[0] >= 0, schema, "an offset below zero");
    for (int64_t row = 0; row < array->length; row++) {
        hold(offsets[row + 1] >= offsets[row], schema, "offsets that descend");
        if (utf8 && is_valid(array, row))
            hold(is_utf8(bytes + offsets[row], offsets[row + 1] - offsets[row]), schema,
                 "a text that is not UTF-8");
    }
    walk_touch(bytes + offsets[0], (uint64_t)(offsets[array->length] - offsets[0]));
}

/* A list's offsets count the elements of its child, which holds as many as the last says. */
static void walk_list(const struct ArrowSchema *schema, const struct ArrowArray *array,
                      bool verified)
{
    hold(array->n_buffers == 2, schema, "not two buffers");
    hold(schema->n_children == 1 && array->n_children == 1, schema, "a list without a child");
    const struct ArrowArray *child = array->children[0];
    const int64_t *offsets = array->buffers[1];
    hold(offsets != NULL || array->length + array->offset == 0, schema, "no offsets");
    for (int64_t row = 0; offsets != NULL && row < array->length; row++) {
        int64_t first = offsets[array->offset + row], end = offsets[array->offset + row + 1];
        hold(first >= 0 && first <= end && end <= child->length, schema,
             "offsets that lead outside the child");
    }
    walk_array(schema->children[0], child, verified);
}

/* Children hold a struct's rows one for one, a list's `each` for one. */
static void walk_children(const struct ArrowSchema *schema, const struct ArrowArray *array,
                          int64_t each, bool verified)
{
    hold(schema->n_children == array->n_children, schema, "children that the schema does not have");
    for (int64_t i = 0; i < array->n_children; i++) {
        const struct ArrowArray *child = array->children[i];
        hold(child->release != NULL && schema->children[i]->release != NULL, schema,
             "a child that was released");
        hold(child->length / each >= array->offset + array->length, schema,
             "a child that is too short");
        walk_array(schema->children[i], child, verified);
    }
}

void walk_array(const struct ArrowSchema *schema, const struct ArrowArray *array, bool verified)
{
    const char *f = schema->format;
    uint64_t width = width_of(schema);
    walk_validity(schema, array);
    if (strcmp(f, "+s") == 0) {
        walk_children(schema, array, 1, verified);
    } else if (strncmp(f, "+w:", 3) == 0) {
        hold(schema->n_children == 1, schema, "a list without a child");
        walk_children(schema, array, strtoll(f + 3, NULL, 10), verified);
    } else if (strcmp(f, "+L") == 0) {
        walk_list(schema, array, verified);
    } else if (strcmp(f, "U") == 0 || strcmp(f, "Z") == 0) {
        walk_texts(schema, array, verified && f[0] == 'U');
    } else {
        hold(width != 0, schema, "a format that is not ours");
        walk_fixed(schema, array, width);
    }
    hold((schema->dictionary != NULL) == (array->dictionary != NULL), schema,
         "a dictionary on one side only");
    if (schema->dictionary != NULL)
        walk_array(schema->dictionary, array->dictionary, verified);
}
