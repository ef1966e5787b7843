/* Builds whole files in memory with format/ alone, and checks them in the order of F-62. */
#ifndef FORMAT_SUPPORT_H
#define FORMAT_SUPPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "format/fault.h"
#include "format/metadata.h"
#include "format/table.h"

/* One column or dictionary of a file to be built. Buffers are the caller's. */
typedef struct test_column {
    const char *name;
    uint16_t type;
    bool nullable, sorted, ordered, ascending;
    uint8_t unit, precision, scale;
    const char *zone;
    uint32_t width; /* fixed_binary, dictionary */
    uint16_t element;
    uint8_t dimensions;
    uint32_t shape[7];
    uint32_t dictionary;
    uint64_t null_count;
    uint64_t length; /* a dictionary's */
    const void *buffers[FMT_SLOTS];
    uint64_t bytes_length;         /* of buffers[2] */
    uint64_t element_bytes_length; /* of buffers[3] */
    const fmt_pair *pairs;
    uint32_t n_pairs;
} test_column;

typedef struct test_file {
    fmt_table table;
    uint8_t *bytes; /* file_size of them, aligned to 64 */
} test_file;

/* Fills a table from columns (then dictionaries), without laying it out. */
void test_table_init(fmt_table *t, uint64_t rows, const test_column *columns, uint32_t n_columns,
                     const test_column *dictionaries, uint32_t n_dictionaries,
                     const fmt_pair *pairs, uint32_t n_pairs);
void test_table_free(fmt_table *t);
/* Builds a whole file; every step is asserted. */
void test_file_build(test_file *f, uint64_t rows, const test_column *columns, uint32_t n_columns,
                     const test_column *dictionaries, uint32_t n_dictionaries,
                     const fmt_pair *pairs, uint32_t n_pairs);
/* Builds a part of a table (F-79). Every column has a bitmap. */
void test_part_build(test_file *f, const fmt_part *part, uint64_t rows, const test_column *columns,
                     uint32_t n_columns, const test_column *dictionaries, uint32_t n_dictionaries);
void test_file_free(test_file *f);

/* Every check of format/ in the order of F-62; FMT_OK or the first fault. */
int test_check_file(const uint8_t *bytes, uint64_t size, fmt_fault *fault);
/* Decodes a whole directory; the caller frees with test_table_free. Returns the first fault's code.
 */
int test_load_table(const uint8_t *bytes, uint64_t size, fmt_table *t, fmt_fault *fault);
/* After bytes were changed: repairs the hashes of the regions, descriptors, blocks, file id and
 * header. `t` says where they are. */
void test_reseal(fmt_table *t, uint8_t *bytes);

uint64_t test_random(uint64_t *state);

#endif
