/* The memory of one export. Every structure of the export holds one reference to it, so that
 * children that were moved out live on after their parent (Arrow C data interface, "Moving an
 * array"), and the file stays mapped until the last of them is released. */
#ifndef SHMCOL_ARROW_ARENA_H
#define SHMCOL_ARROW_ARENA_H

#include <stddef.h>

#include "shmcol.h"

typedef struct arrow_arena arrow_arena;

/* Makes an arena with one reference, which is the caller's, and retains `file` (may be NULL).
 * `expected` is a guess of the bytes that will be taken. Returns NULL without memory. */
arrow_arena *arrow_arena_new(shmcol_file *file, size_t expected);
/* Returns zeroed bytes, aligned for any type, that live as long as the arena; NULL without memory.
 */
void *arrow_arena_take(arrow_arena *arena, size_t size);
/* Adds a reference. */
void arrow_arena_retain(arrow_arena *arena);
/* Drops a reference; the last one frees the arena and closes the file. */
void arrow_arena_release(arrow_arena *arena);
/* Frees the arena whatever references there are, for an export that fails before anything was
 * handed out. */
void arrow_arena_destroy(arrow_arena *arena);

#endif
