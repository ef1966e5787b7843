"""List columns: rows of any number of elements, which lie one behind the other."""

from __future__ import annotations

import copy as copying
from typing import TYPE_CHECKING, Any

import numpy as np

from . import _errors, _shmcol
from ._arrays import Validity, over, refuse, validity_part
from ._column import Column, objects
from ._columns import StringColumn
from ._decimals import DecimalColumn
from ._errors import quoted
from ._schema import WIDENED, Field

if TYPE_CHECKING:
    from ._arrays import Array, Mask
    from ._opening import Copy

_SHOWN = 3


class ListElements(StringColumn):
    """The strings in the lists of a column, of all rows."""

    __slots__ = ()

    def __arrow_c_array__(self, requested_schema: object = None) -> tuple[object, object]:
        offsets, data = self.offsets, self.data
        # Arrow's consumers trust them.
        if offsets[0] < 0 or offsets[-1] > len(data) or (offsets[1:] < offsets[:-1]).any():
            raise _damaged(self._field)
        buffers = None, np.ascontiguousarray(offsets).view(np.uint8), data
        node = ("U", self.name, 0, None, len(self), 0, buffers, (), None)
        return _shmcol.make_schema(node), _shmcol.make_array(node)


class ListColumn(Column):
    """A column of lists, read where they lie. column[i] is an array in the map, a list for strings
    and decimals, None for a null.

    column[a:b] is a view, column[indices] or column[mask] an object array. Row i has the elements
    values[offsets[i]:offsets[i + 1]]. No element is null.
    """

    __slots__ = ("_bits", "_elements", "_lists")

    def __init__(
        self,
        file: Any,
        field: Field,
        start: int,
        stop: int,
        copy: Copy,
        source: Any = None,
        lists: Any = None,
    ) -> None:
        super().__init__(file, field, start, stop, copy, source)
        self._lists = file.lists(field.index) if lists is None else lists
        self._bits = self._lists.buffers()[2]
        self._elements = self._made()

    def _part(self, start: int, stop: int) -> Any:
        made = copying.copy(self)
        made._start, made._stop = start, stop
        return made

    def __copy__(self) -> Any:
        made = object.__new__(type(self))
        for kind in (Column, ListColumn):
            for slot in kind.__slots__:
                setattr(made, slot, getattr(self, slot))
        return made

    def _made(self) -> Any:
        """All elements: an array where numpy has the type with their width, else a column."""
        field, lists = self._field, self._lists
        n = lists.elements()
        if field.element == "string":
            return ListElements(self._file, field, 0, n, self._copy, None, lists.strings())
        buffer = lists.buffers()[1]
        if field.element == "decimal128":
            return DecimalColumn(self._file, field, 0, n, self._copy, None, (buffer, None))
        stored = over(buffer, field.stored_dtype, (n,))
        return stored if field.element in WIDENED else stored.view(field.dtype)

    # ---- description ----

    @property
    def offsets(self) -> Array:
        """int64 in the map, one more than there are rows: row i is values[offsets[i]:offsets[i +
        1]]."""
        whole = over(self._lists.buffers()[0], "i8", (len(self._lists) + 1,))
        return whole[self._start : self._stop + 1]

    @property
    def values(self) -> Any:
        """The elements of all rows of the file, as a column of their type is: an array in the map,
        a StringColumn, a DecimalColumn. For date32 and time32 a new array, since numpy has them
        with 64 bits only: storage is in place."""
        if self._field.element not in WIDENED:
            return self._elements
        if self._copy == "never":
            what = "numpy has this type with 64 bits only, so that it must be converted"
            raise refuse(self._field, what, "use storage, int32 in place")
        return _widened(self._elements, self._field)

    @property
    def storage(self) -> Array:
        """The elements of all rows as they lie, as table.storage() has them."""
        if isinstance(self._elements, ListElements):
            what = f"column {quoted(self.name)} ({self._field.type}) has strings: use values"
            raise _errors.make(_errors.UnsupportedTypeError, what, column=self._field.index)
        if isinstance(self._elements, DecimalColumn):
            return self._elements.storage
        return over(self._lists.buffers()[1], self._field.stored_dtype, (self._lists.elements(),))

    @property
    def validity(self) -> Any:
        """The bitmap in place (bit i, from the least significant, is 1 where row i is valid); None
        where there are no nulls. ValueError in a view that begins within a byte of it."""
        return validity_part(self._bits, self._start, self._stop)

    @property
    def lengths(self) -> Array:
        """A new array of the number of elements of each row; 0 for a null."""
        made: Array = np.diff(self.offsets)
        return made

    @property
    def nbytes(self) -> int:
        """Of the elements of its rows, without the offsets."""
        offsets = self.offsets
        first, end = int(offsets[0]), int(offsets[-1])
        elements = self._elements
        if isinstance(elements, np.ndarray):
            return (end - first) * elements.itemsize
        return int(elements[first:end].nbytes)

    def nulls(self) -> Mask:
        """A mask, True where null."""
        if self._bits is None:
            return np.zeros(len(self), np.bool_)
        return Validity(self._bits, self._start, self._stop).nulls()

    # ---- values ----

    def _at(self, row: int) -> Any:
        place = self._lists.at(self._start + row)
        if place is None:
            return None
        elements = self._elements
        if type(elements) is not np.ndarray:
            return elements._list(place.start, place.stop - place.start)
        found = elements[place]
        return _widened(found, self._field) if self._field.element in WIDENED else found

    def _list(self, start: int, n: int, step: int = 1) -> list[Any]:
        return [self._at(row) for row in range(start, start + n * step, step)]

    def tolist(self) -> list[Any]:
        """Lists of Python's values, and None."""
        return [row.tolist() if isinstance(row, np.ndarray) else row for row in self]

    def to_numpy(self) -> Array:
        """A new array of objects: for each row what column[i] is."""
        if self._copy == "never":
            what = "numpy has no lists, so that an object must be made for each row"
            raise refuse(self._field, what, "use offsets and values, or iterate")
        return objects(self._list(0, len(self)))

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Array:
        if copy is False:
            what = "numpy has no lists, so that an object must be made for each row"
            raise refuse(self._field, what, "use offsets and values")
        made = self.to_numpy()
        return made if dtype is None else made.astype(dtype, copy=False)

    def __repr__(self) -> str:
        shown = ", ".join(_text(self._at(row)) for row in range(min(_SHOWN, len(self))))
        more = ", …" if len(self) > _SHOWN else ""
        what = f"{len(self):,} rows of {self._field.type}"
        return f"<{self._called()} {self.name!r}: {what} [{shown}{more}]>"


def _widened(stored: Array, field: Field) -> Array:
    """Elements of 32 bits as numpy has them; read-only, because they look like a part of the
    column."""
    made = stored.astype(np.int64).view(field.dtype)
    made.flags.writeable = False
    return made


def _text(row: Any) -> str:
    if row is None:
        return "None"
    shown = ", ".join(
        str(value) if isinstance(row, np.ndarray) else repr(value) for value in row[:4]
    )
    return f"[{shown}{', …' if len(row) > 4 else ''}]"


def _damaged(field: Field) -> _errors.Error:
    what = f"column {quoted(field.name)}: the offsets of its elements are damaged"
    return _errors.make(
        _errors.FormatError, what, code=63, status="OFFSETS", rule="F-50", column=field.index
    )
