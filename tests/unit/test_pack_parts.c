/* Many inputs with few descriptors, inputs that change meanwhile (C-99), inputs without a record
 * (C-98), and lines that are dropped behind the header and at the end (C-86, C-87). */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "csv_support.h"

#define PARTS 40

static char names[PARTS][PATH_MAX];
static const char *inputs[PARTS];

/* Writes PARTS inputs: a header, and the record "number,part" in each. */
static void write_parts(void)
{
    for (int i = 0; i < PARTS; i++) {
        char text[64];
        snprintf(names[i], sizeof names[i], "%s/part%02d.csv", support_directory(), i);
        snprintf(text, sizeof text, "n,p\n%d,part\n", i);
        unlink(names[i]);
        FILE *f = support_need(fopen(names[i], "w"));
        fputs(text, f);
        fclose(f);
        inputs[i] = names[i];
    }
}

static unsigned most_descriptors;

static int watch(void *arg, uint64_t done, uint64_t total)
{
    unsigned now = csv_descriptors();
    (void)arg, (void)done, (void)total;
    most_descriptors = now > most_descriptors ? now : most_descriptors;
    return 0;
}

/* At most 16 inputs are open at a time, and nothing is left open. */
static void test_few_descriptors(void **state)
{
    (void)state;
    char rows[PARTS * 16] = "n:int64,p:dictionary\n";
    shmcol_csv_options o = SHMCOL_CSV_OPTIONS_INIT;
    struct rlimit before, few;
    const unsigned open = csv_descriptors();
    write_parts();
    for (int i = 0; i < PARTS; i++)
        snprintf(rows + strlen(rows), 16, "%d,part\n", i);
    getrlimit(RLIMIT_NOFILE, &before);
    few = (struct rlimit){open + 26, before.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
    o.progress = watch;
    for (o.window = 0; o.window < 40; o.window = o.window * 3 + 1)
        for (o.threads = 1; o.threads <= 3; o.threads++) {
            csv_packed p = csv_pack_paths(inputs, PARTS, &o);
            if (p.status != SHMCOL_OK)
                fail_msg("%s", p.err.message);
            assert_string_equal(p.rows, rows);
            csv_free(&p);
            assert_int_equal(csv_descriptors(), open);
        }
    setrlimit(RLIMIT_NOFILE, &before);
    assert_in_range(most_descriptors, open + 1, open + 25);
}

/* ---- C-99 ---- */

static int change; /* -1: it is done */

/* Changes an input that is not open at that time: 16 inputs were read since. */
static int change_one(void *arg, uint64_t done, uint64_t total)
{
    const char *name = names[PARTS - 2];
    (void)arg, (void)total;
    if (done == 0)
        return 0;
    switch (change) {
    case 0: unlink(name); break;
    case 1: assert_int_equal(truncate(name, 6), 0); break;
    case 2: assert_int_equal(truncate(name, 4096), 0); break;
    case 3: /* the same bytes in another file */
        assert_int_equal(rename(names[PARTS - 3], name), 0);
        break;
    case 4:
        unlink(name);
        assert_int_equal(mkfifo(name, 0600), 0);
        break;
    case 5:
        assert_int_equal(utimensat(-100, name, (struct timespec[2]){{1, 0}, {1, 0}}, 0), 0);
        break;
    }
    change = -1;
    return 0;
}

static void test_changed_meanwhile(void **state)
{
    (void)state;
    shmcol_csv_options o = SHMCOL_CSV_OPTIONS_INIT;
    const unsigned open = csv_descriptors();
    o.progress = change_one;
    o.threads = 1;
    for (int i = 0; i < 6; i++) {
        write_parts();
        change = i;
        csv_packed p = csv_pack_paths(inputs, PARTS, &o);
        assert_int_equal(p.status, SHMCOL_ERR_CHANGED);
        assert_string_equal(p.err.rule, "C-99");
        assert_string_equal(p.err.path, i == 3 ? names[PARTS - 3] : names[PARTS - 2]);
        assert_int_equal(csv_descriptors(), open);
    }
    unlink(names[PARTS - 2]);
}

static void expect_twice(const char *const *list, uint32_t n, const char *path, const char *other)
{
    csv_packed p = csv_pack_paths(list, n, NULL);
    assert_int_equal(p.status, SHMCOL_ERR_INVALID_ARGUMENT);
    assert_string_equal(p.err.rule, "C-99");
    assert_string_equal(p.err.path, path);
    if (strstr(p.err.message, other) == NULL)
        fail_msg("%s", p.err.message);
}

static void test_given_twice(void **state)
{
    (void)state;
    char hard[PATH_MAX + 8], soft[PATH_MAX + 8];
    write_parts();
    snprintf(hard, sizeof hard, "%s.hard", names[1]);
    snprintf(soft, sizeof soft, "%s.soft", names[1]);
    assert_int_equal(link(names[1], hard), 0);
    assert_int_equal(symlink(names[1], soft), 0);
    const char *const same[] = {names[0], names[1], names[2], names[1], names[0]};
    expect_twice(same, 5, names[1], "given twice");
    const char *const hards[] = {names[0], hard, names[1]};
    expect_twice(hards, 3, names[1], ".hard");
    const char *const softs[] = {names[1], names[0], soft};
    expect_twice(softs, 3, soft, "part01.csv");
    const char *const standard[] = {"-", names[0], "-"};
    expect_twice(standard, 3, "(standard input)", "given twice");
    unlink(hard);
    unlink(soft);
}

/* ---- C-98 ---- */

static csv_packed pack_texts(const char *const *texts, uint32_t n, const shmcol_csv_options *o)
{
    const char *list[8];
    for (uint32_t i = 0; i < n; i++) {
        char name[16];
        snprintf(name, sizeof name, "text%u", i);
        list[i] = csv_write(name, texts[i], strlen(texts[i]));
    }
    return csv_pack_paths(list, n, o);
}

static void expect_left_out(const char *const *texts, uint32_t n, const shmcol_csv_options *o,
                            const char *rows, const char *warning)
{
    csv_packed p = pack_texts(texts, n, o);
    if (p.status != SHMCOL_OK)
        fail_msg("%s", p.err.message);
    assert_string_equal(p.rows, rows);
    uint32_t found = 0, told = 0;
    for (uint32_t i = 0; i < p.report->n_warnings; i++) {
        found += strstr(p.report->warnings[i], warning) != NULL;
        told += strstr(p.report->warnings[i], "left out") != NULL;
    }
    assert_int_equal(found, 1);
    assert_int_equal(told, 1);
    csv_free(&p);
}

static void test_left_out(void **state)
{
    (void)state;
    shmcol_csv_options o = SHMCOL_CSV_OPTIONS_INIT, bare = SHMCOL_CSV_OPTIONS_INIT;
    static const char *const one[] = {"a,b\n1,2\n", "\n\r\n", "a,b\n3,4"};
    static const char *const four[] = {"", "\xef\xbb\xbf", "#x", "a;b;c\n1;2;3\n", "\n#", "a;b;c"};
    static const char *const none[] = {"", "\n"};
    static const char *const nul[] = {"a,b\n1,2\n", "#\x01\n"};
    o.comment = bare.comment = '#';
    bare.no_header = 1;
    for (o.window = 0; o.window < 3; o.window++) {
        expect_left_out(one, 3, &o, "a:int64,b:int64\n1,2\n3,4\n",
                        "text1\" has no record and is left out");
        expect_left_out(four, 6, &o, "a:int64,b:int64,c:int64\n1,2,3\n",
                        "text2\" and 1 more inputs have no record and are left out");
    }
    expect_left_out(nul, 2, &o, "a:int64,b:int64\n1,2\n", "text1\" has");
    expect_left_out(one, 3, &bare, "column_1:dictionary,column_2:dictionary\na,b\n1,2\na,b\n3,4\n",
                    "text1\" has");
    static const char *const single[] = {"a\n1\n", "\n", "#\n", "2\n"};
    expect_left_out(single, 4, &bare, "column_1:dictionary\na\n1\n~\n2\n", "text2\" has");
    csv_packed p = pack_texts(none, 2, &o);
    assert_int_equal(p.status, SHMCOL_ERR_CSV_EMPTY);
    assert_non_null(strstr(p.err.path, "text0"));
    p = pack_texts(none, 1, &o);
    assert_int_equal(p.status, SHMCOL_ERR_CSV_EMPTY);
}

/* ---- C-86, C-87 ---- */

static void expect_lines(const char *text, uint64_t after, uint64_t footer, const char *rows)
{
    shmcol_csv_options o = SHMCOL_CSV_OPTIONS_INIT;
    o.skip_after_header = after;
    o.skip_footer = footer;
    for (o.window = 0; o.window < 3; o.window++)
        csv_expect(text, &o, rows);
}

static void test_dropped_lines(void **state)
{
    (void)state;
    static const char *const text = "a,b\n1,2\n3,4\n5,6\n";
    expect_lines(text, 0, 0, "a:int64,b:int64\n1,2\n3,4\n5,6\n");
    expect_lines(text, 1, 0, "a:int64,b:int64\n3,4\n5,6\n");
    expect_lines(text, 0, 1, "a:int64,b:int64\n1,2\n3,4\n");
    expect_lines(text, 1, 1, "a:int64,b:int64\n3,4\n");
    for (uint64_t n = 2; n < 6; n++)
        expect_lines(text, 1, n, "a:string,b:string\n");
    expect_lines(text, 3, 0, "a:string,b:string\n");
    expect_lines(text, UINT64_MAX, UINT64_MAX, "a:string,b:string\n");
    expect_lines("a,b\n1,2\n3,4", 0, 1, "a:int64,b:int64\n1,2\n");
    expect_lines("a,b\n1,2\n3,4\n\n", 0, 1, "a:int64,b:int64\n1,2\n3,4\n");
    expect_lines("a,b\n1,2\n3,4\n\n", 0, 2, "a:int64,b:int64\n1,2\n");
    expect_lines("a,b\n1,2\n\"x\ny", 0, 2, "a:int64,b:int64\n1,2\n");
    expect_lines("a,b", 1, 1, "a:string,b:string\n");
    expect_lines("a,b\n\"m\nx\"\n1,2\n", 2, 0, "a:int64,b:int64\n1,2\n");
    expect_lines("\xef\xbb\xbfsum\na,b\n1,2\n", 0, 9, "sum:string\n");
    /* The header may reach into the lines that would be dropped; they are its own. */
    expect_lines("\"a\n\",b\n1,2\nsum\n", 0, 1, "a\n:int64,b:int64\n1,2\n");
    expect_lines("\"a\n\nx\",b", 0, 2, "a\n\nx:string,b:string\n");
}

static void test_dropped_lines_hold_anything(void **state)
{
    (void)state;
    static const char bytes[] = "a,b\n\xff,\0\"\r\n1,2\n\"\0\xff\r,,\n\r\"";
    shmcol_csv_options o = SHMCOL_CSV_OPTIONS_INIT;
    o.skip_after_header = 1;
    o.skip_footer = 2;
    for (int skip = 0; skip < 2; skip++) {
        o.on_error = skip ? SHMCOL_ON_ERROR_SKIP : SHMCOL_ON_ERROR_STOP;
        csv_packed p = csv_pack_bytes(bytes, sizeof bytes - 1, &o);
        assert_int_equal(p.status, SHMCOL_OK);
        assert_string_equal(p.rows, "a:int64,b:int64\n1,2\n");
        csv_free(&p);
    }
    /* Lines count, also dropped ones; the text ends where the footer begins. */
    o.on_error = SHMCOL_ON_ERROR_STOP;
    csv_expect_error("a,b\nm,s\n1,2\n3\nsum\n7\n", &o, SHMCOL_ERR_CSV_RAGGED, "C-11", "4:1");
    csv_expect_error("a,b\nm,s\n1,\"\n\"\n3\n", &o, SHMCOL_ERR_CSV_UNCLOSED_QUOTE, "C-7", "3:3");
    csv_expect_error("a,b\nm,s\n1,2\n3,4\r5,6\nx\ny\n", &o, SHMCOL_ERR_CSV_CARRIAGE_RETURN, "C-6",
                     "4:4");
    o.skip_after_header = 0;
    o.no_header = 1;
    csv_expect("1,2\n3,4\n5\n6\n", &o, "column_1:int64,column_2:int64\n1,2\n3,4\n");
    csv_expect_error("1,2\n3,4\n", &o, SHMCOL_ERR_CSV_EMPTY, "C-5", "");
    o.skip_after_header = 1;
    csv_expect_error("1,2\n3,4\n", &o, SHMCOL_ERR_INVALID_ARGUMENT, "C-86", "");
}

/* The delimiter is found without the lines that are dropped (C-10), and from the first input that
 * has a record. */
static void test_delimiter_without_dropped_lines(void **state)
{
    (void)state;
    static const char *const parts[] = {"\n", "a;b;c\n1;2;3\n", "a;b;c\n"};
    shmcol_csv_options o = SHMCOL_CSV_OPTIONS_INIT;
    o.skip_after_header = 2;
    o.skip_footer = 2;
    csv_expect("a;b;c\n|||\"\n,,,,\n1;2;3\nx|y\n\"", &o, "a:int64,b:int64,c:int64\n1,2,3\n");
    csv_expect("a;b;c\n", &o, "a:string,b:string,c:string\n");
    csv_expect("a;b;c", &o, "a:string,b:string,c:string\n");
    csv_expect("\n\na;b;c\n,,,,\n|||", &o, "a:string,b:string,c:string\n");
    o.skip_after_header = 0;
    o.no_header = 1;
    csv_expect("1;2;3\n4;5;6\n|\n,\n", &o,
               "column_1:int64,column_2:int64,column_3:int64\n1,2,3\n4,5,6\n");
    csv_packed p = pack_texts(parts, 3, NULL);
    assert_string_equal(p.rows, "a:int64,b:int64,c:int64\n1,2,3\n");
    csv_free(&p);
}

/* A footer over many buffers, and one whose first line ends where a buffer does. */
static void test_long_footers(void **state)
{
    (void)state;
    shmcol_csv_options o = SHMCOL_CSV_OPTIONS_INIT;
    const size_t room = 300000;
    char *text = malloc(room);
    assert_non_null(text);
    for (int extra = -3; extra <= 3; extra++) {
        size_t n = (size_t)snprintf(text, room, "a,b\n1,2\n");
        memset(text + n, 'x', (size_t)(65536 * 3 + extra));
        n += (size_t)(65536 * 3 + extra);
        for (size_t at = n - 65536 * 2; at < n; at += 32768)
            text[at] = '\n';
        for (o.skip_footer = 3; o.skip_footer < 7; o.skip_footer++) {
            csv_packed p = csv_pack_bytes(text, n, &o);
            if (o.skip_footer < 5) {
                assert_int_equal(p.status, SHMCOL_ERR_CSV_RAGGED);
                continue;
            }
            assert_string_equal(p.rows, o.skip_footer == 5 ? "a:int64,b:int64\n1,2\n"
                                                           : "a:string,b:string\n");
            csv_free(&p);
        }
    }
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_few_descriptors),
                                       cmocka_unit_test(test_changed_meanwhile),
                                       cmocka_unit_test(test_given_twice),
                                       cmocka_unit_test(test_left_out),
                                       cmocka_unit_test(test_dropped_lines),
                                       cmocka_unit_test(test_dropped_lines_hold_anything),
                                       cmocka_unit_test(test_delimiter_without_dropped_lines),
                                       cmocka_unit_test(test_long_footers)};
    return cmocka_run_group_tests(tests, support_begin, csv_end);
}
