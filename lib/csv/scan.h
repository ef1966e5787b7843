/* The exact reading of C-6 … C-9, C-85 and C-90, one character after the other: for text that
 * parity cannot read, to find an error, and to find the start of a record. Slower than the index,
 * and its reference. */
#ifndef SHMCOL_CSV_SCAN_H
#define SHMCOL_CSV_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "csv/dialect.h"
#include "csv/index.h"

/* The state after a character. */
typedef enum csv_state {
    CSV_RECORD_START,
    CSV_SPACES,       /* dialect.trim: spaces and tabs at the start of a record, and no more yet */
    CSV_FIELD_START,  /* after a delimiter */
    CSV_FIELD_SPACES, /* dialect.trim: spaces and tabs after a delimiter, and no more yet */
    CSV_UNQUOTED,
    CSV_QUOTED,
    CSV_QUOTE,     /* a quote inside quotes: the closing one, or the first of two */
    CSV_AFTER,     /* text after a closing quote: the rest of the field, literally */
    CSV_RECORD_CR, /* a CR at the start of a record */
    CSV_FIELD_CR,  /* a CR after (or instead of) a field's text */
    CSV_COMMENT,
    CSV_ESCAPE,       /* an escape outside quotes that is not text by one before it */
    CSV_ESCAPE_CR,    /* a CR after it */
    CSV_QUOTED_ESCAPE /* an escape inside quotes */
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
 * inside quotes, its last two bytes, and what escapes do there. */
csv_state csv_state_after(const csv_dialect *dialect, int inside, uint8_t last_but_one,
                          uint8_t last, csv_tail tail);

/* Tells whether a chunk that begins in `state` with the byte `first` may be counted by parity. If
 * so, *inside becomes the number of the count that holds. */
int csv_state_parity(const csv_dialect *dialect, csv_state state, uint8_t first, int *inside);

/* Returns true if the text may have a line that is blank by dialect.trim, or begin or end inside
 * one. Parity knows nothing of such lines: the text has to be scanned. */
bool csv_scan_needed(const csv_dialect *dialect, const uint8_t *text, size_t length);
/* Returns true if the text may end in spaces behind which a quote opens a field (C-90). */
bool csv_scan_open_end(const csv_dialect *dialect, const uint8_t *text, size_t length);

/* Returns how many of the `left` bytes behind an escape are text because of it: 0, 1 or 2. */
size_t csv_escaped(const csv_dialect *dialect, const uint8_t *behind, size_t left);

/* Indexes any text exactly, as csv_index_fn does a regular one. Cuts skipped lines out of buf,
 * which shrinks to *length. Returns the errors seen: CSV_SEEN_CR, CSV_SEEN_AFTER. */
uint32_t csv_scan_index(const csv_dialect *dialect, uint8_t *buf, size_t *length, uint32_t *ends,
                        size_t *n_ends, size_t *records);

/* Makes every field of whole records, buf[0, length), as csv_halve_field does, in place, and moves
 * the ends of fields in ends[]. Returns the new length. */
size_t csv_scan_halve(const csv_dialect *dialect, uint8_t *buf, size_t length, uint32_t *ends,
                      size_t n_ends);
/* Halves the doubled quotes of a field s[0, n), removes its escapes (C-85) and spaces before its
 * opening quote (C-90), in place. A quoted field then begins with csv_opening, its closing quote is
 * the last byte, and its text is what stands between them. Returns the new length. */
size_t csv_halve_field(const csv_dialect *dialect, char *s, size_t n);

#endif
