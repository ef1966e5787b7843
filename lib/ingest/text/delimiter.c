/* Finds the delimiter (C-10, C-25): counts the candidates in the first records. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "ingest/text/text.h"

#define SNIFF_BYTES (1u << 20)
#define SNIFF_RECORDS 64u
#define CANDIDATES 4
#define COMMA 0 /* its number */
static const uint8_t candidates[CANDIDATES] = {',', '\t', ';', '|'};

bool ing_has_a_meaning(const csv_dialect *dialect, uint8_t byte)
{
    return (dialect->quoting && byte == dialect->quote) ||
           (dialect->comment != 0 && byte == dialect->comment) ||
           (dialect->escape != 0 && byte == dialect->escape);
}

/* Counts, by C-10, how often each candidate stands outside quotes in the records so far. The
 * delimiter is not known yet, so a quote opens at the start of a record or after any candidate. A
 * text that quotes every cell which holds a candidate (as shmcol-cat does) is therefore read right
 * whatever its delimiter. */
typedef struct sniffer {
    const csv_dialect *dialect;
    bool header;           /* the first record is one: C-87 does not reach into it */
    uint64_t after_header; /* lines behind it that are dropped (C-86) */
    int8_t number[256];    /* of the candidate that a byte is; -1: none */
    bool plain[256];       /* bytes outside quotes that are text and nothing else */
    uint32_t records;
    uint32_t counts[CANDIDATES]; /* in the record that is read */
    uint32_t first[CANDIDATES];  /* in the first record */
    uint32_t same[CANDIDATES];   /* records that have as many as the first one */
} sniffer;

static void end_record(sniffer *k)
{
    for (int c = 0; c < CANDIDATES; c++) {
        if (k->records == 0)
            k->first[c] = k->counts[c];
        k->same[c] += k->counts[c] == k->first[c];
        k->counts[c] = 0;
    }
    k->records++;
}

static sniffer sniffer_begin(const ing_text *text)
{
    const csv_dialect *dialect = &text->dialect;
    sniffer k = {
        .dialect = dialect, .header = !text->no_header, .after_header = text->skip_after_header};
    memset(k.number, -1, sizeof k.number);
    memset(k.plain, true, sizeof k.plain);
    k.plain['\n'] = k.plain['\r'] = k.plain[' '] = false;
    for (int8_t c = 0; c < CANDIDATES; c++)
        if (!ing_has_a_meaning(dialect, candidates[c]))
            k.number[candidates[c]] = c;
    for (int byte = 0; byte < 256; byte++)
        if (k.number[byte] >= 0 || ing_has_a_meaning(dialect, (uint8_t)byte))
            k.plain[byte] = false;
    return k;
}

/* Returns the number of bytes behind the escape at text[0] that it makes text (C-85), with each
 * candidate in the delimiter's place. */
static size_t escaped(const sniffer *k, const uint8_t *text, size_t n)
{
    const csv_dialect *d = k->dialect;
    if (n < 2)
        return 0;
    if (text[1] == '\r' && n > 2 && text[2] == '\n')
        return 2;
    return text[1] == '\n' || text[1] == d->escape || k->number[text[1]] >= 0 ||
           (d->quoting && text[1] == d->quote);
}

/* Returns the offset of the last byte that belongs to the record whose LF is at `i` or to the lines
 * behind a header that are dropped (C-86), or n. */
static size_t drop_lines(const sniffer *k, const uint8_t *text, size_t n, size_t i)
{
    if (k->records != 1)
        return i;
    for (uint64_t lines = k->after_header; lines != 0 && i < n; lines--) {
        const uint8_t *lf = i + 1 < n ? memchr(text + i + 1, '\n', n - i - 1) : NULL;
        i = lf == NULL ? n : (size_t)(lf - text);
    }
    return i;
}

/* Counts the records of text[0, n) that begin before `end`, where C-87 drops lines; a header may
 * begin behind it. A last record without its end counts if the text is `whole`, or if it is the
 * only one. */
static void sniff(sniffer *k, const uint8_t *text, size_t n, size_t end, bool whole)
{
    const csv_dialect *d = k->dialect;
    bool line = true, start = true, quoted = false,
         blank = true; /* line: at the beginning of a line */
    for (size_t i = 0; i < n && k->records < SNIFF_RECORDS; i++) {
        uint8_t byte = text[i];
        if (i >= end && (!k->header || k->records != 0))
            break;
        if (!quoted && k->plain[byte]) {
            while (i + 1 < n && k->plain[text[i + 1]])
                i++;
            line = start = blank = false;
            continue;
        }
        if (d->escape != 0 && byte == d->escape) {
            i += escaped(k, text + i, n - i);
            line = start = blank = false;
            continue;
        }
        if (quoted) {
            quoted = byte != d->quote; /* a doubled quote closes and opens again */
            start = !quoted;
            continue;
        }
        if (byte == '\n') {
            if (!blank) {
                end_record(k);
                i = drop_lines(k, text, n, i);
            }
            line = start = blank = true;
            continue;
        }
        if (line && d->comment != 0 && byte == d->comment) {
            const uint8_t *lf = memchr(text + i, '\n', n - i);
            i = lf == NULL ? n : (size_t)(lf - text);
            continue;
        }
        line = false;
        const int c = k->number[byte];
        quoted = start && d->quoting && byte == d->quote;
        start = c >= 0 || (start && d->trim && byte == ' '); /* C-90 */
        blank = blank && (byte == '\r' || (d->trim && byte == ' ' && !quoted));
        if (c >= 0)
            k->counts[c]++;
    }
    if (!blank && k->records < SNIFF_RECORDS && (whole || k->records == 0))
        end_record(k);
}

/* Counts the records at the beginning of an input (C-10). Returns CHANGED, IO, NO_MEMORY. */
static shmcol_status sniff_input(sniffer *k, const ing_input *input, shmcol_error *err)
{
    const uint64_t left = input->size - input->begin;
    const size_t n = left < SNIFF_BYTES ? (size_t)left : SNIFF_BYTES;
    const uint64_t end = input->end - input->begin;
    uint8_t *text = malloc(n + 1);
    if (text == NULL)
        return shm_fail_memory(err);
    shmcol_status status = ing_input_read(input, input->begin, text, n, err);
    if (status == SHMCOL_OK)
        sniff(k, text, n, end < n ? (size_t)end : n, n >= end);
    free(text);
    return status;
}

/* ---- the steps of C-10 ---- */

static bool meets_step(const sniffer *k, int c, shmcol_delimiter_source step)
{
    switch (step) {
    case SHMCOL_DELIMITER_IN_EACH: return k->first[c] >= 2 && k->same[c] == k->records;
    case SHMCOL_DELIMITER_ONCE_IN_EACH: return k->first[c] == 1 && k->same[c] == k->records;
    default: return k->first[c] >= 2 && k->same[c] > k->records / 2;
    }
}

/* Finds the first step that a candidate meets, and writes all that meet it. Returns their number; 0
 * if none meets any. */
static int first_step(const sniffer *k, bool decimal_comma, ing_delimiter *found)
{
    static const shmcol_delimiter_source steps[] = {
        SHMCOL_DELIMITER_IN_EACH, SHMCOL_DELIMITER_ONCE_IN_EACH, SHMCOL_DELIMITER_IN_MOST};
    int n = 0;
    for (size_t i = 0; n == 0 && i < 3; i++) {
        for (int c = decimal_comma ? COMMA + 1 : 0; c < CANDIDATES; c++)
            if (meets_step(k, c, steps[i]))
                found->fitting[n++] = (char)candidates[c];
        found->source = steps[i];
    }
    found->fitting[n] = 0;
    return n;
}

/* Decides by the counts (C-10). */
static void decide(const sniffer *k, bool decimal_comma, ing_delimiter *found)
{
    const int n = first_step(k, decimal_comma, found);
    if (n == 1) {
        found->byte = (uint8_t)found->fitting[0];
        found->fitting[0] = 0;
        return;
    }
    found->byte = decimal_comma ? ';' : ',';
    const bool fits = n > 1 && strchr(found->fitting, found->byte) != NULL;
    found->doubtful = n > 1 && (!fits || found->source == SHMCOL_DELIMITER_ONCE_IN_EACH);
    if (!fits)
        found->source = SHMCOL_DELIMITER_DEFAULT;
    if (n == 0 && decimal_comma && meets_step(k, COMMA, SHMCOL_DELIMITER_IN_EACH)) {
        found->byte = ',';
        found->source = SHMCOL_DELIMITER_IN_EACH;
    }
}

static bool ends_with(const char *text, size_t n, const char *end)
{
    const size_t length = strlen(end);
    return n >= length && strncasecmp(text + n - length, end, length) == 0;
}

/* Returns true for the name of a file of tab-separated values (C-10). */
static bool names_tabs(const char *path)
{
    size_t n = strlen(path);
    n -= ends_with(path, n, ".gz") ? 3 : ends_with(path, n, ".zst") ? 4 : 0;
    return ends_with(path, n, ".tsv") || ends_with(path, n, ".tab");
}

/* Decides for an input whose first records were counted. Returns INVALID_ARGUMENT if quote or
 * comment are the delimiter that is left. */
static shmcol_status decide_input(const ing_text *text, const sniffer *k, const ing_input *input,
                                  ing_delimiter *found, shmcol_error *err)
{
    memset(found, 0, sizeof *found);
    if (input->sep != 0) {
        *found = (ing_delimiter){.byte = input->sep, .source = SHMCOL_DELIMITER_SEP_LINE};
        return SHMCOL_OK;
    }
    if (names_tabs(input->path) && k->first[1] != 0) {
        *found = (ing_delimiter){.byte = '\t', .source = SHMCOL_DELIMITER_FILE_NAME};
        return SHMCOL_OK;
    }
    decide(k, text->numbers.decimal == ',', found);
    if (ing_has_a_meaning(&text->dialect, found->byte))
        return shm_fail(
            err, SHMCOL_ERR_INVALID_ARGUMENT, "C-10",
            "delimiter, quote and comment have to differ, and no delimiter was found but %s",
            found->byte == ';' ? "semicolon" : "comma");
    return SHMCOL_OK;
}

shmcol_status ing_own_delimiter(const ing_text *text, const ing_input *input, ing_delimiter *found,
                                shmcol_error *err)
{
    sniffer k = sniffer_begin(text);
    shmcol_status status = input->sep != 0 ? SHMCOL_OK : sniff_input(&k, input, err);
    return status == SHMCOL_OK ? decide_input(text, &k, input, found, err) : status;
}

/* Returns the first input with a sep= line, among those that decide (C-24), or NULL. *differs
 * becomes an input whose sep= line names another delimiter. */
static const ing_input *sep_line(const ing_text *text, const ing_input **differs)
{
    const ing_text_source *source = &text->source;
    const ing_input *first = NULL;
    *differs = NULL;
    for (uint32_t i = 0; i < source->n_inputs; i++) {
        const ing_input *input = &source->inputs[i];
        if (first != NULL && input->sep != 0 && input->sep != first->sep && *differs == NULL)
            *differs = input;
        if (first == NULL && input->sep != 0)
            first = input;
    }
    return first;
}

static shmcol_status sep_lines_differ(const ing_input *input, const ing_input *first,
                                      shmcol_error *err)
{
    shm_fail(err, SHMCOL_ERR_CSV_HEADERS_DIFFER, "C-24",
             "the sep= line names \"%c\", that of \"%.200s\" \"%c\"", input->sep, first->path,
             first->sep);
    shm_error_hint(err, "pack them one by one, or name the delimiter of all with --delimiter");
    shm_error_path(err, input->path);
    return SHMCOL_ERR_CSV_HEADERS_DIFFER;
}

shmcol_status ing_choose_delimiter(ing_text *text, shmcol_error *err)
{
    const ing_input *differs, *first = sep_line(text, &differs);
    const ing_input *inputs = text->source.inputs;
    ing_delimiter *found = &text->found;
    if (!text->sniffed)
        return SHMCOL_OK;
    if (differs != NULL)
        return sep_lines_differ(differs, first, err);
    shmcol_status status = SHMCOL_OK;
    if (first != NULL && text->no_header) {
        status = ing_own_delimiter(text, first, found, err);
    } else {
        sniffer k = sniffer_begin(text);
        uint32_t i = 0, n = text->source.n_inputs;
        do
            status = sniff_input(&k, &inputs[i], err);
        while (status == SHMCOL_OK && k.records == 0 && ++i < n);
        if (status == SHMCOL_OK)
            status = decide_input(text, &k, &inputs[i < n ? i : 0], found, err);
    }
    text->dialect.delimiter = found->byte;
    return status;
}
