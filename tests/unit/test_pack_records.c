/* Records that are declared, as a library call: escapes, quotes behind spaces, names, columns by
 * place, the first rows (C-85, C-90 … C-93). */
#include <stdio.h>
#include <string.h>

#include "csv_support.h"

static const shmcol_csv_options plain = SHMCOL_CSV_OPTIONS_INIT;
#define N(list) (sizeof(list) / sizeof *(list))

static const uint64_t windows[] = {0, 1, 2, 3, 7, 64};

/* Expects the rows for every window and one to three threads. */
static void expect(const char *text, shmcol_csv_options o, const char *rows)
{
    for (size_t i = 0; i < N(windows); i++)
        for (o.threads = 1; o.threads <= 3; o.threads++) {
            o.window = windows[i];
            csv_expect(text, &o, rows);
        }
}

static void expect_error(const char *text, shmcol_csv_options o, shmcol_status status,
                         const char *rule, const char *place)
{
    for (size_t i = 0; i < N(windows); i++) {
        o.window = windows[i];
        csv_expect_error(text, &o, status, rule, place);
    }
}

/* ---- C-85 ---- */

static void test_escape(void **state)
{
    (void)state;
    shmcol_csv_options o = plain;
    o.escape = '\\';
    expect("a,b\n1,\"say \\\"hi\\\" now\"\n2,a\\,b\n3,\\\\\n4,\\N\n5,\\\"q\\\"\n6,\"x\"\"y\"\n", o,
           "a:int64,b:string\n1,say \"hi\" now\n2,a,b\n3,\\\n4,\\N\n5,\"q\"\n6,x\"y\n");
    expect("a\\,b,c\n\\1,x\\\r\ny\n2,\"\\\n\"\n", o,
           "a,b:string,c:string\n\\1,x\r\ny\n2,\n\n"); /* names, line ends */
    expect("a,b\r\n1,x\\\\\r\n\r\n2,\\\r\n\r\n", o, "a:int64,b:string\n1,x\\\n2,\r\n\n");
    expect("a,b\n1,x\\", o, "a:int64,b:string\n1,x\\\n"); /* at the end of the input */
    expect("a,b\n1,x\\\n", o, "a:int64,b:string\n1,x\n\n");
    expect("a,b\n1,\\\\\\", o, "a:int64,b:string\n1,\\\\\n");
}

static void test_escape_errors(void **state)
{
    (void)state;
    shmcol_csv_options o = plain;
    o.escape = '\\';
    expect_error("a,b\n1,\"x\\\"\n", o, SHMCOL_ERR_CSV_UNCLOSED_QUOTE, "C-7", "2:3");
    expect_error("a,b\n1,\"x\"\\y\n", o, SHMCOL_ERR_CSV_AFTER_QUOTE, "C-7", "2:6");
    expect_error("a,b\n1,x\\\ry\n", o, SHMCOL_ERR_CSV_CARRIAGE_RETURN, "C-6", "2:5");
    expect_error("a,b\n1,x\\\r", o, SHMCOL_ERR_CSV_CARRIAGE_RETURN, "C-6", "2:5");
    expect_error("a,b\n1,2\n\\,\n", o, SHMCOL_ERR_CSV_RAGGED, "C-11", "3:1");
    expect_error("a,b\n1,2\n\\\n\n", o, SHMCOL_ERR_CSV_RAGGED, "C-11", "3:1"); /* no blank line */
    o.on_error = SHMCOL_ON_ERROR_SKIP;
    expect("a,b\n1,\"x\"y\\,z\\\nw\n2,u\n3,\\\r4\n", o, "a:int64,b:string\n2,u\n");
}

static void test_escape_and_others(void **state)
{
    (void)state;
    static const char *const nulls[] = {"\\N"};
    shmcol_csv_options o = plain;
    o.escape = '\\';
    o.nulls = nulls;
    o.n_nulls = 1;
    expect("a,b\n\\N,\\N\n1,x\n", o, "a:int64,b:dictionary\n~,~\n1,x\n");
    o = plain;
    o.escape = '\\';
    o.comment = '#';
    expect("#\\\na,b\n1,2\n#x\\\n\\#3,4\n#\\", o, "a:string,b:int64\n1,2\n\\#3,4\n");
    o = plain;
    o.escape = '\\';
    o.no_quote = 1;
    expect("a,b\n1,\"x\\\"\\,\n", o, "a:int64,b:string\n1,\"x\\\",\n");
    o = plain;
    o.escape = '^';
    o.quote = '\'';
    o.delimiter = ';';
    expect("a;b\n1;'x^''\n2;^;\n", o, "a:int64,b:string\n1,x'\n2,;\n");
}

static void test_escape_characters(void **state)
{
    (void)state;
    static const struct {
        char escape, quote, delimiter, comment;
    } bad[] = {{'"', 0, 0, 0},        {'a', 0, 0, 0},  {'7', 0, 0, 0},  {'+', 0, 0, 0},
               {'.', 0, 0, 0},        {'-', 0, 0, 0},  {'\n', 0, 0, 0}, {'\r', 0, 0, 0},
               {(char)0xc3, 0, 0, 0}, {' ', 0, 0, 0},  {'\t', 0, 0, 0}, {',', 0, ',', 0},
               {'\'', '\'', 0, 0},    {'#', 0, 0, '#'}};
    for (size_t i = 0; i < N(bad); i++) {
        shmcol_csv_options o = plain;
        o.escape = bad[i].escape;
        o.quote = bad[i].quote;
        o.delimiter = bad[i].delimiter;
        o.comment = bad[i].comment;
        csv_expect_error("a,b\n1,2\n", &o, SHMCOL_ERR_INVALID_ARGUMENT, "C-19", "");
    }
}

/* ---- C-90 ---- */

static void test_quotes_behind_spaces(void **state)
{
    (void)state;
    shmcol_csv_options o = plain;
    expect("a, b\n1, x\"y\"\n2, \"z\"\n", o, "a:int64, b:string\n1, x\"y\"\n2, \"z\"\n");
    o.trim = 1;
    expect("a, b\n1, \"x, y\"\n2,\t \" z\nw\"\n \"3\", \"u\"\"v\"\n", o,
           "a:int64,b:string\n1,x, y\n2, z\nw\n3,u\"v\n");
    expect("a, \"b,c\"\n1, \"\"\n2,  \n", o, "a:int64,b,c:dictionary\n1,\n2,~\n");
    expect_error("a, b\n1, \"x\" \n", o, SHMCOL_ERR_CSV_AFTER_QUOTE, "C-7", "2:7");
    expect_error("a, b\n1,  \"x\n", o, SHMCOL_ERR_CSV_UNCLOSED_QUOTE, "C-7", "2:5");
    o.escape = '\\';
    expect("a, b\n1, \\\"x \n2, \"\\\"\"\n", o, "a:int64,b:string\n1,\"x\n2,\"\n");
    o.escape = 0;
    o.delimiter = '\t';
    expect("a\tb\n1\t\"x\ty\"\n2\t \"z\"\n", o, "a:int64,b:string\n1,x\ty\n2,z\n");
}

/* ---- C-91 ---- */

static void test_names(void **state)
{
    (void)state;
    static const char *const xy[] = {"x", "y z"}, *const twice[] = {"x", "x"},
                             *const empty[] = {"x", ""}, *const wrong[] = {"x", "\xff"};
    shmcol_csv_options o = plain;
    o.names = xy;
    o.n_names = 2;
    expect("1,2\n3,4\n", o, "x:int64,y z:int64\n1,2\n3,4\n");
    csv_expect_error("1,2,3\n", &o, SHMCOL_ERR_INVALID_ARGUMENT, "C-91", "");
    csv_expect_error("\n\n", &o, SHMCOL_ERR_INVALID_ARGUMENT, "C-91", "");
    csv_packed p = csv_pack("# \n\nx,\"y z\"\n3,4\n", &o);
    assert_int_equal(p.status, SHMCOL_ERR_INVALID_ARGUMENT);
    csv_free(&p);
    o.comment = '#';
    p = csv_pack("# \n\nx,\"y z\"\n3,4\n", &o);
    assert_string_equal(p.rows, "x:string,y z:string\nx,y z\n3,4\n");
    assert_string_equal(p.report->warnings[0], "the first record has the names of the columns: it "
                                               "looks like a header; --skip-lines 3 leaves it out");
    csv_free(&p);
    o.skip_rows = 1;
    p = csv_pack("# \n\nx,\"y z\"\n3,4\n", &o);
    assert_int_equal(p.report->n_warnings, 0);
    csv_free(&p);
    o = plain;
    o.n_names = 2;
    o.names = twice;
    csv_expect_error("1,2\n", &o, SHMCOL_ERR_INVALID_ARGUMENT, "C-91", "");
    o.names = empty;
    csv_expect_error("1,2\n", &o, SHMCOL_ERR_INVALID_ARGUMENT, "C-91", "");
    o.names = wrong;
    csv_expect_error("1,2\n", &o, SHMCOL_ERR_INVALID_ARGUMENT, "C-91", "");
    o.n_names = 0;
    csv_expect_error("1,2\n", &o, SHMCOL_ERR_INVALID_ARGUMENT, "C-91", "");
}

/* ---- C-92 ---- */

static void test_columns(void **state)
{
    (void)state;
    static const char text[] = "a,b,!a,2\n1,2,3,4\n";
    static const struct {
        const char *entries[4];
        uint32_t n;
        shmcol_status status;
        const char *rows;
    } cases[] = {{{"b", "a"}, 2, SHMCOL_OK, "b:int64,a:int64\n2,1\n"},
                 {{"2", "1"}, 2, SHMCOL_OK, "2:int64,a:int64\n4,1\n"},
                 {{"!a", "3"}, 2, SHMCOL_ERR_INVALID_ARGUMENT, NULL},
                 {{"!a"}, 1, SHMCOL_OK, "!a:int64\n3\n"},
                 {{"!b", "!!a"}, 2, SHMCOL_OK, "a:int64,2:int64\n1,4\n"},
                 {{"!2", "!1"}, 2, SHMCOL_OK, "b:int64,!a:int64\n2,3\n"},
                 {{"!b", "a"}, 2, SHMCOL_ERR_INVALID_ARGUMENT, NULL},
                 {{"a", "!b"}, 2, SHMCOL_ERR_INVALID_ARGUMENT, NULL},
                 {{"!1", "!b", "!3", "!4"}, 4, SHMCOL_ERR_INVALID_ARGUMENT, NULL},
                 {{"a", "1"}, 2, SHMCOL_ERR_INVALID_ARGUMENT, NULL},
                 {{"!b", "!b"}, 2, SHMCOL_ERR_INVALID_ARGUMENT, NULL},
                 {{"5"}, 1, SHMCOL_ERR_NO_COLUMN, NULL},
                 {{"0"}, 1, SHMCOL_ERR_NO_COLUMN, NULL},
                 {{"03"}, 1, SHMCOL_ERR_NO_COLUMN, NULL},
                 {{"+3"}, 1, SHMCOL_ERR_NO_COLUMN, NULL},
                 {{"18446744073709551617"}, 1, SHMCOL_ERR_NO_COLUMN, NULL},
                 {{"!x"}, 1, SHMCOL_ERR_NO_COLUMN, NULL},
                 {{"!"}, 1, SHMCOL_ERR_NO_COLUMN, NULL},
                 {{""}, 1, SHMCOL_ERR_NO_COLUMN, NULL}};
    for (size_t i = 0; i < N(cases); i++) {
        shmcol_csv_options o = plain;
        o.columns = cases[i].entries;
        o.n_columns = cases[i].n;
        csv_packed p = csv_pack(text, &o);
        assert_int_equal(p.status, cases[i].status);
        if (p.status == SHMCOL_OK)
            assert_string_equal(p.rows, cases[i].rows);
        csv_free(&p);
    }
}

/* ---- C-93 ---- */

static shmcol_csv_options rows_of(uint64_t skip, uint64_t limit)
{
    shmcol_csv_options o = plain;
    o.skip_rows = skip;
    o.limit = limit;
    o.has_limit = limit != UINT64_MAX;
    return o;
}

static void test_rows(void **state)
{
    (void)state;
    static const char text[] = "a,b\n1,2\n\n3,\"4\n\"\n5,6\n7,8";
    expect(text, rows_of(0, 2), "a:int64,b:string\n1,2\n3,4\n\n");
    expect(text, rows_of(2, UINT64_MAX), "a:int64,b:int64\n5,6\n7,8\n");
    expect(text, rows_of(1, 2), "a:int64,b:string\n3,4\n\n5,6\n");
    expect(text, rows_of(3, 9), "a:int64,b:int64\n7,8\n");
    expect(text, rows_of(0, 0), "a:string,b:string\n");
    expect(text, rows_of(9, 0), "a:string,b:string\n");
    expect(text, rows_of(UINT64_MAX, UINT64_MAX), "a:string,b:string\n");
    shmcol_csv_options o = rows_of(1, 1);
    o.no_header = 1;
    expect("\n1,2\n3,4\n5,6\n", o, "column_1:int64,column_2:int64\n3,4\n");
    expect("a\n\n1\n", rows_of(1, 1), "a:int64\n1\n"); /* one column: a blank line is a record */
    csv_packed p = csv_pack(text, &(shmcol_csv_options){.size = sizeof o, .skip_rows = 5});
    assert_string_equal(p.report->warnings[0],
                        "the table has 0 rows: --skip-rows leaves out 4 records");
    csv_free(&p);
}

/* Errors behind the limit do not count, those of left-out records do. */
static void test_rows_and_errors(void **state)
{
    (void)state;
    static const char bad[] = "a,b\n1,2\n3\n4,5\n6,7\n8,\"x\n";
    expect(bad, rows_of(0, 1), "a:int64,b:int64\n1,2\n");
    expect_error(bad, rows_of(0, 2), SHMCOL_ERR_CSV_RAGGED, "C-11", "3:1");
    expect_error(bad, rows_of(3, 1), SHMCOL_ERR_CSV_RAGGED, "C-11", "3:1");
    expect_error("a,b\n#\n#\\\xff,2\n3,4\n", rows_of(2, 1), SHMCOL_ERR_CSV_RAGGED, "C-11", "2:1");
    shmcol_csv_options o = rows_of(1, UINT64_MAX);
    o.types = "b=int64";
    expect("a,b\nx,y\n1,2\n", o, "a:int64,b:int64\n1,2\n"); /* no values */
    o = rows_of(1, 2);
    o.on_error = SHMCOL_ON_ERROR_SKIP;
    o.types = "b=int64";
    o.rejects = csv_path("rejects");
    o.overwrite = 1;
    csv_packed p = csv_pack("a,b\nr1\n0,x\nr2\n1,2\n3,y\n4,5\nr3\n6,\"", &o);
    assert_string_equal(p.rows, "a:int64,b:int64\n1,2\n4,5\n");
    assert_int_equal(p.report->rejected, 3);
    csv_free(&p);
    char kept[64] = {0};
    FILE *file = fopen(csv_path("rejects"), "r");
    assert_int_equal(fread(kept, 1, sizeof kept - 1, file), 10);
    fclose(file);
    assert_string_equal(kept, "r1\nr2\n3,y\n");
    o.skip_rows = 9;
    csv_expect_error("a,b\nr1\nr2\n", &o, SHMCOL_ERR_CSV_RAGGED, "C-11", "2:1"); /* C-17 */
}

static void test_rows_of_several_inputs(void **state)
{
    (void)state;
    const char *paths[3];
    char place[3][256];
    static const char *const texts[] = {"a,b\n1,2\n3,4\n", "a,b\n5,6", "a,b\n7,8\n9,x\n"};
    for (size_t i = 0; i < 3; i++) {
        char name[] = {'p', (char)('0' + i), 0};
        strcpy(place[i], csv_write(name, texts[i], strlen(texts[i])));
        paths[i] = place[i];
    }
    static const struct {
        uint64_t skip, limit;
        const char *rows;
    } cases[] = {{1, 2, "a:int64,b:int64\n3,4\n5,6\n"},
                 {2, 2, "a:int64,b:int64\n5,6\n7,8\n"},
                 {0, 4, "a:int64,b:int64\n1,2\n3,4\n5,6\n7,8\n"},
                 {3, 1, "a:int64,b:int64\n7,8\n"},
                 {4, 9, "a:int64,b:string\n9,x\n"},
                 {5, 9, "a:string,b:string\n"}};
    for (size_t i = 0; i < N(cases); i++)
        for (size_t w = 0; w < N(windows); w++) {
            shmcol_csv_options o = rows_of(cases[i].skip, cases[i].limit);
            o.window = windows[w];
            csv_packed p = csv_pack_paths(paths, 3, &o);
            assert_int_equal(p.status, SHMCOL_OK);
            assert_string_equal(p.rows, cases[i].rows);
            csv_free(&p);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_escape),
                                       cmocka_unit_test(test_escape_errors),
                                       cmocka_unit_test(test_escape_and_others),
                                       cmocka_unit_test(test_escape_characters),
                                       cmocka_unit_test(test_quotes_behind_spaces),
                                       cmocka_unit_test(test_names),
                                       cmocka_unit_test(test_columns),
                                       cmocka_unit_test(test_rows),
                                       cmocka_unit_test(test_rows_and_errors),
                                       cmocka_unit_test(test_rows_of_several_inputs)};
    return cmocka_run_group_tests(tests, support_begin, csv_end);
}
