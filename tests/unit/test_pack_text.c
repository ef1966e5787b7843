/* From bytes to records, as a library call: sections 1 and 2 of spec/csv.md, errors with their
 * places, and skipping. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "csv_support.h"

static const shmcol_csv_options plain = SHMCOL_CSV_OPTIONS_INIT;

static shmcol_csv_options commented(void)
{
    shmcol_csv_options o = plain;
    o.comment = '#';
    return o;
}

static char *repeated(const char *before, char c, size_t n, const char *after)
{
    size_t b = strlen(before), a = strlen(after);
    char *text = malloc(b + n + a + 1);
    assert_non_null(text);
    memcpy(text, before, b);
    memset(text + b, c, n);
    memcpy(text + b + n, after, a + 1);
    return text;
}

/* ---- C-3 … C-5 ---- */

static void test_beginning(void **state)
{
    (void)state;
    shmcol_csv_options skip = plain;
    skip.skip_lines = 2;
    csv_expect("\xef\xbb\xbf"
               "a,b\n1,2\n",
               NULL, "a:int64,b:int64\n1,2\n");
    csv_expect("\xef\xbb\xbf"
               "x\"\ny\n"
               "a,b\n1,2\n",
               &skip, "a:int64,b:int64\n1,2\n");
    csv_expect("\"\n\xff,\r\na,b\n1,2\n", &skip, "a:int64,b:int64\n1,2\n"); /* with any content */
    csv_expect_error("", NULL, SHMCOL_ERR_CSV_EMPTY, "C-5", "");
    csv_expect_error("\xef\xbb\xbf", NULL, SHMCOL_ERR_CSV_EMPTY, "C-5", "");
    csv_expect_error("\n\r\n\n", NULL, SHMCOL_ERR_CSV_EMPTY, "C-5", "");
    csv_expect_error("x\ny\n", &skip, SHMCOL_ERR_CSV_EMPTY, "C-5", "");
    csv_expect_error("x", &skip, SHMCOL_ERR_CSV_EMPTY, "C-5", "");
    csv_expect("\n\r\na,b\n1,2\n", NULL, "a:int64,b:int64\n1,2\n");
    csv_expect("a,b", NULL, "a:string,b:string\n"); /* C-14 */
    csv_expect("a,b\r\n", NULL, "a:string,b:string\n");
    skip.no_header = 1;
    csv_expect("x\ny\n1,2\n3,4", &skip, "column_1:int64,column_2:int64\n1,2\n3,4\n");
}

/* C-4: anywhere, also in skipped text. */
static void test_nul(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t n;
        const char *place;
    } cases[] = {
        {"ab,c\0d\n1,2\n", 11, "1:5"},      {"ab,c\n1,\0\n", 9, "2:3"},
        {"ab,c\n\"\0\",1\n", 11, "2:2"},    {"ab,c\n#\0\n", 8, "2:2"},
        {"#x\0\nab,c\n1,2\n", 13, "1:3"},   {"ab,c\n1,2\n#\0", 11, "3:2"},
        {"ab,c\n#\n\n#x\0\n\n", 13, "4:3"}, {"ab,c\n1,2\0", 9, "2:4"},
    };
    shmcol_csv_options o = commented();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        for (o.window = 0; o.window <= 3; o.window++) {
            char place[64];
            csv_packed p = csv_pack_bytes(cases[i].text, cases[i].n, &o);
            assert_int_equal(p.status, SHMCOL_ERR_CSV_NUL);
            snprintf(place, sizeof place, "%d:%d", (int)p.err.line, (int)p.err.line_column);
            assert_string_equal(place, cases[i].place);
        }
    }
}

/* ---- C-6 … C-9 ---- */

static void test_line_ends(void **state)
{
    (void)state;
    shmcol_csv_options o = commented();
    csv_expect("a,b\r\n1,2\n3,4\r\n5,6", NULL, "a:int64,b:int64\n1,2\n3,4\n5,6\n");
    csv_expect("a,b\n\n1,2\n\r\n\n3,4\n\n", NULL, "a:int64,b:int64\n1,2\n3,4\n");
    csv_expect("a\n\n1\n\r\n2\n", NULL, "a:int64\n~\n1\n~\n2\n"); /* C-8: one column */
    csv_expect_error("a,b\n1,\r2\n", NULL, SHMCOL_ERR_CSV_CARRIAGE_RETURN, "C-6", "2:3");
    csv_expect_error("a,b\n1,2\r", NULL, SHMCOL_ERR_CSV_CARRIAGE_RETURN, "C-6", "2:4");
    csv_expect_error("a,b\r", NULL, SHMCOL_ERR_CSV_CARRIAGE_RETURN, "C-6", "1:4");
    csv_expect_error("a,b\n1,2\n\r", NULL, SHMCOL_ERR_CSV_CARRIAGE_RETURN, "C-6", "3:1");
    csv_expect_error("a,b\n1,\"2\"\r", NULL, SHMCOL_ERR_CSV_CARRIAGE_RETURN, "C-6", "2:6");
    csv_expect_error("a,b\n1,\"2\r", NULL, SHMCOL_ERR_CSV_UNCLOSED_QUOTE, "C-7", "2:3");
    /* in a comment it is text, at the very end too */
    for (o.window = 0; o.window <= 4; o.window++) {
        csv_expect("a,b\n1,2\n#x\r", &o, "a:int64,b:int64\n1,2\n");
        csv_expect("a,b\n#x\ry\n1,2\n#\r", &o, "a:int64,b:int64\n1,2\n");
        csv_expect_error("a,b\n#x\n1,2\r", &o, SHMCOL_ERR_CSV_CARRIAGE_RETURN, "C-6", "3:4");
    }
}

static void test_quotes(void **state)
{
    (void)state;
    csv_expect("a,b\n\"x\"\"y\",\"1,\r\n2\"\n", NULL, "a:string,b:string\nx\"y,1,\r\n2\n");
    csv_expect("a,b\nx\"y,z\"\n", NULL, "a:string,b:string\nx\"y,z\"\n"); /* literal */
    csv_expect("a,b\n\"\"\"\",\"\"\"x\"\n", NULL, "a:string,b:string\n\",\"x\n");
    csv_expect_error("a,b\n\"x\"y,2\n", NULL, SHMCOL_ERR_CSV_AFTER_QUOTE, "C-7", "2:4");
    csv_expect_error("a,b\n\"x\" ,2\n", NULL, SHMCOL_ERR_CSV_AFTER_QUOTE, "C-7", "2:4");
    csv_expect_error("a,b\n\xc3\xa4,\"x\n\n", NULL, SHMCOL_ERR_CSV_UNCLOSED_QUOTE, "C-7", "2:3");
    shmcol_csv_options o = plain;
    o.quote = '\'';
    csv_expect("a,b\n'x''y',\"\n", &o, "a:string,b:string\nx'y,\"\n");
    o.no_quote = 1;
    csv_expect("a,b\n'x,y''\n", &o, "a:string,b:string\n'x,y''\n");
    o = commented();
    csv_expect("a,b\n#\"\n1,2\n#\n \"#\",#\n", &o, "a:string,b:string\n1,2\n \"#\",#\n");
}

static void test_utf8(void **state)
{
    (void)state;
    csv_expect_error("a,b\n\xc3\xa4,\xff\n", NULL, SHMCOL_ERR_CSV_UTF8, "C-2", "2:3");
    csv_expect_error("a,b\n1,\xc3", NULL, SHMCOL_ERR_CSV_UTF8, "C-2", "2:3"); /* cut by the end */
    csv_expect_error("a,\xe2\x82\n1,2\n", NULL, SHMCOL_ERR_CSV_UTF8, "C-2", "1:3");
    csv_expect_error("a,b\n\"\xed\xa0\x80\",2\n", NULL, SHMCOL_ERR_CSV_UTF8, "C-2",
                     "2:2"); /* a surrogate */
}

/* ---- C-10 … C-13 ---- */

static void test_delimiter(void **state)
{
    (void)state;
    csv_expect("a;b;c\n1;2,0;3\n", NULL, "a:int64,b:string,c:int64\n1,2,0,3\n");
    csv_expect("a\tb\tc\n1\t2\t3\n", NULL, "a:int64,b:int64,c:int64\n1,2,3\n");
    csv_expect("a;b;c,d,e\n1;2;3,4,5\n", NULL,
               "a;b;c:string,d:int64,e:int64\n1;2;3,4,5\n"); /* two of them */
    csv_expect("a|b|c\n\"|\"|2|3\n", NULL, "a:string,b:int64,c:int64\n|,2,3\n");
    shmcol_csv_options o = plain;
    o.comment = ';';
    csv_expect("a,b\n;x;y\n1,2\n", &o, "a:int64,b:int64\n1,2\n");
    o.comment = ','; /* is syntax already, and no other is found */
    csv_expect_error("a,b\n", &o, SHMCOL_ERR_INVALID_ARGUMENT, "C-10", "");
    o = plain;
    o.quote = ';';
    csv_expect("a,b,c\n;x,y;,2,3\n", &o, "a:string,b:int64,c:int64\nx,y,2,3\n");
}

static void test_names(void **state)
{
    (void)state;
    csv_packed p = csv_pack("a,a,,a_2,column_3,,\"x\ny\",a_2\n1,2,3,4,5,6,7,8\n", NULL);
    csv_expect_types(
        &p, "a:int64,a_3:int64,column_3_2:int64,a_2:int64,column_3:int64,column_6:int64,x");
    assert_int_equal(p.report->n_warnings, 4);
    csv_free(&p);
    for (size_t n = 65534; n <= 65536; n++) {
        char *text = repeated("id,", 'x', n, "\n1,2\n");
        if (n <= 65535) {
            p = csv_pack(text, NULL);
            assert_int_equal(p.status, SHMCOL_OK);
            csv_free(&p);
        } else {
            csv_expect_error(text, NULL, SHMCOL_ERR_CSV_NAME, "C-12", "1:4");
        }
        free(text);
    }
    char *one = repeated("", 'x', 65535, ","),
         *both = repeated(one, 'x', 65535, "\n1,2\n"); /* "_2" makes it too long */
    csv_expect_error(both, NULL, SHMCOL_ERR_CSV_NAME, "C-12", "");
    free(one);
    free(both);
    char *many = repeated("", ',', 1000000, "\n");
    csv_expect_error(many, NULL, SHMCOL_ERR_LIMIT, "F-59", "1:1");
    free(many);
}

static void test_ragged(void **state)
{
    (void)state;
    csv_expect_error("a,b\n1,2\n3\n", NULL, SHMCOL_ERR_CSV_RAGGED, "C-11", "3:1");
    csv_expect_error("a,b\n1,2,3\n4\n", NULL, SHMCOL_ERR_CSV_RAGGED, "C-11", "2:1");
    csv_expect_error("a\n1\n2,3\n", NULL, SHMCOL_ERR_CSV_RAGGED, "C-11", "3:1");
    /* as many ends as are expected, but not where */
    csv_expect_error("a,b\n1\n2,3,4\n", NULL, SHMCOL_ERR_CSV_RAGGED, "C-11", "2:1");
    /* C-16: the first record with an error, and the first kind in it */
    csv_expect_error("a,b\n1\n\xff,2\n", NULL, SHMCOL_ERR_CSV_RAGGED, "C-11", "2:1");
    csv_expect_error("a,b\n1,2,\xff\n", NULL, SHMCOL_ERR_CSV_UTF8, "C-2", "2:5");
    csv_expect_error("a,b\n\"x\"y,\xff,3\n", NULL, SHMCOL_ERR_CSV_AFTER_QUOTE, "C-7", "2:4");
    csv_expect_error("a,b\n\xff\"x\"y,\r3\n", NULL, SHMCOL_ERR_CSV_UTF8, "C-2", "2:1");
}

static csv_packed pack_parts(const char *const *texts, uint32_t n, const shmcol_csv_options *o)
{
    const char *paths[8];
    char name[16];
    for (uint32_t i = 0; i < n; i++) {
        snprintf(name, sizeof name, "part%u", i);
        paths[i] = csv_write(name, texts[i], strlen(texts[i]));
    }
    return csv_pack_paths(paths, n, o);
}

static void test_parts(void **state)
{
    (void)state;
    static const char *const good[] = {"a,b\n1,x", "a,b", "a,b\n", "\"a\",b\r\n2,y\r\n\n",
                                       "\xef\xbb\xbf"
                                       "a,b\n3,\"\n\""};
    shmcol_csv_options o = plain;
    for (o.window = 0; o.window <= 7; o.window++)
        for (o.threads = 1; o.threads <= 3; o.threads++) {
            csv_packed p = pack_parts(good, 5, &o);
            assert_int_equal(p.status, SHMCOL_OK);
            assert_string_equal(p.rows, "a:int64,b:string\n1,x\n2,y\n3,\n\n");
            csv_free(&p);
        }
    static const struct {
        const char *texts[3];
        shmcol_status status;
        const char *part;
        int line;
    } bad[] = {
        {{"a,b\n1,2\n", "a,c\n1,2\n", "a,b\n"}, SHMCOL_ERR_CSV_HEADERS_DIFFER, "part1", -1},
        {{"a,b\n1,2\n", "a,b\n", "a\n1\n"}, SHMCOL_ERR_CSV_HEADERS_DIFFER, "part2", -1},
        {{"a,b\n1,\"2\n", "a,b\n3,\"4\n", "a,b\n"}, SHMCOL_ERR_CSV_UNCLOSED_QUOTE, "part0", 2},
        {{"a,b\n1,2\n", "a,b\n3,4\r", "a,b\n"}, SHMCOL_ERR_CSV_CARRIAGE_RETURN, "part1", 2},
        {{"a,b\n1,2\n", "a,b\n3,4", "a,b\n\n5\n"}, SHMCOL_ERR_CSV_RAGGED, "part2", 3},
        {{"a,b\n1,\xe2", "a,b\n\x82\xac,2\n", "a,b\n"}, SHMCOL_ERR_CSV_UTF8, "part0", 2},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        for (o.window = 0; o.window <= 3; o.window++) {
            csv_packed p = pack_parts(bad[i].texts, 3, &o);
            assert_int_equal(p.status, bad[i].status);
            assert_non_null(strstr(p.err.path, bad[i].part));
            assert_int_equal(p.err.line, bad[i].line);
        }
    static const char *const bare[] = {"1,x", "2,y\n", "\n3,z"};
    o = plain;
    o.no_header = 1;
    csv_packed p = pack_parts(bare, 3, &o);
    assert_string_equal(p.rows, "column_1:int64,column_2:string\n1,x\n2,y\n3,z\n");
    csv_free(&p);
}

/* ---- C-15 ---- */

/* The limit is the same for a record with its LF and without, and for bounds that are no power of
 * two. A record beyond it gives that error and no other. */
static void test_long_records(void **state)
{
    (void)state;
    shmcol_csv_options o = plain;
    static const uint64_t bounds[] = {16u << 20, 20u << 20};
    for (size_t i = 0; i < 2; i++) {
        size_t longest = bounds[i] / 2, overhead = strlen(",1\n");
        o.memory = bounds[i];
        for (size_t n = longest - overhead - 1; n <= longest - overhead + 1; n++)
            for (int end = 0; end < 2; end++) {
                char *text = repeated("a,b\n1,2\n", 'x', n, end ? ",1\n" : ",1");
                csv_packed p = csv_pack(text, &o);
                assert_int_equal(p.status,
                                 n + overhead <= longest ? SHMCOL_OK : SHMCOL_ERR_CSV_FIELD_SIZE);
                assert_int_equal(p.err.line, p.status ? 3 : -1);
                csv_free(&p);
                free(text);
            }
    }
}

static void test_long_everything(void **state)
{
    (void)state;
    shmcol_csv_options o = commented();
    o.memory = 16u << 20;
    char *text = repeated("", 'x', 10u << 20, "\n1\n");
    o.no_header = 1;
    csv_expect_error(text, &o, SHMCOL_ERR_CSV_FIELD_SIZE, "C-15", "1:1");
    o.no_header = 0;
    csv_expect_error(text, &o, SHMCOL_ERR_CSV_FIELD_SIZE, "C-15", "1:1");
    free(text);
    /* skipping needs the whole record, whatever its other errors */
    o.on_error = SHMCOL_ON_ERROR_SKIP;
    static const char *const begins[] = {"a,b\n1,2\n", "a,b\n\r3\"x\n1,2\n\r", "a,b\n\"\"x",
                                         "a,b\n\xff"};
    for (size_t i = 0; i < sizeof begins / sizeof *begins; i++) {
        text = repeated(begins[i], 'x', 10u << 20, ",2\n3,4\n");
        csv_packed p = csv_pack(text, &o);
        assert_int_equal(p.status, SHMCOL_ERR_CSV_FIELD_SIZE);
        csv_free(&p);
        free(text);
    }
    /* long, but not too long: between short ones, at every place of the window */
    for (size_t n = 130000; n < 133000; n += 97) {
        text = repeated("a,b\n1,2\n\n", 'y', n, ",1\n3,4\n#c\n5,6\n");
        csv_packed p = csv_pack(text, &o);
        assert_int_equal(p.status, SHMCOL_OK);
        assert_int_equal(p.report->rows, 4);
        csv_free(&p);
        free(text);
    }
}

/* ---- C-17 ---- */

static void test_skipping(void **state)
{
    (void)state;
    shmcol_csv_options o = commented();
    o.on_error = SHMCOL_ON_ERROR_SKIP;
    o.rejects = csv_path("rejects");
    static const char *const texts[] = {
        "a,b\n1,x\n2\n3,y\r\n#c\n\"4\"z\r,w\n5,\xff\r\n",
        "a,b\n6,z\n\r7,q\n8,\"ok\"\"\"\n9,\"op\nen\n",
    };
    for (o.window = 0; o.window <= 9; o.window++) {
        csv_packed p = pack_parts(texts, 2, &o);
        assert_int_equal(p.status, SHMCOL_OK);
        assert_string_equal(p.rows, "a:int64,b:string\n1,x\n3,y\n6,z\n8,ok\"\n");
        assert_int_equal(p.report->rejected, 5);
        csv_free(&p);
        char kept[256] = {0};
        FILE *f = fopen(o.rejects, "rb");
        assert_non_null(f);
        assert_int_equal(fread(kept, 1, sizeof kept - 1, f), 29);
        fclose(f);
        assert_string_equal(kept, "2\n\"4\"z\r,w\n5,\xff\r\n\r7,q\n9,\"op\nen\n");
    }
    o.rejects = NULL;
    csv_expect_error("a,\xff\n1,2\n", &o, SHMCOL_ERR_CSV_UTF8, "C-2",
                     "1:3"); /* never in the header */
    o.types = "a=int8";
    csv_expect("a,b\n1,x\n200,y\n\"2\",\"z\"\n3\n\"x\",1\n", &o, "a:int8,b:string\n1,x\n2,z\n");
}

/* Values that hold the quotes that other fields have around them, when all values are known; and a
 * null token of both kinds. */
static void test_quotes_in_dictionaries(void **state)
{
    (void)state;
    static const char *const cells[] = {"%d,\"\"\"%c\"\"\"\r\n", "%d,\"%c\"\r\n", "%d,%c\r\n",
                                        "%d,\"~\"\r\n", "%d,~\r\n"};
    static const char *const shown[] = {"%d,\"%c\"\n", "%d,%c\n", "%d,%c\n", "%d,~\n", "%d,~\n"};
    static const char *const tokens[] = {"~"};
    static char text[500000],
        rows[500000]; /* several pieces: a table of known texts is looked up for each */
    shmcol_csv_options o = plain;
    o.nulls = tokens;
    o.n_nulls = 1;
    char *in = text + sprintf(text, "n,s\r\n"),
         *out = rows + sprintf(rows, "n:int64,s:dictionary\n");
    for (int i = 0; i < 30000; i++) {
        uint32_t kind = csv_random(5), letter = 'a' + csv_random(8);
        in += sprintf(in, cells[kind], i % 10, letter);
        out += sprintf(out, shown[kind], i % 10, letter);
    }
    csv_expect(text, &o, rows);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_beginning),
        cmocka_unit_test(test_nul),
        cmocka_unit_test(test_line_ends),
        cmocka_unit_test(test_quotes),
        cmocka_unit_test(test_utf8),
        cmocka_unit_test(test_delimiter),
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_ragged),
        cmocka_unit_test(test_parts),
        cmocka_unit_test(test_long_records),
        cmocka_unit_test(test_long_everything),
        cmocka_unit_test(test_skipping),
        cmocka_unit_test(test_quotes_in_dictionaries),
    };
    return cmocka_run_group_tests(tests, support_begin, csv_end);
}
