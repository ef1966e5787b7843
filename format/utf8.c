/* The check of UTF-8 (utf8.h). */
#include "format/utf8.h"

#include "format/bytes.h"

/* A decoder as a table of shifts: each byte's entry holds, for every state (a multiple of 6), the
 * next state, so that a step is one shift and the entry's load does not wait for the step before.
 * Björn Höhrmann's states, Per Vognsen's encoding. */
enum {
    BAD = 0,
    OK = 6,     /* between sequences */
    TAIL1 = 12, /* one continuation byte to come */
    TAIL2 = 18,
    TAIL3 = 24,
    AFTER_E0 = 30, /* A0 … BF, else overlong */
    AFTER_ED = 36, /* 80 … 9F, else a surrogate */
    AFTER_F0 = 42, /* 90 … BF, else overlong */
    AFTER_F4 = 48  /* 80 … 8F, else above U+10FFFF */
};

#define TO(from, to) ((uint64_t)(to) << (from))
#define ASCII_ TO(OK, OK)
#define C_80                                                                                       \
    (TO(TAIL1, OK) | TO(TAIL2, TAIL1) | TO(TAIL3, TAIL2) | TO(AFTER_ED, TAIL1) |                   \
     TO(AFTER_F4, TAIL2))
#define C_90                                                                                       \
    (TO(TAIL1, OK) | TO(TAIL2, TAIL1) | TO(TAIL3, TAIL2) | TO(AFTER_ED, TAIL1) |                   \
     TO(AFTER_F0, TAIL2))
#define C_A0                                                                                       \
    (TO(TAIL1, OK) | TO(TAIL2, TAIL1) | TO(TAIL3, TAIL2) | TO(AFTER_E0, TAIL1) |                   \
     TO(AFTER_F0, TAIL2))
#define R4(x) x, x, x, x
#define R16(x) R4(x), R4(x), R4(x), R4(x)

/* clang-format off */
static const uint64_t steps[256] = {
    /* 00 … 7F */
    R16(ASCII_), R16(ASCII_), R16(ASCII_), R16(ASCII_),
    R16(ASCII_), R16(ASCII_), R16(ASCII_), R16(ASCII_),
    /* 80 … BF */
    R16(C_80), R16(C_90), R16(C_A0), R16(C_A0),
    /* C0 …: two would be overlong */
    0, 0, TO(OK, TAIL1), TO(OK, TAIL1), R4(TO(OK, TAIL1)), R4(TO(OK, TAIL1)), R4(TO(OK, TAIL1)),
    /* D0 … DF */
    R16(TO(OK, TAIL1)),
    /* E0 … EB */
    TO(OK, AFTER_E0), TO(OK, TAIL2), TO(OK, TAIL2), TO(OK, TAIL2),
    R4(TO(OK, TAIL2)), R4(TO(OK, TAIL2)),
    /* EC … EF */
    TO(OK, TAIL2), TO(OK, AFTER_ED), TO(OK, TAIL2), TO(OK, TAIL2),
    /* F0 … FF */
    TO(OK, AFTER_F0), TO(OK, TAIL3), TO(OK, TAIL3), TO(OK, TAIL3), TO(OK, AFTER_F4), 0, 0, 0,
    R4(0), R4(0),
};
/* clang-format on */

#define HIGH UINT64_C(0x8080808080808080)

/* 64 bytes of ASCII. */
static inline bool ascii64(const uint8_t *p)
{
    uint64_t any = 0;
    for (size_t i = 0; i < 64; i += 8)
        any |= fmt_load64(p + i);
    return (any & HIGH) == 0;
}

static inline uint64_t run(const uint8_t *p, size_t n, uint64_t state)
{
    for (size_t i = 0; i < n; i++)
        state = (steps[p[i]] >> (state & 63)) & 63;
    return state & 63;
}

/* The exact place, once it is known that something between `from` (the start of a sequence) and
 * `length` is wrong. */
static size_t locate(const uint8_t *data, size_t from, size_t length)
{
    size_t start = from;
    uint64_t state = OK;
    for (size_t i = from; i < length; i++) {
        state = run(data + i, 1, state);
        if (state == BAD)
            return start;
        if (state == OK)
            start = i + 1;
    }
    return start;
}

/* 64 bytes of which some are not ASCII: words that are skip the decoder, where a sequence does not
 * reach into them. */
static inline uint64_t run64(const uint8_t *p, uint64_t state)
{
    for (size_t i = 0; i < 64; i += 16) {
        if (state != OK || ((fmt_load64(p + i) | fmt_load64(p + i + 8)) & HIGH))
            state = run(p + i, 16, state);
    }
    return state;
}

size_t fmt_utf8_check(const uint8_t *data, size_t length)
{
    size_t i = 0, good = 0; /* good: a sequence starts there and all before is valid */
    uint64_t state = OK;
    while (length - i >= 64) {
        if (state == OK) {
            good = i;
            if (ascii64(data + i)) {
                i += 64;
                continue;
            }
        }
        state = run64(data + i, state);
        if (state == BAD)
            return locate(data, good, length);
        i += 64;
    }
    if (state == OK)
        good = i;
    state = run(data + i, length - i, state);
    return state == OK ? SIZE_MAX : locate(data, good, length);
}
