"""The small tables that the bad files are made of, before the damage."""

import struct

from damage import Damage
from model import BOOL8, DICTIONARY, INT8, INT32, STRING, TENSOR, TIMESTAMP, Type
from writer import Col, Words, write

# The columns of table().
ID, FLAG, NAME, AT, CAT = range(5)
WORDS_OF_CAT = 5  # the dictionary's descriptor


def table(**extra):
    """A small table with a bit of everything that a directory can hold."""
    return Damage(
        write(
            [
                Col("id", Type(INT32), [5, 6, 7, 8, 9], metadata=[("unit", "m")]),
                Col("flag", Type(BOOL8), [True, None, False, True, None], metadata=[("k", "v")]),
                Col("name", Type(STRING), ["ann", "", None, "été", "zoë"]),
                Col("at", Type(TIMESTAMP, unit=2, zone=b"Europe/Paris"), [1, 2, None, 4, 5]),
                Col(
                    "cat",
                    Type(DICTIONARY, width=1),
                    ["x", None, "y", "x", "x"],
                    words=Words(["x", "y", "z"], sorted=True),
                ),
            ],
            metadata=[("source", "corpus")],
            **extra,
        )
    )


def tensor():
    return Damage(
        write(
            [
                Col(
                    "t",
                    Type(TENSOR, element=INT8, shape=(2, 2)),
                    [[[i, i], [i, i]] for i in range(5)],
                )
            ]
        )
    )


def mini(**extra):
    """A smaller table, for damage that needs no more."""
    return Damage(
        write(
            [
                Col("id", Type(INT32), [5, 6, 7]),
                Col("name", Type(STRING), ["ann", None, "été"]),
                Col(
                    "cat",
                    Type(DICTIONARY, width=1),
                    ["x", None, "y"],
                    words=Words(["x", "y", "z"], sorted=True),
                ),
            ],
            metadata=[("source", "corpus")],
            **extra,
        )
    )


def one(t, values, **more):
    return Damage(write([Col("a", t, values, **more)]))


def poked(t, values, row, form, value, **more):
    """A column with one slot overwritten."""
    d = one(t, values, **more)
    width = struct.calcsize("<" + form)
    return d.poke(d.slot(0, 1) + row * width, form, value).sealed()
