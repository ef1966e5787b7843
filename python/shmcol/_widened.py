"""Days and times of 32 bits. numpy has them with 64 bits only: rows are converted when read."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from . import _arguments
from ._arrays import Validity, refuse, rows_to_take, stored
from ._errors import quoted
from ._schema import Field

if TYPE_CHECKING:
    from ._arrays import Array, Mask

_CHUNK = 4096
_OPERATORS = (
    *("lt", "le", "eq", "ne", "gt", "ge", "add", "radd", "sub", "rsub", "mul", "rmul"),
    *("truediv", "rtruediv", "floordiv", "rfloordiv", "mod", "rmod", "divmod", "rdivmod"),
    *("neg", "pos", "abs"),
)


class WidenedColumn:
    """A column of date32 or time32. It acts as an array of datetime64[D] or timedelta64.

    column[i], column[a:b], column[indices] and column[mask] convert the rows that they return.
    Arithmetic, comparisons, the methods of an array and np.asarray(column) convert all rows, once
    for this object. A null is NaT. table.storage(name) is the int32 in place.
    """

    __slots__ = ("_field", "_file", "_made", "_start", "_storage", "_validity")
    __hash__ = None  # type: ignore[assignment]

    def __init__(self, file: Any, field: Field, start: int, stop: int, rows: int) -> None:
        self._storage, bits = stored(file, field, start, stop, rows)
        self._validity = None if bits is None else Validity(bits, start, stop)
        self._file, self._field, self._start = file, field, start
        self._made: Array | None = None

    # ---- description ----

    @property
    def name(self) -> str:
        return self._field.name

    @property
    def field(self) -> Field:
        return self._field

    @property
    def dtype(self) -> np.dtype[Any]:
        """Of the array that it stands for, as shape, ndim, size and nbytes are."""
        return self._field.dtype

    @property
    def shape(self) -> tuple[int, ...]:
        return self._storage.shape

    @property
    def ndim(self) -> int:
        return self._storage.ndim

    @property
    def size(self) -> int:
        return self._storage.size

    @property
    def nbytes(self) -> int:
        return self.size * self.dtype.itemsize

    def __len__(self) -> int:
        return len(self._storage)

    def __bool__(self) -> bool:
        return bool(self[:2])  # an error for more than one value, as of an array

    def nulls(self) -> Mask:
        """A mask, True where null."""
        return np.zeros(len(self), np.bool_) if self._validity is None else self._validity.nulls()

    # ---- values ----

    def __setitem__(self, key: Any, value: Any) -> None:
        raise _arguments.read_only(f"column {quoted(self.name)}", "array = column.to_numpy()")

    def __getitem__(self, key: Any) -> Any:
        found = self._storage[key]
        made = found.astype(np.int64).view(self.dtype)
        if self._validity is not None:
            nulls = self._validity.nulls_where(key, self.shape, self.name)
            if isinstance(made, np.ndarray):
                made[nulls] = np.array("NaT", self.dtype)
            elif nulls:
                made = np.array("NaT", self.dtype)[()]
        if isinstance(key, slice):
            made.flags.writeable = False  # because it looks like a part of the column
        return made

    def __iter__(self) -> Iterator[Any]:
        for start in range(0, len(self), _CHUNK):
            yield from self[start : start + _CHUNK]

    def __contains__(self, value: object) -> bool:
        return value in self.to_numpy()

    def take(self, indices: Any, axis: Any = None, out: Any = None, mode: Any = "raise") -> Any:
        """Does as ndarray.take; by rows it converts those only."""
        rows = rows_to_take(indices, axis, out, mode, self.ndim)
        return self.to_numpy().take(indices, axis, out, mode) if rows is None else self[rows]

    def to_numpy(self, dtype: Any = None) -> Array:
        """Converts all rows: the same read-only array each time, or a new one of another dtype."""
        made = self._made
        if made is None:
            made = self._made = self[:]
        return made if dtype is None or np.dtype(dtype) == made.dtype else made.astype(dtype)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Array:
        if copy is False:
            raise refuse_to_convert(self._field)
        made = self.to_numpy(dtype)
        return made.copy() if copy and made is self._made else made

    def __array_function__(
        self, function: Any, types: Any, args: tuple[Any, ...], named: dict[str, Any]
    ) -> Any:
        """Gives arrays to numpy's functions: some treat another class in another way."""
        if args and args[0] is self:
            if function is np.take:
                return self.take(*args[1:], **named)
            if function in (np.shape, np.ndim, np.size):
                return function(self._storage, *args[1:], **named)
        named = {name: _arrays_in(value) for name, value in named.items()}
        return function(*_arrays_in(args), **named)

    def __getattr__(self, name: str) -> Any:
        """An array's methods and attributes, of all rows converted."""
        if name.startswith("_") or not hasattr(np.ndarray, name):
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
        return getattr(self.to_numpy(), name)

    def __dir__(self) -> list[str]:
        public = (name for name in dir(np.ndarray) if not name.startswith("_"))
        return sorted({*super().__dir__(), *public})

    def __reduce__(self) -> Any:
        return self.to_numpy().__reduce__()

    # ---- Arrow ----

    def __arrow_c_schema__(self) -> object:
        return self.__arrow_c_array__()[0]

    def __arrow_c_array__(self, requested_schema: object = None) -> tuple[object, object]:
        index, rows = self._field.index, len(self)
        made: tuple[object, object] = self._file.export_column(index, self._start, rows, False)
        return made

    def __repr__(self) -> str:
        more = ", …" if len(self) > 4 else ""
        shown = np.array2string(self[:4], separator=", ")
        what = f"{len(self):,} values of {self._field.type}"
        return f"<{type(self).__name__} {self.name!r}: {what} {shown[:-1]}{more}]>"


def _arrays_in(value: Any) -> Any:
    """An argument of one of numpy's functions, with the array of each column in it."""
    if isinstance(value, (list, tuple)):
        return type(value)(map(_arrays_in, value))
    return value.to_numpy() if isinstance(value, WidenedColumn) else value


def _operator(name: str) -> Callable[..., Any]:
    def operate(self: WidenedColumn, *other: Any) -> Any:
        return getattr(self.to_numpy(), name)(*other)

    operate.__name__ = name
    return operate


for _name in _OPERATORS:
    setattr(WidenedColumn, f"__{_name}__", _operator(f"__{_name}__"))


def refuse_to_convert(field: Field) -> Exception:
    what = "numpy has this type with 64 bits only, so that it must be converted"
    return refuse(field, what, f"use storage({field.name!r}), int32 in place")
