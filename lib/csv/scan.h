/* The exact reading of C-6 … C-9, one character after the other: for text that parity cannot read,
 * to find an error, and to find the start of a record. Slower than the index, and its reference. */
#ifndef SHMCOL_CSV_SCAN_H
#define SHMCOL_CSV_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "csv/dialect.h"

/* The state after a character. */
typedef enum csv_state {
    CSV_RECORD_START,
    CSV_SPACES,      /* dialect.trim: spaces and tabs at the start of a record, and no more yet */
    CSV_FIELD_START, /* after a delimiter */
    CSV_UNQUOTED,
    CSV_QUOTED,
    CSV_QUOTE,     /* a quote inside quotes: the closing one, or the first of two */
    CSV_AFTER,     /* text after a closing quote: the rest of the field, literally */
    CSV_RECORD_CR, /* a CR at the start of a record */
    CSV_FIELD_CR,  /* a CR after (or instead of) a field's text */
    CSV_COMMENT
} csv_state;

typedef enum csv_event {
    CSV_MORE,      /* the end of the buffer */
    CSV_DELIMITER, /* at the delimiter that ends a field */
    CSV_RECORD,    /* at the LF that ends a record */
    CSV_SKIPPED,   /* at the LF that ends a blank line (dialect.skip_blank) or a comment */
    CSV_BAD_CR,    /* at the byte that stands where an LF had to follow a CR */
    CSV_BAD_AFTER  /* at the first byte after a closing quote that may not stand there */
} csv_event;

/* Reads from buf[*pos] on to the next event. Leaves *pos after the byte of the event, and *state as
 * that byte made it. CSV_BAD_CR and CSV_BAD_AFTER leave *pos at the byte; the caller may go on, and
 * the CR, or the text after the quote, then is text (C-17). */
csv_event csv_scan(const csv_dialect *dialect, csv_state *state, const uint8_t *buf, size_t length,
                   size_t *pos);

/* Returns the state after a chunk of a file that is regular for csv_count_fn, given whether it ends
 * inside quotes and its last two bytes. */
csv_state csv_state_after(const csv_dialect *dialect, int inside, uint8_t last_but_one,
                          uint8_t last);

/* Tells whether a chunk that begins in `state` with the byte `first` may be counted by parity. If
 * so, *inside becomes the number of the count that holds. */
int csv_state_parity(const csv_dialect *dialect, csv_state state, uint8_t first, int *inside);

/* Returns true if the text may have a line that is blank by dialect.trim, or begin or end inside
 * one. Parity knows nothing of such lines: the text has to be scanned. */
bool csv_scan_finds_spaces(const csv_dialect *dialect, const uint8_t *text, size_t length);

/* Indexes any text exactly, as csv_index_fn does a regular one. Cuts skipped lines out of buf,
 * which shrinks to *length. Returns the errors seen: CSV_SEEN_CR, CSV_SEEN_AFTER. */
uint32_t csv_scan_index(const csv_dialect *dialect, uint8_t *buf, size_t *length, uint32_t *ends,
                        size_t *n_ends, size_t *records);

/* Halves doubled quotes in whole records, buf[0, length), in place, and moves the ends of fields in
 * ends[]. Returns the new length. */
size_t csv_scan_halve(const csv_dialect *dialect, uint8_t *buf, size_t length, uint32_t *ends,
                      size_t n_ends);
/* Halves doubled quotes in one quoted field, in place: s[0, n) begins with the quote. Returns the
 * new length, of which the closing quote is the last byte. */
size_t csv_halve_field(uint8_t quote, char *s, size_t n);

#endif
