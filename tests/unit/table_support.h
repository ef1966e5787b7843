/* Helpers of the tests of tables in directories: parts that are written one by one. */
#ifndef SHMCOL_TESTS_TABLE_SUPPORT_H
#define SHMCOL_TESTS_TABLE_SUPPORT_H

#include <inttypes.h>
#include <sys/stat.h>
#include <unistd.h>

#include "read_support.h"

enum { ZONE = 65536 };

/* A table that grows: the ids that the next part names. */
typedef struct growing {
    char directory[200];
    uint8_t table_id[16], previous_id[16];
    int64_t null; /* a row of column "a" that is null; -1: none */
} growing;

/* Makes an empty directory. `name` is short. */
static inline growing table_new(const char *name)
{
    growing g = {.null = -1};
    char command[500];
    snprintf(g.directory, sizeof g.directory, "%s", support_path(name));
    snprintf(command, sizeof command, "rm -rf \"%s\"", g.directory);
    assert_int_equal(system(command), 0);
    assert_int_equal(mkdir(g.directory, 0777), 0);
    return g;
}

/* Returns the path of the part at a row, good until the next call. */
static inline const char *table_part(const growing *g, uint64_t first)
{
    static char path[300];
    snprintf(path, sizeof path, "%s/%020" PRIu64 ".shmcol", g->directory, first);
    return path;
}

static inline void table_id_of(const char *path, uint8_t id[16])
{
    shmcol_file_info info = SHMCOL_FILE_INFO_INIT;
    shmcol_file *file;
    assert_int_equal(shmcol_open(path, NULL, &file, NULL), SHMCOL_OK);
    assert_int_equal(shmcol_get_info(file, &info, NULL), SHMCOL_OK);
    memcpy(id, info.file_id, sizeof info.file_id);
    shmcol_close(file);
}

/* Writes a part of three columns: "a" int64, the row of the table; "b" float32, half of it; "s"
 * string, the row as text, null at every seventh. */
static inline void table_write(growing *g, uint64_t first, uint64_t rows, uint64_t table_rows)
{
    static const char names[] = "abs";
    static const shmcol_type types[] = {SHMCOL_INT64, SHMCOL_FLOAT32, SHMCOL_STRING};
    shmcol_field f[3];
    shmcol_column_data c[3];
    shmcol_writer_options o = SHMCOL_WRITER_OPTIONS_INIT;
    shmcol_writer *w;
    o.overwrite = o.no_sync = 1;
    o.alignment = ZONE;
    o.first_row = first;
    o.table_rows = table_rows;
    if (first != 0) {
        memcpy(o.table_id, g->table_id, 16);
        memcpy(o.previous_id, g->previous_id, 16);
    }
    for (int i = 0; i < 3; i++) {
        f[i] = (shmcol_field)SHMCOL_FIELD_INIT;
        f[i].name = names + i;
        f[i].name_length = 1;
        f[i].type = types[i];
        c[i] = (shmcol_column_data)SHMCOL_COLUMN_DATA_INIT;
    }
    assert_int_equal(shmcol_writer_create(table_part(g, first), f, 3, &o, &w, NULL), SHMCOL_OK);
    int64_t *a = malloc((rows + 1) * sizeof *a);
    float *b = malloc((rows + 1) * sizeof *b);
    char(*text)[24] = malloc((rows + 1) * sizeof *text);
    const char **s = malloc((rows + 1) * sizeof(*s));
    for (uint64_t i = 0; i < rows; i++) {
        a[i] = (int64_t)(first + i);
        b[i] = (float)(first + i) * 0.5f;
        snprintf(text[i], sizeof text[i], "%" PRIu64, first + i);
        s[i] = (first + i) % 7 == 3 ? NULL : text[i];
    }
    c[0].values = a;
    c[0].validity_kind = SHMCOL_VALIDITY_SENTINEL;
    c[0].sentinel = &g->null;
    c[1].values = b;
    c[2].values = s;
    c[2].layout = SHMCOL_STRINGS_POINTERS;
    assert_int_equal(shmcol_writer_append(w, rows, c, 3, NULL), SHMCOL_OK);
    assert_int_equal(shmcol_writer_commit(w, NULL), SHMCOL_OK);
    free(a);
    free(b);
    free(text);
    free(s);
    if (first == 0)
        table_id_of(table_part(g, 0), g->table_id);
}

/* Writes a part after all others. */
static inline void table_add(growing *g, uint64_t first, uint64_t rows)
{
    table_write(g, first, rows, first + rows);
    table_id_of(table_part(g, first), g->previous_id);
}

/* Makes a table of three parts, with a null in row 5. */
static inline growing table_of_three(const char *name)
{
    growing g = table_new(name);
    g.null = 5;
    table_add(&g, 0, ZONE);
    table_add(&g, ZONE, 2 * ZONE);
    table_add(&g, 3 * ZONE, 1000);
    return g;
}

static inline shmcol_file *table_open(const growing *g)
{
    shmcol_error err = SHMCOL_ERROR_INIT;
    shmcol_file *table;
    if (shmcol_open(g->directory, NULL, &table, &err) != SHMCOL_OK)
        fail_msg("%s: %s", err.path, err.message);
    return table;
}

static inline const int64_t *table_check(const shmcol_file *table, uint64_t rows, int64_t null)
{
    const int64_t *a;
    const float *b;
    const uint8_t *validity;
    uint64_t n;
    assert_int_equal(shmcol_rows(table), rows);
    assert_int_equal(shmcol_int64(table, "a", &a, &n, &validity, NULL), SHMCOL_OK);
    assert_int_equal(n, rows);
    assert_int_equal(shmcol_float32(table, "b", &b, &n, NULL), SHMCOL_OK);
    assert_int_equal(n, rows);
    assert_true((validity == NULL) == (null < 0));
    for (uint64_t i = 0; i < rows; i++) {
        assert_int_equal(shmcol_is_valid(validity, i), (int64_t)i != null);
        if ((int64_t)i != null)
            assert_int_equal(a[i], i);
        assert_true(b[i] == (float)i * 0.5f);
    }
    return a;
}

#endif
