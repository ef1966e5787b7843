"""Arrays over a column that pickle by reference: another process opens the file, and copies none of
their values."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from . import _errors
from ._arrays import stored
from ._mark import keeps, mark_of

if TYPE_CHECKING:
    from ._arrays import Array
    from ._schema import Field


# The column of an array: the open file, the field, where the file is, its head, and whether copies
# are allowed. A tuple, as t["x"] takes 3 us and an object would take another half.
Origin = tuple[Any, "Field", Any, tuple[int, int, bytes], Any]


def _rows(array: Array, file: Any, field: Field, rows: int) -> tuple[int, int] | None:
    """The rows of the column that an array shows; None for any other array: a copy, one of another
    type or shape, every second row."""
    if (
        array.dtype != field.dtype
        or array.shape[1:] != field.shape
        or array.ndim != len(field.shape) + 1
        or not array.flags.c_contiguous
    ):
        return None
    whole = stored(file, field, 0, rows, rows)[0]
    width = field.dtype.itemsize * int(np.prod(field.shape, dtype=np.int64))
    offset = array.__array_interface__["data"][0] - whole.__array_interface__["data"][0]
    first, beyond = divmod(offset, width)
    return None if beyond or not 0 <= first <= rows - len(array) else (first, first + len(array))


def _has_only_grown(file: Any, head: tuple[int, int, bytes]) -> bool:
    """Tells whether a table in a directory still has the rows that it had."""
    if not file.parts():
        return False
    newer = file.refresh()
    return bool(newer.head()[2] == head[2]) and keeps(newer, mark_of(file))


def reduce(array: Array, origin: Origin) -> tuple[Any, ...] | None:
    """What pickles the array by reference; None where its values must travel: it shows no rows, or
    nothing is there that could be opened."""
    file, field, source, head, copy = origin
    place = _rows(array, file, field, head[0])
    if place is None:
        return None
    from ._table import Table, column_of

    table = Table(file, source, head, (field.index,), *place, copy)
    try:
        if table.stale() and not _has_only_grown(file, head):
            return None
        table.__reduce__()
    except _errors.Error:  # what share() made has ended
        return None
    return column_of, (table, field.name)


def by_reference(made: Any, origin: Origin) -> Any:
    """The array that table[name] gives. One that can be written to travels with its values."""
    if made.flags.writeable:
        return made
    if type(made) is np.ndarray:
        made = made.view(ColumnArray)
    made._origin = origin
    return made


class ColumnArray(np.ndarray):
    """A column's values where they lie: an ndarray in all but its pickles. What numpy makes of it
    is an ndarray; a part of it (a slice) is one of these."""

    _origin: Origin | None

    def __array_finalize__(self, obj: Any) -> None:
        """A copy has no origin: it must not keep the file open. numpy makes some as a view of an
        array that nobody else has."""
        base = self.base
        copied = base is None or (isinstance(base, np.ndarray) and base.flags.owndata)
        self._origin = None if copied else getattr(obj, "_origin", None)

    def __array_wrap__(self, array: Any, context: Any = None, return_scalar: bool = False) -> Any:
        return array[()] if return_scalar else np.asarray(array)

    def __reduce_ex__(self, protocol: Any) -> Any:
        values = np.asarray(self)
        by_reference = None if self._origin is None else reduce(values, self._origin)
        return values.__reduce_ex__(protocol) if by_reference is None else by_reference

    def __reduce__(self) -> Any:
        return self.__reduce_ex__(2)

    def __repr__(self) -> str:
        return repr(np.asarray(self))
