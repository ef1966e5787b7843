/* The seed table: a CSV of a date, a float of 17 digits (5% empty) and one of 1,000 strings a row.
 * The same bytes on every machine: integers only, a fixed seed, no locale. Usage: gen_seed ROWS
 * OUTPUT ("-": standard output). 10,000,000 rows are about 380 MB. */
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gen.h"

#define ROW_MAX 64
#define FIRST_YEAR 1990
#define DAYS 12053 /* 1990-01-01 … 2022-12-31 */

static void make_dates(char dates[DAYS][10])
{
    static const int lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    int day = 0;
    for (int year = FIRST_YEAR; day < DAYS; year++) {
        for (int month = 0; month < 12 && day < DAYS; month++) {
            int length = lengths[month] +
                         (month == 1 && year % 4 == 0 && (year % 100 != 0 || year % 400 == 0));
            for (int d = 1; d <= length && day < DAYS; d++, day++) {
                char *p = put_digits(dates[day], (uint64_t)year, 4);
                *p++ = '-';
                p = put_digits(p, (uint64_t)month + 1, 2);
                *p++ = '-';
                put_digits(p, (uint64_t)d, 2);
            }
        }
    }
}

/* One value of 17 significant digits between 1 and 1,000, half of them negative. */
static char *put_value(char *out, uint64_t *state)
{
    uint64_t r = next_random(state);
    uint64_t digits = UINT64_C(10000000000000000) + r % UINT64_C(90000000000000000);
    uint64_t high = next_random(state);
    int whole = 1 + (int)(high % 3);
    if (high >> 63)
        *out++ = '-';
    char text[17];
    put_digits(text, digits, 17);
    memcpy(out, text, (size_t)whole);
    out += whole;
    *out++ = '.';
    memcpy(out, text + whole, (size_t)(17 - whole));
    return out + 17 - whole;
}

static char *put_row(char *out, uint64_t *state, char dates[DAYS][10])
{
    uint64_t r = next_random(state);
    memcpy(out, dates[r % DAYS], 10);
    out += 10;
    *out++ = ',';
    if ((r >> 32) % 20 != 0)
        out = put_value(out, state);
    memcpy(out, ",site-", 6);
    out = put_digits(out + 6, next_random(state) % 1000, 3);
    *out++ = '\n';
    return out;
}

int main(int argc, char **argv)
{
    char *end = NULL;
    uint64_t rows = argc == 3 ? strtoull(argv[1], &end, 10) : 0;
    if (argc != 3 || end == argv[1] || *end != '\0') {
        fprintf(stderr, "usage: gen_seed ROWS OUTPUT\n");
        return 2;
    }
    static char dates[DAYS][10], buffer[1 << 20];
    make_dates(dates);
    FILE *out = strcmp(argv[2], "-") == 0 ? stdout : fopen(argv[2], "wb");
    int failed = out == NULL || fputs("date,val,name\n", out) < 0;
    uint64_t state = 20240229;
    char *p = buffer;
    for (uint64_t row = 0; row < rows && !failed; row++) {
        p = put_row(p, &state, dates);
        if (p + ROW_MAX > buffer + sizeof buffer || row + 1 == rows) {
            failed = fwrite(buffer, 1, (size_t)(p - buffer), out) != (size_t)(p - buffer);
            p = buffer;
        }
    }
    if (failed || fclose(out) != 0) {
        perror(argv[2]);
        return 3;
    }
    return 0;
}
