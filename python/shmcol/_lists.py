"""Lists of Python's values as numpy arrays that hold the same values: a value that numpy
would change is an error."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from . import _arguments, _exact
from ._exact import refuse

if TYPE_CHECKING:
    from ._arrays import Array

_TIMES = {datetime.datetime: "M8[us]", datetime.date: "M8[D]", datetime.timedelta: "m8[us]"}


class Rows(Protocol):
    """Gives the row of a value by its index; None: it has none."""

    def __getitem__(self, index: int, /) -> int | None: ...


_LONGEST = datetime.timedelta(microseconds=(1 << 63) - 1)


def typed(name: str, values: list[Any], row: int | None = 0) -> Array:
    """The array of a list that holds one type of value and None; a masked one where None is there.

    `row` is the row of values[0]; None: they are not rows. UnsupportedTypeError, with column and
    row, for a value of another type, and for one that no array holds.
    """
    nulls = np.fromiter((value is None for value in values), np.bool_, len(values))
    filled, rows = values, _rows(row, len(values))
    if nulls.any():
        filled = [value for value in values if value is not None]
        rows = [rows[i] for i in np.flatnonzero(~nulls).tolist()]
    if not filled:
        raise refuse(name, "there is nothing but None, which has no type", "use a masked array")
    nested = isinstance(filled[0], (list, tuple, np.ndarray))
    made = _nested(name, filled, rows) if nested else flat(name, filled, rows)
    if len(filled) == len(values):
        return made
    whole = np.zeros((len(values), *made.shape[1:]), made.dtype)
    whole[~nulls] = np.ma.getdata(made)
    mask = np.broadcast_to(nulls.reshape((-1,) + (1,) * (made.ndim - 1)), whole.shape)
    if isinstance(made, np.ma.MaskedArray):
        mask = mask.copy()
        mask[~nulls] = np.ma.getmaskarray(made)
    return np.ma.MaskedArray(whole, mask)


def _rows(row: int | None, n: int) -> Sequence[int | None]:
    return [None] * n if row is None else range(row, row + n)


def _nested(name: str, values: list[Any], rows: Sequence[int | None]) -> Array:
    """Lists or arrays of one shape. Arrays have one type, too."""
    first = values[0]
    if isinstance(first, np.ndarray):
        for at, value in zip(rows, values):
            if not isinstance(value, np.ndarray) or (value.dtype, value.shape) != (
                first.dtype,
                first.shape,
            ):
                what = f"a {type(value).__name__}"
                if isinstance(value, np.ndarray):
                    what = f"an array of {value.dtype} {value.shape}"
                raise refuse(name, f"{what} among arrays of {first.dtype} {first.shape}", "", at)
        if any(isinstance(value, np.ma.MaskedArray) for value in values):
            made: Array = np.ma.stack(values)
        else:
            made = np.stack(values)
        return made
    shape = _shape(first)
    leaves: list[Any] = []
    places: list[int | None] = []
    for at, value in zip(rows, values):
        before = len(leaves)
        if not _flatten(value, shape, leaves):
            raise refuse(name, f"{_arguments.shown(value)} among lists of shape {shape}", "", at)
        places.extend([at] * (len(leaves) - before))
    return (
        flat(name, leaves, places).reshape((len(values), *shape))
        if leaves
        else np.empty((len(values), *shape))
    )


def _shape(value: Any) -> tuple[int, ...]:
    if not isinstance(value, (list, tuple)):
        return ()
    return (len(value), *(_shape(value[0]) if value else ()))


def _flatten(value: Any, shape: tuple[int, ...], leaves: list[Any]) -> bool:
    """Appends all elements of nested lists; false: they are not of this shape."""
    if not shape:
        leaves.append(value)
        return not isinstance(value, (list, tuple))
    if not isinstance(value, (list, tuple)) or len(value) != shape[0]:
        return False
    return all(_flatten(each, shape[1:], leaves) for each in value)


def flat(name: str, values: list[Any], rows: Rows) -> Array:
    """Values that are no lists; rows[i] is the row of values[i]."""
    known = type(values[0])
    types = set(map(type, values))
    if not types <= {int, float} and len(types) > 1:
        at = next(i for i, value in enumerate(values) if type(value) is not known)
        raise refuse(
            name,
            f"a {type(values[at]).__name__} among values of type {known.__name__}",
            "",
            rows[at],
        )
    if types <= {int, float}:
        return _numbers(name, values, types, rows)
    if issubclass(known, datetime.datetime) and any(value.tzinfo is not None for value in values):
        raise refuse(
            name,
            "datetimes with a time zone",
            "give them as a pandas Series or another Arrow array",
        )
    if known is datetime.timedelta:
        for i, value in enumerate(values):
            if not -_LONGEST <= value <= _LONGEST:
                raise refuse(
                    name,
                    f"{value} does not fit into microseconds of 64 bits",
                    "give timedelta64[s]",
                    rows[i],
                )
    if known in (np.datetime64, np.timedelta64):
        return _times(name, values, rows)
    made = np.asarray(values, _TIMES.get(known))
    if made.dtype == object or made.ndim != 1 or made.dtype.kind in "USVT":
        raise refuse(
            name,
            f"values of type {known.__name__} make no column",
            "use a numpy array with a type",
            rows[0],
        )
    return made


def _numbers(name: str, values: list[Any], types: set[type], rows: Rows) -> Array:
    """Integers of Python as int64, else uint64; with floats among them as float64, if that holds
    each."""
    if float in types:
        for i, value in enumerate(values):
            if type(value) is int and not _is_double(value):
                shown = _arguments.shown(value)
                what = f"the integer {shown}, which no double holds exactly, among floats"
                raise refuse(name, what, "", rows[i])
        return np.asarray(values, np.float64)
    least, most = min(values), max(values)
    if -(1 << 63) <= least and most < 1 << 63:
        return np.asarray(values, np.int64)
    if 0 <= least and most < 1 << 64:
        return np.asarray(values, np.uint64)
    at = (
        values.index(least)
        if least < -(1 << 63)
        else next(i for i, v in enumerate(values) if v >= 1 << (63 if least < 0 else 64))
    )
    kind = "int64, as the negative ones among them need" if least < 0 else "64 bits"
    raise refuse(
        name, f"the integer {_arguments.shown(values[at])} does not fit into {kind}", "", rows[at]
    )


def _is_double(value: int) -> bool:
    try:
        return int(float(value)) == value
    except OverflowError:
        return False


def _times(name: str, values: list[Any], rows: Rows) -> Array:
    """numpy's times, each with a unit of its own, in the finest of them."""
    try:
        unit = np.result_type(*{value.dtype for value in values})
    except TypeError as error:
        raise refuse(name, str(error), "give one unit", rows[0]) from None
    made = np.full(len(values), "NaT", unit)
    for i, value in enumerate(values):
        if not np.isnat(value):
            made[i] = _exact.cast(name, np.asarray([value]), unit, row=rows[i])[0]
    return made
