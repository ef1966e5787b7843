/* Statistics of tables in directories, against those of one file of the same rows; and the pages of
 * their columns. */
#include <math.h>

#include "table_support.h"

enum { COLUMNS = 9, MOST = 3 * ZONE + 1000 };

/* The values of all columns, of row 0 … MOST - 1. */
typedef struct all_values {
    int32_t i[MOST];
    uint16_t u[MOST];
    double d[MOST];
    uint8_t flag[MOST];
    shmcol_decimal decimal[MOST];
    int64_t offsets[MOST + 1], list_offsets[MOST + 1];
    char bytes[MOST * 24];
    uint8_t valid[MOST];
} all_values;

static all_values *values;

static uint64_t next(uint64_t *state)
{
    *state = *state * UINT64_C(6364136223846793005) + 1442695040888963407U;
    return *state >> 33;
}

static void make_values(void)
{
    uint64_t state = 7;
    all_values *v = values = calloc(1, sizeof *values);
    for (uint64_t i = 0; i < MOST; i++) {
        v->i[i] = (int32_t)(next(&state) % 1000000) - 500000;
        v->u[i] = (uint16_t)(next(&state) % 60000 + i / ZONE);
        v->d[i] = next(&state) % 11 == 0 ? (double)NAN : (double)next(&state) - 1e9;
        v->flag[i] = i / ZONE == 1 ? next(&state) % 2 == 0 : 1;
        v->decimal[i].high = (int64_t)(next(&state) % 3) - 1;
        v->decimal[i].low = next(&state);
        v->valid[i] = next(&state) % 5 != 0;
        /* Prefixes of 16 bytes that are the same, and texts that end inside and behind them. */
        const int length =
            v->valid[i]
                ? snprintf(v->bytes + v->offsets[i], 24, "%.*s%d", (int)(12 + next(&state) % 6),
                           "common prefix of all", (int)(next(&state) % 1000))
                : 0;
        v->offsets[i + 1] = v->offsets[i] + length;
        v->list_offsets[i + 1] = (int64_t)i + 1 < 100 ? (int64_t)i + 1 : 100;
    }
}

/* Writes rows [first, first + rows) to `path`: a part, or a file of its own (g NULL). */
static void write_rows(growing *g, const char *path, uint64_t first, uint64_t rows)
{
    static const shmcol_type types[COLUMNS] = {SHMCOL_INT32,  SHMCOL_UINT16,     SHMCOL_FLOAT64,
                                               SHMCOL_BOOL8,  SHMCOL_DECIMAL128, SHMCOL_STRING,
                                               SHMCOL_BINARY, SHMCOL_LIST,       SHMCOL_DICTIONARY};
    static const char names[] = "iudfDsblw";
    const all_values *v = values;
    const void *at[COLUMNS] = {
        v->i + first,       v->u + first,       v->d + first,       v->flag + first,
        v->decimal + first, v->offsets + first, v->offsets + first, v->list_offsets + first,
        v->offsets + first};
    shmcol_field f[COLUMNS];
    shmcol_column_data c[COLUMNS];
    shmcol_writer_options o = SHMCOL_WRITER_OPTIONS_INIT;
    shmcol_writer *w;
    o.overwrite = o.no_sync = 1;
    if (g != NULL) {
        o.alignment = ZONE;
        o.first_row = first;
        o.table_rows = first + rows;
        memcpy(o.table_id, g->table_id, 16);
        memcpy(o.previous_id, g->previous_id, 16);
    }
    for (int k = 0; k < COLUMNS; k++) {
        f[k] = (shmcol_field)SHMCOL_FIELD_INIT;
        f[k].name = names + k;
        f[k].name_length = 1;
        f[k].type = types[k];
        f[k].nullable = 1;
        f[k].precision = 38;
        f[k].scale = 2;
        f[k].element = SHMCOL_INT32;
        c[k] = (shmcol_column_data)SHMCOL_COLUMN_DATA_INIT;
        c[k].values = at[k];
        if (k != 2 && k != 7) {
            c[k].validity_kind = SHMCOL_VALIDITY_BYTES;
            c[k].validity = v->valid + first;
        }
        c[k].layout = SHMCOL_STRINGS_OFFSETS64;
        c[k].data = k == 7 ? (const void *)v->i : v->bytes;
    }
    assert_int_equal(shmcol_writer_create(path, f, COLUMNS, &o, &w, NULL), SHMCOL_OK);
    assert_int_equal(shmcol_writer_append(w, rows, c, COLUMNS, NULL), SHMCOL_OK);
    assert_int_equal(shmcol_writer_commit(w, NULL), SHMCOL_OK);
    if (g != NULL)
        table_id_of(path, g->previous_id);
    if (g != NULL && first == 0)
        table_id_of(path, g->table_id);
}

static growing make_table(const char *name)
{
    growing g = table_new(name);
    write_rows(&g, table_part(&g, 0), 0, ZONE);
    write_rows(&g, table_part(&g, ZONE), ZONE, 2 * ZONE);
    write_rows(&g, table_part(&g, 3 * ZONE), 3 * ZONE, 1000);
    return g;
}

static void the_same_as_of_one_file(void **state)
{
    (void)state;
    make_values();
    growing g = make_table("stats");
    const char *path = support_path("one.shmcol");
    write_rows(NULL, path, 0, MOST);
    shmcol_file *table = table_open(&g), *file;
    assert_int_equal(shmcol_open(path, NULL, &file, NULL), SHMCOL_OK);
    /* Each part has words of its own. */
    assert_int_equal(shmcol_verify(table, NULL, NULL), SHMCOL_ERR_WRONG_PART);
    for (uint32_t k = 0; k < COLUMNS; k++) {
        shmcol_stats a = SHMCOL_STATS_INIT, b = SHMCOL_STATS_INIT;
        assert_int_equal(shmcol_column_stats(table, k, &a, NULL), SHMCOL_OK);
        assert_int_equal(shmcol_column_stats(file, k, &b, NULL), SHMCOL_OK);
        assert_int_equal(a.has_bounds, b.has_bounds);
        if (k != 8) /* codes mean other words */
            assert_memory_equal(&a, &b, sizeof a);
        for (uint64_t zone = 0; zone < 4; zone++) {
            assert_int_equal(shmcol_zone_stats(table, k, zone, &a, NULL), SHMCOL_OK);
            assert_int_equal(shmcol_zone_stats(file, k, zone, &b, NULL), SHMCOL_OK);
            assert_true(a.rows == b.rows && a.null_count == b.null_count);
            if (k != 8)
                assert_memory_equal(&a, &b, sizeof a);
        }
        assert_int_equal(shmcol_zone_stats(table, k, 4, &a, NULL), SHMCOL_ERR_OUT_OF_RANGE);
    }
    shmcol_close(file);
    shmcol_close(table);
    free(values);
}

/* The kilobytes in [begin, begin + size) that this process's page tables have. */
static uint64_t present(const void *begin, uint64_t size)
{
    char line[300];
    unsigned long from, to, kilobytes;
    uint64_t sum = 0;
    bool inside = false;
    FILE *f = fopen("/proc/self/smaps", "r");
    while (f != NULL && fgets(line, sizeof line, f) != NULL) {
        if (sscanf(line, "%lx-%lx ", &from, &to) == 2)
            inside = from >= (uintptr_t)begin && from < (uintptr_t)begin + size;
        else if (inside && sscanf(line, "Rss: %lu kB", &kilobytes) == 1)
            sum += kilobytes;
    }
    if (f != NULL)
        fclose(f);
    return sum;
}

static void pages_of_a_run(void **state)
{
    (void)state;
    growing g = table_new("pages");
    table_add(&g, 0, ZONE);
    table_add(&g, ZONE, 1000);
    shmcol_file *table = table_open(&g), *part;
    const int64_t *a;
    uint64_t n, resident, total, sum = 0, bytes = 8 * (ZONE + 1000);
    const uint8_t *validity;
    assert_int_equal(shmcol_int64(table, "a", &a, &n, &validity, NULL), SHMCOL_OK);
    assert_true(present(a, bytes) < bytes / 1024);
    assert_int_equal(shmcol_prefault(table, 0, NULL), SHMCOL_OK);
    assert_true(present(a, bytes) >= bytes / 1024);
    assert_int_equal(shmcol_prefault(table, SHMCOL_TABLE, NULL), SHMCOL_OK);
    assert_int_equal(shmcol_prefault(table, 3, NULL), SHMCOL_ERR_NO_COLUMN);
    for (uint64_t i = 0; i < 2; i++) {
        assert_int_equal(shmcol_part(table, i, &part, NULL), SHMCOL_OK);
        assert_int_equal(shmcol_resident(part, 0, &resident, &total, NULL), SHMCOL_OK);
        sum += total;
    }
    assert_int_equal(shmcol_resident(table, 0, &resident, &total, NULL), SHMCOL_OK);
    assert_true(total == sum && resident == total);
    shmcol_close(table);
    shmcol_open_options how = SHMCOL_OPEN_OPTIONS_INIT;
    how.flags = SHMCOL_OPEN_PREFAULT | SHMCOL_OPEN_RANDOM;
    assert_int_equal(shmcol_open(g.directory, &how, &table, NULL), SHMCOL_OK);
    assert_int_equal(shmcol_int64(table, "a", &a, &n, &validity, NULL), SHMCOL_OK);
    assert_true(present(a, bytes) >= bytes / 1024);
    shmcol_close(table);
}

/* A check of a table lets the pages of each part go, so that they do not add up. */
static void pages_that_were_checked(void **state)
{
    (void)state;
    growing g = table_new("checked");
    shmcol_file *table, *part;
    shmcol_file_info info = SHMCOL_FILE_INFO_INIT;
    table_add(&g, 0, ZONE);
    table_add(&g, ZONE, ZONE);
    table_add(&g, 2 * ZONE, 60000);
    table = table_open(&g);
    assert_int_equal(shmcol_verify(table, NULL, NULL), SHMCOL_OK);
    for (uint64_t i = 0; i < 3; i++) {
        assert_int_equal(shmcol_part(table, i, &part, NULL), SHMCOL_OK);
        assert_int_equal(shmcol_get_info(part, &info, NULL), SHMCOL_OK);
        assert_true(present(info.map, info.file_size) < info.file_size / 4096);
    }
    shmcol_close(table);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_same_as_of_one_file),
        cmocka_unit_test(pages_of_a_run),
        cmocka_unit_test(pages_that_were_checked),
    };
    return cmocka_run_group_tests(tests, support_begin, support_end);
}
