/* Names and their index to bytes. */
#include "format/bytes.h"
#include "format/hash.h"
#include "format/names.h"
#include "format/ondisk.h"
#include "format/text.h"
#include "format/utf8.h"

const char *fmt_name_problem(const char *name, uint64_t length, uint64_t limit)
{
    if (length > limit)
        return "is too long";
    if (length && memchr(name, 0, length) != NULL)
        return "contains a NUL byte";
    if (length && fmt_utf8_check((const uint8_t *)name, length) != SIZE_MAX)
        return "is not UTF-8";
    return NULL;
}

/* Appends a text and its NUL, and returns the text's offset. */
static uint64_t append(fmt_table *table, const char *text, uint32_t length)
{
    uint64_t start = table->names_length;
    if (length)
        memcpy(table->names + start, text, length);
    table->names[start + length] = 0;
    table->names_length = start + length + 1;
    return start;
}

void fmt_names_put(fmt_table *table, uint32_t column, const char *name, uint32_t name_length,
                   const char *zone, uint32_t zone_length)
{
    fmt_descriptor *d = &table->descriptors[column];
    d->name_offset = append(table, name, name_length);
    d->name_length = name_length;
    d->name_hash = fmt_hash(table->names + d->name_offset, name_length);
    d->zone_length = zone != NULL ? zone_length : 0;
    d->zone_offset = d->zone_hash = 0;
    if (d->zone_length) { /* F-25: an empty zone is none */
        d->zone_offset = append(table, zone, zone_length);
        d->zone_hash = fmt_hash(table->names + d->zone_offset, zone_length);
    }
}

typedef struct entry {
    uint64_t hash;
    uint32_t column;
} entry;

static entry load_entry(const uint8_t *index, uint64_t i)
{
    const uint8_t *p = index + i * FMT_INDEX_ENTRY_SIZE;
    return (entry){fmt_load64(p + FMT_I_HASH), fmt_load32(p + FMT_I_COLUMN)};
}

static void store_entry(uint8_t *index, uint64_t i, entry e)
{
    uint8_t *p = index + i * FMT_INDEX_ENTRY_SIZE;
    fmt_store64(p + FMT_I_HASH, e.hash);
    fmt_store32(p + FMT_I_COLUMN, e.column);
    fmt_store32(p + FMT_I_ZERO, 0);
}

/* Compares two entries in the order of F-32. Equal names compare by column, so that the fault names
 * the later one. */
static int compare(const fmt_table *table, entry a, entry b, bool *same)
{
    if (a.hash != b.hash)
        return a.hash < b.hash ? -1 : 1;
    const fmt_descriptor *x = &table->descriptors[a.column], *y = &table->descriptors[b.column];
    int order = fmt_text_order(table->names + x->name_offset, x->name_length,
                               table->names + y->name_offset, y->name_length);
    *same = order == 0;
    return order ? order : (a.column < b.column ? -1 : 1);
}

static void sift_down(const fmt_table *table, uint8_t *index, uint64_t root, uint64_t n)
{
    entry moving = load_entry(index, root);
    bool same;
    for (uint64_t child; (child = 2 * root + 1) < n; root = child) {
        entry larger = load_entry(index, child);
        if (child + 1 < n) {
            entry right = load_entry(index, child + 1);
            if (compare(table, larger, right, &same) < 0) {
                larger = right;
                child++;
            }
        }
        if (compare(table, moving, larger, &same) >= 0)
            break;
        store_entry(index, root, larger);
    }
    store_entry(index, root, moving);
}

/* A heap sort sorts in place, in the index itself, and no order of names makes it slow. */
int fmt_name_index_encode(const fmt_table *table, uint8_t *out, fmt_fault *fault)
{
    uint64_t n = table->header.columns;
    for (uint64_t i = 0; i < n; i++)
        store_entry(out, i, (entry){table->descriptors[i].name_hash, (uint32_t)i});
    for (uint64_t i = n / 2; i > 0; i--)
        sift_down(table, out, i - 1, n);
    for (uint64_t end = n; end > 1; end--) {
        entry largest = load_entry(out, 0);
        store_entry(out, 0, load_entry(out, end - 1));
        store_entry(out, end - 1, largest);
        sift_down(table, out, 0, end - 1);
    }
    for (uint64_t i = 1; i < n; i++) {
        bool same = false;
        entry before = load_entry(out, i - 1), here = load_entry(out, i);
        (void)compare(table, before, here, &same);
        if (same) {
            const fmt_descriptor *d = &table->descriptors[here.column];
            int length = d->name_length < 100 ? (int)d->name_length : 100;
            return fmt_fail_at(fault, FMT_BAD_NAME, "F-31", FMT_NO_OFFSET, here.column, -1,
                               "columns %u and %u have the same name \"%.*s\"", before.column,
                               here.column, length, (const char *)table->names + d->name_offset);
        }
    }
    return FMT_OK;
}
