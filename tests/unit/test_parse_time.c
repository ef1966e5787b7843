/* C-36 … C-39, C-42, C-43: dates, timestamps, offsets, units, times of day. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "parse_support.h"

static void put_digits(char *out, int number, int count)
{
    for (int i = count - 1; i >= 0; i--, number /= 10) {
        out[i] = (char)('0' + number % 10);
    }
}

static int days_in(int year, int month)
{
    static const int days[13] = {0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    const bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    return month < 1 || month > 12 ? 0 : days[month] + (month == 2 && leap);
}

/* Every date of ten thousand years, with months and days one below and above the existing ones,
 * counted from 0000-01-01. */
static void all_dates(void **state)
{
    char memory[2 * PARSE_SLACK + 10];
    char *const text = memory + PARSE_SLACK;
    int64_t expected = -719528;
    (void)state;
    memset(memory, '7', sizeof memory);
    text[4] = text[7] = '-';
    for (int year = 0; year <= 9999; year++) {
        put_digits(text, year, 4);
        for (int month = 0; month <= 13; month++) {
            put_digits(text + 5, month, 2);
            for (int day = 0; day <= 32; day++) {
                put_digits(text + 8, day, 2);
                const bool exists = day >= 1 && day <= days_in(year, month);
                int64_t days = 0;
                parse_value value;
                parse_classify(text, 10, &parse_style_plain, &value);
                if (parse_date_fast(text, 10, &days) != exists ||
                    (value.class_ == PARSE_DATE) != exists ||
                    (exists && (days != expected || value.days != expected))) {
                    fail_msg("%.10s", text);
                }
                expected += exists;
            }
        }
    }
    assert_int_equal(expected, 2932897);
}

/* Any two digits for month and day, any byte in any place. */
static void impossible_dates(void **state)
{
    char text[11];
    (void)state;
    for (int number = 0; number < 10000; number++) {
        snprintf(text, sizeof text, "2024-%02d-%02d", number / 100, number % 100);
        const bool exists = number % 100 >= 1 && number % 100 <= days_in(2024, number / 100);
        assert_int_equal(parse_check_text(text).class_, exists ? PARSE_DATE : PARSE_TEXT);
    }
    for (size_t place = 0; place < 10; place++) {
        for (int byte = 0; byte < 256; byte++) {
            memcpy(text, "1111-11-11", 11);
            text[place] = (char)byte;
            const bool mark = place == 4 || place == 7;
            bool good = mark ? byte == '-' : byte >= '0' && byte <= '9';
            good = good && (place != 5 || byte < '2') && (place != 6 || byte < '3') &&
                   (place != 8 || byte < '3');
            assert_int_equal(parse_check(text, 10, &parse_style_plain).class_ == PARSE_DATE, good);
        }
    }
}

static void all_seconds(void **state)
{
    char text[32];
    (void)state;
    for (int second = 0; second < 86400; second++) {
        snprintf(text, sizeof text, "1969-07-20%c%02d:%02d:%02d", second & 1 ? 'T' : ' ',
                 second / 3600, second / 60 % 60, second % 60);
        const parse_value value = parse_check_text(text);
        assert_int_equal(value.class_, PARSE_TIMESTAMP);
        assert_int_equal(value.seconds, (-165LL) * 86400 + second);
    }
    for (int number = 0; number < 1000000; number++) {
        snprintf(text, sizeof text, "2000-01-01T%02d:%02d:%02d", number / 10000, number / 100 % 100,
                 number % 100);
        const bool exists = number / 10000 < 24 && number / 100 % 100 < 60 && number % 100 < 60;
        char memory[2 * PARSE_SLACK + 19] = {0};
        memcpy(memory + PARSE_SLACK, text, 19);
        parse_value value;
        int64_t count;
        parse_classify(memory + PARSE_SLACK, 19, &parse_style_plain, &value);
        if ((value.class_ == PARSE_TIMESTAMP) != exists ||
            parse_timestamp_fast(memory + PARSE_SLACK, 19, 0, &count) != exists) {
            fail_msg("%s", text);
        }
    }
}

static void spellings(void **state)
{
    static const struct {
        const char *text;
        uint32_t class_;
        int64_t seconds;
        uint32_t nanos, digits;
        int32_t offset;
    } cases[] = {
        {"1970-01-01T00:00", PARSE_TIMESTAMP, 0, 0, 0, 0},
        {"1970-01-01 00:01", PARSE_TIMESTAMP, 60, 0, 0, 0},
        {"1970-01-01T00:00:01", PARSE_TIMESTAMP, 1, 0, 0, 0},
        {"1970-01-01T00:00:01.5", PARSE_TIMESTAMP, 1, 500000000, 1, 0},
        {"1970-01-01T00:00:01.123456789", PARSE_TIMESTAMP, 1, 123456789, 9, 0},
        {"1970-01-01T00:00:01.000000001", PARSE_TIMESTAMP, 1, 1, 9, 0},
        {"1969-12-31T23:59:59.75", PARSE_TIMESTAMP, -1, 750000000, 2, 0},
        {"0000-01-01T00:00:00", PARSE_TIMESTAMP, -62167219200, 0, 0, 0},
        {"9999-12-31 23:59:59.999999999", PARSE_TIMESTAMP, 253402300799, 999999999, 9, 0},
        {"1970-01-01T00:00Z", PARSE_TIMESTAMP_OFFSET, 0, 0, 0, 0},
        {"1970-01-01T00:00:00.1234Z", PARSE_TIMESTAMP_OFFSET, 0, 123400000, 4, 0},
        {"1970-01-01 02:00:00+02", PARSE_TIMESTAMP_OFFSET, 0, 0, 0, 120},
        {"1970-01-01 02:00:00+0200", PARSE_TIMESTAMP_OFFSET, 0, 0, 0, 120},
        {"1970-01-01T02:00:00.25+02:00", PARSE_TIMESTAMP_OFFSET, 0, 250000000, 2, 120},
        {"1970-01-01T00:00-00:30", PARSE_TIMESTAMP_OFFSET, 1800, 0, 0, -30},
        {"1970-01-01T00:00:00-23:59", PARSE_TIMESTAMP_OFFSET, 86340, 0, 0, -1439},
        {"1970-01-01T00:00:00+2359", PARSE_TIMESTAMP_OFFSET, -86340, 0, 0, 1439},
        {"1970-01-01T00:00:00-00:00", PARSE_TIMESTAMP_OFFSET, 0, 0, 0, 0},
        {"1970-01-01T00:00:00+00", PARSE_TIMESTAMP_OFFSET, 0, 0, 0, 0},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const parse_value value = parse_check_text(cases[i].text);
        assert_int_equal(value.class_, cases[i].class_);
        assert_int_equal(value.seconds, cases[i].seconds);
        assert_int_equal(value.nanos, cases[i].nanos);
        assert_int_equal(value.digits, cases[i].digits);
        assert_int_equal(value.offset, cases[i].offset);
        /* The decimal mark is for numbers only. */
        assert_int_equal(parse_check_comma(cases[i].text).class_, cases[i].class_);
    }
}

static void refused(void **state)
{
    static const char *const texts[] = {
        "2024-01-01T24:00:00",
        "2024-01-01T24:00",
        "2024-01-01T23:59:60",
        "2024-01-01T23:60:00",
        "2024-01-01T",
        "2024-01-01 ",
        "2024-01-01T1",
        "2024-01-01T12",
        "2024-01-01T12:",
        "2024-01-01T12:3",
        "2024-01-01T12:30:",
        "2024-01-01T12:30:4",
        "2024-01-01T12:30:45.",
        "2024-01-01T12:30:45.0000000001",
        "2024-01-01T12:30:45.0000000000",
        "2024-01-01T12:30.5",
        "2024-01-01T12:30:45,5",
        "2024-01-01t12:30:45",
        "2024-01-01T12:30:45z",
        "2024-01-01T12:30:45 Z",
        "2024-01-01T12:30:45.Z",
        "2024-01-01T12:30:45ZZ",
        "2024-01-01T12:30:45+1",
        "2024-01-01T12:30:45+123",
        "2024-01-01T12:30:45+24:00",
        "2024-01-01T12:30:45+2400",
        "2024-01-01T12:30:45+24",
        "2024-01-01T12:30:45+01:60",
        "2024-01-01T12:30:45+0160",
        "2024-01-01T12:30:45+01:0",
        "2024-01-01T12:30:45+01:000",
        "2024-01-01T12:30:45+01.00",
        "2024-01-01T12:30:45*01:00",
        "2024-01-01T12:30:45 +01:00",
        "2024-01-01T12:30:45+01:00 ",
        "2024-01-01T123045",
        "2024-01-01  12:30:45",
        "2024-02-30T12:30:45",
        "20240101T123045",
        "2024-1-1",
        "2024/01/01",
        "24-01-01",
        "12024-01-01",
        "-2024-01-01",
        "2024-01",
        "2024-01-1",
        "2024-01-011",
        "12:30:45",
        "2024-01-01T12-30-45",
        "2024-01-01\t12:30:45",
    };
    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        assert_int_equal(parse_check_text(texts[i]).class_, PARSE_TEXT);
    }
}

static void all_offsets(void **state)
{
    char text[40];
    (void)state;
    for (int minutes = -1439; minutes <= 1439; minutes++) {
        const int size = abs(minutes);
        for (int form = 0; form < 2; form++) {
            const char *const format =
                form == 0 ? "2000-02-29T12:00:00%c%02d:%02d" : "2000-02-29T12:00%c%02d%02d";
            snprintf(text, sizeof text, format, minutes < 0 ? '-' : '+', size / 60, size % 60);
            const parse_value value = parse_check_text(text);
            assert_int_equal(value.class_, PARSE_TIMESTAMP_OFFSET);
            assert_int_equal(value.offset, minutes);
            assert_int_equal(value.seconds, 951825600 - minutes * 60);
        }
    }
}

/* Against the C library's calendar, with fractions of every length. */
static void random_timestamps(void **state)
{
    char text[64];
    (void)state;
    for (int i = 0; i < 300000; i++) {
        const int64_t seconds = (int64_t)(parse_random() % 315569519999u) - 62167219200;
        const uint32_t digits = (uint32_t)(parse_random() % 10);
        uint32_t nanos = 0, scale = 1000000000, fraction = 0;
        for (uint32_t k = 0; k < digits; k++) {
            scale /= 10;
        }
        if (digits > 0) {
            fraction = (uint32_t)(parse_random() % (1000000000 / scale));
            nanos = fraction * scale;
        }
        const time_t moment = (time_t)seconds;
        struct tm tm;
        assert_non_null(gmtime_r(&moment, &tm));
        int n = snprintf(text, sizeof text, "%04d-%02d-%02d%c%02d:%02d:%02d", tm.tm_year + 1900,
                         tm.tm_mon + 1, tm.tm_mday, i & 1 ? 'T' : ' ', tm.tm_hour, tm.tm_min,
                         tm.tm_sec);
        if (digits > 0) {
            n += snprintf(text + n, sizeof text - (size_t)n, ".%0*u", (int)digits,
                          (unsigned)fraction);
        }
        const parse_value value = parse_check_text(text);
        assert_int_equal(value.class_, PARSE_TIMESTAMP);
        assert_int_equal(value.seconds, seconds);
        assert_int_equal(value.nanos, nanos);
        assert_int_equal(value.digits, digits);
        /* Plain timestamps of the four usual lengths get an answer, except outside the range of
         * nanoseconds. */
        struct parse_field field = parse_field_make(text, (size_t)n);
        int64_t count;
        const bool fits =
            digits % 3 == 0 && parse_timestamp_units(seconds, nanos, digits / 3, &count);
        assert_int_equal(parse_timestamp_fast(field.s, field.n, digits, &count), fits);
        parse_field_drop(&field);
    }
}

static void units(void **state)
{
    static const struct {
        int64_t seconds;
        uint32_t nanos;
        unsigned unit;
        bool fits;
        int64_t count;
    } cases[] = {
        {0, 0, 0, true, 0},
        {-1, 0, 0, true, -1},
        {5, 1, 0, false, 0},
        {5, 1000000, 1, true, 5001},
        {5, 1000001, 1, false, 0},
        {-1, 999000000, 1, true, -1},
        {-1, 999999000, 2, true, -1},
        {5, 1500, 2, false, 0},
        {-1, 999999999, 3, true, -1},
        {9223372036, 854775807, 3, true, INT64_MAX},
        {9223372036, 854775808, 3, false, 0},
        {-9223372037, 145224193, 3, true, INT64_MIN + 1},
        {-9223372037, 145224192, 3, false, 0}, /* INT64_MIN means null */
        {-9223372037, 145224191, 3, false, 0},
        {-9223372037, 0, 3, false, 0},
        {INT64_MAX, 0, 0, true, INT64_MAX},
        {INT64_MIN, 0, 0, false, 0},
        {INT64_MAX, 0, 1, false, 0},
        {INT64_MIN, 999999999, 3, false, 0},
        {9223372036854775, 807000000, 1, true, INT64_MAX},
        {1, 0, 4, false, 0},
        {1, 1000000000, 3, false, 0},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int64_t count = 77;
        assert_int_equal(
            parse_timestamp_units(cases[i].seconds, cases[i].nanos, cases[i].unit, &count),
            cases[i].fits);
        assert_int_equal(count, cases[i].fits ? cases[i].count : 77);
    }
    /* The ends of the range of nanoseconds, as text. */
    static const char *const ends[] = {
        "1677-09-21T00:12:43.145224193", "1677-09-21T00:12:43.145224192",
        "2262-04-11T23:47:16.854775807", "2262-04-11T23:47:16.854775808"};
    for (size_t i = 0; i < 4; i++) {
        const parse_value value = parse_check_text(ends[i]);
        int64_t count;
        assert_int_equal(parse_timestamp_units(value.seconds, value.nanos, 3, &count), i % 2 == 0);
    }
}

static void times_of_day(void **state)
{
    static const char *const bad[] = {
        "12:3",      "24:00:00", "12:30:60", "12:30:45.", "12:30:45.1234567890",
        "12:30:45Z", "1:30:45",  "",         "12:30:4",   "12-30-45",
    };
    int64_t seconds = 0;
    uint32_t nanos = 0;
    (void)state;
    struct parse_field field = parse_field_make("23:59:59.000000001", 18);
    assert_true(parse_time_of_day(field.s, field.n, &seconds, &nanos));
    assert_int_equal(seconds, 86399);
    assert_int_equal(nanos, 1);
    assert_true(parse_time_of_day(field.s, 8, &seconds, &nanos));
    assert_int_equal(nanos, 0);
    assert_true(parse_time_of_day(field.s, 5, &seconds, &nanos));
    assert_int_equal(seconds, 86340);
    parse_field_drop(&field);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        field = parse_field_make(bad[i], strlen(bad[i]));
        assert_false(parse_time_of_day(field.s, field.n, &seconds, &nanos));
        parse_field_drop(&field);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_dates),         cmocka_unit_test(impossible_dates),
        cmocka_unit_test(all_seconds),       cmocka_unit_test(spellings),
        cmocka_unit_test(refused),           cmocka_unit_test(all_offsets),
        cmocka_unit_test(random_timestamps), cmocka_unit_test(units),
        cmocka_unit_test(times_of_day),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
