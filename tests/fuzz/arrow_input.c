/* The input that decides, and the memory of the structures. */
#include "arrow_input.h"

#include <stdlib.h>
#include <string.h>

#include "arrow_make.h"

/* ---- the input ---- */

static const uint8_t *input;
static size_t input_left;
static uint64_t noise;

void arrow_begin(const uint8_t *data, size_t size)
{
    input = data;
    input_left = size;
    noise = 0;
}

unsigned arrow_byte(void)
{
    if (input_left == 0)
        return 0;
    input_left--;
    return *input++;
}

unsigned arrow_below(unsigned n)
{
    return arrow_byte() % n;
}

void arrow_begin_noise(uint64_t seed)
{
    noise = seed;
}

uint64_t arrow_noise(void)
{
    noise = noise * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return noise >> 16;
}

bool arrow_lies(void)
{
    return arrow_below(20) == 19;
}

int64_t arrow_lie(void)
{
    static const int64_t lies[] = {-1,        INT64_MIN,     INT64_MIN + 1,    -3,
                                   INT64_MAX, INT64_MAX - 1, INT64_C(1) << 62, INT64_C(1) << 61};
    return lies[arrow_below(8)];
}

/* ---- memory of one base structure ---- */

struct arrow_owner {
    void *blocks[512];
    int n;
};

int arrow_live;

static arrow_owner *now; /* owns what arrow_take() gives */

void *arrow_take(size_t size)
{
    if (now->n == 512)
        abort();
    void *block = calloc(1, size > 0 ? size : 1);
    if (block == NULL)
        abort();
    now->blocks[now->n++] = block;
    return block;
}

void *arrow_take_copy(const void *bytes, size_t size)
{
    void *block = arrow_take(size);
    if (size > 0)
        memcpy(block, bytes, size);
    return block;
}

arrow_owner *arrow_new_owner(void)
{
    now = calloc(1, sizeof *now);
    if (now == NULL)
        abort();
    arrow_live++;
    return now;
}

void arrow_free_owner(arrow_owner *owner)
{
    for (int i = 0; i < owner->n; i++)
        free(owner->blocks[i]);
    free(owner);
    arrow_live--;
}
