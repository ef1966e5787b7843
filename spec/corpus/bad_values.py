"""Broken files of which only values are wrong: validity, strings, codes, null slots, zone maps."""

import math

import numpy as np
from collected import bad, made
from damage import Damage
from model import (
    BINARY,
    BOOL8,
    DATE32,
    DATE64,
    DAY_MS,
    DICTIONARY,
    DURATION,
    FIXED_BINARY,
    FLOAT32,
    FLOAT64,
    INT8,
    INT32,
    INT64_MIN,
    STRING,
    TENSOR,
    TIME32,
    TIME64,
    TIMESTAMP,
    UINT8,
    Type,
)
from small_tables import CAT, FLAG, NAME, WORDS_OF_CAT, one, poked, table
from writer import Col, Words, write

NAN = math.nan


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
        bad(f"offsets-{name}", "OFFSETS", what, d.poke(d.slot(i, s) + 8 * k, "q", value).sealed())

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
    bad(
        "offsets-rows-0",
        "OFFSETS",
        "no rows, and the one offset is not 0",
        d.poke(d.slot(0, 1), "q", 8).sealed(),
    )
    d = one(Type(BINARY), [b"ab", b"c"])
    bad(
        "offsets-binary",
        "OFFSETS",
        "a binary column's offsets decrease",
        d.poke(d.slot(0, 1) + 8, "q", 4).sealed(),
    )

    def utf8(name, what, d):
        bad(f"utf8-{name}", "UTF8", what, d.sealed())

    d = table()
    utf8("byte", "a byte that is no UTF-8", d.flip(d.slot(NAME, 2), 0x80))
    d = table()
    utf8(
        "cut",
        "a character cut between two values: the bytes together are valid",
        d.poke(d.slot(NAME, 1) + 8 * 4, "q", 7),
    )
    for name, what, b in (
        ("surrogate", "a surrogate", b"\xed\xa0\x80"),
        ("overlong", "an overlong form", b"\xe0\x80\xaf"),
        ("beyond", "beyond U+10FFFF, cut to three bytes", b"\xf4\x90\x80"),
    ):
        d = table()
        utf8(name, what, d.poke(d.slot(NAME, 2), "3s", b))
    d = one(Type(STRING), ["abcd"])
    utf8("five", "beyond U+10FFFF", d.poke(d.slot(0, 2), "4s", b"\xf4\x90\x80\x80"))
    d = table()
    utf8("dictionary", "a dictionary's value", d.poke(d.slot(WORDS_OF_CAT, 2) + 1, "B", 0xFF))


def dictionaries():
    for name, what, code in (
        ("beyond", "a code just outside", 3),
        ("minus-1", "-1 in a valid slot", -1),
        ("min", "-128 in a valid slot", -128),
    ):
        d = table()
        bad(f"codes-{name}", "CODES", what, d.poke(d.slot(CAT, 1), "b", code).sealed())
    d = one(Type(DICTIONARY, width=4), ["x"], words=Words(["x"]))
    bad(
        "codes-int32",
        "CODES",
        "a code of 2^31 - 1",
        d.poke(d.slot(0, 1), "i", (1 << 31) - 1).sealed(),
    )
    words = Words(["x", "y", "x"])
    bad(
        "dictionary-twice",
        "DICTIONARY",
        "a value twice",
        one(Type(DICTIONARY, width=1), ["x"], words=words).raw(),
    )
    bad(
        "dictionary-empty-twice",
        "DICTIONARY",
        "the empty value twice",
        one(Type(DICTIONARY, width=1), ["x"], words=Words(["", "x", ""])).raw(),
    )
    bad(
        "dictionary-sorted-twice",
        "DICTIONARY",
        "flagged sorted, and a value twice",
        one(Type(DICTIONARY, width=1), ["x"], words=Words(["x", "x", "y"], sorted=True)).raw(),
    )
    bad(
        "dictionary-not-sorted",
        "DICTIONARY",
        "flagged sorted, and is not",
        one(Type(DICTIONARY, width=1), ["x"], words=Words(["x", "z", "y"], sorted=True)).raw(),
    )
    bad(
        "dictionary-sorted-length",
        "DICTIONARY",
        "flagged sorted: a prefix comes first",
        one(Type(DICTIONARY, width=1), ["x"], words=Words(["xa", "x"], sorted=True)).raw(),
    )


def values():
    def value(name, what, *args):
        bad(f"value-{name}", "VALUE", what, poked(*args))

    flags = [True, False, None]
    value("bool-2", "bool8 of 2", Type(BOOL8), flags, 0, "B", 2)
    value("bool-255", "bool8 of 255", Type(BOOL8), flags, 1, "B", 255)
    value(
        "date64-day",
        "date64 that is not a whole day",
        Type(DATE64),
        [0, DAY_MS, None],
        1,
        "q",
        DAY_MS + 1,
    )
    value(
        "date64-negative",
        "date64 one millisecond before a day",
        Type(DATE64),
        [0, -DAY_MS],
        1,
        "q",
        -DAY_MS - 1,
    )
    value("date64-min", "valid INT64_MIN in date64", Type(DATE64), [0, 0], 1, "q", INT64_MIN)
    for unit in range(4):
        value(
            f"timestamp-min-{unit}",
            f"valid INT64_MIN, timestamp of unit {unit}",
            Type(TIMESTAMP, unit=unit),
            [0, None],
            0,
            "q",
            INT64_MIN,
        )
    value(
        "duration-min",
        "valid INT64_MIN in duration",
        Type(DURATION, unit=1),
        [0, 0],
        0,
        "q",
        INT64_MIN,
    )
    value("time32-day", "time32[s] of a whole day", Type(TIME32), [0], 0, "i", 86400)
    value("time32-ms", "time32[ms] of a whole day", Type(TIME32, unit=1), [0], 0, "i", DAY_MS)
    value("time32-negative", "time32 of -1", Type(TIME32), [0], 0, "i", -1)
    value(
        "time64-us", "time64[us] of a whole day", Type(TIME64, unit=2), [0], 0, "q", DAY_MS * 1000
    )
    value(
        "time64-ns",
        "time64[ns] of a whole day",
        Type(TIME64, unit=3),
        [0],
        0,
        "q",
        DAY_MS * 1000000,
    )
    value("time64-negative", "time64 of INT64_MIN", Type(TIME64, unit=3), [0], 0, "q", INT64_MIN)


def null(name, what, t, valid, form, held, row=1, **more):
    """A null after a valid value; its slot, `row` elements of `form` on, holds something."""
    data = poked(t, [valid, None], row, form, held, **more)
    bad(f"null-{name}", "NULL_SLOT", what, data)


def null_slots():
    for t, name, form, held in (
        (INT32, "int32", "i", 5),
        (UINT8, "uint8", "B", 1),
        (BOOL8, "bool8", "B", 1),
        (DATE32, "date32", "i", 1),
        (FLOAT32, "float32", "I", 0),
        (FLOAT64, "float64", "Q", 0),
        (DATE64, "date64", "q", 0),
        (TIME32, "time32", "i", 1),
    ):
        valid = 0 if t == DATE64 else 1
        null(name, f"{name}: a null slot holds {held}", Type(t), valid, form, held)
    payload, sign64, sign32 = 0x7FF8000000000001, 0xFFF8000000000000, 0xFFC00000
    sign = "the canonical NaN with its sign"
    null("float64-payload", "a NaN of other bits", Type(FLOAT64), 1.0, "Q", payload)
    null("float64-sign", sign, Type(FLOAT64), 1.0, "Q", sign64)
    null("float32-sign", sign, Type(FLOAT32), 1.0, "I", sign32)
    null("timestamp", "timestamp: a null slot holds 0", Type(TIMESTAMP, unit=3), 1, "q", 0)
    null("duration", "duration: a null slot holds 0", Type(DURATION), 1, "q", 0)
    time64 = Type(TIME64, unit=2)
    null("time64", "time64: a null slot holds INT64_MIN", time64, 1, "q", INT64_MIN)


def null_slots_of_bytes():
    words = Words(["x", "y"])
    codes16, codes8 = Type(DICTIONARY, width=2), Type(DICTIONARY, width=1)
    null("code-1", "a null slot holds code 1", codes16, "x", "h", 1, words=words)
    pandas = "a null slot holds -1, as pandas writes it"
    null("code-minus-1", pandas, codes8, "x", "b", -1, words=words)
    fixed = Type(FIXED_BINARY, width=3)
    zeros = "fixed_binary: a null slot is not zeros"
    null("fixed_binary", zeros, fixed, b"abc", "3s", b"\0\0\1")
    square = Type(TENSOR, element=INT8, shape=(2, 2))
    null("tensor", "tensor: a null slot is not zeros", square, [[1, 2], [3, 4]], "b", 1, row=7)
    single = Type(TENSOR, element=FLOAT64, shape=(1,))
    null("tensor-negative-zero", "tensor: a null slot of -0.0", single, [1], "d", -0.0)
    for t, name in ((STRING, "string"), (BINARY, "binary")):
        d = one(Type(t), ["ab", None, "c"] if t == STRING else [b"ab", None, b"c"])
        bad(
            f"null-{name}",
            "NULL_SLOT",
            f"{name}: a null of length 1",
            d.poke(d.slot(0, 1) + 8, "q", 1).sealed(),
        )


def zone_maps():
    def zone(name, what, d, at, form, *value):
        bad(f"zone-{name}", "ZONE_MAP", what, d.poke(d.zone(0) + at, form, *value).sealed())

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
    zone("float-max-zero", "a maximum of -0.0", one(Type(FLOAT64), [-1.0, 0.0]), 32, "d", -0.0)
    zone("float-nan", "a maximum of NaN", floats(), 32, "d", NAN)
    zone("float32", "bounds as float", one(Type(FLOAT32), [1.0, 2.0]), 16, "fI", 1.0, 0)
    zone("string-min", "another prefix", words(), 16, "B", ord("a"))
    zone("string-max", "a prefix incremented", words(), 32, "B", ord("d"))
    zone("string-length", "the length of the prefix", words(), 48, "Q", 16)
    zone("string-max-length", "another length", words(), 56, "Q", 2)
    zone("all-null", "bounds where all is null", one(Type(INT8), [None]), 8, "I", 0)
    zone("all-nan", "no bounds, but a minimum", one(Type(FLOAT64), [NAN]), 16, "d", NAN)
    zone(
        "null-bounds",
        "null slots (0) counted in the bounds",
        one(Type(INT32), [5, None, 7]),
        16,
        "q",
        0,
    )
    zone(
        "codes",
        "bounds of codes",
        one(Type(DICTIONARY, width=1), ["y", "y"], words=Words(["x", "y"])),
        16,
        "q",
        0,
    )
    zone("bool8", "bounds of bool8", one(Type(BOOL8), [False, True]), 32, "Q", 255)
    n = np.arange(65540) % 100
    d = one(Type(INT8), n)
    bad(
        "zone-second",
        "ZONE_MAP",
        "the second zone's maximum is the first's",
        d.poke(d.zone(0, 1) + 32, "q", 99).sealed(),
    )


def make():
    """These files: (path, code, what it is, bytes)."""
    return made(validity, strings, dictionaries, values, null_slots, null_slots_of_bytes, zone_maps)
