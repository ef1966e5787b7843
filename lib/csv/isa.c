/* The choice of the instruction set that the index runs with. */
#include <string.h>

#include "csv/index.h"

csv_index_fn csv_index_scalar;
csv_count_fn csv_count_scalar;
csv_index_halved_fn csv_index_halved_scalar;

static bool have_scalar(csv_hidden_fn *hidden)
{
    (void)hidden;
    return true;
}

#if defined(__x86_64__)
csv_index_fn csv_index_avx2, csv_index_avx512;
csv_count_fn csv_count_avx2, csv_count_avx512;
csv_index_halved_fn csv_index_halved_avx2, csv_index_halved_avx512;
csv_utf8_fn csv_utf8_avx2, csv_utf8_avx512;

/* Haswell, Zen and later. These are the features that the files called *_avx2.c are compiled for. A
 * machine that has them has lzcnt, which not every compiler can ask for. */
static bool have_avx2(csv_hidden_fn *hidden)
{
    __builtin_cpu_init();
    return !hidden("avx2") && __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi") &&
           __builtin_cpu_supports("bmi2") && __builtin_cpu_supports("fma") &&
           __builtin_cpu_supports("pclmul") && __builtin_cpu_supports("popcnt");
}

/* Ice Lake, Zen 4 and later. These are the features that the files called *_avx512.c are compiled
 * for. */
static bool have_avx512(csv_hidden_fn *hidden)
{
    return have_avx2(hidden) && !hidden("avx512") && __builtin_cpu_supports("avx512f") &&
           __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl") &&
           __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512cd") &&
           __builtin_cpu_supports("avx512ifma") && __builtin_cpu_supports("avx512vbmi") &&
           __builtin_cpu_supports("avx512vbmi2");
}
#elif defined(__aarch64__)
csv_index_fn csv_index_neon;
csv_count_fn csv_count_neon;
csv_index_halved_fn csv_index_halved_neon;
csv_utf8_fn csv_utf8_neon;
#endif

/* The best first. */
static const struct {
    bool (*have)(csv_hidden_fn *hidden);
    csv_isa isa;
} sets[] = {
#if defined(__x86_64__)
    {have_avx512,
     {"avx512", csv_index_avx512, csv_count_avx512, csv_index_halved_avx512, csv_utf8_avx512}},
    {have_avx2, {"avx2", csv_index_avx2, csv_count_avx2, csv_index_halved_avx2, csv_utf8_avx2}},
#elif defined(__aarch64__)
    {have_scalar,
     {"neon", csv_index_neon, csv_count_neon, csv_index_halved_neon,
      csv_utf8_neon}}, /* every aarch64 has it */
#endif
    {have_scalar, {"scalar", csv_index_scalar, csv_count_scalar, csv_index_halved_scalar, NULL}},
};

const csv_isa *csv_isa_choose(const char *forced, csv_hidden_fn *hidden)
{
    for (size_t i = 0; i < sizeof sets / sizeof *sets; i++)
        if ((forced == NULL || strcmp(forced, sets[i].isa.name) == 0) && sets[i].have(hidden))
            return &sets[i].isa;
    return NULL;
}
