/* Compares the fast ways of lib/parse with the exact one. */
#include "parse_support.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

uint64_t parse_random(void)
{
    static uint64_t state = 0x9e3779b97f4a7c15u;
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state * 0x2545f4914f6cdd1du;
}

struct parse_field parse_field_make(const char *text, size_t n)
{
    /* Bytes that would mislead a parser which reads beyond the field, and any others. */
    static const char likely[] = "0123456789012345-+.,:TeE Z/\n\0\xff";
    struct parse_field field = {.memory = malloc(n + 2 * PARSE_SLACK), .n = n};
    assert_non_null(field.memory);
    uint64_t random = 0;
    for (size_t i = 0; i < 2 * PARSE_SLACK; i++) {
        random = i % 8 == 0 ? parse_random() : random >> 8;
        field.memory[i < PARSE_SLACK ? i : i + n] = likely[(random & 0xff) % sizeof likely];
    }
    memcpy(field.memory + PARSE_SLACK, text, n);
    field.s = field.memory + PARSE_SLACK;
    return field;
}

void parse_field_drop(struct parse_field *field)
{
    free(field->memory);
    field->memory = NULL;
}

uint64_t parse_double_bits(double number)
{
    uint64_t bits;
    memcpy(&bits, &number, sizeof bits);
    return bits;
}

double parse_bits_double(uint64_t bits)
{
    double number;
    memcpy(&number, &bits, sizeof number);
    return number;
}

static void same_value(const parse_value *a, const parse_value *b)
{
    assert_int_equal(a->class_, b->class_);
    assert_int_equal(a->integer, b->integer);
    assert_int_equal(parse_double_bits(a->number), parse_double_bits(b->number));
    assert_int_equal(a->days, b->days);
    assert_int_equal(a->seconds, b->seconds);
    assert_int_equal(a->nanos, b->nanos);
    assert_int_equal(a->digits, b->digits);
    assert_int_equal(a->offset, b->offset);
    assert_int_equal(a->boolean, b->boolean);
}

/* The answers of all fast ways: which answered, and the values as bits. */
struct answers {
    unsigned answered;
    uint64_t bits[9];
};

static const uint32_t unit_digits[4] = {0, 3, 6, 9};

static struct answers ask(const char *s, size_t n)
{
    struct answers answers = {0};
    int64_t integer;
    double number;
    uint8_t truth;
    if (parse_int64_fast(s, n, &integer)) {
        answers.answered |= 1;
        answers.bits[0] = (uint64_t)integer;
    }
    if (parse_float64_fast(s, n, &number)) {
        answers.answered |= 2;
        answers.bits[1] = parse_double_bits(number);
    }
    if (parse_date_fast(s, n, &integer)) {
        answers.answered |= 4;
        answers.bits[2] = (uint64_t)integer;
    }
    if (parse_bool_fast(s, n, &truth)) {
        answers.answered |= 8;
        answers.bits[3] = truth;
    }
    for (unsigned unit = 0; unit < 4; unit++) {
        if (parse_timestamp_fast(s, n, unit_digits[unit], &integer)) {
            answers.answered |= 16u << unit;
            answers.bits[4 + unit] = (uint64_t)integer;
        }
    }
    return answers;
}

static void same_as_exact(const struct answers *answers, const parse_value *value)
{
    if (answers->answered & 1) {
        assert_true((value->class_ & (PARSE_INT | PARSE_INT_INEXACT)) != 0);
        assert_int_equal(answers->bits[0], (uint64_t)value->integer);
    }
    if (answers->answered & 2) {
        assert_true((value->class_ & (PARSE_INT | PARSE_FLOAT)) != 0);
        assert_int_equal(answers->bits[1], parse_double_bits(value->number));
    }
    if (answers->answered & 4) {
        assert_int_equal(value->class_, PARSE_DATE);
        assert_int_equal(answers->bits[2], (uint64_t)value->days);
    }
    if (answers->answered & 8) {
        assert_int_equal(value->class_, PARSE_BOOL);
        assert_int_equal(answers->bits[3], value->boolean);
    }
    for (unsigned unit = 0; unit < 4; unit++) {
        if (answers->answered & (16u << unit)) {
            int64_t count = 0;
            assert_int_equal(value->class_, PARSE_TIMESTAMP);
            assert_int_equal(value->digits, unit_digits[unit]);
            assert_true(parse_timestamp_units(value->seconds, value->nanos, unit, &count));
            assert_int_equal(answers->bits[4 + unit], (uint64_t)count);
        }
    }
}

parse_value parse_check(const char *text, size_t n, const parse_style *style)
{
    struct parse_field first = parse_field_make(text, n), second = parse_field_make(text, n);
    parse_value value, again;
    parse_classify(first.s, n, style, &value);
    parse_classify(second.s, n, style, &again);
    same_value(&value, &again);
    assert_int_equal(__builtin_popcount(value.class_), 1);
    if (style->decimal == '.' && style->group_size == 0) {
        const struct answers answers = ask(first.s, n), repeated = ask(second.s, n);
        assert_int_equal(answers.answered, repeated.answered);
        assert_memory_equal(answers.bits, repeated.bits, sizeof answers.bits);
        same_as_exact(&answers, &value);
        /* Every plain integer and every float gets an answer, so that a column of them never takes
         * the slow way. */
        assert_true((value.class_ & (PARSE_INT | PARSE_INT_INEXACT)) == 0 ||
                    (answers.answered & 1) != 0);
        assert_true((value.class_ & (PARSE_INT | PARSE_FLOAT)) == 0 ||
                    ((answers.answered & 2) != 0) == !value.many_digits); /* C-55 */
        assert_true(value.class_ != PARSE_DATE || (answers.answered & 4) != 0);
        assert_true(value.class_ != PARSE_BOOL || (answers.answered & 8) != 0);
    }
    parse_field_drop(&first);
    parse_field_drop(&second);
    return value;
}

parse_value parse_check_text(const char *text)
{
    return parse_check(text, strlen(text), &parse_style_plain);
}

parse_value parse_check_comma(const char *text)
{
    return parse_check(text, strlen(text), &parse_style_comma);
}
