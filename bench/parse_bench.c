/* Nanoseconds per value of every way in lib/parse/parse.h, on texts as they stand in CSV files: one
 * buffer, fields of varying length one after the other, their places known beforehand (as the
 * structural index knows them). Prints the best of several rounds; the fast ways' share of answers
 * is beside it. Build: cc -O2 -Ilib bench/parse_bench.c lib/parse/<all>.c -lm */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "parse/parse.h"

enum { COUNT = 200000, ROUNDS = 15, WIDTH = 40 };

static char *text;
static uint32_t begin[COUNT + 1];
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

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

typedef int maker(char *out);
typedef bool runner(const char *s, size_t n, uint64_t *out);

/* Inlined into main once per kind, so that the ways are inlined as well. */
static inline __attribute__((always_inline)) void measure(const char *name, maker *make,
                                                          runner *run)
{
    char *at = text;
    for (size_t i = 0; i < COUNT; i++) {
        begin[i] = (uint32_t)(at - text);
        size[i] = (uint8_t)make(at);
        at += size[i];
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
    printf("%-28s %6.2f ns  %5.1f %%\n", name, best, 100.0 * (double)done / COUNT);
}

int main(void)
{
    char *const buffer = malloc((size_t)COUNT * WIDTH + 2 * PARSE_SLACK);
    if (buffer == NULL) {
        return 3;
    }
    memset(buffer, ',', (size_t)COUNT * WIDTH + 2 * PARSE_SLACK);
    text = buffer + PARSE_SLACK;
    measure("date", make_date, run_date);
    measure("timestamp", make_timestamp, run_timestamp);
    measure("timestamp, microseconds", make_timestamp_us, run_timestamp_us);
    measure("int, 1 to 5 digits", make_small_int, run_int);
    measure("int, 13 to 19 digits", make_long_int, run_int);
    measure("float, 2 decimals", make_cents, run_float);
    measure("float, 15 to 17 digits", make_float17, run_float);
    measure("float, exponent", make_exponent, run_float);
    measure("float column of small ints", make_small_int, run_float);
    measure("bool", make_bool, run_bool);
    measure("classify date", make_date, run_classify);
    measure("classify timestamp", make_timestamp_us, run_classify);
    measure("classify int", make_small_int, run_classify);
    measure("classify float", make_float17, run_classify);
    measure("classify text", make_text, run_classify);
    free(buffer);
    return 0;
}
