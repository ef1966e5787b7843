/* Searches for texts. The first bytes of the zones' least strings give the zones in question;
 * inside them each search halves, and several take turns, so that their misses overlap. */
#include <inttypes.h>
#include <string.h>

#include "format/ondisk.h"
#include "format/text.h"
#include "format/types.h"
#include "read/pieces.h"
#include "read/search.h"
#include "read/take.h"
#include "read/zones.h"

enum { LANES = 16 };

/* A key, as the caller gave it. */
typedef struct text_key {
    const char *data;
    uint64_t length;
} text_key;

/* The rows of one search: [low, high), and the row in question. */
typedef struct lane {
    text_key key;
    uint64_t low, high;
    const text_run *run; /* of the row in question, or of its word */
    uint64_t at;         /* its number there */
    uint64_t begin, length;
} lane;

typedef struct text_search {
    const searching *s;
    text_pieces pieces;
    const uint8_t *codes; /* of a dictionary column */
    const shmcol_strings *keys;
    shmcol_error *err;
    shmcol_status status;
} text_search;

static shmcol_status damaged(const read_column *c, uint64_t row, shmcol_status status,
                             shmcol_error *err)
{
    return read_damaged_row(c->file, c->index, row, status, err);
}

static shmcol_status key_of(const text_search *t, uint64_t i, text_key *key)
{
    shmcol_status status = shmcol_string_at(t->keys, i, &key->data, &key->length);
    if (status == SHMCOL_OK && key->data == NULL) {
        shm_fail(t->err, SHMCOL_ERR_BAD_VALUE, "", "key %" PRIu64 " is null, which no row equals",
                 i);
        return read_column_error(t->s->column, SHMCOL_ERR_BAD_VALUE, t->err);
    }
    return status == SHMCOL_OK
               ? SHMCOL_OK
               : shm_fail(t->err, status, "", "the offsets of key %" PRIu64 " are damaged", i);
}

/* Tells whether a text of that order to the key comes before it. */
static bool is_before(const text_search *t, int order)
{
    return t->s->side == SHMCOL_RIGHT ? order <= 0 : order < 0;
}

/* ---- zones ---- */

enum { BEFORE, UNSURE, NOT_BEFORE };

/* Compares the least string of a zone, of which 16 bytes are known, with a key. */
static int zone_order(const text_search *t, const fmt_zone *zone, const text_key *key)
{
    enum { PREFIX = sizeof zone->min };
    int order;
    if (zone->min_length <= PREFIX)
        order = fmt_text_order(zone->min, zone->min_length, key->data, key->length);
    else
        order = fmt_text_order(zone->min, PREFIX, key->data,
                               key->length < PREFIX ? key->length : PREFIX);
    if (zone->min_length > PREFIX && order == 0) {
        if (key->length > PREFIX)
            return UNSURE;
        order = 1; /* it goes on behind the key */
    }
    return is_before(t, order) ? BEFORE : NOT_BEFORE;
}

/* Returns the first zone that is not below `least`, one of the three answers. */
static uint64_t find_zone(text_search *t, const text_key *key, uint64_t zones, int least)
{
    uint64_t low = 0, high = zones;
    while (low < high && t->status == SHMCOL_OK) {
        const uint64_t at = low + (high - low) / 2;
        fmt_zone zone;
        t->status = read_bounds(t->s->column, at, &zone, t->err);
        if (t->status == SHMCOL_OK && zone_order(t, &zone, key) < least)
            low = at + 1;
        else
            high = at;
    }
    return low;
}

/* Begins a search in the zones that may have the row. Zone maps of a dictionary column are those of
 * its codes, which need not ascend with the words. */
static void begin_lane(text_search *t, lane *l)
{
    const fmt_descriptor *d = &t->s->column->descriptor;
    const uint64_t zones = fmt_zone_count(d->length);
    l->low = 0;
    l->high = d->length;
    if (d->type == FMT_DICTIONARY)
        return;
    const uint64_t unsure = find_zone(t, &l->key, zones, UNSURE),
                   above = find_zone(t, &l->key, zones, NOT_BEFORE);
    l->low = unsure == 0 ? 0 : (unsure - 1) * FMT_ZONE_ROWS;
    if (above < zones)
        l->high = above * FMT_ZONE_ROWS;
    if (l->high < l->low)
        l->high = l->low; /* the zone maps are damaged */
}

/* ---- rows ---- */

static shmcol_status find_row(text_search *t, lane *l)
{
    const read_column *c = t->s->column;
    const uint64_t row = l->low + (l->high - l->low) / 2;
    text_piece *piece = &t->pieces.only;
    if (c->descriptor.type == FMT_DICTIONARY) {
        const int64_t code = text_code(t->codes, c->descriptor.width, row);
        if (code < 0 || (uint64_t)code >= c->dictionary.length)
            return damaged(c, row, SHMCOL_ERR_CODES, t->err);
        l->at = (uint64_t)code;
    } else {
        shmcol_status status = text_pieces_find(&t->pieces, row, &piece, &l->at, t->err);
        if (status != SHMCOL_OK)
            return status;
    }
    l->run = &piece->rows;
    take_soon(l->run->offsets + l->at);
    return SHMCOL_OK;
}

/* Takes one step in all lanes. Sets *more if one of them has rows left. */
static shmcol_status step(text_search *t, lane *lanes, unsigned n, bool *more)
{
    shmcol_status status = SHMCOL_OK;
    *more = false;
    for (unsigned i = 0; i < n && status == SHMCOL_OK; i++)
        if (lanes[i].low < lanes[i].high)
            status = find_row(t, &lanes[i]);
    for (unsigned i = 0; i < n && status == SHMCOL_OK; i++) {
        lane *l = &lanes[i];
        if (l->low >= l->high)
            continue;
        if (!text_run_row(l->run, l->at, &l->begin, &l->length))
            status = damaged(t->s->column, l->low, SHMCOL_ERR_OFFSETS, t->err);
        else
            take_soon(l->run->bytes + l->begin);
    }
    for (unsigned i = 0; i < n && status == SHMCOL_OK; i++) {
        lane *l = &lanes[i];
        if (l->low >= l->high)
            continue;
        const uint64_t row = l->low + (l->high - l->low) / 2;
        if (is_before(
                t, fmt_text_order(l->run->bytes + l->begin, l->length, l->key.data, l->key.length)))
            l->low = row + 1;
        else
            l->high = row;
        *more |= l->low < l->high;
    }
    return status;
}

static shmcol_status search_group(text_search *t, uint64_t from, unsigned n)
{
    lane lanes[LANES];
    for (unsigned i = 0; i < n; i++) {
        t->status = key_of(t, from + i, &lanes[i].key);
        if (t->status == SHMCOL_OK)
            begin_lane(t, &lanes[i]);
        if (t->status != SHMCOL_OK)
            return t->status;
    }
    for (bool more = true; more;) {
        shmcol_status status = step(t, lanes, n, &more);
        if (status != SHMCOL_OK)
            return status;
    }
    for (unsigned i = 0; i < n; i++)
        t->s->rows[from + i] = (int64_t)lanes[i].low;
    return SHMCOL_OK;
}

static void search_groups(void *arg)
{
    text_search *t = arg;
    for (uint64_t from = 0; from < t->s->n && t->status == SHMCOL_OK; from += LANES)
        t->status =
            search_group(t, from, t->s->n - from < LANES ? (unsigned)(t->s->n - from) : LANES);
}

/* ---- dictionaries that are sorted ---- */

/* Searches for the codes of keys, which ascend as the words do: a key that is no word stands where
 * its words would begin. */
static shmcol_status search_codes(text_search *t)
{
    enum { BLOCK = 256 };
    const read_column *c = t->s->column;
    searching own = *t->s;
    own.side = SHMCOL_LEFT;
    for (uint64_t from = 0; from < t->s->n; from += BLOCK) {
        int64_t codes[BLOCK];
        own.n = t->s->n - from < BLOCK ? t->s->n - from : BLOCK;
        own.rows = t->s->rows + from;
        for (uint64_t i = 0; i < own.n; i++) {
            text_key key;
            uint64_t low = 0, high = c->dictionary.length, begin, length;
            shmcol_status status = key_of(t, from + i, &key);
            while (status == SHMCOL_OK && low < high) {
                const uint64_t at = low + (high - low) / 2;
                if (!text_run_row(&t->pieces.only.rows, at, &begin, &length))
                    status = damaged(c, at, SHMCOL_ERR_OFFSETS, t->err);
                else if (is_before(t, fmt_text_order(t->pieces.only.rows.bytes + begin, length,
                                                     key.data, key.length)))
                    low = at + 1;
                else
                    high = at;
            }
            if (status != SHMCOL_OK)
                return status;
            codes[i] = (int64_t)low;
        }
        shmcol_status status = search_code_numbers(&own, t->codes, codes, t->err);
        if (status != SHMCOL_OK)
            return status;
    }
    return SHMCOL_OK;
}

/* Checks all keys, so that a bad one leaves the caller's rows as they are. */
static shmcol_status check_keys(const text_search *t)
{
    text_key key;
    shmcol_status status = SHMCOL_OK;
    for (uint64_t i = 0; i < t->s->n && status == SHMCOL_OK; i++)
        status = key_of(t, i, &key);
    return status;
}

shmcol_status search_texts(const searching *s, const shmcol_strings *keys, shmcol_error *err)
{
    const read_column *c = s->column;
    text_search t = {.s = s, .keys = keys, .err = err};
    shmcol_status status = check_keys(&t);
    if (status == SHMCOL_OK)
        status = text_pieces_begin(c, &t.pieces, err);
    if (status == SHMCOL_OK && c->descriptor.type == FMT_DICTIONARY && c->descriptor.length != 0)
        status = read_values_of(c, &t.codes, NULL, err);
    if (status != SHMCOL_OK)
        return status; /* of a dictionary, which holds no memory */
    if (c->descriptor.type == FMT_DICTIONARY && (c->dictionary.flags & FMT_FLAG_SORTED) != 0)
        return search_codes(&t);
    if (!text_pieces_hold(&t.pieces))
        search_groups(&t);
    else if ((status = read_while_held(c->file, search_groups, &t, err)) != SHMCOL_OK)
        t.status = status;
    text_pieces_end(&t.pieces);
    return t.status;
}
