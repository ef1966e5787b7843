"""Tables in directories, written part by part, for tests of how they are read."""

import os

import numpy as np
import shmcol

ZONE = 65536
ROWS = 2 * ZONE + 1000
TYPES = {"l": "list[int32]", "dec": "decimal128(18,2)"}


def rows_of(values, first, end):
    return {name: column[first:end] for name, column in values.items()}


def add(directory, values, first, end, after=None):
    """Writes the part of rows [first, end), after the part at `after`."""
    table_id = previous_id = bytes(16)
    if first:
        with (
            shmcol.open(directory / f"{0:020}.shmcol") as begin,
            shmcol.open(directory / f"{after:020}.shmcol") as before,
        ):
            table_id = begin.part.table_id
            table_id = table_id if any(table_id) else bytes.fromhex(begin.id)
            previous_id = bytes.fromhex(before.id)
    shmcol.write(
        rows_of(values, first, end),
        directory / f"{first:020}.shmcol",
        part=shmcol.Part(first, end, table_id, previous_id),
        dictionary=[name for name in ("w",) if name in values],
        types={name: kind for name, kind in TYPES.items() if name in values},
        overwrite=True,
    )


def make(directory, values, *bounds):
    """Writes a table with parts that begin at 0 and at each bound but the last."""
    os.mkdir(directory)
    first, after = 0, None
    for end in bounds:
        add(directory, values, first, end, after)
        first, after = end, first
    return directory


def values_of(n=ROWS):
    """A column of each kind that is read in a way of its own."""
    from decimal import Decimal

    numbers = np.arange(n)
    return {
        "i": numbers,
        "f": numbers * 0.5,
        "m": np.ma.MaskedArray(numbers, numbers % 5 == 0),
        "s": [None if i % 7 == 3 else f"v{i}" for i in range(n)],
        "b": [b"%d" % i for i in range(n)],
        "w": [("red", "green", "blue")[i % 3] for i in range(n)],
        "l": [None if i % 11 == 5 else list(range(i % 4)) for i in range(n)],
        "d": numbers.astype("M8[D]"),
        "t": np.arange(n * 6, dtype="i2").reshape(n, 2, 3),
        "dec": [Decimal(i) / 4 for i in range(n)],
    }
