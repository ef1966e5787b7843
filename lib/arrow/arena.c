/* The memory of one export: blocks that are freed together. */
#include "arrow/arena.h"

#include <stdalign.h>
#include <stdatomic.h>
#include <stdlib.h>

enum { SMALLEST_BLOCK = 4096 };

typedef struct block {
    struct block *next;
    size_t capacity, used;
    alignas(max_align_t) char bytes[];
} block;

struct arrow_arena {
    atomic_size_t references; /* consumers may release from any thread */
    shmcol_file *file;
    block *blocks;
};

static block *block_new(size_t capacity)
{
    if (capacity > SIZE_MAX - sizeof(block))
        return NULL;
    block *b = calloc(1, sizeof(block) + capacity);
    if (b != NULL)
        b->capacity = capacity;
    return b;
}

arrow_arena *arrow_arena_new(shmcol_file *file, size_t expected)
{
    arrow_arena *arena = calloc(1, sizeof *arena);
    if (arena == NULL)
        return NULL;
    arena->blocks = block_new(expected < SMALLEST_BLOCK ? SMALLEST_BLOCK : expected);
    if (arena->blocks == NULL) {
        free(arena);
        return NULL;
    }
    atomic_init(&arena->references, 1);
    arena->file = file == NULL ? NULL : shmcol_retain(file);
    return arena;
}

void *arrow_arena_take(arrow_arena *arena, size_t size)
{
    const size_t alignment = alignof(max_align_t);
    if (size > SIZE_MAX - alignment)
        return NULL;
    size = (size + alignment - 1) / alignment * alignment;
    block *b = arena->blocks;
    if (size > b->capacity - b->used) {
        b = block_new(size < SMALLEST_BLOCK ? SMALLEST_BLOCK : size);
        if (b == NULL)
            return NULL;
        b->next = arena->blocks;
        arena->blocks = b;
    }
    void *taken = b->bytes + b->used;
    b->used += size;
    return taken;
}

void arrow_arena_retain(arrow_arena *arena)
{
    atomic_fetch_add_explicit(&arena->references, 1, memory_order_relaxed);
}

void arrow_arena_destroy(arrow_arena *arena)
{
    for (block *b = arena->blocks; b != NULL;) {
        block *next = b->next;
        free(b);
        b = next;
    }
    shmcol_close(arena->file);
    free(arena);
}

void arrow_arena_release(arrow_arena *arena)
{
    if (atomic_fetch_sub_explicit(&arena->references, 1, memory_order_acq_rel) == 1)
        arrow_arena_destroy(arena);
}
