/* Helpers of the tests of appending: rows that follow from their numbers, and tables that are
 * compared with them. */
#ifndef SHMCOL_TESTS_APPEND_SUPPORT_H
#define SHMCOL_TESTS_APPEND_SUPPORT_H

#include <dirent.h>

#include "table_support.h"

/* Row r has "a" int64 r (null at every tenth), "d" dictionary "w<r mod words>" and "s" string, the
 * number (null at every seventh). */
static inline void append_fields(shmcol_field f[3])
{
    static const char names[] = "ads";
    static const shmcol_type types[] = {SHMCOL_INT64, SHMCOL_DICTIONARY, SHMCOL_STRING};
    for (int i = 0; i < 3; i++) {
        f[i] = (shmcol_field)SHMCOL_FIELD_INIT;
        f[i].name = names + i;
        f[i].name_length = 1;
        f[i].type = types[i];
        f[i].nullable = 1;
    }
}

/* Gives rows [first, first + rows) to a writer. */
static inline void append_put(shmcol_writer *w, uint64_t first, uint64_t rows, uint64_t words)
{
    enum { MOST = 50000 };
    static int64_t a[MOST];
    static char texts[MOST][24], word[MOST][24];
    static const char *s[MOST], *d[MOST];
    static uint8_t nulls[MOST];
    shmcol_column_data c[3];
    for (uint64_t done = 0; done < rows;) {
        const uint64_t n = rows - done < MOST ? rows - done : MOST;
        for (uint64_t i = 0; i < n; i++) {
            const uint64_t r = first + done + i;
            a[i] = (int64_t)r;
            nulls[i] = r % 10 == 9;
            snprintf(word[i], sizeof word[i], "w%" PRIu64, r % words);
            snprintf(texts[i], sizeof texts[i], "%" PRIu64, r);
            d[i] = word[i];
            s[i] = r % 7 == 3 ? NULL : texts[i];
        }
        for (int i = 0; i < 3; i++)
            c[i] = (shmcol_column_data)SHMCOL_COLUMN_DATA_INIT;
        c[0].values = a;
        c[0].validity_kind = SHMCOL_VALIDITY_MASK;
        c[0].validity = nulls;
        c[1].values = d;
        c[2].values = s;
        c[1].layout = c[2].layout = SHMCOL_STRINGS_POINTERS;
        assert_int_equal(shmcol_writer_append(w, n, c, 3, NULL), SHMCOL_OK);
        done += n;
    }
}

/* The directory of a test, which is not there yet. */
static inline const char *append_directory(const char *name)
{
    static char path[4][300];
    static unsigned next;
    char command[400];
    char *at = path[next++ % 4];
    snprintf(at, sizeof path[0], "%s", support_path(name));
    snprintf(command, sizeof command, "rm -rf \"%s\"", at);
    assert_int_equal(system(command), 0);
    return at;
}

static inline shmcol_append_options append_options(shmcol_append_report *report)
{
    shmcol_append_options o = SHMCOL_APPEND_OPTIONS_INIT;
    *report = (shmcol_append_report)SHMCOL_APPEND_REPORT_INIT;
    o.no_sync = 1;
    o.report = report;
    return o;
}

/* Appends rows [first, first + rows) by a writer. */
static inline shmcol_status append_rows_to(const char *dir, uint64_t first, uint64_t rows,
                                           uint64_t words, const shmcol_append_options *o,
                                           shmcol_error *err)
{
    shmcol_field f[3];
    shmcol_writer *w;
    append_fields(f);
    shmcol_status status = shmcol_append_create(dir, f, 3, o, &w, err);
    if (status != SHMCOL_OK)
        return status;
    append_put(w, first, rows, words);
    return shmcol_writer_commit(w, err);
}

/* The same, with the options of most tests. */
static inline shmcol_status append_try(const char *dir, uint64_t first, uint64_t rows,
                                       shmcol_error *err)
{
    shmcol_append_report report;
    const shmcol_append_options o = append_options(&report);
    *err = (shmcol_error)SHMCOL_ERROR_INIT;
    return append_rows_to(dir, first, rows, 5, &o, err);
}

static inline void append_write_file(const char *path, const char *text)
{
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fputs(text, f);
    fclose(f);
}

/* The path of a file in a directory, valid until the fourth call after. */
static inline const char *append_in(const char *dir, const char *name)
{
    static char path[4][400];
    static unsigned next;
    char *at = path[next++ % 4];
    snprintf(at, sizeof path[0], "%s/%s", dir, name);
    return at;
}

static inline void append_good(shmcol_status status, const shmcol_error *err)
{
    if (status != SHMCOL_OK)
        fail_msg("%s: %s: %s; %s", shmcol_status_name(status), err->path, err->message, err->hint);
}

/* Every part passes the full check. */
static inline void append_verify_parts(shmcol_file *table)
{
    for (uint64_t i = 0; i < shmcol_parts(table); i++) {
        shmcol_file *part;
        shmcol_error err = SHMCOL_ERROR_INIT;
        append_good(shmcol_part(table, i, &part, &err), &err);
        append_good(shmcol_verify(part, NULL, &err), &err);
    }
}

/* Checks the value of a row. */
static inline void append_check_row(const shmcol_file *table, const shmcol_dictionary *d,
                                    uint64_t row, uint64_t r, uint64_t words)
{
    char text[24];
    const char *data;
    uint64_t length;
    snprintf(text, sizeof text, "w%" PRIu64, r % words);
    assert_int_equal(shmcol_dictionary_at(d, row, &data, &length), SHMCOL_OK);
    assert_int_equal(length, strlen(text));
    assert_memory_equal(data, text, length);
    assert_int_equal(shmcol_string_row(table, 2, row, &data, &length, NULL), SHMCOL_OK);
    if (r % 7 == 3) {
        assert_null(data);
        return;
    }
    snprintf(text, sizeof text, "%" PRIu64, r);
    assert_int_equal(length, strlen(text));
    assert_memory_equal(data, text, length);
}

/* The table has rows [first, first + rows) at row `at`. */
static inline void append_check_rows(shmcol_file *table, uint64_t at, uint64_t first, uint64_t rows,
                                     uint64_t words)
{
    const int64_t *a;
    const uint8_t *validity;
    uint64_t n;
    shmcol_dictionary d = SHMCOL_DICTIONARY_INIT;
    assert_int_equal(shmcol_int64(table, "a", &a, &n, &validity, NULL), SHMCOL_OK);
    assert_true(n >= at + rows);
    assert_int_equal(shmcol_dictionary_get(table, "d", &d, NULL), SHMCOL_OK);
    for (uint64_t i = 0; i < rows; i++) {
        assert_int_equal(shmcol_is_valid(validity, at + i), (first + i) % 10 != 9);
        if ((first + i) % 10 != 9)
            assert_int_equal(a[at + i], first + i);
        if (i % 13 == 0 || i + 20 > rows || i < 20)
            append_check_row(table, &d, at + i, first + i, words);
    }
}

/* Opens the table, which has rows [0, rows), and checks everything. */
static inline shmcol_file *append_check(const char *dir, uint64_t rows, uint64_t words)
{
    shmcol_file *table;
    shmcol_error err = SHMCOL_ERROR_INIT;
    append_good(shmcol_open(dir, NULL, &table, &err), &err);
    assert_int_equal(shmcol_rows(table), rows);
    if (rows > 0)
        append_check_rows(table, 0, 0, rows, words);
    append_verify_parts(table);
    return table;
}

/* Returns the number of names in the directory; none of them is hidden. */
static inline unsigned append_names(const char *dir)
{
    unsigned n = 0;
    DIR *d = opendir(dir);
    assert_non_null(d);
    for (const struct dirent *e; (e = readdir(d)) != NULL;) {
        if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
            continue;
        assert_true(e->d_name[0] != '.');
        n++;
    }
    closedir(d);
    return n;
}

#endif
