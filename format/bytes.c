/* Long runs of zeros. */
#include "format/bytes.h"

bool fmt_is_zero(const uint8_t *p, size_t n)
{
    size_t i = 0;
    for (; n - i >= 64; i += 64) {
        uint64_t any = 0;
        for (size_t k = 0; k < 64; k += 8)
            any |= fmt_load64(p + i + k);
        if (any)
            return false;
    }
    for (; i < n; i++) {
        if (p[i])
            return false;
    }
    return true;
}
