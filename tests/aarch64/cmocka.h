/* As much of cmocka (cmocka.org) as the tests of lib/csv and lib/parse use, in one header: for
 * processors for which no cmocka is installed. */
#ifndef SHMCOL_TESTS_CMOCKA_H
#define SHMCOL_TESTS_CMOCKA_H

#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

enum { TEST_PASSED, TEST_FAILED, TEST_SKIPPED };

struct CMUnitTest {
    const char *name;
    void (*test_func)(void **state);
    int (*setup_func)(void **state);
    int (*teardown_func)(void **state);
};

#define cmocka_unit_test(f) {#f, f, NULL, NULL}
#define cmocka_unit_test_setup(f, setup) {#f, f, setup, NULL}
#define cmocka_unit_test_setup_teardown(f, setup, teardown) {#f, f, setup, teardown}
#define cmocka_run_group_tests(tests, setup, teardown)                                             \
    test_run_all(tests, sizeof(tests) / sizeof *(tests))

/* Of the program, not of each file: support files call it too. */
__attribute__((weak)) jmp_buf test_end;

#define fail_msg(...) (printf(__VA_ARGS__), fail())
#define fail() (printf("\n%s:%d: failure\n", __FILE__, __LINE__), longjmp(test_end, TEST_FAILED))
#define skip() longjmp(test_end, TEST_SKIPPED)
#define assert_true(condition) ((condition) ? (void)0 : fail_msg("%s", #condition))
#define assert_false(condition) assert_true(!(condition))
#define assert_null(pointer) assert_true((pointer) == NULL)
#define assert_non_null(pointer) assert_true((pointer) != NULL)
#define assert_int_equal(a, b)                                                                     \
    test_same((uintmax_t)(a), (uintmax_t)(b), #a " == " #b, __FILE__, __LINE__)
#define assert_int_not_equal(a, b) assert_true((a) != (b))
#define assert_memory_equal(a, b, size) assert_true(memcmp(a, b, size) == 0)
#define assert_string_equal(a, b) assert_true(strcmp(a, b) == 0)

static inline void test_same(uintmax_t a, uintmax_t b, const char *what, const char *file, int line)
{
    if (a != b) {
        printf("%s:%d: failure: %s: %#jx, %#jx\n", file, line, what, a, b);
        longjmp(test_end, TEST_FAILED);
    }
}

static inline int test_run_one(const struct CMUnitTest *test)
{
    void *state = NULL;
    int how = setjmp(test_end);
    if (how == TEST_PASSED) {
        if (test->setup_func != NULL && test->setup_func(&state) != 0)
            return TEST_FAILED;
        test->test_func(&state);
    }
    if (test->teardown_func != NULL)
        test->teardown_func(&state);
    return how;
}

static inline int test_run_all(const struct CMUnitTest *tests, size_t count)
{
    static const char *const words[] = {"passed", "failed", "skipped"};
    int failures = 0;
    for (size_t i = 0; i < count; i++) {
        int how = test_run_one(&tests[i]);
        failures += how == TEST_FAILED;
        printf("%s: %s\n", tests[i].name, words[how]);
    }
    return failures;
}

#endif
