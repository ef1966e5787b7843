/* The other tables of the bench, as CSV. Usage: gen_tables orders|wide|quoted ROWS OUTPUT [COLUMNS]
 *   orders  timestamp, symbol, price of 2 decimals, quantity, order number (nearly unique text),
 *           bool; 10,000,000 rows are about 560 MB
 *   wide    COLUMNS columns (10,000): whole numbers, short decimals and words in turn
 *   quoted  number, text with quotes, delimiters and line ends inside, word */
#include <stdio.h>
#include <stdlib.h>

#include "gen.h"

#define WIDE_COLUMNS 10000
#define ROW_MAX (WIDE_COLUMNS * 16)

static int wide_columns = WIDE_COLUMNS;

static char *put_time(char *out, uint64_t second)
{
    static const int lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    uint64_t day = second / 86400 % 365, rest = second % 86400;
    int month = 0;
    while (day >= (uint64_t)lengths[month])
        day -= (uint64_t)lengths[month++];
    out = put_text(out, "2023-");
    out = put_digits(out, (uint64_t)month + 1, 2);
    *out++ = '-';
    out = put_digits(out, day + 1, 2);
    *out++ = ' ';
    out = put_digits(out, rest / 3600, 2);
    *out++ = ':';
    out = put_digits(out, rest / 60 % 60, 2);
    *out++ = ':';
    return put_digits(out, rest % 60, 2);
}

static char *put_order(char *out, uint64_t *state, uint64_t row)
{
    uint64_t r = next_random(state);
    out = put_time(out, row * 3);
    *out++ = ',';
    for (int i = 0; i < 4; i++)
        *out++ = (char)('A' + (r % 500 * 7919 >> (4 * i)) % 26);
    *out++ = ',';
    out = put_number(out, (r >> 10) % 1000);
    *out++ = '.';
    out = put_digits(out, (r >> 20) % 100, 2);
    *out++ = ',';
    out = put_number(out, 1 + (r >> 27) % 10000);
    out = put_text(out, ",ORD-");
    out = put_digits(out, row, 9);
    *out++ = '-';
    out = put_digits(out, (r >> 41) % 10000, 4);
    out = put_text(out, (r >> 60) & 1 ? ",true\n" : ",false\n");
    return out;
}

static char *put_wide(char *out, uint64_t *state, uint64_t row)
{
    (void)row;
    for (int i = 0; i < wide_columns; i++) {
        uint64_t r = next_random(state);
        if (i % 4 == 3) {
            out = put_text(out, "word-");
            out = put_digits(out, r % 20, 2);
        } else {
            out = put_number(out, r % 100000);
            if (i % 4 == 1) {
                *out++ = '.';
                out = put_digits(out, (r >> 32) % 1000, 3);
            }
        }
        *out++ = i + 1 == wide_columns ? '\n' : ',';
    }
    return out;
}

static char *put_quoted(char *out, uint64_t *state, uint64_t row)
{
    static const char *const pieces[] = {"said \"\"no\"\", then left",
                                         "two\nlines",
                                         "a, b and c",
                                         "plain words",
                                         "the end.\r\n",
                                         "\"\"\"\"",
                                         "na\xc3\xafve"};
    uint64_t r = next_random(state);
    out = put_number(out, row);
    out = put_text(out, ",\"");
    for (uint64_t n = 1 + r % 6; n != 0; n--, r >>= 4) {
        out = put_text(out, pieces[(r >> 8) % 7]);
        *out++ = ' ';
    }
    out = put_text(out, "\",tag-");
    out = put_digits(out, (r >> 8) % 300, 3);
    *out++ = '\n';
    return out;
}

static void put_header(FILE *out, char kind)
{
    if (kind == 'o')
        fputs("time,symbol,price,quantity,order,buy\n", out);
    else if (kind == 'q')
        fputs("id,text,tag\n", out);
    for (int i = 0; kind == 'w' && i < wide_columns; i++)
        fprintf(out, "c%d%c", i, i + 1 == wide_columns ? '\n' : ',');
}

int main(int argc, char **argv)
{
    char *end = NULL;
    uint64_t rows = argc == 4 || argc == 5 ? strtoull(argv[2], &end, 10) : 0, state = 20240301;
    if (argc == 5)
        wide_columns = atoi(argv[4]);
    if (argc < 4 || argc > 5 || end == argv[2] || *end != '\0' ||
        strchr("owq", argv[1][0]) == NULL || wide_columns < 1 || wide_columns > WIDE_COLUMNS) {
        fprintf(stderr, "usage: gen_tables orders|wide|quoted ROWS OUTPUT [COLUMNS]\n");
        return 2;
    }
    static char buffer[1 << 20];
    char *(*put_row)(char *, uint64_t *, uint64_t) = argv[1][0] == 'o'   ? put_order
                                                     : argv[1][0] == 'w' ? put_wide
                                                                         : put_quoted;
    FILE *out = strcmp(argv[3], "-") == 0 ? stdout : fopen(argv[3], "wb");
    int failed = out == NULL;
    if (!failed)
        put_header(out, argv[1][0]);
    char *p = buffer;
    for (uint64_t row = 0; row < rows && !failed; row++) {
        p = put_row(p, &state, row);
        if (p + ROW_MAX > buffer + sizeof buffer || row + 1 == rows) {
            failed = fwrite(buffer, 1, (size_t)(p - buffer), out) != (size_t)(p - buffer);
            p = buffer;
        }
    }
    if (failed || fclose(out) != 0) {
        perror(argv[3]);
        return 3;
    }
    return 0;
}
