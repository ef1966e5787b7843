/* A table in a directory that grows while threads read it: what they have stays true. */
#include <pthread.h>
#include <stdbool.h>

#include "table_support.h"

enum { READERS = 3 };

/* A table to which rows are appended as F-84 says. */
typedef struct appended {
    growing g, side; /* side: a directory for parts that are to be named later */
    uint64_t tail, rows;
    uint8_t before_tail[16];
} appended;

static appended begin(const char *name, int64_t null)
{
    char other[40];
    snprintf(other, sizeof other, "%s-side", name);
    appended a = {.g = table_new(name), .side = table_new(other), .tail = ZONE, .rows = ZONE};
    a.g.null = null;
    table_add(&a.g, 0, ZONE);
    a.side.null = null;
    memcpy(a.before_tail, a.g.previous_id, sizeof a.before_tail);
    memcpy(a.side.table_id, a.g.table_id, sizeof a.side.table_id);
    return a;
}

/* Adds rows: the tail is replaced, by one step, and what is behind it is there before. */
static void append(appended *a, uint64_t rows)
{
    const uint64_t end = a->rows + rows, whole = end - end % ZONE;
    memcpy(a->g.previous_id, a->before_tail, sizeof a->before_tail);
    if (whole <= a->tail) {
        table_write(&a->g, a->tail, end - a->tail, end);
    } else {
        char part[300];
        memcpy(a->side.previous_id, a->before_tail, sizeof a->before_tail);
        table_write(&a->side, a->tail, whole - a->tail, end);
        strcpy(part, table_part(&a->side, a->tail));
        table_id_of(part, a->before_tail);
        memcpy(a->g.previous_id, a->before_tail, sizeof a->before_tail);
        if (end > whole)
            table_write(&a->g, whole, end - whole, end);
        assert_int_equal(rename(part, table_part(&a->g, a->tail)), 0);
        a->tail = whole;
    }
    a->rows = end;
}

/* The arrays of a handle, and what they must hold. */
typedef struct arrays {
    const int64_t *a;
    const float *b;
    const uint8_t *validity;
    uint64_t n;
    int64_t null;
} arrays;

static bool take_arrays(const shmcol_file *table, int64_t null, arrays *out)
{
    uint64_t n;
    out->null = null;
    return shmcol_float32(table, "b", &out->b, &n, NULL) == SHMCOL_OK &&
           shmcol_int64(table, "a", &out->a, &out->n, &out->validity, NULL) == SHMCOL_OK &&
           n == out->n && n == shmcol_rows(table);
}

static bool are_right(const arrays *r)
{
    for (uint64_t i = 0; i < r->n; i++)
        if (r->b[i] != (float)i * 0.5f || ((int64_t)i != r->null && r->a[i] != (int64_t)i) ||
            shmcol_is_valid(r->validity, i) != ((int64_t)i != r->null))
            return false;
    return true;
}

typedef struct shared {
    pthread_mutex_t lock;
    shmcol_file *latest;
    arrays first; /* of the first handle, which stays open */
    bool done;
    unsigned wrong, rounds;
} shared;

static void *read_latest(void *arg)
{
    shared *s = arg;
    for (bool done = false; !done;) {
        arrays now;
        pthread_mutex_lock(&s->lock);
        shmcol_file *table = shmcol_retain(s->latest);
        pthread_mutex_unlock(&s->lock);
        const bool right =
            take_arrays(table, s->first.null, &now) && are_right(&now) && are_right(&s->first);
        shmcol_close(table);
        pthread_mutex_lock(&s->lock);
        s->wrong += !right;
        s->rounds++;
        done = s->done;
        pthread_mutex_unlock(&s->lock);
    }
    return NULL;
}

/* Grows a table while threads read it. Returns how often its arrays moved. */
static unsigned grow(const char *name, int64_t null, uint32_t flags)
{
    static const uint64_t steps[] = {10, 1000, 60000, 1, ZONE, 30000, 2 * ZONE, 7, 50000};
    appended a = begin(name, null);
    shmcol_open_options how = SHMCOL_OPEN_OPTIONS_INIT;
    shared s = {.done = false};
    pthread_t threads[READERS];
    unsigned moved = 0;
    how.flags = flags;
    append(&a, 5);
    pthread_mutex_init(&s.lock, NULL);
    assert_int_equal(shmcol_open(a.g.directory, &how, &s.latest, NULL), SHMCOL_OK);
    assert_true(take_arrays(s.latest, null, &s.first));
    shmcol_file *first = shmcol_retain(s.latest);
    const int64_t *at = s.first.a;
    for (int i = 0; i < READERS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, read_latest, &s), 0);
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        shmcol_file *newer, *older;
        arrays now;
        append(&a, steps[i]);
        assert_int_equal(shmcol_refresh(s.latest, &newer, NULL), SHMCOL_OK);
        assert_ptr_not_equal(newer, s.latest);
        pthread_mutex_lock(&s.lock);
        older = s.latest;
        s.latest = newer;
        pthread_mutex_unlock(&s.lock);
        shmcol_close(older);
        assert_true(take_arrays(newer, null, &now) && now.n == a.rows && are_right(&now));
        moved += now.a != at;
        at = now.a;
    }
    pthread_mutex_lock(&s.lock);
    s.done = true;
    pthread_mutex_unlock(&s.lock);
    for (int i = 0; i < READERS; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(s.wrong, 0);
    assert_true(s.rounds >= READERS);
    shmcol_close(s.latest);
    assert_true(are_right(&s.first));
    shmcol_close(first);
    pthread_mutex_destroy(&s.lock);
    return moved;
}

static void in_place(void **state)
{
    (void)state;
    assert_int_equal(grow("place", -1, 0), 0);
    assert_int_equal(grow("nulls", ZONE + 3, 0), 0);
}

/* Without room to grow the arrays move, and old ones stay. */
static void beyond_the_reserve(void **state)
{
    (void)state;
    setenv("SHMCOL_HIDE", "room", 1);
    assert_true(grow("beyond", 5, 0) > 4);
    unsetenv("SHMCOL_HIDE");
}

static void copied_bitmaps(void **state)
{
    (void)state;
    setenv("SHMCOL_HIDE", "pages", 1);
    assert_int_equal(grow("copied", 5, 0), 0);
    unsetenv("SHMCOL_HIDE");
}

/* A private handle shares no maps with another. */
static void private_maps(void **state)
{
    (void)state;
    assert_true(grow("own", 5, SHMCOL_OPEN_PRIVATE) > 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(in_place),
        cmocka_unit_test(beyond_the_reserve),
        cmocka_unit_test(copied_bitmaps),
        cmocka_unit_test(private_maps),
    };
    return cmocka_run_group_tests(tests, support_begin, support_end);
}
