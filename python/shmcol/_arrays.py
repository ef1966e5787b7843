"""Columns as numpy arrays over the map: the one place that decides which results are zero-copy."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from . import _arguments, _errors
from ._errors import quoted
from ._schema import NULL_IN_VALUE, Field

if TYPE_CHECKING:  # importing numpy.typing takes longer than all else here
    import numpy.typing as npt

    Array = npt.NDArray[Any]
    Mask = npt.NDArray[np.bool_]


def over(buffer: Any, dtype: np.dtype[Any] | str, shape: tuple[int, ...]) -> Array:
    """An array over a Buffer of the extension; it keeps the file open."""
    return np.ndarray(shape, dtype, buffer)


def refuse(field: Field, what: str, instead: str) -> _errors.Error:
    """The error for a copy where none is allowed."""
    text = (
        f"column {quoted(field.name)} ({field.type}): {what}, which copy='never' refuses; {instead}"
    )
    return _errors.make(_errors.CopyError, text, status="COPY", column=field.index, hint=instead)


_NO_WIDTH = {
    "string": "has no fixed-width values: use its offsets and data",
    "binary": "has no fixed-width values: use its offsets and data",
    "list": "has no fixed-width values: use its offsets, values and storage",
    "unsupported": "was made by a later version",
}


def stored_shape(field: Field, rows: int) -> tuple[int, ...]:
    """The shape of table.storage(name)."""
    if field.kind == "fixed_binary":
        return rows, field.width
    return (rows, 2) if field.kind == "decimal128" else (rows, *field.shape)


def stored(file: Any, field: Field, start: int, stop: int, rows: int) -> tuple[Array, Any]:
    """The values as they lie, and the validity's Buffer or None."""
    if field.kind in _NO_WIDTH:
        what = _NO_WIDTH[field.kind]
        raise _errors.make(
            _errors.UnsupportedTypeError,
            f"column {quoted(field.name)} ({field.type}) {what}",
            column=field.index,
        )
    values, bits = file.values(field.index)
    array = over(values, field.stored_dtype, stored_shape(field, rows))
    return array if start == 0 and stop == rows else array[start:stop], bits


def unpack(bits: Any, start: int, stop: int) -> Mask:
    """A bitmap's bits as a mask: True where null."""
    if stop <= start:
        return np.zeros(0, np.bool_)
    first, skip = start >> 3, start & 7
    part = np.frombuffer(bits, np.uint8)[first : (stop + 7) >> 3]
    return np.unpackbits(~part, count=skip + stop - start, bitorder="little")[skip:].view(np.bool_)


def bits_of(file: Any, field: Field) -> Any:
    """The Buffer of a column's validity, None where it has no nulls."""
    return file.validity(field.index) if field.nulls else None


def validity_part(bits: Any, start: int, stop: int) -> Any:
    """The bytes of a bitmap that rows [start, stop) have, in place; None for no bitmap."""
    if bits is None:
        return None
    if start % 8:
        raise _arguments.wrong("the view begins within a byte of the bitmap", "use nulls()")
    return np.frombuffer(bits, np.uint8)[start // 8 : (stop + 7) // 8]


def nulls_of(file: Any, field: Field, start: int, stop: int) -> Mask:
    """A mask, True where null."""
    bits = bits_of(file, field)
    return np.zeros(stop - start, np.bool_) if bits is None else unpack(bits, start, stop)


def by_element(nulls: Mask, shape: tuple[int, ...]) -> Mask:
    """Makes a mask by element of one by row: True in all of a null row. Takes no memory."""
    if nulls.shape == shape:
        return nulls
    return np.broadcast_to(nulls.reshape(nulls.shape + (1,) * (len(shape) - nulls.ndim)), shape)


def positions(key: Any, rows: int, name: str) -> Array:
    """Gives the row numbers, from 0 and of any shape, of an array of indices or a mask of all rows.

    IndexError where numpy has one; it names the column.
    """
    given = np.asarray(key)
    if given.size == 0 and not isinstance(key, np.ndarray):
        return np.zeros(given.shape, np.int64)  # an empty list has no type
    if given.dtype == np.bool_:
        if given.shape != (rows,):
            text = f"a mask of shape {given.shape} for column {quoted(name)}, which has {rows} rows"
            raise IndexError(text)
        return np.flatnonzero(given).astype(np.int64, copy=False)
    if given.dtype.kind not in "iu":
        text = f"column {quoted(name)} takes a row, a slice, an array of rows or a mask"
        raise IndexError(f"{text}, not {given.dtype}")
    if given.size and not (-rows <= given.min() and given.max() < rows):
        wrong = given.min() if given.max() < rows else given.max()
        raise IndexError(f"row {wrong} of column {quoted(name)}, which has {rows}")
    picked = given.astype(np.int64)
    picked[picked < 0] += rows
    return picked


def rows_to_take(indices: Any, axis: Any, out: Any, mode: Any, ndim: int) -> Array | None:
    """Returns the indices of take() as an array if they simply pick rows, else None."""
    given = np.asarray(indices)
    by_row = out is None and mode == "raise" and (axis == 0 or axis is None and ndim == 1)
    integers = given.dtype.kind in "iu" and np.can_cast(given.dtype, np.intp)
    return given if by_row and integers else None


class Validity:
    """Tells which of some rows of a column are null, from the bitmap in the map.

    It looks at the bits of the rows that are asked for, and at no others.
    """

    __slots__ = ("_bits", "_start", "_stop")

    def __init__(self, bits: Any, start: int, stop: int) -> None:
        self._bits, self._start, self._stop = np.frombuffer(bits, np.uint8), start, stop

    def null(self, row: int) -> bool:
        row += self._start
        return not self._bits[row >> 3] >> (row & 7) & 1

    def nulls(self, start: int = 0, stop: int | None = None) -> Mask:
        """A mask of the rows from one to another, all by default: True where null."""
        end = self._stop if stop is None else self._start + stop
        return unpack(self._bits, self._start + start, end)

    def nulls_of(self, rows: Array) -> Mask:
        """A mask of the rows in an array of their numbers, which are from 0."""
        rows = rows + self._start
        bits = self._bits[rows >> 3] >> (rows & 7).astype(np.uint8) & 1
        found: Mask = bits == 0
        return found

    def nulls_where(self, key: Any, shape: tuple[int, ...], name: str) -> Mask:
        """Makes the mask of array[key], for an array of this shape whose first axis is the rows.

        The key is one that numpy took.
        """
        first, *rest = key or (Ellipsis,) if isinstance(key, tuple) else (key,)
        made: Mask
        if isinstance(first, slice):
            start, stop, step = first.indices(shape[0])
            if step == 1:
                nulls = self.nulls(start, max(start, stop))
            else:
                nulls = self.nulls_of(np.arange(start, stop, step))
            made = by_element(nulls, (len(nulls), *shape[1:]))[:, *rest]
        elif first is None or first is Ellipsis or _is_part_of_mask(first):
            made = by_element(self.nulls(), shape)[key]
        else:
            rows = positions(first, shape[0], name)
            nulls = self.nulls_of(rows)
            at = np.arange(rows.size).reshape(rows.shape) if rows.ndim else 0
            made = by_element(nulls.reshape(-1), (rows.size, *shape[1:]))[at, *rest]
        return made


def _is_part_of_mask(key: Any) -> bool:
    """Returns true for a bool, and for a mask by element."""
    return np.ndim(key) != 1 and np.asarray(key).dtype == np.bool_


def masked(values: Array, validity: Validity, field: Field) -> Any:
    """Makes a numpy.ma.MaskedArray over the values; its mask is made when all of it is needed."""
    from ._masked import MaskedColumn

    return MaskedColumn.over(values, validity, field.name)


def array_of(file: Any, field: Field, start: int, stop: int, rows: int, copy: str) -> Any:
    """table[name] of a column that numpy has a type for."""
    values, bits = stored(file, field, start, stop, rows)
    has_nulls = bits is not None and field.kind not in NULL_IN_VALUE
    dtype = field.dtype
    if field.kind == "fixed_binary":
        values = values.view(dtype).reshape(-1)
    elif values.dtype is not dtype:
        values = values.view(dtype)
    if not has_nulls:
        return values
    if copy == "never":
        instead = f"use storage({field.name!r}) and validity({field.name!r}), both in place"
        raise refuse(
            field, "it has nulls that its values do not show, so that a mask must be made", instead
        )
    return masked(values, Validity(bits, start, stop), field)
