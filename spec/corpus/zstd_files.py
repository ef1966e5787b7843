"""Compressed files (section 14): good ones, and one for each way in which they can be wrong."""

import struct

import collected
import damage
import numpy as np
import zstandard
from frames import compress
from model import BLOCK, BOOL8, DICTIONARY, FLOAT64, INT8, INT64, STRING, TENSOR, Type
from small_tables import CAT, ID, NAME, WORDS_OF_CAT, table
from writer import Col, Words, write


def good(name, what, data):
    collected.good("zstd-" + name, what, data)


def bad(name, code, what, data):
    collected.bad("zstd-" + name, code, what, data)


def blocks():
    """Two whole blocks of values and a third of one; a validity bitmap; dictionary codes."""
    rows = 2 * BLOCK // 8 + 1
    values = np.arange(rows, dtype="<i8") % 251
    flags = [i % 7 != 0 if i % 1000 else None for i in range(rows)]
    words = Words(["no", "yes"], sorted=True)
    return write(
        [
            Col("n", Type(INT64), values),
            Col("f", Type(BOOL8), flags),
            Col("w", Type(DICTIONARY, width=1), ["no"] * rows, words=words),
        ]
    )


def noise():
    """Bytes that do not compress: the stored buffer is longer than the plain one."""
    random = np.random.Generator(np.random.PCG64(14))
    values = random.integers(-1 << 63, (1 << 63) - 1, 2000, dtype="<i8")
    return write([Col("n", Type(INT64), values)])


def long_texts():
    words = Words(["a", "b" * (1 << 20)])
    return write(
        [
            Col("d", Type(DICTIONARY, width=1), ["a", None, "b" * (1 << 20)], words=words),
            Col("s", Type(STRING), ["x" * 700000, None, "y"]),
        ]
    )


def sentences():
    """Texts whose frames have literals of Huffman's code, and sequences."""
    words = "a bit of the text that a compressor likes to see and that we all know".split()
    random = np.random.Generator(np.random.PCG64(8878))
    texts = [" ".join(words[i] for i in random.integers(0, len(words), 12)) for _ in range(60)]
    return write([Col("s", Type(STRING), texts), Col("i", Type(INT64), range(100, 160))])


def good_files():
    plain = table().sealed()
    good("mixed", "a compressed file: a bit of everything", compress(plain))
    good("level-19", "the same at another level", compress(plain, 19))
    good("blocks", "buffers of several blocks, and so of several frames", compress(blocks()))
    good("texts-short", "literals and sequences in a frame", compress(sentences()))
    good("noise", "frames that are longer than their blocks", compress(noise()))
    good(
        "texts",
        "a dictionary and a string column with buffers that are big plain and small stored",
        compress(long_texts()),
    )
    good(
        "rows-0",
        "no rows: offsets are all there is to compress",
        compress(write([Col("i", Type(INT64), []), Col("s", Type(STRING), [])])),
    )
    good("columns-0", "nothing to compress", compress(write([])))
    good(
        "header-larger",
        "header_size 1024 and descriptor_size 384",
        compress(
            write(
                [
                    Col("f", Type(FLOAT64), [0.5, None]),
                    Col("t", Type(TENSOR, element=INT8, shape=(2, 2)), [[[1, 2], [3, 4]], None]),
                ],
                header_size=1024,
                descriptor_size=384,
                version_minor=1,
            )
        ),
    )


def make_good():
    """Good files: (path, what it is, bytes)."""
    return collected.made(good_files, stored_uncompressed, frames_of_others)


def opened():
    return damage.Damage(compress(table().sealed()))


def reframed(change):
    """The frames of the table, each changed; lengths and hashes are right."""
    cut = zstandard.ZstdCompressor(level=3, write_checksum=False).compress
    return compress(table().sealed(), cut=lambda block: change(cut(block), block))


def frames_wrong():
    def frame(name, what, change):
        bad("frame-" + name, "FRAME", what, reframed(change))

    headers_wrong(frame)
    blocks_wrong()
    own = zstandard.ZstdCompressor(level=3, write_checksum=True)
    bare = zstandard.ZstdCompressor(level=3, write_content_size=False)
    frame("checksum", "frames with zstd's own checksum", lambda f, b: own.compress(b))
    frame(
        "no-size", "frames that do not say how long their content is", lambda f, b: bare.compress(b)
    )
    frame("two", "a block in two frames", lambda f, b: f + f)
    frame(
        "skippable",
        "a skippable frame after each",
        lambda f, b: f + struct.pack("<II", 0x184D2A50, 4) + b"more",
    )
    frame("shorter", "frames of a block that is one byte short", lambda f, b: own_size(b[:-1]))
    frame("longer", "frames of a block that is one byte long", lambda f, b: own_size(b + b"\0"))
    frame("cut", "frames without their last byte", lambda f, b: f[:-1])
    frame("magic", "another magic number", lambda f, b: b"\x29" + f[1:])
    frame("claim", "a frame that says it holds 4 GiB", lambda f, b: claim(f, b))
    frame("garbage", "bytes that are no zstd at all", lambda f, b: bytes(range(64)))
    d = opened()
    bad(
        "prefix",
        "FRAME",
        "the length before the frames is one more",
        d.poke(d.slot(ID, 1), "q", d.descriptor(ID, "slot1.logical") + 1).sealed(),
    )
    d = opened()
    bad(
        "prefix-negative",
        "FRAME",
        "Arrow's mark for bytes that are not compressed: a length of -1",
        d.poke(d.slot(NAME, 2), "q", -1).sealed(),
    )


def headers_wrong(frame):
    """What RFC 8878 or F-72 does not allow, though some decoders take it."""

    def bits(descriptor):
        return lambda f, b: framed(b, RAW, len(b), b, descriptor)

    frame("unused-bit", "the unused bit of the frame's header", bits(0xB0))
    frame("reserved-bit", "the reserved bit of the frame's header", bits(0xA8))
    frame(
        "dictionary-0",
        "a Dictionary_ID field of 0",
        lambda f, b: MAGIC + b"\xa1\0" + struct.pack("<I", len(b)) + zblock(RAW, len(b), b),
    )
    frame("window-large", "a window of 9 MiB", lambda f, b: windowed(b, 0x69))
    frame("type-3", "a block of the reserved type", lambda f, b: framed(b, 3, len(b), b))
    frame(
        "no-last",
        "no block says that it is the last",
        lambda f, b: framed(b, RAW, len(b), b, last=0),
    )
    frame(
        "after-last",
        "an empty block after the last one",
        lambda f, b: framed(b, RAW, len(b), b) + zblock(RAW, 0, b""),
    )
    frame(
        "block-cut",
        "a block that is longer than its frame",
        lambda f, b: framed(b, RAW, len(b), b[:-1]),
    )
    frame(
        "raw-over",
        "a raw block of more bytes than the frame holds",
        lambda f, b: framed(b, RAW, len(b) + 1, b + b"\0"),
    )
    frame(
        "compressed-2",
        "a compressed block of 2 bytes before the block",
        lambda f, b: header(len(b)) + zblock(COMPRESSED, 2, bytes(2), 0) + zblock(RAW, len(b), b),
    )


def blocks_wrong():
    """The same of blocks that are as large as zstd allows, or larger."""
    for name, what, change in (
        (
            "window-small",
            "a window that is smaller than the content",
            lambda n: windowed(bytes(n), 0x30, zeros(n)),
        ),
        (
            "rle-over",
            "a block of more than 131,072 bytes",
            lambda n: header(n) + zblock(RLE, n, b"\0"),
        ),
        (
            "sequence-over",
            "a compressed block that holds 131,075 bytes",
            lambda n: header(n) + sequence(65535) + zblock(RLE, n - 131075, b"\0"),
        ),
        (
            "sequence-reserved",
            "the reserved bits of a block's sequences",
            lambda n: header(n) + sequence(65532, 0x55) + zblock(RLE, n - 131072, b"\0"),
        ),
        (
            "literals-over",
            "a compressed block of 131,073 literals",
            lambda n: (
                header(n)
                + zblock(COMPRESSED, 5, b"\x1d\0\x20\0\0", 0)
                + zblock(RLE, n - 131073, b"\0")
            ),
        ),
        (
            "literals-end",
            "bytes after a compressed block without sequences",
            lambda n: (
                header(n)
                + zblock(COMPRESSED, 6, b"\x0d\0\x20\0\0\0", 0)
                + zblock(RLE, n - 131072, b"\0")
            ),
        ),
    ):
        bad("frame-" + name, "FRAME", what, of_zeros(change))


RAW, RLE, COMPRESSED = range(3)
MAGIC = b"\x28\xb5\x2f\xfd"
ZEROS = 140000  # more than the 131,072 bytes of a zstd block


def zblock(kind, size, body, last=1):
    return struct.pack("<I", size << 3 | kind << 1 | last)[:3] + body


def header(content):
    """Of a frame that says its content in 4 bytes and is a single segment."""
    return MAGIC + b"\xa0" + struct.pack("<I", content)


def framed(block, kind, size, body, descriptor=0xA0, last=1):
    """A frame of one block."""
    head = MAGIC + bytes([descriptor]) + struct.pack("<I", len(block))
    return head + zblock(kind, size, body, last)


def windowed(block, window, blocks=None):
    """A frame that states a window."""
    blocks = zblock(RAW, len(block), block) if blocks is None else blocks
    return MAGIC + bytes([0x80, window]) + struct.pack("<I", len(block)) + blocks


def zeros(n):
    """n zeros in blocks of one repeated byte."""
    return zblock(RLE, 131072, b"\0", 0) + zblock(RLE, n - 131072, b"\0")


def sequence(extra, modes=0x54):
    """A compressed block of one literal and one match: extra + 65,540 zeros in all."""
    body = b"\x09\0\x01" + bytes([modes, 1, 0, 52]) + struct.pack("<HB", extra, 1)
    return zblock(COMPRESSED, len(body), body, 0)


def of_zeros(change):
    """A table of zeros whose values, 140,000 bytes, are in one frame made by hand."""
    cut = zstandard.ZstdCompressor(level=3).compress
    plain = write([Col("z", Type(INT8), [0] * ZEROS)])
    return compress(plain, cut=lambda b: change(len(b)) if len(b) == ZEROS else cut(b))


def stored_uncompressed():
    """F-71: encoding 0 in a compressed file."""
    plain = table().sealed()
    some = {(ID, 1), (NAME, 2), (CAT, 0), (WORDS_OF_CAT, 1)}
    every = {(i, s) for i in range(6) for s in range(4)}
    good("uncompressed-some", "some slots stored uncompressed", compress(plain, uncompressed=some))
    good("uncompressed-all", "all of them: no frames", compress(plain, uncompressed=every))
    good(
        "uncompressed-blocks",
        "a slot of several blocks stored uncompressed beside frames",
        compress(blocks_of_zeros(), uncompressed={(0, 1)}),
    )


def blocks_of_zeros():
    return write([Col("z", Type(INT8), [0] * (BLOCK + 8)), Col("i", Type(INT8), [1] * (BLOCK + 8))])


def uncompressed_wrong():
    def half():
        return damage.Damage(compress(table().sealed(), uncompressed={(ID, 1)}))

    d = half()
    bad(
        "uncompressed-prefix",
        "FRAME",
        "a slot of encoding 0 with its length as the prefix, where -1 belongs",
        d.poke(d.slot(ID, 1), "q", 20).sealed(),
    )
    for name, what, fields in (
        ("short", "a slot of encoding 0 without the 8 bytes of the prefix", {"slot1__stored": 20}),
        ("long", "a slot of encoding 0 with a byte more", {"slot1__stored": 29}),
        ("empty", "a slot of encoding 0 with a prefix and nothing else", {"slot2__stored": 8}),
        ("as-zstd", "uncompressed bytes under encoding 1: no frame", {"slot1__encoding": 1}),
    ):
        code = "LAYOUT" if name == "as-zstd" else "DESCRIPTOR_FIELD"
        bad("uncompressed-" + name, code, what, half().describe(ID, **fields).sealed("blocks"))
    d = half()
    bad(
        "uncompressed-block",
        "BLOCK_HASH",
        "one bit of a value that is stored uncompressed",
        d.flip(d.slot(ID, 1) + 8).raw(),
    )
    d = half()
    bad(
        "uncompressed-content",
        "FILE_ID",
        "another value stored uncompressed: it is not the table of content_id",
        d.flip(d.slot(ID, 1) + 8).sealed(),
    )


def frames_of_others():
    """Frames that are allowed, though zstd itself does not write them so."""

    def frame(name, what, change):
        good("frame-" + name, what, reframed(change))

    frame("window", "a window of 8 MiB", lambda f, b: windowed(b, 0x68))
    frame(
        "size-8",
        "a content size of 8 bytes",
        lambda f, b: MAGIC + b"\xe0" + struct.pack("<Q", len(b)) + zblock(RAW, len(b), b),
    )
    frame(
        "empty-last",
        "an empty last block",
        lambda f, b: framed(b, RAW, len(b), b, last=0) + zblock(RAW, 0, b""),
    )
    good("frame-rle", "blocks of one repeated byte", of_zeros(lambda n: header(n) + zeros(n)))
    good(
        "frame-sequence",
        "a compressed block that holds 131,072 bytes, made by hand",
        of_zeros(lambda n: header(n) + sequence(65532) + zblock(RLE, n - 131072, b"\0")),
    )


def own_size(block):
    return zstandard.ZstdCompressor(level=3).compress(block)


def claim(frame, block):
    """A content size of 8 bytes in the frame's header."""
    raw = b"\x28\xb5\x2f\xfd" + bytes([0xE0]) + struct.pack("<Q", 1 << 32)
    return raw + struct.pack("<I", len(block) << 3 | 1)[:3] + block


def tables_wrong():
    d = opened()
    at = d.region("frames")
    for name, value in (("zero", 0), ("more", d.peek(at, "I") + 1), ("huge", 0xFFFFFFFF)):
        bad(
            "length-" + name,
            "LAYOUT",
            f"the length of the first frame: {name}",
            opened().poke(at, "I", value).sealed(),
        )
    bad(
        "frames-hash",
        "REGION_HASH",
        "one bit of the frame lengths",
        opened().flip(at).header_sealed(),
    )
    bad(
        "frames-late",
        "HEADER_FIELD",
        "the frames region starts 64 bytes late",
        opened().set(frames__offset=at + 64).sealed(),
    )
    bad(
        "frames-outside",
        "HEADER_FIELD",
        "the frames region beyond the file",
        opened().set(frames__offset=(1 << 64) - 64).header_sealed(),
    )
    bad(
        "frames-odd",
        "HEADER_FIELD",
        "a frames region that is no whole number of lengths",
        opened().set(frames__length=d.header("frames.length") - 1).sealed(),
    )
    bad(
        "frames-fewer",
        "LAYOUT",
        "a frame less than there are blocks",
        opened().set(frames__length=d.header("frames.length") - 4).sealed(),
    )


def descriptors_wrong():
    bad(
        "reserved",
        "HEADER_FIELD",
        "a reserved byte behind the tenth entry",
        opened().poke(440, "B", 1).sealed(),
    )
    bad(
        "encoding-plain",
        "DESCRIPTOR_FIELD",
        "encoding 0 beside the length of a frame",
        opened().describe(ID, slot1__encoding=0).sealed(),
    )
    bad(
        "encoding-empty",
        "DESCRIPTOR_FIELD",
        "encoding 1 in a slot of length 0",
        opened().describe(ID, slot0__encoding=1).sealed(),
    )
    bad(
        "logical",
        "DESCRIPTOR_FIELD",
        "a logical length that the rows do not give",
        opened().describe(ID, slot1__logical=24).sealed(),
    )
    bad(
        "stored-short",
        "DESCRIPTOR_FIELD",
        "stored bytes without room for a frame",
        opened().describe(CAT, slot1__stored=8).sealed("blocks"),
    )
    bad(
        "stored-long",
        "DESCRIPTOR_FIELD",
        "more stored bytes than a block can have",
        opened().describe(WORDS_OF_CAT, slot1__stored=8 + 526337).sealed("blocks"),
    )


def hashes_wrong():
    d = opened()
    bad("block", "BLOCK_HASH", "one bit of a frame", opened().flip(d.slot(ID, 1) + 12).raw())
    bad(
        "content-id",
        "FILE_ID",
        "content_id of another table",
        opened().poke(144, "16s", b"of another table").sealed(),
    )
    bad(
        "of-plain",
        "DESCRIPTOR_FIELD",
        "incompat bit 0 over a plain file's body, made to fit",
        compressed_flag(),
    )
    p = damage.Damage(compress(write([Col("b", Type(BOOL8), [True])])))
    bad("file-id", "FILE_ID", "file_id of other bytes", p.flip(130).header_sealed())


def compressed_flag():
    """A plain file whose header alone says that it is compressed."""
    d = table()
    return d.set(incompat=1, frames__offset=d.header("footer.offset"), frames__length=0).sealed()


def values_wrong():
    """Damage of the plain form, inside right frames."""

    def packed(name, code, what, d):
        bad(name, code, what, recompressed(d))

    d = table()
    packed(
        "codes",
        "CODES",
        "a code outside the dictionary, in the plain form",
        d.poke(d.slot(CAT, 1), "b", 9),
    )
    d = table()
    packed(
        "utf8",
        "UTF8",
        "a string that is not UTF-8, in the plain form",
        d.poke(d.slot(NAME, 2), "B", 0xFF),
    )
    d = table()
    packed(
        "offsets",
        "OFFSETS",
        "an offset beyond the bytes, in the plain form",
        d.poke(d.slot(NAME, 1) + 8, "q", 1 << 40),
    )
    d = table()
    packed(
        "zone", "ZONE_MAP", "a zone entry that is not its values'", d.poke(d.zone(ID) + 16, "q", 4)
    )


def recompressed(d):
    return compress(d.sealed())


def make_bad():
    """Bad files: (path, code, what it is, bytes)."""
    return collected.made(
        frames_wrong,
        tables_wrong,
        descriptors_wrong,
        uncompressed_wrong,
        hashes_wrong,
        values_wrong,
    )
