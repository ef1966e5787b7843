/* Hints of the report about the text as a whole: its delimiter, its records. */
#include <inttypes.h>
#include <string.h>

#include "ingest/hints.h"

static const char *name_of(char delimiter)
{
    switch (delimiter) {
    case ',': return "comma";
    case '\t': return "tab";
    case ';': return "semicolon";
    case ' ': return "space";
    case ':': return "colon";
    case '^': return "caret";
    default: return "pipe";
    }
}

/* Names the candidates that fitted as well as the delimiter, where none fitted alone (C-10). */
static bool hint_doubtful(ing_job *job, const ing_delimiter *found)
{
    char names[64] = "";
    for (const char *c = found->fitting; *c != 0; c++) {
        if (*c == (char)found->byte)
            continue;
        if (names[0] != 0)
            strcat(names, " and ");
        strcat(names, name_of(*c));
    }
    return ing_warn(&job->control,
                    "the delimiter is in doubt: %s %s in the first records as well, and %s was "
                    "taken; --delimiter names another one",
                    names, strstr(names, " and ") ? "fit" : "fits", name_of((char)found->byte));
}

/* Adds the hints about a delimiter that was found (C-10, C-24). Returns false if there is no
 * memory. */
static bool hint_delimiter(ing_job *job)
{
    const ing_delimiter *found = &job->text.found;
    if (!job->text.sniffed)
        return true;
    if (found->source == SHMCOL_DELIMITER_SEP_LINE)
        return ing_warn(&job->control,
                        "the first line, \"sep=%s\", names the delimiter and is no record",
                        found->byte == '\t' ? "\\t" : (char[]){(char)found->byte, 0});
    if (found->doubtful && !hint_doubtful(job, found))
        return false;
    if (job->text.numbers.decimal == ',' && found->byte == ',')
        return ing_warn(&job->control, "the delimiter is the comma, which is the decimal mark as "
                                       "well: --delimiter names another one");
    if (job->schema.n_fields == 1 && found->source == SHMCOL_DELIMITER_DEFAULT) {
        char divider[ING_DIVIDER_TEXT];
        ing_find_divider(job, divider);
        return ing_warn(&job->control, "no delimiter was found: the table has one column%s",
                        divider);
    }
    return true;
}

bool ing_add_text_hints(ing_job *job)
{
    bool done = true;
    if (job->text.rows == 0 && job->left_out != 0)
        done = ing_warn(&job->control,
                        "the table has 0 rows: --skip-rows leaves out %" PRIu64 " records",
                        job->left_out);
    else if (job->text.rows == 0 && !job->text.narrowed)
        done = ing_warn(&job->control, "there is a header but no record: the table has 0 rows");
    if (done)
        done = hint_delimiter(job);
    if (done && job->text.rows > INT32_MAX)
        done =
            ing_warn(&job->control,
                     "more than 2147483647 rows: some Arrow readers (Java) cannot read that many");
    return done;
}
