/* The secret of a hash table whose keys come from outside. Whoever makes up a file's text must not
 * be able to choose texts that all meet in one place of the table: a search there would take as
 * long as there are texts. */
#ifndef SHMCOL_SECRET_H
#define SHMCOL_SECRET_H

#include <stddef.h>
#include <stdint.h>

/* Returns 64 bits that nobody outside this process can foresee, others at every call. A table takes
 * one when it is made (or gets it from whoever makes many tables) and keeps it. No result that a
 * user sees may depend on it. Cannot fail: where the system gives no random bytes, the time and an
 * address stand in for them. */
uint64_t shm_secret(void);

/* Returns the hash of `length` bytes under a secret: XXH3 with that seed. `data` may be NULL where
 * length is 0. */
uint64_t shm_keyed_hash(const void *data, size_t length, uint64_t secret);

#endif
