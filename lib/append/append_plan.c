/* Which parts an append makes (F-84). A pure function of rows. */
#include "append/append.h"

/* Tells whether the last part is written anew, with the new rows behind its own. */
static bool is_open(const append_rows *r)
{
    return !r->empty && (r->end % r->zone != 0 || r->end - r->begin < r->min_part_rows);
}

append_plan append_plan_make(const append_rows *r)
{
    append_plan plan = {.replaces = is_open(r), .end = r->end + r->added};
    plan.begin = plan.replaces ? r->begin : r->end;
    plan.whole = plan.end - plan.end % r->zone;
    plan.whole = plan.whole > plan.begin ? plan.whole : plan.begin;
    const uint64_t rows = plan.whole - plan.begin;
    plan.n = rows / r->part_rows + (rows % r->part_rows != 0) + (plan.whole < plan.end);
    /* A table of no rows has one part. */
    plan.n += plan.n == 0;
    return plan;
}

append_piece append_plan_piece(const append_rows *r, const append_plan *plan, uint64_t index)
{
    const uint64_t first = plan->begin + index * r->part_rows;
    if (first >= plan->whole)
        return (append_piece){plan->whole, plan->end};
    return (append_piece){first,
                          plan->whole - first < r->part_rows ? plan->whole : first + r->part_rows};
}
