/* The nearest double of a decimal, in three steps, each of which answers or hands on to the next:
 *
 *  1. Clinger's fast path (W. D. Clinger, "How to Read Floating Point Numbers Accurately", PLDI
 *     1990): a significand up to 2^53 and a power of ten up to 10^22 are both doubles, so that one
 *     multiplication or division rounds once and right. It stands in parse_fast.h for short
 *     decimals.
 *  2. Eisel-Lemire (D. Lemire, "Number Parsing at a Gigabyte per Second", Software: Practice and
 *     Experience 51(8), 2021): the significand times the 128 leading bits of 5^q. The product's
 *     leading bits decide but for a margin in its last place; N. Mushtak and D. Lemire ("Fast
 *     Number Parsing Without Fallback", SPE 53(6), 2023) show that with 64-bit significands and
 *     this table the margin is never met. Half-way cases are told apart by an exact product, which
 *     takes 5^q below 2^64.
 *  3. More than 19 digits: the value lies between head and head + 1 in the last place. Both mostly
 *     round to the same double. Where they do not, they round to neighbours, and the decimal is
 *     compared with the point half-way between in whole numbers (as Clinger's AlgorithmR does, in
one comparison).
 */
#include "decimal.h"

#include "parse.h"

const uint64_t parse_powers[PARSE_POWER_COUNT][2] = {
#include "powers.h"
};

const double parse_tens[23] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                               1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                               1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};

const uint64_t parse_tens_u64[20] = {1u,
                                     10u,
                                     100u,
                                     1000u,
                                     10000u,
                                     100000u,
                                     1000000u,
                                     10000000u,
                                     100000000u,
                                     1000000000u,
                                     10000000000u,
                                     100000000000u,
                                     1000000000000u,
                                     10000000000000u,
                                     100000000000000u,
                                     1000000000000000u,
                                     10000000000000000u,
                                     100000000000000000u,
                                     1000000000000000000u,
                                     10000000000000000000u};

#define INFINITY_BITS 0x7ff0000000000000u
#define HIDDEN_BIT 0x0010000000000000u

/* head * 10^exponent by Eisel-Lemire. */
static uint64_t eisel_lemire(uint64_t head, int64_t exponent)
{
    if (head == 0 || exponent < PARSE_POWER_LEAST) {
        return 0; /* 10^19 * 10^-343 is below half of the least denormal */
    }
    if (exponent >= PARSE_POWER_LEAST + PARSE_POWER_COUNT) {
        return INFINITY_BITS;
    }
    const int q = (int)exponent;
    const uint64_t *const power = parse_powers[q - PARSE_POWER_LEAST];
    const int zeros = __builtin_clzll(head);
    const uint64_t normal = head << zeros;
    const parse_u128 product = (parse_u128)normal * power[0];
    uint64_t high = (uint64_t)(product >> 64);
    uint64_t low = (uint64_t)product;
    if ((high & 0x1ff) == 0x1ff) {
        /* The nine bits below the result's 55 could be carried over by the power's lower half. */
        const uint64_t carry = (uint64_t)(((parse_u128)normal * power[1]) >> 64);
        low += carry;
        high += low < carry;
    }
    const int upper = (int)(high >> 63);
    uint64_t mantissa = high >> (upper + 9); /* 54 bits: the result's 53 and the one that rounds */
    /* The binary exponent of 10^q is floor(q * log2(10)); 217706 / 2^16 is near enough over the
     * whole range. */
    int biased = ((217706 * q) >> 16) + 63 + upper - zeros + 1023;
    if (biased <= 0) {
        /* Denormal: the rounding bit sits higher. A tie cannot be: it would need more than 64 bits
         * of head. */
        const int shift = 1 - biased;
        mantissa = shift >= 64 ? 0 : mantissa >> shift;
        /* Rounded up to 2^52 these are the bits of the least normal number. */
        return (mantissa + 1) >> 1;
    }
    /* Half-way exactly, and the even one is below. */
    if (low <= 1 && q >= -4 && q <= 23 && (mantissa & 3) == 1 && mantissa << (upper + 9) == high) {
        mantissa &= ~(uint64_t)1;
    }
    mantissa = (mantissa + 1) >> 1;
    if (mantissa == HIDDEN_BIT << 1) {
        mantissa = HIDDEN_BIT;
        biased++;
    }
    if (biased >= 0x7ff) {
        return INFINITY_BITS;
    }
    return (uint64_t)biased << 52 | (mantissa - HIDDEN_BIT);
}

/* Whole numbers of bounded size, the lowest limb first, no zero limb on top. 801 digits have 2,661
 * bits; 54 bits times 5^1144 have 2,711. What is compared is of like size (see
 * parse_decimal_nearest), so shifts add at most a few bits to the larger. */
#define BIG_LIMBS 90
#define BIG_DIGITS 800

struct big {
    size_t count;
    uint32_t limb[BIG_LIMBS];
};

static void big_multiply_add(struct big *big, uint32_t factor, uint32_t addend)
{
    uint64_t carry = addend;
    for (size_t i = 0; i < big->count; i++) {
        carry += (uint64_t)big->limb[i] * factor;
        big->limb[i] = (uint32_t)carry;
        carry >>= 32;
    }
    if (carry != 0) {
        big->limb[big->count++] = (uint32_t)carry;
    }
}

static void big_multiply_fives(struct big *big, int64_t power)
{
    for (; power >= 13; power -= 13) {
        big_multiply_add(big, 1220703125, 0); /* 5^13 */
    }
    for (; power > 0; power--) {
        big_multiply_add(big, 5, 0);
    }
}

static void big_shift_left(struct big *big, int64_t bits)
{
    for (; bits >= 31; bits -= 31) {
        big_multiply_add(big, (uint32_t)1 << 31, 0);
    }
    big_multiply_add(big, (uint32_t)1 << bits, 0);
}

static int big_compare(const struct big *a, const struct big *b)
{
    if (a->count != b->count) {
        return a->count < b->count ? -1 : 1;
    }
    for (size_t i = a->count; i-- > 0;) {
        if (a->limb[i] != b->limb[i]) {
            return a->limb[i] < b->limb[i] ? -1 : 1;
        }
    }
    return 0;
}

/* All digits of the decimal; *exponent becomes that of the last one taken. No double and no point
 * between two has more than 768 digits, so that what follows the first 800 only matters by not
 * being zero: it is one digit 1 more. */
static void big_from_decimal(struct big *big, const struct decimal *decimal, int64_t *exponent)
{
    big->count = 0;
    *exponent = decimal->exponent;
    if (!decimal->rest) {
        big_multiply_add(big, 1, (uint32_t)(decimal->head >> 32));
        big_shift_left(big, 32);
        big_multiply_add(big, 1, (uint32_t)decimal->head);
        return;
    }
    int64_t taken = 0;
    uint32_t chunk = 0, scale = 1; /* up to nine digits at a time */
    bool sticky = false;
    for (size_t i = 0; i < decimal->size && !sticky; i++) {
        const uint32_t digit = (uint32_t)(unsigned char)decimal->text[i] - '0';
        if (digit > 9) {
            continue;
        }
        sticky = taken == BIG_DIGITS && digit != 0;
        if (taken < BIG_DIGITS) {
            chunk = chunk * 10 + digit;
            scale *= 10;
            taken++;
        }
        if (scale == 1000000000) {
            big_multiply_add(big, scale, chunk);
            chunk = 0;
            scale = 1;
        }
    }
    big_multiply_add(big, scale, chunk);
    if (sticky) {
        big_multiply_add(big, 10, 1);
        taken++;
    }
    *exponent -= taken - DECIMAL_HEAD;
}

/* The decimal compared with mantissa * 2^power: both times whatever makes them whole. */
static int compare_exactly(const struct decimal *decimal, uint64_t mantissa, int64_t power)
{
    struct big left, right = {0, {0}};
    int64_t exponent;
    big_from_decimal(&left, decimal, &exponent);
    big_multiply_add(&right, 1, (uint32_t)(mantissa >> 32));
    big_shift_left(&right, 32);
    big_multiply_add(&right, 1, (uint32_t)mantissa);
    if (exponent >= 0) {
        big_multiply_fives(&left, exponent);
    } else {
        big_multiply_fives(&right, -exponent);
    }
    if (exponent >= power) {
        big_shift_left(&left, exponent - power);
    } else {
        big_shift_left(&right, power - exponent);
    }
    return big_compare(&left, &right);
}

/* A finite double's bits as mantissa * 2^power. */
static uint64_t split(uint64_t bits, int64_t *power)
{
    const uint64_t biased = bits >> 52;
    const uint64_t fraction = bits & (HIDDEN_BIT - 1);
    *power = (biased == 0 ? 1 : (int64_t)biased) - 1075;
    return biased == 0 ? fraction : fraction | HIDDEN_BIT;
}

uint64_t parse_decimal_nearest(const struct decimal *decimal)
{
    const uint64_t low = eisel_lemire(decimal->head, decimal->exponent);
    if (!decimal->rest) {
        return low;
    }
    const uint64_t high = eisel_lemire(decimal->head + 1, decimal->exponent);
    if (low == high) {
        return low;
    }
    /* Neighbours, for the head has more digits than a double: so the decimal is about as large as
     * the point between, which is 2 * mantissa + 1 at half the unit. Above the greatest double that
     * point is where infinity begins. */
    int64_t power;
    const uint64_t mantissa = split(low, &power);
    const int order = compare_exactly(decimal, 2 * mantissa + 1, power - 1);
    return order < 0 || (order == 0 && (low & 1) == 0) ? low : high;
}

int parse_decimal_compare(const struct decimal *decimal, uint64_t bits)
{
    int64_t power;
    const uint64_t mantissa = split(bits, &power);
    return compare_exactly(decimal, mantissa, power);
}
