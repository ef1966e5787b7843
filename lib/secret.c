/* Keys for hash tables: random where the system has random bytes. */
#include "secret.h"

#include "format/hash.h"
#include "sys/sys.h"

uint64_t shm_secret(void)
{
    uint64_t secret = 0;
    if (sys_random(&secret, sizeof secret) == 0)
        return secret;
    const uint64_t here[] = {(uint64_t)(uintptr_t)&secret, (uint64_t)(sys_seconds() * 1e9)};
    return fmt_hash(here, sizeof here);
}

uint64_t shm_keyed_hash(const void *data, size_t length, uint64_t secret)
{
    return fmt_hash_seed(data, length, secret);
}
