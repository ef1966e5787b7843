/* The body of csv_utf8_fn over vectors. The including file defines
 *   ISA(name)                        the name with the instruction set in it
 *   vec, VEC_BYTES, vec_load(p), vec_zero(), vec_all(byte)
 *   vec_and, vec_or, vec_xor, vec_subs(a, b) (unsigned, not below 0)
 *   vec_high_nibbles(v), vec_lookup(table of 16, indexes)
 *   vec_behind(v, before, n)         byte i is byte i - n of v, or of the vector before it; n is 1,
 *                                    2 or 3
 *   vec_any(v)                       whether a bit is set; vec_is_ascii(v)
 * It tests for ASCII so many bytes at once that a text that is not all ASCII stays
 * predictable. The method is that of Keiser and Lemire (Validating UTF-8 In Less Than One
 * Instruction Per Byte, 2020): three lookups, by both halves of a byte and the upper half of the
 * next, give the mistakes each of them allows; what all three allow is one. */

/* Errors of two successive bytes. Some share a bit, because the lookups never confuse them. */
enum {
    TOO_SHORT = 1 << 0,      /* a lead that no continuation follows */
    TOO_LONG = 1 << 1,       /* ASCII that a continuation follows */
    OVERLONG_3 = 1 << 2,     /* E0 80 … 9F */
    TOO_LARGE = 1 << 3,      /* F4 90 … */
    SURROGATE = 1 << 4,      /* ED A0 … */
    OVERLONG_2 = 1 << 5,     /* C0, C1 */
    TOO_LARGE_1000 = 1 << 6, /* F5 … with 80 … 8F */
    OVERLONG_4 = 1 << 6,     /* F0 80 … 8F */
    TWO_CONTS = 1 << 7, /* two continuations: right where three or four bytes are meant, which the
                           first of them has to say */
    CARRY = TOO_SHORT | TOO_LONG | TWO_CONTS
};

static const uint8_t first_high[16] = {
    TOO_LONG,
    TOO_LONG,
    TOO_LONG,
    TOO_LONG,
    TOO_LONG,
    TOO_LONG,
    TOO_LONG,
    TOO_LONG,
    TWO_CONTS,
    TWO_CONTS,
    TWO_CONTS,
    TWO_CONTS,
    TOO_SHORT | OVERLONG_2,
    TOO_SHORT,
    TOO_SHORT | OVERLONG_3 | SURROGATE,
    TOO_SHORT | TOO_LARGE | TOO_LARGE_1000 | OVERLONG_4,
};
static const uint8_t first_low[16] = {
    CARRY | OVERLONG_3 | OVERLONG_2 | OVERLONG_4,
    CARRY | OVERLONG_2,
    CARRY,
    CARRY,
    CARRY | TOO_LARGE,
    CARRY | TOO_LARGE | TOO_LARGE_1000,
    CARRY | TOO_LARGE | TOO_LARGE_1000,
    CARRY | TOO_LARGE | TOO_LARGE_1000,
    CARRY | TOO_LARGE | TOO_LARGE_1000,
    CARRY | TOO_LARGE | TOO_LARGE_1000,
    CARRY | TOO_LARGE | TOO_LARGE_1000,
    CARRY | TOO_LARGE | TOO_LARGE_1000,
    CARRY | TOO_LARGE | TOO_LARGE_1000,
    CARRY | TOO_LARGE | TOO_LARGE_1000 | SURROGATE,
    CARRY | TOO_LARGE | TOO_LARGE_1000,
    CARRY | TOO_LARGE | TOO_LARGE_1000,
};
static const uint8_t second_high[16] = {
    TOO_SHORT,
    TOO_SHORT,
    TOO_SHORT,
    TOO_SHORT,
    TOO_SHORT,
    TOO_SHORT,
    TOO_SHORT,
    TOO_SHORT,
    TOO_LONG | OVERLONG_2 | TWO_CONTS | OVERLONG_3 | TOO_LARGE_1000 | OVERLONG_4,
    TOO_LONG | OVERLONG_2 | TWO_CONTS | OVERLONG_3 | TOO_LARGE,
    TOO_LONG | OVERLONG_2 | TWO_CONTS | SURROGATE | TOO_LARGE,
    TOO_LONG | OVERLONG_2 | TWO_CONTS | SURROGATE | TOO_LARGE,
    TOO_SHORT,
    TOO_SHORT,
    TOO_SHORT,
    TOO_SHORT,
};

/* Returns the errors in v's bytes and those before them. */
static inline vec utf8_mistakes(vec v, vec before)
{
    vec first = vec_behind(v, before, 1);
    vec pairs = vec_and(vec_lookup(first_high, vec_high_nibbles(first)),
                        vec_lookup(first_low, vec_and(first, vec_all(0x0f))));
    pairs = vec_and(pairs, vec_lookup(second_high, vec_high_nibbles(v)));
    /* Bit 7 where a lead of three stands two before, or one of four three before: there, and only
     * there, two continuations are right. */
    vec third = vec_subs(vec_behind(v, before, 2), vec_all(0xe0 - 0x80)),
        fourth = vec_subs(vec_behind(v, before, 3), vec_all(0xf0 - 0x80));
    return vec_xor(vec_and(vec_or(third, fourth), vec_all(0x80)), pairs);
}

/* Returns not zero where a lead's continuations do not fit before the end of the vector. */
static inline vec utf8_unfinished(vec v)
{
    uint8_t most[VEC_BYTES];
    memset(most, 0xff, sizeof most);
    most[VEC_BYTES - 3] = 0xf0 - 1;
    most[VEC_BYTES - 2] = 0xe0 - 1;
    most[VEC_BYTES - 1] = 0xc0 - 1;
    return vec_subs(v, vec_load(most));
}

#define UTF8_PIECE 256

bool ISA(csv_utf8)(const uint8_t *buf, size_t length)
{
    vec mistakes = vec_zero(), before = vec_zero(), unfinished = vec_zero();
    uint8_t last[UTF8_PIECE] = {0};
    for (size_t i = 0; i < length; i += UTF8_PIECE) {
        const uint8_t *p = buf + i;
        if (length - i < UTF8_PIECE)
            p = memcpy(last, p, length - i); /* zeros behind it end what is unfinished */
        vec any = vec_load(p);
        for (size_t k = VEC_BYTES; k < UTF8_PIECE; k += VEC_BYTES)
            any = vec_or(any, vec_load(p + k));
        if (vec_is_ascii(any)) {
            mistakes = vec_or(mistakes, unfinished);
            unfinished = before = vec_zero();
            continue;
        }
        for (size_t k = 0; k < UTF8_PIECE; k += VEC_BYTES) {
            vec v = vec_load(p + k);
            mistakes = vec_or(mistakes, utf8_mistakes(v, before));
            before = v;
        }
        unfinished = utf8_unfinished(before);
    }
    return !vec_any(vec_or(mistakes, unfinished));
}
