/* The options of shmcol-pack. */
#include "pack_options.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "pack_kind.h"

enum {
    TYPES = TOOL_OWN,
    COLUMNS,
    DICTIONARY,
    DATE_FORMAT,
    TIMESTAMP_FORMAT,
    TRUE_WORDS,
    FALSE_WORDS,
    NULLS,
    DELIMITER,
    QUOTE,
    ESCAPE,
    NO_HEADER,
    NAMES,
    SKIP_ROWS,
    LIMIT,
    ENCODING,
    SKIP_LINES,
    SKIP_AFTER_HEADER,
    SKIP_FOOTER,
    COMMENT,
    TRIM,
    DECIMAL_COMMA,
    THOUSANDS,
    ON_ERROR,
    REJECTS,
    META,
    DRY_RUN,
    NO_SYNC,
    THREADS,
    MEMORY,
    WINDOW,
    ZSTD,
    PLAIN,
    UNION,
    FILE_COLUMN,
    TYPES_FROM,
    SHORT_RECORDS,
    DROP_EXTRA,
    APPEND,
    TOKEN,
    NO_WAIT,
    PART_ROWS,
    MIN_PART_ROWS
};

const tool_option pack_options[] = {
    {NULL, 0, NULL, "Output"},
    {"output", 'o', "FILE",
     "write FILE (default: the input's name less .gz, .zst and .csv,\n.tsv, .txt, with .shmcol; "
     "beside the input)"},
    {"force", 'f', NULL, "replace FILE if it exists, at once and whole"},
    {"zstd", ZSTD, "=LEVEL",
     "write the file compressed: smaller at rest, decompressed once\nbefore it is mapped (default "
     "level: 3, 1 to 22); INPUT may be\na "
     "shmcol file that is plain"},
    {"plain", PLAIN, NULL, "INPUT is a compressed shmcol file: write it plain"},
    {"meta", META, "KEY=VALUE", "add a pair to the table's metadata; may be repeated"},
    {"dry-run", DRY_RUN, NULL, "write nothing; print the types that would be decided, and why"},
    {"no-sync", NO_SYNC, NULL,
     "do not wait for the disk: faster, not durable against a\npower cut"},
    {NULL, 0, NULL, "Tables that grow"},
    {"append", APPEND, "DIR",
     "add the rows to the table in the directory DIR, all or none;\nthe first append makes it and "
     "fixes the types of its columns"},
    {"token", TOKEN, "NAME",
     "name the append: where the table has NAME already, nothing\nis added, and that is no error"},
    {"no-wait", NO_WAIT, NULL, "fail if another process appends at this moment"},
    {"part-rows", PART_ROWS, "N", "most rows of a part, a multiple of 65536 (default: 16777216)"},
    {"min-part-rows", MIN_PART_ROWS, "N",
     "write a last part of fewer rows anew, with the new rows\n(default: 65536)"},
    {NULL, 0, NULL, "Columns and types"},
    {"columns", COLUMNS, "A,B",
     "keep these columns, by name or place from 1, in this order;\n'!A,!B': all but these "
     "(default: "
     "all)"},
    {"types", TYPES, "LIST",
     "'name=type,glob*=type,*=string' (default: found over the\nwhole file); "
     "timestamp[us;Europe/Paris] has unit and zone,\ndate[%d/%m/%Y] a form; the manual lists all"},
    {"types-from", TYPES_FROM, "FILE",
     "columns, their types and order are those of a shmcol file;\n--types overrides single ones"},
    {"dictionary", DICTIONARY, "MODE",
     "auto, always or never, or NAME=MODE for one column; may be\nrepeated (default: auto)"},
    {NULL, 0, NULL, "How values are written"},
    {"date-format", DATE_FORMAT, "FORM",
     "read columns of dates that are all written as FORM, as in\n%d/%m/%Y; may be repeated"},
    {"timestamp-format", TIMESTAMP_FORMAT, "FORM",
     "the same for timestamps, as in '%d.%m.%Y %H:%M'; may be\nrepeated"},
    {"true", TRUE_WORDS, "A,B", "read columns of these words and those of --false as bool"},
    {"false", FALSE_WORDS, "A,B", "the words for false, as in --true yes,y --false no,n"},
    {"null", NULLS, "TOKEN",
     "read TOKEN as null, or NAME=TOKEN in one column (\"a=b\"=TOKEN\nwhere a name holds =); may "
     "be repeated (default: the\nunquoted empty field alone)"},
    {"trim", TRIM, NULL, "remove spaces around values"},
    {"decimal-comma", DECIMAL_COMMA, NULL, "numbers are written 1234,5 or 1.234,5"},
    {"thousands", THOUSANDS, "CHAR",
     "digits may be grouped by threes: comma, dot, space, nbsp, nnbsp\nor the mark itself, as in "
     "1,234 (default: no groups)"},
    {NULL, 0, NULL, "How the text is written"},
    {"delimiter", DELIMITER, "CHAR",
     "one character, or tab, comma, semicolon, pipe, space, or\nnone: every line is one value "
     "(default: that of a sep= line,\nor the one of , tab ; | that fits, else comma)"},
    {"quote", QUOTE, "CHAR", "one character, or none (default: \")"},
    {"escape", ESCAPE, "CHAR",
     "one character, as \\: it makes a delimiter, a quote, a line\nend or itself behind it text "
     "(default: none)"},
    {"comment", COMMENT, "CHAR", "skip lines that begin with CHAR (default: none)"},
    {"encoding", ENCODING, "NAME", "any name that iconv knows (default: UTF-8)"},
    {"no-header", NO_HEADER, NULL, "the first record is data; columns are column_1, column_2 ..."},
    {"names", NAMES, "A,B",
     "the names of the columns of a file without a header\n(default: the header's)"},
    {"skip-lines", SKIP_LINES, "N", "skip the first N lines (default: 0)"},
    {"skip-after-header", SKIP_AFTER_HEADER, "N",
     "skip the N lines behind the header, as units (default: 0)"},
    {"skip-footer", SKIP_FOOTER, "N", "skip the last N lines (default: 0)"},
    {"skip-rows", SKIP_ROWS, "N", "leave out the first N records behind the header (default: 0)"},
    {"limit", LIMIT, "N", "keep at most N records, and read no further (default: all)"},
    {NULL, 0, NULL, "Several inputs"},
    {"union", UNION, NULL, "columns that an input lacks are null in its records"},
    {"file-column", FILE_COLUMN, "NAME", "add a last column NAME: the path of each record's input"},
    {NULL, 0, NULL, "Records that are not valid"},
    {"short-records", SHORT_RECORDS, "MODE",
     "error, or null: fields that are missing at the end of a record\nare null (default: error)"},
    {"drop-extra", DROP_EXTRA, NULL,
     "drop an empty field that all records have behind the last\ncolumn"},
    {"on-error", ON_ERROR, "LIST",
     "stop at the first (default), or some of skip,null,replace: skip\nleaves records out; null "
     "reads values that do not fit --types as\nnull; replace reads bytes that are no text as "
     "U+FFFD"},
    {"rejects", REJECTS, "FILE", "with skip: keep every skipped record in FILE, as it was"},
    {NULL, 0, NULL, "Resources"},
    {"threads", THREADS, "N",
     "use N threads, or as many as SIZE of memory has room for\n(default: as many as the process "
     "may use)"},
    {"memory", MEMORY, "SIZE", "stay within SIZE, as 64M or 2G (default: 256M)"},
    {"window", WINDOW, "SIZE",
     "read SIZE at a time; for tests, never changes the output\n(default: chosen)"},
    {NULL, 0, NULL, "What is printed"},
    {"quiet", 'q', NULL, "no report, no warnings, no progress"},
    {"progress", TOOL_PROGRESS, NULL, "progress on standard error even if it is no terminal"},
    TOOL_OPTION_JSON,
    TOOL_OPTIONS_HELP,
};

/* Option arguments that are gathered over the whole command line. */
typedef struct gathered {
    char **columns, **names, *types, **true_words, **false_words;
    const char **nulls, **dictionary, **dates, **timestamps;
    shmcol_pair *meta;
} gathered;

/* Returns true if a delimiter of several characters means any number of spaces. */
static bool means_spaces(const char *text)
{
    return text[strspn(text, " ")] == 0 || strcmp(text, "\\s+") == 0 || strcmp(text, "\\s") == 0 ||
           strcmp(text, " +") == 0 || strcmp(text, "whitespace") == 0;
}

/* Refuses a delimiter of several characters: names the command that makes one of them. */
static void several_characters(tool *t, const char *text)
{
    if (means_spaces(text))
        tool_usage(t,
                   "--delimiter \"%s\" is not one character: tr -s ' ' < FILE | shmcol-pack "
                   "--delimiter space - makes one space of several",
                   text);
    if (text[1] == ' ' && text[2] == 0)
        tool_usage(t,
                   "--delimiter \"%s\" is not one character: --delimiter '%c' --trim drops the "
                   "spaces",
                   text, text[0]);
    if (strpbrk(text, "\\/'&*.[]^$") == NULL && (unsigned char)text[0] < 0x80)
        tool_usage(
            t,
            "--delimiter \"%s\" is not one ASCII character: sed 's/%s/\\t/g' FILE | shmcol-pack "
            "--delimiter tab - makes tabs of it",
            text, text);
}

static char one_character(tool *t, const char *option, const char *text)
{
    static const struct {
        const char *word;
        char character;
    } words[] = {
        {"tab", '\t'},      {"\\t", '\t'}, {"comma", ','},
        {"semicolon", ';'}, {"pipe", '|'}, {"space", ' '},
    };
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (strcmp(text, words[i].word) == 0)
            return words[i].character;
    if (strcmp(option, "delimiter") == 0 && text[0] != 0 && text[1] != 0)
        several_characters(t, text);
    if (text[0] == 0 || text[1] != 0 || (unsigned char)text[0] >= 0x80)
        tool_usage(t, "--%s \"%s\" is not one ASCII character", option, text);
    if (text[0] == '\n' || text[0] == '\r')
        tool_usage(t, "--%s cannot be a line end", option);
    return text[0];
}

static void append(const char ***list, uint32_t *count, const char *text)
{
    *list = tool_realloc(*list, (size_t)*count + 1, sizeof **list);
    (*list)[(*count)++] = text;
}

static void append_meta(tool *t, gathered *g, uint32_t *count, const char *text)
{
    const char *mark = strchr(text, '=');
    if (mark == NULL)
        tool_usage(t, "--meta \"%s\" is not KEY=VALUE", text);
    g->meta = tool_realloc(g->meta, (size_t)*count + 1, sizeof *g->meta);
    shmcol_pair *pair = &g->meta[(*count)++];
    pair->key = (shmcol_text){text, (uint64_t)(mark - text)};
    pair->value = (shmcol_text){mark + 1, strlen(mark + 1)};
}

static void append_types(gathered *g, const char *text)
{
    size_t has = g->types != NULL ? strlen(g->types) : 0, more = strlen(text);
    g->types = tool_realloc(g->types, has + more + 2, 1);
    if (has > 0)
        g->types[has++] = ',';
    memcpy(g->types + has, text, more + 1);
}

/* Reads the list of --on-error (C-94). */
static uint32_t on_error_of(tool *t, const char *text)
{
    static const char *const words[] = {"stop", "skip", "null", "replace"};
    static const uint32_t flags[] = {SHMCOL_ON_ERROR_STOP, SHMCOL_ON_ERROR_SKIP,
                                     SHMCOL_ON_ERROR_NULL, SHMCOL_ON_ERROR_REPLACE};
    uint32_t all = 0;
    bool stop = false;
    for (const char *item = text; item != NULL; item = strchr(item, ',')) {
        item += *item == ',';
        size_t n = strcspn(item, ","), i = 0;
        while (i < 4 && (strlen(words[i]) != n || memcmp(words[i], item, n) != 0))
            i++;
        if (i == 4)
            tool_usage(t, "--on-error \"%s\" is neither stop nor a list of skip, null, replace",
                       text);
        all |= flags[i];
        stop |= i == 0;
    }
    if (stop && all != 0)
        tool_usage(t, "--on-error \"%s\": stop stands alone", text);
    return all;
}

/* Refuses anything but auto, always, never, or one of them after the last '=' (a name may hold one,
 * a mode cannot). */
static void check_dictionary(tool *t, const char *text)
{
    const char *mark = strrchr(text, '=');
    const char *mode = mark != NULL ? mark + 1 : text;
    if (strcmp(mode, "auto") != 0 && strcmp(mode, "always") != 0 && strcmp(mode, "never") != 0)
        tool_usage(t, "--dictionary \"%s\" is not auto, always or never, nor NAME= and one of them",
                   text);
}

static uint64_t number_of(tool *t, const char *option, const char *text)
{
    uint64_t number;
    if (!option_count(text, &number))
        tool_usage(t, "--%s \"%s\" is not a number", option, text);
    return number;
}

static shmcol_short_records short_records_of(tool *t, const char *text)
{
    if (strcmp(text, "error") != 0 && strcmp(text, "null") != 0)
        tool_usage(t, "--short-records \"%s\" is neither error nor null", text);
    return strcmp(text, "null") == 0 ? SHMCOL_SHORT_NULL : SHMCOL_SHORT_ERROR;
}

static void read_dialect(tool *t, int key, shmcol_csv_options *csv)
{
    switch (key) {
    case DELIMITER:
        csv->no_delimiter = strcmp(optarg, "none") == 0;
        csv->delimiter = csv->no_delimiter ? 0 : one_character(t, "delimiter", optarg);
        break;
    case QUOTE:
        csv->no_quote = strcmp(optarg, "none") == 0;
        csv->quote = csv->no_quote ? 0 : one_character(t, "quote", optarg);
        break;
    case ESCAPE: csv->escape = one_character(t, "escape", optarg); break;
    case NO_HEADER: csv->no_header = 1; break;
    case ENCODING: csv->encoding = optarg; break;
    case SKIP_LINES: csv->skip_lines = number_of(t, "skip-lines", optarg); break;
    case SKIP_AFTER_HEADER:
        csv->skip_after_header = number_of(t, "skip-after-header", optarg);
        break;
    case SKIP_FOOTER: csv->skip_footer = number_of(t, "skip-footer", optarg); break;
    case SKIP_ROWS: csv->skip_rows = number_of(t, "skip-rows", optarg); break;
    case LIMIT:
        csv->limit = number_of(t, "limit", optarg);
        csv->has_limit = 1;
        break;
    case COMMENT: csv->comment = one_character(t, "comment", optarg); break;
    case TRIM: csv->trim = 1; break;
    case THOUSANDS: csv->thousands = optarg; break;
    default: csv->decimal_comma = 1; break;
    }
}

static int level_of(tool *t, const char *text)
{
    uint64_t level = SHMCOL_COMPRESS_LEVEL;
    if (text != NULL && (!option_count(text, &level) || level < 1 || level > 22))
        tool_usage(t, "--zstd=%s is not a level from 1 to 22", text);
    return (int)level;
}

/* Notes an option that is about reading CSV, or about rows. */
static void note_option(pack_request *r, int key)
{
    static const int all[] = {'o',     'f',     'q',  TOOL_PROGRESS, TOOL_JSON,
                              NO_SYNC, THREADS, ZSTD, PLAIN};
    static const int rows[] = {COLUMNS, TYPES, DICTIONARY, META,      DRY_RUN,      MEMORY,
                               APPEND,  TOKEN, NO_WAIT,    PART_ROWS, MIN_PART_ROWS};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        if (all[i] == key)
            return;
    const char *name = NULL;
    for (const tool_option *o = pack_options; o->help != NULL; o++)
        if (o->name != NULL && o->key == key)
            name = o->name;
    r->rows_only = name;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (rows[i] == key)
            return;
    r->csv_only = name;
}

static uint64_t part_rows_of(tool *t, const char *text)
{
    const uint64_t rows = number_of(t, "part-rows", text);
    if (rows == 0 || rows % SHMCOL_ZONE_ROWS != 0)
        tool_usage(t, "--part-rows %s is no multiple of 65536", text);
    return rows;
}

static void read_option(tool *t, int key, pack_request *r, gathered *g)
{
    shmcol_csv_options *csv = &r->csv;
    note_option(r, key);
    switch (key) {
    case ZSTD:
        r->zstd = true;
        csv->zstd_level = level_of(t, optarg);
        break;
    case PLAIN: r->plain = true; break;
    case APPEND: r->append = optarg; break;
    case TOKEN: r->table.token = optarg; break;
    case NO_WAIT: r->table.no_wait = 1; break;
    case PART_ROWS: r->table.part_rows = part_rows_of(t, optarg); break;
    case MIN_PART_ROWS: r->table.min_part_rows = number_of(t, "min-part-rows", optarg); break;
    case 'o': r->output = optarg; break;
    case 'f': csv->overwrite = 1; break;
    case 'q': r->quiet = true; break;
    case TOOL_PROGRESS: r->progress = true; break;
    case TOOL_JSON: break;
    case UNION: csv->union_columns = 1; break;
    case DROP_EXTRA: csv->drop_extra = 1; break;
    case SHORT_RECORDS: csv->short_records = short_records_of(t, optarg); break;
    case FILE_COLUMN: csv->file_column = optarg; break;
    case TYPES_FROM: csv->types_from = optarg; break;
    case META: append_meta(t, g, &csv->metadata_count, optarg); break;
    case DRY_RUN: csv->dry_run = 1; break;
    case NO_SYNC: csv->no_sync = 1; break;
    case COLUMNS: option_names(t, "columns", optarg, &g->columns, &csv->n_columns); break;
    case NAMES: option_names(t, "names", optarg, &g->names, &csv->n_names); break;
    case TYPES: append_types(g, optarg); break;
    case DICTIONARY:
        check_dictionary(t, optarg);
        append(&g->dictionary, &csv->n_dictionary, optarg);
        break;
    case DATE_FORMAT: append(&g->dates, &csv->n_date_formats, optarg); break;
    case TIMESTAMP_FORMAT: append(&g->timestamps, &csv->n_timestamp_formats, optarg); break;
    case TRUE_WORDS: option_names(t, "true", optarg, &g->true_words, &csv->n_true_words); break;
    case FALSE_WORDS: option_names(t, "false", optarg, &g->false_words, &csv->n_false_words); break;
    case NULLS: append(&g->nulls, &csv->n_nulls, optarg); break;
    case ON_ERROR: csv->on_error = on_error_of(t, optarg); break;
    case REJECTS: csv->rejects = optarg; break;
    case THREADS: csv->threads = option_threads(t, optarg); break;
    case MEMORY: csv->memory = option_size(t, "memory", optarg); break;
    case WINDOW: csv->window = option_size(t, "window", optarg); break;
    default: read_dialect(t, key, csv); break;
    }
}

static bool ends_with(const char *text, size_t length, const char *end)
{
    size_t n = strlen(end);
    return length > n && strncasecmp(text + length - n, end, n) == 0;
}

/* Makes data.shmcol, in the same directory, of data.csv.gz. */
static const char *derived_output(tool *t, const char *input)
{
    static const char *const packed[] = {".gz", ".zst"};
    static const char *const text[] = {".csv", ".tsv", ".txt"};
    struct stat st;
    if (strcmp(input, "-") == 0)
        tool_usage(t, "standard input has no name to make the output's from: name it with -o FILE");
    if (stat(input, &st) == 0 && !S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode))
        tool_usage(t, "\"%s\" is not a regular file to name the output after: name it with -o FILE",
                   input);
    const char *slash = strrchr(input, '/');
    size_t n = strlen(input), base = slash != NULL ? (size_t)(slash + 1 - input) : 0;
    for (size_t i = 0; i < 2; i++)
        n -= ends_with(input + base, n - base, packed[i]) ? strlen(packed[i]) : 0;
    for (size_t i = 0; i < 3; i++) {
        if (ends_with(input + base, n - base, text[i])) {
            n -= strlen(text[i]);
            break;
        }
    }
    char *output = tool_alloc(n + sizeof ".shmcol", 1);
    memcpy(output, input, n);
    memcpy(output + n, ".shmcol", sizeof ".shmcol");
    return output;
}

static void read_names(tool *t, int argc, char **argv, pack_request *r)
{
    r->inputs = (const char **)(argv + optind);
    r->n_inputs = (uint32_t)(argc - optind);
    if (r->n_inputs == 0)
        tool_usage(t, "no input is named (- is standard input)");
    if (r->output == NULL && r->append == NULL && r->n_inputs == 2 &&
        ends_with(r->inputs[1], strlen(r->inputs[1]), ".shmcol") &&
        (r->zstd || r->plain || !pack_is_shmcol(t, r->inputs[0])))
        r->output = r->inputs[--r->n_inputs];
    pack_choose_kind(t, r);
    if (r->output == NULL && r->append == NULL && r->n_inputs > 1 && !r->csv.dry_run)
        tool_usage(t,
                   "several inputs need -o FILE; a second name that is the output ends in .shmcol");
    if (r->csv.dry_run || r->append != NULL)
        r->output = NULL;
    else if (r->output == NULL)
        r->output = derived_output(t, r->inputs[0]);
    else if (r->output[0] == 0 || strcmp(r->output, "-") == 0)
        tool_usage(t, "the output \"%s\" must be a file: it is mapped, not streamed", r->output);
}

void pack_read_options(tool *t, int argc, char **argv, pack_request *request)
{
    static const shmcol_csv_options fresh = SHMCOL_CSV_OPTIONS_INIT;
    static const shmcol_append_options fresh_table = SHMCOL_APPEND_OPTIONS_INIT;
    gathered g = {0};
    memset(request, 0, sizeof *request);
    request->csv = fresh;
    request->table = fresh_table;
    for (int key; (key = tool_next_option(t, argc, argv)) != -1;)
        read_option(t, key, request, &g);
    shmcol_csv_options *csv = &request->csv;
    csv->columns = (const char *const *)g.columns;
    csv->names = (const char *const *)g.names;
    csv->types = g.types;
    csv->nulls = g.nulls;
    csv->dictionary = g.dictionary;
    csv->date_formats = g.dates;
    csv->timestamp_formats = g.timestamps;
    csv->true_words = (const char *const *)g.true_words;
    csv->false_words = (const char *const *)g.false_words;
    csv->metadata = g.meta;
    if (csv->rejects != NULL && !(csv->on_error & SHMCOL_ON_ERROR_SKIP))
        tool_usage(t, "--rejects needs --on-error skip");
    if (csv->no_header && csv->skip_after_header != 0)
        tool_usage(t, "--skip-after-header: with --no-header there are no lines behind it to skip");
    if (csv->rejects != NULL && csv->dry_run)
        tool_usage(t, "--rejects and --dry-run exclude each other: a dry run writes nothing");
    read_names(t, argc, argv, request);
}
