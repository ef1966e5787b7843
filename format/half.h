/* Half floats, IEEE 754 binary16 (F-24). */
#ifndef SHMCOL_FORMAT_HALF_H
#define SHMCOL_FORMAT_HALF_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

static inline bool fmt_half_is_nan(uint16_t half)
{
    return (half & 0x7FFF) > 0x7C00;
}

/* Returns the value of a half float. Each has one, which a float holds exactly. No step makes a
 * subnormal float, which some processes let the machine take for zero. */
static inline float fmt_half_value(uint16_t half)
{
    uint32_t magnitude = half & 0x7FFFu, bits;
    float small = (float)magnitude * 0x1p-24f; /* of a subnormal half float */
    memcpy(&bits, &small, sizeof bits);
    if (magnitude >= 0x400)
        bits = (magnitude << 13) + (magnitude < 0x7C00 ? 112u << 23 : 224u << 23);
    bits |= (uint32_t)(half & 0x8000) << 16;
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

#endif
