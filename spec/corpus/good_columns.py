"""Columns of valid values of every type, its ends among them."""

import math

import numpy as np
from model import (
    BINARY,
    BOOL8,
    DATE32,
    DATE64,
    DAY_MS,
    DECIMAL128,
    DICTIONARY,
    DURATION,
    FIXED_BINARY,
    FLOAT16,
    FLOAT32,
    FLOAT64,
    INT8,
    INT64,
    INT64_MIN,
    LIST,
    STRING,
    TENSOR,
    TIME32,
    TIME64,
    TIMESTAMP,
    UINT8,
    UINT64,
    WIDTHS,
    Type,
)
from writer import Col, Words

INT64_MAX = (1 << 63) - 1
NAN, INF = math.nan, math.inf
DAYS_MAX = INT64_MAX // DAY_MS * DAY_MS
DAYS_MIN = -((-INT64_MIN) // DAY_MS) * DAY_MS
WORDS = Words(["no", "yes", "maybe", "été", ""])


def samples(t):
    """Nine valid values of a type, its ends among them."""
    if t.id == BOOL8:
        return [True, False, True, True, False, False, True, False, True]
    if INT8 <= t.id <= INT64:
        end = 1 << (8 * WIDTHS[t.id] - 1)
        return [0, 1, -1, end - 1, -end, 42, -7, 100, 3]
    if UINT8 <= t.id <= UINT64:
        end = 1 << (8 * WIDTHS[t.id])
        return [0, 1, end - 1, end // 2, 42, 7, 100, 3, 255]
    if t.id == FLOAT16:
        return [0.0, -0.0, 1.5, -2.25, 65504.0, 2.0**-24, INF, -INF, 0.1]
    if t.id == DECIMAL128:
        end = 10**t.precision - 1
        return [0, 1, -1, end, -end, 42 % end, -7, 100 % end, 3]
    if t.id == LIST:
        e = samples(t.element_type)
        return [[], e[:1], e[1:4], [], e[4:9], e[:2], e[2:3], e, e[3:8]]
    if t.id == FLOAT32:
        return [0.0, -0.0, 1.5, -2.25, 3.4028234663852886e38, 1e-45, INF, -INF, 0.1]
    if t.id == FLOAT64:
        return [
            0.0,
            -0.0,
            1.5,
            0.1,
            1.7976931348623157e308,
            5e-324,
            INF,
            -INF,
            2.2250738585072014e-308,
        ]
    if t.id == DATE32:
        return [0, 1, -1, 19723, (1 << 31) - 1, -(1 << 31), 365, -719162, 3]
    if t.id == DATE64:
        return [
            0,
            DAY_MS,
            -DAY_MS,
            19723 * DAY_MS,
            DAYS_MAX,
            DAYS_MIN,
            365 * DAY_MS,
            -719162 * DAY_MS,
            3 * DAY_MS,
        ]
    if t.id in (TIMESTAMP, DURATION):
        return [0, 1, -1, 1704067200, INT64_MAX, INT64_MIN + 1, 999, -86400, 3]
    if t.id in (TIME32, TIME64):
        day = 86400 * 1000**t.unit
        return [0, 1, day - 1, day // 2, 42, 3600, 59, 86399, 3]
    if t.id == STRING:
        return [
            "",
            "a",
            "NULL",
            "a\0b",
            "Zürich",
            "日本語",
            "𝄞",
            "exactly sixteen!",
            "longer than sixteen bytes",
        ]
    if t.id == BINARY:
        return [b"", b"\0", b"\xff\xfe", b"abc", bytes(range(40)), b"\xc3", b"\n", b"\x80", b"end"]
    if t.id == FIXED_BINARY:
        return [bytes([i * 29 & 255]) * t.width for i in range(9)]
    if t.id == DICTIONARY:
        return ["no", "yes", "maybe", "été", "", "no", "no", "yes", "été"]
    return [np.arange(i, i + t.elements).reshape(t.shape) for i in range(9)]


def column(name, t, values, **more):
    words = WORDS if t.id == DICTIONARY else None
    return Col(name, t, values, words=more.pop("words", words), **more)


def three(t, prefix=""):
    """A type without nulls, with nulls (first and last too), and all null."""
    values = samples(t)
    some = [None if i in (0, 3, 8) else v for i, v in enumerate(values)]
    return [
        column(prefix + "plain", t, values),
        column(prefix + "nulls", t, some),
        column(prefix + "none", t, [None] * 9),
    ]


def list_of(element):
    """The list type of an element with these parameters."""
    return Type(
        LIST,
        element=element.id,
        unit=element.unit,
        zone=element.zone,
        precision=element.precision,
        scale=element.scale,
    )


def element_types():
    """Every type of an element of a list, with each of its units."""
    out = [Type(i) for i in range(BOOL8, DATE64 + 1)]
    for i in (TIMESTAMP, DURATION):
        out += [Type(i, unit=unit) for unit in range(4)]
    out += [Type(TIMESTAMP, unit=unit, zone=b"Europe/Paris") for unit in range(4)]
    out += [Type(TIME32, unit=0), Type(TIME32, unit=1), Type(TIME64, unit=2), Type(TIME64, unit=3)]
    decimals = [(1, 0), (18, 2), (38, 0), (38, 38)]
    return out + [
        Type(STRING),
        Type(FLOAT16),
        *(Type(DECIMAL128, precision=p, scale=s) for p, s in decimals),
    ]


def all_types():
    """Every type and unit of the first columns, once; element_types has the later ones."""
    types = [Type(i) for i in range(BOOL8, DATE64 + 1)]
    for unit in range(4):
        types.append(Type(TIMESTAMP, unit=unit))
        types.append(Type(TIMESTAMP, unit=unit, zone=b"Europe/Paris"))
        types.append(Type(DURATION, unit=unit))
    types += [
        Type(TIME32, unit=0),
        Type(TIME32, unit=1),
        Type(TIME64, unit=2),
        Type(TIME64, unit=3),
        Type(STRING),
        Type(BINARY),
        Type(FIXED_BINARY, width=3),
        Type(DICTIONARY, width=1),
        Type(DICTIONARY, width=2),
        Type(DICTIONARY, width=4),
        Type(TENSOR, element=FLOAT32, shape=(2, 3)),
    ]
    return types
