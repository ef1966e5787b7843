/* Takes rows, searches keys and gives memory back, in a column of any bytes. */
#include "rows.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { N = 37, MOST_WIDTH = 4096, MOST_BYTES = 1 << 20 };

static uint64_t choose(const shmcol_file *file, int64_t rows[N])
{
    const uint64_t all = shmcol_rows(file);
    for (uint64_t i = 0; i < N; i++)
        rows[i] = all == 0 || i % 5 == 4 ? -1 : (int64_t)(i * 7919 * (all / 3 + 1) % all);
    return N;
}

static void take(shmcol_file *file, const shmcol_column_info *c, bool verified)
{
    int64_t rows[N], offsets[N + 1];
    uint8_t validity[N / 8 + 1];
    shmcol_take_options options = SHMCOL_TAKE_OPTIONS_INIT;
    shmcol_taken taken = SHMCOL_TAKEN_INIT;
    options.rows = rows;
    options.n = choose(file, rows);
    options.flags = SHMCOL_TAKE_MISSING;
    if (c->width != 0 && c->width <= MOST_WIDTH) {
        uint8_t *out = malloc((size_t)N * c->width);
        if (out != NULL &&
            shmcol_take_with(file, c->index, &options, out, validity, NULL) != SHMCOL_OK &&
            verified)
            abort();
        free(out);
    }
    taken.offsets = offsets;
    taken.validity = validity;
    const bool texts = c->type == SHMCOL_STRING || c->type == SHMCOL_BINARY ||
                       c->type == SHMCOL_DICTIONARY || c->type == SHMCOL_LIST;
    if (shmcol_take_strings(file, c->index, &options, &taken, NULL) != SHMCOL_OK) {
        if (verified && texts)
            abort();
        return;
    }
    if (taken.data_length > MOST_BYTES || taken.n_elements > MOST_BYTES)
        return;
    taken.capacity = taken.data_length;
    taken.data = malloc((size_t)taken.capacity + 1);
    taken.string_capacity = taken.n_elements + 1;
    taken.string_offsets = malloc((size_t)taken.string_capacity * sizeof(int64_t));
    if (taken.data != NULL && taken.string_offsets != NULL &&
        shmcol_take_strings(file, c->index, &options, &taken, NULL) != SHMCOL_OK)
        abort(); /* a first call was good, and nothing changed */
    free(taken.data);
    free(taken.string_offsets);
}

static void search(shmcol_file *file, const shmcol_column_info *c)
{
    _Alignas(16) uint8_t bytes[N * 16];
    int64_t offsets[N + 1], rows[N];
    shmcol_strings texts = SHMCOL_STRINGS_INIT;
    for (unsigned i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)(i * 31);
    for (int i = 0; i <= N; i++)
        offsets[i] = i * 16;
    texts.count = N;
    texts.offsets = offsets;
    texts.data = (const char *)bytes;
    texts.data_length = sizeof bytes;
    const bool text = c->type == SHMCOL_STRING || c->type == SHMCOL_DICTIONARY;
    for (int side = SHMCOL_LEFT; side <= SHMCOL_RIGHT; side++)
        if (c->width <= 16 && shmcol_search(file, c->index, text ? (const void *)&texts : bytes, N,
                                            (shmcol_side)side, rows, NULL) == SHMCOL_OK)
            for (int i = 0; i < N; i++)
                if (rows[i] < 0 || (uint64_t)rows[i] > shmcol_rows(file))
                    abort();
}

void rows_use(shmcol_file *file, const shmcol_column_info *column, bool verified)
{
    const uint64_t rows = shmcol_rows(file);
    take(file, column, verified);
    search(file, column);
    const shmcol_status status = shmcol_release(file, column->index, rows / 3, rows / 2, NULL);
    if (status != SHMCOL_OK && verified)
        abort();
}
