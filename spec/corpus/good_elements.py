"""Good files of float16, decimal128 and lists."""

import numpy as np
from collected import good, made
from frames import compress
from good_columns import INF, NAN, WORDS, element_types, list_of, samples, three
from model import (
    BINARY,
    BOOL8,
    DATE64,
    DECIMAL128,
    DICTIONARY,
    FLOAT16,
    FLOAT64,
    INT8,
    INT16,
    INT32,
    INT64,
    LIST,
    STRING,
    TENSOR,
    TIMESTAMP,
    TYPE_NAMES,
    UINT8,
    Type,
)
from writer import Col, write


def decimal(precision, scale):
    return Type(DECIMAL128, precision=precision, scale=scale)


def float16():
    t = Type(FLOAT16)
    good("type-float16", "float16: without nulls, with nulls, all null", write(three(t)))
    good(
        "float-nan-float16",
        "all NaN: no bounds, nan_count in the zone",
        write([Col("nan", t, [NAN] * 4), Col("nan and null", t, [NAN, None, NAN, None])]),
    )
    good(
        "float-zero-float16",
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
        "float-inf-float16",
        "infinities alone and mixed",
        write([Col("both", t, [INF, -INF]), Col("up", t, [INF, INF]), Col("nan", t, [-INF, NAN])]),
    )

    def bits(*patterns):
        return np.array(patterns, "<u2").view("<f2")

    good(
        "float16-nan-payloads",
        "valid NaN of other bits than the canonical one (negative, with payload, signalling)",
        write([Col("x", t, bits(0x7E01, 0xFE00, 0x7C01, 0xFFFF))]),
    )
    good(
        "float16-subnormals",
        "the smallest and the largest subnormal, the smallest normal; their bounds as doubles",
        write(
            [
                Col("small", t, bits(0x8001, 0x0001, 0x8001, 0x0001)),
                Col("edge", t, bits(0x03FF, 0x0400, 0x83FF, 0x8400)),
            ]
        ),
    )
    n = np.arange(65537)
    good(
        "float16-zones",
        "two zones of float16, NaN in both",
        write([Col("x", t, np.where(n % 1000 == 536, NAN, n % 2048 - 1024.0))]),
    )
    tensor = Type(TENSOR, element=FLOAT16, shape=(2, 2))
    good(
        "tensor-float16",
        "tensors of float16: NaN, infinities, -0.0, subnormals, a null",
        write([Col("t", tensor, [[[NAN, -0.0], [INF, -INF]], None, [[2.0**-24, 0.5], [1, 2]]])]),
    )


def decimals():
    good(
        "type-decimal128",
        "decimal128(18, 2): without nulls, with nulls, all null",
        write(three(decimal(18, 2))),
    )
    edges = [(1, 0), (1, 1), (9, 4), (18, 18), (19, 0), (37, 1), (38, 0), (38, 38)]
    good(
        "decimal-precisions",
        "decimals of 1 to 38 digits, the largest and the smallest of each",
        write([Col(f"{p} {s}", decimal(p, s), samples(decimal(p, s))) for p, s in edges]),
    )
    end = 10**38 - 1
    good(
        "decimal-38-digits",
        "38 digits: the ends, and values next to multiples of 2^64, above and below zero",
        write(
            [
                Col("ends", decimal(38, 0), [end, -end, None, end - 1]),
                Col("halves", decimal(38, 9), [1 << 64, (1 << 64) - 1, -(1 << 64), -(1 << 64) - 1]),
                Col("low", decimal(38, 2), [1 << 63, -(1 << 63), (1 << 63) - 1, -(1 << 63) - 1]),
                Col("high", decimal(38, 2), [1 << 126, -(1 << 126), (1 << 126) - 1, None]),
            ]
        ),
    )
    good(
        "decimal-negative",
        "negative values alone: a null slot (0) is none of the bounds",
        write([Col("d", decimal(10, 3), [-5, None, -7]), Col("one", decimal(5, 5), [-99999] * 3)]),
    )
    good(
        "zstd-decimal-zones",
        "two zones of decimals, the first of which is all null, in a compressed file",
        compress(write([Col("d", decimal(20, 2), [None] * 65536 + [-(10**20) + 1])])),
    )


def list_types():
    by_id = {}
    for element in element_types():
        by_id.setdefault(element.id, []).append(element)
    for number, elements in by_id.items():
        cols = []
        for i, element in enumerate(elements):
            cols += three(list_of(element), f"{i} " if len(elements) > 1 else "")
        each = ", each of its parameters" if len(elements) > 1 else ""
        good(
            f"list-{TYPE_NAMES[number]}",
            f"lists of {TYPE_NAMES[number]}{each}: without nulls, with nulls, all null",
            write(cols),
        )


def list_zones():
    def at(unit, zone):
        return Type(LIST, element=TIMESTAMP, unit=unit, zone=zone)

    good(
        "list-time-zones",
        "lists of timestamps with zones among columns without: the zone follows the name",
        write(
            [
                Col("a", at(2, b"UTC"), [[1, 2], None, []]),
                Col("b", Type(INT8), [1, 2, 3]),
                Col("c", at(0, b"+05:30"), [[], [], [-1]]),
                Col("d", at(3, b""), [[0], [], [5, 6]]),
                Col("e", Type(TIMESTAMP, unit=1, zone=b"Europe/Paris"), [1, None, 3]),
            ],
            metadata=[("k", "v")],
        ),
    )


def no_elements():
    lists = [list_of(e) for e in element_types()]
    good(
        "list-rows-0",
        "no rows, lists of every element: one offset, and of strings one offset of elements",
        write([Col(f"{k} {t}", t, []) for k, t in enumerate(lists)]),
    )
    good(
        "list-empty",
        "only empty lists: M is 0, slot 2 is unused but of strings",
        write(
            [
                Col("i", list_of(Type(INT32)), [[], [], []]),
                Col("s", list_of(Type(STRING)), [[], None, []]),
            ]
        ),
    )
    good(
        "list-all-null",
        "only nulls: all offsets are 0",
        write(
            [
                Col("i", list_of(Type(INT64)), [None] * 9),
                Col("s", list_of(Type(STRING)), [None] * 9),
            ]
        ),
    )
    good(
        "list-rows-1",
        "one row: a list of one element, of every type",
        write([Col(f"{k} {t}", t, [samples(t)[1]]) for k, t in enumerate(lists)]),
    )


def list_strings():
    t = list_of(Type(STRING))
    good(
        "list-string-empty",
        "lists of empty strings: slot 3 is unused, slot 2 is not",
        write([Col("s", t, [[""], [], ["", "", ""]])]),
    )
    good(
        "list-string-nul",
        "strings with NUL, of one to four bytes a character, in rows of many elements",
        write([Col("s", t, [["\0", "a\0b"], ["é", "日本", "𝄞", ""], ["x"] * 40])]),
    )


def list_values():
    good(
        "list-floats",
        "NaN of any bits, infinities and -0.0 inside lists",
        write(
            [
                Col("half", list_of(Type(FLOAT16)), [[NAN, -0.0], None, [INF, -INF, 2.0**-24]]),
                Col("double", list_of(Type(FLOAT64)), [[], [NAN, -0.0, 5e-324], [INF, -INF]]),
            ]
        ),
    )
    words = [["no"], ["yes", "no", ""]]
    good(
        "list-order",
        "every group of buffers in one body, columns in the opposite order (F-43)",
        write(
            [
                Col("binary", Type(BINARY), [b"ab", None]),
                Col("word", Type(DICTIONARY, width=1), ["no", None], words=WORDS),
                Col("strings", list_of(Type(STRING)), words),
                Col("bytes", list_of(Type(UINT8)), [[1, 2, 3], None]),
                Col("string", Type(STRING), ["x", "yz"]),
                Col("days", list_of(Type(DATE64)), [None, [0, 86400000]]),
                Col("more", list_of(Type(STRING)), [None, ["last"]]),
                Col("number", Type(INT16), [None, 5]),
            ]
        ),
    )
    good(
        "list-metadata",
        "own pairs of lists; an extension's keys are allowed, also where elements are bool8",
        write(
            [
                Col("flags", list_of(Type(BOOL8)), [[True], []], metadata=[("k", "v")]),
                Col(
                    "tokens",
                    list_of(Type(INT32)),
                    [[1], [2, 3]],
                    metadata=[("ARROW:extension:name", "x.tokens"), ("k", "1"), ("k", "2")],
                ),
            ]
        ),
    )
    good(
        "list-nullable",
        "nullable lists without nulls, and a list that is not nullable",
        write(
            [
                Col("a", list_of(Type(INT8)), [[1], []], nullable=True),
                Col("b", list_of(Type(STRING)), [[], ["x"]], nullable=True),
                Col("c", list_of(Type(INT8)), [[], [2]], nullable=False),
            ]
        ),
    )


def list_sizes():
    few = [[0, 1] if i % 1000 == 0 else [] for i in range(65537)]
    good(
        "zstd-list-rows",
        "65,537 rows of lists, most of them empty, in a compressed file: lists have no zones",
        compress(write([Col("i", list_of(Type(INT32)), few), Col("n", Type(INT8), [7] * 65537)])),
    )
    good(
        "list-big",
        "elements of just above 1 MiB: they and the body start at a multiple of 64 KiB",
        write([Col("i", list_of(Type(INT8)), [[1] * ((1 << 20) + 3), None, [2]])]),
    )
    long_text = [["y" * (1 << 20), ""], None, ["z"]]
    good(
        "zstd-list-big-strings",
        "1 MiB of strings in lists, in a compressed file: big plain and small stored",
        compress(write([Col("s", list_of(Type(STRING)), long_text)])),
    )
    mixed = [
        Col("f", Type(FLOAT16), [1.0, None, NAN, -0.0, INF]),
        Col("d", decimal(18, 2), [1, None, -(10**18) + 1, 0, 5]),
        Col("i", list_of(Type(INT64)), [[1, 2], None, [], [3], [4, 5, 6]]),
        Col("s", list_of(Type(STRING)), [["a", ""], [], None, ["été"], ["b"] * 9]),
        Col("at", Type(LIST, element=TIMESTAMP, unit=1, zone=b"UTC"), [[0], [], [1], [], [2]]),
        Col("t", Type(TENSOR, element=FLOAT16, shape=(2,)), [[1, 2], None, [3, 4], [5, 6], [7, 8]]),
    ]
    good("elements-mixed", "the later types together", write(mixed, metadata=[("k", "v")]))
    good("zstd-elements", "the same in a compressed file", compress(write(mixed)))
    good(
        "zstd-list-rows-0",
        "no rows of lists in a compressed file: offsets are all there is to compress",
        compress(write([Col("i", list_of(Type(INT64)), []), Col("s", list_of(Type(STRING)), [])])),
    )


def make():
    """These files: (path, what it is, bytes)."""
    return made(
        float16,
        decimals,
        list_types,
        list_zones,
        no_elements,
        list_strings,
        list_values,
        list_sizes,
    )
