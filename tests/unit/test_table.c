/* Tables in directories (F-80 … F-83): one array over all parts, refresh, and what is refused. */
#include "table_support.h"

static void expect(const growing *g, shmcol_status wanted, const char *rule)
{
    shmcol_error err = SHMCOL_ERROR_INIT;
    shmcol_file *table;
    assert_int_equal(shmcol_open(g->directory, NULL, &table, &err), wanted);
    if (strcmp(err.rule, rule) != 0 || err.message[0] == 0 || err.path[0] == 0)
        fail_msg("%s %s: %s", err.path, err.rule, err.message);
}

static void one_array_over_all_parts(void **state)
{
    (void)state;
    growing g = table_new("one");
    g.null = 70000;
    table_add(&g, 0, ZONE);
    table_add(&g, ZONE, 2 * ZONE);
    table_add(&g, 3 * ZONE, 1000);
    shmcol_file *table = table_open(&g), *part;
    shmcol_file_info info = SHMCOL_FILE_INFO_INIT;
    assert_int_equal(shmcol_parts(table), 3);
    table_check(table, 3 * ZONE + 1000, 70000);
    assert_int_equal(shmcol_get_info(table, &info, NULL), SHMCOL_OK);
    assert_null(info.map);
    assert_memory_equal(info.file_id, g.table_id, 16);
    assert_memory_equal(info.table_id, g.table_id, 16);
    assert_int_equal(shmcol_part(table, 3, &part, NULL), SHMCOL_ERR_OUT_OF_RANGE);
    assert_int_equal(shmcol_part(table, 1, &part, NULL), SHMCOL_OK);
    assert_int_equal(shmcol_rows(part), 2 * ZONE);
    shmcol_retain(part);
    shmcol_close(table);
    assert_int_equal(shmcol_verify(part, NULL, NULL), SHMCOL_OK); /* it kept its map */
    shmcol_close(part);
}

static void strings_by_row(void **state)
{
    (void)state;
    growing g = table_new("strings");
    table_add(&g, 0, ZONE);
    table_add(&g, ZONE, 1000);
    shmcol_file *table = table_open(&g);
    shmcol_strings strings = SHMCOL_STRINGS_INIT;
    shmcol_error err = SHMCOL_ERROR_INIT;
    const char *text;
    uint64_t length, part, row;
    assert_int_equal(shmcol_string(table, "s", &strings, &err), SHMCOL_ERR_NOT_ONE_RUN);
    assert_non_null(strstr(err.hint, "shmcol_string_row"));
    assert_int_equal(shmcol_string_row(table, 2, ZONE + 5, &text, &length, NULL), SHMCOL_OK);
    assert_int_equal(length, 5);
    assert_memory_equal(text, "65541", 5);
    assert_int_equal(shmcol_string_row(table, 2, 3, &text, &length, NULL), SHMCOL_OK);
    assert_null(text);
    assert_int_equal(shmcol_string_row(table, 2, ZONE + 1000, &text, &length, NULL),
                     SHMCOL_ERR_OUT_OF_RANGE);
    assert_int_equal(shmcol_string_row(table, 0, 0, &text, &length, NULL), SHMCOL_ERR_WRONG_TYPE);
    const uint8_t *validity;
    assert_int_equal(shmcol_validity(table, 2, &validity, NULL), SHMCOL_OK);
    for (uint64_t i = 0; i < ZONE + 1000; i++)
        assert_int_equal(shmcol_is_valid(validity, i), i % 7 != 3);
    assert_int_equal(shmcol_validity(table, 1, &validity, NULL), SHMCOL_OK);
    assert_null(validity);
    assert_int_equal(shmcol_part_of_row(table, ZONE + 7, &part, &row, NULL), SHMCOL_OK);
    assert_true(part == 1 && row == 7);
    shmcol_close(table);
}

/* The values stay where they are while the table grows in its reserve. */
static void refresh_grows_in_place(void **state)
{
    (void)state;
    growing g = table_new("grow");
    table_add(&g, 0, ZONE);
    uint8_t whole[16];
    memcpy(whole, g.previous_id, sizeof whole);
    table_add(&g, ZONE, 10);
    shmcol_file *old = table_open(&g), *same, *table;
    const int64_t *a = table_check(old, ZONE + 10, -1);
    assert_int_equal(shmcol_refresh(old, &same, NULL), SHMCOL_OK);
    assert_ptr_equal(same, old);
    shmcol_close(same);
    memcpy(g.previous_id, whole, sizeof whole);
    table_add(&g, ZONE, ZONE); /* in place of the last part */
    table_add(&g, 2 * ZONE, 5);
    assert_int_equal(shmcol_refresh(old, &table, NULL), SHMCOL_OK);
    assert_ptr_equal(table_check(table, 2 * ZONE + 5, -1), a);
    table_check(old, ZONE + 10, -1);
    shmcol_close(old);
    table_check(table, 2 * ZONE + 5, -1);
    shmcol_close(table);
}

/* A handle that first touches a column after an append still has its own rows. */
static void a_handle_is_a_snapshot(void **state)
{
    (void)state;
    growing g = table_new("snapshot");
    table_add(&g, 0, ZONE);
    shmcol_file *old = table_open(&g), *table;
    table_add(&g, ZONE, 10);
    assert_int_equal(shmcol_refresh(old, &table, NULL), SHMCOL_OK);
    table_check(table, ZONE + 10, -1);
    table_check(old, ZONE, -1);
    shmcol_close(table);
    shmcol_close(old);
}

static void private_pages(void **state)
{
    (void)state;
    growing g = table_new("private");
    table_add(&g, 0, ZONE);
    table_add(&g, ZONE, 10);
    shmcol_open_options how = SHMCOL_OPEN_OPTIONS_INIT;
    shmcol_file *table, *other = table_open(&g);
    how.flags = SHMCOL_OPEN_PRIVATE;
    assert_int_equal(shmcol_open(g.directory, &how, &table, NULL), SHMCOL_OK);
    int64_t *a = (int64_t *)(uintptr_t)table_check(table, ZONE + 10, -1);
    a[ZONE + 3] = 7;
    table_check(other, ZONE + 10, -1);
    shmcol_close(table);
    shmcol_close(other);
}

/* The words of a check: its problems, and a progress that only grows. */
typedef struct told {
    char problems[300];
    uint64_t done, total;
    bool wrong;
} told;

static void tell_problem(void *arg, const shmcol_error *problem)
{
    told *t = arg;
    snprintf(t->problems + strlen(t->problems), sizeof t->problems - strlen(t->problems),
             "%s %.20s\n", shmcol_status_name(problem->status), strrchr(problem->path, '/') + 1);
}

static int tell_progress(void *arg, uint64_t done, uint64_t total)
{
    told *t = arg;
    t->wrong |= done < t->done || done > total || (t->total != 0 && t->total != total);
    t->done = done;
    t->total = total;
    return 0;
}

/* Changes a byte of the part at `first`, in its column "a". */
static void damage(const growing *g, const shmcol_file *table, uint64_t index)
{
    shmcol_file *part;
    shmcol_file_info info = SHMCOL_FILE_INFO_INIT;
    shmcol_column_info column = SHMCOL_COLUMN_INFO_INIT;
    assert_int_equal(shmcol_part(table, index, &part, NULL), SHMCOL_OK);
    assert_int_equal(shmcol_get_info(part, &info, NULL), SHMCOL_OK);
    assert_int_equal(shmcol_get_column(part, 0, &column, NULL), SHMCOL_OK);
    const char *path = table_part(g, info.first_row);
    assert_int_equal(chmod(path, 0600), 0);
    FILE *f = fopen(path, "r+");
    assert_int_equal(fseek(f, (long)column.values.offset + 2, SEEK_SET), 0);
    assert_int_equal(fputc(77, f), 77);
    assert_int_equal(fclose(f), 0);
}

/* One check over all parts: problems in their order, one progress. */
static void a_check_of_all_parts(void **state)
{
    (void)state;
    growing g = table_new("check");
    shmcol_verify_options options = SHMCOL_VERIFY_OPTIONS_INIT;
    shmcol_error err = SHMCOL_ERROR_INIT;
    told t = {.wrong = false};
    table_add(&g, 0, ZONE);
    table_add(&g, ZONE, ZONE);
    table_add(&g, 2 * ZONE, 1000);
    shmcol_file *table = table_open(&g);
    options.progress = tell_progress;
    options.problem = tell_problem;
    options.progress_arg = options.problem_arg = &t;
    options.level = SHMCOL_VERIFY_CHECKSUMS;
    assert_int_equal(shmcol_verify(table, &options, &err), SHMCOL_OK);
    assert_true(!t.wrong && t.done == t.total && t.total > 2 * ZONE * 12);
    damage(&g, table, 1);
    damage(&g, table, 2);
    t.done = 0;
    assert_int_equal(shmcol_verify(table, &options, &err), SHMCOL_ERR_BLOCK_HASH);
    assert_string_equal(err.path, table_part(&g, ZONE));
    assert_string_equal(t.problems, "BLOCK_HASH 00000000000000065536\n"
                                    "BLOCK_HASH 00000000000000131072\n");
    assert_false(t.wrong);
    options.level = 7;
    assert_int_equal(shmcol_verify(table, &options, &err), SHMCOL_ERR_INVALID_ARGUMENT);
    shmcol_close(table);
}

static void what_is_no_table(void **state)
{
    (void)state;
    growing g = table_new("none");
    expect(&g, SHMCOL_ERR_NO_TABLE, "F-83");
    memset(g.table_id, 5, sizeof g.table_id);
    memset(g.previous_id, 5, sizeof g.previous_id);
    table_add(&g, ZONE, 5); /* nothing leads to it */
    expect(&g, SHMCOL_ERR_PARTS_MISSING, "F-83");
    char path[300];
    snprintf(path, sizeof path, "%s/.shmcol-appending", g.directory);
    fclose(fopen(path, "w")); /* a first append runs, or died */
    expect(&g, SHMCOL_ERR_NO_TABLE, "F-83");
    assert_int_equal(unlink(path), 0);
    assert_int_equal(unlink(table_part(&g, ZONE)), 0);
    table_write(&g, 0, ZONE, 3 * ZONE);
    expect(&g, SHMCOL_ERR_PARTS_MISSING, "F-83");
    snprintf(path, sizeof path, "%s/_manifest", g.directory);
    FILE *manifest = fopen(path, "w");
    assert_non_null(manifest);
    fclose(manifest);
    expect(&g, SHMCOL_ERR_FEATURE, "F-80");
}

static void parts_of_something_else(void **state)
{
    (void)state;
    growing g = table_new("other"), h = table_new("wrong");
    char to[300];
    table_add(&h, 0, ZONE + 1);
    table_add(&g, 0, ZONE);
    h.table_id[3] ^= 1; /* another table */
    memcpy(h.previous_id, g.previous_id, 16);
    table_add(&h, ZONE, 5);
    assert_int_equal(rename(table_part(&h, ZONE), strcpy(to, table_part(&g, ZONE))), 0);
    expect(&g, SHMCOL_ERR_WRONG_PART, "F-81");
    table_write(&g, 2 * ZONE, 5, 2 * ZONE + 5); /* under the name of another row */
    char from[300];
    strcpy(from, table_part(&g, 2 * ZONE));
    assert_int_equal(rename(from, to), 0);
    expect(&g, SHMCOL_ERR_WRONG_PART, "F-81");
    assert_int_equal(unlink(to), 0);
    assert_int_equal(mkfifo(to, 0600), 0);
    expect(&g, SHMCOL_ERR_WRONG_PART, "F-81");
    assert_int_equal(unlink(to), 0);
    /* An append that died left it: the chain ends before it. */
    memset(g.previous_id, 9, sizeof g.previous_id);
    table_add(&g, ZONE, 5);
    shmcol_file *table = table_open(&g);
    assert_int_equal(shmcol_rows(table), ZONE);
    shmcol_close(table);
}

static void a_table_made_anew_is_another(void **state)
{
    (void)state;
    growing g = table_new("anew");
    shmcol_error err = SHMCOL_ERROR_INIT;
    table_add(&g, 0, 10);
    shmcol_file *table = table_open(&g), *newer;
    assert_int_equal(unlink(table_part(&g, 0)), 0);
    g.null = 3; /* other bytes, so another file_id */
    table_add(&g, 0, ZONE);
    assert_int_equal(shmcol_refresh(table, &newer, &err), SHMCOL_ERR_FILE_REPLACED);
    growing other = table_new("anew"); /* another directory of that name */
    table_add(&other, 0, 10);
    assert_int_equal(shmcol_refresh(table, &newer, &err), SHMCOL_ERR_FILE_REPLACED);
    table_check(table, 10, -1);
    shmcol_close(table);
}

static void note_orphan(void *arg, shmcol_orphan kind, const char *name, uint64_t size)
{
    char *text = arg;
    snprintf(text + strlen(text), 200 - strlen(text), "%d %.22s%s\n", (int)kind, name,
             size > 0 ? " +" : "");
}

/* F-84: what an append that died left behind. */
static void what_the_chain_does_not_reach(void **state)
{
    (void)state;
    growing g = table_new("orphans");
    table_add(&g, 0, ZONE);
    table_add(&g, ZONE, 5);
    shmcol_file *table = table_open(&g);
    char found[200] = "", path[300];
    assert_int_equal(shmcol_table_orphans(table, note_orphan, found, NULL), SHMCOL_OK);
    assert_string_equal(found, "");
    memset(g.previous_id, 9, sizeof g.previous_id);
    table_write(&g, 3 * ZONE, 5, 3 * ZONE + 5);
    snprintf(path, sizeof path, "%s/.shmcol-0123456789abcdef.tmp", g.directory);
    fclose(fopen(path, "w"));
    snprintf(path, sizeof path, "%s/%020d.txt", g.directory, 7);
    fclose(fopen(path, "w"));
    assert_int_equal(shmcol_table_orphans(table, note_orphan, found, NULL), SHMCOL_OK);
    assert_string_equal(found, "2 .shmcol-0123456789abcd\n1 00000000000000196608.s +\n");
    shmcol_close(table);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_array_over_all_parts),
        cmocka_unit_test(strings_by_row),
        cmocka_unit_test(refresh_grows_in_place),
        cmocka_unit_test(a_handle_is_a_snapshot),
        cmocka_unit_test(private_pages),
        cmocka_unit_test(a_check_of_all_parts),
        cmocka_unit_test(what_is_no_table),
        cmocka_unit_test(parts_of_something_else),
        cmocka_unit_test(a_table_made_anew_is_another),
        cmocka_unit_test(what_the_chain_does_not_reach),
    };
    return cmocka_run_group_tests(tests, support_begin, support_end);
}
