#ifndef FUZZ_RESEAL_H
#define FUZZ_RESEAL_H

#include <stddef.h>
#include <stdint.h>

/* Makes the hashes of a mutated file right again, as far as its fields lead somewhere: else every mutation would end at the first hash,
 * and what lies behind it would never be tried. */
void fuzz_reseal(uint8_t *file, size_t size);

#endif
