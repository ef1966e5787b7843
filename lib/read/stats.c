/* Statistics from the zone maps (F-46, F-47). */
#include <inttypes.h>
#include <string.h>

#include "format/bytes.h"
#include "format/check.h"
#include "format/ondisk.h"
#include "format/types.h"
#include "format/zone.h"
#include "read/zones.h"

/* Tells whether a bound, a prefix of 16 bytes and a length, is below another. The length decides
 * between equal prefixes only if one value ends inside them; of two longer values nothing is known,
 * and the first stays. */
static bool string_below(const char *a, uint64_t a_length, const char *b, uint64_t b_length)
{
    int order = memcmp(a, b, 16);
    return order != 0 ? order < 0 : a_length < b_length && a_length <= 16;
}

static void join_strings(shmcol_stats *stats, const fmt_zone *zone, bool first)
{
    char min[16], max[16];
    memcpy(min, zone->min, sizeof min);
    memcpy(max, zone->max, sizeof max);
    if (first || string_below(min, zone->min_length, stats->min_prefix, stats->min_length)) {
        memcpy(stats->min_prefix, min, sizeof min);
        stats->min_length = zone->min_length;
    }
    if (first || string_below(stats->max_prefix, stats->max_length, max, zone->max_length)) {
        memcpy(stats->max_prefix, max, sizeof max);
        stats->max_length = zone->max_length;
    }
}

static shmcol_decimal load_decimal(const uint8_t *p)
{
    return (shmcol_decimal){fmt_load64(p), (int64_t)fmt_load64(p + 8)};
}

static bool decimal_below(shmcol_decimal a, shmcol_decimal b)
{
    return a.high != b.high ? a.high < b.high : a.low < b.low;
}

static void join_decimals(shmcol_stats *stats, const fmt_zone *zone, bool first)
{
    shmcol_decimal min = load_decimal(zone->min), max = load_decimal(zone->max);
    if (first || decimal_below(min, stats->min_decimal))
        stats->min_decimal = min;
    if (first || decimal_below(stats->max_decimal, max))
        stats->max_decimal = max;
}

/* Adds one zone entry to those before it. */
static void join_zone(shmcol_stats *stats, const fmt_zone *zone, uint8_t kind)
{
    bool first = !stats->has_bounds;
    stats->nan_count += zone->nan_count;
    if (zone->flags & FMT_ZONE_NO_BOUNDS)
        return;
    stats->has_bounds = 1;
    if (kind == FMT_BOUNDS_STRING) {
        join_strings(stats, zone, first);
    } else if (kind == FMT_BOUNDS_DECIMAL) {
        join_decimals(stats, zone, first);
    } else if (kind == FMT_BOUNDS_UNSIGNED) {
        uint64_t min = fmt_load64(zone->min), max = fmt_load64(zone->max);
        stats->min_uint = first || min < stats->min_uint ? min : stats->min_uint;
        stats->max_uint = first || max > stats->max_uint ? max : stats->max_uint;
    } else if (kind == FMT_BOUNDS_SIGNED) {
        int64_t min = (int64_t)fmt_load64(zone->min), max = (int64_t)fmt_load64(zone->max);
        stats->min_int = first || min < stats->min_int ? min : stats->min_int;
        stats->max_int = first || max > stats->max_int ? max : stats->max_int;
    } else {
        double min = fmt_load_double(zone->min), max = fmt_load_double(zone->max);
        stats->min_float = first || min < stats->min_float ? min : stats->min_float;
        stats->max_float = first || max > stats->max_float ? max : stats->max_float;
    }
}

/* Asks the kernel for exactly the pages of a column's zone entries, once for as long as it is the
 * same column. They are a few pages in a part of the file that nothing else touches, and a fault
 * there would make the kernel read megabytes around them. (Measured against a read through a
 * descriptor, which would have to be kept or opened again, and against MADV_RANDOM, which takes a
 * map of its own for each file and waits for every page by itself.) */
static void want_zones(const read_column *c, uint64_t start)
{
    shmcol_file *file = (shmcol_file *)(uintptr_t)c->file;
    if (file->in_memory ||
        atomic_load_explicit(&file->zones_wanted, memory_order_relaxed) == c->index)
        return;
    atomic_store_explicit(&file->zones_wanted, c->index, memory_order_relaxed);
    sys_map_read_ahead(file->map + start,
                       fmt_zone_count(c->descriptor.length) * FMT_ZONE_ENTRY_SIZE);
}

/* Joins the zones [first, end) of a checked column. A column without zone maps has no bounds. */
static shmcol_status join_zones(const read_column *c, uint64_t first, uint64_t end,
                                shmcol_stats *stats, shmcol_error *err)
{
    uint8_t kind = fmt_type_of(c->descriptor.type)->bounds;
    if (kind == FMT_BOUNDS_NONE)
        return SHMCOL_OK;
    want_zones(c, read_zones_offset(c, 0));
    for (uint64_t i = first; i < end; i++) {
        fmt_zone zone;
        shmcol_status status = read_own_zone(c, i, &zone, err);
        if (status != SHMCOL_OK)
            return status;
        join_zone(stats, &zone, kind);
        stats->null_count += zone.null_count;
    }
    return SHMCOL_OK;
}

/* Joins all zones of a column, of a table those of all its parts. */
static shmcol_status join_parts(const read_column *c, shmcol_stats *stats, shmcol_error *err)
{
    shmcol_status status = SHMCOL_OK;
    for (uint64_t i = 0; i < shmcol_parts(c->file) && status == SHMCOL_OK; i++) {
        shmcol_file *part;
        read_column own;
        status = shmcol_part(c->file, i, &part, err);
        if (status == SHMCOL_OK)
            status = read_column_supported(part, c->index, &own, err);
        if (status == SHMCOL_OK)
            status = join_zones(&own, 0, fmt_zone_count(own.descriptor.length), stats, err);
    }
    return status;
}

shmcol_status shmcol_column_stats(const shmcol_file *file, uint32_t column, shmcol_stats *stats,
                                  shmcol_error *err)
{
    read_column c;
    SHM_CHECK_SIZE(stats, SHM_STATS_SIZE_1_0, err);
    shmcol_stats found = SHMCOL_STATS_INIT;
    shmcol_status status = read_column_supported(file, column, &c, err);
    if (status == SHMCOL_OK)
        status = join_parts(&c, &found, err);
    if (status != SHMCOL_OK)
        return status;
    found.rows = c.descriptor.length;
    found.null_count = c.descriptor.null_count;
    SHM_GIVE(stats, found);
    return SHMCOL_OK;
}

shmcol_status shmcol_zone_stats(const shmcol_file *file, uint32_t column, uint64_t zone,
                                shmcol_stats *stats, shmcol_error *err)
{
    read_column c;
    SHM_CHECK_SIZE(stats, SHM_STATS_SIZE_1_0, err);
    shmcol_stats found = SHMCOL_STATS_INIT;
    shmcol_status status = read_column_supported(file, column, &c, err);
    if (status != SHMCOL_OK)
        return status;
    uint64_t zones = fmt_zone_count(c.descriptor.length), first = zone * FMT_ZONE_ROWS;
    if (zone >= zones) {
        shm_fail(err, SHMCOL_ERR_OUT_OF_RANGE, "",
                 "there is no zone %" PRIu64 ": the column has %" PRIu64, zone, zones);
        return read_column_error(&c, SHMCOL_ERR_OUT_OF_RANGE, err);
    }
    if (file->table != NULL) { /* a part begins with a zone */
        shmcol_file *part;
        uint64_t index, row;
        status = shmcol_part_of_row(file, first, &index, &row, err);
        if (status == SHMCOL_OK)
            status = shmcol_part(file, index, &part, err);
        return status == SHMCOL_OK
                   ? shmcol_zone_stats(part, column, row / FMT_ZONE_ROWS, stats, err)
                   : status;
    }
    status = join_zones(&c, zone, zone + 1, &found, err);
    if (status != SHMCOL_OK)
        return status;
    found.rows =
        c.descriptor.length - first < FMT_ZONE_ROWS ? c.descriptor.length - first : FMT_ZONE_ROWS;
    /* Binaries, tensors and lists have no entries: their nulls are counted in the bitmap. */
    const uint8_t *validity = read_validity(&c);
    if (fmt_type_of(c.descriptor.type)->bounds == FMT_BOUNDS_NONE && validity != NULL) {
        status = read_column_plain(file, column, &c, err);
        if (status != SHMCOL_OK)
            return status;
        found.null_count = fmt_count_nulls(validity, first, found.rows);
    }
    SHM_GIVE(stats, found);
    return SHMCOL_OK;
}
