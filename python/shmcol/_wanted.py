"""Columns of Python's objects whose type was named: write(types=)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from . import _arguments, _build, _exact, _fields, _lists
from ._build import Column, refuse
from ._errors import quoted
from ._schema import Field, type_text

if TYPE_CHECKING:
    from ._arrays import Array

_UNITS = ("s", "ms", "us", "ns")


class Wanted(NamedTuple):
    """A type that a column is to have.

    kind     "plain" (numpy's type `dtype`, of rows of `shape`, with a time zone; Arrow's format
             if it is not that of the dtype), "string", "binary", "decimal" (precision and scale) or
             "list" (of `element`)
    text     as it was named
    of_table True for a column of a table that rows are appended to: arrays are converted to it
    """

    kind: str
    text: str
    dtype: np.dtype[Any] = np.dtype(object)
    zone: str | None = None
    arrow: str | None = None
    shape: tuple[int, ...] = ()
    precision: int = 0
    scale: int = 0
    element: Any = None
    of_table: bool = False


def of_fields(fields: Iterable[Field]) -> dict[str, Wanted]:
    """The types of the columns of a table."""
    made = {}
    for field in fields:
        if field.kind != "unsupported":
            spec = "string" if field.kind == "dictionary" else field
            made[field.name] = wanted(field.name, spec)._replace(of_table=True)
    return made


def types_of(types: Any) -> dict[str, Wanted]:
    """The argument `types` of write(), checked."""
    given: Mapping[str, Any] = {} if types is None else _arguments.mapping("types", types)
    return {str(name): wanted(str(name), spec) for name, spec in given.items()}


def wanted(name: str, spec: Any) -> Wanted:
    """A type by its name: the words that Field.type shows, numpy's types, (type, shape), Fields."""
    if isinstance(spec, Field):
        spec = spec.type
    if isinstance(spec, tuple) and len(spec) == 2:
        shape = spec[1] if isinstance(spec[1], tuple) else (spec[1],)
        return _tensor(name, str(spec), spec[0], shape)
    if isinstance(spec, str):
        made = _words(name, spec.strip())
        if made is not None:
            return made
    dtype = _fields.dtype_of(name, spec)
    if dtype.subdtype is not None:
        return _tensor(name, str(dtype), dtype.subdtype[0], dtype.subdtype[1])
    if dtype.kind in "OUT":
        return Wanted("string", str(spec))
    return Wanted("plain", str(spec), dtype)


def _words(name: str, spec: str) -> Wanted | None:
    if spec in ("string", "binary"):
        return Wanted(spec, spec)
    found = re.fullmatch(r"list\[(.*)\]", spec)
    if found:
        element = wanted(name, found[1])
        allowed = element.kind in ("plain", "string", "decimal") and not element.shape
        if not allowed or element.dtype.kind in "SV":
            what = f"lists of {element.text} have no place in a shmcol file"
            raise refuse(name, what)
        return Wanted("list", spec, element=element)
    if spec in _fields.ARROW:
        dtype = np.dtype("M8[ms]" if spec == "date64" else f"m8{spec[6:]}")
        return Wanted("plain", spec, dtype, arrow=_fields.ARROW[spec])
    digits = _fields.decimal_of(name, spec)
    if digits is not None:
        text = type_text("decimal128", precision=digits[0], scale=digits[1])
        return Wanted("decimal", text, precision=digits[0], scale=digits[1])
    found = re.fullmatch(r"tensor\[(.*), *(\d+(?: *x *\d+)*)\]", spec)
    if found:
        return _tensor(name, spec, found[1], tuple(int(size) for size in found[2].split("x")))
    found = re.fullmatch(r"(timestamp|duration|fixed_binary)\[(\w+)(?:, *([^\]]+))?\]", spec)
    if found is None:
        named = _fields.NUMPY.get(spec)
        return None if named is None else Wanted("plain", spec, np.dtype(named))
    kind, unit, zone = found.groups()
    if kind == "fixed_binary" and unit.isdecimal() and int(unit) > 0 and zone is None:
        return Wanted("plain", spec, np.dtype(f"S{int(unit)}"))
    if unit in _UNITS and (kind == "timestamp" or kind == "duration" and zone is None):
        code = "M8" if kind == "timestamp" else "m8"
        return Wanted("plain", spec, np.dtype(f"{code}[{unit}]"), zone)
    return None


def _tensor(name: str, text: str, spec: Any, shape: tuple[int, ...]) -> Wanted:
    element = wanted(name, spec)
    if element.kind != "plain" or element.shape or element.arrow or element.dtype.kind in "SV":
        raise refuse(name, f"a tensor has numbers or times as its elements, not {spec!r}")
    return Wanted("plain", text, element.dtype, shape=shape)


def column(name: str, values: Any, what: Wanted) -> Column:
    """A column of Python's objects, of that type. UnsupportedTypeError, with column and row, for a
    value that it does not hold."""
    if what.of_table and type(values).__module__.partition(".")[0] == "pandas":
        from . import _pandas

        values = _pandas.array_or_objects(values)
    if isinstance(values, np.ma.MaskedArray) and values.dtype.kind == "O":
        values = _build.unmasked(values)
    if isinstance(values, np.ndarray) and values.dtype.kind == "O" and values.ndim == 1:
        values = values.tolist()
    if what.of_table and not isinstance(values, (list, tuple)):
        return _converted(name, values, what)
    if not isinstance(values, (list, tuple)):
        kind = getattr(values, "dtype", type(values).__name__)
        text = f"types names column {quoted(name)}, whose values have a type of their own, {kind}"
        raise _arguments.wrong(text, "it is for lists and arrays of objects")
    return of_objects(name, list(values), what)


def _converted(name: str, values: Any, what: Wanted) -> Column:
    """A column that has a type of its own, as one of the table's type."""
    given = getattr(values, "dtype", None)
    if isinstance(values, np.ndarray) and what.kind == "list" and values.ndim == 2:
        return of_objects(name, list(values), what)
    if not isinstance(values, np.ndarray) or what.kind == "list" or values.ndim == 0:
        return _build.column(name, values)
    if what.kind == "decimal" and values.dtype.kind in "iu":
        objects = _build.unmasked(values) if isinstance(values, np.ma.MaskedArray) else None
        return of_objects(name, values.tolist() if objects is None else objects, what)
    cut = what.dtype.kind in "SV" or values.dtype.kind in "SVUT" or what.kind != "plain"
    if given == what.dtype and what.arrow is None or cut or values.shape[1:] != what.shape:
        return _build.of_array(name, values, what.zone)

    masked = isinstance(values, np.ma.MaskedArray)

    def make(start: int, stop: int) -> _build.Node:
        part = values[start:stop]
        data, nulls = np.ma.getdata(part), np.ma.getmaskarray(part) if masked else None
        made = _exact.cast(name, data, what.dtype, nulls, start)
        if what.arrow is None:
            return _build.array(name, made, nulls, what.zone, start)
        missing = np.isnat(made) if nulls is None else nulls | np.isnat(made)
        return _build.times(name, what.arrow, made, missing, range(start, stop))

    return Column(name, len(values), make)


def of_objects(name: str, values: list[Any], what: Wanted) -> Column:
    if what.kind in ("string", "binary"):
        binary = what.kind == "binary"
        return Column(
            name,
            len(values),
            lambda start, stop: _build.texts(name, values[start:stop], binary, start),
        )
    if what.kind == "decimal":
        return _build.of_decimals(name, values, what.precision, what.scale)
    if what.kind == "list":
        from . import _ragged

        lists = _ragged.column(name, values, what.element)
        assert lists is not None
        return lists
    made = _plain(name, values, what)
    if what.arrow is None:
        return _build.of_array(name, made, what.zone)
    data, fmt = np.ma.getdata(made), what.arrow
    nulls = np.ma.getmaskarray(made) | np.isnat(data)
    return Column(
        name,
        len(values),
        lambda start, stop: _build.times(
            name, fmt, data[start:stop], nulls[start:stop], range(start, stop)
        ),
    )


def _plain(name: str, values: list[Any], what: Wanted) -> Array:
    """A masked array if None is among the values."""
    nulls = np.fromiter((value is None for value in values), np.bool_, len(values))
    if what.dtype.kind in "SV":
        made = _bytes(name, values, what.dtype)
    elif nulls.all():
        made = np.zeros((len(values), *what.shape), what.dtype)
    else:
        given = _lists.typed(name, values)
        mask = np.ma.getmaskarray(given) if isinstance(given, np.ma.MaskedArray) else None
        made = _exact.cast(name, np.ma.getdata(given), what.dtype, mask)
    if made.shape[1:] != what.shape:
        raise refuse(name, f"rows of shape {made.shape[1:]} for {what.text}")
    if not nulls.any():
        return made
    mask = np.broadcast_to(nulls.reshape((-1,) + (1,) * (made.ndim - 1)), made.shape)
    masked: Array = np.ma.MaskedArray(made, mask)
    return masked


def _bytes(name: str, values: list[Any], dtype: np.dtype[Any]) -> Array:
    for row, value in enumerate(values):
        if value is not None and not (isinstance(value, bytes) and len(value) <= dtype.itemsize):
            what = f"{_arguments.shown(value)} does not fit into {dtype.itemsize} bytes"
            raise refuse(name, what, "", row)
    return np.array([value or b"" for value in values], dtype)
