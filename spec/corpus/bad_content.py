"""Broken files whose header and places are right: names, metadata, gaps, values, envelope.

All hashes are right but for those of the hash codes: these are the files a
hostile writer would make.
"""

import math
import struct

import numpy as np

from bad_files import CAT, FLAG, ID, NAME, WORDS_OF_CAT, table
from damage import Damage
from model import (BINARY, BOOL8, DATE32, DATE64, DAY_MS, DICTIONARY, DURATION,
                   FIXED_BINARY, FLOAT32, FLOAT64, INT32, INT64_MIN, INT8,
                   STRING, TENSOR, TIME32, TIME64, TIMESTAMP, UINT8, Type)
from sealing import xxh3
from writer import Col, Words, write

FILES = []
NAN = math.nan


def bad(name, code, what, data):
    FILES.append((f"bad/{name}.shmcol", code, what, bytes(data)))


def one(t, values, **more):
    return Damage(write([Col("a", t, values, **more)]))


def names():
    def name(what, text, d):
        bad(f"name-{what}", "NAME", text, d.sealed())

    def renamed(i, text):
        """Other bytes for a name of the same length, its hashes repaired."""
        d = table()
        at = d.region("names") + d.descriptor(i, "name_offset")
        d.data[at:at + len(text)] = text
        return rehash(d, i)

    for what, text, b in (("utf8", "not UTF-8", b"na\xffe"),
                          ("cut", "a cut character", b"nam\xc3"),
                          ("overlong", "an overlong form", b"n\xc0\x80e"),
                          ("surrogate", "a surrogate", b"\xed\xa0\x80e"),
                          ("nul", "a NUL inside", b"na\0e")):
        name(what, text, renamed(NAME, b))
    t = table()
    name("hash", "name_hash of another name",
         t.describe(ID, name_hash=t.descriptor(FLAG, "name_hash")))
    d = table().describe(FLAG, name_offset=0, name_length=2)
    name("offset", "two columns with one place in the names", rehash(d, FLAG))
    name("outside", "a name beyond the names",
         table().describe(CAT, name_offset=1 << 20))
    name("wraps", "name_offset + name_length wraps",
         table().describe(CAT, name_offset=(1 << 64) - 2))
    d = table().describe(ID, name_length=1)
    name("short", "a name shorter than up to its NUL", rehash(d, ID))
    d = table()
    name("terminator", "no NUL after the last name",
         d.poke(d.region("names") + d.header("names.length") - 1, "B", 65))
    name("long", "a name of 65,536 bytes",
         Damage(write([Col("n" * 65536, Type(INT8), [1])])))

    def zone(b):
        return one(Type(TIMESTAMP, zone=b), [1])

    name("zone-utf8", "a zone that is not UTF-8", zone(b"\xff"))
    name("zone-nul", "a zone with a NUL", zone(b"a\0b"))
    name("zone-long", "a zone of 256 bytes", zone(b"z" * 256))
    name("zone-hash", "the hash of another zone",
         zone(b"UTC").describe(0, zone_hash=1))
    name("zone-offset", "a zone that lies in the name",
         zone(b"UTC").describe(0, zone_offset=0))


def rehash(d, i):
    """The descriptor's name_hash made right for what its name is now."""
    at = d.region("names") + d.descriptor(i, "name_offset")
    h = xxh3(d.data[at:at + d.descriptor(i, "name_length")])
    return d.describe(i, name_hash=h)


def name_index():
    def index(name, what, d):
        bad(f"index-{name}", "NAME_INDEX", what, d.sealed())

    def entry(k):
        d = table()
        return d, d.region("name_index") + 16 * k

    d, at = entry(0)
    d.data[at:at + 32] = d.data[at + 16:at + 32] + d.data[at:at + 16]
    index("order", "two entries exchanged", d)
    d, at = entry(0)
    d.data[at + 16:at + 32] = d.data[at:at + 16]
    index("twice", "one column twice, another not at all", d)
    d, at = entry(2)
    index("column", "a column that is not there", d.poke(at + 8, "I", 5))
    d, at = entry(2)
    index("column-top", "column 2^32 - 1",
          d.poke(at + 8, "I", 0xFFFFFFFF))
    d, at = entry(2)
    index("zero", "the entry's zero", d.poke(at + 12, "I", 1))
    d, at = entry(4)
    index("hash", "another hash, in its order", d.poke(at, "Q", (1 << 64) - 1))
    same = [Col("a", Type(INT8), [1]), Col("b", Type(INT8), [2]),
            Col("a", Type(INT8), [3])]
    index("duplicate", "two columns of one name", Damage(write(same)))
    empty = [Col("", Type(INT8), [1]), Col("", Type(INT8), [2])]
    index("duplicate-empty", "two columns of the empty name",
          Damage(write(empty)))


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
        h = xxh3(d.data[at:at + length])
        if where is None:
            d.set(table_metadata_hash=h)
        else:
            d.describe(where, metadata_hash=h)
        bad(f"metadata-{name}", "METADATA", what, d.sealed())

    block("pair", "a value that runs over the block",
          lambda d, at: d.poke(at + 8, "I", 100))
    block("pair-wraps", "key length + value length wraps",
          lambda d, at: d.poke(at + 4, "II", 0xFFFFFFFF, 6))
    block("short", "a byte after the last pair",
          lambda d, at: d.poke(at + 8, "I", 0))
    block("count-0", "a block of no pairs", lambda d, at: d.poke(at, "I", 0))
    block("count", "a pair more than there is",
          lambda d, at: d.poke(at, "I", 2))
    block("count-top", "2^32 - 1 pairs",
          lambda d, at: d.poke(at, "I", 0xFFFFFFFF))
    block("utf8", "a key that is not UTF-8",
          lambda d, at: d.poke(at + 12, "B", 0xFF))
    block("table-utf8", "a value of the table that is not UTF-8",
          lambda d, at: d.poke(at + 20, "B", 0xFF), None)
    bad("metadata-hash", "METADATA", "the hash of another block",
        table().describe(ID, metadata_hash=1).sealed())
    bad("metadata-table-hash", "METADATA", "the table's block has another "
        "hash", table().set(table_metadata_hash=1).sealed())
    bad("metadata-outside", "METADATA", "a block beyond the part",
        table().describe(ID, metadata_offset=1 << 40).sealed())
    bad("metadata-wraps", "METADATA", "a block whose offset + length wraps",
        table().describe(ID, metadata_offset=(1 << 64) - 8).sealed())
    d = table()
    bad("metadata-shared", "METADATA", "two columns with one block",
        d.describe(FLAG, **{k: d.descriptor(ID, k) for k in (
            "metadata_offset", "metadata_length", "metadata_hash")}).sealed())
    bad("metadata-unused", "METADATA", "bytes that are no column's block",
        table().describe(FLAG, metadata_offset=0, metadata_length=0,
                         metadata_hash=0).sealed())
    pair = [("ARROW:extension:name", "x")]
    bad("metadata-extension-bool8", "METADATA", "an extension key on bool8",
        one(Type(BOOL8), [True], metadata=pair).raw())
    bad("metadata-extension-tensor", "METADATA", "an extension key on a tensor",
        one(Type(TENSOR, element=INT8, shape=(1,)), [[1]],
            metadata=[("ARROW:extension:metadata", "{}")]).raw())


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
    gap("words", "the byte after the dictionary's last buffer",
        t.slot(WORDS_OF_CAT, 2) + 3)
    gap("checksums", "the byte before the checksums", t.region("checksums") - 1)
    gap("zones", "the byte before the zone maps", t.region("zones") - 1)


def blocks():
    def block(name, what, at, d=None):
        bad(f"block-{name}", "BLOCK_HASH", what,
            (d or table()).flip(at).sealed("blocks"))

    t = table()
    block("values", "one bit of a value", t.slot(ID, 1))
    block("validity", "one bit of a validity bitmap", t.slot(FLAG, 0))
    block("offsets", "one bit of an offset", t.slot(NAME, 1) + 8)
    block("bytes", "one bit of a string", t.slot(NAME, 2))
    block("codes", "one bit of a code", t.slot(CAT, 1))
    block("words", "one bit of a dictionary's value", t.slot(WORDS_OF_CAT, 2))
    d = one(Type(FIXED_BINARY, width=524289), [bytes(524289)])
    block("second", "the last byte, alone in the second block",
          d.slot(0, 1) + 524288, d)
    d = table()
    block("checksum", "one bit of a checksum, the region's hash repaired",
          d.region("checksums"), d)


def envelopes():
    def wrong(name, what, d):
        bad(f"envelope-{name}", "ENVELOPE", what, d.sealed())

    def find(d, region, what):
        return d.data.index(what, d.region(region))

    t = table()
    wrong("name", "a column has another name for Arrow",
          t.poke(find(t, "schema", b"\4\0\0\0name\0") + 4, "4s", b"eman"))
    t = table()
    zone = find(t, "schema", b"Europe/Paris")
    wrong("zone", "a timestamp has another zone for Arrow",
          t.poke(zone, "12s", b"Europe/Malta"))
    t = table()
    wrong("metadata", "metadata differs for Arrow",
          t.poke(find(t, "schema", b"corpus"), "6s", b"CORPUS"))
    t = table()
    wrong("extension", "the extension's name differs",
          t.poke(find(t, "schema", b"arrow.bool8"), "11s", b"arrow.boolX"))
    t = table()
    wrong("vtable", "an unused vtable changed",
          t.flip(find(t, "schema", struct.pack("<4H", 8, 8, 4, 5))))
    t = table()
    wrong("padding", "the schema's last byte is not zero",
          t.flip(t.region("schema") + t.header("schema.length") - 1))
    t = table()
    body = t.header("body_offset")
    at = find(t, "batch", struct.pack("<qq", t.slot(NAME, 2) - body, 12))
    wrong("buffer", "Arrow's buffer lies elsewhere",
          t.poke(at, "q", t.slot(ID, 1) - body))
    t = table()
    at = find(t, "batch", struct.pack("<qq", 5, 2))
    wrong("node", "Arrow's null_count differs", t.poke(at + 8, "q", 1))
    t = table()
    wrong("batch-length", "the batch message's length",
          t.poke(t.region("batch") + 4, "i", 64))
    t = table()
    wrong("batch-end", "the byte before the body", t.flip(body - 1))
    t = table()
    at = t.descriptor(WORDS_OF_CAT, "message_offset")
    wrong("dictionary", "the dictionary message is another dictionary's",
          t.poke(t.data.index(struct.pack("<q", 3), at), "q", 2))
    t = table()
    wrong("footer-block", "the footer names another place for the batch",
          t.poke(find(t, "footer", struct.pack("<q", t.region("batch"))),
                 "q", 0))
    t = table()
    wrong("footer-magic", "Arrow's last magic",
          t.flip(t.header("file_size") - 1))
    t = table()
    wrong("end-of-stream", "no end-of-stream mark",
          t.poke(t.region("footer"), "I", 0))


def validity():
    def wrong(name, what, d):
        bad(f"validity-{name}", "VALIDITY", what, d.sealed())

    d = table()
    wrong("spare", "a spare bit is 1", d.flip(d.slot(FLAG, 0), 0x20))
    d = table()
    wrong("fewer", "a null fewer than null_count", d.flip(d.slot(FLAG, 0), 2))
    d = table()
    wrong("more", "a null more than null_count", d.flip(d.slot(FLAG, 0), 1))


def strings():
    def offset(name, what, k, value, i=NAME, s=1):
        d = table()
        bad(f"offsets-{name}", "OFFSETS", what,
            d.poke(d.slot(i, s) + 8 * k, "q", value).sealed())

    offset("decreasing", "an offset less than the one before", 2, 2)
    offset("first", "the first is not 0", 0, 1)
    offset("beyond", "an offset beyond the bytes, the next comes back", 3, 999)
    offset("last", "the last is beyond the bytes", 5, 13)
    offset("last-short", "the last is before the end of the bytes", 5, 11)
    offset("negative", "a negative offset", 1, -1)
    offset("min", "the first is INT64_MIN", 0, INT64_MIN)
    offset("top", "the last is 2^63 - 1", 5, (1 << 63) - 1)
    offset("dictionary", "a dictionary's offsets decrease", 2, 0, WORDS_OF_CAT)
    d = Damage(write([Col("s", Type(STRING), [])]))
    bad("offsets-rows-0", "OFFSETS", "no rows, and the one offset is not 0",
        d.poke(d.slot(0, 1), "q", 8).sealed())
    d = one(Type(BINARY), [b"ab", b"c"])
    bad("offsets-binary", "OFFSETS", "a binary column's offsets decrease",
        d.poke(d.slot(0, 1) + 8, "q", 4).sealed())

    def utf8(name, what, d):
        bad(f"utf8-{name}", "UTF8", what, d.sealed())

    d = table()
    utf8("byte", "a byte that is no UTF-8", d.flip(d.slot(NAME, 2), 0x80))
    d = table()
    utf8("cut", "a character cut between two values: the bytes together are "
         "valid", d.poke(d.slot(NAME, 1) + 8 * 4, "q", 7))
    for name, what, b in (("surrogate", "a surrogate", b"\xed\xa0\x80"),
                          ("overlong", "an overlong form", b"\xe0\x80\xaf"),
                          ("beyond", "beyond U+10FFFF, cut to three bytes",
                           b"\xf4\x90\x80")):
        d = table()
        utf8(name, what, d.poke(d.slot(NAME, 2), "3s", b))
    d = one(Type(STRING), ["abcd"])
    utf8("five", "beyond U+10FFFF",
         d.poke(d.slot(0, 2), "4s", b"\xf4\x90\x80\x80"))
    d = table()
    utf8("dictionary", "a dictionary's value",
         d.poke(d.slot(WORDS_OF_CAT, 2) + 1, "B", 0xFF))


def dictionaries():
    for name, what, code in (("beyond", "a code just outside", 3),
                             ("minus-1", "-1 in a valid slot", -1),
                             ("min", "-128 in a valid slot", -128)):
        d = table()
        bad(f"codes-{name}", "CODES", what,
            d.poke(d.slot(CAT, 1), "b", code).sealed())
    d = one(Type(DICTIONARY, width=4), ["x"], words=Words(["x"]))
    bad("codes-int32", "CODES", "a code of 2^31 - 1",
        d.poke(d.slot(0, 1), "i", (1 << 31) - 1).sealed())
    words = Words(["x", "y", "x"])
    bad("dictionary-twice", "DICTIONARY", "a value twice", one(
        Type(DICTIONARY, width=1), ["x"], words=words).raw())
    bad("dictionary-empty-twice", "DICTIONARY", "the empty value twice", one(
        Type(DICTIONARY, width=1), ["x"], words=Words(["", "x", ""])).raw())
    bad("dictionary-sorted-twice", "DICTIONARY", "flagged sorted, and a value "
        "twice", one(Type(DICTIONARY, width=1), ["x"],
                     words=Words(["x", "x", "y"], sorted=True)).raw())
    bad("dictionary-not-sorted", "DICTIONARY", "flagged sorted, and is not",
        one(Type(DICTIONARY, width=1), ["x"],
            words=Words(["x", "z", "y"], sorted=True)).raw())
    bad("dictionary-sorted-length", "DICTIONARY", "flagged sorted: a prefix "
        "comes first", one(Type(DICTIONARY, width=1), ["x"],
                           words=Words(["xa", "x"], sorted=True)).raw())


def poked(t, values, row, form, value, **more):
    """A column with one slot overwritten."""
    d = one(t, values, **more)
    width = struct.calcsize("<" + form)
    return d.poke(d.slot(0, 1) + row * width, form, value).sealed()


def values():
    def value(name, what, *args):
        bad(f"value-{name}", "VALUE", what, poked(*args))

    flags = [True, False, None]
    value("bool-2", "bool8 of 2", Type(BOOL8), flags, 0, "B", 2)
    value("bool-255", "bool8 of 255", Type(BOOL8), flags, 1, "B", 255)
    value("date64-day", "date64 that is not a whole day", Type(DATE64),
          [0, DAY_MS, None], 1, "q", DAY_MS + 1)
    value("date64-negative", "date64 one millisecond before a day",
          Type(DATE64), [0, -DAY_MS], 1, "q", -DAY_MS - 1)
    value("date64-min", "valid INT64_MIN in date64", Type(DATE64), [0, 0], 1,
          "q", INT64_MIN)
    for unit in range(4):
        value(f"timestamp-min-{unit}", f"valid INT64_MIN, timestamp of unit "
              f"{unit}", Type(TIMESTAMP, unit=unit), [0, None], 0, "q",
              INT64_MIN)
    value("duration-min", "valid INT64_MIN in duration",
          Type(DURATION, unit=1), [0, 0], 0, "q", INT64_MIN)
    value("time32-day", "time32[s] of a whole day", Type(TIME32), [0], 0, "i",
          86400)
    value("time32-ms", "time32[ms] of a whole day", Type(TIME32, unit=1), [0],
          0, "i", DAY_MS)
    value("time32-negative", "time32 of -1", Type(TIME32), [0], 0, "i", -1)
    value("time64-us", "time64[us] of a whole day", Type(TIME64, unit=2), [0],
          0, "q", DAY_MS * 1000)
    value("time64-ns", "time64[ns] of a whole day", Type(TIME64, unit=3), [0],
          0, "q", DAY_MS * 1000000)
    value("time64-negative", "time64 of INT64_MIN", Type(TIME64, unit=3), [0],
          0, "q", INT64_MIN)


def null_slots():
    def null(name, what, *args, **more):
        bad(f"null-{name}", "NULL_SLOT", what, poked(*args, **more))

    for t, name, form, held in (
            (INT32, "int32", "i", 5), (UINT8, "uint8", "B", 1),
            (BOOL8, "bool8", "B", 1), (DATE32, "date32", "i", 1),
            (FLOAT32, "float32", "I", 0), (FLOAT64, "float64", "Q", 0),
            (DATE64, "date64", "q", 0), (TIME32, "time32", "i", 1)):
        null(name, f"{name}: a null slot holds {held}", Type(t), [1 if t not in
             (DATE64,) else 0, None], 1, form, held)
    null("float64-payload", "a NaN of other bits", Type(FLOAT64), [1.0, None],
         1, "Q", 0x7FF8000000000001)
    null("float64-sign", "the canonical NaN with its sign", Type(FLOAT64),
         [1.0, None], 1, "Q", 0xFFF8000000000000)
    null("float32-sign", "the canonical NaN with its sign", Type(FLOAT32),
         [1.0, None], 1, "I", 0xFFC00000)
    null("timestamp", "timestamp: a null slot holds 0",
         Type(TIMESTAMP, unit=3), [1, None], 1, "q", 0)
    null("duration", "duration: a null slot holds 0", Type(DURATION), [1, None],
         1, "q", 0)
    null("time64", "time64: a null slot holds INT64_MIN", Type(TIME64, unit=2),
         [1, None], 1, "q", INT64_MIN)
    words = Words(["x", "y"])
    null("code-1", "a null slot holds code 1", Type(DICTIONARY, width=2),
         ["x", None], 1, "h", 1, words=words)
    null("code-minus-1", "a null slot holds -1, as pandas writes it",
         Type(DICTIONARY, width=1), ["x", None], 1, "b", -1, words=words)
    null("fixed_binary", "fixed_binary: a null slot is not zeros",
         Type(FIXED_BINARY, width=3), [b"abc", None], 1, "3s", b"\0\0\1")
    null("tensor", "tensor: a null slot is not zeros",
         Type(TENSOR, element=INT8, shape=(2, 2)), [[[1, 2], [3, 4]], None], 7,
         "b", 1)
    null("tensor-negative-zero", "tensor: a null slot of -0.0",
         Type(TENSOR, element=FLOAT64, shape=(1,)), [[1], None], 1, "d", -0.0)
    for t, name in ((STRING, "string"), (BINARY, "binary")):
        d = one(Type(t), ["ab", None, "c"] if t == STRING
                else [b"ab", None, b"c"])
        bad(f"null-{name}", "NULL_SLOT", f"{name}: a null of length 1",
            d.poke(d.slot(0, 1) + 8, "q", 1).sealed())


def zone_maps():
    def zone(name, what, d, at, form, *value):
        bad(f"zone-{name}", "ZONE_MAP", what,
            d.poke(d.zone(0) + at, form, *value).sealed())

    def ints():
        return one(Type(INT32), [5, None, -7])

    def floats(*more):
        return one(Type(FLOAT64), [0.0, 1.0, None, NAN])

    def words():
        return one(Type(STRING), ["b" * 20, "c", None])

    zone("null-count", "null_count", ints(), 0, "I", 0)
    zone("nan-count", "nan_count", floats(), 4, "I", 2)
    zone("nan-count-int", "nan_count of integers", ints(), 4, "I", 1)
    zone("flags", "no bounds, though there are", ints(), 8, "I", 1)
    zone("flags-unknown", "an unknown flag", ints(), 8, "I", 2)
    zone("zero", "the entry's zero", ints(), 12, "I", 1)
    zone("min", "a minimum too small", ints(), 16, "q", -8)
    zone("min-large", "a minimum too large", ints(), 16, "q", -6)
    zone("min-width", "a minimum as i32", ints(), 16, "q", 0xFFFFFFF9)
    zone("min-rest", "the minimum's rest is not zero", ints(), 24, "B", 1)
    zone("max", "a maximum too large", ints(), 32, "q", 6)
    zone("min-length", "min_length of integers", ints(), 48, "Q", 4)
    zone("max-length", "max_length of integers", ints(), 56, "Q", 4)
    zone("float-zero", "a minimum of +0.0", floats(), 16, "d", 0.0)
    zone("float-max-zero", "a maximum of -0.0", one(Type(FLOAT64), [-1.0, 0.0]),
         32, "d", -0.0)
    zone("float-nan", "a maximum of NaN", floats(), 32, "d", NAN)
    zone("float32", "bounds as float", one(Type(FLOAT32), [1.0, 2.0]), 16,
         "fI", 1.0, 0)
    zone("string-min", "another prefix", words(), 16, "B", ord("a"))
    zone("string-max", "a prefix incremented", words(), 32, "B", ord("d"))
    zone("string-length", "the length of the prefix", words(), 48, "Q", 16)
    zone("string-max-length", "another length", words(), 56, "Q", 2)
    zone("all-null", "bounds where all is null", one(Type(INT8), [None]), 8,
         "I", 0)
    zone("all-nan", "no bounds, but a minimum", one(Type(FLOAT64), [NAN]), 16,
         "d", NAN)
    zone("null-bounds", "null slots (0) counted in the bounds",
         one(Type(INT32), [5, None, 7]), 16, "q", 0)
    zone("codes", "bounds of codes",
         one(Type(DICTIONARY, width=1), ["y", "y"], words=Words(["x", "y"])),
         16, "q", 0)
    zone("bool8", "bounds of bool8", one(Type(BOOL8), [False, True]), 32, "Q",
         255)
    n = np.arange(65540) % 100
    d = one(Type(INT8), n)
    bad("zone-second", "ZONE_MAP", "the second zone's maximum is the first's",
        d.poke(d.zone(0, 1) + 32, "q", 99).sealed())


def make():
    """These files: (path, code, what it is, bytes)."""
    FILES.clear()
    for part in (names, name_index, metadata, gaps, blocks, envelopes,
                 validity, strings, dictionaries, values, null_slots,
                 zone_maps):
        part()
    return list(FILES)
