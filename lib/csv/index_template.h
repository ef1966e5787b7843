/* The bodies of csv_index_fn, csv_index_halved_fn and csv_count_fn over 64 bytes at a time. The
 * including file defines
 *   ISA(name)                        the name with the instruction set in it
 *   block64, block_load(p), block_eq(block, byte) -> 64-bit mask, block_high(block) -> mask of
 *   bytes >= 0x80
 *   prefix_xor(mask)                 bit i of the result is the parity of bits 0 … i
 *   emit(out, base, mask)            if it has a better one, and then EMIT
 *   squeeze(out, p, drop), close_up(mask, drop)  likewise, and SQUEEZE
 * The method is simdjson's (Langdale, Lemire: Parsing Gigabytes of JSON per Second, 2019): bit
 * masks, quotes by prefix xor. */

static inline uint64_t carry_in(uint64_t mask, uint64_t carry)
{
    return (mask << 1) | carry;
}

#ifndef EMIT
/* Appends base + i for every bit i of mask. It stores eight at a time, whether there are eight or
 * not: entries past the end are overwritten later, or are spare. */
static inline uint32_t *emit(uint32_t *out, uint32_t base, uint64_t mask)
{
    uint32_t *end = out + __builtin_popcountll(mask);
    do {
        for (int i = 0; i < 8; i++) {
            out[i] = base + (uint32_t)__builtin_ctzll(mask | (UINT64_C(1) << 63));
            mask &= mask - 1;
        }
        out += 8;
    } while (__builtin_expect(mask != 0, 0));
    return end;
}
#endif

#ifndef SQUEEZE
/* Writes the 64 bytes at p without those of drop to out. The bytes from there to out + 64 mean
 * nothing. */
static inline void squeeze(uint8_t *out, const uint8_t *p, uint64_t drop)
{
    uint8_t from[128], parts[128];
    if (drop == 0) {
        memcpy(out, p, 64);
        return;
    }
    memcpy(from, p, 64); /* the bytes after p + 64 may not be readable */
    memset(from + 64, 0, 64);
    size_t begin = 0, at = 0;
    /* Each step copies the bytes before a dropped one, and bytes behind it, which the next step
     * overwrites. */
    for (; drop != 0; drop &= drop - 1) {
        size_t end = (size_t)__builtin_ctzll(drop);
        memcpy(parts + at, from + begin, 64);
        at += end - begin;
        begin = end + 1;
    }
    memcpy(parts + at, from + begin, 64);
    memcpy(out, parts, 64);
}

/* Takes the bits of drop out of the mask: those above each move down. */
static inline uint64_t close_up(uint64_t mask, uint64_t drop)
{
    while (drop != 0) {
        unsigned at = 63 - (unsigned)__builtin_clzll(drop);
        uint64_t below = (UINT64_C(1) << at) - 1;
        mask = (mask & below) | ((mask >> 1) & ~below);
        drop &= below;
    }
    return mask;
}
#endif

/* Returns the mask of bytes behind an escape that is not behind one itself (C-85). *carry: 1 if the
 * byte before the block is such an escape; becomes that of the next block. It adds where runs of
 * escapes begin, as simdjson does. */
static inline uint64_t behind_escapes(uint64_t escape, uint64_t *carry)
{
    const uint64_t even = UINT64_C(0x5555555555555555);
    uint64_t sum;
    escape &= ~*carry;
    const uint64_t behind = carry_in(escape, *carry);
    *carry = __builtin_add_overflow(escape & ~even & ~behind, escape, &sum);
    return (even ^ (sum << 1)) & behind;
}

/* The bytes of a block that have a meaning. */
typedef struct block_masks {
    uint64_t quote, lf, cr, delimiter;
} block_masks;

/* The state that a block of 64 bytes passes on to the next, and the findings so far. */
typedef struct index_state {
    uint64_t inside; /* all ones: inside quotes */
    uint64_t start;  /* 1: the byte before was a delimiter, LF or quote: a quote may open here */
    uint64_t closed; /* 1: the byte before was a closing quote */
    uint64_t cr;     /* 1: the byte before was a CR outside quotes */
    uint64_t lf;     /* 1: the byte before was an LF outside quotes */
    uint64_t irregular, bad_cr, bad_after, nul, high, doubled;
    uint64_t records;
    uint32_t *out;
    uint64_t drop; /* of the block: second quotes of two */
    uint8_t *text; /* end of the halved text so far */
    size_t used;   /* bytes up to the last LF outside quotes */
    /* The rest is for dialects with an escape. */
    uint64_t escape;      /* 1: the byte before is an escape that acts on the next */
    uint64_t escaped_cr;  /* 1: the byte before is a CR outside quotes, behind such an escape */
    uint64_t field_start; /* 1: the byte before ended a field */
    uint64_t cr_text;     /* of the block: CRs behind an escape */
    uint64_t any_lf;      /* of the block */
    uint64_t removed;     /* of the block: escapes that make a byte text */
    uint64_t hides_quote; /* of the block: those before a quote */
} index_state;

/* Takes the bytes that escapes make text out of the masks of a block (C-85). behind: the two
 * bytes behind the block, for which an escape at its end may be removed; zeros for the last one. */
static inline void index_escapes(csv_dialect d, const uint8_t behind[2], uint64_t escape,
                                 block_masks *m, index_state *s)
{
    const uint64_t text = behind_escapes(escape, &s->escape), acts = escape & ~text;
    const uint64_t one = m->delimiter | m->quote | m->lf | escape;
    const bool one_behind = behind[0] == d.delimiter || behind[0] == '\n' ||
                            behind[0] == d.escape || (d.quoting && behind[0] == d.quote);
    const uint64_t lf_behind = (uint64_t)(behind[0] == '\n') << 62 | (uint64_t)(behind[1] == '\n')
                                                                         << 63;
    const uint64_t two =
        (m->cr >> 1 | (uint64_t)(behind[0] == '\r') << 63) & (m->lf >> 2 | lf_behind);
    s->removed = acts & (one >> 1 | (uint64_t)one_behind << 63 | two);
    s->hides_quote = acts & (m->quote >> 1 | (uint64_t)(d.quoting && behind[0] == d.quote) << 63);
    s->cr_text = m->cr & text;
    s->any_lf = m->lf;
    m->lf &= ~(text | carry_in(s->cr_text, s->escaped_cr));
    m->cr &= ~text;
    m->quote &= ~text;
    m->delimiter &= ~text;
}

/* Finds what escapes do to the fields of a block. ends: of its fields. */
static inline void index_escaped_fields(uint64_t inside, uint64_t ends, uint64_t valid,
                                        index_state *s)
{
    const uint64_t cr = s->cr_text & ~inside;
    s->bad_cr |= carry_in(cr, s->escaped_cr) & ~s->any_lf & valid;
    s->escaped_cr = cr >> 63;
    /* The text of an unquoted field would begin with the quote. */
    s->irregular |= s->hides_quote & carry_in(ends, s->field_start);
    s->field_start = ends >> 63;
    s->drop |= s->removed;
    s->doubled |= s->removed;
}

/* Returns the mask of bytes inside quotes (opening quote included) of a block that has quotes, or
 * follows one. */
static inline uint64_t index_quotes(uint64_t quote, uint64_t structural, uint64_t cr,
                                    uint64_t valid, index_state *s)
{
    uint64_t inside = prefix_xor(quote) ^ s->inside;
    uint64_t open = quote & inside, close = quote & ~inside;
    s->irregular |= open & ~carry_in(structural | quote, s->start);
    s->bad_after |= carry_in(close, s->closed) & ~(structural | quote | cr) & valid;
    s->drop = carry_in(close, s->closed) & quote;
    s->doubled |= s->drop;
    s->inside = (uint64_t)((int64_t)inside >> 63);
    s->closed = close >> 63;
    return inside;
}

/* Indexes a block. valid: the mask of its bytes, all ones except in the last block. halved: NULL,
 * or where the halved text goes. */
static inline __attribute__((always_inline)) void index_block(csv_dialect d, const uint8_t *p,
                                                              uint32_t base, uint64_t valid,
                                                              uint8_t *halved, bool escapes,
                                                              index_state *s)
{
    block64 b = block_load(p);
    block_masks m = {d.quoting ? block_eq(b, d.quote) & valid : 0, block_eq(b, '\n') & valid,
                     block_eq(b, '\r') & valid, block_eq(b, d.delimiter) & valid};
    if (escapes) { /* behind a block that is not full the slack may end */
        const bool full = valid == UINT64_MAX;
        const uint8_t behind[2] = {full ? p[64] : 0, full ? p[65] : 0};
        index_escapes(d, behind, block_eq(b, d.escape) & valid, &m, s);
    }
    const uint64_t quote = m.quote, delimiter = m.delimiter;
    uint64_t lf = m.lf, cr = m.cr, inside = s->inside;
    s->drop = 0;
    s->nul |= block_eq(b, 0) & valid;
    s->high |= block_high(b) & valid;
    if (__builtin_expect((quote | s->closed) != 0, 0))
        inside = index_quotes(quote, lf | delimiter, cr, valid, s);
    s->start = (lf | delimiter | quote) >> 63;
    lf &= ~inside;
    cr &= ~inside;
    uint64_t after_lf = carry_in(lf, s->lf) & valid;
    s->bad_cr |= carry_in(cr, s->cr) & ~lf & valid;
    if (d.skip_blank)
        s->irregular |= after_lf & (lf | cr);
    if (d.comment != 0)
        s->irregular |= after_lf & block_eq(b, d.comment);
    s->lf = lf >> 63;
    s->cr = cr >> 63;
    s->records += (uint64_t)__builtin_popcountll(lf);
    uint64_t ends = (delimiter & ~inside) | lf;
    if (escapes)
        index_escaped_fields(inside, ends, valid, s);
    if (halved == NULL) {
        s->out = emit(s->out, base, ends);
        return;
    }
    squeeze(s->text, p, s->drop | ~valid);
    s->out = emit(s->out, (uint32_t)(s->text - halved), close_up(ends, s->drop));
    s->text += __builtin_popcountll(valid & ~s->drop);
    if (lf != 0)
        s->used = base + 64 - (size_t)__builtin_clzll(lf);
}

/* The body of both index functions. halved is NULL in one of them, escapes is constant, and each is
 * compiled for its cases. */
static inline __attribute__((always_inline)) csv_index_result
index_text(const csv_dialect *dialect, const uint8_t *buf, size_t length, uint8_t *halved,
           bool escapes, uint32_t *ends, size_t *used)
{
    index_state s = {.start = 1, .lf = 1, .field_start = 1, .out = ends, .text = halved};
    const csv_dialect d = *dialect; /* a copy: no store of a position can change it */
    size_t i = 0;
    for (; length - i >= 64; i += 64)
        index_block(d, buf + i, (uint32_t)i, UINT64_MAX, halved, escapes, &s);
    if (i < length)
        index_block(d, buf + i, (uint32_t)i, (UINT64_C(1) << (length - i)) - 1, halved, escapes,
                    &s);
    csv_index_result r = {(size_t)(s.out - ends), (size_t)s.records, 0};
    r.seen = (s.irregular ? CSV_SEEN_IRREGULAR : 0u) | (s.bad_cr ? CSV_SEEN_CR : 0u) |
             (s.bad_after ? CSV_SEEN_AFTER : 0u) | (s.nul ? CSV_SEEN_NUL : 0u) |
             (s.high ? CSV_SEEN_HIGH : 0u) | (s.doubled ? CSV_SEEN_DOUBLED : 0u);
    *used = s.used;
    return r;
}

csv_index_result ISA(csv_index)(const csv_dialect *dialect, const uint8_t *buf, size_t length,
                                uint32_t *ends)
{
    size_t used;
    return dialect->escape != 0 ? index_text(dialect, buf, length, NULL, true, ends, &used)
                                : index_text(dialect, buf, length, NULL, false, ends, &used);
}

csv_index_result ISA(csv_index_halved)(const csv_dialect *dialect, const uint8_t *buf,
                                       size_t length, uint8_t *out, uint32_t *ends, size_t *used)
{
    if (out == NULL)
        __builtin_unreachable();
    return dialect->escape != 0 ? index_text(dialect, buf, length, out, true, ends, used)
                                : index_text(dialect, buf, length, out, false, ends, used);
}

/* The body of csv_count_fn, compiled for dialects with and without an escape. */
static inline __attribute__((always_inline)) csv_count count_text(const csv_dialect *dialect,
                                                                  const uint8_t *buf, size_t length,
                                                                  bool escapes)
{
    uint64_t acts = 0, cr_acts = 0, last_start = 0, tail_escape = 0, tail_cr = 0, tail_text = 0,
             tail_field_cr = 0, text_lf = 0;
    const uint64_t quoting = dialect->quoting ? UINT64_MAX : 0,
                   blanks = dialect->skip_blank ? UINT64_MAX : 0;
    const uint64_t comments = dialect->comment ? UINT64_MAX : 0;
    const uint8_t *before = buf - 2;
    uint64_t inside = 0, quotes = 0, total = 0, within = 0, irregular[2] = {0, 0};
    uint64_t lf_carry = before[1] == '\n', lfcr_carry = before[0] == '\n' && before[1] == '\r';
    for (size_t i = 0; i < length; i += 64) {
        uint64_t valid = length - i >= 64 ? UINT64_MAX : (UINT64_C(1) << (length - i)) - 1;
        block64 b = block_load(buf + i);
        uint64_t quote = block_eq(b, dialect->quote) & quoting & valid,
                 lf = block_eq(b, '\n') & valid;
        uint64_t text = 0; /* made so by escapes */
        if (escapes) {
            const uint64_t escape = block_eq(b, dialect->escape) & valid;
            text = behind_escapes(escape, &acts);
            const uint64_t cr = block_eq(b, '\r') & valid & text;
            const uint64_t lf_text = lf & (text | carry_in(cr, cr_acts));
            cr_acts = cr >> 63;
            tail_escape = escape & ~text;
            tail_cr = cr;
            tail_text = text | lf_text;
            tail_field_cr = carry_in(lf_text, text_lf) & block_eq(b, '\r');
            text_lf = lf_text >> 63;
            lf &= ~lf_text;
            quote &= ~text;
        }
        uint64_t after_lf = carry_in(lf, lf_carry), lfcr = block_eq(b, '\r') & ~text & after_lf;
        uint64_t ends = lf & ~((after_lf | carry_in(lfcr, lfcr_carry)) & blanks);
        uint64_t in = inside;
        lf_carry = lf >> 63;
        lfcr_carry = lfcr >> 63;
        if (quote != 0) {
            uint8_t last = buf[i - 1]; /* i == 0: the byte before in the file */
            uint64_t starts =
                last == dialect->delimiter || last == '\n' || (last == dialect->quote && quoting);
            if (escapes && i != 0)
                starts = last_start;
            uint64_t allowed =
                carry_in(lf | quote | (block_eq(b, dialect->delimiter) & ~text), starts);
            in = prefix_xor(quote) ^ inside;
            irregular[0] |= quote & in & ~allowed;
            irregular[1] |= quote & ~in & ~allowed;
            inside = (uint64_t)((int64_t)in >> 63);
            quotes += (uint64_t)__builtin_popcountll(quote);
        }
        if (escapes)
            last_start = (lf | quote | (block_eq(b, dialect->delimiter) & ~text)) >> 63;
        if (comments != 0) {
            uint64_t comment = after_lf & block_eq(b, dialect->comment) & valid;
            irregular[0] |= comment & ~in;
            irregular[1] |= comment & in;
        }
        total += (uint64_t)__builtin_popcountll(ends);
        within += (uint64_t)__builtin_popcountll(ends & in);
    }
    const unsigned last = (unsigned)(length - 1) % 64;
    const csv_tail tail = tail_escape >> last & 1     ? CSV_TAIL_ESCAPE
                          : tail_cr >> last & 1       ? CSV_TAIL_CR
                          : tail_text >> last & 1     ? CSV_TAIL_TEXT
                          : tail_field_cr >> last & 1 ? CSV_TAIL_FIELD_CR
                                                      : CSV_TAIL_PLAIN;
    csv_count count = {
        {total - within, within}, {irregular[0] != 0, irregular[1] != 0}, (quotes & 1) != 0, tail};
    return count;
}

csv_count ISA(csv_count)(const csv_dialect *dialect, const uint8_t *buf, size_t length)
{
    return dialect->escape != 0 ? count_text(dialect, buf, length, true)
                                : count_text(dialect, buf, length, false);
}
