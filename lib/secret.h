/* The secret of a hash table whose keys come from outside. The maker of a file must not be able to
 * choose texts that all fall into one slot of the table: a search there would have to look at all
 * of them. */
#ifndef SHMCOL_SECRET_H
#define SHMCOL_SECRET_H

#include <stddef.h>
#include <stdint.h>

/* Returns 64 bits that nobody outside this process can predict, different ones at every call. A
 * table gets one when it is made, and keeps it. No result that a user sees may depend on it. Cannot
 * fail: if the system gives no random bytes, the time and an address replace them. */
uint64_t shm_secret(void);

/* Returns the hash of `length` bytes under a secret: XXH3 with that seed. `data` may be NULL where
 * length is 0. */
uint64_t shm_keyed_hash(const void *data, size_t length, uint64_t secret);

#endif
