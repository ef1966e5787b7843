/* Which instruction set the index runs with. */
#include <string.h>

#include "csv/index.h"

csv_index_fn csv_index_scalar;
csv_count_fn csv_count_scalar;
static const csv_isa isa_scalar = {"scalar", csv_index_scalar, csv_count_scalar};

#if defined(__x86_64__)
csv_index_fn csv_index_avx2;
csv_count_fn csv_count_avx2;
static const csv_isa isa_avx2 = {"avx2", csv_index_avx2, csv_count_avx2};

static int have_avx2(void)
{
    __builtin_cpu_init();
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi") && __builtin_cpu_supports("bmi2") && __builtin_cpu_supports("pclmul") &&
           __builtin_cpu_supports("popcnt");
}
#endif

const csv_isa *csv_isa_choose(const char *forced)
{
    if (forced != NULL && strcmp(forced, "scalar") == 0)
        return &isa_scalar;
#if defined(__x86_64__)
    if ((forced == NULL || strcmp(forced, "avx2") == 0) && have_avx2())
        return &isa_avx2;
#endif
    return forced == NULL ? &isa_scalar : NULL;
}
