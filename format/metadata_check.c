/* Metadata blocks: walking and checking them. */
#include "format/bytes.h"
#include "format/hash.h"
#include "format/metadata.h"
#include "format/ondisk.h"
#include "format/types.h"
#include "format/utf8.h"

uint32_t fmt_metadata_begin(fmt_metadata_iter *it, const uint8_t *block, uint64_t length)
{
    *it = (fmt_metadata_iter){block, length, 0};
    if (length < 4)
        return 0;
    it->remaining = fmt_load32(block);
    it->at += 4;
    it->left -= 4;
    return it->remaining;
}

bool fmt_metadata_next(fmt_metadata_iter *it, fmt_pair *pair)
{
    if (it->remaining == 0 || it->left < 8)
        return false;
    uint32_t key = fmt_load32(it->at), value = fmt_load32(it->at + 4);
    uint64_t size = 8 + (uint64_t)key + value;
    if (size > it->left)
        return false;
    *pair = (fmt_pair){it->at + 8, it->at + 8 + key, key, value};
    it->at += size;
    it->left -= size;
    it->remaining--;
    return true;
}

static bool is_extension_key(const fmt_pair *pair)
{
    static const char name[] = FMT_KEY_EXTENSION_NAME, data[] = FMT_KEY_EXTENSION_METADATA;
    return (pair->key_length == sizeof name - 1 && memcmp(pair->key, name, sizeof name - 1) == 0) ||
           (pair->key_length == sizeof data - 1 && memcmp(pair->key, data, sizeof data - 1) == 0);
}

int fmt_check_metadata_block(const uint8_t *block, uint64_t length, uint64_t hash, bool reserved,
                             uint64_t offset, int64_t column, fmt_fault *fault)
{
    fmt_metadata_iter it;
    fmt_pair pair;
    if (fmt_hash(block, length) != hash)
        return fmt_fail_at(fault, FMT_METADATA, "F-33", offset, column, -1,
                           "the metadata block does not match its hash");
    if (fmt_metadata_begin(&it, block, length) == 0)
        return fmt_fail_at(fault, FMT_METADATA, "F-33", offset, column, -1,
                           "the metadata block has no pairs");
    while (it.remaining) {
        uint64_t at = offset + (length - it.left);
        if (!fmt_metadata_next(&it, &pair))
            return fmt_fail_at(fault, FMT_METADATA, "F-33", at, column, -1,
                               "a metadata pair reaches beyond its block");
        if (fmt_utf8_check(pair.key, pair.key_length) != SIZE_MAX ||
            fmt_utf8_check(pair.value, pair.value_length) != SIZE_MAX)
            return fmt_fail_at(fault, FMT_METADATA, "F-33", at, column, -1,
                               "a metadata pair is not UTF-8");
        if (reserved && is_extension_key(&pair))
            return fmt_fail_at(fault, FMT_METADATA, "F-34", at, column, -1,
                               "an extension key in the metadata of a bool8 or tensor column");
    }
    if (it.left)
        return fmt_fail_at(fault, FMT_METADATA, "F-33", offset + (length - it.left), column, -1,
                           "bytes follow the last metadata pair");
    return FMT_OK;
}

/* A block of the metadata part. */
typedef struct block {
    uint64_t start, length, hash;
    bool reserved;
    int64_t column;
} block;

/* Checks a block, which must start at *next of the part, and advances *next to its end. */
static int check_next(const fmt_table *t, const block *b, uint64_t *next, fmt_fault *fault)
{
    if (b->length == 0)
        return FMT_OK;
    uint64_t offset = t->header.regions[FMT_REGION_METADATA].offset;
    if (b->start != *next || !fmt_within(b->start, b->length, t->metadata_length))
        return fmt_fail_at(fault, FMT_METADATA, "F-33", offset + *next, b->column, -1,
                           "the metadata block is not where the one before ends");
    *next += b->length;
    return fmt_check_metadata_block(t->metadata + b->start, b->length, b->hash, b->reserved,
                                    offset + b->start, b->column, fault);
}

int fmt_check_metadata(const fmt_table *t, fmt_fault *fault)
{
    const fmt_header *h = &t->header;
    uint64_t next = 0;
    const block whole = {h->table_metadata_offset, h->table_metadata_length, h->table_metadata_hash,
                         false, -1};
    int code = check_next(t, &whole, &next, fault);
    for (uint32_t i = 0; code == FMT_OK && i < h->columns; i++) {
        const fmt_descriptor *d = &t->descriptors[i];
        const block b = {d->metadata_offset, d->metadata_length, d->metadata_hash,
                         fmt_type_extension(d->type) != NULL, i};
        code = check_next(t, &b, &next, fault);
    }
    if (code != FMT_OK)
        return code;
    if (next != t->metadata_length)
        return fmt_fail(fault, FMT_METADATA, "F-33", h->regions[FMT_REGION_METADATA].offset + next,
                        "bytes follow the last metadata block");
    return FMT_OK;
}
