/* Helpers of the fuzz targets. */
#ifndef FUZZ_H
#define FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerInitialize(int *argc, char ***argv);
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max_size);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed);

/* ---- count.c ---- */

/* Counts one execution. `deep`: it passed the checks that end most inputs (the level `structure`
 * where the input is a file). At exit the target prints "reached N of M executions (P%)", which
 * ./dev fuzz reads. */
void fuzz_count(bool deep);

/* ---- place.c: a folder of the target's own, in memory where the machine has such a place ---- */

/* Makes the folder; it is removed at exit with everything in it. */
const char *fuzz_folder(void);
/* Writes `size` bytes to `path`, which becomes exactly as long. */
void fuzz_write(const char *path, const uint8_t *data, size_t size);
/* Removes a folder with everything in it; it need not be there. */
void fuzz_empty(const char *path);

/* ---- reseal.c ---- */

/* Repairs the hashes, the order of the name index and the ids of a mutated file, as far as its
 * fields point into the file. Otherwise every mutation would end at the first hash. */
void fuzz_reseal(uint8_t *file, size_t size);
/* Repairs all of that but file_id and content_id, which mean something else in a table that is
 * populated. */
void fuzz_reseal_front(uint8_t *file, size_t size);

/* ---- form.c: the two forms of a file in memory ---- */

/* Writes the other form of a file (compressed: the one that is wanted) to `out` of `room` bytes.
 * Returns its length, or 0 where the file is not good enough or the other form too long. */
size_t fuzz_other_form(const uint8_t *file, size_t size, bool compressed, uint8_t *out,
                       size_t room);
/* F-16: content_id of a compressed file whose frames can be decompressed. */
bool fuzz_content_id(const uint8_t *file, size_t size, uint8_t id[16]);

/* ---- mutate.c ---- */

/* Changes some fields or bytes of a file, leaves anything else to libFuzzer. Returns the new size.
 * Repairs no hash. */
size_t fuzz_mutate(uint8_t *data, size_t size, size_t max_size, unsigned seed);
bool fuzz_is_file(const uint8_t *data, size_t size);
/* Keeps a copy of one of the last inputs that got deep. */
void fuzz_keep(const uint8_t *data, size_t size);
/* Replaces every second input by a kept one. Returns the size. libFuzzer collects inputs that reach
 * new code: most of them are refused in a new way, and so are their mutants. */
size_t fuzz_kept(uint8_t *data, size_t size, size_t max_size, unsigned seed);
/* Returns the next number of a mutator's sequence. */
uint64_t fuzz_random(uint64_t *state);

#endif
