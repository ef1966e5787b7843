/* Numbers of a CSV beside plain ones: groups of digits (C-41), marks of a type (C-77),
 * hexadecimal numbers (C-78), more digits than a double has (C-55). */
#include <stdio.h>
#include <string.h>

#include "csv_support.h"

static void expect_reasons(const char *text, const shmcol_csv_options *o, const char *reasons)
{
    char got[512] = "";
    csv_packed p = csv_pack(text, o);
    for (uint32_t i = 0; i < p.report->n_columns; i++)
        snprintf(got + strlen(got), sizeof got - strlen(got), "%s%s", i ? "; " : "",
                 p.report->columns[i].reason);
    assert_string_equal(got, reasons);
    csv_free(&p);
}

static void test_groups(void **state)
{
    (void)state;
    shmcol_csv_options o = SHMCOL_CSV_OPTIONS_INIT;
    o.thousands = ",";
    csv_expect("a,b,c\n\"1,234\",\"-1,234.50\",1\n5,.5,2\n\"12,345,678\",2,\"3,0\"\n", &o,
               "a:int64,b:float64,c:string\n1234,-1234.5,1\n5,0.5,2\n12345678,2,3,0\n");
    o.delimiter = ';';
    csv_expect("a;b\n1,234;1\n1,23;2\n", &o, "a:string,b:int64\n1,234,1\n1,23,2\n");
    csv_expect("a;b\n9,007,199,254,740,993;1,000\n1;2e3\n", &o,
               "a:int64,b:float64\n9007199254740993,1000\n1,2000\n");
    csv_expect("a;b\n9,007,199,254,740,993;1,000\n1.5;2e3\n", &o,
               "a:string,b:float64\n9,007,199,254,740,993,1000\n1.5,2000\n");
    expect_reasons("a;b;c\n1,234;1;1,000.5\n2;2;3\n", &o,
                   "all values are whole numbers, grouped by ,; all values are whole numbers; "
                   "all values are numbers, grouped by ,");
    o.thousands = "nbsp";
    o.delimiter = ',';
    csv_expect("a,b\n1\u00a0234,1\u00a0234.5\n2,1.5\n", &o,
               "a:int64,b:float64\n1234,1234.5\n2,1.5\n");
    expect_reasons("a,b\n1\u00a0234,1\u00a0234\n", &o,
                   "all values are whole numbers, grouped by nbsp; "
                   "all values are whole numbers, grouped by nbsp");
    o.thousands = ".";
    o.delimiter = ';';
    o.decimal_comma = 1;
    csv_expect("a;b;c\n1.234;1.234,5;192.168.100.101\n-12.345.678;2;1.2.3.4\n", &o,
               "a:int64,b:float64,c:string\n1234,1234.5,192.168.100.101\n-12345678,2,1.2.3.4\n");
    o.thousands = NULL;
    csv_expect("a;b;c\n1.234;1.234,5;192.168.100.101\n2;2;192.168.100.102\n", &o,
               "a:string,b:float64,c:string\n1.234,1234.5,192.168.100.101\n"
               "2,2,192.168.100.102\n");
    expect_reasons("a;b\n1.234,5;1,5\n", &o,
                   "all values are numbers, grouped by .; all values are numbers");
}

/* A token that is also a spelling of a value is a null. */
static void test_tokens(void **state)
{
    static const char *const nulls[] = {"9,999"};
    (void)state;
    shmcol_csv_options o = SHMCOL_CSV_OPTIONS_INIT;
    o.thousands = "comma";
    o.delimiter = ';';
    o.nulls = nulls;
    o.n_nulls = 1;
    csv_expect("a;b\n9,999;1.5\n9999;9,999\n", &o, "a:int64,b:float64\n~,1.5\n9999,~\n");
}

static void test_wrong_marks(void **state)
{
    static const struct {
        const char *mark;
        int decimal_comma;
        char quote;
        const char *message;
    } wrong[] = {
        {".", 0, 0, "thousands \".\" names the decimal mark"},
        {"dot", 0, 0, "thousands \"dot\" names the decimal mark"},
        {",", 1, 0, "thousands \",\" names the decimal mark"},
        {"'", 0, '\'', "thousands \"'\" names the quote"},
        {"\"", 0, 0, "thousands \"\"\" is no mark between groups of digits"},
        {"1", 0, 0, "thousands \"1\" is no mark between groups of digits"},
        {"x", 0, 0, "thousands \"x\" is no mark between groups of digits"},
        {"-", 0, 0, "thousands \"-\" is no mark between groups of digits"},
        {"", 0, 0, "thousands \"\" is no mark between groups of digits"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        shmcol_csv_options o = SHMCOL_CSV_OPTIONS_INIT;
        o.thousands = wrong[i].mark;
        o.decimal_comma = wrong[i].decimal_comma;
        o.quote = wrong[i].quote;
        csv_packed p = csv_pack("a;b\n1;2\n", &o);
        assert_int_equal(p.status, SHMCOL_ERR_INVALID_ARGUMENT);
        assert_string_equal(p.err.message, wrong[i].message);
        assert_string_equal(p.err.rule, "C-41");
        csv_free(&p);
    }
    shmcol_csv_options o = SHMCOL_CSV_OPTIONS_INIT;
    o.escape = '\'';
    o.thousands = "apostrophe";
    csv_packed p = csv_pack("a;b\n1;2\n", &o);
    assert_string_equal(p.err.message, "thousands \"apostrophe\" names the escape character");
    csv_free(&p);
}

/* C-44, C-77, C-78: columns whose type was asked for. */
static void test_marked_types(void **state)
{
    (void)state;
    shmcol_csv_options o = SHMCOL_CSV_OPTIONS_INIT;
    o.delimiter = ';';
    o.types = "a=float64[$,],b=float32[%],c=uint8[hex],d=int16[,€],e=int8,f=float64";
    csv_expect("a;b;c;d;e;f\n-$1,234.50;12.5 %;0x1F;+1,234 €;007;+1.50\n7;;0Xff;\"-5\";1e2;007\n"
               "$0.1;50%;0x00;0.0;-1.0;nan\n",
               &o,
               "a:float64,b:float32,c:uint8,d:int16,e:int8,f:float64\n-1234.5,0.125,31,1234,7,1.5\n"
               "7,~,255,-5,100,7\n0.10000000000000001,0.5,0,0,-1,nan\n");
    static const struct {
        const char *line, *place;
    } bad[] = {
        {"(5);1;0x1;1;1;1", "2:1"},    {"$-5;1;0x1;1;1;1", "2:1"},    {"1 ;1;0x1;1;1;1", "2:1"},
        {"1;$1;0x1;1;1;1", "2:3"},     {"1;1;1;1;1;1", "2:5"},        {"1;1;0x100;1;1;1", "2:5"},
        {"1;1;0x1;1.5;1;1", "2:9"},    {"1;1;0x1;40,000;1;1", "2:9"}, {"1;1;0x1;1;128.0;1", "2:11"},
        {"1;1;0x1;1;1;1,234", "2:13"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        char text[128];
        snprintf(text, sizeof text, "a;b;c;d;e;f\n%s\n", bad[i].line);
        const bool has_form = strlen(bad[i].place) == 3; /* the first four columns */
        csv_expect_error(text, &o, SHMCOL_ERR_CSV_VALUE, has_form ? "C-70" : "C-52", bad[i].place);
    }
    static const char *const wrong[] = {"a=float64[.]", "a=float64[$$]",  "a=int8[CHF]",
                                        "a=int8[1]",    "a=float32[hex]", "a=int8[]"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        o.types = wrong[i];
        csv_packed p = csv_pack("a;b\n1;2\n", &o);
        assert_int_equal(p.status, SHMCOL_ERR_TYPE_NAME);
        csv_free(&p);
    }
}

/* C-55: the warning is the same on every way that a value can take. */
static void test_many_digits(void **state)
{
    static const char *const many[] = {"0.123456789012345678", "-12345678901234567.8",
                                       "1.234567890123456789e5", "0.12345678901234567891234",
                                       "\"0.123456789012345678\""};
    static const char *const few[] = {"0.12345678901234567",   "1234567890123456.7",
                                      "100000000000000000000", "0.10000000000000000000000000",
                                      "1.2345678901234567e5",  "123456789012345670.0"};
    (void)state;
    shmcol_csv_options o = SHMCOL_CSV_OPTIONS_INIT;
    for (int asked = 0; asked < 2; asked++) {
        o.types = asked ? "a=float64,b=float64" : NULL;
        for (size_t i = 0; i < 5; i++) {
            char text[256];
            snprintf(text, sizeof text, "a,b,c\n1.5,%s,1.0\n2.5,1.5,1\n", many[i]);
            csv_packed p = csv_pack(text, &o);
            assert_int_equal(p.report->n_warnings, 1);
            assert_string_equal(p.report->warnings[0],
                                "column \"b\" has numbers of more than 17 digits, of which float64 "
                                "keeps about 16: as decimal(P,S) or string it keeps all");
            csv_free(&p);
        }
        for (size_t i = 0; i < 6; i++) {
            char text[256];
            snprintf(text, sizeof text, "a,b,c\n1.5,%s,1.0\n2.5,1.5,1\n", few[i]);
            csv_packed p = csv_pack(text, &o);
            assert_int_equal(p.report->n_warnings, 0);
            csv_free(&p);
        }
    }
    csv_packed p = csv_pack("a,b,c\n0.123456789012345678,0.123456789012345678,x\n1,1,y\n", &o);
    assert_int_equal(p.report->n_warnings, 1);
    assert_non_null(strstr(p.report->warnings[0], "column \"a\", and 1 more, has"));
    csv_free(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_groups),      cmocka_unit_test(test_tokens),
        cmocka_unit_test(test_wrong_marks), cmocka_unit_test(test_marked_types),
        cmocka_unit_test(test_many_digits),
    };
    return cmocka_run_group_tests(tests, support_begin, csv_end);
}
