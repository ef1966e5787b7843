"""Conversions between numpy's types that change no value: a value that would change is an error
with column and row."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from . import _arguments, _errors
from ._errors import quoted

if TYPE_CHECKING:
    from ._arrays import Array, Mask

_DIGITS = {2: 11, 4: 24, 8: 53}  # bits that a float of so many bytes holds


def refuse(name: str, what: str, hint: str = "", row: int | None = None) -> _errors.Error:
    """The error for values that have no place in a column. It names the column, and the row if
    there is one."""
    where = f"column {quoted(name)}" + (f", row {row:,}" if row is not None else "")
    text = f"{where}: error: {what}" + (f"; {hint}" if hint else "")
    return _errors.make(
        _errors.UnsupportedTypeError, text, status="TYPE_UNSUPPORTED", code=80, row=row, hint=hint
    )


def row_of(first: Any, at: int) -> int | None:
    """The row of value `at`: `first` is the row of the first value, or rows[i] is that of value i,
    or None: the values are no rows."""
    if first is None:
        return None
    made: int = first + at if isinstance(first, int) else first[at]
    return made


def no_double(values: Array, size: int = 8) -> Mask:
    """Which integers no float of `size` bytes holds."""
    magnitude = np.where(
        values < 0, ~values.astype(np.uint64) + np.uint64(1), values.astype(np.uint64)
    )
    lowest = magnitude & (~magnitude + np.uint64(1))
    made: Mask = magnitude // np.where(magnitude == 0, np.uint64(1), lowest) >= np.uint64(
        1 << _DIGITS[size]
    )
    return made


def _changed(given: Array, made: Array) -> Mask:
    """Where `made`, which was made of `given`, is not the same value. A float that became a
    narrower one is, unless it became infinite."""
    kinds = given.dtype.kind + made.dtype.kind
    changed: Mask = np.zeros(given.shape, np.bool_)
    if kinds == "ff":
        changed = np.isfinite(given) & ~np.isfinite(made)
    elif kinds in ("if", "uf"):
        changed = no_double(given, made.dtype.itemsize) | ~np.isfinite(made)
    elif kinds[0] in "iu" and kinds[1] in "ium":
        counts = made.view(np.int64) if kinds[1] == "m" else made  # the count that a timedelta is
        changed = (counts.astype(given.dtype) != given) | ((counts < 0) != (given < 0))
    elif kinds in ("mm", "MM"):
        changed = made.astype(given.dtype).view(np.int64) != given.view(np.int64)
    return changed


def _allowed(given: np.dtype[Any], wanted: np.dtype[Any]) -> bool:
    if given.kind in "iu" and wanted.kind in "iu":
        return True
    if "m" in given.kind + wanted.kind and "generic" in (
        np.datetime_data(each)[0] for each in (given, wanted) if each.kind == "m"
    ):
        return False
    return np.can_cast(given, wanted, "same_kind")


def cast(
    name: str, given: Array, wanted: np.dtype[Any], mask: Mask | None = None, row: Any = 0
) -> Array:
    """`given` as an array of type `wanted`. Values where `mask` is True do not matter.

    `row` is as in row_of(), for the first axis. UnsupportedTypeError for a
    type of another kind, and for the first value that would change.
    """
    if given.dtype == wanted:
        return given
    if not _allowed(given.dtype, wanted):
        raise refuse(
            name,
            f"values of type {given.dtype} for {wanted}",
            f"convert them yourself: astype({wanted.str[1:]!r})",
        )
    if not given.dtype.isnative:
        given = given.astype(given.dtype.newbyteorder("="))
    try:
        with np.errstate(all="ignore"):
            made = given.astype(wanted)
            changed = _changed(given, made)
    except OverflowError as error:  # some of numpy's conversions of times look themselves
        raise refuse(name, f"a value does not fit into {wanted}: {error}") from None
    if mask is not None:
        changed = changed & ~mask
    if changed.any():
        where = np.unravel_index(int(np.argmax(changed)), given.shape) if given.shape else ()
        at = row_of(row, int(where[0])) if where else None
        raise refuse(name, f"{given[where]} does not fit into {wanted}", row=at)
    return made


def texts(name: str, objects: Array, dtype: Any) -> Array:
    """str or bytes and None as numpy's own type of text: U, S or StringDType. An error for a null
    that the type does not have, and for a value that would be cut."""
    try:
        wanted: np.dtype[Any] = np.dtype(dtype)
    except TypeError:
        raise _arguments.wrong_type(
            f"dtype: {_arguments.shown(dtype)} is no type of numpy"
        ) from None
    if wanted.kind == "O":
        return objects
    if wanted.kind not in "UST":
        hint = "take to_numpy() and convert that yourself, or pack() the CSV with types="
        raise refuse(name, f"text does not become {wanted}", hint)
    given = [_coded(name, value, wanted.kind, row) for row, value in enumerate(objects)]
    if wanted.kind != "T" or None not in given:
        made = np.asarray(given, wanted) if given else np.empty(0, wanted)
    else:  # StringDType has a null where it was given one
        made = np.asarray(["" if value is None else value for value in given], wanted)
        if hasattr(wanted, "na_object"):
            made[np.fromiter((value is None for value in given), np.bool_, len(given))] = (
                wanted.na_object
            )
    for row, (value, text) in enumerate(zip(given, made.tolist())):
        if value is None and (wanted.kind != "T" or not hasattr(wanted, "na_object")):
            raise refuse(
                name,
                f"a null, which numpy's type {wanted} does not have",
                "use to_numpy() for objects",
                row,
            )
        if value is not None and text != value:
            shown = _arguments.shown(value)
            raise refuse(
                name,
                f"{shown} does not fit into {wanted}",
                "a longer one, or to_numpy() for objects",
                row,
            )
    return made


def _coded(name: str, value: Any, kind: str, row: int) -> Any:
    """The value as one of numpy's kind of text: bytes for S, str for U and T."""
    if value is None or isinstance(value, bytes) == (kind == "S"):
        return value
    try:
        return value.encode("ascii") if kind == "S" else value.decode("ascii")
    except UnicodeError:
        way = "has no place among numpy's bytes, which are ASCII" if kind == "S" else "is not ASCII"
        raise refuse(
            name, f"{_arguments.shown(value)} {way}", "use to_numpy() for objects", row
        ) from None
