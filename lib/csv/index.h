/* The structural index: where fields end. One entry point for each job, each built for several
 * instruction sets from csv/index_template.h and chosen at run time; all give the same answers.
 * They see quotes by parity, which is right as long as every quote opens or closes a quoted field
 * or is doubled inside one; where a quote stands elsewhere they say CSV_SEEN_IRREGULAR and
 * csv/scan.h, which follows C-7 character by character, has to be asked instead. */
#ifndef SHMCOL_CSV_INDEX_H
#define SHMCOL_CSV_INDEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "csv/dialect.h"

/* Bytes that must be readable before the first and after the last byte of any buffer given to this
 * directory; their content does not matter. */
#define CSV_SLACK 64

enum {
    CSV_SEEN_IRREGULAR =
        1,           /* a quote that parity does not explain, a blank line to skip, or a comment */
    CSV_SEEN_CR = 2, /* a CR outside quotes without LF (C-6) */
    CSV_SEEN_AFTER = 4,   /* text after a closing quote (C-7) */
    CSV_SEEN_NUL = 8,     /* C-4 */
    CSV_SEEN_HIGH = 16,   /* a byte of 0x80 or more: UTF-8 has to be checked */
    CSV_SEEN_DOUBLED = 32 /* a doubled quote (may be said for nothing of an irregular text) */
};

typedef struct csv_index_result {
    size_t ends;    /* entries written */
    size_t records; /* record ends among them */
    uint32_t seen;  /* CSV_SEEN_…; speaks of all of the buffer */
} csv_index_result;

/* Indexes buf[0, length), which begins a record; length is below 2^32 - 1. ends[] gets the position
 * of every delimiter and LF outside quotes, in order; it must have room for length + 8 entries. */
typedef csv_index_result csv_index_fn(const csv_dialect *dialect, const uint8_t *buf, size_t length,
                                      uint32_t *ends);

/* What one piece of a file holds, for both things its first byte can be: outside ([0]) or inside
 * ([1]) quotes. */
typedef struct csv_count {
    uint64_t records[2]; /* record ends, skipped blank lines not counted */
    bool irregular[2];   /* parity cannot be trusted: scan instead */
    bool odd;            /* the number of quotes is odd: inside and outside change places */
} csv_count;

/* Counts over buf[0, length). The two bytes before buf are the two before it in the file (or LF LF
 * at the beginning): they are read. */
typedef csv_count csv_count_fn(const csv_dialect *dialect, const uint8_t *buf, size_t length);

/* The same, and halves doubled quotes on the way, so that the text of a quoted field is what stands
 * between its first and its last byte: writes buf without the second of every two doubled quotes to
 * out (room for length + CSV_SLACK bytes), and what ends[] gets are positions there. *used: how
 * many bytes of buf, which stays as it is, the whole records take. Of an irregular text what it
 * writes means nothing. */
typedef csv_index_result csv_index_halved_fn(const csv_dialect *dialect, const uint8_t *buf,
                                             size_t length, uint8_t *out, uint32_t *ends,
                                             size_t *used);

/* Whether buf[0, length) is UTF-8 (RFC 3629). Reads nothing beyond it. */
typedef bool csv_utf8_fn(const uint8_t *buf, size_t length);

typedef struct csv_isa {
    const char *name; /* "scalar", "avx2", "avx512", "neon" */
    csv_index_fn *index;
    csv_count_fn *count;
    csv_index_halved_fn *index_halved;
    csv_utf8_fn *utf8; /* NULL: it has none */
} csv_isa;

/* Returns the best instruction set of this machine, or the one called `forced` if that is not NULL.
 * Returns NULL if no set has that name, or if the machine lacks it. The machine counts as one
 * without "avx512" or "avx2" where hidden(name) is true. No AVX2 means no AVX-512. */
typedef bool csv_hidden_fn(const char *feature);
const csv_isa *csv_isa_choose(const char *forced, csv_hidden_fn *hidden);

#endif
