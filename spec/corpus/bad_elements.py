"""Broken files of float16, decimal128 and lists: their parameters, places, elements, bounds."""

import struct

from collected import bad, made
from damage import Damage
from frames import compress
from good_columns import NAN, list_of
from model import (
    BINARY,
    BOOL8,
    DATE64,
    DAY_MS,
    DECIMAL128,
    DICTIONARY,
    DURATION,
    FIXED_BINARY,
    FLOAT16,
    INT32,
    INT64_MIN,
    LIST,
    STRING,
    TENSOR,
    TIME32,
    TIME64,
    TIMESTAMP,
    Type,
    i128,
)
from small_tables import one, poked, tensor
from writer import Col, write

PRICE = Type(DECIMAL128, precision=18, scale=2)
INTS, STRINGS = list_of(Type(INT32)), list_of(Type(STRING))
TOKENS, TAGS, HALF, COST, TIMES = range(5)  # the columns of lists()


def lists():
    """A small table of the later types."""
    at = Type(LIST, element=TIMESTAMP, unit=2, zone=b"Europe/Paris")
    return Damage(
        write(
            [
                Col("tokens", INTS, [[5, 6], None, [], [7, 8, 9], [4]]),
                Col("tags", STRINGS, [["ann", ""], [], None, ["été"], ["x", "yz"]]),
                Col("half", Type(FLOAT16), [1.5, None, -2.0, 0.25, 4.0]),
                Col("cost", PRICE, [125, None, -99, 7, 0], metadata=[("unit", "EUR")]),
                Col("times", at, [[1], [], [2, 3], [4], []]),
            ],
            metadata=[("source", "corpus")],
        )
    )


def parameters():
    def field(name, what, t, values, **fields):
        d = one(t, values).describe(0, **fields)
        bad(f"descriptor-{name}", "DESCRIPTOR_FIELD", what, d.sealed("blocks"))

    for name, element in (
        ("none", 0),
        ("binary", BINARY),
        ("fixed_binary", FIXED_BINARY),
        ("dictionary", DICTIONARY),
        ("tensor", TENSOR),
        ("list", LIST),
        ("unknown", 26),
        ("top", 65535),
    ):
        what = f"a list whose elements have type {element:,}"
        field(f"list-{name}", what, INTS, [[1, 2]], element=element)
    field("list-zero", "byte 2 of a list's parameters", INTS, [[1]], dimensions=1)
    d = one(INTS, [[1]])
    d.poke(d.base(0) + 48 + 7, "B", 1)
    bad("descriptor-list-zero-7", "DESCRIPTOR_FIELD", "byte 7 of them", d.sealed())

    def element(name, what, t, **fields):
        d = one(list_of(t), [[1]]).describe_element(0, **fields)
        bad(f"descriptor-list-{name}", "DESCRIPTOR_FIELD", what, d.sealed("blocks"))

    element("parameters", "parameters of an element that has none", Type(INT32), unit=1)
    for name, t, unit in (
        ("timestamp", Type(TIMESTAMP), 4),
        ("duration", Type(DURATION), 4),
        ("time32", Type(TIME32), 2),
        ("time64", Type(TIME64, unit=2), 1),
    ):
        what = f"unit {unit} of elements of type {name}"
        element(f"unit-{name}", what, t, unit=unit)
    element("zone-none", "elements without a zone, but its hash", Type(TIMESTAMP), zone_hash=1)
    element("precision", "elements of 39 digits", PRICE, precision=39)
    element("scale", "elements with scale 19, precision 18", PRICE, scale=19)
    times = list_of(Type(TIMESTAMP))
    field("list-unit-place", "a unit where a tensor has it", times, [[1]], element_unit=1)
    field("list-sorted", "a list flagged sorted", INTS, [[1]], flags=2)
    field("list-words", "a list with a dictionary", INTS, [[1]], dictionary=0)
    for precision, scale in ((0, 0), (39, 0), (255, 2), (18, 19)):
        what = f"decimal128({precision}, {scale})"
        name = f"decimal-{precision}-{scale}"
        field(name, what, PRICE, [1], precision=precision, scale=scale)
    field("decimal-parameters", "byte 2 of a decimal's parameters", PRICE, [1], dimensions=1)
    field("float16-parameters", "parameters of float16", Type(FLOAT16), [1.0], unit=1)
    for name, element in (("decimal", DECIMAL128), ("list", LIST), ("unknown", 26)):
        d = tensor().describe(0, element=element)
        what = f"tensor of type {element}"
        bad(f"descriptor-element-{name}", "DESCRIPTOR_FIELD", what, d.sealed("blocks"))


def slots():
    def slot(name, what, d):
        bad(f"slot-{name}", "DESCRIPTOR_FIELD", what, d.sealed("blocks"))

    def resized(i, s, more):
        d = lists()
        length = d.descriptor(i, f"slot{s}.stored") + more
        return d.describe(i, **{f"slot{s}__stored": length, f"slot{s}__logical": length})

    slot(
        "elements",
        "elements of int32 in a number of bytes that is no multiple of 4",
        resized(0, 2, 1),
    )
    slot("list-offsets", "an offset of a list too few", resized(TOKENS, 1, -8))
    slot("list-offsets-odd", "half an offset more", resized(TOKENS, 1, 4))
    slot(
        "element-offsets",
        "element offsets in a number of bytes that is no multiple of 8",
        resized(1, 2, 4),
    )
    slot("element-offsets-none", "no element offset", lists().clear_slot(TAGS, 2))
    empty = one(STRINGS, [[]]).clear_slot(0, 2)
    slot("element-offsets-empty", "no element offset, no element", empty)
    empty = one(STRINGS, []).clear_slot(0, 2)
    slot("element-offsets-rows-0", "no element offset, no rows", empty)
    d = lists()
    used = {"slot3__offset": d.slot(TAGS, 3), "slot3__stored": 4, "slot3__logical": 4}
    slot("list-three", "slot 3 of a list of int32 is used", d.describe(TOKENS, **used))
    d = lists()
    place = d.slot(TOKENS, 2)
    slot(
        "list-empty-offset",
        "slot 3 is empty, but has an offset",
        d.describe(TOKENS, slot3__offset=place),
    )
    slot("float16", "values of float16 in 4 bytes each", resized(HALF, 1, 10))
    slot("decimal", "values of decimal128 in 8 bytes each", resized(COST, 1, -40))
    packed = Damage(compress(bytes(lists().data)))
    length = packed.descriptor(TOKENS, "slot2.logical") + 2
    bad(
        "zstd-elements-odd",
        "DESCRIPTOR_FIELD",
        "a logical length of elements that is no multiple of 4",
        packed.describe(TOKENS, slot2__logical=length).sealed(),
    )


def zones_of_elements():
    def zone(name, what, d):
        bad(f"name-list-zone-{name}", "NAME", what, d.sealed())

    def at(b):
        return one(Type(LIST, element=TIMESTAMP, zone=b), [[1]])

    zone("utf8", "a zone of elements that is not UTF-8", at(b"\xff"))
    zone("nul", "a zone of elements with a NUL", at(b"a\0b"))
    zone("long", "a zone of elements of 256 bytes", at(b"z" * 256))
    zone("hash", "the hash of another zone", at(b"UTC").describe_element(0, zone_hash=1))
    what = "a zone of elements that lies in the name"
    zone("offset", what, at(b"UTC").describe_element(0, zone_offset=0))
    none = at(b"UTC").describe_element(0, zone_length=0, zone_offset=0, zone_hash=0)
    zone("left", "a zone in the names that no column has", none)


def places():
    def layout(name, what, d):
        bad(f"layout-{name}", "LAYOUT", what, d.sealed("blocks"))

    d = lists()
    end = d.header("body_offset") + d.header("body_length")
    layout("elements-outside", "elements beyond the body", d.describe(TOKENS, slot2__offset=end))
    d = lists()
    offset = d.slot(TOKENS, 2) + 4
    layout("elements-unaligned", "elements 4 bytes late", d.describe(TOKENS, slot2__offset=offset))
    d = lists()
    sums = d.region("checksums")
    layout(
        "element-bytes-outside",
        "strings of elements over the checksums",
        d.describe(TAGS, slot3__offset=sums),
    )
    layout("list-zones", "a list with zones", lists().describe(TOKENS, first_zone=0))
    none = (1 << 64) - 1
    layout(
        "decimal-zones", "a decimal128 without its zones", lists().describe(COST, first_zone=none)
    )
    layout(
        "element-checksum",
        "first_checksum of slot 3",
        lists().describe(TAGS, slot3__first_checksum=0),
    )
    huge = {"slot2__stored": 1 << 62, "slot2__logical": 1 << 62}
    layout("elements-huge", "elements of 2^62 bytes", lists().describe(TOKENS, **huge))
    wide = [Col("a", INTS, [[1, 2]]), Col("b", INTS, [[3, 4]]), Col("s", STRINGS, [["x"]])]

    def swapped(one, other, slots):
        def move(p):
            a, b = p.columns[one], p.columns[other]
            a[slots[0]], b[slots[1]] = b[slots[1]], a[slots[0]]

        return Damage(write(wide, move=move))

    layout(
        "elements-swapped", "two columns' elements lie in the other order", swapped(0, 1, (2, 2))
    )
    layout("lists-swapped", "two columns' offsets lie in the other order", swapped(0, 1, (1, 1)))
    what = "element offsets of strings lie before the offsets of the list"
    layout("element-offsets-first", what, swapped(2, 2, (1, 2)))


def offsets():
    def offset(name, what, i, s, k, value, d=None):
        d = d or lists()
        at = d.slot(i, s) + 8 * k
        bad(f"offsets-{name}", "OFFSETS", what, d.poke(at, "q", value).sealed())

    offset("list-first", "a list's first offset is not 0", TOKENS, 1, 0, 1)
    offset("list-decreasing", "a list's offset is less than the one before", TOKENS, 1, 4, 1)
    offset("list-beyond", "a list's last offset is above M", TOKENS, 1, 5, 7)
    offset("list-short", "a list's last offset is below M", TOKENS, 1, 5, 5)
    offset("list-bytes", "a list's last offset counts bytes", TOKENS, 1, 5, 24)
    offset("list-negative", "a negative offset of a list", TOKENS, 1, 1, -1)
    offset("list-top", "a list's last offset is 2^63 - 1", TOKENS, 1, 5, (1 << 63) - 1)
    offset("list-rows-0", "no rows, and the one offset is not 0", 0, 1, 0, 4, one(INTS, []))
    offset(
        "list-strings", "the last offset of a list of strings is that of its bytes", TAGS, 1, 5, 11
    )
    offset("element-first", "the first element offset is not 0", TAGS, 2, 0, 1)
    offset("element-decreasing", "an element offset is less than the one before", TAGS, 2, 2, 2)
    offset("element-beyond", "the last element offset is beyond the bytes", TAGS, 2, 5, 12)
    offset("element-short", "the last element offset is before their end", TAGS, 2, 5, 10)
    offset("element-min", "an element offset of INT64_MIN", TAGS, 2, 1, INT64_MIN)
    empty = one(STRINGS, [[], None])
    offset("element-none", "no elements, and the one element offset is not 0", 0, 2, 0, 1, empty)
    d = lists()
    d.poke(d.slot(TOKENS, 1) + 8, "q", 7)
    bad(
        "zstd-list-offsets",
        "OFFSETS",
        "a list's offset above M, in the plain form",
        compress(d.sealed()),
    )


def strings():
    def utf8(name, what, d):
        bad(f"utf8-{name}", "UTF8", what, d.sealed())

    d = lists()
    utf8("element", "a byte in an element that is no UTF-8", d.poke(d.slot(TAGS, 3), "B", 0xFF))
    d = one(STRINGS, [["aé", "b"]])
    what = "a character cut between two elements of a row: the bytes together are valid"
    utf8("element-cut", what, d.poke(d.slot(0, 2) + 8, "q", 2))
    d = one(STRINGS, [["aé"], ["b"]])
    utf8("element-rows", "a character cut between two rows", d.poke(d.slot(0, 2) + 8, "q", 2))
    d = one(STRINGS, [["abc"]])
    utf8(
        "element-surrogate",
        "a surrogate in an element",
        d.poke(d.slot(0, 3), "3s", b"\xed\xa0\x80"),
    )


def values():
    def value(name, what, t, values, row, form, held):
        bad(f"value-{name}", "VALUE", what, poked(t, values, row, form, held))

    def element(name, what, t, held):
        """The last of three elements is not what its type allows."""
        form = {1: "B", 4: "i", 8: "q", 16: "16s"}[t.value_width]
        d = one(list_of(t), [[0], None, [0, 0]])
        at = d.slot(0, 2) + 2 * t.value_width
        bad(f"value-list-{name}", "VALUE", what, d.poke(at, form, held).sealed())

    value("decimal-above", "10^18 in 18 digits", PRICE, [1, 2], 1, "16s", i128(10**18))
    value("decimal-below", "-10^18 in 18 digits", PRICE, [1, 2], 1, "16s", i128(-(10**18)))
    one_digit = Type(DECIMAL128, precision=1)
    value("decimal-10", "10 in one digit", one_digit, [1, 2], 0, "16s", i128(10))
    all_digits = Type(DECIMAL128, precision=38)
    value("decimal-38", "10^38 in 38 digits", all_digits, [1, 2], 0, "16s", i128(10**38))
    value("decimal-min", "-2^127", all_digits, [1, None], 0, "16s", i128(-(1 << 127)))
    value(
        "decimal-low",
        "2^64 in 18 digits: the low half is 0",
        PRICE,
        [1, 0],
        1,
        "16s",
        i128(1 << 64),
    )
    element("bool", "an element of bool8 is 2", Type(BOOL8), 2)
    element("date64", "an element of date64 is no whole day", Type(DATE64), DAY_MS - 1)
    element("date64-min", "an element of date64 is INT64_MIN", Type(DATE64), INT64_MIN)
    element("timestamp", "an element of timestamp is INT64_MIN", Type(TIMESTAMP, unit=3), INT64_MIN)
    element("duration", "an element of duration is INT64_MIN", Type(DURATION, unit=1), INT64_MIN)
    element("time32", "an element of time32[s] is a whole day", Type(TIME32), 86400)
    element("time32-negative", "an element of time32 is -1", Type(TIME32, unit=1), -1)
    element(
        "time64", "an element of time64[us] is a whole day", Type(TIME64, unit=2), DAY_MS * 1000
    )
    element("decimal", "an element of decimal128(18, 2) is 10^18", PRICE, i128(10**18))
    d = one(list_of(Type(BOOL8)), [[True], [False]])
    d.poke(d.slot(0, 2), "B", 255)
    bad(
        "zstd-value-list",
        "VALUE",
        "an element of bool8 is 255, in the plain form",
        compress(d.sealed()),
    )


def null_slots():
    def null(name, what, d):
        bad(f"null-{name}", "NULL_SLOT", what, d.sealed())

    for name, held in (("zero", 0), ("payload", 0x7E01), ("sign", 0xFE00), ("inf", 0x7C00)):
        data = poked(Type(FLOAT16), [1.0, None], 1, "H", held)
        bad(f"null-float16-{name}", "NULL_SLOT", f"float16: a null slot holds {held:#06x}", data)
    for name, held in (("one", 1), ("high", 1 << 64), ("negative", -1)):
        data = poked(PRICE, [1, None], 1, "16s", i128(held))
        bad(f"null-decimal-{name}", "NULL_SLOT", f"decimal128: a null slot holds {held}", data)
    d = lists()
    null("list", "a null list of one element", d.poke(d.slot(TOKENS, 1) + 8, "q", 1))
    d = lists()
    null("list-strings", "a null list of one string", d.poke(d.slot(TAGS, 1) + 24, "q", 3))
    d = one(INTS, [[1], None])
    null(
        "list-last",
        "a null list at the end that holds the last element",
        d.poke(d.slot(0, 1) + 8, "q", 0),
    )
    half = Type(TENSOR, element=FLOAT16, shape=(2,))
    data = poked(half, [[1, 2], None], 2, "H", 0x8000)
    bad("null-tensor-float16", "NULL_SLOT", "tensor of float16: a null slot of -0.0", data)


def zone_maps():
    def zone(name, what, d, at, form, *value):
        bad(f"zone-{name}", "ZONE_MAP", what, d.poke(d.zone(0) + at, form, *value).sealed())

    def halves():
        return one(Type(FLOAT16), [0.5, None, -0.0, NAN])

    def prices():
        return one(PRICE, [5, None, -7])

    zone("float16-half", "bounds as half", halves(), 32, "HHHH", 0x3800, 0, 0, 0)
    zone("float16-single", "bounds as float", halves(), 32, "fI", 0.5, 0)
    zone("float16-zero", "a minimum of +0.0", halves(), 16, "d", 0.0)
    zone("float16-nan-count", "nan_count", halves(), 4, "I", 0)
    zone("float16-max", "a maximum too large", halves(), 32, "d", 0.5009765625)
    zone("decimal-min", "a minimum too small", prices(), 16, "16s", i128(-8))
    zone("decimal-max", "a maximum too large", prices(), 32, "16s", i128(6))
    zone("decimal-width", "a minimum as i64", prices(), 16, "qq", -7, 0)
    zone("decimal-high", "the high half of a maximum", prices(), 40, "q", 1)
    zone("decimal-length", "min_length of decimals", prices(), 48, "Q", 16)
    zone("decimal-nan", "nan_count of decimals", prices(), 4, "I", 1)
    only = one(PRICE, [5, None])
    zone("decimal-null", "a null slot (0) counted in the bounds", only, 16, "16s", i128(0))


def envelopes():
    def wrong(name, what, d):
        bad(f"envelope-{name}", "ENVELOPE", what, d.sealed())

    def find(d, region, what):
        return d.data.index(what, d.region(region))

    d = lists()
    wrong(
        "item",
        "the child of a list has another name",
        d.flip(find(d, "schema", b"\4\0\0\0item\0") + 4),
    )
    d = lists()
    at = find(d, "schema", struct.pack("<ii", 18, 2))
    wrong("precision", "a decimal has another precision for Arrow", d.poke(at, "i", 19))
    d = lists()
    wrong("scale", "a decimal has another scale for Arrow", d.poke(at + 4, "i", 3))
    d = lists()
    at = find(d, "batch", struct.pack("<qqqq", 5, 1, 6, 0))
    wrong("elements", "Arrow's number of elements differs", d.poke(at + 16, "q", 5))
    d = lists()
    wrong("element-nulls", "Arrow is told of a null element", d.poke(at + 24, "q", 1))
    d = lists()
    buffer = struct.pack("<qq", d.slot(TOKENS, 2) - d.header("body_offset"), 24)
    at = find(d, "batch", buffer)
    wrong(
        "element-validity", "the elements have a validity buffer for Arrow", d.poke(at - 8, "q", 1)
    )
    d = lists()
    wrong("element-buffer", "Arrow's elements lie elsewhere", d.poke(at, "q", 64))
    flags = one(list_of(Type(BOOL8)), [[True]])
    at = find(flags, "schema", b"arrow.bool8")
    wrong(
        "element-extension",
        "the extension of elements differs",
        flags.poke(at, "11s", b"arrow.boolX"),
    )


def hashes():
    def block(name, what, i, s):
        d = lists()
        bad(f"block-{name}", "BLOCK_HASH", what, d.flip(d.slot(i, s)).sealed("blocks"))

    block("elements", "one bit of an element", TOKENS, 2)
    block("element-offsets", "one bit of an element offset", TAGS, 2)
    block("element-bytes", "one bit of a string in a list", TAGS, 3)
    block("list-offsets", "one bit of a list's offset", TIMES, 1)
    block("decimal", "one bit of a decimal", COST, 1)
    d = lists()
    d.flip(d.slot(TOKENS, 2) + 24)
    bad("gap-elements", "GAP", "the byte after a list's elements", d.sealed())
    d = lists()
    d.flip(d.slot(TAGS, 3) + 11)
    bad("gap-element-bytes", "GAP", "the byte after the strings of a list", d.sealed())


def make():
    """These files: (path, code, what it is, bytes)."""
    return made(
        parameters,
        slots,
        zones_of_elements,
        places,
        offsets,
        strings,
        values,
        null_slots,
        zone_maps,
        envelopes,
        hashes,
    )
