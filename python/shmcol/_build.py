"""Columns on their way into a file: numpy arrays and lists as Arrow, over the memory that they
have.

A node is the description of an Arrow array that the extension makes capsules of
(python/ext/arrow_schema.c): (format, name, flags, metadata, length, null_count, buffers, children,
dictionary), or (schema capsule, array capsule, name) for one that another library made.
"""

from __future__ import annotations

import struct
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from . import _arguments, _errors, _shmcol
from ._errors import quoted
from ._exact import cast, row_of
from ._exact import refuse as refuse

if TYPE_CHECKING:
    import numpy.typing as npt

    from ._arrays import Mask

Node = tuple[Any, ...]
_NULLABLE, _ORDERED = 2, 1
_FORMATS = {
    "i1": "c",
    "u1": "C",
    "i2": "s",
    "u2": "S",
    "i4": "i",
    "u4": "I",
    "i8": "l",
    "u8": "L",
    "f2": "e",
    "f4": "f",
    "f8": "g",
}
_UNITS = {"s": "s", "ms": "m", "us": "u", "ns": "n"}


def pairs(metadata: dict[str, str]) -> bytes:
    """Metadata as Arrow's C interface encodes it."""
    made = struct.pack("=i", len(metadata))
    for pair in metadata.items():
        for text in pair:
            raw = text.encode()
            made += struct.pack("=i", len(raw)) + raw
    return made


def bitmap(nulls: Mask | None) -> tuple[Any, int]:
    """(validity or None, number of nulls) of a mask that is True where null."""
    count = 0 if nulls is None else int(np.count_nonzero(nulls))
    return (
        (None, 0) if nulls is None or not count else (np.packbits(~nulls, bitorder="little"), count)
    )


def _bytes_of(values: npt.NDArray[Any]) -> Any:
    """The array's memory, packed; copied only where it is not packed already."""
    packed = np.ascontiguousarray(values)
    return packed.reshape(-1).view(np.uint8) if packed.size else b""


def _flat(
    name: str, fmt: str, values: npt.NDArray[Any], nulls: Mask | None, metadata: bytes | None = None
) -> Node:
    validity, count = bitmap(nulls)
    return (
        fmt,
        name,
        _NULLABLE,
        metadata,
        len(values),
        count,
        (validity, _bytes_of(values)),
        (),
        None,
    )


def _native(values: npt.NDArray[Any]) -> npt.NDArray[Any]:
    return values if values.dtype.isnative else values.astype(values.dtype.newbyteorder("="))


def _format_of(name: str, dtype: np.dtype[Any], zone: str | None) -> tuple[str, str | None]:
    """(Arrow's format, the dtype that it has in memory if another than the array's)"""
    code = dtype.str[1:]
    if code in _FORMATS:
        return _FORMATS[code], None
    if dtype.kind not in "mM":
        hint = "cast it to float64" if dtype.kind == "f" else ""
        raise refuse(name, f"numpy's type {dtype} has no place in a shmcol file", hint)
    unit, step = np.datetime_data(dtype)
    if unit == "D" and step == 1 and dtype.kind == "M":
        return "tdD", "i4"
    if unit not in _UNITS or step != 1:
        raise refuse(
            name,
            f"the unit of numpy's type {dtype} has no place in a shmcol file",
            "cast it to [s], [ms], [us] or [ns], or [D] for dates",
        )
    return (f"ts{_UNITS[unit]}:{zone or ''}" if dtype.kind == "M" else f"tD{_UNITS[unit]}"), "i8"


def days32(name: str, values: npt.NDArray[Any], nulls: Mask | None, first: Any) -> npt.NDArray[Any]:
    """Converts datetime64[D], of 64 bits, to date32, of 32. `nulls` is True where a row is null;
    its value may be anything. `first` is as in row_of()."""
    days = values.view(np.int64)
    if nulls is not None and nulls.any():
        days = np.where(nulls.reshape((-1,) + (1,) * (values.ndim - 1)), 0, days)
    wide = np.argwhere(days != days.astype(np.int32))
    if wide.size:
        row = row_of(first, int(wide[0][0]))
        raise refuse(name, "the day does not fit into date32", "cast it to datetime64[s]", row)
    return days.astype(np.int32)


def _numbers(
    name: str, values: npt.NDArray[Any], nulls: Mask | None, zone: str | None, first: int
) -> Node:
    fmt, stored = _format_of(name, values.dtype, zone)
    if stored is None:
        return _flat(name, fmt, values, nulls)
    no_time = np.isnat(values)
    nulls = no_time if nulls is None else nulls | no_time
    days = (
        days32(name, values, nulls, first)
        if stored == "i4"
        else np.ascontiguousarray(values).view(stored)
    )
    return _flat(name, fmt, days, nulls)


def times(name: str, fmt: str, values: npt.NDArray[Any], nulls: Mask | None, first: Any) -> Node:
    """Days and times, as integers of their unit, that have another type in Arrow than in numpy:
    `fmt` is date64, time32 or time64. `first` is as in row_of()."""
    numbers = np.ascontiguousarray(values).view(np.int64)
    if fmt in ("tts", "ttm"):
        numbers = cast(name, numbers, np.dtype("i4"), nulls, first)
    return _flat(name, fmt, numbers, nulls)


def _tensor(name: str, values: npt.NDArray[Any], nulls: Mask | None, first: int) -> Node:
    """Arrow's fixed_shape_tensor over a fixed-size list."""
    shape = values.shape[1:]
    if 0 in shape:
        raise refuse(name, f"the rows of shape {shape} have no elements")
    if nulls is not None:
        by_row = nulls.reshape(len(values), int(np.prod(shape)))
        if (by_row != by_row[:, :1]).any():
            raise refuse(
                name,
                "some elements of a row are masked and others are not",
                "a tensor is null as a whole; use NaN",
            )
        nulls = by_row[:, 0]
    flat = np.ascontiguousarray(_native(values)).reshape(-1)
    if flat.dtype.kind == "b":
        flat = flat.view(np.uint8)  # tensors of bool do not exist: their bytes are kept
    fmt, stored = _format_of(name, flat.dtype, None)
    if stored == "i4":
        flat = days32(name, flat.reshape(values.shape), nulls, first).reshape(-1)
    item = _flat("item", fmt, flat.view(stored) if stored == "i8" else flat, None)
    extension = {
        "ARROW:extension:name": "arrow.fixed_shape_tensor",
        "ARROW:extension:metadata": f'{{"shape":[{",".join(map(str, shape))}]}}',
    }
    validity, count = bitmap(nulls)
    size = int(np.prod(shape))
    return (
        f"+w:{size}",
        name,
        _NULLABLE,
        pairs(extension),
        len(values),
        count,
        (validity,),
        (item,),
        None,
    )


def texts(name: str, values: list[Any], binary: bool = False, first: Any = 0) -> Node:
    """str, or bytes, and None; `first` is as in row_of()."""
    made = _shmcol.encode(values, binary)
    if isinstance(made, int):
        wrong, wanted = values[made], "bytes" if binary else "str"
        if isinstance(wrong, str) and not binary:
            hint = "it is no text; give bytes"
            raise refuse(
                name,
                f"{_arguments.shown(wrong)} has a lone surrogate, which UTF-8 does not have",
                hint,
                row_of(first, made),
            )
        what = f"a {type(wrong).__name__} ({_arguments.shown(wrong)}) among {wanted}"
        hint = f"a column of objects holds {wanted} and None, nothing else"
        raise refuse(name, what, hint, row_of(first, made))
    offsets, data, validity, count = made
    return (
        "Z" if binary else "U",
        name,
        _NULLABLE,
        None,
        len(values),
        count,
        (validity, offsets, data),
        (),
        None,
    )


def categorical(
    name: str,
    codes: npt.NDArray[Any],
    words: Sequence[Any],
    ordered: bool,
    nulls: Mask | None = None,
) -> Node:
    """Codes into distinct strings; a negative code is a null."""
    words = list(words)
    if not all(isinstance(word, str) for word in words):
        raise refuse(
            name,
            "its categories are not all strings",
            "only strings can be dictionary-encoded; use the values themselves",
        )
    codes = np.ascontiguousarray(codes)
    negative = codes < 0
    nulls = negative if nulls is None else nulls | negative
    validity, count = bitmap(nulls)
    buffers = (validity, _bytes_of(codes))
    fmt = _FORMATS[codes.dtype.str[1:]]
    return (
        fmt,
        name,
        _NULLABLE | (_ORDERED if ordered else 0),
        None,
        len(codes),
        count,
        buffers,
        (),
        texts("", words),
    )


def array(
    name: str,
    values: npt.NDArray[Any],
    nulls: Mask | None = None,
    zone: str | None = None,
    first: int = 0,
) -> Node:
    """A numpy array of any type that a file has. `nulls` is True where null; `first` is the row
    that errors count from."""
    if isinstance(values, np.ma.MaskedArray):
        mask = np.ma.getmaskarray(values)
        nulls, values = mask if nulls is None else nulls | mask, values.data
    kind = values.dtype.kind
    if values.ndim == 0 or values.dtype.names is not None:
        raise refuse(
            name,
            "it is a single value" if values.ndim == 0 else "it is structured",
            "give its fields as columns of their own",
        )
    if values.ndim > 1:
        return _tensor(name, values, nulls, first)
    if kind == "b":
        return _flat(
            name,
            "c",
            values.view(np.int8),
            nulls,
            pairs({"ARROW:extension:name": "arrow.bool8", "ARROW:extension:metadata": ""}),
        )
    if kind in "SV":
        if values.dtype.itemsize == 0:
            raise refuse(name, "fixed bytes of length 0")
        return _flat(name, f"w:{values.dtype.itemsize}", values, nulls)
    if kind in "UTO":
        objects = values.astype(object) if kind == "T" else values
        if nulls is not None:
            objects = objects.astype(object)
            objects[nulls] = None
        return texts(name, objects.tolist(), False, first)
    return _numbers(name, _native(values), nulls, zone, first)


def refuse_objects(table: Any, name: str = "") -> None:
    """Refuses Python objects in Polars: a frame with such columns, or a series `name`.

    Polars exports their addresses, as fixed_binary(8): the schema does not distinguish them from
    bytes.
    """
    polars: Any = sys.modules.get("polars")
    frames: Any = getattr(polars, "DataFrame", ())  # a module may be half made
    series: Any = getattr(polars, "Series", ())
    types: Iterable[tuple[str, Any]]
    if isinstance(table, frames):
        types = table.schema.items()
    elif isinstance(table, series):
        types = [(name, table.dtype)]
    else:
        return
    for column, dtype in types:
        if dtype == polars.Object:
            hint = "cast it to a type of values, or leave it out"
            raise refuse(column, "it has the Polars type Object", hint)


def foreign(name: str, values: Any) -> Node:
    """An array that speaks Arrow, as it is; a chunked one in one piece."""
    refuse_objects(values, name)
    for join in ("rechunk", "combine_chunks"):  # Polars, pyarrow
        if hasattr(values, join):
            values = getattr(values, join)()
    if hasattr(values, "__arrow_c_array__"):
        schema, made = values.__arrow_c_array__()
        return schema, made, name
    schema, chunks = _shmcol.read_stream(values.__arrow_c_stream__())
    if len(chunks) != 1:
        raise refuse(name, f"it comes in {len(chunks)} Arrow chunks", "join them first")
    return schema, chunks[0], name


class Column:
    """A column that is to be written: node(start, stop) describes some of its rows, or all of them
    where it cannot be cut."""

    __slots__ = ("cut", "make", "name", "rows")

    def __init__(
        self, name: str, rows: int, make: Callable[[int, int], Node], cut: bool = True
    ) -> None:
        self.name, self.rows, self.make, self.cut = name, rows, make, cut


def whole(name: str, rows: int, node: Node) -> Column:
    return Column(name, rows, lambda start, stop: node, cut=False)


def unmasked(values: Any) -> list[Any]:
    """The objects of a masked array, with None where it is masked."""
    objects = np.array(values.data, object)
    objects[np.ma.getmaskarray(values)] = None
    made: list[Any] = objects.tolist()
    return made


def of_array(name: str, values: npt.NDArray[Any], zone: str | None = None) -> Column:
    masked = isinstance(values, np.ma.MaskedArray)
    if isinstance(values, np.ma.MaskedArray) and values.dtype.kind == "O" and values.ndim == 1:
        return of_objects(name, unmasked(values))
    if values.ndim == 0:
        raise refuse(
            name,
            "it is a single value, an array of no dimension",
            "give an array of one: numpy.atleast_1d",
        )
    if not masked:
        values = np.asarray(values)  # a subclass may show other values than it holds
        if values.dtype.kind == "O" and values.ndim == 1:
            return of_objects(name, values.tolist())

    def make(start: int, stop: int) -> Node:
        return array(name, values[start:stop], zone=zone, first=start)

    return Column(name, len(values), make)


def is_decimal(value: Any) -> bool:
    """True for a decimal.Decimal, without importing that."""
    return isinstance(value, getattr(sys.modules.get("decimal"), "Decimal", ()))


def of_objects(name: str, values: list[Any]) -> Column:
    """A list: of str, bytes, numbers, bools, dates, times, decimals, lists or arrays, each with
    None among them. Lists and arrays of one shape are a tensor, others lists."""
    known = next((value for value in values if value is not None), None)
    if known is None or isinstance(known, (str, bytes)):
        binary = isinstance(known, bytes)
        return Column(
            name, len(values), lambda start, stop: texts(name, values[start:stop], binary, start)
        )
    if is_decimal(known):
        from . import _decimals

        precision, scale = _decimals.shape_of(name, values, range(len(values)))
        return of_decimals(name, values, precision, scale)
    from . import _lists

    if isinstance(known, (list, tuple, np.ndarray)):
        from . import _ragged

        found = _ragged.column(name, values)
        if found is not None:
            return found
    return of_array(name, _lists.typed(name, values))


def of_decimals(name: str, values: list[Any], precision: int, scale: int) -> Column:
    """A list of decimal.Decimal, int and None."""
    from . import _decimals

    def make(start: int, stop: int) -> Node:
        rows = range(start, stop)
        return _decimals.node(name, values[start:stop], precision, scale, rows)

    return Column(name, len(values), make)


def column(name: str, values: Any, wanted: Any = None) -> Column:
    """Whatever a person calls a column. `wanted`: the type of its values, which are objects of
    Python."""
    if wanted is not None:
        from . import _wanted

        return _wanted.column(name, values, wanted)
    if isinstance(values, np.ndarray):
        return of_array(name, values)
    if type(values).__module__.partition(".")[0] == "pandas":
        from . import _pandas

        return _pandas.series(name, values)
    if hasattr(values, "rows_for") and not hasattr(values, "__arrow_c_array__"):
        rows: Column = values.rows_for(name)  # of a table in a directory
        return rows
    if hasattr(values, "__arrow_c_array__") or hasattr(values, "__arrow_c_stream__"):
        return whole(name, len(values), foreign(name, values))
    if isinstance(values, (str, bytes, bytearray, Mapping, set, frozenset)) or not hasattr(
        values, "__len__"
    ):
        hint = "give a list, a numpy array, or anything that speaks Arrow"
        raise refuse(name, f"a {type(values).__name__} is no column", hint)
    return of_objects(name, list(values))


def _check_text(text: str, what: str) -> None:
    """Refuses a text that C cannot take as a NUL-terminated string."""
    try:
        problem = "a NUL character" if b"\0" in text.encode() else ""
    except UnicodeEncodeError:
        problem = "a lone surrogate, which UTF-8 does not have"
    if problem:
        said = f"{what} has {problem}"
        raise _errors.make(_errors.DataError, said, status="BAD_NAME", code=82, rule="F-31")


def table(nodes: list[Node], rows: int) -> Node:
    """The node of a table of these columns."""
    for node in nodes:
        name = node[2] if len(node) == 3 else node[1]
        _check_text(name, f"column {quoted(name)}: its name")
        if len(node) != 3:
            _check_text(node[0], f"column {quoted(name)}: its time zone")
    return "+s", "", 0, None, rows, 0, (None,), tuple(nodes), None
