"""The flag ascending (F-23): columns of every type that ascend and that do not, and wrong flags."""

import collected
import numpy as np
from damage import Damage
from frames import compress
from good_columns import INF, NAN, list_of, samples
from model import (
    ASCENDING,
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
    FLOATS,
    INT8,
    INT32,
    INT64,
    NULLABLE,
    STRING,
    TENSOR,
    TIME32,
    TIME64,
    TIMESTAMP,
    TYPE_NAMES,
    UINT8,
    UINT64,
    ZONE,
    Type,
)
from small_tables import CAT, WORDS_OF_CAT, mini, table
from writer import Col, Words, as_bytes, write

PRICE = Type(DECIMAL128, precision=38, scale=2)
CODES = Type(DICTIONARY, width=1)
TEXT = Type(STRING)
LONG = "the same sixteen bytes"
# 16 equal bytes and more, a prefix, upper case before lower case, bytes above 127 last
TEXTS = ["", "\0", "Z", "Zz", "a", LONG + " 1", LONG + " 2", "z", "é", "日本"]


def good(name, what, data):
    collected.good("ascending-" + name, what, data)


def sorted_samples(t):
    """Values of the type that ascend, two equal ones among them."""
    key = as_bytes if t.id == STRING else None
    values = sorted(samples(t), key=key)
    return values[:4] + values[3:]


def numbers():
    """Types and units whose values are compared as numbers."""
    types = [Type(i) for i in (*range(BOOL8, DATE64 + 1), FLOAT16)]
    types += [Type(TIMESTAMP, unit=3), Type(TIMESTAMP, unit=0, zone=b"UTC"), Type(DURATION, unit=2)]
    return types + [Type(TIME32), Type(TIME64, unit=3), PRICE]


def types():
    good(
        "numbers",
        "columns of numbers and times that ascend, two values of each equal",
        write([Col(f"{i} {t}", t, sorted_samples(t)) for i, t in enumerate(numbers())]),
    )
    cols = []
    for i, t in enumerate(numbers()):
        values = sorted_samples(t)
        cols += [
            Col(f"{i} {t} last", t, values[1:] + values[:1]),
            Col(f"{i} {t} first", t, values[-1:] + values[:-1]),
        ]
    good("not-numbers", "the same, but the last or the first value is out of order", write(cols))
    up = [1, 2, 3]
    good(
        "with-nulls",
        "values that ascend beside a null, which do not count as ascending",
        write(
            [
                Col("first", Type(INT32), [None, *up]),
                Col("last", Type(INT32), [*up, None]),
                Col("text", TEXT, ["a", None, "b", "c"]),
                Col("float", Type(FLOAT64), [None, 1.0, 2.0, 3.0]),
                Col("all null", Type(INT8), [None] * 4),
            ]
        ),
    )
    good(
        "nullable",
        "nullable columns without nulls that ascend, and one that does not",
        write(
            [
                Col("up", Type(INT32), up, nullable=True),
                Col("text", TEXT, ["a", "b", "b"], nullable=True),
                Col("down", Type(INT32), up[::-1], nullable=True),
            ]
        ),
    )


def floats():
    cols = []
    for i in FLOATS:
        t, name = Type(i), TYPE_NAMES[i]
        cols += [
            Col(f"{name} zeros", t, [0.0, -0.0, 0.0, -0.0]),
            Col(f"{name} ends", t, [-INF, -1.5, -0.0, INF]),
            Col(f"{name} nan last", t, [1.0, 2.0, 3.0, NAN]),
            Col(f"{name} nan first", t, [NAN, 1.0, 2.0, 3.0]),
            Col(f"{name} all nan", t, [NAN] * 4),
        ]
    good("floats", "zeros of both signs are equal; a NaN anywhere is not ascending", write(cols))


def strings():
    upper = ["a", "B", "c"]
    good(
        "strings",
        "strings that ascend bytewise, and some that ascend only in other orders",
        write(
            [
                Col("bytes", TEXT, TEXTS),
                Col("equal", TEXT, [LONG] * 10),
                Col("behind 16 bytes", TEXT, [LONG + str(9 - i) for i in range(10)]),
                Col("shorter", TEXT, ["a" * (10 - i) for i in range(10)]),
                Col("ignoring case", TEXT, upper * 3 + ["d"]),
                Col("numbers", TEXT, [str(i + 1) for i in range(10)]),
            ]
        ),
    )


def dictionaries():
    words = Words(["b", "a", "c", "d"])
    in_order = Words(["a", "b", "c", "d"], sorted=True)
    good(
        "dictionaries",
        "dictionary columns ascend by their values, whatever their codes do",
        write(
            [
                Col("values", CODES, ["a", "a", "b", "c"], words=words),
                Col("codes", CODES, ["b", "a", "c", "c"], words=words),
                Col("sorted", CODES, ["a", "b", "b", "d"], words=in_order),
                Col("not sorted", CODES, ["a", "c", "b", "d"], words=in_order),
                Col("last alone", CODES, ["d"] * 4, words=in_order),
                Col("null", CODES, [None, "a", "b", "c"], words=in_order),
            ]
        ),
    )


def few_rows():
    all_of = [*numbers(), TEXT]
    words = Words(["b", "a"])
    cols = [Col(f"{i} {t}", t, []) for i, t in enumerate(all_of)]
    cols.append(Col("word", CODES, [], words=words))
    good("rows-0", "no rows: every column that can ascend does", write(cols))
    cols = [Col(f"{i} {t}", t, samples(t)[4:5]) for i, t in enumerate(all_of)]
    cols += [
        Col("word", CODES, ["a"], words=words),
        Col("null", Type(INT8), [None]),
        Col("nan", Type(FLOAT32), [NAN]),
        Col("null text", TEXT, [None]),
    ]
    good("rows-1", "one row: ascending unless it is null or NaN", write(cols))
    never = [
        (Type(BINARY), [b"a", b"b"]),
        (Type(FIXED_BINARY, width=1), [b"a", b"b"]),
        (Type(TENSOR, element=INT8, shape=(1,)), [[1], [2]]),
        (list_of(Type(INT8)), [[1], [2]]),
        (list_of(TEXT), [["a"], ["b"]]),
    ]
    cols = [Col(f"{i}", t, values) for i, (t, values) in enumerate(never)]
    good("never", "types that never have the flag", write(cols))


def zones():
    n = np.arange(ZONE + 2)
    down = n.copy()
    down[ZONE] -= 2
    good(
        "zones",
        "two zones: ascending; descending only from one zone to the next; in the second zone",
        write(
            [
                Col("up", Type(INT8), n // 600),
                Col("between", Type(INT8), np.where(n < ZONE, 7, 6)),
                Col("within", Type(INT8), np.where(n <= ZONE, 7, 6)),
            ]
        ),
    )
    blocks = [
        Col("up", Type(INT64), n),
        Col("between blocks", Type(INT64), down),
        Col("text", TEXT, [f"{i:06}" for i in n]),
    ]
    what = "columns that ascend and that do not, over two blocks, in a compressed file"
    collected.good("zstd-ascending", what, compress(write(blocks)))


def make_good():
    """Good files: (path, what it is, bytes)."""
    return collected.made(types, floats, strings, dictionaries, few_rows, zones)


def flagged(cols, i=0, **extra):
    """The other value of the flag of column i."""
    d = Damage(write(cols, **extra))
    return d.describe(i, flags=d.descriptor(i, "flags") ^ ASCENDING)


def bad(name, what, d):
    collected.bad("ascending-" + name, "ASCENDING", what, d.sealed())


def set_and_lacking():
    for t in (
        Type(BOOL8),
        Type(INT8),
        Type(INT64),
        Type(UINT8),
        Type(UINT64),
        Type(FLOAT16),
        Type(FLOAT32),
        Type(FLOAT64),
        Type(DATE32),
        Type(DATE64),
        Type(TIMESTAMP, unit=3),
        Type(DURATION),
        Type(TIME32),
        Type(TIME64, unit=2),
        PRICE,
        TEXT,
    ):
        values, name = sorted_samples(t), TYPE_NAMES[t.id]
        down = values[:-2] + values[-1:] + values[-2:-1]
        if down == values:
            down = values[1:] + values[:1]
        bad(f"{name}-set", f"{name}: set, but a value descends", flagged([Col("a", t, down)]))
        bad(f"{name}-lacking", f"{name}: not set, but it ascends", flagged([Col("a", t, values)]))


def edges():
    def one(name, what, t, values, **more):
        bad(name, what, flagged([Col("a", t, values, **more)]))

    half = Type(FLOAT16)
    one("zeros", "not set, since -0.0 follows 0.0", Type(FLOAT64), [0.0, -0.0])
    one("zeros-float16", "the same of float16", half, [0.0, -0.0])
    one("nan-first", "set, and the first value is NaN", Type(FLOAT64), [NAN, 1.0, 2.0])
    one("nan-last", "set, and the last value is NaN", Type(FLOAT32), [1.0, 2.0, NAN])
    one("nan-alone", "set, and the only value is NaN", Type(FLOAT64), [NAN])
    one("nan-float16", "set, and a value of float16 is NaN", half, [1.0, NAN, 2.0])
    one("rows-0-lacking", "not set, without rows", Type(INT32), [])
    one("rows-0-text", "not set, strings without rows", TEXT, [])
    one("rows-1-lacking", "not set, with one row", Type(INT32), [5])
    one("equal", "not set, since two values are equal", Type(INT32), [5, 5])
    before = [-2 * DAY_MS, -DAY_MS, 0]
    one("negative", "not set, days before 1970", Type(DATE64), before)
    top = 1 << 63
    one("unsigned", "set where the order is that of signed numbers", Type(UINT64), [top, top - 1])
    one("decimal-low", "set where low halves ascend", PRICE, [1 << 64, 1])
    one("decimal-high", "set where high halves are equal", PRICE, [top, top - 1])
    one("text-long", "set, strings that descend behind 16 bytes", TEXT, [LONG + "2", LONG + "1"])
    one("text-prefix", "set, and a prefix follows", TEXT, [LONG, LONG[:20]])
    one("text-case", "set, for an order without case", TEXT, ["a", "B", "c"])
    one("nullable", "not set, since the column is nullable", Type(INT32), [1, 2], nullable=True)
    words = Words(["b", "a", "c"])
    one("codes", "set, codes ascend but values do not", CODES, ["b", "a", "c"], words=words)
    one("codes-lacking", "not set, values ascend, codes do not", CODES, ["a", "b"], words=words)
    one("codes-empty", "not set, no rows of a dictionary column", CODES, [], words=words)
    bad("codes-sorted", "set, of a sorted dictionary", flagged_cat())
    n = np.arange(ZONE + 1)
    between = Col("a", Type(INT8), np.where(n < ZONE, 7, 6))
    what = "set, and the first value of the second zone descends, in a compressed file"
    bad("zstd-between", what, Damage(compress(flagged([between]).sealed())))


def flagged_cat():
    """A column of a sorted dictionary that descends."""
    words = Words(["x", "y"], sorted=True)
    return flagged(
        [Col("n", Type(INT32), [3, 2, 1]), Col("c", CODES, ["y", "x", "y"], words=words)], 1
    )


def descriptors():
    def field(name, what, d, i, flags):
        d.describe(i, flags=flags | ASCENDING)
        collected.bad("descriptor-ascending-" + name, "DESCRIPTOR_FIELD", what, d.sealed())

    for name, t, values in (
        ("binary", Type(BINARY), [b"a", b"b"]),
        ("fixed_binary", Type(FIXED_BINARY, width=1), [b"a"]),
        ("tensor", Type(TENSOR, element=INT8, shape=(1,)), [[1]]),
        ("list", list_of(Type(INT8)), [[1], [2]]),
        ("list-rows-0", list_of(TEXT), []),
    ):
        d = Damage(write([Col("a", t, values)]))
        field(name, f"the flag ascending on a column of {TYPE_NAMES[t.id]}", d, 0, 0)
    field("words", "the flag ascending on a dictionary", table(), WORDS_OF_CAT, 2)
    d = Damage(write([Col("a", Type(INT32), [1, None, 3])]))
    field("null", "the flag ascending beside a null", d, 0, NULLABLE)
    field("codes-null", "the flag ascending beside a null code", table(), CAT, NULLABLE)
    field("text-null", "the flag ascending beside a null string", mini(), 1, NULLABLE)


def make_bad():
    """Bad files: (path, code, what it is, bytes)."""
    return collected.made(set_and_lacking, edges, descriptors)
