/* Opening a file that is cut meanwhile, and how much of a cold file opening and statistics read. */
#include <fcntl.h>
#include <stdbool.h>
#include <sys/stat.h>
#include <unistd.h>

#include "format/ondisk.h"
#include "read/file.h"
#include "read_support.h"
#include "writer_support.h"

static char copy_path[400];

static int set_up(void **state)
{
    int result = support_begin(state);
    snprintf(copy_path, sizeof copy_path, "%s", support_path("copy.shmcol"));
    return result;
}

/* A writable copy of a file of the corpus, opened. */
static shmcol_file *open_copy(void)
{
    size_t size;
    shmcol_file *file = NULL;
    uint8_t *data = read_corpus("good/big-values", &size);
    support_make_file("copy.shmcol", data, size);
    free(data);
    assert_int_equal(shmcol_open(copy_path, NULL, &file, NULL), SHMCOL_OK);
    return file;
}

/* Cut between the check of its length and the reading: no page of the map is touched to find that
 * out. */
static void cut_while_it_is_opened(void **state)
{
    (void)state;
    static const off_t lengths[] = {0, 7, 100, 511, 512, 4095};
    sys_file_info info;
    shmcol_error err = SHMCOL_ERROR_INIT;
    shmcol_file *file;
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        shmcol_close(open_copy());
        int fd = open(copy_path, O_RDWR | O_CLOEXEC);
        assert_int_equal(sys_stat_fd(fd, &info), 0);
        assert_int_equal(ftruncate(fd, lengths[i]), 0);
        assert_int_equal(read_open_mapped(fd, &info, copy_path, 0, &file, &err),
                         SHMCOL_ERR_TRUNCATED);
        assert_string_equal(err.path, copy_path);
        close(fd);
    }
}

/* A table of `columns` columns of int64 with the rows that make `bytes`; false where its pages do
 * not leave the cache (a file in memory). */
static bool cold_table(uint32_t columns, uint64_t bytes)
{
    const uint64_t rows = bytes / 8 / columns;
    shmcol_field *fields = calloc(columns, sizeof *fields);
    shmcol_column_data *data = calloc(columns, sizeof *data);
    char(*names)[16] = calloc(columns, sizeof *names);
    int64_t *values = calloc(rows, sizeof *values);
    shmcol_writer_options options = SHMCOL_WRITER_OPTIONS_INIT;
    shmcol_writer *writer;
    uint64_t resident = 1;
    for (uint64_t i = 0; i < rows; i++)
        values[i] = (int64_t)i;
    for (uint32_t i = 0; i < columns; i++) {
        fields[i] = (shmcol_field)SHMCOL_FIELD_INIT;
        fields[i].name = names[i];
        fields[i].name_length = (uint32_t)snprintf(names[i], sizeof names[i], "column %u", i);
        data[i] = (shmcol_column_data)SHMCOL_COLUMN_DATA_INIT;
        data[i].values = values;
    }
    options.overwrite = 1;
    options.expected_rows = rows;
    assert_int_equal(shmcol_writer_create(copy_path, fields, columns, &options, &writer, NULL),
                     SHMCOL_OK);
    assert_int_equal(shmcol_writer_append(writer, rows, data, columns, NULL), SHMCOL_OK);
    assert_int_equal(shmcol_writer_commit(writer, NULL),
                     SHMCOL_OK); /* synced, else its pages would have to stay */
    free(fields);
    free(data);
    free(names);
    free(values);
    int fd = open(copy_path, O_RDONLY | O_CLOEXEC);
    struct stat st;
    const uint8_t *map = NULL;
    assert_int_equal(fstat(fd, &st), 0);
    assert_int_equal(posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED), 0);
    assert_int_equal(sys_map(fd, (uint64_t)st.st_size, false, &map), 0);
    assert_int_equal(sys_resident(map, (uint64_t)st.st_size, &resident), 0);
    sys_unmap(map, (uint64_t)st.st_size);
    close(fd);
    return resident == 0;
}

/* Cuts the copy to each length after the check of its length: opening gives TRUNCATED, and never
 * faults. */
static void expect_cut(const off_t *lengths, size_t n)
{
    struct stat st;
    assert_int_equal(stat(copy_path, &st), 0);
    for (size_t i = 0; i < n; i++) {
        sys_file_info info;
        shmcol_error err = SHMCOL_ERROR_INIT;
        shmcol_file *file = NULL;
        int fd = open(copy_path, O_RDWR | O_CLOEXEC);
        assert_int_equal(sys_stat_fd(fd, &info), 0);
        info.size = (uint64_t)st.st_size;
        assert_int_equal(ftruncate(fd, lengths[i]), 0);
        assert_int_equal(read_open_mapped(fd, &info, copy_path, 0, &file, &err),
                         SHMCOL_ERR_TRUNCATED);
        assert_string_equal(err.path, copy_path);
        close(fd);
    }
}

/* The same where the header is longer than what is read first (a later version's). Longest first:
 * nothing is written anew. */
static void cut_in_a_long_header(void **state)
{
    (void)state;
    const uint32_t header_size = 8192;
    static const off_t lengths[] = {8191, 5000, 4097, 4096};
    shmcol_close(open_copy());
    int fd = open(copy_path, O_RDWR | O_CLOEXEC);
    assert_int_equal(pwrite(fd, &header_size, sizeof header_size, FMT_H_HEADER_SIZE),
                     sizeof header_size);
    close(fd);
    /* It is read as a whole: then it has another hash. */
    shmcol_file *file = NULL;
    assert_int_equal(shmcol_open(copy_path, NULL, &file, NULL), SHMCOL_ERR_HEADER_HASH);
    expect_cut(lengths, 4);
}

/* All pages are asked for, and those beyond its end are not there. */
static void cut_and_prefaulted(void **state)
{
    (void)state;
    sys_file_info info;
    shmcol_file *file;
    shmcol_error err = SHMCOL_ERROR_INIT;
    shmcol_close(open_copy());
    int fd = open(copy_path, O_RDWR | O_CLOEXEC);
    assert_int_equal(sys_stat_fd(fd, &info), 0);
    assert_int_equal(ftruncate(fd, 65536), 0);
    shmcol_status status =
        read_open_mapped(fd, &info, copy_path, SHMCOL_OPEN_PREFAULT, &file, &err);
    if (status == SHMCOL_OK) /* a kernel before 5.14 only reads what there is */
        shmcol_close(file);
    else
        assert_int_equal(status, SHMCOL_ERR_FAULT);
    close(fd);
}

/* The same with a longer directory. */
static void cut_in_the_directory(void **state)
{
    (void)state;
    static const off_t lengths[] = {6000, 4097, 4096};
    (void)cold_table(20, 1 << 20);
    expect_cut(lengths, 3);
}

/* Statistics of one column read the pages that they need of a file that is in no cache, and not
 * those around them. */
static void cold_statistics(void **state)
{
    (void)state;
    static const uint32_t columns[] = {4, 13, 30, 60, 500};
    for (size_t i = 0; i < sizeof columns / sizeof *columns; i++) {
        char name[16];
        uint32_t column;
        uint64_t resident;
        shmcol_file *file;
        shmcol_stats stats = SHMCOL_STATS_INIT;
        if (!cold_table(columns[i], 16 << 20))
            skip();
        snprintf(name, sizeof name, "column %u", columns[i] - 2);
        assert_int_equal(shmcol_open(copy_path, NULL, &file, NULL), SHMCOL_OK);
        assert_int_equal(shmcol_find(file, name, &column, NULL), SHMCOL_OK);
        assert_int_equal(shmcol_column_stats(file, column, &stats, NULL), SHMCOL_OK);
        assert_int_equal(stats.max_int, (int64_t)stats.rows - 1);
        sys_sleep_ms(20); /* pages that the kernel reads ahead are there by now */
        assert_int_equal(shmcol_resident(file, SHMCOL_TABLE, &resident, NULL, NULL), SHMCOL_OK);
        if (resident > 65536)
            fail_msg("%u columns: %llu bytes are resident", columns[i],
                     (unsigned long long)resident);
        shmcol_close(file);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cut_while_it_is_opened), cmocka_unit_test(cut_in_a_long_header),
        cmocka_unit_test(cut_and_prefaulted),     cmocka_unit_test(cut_in_the_directory),
        cmocka_unit_test(cold_statistics),
    };
    return cmocka_run_group_tests(tests, set_up, support_end);
}
