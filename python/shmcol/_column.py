"""What all columns share for which numpy has no array: they are read where they lie, value by
value."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from . import _arguments
from ._arrays import positions
from ._errors import quoted
from ._schema import Field

if TYPE_CHECKING:
    from ._arrays import Array
    from ._opening import Copy

CHUNK = 4096
_OBJECTS = 1024  # made at a time by a loop over the values


def objects(values: list[Any]) -> Array:
    """An array of these objects; numpy would look into lists and arrays among them."""
    made = np.empty(len(values), object)
    for row, value in enumerate(values):
        made[row] = value
    return made


class Column:
    """Rows [start, stop) of a column, or of something that looks like one. column[i] is a value,
    column[a:b] a view, column[indices] or column[mask] an object array."""

    __slots__ = ("_copy", "_field", "_file", "_source", "_start", "_stop")

    def __init__(
        self, file: Any, field: Field, start: int, stop: int, copy: Copy, source: Any
    ) -> None:
        """`source` is where the table lies and its head, by which the column pickles; None: it is
        no column of the table."""
        self._file, self._field, self._source = file, field, source
        self._start, self._stop, self._copy = start, stop, copy

    def _part(self, start: int, stop: int) -> Any:
        """The rows [start, stop) of the whole."""
        raise NotImplementedError

    def _at(self, row: int) -> Any:
        """The value of a row that is there."""
        raise NotImplementedError

    def _list(self, start: int, n: int, step: int = 1) -> list[Any]:
        return [self._at(row) for row in range(start, start + n * step, step)]

    def _take(self, rows: Array) -> Array:
        return objects([self._at(row) for row in rows.tolist()])

    # ---- description ----

    @property
    def name(self) -> str:
        return self._field.name

    @property
    def field(self) -> Field:
        return self._field

    def __len__(self) -> int:
        return self._stop - self._start

    # ---- values ----

    def __getitem__(self, key: Any) -> Any:
        if isinstance(key, (int, np.integer)):
            rows = self._stop - self._start
            row = int(key) + (rows if key < 0 else 0)
            if not 0 <= row < rows:
                raise IndexError(f"row {key} of column {quoted(self.name)}, which has {rows}")
            return self._at(row)
        if isinstance(key, slice):
            start, stop, step = key.indices(len(self))
            if step == 1:
                return self._part(self._start + start, self._start + max(start, stop))
            return objects(self._list(start, len(range(start, stop, step)), step))
        if key is Ellipsis:
            return self[:]
        rows_of = positions(key, len(self), self.name)
        return self._take(rows_of.reshape(-1)).reshape(rows_of.shape)

    def __setitem__(self, key: Any, value: Any) -> None:
        raise _arguments.read_only(f"column {quoted(self.name)}", "array = column.to_numpy()")

    def __iter__(self) -> Iterator[Any]:
        for start in range(0, len(self), _OBJECTS):
            yield from self._list(start, min(_OBJECTS, len(self) - start))

    def tolist(self) -> list[Any]:
        return self._list(0, len(self))

    # ---- elsewhere ----

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickles the column by reference: the table's place, the rows and the name."""
        if self._source is None:
            what = f"a part of column {quoted(self.name)} does not pickle; pickle the column"
            raise TypeError(what)
        from ._table import Table, column_of

        source, head = self._source
        only = (self._field.index,)
        table = Table(self._file, source, head, only, self._start, self._stop, self._copy)
        return column_of, (table, self.name)

    def __arrow_c_schema__(self) -> object:
        return self.__arrow_c_array__()[0]

    def __arrow_c_array__(self, requested_schema: object = None) -> tuple[object, object]:
        made: tuple[object, object] = self._file.export_column(
            self._field.index, self._start, len(self), False
        )
        return made

    def to_arrow(self) -> Any:
        """A pyarrow.Array over the map; copies nothing."""
        import pyarrow

        return pyarrow.array(self)

    def _called(self) -> str:
        """The name of its class, as users know it."""
        return type(self).__name__

    def __repr__(self) -> str:
        shown = ", ".join(repr(self._at(row)) for row in range(min(4, len(self))))
        return (
            f"<{self._called()} {self.name!r}: {len(self):,} values "
            f"[{shown}{', …' if len(self) > 4 else ''}]>"
        )
