/* Checks of offsets and UTF-8 (check.h), over rows and over the elements of lists. */
#include "format/bytes.h"
#include "format/check.h"
#include "format/check_rows.h"
#include "format/types.h"
#include "format/utf8.h"

static uint64_t offset_of(const fmt_run *run, uint64_t i)
{
    return fmt_load64(run->offsets + 8 * i);
}

fmt_run fmt_row_run(const fmt_row_range *range)
{
    const fmt_descriptor *d = range->descriptor;
    const fmt_slot *bytes = &d->slots[FMT_SLOT_BYTES];
    bool list = d->type == FMT_LIST;
    return (fmt_run){.offsets = range->values,
                     .first = range->first,
                     .count = range->count,
                     .length = d->length,
                     .bytes = range->bytes,
                     .size = list ? fmt_child_length(d) : bytes->stored_length,
                     .offsets_at = d->slots[FMT_SLOT_VALUES].offset,
                     .bytes_at = bytes->offset};
}

bool fmt_elements_of(const fmt_row_range *range, uint64_t *first, uint64_t *end)
{
    *first = fmt_load64(range->values + 8 * range->first);
    *end = fmt_load64(range->values + 8 * (range->first + range->count));
    return *first <= *end && *end <= fmt_child_length(range->descriptor);
}

int64_t fmt_row_of_element(const fmt_row_range *range, uint64_t element)
{
    for (uint64_t i = 0; i < range->count; i++) {
        if (fmt_load64(range->values + 8 * (range->first + i + 1)) > element)
            return (int64_t)(range->first + i);
    }
    return (int64_t)range->first;
}

/* Describes the strings that are elements of the lists of a range. Returns false if their offsets
 * lead outside the elements. */
static bool element_run(const fmt_row_range *range, fmt_run *run)
{
    const fmt_descriptor *d = range->descriptor;
    const fmt_slot *offsets = &d->slots[FMT_SLOT_ELEMENTS],
                   *bytes = &d->slots[FMT_SLOT_ELEMENT_BYTES];
    uint64_t first, end;
    if (!fmt_elements_of(range, &first, &end))
        return false;
    *run = (fmt_run){.offsets = range->bytes,
                     .first = first,
                     .count = end - first,
                     .length = fmt_child_length(d),
                     .bytes = range->element_bytes,
                     .size = bytes->stored_length,
                     .offsets_at = offsets->offset,
                     .bytes_at = bytes->offset,
                     .elements = true};
    return true;
}

/* Returns the row of item `i` of the run. */
static int64_t row_of(const fmt_row_range *range, const fmt_run *run, uint64_t i)
{
    return run->elements ? fmt_row_of_element(range, i) : (int64_t)i;
}

static int bad_offset(const fmt_row_range *range, const fmt_run *run, uint64_t offset, uint64_t i,
                      const char *what, fmt_fault *fault)
{
    return fmt_fail_at(fault, FMT_OFFSETS, "F-36", run->offsets_at + 8 * offset, range->column,
                       row_of(range, run, i), "%s", what);
}

/* Checks F-36. */
static int check_run(const fmt_row_range *range, const fmt_run *run, fmt_fault *fault)
{
    uint64_t end = run->first + run->count, i = run->first, before = offset_of(run, i);
    const char *what = NULL;
    if (i == 0 && before != 0)
        what = "the first offset is not 0";
    else if (before > run->size)
        what = "an offset is beyond what the offsets lead into";
    for (; what == NULL && i < end; i++) {
        uint64_t here = offset_of(run, i + 1);
        if (here < before)
            what = "an offset is less than the one before";
        else if (here > run->size)
            what = "an offset is beyond what the offsets lead into";
        before = here;
    }
    if (what == NULL && end == run->length && before != run->size)
        what = "the last offset is not the end of what the offsets lead into";
    if (what == NULL)
        return FMT_OK;
    return bad_offset(range, run, i, i > run->first ? i - 1 : i, what, fault);
}

int fmt_check_offsets(const fmt_row_range *range, fmt_fault *fault)
{
    if (!fmt_has_offsets(range->descriptor))
        return FMT_OK;
    fmt_run run = fmt_row_run(range);
    return check_run(range, &run, fault);
}

static bool is_list_of_strings(const fmt_descriptor *d)
{
    return fmt_slot_group(d, FMT_SLOT_ELEMENTS) == FMT_GROUP_ELEMENT_OFFSETS;
}

int fmt_check_element_offsets(const fmt_row_range *range, fmt_fault *fault)
{
    fmt_run run;
    if (!is_list_of_strings(range->descriptor))
        return FMT_OK;
    if (!element_run(range, &run))
        return fmt_bad_offsets(range, range->first, fault);
    return check_run(range, &run, fault);
}

/* Finds the first string that is not UTF-8, after the quick check has found that there is one. */
static int locate_utf8(const fmt_row_range *range, const fmt_run *run, fmt_fault *fault)
{
    for (uint64_t i = run->first; i < run->first + run->count; i++) {
        uint64_t start = offset_of(run, i), end = offset_of(run, i + 1);
        if (start > end || end > run->size)
            return bad_offset(range, run, i, i, "offsets reach beyond the bytes", fault);
        size_t bad = start < end ? fmt_utf8_check(run->bytes + start, end - start) : SIZE_MAX;
        if (bad != SIZE_MAX) {
            return fmt_fail_at(fault, FMT_UTF8, "F-37", run->bytes_at + start + bad, range->column,
                               row_of(range, run, i), "a string is not UTF-8");
        }
    }
    return FMT_OK;
}

/* Checks all bytes of the run at once, then that each string starts at the start of a character.
 * Together that checks every string by itself, without a call for each. */
static int check_utf8(const fmt_row_range *range, const fmt_run *run, fmt_fault *fault)
{
    uint64_t last = run->first + run->count;
    uint64_t start = offset_of(run, run->first), end = offset_of(run, last);
    if (start > end || end > run->size)
        return bad_offset(range, run, run->first, run->first, "offsets reach beyond the bytes",
                          fault);
    if (start == end)
        return FMT_OK;
    bool bad = fmt_utf8_check(run->bytes + start, end - start) != SIZE_MAX;
    for (uint64_t i = run->first + 1; i < last && !bad; i++) {
        uint64_t at = offset_of(run, i);
        if (at > end)
            return bad_offset(range, run, i, i, "offsets reach beyond the bytes", fault);
        bad = at < end && (run->bytes[at] & 0xC0) == 0x80;
    }
    return bad ? locate_utf8(range, run, fault) : FMT_OK;
}

int fmt_check_utf8(const fmt_row_range *range, fmt_fault *fault)
{
    const fmt_descriptor *d = range->descriptor;
    fmt_run run;
    if (d->type == FMT_STRING)
        run = fmt_row_run(range);
    else if (!is_list_of_strings(d))
        return FMT_OK;
    else if (!element_run(range, &run))
        return fmt_bad_offsets(range, range->first, fault);
    return check_utf8(range, &run, fault);
}
