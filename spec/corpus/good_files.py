"""The good files of the corpus: a writer may write them, and every reader must read them."""

import struct

import damage
import numpy as np
from collected import good, made
from good_columns import INF, NAN, all_types, column, samples, three
from model import (
    BINARY,
    BOOL8,
    DATE64,
    DICTIONARY,
    DURATION,
    FIXED_BINARY,
    FLOAT16,
    FLOAT32,
    FLOAT64,
    INT8,
    INT16,
    INT32,
    INT64,
    STRING,
    TENSOR,
    TENSOR_ELEMENTS,
    TIME32,
    TIME64,
    TIMESTAMP,
    TYPE_NAMES,
    UINT16,
    UINT64,
    UNITS,
    Type,
)
from writer import Col, Words, write


def one_type_each():
    for i in list(range(BOOL8, DATE64 + 1)) + [STRING, BINARY]:
        good(
            f"type-{TYPE_NAMES[i]}",
            f"{TYPE_NAMES[i]}: without nulls, with nulls, all null",
            write(three(Type(i))),
        )
    for unit, name in enumerate(UNITS):
        cols = three(Type(TIMESTAMP, unit=unit))
        for zone in (b"UTC", b"Europe/Paris"):
            cols.append(
                column(
                    zone.decode(),
                    Type(TIMESTAMP, unit=unit, zone=zone),
                    [1704067200, None] + [0] * 7,
                )
            )
        good(
            f"type-timestamp-{name}",
            f"timestamp in {name}: nulls as above, then with two zones",
            write(cols),
        )
        good(
            f"type-duration-{name}", f"duration in {name}", write(three(Type(DURATION, unit=unit)))
        )
    good(
        "timestamp-offset-hours",
        "timestamps whose zone is an offset of whole hours",
        write(
            [
                column("a", Type(TIMESTAMP, unit=2, zone=b"+02:00"), [1, None]),
                column("b", Type(TIMESTAMP, unit=0, zone=b"-11:00"), [0, 1]),
                column("c", Type(TIMESTAMP, unit=3, zone=b"+00:00"), [0, 1]),
            ]
        ),
    )
    good(
        "timestamp-offset-minutes",
        "timestamps whose zone is an offset with minutes",
        write(
            [
                column("a", Type(TIMESTAMP, unit=2, zone=b"+05:30"), [1, None]),
                column("b", Type(TIMESTAMP, unit=0, zone=b"-03:30"), [0, 1]),
            ]
        ),
    )
    good(
        "type-time32",
        "time32 in s and ms",
        write(three(Type(TIME32, unit=0), "s ") + three(Type(TIME32, unit=1), "ms ")),
    )
    good(
        "type-time64",
        "time64 in us and ns",
        write(three(Type(TIME64, unit=2), "us ") + three(Type(TIME64, unit=3), "ns ")),
    )
    good(
        "type-fixed_binary",
        "fixed_binary of 1, 16 and 100 bytes",
        write([c for w in (1, 16, 100) for c in three(Type(FIXED_BINARY, width=w), f"{w} ")]),
    )


def dictionaries():
    for width in (1, 2, 4):
        good(
            f"dictionary-int{8 * width}",
            f"dictionary with codes of {width} bytes",
            write(three(Type(DICTIONARY, width=width))),
        )
    t = Type(DICTIONARY, width=1)
    good(
        "dictionary-sorted",
        "dictionary flagged sorted",
        write([Col("c", t, ["b", None, "a", "é"], words=Words(["a", "b", "é"], sorted=True))]),
    )
    good(
        "dictionary-ordered",
        "dictionary flagged ordered, in its own order",
        write(
            [
                Col(
                    "size",
                    t,
                    ["small", "large", "middle", None],
                    words=Words(["small", "middle", "large"], ordered=True),
                )
            ]
        ),
    )
    good(
        "dictionary-sorted-ordered",
        "dictionary flagged sorted and ordered",
        write(
            [
                Col(
                    "grade",
                    t,
                    ["a", "c", "b"],
                    words=Words(["a", "b", "c"], sorted=True, ordered=True),
                )
            ]
        ),
    )
    good(
        "dictionary-empty",
        "empty dictionary, every slot null (code 0)",
        write([Col("c", t, [None] * 5, words=Words([]))]),
    )
    good(
        "dictionary-unused-values",
        "values that no row uses",
        write([Col("c", t, ["x"] * 3, words=Words(["u", "x", "v"]))]),
    )


def dictionary_words():
    t = Type(DICTIONARY, width=1)
    shared, other = Words(["x", "y"]), Words(["p", "q"])
    good(
        "dictionary-shared",
        "two columns share a dictionary (codes of 1 and 4 bytes), a third has its own",
        write(
            [
                Col("a", t, ["x", "y", None], words=shared),
                Col("b", Type(DICTIONARY, width=2), ["q", "p", "q"], words=other),
                Col("c", Type(DICTIONARY, width=4), ["y", "y", "x"], words=shared),
            ]
        ),
    )
    good(
        "dictionary-all-codes",
        "128 values, the most that int8 codes name",
        write(
            [
                Col(
                    "c",
                    t,
                    [f"v{i:03}" for i in range(128)],
                    words=Words([f"v{i:03}" for i in range(128)], True),
                )
            ]
        ),
    )


def tensors():
    shapes = ((1,), (3,), (2, 3), (1, 1, 1, 1, 1, 1, 2), (4, 1, 2))
    elements = (INT8, UINT16, FLOAT32, FLOAT64, INT64)
    good(
        "tensor-shapes",
        "tensors of 1 to 7 dimensions",
        write(
            [
                c
                for e, s in zip(elements, shapes)
                for c in three(Type(TENSOR, element=e, shape=s), f"{s} ")
            ]
        ),
    )
    cols = []
    for e in sorted(TENSOR_ELEMENTS - {FLOAT16}):
        unit = 1 if e in (TIMESTAMP, DURATION) else 0
        t = Type(TENSOR, element=e, unit=unit, shape=(2,))
        cols.append(Col(TYPE_NAMES[e], t, [np.array([1, 2]), None, np.array([0, 3])]))
    good("tensor-elements", "tensors of every element type", write(cols))
    good(
        "tensor-nan",
        "NaN, infinities and -0.0 inside tensors",
        write(
            [
                Col(
                    "t",
                    Type(TENSOR, element=FLOAT64, shape=(2, 2)),
                    [[[NAN, -0.0], [INF, -INF]], None],
                )
            ]
        ),
    )


def floats():
    for i in (FLOAT32, FLOAT64):
        t, name = Type(i), TYPE_NAMES[i]
        good(
            f"float-nan-{name}",
            "all NaN: no bounds, nan_count in the zone",
            write([Col("nan", t, [NAN] * 4), Col("nan and null", t, [NAN, None, NAN, None])]),
        )
        good(
            f"float-zero-{name}",
            "zeros of both signs: the zone's minimum is -0.0, its maximum +0.0",
            write(
                [
                    Col("negative", t, [-0.0, -0.0]),
                    Col("positive", t, [0.0, 0.0]),
                    Col("below", t, [-1.0, 0.0]),
                    Col("above", t, [-0.0, 1.0]),
                ]
            ),
        )
        good(
            f"float-inf-{name}",
            "infinities alone and mixed",
            write(
                [Col("both", t, [INF, -INF]), Col("up", t, [INF, INF]), Col("nan", t, [-INF, NAN])]
            ),
        )
    payloads = np.array([0x7FF8000000000001, 0xFFF8000000000000, 0x7FF0000000000001], "<u8").view(
        "<f8"
    )
    good(
        "float-nan-payloads",
        "valid NaN of other bits than the canonical one (negative, with payload, signalling)",
        write([Col("x", Type(FLOAT64), payloads)]),
    )


def texts():
    s = Type(STRING)
    good(
        "string-empty",
        "only empty strings: slot 2 is empty",
        write([Col("a", s, [""] * 3), Col("b", s, ["", None, ""])]),
    )
    good(
        "string-nul",
        "strings with NUL inside, first and last",
        write([Col("a", s, ["\0", "a\0", "\0b", "a\0b", "\0\0"])]),
    )
    good(
        "string-bounds",
        "the zone keeps 16 bytes and the whole length: "
        "a shared prefix, a character cut at byte 16, the highest bytes",
        write(
            [
                Col("prefix", s, ["0123456789abcdefZ", "0123456789abcdef", "0123456789abcdefA"]),
                Col("cut", s, ["0123456789abcdé" + "x", "0123456789abcde", ""]),
                Col("high", s, ["\U0010ffff" * 5, "\uffff", "z"]),
            ]
        ),
    )
    good(
        "string-all-null",
        "a string column of nulls: all offsets are 0",
        write([Col("a", s, [None] * 3)]),
    )
    point = struct.pack("<BIdd", 1, 1, 2.5, -1.0)
    good(
        "binary-extension",
        "a binary column with another extension type's metadata (passes through)",
        write(
            [
                Col(
                    "geometry",
                    Type(BINARY),
                    [point, None],
                    metadata=[
                        ("ARROW:extension:name", "geoarrow.wkb"),
                        ("ARROW:extension:metadata", "{}"),
                    ],
                )
            ]
        ),
    )


def names():
    i = Type(INT8)
    good("name-empty", "one column with the empty name", write([Col("", i, [1]), Col("a", i, [2])]))
    good(
        "name-unicode",
        "names of several scripts, spaces, quotes, newline; normal forms are not the same name",
        write(
            [
                Col(n, i, [k])
                for k, n in enumerate(
                    ["Straße", "日本", "𝄞", "é", "e\u0301", " a b ", 'a"b', "a\nb", "a.b", "A", "a"]
                )
            ]
        ),
    )
    good("name-long", "a name of 65,535 bytes, the longest", write([Col("n" * 65535, i, [1])]))
    good(
        "columns-200",
        "200 columns of mixed types",
        write(
            [column(f"c{k:03}", t, samples(t)[:2]) for k, t in enumerate((all_types() * 6)[:200])]
        ),
    )


def metadata():
    i = Type(INT32)
    good(
        "metadata-duplicates",
        "duplicate keys in order, empty key and value, Unicode, on the table and on columns",
        write(
            [
                Col("a", i, [1], metadata=[("k", "1"), ("k", "2"), ("", "")]),
                Col("b", i, [2]),
                Col("c", i, [3], metadata=[("ключ", "значение")]),
            ],
            metadata=[("x", "1"), ("x", "1"), ("y", ""), ("", "z")],
        ),
    )
    pandas = (
        '{"index_columns": [{"kind": "range", "name": null, "start": 0, '
        '"stop": 3, "step": 1}], "column_indexes": [], "columns": '
        '[{"name": "a", "field_name": "a", "pandas_type": "int32", '
        '"numpy_type": "int32", "metadata": null}], "creator": '
        '{"library": "none", "version": "1"}, "pandas_version": "2.0.0"}'
    )
    good(
        "metadata-pandas",
        "pandas' metadata passes through",
        write([Col("a", i, [1, 2, 3])], metadata=[("pandas", pandas)]),
    )
    good(
        "metadata-on-extensions",
        "own pairs of bool8 and tensor columns follow the extension's",
        write(
            [
                Col("flag", Type(BOOL8), [True, False], metadata=[("k", "v")]),
                Col(
                    "t",
                    Type(TENSOR, element=INT8, shape=(2,)),
                    [[1, 2], [3, 4]],
                    metadata=[("k", "v")],
                ),
                column("d", Type(DICTIONARY, width=1), ["no", "yes"], metadata=[("k", "v")]),
            ]
        ),
    )
    good(
        "metadata-large",
        "a value of 6,000 bytes: the schema takes more than one page",
        write([Col("a", i, [1])], metadata=[("k", "v" * 6000)]),
    )


def sizes():
    cols = [column(f"{k} {t}", t, []) for k, t in enumerate(all_types())]
    good("rows-0", "no rows, every type", write(cols))
    good("columns-0", "no columns, no rows", write([]))
    good("columns-0-rows-5", "no columns, five rows", write([], rows=5))
    good(
        "rows-1",
        "one row, every type",
        write([column(f"{k} {t}", t, samples(t)[:1]) for k, t in enumerate(all_types())]),
    )
    good(
        "rows-8-9",
        "eight of nine valid: spare bits in the second byte",
        write([Col("a", Type(INT16), [1, 2, 3, 4, 5, 6, 7, 8, None])]),
    )
    good(
        "rows-64",
        "64 rows: validity of exactly eight bytes",
        write([Col("a", Type(INT8), [None] + list(range(63)))]),
    )
    n = np.arange(65537)
    good("rows-65536", "exactly one zone", write([Col("i", Type(INT8), n[:65536] % 101)]))
    good("rows-65537", "one row in the second zone", write([Col("i", Type(INT8), n % 101 - 7)]))
    flags = [None if k < 65536 else k % 3 == 0 for k in range(131073)]
    good(
        "zones-3",
        "three zones: the first all null, the last of one row",
        write([Col("flag", Type(BOOL8), flags)]),
    )


def big_buffers():
    good(
        "big-values",
        "a buffer just above 1 MiB (two whole blocks and five "
        "bytes): it and the body start at a multiple of 64 KiB, 17 zones",
        write([Col("i", Type(INT8), [None] + [1] * ((1 << 20) + 4))]),
    )
    good(
        "big-dictionary",
        "a dictionary of 1 MiB: its body starts at a multiple of 64 KiB, the table's own at a page",
        write(
            [
                Col(
                    "c",
                    Type(DICTIONARY, width=1),
                    ["a", None, "a"],
                    words=Words(["a", "y" * (1 << 20)]),
                )
            ]
        ),
    )


def versions():
    cols = [
        Col("a", Type(INT32), [1, None, 3]),
        column("d", Type(DICTIONARY, width=1), ["no", "yes", None]),
    ]
    good(
        "nullable-without-nulls",
        "nullable columns that have no nulls",
        write(
            [
                Col("a", Type(INT8), [1, 2], nullable=True),
                Col("b", Type(STRING), ["", "x"], nullable=True),
            ]
        ),
    )
    good("version-minor", "a larger version_minor", write(cols, version_minor=7))
    good(
        "from-csv",
        "csv_rules and another writer's number",
        write(cols, csv_rules=1, writer_id=77, writer_version=2003004),
    )
    good(
        "header-larger",
        "header_size 1024 and descriptor_size 384, the bytes beyond are zero",
        write(cols, header_size=1024, descriptor_size=384, version_minor=1),
    )
    good("header-page", "header_size 4,096", write(cols, header_size=4096, version_minor=1))
    good("compat-bit", "an unknown compat bit", write(cols, compat=1 << 40))
    good("ro-compat-bit", "an unknown ro_compat bit", write(cols, ro_compat=1 << 3))
    b = damage.Damage(write(cols, compat=1, header_size=520, descriptor_size=328))
    b.poke(416, "16s", b"a later version!")
    b.poke(512, "8s", b"appended")
    for i in range(3):
        b.poke(b.base(i) + 296, "8s", b"reserved")
        b.poke(b.base(i) + 320, "8s", b"appended")
    good(
        "compat-bit-reserved",
        "an unknown compat bit, and reserved bytes of "
        "header and descriptors are in use (F-3, F-11)",
        b.sealed(),
    )
    good(
        "ids",
        "a constant file for the hashes of F-2",
        write([Col("x", Type(UINT64), list(struct.unpack("<2Q", b"shmcol reference")))]),
    )


def picture():
    good(
        "picture",
        "the file that spec/format.md shows byte by byte",
        write(
            [
                Col("id", Type(INT64), [7, None, -1], nullable=True),
                Col("name", Type(STRING), ["Oslo", "", "Rio"]),
            ]
        ),
    )


def make():
    """All good files: (path, what it is, bytes)."""
    return made(
        one_type_each,
        dictionaries,
        dictionary_words,
        tensors,
        floats,
        texts,
        names,
        metadata,
        sizes,
        big_buffers,
        versions,
        picture,
    )
