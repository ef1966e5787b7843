/* Tables in memory, given to the writer in all ways. */
#include "writer_support.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

uint32_t support_random(void)
{
    static uint64_t seed = 1;
    seed = seed * UINT64_C(6364136223846793005) + 1442695040888963407u;
    return (uint32_t)(seed >> 33);
}

static test_column *add_column(test_table *table, shmcol_type type, const char *name, bool nulls)
{
    table->columns =
        support_need(realloc(table->columns, (table->n_columns + 1) * sizeof *table->columns));
    table->fields =
        support_need(realloc(table->fields, (table->n_columns + 1) * sizeof *table->fields));
    test_column *c = &table->columns[table->n_columns++];
    *c = (test_column){.field = SHMCOL_FIELD_INIT};
    snprintf(c->name, sizeof c->name, "%s%s %u", name, nulls ? " null" : "", table->n_columns);
    c->field.type = type;
    c->field.nullable = nulls || table->n_columns % 3 == 0;
    if (nulls) {
        c->valid = support_need(malloc(table->rows + 1));
        for (uint64_t i = 0; i < table->rows; i++)
            c->valid[i] = support_random() % 4 != 0;
    }
    return c;
}

/* Random bytes, put right where the type has rules; never all 0xA5, which the tests use as
 * sentinel. */
static void fill_values(test_column *c, uint64_t rows)
{
    static const int64_t day[] = {86400, 86400000, 86400000000, 86400000000000};
    c->values = support_need(malloc(rows * c->width + 1));
    for (uint64_t i = 0; i < rows; i++) {
        uint8_t *v = c->values + i * c->width;
        for (uint32_t j = 0; j < c->width; j++)
            v[j] = (uint8_t)support_random();
        v[0] = v[0] == 0xA5 ? 0 : v[0];
        int64_t wide = 0;
        int32_t narrow = 0;
        memcpy(&wide, v, c->width >= 8 ? 8 : 0);
        memcpy(&narrow, v, c->width == 4 ? 4 : 0);
        if (c->field.type == SHMCOL_BOOL8)
            v[0] &= 1;
        else if (c->field.type == SHMCOL_DECIMAL128) {
            int64_t high = (int64_t)(support_random() % 9000) * INT64_C(600000000000000) -
                           INT64_C(2700000000000000000); /* of 38 digits */
            if (c->field.precision < 20) {
                wide %= 1000;
                high = wide < 0 ? -1 : 0;
                memcpy(v, &wide, 8);
            }
            memcpy(v + 8, &high, 8);
        } else if (c->field.type == SHMCOL_DATE64) {
            wide = (int32_t)support_random() * INT64_C(86400000);
            memcpy(v, &wide, 8);
        } else if (c->field.type == SHMCOL_TIME64) {
            wide = (int64_t)((uint64_t)wide % (uint64_t)day[c->field.unit]);
            memcpy(v, &wide, 8);
        } else if (c->field.type == SHMCOL_TIME32) {
            narrow = (int32_t)((uint32_t)narrow % (uint32_t)day[c->field.unit]);
            memcpy(v, &narrow, 4);
        }
    }
}

static void add_fixed(test_table *table, shmcol_type type, uint32_t width, shmcol_unit unit,
                      const char *zone)
{
    for (int nulls = 0; nulls < 2; nulls++) {
        test_column *c = add_column(table, type, shmcol_type_name(type), nulls);
        c->field.unit = unit;
        c->field.zone = zone;
        c->field.width = width; /* looked at for fixed_binary only */
        c->width = width;
        c->field.precision = type == SHMCOL_DECIMAL128 ? nulls ? 38 : 3 : 0;
        c->field.scale = type == SHMCOL_DECIMAL128 ? 2 : 0;
        if (type == SHMCOL_TENSOR) {
            c->field.element = SHMCOL_FLOAT32;
            c->field.dimensions = 2;
            c->field.shape[0] = 1;
            c->field.shape[1] = width / 4;
        }
        fill_values(c, table->rows);
    }
}

static void fill_strings(test_column *c, uint64_t rows, uint32_t longest)
{
    static const char *const letters[] = {
        "a", "B", " ", "\xC3\xA9", "\xE2\x82\xAC", "\xF0\x9F\x98\x80", ",", "z"};
    c->offsets = support_need(malloc((rows + 1) * sizeof *c->offsets));
    c->data = support_need(malloc(rows * longest * 4 + 1));
    c->offsets[0] = 0;
    for (uint64_t i = 0; i < rows; i++) {
        int64_t at = c->offsets[i];
        for (uint32_t n = support_random() % (longest + 1); n > 0; n--) {
            const char *letter = letters[support_random() % 8];
            memcpy(c->data + at, letter, strlen(letter));
            at += (int64_t)strlen(letter);
        }
        c->offsets[i + 1] = at;
    }
}

static uint32_t width_of(shmcol_type type)
{
    static const uint32_t widths[] = {0, 1, 1, 2, 4, 8, 1, 2, 4, 8, 4, 8, 4, 8, 8, 8, 4, 8};
    return type == SHMCOL_FLOAT16 ? 2 : type == SHMCOL_DECIMAL128 ? 16 : widths[type];
}

void support_add_lists(test_table *table, shmcol_type element, uint32_t longest, bool nulls)
{
    test_column *c = add_column(table, SHMCOL_LIST, shmcol_type_name(element), nulls);
    uint64_t rows = table->rows;
    c->field.element = element;
    c->field.unit = element == SHMCOL_TIME64 ? SHMCOL_NANO : SHMCOL_SECOND;
    c->field.zone = element == SHMCOL_TIMESTAMP ? "UTC" : NULL;
    c->field.precision = element == SHMCOL_DECIMAL128 ? 38 : 0;
    c->offsets = support_need(malloc((rows + 1) * sizeof *c->offsets));
    c->offsets[0] = 0;
    for (uint64_t i = 0; i < rows; i++)
        c->offsets[i + 1] = c->offsets[i] + support_random() % (longest + 1);
    test_column of = {.field = c->field};
    of.field.type = element;
    if (element == SHMCOL_STRING) {
        fill_strings(&of, (uint64_t)c->offsets[rows], 5);
        c->texts = of.offsets;
        c->data = of.data;
        return;
    }
    of.width = c->element_width = width_of(element);
    fill_values(&of, (uint64_t)c->offsets[rows]);
    c->values = of.values;
}

test_table support_table(uint64_t rows)
{
    /* Threads meet in the same places for every type: a part of the types shows it. */
    const int step = TEST_WAY_STEP > 5 ? 3 : 1;
    test_table t = {.rows = rows};
    for (int type = SHMCOL_BOOL8; type <= SHMCOL_DATE64; type += step)
        add_fixed(&t, (shmcol_type)type, width_of((shmcol_type)type), SHMCOL_SECOND, NULL);
    add_fixed(&t, SHMCOL_FLOAT16, 2, SHMCOL_SECOND, NULL);
    add_fixed(&t, SHMCOL_DECIMAL128, 16, SHMCOL_SECOND, NULL);
    for (int unit = 0; unit < 4; unit += step) {
        add_fixed(&t, SHMCOL_TIMESTAMP, 8, (shmcol_unit)unit, unit == 2 ? "Europe/Paris" : NULL);
        add_fixed(&t, SHMCOL_DURATION, 8, (shmcol_unit)unit, NULL);
        add_fixed(&t, unit < 2 ? SHMCOL_TIME32 : SHMCOL_TIME64, unit < 2 ? 4 : 8, (shmcol_unit)unit,
                  NULL);
    }
    add_fixed(&t, SHMCOL_FIXED_BINARY, 3, SHMCOL_SECOND, NULL);
    add_fixed(&t, SHMCOL_FIXED_BINARY, step > 1 ? 10 : 100, SHMCOL_SECOND, NULL);
    add_fixed(&t, SHMCOL_TENSOR, 24, SHMCOL_SECOND, NULL);
    for (int i = 0; i < 4; i++) {
        test_column *c = add_column(&t, i < 2 ? SHMCOL_STRING : SHMCOL_BINARY,
                                    i < 2 ? "string" : "binary", i % 2 != 0);
        fill_strings(c, rows, i < 2 ? 6 : 30);
    }
    support_add_lists(&t, SHMCOL_INT32, 5, false);
    support_add_lists(&t, SHMCOL_BOOL8, 3, true);
    support_add_lists(&t, SHMCOL_STRING, 3, true);
    return t;
}

void support_add_words(test_table *table, shmcol_type type, int automatic, uint32_t distinct,
                       uint32_t length, uint32_t null_every)
{
    test_column *c = add_column(table, type, "words", false);
    c->field.nullable = 1;
    c->field.auto_dictionary = automatic;
    c->offsets = support_need(malloc((table->rows + 1) * sizeof *c->offsets));
    c->data = support_need(malloc(table->rows * (length + 12) + 1));
    c->offsets[0] = 0;
    if (null_every > 0) {
        c->valid = support_need(malloc(table->rows + 1));
        for (uint64_t i = 0; i < table->rows; i++)
            c->valid[i] = i % null_every != 0;
    }
    for (uint64_t i = 0; i < table->rows; i++) {
        uint32_t number = i < distinct ? (uint32_t)i : support_random() % distinct;
        /* A permutation, so that the order in which strings come is not that of their bytes. */
        int n = sprintf(c->data + c->offsets[i], "%0*u", (int)length,
                        (number * 7919u) % (distinct % 7919 == 0 ? distinct + 1 : distinct));
        c->offsets[i + 1] = c->offsets[i] + n;
    }
}

void support_free(test_table *table)
{
    for (uint32_t i = 0; i < table->n_columns; i++) {
        free(table->columns[i].values);
        free(table->columns[i].offsets);
        free(table->columns[i].texts);
        free(table->columns[i].data);
        free(table->columns[i].valid);
    }
    free(table->columns);
    free(table->fields);
}

/* ---- handing over ---- */

/* A whole column as the caller would hold it. */
typedef struct view {
    shmcol_column_data data;
    void *owned[3];
} view;

static void view_values(view *v, const test_column *c, uint64_t rows, const test_way *way)
{
    int64_t step = way->stride == 0 ? c->width : way->stride * (int64_t)(c->width + 3);
    uint8_t *copy = v->owned[0] = support_need(malloc(rows * (c->width + 3) + 1)),
            *first = step < 0 && rows > 0 ? copy - (int64_t)(rows - 1) * step : copy;
    for (uint64_t i = 0; i < rows; i++) {
        memcpy(first + (int64_t)i * step, c->values + i * c->width, c->width);
        if (c->valid != NULL && !c->valid[i])
            memset(first + (int64_t)i * step, 0xA5, c->width); /* the sentinel, or just rubbish */
    }
    v->data.values = first;
    v->data.stride = way->stride == 0 ? 0 : step;
}

static uint32_t longest_of(const test_column *c, uint64_t rows)
{
    uint32_t longest = 1;
    for (uint64_t i = 0; i < rows; i++)
        if (c->offsets[i + 1] - c->offsets[i] > longest)
            longest = (uint32_t)(c->offsets[i + 1] - c->offsets[i]);
    return longest;
}

/* Copies `n` offsets, of 32 bits if `narrow`, which begin at `base`, `step` bytes apart. Returns
 * the first; *owned is to be freed. */
static const void *copy_offsets(const int64_t *offsets, uint64_t n, bool narrow, int64_t base,
                                int64_t step, void **owned)
{
    uint8_t *copy = *owned = support_need(malloc(n * (uint64_t)(step < 0 ? -step : step))),
            *first = step < 0 ? copy - (int64_t)(n - 1) * step : copy;
    for (uint64_t i = 0; i < n; i++) {
        int64_t offset = offsets[i] + base;
        memcpy(first + (int64_t)i * step, &offset, narrow ? 4 : 8); /* the low bytes */
    }
    return first;
}

/* The offsets of lists begin at 0 or, with a stride, elsewhere, as those of a slice do. */
static void view_lists(view *v, const test_column *c, uint64_t rows, const test_way *way)
{
    bool narrow = way->layout == SHMCOL_STRINGS_OFFSETS32 || way->layout == SHMCOL_STRINGS_FIXED,
         narrow_texts =
             way->layout == SHMCOL_STRINGS_OFFSETS32 || way->layout == SHMCOL_STRINGS_POINTERS;
    int64_t base = way->stride != 0 ? 3 : 0, width = narrow ? 4 : 8,
            step = way->stride != 0 ? way->stride * (width + 3) : width;
    uint64_t n = (uint64_t)c->offsets[rows];
    v->data.layout = narrow ? SHMCOL_STRINGS_OFFSETS32 : SHMCOL_STRINGS_OFFSETS64;
    v->data.stride = way->stride != 0 ? step : 0;
    v->data.values = copy_offsets(c->offsets, rows + 1, narrow, base, step, &v->owned[0]);
    if (c->texts == NULL) {
        uint8_t *elements = v->owned[1] = support_need(malloc((n + 3) * c->element_width + 1));
        memset(elements, 0xFF, 3 * c->element_width);
        memcpy(elements + (uint64_t)base * c->element_width, c->values, n * c->element_width);
        v->data.data = elements;
        return;
    }
    int64_t *texts = support_need(calloc(n + 4, sizeof *texts));
    memcpy(texts + base, c->texts, (n + 1) * sizeof *texts);
    v->data.data = copy_offsets(texts, n + 1 + (uint64_t)base, narrow_texts, 0,
                                narrow_texts ? 4 : 8, &v->owned[1]);
    v->data.element_layout = narrow_texts ? SHMCOL_STRINGS_OFFSETS32 : SHMCOL_STRINGS_OFFSETS64;
    v->data.element_data = c->data;
    free(texts);
}

static void view_strings(view *v, const test_column *c, uint64_t rows, const test_way *way)
{
    v->data.layout = way->layout;
    v->data.data = c->data;
    v->data.values = c->offsets;
    if (way->layout == SHMCOL_STRINGS_OFFSETS32) {
        int32_t *offsets = v->owned[0] = support_need(malloc((rows + 1) * sizeof *offsets));
        for (uint64_t i = 0; i <= rows; i++)
            offsets[i] = (int32_t)c->offsets[i];
        v->data.values = offsets;
    } else if (way->layout == SHMCOL_STRINGS_FIXED) {
        v->data.width = longest_of(c, rows);
        char *cells = v->owned[0] = support_need(calloc(rows + 1, v->data.width));
        for (uint64_t i = 0; i < rows; i++)
            memcpy(cells + i * v->data.width, c->data + c->offsets[i],
                   (size_t)(c->offsets[i + 1] - c->offsets[i]));
        v->data.values = cells;
    } else if (way->layout == SHMCOL_STRINGS_POINTERS) {
        char **pointers = v->owned[0] = support_need(calloc(rows + 1, sizeof *pointers)),
             *text = v->owned[1] = support_need(malloc((size_t)c->offsets[rows] + rows + 1));
        for (uint64_t i = 0; i < rows; i++) {
            size_t length = (size_t)(c->offsets[i + 1] - c->offsets[i]);
            memcpy(text, c->data + c->offsets[i], length);
            text[length] = 0;
            pointers[i] = c->valid == NULL || c->valid[i] ? text : NULL;
            text += length + 1;
        }
        v->data.values = pointers;
    }
}

static void view_validity(view *v, const test_column *c, uint64_t rows, const test_way *way)
{
    static const uint64_t sentinel[100] = {[0 ... 99] = UINT64_C(0xA5A5A5A5A5A5A5A5)};
    bool pointers =
        c->width == 0 && c->field.type != SHMCOL_LIST && way->layout == SHMCOL_STRINGS_POINTERS;
    if (c->valid == NULL || pointers)
        return;
    v->data.validity_kind = way->validity;
    if (way->validity == SHMCOL_VALIDITY_SENTINEL && c->width > 0) {
        v->data.sentinel = sentinel;
        return;
    }
    if (way->validity == SHMCOL_VALIDITY_SENTINEL)
        v->data.validity_kind = SHMCOL_VALIDITY_BYTES;
    uint8_t *flags = v->owned[2] = support_need(calloc(rows + 16, 1));
    v->data.validity = flags;
    v->data.validity_offset = v->data.validity_kind == SHMCOL_VALIDITY_BITMAP ? 11 : 0;
    for (uint64_t i = 0; i < rows; i++) {
        if (v->data.validity_kind == SHMCOL_VALIDITY_BITMAP)
            flags[(i + 11) >> 3] |= (uint8_t)((c->valid[i] != 0) << ((i + 11) & 7));
        else
            flags[i] =
                v->data.validity_kind == SHMCOL_VALIDITY_BYTES ? c->valid[i] * 0x80 : !c->valid[i];
    }
}

/* Rows from `first` on. */
static shmcol_column_data slice(const view *v, const test_column *c, uint64_t first)
{
    shmcol_column_data d = v->data;
    int64_t width = c->width > 0                           ? c->width
                    : d.layout == SHMCOL_STRINGS_OFFSETS32 ? 4
                    : d.layout == SHMCOL_STRINGS_FIXED     ? d.width
                                                           : 8;
    d.values = (const uint8_t *)d.values + (int64_t)first * (d.stride != 0 ? d.stride : width);
    if (d.validity_kind == SHMCOL_VALIDITY_BITMAP)
        d.validity_offset += first;
    else if (d.validity != NULL)
        d.validity = (const uint8_t *)d.validity + first;
    return d;
}

void support_write(const test_table *table, const char *path, const test_way *way)
{
    shmcol_writer *w = NULL;
    shmcol_error err = SHMCOL_ERROR_INIT;
    shmcol_writer_options options = way->options;
    options.overwrite = 1;
    options.no_sync = 1;
    view *views = support_need(calloc(table->n_columns + 1, sizeof *views));
    shmcol_column_data *data = support_need(calloc(table->n_columns + 1, sizeof *data));
    for (uint32_t i = 0; i < table->n_columns; i++) {
        const test_column *c = &table->columns[i];
        table->fields[i] = c->field;
        table->fields[i].name = c->name;
        table->fields[i].name_length = (uint32_t)strlen(c->name);
        views[i].data = (shmcol_column_data)SHMCOL_COLUMN_DATA_INIT;
        if (c->width > 0)
            view_values(&views[i], c, table->rows, way);
        else if (c->field.type == SHMCOL_LIST)
            view_lists(&views[i], c, table->rows, way);
        else
            view_strings(&views[i], c, table->rows, way);
        view_validity(&views[i], c, table->rows, way);
    }
    if (shmcol_writer_create(path, table->fields, table->n_columns, &options, &w, &err) !=
        SHMCOL_OK)
        fail_msg("%s", err.message);
    uint64_t batch = way->batch > 0 ? way->batch : table->rows;
    for (uint64_t first = 0; first < table->rows; first += batch) {
        for (uint32_t i = 0; i < table->n_columns; i++)
            data[i] = slice(&views[i], &table->columns[i], first);
        uint64_t rows = table->rows - first < batch ? table->rows - first : batch;
        if (shmcol_writer_append(w, rows, data, table->n_columns, &err) != SHMCOL_OK)
            fail_msg("%s", err.message);
    }
    if (shmcol_writer_commit(w, &err) != SHMCOL_OK)
        fail_msg("%s", err.message);
    for (uint32_t i = 0; i < table->n_columns; i++)
        for (int j = 0; j < 3; j++)
            free(views[i].owned[j]);
    free(views);
    free(data);
}

/* ---- checking ---- */

static void check_fixed(const test_column *c, const shmcol_file *file, uint32_t index,
                        uint64_t rows)
{
    const void *values;
    const uint8_t *validity;
    assert_int_equal(shmcol_values(file, index, &values, &validity, NULL), SHMCOL_OK);
    for (uint64_t i = 0; i < rows; i++) {
        bool valid = c->valid == NULL || c->valid[i];
        if (shmcol_is_valid(validity, i) != valid)
            fail_msg("%s: validity of row %llu", c->name, (unsigned long long)i);
        if (valid &&
            memcmp((const uint8_t *)values + i * c->width, c->values + i * c->width, c->width) != 0)
            fail_msg("%s: value of row %llu", c->name, (unsigned long long)i);
    }
}

static void check_strings(const test_column *c, const shmcol_file *file, uint32_t index,
                          shmcol_type type, uint64_t rows)
{
    shmcol_strings strings = SHMCOL_STRINGS_INIT;
    shmcol_dictionary dictionary = SHMCOL_DICTIONARY_INIT;
    if (type == SHMCOL_DICTIONARY)
        assert_int_equal(shmcol_dictionary_column(file, index, &dictionary, NULL), SHMCOL_OK);
    else
        assert_int_equal(shmcol_strings_column(file, index, &strings, NULL), SHMCOL_OK);
    for (uint64_t i = 0; i < rows; i++) {
        const char *data;
        uint64_t length;
        shmcol_status status = type == SHMCOL_DICTIONARY
                                   ? shmcol_dictionary_at(&dictionary, i, &data, &length)
                                   : shmcol_string_at(&strings, i, &data, &length);
        bool valid = c->valid == NULL || c->valid[i];
        uint64_t expected = valid ? (uint64_t)(c->offsets[i + 1] - c->offsets[i]) : 0;
        if (status != SHMCOL_OK || (data != NULL) != valid || length != expected ||
            (valid && memcmp(data, c->data + c->offsets[i], length) != 0))
            fail_msg("%s: row %llu", c->name, (unsigned long long)i);
    }
}

void support_check_lists(const test_column *c, uint64_t rows, support_bytes file,
                         const shmcol_column_info *info)
{
    const uint8_t *offsets = file.data + info->values.offset,
                  *elements = file.data + info->elements.offset,
                  *bytes = file.data + info->bytes.offset;
    int64_t n = 0, size = 0, got;
    assert_int_equal(info->values.length, 8 * (rows + 1));
    for (uint64_t i = 0; i <= rows; i++) {
        memcpy(&got, offsets + 8 * i, 8);
        if (got != n)
            fail_msg("%s: offset of row %llu", c->name, (unsigned long long)i);
        if (i == rows || (c->valid != NULL && !c->valid[i]))
            continue;
        int64_t first = c->offsets[i], count = c->offsets[i + 1] - first;
        if (c->texts == NULL && memcmp(elements + (uint64_t)n * c->element_width,
                                       c->values + (uint64_t)first * c->element_width,
                                       (uint64_t)count * c->element_width) != 0)
            fail_msg("%s: elements of row %llu", c->name, (unsigned long long)i);
        for (int64_t k = 0; c->texts != NULL && k < count; k++) {
            int64_t at = c->texts[first + k], length = c->texts[first + k + 1] - at;
            memcpy(&got, elements + 8 * (n + k), 8);
            if (got != size || memcmp(bytes + size, c->data + at, (size_t)length) != 0)
                fail_msg("%s: element %d of row %llu", c->name, (int)k, (unsigned long long)i);
            size += length;
        }
        n += count;
    }
    assert_int_equal(info->elements.length,
                     c->texts != NULL ? 8 * (n + 1) : n * (int64_t)c->element_width);
    assert_int_equal(info->bytes.length, size);
    memcpy(&got, elements + (c->texts != NULL ? 8 * n : 0), c->texts != NULL ? 8 : 0);
    assert_true(c->texts == NULL || got == size);
}

void support_check(const test_table *table, const char *path)
{
    shmcol_file *file = NULL;
    shmcol_error err = SHMCOL_ERROR_INIT;
    if (shmcol_open(path, NULL, &file, &err) != SHMCOL_OK ||
        shmcol_verify(file, NULL, &err) != SHMCOL_OK)
        fail_msg("%s %s: column %d row %d: %s", shmcol_status_name(err.status), err.rule,
                 (int)err.column, (int)err.row, err.message);
    support_bytes bytes = support_read(path);
    for (uint32_t i = 0; i < table->n_columns; i++) {
        const test_column *c = &table->columns[i];
        shmcol_column_info info = SHMCOL_COLUMN_INFO_INIT;
        assert_int_equal(shmcol_get_column(file, i, &info, NULL), SHMCOL_OK);
        assert_string_equal(info.name, c->name);
        assert_true(info.type == c->field.type ||
                    (c->field.auto_dictionary && info.type == SHMCOL_DICTIONARY));
        assert_int_equal(info.nullable, c->field.nullable);
        if (c->width > 0)
            check_fixed(c, file, i, table->rows);
        else if (c->field.type == SHMCOL_LIST)
            support_check_lists(c, table->rows, bytes, &info);
        else
            check_strings(c, file, i, info.type, table->rows);
    }
    free(bytes.data);
    shmcol_close(file);
}

void support_compare_ways(const test_table *table, const test_way *ways, size_t n)
{
    test_way plain = TEST_WAY_INIT;
    support_write(table, support_path("a"), &plain);
    support_check(table, support_path("a"));
    support_bytes expected = support_read(support_path("a"));
    for (size_t i = 0; i < n; i += table->rows < 1000 ? 1 : TEST_WAY_STEP) {
        support_write(table, support_path("b"), &ways[i]);
        support_bytes got = support_read(support_path("b"));
        if (!support_same(expected, got))
            fail_msg("way %zu: batch %d, validity %d, stride %d, layout %d", i, (int)ways[i].batch,
                     (int)ways[i].validity, ways[i].stride, (int)ways[i].layout);
        free(got.data);
    }
    free(expected.data);
}
