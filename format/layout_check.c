/* The check of the layout (F-4, F-40 … F-46). The writer's side computes offsets from lengths
 * (layout.c). This one walks over the parts at the offsets that the file gives, and checks for each
 * that it could start nowhere else. */
#include <inttypes.h>

#include "format/bytes.h"
#include "format/envelope.h"
#include "format/frames.h"
#include "format/header.h"
#include "format/layout.h"
#include "format/ondisk.h"
#include "format/types.h"

/* A walk over the file. `end` is the end of the part before. The first fault is kept. */
typedef struct walk {
    uint64_t end;
    int code;
    fmt_fault *fault;
    int (*gap)(void *arg, uint64_t offset, uint64_t length); /* fmt_each_gap only */
    void *arg;
} walk;

static void wrong(walk *w, const char *rule, uint64_t offset, int64_t column, const char *what)
{
    if (!w->code)
        w->code = fmt_fail_at(w->fault, FMT_LAYOUT, rule, offset, column, -1, "%s", what);
}

/* Steps over the next object, whose `offset` must be the first multiple of `alignment` from w->end
 * on. */
static void step(walk *w, uint64_t offset, uint64_t length, uint64_t alignment, const char *rule,
                 int64_t column, const char *what)
{
    if (w->code)
        return;
    if (offset < w->end || offset - w->end >= alignment || offset % alignment != 0 ||
        length > INT64_MAX - offset) {
        wrong(w, rule, offset, column, what);
        return;
    }
    if (w->gap != NULL && offset > w->end)
        w->code = w->gap(w->arg, w->end, offset - w->end);
    w->end = offset + length;
}

static void step_slot(walk *w, const fmt_slot *slot, bool part, int64_t column)
{
    uint64_t length = slot->stored_length;
    if (length)
        step(w, slot->offset, length, length < FMT_BIG && !part ? FMT_ALIGN : FMT_BIG_PAGE, "F-42",
             column, "a buffer is not where it belongs");
}

static void step_region(walk *w, const fmt_table *t, int region, uint64_t length,
                        uint64_t alignment, const char *rule)
{
    const fmt_region *r = &t->header.regions[region];
    if (r->length != length)
        wrong(w, rule, r->offset, -1, "a part has another length than the table gives it");
    step(w, r->offset, r->length, alignment, rule, -1, "a part is not where the one before ends");
}

/* Steps over a message that starts at w->end, needs `size` bytes, and is filled up to the first
 * multiple of `alignment`. */
static void step_message(walk *w, uint64_t offset, uint64_t length, uint64_t size,
                         uint64_t alignment, const char *rule)
{
    step(w, offset, length, 1, rule, -1, "an Arrow message is not where the part before ends");
    if (!w->code && (length < size || length - size >= alignment || w->end % alignment != 0))
        wrong(w, rule, offset, -1,
              "an Arrow message has another length than its content and alignment give it");
}

static bool is_big(const fmt_descriptor *d)
{
    bool big = false;
    for (int s = 0; s < FMT_SLOTS; s++)
        big |= d->slots[s].stored_length >= FMT_BIG;
    return big;
}

/* Walks over the dictionaries (F-40). */
static void walk_dictionaries(walk *w, const fmt_table *t, bool measure)
{
    const fmt_header *h = &t->header;
    for (uint32_t k = 0; k < h->dictionaries && !w->code; k++) {
        const fmt_descriptor *d = &t->descriptors[(uint64_t)h->columns + k];
        uint64_t alignment = is_big(d) ? FMT_BIG_PAGE : FMT_ALIGN;
        uint64_t size = measure ? fmt_envelope_dictionary(t, k, NULL) : d->message_length;
        step_message(w, d->message_offset, d->message_length, size, alignment, "F-40");
        uint64_t body = w->end;
        for (int s = 0; s < FMT_SLOTS; s++)
            step_slot(w, &d->slots[s], false, -1);
        uint64_t end = body + d->body_length;
        step(w, end, 0, FMT_ALIGN, "F-40", -1, "a dictionary's body has a wrong length");
    }
}

/* Tells whether a slot of that group begins on a big page in a part of a table (F-42). */
static bool has_page(uint8_t group, int slot)
{
    return group == FMT_GROUP_VALIDITY || group == FMT_GROUP_CODES ||
           (group == FMT_GROUP_VALUES && slot == FMT_SLOT_VALUES);
}

/* Walks over the buffers of all columns (F-43). */
static void walk_body(walk *w, const fmt_table *t)
{
    uint32_t columns = t->header.columns;
    const fmt_descriptor *d = t->descriptors;
    bool part = fmt_header_is_part(&t->header);
    for (uint8_t group = FMT_GROUP_VALUES; group < FMT_GROUPS; group++) {
        for (uint32_t i = 0; i < columns; i++) {
            for (int s = 0; s < FMT_SLOTS; s++) {
                if (d[i].slots[s].stored_length && fmt_slot_group(&d[i], s) == group)
                    step_slot(w, &d[i].slots[s], part && has_page(group, s), i);
            }
        }
    }
}

/* Checks that blocks and zones are numbered in order (F-45, F-46), and counts them and the frames
 * of F-74. Each of them has an entry in the file, so no sum can grow until it wraps around. */
static void walk_numbers(walk *w, const fmt_table *t, uint64_t *blocks, uint64_t *zones,
                         uint64_t *frames)
{
    uint64_t objects = (uint64_t)t->header.columns + t->header.dictionaries;
    const uint64_t size = t->header.file_size;
    *blocks = *zones = *frames = 0;
    for (uint64_t i = 0; i < objects; i++) {
        const fmt_descriptor *d = &t->descriptors[i];
        int64_t column = i < t->header.columns ? (int64_t)i : -1;
        uint64_t at = fmt_descriptor_offset(&t->header, (uint32_t)i);
        for (int s = 0; s < FMT_SLOTS; s++) {
            if (d->slots[s].stored_length && d->slots[s].first_checksum != *blocks)
                wrong(w, "F-45", at + FMT_D_SLOTS + (uint64_t)s * FMT_SLOT_SIZE + FMT_S_CHECKSUM,
                      column, "checksums are not numbered in order");
            *blocks += fmt_block_count(d->slots[s].stored_length);
            *frames += fmt_frame_count(&d->slots[s]);
        }
        if (column >= 0 && fmt_type_has_zones(d->type)) {
            if (d->first_zone != *zones)
                wrong(w, "F-46", at + FMT_D_FIRST_ZONE, column,
                      "zone entries are not numbered in order");
            *zones += fmt_zone_count(t->header.rows);
        }
        if (*blocks > size / 8 || *zones > size / FMT_ZONE_ENTRY_SIZE ||
            *frames > size / FMT_FRAME_ENTRY_SIZE) {
            wrong(w, "F-44", at, column,
                  "there are more blocks, zones or frames than the file has room for");
            return;
        }
    }
}

/* Walks over the end of the body, and over regions of a later version (F-65), which are no gap. */
static void walk_body_end(walk *w, const fmt_header *h)
{
    const uint64_t end = h->body_offset + h->body_length;
    const bool later = fmt_header_has_later_region(h);
    step(w, later ? fmt_header_known_end(h) : end, 0, FMT_ALIGN, "F-44", -1,
         "the body has a wrong length");
    if (w->code == FMT_OK)
        w->end = end;
}

static void walk_file(walk *w, const fmt_table *t, bool measure)
{
    const fmt_header *h = &t->header;
    const fmt_region *r = h->regions;
    uint64_t blocks, zones, frames;
    bool big = fmt_header_is_part(h);
    for (uint32_t i = 0; i < h->columns; i++)
        big |= is_big(&t->descriptors[i]);
    w->end = h->header_size;
    step_region(w, t, FMT_REGION_DESCRIPTORS,
                ((uint64_t)h->columns + h->dictionaries) * h->descriptor_size, 1, "F-4");
    step_region(w, t, FMT_REGION_NAME_INDEX, (uint64_t)h->columns * FMT_INDEX_ENTRY_SIZE, 8, "F-4");
    step_region(w, t, FMT_REGION_NAMES, t->names_length, 8, "F-4");
    step_region(w, t, FMT_REGION_METADATA, t->metadata_length, 8, "F-4");
    step(w, r[FMT_REGION_SCHEMA].offset, 0, FMT_ALIGN, "F-4", -1,
         "the schema is not where it belongs");
    uint64_t schema = measure ? fmt_envelope_schema(t, NULL) : r[FMT_REGION_SCHEMA].length;
    step_message(w, r[FMT_REGION_SCHEMA].offset, r[FMT_REGION_SCHEMA].length, schema, FMT_PAGE,
                 "F-4");
    walk_dictionaries(w, t, measure);
    uint64_t batch = measure ? fmt_envelope_batch(t, NULL) : r[FMT_REGION_BATCH].length;
    step_message(w, r[FMT_REGION_BATCH].offset, r[FMT_REGION_BATCH].length, batch,
                 big ? FMT_BIG_PAGE : FMT_PAGE, "F-41");
    step(w, h->body_offset, 0, 1, "F-41", -1, "the body is not where the batch message ends");
    walk_body(w, t);
    walk_numbers(w, t, &blocks, &zones, &frames);
    step_region(w, t, FMT_REGION_CHECKSUMS, blocks * 8, FMT_ALIGN, "F-44");
    step_region(w, t, FMT_REGION_ZONE_MAPS, zones * FMT_ZONE_ENTRY_SIZE, FMT_ALIGN, "F-44");
    if (fmt_header_compressed(h))
        step_region(w, t, FMT_REGION_FRAMES, frames * FMT_FRAME_ENTRY_SIZE, FMT_ALIGN, "F-74");
    walk_body_end(w, h);
    step_region(w, t, FMT_REGION_FOOTER,
                measure ? fmt_envelope_footer(t, NULL) : r[FMT_REGION_FOOTER].length, 1, "F-4");
    step(w, h->file_size, 0, 1, "F-5", -1, "the file does not end with its footer");
}

int fmt_check_layout(const fmt_table *t, fmt_fault *fault)
{
    walk w = {0, FMT_OK, fault, NULL, NULL};
    walk_file(&w, t, t->header.envelope_version == FMT_ENVELOPE_VERSION); /* F-19 */
    return w.code;
}

int fmt_check_later_region(const fmt_header *h, fmt_fault *fault)
{
    if (!fmt_header_has_later_region(h))
        return FMT_OK;
    const uint64_t known = fmt_header_known_end(h);
    return fmt_fail(fault, FMT_FEATURE, "F-65", known,
                    "the body ends in %" PRIu64
                    " bytes of a later version, which cannot be checked",
                    h->body_offset + h->body_length - known);
}

int fmt_each_gap(const fmt_table *t, int (*fn)(void *arg, uint64_t offset, uint64_t length),
                 void *arg)
{
    walk w = {0, FMT_OK, NULL, fn, arg};
    walk_file(&w, t, false);
    return w.code;
}
