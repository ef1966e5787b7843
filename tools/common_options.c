/* Options: getopt_long's arrays and the text of --help from one table; arguments that are numbers,
 * sizes and lists of names. */
#include <ctype.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "common.h"
#include "common_text.h"

#define MAX_OPTIONS 64
#define HELP_COLUMN 27

static void print_option(const tool_option *o)
{
    char left[80];
    char letter[8] = "    ";
    if (o->key < TOOL_KEY)
        (void)snprintf(letter, sizeof letter, "-%c, ", o->key);
    const char *argument = o->argument != NULL ? o->argument : "";
    const char *before = *argument == 0     ? ""
                         : *argument == '=' ? "["
                                            : " ",
               *after = *argument == '=' ? "]" : "";
    int width =
        snprintf(left, sizeof left, "  %s--%s%s%s%s", letter, o->name, before, argument, after);
    fputs(left, tool_out);
    if (width >= HELP_COLUMN) {
        putc('\n', tool_out);
        width = 0;
    }
    for (const char *line = o->help; line != NULL;) {
        const char *end = strchr(line, '\n');
        int length = end != NULL ? (int)(end - line) : (int)strlen(line);
        tool_print("%*s%.*s\n", HELP_COLUMN - width, "", length, line);
        width = 0;
        line = end != NULL ? end + 1 : NULL;
    }
}

static void print_help(const tool *t)
{
    const char *lead = "Usage:";
    for (const char *form = t->usage; form != NULL; lead = "      ") {
        const char *end = strchr(form, '\n');
        tool_print("%s %s %.*s\n", lead, t->name,
                   end != NULL ? (int)(end - form) : (int)strlen(form), form);
        form = end != NULL ? end + 1 : NULL;
    }
    tool_print("\n%s", t->summary);
    for (const tool_option *o = t->options; o->help != NULL; o++) {
        if (o->name == NULL)
            tool_print("\n%s:\n", o->help);
        else
            print_option(o);
    }
    tool_print("\n%s\n%s", t->epilogue, TOOL_EXIT_STATUSES);
}

static void print_version(const tool *t)
{
    uint32_t v = shmcol_version();
    tool_print("%s %u.%u.%u\n", t->name, v / 1000000, v / 1000 % 1000, v % 1000);
}

static _Noreturn void wrong_option(tool *t, int answer, char **argv)
{
    const char *word = argv[optind - 1];
    char letter[3] = {'-', (char)optopt, 0};
    if (answer == ':')
        tool_usage(t, "option \"%s\" needs an argument",
                   optopt < TOOL_KEY && strncmp(word, "--", 2) != 0 ? letter : word);
    if (optopt == 0) /* a long option that is unknown, or the start of several */
        tool_usage(t, "unknown option \"%.*s\"", (int)strcspn(word, "="), word);
    if (strncmp(word, "--", 2) == 0)
        tool_usage(t, "option \"%.*s\" takes no argument", (int)strcspn(word, "="), word);
    tool_usage(t, "unknown option \"%s\"", letter);
}

int tool_next_option(tool *t, int argc, char **argv)
{
    static struct option longs[MAX_OPTIONS + 1];
    static char shorts[2 * MAX_OPTIONS + 2];
    if (shorts[0] == 0) {
        size_t n = 0, s = 0;
        shorts[s++] = ':';
        for (const tool_option *o = t->options; o->help != NULL; o++) {
            if (o->name == NULL || n == MAX_OPTIONS)
                continue;
            int takes = o->argument == NULL   ? no_argument
                        : *o->argument == '=' ? optional_argument
                                              : required_argument;
            longs[n++] = (struct option){o->name, takes, NULL, o->key};
            if (o->key < TOOL_KEY) {
                shorts[s++] = (char)o->key;
                if (o->argument != NULL)
                    shorts[s++] = ':';
            }
        }
        opterr = 0;
    }
    int key = getopt_long(argc, argv, shorts, longs, NULL);
    switch (key) {
    case '?':
    case ':': wrong_option(t, key, argv);
    case 'h': print_help(t); exit(tool_end(t, SHMCOL_CLASS_OK));
    case 'V': print_version(t); exit(tool_end(t, SHMCOL_CLASS_OK));
    case TOOL_JSON: t->json = true; break;
    default: break;
    }
    return key;
}

bool option_count(const char *text, uint64_t *out)
{
    uint64_t value = 0;
    if (*text == 0)
        return false;
    for (; *text != 0; text++) {
        if (!isdigit((unsigned char)*text) || __builtin_mul_overflow(value, 10u, &value) ||
            __builtin_add_overflow(value, (uint64_t)(*text - '0'), &value))
            return false;
    }
    *out = value;
    return true;
}

static bool size_of_text(const char *text, uint64_t *out)
{
    static const char units[] = "KMGT";
    char digits[32];
    size_t n = strspn(text, "0123456789");
    if (n >= sizeof digits)
        return false;
    memcpy(digits, text, n);
    digits[n] = 0;
    uint64_t value;
    if (!option_count(digits, &value))
        return false;
    const char *rest = text + n;
    const char *unit = *rest != 0 ? strchr(units, toupper((unsigned char)*rest)) : NULL;
    if (unit != NULL) {
        rest++;
        if (strcasecmp(rest, "iB") == 0)
            rest += 2;
        if (__builtin_mul_overflow(value, UINT64_C(1) << (10 * (unit - units + 1)), &value))
            return false;
    }
    if (strcasecmp(rest, "B") == 0)
        rest++;
    *out = value;
    return *rest == 0;
}

uint64_t option_size(tool *t, const char *option, const char *text)
{
    uint64_t value;
    if (!size_of_text(text, &value) || value == 0)
        tool_usage(t, "--%s \"%s\" is not a size: digits, then perhaps K, M, G or T", option, text);
    return value;
}

uint32_t option_threads(tool *t, const char *text)
{
    uint64_t value;
    if (!option_count(text, &value) || value > 1024)
        tool_usage(t, "--threads \"%s\" is not a number from 0 to 1024", text);
    return (uint32_t)value;
}

/* Reads one name at `s` into `name`. Returns the rest of the text, NULL if a quote is not closed.
 */
static const char *next_name(const char *s, char *name)
{
    if (*s != '"') {
        size_t n = strcspn(s, ",");
        memcpy(name, s, n);
        name[n] = 0;
        return s + n;
    }
    for (s++; *s != 0; s++) {
        if (*s == '"' && s[1] != '"') {
            *name = 0;
            return s + 1;
        }
        s += *s == '"';
        *name++ = *s;
    }
    return NULL;
}

void option_names(tool *t, const char *option, const char *text, char ***list, uint32_t *count)
{
    char *name = tool_alloc(strlen(text) + 1, 1); /* all names, one after the other */
    for (const char *s = text;; s++, name += strlen(name) + 1) {
        s = next_name(s, name);
        if (s == NULL || (*s != ',' && *s != 0))
            tool_usage(t, "--%s \"%s\": a quote is not closed, or text follows it", option, text);
        *list = tool_realloc(*list, (size_t)*count + 1, sizeof **list);
        (*list)[(*count)++] = name;
        if (*s == 0)
            return;
    }
}
