"""Parts of a table (F-79): good ones, and one for each way in which they can be wrong."""

import collected
import numpy as np
from bad_places import shift
from damage import Damage
from frames import compress
from good_columns import NAN, WORDS, list_of
from model import (
    BIG_PAGE,
    BINARY,
    BOOL8,
    DECIMAL128,
    DICTIONARY,
    FIXED_BINARY,
    FLOAT16,
    FLOAT64,
    INT8,
    INT32,
    PAGE,
    STRING,
    TENSOR,
    TIMESTAMP,
    ZONE,
    Type,
    align,
)
from small_tables import mini
from writer import Col, write

TABLE, BEFORE = b"the first part's", b"the part before."
TOP = 1 << 64


def good(name, what, data):
    collected.good("part-" + name, what, data)


def part(cols, first_row=0, table_rows=None, rows=None, **extra):
    """The bytes of a part; of a later one with its two ids."""
    if rows is None:
        rows = len(cols[0].values) if cols else 0
    if table_rows is None:
        table_rows = first_row + rows
    ids = {"table_id": TABLE, "previous_id": BEFORE} if first_row else {}
    fields = {"alignment": BIG_PAGE, "first_row": first_row, "table_rows": table_rows}
    return write(cols, rows=rows, **(fields | ids | extra))


def empty(t, **more):
    return Col("a", t, [], **more)


def one_zone(first_row, table_rows):
    n = np.arange(first_row, first_row + ZONE)
    return part([Col("n", Type(INT8), n % 101)], first_row, table_rows)


def chain():
    end = 2 * ZONE + 5
    good("first", "the first of three parts: 65,536 rows of 131,077", one_zone(0, end))
    good("middle", "the second of them, with table_id and previous_id", one_zone(ZONE, end))
    last = [Col("n", Type(INT8), [57, None, 59, 60, 61])]
    good("last", "the last, of five rows, one of them null", part(last, 2 * ZONE))
    good("before-append", "two whole zones, and no part after them", one_zone(ZONE, 2 * ZONE))
    good(
        "replaced",
        "a part at row 0 that replaces an earlier one: it has its table_id, but no previous_id",
        part([Col("s", Type(STRING), ["a", None, "b"])], table_id=TABLE),
    )
    good(
        "columns-0",
        "no columns, 131,072 rows from row 2^40 on",
        part([], 1 << 40, (1 << 56) - 1, 2 * ZONE),
    )


def empty_parts():
    types = [Type(i) for i in (BOOL8, INT32, FLOAT16, FLOAT64, STRING, BINARY)]
    types += [
        Type(TIMESTAMP, unit=2, zone=b"UTC"),
        Type(DECIMAL128, precision=18, scale=2),
        Type(FIXED_BINARY, width=3),
        Type(TENSOR, element=FLOAT16, shape=(2,)),
        list_of(Type(INT32)),
        list_of(Type(STRING)),
    ]
    cols = [Col(f"{k} {t}", t, []) for k, t in enumerate(types)]
    cols.append(Col("word", Type(DICTIONARY, width=4), [], words=WORDS))
    good("empty", "no rows: there is no bitmap, and only offsets have bytes", part(cols))
    good("empty-columns-0", "no rows and no columns", part([]))


def mixed():
    good(
        "values",
        "values, codes and bitmaps of all columns at multiples of 65,536; with nulls and without",
        part(
            [
                Col("f", Type(FLOAT16), [1.0, None, NAN]),
                Col("d", Type(DECIMAL128, precision=9, scale=1), [1, 2, 3]),
                Col("b", Type(FIXED_BINARY, width=3), [b"abc", None, b"def"]),
                Col("t", Type(TENSOR, element=INT8, shape=(2,)), [[1, 2], [3, 4], None]),
                Col("w", Type(DICTIONARY, width=4), ["no", None, "yes"], words=WORDS),
            ],
            metadata=[("k", "v")],
        ),
    )
    good(
        "texts",
        "bitmaps alone at multiples of 65,536: strings and lists",
        part(
            [
                Col("s", Type(STRING), ["x", None, "yz"]),
                Col("i", list_of(Type(INT32)), [[1], [], [2, 3]]),
                Col("t", list_of(Type(STRING)), [None, ["a", ""], ["é"]]),
            ]
        ),
    )
    d = Damage(part([], compat=1 << 9, header_size=520))
    d.poke(416, "16s", b"a later version!").poke(444, "I", 1).poke(496, "16s", b"reserved in use.")
    good("compat-bit", "an unknown compat bit, and reserved bytes are in use (F-3)", d.sealed())


def make_good():
    """Good files: (path, what it is, bytes)."""
    return collected.made(chain, empty_parts, mixed)


def header_fields():
    def field(name, what, data, **fields):
        d = Damage(data).set(**fields)
        collected.bad("part-" + name, "HEADER_FIELD", what, d.sealed())

    def rows(n, first_row=0, table_rows=None, **more):
        return part([], first_row, table_rows, n, **more)

    for a in (1, PAGE, BIG_PAGE * 2, BIG_PAGE | 1 << 31):
        field(f"alignment-{a}", f"alignment {a:,}", rows(0), alignment=a)
    packed = compress(mini().sealed())
    field("compressed", "alignment of a compressed file", packed, alignment=BIG_PAGE, table_rows=3)
    field("compressed-table", "table_rows of a compressed file", packed, table_rows=3)
    plain = mini().sealed()
    field("none-first_row", "first_row in a file that is no part", plain, first_row=ZONE)
    field("none-table_rows", "table_rows in a file that is no part", plain, table_rows=3)
    field("none-table_id", "table_id in a file that is no part", plain, table_id=TABLE)
    field("none-previous_id", "previous_id in a file that is no part", plain, previous_id=BEFORE)
    field("first-row-odd", "first_row is no multiple of 65,536", rows(5, ZONE // 2))
    field("table-rows-below", "table_rows below the end of the part", rows(5, ZONE, ZONE + 4))
    field("table-rows-zero", "no table_rows", rows(5, 0, 0))
    field("table-rows-top", "2^56 table_rows", rows(ZONE, ZONE, 1 << 56))
    wraps = rows(ZONE, TOP - ZONE, 0)
    field("table-rows-wraps", "first_row + N wraps to table_rows", wraps)
    field("rows-odd", "five rows, and the table has more behind them", rows(5, ZONE, 3 * ZONE))
    field("rows-0-table", "no rows, but the table has some", rows(0, 0, ZONE))
    field("rows-0-first", "no rows, and not at row 0", rows(0, ZONE))
    field("table-id-none", "a later part without table_id", rows(5, ZONE), table_id=bytes(16))
    field(
        "previous-id-none", "a later part without previous_id", rows(5, ZONE, previous_id=bytes(16))
    )
    field("previous-id", "a part at row 0 with previous_id", rows(5), previous_id=BEFORE)
    field("zero-444", "bytes 444 … 447 of a part", rows(5), zero444=1)
    field("zero-496", "bytes 496 … 511 of a part", rows(5), reserved496=b"\1" + bytes(15))
    field("reserved-416", "bytes 416 … 439 of a plain file", plain, reserved=bytes(23) + b"\1")


def bad(name, code, what, d, *leave):
    collected.bad("part-" + name, code, what, d.sealed(*leave))


def descriptors():
    d = Damage(part([empty(Type(INT32), nullable=False)]))
    bad("not-nullable", "DESCRIPTOR_FIELD", "a column that is not nullable", d)
    d = Damage(part([empty(list_of(Type(INT32)), nullable=False)]))
    bad("list-not-nullable", "DESCRIPTOR_FIELD", "a list that is not nullable", d)
    for width in (1, 2):
        d = Damage(part([empty(Type(DICTIONARY, width=width), words=WORDS)]))
        bad(f"codes-{width}", "DESCRIPTOR_FIELD", f"codes of {width} bytes", d)
    flags = Damage(part([Col("s", Type(STRING), ["a", "b"])]))
    flags.clear_slot(0, 0)
    what = "no bitmap, since there are no nulls"
    bad("bitmap-none", "DESCRIPTOR_FIELD", what, flags, "blocks")
    d = Damage(part([Col("s", Type(STRING), ["a", "b"])]))
    d.describe(0, slot0__stored=2, slot0__logical=2)
    bad("bitmap-long", "DESCRIPTOR_FIELD", "a bitmap of a byte too many", d, "blocks")


def contents():
    d = Damage(part([Col("s", Type(STRING), ["a", "b"])]))
    bad("validity", "VALIDITY", "a null, and null_count is 0", d.flip(d.slot(0, 0), 2))
    d = Damage(part([Col("s", Type(STRING), ["a", "b"])]))
    bad("validity-spare", "VALIDITY", "a spare bit is 1", d.flip(d.slot(0, 0), 4))
    d = Damage(part([Col("s", Type(STRING), ["a", "b"])]))
    what = "a byte in the gap before a bitmap"
    bad("gap", "GAP", what, d.flip(d.slot(0, 0) - 1))


def places():
    def moved(name, what, cols, move):
        bad("layout-" + name, "LAYOUT", what, Damage(part(cols, move=move)))

    def behind(column, slot, other):
        """Puts a buffer right behind another, as an ordinary file has it."""

        def move(p):
            at, length = other
            p.columns[column][slot] = align(p.columns[at[0]][at[1]] + length, 64)

        return move

    half = [Col("a", Type(FLOAT16), [1.0, 2.0]), Col("b", Type(FLOAT16), [3.0, 4.0])]
    moved(
        "values",
        "values behind those before them, at a multiple of 64",
        half,
        behind(1, 1, ((0, 1), 4)),
    )
    texts = [Col("s", Type(STRING), ["a", "b"])]
    moved(
        "bitmap",
        "a bitmap behind the offsets, at a multiple of 64",
        texts,
        behind(0, 0, ((0, 1), 24)),
    )
    words = [Col("w", Type(DICTIONARY, width=4), ["no", "yes"], words=WORDS)]
    words.insert(0, Col("s", Type(STRING), ["a", "b"]))
    moved(
        "codes", "codes behind the offsets, at a multiple of 64", words, behind(1, 1, ((0, 1), 24))
    )
    early = shift("body", 2 * PAGE - BIG_PAGE)
    moved("body", "the body starts at a page", [empty(Type(STRING))], early)
    d = Damage(part([Col("s", Type(STRING), ["a", None])]))
    what = "a file that is no part, laid out as one"
    bad("layout-none", "LAYOUT", what, d.set(alignment=0, table_rows=0))


def make_bad():
    """Bad files: (path, code, what it is, bytes)."""
    return collected.made(header_fields, descriptors, contents, places)
