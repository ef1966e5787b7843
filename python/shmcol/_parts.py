"""Columns of a table in a directory that are one run of bytes in each part only: strings, binaries
and lists. A row is found in its part."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from . import _arguments, _build, _shmcol, _wanted
from ._arrays import Validity
from ._column import Column
from ._columns import StringColumn
from ._errors import quoted
from ._list_column import ListColumn
from ._schema import Field

if TYPE_CHECKING:
    from ._arrays import Array, Mask
    from ._opening import Copy


def pieces(file: Any, start: int, stop: int) -> Iterator[tuple[int, int, int]]:
    """(number of the part, first row in it, last but one) of the rows [start, stop) of a table."""
    while start < stop:
        number, row = file.part_of_row(start)
        rows = min(file.part(number).head()[0] - row, stop - start)
        yield number, row, row + rows
        start += rows


class Parted(Column):
    """A column of several runs. It stands before the class of columns of one run, which the
    columns of its parts have."""

    __slots__ = ()
    _one_run: type[Any]
    _columns: dict[int, Any]

    def __init__(
        self,
        file: Any,
        field: Field,
        start: int,
        stop: int,
        copy: Copy,
        source: Any = None,
        columns: dict[int, Any] | None = None,
    ) -> None:
        """`columns` has those of the parts, by number: they are made when they are needed."""
        Column.__init__(self, file, field, start, stop, copy, source)
        self._columns = {} if columns is None else columns  # type: ignore[misc]

    def _called(self) -> str:
        return self._one_run.__name__

    def _part(self, start: int, stop: int) -> Any:
        return type(self)(
            self._file, self._field, start, stop, self._copy, self._source, self._columns
        )

    def _of(self, number: int) -> Any:
        """The whole column of a part."""
        made = self._columns.get(number)
        if made is None:
            file = self._file.part(number)
            field = Field(file.column(self._field.index))
            made = self._one_run(file, field, 0, file.head()[0], self._copy)
            self._columns[number] = made
        return made

    def _pieces(self, start: int = 0, stop: int | None = None) -> Iterator[Any]:
        """The rows by part: columns of one run."""
        end = self._stop if stop is None else self._start + stop
        for number, first, last in pieces(self._file, self._start + start, end):
            yield self._of(number)._part(first, last)

    def _single(self) -> Any:
        """The rows as a column of one run; None if they are of several parts."""
        if self._start == self._stop:
            return self._of(0)._part(0, 0)
        number, first = self._file.part_of_row(self._start)
        column, last = self._of(number), first + len(self)
        return column._part(first, last) if last <= len(column) else None

    def _one(self) -> Any:
        """The rows as a column of one run. UsageError if they are of several parts."""
        single = self._single()
        if single is None:
            what = (
                f"column {quoted(self.name)} of a table in a directory is one run of bytes in each "
                "part only, and these rows are of several"
            )
            hint = "take those of one part: table.parts"
            raise _arguments.wrong(what, hint, status="NOT_ONE_RUN", code=13)
        return single

    # ---- description ----

    @property
    def offsets(self) -> Array:
        """Of rows of one part."""
        made: Array = self._one().offsets
        return made

    @property
    def nbytes(self) -> int:
        return sum(piece.nbytes for piece in self._pieces())

    def nulls(self) -> Mask:
        """A mask, True where null."""
        validity = self._validity()
        return np.zeros(len(self), np.bool_) if validity is None else validity.nulls()

    def _validity(self) -> Validity | None:
        bits = self._file.validity(self._field.index)
        return None if bits is None else Validity(bits, self._start, self._stop)

    # ---- values ----

    def _at(self, row: int) -> Any:
        number, at = self._file.part_of_row(self._start + row)
        return self._of(number)._at(at)

    def _list(self, start: int, n: int, step: int = 1) -> list[Any]:
        if step != 1:
            made: list[Any] = list(self._take(np.arange(start, start + n * step, step)))
            return made
        return [
            value
            for piece in self._pieces(start, start + n)
            for value in piece._list(0, len(piece))
        ]

    def _take(self, rows: Array) -> Array:
        """Takes the rows part by part, in their order in the table."""
        made = np.empty(len(rows), object)
        order = np.argsort(rows, kind="stable")
        ascending, done = rows[order] + self._start, 0
        while done < len(rows):
            number, row = self._file.part_of_row(int(ascending[done]))
            column, first = self._of(number), int(ascending[done]) - row
            end = int(np.searchsorted(ascending, first + len(column)))
            made[order[done:end]] = column._take(ascending[done:end] - first)
            done = end
        return made

    # ---- elsewhere ----

    def rows_for(self, name: str) -> _build.Column:
        """The rows as a column `name` of what is written: objects of some rows at a time."""
        what = _wanted.wanted(name, self._field)

        def make(start: int, stop: int) -> _build.Node:
            rows = self[start:stop].tolist()
            return _wanted.of_objects(name, rows, what).make(0, stop - start)

        return _build.Column(name, len(self), make)

    @property
    def __arrow_c_array__(self) -> Any:
        """Only rows of one part are one array. Others have __arrow_c_stream__ alone."""
        single = self._single()
        if single is None:
            raise AttributeError("__arrow_c_array__")
        return single.__arrow_c_array__

    def __arrow_c_schema__(self) -> object:
        made: object = self._file.part(0).export_column(self._field.index, 0, 0, True)[0]
        return made

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        arrays = (piece.__arrow_c_array__()[1] for piece in self._pieces())
        return _shmcol.make_stream(self.__arrow_c_schema__(), arrays)

    def to_arrow(self) -> Any:
        """A pyarrow.ChunkedArray over the map, a chunk a part; copies nothing."""
        import pyarrow

        return pyarrow.chunked_array(self)


class StringParts(Parted, StringColumn):
    __slots__ = ("_columns",)
    _one_run = StringColumn

    @property
    def data(self) -> Array:
        """All bytes of the part that the rows are of."""
        made: Array = self._one().data
        return made

    def _equal(self, value: bytes) -> Mask:
        made, at = np.empty(len(self), np.bool_), 0
        for piece in self._pieces():
            made[at : at + len(piece)] = piece._equal(value)
            at += len(piece)
        return made

    def _search(self, value: Any, start: int, stop: int, once: bool) -> tuple[int, int]:
        if value is None:
            return StringColumn._search(self, value, start, stop, once)
        first, found, at = -1, 0, start
        for piece in self._pieces(start, stop):
            row, n = piece._search(value, 0, len(piece), once)
            first = at + row if first < 0 <= row else first
            found, at = found + n, at + len(piece)
            if found and once:
                break
        return first, found


class ListParts(Parted, ListColumn):
    __slots__ = ("_columns",)
    _one_run = ListColumn

    @property
    def _bits(self) -> Any:
        return self._file.validity(self._field.index)

    @property
    def values(self) -> Any:
        """The elements of all rows of the part that the rows are of."""
        return self._one().values

    @property
    def storage(self) -> Array:
        """The elements of all rows of that part as they lie."""
        made: Array = self._one().storage
        return made

    @property
    def lengths(self) -> Array:
        made = np.empty(len(self), np.int64)
        at = 0
        for piece in self._pieces():
            made[at : at + len(piece)] = piece.lengths
            at += len(piece)
        return made
