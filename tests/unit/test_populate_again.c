/* shmcol_populate_again: a table reuses the memory of one that nobody has any more, and of no
 * other. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "populate_support.h"

static char place[64]; /* a directory in memory; "" where there is none */

static int begin(void **state)
{
    snprintf(place, sizeof place, "/dev/shm/shmcol-test-%d", (int)getpid());
    if (mkdir(place, 0700) != 0)
        place[0] = 0;
    return support_begin(state);
}

static int end(void **state)
{
    rmdir(place);
    return support_end(state);
}

static const char *in_memory(const char *name)
{
    static char path[2][128];
    static int turn;
    turn = !turn;
    if (place[0] == 0)
        skip();
    snprintf(path[turn], sizeof path[turn], "%s/%s", place, name);
    return path[turn];
}

static ino_t inode_of(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 ? st.st_ino : 0;
}

static shmcol_populate *create(const populate_example *e, const char *name)
{
    shmcol_populate *p = NULL;
    shmcol_error err = SHMCOL_ERROR_INIT;
    shmcol_writer_options options = SHMCOL_WRITER_OPTIONS_INIT;
    options.no_sync = 1;
    if (shmcol_populate_create(in_memory(name), e->table.fields, e->table.n_columns, e->table.rows,
                               &options, &p, &err) != SHMCOL_OK)
        fail_msg("%s", err.message);
    return p;
}

static void keep(shmcol_populate *p)
{
    shmcol_error err = SHMCOL_ERROR_INIT;
    if (shmcol_populate_commit(p, SHMCOL_POPULATE_KEEP, &err) != SHMCOL_OK)
        fail_msg("%s", err.message);
}

/* The next table; the old handle is closed. */
static shmcol_populate *again(shmcol_populate *p, const char *path, uint32_t flags)
{
    shmcol_populate *next = NULL;
    shmcol_error err = SHMCOL_ERROR_INIT;
    if (shmcol_populate_again(p, path, flags, &next, &err) != SHMCOL_OK)
        fail_msg("%s", err.message);
    shmcol_populate_close(p);
    return next;
}

static void fill_with(shmcol_populate *p, int byte)
{
    shmcol_range *range;
    void *values;
    uint8_t *validity;
    uint64_t rows = shmcol_populate_rows(p);
    assert_int_equal(shmcol_populate_claim(p, 0, rows, &range, NULL), SHMCOL_OK);
    for (uint32_t i = 0; i < shmcol_populate_columns(p); i++) {
        shmcol_column_info info = SHMCOL_COLUMN_INFO_INIT;
        assert_int_equal(shmcol_populate_column(p, i, &info, NULL), SHMCOL_OK);
        assert_int_equal(shmcol_range_values(range, i, &values, &validity, NULL), SHMCOL_OK);
        memset(values, byte, (size_t)rows * info.width);
        if (validity != NULL) /* so that there are bitmaps, and any value is allowed */
            memset(validity, 0, (size_t)(rows + 7) / 8);
    }
    assert_int_equal(shmcol_range_fill(range, NULL), SHMCOL_OK);
}

static void expect_example(const populate_example *e, const char *path)
{
    support_bytes got = support_read(path);
    assert_true(support_same(e->expected, got));
    free(got.data);
}

/* The memory is the same, and the file holds nothing of the old table. */
static void test_same_bytes(void **state)
{
    (void)state;
    static const uint64_t sizes[] = {1, 64, 1000, 70001};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        populate_example e = populate_example_make(sizes[i]);
        shmcol_populate *p = create(&e, "a");
        for (int round = 0; round < 3; round++) {
            assert_int_equal(populate_write(&e, p, 0, sizes[i], NULL), SHMCOL_OK);
            keep(p);
            const char *path = in_memory(round % 2 ? "b" : "a");
            expect_example(&e, path);
            ino_t inode = inode_of(path);
            assert_int_equal(unlink(path), 0);
            p = again(p, in_memory(round % 2 ? "a" : "b"), 0);
            assert_int_equal(inode_of(shmcol_populate_path(p)), inode);
        }
        shmcol_populate_close(p);
        assert_int_equal(rmdir(place), 0);
        assert_int_equal(mkdir(place, 0700), 0);
        populate_example_free(&e);
    }
}

/* Rows begin as zeros that are valid, and rows that nobody filled are no values of the old table.
 */
static void test_rows_begin_as_zeros(void **state)
{
    (void)state;
    shmcol_field field = populate_field(SHMCOL_INT64, "x", 1);
    shmcol_populate *p;
    shmcol_error err = SHMCOL_ERROR_INIT;
    shmcol_range *range;
    void *values;
    uint8_t *validity;
    shmcol_file *file;
    const int64_t *read;
    const uint8_t *bits;
    uint64_t n;
    assert_int_equal(shmcol_populate_create(in_memory("a"), &field, 1, 1000, NULL, &p, NULL),
                     SHMCOL_OK);
    fill_with(p, 0x77);
    keep(p);
    unlink(in_memory("a"));
    p = again(p, in_memory("b"), 0);
    assert_int_equal(shmcol_populate_commit(p, 0, &err), SHMCOL_ERR_NOT_FILLED);
    assert_non_null(strstr(err.message, "rows 0 to 1000 were claimed by nobody"));
    assert_int_equal(shmcol_populate_claim(p, 64, 128, &range, NULL), SHMCOL_OK);
    assert_int_equal(shmcol_range_values(range, 0, &values, &validity, NULL), SHMCOL_OK);
    for (int i = 0; i < 64; i++)
        assert_int_equal(((int64_t *)values)[i], 0);
    for (int i = 0; i < 8; i++)
        assert_int_equal(validity[i], 0xFF);
    assert_int_equal(shmcol_range_fill(range, NULL), SHMCOL_OK);
    assert_int_equal(shmcol_populate_commit(p, SHMCOL_POPULATE_NULLS, NULL), SHMCOL_OK);
    assert_int_equal(shmcol_open(in_memory("b"), NULL, &file, NULL), SHMCOL_OK);
    assert_int_equal(shmcol_verify(file, NULL, NULL), SHMCOL_OK);
    assert_int_equal(shmcol_int64(file, "x", &read, &n, &bits, NULL), SHMCOL_OK);
    for (uint64_t i = 0; i < n; i++)
        assert_true(read[i] == 0 && shmcol_is_valid(bits, i) == (i >= 64 && i < 128));
    shmcol_close(file);
    unlink(in_memory("b"));
}

/* ---- who still has it ---- */

enum holder { OPENED, MAPPED_ONLY, DESCRIPTOR, INHERITED, OTHER_PROCESS, NAMED, HOLDERS };

typedef struct held {
    enum holder kind;
    shmcol_file *file;
    const uint8_t *map;
    int fd;
    pid_t child;
    int stop[2];
} held;

static int wait_for_end(void *arg)
{
    const held *h = arg;
    shmcol_file *file = NULL;
    char x;
    if (h->kind == OTHER_PROCESS && shmcol_open(in_memory("a"), NULL, &file, NULL) != SHMCOL_OK)
        return 1;
    close(h->stop[1]);
    if (write(h->fd, "x", 1) != 1 || read(h->stop[0], &x, 1) != 0)
        return 2;
    return file == NULL || shmcol_verify(file, NULL, NULL) == SHMCOL_OK ? 0 : 3;
}

static void hold_in_child(held *h)
{
    int ready[2];
    char x;
    assert_int_equal(pipe(ready) + pipe(h->stop), 0);
    int fd = h->fd;
    h->fd = ready[1];
    h->child = populate_child(wait_for_end, h);
    h->fd = -1;
    if (fd >= 0) /* the child has inherited it */
        close(fd);
    assert_int_equal(read(ready[0], &x, 1), 1);
    close(ready[0]);
    close(ready[1]);
    close(h->stop[0]);
}

static held hold(enum holder kind, const char *path, size_t length)
{
    held h = {.kind = kind, .fd = -1};
    if (kind == OPENED)
        assert_int_equal(shmcol_open(path, NULL, &h.file, NULL), SHMCOL_OK);
    if (kind == MAPPED_ONLY || kind == DESCRIPTOR || kind == INHERITED)
        h.fd = open(path, O_RDONLY | O_CLOEXEC);
    if (kind == MAPPED_ONLY) {
        h.map = mmap(NULL, length, PROT_READ, MAP_SHARED, h.fd, 0);
        assert_true(h.map != MAP_FAILED);
        close(h.fd);
    }
    if (kind == INHERITED || kind == OTHER_PROCESS)
        hold_in_child(&h);
    if (kind == NAMED)
        assert_int_equal(link(path, in_memory("c")), 0);
    return h;
}

/* Checks that a held table has not changed, and releases it. */
static void let_go(held *h, const populate_example *e)
{
    if (h->kind == OPENED) {
        assert_int_equal(shmcol_verify(h->file, NULL, NULL), SHMCOL_OK);
        shmcol_close(h->file);
    } else if (h->kind == MAPPED_ONLY) {
        assert_memory_equal(h->map, e->expected.data, e->expected.length);
        munmap((void *)(uintptr_t)h->map, e->expected.length);
    } else if (h->kind == DESCRIPTOR) {
        uint8_t *bytes = support_need(malloc(e->expected.length));
        assert_int_equal(pread(h->fd, bytes, e->expected.length, 0), e->expected.length);
        assert_memory_equal(bytes, e->expected.data, e->expected.length);
        free(bytes);
        close(h->fd);
    } else if (h->kind == NAMED) {
        expect_example(e, in_memory("c"));
        unlink(in_memory("c"));
    } else {
        close(h->stop[1]);
        assert_int_equal(populate_wait(h->child), 0);
    }
}

static void test_held(void **state)
{
    (void)state;
    populate_example e = populate_example_make(3000);
    for (int kind = 0; kind < HOLDERS; kind++) {
        shmcol_populate *p = create(&e, "a");
        assert_int_equal(populate_write(&e, p, 0, 3000, NULL), SHMCOL_OK);
        keep(p);
        held h = hold((enum holder)kind, in_memory("a"), e.expected.length);
        ino_t inode = inode_of(in_memory("a"));
        unlink(in_memory("a"));
        p = again(p, in_memory("b"), 0);
        assert_int_not_equal(inode_of(shmcol_populate_path(p)), inode);
        fill_with(p, 0x55);
        let_go(&h, &e);
        shmcol_populate_close(p);
    }
    populate_example_free(&e);
}

/* A file that has its name is in use, and it stays. */
static void test_still_published(void **state)
{
    (void)state;
    populate_example e = populate_example_make(1000);
    shmcol_populate *p = create(&e, "a"), *next;
    assert_int_equal(populate_write(&e, p, 0, 1000, NULL), SHMCOL_OK);
    keep(p);
    assert_int_equal(shmcol_populate_again(p, in_memory("a"), 0, &next, NULL), SHMCOL_ERR_EXISTS);
    p = again(p, in_memory("b"), 0); /* which EXISTS has not spent */
    expect_example(&e, in_memory("a"));
    assert_int_not_equal(inode_of(in_memory("a")), inode_of(shmcol_populate_path(p)));
    shmcol_populate_close(p);
    unlink(in_memory("a"));
    populate_example_free(&e);
}

static void test_states(void **state)
{
    (void)state;
    populate_example e = populate_example_make(1000);
    shmcol_populate *p = create(&e, "a"), *next, *attached;
    const char *path = in_memory("b");
    assert_int_equal(shmcol_populate_again(p, path, 0, &next, NULL), SHMCOL_ERR_WRITER_STATE);
    assert_int_equal(populate_write(&e, p, 0, 1000, NULL), SHMCOL_OK);
    keep(p);
    assert_int_equal(shmcol_populate_commit(p, 0, NULL), SHMCOL_ERR_WRITER_STATE);
    assert_int_equal(populate_write(&e, p, 0, 1000, NULL), SHMCOL_ERR_GONE);
    assert_int_equal(
        shmcol_populate_attach(shmcol_populate_path(p), shmcol_populate_id(p), &attached, NULL),
        SHMCOL_ERR_GONE);
    assert_int_equal(shmcol_populate_again(p, NULL, 0, &next, NULL), SHMCOL_ERR_INVALID_ARGUMENT);
    assert_int_equal(shmcol_populate_again(p, path, 1, &next, NULL), SHMCOL_ERR_INVALID_ARGUMENT);
    ino_t inode = inode_of(in_memory("a"));
    unlink(in_memory("a"));
    assert_int_equal(shmcol_populate_again(p, in_memory("b"), 0, &next, NULL), SHMCOL_OK);
    assert_int_equal(inode_of(shmcol_populate_path(next)), inode);
    assert_int_equal(populate_write(&e, p, 0, 1000, NULL),
                     SHMCOL_ERR_GONE); /* not the new one's rows */
    assert_int_equal(shmcol_populate_again(p, in_memory("c"), 0, &next, NULL),
                     SHMCOL_ERR_WRITER_STATE);
    shmcol_populate_close(p);
    assert_int_equal(populate_write(&e, next, 0, 1000, NULL), SHMCOL_OK);
    keep(next);
    expect_example(&e, in_memory("b"));
    unlink(in_memory("b"));
    next = again(next, in_memory("a"), SHMCOL_POPULATE_FRESH);
    assert_int_not_equal(inode_of(shmcol_populate_path(next)), inode);
    shmcol_populate_abort(next);
    assert_int_equal(populate_write(&e, next, 0, 1000, NULL), SHMCOL_ERR_GONE);
    shmcol_populate_close(next);
    populate_example_free(&e);
}

/* A worker that still has the old table attached could write into the new one: the table is in
 * use. */
static void test_attached_workers(void **state)
{
    (void)state;
    populate_example e = populate_example_make(1000);
    shmcol_populate *p = create(&e, "a"), *worker;
    assert_int_equal(
        shmcol_populate_attach(shmcol_populate_path(p), shmcol_populate_id(p), &worker, NULL),
        SHMCOL_OK);
    assert_int_equal(populate_write(&e, worker, 0, 1000, NULL), SHMCOL_OK);
    keep(p);
    ino_t inode = inode_of(in_memory("a"));
    unlink(in_memory("a"));
    p = again(p, in_memory("a"), 0);
    assert_int_not_equal(inode_of(shmcol_populate_path(p)), inode);
    shmcol_populate_close(worker);
    shmcol_populate_close(p);
    populate_example_free(&e);
}

/* Without hard links, and on a disk or in another directory, it works as create does. */
static void test_elsewhere(void **state)
{
    (void)state;
    populate_example e = populate_example_make(1000);
    for (int way = 0; way < 3; way++) {
        if (way == 0)
            assert_int_equal(setenv("SHMCOL_HIDE", "link", 1), 0);
        shmcol_populate *p = way == 2 ? populate_begin(&e) : create(&e, "a");
        const char *first = way == 2 ? support_path("u") : in_memory("a");
        assert_int_equal(populate_write(&e, p, 0, 1000, NULL), SHMCOL_OK);
        keep(p);
        unsetenv("SHMCOL_HIDE");
        expect_example(&e, first);
        unlink(first);
        char second[256];
        snprintf(second, sizeof second, "%s", way == 0 ? in_memory("b") : support_path("v"));
        p = again(p, second, 0);
        assert_int_equal(populate_write(&e, p, 0, 1000, NULL), SHMCOL_OK);
        assert_int_equal(shmcol_populate_commit(p, 0, NULL), SHMCOL_OK);
        expect_example(&e, second);
        unlink(second);
    }
    populate_example_free(&e);
}

/* Some MB, huge pages where the kernel has them: every byte is there from the beginning, and zero.
 */
static void test_all_of_it_is_there(void **state)
{
    (void)state;
    enum { ROWS = 700001 };
    const shmcol_field field = populate_field(SHMCOL_INT64, "n", 0);
    shmcol_populate *p;
    shmcol_range *range;
    shmcol_file *file;
    struct stat st;
    void *values;
    assert_int_equal(shmcol_populate_create(in_memory("a"), &field, 1, ROWS, NULL, &p, NULL),
                     SHMCOL_OK);
    assert_int_equal(stat(shmcol_populate_path(p), &st), 0);
    assert_true(st.st_blocks * 512 >= st.st_size && st.st_size >= ROWS * 8);
    assert_int_equal(shmcol_populate_claim(p, 0, ROWS, &range, NULL), SHMCOL_OK);
    assert_int_equal(shmcol_range_values(range, 0, &values, NULL, NULL), SHMCOL_OK);
    for (int64_t i = 0; i < ROWS; i++) {
        assert_true(((int64_t *)values)[i] == 0);
        ((int64_t *)values)[i] = i;
    }
    assert_int_equal(shmcol_range_fill(range, NULL), SHMCOL_OK);
    assert_int_equal(shmcol_populate_commit(p, 0, NULL), SHMCOL_OK);
    assert_int_equal(shmcol_open(in_memory("a"), NULL, &file, NULL), SHMCOL_OK);
    assert_int_equal(shmcol_verify(file, NULL, NULL), SHMCOL_OK);
    shmcol_close(file);
    assert_int_equal(stat(in_memory("a"), &st), 0);
    assert_true(st.st_blocks * 512 <
                st.st_size + 3 * (INT64_C(1) << 20)); /* and no more than it needs */
    unlink(in_memory("a"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_same_bytes), cmocka_unit_test(test_rows_begin_as_zeros),
        cmocka_unit_test(test_held),       cmocka_unit_test(test_still_published),
        cmocka_unit_test(test_states),     cmocka_unit_test(test_attached_workers),
        cmocka_unit_test(test_elsewhere),  cmocka_unit_test(test_all_of_it_is_there),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
