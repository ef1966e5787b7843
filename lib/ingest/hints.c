/* Hints of the report: options that would have given better types. */
#include "ingest/hints.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "format/types.h"

static bool mostly_typed(const ing_job *job, const ing_column *c)
{
    return !c->asked.forced && c->target.type.type == FMT_STRING && c->result.facts.texts != 0 &&
           (c->result.facts.classes & ~(uint32_t)PARSE_TEXT) != 0 &&
           c->result.facts.texts + c->result.null_count < job->text.rows;
}

/* Adds the hint for a column with one distinct text among values of another type: if that text were
 * null, the column would have that type. Returns false if there is no memory. */
static bool hint_null(ing_job *job, const ing_column *c, const ing_type *type)
{
    char option[ING_OPTION_TEXT], name[ING_TYPE_TEXT];
    const double percent =
        job->text.rows ? 100.0 * (double)c->result.facts.texts / (double)job->text.rows : 0;
    (void)ing_null_option(job, c, c->result.facts.first_text, c->result.facts.first_text_length,
                          option);
    return ing_warn(&job->control,
                    "column \"%.200s\" is a string only because of \"%.*s\" (%.2g%% of the rows): "
                    "%s makes it %s",
                    c->asked.name, (int)c->result.facts.first_text_length,
                    c->result.facts.first_text, percent, option, ing_type_text(type, name));
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

/* Returns true if the columns that are no strings may all be null in the first record. */
static bool have_nulls(const ing_job *job)
{
    for (uint32_t i = 0; i < job->schema.n_columns; i++)
        if (job->schema.columns[i].target.type.type != FMT_STRING &&
            job->schema.columns[i].result.null_count == 0)
            return false;
    return true;
}

/* The columns that are strings because of one text. */
typedef struct one_texts {
    uint32_t n, names, first, last, footers;
    uint64_t texts; /* of one of them */
} one_texts;

static one_texts count_one_texts(const ing_job *job)
{
    one_texts t = {0};
    for (uint32_t i = 0; i < job->schema.n_columns; i++) {
        const ing_column *c = &job->schema.columns[i];
        const ing_facts *f = &c->result.facts;
        ing_type type;
        if (!has_one_text(job, c, &type))
            continue;
        t.n++;
        t.names += is_own_name(c);
        t.first += f->first_text_row == 0 && f->texts == 1;
        t.last += f->first_text_row == job->text.rows - 1 && f->texts == 1;
        t.footers += ing_is_footer_text(f->first_text, f->first_text_length);
        t.texts = f->texts;
    }
    return t;
}

/* Adds the hint for texts that stand in one record for all columns: a header that repeats, a second
 * line of it, or a footer. *said becomes true if there is one. Returns false if there is no
 * memory. */
static bool hint_header(ing_job *job, bool *said)
{
    const one_texts t = count_one_texts(job);
    const bool repeats = t.names == t.n, second = t.first == t.n && t.n >= 2;
    *said =
        t.n != 0 && (((repeats || second) && have_nulls(job)) || (t.last == t.n && t.footers != 0));
    if (!*said)
        return true;
    if (repeats)
        return ing_warn(&job->control,
                        "the header repeats in %" PRIu64 " %s: the values there make columns "
                        "strings; take such lines out, or pack the files one beside the other",
                        t.texts, t.texts == 1 ? "record" : "records");
    if (second)
        return ing_warn(&job->control,
                        "the first record seems to be a second header line, which makes columns "
                        "strings: --skip-after-header 1 leaves it out");
    return ing_warn(&job->control,
                    "the last record seems to be a footer, which makes columns strings: "
                    "--skip-footer leaves out the last lines, as --skip-footer 1 the last one");
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
        "about 16: as decimal(P,S) or string it keeps all",
        first->asked.name, others);
}

bool ing_add_hints(ing_job *job)
{
    bool header = false, done = ing_add_text_hints(job);
    bool *said = calloc(job->schema.n_columns + 1u, sizeof *said);
    done = done && ing_add_shape_hints(job) && said != NULL && hint_header(job, &header);
    if (done && !header)
        done = ing_look_at_values(job, said);
    for (uint32_t i = 0; done && i < job->schema.n_columns; i++)
        done = add_hints(job, &job->schema.columns[i], header || said[i]);
    if (done)
        done = hint_digits(job);
    free(said);
    return done;
}
