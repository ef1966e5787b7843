/* The batches of each instruction set. */
#include "parse/batch.h"

#include <string.h>

#if defined(__x86_64__)
parse_batch_fn parse_batch_int64_avx2, parse_batch_float64_avx2, parse_batch_bool_avx2;
parse_batch_date_fn parse_batch_date_avx2;
parse_batch_timestamp_fn parse_batch_timestamp_avx2;
parse_batch_form_fn parse_batch_form_avx2;
parse_batch_marked_fn parse_batch_int64_marked_avx2, parse_batch_float64_marked_avx2;
parse_batch_fn parse_batch_int64_avx512, parse_batch_float64_avx512, parse_batch_bool_avx512;
parse_batch_date_fn parse_batch_date_avx512;
parse_batch_timestamp_fn parse_batch_timestamp_avx512;
parse_batch_form_fn parse_batch_form_avx512;
parse_batch_marked_fn parse_batch_int64_marked_avx512, parse_batch_float64_marked_avx512;

static const parse_batch batch_avx2 = {
    .int64 = parse_batch_int64_avx2,
    .float64 = parse_batch_float64_avx2,
    .boolean = parse_batch_bool_avx2,
    .date = parse_batch_date_avx2,
    .timestamp = parse_batch_timestamp_avx2,
    .form = parse_batch_form_avx2,
    .int64_marked = parse_batch_int64_marked_avx2,
    .float64_marked = parse_batch_float64_marked_avx2,
};
static const parse_batch batch_avx512 = {
    .int64 = parse_batch_int64_avx512,
    .float64 = parse_batch_float64_avx512,
    .boolean = parse_batch_bool_avx512,
    .date = parse_batch_date_avx512,
    .timestamp = parse_batch_timestamp_avx512,
    .form = parse_batch_form_avx512,
    .int64_marked = parse_batch_int64_marked_avx512,
    .float64_marked = parse_batch_float64_marked_avx512,
};
#endif

const parse_batch *parse_batch_of(const char *isa)
{
#if defined(__x86_64__)
    if (strcmp(isa, "avx512") == 0)
        return &batch_avx512;
    if (strcmp(isa, "avx2") == 0)
        return &batch_avx2;
#endif
    (void)isa;
    return NULL;
}
