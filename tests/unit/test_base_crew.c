/* A crew of threads: every task once, the failure of the lowest task, progress, and what stands
 * around the work of a thread. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/crew.h"
#include "sys/sys.h"

enum { TASKS = 1000, THREADS = 4 };

/* A work, and what became of it. */
typedef struct work {
    _Atomic uint32_t times[TASKS];
    _Atomic uint32_t begun, ended, around;
    uint64_t fails_from; /* these tasks and all after them fail */
    bool begin_fails, around_fails, first_is_slow;
    uint64_t calls, last_done;
    uint64_t stop_at; /* the progress stops the crew at this call; 0: never */
    double interval;
} work;

static shmcol_status task(void *arg, void *worker, uint64_t index, uint64_t *done,
                          shmcol_error *err)
{
    work *w = arg;
    assert_ptr_equal(worker, w);
    atomic_fetch_add(&w->times[index], 1);
    *done = 3;
    /* The first to fail is the last to say so: by then a later task has failed. */
    for (int i = 0; w->first_is_slow && index == w->fails_from && i < 1000; i++) {
        const bool later = w->times[index + 1] != 0;
        sys_sleep_ms(later ? 5 : 1);
        if (later)
            break;
    }
    if (index >= w->fails_from)
        return shm_fail(err, SHMCOL_ERR_BAD_VALUE, "F-1", "task %u", (unsigned)index);
    return SHMCOL_OK;
}

static shmcol_status begin(void *arg, uint32_t thread, void **worker, shmcol_error *err)
{
    work *w = arg;
    assert_true(thread < THREADS);
    atomic_fetch_add(&w->begun, 1);
    if (w->begin_fails)
        return shm_fail_memory(err);
    *worker = w;
    return SHMCOL_OK;
}

static void end(void *arg, void *worker)
{
    work *w = arg;
    assert_true(worker == w || worker == NULL);
    atomic_fetch_add(&w->ended, 1);
}

static shmcol_status around(void *arg, void (*loop)(void *), void *loop_arg, shmcol_error *err)
{
    work *w = arg;
    atomic_fetch_add(&w->around, 1);
    loop(loop_arg);
    return w->around_fails ? shm_fail(err, SHMCOL_ERR_FAULT, "", "around") : SHMCOL_OK;
}

static int progress(void *arg, uint64_t done, uint64_t total)
{
    work *w = arg;
    assert_int_equal(total, TASKS * 3);
    assert_true(done > w->last_done && done % 3 == 0);
    w->last_done = done;
    return ++w->calls == w->stop_at;
}

static shmcol_status run(work *w, uint64_t tasks, shmcol_error *err)
{
    base_progress p;
    base_progress_init(&p, progress, w, TASKS * 3, w->interval);
    const base_crew crew = {.threads = THREADS,
                            .tasks = tasks,
                            .arg = w,
                            .task = task,
                            .begin = begin,
                            .end = end,
                            .around = around,
                            .progress = &p};
    shmcol_status status = base_crew_run(&crew, err);
    assert_int_equal(w->begun, w->ended);
    return status;
}

static void every_task_is_done_once(void **state)
{
    (void)state;
    for (int i = 0; i < 20; i++) {
        work w = {.fails_from = UINT64_MAX};
        assert_int_equal(run(&w, TASKS, NULL), SHMCOL_OK);
        for (int k = 0; k < TASKS; k++)
            assert_int_equal(w.times[k], 1);
        assert_int_equal(w.begun, THREADS);
        assert_int_equal(w.around, THREADS);
        assert_int_equal(w.calls, TASKS);
        assert_int_equal(w.last_done, TASKS * 3);
    }
    work none = {.fails_from = UINT64_MAX}, one = none;
    assert_int_equal(run(&none, 0, NULL), SHMCOL_OK);
    assert_int_equal(none.begun, 0);
    assert_int_equal(run(&one, 1, NULL), SHMCOL_OK);
    assert_int_equal(one.begun, 1);
}

static void the_lowest_failure_counts(void **state)
{
    (void)state;
    for (int i = 0; i < 100; i++) {
        work w = {.fails_from = 100, .first_is_slow = i % 10 == 0};
        shmcol_error err = SHMCOL_ERROR_INIT;
        assert_int_equal(run(&w, TASKS, &err), SHMCOL_ERR_BAD_VALUE);
        assert_int_equal(err.status, SHMCOL_ERR_BAD_VALUE);
        assert_string_equal(err.message, "task 100");
        assert_string_equal(err.rule, "F-1");
        for (int k = 0; k < 100; k++)
            assert_int_equal(w.times[k], 1);
        for (int k = 100 + THREADS; k < TASKS; k++)
            assert_int_equal(w.times[k], 0);
    }
}

static void the_progress_stops_it(void **state)
{
    (void)state;
    work w = {.fails_from = UINT64_MAX, .stop_at = 10};
    shmcol_error err = SHMCOL_ERROR_INIT;
    assert_int_equal(run(&w, TASKS, &err), SHMCOL_ERR_CANCELLED);
    assert_string_equal(err.message, "cancelled");
    assert_int_equal(w.calls, 10);
    work now_and_then = {.fails_from = UINT64_MAX, .interval = 1e-9, .stop_at = 1};
    assert_int_equal(run(&now_and_then, TASKS, &err), SHMCOL_ERR_CANCELLED);
    work seldom = {.fails_from = UINT64_MAX, .interval = 1e9, .stop_at = 2};
    assert_int_equal(run(&seldom, TASKS, &err), SHMCOL_OK);
    assert_true(seldom.calls <= 1);
}

static void a_thread_may_fail_outside_of_its_tasks(void **state)
{
    (void)state;
    shmcol_error err = SHMCOL_ERROR_INIT;
    work w = {.fails_from = UINT64_MAX, .begin_fails = true};
    assert_int_equal(run(&w, TASKS, &err), SHMCOL_ERR_NO_MEMORY);
    assert_int_equal(w.around, 0);
    work v = {.fails_from = UINT64_MAX, .around_fails = true};
    assert_int_equal(run(&v, TASKS, &err), SHMCOL_ERR_FAULT);
    assert_string_equal(err.message, "around");
    work both = {.fails_from = 0, .around_fails = true};
    assert_int_equal(run(&both, 1, &err), SHMCOL_ERR_BAD_VALUE);
}

static void a_crew_needs_no_more_than_tasks(void **state)
{
    (void)state;
    work w = {.fails_from = TASKS - 1};
    const base_crew crew = {.threads = 1, .tasks = TASKS, .arg = &w, .task = task, .begin = begin};
    assert_int_equal(base_crew_run(&crew, NULL), SHMCOL_ERR_BAD_VALUE);
    for (int k = 0; k < TASKS; k++)
        assert_int_equal(w.times[k], 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_task_is_done_once),
        cmocka_unit_test(the_lowest_failure_counts),
        cmocka_unit_test(the_progress_stops_it),
        cmocka_unit_test(a_thread_may_fail_outside_of_its_tasks),
        cmocka_unit_test(a_crew_needs_no_more_than_tasks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
