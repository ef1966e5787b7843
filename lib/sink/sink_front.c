/* The front of a file: header and directory. */
#include <string.h>

#include "alloc.h"
#include "format/checksum.h"
#include "format/directory.h"
#include "format/header.h"
#include "sink/sink_internal.h"

shmcol_status sink_put_front(sink *s, fmt_table *table, const uint64_t *checksums,
                             const uint8_t id[16], shmcol_error *err)
{
    fmt_header *h = &table->header;
    fmt_fault fault;
    uint64_t length = h->header_size + fmt_directory_length(h);
    uint8_t *bytes = shm_alloc_zeroed(length, 1);
    if (bytes == NULL)
        return shm_fail_memory(err);
    if (fmt_directory_encode(table, bytes + h->header_size, &fault) != 0) {
        free(bytes);
        return shm_fail_fault(err, &fault, NULL, NULL);
    }
    fmt_header_encode(h, bytes);
    if (id != NULL)
        memcpy(h->file_id, id, sizeof h->file_id);
    else
        fmt_file_id(h, bytes, (const uint8_t *)checksums, h->file_id);
    memcpy(h->content_id, h->file_id, sizeof h->content_id); /* F-16 */
    fmt_header_encode(h, bytes);
    shmcol_status status = sink_pwrite(s, s->fd, bytes, length, 0, err);
    free(bytes);
    return status;
}
