/* Options that no input can be packed with, and options that set less than they seem to. */
#include <stdlib.h>
#include <string.h>

#include "csv_support.h"

static const shmcol_csv_options plain = SHMCOL_CSV_OPTIONS_INIT;

/* C-19, and lists that are NULL: the message names the mistake. */
static void expect_bad(const shmcol_csv_options *o, const char *what)
{
    const char *in = csv_write("in.csv", "a,b\n1,2\n", 8);
    shmcol_error err = SHMCOL_ERROR_INIT;
    unsigned entries = support_entries();
    assert_int_equal(shmcol_csv_pack(&in, 1, csv_path("none"), o, NULL, &err),
                     SHMCOL_ERR_INVALID_ARGUMENT);
    if (strstr(err.message, what) == NULL)
        fail_msg("\"%s\" is not in \"%s\"", what, err.message);
    assert_int_equal(support_entries(), entries);
}

static void test_characters(void **state)
{
    (void)state;
    shmcol_csv_options o = plain;
    for (int c = 1; c < 128; c++) {
        bool value = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                     c == '+' || c == '-' || c == '.';
        if (c == '\n' || c == '\r' || !value)
            continue;
        o = plain;
        o.delimiter = (char)c;
        expect_bad(&o, "the delimiter cannot be");
        o = plain;
        o.quote = (char)c;
        expect_bad(&o, "the quote cannot be");
        o.no_quote = 1; /* then there is none */
        csv_expect("a,b\n1,2\n", &o, "a:int64,b:int64\n1,2\n");
    }
    o = plain;
    o.delimiter = ',';
    o.decimal_comma = 1;
    expect_bad(&o, "decimal mark");
    o.delimiter = 0; /* the comma that C-10 falls back to is no mistake of the caller */
    csv_expect("a,b,c\n\"1,5\",2,3\n", &o, "a:float64,b:int64,c:int64\n1.5,2,3\n");
}

static void test_lists(void **state)
{
    (void)state;
    const char *nothing[] = {NULL};
    shmcol_csv_options o = plain;
    o.columns = nothing;
    expect_bad(&o, "columns to keep is empty");
    o.n_columns = 1;
    expect_bad(&o, "columns[0] is NULL");
    o.columns = NULL;
    expect_bad(&o, "columns is NULL");
    o = plain;
    o.n_nulls = 1;
    expect_bad(&o, "nulls is NULL");
    o.nulls = nothing;
    expect_bad(&o, "nulls[0] is NULL");
    o = plain;
    o.n_dictionary = 1;
    expect_bad(&o, "dictionary is NULL");
    o.dictionary = nothing;
    expect_bad(&o, "dictionary[0] is NULL");
    o = plain;
    o.metadata_count = 1;
    expect_bad(&o, "metadata is NULL");
    o = plain; /* empty lists set nothing */
    o.nulls = o.dictionary = nothing;
    o.types = "";
    csv_expect("a,b\n1,2\n", &o, "a:int64,b:int64\n1,2\n");
}

/* The memory bound decides the number of threads, which is never so large that they slow each other
 * down. */
static void test_threads(void **state)
{
    (void)state;
    static const struct {
        uint64_t memory;
        uint32_t asked, most;
    } cases[] = {{16u << 20, 256, 8},
                 {16u << 20, 3, 3},
                 {64u << 20, 1024, 32},
                 {UINT64_C(4) << 30, 1024, 256}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        shmcol_csv_options o = plain;
        o.memory = cases[i].memory;
        o.threads = cases[i].asked;
        csv_packed p = csv_pack("a,b\n1,2\n", &o);
        assert_int_equal(p.report->threads, cases[i].most);
        csv_free(&p);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_characters),
                                       cmocka_unit_test(test_lists),
                                       cmocka_unit_test(test_threads)};
    return cmocka_run_group_tests(tests, support_begin, csv_end);
}
