/* The check of one zstd frame (F-72, RFC 8878): its header, and the headers of its blocks and of
 * their sections. Thus a frame has the same answer whatever version of libzstd decompresses it, as
 * far as headers tell. */
#include "format/bytes.h"
#include "format/frames.h"
#include "format/ondisk.h"

enum {
    BLOCK_HEADER = 3,
    BLOCK_RAW = 0,
    BLOCK_RLE = 1,
    BLOCK_COMPRESSED = 2,
    BLOCK_RESERVED = 3,
    BLOCK_MOST = 131072,     /* Block_Maximum_Size is no larger */
    COMPRESSED_LEAST = 3,    /* bytes of a Compressed_Block; a smaller one holds nothing */
    LITERALS_COMPRESSED = 2, /* the first Literals_Block_Type that is compressed */
};

/* Reads a number of 1 to 8 bytes. */
static uint64_t load(const uint8_t *p, unsigned size)
{
    uint64_t value = 0;
    memcpy(&value, p, size);
    return value;
}

/* Returns Window_Size (RFC 8878, 3.1.1.1.2). */
static uint64_t window_of(uint8_t descriptor)
{
    uint64_t base = UINT64_C(1) << (10 + (descriptor >> 3));
    return base + base / 8 * (descriptor & 7);
}

/* Checks the header of a frame (RFC 8878, 3.1.1.1). Returns its length, 0 if F-72 does not allow
 * it. */
static unsigned frame_header(const uint8_t *frame, uint64_t length, uint64_t content)
{
    static const uint8_t sizes[] = {0, 2, 4, 8};
    if (length < 6 || fmt_load32(frame) != FMT_FRAME_MAGIC)
        return 0;
    const uint8_t descriptor = frame[4];
    if (descriptor & 0x1F) /* unused and reserved bit, checksum, dictionary */
        return 0;
    const bool single = (descriptor & 0x20) != 0;
    const unsigned at = single ? 5 : 6,
                   size = descriptor >> 6 == 0 ? single : sizes[descriptor >> 6];
    if (size == 0 || length < at + size)
        return 0;
    if (load(frame + at, size) + (size == 2 ? 256 : 0) != content)
        return 0;
    if (!single && (window_of(frame[5]) < content || window_of(frame[5]) > FMT_FRAME_WINDOW_MAX))
        return 0;
    return at + size;
}

/* Reads a Literals_Section_Header (RFC 8878, 3.1.1.3.1.1) of a block of `length` >= 3 bytes. Sets
 * *regenerated to the number of literals and returns the length of the whole section, which may be
 * beyond `length`. */
static uint64_t literals_section(const uint8_t *p, uint64_t length, uint64_t *regenerated)
{
    const unsigned type = p[0] & 3, format = p[0] >> 2 & 3;
    if (type < LITERALS_COMPRESSED) {
        const unsigned header = format == 1 ? 2 : format == 3 ? 3 : 1;
        *regenerated = load(p, header) >> (header == 1 ? 3 : 4);
        return header + (type == BLOCK_RLE ? 1 : *regenerated);
    }
    const unsigned header = format < 2 ? 3 : format + 2, bits = format < 2    ? 10
                                                                : format == 2 ? 14
                                                                              : 18;
    if (length < header) {
        *regenerated = 0;
        return header;
    }
    const uint64_t value = load(p, header) >> 4, mask = (UINT64_C(1) << bits) - 1;
    *regenerated = value & mask;
    return header + (value >> bits & mask);
}

/* Checks the headers of the sections of a Compressed_Block. */
static bool sections_good(const uint8_t *p, uint64_t length, uint64_t most)
{
    uint64_t literals, at = literals_section(p, length, &literals);
    if (literals > most || at >= length)
        return false;
    const uint8_t first = p[at]; /* of the Sequences_Section_Header (3.1.1.3.2.1) */
    if (first == 0)
        return at + 1 == length;
    at += first < 128 ? 1 : first < 255 ? 2 : 3;
    return at < length && (p[at] & 3) == 0;
}

/* Checks all blocks of a frame, in its `left` bytes after the header. */
static bool blocks_good(const uint8_t *p, uint64_t left, uint64_t content)
{
    const uint64_t most = content < BLOCK_MOST ? content : BLOCK_MOST;
    uint64_t room = 0; /* for content */
    for (;;) {
        if (left < BLOCK_HEADER)
            return false;
        const uint32_t header = (uint32_t)load(p, BLOCK_HEADER), type = header >> 1 & 3;
        const uint64_t size = header >> 3, stored = type == BLOCK_RLE ? 1 : size;
        p += BLOCK_HEADER;
        left -= BLOCK_HEADER;
        if (type == BLOCK_RESERVED || size > most || stored > left)
            return false;
        if (type == BLOCK_COMPRESSED && (size < COMPRESSED_LEAST || !sections_good(p, size, most)))
            return false;
        room += type == BLOCK_COMPRESSED ? most : size;
        p += stored;
        left -= stored;
        if (header & 1) /* the last one */
            return left == 0 && room >= content;
    }
}

bool fmt_frame_good(const uint8_t *frame, uint64_t length, uint64_t content)
{
    const unsigned header = frame_header(frame, length, content);
    return header != 0 && blocks_good(frame + header, length - header, content);
}
