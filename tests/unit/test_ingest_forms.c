/* Declared forms: of a type (C-70, C-74 … C-78) and for all columns (C-79), and what fits a type
 * that was asked for without one (C-52). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "csv_support.h"
#include "ingest/schema/schema.h"

static void expect(const char *text, const char *types, const char *rows)
{
    shmcol_csv_options o = SHMCOL_CSV_OPTIONS_INIT;
    o.types = types;
    csv_expect(text, &o, rows);
}

/* Packs the column a with one value, which must not fit by that rule. */
static void expect_misfit(const char *rule, const char *type, const char *value)
{
    char text[256], types[256];
    snprintf(text, sizeof text, "a;b\n\"%s\";1\n", value);
    snprintf(types, sizeof types, "a=%s", type);
    shmcol_csv_options o = SHMCOL_CSV_OPTIONS_INIT;
    o.types = types;
    o.delimiter = ';';
    csv_expect_error(text, &o, SHMCOL_ERR_CSV_VALUE, rule, "2:1");
}

static void test_asked(void **state)
{
    (void)state;
    expect("a,b\nyes,N\nT,0\n1,False\n", "*=bool",
           "a:bool8,b:bool8\ntrue,false\ntrue,false\ntrue,false\n");
    expect_misfit("C-52", "bool", "on");
    expect("a,b\n2024-01-31 00:00,2024-01-31T00:00:00.000\n", "a=date32,b=date64",
           "a:date32,b:date64\n19753,1706659200000\n");
    expect_misfit("C-52", "date", "2024-01-31 00:00:01");
    expect_misfit("C-52", "date", "2024-01-31 00:00:00Z");
    expect("a,b\n2024-01-31 13:45:00 UTC,2024-01-31\n", "a=timestamp[s;UTC],b=timestamp[s;+02:00]",
           "a:timestamp[s;UTC],b:timestamp[s;+02:00]\n1706708700,1706652000\n");
    expect("a,b\n2024-01-31 13:45,2024-01-31 13:45+01:00\n",
           "a=timestamp[s;-00:30],b=timestamp[s;Europe/Paris]",
           "a:timestamp[s;-00:30],b:timestamp[s;Europe/Paris]\n1706710500,1706705100\n");
    static const char *const bad[][2] = {{"timestamp[s;Europe/Paris]", "2024-01-31 13:45"},
                                         {"timestamp[s;UTC]", "2024-01-31 13:45 utc"},
                                         {"timestamp[s]", "2024-01-31 13:45 UTC"},
                                         {"timestamp[s;+24:00]", "2024-01-31"},
                                         {"timestamp[s;Etc/UTC]", "2024-01-31"},
                                         {"timestamp[s;UTC]", "2024-01-31 UTC"},
                                         {"timestamp[s;UTC]", "2024-01-31 13:45Z UTC"},
                                         {"date", "2024-01-31 UTC"}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        expect_misfit("C-52", bad[i][0], bad[i][1]);
}

static void test_times(void **state)
{
    (void)state;
    expect("a,b\n05:40,21:30:00.5\n", "a=time32[s],b=time64[us]",
           "a:time32[s],b:time64[us]\n20400,77400500000\n");
    expect("a,b,c,d\n05:40,05:40:00.500,05:40:00.000001,05:40:00.0000010\n,,,05:40:00.000000001\n",
           "*=time",
           "a:time32[s],b:time32[ms],c:time64[us],d:time64[ns]\n"
           "20400,20400500,20400000001,20400000001000\n~,~,~,20400000000001\n");
    expect("a,b\n,1\n", "a=time", "a:time32[s],b:int64\n~,1\n");
    expect("a,b\n9.05 PM,1\n", "a=time[%-I.%M %p]", "a:time32[s],b:int64\n75900,1\n");
    expect("a,b\n21.05,1\n", "a=time32[ms;%H.%M]", "a:time32[ms],b:int64\n75900000,1\n");
    expect_misfit("C-52", "time", "5:40");
    expect_misfit("C-52", "time32[s]", "05:40:00.5");
    expect_misfit("C-70", "time[%H.%M]", "05:40");
}

static void test_forms_of_types(void **state)
{
    (void)state;
    expect("a,b\n31/12/2024,31.12.2024 00:00\n,01.02.1999 00:00\n",
           "a=date[%d/%m/%Y],b=date32[%d.%m.%Y %H:%M]",
           "a:date64,b:date32\n1735603200000,20088\n~,10623\n");
    expect("a;b;c\n31.12.2024 13:45:10,5;31.12.2024;31.12.24 13:45+0100\n",
           "a=timestamp[ms;;%d.%m.%Y %H:%M:%S,%f],b=timestamp[;;%d.%m.%Y],"
           "c=timestamp[s;Europe/Paris;%d.%m.%y %H:%M%z]",
           "a:timestamp[ms],b:timestamp[us],c:timestamp[s;Europe/Paris]\n"
           "1735652710500,1735603200000000,1735649100\n");
    expect("a,b\n31.12.2024,x\n", "a=timestamp[s;+01:00;%d.%m.%Y]",
           "a:timestamp[s;+01:00],b:string\n1735599600,x\n");
    expect("a,b,c\n1706708700,-5.0,1e3\n",
           "a=timestamp[s;;epoch],b=timestamp[ms;UTC;epoch],c=timestamp[ns;;epoch]",
           "a:timestamp[s],b:timestamp[ms;UTC],c:timestamp[ns]\n1706708700,-5,1000\n");
    expect("a,b\nYES,No\ny,oui\n", "a=bool[yes,y|no],b=bool[oui|NO]",
           "a:bool8,b:bool8\ntrue,false\ntrue,true\n");
    expect("a;b;c;d\n$1,234.50;12.5 %;0xff;1234\n7;-1;0x0;1,234,567\n",
           "a=float64[$,],b=float64[%],c=uint8[hex],d=int32[,]",
           "a:float64,b:float64,c:uint8,d:int32\n1234.5,0.125,255,1234\n7,-1,0,1234567\n");
    expect("a,b\n1]2;2024-3,x\n", "a=date[%-d%]%-m%;%Y-3]", "a:date64,b:string\n1706745600000,x\n");
    static const char *const bad[][2] = {
        {"date[%d/%m/%Y]", "2024-12-31"},
        {"date[%d/%m/%Y]", "31/2/2024"},
        {"date[%d.%m.%Y %H:%M]", "31.12.2024 00:01"},
        {"timestamp[s;;%d.%m.%Y %H:%M]", "2024-12-31 00:00"},
        {"timestamp[s;;%d.%m.%Y %H:%M%z]", "31.12.2024 00:00Z"},
        {"timestamp[s;Asia/Tokyo;%d.%m.%Y]", "31.12.2024"},
        {"timestamp[s;;epoch]", "1.5"},
        {"timestamp[s;;epoch]", "-9223372036854775808"},
        {"timestamp[s;;epoch]", "2024-12-31"},
        {"bool[yes|no]", "true"},
        {"uint8[hex]", "255"},
        {"int8[,]", "1,2"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        expect_misfit("C-70", bad[i][0], bad[i][1]);
}

/* The message of a value has the form, that of a type that cannot be says why. */
static void test_messages(void **state)
{
    (void)state;
    shmcol_csv_options o = SHMCOL_CSV_OPTIONS_INIT;
    o.types = "d=date[%d/%m/%Y]";
    csv_packed p = csv_pack("c,d\n1,31.12.2024\n", &o);
    assert_string_equal(p.err.message,
                        "\"31.12.2024\" in column \"d\" is no date64 of the form %d/%m/%Y");
    csv_free(&p);
    o.types = "d=timestamp[s;Europe/Berlin]";
    p = csv_pack("c,d\n1,2024-12-31 12:00\n", &o);
    assert_string_equal(p.err.hint, "values without an offset fit timestamp[s], which has no zone, "
                                    "or timestamp[s;UTC] if they are in UTC");
    csv_free(&p);
    static const char *const bad[][2] = {
        {"d=date[%Q]", "%Q"},
        {"d=timestamp[s;%d.%m.%Y]", "timestamp[s;;%d.%m.%Y]"},
        {"d=timestamp[ms;epoch]", "timestamp[ms;;epoch]"},
        {"d=timestamp[%d.%m.%Y]", "timestamp[;;%d.%m.%Y]"},
        {"d=time32[%H.%M]", "time32[s;%H.%M]"},
        {"d=time32", "a unit is missing"},
        {"d=date[%d/%m]", ""},
        {"d=date[%H:%M]", "no date"},
        {"d=time[%d.%m.%Y %H:%M]", "no date"},
        {"d=date[%d.%m.%Y;%H]", "%;"},
        {"d=date[%d.%m.%Y %H%z]", "no offset"},
        {"d=bool[yes]", "|"},
        {"d=bool[a|b|c]", "|"},
        {"d=bool[yes,|no]", "empty"},
        {"d=bool[|no]", "empty"},
        {"d=bool[yes,y|Y]", "both"},
        {"d=float64[.]", "decimal mark"},
        {"d=float64[hex]", ""},
        {"d=string[x]", "no brackets"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        o.types = bad[i][0];
        p = csv_pack("c,d\n1,2\n", &o);
        if (p.status != SHMCOL_ERR_TYPE_NAME || strstr(p.err.message, bad[i][1]) == NULL)
            fail_msg("%s: %s", bad[i][0], p.err.message);
        csv_free(&p);
    }
}

/* ---- forms for all columns ---- */

static shmcol_csv_options forms_of(const char *const *dates, uint32_t n_dates,
                                   const char *const *timestamps, uint32_t n_timestamps)
{
    shmcol_csv_options o = SHMCOL_CSV_OPTIONS_INIT;
    o.date_formats = dates;
    o.n_date_formats = n_dates;
    o.timestamp_formats = timestamps;
    o.n_timestamp_formats = n_timestamps;
    return o;
}

static void expect_reason(const char *text, const shmcol_csv_options *o, const char *rows,
                          const char *reason)
{
    csv_packed p = csv_pack(text, o);
    assert_int_equal(p.status, SHMCOL_OK);
    assert_string_equal(p.rows, rows);
    assert_string_equal(p.report->columns[0].reason, reason);
    csv_free(&p);
}

static void test_inference(void **state)
{
    (void)state;
    static const char *const dates[] = {"%d/%m/%Y", "%m/%d/%Y"},
                             *const timestamps[] = {"%d/%m/%Y %H:%M:%S.%f", "%d/%m/%Y %H:%M%z",
                                                    "%d/%m/%Y"},
                             *const yes[] = {"ja", "j"}, *const no[] = {"nein", "n"};
    shmcol_csv_options o = forms_of(dates, 2, timestamps, 3);
    o.true_words = yes;
    o.n_true_words = 2;
    o.false_words = no;
    o.n_false_words = 2;
    expect_reason("a,b\n31/12/2024,x\n,y\n", &o, "a:date64,b:string\n1735603200000,x\n~,y\n",
                  "all values match the date form %d/%m/%Y");
    expect_reason("a,b\n01/02/2024,x\n12/31/2024,y\n", &o,
                  "a:date64,b:string\n1704153600000,x\n1735603200000,y\n",
                  "all values match the date form %m/%d/%Y");
    expect_reason("a,b\n31/12/2024,x\n12/31/2024,y\n", &o,
                  "a:string,b:string\n31/12/2024,x\n12/31/2024,y\n",
                  "line 2: \"31/12/2024\" is text");
    expect_reason("a,b\n31/12/2024 13:45:00.5,x\n31/12/2024 13:45:00.5000,y\n", &o,
                  "a:timestamp[us],b:string\n1735652700500000,x\n1735652700500000,y\n",
                  "all values match the timestamp form %d/%m/%Y %H:%M:%S.%f");
    expect_reason("a,b\n31/12/2024 13:45+01:00,x\n31/12/2024 13:45+01,y\n", &o,
                  "a:timestamp[s;+01:00],b:string\n1735649100,x\n1735649100,y\n",
                  "all values match the timestamp form %d/%m/%Y %H:%M%z");
    expect_reason("a,b\n31/12/2024 13:45+01:00,x\n31/12/2024 13:45Z,y\n", &o,
                  "a:timestamp[s;UTC],b:string\n1735649100,x\n1735652700,y\n",
                  "all values match the timestamp form %d/%m/%Y %H:%M%z, with offsets that differ");
    expect_reason("a,b\nJA,x\nn,y\n", &o, "a:bool8,b:string\ntrue,x\nfalse,y\n",
                  "all values match the words ja,j|nein,n");
    /* nulls are no values, and a column of nothing else takes no form */
    expect_reason("a,b\n,x\n\"\",y\n", &o, "a:dictionary,b:string\n~,x\n,y\n", "there is no value");
    /* what no form matches is as without forms */
    expect_reason("a,b\n2024-12-31,x\n", &o, "a:date64,b:string\n1735603200000,x\n",
                  "all values are dates");
    expect_reason("a,b\n1,x\n2,31/12/2024\n", &o, "a:int64,b:string\n1,x\n2,31/12/2024\n",
                  "all values are whole numbers");
    /* an asked type wins, and auto is none */
    o.types = "a=string,b=auto";
    expect_reason("a,b\n31/12/2024,31/12/2024\n", &o,
                  "a:string,b:date64\n31/12/2024,1735603200000\n", "the type was asked for");
}

static void test_forms_of_asked(void **state)
{
    (void)state;
    static const char *const dates[] = {"%d/%m/%Y", "%Y%m%d"}, *const epoch[] = {"epoch"};
    shmcol_csv_options o = forms_of(dates, 1, epoch, 1);
    o.types = "a=date,b=timestamp[s],c=date[%Y]";
    csv_expect_error("a,b,c\n31/12/2024,1,2\n", &o, SHMCOL_ERR_TYPE_NAME, "C-51", "");
    o.types = "a=date,b=timestamp[s]";
    csv_expect("a,b,c\n31/12/2024,1706708700,1706708700\n", &o,
               "a:date64,b:timestamp[s],c:int64\n1735603200000,1706708700,1706708700\n");
    csv_expect_error("a,b\n2024-12-31,1\n", &o, SHMCOL_ERR_CSV_VALUE, "C-70", "2:1");
    o = forms_of(dates + 1, 1, NULL, 0);
    csv_expect_error("a,b\n20241231,1\n", &o, SHMCOL_ERR_INVALID_ARGUMENT, "C-79", "");
    o.types = "a=date";
    csv_expect("a,b\n20241231,20241231\n", &o, "a:date64,b:int64\n1735603200000,20241231\n");
    o = forms_of(dates, 2, NULL, 0);
    o.types = "a=date";
    csv_expect_error("a,b\n20241231,1\n", &o, SHMCOL_ERR_INVALID_ARGUMENT, "C-79", "");
    o.types = "a=date[%Y%m%d],b=date[%d/%m/%Y]";
    csv_expect_error("a,b\n20241231,1\n", &o, SHMCOL_ERR_INVALID_ARGUMENT, "C-79", "");
}

static void test_wrong_forms(void **state)
{
    (void)state;
    static const char *const bad[] = {"%d/%m", "%Q", "", "%H:%M", "%d/%m/%Y %H:%M%z"},
                             *const one[] = {"x"}, *const empty[] = {""},
                             *const many[] = {"%d/%m/%Y", "%d/%m/%Y", "%d/%m/%Y",
                                              "%d/%m/%Y", "%d/%m/%Y", "%d/%m/%Y",
                                              "%d/%m/%Y", "%d/%m/%Y", "%d/%m/%Y"};
    shmcol_csv_options o;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        o = forms_of(bad + i, 1, NULL, 0);
        csv_expect_error("a,b\n1,2\n", &o, SHMCOL_ERR_INVALID_ARGUMENT, "C-79", "");
    }
    o = forms_of(many, 9, NULL, 0);
    csv_expect_error("a,b\n1,2\n", &o, SHMCOL_ERR_INVALID_ARGUMENT, "C-79", "");
    for (int i = 0; i < 4; i++) {
        o = (shmcol_csv_options)SHMCOL_CSV_OPTIONS_INIT;
        o.true_words = i == 3 ? empty : one;
        o.n_true_words = i != 1;
        o.false_words = one;
        o.n_false_words = i != 0;
        csv_expect_error("a,b\n1,2\n", &o, SHMCOL_ERR_INVALID_ARGUMENT, "C-79", "");
    }
}

/* Null tokens, quotes and spaces come before the form. */
static void test_cells(void **state)
{
    (void)state;
    const char *const nulls[] = {"01/01/1900"}, *const quoted[] = {"\"%d/%m/%Y\""},
                      *const spaced[] = {" %d/%m/%Y"};
    shmcol_csv_options o = SHMCOL_CSV_OPTIONS_INIT;
    o.types = "a=date[%d/%m/%Y]";
    o.nulls = nulls;
    o.n_nulls = 1;
    csv_expect("a,b\n01/01/1900,1\n02/01/1900,2\n", &o,
               "a:date64,b:int64\n~,1\n-2208902400000,2\n");
    o = forms_of(quoted, 1, NULL, 0);
    csv_expect("a,b\n\"\"\"01/02/2024\"\"\",1\n", &o, "a:date64,b:int64\n1706745600000,1\n");
    csv_expect("a,b\n\"01/02/2024\",1\n", &o, "a:string,b:int64\n01/02/2024,1\n");
    o = forms_of(spaced, 1, NULL, 0);
    csv_expect("a,b\n 01/02/2024,1\n", &o, "a:date64,b:int64\n1706745600000,1\n");
    o.trim = 1;
    csv_expect("a,b\n 01/02/2024,1\n", &o, "a:string,b:int64\n01/02/2024,1\n");
    csv_expect("a,b\n\" 01/02/2024\",1\n", &o, "a:date64,b:int64\n1706745600000,1\n");
}

/* The first value that a form does not match is where no sample looks. */
static void test_late_values(void **state)
{
    (void)state;
    static const char *const dates[] = {"%d/%m/%Y", "%m/%d/%Y"};
    enum { ROWS = 20000, ROW = 40 };
    static char text[ROWS * ROW];
    static const char *const odd[] = {"12/31/2024", "x", "13/13/2024"};
    for (size_t k = 0; k < 3; k++) {
        size_t n = (size_t)snprintf(text, sizeof text, "a,b\n");
        for (int i = 0; i < ROWS; i++)
            n += (size_t)snprintf(text + n, sizeof text - n, "%s,%d\n",
                                  i == ROWS - 7 ? odd[k] : "01/02/2024", i);
        shmcol_csv_options o = forms_of(dates, 2, NULL, 0);
        csv_packed p = csv_pack(text, &o);
        csv_expect_types(&p, k == 0 ? "a:date64,b:int64" : "a:dictionary,b:int64");
        assert_string_equal(p.report->columns[0].reason,
                            k == 0 ? "all values match the date form %m/%d/%Y"
                                   : "line 2: \"01/02/2024\" is text");
        csv_free(&p);
    }
}

/* Every instruction set reads a form as it reads the same values in ISO's spelling. */
static void test_instruction_sets(void **state)
{
    (void)state;
    enum { ROWS = 3000, ROW = 120 };
    static char declared[ROWS * ROW], iso[ROWS * ROW];
    static const char *const sets[] = {"scalar", "avx2", "avx512", "neon"};
    size_t n = (size_t)snprintf(declared, sizeof declared, "d,e,t,u,h\n"),
           m = (size_t)snprintf(iso, sizeof iso, "d,e,t,u,h\n");
    for (int i = 0; i < ROWS; i++) {
        const int year = 1970 + (int)csv_random(99), month = 1 + (int)csv_random(12),
                  day = 1 + (int)csv_random(28), hour = (int)csv_random(24),
                  minute = (int)csv_random(60), second = (int)csv_random(60),
                  ms = (int)csv_random(1000);
        n += (size_t)snprintf(declared + n, sizeof declared - n,
                              "%02d/%02d/%04d,%d.%d.%02d,%02d.%02d.%04d %02d:%02d:%02d.%03d,"
                              "%04d%02d%02d%02d%02d%02dZ,%02d.%02d\n",
                              day, month, year, day, month, year % 100 < 69 ? 70 : year % 100, day,
                              month, year, hour, minute, second, ms, year, month, day, hour, minute,
                              second, hour, minute);
        m += (size_t)snprintf(iso + m, sizeof iso - m,
                              "%04d-%02d-%02d,%04d-%02d-%02d,%04d-%02d-%02d %02d:%02d:%02d.%03d,"
                              "%04d-%02d-%02d %02d:%02d:%02dZ,%02d:%02d:00\n",
                              year, month, day, year % 100 < 69 ? 1970 : 1900 + year % 100, month,
                              day, year, month, day, hour, minute, second, ms, year, month, day,
                              hour, minute, second, hour, minute);
    }
    for (size_t i = 0; i < sizeof sets / sizeof *sets; i++) {
        shmcol_csv_options o = SHMCOL_CSV_OPTIONS_INIT;
        setenv("SHMCOL_ISA", sets[i], 1);
        o.types = "e=date32,h=time";
        csv_packed expected = csv_pack(iso, &o);
        o.types = "d=date[%d/%m/%Y],e=date32[%-d.%-m.%y],t=timestamp[ms;;%d.%m.%Y %H:%M:%S.%f],"
                  "u=timestamp[s;UTC;%Y%m%d%H%M%S%z],h=time[%H.%M]";
        csv_packed asked = csv_pack(declared, &o);
        static const char *const dates[] = {"%d/%m/%Y"}, *const timestamps[] = {
                                                             "%d.%m.%Y %H:%M:%S.%f",
                                                             "%Y%m%d%H%M%S%z"};
        o = forms_of(dates, 1, timestamps, 2);
        o.types = "e=date32[%-d.%-m.%y],h=time32[s;%H.%M]";
        csv_packed inferred = csv_pack(declared, &o);
        assert_int_equal(asked.status, expected.status);
        assert_int_equal(inferred.status, expected.status);
        if (expected.status == SHMCOL_OK) {
            assert_string_equal(asked.rows, expected.rows);
            assert_string_equal(inferred.rows, expected.rows);
        }
        csv_free(&expected);
        csv_free(&asked);
        csv_free(&inferred);
    }
    unsetenv("SHMCOL_ISA");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_asked),          cmocka_unit_test(test_times),
        cmocka_unit_test(test_forms_of_types), cmocka_unit_test(test_messages),
        cmocka_unit_test(test_inference),      cmocka_unit_test(test_forms_of_asked),
        cmocka_unit_test(test_wrong_forms),    cmocka_unit_test(test_cells),
        cmocka_unit_test(test_late_values),    cmocka_unit_test(test_instruction_sets)};
    return cmocka_run_group_tests(tests, support_begin, csv_end);
}
