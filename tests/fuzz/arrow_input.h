/* The input of a fuzz target that makes Arrow structures, and the memory of those structures. */
#ifndef ARROW_INPUT_H
#define ARROW_INPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Returns the next byte of the input; 0 behind its end. */
unsigned arrow_byte(void);
/* Begins a sequence of numbers for what is long, and returns its next one. */
void arrow_begin_noise(uint64_t seed);
uint64_t arrow_noise(void);
/* Returns true if the input wants a lie here. */
bool arrow_lies(void);
/* Returns a number that no length, offset or count can be. */
int64_t arrow_lie(void);

/* The memory of one base structure. */
typedef struct arrow_owner arrow_owner;
/* Makes the owner of what arrow_take() gives from now on. */
arrow_owner *arrow_new_owner(void);
void arrow_free_owner(arrow_owner *owner);
/* Returns exactly `size` bytes, zeroed. */
void *arrow_take(size_t size);
void *arrow_take_copy(const void *bytes, size_t size);

#endif
