"""Types of columns as people name them - numpy's types, the words of Field.type, Arrow schemas - as
an Arrow schema."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from . import _arguments, _build, _shmcol
from ._errors import quoted
from ._schema import Field, Schema

_NULLABLE = 2
_UNITS = {"s": "s", "ms": "m", "us": "u", "ns": "n"}
ARROW = {
    "date64": "tdm",
    "time32[s]": "tts",
    "time32[ms]": "ttm",
    "time64[us]": "ttu",
    "time64[ns]": "ttn",
}
NUMPY = {"bool8": "?", "date32": "M8[D]"}
_NO_WIDTH = re.compile(r"string|binary|dictionary|list\[.*\]")


def schema_of(schema: Any, nullable: bool | Iterable[str] | None) -> object:
    """The capsule of an Arrow schema."""
    if isinstance(schema, np.dtype) and schema.names is not None:
        schema = {name: schema[name] for name in schema.names}
    if isinstance(schema, Schema):
        schema = {field.name: field for field in schema}
    if isinstance(schema, Mapping):
        return _shmcol.make_schema(_build.table(_nodes(schema, nullable), 0))
    if not hasattr(schema, "__arrow_c_schema__"):
        what = f"a {type(schema).__name__} is no schema"
        raise _arguments.wrong_type(what, "give {name: type}, a Schema, or an Arrow schema")
    if nullable is not None:
        raise _arguments.wrong("nullable: an Arrow schema says itself which columns are nullable")
    return schema.__arrow_c_schema__()


def _nodes(schema: Mapping[Any, Any], nullable: bool | Iterable[str] | None) -> list[_build.Node]:
    named: set[str] | None = None
    if nullable is not None and not isinstance(nullable, bool):
        named = set(
            _arguments.names("nullable", (nullable,) if isinstance(nullable, str) else nullable)
        )
        missing = named - {str(name) for name in schema}
        if missing:
            listed = ", ".join(map(repr, sorted(missing)))
            what = f"nullable names {listed}, which the schema does not have"
            raise _arguments.wrong(what, status="NO_COLUMN", code=2)
    nodes = []
    for name, spec in schema.items():
        null = isinstance(spec, Field) and spec.nullable
        if nullable is not None:
            null = bool(nullable) if named is None else str(name) in named
        form, metadata, children = _type(str(name), spec)
        nodes.append(
            (form, str(name), _NULLABLE if null else 0, metadata, 0, 0, (None,), children, None)
        )
    return nodes


_Type = tuple[str, bytes | None, tuple[_build.Node, ...]]


def _type(name: str, spec: Any) -> _Type:
    """(Arrow's format, its metadata, children)"""
    if isinstance(spec, Field):
        spec = spec.type
    if isinstance(spec, tuple) and len(spec) == 2:
        shape = spec[1] if isinstance(spec[1], tuple) else (spec[1],)
        what = f"column {quoted(name)}: a dimension of its shape"
        sizes = (_arguments.integer(what, size, most=_arguments.I64) for size in shape)
        return _tensor(name, spec[0], tuple(sizes))
    if isinstance(spec, str):
        found = re.fullmatch(r"tensor\[(.*), *(\d+(?: *x *\d+)*)\]", spec)
        if found:
            return _tensor(name, found[1], tuple(int(size) for size in found[2].split("x")))
        made = _words(name, spec.strip())
        if made is not None:
            return made, None, ()
        spec = NUMPY.get(spec.strip(), spec)
    dtype = dtype_of(name, spec)
    if dtype.subdtype is not None:
        return _tensor(name, dtype.subdtype[0], dtype.subdtype[1])
    if dtype.kind in "OUT":
        raise _no_width(name, str(dtype))
    node = _build.array(name, np.empty(0, dtype))
    return node[0], node[3], ()


def _words(name: str, spec: str) -> str | None:
    """A field of a type that numpy does not have."""
    if spec in ARROW:
        return ARROW[spec]
    digits = decimal_of(name, spec)
    if digits is not None:
        return "d:{},{}".format(*digits)
    if _NO_WIDTH.fullmatch(spec):
        raise _no_width(name, spec)
    found = re.fullmatch(r"(timestamp|duration|fixed_binary)\[(\w+)(?:, *([^\]]+))?\]", spec)
    if found is None:
        return None
    kind, unit, zone = found.groups()
    if kind == "fixed_binary" and unit.isdecimal() and zone is None:
        return f"w:{int(unit)}"
    if unit in _UNITS and (kind == "timestamp" or kind == "duration" and zone is None):
        return f"ts{_UNITS[unit]}:{zone or ''}" if kind == "timestamp" else f"tD{_UNITS[unit]}"
    return None


def decimal_of(name: str, spec: str) -> tuple[int, int] | None:
    """Precision and scale of "decimal128(18,2)"; None for another type."""
    found = re.fullmatch(r"decimal128 *\( *(\d{1,4}) *(?:, *(\d{1,4}) *)?\)", spec)
    if found is None:
        return None
    precision, scale = int(found[1]), int(found[2] or 0)
    if not 1 <= precision <= 38 or scale > precision:
        hint = "the precision is from 1 to 38, the scale from 0 to the precision"
        raise _build.refuse(name, f"{spec!r} is no type", hint)
    return precision, scale


def dtype_of(name: str, spec: Any) -> np.dtype[Any]:
    try:
        if spec is not None:  # which numpy takes for float64
            made: np.dtype[Any] = np.dtype(spec)
            return made
    except (TypeError, ValueError, UnicodeError):
        pass
    hint = (
        "give numpy's type, or one of the words that t.schema shows: 'float64', 'timestamp[us, "
        "Europe/Paris]', 'date32', 'fixed_binary[16]', 'decimal128(18,2)'"
    )
    raise _build.refuse(name, f"{spec!r} is no type", hint)


def _no_width(name: str, what: str) -> Exception:
    return _build.refuse(
        name,
        f"values of type {what} have no fixed width, and so no place before they are known",
        "use write(), or fixed bytes: 'S16'",
    )


def _tensor(name: str, spec: Any, shape: tuple[int, ...]) -> _Type:
    if not shape or min(shape) <= 0:
        raise _build.refuse(name, f"rows of shape {shape} have no elements")
    form, _, children = _type(name, spec)
    if children or form.startswith(("w:", "d:")):
        raise _build.refuse(name, f"a tensor has numbers or times as its elements, not {spec!r}")
    if form == "c" and np.dtype(bool) == (
        spec if not isinstance(spec, str) else NUMPY.get(spec, spec)
    ):
        form = "C"  # as write(): tensors of bool do not exist, their bytes are kept
    size = int(np.prod(shape, dtype=object))
    metadata = {
        "ARROW:extension:name": "arrow.fixed_shape_tensor",
        "ARROW:extension:metadata": f'{{"shape":[{",".join(map(str, shape))}]}}',
    }
    item = (form, "item", _NULLABLE, None, 0, 0, (None, None), (), None)
    return f"+w:{size}", _build.pairs(metadata), (item,)
