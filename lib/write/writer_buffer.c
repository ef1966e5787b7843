/* Buffers between the batches and the sink's regions. */
#include <stdlib.h>
#include <string.h>

#include "write/writer_internal.h"

shmcol_status writer_buffer_room(out_buffer *b, size_t length, uint8_t **at, shmcol_error *err)
{
    if (length > b->capacity - b->used) {
        size_t capacity = b->capacity < 32 ? 32 : b->capacity;
        while (capacity - b->used < length) {
            if (capacity > SIZE_MAX / 2)
                return shm_fail_memory(err);
            capacity *= 2;
        }
        uint8_t *data = realloc(b->data, capacity);
        if (data == NULL)
            return shm_fail_memory(err);
        b->data = data;
        b->capacity = capacity;
    }
    *at = b->data + b->used;
    return SHMCOL_OK;
}

static shmcol_status send(shmcol_writer *w, out_buffer *b, const void *data, size_t length,
                          shmcol_error *err)
{
    shmcol_status status =
        b->region == SINK_NONE ? sink_region_new(w->sink, &b->region, err) : SHMCOL_OK;
    if (status == SHMCOL_OK)
        status = sink_write(w->sink, b->region, b->flushed, data, length, err);
    if (status == SHMCOL_OK)
        b->flushed += length;
    return status;
}

shmcol_status writer_buffer_added(shmcol_writer *w, out_buffer *b, size_t length, shmcol_error *err)
{
    b->used += length;
    if (b->used < w->limit)
        return SHMCOL_OK;
    size_t whole = b->used & ~(w->limit - 1);
    shmcol_status status = send(w, b, b->data, whole, err);
    b->used -= whole;
    memmove(b->data, b->data + whole, b->used);
    return status;
}

shmcol_status writer_buffer_append(shmcol_writer *w, out_buffer *b, const void *data,
                                   uint64_t length, shmcol_error *err)
{
    const uint8_t *from = data;
    shmcol_status status = SHMCOL_OK;
    while (length > 0 && status == SHMCOL_OK) {
        size_t n;
        if (b->used == 0 && length >= w->limit) { /* whole blocks need no copy */
            n = (size_t)length & ~(w->limit - 1);
            status = send(w, b, from, n, err);
        } else {
            uint8_t *to = NULL; /* the compiler does not see that it is set if the status is OK */
            n = length < w->limit - b->used ? (size_t)length : w->limit - b->used;
            status = writer_buffer_room(b, n, &to, err);
            if (status == SHMCOL_OK) {
                memcpy(to, from, n);
                status = writer_buffer_added(w, b, n, err);
            }
        }
        from += n;
        length -= n;
    }
    return status;
}

void writer_buffer_begin(out_buffer *b, segment *seg)
{
    for (int i = 0; i < SPARES && b->data == NULL; i++) {
        b->data = seg->spare[i].data;
        b->capacity = seg->spare[i].capacity;
        seg->spare[i].data = NULL;
        seg->spare[i].capacity = 0;
    }
}

shmcol_status writer_buffer_rest(shmcol_writer *w, out_buffer *b, bool complete, segment *seg,
                                 shmcol_error *err)
{
    int to = 0;
    if (complete && b->used > 0) {
        shmcol_status status = send(w, b, b->data, b->used, err);
        if (status != SHMCOL_OK)
            return status;
        b->used = 0;
    }
    if (b->used > 0)
        return SHMCOL_OK;
    while (to < SPARES - 1 && seg->spare[to].data != NULL)
        to++;
    free(seg->spare[to].data);
    seg->spare[to].data = b->data;
    seg->spare[to].capacity = b->capacity;
    b->data = NULL;
    b->capacity = 0;
    return SHMCOL_OK;
}

shmcol_status writer_buffer_flush(shmcol_writer *w, out_buffer *b, shmcol_error *err)
{
    shmcol_status status = b->used > 0 ? send(w, b, b->data, b->used, err) : SHMCOL_OK;
    free(b->data);
    b->data = NULL;
    b->used = b->capacity = 0;
    return status;
}

void writer_buffer_drop(shmcol_writer *w, out_buffer *b)
{
    free(b->data);
    if (b->region != SINK_NONE)
        sink_drop(w->sink, b->region);
    *b = (out_buffer){.region = SINK_NONE};
}
