/* Which parts an append makes (F-84), for every small number of rows. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "append/append.h"

enum { SMALL = 4 }; /* rows of a zone */

/* Checks one plan by the words of the rule. */
static void check(const append_rows *r)
{
    const append_plan plan = append_plan_make(r);
    const bool open = !r->empty && (r->end % SMALL != 0 || r->end - r->begin < r->min_part_rows);
    const uint64_t a = open ? r->begin : r->end, e = r->end + r->added;
    uint64_t c = e / SMALL * SMALL, row = a;
    c = c < r->end ? a : c;
    assert_int_equal(plan.replaces, open);
    assert_int_equal(plan.begin, a);
    assert_int_equal(plan.end, e);
    assert_true(plan.n >= 1);
    for (uint64_t i = 0; i < plan.n; i++) {
        const append_piece p = append_plan_piece(r, &plan, i);
        const uint64_t rows = p.end - p.first;
        assert_int_equal(p.first, row);
        assert_true(p.first % SMALL == 0);
        assert_true(rows > 0 || (r->empty && r->added == 0));
        /* Only the file that replaces the open part has its rows. */
        assert_true(i == 0 || p.first >= r->end);
        /* Whole zones up to C, at most part_rows of them, and one part from there. */
        if (p.end <= c) {
            assert_int_equal(rows % SMALL, 0);
            if (i == 0 && open && r->end - a > r->part_rows) {
                assert_int_equal(p.end, (r->end + SMALL - 1) / SMALL * SMALL);
            } else {
                assert_true(rows <= r->part_rows);
                assert_true(rows == r->part_rows || p.end == c);
            }
        } else {
            assert_true(p.first == c && p.end == e && i == plan.n - 1);
        }
        row = p.end;
    }
    assert_int_equal(row, e);
}

static void all_small_plans(void **state)
{
    (void)state;
    append_rows r = {.zone = SMALL};
    for (r.part_rows = SMALL; r.part_rows <= 3 * SMALL; r.part_rows += SMALL)
        for (r.min_part_rows = 1; r.min_part_rows <= 3 * SMALL + 1; r.min_part_rows++)
            for (r.begin = 0; r.begin <= 2 * SMALL; r.begin += SMALL)
                for (r.end = r.begin; r.end <= r.begin + 3 * SMALL; r.end++)
                    for (r.added = 0; r.added <= 6 * SMALL + 1; r.added++) {
                        r.empty = false;
                        /* An append of no rows makes nothing, and only part 0 is empty. */
                        if (r.added > 0 && (r.end > r.begin || r.begin == 0))
                            check(&r);
                        r.empty = true;
                        if (r.end == 0)
                            check(&r);
                    }
}

static void large_numbers(void **state)
{
    (void)state;
    append_rows r = {.begin = (UINT64_C(1) << 56) - 65536 * 4,
                     .end = (UINT64_C(1) << 56) - 65536 * 3,
                     .added = 65536 * 3 - 1,
                     .part_rows = UINT64_C(1) << 63,
                     .min_part_rows = UINT64_MAX,
                     .zone = 65536};
    append_plan plan = append_plan_make(&r);
    assert_true(plan.replaces && plan.n == 2);
    assert_int_equal(append_plan_piece(&r, &plan, 0).first, r.begin);
    assert_int_equal(append_plan_piece(&r, &plan, 0).end, r.begin + 65536 * 3);
    assert_int_equal(append_plan_piece(&r, &plan, 1).end, (UINT64_C(1) << 56) - 1);
    r.min_part_rows = 65536;
    r.part_rows = 65536;
    plan = append_plan_make(&r);
    assert_true(!plan.replaces && plan.n == 3);
    assert_int_equal(append_plan_piece(&r, &plan, 0).first, r.end);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_small_plans),
        cmocka_unit_test(large_numbers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
