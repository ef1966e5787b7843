/* The structural index: the positions at which fields end. One entry point for each job, built from
 * csv/index_template.h for several instruction sets and chosen at run time; all give the same
 * answers. They read quotes by parity, which is right as long as every quote opens or closes a
 * quoted field or is doubled inside one. Where a quote stands elsewhere they set
 * CSV_SEEN_IRREGULAR: the caller must then use csv/scan.h, which follows C-7 character by
 * character. */
#ifndef SHMCOL_CSV_INDEX_H
#define SHMCOL_CSV_INDEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "csv/dialect.h"

/* Bytes that must be readable before the first and after the last byte of any buffer that this
 * directory gets; they may hold anything. */
#define CSV_SLACK 64

enum {
    /* A quote that parity does not explain, a blank line to skip, or a comment. */
    CSV_SEEN_IRREGULAR = 1,
    CSV_SEEN_CR = 2,    /* a CR outside quotes without LF (C-6) */
    CSV_SEEN_AFTER = 4, /* text after a closing quote (C-7) */
    CSV_SEEN_NUL = 8,   /* C-4 */
    CSV_SEEN_HIGH = 16, /* a byte of 0x80 or more: UTF-8 has to be checked */
    /* A doubled quote, or an escape that makes a byte text. It means nothing for an irregular
     * text. */
    CSV_SEEN_DOUBLED = 32
};

typedef struct csv_index_result {
    size_t ends;    /* entries written */
    size_t records; /* record ends among them */
    uint32_t seen;  /* CSV_SEEN_…, of the whole buffer */
} csv_index_result;

/* Indexes buf[0, length), which begins a record; length is below 2^32 - 1. ends[] gets the position
 * of every delimiter and LF outside quotes, in order; it must have room for length + 8 entries. */
typedef csv_index_result csv_index_fn(const csv_dialect *dialect, const uint8_t *buf, size_t length,
                                      uint32_t *ends);

/* Escapes at the end of a chunk (C-85). */
typedef enum csv_tail {
    CSV_TAIL_PLAIN,
    CSV_TAIL_ESCAPE,  /* its last byte is an escape that acts on the next one */
    CSV_TAIL_CR,      /* a CR behind such an escape */
    CSV_TAIL_TEXT,    /* text because of an escape */
    CSV_TAIL_FIELD_CR /* a CR behind an LF that is text */
} csv_tail;

/* The counts of one chunk of a file, for either place of its first byte: outside ([0]) or inside
 * ([1]) quotes. */
typedef struct csv_count {
    uint64_t records[2]; /* record ends, without skipped blank lines */
    bool irregular[2];   /* parity is not right here: scan instead */
    bool odd;            /* the number of quotes is odd: inside and outside change places */
    csv_tail tail;       /* with length 0 it means nothing */
} csv_count;

/* Counts over buf[0, length). Reads the two bytes before buf, which are the two before it in the
 * file, or LF LF at the beginning. */
typedef csv_count csv_count_fn(const csv_dialect *dialect, const uint8_t *buf, size_t length);

/* Does the same as csv_index_fn, and halves doubled quotes: writes buf without the second of every
 * two doubled quotes, and without the escapes that make a byte text, to out, which has room for
 * length + CSV_SLACK bytes. The text of a quoted field is then everything between its first and its
 * last byte. ends[] gets positions in out. *used becomes the number of bytes of buf that the whole
 * records take; buf stays as it is. For an irregular text the output means nothing. */
typedef csv_index_result csv_index_halved_fn(const csv_dialect *dialect, const uint8_t *buf,
                                             size_t length, uint8_t *out, uint32_t *ends,
                                             size_t *used);

/* Tells whether buf[0, length) is UTF-8 (RFC 3629). Reads nothing beyond it. */
typedef bool csv_utf8_fn(const uint8_t *buf, size_t length);

typedef struct csv_isa {
    const char *name; /* "scalar", "avx2", "avx512", "neon" */
    csv_index_fn *index;
    csv_count_fn *count;
    csv_index_halved_fn *index_halved;
    csv_utf8_fn *utf8; /* NULL: not built for this set */
} csv_isa;

/* Returns the best instruction set of this machine, or the one called `forced` if that is not NULL.
 * Returns NULL if no set has that name, or if the machine lacks it. Where hidden(name) is true, the
 * machine counts as one without "avx512" or "avx2"; without AVX2 it has no AVX-512 either. */
typedef bool csv_hidden_fn(const char *feature);
const csv_isa *csv_isa_choose(const char *forced, csv_hidden_fn *hidden);

#endif
