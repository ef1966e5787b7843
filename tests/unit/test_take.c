/* Rows at random: every good file of the corpus, and a table of parts, against a loop over the
 * rows. */
#include <stdbool.h>

#include "table_support.h"

enum { ROWS = 700 /* more than two blocks */ };

static uint64_t state = 12345;

static uint64_t dice(uint64_t below)
{
    state = state * 6364136223846793005u + 1442695040888963407u;
    return (state >> 33) % below;
}

/* Makes rows in any order; with `missing` some are -1. */
static void choose(const shmcol_file *file, bool missing, int64_t *rows, uint64_t n)
{
    const uint64_t all = shmcol_rows(file);
    for (uint64_t i = 0; i < n; i++)
        rows[i] = missing && (all == 0 || dice(5) == 0) ? -1 : (int64_t)dice(all);
}

static bool bit(const uint8_t *bits, uint64_t i)
{
    return (bits[i / 8] >> (i % 8) & 1) != 0;
}

static bool is_valid_row(const uint8_t *validity, int64_t row)
{
    return row >= 0 && shmcol_is_valid(validity, (uint64_t)row);
}

static void check_bits(const uint8_t *validity, const int64_t *rows, uint64_t n, const uint8_t *got)
{
    for (uint64_t i = 0; i < n; i++)
        assert_int_equal(bit(got, i), is_valid_row(validity, rows[i]));
    for (uint64_t i = n; i < (n + 7) / 8 * 8; i++)
        assert_false(bit(got, i));
}

/* ---- fixed widths ---- */

static void check_values(shmcol_file *file, uint32_t column, const shmcol_column_info *info,
                         const shmcol_take_options *options)
{
    const uint8_t *values, *validity;
    const uint64_t n = options->n;
    uint8_t *out = malloc(n * info->width + 1), *bits = malloc(n / 8 + 2);
    out[n * info->width] = 77;
    bits[(n + 7) / 8] = 77;
    assert_int_equal(shmcol_values(file, column, (const void **)&values, &validity, NULL),
                     SHMCOL_OK);
    assert_int_equal(shmcol_take_with(file, column, options, out, bits, NULL), SHMCOL_OK);
    for (uint64_t i = 0; i < n; i++)
        if (options->rows[i] >= 0)
            assert_memory_equal(out + i * info->width,
                                values + (uint64_t)options->rows[i] * info->width, info->width);
    check_bits(validity, options->rows, n, bits);
    assert_int_equal(out[n * info->width], 77);
    assert_int_equal(bits[(n + 7) / 8], 77);
    free(out);
    free(bits);
}

/* ---- texts and lists ---- */

static void take_twice(shmcol_file *file, uint32_t column, const shmcol_take_options *options,
                       shmcol_taken *t)
{
    shmcol_error err = SHMCOL_ERROR_INIT;
    *t = (shmcol_taken)SHMCOL_TAKEN_INIT;
    t->offsets = malloc((options->n + 1) * sizeof *t->offsets);
    t->validity = malloc(options->n / 8 + 1);
    assert_int_equal(shmcol_take_strings(file, column, options, t, NULL), SHMCOL_OK);
    t->string_capacity = t->n_elements + 1;
    t->string_offsets = malloc(t->string_capacity * sizeof *t->string_offsets);
    t->capacity = t->data_length;
    t->data = malloc(t->capacity + 1);
    ((uint8_t *)t->data)[t->capacity] = 77;
    if (t->capacity > 0) {
        t->capacity--;
        assert_int_equal(shmcol_take_strings(file, column, options, t, &err),
                         SHMCOL_ERR_INVALID_ARGUMENT);
        t->capacity++;
        assert_int_equal(t->data_length, t->capacity);
    }
    if (shmcol_take_strings(file, column, options, t, &err) != SHMCOL_OK)
        fail_msg("%s", err.message);
    assert_int_equal(t->data_length, t->capacity);
    assert_int_equal(((uint8_t *)t->data)[t->capacity], 77);
}

static void free_taken(shmcol_taken *t)
{
    free(t->offsets);
    free(t->validity);
    free(t->string_offsets);
    free(t->data);
}

static void check_texts(shmcol_file *file, uint32_t column, const shmcol_take_options *options)
{
    shmcol_taken t;
    take_twice(file, column, options, &t);
    for (uint64_t i = 0; i < options->n; i++) {
        const char *data = NULL;
        uint64_t length = 0;
        if (options->rows[i] >= 0)
            assert_int_equal(
                shmcol_string_row(file, column, (uint64_t)options->rows[i], &data, &length, NULL),
                SHMCOL_OK);
        assert_int_equal(bit(t.validity, i), data != NULL);
        assert_int_equal(t.offsets[i + 1] - t.offsets[i], length);
        if (length != 0)
            assert_memory_equal((char *)t.data + t.offsets[i], data, length);
    }
    assert_int_equal(t.offsets[options->n], t.data_length);
    free_taken(&t);
}

/* Compares element `e` of a list with element `at` of what was taken. */
static void check_element(const shmcol_list *list, uint64_t e, const shmcol_taken *t, uint64_t at)
{
    const char *data;
    uint64_t length;
    if (list->element_width != 0) {
        assert_memory_equal((char *)t->data + at * list->element_width,
                            (const char *)list->elements + e * list->element_width,
                            list->element_width);
        return;
    }
    assert_int_equal(shmcol_string_at(&list->strings, e, &data, &length), SHMCOL_OK);
    assert_int_equal(t->string_offsets[at + 1] - t->string_offsets[at], length);
    if (length != 0)
        assert_memory_equal((char *)t->data + t->string_offsets[at], data, length);
}

static void check_lists(shmcol_file *file, uint32_t column, const shmcol_take_options *options)
{
    const uint8_t *validity;
    shmcol_taken t;
    take_twice(file, column, options, &t);
    assert_int_equal(shmcol_validity(file, column, &validity, NULL), SHMCOL_OK);
    for (uint64_t i = 0; i < options->n; i++) {
        shmcol_list list = SHMCOL_LIST_INIT;
        uint64_t first = 0, length = 0;
        if (options->rows[i] >= 0)
            assert_int_equal(shmcol_list_row(file, column, (uint64_t)options->rows[i], &list,
                                             &first, &length, NULL),
                             SHMCOL_OK);
        assert_int_equal(t.offsets[i + 1] - t.offsets[i], length);
        for (uint64_t k = 0; k < length; k++)
            check_element(&list, first + k, &t, (uint64_t)t.offsets[i] + k);
    }
    check_bits(validity, options->rows, options->n, t.validity);
    assert_int_equal(t.offsets[options->n], t.n_elements);
    free_taken(&t);
}

/* ---- all columns ---- */

static void check_column(shmcol_file *file, uint32_t column, const shmcol_take_options *options)
{
    shmcol_column_info info = SHMCOL_COLUMN_INFO_INIT;
    assert_int_equal(shmcol_get_column(file, column, &info, NULL), SHMCOL_OK);
    if (info.type == SHMCOL_LIST) {
        check_lists(file, column, options);
    } else if (info.type == SHMCOL_STRING || info.type == SHMCOL_BINARY) {
        check_texts(file, column, options);
    } else {
        check_values(file, column, &info, options);
        if (info.type == SHMCOL_DICTIONARY)
            check_texts(file, column, options);
    }
}

static void check_file(shmcol_file *file)
{
    static const uint64_t sizes[] = {0, 1, 8, 257, ROWS};
    int64_t rows[ROWS];
    for (int missing = 0; missing < 2; missing++)
        for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
            shmcol_take_options options = SHMCOL_TAKE_OPTIONS_INIT;
            if (shmcol_rows(file) == 0 && !missing && sizes[s] != 0)
                continue;
            choose(file, missing != 0, rows, sizes[s]);
            options.rows = rows;
            options.n = sizes[s];
            options.flags = missing ? SHMCOL_TAKE_MISSING : 0;
            for (uint32_t c = 0; c < shmcol_columns(file); c++)
                check_column(file, c, &options);
        }
}

static void use_good(shmcol_file *file, void *arg)
{
    (void)arg;
    if (shmcol_columns(file) < 100)
        check_file(file);
}

/* One thread: there is nothing for the thread sanitizer to find, which takes half a minute. */
static void every_type(void **unused)
{
    (void)unused;
#ifdef __SANITIZE_THREAD__
    skip();
#endif
    assert_true(each_corpus("good", use_good, NULL) > 100);
}

static void a_table_of_parts(void **unused)
{
    (void)unused;
    growing g = table_of_three("parts");
    shmcol_file *table = table_open(&g);
    check_file(table);
    shmcol_close(table);
}

/* Any number of threads gives the same bytes, as many as pay (0) too. */
static void many_threads(void **unused)
{
    (void)unused;
#ifdef __SANITIZE_THREAD__
    enum { N = 200003 }; /* a million rows take half a minute there */
#else
    enum { N = (1 << 20) + 200003 };
#endif
    growing g = table_of_three("threads");
    shmcol_file *table = table_open(&g);
    int64_t *rows = malloc(N * sizeof *rows), *one = malloc(N * sizeof *one),
            *more = malloc(N * sizeof *more);
    uint8_t *bits = malloc(N / 8 + 1), *other = malloc(N / 8 + 1);
    shmcol_take_options options = SHMCOL_TAKE_OPTIONS_INIT;
    choose(table, true, rows, N);
    options.rows = rows;
    options.n = N;
    options.flags = SHMCOL_TAKE_MISSING;
    options.threads = 1;
    assert_int_equal(shmcol_take_with(table, 0, &options, one, bits, NULL), SHMCOL_OK);
    static const uint32_t threads[] = {0, 2, 3, 4};
    for (size_t i = 0; i < sizeof threads / sizeof *threads; i++) {
        options.threads = threads[i];
        memset(more, 0xA5, N * sizeof *more);
        memset(other, 0xA5, N / 8 + 1);
        assert_int_equal(shmcol_take_with(table, 0, &options, more, other, NULL), SHMCOL_OK);
        assert_memory_equal(one, more, N * sizeof *one);
        assert_memory_equal(bits, other, N / 8 + 1);
    }
    free(rows);
    free(one);
    free(more);
    free(bits);
    free(other);
    shmcol_close(table);
}

/* ---- wrong calls ---- */

static void rows_outside(void **unused)
{
    (void)unused;
    static const int64_t wrong[] = {-1, -2, INT64_MIN, 3 * ZONE + 1000, INT64_MAX};
    growing g = table_of_three("outside");
    shmcol_file *table = table_open(&g);
    shmcol_error err = SHMCOL_ERROR_INIT;
    shmcol_take_options options = SHMCOL_TAKE_OPTIONS_INIT;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        int64_t rows[] = {0, 3 * ZONE + 999, wrong[i], 1}, out[4] = {9, 9, 9, 9};
        uint8_t bits = 9;
        assert_int_equal(shmcol_take(table, 0, rows, 4, out, &bits, &err), SHMCOL_ERR_OUT_OF_RANGE);
        assert_int_equal(err.row, wrong[i]);
        assert_non_null(strstr(err.message, "number 2 of the rows"));
        assert_non_null(strstr(err.message, "197608"));
        assert_true(out[0] == 9 && bits == 9);
        options.rows = rows;
        options.n = 4;
        options.flags = SHMCOL_TAKE_MISSING;
        assert_int_equal(shmcol_take_with(table, 0, &options, out, &bits, &err),
                         wrong[i] == -1 ? SHMCOL_OK : SHMCOL_ERR_OUT_OF_RANGE);
    }
    shmcol_close(table);
}

static void nulls_without_a_place(void **unused)
{
    (void)unused;
    growing g = table_of_three("nulls");
    shmcol_file *table = table_open(&g);
    shmcol_take_options options = SHMCOL_TAKE_OPTIONS_INIT;
    shmcol_error err = SHMCOL_ERROR_INIT;
    int64_t rows[] = {0, -1}, out[2];
    float floats[2];
    assert_int_equal(shmcol_take(table, 0, rows, 1, out, NULL, &err), SHMCOL_ERR_HAS_NULLS);
    options.rows = rows;
    options.n = 2;
    options.flags = SHMCOL_TAKE_MISSING;
    assert_int_equal(shmcol_take_with(table, 1, &options, floats, NULL, &err), SHMCOL_OK);
    assert_true(floats[0] == 0 && floats[1] != floats[1]);
    shmcol_close(table);
    table = open_corpus("good/ids");
    options.rows = rows + 1;
    options.n = 1;
    for (uint32_t c = 0; c < shmcol_columns(table); c++) {
        shmcol_column_info info = SHMCOL_COLUMN_INFO_INIT;
        uint8_t value[64];
        assert_int_equal(shmcol_get_column(table, c, &info, NULL), SHMCOL_OK);
        if (info.type == SHMCOL_INT64)
            assert_int_equal(shmcol_take_with(table, c, &options, value, NULL, &err),
                             SHMCOL_ERR_HAS_NULLS);
    }
    shmcol_close(table);
}

static void wrong_arguments(void **unused)
{
    (void)unused;
    growing g = table_of_three("wrong");
    shmcol_file *table = table_open(&g);
    shmcol_take_options options = SHMCOL_TAKE_OPTIONS_INIT;
    shmcol_taken taken = SHMCOL_TAKEN_INIT;
    int64_t row = 0, out;
    uint8_t bits;
    options.rows = &row;
    options.n = 1;
    assert_int_equal(shmcol_take(table, 3, &row, 1, &out, &bits, NULL), SHMCOL_ERR_NO_COLUMN);
    assert_int_equal(shmcol_take(table, 2, &row, 1, &out, &bits, NULL), SHMCOL_ERR_WRONG_TYPE);
    assert_int_equal(shmcol_take(table, 0, NULL, 1, &out, &bits, NULL),
                     SHMCOL_ERR_INVALID_ARGUMENT);
    assert_int_equal(shmcol_take(table, 0, &row, 1, NULL, &bits, NULL),
                     SHMCOL_ERR_INVALID_ARGUMENT);
    assert_int_equal(shmcol_take(table, 0, NULL, 0, NULL, NULL, NULL), SHMCOL_OK);
    assert_int_equal(shmcol_take_strings(table, 2, &options, &taken, NULL),
                     SHMCOL_ERR_INVALID_ARGUMENT); /* no offsets */
    int64_t offsets[2];
    taken.offsets = offsets;
    taken.validity = &bits;
    assert_int_equal(shmcol_take_strings(table, 0, &options, &taken, NULL), SHMCOL_ERR_WRONG_TYPE);
    options.flags = 2;
    assert_int_equal(shmcol_take_strings(table, 2, &options, &taken, NULL),
                     SHMCOL_ERR_INVALID_ARGUMENT);
    shmcol_close(table);
}

/* ---- a file that is cut short while it is read ---- */

enum { CUT_ROWS = 300003 /* several tasks, of which the last one meets the end */ };

typedef struct guarded {
    const shmcol_file *file;
    uint32_t column;
    const int64_t *rows;
    shmcol_status status;
    shmcol_error err;
} guarded;

static int64_t guarded_out[CUT_ROWS], guarded_offsets[CUT_ROWS + 1];
static uint8_t guarded_text[CUT_ROWS * 8], guarded_bits[CUT_ROWS / 8 + 1];

static void take_guarded(void *arg)
{
    guarded *g = arg;
    shmcol_take_options options = SHMCOL_TAKE_OPTIONS_INIT;
    options.rows = g->rows;
    options.n = CUT_ROWS;
    options.threads = 4; /* it is one: a fault of another thread would not be the guard's */
    g->status = shmcol_take_with(g->file, g->column, &options, guarded_out, guarded_bits, &g->err);
}

static void take_texts_guarded(void *arg)
{
    guarded *g = arg;
    shmcol_take_options options = SHMCOL_TAKE_OPTIONS_INIT;
    shmcol_taken taken = SHMCOL_TAKEN_INIT;
    options.rows = g->rows;
    options.n = CUT_ROWS;
    taken.offsets = guarded_offsets;
    taken.validity = guarded_bits;
    taken.data = guarded_text;
    taken.capacity = sizeof guarded_text;
    g->status = shmcol_take_strings(g->file, g->column, &options, &taken, &g->err);
}

/* A fault ends in FAULT, of the guard or, where memory is held, of the call; nothing is lost. */
static void cut_short(void **unused)
{
    (void)unused;
    growing made = table_of_three("cut");
    shmcol_file *table = table_open(&made);
    int64_t *rows = malloc(CUT_ROWS * sizeof *rows);
    for (uint64_t i = 0; i < CUT_ROWS; i++)
        rows[i] = (int64_t)(dice(ZONE) + (i < CUT_ROWS - 10 ? 0 : 2 * ZONE));
    guarded g = {.file = table, .rows = rows, .err = SHMCOL_ERROR_INIT};
    static void (*const calls[])(void *) = {take_guarded, take_texts_guarded};
    for (int cut = 0; cut < 10; cut++) {
        for (uint32_t i = 0; i < 2; i++) {
            shmcol_error err = SHMCOL_ERROR_INIT;
            g.column = i == 0 ? 0 : 2;
            g.status = SHMCOL_OK;
            shmcol_status status = shmcol_guard(table, calls[i], &g, &err);
            if (cut == 0) {
                assert_int_equal(status, SHMCOL_OK);
                assert_int_equal(g.status, SHMCOL_OK);
                continue;
            }
            const shmcol_error *said = status == SHMCOL_OK ? &g.err : &err;
            assert_int_equal(status == SHMCOL_OK ? g.status : status, SHMCOL_ERR_FAULT);
            assert_int_equal(said->column, g.column);
            assert_non_null(strstr(said->path, "65536.shmcol"));
        }
        assert_int_equal(truncate(table_part(&made, ZONE), ZONE), 0);
    }
    free(rows);
    shmcol_close(table);
}

/* ---- damaged files: a status, and no access outside ---- */

static void take_damaged(shmcol_file *file, uint32_t column, unsigned *refused)
{
    const uint64_t n = shmcol_rows(file) < 300 ? shmcol_rows(file) : 300;
    int64_t rows[300], offsets[301];
    uint8_t bits[40];
    shmcol_take_options options = SHMCOL_TAKE_OPTIONS_INIT;
    shmcol_taken taken = SHMCOL_TAKEN_INIT;
    for (uint64_t i = 0; i < n; i++)
        rows[i] = (int64_t)i;
    options.rows = rows;
    options.n = n;
    taken.offsets = offsets;
    taken.validity = bits;
    shmcol_status status = shmcol_take_strings(file, column, &options, &taken, NULL);
    if (status == SHMCOL_OK && taken.data_length < 1 << 20) {
        taken.capacity = taken.data_length;
        taken.data = malloc(taken.capacity + 1);
        taken.string_capacity = taken.n_elements + 1;
        taken.string_offsets = malloc(taken.string_capacity * 8);
        assert_int_equal(shmcol_take_strings(file, column, &options, &taken, NULL), SHMCOL_OK);
        free(taken.data);
        free(taken.string_offsets);
    }
    *refused += status == SHMCOL_ERR_OFFSETS || status == SHMCOL_ERR_CODES;
    shmcol_column_info info = SHMCOL_COLUMN_INFO_INIT;
    if (shmcol_get_column(file, column, &info, NULL) == SHMCOL_OK && info.width != 0) {
        uint8_t *out = malloc(n * info.width + 1);
        (void)shmcol_take(file, column, rows, n, out, bits, NULL);
        free(out);
    }
}

static void use_bad(shmcol_file *file, void *refused)
{
    for (uint32_t c = 0; c < shmcol_columns(file); c++)
        take_damaged(file, c, refused);
}

static void damaged_files(void **unused)
{
    (void)unused;
    unsigned refused = 0;
    each_corpus("bad", use_bad, &refused);
    assert_true(refused > 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_type),
        cmocka_unit_test(a_table_of_parts),
        cmocka_unit_test(many_threads),
        cmocka_unit_test(rows_outside),
        cmocka_unit_test(nulls_without_a_place),
        cmocka_unit_test(wrong_arguments),
        cmocka_unit_test(cut_short),
        cmocka_unit_test(damaged_files),
    };
    return cmocka_run_group_tests(tests, support_begin, support_end);
}
