/* Long runs of zeros. */
#include "format/bytes.h"

bool fmt_is_zero(const uint8_t *p, size_t n)
{
    size_t i = 0;
    for (; n - i >= 64; i += 64) {
        uint64_t any = 0;
        for (size_t k = 0; k < 64; k += 8)
            any |= fmt_load64(p + i + k);
        if (any != 0)
            return false;
    }
    for (; n - i >= 8; i += 8) { /* most reserved fields are a few words */
        if (fmt_load64(p + i) != 0)
            return false;
    }
    for (; i < n; i++) {
        if (p[i] != 0)
            return false;
    }
    return true;
}
