/* The reader and the operating system: threads, files cut or grown under it, guards and the fault
 * report, limits on memory, residency. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdbool.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "child_support.h"
#include "read/file.h"

static char copy_path[400];

static int set_up(void **state)
{
    int result = support_begin(state);
    snprintf(copy_path, sizeof copy_path, "%s", support_path("copy.shmcol"));
    return result;
}

/* A writable copy of a file of the corpus, opened. */
static shmcol_file *open_copy(const char *name)
{
    size_t size;
    shmcol_file *file = NULL;
    uint8_t *data = read_corpus(name, &size);
    support_make_file("copy.shmcol", data, size);
    free(data);
    assert_int_equal(shmcol_open(copy_path, NULL, &file, NULL), SHMCOL_OK);
    return file;
}

/* ---- threads ---- */

static void *read_everything(void *arg)
{
    shmcol_file *file = arg;
    uintptr_t bad = 0;
    for (int round = 0; round < 20; round++) {
        for (uint32_t i = 0; i < shmcol_columns(file); i++) {
            shmcol_column_info info = SHMCOL_COLUMN_INFO_INIT;
            shmcol_strings strings = SHMCOL_STRINGS_INIT;
            const void *values;
            const uint8_t *validity;
            uint32_t found;
            bad += shmcol_get_column(file, i, &info, NULL) != SHMCOL_OK;
            bad += shmcol_find(file, info.name, &found, NULL) != SHMCOL_OK || found != i;
            bad += shmcol_find(file, "none such", &found, NULL) != SHMCOL_ERR_NO_COLUMN;
            if (info.width != 0)
                bad += shmcol_values(file, i, &values, &validity, NULL) != SHMCOL_OK;
            else
                bad += shmcol_strings_column(file, i, &strings, NULL) != SHMCOL_OK;
        }
        shmcol_close(shmcol_retain(file));
    }
    return (void *)bad;
}

static void *verify_it(void *arg)
{
    shmcol_verify_options options = SHMCOL_VERIFY_OPTIONS_INIT;
    options.threads = 3;
    return (void *)(uintptr_t)shmcol_verify(arg, &options, NULL);
}

static void *open_and_close(void *arg)
{
    uintptr_t bad = 0;
    for (int i = 0; i < 300; i++) {
        shmcol_file *file = NULL;
        bad += shmcol_open(arg, NULL, &file, NULL) != SHMCOL_OK;
        shmcol_close(file);
    }
    return (void *)bad;
}

static void many_threads(void **state)
{
    (void)state;
    pthread_t threads[9];
    shmcol_file *file = open_corpus("good/columns-200");
    for (int i = 0; i < 9; i++) {
        void *(*fn)(void *) = i < 4 ? read_everything : i < 6 ? verify_it : open_and_close;
        void *arg = i < 6 ? (void *)file : (void *)(uintptr_t)corpus("good/rows-1");
        assert_int_equal(pthread_create(&threads[i], NULL, fn, arg), 0);
    }
    for (int i = 0; i < 9; i++) {
        void *bad = NULL;
        pthread_join(threads[i], &bad);
        assert_null(bad);
    }
    shmcol_close(file);
}

/* ---- files that change under the reader ---- */

typedef struct summing {
    const shmcol_file *file;
    const uint8_t *values;
    uint64_t bytes, sum;
    shmcol_status status;
} summing;

static void sum(void *arg)
{
    summing *s = arg;
    for (uint64_t i = 0; i < s->bytes; i++)
        s->sum += *(const volatile uint8_t *)(s->values + i);
}

static void verify_inside(void *arg)
{
    summing *s = arg;
    shmcol_verify_options options = SHMCOL_VERIFY_OPTIONS_INIT;
    options.threads = 4;
    s->status = shmcol_verify(s->file, &options, NULL);
}

/* Cut to three pages: header and directory stay, the values go. */
static int cut_child(void)
{
    shmcol_file *file = open_copy("good/big-values");
    shmcol_error err = SHMCOL_ERROR_INIT;
    shmcol_column_info info = SHMCOL_COLUMN_INFO_INIT;
    const void *values = NULL;
    const uint8_t *validity;
    CHECK(shmcol_get_column(file, 0, &info, NULL) == SHMCOL_OK);
    CHECK(shmcol_values(file, 0, &values, &validity, NULL) == SHMCOL_OK);
    summing s = {.file = file, .values = values, .bytes = info.values.length};
    CHECK(shmcol_guard(file, sum, &s, &err) == SHMCOL_OK);
    CHECK(shmcol_guard(file, verify_inside, &s, &err) == SHMCOL_OK && s.status == SHMCOL_OK);
    CHECK(truncate(copy_path, 12288) == 0);
    for (int i = 0; i < 3; i++) {
        CHECK(shmcol_guard(file, sum, &s, &err) == SHMCOL_ERR_FAULT);
        CHECK(err.status == SHMCOL_ERR_FAULT && err.column == 0 &&
              strstr(err.message, info.name) != NULL);
        CHECK((uint64_t)err.file_offset >= info.values.offset &&
              (uint64_t)err.file_offset < info.values.offset + info.values.length);
        CHECK(strcmp(err.path, copy_path) == 0);
    }
    /* A check inside the guard, whose other threads fault too, gives an answer and releases all it
     * holds. */
    for (int i = 0; i < 5; i++)
        CHECK(shmcol_guard(file, verify_inside, &s, &err) == SHMCOL_OK &&
              s.status == SHMCOL_ERR_FAULT);
    CHECK(truncate(copy_path, 0) == 0);
    CHECK(shmcol_guard(file, sum, &s, &err) == SHMCOL_ERR_FAULT);
    CHECK(err.column == 0 &&
          err.file_offset >= 0); /* the directory was read when the file was opened */
    CHECK(shmcol_guard(file, verify_inside, &s, &err) == SHMCOL_OK && s.status == SHMCOL_ERR_FAULT);
    CHECK(shmcol_guard(NULL, sum, &s, &err) == SHMCOL_ERR_INVALID_ARGUMENT);
    shmcol_close(file);
    return 0;
}

static volatile sig_atomic_t own_calls;
static struct sigaction before_own;
static sigjmp_buf way_out;

/* A program's own handler, which passes on what is not its own to whom it found. */
static void own_handler(int number, siginfo_t *info, void *context)
{
    if (own_calls++ < 3)
        siglongjmp(way_out, 1);
    before_own.sa_sigaction(number, info, context);
}

static void *guard_of_a_new_thread(void *arg)
{
    summing *s = arg;
    s->status = shmcol_guard(s->file, sum, s, NULL);
    return NULL;
}

/* The program installs a handler of its own after a first guard: ours goes in front of it again. */
static int later_handler_child(void)
{
    shmcol_file *file = open_copy("good/big-values");
    shmcol_error err = SHMCOL_ERROR_INIT;
    const struct sigaction own = {.sa_sigaction = own_handler, .sa_flags = SA_SIGINFO | SA_NODEFER};
    const void *values;
    const uint8_t *validity;
    pthread_t thread;
    CHECK(shmcol_values(file, 0, &values, &validity, NULL) == SHMCOL_OK);
    summing s = {.file = file, .values = values, .bytes = 8};
    CHECK(shmcol_guard(file, sum, &s, &err) == SHMCOL_OK);
    CHECK(truncate(copy_path, 4096) == 0);
    /* Again and again: what ours was in front of is not forgotten, and not kept twice. */
    for (int i = 0; i < 40; i++) {
        CHECK(sigaction(SIGBUS, &own, i == 0 ? &before_own : NULL) == 0);
        if (i % 2 == 0) {
            CHECK(pthread_create(&thread, NULL, guard_of_a_new_thread, &s) == 0 &&
                  pthread_join(thread, NULL) == 0);
            CHECK(s.status == SHMCOL_ERR_FAULT);
        } else {
            CHECK(shmcol_fault_report(&err) == SHMCOL_OK);
        }
        CHECK(shmcol_guard(file, sum, &s, &err) == SHMCOL_ERR_FAULT);
    }
    /* Faults that are not guarded are the program's: three times it goes its own way. */
    while (sigsetjmp(way_out, 1) != 0 && own_calls < 3)
        ;
    if (own_calls < 4)
        sum(&s);
    return 98;
}

static void a_handler_that_comes_later(void **state)
{
    (void)state;
    char out[4000];
    int got = in_child(later_handler_child, out, sizeof out);
    if (got != -SIGBUS)
        fail_msg("%d: %s", got, out);
    assert_non_null(strstr(out, "cut short"));
}

/* A handler that says something, restores what it found, and raises the signal anew for it, as
 * Python's faulthandler does. */
static void last_words(int number)
{
    static const char words[] = "the last words\n";
    if (own_calls++ > 3)
        _exit(97);
    if (write(2, words, sizeof words - 1) < 0)
        _exit(96);
    sigaction(SIGBUS, &before_own, NULL);
    raise(number);
}

static int last_words_child(void)
{
    shmcol_file *file = open_copy("good/big-values");
    shmcol_error err = SHMCOL_ERROR_INIT;
    const struct sigaction own = {.sa_handler = last_words, .sa_flags = SA_NODEFER};
    const void *values;
    const uint8_t *validity;
    CHECK(shmcol_values(file, 0, &values, &validity, NULL) == SHMCOL_OK);
    summing s = {.file = file, .values = values, .bytes = 8};
    CHECK(shmcol_fault_report(&err) == SHMCOL_OK);
    CHECK(sigaction(SIGBUS, &own, &before_own) == 0);
    CHECK(shmcol_fault_report(&err) == SHMCOL_OK);
    CHECK(truncate(copy_path, 4096) == 0);
    CHECK(shmcol_guard(file, sum, &s, &err) == SHMCOL_ERR_FAULT);
    sum(&s);
    return 98;
}

/* The thread sanitizer keeps a raised signal back until the handler that raised it has returned. */
static void a_handler_that_raises_anew(void **state)
{
    (void)state;
#ifdef __SANITIZE_THREAD__
    skip();
#endif
    char out[4000];
    int got = in_child(last_words_child, out, sizeof out);
    if (got != -SIGBUS)
        fail_msg("%d: %s", got, out);
    const char *ours = strstr(out, "cut short"), *words = strstr(out, "the last words");
    assert_true(ours != NULL && words != NULL && ours < words);
    assert_null(strstr(words + 1, "the last words"));
}

static void cut_under_a_guard(void **state)
{
    (void)state;
    expect_child(cut_child, 0);
}

/* A directory too long to be read at once goes with the file. */
static int cut_wide_child(void)
{
    shmcol_file *file = open_copy("good/columns-200");
    shmcol_error err = SHMCOL_ERROR_INIT;
    shmcol_column_info info = SHMCOL_COLUMN_INFO_INIT;
    const void *values = NULL;
    const uint8_t *validity;
    CHECK(shmcol_get_column(file, 0, &info, NULL) == SHMCOL_OK &&
          shmcol_values(file, 0, &values, &validity, NULL) == SHMCOL_OK);
    summing s = {.file = file, .values = values, .bytes = info.values.length};
    CHECK(truncate(copy_path, 0) == 0);
    CHECK(shmcol_guard(file, sum, &s, &err) == SHMCOL_ERR_FAULT);
    CHECK(err.column == -1 && err.file_offset >= 0);
    shmcol_close(file);
    return 0;
}

static void cut_with_its_directory(void **state)
{
    (void)state;
    expect_child(cut_wide_child, 0);
}

/* The kilobytes of a map that are there for this process, as the kernel tells it; -1: it does not.
 */
static long resident(const void *map)
{
    char line[300];
    long kilobytes = -1;
    bool inside = false;
    FILE *f = fopen("/proc/self/smaps", "r");
    while (f != NULL && kilobytes < 0 && fgets(line, sizeof line, f) != NULL) {
        unsigned long begin, end;
        if (sscanf(line, "%lx-%lx ", &begin, &end) == 2)
            inside = begin == (uintptr_t)map;
        else if (inside)
            (void)sscanf(line, "Rss: %ld kB", &kilobytes);
    }
    if (f != NULL)
        fclose(f);
    return kilobytes;
}

/* To open a file, to find a column and to ask what it is touches no page of the map, if the
 * directory is short. */
static void open_without_a_page(void **state)
{
    (void)state;
    shmcol_file *file = open_copy("good/big-values");
    shmcol_column_info column = SHMCOL_COLUMN_INFO_INIT;
    shmcol_file_info info = SHMCOL_FILE_INFO_INIT;
    const void *values;
    const uint8_t *validity;
    assert_int_equal(shmcol_get_info(file, &info, NULL), SHMCOL_OK);
    assert_int_equal(shmcol_get_column(file, 0, &column, NULL), SHMCOL_OK);
    assert_int_equal(shmcol_find(file, column.name, &column.index, NULL), SHMCOL_OK);
    assert_int_equal(shmcol_values(file, 0, &values, &validity, NULL), SHMCOL_OK);
    assert_true(resident(info.map) <= 0);
    assert_true(*(volatile const uint8_t *)values < 256);
    assert_true(resident(info.map) != 0);
    shmcol_close(file);
}

static void ask_all(void *arg)
{
    shmcol_column_info info = SHMCOL_COLUMN_INFO_INIT;
    for (uint32_t i = 0; i < shmcol_columns(arg); i++)
        if (shmcol_get_column(arg, i, &info, NULL) == SHMCOL_OK)
            _exit(98);
}

/* Written over in place by a shorter file, as `cp` does. */
static int shorter_child(void)
{
    shmcol_file *file = open_copy("good/big-values");
    shmcol_error err = SHMCOL_ERROR_INIT;
    const void *values = NULL;
    const uint8_t *validity;
    shmcol_column_info info = SHMCOL_COLUMN_INFO_INIT;
    CHECK(shmcol_get_column(file, 0, &info, NULL) == SHMCOL_OK &&
          shmcol_values(file, 0, &values, &validity, NULL) == SHMCOL_OK);
    summing s = {.file = file, .values = values, .bytes = info.values.length};
    shmcol_close(open_copy("good/rows-1"));
    CHECK(shmcol_guard(file, sum, &s, &err) == SHMCOL_ERR_FAULT);
    CHECK(shmcol_get_column(file, 0, &info, &err) == SHMCOL_OK); /* it says what was opened */
    shmcol_close(file);
    file = open_copy("good/columns-200");
    shmcol_close(open_copy("good/rows-1"));
    CHECK(shmcol_guard(file, ask_all, file, &err) ==
          SHMCOL_ERR_FAULT); /* the other file's bytes are not taken for ours */
    shmcol_close(file);
    return 0;
}

static void overwritten_by_a_shorter_file(void **state)
{
    (void)state;
    expect_child(shorter_child, 0);
}

static void renamed_over(void **state)
{
    (void)state;
    char other[440];
    shmcol_file *file = open_copy("good/rows-1");
    snprintf(other, sizeof other, "%s.new", copy_path);
    assert_int_equal(rename(copy_path, other), 0);
    shmcol_file *second = open_copy("good/type-int32");
    assert_int_equal(unlink(other), 0);
    assert_int_equal(shmcol_verify(file, NULL, NULL),
                     SHMCOL_OK); /* the name is another file's now, the map is the old one's */
    shmcol_close(file);
    shmcol_close(second);
}

static void growing(void **state)
{
    (void)state;
    shmcol_file *file = open_copy("good/rows-1"), *again = NULL;
    FILE *f = fopen(copy_path, "ab");
    fputs("more", f);
    fclose(f);
    assert_int_equal(shmcol_verify(file, NULL, NULL), SHMCOL_OK); /* what was mapped is as it was */
    assert_int_equal(shmcol_open(copy_path, NULL, &again, NULL), SHMCOL_ERR_TRAILING);
    shmcol_close(file);
}

/* ---- the report ---- */

static int report_child(void)
{
    shmcol_file *before = open_copy("good/big-values"); /* opened before the report was asked for */
    const void *values = NULL;
    const uint8_t *validity;
    CHECK(shmcol_fault_report(NULL) == SHMCOL_OK);
    CHECK(shmcol_values(before, 0, &values, &validity, NULL) == SHMCOL_OK);
    CHECK(truncate(copy_path, 12288) == 0);
    summing s = {.values = values, .bytes = 100};
    sum(&s);
    return 0;
}

static void report_before_death(void **state)
{
    (void)state;
    char out[4000];
    assert_int_equal(in_child(report_child, out, sizeof out), -SIGBUS);
    bool names = strstr(out, copy_path) != NULL && strstr(out, "column \"") != NULL;
    if (strstr(out, "shmcol: ") != out || !names || strstr(out, "cut short") == NULL)
        fail_msg("%s", out);
}

/* ---- limits ---- */

static int limit_child(void)
{
    long pages = 0;
    FILE *f = fopen("/proc/self/statm", "r");
    CHECK(f != NULL && fscanf(f, "%ld", &pages) == 1);
    fclose(f);
    rlim_t limit = (rlim_t)pages * (rlim_t)sysconf(_SC_PAGESIZE) + 512 * 1024;
    CHECK(setrlimit(RLIMIT_AS, &(struct rlimit){limit, limit}) == 0);
    shmcol_file *file = NULL;
    shmcol_error err = SHMCOL_ERROR_INIT;
    CHECK(shmcol_open(corpus("good/big-values"), NULL, &file, &err) == SHMCOL_ERR_ADDRESS_SPACE);
    CHECK(strstr(err.message, "address space") != NULL && err.hint[0] != 0 && err.path[0] != 0);
    CHECK(shmcol_open(corpus("good/rows-64"), NULL, &file, &err) == SHMCOL_OK);
    shmcol_close(file);
    return 0;
}

static void address_space(void **state)
{
    (void)state;
    if (SANITIZED)
        skip(); /* a sanitizer's own maps are larger than any limit */
    expect_child(limit_child, 0);
}

/* More files than the table of registered maps has room for at first, and nothing left open. */
static void many_files(void **state)
{
    (void)state;
    enum { FILES = 500 };
    static shmcol_file *files[FILES];
    int first = open("/dev/null", O_RDONLY);
    for (int i = 0; i < FILES; i++)
        files[i] = open_corpus("good/rows-1");
    int after = open("/dev/null", O_RDONLY);
    assert_int_equal(after, first + 1);
    for (int i = 0; i < FILES; i++)
        shmcol_close(files[i]);
    close(first);
    close(after);
}

/* ---- what is in memory ---- */

static void residency(void **state)
{
    (void)state;
    shmcol_file *file = open_copy("good/big-values");
    uint64_t resident = 0, total = 0, column_total = 0;
    assert_int_equal(shmcol_prefault(file, SHMCOL_TABLE, NULL), SHMCOL_OK);
    assert_int_equal(shmcol_resident(file, SHMCOL_TABLE, &resident, &total, NULL), SHMCOL_OK);
    assert_int_equal(resident, total);
    for (uint32_t i = 0; i < shmcol_columns(file); i++) {
        assert_int_equal(shmcol_prefault(file, i, NULL), SHMCOL_OK);
        assert_int_equal(shmcol_resident(file, i, &resident, &column_total, NULL), SHMCOL_OK);
        assert_true(resident == column_total && column_total <= total && column_total > 0);
    }
    assert_int_equal(shmcol_resident(file, 1000, &resident, &total, NULL), SHMCOL_ERR_NO_COLUMN);
    assert_int_equal(shmcol_prefault(file, 1000, NULL), SHMCOL_ERR_NO_COLUMN);
    assert_int_equal(shmcol_resident(file, 0, NULL, NULL, NULL), SHMCOL_OK);
    assert_int_equal(truncate(copy_path, 12288), 0);
    shmcol_error err = SHMCOL_ERROR_INIT;
    assert_int_equal(shmcol_prefault(file, 0, &err), SHMCOL_ERR_FAULT);
    shmcol_close(file);
}

/* Two columns above 1 MiB: the second starts at the next 64 KiB, so that whole pages between them
 * are a gap (F-42). */
static int table_with_gap(uint64_t *gap, uint64_t *gap_end)
{
    enum { ROWS = 140000 };
    static int64_t values[ROWS];
    int fd = memfd_create("table", MFD_CLOEXEC);
    shmcol_field fields[2] = {SHMCOL_FIELD_INIT, SHMCOL_FIELD_INIT};
    shmcol_column_data data[2] = {SHMCOL_COLUMN_DATA_INIT, SHMCOL_COLUMN_DATA_INIT};
    shmcol_writer *writer = NULL;
    shmcol_file *file = NULL;
    shmcol_column_info a = SHMCOL_COLUMN_INFO_INIT, b = SHMCOL_COLUMN_INFO_INIT;
    for (int i = 0; i < ROWS; i++)
        values[i] = (int64_t)i * 1000003;
    fields[0].name = "a";
    fields[1].name = "b";
    fields[0].name_length = fields[1].name_length = 1;
    data[0].values = data[1].values = values;
    assert_int_equal(shmcol_writer_create_fd(fd, fields, 2, NULL, &writer, NULL), SHMCOL_OK);
    assert_int_equal(shmcol_writer_append(writer, ROWS, data, 2, NULL), SHMCOL_OK);
    assert_int_equal(shmcol_writer_commit(writer, NULL), SHMCOL_OK);
    assert_int_equal(shmcol_open_fd(fd, NULL, &file, NULL), SHMCOL_OK);
    assert_int_equal(shmcol_get_column(file, 0, &a, NULL), SHMCOL_OK);
    assert_int_equal(shmcol_get_column(file, 1, &b, NULL), SHMCOL_OK);
    *gap = (a.values.offset + a.values.length + 4095) / 4096 * 4096;
    *gap_end = b.values.offset;
    assert_true(*gap + 4096 <= *gap_end);
    shmcol_close(file);
    return fd;
}

/* A memfd whose gap is a hole: checking it must not fill the hole with pages. */
static void holes_stay_holes(void **state)
{
    (void)state;
    uint64_t gap = 0, gap_end = 0;
    int fd = table_with_gap(&gap, &gap_end);
    shmcol_file *file = NULL;
    struct stat before, after;
    assert_int_equal(fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, (off_t)gap,
                               (off_t)(gap_end - gap)),
                     0);
    assert_int_equal(shmcol_open_fd(fd, NULL, &file, NULL), SHMCOL_OK);
    off_t place = lseek(fd, 123, SEEK_SET);
    assert_int_equal(fstat(fd, &before), 0);
    assert_int_equal(shmcol_verify(file, NULL, NULL), SHMCOL_OK);
    assert_int_equal(fstat(fd, &after), 0);
    assert_int_equal(before.st_blocks, after.st_blocks);
    assert_int_equal(lseek(fd, 0, SEEK_CUR), place); /* nor has the caller's descriptor moved */
    /* And what is no zero there is found. */
    shmcol_error err = SHMCOL_ERROR_INIT;
    assert_int_equal(pwrite(fd, "x", 1, (off_t)gap + 5000), 1);
    assert_int_equal(shmcol_verify(file, NULL, &err), SHMCOL_ERR_GAP);
    assert_int_equal(err.file_offset, gap + 5000);
    shmcol_close(file);
    close(fd);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, support_end)
    const struct CMUnitTest tests[] = {
        TEST(many_threads),
        TEST(cut_under_a_guard),
        TEST(a_handler_that_comes_later),
        TEST(a_handler_that_raises_anew),
        TEST(cut_with_its_directory),
        TEST(open_without_a_page),
        TEST(overwritten_by_a_shorter_file),
        TEST(renamed_over),
        TEST(growing),
        TEST(report_before_death),
        TEST(address_space),
        TEST(many_files),
        TEST(residency),
        TEST(holes_stay_holes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
