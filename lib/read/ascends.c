/* Finds out whether a column ascends. Of a table each part says it of its own rows. Where two parts
 * meet, their zone maps decide, so that no page of the column is touched; of texts two values. */
#include <string.h>

#include "format/bytes.h"
#include "format/decimal.h"
#include "format/ondisk.h"
#include "format/text.h"
#include "format/types.h"
#include "read/search.h"
#include "read/zones.h"

enum { UNKNOWN, ASCENDS, DESCENDS };

/* Tells whether the first value of a part is less than the last one before it. */
static bool number_descends(uint8_t bounds, const uint8_t last[16], const uint8_t next[16])
{
    switch (bounds) {
    case FMT_BOUNDS_SIGNED: return (int64_t)fmt_load64(next) < (int64_t)fmt_load64(last);
    case FMT_BOUNDS_UNSIGNED: return fmt_load64(next) < fmt_load64(last);
    case FMT_BOUNDS_DECIMAL: return fmt_load_decimal(next) < fmt_load_decimal(last);
    default: return !(fmt_load_double(next) >= fmt_load_double(last));
    }
}

static shmcol_status numbers_meet(const read_column *before, const read_column *after, bool *ascend,
                                  shmcol_error *err)
{
    fmt_zone last, next;
    const uint64_t zones = fmt_zone_count(before->descriptor.length);
    shmcol_status status = read_own_bounds(before, zones - 1, &last, err);
    if (status == SHMCOL_OK)
        status = read_own_bounds(after, 0, &next, err);
    if (status == SHMCOL_OK)
        *ascend =
            !number_descends(fmt_type_of(before->descriptor.type)->bounds, last.max, next.min);
    return status;
}

static shmcol_status texts_meet(const read_column *before, const read_column *after, bool *ascend,
                                shmcol_error *err)
{
    const char *last, *next;
    uint64_t last_length, next_length;
    shmcol_status status = shmcol_string_row(
        before->file, before->index, before->descriptor.length - 1, &last, &last_length, err);
    if (status == SHMCOL_OK)
        status = shmcol_string_row(after->file, after->index, 0, &next, &next_length, err);
    if (status == SHMCOL_OK)
        *ascend = fmt_text_order(last, last_length, next, next_length) <= 0;
    return status;
}

/* Looks at each part and at where it meets the one before. */
static shmcol_status look_at_parts(const read_column *column, bool *ascend, shmcol_error *err)
{
    const uint16_t type = column->descriptor.type;
    const bool texts = type == FMT_STRING || type == FMT_DICTIONARY;
    read_column before = {0}, own;
    shmcol_status status = SHMCOL_OK;
    *ascend = column->descriptor.null_count == 0;
    for (uint64_t k = 0; k < shmcol_parts(column->file) && *ascend && status == SHMCOL_OK; k++) {
        status = read_part_column(column, k, &own, err);
        if (status != SHMCOL_OK)
            break;
        *ascend = (own.descriptor.flags & FMT_FLAG_ASCENDING) != 0;
        if (*ascend && before.descriptor.length != 0 && own.descriptor.length != 0)
            status = texts ? texts_meet(&before, &own, ascend, err)
                           : numbers_meet(&before, &own, ascend, err);
        before = own;
    }
    return status;
}

shmcol_status read_ascends(const read_column *column, bool *ascends, shmcol_error *err)
{
    const read_table *t = column->file->table;
    if (t == NULL) {
        *ascends = (column->descriptor.flags & FMT_FLAG_ASCENDING) != 0;
        return SHMCOL_OK;
    }
    atomic_uchar *known = &t->ascends[column->index];
    unsigned char answer = atomic_load_explicit(known, memory_order_relaxed);
    if (answer == UNKNOWN) {
        bool ascend;
        shmcol_status status = look_at_parts(column, &ascend, err);
        if (status != SHMCOL_OK)
            return status;
        answer = ascend ? ASCENDS : DESCENDS;
        atomic_store_explicit(known, answer, memory_order_relaxed);
    }
    *ascends = answer == ASCENDS;
    return SHMCOL_OK;
}
