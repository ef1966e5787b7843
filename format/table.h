/* The directory of a file in memory, which encoder and decoder, layout, envelope, reader and writer
 * share. Field names are those of spec/format.md. No pointer here points into a map. */
#ifndef SHMCOL_FORMAT_TABLE_H
#define SHMCOL_FORMAT_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct fmt_region {
    uint64_t offset, length, hash;
} fmt_region;

/* The regions of F-12, in their order; frames are in compressed files only (F-70), and lie before
 * the footer. */
enum fmt_region_id {
    FMT_REGION_DESCRIPTORS,
    FMT_REGION_NAME_INDEX,
    FMT_REGION_NAMES,
    FMT_REGION_METADATA,
    FMT_REGION_SCHEMA,
    FMT_REGION_BATCH,
    FMT_REGION_CHECKSUMS,
    FMT_REGION_ZONE_MAPS,
    FMT_REGION_FOOTER,
    FMT_REGION_FRAMES,
    FMT_REGIONS
};

/* F-79: all zero in a file that is no part of a table. */
typedef struct fmt_part {
    uint32_t alignment;
    uint64_t first_row, table_rows;
    uint8_t table_id[16], previous_id[16];
} fmt_part;

/* F-10 */
typedef struct fmt_header {
    uint32_t header_size, descriptor_size;
    uint16_t version_major, version_minor;
    uint32_t envelope_version;
    uint64_t compat, ro_compat, incompat;
    uint32_t writer_id, writer_version, csv_rules;
    uint64_t rows;
    uint32_t columns, dictionaries;
    uint64_t file_size;
    uint8_t file_id[16], content_id[16];
    uint64_t body_offset, body_length;
    uint64_t table_metadata_offset, table_metadata_length, table_metadata_hash;
    fmt_region regions[FMT_REGIONS];
    fmt_part part;
} fmt_header;

/* F-26 */
typedef struct fmt_slot {
    uint64_t offset, stored_length, logical_length, first_checksum;
    uint32_t encoding;
} fmt_slot;

enum {
    FMT_SLOT_VALIDITY,
    FMT_SLOT_VALUES,
    FMT_SLOT_BYTES,
    FMT_SLOT_ELEMENT_BYTES, /* of lists of strings */
    FMT_SLOTS,
    FMT_SLOT_ELEMENTS = FMT_SLOT_BYTES /* of lists */
};

/* F-21: a column or, from index header.columns on, a dictionary. Parameters (F-25) are unpacked;
 * those that a type does not have are 0. */
typedef struct fmt_descriptor {
    uint16_t type; /* F-24, numbers as enum fmt_type */
    uint32_t flags, child_count, dictionary;
    uint64_t name_offset, name_hash;
    uint32_t name_length;
    /* unit, zone, precision and scale of a tensor or list are those of its elements */
    uint8_t unit, precision, scale;
    uint32_t zone_length;
    uint64_t zone_offset, zone_hash;
    /* W of F-24: bytes of a value or code; 0 where there is none. Derived from type and
     * parameters. */
    uint32_t width;
    uint16_t element;       /* tensor, list */
    uint32_t element_width; /* bytes of an element; 0 for strings. Derived, too */
    uint8_t dimensions;     /* tensor */
    uint32_t shape[7];      /* tensor */
    uint64_t message_offset, message_length, body_length, message_hash; /* a dictionary's own */
    uint64_t length, null_count;
    uint64_t metadata_offset, metadata_length, metadata_hash;
    uint64_t first_zone;
    fmt_slot slots[FMT_SLOTS];
} fmt_descriptor;

/* The whole directory; `names` and `metadata` are the bytes of those parts. The memory belongs to
 * the code that filled it in. */
typedef struct fmt_table {
    fmt_header header;
    fmt_descriptor *descriptors; /* columns + dictionaries */
    uint8_t *names;
    uint64_t names_length;
    uint8_t *metadata;
    uint64_t metadata_length;
} fmt_table;

/* Tells whether the body is compressed (F-70). */
bool fmt_header_compressed(const fmt_header *header);
/* Tells whether the file is a part of a table (F-79). */
bool fmt_header_is_part(const fmt_header *header);
/* Returns what breaks F-79, and its field of the header in *field, or NULL. `rows`: N; UINT64_MAX:
 * not known yet. */
const char *fmt_part_problem(const fmt_part *part, uint64_t rows, uint64_t *field);
/* Returns how many region entries the header has: one more if it is. */
int fmt_header_regions(const fmt_header *header);
/* Tells whether a feature bit is set that this version does not know: then reserved bytes are not
 * checked (F-3). */
bool fmt_header_has_unknown(const fmt_header *header);
/* Returns the end of the body as far as this version knows its regions (F-44, F-74). */
uint64_t fmt_header_known_end(const fmt_header *header);
/* Tells whether regions of a later version follow there (F-65). The header must have been
 * checked. */
bool fmt_header_has_later_region(const fmt_header *header);
/* Returns the bytes of the directory, [header_size, end of metadata). */
uint64_t fmt_directory_length(const fmt_header *header);
/* Returns where descriptor `index` (columns, then dictionaries) lies in the file. */
uint64_t fmt_descriptor_offset(const fmt_header *header, uint32_t index);
/* Returns the name of a region of F-12: "schema", "zone maps" … */
const char *fmt_region_name(int region);

#endif
