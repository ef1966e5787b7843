/* Makes the plan of a declared form: where the parts of its texts lie. */
#include <string.h>

#include "parse/form_lanes.h"

/* A layout while its pieces are placed. */
typedef struct placing {
    parse_plan_layout layout;
    size_t at; /* the place of the next piece */
    bool failed;
    parse_uses uses;
} placing;

enum { NO_SLOT = 16 };

/* The places of pairs in their lanes: those of their second digits. */
static const uint8_t slots[PARSE_PLAN_PAIRS] = {
    [PARSE_PLAN_CENTURY] = 1,  [PARSE_PLAN_YEAR] = 3,   [PARSE_PLAN_MONTH] = 7,
    [PARSE_PLAN_HUNDREDS] = 9, [PARSE_PLAN_DAY] = 11,   [PARSE_PLAN_HOUR] = 3,
    [PARSE_PLAN_MINUTE] = 5,   [PARSE_PLAN_SECOND] = 7,
};

/* Notes the use of the byte at p->at, and goes on behind it. */
static void use_byte(placing *p, parse_use use)
{
    p->failed |= p->at >= PARSE_PLAN_BYTES;
    p->uses.of[p->at % PARSE_PLAN_BYTES] = use;
    p->at++;
}

static parse_plan_word *new_word(placing *p, size_t at_plus_1)
{
    if (p->layout.n_words == PARSE_PLAN_WORDS) {
        p->failed = true;
        p->layout.n_words--;
    }
    parse_plan_word *word = &p->layout.words[p->layout.n_words++];
    *word = (parse_plan_word){.at = (int8_t)((int)at_plus_1 - 1)};
    return word;
}

/* Returns the last word if `size` bytes at p->at lie in it, else a new one. */
static parse_plan_word *word_of(placing *p, size_t size)
{
    if (p->layout.n_words == 0)
        return new_word(p, p->at + 1);
    parse_plan_word *last = &p->layout.words[p->layout.n_words - 1];
    if ((int)(p->at + size) > last->at + 8)
        return new_word(p, p->at + 1);
    return last;
}

/* Cares for the byte at p->at: a digit, or the literal. */
static void care_for(placing *p, parse_plan_word *word, char byte, uint8_t limit)
{
    const unsigned shift = 8 * (unsigned)((int)p->at - word->at);
    word->care |= UINT64_C(0xff) << shift;
    word->pattern |= (uint64_t)(unsigned char)byte << shift;
    word->limit |= (uint64_t)limit << shift;
}

static void place_literal(placing *p, const char *bytes, size_t size)
{
    for (size_t i = 0; i < size && !p->failed; i++) {
        care_for(p, word_of(p, 1), bytes[i], 0x7f);
        use_byte(p, (parse_use){(uint8_t)bytes[i], 0, 0, PARSE_USE_LITERAL, NO_SLOT});
    }
}

/* Cares for a digit of a pair: the first (1) or the second (0) one. */
static void care_for_digit(placing *p, parse_plan_word *word, enum parse_plan_pair pair,
                           uint8_t tens)
{
    const bool sixty = pair == PARSE_PLAN_MINUTE || pair == PARSE_PLAN_SECOND;
    care_for(p, word, '0', 0x76);
    use_byte(p, (parse_use){'0', sixty && tens ? 5 : 9, 0,
                            pair < PARSE_PLAN_HOUR ? PARSE_PLAN_DATE : PARSE_PLAN_CLOCK,
                            (uint8_t)(slots[pair] - tens)});
}

/* Places two digits as a pair. */
static void place_pair(placing *p, enum parse_plan_pair pair)
{
    parse_plan_word *word = word_of(p, 2);
    p->layout.pairs[pair] =
        (uint8_t)(8 * (p->layout.n_words - 1) + (unsigned)((int)p->at - word->at));
    care_for_digit(p, word, pair, 1);
    care_for_digit(p, word, pair, 0);
}

/* Places one digit as a pair with the byte before it, which is 0 in the word: a literal, or a byte
 * that a new word does not care for. */
static void place_digit(placing *p, enum parse_plan_pair pair)
{
    parse_plan_word *word = NULL;
    if (p->layout.n_words != 0) {
        word = &p->layout.words[p->layout.n_words - 1];
        const int before = (int)p->at - 1 - word->at;
        if (before < 0 || before > 6 || ((word->limit >> (8 * before)) & 0xff) == 0x76)
            word = NULL;
    }
    if (word == NULL)
        word = new_word(p, p->at);
    p->layout.pairs[pair] =
        (uint8_t)(8 * (p->layout.n_words - 1) + (unsigned)((int)p->at - 1 - word->at));
    care_for_digit(p, word, pair, 0);
}

static void place_number(placing *p, const parse_form_piece *piece, bool one,
                         enum parse_plan_pair pair)
{
    if (piece->unpadded && one)
        place_digit(p, pair);
    else
        place_pair(p, pair);
}

static void place_name(placing *p)
{
    p->layout.name = (uint8_t)p->at;
    for (uint8_t i = 0; i < 3; i++)
        use_byte(p, (parse_use){0, 0xff, 0, PARSE_PLAN_DATE, (uint8_t)(4 + i)});
}

static void place_noon(placing *p)
{
    p->layout.noon = (uint8_t)p->at;
    use_byte(p, (parse_use){'a', 'a' ^ 'p', 0x20, PARSE_PLAN_CLOCK, 1});
    use_byte(p, (parse_use){'m', 0, 0x20, PARSE_PLAN_CLOCK, NO_SLOT});
}

static void place_fraction(placing *p, uint8_t digits)
{
    for (uint8_t i = 0; i < digits; i++)
        use_byte(p, (parse_use){'0', 9, 0, PARSE_PLAN_CLOCK,
                                digits > 8 ? NO_SLOT : (uint8_t)(16 - digits + i)});
    p->layout.fraction_end = (uint8_t)p->at;
}

/* Places an item that is neither a number of one or two digits nor a literal. */
static void place_other(placing *p, const parse_plan *plan, uint8_t item)
{
    switch (item) {
    case PARSE_FORM_YEAR:
        place_pair(p, PARSE_PLAN_CENTURY);
        place_pair(p, PARSE_PLAN_YEAR);
        break;
    case PARSE_FORM_YEAR_DAY:
        place_digit(p, PARSE_PLAN_HUNDREDS);
        place_pair(p, PARSE_PLAN_DAY);
        break;
    case PARSE_FORM_SHORT_NAME:
    case PARSE_FORM_NAME: place_name(p); break;
    case PARSE_FORM_NOON: place_noon(p); break;
    case PARSE_FORM_FRACTION: place_fraction(p, plan->digits); break;
    default: place_literal(p, "Z", 1); break;
    }
}

/* Makes the layout in which the unpadded items whose bits are set in `two` have two digits. Returns
 * false if it has no room. */
static bool place_all(const parse_form *form, parse_plan *plan, unsigned two,
                      parse_lane_choices *choices)
{
    static const uint8_t pair_of[PARSE_FORM_ITEMS] = {
        [PARSE_FORM_SHORT_YEAR] = PARSE_PLAN_YEAR, [PARSE_FORM_MONTH] = PARSE_PLAN_MONTH,
        [PARSE_FORM_DAY] = PARSE_PLAN_DAY,         [PARSE_FORM_HOUR] = PARSE_PLAN_HOUR,
        [PARSE_FORM_HALF_HOUR] = PARSE_PLAN_HOUR,  [PARSE_FORM_MINUTE] = PARSE_PLAN_MINUTE,
        [PARSE_FORM_SECOND] = PARSE_PLAN_SECOND,
    };
    placing p = {.at = 0};
    memset(p.layout.pairs, 8 * PARSE_PLAN_WORDS, sizeof p.layout.pairs);
    unsigned k = 0;
    for (size_t i = 0; i < form->n_pieces && !p.failed; i++) {
        const parse_form_piece *piece = &form->pieces[i];
        const bool one = ((two >> k) & 1) == 0;
        if (piece->unpadded)
            p.uses.starts[k++] = p.at;
        if (piece->item == PARSE_FORM_LITERAL)
            place_literal(&p, form->literals + piece->at, piece->size);
        else if (pair_of[piece->item] != 0)
            place_number(&p, piece, one, pair_of[piece->item]);
        else
            place_other(&p, plan, piece->item);
    }
    if (two == 0) {
        plan->size = (uint8_t)p.at;
        plan->layout = p.layout;
    }
    if (p.failed)
        return false;
    p.uses.n = p.at;
    parse_lanes_fill(plan, &p.uses, two, choices);
    return true;
}

/* Notes what the items say. */
static void note_items(const parse_form *form, parse_plan *plan)
{
    for (size_t i = 0; i < form->n_pieces; i++) {
        const parse_form_piece *piece = &form->pieces[i];
        plan->short_year |= piece->item == PARSE_FORM_SHORT_YEAR;
        plan->year_day |= piece->item == PARSE_FORM_YEAR_DAY;
        plan->half_day |= piece->item == PARSE_FORM_HALF_HOUR;
        plan->has_name |= piece->item == PARSE_FORM_SHORT_NAME || piece->item == PARSE_FORM_NAME;
        plan->full_name |= piece->item == PARSE_FORM_NAME;
        if (piece->unpadded) {
            const size_t k = plan->n_unpadded++ % PARSE_PLAN_UNPADDED;
            plan->days[k] = piece->item == PARSE_FORM_DAY;
            plan->lanes_of[k] = piece->item == PARSE_FORM_DAY || piece->item == PARSE_FORM_MONTH
                                    ? PARSE_PLAN_DATE
                                    : PARSE_PLAN_CLOCK;
        }
    }
}

/* Makes the layouts of all widths. Returns false if one has no room. */
static bool place_layouts(const parse_form *form, parse_plan *plan)
{
    parse_lane_choices choices = {0};
    for (unsigned two = 0; two < 1u << plan->n_unpadded; two++)
        if (!place_all(form, plan, two, &choices))
            return false;
    parse_lanes_choose(plan, &choices);
    return true;
}

/* Makes the steps of a form that has a layout. */
static void make_steps(const parse_form *form, parse_plan *plan)
{
    parse_plan_step *step = plan->steps;
    for (size_t i = 0; i < form->n_pieces; i++) {
        const parse_form_piece *piece = &form->pieces[i];
        const bool zone = piece->item == PARSE_FORM_OFFSET;
        const char *const bytes = zone ? "Z" : form->literals + piece->at;
        const size_t size = zone ? 1 : piece->size;
        *step = (parse_plan_step){.item = piece->item, .unpadded = piece->unpadded};
        for (size_t at = 0; at < size; at += 8) {
            const size_t n = size - at < 8 ? size - at : 8;
            *step = (parse_plan_step){.item = PARSE_FORM_LITERAL, .size = (uint8_t)n};
            memcpy(&step->bytes, bytes + at, n);
            memset(&step->keep, 0xff, n);
            step += at + 8 < size;
        }
        step++;
    }
    *step = (parse_plan_step){.item = PARSE_FORM_ITEMS};
}

void parse_plan_make(const parse_form *form, uint32_t digits, unsigned unit, parse_plan *plan)
{
    static const uint32_t per_second[5] = {1, 1000, 1000000, 1000000000, 1};
    *plan = (parse_plan){.has_date = form->has_date, .has_time = form->has_time};
    if (unit > PARSE_PLAN_DAYS || (unit == PARSE_PLAN_DAYS && form->has_time) ||
        (form->has_fraction && (digits == 0 || digits > 3 * unit)))
        return;
    plan->digits = form->has_fraction ? (uint8_t)digits : 0;
    plan->per_second = per_second[unit];
    plan->day_seconds = unit == PARSE_PLAN_DAYS ? 1 : 86400;
    plan->fraction_scale = per_second[unit];
    for (uint32_t i = 0; i < plan->digits; i++)
        plan->fraction_scale /= 10;
    const uint64_t day_units = (uint64_t)plan->day_seconds * plan->per_second;
    plan->day_units = day_units <= INT32_MAX ? (uint32_t)day_units : 0;
    plan->bounded = unit == 3;
    /* Nanoseconds reach from 1677 to 2262 only (C-42). */
    plan->first_day = unit == 3 ? -106751 : INT32_MIN;
    plan->last_day = unit == 3 ? 106750 : INT32_MAX;
    note_items(form, plan);
    plan->batch = !plan->full_name && plan->digits <= 8;
    plan->usable = plan->n_unpadded <= PARSE_PLAN_UNPADDED && place_layouts(form, plan);
    plan->batch = plan->batch && plan->usable;
    plan->steps_only = plan->n_unpadded != 0 || plan->full_name;
    if (plan->usable)
        make_steps(form, plan);
}
