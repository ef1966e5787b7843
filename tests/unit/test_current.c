/* Handles of what their paths lead to, and of what was there before. */
#include <errno.h>
#include <fcntl.h>
#include <time.h>

#include "table_support.h"

static int is_current(shmcol_file *file)
{
    shmcol_error err = SHMCOL_ERROR_INIT;
    int current = -1;
    if (shmcol_is_current(file, &current, &err) != SHMCOL_OK)
        fail_msg("%s: %s", err.path, err.message);
    return current;
}

static shmcol_file *open_path(const char *path)
{
    shmcol_file *file;
    assert_int_equal(shmcol_open(path, NULL, &file, NULL), SHMCOL_OK);
    return file;
}

/* Copies a file of the corpus to `to`, over what is there. */
static void copy_to(const char *name, const char *to)
{
    size_t size;
    uint8_t *bytes = read_corpus(name, &size);
    FILE *f = fopen(to, "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(bytes, 1, size, f), size);
    fclose(f);
    free(bytes);
}

static void a_file(void **state)
{
    (void)state;
    char path[300], other[300], link[300];
    snprintf(path, sizeof path, "%s", support_path("a.shmcol"));
    snprintf(other, sizeof other, "%s", support_path("b.shmcol"));
    snprintf(link, sizeof link, "%s", support_path("link.shmcol"));
    copy_to("good/ids", path);
    copy_to("good/ids", other);
    assert_int_equal(symlink("a.shmcol", link), 0);
    shmcol_file *file = open_path(path), *by_link = open_path(link);
    assert_int_equal(is_current(file), 1);
    assert_int_equal(is_current(by_link), 1);
    /* The link leads elsewhere. */
    assert_int_equal(unlink(link), 0);
    assert_int_equal(symlink("b.shmcol", link), 0);
    assert_int_equal(is_current(by_link), 0);
    assert_int_equal(is_current(file), 1);
    /* Replaced by the same content. */
    assert_int_equal(rename(other, path), 0);
    assert_int_equal(is_current(file), 0);
    shmcol_close(file);
    file = open_path(path);
    assert_int_equal(is_current(file), 1);
    /* Written over in place. */
    const struct timespec times[2] = {{.tv_sec = 1}, {.tv_sec = 1}};
    assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
    assert_int_equal(is_current(file), 0);
    shmcol_close(file);
    file = open_path(path);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(is_current(file), 0);
    shmcol_close(file);
    shmcol_close(by_link);
}

static void a_file_without_a_path(void **state)
{
    (void)state;
    int current, fd = open(corpus("good/ids"), O_RDONLY | O_CLOEXEC);
    shmcol_file *file;
    assert_int_equal(shmcol_open_fd(fd, NULL, &file, NULL), SHMCOL_OK);
    assert_int_equal(shmcol_is_current(file, &current, NULL), SHMCOL_ERR_INVALID_ARGUMENT);
    shmcol_close(file);
    close(fd);
    assert_int_equal(shmcol_is_current(NULL, &current, NULL), SHMCOL_ERR_INVALID_ARGUMENT);
}

static void a_compressed_file(void **state)
{
    (void)state;
    char path[300];
    shmcol_open_options how = SHMCOL_OPEN_OPTIONS_INIT;
    shmcol_file *file;
    snprintf(path, sizeof path, "%s", support_path("z.shmcol"));
    copy_to("good/zstd-blocks", path);
    how.flags = SHMCOL_OPEN_COPY;
    assert_int_equal(shmcol_open(path, &how, &file, NULL), SHMCOL_OK);
    assert_int_equal(is_current(file), 1);
    assert_int_equal(unlink(path), 0);
    copy_to("good/ids", path);
    assert_int_equal(is_current(file), 0);
    shmcol_close(file);
}

static void a_table(void **state)
{
    (void)state;
    growing g = table_new("table");
    shmcol_file *newer, *part;
    table_add(&g, 0, ZONE);
    shmcol_file *table = table_open(&g);
    assert_int_equal(is_current(table), 1);
    /* A part is added. */
    uint8_t before[16];
    memcpy(before, g.previous_id, sizeof before);
    table_add(&g, ZONE, 10);
    assert_int_equal(is_current(table), 0);
    assert_int_equal(shmcol_refresh(table, &newer, NULL), SHMCOL_OK);
    assert_int_equal(is_current(newer), 1);
    shmcol_close(table);
    table = newer;
    /* The tail is replaced. */
    assert_int_equal(shmcol_part(table, 1, &part, NULL), SHMCOL_OK);
    assert_int_equal(is_current(part), 1);
    memcpy(g.previous_id, before, sizeof before);
    assert_int_equal(unlink(table_part(&g, ZONE)), 0);
    table_add(&g, ZONE, ZONE);
    assert_int_equal(is_current(table), 0);
    assert_int_equal(is_current(part), 0);
    assert_int_equal(shmcol_refresh(table, &newer, NULL), SHMCOL_OK);
    shmcol_close(table);
    table = newer;
    assert_int_equal(is_current(table), 1);
    /* A part that an append left when it died is no newer version. */
    memcpy(g.previous_id, before, sizeof before);
    table_write(&g, 2 * ZONE, 5, 2 * ZONE + 5);
    assert_int_equal(is_current(table), 1);
    /* The directory is another one. */
    char moved[300];
    snprintf(moved, sizeof moved, "%s-moved", g.directory);
    assert_int_equal(rename(g.directory, moved), 0);
    assert_int_equal(is_current(table), 0);
    assert_int_equal(mkdir(g.directory, 0777), 0);
    assert_int_equal(is_current(table), 0);
    shmcol_close(table);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_file),
        cmocka_unit_test(a_file_without_a_path),
        cmocka_unit_test(a_compressed_file),
        cmocka_unit_test(a_table),
    };
    return cmocka_run_group_tests(tests, support_begin, support_end);
}
