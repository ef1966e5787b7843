/* Hints of the report about the shape of the table: delimiters of several characters, lines above
 * the header, columns of nothing (C-27). */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "ingest/hints.h"

#define LINES_MOST 64u

/* ---- a table of one column: what may divide its lines ---- */

/* Counts of one divider in lines. */
typedef struct counts {
    uint32_t first; /* in the first line */
    bool same;      /* each line has as many */
    uint32_t from;  /* the line from which all have the same number */
    uint32_t last;  /* in the last line */
} counts;

enum { WORDS, DOUBLE_COLON, SINGLES }; /* kinds of dividers; SINGLES: the first character */
static const char singles[] = " :^~\x01\x1f,;\t|";
#define N_COUNTS (SINGLES + sizeof singles - 1)
#define N_OTHERS 6u /* characters that are no candidates of C-10 */

typedef struct lines {
    uint32_t n;
    bool wide; /* two spaces stand side by side within a line */
    bool edge; /* a line begins or ends with a space */
    counts of[N_COUNTS];
} lines;

static uint32_t count_words(const char *s, size_t n, lines *l)
{
    uint32_t words = 0;
    for (size_t i = 0; i < n; i++) {
        words += s[i] != ' ' && (i == 0 || s[i - 1] == ' ');
        l->wide |= i != 0 && i + 1 < n && words != 0 && s[i] == ' ' && s[i - 1] == ' ';
    }
    l->edge |= n != 0 && (s[0] == ' ' || s[n - 1] == ' ');
    return words;
}

static uint32_t count_text(const char *s, size_t n, const char *text, size_t length)
{
    uint32_t count = 0;
    for (size_t i = 0; i + length <= n; i++)
        if (memcmp(s + i, text, length) == 0) {
            count++;
            i += length - 1;
        }
    return count;
}

static void add_line(lines *l, const char *s, size_t n)
{
    for (size_t i = 0; i < N_COUNTS; i++) {
        counts *c = &l->of[i];
        const uint32_t count = i == WORDS          ? count_words(s, n, l)
                               : i == DOUBLE_COLON ? count_text(s, n, "::", 2)
                                                   : count_text(s, n, &singles[i - SINGLES], 1);
        if (l->n == 0)
            *c = (counts){.first = count, .same = true, .last = count};
        c->same &= count == c->first;
        if (count != c->last)
            c->from = l->n;
        c->last = count;
    }
    l->n++;
}

/* Reads the header's name and the first records. */
static void read_lines(const ing_job *job, lines *l)
{
    const ing_input *input = ing_first_input(&job->text.source);
    ing_records records;
    ing_record record;
    memset(l, 0, sizeof *l);
    if (!job->text.no_header)
        add_line(l, job->schema.header[0], strlen(job->schema.header[0]));
    ing_records_begin(&records, input, &input->layout->dialect, input->begin, input->end,
                      job->limits.record);
    while (l->n < LINES_MOST && ing_records_next(&records, &record, NULL) == SHMCOL_OK &&
           record.length != 0 && !record.cut) {
        size_t n;
        if (record.skipped || record.n_fields == 0)
            continue;
        const char *s = ing_record_field(&record, 0, &n);
        if (n != 0)
            add_line(l, s, n);
    }
    ing_records_end(&records);
}

static bool divides(const lines *l, unsigned kind, uint32_t least)
{
    return l->n >= 2 && l->of[kind].same && l->of[kind].first >= least;
}

void ing_find_divider(const ing_job *job, char out[ING_DIVIDER_TEXT])
{
    static const char *const names[N_OTHERS] = {
        "space", "':'", "'^'", "'~'", "\"$(printf '\\001')\"", "\"$(printf '\\037')\""};
    lines l;
    read_lines(job, &l);
    out[0] = 0;
    if (divides(&l, DOUBLE_COLON, 1)) {
        snprintf(out, ING_DIVIDER_TEXT,
                 "; a delimiter has one character: sed 's/::/\\t/g' FILE | shmcol-pack --delimiter "
                 "tab - makes tabs of \"::\"");
        return;
    }
    if (l.wide && divides(&l, WORDS, 2)) {
        snprintf(out, ING_DIVIDER_TEXT,
                 "; its lines are aligned by spaces: %str -s ' ' %s| shmcol-pack --delimiter space "
                 "- reads them",
                 l.edge ? "sed 's/^ *//; s/ *$//' FILE | " : "", l.edge ? "" : "< FILE ");
        return;
    }
    for (unsigned i = 0; i < N_OTHERS; i++)
        if (divides(&l, SINGLES + i, 1)) {
            snprintf(out, ING_DIVIDER_TEXT, "; --delimiter %s divides each line alike", names[i]);
            return;
        }
    for (unsigned i = N_OTHERS; i < sizeof singles - 1; i++) {
        const counts *c = &l.of[SINGLES + i];
        if (c->from != 0 && c->last != 0 && c->from + 2 <= l.n) {
            snprintf(out, ING_DIVIDER_TEXT,
                     "; --skip-lines leaves out what stands above the table");
            return;
        }
    }
}

/* ---- fields of nothing ---- */

/* Returns the column of a field of the header, or NULL if it is not kept. */
static const ing_column *column_of(const ing_job *job, uint32_t field)
{
    for (uint32_t i = 0; i < job->schema.n_columns; i++)
        if (job->schema.columns[i].asked.field == field)
            return &job->schema.columns[i];
    return NULL;
}

/* Returns true if a field has no name and no value. */
static bool is_nothing(const ing_job *job, uint32_t field)
{
    char name[32];
    const ing_column *c = column_of(job, field);
    if (c == NULL || c->asked.of_file || c->result.null_count != job->text.rows)
        return false;
    snprintf(name, sizeof name, "column_%" PRIu32, field + 1);
    return strcmp(c->asked.name, name) == 0;
}

/* Adds the hint for fields that are nothing: every second one, or the last. */
static bool hint_nothing(ing_job *job)
{
    const uint32_t n = job->schema.n_fields;
    const ing_layout *layout = ing_first_input(&job->text.source)->layout;
    const char c = (char)layout->dialect.delimiter;
    if (job->text.rows == 0 || n < 2)
        return true;
    bool doubled = n >= 3 && n % 2 == 1 && (c > ' ' || c == '\t') && c != '\'' && c != '/';
    for (uint32_t i = 1; doubled && i < n; i += 2)
        doubled = is_nothing(job, i) && !is_nothing(job, i - 1);
    doubled = doubled && !is_nothing(job, n - 1);
    if (doubled) {
        char one[4];
        snprintf(one, sizeof one, c == '\t' ? "\\t" : c == '^' ? "\\^" : "%c", c);
        return ing_warn(&job->control,
                        "every second field is empty: the delimiter seems to be \"%s%s\", but it "
                        "has one character; sed 's/%s%s/%s/g' FILE | shmcol-pack - reads it",
                        one, one, one, one, one);
    }
    if (!is_nothing(job, n - 1) || is_nothing(job, n - 2))
        return true;
    return ing_warn(&job->control,
                    "every record ends in a delimiter, and the last column has no value: "
                    "--columns '!%.100s' leaves it out",
                    column_of(job, n - 1)->asked.name);
}

/* ---- names ---- */

static bool is_number(const ing_job *job, const char *name)
{
    char copy[3 * PARSE_SLACK] = {0};
    parse_value value;
    const size_t n = strlen(name);
    if (n == 0 || n > PARSE_SLACK)
        return false;
    memcpy(copy + PARSE_SLACK, name, n);
    parse_classify(copy + PARSE_SLACK, n, &job->text.numbers, &value);
    return (value.class_ & (PARSE_INT | PARSE_FLOAT)) != 0;
}

/* Adds the hint for a header that looks like a record: two names or more, all of them numbers. */
static bool hint_numbers(ing_job *job)
{
    const uint32_t n = job->schema.n_fields;
    if (job->text.no_header || n < 2)
        return true;
    for (uint32_t i = 0; i < n; i++)
        if (!is_number(job, job->schema.header[i]))
            return true;
    return ing_warn(&job->control, "all names in the header are numbers: --no-header reads the "
                                   "first line as a record");
}

/* Adds the hint for a header that begins with a mark that nobody sees, behind that of C-3. */
static bool hint_mark(ing_job *job)
{
    if (job->text.no_header || strncmp(job->schema.header[0], "\xEF\xBB\xBF", 3) != 0)
        return true;
    return ing_warn(&job->control,
                    "the name of the first column, \"%.200s\", begins with a byte order mark: "
                    "the file has two",
                    job->schema.header[0]);
}

/* Adds the hint for text that is HTML, XML or JSON. */
static bool hint_markup(ing_job *job)
{
    static const struct {
        const char *begin, *kind, *remedy;
    } kinds[] = {
        {"<!doctype html", "HTML", "an error page of a server, perhaps"},
        {"<html", "HTML", "an error page of a server, perhaps"},
        {"<?xml", "XML", "it has to be converted first"},
        {"{\"", "JSON", "jq -r '[...] | @csv' makes CSV of it"},
        {"[{\"", "JSON", "jq -r '.[] | [...] | @csv' makes CSV of it"},
        {"{ \"", "JSON", "jq -r '[...] | @csv' makes CSV of it"},
    };
    for (size_t i = 0; !job->text.no_header && i < sizeof kinds / sizeof *kinds; i++)
        if (strncasecmp(job->schema.header[0], kinds[i].begin, strlen(kinds[i].begin)) == 0)
            return ing_warn(&job->control, "the text looks like %s, not like CSV: %s",
                            kinds[i].kind, kinds[i].remedy);
    return true;
}

bool ing_add_shape_hints(ing_job *job)
{
    return hint_mark(job) && hint_markup(job) && hint_nothing(job) && hint_numbers(job);
}
