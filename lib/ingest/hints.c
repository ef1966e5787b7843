/* Hints of the report: options that would have given better types. */
#include "ingest/hints.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "format/types.h"

#define NAME_MOST 200u /* longest name that is shown whole */

static bool mostly_typed(const ing_job *job, const ing_column *c)
{
    return !c->asked.forced && c->target.type.type == FMT_STRING && c->result.facts.texts != 0 &&
           (c->result.facts.classes & ~(uint32_t)PARSE_TEXT) != 0 &&
           c->result.facts.texts + c->result.null_count < job->text.rows;
}

/* Appends text with each `special` character replaced by `escaped`. Returns the end. */
static char *append(char *out, const char *text, size_t n, char special, const char *escaped)
{
    size_t length = strlen(escaped);
    for (size_t i = 0; i < n; i++) {
        if (text[i] == special) {
            memcpy(out, escaped, length);
            out += length;
        } else {
            *out++ = text[i];
        }
    }
    return out;
}

static bool has_control(const char *text, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if ((uint8_t)text[i] < 0x20 || text[i] == 0x7f)
            return true;
    return false;
}

/* Returns true if the option is read as the first TEXT value of this column being null (C-22). */
static bool means(const ing_job *job, const ing_column *c, const char *option)
{
    const char *token;
    bool named;
    return ing_null_column(&job->schema, option, &token, &named) == c &&
           strlen(token) == c->result.facts.first_text_length &&
           memcmp(token, c->result.facts.first_text, c->result.facts.first_text_length) == 0;
}

/* Writes the option that makes the column's first TEXT value null, quoted for a shell; "" if one
 * line cannot show it. */
static void null_option(const ing_job *job, const ing_column *c, char out[6 * NAME_MOST])
{
    const ing_facts *f = &c->result.facts;
    char option[3 * NAME_MOST], *end;
    out[0] = 0;
    if (c->asked.name_length > NAME_MOST || has_control(c->asked.name, c->asked.name_length) ||
        has_control(f->first_text, f->first_text_length))
        return;
    for (int quoted = 0; quoted < 2; quoted++) {
        option[0] = '"';
        end = append(option + quoted, c->asked.name, c->asked.name_length, '"',
                     quoted ? "\"\"" : "\"");
        if (quoted)
            *end++ = '"';
        *end++ = '=';
        memcpy(end, f->first_text, f->first_text_length);
        end[f->first_text_length] = 0;
        if (!means(job, c, option))
            continue;
        memcpy(out, "--null '", 8);
        end = append(out + 8, option, strlen(option), '\'', "'\\''");
        memcpy(end, "'", 2);
        return;
    }
}

/* Adds the hint for a column with one distinct text among values of another type: if that text were
 * null, the column would have that type. Returns false if there is no memory. */
static bool hint_null(ing_job *job, const ing_column *c, const ing_type *type)
{
    char option[6 * NAME_MOST], name[ING_TYPE_TEXT];
    const double percent =
        job->text.rows ? 100.0 * (double)c->result.facts.texts / (double)job->text.rows : 0;
    null_option(job, c, option);
    return ing_warn(&job->control,
                    "column \"%.200s\" is a string only because of \"%.*s\" (%.2g%% of the rows): "
                    "%s makes it %s",
                    c->asked.name, (int)c->result.facts.first_text_length,
                    c->result.facts.first_text, percent, option[0] ? option : "--null",
                    ing_type_text(type, name));
}

/* Returns true if the column has one distinct text among values of another type, which becomes
 * *type. */
static bool has_one_text(const ing_job *job, const ing_column *c, ing_type *type)
{
    ing_facts without = c->result.facts;
    without.classes &= ~(uint32_t)PARSE_TEXT;
    *type = ing_resolve(&without);
    return mostly_typed(job, c) && !c->result.facts.texts_differ &&
           c->result.facts.first_text_length != 0 && type->type != FMT_STRING;
}

/* Returns true if the only text of a column is its own name, perhaps behind a byte order mark. */
static bool is_own_name(const ing_column *c)
{
    const char *s = c->result.facts.first_text;
    size_t n = c->result.facts.first_text_length;
    if (n > 3 && memcmp(s, "\xEF\xBB\xBF", 3) == 0)
        s += 3, n -= 3;
    return n == c->asked.name_length && memcmp(s, c->asked.name, n) == 0;
}

/* Adds the hint for texts that stand in one record for all columns: a header that repeats, or a
 * second line of it. *said becomes true if there is one. Returns false if there is no memory. */
static bool hint_header(ing_job *job, bool *said)
{
    uint32_t n = 0, names = 0, first = 0, typed = 0;
    uint64_t texts = 0;
    for (uint32_t i = 0; i < job->schema.n_columns; i++) {
        const ing_column *c = &job->schema.columns[i];
        const ing_facts *f = &c->result.facts;
        ing_type type;
        typed += c->target.type.type != FMT_STRING;
        if (!has_one_text(job, c, &type))
            continue;
        n++;
        names += is_own_name(c);
        first += f->first_text_row == 0 && f->texts == 1;
        texts = f->texts;
    }
    *said = n != 0 && typed == 0 && (names == n || (first == n && n >= 2));
    if (!*said)
        return true;
    if (names == n)
        return ing_warn(&job->control,
                        "the header repeats in %" PRIu64 " %s: the values there make columns "
                        "strings; take such lines out, or pack the files one beside the other",
                        texts, texts == 1 ? "record" : "records");
    return ing_warn(&job->control,
                    "the first record seems to be a second header line, which makes columns "
                    "strings: --skip-after-header 1 leaves it out");
}

/* Adds the hint for a string column with one text among values of another type. */
static bool hint_text(ing_job *job, const ing_column *c, const ing_type *type)
{
    const ing_facts *f = &c->result.facts;
    if (!ing_is_another_form(job, f->first_text, f->first_text_length))
        return hint_null(job, c, type);
    return ing_warn(&job->control,
                    "column \"%.200s\" is a string only because of \"%.*s\", a value that is "
                    "written in another way than the others",
                    c->asked.name, (int)f->first_text_length, f->first_text);
}

/* Adds the hint for a string column of dates and timestamps without any other text. */
static bool hint_mixed_times(ing_job *job, const ing_column *c)
{
    static const char *const units[] = {"s", "ms", "us", "ns"};
    const ing_facts *f = &c->result.facts;
    if (c->asked.forced || c->target.type.type != FMT_STRING ||
        f->classes != (PARSE_DATE | PARSE_TIMESTAMP))
        return true;
    return ing_warn(&job->control,
                    "column \"%.200s\" has dates and timestamps: --types with timestamp[%s] reads "
                    "both",
                    c->asked.name, units[(f->digits + 2) / 3]);
}

/* Adds the hints for one column. `quiet`: its texts were explained already. Returns false if there
 * is no memory. */
static bool add_hints(ing_job *job, const ing_column *c, bool quiet)
{
    char name[ING_TYPE_TEXT];
    ing_type type;
    bool done = true;
    if (!quiet && has_one_text(job, c, &type))
        done = hint_text(job, c, &type);
    else if (!quiet && !c->asked.forced && c->target.type.type == FMT_STRING &&
             c->result.facts.texts != 0 &&
             c->result.facts.texts == c->result.facts.texts_if_trimmed)
        done = ing_warn(&job->control,
                        "column \"%.200s\" is a string only because of spaces around its values: "
                        "--trim removes them",
                        c->asked.name);
    if (done)
        done = hint_mixed_times(job, c);
    if (done && c->target.type.type == FMT_TIMESTAMP && !c->asked.forced &&
        (c->target.form != NULL ? c->result.form_facts : c->result.facts).mixed_offsets)
        done = ing_warn(
            &job->control,
            "column \"%.200s\" has timestamps of several offsets: they are kept as instants in UTC",
            c->asked.name);
    if (done && c->result.facts.misfits != 0)
        done = ing_warn(&job->control, "column \"%.200s\": %" PRIu64 " %s no %s and became null",
                        c->asked.name, c->result.facts.misfits,
                        c->result.facts.misfits == 1 ? "value is" : "values are",
                        ing_type_text(&c->asked.type, name));
    if (done && c->target.type.type != FMT_STRING && c->result.facts.quoted_empty != 0)
        done =
            ing_warn(&job->control, "column \"%.200s\": %" PRIu64 " quoted empty fields are nulls",
                     c->asked.name, c->result.facts.quoted_empty);
    return done;
}

/* Adds the hint for float64 columns whose texts have more digits than a double (C-55). Returns
 * false if there is no memory. */
static bool hint_digits(ing_job *job)
{
    const ing_column *first = NULL;
    char others[64] = "";
    uint32_t n = 0;
    for (uint32_t i = 0; i < job->schema.n_columns; i++) {
        const ing_column *c = &job->schema.columns[i];
        if (c->target.type.type != FMT_FLOAT64 || !c->result.facts.many_digits)
            continue;
        first = n++ == 0 ? c : first;
    }
    if (n == 0)
        return true;
    if (n > 1)
        (void)snprintf(others, sizeof others, ", and %" PRIu32 " more,", n - 1);
    return ing_warn(
        &job->control,
        "column \"%.200s\"%s has numbers of more than 17 digits, of which float64 keeps "
        "about 16: as a string it keeps all",
        first->asked.name, others);
}

bool ing_add_hints(ing_job *job)
{
    bool header = false, done = ing_add_text_hints(job);
    bool *said = calloc(job->schema.n_columns + 1u, sizeof *said);
    done = done && said != NULL && hint_header(job, &header);
    if (done && !header)
        done = ing_look_at_values(job, said);
    for (uint32_t i = 0; done && i < job->schema.n_columns; i++)
        done = add_hints(job, &job->schema.columns[i], header || said[i]);
    if (done)
        done = hint_digits(job);
    free(said);
    return done;
}
