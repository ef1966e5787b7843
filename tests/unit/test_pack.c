/* shmcol_csv_pack as a library call: the report, progress and cancelling, errors, dry runs, refused
 * records, memory. Nothing is left behind, and the bytes depend on input and options only (F-6). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "csv_support.h"

static const shmcol_csv_options plain = SHMCOL_CSV_OPTIONS_INIT;

#ifdef SHMCOL_FEWER_VALUES
#define ROUNDS(n) ((n) / 6)
#else
#define ROUNDS(n) (n)
#endif

typedef struct text {
    char *data;
    size_t n, room;
} text;

static void put(text *t, const char *s)
{
    size_t n = strlen(s);
    if (t->n + n + 1 > t->room) {
        t->room = (t->n + n + 1) * 2;
        t->data = realloc(t->data, t->room);
        assert_non_null(t->data);
    }
    memcpy(t->data + t->n, s, n + 1);
    t->n += n;
}

/* A table of all kinds; wrong: a record with an error at its end. */
static text sample_table(uint32_t rows, bool wrong)
{
    text t = {0};
    char line[256];
    put(&t, "id,price,when,name,code,note\n");
    for (uint32_t i = 0; i < rows; i++) {
        snprintf(line, sizeof line, "%u,%u.%u,2020-01-%02uT00:00:%02u,%s,c%u,\"n\"\"%u\"\n", i,
                 i % 97, i % 10, 1 + i % 28, i % 60, i % 11 ? "some name" : "", i % 7, i);
        put(&t, line);
    }
    if (wrong)
        put(&t, "1,2,3\n");
    return t;
}

static uint8_t *read_out(size_t *n)
{
    FILE *f = fopen(csv_path("out"), "rb");
    assert_non_null(f);
    fseek(f, 0, SEEK_END);
    *n = (size_t)ftell(f);
    rewind(f);
    uint8_t *data = malloc(*n);
    assert_int_equal(fread(data, 1, *n, f), *n);
    fclose(f);
    return data;
}

/* ---- the report ---- */

static void test_report(void **state)
{
    (void)state;
    shmcol_csv_options o = plain;
    o.types = "id=int32";
    text t = {0};
    put(&t, "id,f,d,b,s,u,w\n");
    put(&t, "3,1.5,2020-01-02,true,x,a longer text than sixteen bytes,2020-01-01T00:00:00.5Z\n");
    put(&t, "-7,,1969-12-31,false,,b,2021-06-01 12:30:00Z\n");
    put(&t, "12,nan,,true,x,c,\n");
    csv_packed p = csv_pack(t.data, &o);
    assert_int_equal(p.status, SHMCOL_OK);
    const shmcol_csv_report *r = p.report;
    static const struct {
        const char *name, *range, *reason, *zone;
        shmcol_type type;
        uint64_t nulls, distinct;
    } want[] = {
        {"id", "-7 .. 12", "the type was asked for", NULL, SHMCOL_INT32, 0, 0},
        {"f", "1.5 .. 1.5", "all values are numbers", NULL, SHMCOL_FLOAT64, 1, 0},
        {"d", "1969-12-31 .. 2020-01-02", "all values are dates", NULL, SHMCOL_DATE64, 1, 0},
        {"b", "false .. true", "all values are true or false", NULL, SHMCOL_BOOL8, 0, 0},
        {"s", "", "line 2: \"x\" is text", NULL, SHMCOL_DICTIONARY, 1, 1},
        {"u", "a longer text th... .. c", "line 2: there is text", NULL, SHMCOL_STRING, 0, 0},
        {"w", "2020-01-01T00:00:00 .. 2021-06-01T12:30:00", "all values are timestamps", "UTC",
         SHMCOL_TIMESTAMP, 1, 0},
    };
    assert_int_equal(r->rows, 3);
    assert_int_equal(r->rejected, 0);
    assert_int_equal(r->n_columns, 7);
    assert_int_equal(r->bytes_in, t.n);
    assert_int_equal(r->delimiter, ',');
    assert_true(r->seconds >= 0);
    for (uint32_t i = 0; i < 7; i++) {
        const shmcol_csv_column *c = &r->columns[i];
        assert_int_equal(c->size, sizeof *c);
        assert_string_equal(c->name, want[i].name);
        assert_string_equal(c->range, want[i].range);
        assert_string_equal(c->reason, want[i].reason);
        assert_int_equal(c->type, want[i].type);
        assert_int_equal(c->nulls, want[i].nulls);
        assert_int_equal(c->distinct, want[i].distinct);
        assert_int_equal(c->forced, i == 0);
        assert_int_equal(c->zone == NULL, want[i].zone == NULL);
        if (c->zone != NULL)
            assert_string_equal(c->zone, want[i].zone);
    }
    assert_int_equal(r->columns[6].unit, SHMCOL_MILLI);
    assert_int_equal(r->columns[0].stored_bytes, 12);
    assert_int_equal(r->columns[4].stored_bytes,
                     1 + 3 + 16 + 1); /* validity, codes, offsets, text */
    shmcol_file *file;
    shmcol_file_info info = SHMCOL_FILE_INFO_INIT;
    assert_int_equal(shmcol_open(csv_path("out"), NULL, &file, NULL), SHMCOL_OK);
    assert_int_equal(shmcol_get_info(file, &info, NULL), SHMCOL_OK);
    assert_int_equal(info.file_size, r->bytes_out);
    assert_int_equal(info.csv_rules, 1);
    assert_memory_equal(info.file_id, r->file_id, 16);
    shmcol_close(file);
    csv_free(&p);
    free(t.data);
    shmcol_csv_report_free(NULL);
}

/* A dry run decides the same and writes nothing. */
static void test_dry_run(void **state)
{
    (void)state;
    text t = sample_table(3000, false);
    const char *in = csv_write("in.csv", t.data, t.n);
    csv_packed real = csv_pack_paths(&in, 1, NULL);
    unlink(csv_path("out"));
    unsigned before = support_entries();
    shmcol_csv_options o = plain;
    shmcol_csv_report *r = NULL;
    o.dry_run = 1;
    assert_int_equal(shmcol_csv_pack(&in, 1, NULL, &o, &r, NULL), SHMCOL_OK);
    assert_int_equal(support_entries(), before);
    assert_int_equal(r->rows, real.report->rows);
    assert_int_equal(r->bytes_out, 0);
    for (uint32_t i = 0; i < r->n_columns; i++) {
        const shmcol_csv_column *a = &r->columns[i], *b = &real.report->columns[i];
        assert_int_equal(a->type, b->type);
        assert_int_equal(a->nulls, b->nulls);
        assert_int_equal(a->distinct, b->distinct);
        assert_int_equal(a->stored_bytes, b->stored_bytes);
        assert_string_equal(a->reason, b->reason);
        assert_string_equal(a->range, b->range);
    }
    shmcol_csv_report_free(r);
    csv_free(&real);
    free(t.data);
}

/* ---- progress ---- */

typedef struct watcher {
    uint64_t last, total;
    uint32_t calls, stop_at; /* stop_at 0: never */
    bool backwards;
} watcher;

static int watch(void *arg, uint64_t done, uint64_t total)
{
    watcher *w = arg;
    w->backwards |= done < w->last && total == w->total;
    w->backwards |= total != 0 && done > total;
    w->last = done;
    w->total = total;
    return ++w->calls == w->stop_at;
}

static void test_progress(void **state)
{
    (void)state;
    text t = sample_table(20000, true);
    const char *in = csv_write("in.csv", t.data, t.n);
    for (int way = 0; way < 3;
         way++) { /* as it is; with an error and skipping; a column that is read again */
        watcher w = {0};
        shmcol_csv_options o = plain;
        o.on_error = SHMCOL_ON_ERROR_SKIP;
        o.progress = watch;
        o.progress_arg = &w;
        o.threads = 1 + (uint32_t)way;
        o.window = way == 2 ? 1024 : 0;
        csv_packed p = csv_pack_paths(&in, 1, &o);
        assert_int_equal(p.status, SHMCOL_OK);
        assert_true(w.calls > 2);
        assert_false(w.backwards);
        assert_int_equal(w.last, w.total);
        csv_free(&p);
    }
    free(t.data);
}

/* Stopped at any call, nothing is left: no file, no descriptor, no thread that still runs (the
 * sanitizers look for memory). */
static void test_cancel(void **state)
{
    (void)state;
    text t = sample_table(4000, true);
    const char *in = csv_write("in.csv", t.data, t.n);
    unlink(csv_path("out"));
    unsigned entries = support_entries(), descriptors = csv_descriptors();
    uint32_t cancelled = 0;
    for (uint32_t stop = 1; stop < 4000; stop += 1 + stop / 4) {
        watcher w = {.stop_at = stop};
        shmcol_csv_options o = plain;
        shmcol_error err = SHMCOL_ERROR_INIT;
        shmcol_csv_report *report = NULL;
        o.on_error = SHMCOL_ON_ERROR_SKIP;
        o.rejects = csv_path("rejects");
        o.progress = watch;
        o.progress_arg = &w;
        o.window = 512;
        o.threads = 1 + stop % 3;
        o.zstd_level = stop % 2 == 0 ? 3 : 0;
        o.no_sync = 1;
        shmcol_status status = shmcol_csv_pack(&in, 1, csv_path("out"), &o, &report, &err);
        if (status == SHMCOL_OK) {
            shmcol_csv_report_free(report);
            unlink(csv_path("out"));
            unlink(csv_path("rejects"));
        } else {
            if (status != SHMCOL_ERR_CANCELLED)
                fail_msg("call %u: %s %s", stop, shmcol_status_name(status), err.message);
            assert_null(report);
            cancelled++;
        }
        assert_int_equal(support_entries(), entries);
        assert_int_equal(csv_descriptors(), descriptors);
    }
    assert_true(cancelled > 5);
    free(t.data);
}

/* ---- errors ---- */

static void test_error_struct(void **state)
{
    (void)state;
    static const struct {
        const char *text, *rule, *hint, *message;
        shmcol_status status;
        int64_t offset, line, line_column, column;
    } cases[] = {
        {"a,b\n1,2\n\xc3\xa4,\xff\n", "C-2", "--encoding", "0xFF", SHMCOL_ERR_CSV_UTF8, 11, 3, 3,
         -1},
        {"a,b\n1,2\n3\n", "C-11", "--skip-footer", "1 fields where 2", SHMCOL_ERR_CSV_RAGGED, 8, 3,
         1, -1},
        {"a,b\n1,\"x\n", "C-7", "--quote", "\"\"x\"", SHMCOL_ERR_CSV_UNCLOSED_QUOTE, 6, 2, 3, -1},
        {"a,b\n1,\"x\"y\n", "C-7", "doubled", "\"y\"", SHMCOL_ERR_CSV_AFTER_QUOTE, 9, 2, 6, -1},
        {"a,b\n1\r2,3\n", "C-6", "CR LF", "carriage return", SHMCOL_ERR_CSV_CARRIAGE_RETURN, 5, 2,
         2, -1},
        {"a,b\n1,2\n3,\"300\"\n", "C-52", "--types 'b=int16'", "\"300\" in column \"b\" is no int8",
         SHMCOL_ERR_CSV_VALUE, 10, 3, 3, 1},
        {"a,b\n1,2\n300,300\n", "C-52", "--types 'a=int16'", "\"300\" in column \"a\" is no int8",
         SHMCOL_ERR_CSV_VALUE, 8, 3, 1, 0},
        {"a,b\n1,2\n300,1,1\n", "C-11", "", "3 fields", SHMCOL_ERR_CSV_RAGGED, 8, 3, 1, -1},
    };
    shmcol_csv_options o = plain;
    o.types = "*=int8";
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        for (o.window = 0; o.window < 40; o.window += 13)
            for (o.threads = 1; o.threads < 4; o.threads += 2) {
                csv_packed p = csv_pack(cases[i].text, &o);
                assert_int_equal(p.status, cases[i].status);
                assert_string_equal(p.err.rule, cases[i].rule);
                assert_non_null(strstr(p.err.hint, cases[i].hint));
                assert_non_null(strstr(p.err.message, cases[i].message));
                assert_string_equal(p.err.path, csv_path("in.csv"));
                assert_int_equal(p.err.file_offset, cases[i].offset);
                assert_int_equal(p.err.line, cases[i].line);
                assert_int_equal(p.err.line_column, cases[i].line_column);
                assert_int_equal(p.err.column, cases[i].column);
            }
}

/* The first error of the input, with others anywhere else and whichever thread finds one first. */
static void test_first_error(void **state)
{
    (void)state;
    for (int round = 0; round < ROUNDS(60); round++) {
        text t = {0};
        uint32_t rows = 200 + csv_random(2000), first = csv_random(rows), more = csv_random(3);
        put(&t, "a,b\n");
        for (uint32_t i = 0; i < rows; i++)
            put(&t,
                i == first || (i > first && csv_random(100) < more * 20) ? "1,2,3\n" : "1,\"2\"\n");
        shmcol_csv_options o = plain;
        o.window = round % 2 ? 64 + csv_random(500) : 0;
        o.threads = 1 + csv_random(4);
        csv_packed p = csv_pack(t.data, &o);
        assert_int_equal(p.status, SHMCOL_ERR_CSV_RAGGED);
        assert_int_equal(p.err.line, first + 2);
        free(t.data);
    }
}

static void test_bad_options(void **state)
{
    (void)state;
    const char *in = csv_write("in.csv", "a,b\n1,2\n", 8), *columns[] = {"a", "a"}, *none[] = {"c"},
               *modes[] = {"sometimes"};
    shmcol_csv_options bad[12];
    for (size_t i = 0; i < 12; i++)
        bad[i] = plain;
    bad[0].delimiter = '\n';
    bad[1].delimiter = '"';
    bad[2].comment = '"';
    bad[3].comment = ';', bad[3].delimiter = ';';
    bad[4].quote = (char)0xe4;
    bad[5].memory = 1000;
    bad[6].rejects = "x";
    bad[7].columns = columns, bad[7].n_columns = 2;
    bad[8].columns = none, bad[8].n_columns = 1;
    bad[9].dictionary = modes, bad[9].n_dictionary = 1;
    bad[10].encoding = "no-such-encoding";
    bad[11].quote = '\r';
    unlink(csv_path("out"));
    unsigned entries = support_entries();
    for (size_t i = 0; i < 12; i++) {
        shmcol_error err = SHMCOL_ERROR_INIT;
        shmcol_status status = shmcol_csv_pack(&in, 1, csv_path("out"), &bad[i], NULL, &err);
        assert_int_equal(status, i == 8 ? SHMCOL_ERR_NO_COLUMN : SHMCOL_ERR_INVALID_ARGUMENT);
        assert_true(err.message[0] != 0);
        assert_int_equal(support_entries(), entries);
    }
    assert_int_equal(shmcol_csv_pack(NULL, 0, csv_path("out"), NULL, NULL, NULL),
                     SHMCOL_ERR_INVALID_ARGUMENT);
    assert_int_equal(shmcol_csv_pack(&in, 1, NULL, NULL, NULL, NULL), SHMCOL_ERR_INVALID_ARGUMENT);
    setenv("SHMCOL_ISA", "abacus", 1);
    assert_int_equal(shmcol_csv_pack(&in, 1, csv_path("out"), NULL, NULL, NULL),
                     SHMCOL_ERR_INVALID_ARGUMENT);
    unsetenv("SHMCOL_ISA");
    /* a file that is there stays as it is */
    const char *out = csv_write("out", "mine", 4);
    assert_int_equal(shmcol_csv_pack(&in, 1, out, NULL, NULL, NULL), SHMCOL_ERR_EXISTS);
    shmcol_csv_options o = plain;
    o.overwrite = 1;
    in = csv_write("in.csv", "a,b\n1\n", 6);
    assert_int_equal(shmcol_csv_pack(&in, 1, out, &o, NULL, NULL), SHMCOL_ERR_CSV_RAGGED);
    size_t n;
    uint8_t *data = read_out(&n);
    assert_int_equal(n, 4);
    assert_memory_equal(data, "mine", 4);
    free(data);
}

static void test_columns(void **state)
{
    (void)state;
    const char *names[] = {"c", "a_2"};
    shmcol_csv_options o = plain;
    o.columns = names;
    o.n_columns = 2;
    o.types = "b=int8,c=int16"; /* one that is not kept does no harm */
    csv_expect("a,b,c,a\n1,x,2,\"y\"\"\"\n", &o, "c:int16,a_2:string\n2,y\"\n");
    csv_expect_error("a,b,c,a\n1,x,2,y\n1,\xff,2,3\n", &o, SHMCOL_ERR_CSV_UTF8, "C-2",
                     "3:3"); /* C-18 */
    csv_expect_error("a,b,c,a\n1,x,2,y\n1,x,2\n", &o, SHMCOL_ERR_CSV_RAGGED, "C-11", "3:1");
}

/* ---- the same bytes ---- */

static text random_csv(uint32_t columns, uint32_t records)
{
    static const char *const cells[] = {
        "1",       "22",         "-3.5",           "",         "\"\"",     "x",
        "\"a,b\"", "\"a\"\"b\"", "\"two\nlines\"", "\"\r\n\"", "\xc3\xa4", "2020-01-01",
        "true",    "NA",         "a\"b",           " "};
    text t = {0};
    for (uint32_t c = 0; c < columns; c++)
        put(&t, c + 1 < columns ? "h," : "h\n");
    uint32_t kinds = 1 + csv_random(16), from = csv_random(16);
    for (uint32_t r = 0; r < records; r++) {
        for (uint32_t c = 0; c < columns; c++) {
            put(&t, cells[csv_random(30) ? (from + csv_random(kinds)) % 16 : csv_random(16)]);
            put(&t, c + 1 < columns ? "," : csv_random(9) ? "\n" : "\r\n");
        }
        if (csv_random(50) == 0)
            put(&t, csv_random(2) ? "\n" : "#\"\n");
    }
    return t;
}

static void test_same_bytes(void **state)
{
    (void)state;
    static const char *const isas[] = {NULL, "scalar", "avx2"};
    for (int round = 0; round < ROUNDS(150); round++) {
        text t = random_csv(1 + csv_random(4), csv_random(round % 10 ? 60 : 3000));
        uint8_t *first = NULL;
        size_t size = 0;
        shmcol_csv_options o = plain;
        o.comment = csv_random(2) ? '#' : 0;
        o.no_header = (int)csv_random(2);
        for (int way = 0; way < 6; way++) {
            if (way != 0) {
                o.window = 1 + csv_random(way < 4 ? 40 : 3000);
                o.threads = 1 + csv_random(4);
                o.memory = (uint64_t)(16 + csv_random(20)) << 20;
                if (isas[way % 3] != NULL)
                    setenv("SHMCOL_ISA", isas[way % 3], 1);
            }
            csv_packed p = csv_pack_bytes(t.data, t.n, &o);
            if (p.status == SHMCOL_ERR_INVALID_ARGUMENT &&
                isas[way % 3] != NULL) { /* not on this machine */
                unsetenv("SHMCOL_ISA");
                continue;
            }
            unsetenv("SHMCOL_ISA");
            if (p.status != SHMCOL_OK) { /* the records of a comment character, without one: an
                                            error, and always the same */
                assert_int_equal(o.comment, 0);
                break;
            }
            size_t n;
            uint8_t *data = read_out(&n);
            if (first == NULL) {
                first = data;
                size = n;
            } else {
                assert_int_equal(n, size);
                assert_memory_equal(data, first, n);
                free(data);
            }
            csv_free(&p);
        }
        free(first);
        free(t.data);
    }
}

/* ---- memory ---- */

/* Declared dictionaries take all the memory that they need. One that does not fit the bound is an
 * error; several use it one after the other. */
static void test_dictionary_memory(void **state)
{
    (void)state;
    static const char *const always[] = {"always"};
    shmcol_csv_options o = plain;
    o.memory = 16u << 20;
    o.dictionary = always;
    o.n_dictionary = 1;
    text t = {0};
    char line[256];
    put(&t, "a,b,c\n");
    for (uint32_t i = 0; i < 60000; i++) {
        snprintf(line, sizeof line,
                 "value %06u of the first,value %06u of the second,value %06u of the third\n",
                 i * 7 % 60000, i * 11 % 60000, i * 13 % 60000);
        put(&t, line);
    }
    csv_packed p = csv_pack_bytes(t.data, t.n, &o);
    assert_int_equal(p.status, SHMCOL_OK);
    for (uint32_t i = 0; i < 3; i++)
        assert_int_equal(p.report->columns[i].distinct, 60000);
    csv_free(&p);
    free(t.data);
    t = (text){0};
    put(&t, "a,b\n");
    for (uint32_t i = 0; i < 200000; i++) {
        snprintf(line, sizeof line, "1,a value that is long enough to matter here: %06u\n", i);
        put(&t, line);
    }
    p = csv_pack_bytes(t.data, t.n, &o);
    assert_int_equal(p.status, SHMCOL_ERR_MEMORY_BOUND);
    assert_int_equal(p.err.column, 1);
    assert_non_null(strstr(p.err.hint, "--memory"));
    o.n_dictionary = 0; /* automatic: never an error */
    p = csv_pack_bytes(t.data, t.n, &o);
    assert_int_equal(p.status, SHMCOL_OK);
    assert_int_equal(p.report->columns[1].type, SHMCOL_STRING);
    csv_free(&p);
    free(t.data);
}

static void test_many_columns(void **state)
{
    (void)state;
    text t = {0};
    for (uint32_t row = 0; row < 3; row++)
        for (uint32_t i = 0; i < 20000; i++)
            put(&t, i + 1 < 20000 ? "x," : "x\n");
    shmcol_csv_options o = plain;
    o.memory = 16u << 20;
    csv_packed p = csv_pack_bytes(t.data, t.n, &o);
    assert_int_equal(p.status, SHMCOL_ERR_MEMORY_BOUND);
    assert_non_null(strstr(p.err.hint, "--memory"));
    o.memory = 0;
    shmcol_csv_report *r = NULL;
    const char *in = csv_path("in.csv");
    o.dry_run = 1;
    assert_int_equal(shmcol_csv_pack(&in, 1, NULL, &o, &r, NULL), SHMCOL_OK);
    assert_int_equal(r->n_columns, 20000);
    assert_string_equal(r->columns[19999].name, "x_20000");
    shmcol_csv_report_free(r);
    free(t.data);
}

/* Strings so long that only their beginning is kept for the zone's bounds: they differ at their
 * ends, are shorter and longer, across blocks. The full check compares the bounds. */
static void test_huge_strings(void **state)
{
    (void)state;
    const size_t huge = (1u << 20) + 77;
    for (int round = 0; round < ROUNDS(6); round++) {
        text t = {0};
        char *body = malloc(huge + 1);
        memset(body, 'm', huge);
        body[huge] = 0;
        put(&t, "a,b\n");
        for (int i = 0; i < 7; i++) {
            size_t n = huge - csv_random(3), at = huge - 4 - csv_random(2);
            char last = body[at], cut = body[n];
            body[at] = (char)('l' + csv_random(3));
            body[n] = 0;
            put(&t, body);
            put(&t, ",1\n");
            body[at] = last;
            body[n] = cut;
            for (uint32_t k = csv_random(150); k > 0; k--)
                put(&t, "mmm,2\n");
        }
        put(&t, "m,3\n");
        shmcol_csv_options o = plain;
        o.window = 64;
        o.threads = 1 + (uint32_t)round % 3;
        csv_packed p = csv_pack_bytes(t.data, t.n, &o); /* verifies */
        if (p.status != SHMCOL_OK)
            fail_msg("%s", p.err.message);
        csv_free(&p);
        free(body);
        free(t.data);
    }
}

/* Strings of 0 to 40 bytes that differ in one place or in length only, few and many, quoted or not,
 * among nulls, in every order. The full check compares the bounds. */
static void test_zone_strings(void **state)
{
    (void)state;
    for (int round = 0; round < ROUNDS(300); round++) {
        text t = {0};
        put(&t, "a,b\n");
        const uint32_t same =
            csv_random(2) * csv_random(30); /* the length of the common beginning */
        for (uint32_t rows = 1 + csv_random(round % 2 ? 40 : 4); rows > 0; rows--) {
            char body[48];
            const uint32_t n = same + csv_random(41 - same);
            memset(body, 'm', n);
            body[n] = 0;
            if (n > same && csv_random(4) != 0)
                body[same + csv_random(n - same)] = (char)("ln~\x7f"[csv_random(4)]);
            put(&t, csv_random(3) ? "" : "\"");
            if (t.data[t.n - 1] == '"') {
                put(&t, body);
                put(&t, "\"");
            } else {
                put(&t, body);
            }
            put(&t, ",x\n");
        }
        shmcol_csv_options o = plain;
        o.window = 64;
        static const char *const never = "never";
        o.dictionary = &never;
        o.n_dictionary = 1;
        csv_packed p = csv_pack_bytes(t.data, t.n, &o); /* verifies */
        if (p.status != SHMCOL_OK)
            fail_msg("%s", p.err.message);
        csv_free(&p);
        free(t.data);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_report),       cmocka_unit_test(test_dry_run),
        cmocka_unit_test(test_progress),     cmocka_unit_test(test_cancel),
        cmocka_unit_test(test_error_struct), cmocka_unit_test(test_first_error),
        cmocka_unit_test(test_bad_options),  cmocka_unit_test(test_columns),
        cmocka_unit_test(test_same_bytes),   cmocka_unit_test(test_dictionary_memory),
        cmocka_unit_test(test_many_columns), cmocka_unit_test(test_huge_strings),
        cmocka_unit_test(test_zone_strings),
    };
    return cmocka_run_group_tests(tests, support_begin, csv_end);
}
