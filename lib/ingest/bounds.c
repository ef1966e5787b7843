/* The smallest and largest of many strings (F-47). Most are told apart by their first eight bytes, as one number. */
#include <stdlib.h>
#include <string.h>

#include "ingest/ingest.h"

/* The first eight bytes as a big-endian number, zeros beyond the end: orders as the bytes do, but for ties. Reads CSV_SLACK. */
static inline uint64_t prefix_of(const char *s, uint64_t n)
{
    uint64_t word;
    memcpy(&word, s, 8);
    word = __builtin_bswap64(word);
    return n >= 8 ? word : n == 0 ? 0 : word & (UINT64_MAX << (64 - 8 * n));
}

static int compare(const char *a, uint64_t a_length, const char *b, uint64_t b_length)
{
    int order = memcmp(a, b, a_length < b_length ? a_length : b_length);
    return order != 0 ? order : (a_length > b_length) - (a_length < b_length);
}

/* The first string is the smallest and the largest, in one copy, that text[0] and text[1] share: strings may be huge. */
static bool keep_first(ing_bounds *b, const char *s, uint64_t n, uint64_t prefix)
{
    char *text = malloc(n + 16);
    if (text == NULL)
        return false;
    ing_bounds_free(b);
    memcpy(text, s, n);
    b->text[0] = b->text[1] = text;
    b->length[0] = b->length[1] = n;
    b->capacity[0] = b->capacity[1] = n + 16;
    b->prefix[0] = b->prefix[1] = prefix;
    b->any = true;
    return true;
}

static bool keep(ing_bounds *b, int which, const char *s, uint64_t n, uint64_t prefix)
{
    bool shared = b->text[0] == b->text[1];
    if (shared || n > b->capacity[which]) {
        char *text = malloc(n + 16);
        if (text == NULL)
            return false;
        if (!shared)
            free(b->text[which]);
        b->text[which] = text;
        b->capacity[which] = n + 16;
    }
    memcpy(b->text[which], s, n);
    b->length[which] = n;
    b->prefix[which] = prefix;
    return true;
}

bool ing_bounds_add(ing_bounds *b, const char *s, uint64_t n)
{
    uint64_t prefix = prefix_of(s, n);
    if (__builtin_expect(b->any && prefix > b->prefix[0] && prefix < b->prefix[1], 1))
        return true;
    if (!b->any)
        return keep_first(b, s, n, prefix);
    if (compare(s, n, b->text[0], b->length[0]) < 0)
        return keep(b, 0, s, n, prefix);
    return compare(s, n, b->text[1], b->length[1]) <= 0 || keep(b, 1, s, n, prefix);
}

void ing_bounds_free(ing_bounds *b)
{
    if (b->text[1] != b->text[0])
        free(b->text[1]);
    free(b->text[0]);
    memset(b, 0, sizeof *b);
}
