/* Compares two tables through the accessors. */
#include "table_same.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void differs(const shmcol_column_info *info, uint64_t row)
{
    fail_msg("%s column \"%s\" differs in row %llu", shmcol_type_name(info->type), info->name,
             (unsigned long long)row);
}

static void need(shmcol_status status, const shmcol_error *err)
{
    if (status != SHMCOL_OK)
        fail_msg("%s: %s: %s", shmcol_status_name(status), err->path, err->message);
}

static void same_validity(const shmcol_column_info *info, const uint8_t *a, const uint8_t *b,
                          uint64_t rows)
{
    for (uint64_t i = 0; i < rows; i++)
        if (shmcol_is_valid(a, i) != shmcol_is_valid(b, i))
            differs(info, i);
}

/* Null slots have one value (F-24), so that all bytes are compared. */
static void same_fixed(const shmcol_file *a, const shmcol_file *b, const shmcol_column_info *info,
                       uint64_t rows)
{
    const void *values[2];
    const uint8_t *validity[2];
    shmcol_error err = SHMCOL_ERROR_INIT;
    need(shmcol_values(a, info->index, &values[0], &validity[0], &err), &err);
    need(shmcol_values(b, info->index, &values[1], &validity[1], &err), &err);
    for (uint64_t at = 0; at < rows * info->width; at += info->width)
        if (memcmp((const char *)values[0] + at, (const char *)values[1] + at, info->width) != 0)
            differs(info, at / info->width);
    same_validity(info, validity[0], validity[1], rows);
}

static void same_text(const shmcol_column_info *info, uint64_t row, const char *a, uint64_t length,
                      const char *b, uint64_t length_b)
{
    if ((a == NULL) != (b == NULL) || length != length_b ||
        (a != NULL && memcmp(a, b, length) != 0))
        differs(info, row);
}

/* Codes are not compared: dictionaries may have other orders. */
static void same_words(const shmcol_file *a, const shmcol_file *b, const shmcol_column_info *info,
                       uint64_t rows)
{
    shmcol_dictionary d[2] = {SHMCOL_DICTIONARY_INIT, SHMCOL_DICTIONARY_INIT};
    shmcol_error err = SHMCOL_ERROR_INIT;
    need(shmcol_dictionary_column(a, info->index, &d[0], &err), &err);
    need(shmcol_dictionary_column(b, info->index, &d[1], &err), &err);
    same_validity(info, d[0].validity, d[1].validity, rows);
    for (uint64_t i = 0; i < rows; i++) {
        const char *text[2];
        uint64_t length[2];
        assert_int_equal(shmcol_dictionary_at(&d[0], i, &text[0], &length[0]), SHMCOL_OK);
        assert_int_equal(shmcol_dictionary_at(&d[1], i, &text[1], &length[1]), SHMCOL_OK);
        same_text(info, i, text[0], length[0], text[1], length[1]);
    }
    /* Some words: an unsorted dictionary is searched from end to end. */
    for (uint64_t k = 0; k < d[1].values.count; k += 1 + d[1].values.count / 20) {
        const char *text;
        uint64_t length;
        int64_t code[2];
        assert_int_equal(shmcol_string_at(&d[1].values, k, &text, &length), SHMCOL_OK);
        for (int i = 0; i < 2; i++)
            assert_int_equal(shmcol_dictionary_code(&d[i], text, length, &code[i]), SHMCOL_OK);
        assert_int_equal(code[1], k);
        if (code[0] < 0)
            continue; /* a word of rows that this one does not have */
        assert_int_equal(shmcol_string_at(&d[0].values, (uint64_t)code[0], &text, &length),
                         SHMCOL_OK);
    }
}

/* Walks a column of texts or lists part by part, since access by row looks at the column each time.
 */
typedef struct walk {
    const shmcol_file *file;
    uint32_t column;
    shmcol_type type;
    uint64_t first, end; /* rows of the part */
    shmcol_strings strings;
    shmcol_dictionary dictionary;
    shmcol_list list;
} walk;

static walk walk_of(const shmcol_file *file, uint32_t column)
{
    shmcol_column_info info = SHMCOL_COLUMN_INFO_INIT;
    assert_int_equal(shmcol_get_column(file, column, &info, NULL), SHMCOL_OK);
    return (walk){.file = file,
                  .column = column,
                  .type = info.type,
                  .strings = SHMCOL_STRINGS_INIT,
                  .dictionary = SHMCOL_DICTIONARY_INIT,
                  .list = SHMCOL_LIST_INIT};
}

/* Goes to the part of a row, and returns the row's number in it. */
static uint64_t walk_to(walk *w, uint64_t row)
{
    uint64_t part, at;
    shmcol_file *file;
    shmcol_error err = SHMCOL_ERROR_INIT;
    if (row < w->end)
        return row - w->first;
    need(shmcol_part_of_row(w->file, row, &part, &at, &err), &err);
    need(shmcol_part(w->file, part, &file, &err), &err);
    if (w->type == SHMCOL_DICTIONARY)
        need(shmcol_dictionary_column(file, w->column, &w->dictionary, &err), &err);
    else if (w->type == SHMCOL_LIST)
        need(shmcol_list_column(file, w->column, &w->list, &err), &err);
    else
        need(shmcol_strings_column(file, w->column, &w->strings, &err), &err);
    w->first = row - at;
    w->end = w->first + shmcol_rows(file);
    return at;
}

/* Gives the text of a row; of every hundredth also by its row in the table. */
static const char *text_at(walk *w, uint64_t row, uint64_t *length)
{
    const char *text, *again;
    uint64_t length_again;
    const uint64_t at = walk_to(w, row);
    assert_int_equal(w->type == SHMCOL_DICTIONARY
                         ? shmcol_dictionary_at(&w->dictionary, at, &text, length)
                         : shmcol_string_at(&w->strings, at, &text, length),
                     SHMCOL_OK);
    if (row % 100 != 0 && at != 0)
        return text;
    assert_int_equal(shmcol_string_row(w->file, w->column, row, &again, &length_again, NULL),
                     SHMCOL_OK);
    assert_true((text == NULL) == (again == NULL) && *length == length_again);
    assert_true(text == NULL || memcmp(text, again, *length) == 0);
    return text;
}

static void same_strings(const shmcol_file *a, const shmcol_file *b, const shmcol_column_info *info,
                         uint64_t rows)
{
    walk w[2] = {walk_of(a, info->index), walk_of(b, info->index)};
    for (uint64_t i = 0; i < rows; i++) {
        uint64_t length[2];
        const char *text = text_at(&w[0], i, &length[0]), *other = text_at(&w[1], i, &length[1]);
        same_text(info, i, text, length[0], other, length[1]);
    }
}

/* Gives an element of a list. */
static const char *element_at(const shmcol_list *list, uint64_t at, uint64_t *length)
{
    const char *text;
    *length = list->element_width;
    if (list->elements != NULL)
        return (const char *)list->elements + at * *length;
    assert_int_equal(shmcol_string_at(&list->strings, at, &text, length), SHMCOL_OK);
    return text;
}

/* Gives the elements of a row; of every hundredth also by its row in the table. */
static uint64_t elements_at(walk *w, uint64_t row, uint64_t *first, bool *valid)
{
    uint64_t n = 0, n_again = 0;
    const uint64_t at = walk_to(w, row);
    assert_int_equal(shmcol_list_at(&w->list, at, first, &n), SHMCOL_OK);
    *valid = shmcol_is_valid(w->list.validity, at);
    if (row % 100 != 0 && at != 0)
        return n;
    assert_int_equal(shmcol_list_row(w->file, w->column, row, &w->list, first, &n_again, NULL),
                     SHMCOL_OK);
    assert_int_equal(n, n_again);
    return n;
}

static void same_lists(const shmcol_file *a, const shmcol_file *b, const shmcol_column_info *info,
                       uint64_t rows)
{
    walk w[2] = {walk_of(a, info->index), walk_of(b, info->index)};
    for (uint64_t i = 0; i < rows; i++) {
        uint64_t first[2], length[2];
        bool valid[2];
        const uint64_t n = elements_at(&w[0], i, &first[0], &valid[0]);
        if (elements_at(&w[1], i, &first[1], &valid[1]) != n || valid[0] != valid[1])
            differs(info, i);
        for (uint64_t e = 0; e < n; e++) {
            const char *text = element_at(&w[0].list, first[0] + e, &length[0]),
                       *other = element_at(&w[1].list, first[1] + e, &length[1]);
            same_text(info, i, text, length[0], other, length[1]);
        }
    }
}

static bool is_text(shmcol_type type)
{
    return type == SHMCOL_STRING || type == SHMCOL_DICTIONARY;
}

void table_same_rows(const shmcol_file *a, const shmcol_file *b, uint64_t rows)
{
    assert_true(rows <= shmcol_rows(a) && rows <= shmcol_rows(b));
    assert_int_equal(shmcol_columns(a), shmcol_columns(b));
    for (uint32_t i = 0; i < shmcol_columns(a); i++) {
        shmcol_column_info info[2] = {SHMCOL_COLUMN_INFO_INIT, SHMCOL_COLUMN_INFO_INIT};
        assert_int_equal(shmcol_get_column(a, i, &info[0], NULL), SHMCOL_OK);
        assert_int_equal(shmcol_get_column(b, i, &info[1], NULL), SHMCOL_OK);
        assert_string_equal(info[0].name, info[1].name);
        /* Of text the first append may make a dictionary. */
        if (info[0].type != info[1].type) {
            assert_true(is_text(info[0].type) && is_text(info[1].type));
            same_strings(a, b, &info[0], rows);
            continue;
        }
        switch (info[0].type) {
        case SHMCOL_DICTIONARY: same_words(a, b, &info[0], rows); break;
        case SHMCOL_STRING:
        case SHMCOL_BINARY: same_strings(a, b, &info[0], rows); break;
        case SHMCOL_LIST: same_lists(a, b, &info[0], rows); break;
        default: assert_int_equal(info[0].width, info[1].width); same_fixed(a, b, &info[0], rows);
        }
    }
}

/* Prefixes of strings may be those of another value that is as good, and codes are not compared. */
static void same_stats(const shmcol_file *a, const shmcol_file *b, uint32_t column)
{
    shmcol_column_info info[2] = {SHMCOL_COLUMN_INFO_INIT, SHMCOL_COLUMN_INFO_INIT};
    shmcol_stats s[2] = {SHMCOL_STATS_INIT, SHMCOL_STATS_INIT};
    shmcol_error err = SHMCOL_ERROR_INIT;
    assert_int_equal(shmcol_get_column(a, column, &info[0], NULL), SHMCOL_OK);
    assert_int_equal(shmcol_get_column(b, column, &info[1], NULL), SHMCOL_OK);
    assert_int_equal(info[0].null_count, info[1].null_count);
    need(shmcol_column_stats(a, column, &s[0], &err), &err);
    need(shmcol_column_stats(b, column, &s[1], &err), &err);
    if (info[0].type == SHMCOL_DICTIONARY || info[1].type == SHMCOL_DICTIONARY)
        return;
    if (memcmp(&s[0], &s[1], sizeof s[0]) != 0)
        fail_msg("statistics of %s column \"%s\"", shmcol_type_name(info[0].type), info[0].name);
}

void table_same(const shmcol_file *a, const shmcol_file *b)
{
    assert_int_equal(shmcol_rows(a), shmcol_rows(b));
    table_same_rows(a, b, shmcol_rows(a));
    for (uint32_t i = 0; i < shmcol_columns(a); i++)
        same_stats(a, b, i);
}
