/* Makes the plan of a declared form: where the parts of its texts lie. */
#include <string.h>

#include "parse/form_lanes.h"

/* A layout while its pieces are placed. */
typedef struct placing {
    parse_plan_layout layout;
    size_t at; /* the place of the next piece */
    bool failed;
    uint8_t behind; /* of `behind` in the layout, for the next piece */
    parse_uses uses;
} placing;

enum { NO_SLOT = 16, HUNDREDS_SLOT = 9 };

/* The places of pairs in their lanes: those of their second digits. */
static const uint8_t slots[PARSE_PLAN_PAIRS] = {
    [PARSE_PLAN_CENTURY] = 1, [PARSE_PLAN_YEAR] = 3, [PARSE_PLAN_MONTH] = 7,
    [PARSE_PLAN_DAY] = 11,    [PARSE_PLAN_HOUR] = 3, [PARSE_PLAN_MINUTE] = 5,
    [PARSE_PLAN_SECOND] = 7,
};

/* Notes the use of the byte at p->at, and goes on behind it. */
static void use_byte(placing *p, parse_use use)
{
    p->failed |= p->at >= PARSE_PLAN_BYTES;
    p->uses.of[p->at % PARSE_PLAN_BYTES] = use;
    p->at++;
}

/* Notes that the part of the layout is at p->at. */
static void place_part(placing *p, enum parse_plan_part part)
{
    p->layout.places[part] = (int8_t)p->at;
    p->layout.behind[part] = p->behind;
}

/* Returns the last word if the byte at p->at lies in it, else a new one. As long as that byte is
 * none too many there is room. */
static parse_plan_word *word_of(placing *p)
{
    parse_plan_layout *const layout = &p->layout;
    if (layout->n_words != 0) {
        parse_plan_word *const last = &layout->words[layout->n_words - 1];
        if (p->at < (size_t)last->at + 8 && last->behind == p->behind)
            return last;
    }
    parse_plan_word *const word = &layout->words[layout->n_words++];
    *word = (parse_plan_word){.at = (int8_t)p->at, .behind = p->behind};
    return word;
}

static void place_literal(placing *p, const char *bytes, size_t size)
{
    for (size_t i = 0; i < size && !p->failed; i++) {
        parse_plan_word *const word = word_of(p);
        const unsigned shift = 8 * (unsigned)(p->at - (size_t)word->at);
        word->care |= UINT64_C(0xff) << shift;
        word->pattern |= (uint64_t)(unsigned char)bytes[i] << shift;
        use_byte(p, (parse_use){(uint8_t)bytes[i], 0, 0, PARSE_USE_LITERAL, NO_SLOT});
    }
}

/* Uses the first (1) or the second (0) digit of a pair. */
static void use_digit(placing *p, enum parse_plan_part pair, uint8_t tens)
{
    const bool sixty = pair == PARSE_PLAN_MINUTE || pair == PARSE_PLAN_SECOND;
    use_byte(p, (parse_use){'0', sixty && tens ? 5 : 9, 0,
                            pair < PARSE_PLAN_HOUR ? PARSE_PLAN_DATE : PARSE_PLAN_CLOCK,
                            (uint8_t)(slots[pair] - tens)});
}

/* Places two digits as a pair. */
static void place_pair(placing *p, enum parse_plan_part pair)
{
    place_part(p, pair);
    p->layout.keep[pair / 4] |= UINT64_C(0xffff) << (pair % 4 * 16);
    use_digit(p, pair, 1);
    use_digit(p, pair, 0);
}

/* Places one digit as a pair of which the first digit is not kept. */
static void place_digit(placing *p, enum parse_plan_part pair)
{
    place_part(p, pair);
    p->layout.places[pair]--;
    p->layout.keep[pair / 4] |= UINT64_C(0xff00) << (pair % 4 * 16);
    use_digit(p, pair, 0);
}

static void place_number(placing *p, const parse_form_piece *piece, bool one,
                         enum parse_plan_part pair)
{
    if (piece->unpadded && one)
        place_digit(p, pair);
    else
        place_pair(p, pair);
    if (piece->unpadded)
        p->behind++; /* words end here in each layout */
}

/* Places the first three letters of a name. The lane of the date has them if they are all. */
static void place_name(placing *p, bool whole)
{
    place_part(p, PARSE_PLAN_NAME);
    p->uses.name = p->at;
    for (uint8_t i = 0; i < 3; i++)
        use_byte(p, (parse_use){0, 0xff, 0, PARSE_PLAN_DATE, whole ? NO_SLOT : (uint8_t)(4 + i)});
    if (whole)
        p->behind = 0xff;
}

/* Places three digits: the first as that of the month's pair, the others as the day. */
static void place_year_day(placing *p)
{
    place_part(p, PARSE_PLAN_MONTH);
    p->layout.keep[0] |= UINT64_C(0xff) << (PARSE_PLAN_MONTH * 16);
    use_byte(p, (parse_use){'0', 9, 0, PARSE_PLAN_DATE, HUNDREDS_SLOT});
    place_pair(p, PARSE_PLAN_DAY);
}

static void place_noon(placing *p)
{
    place_part(p, PARSE_PLAN_NOON);
    use_byte(p, (parse_use){'a', 'a' ^ 'p', 0x20, PARSE_PLAN_CLOCK, 1});
    use_byte(p, (parse_use){'m', 0, 0x20, PARSE_PLAN_CLOCK, NO_SLOT});
}

static void place_fraction(placing *p, uint8_t digits)
{
    for (uint8_t i = 0; i < digits; i++)
        use_byte(p, (parse_use){'0', 9, 0, PARSE_PLAN_CLOCK,
                                digits > 8 ? NO_SLOT : (uint8_t)(16 - digits + i)});
    place_part(p, PARSE_PLAN_FRACTION);
}

/* Places an item that is neither a number of one or two digits nor a literal. */
static void place_other(placing *p, const parse_plan *plan, uint8_t item)
{
    switch (item) {
    case PARSE_FORM_YEAR:
        place_pair(p, PARSE_PLAN_CENTURY);
        place_pair(p, PARSE_PLAN_YEAR);
        break;
    case PARSE_FORM_YEAR_DAY: place_year_day(p); break;
    case PARSE_FORM_SHORT_NAME:
    case PARSE_FORM_NAME: place_name(p, item == PARSE_FORM_NAME); break;
    case PARSE_FORM_NOON: place_noon(p); break;
    case PARSE_FORM_FRACTION: place_fraction(p, plan->digits); break;
    default: place_literal(p, "Z", 1); break;
    }
}

/* Gives the places of a layout as parse_plan_widths has them. */
static void add_up(const parse_plan_layout *layout, bool has_name, uint64_t sums[2])
{
    sums[0] = sums[1] = 0;
    for (unsigned i = 0; i < PARSE_PLAN_PARTS; i++) {
        const unsigned bit = parse_plan_bit(i);
        if (i != PARSE_PLAN_NAME || has_name) /* else a word may stand there */
            sums[bit / 64] |= (uint64_t)(layout->places[i] + 2) << (bit % 64);
    }
    for (unsigned i = 0; i < layout->n_words; i++)
        sums[1] |= (uint64_t)(layout->words[i].at + 2) << (8 * i);
}

/* Notes the places in the layout `two`, in which at most one item has two digits. */
static void place_widths(parse_plan *plan, const parse_plan_layout *layout, const parse_uses *uses,
                         unsigned two)
{
    parse_plan_widths *const w = &plan->widths;
    const unsigned n = plan->n_unpadded;
    uint64_t sums[2];
    add_up(layout, plan->has_name, sums);
    if (two == 0) {
        memcpy(w->all, sums, sizeof sums);
        w->has_last = n > 1 ? UINT64_MAX : 0;
        w->between = n == 3;
        w->first = (int8_t)(uses->starts[0] + 1);
        w->last = (int8_t)((int)uses->starts[n - 1] - 1 - (int)uses->n);
        return;
    }
    const unsigned k = (unsigned)__builtin_ctz(two);
    const unsigned item = k == 0       ? PARSE_PLAN_FIRST
                          : k == n - 1 ? PARSE_PLAN_LAST
                                       : PARSE_PLAN_BETWEEN;
    for (unsigned i = 0; i < 2; i++) {
        w->more[i][item] = sums[i] - w->all[i];
        w->tens[i][item] = layout->keep[i] & ~plan->layout.keep[i];
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
    if (plan->n_unpadded != 0 && (two & (two - 1)) == 0)
        place_widths(plan, &p.layout, &p.uses, two);
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
    plan->batch = plan->digits <= 8;
    plan->usable = plan->n_unpadded <= PARSE_PLAN_UNPADDED && place_layouts(form, plan);
    plan->batch = plan->batch && plan->usable;
    const unsigned parts = !plan->has_time   ? PARSE_PLAN_DATE_ONLY
                           : !plan->has_date ? PARSE_PLAN_TIME_ONLY
                                             : PARSE_PLAN_BOTH;
    if (plan->n_unpadded != 0 && plan->full_name)
        plan->reader = PARSE_PLAN_STEPWISE;
    else if (plan->full_name)
        plan->reader = (uint8_t)(PARSE_PLAN_WHOLE_NAME + parts);
    else
        plan->reader =
            (uint8_t)((plan->n_unpadded != 0 ? PARSE_PLAN_UNEVEN : PARSE_PLAN_FIXED) + parts);
    if (!plan->usable)
        plan->reader = PARSE_PLAN_NONE;
    if (plan->usable)
        make_steps(form, plan);
}
