/* Imported dictionary columns: indices of every kind, dictionaries with nulls and duplicates, and
 * such as change from batch to batch. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "arrow_support.h"

typedef struct hand_dictionary {
    struct ArrowSchema schema;
    struct ArrowArray array;
    int32_t offsets[8];
    const void *buffers[3];
} hand_dictionary;

/* `words` separated by blanks. */
static void dictionary_make(hand_dictionary *d, const char *words, const uint8_t *validity,
                            int64_t null_count)
{
    static char bytes[8][256];
    static int next;
    char *text = bytes[next++ % 8];
    int32_t at = 0;
    int64_t count = 0;
    for (const char *w = words; *w != '\0';) {
        size_t length = strcspn(w, " ");
        memcpy(text + at, w, length);
        d->offsets[count++] = at;
        at += (int32_t)length;
        w += length + (w[length] == ' ');
    }
    d->offsets[count] = at;
    d->buffers[0] = validity;
    d->buffers[1] = d->offsets;
    d->buffers[2] = text;
    arrow_hand_schema(&d->schema, "u", "", 0);
    arrow_hand_array(&d->array, count, null_count, 3, d->buffers);
}

static void indices_of_every_kind(void **state)
{
    (void)state;
    static const struct {
        const char *format;
        size_t width;
    } kinds[] = {{"c", 1}, {"C", 1}, {"s", 2}, {"S", 2}, {"i", 4}, {"I", 4}, {"l", 8}, {"L", 8}};
    for (size_t k = 0; k < 8; k++) {
        uint8_t indices[6 * 8] = {0};
        const uint8_t validity[] = {0x3D}; /* the second is null */
        static const uint8_t codes[] = {2, 99, 0, 1, 2, 0};
        const void *buffers[] = {validity, indices};
        hand_dictionary d;
        arrow_hand_table table;
        for (int i = 0; i < 6; i++)
            indices[(size_t)i * kinds[k].width] = codes[i];
        dictionary_make(&d, "medium small large", NULL, 0);
        arrow_hand_table_make(&table, kinds[k].format,
                              ARROW_FLAG_NULLABLE | ARROW_FLAG_DICTIONARY_ORDERED);
        table.column.dictionary = &d.schema;
        arrow_hand_batch(&table, 6, -1, 2, buffers)->dictionary = &d.array;
        shmcol_file *file = arrow_hand_open(&table);
        assert_string_equal(arrow_text_of(file), "large (null) medium small large medium");
        assert_string_equal(arrow_dictionary_of(file),
                            "medium small large"); /* the order is the caller's */
        shmcol_dictionary got = SHMCOL_DICTIONARY_INIT;
        arrow_ok(shmcol_dictionary_column(file, 0, &got, NULL), NULL);
        assert_true(got.ordered);
        shmcol_close(file);
    }
}

static void indices_outside_the_dictionary_are_refused(void **state)
{
    (void)state;
    static const int64_t wrong[] = {3, 127, -1, -128};
    for (size_t i = 0; i < 4; i++) {
        for (int kind = 0; kind < 3; kind++) {
            const int8_t small[] = {0, (int8_t)wrong[i]};
            const int64_t wide[] = {0, wrong[i] < 0 ? INT64_MIN : wrong[i] << 40};
            const void *buffers[] = {NULL, kind == 2 ? (const void *)wide : (const void *)small};
            hand_dictionary d;
            shmcol_error err = SHMCOL_ERROR_INIT;
            arrow_hand_table table;
            dictionary_make(&d, "a b c", NULL, 0);
            arrow_hand_table_make(&table, kind == 0 ? "c" : kind == 1 ? "C" : "l", 0);
            table.column.dictionary = &d.schema;
            arrow_hand_batch(&table, 2, 0, 2, buffers)->dictionary = &d.array;
            assert_int_equal(arrow_hand_write(&table, support_path("no.shmcol"), &err),
                             SHMCOL_ERR_BAD_ARROW);
            assert_int_equal(err.row, 1);
            assert_int_equal(err.column, 0);
        }
    }
}

static void nulls_and_duplicates_among_the_values(void **state)
{
    (void)state;
    const uint8_t indices[] = {0, 1, 2, 3, 4}, validity[] = {0x1D}; /* value 1 is null */
    const void *buffers[] = {NULL, indices};
    hand_dictionary d;
    arrow_hand_table table;
    dictionary_make(&d, "b x a b a", validity, 1);
    arrow_hand_table_make(&table, "C", ARROW_FLAG_NULLABLE);
    table.column.dictionary = &d.schema;
    arrow_hand_batch(&table, 5, 0, 2, buffers)->dictionary = &d.array;
    shmcol_file *file = arrow_hand_open(&table);
    assert_string_equal(arrow_text_of(file), "b (null) a b a");
    assert_string_equal(arrow_dictionary_of(file), "b a");
    shmcol_close(file);
}

/* Batches with dictionaries of their own; `expected`: the dictionary in the file. */
static void dictionaries_in_turn(const char *const *words, int n, int64_t flags, const char *rows,
                                 const char *expected)
{
    const int16_t indices[] = {1, 0};
    const void *buffers[] = {NULL, indices};
    hand_dictionary d[4];
    arrow_hand_table table;
    arrow_hand_table_make(&table, "s", flags);
    for (int i = 0; i < n; i++) {
        dictionary_make(&d[i], words[i], NULL, 0);
        arrow_hand_batch(&table, 2, 0, 2, buffers)->dictionary = &d[i].array;
    }
    table.column.dictionary = &d[0].schema;
    shmcol_file *file = arrow_hand_open(&table);
    assert_string_equal(arrow_text_of(file), rows);
    assert_string_equal(arrow_dictionary_of(file), expected);
    shmcol_close(file);
}

static void dictionaries_of_many_batches(void **state)
{
    (void)state;
    const char *const same[] = {"z y x", "z y x", "z y x"};
    dictionaries_in_turn(same, 3, 0, "y z y z y z", "z y x");
    const char *const subset[] = {"z y x", "x y", "y z"};
    dictionaries_in_turn(subset, 3, ARROW_FLAG_DICTIONARY_ORDERED, "y z y x z y", "z y x");
    /* A new value: the writer makes a dictionary of its own, sorted, of what occurs. */
    const char *const growing[] = {"z y unused", "z y", "y x w", "a z"};
    dictionaries_in_turn(growing, 4, 0, "y z y z x y z a", "a x y z");
}

static void an_ordered_dictionary_does_not_grow(void **state)
{
    (void)state;
    const int16_t indices[] = {1, 0};
    const void *buffers[] = {NULL, indices};
    shmcol_error err = SHMCOL_ERROR_INIT;
    hand_dictionary first, second;
    arrow_hand_table table;
    dictionary_make(&first, "low high", NULL, 0);
    dictionary_make(&second, "low middle high", NULL, 0);
    arrow_hand_table_make(&table, "s", ARROW_FLAG_DICTIONARY_ORDERED);
    table.column.dictionary = &first.schema;
    arrow_hand_batch(&table, 2, 0, 2, buffers)->dictionary = &first.array;
    arrow_hand_batch(&table, 2, 0, 2, buffers)->dictionary = &second.array;
    assert_int_equal(arrow_hand_write(&table, support_path("no.shmcol"), &err),
                     SHMCOL_ERR_TYPE_UNSUPPORTED);
    assert_non_null(strstr(err.message, "ordered"));
    assert_int_equal(err.column, 0);
}

/* Batches are kept for the case that a dictionary grows, but not beyond the bound. */
static void growing_dictionaries_keep_the_bound(void **state)
{
    (void)state;
    enum { N = 1 << 20 };
    int32_t *indices = calloc(N, sizeof *indices);
    assert_non_null(indices);
    const void *buffers[] = {NULL, indices};
    for (int large = 0; large < 2; large++) {
        shmcol_error err = SHMCOL_ERROR_INIT;
        hand_dictionary first, second;
        arrow_hand_table table;
        dictionary_make(&first, "a b", NULL, 0);
        dictionary_make(&second, "c", NULL, 0);
        arrow_hand_table_make(&table, "i", 0);
        table.column.dictionary = &first.schema;
        arrow_hand_batch(&table, N, 0, 2, buffers)->dictionary = &first.array;
        arrow_hand_batch(&table, N, 0, 2, buffers)->dictionary = &first.array;
        arrow_hand_batch(&table, 1, 0, 2, buffers)->dictionary = &second.array;
        table.memory = large ? UINT64_C(16) << 20 : UINT64_C(6) << 20;
        shmcol_status status = arrow_hand_write(&table, support_path("bound.shmcol"), &err);
        assert_string_equal(shmcol_status_name(status), large ? "OK" : "MEMORY_BOUND");
    }
    free(indices);
}

/* Two batches of the rows 1, 0, each with a dictionary of its own. */
typedef struct two_batches {
    int16_t indices[2];
    const void *buffers[2];
    hand_dictionary first, second;
    arrow_hand_table table;
} two_batches;

static void two_batches_make(two_batches *b, int64_t flags, const char *first, const char *second)
{
    b->indices[0] = 1;
    b->indices[1] = 0;
    b->buffers[0] = NULL;
    b->buffers[1] = b->indices;
    dictionary_make(&b->first, first, NULL, 0);
    dictionary_make(&b->second, second, NULL, 0);
    arrow_hand_table_make(&b->table, "s", flags);
    b->table.column.dictionary = &b->first.schema;
    arrow_hand_batch(&b->table, 2, 0, 2, b->buffers)->dictionary = &b->first.array;
    arrow_hand_batch(&b->table, 2, 0, 2, b->buffers)->dictionary = &b->second.array;
}

static shmcol_writer *writer_for(const two_batches *b, const char *path)
{
    shmcol_error err = SHMCOL_ERROR_INIT;
    shmcol_writer_options options = SHMCOL_WRITER_OPTIONS_INIT;
    shmcol_writer *writer = NULL;
    shmcol_field *fields = NULL;
    uint32_t n = 0;
    options.overwrite = 1;
    arrow_ok(shmcol_import_schema(&b->table.root, &fields, &n, &err), &err);
    arrow_ok(shmcol_writer_create(path, fields, n, &options, &writer, &err), &err);
    shmcol_fields_free(fields);
    return writer;
}

/* Batch by batch into a writer of one's own: with a dictionary that was given, and without. */
static void a_writer_of_ones_own_takes_dictionaries(void **state)
{
    (void)state;
    static const int64_t offsets[] = {0, 1, 2, 3};
    for (int given = 0; given < 2; given++) {
        const char *path = support_path("own.shmcol");
        shmcol_error err = SHMCOL_ERROR_INIT;
        two_batches b;
        two_batches_make(&b, 0, "b a", "c b");
        shmcol_writer *writer = writer_for(&b, path);
        shmcol_strings values = SHMCOL_STRINGS_INIT;
        values.count = 3;
        values.offsets = offsets;
        values.data = "cba";
        values.data_length = 3;
        if (given)
            arrow_ok(shmcol_writer_dictionary(writer, 0, &values, 0, &err), &err);
        for (int i = 0; i < 2; i++)
            arrow_ok(shmcol_writer_append_arrow(writer, &b.table.root, &b.table.batches[i], &err),
                     &err);
        arrow_ok(shmcol_writer_commit(writer, &err), &err);
        shmcol_file *file = arrow_open(path);
        assert_string_equal(arrow_text_of(file), "a b b c");
        assert_string_equal(arrow_dictionary_of(file), given ? "c b a" : "a b c");
        shmcol_close(file);
    }
}

/* Batch by batch, an ordered dictionary is given with the first: its order means something, so new
 * values are refused rather than put anywhere. */
static void an_ordered_dictionary_comes_with_the_first_batch(void **state)
{
    (void)state;
    const char *path = support_path("ordered.shmcol");
    for (int grows = 0; grows < 2; grows++) {
        shmcol_error err = SHMCOL_ERROR_INIT;
        two_batches b;
        two_batches_make(&b, ARROW_FLAG_DICTIONARY_ORDERED, "low high",
                         grows ? "low middle" : "high low");
        shmcol_writer *writer = writer_for(&b, path);
        arrow_ok(shmcol_writer_append_arrow(writer, &b.table.root, &b.table.batches[0], &err),
                 &err);
        assert_int_equal(err.status, SHMCOL_OK);
        shmcol_status status =
            shmcol_writer_append_arrow(writer, &b.table.root, &b.table.batches[1], &err);
        assert_int_equal(status, grows ? SHMCOL_ERR_BAD_VALUE : SHMCOL_OK);
        if (grows) {
            assert_int_equal(err.row, 2);
            shmcol_writer_abort(writer);
            continue;
        }
        arrow_ok(shmcol_writer_commit(writer, &err), &err);
        shmcol_file *file = arrow_open(path);
        shmcol_dictionary got = SHMCOL_DICTIONARY_INIT;
        arrow_ok(shmcol_dictionary_column(file, 0, &got, &err), &err);
        assert_true(got.ordered);
        assert_string_equal(arrow_text_of(file), "high low low high");
        assert_string_equal(arrow_dictionary_of(file), "low high");
        shmcol_close(file);
        remove(path);
    }
}

static void a_batch_without_rows_gives_the_dictionary(void **state)
{
    (void)state;
    const void *buffers[] = {NULL, NULL};
    hand_dictionary d;
    arrow_hand_table table;
    dictionary_make(&d, "q p", NULL, 0);
    arrow_hand_table_make(&table, "c", ARROW_FLAG_DICTIONARY_ORDERED);
    table.column.dictionary = &d.schema;
    arrow_hand_batch(&table, 0, 0, 2, buffers)->dictionary = &d.array;
    shmcol_file *file = arrow_hand_open(&table);
    assert_int_equal(shmcol_rows(file), 0);
    assert_string_equal(arrow_dictionary_of(file), "q p");
    shmcol_close(file);
}

/* A string column written with such options: its type. */
static shmcol_status written_as(const char *const *modes, uint32_t n, int level, shmcol_type *type,
                                int *compressed)
{
    static int32_t offsets[1001];
    static char bytes[2000];
    const void *buffers[] = {NULL, offsets, bytes};
    const char *path = support_path("modes.shmcol");
    struct ArrowArrayStream stream;
    arrow_hand_table table;
    shmcol_error err = SHMCOL_ERROR_INIT;
    shmcol_writer_options options = SHMCOL_WRITER_OPTIONS_INIT;
    memset(bytes, 'x', sizeof bytes);
    for (int i = 0; i <= 1000; i++)
        offsets[i] = 2 * i;
    arrow_hand_table_make(&table, "u", 0);
    arrow_hand_batch(&table, 1000, 0, 3, buffers);
    shmcol_file *file;
    const char *plain = support_path("plain.shmcol");
    options.overwrite = 1;
    arrow_ok(arrow_hand_write(&table, plain, &err), &err);
    shmcol_file *source = arrow_open(plain);
    arrow_ok(shmcol_export_stream(source, NULL, 0, 0, 0, &stream, &err), &err);
    shmcol_close(source);
    options.dictionary = modes;
    options.n_dictionary = n;
    options.zstd_level = level;
    shmcol_status status = shmcol_write_stream(path, &stream, &options, &err);
    stream.release(&stream);
    remove(plain);
    if (status != SHMCOL_OK)
        return status;
    shmcol_open_options how = SHMCOL_OPEN_OPTIONS_INIT;
    how.flags = SHMCOL_OPEN_COPY;
    shmcol_file_info info = SHMCOL_FILE_INFO_INIT;
    shmcol_column_info column = SHMCOL_COLUMN_INFO_INIT;
    arrow_ok(shmcol_open(path, &how, &file, &err), &err);
    arrow_ok(shmcol_get_info(file, &info, &err), &err);
    arrow_ok(shmcol_get_column(file, 0, &column, &err), &err);
    *type = column.type;
    *compressed = info.compressed;
    shmcol_close(file);
    return SHMCOL_OK;
}

/* The column of arrow_hand_table has the name "x". */
static void strings_become_what_the_options_say(void **state)
{
    (void)state;
    static const struct {
        const char *modes[2];
        uint32_t n;
        shmcol_type type;
    } cases[] = {{{NULL}, 0, SHMCOL_STRING},
                 {{"never"}, 1, SHMCOL_STRING},
                 {{"always"}, 1, SHMCOL_DICTIONARY},
                 {{"auto"}, 1, SHMCOL_DICTIONARY},
                 {{"x=always"}, 1, SHMCOL_DICTIONARY},
                 {{"always", "never"}, 2, SHMCOL_STRING},
                 {{"x=always", "never"}, 2, SHMCOL_DICTIONARY},
                 {{"always", "x=never"}, 2, SHMCOL_STRING}};
    shmcol_type type;
    int compressed;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        arrow_ok(written_as(cases[i].modes, cases[i].n, 0, &type, &compressed), NULL);
        assert_int_equal(type, cases[i].type);
        assert_int_equal(compressed, 0);
    }
    static const char *const wrong[] = {"x=perhaps"}, *const none[] = {""},
                             *const nobody[] = {"never", "y=always"};
    assert_int_equal(written_as(nobody, 2, 0, &type, &compressed), SHMCOL_ERR_NO_COLUMN);
    assert_int_equal(written_as(wrong, 1, 0, &type, &compressed), SHMCOL_ERR_INVALID_ARGUMENT);
    assert_int_equal(written_as(none, 1, 0, &type, &compressed), SHMCOL_ERR_INVALID_ARGUMENT);
    assert_int_equal(written_as(NULL, 0, 3, &type, &compressed), SHMCOL_OK);
    assert_int_equal(compressed, 1);
    assert_int_equal(written_as(NULL, 0, 99, &type, &compressed), SHMCOL_ERR_INVALID_ARGUMENT);
}

static int stop_at(void *arg, uint64_t done, uint64_t total)
{
    int *left = arg;
    assert_true(done <= total);
    return --*left < 0;
}

/* Stopped at every place where it can be: nothing appears, compressed or not, until it is let run.
 */
static void writing_can_be_cancelled(void **state)
{
    (void)state;
    for (int level = 0; level <= 3; level += 3) {
        int calls = 0;
        const char *path = support_path("cancelled.shmcol");
        for (shmcol_status status = SHMCOL_ERR_CANCELLED; status != SHMCOL_OK; calls++) {
            int left = calls;
            shmcol_error err = SHMCOL_ERROR_INIT;
            struct ArrowArrayStream stream;
            shmcol_file *source = arrow_open(SOURCE_DIR "/spec/corpus/good/columns-200.shmcol");
            arrow_ok(shmcol_export_stream(source, NULL, 0, 1, 0, &stream, &err), &err);
            shmcol_close(source);
            shmcol_writer_options options = SHMCOL_WRITER_OPTIONS_INIT;
            options.zstd_level = level;
            options.threads = 1;
            options.progress = stop_at;
            options.progress_arg = &left;
            status = shmcol_write_stream(path, &stream, &options, &err);
            stream.release(&stream);
            assert_true(status == SHMCOL_OK || status == SHMCOL_ERR_CANCELLED);
            FILE *file = fopen(path, "rb");
            assert_int_equal(file != NULL, status == SHMCOL_OK);
            if (file != NULL)
                fclose(file);
        }
        assert_true(calls > 4); /* two batches, their end, and the blocks */
        remove(path);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(indices_of_every_kind),
        cmocka_unit_test(indices_outside_the_dictionary_are_refused),
        cmocka_unit_test(nulls_and_duplicates_among_the_values),
        cmocka_unit_test(dictionaries_of_many_batches),
        cmocka_unit_test(an_ordered_dictionary_does_not_grow),
        cmocka_unit_test(growing_dictionaries_keep_the_bound),
        cmocka_unit_test(a_writer_of_ones_own_takes_dictionaries),
        cmocka_unit_test(an_ordered_dictionary_comes_with_the_first_batch),
        cmocka_unit_test(a_batch_without_rows_gives_the_dictionary),
        cmocka_unit_test(strings_become_what_the_options_say),
        cmocka_unit_test(writing_can_be_cancelled),
    };
    return cmocka_run_group_tests(tests, support_begin, support_end);
}
