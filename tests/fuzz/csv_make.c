/* Reads the plan of a CSV out of an input. */
#include "csv_make.h"

#include <stdlib.h>
#include <string.h>

#define BETWEEN_INPUTS 0x1e
#define BETWEEN_TEXTS 0x1f

static void add(csv_texts *texts, const char *text)
{
    if (texts->n < CSV_TEXTS)
        texts->list[texts->n++] = text;
}

/* Takes a text of an option: its first letter says which. */
static void take_text(csv_plan *plan, const char *text)
{
    shmcol_csv_options *o = &plan->options;
    switch (text[0]) {
    case 'T': o->types = text + 1; break;
    case 'd': add(&plan->date_formats, text + 1); break;
    case 't': add(&plan->timestamp_formats, text + 1); break;
    case 'y': add(&plan->true_words, text + 1); break;
    case 'n': add(&plan->false_words, text + 1); break;
    case 'c': add(&plan->columns, text + 1); break;
    case 'h': add(&plan->names, text + 1); break;
    case 'N': add(&plan->nulls, text + 1); break;
    case 'm': add(&plan->dictionary, text + 1); break;
    case 'f': o->file_column = text + 1; break;
    case 'g': o->thousands = text + 1; break;
    default: break;
    }
}

/* Reads the line of texts. */
static void take_line(csv_plan *plan, const uint8_t *text, size_t size)
{
    plan->line = malloc(size + 1);
    if (plan->line == NULL)
        abort();
    memcpy(plan->line, text, size);
    plan->line[size] = 0;
    for (char *at = plan->line, *end; at < plan->line + size; at = end + 1) {
        end = memchr(at, BETWEEN_TEXTS, (size_t)(plan->line + size - at));
        if (end == NULL)
            end = plan->line + size;
        *end = 0;
        take_text(plan, at);
    }
}

static void give_texts(csv_plan *plan)
{
    shmcol_csv_options *o = &plan->options;
    o->date_formats = plan->date_formats.list;
    o->n_date_formats = plan->date_formats.n;
    o->timestamp_formats = plan->timestamp_formats.list;
    o->n_timestamp_formats = plan->timestamp_formats.n;
    o->true_words = plan->true_words.list;
    o->n_true_words = plan->true_words.n;
    o->false_words = plan->false_words.list;
    o->n_false_words = plan->false_words.n;
    o->columns = plan->columns.n != 0 ? plan->columns.list : NULL;
    o->n_columns = plan->columns.n;
    o->names = plan->names.n != 0 ? plan->names.list : NULL;
    o->n_names = plan->names.n;
    o->nulls = plan->nulls.list;
    o->n_nulls = plan->nulls.n;
    o->dictionary = plan->dictionary.list;
    o->n_dictionary = plan->dictionary.n;
}

static void choose_dialect(csv_plan *plan, unsigned dialect, unsigned lines)
{
    static const char delimiters[] = {0, 0, 0, ',', ';', '\t', '|', 0};
    static const char comments[] = {0, 0, 0, '#'};
    static const uint64_t skipped[] = {0, 0, 1, 3};
    static const uint32_t skip = SHMCOL_ON_ERROR_SKIP, null = SHMCOL_ON_ERROR_NULL,
                          replace = SHMCOL_ON_ERROR_REPLACE;
    const uint32_t on_error[8] = {0,       0,           skip,           null,
                                  replace, skip | null, skip | replace, skip | null | replace};
    shmcol_csv_options *o = &plan->options;
    o->delimiter = delimiters[dialect & 7];
    o->no_delimiter = (dialect & 7) == 7;
    o->no_header = dialect >> 3 & 1;
    o->trim = dialect >> 4 & 1;
    o->decimal_comma = dialect >> 5 & 1;
    o->quote = dialect >> 6 == 2 ? '\'' : 0;
    o->no_quote = dialect >> 6 == 3;
    o->on_error = on_error[lines & 7];
    plan->rejects = (lines >> 3 & 1) && (o->on_error & skip);
    o->skip_lines = skipped[lines >> 4 & 3];
    o->comment = comments[lines >> 6];
}

static void choose_records(csv_plan *plan, unsigned records, unsigned counts)
{
    static const uint64_t behind[] = {0, 0, 1, UINT64_MAX}, footer[] = {0, 0, 2, UINT64_MAX},
                          limit[] = {0, 0, 3, UINT64_MAX}, rows[] = {0, 0, 2, UINT64_MAX};
    static const uint32_t inputs[] = {1, 1, 2, 3};
    shmcol_csv_options *o = &plan->options;
    o->escape = (records & 3) == 3 ? '\\' : 0;
    o->short_records = records >> 2 & 1 ? SHMCOL_SHORT_NULL : SHMCOL_SHORT_ERROR;
    o->drop_extra = records >> 3 & 1;
    o->union_columns = records >> 4 & 1;
    plan->n_inputs = inputs[records >> 5 & 3];
    plan->types_from = records >> 7;
    o->skip_after_header = behind[counts & 3];
    o->skip_footer = footer[counts >> 2 & 3];
    o->has_limit = (counts >> 4 & 3) == 1;
    o->limit = limit[counts >> 4 & 3];
    o->skip_rows = rows[counts >> 6];
}

static void choose_run(csv_plan *plan, unsigned window, unsigned run)
{
    plan->window = 1 + window;
    plan->threads = 2 + (run & 1);
    plan->isa = run >> 1 & 1 ? "scalar" : NULL;
#if defined(__x86_64__)
    if ((run >> 1 & 3) == 2 && __builtin_cpu_supports("avx2"))
        plan->isa = "avx2";
#endif
    if (run >> 3 & 1)
        plan->options.memory = 16u << 20;
}

/* Cuts the CSVs out of the text. The last one has what is left. */
static void cut_inputs(csv_plan *plan, const uint8_t *text, size_t size)
{
    const uint32_t most = plan->n_inputs;
    for (uint32_t i = 0;; i++) {
        const uint8_t *end = i + 1 < most ? memchr(text, BETWEEN_INPUTS, size) : NULL;
        plan->inputs[i] = text;
        plan->sizes[i] = end != NULL ? (size_t)(end - text) : size;
        plan->n_inputs = i + 1;
        if (end == NULL)
            return;
        size -= plan->sizes[i] + 1;
        text = end + 1;
    }
}

int csv_plan_make(csv_plan *plan, const uint8_t *data, size_t size)
{
    if (size < CSV_HEAD)
        return 0;
    *plan = (csv_plan){.options = SHMCOL_CSV_OPTIONS_INIT};
    choose_dialect(plan, data[0], data[1]);
    choose_records(plan, data[3], data[4]);
    choose_run(plan, data[2], data[5]);
    plan->options.overwrite = plan->options.no_sync = 1;
    const uint8_t *text = data + CSV_HEAD, *end = memchr(text, '\n', size - CSV_HEAD);
    size_t line = end != NULL ? (size_t)(end - text) : 0;
    take_line(plan, text, line);
    give_texts(plan);
    line += end != NULL;
    cut_inputs(plan, text + line, size - CSV_HEAD - line);
    return 1;
}

void csv_plan_end(csv_plan *plan)
{
    free(plan->line);
}
