/* Metadata blocks: checking what a writer was given, and encoding it. */
#include "format/bytes.h"
#include "format/hash.h"
#include "format/metadata.h"
#include "format/ondisk.h"
#include "format/utf8.h"

uint64_t fmt_metadata_size(const fmt_pair *pairs, uint32_t count)
{
    if (count == 0)
        return 0;
    uint64_t size = 4;
    for (uint32_t i = 0; i < count; i++)
        size += 8 + (uint64_t)pairs[i].key_length + pairs[i].value_length;
    return size;
}

static bool is_key(const fmt_pair *pair, const char *key)
{
    return pair->key_length == strlen(key) && memcmp(pair->key, key, pair->key_length) == 0;
}

const char *fmt_pairs_problem(const fmt_pair *pairs, uint32_t count, bool reserved, uint32_t *index)
{
    for (uint32_t i = 0; i < count; i++) {
        *index = i;
        if (fmt_utf8_check(pairs[i].key, pairs[i].key_length) != SIZE_MAX)
            return "has a key that is not UTF-8";
        if (fmt_utf8_check(pairs[i].value, pairs[i].value_length) != SIZE_MAX)
            return "has a value that is not UTF-8";
        if (reserved && (is_key(&pairs[i], FMT_KEY_EXTENSION_NAME) ||
                         is_key(&pairs[i], FMT_KEY_EXTENSION_METADATA)))
            return "has a key that the type itself uses";
    }
    return NULL;
}

static uint8_t *put_text(uint8_t *p, const uint8_t *text, uint32_t length)
{
    if (length)
        memcpy(p, text, length);
    return p + length;
}

void fmt_metadata_put(fmt_table *table, uint32_t column, const fmt_pair *pairs, uint32_t count)
{
    if (count == 0)
        return;
    uint64_t start = table->metadata_length;
    uint8_t *p = table->metadata + start;
    fmt_store32(p, count);
    p += 4;
    for (uint32_t i = 0; i < count; i++) {
        fmt_store32(p, pairs[i].key_length);
        fmt_store32(p + 4, pairs[i].value_length);
        p = put_text(p + 8, pairs[i].key, pairs[i].key_length);
        p = put_text(p, pairs[i].value, pairs[i].value_length);
    }
    uint64_t length = (uint64_t)(p - (table->metadata + start));
    uint64_t hash = fmt_hash(table->metadata + start, length);
    table->metadata_length = start + length;
    if (column == FMT_TABLE_METADATA) {
        table->header.table_metadata_offset = start;
        table->header.table_metadata_length = length;
        table->header.table_metadata_hash = hash;
    } else {
        fmt_descriptor *d = &table->descriptors[column];
        d->metadata_offset = start;
        d->metadata_length = length;
        d->metadata_hash = hash;
    }
}
