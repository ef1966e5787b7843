/* Dictionaries of tables in directories: one that grows from part to part (F-82), and the search
 * for a word in one that is not sorted. */
#include <pthread.h>

#include "table_support.h"

/* Writes a part of one dictionary column "w" with these words; row i has word i % n. */
static void add_words(growing *g, uint64_t first, uint64_t rows, const char *const *words,
                      uint32_t n)
{
    shmcol_field f = SHMCOL_FIELD_INIT;
    shmcol_column_data c = SHMCOL_COLUMN_DATA_INIT;
    shmcol_writer_options o = SHMCOL_WRITER_OPTIONS_INIT;
    shmcol_strings values = SHMCOL_STRINGS_INIT;
    shmcol_writer *w;
    int64_t *offsets = calloc(n + 1, sizeof *offsets);
    char *bytes = malloc(32 * (size_t)n + 1);
    int32_t *codes = malloc((rows + 1) * sizeof *codes);
    o.overwrite = o.no_sync = 1;
    o.alignment = ZONE;
    o.first_row = first;
    o.table_rows = first + rows;
    if (first != 0) {
        memcpy(o.table_id, g->table_id, 16);
        memcpy(o.previous_id, g->previous_id, 16);
    }
    f.name = "w";
    f.name_length = 1;
    f.type = SHMCOL_DICTIONARY;
    for (uint32_t i = 0; i < n; i++) {
        const size_t length = strlen(words[i]);
        memcpy(bytes + offsets[i], words[i], length);
        offsets[i + 1] = offsets[i] + (int64_t)length;
    }
    for (uint64_t i = 0; i < rows; i++)
        codes[i] = (int32_t)(i % n);
    values.count = n;
    values.offsets = offsets;
    values.data = bytes;
    values.data_length = (uint64_t)offsets[n];
    c.values = codes;
    c.layout = SHMCOL_STRINGS_CODES;
    c.width = 4;
    assert_int_equal(shmcol_writer_create(table_part(g, first), &f, 1, &o, &w, NULL), SHMCOL_OK);
    assert_int_equal(shmcol_writer_dictionary(w, 0, &values, 0, NULL), SHMCOL_OK);
    assert_int_equal(shmcol_writer_append(w, rows, &c, 1, NULL), SHMCOL_OK);
    assert_int_equal(shmcol_writer_commit(w, NULL), SHMCOL_OK);
    free(offsets);
    free(bytes);
    free(codes);
    table_id_of(table_part(g, first), g->previous_id);
    if (first == 0)
        table_id_of(table_part(g, 0), g->table_id);
}

static const char *const words[] = {"b", "d", "f", "a", "c", "e", "zz"};

static void note(void *arg, const shmcol_error *problem)
{
    char *text = arg;
    snprintf(text + strlen(text), 400 - strlen(text), "%s %s %.20s %d\n",
             shmcol_status_name(problem->status), problem->rule,
             strrchr(problem->path, '/') != NULL ? strrchr(problem->path, '/') + 1 : "",
             (int)problem->column);
}

/* Checks the table at all levels. At `full` it has the problems `expected`. */
static void expect_problems(const growing *g, const char *expected)
{
    shmcol_file *table = table_open(g);
    shmcol_verify_options options = SHMCOL_VERIFY_OPTIONS_INIT;
    shmcol_error err = SHMCOL_ERROR_INIT;
    char text[400] = "";
    options.problem = note;
    options.problem_arg = text;
    options.level = SHMCOL_VERIFY_CHECKSUMS;
    assert_int_equal(shmcol_verify(table, &options, &err), SHMCOL_OK);
    options.level = SHMCOL_VERIFY_FULL;
    const shmcol_status status = shmcol_verify(table, &options, &err);
    assert_int_equal(status, expected[0] != 0 ? SHMCOL_ERR_WRONG_PART : SHMCOL_OK);
    assert_string_equal(text, expected);
    shmcol_close(table);
}

static void a_dictionary_that_grows(void **state)
{
    (void)state;
    growing g = table_new("grows");
    add_words(&g, 0, ZONE, words, 3);
    add_words(&g, ZONE, ZONE, words, 3);
    add_words(&g, (uint64_t)2 * ZONE, 1000, words, 6);
    expect_problems(&g, "");
    shmcol_file *table = table_open(&g);
    shmcol_dictionary d = SHMCOL_DICTIONARY_INIT;
    const char *text;
    uint64_t length;
    assert_int_equal(shmcol_dictionary_get(table, "w", &d, NULL), SHMCOL_OK);
    assert_int_equal(d.values.count, 6);
    for (uint64_t i = 0; i < d.count; i++) {
        const uint64_t word = i < (uint64_t)2 * ZONE ? i % ZONE % 3 : (i - (uint64_t)2 * ZONE) % 6;
        assert_int_equal(shmcol_dictionary_at(&d, i, &text, &length), SHMCOL_OK);
        assert_int_equal(text[0], words[word][0]);
    }
    shmcol_close(table);
}

/* F-82: each part's dictionary begins with that of the part before. */
static void a_dictionary_that_does_not(void **state)
{
    (void)state;
    growing g = table_new("not");
    add_words(&g, 0, ZONE, words, 3);
    add_words(&g, ZONE, ZONE, words + 1, 3);
    add_words(&g, (uint64_t)2 * ZONE, ZONE, words + 1, 4);
    add_words(&g, (uint64_t)3 * ZONE, 10, words + 1, 3); /* fewer */
    expect_problems(&g, "WRONG_PART F-82 00000000000000065536 0\n"
                        "WRONG_PART F-82 00000000000000196608 0\n");
}

enum { MANY = 3000, THREADS = 4 };
static char many_texts[MANY][16];
static const char *many[MANY];

/* Searches all words, and as many that are not there. Returns the number of wrong answers. */
static void *search_all(void *arg)
{
    shmcol_dictionary d = SHMCOL_DICTIONARY_INIT;
    uintptr_t wrong = shmcol_dictionary_get(arg, "w", &d, NULL) != SHMCOL_OK || d.sorted;
    int64_t code;
    for (int64_t i = 0; i < MANY && wrong == 0; i++) {
        const uint64_t length = strlen(many[i]);
        wrong += shmcol_dictionary_code(&d, many[i], length, &code) != SHMCOL_OK || code != i;
        wrong += shmcol_dictionary_code(&d, many[i], length - 1, &code) != SHMCOL_OK || code != -1;
    }
    return (void *)wrong;
}

/* The first search in an unsorted dictionary sorts it, for all threads and all copies of it. */
static void words_in_no_order(void **state)
{
    (void)state;
    growing g = table_new("search");
    pthread_t threads[THREADS];
    for (int i = 0; i < MANY; i++) {
        many[i] = many_texts[i];
        snprintf(many_texts[i], sizeof many_texts[i], "word%06d!", i * 7919 % MANY);
    }
    add_words(&g, 0, ZONE, many, 10);
    add_words(&g, ZONE, 10, many, MANY);
    shmcol_file *table = table_open(&g), *part;
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, search_all, table), 0);
    for (int i = 0; i < THREADS; i++) {
        void *wrong;
        assert_int_equal(pthread_join(threads[i], &wrong), 0);
        assert_null(wrong);
    }
    assert_int_equal(shmcol_part(table, 1, &part, NULL), SHMCOL_OK);
    assert_null(search_all(part)); /* a file by itself */
    shmcol_dictionary a = SHMCOL_DICTIONARY_INIT, b = SHMCOL_DICTIONARY_INIT;
    assert_int_equal(shmcol_dictionary_get(table, "w", &a, NULL), SHMCOL_OK);
    assert_int_equal(shmcol_dictionary_column(table, 0, &b, NULL), SHMCOL_OK);
    assert_ptr_equal(a.order, b.order);
    int64_t code;
    a.order = NULL; /* one made by hand */
    assert_int_equal(shmcol_dictionary_code(&a, many[77], strlen(many[77]), &code), SHMCOL_OK);
    assert_int_equal(code, 77);
    shmcol_close(table);
}

typedef struct searching {
    shmcol_dictionary d;
    shmcol_status status;
} searching;

static void search_one(void *arg)
{
    searching *s = arg;
    int64_t code;
    s->status = shmcol_dictionary_code(&s->d, many[7], strlen(many[7]), &code);
}

/* A fault while words are sorted is an answer, inside a guard: what the search holds is freed. */
static void words_that_are_cut(void **state)
{
    (void)state;
    growing g = table_new("cut");
    shmcol_column_info info = SHMCOL_COLUMN_INFO_INIT;
    searching s = {.d = SHMCOL_DICTIONARY_INIT};
    shmcol_file *part;
    add_words(&g, 0, ZONE, many, MANY);
    shmcol_file *table = table_open(&g);
    assert_int_equal(shmcol_dictionary_get(table, "w", &s.d, NULL), SHMCOL_OK);
    assert_int_equal(shmcol_part(table, 0, &part, NULL), SHMCOL_OK);
    assert_int_equal(shmcol_get_column(part, 0, &info, NULL), SHMCOL_OK);
    assert_int_equal(chmod(table_part(&g, 0), 0600), 0);
    assert_int_equal(truncate(table_part(&g, 0), (off_t)info.dictionary_bytes.offset), 0);
    assert_int_equal(shmcol_guard(table, search_one, &s, NULL), SHMCOL_OK);
    assert_int_equal(s.status, SHMCOL_ERR_FAULT);
    shmcol_close(table);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_dictionary_that_grows),
        cmocka_unit_test(a_dictionary_that_does_not),
        cmocka_unit_test(words_in_no_order),
        cmocka_unit_test(words_that_are_cut),
    };
    return cmocka_run_group_tests(tests, support_begin, support_end);
}
