/* A consumer that trusts the Arrow C data interface. */
#ifndef FUZZ_WALK_H
#define FUZZ_WALK_H

#include <stdbool.h>
#include <stdint.h>

#include "shmcol.h"

/* Reads every byte, so that the sanitizer sees each. */
void walk_touch(const void *data, uint64_t length);

/* Walks an array as a consumer that trusts the Arrow C data interface: every buffer is read to its
 * stated length, offsets ascend and end inside their bytes, codes of valid rows lie inside the
 * dictionary, null_count is the bitmap's. `verified`: texts are UTF-8 (an export without a check
 * before it does not promise that). What breaks a rule ends the process. */
void walk_array(const struct ArrowSchema *schema, const struct ArrowArray *array, bool verified);

#endif
