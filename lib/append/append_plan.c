/* Which parts an append makes (F-84). A pure function of rows. */
#include "append/append.h"

/* Tells whether the last part is written anew, with the new rows behind its own. */
static bool is_open(const append_rows *r)
{
    return !r->empty && (r->end % r->zone != 0 || r->end - r->begin < r->min_part_rows);
}

/* Returns the end of the first piece. It has all rows of a part that it replaces: the other pieces
 * get their names first, and rows that are in two files would be read twice by what takes every
 * file of the directory. */
static uint64_t end_of_first(const append_rows *r, const append_plan *plan)
{
    uint64_t end = plan->begin + r->part_rows;
    if (plan->replaces && end < r->end)
        end = (r->end + r->zone - 1) / r->zone * r->zone;
    return end < plan->whole ? end : plan->whole;
}

append_plan append_plan_make(const append_rows *r)
{
    append_plan plan = {.replaces = is_open(r), .end = r->end + r->added};
    plan.begin = plan.replaces ? r->begin : r->end;
    plan.whole = plan.end - plan.end % r->zone;
    if (plan.whole < r->end)
        plan.whole = plan.begin;
    plan.first_end = end_of_first(r, &plan);
    const uint64_t rows = plan.whole - plan.first_end;
    plan.n = (plan.first_end > plan.begin) + rows / r->part_rows + (rows % r->part_rows != 0) +
             (plan.whole < plan.end);
    /* A table of no rows has one part. */
    plan.n += plan.n == 0;
    return plan;
}

append_piece append_plan_piece(const append_rows *r, const append_plan *plan, uint64_t index)
{
    if (index == 0 && plan->first_end > plan->begin)
        return (append_piece){plan->begin, plan->first_end};
    const uint64_t first = index == 0 ? plan->whole : plan->first_end + (index - 1) * r->part_rows;
    if (first >= plan->whole)
        return (append_piece){plan->whole, plan->end};
    return (append_piece){first,
                          plan->whole - first < r->part_rows ? plan->whole : first + r->part_rows};
}
