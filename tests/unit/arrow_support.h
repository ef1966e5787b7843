/* Helpers of the tests of lib/arrow: a table of every type, streams of hand-made batches, a
 * comparison of two exported tables. */
#ifndef ARROW_SUPPORT_H
#define ARROW_SUPPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "shmcol.h"
#include "support.h"

/* Fails the test with the error's text unless `status` is OK. */
void arrow_ok(shmcol_status status, const shmcol_error *err);

/* The table of every type: 26 columns of `rows` rows; every seventh row of each is null if `nulls`.
 */
enum { ARROW_TABLE_COLUMNS = 26 };
void arrow_make_table(const char *path, uint64_t rows, bool nulls);
shmcol_file *arrow_open(const char *path);

/* Fails unless both are equal: the nulls, and the values of all other rows. Both are as shmcol
 * exports them. */
void arrow_same_array(const struct ArrowSchema *schema_a, const struct ArrowArray *a,
                      const struct ArrowSchema *schema_b, const struct ArrowArray *b);
/* The same for all columns of two files. */
void arrow_same_table(shmcol_file *a, shmcol_file *b);

/* Returns the values of a string or dictionary column, separated by blanks; "(null)" for nulls. */
const char *arrow_text_of(shmcol_file *file);
/* Returns the values of the dictionary in order, separated by blanks. */
const char *arrow_dictionary_of(shmcol_file *file);

/* Make structures over the test's own memory; their release only marks them. */
void arrow_hand_schema(struct ArrowSchema *schema, const char *format, const char *name,
                       int64_t flags);
void arrow_hand_array(struct ArrowArray *array, int64_t length, int64_t null_count,
                      int64_t n_buffers, const void **buffers);

/* A table of one column and its batches. */
typedef struct arrow_hand_table {
    struct ArrowSchema root, *children[1], column;
    struct ArrowArray batches[4], *batch_children[4], arrays[4];
    const void *no_buffers[1];
    int n_batches;
    uint64_t memory;               /* the writer's bound; 0: its default */
    shmcol_writer_options options; /* the others; size 0: the defaults */
} arrow_hand_table;
void arrow_hand_table_make(arrow_hand_table *table, const char *format, int64_t flags);
/* Adds a batch of one column, whose array it returns. */
struct ArrowArray *arrow_hand_batch(arrow_hand_table *table, int64_t length, int64_t null_count,
                                    int64_t n_buffers, const void **buffers);
/* Encodes `pairs` pairs of "key\0value\0…" as Arrow metadata. */
void arrow_hand_metadata(char *out, int32_t pairs, const char *strings);
/* Makes a table of one fixed_shape_tensor column from the extension's JSON and the formats of list
 * and item. `metadata` has room for 256 bytes. */
void arrow_hand_tensor(arrow_hand_table *table, char *metadata, const char *json, const char *list,
                       const char *item);
/* Writes the table with shmcol_write_stream. */
shmcol_status arrow_hand_write(arrow_hand_table *table, const char *path, shmcol_error *err);
/* Appends the table to the one in the directory `dir` with shmcol_append_stream. */
shmcol_status arrow_hand_append(arrow_hand_table *table, const char *dir,
                                const shmcol_append_options *options, shmcol_error *err);
/* Writes the table, verifies the file and opens it. Fails the test if one of them fails. */
shmcol_file *arrow_hand_open(arrow_hand_table *table);

/* Returns a copy of `size` bytes (zeros if `bytes` is NULL) in memory of exactly that size, which
 * arrow_forget() frees with all others. */
void *arrow_exact(const void *bytes, size_t size);
void arrow_forget(void);
/* Writes the table. Fails the test unless that fails with this status and `what` in its message,
 * and leaves no file. Calls arrow_forget(). */
void arrow_refused(arrow_hand_table *table, shmcol_status status, const char *what);

#endif
