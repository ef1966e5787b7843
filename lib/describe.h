/* From a descriptor to what the public header says of a column. */
#ifndef SHMCOL_DESCRIBE_H
#define SHMCOL_DESCRIBE_H

#include "format/table.h"
#include "shmcol.h"

/* Type, parameters and buffers of a decoded descriptor; `names` are the bytes of the names part.
 * Index, name and dictionary are the caller's. */
void shm_describe(const fmt_descriptor *d, const char *names, shmcol_column_info *info);
shmcol_buffer shm_buffer(const fmt_slot *slot);

#endif
