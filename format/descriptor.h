/* Descriptors of columns and dictionaries (F-21 … F-29). */
#ifndef SHMCOL_FORMAT_DESCRIPTOR_H
#define SHMCOL_FORMAT_DESCRIPTOR_H

#include "format/fault.h"
#include "format/table.h"

/* Empties a descriptor: dictionary and first_zone "none", the rest 0. */
void fmt_descriptor_init(fmt_descriptor *d);

/* Encodes descriptor `index` (columns, then dictionaries): writes header->descriptor_size bytes,
 * hash included. */
void fmt_descriptor_encode(const fmt_header *header, const fmt_descriptor *d, uint32_t index,
                           uint8_t *out);

/* Overwrites, in an encoded descriptor, the fields that differ between a file's plain and its
 * compressed form (F-75: slots, a dictionary's message), and the hash. */
void fmt_descriptor_replace(const fmt_header *header, const fmt_descriptor *d, uint32_t index,
                            uint8_t *bytes);

/* Decodes descriptor `index` from `bytes` (header->descriptor_size of them): copies it out, checks
 * its hash, then every field as far as the descriptor alone tells (F-22 … F-28), and that name,
 * zone and metadata lie inside their parts. fmt_descriptor_bounds checks the offsets of buffers.
 * Codes: DESCRIPTOR_HASH, DESCRIPTOR_FIELD, NAME, METADATA, COLUMN_UNSUPPORTED. After
 * COLUMN_UNSUPPORTED only `type` and the fields of name and metadata may be used. Faults of
 * dictionaries have column -1. */
int fmt_descriptor_decode(const uint8_t *bytes, const fmt_header *header, uint32_t index,
                          fmt_descriptor *d, fmt_fault *fault);
/* Does the same without name, zone and metadata, for a checker that must keep the order of F-62:
 * all fields of all descriptors come before any name. */
int fmt_descriptor_fields(const uint8_t *bytes, const fmt_header *header, uint32_t index,
                          fmt_descriptor *d, fmt_fault *fault);

/* Checks F-61: every slot of a decoded descriptor lies inside the body (a dictionary's: inside its
 * own body, and that inside the file) and starts at a multiple of 64; its checksums and zone
 * entries lie inside their regions. Only then may pointers be made of it. Code: LAYOUT. */
int fmt_descriptor_bounds(const fmt_header *header, const fmt_descriptor *d, uint32_t index,
                          fmt_fault *fault);

/* Checks F-29 over all descriptors. Code: DESCRIPTOR_FIELD. */
int fmt_check_dictionary_use(const fmt_table *table, fmt_fault *fault);

#endif
