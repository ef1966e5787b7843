/* The layout: the offset of every part and buffer (F-4, F-40 … F-46), a pure function of the table.
 *
 * To make a file:
 * 1. fmt_header_init; set rows, columns, dictionaries and csv_rules.
 * 2. For every descriptor: fmt_descriptor_init; set type, flags and parameters; fmt_derive_width;
 *    set length and null_count; fmt_set_lengths.
 * 3. fmt_names_put and fmt_metadata_put, in order; then fmt_layout. All offsets are known now, and
 *    buffers may be written.
 * 4. Encode the dictionary messages, and set message_hash; then schema, batch and footer
 *    (envelope.h), checksums and zone maps, and set the hash of each region.
 * 5. fmt_directory_encode (directory.h), which sets the hashes of its four regions; fmt_file_id
 *    (checksum.h); fmt_header_encode (header.h). */
#ifndef SHMCOL_FORMAT_LAYOUT_H
#define SHMCOL_FORMAT_LAYOUT_H

#include "format/fault.h"
#include "format/table.h"

/* Lays the table out. Linear in time; allocates nothing. Code: LIMIT (F-59, F-14, or a file that
 * does not fit 63 bits).
 *
 * Takes header_size, descriptor_size, rows, columns, dictionaries, incompat (F-70) and
 * table_metadata_*; names_length, metadata and metadata_length (the envelope copies the pairs); of
 * every descriptor type, flags, parameters, width, length, the slots' stored and logical lengths,
 * and the lengths of name, zone and metadata.
 *
 * Sets offset and length of all regions, body_offset, body_length and file_size; of every
 * descriptor first_zone and the slots' offset and first_checksum; of a dictionary message_offset,
 * message_length and body_length. */
int fmt_layout(fmt_table *table, fmt_fault *fault);

/* Checks the layout (F-4, F-40 … F-46): computes it again, in other code, and compares it with the
 * table's. All descriptors must be decoded and supported. For an unknown envelope_version it takes
 * the lengths of the envelope as they are (F-19). Code: LAYOUT. */
int fmt_check_layout(const fmt_table *table, fmt_fault *fault);

/* Checks that the body has no region of a later version (F-65). It is the last step of every level
 * of a check (F-62). Code: FEATURE. */
int fmt_check_later_region(const fmt_header *header, fmt_fault *fault);

/* Calls fn for every gap between parts and buffers, whose bytes must be zero (F-4), in ascending
 * order, with length > 0. Stops at the first result that is not 0 and returns it. The layout must
 * have been checked. */
int fmt_each_gap(const fmt_table *table, int (*fn)(void *arg, uint64_t offset, uint64_t length),
                 void *arg);

#endif
