/* The Arrow envelope, version 1 (F-50 … F-58): every flatbuffer of a file, encoded from the table.
 * One emitter measures (out == NULL) and writes. Linear.
 *
 * Each function returns the bytes its part needs without the zeros that fill the part up. With
 * `out` it writes exactly so many; the caller has zeroed the rest of the part. Measuring needs
 * types, parameters, names, metadata and flags only; writing also needs the layout. */
#ifndef SHMCOL_FORMAT_ENVELOPE_H
#define SHMCOL_FORMAT_ENVELOPE_H

#include "format/fault.h"
#include "format/table.h"

/* The schema part, from regions[SCHEMA].offset (the message's first words are the header's, F-10).
 */
uint64_t fmt_envelope_schema(const fmt_table *table, uint8_t *out);
/* The message of dictionary `k`, continuation and length included; its part has message_length
 * bytes. */
uint64_t fmt_envelope_dictionary(const fmt_table *table, uint32_t k, uint8_t *out);
/* The record batch message; its part is regions[BATCH]. */
uint64_t fmt_envelope_batch(const fmt_table *table, uint8_t *out);
/* The footer part, whole. */
uint64_t fmt_envelope_footer(const fmt_table *table, uint8_t *out);
/* Tables in the schema's flatbuffer (F-59). */
uint64_t fmt_envelope_schema_tables(const fmt_table *table);

/* Which part fmt_check_envelope looks at; FMT_PART_DICTIONARY + k is dictionary k. */
enum { FMT_PART_SCHEMA, FMT_PART_BATCH, FMT_PART_FOOTER, FMT_PART_DICTIONARY };
/* Offset and length of that part in the file. */
void fmt_envelope_part(const fmt_table *table, uint32_t part, uint64_t *offset, uint64_t *length);
/* F-50: encodes the part again into `scratch` (as many bytes as the part has) and compares with the
 * file's bytes `bytes`. Layout must have been checked. Codes: ENVELOPE (with the offset of the
 * first differing byte), ENVELOPE_VERSION_UNKNOWN. */
int fmt_check_envelope(const fmt_table *table, uint32_t part, const uint8_t *bytes,
                       uint8_t *scratch, fmt_fault *fault);

#endif
