/* Parts that an append which died has left, and those of a table that lost one (F-84). */
#include "append_support.h"

#define MARKER ".shmcol-appending"

/* The name of the part at zone `zone`. */
static const char *part(const char *dir, unsigned zone)
{
    char name[40];
    snprintf(name, sizeof name, "%020u.shmcol", zone * 65536);
    return append_in(dir, name);
}

static bool has(const char *path)
{
    struct stat st;
    return lstat(path, &st) == 0;
}

/* Appends rows in parts of one zone each. */
static shmcol_status try_parts(const char *dir, uint64_t first, uint64_t rows, shmcol_error *err)
{
    shmcol_append_report report;
    shmcol_append_options o = append_options(&report);
    *err = (shmcol_error)SHMCOL_ERROR_INIT;
    o.part_rows = 65536;
    return append_rows_to(dir, first, rows, 5, &o, err);
}

/* The number of names in a directory, of all kinds. */
static unsigned names(const char *dir)
{
    unsigned n = 0;
    DIR *d = opendir(dir);
    assert_non_null(d);
    while (readdir(d) != NULL)
        n++;
    closedir(d);
    return n - 2;
}

/* No append changes the directory, whether it makes one part or several. */
static void refuse(const char *dir, const char *rule, const char *message)
{
    shmcol_error err;
    const unsigned before = names(dir);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(try_parts(dir, 0, i == 0 ? 10 : 200000, &err), SHMCOL_ERR_PARTS_MISSING);
        assert_string_equal(err.rule, rule);
        assert_non_null(strstr(err.message, message));
        assert_non_null(strstr(err.hint, "take"));
        assert_int_equal(names(dir), before);
    }
}

/* F-84: files of parts' names that the chain does not reach go if an append that died left its
 * marker; all others stay. */
static void leftovers(void **state)
{
    (void)state;
    const char *dir = append_directory("left");
    shmcol_append_report report;
    const shmcol_append_options o = append_options(&report);
    shmcol_error err = SHMCOL_ERROR_INIT;
    append_good(append_try(dir, 0, 70000, &err), &err);
    append_write_file(append_in(dir, "00000000000000131072.shmcol"), "an orphan");
    append_write_file(append_in(dir, "00000000000000196608.shmcol"), "another");
    append_write_file(append_in(dir, "00000000000000196609.shmcol"), "no first row");
    append_write_file(append_in(dir, "0000000000000019660.shmcol"), "no name of a part");
    append_write_file(append_in(dir, "README"), "text");
    append_write_file(append_in(dir, ".shmcol-0123456789abcdef.tmp"), "dead");
    assert_int_equal(mkdir(append_in(dir, "00000000000000262144.shmcol"), 0777), 0);
    assert_int_equal(symlink("README", append_in(dir, "00000000000000327680.shmcol")), 0);
    refuse(dir, "F-84", "does not lead");
    append_write_file(append_in(dir, MARKER), "");
    append_good(append_rows_to(dir, 70000, 30, 5, &o, &err), &err);
    assert_int_equal(report.removed, 2);
    assert_false(has(append_in(dir, MARKER)));
    assert_int_not_equal(access(append_in(dir, "00000000000000131072.shmcol"), F_OK), 0);
    assert_int_not_equal(access(append_in(dir, "00000000000000196608.shmcol"), F_OK), 0);
    assert_int_equal(append_names(dir), 7);
    shmcol_close(append_check(dir, 70030, 5));
    /* A token that is there, or no rows: they go, too. */
    append_write_file(append_in(dir, "00000000000000131072.shmcol"), "an orphan");
    append_write_file(append_in(dir, MARKER), "");
    append_good(append_rows_to(dir, 0, 0, 5, &o, &err), &err);
    assert_int_equal(report.removed, 1);
}

/* Parts without the first, and the marker: what a first append that died has left. */
static void leftovers_of_a_first_append(void **state)
{
    (void)state;
    const char *dir = append_directory("first");
    shmcol_append_report report;
    const shmcol_append_options o = append_options(&report);
    shmcol_error err = SHMCOL_ERROR_INIT;
    append_good(append_try(dir, 0, 70000, &err), &err);
    assert_int_equal(unlink(append_in(dir, "00000000000000000000.shmcol")), 0);
    append_write_file(append_in(dir, MARKER), "");
    shmcol_file *table;
    assert_int_equal(shmcol_open(dir, NULL, &table, &err), SHMCOL_ERR_NO_TABLE);
    append_good(append_rows_to(dir, 0, 10, 5, &o, &err), &err);
    assert_true(report.created && report.removed == 1);
    assert_int_equal(append_names(dir), 1);
    shmcol_close(append_check(dir, 10, 5));
}

/* Parts of several appends without the first: a table that lost it, which is not removed. */
static void lost_first_part(void **state)
{
    (void)state;
    const char *dir = append_directory("lost");
    shmcol_error err = SHMCOL_ERROR_INIT;
    append_good(append_try(dir, 0, 65536, &err), &err);
    append_good(append_try(dir, 65536, 65536, &err), &err);
    append_good(append_try(dir, 131072, 10, &err), &err);
    assert_int_equal(rename(part(dir, 0), support_path("kept")), 0);
    append_write_file(append_in(dir, "00000000000000196608.shmcol"), "no part");
    refuse(dir, "F-83", "the part at row 0 is missing");
    /* Not even where a marker was left: they are of several appends. */
    append_write_file(append_in(dir, MARKER), "");
    refuse(dir, "F-84", "of several appends");
    assert_int_equal(unlink(append_in(dir, MARKER)), 0);
    assert_int_equal(unlink(part(dir, 3)), 0);
    assert_int_equal(rename(support_path("kept"), part(dir, 0)), 0);
    append_good(append_try(dir, 131082, 10, &err), &err);
    assert_int_equal(append_names(dir), 3);
    shmcol_close(append_check(dir, 131092, 5));
}

/* The same of a part in the middle: the chain ends there, and what lies beyond is not removed. */
static void lost_middle_part(void **state)
{
    (void)state;
    const char *dir = append_directory("middle");
    shmcol_error err = SHMCOL_ERROR_INIT;
    for (uint64_t k = 0; k < 4; k++)
        append_good(append_try(dir, k * 65536, 65536, &err), &err);
    assert_int_equal(rename(part(dir, 1), support_path("kept")), 0);
    assert_int_equal(append_try(dir, 65536, 10, &err), SHMCOL_ERR_PARTS_MISSING);
    assert_non_null(strstr(err.message, "the part at row 65536 is missing"));
    assert_int_equal(append_names(dir), 3);
    assert_int_equal(rename(support_path("kept"), part(dir, 1)), 0);
    append_good(append_try(dir, 262144, 10, &err), &err);
    shmcol_close(append_check(dir, 262154, 5));
}

/* The parts of ONE append, of which one is lost: they look like what an append leaves that dies. */
static void lost_part_of_one_append(void **state)
{
    (void)state;
    const char *dir = append_directory("one");
    shmcol_error err;
    shmcol_file *table;
    append_good(try_parts(dir, 0, 200000, &err), &err);
    assert_int_equal(append_names(dir), 4);
    assert_int_equal(rename(part(dir, 0), support_path("kept")), 0);
    refuse(dir, "F-83", "the part at row 0 is missing");
    assert_int_equal(shmcol_open(dir, NULL, &table, &err), SHMCOL_ERR_PARTS_MISSING);
    assert_int_equal(rename(support_path("kept"), part(dir, 0)), 0);
    shmcol_close(append_check(dir, 200000, 5));
    /* The first part of a later append: the chain before it is whole. */
    dir = append_directory("later");
    append_good(try_parts(dir, 0, 65536, &err), &err);
    append_good(try_parts(dir, 65536, 200000, &err), &err);
    assert_int_equal(rename(part(dir, 1), support_path("kept")), 0);
    refuse(dir, "F-84", "the part at row 65536 is missing");
    assert_int_equal(rename(support_path("kept"), part(dir, 1)), 0);
    append_good(try_parts(dir, 265536, 10, &err), &err);
    shmcol_close(append_check(dir, 265546, 5));
}

/* An older part came back in place of the one that an append had made of it. */
static void older_part(void **state)
{
    (void)state;
    const char *dir = append_directory("older");
    shmcol_error err;
    append_good(try_parts(dir, 0, 1000, &err), &err);
    assert_int_equal(link(part(dir, 0), support_path("old")), 0);
    append_good(try_parts(dir, 1000, 199000, &err), &err);
    assert_int_equal(append_names(dir), 4);
    assert_int_equal(rename(part(dir, 0), support_path("kept")), 0);
    assert_int_equal(rename(support_path("old"), part(dir, 0)), 0);
    refuse(dir, "F-84", "perhaps an older one");
    assert_int_equal(rename(support_path("kept"), part(dir, 0)), 0);
    append_good(try_parts(dir, 200000, 10, &err), &err);
    shmcol_close(append_check(dir, 200010, 5));
}

/* A marker by itself: a first append of several parts that died, or one that was whole. */
static void markers(void **state)
{
    (void)state;
    const char *dir = append_directory("marker");
    shmcol_error err;
    assert_int_equal(mkdir(dir, 0777), 0);
    append_write_file(append_in(dir, MARKER), "");
    append_good(try_parts(dir, 0, 200000, &err), &err);
    assert_int_equal(append_names(dir), 4);
    append_write_file(append_in(dir, MARKER), "");
    append_good(try_parts(dir, 200000, 10, &err), &err);
    assert_int_equal(append_names(dir), 4);
    shmcol_close(append_check(dir, 200010, 5));
    /* A marker is a regular file: nothing is made through a link. */
    for (int kind = 0; kind < 4; kind++) {
        dir = append_directory("kinds");
        append_good(try_parts(dir, 0, 10, &err), &err);
        const char *marker = append_in(dir, MARKER);
        if (kind == 0)
            assert_int_equal(mkfifo(marker, 0666), 0);
        else if (kind == 1)
            assert_int_equal(symlink("nowhere", marker), 0);
        else if (kind == 2)
            assert_int_equal(symlink("00000000000000000000.shmcol", marker), 0);
        else
            assert_int_equal(mkdir(marker, 0777), 0);
        assert_int_equal(try_parts(dir, 10, 200000, &err), SHMCOL_ERR_IO);
        assert_true(names(dir) == 2 && has(append_in(dir, MARKER)));
        append_good(try_parts(dir, 10, 10, &err), &err);
        append_write_file(part(dir, 2), "x");
        refuse(dir, "F-84", "does not lead");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(leftovers),
        cmocka_unit_test(leftovers_of_a_first_append),
        cmocka_unit_test(lost_first_part),
        cmocka_unit_test(lost_middle_part),
        cmocka_unit_test(lost_part_of_one_append),
        cmocka_unit_test(older_part),
        cmocka_unit_test(markers),
    };
    return cmocka_run_group_tests(tests, support_begin, support_end);
}
