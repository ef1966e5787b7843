/* From a descriptor to the public header's description of a column. */
#ifndef SHMCOL_DESCRIBE_H
#define SHMCOL_DESCRIBE_H

#include "format/table.h"
#include "shmcol.h"

/* Copies parameters and buffers of a decoded descriptor to *info; `names` are the bytes of the
 * names part. The caller sets index, name, type and dictionary. */
void shm_describe(const fmt_descriptor *d, const char *names, shmcol_column_info *info);
shmcol_buffer shm_buffer(const fmt_slot *slot);

#endif
