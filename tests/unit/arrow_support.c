/* Tables of every type, and Arrow structures made by hand. */
#include "arrow_support.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

void arrow_ok(shmcol_status status, const shmcol_error *err)
{
    char text[1400];
    if (status == SHMCOL_OK)
        return;
    shmcol_error_format(err, text, sizeof text);
    fail_msg("%s: %s", shmcol_status_name(status), text);
}

shmcol_file *arrow_open(const char *path)
{
    shmcol_error err = SHMCOL_ERROR_INIT;
    shmcol_file *file = NULL;
    arrow_ok(shmcol_open(path, NULL, &file, &err), &err);
    return file;
}

/* ---- the table of every type ---- */

static const struct {
    const char *name;
    shmcol_type type;
    shmcol_unit unit;
    const char *zone;
    uint32_t width; /* of a value */
} columns[ARROW_TABLE_COLUMNS] = {
    {"bool8", SHMCOL_BOOL8, 0, NULL, 1},
    {"int8", SHMCOL_INT8, 0, NULL, 1},
    {"int16", SHMCOL_INT16, 0, NULL, 2},
    {"int32", SHMCOL_INT32, 0, NULL, 4},
    {"int64", SHMCOL_INT64, 0, NULL, 8},
    {"uint8", SHMCOL_UINT8, 0, NULL, 1},
    {"uint16", SHMCOL_UINT16, 0, NULL, 2},
    {"uint32", SHMCOL_UINT32, 0, NULL, 4},
    {"uint64", SHMCOL_UINT64, 0, NULL, 8},
    {"float32", SHMCOL_FLOAT32, 0, NULL, 4},
    {"float64", SHMCOL_FLOAT64, 0, NULL, 8},
    {"date32", SHMCOL_DATE32, 0, NULL, 4},
    {"date64", SHMCOL_DATE64, 0, NULL, 8},
    {"timestamp", SHMCOL_TIMESTAMP, SHMCOL_MICRO, "Europe/Paris", 8},
    {"duration", SHMCOL_DURATION, SHMCOL_NANO, NULL, 8},
    {"time32", SHMCOL_TIME32, SHMCOL_MILLI, NULL, 4},
    {"time64", SHMCOL_TIME64, SHMCOL_NANO, NULL, 8},
    {"string", SHMCOL_STRING, 0, NULL, 0},
    {"binary", SHMCOL_BINARY, 0, NULL, 0},
    {"fixed", SHMCOL_FIXED_BINARY, 0, NULL, 5},
    {"dictionary", SHMCOL_DICTIONARY, 0, NULL, 0},
    {"tensor", SHMCOL_TENSOR, 0, NULL, 12},
    {"float16", SHMCOL_FLOAT16, 0, NULL, 2},
    {"decimal", SHMCOL_DECIMAL128, 0, NULL, 16},
    {"list", SHMCOL_LIST, 0, NULL, 0},
    {"texts", SHMCOL_LIST, 0, NULL, 0},
};
enum { TENSOR_COLUMN = 21, DECIMAL_COLUMN = 23, LIST_COLUMN, TEXTS_COLUMN };

/* Returns a value that the type allows, as the low bytes of a number. */
static uint64_t value_of(shmcol_type type, uint64_t row)
{
    uint64_t mixed = (row + 1) * 0x9E3779B97F4A7C15u;
    float small = (float)(row % 1000) / 8.0f - 3.0f;
    double wide = (double)row / 3.0 - 1000.0;
    uint64_t bits = 0;
    switch (type) {
    case SHMCOL_BOOL8: return mixed >> 63;
    case SHMCOL_FLOAT32: memcpy(&bits, &small, sizeof small); return bits;
    case SHMCOL_FLOAT64: memcpy(&bits, &wide, sizeof wide); return bits;
    case SHMCOL_DECIMAL128: return mixed >> 8;
    case SHMCOL_DATE64: return (row % 40000) * 86400000u;
    case SHMCOL_TIME32: return mixed % 86400000u;
    case SHMCOL_TIME64: return mixed % 86400000000000u;
    default: return mixed;
    }
}

/* One column's values in memory of its own. */
typedef struct column_values {
    uint8_t *values, *bytes, *mask, *texts;
} column_values;

/* Makes up to 3 elements a row: int32, or strings of up to 3 bytes. */
static void make_lists(int column, uint64_t rows, column_values *made)
{
    int64_t at = 0, end = 0;
    for (uint64_t row = 0; row < rows; row++) {
        memcpy(made->values + 8 * row, &at, 8);
        for (uint64_t i = 0; i < row % 4; i++, at++) {
            int32_t number = (int32_t)(row * 7 + i);
            if (column == TEXTS_COLUMN) {
                memcpy(made->bytes + 8 * at, &end, 8);
                end += sprintf((char *)made->texts + end, "%d", (int)(number % 1000));
            } else {
                memcpy(made->bytes + 4 * at, &number, 4);
            }
        }
    }
    memcpy(made->values + 8 * rows, &at, 8);
    if (column == TEXTS_COLUMN)
        memcpy(made->bytes + 8 * at, &end, 8);
}

static column_values make_values(int column, uint64_t rows, bool nulls)
{
    column_values made = {NULL, NULL, NULL, NULL};
    uint32_t width = columns[column].width;
    shmcol_type type = columns[column].type;
    made.mask = calloc(rows + 1, 1);
    made.values = calloc(rows + 1, width > 8 ? width : 8);
    made.bytes = calloc(rows + 1, 24);
    made.texts = calloc(rows + 1, 10);
    assert_true(made.mask != NULL && made.values != NULL && made.bytes != NULL &&
                made.texts != NULL);
    int64_t at = 0;
    for (uint64_t row = 0; row < rows; row++) {
        made.mask[row] = nulls && row % 7 == (uint64_t)column % 7;
        if (type == SHMCOL_LIST)
            continue;
        if (width > 0) {
            for (uint32_t byte = 0; byte < width; byte += 8) {
                uint64_t value = value_of(type, row + byte);
                memcpy(made.values + row * width + byte, &value,
                       width - byte < 8 ? width - byte : 8);
            }
            continue;
        }
        int64_t begin = at;
        memcpy(made.values + 8 * row, &begin, 8);
        uint64_t number = type == SHMCOL_DICTIONARY ? row * row % 11 : row;
        at += snprintf((char *)made.bytes + at, 24, "%s%d", row % 5 == 0 ? "" : "\xC3\xA4 value ",
                       (int)number);
    }
    if (type == SHMCOL_LIST)
        make_lists(column, rows, &made);
    else if (width == 0)
        memcpy(made.values + 8 * rows, &at, 8);
    return made;
}

static void make_fields(shmcol_field *fields, bool nulls)
{
    static const shmcol_pair pairs[] = {
        {{"unit", 4}, {"kg", 2}}, {{"", 0}, {"", 0}}, {{"unit", 4}, {"again", 5}}};
    for (int i = 0; i < ARROW_TABLE_COLUMNS; i++) {
        fields[i] = (shmcol_field)SHMCOL_FIELD_INIT;
        fields[i].name = columns[i].name;
        fields[i].name_length = (uint32_t)strlen(columns[i].name);
        fields[i].type = columns[i].type;
        fields[i].nullable = nulls;
        fields[i].unit = columns[i].unit;
        fields[i].zone = columns[i].zone;
        if (columns[i].type == SHMCOL_FIXED_BINARY)
            fields[i].width = columns[i].width;
        fields[i].metadata = pairs;
        fields[i].metadata_count = i % 2 == 0 ? 3 : 0;
    }
    fields[DECIMAL_COLUMN].precision = 38;
    fields[DECIMAL_COLUMN].scale = 2;
    fields[LIST_COLUMN].element = SHMCOL_INT32;
    fields[TEXTS_COLUMN].element = SHMCOL_STRING;
    shmcol_field *tensor = &fields[TENSOR_COLUMN];
    tensor->element = SHMCOL_INT16;
    tensor->dimensions = 2;
    tensor->shape[0] = 2;
    tensor->shape[1] = 3;
}

void arrow_make_table(const char *path, uint64_t rows, bool nulls)
{
    static const shmcol_pair pairs[] = {{{"made by", 7}, {"a test", 6}}};
    shmcol_field fields[ARROW_TABLE_COLUMNS];
    shmcol_column_data data[ARROW_TABLE_COLUMNS];
    column_values values[ARROW_TABLE_COLUMNS];
    shmcol_writer_options options = SHMCOL_WRITER_OPTIONS_INIT;
    shmcol_error err = SHMCOL_ERROR_INIT;
    shmcol_writer *writer = NULL;
    options.metadata = pairs;
    options.metadata_count = 1;
    options.overwrite = 1;
    options.no_sync = 1;
    make_fields(fields, nulls);
    for (int i = 0; i < ARROW_TABLE_COLUMNS; i++) {
        values[i] = make_values(i, rows, nulls);
        data[i] = (shmcol_column_data)SHMCOL_COLUMN_DATA_INIT;
        data[i].values = values[i].values;
        data[i].data = values[i].bytes;
        data[i].element_data = i == TEXTS_COLUMN ? values[i].texts : NULL;
        data[i].validity_kind = nulls ? SHMCOL_VALIDITY_MASK : SHMCOL_ALL_VALID;
        data[i].validity = nulls ? values[i].mask : NULL;
    }
    arrow_ok(shmcol_writer_create(path, fields, ARROW_TABLE_COLUMNS, &options, &writer, &err),
             &err);
    arrow_ok(shmcol_writer_append(writer, rows, data, ARROW_TABLE_COLUMNS, &err), &err);
    arrow_ok(shmcol_writer_commit(writer, &err), &err);
    for (int i = 0; i < ARROW_TABLE_COLUMNS; i++) {
        free(values[i].values);
        free(values[i].bytes);
        free(values[i].mask);
        free(values[i].texts);
    }
}

/* ---- comparison ---- */

static bool valid(const struct ArrowArray *array, int64_t row)
{
    return shmcol_is_valid(array->buffers[0], (uint64_t)(array->offset + row));
}

static shmcol_text text_at(const struct ArrowArray *array, int64_t row)
{
    const int64_t *offsets = (const int64_t *)array->buffers[1] + array->offset + row;
    return (shmcol_text){(const char *)array->buffers[2] + offsets[0],
                         (uint64_t)(offsets[1] - offsets[0])};
}

/* Bytes of a value, by the format; tensors: of the child's value. */
static int64_t width_of(const char *format)
{
    switch (format[0]) {
    case 'c':
    case 'C': return 1;
    case 's':
    case 'S':
    case 'e': return 2;
    case 'd': return 16;
    case 'i':
    case 'I':
    case 'f': return 4;
    case 'w': return atoi(format + 2);
    case 't':
        return strcmp(format, "tdD") == 0 || strcmp(format, "tts") == 0 ||
                       strcmp(format, "ttm") == 0
                   ? 4
                   : 8;
    default: return 8;
    }
}

static shmcol_text value_at(const struct ArrowSchema *schema, const struct ArrowArray *array,
                            int64_t row)
{
    if (schema->dictionary != NULL) {
        int64_t code = 0, width = width_of(schema->format);
        memcpy(&code, (const uint8_t *)array->buffers[1] + (array->offset + row) * width,
               (size_t)width);
        return text_at(array->dictionary, code);
    }
    if (strcmp(schema->format, "U") == 0 || strcmp(schema->format, "Z") == 0)
        return text_at(array, row);
    int64_t count = 1, width = width_of(schema->format);
    const struct ArrowArray *values = array;
    if (strncmp(schema->format, "+w:", 3) == 0) {
        count = atoi(schema->format + 3);
        width = width_of(schema->children[0]->format);
        values = array->children[0];
    }
    int64_t first = (array->offset + row) * count + (values == array ? 0 : values->offset);
    return (shmcol_text){(const char *)values->buffers[1] + first * width,
                         (uint64_t)(count * width)};
}

/* Cuts the elements of a list's row out of its child. */
static struct ArrowArray elements_at(const struct ArrowArray *array, int64_t row)
{
    const int64_t *offsets = (const int64_t *)array->buffers[1] + array->offset + row;
    struct ArrowArray elements = *array->children[0];
    elements.offset += offsets[0];
    elements.length = offsets[1] - offsets[0];
    return elements;
}

void arrow_same_array(const struct ArrowSchema *schema_a, const struct ArrowArray *a,
                      const struct ArrowSchema *schema_b, const struct ArrowArray *b)
{
    assert_int_equal(a->length, b->length);
    for (int64_t row = 0; row < a->length; row++) {
        assert_int_equal(valid(a, row), valid(b, row));
        if (!valid(a, row))
            continue;
        if (strcmp(schema_a->format, "+L") == 0) {
            struct ArrowArray one = elements_at(a, row), other = elements_at(b, row);
            arrow_same_array(schema_a->children[0], &one, schema_b->children[0], &other);
            continue;
        }
        shmcol_text left = value_at(schema_a, a, row), right = value_at(schema_b, b, row);
        assert_int_equal(left.length, right.length);
        if (left.length > 0 && memcmp(left.data, right.data, left.length) != 0)
            fail_msg("column \"%s\" (%s) differs in row %d", schema_a->name, schema_a->format,
                     (int)row);
    }
}

void arrow_same_table(shmcol_file *a, shmcol_file *b)
{
    shmcol_error err = SHMCOL_ERROR_INIT;
    struct ArrowSchema schema_a, schema_b;
    struct ArrowArray array_a, array_b;
    assert_int_equal(shmcol_columns(a), shmcol_columns(b));
    assert_int_equal(shmcol_rows(a), shmcol_rows(b));
    for (uint32_t i = 0; i < shmcol_columns(a); i++) {
        arrow_ok(shmcol_export_column(a, i, 0, &schema_a, &array_a, &err), &err);
        arrow_ok(shmcol_export_column(b, i, 0, &schema_b, &array_b, &err), &err);
        assert_string_equal(schema_a.name, schema_b.name);
        assert_int_equal(schema_a.flags, schema_b.flags);
        assert_true(schema_a.dictionary != NULL || strcmp(schema_a.format, schema_b.format) == 0);
        arrow_same_array(&schema_a, &array_a, &schema_b, &array_b);
        schema_a.release(&schema_a);
        schema_b.release(&schema_b);
        array_a.release(&array_a);
        array_b.release(&array_b);
    }
}

/* Returns the values of a string or dictionary column, separated by blanks; "(null)" for nulls. */
const char *arrow_text_of(shmcol_file *file)
{
    static char text[4096];
    shmcol_error err = SHMCOL_ERROR_INIT;
    shmcol_column_info info = SHMCOL_COLUMN_INFO_INIT;
    shmcol_strings strings = SHMCOL_STRINGS_INIT;
    shmcol_dictionary dictionary = SHMCOL_DICTIONARY_INIT;
    arrow_ok(shmcol_get_column(file, 0, &info, &err), &err);
    if (info.type == SHMCOL_DICTIONARY)
        arrow_ok(shmcol_dictionary_column(file, 0, &dictionary, &err), &err);
    else
        arrow_ok(shmcol_strings_column(file, 0, &strings, &err), &err);
    char *at = text;
    *at = '\0';
    for (uint64_t row = 0; row < shmcol_rows(file); row++) {
        const char *data;
        uint64_t length;
        shmcol_status status = info.type == SHMCOL_DICTIONARY
                                   ? shmcol_dictionary_at(&dictionary, row, &data, &length)
                                   : shmcol_string_at(&strings, row, &data, &length);
        arrow_ok(status, &err);
        at += sprintf(at, "%s%.*s", row == 0 ? "" : " ", data == NULL ? 6 : (int)length,
                      data == NULL ? "(null)" : data);
    }
    return text;
}

/* The values of the dictionary, in order. */
const char *arrow_dictionary_of(shmcol_file *file)
{
    static char text[4096];
    shmcol_error err = SHMCOL_ERROR_INIT;
    shmcol_dictionary dictionary = SHMCOL_DICTIONARY_INIT;
    arrow_ok(shmcol_dictionary_column(file, 0, &dictionary, &err), &err);
    char *at = text;
    *at = '\0';
    for (uint64_t i = 0; i < dictionary.values.count; i++) {
        const char *data;
        uint64_t length;
        arrow_ok(shmcol_string_at(&dictionary.values, i, &data, &length), &err);
        at += sprintf(at, "%s%.*s", i == 0 ? "" : " ", (int)length, data);
    }
    return text;
}

/* ---- structures by hand ---- */

static void mark_schema(struct ArrowSchema *schema)
{
    schema->release = NULL;
}

static void mark_array(struct ArrowArray *array)
{
    array->release = NULL;
}

void arrow_hand_schema(struct ArrowSchema *schema, const char *format, const char *name,
                       int64_t flags)
{
    memset(schema, 0, sizeof *schema);
    schema->format = format;
    schema->name = name;
    schema->flags = flags;
    schema->release = mark_schema;
}

void arrow_hand_array(struct ArrowArray *array, int64_t length, int64_t null_count,
                      int64_t n_buffers, const void **buffers)
{
    memset(array, 0, sizeof *array);
    array->length = length;
    array->null_count = null_count;
    array->n_buffers = n_buffers;
    array->buffers = buffers;
    array->release = mark_array;
}

void arrow_hand_table_make(arrow_hand_table *table, const char *format, int64_t flags)
{
    memset(table, 0, sizeof *table);
    arrow_hand_schema(&table->root, "+s", "", 0);
    arrow_hand_schema(&table->column, format, "x", flags);
    table->children[0] = &table->column;
    table->root.children = table->children;
    table->root.n_children = 1;
}

struct ArrowArray *arrow_hand_batch(arrow_hand_table *table, int64_t length, int64_t null_count,
                                    int64_t n_buffers, const void **buffers)
{
    int i = table->n_batches++;
    arrow_hand_array(&table->batches[i], length, 0, 1, table->no_buffers);
    arrow_hand_array(&table->arrays[i], length, null_count, n_buffers, buffers);
    table->batch_children[i] = &table->arrays[i];
    table->batches[i].children = &table->batch_children[i];
    table->batches[i].n_children = 1;
    return &table->arrays[i];
}

/* Encodes "key\0value\0…", twice `pairs` strings. */
void arrow_hand_metadata(char *out, int32_t pairs, const char *strings)
{
    memcpy(out, &pairs, 4);
    out += 4;
    for (int32_t i = 0; i < 2 * pairs; i++) {
        int32_t length = (int32_t)strlen(strings);
        memcpy(out, &length, 4);
        memcpy(out + 4, strings, (size_t)length);
        out += 4 + length;
        strings += length + 1;
    }
}

static struct ArrowSchema tensor_item, *tensor_children[1] = {&tensor_item};

void arrow_hand_tensor(arrow_hand_table *table, char *metadata, const char *json, const char *list,
                       const char *item)
{
    char strings[256];
    int at = sprintf(
        strings, "ARROW:extension:name%carrow.fixed_shape_tensor%cARROW:extension:metadata", 0, 0);
    strcpy(strings + at + 1, json);
    arrow_hand_metadata(metadata, 2, strings);
    arrow_hand_table_make(table, list, ARROW_FLAG_NULLABLE);
    arrow_hand_schema(&tensor_item, item, "item", ARROW_FLAG_NULLABLE);
    table->column.metadata = metadata;
    table->column.children = tensor_children;
    table->column.n_children = 1;
}

typedef struct hand_stream {
    arrow_hand_table *table;
    int next;
} hand_stream;

static int hand_schema(struct ArrowArrayStream *stream, struct ArrowSchema *out)
{
    *out = ((hand_stream *)stream->private_data)->table->root;
    return 0;
}

static int hand_next(struct ArrowArrayStream *stream, struct ArrowArray *out)
{
    hand_stream *state = stream->private_data;
    memset(out, 0, sizeof *out);
    if (state->next < state->table->n_batches)
        *out = state->table->batches[state->next++];
    return 0;
}

static void hand_release(struct ArrowArrayStream *stream)
{
    stream->release = NULL;
}

shmcol_status arrow_hand_write(arrow_hand_table *table, const char *path, shmcol_error *err)
{
    hand_stream state = {table, 0};
    struct ArrowArrayStream stream = {hand_schema, hand_next, NULL, hand_release, &state};
    shmcol_writer_options options = SHMCOL_WRITER_OPTIONS_INIT;
    if (table->options.size != 0)
        options = table->options;
    options.overwrite = 1;
    options.no_sync = 1;
    options.memory = table->memory;
    return shmcol_write_stream(path, &stream, &options, err);
}

shmcol_status arrow_hand_append(arrow_hand_table *table, const char *dir,
                                const shmcol_append_options *options, shmcol_error *err)
{
    hand_stream state = {table, 0};
    struct ArrowArrayStream stream = {hand_schema, hand_next, NULL, hand_release, &state};
    return shmcol_append_stream(dir, &stream, options, err);
}

shmcol_file *arrow_hand_open(arrow_hand_table *table)
{
    shmcol_error err = SHMCOL_ERROR_INIT;
    const char *path = support_path("hand.shmcol");
    arrow_ok(arrow_hand_write(table, path, &err), &err);
    shmcol_file *file = arrow_open(path);
    arrow_ok(shmcol_verify(file, NULL, &err), &err);
    return file;
}

static void *kept[64];
static int n_kept;

void *arrow_exact(const void *bytes, size_t size)
{
    void *copy = calloc(1, size);
    assert_true(copy != NULL && n_kept < 64);
    if (bytes != NULL)
        memcpy(copy, bytes, size);
    kept[n_kept++] = copy;
    return copy;
}

void arrow_forget(void)
{
    while (n_kept > 0)
        free(kept[--n_kept]);
}

void arrow_refused(arrow_hand_table *table, shmcol_status status, const char *what)
{
    shmcol_error err = SHMCOL_ERROR_INIT;
    const char *path = support_path("no.shmcol");
    shmcol_status found = arrow_hand_write(table, path, &err);
    if (found != status || strstr(err.message, what) == NULL)
        fail_msg("%s, not %s with \"%s\": %s", shmcol_status_name(found),
                 shmcol_status_name(status), what, err.message);
    FILE *file = fopen(path, "rb");
    assert_null(file);
    arrow_forget();
}
