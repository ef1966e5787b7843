/* The fast ways of parse.h for many fields at once: one column of a run of records whose fields'
 * ends are known. What a batch claims is the answer of parse_classify to the bit; what it does not
 * claim (empty fields, quotes, odd spellings, hard cases) it lists, and the caller asks the others.
 */
#ifndef SHMCOL_PARSE_BATCH_H
#define SHMCOL_PARSE_BATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* For arrays that are written before they are read: to fill them with zeros first, as the compiler
 * is told to do, costs as much as to parse some rows. */
#if defined(__has_attribute)
#if __has_attribute(uninitialized)
#define PARSE_UNSET __attribute__((uninitialized))
#endif
#endif
#ifndef PARSE_UNSET
#define PARSE_UNSET
#endif

/* Rows of one call at most, and the entries `left` needs for that. */
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

/* Parses `count` rows, up to PARSE_BATCH_ROWS. Writes the values it claims to out[row], the numbers
 * of the other rows, ascending, to left[]; returns how many those are. out[] of a row that is left
 * may have been written to, no other. */
typedef size_t parse_batch_fn(const parse_fields *fields, size_t count, void *out, uint32_t *left);
/* DATE: days times `scale`. */
typedef size_t parse_batch_date_fn(const parse_fields *fields, size_t count, uint32_t scale,
                                   int64_t *out, uint32_t *left);
/* TIMESTAMP with a fraction of exactly `digits` (0, 3, 6; others are all left) digits, in that
 * unit; utc: each ends in 'Z'. */
typedef size_t parse_batch_timestamp_fn(const parse_fields *fields, size_t count, uint32_t digits,
                                        bool utc, int64_t *out, uint32_t *left);

typedef struct parse_batch {
    parse_batch_fn *int64;   /* INT or INT_INEXACT, to int64_t */
    parse_batch_fn *float64; /* FLOAT, to double */
    parse_batch_fn *boolean; /* BOOL, to uint8_t */
    parse_batch_date_fn *date;
    parse_batch_timestamp_fn *timestamp;
} parse_batch;

/* Answers for a batch that claims none of the rows. */
static inline size_t parse_batch_leave_all(size_t count, uint32_t *left)
{
    for (size_t i = 0; i < count; i++)
        left[i] = (uint32_t)i;
    return count;
}

/* The batches made of the instruction set of that name (csv/index.h's names), which the caller
 * knows the machine has. NULL: there are none. */
const parse_batch *parse_batch_of(const char *isa);

#endif
