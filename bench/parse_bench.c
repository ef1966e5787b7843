/* Nanoseconds per value of every way in lib/parse/parse.h, on texts as they stand in CSV files: one
 * buffer, fields of varying length one after the other, their places known beforehand (as the
 * structural index knows them). Prints the best of several rounds; the fast ways' share of answers
 * is beside it. Some kinds are also measured in batches, for each instruction set
 * that the machine has; their declared forms stand below the ISO ones, which they may take twice
 * the time of. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "csv/index.h"
#include "parse/batch.h"
#include "parse/form_plan.h"
#include "parse/grouped_fast.h"
#include "parse/parse.h"
#include "sys/sys.h"

enum { COUNT = 200000, ROUNDS = 15, WIDTH = 40 };

static char *text;
static uint32_t begin[COUNT + 1];
static uint32_t ends[COUNT + 1]; /* as in an index, the first before the first field */
static int64_t numbers[COUNT];
static const char *form_text; /* of the declared form that is measured */
static parse_plan plan;
static uint8_t size[COUNT];
static uint64_t state = 88172645463325252u;
static volatile uint64_t sink;

static uint64_t next_random(void)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state;
}

static double unit(void)
{
    return (double)(next_random() >> 11) / 9007199254740992.0;
}

static int make_date(char *out)
{
    return sprintf(out, "%04d-%02d-%02d", 1970 + (int)(next_random() % 100),
                   1 + (int)(next_random() % 12), 1 + (int)(next_random() % 28));
}

static int make_timestamp(char *out)
{
    const int n = make_date(out);
    return n + sprintf(out + n, "T%02d:%02d:%02d", (int)(next_random() % 24),
                       (int)(next_random() % 60), (int)(next_random() % 60));
}

static int make_timestamp_us(char *out)
{
    const int n = make_timestamp(out);
    return n + sprintf(out + n, ".%06d", (int)(next_random() % 1000000));
}

static int make_small_int(char *out)
{
    return sprintf(out, "%d", (int)(next_random() % 100000) - 1000);
}

static int make_long_int(char *out)
{
    return sprintf(out, "%" PRId64, (int64_t)next_random() >> (next_random() % 20));
}

static int make_cents(char *out)
{
    return sprintf(out, "%.2f", unit() * 10000);
}

/* The same with commas between groups: nine in ten have one. */
static int make_grouped_cents(char *out)
{
    const int cents = (int)(next_random() % 1000000), whole = cents / 100;
    return whole < 1000 ? sprintf(out, "%d.%02d", whole, cents % 100)
                        : sprintf(out, "%d,%03d.%02d", whole / 1000, whole % 1000, cents % 100);
}

static int make_dollars(char *out)
{
    *out = '$';
    return 1 + make_grouped_cents(out + 1);
}

static int make_grouped_int(char *out)
{
    const int number = 1000 + (int)(next_random() % 998000);
    return sprintf(out, "%d,%03d", number / 1000, number % 1000);
}

/* As Python's repr writes random numbers: the fewest of 15 to 17 digits that read back the same. */
static int make_float17(char *out)
{
    const double value = unit() * 100;
    int n = 0;
    for (int digits = 15; digits <= 17; digits++) {
        n = sprintf(out, "%.*g", digits, value);
        if (strtod(out, NULL) == value) {
            break;
        }
    }
    return n;
}

static int make_exponent(char *out)
{
    return sprintf(out, "%.15e", unit() * 1e-20);
}

static int make_bool(char *out)
{
    return sprintf(out, "%s", next_random() & 1 ? "true" : "false");
}

static int make_text(char *out)
{
    return sprintf(out, "name %d of it", (int)(next_random() % 1000));
}

static bool run_date(const char *s, size_t n, uint64_t *out)
{
    int64_t days = 0;
    const bool done = parse_date_fast(s, n, &days);
    *out = (uint64_t)days;
    return done;
}

static bool run_timestamp(const char *s, size_t n, uint64_t *out)
{
    int64_t count = 0;
    const bool done = parse_timestamp_fast(s, n, 0, &count);
    *out = (uint64_t)count;
    return done;
}

static bool run_timestamp_us(const char *s, size_t n, uint64_t *out)
{
    int64_t count = 0;
    const bool done = parse_timestamp_fast(s, n, 6, &count);
    *out = (uint64_t)count;
    return done;
}

static bool run_int(const char *s, size_t n, uint64_t *out)
{
    int64_t number = 0;
    const bool done = parse_int64_fast(s, n, &number);
    *out = (uint64_t)number;
    return done;
}

static bool run_float(const char *s, size_t n, uint64_t *out)
{
    double number = 0;
    const bool done = parse_float64_fast(s, n, &number);
    memcpy(out, &number, sizeof number);
    return done;
}

static const parse_marks commas = {.style = {'.', 1, false, {','}}};
static const parse_marks dollars = {
    .style = {'.', 1, false, {','}}, .currency_size = 1, .currency = {'$'}};
static bool grouped;

static bool run_grouped(const char *s, size_t n, uint64_t *out)
{
    double number = 0;
    const bool done = parse_float64_marked(s, n, &commas, &grouped, &number);
    memcpy(out, &number, sizeof number);
    return done;
}

static bool run_dollars(const char *s, size_t n, uint64_t *out)
{
    double number = 0;
    const bool done = parse_float64_marked(s, n, &dollars, &grouped, &number);
    memcpy(out, &number, sizeof number);
    return done;
}

static bool run_grouped_int(const char *s, size_t n, uint64_t *out)
{
    int64_t number = 0;
    const bool done = parse_int64_marked(s, n, &commas, &grouped, &number);
    *out = (uint64_t)number;
    return done;
}

static bool run_bool(const char *s, size_t n, uint64_t *out)
{
    uint8_t truth = 0;
    const bool done = parse_bool_fast(s, n, &truth);
    *out = truth;
    return done;
}

static bool run_classify(const char *s, size_t n, uint64_t *out)
{
    parse_value value;
    parse_classify(s, n, &parse_style_plain, &value);
    *out = value.class_;
    return value.class_ != PARSE_TEXT;
}

/* A random instant from 1970 to 2069, as the form has it. */
static int make_form(char *out)
{
    const time_t moment = (time_t)(next_random() % (UINT64_C(36500) * 86400));
    struct tm tm;
    gmtime_r(&moment, &tm);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    int n = (int)strftime(out, WIDTH, form_text, &tm);
#pragma GCC diagnostic pop
    char *const fraction = strstr(out, "%f"), *const offset = strstr(out, "+0000");
    if (offset != NULL) {
        strcpy(offset, "Z");
        n -= 4;
    }
    if (fraction != NULL)
        n += sprintf(fraction, "%06d", (int)(next_random() % 1000000)) - 2;
    return n;
}

static bool run_form(const char *s, size_t n, uint64_t *out)
{
    int64_t count = 0;
    const bool done = parse_plan_value(&plan, s, n, &count);
    *out = (uint64_t)count;
    return done;
}

static size_t batch_date(const parse_batch *batch, const parse_fields *fields, size_t n,
                         int64_t *out, uint32_t *left)
{
    return batch->date(fields, n, 86400000, out, left);
}

static size_t batch_timestamp(const parse_batch *batch, const parse_fields *fields, size_t n,
                              int64_t *out, uint32_t *left)
{
    return batch->timestamp(fields, n, 0, false, out, left);
}

static size_t batch_timestamp_us(const parse_batch *batch, const parse_fields *fields, size_t n,
                                 int64_t *out, uint32_t *left)
{
    return batch->timestamp(fields, n, 6, false, out, left);
}

static size_t batch_float(const parse_batch *batch, const parse_fields *fields, size_t n,
                          int64_t *out, uint32_t *left)
{
    return batch->float64(fields, n, out, left);
}

static size_t batch_grouped(const parse_batch *batch, const parse_fields *fields, size_t n,
                            int64_t *out, uint32_t *left)
{
    return batch->float64_marked(fields, n, &commas, &grouped, out, left);
}

static size_t batch_dollars(const parse_batch *batch, const parse_fields *fields, size_t n,
                            int64_t *out, uint32_t *left)
{
    return batch->float64_marked(fields, n, &dollars, &grouped, out, left);
}

static size_t batch_int(const parse_batch *batch, const parse_fields *fields, size_t n,
                        int64_t *out, uint32_t *left)
{
    return batch->int64(fields, n, out, left);
}

static size_t batch_grouped_int(const parse_batch *batch, const parse_fields *fields, size_t n,
                                int64_t *out, uint32_t *left)
{
    return batch->int64_marked(fields, n, &commas, &grouped, out, left);
}

static size_t batch_form(const parse_batch *batch, const parse_fields *fields, size_t n,
                         int64_t *out, uint32_t *left)
{
    return batch->form(fields, n, &plan, out, left);
}

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t); /* other work on the machine does not count */
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

typedef int maker(char *out);
typedef bool runner(const char *s, size_t n, uint64_t *out);
typedef size_t batcher(const parse_batch *batch, const parse_fields *fields, size_t n, int64_t *out,
                       uint32_t *left);

/* Prints the batches' times for the texts that `measure` made. */
static void measure_batches(batcher *run)
{
    static const char *const sets[] = {"avx2", "avx512"};
    for (size_t k = 0; k < sizeof sets / sizeof *sets; k++) {
        const parse_batch *batch =
            csv_isa_choose(sets[k], sys_hidden) != NULL ? parse_batch_of(sets[k]) : NULL;
        double best = 1e18;
        size_t n_left = 0;
        if (batch == NULL)
            continue;
        for (int round = 0; round < ROUNDS; round++) {
            uint32_t left[PARSE_BATCH_LEFT];
            n_left = 0;
            const double start = now();
            for (size_t i = 0; i < COUNT; i += PARSE_BATCH_ROWS) {
                const parse_fields fields = {text, ends + 1 + i, 1, false};
                const size_t n = COUNT - i < PARSE_BATCH_ROWS ? COUNT - i : PARSE_BATCH_ROWS;
                n_left += run(batch, &fields, n, numbers + i, left);
            }
            const double each = (now() - start) / COUNT;
            best = each < best ? each : best;
            sink += (uint64_t)numbers[round];
        }
        printf("  %s %6.2f ns %5.1f %%", sets[k], best, 100.0 * (double)(COUNT - n_left) / COUNT);
    }
}

/* Inlined into main once per kind, so that the ways are inlined as well. */
static inline __attribute__((always_inline)) void measure(const char *name, maker *make,
                                                          runner *run, batcher *batch)
{
    char *at = text;
    ends[0] = UINT32_MAX;
    for (size_t i = 0; i < COUNT; i++) {
        begin[i] = (uint32_t)(at - text);
        size[i] = (uint8_t)make(at);
        at += size[i];
        ends[i + 1] = (uint32_t)(at - text);
        *at++ = ',';
    }
    double best = 1e18;
    size_t done = 0;
    for (int round = 0; round < ROUNDS; round++) {
        uint64_t sum = 0;
        done = 0;
        const double start = now();
        for (size_t i = 0; i < COUNT; i++) {
            uint64_t out;
            done += run(text + begin[i], size[i], &out);
            sum += out;
        }
        const double each = (now() - start) / COUNT;
        best = each < best ? each : best;
        sink += sum;
    }
    printf("%-28s %6.2f ns  %5.1f %%", name, best, 100.0 * (double)done / COUNT);
    if (batch != NULL)
        measure_batches(batch);
    printf("\n");
}

/* Measures a declared form in a column that counts `unit`. */
static void measure_form(const char *name, unsigned unit)
{
    /* strftime keeps what it does not know. */
    parse_form form;
    char label[64];
    form_text = name;
    if (!parse_form_compile(name, strlen(name), &form, NULL))
        abort();
    parse_plan_make(&form, 6, unit, &plan);
    snprintf(label, sizeof label, "  %s", name);
    measure(label, make_form, run_form, batch_form);
}

static void measure_forms(void)
{
    static const char *const dates[] = {"%d/%m/%Y",   "%m/%d/%y", "%Y%m%d",
                                        "%d %b %Y",   "%Y.%j",    "%-m/%-d/%Y",
                                        "%B %-d, %Y", "%d %B %Y", "%-d. %B %Y"};
    static const char *const timestamps[] = {
        "%d/%m/%Y %H:%M:%S", "%d.%m.%Y %H:%M",       "%m/%d/%Y %I:%M:%S %p",
        "%-m/%-d/%Y %-H:%M", "%-m/%-d/%Y %-I:%M %p", "%d-%b-%Y %H:%M:%S",
        "%d %B %Y %H:%M:%S", "%B %-d, %Y %-I:%M %p", "%Y-%m-%dT%H:%M:%S%z"};
    static const char *const times[] = {"%H:%M:%S", "%H:%M", "%-H:%M", "%I:%M %p", "%H:%M:%S.%f"};
    measure("date", make_date, run_date, batch_date);
    for (size_t i = 0; i < sizeof dates / sizeof *dates; i++)
        measure_form(dates[i], 1);
    measure("timestamp", make_timestamp, run_timestamp, batch_timestamp);
    for (size_t i = 0; i < sizeof timestamps / sizeof *timestamps; i++)
        measure_form(timestamps[i], 2);
    measure("timestamp, microseconds", make_timestamp_us, run_timestamp_us, batch_timestamp_us);
    measure_form("%d/%m/%Y %H:%M:%S.%f", 2);
    for (size_t i = 0; i < sizeof times / sizeof *times; i++)
        measure_form(times[i], 2);
}

int main(void)
{
    char *const buffer = malloc((size_t)COUNT * WIDTH + 2 * PARSE_SLACK);
    if (buffer == NULL) {
        return 3;
    }
    memset(buffer, ',', (size_t)COUNT * WIDTH + 2 * PARSE_SLACK);
    text = buffer + PARSE_SLACK;
    measure_forms();
    measure("int, 1 to 5 digits", make_small_int, run_int, batch_int);
    measure("int, 4 to 6 digits, groups", make_grouped_int, run_grouped_int, batch_grouped_int);
    measure("int, 13 to 19 digits", make_long_int, run_int, NULL);
    measure("float, 2 decimals", make_cents, run_float, batch_float);
    measure("float, 2 decimals, groups", make_grouped_cents, run_grouped, batch_grouped);
    measure("float, 2 decimals, dollars", make_dollars, run_dollars, batch_dollars);
    measure("float, 15 to 17 digits", make_float17, run_float, batch_float);
    measure("float, exponent", make_exponent, run_float, NULL);
    measure("float column of small ints", make_small_int, run_float, NULL);
    measure("bool", make_bool, run_bool, NULL);
    measure("classify date", make_date, run_classify, NULL);
    measure("classify timestamp", make_timestamp_us, run_classify, NULL);
    measure("classify int", make_small_int, run_classify, NULL);
    measure("classify float", make_float17, run_classify, NULL);
    measure("classify text", make_text, run_classify, NULL);
    free(buffer);
    return 0;
}
