/* Names: finding one by the index, and checking them. */
#include "format/bytes.h"
#include "format/descriptor.h"
#include "format/hash.h"
#include "format/header.h"
#include "format/names.h"
#include "format/ondisk.h"
#include "format/text.h"
#include "format/utf8.h"

/* Finds the first entry of the index whose hash is at least `hash`. */
static uint64_t lower_bound(const uint8_t *index, uint64_t n, uint64_t hash)
{
    uint64_t low = 0;
    while (n) {
        uint64_t half = n / 2;
        if (fmt_load64(index + (low + half) * FMT_INDEX_ENTRY_SIZE + FMT_I_HASH) < hash) {
            low += half + 1;
            n -= half + 1;
        } else {
            n = half;
        }
    }
    return low;
}

int fmt_name_find(const fmt_header *h, const uint8_t *file, const char *name, uint64_t length,
                  uint32_t *column, fmt_fault *fault)
{
    const uint8_t *index = file + h->regions[FMT_REGION_NAME_INDEX].offset;
    const uint8_t *names = file + h->regions[FMT_REGION_NAMES].offset;
    uint64_t hash = fmt_hash(name, length);
    for (uint64_t i = lower_bound(index, h->columns, hash); i < h->columns; i++) {
        uint8_t entry[FMT_INDEX_ENTRY_SIZE];
        fmt_descriptor d;
        memcpy(entry, index + i * FMT_INDEX_ENTRY_SIZE, sizeof entry);
        if (fmt_load64(entry + FMT_I_HASH) != hash)
            break;
        uint32_t candidate = fmt_load32(entry + FMT_I_COLUMN);
        if (candidate >= h->columns) {
            return fmt_fail(fault, FMT_NAME_INDEX, "F-32",
                            h->regions[FMT_REGION_NAME_INDEX].offset + i * FMT_INDEX_ENTRY_SIZE,
                            "the name index points at column %u", candidate);
        }
        int code = fmt_descriptor_decode(file + fmt_descriptor_offset(h, candidate), h, candidate,
                                         &d, fault);
        if (code && code != FMT_COLUMN_UNSUPPORTED)
            return code;
        /* the name itself decides; the descriptor's check has shown that it is inside the names */
        if (fmt_text_equal(names + d.name_offset, d.name_length, name, length)) {
            *column = candidate;
            return FMT_OK;
        }
    }
    *column = FMT_NONE32;
    return FMT_OK;
}

/* A text of the names part. */
typedef struct text {
    uint64_t start, length, hash;
    bool is_zone;
} text;

/* Checks a text: inside the names part, not too long, matching its hash, ended by a NUL and without
 * another, UTF-8. */
static int check_text(const fmt_header *h, const uint8_t *names, const text *t, int64_t column,
                      fmt_fault *fault)
{
    const char *what = NULL, *rule = t->is_zone ? "F-25" : "F-31";
    const uint64_t part = h->regions[FMT_REGION_NAMES].offset;
    if (t->length > (t->is_zone ? FMT_ZONE_NAME_MAX : FMT_NAME_MAX) ||
        !fmt_within(t->start, t->length + 1, h->regions[FMT_REGION_NAMES].length)) {
        return fmt_fail_at(fault, FMT_NAME, rule, part, column, -1,
                           "a name or time zone is too long or outside the names");
    }
    const uint8_t *bytes = names + t->start;
    if (fmt_hash(bytes, t->length) != t->hash)
        what = "does not match its hash";
    else if (bytes[t->length] != 0)
        what = "does not end in a NUL";
    else if (memchr(bytes, 0, t->length + 1) != bytes + t->length)
        what = "contains a NUL";
    else if (fmt_utf8_check(bytes, t->length) != SIZE_MAX)
        what = "is not UTF-8";
    if (what == NULL)
        return FMT_OK;
    return fmt_fail_at(fault, FMT_NAME, rule, part + t->start, column, -1, "the column's %s %s",
                       t->is_zone ? "time zone" : "name", what);
}

int fmt_check_column_name(const fmt_header *h, const fmt_descriptor *d, uint32_t column,
                          const uint8_t *names, fmt_fault *fault)
{
    const text name = {d->name_offset, d->name_length, d->name_hash, false};
    const text zone = {d->zone_offset, d->zone_length, d->zone_hash, true};
    int code = check_text(h, names, &name, column, fault);
    if (code != FMT_OK || d->zone_length == 0)
        return code;
    return check_text(h, names, &zone, column, fault);
}

int fmt_check_names(const fmt_table *t, fmt_fault *fault)
{
    const fmt_header *h = &t->header;
    uint64_t start = h->regions[FMT_REGION_NAMES].offset;
    uint64_t next = 0; /* where the next text must start */
    for (uint32_t i = 0; i < h->columns; i++) {
        const fmt_descriptor *d = &t->descriptors[i];
        if (d->name_offset != next ||
            (d->zone_length && d->zone_offset != next + d->name_length + 1))
            return fmt_fail_at(fault, FMT_NAME, "F-30", start + next, i, -1,
                               "the column's name or zone is not the next in the names");
        int code = fmt_check_column_name(h, d, i, t->names, fault);
        if (code != FMT_OK)
            return code;
        next += (uint64_t)d->name_length + 1 + (d->zone_length ? (uint64_t)d->zone_length + 1 : 0);
    }
    if (next != t->names_length)
        return fmt_fail(fault, FMT_NAME, "F-30", start + next, "bytes follow the last name");
    return FMT_OK;
}

int fmt_check_name_index(const fmt_table *t, const uint8_t *index, fmt_fault *fault)
{
    const fmt_descriptor *before = NULL;
    bool lenient = fmt_header_has_unknown(&t->header); /* F-3 */
    for (uint32_t i = 0; i < t->header.columns; i++) {
        uint8_t entry[FMT_INDEX_ENTRY_SIZE];
        const char *what = NULL;
        memcpy(entry, index + (uint64_t)i * FMT_INDEX_ENTRY_SIZE, sizeof entry);
        uint32_t column = fmt_load32(entry + FMT_I_COLUMN);
        const fmt_descriptor *d = column < t->header.columns ? &t->descriptors[column] : NULL;
        if (d == NULL) {
            what = "points at a column that is not there";
        } else if (fmt_load64(entry + FMT_I_HASH) != d->name_hash ||
                   (!lenient && fmt_load32(entry + FMT_I_ZERO) != 0)) {
            what = "is not the one of its column";
        } else if (before != NULL) {
            int order = (before->name_hash > d->name_hash) - (before->name_hash < d->name_hash);
            if (order == 0)
                order = fmt_text_order(t->names + before->name_offset, before->name_length,
                                       t->names + d->name_offset, d->name_length);
            what = order < 0 ? NULL : order == 0 ? "repeats a name" : "is not in order";
        }
        if (what != NULL) {
            uint64_t at = t->header.regions[FMT_REGION_NAME_INDEX].offset +
                          (uint64_t)i * FMT_INDEX_ENTRY_SIZE;
            return fmt_fail_at(fault, FMT_NAME_INDEX, "F-32", at, d != NULL ? (int64_t)column : -1,
                               -1, "entry %u of the name index %s", i, what);
        }
        before = d;
    }
    return FMT_OK;
}
