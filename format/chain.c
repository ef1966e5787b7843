/* Names of parts, and the comparison of their columns. */
#include "format/chain.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "format/bytes.h"
#include "format/ondisk.h"

enum { DIGITS = 20 };
static const char suffix[] = ".shmcol";

void fmt_part_name(uint64_t first_row, char out[FMT_PART_NAME_SIZE])
{
    snprintf(out, FMT_PART_NAME_SIZE, "%020" PRIu64 "%s", first_row, suffix);
}

bool fmt_part_name_row(const char *name, uint64_t *first_row)
{
    uint64_t row = 0;
    for (int i = 0; i < DIGITS; i++) {
        const unsigned digit = (unsigned char)name[i] - (unsigned)'0';
        if (digit > 9 || row > (UINT64_MAX - digit) / 10)
            return false;
        row = row * 10 + digit;
    }
    if (strcmp(name + DIGITS, suffix) != 0)
        return false;
    *first_row = row;
    return true;
}

const uint8_t *fmt_table_id(const fmt_header *header)
{
    return fmt_is_zero(header->part.table_id, FMT_ID_SIZE) ? header->file_id
                                                           : header->part.table_id;
}

bool fmt_part_is_whole(uint64_t rows)
{
    return rows != 0 && rows % FMT_ZONE_ROWS == 0;
}

bool fmt_same_frame(const uint8_t *a, const uint8_t *b, const fmt_header *header)
{
    /* All fields but hashes, ids, and those by which a part has its place in the table. */
    static const struct {
        uint16_t from, end;
    } fields[] = {{0, FMT_H_HASH},
                  {FMT_H_VERSION_MAJOR, FMT_H_FILE_ID},
                  {FMT_H_BODY_OFFSET, FMT_H_META_HASH},
                  {FMT_H_FRAMES, FMT_H_FIRST_ROW},
                  {FMT_H_RESERVED, FMT_HEADER_SIZE}};
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
        if (memcmp(a + fields[i].from, b + fields[i].from,
                   (size_t)(fields[i].end - fields[i].from)) != 0)
            return false;
    for (size_t i = FMT_H_REGIONS; i < FMT_H_FRAMES; i += FMT_REGION_SIZE)
        if (memcmp(a + i, b + i, 16) != 0) /* place and length */
            return false;
    const fmt_region *names = &header->regions[FMT_REGION_NAMES];
    return memcmp(a + FMT_HEADER_SIZE, b + FMT_HEADER_SIZE,
                  header->header_size - FMT_HEADER_SIZE) == 0 &&
           memcmp(a + names->offset, b + names->offset, (size_t)names->length) == 0;
}

const char *fmt_column_differs(const fmt_descriptor *a, const uint8_t *a_names,
                               const fmt_descriptor *b, const uint8_t *b_names)
{
    if (a->name_length != b->name_length ||
        memcmp(a_names + a->name_offset, b_names + b->name_offset, a->name_length) != 0)
        return "name";
    if (a->type != b->type)
        return "type";
    if (a->element != b->element)
        return "type of the elements";
    if (a->unit != b->unit)
        return "unit";
    if (a->zone_length != b->zone_length ||
        memcmp(a_names + a->zone_offset, b_names + b->zone_offset, a->zone_length) != 0)
        return "zone";
    if (a->precision != b->precision || a->scale != b->scale)
        return "precision or scale";
    if (a->width != b->width || a->dimensions != b->dimensions ||
        memcmp(a->shape, b->shape, sizeof a->shape) != 0)
        return "width or shape";
    return NULL;
}
