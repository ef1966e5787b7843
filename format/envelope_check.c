/* The check of the envelope: it is encoded again and compared. */
#include <inttypes.h>

#include "format/bytes.h"
#include "format/envelope.h"
#include "format/ondisk.h"

void fmt_envelope_part(const fmt_table *t, uint32_t part, uint64_t *offset, uint64_t *length)
{
    static const int regions[] = {[FMT_PART_SCHEMA] = FMT_REGION_SCHEMA,
                                  [FMT_PART_BATCH] = FMT_REGION_BATCH,
                                  [FMT_PART_FOOTER] = FMT_REGION_FOOTER};
    if (part >= FMT_PART_DICTIONARY) {
        const fmt_descriptor *d =
            &t->descriptors[(uint64_t)t->header.columns + (part - FMT_PART_DICTIONARY)];
        *offset = d->message_offset;
        *length = d->message_length;
    } else {
        *offset = t->header.regions[regions[part]].offset;
        *length = t->header.regions[regions[part]].length;
    }
}

static const char *part_name(uint32_t part)
{
    static const char *const names[] = {"schema message", "batch message", "footer",
                                        "dictionary message"};
    return names[part < FMT_PART_DICTIONARY ? part : FMT_PART_DICTIONARY];
}

/* Encodes the part to `out`, or measures it. */
static uint64_t encode(const fmt_table *t, uint32_t part, uint8_t *out)
{
    switch (part) {
    case FMT_PART_SCHEMA: return fmt_envelope_schema(t, out);
    case FMT_PART_BATCH: return fmt_envelope_batch(t, out);
    case FMT_PART_FOOTER: return fmt_envelope_footer(t, out);
    default: return fmt_envelope_dictionary(t, part - FMT_PART_DICTIONARY, out);
    }
}

int fmt_check_envelope(const fmt_table *t, uint32_t part, const uint8_t *bytes, uint8_t *scratch,
                       fmt_fault *fault)
{
    uint64_t offset, length;
    if (t->header.envelope_version != FMT_ENVELOPE_VERSION) {
        return fmt_fail(fault, FMT_ENVELOPE_VERSION_UNKNOWN, "F-19", FMT_H_ENVELOPE_VERSION,
                        "the envelope's version is %u, only %u is known",
                        t->header.envelope_version, FMT_ENVELOPE_VERSION);
    }
    fmt_envelope_part(t, part, &offset, &length);
    uint64_t size = encode(t, part, NULL);
    if (size > length)
        return fmt_fail(fault, FMT_ENVELOPE, "F-50", offset, "the %s needs %" PRIu64 " bytes",
                        part_name(part), size);
    memset(scratch + size, 0, length - size);
    (void)encode(t, part, scratch);
    if (memcmp(scratch, bytes, length) == 0)
        return FMT_OK;
    uint64_t at = 0;
    while (at < length - 1 && scratch[at] == bytes[at])
        at++;
    return fmt_fail(fault, FMT_ENVELOPE, "F-50", offset + at,
                    "the %s is not the one of the directory", part_name(part));
}
