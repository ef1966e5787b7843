/* Key/value metadata as the Arrow C data interface encodes it: native int32 numbers, no total
 * length. */
#ifndef SHMCOL_ARROW_METADATA_H
#define SHMCOL_ARROW_METADATA_H

#include <stdbool.h>

#include "arrow/arena.h"
#include "shmcol.h"

#define ARROW_EXTENSION_NAME "ARROW:extension:name"
#define ARROW_EXTENSION_METADATA "ARROW:extension:metadata"
#define ARROW_EXTENSION_BOOL8 "arrow.bool8"
#define ARROW_EXTENSION_TENSOR "arrow.fixed_shape_tensor"

/* Returns a NUL-terminated string as a text. */
shmcol_text arrow_text(const char *string);
/* Returns true if the text is `string`. */
bool arrow_text_is(shmcol_text text, const char *string);

/* Encodes `extension` (n_extension pairs), then the pairs of `column` of the file (or
 * SHMCOL_TABLE), but not the tokens of a table (F-85), into the arena. *out is NULL where there is
 * no pair at all. Errors: LIMIT (F-59), METADATA, NO_MEMORY, and those of a damaged directory. */
shmcol_status arrow_metadata_encode(const shmcol_file *file, uint32_t column,
                                    const shmcol_pair *extension, uint32_t n_extension,
                                    arrow_arena *arena, const char **out, shmcol_error *err);

/* Encodes n pairs alone, 1 or more. Errors: NO_MEMORY. */
shmcol_status arrow_metadata_encode_pairs(const shmcol_pair *pairs, uint32_t n, arrow_arena *arena,
                                          const char **out, shmcol_error *err);

/* A reader of imported metadata, pair by pair. */
typedef struct arrow_metadata_reader {
    const char *at;
    int32_t left;
} arrow_metadata_reader;
/* Begins to read `metadata` (may be NULL). Errors: BAD_ARROW for negative numbers. Nothing else can
 * be checked, because the interface has no total length. */
shmcol_status arrow_metadata_begin(arrow_metadata_reader *reader, const char *metadata,
                                   shmcol_error *err);
/* Gives the next of reader->left pairs; the caller asks no more often than that. Errors: BAD_ARROW.
 */
shmcol_status arrow_metadata_next(arrow_metadata_reader *reader, shmcol_pair *pair,
                                  shmcol_error *err);
/* Gives the value of the first pair of that key. *found is false if there is none. Errors:
 * BAD_ARROW. */
shmcol_status arrow_metadata_find(const char *metadata, const char *key, shmcol_text *value,
                                  bool *found, shmcol_error *err);

#endif
