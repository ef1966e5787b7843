/* Builds and checks whole files with format/ alone. */
#include "format_support.h"

#include <stdlib.h>

#include "compress/stored.h"
#include "format/bytes.h"
#include "format/check.h"
#include "format/checksum.h"
#include "format/descriptor.h"
#include "format/directory.h"
#include "format/envelope.h"
#include "format/frames.h"
#include "format/hash.h"
#include "format/header.h"
#include "format/layout.h"
#include "format/names.h"
#include "format/ondisk.h"
#include "format/types.h"
#include "format/zone.h"
#include "sys/sys.h"

#undef NDEBUG /* the steps stand inside assert */
#include <assert.h>

uint64_t test_random(uint64_t *state)
{
    *state += UINT64_C(0x9E3779B97F4A7C15);
    uint64_t z = *state;
    z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
    return z ^ (z >> 31);
}

static void set_lengths(fmt_descriptor *d, const test_column *c, bool part)
{
    const uint64_t lengths[FMT_SLOTS] = {
        [FMT_SLOT_BYTES] = c->bytes_length, [FMT_SLOT_ELEMENT_BYTES] = c->element_bytes_length};
    assert(fmt_set_lengths(d, lengths, part));
}

static void fill_descriptor(fmt_descriptor *d, const test_column *c, uint64_t length)
{
    fmt_descriptor_init(d);
    d->type = c->type;
    d->flags = (c->nullable ? FMT_FLAG_NULLABLE : 0) | (c->sorted ? FMT_FLAG_SORTED : 0) |
               (c->ordered ? FMT_FLAG_ORDERED : 0) | (c->ascending ? FMT_FLAG_ASCENDING : 0);
    d->unit = c->unit;
    d->precision = c->precision;
    d->scale = c->scale;
    d->width = c->width;
    d->element = c->element;
    d->dimensions = c->dimensions;
    memcpy(d->shape, c->shape, sizeof d->shape);
    if (c->type == FMT_DICTIONARY)
        d->dictionary = c->dictionary;
    d->length = length;
    d->null_count = c->null_count;
    assert(fmt_derive_width(d));
    set_lengths(d, c, false);
}

void test_table_init(fmt_table *t, uint64_t rows, const test_column *columns, uint32_t n_columns,
                     const test_column *dictionaries, uint32_t n_dictionaries,
                     const fmt_pair *pairs, uint32_t n_pairs)
{
    uint64_t names = 1, metadata = 1 + fmt_metadata_size(pairs, n_pairs);
    memset(t, 0, sizeof *t);
    fmt_header_init(&t->header);
    t->header.rows = rows;
    t->header.columns = n_columns;
    t->header.dictionaries = n_dictionaries;
    for (uint32_t i = 0; i < n_columns; i++) {
        names += strlen(columns[i].name) + 1 + (columns[i].zone ? strlen(columns[i].zone) + 1 : 0);
        metadata += fmt_metadata_size(columns[i].pairs, columns[i].n_pairs);
    }
    t->descriptors = calloc((size_t)n_columns + n_dictionaries + 1, sizeof *t->descriptors);
    t->names = malloc(names);
    t->metadata = malloc(metadata);
    fmt_metadata_put(t, FMT_TABLE_METADATA, pairs, n_pairs);
    for (uint32_t i = 0; i < n_columns; i++) {
        const test_column *c = &columns[i];
        fill_descriptor(&t->descriptors[i], c, rows);
        fmt_names_put(t, i, c->name, (uint32_t)strlen(c->name), c->zone,
                      c->zone ? (uint32_t)strlen(c->zone) : 0);
        fmt_metadata_put(t, i, c->pairs, c->n_pairs);
    }
    for (uint32_t i = 0; i < n_dictionaries; i++)
        fill_descriptor(&t->descriptors[n_columns + i], &dictionaries[i], dictionaries[i].length);
}

void test_table_free(fmt_table *t)
{
    free(t->descriptors);
    free(t->names);
    free(t->metadata);
    memset(t, 0, sizeof *t);
}

/* Zone entries of one column, the writer's way. */
static void put_zones(const fmt_table *t, const fmt_descriptor *d, uint8_t *bytes)
{
    const uint8_t *validity = d->slots[0].stored_length ? bytes + d->slots[0].offset : NULL;
    const uint8_t *values = bytes + d->slots[1].offset, *data = bytes + d->slots[2].offset;
    uint8_t *out = bytes + t->header.regions[FMT_REGION_ZONE_MAPS].offset +
                   d->first_zone * FMT_ZONE_ENTRY_SIZE;
    for (uint64_t first = 0; first < d->length;
         first += FMT_ZONE_ROWS, out += FMT_ZONE_ENTRY_SIZE) {
        uint64_t n = d->length - first < FMT_ZONE_ROWS ? d->length - first : FMT_ZONE_ROWS;
        fmt_zone zone;
        fmt_zone_init(&zone);
        if (d->type == FMT_STRING) {
            fmt_string_bounds bounds = {0};
            uint32_t nulls = 0;
            for (uint64_t i = first; i < first + n; i++) {
                uint64_t a = fmt_load64(values + 8 * i), b = fmt_load64(values + 8 * (i + 1));
                if (validity && !fmt_bit(validity, i))
                    nulls++;
                else
                    fmt_bounds_add(&bounds, data + a, b - a);
            }
            fmt_zone_strings(&zone, &bounds, nulls);
        } else {
            fmt_zone_values(&zone, d->type, d->width, values + first * d->width, n,
                            validity ? validity + first / 8 : NULL);
        }
        fmt_zone_encode(&zone, out);
    }
}

static void put_buffers(fmt_table *t, const test_column *c, uint32_t index, uint8_t *bytes)
{
    fmt_descriptor *d = &t->descriptors[index];
    uint8_t *checksums = bytes + t->header.regions[FMT_REGION_CHECKSUMS].offset;
    for (int s = 0; s < FMT_SLOTS; s++) {
        fmt_slot *slot = &d->slots[s];
        if (slot->stored_length == 0)
            continue;
        memcpy(bytes + slot->offset, c->buffers[s], slot->stored_length);
        fmt_hash_blocks(bytes + slot->offset, slot->stored_length,
                        checksums + 8 * slot->first_checksum);
    }
    if (d->first_zone != FMT_NONE64)
        put_zones(t, d, bytes);
}

static void set_region_hash(fmt_table *t, int region, const uint8_t *bytes)
{
    fmt_region *r = &t->header.regions[region];
    r->hash = fmt_hash(bytes + r->offset, r->length);
}

/* Directory, ids and header over bodies that are complete. */
static void seal(fmt_table *t, uint8_t *bytes)
{
    fmt_header *h = &t->header;
    fmt_fault fault;
    for (int i = FMT_REGION_SCHEMA; i < FMT_REGION_COUNT; i++)
        set_region_hash(t, i, bytes);
    assert(fmt_directory_encode(t, bytes + h->header_size, &fault) == FMT_OK);
    fmt_header_encode(h, bytes);
    fmt_file_id(h, bytes, bytes + h->regions[FMT_REGION_CHECKSUMS].offset, h->file_id);
    memcpy(h->content_id, h->file_id, sizeof h->content_id);
    fmt_header_encode(h, bytes);
}

/* Lays the table out and makes its file. */
static void fill_file(test_file *f, const test_column *columns, const test_column *dictionaries)
{
    fmt_table *t = &f->table;
    fmt_header *h = &t->header;
    uint32_t n_columns = h->columns, n_dictionaries = h->dictionaries;
    fmt_fault fault;
    assert(fmt_layout(t, &fault) == FMT_OK);
    f->bytes = aligned_alloc(64, (h->file_size + 63) / 64 * 64);
    memset(f->bytes, 0, h->file_size);
    for (uint32_t i = 0; i < n_columns; i++)
        put_buffers(t, &columns[i], i, f->bytes);
    for (uint32_t k = 0; k < n_dictionaries; k++) {
        fmt_descriptor *d = &t->descriptors[n_columns + k];
        put_buffers(t, &dictionaries[k], n_columns + k, f->bytes);
        assert(fmt_envelope_dictionary(t, k, f->bytes + d->message_offset) <= d->message_length);
        d->message_hash = fmt_hash(f->bytes + d->message_offset, d->message_length);
    }
    (void)fmt_envelope_schema(t, f->bytes + h->regions[FMT_REGION_SCHEMA].offset);
    (void)fmt_envelope_batch(t, f->bytes + h->regions[FMT_REGION_BATCH].offset);
    assert(fmt_envelope_footer(t, f->bytes + h->regions[FMT_REGION_FOOTER].offset) ==
           h->regions[FMT_REGION_FOOTER].length);
    seal(t, f->bytes);
}

void test_file_build(test_file *f, uint64_t rows, const test_column *columns, uint32_t n_columns,
                     const test_column *dictionaries, uint32_t n_dictionaries,
                     const fmt_pair *pairs, uint32_t n_pairs)
{
    test_table_init(&f->table, rows, columns, n_columns, dictionaries, n_dictionaries, pairs,
                    n_pairs);
    fill_file(f, columns, dictionaries);
}

void test_part_build(test_file *f, const fmt_part *part, uint64_t rows, const test_column *columns,
                     uint32_t n_columns, const test_column *dictionaries, uint32_t n_dictionaries)
{
    test_table_init(&f->table, rows, columns, n_columns, dictionaries, n_dictionaries, NULL, 0);
    f->table.header.part = *part;
    for (uint32_t i = 0; i < n_columns; i++)
        set_lengths(&f->table.descriptors[i], &columns[i], true);
    fill_file(f, columns, dictionaries);
}

void test_file_free(test_file *f)
{
    test_table_free(&f->table);
    free(f->bytes);
    f->bytes = NULL;
}

int test_load_table(const uint8_t *bytes, uint64_t size, fmt_table *t, fmt_fault *fault)
{
    memset(t, 0, sizeof *t);
    int code = fmt_header_decode_stored(bytes, size, size, &t->header, fault);
    if (code)
        return code;
    const fmt_header *h = &t->header;
    for (int i = 0; i < fmt_header_regions(h) && !code; i++)
        code = fmt_check_region(h, i, bytes, fault);
    uint32_t objects = h->columns + h->dictionaries;
    const fmt_region *names = &h->regions[FMT_REGION_NAMES],
                     *metadata = &h->regions[FMT_REGION_METADATA];
    t->descriptors = calloc((size_t)objects + 1, sizeof *t->descriptors);
    t->names = malloc(names->length + 1);
    t->names_length = names->length;
    memcpy(t->names, bytes + names->offset, names->length);
    t->metadata = malloc(metadata->length + 1);
    t->metadata_length = metadata->length;
    memcpy(t->metadata, bytes + metadata->offset, metadata->length);
    for (uint32_t i = 0; i < objects && !code; i++) {
        uint64_t at = h->regions[FMT_REGION_DESCRIPTORS].offset + (uint64_t)i * h->descriptor_size;
        code = fmt_descriptor_fields(bytes + at, h, i, &t->descriptors[i], fault);
    }
    return code;
}

static int check_structure(const fmt_table *t, const uint8_t *bytes, fmt_fault *fault)
{
    const fmt_header *h = &t->header;
    int code = FMT_OK;
    for (uint32_t k = 0; k < h->dictionaries && !code; k++) {
        const fmt_descriptor *d = &t->descriptors[h->columns + k];
        code = fmt_descriptor_bounds(h, d, h->columns + k, fault);
        if (!code)
            code = fmt_check_message_hash(d, k, bytes, fault);
    }
    if (!code)
        code = fmt_check_dictionary_use(t, fault);
    if (!code)
        code = fmt_check_names(t, fault);
    if (!code)
        code = fmt_check_metadata(t, fault);
    if (!code)
        code = fmt_check_name_index(t, bytes + h->regions[FMT_REGION_NAME_INDEX].offset, fault);
    for (uint32_t i = 0; i < h->columns && !code; i++)
        code = fmt_descriptor_bounds(h, &t->descriptors[i], i, fault);
    if (!code)
        code = fmt_check_layout(t, fault);
    if (!code && fmt_header_compressed(h))
        code = fmt_check_frame_lengths(t, bytes + h->regions[FMT_REGION_FRAMES].offset, fault);
    return code ? code
                : fmt_check_file_id(h, bytes, bytes + h->regions[FMT_REGION_CHECKSUMS].offset,
                                    fault);
}

static int gap(void *arg, uint64_t offset, uint64_t length)
{
    return fmt_is_zero((const uint8_t *)arg + offset, length) ? 0 : FMT_GAP;
}

static int check_blocks(const fmt_table *t, uint8_t *bytes, fmt_fault *fault)
{
    const fmt_header *h = &t->header;
    int code = FMT_OK;
    code = fmt_each_gap(t, gap, bytes);
    if (code)
        return fmt_fail(fault, code, "F-4", 0, "a gap");
    for (uint32_t i = 0; i < h->columns + h->dictionaries && !code; i++) {
        for (int s = 0; s < FMT_SLOTS && !code; s++) {
            const fmt_slot *slot = &t->descriptors[i].slots[s];
            const uint8_t *stored =
                bytes + h->regions[FMT_REGION_CHECKSUMS].offset + 8 * slot->first_checksum;
            code = fmt_check_blocks(bytes + slot->offset, slot->stored_length, stored, slot->offset,
                                    0, i, fault);
        }
    }
    return code;
}

static int check_envelope(const fmt_table *t, const uint8_t *bytes, fmt_fault *fault)
{
    uint32_t order[] = {FMT_PART_SCHEMA, FMT_PART_DICTIONARY, FMT_PART_BATCH, FMT_PART_FOOTER};
    int code = FMT_OK;
    for (int i = 0; i < 4 && !code; i++) {
        uint32_t count = order[i] == FMT_PART_DICTIONARY ? t->header.dictionaries : 1;
        for (uint32_t k = 0; k < count && !code; k++) {
            uint64_t offset, length;
            fmt_envelope_part(t, order[i] + k, &offset, &length);
            uint8_t *scratch = malloc(length);
            code = fmt_check_envelope(t, order[i] + k, bytes + offset, scratch, fault);
            free(scratch);
        }
    }
    return code;
}

static int check_dictionary(const fmt_table *t, uint32_t k, const uint8_t *bytes, fmt_fault *fault)
{
    fmt_row_range part;
    fmt_row_range_whole(&part, &t->descriptors[t->header.columns + k], -1, bytes);
    int code = fmt_check_offsets(&part, fault);
    if (!code)
        code = fmt_check_utf8(&part, fault);
    if (!code) {
        void *scratch = malloc(fmt_dictionary_scratch(part.descriptor) + 1);
        code = fmt_check_dictionary(&part, scratch, 12345, fault);
        free(scratch);
    }
    return code;
}

/* Both halves of F-23. */
static int check_ascending(const fmt_table *t, const fmt_row_range *part, const uint8_t *bytes,
                           fmt_fault *fault)
{
    const fmt_descriptor *d = part->descriptor;
    fmt_row_range dictionary;
    bool descends;
    if (d->type == FMT_DICTIONARY)
        fmt_row_range_whole(&dictionary, &t->descriptors[t->header.columns + d->dictionary], -1,
                            bytes);
    int code = fmt_check_ascending(part, &dictionary, &descends, fault);
    return code || descends ? code : fmt_check_ascends(part, fault);
}

static int check_column(const fmt_table *t, uint32_t i, const uint8_t *bytes, fmt_fault *fault)
{
    const fmt_descriptor *d = &t->descriptors[i];
    fmt_row_range part;
    fmt_row_range_whole(&part, d, i, bytes);
    part.unknown_features = fmt_header_has_unknown(&t->header);
    int code = fmt_check_validity(&part, fault);
    if (!code)
        code = fmt_check_offsets(&part, fault);
    if (!code)
        code = fmt_check_element_offsets(&part, fault);
    if (!code)
        code = fmt_check_utf8(&part, fault);
    if (!code && d->type == FMT_DICTIONARY)
        code =
            fmt_check_codes(&part, t->descriptors[t->header.columns + d->dictionary].length, fault);
    if (!code)
        code = fmt_check_values(&part, fault);
    if (!code)
        code = fmt_check_null_slots(&part, fault);
    if (!code && d->first_zone != FMT_NONE64)
        code = fmt_check_zones(&part,
                               bytes + t->header.regions[FMT_REGION_ZONE_MAPS].offset +
                                   d->first_zone * FMT_ZONE_ENTRY_SIZE,
                               fault);
    if (!code && fmt_type_has_zones(d->type) && d->null_count == 0)
        code = check_ascending(t, &part, bytes, fault);
    return code;
}

/* F-77: what is behind the frames, which format/ alone does not decompress. */
static int check_plain_form(const uint8_t *bytes, uint64_t size, fmt_fault *fault)
{
    const stored_source source = {-1, bytes, size, ""};
    const stored_work work = {.threads = 1};
    shmcol_error err = SHMCOL_ERROR_INIT;
    stored_result result;
    int fd = -1;
    assert(sys_memory_file(&fd) == 0);
    int code = (int)stored_decompress(&source, &work, fd, &result, &err);
    if (code) {
        *fault = (fmt_fault){.code = code, .rule = shm_status_rule((shmcol_status)code)};
    } else {
        uint8_t *plain = malloc(result.plain_size);
        size_t got = 0;
        assert(sys_pread(fd, plain, result.plain_size, 0, &got) == 0 && got == result.plain_size);
        code = test_check_file(plain, got, fault);
        free(plain);
    }
    sys_close(fd);
    return code;
}

int test_check_file(const uint8_t *bytes, uint64_t size, fmt_fault *fault)
{
    fmt_table t;
    int code = test_load_table(bytes, size, &t, fault);
    if (!code)
        code = check_structure(&t, bytes, fault);
    if (!code)
        code = check_blocks(&t, (uint8_t *)(uintptr_t)bytes, fault);
    if (!code)
        code = check_envelope(&t, bytes, fault);
    bool compressed = !code && fmt_header_compressed(&t.header);
    if (compressed && !fmt_header_has_later_region(&t.header))
        code = check_plain_form(bytes, size, fault);
    for (uint32_t k = 0; k < t.header.dictionaries && !code && !compressed; k++)
        code = check_dictionary(&t, k, bytes, fault);
    for (uint32_t i = 0; i < t.header.columns && !code && !compressed; i++)
        code = check_column(&t, i, bytes, fault);
    if (!code)
        code = fmt_check_later_region(&t.header, fault);
    test_table_free(&t);
    return code;
}

void test_reseal(fmt_table *t, uint8_t *bytes)
{
    uint8_t *checksums = bytes + t->header.regions[FMT_REGION_CHECKSUMS].offset;
    for (uint32_t i = 0; i < t->header.columns + t->header.dictionaries; i++) {
        for (int s = 0; s < FMT_SLOTS; s++) {
            const fmt_slot *slot = &t->descriptors[i].slots[s];
            fmt_hash_blocks(bytes + slot->offset, slot->stored_length,
                            checksums + 8 * slot->first_checksum);
        }
    }
    seal(t, bytes);
}
