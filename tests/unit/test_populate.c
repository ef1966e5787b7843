/* Populate: many processes fill one table in place, and the file is the writer's, byte for byte. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "populate_support.h"
#include "sys/sys.h"

/* Fills the table in the creator itself, in ranges of `step` rows from the last to the first. */
static void fill_backwards(const populate_example *e, shmcol_populate *p, uint64_t step)
{
    shmcol_error err = SHMCOL_ERROR_INIT;
    for (uint64_t end = e->table.rows; end > 0;) {
        uint64_t first = (end - 1) / step * step;
        if (populate_write(e, p, first, end, &err) != SHMCOL_OK)
            fail_msg("%s", err.message);
        end = first;
    }
}

static void test_same_bytes(void **state)
{
    (void)state;
    static const uint64_t sizes[] = {0, 1, 63, 64, 65, 1000, 4096, 70001};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        populate_example e = populate_example_make(sizes[i]);
        for (uint64_t step = 64; step <= 1 << 20; step *= 128) {
            if (sizes[i] / step > 100)
                continue;
            shmcol_populate *p = populate_begin(&e);
            fill_backwards(&e, p, step);
            populate_expect(&e, p);
        }
        populate_example_free(&e);
    }
}

static void test_no_columns(void **state)
{
    (void)state;
    shmcol_populate *p = populate_begin_fields(NULL, 0, 1000);
    shmcol_range *range;
    shmcol_file *file;
    assert_int_equal(shmcol_populate_claim(p, 0, 1000, &range, NULL), SHMCOL_OK);
    assert_int_equal(shmcol_range_fill(range, NULL), SHMCOL_OK);
    assert_int_equal(shmcol_populate_commit(p, 0, NULL), SHMCOL_OK);
    assert_int_equal(shmcol_open(support_path("u"), NULL, &file, NULL), SHMCOL_OK);
    assert_int_equal(shmcol_verify(file, NULL, NULL), SHMCOL_OK);
    assert_int_equal(shmcol_rows(file), 1000);
    shmcol_close(file);
    unlink(support_path("u"));
}

/* Bitmaps of a MiB and more, which have big pages of their own (F-42): the first is not needed, so
 * that the second moves. */
static void test_bitmaps_move(void **state)
{
    (void)state;
    enum { ROWS = 9 << 20 };
    shmcol_field fields[2] = {populate_field(SHMCOL_INT8, "a", 1),
                              populate_field(SHMCOL_UINT8, "b", 1)};
    shmcol_column_data data[2] = {SHMCOL_COLUMN_DATA_INIT, SHMCOL_COLUMN_DATA_INIT};
    uint8_t *values = support_need(malloc(ROWS)), *bits = support_need(calloc(ROWS / 8, 1)),
            *validity;
    for (uint32_t i = 0; i < ROWS; i++) {
        values[i] = (uint8_t)support_random();
        bits[i / 8] |= (uint8_t)((support_random() % 3 != 0) << (i % 8));
    }
    data[0].values = data[1].values = values;
    data[1].validity_kind = SHMCOL_VALIDITY_BITMAP;
    data[1].validity = bits;
    shmcol_writer *w;
    assert_int_equal(shmcol_writer_create(support_path("t"), fields, 2, NULL, &w, NULL), SHMCOL_OK);
    assert_int_equal(shmcol_writer_append(w, ROWS, data, 2, NULL), SHMCOL_OK);
    assert_int_equal(shmcol_writer_commit(w, NULL), SHMCOL_OK);
    shmcol_populate *p = populate_begin_fields(fields, 2, ROWS);
    shmcol_range *range;
    void *to;
    assert_int_equal(shmcol_populate_claim(p, 0, ROWS, &range, NULL), SHMCOL_OK);
    for (uint32_t i = 0; i < 2; i++) {
        assert_int_equal(shmcol_range_values(range, i, &to, &validity, NULL), SHMCOL_OK);
        memcpy(to, values, ROWS);
    }
    memcpy(validity, bits, ROWS / 8);
    assert_int_equal(shmcol_range_fill(range, NULL), SHMCOL_OK);
    assert_int_equal(shmcol_populate_commit(p, 0, NULL), SHMCOL_OK);
    support_same_files(support_path("t"), support_path("u"));
    free(values);
    free(bits);
    unlink(support_path("t"));
    unlink(support_path("u"));
}

static void fill_all(shmcol_populate *p, const shmcol_column_data *data, uint64_t rows)
{
    shmcol_range *range;
    void *to;
    uint8_t *validity;
    assert_int_equal(shmcol_populate_claim(p, 0, rows, &range, NULL), SHMCOL_OK);
    for (uint32_t i = 0; i < shmcol_populate_columns(p); i++) {
        shmcol_column_info info = SHMCOL_COLUMN_INFO_INIT;
        assert_int_equal(shmcol_populate_column(p, i, &info, NULL), SHMCOL_OK);
        assert_int_equal(shmcol_range_values(range, i, &to, &validity, NULL), SHMCOL_OK);
        memcpy(to, data[i].values, (size_t)rows * info.width);
        if (data[i].validity != NULL)
            memcpy(validity, data[i].validity, (size_t)(rows + 7) / 8);
    }
    assert_int_equal(shmcol_range_fill(range, NULL), SHMCOL_OK);
}

/* More rows than a thread takes at once, of every width: zone maps, checksums and null counts are
 * those of a single thread. */
static void test_parts(void **state)
{
    (void)state;
    enum { ROWS = 1300017, COLUMNS = 5 };
    static const shmcol_type types[COLUMNS] = {SHMCOL_FLOAT64, SHMCOL_INT32, SHMCOL_INT16,
                                               SHMCOL_UINT8, SHMCOL_TIMESTAMP};
    shmcol_field fields[COLUMNS];
    shmcol_column_data data[COLUMNS];
    uint64_t *values = support_need(malloc(ROWS * sizeof *values));
    uint8_t *bits = support_need(calloc((ROWS + 7) / 8, 1));
    for (uint32_t i = 0; i < ROWS; i++) {
        values[i] = support_random();
        bits[i / 8] |= (uint8_t)((support_random() % 5 != 0) << (i % 8));
    }
    for (uint32_t i = 0; i < COLUMNS; i++) {
        static const char *const names[COLUMNS] = {"a", "b", "c", "d", "e"};
        fields[i] = populate_field(types[i], names[i], i % 2);
        data[i] = (shmcol_column_data)SHMCOL_COLUMN_DATA_INIT;
        data[i].values = values;
        data[i].validity_kind = i % 2 ? SHMCOL_VALIDITY_BITMAP : SHMCOL_ALL_VALID;
        data[i].validity = i % 2 ? bits : NULL;
    }
    shmcol_writer *w;
    assert_int_equal(shmcol_writer_create(support_path("t"), fields, COLUMNS, NULL, &w, NULL),
                     SHMCOL_OK);
    assert_int_equal(shmcol_writer_append(w, ROWS, data, COLUMNS, NULL), SHMCOL_OK);
    assert_int_equal(shmcol_writer_commit(w, NULL), SHMCOL_OK);
    shmcol_populate *p = populate_begin_fields(fields, COLUMNS, ROWS);
    fill_all(p, data, ROWS);
    assert_int_equal(shmcol_populate_commit(p, 0, NULL), SHMCOL_OK);
    support_same_files(support_path("t"), support_path("u"));
    free(values);
    free(bits);
    unlink(support_path("t"));
    unlink(support_path("u"));
}

/* ---- processes ---- */

typedef struct worker {
    const populate_example *e;
    shmcol_populate *p; /* inherited from the creator; NULL: attach */
    const char *path;
    const uint8_t *id;
    uint64_t first, step;
    unsigned workers, delay;
} worker;

/* Fills every workers-th range of `step` rows, starting at `first`. */
static int work(void *arg)
{
    const worker *w = arg;
    shmcol_populate *p = w->p;
    shmcol_error err = SHMCOL_ERROR_INIT;
    if (p == NULL && shmcol_populate_attach(w->path, w->id, &p, &err) != SHMCOL_OK)
        return 1;
    uint64_t rows = shmcol_populate_rows(p);
    for (uint64_t at = w->first; at < rows; at += w->step * w->workers)
        if (populate_write(w->e, p, at, at + w->step < rows ? at + w->step : rows, &err) !=
            SHMCOL_OK)
            return 2;
    shmcol_populate_close(p);
    return 0;
}

static void test_processes(void **state)
{
    (void)state;
    enum { WORKERS = 4 };
    populate_example e = populate_example_make(30000);
    for (int inherit = 0; inherit < 2; inherit++) {
        shmcol_populate *p = populate_begin(&e);
        pid_t children[WORKERS];
        worker all[WORKERS];
        for (unsigned i = 0; i < WORKERS; i++) {
            all[i] = (worker){&e,
                              inherit ? p : NULL,
                              shmcol_populate_path(p),
                              shmcol_populate_id(p),
                              i * 640,
                              640,
                              WORKERS,
                              0};
            children[i] = populate_child(work, &all[i]);
        }
        for (unsigned i = 0; i < WORKERS; i++)
            assert_int_equal(populate_wait(children[i]), 0);
        populate_expect(&e, p); /* children that close inherited descriptors release nothing */
    }
    populate_example_free(&e);
}

typedef struct team {
    const populate_example *e;
    shmcol_populate *p;
    uint32_t threads, failed;
} team;

static void in_thread(void *arg, uint32_t index)
{
    team *t = arg;
    for (uint64_t at = index * 128; at < t->e->table.rows; at += 128 * t->threads) {
        uint64_t end = at + 128 < t->e->table.rows ? at + 128 : t->e->table.rows;
        if (populate_write(t->e, t->p, at, end, NULL) != SHMCOL_OK)
            __atomic_fetch_add(&t->failed, 1, __ATOMIC_RELAXED);
    }
}

static void test_threads(void **state)
{
    (void)state;
    populate_example e = populate_example_make(10000);
    team t = {.e = &e, .p = populate_begin(&e), .threads = 4};
    sys_parallel(t.threads, in_thread, &t);
    assert_int_equal(t.failed, 0);
    populate_expect(&e, t.p);
    populate_example_free(&e);
}

typedef struct doomed {
    shmcol_populate *p;
    uint64_t first, end;
    int ready;
} doomed;

/* Claims rows, writes half of them and waits for the end. */
static int die(void *arg)
{
    const doomed *d = arg;
    shmcol_range *range;
    void *values;
    if (shmcol_populate_claim(d->p, d->first, d->end, &range, NULL) != SHMCOL_OK ||
        shmcol_range_values(range, 0, &values, NULL, NULL) != SHMCOL_OK)
        return 1;
    memset(values, 0xFF, (d->end - d->first) / 2);
    if (write(d->ready, "x", 1) != 1)
        return 1;
    for (;;)
        pause();
}

/* A child that holds rows [first, end) and is about to be killed. */
static pid_t start_doomed(shmcol_populate *p, uint64_t first, uint64_t end)
{
    int ends[2];
    char x;
    assert_int_equal(pipe(ends), 0);
    pid_t child = populate_child(die, &(doomed){p, first, end, ends[1]});
    close(ends[1]);
    assert_int_equal(read(ends[0], &x, 1), 1);
    close(ends[0]);
    return child;
}

static void test_killed(void **state)
{
    (void)state;
    populate_example e = populate_example_make(1000);
    shmcol_populate *p = populate_begin(&e);
    shmcol_error err = SHMCOL_ERROR_INIT;
    shmcol_range *range;
    uint64_t first, end;
    assert_int_equal(populate_write(&e, p, 0, 192, &err), SHMCOL_OK);
    assert_int_equal(populate_write(&e, p, 640, 1000, &err), SHMCOL_OK);
    pid_t child = start_doomed(p, 192, 448);
    /* While it lives its rows are held. */
    assert_int_equal(shmcol_populate_claim(p, 384, 640, &range, &err), SHMCOL_ERR_TAKEN);
    assert_int_equal(err.row, 384);
    assert_int_equal(shmcol_populate_commit(p, 0, &err), SHMCOL_ERR_TAKEN);
    assert_int_equal(err.row, 192);
    assert_non_null(strstr(err.message, "rows 192 to 448"));
    assert_int_equal(kill(child, SIGKILL), 0);
    assert_int_equal(populate_wait(child), -SIGKILL);
    assert_int_equal(shmcol_populate_commit(p, 0, &err), SHMCOL_ERR_NOT_FILLED);
    assert_int_equal(err.row, 192);
    assert_non_null(strstr(err.message, "rows 192 to 640 were begun and not finished"));
    assert_int_equal(shmcol_populate_missing(p, 0, &first, &end, NULL), SHMCOL_OK);
    assert_true(first == 192 && end == 640);
    /* Another process claims its rows, which are zeros as if nobody had written them. */
    assert_int_equal(shmcol_populate_claim(p, 192, 640, &range, &err), SHMCOL_OK);
    for (uint32_t i = 0; i < e.table.n_columns; i++) {
        void *values;
        uint8_t *validity;
        assert_int_equal(shmcol_range_values(range, i, &values, &validity, NULL), SHMCOL_OK);
        for (uint64_t k = 0; k < 448 * e.table.columns[i].width; k++)
            assert_int_equal(((uint8_t *)values)[k], 0);
        for (uint64_t k = 0; validity != NULL && k < 448 / 8; k++)
            assert_int_equal(validity[k], 0xFF);
    }
    populate_copy(&e, range, 192, 640);
    assert_int_equal(shmcol_range_fill(range, NULL), SHMCOL_OK);
    populate_expect(&e, p);
    populate_example_free(&e);
}

/* Fills some of the missing rows from a random row on. Every third worker dies at it. */
static int fill_some(void *arg)
{
    const worker *w = arg;
    uint64_t rows = shmcol_populate_rows(w->p), first, end;
    shmcol_range *range;
    shmcol_error err = SHMCOL_ERROR_INIT;
    if (shmcol_populate_missing(w->p, w->first, &first, &end, NULL) != SHMCOL_OK)
        return 1;
    end = first + w->step < end ? first + w->step : end;
    if (first == rows)
        return 0;
    shmcol_status status = shmcol_populate_claim(w->p, first, end, &range, &err);
    if (status == SHMCOL_ERR_TAKEN)
        return 0;
    if (status != SHMCOL_OK)
        return 2;
    populate_copy(w->e, range, first, w->delay % 3 == 0 ? first + 1 : end);
    if (w->delay % 3 == 0)
        raise(SIGKILL);
    usleep(w->delay);
    return shmcol_range_fill(range, NULL) == SHMCOL_OK ? 0 : 3;
}

/* Workers start and die, or are killed at any moment, until every row is filled. The file is the
 * same. */
static void test_chaos(void **state)
{
    (void)state;
    enum { WORKERS = 3 };
    populate_example e = populate_example_make(20000);
    shmcol_populate *p = populate_begin(&e);
    shmcol_error err = SHMCOL_ERROR_INIT;
    uint64_t first = 0, end;
    unsigned killed = 0, rounds = 0;
    for (; first < e.table.rows && rounds < 3000; rounds++) {
        pid_t children[WORKERS];
        worker all[WORKERS];
        for (int i = 0; i < WORKERS; i++) {
            uint64_t from = support_random() % 3 == 0 ? 0 : support_random() % 20000;
            all[i] = (worker){.e = &e,
                              .p = p,
                              .first = from,
                              .step = 64 * (1 + i * 5),
                              .delay = support_random() % 4000};
            children[i] = populate_child(fill_some, &all[i]);
        }
        usleep(support_random() % 4000);
        for (int i = 0; i < WORKERS; i++) {
            bool kills = support_random() % 2 == 0;
            if (kills)
                kill(children[i], SIGKILL);
            int result = populate_wait(children[i]);
            killed += result == -SIGKILL;
            assert_true(result == 0 || ((kills || all[i].delay % 3 == 0) && result == -SIGKILL));
        }
        assert_int_equal(shmcol_populate_missing(p, 0, &first, &end, &err), SHMCOL_OK);
    }
    assert_true(killed > 5);
    populate_expect(&e, p);
    populate_example_free(&e);
}

/* A child made by fork while a range is held has no part in it. */
static int meddle(void *arg)
{
    shmcol_error err = SHMCOL_ERROR_INIT;
    return shmcol_range_fill(arg, &err) == SHMCOL_ERR_WRITER_STATE ? 0 : 1;
}

static int meddle_more(void *arg)
{
    shmcol_range_drop(arg);
    return 0;
}

static int commit_elsewhere(void *arg)
{
    return shmcol_populate_commit(arg, 0, NULL) == SHMCOL_ERR_WRITER_STATE ? 0 : 1;
}

static void test_children_have_no_part(void **state)
{
    (void)state;
    populate_example e = populate_example_make(128);
    shmcol_populate *p = populate_begin(&e);
    shmcol_range *range, *other;
    assert_int_equal(shmcol_populate_claim(p, 0, 128, &range, NULL), SHMCOL_OK);
    assert_int_equal(populate_wait(populate_child(meddle, range)), 0);
    assert_int_equal(populate_wait(populate_child(meddle_more, range)), 0);
    assert_int_equal(shmcol_populate_claim(p, 0, 64, &other, NULL), SHMCOL_ERR_TAKEN);
    populate_copy(&e, range, 0, 128);
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    /* A child that lives on with copies of all descriptors holds no rows and no table. */
    pid_t child = fork();
    if (child == 0) {
        char x;
        close(ends[1]);
        _exit(read(ends[0], &x, 1) == 0 ? 0 : 1);
    }
    assert_int_equal(shmcol_range_fill(range, NULL), SHMCOL_OK);
    assert_int_equal(populate_wait(populate_child(commit_elsewhere, p)), 0);
    populate_expect(&e, p);
    close(ends[1]);
    assert_int_equal(populate_wait(child), 0);
    close(ends[0]);
    populate_example_free(&e);
}

/* ---- the creator's end ---- */

static int create_and_die(void *arg)
{
    shmcol_populate *p = NULL;
    shmcol_range *range;
    shmcol_field f = SHMCOL_FIELD_INIT;
    f.name = "n";
    f.name_length = 1;
    if (shmcol_populate_create(support_path("u"), &f, 1, 1000, NULL, &p, NULL) != SHMCOL_OK ||
        shmcol_populate_claim(p, 0, 64, &range, NULL) != SHMCOL_OK)
        return 1;
    char path[400] = "";
    snprintf(path, sizeof path, "%s", shmcol_populate_path(p));
    if (write(*(int *)arg, path, sizeof path) != sizeof path ||
        write(*(int *)arg, shmcol_populate_id(p), 16) != 16)
        return 1;
    for (;;)
        pause();
}

static void test_creator_killed(void **state)
{
    (void)state;
    int ends[2];
    char path[400];
    uint8_t id[16];
    assert_int_equal(pipe(ends), 0);
    pid_t child = populate_child(create_and_die, &ends[1]);
    close(ends[1]);
    assert_int_equal(read(ends[0], path, sizeof path), sizeof path);
    assert_int_equal(read(ends[0], id, 16), 16);
    shmcol_populate *p, *other;
    shmcol_range *range;
    shmcol_error err = SHMCOL_ERROR_INIT;
    assert_int_equal(shmcol_populate_attach(path, id, &other, &err), SHMCOL_OK);
    shmcol_field f = populate_field(SHMCOL_INT64, "n", 0);
    p = populate_begin_fields(&f, 1, 10);
    assert_int_equal(support_entries(), 2); /* one that lives is left alone */
    shmcol_populate_close(p);
    assert_int_equal(support_entries(), 1);
    assert_int_equal(kill(child, SIGKILL), 0);
    assert_int_equal(populate_wait(child), -SIGKILL);
    assert_int_equal(support_entries(), 1);
    assert_int_equal(shmcol_populate_claim(other, 64, 128, &range, &err), SHMCOL_ERR_GONE);
    assert_string_equal(err.path, path);
    shmcol_populate *third = NULL;
    assert_int_equal(shmcol_populate_attach(path, id, &third, &err), SHMCOL_ERR_GONE);
    assert_null(third);
    p = populate_begin_fields(&f, 1, 10);
    assert_int_equal(support_entries(), 1); /* its own */
    assert_int_not_equal(access(path, F_OK), 0);
    shmcol_populate_close(p);
    shmcol_populate_close(other);
    assert_int_equal(support_entries(), 0);
    close(ends[0]);
}

static void test_given_up(void **state)
{
    (void)state;
    shmcol_field f = populate_field(SHMCOL_INT64, "n", 0);
    shmcol_populate *p = populate_begin_fields(&f, 1, 1000), *other = NULL, *third = NULL;
    shmcol_range *mine, *its, *no;
    void *values;
    char *path = strdup(shmcol_populate_path(p));
    uint8_t id[16];
    memcpy(id, shmcol_populate_id(p), sizeof id);
    assert_int_equal(path[0], '/');
    assert_int_equal(shmcol_populate_attach(path, id, &other, NULL), SHMCOL_OK);
    assert_int_equal(shmcol_populate_claim(p, 0, 64, &mine, NULL), SHMCOL_OK);
    assert_int_equal(shmcol_populate_claim(other, 64, 128, &its, NULL), SHMCOL_OK);
    shmcol_populate_close(p);
    assert_int_equal(support_entries(), 0);
    assert_int_equal(shmcol_populate_claim(other, 128, 192, &no, NULL), SHMCOL_ERR_GONE);
    assert_int_equal(shmcol_populate_attach(path, id, &third, NULL), SHMCOL_ERR_GONE);
    shmcol_populate_close(other);
    /* Ranges end on their own. Writing there afterwards reaches no file, but is no fault. */
    assert_int_equal(shmcol_range_values(its, 0, &values, NULL, NULL), SHMCOL_OK);
    memset(values, 1, 64 * 8);
    assert_int_equal(shmcol_range_fill(its, NULL), SHMCOL_OK);
    shmcol_range_drop(mine);
    shmcol_range_drop(NULL);
    shmcol_populate_close(NULL);
    free(path);
}

/* The file's mode is the umask's when it is published; before, it is for its user alone. */
static void test_mode(void **state)
{
    (void)state;
    shmcol_field f = populate_field(SHMCOL_INT64, "n", 0);
    struct stat st;
    mode_t old = umask(0027);
    shmcol_populate *p = populate_begin_fields(&f, 1, 0);
    assert_int_equal(stat(shmcol_populate_path(p), &st), 0);
    assert_int_equal(st.st_mode & 07777, 0600);
    assert_int_equal(shmcol_populate_commit(p, 0, NULL), SHMCOL_OK);
    umask(old);
    assert_int_equal(stat(support_path("u"), &st), 0);
    assert_int_equal(st.st_mode & 07777, 0440);
    assert_int_equal(st.st_nlink, 1);
    unlink(support_path("u"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_same_bytes),
        cmocka_unit_test(test_no_columns),
        cmocka_unit_test(test_bitmaps_move),
        cmocka_unit_test(test_parts),
        cmocka_unit_test(test_processes),
        cmocka_unit_test(test_threads),
        cmocka_unit_test(test_killed),
        cmocka_unit_test(test_chaos),
        cmocka_unit_test(test_children_have_no_part),
        cmocka_unit_test(test_creator_killed),
        cmocka_unit_test(test_given_up),
        cmocka_unit_test(test_mode),
    };
    int failed = cmocka_run_group_tests(tests, support_begin, support_end);
    static const char *const hidden[] = {"link", "link,rename"};
    for (int i = 0; i < 2; i++) { /* a file system without hard links: renamed */
        setenv("SHMCOL_HIDE", hidden[i], 1);
        const struct CMUnitTest some[] = {cmocka_unit_test(test_processes),
                                          cmocka_unit_test(test_mode)};
        failed += cmocka_run_group_tests_name("no hard links", some, support_begin, support_end);
    }
    return failed;
}
