"""Rows of different lengths on their way into a list column: Python's lists, and arrays."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from . import _arguments, _build, _exact, _lists
from ._build import Column, Node
from ._exact import refuse

if TYPE_CHECKING:
    from ._arrays import Array

_NULLABLE = 2


class _RowOf:
    """Gives the row of an element of all rows, by its index."""

    def __init__(self, offsets: Array) -> None:
        self._offsets = offsets

    def __getitem__(self, element: int) -> int:
        return int(np.searchsorted(self._offsets, element, "right")) - 1


def column(name: str, values: list[Any], wanted: Any = None) -> Column | None:
    """The list column of rows that are lists, tuples or arrays of one dimension, and None.

    `wanted` is the type of the elements, None: the one that they have. Then rows of one length
    whose elements may be those of a tensor give None, as do rows of rows. UnsupportedTypeError,
    with column and row, for elements that do not agree, and for a null among them.
    """
    if wanted is None and _is_tensor(values):
        return None
    lengths = np.zeros(len(values) + 1, np.int64)
    known = next((value for value in values if value is not None), None)
    others = "arrays" if isinstance(known, np.ndarray) else "lists"
    for row, value in enumerate(values):
        lengths[row + 1] = _length(name, value, row, others)
    offsets = np.cumsum(lengths)
    nulls = np.fromiter((value is None for value in values), np.bool_, len(values))
    elements = _elements(name, [value for value in values if value is not None], offsets, wanted)

    def make(start: int, stop: int) -> Node:
        first, end = int(offsets[start]), int(offsets[stop])
        validity, count = _build.bitmap(nulls[start:stop])
        places = (offsets[start : stop + 1] - first).view(np.uint8)
        item = elements(first, end)
        children = ((item[0], "item", *item[2:]),)
        rows = stop - start
        return "+L", name, _NULLABLE, None, rows, count, (validity, places), children, None

    return Column(name, len(values), make)


def _is_tensor(values: list[Any]) -> bool:
    """True if the rows have one length and elements that a tensor may have, or rows as elements."""
    rows = [value for value in values if value is not None]
    if not all(isinstance(row, (list, tuple)) or isinstance(row, np.ndarray) for row in rows):
        return False
    first = next((row for row in rows if np.size(row) if isinstance(row, np.ndarray) or row), None)
    if first is None:
        return False
    if isinstance(first, np.ndarray):
        if first.ndim != 1:
            return True
        if first.dtype.kind in "OUT":
            return False
    elif isinstance(first[0], (list, tuple, np.ndarray)):
        return True
    elif isinstance(first[0], str) or _build.is_decimal(first[0]):
        return False
    return all(len(row) == len(first) for row in rows)


def _length(name: str, value: Any, row: int, others: str) -> int:
    if value is None:
        return 0
    if isinstance(value, (list, tuple)):
        return len(value)
    if isinstance(value, np.ndarray) and value.ndim == 1:
        if isinstance(value, np.ma.MaskedArray) and np.ma.getmaskarray(value).any():
            raise _null(name, row)
        return len(value)
    what = f"an array of {value.ndim} dimensions" if isinstance(value, np.ndarray) else ""
    what = what or f"a {type(value).__name__} ({_arguments.shown(value)})"
    raise refuse(name, f"{what} among {others}", "", row)


def _null(name: str, row: int) -> Exception:
    hint = "a row may be null as a whole; use NaN, or another value"
    return refuse(name, "a null inside a list", hint, row)


_Elements = Callable[[int, int], Node]


def _elements(name: str, rows: list[Any], offsets: Array, wanted: Any) -> _Elements:
    """Gives the nodes of elements [first, end)."""
    row_of = _RowOf(offsets)
    filled = [row for row in rows if len(row)]
    typed = [row for row in filled if isinstance(row, np.ndarray) and row.dtype.kind not in "OUT"]
    if len(typed) == len(filled) and (filled or wanted is None):
        flat = _joined(name, filled or rows, row_of)
        return _of_array(name, flat, row_of, wanted)
    leaves: list[Any] = list(itertools.chain.from_iterable(_values(row) for row in filled))
    if typed:
        _refuse_mixture(name, filled, row_of)
    for i, leaf in enumerate(leaves):
        if leaf is None:
            raise _null(name, row_of[i])
    return _of_leaves(name, leaves, row_of, wanted)


def _values(row: Any) -> Any:
    return row.tolist() if isinstance(row, np.ndarray) else row


def _refuse_mixture(name: str, filled: list[Any], row_of: _RowOf) -> None:
    """Raises the error for the first row that is an array where the first one is a list, or the
    other way round."""
    array, at = isinstance(filled[0], np.ndarray), 0
    for row in filled:
        if isinstance(row, np.ndarray) != array:
            what = "a list among arrays" if array else "an array among lists"
            raise refuse(name, what, "give all rows as one of the two", row_of[at])
        at += len(row)


def _joined(name: str, rows: list[Any], row_of: _RowOf) -> Array:
    """The elements of arrays, which have one type."""
    arrays = [row for row in rows if isinstance(row, np.ndarray)]
    if not arrays or not any(map(len, arrays)) and len(arrays) < len(rows):
        what = "there are nothing but empty lists, which have no type"
        raise refuse(name, what, f'name it: types={{{name!r}: "list[int32]"}}')
    at = 0
    for row in arrays:
        if row.dtype != arrays[0].dtype:
            what = f"an array of {row.dtype} among arrays of {arrays[0].dtype}"
            raise refuse(name, what, "", row_of[at])
        at += len(row)
    made: Array = np.concatenate([np.ma.getdata(row) for row in arrays])
    return made


def _of_array(name: str, flat: Array, row_of: _RowOf, wanted: Any) -> _Elements:
    zone = None
    if wanted is not None:
        if wanted.kind != "plain":
            what = f"values of type {flat.dtype} for {wanted.text}"
            raise refuse(name, what, "give lists of objects", row_of[0])
        flat = _exact.cast(name, flat, wanted.dtype, row=row_of)
        zone = wanted.zone
    if flat.dtype.kind in "SV":
        raise refuse(name, "lists of bytes have no place in a shmcol file", "", row_of[0])
    if flat.dtype.kind in "mM" and np.isnat(flat).any():
        raise _null(name, row_of[int(np.argmax(np.isnat(flat)))])
    if wanted is not None and wanted.arrow is not None:
        fmt = wanted.arrow
        _build.times(name, fmt, flat, None, row_of)  # refuses what has no 32 bits
        return lambda first, end: _build.times(name, fmt, flat[first:end], None, None)
    if flat.dtype == np.dtype("M8[D]"):
        _build.days32(name, flat, None, row_of)  # refuses a day that is too far
    _build.array(name, flat[:0], zone=zone)  # refuses a type that no file has
    return lambda first, end: _build.array(name, flat[first:end], zone=zone)


def _of_leaves(name: str, leaves: list[Any], row_of: _RowOf, wanted: Any) -> _Elements:
    first = leaves[0] if leaves else None
    kind = wanted.kind if wanted is not None else ""
    if kind == "string" or not kind and isinstance(first, str):
        for i, leaf in enumerate(leaves):
            if not isinstance(leaf, str):
                what = f"a {type(leaf).__name__} among values of type str"
                raise refuse(name, what, "", row_of[i])
        _build.texts(name, leaves, False, row_of)  # refuses a lone surrogate
        return lambda first, end: _build.texts(name, leaves[first:end])
    if kind == "decimal" or not kind and _build.is_decimal(first):
        from . import _decimals

        precision, scale = (
            (wanted.precision, wanted.scale) if kind else _decimals.shape_of(name, leaves, row_of)
        )
        whole = _decimals.node(name, leaves, precision, scale, row_of)
        data = memoryview(whole[6][1])
        return lambda first, end: (
            *whole[:4],
            end - first,
            0,
            (None, data[16 * first : 16 * end]),
            *whole[7:],
        )
    if not leaves:
        return _of_array(name, np.empty(0, wanted.dtype), row_of, wanted)
    if isinstance(first, (bytes, bytearray)):
        raise refuse(name, "lists of bytes have no place in a shmcol file", "", row_of[0])
    for i, leaf in enumerate(leaves):
        if isinstance(leaf, (list, tuple, np.ndarray)):
            raise refuse(name, "a list inside a list", "lists hold no lists", row_of[i])
    return _of_array(name, _lists.flat(name, leaves, row_of), row_of, wanted)
