"""Keys of a search, as the values of a column: each converts exactly, or it is refused."""

from __future__ import annotations

import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import numpy as np

from . import _arguments, _errors
from ._errors import quoted
from ._schema import Field

if TYPE_CHECKING:
    from ._arrays import Array

_TIMES = ("date32", "date64", "timestamp", "duration", "time32", "time64")


def _refused(field: Field, key: Any) -> _errors.Error:
    text = (
        f"{_arguments.shown(key)} is no value of column {quoted(field.name)}, which is {field.type}"
    )
    return _errors.make(
        _errors.ArgumentTypeError, text, status="WRONG_TYPE", code=3, column=field.index
    )


def _first(given: Array, wrong: Any) -> Any:
    """The first key that is wrong."""
    flat, where = given.reshape(-1), np.reshape(wrong, -1)
    return flat[int(np.argmax(where))]


def is_single(keys: Any) -> bool:
    """True for one key, and not several."""
    return isinstance(keys, (str, bytes)) or not hasattr(keys, "__len__") or np.ndim(keys) == 0


def _numbers(field: Field, given: Array) -> Array:
    want = np.dtype("u1") if field.kind == "bool8" else field.stored_dtype
    if field.kind == "bool8":
        if given.dtype != np.bool_:
            raise _refused(field, _first(given, np.ones(given.shape, bool)))
        return given.astype(want)
    if given.dtype.kind not in "iuf":
        raise _refused(field, _first(given, np.ones(given.shape, bool)))
    with np.errstate(all="ignore"):
        made = given.astype(want)
        same = (made.astype(given.dtype) == given) & ((made < 0) == (given < 0))
        if want.kind == "f" and given.dtype.kind == "f":
            same |= np.isnan(given)  # the search itself names it
    if not same.all():
        raise _refused(field, _first(given, ~same))
    return made


def _moment(field: Field, key: Any) -> Any:
    """A key of Python's or pandas' as numpy has it."""
    if hasattr(key, "to_datetime64") and getattr(key, "tzinfo", None) is None:
        return key.to_datetime64()  # pandas: with its nanoseconds
    if isinstance(key, datetime.datetime) and key.tzinfo is not None:
        if field.zone is None:
            raise _refused(field, key)
        at = key.astimezone(datetime.timezone.utc)
        utc = at.to_datetime64() if hasattr(at, "to_datetime64") else at.replace(tzinfo=None)
        return np.datetime64(utc)
    if isinstance(key, datetime.time):
        micro = ((key.hour * 60 + key.minute) * 60 + key.second) * 10**6 + key.microsecond
        return np.timedelta64(micro, "us")
    if hasattr(key, "to_timedelta64"):
        return key.to_timedelta64()
    if isinstance(key, (datetime.date, str)):
        return np.datetime64(key)
    return np.timedelta64(key) if isinstance(key, datetime.timedelta) else key


def _times(field: Field, given: Array) -> Array:
    kind = "M" if field.kind in ("date32", "date64", "timestamp") else "m"
    if given.dtype.kind not in "Mm":
        try:
            moments = [_moment(field, key) for key in given.reshape(-1).tolist()]
            one = np.array(moments, dtype=f"{kind}8" if not moments else None)
        except (TypeError, ValueError):
            raise _refused(field, given.reshape(-1).tolist()[0]) from None
        given = one.reshape(given.shape)
    if given.dtype.kind != kind:
        raise _refused(field, _first(given, np.ones(given.shape, bool)))
    made = given.astype(field.dtype)
    none = np.isnat(given)
    if none.any():
        what = f"key {int(np.argmax(none))} is NaT, which no row comes before"
        raise _arguments.wrong(what, status="BAD_VALUE", code=81)
    same = made.astype(given.dtype) == given
    if not same.all():
        raise _refused(field, _first(given, ~same))
    stored, wide = field.stored_dtype, made.view(np.int64)
    if field.kind == "date64":
        wide = made.astype("M8[ms]").view(np.int64)
    narrow = wide.astype(stored)
    if not (narrow == wide).all():
        raise _refused(field, _first(given, narrow != wide))
    return narrow


def _decimals(field: Field, keys: list[Any]) -> bytes:
    made = bytearray()
    for key in keys:
        number = key.item() if isinstance(key, np.generic) else key
        if isinstance(number, bool) or not isinstance(number, (int, Decimal)):
            raise _refused(field, key)
        exact = Decimal(number)
        if exact.is_nan():
            raise _arguments.wrong("a key is NaN, which no row comes before", "", "BAD_VALUE", 81)
        sign, digits, exponent = exact.as_tuple()
        places = int(exponent) + field.scale
        whole = int("".join(map(str, digits)) or "0")
        whole = whole * 10**places if places >= 0 else whole
        if places < 0 and whole % 10**-places or whole >> 127:
            raise _refused(field, key)
        whole = whole // 10**-places if places < 0 else whole
        made += (-whole if sign else whole).to_bytes(16, "little", signed=True)
    return bytes(made)


def _texts(field: Field, keys: list[Any]) -> tuple[Array, bytes]:
    parts = []
    for row, key in enumerate(keys):
        if key is None:
            what = f"key {row} is None, which no row comes before"
            raise _arguments.wrong(what, status="BAD_VALUE", code=81)
        if not isinstance(key, str):
            raise _refused(field, key)
        parts.append(key.encode("utf-8", "surrogatepass"))
    ends = np.cumsum([0, *map(len, parts)], dtype=np.int64)
    return ends, b"".join(parts)


def convert(field: Field, keys: Any) -> tuple[int, Any, Any]:
    """(number of keys, their bytes, offsets of texts or None), as the extension takes them."""
    if field.kind in ("string", "dictionary", "decimal128"):
        listed = [keys] if is_single(keys) else list(keys)
        if field.kind == "decimal128":
            return len(listed), _decimals(field, listed), None
        offsets, data = _texts(field, listed)
        return len(listed), data, offsets
    if field.kind in _TIMES and hasattr(keys, "dtype") and keys.dtype.kind not in "MmOUT":
        given = np.asarray(keys, dtype=object)
    else:
        given = np.asarray(keys)
    given = np.atleast_1d(given)
    if given.ndim != 1:
        raise _arguments.wrong_type("keys are one value, or a list or array of one dimension")
    if given.size == 0:
        return 0, b"", None
    made = _times(field, given) if field.kind in _TIMES else _numbers(field, given)
    return len(made), np.ascontiguousarray(made).view(np.uint8), None
