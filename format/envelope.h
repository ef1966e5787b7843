/* The Arrow envelope, version 1 (F-50 … F-58): every flatbuffer of a file, encoded from the table.
 * Linear in time. One emitter measures (out == NULL) and writes.
 *
 * The encoders return the number of bytes that a part of the envelope needs, without the zeros that
 * fill it up. With `out` they write as many bytes; the caller has zeroed the rest of the part.
 * Measuring takes only types, parameters, names, metadata and flags; writing takes the layout
 * too. */
#ifndef SHMCOL_FORMAT_ENVELOPE_H
#define SHMCOL_FORMAT_ENVELOPE_H

#include "format/fault.h"
#include "format/table.h"

/* Encodes the schema part, from regions[SCHEMA].offset on: the first words of the message are in
 * the header (F-10). */
uint64_t fmt_envelope_schema(const fmt_table *table, uint8_t *out);
/* Encodes the message of dictionary `k`, continuation and length included; its part has
 * message_length bytes. */
uint64_t fmt_envelope_dictionary(const fmt_table *table, uint32_t k, uint8_t *out);
/* Encodes the message of the record batch; its part is regions[BATCH]. */
uint64_t fmt_envelope_batch(const fmt_table *table, uint8_t *out);
/* Encodes the footer. */
uint64_t fmt_envelope_footer(const fmt_table *table, uint8_t *out);
/* Counts the tables in the schema's flatbuffer (F-59). */
uint64_t fmt_envelope_schema_tables(const fmt_table *table);

/* The parts of the envelope; FMT_PART_DICTIONARY + k is the message of dictionary k. */
enum { FMT_PART_SCHEMA, FMT_PART_BATCH, FMT_PART_FOOTER, FMT_PART_DICTIONARY };
/* Finds a part's offset and length in the file. */
void fmt_envelope_part(const fmt_table *table, uint32_t part, uint64_t *offset, uint64_t *length);
/* Checks F-50: encodes the part again into `scratch`, which is as long as the part, and compares it
 * with the file's bytes. The layout must have been checked. Codes: ENVELOPE, with the offset of the
 * first byte that differs; ENVELOPE_VERSION_UNKNOWN. */
int fmt_check_envelope(const fmt_table *table, uint32_t part, const uint8_t *bytes,
                       uint8_t *scratch, fmt_fault *fault);

#endif
