/* Checks the public options and converts them to what the stages need. */
#include <string.h>

#include "format/utf8.h"
#include "ingest/ingest.h"
#include "parse/marks.h"
#include "structs.h"

#define MEMORY_LEAST (UINT64_C(16) << 20)

static shmcol_status bad_option(shmcol_error *err, const char *rule, const char *what)
{
    return shm_fail(err, SHMCOL_ERR_INVALID_ARGUMENT, rule, "%s", what);
}

static bool is_alphanumeric(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

/* Checks one given character by C-19. Returns INVALID_ARGUMENT. */
static shmcol_status check_character(const char *what, char c, bool comment, shmcol_error *err)
{
    if ((uint8_t)c >= 0x80 || c == '\n' || c == '\r')
        return shm_fail(err, SHMCOL_ERR_INVALID_ARGUMENT, "C-19",
                        "the %s is no ASCII character other than a line end", what);
    if (comment || (!is_alphanumeric(c) && strchr("+-.", c) == NULL))
        return SHMCOL_OK;
    shm_fail(err, SHMCOL_ERR_INVALID_ARGUMENT, "C-19", "the %s cannot be \"%c\"", what, c);
    shm_error_hint(err, "letters, digits, + - and . are parts of values");
    return SHMCOL_ERR_INVALID_ARGUMENT;
}

/* Checks the characters of the dialect by C-19. A character that is 0 was not given. Returns
 * INVALID_ARGUMENT. */
static shmcol_status check_characters(const shmcol_csv_options *o, shmcol_error *err)
{
    const char quote = o->no_quote ? 0
                       : o->quote  ? o->quote
                                   : '"',
               delimiter = o->delimiter, comment = o->comment, escape = o->escape;
    shmcol_status status;
    if (delimiter && o->no_delimiter)
        return bad_option(err, "C-10", "a delimiter is named, and there shall be none");
    if (delimiter && (status = check_character("delimiter", delimiter, false, err)) != SHMCOL_OK)
        return status;
    if (quote && (status = check_character("quote", quote, false, err)) != SHMCOL_OK)
        return status;
    if (escape && (status = check_character("escape", escape, false, err)) != SHMCOL_OK)
        return status;
    if (escape == ' ' || escape == '\t')
        return bad_option(err, "C-19", "the escape cannot be a space or a tab");
    if (comment && (status = check_character("comment character", comment, true, err)) != SHMCOL_OK)
        return status;
    if ((delimiter && (delimiter == quote || delimiter == comment || delimiter == escape)) ||
        (comment && (comment == quote || comment == escape)))
        return bad_option(err, "C-19", "delimiter, quote, escape and comment have to differ");
    if (escape && escape == quote) {
        bad_option(err, "C-19", "the escape cannot be the quote");
        shm_error_hint(err,
                       "a doubled quote inside a quoted field is one quote without any option");
        return SHMCOL_ERR_INVALID_ARGUMENT;
    }
    if (delimiter == ',' && o->decimal_comma) {
        bad_option(err, "C-19", "the delimiter cannot be \",\" where that is the decimal mark");
        shm_error_hint(err, "name the other delimiter, or let it be found");
        return SHMCOL_ERR_INVALID_ARGUMENT;
    }
    return SHMCOL_OK;
}

/* Sets how numbers are written. Returns INVALID_ARGUMENT (C-41). */
static shmcol_status choose_style(parse_style *style, const shmcol_csv_options *o,
                                  shmcol_error *err)
{
    const char quote = o->no_quote ? 0 : o->quote ? o->quote : '"';
    *style = o->decimal_comma ? parse_style_comma : parse_style_plain;
    if (o->thousands == NULL)
        return SHMCOL_OK;
    const char *wrong = parse_group_read(o->thousands, strlen(o->thousands), quote, style);
    if (wrong == NULL && o->escape != 0 && style->group[0] == o->escape)
        wrong = "names the escape character";
    if (wrong == NULL)
        return SHMCOL_OK;
    shm_fail(err, SHMCOL_ERR_INVALID_ARGUMENT, "C-41", "thousands \"%.40s\" %s", o->thousands,
             wrong);
    if (!o->decimal_comma && (strcmp(o->thousands, ".") == 0 || strcmp(o->thousands, "dot") == 0))
        shm_error_hint(err, "--decimal-comma makes the comma the decimal mark");
    else
        shm_error_hint(err, "it is one of , . ' _ or space, nbsp, nnbsp, U+2009, U+2019");
    return SHMCOL_ERR_INVALID_ARGUMENT;
}

static shmcol_status check_list(const void *list, uint32_t n, const char *name, shmcol_error *err)
{
    if (list != NULL || n == 0)
        return SHMCOL_OK;
    return shm_fail(err, SHMCOL_ERR_INVALID_ARGUMENT, "", "%s is NULL, but its length is %u", name,
                    n);
}

static shmcol_status check_texts(const char *const *list, uint32_t n, const char *name,
                                 shmcol_error *err)
{
    shmcol_status status = check_list(list, n, name, err);
    for (uint32_t i = 0; status == SHMCOL_OK && i < n; i++)
        if (list[i] == NULL)
            status = shm_fail(err, SHMCOL_ERR_INVALID_ARGUMENT, "", "%s[%u] is NULL", name, i);
    return status;
}

/* Checks the lists of forms for all columns. Returns INVALID_ARGUMENT. */
static shmcol_status check_forms(const shmcol_csv_options *o, shmcol_error *err)
{
    shmcol_status status = check_texts(o->date_formats, o->n_date_formats, "date_formats", err);
    if (status == SHMCOL_OK)
        status =
            check_texts(o->timestamp_formats, o->n_timestamp_formats, "timestamp_formats", err);
    if (status == SHMCOL_OK)
        status = check_texts(o->true_words, o->n_true_words, "true_words", err);
    return status == SHMCOL_OK ? check_texts(o->false_words, o->n_false_words, "false_words", err)
                               : status;
}

/* Checks the lists. Empty lists of null tokens, dictionary modes, metadata and types are allowed;
 * an empty list of columns is not. Returns INVALID_ARGUMENT. */
static shmcol_status check_lists(const shmcol_csv_options *o, shmcol_error *err)
{
    shmcol_status status = check_texts(o->nulls, o->n_nulls, "nulls", err);
    if (status != SHMCOL_OK)
        return status;
    status = check_texts(o->dictionary, o->n_dictionary, "dictionary", err);
    if (status != SHMCOL_OK)
        return status;
    status = check_texts(o->columns, o->n_columns, "columns", err);
    if (status != SHMCOL_OK)
        return status;
    status = check_texts(o->names, o->n_names, "names", err);
    if (status == SHMCOL_OK)
        status = ing_check_names(o->names, o->n_names, err);
    if (status == SHMCOL_OK)
        status = check_forms(o, err);
    if (status != SHMCOL_OK)
        return status;
    status = check_list(o->metadata, o->metadata_count, "metadata", err);
    if (status != SHMCOL_OK || o->columns == NULL || o->n_columns != 0)
        return status;
    bad_option(err, "C-18", "the list of columns to keep is empty");
    shm_error_hint(err, "name one column at least; without the list all are kept");
    return SHMCOL_ERR_INVALID_ARGUMENT;
}

/* Checks the name of the column of paths (C-97). Returns INVALID_ARGUMENT. */
static shmcol_status check_file_column(const char *name, shmcol_error *err)
{
    const size_t n = name == NULL ? 1 : strlen(name);
    if (n == 0 || n > FMT_NAME_MAX)
        return bad_option(err, "C-97",
                          "the name of the column of paths has from 1 to 65,535 bytes");
    if (name != NULL && fmt_utf8_check((const uint8_t *)name, n) != SIZE_MAX)
        return bad_option(err, "C-97", "the name of the column of paths is not UTF-8");
    return SHMCOL_OK;
}

/* Checks what records of another length than the header are. Returns INVALID_ARGUMENT. */
static shmcol_status check_lengths(const shmcol_csv_options *o, shmcol_error *err)
{
    if (o->drop_extra && (o->no_header || o->names != NULL))
        return bad_option(err, "C-89", "an extra field is found by the header, and there is none");
    if (o->short_records != SHMCOL_SHORT_ERROR && o->short_records != SHMCOL_SHORT_NULL)
        return bad_option(err, "C-88", "short_records has no such value");
    return SHMCOL_OK;
}

static shmcol_status check_options(const shmcol_csv_options *o, const char *output, int fd,
                                   shmcol_error *err)
{
    shmcol_status status = check_characters(o, err);
    if (status != SHMCOL_OK)
        return status;
    status = check_file_column(o->file_column, err);
    if (status != SHMCOL_OK)
        return status;
    status = check_lists(o, err);
    if (status != SHMCOL_OK)
        return status;
    if ((o->no_header || o->names != NULL) && o->skip_after_header != 0) {
        bad_option(err, "C-86", "without a header there are no lines behind it to skip");
        shm_error_hint(err, "skip_lines skips the first ones");
        return SHMCOL_ERR_INVALID_ARGUMENT;
    }
    status = check_lengths(o, err);
    if (status != SHMCOL_OK)
        return status;
    if (output == NULL && fd < 0 && !o->dry_run)
        return bad_option(err, "", "no output is named");
    if (o->memory != 0 && o->memory < MEMORY_LEAST)
        return bad_option(err, "", "the memory bound is at least 16 MiB");
    if (o->on_error > (SHMCOL_ON_ERROR_SKIP | SHMCOL_ON_ERROR_NULL | SHMCOL_ON_ERROR_REPLACE))
        return bad_option(err, "C-94", "on_error has flags that this library does not know");
    if (o->rejects != NULL && !(o->on_error & SHMCOL_ON_ERROR_SKIP))
        return bad_option(err, "", "a file for refused records goes with on_error skip");
    if (o->rejects != NULL && output != NULL && strcmp(o->rejects, output) == 0)
        return bad_option(err, "", "the output and the file for refused records have to differ");
    return SHMCOL_OK;
}

static shmcol_status choose_isa(ing_text *text, shmcol_error *err)
{
    const char *forced = sys_getenv("SHMCOL_ISA");
    text->isa = csv_isa_choose(forced, sys_hidden);
    if (text->isa != NULL)
        return SHMCOL_OK;
    shm_fail(err, SHMCOL_ERR_INVALID_ARGUMENT, "",
             "this machine does not have the instruction set SHMCOL_ISA=%.50s", forced);
    shm_error_hint(
        err, "scalar is everywhere, neon on aarch64; avx2 and avx512 on an x86-64 that has them");
    return SHMCOL_ERR_INVALID_ARGUMENT;
}

static void describe_text(ing_text *text, const shmcol_csv_options *o)
{
    text->encoding = o->encoding;
    text->replaces = (o->on_error & SHMCOL_ON_ERROR_REPLACE) != 0;
    text->skip_lines = o->skip_lines;
    text->skip_after_header = o->skip_after_header;
    text->skip_footer = o->skip_footer;
    text->no_header = o->no_header != 0 || o->names != NULL;
    text->source.apart = o->file_column != NULL;
    text->null_short = o->short_records == SHMCOL_SHORT_NULL;
    text->drop_extra = o->drop_extra != 0;
    text->sniffed = o->delimiter == 0 && !o->no_delimiter;
    text->dialect = (csv_dialect){.delimiter = o->no_delimiter ? '\n' : (uint8_t)o->delimiter,
                                  .quote = o->quote ? (uint8_t)o->quote : '"',
                                  .quoting = !o->no_quote,
                                  .comment = (uint8_t)o->comment,
                                  .skip_blank = true,
                                  .trim = o->trim != 0,
                                  .escape = (uint8_t)o->escape};
}

shmcol_status ing_take_options(ing_job *job, const shmcol_csv_options *options, const char *output,
                               shmcol_error *err)
{
    shmcol_status status = check_options(options, output, job->output.fd, err);
    if (status != SHMCOL_OK)
        return status;
    status = choose_style(&job->text.numbers, options, err);
    if (status != SHMCOL_OK)
        return status;
    status = ing_forms_read(options, &job->schema.forms, err);
    if (status != SHMCOL_OK)
        return status;

    job->text.marks = parse_marks_none(&job->text.numbers);
    status = choose_isa(&job->text, err);
    if (status != SHMCOL_OK)
        return status;
    job->output.path = output;
    job->output.metadata = options->metadata;
    job->output.metadata_count = options->metadata_count;
    job->output.rejects_path = options->rejects;
    describe_text(&job->text, options);
    ing_limits_begin(&job->limits, options);
    return ing_control_begin(&job->control, options->progress, options->progress_arg, err);
}
