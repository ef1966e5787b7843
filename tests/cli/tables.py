"""Tables in directories, written part by part by the reference writer."""

import numpy as np
from fields import HEADER, get
from model import BIG_PAGE, DICTIONARY, INT64, STRING, ZONE, Type
from writer import Col, Words, write

__all__ = ["ZONE", "Grown", "columns"]


def columns(first, rows, words=("b", "a", "c")):
    """Returns columns of `rows` rows from a row on: the row; it as text, null at every seventh; one
    of the words."""
    places = range(first, first + rows)
    return [
        Col("n", Type(INT64), np.arange(first, first + rows)),
        Col("s", Type(STRING), [None if i % 7 == 3 else f"t{i}" for i in places]),
        Col(
            "w",
            Type(DICTIONARY, width=4),
            [words[i % len(words)] for i in places],
            words=Words(list(words), sorted=list(words) == sorted(words)),
        ),
    ]


def lines(first, last):
    """Returns what shmcol-cat writes of those columns, with the words of `columns`."""
    return "".join(
        f"{i},{'' if i % 7 == 3 else f't{i}'},{'bac'[i % 3]}\n" for i in range(first, last)
    )


class Grown:
    """A table that grows: the directory, and the ids that the next part names."""

    def __init__(self, directory):
        directory.mkdir()
        self.directory, self.rows, self.ids = directory, 0, {}
        self.before = 0, {}

    def path(self, first):
        return self.directory / f"{first:020}.shmcol"

    def part(self, cols, first=None, table_rows=None, rows=None, **extra):
        """Returns the bytes of the next part, or of one at another row."""
        first = self.rows if first is None else first
        rows = len(cols[0].values) if rows is None else rows
        fields = {"alignment": BIG_PAGE, "first_row": first}
        fields["table_rows"] = table_rows or first + rows
        return write(cols, rows=rows, **(fields | (self.ids if first else {}) | extra))

    def add(self, cols, rows=None, **extra):
        """Writes the next part."""
        data = self.part(cols, rows=rows, **extra)
        self.path(self.rows).write_bytes(data)
        own = get(HEADER, data, "file_id")
        self.before = self.rows, self.ids
        self.ids = {"table_id": self.ids.get("table_id", own), "previous_id": own}
        self.rows += len(cols[0].values) if rows is None else rows
        return self

    def again(self, cols, **extra):
        """Writes the last part anew, with other columns or fields."""
        self.rows, self.ids = self.before
        return self.add(cols, **extra)
