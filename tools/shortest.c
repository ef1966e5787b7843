/* Shortest decimals by Schubfach (R. Giulietti, "The Schubfach way to render doubles", 2020).
 *
 * A number c * 2^q is what every decimal between its two half-way points reads back as (the points
 * themselves where c is even). Where 10^k is not longer than that interval and 10^(k+1) is, it
 * holds at least one multiple of 10^k and at most one of 10^(k+1). So the candidates are four: the
 * multiples of 10^(k+1) around the number, and if not exactly one of them is inside, those of 10^k.
 * All of it is decided in whole numbers: the number and both half-way points, times four, are
 * scaled by 10^-k, whose 128 leading bits stand in a table, and rounded to odd, which keeps every
 * comparison right. The paper proves 126 bits enough. */
#include "shortest.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

__extension__ typedef unsigned __int128 u128;

#define POWER_LEAST (-292)

static const uint64_t powers[617][2] = {
#include "shortest_powers.h"
};

static const char pairs[201] = "0001020304050607080910111213141516171819202122232425262728293031323"
                               "334353637383940414243444546474849"
                               "5051525354555657585960616263646566676869707172737475767778798081828"
                               "384858687888990919293949596979899";

/* Returns x * power / 2^128, rounded to odd: the whole part, its last bit set where anything was
 * cut off. The table's value is up to one unit too large, so that a remainder of 1 may come of an
 * exact result and never of another. */
static uint64_t scale(const uint64_t power[2], uint64_t x)
{
    const u128 product = (u128)power[0] * x + (uint64_t)(((u128)power[1] * x) >> 64);
    return (uint64_t)(product >> 64) | ((uint64_t)product > 1);
}

/* Finds the shortest decimal digits * 10^*exponent for c * 2^q, c > 0. close_below: c is the least
 * of its binade, its lower neighbour half as far away. */
static uint64_t shortest_digits(uint64_t c, int q, bool close_below, int *exponent)
{
    /* floor(log10(2^q)), or of 3/4 of it */
    const int k = (q * 1262611 - (close_below ? 524031 : 0)) >> 22;
    const int up = q + ((-k * 1741647) >> 19) + 1; /* with floor(log2(10^-k)): 1 … 4 */
    const uint64_t *const power = powers[-k - POWER_LEAST];
    const uint64_t open = c & 1;
    const uint64_t value = scale(power, (4 * c) << up);
    const uint64_t lower = scale(power, (4 * c - (close_below ? 1 : 2)) << up) + open;
    const uint64_t upper = scale(power, (4 * c + 2) << up) - open;
    const uint64_t down = value / 4;
    if (down >= 10) {
        const uint64_t tens = down / 10;
        const bool down_inside = lower <= 40 * tens;
        const bool up_inside = 40 * tens + 40 <= upper;
        if (down_inside != up_inside) {
            *exponent = k + 1;
            return tens + up_inside;
        }
    }
    *exponent = k;
    const bool down_inside = lower <= 4 * down;
    const bool up_inside = 4 * down + 4 <= upper;
    if (down_inside != up_inside) {
        return down + up_inside;
    }
    const uint64_t middle = 4 * down + 2;
    return down + (value > middle || (value == middle && (down & 1) != 0));
}

/* Writes the number's digits without a sign. Returns their count. */
static int write_digits(uint64_t number, char *out)
{
    char reversed[24];
    int at = (int)sizeof reversed;
    while (number >= 100) {
        at -= 2;
        memcpy(reversed + at, pairs + 2 * (number % 100), 2);
        number /= 100;
    }
    at -= 2;
    memcpy(reversed + at, pairs + 2 * number, 2);
    at += number < 10;
    const int count = (int)sizeof reversed - at;
    memcpy(out, reversed + at, (size_t)count);
    return count;
}

static uint64_t strip_zeros(uint64_t number, int *exponent)
{
    if (number % 100000000 == 0) {
        number /= 100000000;
        *exponent += 8;
    }
    while (number % 10 == 0) {
        number /= 10;
        *exponent += 1;
    }
    return number;
}

/* Writes digits * 10^exponent as repr spells it: with an exponent from 10^16 up and below 10^-4,
 * else plain and with a fraction in any case. */
static char *write_decimal(uint64_t digits, int exponent, char *out)
{
    char text[24];
    const int count = write_digits(strip_zeros(digits, &exponent), text);
    const int point = count + exponent; /* place of the decimal point, from the first digit */
    if (point > 16 || point <= -4) {
        *out++ = text[0];
        if (count > 1) {
            *out++ = '.';
            memcpy(out, text + 1, (size_t)count - 1);
            out += count - 1;
        }
        const unsigned power = (unsigned)(point > 0 ? point - 1 : 1 - point);
        *out++ = 'e';
        *out++ = point > 0 ? '+' : '-';
        if (power >= 100) {
            *out++ = (char)('0' + power / 100);
        }
        memcpy(out, pairs + 2 * (power % 100), 2);
        return out + 2;
    }
    if (point <= 0) {
        memcpy(out, "0.000", 5);
        out += 2 - point;
        memcpy(out, text, (size_t)count);
        return out + count;
    }
    const int whole = count < point ? count : point;
    memcpy(out, text, (size_t)whole);
    memset(out + whole, '0', (size_t)(point - whole));
    out += point;
    *out++ = '.';
    if (count <= point) {
        *out++ = '0';
        return out;
    }
    memcpy(out, text + point, (size_t)(count - point));
    return out + (count - point);
}

/* Writes a number of a binary format from its fields: precision is that of the fraction, top the
 * exponent field of infinity, least the power of two of the fraction's last place in a denormal. */
static size_t write_number(bool minus, unsigned field, uint64_t fraction, int precision,
                           unsigned top, int least, char *out)
{
    char *end = out;
    if (field == top && fraction != 0) {
        memcpy(out, "nan", 4);
        return 3;
    }
    if (minus) {
        *end++ = '-';
    }
    if (field == top) {
        memcpy(end, "inf", 3);
        end += 3;
    } else if (field == 0 && fraction == 0) {
        memcpy(end, "0.0", 3);
        end += 3;
    } else {
        const bool normal = field != 0;
        const int q = least + (normal ? (int)field - 1 : 0);
        const uint64_t c = fraction | (uint64_t)normal << precision;
        int exponent;
        const uint64_t digits = shortest_digits(c, q, fraction == 0 && field > 1, &exponent);
        end = write_decimal(digits, exponent, end);
    }
    *end = '\0';
    return (size_t)(end - out);
}

size_t shortest_double(double value, char out[SHORTEST_SIZE])
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    return write_number(bits >> 63 != 0, (unsigned)(bits >> 52) & 0x7ff, bits & 0xfffffffffffffu,
                        52, 0x7ff, -1074, out);
}

size_t shortest_float(float value, char out[SHORTEST_SIZE])
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    return write_number(bits >> 31 != 0, (bits >> 23) & 0xff, bits & 0x7fffffu, 23, 0xff, -149,
                        out);
}

size_t shortest_half(uint16_t bits, char out[SHORTEST_SIZE])
{
    return write_number(bits >> 15 != 0, (bits >> 10) & 0x1f, bits & 0x3ffu, 10, 0x1f, -24, out);
}
