"""Files with two faults: the answer is that of the earlier step of F-62."""

import numpy as np
import zstd_files
from bad_content import rehash
from bad_elements import STRINGS, lists
from collected import bad, made, unsupported
from damage import Damage
from frames import compress
from good_columns import NAN, list_of
from model import (
    ASCENDING,
    BOOL8,
    DATE64,
    DAY_MS,
    DICTIONARY,
    FLOAT64,
    INT8,
    INT32,
    STRING,
    ZONE,
    Type,
)
from part_files import part
from small_tables import AT, CAT, FLAG, ID, NAME, WORDS_OF_CAT, mini, one, table
from writer import Col, Words, write

TOP = (1 << 64) - 1


def double(name, code, what, data):
    bad("double-" + name, code, what, data)


def later(name, code, what, data):
    unsupported("double-" + name, code, what, data)


def opening():
    d = mini().set(version_major=2)
    double("hash-version", "HEADER_HASH", "version 2, and the header's hash is wrong", d.raw())
    d = mini().set(version_major=3, incompat=1 << 9)
    short = d.sealed()[:-1]
    later(
        "version-length", "VERSION", "version 3, an unknown incompat bit, a byte is missing", short
    )
    short = mini().set(incompat=1 << 9).sealed()[:-1]
    later("feature-length", "FEATURE", "an unknown incompat bit, and a byte is missing", short)
    d = mini().set(rows=1 << 56)
    double("length-field", "TRUNCATED", "2^56 rows, and a byte is missing", d.header_sealed()[:-1])
    d = mini().set(continuation=0)
    what = "a byte too many, and another continuation"
    double("trailing-field", "TRAILING", what, d.header_sealed() + b"\0")
    d = table()
    d.flip(d.region("names")).set(body_length=d.header("body_length") + 64)
    what = "a bit of the names flipped, and the body is longer than it is"
    double("field-region", "HEADER_FIELD", what, d.header_sealed())


def directories():
    d = table()
    d.flip(d.region("zones")).describe(ID, length=4)
    what = "a bit of the zone maps flipped, and a descriptor with another hash"
    double("region-descriptor", "REGION_HASH", what, d.sealed("descriptors", "regions"))
    d = table().describe(ID, length=4).sealed("blocks")
    d = Damage(d).describe(FLAG, null_count=1)
    what = "column 0 has another length, column 1 another hash"
    double("descriptors", "DESCRIPTOR_FIELD", what, d.sealed("blocks", "descriptors"))
    d = table().describe(ID, length=4).describe(FLAG, type=26)
    what = "column 0 has another length, column 1 an unknown type"
    double("field-unsupported", "DESCRIPTOR_FIELD", what, d.sealed("blocks"))
    d = table().describe(FLAG, type=26).describe(NAME, length=4)
    what = "column 1 has an unknown type, column 2 another length"
    later("unsupported-field", "COLUMN_UNSUPPORTED", what, d.sealed("blocks"))
    d = table().describe(ID, child_count=1, zero10=1)
    what = "one column has a child, and bytes that are not zero"
    later("same-descriptor", "COLUMN_UNSUPPORTED", what, d.sealed("blocks"))
    d = table().describe(FLAG, type=26).flip(table().region("footer") + 16)
    what = "a column of unknown type, and an envelope that nobody looks at any more"
    later("unsupported-envelope", "COLUMN_UNSUPPORTED", what, d.sealed("blocks"))
    d = table()
    d.flip(d.descriptor(WORDS_OF_CAT, "message_offset") + 20).describe(CAT, dictionary=0xFFFFFFFF)
    what = "a dictionary column without one, and another hash of the dictionary's message"
    double("column-message", "DESCRIPTOR_FIELD", what, d.sealed("messages"))


def two_dictionaries():
    words = [Words(["x", "y", "x"]), Words(["y"])]
    t = Type(DICTIONARY, width=1)
    return Damage(write([Col("a", t, ["x"], words=words[0]), Col("b", t, ["y"], words=words[1])]))


def structures():
    d = two_dictionaries().describe(0, dictionary=1).describe(1, dictionary=0)
    at = d.descriptor(2, "message_offset")
    what = "dictionaries not numbered by first use, and another hash of a message"
    double("message-numbering", "REGION_HASH", what, d.flip(at + 20).sealed("messages"))
    d = two_dictionaries().describe(0, dictionary=1).describe(1, dictionary=0)
    at = d.region("names")
    d = rehash(d.poke(at, "B", 0xFF), 0)
    what = "dictionaries not numbered by first use, and a name that is not UTF-8"
    double("numbering-name", "DESCRIPTOR_FIELD", what, d.sealed())
    d = table().describe(ID, metadata_hash=1).describe(CAT, name_hash=1)
    double("name-metadata", "NAME", "the hashes of a name and of a block", d.sealed())
    d = table()
    d.poke(d.region("name_index") + 8, "I", 5).describe(ID, metadata_hash=1)
    double("metadata-index", "METADATA", "the hash of a block, and the name index", d.sealed())
    d = table()
    d.poke(d.region("name_index") + 8, "I", 5).describe(ID, slot1__offset=64)
    double(
        "index-layout",
        "NAME_INDEX",
        "the name index, and values outside the body",
        d.sealed("blocks"),
    )
    d = table().describe(ID, slot1__first_checksum=1).set(file_id=bytes(16))
    double("layout-file-id", "LAYOUT", "first_checksum, and file_id", d.sealed("ids"))
    d = table()
    d.flip(d.region("schema") - 1).set(file_id=bytes(16), content_id=bytes(16))
    double("file-id-gap", "FILE_ID", "file_id, and a byte before the schema", d.sealed("ids"))


def checksums():
    d = table()
    d.flip(d.slot(ID, 1) + 20).flip(d.slot(ID, 1))
    what = "a bit of a value flipped, and a byte after the values"
    double("gap-block", "GAP", what, d.sealed("blocks"))
    d = table()
    d.flip(d.header("body_offset") - 1).flip(d.slot(ID, 1))
    what = "a bit of a value flipped, and the byte before the body"
    double("block-envelope", "BLOCK_HASH", what, d.sealed("blocks"))
    d = table()
    d.flip(d.header("body_offset") - 1).poke(d.slot(NAME, 2), "B", 0xFF)
    what = "the byte before the body, and a string that is not UTF-8"
    double("envelope-utf8", "ENVELOPE", what, d.sealed())
    d = table().set(envelope_version=2)
    d.poke(d.slot(NAME, 2), "B", 0xFF)
    what = "an unknown envelope, and a string that is not UTF-8"
    later("envelope-utf8", "ENVELOPE_VERSION", what, d.sealed())


def columns():
    d = two_dictionaries()
    d.poke(d.slot(3, 1), "q", 1)
    what = "dictionary 0 has a value twice, the first offset of dictionary 1 is not 0"
    double("dictionaries", "DICTIONARY", what, d.sealed())
    d = table()
    d.poke(d.slot(WORDS_OF_CAT, 2), "B", ord("y")).flip(d.slot(FLAG, 0), 2)
    what = "a dictionary has a value twice, and a column another number of nulls"
    double("dictionary-column", "DICTIONARY", what, d.sealed())
    d = table()
    d.poke(d.zone(ID) + 16, "q", 4).flip(d.slot(FLAG, 0), 2)
    what = "the zone entry of column 0, and the validity of column 1"
    double("zone-validity", "ZONE_MAP", what, d.sealed())


def values():
    d = table()
    d.flip(d.slot(NAME, 0), 1).poke(d.slot(NAME, 1), "q", 1)
    double("validity-offsets", "VALIDITY", "null_count, and the first offset", d.sealed())
    d = table()
    d.poke(d.slot(NAME, 1) + 40, "q", 11).poke(d.slot(NAME, 2), "B", 0xFF)
    double("offsets-utf8", "OFFSETS", "the last offset, and a byte that is no UTF-8", d.sealed())
    d = one(Type(STRING), ["ab", None, "c"])
    d.poke(d.slot(0, 1) + 8, "q", 1).poke(d.slot(0, 2) + 1, "B", 0xFF)
    what = "a null string of length 1 that is not UTF-8 (F-37)"
    double("utf8-null", "UTF8", what, d.sealed())
    d = table()
    d.poke(d.slot(CAT, 1), "bb", 3, 1)
    double("codes-null", "CODES", "a code outside, and a null slot with code 1", d.sealed())
    d = one(Type(DATE64), [0, None])
    d.poke(d.slot(0, 1), "qq", 1, 0)
    what = "a date64 that is no whole day, and a null slot with 0"
    double("value-null", "VALUE", what, d.sealed())
    d = one(Type(FLOAT64), [1.5, None])
    d.poke(d.slot(0, 1) + 8, "d", 0.0).poke(d.zone(0) + 16, "d", 1.0)
    double("null-zone", "NULL_SLOT", "a null slot with 0.0, and the zone entry", d.sealed())


def elements():
    d = lists()
    d.poke(d.slot(1, 2), "q", 1).poke(d.slot(1, 3), "B", 0xFF)
    what = "the first element offset is not 0, and a byte that is no UTF-8"
    double("elements-utf8", "OFFSETS", what, d.sealed())
    d = one(STRINGS, [["a"], None])
    d.poke(d.slot(0, 1) + 8, "q", 0).poke(d.slot(0, 3), "B", 0xFF)
    what = "a null list of one string that is not UTF-8"
    double("element-utf8-null", "UTF8", what, d.sealed())
    d = one(list_of(Type(DATE64)), [[DAY_MS], None])
    d.poke(d.slot(0, 1) + 8, "q", 0).poke(d.slot(0, 2), "q", 1)
    what = "a null list of one date64 that is no whole day"
    double("element-value-null", "VALUE", what, d.sealed())
    d = one(list_of(Type(BOOL8)), [[True, True]])
    d.poke(d.slot(0, 1), "q", 1).poke(d.slot(0, 2), "B", 2)
    what = "a list's first offset is not 0, and an element of bool8 is 2"
    double("list-element", "OFFSETS", what, d.sealed())
    d = table().set(alignment=65536, table_rows=5).describe(ID, length=4)
    what = "a part whose table_rows are below its rows, and a descriptor's length"
    double("part-descriptor", "HEADER_FIELD", what, d.set(table_rows=4).sealed("blocks"))
    d = table().describe(ID, flags=8).describe(NAME, name_offset=TOP)
    d.describe(AT, flags=1 | ASCENDING)
    what = "the flag ascending beside nulls, and a name outside its part"
    double("flag-name", "DESCRIPTOR_FIELD", what, d.sealed())


def other_flag(d, i):
    """The other value of the flag ascending."""
    return d.describe(i, flags=d.descriptor(i, "flags") ^ ASCENDING)


def ascending():
    """One column with a fault of an earlier step, and one of the last that a column can have."""

    def lacking(name, code, what, d):
        what += ", in a column that ascends without the flag"
        double(name + "-ascending", code, what, other_flag(d, 0).sealed())

    def descends(name, code, what, d):
        what += ", in a column that has the flag ascending and no longer ascends"
        double(name + "-ascending", code, what, d.sealed())

    d = one(Type(DATE64), [DAY_MS, 2 * DAY_MS])
    lacking("value", "VALUE", "a date64 that is no whole day", d.poke(d.slot(0, 1), "q", 1))
    d = one(Type(BOOL8), [False, True])
    descends("value-bool8", "VALUE", "a bool8 of 2", d.poke(d.slot(0, 1), "B", 2))
    d = one(Type(INT32), [5, 6, 7])
    lacking("zone", "ZONE_MAP", "another minimum", d.poke(d.zone(0) + 16, "q", 4))
    d = one(Type(INT32), [5, 6, 7])
    descends("zone-value", "ZONE_MAP", "a value above the maximum", d.poke(d.slot(0, 1), "i", 9))
    d = one(Type(FLOAT64), [1.0, 2.0])
    descends("zone-nan", "ZONE_MAP", "a NaN that is not counted", d.poke(d.slot(0, 1), "d", NAN))
    d = one(Type(STRING), ["a", "b"])
    descends("utf8", "UTF8", "a string that is not UTF-8", d.poke(d.slot(0, 2), "B", 0xFF))
    d = one(Type(STRING), ["a", "b"])
    lacking("offsets", "OFFSETS", "another last offset", d.poke(d.slot(0, 1) + 16, "q", 3))
    d = one(Type(STRING), ["a", "b", "c"])
    what = "an offset less than the one before it"
    descends("offset", "OFFSETS", what, d.poke(d.slot(0, 1) + 8, "q", 3))
    words, codes = Words(["x", "y"], sorted=True), Type(DICTIONARY, width=1)
    d = one(codes, ["x", "y"], words=words)
    descends("codes", "CODES", "a code outside the dictionary", d.poke(d.slot(0, 1), "b", 9))
    d = one(codes, ["x", "y"], words=words)
    descends("sorted", "DICTIONARY", "words out of order", d.poke(d.slot(1, 2), "B", ord("z")))
    d = one(codes, ["x", "y"], words=words)
    lacking("twice", "DICTIONARY", "a word twice", d.poke(d.slot(1, 2), "B", ord("y")))
    d = Damage(part([Col("a", Type(INT32), [5, 6, 7])]))
    descends("validity", "VALIDITY", "a null that is not counted", d.flip(d.slot(0, 0)))


def ascending_zones():
    """The first zone descends; the second has a fault of an earlier step."""
    n = np.arange(ZONE + 1)
    down = np.where(n < 1, 1, 0)
    d = other_flag(one(Type(INT8), down), 0)
    d.poke(d.zone(0, 1) + 16, "q", -1)
    what = "another entry of the second zone, and the flag ascending, which the first denies"
    double("zones-ascending", "ZONE_MAP", what, d.sealed())
    d = other_flag(one(Type(BOOL8), down), 0)
    d.poke(d.slot(0, 1) + ZONE, "B", 2)
    what = "a bool8 of 2 in the second zone, and the flag ascending, which the first denies"
    double("values-ascending", "VALUE", what, d.sealed())


def ascending_columns():
    """The flag of one column, and a fault of another, or of all."""

    def two(values=(3, 2, 1)):
        cols = [Col("n", Type(INT32), values), Col("s", Type(STRING), ["a", None, "b"])]
        return other_flag(Damage(write(cols)), 0)

    d = two()
    what = "column 0 has the flag ascending but descends, column 1 has another number of nulls"
    double("ascending-validity", "ASCENDING", what, d.flip(d.slot(1, 0), 2).sealed())
    d = two([1, 2, 3])
    what = "column 0 ascends without the flag, column 1 begins with another offset"
    double("ascending-offsets", "ASCENDING", what, d.poke(d.slot(1, 1), "q", 1).sealed())
    d = two([1, 2, 3])
    what = "column 0 ascends without the flag, column 1 has another zone entry"
    double("ascending-zone", "ASCENDING", what, d.poke(d.zone(1) + 32, "Q", 99).sealed())
    cols = [Col("d", list_of(Type(DATE64)), [[DAY_MS]]), Col("n", Type(INT32), [1])]
    d = other_flag(Damage(write(cols)), 1)
    what = "an element of column 0 is no whole day, column 1 ascends without the flag"
    double("element-ascending", "VALUE", what, d.poke(d.slot(0, 2), "q", 1).sealed())
    d = two([1, 2, 3])
    what = "the byte before the body, and a column that ascends without the flag"
    double("envelope-ascending", "ENVELOPE", what, d.flip(d.header("body_offset") - 1).sealed())
    what = "an unknown envelope, and a column that ascends without the flag"
    later("envelope-ascending", "ENVELOPE_VERSION", what, two().set(envelope_version=2).sealed())
    d = Damage(compress(two().sealed())).set(content_id=bytes(16))
    what = "content_id, and the flag ascending of a column that descends"
    double("zstd-id-ascending", "FILE_ID", what, d.sealed())


def compressed_files():
    d = zstd_files.opened()
    d.flip(d.slot(ID, 1))
    what = "a bit of a prefix, under another checksum"
    double("zstd-block-frame", "BLOCK_HASH", what, d.sealed("blocks"))
    d = zstd_files.opened()
    d.flip(d.slot(ID, 1)).set(content_id=bytes(16))
    double("zstd-frame-id", "FRAME", "a bit of a prefix, and content_id", d.sealed())
    d = table()
    d.poke(d.slot(CAT, 1), "b", 9)
    d = Damage(compress(d.sealed())).set(content_id=bytes(16))
    what = "content_id, and a code outside the dictionary"
    double("zstd-id-codes", "FILE_ID", what, d.sealed())
    d = zstd_files.opened().set(file_id=bytes(16))
    d.poke(d.region("frames"), "I", 0)
    what = "a frame of length 0, and file_id"
    double("zstd-length-id", "LAYOUT", what, d.sealed("ids"))


def make():
    """These files: (path, code, what it is, bytes)."""
    return made(
        opening,
        directories,
        structures,
        checksums,
        columns,
        values,
        elements,
        ascending,
        ascending_zones,
        ascending_columns,
        compressed_files,
    )
