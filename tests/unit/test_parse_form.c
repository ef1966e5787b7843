/* C-71 … C-73: declared forms of dates, timestamps and times, against strftime of the C library. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include <cmocka.h>

#include "parse/form.h"
#include "parse_support.h"

static parse_form compiled(const char *text)
{
    parse_form form;
    parse_form_error why;
    if (!parse_form_compile(text, strlen(text), &form, &why))
        fail_msg("%s: %s", text, why.message);
    return form;
}

/* Reads the text twice with different junk around it; both answers must be the same. */
static bool read_value(const parse_form *form, const char *text, size_t n, parse_value *value)
{
    bool answer[2];
    parse_value values[2];
    memset(values, 0, sizeof values);
    for (int i = 0; i < 2; i++) {
        struct parse_field field = parse_field_make(text, n);
        answer[i] = parse_form_value(form, field.s, n, &values[i]);
        parse_field_drop(&field);
    }
    if (answer[0] != answer[1] || (answer[0] && memcmp(&values[0], &values[1], sizeof values[0])))
        fail_msg("%.*s depends on what is around it", (int)n, text);
    *value = values[0];
    return answer[0];
}

static bool matches(const char *form, const char *text)
{
    const parse_form f = compiled(form);
    parse_value value;
    return read_value(&f, text, strlen(text), &value);
}

/* C-71: what a form has. */
static void kinds(void **state)
{
    static const struct {
        const char *text;
        bool date, time, offset, fraction, numeric;
    } cases[] = {
        {"%d/%m/%Y", true, false, false, false, false},
        {"%Y%m%d", true, false, false, false, true},
        {"-%Y%m%d", true, false, false, false, true},
        {"%Y%j", true, false, false, false, true},
        {"%Y.%j", true, false, false, false, true},
        {"%y,%j", true, false, false, false, true},
        {"%d.%m.%Y", true, false, false, false, false},
        {"0%Y%m%d", true, false, false, false, false},
        {"%Y%m%d%H%M%S", true, true, false, false, true},
        {"%Y%m%d%H%M%S.%f", true, true, false, true, true},
        {"%Y%m%d%H%M%SZ", true, true, false, false, false},
        {"%Y-%m-%dT%H:%M:%S%z", true, true, true, false, false},
        {"%-d. %B %y %-I:%M:%S.%f%p", true, true, false, true, false},
        {"%H:%M", false, true, false, false, false},
        {"%H", false, true, false, false, true},
        {"%-H.%M", false, true, false, false, true},
        {"%%%]%;%H", false, true, false, false, false},
        {"%p%I", false, true, false, false, false},
        {"%S%M%H %z%b%y %d", true, true, true, false, false},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const parse_form form = compiled(cases[i].text);
        if (form.has_date != cases[i].date || form.has_time != cases[i].time ||
            form.has_offset != cases[i].offset || form.has_fraction != cases[i].fraction ||
            form.numeric != cases[i].numeric)
            fail_msg("%s", cases[i].text);
    }
}

/* C-71: each usage error says which item, and where. */
static void refused(void **state)
{
    static const struct {
        const char *text;
        size_t at, size;
        const char *says;
    } cases[] = {
        {"", 0, 0, "empty"},
        {"dd/mm/yyyy", 0, 0, "neither a day nor an hour"},
        {"%%", 0, 0, "neither a day nor an hour"},
        {"%d/%m/%Q", 6, 2, "\"%Q\" at character 7 is no item"},
        {"%e/%m/%Y", 0, 2, "use %-d"},
        {"%F", 0, 2, "use %Y-%m-%d"},
        {"%H:%-M", 3, 3, "\"%-M\" at character 4 is no item"},
        {"%H:%", 3, 1, "\"%\" at character 4 begins no item"},
        {"%H:%-", 3, 2, "\"%-\" at character 4 is no item"},
        {"\xc3\xa9%H\xc3\xa9%\xc3\xa9", 6, 2, "\"%\\xc3\" at character 5 is no item"},
        {"%H\n", 2, 1, "\"\\x0a\" at character 3 is a control character"},
        {"%H\x7f", 2, 1, "control character"},
        {"%H %H", 3, 2, "\"%H\" at character 4 stands in the form twice"},
        {"%H %I %p", 3, 2, "says the hour, which %H said already"},
        {"%Y %y-%m-%d", 3, 2, "says the year, which %Y said already"},
        {"%d %b %m %Y", 6, 2, "says the month, which %b said already"},
        {"%d %-d %m %Y", 3, 3, "says the day, which %d said already"},
        {"%Y %j %m", 6, 2, "says the month, which %j said already"},
        {"%Y %m %j", 6, 2, "says month and day, which %m said already"},
        {"%Y %d %j", 6, 2, "says month and day, which %d said already"},
        {"%Y %j %d", 6, 2, "says the day, which %j said already"},
        {"%f%S%f%M%H", 4, 2, "twice"},
        {"%d/%m", 0, 0, "no year"},
        {"%Y-%d", 0, 0, "no month"},
        {"%Y-%m", 0, 0, "no day"},
        {"%Y", 0, 0, "no month"},
        {"%j", 0, 0, "no year"},
        {"%H:%M %d", 0, 0, "no year"},
        {"%M", 0, 2, "\"%M\" at character 1 needs %H, or %I and %p, beside it"},
        {"%H:%S", 3, 2, "needs %M beside it"},
        {"%H:%M.%f", 6, 2, "needs %S beside it"},
        {"%I:%M", 0, 2, "needs %p beside it"},
        {"%H:%M %p", 6, 2, "needs %I or %-I beside it"},
        {"%H:%M%z", 5, 2, "needs a day and an hour beside it"},
        {"%Y-%m-%d%z", 8, 2, "needs a day and an hour beside it"},
        {"%-d%m%Y", 0, 3, "\"%-d\" at character 1 has no fixed width"},
        {"%Y%-m%-d", 2, 3, "\"%-m\" at character 3 has no fixed width"},
        {"%Y %-m1%-d", 3, 3, "no fixed width"},
        {"%-H%M", 0, 3, "no fixed width"},
        {"%M:%S.%f%H", 6, 2, "no fixed width"},
        {"%H:%M%z%Y/%m/%d", 5, 2, "no fixed width"},
        {"%Y/%m/%d %H%z:%M", 11, 2, "no fixed width"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        parse_form form;
        parse_form_error why = {.at = 99};
        assert_false(parse_form_compile(cases[i].text, strlen(cases[i].text), &form, &why));
        assert_false(parse_form_compile(cases[i].text, strlen(cases[i].text), &form, NULL));
        if (why.at != cases[i].at || why.size != cases[i].size ||
            strstr(why.message, cases[i].says) == NULL)
            fail_msg("%s: %zu %zu %s", cases[i].text, why.at, why.size, why.message);
    }
}

static void longest(void **state)
{
    char text[PARSE_FORM_BYTES + 2];
    (void)state;
    memset(text, 'x', sizeof text);
    memcpy(text + PARSE_FORM_BYTES - 2, "%H9", 3);
    parse_form form;
    parse_form_error why;
    parse_value value;
    assert_true(parse_form_compile(text, PARSE_FORM_BYTES, &form, &why));
    assert_false(parse_form_compile(text, PARSE_FORM_BYTES + 1, &form, &why));
    assert_false(parse_form_compile("%H\0", 3, &form, &why)); /* a NUL is a control character */
    assert_true(parse_form_compile(text, PARSE_FORM_BYTES, &form, &why));
    memcpy(text + PARSE_FORM_BYTES - 2, "07", 2);
    assert_true(read_value(&form, text, PARSE_FORM_BYTES, &value));
    assert_int_equal(value.seconds, 7 * 3600);
    text[60] = 'X';
    assert_false(read_value(&form, text, PARSE_FORM_BYTES, &value));
}

/* C-72 and C-73, item by item. */
static void single_values(void **state)
{
    static const struct {
        const char *form, *text;
        int64_t days, seconds;
        uint32_t nanos, digits;
        int32_t offset;
    } cases[] = {
        {"%d/%m/%Y", "31/12/1969", -1, 0, 0, 0, 0},
        {"%d/%m/%Y", "01/01/0000", -719528, 0, 0, 0, 0},
        {"%Y%j", "9999365", 2932896, 0, 0, 0, 0},
        {"%d%m%y", "010169", -365, 0, 0, 0, 0},
        {"%d%m%y", "311268", 36159, 0, 0, 0, 0},
        {"%-d. %B %Y", "2. janUARy 1970", 1, 0, 0, 0, 0},
        {"%d-%b-%Y", "02-FeB-1970", 32, 0, 0, 0, 0},
        {"%H", "23", 0, 82800, 0, 0, 0},
        {"%-H", "0", 0, 0, 0, 0, 0},
        {"%I%p", "12AM", 0, 0, 0, 0, 0},
        {"%I%p", "12pm", 0, 43200, 0, 0, 0},
        {"%p %-I", "Pm 1", 0, 46800, 0, 0, 0},
        {"%p %-I", "aM 11", 0, 39600, 0, 0, 0},
        {"%H:%M:%S.%f", "00:00:01.5", 0, 1, 500000000, 1, 0},
        {"%H:%M:%S,%f", "00:00:01,123456789", 0, 1, 123456789, 9, 0},
        {"%H:%M:%S %f", "00:00:59 000000", 0, 59, 0, 6, 0},
        {"%d.%m.%Y %H:%M%z", "01.01.1970 00:00Z", 0, 0, 0, 0, 0},
        {"%d.%m.%Y %H:%M%z", "01.01.1970 00:00-01", 0, 3600, 0, 0, -60},
        {"%d.%m.%Y %H:%M %z", "01.01.1970 00:00 +0130", 0, -5400, 0, 0, 90},
        {"%z %d.%m.%Y %H:%M", "+23:59 01.01.1970 00:00", 0, -86340, 0, 0, 1439},
        {"%z%%%d.%m.%Y %H:%M", "-00:00%01.01.1970 00:00", 0, 0, 0, 0, 0},
        {"[%d%]%;%m;%y%H", "[02];01;7001", 0, 90000, 0, 0, 0},
        {"\xc3\xa0 %H\t%M", "\xc3\xa0 01\t01", 0, 3660, 0, 0, 0},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const parse_form form = compiled(cases[i].form);
        parse_value value;
        if (!read_value(&form, cases[i].text, strlen(cases[i].text), &value) ||
            value.days != cases[i].days || value.seconds != cases[i].seconds ||
            value.nanos != cases[i].nanos || value.digits != cases[i].digits ||
            value.offset != cases[i].offset)
            fail_msg("%s in %s", cases[i].text, cases[i].form);
        assert_int_equal(value.class_, !form.has_date    ? 0
                                       : !form.has_time  ? PARSE_DATE
                                       : form.has_offset ? PARSE_TIMESTAMP_OFFSET
                                                         : PARSE_TIMESTAMP);
    }
}

static void no_values(void **state)
{
    static const char *const cases[][2] = {
        {"%d/%m/%Y", "1/01/2024"},
        {"%d/%m/%Y", "001/01/2024"},
        {"%d/%m/%Y", "01/01/24"},
        {"%d/%m/%Y", "01/01/20240"},
        {"%d/%m/%Y", "01/01/2024 "},
        {"%d/%m/%Y", " 01/01/2024"},
        {"%d/%m/%Y", "2024-01-01"},
        {"%d/%m/%Y", ""},
        {"%d/%m/%Y", "01-01-2024"},
        {"%d/%m/%Y", "00/01/2024"},
        {"%d/%m/%Y", "31/04/2024"},
        {"%d/%m/%Y", "29/02/1900"},
        {"%d/%m/%Y", "01/13/2024"},
        {"%d/%m/%Y", "01/00/2024"},
        {"%-d/%-m/%Y", "01/1/2024"},
        {"%-d/%-m/%Y", "1/01/2024"},
        {"%-d/%-m/%Y", "0/1/2024"},
        {"%-d/%-m/%Y", "1/0/2024"},
        {"%-d/%-m/%Y", "111/1/2024"},
        {"%-d/%-m/%Y", "/1/2024"},
        {"%-d/%-m/%Y", "1/13/2024"},
        {"%Y%j", "2023366"},
        {"%Y%j", "2024367"},
        {"%Y%j", "2024000"},
        {"%d %b %Y", "01 Sept 2024"},
        {"%d %b %Y", "01 Mai 2024"},
        {"%d %b %Y", "01 J\xc1n 2024"},
        {"%d %B %Y", "01 Jan 2024"},
        {"%d %B %Y", "01 Januar 2024"},
        {"%d %b %Y", "01 January 2024"},
        {"%H:%M", "24:00"},
        {"%H:%M", "23:60"},
        {"%H:%M", "1:00"},
        {"%H:%M:%S", "23:59:60"},
        {"%-H", "00"},
        {"%-H", "24"},
        {"%-H", "07"},
        {"%I%p", "00AM"},
        {"%I%p", "13PM"},
        {"%-I%p", "0AM"},
        {"%-I%p", "07AM"},
        {"%I %p", "01 a.m."},
        {"%I%p", "01A"},
        {"%I%p", "01AMM"},
        {"%H:%M:%S.%f", "00:00:00."},
        {"%H:%M:%S.%f", "00:00:00.1234567890"},
        {"%H:%M:%S.%f", "00:00:00"},
        {"%d%m%Y%H%z", "0101202400z"},
        {"%d%m%Y%H%z", "0101202400"},
        {"%d%m%Y%H%z", "0101202400+1"},
        {"%d%m%Y%H%z", "0101202400+24"},
        {"%d%m%Y%H%z", "0101202400+0160"},
        {"%d%m%Y%H%z", "0101202400+01:0"},
        {"%d%m%Y%H%z", "0101202400+01:"},
        {"%d%m%Y%H%z", "0101202400+010"},
        {"%d%m%Y%H%z", "0101202400 UTC"},
        {"%d%m%Y%H UTC", "0101202400 utc"},
        {"%d%m%Y%H%z", "0101202400*01"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        if (matches(cases[i][0], cases[i][1]))
            fail_msg("%s in %s", cases[i][1], cases[i][0]);
}

/* Every day of some years in every kind of date form: the text is strftime's. */
static void all_days(void **state)
{
    static const char *const forms[] = {
        "%d/%m/%Y", "%m/%d/%y", "%Y%m%d",     "%d %b %Y", "%-m/%-d/%Y", "%-d. %B %Y",
        "%Y.%j",    "%y%j",     "%B %-d, %y", "%b%d%y",   "%-d%b%Y",    "(%Y-%m-%d)",
    };
    (void)state;
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        const parse_form form = compiled(forms[i]);
        const bool two = strstr(forms[i], "%y") != NULL;
        for (int64_t day = two ? -365 : -719528; day <= (two ? 36159 : 2932896); day++) {
            char text[64];
            struct tm tm;
            const time_t moment = (time_t)day * 86400;
            assert_non_null(gmtime_r(&moment, &tm));
            if (!two && tm.tm_year + 1900 < 1000) { /* whose year strftime does not pad */
                day += 365;
                continue;
            }
            if (!two && tm.tm_year % 40 > 5)
                continue;
            const size_t n = strftime(text, sizeof text, forms[i], &tm);
            char memory[2 * PARSE_SLACK + sizeof text];
            memset(memory, '1', sizeof memory);
            memcpy(memory + PARSE_SLACK, text, n);
            parse_value value;
            if (!parse_form_value(&form, memory + PARSE_SLACK, n, &value) || value.days != day)
                fail_msg("%s in %s", text, forms[i]);
        }
    }
}

/* Mutants of random instants: a text that matches is the one that strftime makes of its value, but
 * for the case of letters. */
static void mutants(void **state)
{
    static const char *const forms[] = {
        "%d/%m/%Y",     "%-m/%-d/%Y", "%d %b %Y",           "%B %-d, %Y", "%Y%j",
        "%Y%m%d%H%M%S", "%-I:%M %p",  "%d.%m.%Y %-H:%M:%S", "%H:%M",      "%b %d %Y %I:%M:%S%p",
    };
    static const char bytes[] = "0123456789/-.: ,aApPmMjJ\xc3";
    size_t matched = 0;
    (void)state;
    for (int i = 0; i < PARSE_TRIES(400000); i++) {
        const char *const name = forms[i % (int)(sizeof forms / sizeof *forms)];
        const parse_form form = compiled(name);
        char text[64], again[64];
        struct tm tm;
        time_t moment = (time_t)(parse_random() % 284000000000u) - 30600000000;
        gmtime_r(&moment, &tm);
        size_t n = strftime(text, sizeof text, name, &tm);
        for (uint64_t k = parse_random() % 3; k > 0; k--)
            text[parse_random() % n] = bytes[parse_random() % (sizeof bytes - 1)];
        n -= parse_random() % 16 == 0;
        parse_value value;
        if (!read_value(&form, text, n, &value))
            continue;
        matched++;
        moment = (time_t)(value.days * 86400 + value.seconds);
        gmtime_r(&moment, &tm);
        if (form.has_date && tm.tm_year + 1900 < 1000)
            continue; /* strftime does not pad that year */
        if (strftime(again, sizeof again, name, &tm) != n || strncasecmp(text, again, n) != 0)
            fail_msg("%.*s in %s", (int)n, text, name);
    }
    assert_true(matched > (size_t)PARSE_TRIES(400000) / 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(kinds),         cmocka_unit_test(refused),   cmocka_unit_test(longest),
        cmocka_unit_test(single_values), cmocka_unit_test(no_values), cmocka_unit_test(all_days),
        cmocka_unit_test(mutants),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
