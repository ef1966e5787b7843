/* Where everything lies (F-4, F-40 … F-46): a pure function of the table.
 *
 * How a file is made: fmt_header_init; rows, columns, dictionaries, csv_rules set; every
 * descriptor: fmt_descriptor_init, type, flags, parameters, fmt_derive_width, length, null_count,
 * slot lengths (fmt_set_lengths); fmt_names_put and fmt_metadata_put in order; fmt_layout. Now
 * every place is known and buffers may be written. Then the dictionary messages (their hash into
 * message_hash), schema, batch, footer (envelope.h), checksums, zone maps, each with its region's
 * hash; then fmt_directory_encode (directory.h), which sets the hashes of its four regions; then
 * fmt_file_id and fmt_header_encode (checksum.h, header.h). */
#ifndef SHMCOL_FORMAT_LAYOUT_H
#define SHMCOL_FORMAT_LAYOUT_H

#include "format/fault.h"
#include "format/table.h"

/* Takes: header_size, descriptor_size, rows, columns, dictionaries; of every descriptor type,
 * flags, parameters, width, length, the slots' stored and logical lengths and the lengths of name,
 * zone and metadata; incompat (F-70); names_length, metadata and metadata_length (the envelope
 * copies the pairs), table_metadata_*. Sets: offset and length of all regions, body_offset,
 * body_length, file_size; of every descriptor the slots' offset and first_checksum, first_zone, and
 * a dictionary's message_offset, message_length, body_length. Linear, allocates nothing. Code:
 * LIMIT (F-59, F-14, or a file that does not fit 63 bits). */
int fmt_layout(fmt_table *table, fmt_fault *fault);

/* The places again, computed by a second piece of code, and compared with those in the table (F-4,
 * F-40 … F-46). Needs decoded descriptors, all supported. Of an unknown envelope_version the
 * envelope's lengths are taken as they are (F-19). Code: LAYOUT. */
int fmt_check_layout(const fmt_table *table, fmt_fault *fault);

/* Calls fn for every run of bytes that must be zero between parts and buffers (F-4), ascending,
 * length > 0; stops at the first result that is not 0 and returns it. The table's layout must have
 * been checked. */
int fmt_each_gap(const fmt_table *table, int (*fn)(void *arg, uint64_t offset, uint64_t length),
                 void *arg);

#endif
