/* The directory as a whole: descriptors, name index, names and metadata (F-4, F-21 … F-34). A
 * file's front is its bytes [0, end of metadata): header and directory. */
#ifndef SHMCOL_FORMAT_DIRECTORY_H
#define SHMCOL_FORMAT_DIRECTORY_H

#include "format/fault.h"
#include "format/table.h"

/* Writes the directory, [header_size, end of metadata), to `out` (fmt_directory_length bytes, zeros
 * included), and sets the hashes of its four regions in table->header. Code: BAD_NAME for a name
 * that occurs twice. */
int fmt_directory_encode(fmt_table *table, uint8_t *out, fmt_fault *fault);

/* Decodes the whole directory of a file whose front is `front` and checks it as the level
 * `structure` of F-62 does: regions' hashes, every descriptor, use of dictionaries, names,
 * metadata, name index, bounds and layout. The first fault ends it. Takes table->header, and
 * table->descriptors with room for columns + dictionaries; sets these, and lets names and metadata
 * point into `front`. Codes: REGION_HASH, NAME_INDEX, LAYOUT, and those of fmt_descriptor_decode.
 */
int fmt_directory_decode(fmt_table *table, uint8_t *front, fmt_fault *fault);

/* Decodes column `index`, alone (F-61): its descriptor, its name, its bounds, in this order. Codes:
 * those of fmt_descriptor_decode; NAME; LAYOUT, after which the name is good. After
 * COLUMN_UNSUPPORTED name and metadata are good, and zone_length is 0: what an unknown type keeps
 * besides its name is not ours to look at. */
int fmt_directory_column(const fmt_header *header, const uint8_t *front, uint32_t index,
                         fmt_descriptor *d, fmt_fault *fault);
/* Decodes dictionary `k`, alone. Codes: those of fmt_descriptor_decode; LAYOUT. */
int fmt_directory_dictionary(const fmt_header *header, const uint8_t *front, uint32_t k,
                             fmt_descriptor *d, fmt_fault *fault);

#endif
