"""Keys of a search, as the values of a column: each converts exactly, or it is refused."""

from __future__ import annotations

import datetime
import re
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import numpy as np

from . import _arguments, _errors
from ._errors import quoted
from ._schema import Field

if TYPE_CHECKING:
    from ._arrays import Array

_ZONED = re.compile(r"T.*(Z|[+-]\d\d(:?\d\d)?)$")  # of an ISO text
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


def _none(key: int, what: str) -> _errors.Error:
    text = f"key {key} is {what}, which no row comes before"
    return _arguments.wrong(text, status="BAD_VALUE", code=81)


def _each_number(field: Field, keys: list[Any]) -> Array:
    """Integers and floats that stand in one list: numpy would make floats of all, and round."""
    want = field.stored_dtype
    made: list[Any] = []
    for key in keys:
        whole = isinstance(key, (int, np.integer)) and not isinstance(key, bool)
        if not whole and not isinstance(key, (float, np.floating)):
            raise _refused(field, key)
        if want.kind == "f":
            if whole and (abs(int(key)) > 1 << 1000 or int(float(key)) != int(key)):
                raise _refused(field, key)
            made.append(float(key))
        else:
            bounds = np.iinfo(want)
            if not (whole or float(key).is_integer()):
                raise _refused(field, key)
            if not bounds.min <= int(key) <= bounds.max:
                raise _refused(field, key)
            made.append(int(key))
    given = np.array(made, np.float64 if want.kind == "f" else want)
    return _numbers(field, given)


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
    if isinstance(key, datetime.time) and key.tzinfo is not None:
        raise _refused(field, key)
    if isinstance(key, datetime.time):
        micro = ((key.hour * 60 + key.minute) * 60 + key.second) * 10**6 + key.microsecond
        return np.timedelta64(micro, "us")
    if hasattr(key, "to_timedelta64"):
        return key.to_timedelta64()
    if isinstance(key, str) and _ZONED.search(key):
        return _moment(field, datetime.datetime.fromisoformat(key))
    if isinstance(key, (datetime.date, str)):
        return np.datetime64(key)
    return np.timedelta64(key) if isinstance(key, datetime.timedelta) else key


def _one_moment(field: Field, key: Any) -> Array:
    try:
        made = np.atleast_1d(np.array(_moment(field, key)))
    except (TypeError, ValueError):
        raise _refused(field, key) from None
    if made.dtype.kind not in "Mm" or made.ndim != 1:
        raise _refused(field, key)
    return made


def _times(field: Field, given: Array) -> Array:
    kind = "M" if field.kind in ("date32", "date64", "timestamp") else "m"
    if given.dtype.kind not in "Mm":
        # One by one: keys of different units have no unit that holds all of them.
        return np.concatenate([_times(field, _one_moment(field, key)) for key in given.tolist()])
    if given.dtype.kind != kind:
        raise _refused(field, _first(given, np.ones(given.shape, bool)))
    made = given.astype(field.dtype)
    none = np.isnat(given)
    if none.any():
        raise _none(int(np.argmax(none)), "NaT")
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
    for row, key in enumerate(keys):
        number = key.item() if isinstance(key, np.generic) else key
        if isinstance(number, bool) or not isinstance(number, (int, Decimal)):
            raise _refused(field, key)
        exact = Decimal(number)
        if exact.is_nan():
            raise _none(row, "NaN")
        sign, digits, exponent = exact.as_tuple()
        if not exact.is_finite() or exact and exact.adjusted() + field.scale > 40:
            raise _refused(field, key)
        places = int(exponent) + field.scale
        whole = int("".join(map(str, digits))) if exact else 0
        if places < 0 and exact:
            if -places >= len(digits) or whole % 10**-places:
                raise _refused(field, key)
            whole //= 10**-places
        elif exact:
            whole *= 10**places
        if whole >> 127:
            raise _refused(field, key)
        made += (-whole if sign else whole).to_bytes(16, "little", signed=True)
    return bytes(made)


def _texts(field: Field, keys: list[Any]) -> tuple[Array, bytes]:
    parts = []
    for key in keys:
        if not isinstance(key, str):
            raise _refused(field, key)
        try:
            parts.append(key.encode())
        except UnicodeEncodeError:  # a lone surrogate is in no file
            raise _refused(field, key) from None
    ends = np.cumsum([0, *map(len, parts)], dtype=np.int64)
    return ends, b"".join(parts)


def convert(field: Field, keys: Any) -> tuple[int, Any, Any]:
    """(number of keys, their bytes, offsets of texts or None), as the extension takes them."""
    listed = [keys] if is_single(keys) else None if hasattr(keys, "dtype") else list(keys)
    if listed is not None and None in [key if key is None else 0 for key in listed]:
        raise _none(next(row for row, key in enumerate(listed) if key is None), "None")
    if field.kind in ("string", "dictionary", "decimal128"):
        listed = list(keys) if listed is None else listed
        if field.kind == "decimal128":
            return len(listed), _decimals(field, listed), None
        offsets, data = _texts(field, listed)
        return len(listed), data, offsets
    apart = listed is not None or hasattr(keys, "dtype") and keys.dtype.kind not in "MmOUT"
    given = np.asarray(keys)
    if field.kind in _TIMES and apart:
        given = np.empty(len(given.reshape(-1)), object)
        given[:] = listed if listed is not None else list(keys)
    given = np.atleast_1d(given)
    if given.ndim != 1:
        raise _arguments.wrong_type("keys are one value, or a list or array of one dimension")
    if given.size == 0:
        return 0, b"", None
    if field.kind in _TIMES:
        made = _times(field, given)
    elif listed is not None and field.kind != "bool8" and given.dtype.kind in "ifuO":
        mixed = given.dtype.kind in "fO" and not all(isinstance(key, float) for key in listed)
        single = mixed or any(isinstance(key, (bool, np.bool_)) for key in listed)
        made = _each_number(field, listed) if single else _numbers(field, given)
    else:
        made = _numbers(field, given)
    return len(made), np.ascontiguousarray(made).view(np.uint8), None
