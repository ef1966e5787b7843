/* How a pack shares its memory between threads, pieces of text, buffers and dictionaries. */
#include "ingest/ingest.h"

#define MEMORY_DEFAULT (UINT64_C(256) << 20)
#define RECORD_MOST (UINT64_C(1) << 31) /* positions in a record have 32 bits */
#define THREADS_MOST 256u
#define PIECES_SHARE 16u /* all pieces together take this part of the memory */
#define PIECE_LEAST (128u << 10)
#define PIECE_MOST (256u << 20)
#define PIECE_FEW 4096u
#define PIECE_SMALLEST 16u
#define BUFFER_MEMORY                                                                              \
    760u /* a buffer, the least it takes of values, validity and text, its bounds */

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
    /* With so many that the pieces get small, each waits for its turn more often than it works. */
    limit_threads(limits, limits->memory / PIECES_SHARE / PIECE_LEAST);
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

void ing_choose_piece(ing_limits *limits, const ing_text *text)
{
    uint64_t average = text->rows ? text->source.length / text->rows : 0, piece = PIECE_LEAST,
             most = limits->memory / PIECES_SHARE / limits->threads;
    if (most > PIECE_MOST)
        most = PIECE_MOST;
    while (piece < 32 * average && piece * 2 <= most)
        piece *= 2;
    while (piece > most && piece > PIECE_FEW)
        piece /= 2;
    if (limits->window != 0)
        piece = limits->window < PIECE_SMALLEST ? PIECE_SMALLEST
                : limits->window < most         ? limits->window
                                                : most;
    limits->piece = (size_t)piece;
}
