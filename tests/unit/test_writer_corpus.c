/* The good files of the corpus come from another writer, made from the specification alone. Read
 * and written again by ours they must be the same bytes, except for the name of the writer. Where
 * the specification leaves a choice and our writer differs, `choices` has the file and the
 * reason. */
#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "format/ondisk.h"
#include "writer_support.h"

#ifndef SOURCE_DIR
#define SOURCE_DIR "."
#endif
#define GOOD SOURCE_DIR "/spec/corpus/good/"

static const struct choice {
    const char *file, *why;
} choices[] = {
    {"big-dictionary.shmcol",
     "says of a dictionary that ascends that it is not sorted; ours says what is so (F-23)"},
    {"dictionary-empty.shmcol", "as above"},
    {"ascending-dictionaries.shmcol", "as above"},
    {"dictionary-shared.shmcol",
     "columns share a dictionary; ours gives each column its own (F-29 allows both)"},
    {"dictionary-int8.shmcol", "as above"},
    {"dictionary-int16.shmcol",
     "as above, and its codes are wider than they need be (F-25 allows that)"},
    {"dictionary-int32.shmcol", "as above"},
    {"rows-0.shmcol", "as above"},
    {"rows-1.shmcol", "as above"},
    {"columns-200.shmcol", "as above"},
    {"header-larger.shmcol",
     "header_size 1024 and descriptor_size 384; ours are 512 and 320 (F-11)"},
    {"header-page.shmcol", "header_size 4096"},
    {"compat-bit.shmcol", "a feature bit of a later version (F-20)"},
    {"compat-bit-reserved.shmcol", "as above"},
    {"ro-compat-bit.shmcol", "as above"},
    {"part-compat-bit.shmcol", "as above"},
    {"version-minor.shmcol", "a later minor version (F-18)"},
};

typedef struct copy {
    shmcol_file *file;
    uint32_t n;
    shmcol_field *fields;
    shmcol_column_data *data;
    shmcol_pair **pairs; /* by column; the last: the table's */
} copy;

static shmcol_pair *get_pairs(const shmcol_file *file, uint32_t column, uint32_t *count)
{
    assert_int_equal(shmcol_metadata_count(file, column, count, NULL), SHMCOL_OK);
    shmcol_pair *pairs = calloc(*count + 1u, sizeof *pairs);
    for (uint32_t i = 0; i < *count; i++)
        assert_int_equal(shmcol_metadata_get(file, column, i, &pairs[i].key, &pairs[i].value, NULL),
                         SHMCOL_OK);
    return pairs;
}

/* Fills in the values of a column. Returns its validity. */
static const uint8_t *values_of(const shmcol_file *file, const shmcol_column_info *info,
                                shmcol_column_data *d)
{
    const uint8_t *validity = NULL;
    shmcol_strings strings = SHMCOL_STRINGS_INIT;
    shmcol_list list = SHMCOL_LIST_INIT;
    switch (info->type) {
    case SHMCOL_STRING:
    case SHMCOL_BINARY:
        assert_int_equal(shmcol_strings_column(file, info->index, &strings, NULL), SHMCOL_OK);
        d->values = strings.offsets;
        d->data = strings.data;
        return strings.validity;
    case SHMCOL_LIST:
        assert_int_equal(shmcol_list_column(file, info->index, &list, NULL), SHMCOL_OK);
        d->values = list.offsets;
        d->data = list.element == SHMCOL_STRING ? list.strings.offsets : list.elements;
        d->element_data = list.strings.data;
        return list.validity;
    default:
        assert_int_equal(shmcol_values(file, info->index, &d->values, &validity, NULL), SHMCOL_OK);
        return validity;
    }
}

/* One column as a field, and as the values of one batch. */
static void describe(copy *c, uint32_t i)
{
    shmcol_column_info info = SHMCOL_COLUMN_INFO_INIT;
    shmcol_field *f = &c->fields[i];
    shmcol_column_data *d = &c->data[i];
    assert_int_equal(shmcol_get_column(c->file, i, &info, NULL), SHMCOL_OK);
    *f = (shmcol_field)SHMCOL_FIELD_INIT;
    *d = (shmcol_column_data)SHMCOL_COLUMN_DATA_INIT;
    f->name = info.name;
    f->name_length = info.name_length;
    f->type = info.type;
    f->nullable = info.nullable;
    f->unit = info.unit;
    f->zone = info.zone;
    f->width = info.width;
    f->element = info.element;
    f->dimensions = info.dimensions;
    memcpy(f->shape, info.shape, sizeof f->shape);
    f->precision = info.precision;
    f->scale = info.scale;
    f->metadata = c->pairs[i] = get_pairs(c->file, i, &f->metadata_count);
    const uint8_t *validity = values_of(c->file, &info, d);
    if (info.type == SHMCOL_DICTIONARY) {
        d->layout = SHMCOL_STRINGS_CODES;
        d->width = info.width;
    }
    if (validity != NULL) {
        d->validity_kind = SHMCOL_VALIDITY_BITMAP;
        d->validity = validity;
    }
}

static void give_dictionaries(const copy *c, shmcol_writer *w)
{
    for (uint32_t i = 0; i < c->n; i++) {
        shmcol_dictionary d = SHMCOL_DICTIONARY_INIT;
        if (c->fields[i].type != SHMCOL_DICTIONARY)
            continue;
        assert_int_equal(shmcol_dictionary_column(c->file, i, &d, NULL), SHMCOL_OK);
        assert_int_equal(shmcol_writer_dictionary(w, i, &d.values, d.ordered, NULL), SHMCOL_OK);
    }
}

static void write_again(const char *from, const char *to)
{
    copy c = {0};
    shmcol_file_info info = SHMCOL_FILE_INFO_INIT;
    shmcol_writer_options options = SHMCOL_WRITER_OPTIONS_INIT;
    shmcol_writer *w;
    shmcol_error err = SHMCOL_ERROR_INIT;
    assert_int_equal(shmcol_open(from, NULL, &c.file, NULL), SHMCOL_OK);
    assert_int_equal(shmcol_get_info(c.file, &info, NULL), SHMCOL_OK);
    c.n = info.columns;
    c.fields = calloc(c.n + 1u, sizeof *c.fields);
    c.data = calloc(c.n + 1u, sizeof *c.data);
    c.pairs = calloc(c.n + 1u, sizeof *c.pairs);
    for (uint32_t i = 0; i < c.n; i++)
        describe(&c, i);
    options.metadata = c.pairs[c.n] = get_pairs(c.file, SHMCOL_TABLE, &options.metadata_count);
    options.csv_rules = info.csv_rules;
    options.overwrite = options.no_sync = 1;
    options.alignment = info.alignment;
    options.first_row = info.first_row;
    options.table_rows = info.table_rows;
    memcpy(options.table_id, info.table_id, sizeof options.table_id);
    memcpy(options.previous_id, info.previous_id, sizeof options.previous_id);
    if (shmcol_writer_create(to, c.fields, c.n, &options, &w, &err) != SHMCOL_OK)
        fail_msg("%s: %s", from, err.message);
    give_dictionaries(&c, w);
    if (shmcol_writer_append(w, info.rows, c.data, c.n, &err) != SHMCOL_OK ||
        shmcol_writer_commit(w, &err) != SHMCOL_OK)
        fail_msg("%s: %s", from, err.message);
    for (uint32_t i = 0; i <= c.n; i++)
        free(c.pairs[i]);
    free(c.pairs);
    free(c.fields);
    free(c.data);
    shmcol_close(c.file);
}

/* The header fields that name the writer, and the hashes over them. */
static void mask(support_bytes file)
{
    memset(file.data + FMT_H_HASH, 0, 8);
    memset(file.data + FMT_H_WRITER_ID, 0, 8);
    memset(file.data + FMT_H_FILE_ID, 0, 2 * FMT_ID_SIZE);
}

static const char *choice_of(const char *file)
{
    for (size_t i = 0; i < sizeof choices / sizeof *choices; i++)
        if (strcmp(choices[i].file, file) == 0)
            return choices[i].why;
    return NULL;
}

static void test_same_bytes(void **state)
{
    (void)state;
    DIR *d = opendir(GOOD);
    unsigned same = 0, other = 0, wrong = 0;
    assert_non_null(d);
    for (struct dirent *x = readdir(d); x != NULL; x = readdir(d)) {
        char path[512];
        if (strstr(x->d_name, ".shmcol") == NULL ||
            strstr(x->d_name, "zstd") != NULL) /* compressed: no writer but shmcol_compress */
            continue;
        snprintf(path, sizeof path, "%s%s", GOOD, x->d_name);
        write_again(path, support_path("t"));
        support_bytes theirs = support_read(path), ours = support_read(support_path("t"));
        mask(theirs);
        mask(ours);
        bool equal =
            theirs.length == ours.length && memcmp(theirs.data, ours.data, ours.length) == 0;
        const char *why = choice_of(x->d_name);
        if (equal != (why == NULL)) {
            print_error("%s: %s\n", x->d_name,
                        equal ? "the same bytes, against what `choices` says" : "other bytes");
            (void)support_same(theirs, ours);
            wrong++;
        }
        same += equal;
        other += !equal;
        free(theirs.data);
        free(ours.data);
    }
    closedir(d);
    assert_int_equal(wrong, 0);
    assert_true(same > 60 && other == sizeof choices / sizeof *choices);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_same_bytes)};
    return cmocka_run_group_tests(tests, support_begin, support_end);
}
