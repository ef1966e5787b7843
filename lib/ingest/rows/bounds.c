/* The smallest and largest of many strings (F-47). Of a huge string only the beginning is kept; if
 * that does not decide, the rest is read back from the sink. */
#include <stdlib.h>
#include <string.h>

#include "ingest/rows/rows.h"

#define KEPT 4096u    /* bytes kept of a string that is in the sink */
#define AT_ONCE 4096u /* bytes read back at a time */

/* One of two strings that are compared. */
typedef struct side {
    const char *s;
    uint64_t n, pos;
} side;

static uint64_t kept_of(uint64_t n, uint64_t pos)
{
    return pos == ING_NO_POS || n < KEPT ? n : KEPT;
}

/* Gets `want` bytes at `at` of the string: *bytes points to them, where they are kept or in `buf`.
 * Returns IO. */
static shmcol_status bytes_of(const ing_bounds *b, const side *x, uint64_t at, size_t want,
                              char *buf, const char **bytes, shmcol_error *err)
{
    *bytes = x->s + at;
    if (x->pos == ING_NO_POS || at + want <= kept_of(x->n, x->pos))
        return SHMCOL_OK;
    *bytes = buf;
    return sink_read(b->sink, b->bytes, x->pos + at, buf, want, err);
}

/* Compares two strings, as fmt_text_order. In a dry run nothing was written to be read back, and
 * the report shows only the beginning: strings that begin the same are taken as equal but for their
 * lengths. */
static shmcol_status compare(const ing_bounds *b, const side *x, const side *y, int *order,
                             shmcol_error *err)
{
    uint64_t common = x->n < y->n ? x->n : y->n, kept_x = kept_of(x->n, x->pos),
             kept_y = kept_of(y->n, y->pos);
    uint64_t at = kept_x < kept_y ? kept_x : kept_y;
    if (at > common)
        at = common;
    *order = memcmp(x->s, y->s, at);
    while (*order == 0 && at < common && b->sink != NULL) {
        char buf[2][AT_ONCE];
        const char *p, *q;
        size_t want = common - at < AT_ONCE ? (size_t)(common - at) : AT_ONCE;
        shmcol_status status = bytes_of(b, x, at, want, buf[0], &p, err);
        if (status == SHMCOL_OK)
            status = bytes_of(b, y, at, want, buf[1], &q, err);
        if (status != SHMCOL_OK)
            return status;
        *order = memcmp(p, q, want);
        at += want;
    }
    if (*order == 0)
        *order = (x->n > y->n) - (x->n < y->n);
    return SHMCOL_OK;
}

static void drop_texts(ing_bounds *b)
{
    if (b->text[1] != b->text[0])
        free(b->text[1]);
    free(b->text[0]);
    b->text[0] = b->text[1] = NULL;
}

/* Keeps the string as the bounds `first` to `last`: as one of them, or as both (the first string is
 * the smallest and the largest; the bounds share one copy). Returns DONE, NO_MEMORY. */
static ing_result keep(ing_bounds *b, int first, int last, const side *x)
{
    uint64_t n = kept_of(x->n, x->pos);
    bool shared = b->text[0] == b->text[1];
    if (first != last || shared || n + 16 > b->capacity[first]) {
        char *text = malloc(n + 16);
        if (text == NULL)
            return ING_NO_MEMORY;
        if (first != last)
            drop_texts(b);
        else if (!shared)
            free(b->text[first]);
        for (int i = first; i <= last; i++) {
            b->text[i] = text;
            b->capacity[i] = n + 16;
        }
    }
    memcpy(b->text[first], x->s, n);
    for (int i = first; i <= last; i++) {
        b->length[i] = x->n;
        b->pos[i] = x->pos;
    }
    b->any = true;
    return ING_DONE;
}

ing_result ing_bounds_take(ing_bounds *b, const char *s, uint64_t n, uint64_t pos,
                           shmcol_error *err)
{
    const side x = {s, n, pos};
    int order;
    if (!b->any)
        return keep(b, 0, 1, &x);
    for (int i = 1; i >= 0; i--) { /* the largest first: many columns ascend */
        const side bound = {b->text[i], b->length[i], b->pos[i]};
        if (compare(b, &x, &bound, &order, err))
            return ING_FAILED;
        if (i == 0 ? order < 0 : order > 0)
            return keep(b, i, i, &x);
        b->descends |= i == 1 && order < 0;
    }
    return ING_DONE;
}

ing_result ing_bounds_join(ing_bounds *into, const ing_bounds *from, shmcol_error *err)
{
    ing_result result = ING_DONE;
    into->descends |= from->descends;
    for (int i = 0; i < 2 && from->any && result == ING_DONE; i++)
        result = ing_bounds_take(into, from->text[i], from->length[i], from->pos[i], err);
    return result;
}

ing_result ing_bounds_compare(const ing_bounds *before, const ing_bounds *after, bool *descends,
                              shmcol_error *err)
{
    const side largest = {before->text[1], before->length[1], before->pos[1]},
               smallest = {after->text[0], after->length[0], after->pos[0]};
    int order;
    if (compare(before, &smallest, &largest, &order, err))
        return ING_FAILED;
    *descends |= order < 0;
    return ING_DONE;
}

void ing_bounds_begin(ing_bounds *b, sink *written, sink_region bytes)
{
    drop_texts(b);
    b->any = b->descends = false;
    b->sink = written;
    b->bytes = bytes;
}

void ing_bounds_free(ing_bounds *b)
{
    drop_texts(b);
    b->any = false;
}
