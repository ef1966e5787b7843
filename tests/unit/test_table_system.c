/* Tables in directories and the operating system: parts that are cut short while they are mapped,
 * and limits on maps. */
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/resource.h>

#include "child_support.h"
#include "table_support.h"

/* ---- SIGBUS ---- */

/* The reads of a test: the sum of column "a" from `row` on, a string, or a check. */
typedef struct reading {
    shmcol_file *table;
    const int64_t *a;
    uint64_t row, rows;
    int64_t sum;
    shmcol_status status;
    shmcol_error err;
} reading;

static void sum(void *arg)
{
    reading *r = arg;
    for (uint64_t i = r->row; i < r->rows; i++)
        r->sum += ((const volatile int64_t *)r->a)[i];
}

static void read_a_string(void *arg)
{
    reading *r = arg;
    const char *text;
    uint64_t length;
    r->status = shmcol_string_row(r->table, 2, r->row, &text, &length, NULL);
    for (uint64_t i = 0; r->status == SHMCOL_OK && i < length; i++)
        r->sum += ((const volatile char *)text)[i];
}

static void verify_inside(void *arg)
{
    reading *r = arg;
    shmcol_verify_options options = SHMCOL_VERIFY_OPTIONS_INIT;
    options.threads = 2;
    options.level = SHMCOL_VERIFY_CHECKSUMS;
    r->err = (shmcol_error)SHMCOL_ERROR_INIT;
    r->status = shmcol_verify(r->table, &options, &r->err);
}

static void take_bitmap(void *arg)
{
    reading *r = arg;
    const uint8_t *validity;
    r->status = shmcol_int64(r->table, "a", &r->a, &r->rows, &validity, NULL);
}

static void take_halves(void *arg)
{
    reading *r = arg;
    const float *b;
    r->status = shmcol_float32(r->table, "b", &b, &r->rows, NULL);
}

/* Cuts the second part inside column `column`, and gives where its buffer is. */
static void cut_second(const growing *g, shmcol_file *table, uint32_t column, shmcol_buffer *buffer)
{
    shmcol_file *part;
    shmcol_column_info info = SHMCOL_COLUMN_INFO_INIT;
    assert_int_equal(shmcol_part(table, 1, &part, NULL), SHMCOL_OK);
    assert_int_equal(shmcol_get_column(part, column, &info, NULL), SHMCOL_OK);
    *buffer = column == 2 ? info.bytes : info.values;
    const char *path = table_part(g, ZONE);
    assert_int_equal(chmod(path, 0600), 0);
    assert_int_equal(truncate(path, (off_t)(buffer->offset + 8192)), 0);
}

static int cut_child(void)
{
    growing g = table_of_three("cut");
    shmcol_error err = SHMCOL_ERROR_INIT;
    shmcol_buffer buffer;
    reading r = {.table = table_open(&g)};
    const uint8_t *validity;
    CHECK(shmcol_int64(r.table, "a", &r.a, &r.rows, &validity, NULL) == SHMCOL_OK);
    CHECK(shmcol_guard(r.table, sum, &r, &err) == SHMCOL_OK);
    r.row = 2 * ZONE;
    CHECK(shmcol_guard(r.table, read_a_string, &r, &err) == SHMCOL_OK && r.status == SHMCOL_OK);
    cut_second(&g, r.table, 2, &buffer);
    CHECK(shmcol_guard(r.table, read_a_string, &r, &err) == SHMCOL_ERR_FAULT);
    CHECK(err.column == 2 && strcmp(err.path, table_part(&g, ZONE)) == 0);
    CHECK((uint64_t)err.file_offset >= buffer.offset + 8192);
    CHECK((uint64_t)err.file_offset < buffer.offset + buffer.length);
    cut_second(&g, r.table, 0, &buffer);
    r.row = 3;
    for (int i = 0; i < 2; i++) {
        CHECK(shmcol_guard(r.table, sum, &r, &err) == SHMCOL_ERR_FAULT);
        CHECK(err.column == 0 && strstr(err.message, "column \"a\"") != NULL);
        CHECK(strcmp(err.path, table_part(&g, ZONE)) == 0);
        CHECK((uint64_t)err.file_offset == buffer.offset + 8192);
        CHECK(shmcol_guard(r.table, verify_inside, &r, &err) == SHMCOL_OK);
        CHECK(r.status == SHMCOL_ERR_FAULT && strcmp(r.err.path, table_part(&g, ZONE)) == 0);
    }
    r.row = 3 * ZONE; /* the other parts are as they were */
    CHECK(shmcol_guard(r.table, sum, &r, &err) == SHMCOL_OK);
    shmcol_close(r.table);
    return 0;
}

static void cut_under_a_guard(void **state)
{
    (void)state;
    expect_child(cut_child, 0);
}

/* Reads without a guard after the second part was cut: through a column, or a part that outlives
 * the table. */
static int report(bool by_part)
{
    growing g = table_of_three("report");
    reading r = {.table = table_open(&g)};
    shmcol_buffer buffer;
    shmcol_file *part;
    const uint8_t *validity;
    CHECK(shmcol_fault_report(NULL) == SHMCOL_OK);
    CHECK(shmcol_part(r.table, 1, &part, NULL) == SHMCOL_OK);
    cut_second(&g, r.table, 0, &buffer);
    if (by_part) {
        shmcol_retain(part);
        shmcol_close(r.table);
        r.table = part;
    }
    CHECK(shmcol_int64(r.table, "a", &r.a, &r.rows, &validity, NULL) == SHMCOL_OK);
    fprintf(stderr, "%s: byte %llu: error: column \"a\"\n", table_part(&g, ZONE),
            (unsigned long long)buffer.offset + 8192);
    sum(&r);
    return 0;
}

static int report_column(void)
{
    return report(false);
}

static int report_part(void)
{
    return report(true);
}

/* The first line is what the report must hold. */
static void expect_report(int (*fn)(void))
{
    char out[4000];
    assert_int_equal(in_child(fn, out, sizeof out), -SIGBUS);
    char *got = strchr(out, '\n');
    assert_non_null(got);
    *got++ = 0;
    if (strncmp(got, "shmcol: ", 8) != 0 || strncmp(got + 8, out, strlen(out)) != 0)
        fail_msg("%s\n%s", out, got);
}

static void report_before_death(void **state)
{
    (void)state;
    if (SANITIZED)
        skip(); /* a sanitizer has a handler of its own */
    expect_report(report_column);
    expect_report(report_part);
}

/* ---- parts that change while the table is opened ---- */

static atomic_bool enough;

/* Cuts the last part and makes it whole again, and puts other things under its name. */
static void *change_last(void *arg)
{
    const growing *g = arg;
    char path[300], aside[310];
    strcpy(path, table_part(g, 3 * ZONE));
    snprintf(aside, sizeof aside, "%s.aside", path);
    support_bytes bytes = support_read(path);
    (void)chmod(path, 0600);
    for (unsigned i = 0; !atomic_load(&enough); i++) {
        FILE *f = fopen(path, "r+b");
        if (f == NULL)
            break;
        (void)!truncate(path, (off_t)(i * 977 % bytes.length));
        (void)!fwrite(bytes.data, 1, bytes.length, f);
        fclose(f);
        (void)rename(path, aside);
        (void)(i % 2 == 0 ? mkdir(path, 0700) : symlink("none", path));
        (void)remove(path);
        (void)rename(aside, path);
    }
    free(bytes.data);
    return NULL;
}

/* Every open gives an answer. A file that is cut is no fault, since nothing is read through the
 * map. */
static int changing_child(void)
{
    growing g = table_of_three("changing");
    pthread_t thread;
    unsigned good = 0, bad = 0;
    CHECK(pthread_create(&thread, NULL, change_last, &g) == 0);
    for (int i = 0; i < 3000 && (i < 60 || good == 0 || bad == 0); i++) {
        shmcol_error err = SHMCOL_ERROR_INIT;
        shmcol_file *table;
        if (shmcol_open(g.directory, NULL, &table, &err) == SHMCOL_OK) {
            good++;
            shmcol_close(table);
        } else {
            bad++;
            CHECK(err.message[0] != 0 && err.path[0] != 0);
        }
    }
    atomic_store(&enough, true);
    pthread_join(thread, NULL);
    CHECK(good != 0 && bad != 0);
    return 0;
}

static void opened_while_it_changes(void **state)
{
    (void)state;
    expect_child(changing_child, 0);
}

/* ---- limits ---- */

static bool all_right(const reading *r)
{
    for (uint64_t i = 0; i < r->rows; i++)
        if (r->a[i] != (int64_t)i && i != 5)
            return false;
    return true;
}

static int count_descriptors(void)
{
    int n = 0;
    for (int fd = 0; fd < 1000; fd++)
        n += fcntl(fd, F_GETFD) != -1;
    return n;
}

/* A private handle opens its parts again by their names; only the last name may be another file's
 * by then. */
static void descriptors_of_a_private_handle(void **state)
{
    (void)state;
    growing g = table_of_three("descriptors");
    shmcol_open_options how = SHMCOL_OPEN_OPTIONS_INIT;
    shmcol_file *table;
    const uint8_t *validity;
    const float *b;
    reading r = {.table = NULL};
    uint64_t n;
    const int before = count_descriptors();
    how.flags = SHMCOL_OPEN_PRIVATE;
    assert_int_equal(shmcol_open(g.directory, &how, &table, NULL), SHMCOL_OK);
    assert_int_equal(count_descriptors(), before + 2); /* the directory, and the last part */
    table_write(&g, 3 * ZONE, 2000, 3 * ZONE + 2000);
    assert_int_equal(shmcol_int64(table, "a", &r.a, &r.rows, &validity, NULL), SHMCOL_OK);
    assert_true(all_right(&r) && r.rows == 3 * ZONE + 1000);
    assert_int_equal(rename(table_part(&g, 3 * ZONE), support_path("gone")), 0);
    assert_int_equal(rename(support_path("gone"), table_part(&g, ZONE)), 0);
    assert_int_equal(shmcol_float32(table, "b", &b, &n, NULL), SHMCOL_ERR_IO);
    shmcol_close(table);
    assert_int_equal(count_descriptors(), before);
}

/* Maps that take up what a process may have. */
enum { MOST_MAPS = 70000 };
static uint8_t *fillers[MOST_MAPS];
static int n_fillers;

static void fill_maps(void)
{
    const size_t page = (size_t)sysconf(_SC_PAGESIZE);
    for (; n_fillers < MOST_MAPS; n_fillers++) {
        /* Neighbours that differ are not joined to one map. */
        void *map = mmap(NULL, page, n_fillers % 2 == 0 ? PROT_NONE : PROT_READ,
                         MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (map == MAP_FAILED)
            return;
        fillers[n_fillers] = map;
    }
}

static void free_maps(int n)
{
    for (; n > 0 && n_fillers > 0; n--)
        munmap(fillers[--n_fillers], (size_t)sysconf(_SC_PAGESIZE));
}

/* At the limit on maps each access fails as a whole, and what was there stays. */
static int map_limit_child(void)
{
    growing g = table_of_three("maps");
    shmcol_error err = SHMCOL_ERROR_INIT;
    shmcol_file *newer, *other;
    const uint8_t *validity;
    const float *b;
    const int64_t *grown;
    uint64_t n;
    int tries = 0;
    reading r = {.table = table_open(&g)};
    CHECK(shmcol_int64(r.table, "a", &r.a, &r.rows, &validity, NULL) == SHMCOL_OK);
    shmcol_file *part;
    shmcol_file_info info = SHMCOL_FILE_INFO_INIT;
    CHECK(shmcol_part(r.table, 2, &part, NULL) == SHMCOL_OK);
    CHECK(shmcol_get_info(part, &info, NULL) == SHMCOL_OK);
    memcpy(g.previous_id, info.previous_id, sizeof g.previous_id);
    table_add(&g, 3 * ZONE, ZONE); /* the tail is replaced, and a part follows */
    table_add(&g, 4 * ZONE, 100);
    CHECK(shmcol_refresh(r.table, &newer, NULL) == SHMCOL_OK);
    fill_maps();
    CHECK(n_fillers > 1000 && n_fillers < MOST_MAPS);
    CHECK(shmcol_open(g.directory, NULL, &other, &err) == SHMCOL_ERR_ADDRESS_SPACE);
    CHECK(strstr(err.hint, "vm.max_map_count") != NULL && err.path[0] != 0);
    for (; shmcol_float32(newer, "b", &b, &n, &err) != SHMCOL_OK; tries++) {
        CHECK(err.status == SHMCOL_ERR_ADDRESS_SPACE && tries < 40);
        CHECK(strstr(err.hint, "vm.max_map_count") != NULL && strstr(err.hint, "--part-rows"));
        CHECK(strstr(err.message, "column \"b\"") != NULL && all_right(&r));
        free_maps(1);
    }
    CHECK(tries > 2 && n == 4 * ZONE + 100 && b[n - 1] == (float)(n - 1) * 0.5f);
    fill_maps();
    for (tries = 0; shmcol_int64(newer, "a", &grown, &n, &validity, &err) != SHMCOL_OK; tries++) {
        CHECK(err.status == SHMCOL_ERR_ADDRESS_SPACE && tries < 40 && all_right(&r));
        free_maps(1);
    }
    CHECK(tries > 0 && grown == r.a && all_right(&r));
    r.rows = n;
    CHECK(all_right(&r));
    free_maps(MOST_MAPS);
    shmcol_close(newer);
    shmcol_close(r.table);
    return 0;
}

static int address_limit_child(void)
{
    growing g = table_of_three("addresses");
    shmcol_error err = SHMCOL_ERROR_INIT;
    shmcol_file *other;
    const uint8_t *validity;
    const float *b;
    uint64_t n;
    long pages = 0;
    reading r = {.table = table_open(&g)};
    FILE *f = fopen("/proc/self/statm", "r");
    CHECK(f != NULL && fscanf(f, "%ld", &pages) == 1);
    fclose(f);
    const rlim_t used = (rlim_t)pages * (rlim_t)sysconf(_SC_PAGESIZE);
    CHECK(setrlimit(RLIMIT_AS, &(struct rlimit){used + (4 << 20), RLIM_INFINITY}) == 0);
    /* "a" takes 1.6 MB, and there is no room to grow. */
    CHECK(shmcol_int64(r.table, "a", &r.a, &r.rows, &validity, &err) == SHMCOL_OK);
    CHECK(setrlimit(RLIMIT_AS, &(struct rlimit){used, RLIM_INFINITY}) == 0);
    CHECK(shmcol_float32(r.table, "b", &b, &n, &err) == SHMCOL_ERR_ADDRESS_SPACE);
    CHECK(strstr(err.hint, "ulimit -v") != NULL);
    CHECK(shmcol_open(g.directory, NULL, &other, &err) == SHMCOL_ERR_ADDRESS_SPACE);
    CHECK(strstr(err.hint, "ulimit -v") != NULL && all_right(&r));
    CHECK(setrlimit(RLIMIT_AS, &(struct rlimit){RLIM_INFINITY, RLIM_INFINITY}) == 0);
    CHECK(shmcol_float32(r.table, "b", &b, &n, &err) == SHMCOL_OK && b[7] == 3.5f);
    shmcol_close(r.table);
    return 0;
}

static void limits(void **state)
{
    (void)state;
    if (SANITIZED)
        skip(); /* a sanitizer's own maps are larger than any limit */
    expect_child(map_limit_child, 0);
    expect_child(address_limit_child, 0);
}

/* A fault while a bitmap is copied leaves no lock behind. */
static int copied_child(void)
{
    growing g = table_of_three("copy");
    shmcol_error err = SHMCOL_ERROR_INIT;
    shmcol_buffer buffer;
    setenv("SHMCOL_HIDE", "pages", 1);
    reading r = {.table = table_open(&g)};
    cut_second(&g, r.table, 0, &buffer);
    CHECK(truncate(table_part(&g, 0), 8192) == 0);
    for (int i = 0; i < 2; i++) {
        CHECK(shmcol_guard(r.table, take_bitmap, &r, NULL) == SHMCOL_OK);
        CHECK(r.status == SHMCOL_ERR_FAULT);
    }
    CHECK(shmcol_guard(r.table, take_halves, &r, &err) == SHMCOL_OK && r.status == SHMCOL_OK);
    shmcol_close(r.table);
    return 0;
}

static void a_cut_bitmap(void **state)
{
    (void)state;
    expect_child(copied_child, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cut_under_a_guard),
        cmocka_unit_test(report_before_death),
        cmocka_unit_test(a_cut_bitmap),
        cmocka_unit_test(opened_while_it_changes),
        cmocka_unit_test(descriptors_of_a_private_handle),
        cmocka_unit_test(limits),
    };
    return cmocka_run_group_tests(tests, support_begin, support_remove);
}
