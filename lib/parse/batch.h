/* The fast ways of parse.h for many fields at once: one column of a record batch whose fields' ends
 * are known. The values that a batch writes are those of parse_classify to the bit. It lists the
 * rows that it leaves (empty fields, quotes, odd spellings, hard cases) for the caller to parse. */
#ifndef SHMCOL_PARSE_BATCH_H
#define SHMCOL_PARSE_BATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "parse/form_plan.h"
#include "parse/marks.h"

/* The most rows of one call, and the entries that `left` needs for them. */
#define PARSE_BATCH_ROWS 512
#define PARSE_BATCH_LEFT (PARSE_BATCH_ROWS + 16)

/* Row i's field is text[end[i * stride - 1] + 1 (modulo 2^32), end[i * stride]). PARSE_SLACK holds
 * for the text as a whole. */
typedef struct parse_fields {
    const char *text;
    const uint32_t *end;
    size_t stride;
    bool cut_cr; /* a CR at the end of a field is not its text */
} parse_fields;

/* Parses `count` rows, up to PARSE_BATCH_ROWS. Writes values to out[row], and the numbers of the
 * rows it leaves, ascending, to left[]; returns how many those are. out[] of a row that is left may
 * have been written to. */
typedef size_t parse_batch_fn(const parse_fields *fields, size_t count, void *out, uint32_t *left);
/* Does the same for DATE: days times `scale`. */
typedef size_t parse_batch_date_fn(const parse_fields *fields, size_t count, uint32_t scale,
                                   int64_t *out, uint32_t *left);
/* Does the same for TIMESTAMP with a fraction of exactly `digits` digits, in that unit: 0, 3 or 6;
 * for others it leaves all rows. utc: each ends in 'Z'. */
typedef size_t parse_batch_timestamp_fn(const parse_fields *fields, size_t count, uint32_t digits,
                                        bool utc, int64_t *out, uint32_t *left);

/* Does the same for texts of a declared form, with what parse_plan_value answers. */
typedef size_t parse_batch_form_fn(const parse_fields *fields, size_t count, const parse_plan *plan,
                                   int64_t *out, uint32_t *left);

/* Does the same for numbers with these marks, which are not hexadecimal (C-41, C-77). *grouped
 * becomes true if digits of one are grouped. */
typedef size_t parse_batch_marked_fn(const parse_fields *fields, size_t count,
                                     const parse_marks *marks, bool *grouped, void *out,
                                     uint32_t *left);

typedef struct parse_batch {
    parse_batch_fn *int64;   /* INT or INT_INEXACT, to int64_t */
    parse_batch_fn *float64; /* FLOAT, to double */
    parse_batch_fn *boolean; /* BOOL, to uint8_t */
    parse_batch_date_fn *date;
    parse_batch_timestamp_fn *timestamp;
    parse_batch_marked_fn *int64_marked, *float64_marked;
    parse_batch_form_fn *form;
} parse_batch;

/* Answers for a batch that claims none of the rows. */
static inline size_t parse_batch_leave_all(size_t count, uint32_t *left)
{
    for (size_t i = 0; i < count; i++)
        left[i] = (uint32_t)i;
    return count;
}

/* Returns the batches for the instruction set of that name (as in csv/index.h), which the machine
 * must have; NULL if there are none. */
const parse_batch *parse_batch_of(const char *isa);

#endif
