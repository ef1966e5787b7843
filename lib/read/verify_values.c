/* The level `full` of F-62: the Arrow envelope is the one of the table, and every value keeps the
 * rules of its type. */
#include <stdlib.h>

#include "format/check.h"
#include "format/envelope.h"
#include "format/header.h"
#include "format/ondisk.h"
#include "format/types.h"
#include "format/zone.h"
#include "read/verify.h"
#include "secret.h"

/* Checks one of the Arrow messages, or the footer. Returns the code of its fault. */
static int check_envelope_part(verify *v, uint32_t part)
{
    uint64_t offset, length;
    fmt_fault fault;
    fmt_envelope_part(&v->table, part, &offset, &length);
    v->scratch = malloc(length != 0 ? (size_t)length : 1);
    if (v->scratch == NULL) {
        verify_fail(v, SHMCOL_ERR_NO_MEMORY);
        return FMT_OK;
    }
    int code = fmt_check_envelope(&v->table, part, v->file->map + offset, v->scratch, &fault);
    free(v->scratch);
    v->scratch = NULL;
    if (code != FMT_OK)
        verify_problem(v, &fault);
    return code;
}

/* Checks F-50: schema, dictionaries, batch, footer. */
void verify_envelope(verify *v)
{
    if (!v->layout_good)
        return; /* the envelope is made of names, metadata and layout */
    if (check_envelope_part(v, FMT_PART_SCHEMA) == FMT_ENVELOPE_VERSION_UNKNOWN)
        return;
    for (uint32_t k = 0; k < v->table.header.dictionaries && v->failed == SHMCOL_OK; k++)
        check_envelope_part(v, FMT_PART_DICTIONARY + k);
    if (v->failed == SHMCOL_OK)
        check_envelope_part(v, FMT_PART_BATCH);
    if (v->failed == SHMCOL_OK)
        check_envelope_part(v, FMT_PART_FOOTER);
}

static uint64_t stored_bytes(const fmt_descriptor *d)
{
    uint64_t sum = 0;
    for (int s = 0; s < FMT_SLOTS; s++)
        sum += d->slots[s].stored_length;
    return sum;
}

/* ---- dictionaries (F-36, F-37, F-39) ---- */

enum { DICTIONARY_OFFSETS, DICTIONARY_UTF8, DICTIONARY_VALUES, DICTIONARY_CHECKS };

static uint64_t check_dictionary(verify_worker *worker, uint64_t k)
{
    verify *v = worker->v;
    uint64_t index = v->table.header.columns + k, key = k * DICTIONARY_CHECKS;
    const fmt_descriptor *d = &v->table.descriptors[index];
    fmt_row_range range;
    fmt_fault fault;
    if (v->states[index] != OBJECT_USABLE)
        return 0;
    fmt_row_range_whole(&range, d, -1, v->file->map);
    if (fmt_check_offsets(&range, &fault) != FMT_OK) {
        verify_found(v, key + DICTIONARY_OFFSETS, 0, &fault); /* the values are not known then */
        return 0;
    }
    if (fmt_check_utf8(&range, &fault) != FMT_OK)
        verify_found(v, key + DICTIONARY_UTF8, 0, &fault);
    size_t size = fmt_dictionary_scratch(d);
    free(worker->scratch);
    worker->scratch = size != 0 ? malloc(size) : NULL;
    if (size != 0 && worker->scratch == NULL) {
        atomic_store(&v->no_memory, true);
        return 0;
    }
    if (fmt_check_dictionary(&range, worker->scratch, shm_secret(), &fault) != FMT_OK)
        verify_found(v, key + DICTIONARY_VALUES, 0, &fault);
    return stored_bytes(d);
}

void verify_dictionaries(verify *v)
{
    uint64_t n = v->table.header.dictionaries;
    if (!verify_keys(v, n * DICTIONARY_CHECKS))
        return;
    verify_tasks(v, n, check_dictionary);
    verify_report(v, DICTIONARY_CHECKS);
}

/* ---- columns (F-23, F-35 … F-39, F-46, F-47) ---- */

enum {
    COLUMN_VALIDITY,
    COLUMN_OFFSETS,
    COLUMN_ELEMENT_OFFSETS,
    COLUMN_UTF8,
    COLUMN_CODES,
    COLUMN_VALUES,
    COLUMN_NULLS,
    COLUMN_ZONES,
    COLUMN_ASCENDING,
    COLUMN_CHECKS
};

/* Returns the tasks of a column, one for each zone; one of no rows in a table without rows. */
static uint64_t zones_of(const verify *v)
{
    uint64_t zones = fmt_zone_count(v->table.header.rows);
    return zones != 0 ? zones : 1;
}

typedef struct planned_column {
    uint32_t index;
    atomic_bool descends; /* or cannot be told to ascend (F-23): a value of some zone does */
} planned_column;

/* The columns that can be checked; lives in v->scratch while the step runs. Only these make tasks,
 * so their bytes bound the number of tasks, whatever the number of rows is. */
typedef struct column_plan {
    uint32_t n;
    planned_column columns[];
} column_plan;

/* Checks F-23's ascending for a range. Of a column whose flag is not set it looks for one descent
 * only, with all threads. */
static void check_ascending(verify *v, planned_column *column, const fmt_row_range *range,
                            uint64_t key, uint64_t zone)
{
    const fmt_descriptor *d = range->descriptor;
    fmt_row_range dictionary;
    fmt_fault fault;
    bool descends = d->null_count > 0 || !fmt_type_has_zones(d->type);
    if (!descends && !(d->flags & FMT_FLAG_ASCENDING))
        descends = atomic_load_explicit(&column->descends, memory_order_relaxed);
    if (!descends) {
        if (d->type == FMT_DICTIONARY)
            fmt_row_range_whole(&dictionary,
                                &v->table.descriptors[v->table.header.columns + d->dictionary], -1,
                                v->file->map);
        if (fmt_check_ascending(range, &dictionary, &descends, &fault) != FMT_OK)
            verify_found(v, key + COLUMN_ASCENDING, zone, &fault);
    }
    if (descends)
        atomic_store_explicit(&column->descends, true, memory_order_relaxed);
}

/* Checks the other half of F-23, when all ranges are done: columns that ascend have the flag. */
static void check_flags(verify *v, const column_plan *plan)
{
    fmt_row_range range;
    fmt_fault fault;
    for (uint32_t i = 0; i < plan->n; i++) {
        uint32_t column = plan->columns[i].index;
        if (atomic_load(&plan->columns[i].descends))
            continue;
        fmt_row_range_whole(&range, &v->table.descriptors[column], column, v->file->map);
        if (fmt_check_ascends(&range, &fault) != FMT_OK)
            verify_found(v, (uint64_t)i * COLUMN_CHECKS + COLUMN_ASCENDING, 0, &fault);
    }
}

static void check_range(verify *v, const fmt_row_range *range, uint64_t key, uint64_t zone)
{
    const fmt_header *h = &v->table.header;
    const fmt_descriptor *d = range->descriptor;
    fmt_fault fault;
    bool offsets_good = true; /* if not, the values are not known */
    if (fmt_check_offsets(range, &fault) != FMT_OK) {
        verify_found(v, key + COLUMN_OFFSETS, zone, &fault);
        offsets_good = false;
    } else if (fmt_check_element_offsets(range, &fault) != FMT_OK) {
        verify_found(v, key + COLUMN_ELEMENT_OFFSETS, zone, &fault);
        offsets_good = false;
    }
    if (offsets_good && fmt_check_utf8(range, &fault) != FMT_OK)
        verify_found(v, key + COLUMN_UTF8, zone, &fault);
    if (d->type == FMT_DICTIONARY) {
        uint64_t length = v->table.descriptors[h->columns + d->dictionary].length;
        if (fmt_check_codes(range, length, &fault) != FMT_OK)
            verify_found(v, key + COLUMN_CODES, zone, &fault);
    }
    if (offsets_good && fmt_check_values(range, &fault) != FMT_OK)
        verify_found(v, key + COLUMN_VALUES, zone, &fault);
    if (fmt_check_null_slots(range, &fault) != FMT_OK)
        verify_found(v, key + COLUMN_NULLS, zone, &fault);
    if (fmt_type_has_zones(d->type) && offsets_good) {
        const uint8_t *entries = v->file->map + h->regions[FMT_REGION_ZONE_MAPS].offset +
                                 d->first_zone * FMT_ZONE_ENTRY_SIZE;
        if (fmt_check_zones(range, entries, &fault) != FMT_OK)
            verify_found(v, key + COLUMN_ZONES, zone, &fault);
    }
}

static uint64_t check_column(verify_worker *worker, uint64_t task)
{
    verify *v = worker->v;
    column_plan *plan = v->scratch;
    uint64_t zones = zones_of(v), zone = task % zones, key = task / zones * COLUMN_CHECKS;
    uint32_t column = plan->columns[task / zones].index;
    const fmt_descriptor *d = &v->table.descriptors[column];
    fmt_row_range range;
    fmt_fault fault;
    fmt_row_range_whole(&range, d, column, v->file->map);
    range.unknown_features = fmt_header_has_unknown(&v->table.header);
    if (zone == 0 && fmt_check_validity(&range, &fault) != FMT_OK)
        verify_found(v, key + COLUMN_VALIDITY, 0, &fault);
    range.first = zone * FMT_ZONE_ROWS;
    range.count = d->length - range.first < FMT_ZONE_ROWS ? d->length - range.first : FMT_ZONE_ROWS;
    check_range(v, &range, key, zone);
    check_ascending(v, &plan->columns[task / zones], &range, key, zone);
    uint64_t bytes = stored_bytes(d) / zones;
    return zone == 0 ? bytes + stored_bytes(d) % zones : bytes;
}

void verify_columns(verify *v)
{
    uint32_t columns = v->table.header.columns;
    column_plan *plan = malloc(sizeof *plan + (size_t)columns * sizeof plan->columns[0]);
    if (plan == NULL) {
        verify_fail(v, SHMCOL_ERR_NO_MEMORY);
        return;
    }
    v->scratch = plan;
    plan->n = 0;
    for (uint32_t i = 0; i < columns; i++)
        if (v->states[i] == OBJECT_USABLE) {
            plan->columns[plan->n].index = i;
            atomic_init(&plan->columns[plan->n++].descends, false);
        }
    if (verify_keys(v, (uint64_t)plan->n * COLUMN_CHECKS)) {
        verify_tasks(v, plan->n * zones_of(v), check_column);
        if (v->failed == SHMCOL_OK)
            check_flags(v, plan);
    }
    verify_report(v, COLUMN_CHECKS);
    free(v->scratch);
    v->scratch = NULL;
}
