/* The regions of a file that are not buffers: hashed and written. */
#include "regions.h"

#include "alloc.h"
#include "error.h"
#include "format/envelope.h"
#include "format/hash.h"
#include "format/layout.h"

static shmcol_status put_bytes(const shm_put *put, const uint8_t *bytes, uint64_t length,
                               uint64_t offset, shmcol_error *err)
{
    return length > 0 ? put->fn(put->arg, bytes, (size_t)length, offset, err) : SHMCOL_OK;
}

/* Writes one region and notes its hash (F-12). */
static shmcol_status put_region(fmt_table *table, int index, const uint8_t *bytes,
                                const shm_put *put, shmcol_error *err)
{
    fmt_region *region = &table->header.regions[index];
    region->hash = fmt_hash(bytes, (size_t)region->length);
    return put_bytes(put, bytes, region->length, region->offset, err);
}

/* Writes the messages of the dictionaries and notes their hashes in the descriptors (F-40). */
static shmcol_status put_dictionaries(fmt_table *table, const shm_put *put, shmcol_error *err)
{
    for (uint32_t k = 0; k < table->header.dictionaries; k++) {
        fmt_descriptor *d = &table->descriptors[(uint64_t)table->header.columns + k];
        uint8_t *bytes = shm_alloc_zeroed(d->message_length, 1);
        if (bytes == NULL)
            return shm_fail_memory(err);
        (void)fmt_envelope_dictionary(table, k, bytes); /* its length is in the layout */
        d->message_hash = fmt_hash(bytes, (size_t)d->message_length);
        shmcol_status status = put_bytes(put, bytes, d->message_length, d->message_offset, err);
        free(bytes);
        if (status != SHMCOL_OK)
            return status;
    }
    return SHMCOL_OK;
}

typedef uint64_t encode_fn(const fmt_table *table, uint8_t *out);

/* Encodes one region of the envelope and writes it. */
static shmcol_status put_envelope(fmt_table *table, int index, encode_fn *encode,
                                  const shm_put *put, shmcol_error *err)
{
    uint8_t *bytes = shm_alloc_zeroed(table->header.regions[index].length, 1);
    if (bytes == NULL)
        return shm_fail_memory(err);
    (void)encode(table, bytes); /* its length is in the layout */
    shmcol_status status = put_region(table, index, bytes, put, err);
    free(bytes);
    return status;
}

shmcol_status shm_put_regions(fmt_table *table, const shm_regions *regions, const shm_put *put,
                              shmcol_error *err)
{
    static const struct {
        int index;
        encode_fn *encode;
    } envelope[] = {{FMT_REGION_SCHEMA, fmt_envelope_schema},
                    {FMT_REGION_BATCH, fmt_envelope_batch},
                    {FMT_REGION_FOOTER, fmt_envelope_footer}};
    shmcol_status status = put_region(table, FMT_REGION_CHECKSUMS, regions->checksums, put, err);
    if (status != SHMCOL_OK)
        return status;
    status = put_region(table, FMT_REGION_ZONE_MAPS, regions->zones, put, err);
    if (status == SHMCOL_OK && regions->frames != NULL)
        status = put_region(table, FMT_REGION_FRAMES, regions->frames, put, err);
    if (status != SHMCOL_OK)
        return status;
    status = put_dictionaries(table, put, err);
    for (size_t i = 0; status == SHMCOL_OK && i < sizeof envelope / sizeof *envelope; i++)
        status = put_envelope(table, envelope[i].index, envelope[i].encode, put, err);
    return status;
}
