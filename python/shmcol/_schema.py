"""Descriptions of a table: fields, the schema, statistics. Nothing here reads a value."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple, overload

import numpy as np

from . import _errors
from ._errors import quoted

UNITS = ("s", "ms", "us", "ns")
_TIMED = ("timestamp", "duration", "time32", "time64")
_PLAIN = {
    kind: np.dtype(code)
    for kind, code in {
        "bool8": "?",
        "int8": "i1",
        "int16": "i2",
        "int32": "i4",
        "int64": "i8",
        "uint8": "u1",
        "uint16": "u2",
        "uint32": "u4",
        "uint64": "u8",
        "float16": "f2",
        "float32": "f4",
        "float64": "f8",
        "date32": "M8[D]",
        "date64": "M8[ms]",
    }.items()
}
# The types in the file where numpy's own type is another one.
_STORED = {
    kind: np.dtype(code)
    for kind, code in {
        "bool8": "u1",
        "date32": "i4",
        "date64": "i8",
        "timestamp": "i8",
        "duration": "i8",
        "time32": "i4",
        "time64": "i8",
    }.items()
}
#: Types whose null can be seen in the value, as NaN or NaT.
NULL_IN_VALUE = frozenset(("float16", "float32", "float64", "date64", "timestamp", "duration"))
# : Types that numpy has only with 64 bits where the file has 32: shown by a conversion, in place by
# Table.storage().
WIDENED = frozenset(("date32", "time32"))


def type_text(
    kind: str, unit: str | None = None, zone: str | None = None, precision: int = 0, scale: int = 0
) -> str:
    """A type in words, as far as it is not one of elements: "timestamp[us, Europe/Paris]"."""
    if kind == "decimal128":
        return f"decimal128({precision},{scale})"
    if kind in _TIMED and unit:
        return f"{kind}[{unit}{', ' + zone if zone else ''}]"
    return kind


class Field:
    """One column's description.

    name, index    its name, and its place in the file
    kind           "float64", "timestamp", "string", "dictionary", "tensor" ...; "unsupported" if
                   made by a later version
    nullable       True if the schema allows nulls; `nulls` is their number (in the whole file)
    unit, zone     timestamp, duration, time32, time64: "s", "ms", "us", "ns"; the time zone, or
                   None
    width          bytes of a value or code; 0 for strings
    shape          tensor: of one row; `element` the kind of its elements, and of those of a list:
                   unit, zone, precision and scale are theirs then
    precision      decimal128: digits of a value; `scale` those behind the point
    distinct       dictionary: number of categories; `ordered`, `sorted`
    nbytes         of all its buffers in the file; 0 for a table in a directory
    ascending      True if there is no null and no NaN, and no value is less than the one before
                   (strings by their bytes): np.searchsorted and bisect find values in the file's
                   order
    """

    __slots__ = (
        "ascending",
        "distinct",
        "element",
        "index",
        "kind",
        "name",
        "nbytes",
        "nullable",
        "nulls",
        "ordered",
        "precision",
        "scale",
        "shape",
        "sorted",
        "unit",
        "width",
        "zone",
    )
    name: str
    index: int
    kind: str
    nullable: bool
    nulls: int
    unit: str | None
    zone: str | None
    width: int
    shape: tuple[int, ...]
    element: str | None
    distinct: int
    ordered: bool
    sorted: bool
    nbytes: int
    precision: int
    scale: int
    ascending: bool

    def __init__(self, column: tuple[Any, ...]) -> None:
        """Makes a field from the extension's description of a column: the whole one, or index, name
        and kind of a column that it does not know."""
        if len(column) == 3:
            column = (*column, True, 0, 0, 0, None, None, (), 0, False, False, 0, 0, 0, False)
        (
            self.index,
            self.name,
            self.kind,
            self.nullable,
            self.nulls,
            self.width,
            unit,
            self.zone,
            self.element,
            self.shape,
            self.distinct,
            self.sorted,
            self.ordered,
            self.nbytes,
            self.precision,
            self.scale,
            self.ascending,
        ) = column
        self.unit = UNITS[unit] if (self.element or self.kind) in _TIMED else None

    @property
    def type(self) -> str:
        """The type in words: "timestamp[us, Europe/Paris]", "tensor[float32, 480 x 640]",
        "list[int32]", "decimal128(18,2)"."""
        if self.kind == "fixed_binary":
            return f"fixed_binary[{self.width}]"
        kind = self.element or self.kind
        words = type_text(kind, self.unit, self.zone, self.precision, self.scale)
        if self.kind == "tensor":
            return f"tensor[{words}, {' x '.join(map(str, self.shape))}]"
        return f"list[{words}]" if self.kind == "list" else words

    @property
    def dtype(self) -> np.dtype[Any]:
        """Of the array that table[name] is; of its codes for a dictionary, of its elements for a
        list; object for strings, binaries and decimals, which numpy does not have."""
        return self._dtype(self.element or self.kind)

    @property
    def stored_dtype(self) -> np.dtype[Any]:
        """Of the array that table.storage(name) is."""
        kind = self.element or self.kind
        if self.kind == "fixed_binary":
            return np.dtype("u1")
        if kind == "decimal128":
            return np.dtype("i8")
        return _STORED.get(kind) or self._dtype(kind)

    def _dtype(self, kind: str) -> np.dtype[Any]:
        if kind in _PLAIN:
            return _PLAIN[kind]
        if kind == "timestamp":
            return np.dtype(f"M8[{self.unit}]")
        if kind in ("duration", "time32", "time64"):
            return np.dtype(f"m8[{self.unit}]")
        if kind == "fixed_binary":
            return np.dtype(f"S{self.width}")
        if kind == "dictionary":
            return np.dtype(f"i{self.width}")
        return np.dtype(object)

    def __repr__(self) -> str:
        nulls = f", {self.nulls:,} null" if self.nulls else ""
        ascending = ", ascending" if self.ascending else ""
        return f"<Field {self.name!r}: {self.type}{nulls}{ascending}>"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Field):
            return NotImplemented
        return (self.name, self.type, self.nullable, self.ordered) == (
            other.name,
            other.type,
            other.nullable,
            other.ordered,
        )

    def __hash__(self) -> int:
        return hash((self.name, self.type))


class Schema(tuple[Field, ...]):
    """The fields of a table, in order; schema["name"] is one of them."""

    __slots__ = ()

    @overload  # type: ignore[override]
    def __getitem__(self, key: str | int) -> Field: ...
    @overload
    def __getitem__(self, key: slice) -> Schema: ...
    def __getitem__(self, key: Any) -> Any:
        if isinstance(key, str):
            for field in self:
                if field.name == key:
                    return field
            raise _errors.make(
                _errors.ColumnError, f"no column {quoted(key)}", status="NO_COLUMN", code=2
            )
        if isinstance(key, slice):
            return Schema(tuple.__getitem__(self, key))
        return tuple.__getitem__(self, key)

    @property
    def names(self) -> list[str]:
        return [field.name for field in self]

    def __repr__(self) -> str:
        width = max((len(field.name) for field in self), default=0)
        lines = []
        for field in self:
            notes = ("" if field.nullable else " not null") + (", ascending" * field.ascending)
            lines.append(f"{field.name:{width}}  {field.type}{notes}")
        return "\n".join(lines)


class Stats(NamedTuple):
    """Counts and bounds of a column, from the zone maps.

    min and max have the types of table[name]: numbers, datetime64, timedelta64, str, Decimal; None
    where there is no valid value that is not NaN, and for types without bounds (binary, tensor,
    list, a dictionary that is not sorted). `exact` is False where a string is longer than its part
    in the zone maps: min and max are then its first 16 bytes, as bytes.
    """

    rows: int
    nulls: int
    nans: int
    min: Any
    max: Any
    exact: bool = True


class Part(NamedTuple):
    """The place of a file that is one of several, which are one table.

    first_row is the row of the table that is row 0 here, table_rows the number of rows that the
    table has with this part. table_id names the table (zeros in the part that began it),
    previous_id the part before. Values and validity lie at multiples of `alignment`.
    """

    first_row: int
    table_rows: int
    table_id: bytes = bytes(16)
    previous_id: bytes = bytes(16)
    alignment: int = 65536


def _strings(raw: dict[str, Any]) -> tuple[Any, Any, bool]:
    exact = max(raw["length"]) <= 16
    low, high = raw["prefix"]
    return (
        (low.decode("utf-8", "replace"), high.decode("utf-8", "replace"), True)
        if exact
        else (low, high, False)
    )


def stats_of(file: Any, field: Field, zone: int) -> Stats:
    raw = file.stats(field.index, zone)
    counts = (raw["rows"], raw["nulls"], raw["nans"])
    if not raw["has_bounds"]:
        return Stats(*counts, None, None)
    if field.kind == "string":
        return Stats(*counts, *_strings(raw))
    if field.kind == "dictionary":
        values = file.categories(field.index)
        return (
            Stats(*counts, *(values.at(code) for code in raw["int"]))
            if field.sorted
            else Stats(*counts, None, None)
        )
    if field.kind == "fixed_binary":
        return Stats(*counts, None, None)
    if field.kind == "decimal128":
        from ._decimals import value_of

        least, most = (value_of(bound, field.scale) for bound in raw["decimal"])
        return Stats(*counts, least, most)
    which = (
        "float"
        if field.kind.startswith("float")
        else "uint"
        if field.kind.startswith("uint") or field.kind == "bool8"
        else "int"
    )
    low, high = (np.asarray(bound).astype(field.dtype)[()] for bound in raw[which])
    return Stats(*counts, low, high)


def fields_of(file: Any, columns: tuple[int, ...] | None) -> Iterator[Field]:
    for index in range(file.head()[1]) if columns is None else columns:
        yield Field(file.column(index))
