/* Divides the memory between threads, extents of text, column buffers and dictionaries. */
#include "ingest/ingest.h"

#define MEMORY_DEFAULT (UINT64_C(256) << 20)
#define RECORD_MOST (UINT64_C(1) << 31) /* positions in a record have 32 bits */
#define THREADS_MOST 256u
#define EXTENTS_SHARE 16u /* all extents together take a sixteenth of the memory */
#define EXTENT_LEAST (128u << 10)
#define EXTENT_MOST (256u << 20)
#define EXTENT_FEW 4096u
#define EXTENT_SMALLEST 16u
#define BUFFER_MEMORY                                                                              \
    792u /* a column buffer with the least it needs for values, validity, text and bounds */

static void limit_threads(ing_limits *limits, uint64_t most)
{
    if (limits->threads > most)
        limits->threads = most ? (uint32_t)most : 1;
}

void ing_limits_begin(ing_limits *limits, const shmcol_csv_options *options)
{
    limits->window = options->window;
    limits->memory = options->memory ? options->memory : MEMORY_DEFAULT;
    limits->threads = options->threads ? options->threads : sys_cpu_count();
    /* With more threads the extents get so small that each thread waits more than it works. */
    limit_threads(limits, limits->memory / EXTENTS_SHARE / EXTENT_LEAST);
    limit_threads(limits, THREADS_MOST);
    limits->record = limits->memory / 2 < RECORD_MOST ? limits->memory / 2 : RECORD_MOST;
    limits->dictionaries = limits->memory / 4 > ING_DISTINCT_AUTO_MEMORY ? limits->memory / 4
                                                                         : ING_DISTINCT_AUTO_MEMORY;
}

void ing_limit_buffers(ing_limits *limits, uint32_t n_columns)
{
    limit_threads(limits, limits->memory / 4 / ((uint64_t)n_columns * BUFFER_MEMORY));
    limits->strings = limits->memory / 4 / limits->threads;
}

void ing_choose_extent(ing_limits *limits, const ing_text *text)
{
    uint64_t average = text->rows ? text->source.length / text->rows : 0, extent = EXTENT_LEAST,
             most = limits->memory / EXTENTS_SHARE / limits->threads;
    if (most > EXTENT_MOST)
        most = EXTENT_MOST;
    if (text->null_short) /* an extent may have a copy */
        most /= 2;
    while (extent < 32 * average && extent * 2 <= most)
        extent *= 2;
    while (extent > most && extent > EXTENT_FEW)
        extent /= 2;
    if (limits->window != 0)
        extent = limits->window < EXTENT_SMALLEST ? EXTENT_SMALLEST
                 : limits->window < most          ? limits->window
                                                  : most;
    limits->extent = (size_t)extent;
}
