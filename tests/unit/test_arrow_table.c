/* Arrow exports of a table in a directory: one batch of columns that are one array, else batches
 * that end where a part ends. */
#include "arrow_support.h"
#include "table_support.h"

enum { ROWS = 2 * ZONE + 1000, STRING = 17, DICTIONARY = 20, LIST = 24 };

static shmcol_file *whole; /* all rows of the table, as a file */

/* Adds a part of rows [first, first + rows) of `whole`, columns [0, n). */
static void add_rows(growing *g, uint64_t first, uint64_t rows, uint32_t n)
{
    struct ArrowArrayStream stream;
    uint32_t columns[ARROW_TABLE_COLUMNS];
    shmcol_writer_options o = SHMCOL_WRITER_OPTIONS_INIT;
    shmcol_error err = SHMCOL_ERROR_INIT;
    const shmcol_pair token = {{"shmcol:token", 12}, {"a day", 5}};
    o.overwrite = o.no_sync = 1;
    o.metadata = &token;
    o.metadata_count = 1;
    o.alignment = ZONE;
    o.first_row = first;
    o.table_rows = first + rows;
    memcpy(o.table_id, g->table_id, 16);
    memcpy(o.previous_id, g->previous_id, 16);
    for (uint32_t i = 0; i < n; i++)
        columns[i] = i;
    arrow_ok(shmcol_export_rows(whole, columns, n, first, rows, 0, 0, &stream, &err), &err);
    arrow_ok(shmcol_write_stream(table_part(g, first), &stream, &o, &err), &err);
    stream.release(&stream);
    table_id_of(table_part(g, first), g->previous_id);
    if (first == 0)
        memcpy(g->table_id, g->previous_id, 16);
}

/* Makes a table of three parts, of the first n columns of `whole`. */
static growing make(const char *name, uint32_t n)
{
    growing g = table_new(name);
    add_rows(&g, 0, ZONE, n);
    add_rows(&g, ZONE, ZONE, n);
    add_rows(&g, 2 * ZONE, 1000, n);
    return g;
}

static int set_up(void **state)
{
    int result = support_begin(state);
    const char *path = support_path("whole.shmcol");
    arrow_make_table(path, ROWS, true);
    whole = arrow_open(path);
    return result;
}

static int tear_down(void **state)
{
    shmcol_close(whole);
    return support_remove(state);
}

/* Compares a batch with rows [first, …) of the same columns of `whole`. */
static void same_rows(const struct ArrowSchema *schema_of_batch, const struct ArrowArray *batch,
                      const uint32_t *columns, uint32_t n, uint64_t first)
{
    struct ArrowArrayStream stream;
    struct ArrowSchema schema;
    struct ArrowArray wanted;
    shmcol_error err = SHMCOL_ERROR_INIT;
    arrow_ok(shmcol_export_rows(whole, columns, n, first, (uint64_t)batch->length, 0,
                                SHMCOL_ARROW_TRUSTED, &stream, &err),
             &err);
    assert_int_equal(stream.get_schema(&stream, &schema), 0);
    assert_int_equal(stream.get_next(&stream, &wanted), 0);
    assert_int_equal(batch->n_children, n);
    for (uint32_t i = 0; i < n; i++)
        arrow_same_array(schema_of_batch->children[i], batch->children[i], schema.children[i],
                         wanted.children[i]);
    wanted.release(&wanted);
    schema.release(&schema);
    stream.release(&stream);
}

/* Reads rows [first, first + rows) of the table in batches, which must have these lengths. The
 * table is closed before: the stream keeps it, and so does a batch. */
static void expect(const growing *g, const uint32_t *columns, uint32_t n, uint64_t first,
                   uint64_t rows, uint64_t batch_rows, const int64_t *lengths)
{
    shmcol_file *table = table_open(g);
    shmcol_error err = SHMCOL_ERROR_INIT;
    struct ArrowArrayStream stream;
    struct ArrowSchema schema;
    struct ArrowArray batch = {0};
    arrow_ok(shmcol_export_rows(table, columns, n, first, rows, batch_rows, 0, &stream, &err),
             &err);
    shmcol_close(table);
    assert_int_equal(stream.get_schema(&stream, &schema), 0);
    for (; *lengths != 0; lengths++) {
        if (stream.get_next(&stream, &batch) != 0)
            fail_msg("%s", stream.get_last_error(&stream));
        assert_int_equal(batch.length, *lengths);
        if (lengths[1] == 0)
            break;
        same_rows(&schema, &batch, columns, n, first);
        first += (uint64_t)batch.length;
        batch.release(&batch);
    }
    struct ArrowArray end;
    assert_int_equal(stream.get_next(&stream, &end), 0);
    assert_null(end.release);
    stream.release(&stream);
    same_rows(&schema, &batch, columns, n, first);
    batch.release(&batch);
    schema.release(&schema);
}

static void all_types_by_part(void **state)
{
    (void)state;
    uint32_t all[ARROW_TABLE_COLUMNS];
    for (uint32_t i = 0; i < ARROW_TABLE_COLUMNS; i++)
        all[i] = i;
    growing g = make("types", ARROW_TABLE_COLUMNS);
    const int64_t parts[] = {ZONE, ZONE, 1000, 0}, cut[] = {10, ZONE, 5, 0},
                  small[] = {40000, ZONE - 40000, 40000, ZONE - 40000, 1000, 0};
    expect(&g, all, ARROW_TABLE_COLUMNS, 0, ROWS, 0, parts);
    expect(&g, all, ARROW_TABLE_COLUMNS, ZONE - 10, ZONE + 15, 0, cut);
    const uint32_t some[] = {LIST, DICTIONARY, 4, STRING};
    expect(&g, some, 4, 0, ROWS, 40000, small);
}

static void one_batch_of_fixed_widths(void **state)
{
    (void)state;
    const uint32_t fixed[] = {0, 4, 13, 19, DICTIONARY, 21, 23};
    growing g = make("fixed", ARROW_TABLE_COLUMNS);
    const int64_t one[] = {ROWS, 0}, across[] = {20, 0}, small[] = {100000, ROWS - 100000, 0};
    expect(&g, fixed, 7, 0, ROWS, 0, one);
    expect(&g, fixed, 7, ZONE - 10, 20, 0, across);
    expect(&g, fixed, 7, 0, ROWS, 100000, small);
}

static void a_column_that_is_no_single_run(void **state)
{
    (void)state;
    growing g = make("runs", ARROW_TABLE_COLUMNS);
    shmcol_file *table = table_open(&g);
    struct ArrowSchema schema;
    struct ArrowArray array;
    shmcol_error err = SHMCOL_ERROR_INIT;
    const uint32_t runs[] = {STRING, 18, LIST, 25};
    for (int i = 0; i < 4; i++) {
        assert_int_equal(shmcol_export_column(table, runs[i], 0, &schema, &array, &err),
                         SHMCOL_ERR_NOT_ONE_RUN);
        assert_non_null(strstr(err.hint, "stream"));
    }
    assert_int_equal(shmcol_export_table(table, 0, &array, &err), SHMCOL_ERR_NOT_ONE_RUN);
    arrow_ok(shmcol_export_column(table, DICTIONARY, 0, &schema, &array, &err), &err);
    shmcol_close(table);
    assert_int_equal(array.length, ROWS);
    schema.release(&schema);
    array.release(&array);
}

static void an_export_of_the_whole_table(void **state)
{
    (void)state;
    uint32_t fixed[STRING];
    for (uint32_t i = 0; i < STRING; i++)
        fixed[i] = i;
    growing g = make("table", STRING);
    shmcol_file *table = table_open(&g);
    struct ArrowSchema schema;
    struct ArrowArray array;
    shmcol_error err = SHMCOL_ERROR_INIT;
    arrow_ok(shmcol_export_schema(table, &schema, &err), &err);
    arrow_ok(shmcol_export_table(table, 0, &array, &err), &err);
    shmcol_close(table);
    assert_int_equal(array.length, ROWS);
    same_rows(&schema, &array, fixed, STRING, 0);
    schema.release(&schema);
    array.release(&array);
}

static int32_t pairs_of(shmcol_file *file)
{
    struct ArrowSchema schema;
    int32_t count;
    shmcol_error err = SHMCOL_ERROR_INIT;
    arrow_ok(shmcol_export_schema(file, &schema, &err), &err);
    memcpy(&count, schema.metadata, sizeof count);
    schema.release(&schema);
    return count;
}

/* Tokens name appends to this table (F-85): what is made of its rows does not have them. */
static void tokens_stay(void **state)
{
    (void)state;
    growing g = make("tokens", 1);
    shmcol_file *table = table_open(&g), *part;
    assert_int_equal(shmcol_part(table, 0, &part, NULL), SHMCOL_OK);
    assert_int_equal(pairs_of(table), 1);
    assert_int_equal(pairs_of(part), 2);
    shmcol_close(table);
}

static void a_table_without_rows(void **state)
{
    (void)state;
    growing g = table_new("empty");
    add_rows(&g, 0, 0, ARROW_TABLE_COLUMNS);
    shmcol_file *table = table_open(&g);
    struct ArrowArrayStream stream;
    struct ArrowArray batch;
    shmcol_error err = SHMCOL_ERROR_INIT;
    arrow_ok(shmcol_export_stream(table, NULL, 0, 0, SHMCOL_ARROW_EMPTY_BATCH, &stream, &err),
             &err);
    shmcol_close(table);
    assert_int_equal(stream.get_next(&stream, &batch), 0);
    assert_int_equal(batch.length, 0);
    assert_int_equal(batch.n_children, ARROW_TABLE_COLUMNS);
    batch.release(&batch);
    assert_int_equal(stream.get_next(&stream, &batch), 0);
    assert_null(batch.release);
    stream.release(&stream);
}

/* Values that the process wrote are exported, also where a batch is of one part. */
static void written_values(void **state)
{
    (void)state;
    growing g = make("written", ARROW_TABLE_COLUMNS);
    shmcol_open_options how = SHMCOL_OPEN_OPTIONS_INIT;
    shmcol_error err = SHMCOL_ERROR_INIT;
    struct ArrowArrayStream stream;
    struct ArrowArray batch;
    shmcol_file *table;
    const uint32_t columns[] = {4, STRING};
    const int64_t *values;
    const uint8_t *validity;
    uint64_t n;
    how.flags = SHMCOL_OPEN_PRIVATE;
    arrow_ok(shmcol_open(g.directory, &how, &table, &err), &err);
    assert_int_equal(shmcol_int64(table, "int64", &values, &n, &validity, &err), SHMCOL_OK);
    ((int64_t *)(uintptr_t)values)[ZONE + 3] = -77;
    arrow_ok(shmcol_export_rows(table, columns, 2, ZONE + 2, 5, 0, 0, &stream, &err), &err);
    assert_int_equal(stream.get_next(&stream, &batch), 0);
    assert_int_equal(batch.children[0]->offset, 2);
    assert_int_equal(((const int64_t *)batch.children[0]->buffers[1])[3], -77);
    batch.release(&batch);
    stream.release(&stream);
    shmcol_close(table);
}

/* Damages the offsets of the string column in the second part. */
static void damage(const growing *g)
{
    shmcol_file *file = arrow_open(table_part(g, ZONE));
    shmcol_column_info info = SHMCOL_COLUMN_INFO_INIT;
    assert_int_equal(shmcol_get_column(file, STRING, &info, NULL), SHMCOL_OK);
    shmcol_close(file);
    assert_int_equal(chmod(table_part(g, ZONE), 0600), 0);
    FILE *f = fopen(table_part(g, ZONE), "r+b");
    assert_non_null(f);
    assert_int_equal(fseek(f, (long)info.values.offset + 80, SEEK_SET), 0);
    const int64_t wrong = -5;
    assert_int_equal(fwrite(&wrong, sizeof wrong, 1, f), 1);
    assert_int_equal(fclose(f), 0);
}

static void damage_is_found_in_its_part(void **state)
{
    (void)state;
    growing g = make("damage", ARROW_TABLE_COLUMNS);
    damage(&g);
    shmcol_file *table = table_open(&g);
    struct ArrowArrayStream stream;
    struct ArrowArray batch;
    shmcol_error err = SHMCOL_ERROR_INIT;
    assert_int_equal(shmcol_export_rows(table, NULL, 0, ZONE + 5, 1, 0, 0, &stream, &err),
                     SHMCOL_ERR_OFFSETS); /* of the first part that it gives at once */
    assert_non_null(strstr(err.message, "part 1: column \"string\""));
    assert_int_equal(err.column, STRING);
    arrow_ok(shmcol_export_stream(table, NULL, 0, 0, 0, &stream, &err), &err);
    shmcol_close(table);
    assert_int_equal(stream.get_next(&stream, &batch), 0);
    batch.release(&batch);
    assert_int_not_equal(stream.get_next(&stream, &batch), 0);
    assert_non_null(strstr(stream.get_last_error(&stream), "part 1: column \"string\""));
    assert_int_not_equal(stream.get_next(&stream, &batch), 0); /* and still is */
    stream.release(&stream);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_types_by_part),
        cmocka_unit_test(one_batch_of_fixed_widths),
        cmocka_unit_test(a_column_that_is_no_single_run),
        cmocka_unit_test(an_export_of_the_whole_table),
        cmocka_unit_test(tokens_stay),
        cmocka_unit_test(a_table_without_rows),
        cmocka_unit_test(written_values),
        cmocka_unit_test(damage_is_found_in_its_part),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
