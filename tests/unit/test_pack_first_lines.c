/* The first lines of a CSV: how the delimiter is found (C-10), sep= lines (C-24). */
#include <stdio.h>
#include <string.h>

#include "csv_support.h"

static const shmcol_csv_options plain = SHMCOL_CSV_OPTIONS_INIT;

/* Packs a text, and compares the number of columns, the delimiter and its source. Returns the
 * first warning, "" for none; good until the next call. */
static const char *expect_delimiter(const char *text, const shmcol_csv_options *o, uint32_t columns,
                                    char delimiter, shmcol_delimiter_source source)
{
    static char warning[1024];
    csv_packed p = csv_pack(text, o);
    if (p.status != SHMCOL_OK || p.report->n_columns != columns ||
        p.report->delimiter != delimiter || p.report->delimiter_source != source)
        fail_msg("\"%s\": %s, %u columns, delimiter \"%c\" from %d", text,
                 shmcol_status_name(p.status), p.report ? p.report->n_columns : 0,
                 p.report ? p.report->delimiter : ' ',
                 p.report ? (int)p.report->delimiter_source : -1);
    snprintf(warning, sizeof warning, "%s", p.report->n_warnings ? p.report->warnings[0] : "");
    csv_free(&p);
    return warning;
}

static void steps_of_the_delimiter(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        uint32_t columns;
        char delimiter;
        shmcol_delimiter_source source;
        const char *warning;
    } cases[] = {
        {"a;b;c\n1;2;3\n", 3, ';', SHMCOL_DELIMITER_IN_EACH, ""},
        {"a;b;c,d\n1;2;x,y\n", 3, ';', SHMCOL_DELIMITER_IN_EACH, ""},
        {"a;b;c,d,e\n1;2;3,4,5\n", 3, ',', SHMCOL_DELIMITER_IN_EACH, ""},
        {"a;b;c|d|e\n1;2;3|4|5\n", 1, ',', SHMCOL_DELIMITER_DEFAULT, "semicolon and pipe fit"},
        {"a;b\n1;2\n", 2, ';', SHMCOL_DELIMITER_ONCE_IN_EACH, ""},
        {"a\tb\nfoo\t1\nbar\t2", 2, '\t', SHMCOL_DELIMITER_ONCE_IN_EACH, ""},
        {"a;b\n", 2, ';', SHMCOL_DELIMITER_ONCE_IN_EACH, "there is a header"},
        {"a;b\n\"x;y\";2\n\"x,y\";3\n", 2, ';', SHMCOL_DELIMITER_ONCE_IN_EACH, ""},
        {"a,b\n1,2\n", 2, ',', SHMCOL_DELIMITER_ONCE_IN_EACH, ""},
        {"a,b;c\n1,2;3\n", 2, ',', SHMCOL_DELIMITER_ONCE_IN_EACH, "semicolon fits"},
        {"a\tb;c\n1\t2;3\n", 1, ',', SHMCOL_DELIMITER_DEFAULT, "tab and semicolon fit"},
        {"a;b\n1;2\n3\n", 1, ',', SHMCOL_DELIMITER_DEFAULT, "no delimiter was found"},
        {"a\n1\n", 1, ',', SHMCOL_DELIMITER_DEFAULT, "no delimiter was found"},
        /* as many in half of the records is not more than half */
        {"a;b;c\n1\n", 1, ',', SHMCOL_DELIMITER_DEFAULT, "no delimiter was found"},
        /* two that most records have */
        {"a;b;c|d|e\n1;2;3|4|5\n1;2\n", 1, ',', SHMCOL_DELIMITER_DEFAULT, "semicolon and pipe"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *warning = expect_delimiter(cases[i].text, NULL, cases[i].columns,
                                               cases[i].delimiter, cases[i].source);
        if (cases[i].warning[0] ? strstr(warning, cases[i].warning) == NULL : warning[0] != 0)
            fail_msg("\"%s\": warning \"%s\"", cases[i].text, warning);
    }
    csv_expect_error("a;b;c\n1;2;3\n4;5;6;7\n", NULL, SHMCOL_ERR_CSV_RAGGED, "C-11", "3:1");
    csv_expect_error("a;b;c\n1;2\n4;5;6\n", NULL, SHMCOL_ERR_CSV_RAGGED, "C-11", "2:1");
}

static void the_delimiter_with_a_decimal_comma(void **state)
{
    (void)state;
    shmcol_csv_options o = plain;
    o.decimal_comma = 1;
    csv_expect("id;p\n1;2,5\n2;3,75\n", &o, "id:int64,p:float64\n1,2.5\n2,3.75\n");
    expect_delimiter("a\n1,5\n", &o, 1, ';', SHMCOL_DELIMITER_DEFAULT);
    expect_delimiter("a,b\n1,5\n", &o, 1, ';', SHMCOL_DELIMITER_DEFAULT);
    expect_delimiter("a\tb;c\n1\t2;3\n", &o, 2, ';', SHMCOL_DELIMITER_ONCE_IN_EACH);
    const char *warning =
        expect_delimiter("a,b,c\n\"1,5\",2,3\n", &o, 3, ',', SHMCOL_DELIMITER_IN_EACH);
    assert_non_null(strstr(warning, "decimal mark"));
    o.comment = ';';
    csv_expect_error("a\n1,5\n", &o, SHMCOL_ERR_INVALID_ARGUMENT, "C-10", "");
}

/* C-85 and C-90 say what is not counted, and where quotes open. */
static void escapes_and_spaces(void **state)
{
    (void)state;
    shmcol_csv_options o = plain;
    o.escape = '\\';
    csv_expect("a\\;b;c\n1\\,;2\n", &o, "a;b:string,c:int64\n1\\,,2\n");
    csv_expect("a;b\n\"x\\\";\";2\n", &o, "a:string,b:int64\nx\";,2\n");
    csv_expect("a\\\nb;c\n1;2\n", &o, "a\nb:int64,c:int64\n1,2\n");
    csv_expect("a\\\\;b\n1;2\n", &o, "a\\:int64,b:int64\n1,2\n");
    o.escape = '|';
    csv_expect("a|b\n1|b\n", &o, "a|b:string\n1|b\n");
    o = plain;
    o.trim = 1;
    csv_expect("a; b\n1;  \"x;y\"\n", &o, "a:int64,b:string\n1,x;y\n");
}

static void no_delimiter(void **state)
{
    (void)state;
    shmcol_csv_options o = plain;
    o.no_delimiter = 1;
    const char *warning = expect_delimiter("a,b;c\n1,2;3\n", &o, 1, 0, SHMCOL_DELIMITER_NAMED);
    assert_string_equal(warning, "");
    for (o.window = 0; o.window <= 3; o.window++)
        csv_expect("a,b\n1,2\r\n\n\"x\"\"y,\n\"\nsep=;", &o,
                   "a,b:dictionary\n1,2\n~\nx\"y,\n\nsep=;\n");
    csv_expect_error("a\n\"x\",1\n", &o, SHMCOL_ERR_CSV_AFTER_QUOTE, "C-7", "2:4");
    o.delimiter = ',';
    csv_expect_error("a\n", &o, SHMCOL_ERR_INVALID_ARGUMENT, "C-10", "");
}

static void a_name_of_tabs(void **state)
{
    (void)state;
    static const char *const text = "a,b,c\td\n1,2,3\t4\n", *const without = "a;b\n1;\t\n";
    static const struct {
        const char *name, *text;
        char delimiter;
    } cases[] = {{"x.tsv", text, '\t'},     {"x.TAB", text, '\t'},  {"x.tsv.gz", text, '\t'},
                 {"x.Tsv.ZST", text, '\t'}, {"x.csv", text, ','},   {"x.tsv.bz2", text, ','},
                 {"tsv", text, ','},        {"x.tsv", without, ';'}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *path = csv_write(cases[i].name, cases[i].text, strlen(cases[i].text));
        csv_packed p = csv_pack_paths(&path, 1, NULL);
        assert_int_equal(p.status, SHMCOL_OK);
        assert_int_equal(p.report->delimiter, cases[i].delimiter);
        assert_int_equal(p.report->delimiter_source == SHMCOL_DELIMITER_FILE_NAME,
                         cases[i].delimiter == '\t');
        csv_free(&p);
    }
}

static void sep_lines(void **state)
{
    (void)state;
    static const char rows[] = "a:int64,b:string\n1,x\n";
    csv_expect("sep=;\na;b\n1;x\n", NULL, rows);
    csv_expect("SEP=,\r\na,b\r\n1,x\r\n", NULL, rows);
    csv_expect("\xef\xbb\xbf\"sep=|\"\na|b\n1|x\n", NULL, rows);
    csv_expect("\"SEP=\t\"\r\na\tb\n1\tx\n", NULL, rows);
    csv_expect("sep= \na b\n1 x\n", NULL, rows);
    csv_expect("sep=:\na:b\n1:x\n", NULL, rows);
    csv_expect("sep=^\na^b\n1^x\n", NULL, rows);
    csv_expect_error("sep=;", NULL, SHMCOL_ERR_CSV_EMPTY, "C-5", "");
    csv_expect_error("sep=;\na;b\n1;2;3\n", NULL, SHMCOL_ERR_CSV_RAGGED, "C-11", "3:1");
    const char *warning =
        expect_delimiter("sep=;\na;b\n1;x\n", NULL, 2, ';', SHMCOL_DELIMITER_SEP_LINE);
    assert_non_null(strstr(warning, "\"sep=;\""));
    shmcol_csv_options o = plain;
    o.skip_lines = 2;
    csv_expect("1\n2\nsep=;\na;b\n1;x\n", &o, rows);
    o = plain; /* the option names another: the line is no record all the same */
    o.delimiter = ',';
    csv_expect("sep=;\na,b\n1,x\n", &o, rows);
    o = plain;
    o.no_header = 1;
    csv_expect("sep=;\n1;x\n", &o, "column_1:int64,column_2:string\n1,x\n");
    /* text, not sep= lines */
    csv_expect("Sep=;\n1\n", NULL, "Sep=;:int64\n1\n");
    csv_expect("sep=;;\n1\n", NULL, "sep=;;:int64\n1\n");
    csv_expect("sep=x\n1\n", NULL, "sep=x:int64\n1\n");
    csv_expect("sep=\n1\n", NULL, "sep=:int64\n1\n");
    csv_expect(" sep=|\n1|2\n", NULL, " sep=:int64,column_2:int64\n1,2\n");
    csv_expect("\"sep=|\n\"|b\n1|2\n", NULL, "sep=|\n:int64,b:int64\n1,2\n");
    o = plain;
    o.comment = ';';
    csv_expect("sep=;\n1\n", &o, "sep=;:int64\n1\n");
    o = plain;
    o.no_quote = 1;
    csv_expect("\"sep=|\"\n1|2\n", &o, "\"sep=:int64,\":int64\n1,2\n");
}

static csv_packed pack_two(const char *one, const char *other, const shmcol_csv_options *o)
{
    const char *const paths[] = {csv_write("one", one, strlen(one)),
                                 csv_write("two", other, strlen(other))};
    return csv_pack_paths(paths, 2, o);
}

static void sep_lines_of_several_inputs(void **state)
{
    (void)state;
    shmcol_csv_options o = plain;
    csv_packed p = pack_two("sep=;\na;b\n1;x\n", "\"sep=;\"\r\na;b\n2;y\n", &o);
    assert_string_equal(p.rows, "a:int64,b:string\n1,x\n2,y\n");
    csv_free(&p);
    p = pack_two("sep=;\na;b\n1;x\n", "sep=,\na,b\n2,y\n", &o);
    assert_int_equal(p.status, SHMCOL_ERR_CSV_HEADERS_DIFFER);
    assert_string_equal(p.err.rule, "C-24");
    assert_non_null(strstr(p.err.path, "two"));
    o.delimiter = ';';
    p = pack_two("sep=;\na;b\n1;x\n", "sep=,\na;b\n2;y\n", &o);
    assert_string_equal(p.rows, "a:int64,b:string\n1,x\n2,y\n");
    csv_free(&p);
    o = plain;
    o.no_header = 1;
    p = pack_two("1,2;x\n", "sep=;\n2,3;y\n", &o);
    assert_string_equal(p.rows, "column_1:string,column_2:string\n1,2,x\n2,3,y\n");
    csv_free(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(steps_of_the_delimiter),
        cmocka_unit_test(the_delimiter_with_a_decimal_comma),
        cmocka_unit_test(escapes_and_spaces),
        cmocka_unit_test(no_delimiter),
        cmocka_unit_test(a_name_of_tabs),
        cmocka_unit_test(sep_lines),
        cmocka_unit_test(sep_lines_of_several_inputs),
    };
    return cmocka_run_group_tests(tests, support_begin, csv_end);
}
