/* Types by name (C-51): the names, the list, globs. And the values that fit a declared type (C-52),
 * where that is more than the parser decides. */
#include <stdio.h>
#include <string.h>

#include "csv_support.h"
#include "ingest/schema/schema.h"

static const struct {
    const char *name;
    uint16_t type;
    uint8_t unit;
    const char *zone;
} good_types[] = {
    {"bool", FMT_BOOL8, 0, ""},
    {"int8", FMT_INT8, 0, ""},
    {"int16", FMT_INT16, 0, ""},
    {"int32", FMT_INT32, 0, ""},
    {"int64", FMT_INT64, 0, ""},
    {"uint8", FMT_UINT8, 0, ""},
    {"uint16", FMT_UINT16, 0, ""},
    {"uint32", FMT_UINT32, 0, ""},
    {"uint64", FMT_UINT64, 0, ""},
    {"float32", FMT_FLOAT32, 0, ""},
    {"float64", FMT_FLOAT64, 0, ""},
    {"float16", FMT_FLOAT16, 0, ""},
    {"decimal(18,2)", FMT_DECIMAL128, 0, ""},
    {"decimal128(38,38)", FMT_DECIMAL128, 0, ""},
    {"decimal(1)", FMT_DECIMAL128, 0, ""},
    {"decimal(9,2)[$,]", FMT_DECIMAL128, 0, ""},
    {"date32", FMT_DATE32, 0, ""},
    {"date64", FMT_DATE64, 0, ""},
    {"date", FMT_DATE64, 0, ""},
    {"timestamp", FMT_TIMESTAMP, 2, ""},
    {"timestamp[s]", FMT_TIMESTAMP, 0, ""},
    {"timestamp[ms]", FMT_TIMESTAMP, 1, ""},
    {"timestamp[ns]", FMT_TIMESTAMP, 3, ""},
    {"timestamp[us;Europe/Paris]", FMT_TIMESTAMP, 2, "Europe/Paris"},
    {"timestamp[s;+01:00]", FMT_TIMESTAMP, 0, "+01:00"},
    {"time32[s]", FMT_TIME32, 0, ""},
    {"time32[ms]", FMT_TIME32, 1, ""},
    {"time64[us]", FMT_TIME64, 2, ""},
    {"time64[ns]", FMT_TIME64, 3, ""},
    {"time", FMT_TIME32, 0, ""},
    {"timestamp[]", FMT_TIMESTAMP, 2, ""},
    {"timestamp[us;]", FMT_TIMESTAMP, 2, ""},
    {"timestamp[;UTC]", FMT_TIMESTAMP, 2, "UTC"},
    {"timestamp[;;]", FMT_TIMESTAMP, 2, ""},
    {"timestamp[s;UTC;]", FMT_TIMESTAMP, 0, "UTC"},
    {"string", FMT_STRING, 0, ""},
    {"dictionary", FMT_STRING, 0, ""},
};
static const char *const bad_types[] = {
    "",
    "int",
    "Int64",
    "int64 ",
    "float",
    "timestamp[m]",
    "timestamp[us;UTC;;]",
    "timestamp[us;a\tb]",
    "date[]",
    "string[a]",
    "auto[]",
    "timestamp[us",
    "timestamp[us]x",
    "time32[us]",
    "time64[s]",
    "time32",
    "binary",
    "dictionary[int8]",
    "timestamps",
    "decimal",
    "decimal[$]",
    "decimal()",
    "decimal(0)",
    "decimal(39)",
    "decimal(2,3)",
    "decimal(2,)",
    "decimal(,2)",
    "decimal(2,1,1)",
    "decimal(2,1",
    "decimal(2,1)x",
    "decimal(0018)",
    "decimal( 2)",
    "decimal(-2)",
    "decimal(9,2)[hex]",
    "decimal(9,2)[]",
    "int8(3)",
    "float16[hex]",
    "string(3)",
    "timestamp[us;0123456789012345678901234567890123456789012345678901234567890123]"};

static void test_names(void **state)
{
    (void)state;
    const shmcol_csv_options o = SHMCOL_CSV_OPTIONS_INIT;
    ing_type_wish wish;
    char why[ING_WHY];
    for (size_t i = 0; i < sizeof good_types / sizeof *good_types; i++) {
        assert_true(ing_parse_type(good_types[i].name, strlen(good_types[i].name), &o,
                                   &parse_style_plain, &wish, why));
        assert_int_equal(wish.type.type, good_types[i].type);
        assert_int_equal(wish.type.unit, good_types[i].unit);
        assert_string_equal(wish.type.zone, good_types[i].zone);
        assert_false(wish.automatic);
        assert_int_equal(wish.dictionary, strcmp(good_types[i].name, "dictionary") == 0);
    }
    assert_true(ing_parse_type("auto", 4, &o, &parse_style_plain, &wish, why));
    assert_true(wish.automatic);
    for (size_t i = 0; i < sizeof bad_types / sizeof *bad_types; i++)
        assert_false(
            ing_parse_type(bad_types[i], strlen(bad_types[i]), &o, &parse_style_plain, &wish, why));
}

static void test_globs(void **state)
{
    (void)state;
    static const struct {
        const char *pattern, *name;
        bool matches;
    } cases[] = {
        {"*", "", true},
        {"*", "abc", true},
        {"", "", true},
        {"", "a", false},
        {"a*", "a", true},
        {"a*c", "abcbc", true},
        {"a*c", "abcb", false},
        {"*b*", "abc", true},
        {"?", "a", true},
        {"?", "", false},
        {"a?c", "abc", true},
        {"a?c", "ac", false},
        {"**a**", "xax", true},
        {"*a?", "aab", true},
        {"[abc]", "b", true},
        {"[abc]", "d", false},
        {"[a-c]x", "bx", true},
        {"[!a-c]", "d", true},
        {"[!a-c]", "b", false},
        {"[]]", "]", true},
        {"[!]]", "]", false},
        {"[a-]", "-", true},
        {"[-a]", "-", true},
        {"[", "[", true},
        {"a[b", "a[b", true},
        {"[a-c", "a", false},
        {"\\*", "*", true},
        {"\\*", "a", false},
        {"a\\", "a\\", true},
        {"*.[0-9]*", "v.1x", true},
        {"*ab*ab*ab", "abababab", true},
        {"*ab*ab*ab", "ababa", false},
        /* one character, however many bytes it has */
        {"gr??e",
         "gr\xc3\xb6\xc3\x9f"
         "e",
         true},
        {"?", "\xf0\x9f\x98\x80", true},
        {"??", "\xc3\xa4", false},
        {"[\xc3\xa4\xc3\xb6]", "\xc3\xb6", true},
        {"[\xc3\xa4\xc3\xb6]", "\xc3\xbc", false},
        {"[a-\xc3\xbc]", "\xc3\xa4", true},
        {"[!a]*",
         "\xe2\x82\xac"
         "1",
         true},
        {"*\xa4", "\xc3\xa4", false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        if (ing_glob(cases[i].pattern, strlen(cases[i].pattern), cases[i].name) != cases[i].matches)
            fail_msg("\"%s\" and \"%s\"", cases[i].pattern, cases[i].name);
}

static void expect_types(const char *text, const char *types, const char *result)
{
    shmcol_csv_options o = SHMCOL_CSV_OPTIONS_INIT;
    o.types = types;
    csv_packed p = csv_pack(text, &o);
    csv_expect_types(&p, result);
    csv_free(&p);
}

static void test_the_list(void **state)
{
    (void)state;
    expect_types("ab,ac,b\n1,2,3\n", "ab=int8", "ab:int8,ac:int64,b:int64");
    expect_types("ab,ac,b\n1,2,3\n", "*=int8,ab=int16",
                 "ab:int16,ac:int8,b:int8"); /* an exact name beats globs */
    expect_types("ab,ac,b\n1,2,3\n", "a*=int8,*=int16",
                 "ab:int8,ac:int8,b:int16"); /* the first glob wins */
    expect_types("ab,ac,b\n1,2,3\n", "ab=auto,*=string",
                 "ab:int64,ac:string,b:string"); /* auto counts as a type of the column */
    expect_types("a*,ac\n1,2\n", "a*=int8", "a*:int8,ac:int64"); /* a name before a pattern */
    expect_types("x=y,b\n1,2\n", "x=y=int8", "x=y:int8,b:int64");
    expect_types("a[b,c\n1,2\n", "a[b=int8,c=int16", "a[b:int8,c:int16");
    expect_types("a,b\n2020-01-01T00:00:00Z,1\n", "a=timestamp[ms;Europe/Paris],b=uint8",
                 "a:timestamp[ms;Europe/Paris],b:uint8");
    expect_types("a,b\nx,1\n", "a=dictionary,,b=int8,", "a:dictionary,b:int8");
    expect_types("a,b\nx,1\n", "z*=int8", "a:string,b:int64");
    expect_types("a,a\n1,2\n", "a_2=int8", "a:int64,a_2:int8"); /* names as they are after C-12 */
    /* a quoted name is exact, and may hold anything */
    expect_types("\"a, b\",c\n1,2\n", "\"a, b\"=int8,c=int16", "a, b:int8,c:int16");
    expect_types("\"a\"\"=b\",c\n1,2\n", "c=int16,\"a\"\"=b\"=int8", "a\"=b:int8,c:int16");
    expect_types("a*,ab\n1,2\n", "\"a*\"=int8", "a*:int8,ab:int64");
    expect_types("a,\"b,c\"\n1,2\n", "[a,b]*=int8", "a:int8,b,c:int8"); /* a comma in a set */
    static const struct {
        const char *types;
        shmcol_status status;
    } bad[] = {
        {"c=int8", SHMCOL_ERR_NO_COLUMN},          {"a=int9", SHMCOL_ERR_TYPE_NAME},
        {"a", SHMCOL_ERR_INVALID_ARGUMENT},        {"=int8", SHMCOL_ERR_INVALID_ARGUMENT},
        {"a=int8,c=int8", SHMCOL_ERR_NO_COLUMN},   {"z*=int9", SHMCOL_ERR_TYPE_NAME},
        {"\"a=int8", SHMCOL_ERR_INVALID_ARGUMENT}, {"\"a\"x=int8", SHMCOL_ERR_INVALID_ARGUMENT},
        {"\"a*\"=int8", SHMCOL_ERR_NO_COLUMN},     {"a=date[%d,b=int8", SHMCOL_ERR_TYPE_NAME}};
    shmcol_csv_options o = SHMCOL_CSV_OPTIONS_INIT;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        o.types = bad[i].types;
        csv_expect_error("a,b\n1,2\n", &o, bad[i].status, "C-51", "");
    }
}

/* Where an item of the list ends (C-51): name and type of each, "-" for an item without a type. */
static void test_items(void **state)
{
    (void)state;
    static const struct {
        const char *list, *items;
    } cases[] = {
        {"", ""},
        {",,", ""},
        {"a=int8,,b=int9,", "a|int8 b|int9 "},
        {"a", "a|- "},
        {"=int8,b=int8", "=int8|- b|int8 "},
        {"a=b=int8", "a=b|int8 "},
        {"a=int8=int8", "a=int8|int8 "},
        {"a=date[%d/%m/%Y],b=int8", "a|date[%d/%m/%Y] b|int8 "},
        {"a=date[%Y=%m,%d],b=int8", "a|date[%Y=%m,%d] b|int8 "},
        {"a=date[[%Y%]%m],b=date[%%],c=date[%]]", "a|date[[%Y%]%m] b|date[%%] c|date[%]] "},
        {"a=float64[%],b=float32[$,%]", "a|float64[%] b|float32[$,%] "},
        {"a=timestamp[s;;%d.%m.%Y, %H:%M],b=bool[y,=|n]",
         "a|timestamp[s;;%d.%m.%Y, %H:%M] b|bool[y,=|n] "},
        {"[a=int8,b]=int16", "[a|int8 b]|int16 "},
        {"[x,y]=int8,c=int16", "[x,y]|int8 c|int16 "},
        {"x[y,c=int16", "x[y|- c|int16 "},
        {"a=date[%d,b=int8", "a|date[%d b|int8 "},
        {"a=decimal(10,2),b=int8", "a|decimal(10,2) b|int8 "},
        {"a=decimal(10,2)[$,],b=int8", "a|decimal(10,2)[$,] b|int8 "},
        {"x=y=decimal(10,2)", "x=y|decimal(10,2) "},
        {"a=decimal(10),b=int8", "a|decimal(10) b|int8 "},
        {"a=f(1,2,3),b=int8", "a|f(1,2,3) b|int8 "},
        {"a=decimal(1000,2),b=int8", "a|decimal(1000,2) b|int8 "},
        {"\"a,b\"=int8,\"c\"\"=\"=date[,]", "\"a,b\"|int8 \"c\"\"=\"|date[,] "},
        {"\"a\"=,b=int8", "\"a\"| b|int8 "},
        {"\"a=int8", "\"a=int8|- "},
        {"a=date[]x,b=int8", "a|date[]x b|int8 "},
        {"a=[b=int8", "a=[b|int8 "},
        {"a=f(1,b=int8", "a|f(1 b|int8 "},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[256] = "";
        size_t n = 0;
        const char *list = cases[i].list;
        for (ing_type_item item; ing_next_type(&list, &item);)
            n += (size_t)snprintf(text + n, sizeof text - n, "%.*s|%.*s ", (int)item.name.length,
                                  item.name.data, item.has_type ? (int)item.type.length : 1,
                                  item.has_type ? item.type.data : "-");
        assert_string_equal(text, cases[i].items);
    }
}

static shmcol_pair pair_of(const char *key, const char *value)
{
    return (shmcol_pair){{key, strlen(key)}, {value, strlen(value)}};
}

/* Lists whose names have commas, '=' and globs in them. */
static void test_pairs(void **state)
{
    (void)state;
    const shmcol_pair types[] = {pair_of("a=b", "int8"), pair_of("c,d", "int16"),
                                 pair_of("x*", "float32"), pair_of("*", "string"),
                                 pair_of("x1", "auto")};
    shmcol_csv_options o = SHMCOL_CSV_OPTIONS_INIT;
    o.types = "y=uint8";
    o.type_pairs = types;
    o.n_type_pairs = 5;
    csv_packed p = csv_pack("a=b,\"c,d\",x1,x2,y,z\n1,2,3,4,5,6\n", &o);
    csv_expect_types(&p, "a=b:int8,c,d:int16,x1:int64,x2:float32,y:uint8,z:string");
    csv_free(&p);

    /* Of "a=b=NA" as one string the column would be a, and the token b=NA. */
    const shmcol_pair nulls[] = {pair_of("a=b", "NA"), pair_of("a=b", "-"), pair_of("a", "x=y")};
    o = (shmcol_csv_options)SHMCOL_CSV_OPTIONS_INIT;
    o.null_pairs = nulls;
    o.n_null_pairs = 3;
    csv_expect("a,a=b\n1,NA\nx=y,-\n2,3\n", &o, "a:int64,a=b:int64\n1,~\n~,~\n2,3\n");
    const char *kept[] = {"a"};
    o.columns = kept;
    o.n_columns = 1;
    csv_expect("a,a=b\n1,NA\nx=y,-\n2,3\n", &o, "a:int64\n1\n~\n2\n");

    const shmcol_pair wrong[] = {pair_of("nothing", "NA")}, no_type[] = {pair_of("a", "int9")},
                      no_name[] = {pair_of("q", "int8")};
    o = (shmcol_csv_options)SHMCOL_CSV_OPTIONS_INIT;
    o.null_pairs = wrong;
    o.n_null_pairs = 1;
    csv_expect_error("a,b\n1,2\n", &o, SHMCOL_ERR_NO_COLUMN, "C-22", "");
    o.n_null_pairs = 0;
    o.type_pairs = no_type;
    o.n_type_pairs = 1;
    csv_expect_error("a,b\n1,2\n", &o, SHMCOL_ERR_TYPE_NAME, "C-51", "");
    o.type_pairs = no_name;
    csv_expect_error("a,b\n1,2\n", &o, SHMCOL_ERR_NO_COLUMN, "C-51", "");

    const char *modes[] = {"never",
                           "a=b=always"}; /* the column is "a=b", though there is one called "a" */
    o = (shmcol_csv_options)SHMCOL_CSV_OPTIONS_INIT;
    o.dictionary = modes;
    o.n_dictionary = 2;
    p = csv_pack("a,a=b\nx,y\n", &o);
    csv_expect_types(&p, "a:string,a=b:dictionary");
    csv_free(&p);
}

/* C-52 with C-41: points group digits in front of a comma alone. */
static void test_decimal_comma(void **state)
{
    (void)state;
    shmcol_csv_options o = SHMCOL_CSV_OPTIONS_INIT;
    o.decimal_comma = 1;
    o.types = "a=uint64,b=int16";
    csv_expect(
        "a;b;c\n18.446.744.073.709.551.615,0;-32.768,;1,5\n1234;1;2\n12345;0;3\n", &o,
        "a:uint64,b:int16,c:float64\n18446744073709551615,-32768,1.5\n1234,1,2\n12345,0,3\n");
    static const char *const bad[] = {"18.446.744.073.709.551.616,",
                                      "192.168.100.101",
                                      "1.234",
                                      "1.2345",
                                      "1234.567",
                                      "0.123,",
                                      ".123,",
                                      "1..234,",
                                      "1.23,",
                                      "-1.234,",
                                      "1.234,5",
                                      "12.34.567,",
                                      "1.234.,",
                                      "."};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        char text[128];
        snprintf(text, sizeof text, "a;b;c\n1;2;3\n%s;1;1\n", bad[i]);
        csv_expect_error(text, &o, SHMCOL_ERR_CSV_VALUE, "C-52", "3:1");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names),    cmocka_unit_test(test_globs),
        cmocka_unit_test(test_the_list), cmocka_unit_test(test_items),
        cmocka_unit_test(test_pairs),    cmocka_unit_test(test_decimal_comma)};
    return cmocka_run_group_tests(tests, support_begin, csv_end);
}
