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
} index_state;

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
                                                              uint8_t *halved, index_state *s)
{
    block64 b = block_load(p);
    uint64_t quote = d.quoting ? block_eq(b, d.quote) & valid : 0;
    uint64_t lf = block_eq(b, '\n') & valid, cr = block_eq(b, '\r') & valid,
             delimiter = block_eq(b, d.delimiter) & valid;
    uint64_t inside = s->inside;
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

/* The body of both index functions. halved is NULL in one of them, and each is compiled for its
 * case. */
static inline __attribute__((always_inline)) csv_index_result
index_text(const csv_dialect *dialect, const uint8_t *buf, size_t length, uint8_t *halved,
           uint32_t *ends, size_t *used)
{
    index_state s = {.start = 1, .lf = 1, .out = ends, .text = halved};
    const csv_dialect d = *dialect; /* a copy: no store of a position can change it */
    size_t i = 0;
    for (; length - i >= 64; i += 64)
        index_block(d, buf + i, (uint32_t)i, UINT64_MAX, halved, &s);
    if (i < length)
        index_block(d, buf + i, (uint32_t)i, (UINT64_C(1) << (length - i)) - 1, halved, &s);
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
    return index_text(dialect, buf, length, NULL, ends, &used);
}

csv_index_result ISA(csv_index_halved)(const csv_dialect *dialect, const uint8_t *buf,
                                       size_t length, uint8_t *out, uint32_t *ends, size_t *used)
{
    if (out == NULL)
        __builtin_unreachable();
    return index_text(dialect, buf, length, out, ends, used);
}

csv_count ISA(csv_count)(const csv_dialect *dialect, const uint8_t *buf, size_t length)
{
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
        uint64_t after_lf = carry_in(lf, lf_carry), lfcr = block_eq(b, '\r') & after_lf;
        uint64_t ends = lf & ~((after_lf | carry_in(lfcr, lfcr_carry)) & blanks);
        uint64_t in = inside;
        lf_carry = lf >> 63;
        lfcr_carry = lfcr >> 63;
        if (quote != 0) {
            uint8_t last = buf[i - 1]; /* i == 0: the byte before in the file */
            uint64_t starts =
                last == dialect->delimiter || last == '\n' || (last == dialect->quote && quoting);
            uint64_t allowed = carry_in(lf | quote | block_eq(b, dialect->delimiter), starts);
            in = prefix_xor(quote) ^ inside;
            irregular[0] |= quote & in & ~allowed;
            irregular[1] |= quote & ~in & ~allowed;
            inside = (uint64_t)((int64_t)in >> 63);
            quotes += (uint64_t)__builtin_popcountll(quote);
        }
        if (comments != 0) {
            uint64_t comment = after_lf & block_eq(b, dialect->comment) & valid;
            irregular[0] |= comment & ~in;
            irregular[1] |= comment & in;
        }
        total += (uint64_t)__builtin_popcountll(ends);
        within += (uint64_t)__builtin_popcountll(ends & in);
    }
    csv_count count = {
        {total - within, within}, {irregular[0] != 0, irregular[1] != 0}, (quotes & 1) != 0};
    return count;
}
