/* The header to its bytes. */
#include "format/bytes.h"
#include "format/hash.h"
#include "format/header.h"
#include "format/ondisk.h"

_Static_assert((int)FMT_REGION_FRAMES == (int)FMT_REGION_COUNT, "F-12, F-70");

void fmt_header_init(fmt_header *header)
{
    memset(header, 0, sizeof *header);
    header->header_size = FMT_HEADER_SIZE;
    header->descriptor_size = FMT_DESCRIPTOR_SIZE;
    header->version_major = FMT_VERSION_MAJOR;
    header->version_minor = FMT_VERSION_MINOR;
    header->envelope_version = FMT_ENVELOPE_VERSION;
    header->writer_id = FMT_WRITER_SHMCOL;
}

/* Encodes the words that an Arrow reader takes for the start of the schema message. */
static void put_arrow_front(const fmt_header *h, uint8_t *out)
{
    const fmt_region *schema = &h->regions[FMT_REGION_SCHEMA];
    memcpy(out + FMT_H_ARROW_MAGIC, FMT_ARROW_MAGIC, FMT_ARROW_MAGIC_SIZE);
    fmt_store32(out + FMT_H_CONTINUATION, FMT_CONTINUATION);
    fmt_store32(out + FMT_H_SCHEMA_LENGTH,
                (uint32_t)(schema->offset + schema->length - FMT_H_SCHEMA_ROOT));
    fmt_store32(out + FMT_H_SCHEMA_ROOT, (uint32_t)(schema->offset - FMT_H_SCHEMA_ROOT));
}

void fmt_header_encode(const fmt_header *h, uint8_t *out)
{
    memset(out, 0, h->header_size);
    fmt_header_replace(h, out);
}

void fmt_header_replace(const fmt_header *h, uint8_t *out)
{
    put_arrow_front(h, out);
    memcpy(out + FMT_H_MAGIC, FMT_MAGIC, FMT_MAGIC_SIZE);
    fmt_store32(out + FMT_H_HEADER_SIZE, h->header_size);
    fmt_store32(out + FMT_H_DESCRIPTOR_SIZE, h->descriptor_size);
    fmt_store16(out + FMT_H_VERSION_MAJOR, h->version_major);
    fmt_store16(out + FMT_H_VERSION_MINOR, h->version_minor);
    fmt_store32(out + FMT_H_ENVELOPE_VERSION, h->envelope_version);
    fmt_store64(out + FMT_H_COMPAT, h->compat);
    fmt_store64(out + FMT_H_RO_COMPAT, h->ro_compat);
    fmt_store64(out + FMT_H_INCOMPAT, h->incompat);
    fmt_store32(out + FMT_H_WRITER_ID, h->writer_id);
    fmt_store32(out + FMT_H_WRITER_VERSION, h->writer_version);
    fmt_store32(out + FMT_H_CSV_RULES, h->csv_rules);
    fmt_store32(out + FMT_H_BYTE_ORDER, FMT_BYTE_ORDER);
    fmt_store64(out + FMT_H_ROWS, h->rows);
    fmt_store32(out + FMT_H_COLUMNS, h->columns);
    fmt_store32(out + FMT_H_DICTIONARIES, h->dictionaries);
    fmt_store64(out + FMT_H_FILE_SIZE, h->file_size);
    memcpy(out + FMT_H_FILE_ID, h->file_id, FMT_ID_SIZE);
    memcpy(out + FMT_H_CONTENT_ID, h->content_id, FMT_ID_SIZE);
    fmt_store64(out + FMT_H_BODY_OFFSET, h->body_offset);
    fmt_store64(out + FMT_H_BODY_LENGTH, h->body_length);
    fmt_store64(out + FMT_H_META_OFFSET, h->table_metadata_offset);
    fmt_store64(out + FMT_H_META_LENGTH, h->table_metadata_length);
    fmt_store64(out + FMT_H_META_HASH, h->table_metadata_hash);
    fmt_store32(out + FMT_H_ALIGNMENT, h->part.alignment);
    fmt_store64(out + FMT_H_FIRST_ROW, h->part.first_row);
    fmt_store64(out + FMT_H_TABLE_ROWS, h->part.table_rows);
    memcpy(out + FMT_H_TABLE_ID, h->part.table_id, FMT_ID_SIZE);
    memcpy(out + FMT_H_PREVIOUS_ID, h->part.previous_id, FMT_ID_SIZE);
    memset(out + FMT_H_FRAMES, 0,
           FMT_REGION_SIZE); /* the other form of the file has a region here */
    for (int i = 0; i < fmt_header_regions(h); i++) {
        uint8_t *entry = out + FMT_H_REGIONS + i * FMT_REGION_SIZE;
        fmt_store64(entry, h->regions[i].offset);
        fmt_store64(entry + 8, h->regions[i].length);
        fmt_store64(entry + 16, h->regions[i].hash);
    }
    fmt_store64(out + FMT_H_HASH, 0); /* F-10: it counts as 0 */
    fmt_store64(out + FMT_H_HASH, fmt_hash(out, h->header_size));
}
