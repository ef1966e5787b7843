/* The export to the Arrow C data interface: what the structures say, that they lie in the map, that
 * they may be released in any order, and that no broken file goes out unnoticed. */
#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "arrow_support.h"

#define ROWS 3001

static const char *const good = SOURCE_DIR "/spec/corpus/good";
static char table_path[128], plain_path[128], empty_path[128];

static int make_tables(void **state)
{
    if (support_begin(state) != 0)
        return -1;
    strcpy(table_path, support_path("nulls.shmcol"));
    strcpy(plain_path, support_path("plain.shmcol"));
    strcpy(empty_path, support_path("empty.shmcol"));
    arrow_make_table(table_path, ROWS, true);
    arrow_make_table(plain_path, ROWS, false);
    arrow_make_table(empty_path, 0, true);
    return 0;
}

static const struct ArrowSchema *column_of(const struct ArrowSchema *root, const char *name)
{
    for (int64_t i = 0; i < root->n_children; i++)
        if (strcmp(root->children[i]->name, name) == 0)
            return root->children[i];
    fail_msg("no column %s", name);
    return NULL;
}

static void formats_are_arrows(void **state)
{
    (void)state;
    static const char *const formats[] = {
        "c",    "c",   "s",      "i",  "l",   "C",   "S",
        "I",    "L",   "f",      "g",  "tdD", "tdm", "tsu:Europe/Paris",
        "tDn",  "ttm", "ttn",    "U",  "Z",   "w:5", "c",
        "+w:6", "e",   "d:38,2", "+L", "+L"};
    shmcol_error err = SHMCOL_ERROR_INIT;
    struct ArrowSchema schema;
    shmcol_file *file = arrow_open(table_path);
    arrow_ok(shmcol_export_schema(file, &schema, &err), &err);
    shmcol_close(file); /* a schema does not need it */
    assert_string_equal(schema.format, "+s");
    assert_int_equal(schema.n_children, ARROW_TABLE_COLUMNS);
    for (int i = 0; i < ARROW_TABLE_COLUMNS; i++) {
        assert_string_equal(schema.children[i]->format, formats[i]);
        assert_int_equal(schema.children[i]->flags, ARROW_FLAG_NULLABLE);
    }
    const struct ArrowSchema *dictionary = column_of(&schema, "dictionary"),
                             *tensor = column_of(&schema, "tensor");
    assert_string_equal(dictionary->dictionary->format, "U");
    assert_int_equal(tensor->n_children, 1);
    assert_string_equal(tensor->children[0]->name, "item");
    assert_string_equal(tensor->children[0]->format, "s");
    assert_int_equal(tensor->children[0]->flags, ARROW_FLAG_NULLABLE);
    const struct ArrowSchema *lists[] = {column_of(&schema, "list"), column_of(&schema, "texts")};
    for (int i = 0; i < 2; i++) {
        assert_int_equal(lists[i]->n_children, 1);
        assert_string_equal(lists[i]->children[0]->name, "item");
        assert_string_equal(lists[i]->children[0]->format, i == 0 ? "i" : "U");
        assert_int_equal(lists[i]->children[0]->flags, ARROW_FLAG_NULLABLE);
    }
    schema.release(&schema);
    assert_null(schema.release);
}

/* The pairs of a column's metadata, "key=value;" each. */
static void pairs_of(const char *metadata, char *text)
{
    int32_t pairs = 0, length;
    if (metadata != NULL)
        memcpy(&pairs, metadata, 4);
    const char *at = metadata + 4;
    *text = '\0';
    for (int32_t i = 0; i < 2 * pairs; i++) {
        memcpy(&length, at, 4);
        text += sprintf(text, "%.*s%s", length, at + 4, i % 2 == 0 ? "=" : ";");
        at += 4 + length;
    }
}

static void metadata_is_encoded(void **state)
{
    (void)state;
    char text[512];
    shmcol_error err = SHMCOL_ERROR_INIT;
    struct ArrowSchema schema;
    shmcol_file *file = arrow_open(plain_path);
    arrow_ok(shmcol_export_schema(file, &schema, &err), &err);
    pairs_of(schema.metadata, text);
    assert_string_equal(text, "made by=a test;");
    pairs_of(column_of(&schema, "bool8")->metadata, text);
    assert_string_equal(
        text, "ARROW:extension:name=arrow.bool8;ARROW:extension:metadata=;unit=kg;=;unit=again;");
    pairs_of(column_of(&schema, "tensor")->metadata, text);
    assert_string_equal(text, "ARROW:extension:name=arrow.fixed_shape_tensor;ARROW:extension:"
                              "metadata={\"shape\":[2,3]};");
    assert_null(column_of(&schema, "int8")->metadata);
    assert_int_equal(column_of(&schema, "int8")->flags, 0);
    schema.release(&schema);
    shmcol_close(file);
}

static bool inside(const shmcol_file_info *info, const void *pointer)
{
    const uint8_t *begin = info->map, *p = pointer;
    return p >= begin && p < begin + info->file_size;
}

/* Every buffer that is there lies in the map; those of the same column are where the reader says
 * they are. */
static void buffers_lie_in_the_map(void **state)
{
    (void)state;
    shmcol_error err = SHMCOL_ERROR_INIT;
    shmcol_file_info info = SHMCOL_FILE_INFO_INIT;
    struct ArrowArray array;
    shmcol_file *file = arrow_open(table_path);
    arrow_ok(shmcol_get_info(file, &info, &err), &err);
    arrow_ok(shmcol_export_table(file, 0, &array, &err), &err);
    assert_int_equal(array.length, ROWS);
    assert_int_equal(array.null_count, 0);
    assert_int_equal(array.n_buffers, 1);
    for (uint32_t i = 0; i < ARROW_TABLE_COLUMNS; i++) {
        const struct ArrowArray *child = array.children[i];
        shmcol_column_info column = SHMCOL_COLUMN_INFO_INIT;
        arrow_ok(shmcol_get_column(file, i, &column, &err), &err);
        assert_int_equal(child->offset, 0);
        assert_int_equal(child->length, ROWS);
        assert_int_equal(child->null_count, column.null_count);
        assert_ptr_equal(child->buffers[0], (const uint8_t *)info.map + column.validity.offset);
        for (int64_t b = 0; b < child->n_buffers; b++)
            assert_true(inside(&info, child->buffers[b]));
        const void *values =
            column.type == SHMCOL_TENSOR ? child->children[0]->buffers[1] : child->buffers[1];
        assert_ptr_equal(values, (const uint8_t *)info.map + column.values.offset);
        if (column.type != SHMCOL_LIST)
            continue;
        const struct ArrowArray *item = child->children[0];
        assert_true(item->length > 0 && item->offset == 0 && item->null_count == 0);
        assert_ptr_equal(item->buffers[1], (const uint8_t *)info.map + column.elements.offset);
        if (column.element == SHMCOL_STRING)
            assert_ptr_equal(item->buffers[2], (const uint8_t *)info.map + column.bytes.offset);
    }
    array.release(&array);
    shmcol_close(file);
}

static void columns_without_nulls_have_no_bitmap(void **state)
{
    (void)state;
    shmcol_error err = SHMCOL_ERROR_INIT;
    struct ArrowArray array;
    shmcol_file *file = arrow_open(plain_path);
    arrow_ok(shmcol_export_table(file, 0, &array, &err), &err);
    for (int i = 0; i < ARROW_TABLE_COLUMNS; i++) {
        assert_null(array.children[i]->buffers[0]);
        assert_int_equal(array.children[i]->null_count, 0);
    }
    array.release(&array);
    shmcol_close(file);
}

static void a_table_of_no_rows_has_its_offsets(void **state)
{
    (void)state;
    shmcol_error err = SHMCOL_ERROR_INIT;
    struct ArrowArray array;
    struct ArrowArrayStream stream;
    shmcol_file *file = arrow_open(empty_path);
    arrow_ok(shmcol_export_table(file, 0, &array, &err), &err);
    for (int i = 0; i < ARROW_TABLE_COLUMNS; i++)
        for (int64_t b = 1; b < array.children[i]->n_buffers; b++)
            assert_non_null(array.children[i]->buffers[b]);
    for (int i = 24; i <= 25; i++)
        for (int64_t b = 1; b < array.children[i]->children[0]->n_buffers; b++)
            assert_non_null(array.children[i]->children[0]->buffers[b]);
    assert_int_equal(*(const int64_t *)array.children[24]->buffers[1], 0);
    assert_int_equal(*(const int64_t *)array.children[25]->children[0]->buffers[1], 0);
    assert_int_equal(*(const int64_t *)array.children[17]->buffers[1], 0);
    array.release(&array);
    arrow_ok(shmcol_export_stream(file, NULL, 0, 0, 0, &stream, &err), &err);
    assert_int_equal(stream.get_next(&stream, &array), 0);
    assert_null(array.release);
    stream.release(&stream);
    shmcol_close(file);
}

/* The sum of a column's bytes: that its memory is still there. */
static uint64_t touch(const struct ArrowArray *array, size_t width)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < (size_t)array->length * width; i++)
        sum += ((const uint8_t *)array->buffers[1])[i];
    return sum;
}

/* Children are moved out or not, the parent and they are released in every order; the file is
 * closed first. */
static void children_live_on_their_own(void **state)
{
    (void)state;
    shmcol_error err = SHMCOL_ERROR_INIT;
    for (int order = 0; order < 6; order++) {
        shmcol_file *file = arrow_open(table_path);
        struct ArrowArray array, moved[3];
        struct ArrowSchema schema, moved_schema[3];
        arrow_ok(shmcol_export_table(file, 0, &array, &err), &err);
        arrow_ok(shmcol_export_schema(file, &schema, &err), &err);
        uint64_t sum = touch(array.children[4], 8);
        shmcol_close(file);
        static const int picked[3] = {4, 20, 21}; /* int64, dictionary, tensor */
        for (int i = 0; i < 3; i++) {
            moved[i] = *array.children[picked[i]];
            moved_schema[i] = *schema.children[picked[i]];
            array.children[picked[i]]->release = NULL;
            schema.children[picked[i]]->release = NULL;
        }
        if (order % 2 == 0) {
            array.release(&array);
            schema.release(&schema);
        }
        assert_int_equal(touch(&moved[0], 8), sum);
        assert_string_equal(moved_schema[1].dictionary->format, "U");
        for (int i = 0; i < 3; i++) {
            int next = (order / 2 + i) % 3;
            moved[next].release(&moved[next]);
            moved_schema[next].release(&moved_schema[next]);
            assert_null(moved[next].release);
        }
        if (order % 2 != 0) {
            array.release(&array);
            schema.release(&schema);
        }
    }
}

/* A tensor's item and a dictionary's values may be moved too. */
static void inner_structures_can_be_moved(void **state)
{
    (void)state;
    shmcol_error err = SHMCOL_ERROR_INIT;
    struct ArrowArray array, values, item;
    struct ArrowSchema schema;
    shmcol_file *file = arrow_open(plain_path);
    arrow_ok(shmcol_export_column(file, 20, 0, &schema, &array, &err), &err);
    values = *array.dictionary;
    array.dictionary->release = NULL;
    schema.release(&schema);
    array.release(&array);
    assert_true(values.length > 0 && ((const int64_t *)values.buffers[1])[0] == 0);
    values.release(&values);
    arrow_ok(shmcol_export_column(file, 21, 0, &schema, &array, &err), &err);
    shmcol_close(file);
    item = *array.children[0];
    array.children[0]->release = NULL;
    schema.release(&schema);
    array.release(&array);
    assert_int_equal(item.length, ROWS * 6);
    (void)touch(&item, 2);
    item.release(&item);
}

static void batches_are_slices_of_the_map(void **state)
{
    (void)state;
    static const uint32_t columns[] = {17, 4, 4};
    shmcol_error err = SHMCOL_ERROR_INIT;
    struct ArrowArrayStream stream;
    struct ArrowSchema schema;
    struct ArrowArray batch, whole;
    shmcol_file *file = arrow_open(table_path);
    arrow_ok(shmcol_export_table(file, 0, &whole, &err), &err);
    arrow_ok(shmcol_export_stream(file, columns, 3, 1000, 0, &stream, &err), &err);
    shmcol_close(file);
    assert_int_equal(stream.get_schema(&stream, &schema), 0);
    assert_int_equal(schema.n_children, 3);
    assert_string_equal(schema.children[0]->name, "string");
    schema.release(&schema);
    int64_t row = 0;
    for (;;) {
        assert_int_equal(stream.get_next(&stream, &batch), 0);
        if (batch.release == NULL)
            break;
        assert_int_equal(batch.length, row < 3000 ? 1000 : 1);
        for (int i = 0; i < 3; i++) {
            assert_int_equal(batch.children[i]->offset, row);
            assert_int_equal(batch.children[i]->length, batch.length);
            assert_ptr_equal(batch.children[i]->buffers[1], whole.children[columns[i]]->buffers[1]);
        }
        row += batch.length;
        batch.release(&batch);
    }
    assert_int_equal(row, ROWS);
    assert_null(stream.get_last_error(&stream));
    stream.release(&stream);
    assert_null(stream.release);
    whole.release(&whole);
}

static void a_part_of_the_rows(void **state)
{
    (void)state;
    static const uint32_t columns[] = {17, 4};
    shmcol_error err = SHMCOL_ERROR_INIT;
    struct ArrowArrayStream stream;
    struct ArrowArray batch;
    shmcol_file *file = arrow_open(table_path);
    arrow_ok(shmcol_export_rows(file, columns, 2, 100, 250, 200, 0, &stream, &err), &err);
    for (int64_t first = 100, rows = 200; rows > 0;
         first += 200, rows = first < 350 ? 350 - first : 0) {
        assert_int_equal(stream.get_next(&stream, &batch), 0);
        assert_int_equal(batch.length, rows);
        assert_int_equal(batch.children[1]->offset, first);
        assert_int_equal(batch.children[1]->length, rows);
        assert_int_equal(batch.children[1]->null_count, -1);
        batch.release(&batch);
    }
    assert_int_equal(stream.get_next(&stream, &batch), 0);
    assert_null(batch.release);
    stream.release(&stream);
    /* No rows: no batch, or the one that was asked for. */
    for (int asked = 0; asked < 2; asked++) {
        arrow_ok(shmcol_export_rows(file, columns, 2, ROWS, 0, 0,
                                    asked ? SHMCOL_ARROW_EMPTY_BATCH : 0, &stream, &err),
                 &err);
        for (int i = 0; i < 2; i++) {
            assert_int_equal(stream.get_next(&stream, &batch), 0);
            assert_int_equal(batch.release != NULL, asked && i == 0);
            if (batch.release != NULL) {
                assert_int_equal(batch.length, 0);
                assert_int_equal(batch.n_children, 2);
                batch.release(&batch);
            }
        }
        stream.release(&stream);
    }
    assert_int_equal(shmcol_export_rows(file, NULL, 0, ROWS + 1, 0, 0, 0, &stream, NULL),
                     SHMCOL_ERR_OUT_OF_RANGE);
    assert_int_equal(shmcol_export_rows(file, NULL, 0, 1, ROWS, 0, 0, &stream, NULL),
                     SHMCOL_ERR_OUT_OF_RANGE);
    assert_int_equal(shmcol_export_rows(file, NULL, 0, 1, UINT64_MAX, 0, 0, &stream, NULL),
                     SHMCOL_ERR_OUT_OF_RANGE);
    shmcol_close(file);
}

static void a_batch_outlives_its_stream(void **state)
{
    (void)state;
    shmcol_error err = SHMCOL_ERROR_INIT;
    struct ArrowArrayStream stream;
    struct ArrowArray batch;
    shmcol_file *file = arrow_open(plain_path);
    arrow_ok(shmcol_export_stream(file, NULL, 0, 0, SHMCOL_ARROW_TRUSTED, &stream, &err), &err);
    shmcol_close(file);
    assert_int_equal(stream.get_next(&stream, &batch), 0);
    stream.release(&stream);
    assert_int_equal(batch.length, ROWS);
    (void)touch(batch.children[4], 8);
    batch.release(&batch);
}

/* ---- broken files ---- */

static support_bytes bytes;

/* Opens the table with nulls from memory, so that it can be damaged where no opening looks. */
static shmcol_file *open_bytes(uint32_t column, shmcol_column_info *info)
{
    shmcol_error err = SHMCOL_ERROR_INIT;
    shmcol_file *file = NULL;
    bytes = support_read(table_path);
    arrow_ok(shmcol_open_memory(bytes.data, bytes.length, &file, &err), &err);
    *info = (shmcol_column_info)SHMCOL_COLUMN_INFO_INIT;
    arrow_ok(shmcol_get_column(file, column, info, &err), &err);
    return file;
}

/* Column, table and stream refuse with `status` and name the column; who trusts the file gets it.
 * Ends the file. */
static void refused(shmcol_file *file, uint32_t column, shmcol_status status)
{
    struct ArrowArray array;
    struct ArrowSchema schema;
    struct ArrowArrayStream stream;
    for (int way = 0; way < 3; way++) {
        shmcol_error err = SHMCOL_ERROR_INIT;
        shmcol_status got = way == 0 ? shmcol_export_column(file, column, 0, &schema, &array, &err)
                            : way == 1 ? shmcol_export_table(file, 0, &array, &err)
                                       : shmcol_export_stream(file, NULL, 0, 100, 0, &stream, &err);
        assert_string_equal(shmcol_status_name(got), shmcol_status_name(status));
        assert_int_equal(err.status, status);
        assert_int_equal(err.column, column);
        assert_true(strlen(err.rule) > 0);
        shmcol_column_info info = SHMCOL_COLUMN_INFO_INIT;
        arrow_ok(shmcol_get_column(file, column, &info, &err), &err);
        assert_non_null(strstr(err.message, info.name));
    }
    shmcol_error err = SHMCOL_ERROR_INIT;
    arrow_ok(shmcol_export_column(file, column, SHMCOL_ARROW_TRUSTED, &schema, &array, &err), &err);
    schema.release(&schema);
    array.release(&array);
    shmcol_close(file);
    free(bytes.data);
}

static void put64(uint64_t offset, int64_t value)
{
    memcpy(bytes.data + offset, &value, sizeof value);
}

static void broken_offsets_do_not_go_out(void **state)
{
    (void)state;
    static const struct {
        uint64_t index;
        int64_t value;
    } damages[] = {{0, 1},    {0, -1},           {1500, INT64_MAX}, {1500, INT64_MIN},
                   {1500, 0}, {ROWS, INT64_MAX}, {ROWS, 0}};
    shmcol_column_info info;
    for (size_t i = 0; i < sizeof damages / sizeof *damages; i++) {
        static const uint32_t with_offsets[] = {17, 18, 24, 25};
        for (int k = 0; k < 4; k++) {
            shmcol_file *file = open_bytes(with_offsets[k], &info);
            put64(info.values.offset + 8 * damages[i].index, damages[i].value);
            refused(file, with_offsets[k], SHMCOL_ERR_OFFSETS);
        }
        /* the offsets of a list's strings; it has more of them than rows */
        shmcol_file *file = open_bytes(25, &info);
        uint64_t last = info.elements.length / 8 - 1;
        put64(info.elements.offset + 8 * (damages[i].index < ROWS ? damages[i].index : last),
              damages[i].value);
        refused(file, 25, SHMCOL_ERR_OFFSETS);
    }
    shmcol_file *file = open_bytes(20, &info);
    put64(info.dictionary_offsets.offset + 8, INT64_MAX);
    refused(file, 20, SHMCOL_ERR_OFFSETS);
}

static void codes_outside_do_not_go_out(void **state)
{
    (void)state;
    shmcol_column_info info;
    static const uint8_t codes[] = {100, 127, 128, 255};
    for (size_t i = 0; i < sizeof codes; i++) {
        shmcol_file *file = open_bytes(20, &info);
        bytes.data[info.values.offset + ROWS - 1] = codes[i];
        refused(file, 20, SHMCOL_ERR_CODES);
    }
    /* A null slot's code too: row 6 of column 20 is null. */
    shmcol_file *file = open_bytes(20, &info);
    assert_int_equal((bytes.data[info.validity.offset] >> 6) & 1, 0);
    bytes.data[info.values.offset + 6] = 100;
    refused(file, 20, SHMCOL_ERR_CODES);
}

static void a_wrong_null_count_does_not_go_out(void **state)
{
    (void)state;
    shmcol_column_info info;
    shmcol_file *file = open_bytes(4, &info);
    bytes.data[info.validity.offset + 10] ^= 0x10;
    refused(file, 4, SHMCOL_ERR_VALIDITY);
    file = open_bytes(4, &info);
    bytes.data[info.validity.offset + ROWS / 8] ^= 1; /* row 3000, beyond the last whole word */
    refused(file, 4, SHMCOL_ERR_VALIDITY);
}

static void wrong_calls_are_refused(void **state)
{
    (void)state;
    struct ArrowArray array;
    struct ArrowSchema schema;
    struct ArrowArrayStream stream;
    static const uint32_t columns[] = {0, ARROW_TABLE_COLUMNS};
    shmcol_file *file = arrow_open(plain_path);
    assert_int_equal(shmcol_export_column(file, ARROW_TABLE_COLUMNS, 0, &schema, &array, NULL),
                     SHMCOL_ERR_NO_COLUMN);
    assert_int_equal(shmcol_export_stream(file, columns, 2, 0, 0, &stream, NULL),
                     SHMCOL_ERR_NO_COLUMN);
    assert_int_equal(shmcol_export_stream(file, NULL, 0, 0, 0, NULL, NULL),
                     SHMCOL_ERR_INVALID_ARGUMENT);
    assert_int_equal(shmcol_export_table(NULL, 0, &array, NULL), SHMCOL_ERR_INVALID_ARGUMENT);
    assert_int_equal(shmcol_export_schema(file, NULL, NULL), SHMCOL_ERR_INVALID_ARGUMENT);
    assert_int_equal(shmcol_export_column(file, 0, 0, NULL, &array, NULL),
                     SHMCOL_ERR_INVALID_ARGUMENT);
    shmcol_close(file);
}

/* ---- there and back ---- */

/* Export in batches of `rows`, write the stream to `to`. */
static void copy_file(const char *from, const char *to, uint64_t rows)
{
    shmcol_error err = SHMCOL_ERROR_INIT;
    struct ArrowArrayStream stream;
    shmcol_writer_options options = SHMCOL_WRITER_OPTIONS_INIT;
    options.overwrite = 1;
    options.no_sync = 1;
    shmcol_file *file = arrow_open(from);
    arrow_ok(shmcol_export_stream(file, NULL, 0, rows, 0, &stream, &err), &err);
    shmcol_close(file);
    arrow_ok(shmcol_write_stream(to, &stream, &options, &err), &err);
    stream.release(&stream);
}

static void there_and_back_is_the_same_file(void **state)
{
    (void)state;
    static const uint64_t sizes[] = {0, 1, 7, 1000, ROWS, 100000};
    const char *const paths[] = {table_path, plain_path, empty_path};
    for (size_t p = 0; p < 3; p++) {
        for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
            const char *copy = support_path("copy.shmcol");
            copy_file(paths[p], copy, sizes[i]);
            support_same_files(paths[p], copy);
        }
    }
}

/* Every file of the corpus goes out and comes back as the same table, and its copy as the same
 * bytes. */
static void the_corpus_comes_back(void **state)
{
    (void)state;
    shmcol_error err = SHMCOL_ERROR_INIT;
    struct dirent *entry;
    int files = 0;
    DIR *corpus = opendir(good);
    assert_non_null(corpus);
    while ((entry = readdir(corpus)) != NULL) {
        char path[512];
        size_t length = strlen(entry->d_name);
        if (length < 7 || strcmp(entry->d_name + length - 7, ".shmcol") != 0 ||
            strncmp(entry->d_name, "zstd-", 5) == 0)
            continue;
        files++;
        snprintf(path, sizeof path, "%s/%s", good, entry->d_name);
        const char *first = support_path("first.shmcol"), *second = support_path("second.shmcol");
        copy_file(path, first, 0);
        copy_file(first, second, 13);
        support_same_files(first, second);
        shmcol_file *a = arrow_open(path), *b = arrow_open(first);
        arrow_ok(shmcol_verify(b, NULL, &err), &err);
        arrow_same_table(a, b);
        shmcol_close(a);
        shmcol_close(b);
    }
    closedir(corpus);
    assert_true(files > 40);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(formats_are_arrows),
        cmocka_unit_test(metadata_is_encoded),
        cmocka_unit_test(buffers_lie_in_the_map),
        cmocka_unit_test(columns_without_nulls_have_no_bitmap),
        cmocka_unit_test(a_table_of_no_rows_has_its_offsets),
        cmocka_unit_test(children_live_on_their_own),
        cmocka_unit_test(inner_structures_can_be_moved),
        cmocka_unit_test(batches_are_slices_of_the_map),
        cmocka_unit_test(a_part_of_the_rows),
        cmocka_unit_test(a_batch_outlives_its_stream),
        cmocka_unit_test(broken_offsets_do_not_go_out),
        cmocka_unit_test(codes_outside_do_not_go_out),
        cmocka_unit_test(a_wrong_null_count_does_not_go_out),
        cmocka_unit_test(wrong_calls_are_refused),
        cmocka_unit_test(there_and_back_is_the_same_file),
        cmocka_unit_test(the_corpus_comes_back),
    };
    return cmocka_run_group_tests(tests, make_tables, support_end);
}
