/* C-50 over whole files: the type follows from all values, also if the deciding one is outside the
 * sample. Nulls (C-20 … C-23); units and zones. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "csv_support.h"
#include "parse/parse.h"

#define CLASSES 10
#define WINDOW 64 /* and so many rows a block */
#define ROWS                                                                                       \
    1280 /* 20 blocks: the sample looks at 16 of them, not at the 15th and not at the last one */
#define HIDDEN (14 * 64 + 5)
#if defined(__SANITIZE_THREAD__)
#define STEP 5
#elif defined(SHMCOL_FEWER_VALUES)
#define STEP 3
#else
#define STEP 1
#endif

static const char *const values[CLASSES][3] = {
    {"true", "FALSE", "False"},
    {"0", "-7", "9007199254740992"},
    {"9007199254740993", "-9223372036854775807", "9223372036854775807"},
    {"9223372036854775808", "-9223372036854777856", "10000000000000000000000"},
    {"1.5", "-0", "2e-310"},
    {"nan", "-inf", "Infinity"},
    {"2020-02-29", "0000-01-01", "9999-12-31"},
    {"2020-02-29T23:59", "1969-12-31 23:59:59", "2020-01-01T00:00:00.5"},
    {"2020-02-29T23:59Z", "1969-12-31 23:59:59+05:30", "2020-01-01T00:00:00.25-01"},
    {"x", "-", "007"},
};

static uint32_t classify(const char *text, size_t n, parse_value *value)
{
    char buf[128] = {0};
    assert_true(n < sizeof buf - PARSE_SLACK);
    memcpy(buf + PARSE_SLACK / 2, text, n);
    parse_classify(buf + PARSE_SLACK / 2, n, &parse_style_plain, value);
    return value->class_;
}

/* One column's values by row. */
typedef struct column {
    const char *rows[ROWS];
} column;

static void check_strings(const shmcol_file *file, const shmcol_column_info *info, const column *c)
{
    shmcol_strings strings = SHMCOL_STRINGS_INIT;
    shmcol_dictionary dictionary = SHMCOL_DICTIONARY_INIT;
    bool plain = info->type == SHMCOL_STRING;
    assert_int_equal(plain ? shmcol_strings_column(file, info->index, &strings, NULL)
                           : shmcol_dictionary_column(file, info->index, &dictionary, NULL),
                     0);
    for (uint64_t row = 0; row < ROWS; row++) {
        const char *text;
        uint64_t n;
        assert_int_equal(plain ? shmcol_string_at(&strings, row, &text, &n)
                               : shmcol_dictionary_at(&dictionary, row, &text, &n),
                         0);
        assert_int_equal(n, strlen(c->rows[row]));
        assert_memory_equal(text, c->rows[row], n);
    }
}

static void check_numbers(const shmcol_file *file, const shmcol_column_info *info, const column *c)
{
    const void *data;
    const uint8_t *validity;
    assert_int_equal(shmcol_values(file, info->index, &data, &validity, NULL), 0);
    assert_null(validity);
    for (uint64_t row = 0; row < ROWS; row++) {
        parse_value v;
        int64_t whole;
        classify(c->rows[row], strlen(c->rows[row]), &v);
        switch (info->type) {
        case SHMCOL_BOOL8: assert_int_equal(((const uint8_t *)data)[row], v.boolean); break;
        case SHMCOL_INT64: assert_int_equal(((const int64_t *)data)[row], v.integer); break;
        case SHMCOL_FLOAT64: assert_memory_equal((const double *)data + row, &v.number, 8); break;
        case SHMCOL_DATE64:
            assert_int_equal(((const int64_t *)data)[row], v.days * 86400000);
            break;
        default:
            assert_true(parse_timestamp_units(v.seconds, v.nanos, info->unit, &whole));
            assert_int_equal(((const int64_t *)data)[row], whole);
            break;
        }
    }
}

static void check_file(const char *path, const column *columns, uint32_t n)
{
    shmcol_file *file;
    assert_int_equal(shmcol_open(path, NULL, &file, NULL), SHMCOL_OK);
    assert_int_equal(shmcol_rows(file), ROWS);
    for (uint32_t i = 0; i < n; i++) {
        shmcol_column_info info = SHMCOL_COLUMN_INFO_INIT;
        uint32_t classes = 0;
        parse_value v;
        for (size_t row = 0; row < ROWS; row++)
            if (row == 0 || columns[i].rows[row] != columns[i].rows[row - 1])
                classes |= classify(columns[i].rows[row], strlen(columns[i].rows[row]), &v);
        assert_int_equal(shmcol_get_column(file, i, &info, NULL), SHMCOL_OK);
        if (csv_type_of(classes) != (info.type == SHMCOL_DICTIONARY ? SHMCOL_STRING : info.type))
            fail_msg("classes %x became %s", classes, shmcol_type_name(info.type));
        if (info.type == SHMCOL_STRING || info.type == SHMCOL_DICTIONARY)
            check_strings(file, &info, &columns[i]);
        else
            check_numbers(file, &info, &columns[i]);
    }
    shmcol_close(file);
}

static void pack_columns(const column *columns, uint32_t n, uint32_t threads)
{
    size_t room = (size_t)ROWS * n * 32 + n * 8, at = 0;
    char *text = malloc(room);
    assert_non_null(text);
    for (uint32_t i = 0; i < n; i++)
        at += (size_t)sprintf(text + at, "c%u%c", i, i + 1 < n ? ',' : '\n');
    for (size_t row = 0; row < ROWS; row++)
        for (uint32_t i = 0; i < n; i++)
            at += (size_t)sprintf(text + at, csv_random(9) ? "%s%c" : "\"%s\"%c",
                                  columns[i].rows[row],
                                  i + 1 < n ? ',' : '\n'); /* quotes do not count */
    shmcol_csv_options o = SHMCOL_CSV_OPTIONS_INIT;
    o.window = WINDOW;
    o.threads = threads;
    csv_packed p = csv_pack_bytes(text, at, &o);
    if (p.status != SHMCOL_OK)
        fail_msg("%s", p.err.message);
    check_file(csv_path("out"), columns, n);
    csv_free(&p);
    free(text);
}

/* Every triple of classes, the second in one row of a block the sample does not see, the third in
 * the very last row. */
static void test_deciding_values(void **state)
{
    (void)state;
    const uint32_t most = CLASSES * CLASSES;
    column *columns = malloc(most * sizeof *columns);
    assert_non_null(columns);
    for (int first = (int)csv_random(STEP); first < CLASSES; first += STEP) {
        for (uint32_t i = 0; i < most; i++) {
            for (size_t row = 0; row < ROWS; row++)
                columns[i].rows[row] = values[first][csv_random(3)];
            columns[i].rows[HIDDEN] = values[i / CLASSES][csv_random(3)];
            columns[i].rows[ROWS - 1] = values[i % CLASSES][csv_random(3)];
        }
        pack_columns(columns, most, 1 + (uint32_t)first % 3);
    }
    free(columns);
}

/* Classes mixed at random, so that guesses are wrong in every way. */
static void test_random_columns(void **state)
{
    (void)state;
    const uint32_t most = 64;
    column *columns = malloc(most * sizeof *columns);
    assert_non_null(columns);
    for (int round = 0; round < 4 / STEP + 1; round++) {
        for (uint32_t i = 0; i < most; i++) {
            uint32_t kinds = 1 + csv_random(3),
                     pick[3] = {csv_random(CLASSES), csv_random(CLASSES), csv_random(CLASSES)},
                     rare = 1 + csv_random(4000);
            for (size_t row = 0; row < ROWS; row++)
                columns[i].rows[row] =
                    values[csv_random(rare) ? pick[0] : pick[csv_random(kinds)]][csv_random(3)];
        }
        pack_columns(columns, most, 3);
    }
    free(columns);
}

/* ---- units and zones ---- */

/* `first` in all rows but the last one, which is `last`; the column's type as it shows. */
static void expect_type(const char *first, const char *last, const char *type)
{
    char *text = malloc(ROWS * 48), *at = text;
    assert_non_null(text);
    at += sprintf(at, "a,b\n");
    for (size_t row = 1; row < ROWS; row++)
        at += sprintf(at, "%s,x%zu\n", first, row);
    at += sprintf(at, "%s,y\n", last);
    char want[64];
    snprintf(want, sizeof want, "a:%s,b:string", type);
    shmcol_csv_options o = SHMCOL_CSV_OPTIONS_INIT;
    for (o.window = 0; o.window <= WINDOW; o.window += WINDOW)
        for (o.threads = 1; o.threads <= 2; o.threads++) {
            csv_packed p = csv_pack(text, &o);
            csv_expect_types(&p, want);
            csv_free(&p);
        }
    free(text);
}

static void test_units(void **state)
{
    (void)state;
    static const char *const stamps[] = {"2020-01-01T00:00:00", "2020-01-01T00:00:00.5",
                                         "2020-01-01T00:00:00.123456",
                                         "2020-01-01T00:00:00.123456789"};
    static const char *const units[] = {"s", "ms", "us", "ns"};
    for (int i = 0; i < 4; i++)
        for (int k = 0; k < 4; k++) {
            char type[32];
            snprintf(type, sizeof type, "timestamp[%s]", units[i > k ? i : k]);
            expect_type(stamps[i], stamps[k], type);
        }
    /* C-42: what nanoseconds cannot hold makes a string, whichever of the two comes last */
    expect_type("0001-01-01T00:00:00", stamps[3], "dictionary");
    expect_type(stamps[3], "0001-01-01T00:00:00", "dictionary");
    expect_type("0001-01-01T00:00:00", stamps[2], "timestamp[us]");
    expect_type(stamps[3], "2262-04-11T23:47:16.854775807", "timestamp[ns]");
    expect_type(stamps[3], "2262-04-11T23:47:16.854775808", "dictionary");
    expect_type(stamps[3], "1677-09-21T00:12:43.145224193", "timestamp[ns]");
    expect_type(stamps[3], "1677-09-21T00:12:43.145224192",
                "dictionary"); /* the null's own value */
    expect_type("2262-04-11T23:47:16.85477580Z", "2262-04-11T23:47:16.854775807-00:01",
                "dictionary");
}

static void test_zones(void **state)
{
    (void)state;
    expect_type("2020-01-01T00:00Z", "2020-01-01T00:00+00:00", "timestamp[s;UTC]");
    expect_type("2020-01-01T00:00Z", "2020-01-01T00:00+01", "timestamp[s;UTC]");
    expect_type("2020-01-01T00:00+01:00", "2020-01-01T00:00+0100", "timestamp[s;+01:00]");
    expect_type("2020-01-01T00:00-02:30", "2020-01-01T00:00:00.5-02:30", "timestamp[ms;-02:30]");
    expect_type("2020-01-01T00:00+01:00", "2020-01-01T00:00Z", "timestamp[s;UTC]");
    expect_type("2020-01-01T00:00Z", "2020-01-01T00:00", "dictionary");
    expect_type("2020-01-01T00:00", "2020-01-01T00:00Z", "dictionary");
    expect_type("2020-01-01T00:00", "2020-01-01", "dictionary");
    expect_type("2020-01-01", "2020-01-01T00:00", "dictionary");
    expect_type("2020-01-01T00:00Z", "Z", "dictionary");
    csv_expect("a,b\n2020-01-01T01:00+01:00,1\n2020-01-01 00:00:00-00:30,2\n", NULL,
               "a:timestamp[s;UTC],b:int64\n1577836800,1\n1577838600,2\n");
}

/* ---- nulls ---- */

static void test_nulls(void **state)
{
    (void)state;
    static const char *const never[] = {"never"};
    shmcol_csv_options plain = SHMCOL_CSV_OPTIONS_INIT;
    plain.dictionary = never;
    plain.n_dictionary = 1;
    csv_expect("a,b\n,\n1,x\n\"\",\"\"\n", &plain,
               "a:int64,b:string\n~,~\n1,x\n~,\n"); /* C-20, C-21 */
    csv_expect("a,b\n,\"\"\n,\"\"\n", &plain,
               "a:string,b:string\n~,\n~,\n"); /* no value: strings */
    csv_expect("a,b\n,\"\"\n,\"\"\n", NULL,
               "a:dictionary,b:dictionary\n~,\n~,\n"); /* by C-60 such a string is a dictionary, of
                                                          0 values or 1 */
    const char *nulls[] = {"NA", "b=-", "", "c=x=y"};
    shmcol_csv_options o = plain;
    o.nulls = nulls;
    o.n_nulls = 2;
    csv_expect("a,b\nNA,-\n-,NA\n\"NA\",\"-\"\n1,1\n", &o,
               "a:string,b:int64\n~,~\n-,~\n~,~\n1,1\n"); /* C-22: quoted or not */
    o.n_nulls = 3;
    csv_expect("a,b\n\"\",\"\"\n1,\n", &o, "a:int64,b:string\n~,~\n1,~\n");
    o.n_nulls = 4; /* no column of that name: all of it is a token */
    csv_expect("a,b\nc=x=y,1\n2,x\n", &o, "a:int64,b:string\n~,1\n2,x\n");
    csv_expect("a,c\nx=y,x=y\n2,3\n", &o, "a:string,c:int64\nx=y,~\n2,3\n");
    csv_expect("a,b\n 1,\" x\"\n \t, \n2\t,\"  \"\n", &plain,
               "a:string,b:string\n 1, x\n \t, \n2\t,  \n");
    o = plain;
    o.trim = 1;
    csv_expect("a,b\n 1,\" x\"\n \t, \n2\t,\"  \"\n", &o,
               "a:int64,b:string\n1, x\n~,~\n2,  \n"); /* C-23: quoted fields as they are */
    o.nulls = nulls;
    o.n_nulls = 1;
    csv_expect("a,b\n NA , x\"\n1,x\n", &o, "a:int64,b:string\n~,x\"\n1,x\n");
    csv_packed p = csv_pack("a,b\n\"\",\"\"\n1,x\n\"\",y\n", NULL);
    assert_int_equal(p.report->n_warnings, 1);
    assert_string_equal(p.report->warnings[0], "column \"a\": 2 quoted empty fields are nulls");
    csv_free(&p);
}

/* A null at every place of a block's validity, and columns with nulls in some blocks only. */
static void test_null_places(void **state)
{
    (void)state;
    shmcol_csv_options o = SHMCOL_CSV_OPTIONS_INIT;
    o.window = WINDOW;
    for (uint32_t rows = 1; rows < 200; rows += 1 + rows / 9)
        for (int round = 0; round < 4; round++) {
            char text[8192], want[8192], *at = text, *out = want;
            uint32_t rare = 1 + csv_random(200);
            at += sprintf(at, "a,b,c,d\n7,x,u,2020-01-01\n");
            out += sprintf(out, "a:int64,b:string,c:dictionary,d:date64\n7,x,u,1577836800000\n");
            const char *const dictionary[] = {"c=always", "b=never"};
            o.dictionary = dictionary;
            o.n_dictionary = 2;
            for (uint32_t i = 0; i < rows; i++) {
                bool n[4] = {csv_random(rare) == 0, csv_random(rare) == 0, csv_random(rare) == 0,
                             csv_random(rare) == 0};
                at += sprintf(at, "%.0d,%s,%s,%s\n", n[0] ? 0 : (int)i + 1, n[1] ? "" : "y",
                              n[2]    ? ""
                              : i % 2 ? "v"
                                      : "u",
                              n[3] ? "" : "1970-01-02");
                char number[16];
                snprintf(number, sizeof number, "%d", (int)i + 1);
                out += sprintf(out, "%s,%s,%s,%s\n", n[0] ? "~" : number, n[1] ? "~" : "y",
                               n[2]    ? "~"
                               : i % 2 ? "v"
                                       : "u",
                               n[3] ? "~" : "86400000");
            }
            o.threads = 1 + csv_random(3);
            csv_expect(text, &o, want);
        }
}

/* So many rows that a dictionary of which the sample saw a part is looked at again; half of its
 * values are rare. */
static void test_closer_look(void **state)
{
    (void)state;
    enum { MANY = 1200000, VALUES = 6000, RARE = VALUES / 2, LINE = 12 };
    bool *seen = calloc(VALUES, sizeof *seen);
    char *text = malloc((size_t)MANY * LINE + 10), *out = text;
    uint64_t first_id = 0;
    uint32_t n = 0;
    assert_non_null(seen);
    assert_non_null(text);
    out += sprintf(out, "a,b,c\n");
    for (uint32_t i = 0; i < MANY; i++) {
        uint32_t v = csv_random(64) == 0 ? RARE + csv_random(RARE) : csv_random(RARE);
        bool null = csv_random(1000) == 0;
        n += !null && !seen[v];
        seen[v] |= !null;
        out += sprintf(out, null ? "%u,,x\n" : "%u,v%u,x\n", i % 10, v);
    }
    for (uint32_t threads = 1; threads <= 2; threads++) {
        shmcol_csv_options o = SHMCOL_CSV_OPTIONS_INIT;
        shmcol_file_info info = SHMCOL_FILE_INFO_INIT;
        shmcol_file *file;
        uint64_t id;
        o.threads = threads;
        csv_packed p = csv_pack_bytes(text, (size_t)(out - text), &o);
        assert_int_equal(p.status, SHMCOL_OK);
        assert_int_equal(p.report->columns[1].type, SHMCOL_DICTIONARY);
        assert_int_equal(p.report->columns[1].distinct, n);
        csv_free(&p);
        assert_int_equal(shmcol_open(csv_path("out"), NULL, &file, NULL), SHMCOL_OK);
        assert_int_equal(shmcol_get_info(file, &info, NULL), SHMCOL_OK);
        memcpy(&id, info.file_id, sizeof id); /* a hash of all bytes */
        assert_true(threads == 1 || id == first_id);
        first_id = id;
        shmcol_close(file);
    }
    free(seen);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_deciding_values), cmocka_unit_test(test_random_columns),
        cmocka_unit_test(test_units),           cmocka_unit_test(test_zones),
        cmocka_unit_test(test_nulls),           cmocka_unit_test(test_null_places),
        cmocka_unit_test(test_closer_look),
    };
    return cmocka_run_group_tests(tests, support_begin, csv_end);
}
