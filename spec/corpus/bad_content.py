"""Broken files whose header and places are right: names, metadata, gaps, blocks, envelope.

All hashes are right but for those of the hash codes: these are the files a
hostile writer would make.
"""

import struct

from collected import bad, made
from damage import Damage
from model import (
    BOOL8,
    FIXED_BINARY,
    INT8,
    TENSOR,
    TIMESTAMP,
    Type,
)
from sealing import xxh3
from small_tables import CAT, FLAG, ID, NAME, WORDS_OF_CAT, one, table
from writer import Col, write


def names():
    def name(what, text, d):
        bad(f"name-{what}", "NAME", text, d.sealed())

    def renamed(i, text):
        """Other bytes for a name of the same length, its hashes repaired."""
        d = table()
        at = d.region("names") + d.descriptor(i, "name_offset")
        d.data[at : at + len(text)] = text
        return rehash(d, i)

    for what, text, b in (
        ("utf8", "not UTF-8", b"na\xffe"),
        ("cut", "a cut character", b"nam\xc3"),
        ("overlong", "an overlong form", b"n\xc0\x80e"),
        ("surrogate", "a surrogate", b"\xed\xa0\x80e"),
        ("nul", "a NUL inside", b"na\0e"),
    ):
        name(what, text, renamed(NAME, b))
    t = table()
    name(
        "hash",
        "name_hash of another name",
        t.describe(ID, name_hash=t.descriptor(FLAG, "name_hash")),
    )
    d = table().describe(FLAG, name_offset=0, name_length=2)
    name("offset", "two columns with one place in the names", rehash(d, FLAG))
    name("outside", "a name beyond the names", table().describe(CAT, name_offset=1 << 20))
    name(
        "wraps", "name_offset + name_length wraps", table().describe(CAT, name_offset=(1 << 64) - 2)
    )
    d = table().describe(ID, name_length=1)
    name("short", "a name shorter than up to its NUL", rehash(d, ID))
    d = table()
    name(
        "terminator",
        "no NUL after the last name",
        d.poke(d.region("names") + d.header("names.length") - 1, "B", 65),
    )
    name("long", "a name of 65,536 bytes", Damage(write([Col("n" * 65536, Type(INT8), [1])])))

    def zone(b):
        return one(Type(TIMESTAMP, zone=b), [1])

    name("zone-utf8", "a zone that is not UTF-8", zone(b"\xff"))
    name("zone-nul", "a zone with a NUL", zone(b"a\0b"))
    name("zone-long", "a zone of 256 bytes", zone(b"z" * 256))
    name("zone-hash", "the hash of another zone", zone(b"UTC").describe(0, zone_hash=1))
    name("zone-offset", "a zone that lies in the name", zone(b"UTC").describe(0, zone_offset=0))


def rehash(d, i):
    """The descriptor's name_hash made right for what its name is now."""
    at = d.region("names") + d.descriptor(i, "name_offset")
    h = xxh3(d.data[at : at + d.descriptor(i, "name_length")])
    return d.describe(i, name_hash=h)


def name_index():
    def index(name, what, d):
        bad(f"index-{name}", "NAME_INDEX", what, d.sealed())

    def entry(k):
        d = table()
        return d, d.region("name_index") + 16 * k

    d, at = entry(0)
    d.data[at : at + 32] = d.data[at + 16 : at + 32] + d.data[at : at + 16]
    index("order", "two entries exchanged", d)
    d, at = entry(0)
    d.data[at + 16 : at + 32] = d.data[at : at + 16]
    index("twice", "one column twice, another not at all", d)
    d, at = entry(2)
    index("column", "a column that is not there", d.poke(at + 8, "I", 5))
    d, at = entry(2)
    index("column-top", "column 2^32 - 1", d.poke(at + 8, "I", 0xFFFFFFFF))
    d, at = entry(2)
    index("zero", "the entry's zero", d.poke(at + 12, "I", 1))
    d, at = entry(4)
    index("hash", "another hash, in its order", d.poke(at, "Q", (1 << 64) - 1))
    same = [Col("a", Type(INT8), [1]), Col("b", Type(INT8), [2]), Col("a", Type(INT8), [3])]
    index("duplicate", "two columns of one name", Damage(write(same)))
    empty = [Col("", Type(INT8), [1]), Col("", Type(INT8), [2])]
    index("duplicate-empty", "two columns of the empty name", Damage(write(empty)))


def metadata():
    def block(name, what, change, where=ID):
        """Changes a block of the table (None) or a column, repairs hashes."""
        d = table()
        at = d.region("metadata")
        if where is None:
            length = d.header("table_metadata_length")
        else:
            at += d.descriptor(where, "metadata_offset")
            length = d.descriptor(where, "metadata_length")
        change(d, at)
        h = xxh3(d.data[at : at + length])
        if where is None:
            d.set(table_metadata_hash=h)
        else:
            d.describe(where, metadata_hash=h)
        bad(f"metadata-{name}", "METADATA", what, d.sealed())

    block("pair", "a value that runs over the block", lambda d, at: d.poke(at + 8, "I", 100))
    block(
        "pair-wraps",
        "key length + value length wraps",
        lambda d, at: d.poke(at + 4, "II", 0xFFFFFFFF, 6),
    )
    block("short", "a byte after the last pair", lambda d, at: d.poke(at + 8, "I", 0))
    block("count-0", "a block of no pairs", lambda d, at: d.poke(at, "I", 0))
    block("count", "a pair more than there is", lambda d, at: d.poke(at, "I", 2))
    block("count-top", "2^32 - 1 pairs", lambda d, at: d.poke(at, "I", 0xFFFFFFFF))
    block("utf8", "a key that is not UTF-8", lambda d, at: d.poke(at + 12, "B", 0xFF))
    block(
        "table-utf8",
        "a value of the table that is not UTF-8",
        lambda d, at: d.poke(at + 20, "B", 0xFF),
        None,
    )


def metadata_places():
    bad(
        "metadata-hash",
        "METADATA",
        "the hash of another block",
        table().describe(ID, metadata_hash=1).sealed(),
    )
    bad(
        "metadata-table-hash",
        "METADATA",
        "the table's block has another hash",
        table().set(table_metadata_hash=1).sealed(),
    )
    bad(
        "metadata-outside",
        "METADATA",
        "a block beyond the part",
        table().describe(ID, metadata_offset=1 << 40).sealed(),
    )
    bad(
        "metadata-wraps",
        "METADATA",
        "a block whose offset + length wraps",
        table().describe(ID, metadata_offset=(1 << 64) - 8).sealed(),
    )
    d = table()
    bad(
        "metadata-shared",
        "METADATA",
        "two columns with one block",
        d.describe(
            FLAG,
            **{
                k: d.descriptor(ID, k)
                for k in ("metadata_offset", "metadata_length", "metadata_hash")
            },
        ).sealed(),
    )
    bad(
        "metadata-unused",
        "METADATA",
        "bytes that are no column's block",
        table().describe(FLAG, metadata_offset=0, metadata_length=0, metadata_hash=0).sealed(),
    )


def metadata_extensions():
    pair = [("ARROW:extension:name", "x")]
    bad(
        "metadata-extension-bool8",
        "METADATA",
        "an extension key on bool8",
        one(Type(BOOL8), [True], metadata=pair).raw(),
    )
    bad(
        "metadata-extension-tensor",
        "METADATA",
        "an extension key on a tensor",
        one(
            Type(TENSOR, element=INT8, shape=(1,)),
            [[1]],
            metadata=[("ARROW:extension:metadata", "{}")],
        ).raw(),
    )


def gaps():
    def gap(name, what, at):
        bad(f"gap-{name}", "GAP", what, table().flip(at).sealed())

    t = table()
    names = t.region("names") + t.header("names.length")
    assert names % 8, "the names must not end at a multiple of 8"
    gap("names", "the byte after the names", names)
    gap("schema", "the byte before the schema", t.region("schema") - 1)
    gap("values", "the byte after a column's values", t.slot(ID, 1) + 20)
    gap("buffers", "the byte before a buffer", t.slot(FLAG, 0) - 1)
    gap("words", "the byte after the dictionary's last buffer", t.slot(WORDS_OF_CAT, 2) + 3)
    gap("checksums", "the byte before the checksums", t.region("checksums") - 1)
    gap("zones", "the byte before the zone maps", t.region("zones") - 1)


def blocks():
    def block(name, what, at, d=None):
        bad(f"block-{name}", "BLOCK_HASH", what, (d or table()).flip(at).sealed("blocks"))

    t = table()
    block("values", "one bit of a value", t.slot(ID, 1))
    block("validity", "one bit of a validity bitmap", t.slot(FLAG, 0))
    block("offsets", "one bit of an offset", t.slot(NAME, 1) + 8)
    block("bytes", "one bit of a string", t.slot(NAME, 2))
    block("codes", "one bit of a code", t.slot(CAT, 1))
    block("words", "one bit of a dictionary's value", t.slot(WORDS_OF_CAT, 2))
    d = one(Type(FIXED_BINARY, width=524289), [bytes(524289)])
    block("second", "the last byte, alone in the second block", d.slot(0, 1) + 524288, d)
    d = table()
    block("checksum", "one bit of a checksum, the region's hash repaired", d.region("checksums"), d)


def envelopes():
    def wrong(name, what, d):
        bad(f"envelope-{name}", "ENVELOPE", what, d.sealed())

    def find(d, region, what):
        return d.data.index(what, d.region(region))

    t = table()
    wrong(
        "name",
        "a column has another name for Arrow",
        t.poke(find(t, "schema", b"\4\0\0\0name\0") + 4, "4s", b"eman"),
    )
    t = table()
    zone = find(t, "schema", b"Europe/Paris")
    wrong("zone", "a timestamp has another zone for Arrow", t.poke(zone, "12s", b"Europe/Malta"))
    t = table()
    wrong(
        "metadata",
        "metadata differs for Arrow",
        t.poke(find(t, "schema", b"corpus"), "6s", b"CORPUS"),
    )
    t = table()
    wrong(
        "extension",
        "the extension's name differs",
        t.poke(find(t, "schema", b"arrow.bool8"), "11s", b"arrow.boolX"),
    )
    t = table()
    wrong(
        "vtable",
        "an unused vtable changed",
        t.flip(find(t, "schema", struct.pack("<4H", 8, 8, 4, 5))),
    )
    t = table()
    wrong(
        "padding",
        "the schema's last byte is not zero",
        t.flip(t.region("schema") + t.header("schema.length") - 1),
    )
    t = table()
    body = t.header("body_offset")
    at = find(t, "batch", struct.pack("<qq", t.slot(NAME, 2) - body, 12))
    wrong("buffer", "Arrow's buffer lies elsewhere", t.poke(at, "q", t.slot(ID, 1) - body))
    t = table()
    at = find(t, "batch", struct.pack("<qq", 5, 2))
    wrong("node", "Arrow's null_count differs", t.poke(at + 8, "q", 1))
    t = table()
    wrong("batch-length", "the batch message's length", t.poke(t.region("batch") + 4, "i", 64))
    t = table()
    wrong("batch-end", "the byte before the body", t.flip(body - 1))
    t = table()
    at = t.descriptor(WORDS_OF_CAT, "message_offset")
    wrong(
        "dictionary",
        "the dictionary message is another dictionary's",
        t.poke(t.data.index(struct.pack("<q", 3), at), "q", 2),
    )
    t = table()
    wrong(
        "footer-block",
        "the footer names another place for the batch",
        t.poke(find(t, "footer", struct.pack("<q", t.region("batch"))), "q", 0),
    )
    t = table()
    wrong("footer-magic", "Arrow's last magic", t.flip(t.header("file_size") - 1))
    t = table()
    wrong("end-of-stream", "no end-of-stream mark", t.poke(t.region("footer"), "I", 0))


def make():
    """These files: (path, code, what it is, bytes)."""
    return made(
        names, name_index, metadata, metadata_places, metadata_extensions, gaps, blocks, envelopes
    )
