"""Rows of a table by number, and by the values of a column that ascends."""

from __future__ import annotations

import datetime
import operator
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from . import _arguments, _errors, _keys
from ._errors import quoted
from ._schema import Field, fields_of

if TYPE_CHECKING:
    from ._arrays import Array
    from ._table import Table
    from ._taken import TakenRows

Side = Literal["left", "right"]
Closed = Literal["left", "right", "both", "neither"]
_PLAIN = {
    *("int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64", "bool8"),
    *("float32", "float64", "string", "binary", "dictionary"),
}
_NUMBERED = ("timestamp", "duration", "time32", "time64", "date32", "date64")
_EPOCH = datetime.datetime(1970, 1, 1)
_STEPS = {"s": "seconds", "ms": "milliseconds", "us": "microseconds"}


def no_row(row: Any, rows: int, hint: str = "") -> _errors.Error:
    """The error for a row that is not there."""
    text = f"row {row} is not there: the table has {rows} rows" + (f"; {hint}" if hint else "")
    return _errors.make(_errors.OutOfRange, text, status="OUT_OF_RANGE", code=5, hint=hint)


def row_of(key: Any) -> int | None:
    """A row's number as an int; None for what is no integer, such as a bool."""
    try:
        return None if isinstance(key, (bool, np.bool_)) else operator.index(key)
    except TypeError:
        return None


def row_numbers(rows: Any, count: int) -> Array:
    """Any integers as an int64 array of one dimension; of `count` rows that there are."""
    if isinstance(rows, (list, tuple)) and bool in set(map(type, rows)):
        raise _arguments.wrong_type("rows are numbers, not a mask", "use np.flatnonzero(mask)")
    given = rows if type(rows) is np.ndarray else np.asarray(rows)
    if given.dtype == np.int64 and given.ndim == 1:
        return np.ascontiguousarray(given)
    if given.size == 0 and given.ndim == 1:
        return np.zeros(0, np.int64)
    if given.dtype == np.bool_:
        raise _arguments.wrong_type("rows are numbers, not a mask", "use np.flatnonzero(mask)")
    if given.dtype.kind not in "iu" or given.ndim != 1:
        what = f"{given.dtype} of {given.ndim} dimensions"
        raise _arguments.wrong_type(f"rows are a list or array of integers, not {what}")
    if given.dtype == np.uint64 and given.max() >= 1 << 63:
        raise no_row(given.max(), count)
    return np.ascontiguousarray(given, np.int64)


def python_value(value: Any) -> Any:
    """A value of a column as Python has it; None for a null. Tensors and lists stay arrays."""
    if value is np.ma.masked:
        return None
    if not isinstance(value, np.generic):
        return value
    if isinstance(value, (np.datetime64, np.timedelta64)):
        if np.isnat(value):
            return None
        made = value.item()
        return value if isinstance(made, int) else made  # beyond Python's microseconds
    return value.item()


def _converter(field: Field) -> Callable[[int], Any] | None:
    """Makes Python's value of a number in the file; None: it is that number."""
    if field.kind not in _NUMBERED:
        return None
    if field.kind == "date32":
        return lambda number: python_value(np.datetime64(number, "D"))
    kind, unit = field.dtype.type, np.datetime_data(field.dtype)[0]
    if unit not in _STEPS or field.kind not in ("timestamp", "duration"):
        return lambda number: python_value(kind(number, unit))
    step, timestamp = _STEPS[unit], field.kind == "timestamp"

    def convert(number: int) -> Any:
        try:  # a third of the time that numpy takes
            passed = datetime.timedelta(**{step: number})
            return _EPOCH + passed if timestamp else passed
        except OverflowError:
            return kind(number, unit)

    return convert


def _getter(column: Any, start: int) -> Callable[[int], Any]:
    return lambda row: python_value(column[row - start])


class ByRow:
    """The methods of a table that take rows, or find them."""

    __slots__ = ()

    if TYPE_CHECKING:
        _start: int
        _stop: int
        _head: tuple[int, int, bytes]
        _only: tuple[int, ...] | None
        _reader: Any

        def _live(self) -> Any: ...
        def _field(self, file: Any, name: str) -> Field: ...
        def _column(self, file: Any, field: Field, copy: Any = None) -> Any: ...
        def __getitem__(self, key: Any) -> Any: ...
        def _view(
            self, only: tuple[int, ...] | None, start: int, stop: int, whole: bool
        ) -> Table: ...
        def __len__(self) -> int: ...

    # ---- rows by number ----

    def _ready(self) -> Any:
        """The extension's reader of the columns; made once."""
        if self._reader is None:
            file = self._live()
            cells = []
            for field in fields_of(file, self._only):
                getter = None
                if field.kind not in _PLAIN and field.kind not in _NUMBERED:
                    getter = _getter(self._column(file, field, "if-needed"), self._start)
                cells.append((field.index, field.name, getter, _converter(field)))
            self._reader = file.reader(tuple(cells))
        return self._reader

    def _row(self, row: int) -> dict[str, Any]:
        """t[row]: one row."""
        rows = self._stop - self._start
        at = row + rows if row < 0 else row
        if not 0 <= at < rows:
            raise no_row(row, rows)
        self._live()
        made: dict[str, Any] = self._ready().row(self._start + at)
        return made

    def __getitems__(self, rows: Sequence[Any]) -> list[dict[str, Any]]:
        """Each of the rows as t[row]: by this method a loader of PyTorch fetches a batch."""
        return [self[row] for row in rows]

    def take(
        self, rows: Any, columns: Iterable[str] | None = None, *, missing: bool = False
    ) -> TakenRows:
        """Copies rows by their numbers: in any order, each as often as wanted.

        rows      integers from 0; nothing counts from the end. OutOfRange (an IndexError) names a
                  row that is not there
        columns   the names of those that are wanted, all by default
        missing   True: row -1 gives a null (floats: NaN), as asof() has it

        Returns a table that owns its arrays, which are writable.
        """
        from ._taken import TakenRows

        numbers = row_numbers(rows, len(self))
        _arguments.flag("missing", missing)
        table: Any = self if columns is None else self._chosen(columns)
        return TakenRows.of(table, numbers, missing)

    def _chosen(self, columns: Iterable[str]) -> Table:
        if isinstance(columns, str):
            raise _arguments.wrong_type("columns is a list of names, not one name", "[name]")
        file = self._live()
        only = tuple(self._field(file, name).index for name in columns)
        return self._view(only, self._start, self._stop, False)

    # ---- rows by value ----

    def search(self, name: str, keys: Any, side: Side = "left") -> Any:
        """Finds keys in a column that ascends, as np.searchsorted does: how many rows are less than
        the key (side "left"), or not greater ("right"). An int for one key, an int64 array for
        several.

        Keys are values of the column's type, and convert exactly: numbers, str, datetime or
        datetime64 (aware ones where the column has a zone), Decimal. A UsageError says that the
        column does not ascend, and how to sort it.
        """
        file = self._live()
        return search_in(file, self._field(file, name), keys, side, self._start, self._stop)

    def between(self, name: str, a: Any, b: Any, *, closed: Closed = "left") -> Table:
        """A view of the rows with a <= value < b, in a column that ascends. closed: which of the
        bounds are in ("left", "right", "both", "neither"). None is no bound."""
        _arguments.word("closed", closed, ("left", "right", "both", "neither"))
        first: Side = "left" if closed in ("left", "both") else "right"
        last: Side = "right" if closed in ("right", "both") else "left"
        low = 0 if a is None else int(self.search(name, a, first))
        high = len(self) if b is None else int(self.search(name, b, last))
        return self._view(self._only, self._start + low, self._start + max(low, high), False)

    def asof(self, name: str, keys: Any) -> Any:
        """The last row at or before each key, in a column that ascends; -1 where there is none, for
        take(rows, missing=True)."""
        return self.search(name, keys, "right") - 1


def search_in(file: Any, field: Field, keys: Any, side: Side, start: int, stop: int) -> Any:
    """Searches rows [start, stop) of a column."""
    right = _arguments.word("side", side, ("left", "right")) == "right"
    if not field.ascending and field.kind not in ("binary", "fixed_binary", "tensor", "list"):
        text = f"column {quoted(field.name)} is not ascending, so it cannot be searched"
        hint = "sort the rows by it, and write or pack them anew"
        raise _errors.make(
            _errors.UsageError,
            f"{text}; {hint}",
            status="NOT_ASCENDING",
            code=14,
            hint=hint,
            column=field.index,
        )
    n, data, offsets = _keys.convert(field, keys)
    found = np.empty(n, np.int64)
    file.search(field.index, data, offsets, right, found)
    if start != 0 or n and found.max() > stop:
        found = np.clip(found, start, stop) - start
    return int(found[0]) if _keys.is_single(keys) else found
